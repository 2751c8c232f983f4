//! What do the options of a fence or a scenario choose?
//!
//! The options of `check` that change what is expected and whom to believe; anything else is a mistake of the test.

use cutover::check::JudgeOptions;
use cutover::expected::Subject;
use cutover::facts::TrustPolicy;
use cutover::provider;

/// The domain that is checked where none is named.
pub(super) const DOMAIN: &str = "contoso.com";

/// The choices of one run.
#[derive(Clone)]
pub(super) struct Options {
    pub(super) subject: Subject,
    pub(super) judge_options: JudgeOptions<'static>,
}

impl Default for Options {
    fn default() -> Self {
        Self { subject: Subject::new(DOMAIN.parse().unwrap()), judge_options: JudgeOptions::default() }
    }
}

impl Options {
    /// Reads options as they are typed: `--phase tidy --gateway mimecast`.
    pub(super) fn read(&mut self, words: &str) {
        let mut words = words.split_whitespace();
        while let Some(option) = words.next() {
            match option {
                "--parked" => self.subject.is_parked = true,
                "--hybrid" => self.subject.hybrid = true,
                "--strict" => self.judge_options.strict = true,
                option => self.set(option, words.next().unwrap_or_else(|| panic!("{option} needs a value"))),
            }
        }
    }

    fn set(&mut self, option: &str, value: &str) {
        let subject = &mut self.subject;
        match option {
            "--phase" => subject.phase = value.parse().unwrap(),
            "--cloud" => subject.cloud = value.parse().unwrap(),
            "--services" => {
                subject.services = value.split(',').map(|word| word.parse().unwrap()).collect();
            }
            "--tenant" => subject.tenant = Some(value.into()),
            "--mx" => subject.mx = Some(value.parse().unwrap()),
            "--verification" => subject.verification = Some(value.into()),
            "--source" => subject.source = Some(provider::by_id(value).unwrap_or_else(|| panic!("{value}"))),
            "--gateway" => subject.gateways.push(value.parse().unwrap()),
            "--spf-sender" => subject.spf_senders.push(value.parse().unwrap()),
            "--switch-at" => subject.switch_at = Some(value.parse().unwrap()),
            "--view" => self.judge_options.view = view(value),
            other => panic!("{other} is no option of a fence or a scenario"),
        }
    }
}

fn view(word: &str) -> TrustPolicy {
    match word {
        "both" => TrustPolicy::Both,
        "authoritative" => TrustPolicy::Authoritative,
        "resolver" => TrustPolicy::Resolver,
        other => panic!("{other} is no view"),
    }
}
