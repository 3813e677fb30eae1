//! What the pages of another origin may do, once whoever deploys allows them one.

use serde_norway::Value;

use super::Error;
use super::value::{number, text};

/// The CORS configuration of the API, but for the origin: that is a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cors {
    /// The methods that pages may use, with commas between them.
    pub methods: String,
    /// The headers that they may send.
    pub headers: String,
    /// The headers that they may read, besides those that every page may.
    pub exposed: String,
    /// The seconds for which a browser remembers all this.
    pub max_age: u64,
}

impl Cors {
    /// Reads the `CorsConfiguration` of an API: the one that it has if the condition before it is met.
    pub(super) fn read(name: &str, properties: &Value) -> Result<Option<Self>, Error> {
        let given = match &properties["CorsConfiguration"] {
            Value::Null => return Ok(None),
            Value::Tagged(tagged) if tagged.tag == "If" => &tagged.value[1],
            given => given,
        };
        let fault = |key: &str| Error::part(format!("{name}.CorsConfiguration.{key}"), "is missing");
        let list = |key: &str| {
            let parts: Option<Vec<_>> =
                given[key].as_sequence().map(|parts| parts.iter().filter_map(text).collect());
            parts.map(|parts| parts.join(",")).ok_or_else(|| fault(key))
        };
        Ok(Some(Self {
            methods: list("AllowMethods")?,
            headers: list("AllowHeaders")?,
            exposed: list("ExposeHeaders")?,
            max_age: number(&given["MaxAge"]).ok_or_else(|| fault("MaxAge"))?,
        }))
    }
}
