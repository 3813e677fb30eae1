//! The story of a code: persist, then text, then record.
//!
//! A username that nobody has goes the same way with the same writes, and waits as long as a text takes: its
//! code is drawn by nobody, so nothing matches it, and no phone ever receives it.

use std::time::Duration;

use rand::RngExt as _;
use serde::Serialize;
use tokio::time::Instant;

use crate::audit::{self, Event};
use crate::boot::{Texting, World};
use crate::clock::{Deadline, Second};
use crate::courier::{Admission, Settled, Text};
use crate::domain::address::SourceNetwork;
use crate::domain::challenge::{Call, Challenge, Delivery, Draft, Outcome, Status};
use crate::domain::code::{Code, OtpId};
use crate::domain::idempotency::{IdempotencyKey, KeyHash};
use crate::domain::limit::{Quota, Recipient};
use crate::domain::mac::Mac;
use crate::domain::policy::Policy;
use crate::domain::sms::Template;
use crate::domain::time::Timestamp;
use crate::domain::user::User;
use crate::domain::username::Username;
use crate::error::{Error, causes};
use crate::http::{Fields, Incoming};
use crate::store::Issued;
use crate::trace::{Step, Trace};

/// Kept from a request's time to record what became of its text.
const RECORDING: Duration = Duration::from_secs(1);

/// Kept from a request's time for one whole try of a text and its record: a code is not stored when there is no time
/// to text it.
const TEXTING: Duration = Duration::from_millis(3_500);

/// Who asks for a code, and when.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// By which call.
    pub call: Call,
    /// For which username.
    pub username: &'a Username,
    /// With which idempotency key.
    pub key: Option<&'a IdempotencyKey>,
    /// From where.
    pub source: SourceNetwork,
    /// When: the `now` of every rule.
    pub now: Timestamp,
    /// The same, on the clock that the code's remaining life is measured by.
    pub arrived: Second,
    /// When the answer must be there.
    pub deadline: Deadline,
    /// What its operator is told.
    pub trace: &'a Trace,
}

impl Asked<'_> {
    /// When the code must be stored, or it is not: a text still has to fit in.
    #[must_use]
    pub fn time_to_store(&self) -> Deadline {
        self.deadline.less(TEXTING)
    }

    /// What is remembered of the idempotency key.
    #[must_use]
    pub fn key_hash(&self, texting: &Texting) -> Option<KeyHash> {
        self.key.map(|key| key.hash(&texting.world.pepper, self.call, self.username))
    }
}

/// What an answer says of a challenge.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Otp {
    id: String,
    status: &'static str,
    delivery: &'static str,
    expires_at: String,
    expires_in: i64,
    resend_after: i64,
}

impl Otp {
    /// The state of `challenge` at `now`.
    #[must_use]
    pub fn of(challenge: &Challenge, policy: &Policy, now: Timestamp) -> Self {
        Self {
            id: challenge.id().to_string(),
            status: match challenge.status() {
                Status::Pending => "PENDING",
                Status::Confirmed => "CONFIRMED",
                Status::Rejected => "REJECTED",
            },
            delivery: delivered(challenge.outcome()),
            expires_at: challenge.valid_until().to_string(),
            expires_in: challenge.expires_in(),
            resend_after: challenge.resend_after(policy, now),
        }
    }
}

/// What send and resend take.
#[derive(Debug)]
struct Input {
    username: Username,
    key: Option<IdempotencyKey>,
}

impl Input {
    fn read(mut fields: Fields) -> Result<Self, Error> {
        let username = fields.required("username", Username::parse);
        let key = fields.idempotency_key();
        Ok(Self { username: fields.finish(username)?, key })
    }
}

/// What send and resend answer.
#[derive(Debug, Serialize)]
pub struct Accepted {
    success: bool,
    message: &'static str,
    otp: Otp,
}

/// Issues a further code and texts it, or answers what was answered to the same key before: send and resend.
///
/// # Errors
/// Every refusal of the two, in the order that the challenge and the limits define.
pub async fn issue_again(texting: &Texting, call: Call, incoming: Incoming) -> Result<Accepted, Error> {
    let world = &texting.world;
    let source = incoming.source();
    let Incoming { fields, arrived, deadline, trace, .. } = incoming;
    let Input { username, key } = Input::read(fields)?;
    let (key, now) = (key.as_ref(), arrived.timestamp);
    let asked =
        Asked { call, username: &username, key, source: source?, now, arrived, deadline, trace: &trace };

    let (user, drawn, next, admission) = loop {
        let (user, before) = trace.step(Step::Load, world.store.load(asked.username, asked.deadline)).await?;
        let user = user.filter(|user| user.exists(asked.now));
        if let Some(before) = before.as_ref().filter(|before| is_repeated(texting, asked, before)) {
            trace.is_repeated();
            return Ok(accepted(texting, before, asked.now));
        }
        let drawn = Drawn::for_recipient(texting, asked, user.is_some());
        let next = Challenge::issue(before.as_ref(), drawn.draft.clone(), &world.policy, asked.now)?;
        let admission = texting
            .courier
            .admit(user.is_some(), asked.now)
            .map_err(|retry_after| Error::SmsUnavailable { retry_after })?;
        let recipient =
            user.as_ref().map_or(Recipient::Nobody(asked.username), |user| Recipient::Phone(&user.mobile));
        let quota = Quota::of(recipient, asked.source, &world.pepper, &world.policy, asked.now);
        let store = world.store.issue(
            &texting.limits,
            asked.username,
            before.as_ref(),
            &next,
            &quota,
            asked.now,
            asked.time_to_store(),
        );
        match trace.step(Step::Store, store).await? {
            Issued::Stored => {
                tell_issued(texting, asked, before.as_ref(), &next, user.is_some());
                break (user, drawn, next, admission);
            }
            Issued::Refused(refusal) => return Err(refusal.into()),
            Issued::Changed(row) => {
                let row = row.as_deref();
                if let Some(row) = row.filter(|row| is_repeated(texting, asked, row)) {
                    trace.is_repeated();
                    return Ok(accepted(texting, row, asked.now));
                }
                // The row that won decides; only where it permits another code is it worth reading again.
                Challenge::issue(row, drawn.draft, &world.policy, asked.now)?;
            }
        }
    };
    let challenge = text_and_record(texting, asked, admission, user.as_ref(), &drawn, next).await;
    match challenge.outcome() {
        Outcome::Failed => {
            // The failed code keeps its place in the caps, which may ask for a longer wait than Courier does.
            let capped = challenge.resend_after(&world.policy, asked.now);
            Err(Error::SmsUnavailable { retry_after: texting.courier.retry_after(asked.now).max(capped) })
        }
        Outcome::Sent | Outcome::Unknown => Ok(accepted(texting, &challenge, asked.now)),
    }
}

/// Tells of a code that was stored, and of the one that it superseded, if that was live.
fn tell_issued(
    texting: &Texting,
    asked: Asked<'_>,
    before: Option<&Challenge>,
    next: &Challenge,
    to_a_phone: bool,
) {
    let World { pepper, policy, .. } = &texting.world;
    if let Some(before) = before.filter(|before| before.is_live(pepper.id(), policy, asked.now)) {
        audit::tell(asked.trace, before.id(), Event::CodeSuperseded { by: next.id() });
    }
    audit::tell(asked.trace, next.id(), Event::CodeIssued { call: asked.call, to_a_phone });
}

fn is_repeated(texting: &Texting, asked: Asked<'_>, challenge: &Challenge) -> bool {
    asked.key_hash(texting).is_some_and(|key| challenge.answered(asked.call, key, asked.now))
}

fn accepted(texting: &Texting, challenge: &Challenge, now: Timestamp) -> Accepted {
    let otp = Otp::of(challenge, &texting.world.policy, now);
    Accepted { success: true, message: message(challenge.outcome()), otp }
}

/// What programs read of a text's outcome.
fn delivered(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Sent => "SENT",
        Outcome::Failed => "FAILED",
        Outcome::Unknown => "UNKNOWN",
    }
}

/// What people read of a text's outcome.
#[must_use]
pub fn message(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Sent => "OTP sent successfully",
        Outcome::Failed => "OTP could not be sent; call /send for another one",
        Outcome::Unknown => "OTP issued; whether its text was sent is not known",
    }
}

/// A code that was drawn, and the draft of its challenge.
#[derive(Debug)]
pub struct Drawn {
    /// The draft.
    pub draft: Draft,
    code: Code,
}

impl Drawn {
    /// Draws a code, and a MAC that matches it, or, where nobody is to receive it, one that matches nothing.
    #[must_use]
    pub fn for_recipient(texting: &Texting, asked: Asked<'_>, somebody: bool) -> Self {
        let world = &texting.world;
        let mut random = rand::rng();
        let id = OtpId::draw(&mut random);
        let code = Code::draw(world.policy.code_format, &mut random);
        let mac = code.mac(&world.pepper, id, asked.username);
        let mac = if somebody { mac } else { Mac::of_nothing(random.random()) };
        let key = asked.key_hash(texting);
        Self { draft: Draft { id, mac, pepper: world.pepper.id(), call: asked.call, key }, code }
    }
}

/// Texts the code to `user`, or takes as long as that where there is none, and records what became of it.
///
/// A failing record changes nothing for the caller: the code is stored, and works.
pub async fn text_and_record(
    texting: &Texting,
    asked: Asked<'_>,
    admission: Admission<'_>,
    user: Option<&User>,
    drawn: &Drawn,
    challenge: Challenge,
) -> Challenge {
    let Asked { username, now, deadline, trace, .. } = asked;
    let delivery = if let Some(user) = user {
        let text = text(texting, asked, admission, user, drawn, &challenge);
        let begun = Instant::now();
        let Settled { delivery, last_status } = text.await;
        let took = begun.elapsed();
        trace.took(Step::Text, took);
        let Delivery { outcome, tries, .. } = delivery;
        audit::tell(trace, challenge.id(), Event::TextSettled { outcome, tries, last_status, took });
        trace.delivery(delivered(outcome));
        delivery
    } else {
        trace.delivery("PRETENDED");
        trace.step(Step::Text, texting.courier.pretend()).await
    };
    let record = texting.world.store.record_delivery(username, &challenge, &delivery, now, deadline);
    if let Err(failure) = trace.step(Step::Record, record).await {
        let (request, otp, causes) = (trace.request(), challenge.id(), causes(&failure));
        tracing::warn!(request, %otp, causes, "the delivery could not be recorded");
    }
    challenge.delivered(delivery)
}

async fn text(
    texting: &Texting,
    asked: Asked<'_>,
    admission: Admission<'_>,
    user: &User,
    drawn: &Drawn,
    challenge: &Challenge,
) -> Settled {
    let length = usize::from(texting.world.policy.code_format.length);
    let template = Template::choose(&texting.app, texting.domain.as_ref(), &user.name, length);
    let text = Text {
        to: &user.mobile,
        template: &template,
        name: &user.name,
        code: &drawn.code,
        id: challenge.id(),
        until: asked.arrived.plus(challenge.expires_in()),
    };
    texting.courier.send(admission, text, asked.deadline.less(RECORDING)).await
}
