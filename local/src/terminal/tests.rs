use super::*;
use crate::courier::Text;
use serde_json::json;
use shared::domain::person_name::PersonName;
use shared::domain::sms::{AppName, Language, LastLines, Locales, OtpDomain, Reader, Texts};
use textwrap::core::display_width;

const PLAIN: Style = Style { width: 80, colour: false };
const COLOURED: Style = Style { width: 80, colour: true };

fn text(shown: &str) -> Text {
    Text {
        to: "+12025550143".to_owned(),
        text: shown.to_owned(),
        at: jiff::Timestamp::from_second(1_700_000_000).unwrap(),
        traits: crate::courier::Traits::default(),
        idempotency_key: None,
        request: json!({"message": {"to": {"data": {"otp": "493817"}}}}),
    }
}

fn started() -> Start {
    Start {
        calls: vec!["POST /signup".to_owned(), "POST /verify".to_owned()],
        addresses: Addresses {
            api: "http://127.0.0.1:3000".to_owned(),
            dynamodb: "http://127.0.0.1:8000".to_owned(),
            courier: "http://127.0.0.1:3001".to_owned(),
            secrets: "http://127.0.0.1:3002".to_owned(),
        },
        items: Items::InMemory,
        texts_go_out: false,
        looks_at_apps: false,
    }
}

#[test]
fn a_start_says_where_everything_is() {
    let lines = "\
Countersign, on this machine

  page   http://127.0.0.1:3000/

  POST http://127.0.0.1:3000/signup
  POST http://127.0.0.1:3000/verify

  items  in memory, gone at the end (--data <FILE> keeps them)
  texts  appear here, and at http://127.0.0.1:3001/inbox
  sam    functions under sam local find their secrets at http://127.0.0.1:3002

ready  api http://127.0.0.1:3000 · dynamodb http://127.0.0.1:8000 · courier http://127.0.0.1:3001
";
    assert_eq!(start(&started(), PLAIN), lines);
}

#[test]
fn a_start_warns_that_texts_go_out() {
    let mut started = started();
    started.texts_go_out = true;
    started.items = Items::Elsewhere;
    started.addresses.courier = "https://api.courier.com".to_owned();
    let lines = start(&started, PLAIN);
    assert!(lines.contains("  items  in the DynamoDB at http://127.0.0.1:8000\n"), "{lines}");
    assert!(lines.contains("  texts  really go out, through https://api.courier.com\n"), "{lines}");
}

#[test]
fn a_start_says_where_tokens_are_if_they_are_looked_at() {
    let mut started = started();
    started.looks_at_apps = true;
    let lines = start(&started, PLAIN);
    let said = "\n  apps   bring a token of POST http://127.0.0.1:3000/_local/app-check\n\nready";
    assert!(lines.contains(said), "{lines}");
}

#[test]
fn the_last_line_begins_with_ready_in_colour_too() {
    assert!(start(&started(), COLOURED).lines().last().unwrap().starts_with("ready  api http://"));
}

#[test]
fn a_text_comes_in_a_bubble() {
    let bubbled = "  ╭─ +12025550143 ───────────────────── 22:13:20 UTC ─╮
  │ Hi Ada,                                           │
  │ Your verification code for Countersign is 493817. │
  ╰─╮╭────────────────────────────────────────────────╯
    ╰╯
";
    assert_eq!(bubble(&text("Hi Ada,\nYour verification code for Countersign is 493817."), PLAIN), bubbled);
}

#[test]
fn a_long_text_is_wrapped_to_the_terminal() {
    let bubbled = "  ╭─ +12025550143 ─── 22:13:20 UTC ─╮
  │ Your verification code for      │
  │ Countersign is 493817.          │
  ╰─╮╭──────────────────────────────╯
    ╰╯
";
    let narrow = Style { width: 36, colour: false };
    assert_eq!(bubble(&text("Your verification code for Countersign is 493817."), narrow), bubbled);
}

#[test]
fn every_line_of_a_bubble_is_as_wide_as_the_frame() {
    for shown in ["", "Hi", "Привет, 你好, 493817 🎉", "a\n\nb", &"x".repeat(500), "Zoe\u{301}"] {
        let bubbled = bubble(&text(shown), PLAIN);
        let widths: Vec<_> = bubbled.lines().map(display_width).collect();
        let (tail, framed) = widths.split_last().unwrap();
        assert_eq!(*tail, 6, "{bubbled}");
        assert!(framed.iter().all(|width| *width == framed[0] && *width <= 72), "{bubbled}");
    }
}

/// The isolates of Arabic and Hebrew are among them, and on the narrow terminals they are broken.
#[test]
fn a_text_of_any_language_keeps_the_frame_and_the_code() {
    let last_lines = LastLines { domain: OtpDomain::parse("verify.example.com").ok(), android: None };
    let app = AppName::parse("A Quiet Harbour Inc.").unwrap();
    let texts = Texts::of(app, last_lines, Locales::parse("*").unwrap(), 6).unwrap();
    let name = PersonName::parse("Zoë").unwrap();
    for language in Language::all() {
        let wording = texts.wording(Reader { language, client: None }, &name);
        let name = wording.greeted.unwrap_or_default();
        let shown = wording.body.replace("{{name}}", name).replace("{{otp}}", "493817");
        for width in [0, 30, 36, 44, 52, 60, 70, 80] {
            let bubbled = bubble(&text(&shown), Style { width, colour: false });
            let mut lines: Vec<_> = bubbled.lines().collect();
            assert_eq!(lines.pop().map(display_width), Some(6), "{bubbled}");
            assert!(lines.iter().all(|line| display_width(line) == display_width(lines[0])), "{bubbled}");
            assert_eq!(bubbled.matches("493817").count(), 2, "{bubbled}");
            assert!(!bubbled.contains(r"\u{"), "{bubbled}");
        }
    }
}

#[test]
fn what_is_read_from_right_to_left_stands_on_the_right() {
    let shown =
        "שלום \u{2068}Ada\u{2069},\nקוד האימות שלך ל-\u{2066}C++\u{2069} הוא 493817.\n@example.com #493817";
    let bubbled = "  ╭─ +12025550143 ──── 22:13:20 UTC ─╮
  │                        \u{2067}שלום \u{2068}Ada\u{2069},\u{2069} │
  │ \u{2067}קוד האימות שלך ל-\u{2066}C++\u{2069} הוא 493817.\u{2069} │
  │ @example.com #493817             │
  ╰─╮╭───────────────────────────────╯
    ╰╯
";
    assert_eq!(bubble(&text(shown), PLAIN), bubbled);
}

#[test]
fn an_isolate_that_is_broken_over_two_lines_is_left_out() {
    let bubbled =
        bubble(&text("קוד האימות שלך עבור \u{2066}Very Quiet Harbour\u{2069}"), Style { width: 36, ..PLAIN });
    let isolates =
        |line: &str| line.chars().filter(|character| ('\u{2066}'..='\u{2069}').contains(character)).count();
    let counts: Vec<_> = bubbled.lines().map(isolates).collect();
    assert_eq!(counts, [0, 2, 2, 0, 0], "{bubbled}");
}

#[test]
fn an_isolate_without_its_end_is_shown_as_its_escape() {
    for shown in ["a\u{2066}b", "a\u{2069}b", "a\u{2069}\u{2067}b", "a\u{2068}\nb\u{2069}"] {
        let bubbled = bubble(&text(shown), PLAIN);
        let escaped = shown.chars().filter(|character| *character > '\u{2000}').count();
        assert_eq!(bubbled.matches(r"\u{20").count(), escaped, "{bubbled}");
        assert!(!bubbled.contains(['\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}']), "{bubbled}");
    }
}

#[test]
fn the_code_stands_out_in_colour() {
    let bubbled = bubble(&text("It is 493817."), COLOURED);
    assert!(bubbled.contains("It is \u{1b}[1;32m493817\u{1b}[0m."), "{bubbled}");
}

#[test]
fn a_text_cannot_steer_the_terminal() {
    let bubbled = bubble(&text("\u{1b}[2J\r\u{202e}\u{9b}31m\u{200b}"), PLAIN);
    assert!(bubbled.contains(r"\u{1b}[2J\r\u{202e}\u{9b}31m\u{200b}"), "{bubbled}");
    assert!(!bubbled.chars().any(|character| character.is_control() && character != '\n'));
}
