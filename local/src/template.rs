//! `template.yaml`, the one description of the deployed system: its routes, tables and settings.

mod cors;
mod value;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_norway::{Mapping, Value};

use value::{Parameter, Scope, number, text};

pub use cors::Cors;

/// The template of this repository, as it was when `local` was built.
const TEMPLATE: &str = include_str!("../../template.yaml");

/// The timeout that Lambda assumes where a template is silent, in seconds.
const DEFAULT_TIMEOUT: u64 = 3;
const DEFAULT_MEMORY: u64 = 128;

/// The functions and tables that `template.yaml` describes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// The functions, in the template's order.
    pub functions: Vec<Function>,
    /// The tables, in the template's order.
    pub tables: Vec<Table>,
    /// What the pages of an origin may do that is allowed to call the API.
    pub cors: Option<Cors>,
}

/// A Lambda function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name in the template, such as `SignupFunction`.
    pub name: String,
    /// The binary that is deployed as it, such as `signup`.
    pub binary: String,
    /// The calls that reach it.
    pub routes: Vec<Route>,
    /// Its environment. What is not in here, it does not get.
    pub settings: BTreeMap<String, Setting>,
    /// The longest that a call may take.
    pub timeout: Duration,
    /// Its memory in MiB.
    pub memory: u64,
}

/// A call of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The HTTP method, in upper case.
    pub method: String,
    /// The path, beginning with a slash.
    pub path: String,
}

/// The value that a deployment with nothing but defaults gives a function for a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// This value.
    Value(String),
    /// Nothing: the setting is optional.
    Optional,
    /// Nothing yet: whoever deploys must say.
    Required,
    /// A value that only AWS knows, such as the ARN of a secret.
    Deployed,
}

/// A DynamoDB table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name in the template, such as `UsersTable`.
    pub logical_name: String,
    /// Its one key attribute.
    pub key: String,
    /// The type of the key, as DynamoDB names it: `S`, `N` or `B`.
    pub key_type: String,
    /// The attribute by which items expire.
    pub ttl: String,
}

impl Table {
    /// Returns the table's name on this machine, where `template.yaml` leaves naming to AWS.
    #[must_use]
    pub fn name(&self) -> String {
        local_table_name(&self.logical_name)
    }
}

/// Returns the local name of a table: `UsersTable` is `users`.
fn local_table_name(logical_name: &str) -> String {
    logical_name.strip_suffix("Table").unwrap_or(logical_name).to_lowercase()
}

/// The reason why a template cannot be run here.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is not YAML, or not of a template's form.
    #[error("template.yaml cannot be read: {0}")]
    Yaml(#[from] serde_norway::Error),
    /// A part of a resource is missing, or of a kind that only AWS can resolve.
    #[error("template.yaml: {place} {fault}")]
    Part {
        /// The place: logical name and path below it.
        place: String,
        /// The fault there.
        fault: String,
    },
}

impl Error {
    fn part(place: impl Into<String>, fault: impl Into<String>) -> Self {
        Self::Part { place: place.into(), fault: fault.into() }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    #[serde(default)]
    parameters: BTreeMap<String, Parameter>,
    #[serde(default)]
    conditions: BTreeMap<String, Value>,
    #[serde(default)]
    globals: Value,
    /// A mapping keeps the order in which the template tells the story.
    resources: Mapping,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Resource {
    r#type: String,
    #[serde(default)]
    properties: Value,
    #[serde(default)]
    metadata: Value,
}

impl Template {
    /// Parses the template of this repository.
    ///
    /// # Errors
    ///
    /// When it describes something that this reader does not understand; a test of ours says that it does not.
    pub fn of_this_repository() -> Result<Self, Error> {
        Self::parse(TEMPLATE)
    }

    /// Parses a SAM template.
    ///
    /// # Errors
    ///
    /// Names the first part that is missing or not understood.
    pub fn parse(yaml: &str) -> Result<Self, Error> {
        let document: Document = serde_norway::from_str(yaml)?;
        let mut resources = Vec::new();
        for (name, resource) in document.resources {
            let name: String = serde_norway::from_value(name)?;
            resources.push((name, serde_norway::from_value::<Resource>(resource)?));
        }
        let of_type = |wanted| resources.iter().filter(move |(_, resource)| resource.r#type == wanted);
        let tables = of_type("AWS::DynamoDB::Table")
            .map(|(name, resource)| table(name, &resource.properties))
            .collect::<Result<Vec<_>, _>>()?;
        let scope = Scope {
            parameters: &document.parameters,
            conditions: &document.conditions,
            tables: tables.iter().map(|table| (table.logical_name.clone(), table.name())).collect(),
            resources: resources.iter().map(|(name, _)| name.clone()).collect(),
        };
        let functions = of_type("AWS::Serverless::Function")
            .map(|(name, resource)| function(name, resource, &document.globals["Function"], &scope))
            .collect::<Result<Vec<_>, _>>()?;
        let mut apis = of_type("AWS::Serverless::HttpApi");
        let cors = match apis.next() {
            Some((name, api)) => Cors::read(name, &api.properties)?,
            None => None,
        };
        Ok(Self { functions, tables, cors })
    }

    /// Returns every setting that some function has.
    ///
    /// One that several functions share is described by one parameter, so it is the same for all of them.
    #[must_use]
    pub fn settings(&self) -> BTreeMap<String, Setting> {
        self.functions.iter().flat_map(|function| function.settings.clone()).collect()
    }
}

fn function(name: &str, resource: &Resource, globals: &Value, scope: &Scope) -> Result<Function, Error> {
    let properties = &resource.properties;
    let binary = text(&resource.metadata["BuildProperties"]["Binary"])
        .ok_or_else(|| Error::part(name, "has no Metadata.BuildProperties.Binary"))?;
    let number_or = |key, default| {
        let own = [&properties[key], &globals[key]].into_iter().find(|value| !value.is_null());
        own.map_or(Ok(default), |value| {
            number(value).ok_or_else(|| Error::part(format!("{name}.{key}"), "is not a whole number"))
        })
    };
    let mut settings = BTreeMap::new();
    for variables in [globals, properties].map(|part| &part["Environment"]["Variables"]) {
        for (key, value) in variables.as_mapping().into_iter().flatten() {
            let key = text(key).ok_or_else(|| Error::part(name, "has a setting whose name is not a text"))?;
            let value = scope.setting(value).map_err(|fault| Error::part(format!("{name}.{key}"), fault))?;
            settings.insert(key, value);
        }
    }
    Ok(Function {
        name: name.to_owned(),
        binary,
        routes: routes(name, &properties["Events"])?,
        settings,
        timeout: Duration::from_secs(number_or("Timeout", DEFAULT_TIMEOUT)?),
        memory: number_or("MemorySize", DEFAULT_MEMORY)?,
    })
}

fn routes(name: &str, events: &Value) -> Result<Vec<Route>, Error> {
    let events = events.as_mapping().into_iter().flatten();
    let calls = events.filter(|(_, event)| event["Type"].as_str() == Some("HttpApi"));
    calls
        .map(|(event_name, event)| {
            let place = || format!("{name}.Events.{}", text(event_name).unwrap_or_default());
            let part = |key: &str| {
                text(&event["Properties"][key]).ok_or_else(|| Error::part(place(), format!("has no {key}")))
            };
            let version = part("PayloadFormatVersion")?;
            if version != "2.0" {
                return Err(Error::part(place(), format!("has payloads of version {version}, not 2.0")));
            }
            Ok(Route { method: part("Method")?.to_uppercase(), path: part("Path")? })
        })
        .collect()
}

fn table(name: &str, properties: &Value) -> Result<Table, Error> {
    let part =
        |value: &Value, what: &str| text(value).ok_or_else(|| Error::part(name, format!("has no {what}")));
    if properties["KeySchema"].as_sequence().is_none_or(|keys| keys.len() != 1) {
        return Err(Error::part(name, "does not have exactly one key attribute"));
    }
    let key = part(&properties["KeySchema"][0]["AttributeName"], "KeySchema")?;
    let attributes = properties["AttributeDefinitions"].as_sequence().into_iter().flatten();
    let definition = attributes
        .into_iter()
        .find(|attribute| attribute["AttributeName"].as_str() == Some(&key))
        .ok_or_else(|| Error::part(name, format!("does not define its key {key}")))?;
    Ok(Table {
        logical_name: name.to_owned(),
        key_type: part(&definition["AttributeType"], "type of its key")?,
        ttl: part(&properties["TimeToLiveSpecification"]["AttributeName"], "TimeToLiveSpecification")?,
        key,
    })
}

#[cfg(test)]
mod tests;
