//! The `limits` table: counting in the transaction that stores a code, so that what is refused counts nothing.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{TransactWriteItem, Update};

use super::batch;
use super::failure::Failure;
use super::item::{Item, ItemReader, amount, bytes, number, timestamp};
use super::transaction::{Check, EXPECT_COMPLETE, Pauses, Written, commit};
use super::update::{Unwritten, retry_while_busy, send_once};
use crate::clock::Deadline;
use crate::domain::budget::{Charge, Draw};
use crate::domain::limit::{Counter, Quota};
use crate::domain::mac::Mac;
use crate::domain::sum::Sum;
use crate::domain::time::Timestamp;

const READ_BUDGET: &str = "read what is left of the day's budget";
const COUNT_PROBE: &str = "count a signup that stores nothing";

/// The attribute of a phone's and an address's row that counts.
const COUNT: &str = "count";

/// Adds to a counter, and creates its row.
const ADD: &str = "SET expiresAt = :ends ADD #count :one";
/// For a counter that may have room.
const HAS_ROOM: &str = "attribute_not_exists(#count) OR #count < :cap";

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
    /// Nothing was, because this sum of the day has no room left.
    BudgetSpent(Sum),
}

/// The room in each limit, as a transaction that wrote nothing tells it. A limit that is off has room.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rooms {
    pub(super) phone: Room,
    pub(super) address: Room,
    /// That of the rows of the budget which were chosen; others may have room.
    pub(super) budget: Room,
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
        let (phone, address) = (next(true), next(quota.address.is_some()));
        let drawn: Vec<_> = rooms.collect();
        let any = |room| drawn.contains(&room).then_some(room);
        Self { phone, address, budget: any(Room::Full).or_else(|| any(Room::Unknown)).unwrap_or(Room::Left) }
    }

    /// Returns whether one of them is not known.
    pub(super) fn any_unknown(self) -> bool {
        [self.phone, self.address, self.budget].contains(&Room::Unknown)
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
    /// The sums of the day are spread over rows. One is chosen at random; when it is full, all are read, and such as have
    /// room are chosen, until the transaction commits or no rows have.
    pub(super) async fn write_and_count(
        &self,
        attempted: &'static str,
        own: &[TransactWriteItem],
        quota: &Quota,
        deadline: Deadline,
    ) -> Result<Counted, Failure> {
        let mut draws =
            quota.charge.as_ref().map(|charge| charge.first(&mut rand::rng())).unwrap_or_default();
        let mut pauses = Pauses::default();
        loop {
            let mut items = own.to_vec();
            items.push(self.count(&quota.phone));
            items.extend(quota.address.iter().map(|address| self.count(address)));
            items.extend(
                quota
                    .charge
                    .iter()
                    .flat_map(|charge| draws.iter().map(|draw| self.spend(draw, charge.ends_at))),
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
            let Some(charge) = &quota.charge else {
                return Err(Failure::broken(
                    attempted,
                    "the transaction failed, but none of its conditions did",
                ));
            };
            // The budget is the last to refuse: only where the caller's own conditions are known to hold.
            if is_known {
                draws = match self.draws_with_room(charge, deadline).await? {
                    Ok(draws) => draws,
                    Err(full) => return Ok(Counted::BudgetSpent(full)),
                };
            }
            if !pauses.before_write(deadline).await {
                return Err(Failure::out_of_time(attempted));
            }
        }
    }

    /// Adds one to a counter that has room.
    fn count(&self, counter: &Counter) -> TransactWriteItem {
        let update = Update::builder()
            .table_name(&self.table)
            .key("key", bytes(counter.key.as_bytes()))
            .update_expression(ADD)
            .condition_expression(HAS_ROOM)
            .expression_attribute_names("#count", COUNT)
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":cap", number(counter.cap))
            .expression_attribute_values(":ends", timestamp(counter.ends_at))
            .build()
            .expect(EXPECT_COMPLETE);
        TransactWriteItem::builder().update(update).build()
    }

    /// Adds to the sums of one row, if each has room.
    fn spend(&self, draw: &Draw<'_>, ends_at: Timestamp) -> TransactWriteItem {
        let mut update = Update::builder()
            .table_name(&self.table)
            .key("key", bytes(draw.key.as_bytes()))
            .expression_attribute_values(":ends", timestamp(ends_at));
        let (mut adds, mut conditions) = (Vec::new(), Vec::new());
        for (nth, part) in draw.parts.iter().enumerate() {
            let room = match part.room {
                Some(_) => format!("(attribute_not_exists(#sum{nth}) OR #sum{nth} <= :room{nth})"),
                // Comparing what is not there fails, and no sum is below zero.
                None => format!("#sum{nth} < :room{nth}"),
            };
            adds.push(format!("#sum{nth} :adds{nth}"));
            conditions.push(room);
            update = update
                .expression_attribute_names(format!("#sum{nth}"), part.sum.as_str())
                .expression_attribute_values(format!(":adds{nth}"), amount(part.adds))
                .expression_attribute_values(format!(":room{nth}"), amount(part.room.unwrap_or_default()));
        }
        let update = update
            .update_expression(format!("SET expiresAt = :ends ADD {}", adds.join(", ")))
            .condition_expression(conditions.join(" AND "))
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
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":cap", number(counter.cap))
            .expression_attribute_values(":ends", timestamp(counter.ends_at));
        match retry_while_busy(COUNT_PROBE, deadline, || send_once(&write)).await {
            Ok(_) => Ok(true),
            Err(Unwritten::Refused(_)) => Ok(false),
            Err(Unwritten::Failed(failure)) => Err(failure),
        }
    }

    /// Reads all rows of the day and chooses such as have room for the text, or tells the sum that has none.
    ///
    /// # Errors
    /// When DynamoDB does not answer in time.
    pub(super) async fn draws_with_room<'a>(
        &self,
        charge: &'a Charge,
        deadline: Deadline,
    ) -> Result<Result<Vec<Draw<'a>>, Sum>, Failure> {
        let key = |key: &Mac| Item::from([("key".to_owned(), bytes(key.as_bytes()))]);
        let keys = charge.keys().iter().map(key).collect();
        let rows = batch::read(&self.client, READ_BUDGET, [(self.table.as_str(), keys)], deadline).await?;
        let sums: Vec<_> = charge.sums().collect();
        let mut spent: HashMap<[u8; 32], Vec<u64>> = HashMap::new();
        for row in rows.values().flatten().map(ItemReader) {
            let amounts = sums.iter().map(|sum| row.amount(sum.as_str())).collect::<Result<_, _>>();
            let keyed = row.bytes("key").and_then(|key| Ok((key, amounts?)));
            spent.extend([keyed.map_err(|error| Failure::malformed(READ_BUDGET, error))?]);
        }
        let of = |shard: usize, nth: usize| {
            spent.get(charge.keys()[shard].as_bytes()).map_or(0, |amounts| amounts[nth])
        };
        Ok(charge.plan(of, &mut rand::rng()))
    }
}
