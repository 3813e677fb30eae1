//! The body of `POST /send`: which keys exist, which rules they follow, and the text that comes of it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::traits::Traits;

/// `metadata.tags` holds no more than this many.
const MAX_TAGS: usize = 9;
/// No tag is longer than this.
const MAX_TAG: usize = 30;
/// Most digits of an E.164 number (ITU-T E.164 §6.2.1).
const MAX_DIGITS: usize = 15;

/// A request that Courier would accept, and what this machine makes of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Accepted {
    pub(super) to: String,
    pub(super) text: String,
    pub(super) traits: Traits,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    message: Message,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    to: Recipient,
    content: Option<Content>,
    template: Option<String>,
    #[expect(dead_code, reason = "checked for its form only")]
    routing: Option<Routing>,
    timeout: Option<Timeout>,
    metadata: Option<Metadata>,
    #[expect(dead_code, reason = "checked for its form only")]
    providers: Option<BTreeMap<String, Provider>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recipient {
    phone_number: String,
    #[serde(default)]
    data: Map<String, Value>,
    locale: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    #[expect(dead_code, reason = "checked for its form only: the title is no part of an SMS")]
    title: String,
    body: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "checked for its form only")]
struct Routing {
    method: RoutingMethod,
    channels: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum RoutingMethod {
    All,
    Single,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Timeout {
    message: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    #[expect(dead_code, reason = "checked for its form only")]
    trace_id: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "checked for its form only")]
struct Provider {
    r#override: Option<Override>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "checked for its form only")]
struct Override {
    body: Option<OverrideBody>,
    config: Option<OverrideConfig>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
#[expect(dead_code, reason = "checked for its form only")]
struct OverrideBody {
    from: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "checked for its form only")]
struct OverrideConfig {
    messaging_service_sid: Option<String>,
}

/// Reads a body, or says in Courier's manner what is wrong with it.
pub(super) fn accept(body: &[u8]) -> Result<Accepted, String> {
    let Request { message } =
        serde_json::from_slice(body).map_err(|fault| format!("Invalid request: {fault}"))?;
    let Recipient { phone_number: to, data, locale } = message.to;
    if !is_e164(&to) {
        return Err("message.to.phone_number must be in E.164 form".to_owned());
    }
    if message.timeout.is_some_and(|timeout| timeout.message == 0) {
        return Err("message.timeout.message must be a positive number of milliseconds".to_owned());
    }
    if let Some(metadata) = message.metadata
        && (metadata.tags.len() > MAX_TAGS || metadata.tags.iter().any(|tag| tag.chars().count() > MAX_TAG))
    {
        return Err(format!("message.metadata.tags: at most {MAX_TAGS} of at most {MAX_TAG} characters"));
    }
    let (text, traits) = match (message.content, message.template) {
        (Some(content), None) => {
            let text = render(&content.body, &data);
            let traits = Traits::of_ours(&content.body, &text);
            (text, traits)
        }
        (None, Some(template)) if template.is_empty() => {
            return Err("message.template must not be empty".to_owned());
        }
        (None, Some(template)) => {
            let text = designed(&template, locale.as_deref(), &data);
            let last_line = data.get("lastLine").and_then(Value::as_str);
            (text, Traits::of_a_design(locale, last_line))
        }
        _ => return Err("message needs exactly one of content and template".to_owned()),
    };
    Ok(Accepted { to, text, traits })
}

/// Shows what a template that only Courier has is given: there are no words of it here.
fn designed(template: &str, locale: Option<&str>, data: &Map<String, Value>) -> String {
    let language = locale.map(|locale| format!(" in {locale}")).unwrap_or_default();
    let values = data.iter().map(|(name, value)| match value {
        Value::String(value) => format!("\n{name}: {value}"),
        value => format!("\n{name}: {value}"),
    });
    format!("[template {template}{language}]{}", values.collect::<String>())
}

fn is_e164(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        digits.len() <= MAX_DIGITS
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && digits.bytes().next().is_some_and(|first| first != b'0')
    })
}

/// Puts the values of `data` in the place of `{{name}}` and `{name}`, which Courier treats alike.
///
/// What has no value is left out. Values are not looked through again.
fn render(template: &str, data: &Map<String, Value>) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some(start) = rest.find('{') {
        text.push_str(&rest[..start]);
        let closing = if rest[start..].starts_with("{{") { "}}" } else { "}" };
        let inside = &rest[start + closing.len()..];
        let Some(end) = inside.find(closing) else {
            rest = &rest[start..];
            break;
        };
        match data.get(inside[..end].trim()) {
            Some(Value::String(value)) => text.push_str(value),
            Some(Value::Null) | None => {}
            Some(value) => text.push_str(&value.to_string()),
        }
        rest = &inside[end + closing.len()..];
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn tutorial() -> Value {
        json!({"message": {
            "to": {"data": {"name": "Ada", "otp": "493817"}, "phone_number": "+12025550143"},
            "content": {"title": "XYZ Verification", "body": "Hi {{name}},\nYour verification code for XYZ is {{otp}}."},
            "routing": {"method": "single", "channels": ["sms"]},
        }})
    }

    fn read(body: &Value) -> Result<Accepted, String> {
        accept(body.to_string().as_bytes())
    }

    #[test]
    fn the_request_of_the_tutorial_becomes_its_text() {
        let accepted = Accepted {
            to: "+12025550143".to_owned(),
            text: "Hi Ada,\nYour verification code for XYZ is 493817.".to_owned(),
            traits: Traits {
                language: Some("en".to_owned()),
                client: None,
                encoding: Some("GSM-7"),
                segments: Some(1),
            },
        };
        assert_eq!(read(&tutorial()), Ok(accepted));
    }

    #[test]
    fn every_documented_field_is_accepted() {
        let mut body = tutorial();
        body["message"]["timeout"] = json!({"message": 600_000});
        body["message"]["metadata"] = json!({"trace_id": "t", "tags": ["otp"]});
        body["message"]["to"]["locale"] = json!("fr");
        body["message"]["providers"] = json!({"twilio": {"override": {
            "body": {"From": "+12025550100"}, "config": {"messagingServiceSid": "MG0"}}}});
        assert!(read(&body).is_ok());
    }

    #[test]
    fn a_key_that_courier_does_not_know_is_refused_at_every_level() {
        for place in ["/", "/message", "/message/to", "/message/content", "/message/routing"] {
            let mut body = tutorial();
            body.pointer_mut(place.trim_end_matches('/')).unwrap()["surprise"] = json!(1);
            assert!(read(&body).unwrap_err().contains("surprise"), "{place}");
        }
    }

    #[test]
    fn content_or_template_but_not_both() {
        let fault = Err("message needs exactly one of content and template".to_owned());
        let mut both = tutorial();
        both["message"]["template"] = json!("welcome");
        assert_eq!(read(&both), fault);
        let mut neither = tutorial();
        neither["message"].as_object_mut().unwrap().remove("content");
        assert_eq!(read(&neither), fault);
    }

    #[test]
    fn a_template_of_couriers_is_shown_with_all_that_it_is_given() {
        let mut body = tutorial();
        body["message"].as_object_mut().unwrap().remove("content");
        body["message"]["template"] = json!("nt_01k");
        body["message"]["to"]["locale"] = json!("pt-BR");
        body["message"]["to"]["data"]["minutes"] = json!(10);
        let text = "[template nt_01k in pt-BR]\nminutes: 10\nname: Ada\notp: 493817".to_owned();
        let traits = Traits { language: Some("pt-BR".to_owned()), ..Traits::default() };
        assert_eq!(read(&body), Ok(Accepted { to: "+12025550143".to_owned(), text, traits }));
        for wrong in [json!(""), json!(1), json!({})] {
            body["message"]["template"] = wrong;
            assert!(read(&body).is_err(), "{body}");
        }
        body["message"]["template"] = json!("nt_01k");
        body["message"]["to"]["locale"] = json!(["pt-BR"]);
        assert!(read(&body).is_err(), "{body}");
    }

    #[test]
    fn a_number_that_is_not_e164_is_refused() {
        for number in ["", "+", "12025550143", "+02025550143", "+1 202 555 0143", "+1234567890123456"] {
            let mut body = tutorial();
            body["message"]["to"]["phone_number"] = json!(number);
            assert!(read(&body).is_err(), "{number:?}");
        }
    }

    #[test]
    fn a_timeout_is_a_positive_whole_number() {
        for timeout in [json!(0), json!(-1), json!(1.5), json!("600000"), json!(null)] {
            let mut body = tutorial();
            body["message"]["timeout"] = json!({ "message": timeout });
            assert!(read(&body).is_err(), "{timeout}");
        }
    }

    #[test]
    fn a_value_is_never_part_of_the_template() {
        let data = json!({"name": "{{otp}}", "otp": "1"});
        assert_eq!(render("{name} {{ otp }} {{none}}{", data.as_object().unwrap()), "{{otp}} 1 {");
    }
}
