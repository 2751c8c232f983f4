//! Do the laws hold in every world?
//!
//! Thousands of worlds are checked without a network: each state of a record next to each state of the
//! others that have to do with it, in all phases and clouds. A fault is reported with the states that
//! lead to it.
//!
//! The laws, and the tests that hold them, here and elsewhere:
//!
//! 1. Publishing the plan of a phase makes its check ready or waiting, and planning again changes nothing,
//!    except where no edit of the zone fixes the finding.
//!    * `tests/laws/published.rs`: `a_published_plan_makes_ready_to_prepare`,
//!      `a_published_plan_makes_ready_to_switch`, `a_published_plan_makes_ready_to_tidy`
//!    * `tests/laws/realistic.rs`: `realistic_zones_keep_the_laws`, `scenarios_keep_the_laws`
//! 2. A plan never drops a record that the move does not concern.
//!    * the same tests; `tests/laws/kept.rs` defines it for the plans of `tests/laws/published.rs`
//! 3. A lookup that failed leads to unknown, never to missing.
//!    * `tests/laws/silence.rs`: `no_failed_lookup_makes_anything_wrong`,
//!      `where_nothing_answers_nothing_is_wrong`
//!    * `tests/laws/failures.rs`: `no_subset_of_failures_makes_a_world_ready_that_is_not`
//!    * `tests/faults.rs`: `every_fault_at_every_place_is_told_from_the_truth`
//! 4. A replay gives the bytes and the exit status of the recorded run; with other options it checks the
//!    same facts anew.
//!    * `tests/laws/recorded.rs`: `a_recording_is_judged_alike_to_the_byte`
//!    * `tests/cli/recorded.rs`: `a_replay_gives_the_same_bytes_and_status`,
//!      `a_replay_judges_anew_with_other_options`
//! 5. The exit status depends on the verdicts, not on the format.
//!    * `tests/laws/recorded.rs`: `the_status_is_the_verdict_in_every_format`
//!    * `tests/cli/status.rs`: `each_verdict_has_its_status`, `no_format_changes_the_status`
//! 6. Text from DNS is harmless in every format and plan, and stays readable there.
//!    * `tests/cli/hostile.rs`: `nothing_hostile_reaches_a_stream`
//!    * `tests/cli/hostile/formats.rs`: `every_format_of_check_and_plan_is_harmless_and_can_be_read`
//!    * `tests/cli/hostile/agents.rs`: `a_command_still_reads_as_the_text_that_it_is`
//! 7. No question is sent twice to a server in one run, and nothing is asked that no rule reads.
//!    * `tests/lookup/questions.rs`: `no_question_is_sent_twice_to_a_server`,
//!      `no_question_is_sent_twice_for_two_domains`, `a_ready_domain_costs_only_what_rules_read`
//!    * `tests/laws/reads.rs`: `no_rule_ends_with_an_unmet_read`, `what_is_asked_first_changes_no_verdict`
//! 8. Publishing a plan takes nothing away that works and that the move does not concern, and a value that
//!    the run saw not to exist is never proposed.
//!    * `tests/laws/realistic.rs`: `realistic_zones_keep_the_laws`, `scenarios_keep_the_laws`
//!    * `tests/laws/assigned.rs`: `no_host_that_is_known_not_to_exist_is_proposed`
//! 9. A statement is about what was read; the rest is unknown, and a check of a zone file agrees with a
//!    check of the same zone served.
//!    * `tests/laws/realistic.rs`: `realistic_zones_keep_the_laws`
//!    * `tests/scenarios/served.rs`: `a_zone_file_and_the_same_zone_served_agree`
//! 10. The report of the shards of a list equals that of one run over the list.
//!     * `tests/cli/stored.rs`: `shards_of_which_one_was_killed_and_one_run_twice_tell_the_same_as_one_run`,
//!       `the_newest_result_of_a_domain_wins_whatever_the_order`,
//!       `a_domain_without_a_result_is_undetermined_and_said`
//!     * `tests/shipping/shards.rs`: `the_pods_of_an_indexed_job_tell_what_one_run_tells`
//! 11. A domain is reported once in a run, and a run over many checks a domain again at its end if lookups
//!     failed while others were in progress.
//!     * `tests/soak.rs`: `every_domain_is_told_of_once_whatever_fails_or_ends`
//!     * `tests/cli/domains.rs`: `a_domain_named_twice_is_checked_once`
//!     * `tests/neighbors/outages.rs`: `a_resolver_that_fails_for_a_moment_leaves_no_domain_undetermined`
//! 12. A hostile domain costs bounded memory and its own deadline, and nothing of another; a signal ends
//!     any phase of a run; files keep their mode, and a lock that is held is reported and given up.
//!     * `tests/lookup/memory.rs`: `a_hostile_domain_takes_a_bounded_amount_of_memory`
//!     * `tests/lookup/budgets.rs`: `the_time_of_a_domain_is_bounded`
//!     * `tests/neighbors/hostile.rs`: `servers_that_drop_a_foreign_domain_still_answer_for_their_own`,
//!       `a_domain_whose_servers_stall_over_tcp_leaves_tcp_to_others`
//!     * `tests/cli/signals.rs`: `a_run_that_hangs_is_ended_and_leaves_nothing_behind`
//!     * `tests/serve/ending.rs`: `a_signal_ends_a_server_with_open_pages`, `what_hangs_is_given_up`
//!     * `tests/cli/files.rs`: `a_file_that_is_replaced_keeps_its_permissions_and_nothing_is_left_behind`
//!     * `src/run/lock.rs`: `a_lock_that_is_held_is_reported_and_given_up`

mod assigned;
mod failures;
mod kept;
mod mutations;
mod order;
mod published;
mod reads;
mod realistic;
mod recorded;
mod silence;
mod worlds;

use cutover::check::{Assessment, JudgeOptions, assess};
use cutover::facts::{Facts, TrustPolicy};
use cutover::plan::{Change, changes};
use cutover::report::json::to_json;
use cutover::report::{DomainReport, Report};
use worlds::World;

/// What is judged in a world, given the facts.
pub struct Judgement {
    pub assessment: Assessment,
    pub changes: Vec<Change>,
}

impl Judgement {
    pub fn new(world: &World, facts: &Facts) -> Self {
        let assessment = assess(&world.subject, facts, JudgeOptions::default());
        let changes = changes(&world.subject, facts, TrustPolicy::Both, &assessment);
        Self { assessment, changes }
    }

    /// The report as JSON, every reply in it.
    pub fn json(&self, world: &World, facts: &Facts) -> String {
        let domain = DomainReport::new(&world.subject, &self.assessment, &self.changes).with_replies(facts);
        to_json(&Report::new(facts.checked_at, world.subject.phase, vec![domain]))
    }
}

/// Fails with the first few faults of many.
pub fn assert_none(faults: &[String]) {
    let shown = faults.iter().take(25).cloned().collect::<Vec<_>>().join("\n");
    assert!(faults.is_empty(), "{} faults, the first are:\n{shown}", faults.len());
}

#[test]
fn every_law_names_tests_that_exist() {
    let front: Vec<&str> =
        include_str!("laws.rs").lines().map_while(|line| line.strip_prefix("//!")).collect();
    let is_law = |number: usize| front.iter().any(|line| line.starts_with(&format!(" {number}. ")));
    assert!((1..=12).all(is_law) && !is_law(13), "{front:#?}");
    let (mut file, mut named) = (String::new(), 0);
    for word in front.iter().flat_map(|line| line.split('`').skip(1).step_by(2)) {
        if word.ends_with(".rs") {
            file = crate::world::file(word);
        } else {
            let test = format!("fn {word}()");
            let marked = file.split("#[test]").skip(1).chain(file.split("#[tokio::test").skip(1));
            let mut heads = marked.map(|text| text.split_once('{').map_or(text, |(head, _)| head));
            assert!(heads.any(|head| head.contains(&test)), "{word} is not a test");
            named += 1;
        }
    }
    assert!(named > 30, "{named} tests are named");
}
