//! The report for people.

use std::io::{self, Write};

use waypost_flow_tests::coverage::{Coverage, Ratio};
use waypost_flow_tests::report::{CaseReport, TestReport};

use super::floor;
use crate::table::{flat, rows};

/// More gaps than these are counted.
const MOST_GAPS: usize = 100;

/// Prints every case, the failed ones with what differs and the trace, then the sums.
pub(super) fn report(out: &mut impl Write, report: &TestReport) -> io::Result<()> {
    let mut file = "";
    for case in &report.cases {
        if case.file != file {
            file = &case.file;
            writeln!(out, "{file}")?;
        }
        one(out, case)?;
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
        let [nodes, branches, outcomes] =
            ratios.map(|ratio| format!("{:>5.1} %  {}/{}", floor(ratio.percent()), ratio.reached, ratio.of));
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
