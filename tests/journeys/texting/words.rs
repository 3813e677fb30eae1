//! What stands in a text.

use local::courier::{Behaviour, Script, Text};
use serde_json::{Value, json};
use tests::service::{Service, signup};

const PHONE: &str = "+12025550143";

async fn text_to(name: &str, settings: &[(&str, &str)]) -> Text {
    let service = Service::with(settings).await;
    let mut body = signup("ada", PHONE);
    body["name"] = json!(name);
    let answer = service.call("/signup").json(&body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    service.courier().newest_to(PHONE).unwrap()
}

/// Attack of making a text expensive: a name outside the alphabet of a cheap text is left out altogether.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_would_leave_the_alphabet_is_not_greeted() {
    for name in ["Zoë", "李小龍", "O’Brien", "Владимир"] {
        let text = text_to(name, &[]).await;
        let code = text.code().unwrap().to_owned();
        assert_eq!(text.text, format!("Hi,\nYour verification code for Countersign is {code}."));
        assert_eq!(text.request["message"]["to"]["data"], json!({ "otp": code }), "{name}");
        assert!(!text.request.to_string().contains(name));
    }
}

/// The request of Courier's tutorial, byte for byte but for the time after which it is not delivered.
#[tokio::test(flavor = "multi_thread")]
async fn a_plain_signup_sends_the_request_of_the_tutorial() {
    let service = Service::start().await;
    assert_eq!(service.sign_up("ada", PHONE).await.status, 201);
    let bodies = service.courier().bodies();
    let code = service.code_to(PHONE);
    let (sent, timeout) = std::str::from_utf8(&bodies[0]).unwrap().split_once(r#","timeout":"#).unwrap();
    let data = format!(r#"{{"name":"Ada","otp":"{code}"}}"#);
    assert_eq!(
        sent,
        format!(
            r#"{{"message":{{"to":{{"data":{data},"phone_number":"{PHONE}"}},"content":{{"title":"Countersign Verification","body":"Hi {{{{name}}}},\nYour verification code for Countersign is {{{{otp}}}}."}},"routing":{{"method":"single","channels":["sms"]}}"#
        )
    );
    let milliseconds = timeout.strip_prefix(r#"{"message":"#).and_then(|rest| rest.strip_suffix("}}}"));
    assert!(milliseconds.unwrap().parse::<u64>().is_ok_and(|time| time <= 600_000), "{timeout}");
}

/// The name and the code travel beside a constant template.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_within_the_alphabet_is_greeted() {
    let text = text_to("José", &[]).await;
    let code = text.code().unwrap().to_owned();
    assert_eq!(text.text, format!("Hi José,\nYour verification code for Countersign is {code}."));
    let message = &text.request["message"];
    assert_eq!(message["to"]["data"], json!({ "name": "José", "otp": code }));
    let body = "Hi {{name}},\nYour verification code for Countersign is {{otp}}.";
    assert_eq!(message["content"], json!({ "title": "Countersign Verification", "body": body }));
}

/// Case 38: a text under the app's name carries no sentence of a stranger's. Its first word greets, if that is as
/// short as a name.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_a_sentence_greets_with_its_first_word_at_most() {
    for (name, greeted) in [
        ("Bank Security here. Read this code to our agent", Some("Bank")),
        ("Dr. Ada Lovelace", Some("Dr.")),
        ("José 李小龍", Some("José")),
        ("Bank-Security-here-O Read this code to our agent", Some("Bank-Security-here-O")),
        ("Bank-Security-here-Or Read this code to our agent", None),
        ("李小龍 Bank", None),
    ] {
        let text = text_to(name, &[("APP_NAME", "XYZ")]).await;
        let code = text.code().unwrap().to_owned();
        let greeting = greeted.map_or_else(|| "Hi,".to_owned(), |word| format!("Hi {word},"));
        assert_eq!(text.text, format!("{greeting}\nYour verification code for XYZ is {code}."));
        assert_eq!(text.request["message"]["to"]["data"].get("name"), greeted.map(Value::from).as_ref());
        assert!(!text.request.to_string().contains(name.split_once(' ').unwrap().1), "{name}");
    }
}

/// A text of two segments costs two.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_would_need_a_second_segment_is_not_greeted() {
    let domain = format!("{}.{}.example.com", "d".repeat(50), "e".repeat(36));
    let settings = [("APP_NAME", "XYZ"), ("OTP_DOMAIN", domain.as_str())];
    let long = "a".repeat(20);
    let text = text_to(&long, &settings).await;
    assert!(text.text.starts_with("Hi,\n"), "{text:?}");
    assert_eq!(text.request["message"]["to"]["data"].get("name"), None);
    assert!(text.text.len() <= 160);
    let text = text_to("Ada", &settings).await;
    assert!(text.text.starts_with("Hi Ada,\n") && text.text.len() <= 160, "{text:?}");
}

/// A notification shows the beginning of a text. So the code ends by its 70th character, and the greeting gives way, first
/// to one without a name.
#[tokio::test(flavor = "multi_thread")]
async fn a_greeting_that_would_push_the_code_out_of_a_notification_goes() {
    for (app, name, greeting) in [
        ("An App of 20 Letters", "Joseph", "Hi Joseph,\n"),
        ("An App of 20 Letters", "Josepha", "Hi,\n"),
        ("A Name That Has Thirty Letters", "Ada", ""),
    ] {
        let text = text_to(name, &[("APP_NAME", app), ("OTP_LENGTH", "8")]).await;
        let code = text.code().unwrap();
        assert_eq!(text.text, format!("{greeting}Your verification code for {app} is {code}."));
    }
}

/// The last line by which phones fill the code in.
#[tokio::test(flavor = "multi_thread")]
async fn a_domain_adds_the_line_for_filling_in() {
    let text = text_to("Ada", &[("OTP_DOMAIN", "login.example.com")]).await;
    let code = text.code().unwrap();
    let wanted =
        format!("Hi Ada,\nYour verification code for Countersign is {code}.\n@login.example.com #{code}");
    assert_eq!(text.text, wanted);
}

/// A code is not delivered after its death: not by the first try, nor by a later one.
#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_given_no_longer_than_its_code_lives() {
    for (seconds, milliseconds) in [("600", 600_000), ("5", 5_000), ("900", 900_000)] {
        let service = Service::with(&[("OTP_TTL_SECONDS", seconds)]).await;
        service.courier().play(Script::of([Behaviour::answer(500)]));
        assert_eq!(service.sign_up("ada", PHONE).await.body["otp"]["delivery"], "SENT");
        let text = service.courier().newest_to(PHONE).unwrap();
        let timeout = text.request.pointer("/message/timeout/message").and_then(Value::as_u64).unwrap();
        assert!((1..=milliseconds).contains(&timeout), "{timeout} ms of {seconds} s");
    }
}

/// Every text comes from the one sender, if there is one.
#[tokio::test(flavor = "multi_thread")]
async fn every_text_names_its_sender() {
    let sid = "MG0123456789abcdef0123456789abcdef";
    let pointer = "/message/providers/twilio/override/config/messagingServiceSid";
    let text = text_to("Ada", &[("TWILIO_MESSAGING_SERVICE_SID", sid)]).await;
    assert_eq!(text.request.pointer(pointer), Some(&json!(sid)));
    assert_eq!(text_to("Ada", &[]).await.request.pointer("/message/providers"), None);
}
