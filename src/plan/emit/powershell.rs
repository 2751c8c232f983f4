//! Writes cmdlets for a Windows DNS server (module DnsServer).

use std::fmt::Write as _;

use crate::record::{RecordData, acts, opens_command};

use super::{Change, Sheet, plain, refused};
use crate::plan::rollback;

/// Writes the script, which stops at the first cmdlet that fails.
#[must_use]
pub fn to_powershell(sheet: &Sheet<'_>) -> String {
    let back = rollback(sheet.changes);
    let head = "#requires -Modules DnsServer\n$ErrorActionPreference = 'Stop'\n";
    sheet.head("#") + head + &script(sheet) + &Sheet::foot("#", &script(&sheet.back(&back)))
}

fn script(sheet: &Sheet<'_>) -> String {
    let mut text = format!("$zone = {}\n", quoted(&sheet.zone.without_trailing_dot()));
    sheet.parts().iter().for_each(|part| text.push_str(&commands(part)));
    text
}

fn commands(sheet: &Sheet<'_>) -> String {
    let mut text = String::new();
    // Writing into a String cannot fail. Deletions come first, so that they do not prevent additions.
    for change in sheet.changes {
        for data in change.removed() {
            match remove(sheet, change, data) {
                Some(line) => drop(writeln!(text, "{line}")),
                None => text.push_str(&refused("#", change)),
            }
        }
    }
    for change in sheet.changes {
        for data in change.added() {
            match add(sheet, change, data) {
                Some(line) => drop(writeln!(text, "{line}")),
                None => text.push_str(&refused("#", change)),
            }
        }
    }
    text
}

fn remove(sheet: &Sheet<'_>, change: &Change, data: &RecordData) -> Option<String> {
    let host = quoted(&sheet.host(&change.name));
    let is = |property: &str, value: String| format!("$_.RecordData.{property} -eq {value}");
    let tests = match data {
        RecordData::Mx { preference, exchange } => {
            vec![is("MailExchange", quoted(&exchange.to_string())), is("Preference", preference.to_string())]
        }
        RecordData::Txt(text) => vec![is("DescriptiveText", quoted(&plain(text)?))],
        RecordData::Cname(target) => vec![is("HostNameAlias", quoted(&target.to_string()))],
        RecordData::Srv { priority, weight, port, target } => vec![
            is("DomainName", quoted(&target.to_string())),
            is("Priority", priority.to_string()),
            is("Weight", weight.to_string()),
            is("Port", port.to_string()),
        ],
        RecordData::A(address) => vec![is("IPv4Address.IPAddressToString", quoted(&address.to_string()))],
        RecordData::Aaaa(address) => vec![is("IPv6Address.IPAddressToString", quoted(&address.to_string()))],
        RecordData::Ns(_) | RecordData::Ptr(_) | RecordData::Soa(_) | RecordData::Other(_) => return None,
    };
    Some(format!(
        "Get-DnsServerResourceRecord -ZoneName $zone -Name {host} -RRType {} | Where-Object {{ {} }} | \
         Remove-DnsServerResourceRecord -ZoneName $zone -Force",
        change.rtype,
        tests.join(" -and ")
    ))
}

fn add(sheet: &Sheet<'_>, change: &Change, data: &RecordData) -> Option<String> {
    let host = quoted(&sheet.host(&change.name));
    let values = match data {
        RecordData::Mx { preference, exchange } => {
            format!("-MX -MailExchange {} -Preference {preference}", quoted(&exchange.to_string()))
        }
        RecordData::Txt(text) => format!("-Txt -DescriptiveText {}", quoted(&plain(text)?)),
        RecordData::Cname(target) => format!("-CName -HostNameAlias {}", quoted(&target.to_string())),
        RecordData::Srv { priority, weight, port, target } => format!(
            "-Srv -DomainName {} -Priority {priority} -Weight {weight} -Port {port}",
            quoted(&target.to_string())
        ),
        RecordData::A(address) => format!("-A -IPv4Address {}", quoted(&address.to_string())),
        RecordData::Aaaa(address) => format!("-AAAA -IPv6Address {}", quoted(&address.to_string())),
        RecordData::Ns(_) | RecordData::Ptr(_) | RecordData::Soa(_) | RecordData::Other(_) => return None,
    };
    let ttl = change.after.ttl;
    Some(format!(
        "Add-DnsServerResourceRecord -ZoneName $zone -Name {host} {values} -TimeToLive ([TimeSpan]::FromSeconds({ttl}))"
    ))
}

/// Returns a literal string. PowerShell also ends one at typographic quotes, so these are doubled. A character that is
/// invisible, or would complete a build agent's command, is inserted between two strings by its number.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("'");
    let mut is_joined = false;
    for character in text.chars() {
        if acts(character) || character == '[' && opens_command(quoted.as_bytes()) {
            is_joined = true;
            let _ = write!(quoted, "' + [char]0x{:04X} + '", u32::from(character));
            continue;
        }
        quoted.push(character);
        if matches!(character, '\'' | '\u{2018}'..='\u{201b}') {
            quoted.push(character);
        }
    }
    quoted.push('\'');
    if is_joined { format!("({quoted})") } else { quoted }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn no_text_ends_its_string() {
        assert_eq!(quoted("a\u{200b}b"), "('a' + [char]0x200B + 'b')");
        assert_eq!(quoted("##[a]"), "('##' + [char]0x005B + 'a]')");
        assert_eq!(quoted("it's ‘$(x)’ \"y\""), "'it''s ‘‘$(x)’’ \"y\"'");
    }
}
