//! The numbers, each with its reason. All can be set; these are the defaults.

use super::code::{Alphabet, CodeFormat};
use super::time::{DAY, HOUR};

/// How often the cooldown may double: from the first on it never exceeds ten times itself.
const LONGEST_COOLDOWN: i64 = 10;

/// The numbers that the rules take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Six digits: what people expect and phones fill in by themselves. Five tries at a million are few enough.
    pub code_format: CodeFormat,
    /// Seconds that a code lives. Ten minutes outlast a slow text and are the longest that
    /// NIST SP 800-63B-4 §3.1.3.2 allows.
    pub code_ttl: i64,
    /// Tries at one code. Five forgive slips of the thumb and leave a guesser 5 in a million.
    pub max_attempts: u32,
    /// Seconds before the second code; each further one takes twice as long. Most texts arrive within 30 s.
    pub cooldown: i64,
    /// Codes per username in any hour. Whoever needs a sixth does not have the phone.
    pub codes_per_username_per_hour: u32,
    /// Codes per phone and UTC day, over all usernames: what a stranger can be pestered with.
    pub codes_per_phone_per_day: u32,
    /// Codes per source address and clock hour; 0 is no limit. An office behind one address passes, a script does not.
    pub codes_per_address_per_hour: u32,
    /// Codes in all per UTC day; 0 is no limit. The most that a bad day can cost.
    pub daily_sms_budget: u32,
    /// Wrong codes in a row after which a username is locked. 100 is the most that NIST SP 800-63B-4 §3.2.2 allows.
    pub max_consecutive_failures: u32,
    /// Seconds after which a user that never verified is gone, and the name is free again.
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
            codes_per_address_per_hour: 30,
            daily_sms_budget: 1_000,
            max_consecutive_failures: 100,
            signup_ttl: DAY,
        }
    }
}

impl Policy {
    /// Seconds to wait after the last of `codes` codes: none after none, then doubling, at most ten times the
    /// first and never over an hour.
    #[must_use]
    pub fn cooldown_after(&self, codes: usize) -> i64 {
        let Some(doublings) = codes.checked_sub(1) else { return 0 };
        let factor =
            1_i64.checked_shl(u32::try_from(doublings.min(8)).unwrap_or(8)).unwrap_or(LONGEST_COOLDOWN);
        (self.cooldown * factor.min(LONGEST_COOLDOWN)).min(HOUR)
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
    fn the_cooldown_is_never_over_an_hour() {
        let policy = Policy { cooldown: 1_000, ..Policy::default() };
        let waits: Vec<_> = (0..5).map(|codes| policy.cooldown_after(codes)).collect();
        assert_eq!(waits, [0, 1_000, 2_000, 3_600, 3_600]);
    }
}
