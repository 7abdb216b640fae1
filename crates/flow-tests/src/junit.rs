//! The results as JUnit XML, which servers of continuous integration read: one suite for each file.

use std::fmt::Write;

use crate::markup::escaped;
use crate::report::{CaseReport, TestReport};

/// The whole file.
#[must_use]
pub fn xml(report: &TestReport) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a String can't fail.
    let _ = writeln!(out, "<testsuites name=\"waypost\"{}>", sums(&report.cases));
    for suite in report.cases.chunk_by(|a, b| a.file == b.file) {
        let file = suite.first().map_or("", |case| &case.file);
        let _ = writeln!(out, "  <testsuite name=\"{}\"{}>", escaped(file), sums(suite));
        suite.iter().for_each(|case| write_case(&mut out, case));
        let _ = writeln!(out, "  </testsuite>");
    }
    let _ = writeln!(out, "</testsuites>");
    out
}

/// The file of tests that could not run, and why.
#[must_use]
pub fn not_run(why: &str) -> String {
    let (sums, why) = (" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\" time=\"0.000000\"", escaped(why));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"waypost\"{sums}>\n  <testsuite name=\"waypost test\"{sums}>\n    \
         <testcase classname=\"waypost test\" name=\"the tests run\" time=\"0.000000\">\n      \
         <error message=\"{why}\" type=\"not run\">{why}</error>\n    </testcase>\n  </testsuite>\n</testsuites>\n"
    )
}

fn write_case(out: &mut String, case: &CaseReport) {
    let (file, name, time) = (escaped(&case.file), escaped(&case.name), seconds(case.duration_us));
    let _ = write!(
        out,
        "    <testcase classname=\"{file}\" name=\"{name}\" file=\"{file}\" line=\"{}\" time=\"{time}\"",
        case.line
    );
    if case.passed {
        let _ = writeln!(out, "/>");
        return;
    }
    let explained = case.explained();
    let first = escaped(explained.lines().next().unwrap_or_default());
    let whole = escaped(&format!("{explained}\n{}", case.traced().unwrap_or_default()));
    let _ =
        writeln!(out, ">\n      <failure message=\"{first}\" type=\"expectation\">{whole}</failure>\n    </testcase>");
}

fn sums(cases: &[CaseReport]) -> String {
    let failed = cases.iter().filter(|case| !case.passed).count();
    let time = seconds(cases.iter().map(|case| case.duration_us).sum());
    format!(" tests=\"{}\" failures=\"{failed}\" errors=\"0\" skipped=\"0\" time=\"{time}\"", cases.len())
}

fn seconds(microseconds: u64) -> String {
    format!("{}.{:06}", microseconds / 1_000_000, microseconds % 1_000_000)
}
