//! The table of all outcomes.
//!
//! `explain`, the documents, the tests and every format are made from it. The code is the only identity of an outcome;
//! the text of messages is for people only.

use std::fmt;
use std::str::FromStr;

use super::verdict::{Severity, Status};

/// The document that explains an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// The hosts that receive the domain's mail.
    Delivery,
    /// The hosts that may send mail for the domain.
    Spf,
    /// Names that must be aliases.
    Alias,
    /// TXT records.
    Text,
    /// SRV records: services and the hosts that offer them.
    Service,
    /// Records that must not be published.
    Absence,
    /// Policies for senders that deliver mail to the domain: MTA-STS and TLS reports.
    Policy,
    /// Outcomes that only need time, and lookups that failed.
    Certainty,
    /// Problems outside the expectations.
    Hazard,
}

impl Topic {
    /// All topics, in the order of the list of outcomes.
    pub const ALL: [Self; 9] = [
        Self::Delivery,
        Self::Spf,
        Self::Alias,
        Self::Text,
        Self::Service,
        Self::Absence,
        Self::Policy,
        Self::Certainty,
        Self::Hazard,
    ];

    /// Returns the topic's heading.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Delivery => "Delivery (MX)",
            Self::Spf => "SPF",
            Self::Alias => "Aliases (CNAME)",
            Self::Text => "TXT records",
            Self::Service => "Services (SRV)",
            Self::Absence => "Absence",
            Self::Policy => "MTA-STS and TLS-RPT",
            Self::Certainty => "Waiting and unknown",
            Self::Hazard => "Hazards",
        }
    }

    /// Returns the topic's document, as Markdown.
    #[must_use]
    pub fn document(self) -> &'static str {
        match self {
            Self::Delivery => include_str!("delivery.md"),
            Self::Spf => include_str!("spf.md"),
            Self::Alias => include_str!("alias.md"),
            Self::Text => include_str!("text.md"),
            Self::Service => include_str!("service.md"),
            Self::Absence => include_str!("absence.md"),
            Self::Policy => include_str!("policy.md"),
            Self::Certainty => include_str!("certainty.md"),
            Self::Hazard => include_str!("hazard.md"),
        }
    }
}

/// The meaning of an outcome: the status of an expectation, or a hazard of some severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// The outcome of an expectation gives it this status.
    Expectation(Status),
    /// A hazard; some rules raise or lower this severity.
    Hazard(Severity),
}

impl Effect {
    /// Returns the word in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Expectation(status) => status.word(),
            Self::Hazard(severity) => severity.word(),
        }
    }

    /// Returns whether something is wrong or unknown: not if it is met, only needs time or is advice.
    #[must_use]
    pub fn is_wrong(self) -> bool {
        match self {
            Self::Expectation(status) => matches!(status, Status::Unmet | Status::Unknown),
            Self::Hazard(severity) => severity == Severity::Error,
        }
    }
}

macro_rules! effect {
    (Error) => {
        Effect::Hazard(Severity::Error)
    };
    (Warning) => {
        Effect::Hazard(Severity::Warning)
    };
    (Info) => {
        Effect::Hazard(Severity::Info)
    };
    ($status:ident) => {
        Effect::Expectation(Status::$status)
    };
}

macro_rules! codes {
    ($($variant:ident $word:literal $topic:ident $effect:ident $title:literal;)+) => {
        /// The identity of an outcome.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = $title] $variant,)+
        }

        impl Code {
            /// All codes, by topic.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the code itself, in kebab-case.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Returns the title.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }

            /// Returns the document that explains it.
            #[must_use]
            pub fn topic(self) -> Topic {
                match self { $(Self::$variant => Topic::$topic),+ }
            }

            /// Returns the status that it gives an expectation, or its usual severity as a hazard.
            #[must_use]
            pub fn effect(self) -> Effect {
                match self { $(Self::$variant => effect!($effect)),+ }
            }
        }
    };
}

codes! {
    Met "met" Delivery Met "published as expected";
    MxMissing "mx-missing" Delivery Unmet "no MX record is published";
    MxNull "mx-null" Delivery Unmet "a null MX is published: the domain accepts no mail";
    MxAtSource "mx-at-source" Delivery Unmet "the MX records still point to the old platform";
    MxElsewhere "mx-elsewhere" Delivery Unmet "the MX host is neither Microsoft's nor a known mail platform";
    MxRival "mx-rival" Delivery Unmet "another MX host is published next to the right one and may get mail";
    MxGatewayUndeclared "mx-gateway-undeclared" Delivery Unknown "the MX host is a mail filter that was not declared";
    MxTargetMissing "mx-target-missing" Delivery Unmet "the MX host does not exist: mail will bounce";
    MxTargetIsAlias "mx-target-is-alias" Delivery Unmet "the MX host is a CNAME, which RFC 5321 forbids";
    MxRetiredHost "mx-retired-host" Delivery Unmet "the MX host belongs to a discontinued service";
    MxWrongCloud "mx-wrong-cloud" Delivery Unmet "the MX host belongs to another Microsoft cloud";
    MxMalformedTarget "mx-malformed-target" Delivery Unmet "the MX host is mistyped";
    MxVerificationLeft "mx-verification-left" Delivery Unmet "the MX record for domain verification is still published and accepts no mail";
    MxOtherDomain "mx-other-domain" Delivery Met "the MX host is Microsoft's but belongs to another domain";
    MxOlderHost "mx-older-host" Delivery Met "the MX host is an older Microsoft name that still accepts mail";
    MxDnssecMigration "mx-dnssec-migration" Delivery Met "MX hosts under both `mail.protection.outlook.com` and `mx.microsoft` are published";
    MxStillAtSource "mx-still-at-source" Delivery Met "mail still goes to the old platform: correct before the switch";
    MxNotNull "mx-not-null" Delivery Unmet "the domain is parked, but its MX accepts mail";
    SpfMissing "spf-missing" Spf Unmet "no SPF record is published";
    SpfMultiple "spf-multiple" Spf Unmet "more than one SPF record is published: SPF fails for every sender";
    SpfWithoutMicrosoft "spf-without-microsoft" Spf Unmet "SPF does not authorize Microsoft 365";
    SpfInvalid "spf-invalid" Spf Unmet "the SPF record has an error: receivers return permerror";
    SpfTooManyLookups "spf-too-many-lookups" Spf Unmet "SPF needs more than 10 DNS lookups";
    SpfVoidLookups "spf-void-lookups" Spf Unmet "SPF causes more than 2 void lookups";
    SpfIncludeLoop "spf-include-loop" Spf Unmet "the SPF record includes itself";
    SpfPassesEveryone "spf-passes-everyone" Spf Unmet "the SPF record authorizes every sender";
    SpfUnreadable "spf-unreadable" Spf Unknown "the part of the SPF record that may include Microsoft cannot be evaluated";
    SpfLookalike "spf-lookalike" Spf Unmet "a TXT record resembles SPF, but receivers ignore it";
    SpfSenderMissing "spf-sender-missing" Spf Unmet "the SPF record lacks a sender that must stay";
    SpfSourceLeft "spf-source-left" Spf Unmet "the SPF record still authorizes the old platform";
    SpfNotClosed "spf-not-closed" Spf Unmet "the domain is parked, but its SPF record authorizes senders";
    SpfWithoutAll "spf-without-all" Spf Met "the SPF record does not end with `-all` or `~all`";
    SpfMxSenders "spf-mx-senders" Spf Met "`mx` in the SPF record authorizes different hosts after the switch";
    SpfTermsIgnored "spf-terms-ignored" Spf Met "the SPF record has terms that receivers ignore";
    SpfLong "spf-long" Spf Met "the TXT response with the SPF record exceeds 512 bytes";
    SpfVoidForIpv6 "spf-void-for-ipv6" Spf Met "SPF causes more than 2 void lookups for IPv6 senders";
    SpfSourceNested "spf-source-nested" Spf Met "an included SPF record of a third party authorizes the old platform";
    SpfSourceUnproven "spf-source-unproven" Spf Met "the SPF record authorizes a mail platform that may be the old one";
    SpfByReseller "spf-by-reseller" Spf Met "the reseller's SPF include authorizes Microsoft 365";
    SpfByGateway "spf-by-gateway" Spf Met "SPF authorizes the mail filter instead of Microsoft 365";
    AliasMissing "alias-missing" Alias Unmet "no CNAME is published";
    AliasElsewhere "alias-elsewhere" Alias Unmet "the CNAME points to the wrong host";
    AliasAtSource "alias-at-source" Alias Unmet "the CNAME still points to the old platform";
    AliasWrongCloud "alias-wrong-cloud" Alias Unmet "the CNAME points to another Microsoft cloud";
    AliasProxied "alias-proxied" Alias Unmet "a web proxy hides the CNAME";
    AliasAddressInstead "alias-address-instead" Alias Unmet "an address record is published instead of the CNAME";
    AliasFromWildcard "alias-from-wildcard" Alias Unmet "no CNAME is published: a wildcard record answers";
    AliasDoubledName "alias-doubled-name" Alias Unmet "the CNAME is published with the zone name twice";
    AliasMalformedTarget "alias-malformed-target" Alias Unmet "the CNAME target is mistyped";
    AliasLoop "alias-loop" Alias Unmet "the CNAME leads back to itself";
    DkimNotEnabled "dkim-not-enabled" Alias Unmet "the DKIM CNAME is correct, but its target has no key";
    DkimKeyInstead "dkim-key-instead" Alias Unmet "a DKIM key is published instead of the CNAME";
    DkimKeyPending "dkim-key-pending" Alias Met "the DKIM CNAME is correct; the key appears at the first rotation";
    DkimFlattened "dkim-flattened" Alias Met "the DNS host returns the DKIM key instead of the CNAME";
    AliasFlattened "alias-flattened" Alias Met "the DNS host returns the target's addresses instead of the CNAME";
    AliasByService "alias-by-service" Alias Met "an SRV record to Microsoft's host replaces the CNAME";
    AliasStillAtSource "alias-still-at-source" Alias Met "the CNAME does not point to Microsoft yet: correct before the switch";
    VerificationMissing "verification-missing" Text Unmet "the verification TXT record is not published";
    VerificationOtherValue "verification-other-value" Text Unmet "the verification TXT record has another value";
    VerificationMalformed "verification-malformed" Text Unmet "the verification TXT record is mistyped";
    VerificationNotNeeded "verification-not-needed" Text Met "Microsoft has already verified the domain";
    DmarcMissing "dmarc-missing" Text Unmet "no DMARC record is published";
    DmarcMultiple "dmarc-multiple" Text Unmet "more than one DMARC record is published: receivers ignore all of them";
    DmarcInvalid "dmarc-invalid" Text Unmet "the DMARC record has an error: receivers ignore it";
    DmarcMisplaced "dmarc-misplaced" Text Unmet "the DMARC record is published at the wrong name";
    DmarcNotReject "dmarc-not-reject" Text Unmet "the domain is parked, but its DMARC policy does not reject forged mail";
    DmarcInherited "dmarc-inherited" Text Met "the DMARC policy of the organizational domain applies";
    ServiceMissing "service-missing" Service Unmet "no SRV record is published";
    ServiceElsewhere "service-elsewhere" Service Unmet "the SRV record points to another host";
    ServiceAtSource "service-at-source" Service Unmet "the SRV record still points to the old platform";
    ServiceRival "service-rival" Service Unmet "another SRV target is published next to the right one";
    ServiceDoubledName "service-doubled-name" Service Unmet "the SRV record is published with the zone name twice";
    ServiceMalformedTarget "service-malformed-target" Service Unmet "the SRV target is mistyped";
    RecordMustGo "record-must-go" Absence Unmet "a record is published that Microsoft wants removed";
    MtaStsRefusesMx "mta-sts-refuses-mx" Policy Error "the MTA-STS policy does not list an MX host";
    MtaStsUnreachable "mta-sts-unreachable" Policy Warning "the MTA-STS policy is announced but was not read";
    MtaStsInvalid "mta-sts-invalid" Policy Warning "the MTA-STS record or policy has an error";
    TlsRptInvalid "tls-rpt-invalid" Policy Unmet "the TLS-RPT record has an error";
    CacheStale "cache-stale" Certainty Waiting "a resolver has the old records cached";
    NegativeCache "negative-cache" Certainty Waiting "a resolver has \"does not exist\" cached";
    SecondaryBehind "secondary-behind" Certainty Waiting "a name server has an older version of the zone";
    LookupFailed "lookup-failed" Certainty Unknown "the lookup failed";
    NotInReplay "not-in-replay" Certainty Unknown "the recording does not contain the answer";
    DeadlineOver "deadline-over" Certainty Unknown "the deadline was reached before the answer arrived";
    QuestionLimit "question-limit" Certainty Unknown "the query limit of the domain was reached";
    ServerQuestionLimit "server-question-limit" Certainty Unknown "the query limit of a server was reached";
    AnswerTooLarge "answer-too-large" Certainty Unknown "the response exceeds the size limit";
    ChainTooLong "chain-too-long" Certainty Unknown "the CNAME chain exceeds the length limit";
    TreeTooLarge "tree-too-large" Certainty Unknown "the record leads to more names than the lookup limit";
    DomainParked "domain-parked" Certainty Unknown "the domain is parked: it accepts and sends no mail";
    NotInZoneFiles "not-in-zone-files" Certainty Unknown "no zone file contains the domain or a name that decides";
    DelegatedAway "delegated-away" Certainty Unknown "the name is delegated to name servers whose answer is not known";
    ServersDisagree "servers-disagree" Hazard Error "name servers with the same zone serial return different records";
    DomainNotFound "domain-not-found" Hazard Error "the domain does not exist";
    DomainIsAlias "domain-is-alias" Hazard Error "the name is a CNAME and has no mail records of its own";
    CnameWithOtherData "cname-with-other-data" Hazard Error "a CNAME is published at a name that needs other records";
    DnssecBogus "dnssec-bogus" Hazard Error "DNSSEC validation fails: resolvers reject the zone";
    AutodiscoverSrvLeft "autodiscover-srv-left" Hazard Error "an Autodiscover SRV record points to another platform";
    SourceLeft "source-left" Hazard Error "a record still points to the old platform";
    DnsHostedBySource "dns-hosted-by-source" Hazard Error "the old platform also hosts the DNS zone";
    MxNotAssigned "mx-not-assigned" Hazard Error "DNS does not show which MX host Microsoft assigned";
    DomainInOtherTenant "domain-in-other-tenant" Hazard Error "the domain belongs to another Microsoft 365 tenant";
    DelegationDead "delegation-dead" Hazard Warning "no delegated name server answers, and resolvers fail";
    ZoneIncomplete "zone-incomplete" Hazard Warning "the new name servers lack records of the current zone";
    DelegationMismatch "delegation-mismatch" Hazard Warning "the parent zone and the zone list different name servers";
    ServerLame "server-lame" Hazard Warning "a delegated name server is not authoritative for the zone (lame)";
    ServerSilent "server-silent" Hazard Warning "a name server of the zone does not respond";
    NameDoubled "name-doubled" Hazard Warning "a record is published with the zone name twice";
    DomainFromWildcard "domain-from-wildcard" Hazard Warning "only a wildcard record answers for the domain";
    TtlTooLong "ttl-too-long" Hazard Warning "the TTL of a record that changes at the switch is too long";
    FilterBypass "filter-bypass" Hazard Warning "mail can bypass the filter";
    DmarcStrictTooEarly "dmarc-strict-too-early" Hazard Warning "the DMARC policy is strict before Microsoft 365 can pass SPF or DKIM";
    DmarcReportRefused "dmarc-report-refused" Hazard Warning "a DMARC report destination has not authorized the reports";
    DomainInNoTenant "domain-in-no-tenant" Hazard Warning "the domain belongs to no Microsoft 365 tenant";
    AutodiscoverIntercepted "autodiscover-intercepted" Hazard Warning "a web server answers Outlook's Autodiscover request before Microsoft";
    AutodiscoverCertificate "autodiscover-certificate" Hazard Warning "the web server Outlook asks first has an invalid certificate";
    TtlStillLow "ttl-still-low" Hazard Info "a record still has the low TTL of the switch";
    AuthoritativeUnreachable "authoritative-unreachable" Hazard Info "no name server of the zone is reachable from here";
    TenantUnknown "tenant-unknown" Hazard Info "the tenant of the domain could not be determined";
    DelegationElsewhere "delegation-elsewhere" Hazard Info "the zone is still delegated to other name servers";
    TransferRefused "transfer-refused" Hazard Info "no name server allowed the zone transfer";
    WildcardAnswers "wildcard-answers" Hazard Info "a wildcard record answers for names that do not exist";
    MicrosoftHostedDns "microsoft-hosted-dns" Hazard Info "Microsoft hosts the DNS zone";
    DaneReady "dane-ready" Hazard Info "senders can verify the MX host with DANE";
    DaneNotReady "dane-not-ready" Hazard Info "senders cannot verify the MX host with DANE yet";
    TlsaMisplaced "tlsa-misplaced" Hazard Info "a TLSA record in the domain's own zone has no effect";
}

impl Code {
    /// Returns whether it is the outcome of an expectation that holds.
    #[must_use]
    pub fn is_met(self) -> bool {
        self.effect() == Effect::Expectation(Status::Met)
    }

    /// Returns the severity of a hazard with this code, unless a rule sets another one.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self.effect() {
            Effect::Hazard(severity) => severity,
            Effect::Expectation(Status::Unmet | Status::Unknown) => Severity::Error,
            Effect::Expectation(Status::Met | Status::Waiting | Status::Waived) => Severity::Info,
        }
    }

    /// Returns its section of the topic's document, as Markdown: everything below its heading.
    #[must_use]
    pub fn section(self) -> Option<&'static str> {
        let document = self.topic().document();
        let heading = format!("\n### `{}`\n", self.word());
        let start = document.find(&heading)? + heading.len();
        let rest = &document[start..];
        let end = [rest.find("\n### "), rest.find("\n## ")].into_iter().flatten().min().unwrap_or(rest.len());
        Some(rest[..end].trim())
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Code {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        let code = Self::ALL.iter().copied().find(|code| code.word() == text);
        code.ok_or_else(|| UnknownCode(text.to_owned()))
    }
}

/// The error of a text that is not the word of an outcome.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown code `{0}`")]
pub struct UnknownCode(String);

impl UnknownCode {
    /// Returns the text.
    #[must_use]
    pub fn found(&self) -> &str {
        &self.0
    }
}
