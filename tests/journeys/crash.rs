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

use boundaries::{
    Boundary, RIGHT, RIGHT_AGAIN, SEND_OR_RESEND, SIGNUP, SIGNUP_OVER, Step, Stopped, WRONG, boundaries,
    steps_of,
};
use witness::{Witness, age};

/// Any code counts for its phone, its address and the day.
const COUNTERS: i64 = 3;

const SETTINGS: &[(&str, &str)] = &[("RESEND_COOLDOWN_SECONDS", "1"), ("CODES_PER_ADDRESS_PER_HOUR", "1000")];

/// The calls that die here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    Signup,
    /// In the place of a stranger's, who signed up for the name before.
    SignupOver,
    Send,
    Resend,
    VerifyWrong,
    VerifyRight,
    VerifyRightAgain,
}

impl Call {
    fn function(self) -> &'static str {
        match self {
            Self::Signup | Self::SignupOver => "signup",
            Self::Send => "send",
            Self::Resend => "resend",
            Self::VerifyWrong | Self::VerifyRight | Self::VerifyRightAgain => "verify",
        }
    }

    fn steps(self) -> &'static [Step] {
        match self {
            Self::Signup => SIGNUP,
            Self::SignupOver => SIGNUP_OVER,
            Self::Send | Self::Resend => SEND_OR_RESEND,
            Self::VerifyWrong => WRONG,
            Self::VerifyRight => RIGHT,
            Self::VerifyRightAgain => RIGHT_AGAIN,
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
        if call == Call::SignupOver {
            let mut strangers = signup(username, phone);
            strangers["password"] = json!("seven magpies on a wet roof");
            assert_eq!(service.post("/signup", strangers).await.status, 201);
            return signup(username, phone);
        }
        assert_eq!(service.sign_up(username, phone).await.status, 201);
        if matches!(call, Call::Send | Call::VerifyRightAgain) {
            let verified = service.verify(username, &service.code_to(phone)).await;
            assert_eq!(verified.outcome(), "200 User verified");
        }
        match call {
            Call::Signup | Call::SignupOver => unreachable!("they need no user of this person's"),
            Call::Send => named(username),
            Call::Resend => {
                age(service, username, 60).await;
                named(username)
            }
            Call::VerifyWrong => json!({ "username": username, "otp": service.wrong_code(phone, 0) }),
            Call::VerifyRight | Call::VerifyRightAgain => {
                json!({ "username": username, "otp": service.code_to(phone) })
            }
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
    witness.look(&service, COUNTERS, 0, "prepared").await;
    let process = functions.start(call.function()).await;
    let _ = service.proxy.take_calls();
    let texts = service.courier().count();
    let answer = process.post(&body).await;
    let refused = match call {
        Call::VerifyWrong => "invalid_otp",
        Call::VerifyRightAgain => "otp_already_used",
        Call::Signup | Call::SignupOver | Call::Send | Call::Resend | Call::VerifyRight => "",
    };
    assert_eq!(answer.code(), refused);
    let made = steps_of(&service.proxy.take_calls(), service.courier().count() - texts);
    assert_eq!(made, call.steps(), "{call:?} has other steps than those that it is killed between");
    witness.look(&service, COUNTERS, 0, "unharmed").await;

    let all = boundaries(call.steps());
    let mut scene = Scene { call, service: &service, functions: &functions, survivors, witness };
    for (number, boundary) in all.iter().enumerate() {
        let person = Person::new(number + 1);
        scene.die(boundary, &person).await;
    }
    all.len()
}

/// What a call is killed in.
struct Scene<'a> {
    call: Call,
    service: &'a Service,
    functions: &'a Functions,
    survivors: Survivors,
    witness: Witness,
}

impl Scene<'_> {
    async fn die(&mut self, boundary: &Boundary, person: &Person) {
        let &mut Self { call, service, functions, .. } = self;
        let when = |what: &str| format!("{call:?}, killed {boundary}, {what}");
        let body = person.prepare(call, service).await;
        let victim = functions.start(call.function()).await;
        self.witness.look(service, COUNTERS, 0, &when("prepared")).await;
        let verified_before = is_verified(service, person).await;

        let stopped = Stopped::at(service, boundary);
        let underway = victim.begin(&body);
        stopped.reached().await;
        victim.kill().await;
        drop(underway);
        let late = stopped.pass();
        self.witness.look(service, COUNTERS, 0, &when("dead")).await;
        let confirmed = call == Call::VerifyRight && boundary.to_string() == "after TransactWriteItems otps";
        assert_eq!(is_verified(service, person).await, verified_before || confirmed, "{}", when("dead"));

        self.recover(person, &when("recovered")).await;

        if let Some(late) = late {
            let before = service.everything().await;
            let texts = service.courier().count();
            let written =
                service.proxy.calls().iter().position(|call| call.applied.is_none()).expect("a held call");
            late.release();
            let arrived = || service.proxy.calls()[written].applied.is_some();
            tests::runtime::until("the late write arrived", arrived).await;
            self.witness.look(service, COUNTERS, 0, &when("late")).await;
            assert_eq!(service.courier().count(), texts);
            // A late guess is paid for like any other; all else finds that the world has moved on.
            let is_guess = call.function() == "verify" && boundary.to_string() == "late UpdateItem otps";
            assert!(is_guess || service.everything().await == before, "{}", when("late"));
        }
    }

    /// What the person does next, with processes that saw nothing of it: another code, and typing it. Whose signup was not
    /// answered signs up again, and then names its code.
    async fn recover(&mut self, person: &Person, when: &str) {
        let Self { call, service, survivors, witness, .. } = self;
        let Person { username, phone } = person;
        let mut known = named(username);
        if matches!(*call, Call::Signup | Call::SignupOver) {
            let answer = survivors.signup.post(&signup(username, phone)).await;
            assert_eq!(answer.status, 201, "{when}: {answer:?}");
            let id = answer.body["otp"]["id"].as_str().expect("an id");
            let is_repeated = witness.knows(id);
            witness.look(service, COUNTERS, i64::from(is_repeated), when).await;
            known["otpId"] = json!(id);
        }
        age(service, username, 60).await;
        let answer = survivors.resend.post(&known).await;
        assert_eq!(answer.outcome(), "202 OTP sent successfully", "{when}");
        witness.look(service, COUNTERS, 0, when).await;

        let mut typed = json!({ "username": username, "otp": service.code_to(phone) });
        if known.get("otpId").is_some() {
            typed["otpId"] = answer.body["otp"]["id"].clone();
        }
        let answer = survivors.verify.post(&typed).await;
        assert_eq!(answer.outcome(), "200 User verified", "{when}");
        assert!(is_verified(service, person).await, "{when}");
        witness.look(service, COUNTERS, 0, when).await;
    }
}

async fn is_verified(service: &Service, person: &Person) -> bool {
    service.user(&person.username).await.is_some_and(|user| text(&user, "status") == "VERIFIED")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signup_may_die_anywhere() {
    assert_eq!(die_everywhere(Call::Signup).await, 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signup_in_the_place_of_another_may_die_anywhere() {
    assert_eq!(die_everywhere(Call::SignupOver).await, 13);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_may_die_anywhere() {
    assert_eq!(die_everywhere(Call::Send).await, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resend_may_die_anywhere() {
    assert_eq!(die_everywhere(Call::Resend).await, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_code_may_die_anywhere() {
    assert_eq!(die_everywhere(Call::VerifyWrong).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_code_may_die_anywhere() {
    assert_eq!(die_everywhere(Call::VerifyRight).await, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_code_typed_again_may_die_anywhere() {
    assert_eq!(die_everywhere(Call::VerifyRightAgain).await, 6);
}
