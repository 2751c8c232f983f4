//! Holds the laws against one plan: what was published before, what is published after, and what was reported.

use std::collections::BTreeSet;

use cutover::check::{Assessment, Code, Hazard, Status, Verdict};
use cutover::expected::{Id, Importance, Phase};
use cutover::plan::Change;
use cutover::record::{Record, RecordType};

use super::senders::{Answer, Line, Sender, Senders, is_spf, joined};
use super::zones::{DOMAIN, FILTERS, PLATFORMS, RIGHT};

/// What one phase made of a zone.
pub struct Step<'a> {
    /// The options of the check.
    pub options: &'a str,
    pub phase: Phase,
    pub before: &'a [Line],
    pub checked: &'a Assessment,
    pub changes: &'a [Change],
    pub after: &'a [Line],
    pub again: &'a Assessment,
    pub changes_again: &'a [Change],
    /// Names outside the zone of which everybody can see that they do not exist, or break the record.
    pub nonexistent: &'a [&'a str],
}

/// What no edit of the zone fixes: law 1 lists it.
const FIXED_ELSEWHERE: &[Code] = &[
    Code::MxTargetMissing,
    Code::MxNotAssigned,
    Code::MxGatewayUndeclared,
    Code::DomainParked,
    Code::DomainNotFound,
    Code::MtaStsRefusesMx,
    Code::SpfUnreadable,
    Code::AliasProxied,
    Code::DkimNotEnabled,
    Code::SpfTooManyLookups,
    Code::DnsHostedBySource,
    // Only a lookup shows it.
    Code::NotInZoneFiles,
    // The DNS host has to flatten the alias.
    Code::CnameWithOtherData,
];

/// Senders, hosts and records of the platforms and filters that the zones name: they are not the domain's own.
fn is_of(host: &str, suffixes: &[&str]) -> bool {
    suffixes.iter().any(|suffix| host == *suffix || host.ends_with(&format!(".{suffix}")))
}

fn is_filter(host: &str) -> bool {
    let suffix = |hosts: &[&str]| {
        let labels: Vec<&str> = hosts[0].trim_end_matches('.').split('.').collect();
        labels[labels.len() - 2..].join(".")
    };
    FILTERS.iter().any(|(_, hosts)| is_of(host, &[&suffix(hosts)]))
}

/// Hosts of a mail platform or of a filter take mail and do not send by themselves.
fn takes_mail_only(host: &str) -> bool {
    is_filter(host)
        || PLATFORMS.iter().any(|platform| is_of(host, platform.suffixes))
        || is_of(host, &["outlook.com", "outlook.cn", "office365.us", "mx.microsoft", "msv1.invalid"])
}

pub fn lines(records: &[Record]) -> Vec<Line> {
    let line = |record: &Record| Line {
        owner: record.name.without_trailing_dot().to_ascii_lowercase(),
        rtype: record.data.rtype().to_string(),
        data: record.data.to_string(),
        ttl: record.ttl,
    };
    records.iter().map(line).collect()
}

impl Step<'_> {
    /// What is wrong, each with a short name of its class.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = self.harm();
        self.published_plan_is_enough(&mut faults);
        self.what_was_not_read_is_unknown(&mut faults);
        faults
    }

    /// What the plan takes away that works: laws 2 and 8.
    pub fn harm(&self) -> Vec<String> {
        let mut faults = Vec::new();
        self.nothing_else_goes(&mut faults);
        self.senders_keep_sending(&mut faults);
        self.mail_keeps_arriving(&mut faults);
        self.ttls_stay_low(&mut faults);
        faults
    }

    fn options(&self) -> &str {
        self.options
    }

    fn declared(&self) -> Option<&str> {
        self.options().split("--source ").nth(1)?.split(' ').next()
    }

    /// Law 1.
    fn published_plan_is_enough(&self, faults: &mut Vec<String>) {
        // What only a wildcard answered is seen to be missing once the wildcard is gone.
        if self.changes.iter().any(|change| change.name.first_label() == Some(b"*")) {
            return;
        }
        if let Some(change) = self.changes_again.first() {
            faults.push(format!("1 planned again: {} {} {:?}", change.name, change.rtype, change.because));
        }
        let least =
            if self.options().contains("--strict") { Importance::Recommended } else { Importance::Required };
        let mut is_elsewhere = false;
        // Nothing is published beside an alias at the domain, which the web site needs.
        let is_alias = |hazard: &Hazard| {
            hazard.code == Code::CnameWithOtherData && hazard.name.without_trailing_dot() == DOMAIN
        };
        let has_alias = self.again.hazards.iter().any(is_alias);
        // While mail stays at the old platform, because its new host is not known, nothing else is taken from there.
        let mail_stays = self.again.judged.iter().any(|one| {
            (one.expectation.id, one.code, one.status) == (Id::Mx, Code::MxAtSource, Status::Unmet)
                && one.fix.is_empty()
        });
        for one in &self.again.judged {
            if one.importance < least || matches!(one.status, Status::Met | Status::Waiting) {
                continue;
            }
            let is_for_filter = self.options().contains("--gateway") && one.code.word().starts_with("mx-");
            // Which target a key has shows the admin center.
            let is_key =
                one.expectation.id.to_string().starts_with("dkim-") && !self.options().contains("--tenant");
            // One more lookup would break a record that works, so the admin removes terms first.
            let is_full = one.expectation.id == Id::Spf
                && one.fix.is_empty()
                && Senders { zone: self.after, domain: DOMAIN }.lookups() >= 10;
            let is_beside_alias =
                has_alias && one.fix.is_empty() && one.expectation.name.without_trailing_dot() == DOMAIN;
            if FIXED_ELSEWHERE.contains(&one.code)
                || is_beside_alias
                || mail_stays && one.code == Code::SpfSourceLeft
                || is_for_filter
                || is_key
                || is_full
                || self.is_below_cut(&one.expectation.name.without_trailing_dot())
            {
                is_elsewhere = true;
                continue;
            }
            faults.push(format!("1 left: {} {} {}", one.expectation.id, one.status.word(), one.code));
        }
        for hazard in self.again.hazards.iter().filter(|hazard| hazard.is_error()) {
            if FIXED_ELSEWHERE.contains(&hazard.code) || mail_stays && hazard.code == Code::SourceLeft {
                is_elsewhere = true;
                continue;
            }
            faults.push(format!("1 left: hazard {} at {}", hazard.code, hazard.name));
        }
        let verdict = self.again.verdict;
        if !is_elsewhere && !matches!(verdict, Verdict::Ready | Verdict::Waiting) {
            faults.push(format!("1 verdict {verdict} with nothing left"));
        }
    }

    /// Law 2, and of law 8 what it says about leftovers.
    fn nothing_else_goes(&self, faults: &mut Vec<String>) {
        let has = |line: &Line| {
            self.after
                .iter()
                .any(|kept| (&kept.owner, &kept.rtype, &kept.data) == (&line.owner, &line.rtype, &line.data))
        };
        for line in self.before.iter().filter(|line| !has(line)) {
            if let Some(why) = self.must_stay(line) {
                faults.push(format!("2 {why}: drops {} {} {}", line.owner, line.rtype, line.data));
            }
        }
        let spf = |zone: &[Line]| -> usize { Senders { zone, domain: DOMAIN }.records(DOMAIN).len() };
        if spf(self.before) > 0 && spf(self.after) == 0 {
            faults.push("2 no SPF record is left".into());
        }
    }

    /// Why a record must not go.
    fn must_stay(&self, line: &Line) -> Option<&'static str> {
        let owner = line.owner.strip_suffix(DOMAIN).map(|owner| owner.trim_end_matches('.'));
        let Some(owner) = owner else { return Some("of another zone") };
        let host =
            line.data.rsplit(' ').next().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
        let sure = self.sure_suffixes();
        let is_of_source = is_of(&host, &sure) || self.is_alias_of(&host, &sure);
        match (owner, line.rtype.as_str()) {
            ("", "MX") => None,
            ("", "TXT") => {
                let text = joined(&line.data);
                let lower = text.to_ascii_lowercase();
                let looks_like_spf = is_spf(&text)
                    || lower.contains("spf1")
                    || lower.starts_with("v=spf")
                    || lower.starts_with("include:");
                let is_policy = lower.starts_with("v=dmarc1");
                let is_proof = self.options().contains("--verification") && lower.contains("ms12345678");
                let is_sample = lower == "ms=msxxxxxxxx";
                (!looks_like_spf && !is_policy && !is_proof && !is_sample).then_some("another TXT record")
            }
            // The zone's name twice.
            (DOMAIN, "MX") => None,
            (_, "TXT") if is_spf(&joined(&line.data)) && self.is_included(&line.owner) => None,
            ("autodiscover" | "autodiscover.contoso.com", _) => {
                (self.phase < Phase::Switch).then_some("too early")
            }
            ("_autodiscover._tcp", "SRV") => (self.phase < Phase::Switch).then_some("too early"),
            ("msoid", "CNAME") => None,
            ("_dmarc" | "_dmarc.contoso.com" | "_dmarc.contoso.com._dmarc", "TXT" | "CNAME") => None,
            ("selector1._domainkey" | "selector2._domainkey", "TXT" | "CNAME") => None,
            ("selector1._domainkey.contoso.com" | "selector2._domainkey.contoso.com", "CNAME") => None,
            ("_sip._tls" | "_sipfederationtls._tcp", "SRV" | "CNAME") => {
                let is_asked = self.options().contains("--services");
                (!is_asked && !is_of(&host, &["emailsrvr.com"])).then_some("a service")
            }
            // Next to an alias nothing else can be published.
            ("sip" | "lyncdiscover" | "enterpriseregistration" | "enterpriseenrollment", _) => {
                let beside = |other: &&Line| other.owner == line.owner && other.rtype != line.rtype;
                let is_allowed =
                    is_of(&host, &["emailsrvr.com"]) || self.before.iter().any(|other| beside(&other));
                (!is_allowed).then_some("a service")
            }
            (name, "SRV") if name.ends_with(DOMAIN) && self.options().contains("--services") => None,
            (_, "MX") => {
                let declared = self.declared().is_some() && self.phase == Phase::Tidy && is_of_source;
                (!declared).then_some("mail of another name")
            }
            (_, "CNAME" | "SRV") if self.phase == Phase::Tidy => {
                (!is_of_source).then_some("no proven leftover")
            }
            (name, "TXT") if self.phase == Phase::Tidy && name.ends_with("._domainkey") => {
                let is_google = name == "google._domainkey" || name.starts_with("20240101");
                (!is_google || sure.is_empty()).then_some("no proven leftover")
            }
            _ => Some("another record"),
        }
    }

    /// Whether an alias of the zone at the name leads to one of these hosts, also through others.
    fn is_alias_of(&self, host: &str, suffixes: &[&str]) -> bool {
        let mut host = host.to_owned();
        for _ in 0..8 {
            let alias = self.before.iter().find(|line| line.rtype == "CNAME" && line.owner == host);
            let Some(alias) = alias else { return false };
            host = alias.data.trim_end_matches('.').to_ascii_lowercase();
            if is_of(&host, suffixes) {
                return true;
            }
        }
        false
    }

    /// Whether an SPF record of the domain's own includes the name, and one is there afterwards.
    fn is_included(&self, owner: &str) -> bool {
        let texts = self
            .before
            .iter()
            .filter(|line| line.rtype == "TXT")
            .map(|line| joined(&line.data).to_ascii_lowercase());
        let mut texts = texts.filter(|text| is_spf(text));
        let names = |text: &str| text.split([' ', ':', '=']).any(|word| word.trim_end_matches('.') == owner);
        texts.any(|text| names(&text))
            && !Senders { zone: self.after, domain: DOMAIN }.records(owner).is_empty()
    }

    /// The names of the platform being left, where it was declared or two kinds of record prove it.
    fn sure_suffixes(&self) -> Vec<&'static str> {
        if let Some(id) = self.declared() {
            let known = PLATFORMS.iter().find(|platform| platform.id == id);
            return known.map(|platform| platform.suffixes.to_vec()).unwrap_or_default();
        }
        let kinds = |suffixes: &[&str]| {
            let shows = |line: &&Line| {
                let target = line
                    .data
                    .rsplit(' ')
                    .next()
                    .unwrap_or_default()
                    .trim_end_matches('.')
                    .to_ascii_lowercase();
                let owner = line.owner.strip_suffix(DOMAIN).unwrap_or_default().trim_end_matches('.');
                let target = target.strip_suffix(&format!(".{DOMAIN}")).unwrap_or(&target).to_owned();
                let is_theirs = is_of(&target, suffixes)
                    || suffixes.contains(&"emailsrvr.com") && is_of(&target, &["rackspace.com"])
                    || suffixes.contains(&"secureserver.net") && is_of(&target, &["domaincontrol.com"])
                    || suffixes.contains(&"google.com")
                        && (owner == "google._domainkey" || owner.starts_with("20240101"));
                is_theirs
                    && (matches!(owner, "" | "*" | "autodiscover" | "_autodiscover._tcp")
                        || owner.ends_with("._domainkey"))
            };
            let kinds = self.before.iter().filter(shows).map(|line| {
                match (line.rtype.as_str(), line.owner.contains("_domainkey")) {
                    (_, true) => "DKIM",
                    ("CNAME" | "SRV", false) => "autodiscover",
                    ("MX", false) => "MX",
                    ("NS", false) => "NS",
                    _ => "",
                }
            });
            kinds.filter(|kind| !kind.is_empty()).collect::<BTreeSet<_>>().len()
        };
        let proven =
            PLATFORMS.iter().filter(|platform| !platform.id.is_empty() && kinds(platform.suffixes) > 1);
        proven.flat_map(|platform| platform.suffixes.iter().copied()).collect()
    }

    /// Law 8: who could send before can send after, and in `tidy` everybody but the platform being left.
    fn senders_keep_sending(&self, faults: &mut Vec<String>) {
        if self.options().contains("--parked") {
            return;
        }
        let before = Senders { zone: self.before, domain: DOMAIN };
        let after = Senders { zone: self.after, domain: DOMAIN };
        let records = before.records(DOMAIN);
        let is_broken =
            records.len() > 1 || before.named().iter().any(|sender| before.answer(sender) == Answer::Broken);
        let named = after.named();
        for sender in before.named() {
            let is_excused = match &sender {
                Sender::Host(host) => takes_mail_only(host),
                Sender::Record(name) if self.phase == Phase::Tidy => {
                    let name = name.trim_start_matches("mx:");
                    is_of(name, &self.sure_suffixes())
                }
                Sender::Record(_) => false,
                // Everybody.
                Sender::Address(address) => {
                    ["0.0.0.0", "127.255.255.255", "128.0.0.0", "255.255.255.255", "::"]
                        .contains(&&*address.to_string())
                }
            };
            let is_excused = is_excused || self.is_nonexistent(&sender);
            let is_kept = if is_broken {
                named.contains(&sender) || after.answer(&sender) == Answer::Pass
            } else {
                before.answer(&sender) != Answer::Pass || after.answer(&sender) == Answer::Pass
            };
            if !is_excused && !is_kept {
                let class = if is_broken { "of a broken record" } else { "that passed" };
                faults.push(format!(
                    "8 a sender {class} is lost: {sender:?} from {records:?} to {:?}",
                    after.records(DOMAIN)
                ));
            }
        }
        // The include of Microsoft is there, or it is said why not.
        let microsoft = Sender::Record("spf.protection.outlook.com".into());
        if !is_broken
            && before.named().contains(&microsoft)
            && before.answer(&microsoft) == Answer::Pass
            && after.answer(&microsoft) != Answer::Pass
        {
            faults.push("8 Microsoft can no longer send".into());
        }
    }

    /// Whether the sender is known not to exist, or comes from a guide.
    fn is_nonexistent(&self, sender: &Sender) -> bool {
        match sender {
            Sender::Host(name) | Sender::Record(name) => {
                let name = name.trim_start_matches("mx:");
                is_of(name, &["example.com", "example.net", "example.org"])
                    // Microsoft's own, welded to something else.
                    || name.contains("protection.outlook.com") && name != "spf.protection.outlook.com"
                    // A typing error of Microsoft's own, which the plan corrects.
                    || ["spf.protection.outlok.com", "spf.protecton.outlook.com"].contains(&name)
                    || self.nonexistent.contains(&name)
            }
            Sender::Address(_) => false,
        }
    }

    /// Law 8: filters stay in front, parked domains parked.
    fn mail_keeps_arriving(&self, faults: &mut Vec<String>) {
        let hosts = |lines: &[Line]| -> BTreeSet<String> {
            let own = lines.iter().filter(|line| line.owner == DOMAIN && line.rtype == "MX");
            own.filter_map(|line| line.data.split(' ').nth(1))
                .map(|host| host.trim_end_matches('.').to_ascii_lowercase())
                .collect()
        };
        let (before, after) = (hosts(self.before), hosts(self.after));
        // A declared filter is right at any time, by its real name.
        let is_declared = ["--parked", "--gateway"].iter().any(|option| self.options().contains(option));
        if self.phase < Phase::Switch && before != after && !is_declared {
            faults.push("8 MX records change before the switch".into());
        }
        let is_only_filtered = before.iter().all(|host| is_filter(host) || host == RIGHT);
        let has_filter = before.iter().any(|host| is_filter(host));
        if has_filter
            && is_only_filtered
            && !self.options().contains("--mx")
            && !self.options().contains("--gateway")
            && before != after
        {
            faults.push(format!("8 a filter is taken away: {before:?} to {after:?}"));
        }
        if !before.is_empty() && after.is_empty() {
            faults.push("8 no MX record is left".into());
        }
        let own_texts = Senders { zone: self.before, domain: DOMAIN }.records(DOMAIN);
        let is_parked = before.len() == 1 && before.contains("") && own_texts == ["v=spf1 -all"];
        let is_microsoft = |line: &Line| {
            line.data.to_ascii_lowercase().contains("ms=ms")
                || line.data.contains("outlook.com")
                || line.data.contains("onmicrosoft")
                || line.data.contains("lync.com")
                || line.data.contains("windows.net")
                || line.data.contains("manage.microsoft")
                || line.data.contains("mail.microsoft")
        };
        let is_meant_to_move = self.options().contains("--mx") || self.before.iter().any(is_microsoft);
        if is_parked && !is_meant_to_move && !self.options().contains("--parked") && !self.changes.is_empty()
        {
            faults.push(format!("8 a parked domain is edited: {:?}", self.changes[0].because));
        }
    }

    /// Law 8: low TTLs stay low until the move is over.
    fn ttls_stay_low(&self, faults: &mut Vec<String>) {
        for change in self.changes {
            if change.before.is_empty() || change.after.is_empty() {
                continue;
            }
            let raises = change.after.ttl > change.before.ttl;
            if self.phase < Phase::Tidy && raises {
                faults.push(format!("8 the TTL of {} {} is raised before tidy", change.name, change.rtype));
            }
            if self.phase == Phase::Tidy && change.after.ttl < 3600 {
                faults.push(format!("8 the TTL of {} {} stays low after tidy", change.name, change.rtype));
            }
        }
    }

    /// Whether the name belongs to a zone further down, which no file covers.
    fn is_below_cut(&self, name: &str) -> bool {
        let cuts = self.before.iter().filter(|line| line.rtype == "NS" && line.owner != DOMAIN);
        let mut cuts = cuts.map(|line| line.owner.as_str());
        cuts.any(|cut| name == cut || name.ends_with(&format!(".{cut}")))
    }

    /// Law 9.
    fn what_was_not_read_is_unknown(&self, faults: &mut Vec<String>) {
        for change in self.changes {
            if self.is_below_cut(&change.name.without_trailing_dot()) {
                faults.push(format!(
                    "9 a change below a zone cut: {} {} {:?}",
                    change.name, change.rtype, change.because
                ));
            }
        }
        for one in &self.checked.judged {
            let name = one.expectation.name.without_trailing_dot();
            let is_decisive = one.importance == Importance::Required && !self.options().contains("--strict");
            if self.is_below_cut(&name) && one.status == Status::Unmet && is_decisive {
                faults.push(format!(
                    "9 below a zone cut: {} {} {}",
                    one.expectation.id,
                    one.status.word(),
                    one.code
                ));
            }
        }
        // Hosts of others are not looked up.
        let hosts = self.before.iter().filter(|line| line.owner == DOMAIN && line.rtype == "MX");
        let all_outside = hosts
            .filter_map(|line| line.data.split(' ').nth(1))
            .all(|host| !host.trim_end_matches('.').ends_with(DOMAIN));
        let is_said_missing = self.checked.judged.iter().any(|one| one.code == Code::MxTargetMissing);
        if all_outside && is_said_missing {
            faults.push("9 a host that nobody asked for is said not to exist".into());
        }
        let spf =
            self.checked.judged.iter().find(|one| {
                one.expectation.rtype == RecordType::Txt && one.expectation.id.to_string() == "spf"
            });
        let before = Senders { zone: self.before, domain: DOMAIN };
        let may_hide = |sender: &Sender| matches!(sender, Sender::Record(name) if name.contains("hosted.example") || name.contains("sender.example") || name.contains("pphosted"));
        if let Some(spf) = spf
            && spf.code == Code::SpfWithoutMicrosoft
            && before.named().iter().any(|sender| may_hide(sender) && before.answer(sender) == Answer::Pass)
        {
            faults.push("9 a record that was not read is said not to include Microsoft".into());
        }
    }
}
