//! When the turns of a batch come.

use rand::RngExt as _;
use rand::rngs::StdRng;

/// Turns of a batch.
const TURNS: usize = 12;

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

/// The ends that the rules know: of a code's life, of the hour, of a PENDING user's day, and of the user.
const ENDS: [u64; 4] = [600, HOUR, DAY, DAY + 900];

/// The seconds before each turn: mostly none to speak of, else a cooldown's, a code's life or an hour's, or up to the last
/// second before the end of something that began with an earlier turn, or to that end exactly.
pub(super) fn waits(dice: &mut StdRng) -> Vec<u64> {
    let mut turns = vec![0_u64];
    let mut waits = vec![0];
    while waits.len() < TURNS {
        let now = turns[turns.len() - 1];
        let wait = match dice.random_range(0..100) {
            0..45 => dice.random_range(0..=3),
            45..73 => dice.random_range(30..=130),
            73..83 => dice.random_range(240..=HOUR + 60),
            _ => {
                let began = turns[dice.random_range(0..turns.len())];
                let end = began + ENDS[dice.random_range(0..ENDS.len())] - u64::from(dice.random_bool(0.5));
                end.saturating_sub(now)
            }
        };
        turns.push(now + wait);
        waits.push(wait);
    }
    waits
}
