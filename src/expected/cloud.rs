//! The table of record values for each Microsoft cloud.
//!
//! One table; each row is one value of one or more clouds, with its page and the date on which it was read. A value
//! that Microsoft does not document for a cloud has no row, and nothing is expected there.
//!
//! The file is long because it is data: all values of a cloud can be read and checked side by side.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use crate::record::{Name, UnknownWord, value_of_word};

/// A Microsoft 365 cloud, as `--cloud` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Cloud {
    /// The commercial cloud.
    #[default]
    Worldwide,
    /// Government Community Cloud (moderate): the values of the commercial cloud.
    Gcc,
    /// GCC High.
    GccHigh,
    /// US Department of Defense.
    Dod,
    /// Operated by 21Vianet in China.
    China,
}

impl Cloud {
    /// All clouds.
    pub const ALL: [Self; 5] = [Self::Worldwide, Self::Gcc, Self::GccHigh, Self::Dod, Self::China];

    /// Returns the word on the command line and in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Worldwide => "worldwide",
            Self::Gcc => "gcc",
            Self::GccHigh => "gcc-high",
            Self::Dod => "dod",
            Self::China => "china",
        }
    }

    /// Returns the name in a sentence.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Worldwide => "Microsoft 365 worldwide",
            Self::Gcc => "Microsoft 365 GCC",
            Self::GccHigh => "Microsoft 365 GCC High",
            Self::Dod => "Microsoft 365 DoD",
            Self::China => "Microsoft 365 operated by 21Vianet",
        }
    }

    /// Returns the value of this cloud for `purpose`; `None` if Microsoft documents none.
    #[must_use]
    pub fn endpoint(self, purpose: Purpose) -> Option<&'static Endpoint> {
        ENDPOINTS.get(self.place(purpose)?)
    }

    /// Returns the index of the row in the table.
    fn place(self, purpose: Purpose) -> Option<usize> {
        /// For each purpose and cloud, precomputed since the table is read for every host that is checked.
        static PLACES: LazyLock<Vec<[Option<usize>; Cloud::ALL.len()]>> = LazyLock::new(|| {
            let mut places = Vec::new();
            for (place, row) in ENDPOINTS.iter().enumerate() {
                let purpose = row.purpose as usize;
                places.resize(places.len().max(purpose + 1), [None; Cloud::ALL.len()]);
                for cloud in row.clouds {
                    places[purpose][*cloud as usize].get_or_insert(place);
                }
            }
            places
        });
        PLACES.get(purpose as usize)?[self as usize]
    }

    /// Returns the value for `purpose` as text; `None` as for [`Cloud::endpoint`].
    #[must_use]
    pub fn value(self, purpose: Purpose) -> Option<&'static str> {
        self.endpoint(purpose).map(|row| row.value)
    }

    /// Returns the value for `purpose` as a name.
    #[must_use]
    pub fn name(self, purpose: Purpose) -> Option<&'static Name> {
        static NAMES: LazyLock<Vec<Option<Name>>> =
            LazyLock::new(|| ENDPOINTS.iter().map(|row| row.value.parse().ok()).collect());
        NAMES.get(self.place(purpose)?)?.as_ref()
    }

    /// Returns whether both clouds have the same value for `purpose`.
    #[must_use]
    pub(crate) fn shares(self, other: Self, purpose: Purpose) -> bool {
        self.value(purpose) == other.value(purpose)
    }
}

impl fmt::Display for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Cloud {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        value_of_word("the cloud", text, &Self::ALL, Self::word)
    }
}

/// The purpose of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// The suffix after the domain's own label in the MX host.
    MxSuffix,
    /// The suffix in the newer family of MX hosts, after a partition such as `o-v1`.
    MxPartitionSuffix,
    /// The older MX suffix, which still works.
    MxOlderSuffix,
    /// The domain that SPF includes.
    SpfInclude,
    /// The target of `autodiscover`.
    Autodiscover,
    /// The target of `msoid`, in clouds that need it.
    Msoid,
    /// The suffix after the tenant's name in its initial domain.
    InitialDomain,
    /// The server of Microsoft Graph.
    Graph,
    /// The host at which users sign in.
    SignIn,
    /// The host that Teams federates through.
    TeamsFederation,
    /// The host at which old clients of Skype for Business sign in.
    TeamsSip,
    /// The host at which old clients of Skype for Business find their server.
    TeamsLyncdiscover,
    /// The target of `enterpriseenrollment`.
    DeviceEnrollment,
    /// The older target of `enterpriseenrollment`, which works with one more prompt.
    DeviceEnrollmentOlder,
    /// The target of `enterpriseregistration`.
    DeviceRegistration,
}

/// One value of one or more clouds.
#[derive(Debug)]
pub struct Endpoint {
    /// The purpose of the value.
    pub purpose: Purpose,
    /// The clouds that the value applies to.
    pub clouds: &'static [Cloud],
    /// The name, without the final dot.
    pub value: &'static str,
    /// The page and its date.
    pub source: &'static str,
}

const COMMERCIAL: &[Cloud] = &[Cloud::Worldwide, Cloud::Gcc];
const US_GOVERNMENT: &[Cloud] = &[Cloud::GccHigh, Cloud::Dod];
const CHINA: &[Cloud] = &[Cloud::China];

const EXTERNAL_RECORDS: &str =
    "Microsoft Learn, External Domain Name System records for Office 365, 2024-10-24";
const GCC_HIGH_RECORDS: &str = "Microsoft Learn, DNS records for Office 365 GCC High, 2020-05-19";
const DOD_RECORDS: &str = "Microsoft Learn, DNS records for Office 365 DoD, 2020-05-19";
const GOVERNMENT_RECORDS: &str = "Microsoft Learn, DNS records for Office 365 GCC High and DoD, 2020-05-19";
const HOSTING_PROVIDER: &str =
    "Microsoft Learn, Create DNS records at any DNS hosting provider, 21Vianet section, read 2026-03";
const IN_REGION_ROUTING: &str = "Microsoft Learn, Configure Multi-Geo In-Region Routing, 2025-07-30";
const RECENT_DOMAINS: &str = "Microsoft Learn, Configure Multi-Geo In-Region Routing, 2025-07-30; \
                              message center MC1048624 (third-party copies), read 2026-11";
const EXTERNAL_RECORDS_OLDER: &str = "Microsoft Learn, External Domain Name System records for Office 365, 2022-10-14 (gone from the text of 2024)";
const DEVICE_ENROLLMENT: &str =
    "Microsoft Learn, Enable MDM automatic enrollment for Windows (CNAME), 2024-01-23";
const THIRD_PARTY: &str =
    "third-party tables of government and China endpoints, seen 2026-03; Microsoft documents none";
const GOVERNMENT_ENDPOINTS: &str = "Microsoft Learn, Microsoft 365 US government endpoints, 2026-03-31";

const GRAPH_DEPLOYMENTS: &str = "Microsoft Learn, Microsoft Graph national cloud deployments, read 2026-11";

const SIGN_IN: &str =
    "Microsoft Learn, Microsoft Entra authentication and national clouds; 21Vianet: endpoints, read 2026-11";

/// The table. A value without documentation has no row.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        purpose: Purpose::MxSuffix,
        clouds: COMMERCIAL,
        value: "mail.protection.outlook.com",
        source: EXTERNAL_RECORDS,
    },
    Endpoint {
        purpose: Purpose::MxSuffix,
        clouds: US_GOVERNMENT,
        value: "mail.protection.office365.us",
        source: GOVERNMENT_RECORDS,
    },
    Endpoint {
        purpose: Purpose::MxSuffix,
        clouds: CHINA,
        value: "mail.protection.partner.outlook.cn",
        source: HOSTING_PROVIDER,
    },
    Endpoint {
        purpose: Purpose::MxPartitionSuffix,
        clouds: COMMERCIAL,
        value: "mx.microsoft",
        source: RECENT_DOMAINS,
    },
    Endpoint {
        purpose: Purpose::MxPartitionSuffix,
        clouds: US_GOVERNMENT,
        value: "usgovcloud-mx.microsoft",
        source: GOVERNMENT_ENDPOINTS,
    },
    Endpoint {
        purpose: Purpose::MxOlderSuffix,
        clouds: COMMERCIAL,
        value: "mail.eo.outlook.com",
        source: IN_REGION_ROUTING,
    },
    Endpoint {
        purpose: Purpose::SpfInclude,
        clouds: COMMERCIAL,
        value: "spf.protection.outlook.com",
        source: EXTERNAL_RECORDS,
    },
    Endpoint {
        purpose: Purpose::SpfInclude,
        clouds: US_GOVERNMENT,
        value: "spf.protection.office365.us",
        source: GOVERNMENT_RECORDS,
    },
    Endpoint {
        purpose: Purpose::SpfInclude,
        clouds: CHINA,
        value: "spf.protection.partner.outlook.cn",
        source: HOSTING_PROVIDER,
    },
    Endpoint {
        purpose: Purpose::Autodiscover,
        clouds: COMMERCIAL,
        value: "autodiscover.outlook.com",
        source: EXTERNAL_RECORDS,
    },
    Endpoint {
        purpose: Purpose::Autodiscover,
        clouds: &[Cloud::GccHigh],
        value: "autodiscover.office365.us",
        source: GCC_HIGH_RECORDS,
    },
    Endpoint {
        purpose: Purpose::Autodiscover,
        clouds: &[Cloud::Dod],
        value: "autodiscover-dod.office365.us",
        source: DOD_RECORDS,
    },
    Endpoint {
        purpose: Purpose::Autodiscover,
        clouds: CHINA,
        value: "autodiscover.partner.outlook.cn",
        source: HOSTING_PROVIDER,
    },
    Endpoint {
        purpose: Purpose::Msoid,
        clouds: CHINA,
        value: "clientconfig.partner.microsoftonline-p.net.cn",
        source: HOSTING_PROVIDER,
    },
    Endpoint {
        purpose: Purpose::InitialDomain,
        clouds: COMMERCIAL,
        value: "onmicrosoft.com",
        source: EXTERNAL_RECORDS,
    },
    Endpoint {
        purpose: Purpose::InitialDomain,
        clouds: US_GOVERNMENT,
        value: "onmicrosoft.us",
        source: GOVERNMENT_RECORDS,
    },
    Endpoint {
        purpose: Purpose::InitialDomain,
        clouds: CHINA,
        value: "partner.onmschina.cn",
        source: HOSTING_PROVIDER,
    },
    Endpoint {
        purpose: Purpose::Graph,
        clouds: COMMERCIAL,
        value: "graph.microsoft.com",
        source: GRAPH_DEPLOYMENTS,
    },
    Endpoint {
        purpose: Purpose::Graph,
        clouds: &[Cloud::GccHigh],
        value: "graph.microsoft.us",
        source: GRAPH_DEPLOYMENTS,
    },
    Endpoint {
        purpose: Purpose::Graph,
        clouds: &[Cloud::Dod],
        value: "dod-graph.microsoft.us",
        source: GRAPH_DEPLOYMENTS,
    },
    Endpoint {
        purpose: Purpose::Graph,
        clouds: CHINA,
        value: "microsoftgraph.chinacloudapi.cn",
        source: GRAPH_DEPLOYMENTS,
    },
    Endpoint {
        purpose: Purpose::SignIn,
        clouds: COMMERCIAL,
        value: "login.microsoftonline.com",
        source: SIGN_IN,
    },
    Endpoint {
        purpose: Purpose::SignIn,
        clouds: US_GOVERNMENT,
        value: "login.microsoftonline.us",
        source: SIGN_IN,
    },
    Endpoint {
        purpose: Purpose::SignIn,
        clouds: CHINA,
        value: "login.partner.microsoftonline.cn",
        source: SIGN_IN,
    },
    Endpoint {
        purpose: Purpose::TeamsFederation,
        clouds: COMMERCIAL,
        value: "sipfed.online.lync.com",
        source: EXTERNAL_RECORDS,
    },
    Endpoint {
        purpose: Purpose::TeamsFederation,
        clouds: &[Cloud::GccHigh],
        value: "sipfed.online.gov.skypeforbusiness.us",
        source: GCC_HIGH_RECORDS,
    },
    Endpoint {
        purpose: Purpose::TeamsFederation,
        clouds: &[Cloud::Dod],
        value: "sipfed.online.dod.skypeforbusiness.us",
        source: DOD_RECORDS,
    },
    Endpoint {
        purpose: Purpose::TeamsFederation,
        clouds: CHINA,
        value: "sipfed.online.partner.lync.cn",
        source: HOSTING_PROVIDER,
    },
    Endpoint {
        purpose: Purpose::TeamsSip,
        clouds: COMMERCIAL,
        value: "sipdir.online.lync.com",
        source: EXTERNAL_RECORDS_OLDER,
    },
    Endpoint {
        purpose: Purpose::TeamsSip,
        clouds: &[Cloud::GccHigh],
        value: "sipdir.online.gov.skypeforbusiness.us",
        source: THIRD_PARTY,
    },
    Endpoint {
        purpose: Purpose::TeamsSip,
        clouds: &[Cloud::Dod],
        value: "sipdir.online.dod.skypeforbusiness.us",
        source: THIRD_PARTY,
    },
    Endpoint {
        purpose: Purpose::TeamsSip,
        clouds: CHINA,
        value: "sipdir.online.partner.lync.cn",
        source: HOSTING_PROVIDER,
    },
    Endpoint {
        purpose: Purpose::TeamsLyncdiscover,
        clouds: COMMERCIAL,
        value: "webdir.online.lync.com",
        source: EXTERNAL_RECORDS_OLDER,
    },
    Endpoint {
        purpose: Purpose::TeamsLyncdiscover,
        clouds: &[Cloud::GccHigh],
        value: "webdir.online.gov.skypeforbusiness.us",
        source: THIRD_PARTY,
    },
    Endpoint {
        purpose: Purpose::TeamsLyncdiscover,
        clouds: &[Cloud::Dod],
        value: "webdir.online.dod.skypeforbusiness.us",
        source: THIRD_PARTY,
    },
    Endpoint {
        purpose: Purpose::TeamsLyncdiscover,
        clouds: CHINA,
        value: "webdir.online.partner.lync.cn",
        source: HOSTING_PROVIDER,
    },
    Endpoint {
        purpose: Purpose::DeviceEnrollment,
        clouds: COMMERCIAL,
        value: "enterpriseenrollment-s.manage.microsoft.com",
        source: DEVICE_ENROLLMENT,
    },
    Endpoint {
        purpose: Purpose::DeviceEnrollment,
        clouds: US_GOVERNMENT,
        value: "enterpriseenrollment-s.manage.microsoft.us",
        source: GOVERNMENT_ENDPOINTS,
    },
    Endpoint {
        purpose: Purpose::DeviceEnrollment,
        clouds: CHINA,
        value: "enterpriseenrollment-s.manage.microsoftonline.cn",
        source: THIRD_PARTY,
    },
    Endpoint {
        purpose: Purpose::DeviceEnrollmentOlder,
        clouds: COMMERCIAL,
        value: "enterpriseenrollment.manage.microsoft.com",
        source: DEVICE_ENROLLMENT,
    },
    Endpoint {
        purpose: Purpose::DeviceRegistration,
        clouds: &[Cloud::Worldwide, Cloud::Gcc, Cloud::GccHigh, Cloud::Dod],
        value: "enterpriseregistration.windows.net",
        source: DEVICE_ENROLLMENT,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cloud_has_two_values_for_one_purpose_and_every_value_is_a_name() {
        for (index, row) in ENDPOINTS.iter().enumerate() {
            assert!(row.value.parse::<Name>().is_ok(), "{}", row.value);
            for other in &ENDPOINTS[index + 1..] {
                let shared = row.clouds.iter().any(|cloud| other.clouds.contains(cloud));
                assert!(!(shared && row.purpose == other.purpose), "{} and {}", row.value, other.value);
            }
        }
    }

    #[test]
    fn every_cloud_has_what_mail_needs() {
        for cloud in Cloud::ALL {
            for purpose in [Purpose::MxSuffix, Purpose::SpfInclude, Purpose::Autodiscover] {
                assert!(cloud.endpoint(purpose).is_some(), "{cloud} {purpose:?}");
            }
            assert_eq!(cloud.endpoint(Purpose::Msoid).is_some(), cloud == Cloud::China);
        }
    }
}
