//! Writes cmdlets for a Windows DNS server (module DnsServer).
//!
//! Every record set that is to change must still be as it was seen: the script compares it first, and stops before its
//! first edit when the zone has moved on. A plan of several phases has a block for each of them, which stops if one before
//! it has failed.

use std::fmt::Write as _;

use crate::record::{RecordData, RecordType, acts, opens_command};

use super::section::published_before;
use super::{Change, Sheet, plain, refused};
use crate::plan::rollback;

/// The function that compares a record set with the one that was seen. A TXT record is compared as one text, and names
/// without regard to case.
const COMPARE: &str = r#"function Assert-RecordSet([string] $Name, [string] $Type, [int] $Count, [string[]] $Data) {
    $found = @(Get-DnsServerResourceRecord -ZoneName $zone -RRType $Type | Where-Object { $_.HostName -eq $Name } | ForEach-Object {
        $record = $_.RecordData
        switch ($Type) {
            'A' { $record.IPv4Address.IPAddressToString }
            'AAAA' { $record.IPv6Address.IPAddressToString }
            'CNAME' { $record.HostNameAlias }
            'MX' { "$($record.Preference) $($record.MailExchange)" }
            'SRV' { "$($record.Priority) $($record.Weight) $($record.Port) $($record.DomainName)" }
            'TXT' { (-join $record.DescriptiveText) -replace '[\r\n]', '' }
        }
    })
    $missing = @($Data | Where-Object { if ($Type -eq 'TXT') { $found -cnotcontains $_ } else { $found -notcontains $_ } })
    if ($found.Count -ne $Count -or $missing.Count -gt 0) {
        throw "$Type of $Name in $zone is not as it was seen; this part of the plan is not made. Write the plan again. Found: $($found -join '; ')"
    }
}
"#;

/// Writes the script, which stops at the first cmdlet that fails.
#[must_use]
pub fn to_powershell(sheet: &Sheet<'_>) -> String {
    let back = rollback(sheet.changes);
    let head = "#requires -Modules DnsServer\n";
    let script = |sheet: &Sheet<'_>| prelude(sheet) + &sheet.script("#", "powershell", blocks);
    sheet.head("#") + head + &script(sheet) + &Sheet::foot("#", &script(&sheet.back(&back)))
}

/// Returns the lines that the commands need.
fn prelude(sheet: &Sheet<'_>) -> String {
    let zone = quoted(&sheet.zone.without_trailing_dot());
    format!("$ErrorActionPreference = 'Stop'\n$zone = {zone}\n{COMPARE}")
}

fn blocks(sheet: &Sheet<'_>, earlier: &[Change]) -> String {
    let (mut text, mut made) = (String::new(), earlier.to_vec());
    for part in sheet.parts() {
        text.push_str(&block(&part, &made));
        made.extend_from_slice(part.changes);
    }
    text
}

fn block(sheet: &Sheet<'_>, earlier: &[Change]) -> String {
    // A block stops at the first error even if its lines are pasted into a console.
    let mut text = String::from("& {\n");
    let settled = published_before(earlier, sheet.changes);
    // Writing into a String cannot fail. All comparisons come first, so that nothing is changed if one of them fails.
    for line in settled.iter().chain(sheet.changes).filter_map(|change| compare(sheet, change)) {
        let _ = writeln!(text, "{line}");
    }
    // Deletions come before additions, so that they do not prevent them.
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
    text + "}\n"
}

/// Returns the line that stops the script if the record set has changed; `None` for a type that has no cmdlet. Records
/// that a script cannot express are only counted.
fn compare(sheet: &Sheet<'_>, change: &Change) -> Option<String> {
    use RecordType::{A, Aaaa, Cname, Mx, Srv, Txt};
    if ![A, Aaaa, Cname, Mx, Srv, Txt].contains(&change.rtype) {
        return None;
    }
    let data = change.before.data.iter().filter_map(|data| match data {
        RecordData::Txt(text) => plain(text).map(|text| quoted(&text)),
        other => Some(quoted(&other.to_string())),
    });
    let data: Vec<String> = data.collect();
    let (host, count) = (quoted(&sheet.host(&change.name)), change.before.data.len());
    Some(format!("Assert-RecordSet {host} '{}' {count} @({})", change.rtype, data.join(", ")))
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
