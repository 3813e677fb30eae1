//! Expressions of DynamoDB, as far as the service has them: read, changed in every single way, and written again.

use std::fmt;

/// A change of an expression: in words, and what the expression is after it.
pub(super) type Changed<T> = (String, T);

/// Splits an expression into its words and signs.
pub(super) fn tokens(expression: &str) -> Vec<&str> {
    let is_word = |c: char| c.is_alphanumeric() || "_#:.".contains(c);
    let mut tokens = Vec::new();
    let mut rest = expression.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if is_word(first) {
            rest.find(|c| !is_word(c)).unwrap_or(rest.len())
        } else if ["<=", ">=", "<>"].iter().any(|sign| rest.starts_with(sign)) {
            2
        } else {
            first.len_utf8()
        };
        tokens.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    tokens
}

/// The expression with another placeholder in the place of `old`.
pub(super) fn renamed(expression: &str, old: &str, new: &str) -> String {
    let words: Vec<_> =
        tokens(expression).into_iter().map(|token| if token == old { new } else { token }).collect();
    words.join(" ")
}

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    Any(Vec<Self>),
    All(Vec<Self>),
    /// `left sign right`.
    Compared(String, String, String),
    /// `left IN (…)`.
    In(String, Vec<String>),
    /// `attribute_exists(path)`, or whether it does not.
    Exists(bool, String),
}

impl Condition {
    /// Reads a condition.
    ///
    /// # Panics
    /// Where it has what no write of the service has: it is then to be taught here.
    pub(super) fn parse(expression: &str) -> Self {
        let mut reader = Reader { tokens: tokens(expression), at: 0 };
        let condition = reader.any();
        assert!(reader.peek().is_none(), "what follows {condition} in {expression}");
        condition
    }

    /// The condition that holds of the same items, and of all others too.
    pub(super) fn always(&self) -> Self {
        let path = self.path().to_owned();
        Self::Any(vec![Self::Exists(true, path.clone()), Self::Exists(false, path)])
    }

    /// Every condition that differs from this one in one place: a part is missing, or a comparison is turned.
    pub(super) fn changes(&self) -> Vec<Changed<Self>> {
        match self {
            Self::Any(parts) => of_parts(parts, Self::Any),
            Self::All(parts) => of_parts(parts, Self::All),
            Self::Compared(left, sign, right) => {
                let turned = Self::Compared(left.clone(), turned(sign).to_owned(), right.clone());
                vec![(format!("`{turned}`"), turned)]
            }
            Self::In(left, values) => {
                let without = |nth| Self::In(left.clone(), without(values, nth));
                (0..values.len()).map(|nth| (format!("`{}`", without(nth)), without(nth))).collect()
            }
            Self::Exists(exists, path) => {
                let turned = Self::Exists(!exists, path.clone());
                vec![(format!("`{turned}`"), turned)]
            }
        }
    }

    /// An attribute that it looks at.
    fn path(&self) -> &str {
        match self {
            Self::Any(parts) | Self::All(parts) => parts[0].path(),
            Self::Compared(path, ..) | Self::In(path, _) | Self::Exists(_, path) => path,
        }
    }
}

/// Every list without one of `parts`, and with one of them changed.
fn of_parts(parts: &[Condition], joined: impl Fn(Vec<Condition>) -> Condition) -> Vec<Changed<Condition>> {
    let mut changes = Vec::new();
    for (nth, part) in parts.iter().enumerate() {
        let mut rest = without(parts, nth);
        let rest = if rest.len() == 1 { rest.remove(0) } else { joined(rest) };
        changes.push((format!("without `{part}`"), rest));
        changes.extend(part.changes().into_iter().map(|(words, changed)| {
            let mut parts = parts.to_vec();
            parts[nth] = changed;
            (words, joined(parts))
        }));
    }
    changes
}

fn without<T: Clone>(parts: &[T], nth: usize) -> Vec<T> {
    let mut parts = parts.to_vec();
    parts.remove(nth);
    parts
}

/// The comparison that differs where both are equal; of two that are equal or not, the other.
fn turned(sign: &str) -> &'static str {
    match sign {
        "<" => "<=",
        "<=" => "<",
        ">" => ">=",
        ">=" => ">",
        "=" => "<>",
        "<>" => "=",
        _ => panic!("no comparison: {sign}"),
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let join = |parts: &[Self], word: &str| {
            let is_list = |part: &Self| matches!(part, Self::Any(_) | Self::All(_));
            let part = |part: &Self| if is_list(part) { format!("({part})") } else { part.to_string() };
            parts.iter().map(part).collect::<Vec<_>>().join(word)
        };
        match self {
            Self::Any(parts) => f.write_str(&join(parts, " OR ")),
            Self::All(parts) => f.write_str(&join(parts, " AND ")),
            Self::Compared(left, sign, right) => write!(f, "{left} {sign} {right}"),
            Self::In(left, values) => write!(f, "{left} IN ({})", values.join(", ")),
            Self::Exists(true, path) => write!(f, "attribute_exists({path})"),
            Self::Exists(false, path) => write!(f, "attribute_not_exists({path})"),
        }
    }
}

struct Reader<'a> {
    tokens: Vec<&'a str>,
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.tokens.get(self.at).copied()
    }

    fn next(&mut self) -> &'a str {
        self.at += 1;
        self.tokens.get(self.at - 1).expect("an expression that goes on")
    }

    fn takes(&mut self, token: &str) -> bool {
        let is_next = self.peek() == Some(token);
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, token: &str) {
        assert!(self.takes(token), "{token} is missing before {:?} in {:?}", self.peek(), self.tokens);
    }

    fn any(&mut self) -> Condition {
        self.list("OR", Self::all, Condition::Any)
    }

    fn all(&mut self) -> Condition {
        self.list("AND", Self::test, Condition::All)
    }

    fn list(
        &mut self,
        word: &str,
        part: fn(&mut Self) -> Condition,
        joined: fn(Vec<Condition>) -> Condition,
    ) -> Condition {
        let mut parts = vec![part(self)];
        while self.takes(word) {
            parts.push(part(self));
        }
        if parts.len() == 1 { parts.remove(0) } else { joined(parts) }
    }

    fn test(&mut self) -> Condition {
        if self.takes("(") {
            let condition = self.any();
            self.expect(")");
            return condition;
        }
        let left = self.next();
        if let Some(exists) =
            ["attribute_not_exists", "attribute_exists"].iter().position(|word| *word == left)
        {
            self.expect("(");
            let path = self.next().to_owned();
            self.expect(")");
            return Condition::Exists(exists == 1, path);
        }
        if self.takes("IN") {
            self.expect("(");
            let mut values = vec![self.next().to_owned()];
            while self.takes(",") {
                values.push(self.next().to_owned());
            }
            self.expect(")");
            return Condition::In(left.to_owned(), values);
        }
        let sign = self.next();
        turned(sign);
        Condition::Compared(left.to_owned(), sign.to_owned(), self.next().to_owned())
    }
}

/// An update: the word of each clause, and its actions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Update(Vec<(String, Vec<String>)>);

impl Update {
    const CLAUSES: [&'static str; 4] = ["SET", "ADD", "REMOVE", "DELETE"];

    /// Reads an update.
    pub(super) fn parse(expression: &str) -> Self {
        let mut clauses: Vec<(String, Vec<String>)> = Vec::new();
        let mut depth = 0_usize;
        for token in tokens(expression) {
            if Self::CLAUSES.contains(&token) {
                clauses.push((token.to_owned(), vec![String::new()]));
                continue;
            }
            let (_, actions) = clauses.last_mut().expect("a clause");
            match token {
                "(" => depth += 1,
                ")" => depth -= 1,
                _ => {}
            }
            if token == "," && depth == 0 {
                actions.push(String::new());
                continue;
            }
            let action = actions.last_mut().expect("an action");
            let is_close = [")", "(", ","].contains(&token) || action.ends_with('(');
            if !action.is_empty() && !is_close {
                action.push(' ');
            }
            action.push_str(token);
        }
        Self(clauses)
    }

    /// Every update that differs from this one in one place: an action is missing, or overwrites what it should leave.
    pub(super) fn changes(&self) -> Vec<Changed<Self>> {
        let mut changes = Vec::new();
        for (nth, (word, actions)) in self.0.iter().enumerate() {
            for (mth, action) in actions.iter().enumerate() {
                let mut update = self.clone();
                update.0[nth].1.remove(mth);
                update.0.retain(|(_, actions)| !actions.is_empty());
                changes.push((format!("without `{word} {action}`"), update));
                if let Some((path, value)) = action.split_once("= if_not_exists(") {
                    let (_, value) = value.split_once(',').expect("two operands");
                    let overwrites = format!("{path}= {}", value.trim_end_matches(')').trim());
                    let mut update = self.clone();
                    update.0[nth].1[mth].clone_from(&overwrites);
                    changes.push((format!("`{word} {overwrites}`"), update));
                }
            }
        }
        changes
    }

    /// Whether it does nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Update {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clause = |(word, actions): &(String, Vec<String>)| format!("{word} {}", actions.join(", "));
        f.write_str(&self.0.iter().map(clause).collect::<Vec<_>>().join(" "))
    }
}
