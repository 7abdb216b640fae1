//! The test documents of a folder.

use std::collections::HashMap;

use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::source::members::{Members, repeated};
use waypost_flow::source::{self, Node, Places, member};
use waypost_project::{At, FileProblem, SourceFile};

use crate::Flows;
use crate::case::{self, Case};
use crate::defaults::{DEFAULTS, Defaults};
use crate::rows;

/// The member that holds a document's cases.
const TESTS: &str = "tests";

/// All cases of a folder's test files.
#[derive(Debug, Default)]
pub struct Suite {
    /// The cases, in the order of files and lines.
    pub cases: Vec<Case>,
    /// What is wrong with the files.
    pub problems: Vec<FileProblem>,
    places: HashMap<At, Places>,
}

impl Suite {
    /// Reads test files. `open` reads a mail by the position of the test file that names it and its name there.
    #[must_use]
    pub fn read(
        files: &[SourceFile],
        flows: &Flows<'_>,
        open: &dyn Fn(usize, &str) -> std::io::Result<Vec<u8>>,
    ) -> Self {
        let mut suite = Self::default();
        for (file, source) in files.iter().enumerate() {
            let first = At { file, document: 0 };
            let documents = match source::yaml_documents(&source.text) {
                Ok(documents) => documents,
                Err(error) => {
                    suite.add(first, [error.into()]);
                    continue;
                }
            };
            if documents.is_empty() {
                suite.add(first, [no_tests()]);
            }
            let mut names: HashMap<String, (At, String)> = HashMap::new();
            for (document, (node, places)) in documents.into_iter().enumerate() {
                let at = At { file, document };
                suite.places.insert(at, places);
                suite.document(at, &node, flows, open, &mut names);
            }
        }
        suite
    }

    fn document(
        &mut self,
        at: At,
        node: &Node,
        flows: &Flows<'_>,
        open: &dyn Fn(usize, &str) -> std::io::Result<Vec<u8>>,
        names: &mut HashMap<String, (At, String)>,
    ) {
        let doubled = source::repeated_keys("", node);
        if !doubled.is_empty() {
            return self.add(at, doubled.into_iter().map(|(path, key)| repeated(path, key)));
        }
        let mut members = match Members::of("", node) {
            Ok(members) => members,
            Err(problem) => return self.add(at, [*problem]),
        };
        let (tests, defaults) = (members.list(TESTS), members.node(DEFAULTS));
        let mut problems = members.finish(&[TESTS, DEFAULTS]);
        let defaults = defaults.map(|node| Defaults::read(node, flows, &mut problems)).unwrap_or_default();
        if tests.is_empty() && problems.is_empty() {
            self.add(at, [no_tests()]);
        }
        self.add(at, problems);
        for (index, test) in tests.iter().enumerate() {
            let path = format!("{TESTS}[{index}]");
            let mut problems = Vec::new();
            let test = defaults.fill(test);
            let cases = match member(&test, rows::KEY) {
                None => vec![(path.clone(), None, test.clone())],
                Some(values) => rows::filled(&path, &test, values, &mut problems)
                    .into_iter()
                    .map(|filled| (format!("{path}.{}[{}]", rows::KEY, filled.row), Some(filled.row), filled.node))
                    .collect(),
            };
            let mut told = Vec::new();
            let count = cases.len();
            for (place, row, node) in cases {
                let mut found = Vec::new();
                // Problems are about what is written: the case, which all rows share.
                if let Some(mut case) =
                    case::read((at, path.clone()), &node, flows, &|name| open(at.file, name), &mut found)
                {
                    let is_taken = |name: &str| names.contains_key(name);
                    if let Some(row) = row.filter(|_| is_taken(&case.name)) {
                        case.name = format!("{} ({})", case.name, row + 1);
                    }
                    if let Some((first, there)) = names.get(&case.name) {
                        let line = self.line(*first, there).unwrap_or_default();
                        let message = format!("the case `{}` is already defined in line {line}", case.name);
                        problems.push(Diagnostic::error(Code::DuplicateName, format!("{path}.name"), message));
                    }
                    names.insert(case.name.clone(), (at, place.clone()));
                    case.trial.also_answered(&defaults.answers);
                    case.path = place;
                    self.cases.push(case);
                }
                found.dedup();
                told.extend(found.into_iter().filter(|one| !problems.contains(one)).map(|one| (row, one)));
            }
            let of_rows = told.iter().map(|(row, problem)| match row {
                Some(row) if told.iter().filter(|(_, other)| other == problem).count() < count => {
                    Diagnostic { message: format!("in row {}: {}", row + 1, problem.message), ..problem.clone() }
                }
                _ => problem.clone(),
            });
            let mut seen: Vec<Diagnostic> = Vec::new();
            for problem in problems.into_iter().chain(of_rows) {
                if !seen.contains(&problem) {
                    seen.push(problem);
                }
            }
            self.add(at, seen);
        }
    }

    /// Leaves out problems with what the cases name in the folder: where that has errors, it may have what they name.
    pub fn forget_names(&mut self) {
        self.problems.retain(|problem| !names_something(&problem.diagnostic));
    }

    fn add(&mut self, at: At, problems: impl IntoIterator<Item = Diagnostic>) {
        self.problems.extend(problems.into_iter().map(|diagnostic| FileProblem { at, diagnostic }));
    }

    /// Places in a document.
    #[must_use]
    pub fn places(&self, at: At) -> Option<&Places> {
        self.places.get(&at)
    }

    /// The line of a path in a document.
    #[must_use]
    pub fn line(&self, at: At, path: &str) -> Option<usize> {
        self.places.get(&at)?.get(path).map(|place| place.line)
    }
}

/// Whether a problem is that the folder's flows and objects have not what is named.
fn names_something(problem: &Diagnostic) -> bool {
    let is_route = || problem.path.ends_with(".route") && problem.code == Code::InvalidValue;
    let within = |member: &str| {
        let of_case = problem.path.split_once("].").map_or("", |(_, rest)| rest);
        of_case == member || of_case.starts_with(&format!("{member}.")) || of_case.starts_with(&format!("{member}["))
    };
    matches!(
        problem.code,
        Code::UnknownFlow
            | Code::UnknownQueue
            | Code::UnknownTable
            | Code::UnknownSchedule
            | Code::UnknownDataAction
            | Code::UnknownOutput
            | Code::UnknownNode
    ) || is_route()
        || within("inputs")
}

fn no_tests() -> Diagnostic {
    Diagnostic::error(Code::MissingKey, TESTS, "the file has no tests").expected("`tests`, a list of cases")
}
