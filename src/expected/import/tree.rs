//! Imports JSON lists from Microsoft Graph and PowerShell.
//!
//! Property names are case-insensitive, and properties in `AdditionalProperties` count too. A record may be alone, in
//! an array, or below `value`; one array may contain several such responses.

use serde_json::{Map, Value};

use super::Raw;

/// The highest nesting depth of lists.
const DEEPEST: usize = 8;

/// The content of a document.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) records: Vec<Raw>,
    /// The records that Microsoft could not provide: each with its position, its purpose and the reason.
    pub(super) unavailable: Vec<(String, String, String)>,
}

/// A position and its problem.
type Fault = (String, String);

pub(super) fn read(text: &str) -> Result<Tree, Fault> {
    let value: Value = serde_json::from_str(text)
        .map_err(|error| (format!("line {}", error.line()), format!("not JSON: {error}")))?;
    let mut tree = Tree::default();
    tree.walk(&value, "$", 0)?;
    Ok(tree)
}

impl Tree {
    fn walk(&mut self, value: &Value, path: &str, depth: usize) -> Result<(), Fault> {
        if depth > DEEPEST {
            return Err((path.into(), format!("lists are nested more than {DEEPEST} deep")));
        }
        match value {
            Value::Array(list) => {
                for (index, value) in list.iter().enumerate() {
                    self.walk(value, &format!("{path}[{index}]"), depth + 1)?;
                }
                Ok(())
            }
            Value::Object(object) => self.object(object, path, depth),
            _ => Err((path.into(), "expected a record, or a list of records".into())),
        }
    }

    fn object(&mut self, object: &Map<String, Value>, path: &str, depth: usize) -> Result<(), Fault> {
        if let Some(error) = property(object, "error").and_then(Value::as_object) {
            let message = property(error, "message").and_then(Value::as_str).unwrap_or("no message");
            return Err((
                path.into(),
                format!(
                    "found an error of Microsoft Graph instead of a list: \
                {message}"
                ),
            ));
        }
        if property(object, "selector1cname").is_some() || property(object, "selector2cname").is_some() {
            return self.signing(object, path);
        }
        if let Some(list) = property(object, "value").filter(|value| value.is_array()) {
            return self.walk(list, &format!("{path}.value"), depth + 1);
        }
        if property(object, "label").is_none() {
            let reason = "expected a record with `label`, a list below `value`, or a signing configuration";
            return Err((path.into(), reason.into()));
        }
        let kind = kind(object);
        if kind == "unavailable" {
            let description =
                text(object, "description").unwrap_or_else(|| "Microsoft gives no reason".into());
            let label = text(object, "label").unwrap_or_default();
            self.unavailable.push((path.into(), label, description));
            return Ok(());
        }
        self.records.push(record(object, &kind, path)?);
        Ok(())
    }

    /// Reads the output of `Get-DkimSigningConfig`: the targets of both selectors.
    fn signing(&mut self, object: &Map<String, Value>, path: &str) -> Result<(), Fault> {
        let domain = text(object, "domain").or_else(|| text(object, "name"));
        let domain = domain
            .ok_or_else(|| (path.to_owned(), "the signing configuration has no `Domain`".to_owned()))?;
        for number in [1, 2] {
            let key = format!("selector{number}cname");
            if let Some(target) = text(object, &key).filter(|target| !target.is_empty()) {
                self.records.push(Raw {
                    place: format!("{path}.Selector{number}CNAME"),
                    host: format!("selector{number}._domainkey.{}.", domain.trim_end_matches('.')),
                    rtype: "CNAME".into(),
                    value: target,
                    is_full: true,
                    ..Raw::default()
                });
            }
        }
        Ok(())
    }
}

fn record(object: &Map<String, Value>, kind: &str, path: &str) -> Result<Raw, Fault> {
    let fault = |reason: String| (path.to_owned(), reason);
    let value = match kind {
        "mx" => "mailExchange",
        "txt" => "text",
        "cname" => "canonicalName",
        "srv" => "nameTarget",
        other => {
            return Err(fault(format!("found the record type `{other}`, expected CName, Mx, Srv or Txt")));
        }
    };
    let Some(value) = text(object, value) else {
        let hint = "the older Azure AD cmdlets omit the values; use Get-MgDomainServiceConfigurationRecord";
        return Err(fault(format!("the record has no `{value}`; {hint}")));
    };
    let small = |key: &str| -> Result<Option<u16>, Fault> {
        number(object, key)
            .map(|number| {
                u16::try_from(number).map_err(|_| fault(format!("`{key}` is {number}, expected 0 to 65535")))
            })
            .transpose()
    };
    Ok(Raw {
        place: path.into(),
        domain: None,
        host: text(object, "label").unwrap_or_default(),
        rtype: kind.into(),
        value,
        priority: small("priority")?.or(small("preference")?),
        weight: small("weight")?,
        port: small("port")?,
        service: text(object, "service"),
        protocol: text(object, "protocol"),
        ttl: number(object, "ttl").and_then(|ttl| u32::try_from(ttl).ok()),
        is_full: true,
    })
}

/// Returns `mx`, `txt`, `cname`, `srv`, `unavailable`, or the word of the list.
fn kind(object: &Map<String, Value>) -> String {
    let odata = text(object, "@odata.type").map(|text| text.to_ascii_lowercase());
    let odata = odata.as_deref().and_then(|text| {
        text.rsplit('.').next()?.strip_prefix("domaindns")?.strip_suffix("record").map(str::to_owned)
    });
    odata.or_else(|| text(object, "recordtype").map(|text| text.to_ascii_lowercase())).unwrap_or_default()
}

/// Returns a property, whatever its case, also from `AdditionalProperties` of PowerShell.
fn property<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    let find = |object: &'a Map<String, Value>| {
        object.iter().find(|(known, _)| known.eq_ignore_ascii_case(key)).map(|(_, value)| value)
    };
    find(object).or_else(|| {
        let more = object.iter().find(|(known, _)| known.eq_ignore_ascii_case("AdditionalProperties"));
        more.and_then(|(_, more)| more.as_object()).and_then(find)
    })
}

fn text(object: &Map<String, Value>, key: &str) -> Option<String> {
    property(object, key).and_then(Value::as_str).map(|text| text.trim().to_owned())
}

/// Returns a number, also one that is written as a string.
fn number(object: &Map<String, Value>, key: &str) -> Option<u64> {
    let value = property(object, key)?;
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}
