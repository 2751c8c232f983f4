use super::*;

/// A response of Microsoft Graph.
const GRAPH: &str = include_str!("../../../fixtures/imports/graph.json");

/// The same data as PowerShell exports it, with the quirks of real exports: strings for numbers, a stray blank, no `#`.
const POWERSHELL: &str = include_str!("../../../fixtures/imports/powershell.json");

fn domain() -> Name {
    "contoso.com".parse().unwrap()
}

fn records(octets: &[u8]) -> Vec<String> {
    let import = read(octets, "list", &domain(), None).unwrap_or_else(|error| panic!("{error}"));
    import.records.iter().map(ToString::to_string).collect()
}

fn error(text: &str) -> String {
    read(text.as_bytes(), "list", &domain(), None).unwrap_err().to_string()
}

#[test]
fn microsoft_graph_is_read() {
    assert_eq!(
        records(GRAPH.as_bytes()),
        [
            "contoso.com. MX 0 contoso-com.mail.protection.outlook.com.",
            "contoso.com. TXT \"v=spf1 include:spf.protection.outlook.com -all\"",
            "autodiscover.contoso.com. CNAME autodiscover.outlook.com.",
            "_sipfederationtls._tcp.contoso.com. SRV 100 1 5061 sipfed.online.lync.com.",
        ]
    );
    let import = read(GRAPH.as_bytes(), "list", &domain(), None).unwrap();
    assert_eq!(
        import.ignored[0].to_string(),
        "list: $.value[4] (unavailable record of `contoso.com`) is not used: the domain is federated"
    );
    assert_eq!(import.records[1].place, "$.value[1]");
    // Both answers in one array, and one record alone.
    assert_eq!(records(format!("[{GRAPH}, {GRAPH}]").as_bytes()).len(), 8);
    let one = r#"{"label": "contoso.com", "recordType": "mx", "mailExchange": "x.mx.microsoft."}"#;
    assert_eq!(records(one.as_bytes()), ["contoso.com. MX 0 x.mx.microsoft."]);
}

#[test]
fn powershell_is_read() {
    let import = read(POWERSHELL.as_bytes(), "list", &domain(), None).unwrap();
    let records: Vec<String> = import.records.iter().map(ToString::to_string).collect();
    assert_eq!(
        records,
        [
            "contoso.com. TXT \"MS=ms12345678\"",
            "contoso.com. MX 0 contoso-com.o-v1.mx.microsoft.",
            "contoso.com. TXT \"v=spf1 include:spf.protection.outlook.com ~all\"",
            "_sip._tls.contoso.com. SRV 100 1 443 sipdir.online.lync.com.",
            "msoid.contoso.com. CNAME clientconfig.microsoftonline-p.net.",
        ]
    );
    assert_eq!(import.warnings.len(), 1, "{:?}", import.warnings);
    assert_eq!(import.records[2].ttl, Some(3600));
    let keys = include_str!("../../../fixtures/imports/dkim.json");
    assert_eq!(
        self::records(keys.as_bytes())[0],
        "selector1._domainkey.contoso.com. CNAME selector1-contoso-com._domainkey.contoso.n-v1.dkim.mail.microsoft."
    );
}

#[test]
fn tables_are_read_whatever_their_columns_are_called() {
    let expected = [
        "contoso.com. MX 5 contoso-com.mail.protection.outlook.com.",
        "autodiscover.contoso.com. CNAME autodiscover.outlook.com.",
        "contoso.com. TXT \"MS=ms12345678\"",
        "_sipfederationtls._tcp.contoso.com. SRV 100 1 5061 sipfed.online.lync.com.",
    ];
    let comma = include_str!("../../../fixtures/imports/table.csv");
    let semicolon = include_str!("../../../fixtures/imports/semicolons.csv");
    let tab = comma.replace(',', "\t");
    assert_eq!(records(comma.as_bytes()), expected);
    assert_eq!(records(tab.as_bytes()), expected);
    assert_eq!(read(semicolon.as_bytes(), "l", &domain(), Some(Kind::Csv)).unwrap().records.len(), 4);
    // As Windows writes it.
    let marked = [b"\xef\xbb\xbf", comma.as_bytes()].concat();
    assert_eq!(records(&marked), expected);
    let wide: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(comma.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(records(&wide), expected);
}

#[test]
fn zone_text_is_read() {
    let text = include_str!("../../../fixtures/imports/wanted.zone");
    assert_eq!(records(text.as_bytes()).len(), 2);
    assert_eq!(Kind::of(text), Kind::Zone);
}

#[test]
fn what_is_no_list_is_refused_with_its_place() {
    for (text, parts) in [
        ("{", ["line 1", "not JSON"]),
        ("[1]", ["$[0]", "expected a record"]),
        ("{\"error\": {\"message\": \"Insufficient privileges\"}}", ["$", "Insufficient privileges"]),
        (
            "{\"value\": [{\"label\": \"contoso.com\", \"recordType\": \"Mx\"}]}",
            ["$.value[0]", "mailExchange"],
        ),
        ("{\"label\": \"contoso.com\", \"recordType\": \"Caa\"}", ["$", "`caa`"]),
        ("[{\"DnsRecordId\": 1, \"Label\": \"contoso.com\", \"RecordType\": \"Txt\"}]", ["$[0]", "Get-Mg"]),
        ("Type,Value\nMX,\n", ["line 2", "no value"]),
        ("Type,Value\nNS,x\n", ["line 2", "`ns`"]),
        ("Type,Value,Priority\nMX,x.example,high\n", ["line 2", "`high`"]),
        ("Type,Value,Port\nSRV,x.example,\n", ["line 2", "no port"]),
        ("Type,Value\nCNAME,a..b\n", ["line 2", "`a..b`"]),
        ("@ IN MX ten mail\n", ["list", "`ten`"]),
    ] {
        let error = error(text);
        assert!(parts.iter().all(|part| error.contains(part)), "{text}: {error}");
    }
    assert!(
        read(b"Type,Value\nTXT,\xff\n", "list", &domain(), None).unwrap_err().to_string().contains("UTF-8")
    );
    let deep = format!("{}{}", "[".repeat(40), "]".repeat(40));
    assert!(error(&deep).contains("nested"));
}
