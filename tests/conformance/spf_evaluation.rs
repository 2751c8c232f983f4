//! Which term decides (RFC 7208 §4.6.2, §5, §6.1): for everybody, and for mail from Microsoft.

use super::{Row, exist, hold, planned};

#[test]
fn the_first_term_that_matches_decides() {
    exist(ROWS);
    hold(ROWS);
}

/// Whoever could send by name still can.
#[test]
fn other_senders_survive_the_edit() {
    for (record, after) in [
        (
            "v=spf1 -ip4:0.0.0.0/0 ip4:192.0.2.1 <MS> -all",
            "v=spf1 include:spf.protection.outlook.com -ip4:0.0.0.0/0 ip4:192.0.2.1 -all",
        ),
        (
            "v=spf1 ip4:0.0.0.0/1 ip4:192.0.2.1 ip4:128.0.0.0/1 <MS> -all",
            "v=spf1 ip4:192.0.2.1 include:spf.protection.outlook.com -all",
        ),
        (
            "v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/2 ip4:192.0.0.0/2 <MS> -all",
            "v=spf1 ip4:128.0.0.0/2 ip4:192.0.0.0/2 include:spf.protection.outlook.com -all",
        ),
        ("v=spf1 a/0 a <MS> -all", "v=spf1 a include:spf.protection.outlook.com -all"),
        ("v=spf1 a:h.example/0 <MS> -all", "v=spf1 a:h.example include:spf.protection.outlook.com -all"),
        ("v=spf1 exists:h.example <MS> -all", "v=spf1 include:spf.protection.outlook.com -all"),
    ] {
        assert_eq!(planned(record, "@ A 192.0.2.80\nh.example. A 192.0.2.81"), [after], "{record}");
    }
}

const H: &str = "@ A 192.0.2.80\nh.example. A 192.0.2.81\nv6.example. AAAA 2001:db8::1";

const ROWS: &[Row] = &[
    // Everybody passes.
    ("5.1", "v=spf1 <MS> +all", H, "spf-passes-everyone"),
    ("5.1", "v=spf1 <MS> all", H, "spf-passes-everyone"),
    ("5.1", "v=spf1 all", H, "spf-passes-everyone"),
    ("5.1", "v=spf1 +all -all", H, "spf-passes-everyone"),
    ("5.1", "v=spf1 <MS> ?all", H, "spf-without-all"),
    ("5.6", "v=spf1 ip4:0.0.0.0/0 <MS> -all", H, "spf-passes-everyone"),
    ("5.6", "v=spf1 ip4:192.0.2.1/0 <MS> -all", H, "spf-passes-everyone"),
    ("5.6", "v=spf1 ip6:::/0 <MS> -all", H, "spf-passes-everyone"),
    ("5.6", "v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 <MS> -all", H, "spf-passes-everyone"),
    ("5.6", "v=spf1 ip4:128.0.0.0/1 <MS> ip4:0.0.0.0/1 -all", H, "spf-passes-everyone"),
    ("5.6", "v=spf1 ip6:::/1 ip6:8000::/1 <MS> -all", H, "spf-passes-everyone"),
    (
        "5.6",
        "v=spf1 ip4:0.0.0.0/2 ip4:64.0.0.0/2 ip4:128.0.0.0/2 ip4:192.0.0.0/2 <MS> -all",
        H,
        "spf-passes-everyone",
    ),
    ("5.6", "v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/2 ip4:192.0.0.0/3 ip4:224.0.0.0/4 <MS> -all", H, "met"),
    ("5.6", "v=spf1 ip4:0.0.0.0/1 <MS> -all", H, "met"),
    ("5.6", "v=spf1 ip4:0.0.0.0/1 ?ip4:128.0.0.0/1 <MS> -all", H, "met"),
    ("5.6", "v=spf1 ip4:0.0.0.0/1 ip6:8000::/1 <MS> -all", H, "met"),
    ("5.6", "v=spf1 ~ip4:0.0.0.0/0 <MS> -all", H, "spf-without-microsoft"),
    ("5.2", "v=spf1 <MS> include:x.example -all", "x.example. TXT v=spf1 +all", "spf-passes-everyone"),
    (
        "5.2",
        "v=spf1 <MS> include:x.example -all",
        "x.example. TXT v=spf1 ip4:0.0.0.0/0 -all",
        "spf-passes-everyone",
    ),
    (
        "5.2",
        "v=spf1 <MS> include:x.example -all",
        "x.example. TXT v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all",
        "spf-passes-everyone",
    ),
    (
        "5.2",
        "v=spf1 <MS> ip4:0.0.0.0/1 include:x.example -all",
        "x.example. TXT v=spf1 ip4:128.0.0.0/1 -all",
        "spf-passes-everyone",
    ),
    (
        "5.2",
        "v=spf1 <MS> include:x.example -all",
        "x.example. TXT v=spf1 exists:h.example -all\nh.example. A 192.0.2.1",
        "spf-passes-everyone",
    ),
    (
        "5.2",
        "v=spf1 <MS> include:x.example -all",
        "x.example. TXT v=spf1 a/0 -all\nx.example. A 192.0.2.1",
        "spf-passes-everyone",
    ),
    ("5.2", "v=spf1 <MS> include:_x.%{d} -all", "_x TXT v=spf1 ip4:0.0.0.0/0 -all", "spf-passes-everyone"),
    (
        "5.2",
        "v=spf1 <MS> include:_x.%{d} -all",
        "_x TXT v=spf1 a:h.example/0 -all\nh.example. A 192.0.2.1",
        "spf-passes-everyone",
    ),
    ("5.2", "v=spf1 <MS> include:x.example -all", "x.example. TXT v=spf1 ?all", "met"),
    ("5.2", "v=spf1 <MS> ?include:x.example -all", "x.example. TXT v=spf1 +all", "met"),
    ("5.2", "v=spf1 <MS> -include:x.example -all", "x.example. TXT v=spf1 +all", "met"),
    ("6.1", "v=spf1 <MS> redirect=x.example", "x.example. TXT v=spf1 +all", "spf-passes-everyone"),
    ("6.1", "v=spf1 <MS> redirect=x.example -all", "x.example. TXT v=spf1 +all", "spf-terms-ignored"),
    ("5.3", "v=spf1 a/0 <MS> -all", H, "spf-passes-everyone"),
    ("5.3", "v=spf1 a:h.example/0 <MS> -all", H, "spf-passes-everyone"),
    ("5.3", "v=spf1 a:%{d}/0 <MS> -all", H, "spf-passes-everyone"),
    ("5.3", "v=spf1 a/0 <MS> -all", "", "met"),
    ("5.3", "v=spf1 a//0 <MS> -all", H, "met"),
    ("5.3", "v=spf1 a:v6.example//0 <MS> -all", H, "spf-passes-everyone"),
    ("5.3", "v=spf1 a:v6.example/0 <MS> -all", H, "met"),
    ("5.3", "v=spf1 a/1 <MS> -all", H, "met"),
    ("5.3", "v=spf1 ?a/0 <MS> -all", H, "spf-without-microsoft"),
    ("5.4", "v=spf1 mx/0 <MS> -all", H, "spf-passes-everyone"),
    ("5.4", "v=spf1 mx//0 <MS> -all", H, "spf-passes-everyone"),
    (
        "5.4",
        "v=spf1 mx:x.example/0 <MS> -all",
        "x.example. MX 0 h.x.example.\nh.x.example. A 192.0.2.1",
        "spf-passes-everyone",
    ),
    ("5.4", "v=spf1 mx:x.example/0 <MS> -all", "x.example. MX 0 gone.x.example.", "met"),
    ("5.7", "v=spf1 exists:h.example <MS> -all", H, "spf-passes-everyone"),
    ("5.7", "v=spf1 exists:%{d} <MS> -all", H, "spf-passes-everyone"),
    ("5.7", "v=spf1 exists:v6.example <MS> -all", H, "met"),
    ("5.7", "v=spf1 exists:gone.example <MS> -all", H, "met"),
    ("5.7", "v=spf1 <MS> -all exists:h.example", H, "spf-terms-ignored"),
    // Microsoft's senders.
    ("5.2", "v=spf1 ip4:192.0.2.1 -all", H, "spf-without-microsoft"),
    ("4.6.2", "v=spf1 ?include:spf.protection.outlook.com -all", H, "spf-without-microsoft"),
    ("4.6.2", "v=spf1 ~include:spf.protection.outlook.com -all", H, "spf-without-microsoft"),
    ("4.6.2", "v=spf1 -include:spf.protection.outlook.com -all", H, "spf-without-microsoft"),
    ("4.6.2", "v=spf1 -include:spf.protection.outlook.com <MS> -all", H, "spf-without-microsoft"),
    ("4.6.2", "v=spf1 <MS> -include:spf.protection.outlook.com -all", H, "met"),
    ("4.6.2", "v=spf1 -ip4:0.0.0.0/0 <MS> -all", H, "spf-without-microsoft"),
    ("4.6.2", "v=spf1 ?ip4:0.0.0.0/0 <MS> -all", H, "spf-without-microsoft"),
    ("4.6.2", "v=spf1 -ip4:0.0.0.0/1 -ip4:128.0.0.0/1 <MS> -all", H, "spf-without-microsoft"),
    ("4.6.2", "v=spf1 -ip4:0.0.0.0/1 <MS> -ip4:128.0.0.0/1 -all", H, "met"),
    ("4.6.2", "v=spf1 -ip6:::/0 <MS> -all", H, "met"),
    ("4.6.2", "v=spf1 <MS> -ip4:0.0.0.0/0 -all", H, "met"),
    ("4.6.2", "v=spf1 -exists:h.example <MS> -all", H, "spf-without-microsoft"),
    ("4.6.2", "v=spf1 -exists:gone.example <MS> -all", H, "met"),
    ("4.6.2", "v=spf1 -a/0 <MS> -all", H, "spf-without-microsoft"),
    ("4.6.2", "v=spf1 -mx/0 <MS> -all", H, "spf-without-microsoft"),
    ("4.6.2", "v=spf1 -a <MS> -all", H, "met"),
    (
        "4.6.2",
        "v=spf1 -include:x.example <MS> -all",
        "x.example. TXT v=spf1 <MS> -all",
        "spf-without-microsoft",
    ),
    ("4.6.2", "v=spf1 -include:x.example <MS> -all", "x.example. TXT v=spf1 ip4:192.0.2.1 -all", "met"),
    ("5.2", "v=spf1 include:x.example -all", "x.example. TXT v=spf1 <MS> -all", "met"),
    (
        "5.2",
        "v=spf1 include:x.example -all",
        "x.example. TXT v=spf1 ?include:spf.protection.outlook.com -all",
        "spf-without-microsoft",
    ),
    (
        "5.2",
        "v=spf1 include:x.example -all",
        "x.example. TXT v=spf1 -ip4:0.0.0.0/0 <MS> -all",
        "spf-without-microsoft",
    ),
    ("5.2", "v=spf1 include:x.example <MS> -all", "x.example. TXT v=spf1 -ip4:0.0.0.0/0 -all", "met"),
    (
        "5.2",
        "v=spf1 include:x.example -all",
        "x.example. TXT v=spf1 redirect=y.example\ny.example. TXT v=spf1 <MS> -all",
        "met",
    ),
    ("6.1", "v=spf1 redirect=x.example", "x.example. TXT v=spf1 <MS> -all", "met"),
    ("6.1", "v=spf1 redirect=x.example", "x.example. TXT v=spf1 ip4:192.0.2.1 -all", "spf-without-microsoft"),
    ("6.1", "v=spf1 redirect=x.example -all", "x.example. TXT v=spf1 <MS> -all", "spf-without-microsoft"),
    ("6.1", "v=spf1 redirect=x.example ip4:192.0.2.1", "x.example. TXT v=spf1 <MS> -all", "met"),
    (
        "6.1",
        "v=spf1 redirect=x.example -ip4:0.0.0.0/0",
        "x.example. TXT v=spf1 <MS> -all",
        "spf-without-microsoft",
    ),
    // Errors below.
    ("5.2", "v=spf1 <MS> include:x.example -all", "", "spf-invalid"),
    (
        "5.2",
        "v=spf1 <MS> include:x.example -all",
        "x.example. TXT v=spfl is not an SPF record",
        "spf-invalid",
    ),
    ("5.2", "v=spf1 <MS> include:x.example -all", "x.example. TXT v=spf1 include -all", "spf-invalid"),
    ("5.2", "v=spf1 <MS> include:x.example -all", "x.example. TXT v=spf1 -all foo=%abc", "spf-invalid"),
    ("5.2", "v=spf1 <MS> include:x.example -all", "x.example. TXT v=spf1 a:%{d}x -all", "spf-invalid"),
    (
        "5.2",
        "v=spf1 <MS> include:x.example -all",
        "x.example. TXT v=spf1 -all\nx.example. TXT v=spf1 a -all",
        "spf-invalid",
    ),
    ("6.1", "v=spf1 <MS> redirect=x.example", "", "spf-invalid"),
    (
        "4.6.4",
        "v=spf1 <MS> include:x.example -all",
        "x.example. TXT v=spf1 include:y.example -all\ny.example. TXT v=spf1 include:x.example -all",
        "spf-include-loop",
    ),
    ("4.6.4", "v=spf1 <MS> redirect=contoso.com", "", "spf-include-loop"),
];
