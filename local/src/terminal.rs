//! The output of `local` on the terminal: where everything is, and each text as a phone would show it.

use std::fmt::Write;

use textwrap::core::display_width;

use crate::courier::Text;

/// A bubble is no wider than this, however wide the terminal: a phone is not either.
const WIDEST: usize = 64;
/// Nor narrower, however narrow the terminal.
const NARROWEST: usize = 24;

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
    let _ = write!(lines, "\n  items  {items}\n  texts  {texts}\n  sam    {sam}\n\n");
    // Without colour: programs wait for this line too, and know it by its first word.
    let _ = writeln!(lines, "ready  api {api} · dynamodb {dynamodb} · courier {courier}");
    lines
}

/// Draws a text in a bubble, as wide as it needs to be.
///
/// What could move the cursor or hide something is shown as its escape: whoever signs up chooses a part of a text.
#[must_use]
pub fn bubble(text: &Text, style: Style) -> String {
    let widest = style.width.saturating_sub(6).clamp(NARROWEST, WIDEST);
    let lines: Vec<String> = text
        .text
        .split('\n')
        .flat_map(|line| {
            textwrap::wrap(&plain(line), widest).into_iter().map(String::from).collect::<Vec<_>>()
        })
        .collect();
    let to = plain(&text.to);
    let at = text.at.strftime("%H:%M:%S UTC").to_string();
    let heading = display_width(&to) + display_width(&at) + 7;
    let inner = lines.iter().map(|line| display_width(line)).max().unwrap_or_default().max(heading);
    let frame = |line: &str| style.paint("36", line);
    let rule = "─".repeat(inner - display_width(&to) - display_width(&at) - 4);
    let mut bubble = format!(
        "{}{}{}{}{}\n",
        frame("  ╭─ "),
        style.paint("1", &to),
        frame(&format!(" {rule} ")),
        style.paint("2", &at),
        frame(" ─╮"),
    );
    for line in lines {
        let padding = " ".repeat(inner - display_width(&line));
        let shown = match text.code() {
            Some(code) if !code.is_empty() => line.replace(code, &style.paint("1;32", code)),
            _ => line,
        };
        let _ = writeln!(bubble, "{} {shown}{padding} {}", frame("  │"), frame("│"));
    }
    let _ = writeln!(bubble, "{}", frame(&format!("  ╰─╮╭{}╯", "─".repeat(inner - 1))));
    let _ = writeln!(bubble, "{}", frame("    ╰╯"));
    bubble
}

/// Returns `text` with everything that is not plainly visible shown as its escape.
fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        // Direction marks and zero-width characters are no controls to Unicode, but hide or turn what follows.
        let unseen = matches!(
            character,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{061c}'
        );
        if character.is_control() || unseen {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests;
