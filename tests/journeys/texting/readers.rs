//! Whom a text is for: its language, and the client that may fill the code in.

use serde_json::{Value, json};
use tests::answer::Answer;
use tests::service::{Service, signup};

const PHONE: &str = "+12025550143";

const SETTINGS: &[(&str, &str)] =
    &[("ANDROID_APP_HASH", "FA+9qCX9VSu"), ("LOCALES", "de,en,ru,he"), ("OTP_DOMAIN", "example.com")];

/// Signs ada up with these further fields.
async fn sign_up(service: &Service, further: &[(&str, Value)]) -> Answer {
    let mut body = signup("ada", PHONE);
    for (field, value) in further {
        body[*field] = value.clone();
    }
    service.post("/signup", body).await
}

/// The newest text, with `<code>` for the code in it.
fn newest(service: &Service) -> String {
    let text = service.courier().newest_to(PHONE).unwrap();
    text.text.replace(text.code().unwrap(), "<code>")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_in_the_language_of_its_reader_and_for_the_client_that_asked() {
    let english = "Hi Ada,\nYour verification code for Countersign is <code>.";
    let german = "Hallo Ada,\nIhr Bestätigungscode für Countersign lautet <code>.";
    let (domain, hash) = ("\n@example.com #<code>", "\nFA+9qCX9VSu");
    for (locale, client, expected) in [
        (None, None, format!("{german}{domain}")),
        (Some("en-GB"), None, format!("{english}{domain}")),
        (Some("en"), Some("web"), format!("{english}{domain}")),
        (Some("en"), Some("ios"), format!("{english}{domain}")),
        (Some("en"), Some("android"), format!("{english}{hash}")),
        (Some("fr-CA"), Some("android"), format!("{german}{hash}")),
        (
            Some("ru-RU"),
            Some("android"),
            "Ваш код подтверждения для Countersign: <code>.\nFA+9qCX9VSu".to_owned(),
        ),
        (
            Some("iw"),
            Some("ios"),
            format!("שלום,\nקוד האימות שלך ל-\u{2066}Countersign\u{2069} הוא <code>.{domain}"),
        ),
    ] {
        let service = Service::with(SETTINGS).await;
        let further = [("locale", locale.map(Value::from)), ("client", client.map(Value::from))];
        let further: Vec<_> =
            further.into_iter().filter_map(|(field, value)| Some((field, value?))).collect();
        let answer = sign_up(&service, &further).await;
        assert_eq!(answer.outcome(), "201 OTP sent successfully");
        assert_eq!(newest(&service), expected, "{locale:?} {client:?}");
    }
}
