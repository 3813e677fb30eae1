//! The refusal of a request's field.

use std::borrow::Cow;

/// The rule that a field breaks, as its `code` in an answer's `errors`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The field is missing.
    Required,
    /// The field is not a string.
    Type,
    /// No such field exists in this call.
    Unknown,
    /// The text is not of the field's form.
    Format,
    /// The text is too short or too long.
    Length,
    /// The number belongs to a line that cannot receive our texts, or must not.
    LineType,
    /// The number lies in a region that the deployment does not allow.
    Region,
    /// The password is too easy to guess.
    Common,
}

impl Rule {
    /// Returns the rule's name on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Type => "type",
            Self::Unknown => "unknown",
            Self::Format => "format",
            Self::Length => "length",
            Self::LineType => "line_type",
            Self::Region => "region",
            Self::Common => "common",
        }
    }
}

/// A rule that was broken, and what to do about it in a sentence for people.
///
/// The sentence speaks of the rule and never repeats the value, which may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The rule.
    pub rule: Rule,
    /// The sentence for people.
    pub detail: Cow<'static, str>,
}

impl Violation {
    /// Returns a broken `rule`, explained by `detail`.
    #[must_use]
    pub fn new(rule: Rule, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { rule, detail: detail.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_has_the_name_that_apps_know() {
        let rules = [
            Rule::Required,
            Rule::Type,
            Rule::Unknown,
            Rule::Format,
            Rule::Length,
            Rule::LineType,
            Rule::Region,
            Rule::Common,
        ];
        assert_eq!(
            rules.map(Rule::code),
            ["required", "type", "unknown", "format", "length", "line_type", "region", "common"]
        );
    }
}
