//! Whom a text is for: its language, and the client that may fill the code in.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::domain::sms::{Client, Language};
use tests::answer::Answer;
use tests::service::{Row, Service, signup};

use crate::expected::{broken, otp_pending, sent, signed_up, told};

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

/// A text is for the request that asked for it, whoever asked before.
#[tokio::test(flavor = "multi_thread")]
async fn each_text_is_for_the_request_that_asked_for_it() {
    let service = Service::with(SETTINGS).await;
    sign_up(&service, &[("locale", json!("en")), ("client", json!("android"))]).await;
    assert!(newest(&service).starts_with("Hi Ada,\n") && newest(&service).ends_with("\nFA+9qCX9VSu"));
    service.tick(60);
    service.post("/resend", json!({ "username": "ada", "locale": "ru", "client": "web" })).await;
    assert_eq!(newest(&service), "Ваш код подтверждения для Countersign: <code>.\n@example.com #<code>");
    service.tick(600);
    service.send("ada").await;
    let german = "Hallo Ada,\nIhr Bestätigungscode für Countersign lautet <code>.\n@example.com #<code>";
    assert_eq!(newest(&service), german);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_whose_setting_is_not_given_gets_no_last_line() {
    for (settings, clients) in [
        (&[("OTP_DOMAIN", "example.com")][..], &["android"][..]),
        (&[("ANDROID_APP_HASH", "FA+9qCX9VSu")], &["web", "ios"]),
        (&[], &["web", "ios", "android"]),
    ] {
        for client in clients {
            let service = Service::with(settings).await;
            sign_up(&service, &[("client", json!(client))]).await;
            assert_eq!(
                newest(&service),
                "Hi Ada,\nYour verification code for Countersign is <code>.",
                "{client}"
            );
        }
    }
}

/// Case 38a: what is no language tag and no client is refused on every call that texts, before anything is read or written.
#[tokio::test(flavor = "multi_thread")]
async fn a_locale_or_client_that_is_none_is_refused() {
    let service = Service::with(SETTINGS).await;
    let string = "This field is a string.";
    let format = "Give a language tag of BCP 47, such as `pt-BR`.";
    let length = "A language tag has 1 to 35 characters.";
    let client = "A client is `web`, `ios` or `android`.";
    let long = "a-".repeat(18);
    for (field, value, rule, detail) in [
        ("locale", json!(""), "length", length),
        ("locale", json!(long), "length", length),
        ("locale", json!("en_US"), "format", format),
        ("locale", json!("*"), "format", format),
        ("locale", json!("en, de"), "format", format),
        ("locale", json!("{{otp}}"), "format", format),
        ("locale", json!(null), "type", string),
        ("locale", json!(["en"]), "type", string),
        ("client", json!(""), "format", client),
        ("client", json!("windows"), "format", client),
        ("client", json!("Android"), "format", client),
        ("client", json!("web "), "format", client),
        ("client", json!(null), "type", string),
        ("client", json!(1), "type", string),
    ] {
        for path in ["/signup", "/send", "/resend"] {
            let mut body =
                if path == "/signup" { signup("ada", PHONE) } else { json!({ "username": "ada" }) };
            body[field] = value.clone();
            assert_eq!(told(&service.post(path, body).await), broken(field, rule, detail), "{path} {value}");
        }
    }
    for field in ["locale", "client"] {
        let mut body = json!({ "username": "ada", "otp": "123456" });
        body[field] = json!("web");
        let unknown = broken(field, "unknown", "This call has no such field.");
        assert_eq!(told(&service.post("/verify", body).await), unknown);
    }
    assert_eq!(service.proxy.take_calls(), []);
    assert_eq!(service.courier().keys().len(), 0);
}

/// Who reads the text is no detail of a signup: with another reader it is the very same, and its key's repeat.
#[tokio::test(flavor = "multi_thread")]
async fn the_very_same_signup_may_have_another_reader() {
    let service = Service::with(SETTINGS).await;
    let english = [("locale", json!("en")), ("client", json!("web"))];
    let first = sign_up(&service, &english).await;
    let expected = signed_up("ada", first.body["otp"]["id"].as_str().unwrap(), service.now());
    assert_eq!(told(&first), expected);
    for further in [&[][..], &[("locale", json!("ru"))], &[("client", json!("android"))], &english] {
        assert_eq!(told(&sign_up(&service, further).await), expected, "{further:?}");
    }
    assert_eq!(service.courier().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_with_its_key_may_have_another_reader() {
    let service = Service::with(SETTINGS).await;
    let mut body = signup("ada", PHONE);
    for (path, status, texts) in [("/signup", 201, 1), ("/resend", 202, 2), ("/send", 202, 3)] {
        let first = service.call(path).key("key").json(&body).await;
        assert_eq!(first.status, status, "{first:?}");
        for (locale, client) in [("ru", "android"), ("en", "ios"), ("x-none", "web")] {
            body["locale"] = json!(locale);
            body["client"] = json!(client);
            assert_eq!(
                told(&service.call(path).key("key").json(&body).await),
                told(&first),
                "{path} {locale}"
            );
        }
        assert_eq!(service.courier().count(), texts, "{path}");
        body = json!({ "username": "ada" });
        service.tick(600);
    }
}

/// Known and unknown names answer alike to every reader, with the same calls to DynamoDB.
#[tokio::test(flavor = "multi_thread")]
async fn every_reader_is_answered_alike_for_a_known_and_an_unknown_name() {
    let mut settings = SETTINGS.to_vec();
    settings.extend([("LOCALES", "*"), ("CODES_PER_PHONE_PER_DAY", "100")]);
    let service = Service::with(&settings).await;
    service.user_of_yesterday("ada", PHONE).await;
    for language in Language::all() {
        for client in Client::ALL {
            let texts = service.courier().count();
            let mut calls = Vec::new();
            for username in ["ada", "nobody"] {
                let reader =
                    json!({ "username": username, "locale": language.tag(), "client": client.as_str() });
                let answer = service.post("/send", reader.clone()).await;
                let id = answer.body["otp"]["id"].as_str().unwrap_or_default();
                assert_eq!(told(&answer), sent(id, service.now(), 30), "{reader}");
                assert_eq!(told(&service.post("/send", reader.clone()).await), otp_pending(600), "{reader}");
                let shown =
                    service.proxy.take_calls().iter().map(ToString::to_string).collect::<BTreeSet<_>>();
                calls.push(shown);
            }
            assert_eq!(calls[0], calls[1], "{language:?} {client:?}");
            assert_eq!(service.courier().count(), texts + 1);
            service.tick(3_600);
        }
    }
}

/// Nothing of the reader is kept: the rows have the same attributes, whoever asked, and none of them names it.
#[tokio::test(flavor = "multi_thread")]
async fn the_reader_is_not_stored() {
    // Sorted: the keys of `limits` are MACs, one of a shard that is drawn.
    let attributes = |rows: &[Vec<Row>; 3]| {
        let of_rows = rows.iter().flatten().map(|row| row.keys().cloned().collect::<BTreeSet<_>>());
        let mut all: Vec<_> = of_rows.collect();
        all.sort();
        all
    };
    let plain = Service::with(SETTINGS).await;
    sign_up(&plain, &[]).await;
    let service = Service::with(SETTINGS).await;
    sign_up(&service, &[("locale", json!("ru-x-canary")), ("client", json!("android"))]).await;
    let rows = service.everything().await;
    assert_eq!(attributes(&rows), attributes(&plain.everything().await));
    let all = format!("{rows:?}");
    for word in ["ru-x-canary", "canary", "android", "\"ru\""] {
        assert!(!all.contains(word), "{word} in {all}");
    }
}

/// Case 38a: no word of a caller's stands in a text, but the one that is greeted.
#[tokio::test(flavor = "multi_thread")]
async fn no_word_that_a_caller_wrote_stands_in_a_text() {
    let service = Service::with(SETTINGS).await;
    let body = json!({
        "username": "kanarienvogel",
        "password": "zeisig im bergwerk 7431",
        "mobileNo": PHONE,
        "name": "Ada Stieglitz",
        "locale": "de-x-haenflin",
        "client": "android",
    });
    let call = service.call("/signup").key("girlitz").header("accept-language", "ru, x-gimpel");
    let answer = call.header("user-agent", "gimpel").json(&body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let id = answer.body["otp"]["id"].as_str().unwrap();
    for path in ["/resend", "/send"] {
        service.tick(600);
        let body =
            json!({ "username": "kanarienvogel", "otpId": id, "locale": "x-haenflin", "client": "web" });
        let answer = service.call(path).key("girlitz").json(&body).await;
        assert_eq!(answer.status, 202, "{path}: {answer:?}");
    }
    let texts = service.courier().texts();
    assert_eq!(texts.len(), 3);
    for text in texts {
        assert_eq!(text.text.matches("Ada").count(), 1, "{}", text.text);
        let mut request = text.request;
        assert_eq!(request["message"]["to"]["phone_number"].take(), PHONE);
        let request = request.to_string().to_lowercase();
        for word in ["kanarienvogel", "zeisig", "stieglitz", "haenflin", "girlitz", "gimpel", "202555", id] {
            assert!(!request.contains(&word.to_lowercase()), "{word} in {request}");
            assert!(!text.text.to_lowercase().contains(&word.to_lowercase()), "{word} in {}", text.text);
        }
    }
}

/// The words are then Courier's, and the language its matter.
#[tokio::test(flavor = "multi_thread")]
async fn a_template_of_couriers_is_given_what_it_may_show() {
    let mut settings = SETTINGS.to_vec();
    settings.extend([("COURIER_TEMPLATE_ID", "nt_01k"), ("OTP_TTL_SECONDS", "150")]);
    let service = Service::with(&settings).await;
    for (username, locale, client, last_line) in
        [("ada", "en-GB", "web", "@example.com #<code>"), ("bob", "en-GB", "android", "FA+9qCX9VSu")]
    {
        let mut body = signup(username, PHONE);
        body["locale"] = json!(locale);
        body["client"] = json!(client);
        assert_eq!(service.post("/signup", body).await.status, 201);
        let text = service.courier().newest_to(PHONE).unwrap();
        let code = text.code().unwrap().to_owned();
        let mut message = text.request["message"].clone();
        let timeout = message.as_object_mut().unwrap().remove("timeout").unwrap();
        assert!(timeout["message"].as_u64().is_some_and(|milliseconds| milliseconds <= 150_000));
        let data = json!({
            "name": "Ada", "otp": code, "app": "Countersign", "minutes": 2,
            "lastLine": last_line.replace("<code>", &code),
        });
        let to = json!({ "phone_number": PHONE, "locale": "en", "data": data });
        let routing = json!({ "method": "single", "channels": ["sms"] });
        assert_eq!(message, json!({ "to": to, "template": "nt_01k", "routing": routing }));
    }
}
