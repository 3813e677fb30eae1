//! The request as Courier reads it, and the answer: closed structs, since Courier refuses keys it does not know.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Account, Text};

#[derive(Serialize)]
pub(super) struct Send<'a> {
    message: Message<'a>,
}

#[derive(Serialize)]
struct Message<'a> {
    to: To<'a>,
    #[serde(flatten)]
    words: Words<'a>,
    routing: Routing,
    timeout: Timeout,
    #[serde(skip_serializing_if = "Option::is_none")]
    providers: Option<Providers<'a>>,
}

#[derive(Serialize)]
struct To<'a> {
    data: Data<'a>,
    phone_number: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<&'a str>,
}

/// The words of a text: ours, or those of a template in Courier.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Words<'a> {
    Content(Content<'a>),
    Template(&'a str),
}

/// The values that a person or we made up at run time; none is ever part of the template.
#[derive(Serialize)]
struct Data<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    otp: &'a str,
    #[serde(flatten)]
    design: Option<DesignData<'a>>,
}

/// The further values that a template in Courier may show.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DesignData<'a> {
    app: &'a str,
    /// The life of the code, rounded down, so that no text promises more than is true; at least one.
    minutes: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_line: Option<String>,
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
    /// Makes the request of `account` for `text`, which is not delivered after `timeout`.
    pub(super) fn of(text: Text<'a>, account: &'a Account, timeout: Duration) -> Self {
        let Text { to, wording, code, life, .. } = text;
        let providers = account.messaging_service.as_deref().map(|sid| Providers {
            twilio: Twilio { overriding: Override { config: TwilioConfig { messaging_service_sid: sid } } },
        });
        let (words, design, locale) = match &account.template {
            None => (Words::Content(Content { title: &wording.title, body: &wording.body }), None, None),
            Some(template) => {
                let last_line = wording.last_line.map(|line| line.with(code.reveal()));
                let design = DesignData { app: wording.app.as_str(), minutes: (life / 60).max(1), last_line };
                (Words::Template(template.as_str()), Some(design), Some(wording.language.tag()))
            }
        };
        let data = Data { name: wording.greeted, otp: code.reveal(), design };
        Self {
            message: Message {
                to: To { data, phone_number: to.as_str(), locale },
                words,
                routing: Routing { method: "single", channels: ["sms"] },
                timeout: Timeout { message: u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX) },
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
    use crate::courier::TemplateId;
    use crate::domain::code::{Alphabet, Code, CodeFormat, OtpId};
    use crate::domain::person_name::PersonName;
    use crate::domain::phone::MobileNumber;
    use crate::domain::region::Regions;
    use crate::domain::sms::{AndroidAppHash, AppName, Client, LastLines, Locales, OtpDomain, Reader, Texts};

    /// The request that `account` makes for a text to `client` in the language of `locale`.
    fn request(account: &Account, locale: &str, client: Option<Client>) -> String {
        let last_lines = LastLines {
            domain: OtpDomain::parse("example.com").ok().filter(|_| client.is_some()),
            android: AndroidAppHash::parse("FA+9qCX9VSu").ok(),
        };
        let app = AppName::parse("XYZ").unwrap();
        let texts = Texts::of(app, last_lines, Locales::parse("*").unwrap(), 6).unwrap();
        let reader = Reader { language: texts.language(locale).unwrap(), client };
        let name = PersonName::parse("Ada Lovelace").unwrap();
        let text = Text {
            to: &MobileNumber::parse("+12025550143", &Regions::all()).unwrap(),
            wording: &texts.wording(reader, &name),
            code: &Code::parse("493817", CodeFormat { alphabet: Alphabet::Numeric, length: 6 }).unwrap(),
            id: OtpId::parse("AAAAAAAAAAAAAAAAAAAAAA").unwrap(),
            life: 659,
            until: crate::clock::Deadline::after(Duration::from_mins(10)),
        };
        serde_json::to_string(&Send::of(text, account, Duration::from_mins(10))).unwrap()
    }

    fn account(template: Option<&str>, messaging_service: Option<&str>) -> Account {
        Account {
            base_url: "http://127.0.0.1".to_owned(),
            template: template.map(|id| TemplateId::parse(id).unwrap()),
            messaging_service: messaging_service.map(str::to_owned),
        }
    }

    #[test]
    fn the_request_is_the_tutorials_with_a_timeout_and_the_sender() {
        let json = |sid| request(&account(None, sid), "en", None);
        let tutorial = r#"{"message":{"to":{"data":{"name":"Ada","otp":"493817"},"phone_number":"+12025550143"},"content":{"title":"XYZ Verification","body":"Hi {{name}},\nYour verification code for XYZ is {{otp}}."},"routing":{"method":"single","channels":["sms"]},"timeout":{"message":600000}"#;
        assert_eq!(json(None), format!("{tutorial}}}}}"));
        let sender = r#","providers":{"twilio":{"override":{"config":{"messagingServiceSid":"MG0"}}}}"#;
        assert_eq!(json(Some("MG0")), format!("{tutorial}{sender}}}}}"));
    }

    #[test]
    fn a_template_of_couriers_is_named_and_given_all_values() {
        let json = |locale, client| request(&account(Some("nt_01k"), None), locale, client);
        let whole = |data: &str, locale: &str| {
            let to = format!(r#"{{"data":{{{data}}},"phone_number":"+12025550143","locale":"{locale}"}}"#);
            let routing = r#"{"method":"single","channels":["sms"]}"#;
            format!(
                r#"{{"message":{{"to":{to},"template":"nt_01k","routing":{routing},"timeout":{{"message":600000}}}}}}"#
            )
        };
        let data = r#""name":"Ada","otp":"493817","app":"XYZ","minutes":10"#;
        assert_eq!(json("en", None), whole(data, "en"));
        let web = format!(r#"{data},"lastLine":"@example.com #493817""#);
        assert_eq!(json("de-AT", Some(Client::Web)), whole(&web, "de"));
        let android = r#""otp":"493817","app":"XYZ","minutes":10,"lastLine":"FA+9qCX9VSu""#;
        assert_eq!(json("zh-TW", Some(Client::Android)), whole(android, "zh-Hant"));
    }

    #[test]
    fn a_templates_id_is_a_word() {
        for id in
            ["nt_01kmrbq6ypf25tsge12qek41r0", "7FR7M8NYD0M5NJGXQ4S0QEQ7NPPW", "otp-text", &"a".repeat(64)]
        {
            assert_eq!(TemplateId::parse(id).unwrap().as_str(), id);
        }
        for id in ["", "a b", "a/b", "{{otp}}", "é", &"a".repeat(65)] {
            assert!(TemplateId::parse(id).is_err(), "{id:?}");
        }
    }
}
