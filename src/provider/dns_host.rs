//! Finds the platforms that also host the zones of their customers.
//!
//! Name servers identify the operator of a zone, not of its mail, so these rows are not evidence of a mail platform. They
//! tell who must be careful when the mail service is closed: such a company sells domains, DNS and mail separately, and
//! the account, which holds the zone, outlives the mail product.

use super::{Clue, Provider};
use crate::record::Name;

/// The platforms of a company, by their ids, and the domains of its name servers.
struct DnsHost {
    platforms: &'static [&'static str],
    name_servers: &'static [&'static str],
}

/// Companies that sell domains and DNS apart from mail. The names of their name servers are those that the companies'
/// own help pages have their customers enter (read 2026-11).
const DNS_HOSTS: &[DnsHost] = &[
    DnsHost {
        platforms: &["godaddy-workspace", "godaddy-cpanel", "godaddy-europe", "microsoft-365-godaddy"],
        name_servers: &["domaincontrol.com"],
    },
    DnsHost {
        // Google sold its registrar to Squarespace, which kept these name servers.
        platforms: &["google-workspace", "gmail-consumer"],
        name_servers: &["googledomains.com", "squarespacedns.com"],
    },
    DnsHost { platforms: &["hostinger", "titan"], name_servers: &["dns-parking.com"] },
    DnsHost {
        platforms: &["ionos", "ionos-legacy"],
        name_servers: &["ui-dns.com", "ui-dns.org", "ui-dns.de", "ui-dns.biz"],
    },
    DnsHost { platforms: &["strato"], name_servers: &["rzone.de"] },
    DnsHost {
        platforms: &["ovh", "ovh-servers", "zimbra-cloudzimail"],
        name_servers: &["ovh.net", "anycast.me"],
    },
    DnsHost { platforms: &["network-solutions"], name_servers: &["worldnic.com"] },
    DnsHost {
        platforms: &["namecheap-private-email", "namecheap-hosting", "namecheap-forwarding"],
        name_servers: &["registrar-servers.com", "namecheaphosting.com"],
    },
    DnsHost { platforms: &["bluehost-group"], name_servers: &["bluehost.com"] },
    DnsHost { platforms: &["hostgator-cpanel"], name_servers: &["hostgator.com"] },
    DnsHost { platforms: &["siteground"], name_servers: &["siteground.net"] },
    DnsHost { platforms: &["dreamhost"], name_servers: &["dreamhost.com"] },
    DnsHost { platforms: &["one-com"], name_servers: &["one.com"] },
    DnsHost { platforms: &["gandi"], name_servers: &["gandi.net"] },
    DnsHost { platforms: &["infomaniak"], name_servers: &["infomaniak.ch", "infomaniak.com"] },
    DnsHost { platforms: &["hostpoint"], name_servers: &["hostpoint.ch"] },
    DnsHost { platforms: &["fastmail", "pobox"], name_servers: &["messagingengine.com"] },
    DnsHost { platforms: &["cloudflare-email-routing"], name_servers: &["ns.cloudflare.com"] },
];

impl Provider {
    /// Returns whether the company sells DNS apart from mail, so that the zone outlives the mail product.
    #[must_use]
    pub fn keeps_zones(&self) -> bool {
        DNS_HOSTS.iter().any(|host| host.platforms.contains(&self.id))
    }

    /// Returns whether the name server belongs to the company.
    #[must_use]
    pub fn serves_zones_at(&self, server: &Name) -> bool {
        let own = DNS_HOSTS.iter().filter(|host| host.platforms.contains(&self.id));
        let domains = own.flat_map(|host| host.name_servers);
        domains.filter_map(|domain| domain.parse::<Name>().ok()).any(|domain| server.is_within(&domain))
            || self.matches(Clue::Ns(server), server)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider;

    #[test]
    fn every_row_names_platforms_of_the_table_and_domains() {
        for host in DNS_HOSTS {
            for id in host.platforms {
                assert!(provider::by_id(id).is_some(), "{id}");
            }
            for domain in host.name_servers {
                assert!(domain.parse::<Name>().is_ok(), "{domain}");
            }
        }
    }

    #[test]
    fn name_servers_belong_to_their_company() {
        let serves =
            |id: &str, server: &str| provider::by_id(id).unwrap().serves_zones_at(&server.parse().unwrap());
        assert!(serves("godaddy-workspace", "ns01.domaincontrol.com"));
        assert!(serves("google-workspace", "ns-cloud-a1.googledomains.com"));
        assert!(serves("ionos", "ns1045.ui-dns.org"));
        assert!(serves("rackspace", "dns1.stabletransit.com"));
        assert!(!serves("google-workspace", "ns01.domaincontrol.com"));
        assert!(!serves("godaddy-workspace", "ns.notdomaincontrol.com"));
    }

    #[test]
    fn an_account_that_is_only_for_mail_takes_the_zone_with_it() {
        assert!(!provider::by_id("rackspace").unwrap().keeps_zones());
        assert!(provider::by_id("godaddy-workspace").unwrap().keeps_zones());
    }
}
