//! `POST /signup`: stores a new user with the first code, and texts it.

mod claim;

use claim::{Meeting, Over};
use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use rand::RngExt as _;
use serde::Serialize;
use shared::context::{SignupContext, TextingContext};
use shared::domain::account::AccountId;
use shared::domain::call::Call;
use shared::domain::challenge::Challenge;
use shared::domain::idempotency::IdempotencyKey;
use shared::domain::password::{Password, PasswordHash};
use shared::domain::person_name::PersonName;
use shared::domain::phone::MobileNumber;
use shared::domain::recipient::RecipientKind;
use shared::domain::sms::Reader;
use shared::domain::time::Timestamp;
use shared::domain::user::{User, UserStatus};
use shared::domain::username::Username;
use shared::error::Error;
use shared::http::{self, Fields, Incoming, Success};
use shared::issuing::{CodeRequest, Decided, Otp, SignUpOutcome, message, reader};
use shared::random::Random;
use shared::store::Failure;
use shared::trace::{Stage, Trace};
use tokio::time::Instant;

/// The number of times that a signup that loses the name to another one meets the winner, before it gives up. Each
/// round is a text of somebody's, and few of those fit into a phone's cap.
const ROUNDS: usize = 3;

/// The input of the call.
#[derive(Debug)]
pub struct Input {
    username: Username,
    password: Password,
    mobile: MobileNumber,
    name: PersonName,
    key: Option<IdempotencyKey>,
    reader: Reader,
}

impl Input {
    fn read(mut fields: Fields, signup: &SignupContext) -> Result<Self, Error> {
        let texts = ["username", "mobileNo", "name"].map(|name| fields.peek(name).to_owned());
        let app = signup.texting.texts.app().as_str();
        let own = [texts[0].as_str(), texts[1].as_str(), texts[2].as_str(), app];
        let username = fields.required("username", Username::parse);
        let password = fields.required("password", |text| Password::parse(text, &own));
        let mobile =
            fields.required("mobileNo", |text| MobileNumber::parse(text, &signup.texting.spending.regions));
        let name = fields.required("name", PersonName::parse);
        let key = fields.idempotency_key();
        let reader = reader(&mut fields, &signup.texting.texts);
        let ((username, password), (mobile, name)) =
            fields.finish(username.zip(password).zip(mobile.zip(name)))?;
        Ok(Self { username, password, mobile, name, key, reader })
    }

    /// Returns whether `user` has this name and number.
    fn has_details_of(&self, user: &User) -> bool {
        user.name == self.name && user.mobile == self.mobile
    }

    /// Makes the user of a signup with these details.
    fn user(
        &self,
        password_hash: PasswordHash,
        contested: bool,
        texting: &TextingContext,
        now: Timestamp,
    ) -> User {
        User {
            username: self.username.clone(),
            account: AccountId::draw(&mut texting.random.clone()),
            name: self.name.clone(),
            mobile: self.mobile.clone(),
            password_hash,
            status: UserStatus::signed_up(texting.context.policy.signup_ttl, contested, now),
            created_at: now,
        }
    }
}

/// The output of the call.
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
    fn of(user: &User, challenge: &Challenge, signup: &SignupContext, now: Timestamp) -> Self {
        Self {
            success: true,
            message: message(challenge.outcome()),
            user: Owner {
                username: user.username.as_str().to_owned(),
                name: user.name.as_str().to_owned(),
                status: user.status.as_str(),
                created_at: user.created_at.to_string(),
            },
            otp: Otp::of(challenge, &signup.texting.context.policy, now),
        }
    }
}

/// The answer when all goes well.
const SUCCESS: Success = Success { status: StatusCode::CREATED, code: "signed_up" };

/// Answers one request.
pub async fn answer(signup: &SignupContext, request: Request) -> Response<Body> {
    http::respond(request, &signup.texting.context, SUCCESS, |incoming| handle(signup, incoming)).await
}

/// Stores the user and the code, texts, and records. A PENDING user of the name gives way, unless this is its very signup
/// once more.
///
/// # Errors
/// The refusals of the API's table for signup.
pub async fn handle(signup: &SignupContext, incoming: Incoming) -> Result<Output, Error> {
    let source = incoming.source();
    let Incoming { fields, moment, trace, presented, .. } = incoming;
    let now = moment.now();
    let input = Input::read(fields, signup)?;
    trace.note_region(input.mobile.region());
    let texting = &signup.texting;
    let Input { username, key, reader, .. } = &input;
    let (call, key, reader) = (Call::Signup, key.as_ref(), *reader);
    let request = CodeRequest { call, username, key, reader, source: source?, moment, trace: &trace };
    presented.admit(moment, &trace).await?;

    let admission = match texting.courier.admit(RecipientKind::Pending, now) {
        Ok(admission) => admission,
        Err(unavailable) => {
            let repeated = claim::repeated_while_down(signup, request, &input).await?;
            return repeated.ok_or_else(|| unavailable.into());
        }
    };
    let password_hash = hash(&input.password, texting.random.clone(), &trace);
    let mut over: Option<Over> = None;
    for round in 0..=ROUNDS {
        let contested = over.as_ref().is_some_and(|over| over.contested);
        let user = input.user(password_hash.clone(), contested, texting, now);
        let replaced = over.as_ref().and_then(|over| over.challenge.as_ref());
        let decided = Decided::first(texting, request, user.clone(), replaced);
        over = match claim::store(texting, request, decided, &user, over.as_ref()).await? {
            SignUpOutcome::Committed(committed) => {
                let challenge = committed.deliver(texting, request, admission).await;
                return Ok(Output::of(&user, &challenge, signup, now));
            }
            SignUpOutcome::Freed => None,
            SignUpOutcome::Met(_) if round == ROUNDS => break,
            SignUpOutcome::Met(met) => match claim::meet(signup, request, &input, *met).await? {
                Meeting::Answered(output) => return Ok(output),
                Meeting::GivesWay(over) => Some(over),
            },
        };
    }
    Err(Failure::overtaken("store the user and the first code").into())
}

/// Hashes a password under a fresh salt.
///
/// It holds up this thread, which has nothing else to do: a function has one request at a time. A thread of its own would
/// take Argon2id's memory from the system anew for each hash.
fn hash(password: &Password, mut random: Random, trace: &Trace) -> PasswordHash {
    let begun = Instant::now();
    let hash = password.hash(random.random());
    trace.took(Stage::Hash, begun.elapsed());
    hash
}
