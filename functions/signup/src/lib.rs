//! `POST /signup`: stores a new user with the first code, and texts it.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use rand::RngExt as _;
use serde::Serialize;
use shared::audit::{self, Event};
use shared::boot::Signup;
use shared::domain::challenge::{Call, Challenge};
use shared::domain::idempotency::IdempotencyKey;
use shared::domain::limit::{Quota, Recipient};
use shared::domain::password::{Password, PasswordHash};
use shared::domain::person_name::PersonName;
use shared::domain::phone::MobileNumber;
use shared::domain::refusal::{Cap, Refusal};
use shared::domain::time::Timestamp;
use shared::domain::user::{Status, User};
use shared::domain::username::Username;
use shared::error::Error;
use shared::http::{self, Fields, Incoming, Success};
use shared::issuing::{Asked, Drawn, Otp, message, text_and_record};
use shared::store::SignedUp;
use shared::trace::{Step, Trace};
use tokio::time::Instant;

/// What the call takes.
#[derive(Debug)]
pub struct Input {
    username: Username,
    password: Password,
    mobile: MobileNumber,
    name: PersonName,
    key: Option<IdempotencyKey>,
}

impl Input {
    fn read(mut fields: Fields, signup: &Signup) -> Result<Self, Error> {
        let texts = ["username", "mobileNo", "name"].map(|name| fields.peek(name).to_owned());
        let app = signup.texting.app.as_str();
        let own = [texts[0].as_str(), texts[1].as_str(), texts[2].as_str(), app];
        let username = fields.required("username", Username::parse);
        let password = fields.required("password", |text| Password::parse(text, &own));
        let mobile = fields.required("mobileNo", |text| MobileNumber::parse(text, &signup.regions));
        let name = fields.required("name", PersonName::parse);
        let key = fields.idempotency_key();
        let ((username, password), (mobile, name)) =
            fields.finish(username.zip(password).zip(mobile.zip(name)))?;
        Ok(Self { username, password, mobile, name, key })
    }

    /// Whether `user` was made by a signup with these details.
    fn made(&self, user: &User) -> bool {
        user.name == self.name && user.mobile == self.mobile && user.password_hash.matches(&self.password)
    }
}

/// What the call answers.
#[derive(Debug, Serialize)]
pub struct Output {
    success: bool,
    message: &'static str,
    user: Owner,
    otp: Otp,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Owner {
    username: String,
    name: String,
    status: &'static str,
    created_at: String,
}

impl Output {
    fn of(user: &User, challenge: &Challenge, signup: &Signup, now: Timestamp) -> Self {
        Self {
            success: true,
            message: message(challenge.outcome()),
            user: Owner {
                username: user.username.as_str().to_owned(),
                name: user.name.as_str().to_owned(),
                status: match user.status {
                    Status::Pending { .. } => "PENDING",
                    Status::Verified { .. } => "VERIFIED",
                },
                created_at: user.created_at.to_string(),
            },
            otp: Otp::of(challenge, &signup.texting.world.policy, now),
        }
    }
}

/// What it answers when all goes well.
const SUCCESS: Success = Success { status: StatusCode::CREATED, code: "signed_up" };

/// Answers one request.
pub async fn answer(signup: &Signup, request: Request) -> Response<Body> {
    http::respond(request, &signup.texting.world, SUCCESS, |incoming| handle(signup, incoming)).await
}

/// Stores the user and the code if the name is free, texts, and records.
///
/// # Errors
/// The refusals of the API's table for signup.
pub async fn handle(signup: &Signup, incoming: Incoming) -> Result<Output, Error> {
    let source = incoming.source();
    let Incoming { fields, arrived, deadline, trace, .. } = incoming;
    let now = arrived.timestamp;
    let input = Input::read(fields, signup)?;
    trace.phone_is_in(input.mobile.region());
    let source = source?;
    let Signup { texting, regions: _ } = signup;
    let (world, policy) = (&texting.world, &texting.world.policy);
    let asked = Asked {
        call: Call::Signup,
        username: &input.username,
        key: input.key.as_ref(),
        source,
        now,
        arrived,
        deadline,
        trace: &trace,
    };

    let admission = match texting.courier.admit(true, now) {
        Ok(admission) => admission,
        Err(retry_after) => {
            let (user, _) = trace.step(Step::Load, world.store.load(&input.username, deadline)).await?;
            return match repeated(signup, asked, &input, user.as_ref()).await? {
                Some(output) => Ok(output),
                None => Err(Error::SmsUnavailable { retry_after }),
            };
        }
    };

    let drawn = Drawn::for_recipient(texting, asked, true);
    let challenge = Challenge::first(drawn.draft.clone(), policy, now);
    let user = User {
        username: input.username.clone(),
        name: input.name.clone(),
        mobile: input.mobile.clone(),
        password_hash: hash(&input.password, &trace),
        status: Status::Pending { expires_at: now.plus(policy.signup_ttl) },
        created_at: now,
    };
    let quota = Quota::of(Recipient::Phone(&user.mobile), source, &world.pepper, policy, now);
    let store = world.store.sign_up(&texting.limits, &user, &challenge, &quota, now, asked.time_to_store());
    match trace.step(Step::Store, store).await? {
        SignedUp::Stored => {
            audit::tell(&trace, challenge.id(), Event::UserCreated);
            let issued = Event::CodeIssued { call: Call::Signup, to_a_phone: true };
            audit::tell(&trace, challenge.id(), issued);
        }
        SignedUp::Refused(refusal) => return Err(refusal.into()),
        SignedUp::Taken(owner) => {
            if let Some(output) = repeated(signup, asked, &input, Some(&owner)).await? {
                return Ok(output);
            }
            return Err(refuse_taken(signup, asked, &quota).await);
        }
    }
    let challenge = text_and_record(texting, asked, admission, Some(&user), &drawn, challenge).await;
    Ok(Output::of(&user, &challenge, signup, now))
}

/// The first answer once more, if the key says that this is the same signup as the one that made `owner`.
async fn repeated(
    signup: &Signup,
    asked: Asked<'_>,
    input: &Input,
    owner: Option<&User>,
) -> Result<Option<Output>, Error> {
    let texting = &signup.texting;
    let (Some(key), Some(owner)) = (asked.key_hash(texting), owner.filter(|owner| owner.exists(asked.now)))
    else {
        return Ok(None);
    };
    let newest = texting.world.store.challenge(asked.username, asked.deadline);
    let newest = asked.trace.step(Step::Load, newest).await?;
    let Some(newest) = newest.filter(|newest| newest.answered(Call::Signup, key, asked.now)) else {
        return Ok(None);
    };
    if !tokio::task::block_in_place(|| input.made(owner)) {
        return Err(Refusal::IdempotencyMismatch.into());
    }
    asked.trace.is_repeated();
    Ok(Some(Output::of(owner, &newest, signup, asked.now)))
}

/// Refuses a taken name, and counts that against the address: names must not be looked up without end.
async fn refuse_taken(signup: &Signup, asked: Asked<'_>, quota: &Quota) -> Error {
    let Some(address) = &quota.address else { return Refusal::UsernameTaken.into() };
    let count = signup.texting.limits.count_one(address, asked.deadline);
    match asked.trace.step(Step::Count, count).await {
        Ok(true) => Refusal::UsernameTaken.into(),
        Ok(false) => {
            let retry_after = asked.now.until(address.ends_at);
            Refusal::RateLimited { cap: Cap::Address, retry_after }.into()
        }
        Err(failure) => failure.into(),
    }
}

/// Hashes a password under a fresh salt, without holding up the other tasks of this thread.
fn hash(password: &Password, trace: &Trace) -> PasswordHash {
    let begun = Instant::now();
    let hash = tokio::task::block_in_place(|| password.hash(rand::rng().random()));
    trace.took(Step::Hash, begun.elapsed());
    hash
}
