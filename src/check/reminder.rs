//! Reminders of what DNS does not show.
//!
//! A reminder is shown only if the facts make it relevant. It is not a finding and does not affect the verdict.

use crate::expected::{Id, Phase};
use crate::provider::Provider;
use crate::record::spf::{Meaning, Mechanism, Qualifier, SpfRecord};
use crate::record::{RecordData, RecordType};

use super::{Case, Code, ExpectationResult, Status, is_accepted};

/// Something that the admin must check elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reminder {
    /// Check that Microsoft signs outgoing mail: its keys can be published while signing is turned off.
    Signing,
    /// Check whether the platform being left still delivers its own customers' mail for the domain to the old
    /// mailboxes.
    OldHostDelivers(&'static Provider),
    /// Check that aliases and distribution lists were migrated.
    NotMigrated(&'static Provider),
    /// Check that the mailboxes exist already: other tenants deliver to a verified domain at once.
    TenantsDeliver,
    /// Check the address that people send from: mail from the initial domain reaches only a limited number of external
    /// recipients.
    InitialDomainCap,
    /// Check that the migration tool still works: Exchange Web Services are blocked.
    WebServices,
    /// Check whether devices send without signing in, which Exchange Online can refuse.
    DirectSend,
    /// Check the volume of mail: Outlook.com refuses bulk mail without DKIM and DMARC.
    BulkSender,
}

impl Reminder {
    /// The sources of the facts in the reminders.
    pub const SOURCES: &'static str = "Microsoft Learn, \"Set up DKIM to sign mail\", 2025-06-19; Rackspace, \"Forced MX routing\" (undated) and \
         \"Upgrade to Office 365 FAQ\", 2018-03-30; cPanel, Email Routing; message center MC1093237 and MC1227454 \
         (third-party copies) and techcommunity 4446167 and 4408790, read 2026-11-26";

    /// Returns what to check and why.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::Signing => "DKIM: these records do not turn signing on, the Defender portal does. Send \
                yourself a message and check it for `dkim=pass` with your own domain."
                .into(),
            Self::OldHostDelivers(source) if source.id == "rackspace" => format!(
                "Mail from other {0} customers still reaches the old mailboxes. Ask {0} for forced MX \
                 routing, or remove the domain there. Check the old mailboxes first.",
                source.short
            ),
            Self::OldHostDelivers(source) => format!(
                "Mail from other customers and web sites at {} may still reach the old mailboxes. Remove \
                 the domain from the mail service there (in cPanel: set Email Routing to remote), not its DNS \
                 zone. Check the old mailboxes first.",
                source.short
            ),
            Self::NotMigrated(source) => format!(
                "Aliases, lists and shared folders at {} do not move with the mailboxes. Compare its \
                 address list with the Exchange admin center.",
                source.short
            ),
            Self::TenantsDeliver => "Create the mailboxes first, or set the domain to internal relay: once \
                the domain is verified, other Microsoft 365 tenants deliver to it there, whatever the MX \
                says."
                .into(),
            Self::InitialDomainCap => "Make the custom domain the primary address before users send: mail \
                from an `onmicrosoft.com` address reaches at most 100 external recipients in 24 hours (550 \
                5.7.236)."
                .into(),
            Self::WebServices => "Ask the vendor of the migration tool: Exchange Online blocks Exchange \
                Web Services by default since 2026-10-01 and turns them off on 2027-04-01."
                .into(),
            Self::DirectSend => "Give scanners and applications a connector or SMTP AUTH client \
                submission: mail that they deliver to the MX host without signing in is rejected once \
                Direct Send is rejected (550 5.7.68)."
                .into(),
            Self::BulkSender => "Publish SPF, DKIM and DMARC before you send much mail: Outlook.com \
                rejects mail of a domain that sends more than 5,000 messages a day without them (550 \
                5.7.515)."
                .into(),
        }
    }
}

/// Returns the reminders that the facts make relevant, in the order in which to check them.
pub(super) fn reminders(case: &Case<'_>, judged: &[ExpectationResult]) -> Vec<Reminder> {
    if case.subject.is_parked {
        return Vec::new();
    }
    let one = |id: Id| judged.iter().find(|judged| judged.expectation.id == id);
    let has = |id: Id, status: Status| one(id).filter(|judged| judged.status == status);
    let mx = has(Id::Mx, Status::Met);
    let mut reminders = Vec::new();
    if mx.is_some_and(|mx| mx.code == Code::MxStillAtSource) {
        // The domain is in a tenant once ownership is proved, or once Microsoft has a mail host for it.
        let is_proved = has(Id::Verification, Status::Met).is_some_and(|judged| judged.code == Code::Met);
        let is_in_tenant = is_proved || is_accepted(case).unwrap_or(false);
        reminders.extend(is_in_tenant.then_some(Reminder::TenantsDeliver));
        reminders.extend(is_in_tenant.then_some(Reminder::InitialDomainCap));
        reminders.extend(case.source.map(|_| Reminder::WebServices));
    }
    if let Some(source) = case.source.filter(|_| case.phase() >= Phase::Switch && mx.is_some()) {
        reminders.push(Reminder::OldHostDelivers(source));
        reminders.push(Reminder::NotMigrated(source));
    }
    let goes_to_microsoft = mx.or(has(Id::Mx, Status::Unmet)).is_some() && case.subject.gateways.is_empty();
    if case.phase() == Phase::Switch && goes_to_microsoft && has_own_senders(case) {
        reminders.push(Reminder::DirectSend);
    }
    if has(Id::DkimSelector1, Status::Met).or(has(Id::DkimSelector2, Status::Met)).is_some() {
        reminders.push(Reminder::Signing);
    }
    let is_unsigned =
        [Id::DkimSelector1, Id::DkimSelector2].iter().all(|id| has(*id, Status::Unmet).is_some());
    let is_incomplete = is_unsigned || has(Id::Dmarc, Status::Unmet).is_some();
    if case.phase() >= Phase::Switch && mx.is_some() && is_incomplete {
        reminders.push(Reminder::BulkSender);
    }
    reminders
}

/// Returns whether the SPF record authorizes the domain's own hosts, by address or by `a`.
fn has_own_senders(case: &Case<'_>) -> bool {
    let texts = case.view.set(&case.subject.domain, RecordType::Txt).unwrap_or_default();
    let records = texts.data.iter().filter_map(|data| match data {
        RecordData::Txt(text) => SpfRecord::parse(text),
        _ => None,
    });
    records.into_iter().any(|record| {
        record.evaluated().any(|term| {
            matches!(
                term.meaning,
                Meaning::Mechanism(
                    Qualifier::Pass,
                    Mechanism::A(_) | Mechanism::Ip4 { .. } | Mechanism::Ip6 { .. }
                )
            )
        })
    })
}
