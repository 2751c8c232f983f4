//! Limits of processing (RFC 7208 §4.6.4, §5.4, §5.5).

use super::{Row, exist, hold};

#[test]
fn lookups_are_counted_as_receivers_count_them() {
    exist(ROWS);
    hold(ROWS);
}

const TEN: &str = "h1.x.example. A 192.0.2.1";

const ROWS: &[Row] = &[
    // Lookups.
    ("4.6.4", "v=spf1 ptr ptr ptr ptr ptr ptr ptr ptr ptr <MS> -all", "", "met"),
    (
        "4.6.4",
        "v=spf1 ptr:a.x ptr:b.x ptr:c.x ptr:d.x ptr:e.x ptr:f.x ptr:g.x ptr:h.x ptr:i.x ptr:j.x <MS> -all",
        "",
        "spf-too-many-lookups",
    ),
    (
        "4.6.4",
        "v=spf1 exists:%{i}.a exists:%{i}.b exists:%{i}.c exists:%{i}.d exists:%{i}.e exists:%{i}.f exists:%{i}.g exists:%{i}.h exists:%{i}.i <MS> -all",
        "",
        "met",
    ),
    (
        "4.6.4",
        "v=spf1 exists:%{i}.a exists:%{i}.b exists:%{i}.c exists:%{i}.d exists:%{i}.e exists:%{i}.f exists:%{i}.g exists:%{i}.h exists:%{i}.i exists:%{i}.j <MS> -all",
        "",
        "spf-too-many-lookups",
    ),
    (
        "4.6.4",
        "v=spf1 <MS> include:x.example -all",
        "x.example. TXT v=spf1 exists:%{i}.a exists:%{i}.b exists:%{i}.c exists:%{i}.d exists:%{i}.e exists:%{i}.f exists:%{i}.g exists:%{i}.h -all",
        "met",
    ),
    (
        "4.6.4",
        "v=spf1 <MS> include:x.example -all",
        "x.example. TXT v=spf1 exists:%{i}.a exists:%{i}.b exists:%{i}.c exists:%{i}.d exists:%{i}.e exists:%{i}.f exists:%{i}.g exists:%{i}.h exists:%{i}.i -all",
        "spf-too-many-lookups",
    ),
    (
        "4.6.4",
        "v=spf1 <MS> redirect=x.example",
        "x.example. TXT v=spf1 exists:%{i}.a exists:%{i}.b exists:%{i}.c exists:%{i}.d exists:%{i}.e exists:%{i}.f exists:%{i}.g exists:%{i}.h exists:%{i}.i -all",
        "spf-too-many-lookups",
    ),
    (
        "4.6.4",
        "v=spf1 <MS> -all exists:%{i}.a exists:%{i}.b exists:%{i}.c exists:%{i}.d exists:%{i}.e exists:%{i}.f exists:%{i}.g exists:%{i}.h exists:%{i}.i exists:%{i}.j",
        "",
        "spf-terms-ignored",
    ),
    (
        "4.6.4",
        "v=spf1 ip4:192.0.2.1 ip4:192.0.2.2 ip4:192.0.2.3 ip4:192.0.2.4 ip4:192.0.2.5 ip4:192.0.2.6 ip4:192.0.2.7 ip4:192.0.2.8 ip4:192.0.2.9 ip4:192.0.2.10 ip4:192.0.2.11 <MS> -all",
        "",
        "met",
    ),
    ("4.6.4", "v=spf1 <MS> exp=x.%{i}.example -all", "", "met"),
    // Void lookups.
    ("4.6.4", "v=spf1 a:n1.example a:n2.example <MS> -all", "", "met"),
    ("4.6.4", "v=spf1 a:n1.example a:n2.example a:n3.example <MS> -all", "", "spf-void-lookups"),
    (
        "4.6.4",
        "v=spf1 a:n1.example a:n2.example a:n3.example <MS> -all",
        "n3.example. AAAA 2001:db8::1",
        "met",
    ),
    (
        "4.6.4",
        "v=spf1 a:n1.example a:n2.example a:n3.example <MS> -all",
        "n3.example. TXT x",
        "spf-void-lookups",
    ),
    ("4.6.4", "v=spf1 mx:n1.example mx:n2.example mx:n3.example <MS> -all", "", "spf-void-lookups"),
    ("4.6.4", "v=spf1 exists:n1.example exists:n2.example <MS> -all", "", "met"),
    (
        "4.6.4",
        "v=spf1 exists:n1.example exists:n2.example exists:n3.example <MS> -all",
        "",
        "spf-void-lookups",
    ),
    (
        "4.6.4",
        "v=spf1 exists:n1.example exists:n2.example exists:n3.example <MS> -all",
        "n3.example. AAAA 2001:db8::1",
        "spf-void-lookups",
    ),
    ("4.6.4", "v=spf1 exists:n1.example a:n2.example mx:n3.example <MS> -all", "", "spf-void-lookups"),
    ("4.6.4", "v=spf1 exists:%{i}.n1 exists:%{i}.n2 exists:%{i}.n3 <MS> -all", "", "met"),
    (
        "4.6.4",
        "v=spf1 -exists:n1.example ?exists:n2.example ~exists:n3.example <MS> -all",
        "",
        "spf-void-lookups",
    ),
    (
        "4.6.4",
        "v=spf1 a:n1.example a:n2.example mx:x.example <MS> -all",
        "x.example. MX 10 gone.example.",
        "spf-void-lookups",
    ),
    (
        "4.6.4",
        "v=spf1 a:n1.example a:n2.example mx:x.example <MS> -all",
        "x.example. MX 10 gone.example.\nx.example. MX 20 h.example.\nh.example. A 192.0.2.1\nh.example. AAAA 2001:db8::1",
        "met",
    ),
    (
        "4.6.4",
        "v=spf1 a:n1.example a:n2.example mx:x.example <MS> -all",
        "x.example. MX 10 h.example.\nh.example. AAAA 2001:db8::1",
        "met",
    ),
    ("4.6.4", "v=spf1 a:n1.example a:n2.example mx:x.example <MS> -all", "x.example. MX 0 .", "met"),
    (
        "4.6.4",
        "v=spf1 mx:x.example mx:y.example mx:z.example <MS> -all",
        "x.example. MX 10 g1.example.\ny.example. MX 10 g2.example.\nz.example. MX 10 g3.example.",
        "spf-void-lookups",
    ),
    (
        "4.6.4",
        "v=spf1 a:n1.example include:x.example <MS> -all",
        "x.example. TXT v=spf1 a:n2.example a:n3.example -all",
        "spf-void-lookups",
    ),
    ("4.6.4", "v=spf1 <MS> exp=n1.example a:n2.example a:n3.example -all", "", "met"),
    ("4.6.4", "v=spf1 ptr:n1.example ptr:n2.example ptr:n3.example <MS> -all", "", "met"),
    // Hosts behind `mx`.
    ("4.6.4", "v=spf1 mx:x.example <MS> -all", TEN_HOSTS, "met"),
    ("4.6.4", "v=spf1 mx:x.example <MS> -all", ELEVEN_HOSTS, "spf-too-many-lookups"),
    ("4.6.4", "v=spf1 <MS> mx:x.example -all", ELEVEN_HOSTS, "spf-too-many-lookups"),
    ("4.6.4", "v=spf1 <MS> -mx:x.example -all", ELEVEN_HOSTS, "spf-too-many-lookups"),
    ("4.6.4", "v=spf1 <MS> include:y.example -all", NESTED_HOSTS, "spf-too-many-lookups"),
    ("4.6.4", "v=spf1 <MS> redirect=y.example", NESTED_HOSTS, "spf-too-many-lookups"),
    ("4.6.4", "v=spf1 <MS> -all mx:x.example", ELEVEN_HOSTS, "spf-terms-ignored"),
    // Hosts without an IPv6 address.
    ("4.6.4", "v=spf1 a:h1.x.example <MS> -all", TEN, "met"),
    ("4.6.4", "v=spf1 a:n1.example a:n2.example a:h1.x.example <MS> -all", TEN, "spf-void-for-ipv6"),
    ("4.6.4", "v=spf1 <MS> a:n1.example a:n2.example a:h1.x.example -all", TEN, "met"),
    (
        "4.6.4",
        "v=spf1 a:n1.example a:n2.example a:h1.x.example <MS> -all",
        "h1.x.example. A 192.0.2.1\nh1.x.example. AAAA 2001:db8::1",
        "met",
    ),
    (
        "4.6.4",
        "v=spf1 a:n1.example a:n2.example mx:x.example <MS> -all",
        "x.example. MX 0 h1.x.example.\nh1.x.example. A 192.0.2.1",
        "spf-void-for-ipv6",
    ),
];

const TEN_HOSTS: &str = "1..=10 x.example. MX # h#.x.example.\n\
    h1.x.example. A 192.0.2.1";

const ELEVEN_HOSTS: &str = "1..=11 x.example. MX # h#.x.example.\n\
    h1.x.example. A 192.0.2.1";

const NESTED_HOSTS: &str = "y.example. TXT v=spf1 mx -all\n\
    1..=11 y.example. MX # h#.x.example.\n\
    h1.x.example. A 192.0.2.1";
