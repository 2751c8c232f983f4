//! Tests that zone files are answered as name servers answer.

use super::*;
use crate::record::zone;

const ZONE: &str = r#"
$ORIGIN contoso.com.
$TTL 3600
@               SOA   ns1 hostmaster 7 3600 600 86400 300
@               NS    ns2
@               NS    ns1
@               MX    20 mx2
@               MX    10 mx1
@               MX    10 mx1
ns1             A     192.0.2.1
ns2             A     192.0.2.2
www             CNAME web
web             CNAME host
host            A     192.0.2.3
out             CNAME www.fabrikam.com.
gone            CNAME nothing
bare            CNAME mail
mail            MX    0 mx1
loop            CNAME pool
pool            CNAME loop
self            CNAME self
deep.a.b        TXT   "x"
*.wild          TXT   "any"
*.wild          MX    10 mx1
*.alias         CNAME host
there.wild      A     192.0.2.4
x.ent.wild      A     192.0.2.5
below.*.star    A     192.0.2.6
sub             NS    ns.sub
ns.sub          A     192.0.2.7
tocut           CNAME www.sub
both            CNAME host
both            TXT   "beside"
old             DNAME new
www.new         A     192.0.2.8
spf.fabrikam.com.       TXT "v=spf1 -all"
_x._tcp.fabrikam.com.   SRV 0 0 1 host
ext             CNAME spf.fabrikam.com.
extgone         CNAME none.fabrikam.com.
"#;

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn files(texts: &[(&str, &str)]) -> ZoneFiles {
    let mut files = ZoneFiles::new();
    for (label, text) in texts {
        files.add(label, zone::read(text.as_bytes(), None, label).unwrap()).unwrap();
    }
    files
}

fn contoso() -> ZoneFiles {
    files(&[("contoso.zone", ZONE)])
}

fn ask(files: &ZoneFiles, owner: &str, rtype: &str) -> Option<Reply> {
    files.answer(&Question::new(name(owner), rtype.parse().unwrap()))
}

/// Returns the outcome, and the records without TTL and class.
fn told(files: &ZoneFiles, owner: &str, rtype: &str) -> Option<(Outcome, Vec<String>)> {
    let reply = ask(files, owner, rtype)?;
    assert!(reply.authoritative && reply.server.role == Role::ZoneFile);
    let shown = |record: &Record| {
        format!("{} {} {}", record.name.without_trailing_dot(), record.data.rtype(), record.data)
    };
    Some((reply.outcome, reply.records.iter().map(shown).collect()))
}

fn records(lines: &[&str]) -> Option<(Outcome, Vec<String>)> {
    Some((Outcome::Records, lines.iter().map(ToString::to_string).collect()))
}

fn negative(outcome: Outcome) -> Option<(Outcome, Vec<String>)> {
    Some((outcome, Vec::new()))
}

#[test]
fn records_are_ordered_and_never_two_alike() {
    assert_eq!(
        told(&contoso(), "Contoso.com", "MX"),
        records(&["contoso.com MX 10 mx1.contoso.com.", "contoso.com MX 20 mx2.contoso.com."])
    );
    let reply = ask(&contoso(), "contoso.com", "MX").unwrap();
    assert_eq!((reply.server.address.as_str(), reply.soa), ("contoso.zone", None));
}

#[test]
fn negative_answers_carry_the_soa() {
    let files = contoso();
    assert_eq!(told(&files, "host.contoso.com", "MX"), negative(Outcome::NoData));
    assert_eq!(told(&files, "none.contoso.com", "MX"), negative(Outcome::NxDomain));
    assert_eq!(told(&files, "x.host.contoso.com", "MX"), negative(Outcome::NxDomain));
    let reply = ask(&files, "none.contoso.com", "MX").unwrap();
    assert_eq!((reply.soa.as_ref().map(|soa| soa.ttl), reply.negative_ttl()), (Some(300), Some(300)));
}

#[test]
fn empty_non_terminals_exist() {
    for owner in ["b.contoso.com", "a.b.contoso.com", "star.contoso.com"] {
        assert_eq!(told(&contoso(), owner, "TXT"), negative(Outcome::NoData), "{owner}");
    }
}

#[test]
fn aliases_are_followed_in_order() {
    let files = contoso();
    let chain = ["www.contoso.com CNAME web.contoso.com.", "web.contoso.com CNAME host.contoso.com."];
    let host = "host.contoso.com A 192.0.2.3";
    assert_eq!(told(&files, "www.contoso.com", "A"), records(&[chain[0], chain[1], host]));
    assert_eq!(told(&files, "www.contoso.com", "CNAME"), records(&chain[..1]));
    assert_eq!(told(&files, "www.contoso.com", "AAAA"), records(&chain));
    assert!(ask(&files, "www.contoso.com", "AAAA").unwrap().soa.is_some());
    assert_eq!(told(&files, "both.contoso.com", "TXT"), records(&["both.contoso.com TXT \"beside\""]));
    assert_eq!(
        told(&files, "both.contoso.com", "A"),
        records(&["both.contoso.com CNAME host.contoso.com.", host])
    );
}

#[test]
fn chains_end_where_the_files_end() {
    let files = contoso();
    for (owner, chain) in [
        ("out.contoso.com", "out.contoso.com CNAME www.fabrikam.com."),
        ("extgone.contoso.com", "extgone.contoso.com CNAME none.fabrikam.com."),
        ("tocut.contoso.com", "tocut.contoso.com CNAME www.sub.contoso.com."),
    ] {
        assert_eq!(told(&files, owner, "A"), records(&[chain]));
        assert_eq!(ask(&files, owner, "A").unwrap().soa, None);
    }
    let gone = ask(&files, "gone.contoso.com", "A").unwrap();
    assert_eq!((gone.outcome, gone.records.len(), gone.soa.is_some()), (Outcome::NxDomain, 1, true));
    assert_eq!(
        told(&files, "ext.contoso.com", "TXT"),
        records(&["ext.contoso.com CNAME spf.fabrikam.com.", "spf.fabrikam.com TXT \"v=spf1 -all\""])
    );
}

#[test]
fn loops_end() {
    let files = contoso();
    let pair = ["loop.contoso.com CNAME pool.contoso.com.", "pool.contoso.com CNAME loop.contoso.com."];
    assert_eq!(told(&files, "loop.contoso.com", "A"), records(&pair));
    assert_eq!(told(&files, "self.contoso.com", "A"), records(&["self.contoso.com CNAME self.contoso.com."]));
    let long: String =
        (0..200).map(|number| format!("a{number}.example. 60 CNAME a{}.example.\n", number + 1)).collect();
    let reply = ask(&super::tests::files(&[("long", &long)]), "a0.example", "A").unwrap();
    assert_eq!((reply.outcome, reply.records.len()), (Outcome::ChainTooLong, 0));
    // From a name whose remaining chain is short enough, the chain is followed to where the files end.
    let reply = ask(&super::tests::files(&[("long", &long)]), "a180.example", "A").unwrap();
    assert_eq!((reply.outcome, reply.records.len()), (Outcome::Records, 20));
}

#[test]
fn wildcards_stand_for_names_that_do_not_exist() {
    let files = contoso();
    assert_eq!(told(&files, "a.wild.contoso.com", "TXT"), records(&["a.wild.contoso.com TXT \"any\""]));
    assert_eq!(told(&files, "a.b.wild.contoso.com", "TXT"), records(&["a.b.wild.contoso.com TXT \"any\""]));
    assert_eq!(told(&files, "*.wild.contoso.com", "TXT"), records(&["*.wild.contoso.com TXT \"any\""]));
    assert_eq!(told(&files, "a.wild.contoso.com", "A"), negative(Outcome::NoData));
    // The name exists, or is an empty non-terminal, or the closest encloser is another name (RFC 4592
    // §2.2.1).
    assert_eq!(told(&files, "there.wild.contoso.com", "TXT"), negative(Outcome::NoData));
    assert_eq!(told(&files, "ent.wild.contoso.com", "TXT"), negative(Outcome::NoData));
    assert_eq!(told(&files, "y.ent.wild.contoso.com", "TXT"), negative(Outcome::NxDomain));
    assert_eq!(told(&files, "y.there.wild.contoso.com", "TXT"), negative(Outcome::NxDomain));
    assert_eq!(told(&files, "a.star.contoso.com", "A"), negative(Outcome::NoData));
    assert_eq!(
        told(&files, "a.alias.contoso.com", "A"),
        records(&["a.alias.contoso.com CNAME host.contoso.com.", "host.contoso.com A 192.0.2.3"])
    );
}

#[test]
fn delegated_names_are_outside_unless_another_file_has_them() {
    let child = "$ORIGIN sub.contoso.com.\n$TTL 60\n@ SOA ns h 9 1 1 1 1\n@ NS ns\nwww A 192.0.2.9\n";
    let files_of_both = files(&[("contoso.zone", ZONE), ("sub.zone", child)]);
    for owner in ["sub.contoso.com", "ns.sub.contoso.com", "www.sub.contoso.com"] {
        let referral = ask(&contoso(), owner, "A").unwrap();
        assert_eq!((referral.outcome, referral.records.len()), (Outcome::Referral, 0), "{owner}");
        assert!(referral.referral.iter().all(|record| record.name == name("sub.contoso.com")));
        assert!(contoso().delegates(&name(owner)) && !files_of_both.delegates(&name(owner)));
        assert!(!contoso().covers(&name(owner)) && files_of_both.covers(&name(owner)));
    }
    let www = "www.sub.contoso.com A 192.0.2.9";
    assert_eq!(told(&files_of_both, "www.sub.contoso.com", "A"), records(&[www]));
    assert_eq!(told(&files_of_both, "ns.sub.contoso.com", "A"), negative(Outcome::NxDomain));
    assert_eq!(
        told(&files_of_both, "tocut.contoso.com", "A"),
        records(&["tocut.contoso.com CNAME www.sub.contoso.com.", www])
    );
    assert_eq!(ask(&files_of_both, "www.sub.contoso.com", "A").unwrap().server.address, "sub.zone");
    assert_eq!(
        files_of_both.zone_of(&name("www.sub.contoso.com")).map(|(apex, _)| apex),
        Some(&name("sub.contoso.com"))
    );
}

#[test]
fn names_below_a_dname_move() {
    let files = contoso();
    let alias = "www.old.contoso.com CNAME www.new.contoso.com.";
    assert_eq!(
        told(&files, "www.old.contoso.com", "A"),
        records(&[alias, "www.new.contoso.com A 192.0.2.8"])
    );
    assert_eq!(told(&files, "www.old.contoso.com", "CNAME"), records(&[alias]));
    assert_eq!(told(&files, "old.contoso.com", "A"), negative(Outcome::NoData));
}

#[test]
fn foreign_names_are_answered_where_there_are_records() {
    let files = contoso();
    assert_eq!(told(&files, "spf.fabrikam.com", "TXT"), records(&["spf.fabrikam.com TXT \"v=spf1 -all\""]));
    assert_eq!(told(&files, "spf.fabrikam.com", "A"), negative(Outcome::NoData));
    assert_eq!(told(&files, "fabrikam.com", "A"), negative(Outcome::NoData));
    assert_eq!(told(&files, "www.fabrikam.com", "A"), None);
    assert_eq!(told(&files, "fabrikam.example", "A"), None);
    assert_eq!(files.zone_of(&name("spf.fabrikam.com")).map(|(apex, _)| apex), None);
    // The zone's own file, once there is one, takes precedence.
    let own = "$ORIGIN fabrikam.com.\n$TTL 60\n@ SOA ns h 9 1 1 1 1\n";
    let both = super::tests::files(&[("contoso.zone", ZONE), ("fabrikam.zone", own)]);
    assert_eq!(told(&both, "spf.fabrikam.com", "TXT"), negative(Outcome::NxDomain));
}

#[test]
fn a_file_without_soa_covers_its_origin() {
    let files =
        files(&[("part.zone", "$ORIGIN contoso.com.\n$TTL 60\nwww A 192.0.2.1\nw.example. A 192.0.2.2\n")]);
    assert_eq!(files.zone_of(&name("x.contoso.com")).map(|(apex, _)| apex), Some(&name("contoso.com")));
    assert_eq!(told(&files, "contoso.com", "MX"), negative(Outcome::NoData));
    assert_eq!(told(&files, "x.contoso.com", "MX"), negative(Outcome::NxDomain));
    assert_eq!(ask(&files, "x.contoso.com", "MX").unwrap().soa, None);
    assert_eq!(files.serial(&name("contoso.com")), None);
    assert_eq!(told(&files, "example", "MX"), negative(Outcome::NoData));
    assert_eq!(told(&files, "x.example", "MX"), None);
    // Only names of others: the origin is not covered.
    let foreign =
        super::tests::files(&[("foreign.zone", "$ORIGIN contoso.com.\nw.example. 60 A 192.0.2.2\n")]);
    assert_eq!(told(&foreign, "contoso.com", "MX"), None);
}

#[test]
fn a_zone_may_come_in_two_files_but_with_one_soa() {
    let part = "$ORIGIN contoso.com.\n$TTL 60\npart A 192.0.2.1\n@ MX 10 mx1\n";
    for order in
        [[("contoso.zone", ZONE), ("part.zone", part)], [("part.zone", part), ("contoso.zone", ZONE)]]
    {
        let files = files(&order);
        let reply = ask(&files, "part.contoso.com", "A").unwrap();
        assert_eq!((reply.outcome, reply.server.address.as_str()), (Outcome::Records, "contoso.zone"));
        let ttls: Vec<u32> =
            ask(&files, "contoso.com", "MX").unwrap().records.iter().map(|record| record.ttl).collect();
        assert_eq!(ttls, [60, 3600]);
    }
    let mut files = contoso();
    let again = zone::read(ZONE.as_bytes(), None, "copy.zone").unwrap();
    let conflict = files.add("copy.zone", again).unwrap_err();
    assert_eq!((conflict.first.as_str(), conflict.second.as_str()), ("contoso.zone", "copy.zone"));
}

#[test]
fn a_zone_tells_its_servers_and_serial() {
    let files = contoso();
    let apex = name("contoso.com");
    assert_eq!(files.name_servers(&apex), [name("ns1.contoso.com"), name("ns2.contoso.com")]);
    assert_eq!(files.serial(&apex), Some(7));
    assert_eq!(files.name_servers(&name("www.contoso.com")), []);
    let soa = ask(&files, "contoso.com", "SOA").unwrap();
    assert_eq!(ZoneFiles::from_records("x", None, soa.records).serial(&apex), Some(7));
    assert_eq!(told(&ZoneFiles::new(), "contoso.com", "A"), None);
}

#[test]
fn what_is_published_and_not_in_the_file_is_told_so() {
    let list = r#"{"ResourceRecordSets": [
        {"Name": "contoso.com.", "Type": "SOA", "TTL": 900, "ResourceRecords": [{"Value": "a. b. 1 2 3 4 5"}]},
        {"Name": "www.contoso.com.", "Type": "A", "AliasTarget": {"DNSName": "lb.example."}},
        {"Name": "ftp.contoso.com.", "Type": "CNAME", "TTL": 1, "ResourceRecords": [{"Value": "www.contoso.com."}]},
        {"Name": "\\052.x.contoso.com.", "Type": "A", "AliasTarget": {"DNSName": "lb.example."}}]}"#;
    let mut files = ZoneFiles::new();
    files.add("zone.json", crate::record::route53::read(list, None, "zone.json").unwrap().text).unwrap();
    for host in ["www.contoso.com", "ftp.contoso.com", "any.x.contoso.com"] {
        let reply = ask(&files, host, "A").unwrap();
        assert_eq!((reply.outcome, reply.records.len()), (Outcome::NotListed, 0), "{host}");
        assert!(reply.reason.contains("lb.example"), "{}", reply.reason);
    }
    assert_eq!(told(&files, "www.contoso.com", "AAAA"), negative(Outcome::NoData));
    assert_eq!(ask(&files, "ftp.contoso.com", "CNAME").unwrap().outcome, Outcome::Records);
    assert!(
        files.record_sets(&name("contoso.com")).iter().any(|set| set.to_string() == "www.contoso.com. A")
    );
}

#[test]
fn an_alias_that_is_marked_as_proxied_says_so() {
    let zone = "$ORIGIN contoso.com.\n$TTL 60\nwww CNAME web ; cf_tags=cf-proxied:true\nweb A 192.0.2.1 ; \
                cf_tags=cf-proxied:true\n* CNAME www ; cf_tags=cf-proxied:false\n*.p CNAME www ; cf_tags=cf-proxied:true";
    let files = files(&[("contoso.zone", zone)]);
    let is_proxied = |host: &str, rtype: &str| ask(&files, host, rtype).unwrap().proxied;
    assert!(is_proxied("www.contoso.com", "CNAME") && is_proxied("x.p.contoso.com", "CNAME"));
    assert!(!is_proxied("x.contoso.com", "CNAME") && !is_proxied("web.contoso.com", "A"));
}
