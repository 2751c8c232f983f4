//! What can be found out?
//!
//! One table of all outcomes. `explain`, the documents, the tests and every format are made from it; the code is the
//! only identity of an outcome, and the words of messages are for people alone.

use std::fmt;
use std::str::FromStr;

use super::verdict::{Severity, Status};

/// The document that explains an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Who takes the domain's mail.
    Delivery,
    /// Who may send for the domain.
    Spf,
    /// Names that must be aliases.
    Alias,
    /// Texts that prove something.
    Text,
    /// Services and the hosts that offer them.
    Service,
    /// Records that must be gone.
    Absence,
    /// Policies for those who deliver mail to the domain.
    Policy,
    /// What only needs time, and what could not be looked up.
    Certainty,
    /// What is wrong beside the expectations.
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

    /// A heading.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Delivery => "Delivery (MX)",
            Self::Spf => "SPF",
            Self::Alias => "Aliases (CNAME)",
            Self::Text => "Text",
            Self::Service => "Services (SRV)",
            Self::Absence => "Absence",
            Self::Policy => "MTA-STS and TLS-RPT",
            Self::Certainty => "Waiting and unknown",
            Self::Hazard => "Hazards",
        }
    }

    /// The document, as Markdown.
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

/// What an outcome means: a status of an expectation, or a hazard of some severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// The outcome of an expectation gives it this status.
    Expectation(Status),
    /// A hazard; some rules raise or lower this severity.
    Hazard(Severity),
}

impl Effect {
    /// The word in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Expectation(status) => status.word(),
            Self::Hazard(severity) => severity.word(),
        }
    }

    /// Whether something is wrong or unknown; what is met, only needs time or is advice is not.
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

            /// The code itself, in kebab-case.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// What it says, in half a sentence.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }

            /// Where it is explained.
            #[must_use]
            pub fn topic(self) -> Topic {
                match self { $(Self::$variant => Topic::$topic),+ }
            }

            /// The status that it gives an expectation, or its severity as a hazard, unless the document says otherwise.
            #[must_use]
            pub fn effect(self) -> Effect {
                match self { $(Self::$variant => effect!($effect)),+ }
            }
        }
    };
}

codes! {
    Met "met" Delivery Met "what is expected is published";
    MxMissing "mx-missing" Delivery Unmet "no MX record says who takes the domain's mail";
    MxNull "mx-null" Delivery Unmet "a null MX says that the domain takes no mail";
    MxAtSource "mx-at-source" Delivery Unmet "mail still goes to the platform being left";
    MxElsewhere "mx-elsewhere" Delivery Unmet "mail goes to a host that is not Microsoft's";
    MxRival "mx-rival" Delivery Unmet "another host stands beside the right one and may get mail";
    MxGatewayUndeclared "mx-gateway-undeclared" Delivery Unknown "a mail filter is in front, and DNS cannot show what is behind it";
    MxTargetMissing "mx-target-missing" Delivery Unmet "the MX host does not exist: mail would bounce";
    MxTargetIsAlias "mx-target-is-alias" Delivery Unmet "the MX host is an alias, which RFC 5321 forbids";
    MxRetiredHost "mx-retired-host" Delivery Unmet "the MX host belongs to a service that is closed";
    MxWrongCloud "mx-wrong-cloud" Delivery Unmet "the MX host belongs to another Microsoft cloud";
    MxMalformedTarget "mx-malformed-target" Delivery Unmet "the MX host was mistyped";
    MxVerificationLeft "mx-verification-left" Delivery Unmet "the MX record that proved ownership is still there and can take no mail";
    MxOtherDomain "mx-other-domain" Delivery Met "Microsoft's host, made for another domain";
    MxOlderHost "mx-older-host" Delivery Met "an older Microsoft host name that still takes mail";
    MxDnssecMigration "mx-dnssec-migration" Delivery Met "both families of Microsoft's hosts are published, as on the move to `mx.microsoft`";
    MxStillAtSource "mx-still-at-source" Delivery Met "mail still goes to the old platform, as it should before the switch";
    MxNotNull "mx-not-null" Delivery Unmet "a parked domain still names a mail host";
    SpfMissing "spf-missing" Spf Unmet "no SPF record says who may send for the domain";
    SpfMultiple "spf-multiple" Spf Unmet "two SPF records make every check fail";
    SpfWithoutMicrosoft "spf-without-microsoft" Spf Unmet "the SPF record does not allow Microsoft 365 to send";
    SpfInvalid "spf-invalid" Spf Unmet "receivers cannot read the SPF record";
    SpfTooManyLookups "spf-too-many-lookups" Spf Unmet "checking the SPF record takes more than 10 lookups";
    SpfVoidLookups "spf-void-lookups" Spf Unmet "checking the SPF record runs into more than 2 names without an answer";
    SpfIncludeLoop "spf-include-loop" Spf Unmet "the SPF record includes itself";
    SpfPassesEveryone "spf-passes-everyone" Spf Unmet "the SPF record allows everybody to send";
    SpfUnreadable "spf-unreadable" Spf Unknown "a part of the SPF record that may include Microsoft cannot be read";
    SpfLookalike "spf-lookalike" Spf Unmet "a text looks like an SPF record and is none";
    SpfSenderMissing "spf-sender-missing" Spf Unmet "a sender that must stay is not in the record";
    SpfSourceLeft "spf-source-left" Spf Unmet "the platform being left may still send for the domain";
    SpfNotClosed "spf-not-closed" Spf Unmet "the SPF record of a parked domain authorizes senders";
    SpfWithoutAll "spf-without-all" Spf Met "the SPF record does not say what to do with all others";
    SpfMxSenders "spf-mx-senders" Spf Met "after the switch the record authorizes other hosts by `mx` than before";
    SpfTermsIgnored "spf-terms-ignored" Spf Met "receivers ignore terms of the SPF record";
    SpfLong "spf-long" Spf Met "the answer with the SPF record does not fit into a small packet";
    SpfVoidForIpv6 "spf-void-for-ipv6" Spf Met "senders with an IPv6 address run into more than 2 names without an answer";
    SpfSourceNested "spf-source-nested" Spf Met "the platform being left may still send by way of somebody else's record";
    SpfSourceUnproven "spf-source-unproven" Spf Met "a mail platform may still send, and it is not known to be the one being left";
    SpfByReseller "spf-by-reseller" Spf Met "the reseller's include stands for Microsoft's";
    SpfByGateway "spf-by-gateway" Spf Met "mail leaves through the declared filter, which may stand for Microsoft's include";
    AliasMissing "alias-missing" Alias Unmet "the alias is not published";
    AliasElsewhere "alias-elsewhere" Alias Unmet "the alias points to something else";
    AliasAtSource "alias-at-source" Alias Unmet "the alias still points to the platform being left";
    AliasWrongCloud "alias-wrong-cloud" Alias Unmet "the alias points to another Microsoft cloud";
    AliasProxied "alias-proxied" Alias Unmet "a web proxy answers instead of the alias";
    AliasAddressInstead "alias-address-instead" Alias Unmet "there is an address record where an alias belongs";
    AliasFromWildcard "alias-from-wildcard" Alias Unmet "only a wildcard answers";
    AliasDoubledName "alias-doubled-name" Alias Unmet "the alias was published with the zone's name twice";
    AliasMalformedTarget "alias-malformed-target" Alias Unmet "the target was mistyped";
    AliasLoop "alias-loop" Alias Unmet "the alias leads back to itself";
    DkimNotEnabled "dkim-not-enabled" Alias Unmet "the alias is right and no DKIM key is behind it";
    DkimKeyInstead "dkim-key-instead" Alias Unmet "there is a DKIM key where an alias belongs";
    DkimKeyPending "dkim-key-pending" Alias Met "the alias is right, and its key comes with the first rotation";
    DkimFlattened "dkim-flattened" Alias Met "the DNS host answers with the DKIM key instead of the alias";
    AliasFlattened "alias-flattened" Alias Met "the DNS host answers with the target's addresses instead of the alias";
    AliasByService "alias-by-service" Alias Met "an SRV record to Microsoft's host stands in for the alias";
    AliasStillAtSource "alias-still-at-source" Alias Met "the alias does not point to Microsoft yet, as it should be before the switch";
    VerificationMissing "verification-missing" Text Unmet "the text that proves ownership is not published";
    VerificationOtherValue "verification-other-value" Text Unmet "another text that proves ownership is published";
    VerificationMalformed "verification-malformed" Text Unmet "the text that proves ownership was mistyped";
    VerificationNotNeeded "verification-not-needed" Text Met "Microsoft accepts the domain already";
    DmarcMissing "dmarc-missing" Text Unmet "no DMARC policy is published";
    DmarcMultiple "dmarc-multiple" Text Unmet "of several DMARC policies none counts";
    DmarcInvalid "dmarc-invalid" Text Unmet "receivers cannot use the DMARC policy";
    DmarcMisplaced "dmarc-misplaced" Text Unmet "the DMARC policy stands at the wrong name";
    DmarcNotReject "dmarc-not-reject" Text Unmet "the DMARC policy of a parked domain does not reject forged mail";
    DmarcInherited "dmarc-inherited" Text Met "the policy of the organizational domain holds";
    ServiceMissing "service-missing" Service Unmet "the service is not published";
    ServiceElsewhere "service-elsewhere" Service Unmet "the service is offered by another host";
    ServiceAtSource "service-at-source" Service Unmet "the service is still offered by the platform being left";
    ServiceRival "service-rival" Service Unmet "another host stands beside the right one, and clients are split";
    ServiceDoubledName "service-doubled-name" Service Unmet "the service was published with the zone's name twice";
    ServiceMalformedTarget "service-malformed-target" Service Unmet "the host of the service was mistyped";
    RecordMustGo "record-must-go" Absence Unmet "a record exists that Microsoft wants removed";
    MtaStsRefusesMx "mta-sts-refuses-mx" Policy Error "the MTA-STS policy does not cover a mail host";
    MtaStsUnreachable "mta-sts-unreachable" Policy Warning "an MTA-STS policy is announced and cannot be fetched";
    MtaStsInvalid "mta-sts-invalid" Policy Warning "senders cannot use the MTA-STS policy or its announcement";
    TlsRptInvalid "tls-rpt-invalid" Policy Unmet "nobody can send the TLS reports that are asked for";
    CacheStale "cache-stale" Certainty Waiting "a resolver still has the old answer";
    NegativeCache "negative-cache" Certainty Waiting "a resolver remembers that there was nothing";
    SecondaryBehind "secondary-behind" Certainty Waiting "a name server has an older version of the zone";
    LookupFailed "lookup-failed" Certainty Unknown "it could not be looked up";
    NotInReplay "not-in-replay" Certainty Unknown "the recording does not hold it";
    DeadlineOver "deadline-over" Certainty Unknown "the time for the whole domain was over before it was known";
    QuestionLimit "question-limit" Certainty Unknown "the domain had cost as many questions as one may before it was asked";
    ServerQuestionLimit "server-question-limit" Certainty Unknown "a server had been asked as much as one domain may ask it";
    AnswerTooLarge "answer-too-large" Certainty Unknown "an answer holds more than is kept";
    ChainTooLong "chain-too-long" Certainty Unknown "a chain of aliases is longer than is followed";
    TreeTooLarge "tree-too-large" Certainty Unknown "more names hang on a record than are looked up";
    DomainParked "domain-parked" Certainty Unknown "the domain takes and sends no mail, and DNS cannot show whether it is to move";
    NotInZoneFiles "not-in-zone-files" Certainty Unknown "no zone file covers the domain, or a name that decides";
    DelegatedAway "delegated-away" Certainty Unknown "the name is delegated to name servers that did not answer for it";
    ServersDisagree "servers-disagree" Hazard Error "name servers with the same version of the zone give different answers";
    DomainNotFound "domain-not-found" Hazard Error "the domain does not exist";
    DomainIsAlias "domain-is-alias" Hazard Error "the name is an alias and has no mail records of its own";
    CnameWithOtherData "cname-with-other-data" Hazard Error "an alias stands at a name that needs other records";
    DnssecBogus "dnssec-bogus" Hazard Error "the signatures of the zone are wrong, so resolvers refuse its answers";
    AutodiscoverSrvLeft "autodiscover-srv-left" Hazard Error "an SRV record sends mail programs to another platform";
    SourceLeft "source-left" Hazard Error "something still leads to the platform being left";
    DnsHostedBySource "dns-hosted-by-source" Hazard Error "the platform being left also hosts the zone, which would go with it";
    MxNotAssigned "mx-not-assigned" Hazard Error "DNS does not show which MX host Microsoft has for the domain";
    DomainInOtherTenant "domain-in-other-tenant" Hazard Error "another tenant of Microsoft 365 holds the domain";
    DelegationDead "delegation-dead" Hazard Warning "no delegated name server answers, and resolvers fail";
    ZoneIncomplete "zone-incomplete" Hazard Warning "the new name servers lack records that the present ones have";
    DelegationMismatch "delegation-mismatch" Hazard Warning "the zone above delegates to other name servers than the zone itself lists";
    ServerLame "server-lame" Hazard Warning "a name server that is delegated to does not serve the zone";
    ServerSilent "server-silent" Hazard Warning "a name server of the zone does not answer";
    NameDoubled "name-doubled" Hazard Warning "a record was published with the zone's name twice";
    DomainFromWildcard "domain-from-wildcard" Hazard Warning "only a wildcard answers for the domain, until something is published there";
    TtlTooLong "ttl-too-long" Hazard Warning "a record that will change at the switch lives long in caches";
    FilterBypass "filter-bypass" Hazard Warning "mail can get around the filter";
    DmarcStrictTooEarly "dmarc-strict-too-early" Hazard Warning "the DMARC policy refuses mail before Microsoft 365 can sign and send for the domain";
    DmarcReportRefused "dmarc-report-refused" Hazard Warning "a host that the DMARC policy sends reports to has not agreed";
    DomainInNoTenant "domain-in-no-tenant" Hazard Warning "no tenant of Microsoft 365 holds the domain";
    AutodiscoverIntercepted "autodiscover-intercepted" Hazard Warning "a web server answers where Outlook asks before it comes to Microsoft";
    AutodiscoverCertificate "autodiscover-certificate" Hazard Warning "the web server that Outlook asks first shows a certificate that is not accepted";
    TtlStillLow "ttl-still-low" Hazard Info "a record that moved still has the low TTL of the switch";
    AuthoritativeUnreachable "authoritative-unreachable" Hazard Info "no name server of the zone can be reached from here";
    TenantUnknown "tenant-unknown" Hazard Info "which tenant holds the domain could not be learned";
    DelegationElsewhere "delegation-elsewhere" Hazard Info "the zone is still delegated to other name servers than those named";
    TransferRefused "transfer-refused" Hazard Info "no name server sent the whole zone";
    WildcardAnswers "wildcard-answers" Hazard Info "a wildcard answers for every name that does not exist";
    MicrosoftHostedDns "microsoft-hosted-dns" Hazard Info "Microsoft runs the DNS of the domain";
    DaneReady "dane-ready" Hazard Info "senders can verify Microsoft's mail host by DANE";
    DaneNotReady "dane-not-ready" Hazard Info "senders cannot verify Microsoft's mail host by DANE yet";
    TlsaMisplaced "tlsa-misplaced" Hazard Info "a TLSA record in the domain's own zone has no effect on its mail";
}

impl Code {
    /// Whether it is the outcome of an expectation that holds.
    #[must_use]
    pub fn is_met(self) -> bool {
        self.effect() == Effect::Expectation(Status::Met)
    }

    /// How bad a hazard with this code is, unless a rule says otherwise.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self.effect() {
            Effect::Hazard(severity) => severity,
            Effect::Expectation(Status::Unmet | Status::Unknown) => Severity::Error,
            Effect::Expectation(Status::Met | Status::Waiting | Status::Waived) => Severity::Info,
        }
    }

    /// Its section of the topic's document, as Markdown: everything below its heading.
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
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.iter().copied().find(|code| code.word() == text).ok_or(())
    }
}
