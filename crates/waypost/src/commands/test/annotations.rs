//! Failed tests as annotations of GitHub Actions ("Workflow commands for GitHub Actions", Setting an error message). They go to stderr,
//! which runners read as well: stdout is data.

use std::io::{self, Write};

use waypost_flow_tests::report::TestReport;

/// GitHub shows no more of one kind for a step.
const MOST: usize = 10;

/// Writes an error for each failed test, and a warning for each gap in coverage if the threshold is missed.
pub(super) fn write(out: &mut impl Write, report: &TestReport, missed: bool) -> io::Result<()> {
    for case in report.cases.iter().filter(|case| !case.passed).take(MOST) {
        let (file, title) = (property(&case.file), property(&case.name));
        writeln!(out, "::error file={file},line={},title={title}::{}", case.line, data(case.explained().trim_end()))?;
    }
    let gaps = report.coverage.iter().filter(|_| missed).flat_map(|coverage| &coverage.gaps);
    for gap in gaps.take(MOST) {
        let file = property(&gap.file);
        writeln!(
            out,
            "::warning file={file},line={},col={},title=not covered::{}",
            gap.line,
            gap.column,
            data(&gap.missed)
        )?;
    }
    Ok(())
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
