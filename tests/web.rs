//! Are the web servers asked that the user wants to be asked, and no others; and is silence never a statement?
//!
//! Whole lookups against a lab with web servers of its own. What a run of the program makes of an answer is held on
//! recordings of these lookups, since no option makes the program trust a test's authority.

mod autodiscover;
mod tenant;

use std::time::{Duration, Instant};

use cutover::check::{Assessment, Code, JudgeOptions, Questions, Severity, assess, web_requests};
use cutover::expected::Subject;
use cutover::facts::{Facts, Recording, TrustPolicy, WebOutcome, WebReply, WebTopic};
use cutover::lookup::transport::{Endpoint, Transport};
use cutover::lookup::{FurtherQuestions, Limits, Network, Permissions, Source, request_web, survey};

use crate::lab::{Authority, IMPATIENT, Lab, LabServer};
use crate::run::{cutover, replayed};
use crate::world::{checked_at, hazards};

/// One try of these tests.
const PATIENCE: Duration = IMPATIENT.saturating_add(Duration::from_millis(100));

/// A domain that is ready, and Microsoft's sign-in host.
struct Place {
    lab: Lab,
    server: LabServer,
    authority: Authority,
    subject: Subject,
    limits: Limits,
}

const READY: &str = "@ 3600 NS ns1
    ns1 3600 A 127.0.0.2
    @ 3600 MX 0 contoso-com.mail.protection.outlook.com.
    @ 3600 TXT \"v=spf1 include:spf.protection.outlook.com -all\"
    @ 300 A 127.0.0.7
    autodiscover 3600 CNAME autodiscover.outlook.com.";

impl Place {
    fn new() -> Self {
        Self::with_zone(READY)
    }

    fn with_zone(lines: &str) -> Self {
        let lab = Lab::start();
        let server = lab.server("127.0.0.2");
        server.zone("contoso.com", lines);
        server.microsoft();
        server.zone("microsoftonline.com", "login 300 CNAME login.signin\nlogin.signin 300 A 127.0.0.8");
        lab.resolver("127.0.0.53");
        let limits = Limits { deadline: Duration::from_secs(5), ..Limits::default() };
        let subject = Subject::new("contoso.com".parse().unwrap());
        Self { lab, server, authority: Authority::new(), subject, limits }
    }

    fn network(&self, port: u16) -> Network {
        let transport = Transport::new(PATIENCE).with_tls_config(self.authority.client_config());
        let resolver = Endpoint::Plain(self.lab.address("127.0.0.53"));
        Network::new(transport, vec![resolver], TrustPolicy::Both, self.lab.port()).with_https_port(port)
    }

    async fn look_up(&self, source: &Source, topics: &[WebTopic]) -> Facts {
        let until = tokio::time::Instant::now() + self.limits.deadline;
        let requests = web_requests(&self.subject, topics);
        let questions = Questions::new(&self.subject, JudgeOptions::default());
        let mut reader = FurtherQuestions::new(questions, source, &requests, Vec::new());
        let mut facts = survey(source, &self.subject.domain, self.limits, &mut reader).await;
        request_web(source, &requests, until, &mut facts).await;
        facts
    }

    async fn facts_of(&self, network: Network, topics: &[WebTopic]) -> Facts {
        let source = Source::online(network, None, checked_at());
        self.look_up(&source, topics).await
    }

    fn assess(&self, facts: &Facts) -> Assessment {
        assess(&self.subject, facts, JudgeOptions::default())
    }
}

/// The answer to the request about the domain itself at this host.
fn reply<'a>(facts: &'a Facts, host: &str) -> &'a WebReply {
    let host = host.parse().unwrap();
    let domain = "contoso.com".parse().unwrap();
    let mut replies = facts.web_replies();
    replies.find(|reply| reply.request.host == host && reply.request.domain == domain).expect("it was asked")
}
