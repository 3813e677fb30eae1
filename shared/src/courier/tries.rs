//! What to do after each try: the rules of idempotency keys, pauses and outcomes, without any I/O.

use std::time::Duration;

use lambda_http::http::StatusCode;

use super::leaves_doubt;
use crate::domain::challenge::Outcome;

/// How often Courier is asked at most.
const MOST_TRIES: u32 = 3;

/// The first pause is drawn from up to this; each further one from up to twice as much.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// What came of one try.
#[derive(Debug)]
pub(super) enum Reply {
    /// Courier took the text, and gave it this id if the answer could be read.
    Accepted(Option<String>),
    /// Courier, or what stands before it, answered with an error.
    Refused {
        /// The status of the answer.
        status: StatusCode,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// The request surely never reached Courier.
    NotSent,
    /// The request may have reached Courier, and no answer came.
    NoAnswer,
}

impl Reply {
    /// The status by which Courier refused.
    pub(super) fn refusal(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(status.as_u16()),
            Self::Accepted(_) | Self::NotSent | Self::NoAnswer => None,
        }
    }

    /// Whether Courier does not know the token.
    pub(super) fn refuses_the_token(&self) -> bool {
        matches!(self, Self::Refused { status: StatusCode::UNAUTHORIZED, .. })
    }
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// This is how it ended, with Courier's id of the text.
    Settled(Outcome, Option<String>),
    /// Try again after this pause.
    Again(Duration),
}

/// The tries made so far.
#[derive(Debug, Default)]
pub(super) struct Tries {
    made: u32,
    key_number: u32,
    /// Some try may have been taken although we were not told so.
    doubtful: bool,
    /// The last failure is no fault of this one request's.
    blames_courier: bool,
}

impl Tries {
    /// How many.
    pub(super) fn made(&self) -> u32 {
        self.made
    }

    /// The number in the idempotency key of the next try.
    pub(super) fn key_number(&self) -> u32 {
        self.key_number
    }

    /// Whether the last failure is Courier's or the account's, and would meet any other text too.
    pub(super) fn blames_courier(&self) -> bool {
        self.blames_courier
    }

    /// Takes note of a try whose token was refused, before one with another token. Courier may keep that answer for
    /// the key, so unless a try may have been taken the next one has a new key.
    pub(super) fn begin_again(&mut self) {
        self.made += 1;
        if !self.doubtful {
            self.key_number += 1;
        }
    }

    /// Takes note of a try's reply and says what to do, with `left` until the deadline and `random` from 0 to 1
    /// for the length of the pause.
    ///
    /// Courier stores its first answer to a key and replays it. So a try that may have been taken is repeated
    /// with the same key, for ever after: a second key could be a second text. One that was surely refused is
    /// repeated with the next key, since the same one would only replay the refusal.
    pub(super) fn after(&mut self, reply: Reply, left: Duration, random: f64) -> Step {
        self.made += 1;
        let least_pause = match reply {
            Reply::Accepted(id) => return Step::Settled(Outcome::Sent, id),
            Reply::NotSent => {
                self.blames_courier = true;
                Duration::ZERO
            }
            Reply::NoAnswer => {
                self.blames_courier = true;
                self.doubtful = true;
                Duration::ZERO
            }
            Reply::Refused { status, retry_after } => {
                self.blames_courier = !matches!(
                    status,
                    StatusCode::BAD_REQUEST | StatusCode::REQUEST_TIMEOUT | StatusCode::CONFLICT
                );
                self.doubtful |= leaves_doubt(status);
                if status != StatusCode::TOO_MANY_REQUESTS && !status.is_server_error() {
                    return self.settled();
                }
                if !self.doubtful {
                    self.key_number += 1;
                }
                retry_after.unwrap_or_default()
            }
        };
        let longest = FIRST_PAUSE * 2_u32.pow(self.made - 1);
        let pause = least_pause.saturating_add(longest.mul_f64(random.clamp(0.0, 1.0)));
        if self.made >= MOST_TRIES || pause >= left {
            return self.settled();
        }
        Step::Again(pause)
    }

    fn settled(&self) -> Step {
        Step::Settled(if self.doubtful { Outcome::Unknown } else { Outcome::Failed }, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16) -> Reply {
        Reply::Refused { status: StatusCode::from_u16(status).unwrap(), retry_after: None }
    }

    /// The idempotency key's number at each try, and the outcome.
    fn course(replies: Vec<Reply>) -> (Vec<u32>, Option<Outcome>) {
        let mut tries = Tries::default();
        let mut keys = Vec::new();
        for reply in replies {
            keys.push(tries.key_number());
            if let Step::Settled(outcome, _) = tries.after(reply, Duration::from_secs(8), 0.5) {
                return (keys, Some(outcome));
            }
        }
        (keys, None)
    }

    #[test]
    fn an_answered_failure_takes_the_next_key_and_no_answer_the_same_one() {
        use Outcome::{Failed, Sent, Unknown};
        use Reply::{Accepted, NoAnswer, NotSent};
        let table = [
            (vec![Accepted(None)], vec![0], Sent),
            (vec![refused(500), Accepted(None)], vec![0, 1], Sent),
            (vec![refused(429), refused(503), Accepted(None)], vec![0, 1, 2], Sent),
            (vec![refused(500), refused(500), refused(500)], vec![0, 1, 2], Failed),
            (vec![NoAnswer, Accepted(None)], vec![0, 0], Sent),
            (vec![NoAnswer, NoAnswer, NoAnswer], vec![0, 0, 0], Unknown),
            (vec![NoAnswer, refused(500), refused(500)], vec![0, 0, 0], Unknown),
            (vec![refused(500), NoAnswer, refused(500)], vec![0, 1, 1], Unknown),
            (vec![NoAnswer, refused(409)], vec![0, 0], Unknown),
            (vec![NoAnswer, refused(429), refused(429)], vec![0, 0, 0], Unknown),
            (vec![NoAnswer, refused(400)], vec![0, 0], Unknown),
            (vec![refused(502), Accepted(None)], vec![0, 0], Sent),
            (vec![refused(504), refused(504), refused(504)], vec![0, 0, 0], Unknown),
            (vec![NotSent, NotSent, NotSent], vec![0, 0, 0], Failed),
            (vec![NotSent, Accepted(None)], vec![0, 0], Sent),
            (vec![refused(400)], vec![0], Failed),
            (vec![refused(401)], vec![0], Failed),
            (vec![refused(403)], vec![0], Failed),
            (vec![refused(302)], vec![0], Failed),
            (vec![refused(408)], vec![0], Unknown),
            (vec![refused(409)], vec![0], Unknown),
        ];
        for (replies, keys, outcome) in table {
            let name = format!("{replies:?}");
            assert_eq!(course(replies), (keys, Some(outcome)), "{name}");
        }
    }

    #[test]
    fn a_wait_that_is_asked_for_is_kept_if_it_fits() {
        let mut tries = Tries::default();
        let asks = |seconds| Reply::Refused {
            status: StatusCode::TOO_MANY_REQUESTS,
            retry_after: Some(Duration::from_secs(seconds)),
        };
        let left = Duration::from_secs(8);
        assert_eq!(tries.after(asks(2), left, 0.0), Step::Again(Duration::from_secs(2)));
        assert_eq!(tries.after(asks(120), left, 0.0), Step::Settled(Outcome::Failed, None));
    }

    #[test]
    fn pauses_are_drawn_from_a_span_that_doubles() {
        let mut tries = Tries::default();
        let left = Duration::from_secs(8);
        assert_eq!(tries.after(refused(500), left, 1.0), Step::Again(Duration::from_millis(200)));
        assert_eq!(tries.after(refused(500), left, 1.0), Step::Again(Duration::from_millis(400)));
    }

    #[test]
    fn only_what_would_meet_any_text_is_blamed_on_courier() {
        for (reply, blamed) in [
            (refused(400), false),
            (refused(409), false),
            (refused(401), true),
            (refused(402), true),
            (refused(302), true),
            (refused(500), true),
            (Reply::NotSent, true),
            (Reply::NoAnswer, true),
        ] {
            let name = format!("{reply:?}");
            let mut tries = Tries::default();
            tries.after(reply, Duration::ZERO, 0.0);
            assert_eq!(tries.blames_courier(), blamed, "{name}");
        }
    }
}
