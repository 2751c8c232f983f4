//! Converts the arguments into the options of a run.

use crate::facts::{TrustPolicy, WebTopic};
use crate::run::{ExpectationOptions, LookupOptions};

use super::{Expectations, Lookup};

impl Expectations {
    /// Returns the options of the expectations.
    pub(in crate::cli) fn options(&self) -> ExpectationOptions {
        ExpectationOptions {
            phase: self.phase,
            cloud: self.cloud,
            services: self.services.0.clone(),
            tenant: self.tenant.clone(),
            mx: self.mx.clone(),
            verification: self.verification.clone(),
            files: self.expect.clone(),
            file_kind: self.expect_format,
            graph: self.graph,
            graph_url: self.graph_url.clone(),
            source: self.source.clone(),
            gateways: self.gateway.clone(),
            spf_senders: self.spf_sender.iter().map(|sender| sender.0.clone()).collect(),
            hybrid: self.hybrid,
            parked: self.parked,
            switch_at: self.switch_at.map(|moment| moment.0),
        }
    }
}

impl Lookup {
    /// Returns the options of the DNS sources.
    pub(in crate::cli) fn options(&self) -> LookupOptions {
        let is_asked = |topic: &WebTopic| match topic {
            WebTopic::Tenant => self.ask_tenant,
            WebTopic::Autodiscover => self.ask_autodiscover,
        };
        LookupOptions {
            resolvers: self.resolver.clone(),
            name_servers: self.name_server.clone(),
            transfer: self.transfer,
            tsig: self.tsig.clone(),
            view: TrustPolicy::from(self.view),
            zones: self.zone.clone(),
            record: self.record.clone(),
            replay: self.replay.clone(),
            timeout: self.timeout.0,
            deadline: self.deadline.0,
            authority_port: self.authority_port,
            web: WebTopic::ALL.into_iter().filter(is_asked).collect(),
            no_https: self.no_https,
            allow_private_servers: self.allow_private_servers,
        }
    }
}
