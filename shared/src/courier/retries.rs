//! The rules of retries: idempotency keys, pauses and outcomes, without any I/O.

use std::time::Duration;

use lambda_http::http::StatusCode;

use super::leaves_doubt;
use crate::domain::challenge::DeliveryOutcome;

/// The most requests for one text, the first and its retries.
const MOST_REQUESTS: u32 = 3;

/// The first pause is drawn from up to this; each further one from up to twice as much.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// The reply to one request.
#[derive(Debug)]
pub(super) enum Reply {
    /// Courier took the text, and gave it this id if the answer could be read.
    Accepted(Option<String>),
    /// Courier, or what stands before it, answered with an error.
    Refused {
        /// The status of the answer.
        status: StatusCode,
        /// The time that it asks to wait.
        retry_after: Option<Duration>,
    },
    /// Courier did not know the token, and there is another one by now.
    TokenRenewed,
    /// Courier could not be reached, so the request surely never came there.
    NotSent,
    /// The request may have reached Courier, and no answer came.
    NoAnswer,
    /// The request may have reached Courier, and we hung up before Courier had the time that a request gets.
    CutShort,
    /// No request was made: no time was left, of the code's life or of the request's.
    TooLate,
}

impl Reply {
    /// Returns the status by which Courier refused.
    pub(super) fn refusal(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(status.as_u16()),
            Self::Accepted(_)
            | Self::TokenRenewed
            | Self::NotSent
            | Self::NoAnswer
            | Self::CutShort
            | Self::TooLate => None,
        }
    }

    /// Returns whether Courier does not know the token.
    pub(super) fn refuses_the_token(&self) -> bool {
        matches!(self, Self::Refused { status: StatusCode::UNAUTHORIZED, .. })
    }
}

/// The next step.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NextStep {
    /// This is how it ended, with Courier's id of the text.
    Settled(DeliveryOutcome, Option<String>),
    /// Retry after this pause.
    Retry(Duration),
}

/// An idempotency key, and what goes by it: a retry under the same key is the same request, byte for byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// The number in the idempotency key.
    pub(super) number: u32,
    /// The life that the text is given.
    pub(super) life: Duration,
}

/// The requests made so far for one text.
#[derive(Debug, Default)]
pub(super) struct Retries {
    made: u32,
    key_number: u32,
    /// The rest of the code's life when the key was new, if it was used.
    life: Option<Duration>,
    /// True once some request may have been taken although we were not told so.
    doubtful: bool,
    blame: Blame,
}

/// The party to blame for the last failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Blame {
    /// Nobody that is known: no request was made, or the time for an answer was too short.
    #[default]
    Unknown,
    /// This one request: Courier is there and knows the account.
    Request,
    /// Courier or the account: any other text would fail, too.
    Courier,
}

impl Retries {
    /// Returns the number of requests made.
    pub(super) fn made(&self) -> u32 {
        self.made
    }

    /// Returns the key of the next request, with `left` of the code's life if the key is new.
    pub(super) fn key(&mut self, left: Duration) -> Key {
        Key { number: self.key_number, life: *self.life.get_or_insert(left) }
    }

    /// Returns the party to blame for the last failure.
    pub(super) fn blame(&self) -> Blame {
        self.blame
    }

    /// Takes note of a reply and returns the next step, with `left` until the deadline and `random` from 0 to 1 for
    /// the length of the pause.
    ///
    /// Courier stores its first answer to a key and replays it. So a request that may have been taken is retried with
    /// the same key, for ever after: a second key could be a second text. One that was surely refused is retried with
    /// the next key, since the same one would only replay the refusal.
    pub(super) fn after(&mut self, reply: Reply, left: Duration, random: f64) -> NextStep {
        if !matches!(reply, Reply::TooLate) {
            self.made += 1;
        }
        let least_pause = match reply {
            Reply::TooLate => return self.settled(),
            Reply::Accepted(id) => return NextStep::Settled(DeliveryOutcome::Sent, id),
            Reply::TokenRenewed => {
                self.next_key();
                return if self.made < MOST_REQUESTS {
                    NextStep::Retry(Duration::ZERO)
                } else {
                    self.settled()
                };
            }
            Reply::NotSent => {
                self.blame = Blame::Courier;
                Duration::ZERO
            }
            Reply::NoAnswer => {
                self.blame = Blame::Courier;
                self.doubtful = true;
                Duration::ZERO
            }
            Reply::CutShort => {
                self.doubtful = true;
                Duration::ZERO
            }
            Reply::Refused { status, retry_after } => {
                self.blame = blame(status);
                self.doubtful |= leaves_doubt(status);
                if status != StatusCode::TOO_MANY_REQUESTS && !status.is_server_error() {
                    return self.settled();
                }
                self.next_key();
                retry_after.unwrap_or_default()
            }
        };
        let longest = FIRST_PAUSE * 2_u32.pow(self.made - 1);
        let pause = least_pause.saturating_add(longest.mul_f64(random.clamp(0.0, 1.0)));
        if self.made >= MOST_REQUESTS || pause >= left {
            return self.settled();
        }
        NextStep::Retry(pause)
    }

    /// Moves on from a key that Courier may replay a refusal for, unless a request may have been taken.
    fn next_key(&mut self) {
        if !self.doubtful {
            self.key_number += 1;
            self.life = None;
        }
    }

    fn settled(&self) -> NextStep {
        NextStep::Settled(
            if self.doubtful { DeliveryOutcome::Unknown } else { DeliveryOutcome::Failed },
            None,
        )
    }
}

/// Returns the party to blame for an answered failure.
fn blame(status: StatusCode) -> Blame {
    match status {
        StatusCode::BAD_REQUEST => Blame::Request,
        // They tell of two requests at once or of a slow one, and nothing of Courier.
        StatusCode::REQUEST_TIMEOUT | StatusCode::CONFLICT => Blame::Unknown,
        _ => Blame::Courier,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16) -> Reply {
        Reply::Refused { status: StatusCode::from_u16(status).unwrap(), retry_after: None }
    }

    /// Returns the idempotency key's number at each request, and the outcome.
    fn course(replies: Vec<Reply>) -> (Vec<u32>, Option<DeliveryOutcome>) {
        let mut retries = Retries::default();
        let mut keys = Vec::new();
        for reply in replies {
            keys.push(retries.key(Duration::from_mins(10)).number);
            if let NextStep::Settled(outcome, _) = retries.after(reply, Duration::from_secs(8), 0.5) {
                return (keys, Some(outcome));
            }
        }
        (keys, None)
    }

    #[test]
    fn an_answered_failure_takes_the_next_key_and_no_answer_the_same_one() {
        use DeliveryOutcome::{Failed, Sent, Unknown};
        use Reply::{Accepted, CutShort, NoAnswer, NotSent, TokenRenewed, TooLate};
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
            (vec![TokenRenewed, Accepted(None)], vec![0, 1], Sent),
            (vec![TokenRenewed, refused(401)], vec![0, 1], Failed),
            (vec![TokenRenewed, refused(500), refused(500)], vec![0, 1, 2], Failed),
            (vec![refused(500), refused(500), TokenRenewed], vec![0, 1, 2], Failed),
            (vec![NoAnswer, TokenRenewed, Accepted(None)], vec![0, 0, 0], Sent),
            (vec![NoAnswer, NoAnswer, TokenRenewed], vec![0, 0, 0], Unknown),
            (vec![CutShort, Accepted(None)], vec![0, 0], Sent),
            (vec![CutShort, TooLate], vec![0, 0], Unknown),
            (vec![refused(500), TooLate], vec![0, 1], Failed),
            (vec![TooLate], vec![0], Failed),
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
    fn a_key_keeps_the_life_that_it_was_first_used_with() {
        let second = Duration::from_secs;
        let mut retries = Retries::default();
        assert_eq!(retries.key(second(600)), Key { number: 0, life: second(600) });
        retries.after(refused(500), second(8), 0.5);
        assert_eq!(retries.key(second(599)), Key { number: 1, life: second(599) });
        retries.after(Reply::NoAnswer, second(8), 0.5);
        assert_eq!(retries.key(second(597)), Key { number: 1, life: second(599) });
    }

    #[test]
    fn a_token_that_was_renewed_is_used_at_once() {
        let mut retries = Retries::default();
        let step = retries.after(Reply::TokenRenewed, Duration::from_secs(8), 1.0);
        assert_eq!((step, retries.made()), (NextStep::Retry(Duration::ZERO), 1));
    }

    #[test]
    fn a_wait_that_is_asked_for_is_kept_if_it_fits() {
        let mut retries = Retries::default();
        let asks = |seconds| Reply::Refused {
            status: StatusCode::TOO_MANY_REQUESTS,
            retry_after: Some(Duration::from_secs(seconds)),
        };
        let left = Duration::from_secs(8);
        assert_eq!(retries.after(asks(2), left, 0.0), NextStep::Retry(Duration::from_secs(2)));
        assert_eq!(retries.after(asks(120), left, 0.0), NextStep::Settled(DeliveryOutcome::Failed, None));
    }

    #[test]
    fn pauses_are_drawn_from_a_span_that_doubles() {
        let mut retries = Retries::default();
        let left = Duration::from_secs(8);
        assert_eq!(retries.after(refused(500), left, 1.0), NextStep::Retry(Duration::from_millis(200)));
        assert_eq!(retries.after(refused(500), left, 1.0), NextStep::Retry(Duration::from_millis(400)));
    }

    #[test]
    fn only_what_would_meet_any_text_is_blamed_on_courier() {
        for (reply, blame) in [
            (refused(400), Blame::Request),
            (refused(409), Blame::Unknown),
            (refused(401), Blame::Courier),
            (refused(402), Blame::Courier),
            (refused(302), Blame::Courier),
            (refused(500), Blame::Courier),
            (Reply::NotSent, Blame::Courier),
            (Reply::NoAnswer, Blame::Courier),
            (Reply::TokenRenewed, Blame::Unknown),
            (Reply::CutShort, Blame::Unknown),
            (Reply::TooLate, Blame::Unknown),
        ] {
            let name = format!("{reply:?}");
            let mut retries = Retries::default();
            retries.after(reply, Duration::ZERO, 0.0);
            assert_eq!(retries.blame(), blame, "{name}");
        }
    }
}
