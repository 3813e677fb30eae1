//! Any sequence of calls, against a model that remembers everything and finds each wait by counting seconds.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const POLICY: Policy = Policy {
    code_format: SIX_DIGITS,
    code_ttl: 600,
    max_attempts: 3,
    cooldown: 30,
    codes_per_username_per_hour: 4,
    max_consecutive_failures: 12,
    codes_per_phone_per_day: 10,
    signup_codes_per_phone_per_day: 5,
    codes_per_address_per_hour: 100,
    signup_ttl: DAY,
};

/// The code that is typed, or the id that is named: the newest, the one so many before it, or none that ever was.
#[derive(Clone, Copy, Debug)]
enum Which {
    Newest,
    Before(usize),
    None,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Wait(i64),
    Issue { call: Call, id: Option<Which>, key: Option<u8>, fails: bool },
    Verify { code: Which, id: Option<Which> },
    Rotate,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let wait = prop_oneof![1_i64..=60, 1_i64..=700, 1_i64..=5_000];
    let call = prop_oneof![Just(Call::Send), Just(Call::Resend)];
    let which = || prop_oneof![4 => Just(Which::Newest), 2 => (1_usize..4).prop_map(Which::Before), 4 => Just(Which::None)];
    let issue = (
        call,
        proptest::option::weighted(0.4, which()),
        proptest::option::weighted(0.3, 0_u8..2),
        proptest::bool::weighted(0.2),
    );
    let verify = (which(), proptest::option::weighted(0.2, which()));
    let step = prop_oneof![
        4 => wait.prop_map(Step::Wait),
        4 => issue.prop_map(|(call, id, key, fails)| Step::Issue { call, id, key, fails }),
        8 => verify.prop_map(|(code, id)| Step::Verify { code, id }),
        1 => Just(Step::Rotate),
    ];
    vec(step, 1..80)
}

/// The answer to a step, as far as a caller would learn it.
#[derive(Clone, Debug, PartialEq)]
enum Answer {
    Issued(u32),
    Replayed,
    Verified,
    Refused(Refusal),
}

/// A code as the model remembers it, for ever.
#[derive(Debug)]
struct Remembered {
    at: i64,
    pepper: u8,
    call: Call,
    key: Option<u8>,
    outcome: ChallengeStatus,
}

#[derive(Debug, Default)]
struct Model {
    now: i64,
    pepper: u8,
    codes: Vec<Remembered>,
    attempts: u32,
    failures: u32,
    contested: bool,
}

impl Model {
    fn newest(&self) -> Option<&Remembered> {
        self.codes.last()
    }

    /// Returns the number of the code or id that is meant; one far beyond all others if it is none.
    fn nth(&self, which: Which) -> u32 {
        let back = match which {
            Which::Newest => 1,
            Which::Before(back) => back + 1,
            Which::None => return 900_000,
        };
        self.codes.len().checked_sub(back).map_or(900_000, |nth| u32::try_from(nth).unwrap())
    }

    fn within_hour(&self, now: i64) -> impl Iterator<Item = &Remembered> {
        self.codes.iter().filter(move |code| now - code.at < 3_600)
    }

    fn is_capped(&self, now: i64) -> bool {
        self.within_hour(now).count() >= 4
    }

    fn is_cooling(&self, now: i64) -> bool {
        let confirmed = self.codes.iter().rposition(|code| code.outcome == ChallengeStatus::Confirmed);
        let since = confirmed.map_or(0, |nth| nth + 1);
        let counted: Vec<_> = self.codes[since..]
            .iter()
            .filter(|code| code.outcome == ChallengeStatus::Pending && now - code.at < 3_600)
            .collect();
        let waits = [30, 60, 120, 240];
        counted.last().is_some_and(|last| now < last.at + waits[counted.len() - 1])
    }

    /// Returns the end of the wait that a run of failures imposes: 30 s at 3 of 12, and so on.
    fn slowed_until(&self) -> i64 {
        let waits = [0, 0, 0, 30, 60, 240, 960, 1_920, 7_680, 30_720, 61_440, DAY];
        self.newest().map_or(0, |newest| newest.at + waits[self.failures.min(11) as usize])
    }

    fn wait(&self, from: i64, is_refused: impl Fn(i64) -> bool) -> i64 {
        let from = (from - self.now).max(0);
        (from..=from + 2 * HOUR).find(|wait| !is_refused(self.now + wait)).unwrap()
    }

    fn knows(&self, id: Which) -> bool {
        let code = self.codes.get(self.nth(id) as usize);
        code.is_some_and(|code| self.now - code.at < 3_600)
    }

    fn issue(&mut self, call: Call, id: Option<Which>, key: Option<u8>, fails: bool) -> Answer {
        let remembers = |code: &Remembered| {
            code.call == call
                && code.key == key
                && code.pepper == self.pepper
                && code.outcome != ChallengeStatus::Rejected
        };
        if key.is_some() && self.within_hour(self.now).any(remembers) {
            return Answer::Replayed;
        }
        match id {
            Some(id) if !self.knows(id) => {
                return Answer::Refused(Refusal::OtpSuperseded { attempts_remaining: None });
            }
            None if self.contested => return Answer::Refused(Refusal::OtpIdRequired),
            _ => {}
        }
        if self.failures >= 12 {
            return Answer::Refused(Refusal::Locked);
        }
        let live_until = self.newest().map_or(0, |code| code.at + 600);
        let live = self.newest().is_some_and(|code| {
            code.outcome == ChallengeStatus::Pending && self.now < live_until && code.pepper == self.pepper
        });
        if call == Call::Send && live && self.attempts < 3 {
            return Answer::Refused(Refusal::OtpPending { retry_after: live_until - self.now });
        }
        if self.is_capped(self.now) {
            let retry_after = self.wait(self.now, |now| self.is_capped(now));
            return Answer::Refused(Refusal::RateLimited { cap: Cap::Username, retry_after });
        }
        if self.is_cooling(self.now) || self.now < self.slowed_until() {
            let retry_after = self.wait(self.slowed_until(), |now| self.is_cooling(now));
            return Answer::Refused(Refusal::ResendTooSoon { retry_after });
        }
        let outcome = if fails { ChallengeStatus::Rejected } else { ChallengeStatus::Pending };
        self.attempts = 0;
        self.codes.push(Remembered { at: self.now, pepper: self.pepper, call, key, outcome });
        Answer::Issued(self.nth(Which::Newest))
    }

    fn verify(&mut self, code: Which, id: Option<Which>) -> Answer {
        let foreign = Answer::Refused(Refusal::OtpSuperseded { attempts_remaining: None });
        let Some(newest) = self.newest() else {
            return if id.is_some() { foreign } else { Answer::Refused(Refusal::OtpNotFound) };
        };
        let (typed, newest_nth) = (self.nth(code), self.nth(Which::Newest));
        let newest_at = newest.at;
        let valid_until = newest_at + 600;
        let forgotten = self.now >= newest_at + 3_600;
        if id.is_some_and(|id| self.nth(id) != newest_nth || forgotten) {
            return foreign;
        }
        let refusal = if id.is_none() && self.contested && !forgotten {
            Some(Refusal::OtpIdRequired)
        } else if self.failures >= 12 {
            Some(Refusal::Locked)
        } else if newest.outcome == ChallengeStatus::Rejected || forgotten {
            Some(Refusal::OtpNotFound)
        } else if self.now >= valid_until || newest.pepper != self.pepper {
            Some(Refusal::OtpExpired)
        } else if self.attempts >= 3 {
            Some(Refusal::OtpExhausted)
        } else {
            None
        };
        if let Some(refusal) = refusal {
            return Answer::Refused(refusal);
        }
        self.attempts += 1;
        self.failures += 1;
        let attempts_remaining = (3 - self.attempts).min(12 - self.failures);
        let earlier = self.codes.get(typed as usize).is_some_and(|code| {
            newest_at - code.at < 3_600
                && code.outcome != ChallengeStatus::Rejected
                && code.pepper == self.pepper
        });
        if typed == newest_nth {
            let newest = self.codes.last_mut().unwrap();
            self.failures = 0;
            if newest.outcome == ChallengeStatus::Confirmed {
                return Answer::Refused(Refusal::OtpAlreadyUsed);
            }
            newest.outcome = ChallengeStatus::Confirmed;
            self.contested = false;
            Answer::Verified
        } else if earlier {
            Answer::Refused(Refusal::OtpSuperseded { attempts_remaining: Some(attempts_remaining) })
        } else {
            Answer::Refused(Refusal::InvalidOtp { attempts_remaining })
        }
    }
}

/// A code that is asked for, and whether its text fails.
#[derive(Clone, Copy)]
struct Asked {
    call: Call,
    id: Option<u32>,
    key: Option<u8>,
    fails: bool,
}

/// The rules under test, with the store's part in them played by hand.
#[derive(Default)]
struct Subject {
    row: Option<Challenge>,
    issued: u32,
}

impl Subject {
    fn issue(&mut self, asked: Asked, model: &Model) -> Answer {
        let Asked { call, id: asked, key: key_nth, fails } = asked;
        let (pepper, now) = (pepper(model.pepper), at(model.now));
        let key = key_nth.map(|nth| key(nth).hash(&pepper, call, &ada()));
        let row = self.row.as_ref();
        if row.zip(key).is_some_and(|(row, key)| row.answered(call, key, now)) {
            return Answer::Replayed;
        }
        let (id, nth) = (id(self.issued), self.issued);
        let mac = code(nth).mac(&pepper, id, &ada());
        let contested = model.contested;
        let draft = Draft { id, mac, pepper: pepper.id(), contested, key, ..draft(call, nth) };
        match Challenge::issue(row, asked.map(self::id), draft, &POLICY, now) {
            Err(refusal) => Answer::Refused(refusal),
            Ok(issued) => {
                self.row = Some(if fails { failed(issued) } else { issued });
                self.issued += 1;
                Answer::Issued(nth)
            }
        }
    }

    fn verify(&mut self, typed: u32, asked: Option<u32>, model: &Model) -> Answer {
        let (pepper, now, asked) = (pepper(model.pepper), at(model.now), asked.map(id));
        let refusal = match self.row.take() {
            Some(row) if Self::takes_attempt(&row, asked, pepper.id(), now) => {
                let row = attempted(row, 1);
                let attempts_remaining = row.attempts_remaining(&POLICY);
                let verdict = row.judge(&code(typed), &ada(), &pepper);
                let ends_the_run = matches!(verdict, Verdict::Right | Verdict::Refused(Wrong::AlreadyUsed));
                self.row = Some(if ends_the_run { confirmed(row) } else { row });
                match verdict {
                    Verdict::Right => return Answer::Verified,
                    Verdict::Refused(Wrong::AlreadyUsed) => Refusal::OtpAlreadyUsed,
                    Verdict::Refused(Wrong::NoMatch) => Refusal::InvalidOtp { attempts_remaining },
                    Verdict::Refused(Wrong::Superseded) => {
                        Refusal::OtpSuperseded { attempts_remaining: Some(attempts_remaining) }
                    }
                }
            }
            row => {
                let refusal = Challenge::why_no_attempt(row.as_ref(), asked, pepper.id(), &POLICY, now);
                self.row = row;
                refusal
            }
        };
        Answer::Refused(refusal)
    }

    /// Returns whether the store takes an attempt, by its condition.
    fn takes_attempt(row: &Challenge, asked: Option<OtpId>, pepper: PepperId, now: Timestamp) -> bool {
        row.status() != ChallengeStatus::Rejected
            && now < row.valid_until
            && row.attempts < POLICY.max_attempts
            && row.failures < POLICY.max_consecutive_failures
            && row.pepper == pepper
            && asked.map_or(!row.contested, |asked| asked == row.id())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_sequence_of_calls_is_answered_as_by_the_model(steps in steps(), contested: bool) {
        let (mut model, mut subject) = (Model { contested, ..Model::default() }, Subject::default());
        for step in steps {
            let (said, expected) = match step {
                Step::Wait(seconds) => {
                    model.now += seconds;
                    continue;
                }
                Step::Rotate => {
                    model.pepper += 1;
                    continue;
                }
                Step::Issue { call, id, key, fails } => {
                    let asked = Asked { call, id: id.map(|id| model.nth(id)), key, fails };
                    let said = subject.issue(asked, &model);
                    (said, model.issue(call, id, key, fails))
                }
                Step::Verify { code, id } => {
                    let (typed, asked) = (model.nth(code), id.map(|id| model.nth(id)));
                    (subject.verify(typed, asked, &model), model.verify(code, id))
                }
            };
            prop_assert_eq!(said, expected, "{:?} at {}", step, model.now);
            prop_assert_eq!(subject.row.as_ref().map_or(0, |row| row.failures), model.failures);
        }
    }
}
