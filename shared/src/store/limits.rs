//! The `limits` table: counting in the transaction that stores a code, so that what is refused counts nothing.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{KeysAndAttributes, TransactWriteItem, Update};
use rand::seq::IndexedRandom as _;

use super::failure::Failure;
use super::item::{Item, Reader, bytes, moment, number};
use super::transaction::{Check, EXPECT_COMPLETE, Pauses, Written, commit};
use super::update::{Unwritten, repeat_while_busy, send_once};
use crate::clock::Deadline;
use crate::domain::limit::{Budget, Counter, Quota};

const READ_BUDGET: &str = "read what is left of the day's budget";
const COUNT_PROBE: &str = "count a refused signup";

/// Counts while there is room. `ADD` also creates the row.
const COUNT: &str = "SET expiresAt = :ends ADD #count :codes";
const HAS_ROOM: &str = "attribute_not_exists(#count) OR #count < :cap";

/// The table of counters.
#[derive(Clone, Debug)]
pub struct Limits {
    client: Client,
    table: String,
}

/// What became of a write that counts.
pub(super) enum Counted {
    /// All was written.
    Written,
    /// Nothing was: these are the checks of the caller's own items, and the caps that were full.
    Blocked {
        /// One for each of the caller's items.
        own: Vec<Check>,
        /// The phone's cap was full.
        phone: bool,
        /// The address's cap was full.
        address: bool,
    },
    /// Nothing was, because the day's budget is used up.
    BudgetSpent,
}

impl Limits {
    /// The counters in the table `table`.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Writes `own` items and counts the `quota` in one transaction.
    ///
    /// The budget is spread over shards. One is tried at random; when it is full, all are read, and one with
    /// room is tried, until the transaction commits or no shard has room.
    pub(super) async fn write_and_count(
        &self,
        attempted: &'static str,
        own: &[TransactWriteItem],
        quota: &Quota,
        deadline: Deadline,
    ) -> Result<Counted, Failure> {
        let mut shard = quota.budget.as_ref().and_then(|budget| budget.shards.choose(&mut rand::rng()));
        let mut pauses = Pauses::default();
        loop {
            let mut items = own.to_vec();
            items.push(self.count(&quota.phone, 1));
            items.extend(quota.address.iter().map(|address| self.count(address, 1)));
            let spends = quota.budget.as_ref().is_some_and(|budget| budget.spends);
            items.extend(shard.map(|shard| self.count(shard, u32::from(spends))));

            let mut checks = match commit(&self.client, attempted, items, deadline).await? {
                Written::All => return Ok(Counted::Written),
                Written::Nothing(checks) => checks.into_iter(),
            };
            let own: Vec<_> = checks.by_ref().take(own.len()).collect();
            let phone = checks.next().is_some_and(|check| check.failed());
            let address = quota.address.is_some() && checks.next().is_some_and(|check| check.failed());
            if phone || address || own.iter().any(Check::failed) {
                return Ok(Counted::Blocked { own, phone, address });
            }
            let Some(budget) = &quota.budget else {
                return Err(Failure::broken(attempted, "a condition failed that no item has"));
            };
            shard = self.shard_with_room(budget, deadline).await?;
            if shard.is_none() {
                return Ok(Counted::BudgetSpent);
            }
            if !deadline.sleep(pauses.next()).await {
                return Err(Failure::out_of_time(attempted));
            }
        }
    }

    /// Adds `codes` to a counter that has room.
    fn count(&self, counter: &Counter, codes: u32) -> TransactWriteItem {
        let update = Update::builder()
            .table_name(&self.table)
            .key("key", bytes(&counter.key.0))
            .update_expression(COUNT)
            .condition_expression(HAS_ROOM)
            .expression_attribute_names("#count", "count")
            .expression_attribute_values(":codes", number(codes))
            .expression_attribute_values(":cap", number(counter.cap))
            .expression_attribute_values(":ends", moment(counter.ends_at))
            .build()
            .expect(EXPECT_COMPLETE);
        TransactWriteItem::builder().update(update).build()
    }

    /// Counts one at `counter` outside of any transaction; `false` when it has no room.
    ///
    /// # Errors
    /// When DynamoDB does not answer in time.
    pub async fn count_one(&self, counter: &Counter, deadline: Deadline) -> Result<bool, Failure> {
        let write = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("key", bytes(&counter.key.0))
            .update_expression(COUNT)
            .condition_expression(HAS_ROOM)
            .expression_attribute_names("#count", "count")
            .expression_attribute_values(":codes", number(1))
            .expression_attribute_values(":cap", number(counter.cap))
            .expression_attribute_values(":ends", moment(counter.ends_at));
        match repeat_while_busy(COUNT_PROBE, deadline, || send_once(&write)).await {
            Ok(_) => Ok(true),
            Err(Unwritten::Refused(_)) => Ok(false),
            Err(Unwritten::Failed(failure)) => Err(failure),
        }
    }

    /// Reads all shards of the budget and picks one with room at random, if any has.
    async fn shard_with_room<'a>(
        &self,
        budget: &'a Budget,
        deadline: Deadline,
    ) -> Result<Option<&'a Counter>, Failure> {
        let keys = budget.shards.iter().map(|shard| Item::from([("key".to_owned(), bytes(&shard.key.0))]));
        let keys = KeysAndAttributes::builder()
            .set_keys(Some(keys.collect()))
            .consistent_read(true)
            .build()
            .expect(EXPECT_COMPLETE);
        let mut unread = HashMap::from([(self.table.clone(), keys)]);
        let mut counts: HashMap<[u8; 32], u32> = HashMap::new();
        let mut pauses = Pauses::default();
        loop {
            let read = self.client.batch_get_item().set_request_items(Some(unread)).send();
            let answer = deadline
                .run(read)
                .await
                .map_err(|_| Failure::out_of_time(READ_BUDGET))?
                .map_err(|error| Failure::of(READ_BUDGET, error))?;
            for item in answer.responses.into_iter().flat_map(|tables| tables.into_values().flatten()) {
                let item = Reader(&item);
                let malformed = |error| Failure::malformed(READ_BUDGET, error);
                counts
                    .insert(item.bytes("key").map_err(malformed)?, item.number("count").map_err(malformed)?);
            }
            unread = answer.unprocessed_keys.unwrap_or_default();
            if unread.is_empty() {
                break;
            }
            if !deadline.sleep(pauses.next()).await {
                return Err(Failure::out_of_time(READ_BUDGET));
            }
        }
        let has_room = |shard: &&Counter| counts.get(&shard.key.0).is_none_or(|count| *count < shard.cap);
        let with_room: Vec<_> = budget.shards.iter().filter(has_room).collect();
        Ok(with_room.choose(&mut rand::rng()).copied())
    }
}
