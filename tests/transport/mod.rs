//! Does the transport say what a server did, whatever that was?

mod letters;
mod packets;
mod rate_limits;
mod replies;
mod secure;
mod silence;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cutover::facts::{Reply, Role, Server};
use cutover::lookup::transport::{Endpoint, Scope, Transport};
use cutover::record::{Name, Question};

use crate::lab::{IMPATIENT, Lab, LabServer};

/// One try of these tests.
const PATIENCE: Duration = IMPATIENT;

/// What one test asks with, and of whom.
struct Client {
    transport: Transport,
    endpoint: Endpoint,
    server: Arc<Server>,
    zone: Name,
}

impl Client {
    fn authority(address: SocketAddr) -> Self {
        Self::new(Endpoint::Plain(address), Role::Authoritative)
    }

    fn resolver(address: SocketAddr) -> Self {
        Self::new(Endpoint::Plain(address), Role::Resolver)
    }

    fn new(endpoint: Endpoint, role: Role) -> Self {
        let server = Arc::new(Server { role, address: endpoint.to_string() });
        Self { transport: Transport::new(PATIENCE), endpoint, server, zone: name("contoso.com") }
    }

    async fn ask(&self, of: &str, rtype: &str) -> Reply {
        self.ask_for(&self.zone, of, rtype).await
    }

    /// Sends a query for a domain that is also the zone asked about.
    async fn ask_for(&self, domain: &Name, of: &str, rtype: &str) -> Reply {
        let question = Question::new(name(of), rtype.parse().unwrap());
        let scope = Scope { domain, zone: Some(domain) };
        self.transport.ask(&self.endpoint, &self.server, &question, scope).await
    }
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn shown(reply: &Reply) -> Vec<String> {
    reply.records.iter().map(ToString::to_string).collect()
}

/// A lab with one server, `127.0.0.2`, that has a zone with a bit of everything.
fn contoso() -> (Lab, LabServer) {
    let lab = Lab::start();
    let server = lab.server("127.0.0.2");
    server.zone(
        "contoso.com",
        "@ 3600 MX 20 mx2.emailsrvr.com.
         @ 3600 MX 10 mx1.emailsrvr.com.
         @ 300 TXT \"v=spf1 \" \"-all\"
         @ 3600 NS ns1
         ns1 3600 A 127.0.0.2
         ns1 3600 AAAA 2001:db8::1
         autodiscover 300 CNAME autodiscover.outlook.com.
         www 300 CNAME web
         web 300 A 192.0.2.8
         web 300 A 192.0.2.7
         gone 300 CNAME nowhere
         loop 300 CNAME pool
         pool 300 CNAME loop
         _sip._tls 300 SRV 100 1 443 sipdir.online.lync.com.
         @ 300 CAA 0 issue \"ca.example\"
         @ 300 TYPE65534 \\# 4 0a000001
         a.b 300 A 192.0.2.9
         sub 300 NS ns.sub
         sub 300 NS ns2.fabrikam.com.
         ns.sub 300 A 127.0.0.9
         *.wild 300 A 192.0.2.10",
    );
    (lab, server)
}
