//! The story of a code: decide, then persist, then text, then record.
//!
//! An unknown username goes the same way with the same writes, and waits as long as a text takes: its code is known to
//! nobody, so nothing matches it, and no phone ever receives it.

mod answer;
mod phases;
mod step;

use std::time::Duration;

use crate::clock::{Deadline, Moment};
use crate::context::TextingContext;
use crate::courier::Admission;
use crate::domain::address::SourceNetwork;
use crate::domain::call::Call;
use crate::domain::challenge::{Challenge, DeliveryOutcome};
use crate::domain::code::OtpId;
use crate::domain::idempotency::{IdempotencyKey, KeyHash};
use crate::domain::recipient::{Belonging, Recipient};
use crate::domain::sms::{Client, Reader, Texts};
use crate::domain::time::Timestamp;
use crate::domain::username::Username;
use crate::error::Error;
use crate::http::{Fields, Incoming};
use crate::trace::{Stage, Trace};

pub use answer::{Otp, SendOutput, message};
pub use phases::{Committed, Decided, SignUpOutcome};

use phases::IssueOutcome;

/// Kept from a request's time to record what became of its text.
const RECORDING: Duration = Duration::from_secs(1);

/// Kept from a request's time for one whole request to Courier and its record: a code is not stored when there is no
/// time to text it.
const TEXTING: Duration = Duration::from_millis(3_500);

/// The request for a code.
#[derive(Clone, Copy, Debug)]
pub struct CodeRequest<'a> {
    /// The call that asks.
    pub call: Call,
    /// The username that the code is for.
    pub username: &'a Username,
    /// The idempotency key, if one was given.
    pub key: Option<&'a IdempotencyKey>,
    /// The reader of the text: this request's, whoever asked before.
    pub reader: Reader,
    /// The network that the request comes from.
    pub source: SourceNetwork,
    /// The moment at which it came, and the deadline of its answer.
    pub moment: Moment,
    /// The trace of it, for its operator.
    pub trace: &'a Trace,
}

impl CodeRequest<'_> {
    /// Returns the `now` of every rule.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.moment.now()
    }

    /// Returns the moment by whose end the code must be stored, or it is not: a text still has to fit in.
    fn time_to_store(&self) -> Moment {
        self.moment.less(TEXTING)
    }

    /// Returns the end of the time to text it.
    fn time_to_text(&self) -> Deadline {
        self.moment.deadline.less(RECORDING)
    }

    /// Returns the hash by which the idempotency key is remembered.
    #[must_use]
    pub fn key_hash(&self, texting: &TextingContext) -> Option<KeyHash> {
        self.key.map(|key| key.hash(&texting.context.pepper, self.call, self.username))
    }
}

/// The input of send and resend.
#[derive(Debug)]
struct Input {
    username: Username,
    otp_id: Option<OtpId>,
    key: Option<IdempotencyKey>,
    reader: Reader,
}

impl Input {
    fn read(mut fields: Fields, texts: &Texts) -> Result<Self, Error> {
        let username = fields.required("username", Username::parse);
        let otp_id = fields.optional("otpId", OtpId::parse);
        let key = fields.idempotency_key();
        let reader = reader(&mut fields, texts);
        Ok(Self { username: fields.finish(username)?, otp_id, key, reader })
    }
}

/// Reads for whom the text of a call is: the fields `locale` and `client`, which may be absent.
pub fn reader(fields: &mut Fields, texts: &Texts) -> Reader {
    let language = fields.optional("locale", |tag| texts.language(tag));
    let client = fields.optional("client", Client::parse);
    Reader { language: language.unwrap_or_else(|| texts.default_language()), client }
}

/// Issues a further code and texts it, or answers what was answered to the same key before: send and resend.
///
/// # Errors
/// Every refusal of the two, in the order that the challenge and the limits define.
pub async fn issue_again(
    texting: &TextingContext,
    call: Call,
    incoming: Incoming,
) -> Result<SendOutput, Error> {
    let source = incoming.source();
    let Incoming { fields, moment, trace, presented, .. } = incoming;
    let Input { username, otp_id, key, reader } = Input::read(fields, &texting.texts)?;
    let source = source?;
    presented.admit(moment, &trace).await?;
    let (key, now) = (key.as_ref(), moment.now());
    let request = CodeRequest { call, username: &username, key, reader, source, moment, trace: &trace };

    let (committed, admission) = match commit_next(texting, request, otp_id).await? {
        Next::Committed(committed, admission) => (committed, admission),
        Next::Repeated(newest) => {
            trace.note_repeated();
            return Ok(SendOutput::of(texting, &newest, now));
        }
    };
    let challenge = committed.deliver(texting, request, admission).await;
    trace.stage(Stage::Wait, step::wait(texting.answer_step, moment.came, moment.deadline)).await;
    match challenge.outcome() {
        DeliveryOutcome::Failed => {
            // The failed code keeps its place in the caps, which may ask for a longer wait than Courier does.
            let capped = challenge.resend_after(&texting.context.policy, now);
            Err(Error::SmsUnavailable { retry_after: texting.courier.retry_after().max(capped) })
        }
        DeliveryOutcome::Sent | DeliveryOutcome::Unknown => Ok(SendOutput::of(texting, &challenge, now)),
    }
}

/// The outcome of a request for a further code.
enum Next<'a> {
    /// It is stored, and may be texted.
    Committed(Box<Committed>, Admission<'a>),
    /// The request was answered before: this is the newest challenge now.
    Repeated(Challenge),
}

/// Decides on a further code and stores it; anew, as long as user or challenge change in between, and there is time to store.
async fn commit_next<'a>(
    texting: &'a TextingContext,
    request: CodeRequest<'_>,
    otp_id: Option<OtpId>,
) -> Result<Next<'a>, Error> {
    loop {
        let Known { recipient, row } = read(texting, request).await?;
        let before = match recipient.belonging(row.as_ref()) {
            Belonging::Own(challenge) => Some(challenge),
            Belonging::Absent | Belonging::Foreign => None,
        };
        if let Some(before) = before.filter(|before| is_repeated(texting, request, before)) {
            return Ok(Next::Repeated(before.clone()));
        }
        let decided = Decided::again(texting, request, recipient, before, otp_id)?;
        let admission = texting.courier.admit(decided.recipient.kind(), request.now())?;
        match decided.issue(texting, request, row.as_ref()).await? {
            IssueOutcome::Committed(committed) => return Ok(Next::Committed(committed, admission)),
            IssueOutcome::Overtaken => {}
        }
    }
}

/// The recipient of a code, and the row of the username's challenge, whosever it is.
struct Known {
    recipient: Recipient,
    row: Option<Challenge>,
}

/// Reads what is known of the username. Where the challenge is another account's, a signup came between the reads of the two
/// rows, and they are made once more; another account's twice running is what the restoring of a table leaves.
async fn read(texting: &TextingContext, request: CodeRequest<'_>) -> Result<Known, Error> {
    let known = read_once(texting, request).await?;
    match known.recipient.belonging(known.row.as_ref()) {
        Belonging::Own(_) | Belonging::Absent => Ok(known),
        Belonging::Foreign => read_once(texting, request).await,
    }
}

async fn read_once(texting: &TextingContext, request: CodeRequest<'_>) -> Result<Known, Error> {
    let CodeRequest { username, moment, trace, .. } = request;
    let load = texting.context.store.load(username, moment.deadline);
    let (user, row) = trace.stage(Stage::Load, load).await?;
    Ok(Known { recipient: Recipient::of(username, user, moment.now()), row })
}

fn is_repeated(texting: &TextingContext, request: CodeRequest<'_>, challenge: &Challenge) -> bool {
    request.key_hash(texting).is_some_and(|key| challenge.answered(request.call, key, request.now()))
}
