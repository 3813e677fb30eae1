//! Names that are none.

use serde_json::json;
use tests::service::{Service, signup};

use super::ADA;
use crate::expected::{broken, told};

/// Case 20: nothing stands in a name that could become a link, a template or another line of a text.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_could_do_harm_in_a_text_is_refused() {
    let service = Service::start().await;
    let names = [
        "evil.com",
        "Ada evil.com",
        "http://evil.example",
        "www.evil.example/x",
        "Ada2",
        "123456",
        "{{otp}}",
        "{name}",
        "Ada ${otp}",
        "Ada\r\nYour code is",
        "Ada\nBob",
        "Ada\tBob",
        "Ada\u{2028}Bob",
        "Ada\u{202e}boB",
        "Ada\u{2066}Bob",
        "Ada\u{200b}Bob",
        "Ada\u{feff}",
        "Ada\u{0}",
        " Ada",
        "Ada ",
        "Ada  Bob",
        "@ada",
        "Ada <b>",
    ];
    let detail = "A name begins with a letter and consists of letters, single spaces, apostrophes, hyphens, and full \
                  stops before a space or at the end.";
    for name in names {
        let mut body = signup("ada", ADA);
        body["name"] = json!(name);
        let answer = service.post("/signup", body).await;
        assert_eq!(told(&answer), broken("name", "format", detail), "{name:?}");
    }
    for name in [String::new(), "A".repeat(51)] {
        let mut body = signup("ada", ADA);
        body["name"] = json!(name);
        let answer = service.post("/signup", body).await;
        assert_eq!(told(&answer), broken("name", "length", "A name has 1 to 50 characters."), "{name:?}");
    }
    assert_eq!(service.proxy.take_calls(), []);
    assert_eq!(service.courier().keys().len(), 0);
}

/// Case 21: a username is what a path, a log and another person can tell from all others; on every call.
#[tokio::test(flavor = "multi_thread")]
async fn a_username_of_other_characters_is_refused_on_every_call() {
    let service = Service::start().await;
    let format = "A username consists of A-Z, a-z, 0-9 and . _ @ + -, without two dots in a row.";
    let length = "A username has 3 to 64 characters.";
    let long = "a".repeat(65);
    let cases = [
        ("ada#1", "format", format),
        ("ada/bob", "format", format),
        ("../ada", "format", format),
        ("ada..bob", "format", format),
        ("ada bob", "format", format),
        (" ada", "format", format),
        ("\u{430}lice", "format", format),
        ("ada\u{200b}", "format", format),
        ("ada\n", "format", format),
        ("ad", "length", length),
        ("", "length", length),
        (&long, "length", length),
    ];
    for (username, rule, detail) in cases {
        let calls = [
            ("/signup", signup(username, ADA)),
            ("/send", json!({ "username": username })),
            ("/resend", json!({ "username": username })),
            ("/verify", json!({ "username": username, "otp": "123456" })),
        ];
        for (path, body) in calls {
            let answer = service.post(path, body).await;
            assert_eq!(told(&answer), broken("username", rule, detail), "{path} {username:?}");
        }
    }
    assert_eq!(service.proxy.take_calls(), []);
    assert_eq!(service.courier().keys().len(), 0);
}
