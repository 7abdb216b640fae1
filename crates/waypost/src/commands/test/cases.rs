//! Cases run on all processors, and reported in their order.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use waypost_flow_tests::coverage::Counts;
use waypost_flow_tests::report::{CaseReport, TestReport, until_parted};
use waypost_flow_tests::{Case, Flows, Ran, Suite};

use super::Arguments;
use super::snapshots::Snapshots;
use crate::failure::Failure;

/// Runs cases. What came of them is in their order; the counts are of all of them.
pub(super) fn run(
    cases: &[&Case],
    flows: &Flows<'_>,
    snapshots: &Snapshots,
    arguments: &Arguments,
) -> Result<(Vec<Ran>, Counts), Failure> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new((Vec::with_capacity(cases.len()), Counts::default()));
    let failed = Mutex::new(None);
    let work = || {
        while let Some((index, case)) = take(&next, cases) {
            match case.run(flows, snapshots.of(case), arguments.counts_coverage()) {
                Ok(mut ran) => {
                    if arguments.update && case.expects_snapshot() {
                        ran.mismatches.clear();
                    }
                    let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                    if let Some(reached) = ran.reached.take() {
                        done.1.add(*reached);
                    }
                    done.0.push((index, ran));
                }
                Err(error) => {
                    let message = format!("the test `{}` could not run: {error}", case.name);
                    *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(message);
                    return;
                }
            }
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from).min(cases.len());
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    if let Some(message) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(Failure::Failed(message));
    }
    let (mut ran, counts) = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    ran.sort_by_key(|(index, _)| *index);
    Ok((ran.into_iter().map(|(_, ran)| ran).collect(), counts))
}

fn take<'c>(next: &AtomicUsize, cases: &[&'c Case]) -> Option<(usize, &'c Case)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    Some((index, cases.get(index)?))
}

/// What is told of cases that ran.
pub(super) fn report<'f>(
    suite: &Suite,
    cases: &[&'f Case],
    ran: Vec<Ran>,
    file: impl Fn(&'f Case) -> &'f str,
) -> TestReport {
    let one = |(case, ran): (&&'f Case, Ran)| {
        let passed = ran.mismatches.is_empty();
        CaseReport {
            file: file(case).to_owned(),
            line: suite.line(case.at, &case.path).unwrap_or(1) as u64,
            name: case.name.clone(),
            passed,
            duration_us: u64::try_from(ran.duration.as_micros()).unwrap_or(u64::MAX),
            trace: (!passed).then(|| until_parted(&ran.trace, &ran.mismatches)),
            mismatches: ran.mismatches,
            unasked: ran.unasked,
            observed: (!passed).then_some(ran.observed),
        }
    };
    let cases: Vec<CaseReport> = cases.iter().zip(ran).map(one).collect();
    let passed = cases.iter().filter(|case| case.passed).count() as u64;
    TestReport { passed, failed: cases.len() as u64 - passed, cases, ..TestReport::default() }
}
