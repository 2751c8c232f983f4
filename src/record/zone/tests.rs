//! Tests every rule of the zone file reader with a text that exercises it.

use super::*;
use crate::record::{DataError, RecordData};

/// The lines in front of every text.
const FRONT: &str = "$ORIGIN contoso.com.\n$TTL 3600\n";

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn read_text(text: &[u8]) -> Result<ZoneText, ZoneError> {
    read(&[FRONT.as_bytes(), text].concat(), None, "contoso.zone")
}

/// Returns the records of the text as lines.
fn lines(text: impl AsRef<[u8]>) -> Vec<String> {
    let text = text.as_ref();
    match read_text(text) {
        Ok(read) => read.records.iter().map(ToString::to_string).collect(),
        Err(error) => panic!("{}: {error}", String::from_utf8_lossy(text)),
    }
}

/// Returns the problems of the text with line and column; lines are counted from the beginning of `text`.
fn problems(text: impl AsRef<[u8]>) -> Vec<(usize, usize, ZoneProblem)> {
    let error = read_text(text.as_ref()).expect_err("nothing is wrong");
    error.problems.into_iter().map(|problem| (problem.line - 2, problem.column, problem.what)).collect()
}

/// Returns the only problem of the text.
fn problem(text: impl AsRef<[u8]>) -> ZoneProblem {
    let mut problems = problems(text);
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems.remove(0).2
}

#[test]
fn texts_in_parentheses_are_right() {
    assert_eq!(
        lines("s1._domainkey TXT ( \"v=DKIM1; k=rsa; \" \"p=MIIB\" )"),
        ["s1._domainkey.contoso.com. 3600 IN TXT \"v=DKIM1; k=rsa; p=MIIB\""]
    );
    assert_eq!(
        lines("@ TXT ( \"v=spf1 include:spf.fabrikam.com -all\" )"),
        ["contoso.com. 3600 IN TXT \"v=spf1 include:spf.fabrikam.com -all\""]
    );
    assert_eq!(lines("a TXT (\"b\")"), ["a.contoso.com. 3600 IN TXT \"b\""]);
    assert_eq!(lines("a TXT(\"b\"\n  \"c\" ; why\n) ; done\n"), ["a.contoso.com. 3600 IN TXT \"bc\""]);
}

#[test]
fn escaped_semicolons_stay() {
    let dmarc = "_dmarc.contoso.com. 3600 IN TXT \"v=DMARC1;p=none\"";
    assert_eq!(lines("_dmarc TXT v=DMARC1\\;p=none"), [dmarc]);
    assert_eq!(lines("_dmarc TXT \"v=DMARC1;p=none\""), [dmarc]);
    assert_eq!(lines("_dmarc TXT \"v=DMARC1\\;p=none\""), [dmarc]);
    assert_eq!(lines("a TXT ( \"v=DKIM1\\; k=rsa\" )"), ["a.contoso.com. 3600 IN TXT \"v=DKIM1; k=rsa\""]);
    assert_eq!(lines("a TXT \"say \\\"yes\\\"\""), ["a.contoso.com. 3600 IN TXT \"say \\\"yes\\\"\""]);
}

#[test]
fn escapes_are_decimal_and_octets_are_kept() {
    let read = read_text(b"a TXT \"\\065\\066\\200\"\nb TXT \"\xc3\xa9\xff\"").unwrap();
    let RecordData::Txt(first) = &read.records[0].data else { panic!() };
    let RecordData::Txt(second) = &read.records[1].data else { panic!() };
    assert_eq!(first.joined(), [b'A', b'B', 200]);
    assert_eq!(second.joined(), b"\xc3\xa9\xff");
    assert!(matches!(problem("a TXT \"\\256\""), ZoneProblem::Data(DataError::BadEscape)));
    assert!(matches!(problem("a TXT \"\\25\""), ZoneProblem::Data(DataError::BadEscape)));
}

#[test]
fn lines_without_type_are_errors() {
    assert_eq!(problem("www 3600 IN"), ZoneProblem::NoType("IN".into()));
    assert_eq!(problem("www"), ZoneProblem::NoType("www".into()));
    assert_eq!(problems("a A 192.0.2.1\n  3600\n")[0].0, 2);
    assert!(matches!(problem("www A"), ZoneProblem::Data(DataError::FieldCount { found: 0, .. })));
    assert!(matches!(problem("www CAA"), ZoneProblem::Data(DataError::FieldCount { found: 0, .. })));
}

#[test]
fn long_strings_are_errors_with_the_split() {
    let long = "x".repeat(300);
    let expected = format!("\"{}\" \"{}\"", "x".repeat(255), "x".repeat(45));
    assert_eq!(
        problems(format!("a TXT \"short\" \"{long}\"")),
        [(1, 15, ZoneProblem::StringTooLong { octets: 300, split: Some(expected) })]
    );
    let very_long = "x".repeat(5000);
    assert!(matches!(problem(format!("a TXT {very_long}")), ZoneProblem::StringTooLong { split: None, .. }));
    assert_eq!(lines(format!("a TXT \"{}\"", "x".repeat(255))).len(), 1);
}

#[test]
fn times_have_units_and_stand_before_or_behind_the_class() {
    let expected = "a.contoso.com. 5400 IN A 192.0.2.1";
    for head in ["1h30m", "5400", "1h30m IN", "IN 5400", "in 1H30M", "5400 CLASS1"] {
        assert_eq!(lines(format!("a {head} A 192.0.2.1")), [expected], "{head}");
    }
    assert_eq!(lines("a 2d A 192.0.2.1"), ["a.contoso.com. 172800 IN A 192.0.2.1"]);
    assert_eq!(problem("a 1x A 192.0.2.1"), ZoneProblem::Ttl("1x".into()));
    assert_eq!(problem("a 4294967295 A 192.0.2.1"), ZoneProblem::Ttl("4294967295".into()));
    assert_eq!(problem("a 60 60 A 192.0.2.1"), ZoneProblem::Twice("60".into()));
    assert_eq!(problem("a IN 60 IN A 192.0.2.1"), ZoneProblem::Twice("IN".into()));
}

#[test]
fn other_classes_are_refused() {
    for class in ["CH", "hs", "CLASS3", "NONE", "CHAOS"] {
        assert_eq!(problem(format!("a {class} TXT b")), ZoneProblem::Class(class.into()));
    }
}

#[test]
fn the_last_line_needs_no_line_feed_and_lines_may_end_with_crlf() {
    let expected = ["a.contoso.com. 3600 IN A 192.0.2.1", "a.contoso.com. 3600 IN TXT \"b\""];
    for text in [
        "a A 192.0.2.1\n  TXT b",
        "a A 192.0.2.1\r\n\r\n  TXT b\r\n",
        "a A (\r\n192.0.2.1 ; one\r\n)\r\n\tTXT \"b\"\r",
        "a\tA\t192.0.2.1;comment\n; a comment\n   \n \t TXT b ; comment",
    ] {
        assert_eq!(lines(text), expected, "{text:?}");
    }
    assert_eq!(problem("a A 192.0.2.1\rb A 192.0.2.2"), ZoneProblem::LoneCarriageReturn);
    assert_eq!(problem("; comment\rb A 192.0.2.2"), ZoneProblem::LoneCarriageReturn);
}

#[test]
fn the_origin_is_written_at() {
    assert_eq!(lines("a CNAME @"), ["a.contoso.com. 3600 IN CNAME contoso.com."]);
    assert_eq!(lines("@ MX 10 @"), ["contoso.com. 3600 IN MX 10 contoso.com."]);
    assert_eq!(lines("\\@ A 192.0.2.1"), ["\\@.contoso.com. 3600 IN A 192.0.2.1"]);
}

#[test]
fn directives_are_relative_and_in_any_case() {
    assert_eq!(
        lines(
            "$ORIGIN sub\n$ttl 60\na A 192.0.2.1\n$Origin deep\n@ A 192.0.2.2\n$origin .\ncom NS ns.example"
        ),
        [
            "a.sub.contoso.com. 60 IN A 192.0.2.1",
            "deep.sub.contoso.com. 60 IN A 192.0.2.2",
            "com. 60 IN NS ns.example."
        ]
    );
    assert_eq!(problem(" $TTL 60"), ZoneProblem::IndentedDirective("$TTL".into()));
    assert_eq!(problem("$TTL"), directive_fields("$TTL", "one TTL", 0));
    assert_eq!(problem("$ORIGIN a b"), directive_fields("$ORIGIN", "one domain name", 2));
    assert_eq!(problem("$TTL soon"), ZoneProblem::Ttl("soon".into()));
    assert_eq!(problem("$FOO 1"), ZoneProblem::UnknownDirective("$FOO".into()));
    assert!(matches!(problem("$ORIGIN a..b"), ZoneProblem::Name { .. }));
    assert_eq!(lines("\\$FOO A 192.0.2.1"), ["\\$foo.contoso.com. 3600 IN A 192.0.2.1"]);
}

fn directive_fields(directive: &'static str, expected: &'static str, found: usize) -> ZoneProblem {
    ZoneProblem::DirectiveFields { directive, expected, found }
}

#[test]
fn include_and_generate_are_refused() {
    assert_eq!(problem("$INCLUDE other.zone"), ZoneProblem::Include);
    assert_eq!(problem("$generate 1-9 host$ A 192.0.2.$"), ZoneProblem::Generate);
}

#[test]
fn types_that_no_rule_reads_are_kept() {
    for (text, kept) in [
        ("TYPE65534 \\# 4 0A000001", "TYPE65534 \\# 4 0a000001"),
        ("TYPE1 \\# 4 c0000201", "A 192.0.2.1"),
        ("MX \\# ( 6 000a\n026d7800 )", "MX 10 mx."),
        ("RP admin @", "RP admin.contoso.com. contoso.com."),
        ("LOC 52 14 05 N 00 08 50 E 10m", "LOC 52 14 05 N 00 08 50 E 10m"),
        ("SPF \"v=spf1 -all\"", "SPF \"v=spf1 -all\""),
        ("caa 0 issue \"ca.example\"", "CAA 0 issue \"ca.example\""),
        ("HTTPS 1 . alpn=\"h2,h3\" port=8443", "HTTPS 1 . alpn=\"h2,h3\" port=8443"),
        ("NAPTR 1 2 \"u\" \"\" \"!^.*$!a!\" sip", "NAPTR 1 2 \"u\" \"\" \"!^.*$!a!\" sip.contoso.com."),
        (
            "RRSIG A 8 2 60 20300101000000 ( 20200101000000\n1 @ AA== )",
            "RRSIG A 8 2 60 20300101000000 20200101000000 1 contoso.com. AA==",
        ),
    ] {
        assert_eq!(lines(format!("a {text}")), [format!("a.contoso.com. 3600 IN {kept}")]);
    }
    assert!(matches!(problem("a TYPE65534 \\# 4 0a"), ZoneProblem::Data(DataError::BadGeneric)));
    for meta in ["ANY", "*", "TYPE0", "TYPE255", "OPT", "axfr"] {
        assert_eq!(problem(format!("a {meta} \\# 0")), ZoneProblem::MetaType(meta.into()));
    }
}

#[test]
fn unknown_types_say_what_may_be_meant() {
    let hint = |text: &str| match problem(text) {
        ZoneProblem::UnknownType { hint, .. } => hint,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(hint("a FOO 1"), TypeHint::None);
    assert_eq!(hint("@ ALIAS www.example."), TypeHint::ProviderAlias);
    assert_eq!(hint("a A 192.0.2.1\n www A 192.0.2.1"), TypeHint::Indented);
    assert_eq!(hint("MX 10 mail"), TypeHint::OwnerLooksLikeType);
    assert_eq!(hint("A 192.0.2.1"), TypeHint::OwnerLooksLikeType);
    assert_eq!(hint("www 192.0.2.1"), TypeHint::None);
    assert_eq!(hint("in mail A 192.0.2.1"), TypeHint::OwnerLooksLikeType);
}

#[test]
fn the_first_field_of_a_line_is_its_owner() {
    assert_eq!(
        lines("in A 192.0.2.1\nmx MX 10 mx\n3600 IN A 192.0.2.1\n A 192.0.2.2\n\"txt\" TXT b"),
        [
            "in.contoso.com. 3600 IN A 192.0.2.1",
            "mx.contoso.com. 3600 IN MX 10 mx.contoso.com.",
            "3600.contoso.com. 3600 IN A 192.0.2.1",
            "3600.contoso.com. 3600 IN A 192.0.2.2",
            "txt.contoso.com. 3600 IN TXT \"b\"",
        ]
    );
    assert_eq!(lines("*.a TXT b\n*\tTXT c").len(), 2);
    assert_eq!(problem(" A 192.0.2.1"), ZoneProblem::NoOwner);
}

#[test]
fn a_missing_time_is_that_of_bind() {
    let ttls = |text: &str| {
        let read = read(text.as_bytes(), Some(&name("contoso.com")), "x").unwrap();
        let ttls: Vec<u32> = read.records.iter().map(|record| record.ttl).collect();
        let warnings: Vec<ZoneWarning> = read.warnings.into_iter().map(|warning| warning.what).collect();
        (ttls, warnings)
    };
    let soa = "SOA ns1 hostmaster 1 2 3 4 300\n";
    assert_eq!(ttls("@ A 192.0.2.1\n A 192.0.2.2"), (vec![3600, 3600], vec![ZoneWarning::NoTtl]));
    assert_eq!(ttls(&format!("@ {soa} A 192.0.2.1\nb 60 A 192.0.2.1\nc A 192.0.2.1")).0, [300, 300, 60, 300]);
    assert_eq!(
        ttls(&format!("@ 900 {soa} A 192.0.2.1\n A 192.0.2.2")),
        (vec![900, 900, 900], vec![ZoneWarning::LastTtl(900)])
    );
    assert_eq!(ttls(&format!("$TTL 60\n@ 900 {soa} A 192.0.2.1")), (vec![900, 60], vec![]));
}

#[test]
fn relative_names_need_an_origin_and_say_so_once() {
    for text in
        ["www A 192.0.2.1\nftp A 192.0.2.1\n", "@ A 192.0.2.1\n", "$ORIGIN sub\n", "a. CNAME b\nc. MX 1 d"]
    {
        let error = read(text.as_bytes(), None, "x").unwrap_err();
        assert_eq!(error.problems.len(), 1, "{text}");
        assert!(matches!(error.problems[0].what, ZoneProblem::NoOrigin(_)), "{text}");
    }
    let read_alone = |text: &str| read(text.as_bytes(), None, "x");
    assert_eq!(read_alone("a.example. 60 MX 10 b.example.\n").unwrap().origin, None);
    assert_eq!(read_alone("a.example. 60 MX \\# 6 000a026d7800\n").unwrap().origin, None);
    assert!(read_alone("a\\. 60 A 192.0.2.1").is_err());
    assert!(read_alone("a\\\\. 60 A 192.0.2.1").is_ok());
}

#[test]
fn origin_and_apexes_are_told() {
    let zone = "@ SOA ns1 h 1 2 3 4 5\n@ SOA ns1 h 1 2 3 4 5\n$ORIGIN sub\n@ SOA ns1 h 1 2 3 4 5";
    let read = read_text(zone.as_bytes()).unwrap();
    assert_eq!(read.origin, Some(name("contoso.com")));
    assert_eq!(read.apexes, [name("contoso.com"), name("sub.contoso.com")]);
    let given = super::read(b"$ORIGIN sub\n", Some(&name("fabrikam.com")), "x").unwrap();
    assert_eq!(given.origin, Some(name("fabrikam.com")));
}

#[test]
fn quoted_and_unquoted_strings_must_not_touch() {
    for text in ["\"a\"b", "a\"b\"", "\"a\"\"b\"c", "\"a\"\\;"] {
        assert_eq!(problem(format!("x TXT {text}")), ZoneProblem::TouchingStrings, "{text}");
    }
    assert_eq!(problem("a HTTPS 1 .\"x\""), ZoneProblem::TouchingStrings);
    assert_eq!(
        problem("a\"txt\" TXT b"),
        ZoneProblem::UnknownType { found: "txt".into(), hint: TypeHint::None }
    );
    assert_eq!(problem("\"a\"TXT b"), ZoneProblem::TouchingStrings);
    assert_eq!(lines("x TXT \"a\"\"b\" c"), ["x.contoso.com. 3600 IN TXT \"abc\""]);
    assert!(matches!(problem("x MX \"10\" mail"), ZoneProblem::Data(DataError::Quoted { .. })));
}

#[test]
fn a_comment_that_cuts_a_text_is_told() {
    let read = read_text(b"_dmarc TXT v=DMARC1;p=none\na TXT \"b\";comment\n").unwrap();
    assert_eq!(read.warnings, [Located { line: 3, column: 12, what: ZoneWarning::TextCutByComment }]);
}

#[test]
fn parentheses_are_closed_and_not_nested() {
    assert_eq!(problem("a TXT b )"), ZoneProblem::StrayParenthesis);
    assert_eq!(problem("a TXT ( ( b )\n)"), ZoneProblem::NestedParenthesis);
    assert_eq!(
        problems("a TXT ( b\nc A 192.0.2.1\nd FOO\n"),
        [
            (1, 7, ZoneProblem::OpenParenthesis { next: None }),
            (3, 3, ZoneProblem::UnknownType { found: "FOO".into(), hint: TypeHint::None })
        ]
    );
    let forgotten = problems("a TXT ( b\nd BAR\nc TXT ( \"d\"\n)\n");
    assert_eq!(forgotten[0], (1, 7, ZoneProblem::OpenParenthesis { next: Some(5) }));
    assert_eq!(forgotten.len(), 2);
}

#[test]
fn every_bad_line_is_reported_with_its_place() {
    let text = "a A 192.0.2.300\nb MX mail\n\nc TXT \"open\nd A 192.0.2.1\n e\n \u{e9}\u{e9} TXT \\\n";
    let found: Vec<(usize, usize)> =
        problems(text).into_iter().map(|(line, column, _)| (line, column)).collect();
    assert_eq!(found, [(1, 5), (2, 6), (4, 7), (6, 2), (7, 9)]);
    let shown = read_text(b"a A 192.0.2.300").unwrap_err().to_string();
    assert_eq!(shown, "contoso.zone:3:5: the address must be an IPv4 address, found `192.0.2.300`");
}

#[test]
fn data_errors_stand_at_their_field() {
    for (data, column) in [
        ("SRV 1 1 1x target", 11),
        ("MX 1 a..b", 8),
        ("TXT \"a\" \"\\256\"", 11),
        ("SOA a b c 1 1 1 1", 11),
        ("MX 1 a b", 6),
    ] {
        assert_eq!(problems(format!("a {data}"))[0].1, column, "{data}");
    }
}

#[test]
fn many_problems_are_counted() {
    let error = read_text("a FOO\n".repeat(50).as_bytes()).unwrap_err();
    assert_eq!((error.problems.len(), error.further), (MAX_PROBLEMS, 30));
    assert!(error.to_string().ends_with("and 30 more problems"));
}

#[test]
fn data_has_at_most_65535_octets() {
    let strings = |count: usize| format!("a TXT {}", "b ".repeat(count));
    assert_eq!(lines(strings(32_767)).len(), 1);
    assert_eq!(problem(strings(32_768)), ZoneProblem::DataTooLong);
    assert_eq!(problem(strings(200_000)), ZoneProblem::DataTooLong);
    let error = read_text(")".repeat(1000).as_bytes()).unwrap_err();
    assert_eq!((error.problems.len(), error.further), (MAX_PROBLEMS, 1000 - MAX_PROBLEMS));
}

#[test]
fn files_that_cannot_be_text_are_refused() {
    let large = vec![b'\n'; MAX_OCTETS + 1];
    assert!(matches!(read(&large, None, "x").unwrap_err().problems[0].what, ZoneProblem::TooLarge(_)));
    assert_eq!(read(b"\xff\xfea\0", None, "x").unwrap_err().problems[0].what, ZoneProblem::Utf16);
    assert_eq!(
        read(b"\xef\xbb\xbf$ORIGIN contoso.com.\n@ 60 A 192.0.2.1", None, "x").unwrap().records.len(),
        1
    );
    assert_eq!(problem("a\0 TXT b"), ZoneProblem::Nul);
    assert_eq!(lines("a TXT \"\0\""), ["a.contoso.com. 3600 IN TXT \"\\000\""]);
    assert_eq!(read(b"", None, "x").unwrap(), ZoneText::default());
}

#[test]
fn messages_are_of_the_house() {
    let texts: &[&str] = &[
        "a TXT \"x",
        "a TXT x\\",
        "a\rb",
        "a TXT (",
        "a TXT ((b))",
        "a )",
        "a TXT \"b\"c",
        "$X",
        " $TTL 1",
        "$INCLUDE x",
        "$GENERATE x",
        "$TTL",
        "a..b A 1",
        "www 60",
        "a FOO",
        "a 1x A",
        "a IN IN A",
        "a CH A b",
        "a ANY",
    ];
    for text in texts {
        for (_, _, problem) in problems(text) {
            let message = problem.to_string();
            assert!(message.starts_with("found ") && !message.ends_with('.'), "{message}");
        }
    }
}

#[test]
fn what_is_written_is_read_again() {
    let text = "b TXT \"x\" y\nb A 192.0.2.2\n@ SOA ns1 h 1 2 3 4 5\n@ MX 10 b\nb A 192.0.2.1\n\
                @ A 192.0.2.1\n\
                c TYPE65534 \\# 0\n\\032\\;\\@\\$.a 1h TXT \\007\\\"\\\\";
    let first = read_text(text.as_bytes()).unwrap();
    let written = to_zone_text(&first.records);
    let second = read(written.as_bytes(), None, "x").unwrap();
    let sorted = |text: ZoneText| {
        let mut records = text.records;
        records.sort();
        records
    };
    assert_eq!(to_zone_text(&second.records), written);
    assert!(written.starts_with("contoso.com. 3600 IN SOA "), "{written}");
    assert_eq!(sorted(second), sorted(first));
    let long = Record {
        name: name("a.example"),
        ttl: u32::MAX,
        data: RecordData::Txt("x".repeat(600).as_str().into()),
    };
    let again = read(to_zone_text([&long]).as_bytes(), None, "x").unwrap();
    assert_eq!((again.records[0].ttl, &again.records[0].data), (0, &long.data));
}

#[test]
fn cloudflare_marks_records_as_proxied_in_the_comment() {
    for (comment, is_proxied) in [
        ("; cf_tags=cf-proxied:true", true),
        (" ;mail cf_tags=cf-flatten-cname:false,CF-PROXIED:TRUE", true),
        ("; cf_tags=cf-proxied:true\r", true),
        ("; cf_tags=cf-proxied:false", false),
        ("; not cf-proxied:true", false),
        ("; xcf_tags=cf-proxied:true", false),
        ("", false),
    ] {
        let text = read_text(format!("www CNAME web{comment}\nftp CNAME web\n").as_bytes()).unwrap();
        let proxied: Vec<String> = text.proxied.iter().map(ToString::to_string).collect();
        let expected: &[&str] = if is_proxied { &["www.contoso.com. CNAME"] } else { &[] };
        assert_eq!(proxied, expected, "{comment}");
    }
    // A comment on its own line does not refer to a record.
    let text = read_text(b"; cf_tags=cf-proxied:true\nwww CNAME web\n").unwrap();
    assert!(text.proxied.is_empty());
    // Within a string it is not a comment.
    assert!(read_text(b"www TXT \"; cf_tags=cf-proxied:true\"\n").unwrap().proxied.is_empty());
}
