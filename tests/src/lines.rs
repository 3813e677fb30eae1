//! What a function writes to its standard output, line by line: a request's, an event's, metrics, or a warning.

use std::collections::BTreeSet;

use serde_json::Value;

/// The lines of one process, each kind in its order.
#[derive(Debug, Default)]
pub struct Lines {
    /// One for each request.
    pub requests: Vec<Value>,
    /// One for each change of state.
    pub events: Vec<Value>,
    /// Documents of the Embedded Metric Format.
    pub metrics: Vec<Value>,
    /// The rest.
    pub others: Vec<Value>,
}

impl Lines {
    /// Sorts the lines of `output`.
    ///
    /// # Panics
    /// When one is no JSON object, or is neither a line of the log nor metrics.
    #[must_use]
    pub fn of(output: &str) -> Self {
        let mut lines = Self::default();
        for line in output.lines() {
            let value: Value =
                serde_json::from_str(line).unwrap_or_else(|error| panic!("no JSON ({error}): {line}"));
            let kind = if value.get("_aws").is_some() {
                assert!(value.get("level").is_none(), "{line}");
                &mut lines.metrics
            } else {
                assert!(value["level"].is_string(), "{line}");
                // Without one in this form Lambda takes every line for INFO.
                let timestamp = value["timestamp"].as_str().map(str::parse::<jiff::Timestamp>);
                assert!(timestamp.is_some_and(|parsed| parsed.is_ok()), "{line}");
                match (value.get("route"), value.get("event")) {
                    (Some(_), None) => &mut lines.requests,
                    (None, Some(_)) => &mut lines.events,
                    _ => &mut lines.others,
                }
            };
            kind.push(value);
        }
        lines
    }

    /// The sum of a metric, with the value of its one dimension if it has one.
    ///
    /// # Panics
    /// When it is no number.
    #[must_use]
    pub fn sum(&self, metric: &str, dimension: Option<(&str, &str)>) -> u64 {
        let of = |document: &&Value| dimension.is_none_or(|(name, value)| document[name] == value);
        let values = self.metrics.iter().filter(of).filter_map(|document| document.get(metric));
        values.map(|value| value.as_u64().expect("a count")).sum()
    }
}

/// The names of the members of a line.
///
/// # Panics
/// When it is no object.
#[must_use]
pub fn members(line: &Value) -> BTreeSet<&str> {
    line.as_object().expect("an object").keys().map(String::as_str).collect()
}
