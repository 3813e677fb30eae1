//! The numbers, each with its reason. All can be set; these are the defaults.

use super::code::{Alphabet, CodeFormat};
use super::time::{DAY, HOUR};

/// The longest life of a code that can be set, in seconds. A user who never verifies outlives its last code by it.
pub const LONGEST_CODE_TTL: i64 = 900;

/// The longest cooldown, in multiples of the first one.
const LONGEST_COOLDOWN: i64 = 10;

/// Seconds that the next code waits when a quarter of the wrong codes before the lock were typed: as long as the first
/// cooldown by default, so that whoever mistypes a few codes meets nothing new.
const FIRST_SLOWDOWN: i64 = 30;

/// The numbers that the rules take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Six digits: what people expect and phones fill in by themselves. Five attempts at a million are few enough.
    pub code_format: CodeFormat,
    /// Seconds that a code lives. Ten minutes outlast a slow text and are the longest that
    /// NIST SP 800-63B-4 §3.1.3.2 allows.
    pub code_ttl: i64,
    /// Attempts at one code. Five forgive slips of the thumb and leave a guesser 5 in a million.
    pub max_attempts: u32,
    /// Seconds before the second code; each further one takes twice as long. Most texts arrive within 30 s.
    pub cooldown: i64,
    /// Codes per username in any hour. Whoever needs a sixth does not have the phone.
    pub codes_per_username_per_hour: u32,
    /// Codes per phone and UTC day to the VERIFIED users who hold it, over all of their usernames.
    pub codes_per_phone_per_day: u32,
    /// Codes per phone and UTC day to signups and PENDING users, counted apart: what anybody can have a stranger pestered
    /// with. Used up, it leaves the owner of the phone the codes of VERIFIED users.
    pub signup_codes_per_phone_per_day: u32,
    /// Codes per source address and clock hour; 0 is no limit. Many people share one address of a mobile carrier; a
    /// script needs more.
    pub codes_per_address_per_hour: u32,
    /// Wrong codes in a row after which a username is locked. 100 is the most that NIST SP 800-63B-4 §3.2.2 allows.
    pub max_consecutive_failures: u32,
    /// Seconds after its signup in which a user who has not verified is sent codes. A day outlasts a phone left at home.
    pub signup_ttl: i64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            code_format: CodeFormat { alphabet: Alphabet::Numeric, length: 6 },
            code_ttl: 600,
            max_attempts: 5,
            cooldown: 30,
            codes_per_username_per_hour: 5,
            codes_per_phone_per_day: 10,
            signup_codes_per_phone_per_day: 5,
            codes_per_address_per_hour: 100,
            max_consecutive_failures: 100,
            signup_ttl: DAY,
        }
    }
}

impl Policy {
    /// Returns the seconds to wait after the last of `codes` codes: none after none, then doubling, at most ten times
    /// the first and never over an hour.
    #[must_use]
    pub fn cooldown_after(&self, codes: usize) -> i64 {
        let Some(doublings) = codes.checked_sub(1) else { return 0 };
        let factor =
            1_i64.checked_shl(u32::try_from(doublings.min(8)).unwrap_or(8)).unwrap_or(LONGEST_COOLDOWN);
        (self.cooldown * factor.min(LONGEST_COOLDOWN)).min(HOUR)
    }

    /// Returns the seconds to wait after the newest code when `failures` wrong ones were typed in a row: none up to a
    /// quarter of the lock's number, then doubling with each twentieth of it, at most a day. By default a lock takes
    /// four days.
    #[must_use]
    pub fn slowdown_after(&self, failures: u32) -> i64 {
        let (failures, cap) = (i64::from(failures), i64::from(self.max_consecutive_failures));
        let above_a_quarter = 20 * failures - 5 * cap;
        if above_a_quarter < 0 {
            return 0;
        }
        let doublings = (above_a_quarter / cap.max(1)).min(15);
        (FIRST_SLOWDOWN << doublings).min(DAY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cooldown_doubles_up_to_ten_times_the_first() {
        let policy = Policy::default();
        let waits: Vec<_> = (0..8).map(|codes| policy.cooldown_after(codes)).collect();
        assert_eq!(waits, [0, 30, 60, 120, 240, 300, 300, 300]);
        assert_eq!(policy.cooldown_after(usize::MAX), 300);
    }

    #[test]
    fn a_run_of_failures_slows_down_from_a_quarter_of_the_lock_on() {
        let policy = Policy::default();
        let waits: Vec<_> = (0..20).map(|step| policy.slowdown_after(5 * step)).collect();
        let from_a_quarter =
            [30, 60, 120, 240, 480, 960, 1_920, 3_840, 7_680, 15_360, 30_720, 61_440, DAY, DAY, DAY];
        assert_eq!(waits[..5], [0; 5]);
        assert_eq!(waits[5..], from_a_quarter);
        assert_eq!([24, 25, 29, 30].map(|failures| policy.slowdown_after(failures)), [0, 30, 30, 60]);
        let all: i64 = waits.iter().sum();
        assert!((3 * DAY..5 * DAY).contains(&all), "a lock takes {all} s");
        assert_eq!(policy.slowdown_after(u32::MAX), DAY);
    }

    #[test]
    fn a_lower_lock_slows_down_at_its_own_quarter() {
        let policy = Policy { max_consecutive_failures: 21, ..Policy::default() };
        // k = (20 × failures − 105) / 21 in whole numbers.
        let waits = [5, 6, 7, 8, 9, 20].map(|failures| policy.slowdown_after(failures));
        assert_eq!(waits, [0, 30, 60, 120, 240, 30 << 14].map(|wait: i64| wait.min(DAY)));
    }

    #[test]
    fn the_cooldown_is_never_over_an_hour() {
        let policy = Policy { cooldown: 1_000, ..Policy::default() };
        let waits: Vec<_> = (0..5).map(|codes| policy.cooldown_after(codes)).collect();
        assert_eq!(waits, [0, 1_000, 2_000, 3_600, 3_600]);
    }
}
