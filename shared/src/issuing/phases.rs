//! The phases of a code as types: what was decided, what was committed. Only a committed code can be delivered, so no text
//! is without its row.

use rand::RngExt as _;
use tokio::time::Instant;

use super::CodeRequest;
use crate::audit;
use crate::context::{CallContext, TextingContext};
use crate::courier::{Admission, Text, TextReport};
use crate::domain::account::AccountId;
use crate::domain::challenge::{Challenge, Delivery, Draft};
use crate::domain::code::{Code, OtpId};
use crate::domain::limit::Quota;
use crate::domain::mac::Mac;
use crate::domain::recipient::Recipient;
use crate::domain::refusal::Refusal;
use crate::domain::user::User;
use crate::error::{Error, causes};
use crate::event::Event;
use crate::store::{Issue, IssueResult, Met, SignUp, SignUpResult};
use crate::trace::Stage;

/// A code that was drawn and decided on, and is not stored yet.
#[derive(Debug)]
pub struct Decided {
    pub(super) recipient: Recipient,
    code: Code,
    challenge: Challenge,
    /// The code that it supersedes, if that was live.
    supersedes: Option<OtpId>,
}

/// A code whose row is stored.
#[derive(Debug)]
pub struct Committed {
    recipient: Recipient,
    code: Code,
    challenge: Challenge,
}

/// The outcome of storing a new account with its first code.
#[derive(Debug)]
pub enum SignUpOutcome {
    /// Both are stored.
    Committed(Box<Committed>),
    /// Nothing is: this user has the name.
    Met(Box<Met>),
    /// Nothing is: the account that was to give way has gone by itself.
    Freed,
}

/// The outcome of storing a further code.
pub(super) enum IssueOutcome {
    /// It is stored.
    Committed(Box<Committed>),
    /// Nothing is: user or challenge changed since they were read.
    Overtaken,
}

impl Decided {
    /// Draws the first code of the account of `user`, which takes the place of `replaced`, if that is given.
    #[must_use]
    pub fn first(
        texting: &TextingContext,
        request: CodeRequest<'_>,
        user: User,
        replaced: Option<&Challenge>,
    ) -> Self {
        let recipient = Recipient::Pending(user);
        let (code, draft) = draw(texting, request, &recipient);
        let challenge = Challenge::first(draft, &texting.context.policy, request.now());
        Self { recipient, code, challenge, supersedes: live(texting, request, replaced) }
    }

    /// Decides on a further code of the recipient's account, whose newest challenge is `before`.
    pub(super) fn again(
        texting: &TextingContext,
        request: CodeRequest<'_>,
        recipient: Recipient,
        before: Option<&Challenge>,
        otp_id: Option<OtpId>,
    ) -> Result<Self, Refusal> {
        let (code, draft) = draw(texting, request, &recipient);
        let challenge = Challenge::issue(before, otp_id, draft, &texting.context.policy, request.now())?;
        Ok(Self { recipient, code, challenge, supersedes: live(texting, request, before) })
    }

    /// Stores the new account with this code: where the name is free, or in the place of the account `over`.
    ///
    /// # Errors
    /// When a limit refuses, or DynamoDB does not answer in time.
    pub async fn sign_up(
        self,
        texting: &TextingContext,
        request: CodeRequest<'_>,
        user: &User,
        over: Option<AccountId>,
    ) -> Result<SignUpOutcome, Error> {
        let quota = self.quota(texting, request);
        let sign_up = SignUp { user, challenge: &self.challenge, over, quota: &quota };
        let stored = texting.context.store.sign_up(&texting.limits, sign_up, request.time_to_store());
        match request.trace.stage(Stage::Store, stored).await? {
            SignUpResult::Stored => {
                let contested = user.is_contested();
                audit::record(request.trace, self.challenge.id(), Event::UserCreated { contested });
                Ok(SignUpOutcome::Committed(self.committed(request, &quota)))
            }
            SignUpResult::Met(met) => Ok(SignUpOutcome::Met(met)),
            SignUpResult::Freed => Ok(SignUpOutcome::Freed),
            SignUpResult::Refused(refusal) => Err(refusal.into()),
        }
    }

    /// Stores this code in the place of `row`.
    pub(super) async fn issue(
        self,
        texting: &TextingContext,
        request: CodeRequest<'_>,
        row: Option<&Challenge>,
    ) -> Result<IssueOutcome, Error> {
        let quota = self.quota(texting, request);
        request.trace.note_region(self.recipient.user().and_then(|user| user.mobile.region()));
        let issue = Issue { recipient: &self.recipient, row, next: &self.challenge, quota: &quota };
        let stored = texting.context.store.issue(&texting.limits, issue, request.time_to_store());
        match request.trace.stage(Stage::Store, stored).await? {
            IssueResult::Stored => Ok(IssueOutcome::Committed(self.committed(request, &quota))),
            IssueResult::Overtaken => Ok(IssueOutcome::Overtaken),
            IssueResult::Refused(refusal) => Err(refusal.into()),
        }
    }

    fn quota(&self, texting: &TextingContext, request: CodeRequest<'_>) -> Quota {
        let segments = texting.texts.segments(request.reader);
        Quota::of(&self.recipient, segments, request.source, texting.bounds(), request.now())
    }

    /// Records in the audit that the row is stored, and returns the code as committed.
    fn committed(self, request: CodeRequest<'_>, quota: &Quota) -> Box<Committed> {
        let Self { recipient, code, challenge, supersedes } = self;
        if let Some(before) = supersedes {
            audit::record(request.trace, before, Event::CodeSuperseded { by: challenge.id() });
        }
        let issued =
            Event::CodeIssued { call: request.call, recipient: recipient.kind(), spent: quota.price };
        audit::record(request.trace, challenge.id(), issued);
        Box::new(Committed { recipient, code, challenge })
    }
}

impl Committed {
    /// Texts the code to the user, or takes as long as that where there is none, and records what became of it.
    ///
    /// A failing record changes nothing for the caller: the code is stored, and works.
    pub async fn deliver(
        self,
        texting: &TextingContext,
        request: CodeRequest<'_>,
        admission: Admission<'_>,
    ) -> Challenge {
        let CodeRequest { username, reader, moment, trace, .. } = request;
        trace.note_reader(reader);
        let delivery = match &self.recipient {
            Recipient::Verified(user) | Recipient::Pending(user) => {
                self.text(texting, request, admission, user).await
            }
            Recipient::Unknown(_) => {
                trace.note_delivery("PRETENDED");
                trace.stage(Stage::Text, texting.courier.simulate(request.time_to_text())).await
            }
        };
        let record = texting.context.store.record_delivery(username, &self.challenge, &delivery, moment);
        if let Err(failure) = trace.stage(Stage::Record, record).await {
            let (request, otp, causes) = (trace.request(), self.challenge.id(), causes(&failure));
            tracing::warn!(request, %otp, causes, "the delivery could not be recorded");
        }
        self.challenge.delivered(delivery)
    }

    async fn text(
        &self,
        texting: &TextingContext,
        request: CodeRequest<'_>,
        admission: Admission<'_>,
        user: &User,
    ) -> Delivery {
        let wording = texting.texts.wording(request.reader, &user.name);
        let segments = wording.size.map(|size| size.segments);
        let life = self.challenge.expires_in();
        let text = Text {
            to: &user.mobile,
            wording: &wording,
            code: &self.code,
            id: self.challenge.id(),
            life,
            until: request.moment.arrived.plus(life),
        };
        let begun = Instant::now();
        let settled = texting.courier.send(admission, text, request.time_to_text()).await;
        let TextReport { delivery, last_status } = settled;
        let took = begun.elapsed();
        request.trace.took(Stage::Text, took);
        let Delivery { outcome, tries, .. } = delivery;
        let settled = Event::TextSettled { outcome, segments, tries, last_status, took };
        audit::record(request.trace, self.challenge.id(), settled);
        request.trace.note_delivery(outcome.as_str());
        request.trace.note_segments(segments);
        delivery
    }
}

/// Draws a code for `recipient`, and a MAC that matches it, or, where nobody is to receive it, one that matches nothing.
fn draw(texting: &TextingContext, request: CodeRequest<'_>, recipient: &Recipient) -> (Code, Draft) {
    let CallContext { pepper, policy, .. } = &texting.context;
    let mut random = texting.random.clone();
    let id = OtpId::draw(&mut random);
    let code = Code::draw(policy.code_format, &mut random);
    let matching = code.mac(pepper, id, request.username);
    let mac = match recipient {
        Recipient::Verified(_) | Recipient::Pending(_) => matching,
        Recipient::Unknown(_) => Mac::of_nothing(random.random()),
    };
    let draft = Draft {
        id,
        mac,
        pepper: pepper.id(),
        account: recipient.account(),
        contested: recipient.is_contested(),
        call: request.call,
        key: request.key_hash(texting),
    };
    (code, draft)
}

/// Returns the id of `challenge`, if its code is live.
fn live(texting: &TextingContext, request: CodeRequest<'_>, challenge: Option<&Challenge>) -> Option<OtpId> {
    let CallContext { pepper, policy, .. } = &texting.context;
    challenge.filter(|code| code.is_live(pepper.id(), policy, request.now())).map(Challenge::id)
}
