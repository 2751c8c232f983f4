//! The values of a settings file: lists, numbers, times and days.

use jiff::civil::Date;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};

/// One value, or several.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub(in crate::run::settings) enum List {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

impl List {
    /// Returns all values.
    pub(in crate::run::settings) fn to_vec(&self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one.clone()],
            Self::Several(several) => several.clone(),
        }
    }
}

/// A number, whole or not.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub(in crate::run::settings) enum Number {
    /// Whole.
    Whole(u32),
    /// Not whole.
    Broken(f64),
}

/// A date or time of TOML, or the same as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Toml(toml::value::Datetime),
    Text(String),
}

impl Written {
    fn into_text(self) -> String {
        match self {
            Self::Toml(moment) => moment.to_string(),
            Self::Text(text) => text,
        }
    }
}

/// A time with its zone.
#[derive(Debug, Serialize)]
pub(in crate::run::settings) struct Moment(String);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Written::deserialize(deserializer).map(Written::into_text).map(Self)
    }
}

impl JsonSchema for Moment {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Moment".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "A time with its zone (RFC 3339).", "type": "string", "format": "date-time" })
    }
}

/// A day.
#[derive(Debug, Clone, Copy)]
pub(in crate::run::settings) struct Day(pub(in crate::run::settings) Date);

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Written::deserialize(deserializer)?.into_text();
        let day = text.parse().map(Self);
        day.map_err(|_| {
            serde::de::Error::custom(format!("found `{text}`, expected a day such as 2027-03-01"))
        })
    }
}

impl JsonSchema for Day {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Day".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "A day.", "type": "string", "format": "date" })
    }
}
