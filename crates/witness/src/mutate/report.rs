//! What is told of mutants: the report of `waypost test --mutate`.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use waypost_flow::diagnostic::render;
use waypost_flow_tests::Flows;
use waypost_project::{At, SourceFile};

use super::{Accepted, Mutant, Verdict};

/// What became of the mutants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MutationReport {
    /// How many mutants there are. Changes that don't check are not counted.
    pub mutants: u64,
    /// How many the tests catch.
    pub killed: u64,
    /// How many survive and are accepted, each with a reason.
    pub accepted: u64,
    /// How many survive and are not accepted.
    pub survived: u64,
    /// Those, in the order of files and lines.
    pub survivors: Vec<Survivor>,
}

/// A mutant that no test catches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Survivor {
    /// The flow's file.
    pub file: String,
    /// Counted from 1.
    pub line: u64,
    /// Counted from 1, in characters.
    pub column: u64,
    /// The flow's name.
    pub flow: String,
    /// The place in the flow, with nodes by their ids.
    pub at: String,
    /// What is changed, in words.
    pub change: String,
    /// How many tests come to the action that is changed; outside of actions, to the node; outside of nodes, to the flow.
    pub reached: u64,
    /// The test that came nearest to catching it: the one over which the most differs without being expected otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nearest: Option<NearestTest>,
}

/// A test that came near.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NearestTest {
    /// Its file.
    pub file: String,
    /// Its line, counted from 1.
    pub line: u64,
    /// Its name.
    pub name: String,
    /// What differs over the mutant without failing the test; empty if nothing does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub saw: Vec<String>,
}

/// The same before files and lines are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nearest {
    /// The case's document.
    pub at: At,
    /// The case's path in it.
    pub path: String,
    /// The case's name.
    pub name: String,
    /// What differs over the mutant.
    pub saw: Vec<String>,
}

/// Sums verdicts up. `files` are the folder's; `test` finds a case's file and line.
#[must_use]
pub fn explain(
    judged: &[(Mutant, Verdict)],
    accepted: &Accepted,
    (flows, files): (&Flows<'_>, &[SourceFile]),
    test: impl Fn(At, &str) -> (String, u64),
) -> MutationReport {
    let mut report = MutationReport { mutants: 0, killed: 0, accepted: 0, survived: 0, survivors: Vec::new() };
    for (mutant, verdict) in judged {
        let Some(entry) = flows.project.flows.get(mutant.flow) else { continue };
        let (reached, nearest) = match verdict {
            Verdict::Invalid => continue,
            Verdict::Killed => {
                report.mutants += 1;
                report.killed += 1;
                continue;
            }
            Verdict::Survived { reached, nearest } => (*reached as u64, nearest),
        };
        report.mutants += 1;
        let flow = &entry.document.name;
        if accepted.of(flow, mutant).is_some() {
            report.accepted += 1;
            continue;
        }
        report.survived += 1;
        let file = files.get(entry.at.file);
        let places = flows.project.places(entry.at);
        let spot = file
            .zip(places)
            .and_then(|(file, places)| render::spot(&mutant.path, mutant.range.clone(), &file.text, places));
        let (line, column) = spot.unwrap_or((1, 1));
        report.survivors.push(Survivor {
            file: file.map_or_else(String::new, |file| file.path.clone()),
            line: line as u64,
            column: column as u64,
            flow: flow.clone(),
            at: mutant.at.clone(),
            change: mutant.change.clone(),
            reached,
            nearest: nearest.as_ref().map(|nearest| {
                let (file, line) = test(nearest.at, &nearest.path);
                NearestTest { file, line, name: nearest.name.clone(), saw: nearest.saw.clone() }
            }),
        });
    }
    report
}

/// The JSON Schema of reports.
#[must_use]
pub fn schema() -> Schema {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<MutationReport>()
}
