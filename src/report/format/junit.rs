//! Writes a test report that CI systems read: a suite for each domain, a case for each expectation and each hazard.

use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use crate::check::{Code, Status};
use crate::report::changed::{before, lines};
use crate::report::harmless::{Sanitized, harmless_lines};
use crate::report::since::Known;
use crate::report::view::{DomainReport, ExpectationView, HazardView};
use crate::report::words::Word;
use crate::report::writer::{Ending, Piece, ReportWriter, Run};

use super::level::{ResultLevel, hazard_level, is_finding, result_level};

/// Writes the JUnit format, as Jenkins, GitLab and others read it. Its first line has counts of all domains.
pub(super) struct Junit;

impl ReportWriter for Junit {
    fn domain(&self, _: &Run, _: &DomainReport) -> Piece {
        Piece::Whole
    }

    fn finish(&self, _: &Run, end: Ending<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut document = Document::new("cutover");
        for domain in end.domains {
            let mut suite = TestSuite::new(domain.domain.as_str());
            suite.add_property(("verdict", domain.verdict.word()));
            suite.add_property(("phase", domain.phase().word()));
            if let Some(since) = &domain.since {
                suite.add_property(("since", since.checked_at.to_string().as_str()));
                suite.add_property(("changed", lines(since).join("; ").as_str()));
            }
            suite.add_test_cases(domain.expectations.iter().map(|one| case(domain, one)));
            suite.add_test_cases(domain.hazards.iter().map(|one| hazard_case(domain, one)));
            document.add_test_suite(suite);
        }
        document.serialize(out).map_err(io::Error::other)
    }
}

fn case(domain: &DomainReport, expectation: &ExpectationView) -> TestCase {
    let status = match (expectation.status, result_level(expectation)) {
        (Status::Waived, _) => TestCaseStatus::skipped(),
        (Status::Unknown, ResultLevel::Warning) => TestCaseStatus::non_success(NonSuccessKind::Error),
        (_, ResultLevel::Error | ResultLevel::Warning) => {
            TestCaseStatus::non_success(NonSuccessKind::Failure)
        }
        // A recommendation does not fail a test.
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
    let mut case =
        finished(domain, expectation.id.as_str(), &expectation.code, &expectation.message, &details, status);
    if let Some(before) = before(domain, expectation) {
        case.add_property(("before", before.as_str()));
    }
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
    marked(finished(domain, &name, &hazard.code, &hazard.message, &details, status), known)
}

fn finished(
    domain: &DomainReport,
    name: &str,
    code: &Word<Code>,
    message: &str,
    details: &str,
    mut status: TestCaseStatus,
) -> TestCase {
    let is_success = matches!(status, TestCaseStatus::Success { .. });
    let details = &*harmless_lines(details);
    status.set_message(message);
    status.set_type(code.as_str());
    if !is_success {
        status.set_description(details);
    }
    let mut case = TestCase::new(name, status);
    case.set_classname(domain.domain.as_str());
    if is_success && *code != Code::Met {
        case.set_system_out(details);
    }
    case
}

/// Adds the property `known` to a case: whether the earlier report, if there is one, has the finding too.
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
