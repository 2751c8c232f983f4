//! The table of mail platforms and filters, and lookups in it.
//!
//! The file is long because it is data: one row for each platform, with its sources, so that a row can be read, checked
//! and replaced on its own. Facts as of August 2026. Pattern matching is described in `pattern`, the fields at
//! [`Provider`].
//!
//! Notes on the rows:
//!
//! * A gateway in front of Microsoft 365 is not a fault, and a missing Microsoft include is not proof of one:
//!   of 108 domains with a gateway in front of Microsoft 365, 25 had no `spf.protection.outlook.com` in SPF
//!   ([`MXMAP_DATA`]).
//! * Mixed MX sets occur: 12 of 2,110 domains in the same data had Microsoft's host and another one.
//! * SPF hosts that bulk senders and mailbox hosts share (`amazonses.com`, `secureserver.net`, `zoho.com`,
//!   `_spf.google.com`, `websitewelcome.com`) are weak evidence of a mailbox host.
//! * A row states its sources with dates, at least the date of reading, and its patterns are no wider than the sources
//!   support: never a substring of a name.

use super::{Confidence, Evidence, Kind, Provider};

/// A template that the vendor submitted to Domain Connect.
macro_rules! domain_connect {
    ($file:literal) => {
        concat!("Domain-Connect/Templates ", $file, " (e002d91, 2026-08-20)")
    };
}

/// A fingerprint of the CIPP project, which administers Microsoft 365.
macro_rules! cipp {
    ($vendor:literal) => {
        concat!(
            "KelvinTegelaar/CIPP-API Modules/DNSHealth/1.1.8/MailProviders/",
            $vendor,
            ".json (adf3242, 2026-08-08)"
        )
    };
}

/// A page of Microsoft's documentation.
macro_rules! microsoft_docs {
    ($page:literal) => {
        concat!("MicrosoftDocs ", $page)
    };
}

/// A page of Rackspace's documentation.
macro_rules! rackspace_how_to {
    ($page:literal) => {
        concat!("rackerlabs/rackspace-how-to content/ (0a7ac54, 2020-11-10): ", $page)
    };
}

/// Every recognized platform. Reports keep this order: Microsoft first.
pub(super) static PROVIDERS: &[Provider] = &[
    // Microsoft 365, and names of Microsoft's that are not the destination.
    Provider {
        id: "microsoft-365",
        name: "Microsoft 365 worldwide (incl. GCC)",
        short: "Microsoft 365",
        kind: Kind::Microsoft,
        mx: &["mail.protection.outlook.com", "mx.microsoft"],
        spf: &["spf.protection.outlook.com"],
        autodiscover: &["autodiscover.outlook.com"],
        srv: &[
            ("_autodiscover._tcp", "autodiscover.outlook.com"),
            ("_sipfederationtls._tcp", "sipfed.online.lync.com"),
            ("_sip._tls", "sipdir.online.lync.com"),
        ],
        dkim: &[
            ("selector1", Some("onmicrosoft.com")),
            ("selector2", Some("onmicrosoft.com")),
            ("selector1", Some("dkim.mail.microsoft")),
            ("selector2", Some("dkim.mail.microsoft")),
        ],
        ns: &["bdm.microsoftonline.com"],
        txt: &[(None, "MS=ms"), (None, "MS=")],
        cname: &[
            ("sip", "sipdir.online.lync.com"),
            ("lyncdiscover", "webdir.online.lync.com"),
            ("enterpriseregistration", "enterpriseregistration.windows.net"),
            ("enterpriseenrollment", "enterpriseenrollment-s.manage.microsoft.com"),
            ("enterpriseenrollment", "enterpriseenrollment.manage.microsoft.com"),
            ("enterpriseenrollment", "manage.microsoft.com"),
        ],
        weak: &[Evidence::Txt],
        confidence: Confidence::A,
        sources: &[
            microsoft_docs!("external-domain-name-system-records.md (2024-10-24)"),
            microsoft_docs!("email-authentication-dkim-configure.md (2025-06-19)"),
            cipp!("Microsoft365"),
        ],
        note: "One MX, preference usually 0; any other preference on a single MX is fine. The left label \
               is assigned: never fail an MX because it differs from dots-to-dashes (hyphenated names \
               carry a suffix such as 0c, 01b, 0ie). sip, lyncdiscover and _sip._tls are legacy names. MS= \
               is 'MS=ms'+digits, or 'MS='+40 hex digits (webappanalyzer); its absence after cutover is \
               normal. mx.microsoft has labels before it and is not mx.microsoft.com. An \
               _autodiscover._tcp SRV to the Microsoft host is a working variant (5 of 1,120 in the mxmap \
               data).",
    },
    Provider {
        id: "microsoft-365-godaddy",
        name: "Microsoft 365 sold by GoDaddy",
        short: "Microsoft 365 sold by GoDaddy",
        kind: Kind::Microsoft,
        spf: &["secureserver.net"],
        autodiscover: &["autodiscover.outlook.com"],
        dkim: &[("selector1", Some("onmicrosoft.com")), ("selector2", Some("onmicrosoft.com"))],
        txt: &[(None, "NETORGFT")],
        cname: &[("email", "email.secureserver.net")],
        weak: &[Evidence::Spf, Evidence::Cname, Evidence::Txt, Evidence::Autodiscover, Evidence::Dkim],
        confidence: Confidence::A,
        sources: &[domain_connect!("secureserver.net.o365.json")],
        note: "MX is microsoft-365's. The seller's template sets ONLY include:secureserver.net in SPF, so \
               that include is legitimate here and its presence is not a GoDaddy leftover. \
               NETORGFT########.onmicrosoft.com TXT: B.",
        ..NONE
    },
    Provider {
        id: "microsoft-365-us-gov",
        name: "Microsoft 365 GCC High and DoD",
        short: "Microsoft 365 GCC High and DoD",
        kind: Kind::Microsoft,
        mx: &["mail.protection.office365.us", "usgovcloud-mx.microsoft", "office365.us"],
        spf: &["spf.protection.office365.us"],
        autodiscover: &["autodiscover.office365.us", "autodiscover-dod.office365.us"],
        srv: &[
            ("_sipfederationtls._tcp", "sipfed.online.gov.skypeforbusiness.us"),
            ("_sipfederationtls._tcp", "sipfed.online.dod.skypeforbusiness.us"),
        ],
        dkim: &[("selector1", Some("onmicrosoft.us")), ("selector2", Some("onmicrosoft.us"))],
        txt: &[(None, "MS=ms")],
        weak: &[Evidence::Txt, Evidence::Dkim],
        confidence: Confidence::A,
        sources: &[
            microsoft_docs!("dns-records-for-office-365-gcc-high.md (2020-05-19)"),
            microsoft_docs!("dns-records-for-office-365-dod.md (2020-05-19)"),
            MX_INFERENCE,
        ],
        note: "DKIM target form is not documented (M). usgovcloud-mx.microsoft appears only in an endpoint \
               list; exact host form unknown. Accept any single label before the suffix.",
        ..NONE
    },
    Provider {
        id: "microsoft-365-21vianet",
        name: "Microsoft 365 operated by 21Vianet (China)",
        short: "Microsoft 365 by 21Vianet",
        kind: Kind::Microsoft,
        mx: &["mail.protection.partner.outlook.cn", "outlook.cn"],
        spf: &["spf.protection.partner.outlook.cn"],
        autodiscover: &["autodiscover.partner.outlook.cn"],
        srv: &[
            ("_sipfederationtls._tcp", "sipfed.online.partner.lync.cn"),
            ("_sip._tls", "sipdir.online.partner.lync.cn"),
        ],
        txt: &[(None, "MS=ms")],
        cname: &[
            ("msoid", "clientconfig.partner.microsoftonline-p.net.cn"),
            ("lyncdiscover", "webdir.online.partner.lync.cn"),
            ("sip", "sipdir.online.partner.lync.cn"),
        ],
        weak: &[Evidence::Txt],
        confidence: Confidence::A,
        sources: &[
            microsoft_docs!(
                "create-dns-records-at-any-dns-hosting-provider.md (21Vianet section, read 2026-08)"
            ),
            MX_INFERENCE,
        ],
        note: "The only cloud where msoid is required; everywhere else msoid is a harmful leftover.",
        ..NONE
    },
    Provider {
        id: "microsoft-365-germany",
        name: "Microsoft Cloud Germany",
        short: "Microsoft Cloud Germany",
        kind: Kind::Retired,
        mx: &["mail.protection.outlook.de", "outlook.de"],
        spf: &["spf.protection.outlook.de"],
        autodiscover: &["autodiscover-outlook.office.de"],
        confidence: Confidence::C,
        sources: &[
            MX_INFERENCE,
            microsoft_docs!(
                "create-dns-records-at-any-dns-hosting-provider.md (former Germany section, read 2026-08)"
            ),
        ],
        note: "Cloud closed (closing date M). Any target here is stale.",
        ..NONE
    },
    Provider {
        id: "microsoft-365-eo",
        name: "Exchange Online, early MX name",
        short: "Exchange Online",
        kind: Kind::Microsoft,
        mx: &["mail.eo.outlook.com"],
        weak: &[Evidence::Mx],
        confidence: Confidence::C,
        sources: &[cipp!("Microsoft365"), MXMAP_DATA],
        note: "Warn: a 2018 page calls it unsupported and Microsoft says to delete it on the move to \
               mx.microsoft, yet 5 of 2,110 domains published it in 2026 (mxmap data).",
        ..NONE
    },
    Provider {
        id: "microsoft-legacy-mx",
        name: "Old Forefront / FrontBridge filtering host names",
        short: "Forefront",
        kind: Kind::Retired,
        mx: &["mail.messaging.microsoft.com", "frontbridge.com", "bigfish.com"],
        spf: &["=spf-a.outlook.com", "=spf-b.outlook.com", "=spf-c.outlook.com"],
        confidence: Confidence::C,
        sources: &["Exchange team blog 2018-05-29 'Remove all stale DNS records'", "vermasandeep.in 2018"],
        note: "Said to be deferred with 451 4.4.62 ... ATTR35 since 2018-05-25. The spf-a/b/c includes are \
               old Microsoft includes: replace. bigfish.com: M.",
        ..NONE
    },
    Provider {
        id: "microsoft-365-verification-mx",
        name: "Microsoft 365 domain verification MX",
        short: "Microsoft 365 domain verification MX",
        kind: Kind::Microsoft,
        mx: &["msv1.invalid", "msv1.invalid.outlook.com"],
        weak: &[Evidence::Mx],
        confidence: Confidence::B,
        sources: &[MXMAP_DATA, "microsoft-365-docs #5486", "OfficeDocs-O365ITPro #930"],
        note: "Proof of ownership only, never a mail host. Sanitized when its preference is the worst, but \
               report it for deletion.",
        ..NONE
    },
    Provider {
        id: "outlook-com-consumer",
        name: "Outlook.com / Hotmail personalised domain",
        short: "Outlook.com",
        kind: Kind::Source,
        mx: &["olc.protection.outlook.com", "hotmail.com"],
        spf: &["=outlook.com"],
        autodiscover: &["autodiscover.outlook.com"],
        txt: &[(Some("_outlook"), "")],
        weak: &[Evidence::Spf, Evidence::Autodiscover],
        confidence: Confidence::A,
        sources: &[domain_connect!("outlook.com.personalizedoutlookemail.json"), MXSNIFF],
        note: "Consumer service, NOT Exchange Online; shares autodiscover.outlook.com with it. SPF \
               outlook.com must be matched exactly, else it swallows spf.protection.outlook.com.",
        ..NONE
    },
    // Mailbox hosts that a domain may be leaving.
    Provider {
        id: "rackspace",
        name: "Rackspace Email / Hosted Exchange",
        short: "Rackspace",
        kind: Kind::Source,
        mx: &["emailsrvr.com"],
        spf: &["emailsrvr.com"],
        autodiscover: &["emailsrvr.com"],
        srv: &[
            ("_sip._tls", "sip.mex##*.emailsrvr.com"),
            ("_sipfederationtls._tcp", "lync01.mex##*.emailsrvr.com"),
            ("_autodiscover._tcp", "emailsrvr.com"),
        ],
        dkim: &[("20######", None), ("20######-????????", None)],
        ns: &["=ns.rackspace.com", "=ns2.rackspace.com", "stabletransit.com", "dns#.name-services.com"],
        cname: &[
            ("lyncdiscover", "lyncdiscover.mex##*.emailsrvr.com"),
            ("sip", "sip.mex##*.emailsrvr.com"),
            ("*", "pl-#*.webmail.emailsrvr.com"),
            ("*", "pl-#*.admin.emailsrvr.com"),
            ("*", "emailsrvr.com"),
            ("*", "mymailsrvr.com"),
            ("*", "mycpsrvr.com"),
        ],
        weak: &[Evidence::Dkim, Evidence::Ns],
        confidence: Confidence::A,
        sources: &[
            rackspace_how_to!("rackspace-email/set-up-dns-records-for-cloud-office-email.md (2017-10-20)"),
            rackspace_how_to!(
                "skype-for-business/set-up-dns-records-for-cloud-office-skype-for-business.md (2019-01-16)"
            ),
            rackspace_how_to!("rackspace-email/find-dns-host.md (2017-05-30)"),
        ],
        note: "Rackspace Email and Hosted Exchange share MX, SPF and autodiscover; only \
               lyncdiscover/sip/SRV targets tell Exchange (mex06, mex08, mex09 documented). DKIM selector \
               is date-shaped, TXT, and other hosts use date-shaped selectors too. name-services.com is \
               eNom and shared with unrelated customers.",
        ..NONE
    },
    Provider {
        id: "rackspace-legacy",
        name: "Rackspace legacy hosts (Mailtrust, mlsrvr, rack-host)",
        short: "Rackspace legacy",
        kind: Kind::Source,
        mx: &["mailtrust.com", "mlsrvr.com", "rack-host.net"],
        spf: &["mailtrust.com"],
        cname: &[("*", "mlsrvr.com")],
        weak: &[Evidence::Mx, Evidence::Spf],
        confidence: Confidence::M,
        sources: &[MX_INFERENCE, rackspace_how_to!("retired articles that name mex03b.mlsrvr.com")],
        note: "mailtrust.com as an MX: M. rack-host.net: C. mlsrvr.com: A as an Exchange 2007 account \
               domain, not documented in DNS.",
        ..NONE
    },
    Provider {
        id: "google-workspace",
        name: "Google Workspace",
        short: "Google Workspace",
        kind: Kind::Source,
        mx: &["smtp.google.com", "aspmx.l.google.com", "aspmx#.googlemail.com", "gmr-smtp-in.l.google.com"],
        spf: &["_spf.google.com"],
        dkim: &[("google", None), ("google2048", None)],
        txt: &[(None, "google-site-verification=")],
        weak: &[Evidence::Spf, Evidence::Txt],
        confidence: Confidence::A,
        sources: &[domain_connect!("google.com.gmail-setup.json"), cipp!("Google"), MXMAP],
        note: "Single smtp.google.com since April 2023 (B), five-host set before. _spf.google.com is \
               shared with senders; site-verification is mostly Search Console. google2048: C.",
        ..NONE
    },
    Provider {
        id: "gmail-consumer",
        name: "Gmail (consumer)",
        short: "Gmail",
        kind: Kind::Source,
        mx: &["gmail-smtp-in.l.google.com"],
        confidence: Confidence::C,
        sources: &[MXSNIFF],
        note: "Not expected on a business domain.",
        ..NONE
    },
    Provider {
        id: "godaddy-workspace",
        name: "GoDaddy Workspace / Professional Email",
        short: "GoDaddy",
        kind: Kind::Source,
        mx: &[
            "smtp.secureserver.net",
            "mailstore1.secureserver.net",
            "smtp.europe.secureserver.net",
            "mailstore1.europe.secureserver.net",
            "smtp.asia.secureserver.net",
            "mailstore1.asia.secureserver.net",
        ],
        spf: &["secureserver.net"],
        srv: &[("_autodiscover._tcp", "autodiscover.secureserver.net")],
        cname: &[
            ("email", "email.secureserver.net"),
            ("imap", "imap.secureserver.net"),
            ("mail", "pop.secureserver.net"),
            ("mobilemail", "mobilemail-v01.prod.mesa1.secureserver.net"),
            ("pda", "mobilemail-v01.prod.mesa1.secureserver.net"),
            ("pop", "pop.secureserver.net"),
            ("smtp", "smtp.secureserver.net"),
            ("webmail", "webmail.secureserver.net"),
        ],
        weak: &[Evidence::Spf, Evidence::Cname],
        confidence: Confidence::A,
        sources: &[domain_connect!("godaddy.com.professional_mail.json"), MXSNIFF, GODADDY_ZONES],
        note: "Two DKIM CNAMEs with variable selectors. Regional hosts: C. The CNAMEs but `email`: B; they are in new \
               zones of GoDaddy's whether or not the mail is there.",
        ..NONE
    },
    Provider {
        id: "godaddy-cpanel",
        name: "GoDaddy cPanel mail",
        short: "GoDaddy cPanel",
        kind: Kind::Source,
        mx: &["{domain}", "mail.{domain}"],
        spf: &["secureserver.net"],
        srv: &[("_autodiscover._tcp", "cpanelemaildiscovery.cpanel.net")],
        cname: &[("autodiscover", "{domain}"), ("autoconfig", "{domain}"), ("webmail", "{domain}")],
        weak: &[Evidence::Mx, Evidence::Spf, Evidence::Cname],
        confidence: Confidence::A,
        sources: &[domain_connect!("godaddy.com.cpanel_email.json")],
        note: "SPF in full: v=spf1 a mx ptr include:secureserver.net ~all. The SRV is the usual leftover.",
        ..NONE
    },
    Provider {
        id: "titan",
        name: "Titan (Hostinger, GoDaddy, WordPress.com resale)",
        short: "Titan",
        kind: Kind::Source,
        mx: &["titan.email"],
        spf: &["spf.titan.email"],
        confidence: Confidence::A,
        sources: &[domain_connect!("titan.email.titan-mail-hosting.json")],
        ..NONE
    },
    Provider {
        id: "flock-mail",
        name: "Flock Mail",
        short: "Flock Mail",
        kind: Kind::Source,
        mx: &["flockmail.com"],
        spf: &["spf.flockmail.com"],
        confidence: Confidence::A,
        sources: &[domain_connect!("flockmail.com.flock-mail-hosting.json")],
        note: "Sister of Titan.",
        ..NONE
    },
    Provider {
        id: "hostinger",
        name: "Hostinger Email",
        short: "Hostinger",
        kind: Kind::Source,
        mx: &["mx#.hostinger.com", "hostinger.in"],
        spf: &["_spf.mail.hostinger.com"],
        autodiscover: &["autodiscover.mail.hostinger.com"],
        dkim: &[
            ("hostingermail-a", Some("hostinger.com")),
            ("hostingermail-b", Some("hostinger.com")),
            ("hostingermail-c", Some("hostinger.com")),
        ],
        ns: &["dns-parking.com"],
        cname: &[("autoconfig", "autoconfig.mail.hostinger.com")],
        weak: &[Evidence::Ns],
        confidence: Confidence::A,
        sources: &[
            "hostinger.com/support 1583673 'What Is the SPF Record for Hostinger Email?' (2025-08-27)",
            MXSNIFF,
        ],
        note: "SPF: A. MX, DKIM, autodiscover: B. hostinger.in MX: C. ns: C (SOA pattern, webappanalyzer).",
        ..NONE
    },
    Provider {
        id: "zoho",
        name: "Zoho Mail",
        short: "Zoho Mail",
        kind: Kind::Source,
        mx: &[
            "mx*.zoho.com",
            "mx*.zoho.eu",
            "mx*.zoho.in",
            "mx*.zoho.com.au",
            "mx*.zoho.jp",
            "mx*.zohocloud.ca",
            "zohomail.com",
        ],
        spf: &[
            "zoho.com",
            "zoho.eu",
            "zoho.in",
            "zoho.com.au",
            "zohomail.com",
            "zohomail.eu",
            "transmail.net",
        ],
        dkim: &[("zmail", None), ("zoho", None)],
        txt: &[(None, "zoho-verification=")],
        weak: &[Evidence::Spf, Evidence::Txt],
        confidence: Confidence::A,
        sources: &[
            domain_connect!("zoho.com.zmail_hosting.json"),
            "domainsecurityscanner.com/guides/zoho-mail",
            MXSNIFF,
        ],
        note: "Priorities: A; .eu hosts: B; the other regions: C. transmail.net is ZeptoMail (sending \
               only). Autodiscover target not found.",
        ..NONE
    },
    Provider {
        id: "fastmail",
        name: "Fastmail",
        short: "Fastmail",
        kind: Kind::Source,
        mx: &["messagingengine.com"],
        spf: &["spf.messagingengine.com"],
        srv: &[("_autodiscover._tcp", "autodiscover.fastmail.com")],
        dkim: &[
            ("fm1", Some("dkim.fmhosted.com")),
            ("fm2", Some("dkim.fmhosted.com")),
            ("fm3", Some("dkim.fmhosted.com")),
        ],
        ns: &["ns#.messagingengine.com"],
        weak: &[Evidence::Srv],
        confidence: Confidence::A,
        sources: &[
            "fastmail.help article 360060591153 (undated, read 2026-08)",
            "mailflowauthority.com/email-authentication/fastmail-email-auth",
        ],
        note: "SRV target: M. ns: C.",
        ..NONE
    },
    Provider {
        id: "pobox",
        name: "Pobox",
        short: "Pobox",
        kind: Kind::Source,
        mx: &["pobox.com"],
        confidence: Confidence::C,
        sources: &[MXSNIFF, MX_INFERENCE],
        note: "Same company as Fastmail.",
        ..NONE
    },
    Provider {
        id: "ionos",
        name: "IONOS",
        short: "IONOS",
        kind: Kind::Source,
        mx: &[
            "mx0#.ionos.com",
            "mx0#.ionos.de",
            "mx0#.ionos.co.uk",
            "mx0#.ionos.es",
            "mx0#.ionos.fr",
            "mx0#.ionos.*",
        ],
        spf: &["_spf-us.ionos.com", "_spf-eu.ionos.com"],
        autodiscover: &["adsredir.ionos.info"],
        dkim: &[
            ("s1-ionos", Some("dkim.ionos.com")),
            ("s2-ionos", Some("dkim.ionos.com")),
            ("s42582890", Some("dkim.ionos.com")),
        ],
        ns: &["ns1###.ui-dns.com", "ns1###.ui-dns.org", "ns1###.ui-dns.de", "ns1###.ui-dns.biz"],
        cname: &[("_dmarc", "dmarc.ionos.*")],
        weak: &[Evidence::Ns],
        confidence: Confidence::A,
        sources: &["ionos.de/hilfe 'E-Mail-Authentifizierung mit DKIM' (undated, read 2026-08)"],
        note: "DKIM: A. MX, SPF, autodiscover: B (10/10 and 10/20 both seen). ns: C.",
        ..NONE
    },
    Provider {
        id: "ionos-legacy",
        name: "1&1 / Schlund / Fasthosts family",
        short: "1&1",
        kind: Kind::Source,
        mx: &["1and1.com", "1and1.co.uk", "1and1.fr", "kundenserver.de", "perfora.net", "livemail.co.uk"],
        confidence: Confidence::C,
        sources: &[MXSNIFF, MX_INFERENCE],
        ..NONE
    },
    Provider {
        id: "strato",
        name: "Strato",
        short: "Strato",
        kind: Kind::Source,
        mx: &["rzone.de"],
        ns: &["strato-rz.de"],
        weak: &[Evidence::Ns],
        confidence: Confidence::C,
        sources: &[MX_INFERENCE, PARSEDMARC, WEBAPPANALYZER],
        ..NONE
    },
    Provider {
        id: "gmx-mail-com",
        name: "GMX / mail.com",
        short: "GMX",
        kind: Kind::Source,
        mx: &["gmx.net", "gmx.com", "mail.com"],
        confidence: Confidence::C,
        sources: &[MXSNIFF, MX_INFERENCE],
        ..NONE
    },
    Provider {
        id: "ovh",
        name: "OVHcloud MX Plan / Email Pro / Hosted Exchange",
        short: "OVHcloud",
        kind: Kind::Source,
        mx: &["mx#.mail.ovh.net", "mx#.mail.ovh.ca", "mail.ovh.net", "mail.ovh.ca"],
        spf: &["mx.ovh.com"],
        autodiscover: &["mailconfig.ovh.net"],
        srv: &[
            ("_autodiscover._tcp", "ex*.mail.ovh.net"),
            ("_autodiscover._tcp", "pro*.mail.ovh.net"),
            ("_autodiscover._tcp", "ex.mail.ovh.ca"),
        ],
        dkim: &[("ovhmo-selector-#", Some("dkim.mail.ovh.net"))],
        ns: &["ns*.ovh.net", "dns*.ovh.net"],
        weak: &[Evidence::Ns],
        confidence: Confidence::A,
        sources: &[
            "ovh/docs pages/web_cloud/domains/dns_zone_spf (2024-09-05)",
            "ovh/ovhcloud-docs PR #235 (2026-06-19)",
        ],
        note: "Exchange host form: EU ex<n>.mail.ovh.net, CA ex.mail.ovh.ca: A. MX sets and DKIM: B. \
               ns: C.",
        ..NONE
    },
    Provider {
        id: "ovh-servers",
        name: "OVHcloud servers rented by customers",
        short: "OVHcloud server",
        kind: Kind::Source,
        mx: &["ovh.net", "ovh.ca"],
        weak: &[Evidence::Mx],
        confidence: Confidence::C,
        sources: &[MXSNIFF, MX_INFERENCE],
        note: "VPS and dedicated servers also sit under these names: self-hosted mail, not an OVH mail \
               product. The longer 'ovh' patterns win first.",
        ..NONE
    },
    Provider {
        id: "yahoo-small-business",
        name: "Yahoo Small Business",
        short: "Yahoo Small Business",
        kind: Kind::Source,
        mx: &["mx-biz.mail.am0.yahoodns.net", "biz.mail.yahoo.com"],
        spf: &["_spf.mail.yahoo.com"],
        txt: &[(None, "yahoo-verification-key=")],
        weak: &[Evidence::Txt],
        confidence: Confidence::C,
        sources: &[MXSNIFF, WEBAPPANALYZER],
        ..NONE
    },
    Provider {
        id: "yahoo-consumer",
        name: "Yahoo Mail (consumer)",
        short: "Yahoo Mail",
        kind: Kind::Source,
        mx: &["yahoodns.net", "mail.yahoo.co.jp"],
        confidence: Confidence::C,
        sources: &[MXSNIFF],
        ..NONE
    },
    Provider {
        id: "att-prodigy",
        name: "AT&T / SBC",
        short: "AT&T",
        kind: Kind::Source,
        mx: &["prodigy.net"],
        confidence: Confidence::C,
        sources: &[MXSNIFF],
        ..NONE
    },
    Provider {
        id: "icloud",
        name: "iCloud+ custom email domain",
        short: "iCloud",
        kind: Kind::Source,
        mx: &["mx0#.mail.icloud.com", "mail.icloud.com"],
        spf: &["icloud.com"],
        dkim: &[("sig1", Some("at.icloudmailadmin.com"))],
        txt: &[(None, "apple-domain=")],
        weak: &[Evidence::Txt],
        confidence: Confidence::A,
        sources: &[domain_connect!("icloud.com.custom_email_domain.json"), WEBAPPANALYZER],
        note: "Shape: A; values: B. SPF may be redirect=icloud.com.",
        ..NONE
    },
    Provider {
        id: "amazon-workmail",
        name: "Amazon WorkMail",
        short: "Amazon WorkMail",
        kind: Kind::Source,
        mx: &["inbound-smtp.*.amazonaws.com", "inbound-smtp.*.awsapps.com"],
        spf: &["amazonses.com"],
        autodiscover: &["autodiscover.mail.*.awsapps.com"],
        dkim: &[("*", Some("dkim.amazonses.com"))],
        txt: &[(Some("_amazonses"), "")],
        weak: &[Evidence::Mx, Evidence::Spf, Evidence::Dkim, Evidence::Txt],
        confidence: Confidence::B,
        sources: &[
            "docs.aws.amazon.com/workmail adminguide 'autodiscover' (undated, read 2026-08)",
            MXMAP,
            "erikevenson.github.io architect/providers/aws/workmail",
        ],
        note: "Same MX as Amazon SES receiving: only the autodiscover CNAME tells WorkMail. End of support \
               2027-03-31: C.",
        ..NONE
    },
    Provider {
        id: "amazon-ses",
        name: "Amazon SES receiving / MAIL FROM",
        short: "Amazon SES",
        kind: Kind::Source,
        mx: &["inbound-smtp.*.amazonaws.com", "feedback-smtp.*.amazonses.com"],
        spf: &["amazonses.com"],
        dkim: &[("*", Some("dkim.amazonses.com"))],
        txt: &[(Some("_amazonses"), "")],
        weak: &[Evidence::Mx, Evidence::Spf, Evidence::Dkim, Evidence::Txt],
        confidence: Confidence::A,
        sources: &["Domain-Connect/Templates: more than 70 templates use these hosts (e002d91, 2026-08-20)"],
        note: "feedback-smtp on a MAIL FROM subdomain is normal and is not mail hosting; at the apex it is \
               a mistake. No autodiscover.",
        ..NONE
    },
    Provider {
        id: "zimbra-cloudzimail",
        name: "Zimbra-hosted (cloudzimail)",
        short: "cloudzimail",
        kind: Kind::Source,
        mx: &["cloudzimail.com"],
        confidence: Confidence::C,
        sources: &[MXSNIFF],
        note: "Zimbra hosts in general have no common suffix.",
        ..NONE
    },
    Provider {
        id: "intermedia",
        name: "Intermedia Hosted Exchange",
        short: "Intermedia",
        kind: Kind::Source,
        mx: &["serverdata.net", "intermedia.net"],
        spf: &["spf.intermedia.net", "spf.serverdata.net"],
        confidence: Confidence::A,
        sources: &[cipp!("Intermedia"), "support.manageprotect.com 44002336362 'MPexchange - SPF'"],
        note: "MX form {west,east,siteN}.smtp.mx.exchNNN.serverdata.net: B. White-label resellers exist. \
               Autodiscover target not found. One public list wrongly maps serverdata.net to GoDaddy.",
        ..NONE
    },
    Provider {
        id: "appriver-exchange",
        name: "AppRiver Hosted Exchange",
        short: "AppRiver Hosted Exchange",
        kind: Kind::Source,
        spf: &["exghost.com"],
        confidence: Confidence::A,
        sources: &["support.appriver.com kb a253 (undated, read 2026-08)"],
        note: "MX is the arsmtp.com filter (see appriver-securetide); exghost.com together with \
               appriver.com in SPF is the sign of the mailbox host.",
        ..NONE
    },
    Provider {
        id: "messageexchange",
        name: "White-label Hosted Exchange (messageexchange.com, UK)",
        short: "messageexchange.com",
        kind: Kind::Source,
        mx: &["inboundcluster#.messageexchange.com"],
        confidence: Confidence::C,
        sources: &["issl.co.uk knowledgebase 40 'Exchange 2010 DNS Settings' (undated, read 2026-08)"],
        ..NONE
    },
    Provider {
        id: "sherweb",
        name: "Sherweb Hosted Exchange",
        short: "Sherweb",
        kind: Kind::Source,
        mx: &["sherweb2010.com"],
        confidence: Confidence::C,
        sources: &[MXSNIFF],
        ..NONE
    },
    Provider {
        id: "network-solutions",
        name: "Network Solutions / Web.com / Register.com",
        short: "Network Solutions",
        kind: Kind::Source,
        mx: &[
            "registeredsite.com",
            "myregisteredsite.com",
            "netsolmail.net",
            "hostingplatform.com",
            "emailmg.net",
            "register.com",
        ],
        spf: &["spf.registeredsite.com"],
        srv: &[("_autodiscover._tcp", "autodiscover.hostingplatform.com")],
        cname: &[("mail", "netsolmail.net"), ("smtp", "netsolmail.net")],
        // Seen left over, so it alone does not show that the platform is being left.
        weak: &[Evidence::Srv],
        confidence: Confidence::B,
        sources: &[MXSNIFF, MX_INFERENCE],
        note: "The SRV was seen left over on a domain already on Microsoft 365 (B). hostingplatform.com, \
               emailmg.net: from unnamed third-party lists (C).",
        ..NONE
    },
    Provider {
        id: "namecheap-private-email",
        name: "Namecheap Private Email",
        short: "Namecheap Private Email",
        kind: Kind::Source,
        mx: &["mx#.privateemail.com", "privateemail.com"],
        spf: &["spf.privateemail.com"],
        autodiscover: &["privateemail.com"],
        dkim: &[("default", None)],
        cname: &[
            ("mail", "privateemail.com"),
            ("webmail", "privateemail.com"),
            ("autoconfig", "privateemail.com"),
        ],
        weak: &[Evidence::Dkim, Evidence::Autodiscover],
        confidence: Confidence::A,
        sources: &["namecheap.com knowledgebase 1262/2176 and 1340/2176 (undated, read 2026-08)"],
        note: "MX, SPF, default._domainkey, and the existence of mail/autodiscover/autoconfig CNAMEs: A. \
               Autodiscover target: M.",
        ..NONE
    },
    Provider {
        id: "namecheap-hosting",
        name: "Namecheap shared hosting",
        short: "Namecheap shared hosting",
        kind: Kind::Source,
        mx: &["jellyfish.systems", "web-hosting.com"],
        confidence: Confidence::C,
        sources: &[MXSNIFF, MX_INFERENCE, PARSEDMARC],
        ..NONE
    },
    Provider {
        id: "bluehost-group",
        name: "Bluehost / HostMonster / JustHost / FastDomain",
        short: "Bluehost",
        kind: Kind::Source,
        mx: &["mail.{domain}", "bluehost.com", "hostmonster.com", "justhost.com"],
        spf: &["websitewelcome.com"],
        srv: &[("_autodiscover._tcp", "emaildiscovery.cpanel.net")],
        ns: &["bluehost.com"],
        cname: &[("webmail", "{domain}"), ("imap", "mail.{domain}")],
        weak: &[Evidence::Mx, Evidence::Spf, Evidence::Ns, Evidence::Cname],
        confidence: Confidence::A,
        sources: &[
            domain_connect!("bluehost.com.email.json"),
            domain_connect!("bluehost.com.hosting_and_email.json"),
            MXSNIFF,
        ],
        note: "Also _caldav/_carddav SRV on ports 2079/2080. TTL 14400.",
        ..NONE
    },
    Provider {
        id: "hostgator-cpanel",
        name: "HostGator and other EIG/Newfold cPanel hosts",
        short: "HostGator",
        kind: Kind::Source,
        mx: &[
            "hostgator.com",
            "eigbox.net",
            "eigbox.com",
            "webhostbox.net",
            "yourhostingaccount.com",
            "arvixe.com",
            "websitewelcome.com",
        ],
        spf: &["websitewelcome.com"],
        weak: &[Evidence::Spf],
        confidence: Confidence::C,
        sources: &[MX_INFERENCE],
        note: "websitewelcome.com as MX: M.",
        ..NONE
    },
    Provider {
        id: "generic-cpanel",
        name: "Generic cPanel mail on the domain's own name",
        short: "cPanel hosting",
        kind: Kind::Source,
        mx: &["{domain}", "mail.{domain}"],
        srv: &[
            ("_autodiscover._tcp", "cpanelemaildiscovery.cpanel.net"),
            ("_autodiscover._tcp", "emaildiscovery.cpanel.net"),
        ],
        dkim: &[("default", None)],
        cname: &[
            ("autodiscover", "{domain}"),
            ("autoconfig", "{domain}"),
            ("webmail", "{domain}"),
            ("cpanel", "{domain}"),
        ],
        weak: &[Evidence::Mx, Evidence::Dkim, Evidence::Cname],
        confidence: Confidence::C,
        sources: &[
            domain_connect!("godaddy.com.cpanel_email.json"),
            domain_connect!("bluehost.com.email.json"),
            rackspace_how_to!("exchange/autodiscover-connection-issues.md (2019-03-26)"),
        ],
        note: "autodiscover is often an A record to the web server and is the usual leftover; 'local' mail \
               routing on the old host hijacks mail between its own customers. default selector: M.",
        ..NONE
    },
    Provider {
        id: "mailhostbox",
        name: "MailHostBox",
        short: "MailHostBox",
        kind: Kind::Source,
        mx: &["mailhostbox.com"],
        confidence: Confidence::C,
        sources: &[MXSNIFF, MX_INFERENCE],
        ..NONE
    },
    Provider {
        id: "siteground",
        name: "SiteGround",
        short: "SiteGround",
        kind: Kind::Source,
        mx: &["mailspamprotection.com"],
        ns: &["sgvps.net", "siteground.net"],
        weak: &[Evidence::Ns],
        confidence: Confidence::C,
        sources: &[MXSNIFF, MX_INFERENCE, WEBAPPANALYZER],
        note: "The host's own SpamExperts-based filter: a source host, not a gateway that was chosen.",
        ..NONE
    },
    Provider {
        id: "dreamhost",
        name: "DreamHost",
        short: "DreamHost",
        kind: Kind::Source,
        mx: &["mail.dreamhost.com"],
        ns: &["ns#.dreamhost.com"],
        weak: &[Evidence::Ns],
        confidence: Confidence::C,
        sources: &[MXSNIFF, WEBAPPANALYZER],
        ..NONE
    },
    Provider {
        id: "godaddy-europe",
        name: "Host Europe group (GoDaddy UK/DE)",
        short: "Host Europe",
        kind: Kind::Source,
        mx: &["mailcore.me", "hosteurope.de", "extendcp.co.uk", "ispgateway.de", "123-reg.co.uk"],
        confidence: Confidence::C,
        sources: &[MX_INFERENCE],
        ..NONE
    },
    Provider {
        id: "one-com",
        name: "one.com",
        short: "one.com",
        kind: Kind::Source,
        mx: &["one.com"],
        ns: &["ns##.one.com"],
        weak: &[Evidence::Ns],
        confidence: Confidence::C,
        sources: &[MXSNIFF, WEBAPPANALYZER],
        ..NONE
    },
    Provider {
        id: "proton",
        name: "Proton Mail",
        short: "Proton Mail",
        kind: Kind::Source,
        mx: &["mail.protonmail.ch", "mailsec.protonmail.ch", "protonmail.ch"],
        spf: &["_spf.protonmail.ch"],
        dkim: &[
            ("protonmail", Some("domains.proton.ch")),
            ("protonmail2", Some("domains.proton.ch")),
            ("protonmail3", Some("domains.proton.ch")),
        ],
        txt: &[(None, "protonmail-verification=")],
        weak: &[Evidence::Txt],
        confidence: Confidence::A,
        sources: &[
            "proton.me/support 'Anti-spoofing for custom domains' (undated, read 2026-08)",
            WEBAPPANALYZER,
        ],
        note: "SPF, TXT: A; MX priorities and DKIM target: B.",
        ..NONE
    },
    Provider {
        id: "yandex-360",
        name: "Yandex 360",
        short: "Yandex 360",
        kind: Kind::Source,
        mx: &["mx.yandex.net", "mx.yandex.ru"],
        spf: &["_spf.yandex.net"],
        dkim: &[("mail", None)],
        weak: &[Evidence::Dkim],
        confidence: Confidence::A,
        sources: &["yandex.com.tr/support/kurum/troubleshooting/dns.html (undated, read 2026-08)", MXSNIFF],
        note: "MX: A; SPF (redirect= or include:) and DKIM: B. mx.yandex.ru is the consumer host: C.",
        ..NONE
    },
    Provider {
        id: "mail-ru",
        name: "Mail.ru / VK WorkSpace",
        short: "Mail.ru",
        kind: Kind::Source,
        mx: &["emx.mail.ru", "mxs.mail.ru"],
        spf: &["_spf.mail.ru", "_spf.vkteam.ru"],
        dkim: &[("mailru", None)],
        confidence: Confidence::B,
        sources: &["several independent public zones", MX_INFERENCE],
        note: "mxs.mail.ru is the consumer host. SPF often redirect=.",
        ..NONE
    },
    Provider {
        id: "gandi",
        name: "Gandi Mail",
        short: "Gandi Mail",
        kind: Kind::Source,
        mx: &["spool.mail.gandi.net", "fb.mail.gandi.net", "mail.gandi.net"],
        spf: &["_mailcust.gandi.net"],
        srv: &[
            ("_imaps._tcp", "mail.gandi.net"),
            ("_pop3s._tcp", "mail.gandi.net"),
            ("_submission._tcp", "mail.gandi.net"),
        ],
        dkim: &[
            ("gm1", Some("gandimail.net")),
            ("gm2", Some("gandimail.net")),
            ("gm3", Some("gandimail.net")),
        ],
        cname: &[("webmail", "webmail.gandi.net")],
        confidence: Confidence::A,
        sources: &["helpdesk.gandi.net 14001808469404 'What is an SPF record?' (undated, read 2026-08)"],
        note: "SPF: A (web hosting adds _spf.gpaas.net). MX, DKIM, SRV: B.",
        ..NONE
    },
    Provider {
        id: "infomaniak",
        name: "Infomaniak",
        short: "Infomaniak",
        kind: Kind::Source,
        mx: &["mta-gw.infomaniak.ch", "mxpool.infomaniak.com", "ikmail.com"],
        spf: &["spf.infomaniak.ch", "spf.infomaniak.com"],
        dkim: &[("20######*", None)],
        ns: &["infomaniak.ch", "infomaniak.com"],
        weak: &[Evidence::Dkim, Evidence::Ns],
        confidence: Confidence::A,
        sources: &["infomaniak.com support FAQ 'email-service' (undated, read 2026-08)", MXMAP_DATA],
        note: "DKIM selectors are date-shaped (20240112...), the same shape as Rackspace's. 109 MX hosts \
               and 227 SPF records in the mxmap data. Autodiscover target not found.",
        ..NONE
    },
    Provider {
        id: "hostpoint",
        name: "Hostpoint",
        short: "Hostpoint",
        kind: Kind::Source,
        mx: &["hostpoint.ch"],
        spf: &["spf.mail.hostpoint.ch"],
        ns: &["hostpoint.ch"],
        weak: &[Evidence::Ns],
        confidence: Confidence::C,
        sources: &[MXMAP_DATA, PARSEDMARC, WEBAPPANALYZER],
        ..NONE
    },
    Provider {
        id: "opensrs",
        name: "OpenSRS / Tucows Hosted Email",
        short: "OpenSRS",
        kind: Kind::Source,
        mx: &["hostedemail.com"],
        confidence: Confidence::C,
        sources: &[MXSNIFF, MX_INFERENCE, PARSEDMARC],
        note: "Form mx.<domain>.cust.<x>.hostedemail.com. One public application lists Rackspace's \
               mx1.emailsrvr.com as OpenSRS: wrong.",
        ..NONE
    },
    Provider {
        id: "mailbox-org",
        name: "mailbox.org",
        short: "mailbox.org",
        kind: Kind::Source,
        mx: &["mailbox.org"],
        spf: &["mailbox.org"],
        dkim: &[("mbo000#", Some("mailbox.org"))],
        confidence: Confidence::A,
        sources: &[
            "kb.mailbox.org 'Spam-Reputation der eigenen Domain verbessern' (undated, read 2026-08)",
            PARSEDMARC,
        ],
        note: "SPF and DKIM: A; MX suffix: C.",
        ..NONE
    },
    Provider {
        id: "migadu",
        name: "Migadu",
        short: "Migadu",
        kind: Kind::Source,
        mx: &["migadu.com"],
        confidence: Confidence::C,
        sources: &[MXSNIFF, PARSEDMARC],
        ..NONE
    },
    Provider {
        id: "mxroute",
        name: "MXroute",
        short: "MXroute",
        kind: Kind::Source,
        mx: &["mxroute.com", "mxrouting.net"],
        confidence: Confidence::C,
        sources: &[MXSNIFF, PARSEDMARC],
        note: "mxrouting.net: from an unnamed third-party list. One public list wrongly gives mxthunder to \
               MXroute (it is SpamHero).",
        ..NONE
    },
    Provider {
        id: "runbox",
        name: "Runbox",
        short: "Runbox",
        kind: Kind::Source,
        mx: &["mx.runbox.com"],
        confidence: Confidence::C,
        sources: &[MXSNIFF, PARSEDMARC],
        ..NONE
    },
    Provider {
        id: "tencent-exmail",
        name: "Tencent Exmail / QQ",
        short: "Tencent Exmail",
        kind: Kind::Source,
        mx: &["qq.com"],
        confidence: Confidence::C,
        sources: &[MXSNIFF, MX_INFERENCE],
        ..NONE
    },
    Provider {
        id: "alibaba-mail",
        name: "Alibaba Mail",
        short: "Alibaba Mail",
        kind: Kind::Source,
        mx: &["mx#.qiye.aliyun.com", "mxhichina.com"],
        confidence: Confidence::A,
        sources: &["help.aliyun.com 446248 'What is an MX record?' (undated, read 2026-08)"],
        note: "mx1 to mx3.qiye.aliyun.com is the newer set, mxn.mxhichina.com the first host of the older one.",
        ..NONE
    },
    Provider {
        id: "netease",
        name: "NetEase enterprise mail",
        short: "NetEase",
        kind: Kind::Source,
        mx: &["netease.com"],
        confidence: Confidence::C,
        sources: &[PARSEDMARC],
        ..NONE
    },
    Provider {
        id: "feishu-lark",
        name: "Feishu / Lark Mail",
        short: "Feishu",
        kind: Kind::Source,
        mx: &["feishu.cn"],
        spf: &["spf.onlarksuite.com"],
        confidence: Confidence::C,
        sources: &[
            "larksuite.com/hc 061274427780 (undated, read 2026-08) for SPF",
            "third-party lists for MX",
        ],
        note: "SPF: A. feishu.cn as MX: C.",
        ..NONE
    },
    // Forwarders: an MX record left in place there diverts mail.
    Provider {
        id: "cloudflare-email-routing",
        name: "Cloudflare Email Routing",
        short: "Cloudflare Email Routing",
        kind: Kind::Forwarder,
        mx: &["route#.mx.cloudflare.net", "mx.cloudflare.net"],
        spf: &["_spf.mx.cloudflare.net"],
        confidence: Confidence::A,
        sources: &["developers.cloudflare.com/email-routing/postmaster (2022-10)"],
        note: "Different product from Cloudflare Email Security. Newer zones show \
               route1..route3.mx.cloudflare.net (B); preferences are assigned per zone.",
        ..NONE
    },
    Provider {
        id: "improvmx",
        name: "ImprovMX",
        short: "ImprovMX",
        kind: Kind::Forwarder,
        mx: &["improvmx.com"],
        spf: &["spf.improvmx.com"],
        dkim: &[("dkimprovmx1", Some("improvmx.com")), ("dkimprovmx2", Some("improvmx.com"))],
        confidence: Confidence::A,
        sources: &[domain_connect!("improvmx.com.email.json")],
        ..NONE
    },
    Provider {
        id: "forward-email",
        name: "Forward Email",
        short: "Forward Email",
        kind: Kind::Forwarder,
        mx: &["forwardemail.net"],
        spf: &["spf.forwardemail.net"],
        autodiscover: &["autodiscover.forwardemail.net"],
        txt: &[(None, "forward-email-site-verification="), (None, "forward-email=")],
        cname: &[("autoconfig", "autoconfig.forwardemail.net"), ("fe-bounces", "forwardemail.net")],
        weak: &[Evidence::Txt],
        confidence: Confidence::A,
        sources: &[domain_connect!("forwardemail.net.email.json")],
        note: "Its template also writes _dmarc with p=reject: check the policy before cutover. \
               'forward-email=' prefix: M.",
        ..NONE
    },
    Provider {
        id: "namecheap-forwarding",
        name: "Namecheap email forwarding",
        short: "Namecheap email forwarding",
        kind: Kind::Forwarder,
        mx: &["eforward#.registrar-servers.com"],
        ns: &["dns#.registrar-servers.com"],
        weak: &[Evidence::Ns],
        confidence: Confidence::C,
        sources: &[MXSNIFF, MX_INFERENCE, PARSEDMARC],
        note: "dns#.registrar-servers.com are name servers, not mail. One list attributes \
               registrar-servers.com to eNom.",
        ..NONE
    },
    Provider {
        id: "wordpress-com-forwarding",
        name: "WordPress.com email forwarding",
        short: "WordPress.com email forwarding",
        kind: Kind::Forwarder,
        mx: &["smtp-fwd.wordpress.com"],
        confidence: Confidence::A,
        sources: &[domain_connect!("wordpress.com.email-forwarding.json")],
        ..NONE
    },
    // Filtering gateways, which may stay as MX in front of Microsoft 365.
    Provider {
        id: "proofpoint-enterprise",
        name: "Proofpoint (enterprise)",
        short: "Proofpoint",
        kind: Kind::Gateway,
        mx: &["pphosted.com", "gpphosted.com", "ppops.net"],
        spf: &["pphosted.com"],
        confidence: Confidence::C,
        sources: &[MXSNIFF, MX_INFERENCE, PARSEDMARC],
        note: "Largest gateway: 3,289 of the Tranco top 100k (Aug 2025). SPF forms \
               spf-00xxxxxx.pphosted.com and %{ir}.%{v}.%{d}.spf.has.pphosted.com: M. Government hosts \
               gpphosted.com.",
        ..NONE
    },
    Provider {
        id: "proofpoint-essentials",
        name: "Proofpoint Essentials",
        short: "Proofpoint Essentials",
        kind: Kind::Gateway,
        mx: &["ppe-hosted.com", "pp-tp.com"],
        spf: &["ppe-hosted.com"],
        confidence: Confidence::A,
        sources: &[
            cipp!("Proofpoint"),
            MXMAP_DATA,
            "404andmore.com 'Proofpoint Essentials: Fixing the 550 5.7.1'",
        ],
        note: "SPF as a:dispatch-us.ppe-hosted.com / a:dispatch-eu.ppe-hosted.com or \
               include:_spf-us.ppe-hosted.com; read 'a:' too. pp-tp.com: C (one blog). A public list \
               wrongly maps ppe-hosted to Broadcom. Spambrella resale: M.",
        ..NONE
    },
    Provider {
        id: "mimecast",
        name: "Mimecast",
        short: "Mimecast",
        kind: Kind::Gateway,
        mx: &[
            "*-smtp-inbound-#.mimecast.com",
            "mimecast.com",
            "mimecast.co.za",
            "mimecast-offshore.com",
            "mimecast-pscom-us.com",
        ],
        spf: &["_netblocks.mimecast.com", "_netblocks.mimecast-pscom-us.com", "mimecast.com"],
        confidence: Confidence::A,
        sources: &[
            "mimecastsupport.zendesk.com 34000792642963 'Implementing SPF for Outbound Email' (2024)",
            cipp!("Mimecast"),
            MX_INFERENCE,
        ],
        note: "Prefixes us, usb, eu, de, za, au, ca (and uspcom). CIPP's two-letter prefix misses usb-.",
        ..NONE
    },
    Provider {
        id: "barracuda-egd",
        name: "Barracuda Email Gateway Defense (ESS)",
        short: "Barracuda",
        kind: Kind::Gateway,
        mx: &["ess.barracudanetworks.com", "ess.??.barracudanetworks.com", "barracudanetworks.com"],
        spf: &["spf.ess.barracudanetworks.com", "spf.ess.??.barracudanetworks.com"],
        confidence: Confidence::A,
        sources: &[cipp!("BarracudaESS"), MXMAP_DATA],
        note: "Regions de, uk, ca, au, in. During the vendor's test phase the MX has priority 99 \
               next to the old one.",
        ..NONE
    },
    Provider {
        id: "cisco-secure-email",
        name: "Cisco Secure Email Cloud (IronPort CES)",
        short: "Cisco Secure Email",
        kind: Kind::Gateway,
        mx: &["iphmx.com"],
        spf: &["iphmx.com"],
        confidence: Confidence::A,
        sources: &["Cisco document 213938 (undated, read 2026-08)", MXMAP_DATA, MX_INFERENCE],
        note: "SPF is a macro, exists:%{i}.spf.<allocation>.iphmx.com, not an include.",
        ..NONE
    },
    Provider {
        id: "sophos-email",
        name: "Sophos Email (Gateway mode)",
        short: "Sophos Email",
        kind: Kind::Gateway,
        mx: &["mx-##-*.prod.hydra.sophos.com", "prod.hydra.sophos.com"],
        spf: &["_spf.prod.hydra.sophos.com", "_spf_*.prod.hydra.sophos.com"],
        confidence: Confidence::A,
        sources: &[
            "docs.sophos.com/central 'Update your domain's SPF record' (undated, read 2026-08)",
            cipp!("Sophos"),
            MXMAP_DATA,
        ],
        note: "In Mailflow mode the MX stays at Microsoft 365. CIPP's pattern covers only us/eu regions.",
        ..NONE
    },
    Provider {
        id: "sophos-reflexion",
        name: "Sophos Reflexion",
        short: "Sophos Reflexion",
        kind: Kind::Gateway,
        mx: &["asp.reflexion.net", "reflexion.net"],
        spf: &["reflexion.net"],
        confidence: Confidence::A,
        sources: &[cipp!("Reflexion"), MX_INFERENCE],
        note: "Legacy product; service status: M.",
        ..NONE
    },
    Provider {
        id: "trend-micro",
        name: "Trend Micro Email Security",
        short: "Trend Micro",
        kind: Kind::Gateway,
        mx: &[
            "in.tmes.trendmicro.com",
            "in.tmes.trendmicro.eu",
            "in.tmes-*.trendmicro.com",
            "in.tmems-jp.trendmicro.com",
            "in.hes.trendmicro.com",
            "in.hes.trendmicro.eu",
            "trendmicro.com",
            "trendmicro.eu",
        ],
        spf: &[
            "spf-us.tmes.trendmicro.com",
            "spf.tmes.trendmicro.com",
            "spf.tmes.trendmicro.eu",
            "spf.tmes-*.trendmicro.com",
            "spf.tmems-jp.trendmicro.com",
            "spf.hes.trendmicro.com",
        ],
        confidence: Confidence::A,
        sources: &["docs.trendmicro.com 'Adding SPF Records' (undated, read 2026-08)", MXMAP_DATA],
        note: "SPF regions anz, sg, in, uae, jp: A. MX form <id>.in.tmes.trendmicro.eu: B; other regional \
               MX names inferred from the SPF table: M. hes = older Hosted Email Security.",
        ..NONE
    },
    Provider {
        id: "symantec-messagelabs",
        name: "Broadcom (Symantec / MessageLabs) Email Security.cloud",
        short: "Symantec Email Security.cloud",
        kind: Kind::Gateway,
        mx: &["messagelabs.com", "inboundmx.com"],
        spf: &["spf.messagelabs.com"],
        confidence: Confidence::A,
        sources: &[cipp!("SymantecCloud"), MXSNIFF],
        note: "inboundmx.com: C.",
        ..NONE
    },
    Provider {
        id: "hornetsecurity",
        name: "Hornetsecurity",
        short: "Hornetsecurity",
        kind: Kind::Gateway,
        mx: &["hornetsecurity.com", "hornetsecurity.ch", "antispameurope.com"],
        spf: &["spf.hornetsecurity.com", "spf.hornetdmarc.com"],
        dkim: &[("hse1", Some("hornetsecurity.com")), ("hse2", Some("hornetsecurity.com"))],
        confidence: Confidence::A,
        sources: &[cipp!("HornetSecurity"), MXMAP_DATA],
        note: "Swiss form mx-clusterNN-hzNN.hornetsecurity.ch: B. Can own the whole SPF: v=spf1 \
               redirect=<domain>.spf.hornetdmarc.com. DKIM CNAME target: M. antispameurope.com legacy: C.",
        ..NONE
    },
    Provider {
        id: "zerospam",
        name: "Zerospam",
        short: "Zerospam",
        kind: Kind::Gateway,
        mx: &["zerospam.ca"],
        confidence: Confidence::C,
        sources: &["help.cumulussmtp.com (undated, read 2026-08)"],
        note: "Accounts moved to Hornetsecurity.",
        ..NONE
    },
    Provider {
        id: "vade",
        name: "Vade",
        short: "Vade",
        kind: Kind::Gateway,
        mx: &["vadesecure.com"],
        confidence: Confidence::C,
        sources: &[PARSEDMARC],
        note: "Absorbed by Hornetsecurity, says a captaindns page.",
        ..NONE
    },
    Provider {
        id: "spamtitan",
        name: "SpamTitan / TitanHQ",
        short: "SpamTitan",
        kind: Kind::Gateway,
        mx: &["spamtitan.com", "titanhq.com"],
        spf: &["spamtitan.com"],
        confidence: Confidence::A,
        sources: &[cipp!("SpamTitan"), PARSEDMARC],
        note: "SPF: C (one list; CIPP leaves it empty). titanhq.com: C.",
        ..NONE
    },
    Provider {
        id: "appriver-securetide",
        name: "AppRiver SecureTide (OpenText)",
        short: "AppRiver SecureTide",
        kind: Kind::Gateway,
        mx: &["arsmtp.com"],
        spf: &["appriver.com", "spf.smtp25.com"],
        confidence: Confidence::A,
        sources: &[cipp!("AppRiver"), MXSNIFF],
        note: "SPF include form <domain-with-dashes>.spf.smtp25.com.",
        ..NONE
    },
    Provider {
        id: "zix",
        name: "Zix (OpenText)",
        short: "Zix",
        kind: Kind::Gateway,
        mx: &["zixsmbhosted.com", "zixworks.com"],
        confidence: Confidence::C,
        sources: &[PARSEDMARC],
        ..NONE
    },
    Provider {
        id: "cloudflare-email-security",
        name: "Cloudflare Email Security (Area 1)",
        short: "Cloudflare Email Security",
        kind: Kind::Gateway,
        mx: &["mailstream-*.mxrecord.io", "mailstream-*.mxrecord.mx", "mxrecord.io", "mxrecord.mx"],
        confidence: Confidence::A,
        sources: &[
            "developers.cloudflare.com/email-security/deployment/inline/setup/office-365-area1-mx (undated, read 2026-08)",
            PARSEDMARC,
        ],
        note: "mailstream-central may have priority 5 (canary) or 20.",
        ..NONE
    },
    Provider {
        id: "forcepoint",
        name: "Forcepoint (Websense) Email Security Cloud",
        short: "Forcepoint",
        kind: Kind::Gateway,
        mx: &["mailcontrol.com"],
        spf: &["mailcontrol.com"],
        confidence: Confidence::B,
        sources: &[MXSNIFF, MX_INFERENCE],
        note: "SPF: C.",
        ..NONE
    },
    Provider {
        id: "trellix-etp",
        name: "Trellix (FireEye) ETP",
        short: "Trellix",
        kind: Kind::Gateway,
        mx: &["email.fireeyecloud.com", "fireeyecloud.com", "fireeyegov.com"],
        spf: &["_spf.fireeyecloud.com"],
        confidence: Confidence::C,
        sources: &[MXSNIFF, MX_INFERENCE, PARSEDMARC],
        ..NONE
    },
    Provider {
        id: "mailmarshal-cloud",
        name: "Trustwave / LevelBlue MailMarshal Cloud",
        short: "MailMarshal",
        kind: Kind::Gateway,
        mx: &["seg.trustwave.com", "mailmarshal.cloud"],
        spf: &["spf.us.mailmarshal.cloud", "spf.eu.mailmarshal.cloud", "spf.au.mailmarshal.cloud"],
        weak: &[Evidence::Mx],
        confidence: Confidence::C,
        sources: &[MX_HANDLER, PARSEDMARC],
        note: "MX form under mailmarshal.cloud is inferred: M.",
        ..NONE
    },
    Provider {
        id: "mailprotector",
        name: "Mailprotector",
        short: "Mailprotector",
        kind: Kind::Gateway,
        mx: &["emailservice.io", "emailservice.co", "emailservice.cc", "shield.security"],
        spf: &["emailsrv.net"],
        weak: &[Evidence::Spf],
        confidence: Confidence::C,
        sources: &[PARSEDMARC],
        note: "emailsrv.net (no final r) is its outbound relay domain and must NEVER match Rackspace's \
               emailsrvr.com. Its real SPF include was not found. shield.security role unclear. Outbound \
               chain seen: ogate-N.outbound.emailservice.io, then otransport-N.outbound.emailsrv.net.",
        ..NONE
    },
    Provider {
        id: "nable-mail-assure",
        name: "N-able Mail Assure",
        short: "N-able Mail Assure",
        kind: Kind::Gateway,
        mx: &["mtaroutes.com"],
        spf: &["spf.mtaroutes.com"],
        confidence: Confidence::C,
        sources: &[MX_HANDLER, PARSEDMARC],
        ..NONE
    },
    Provider {
        id: "nable-spamexperts",
        name: "N-able SpamExperts",
        short: "SpamExperts",
        kind: Kind::Gateway,
        mx: &["spamexperts.com", "spamexperts.eu", "spamexperts.net", "antispamcloud.com"],
        spf: &["spf.antispamcloud.com"],
        weak: &[Evidence::Mx],
        confidence: Confidence::A,
        sources: &["documentation.n-able.com/spamexperts 'Hosted Cloud MX Records' (undated, read 2026-08)"],
        note: "Regional mx1-eu..mx4-eu, mx1-us..mx4-us.spamexperts.com. Resold by many web hosts, so alone \
               it does not prove Microsoft 365 behind it.",
        ..NONE
    },
    Provider {
        id: "spamhero",
        name: "SpamHero",
        short: "SpamHero",
        kind: Kind::Gateway,
        mx: &["mxthunder.com", "mxthunder.net"],
        spf: &["spf.spamhero.com"],
        confidence: Confidence::C,
        sources: &[MX_INFERENCE, MX_HANDLER],
        ..NONE
    },
    Provider {
        id: "mailroute",
        name: "MailRoute",
        short: "MailRoute",
        kind: Kind::Gateway,
        mx: &["mailroute.net"],
        confidence: Confidence::C,
        sources: &[PARSEDMARC],
        ..NONE
    },
    Provider {
        id: "duocircle",
        name: "DuoCircle",
        short: "DuoCircle",
        kind: Kind::Gateway,
        mx: &["mailhop.org"],
        confidence: Confidence::C,
        sources: &[PARSEDMARC],
        note: "Also sold as forwarding and backup MX: without evidence of Microsoft 365 behind it, treat \
               as a forwarder.",
        ..NONE
    },
    Provider {
        id: "securence",
        name: "Securence",
        short: "Securence",
        kind: Kind::Gateway,
        mx: &["securence.com"],
        spf: &["spf.securence.com"],
        confidence: Confidence::C,
        sources: &[PARSEDMARC],
        ..NONE
    },
    Provider {
        id: "vipre-fusemail",
        name: "VIPRE / FuseMail",
        short: "VIPRE",
        kind: Kind::Gateway,
        mx: &["mailanyone.net", "electric.net"],
        confidence: Confidence::C,
        sources: &[PARSEDMARC],
        note: "mailanyone.net: from an unnamed third-party list; electric.net: C.",
        ..NONE
    },
    Provider {
        id: "silversky",
        name: "Silversky",
        short: "Silversky",
        kind: Kind::Gateway,
        mx: &["mx.net"],
        confidence: Confidence::C,
        sources: &[PARSEDMARC],
        ..NONE
    },
    Provider {
        id: "spamstopshere",
        name: "SpamStopsHere (Greenview Data)",
        short: "SpamStopsHere",
        kind: Kind::Gateway,
        mx: &["spamh.com"],
        confidence: Confidence::C,
        sources: &[MXSNIFF, MX_INFERENCE],
        ..NONE
    },
    Provider {
        id: "libraesva",
        name: "Libraesva",
        short: "Libraesva",
        kind: Kind::Gateway,
        mx: &["esvacloud.com"],
        confidence: Confidence::C,
        sources: &[MXSNIFF, PARSEDMARC],
        ..NONE
    },
    Provider {
        id: "fortimail-cloud",
        name: "Fortinet FortiMail Cloud",
        short: "FortiMail Cloud",
        kind: Kind::Gateway,
        mx: &["fortimailcloud.com"],
        confidence: Confidence::C,
        sources: &[PARSEDMARC],
        ..NONE
    },
    Provider {
        id: "gosecure",
        name: "GoSecure",
        short: "GoSecure",
        kind: Kind::Gateway,
        mx: &["gosecure.net"],
        confidence: Confidence::C,
        sources: &[PARSEDMARC],
        ..NONE
    },
    Provider {
        id: "retarus",
        name: "Retarus",
        short: "Retarus",
        kind: Kind::Gateway,
        mx: &["retarus.com"],
        confidence: Confidence::C,
        sources: &[PARSEDMARC],
        ..NONE
    },
    Provider {
        id: "cyren-expurgate",
        name: "Cyren / eXpurgate",
        short: "Cyren",
        kind: Kind::Gateway,
        mx: &["ctmail.com", "expurgate.net", "expurgate.de"],
        confidence: Confidence::C,
        sources: &[MXSNIFF],
        note: "expurgate.de: from an unnamed third-party list.",
        ..NONE
    },
    Provider {
        id: "iij-securemx",
        name: "IIJ SecureMX",
        short: "IIJ SecureMX",
        kind: Kind::Gateway,
        mx: &["securemx.jp"],
        confidence: Confidence::C,
        sources: &[PARSEDMARC],
        ..NONE
    },
    Provider {
        id: "mesh-security",
        name: "Mesh Email Security",
        short: "Mesh Email Security",
        kind: Kind::Gateway,
        mx: &["emailsecurity.app"],
        confidence: Confidence::C,
        sources: &[PARSEDMARC],
        ..NONE
    },
    Provider {
        id: "avanan",
        name: "Check Point Harmony Email (Avanan)",
        short: "Check Point Harmony Email",
        kind: Kind::Gateway,
        mx: &["cloud-sec-av.com"],
        confidence: Confidence::C,
        sources: &[PARSEDMARC],
        note: "Usually runs behind the MX through the API; as MX it is rare.",
        ..NONE
    },
    Provider {
        id: "seppmail-cloud",
        name: "SEPPmail.cloud",
        short: "SEPPmail.cloud",
        kind: Kind::Gateway,
        mx: &["gate.seppmail.cloud", "seppmail.cloud"],
        spf: &["_spf.ch.seppmail.cloud"],
        confidence: Confidence::B,
        sources: &[MXMAP_DATA],
        note: "21 domains in front of Microsoft 365 in the mxmap data.",
        ..NONE
    },
    Provider {
        id: "abxsec",
        name: "abxsec",
        short: "abxsec",
        kind: Kind::Gateway,
        mx: &["mta#.abxsec.com", "abxsec.com"],
        spf: &["_spf.abxsec.com"],
        confidence: Confidence::B,
        sources: &[MXMAP_DATA],
        note: "62 domains in front of Microsoft 365 in the mxmap data: the most common gateway there.",
        ..NONE
    },
    Provider {
        id: "cleanmail",
        name: "Cleanmail",
        short: "Cleanmail",
        kind: Kind::Gateway,
        mx: &["cleanmail.ch", "cleanmail.safecenter.ch"],
        spf: &["_cmspf.cleanmail.ch"],
        confidence: Confidence::B,
        sources: &[MXMAP_DATA],
        ..NONE
    },
    Provider {
        id: "spamvor",
        name: "spamvor",
        short: "spamvor",
        kind: Kind::Gateway,
        mx: &["spamvor.com"],
        confidence: Confidence::C,
        sources: &[MXMAP],
        ..NONE
    },
    Provider {
        id: "mailguard-au",
        name: "MailGuard (AU)",
        short: "MailGuard",
        kind: Kind::Gateway,
        mx: &["mailguard.com.au"],
        spf: &["mailguard.com.au"],
        confidence: Confidence::C,
        sources: &[MX_HANDLER],
        ..NONE
    },
    Provider {
        id: "firstwave",
        name: "FirstWave / CyberCision (AU)",
        short: "FirstWave",
        kind: Kind::Gateway,
        mx: &["firstwave.com.au", "firstcloudsecurity.net"],
        spf: &["spf.firstwave.com.au"],
        confidence: Confidence::C,
        sources: &[MX_HANDLER, PARSEDMARC],
        ..NONE
    },
    Provider {
        id: "manage-protect",
        name: "Manage Protect MPmail (AU/NZ)",
        short: "Manage Protect",
        kind: Kind::Gateway,
        mx: &["mpmailmx.com"],
        spf: &["spf.mpmailmx.com"],
        confidence: Confidence::A,
        sources: &["support.manageprotect.com 44002274662 and 44002336362 (undated, read 2026-08)"],
        ..NONE
    },
    // Retired services: an MX record that points there loses mail.
    Provider {
        id: "postini",
        name: "Google Postini",
        short: "Google Postini",
        kind: Kind::Retired,
        mx: &["psmtp.com"],
        confidence: Confidence::C,
        sources: &[MXSNIFF],
        note: "Names: C; that the service is dead: M.",
        ..NONE
    },
    Provider {
        id: "mcafee-mxlogic",
        name: "McAfee SaaS Email Protection (MX Logic)",
        short: "McAfee SaaS Email Protection",
        kind: Kind::Retired,
        mx: &["mxlogic.net"],
        confidence: Confidence::C,
        sources: &[MXSNIFF],
        note: "Names: C; that the service is dead: M.",
        ..NONE
    },
];

/// The empty row, from which rows take the fields that they omit.
const NONE: Provider = Provider {
    id: "",
    name: "",
    short: "",
    kind: Kind::Source,
    mx: &[],
    spf: &[],
    autodiscover: &[],
    srv: &[],
    dkim: &[],
    ns: &[],
    txt: &[],
    cname: &[],
    weak: &[],
    confidence: Confidence::M,
    sources: &[],
    note: "",
};

/// A classifier of MX hosts.
const MXSNIFF: &str = "jace/mxsniff mxsniff/providers.py (ec26e90, 2023-02-06)";
/// Rules of a study of mail hosting.
const MX_INFERENCE: &str = "ucsdsysnet/mx_inference mx_inference/lib/heuristics.py (34a8a94, 2024-05-21)";
/// Zones as GoDaddy creates them.
const GODADDY_ZONES: &str =
    "zones of GoDaddy customers in public repositories, of 2016 and later (read 2026-11)";
/// A map from reverse DNS names to senders.
const PARSEDMARC: &str =
    "domainaware/parsedmarc parsedmarc/resources/maps/base_reverse_dns_map.csv (6358c36, 2026-08-19)";
/// Records of some 2,100 real domains.
const MXMAP_DATA: &str = "davidhuser/mxmap data.json (1aa7738; data 2026-03-24)";
/// The fingerprints beside that data.
const MXMAP: &str = "davidhuser/mxmap src/mail_sovereignty/signatures.py (1aa7738, 2026-04-29)";
/// Fingerprints of services in DNS records.
const WEBAPPANALYZER: &str = "enthec/webappanalyzer src/technologies/*.json (1b9eee8, 2026-08-17)";
/// A script's table of gateways.
const MX_HANDLER: &str = "public PowerShell Test-MXHandler and SPF vendor table (undated, read 2026-08)";
