//! The JSON of a list of record sets.

use serde::Deserialize;

/// The whole output, or the bare array of its sets.
enum Document {
    Bare(Vec<Set>),
    Whole(Whole),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Whole {
    resource_record_sets: Vec<Set>,
    #[serde(default)]
    is_truncated: bool,
    next_token: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Set {
    pub(super) name: String,
    pub(super) r#type: String,
    #[serde(rename = "TTL")]
    pub(super) ttl: Option<u32>,
    #[serde(default)]
    pub(super) resource_records: Vec<Value>,
    pub(super) alias_target: Option<AliasTarget>,
    pub(super) set_identifier: Option<String>,
    #[serde(default)]
    pub(super) multi_value_answer: bool,
    pub(super) traffic_policy_instance_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Value {
    pub(super) value: String,
}

#[derive(Deserialize)]
pub(super) struct AliasTarget {
    #[serde(rename = "DNSName")]
    pub(super) name: String,
}

/// The reason why a text is not a whole list.
#[derive(Debug, thiserror::Error)]
pub(super) enum DocumentError {
    #[error(
        "found JSON without `ResourceRecordSets`; expected a zone file, or the output of \
         `aws route53 list-resource-record-sets`"
    )]
    NoSets,
    #[error("not JSON: {0}")]
    NotJson(serde_json::Error),
    #[error(transparent)]
    Data(serde_json::Error),
    #[error(
        "the list is incomplete, so missing records cannot be distinguished from records that do not \
         exist; run `aws route53 list-resource-record-sets` without `--max-items` and `--no-paginate`"
    )]
    Incomplete,
}

impl From<serde_json::Error> for DocumentError {
    fn from(error: serde_json::Error) -> Self {
        match error.classify() {
            serde_json::error::Category::Data => Self::Data(error),
            serde_json::error::Category::Io
            | serde_json::error::Category::Syntax
            | serde_json::error::Category::Eof => Self::NotJson(error),
        }
    }
}

/// Returns the sets of a document, and the path to them.
pub(super) fn sets(text: &str) -> Result<(Vec<Set>, &'static str), DocumentError> {
    if !text.contains("\"ResourceRecordSets\"") && !text.trim_start().starts_with('[') {
        return Err(DocumentError::NoSets);
    }
    let document = match text.trim_start().starts_with('[') {
        true => Document::Bare(serde_json::from_str(text)?),
        false => Document::Whole(serde_json::from_str(text)?),
    };
    match document {
        Document::Bare(sets) => Ok((sets, "$")),
        Document::Whole(whole) if whole.is_truncated || whole.next_token.is_some() => {
            Err(DocumentError::Incomplete)
        }
        Document::Whole(whole) => Ok((whole.resource_record_sets, "$.ResourceRecordSets")),
    }
}
