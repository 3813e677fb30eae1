//! Texting through Courier: one text per code, in bounded time, with an outcome that says what is known.

mod breaker;
mod recent;
mod retries;
mod wire;

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lambda_http::http::{HeaderValue, Method, StatusCode, header};
use rand::RngExt as _;
use zeroize::Zeroizing;

use crate::clock::{Clock, Deadline};
use crate::domain::challenge::{Delivery, DeliveryOutcome};
use crate::domain::code::{Code, OtpId};
use crate::domain::phone::MobileNumber;
use crate::domain::recipient::RecipientKind;
use crate::domain::sms::Wording;
use crate::domain::time::Timestamp;
use crate::https::Https;
use crate::secrets::Secrets;
use breaker::Breaker;
use recent::Recent;
use retries::{Blame, Key, NextStep, Reply, Retries};

/// The longest that a request may take. Courier usually answers within half a second.
const LONGEST_REQUEST: Duration = Duration::from_millis(2_500);

/// The longest that all requests for a text may take together, with the pauses between them.
const LONGEST_DELIVERY: Duration = Duration::from_secs(8);

/// The longest that the start waits for a connection to be open, with its handshakes.
const LONGEST_WARMING: Duration = Duration::from_millis(1_500);

/// The most of an answer that is read, in bytes. One of Courier's has about a hundred.
const LONGEST_ANSWER: usize = 65_536;

/// The longest id of a text that is kept, in bytes. One of Courier's has 35, and the row that it goes into is paid for
/// by its length.
const LONGEST_ID: usize = 128;

/// A token of Courier's: whoever has it can text at our cost. `Debug` is redacted, its memory zeroed on drop.
#[derive(Clone)]
pub struct Token(Zeroizing<String>);

impl Token {
    /// Parses a token.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let visible = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        let token = visible.then(|| Self(Zeroizing::new(text.to_owned())));
        token.ok_or_else(|| "must consist of visible ASCII characters".to_owned())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// The id of a template that somebody designed in Courier: 1–64 letters, digits, hyphens and underscores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateId(String);

impl TemplateId {
    /// Parses the setting `COURIER_TEMPLATE_ID`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(setting: &str) -> Result<Self, String> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let named = (1..=64).contains(&setting.len()) && setting.bytes().all(allowed);
        let fault = "must be a template's id: up to 64 letters, digits, hyphens and underscores";
        named.then(|| Self(setting.to_owned())).ok_or_else(|| fault.to_owned())
    }

    /// Returns the id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Courier is known to be down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unavailable {
    /// Seconds until a text will be sent to it again.
    pub retry_after: i64,
}

/// The account by which texts are sent, and its address.
#[derive(Clone, Debug)]
pub struct Account {
    /// Courier's API, without a slash at the end.
    pub base_url: String,
    /// The template that has the words of every text, if they are not ours.
    pub template: Option<TemplateId>,
    /// The Twilio messaging service that sends, if not the one that Courier's integration names.
    pub messaging_service: Option<String>,
}

impl Account {
    /// Opens the connection to Courier, so that the first text need not.
    ///
    /// It is of no consequence whether that succeeds.
    pub(crate) async fn warm(&self, https: &Https) {
        drop(https.request(Method::HEAD, &self.base_url).timeout(LONGEST_WARMING).send().await);
    }
}

/// A text to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    /// The number that it goes to.
    pub to: &'a MobileNumber,
    /// Its constant words, and the name that fills them, if they greet by name.
    pub wording: &'a Wording<'a>,
    /// The code that fills them.
    pub code: &'a Code,
    /// The id that keeps a retry from being a second text.
    pub id: OtpId,
    /// The life of the code, in seconds.
    pub life: i64,
    /// The end of that; a text that comes later is not delivered.
    pub until: Deadline,
}

/// The outcome of a text.
#[derive(Debug)]
pub struct TextReport {
    /// The delivery, as it is recorded.
    pub delivery: Delivery,
    /// The status of the last answer, if that was a refusal.
    pub last_status: Option<u16>,
}

/// The leave to send a text. Unless one is sent, the next request gets it.
#[derive(Debug)]
pub struct Admission<'a> {
    breaker: &'a Mutex<Breaker>,
    /// True when this is the one probe after a pause.
    probes: bool,
    /// The moment at which it was given.
    now: Timestamp,
}

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        if self.probes {
            lock(self.breaker).give_back(self.now);
        }
    }
}

/// The way to Courier, with what this process has seen of it.
#[derive(Debug)]
pub struct Courier {
    https: Https,
    account: Account,
    clock: Clock,
    token: Mutex<Token>,
    /// The secret that the token was read from, and can be read from again.
    source: Option<(Secrets, String)>,
    breaker: Mutex<Breaker>,
    recent: Mutex<Recent>,
}

impl Courier {
    /// Returns the way to Courier as `account`, with a `token` and, where it was read from a secret, its `source`, from
    /// which it is read again when Courier refuses it.
    #[must_use]
    pub fn new(
        https: Https,
        account: Account,
        token: Token,
        source: Option<(Secrets, String)>,
        clock: Clock,
    ) -> Self {
        let (breaker, recent) = Default::default();
        Self { https, account, clock, token: Mutex::new(token), source, breaker, recent }
    }

    /// Admits a text to `recipient` at `now`, unless Courier is known to be down.
    ///
    /// After a failure of Courier's or the account's, nothing is sent for a while; then one text is, as a probe. A
    /// text that only seems to be sent, for an unknown username, is admitted then too but proves nothing.
    ///
    /// # Errors
    /// [`Unavailable`], with the seconds until the next probe.
    pub fn admit(&self, recipient: RecipientKind, now: Timestamp) -> Result<Admission<'_>, Unavailable> {
        let really = match recipient {
            RecipientKind::Verified | RecipientKind::Pending => true,
            RecipientKind::Unknown => false,
        };
        let admitted = lock(&self.breaker).admit(really, now);
        let probes = admitted.map_err(|retry_after| Unavailable { retry_after })?;
        Ok(Admission { breaker: &self.breaker, probes, now })
    }

    /// Returns the seconds from the moment at which this is asked until a text may be sent again; at least one.
    #[must_use]
    pub fn retry_after(&self) -> i64 {
        lock(&self.breaker).retry_after(self.clock.now().timestamp)
    }

    /// Sends a text, in up to three requests before `deadline`, and returns what is known of it then.
    pub async fn send(&self, mut admission: Admission<'_>, text: Text<'_>, deadline: Deadline) -> TextReport {
        let begun = tokio::time::Instant::now();
        let deadline = deadline.within(LONGEST_DELIVERY);
        let mut retries = Retries::default();
        let mut last_status;
        let mut token_is_fresh = self.source.is_none();
        let (outcome, request_id) = loop {
            let token = lock(&self.token).clone();
            let key = retries.key(text.until.remaining());
            let mut reply = self.request_once(text, &token, key, deadline).await;
            last_status = reply.refusal();
            if reply.refuses_the_token() && !token_is_fresh {
                token_is_fresh = true;
                if self.read_token_again(&token, deadline).await {
                    reply = Reply::TokenRenewed;
                }
            }
            let left = deadline.remaining().min(text.until.remaining());
            let random = rand::rng().random();
            match retries.after(reply, left, random) {
                NextStep::Settled(outcome, request_id) => break (outcome, request_id),
                NextStep::Retry(pause) => tokio::time::sleep(pause).await,
            }
        };
        if outcome == DeliveryOutcome::Sent {
            lock(&self.recent).saw(begun.elapsed());
        }
        match (outcome, retries.blame()) {
            (DeliveryOutcome::Sent, _) | (_, Blame::Request) => {
                admission.probes = false;
                lock(&self.breaker).close();
            }
            (_, Blame::Courier) => {
                admission.probes = false;
                lock(&self.breaker).open(self.clock.now().timestamp);
            }
            // Nothing was learnt of Courier, so the next text may go.
            (_, Blame::Unknown) => {}
        }
        TextReport { delivery: Delivery { outcome, request_id, tries: retries.made() }, last_status }
    }

    /// Takes as long as a text that ends before `deadline`, and sends none: what an unknown username gets.
    pub async fn simulate(&self, deadline: Deadline) -> Delivery {
        let drawn = lock(&self.recent).draw(&mut rand::rng());
        let time = deadline.within(LONGEST_DELIVERY).remaining();
        tokio::time::sleep(drawn.min(time)).await;
        let mut random = rand::rng();
        let id = format!("1-{:08x}-{:024x}", random.random::<u32>(), random.random::<u128>() >> 32);
        Delivery { outcome: DeliveryOutcome::Sent, request_id: Some(id), tries: 1 }
    }

    /// Reads the token again after Courier refused it: it may have been rotated. Returns whether there is another one.
    async fn read_token_again(&self, refused: &Token, deadline: Deadline) -> bool {
        let Some((secrets, arn)) = &self.source else { return false };
        match deadline.run(secrets.read(arn, Token::parse)).await {
            Ok(Ok(token)) => {
                let is_another = *token.0 != *refused.0;
                *lock(&self.token) = token;
                is_another
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "the refused token could not be read again");
                false
            }
            Err(_) => false,
        }
    }

    async fn request_once(&self, text: Text<'_>, token: &Token, key: Key, deadline: Deadline) -> Reply {
        let time = LONGEST_REQUEST.min(deadline.remaining());
        if time.is_zero() || text.until.remaining().as_millis() == 0 {
            return Reply::TooLate;
        }
        let request = self
            .https
            .request(Method::POST, format!("{}/send", self.account.base_url))
            .bearer_auth(&*token.0)
            .header("Idempotency-Key", format!("{}:{}", text.id, key.number))
            .json(&wire::Send::of(text, &self.account, key.life));
        let until = Deadline::after(time);
        match until.run(request.send()).await {
            Ok(Ok(answer)) => read(answer, until).await,
            // Courier never saw the request: it could not be connected to.
            Ok(Err(error)) if error.is_connect() => Reply::NotSent,
            Err(_) if time < LONGEST_REQUEST => Reply::CutShort,
            Ok(Err(_)) | Err(_) => Reply::NoAnswer,
        }
    }
}

/// Reads an answer, as much of it as comes in time and within bounds. The status alone says what it means.
async fn read(mut answer: reqwest::Response, until: Deadline) -> Reply {
    let status = answer.status();
    if !status.is_success() {
        let retry_after = answer.headers().get(header::RETRY_AFTER).map(wait);
        return Reply::Refused { status, retry_after };
    }
    let mut body = Vec::new();
    let all = async {
        while let Ok(Some(chunk)) = answer.chunk().await {
            body.extend_from_slice(&chunk);
            if body.len() > LONGEST_ANSWER {
                return;
            }
        }
    };
    // Accepted is accepted: what is cut off or late costs only the id.
    let _ = until.run(all).await;
    let accepted: Option<wire::AcceptedAnswer> = serde_json::from_slice(&body).ok();
    Reply::Accepted(accepted.map(|accepted| accepted.request_id).filter(|id| id.len() <= LONGEST_ID))
}

/// Parses a `Retry-After`. One that is no number of seconds, such as a date, asks for a wait all the same: it is
/// taken for one that never fits.
fn wait(retry_after: &HeaderValue) -> Duration {
    let seconds = retry_after.to_str().ok().and_then(|text| text.trim().parse().ok());
    seconds.map_or(Duration::MAX, Duration::from_secs)
}

/// Returns whether Courier may have taken the text in spite of this status: a time-out, a request of the same key
/// under way, or what a proxy before it answers when it does not know.
fn leaves_doubt(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::REQUEST_TIMEOUT
            | StatusCode::CONFLICT
            | StatusCode::BAD_GATEWAY
            | StatusCode::GATEWAY_TIMEOUT
    )
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Case 25: what cannot be read as seconds is never taken for no wait.
    #[test]
    fn a_wait_that_is_no_number_of_seconds_never_fits() {
        let wait = |text| wait(&HeaderValue::from_static(text));
        for (text, seconds) in [("0", 0), ("2", 2), (" 120 ", 120)] {
            assert_eq!(wait(text), Duration::from_secs(seconds), "{text}");
        }
        for text in ["", "-1", "1.5", "1,2", "99999999999999999999999", "Wed, 21 Oct 2099 07:28:00 GMT"] {
            assert_eq!(wait(text), Duration::MAX, "{text}");
        }
    }
}
