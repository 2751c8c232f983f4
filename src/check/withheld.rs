//! Finds domains for which DNS cannot show what should be published.
//!
//! For these, the required expectations are unknown and nothing is planned.

use crate::expected::{Expectation, Id, Importance, Origin};
use crate::facts::{Existence, Zone};
use crate::record::spf::{Meaning, Mechanism, Qualifier, SpfRecord, is_spf};
use crate::record::{Name, Question, RecordData, RecordType, Text};

use super::{Case, Code, ExpectationResult, Hazard, Severity, Status, backticked, parked};

/// The reason why no edit is proposed for a domain.
#[derive(Debug)]
pub(super) struct Withheld {
    /// [`Code::NotInZoneFiles`], [`Code::DomainIsAlias`] or [`Code::DomainParked`].
    code: Code,
    /// True if it makes every expectation unknown, not only the required ones.
    is_whole: bool,
    message: String,
    /// A hazard that replaces all others.
    hazard: Option<Hazard>,
}

/// Returns the reason why no edit is proposed for the domain; `None` for nearly all domains.
pub(super) fn withheld(
    case: &Case<'_>,
    judged: &[ExpectationResult],
    zone: Option<&Zone>,
) -> Option<Withheld> {
    if let Some(outside) = outside(case) {
        return Some(outside);
    }
    if case.subject.is_parked {
        return None;
    }
    typed_alias(case, zone).or_else(|| locked(case, judged))
}

impl Withheld {
    /// Makes the required expectations unknown and removes all edits.
    pub(super) fn apply(self, judged: &mut [ExpectationResult], hazards: &mut Vec<Hazard>) -> Code {
        for one in judged {
            if self.is_whole || one.importance == Importance::Required {
                (one.status, one.code) = (Status::Unknown, self.code);
                one.message.clone_from(&self.message);
                one.until = None;
            }
            one.fix.clear();
        }
        if self.is_whole || self.hazard.is_some() {
            hazards.clear();
        }
        if self.code == Code::DomainParked {
            // A policy that rejects all mail is right for a domain that sends none, and so is a null MX.
            hazards.retain(|hazard| !matches!(hazard.code, Code::DmarcStrictTooEarly | Code::MxNull));
        }
        hazards.extend(self.hazard);
        for hazard in hazards.iter_mut().filter(|hazard| !hazard.fix.is_empty()) {
            // Without an edit, the hazard must not count as an error either.
            hazard.fix.clear();
            if hazard.level == Severity::Error {
                hazard.level = Severity::Warning;
            }
        }
        self.code
    }
}

/// Checks for a domain that no zone file contains, while nothing else is asked.
fn outside(case: &Case<'_>) -> Option<Withheld> {
    let domain = &case.subject.domain;
    let answer = case.view.own_answer(&Question::new(domain.clone(), RecordType::Mx)).ok()?;
    (answer.existence == Existence::Outside).then(|| {
        let message = format!(
            "No zone file contains {0}: add one that begins with `$ORIGIN {1}` with `--zone`, or look the \
             domain up with `--resolver`.",
            backticked(domain),
            domain
        );
        Withheld { code: Code::NotInZoneFiles, is_whole: true, message, hazard: None }
    })
}

/// Checks for a name that is an alias inside a zone, such as `www`, and has no records of its own.
fn typed_alias(case: &Case<'_>, zone: Option<&Zone>) -> Option<Withheld> {
    let domain = &case.subject.domain;
    let registrable =
        || psl::domain_str(&domain.without_trailing_dot()).and_then(|text| text.parse::<Name>().ok());
    let apex = zone.map(|zone| zone.apex.clone()).or_else(registrable).filter(|apex| apex != domain)?;
    let target = [RecordType::Mx, RecordType::Txt].into_iter().find_map(|rtype| {
        let reply = case.view.reply(&Question::new(domain.clone(), rtype))?;
        let alias = reply.records.iter().find(|record| record.name == *domain)?;
        match &alias.data {
            RecordData::Cname(target) => Some(target.clone()),
            _ => None,
        }
    })?;
    let message = format!(
        "{} is an alias of {} and has no MX or TXT records of its own. Did you mean {}?",
        backticked(domain),
        backticked(&target),
        backticked(&likely_domain(domain, &apex))
    );
    let mut hazard = Hazard::new(Code::DomainIsAlias, domain, Some(RecordType::Cname), message.clone());
    hazard.records = vec![format!("{domain} CNAME {target}")];
    Some(Withheld { code: Code::DomainIsAlias, is_whole: false, message, hazard: Some(hazard) })
}

/// Returns the domain that was probably meant: the name without its first label, never above the apex of the zone.
fn likely_domain(domain: &Name, apex: &Name) -> Name {
    domain.parent().filter(|parent| parent.is_within(apex)).unwrap_or_else(|| apex.clone())
}

/// Checks for a null MX, an SPF record without senders and no sign of Microsoft: DNS does not show if such a domain is
/// to move.
fn locked(case: &Case<'_>, judged: &[ExpectationResult]) -> Option<Withheld> {
    let domain = &case.subject.domain;
    let given =
        |one: &ExpectationResult| one.expectation.id == Id::Mx && one.expectation.origin == Origin::Given;
    if judged.iter().any(|one| given(one) || is_sign_of_microsoft(one)) {
        return None;
    }
    let mail = case.view.set(domain, RecordType::Mx).ok()?;
    let texts = case.view.set(domain, RecordType::Txt).ok()?;
    let texts: Vec<&Text> = texts
        .data
        .iter()
        .filter_map(|data| match data {
            RecordData::Txt(text) if is_spf(text) => Some(text),
            _ => None,
        })
        .collect();
    if !parked::is_null_mx(&mail) {
        return None;
    }
    let [text] = &texts[..] else { return None };
    let sends = match parked::authorizes_no_sender(text) {
        true => "`v=spf1 -all`",
        false if authorizes_nobody(case, text, 0) => "an SPF record without senders",
        false => return None,
    };
    let message = format!(
        "{} is parked (null MX and {sends}), and DNS does not show if it moves. Pass `--mx HOST` if \
         it does, or `--parked` if it stays parked.",
        backticked(domain)
    );
    Some(Withheld { code: Code::DomainParked, is_whole: false, message, hazard: None })
}

/// The maximum number of records of the domain that are followed from its SPF record.
const MOST_DEPTH: usize = 4;

/// Returns whether no sender passes an SPF record, by itself or by the records of the domain that it leads to.
fn authorizes_nobody(case: &Case<'_>, text: &Text, depth: usize) -> bool {
    let Some(record) = SpfRecord::parse(text).filter(|_| depth < MOST_DEPTH) else { return false };
    let at_own_record = |name: Option<&Name>| {
        let Some(name) = name.filter(|name| name.is_within(&case.subject.domain)) else { return false };
        let Ok(set) = case.view.set(name, RecordType::Txt) else { return false };
        let mut texts = set.data.iter().filter_map(|data| match data {
            RecordData::Txt(text) if is_spf(text) => Some(text),
            _ => None,
        });
        let first = texts.next();
        texts.next().is_none() && first.is_some_and(|text| authorizes_nobody(case, text, depth + 1))
    };
    !record.terms.is_empty()
        && record.terms.iter().all(|term| match &term.meaning {
            Meaning::Mechanism(Qualifier::Fail | Qualifier::SoftFail, _) => true,
            Meaning::Mechanism(_, Mechanism::Include(to)) | Meaning::Redirect(to) => {
                at_own_record(to.name.as_ref())
            }
            Meaning::Explanation(_) => true,
            Meaning::Mechanism(..) | Meaning::UnknownModifier { .. } | Meaning::SyntaxError(_) => false,
        })
}

/// Returns whether a published record leads to an expected host.
fn names_microsoft(one: &ExpectationResult) -> bool {
    let Expectation { data, also, .. } = &one.expectation;
    let expected =
        |target: &Name| data.iter().filter_map(RecordData::target).chain(also).any(|host| host == target);
    one.observed.data.iter().filter_map(RecordData::target).any(expected)
}

/// Returns whether the zone contains a record that Microsoft 365 requires and a parked domain does not have.
fn is_sign_of_microsoft(one: &ExpectationResult) -> bool {
    let is_published = one.status == Status::Met && !one.observed.is_empty();
    match one.expectation.id {
        Id::Verification => !one.observed.is_empty(),
        Id::Autodiscover | Id::DkimSelector1 | Id::DkimSelector2 => is_published,
        // A service that is no longer needed is met, also with another provider's host.
        Id::TeamsFederation
        | Id::TeamsSipTls
        | Id::TeamsSip
        | Id::TeamsLyncdiscover
        | Id::DeviceEnrollment
        | Id::DeviceRegistration => is_published && names_microsoft(one),
        Id::Mx | Id::Spf | Id::Msoid | Id::Dmarc | Id::MtaSts | Id::TlsRpt => false,
    }
}
