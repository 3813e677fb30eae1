//! The `limits` table: counting in the transaction that stores a code, so that what is refused counts nothing.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use rand::seq::IndexedRandom as _;

use super::batch;
use super::failure::Failure;
use super::item::{Item, ItemReader, bytes, number, timestamp};
use super::transaction::{Check, EXPECT_COMPLETE, Pauses, Written, commit};
use super::update::{Unwritten, retry_while_busy, send_once};
use crate::clock::Deadline;
use crate::domain::limit::{Budget, Counter, Quota};

const READ_BUDGET: &str = "read what is left of the day's budget";
const COUNT_PROBE: &str = "count a signup that stores nothing";

/// The attribute of a phone's and an address's row that counts.
const COUNT: &str = "count";

/// Adds to a counter, and creates its row.
const ADD: &str = "SET expiresAt = :ends ADD #count :codes";
/// For a counter that may have room.
const HAS_ROOM: &str = "attribute_not_exists(#count) OR #count < :cap";
/// For a counter that never has room: comparing what is not there fails.
const HAS_NONE: &str = "#count < :cap";

/// The table of counters.
#[derive(Clone, Debug)]
pub struct Limits {
    client: Client,
    table: String,
}

/// The outcome of a write that counts.
pub(super) enum Counted {
    /// All was written.
    Written,
    /// Nothing was: these are the checks of the caller's own items, and of the counters.
    Blocked {
        /// One for each of the caller's items.
        own: Vec<Check>,
        /// The limits, as far as they are known.
        rooms: Rooms,
    },
    /// Nothing was, because the day's budget is used up.
    BudgetSpent,
}

/// The room in each limit, as a transaction that wrote nothing tells it. A limit that is off has room.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rooms {
    pub(super) phone: Room,
    pub(super) address: Room,
    /// That of the shard of the budget which was chosen; another one may have room.
    pub(super) shard: Room,
}

/// The room in a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    Left,
    Full,
    /// It is not known: the counter was under contention.
    Unknown,
}

impl Rooms {
    /// Reads `checks` for the counters of `quota`, in the order in which they were written.
    fn of(checks: &[Check], quota: &Quota) -> Self {
        let mut rooms = checks.iter().map(|check| match check {
            Check::Held => Room::Left,
            Check::Failed(_) => Room::Full,
            Check::Unknown => Room::Unknown,
        });
        let mut next = |is_on: bool| if is_on { rooms.next() } else { None }.unwrap_or(Room::Left);
        Self {
            phone: next(true),
            address: next(quota.address.is_some()),
            shard: next(quota.budget.is_some()),
        }
    }

    /// Returns whether one of them is not known.
    pub(super) fn any_unknown(self) -> bool {
        [self.phone, self.address, self.shard].contains(&Room::Unknown)
    }
}

impl Limits {
    /// Opens the counters in the table `table`.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Writes `own` items and counts the `quota` in one transaction.
    ///
    /// The budget is spread over shards. One is chosen at random; when it is full, all are read, and one with room is
    /// chosen, until the transaction commits or no shard has room.
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
            items.push(self.count(COUNT, &quota.phone, 1));
            items.extend(quota.address.iter().map(|address| self.count(COUNT, address, 1)));
            items.extend(
                quota
                    .budget
                    .as_ref()
                    .zip(shard)
                    .map(|(budget, shard)| self.count(budget.pot.as_str(), shard, u32::from(budget.spends))),
            );

            let mut checks = match commit(&self.client, attempted, items, deadline).await? {
                Written::All => return Ok(Counted::Written),
                Written::Nothing(checks) => checks.into_iter(),
            };
            let own: Vec<_> = checks.by_ref().take(own.len()).collect();
            let rooms = Rooms::of(checks.as_slice(), quota);
            let is_known = !own.iter().any(Check::unknown);
            let full = rooms.phone == Room::Full || rooms.address == Room::Full;
            if full || own.iter().any(Check::failed) {
                return Ok(Counted::Blocked { own, rooms });
            }
            let Some(budget) = &quota.budget else {
                return Err(Failure::broken(
                    attempted,
                    "the transaction failed, but none of its conditions did",
                ));
            };
            // The budget is the last to refuse: only where the caller's own conditions are known to hold.
            if is_known {
                shard = self.shard_with_room(budget, deadline).await?;
                if shard.is_none() {
                    return Ok(Counted::BudgetSpent);
                }
            }
            if !pauses.before_write(deadline).await {
                return Err(Failure::out_of_time(attempted));
            }
        }
    }

    /// Adds `codes` to the `attribute` of a counter that has room.
    fn count(&self, attribute: &str, counter: &Counter, codes: u32) -> TransactWriteItem {
        let update = Update::builder()
            .table_name(&self.table)
            .key("key", bytes(counter.key.as_bytes()))
            .update_expression(ADD)
            .condition_expression(if counter.cap > 0 { HAS_ROOM } else { HAS_NONE })
            .expression_attribute_names("#count", attribute)
            .expression_attribute_values(":codes", number(codes))
            .expression_attribute_values(":cap", number(counter.cap))
            .expression_attribute_values(":ends", timestamp(counter.ends_at))
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
            .key("key", bytes(counter.key.as_bytes()))
            .update_expression(ADD)
            .condition_expression(HAS_ROOM)
            .expression_attribute_names("#count", COUNT)
            .expression_attribute_values(":codes", number(1))
            .expression_attribute_values(":cap", number(counter.cap))
            .expression_attribute_values(":ends", timestamp(counter.ends_at));
        match retry_while_busy(COUNT_PROBE, deadline, || send_once(&write)).await {
            Ok(_) => Ok(true),
            Err(Unwritten::Refused(_)) => Ok(false),
            Err(Unwritten::Failed(failure)) => Err(failure),
        }
    }

    /// Reads all shards of the budget's pot and picks one with room at random, if any has.
    ///
    /// # Errors
    /// When DynamoDB does not answer in time.
    pub(super) async fn shard_with_room<'a>(
        &self,
        budget: &'a Budget,
        deadline: Deadline,
    ) -> Result<Option<&'a Counter>, Failure> {
        let key = |shard: &Counter| Item::from([("key".to_owned(), bytes(shard.key.as_bytes()))]);
        let keys = budget.shards.iter().map(key).collect();
        let rows = batch::read(&self.client, READ_BUDGET, [(self.table.as_str(), keys)], deadline).await?;
        let mut counts: HashMap<[u8; 32], u32> = HashMap::new();
        for row in rows.values().flatten() {
            let row = ItemReader(row);
            let malformed = |error| Failure::malformed(READ_BUDGET, error);
            let pot = budget.pot.as_str();
            let count = if row.has(pot) { row.number(pot).map_err(malformed)? } else { 0 };
            counts.insert(row.bytes("key").map_err(malformed)?, count);
        }
        let has_room =
            |shard: &&Counter| counts.get(shard.key.as_bytes()).copied().unwrap_or_default() < shard.cap;
        let with_room: Vec<_> = budget.shards.iter().filter(has_room).collect();
        Ok(with_room.choose(&mut rand::rng()).copied())
    }
}
