//! Which worlds can an admin be in?
//!
//! States of each record, and how they are crossed: every pair of states of two records that have to do
//! with each other stands in some world, and whatever is left goes round in turn. Foreign names are
//! answered too, so that a question which no world holds an answer for is one that nobody asked.

use std::sync::{Arc, LazyLock};

use cutover::check::{JudgeOptions, Questions};
use cutover::expected::{Cloud, Phase, Purpose, Subject};
use cutover::facts::{Facts, Recording, Reply, Role, Server, TrustPolicy, UnqueriedNames};
use cutover::lookup::zonefile::ZoneFiles;
use cutover::lookup::{Limits, Source, survey};
use cutover::record::zone::ZoneText;
use cutover::record::{Name, Question, Record, zone};

use crate::world::{Servers, answer_of, resolver};

/// The domain of all worlds.
pub const DOMAIN: &str = "contoso.com";

/// One state of a record: its lines, and the senders of mail in them that no plan may drop.
///
/// `%MX%`, `%SPF%` and `%AD%` stand for the right values of the cloud, `%OTHER-MX%` and `%OTHER-AD%` for
/// another's.
#[derive(Debug, Clone, Copy)]
pub struct State {
    pub name: &'static str,
    pub lines: &'static str,
    pub keeps: &'static [&'static str],
}

const fn state(name: &'static str, lines: &'static str) -> State {
    State { name, lines, keeps: &[] }
}

const fn keeping(name: &'static str, lines: &'static str, keeps: &'static [&'static str]) -> State {
    State { name, lines, keeps }
}

/// Who takes the mail.
pub const MX: &[State] = &[
    state("mx missing", ""),
    state("mx null", "@ MX 0 ."),
    state("mx at source", "@ MX 10 mx1.emailsrvr.com.\n@ MX 20 mx2.emailsrvr.com."),
    state("mx elsewhere", "@ MX 10 mail.fabrikam.example."),
    state("mx of its own", "@ MX 10 mail"),
    state("mx rival at source", "@ MX 0 %MX%.\n@ MX 10 mx1.emailsrvr.com."),
    state("mx rival elsewhere", "@ MX 0 %MX%.\n@ MX 10 mail.fabrikam.example.\n@ MX 20 mail"),
    state("mx right", "@ MX 0 %MX%."),
    state("mx right, other preference", "@ MX 50 %MX%."),
    state("mx other token", "@ MX 0 fabrikam-com.mail.protection.outlook.com."),
    state("mx right and other token", "@ MX 0 %MX%.\n@ MX 5 fabrikam-com.mail.protection.outlook.com."),
    state("mx partition", "@ MX 0 contoso-com.o-v1.mx.microsoft."),
    state("mx both families", "@ MX 0 %MX%.\n@ MX 10 contoso-com.o-v1.mx.microsoft."),
    state("mx older", "@ MX 0 contoso-com.mail.eo.outlook.com."),
    state("mx verification left", "@ MX 0 %MX%.\n@ MX 32767 ms12345678.msv1.invalid."),
    state("mx verification alone", "@ MX 32767 ms12345678.msv1.invalid."),
    state("mx verification and source", "@ MX 10 mx1.emailsrvr.com.\n@ MX 32767 ms12345678.msv1.invalid."),
    state("mx retired", "@ MX 10 contoso.com.s5a1.psmtp.com."),
    state("mx wrong cloud", "@ MX 0 %OTHER-MX%."),
    state("mx right and wrong cloud", "@ MX 0 %MX%.\n@ MX 5 %OTHER-MX%."),
    state("mx dotless", "@ MX 0 %MX%"),
    state("mx dotless source", "@ MX 10 mx1.emailsrvr.com"),
    state("mx right and dotless", "@ MX 0 %MX%.\n@ MX 10 %MX%"),
    state("mx placeholder", "@ MX 0 <token>.mail.protection.outlook.com."),
    state("mx sample", "@ MX 0 yourdomain-com.mail.protection.outlook.com."),
    state("mx single label", "@ MX 10 mail."),
    state("mx address", "@ MX 10 192.0.2.9."),
    state("mx gateway", "@ MX 10 us-smtp-inbound-1.mimecast.com.\n@ MX 10 us-smtp-inbound-2.mimecast.com."),
    state("mx gateway and right", "@ MX 10 us-smtp-inbound-1.mimecast.com.\n@ MX 20 %MX%."),
    state("mx gateway and source", "@ MX 10 us-smtp-inbound-1.mimecast.com.\n@ MX 20 mx1.emailsrvr.com."),
    state("mx gateway alias", "@ MX 10 old.mimecast.com."),
    state("mx alias host", "@ MX 10 alias.fabrikam.example."),
    state("mx own alias host", "@ MX 10 post\npost CNAME mail"),
    state("mx target missing", "@ MX 0 nowhere-example.mail.protection.outlook.com."),
    state("mx null and right", "@ MX 0 .\n@ MX 10 %MX%."),
];

/// Who may send.
pub const SPF: &[State] = &[
    state("spf missing", ""),
    state("spf right", "@ TXT \"v=spf1 include:%SPF% -all\""),
    keeping(
        "spf with other senders",
        "@ TXT \"v=spf1 include:_spf.sender.example ip4:192.0.2.25 a:mail.fabrikam.example mx \
            ip6:2001:db8::/32 \" \
         \"include:%SPF% ~all\"",
        &[
            "include:_spf.sender.example",
            "ip4:192.0.2.25",
            "a:mail.fabrikam.example",
            "mx",
            "ip6:2001:db8::/32",
        ],
    ),
    keeping(
        "spf without microsoft",
        "@ TXT \"v=spf1 include:_spf.sender.example ip4:192.0.2.25 exists:%{i}.x.example ptr ?all\"",
        &["include:_spf.sender.example", "ip4:192.0.2.25", "exists:%{i}.x.example", "ptr"],
    ),
    keeping(
        "spf of source",
        "@ TXT \"v=spf1 include:emailsrvr.com ip4:192.0.2.25 ~all\"",
        &["ip4:192.0.2.25"],
    ),
    state("spf of both", "@ TXT \"v=spf1 include:emailsrvr.com include:%SPF% -all\""),
    keeping(
        "spf twice",
        "@ TXT \"v=spf1 include:_spf.sender.example -all\"\n@ TXT \"v=spf1 ip4:192.0.2.25 ?all\"",
        &["include:_spf.sender.example", "ip4:192.0.2.25"],
    ),
    state("spf twice right", "@ TXT \"v=spf1 include:%SPF% -all\"\n@ TXT \"v=spf1 include:%SPF% ~all\""),
    keeping(
        "spf thrice with redirect",
        "@ TXT \"v=spf1 redirect=_spf.sender.example\"\n@ TXT \"v=spf1 ip4:192.0.2.25 -all\"\n@ TXT \
            \"v=spf1\"",
        &["redirect=_spf.sender.example|include:_spf.sender.example", "ip4:192.0.2.25"],
    ),
    keeping(
        "spf with redirect beside all, twice",
        "@ TXT \"v=spf1 a:mail.fabrikam.example redirect=_spf.sender.example -all\"\n@ TXT \"v=spf1 ip4:192.0.2.25 \
            +all\"",
        &["a:mail.fabrikam.example", "ip4:192.0.2.25"],
    ),
    keeping(
        "spf with terms behind all",
        "@ TXT \"v=spf1 ip4:192.0.2.25 ~all include:_spf.sender.example\"",
        &["ip4:192.0.2.25"],
    ),
    keeping(
        "spf of a guide",
        "@ TXT \"v=spf1 ip4:x.x.x.x include:<token> include:_spf.example.com ip4:192.0.2.25 -all\"",
        &["ip4:192.0.2.25"],
    ),
    keeping(
        "spf of source below",
        "@ TXT \"v=spf1 include:spf.contoso.com include:%SPF% -all\"\n\
            spf TXT \"v=spf1 include:emailsrvr.com ip4:192.0.2.25 -all\"",
        &["include:spf.contoso.com"],
    ),
    keeping("spf space", "@ TXT \"v=spf1 ip4:192.0.2.25 include: %SPF% -all\"", &["ip4:192.0.2.25"]),
    keeping(
        "spf space in another",
        "@ TXT \"v=spf1 a:mail.fabrikam.example include: _spf.sender.example -all\"",
        &["a:mail.fabrikam.example"],
    ),
    keeping("spf equals", "@ TXT \"v=spf1 ip4:192.0.2.25 include=%SPF% -all\"", &["ip4:192.0.2.25"]),
    keeping(
        "spf broken address",
        "@ TXT \"v=spf1 ip4:300.1.1.1 include:_spf.sender.example ip4:192.0.2.25/33 -all\"",
        &["include:_spf.sender.example"],
    ),
    keeping("spf unknown word", "@ TXT \"v=spf1 ip4:192.0.2.25 includes:%SPF% -all\"", &["ip4:192.0.2.25"]),
    state("spf lookalike version", "@ TXT \"v=spf include:%SPF% -all\""),
    state("spf lookalike blank", "@ TXT \" v=spf1 ip4:192.0.2.25 include:%SPF% -all\""),
    state("spf lookalike without version", "@ TXT \"include:%SPF% ip4:192.0.2.25 -all\""),
    keeping(
        "spf right and lookalike",
        "@ TXT \"v=spf1 ip4:192.0.2.25 -all\"\n@ TXT \"spf1 include:%SPF% -all\"",
        &["ip4:192.0.2.25"],
    ),
    state("spf for everybody", "@ TXT \"v=spf1 include:%SPF% +all\""),
    keeping(
        "spf for everybody by address",
        "@ TXT \"v=spf1 ip4:192.0.2.25 ip4:0.0.0.0/0 -all\"",
        &["ip4:192.0.2.25"],
    ),
    keeping("spf loop", "@ TXT \"v=spf1 include:contoso.com ip4:192.0.2.25 -all\"", &["ip4:192.0.2.25"]),
    keeping(
        "spf loop by way of another",
        "@ TXT \"v=spf1 include:back.example ip4:192.0.2.25 -all\"",
        &["ip4:192.0.2.25"],
    ),
    state("spf foreign loop", "@ TXT \"v=spf1 include:self.example include:%SPF% -all\""),
    state("spf foreign twice", "@ TXT \"v=spf1 include:two.example include:%SPF% -all\""),
    state("spf foreign broken", "@ TXT \"v=spf1 include:broken.example include:%SPF% -all\""),
    keeping(
        "spf void",
        "@ TXT \"v=spf1 a:v1.example mx:v2.example a:v3.example ip4:192.0.2.25 -all\"",
        &["ip4:192.0.2.25"],
    ),
    keeping(
        "spf include of nothing",
        "@ TXT \"v=spf1 include:nothing.example ip4:192.0.2.25 ~all\"",
        &["ip4:192.0.2.25"],
    ),
    state(
        "spf redirect",
        "@ TXT \"v=spf1 redirect=_spf.contoso.com\"\n_spf TXT \"v=spf1 include:%SPF% -all\"",
    ),
    keeping(
        "spf redirect without microsoft",
        "@ TXT \"v=spf1 redirect=_spf.contoso.com\"\n_spf TXT \"v=spf1 ip4:192.0.2.25 -all\"",
        &["redirect=_spf.contoso.com"],
    ),
    keeping(
        "spf redirect elsewhere",
        "@ TXT \"v=spf1 redirect=_spf.sender.example\"",
        &["redirect=_spf.sender.example"],
    ),
    keeping(
        "spf nested",
        "@ TXT \"v=spf1 include:spf.contoso.com -all\"\nspf TXT \"v=spf1 include:%SPF% ip4:192.0.2.25 -all\"",
        &["include:spf.contoso.com"],
    ),
    keeping(
        "spf nested twice",
        "@ TXT \"v=spf1 include:spf.contoso.com -all\"\nspf TXT \"v=spf1 include:%SPF% -all\"\nspf TXT \
            \"v=spf1 ?all\"",
        &["include:spf.contoso.com"],
    ),
    keeping(
        "spf nested broken",
        "@ TXT \"v=spf1 include:spf.contoso.com -all\"\nspf TXT \"v=spf1 ip4:192.0.2.300 include:%SPF% \
            -all\"",
        &["include:spf.contoso.com"],
    ),
    keeping(
        "spf nested loop",
        "@ TXT \"v=spf1 include:spf.contoso.com ip4:192.0.2.25 -all\"\nspf TXT \"v=spf1 \
            include:contoso.com ?all\"",
        &["ip4:192.0.2.25"],
    ),
    keeping(
        "spf nested missing",
        "@ TXT \"v=spf1 include:spf.contoso.com ip4:192.0.2.25 -all\"",
        &["ip4:192.0.2.25"],
    ),
    keeping(
        "spf too many",
        "@ TXT \"v=spf1 include:six.example include:seven.example -all\"",
        &["include:six.example", "include:seven.example"],
    ),
    keeping(
        "spf too many with microsoft",
        "@ TXT \"v=spf1 include:six.example include:%SPF% include:seven.example ~all\"",
        &["include:six.example", "include:seven.example"],
    ),
    state("spf without all", "@ TXT \"v=spf1 include:%SPF%\""),
    state("spf all in front", "@ TXT \"v=spf1 -all include:%SPF%\""),
    state("spf in capitals", "@ TXT \"V=SPF1 INCLUDE:%SPF% -ALL\""),
    state("spf against microsoft", "@ TXT \"v=spf1 -include:%SPF% ~all\""),
    keeping(
        "spf with modifiers",
        "@ TXT \"v=spf1 ip4:192.0.2.25 exp=why.contoso.com x=y -all\"",
        &["ip4:192.0.2.25", "exp=why.contoso.com", "x=y"],
    ),
    state("spf empty", "@ TXT \"v=spf1\""),
    state(
        "spf by reseller",
        "@ TXT \"v=spf1 include:secureserver.net -all\"\n@ TXT \"NETORGFT123.onmicrosoft.com\"",
    ),
    state(
        "spf as alias",
        "spf CNAME spf.protection.outlook.com.\n@ TXT \"v=spf1 include:spf.contoso.com -all\"",
    ),
];

/// Where mail programs find the server.
pub const AUTODISCOVER: &[State] = &[
    state("alias missing", ""),
    state("alias right", "autodiscover CNAME %AD%."),
    state("alias at source", "autodiscover CNAME autodiscover.emailsrvr.com."),
    state("alias elsewhere", "autodiscover CNAME mail.fabrikam.example."),
    state("alias to nothing", "autodiscover CNAME nowhere.example."),
    state("alias wrong cloud", "autodiscover CNAME %OTHER-AD%."),
    state("alias address", "autodiscover A 192.0.2.8"),
    state(
        "alias addresses",
        "autodiscover A 192.0.2.8\nautodiscover A 192.0.2.9\nautodiscover AAAA 2001:db8::8",
    ),
    state("alias flattened", "autodiscover A 192.0.2.100"),
    state("alias proxied", "autodiscover A 104.16.0.1\nautodiscover AAAA 2606:4700::1"),
    state("alias wildcard", "* CNAME www"),
    state("alias wildcard at source", "* CNAME autodiscover.emailsrvr.com."),
    state("alias wildcard right", "* CNAME %AD%."),
    state("alias wildcard address", "* A 192.0.2.80\n* AAAA 2001:db8::80"),
    state("alias and wildcard", "autodiscover CNAME www\n* CNAME www"),
    state("alias doubled", "autodiscover.contoso.com CNAME %AD%."),
    state(
        "alias doubled and at source",
        "autodiscover.contoso.com CNAME %AD%.\nautodiscover CNAME autodiscover.emailsrvr.com.",
    ),
    state("alias doubled and address", "autodiscover.contoso.com CNAME %AD%.\nautodiscover A 192.0.2.8"),
    state("alias dotless", "autodiscover CNAME %AD%"),
    state("alias dotless source", "autodiscover CNAME autodiscover.emailsrvr.com"),
    state("alias placeholder", "autodiscover CNAME <server>.outlook.com."),
    state("alias loop", "autodiscover CNAME autodiscover"),
    state("alias long loop", "autodiscover CNAME ad\nad CNAME autodiscover"),
    state("alias chain", "autodiscover CNAME ad\nad CNAME %AD%."),
    state("alias chain to source", "autodiscover CNAME ad\nad CNAME autodiscover.emailsrvr.com."),
    state("alias chain to address", "autodiscover CNAME www"),
    state("alias service", "_autodiscover._tcp SRV 0 0 443 %AD%."),
    state("alias service and address", "_autodiscover._tcp SRV 0 0 443 %AD%.\nautodiscover A 192.0.2.8"),
    state("alias service at source", "_autodiscover._tcp SRV 0 0 443 autodiscover.emailsrvr.com."),
    state("alias right, service at source", "autodiscover CNAME %AD%.\n_autodiscover._tcp SRV 0 0 443 mail"),
    state("alias wildcard mail and text", "* MX 10 mail\n* TXT x"),
    state("alias missing, mail and text in the way", "autodiscover MX 10 mail\nautodiscover TXT x"),
    state("alias right beside address", "autodiscover CNAME %AD%.\nautodiscover A 192.0.2.8"),
    state("alias elsewhere beside text", "autodiscover CNAME mail.fabrikam.example.\nautodiscover TXT x"),
    state("alias sample", "autodiscover CNAME autodiscover.example.com."),
    state("alias twice", "autodiscover CNAME %AD%.\nautodiscover CNAME autodiscover.emailsrvr.com."),
];

/// What proves ownership.
pub const VERIFICATION: &[State] = &[
    state("proof missing", ""),
    state("proof right", "@ TXT MS=ms12345678"),
    state("proof in small letters", "@ TXT ms=ms12345678"),
    state("proof of another", "@ TXT MS=ms87654321"),
    state("proof without sign", "@ TXT ms12345678"),
    state("proof with blanks", "@ TXT \"MS = ms12345678 \""),
    state("proof in quotes", "@ TXT \"\\\"MS=ms12345678\\\"\""),
    state("proof sample", "@ TXT MS=msXXXXXXXX"),
    state("proof twice", "@ TXT MS=ms12345678\n@ TXT MS=ms87654321"),
    state("proof malformed and other", "@ TXT ms12345678\n@ TXT MS=ms87654321"),
];

/// What must be gone.
pub const MSOID: &[State] =
    &[state("no msoid", ""), state("msoid", "msoid CNAME clientconfig.microsoftonline-p.net.")];

/// Records that no move concerns.
const UNRELATED: &str = r#"@ SOA ns1.example. hostmaster 7 1h 15m 14d 5m
@ NS ns1.example.
@ NS ns2.example.
@ A 192.0.2.80
@ TXT "google-site-verification=abc" " def"
@ TXT "a \"quoted\" \\ text; with \226\128\174 \000"
@ TXT "MSFT=x"
@ TXT ""
@ CAA 0 issue "ca.example"
www A 192.0.2.80
mail A 192.0.2.25
mail TXT "v=spf1 a -all"
_dmarc TXT "v=DMARC1; p=none"
_sip._tls SRV 100 1 443 sip.example.
_ldap._tcp SRV 0 0 389 www
selector1._domainkey CNAME selector1.emailsrvr.com.
"#;

/// The rest of the world; whatever is not here does not exist.
const FOREIGN: &str = r#"$ORIGIN .
$TTL 600
. SOA a.root. nobody. 1 1800 900 604800 300
ns1.fabrikam-dns.example A 192.0.2.1
ns2.fabrikam-dns.example A 192.0.2.2
spf.protection.outlook.com TXT "v=spf1 ip4:192.0.2.128/25 -all"
spf.protection.office365.us TXT "v=spf1 ip4:192.0.2.128/25 -all"
spf.protection.partner.outlook.cn TXT "v=spf1 ip4:192.0.2.128/25 -all"
autodiscover.outlook.com A 192.0.2.100
autodiscover.outlook.com A 192.0.2.101
autodiscover.outlook.com AAAA 2001:db8::100
autodiscover.office365.us A 192.0.2.100
autodiscover-dod.office365.us A 192.0.2.100
autodiscover.partner.outlook.cn A 192.0.2.100
clientconfig.partner.microsoftonline-p.net.cn A 192.0.2.102
fabrikam-com.mail.protection.outlook.com A 192.0.2.103
emailsrvr.com TXT "v=spf1 ip4:192.0.2.64/26 ~all"
mx1.emailsrvr.com A 192.0.2.104
mx2.emailsrvr.com A 192.0.2.104
autodiscover.emailsrvr.com A 192.0.2.105
mail.fabrikam.example A 192.0.2.106
alias.fabrikam.example CNAME mail.fabrikam.example.
us-smtp-inbound-1.mimecast.com A 192.0.2.107
us-smtp-inbound-2.mimecast.com A 192.0.2.107
old.mimecast.com CNAME us-smtp-inbound-1.mimecast.com.
_spf.sender.example TXT "v=spf1 ip4:192.0.2.32/28 -all"
secureserver.net TXT "v=spf1 ip4:192.0.2.48/28 -all"
back.example TXT "v=spf1 include:contoso.com -all"
self.example TXT "v=spf1 include:self.example -all"
two.example TXT "v=spf1 -all"
two.example TXT "v=spf1 ?all"
broken.example TXT "v=spf1 ip4:x -all"
six.example TXT "v=spf1 a:h1.example a:h2.example a:h3.example a:h4.example a:h5.example -all"
seven.example TXT "v=spf1 a:h1.example a:h2.example a:h3.example a:h4.example a:h5.example a:h6.example -all"
h1.example A 192.0.2.110
h2.example A 192.0.2.110
h3.example A 192.0.2.110
h4.example A 192.0.2.110
h5.example A 192.0.2.110
h6.example A 192.0.2.110
"#;

/// The mail hosts that Microsoft makes for the domain once it accepts it.
const ACCEPTED: &str = r#"$ORIGIN .
$TTL 600
contoso-com.mail.protection.outlook.com A 192.0.2.103
contoso-com.o-v1.mx.microsoft A 192.0.2.103
contoso-com.mail.eo.outlook.com A 192.0.2.103
contoso.mail.protection.office365.us A 192.0.2.103
contoso-com.mail.protection.partner.outlook.cn A 192.0.2.103
"#;

/// The one host that Microsoft makes for a domain that was added since July 2026.
const RECENT: &str = "$ORIGIN .\n$TTL 600\ncontoso-com.o-v1.mx.microsoft A 192.0.2.103\n";
/// Another one beside it, as nobody has seen it yet.
const SECOND: &str = "$ORIGIN .\n$TTL 600\ncontoso-com.p-v1.mx.microsoft AAAA 2001:db8::103\n";

/// How the choices of the command line differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// All at their defaults.
    Default,
    /// The verification text is given.
    Verification,
    /// The same, and Microsoft does not accept the domain yet.
    NotAccepted,
    /// The derived host does not exist, and one of the newer family does.
    Recent,
    /// The derived host does not exist, and two of the newer family do.
    Ambiguous,
    /// Microsoft's host of the newer family is given.
    MailHost,
    /// A filter stays in front.
    Gateway,
    /// Autodiscover stays on premises.
    Hybrid,
    /// The platform being left is named.
    Source,
}

impl Choice {
    /// Whether nobody can tell from DNS which host Microsoft has assigned.
    pub fn hides_host(self) -> bool {
        matches!(self, Self::NotAccepted | Self::Ambiguous)
    }
}

const CHOICES: [Choice; 10] = [
    Choice::Default,
    Choice::Verification,
    Choice::NotAccepted,
    Choice::Recent,
    Choice::MailHost,
    Choice::Gateway,
    Choice::Ambiguous,
    Choice::NotAccepted,
    Choice::Hybrid,
    Choice::Source,
];

/// One world.
#[derive(Debug, Clone)]
pub struct World {
    pub subject: Subject,
    pub choice: Choice,
    pub states: Vec<State>,
    /// The zone of the domain.
    pub zone: Vec<Record>,
}

impl World {
    fn new(states: [State; 5], phase: Phase, cloud: Cloud, choice: Choice) -> Self {
        let mut subject = Subject { phase, cloud, ..Subject::new(name(DOMAIN)) };
        subject.tenant = (cloud == Cloud::GccHigh || cloud == Cloud::Dod).then(|| "contoso".into());
        match choice {
            Choice::Default | Choice::Recent | Choice::Ambiguous => {}
            Choice::Verification | Choice::NotAccepted => subject.verification = Some("MS=ms12345678".into()),
            Choice::MailHost => subject.mx = Some(name("contoso-com.o-v1.mx.microsoft")),
            Choice::Gateway => subject.gateways = vec!["mimecast".parse().unwrap()],
            Choice::Hybrid => subject.hybrid = true,
            Choice::Source => subject.source = cutover::provider::by_id("rackspace"),
        }
        let lines: Vec<String> = states.iter().map(|state| filled(state.lines, cloud)).collect();
        let text = format!("$ORIGIN {DOMAIN}.\n$TTL 3600\n{UNRELATED}{}\n", lines.join("\n"));
        Self { subject, choice, states: states.to_vec(), zone: read(&text) }
    }

    /// A domain in which all but the MX records is right.
    pub fn of_mx(mx: State, phase: Phase, choice: Choice) -> Self {
        let right =
            |axis: &'static [State], name: &str| *axis.iter().find(|state| state.name == name).unwrap();
        let states = [
            mx,
            right(SPF, "spf right"),
            right(AUTODISCOVER, "alias right"),
            right(VERIFICATION, "proof right"),
            right(MSOID, "no msoid"),
        ];
        Self::new(states, phase, Cloud::Worldwide, choice)
    }

    /// Its states and choices, for a failure.
    pub fn title(&self) -> String {
        let states: Vec<&str> = self.states.iter().map(|state| state.name).collect();
        let Subject { phase, cloud, .. } = &self.subject;
        format!("{} in {phase}, {cloud}, {:?}", states.join(", "), self.choice)
    }

    /// The facts as a survey gathers them when the zone holds these records.
    pub fn facts(&self, zone: &[Record]) -> Facts {
        let mut facts = self.survey(&Source::offline(self.files(zone), started()));
        // Every name is answered here: whatever has no reply was not asked, and a judge who misses it is
        // at a loss.
        facts.elsewhere = UnqueriedNames::Asked;
        facts
    }

    /// The facts as a survey gathers them for this reader.
    pub fn facts_for(&self, reader: &mut Questions<'_>, limits: Limits) -> Facts {
        let source = Source::offline(self.files(&self.zone), started());
        let survey = survey(&source, &self.subject.domain, limits, reader);
        let mut facts = RUNTIME.with(|runtime| runtime.block_on(survey));
        facts.elsewhere = UnqueriedNames::Asked;
        facts
    }

    /// The facts as a survey gathers them from a recording.
    pub fn facts_again(&self, recording: Recording) -> Facts {
        self.survey(&Source::replay(recording, started()))
    }

    fn survey(&self, source: &Source) -> Facts {
        let mut questions = Questions::new(&self.subject, JudgeOptions::default());
        let survey = survey(source, &self.subject.domain, Limits::default(), &mut questions);
        RUNTIME.with(|runtime| runtime.block_on(survey))
    }

    /// The facts where the zone holds some records and a resolver still remembers others.
    pub fn facts_with_cache(&self, zone: &[Record], remembered: &[Record]) -> Facts {
        let [zone, remembered] = [zone, remembered].map(|records| self.files(records));
        let domain = &self.subject.domain;
        let answer = |question: &Question, server: &Arc<Server>| {
            let is_cached = server.role == Role::Resolver && question.name.is_within(domain);
            answer_of(if is_cached { &remembered } else { &zone }, question, server)
        };
        let file = Server { role: Role::ZoneFile, address: "contoso.com.zone".into() };
        let all = vec![Arc::new(file), resolver()];
        let mut facts = Facts::new(started(), UnqueriedNames::Asked);
        Servers { all, view: TrustPolicy::Both, answer: &answer }.ask(&self.subject, &mut facts);
        facts
    }

    pub fn files(&self, zone: &[Record]) -> ZoneFiles {
        let mut files = match self.choice {
            Choice::NotAccepted => OPEN.clone(),
            Choice::Recent => RECENT_ONLY.clone(),
            Choice::Ambiguous => TWO_RECENT.clone(),
            _ => CLOSED.clone(),
        };
        files.add("contoso.com.zone", ZoneText::from_records(Some(name(DOMAIN)), zone.to_vec())).unwrap();
        files
    }
}

pub use crate::world::checked_at as started;

/// The same reply of a resolver.
pub fn elsewhere(reply: Reply) -> Reply {
    Reply { server: resolver(), ..reply }
}

thread_local! {
    static RUNTIME: tokio::runtime::Runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
}

/// The world without the hosts that Microsoft makes for the domain.
static OPEN: LazyLock<ZoneFiles> = LazyLock::new(|| with(&[]));
/// The world with them.
static CLOSED: LazyLock<ZoneFiles> = LazyLock::new(|| with(&[ACCEPTED]));
/// The world with one of the newer family alone.
static RECENT_ONLY: LazyLock<ZoneFiles> = LazyLock::new(|| with(&[RECENT]));
/// The world with two of these.
static TWO_RECENT: LazyLock<ZoneFiles> = LazyLock::new(|| with(&[RECENT, SECOND]));

fn with(hosts: &[&str]) -> ZoneFiles {
    let all = [FOREIGN].iter().chain(hosts).flat_map(|text| read(text)).collect();
    ZoneFiles::from_records("world", None, all)
}

/// The worlds of a phase: one of ten of all pairs, others in each phase.
pub fn worlds(phase: Phase) -> impl Iterator<Item = World> {
    let share = Phase::ALL.iter().position(|known| *known == phase).unwrap();
    all_worlds(phase).skip(share * 3).step_by(10).map(|make| make())
}

/// How to make every world of a phase.
fn all_worlds(phase: Phase) -> impl Iterator<Item = impl FnOnce() -> World> {
    let pairs = [(MX, SPF), (MX, AUTODISCOVER), (SPF, AUTODISCOVER), (VERIFICATION, SPF), (VERIFICATION, MX)];
    let axes = [MX, SPF, AUTODISCOVER, VERIFICATION, MSOID];
    let mut turn = 0;
    let mut worlds = Vec::new();
    for (one, other) in pairs {
        for (first, second) in one.iter().flat_map(|first| other.iter().map(move |second| (first, second))) {
            turn += 1;
            let chosen = axes.map(|axis| match axis {
                _ if std::ptr::eq(axis, one) => *first,
                _ if std::ptr::eq(axis, other) => *second,
                axis => axis[turn * 7 % axis.len()],
            });
            let choice = CHOICES[turn * 3 % CHOICES.len()];
            // Only the commercial clouds have two families of mail hosts.
            let clouds = match choice {
                Choice::MailHost => &Cloud::ALL[..1],
                Choice::Recent | Choice::Ambiguous => &Cloud::ALL[..2],
                _ => &Cloud::ALL[..],
            };
            let cloud = if turn % 3 > 0 { Cloud::Worldwide } else { clouds[turn / 3 % clouds.len()] };
            worlds.push((chosen, cloud, choice));
        }
    }
    worlds.into_iter().map(move |(states, cloud, choice)| move || World::new(states, phase, cloud, choice))
}

/// A part of the worlds of all phases, spread over all of them.
pub fn some_worlds(of: usize) -> impl Iterator<Item = World> {
    let phases = Phase::ALL.iter().enumerate();
    phases.flat_map(move |(offset, phase)| worlds(*phase).skip(offset).step_by(of))
}

fn filled(lines: &str, cloud: Cloud) -> String {
    let other = if cloud == Cloud::China { Cloud::Worldwide } else { Cloud::China };
    let host = |cloud: Cloud| {
        let label = if matches!(cloud, Cloud::GccHigh | Cloud::Dod) { "contoso" } else { "contoso-com" };
        format!("{label}.{}", cloud.value(Purpose::MxSuffix).unwrap())
    };
    lines
        .replace("%MX%", &host(cloud))
        .replace("%OTHER-MX%", &host(other))
        .replace("%SPF%", cloud.value(Purpose::SpfInclude).unwrap())
        .replace("%AD%", cloud.value(Purpose::Autodiscover).unwrap())
        .replace("%OTHER-AD%", other.value(Purpose::Autodiscover).unwrap())
}

fn read(text: &str) -> Vec<Record> {
    zone::read(text.as_bytes(), None, "world").unwrap_or_else(|error| panic!("{error}\n{text}")).records
}

pub fn name(text: &str) -> Name {
    text.parse().unwrap()
}
