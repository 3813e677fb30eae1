//! The `users` table: item ⇄ [`User`].

use aws_sdk_dynamodb::types::{
    AttributeValue, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};

use super::item::{Item, Malformed, Reader, moment, text};
use super::transaction::EXPECT_COMPLETE;
use super::{Failure, Store};
use crate::clock::Deadline;
use crate::domain::password::PasswordHash;
use crate::domain::person_name::PersonName;
use crate::domain::phone::MobileNumber;
use crate::domain::time::Timestamp;
use crate::domain::user::{Status, User};
use crate::domain::username::Username;

const READ_USER: &str = "read the user";

impl Store {
    /// Reads a user, consistently. The row may be one whose time is up: see [`User::exists`].
    ///
    /// # Errors
    /// When DynamoDB does not answer in time, or holds a row that is none of ours.
    pub async fn user(&self, username: &Username, deadline: Deadline) -> Result<Option<User>, Failure> {
        let row = self.row(READ_USER, &self.users, username, deadline).await?;
        let user = row.as_ref().map(from_item).transpose();
        user.map_err(|error| Failure::malformed(READ_USER, error))
    }

    /// Puts a user if the name is free: no row, or that of a user who never verified in time.
    pub(super) fn put_user_if_free(&self, user: &User, now: Timestamp) -> TransactWriteItem {
        let put = Put::builder()
            .table_name(&self.users)
            .set_item(Some(to_item(user)))
            .condition_expression(
                "attribute_not_exists(username) OR (#status = :pending AND expiresAt <= :now)",
            )
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":pending", text("PENDING"))
            .expression_attribute_values(":now", moment(now))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .expect(EXPECT_COMPLETE);
        TransactWriteItem::builder().put(put).build()
    }

    /// Marks a user VERIFIED who exists and is VERIFIED already or not yet expired.
    pub(super) fn verify_user(&self, username: &Username, now: Timestamp) -> TransactWriteItem {
        let update = Update::builder()
            .table_name(&self.users)
            .key("username", text(username.as_str()))
            .update_expression(
                "SET #status = :verified, verifiedAt = if_not_exists(verifiedAt, :now), updatedAt = :now \
                 REMOVE expiresAt",
            )
            .condition_expression("#status = :verified OR (#status = :pending AND expiresAt > :now)")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":verified", text("VERIFIED"))
            .expression_attribute_values(":pending", text("PENDING"))
            .expression_attribute_values(":now", moment(now))
            .build()
            .expect(EXPECT_COMPLETE);
        TransactWriteItem::builder().update(update).build()
    }
}

/// A new user's item. Its `updatedAt` is its `createdAt`: only verifying changes a user.
fn to_item(user: &User) -> Item {
    let status = match user.status {
        Status::Pending { expires_at } => {
            vec![("status", text("PENDING")), ("expiresAt", moment(expires_at))]
        }
        Status::Verified { at } => vec![("status", text("VERIFIED")), ("verifiedAt", moment(at))],
    };
    let rest: [(&str, AttributeValue); 6] = [
        ("username", text(user.username.as_str())),
        ("name", text(user.name.as_str())),
        ("mobileNo", text(user.mobile.as_str())),
        ("passwordHash", text(user.password_hash.as_str())),
        ("createdAt", moment(user.created_at)),
        ("updatedAt", moment(user.created_at)),
    ];
    status.into_iter().chain(rest).map(|(name, value)| (name.to_owned(), value)).collect()
}

pub(super) fn from_item(item: &Item) -> Result<User, Malformed> {
    let item = Reader(item);
    Ok(User {
        username: Username::from_store(item.text("username")?.to_owned()),
        name: PersonName::from_store(item.text("name")?.to_owned()),
        mobile: MobileNumber::from_store(item.text("mobileNo")?.to_owned()),
        password_hash: PasswordHash::from_store(item.text("passwordHash")?.to_owned()),
        status: match item.text("status")? {
            "PENDING" => Status::Pending { expires_at: item.moment("expiresAt")? },
            "VERIFIED" => Status::Verified { at: item.moment("verifiedAt")? },
            _ => return Err(Malformed("status")),
        },
        created_at: item.moment("createdAt")?,
    })
}
