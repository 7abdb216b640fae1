//! A case: a trial, and what is expected of it.

use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::program::Program;
use waypost_flow::source::Node;
use waypost_flow::source::members::Members;
use waypost_project::At;

use crate::Flows;
use crate::expect::{Expect, Names, nothing};
use crate::recorded::Recorded;
use crate::rows;
use crate::trial::{self, Open, Trial, Written};

/// What a case may say.
pub(crate) fn keys() -> Vec<&'static str> {
    ["name"].into_iter().chain(trial::KEYS).chain(["expect", rows::KEY]).collect()
}

/// A case that can run.
#[derive(Debug)]
pub struct Case {
    /// Its file and document.
    pub at: At,
    /// Its path in that document, such as `tests[3]` or `tests[3].rows[1]`.
    pub path: String,
    /// Its name, which is its alone in the file.
    pub name: String,
    pub(crate) trial: Trial,
    pub(crate) expect: Expect,
}

/// Reads one case; none if there are problems with it.
pub(crate) fn read(
    (at, path): (At, String),
    node: &Node,
    flows: &Flows<'_>,
    open: Open<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Case> {
    let before = problems.len();
    let recorded = Recorded::read(&path, node, open, problems);
    let mut members = Members::of(&path, &recorded.node).map_err(|problem| problems.push(*problem)).ok()?;
    let name = members.text("name");
    if name.as_deref().is_none_or(|name| name.trim().is_empty()) {
        members.missing("name", "what the case shows, such as `a refund goes to billing`");
    }
    let known = keys();
    let written = Written::take(&mut members);
    let expect = members.node("expect");
    if expect.is_none() {
        members.problems.push(nothing(&members.at("expect")).lacking(&path, &["expect"]));
    }
    members.node(rows::KEY);
    problems.extend(members.finish(&known));
    let trial = written.read(&path, recorded.raw.clone(), flows, open, problems);
    recorded.place(&path, problems);
    let expect = match expect {
        None => None,
        Some(expect) => {
            let program = trial.as_ref().and_then(|trial| trial.aim.program(flows));
            let programs: Vec<&Program> = flows.programs().map(|(_, program)| &**program).collect();
            let names = Names { running: flows.running, program: program.as_deref(), programs: &programs };
            let mut found = Vec::new();
            let expect = Expect::read(&format!("{path}.expect"), expect, names, &mut found);
            // Against no flow each of its names would be unknown.
            let of_flow = [Code::UnknownOutput, Code::UnknownNode];
            problems.extend(found.into_iter().filter(|one| trial.is_some() || !of_flow.contains(&one.code)));
            Some(expect)
        }
    };
    let (Some(name), Some(trial), Some(expect)) = (name, trial, expect) else { return None };
    (problems.len() == before).then_some(Case { at, path, name, trial, expect })
}

impl Case {
    /// Whether everything is compared with the snapshot beside the file.
    #[must_use]
    pub fn expects_snapshot(&self) -> bool {
        self.expect.snapshot
    }
}
