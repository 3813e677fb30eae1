//! The `users` table: item ⇄ [`User`].

use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{
    ConditionCheck, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};

use super::Store;
use super::item::{Item, ItemReader, Malformed, account, insert_flag, text, timestamp};
use super::transaction::EXPECT_COMPLETE;
use crate::domain::account::AccountId;
use crate::domain::password::PasswordHash;
use crate::domain::person_name::PersonName;
use crate::domain::phone::MobileNumber;
use crate::domain::policy::LONGEST_CODE_TTL;
use crate::domain::recipient::Recipient;
use crate::domain::region::Region;
use crate::domain::time::Timestamp;
use crate::domain::user::{User, UserStatus};
use crate::domain::username::Username;

impl Store {
    /// Puts a user if the name is free: no row, or that of a user who never verified in time.
    pub(super) fn put_user_if_free(&self, user: &User, now: Timestamp) -> TransactWriteItem {
        let put = self
            .put_user(user)
            .condition_expression(
                "attribute_not_exists(username) OR (#status = :pending AND expiresAt <= :now)",
            )
            .expression_attribute_values(":now", timestamp(now));
        TransactWriteItem::builder().put(put.build().expect(EXPECT_COMPLETE)).build()
    }

    /// Puts a user in the place of the PENDING one whose account is `met`.
    pub(super) fn put_user_over(&self, user: &User, met: AccountId) -> TransactWriteItem {
        let put = self
            .put_user(user)
            .condition_expression("#status = :pending AND accountId = :met")
            .expression_attribute_values(":met", account(met));
        TransactWriteItem::builder().put(put.build().expect(EXPECT_COMPLETE)).build()
    }

    fn put_user(&self, user: &User) -> PutBuilder {
        Put::builder()
            .table_name(&self.users)
            .set_item(Some(to_item(user)))
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":pending", text(UserStatus::PENDING))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    /// Checks that the username still has the owner that it had when the code was decided on.
    pub(super) fn check_recipient(&self, recipient: &Recipient, now: Timestamp) -> TransactWriteItem {
        let end_of_code = timestamp(now.plus(LONGEST_CODE_TTL));
        let check = ConditionCheck::builder()
            .table_name(&self.users)
            .key("username", text(recipient.username().as_str()))
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":end_of_code", end_of_code);
        let check = match recipient {
            Recipient::Verified(user) | Recipient::Pending(user) => check
                .condition_expression(
                    "accountId = :read AND (#status = :verified OR expiresAt > :end_of_code)",
                )
                .expression_attribute_values(":read", account(user.account))
                .expression_attribute_values(":verified", text(UserStatus::VERIFIED)),
            Recipient::Unknown(_) => check
                .condition_expression(
                    "attribute_not_exists(username) OR (#status = :pending AND expiresAt <= :end_of_code)",
                )
                .expression_attribute_values(":pending", text(UserStatus::PENDING)),
        };
        TransactWriteItem::builder().condition_check(check.build().expect(EXPECT_COMPLETE)).build()
    }

    /// Marks the user VERIFIED who has this account, and is VERIFIED already or not yet expired.
    pub(super) fn verify_user(
        &self,
        username: &Username,
        compared: AccountId,
        now: Timestamp,
    ) -> TransactWriteItem {
        let update = Update::builder()
            .table_name(&self.users)
            .key("username", text(username.as_str()))
            .update_expression(
                "SET #status = :verified, verifiedAt = if_not_exists(verifiedAt, :now), updatedAt = :now \
                 REMOVE expiresAt, contested",
            )
            .condition_expression(
                "accountId = :compared AND (#status = :verified OR (#status = :pending AND expiresAt > :now))",
            )
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":verified", text(UserStatus::VERIFIED))
            .expression_attribute_values(":pending", text(UserStatus::PENDING))
            .expression_attribute_values(":compared", account(compared))
            .expression_attribute_values(":now", timestamp(now))
            .build()
            .expect(EXPECT_COMPLETE);
        TransactWriteItem::builder().update(update).build()
    }
}

/// Makes a new user's item. Its `updatedAt` is its `createdAt`: only verifying changes a user.
fn to_item(user: &User) -> Item {
    let mut item: Item = [
        ("username", text(user.username.as_str())),
        ("accountId", account(user.account)),
        ("name", text(user.name.as_str())),
        ("mobileNo", text(user.mobile.as_str())),
        ("passwordHash", text(user.password_hash.as_str())),
        ("createdAt", timestamp(user.created_at)),
        ("updatedAt", timestamp(user.created_at)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    item.insert("status".to_owned(), text(user.status.as_str()));
    if let Some(region) = user.mobile.region() {
        item.insert("region".to_owned(), text(region.as_str()));
    }
    match user.status {
        UserStatus::Pending { expires_at, contested } => {
            item.insert("expiresAt".to_owned(), timestamp(expires_at));
            insert_flag(&mut item, "contested", contested);
        }
        UserStatus::Verified { at } => {
            item.insert("verifiedAt".to_owned(), timestamp(at));
        }
    }
    item
}

/// Reads a user, who may be one whose time is up: see [`User::exists`].
pub(super) fn from_item(item: &Item) -> Result<User, Malformed> {
    let item = ItemReader(item);
    let region = item.optional_text("region")?.and_then(Region::parse);
    Ok(User {
        username: Username::from_store(item.text("username")?.to_owned()),
        account: item.account("accountId")?,
        name: PersonName::from_store(item.text("name")?.to_owned()),
        mobile: MobileNumber::from_store(item.text("mobileNo")?.to_owned(), region),
        password_hash: PasswordHash::from_store(item.text("passwordHash")?.to_owned()),
        status: match item.text("status")? {
            UserStatus::PENDING => UserStatus::Pending {
                expires_at: item.timestamp("expiresAt")?,
                contested: item.flag("contested")?,
            },
            UserStatus::VERIFIED => UserStatus::Verified { at: item.timestamp("verifiedAt")? },
            _ => return Err(Malformed("status")),
        },
        created_at: item.timestamp("createdAt")?,
    })
}
