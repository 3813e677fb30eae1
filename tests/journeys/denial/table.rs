//! The figures.

use std::fmt::Write as _;

use super::Costs;

/// An attack, and what it costs whoever makes it.
pub(super) struct Denial {
    /// What it comes to.
    pub(super) attack: &'static str,
    /// What one must know or have for it.
    needs: &'static str,
    pub(super) costs: Costs,
    /// What is left to those whom it hits.
    left: &'static str,
}

/// Every attack, with the default settings.
pub(super) const DENIALS: &[Denial] = &[
    Denial {
        attack: "A code of the owner's is used up",
        needs: "the username",
        costs: Costs { requests: 5, texts: 0, seconds: 0 },
        left: "another code, after the cooldown",
    },
    Denial {
        attack: "A VERIFIED user is sent no code for an hour",
        needs: "the username",
        costs: Costs { requests: 30, texts: 5, seconds: 450 },
        left: "codes, an hour after the first of the five",
    },
    Denial {
        attack: "A VERIFIED user is sent no code until midnight (UTC)",
        needs: "the username",
        costs: Costs { requests: 60, texts: 10, seconds: 4_560 },
        left: "codes, the next day",
    },
    Denial {
        attack: "A VERIFIED user waits 8 h 32 min for each code",
        needs: "the username",
        costs: Costs { requests: 90, texts: 15, seconds: 36_000 },
        left: "one right code ends it",
    },
    Denial {
        attack: "A VERIFIED name is locked",
        needs: "the username",
        costs: Costs { requests: 120, texts: 20, seconds: 387_360 },
        left: "one right code before that ends it; after it, an operator",
    },
    Denial {
        attack: "A phone cannot sign up until midnight (UTC)",
        needs: "the number",
        costs: Costs { requests: 5, texts: 5, seconds: 0 },
        left: "its VERIFIED users are sent codes",
    },
    Denial {
        attack: "Nobody of a region can sign up until midnight (UTC)",
        needs: "42 of its numbers, 3 addresses",
        costs: Costs { requests: 208, texts: 208, seconds: 0 },
        left: "other regions; VERIFIED users are sent codes",
    },
    Denial {
        attack: "Nobody can sign up until midnight (UTC)",
        needs: "84 numbers of two regions, 5 addresses",
        costs: Costs { requests: 416, texts: 416, seconds: 0 },
        left: "VERIFIED users are sent codes",
    },
    Denial {
        attack: "No VERIFIED user is sent a code until midnight (UTC)",
        needs: "42 VERIFIED names, no two on one phone; 3 addresses",
        costs: Costs { requests: 416, texts: 416, seconds: 4_290 },
        left: "signups; the codes that were sent can be typed",
    },
    Denial {
        attack: "Nobody behind an address is sent a code for an hour of the clock",
        needs: "to share it",
        costs: Costs { requests: 100, texts: 0, seconds: 0 },
        left: "the codes that were sent can be typed",
    },
    Denial {
        attack: "A PENDING user is replaced, and its name contested",
        needs: "the username, any number",
        costs: Costs { requests: 1, texts: 1, seconds: 0 },
        left: "another signup, and its `otpId`",
    },
    Denial {
        attack: "A person is replaced each time, and cannot sign up again until midnight (UTC)",
        needs: "the username, any number",
        costs: Costs { requests: 5, texts: 5, seconds: 0 },
        left: "whoever types the code before the next signup is VERIFIED",
    },
];

/// Seconds as people say them.
fn time(seconds: u64) -> String {
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3_600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let said: Vec<_> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count} {unit}")).collect();
    if said.is_empty() { "at once".to_owned() } else { said.join(" ") }
}

/// The threat model's table.
pub(super) fn markdown() -> String {
    let mut text = String::from(
        "| what can be done to others | needs | requests | texts | takes | what is left to them |\n\
         | --- | --- | --: | --: | --: | --- |\n",
    );
    for Denial { attack, needs, costs, left } in DENIALS {
        let Costs { requests, texts, seconds } = *costs;
        let takes = time(seconds);
        writeln!(text, "| {attack} | {needs} | {requests} | {texts} | {takes} | {left} |")
            .expect("a string takes all");
    }
    text
}
