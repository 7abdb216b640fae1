//! What a run of tests tells programs: the report of `waypost test --output json`.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use waypost_wire::error::Problem;
use waypost_wire::trace::{RunTrace, text};

use crate::coverage::Coverage;
use crate::{Mismatch, Observed};

/// What came of the tests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TestReport {
    /// How many cases passed.
    pub passed: u64,
    /// How many failed.
    pub failed: u64,
    /// All cases, in the order of files and lines.
    pub cases: Vec<CaseReport>,
    /// What was reached of the flows, if it was counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<Coverage>,
    /// Errors of the flows or the tests: then none ran.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<FoundProblem>,
}

/// A problem in a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FoundProblem {
    /// The file.
    pub file: String,
    /// What is wrong, with line and column in the file.
    #[serde(flatten)]
    pub problem: Problem,
}

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CaseReport {
    /// Its file.
    pub file: String,
    /// Its line, counted from 1.
    pub line: u64,
    /// Its name.
    pub name: String,
    /// Whether it passed.
    pub passed: bool,
    /// How long it took, in microseconds.
    pub duration_us: u64,
    /// What is not as expected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mismatches: Vec<Mismatch>,
    /// Answers that the case gives and the run never asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unasked: Vec<String>,
    /// What came; absent if the case passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<Observed>,
    /// The trace, up to where the run parted from what was expected; absent if the case passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<RunTrace>,
}

impl CaseReport {
    /// What is not as expected, in lines for people.
    #[must_use]
    pub fn explained(&self) -> String {
        let mut lines = String::new();
        for one in &self.mismatches {
            lines.push_str(&format!("{}: expected {}, found {}\n", one.member, one.expected, one.found));
            for line in one.difference.iter().flat_map(|difference| difference.lines()) {
                lines.push_str(&format!("    {line}\n"));
            }
        }
        for answer in &self.unasked {
            lines.push_str(&format!("note: the run never asked for the answer of {answer}\n"));
        }
        lines
    }

    /// The trace in lines for people.
    #[must_use]
    pub fn traced(&self) -> Option<String> {
        self.trace.as_ref().map(text::render)
    }
}

/// The trace up to where a run parted from what was expected: to the first event that made something differ, or to the end.
#[must_use]
pub fn until_parted(trace: &RunTrace, mismatches: &[Mismatch]) -> RunTrace {
    let parted = mismatches.iter().filter_map(|one| one.event).min();
    let length = parted.and_then(|event| usize::try_from(event).ok()).map_or(usize::MAX, |event| event + 1);
    RunTrace { events: trace.events.iter().take(length).cloned().collect(), ..trace.clone() }
}

/// The JSON Schema of reports.
#[must_use]
pub fn schema() -> Schema {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<TestReport>()
}
