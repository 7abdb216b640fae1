//! The report for people.

use std::io::{self, Write};

use waypost_flow_tests::coverage::{Coverage, Ratio};
use waypost_flow_tests::report::{CaseReport, TestReport};

use super::floor;
use crate::table::{flat, rows};

/// More gaps than these are counted.
const MOST_GAPS: usize = 100;

/// Prints a line for each file, and the cases that failed or that there is something to say of; `verbose`: all cases. Then the sums.
pub(super) fn report(out: &mut impl Write, report: &TestReport, verbose: bool) -> io::Result<()> {
    for cases in report.cases.chunk_by(|one, next| one.file == next.file) {
        let Some(first) = cases.first() else { continue };
        let passed = cases.iter().filter(|case| case.passed).count();
        let failed = match cases.len() - passed {
            0 => String::new(),
            failed => format!(", {failed} failed"),
        };
        writeln!(out, "{}: {passed} passed{failed}", first.file)?;
        for case in cases.iter().filter(|case| verbose || !case.passed || !case.unasked.is_empty()) {
            one(out, case)?;
        }
    }
    writeln!(out, "\n{} passed, {} failed", report.passed, report.failed)?;
    match &report.coverage {
        Some(found) => coverage(out, found),
        None => Ok(()),
    }
}

fn one(out: &mut impl Write, case: &CaseReport) -> io::Result<()> {
    let word = if case.passed { "ok  " } else { "FAIL" };
    writeln!(out, "  {word}  {}", flat(&case.name))?;
    for line in case.explained().lines() {
        writeln!(out, "        {line}")?;
    }
    if let Some(trace) = case.traced() {
        writeln!(out, "        {}:{}; the run, up to where it parted:", case.file, case.line)?;
        for line in trace.lines() {
            writeln!(out, "          {line}")?;
        }
    }
    Ok(())
}

fn coverage(out: &mut impl Write, coverage: &Coverage) -> io::Result<()> {
    let line = |name: &str, ratios: [Ratio; 3]| {
        let [nodes, branches, outcomes] = ratios.map(|ratio| match ratio.of {
            // There is nothing to reach.
            0 => "    -".to_owned(),
            of => format!("{:>5.1} %  {}/{of}", floor(ratio.percent()), ratio.reached),
        });
        [name.to_owned(), nodes, branches, outcomes]
    };
    let mut lines: Vec<[String; 4]> =
        coverage.flows.iter().map(|flow| line(&flow.flow, [flow.nodes, flow.branches, flow.outcomes])).collect();
    lines.push(line("all", [coverage.nodes, coverage.branches, coverage.outcomes]));
    writeln!(out)?;
    rows(out, ["COVERAGE", "NODES", "BRANCHES", "OUTCOMES"], &lines)?;
    if !coverage.gaps.is_empty() {
        writeln!(out)?;
    }
    for gap in coverage.gaps.iter().take(MOST_GAPS) {
        writeln!(out, "{}:{}:{}: {}", gap.file, gap.line, gap.column, flat(&gap.missed))?;
    }
    match coverage.gaps.len().saturating_sub(MOST_GAPS) {
        0 => Ok(()),
        more => writeln!(out, "… and {more} more"),
    }
}
