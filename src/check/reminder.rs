//! What matters for the move and cannot be seen in DNS?
//!
//! Said only where the facts make it matter; nothing here is a finding, and nothing decides.

use crate::expected::{Id, Phase};
use crate::provider::Provider;

use super::{Case, Code, Judged, Status};

/// Something that the admin must look at elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reminder {
    /// Whether Microsoft signs: its keys can be published with signing switched off.
    Signing,
    /// Whether the platform being left still takes mail for the domain from its own customers.
    OldHostDelivers(&'static Provider),
    /// Whether aliases and lists were taken along.
    NotMigrated(&'static Provider),
    /// Whether the mailboxes are there already: other tenants deliver to a verified domain at once.
    TenantsDeliver,
}

impl Reminder {
    /// What to look at and why, in a sentence.
    ///
    /// Sources: Microsoft Learn, "Set up DKIM to sign mail", 2025-06-19; Rackspace, "Forced MX routing" (undated) and
    /// "Upgrade to Office 365 FAQ", 2018-03-30; cPanel, Email Routing.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::Signing => "whether mail is signed: DKIM is switched on in the Defender portal and not by these \
                              records; send yourself a message and look for `dkim=pass` with your own domain"
                .into(),
            Self::OldHostDelivers(source) if source.id == "rackspace" => format!(
                "whether {0} still delivers: mail of its other customers goes to the old mailboxes as long as the domain \
                 is there; ask {0} for forced MX routing, and look into the old mailboxes before they go",
                source.short
            ),
            Self::OldHostDelivers(source) => format!(
                "whether {} still delivers: mail of its other customers and web sites may go to the old mailboxes as long \
                 as the domain is there (in cPanel: set Email Routing to remote); look into them before they go",
                source.short
            ),
            Self::NotMigrated(source) => format!(
                "whether everybody can be reached: aliases, lists and shared folders at {} do not move with the mailboxes; \
                 compare its list of addresses with the one in the Exchange admin center",
                source.short
            ),
            Self::TenantsDeliver => "whether the mailboxes are there: once the domain is verified, other Microsoft 365 \
                                     tenants deliver to it there whatever the MX says; create the mailboxes first, or set \
                                     the domain to internal relay"
                .into(),
        }
    }
}

/// The reminders that the facts make relevant, in the order in which to look.
pub(super) fn reminders(case: &Case<'_>, judged: &[Judged]) -> Vec<Reminder> {
    let met =
        |id: Id| judged.iter().find(|judged| judged.expectation.id == id && judged.status == Status::Met);
    let mx = met(Id::Mx);
    let mut reminders = Vec::new();
    if mx.is_some_and(|mx| mx.code == Code::MxStillAtSource)
        && met(Id::Verification).is_some_and(|judged| judged.code == Code::Met)
    {
        reminders.push(Reminder::TenantsDeliver);
    }
    if let Some(source) = case.source.filter(|_| case.phase() >= Phase::Switch && mx.is_some()) {
        reminders.push(Reminder::OldHostDelivers(source));
        reminders.push(Reminder::NotMigrated(source));
    }
    if met(Id::DkimSelector1).or(met(Id::DkimSelector2)).is_some() {
        reminders.push(Reminder::Signing);
    }
    reminders
}
