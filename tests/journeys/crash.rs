//! A process is killed between any two steps of any call: case 27.
//!
//! The functions run as Lambda runs them, each in a process of its own. The proxy before DynamoDB, or the Courier
//! stand-in, stops the call at a boundary; there the process is killed. Then everything is looked at, and others,
//! who know nothing of what died, go on.

mod boundaries;
pub(crate) mod witness;

use local::clock::Clock;
use serde_json::{Value, json};
use tests::runtime::{Functions, Process, named};
use tests::service::{Service, signup, text};

use boundaries::{Boundary, RIGHT, SEND_OR_RESEND, SIGNUP, Step, Stopped, WRONG, boundaries, steps_of};
use witness::{Witness, age};

/// Any code counts for its phone, its address and the day.
const COUNTERS: i64 = 3;

const SETTINGS: &[(&str, &str)] = &[("RESEND_COOLDOWN_SECONDS", "1"), ("CODES_PER_ADDRESS_PER_HOUR", "1000")];

/// The calls that die here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    Signup,
    Send,
    Resend,
    VerifyWrong,
    VerifyRight,
}

impl Call {
    fn function(self) -> &'static str {
        match self {
            Self::Signup => "signup",
            Self::Send => "send",
            Self::Resend => "resend",
            Self::VerifyWrong | Self::VerifyRight => "verify",
        }
    }

    fn steps(self) -> &'static [Step] {
        match self {
            Self::Signup => SIGNUP,
            Self::Send | Self::Resend => SEND_OR_RESEND,
            Self::VerifyWrong => WRONG,
            Self::VerifyRight => RIGHT,
        }
    }
}

/// One person.
struct Person {
    username: String,
    phone: String,
}

impl Person {
    fn new(number: usize) -> Self {
        Self { username: format!("ada{number}"), phone: format!("+120255501{number:02}") }
    }

    /// The body of the call, once everything is in place for it.
    async fn prepare(&self, call: Call, service: &Service) -> Value {
        let Self { username, phone } = self;
        if call == Call::Signup {
            return signup(username, phone);
        }
        assert_eq!(service.sign_up(username, phone).await.status, 201);
        match call {
            Call::Signup => unreachable!("it needs nobody"),
            Call::Send => {
                let verified = service.verify(username, &service.code_to(phone)).await;
                assert_eq!(verified.outcome(), "200 User verified");
                named(username)
            }
            Call::Resend => {
                age(service, username, 60).await;
                named(username)
            }
            Call::VerifyWrong => json!({ "username": username, "otp": service.wrong_code(phone, 0) }),
            Call::VerifyRight => json!({ "username": username, "otp": service.code_to(phone) }),
        }
    }
}

/// Processes that live through it all.
struct Survivors {
    signup: Process,
    resend: Process,
    verify: Process,
}

/// Has a process die at every boundary of `call`, and answers at how many.
async fn die_everywhere(call: Call) -> usize {
    let service = Service::with(SETTINGS).await;
    // The processes go by the machine's clock.
    service.tick(Clock::System.second().unsigned_abs() - service.now());
    let functions = Functions::of(&service, SETTINGS);
    let (signup, resend, verify) =
        tokio::join!(functions.start("signup"), functions.start("resend"), functions.start("verify"));
    let survivors = Survivors { signup, resend, verify };
    let mut witness = Witness::default();

    let unharmed = Person::new(0);
    let body = unharmed.prepare(call, &service).await;
    let process = functions.start(call.function()).await;
    let _ = service.proxy.take_calls();
    let texts = service.courier().count();
    let answer = process.post(&body).await;
    assert!(answer.status < 300 || call == Call::VerifyWrong, "{answer:?}");
    let made = steps_of(&service.proxy.take_calls(), service.courier().count() - texts);
    assert_eq!(made, call.steps(), "{call:?} has other steps than those that it is killed between");
    witness.look(&service, COUNTERS, "unharmed").await;

    let all = boundaries(call.steps());
    for (number, boundary) in all.iter().enumerate() {
        let person = Person::new(number + 1);
        die(call, boundary, &person, &service, &functions, &survivors, &mut witness).await;
    }
    all.len()
}

async fn die(
    call: Call,
    boundary: &Boundary,
    person: &Person,
    service: &Service,
    functions: &Functions,
    survivors: &Survivors,
    witness: &mut Witness,
) {
    let when = |what: &str| format!("{call:?}, killed {boundary}, {what}");
    let body = person.prepare(call, service).await;
    let victim = functions.start(call.function()).await;
    witness.look(service, COUNTERS, &when("prepared")).await;
    let verified_before = is_verified(service, person).await;

    let stopped = Stopped::at(service, boundary);
    let underway = victim.begin(&body);
    stopped.reached().await;
    victim.kill().await;
    drop(underway);
    let late = stopped.pass();
    witness.look(service, COUNTERS, &when("dead")).await;
    let confirmed = call == Call::VerifyRight && boundary.to_string() == "after TransactWriteItems otps";
    assert_eq!(is_verified(service, person).await, verified_before || confirmed, "{}", when("dead"));

    recover(person, service, survivors, witness, &when("recovered")).await;

    if let Some(late) = late {
        let before = service.everything().await;
        let texts = service.courier().count();
        let written =
            service.proxy.calls().iter().position(|call| call.applied.is_none()).expect("a held call");
        late.release();
        let arrived = || service.proxy.calls()[written].applied.is_some();
        tests::runtime::until("the late write arrived", arrived).await;
        witness.look(service, COUNTERS, &when("late")).await;
        assert_eq!(service.courier().count(), texts);
        // A late guess is paid for like any other; all else finds that the world has moved on.
        let is_guess = call.function() == "verify" && boundary.to_string() == "late UpdateItem otps";
        assert!(is_guess || service.everything().await == before, "{}", when("late"));
    }
}

/// What the person does next, with processes that saw nothing of it: another code, and typing it.
async fn recover(
    person: &Person,
    service: &Service,
    survivors: &Survivors,
    witness: &mut Witness,
    when: &str,
) {
    let Person { username, phone } = person;
    if service.user(username).await.is_none() {
        let answer = survivors.signup.post(&signup(username, phone)).await;
        assert_eq!(answer.outcome(), "201 OTP sent successfully", "{when}");
    } else {
        age(service, username, 60).await;
        let answer = survivors.resend.post(&named(username)).await;
        assert_eq!(answer.outcome(), "202 OTP sent successfully", "{when}");
    }
    witness.look(service, COUNTERS, when).await;
    let code = service.code_to(phone);
    let answer = survivors.verify.post(&json!({ "username": username, "otp": code })).await;
    assert_eq!(answer.outcome(), "200 User verified", "{when}");
    assert!(is_verified(service, person).await, "{when}");
    witness.look(service, COUNTERS, when).await;
}

async fn is_verified(service: &Service, person: &Person) -> bool {
    service.user(&person.username).await.is_some_and(|user| text(&user, "status") == "VERIFIED")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signup_may_die_anywhere() {
    assert_eq!(die_everywhere(Call::Signup).await, 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_may_die_anywhere() {
    assert_eq!(die_everywhere(Call::Send).await, 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resend_may_die_anywhere() {
    assert_eq!(die_everywhere(Call::Resend).await, 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_code_may_die_anywhere() {
    assert_eq!(die_everywhere(Call::VerifyWrong).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_code_may_die_anywhere() {
    assert_eq!(die_everywhere(Call::VerifyRight).await, 6);
}
