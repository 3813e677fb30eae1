//! What phones look for in our texts, as two parsers find it that know nothing of how we make them.

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use shared::domain::code::{Alphabet, Code, CodeFormat};
use shared::domain::person_name::PersonName;
use shared::domain::sms::{
    AndroidAppHash, AppName, Client, Language, LastLines, Locales, OtpDomain, Reader, Texts,
};
use tests::autofill::{OriginBoundCode, origin_bound_code, retrieved};
use tests::service::Service;

const PHONE: &str = "+12025550143";
const HASH: &str = "FA+9qCX9VSu";

const CLIENTS: [Option<Client>; 4] = [None, Some(Client::Web), Some(Client::Ios), Some(Client::Android)];

/// Checks that a text with `code` to `client` is read by that client and by no other.
fn check(text: &str, client: Option<Client>, host: &str, code: &str) {
    let bound = OriginBoundCode { host: host.to_owned(), embedded_host: None, code: code.to_owned() };
    let (bound, found) = match client {
        None | Some(Client::Web | Client::Ios) => (Some(bound), vec![]),
        Some(Client::Android) => (None, vec![code.to_owned()]),
    };
    assert_eq!(origin_bound_code(text), bound, "{text}");
    assert_eq!(retrieved(text, HASH), found, "{text}");
    let words = text.rsplit_once('\n').unwrap().0;
    assert_eq!(words.matches(code).count(), 1, "the person reads the code once: {text}");
}

/// Case 38b: every language × client × alphabet × extreme length.
#[test]
fn every_text_is_read_by_its_client_and_by_no_other() {
    let mut random = StdRng::seed_from_u64(41);
    let mut read = 0;
    let longest = ("An App of Many Words", "verification.login.accounts.example.info", 8);
    for (app, host, length) in
        [("X", "a.co", 6), longest, ("X", longest.1, 10), (longest.0, "1.example.com", 6)]
    {
        let last_lines =
            LastLines { domain: OtpDomain::parse(host).ok(), android: AndroidAppHash::parse(HASH).ok() };
        let locales = Locales::parse("*").unwrap();
        let texts = Texts::of(AppName::parse(app).unwrap(), last_lines, locales, length.into()).unwrap();
        let names = ["Ada", "A", &"Å".repeat(20), "李小龍", "Владимир", "שרה", &"व".repeat(12)];
        let names = names.map(|name| PersonName::parse(name).unwrap());
        for language in Language::all() {
            for client in CLIENTS {
                for alphabet in [Alphabet::Numeric, Alphabet::Alphanumeric] {
                    for name in &names {
                        let wording = texts.wording(Reader { language, client }, name);
                        let format = CodeFormat { alphabet, length };
                        let code = Code::draw(format, &mut random);
                        let text = wording.body.replace("{{otp}}", code.reveal());
                        let text = text.replace("{{name}}", wording.greeted.unwrap_or_default());
                        check(&text, client, host, code.reveal());
                        read += 1;
                    }
                }
            }
        }
    }
    assert_eq!(read, 4 * Language::all().count() * 4 * 2 * 7);
}

/// The same of what really goes to Courier.
#[tokio::test(flavor = "multi_thread")]
async fn every_text_that_goes_out_is_read_by_its_client_and_by_no_other() {
    let settings = [
        ("ANDROID_APP_HASH", HASH),
        ("CODES_PER_PHONE_PER_DAY", "100"),
        ("LOCALES", "*"),
        ("OTP_ALPHABET", "alphanumeric"),
        ("OTP_DOMAIN", "example.com"),
        ("OTP_LENGTH", "8"),
    ];
    let service = Service::with(&settings).await;
    service.user_of_yesterday("ada", PHONE).await;
    for language in Language::all() {
        for client in CLIENTS {
            let mut body = json!({ "username": "ada", "locale": language.tag() });
            if let Some(client) = client {
                body["client"] = Value::from(client.as_str());
            }
            let answer = service.post("/send", body).await;
            assert_eq!(answer.outcome(), "202 OTP sent successfully");
            let text = service.courier().newest_to(PHONE).unwrap();
            check(&text.text, client, "example.com", text.code().unwrap());
            service.tick(3_600);
        }
    }
    assert_eq!(service.courier().count(), 1 + 4 * Language::all().count());
}
