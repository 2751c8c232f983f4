//! Defines an expectation: one requirement on the records of a domain.

use std::fmt;
use std::str::FromStr;

use crate::provider::Gateway;
use crate::record::{Name, Question, RecordData, RecordType, UnknownWord, value_of_word};

use super::Cloud;

/// The phase of the move that is checked; each includes the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Phase {
    /// Before mail moves: all records that can be published early are published, and mail still goes to the old
    /// platform.
    Prepare,
    /// The cutover: everything points to Microsoft.
    #[default]
    Switch,
    /// Before the old service is closed: no record points to it any more.
    Tidy,
}

/// The effect of an unmet expectation on the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Importance {
    /// Reported only.
    Optional,
    /// Reported as advice; affects the verdict only with `--strict`.
    Recommended,
    /// Affects the verdict.
    Required,
}

/// The source of an expected value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// Given in a file or by a flag.
    Given,
    /// Found in DNS: Microsoft has created it for the domain.
    Found,
    /// Computed from the domain.
    Derived,
    /// The same for every domain.
    Standard,
}

/// The service that needs an expectation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Exchange Online, and the domain's connection to the tenant.
    Exchange,
    /// Teams, and the remains of Skype for Business.
    Teams,
    /// Device enrollment in Intune and device registration in Entra.
    Devices,
}

/// The id of an expectation.
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
    /// The TLS-RPT record, which asks for reports.
    TlsRpt,
    /// The SRV record for Teams federation.
    TeamsFederation,
    /// The SRV record for sign-in of old clients.
    TeamsSipTls,
    /// The alias for sign-in of old clients.
    TeamsSip,
    /// The alias with which old clients find their server.
    TeamsLyncdiscover,
    /// The alias with which devices find Intune.
    DeviceEnrollment,
    /// The alias with which devices find Entra.
    DeviceRegistration,
}

macro_rules! words {
    ($type:ident: $($variant:ident $word:literal),+ $(,)?) => {
        impl $type {
            /// All values, in their order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the word on the command line and in reports.
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
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                value_of_word("", text, Self::ALL, Self::word)
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

/// One requirement on the records of a domain.
#[derive(Debug, Clone)]
pub struct Expectation {
    /// The id of the expectation.
    pub id: Id,
    /// The owner of the records that are checked.
    pub name: Name,
    /// The type of the records that are checked.
    pub rtype: RecordType,
    /// The condition that the records must meet.
    pub requirement: Requirement,
    /// The service that needs it.
    pub service: Service,
    /// The first phase in which it applies.
    pub phase: Phase,
    /// The effect on the verdict if it is not met, from its phase on.
    pub importance: Importance,
    /// The source of the value.
    pub origin: Origin,
    /// The records to publish; empty if they are not known in advance, or none are needed.
    pub data: Vec<RecordData>,
    /// Other targets that are equally correct.
    pub also: Vec<Name>,
    /// The TTL to publish with, in seconds. A different one is never wrong.
    pub ttl: u32,
    /// The list that contains the value, if one does.
    pub given_by: Option<String>,
}

impl Expectation {
    /// Returns the question whose answer is checked first.
    #[must_use]
    pub fn question(&self) -> Question {
        Question::new(self.name.clone(), self.rtype)
    }
}

impl Expectation {
    /// Returns the mail host to propose; if it exists, Microsoft accepts the domain.
    #[must_use]
    pub(crate) fn proposed_host(&self) -> Option<&Name> {
        self.mail_hosts()?.proposed.as_ref()
    }

    /// Replaces the derived mail host with the one found in DNS, or with none. Behind a filter no host is expected, and
    /// a given host is kept.
    pub(crate) fn assign_mail_host(&mut self, host: Option<&Name>) {
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

    /// Drops the DKIM target derived in the older form, for a domain that has the newer one.
    pub(crate) fn withdraw_derived_key(&mut self) {
        let is_key = matches!(self.requirement, Requirement::HasDkimKeyAt(_));
        if is_key && self.origin == Origin::Derived {
            self.data.clear();
        }
    }

    /// Returns the hosts that may receive the mail, if the expectation is about mail delivery.
    #[must_use]
    pub(crate) fn mail_hosts(&self) -> Option<&MailHosts> {
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

/// The condition on the records, with the values that a rule needs to check it.
#[derive(Debug, Clone)]
pub enum Requirement {
    /// Mail is delivered to exactly these hosts.
    DeliversTo(MailHosts),
    /// There is one valid SPF record, and it includes this domain somewhere.
    SpfIncludes(Name),
    /// The name is an alias of this target.
    IsAliasOf(Name),
    /// The name may be an alias of this target, and must not be an alias of the platform being left.
    MayBeAliasOf(Name),
    /// The name is an alias of a DKIM key that Microsoft keeps.
    HasDkimKeyAt(Selector),
    /// Exactly one valid DMARC policy holds for the domain.
    HasDmarcPolicy,
    /// An MTA-STS policy is optional, but must be valid if announced.
    MayAnnouncePolicy,
    /// TLS reports are optional, but a published record must be valid.
    MayAskForTlsReports,
    /// Only this host offers the service, at this port.
    OffersService(Offer),
    /// This host may offer the service, and the platform being left must not.
    MayOfferService(Offer),
    /// There is a verification record: exactly this one, or any.
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

/// The hosts that may receive a domain's mail.
#[derive(Debug, Clone)]
pub struct MailHosts {
    /// The cloud whose hosts are correct.
    pub cloud: Cloud,
    /// The host that the user gave. If present, no other Microsoft host is correct.
    pub given: Option<Name>,
    /// The host to propose: the given one, or the one derived from the domain or the tenant.
    pub proposed: Option<Name>,
    /// Filters that are meant to stay in front.
    pub gateways: Vec<Gateway>,
}

/// A DKIM selector, and the known parts of its key's location.
#[derive(Debug, Clone)]
pub struct Selector {
    /// 1 or 2.
    pub number: u8,
    /// The cloud that keeps the key.
    pub cloud: Cloud,
    /// The label that Microsoft derives from the domain; `None` if none can be derived.
    pub token: Option<String>,
    /// The tenant's name, if given.
    pub tenant: Option<String>,
}

/// The location of a service.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The host.
    pub target: Name,
    /// The port.
    pub port: u16,
}
