//! What the page shows of the time and of the settings.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use shared::domain::sms::{AndroidAppHash, Client, Language, LastLines, Locales, OtpDomain};

use super::{Page, Served};
use crate::clock::Clock;
use crate::settings::Settings;
use crate::terminal::Items;

/// The settings that the page shows, which do not change while it is served.
pub(super) struct Shown(Value);

impl Shown {
    /// Returns what `settings` say. The functions have checked them: what cannot be read is shown as nothing.
    pub(super) fn of(settings: &Settings) -> Self {
        let setting = |name| settings.get(name).unwrap_or_default();
        let languages = Locales::parse(&setting("LOCALES")).map(|locales| {
            let language = |it: Language| json!({ "tag": it.tag(), "rightToLeft": it.is_right_to_left() });
            locales.iter().map(language).collect::<Vec<_>>()
        });
        let last_lines = LastLines {
            domain: OtpDomain::parse(&setting("OTP_DOMAIN")).ok(),
            android: AndroidAppHash::parse(&setting("ANDROID_APP_HASH")).ok(),
        };
        let clients = Client::ALL.into_iter().filter(|client| last_lines.of(Some(*client)).is_some());
        Self(json!({
            "app": setting("APP_NAME"),
            "code": {
                "length": setting("OTP_LENGTH").parse::<u8>().unwrap_or_default(),
                "alphabet": setting("OTP_ALPHABET"),
            },
            "languages": languages.unwrap_or_default(),
            "lastLines": clients.map(Client::as_str).collect::<Vec<_>>(),
        }))
    }
}

impl Page {
    /// Returns why the clock cannot be put ahead, if it cannot.
    pub(super) fn clock_stands(&self) -> Option<&'static str> {
        match (&self.clock, &self.items) {
            (_, Items::InFile(_)) => Some(
                "The tables are in a file: it would keep times of a clock that nobody goes by after this run.",
            ),
            (_, Items::Elsewhere) => Some("The DynamoDB is another program, with a clock of its own."),
            (Clock::Ahead(_), Items::InMemory) => None,
            (Clock::System | Clock::Manual(_), Items::InMemory) => {
                Some("The clock is not the page's to move.")
            }
        }
    }

    /// Returns the time, and by how much it was put ahead.
    pub(super) fn time(&self) -> Value {
        let advanced = match &self.clock {
            Clock::Ahead(advance) => advance.milliseconds().div_euclid(1_000),
            Clock::System | Clock::Manual(_) => 0,
        };
        let now = jiff::Timestamp::from_millisecond(self.clock.millisecond()).unwrap_or_default();
        json!({ "now": now.to_string(), "advancedSeconds": advanced })
    }
}

/// Answers `GET /_local/state`.
pub(super) async fn answer(State(served): State<Arc<Served>>) -> Json<Value> {
    let mut state = served.shown.0.clone();
    let Value::Object(time) = served.page.time() else { return Json(state) };
    for (name, value) in time {
        state[name] = value;
    }
    state["clockStands"] = json!(served.page.clock_stands());
    state["appCheck"] = json!(served.page.apps.is_some());
    state["textsGoOut"] = json!(served.page.courier.is_none());
    state["script"] = served.playing.script();
    Json(state)
}
