//! An expectation: one thing that must hold.

use std::fmt;
use std::str::FromStr;

use crate::provider::Gateway;
use crate::record::{Name, Question, RecordData, RecordType};

use super::Cloud;

/// Which part of the move is being judged; each includes the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Phase {
    /// Before mail moves: what can be published early is published, mail still goes to the old platform.
    Prepare,
    /// The cutover: everything points to Microsoft.
    #[default]
    Switch,
    /// Before the old service is closed: nothing of it is left.
    Tidy,
}

/// What becomes of the verdict if an expectation is not met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Importance {
    /// Reported only.
    Optional,
    /// Reported as advice; decides with `--strict`.
    Recommended,
    /// Decides the verdict.
    Required,
}

/// Where an expected value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A file or a flag named it.
    Given,
    /// DNS shows that Microsoft has made it for the domain.
    Found,
    /// Computed from the domain.
    Derived,
    /// The same for everybody.
    Standard,
}

/// The service that needs an expectation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Exchange Online, and the domain's connection to the tenant.
    Exchange,
    /// Teams, and what is left of Skype for Business.
    Teams,
    /// Enrollment of devices in Intune and registration in Entra.
    Devices,
}

/// The name of an expectation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Id {
    /// The apex TXT that proves ownership.
    Verification,
    /// The apex MX.
    Mx,
    /// The apex SPF record.
    Spf,
    /// The `autodiscover` alias.
    Autodiscover,
    /// The `msoid` alias.
    Msoid,
    /// The alias to the first DKIM key.
    DkimSelector1,
    /// The alias to the second DKIM key.
    DkimSelector2,
    /// The DMARC policy.
    Dmarc,
    /// The announcement of an MTA-STS policy.
    MtaSts,
    /// The wish for TLS reports.
    TlsRpt,
    /// The SRV record that Teams federates by.
    TeamsFederation,
    /// The SRV record that old clients signed in by.
    TeamsSipTls,
    /// The alias that old clients signed in by.
    TeamsSip,
    /// The alias by which old clients found their server.
    TeamsLyncdiscover,
    /// The alias by which devices find Intune.
    DeviceEnrollment,
    /// The alias by which devices find Entra.
    DeviceRegistration,
}

macro_rules! words {
    ($type:ident: $($variant:ident $word:literal),+ $(,)?) => {
        impl $type {
            /// All values, in their order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word on the command line and in reports.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.word())
            }
        }

        impl FromStr for $type {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                Self::ALL.iter().copied().find(|value| value.word() == text).ok_or_else(|| {
                    format!("found `{text}`, expected one of {}", [$($word),+].join(", "))
                })
            }
        }
    };
}

words!(Phase: Prepare "prepare", Switch "switch", Tidy "tidy");
words!(Importance: Optional "optional", Recommended "recommended", Required "required");
words!(Origin: Given "given", Found "found", Derived "derived", Standard "standard");
words!(Service: Exchange "exchange", Teams "teams", Devices "devices");
words!(
    Id: Verification "verification", Mx "mx", Spf "spf", Autodiscover "autodiscover", Msoid "msoid",
    DkimSelector1 "dkim-selector1", DkimSelector2 "dkim-selector2", Dmarc "dmarc",
    MtaSts "mta-sts", TlsRpt "tls-rpt",
    TeamsFederation "teams-federation", TeamsSipTls "teams-sip-tls", TeamsSip "teams-sip",
    TeamsLyncdiscover "teams-lyncdiscover", DeviceEnrollment "device-enrollment",
    DeviceRegistration "device-registration",
);

/// One thing that must hold.
#[derive(Debug, Clone)]
pub struct Expectation {
    /// The id of the expectation.
    pub id: Id,
    /// The name whose records are judged.
    pub name: Name,
    /// The type of the records that are judged.
    pub rtype: RecordType,
    /// What must be true of them.
    pub requirement: Requirement,
    /// Who needs it.
    pub service: Service,
    /// From which phase on it is wanted.
    pub phase: Phase,
    /// What becomes of the verdict without it, once its phase has come.
    pub importance: Importance,
    /// Where the value comes from.
    pub origin: Origin,
    /// What to publish; empty where nothing can be said in advance, or nothing is wanted.
    pub data: Vec<RecordData>,
    /// Other targets that are as right.
    pub also: Vec<Name>,
    /// TTL to publish with, in seconds. A different one is never wrong.
    pub ttl: u32,
    /// The list that names the value.
    pub given_by: Option<String>,
}

impl Expectation {
    /// The question whose answer is judged first.
    #[must_use]
    pub fn question(&self) -> Question {
        Question::new(self.name.clone(), self.rtype)
    }
}

impl Expectation {
    /// The mail host to propose: the host of the domain shows that Microsoft accepts it.
    #[must_use]
    pub fn proposed_host(&self) -> Option<&Name> {
        self.mail_hosts()?.proposed.as_ref()
    }

    /// Replaces the derived mail host with the one that DNS shows, or with none. Behind a filter no host is expected, and a
    /// given one stays.
    pub fn assign_mail_host(&mut self, host: Option<&Name>) {
        let Requirement::DeliversTo(hosts) = &mut self.requirement else { return };
        if self.origin != Origin::Derived || !hosts.gateways.is_empty() {
            return;
        }
        hosts.proposed = host.cloned();
        self.data =
            host.map(|host| RecordData::Mx { preference: 0, exchange: host.clone() }).into_iter().collect();
        if host.is_some() {
            self.origin = Origin::Found;
        }
    }

    /// Drops the DKIM target that was derived in the older form: the domain has the newer one.
    pub fn withdraw_derived_key(&mut self) {
        let is_key = matches!(self.requirement, Requirement::HasDkimKeyAt(_));
        if is_key && self.origin == Origin::Derived {
            self.data.clear();
        }
    }

    /// Which hosts may take the mail, if the expectation is about that.
    #[must_use]
    pub fn mail_hosts(&self) -> Option<&MailHosts> {
        match &self.requirement {
            Requirement::DeliversTo(hosts) => Some(hosts),
            Requirement::SpfIncludes(_)
            | Requirement::IsAliasOf(_)
            | Requirement::MayBeAliasOf(_)
            | Requirement::HasDkimKeyAt(_)
            | Requirement::HasDmarcPolicy
            | Requirement::MayAnnouncePolicy
            | Requirement::MayAskForTlsReports
            | Requirement::OffersService(_)
            | Requirement::MayOfferService(_)
            | Requirement::HasVerification(_)
            | Requirement::IsAbsent
            | Requirement::TakesNoMail
            | Requirement::AuthorizesNoSender
            | Requirement::RejectsForgedMail => None,
        }
    }
}

/// What must be true of the records: the relation, with all that a judge needs to know.
#[derive(Debug, Clone)]
pub enum Requirement {
    /// Mail is delivered to exactly these hosts.
    DeliversTo(MailHosts),
    /// There is one valid SPF record, and it includes this domain somewhere.
    SpfIncludes(Name),
    /// The name is an alias of this target.
    IsAliasOf(Name),
    /// The name may be an alias of this target, and must not be one of the platform being left.
    MayBeAliasOf(Name),
    /// The name is an alias to a DKIM key that Microsoft keeps.
    HasDkimKeyAt(Selector),
    /// Exactly one valid DMARC policy holds for the domain.
    HasDmarcPolicy,
    /// An MTA-STS policy may be announced, which must then be valid.
    MayAnnouncePolicy,
    /// Reports about TLS may be asked for, validly.
    MayAskForTlsReports,
    /// The service is offered by this host alone, at this port.
    OffersService(Offer),
    /// The service may be offered by this host, and must not be by the platform being left.
    MayOfferService(Offer),
    /// There is a verification text: exactly this one, or any.
    HasVerification(Option<String>),
    /// There is no such record.
    IsAbsent,
    /// The domain takes no mail: a null MX (RFC 7505).
    TakesNoMail,
    /// The SPF record authorizes no sender.
    AuthorizesNoSender,
    /// Exactly one valid DMARC policy holds for the domain, and it rejects.
    RejectsForgedMail,
}

/// Which hosts may take a domain's mail.
#[derive(Debug, Clone)]
pub struct MailHosts {
    /// The cloud whose hosts are right.
    pub cloud: Cloud,
    /// A value given by hand; then no other host of Microsoft is right.
    pub given: Option<Name>,
    /// The host to propose: the given one, or the one derived from the domain or the tenant.
    pub proposed: Option<Name>,
    /// Filters that are meant to stay in front.
    pub gateways: Vec<Gateway>,
}

/// Which DKIM key, and what is known of where it is kept.
#[derive(Debug, Clone)]
pub struct Selector {
    /// 1 or 2.
    pub number: u8,
    /// The cloud that keeps it.
    pub cloud: Cloud,
    /// The label that Microsoft derives from the domain; `None` if none can be derived.
    pub token: Option<String>,
    /// The tenant's name, where it was given.
    pub tenant: Option<String>,
}

/// Where a service is offered.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The host.
    pub target: Name,
    /// The port.
    pub port: u16,
}
