//! What to do after each try: the rules of idempotency keys, pauses and outcomes, without any I/O.

use std::time::Duration;

use lambda_http::http::StatusCode;

use super::leaves_doubt;
use crate::domain::challenge::DeliveryOutcome;

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
    /// Courier did not know the token, and there is another one by now.
    TokenRenewed,
    /// Courier could not be reached, so the request surely never came there.
    NotSent,
    /// The request may have reached Courier, and no answer came.
    NoAnswer,
    /// The request may have reached Courier, and we hung up before Courier had the time that a try gets.
    CutShort,
    /// Nothing was asked: no time was left, of the code's life or of the request's.
    TooLate,
}

impl Reply {
    /// The status by which Courier refused.
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

    /// Whether Courier does not know the token.
    pub(super) fn refuses_the_token(&self) -> bool {
        matches!(self, Self::Refused { status: StatusCode::UNAUTHORIZED, .. })
    }
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NextStep {
    /// This is how it ended, with Courier's id of the text.
    Settled(DeliveryOutcome, Option<String>),
    /// Retry after this pause.
    Again(Duration),
}

/// An idempotency key, and what goes by it: a request that is repeated under its key is the same, byte for byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// The number in the idempotency key.
    pub(super) number: u32,
    /// The life that the text is given.
    pub(super) life: Duration,
}

/// The tries made so far.
#[derive(Debug, Default)]
pub(super) struct Retries {
    made: u32,
    key_number: u32,
    /// What was left of the code's life when the key was new, if it was used.
    life: Option<Duration>,
    /// Some try may have been taken although we were not told so.
    doubtful: bool,
    blame: Blame,
}

/// Whose fault the last failure is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Blame {
    /// Nobody's that is known: nothing was asked, or the time for an answer was too short.
    #[default]
    Unknown,
    /// This one request's: Courier is there and knows the account.
    Request,
    /// Courier's or the account's: any other text would meet it too.
    Courier,
}

impl Retries {
    /// How many.
    pub(super) fn made(&self) -> u32 {
        self.made
    }

    /// The key of the next try, with `left` of the code's life if the key is new.
    pub(super) fn key(&mut self, left: Duration) -> Key {
        Key { number: self.key_number, life: *self.life.get_or_insert(left) }
    }

    /// Whose fault the last failure is.
    pub(super) fn blame(&self) -> Blame {
        self.blame
    }

    /// Takes note of a try's reply and says what to do, with `left` until the deadline and `random` from 0 to 1
    /// for the length of the pause.
    ///
    /// Courier stores its first answer to a key and replays it. So a try that may have been taken is repeated
    /// with the same key, for ever after: a second key could be a second text. One that was surely refused is
    /// repeated with the next key, since the same one would only replay the refusal.
    pub(super) fn after(&mut self, reply: Reply, left: Duration, random: f64) -> NextStep {
        if !matches!(reply, Reply::TooLate) {
            self.made += 1;
        }
        let least_pause = match reply {
            Reply::TooLate => return self.settled(),
            Reply::Accepted(id) => return NextStep::Settled(DeliveryOutcome::Sent, id),
            Reply::TokenRenewed => {
                self.next_key();
                return if self.made < MOST_TRIES { NextStep::Again(Duration::ZERO) } else { self.settled() };
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
        if self.made >= MOST_TRIES || pause >= left {
            return self.settled();
        }
        NextStep::Again(pause)
    }

    /// Moves on from a key that Courier may replay a refusal for, unless a try may have been taken.
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

/// Whose fault an answered failure is.
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

    /// The idempotency key's number at each try, and the outcome.
    fn course(replies: Vec<Reply>) -> (Vec<u32>, Option<DeliveryOutcome>) {
        let mut tries = Retries::default();
        let mut keys = Vec::new();
        for reply in replies {
            keys.push(tries.key(Duration::from_mins(10)).number);
            if let NextStep::Settled(outcome, _) = tries.after(reply, Duration::from_secs(8), 0.5) {
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
        let mut tries = Retries::default();
        assert_eq!(tries.key(second(600)), Key { number: 0, life: second(600) });
        tries.after(refused(500), second(8), 0.5);
        assert_eq!(tries.key(second(599)), Key { number: 1, life: second(599) });
        tries.after(Reply::NoAnswer, second(8), 0.5);
        assert_eq!(tries.key(second(597)), Key { number: 1, life: second(599) });
    }

    #[test]
    fn a_token_that_was_renewed_is_used_at_once() {
        let mut tries = Retries::default();
        let step = tries.after(Reply::TokenRenewed, Duration::from_secs(8), 1.0);
        assert_eq!((step, tries.made()), (NextStep::Again(Duration::ZERO), 1));
    }

    #[test]
    fn a_wait_that_is_asked_for_is_kept_if_it_fits() {
        let mut tries = Retries::default();
        let asks = |seconds| Reply::Refused {
            status: StatusCode::TOO_MANY_REQUESTS,
            retry_after: Some(Duration::from_secs(seconds)),
        };
        let left = Duration::from_secs(8);
        assert_eq!(tries.after(asks(2), left, 0.0), NextStep::Again(Duration::from_secs(2)));
        assert_eq!(tries.after(asks(120), left, 0.0), NextStep::Settled(DeliveryOutcome::Failed, None));
    }

    #[test]
    fn pauses_are_drawn_from_a_span_that_doubles() {
        let mut tries = Retries::default();
        let left = Duration::from_secs(8);
        assert_eq!(tries.after(refused(500), left, 1.0), NextStep::Again(Duration::from_millis(200)));
        assert_eq!(tries.after(refused(500), left, 1.0), NextStep::Again(Duration::from_millis(400)));
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
            let mut tries = Retries::default();
            tries.after(reply, Duration::ZERO, 0.0);
            assert_eq!(tries.blame(), blame, "{name}");
        }
    }
}
