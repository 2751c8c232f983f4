//! Builds the parts of a report for people that the table, HTML and Markdown all render.
//!
//! Values in sentences are in backticks.

use std::cmp::Reverse;

use jiff::Timestamp;

use crate::check::time::{clock_when_over, lasting};
use crate::check::{Code, Status, Verdict};
use crate::expected::{Id, Importance, Phase};
use crate::facts::{Role, zone_candidates};
use crate::provider;
use crate::record::{Name, RecordType};

use super::cause::cause;
use super::next_options::RepeatedOptions;
use super::view::{ChangeView, DomainReport, ExpectationView, OutageView, Platform};
use super::words::Word;

/// The legend of the mark for an edit or record that does not affect the result.
pub(super) const ADVICE: &str = "○ Recommended or not needed yet. Does not affect the result.";

/// Returns the verdict in words.
pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ready => "ready",
        Verdict::Waiting => "waiting",
        Verdict::Undetermined => "undetermined",
        Verdict::ChangesNeeded => "changes needed",
    }
}

/// Returns the counts of what is left to do, each shown by rows below: `1 record set to edit, 1 to wait for`.
pub(super) fn left(domain: &DomainReport) -> String {
    left_but(domain, |_| false)
}

/// Returns these counts without the expectations that are left out.
pub(super) fn left_but(domain: &DomainReport, is_left_out: impl Fn(&ExpectationView) -> bool) -> String {
    let DomainReport { expectations, hazards, .. } = domain;
    let count = |status| {
        let required = expectations.iter().filter(|one| one.is_required() && !is_left_out(one));
        required.filter(|one| one.status == status).count()
    };
    let mut notes = Vec::new();
    if domain.verdict == Verdict::ChangesNeeded {
        match ChangeView::count_sets(required_changes(domain)) {
            0 => {}
            1 => notes.push("1 record set to edit".to_owned()),
            several => notes.push(format!("{several} record sets to edit")),
        }
        // What no edit of the plan fixes.
        let is_fixed = |code: &Word<Code>| {
            required_changes(domain)
                .any(|change| change.because.iter().any(|why| why.as_str() == code.as_str()))
        };
        let required = expectations.iter().filter(|one| one.is_required() && one.status == Status::Unmet);
        let unmet = required.filter(|one| !is_fixed(&one.code)).count();
        let errors = hazards.iter().filter(|hazard| hazard.is_error() && !is_fixed(&hazard.code)).count();
        // A hazard often is the reason why an expectation is not met.
        if unmet.max(errors) > 0 || notes.is_empty() {
            notes.push(format!("{} to fix", unmet.max(errors)));
        }
    }
    let waived = expectations.iter().filter(|one| one.status == Status::Waived).count()
        + hazards.iter().filter(|hazard| hazard.is_waived()).count();
    let counts =
        [(count(Status::Waiting), "to wait for"), (count(Status::Unknown), "unknown"), (waived, "waived")];
    notes
        .extend(counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")));
    notes.join(", ")
}

/// Returns the changes that the verdict depends on.
fn required_changes(domain: &DomainReport) -> impl Iterator<Item = &ChangeView> {
    domain.changes.iter().filter(|change| change.is_required())
}

/// Returns the platform being left, the cloud, and the phase unless it is the switch: `Rackspace → Microsoft 365
/// worldwide`.
pub(super) fn way(domain: &DomainReport) -> String {
    let to = match domain.cloud.known() {
        Some(cloud) => cloud.title().to_owned(),
        None => format!("Microsoft 365 ({})", domain.cloud),
    };
    let way = domain.source.as_ref().map_or_else(|| to.clone(), |source| format!("{} → {to}", from(source)));
    match domain.phase() {
        Phase::Switch => way,
        phase @ (Phase::Prepare | Phase::Tidy) => format!("{way}, phase {phase}"),
    }
}

fn from(source: &Platform) -> String {
    let short = provider::by_id(&source.id).map_or(&*source.name, |provider| provider.short);
    if source.proof.is_sure() { short.to_owned() } else { format!("probably {short}") }
}

/// The edits to make in the panel of the DNS host.
pub(super) struct Edits<'a> {
    /// The zone to edit.
    pub(super) zone: String,
    /// The name servers of its DNS host.
    pub(super) name_servers: Vec<String>,
    /// The edits of each phase, in the order in which they are made.
    pub(super) phases: Vec<PhaseEdits<'a>>,
    /// The legends of the marks next to the edits.
    pub(super) notes: Vec<&'static str>,
}

/// The edits of one phase.
pub(super) struct PhaseEdits<'a> {
    /// The title that says when to make them; `None` if only one phase has edits.
    pub(super) when: Option<&'static str>,
    pub(super) edits: Vec<Edit<'a>>,
}

/// One record to add or to delete, or to publish with another TTL.
pub(super) struct Edit<'a> {
    pub(super) kind: EditKind,
    /// The host as the panel of a DNS host shows it.
    pub(super) host: String,
    pub(super) rtype: RecordType,
    /// The value to type into the panel.
    pub(super) value: &'a str,
    /// The TTL to publish with, in seconds; `None` for a record to delete.
    pub(super) ttl: Option<u32>,
    /// The mark `*` of a value to compare with the admin center; empty for other values.
    pub(super) compare: &'static str,
    /// The mark `○` of an edit that does not affect the result; empty for other edits.
    pub(super) advice: &'static str,
}

/// The kind of an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EditKind {
    Add,
    Delete,
    /// The record stays as it is.
    SetTtl,
}

impl EditKind {
    /// Returns the word in reports.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Delete => "delete",
            Self::SetTtl => "set TTL",
        }
    }
}

/// Returns the edits to make in the panel of the DNS host; `None` if there are none.
pub(super) fn edits(domain: &DomainReport) -> Option<Edits<'_>> {
    if domain.changes.is_empty() {
        return None;
    }
    let zone = domain.zone.as_ref();
    let own: Name = domain.domain.parse().ok()?;
    // Of a subdomain whose zone is not known, `@` could be the name of another domain.
    let is_known = zone.is_some() || zone_candidates(&own).len() == 1;
    let apex = zone.map_or(own, |zone| zone.apex.clone());
    let host_of = |name: &Name| if is_known { name.host_in(&apex) } else { name.without_trailing_dot() };
    let servers = zone.iter().flat_map(|zone| &zone.name_servers);
    let groups: Vec<&[ChangeView]> = domain.changes.chunk_by(|one, next| one.phase == next.phase).collect();
    let phases = groups.iter().filter_map(|changes| {
        let phase = changes.first()?.phase;
        let edits = changes.iter().flat_map(|change| record_edits(change, host_of(&change.name))).collect();
        Some(PhaseEdits { when: (groups.len() > 1).then(|| when(phase)), edits })
    });
    let mut notes = Vec::new();
    if domain.changes.iter().any(|change| change.confirm) {
        notes
            .push("* Derived value, or a term was dropped: compare with the admin center before publishing.");
    }
    if domain.changes.iter().any(|change| !change.is_required()) {
        notes.push(ADVICE);
    }
    Some(Edits {
        zone: apex.without_trailing_dot(),
        name_servers: servers.map(|server| server.name.without_trailing_dot()).collect(),
        phases: phases.collect(),
        notes,
    })
}

/// Returns the title of the edits of a phase, which says when to make them.
fn when(phase: Phase) -> &'static str {
    match phase {
        Phase::Prepare => "Before the switch",
        Phase::Switch => "At the switch",
        Phase::Tidy => "Before the old service is closed",
    }
}

fn record_edits(change: &ChangeView, host: String) -> Vec<Edit<'_>> {
    let advice = advice(change.importance);
    let edit = |kind, record, ttl, compare| Edit {
        kind,
        host: host.clone(),
        rtype: change.rtype,
        value: typed(record, change.rtype),
        ttl,
        compare,
        advice,
    };
    let compare = if change.confirm { "*" } else { "" };
    if change.before == change.after {
        let records = change.after.iter();
        return records.map(|record| edit(EditKind::SetTtl, record, Some(change.ttl), compare)).collect();
    }
    let removed = change.removed().map(|record| edit(EditKind::Delete, record, None, ""));
    let added = change.added().map(|record| edit(EditKind::Add, record, Some(change.ttl), compare));
    removed.chain(added).collect()
}

/// Returns the mark `○` for an importance that does not affect the result, else an empty string.
pub(super) fn advice(importance: Importance) -> &'static str {
    match importance {
        Importance::Required => "",
        Importance::Recommended | Importance::Optional => "○",
    }
}

/// Returns a record as it is typed into a panel: without the final dot, and a TXT string without quotes around it.
pub(super) fn typed(record: &str, rtype: RecordType) -> &str {
    if rtype == RecordType::Txt {
        let text = record.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        return text.unwrap_or(record);
    }
    match record.strip_suffix('.') {
        Some(bare) if !bare.is_empty() && !bare.ends_with(' ') => bare,
        Some(_) | None => record,
    }
}

/// Returns whether an expectation is optional and not published, so that a report need not give it a row.
pub(super) fn is_not_published(one: &ExpectationView) -> bool {
    let is_plain = matches!(one.code.known(), Some(Code::Met | Code::AliasMissing | Code::ServiceMissing));
    one.importance == Importance::Optional && one.observed.is_empty() && is_plain
}

/// Returns the importance of a finding that does not affect the result, unless it is met or waived.
pub(super) fn aside(one: &ExpectationView) -> Option<&'static str> {
    match (one.status, one.importance) {
        (Status::Met | Status::Waived, _) | (_, Importance::Required) => None,
        (_, importance) => Some(importance.word()),
    }
}

/// Returns sentences about caches, and about the time after which the old service may be closed.
pub(super) fn times(domain: &DomainReport) -> Vec<String> {
    let mut possible: Vec<_> =
        domain.expectations.iter().filter_map(|one| Some((&one.id, one.possible_until?, one))).collect();
    possible.sort_by_key(|(id, ..)| *id);
    let each = possible.iter().map(|(id, until, one)| {
        let ttl = one.possible_ttl.map(|ttl| format!(" (its TTL was {})", lasting(ttl)));
        format!("{id} until {}{}", clock_when_over(*until), ttl.unwrap_or_default())
    });
    let each: Vec<String> = each.collect();
    let is_cached =
        |one: &ExpectationView| matches!(one.code.known(), Some(Code::CacheStale | Code::NegativeCache));
    let caches = if !each.is_empty() {
        Some(format!(
            "Possible: a cache that was not asked may have the older answer for {}.",
            each.join(", ")
        ))
    } else if domain.expectations.iter().any(is_cached) {
        Some(
            "Times cover only the resolvers that were asked. Keep `--history FILE` from before the change to \
             cover the others."
                .to_owned(),
        )
    } else {
        None
    };
    caches.into_iter().chain(closing(domain)).collect()
}

fn closing(domain: &DomainReport) -> Option<String> {
    let after = clock_when_over(domain.close_source_after?);
    let moment = format!("The old service may be closed after {after}");
    let Some(closing) = &domain.close_source else { return Some(format!("{moment}.")) };
    let basis = closing.assumed_ttl.map(|ttl| {
        format!(
            ", if the TTL of the old records was at most {} (assumed; `--history` records it, `--old-ttl` sets it)",
            lasting(ttl)
        )
    });
    Some(format!(
        "{moment}: caches have dropped the old answers by {}{}, and senders keep mail in their queues for {} more.",
        clock_when_over(closing.caches_expired_at),
        basis.unwrap_or_default(),
        lasting(closing.queue_margin)
    ))
}

/// The resolver that is proposed if none answers.
const OTHER_RESOLVER: &str = "1.1.1.1";
/// The resolver that is proposed if that one does not answer either: a firewall that blocks port 53 lets HTTPS pass.
const RESOLVER_OVER_HTTPS: &str = "https://dns.google/dns-query";

/// Returns the next step as a sentence. The command in it is in backticks and repeats these options.
pub(super) fn next(options: &RepeatedOptions, domain: &DomainReport) -> String {
    let phase = domain.phase();
    let given = options.of(&domain.domain);
    let with = |command: &str, name: &str, phase: Phase, options: &str| {
        let phase = match phase {
            Phase::Switch => String::new(),
            phase @ (Phase::Prepare | Phase::Tidy) => format!(" --phase {phase}"),
        };
        format!("`cutover {command} {name}{phase}{options}`")
    };
    let command = |command: &str, phase: Phase| with(command, &domain.domain, phase, &given);
    let same = |name: &str| command(name, phase);
    let what = match (domain.verdict, phase) {
        (Verdict::Ready, Phase::Prepare) if is_switched(domain) => format!(
            "mail already goes to Microsoft, so the switch is made; {} shows what is left of it",
            command("check", Phase::Switch)
        ),
        (Verdict::ChangesNeeded, Phase::Prepare)
            if is_switched(domain) && required_changes(domain).next().is_some() =>
        {
            format!("mail already goes to Microsoft, so edit now, then {}", command("watch", Phase::Switch))
        }
        (Verdict::Ready, Phase::Prepare) => {
            format!("when you switch, publish the records of {}", command("plan", Phase::Switch))
        }
        (Verdict::Ready, Phase::Switch) => format!(
            "when mail arrives in Microsoft 365, {} shows what is left of the move",
            command("check", Phase::Tidy)
        ),
        (Verdict::Ready, Phase::Tidy) => format!("run {} in CI to notice changes", same("check")),
        (Verdict::ChangesNeeded, _) if required_changes(domain).next().is_some() => {
            format!("edit, then {}", same("watch"))
        }
        (Verdict::ChangesNeeded, _) => match meant(domain) {
            Some(name) => format!("check the domain itself: {}", with("check", &name, phase, &options.all)),
            None => format!("fix what is marked ✘, then {}", same("check")),
        },
        (Verdict::Waiting, _) => match latest(domain) {
            Some(until) => {
                format!("wait until {}; {} ends when it is over", clock_when_over(until), same("watch"))
            }
            None => format!("wait; {} ends when it is over", same("watch")),
        },
        (Verdict::Undetermined, _) => match (cause(domain).map(|cause| cause.code), &domain.outage) {
            (Some(Code::DomainParked), _) => {
                let parked = format!("{given} --parked");
                format!("if the domain stays parked, {}", with("check", &domain.domain, phase, &parked))
            }
            (_, Some(outage)) if outage.role == Role::Resolver => {
                let elsewhere = options.elsewhere(&domain.domain, other_resolver(outage));
                format!("try another resolver: {}", with("check", &domain.domain, phase, &elsewhere))
            }
            (_, Some(_)) => format!("when the name servers answer, run {} again", same("check")),
            (_, None) => format!("check what is marked `?`, then run {} again", same("check")),
        },
    };
    let explain = worst(domain).map(|code| format!(". What a code means: `cutover explain {code}`."));
    what + explain.as_deref().unwrap_or(".")
}

/// Returns whether mail already goes to Microsoft, and not to a filter in front of it.
fn is_switched(domain: &DomainReport) -> bool {
    let at_microsoft = |code: Option<Code>| {
        matches!(code, Some(Code::Met | Code::MxOtherDomain | Code::MxOlderHost | Code::MxDnssecMigration))
    };
    let mut mx = domain.expectations.iter().filter(|one| one.id.as_str() == Id::Mx.word());
    let is_parked = |one: &ExpectationView| one.observed.iter().any(|record| record.ends_with(" ."));
    domain.gateway.is_none()
        && mx.any(|one| one.status == Status::Met && at_microsoft(one.code.known()) && !is_parked(one))
}

/// Returns the next step after a list of domains that begins with this one; `None` if it is ready.
pub(super) fn next_of_several(options: &RepeatedOptions, domain: &DomainReport) -> Option<String> {
    let what = match (domain.verdict, &domain.outage) {
        (Verdict::Ready, _) => return None,
        (Verdict::ChangesNeeded, _) => "shows what to edit",
        (Verdict::Waiting, _) => "shows until when to wait",
        (Verdict::Undetermined, Some(outage)) if outage.role == Role::Resolver => {
            return Some(next(options, domain));
        }
        (Verdict::Undetermined, _) => "shows what is unknown",
    };
    let phase = match domain.phase() {
        Phase::Switch => String::new(),
        phase @ (Phase::Prepare | Phase::Tidy) => format!(" --phase {phase}"),
    };
    let (name, given) = (&domain.domain, options.of(&domain.domain));
    Some(format!("`cutover check {name}{phase}{given}` {what}."))
}

/// Returns the domain that was probably meant, if an alias was checked: the name without its first label, never above
/// the apex of the zone.
fn meant(domain: &DomainReport) -> Option<String> {
    cause(domain).filter(|cause| cause.code == Code::DomainIsAlias)?;
    let name: Name = domain.domain.parse().ok()?;
    let apex = domain.zone.as_ref().map(|zone| &zone.apex);
    let parent = name.parent().filter(|parent| apex.is_none_or(|apex| parent.is_within(apex)));
    parent.as_ref().or(apex).map(Name::without_trailing_dot)
}

/// Returns a resolver that is not among those that did not answer.
fn other_resolver(outage: &OutageView) -> &'static str {
    let is_tried = outage.servers.iter().any(|server| server.contains(OTHER_RESOLVER));
    if is_tried { RESOLVER_OVER_HTTPS } else { OTHER_RESOLVER }
}

/// Returns the time at which the last required record that is waited for is everywhere; `None` if one of them has no
/// time.
fn latest(domain: &DomainReport) -> Option<Timestamp> {
    let required = domain.expectations.iter().filter(|one| one.is_required());
    let waiting = required.filter(|one| one.status == Status::Waiting);
    let until: Option<Vec<Timestamp>> = waiting.map(|one| one.until).collect();
    until?.into_iter().max()
}

/// Returns the code to read about first; `None` for a domain that is ready.
fn worst(domain: &DomainReport) -> Option<&str> {
    if domain.verdict == Verdict::Ready {
        return None;
    }
    let open = domain.expectations.iter().filter(|one| !one.status.is_settled());
    let worst = open.max_by_key(|one| (one.importance, one.status == Status::Unmet, Reverse(one.id.clone())));
    let error = domain.hazards.iter().find(|hazard| hazard.is_error());
    error.map(|hazard| hazard.code.as_str()).or_else(|| worst.map(|one| one.code.as_str()))
}
