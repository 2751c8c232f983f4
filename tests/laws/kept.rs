//! Law 2: does a plan leave alone what the move does not concern?

use cutover::check::Code;
use cutover::expected::Phase;
use cutover::plan::Change;
use cutover::record::spf::SpfRecord;
use cutover::record::{Name, Record, RecordData, RecordType, Text};

use super::worlds::{DOMAIN, World, name};
use crate::world::publish;

/// What the plan drops and should not have.
pub fn dropped(world: &World, changes: &[Change]) -> Option<String> {
    // A set that changes twice begins the second time with what the first change left.
    for (at, change) in changes.iter().enumerate() {
        if !tells_what_is_there(&publish(&world.zone, &changes[..at]), change) {
            return Some(format!("is not what is there: {change:?}"));
        }
    }
    let after = publish(&world.zone, changes);
    let gone =
        world.zone.iter().find(|record| !after.contains(record) && !concerns_the_move(record, changes));
    if let Some(record) = gone {
        return Some(format!("drops {record}"));
    }
    let senders = senders(&after);
    // What `mx` stands for leaves with the MX records: its hosts are named instead, where they may send.
    let moved = changes.iter().any(|change| change.name == name(DOMAIN) && change.rtype == RecordType::Mx);
    let named =
        |host: &Name| senders.iter().any(|sender| *sender == format!("a:{}", host.without_trailing_dot()));
    let hosts = world.zone.iter().filter(|record| record.name == name(DOMAIN));
    let hosts: Vec<&Name> = hosts
        .filter(|record| record.data.rtype() == RecordType::Mx)
        .filter_map(|record| record.data.target())
        .collect();
    let is_named = |sender: &str| sender == "mx" && moved && hosts.iter().any(|host| named(host));
    let kept = |sender: &&&str| {
        sender.split('|').any(|sender| is_named(sender) || senders.iter().any(|kept| kept == sender))
    };
    let lost = world.states.iter().flat_map(|state| state.keeps).find(|sender| !kept(sender));
    if let Some(sender) = lost {
        return Some(format!("drops the sender {sender}; left are {senders:?}"));
    }
    // Before the old platform is closed it still sends.
    let of_source = "include:emailsrvr.com";
    let had = self::senders(&world.zone).iter().any(|sender| sender == of_source);
    let lost = had && world.subject.phase < Phase::Tidy && !senders.iter().any(|sender| sender == of_source);
    lost.then(|| "drops the source too early".into())
}

/// Whether the set before the change is the one that is published.
fn tells_what_is_there(zone: &[Record], change: &Change) -> bool {
    let there =
        zone.iter().filter(|record| record.name == change.name && record.data.rtype() == change.rtype);
    let there: std::collections::BTreeSet<&RecordData> = there.map(|record| &record.data).collect();
    // A record that says what the wildcard says cannot be told from it.
    let is_wildcard = change.because.contains(&Code::AliasFromWildcard) && change.before.is_empty();
    is_wildcard || there == change.before.data.iter().collect()
}

/// Whether a record is one that a move may change at all.
fn concerns_the_move(record: &Record, changes: &[Change]) -> bool {
    let (apex, autodiscover) = (name(DOMAIN), name("autodiscover.contoso.com"));
    let doubled = name("autodiscover.contoso.com.contoso.com");
    match &record.data {
        RecordData::Mx { .. } => record.name == apex || record.name == autodiscover,
        RecordData::A(_) | RecordData::Aaaa(_) => record.name == autodiscover,
        RecordData::Cname(target) if target.is_within(&name("emailsrvr.com")) => true,
        RecordData::Cname(_) => [&autodiscover, &doubled, &name("msoid.contoso.com")].contains(&&record.name),
        RecordData::Srv { .. } => record.name == name("_autodiscover._tcp.contoso.com"),
        // What stands in the way of the alias.
        RecordData::Txt(_) if record.name == autodiscover => true,
        RecordData::Txt(text) if record.name == apex => is_spf_like(text) || is_replaced_proof(text, changes),
        // A record of the domain's own that its SPF includes.
        RecordData::Txt(text) => record.name.is_within(&apex) && is_spf_like(text) && is_included(record),
        _ => false,
    }
}

fn is_included(record: &Record) -> bool {
    [name("spf.contoso.com"), name("_spf.contoso.com")].contains(&record.name)
}

fn is_spf_like(text: &Text) -> bool {
    let text = text.lossy().to_ascii_lowercase();
    text.contains("spf")
}

/// A mistyped proof that the right one replaces.
fn is_replaced_proof(text: &Text, changes: &[Change]) -> bool {
    let right = RecordData::Txt(Text::from("MS=ms12345678"));
    let replaced = |change: &Change| change.rtype == RecordType::Txt && change.after.data.contains(&right);
    let text = text.lossy();
    let sample = text == "MS=msXXXXXXXX";
    (sample || text.contains("ms12345678")) && text != "MS=ms12345678" && changes.iter().any(replaced)
}

/// The terms of the SPF record that receivers evaluate, if there is one that they can read.
fn senders(zone: &[Record]) -> Vec<String> {
    let texts =
        zone.iter().filter(|record| record.name == name(DOMAIN)).filter_map(|record| match &record.data {
            RecordData::Txt(text) => SpfRecord::parse(text),
            _ => None,
        });
    texts
        .flat_map(|record| record.evaluated().map(|term| term.text.to_ascii_lowercase()).collect::<Vec<_>>())
        .collect()
}
