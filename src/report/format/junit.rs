//! A test report that every CI reads: a suite for each domain, a case for each expectation and each hazard.

use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};

use crate::report::harmless::harmless_lines;
use crate::report::since::Known;
use crate::report::view::{DomainReport, ExpectationView, HazardView};
use crate::report::{Report, Sanitized};

use super::{ResultLevel, hazard_level, is_finding, result_level};

/// The report in the JUnit format, as Jenkins, GitLab and others read it.
#[must_use]
pub fn junit(report: &Report) -> String {
    let mut junit = Junit::new("cutover");
    for domain in &report.domains {
        let mut suite = TestSuite::new(domain.domain.as_str());
        suite.add_property(("verdict", domain.verdict));
        suite.add_property(("phase", domain.phase));
        suite.add_test_cases(domain.expectations.iter().map(|one| case(domain, one)));
        suite.add_test_cases(domain.hazards.iter().map(|one| hazard_case(domain, one)));
        junit.add_test_suite(suite);
    }
    // Written into memory, and made of strings alone.
    junit.to_string().unwrap_or_default()
}

fn case(domain: &DomainReport, expectation: &ExpectationView) -> TestCase {
    let status = match (expectation.status, result_level(expectation)) {
        ("waived", _) => TestCaseStatus::skipped(),
        ("unknown", ResultLevel::Warning) => TestCaseStatus::non_success(NonSuccessKind::Error),
        (_, ResultLevel::Error | ResultLevel::Warning) => {
            TestCaseStatus::non_success(NonSuccessKind::Failure)
        }
        // Advice fails nothing.
        (_, ResultLevel::Note | ResultLevel::None) => TestCaseStatus::success(),
    };
    let details = format!(
        "{}\nexpected: {}\nobserved: {}\ncutover explain {}",
        expectation.message,
        list(&expectation.expected),
        list(&expectation.observed),
        expectation.code
    );
    let known = domain.since.as_ref().and_then(|since| since.knows(expectation));
    let case = finished(domain, expectation.id, expectation.code, &expectation.message, &details, status);
    if is_finding(expectation) { marked(case, known) } else { case }
}

fn hazard_case(domain: &DomainReport, hazard: &HazardView) -> TestCase {
    let status = match hazard_level(hazard) {
        _ if hazard.is_waived() => TestCaseStatus::skipped(),
        ResultLevel::Error => TestCaseStatus::non_success(NonSuccessKind::Failure),
        ResultLevel::Warning | ResultLevel::Note | ResultLevel::None => TestCaseStatus::success(),
    };
    let details =
        format!("{}\n{}\ncutover explain {}", hazard.message, hazard.records.join("\n"), hazard.code);
    let name = format!("{} {}", hazard.code, hazard.name.without_trailing_dot());
    let known = domain.since.as_ref().and_then(|since| since.knows_hazard(hazard));
    marked(finished(domain, &name, hazard.code, &hazard.message, &details, status), known)
}

fn finished(
    domain: &DomainReport,
    name: &str,
    code: &str,
    message: &str,
    details: &str,
    mut status: TestCaseStatus,
) -> TestCase {
    let is_success = matches!(status, TestCaseStatus::Success { .. });
    let details = &*harmless_lines(details);
    status.set_message(message);
    status.set_type(code);
    if !is_success {
        status.set_description(details);
    }
    let mut case = TestCase::new(name, status);
    case.set_classname(domain.domain.as_str());
    if is_success && code != "met" {
        case.set_system_out(details);
    }
    case
}

/// A case with what is known of its finding: whether an earlier report, where there is one, has it too.
fn marked(mut case: TestCase, known: Option<Known>) -> TestCase {
    if let Some(known) = known {
        let known = match known {
            Known::New => "false",
            Known::Unchanged | Known::Updated => "true",
        };
        case.add_property(("known", known));
    }
    case
}

fn list(records: &[Sanitized]) -> String {
    if records.is_empty() { "nothing".into() } else { records.join(", ") }
}
