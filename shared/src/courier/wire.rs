//! The request as Courier reads it, and the answer: closed structs, since Courier refuses keys it does not know.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Text;

#[derive(Serialize)]
pub(super) struct Send<'a> {
    message: Message<'a>,
}

#[derive(Serialize)]
struct Message<'a> {
    to: To<'a>,
    content: Content<'a>,
    routing: Routing,
    timeout: Timeout,
    #[serde(skip_serializing_if = "Option::is_none")]
    providers: Option<Providers<'a>>,
}

#[derive(Serialize)]
struct To<'a> {
    data: Data<'a>,
    phone_number: &'a str,
}

/// The values that a person or we made up at run time; none is ever part of the template.
#[derive(Serialize)]
struct Data<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    otp: &'a str,
}

#[derive(Serialize)]
struct Content<'a> {
    title: &'a str,
    body: &'a str,
}

#[derive(Serialize)]
struct Routing {
    method: &'static str,
    channels: [&'static str; 1],
}

#[derive(Serialize)]
struct Timeout {
    /// Milliseconds after which the text is no longer delivered.
    message: u64,
}

#[derive(Serialize)]
struct Providers<'a> {
    twilio: Twilio<'a>,
}

#[derive(Serialize)]
struct Twilio<'a> {
    #[serde(rename = "override")]
    overriding: Override<'a>,
}

#[derive(Serialize)]
struct Override<'a> {
    config: TwilioConfig<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TwilioConfig<'a> {
    messaging_service_sid: &'a str,
}

impl<'a> Send<'a> {
    /// Makes the request for `text`, which is not delivered after `life`.
    pub(super) fn of(text: Text<'a>, messaging_service: Option<&'a str>, life: Duration) -> Self {
        let name = text.template.greets_by_name.then(|| text.name.first_word());
        let providers = messaging_service.map(|sid| Providers {
            twilio: Twilio { overriding: Override { config: TwilioConfig { messaging_service_sid: sid } } },
        });
        Self {
            message: Message {
                to: To { data: Data { name, otp: text.code.reveal() }, phone_number: text.to.as_str() },
                content: Content { title: &text.template.title, body: &text.template.body },
                routing: Routing { method: "single", channels: ["sms"] },
                timeout: Timeout { message: u64::try_from(life.as_millis()).unwrap_or(u64::MAX) },
                providers,
            },
        }
    }
}

/// Courier's answer when it has taken a text.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AcceptedAnswer {
    pub(super) request_id: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::code::{Alphabet, Code, CodeFormat, OtpId};
    use crate::domain::person_name::PersonName;
    use crate::domain::phone::{MobileNumber, Regions};
    use crate::domain::sms::{AppName, Template};

    #[test]
    fn the_request_is_the_tutorials_with_a_timeout_and_the_sender() {
        let name = PersonName::parse("Ada Lovelace").unwrap();
        let text = Text {
            to: &MobileNumber::parse("+12025550143", &Regions::all()).unwrap(),
            template: &Template::choose(&AppName::parse("XYZ").unwrap(), None, &name, 6),
            name: &name,
            code: &Code::parse("493817", CodeFormat { alphabet: Alphabet::Numeric, length: 6 }).unwrap(),
            id: OtpId::parse("AAAAAAAAAAAAAAAAAAAAAA").unwrap(),
            until: crate::clock::Deadline::after(Duration::from_mins(10)),
        };
        let json = |sid| serde_json::to_string(&Send::of(text, sid, Duration::from_mins(10))).unwrap();
        let tutorial = r#"{"message":{"to":{"data":{"name":"Ada","otp":"493817"},"phone_number":"+12025550143"},"content":{"title":"XYZ Verification","body":"Hi {{name}},\nYour verification code for XYZ is {{otp}}."},"routing":{"method":"single","channels":["sms"]},"timeout":{"message":600000}"#;
        assert_eq!(json(None), format!("{tutorial}}}}}"));
        let sender = r#","providers":{"twilio":{"override":{"config":{"messagingServiceSid":"MG0"}}}}"#;
        assert_eq!(json(Some("MG0")), format!("{tutorial}{sender}}}}}"));
    }
}
