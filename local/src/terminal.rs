//! The output of `local` on the terminal: where everything is, and each text as a phone would show it.

mod bubble;

use std::fmt::Write;

pub use bubble::bubble;
use bubble::plain;

/// The look of the text on the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Columns.
    pub width: usize,
    /// True when colours are wanted.
    pub colour: bool,
}

/// The addresses of everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// The base URL of the API.
    pub api: String,
    /// The URL of the DynamoDB in use.
    pub dynamodb: String,
    /// The base URL of the Courier in use.
    pub courier: String,
    /// The URL of the Secrets Manager stand-in.
    pub secrets: String,
}

/// The facts that a start has to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The calls, such as `POST /signup`.
    pub calls: Vec<String>,
    /// The addresses of everything.
    pub addresses: Addresses,
    /// The place where the items are kept.
    pub items: Items,
    /// True when texts go to a Courier that the developer named, and so perhaps to phones.
    pub texts_go_out: bool,
    /// True when the functions look at App Check tokens, and a stand-in gives them out.
    pub looks_at_apps: bool,
}

/// The place where the items are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Items {
    /// In memory.
    InMemory,
    /// In the file of this name.
    InFile(String),
    /// In a DynamoDB that the developer named.
    Elsewhere,
}

impl Style {
    /// Paints `text` with an ANSI style such as `1` (bold) or `36` (cyan).
    fn paint(self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// Formats the lines of a start; the last begins with `ready`.
#[must_use]
pub fn start(start: &Start, style: Style) -> String {
    let Addresses { api, dynamodb, courier, secrets } = &start.addresses;
    let mut lines = format!("{}\n\n", style.paint("1", "Countersign, on this machine"));
    let _ = writeln!(lines, "  page   {}\n", style.paint("4", &format!("{api}/")));
    for call in &start.calls {
        let (method, path) = call.split_once(' ').unwrap_or(("", call));
        let _ = writeln!(lines, "  {} {api}{path}", style.paint("36", method));
    }
    let items = match &start.items {
        Items::InMemory => "in memory, gone at the end (--data <FILE> keeps them)".to_owned(),
        Items::InFile(file) => format!("in {}", plain(file)),
        Items::Elsewhere => format!("in the DynamoDB at {dynamodb}"),
    };
    let texts = if start.texts_go_out {
        style.paint("1;33", &format!("really go out, through {courier}"))
    } else {
        format!("appear here, and at {courier}/inbox")
    };
    let sam = format!("functions under sam local find their secrets at {secrets}");
    let _ = write!(lines, "\n  items  {items}\n  texts  {texts}\n  sam    {sam}\n");
    if start.looks_at_apps {
        let _ = writeln!(lines, "  apps   bring a token of POST {api}/_local/app-check");
    }
    lines.push('\n');
    // Without colour: programs wait for this line too, and know it by its first word.
    let _ = writeln!(lines, "ready  api {api} · dynamodb {dynamodb} · courier {courier}");
    lines
}

#[cfg(test)]
mod tests;
