//! The codes of a name, and the waits between them.

use super::{CodeNumber, DAY, HOUR, Numbers};

/// What has become of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It waits to be typed, or did until a newer one came.
    Pending,
    /// It was right.
    Confirmed,
    /// Its text surely failed.
    Rejected,
}

/// What is known of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Courier took it.
    Sent,
    /// It surely did not.
    Failed,
    /// It may have.
    Unknown,
}

/// A code that was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Code {
    pub(super) number: CodeNumber,
    pub(super) at: i64,
    pub(super) status: Status,
    pub(super) delivery: Delivery,
    /// The call that it was issued by, and the key of that call.
    pub(super) path: &'static str,
    pub(super) key: Option<&'static str>,
}

/// All codes of an account, and what was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Challenge {
    /// Whose: nobody's, for an unknown name.
    pub(super) account: Option<u32>,
    pub(super) contested: bool,
    /// The newest last; one at least.
    pub(super) codes: Vec<Code>,
    /// Tries at the newest code.
    pub(super) tries: u32,
    /// Wrong codes in a row, over all codes.
    pub(super) failures: u32,
}

impl Challenge {
    pub(super) fn newest(&self) -> &Code {
        self.codes.last().expect("a challenge has a code")
    }

    pub(super) fn newest_mut(&mut self) -> &mut Code {
        self.codes.last_mut().expect("a challenge has a code")
    }

    /// The codes of the hour before `now`.
    pub(super) fn last_hours(&self, now: i64) -> impl Iterator<Item = &Code> {
        self.codes.iter().filter(move |code| code.is_of_the_hour_before(now))
    }

    /// Whether this is a code of an earlier text. The hour before the newest code is remembered.
    pub(super) fn is_of_an_earlier_text(&self, number: CodeNumber) -> bool {
        let newest = self.newest();
        self.last_hours(newest.at).any(|code| {
            code.number == number && code.number != newest.number && code.status != Status::Rejected
        })
    }

    /// Whether this call with this key succeeded in the last hour. A signup does though its text fails.
    pub(super) fn remembers(&self, path: &'static str, key: Option<&'static str>, now: i64) -> bool {
        let succeeded = |code: &Code| code.status != Status::Rejected || code.path == "/signup";
        key.is_some()
            && self.last_hours(now).any(|code| code.path == path && code.key == key && succeeded(code))
    }

    pub(super) fn is_locked(&self, numbers: &Numbers) -> bool {
        self.failures >= numbers.failures
    }

    /// The codes that will still be compared: what ends first, the tries or the run before the lock.
    pub(super) fn remaining(&self, numbers: &Numbers) -> u32 {
        (numbers.tries - self.tries).min(numbers.failures - self.failures)
    }

    /// PENDING, within its life, with tries left.
    pub(super) fn is_live(&self, numbers: &Numbers, now: i64) -> bool {
        let newest = self.newest();
        newest.status == Status::Pending && now < newest.at + numbers.code_life && self.tries < numbers.tries
    }

    /// Whether the name has had all codes of an hour.
    pub(super) fn is_capped(&self, numbers: &Numbers, now: i64) -> bool {
        self.last_hours(now).count() >= numbers.codes_per_username
    }

    /// Whether the next code must wait: the cooldown, or the longer wait after many wrong codes.
    pub(super) fn is_cooling(&self, numbers: &Numbers, now: i64) -> bool {
        let since_confirmed = self.codes.iter().rev().take_while(|code| code.status != Status::Confirmed);
        let counted: Vec<_> = since_confirmed
            .filter(|code| code.is_of_the_hour_before(now) && code.status != Status::Rejected)
            .collect();
        let cools = counted.first().is_some_and(|last| now < last.at + cooldown(counted.len(), numbers));
        cools || now < self.newest().at + slowdown(self.failures, numbers)
    }

    /// Seconds until the name is no longer capped.
    pub(super) fn capped_for(&self, numbers: &Numbers, now: i64) -> i64 {
        seconds_until(|at| !self.is_capped(numbers, at), now)
    }

    /// Seconds until it no longer cools down.
    pub(super) fn cools_for(&self, numbers: &Numbers, now: i64) -> i64 {
        seconds_until(|at| !self.is_cooling(numbers, at), now)
    }

    /// Seconds until another code may be asked for, as far as the name alone decides.
    pub(super) fn resend_after(&self, numbers: &Numbers, now: i64) -> i64 {
        self.capped_for(numbers, now).max(self.cools_for(numbers, now))
    }
}

impl Code {
    /// An hour ago to the second is not within the hour any more.
    pub(super) fn is_of_the_hour_before(&self, now: i64) -> bool {
        now - self.at < HOUR
    }
}

/// The seconds until something is so, found by waiting.
fn seconds_until(is_so: impl Fn(i64) -> bool, now: i64) -> i64 {
    (0..=DAY).find(|wait| is_so(now + wait)).expect("no wait is longer than a day")
}

/// Seconds to wait after the last of `codes` codes: the first cooldown, then twice as long each time; at most ten times
/// the first, and never over an hour.
fn cooldown(codes: usize, numbers: &Numbers) -> i64 {
    let times = match codes {
        0 => 0,
        1 => 1,
        2 => 2,
        3 => 4,
        4 => 8,
        _ => 10,
    };
    (times * numbers.cooldown).min(HOUR)
}

/// Seconds to wait after the newest code in a run of `failures`: nothing below a quarter of the lock's number, 30 there,
/// then twice as long with each twentieth of it; at most a day.
fn slowdown(failures: u32, numbers: &Numbers) -> i64 {
    if 4 * failures < numbers.failures {
        return 0;
    }
    let mut wait = 30;
    // A twentieth need not be whole: five of them are a quarter, and the next is reached at the first failure from there.
    let mut twentieths = 6;
    while 20 * failures >= twentieths * numbers.failures {
        wait = (2 * wait).min(DAY);
        twentieths += 1;
    }
    wait
}
