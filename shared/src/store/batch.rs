//! Reading several rows with one call.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::KeysAndAttributes;

use super::Failure;
use super::item::Item;
use super::transaction::{EXPECT_COMPLETE, Pauses};
use crate::clock::Deadline;

/// The rows that were found, by table.
pub(super) type Found = HashMap<String, Vec<Item>>;

/// Reads the rows of these `keys`, by table, each consistently. Together they are no snapshot.
///
/// DynamoDB may leave some unread, being busy; those are asked for again.
///
/// # Errors
/// When DynamoDB does not answer in time.
pub(super) async fn read<const TABLES: usize>(
    client: &Client,
    attempted: &'static str,
    keys: [(&str, Vec<Item>); TABLES],
    deadline: Deadline,
) -> Result<Found, Failure> {
    let mut unread: HashMap<_, _> =
        keys.into_iter().map(|(table, keys)| (table.to_owned(), of(keys))).collect();
    let mut found = Found::new();
    let mut pauses = Pauses::default();
    loop {
        let read = client.batch_get_item().set_request_items(Some(unread)).send();
        let answer = deadline.run(read).await.map_err(|_| Failure::out_of_time(attempted))?;
        let answer = answer.map_err(|error| Failure::of(attempted, error))?;
        for (table, rows) in answer.responses.into_iter().flatten() {
            found.entry(table).or_default().extend(rows);
        }
        unread = answer.unprocessed_keys.unwrap_or_default();
        if unread.is_empty() {
            return Ok(found);
        }
        if !deadline.sleep(pauses.next()).await {
            return Err(Failure::out_of_time(attempted));
        }
    }
}

fn of(keys: Vec<Item>) -> KeysAndAttributes {
    let keys = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true);
    keys.build().expect(EXPECT_COMPLETE)
}
