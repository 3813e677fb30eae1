//! A text in a bubble, in whatever script it is.

use std::fmt::Write;

use textwrap::core::display_width;
use unicode_bidi::{Direction, get_base_direction};

use super::Style;
use crate::courier::Text;

/// A bubble is no wider than this, however wide the terminal: a phone is not either.
const WIDEST: usize = 64;
/// Nor narrower, however narrow the terminal.
const NARROWEST: usize = 24;

/// The isolates that open and close a stretch read from right to left (UAX #9 §2.4), so that the frame around it stays.
const RIGHT_TO_LEFT: char = '\u{2067}';
const CLOSED: char = '\u{2069}';

/// A line of a bubble.
struct Line {
    words: String,
    right_to_left: bool,
}

/// Draws a text in a bubble, as wide as it needs to be.
///
/// What could move the cursor or hide something is shown as its escape: whoever signs up chooses a part of a text. Isolates
/// of text with another direction are kept, where each ends in its own line.
#[must_use]
pub fn bubble(text: &Text, style: Style) -> String {
    let widest = style.width.saturating_sub(6).clamp(NARROWEST, WIDEST);
    let lines: Vec<Line> = text.text.split('\n').flat_map(|line| wrapped(line, widest)).collect();
    let to = plain(&text.to);
    let at = text.at.strftime("%H:%M:%S UTC").to_string();
    let heading = display_width(&to) + display_width(&at) + 7;
    let inner = lines.iter().map(|line| display_width(&line.words)).max().unwrap_or_default().max(heading);
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
    for Line { words, right_to_left } in lines {
        let padding = " ".repeat(inner - display_width(&words));
        let words = match text.code() {
            Some(code) if !code.is_empty() => words.replace(code, &style.paint("1;32", code)),
            _ => words,
        };
        let shown =
            if right_to_left { format!("{padding}{RIGHT_TO_LEFT}{words}{CLOSED}") } else { words + &padding };
        let _ = writeln!(bubble, "{} {shown} {}", frame("  │"), frame("│"));
    }
    let _ = writeln!(bubble, "{}", frame(&format!("  ╰─╮╭{}╯", "─".repeat(inner - 1))));
    let _ = writeln!(bubble, "{}", frame("    ╰╯"));
    bubble
}

/// Breaks a line of a text into lines of at most `widest` columns, each in the direction of the whole.
fn wrapped(line: &str, widest: usize) -> Vec<Line> {
    let right_to_left = get_base_direction(line) == Direction::Rtl;
    let shown = visible(line, is_closed(line));
    let broken = textwrap::wrap(&shown, widest).into_iter().map(String::from);
    let lines = broken.map(|mut words| {
        // A break inside of an isolate opens it in one line and closes it in another.
        if !is_closed(&words) {
            words.retain(|character| !is_isolate(character));
        }
        Line { words, right_to_left }
    });
    lines.collect()
}

/// Returns `text` with everything that is not plainly visible shown as its escape.
pub(super) fn plain(text: &str) -> String {
    visible(text, false)
}

fn visible(text: &str, with_isolates: bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        // Direction marks and zero-width characters are no controls to Unicode, but hide or turn what follows.
        let unseen = matches!(
            character,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{061c}'
        );
        if (character.is_control() || unseen) && !(with_isolates && is_isolate(character)) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

fn is_isolate(character: char) -> bool {
    matches!(character, '\u{2066}'..='\u{2069}')
}

/// Returns whether each isolate of `line` ends in it, and nothing ends that has not begun.
fn is_closed(line: &str) -> bool {
    let step = |open: usize, character| match character {
        '\u{2066}'..='\u{2068}' => Some(open + 1),
        '\u{2069}' => open.checked_sub(1),
        _ => Some(open),
    };
    line.chars().try_fold(0, step) == Some(0)
}
