//! Mutants that no test can catch, because they mean the same: a file beside the tests lists them, each with its reason.

use std::collections::HashSet;

use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document::fold_name;
use waypost_flow::source::members::Members;
use waypost_flow::source::{self, Places};
use waypost_project::{At, FileProblem, SourceFile};

use super::{Mutant, Verdict};

/// The name of such a file.
pub const FILE_NAME: &str = "mutants.accepted.yaml";

/// What a file has.
const KEY: &str = "accepted";

/// What an entry has.
const KEYS: [&str; 4] = ["flow", "at", "change", "reason"];

/// An entry of such a file.
#[derive(Clone, Debug)]
pub struct Entry {
    at_file: At,
    path: String,
    /// The flow's name.
    pub flow: String,
    /// Where it is changed, as the report says.
    pub at: String,
    /// What is changed, as the report says.
    pub change: String,
    /// Why no test can catch it.
    pub reason: String,
}

/// The entries of a folder.
#[derive(Debug, Default)]
pub struct Accepted {
    /// The entries, in the order of files and lines.
    pub entries: Vec<Entry>,
    /// What is wrong with the files.
    pub problems: Vec<FileProblem>,
    places: std::collections::HashMap<At, Places>,
}

impl Accepted {
    /// Reads the files.
    #[must_use]
    pub fn read(files: &[SourceFile]) -> Self {
        let mut accepted = Self::default();
        for (file, source) in files.iter().enumerate() {
            match source::yaml_documents(&source.text) {
                Err(error) => {
                    let at = At { file, document: 0 };
                    accepted.problems.push(FileProblem { at, diagnostic: error.into() });
                }
                Ok(documents) => {
                    for (document, (node, places)) in documents.into_iter().enumerate() {
                        let at = At { file, document };
                        accepted.places.insert(at, places);
                        let mut problems = Vec::new();
                        accepted.document(at, &node, &mut problems);
                        accepted.problems.extend(problems.into_iter().map(|diagnostic| FileProblem { at, diagnostic }));
                    }
                }
            }
        }
        accepted
    }

    fn document(&mut self, at_file: At, node: &source::Node, problems: &mut Vec<Diagnostic>) {
        let mut members = match Members::of("", node) {
            Ok(members) => members,
            Err(problem) => return problems.push(*problem),
        };
        let entries = members.list(KEY);
        problems.extend(members.finish(&[KEY]));
        for (index, entry) in entries.iter().enumerate() {
            let path = format!("{KEY}[{index}]");
            let mut members = match Members::of(&path, entry) {
                Ok(members) => members,
                Err(problem) => {
                    problems.push(*problem);
                    continue;
                }
            };
            let before = problems.len();
            let [flow, at, change, reason] = KEYS.map(|key| match members.text(key) {
                Some(text) if !text.trim().is_empty() => text,
                _ => {
                    members.missing(key, "`flow`, `at`, `change` as the report has them, and a `reason`");
                    String::new()
                }
            });
            problems.extend(members.finish(&KEYS));
            if problems.len() == before {
                self.entries.push(Entry { at_file, path, flow, at, change, reason });
            }
        }
    }

    /// Places in a document.
    #[must_use]
    pub fn places(&self, at: At) -> Option<&Places> {
        self.places.get(&at)
    }

    /// The entry that accepts a mutant of a flow.
    #[must_use]
    pub fn of(&self, flow: &str, mutant: &Mutant) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.is_for(flow, mutant))
    }

    /// Entries that accept nothing: there is no such mutant, a test catches it by now, or it is listed twice.
    #[must_use]
    pub fn stale<'m>(
        &self,
        judged: impl Iterator<Item = (&'m str, &'m Mutant, &'m Verdict)> + Clone,
    ) -> Vec<FileProblem> {
        let mut seen = HashSet::new();
        let mut problems = Vec::new();
        for entry in &self.entries {
            let verdict =
                judged.clone().find(|(flow, mutant, _)| entry.is_for(flow, mutant)).map(|(.., verdict)| verdict);
            let message = match verdict {
                _ if !seen.insert((fold_name(&entry.flow), &entry.at, &entry.change)) => {
                    "this mutant is accepted twice"
                }
                None | Some(Verdict::Invalid) => "there is no such mutant",
                Some(Verdict::Killed) => "a test catches this mutant",
                Some(Verdict::Survived { .. }) => continue,
            };
            let diagnostic = Diagnostic::error(Code::InvalidValue, &entry.path, message).suggestion("remove the entry");
            problems.push(FileProblem { at: entry.at_file, diagnostic });
        }
        problems
    }
}

impl Entry {
    fn is_for(&self, flow: &str, mutant: &Mutant) -> bool {
        fold_name(&self.flow) == fold_name(flow) && self.at == mutant.at && self.change == mutant.change
    }
}
