//! Claiming a name: a PENDING user owns nothing, so nobody is kept from a name by who came first, and no stranger's account
//! is verified by the owner of a phone.

mod beside;
mod crowd;
mod ends;
mod guessed;
mod kept;
mod mistyped;
mod restored;
mod size;
mod stranger;
mod torn;

use serde_json::{Value, json};
use tests::answer::Answer;
use tests::service::{Row, Service, text};

use crate::expected::{signed_up, told};

/// The owner's phone.
const ADA: &str = "+12025550143";
/// Somebody else's.
const BOB: &str = "+12125550167";

/// A stranger's password. The owner's is [`PASSWORD`](tests::service::PASSWORD).
const EVES: &str = "quite another harbour";

/// A code that was texted, and its id.
#[derive(Clone, Debug)]
struct Code {
    id: String,
    code: String,
}

impl Code {
    /// The one that `answer` issued.
    fn of(service: &Service, answer: &Answer) -> Self {
        let id = answer.body["otp"]["id"].as_str().unwrap_or_else(|| panic!("no id in {answer:?}"));
        let texts = service.courier().texts();
        let is_its = |key: &String| key.starts_with(&format!("{id}:"));
        let text = texts.iter().rfind(|text| text.idempotency_key.as_ref().is_some_and(is_its));
        let code = text.expect("a text").code().expect("a code");
        Self { id: id.to_owned(), code: code.to_owned() }
    }
}

/// The body of a signup of "ada".
fn details(password: &str, phone: &str) -> Value {
    json!({ "username": "ada", "password": password, "mobileNo": phone, "name": "Ada" })
}

/// Signs "ada" up, which makes a new account, and texts its code to `phone`.
async fn claim(service: &Service, password: &str, phone: &str) -> Code {
    let texts = service.courier().count();
    let answer = service.post("/signup", details(password, phone)).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(service.courier().count(), texts + 1);
    let code = Code::of(service, &answer);
    assert_eq!(told(&answer), signed_up("ada", &code.id, service.now()));
    assert_eq!(service.code_to(phone), code.code);
    assert_eq!(number_of(service).await, phone);
    code
}

/// Types a code for "ada", with the id or without one.
async fn verify(service: &Service, code: &str, id: Option<&str>) -> (u16, Value) {
    let mut body = json!({ "username": "ada", "otp": code });
    if let Some(id) = id {
        body["otpId"] = json!(id);
    }
    told(&service.post("/verify", body).await)
}

/// Asks for a code for "ada" by `/send` or `/resend`, with an id or without one.
async fn ask(service: &Service, path: &str, id: Option<&str>) -> Answer {
    let mut body = json!({ "username": "ada" });
    if let Some(id) = id {
        body["otpId"] = json!(id);
    }
    service.post(path, body).await
}

/// What `calls` come to, which change nothing and send no text.
async fn changing_nothing<T>(service: &Service, calls: impl Future<Output = T>) -> T {
    let (before, texts) = (service.everything().await, service.courier().count());
    let came = calls.await;
    assert_eq!(service.everything().await, before);
    assert_eq!(service.courier().count(), texts);
    came
}

async fn user(service: &Service) -> Row {
    service.user("ada").await.expect("a user")
}

async fn otp(service: &Service) -> Row {
    service.otp("ada").await.expect("a challenge")
}

async fn number_of(service: &Service) -> String {
    text(&user(service).await, "mobileNo").to_owned()
}

/// Whether both rows say that the account is contested; they agree.
async fn is_contested(service: &Service) -> bool {
    let is = |row: &Row| row.get("contested").is_some_and(|flag| *flag.as_bool().expect("a flag"));
    let (user, otp) = (user(service).await, otp(service).await);
    assert_eq!(user["accountId"], otp["accountId"]);
    assert_eq!(is(&user), is(&otp));
    is(&user)
}
