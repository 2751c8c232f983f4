//! Writes resources for Terraform and OpenTofu, in the schema of the DNS host's provider.

use std::fmt::Write as _;
use std::str::FromStr;

use crate::record::{
    MAX_CHARACTER_STRING, Name, RecordData, RecordType, UnknownWord, acts, opens_command, value_of_word,
};

use super::{Change, Sheet, plain, refused};
use crate::plan::rollback;

/// The DNS host whose resources are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DnsHost {
    /// `azurerm_dns_*_record`.
    Azure,
    /// `aws_route53_record`.
    Route53,
    /// `cloudflare_dns_record`.
    Cloudflare,
}

impl DnsHost {
    /// All DNS hosts.
    pub const ALL: [Self; 3] = [Self::Azure, Self::Route53, Self::Cloudflare];

    /// Returns the word on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Azure => "azure",
            Self::Route53 => "route53",
            Self::Cloudflare => "cloudflare",
        }
    }

    /// Returns the DNS host to which this name server belongs.
    #[must_use]
    pub fn of_name_server(name: &Name) -> Option<Self> {
        let labels: Vec<String> =
            name.labels().map(|label| String::from_utf8_lossy(label).to_ascii_lowercase()).collect();
        let has = |start: &str| labels.iter().any(|label| label.starts_with(start));
        if has("azure-dns") {
            Some(Self::Azure)
        } else if has("awsdns-") {
            Some(Self::Route53)
        } else if labels.ends_with(&["cloudflare".into(), "com".into()]) {
            Some(Self::Cloudflare)
        } else {
            None
        }
    }
}

impl FromStr for DnsHost {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        value_of_word("", text, &Self::ALL, Self::word)
    }
}

/// Writes a resource for each record set of the plan. Deleted ones are in comments.
#[must_use]
pub fn to_terraform(sheet: &Sheet<'_>, host: DnsHost) -> String {
    let (changes, note) = sheet.in_the_end("#");
    let back = rollback(&changes);
    let mut text = sheet.head("#") + &note;
    let _ = writeln!(
        text,
        "# for the provider of {}; import an existing record set before you apply",
        host.word()
    );
    text.push_str(&resources(&Sheet { changes: &changes, ..*sheet }, host));
    text + &Sheet::foot("#", &resources(&sheet.back(&back), host))
}

fn resources(sheet: &Sheet<'_>, host: DnsHost) -> String {
    let mut text = String::new();
    for change in sheet.changes {
        if change.after.is_empty() {
            let _ = writeln!(text, "# remove the resource of {} {}", sheet.host(&change.name), change.rtype);
            continue;
        }
        let resource = match host {
            DnsHost::Azure => azure(sheet, change),
            DnsHost::Route53 => route53(change),
            DnsHost::Cloudflare => cloudflare(change),
        };
        text.push_str(&resource.unwrap_or_else(|| refused("#", change)));
    }
    text
}

/// Returns the name of a resource: the owner and type in letters, digits and underscores.
fn label(change: &Change) -> String {
    let text = format!("{}_{}", change.name.without_trailing_dot(), change.rtype).to_ascii_lowercase();
    let mut label: String = text
        .chars()
        .map(|character| if character.is_ascii_alphanumeric() { character } else { '_' })
        .collect();
    if !label.starts_with(|first: char| first.is_ascii_lowercase()) {
        label.insert(0, 'r');
    }
    label
}

/// Returns a string in which nothing is a template (HCL native syntax, quoted templates).
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '[' if opens_command(quoted.as_bytes()) => quoted.push_str("\\u005B"),
            acting if acts(acting) => drop(write!(quoted, "\\u{:04X}", u32::from(acting))),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted.replace("${", "$${").replace("%{", "%%{")
}

fn azure(sheet: &Sheet<'_>, change: &Change) -> Option<String> {
    let kind = match change.rtype {
        RecordType::Mx => "mx",
        RecordType::Txt => "txt",
        RecordType::Cname => "cname",
        RecordType::Srv => "srv",
        RecordType::A => "a",
        RecordType::Aaaa => "aaaa",
        _ => return None,
    };
    let mut text = format!(
        "resource \"azurerm_dns_{kind}_record\" \"{}\" {{\n  name                = {}\n  zone_name           = {}\n  \
         resource_group_name = var.resource_group_name\n  ttl                 = {}\n",
        label(change),
        quoted(&sheet.host(&change.name)),
        quoted(&sheet.zone.without_trailing_dot()),
        change.after.ttl
    );
    let mut addresses = Vec::new();
    for data in &change.after.data {
        let block = |fields: Vec<(&str, String)>| {
            let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
            let fields = fields.into_iter().map(|(name, value)| format!("    {name:width$} = {value}\n"));
            format!("\n  record {{\n{}  }}\n", fields.collect::<String>())
        };
        match data {
            RecordData::Mx { preference, exchange } => text.push_str(&block(vec![
                ("preference", preference.to_string()),
                ("exchange", quoted(&exchange.to_string())),
            ])),
            RecordData::Txt(value) => text.push_str(&block(vec![("value", quoted(&plain(value)?))])),
            RecordData::Srv { priority, weight, port, target } => text.push_str(&block(vec![
                ("priority", priority.to_string()),
                ("weight", weight.to_string()),
                ("port", port.to_string()),
                ("target", quoted(&target.to_string())),
            ])),
            RecordData::Cname(target) => {
                let _ = writeln!(text, "  record              = {}", quoted(&target.to_string()));
            }
            RecordData::A(address) => addresses.push(quoted(&address.to_string())),
            RecordData::Aaaa(address) => addresses.push(quoted(&address.to_string())),
            RecordData::Ns(_) | RecordData::Ptr(_) | RecordData::Soa(_) | RecordData::Other(_) => {
                return None;
            }
        }
    }
    if !addresses.is_empty() {
        let _ = writeln!(text, "  records             = [{}]", addresses.join(", "));
    }
    Some(text + "}\n")
}

fn route53(change: &Change) -> Option<String> {
    let records: Vec<String> = change.after.data.iter().map(route53_value).collect::<Option<_>>()?;
    Some(format!(
        "resource \"aws_route53_record\" \"{}\" {{\n  zone_id = var.zone_id\n  name    = {}\n  type    = \"{}\"\n  ttl     = {}\n  \
         records = [{}]\n}}\n",
        label(change),
        quoted(&change.name.without_trailing_dot()),
        change.rtype,
        change.after.ttl,
        records.join(", ")
    ))
}

/// Returns a value of Route 53. The provider puts quotes around a TXT value, and longer ones are split inside these
/// quotes.
fn route53_value(data: &RecordData) -> Option<String> {
    match data {
        RecordData::Txt(text) => {
            plain(text)?;
            let strings = text.joined().chunks(MAX_CHARACTER_STRING);
            let strings: Vec<String> =
                strings.map(|part| String::from_utf8(part.to_vec()).ok()).collect::<Option<_>>()?;
            let escaped = strings.iter().map(|part| part.replace('\\', "\\134").replace('"', "\\\""));
            Some(quoted(&escaped.collect::<Vec<_>>().join("\"\"")))
        }
        other => Some(quoted(&other.to_string())),
    }
}

/// Returns one resource for each record, since Cloudflare has no record sets.
fn cloudflare(change: &Change) -> Option<String> {
    let mut text = String::new();
    for (index, data) in change.after.data.iter().enumerate() {
        let number = if index == 0 { String::new() } else { format!("_{}", index + 1) };
        let mut block = String::new();
        let values = match data {
            RecordData::Mx { preference, exchange } => {
                vec![
                    ("content", quoted(&exchange.without_trailing_dot())),
                    ("priority", preference.to_string()),
                ]
            }
            RecordData::Txt(value) => {
                let value = plain(value)?.replace('\\', "\\\\").replace('"', "\\\"");
                vec![("content", quoted(&format!("\"{value}\"")))]
            }
            RecordData::Srv { priority, weight, port, target } => {
                block = format!(
                    "  data = {{\n    priority = {priority}\n    weight   = {weight}\n    port     = {port}\n    \
                     target   = {}\n  }}\n",
                    quoted(&target.without_trailing_dot())
                );
                vec![("priority", priority.to_string())]
            }
            RecordData::Cname(target) => {
                vec![("content", quoted(&target.without_trailing_dot())), ("proxied", "false".into())]
            }
            RecordData::A(_) | RecordData::Aaaa(_) => {
                vec![("content", quoted(&data.to_string())), ("proxied", "false".into())]
            }
            RecordData::Ns(_) | RecordData::Ptr(_) | RecordData::Soa(_) | RecordData::Other(_) => {
                return None;
            }
        };
        let common = [
            ("zone_id", "var.zone_id".to_owned()),
            ("name", quoted(&change.name.without_trailing_dot())),
            ("type", format!("\"{}\"", change.rtype)),
            ("ttl", change.after.ttl.to_string()),
        ];
        let arguments: Vec<(&str, String)> = common.into_iter().chain(values).collect();
        // `terraform fmt` aligns the equals signs of a block.
        let width = arguments.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        let _ = writeln!(text, "resource \"cloudflare_dns_record\" \"{}{number}\" {{", label(change));
        for (name, value) in &arguments {
            let _ = writeln!(text, "  {name:width$} = {value}");
        }
        let _ = writeln!(text, "{block}}}");
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_a_template() {
        assert_eq!(quoted("a${b}%{c}\"\\"), "\"a$${b}%%{c}\\\"\\\\\"");
        assert_eq!(quoted("##vso[x] [y]"), "\"##vso\\u005Bx] [y]\"");
    }

    #[test]
    fn name_servers_tell_whose_they_are() {
        for (name, host) in [
            ("ns1-07.azure-dns.com", Some(DnsHost::Azure)),
            ("ns-1234.awsdns-56.co.uk", Some(DnsHost::Route53)),
            ("ada.ns.cloudflare.com", Some(DnsHost::Cloudflare)),
            ("ns1.fabrikam-dns.example", None),
        ] {
            assert_eq!(DnsHost::of_name_server(&name.parse().unwrap()), host, "{name}");
        }
    }
}
