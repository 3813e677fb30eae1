//! "Origin-bound one-time codes delivered via SMS" (WICG), <https://wicg.github.io/sms-one-time-codes/>: what iOS and
//! browsers with `WebOTP` read.

/// An origin-bound one-time code (§2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginBoundCode {
    /// The host of the top-level origin.
    pub host: String,
    /// The host of the embedded origin, if there is one.
    pub embedded_host: Option<String>,
    /// The code.
    pub code: String,
}

/// Parses an origin-bound one-time code message (§3.2), step by step.
#[must_use]
pub fn origin_bound_code(message: &str) -> Option<OriginBoundCode> {
    let mut line = Line { code_points: last_line(message), position: 0 };
    let host = line.marked_token('@')?;
    // The host is one that an origin can have: a URL with it names the same.
    let url = reqwest::Url::parse(&format!("https://{host}/")).ok()?;
    if url.host_str() != Some(host.as_str()) || url.port().is_some() || !url.username().is_empty() {
        return None;
    }
    line.space()?;
    let code = line.marked_token('#')?;
    let embedded_host = line.space().and_then(|()| line.marked_token('%'));
    Some(OriginBoundCode { host, embedded_host, code })
}

/// The last line of a string whose newlines are normalised (Infra Standard §4.6).
fn last_line(message: &str) -> Vec<char> {
    let normalised = message.replace("\r\n", "\n").replace('\r', "\n");
    normalised.split('\n').next_back().unwrap_or_default().chars().collect()
}

struct Line {
    code_points: Vec<char>,
    position: usize,
}

impl Line {
    fn here(&self) -> Option<char> {
        self.code_points.get(self.position).copied()
    }

    /// Advances over exactly one U+0020.
    fn space(&mut self) -> Option<()> {
        (self.here()? == ' ').then(|| self.position += 1)
    }

    /// Extracts a marked token: after the marker all that is no ASCII whitespace, and at least one code point.
    fn marked_token(&mut self, marker: char) -> Option<String> {
        if self.here()? != marker {
            return None;
        }
        self.position += 1;
        let is_whitespace = |c: char| matches!(c, '\t' | '\n' | '\u{c}' | '\r' | ' ');
        let token: String =
            self.code_points[self.position..].iter().take_while(|c| !is_whitespace(**c)).collect();
        self.position += token.chars().count();
        (!token.is_empty()).then_some(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the specification.
    #[test]
    fn the_examples_are_read_as_they_say() {
        let code = |embedded_host: Option<&str>| {
            Some(OriginBoundCode {
                host: "example.com".to_owned(),
                embedded_host: embedded_host.map(str::to_owned),
                code: "747723".to_owned(),
            })
        };
        for (message, expected) in [
            ("747723 is your ExampleCo authentication code.\n\n@example.com #747723", code(None)),
            (
                "747723 is your ExampleCo authentication code.\n\n@example.com #747723 %ecommerce.example",
                code(Some("ecommerce.example")),
            ),
            ("@example.com #747723 %ecommerce.example $future", code(Some("ecommerce.example"))),
            ("something @example.com #747723", None),
            ("#747723 %ecommerce.example @example.com", None),
            ("@example.com code #747723", None),
            ("@example.com  #747723", None),
            ("@example.com #747723\n", None),
            ("@example.com #747723\r\nmore", None),
            ("more\r@example.com #747723", code(None)),
            ("@example.com #", None),
            ("@ #747723", None),
            ("@example.com", None),
            ("\u{2066}@example.com #747723\u{2069}", None),
            ("@exa mple.com #747723", None),
            ("@Example.com #747723", None),
            ("", None),
        ] {
            assert_eq!(origin_bound_code(message), expected, "{message:?}");
        }
    }
}
