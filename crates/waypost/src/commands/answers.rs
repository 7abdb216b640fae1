//! `--answers FILE` of `run` and `waypost try`: what a trial is answered, read and shown in one way.

use std::io;
use std::path::Path;

use waypost_app::mail::given::ANSWERS;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::source::members::Members;
use waypost_flow::source::{self, Node, Places};
use waypost_project::{At, FileProblem, SourceFile};
use waypost_wire::error::Problem;

use crate::failure::Failure;
use crate::{files, screen};

/// A file that has `answers`.
pub(super) struct AnswersFile {
    file: [SourceFile; 1],
    places: Places,
    document: Node,
}

impl AnswersFile {
    /// Reads a file. What the answers say is checked by whoever has the data actions.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let text = String::from_utf8_lossy(&files::bytes(path)?).into_owned();
        let file = [SourceFile { path: path.display().to_string(), text }];
        let [SourceFile { text, .. }] = &file;
        match source::yaml(text) {
            Ok((document, places)) => Ok(Self { file, places, document }),
            Err(error) => {
                let unread = Self { file, places: Places::new(), document: Node::Null };
                Err(unread.refused(vec![error.into()])?)
            }
        }
    }

    /// What it says.
    pub(super) fn document(&self) -> &Node {
        &self.document
    }

    /// The answers, unread.
    pub(super) fn listed(&self) -> Result<&[Node], Failure> {
        let read = Members::of("", &self.document).map_err(|problem| vec![*problem]).and_then(|mut members| {
            let answers = members.list(ANSWERS);
            let problems = members.finish(&[ANSWERS]);
            if problems.is_empty() { Ok(answers) } else { Err(problems) }
        });
        match read {
            Ok(answers) => Ok(answers),
            Err(problems) => Err(self.refused(problems)?),
        }
    }

    /// Shows what is wrong, in the file.
    pub(super) fn refused(&self, problems: Vec<Diagnostic>) -> Result<Failure, Failure> {
        let at = At { file: 0, document: 0 };
        let problems: Vec<FileProblem> =
            problems.into_iter().map(|diagnostic| FileProblem { at, diagnostic }).collect();
        let colour = screen::is_coloured(&io::stderr());
        files::print_found(&mut screen::styled_stderr(), &self.file, &problems, &|_| Some(&self.places), colour)?;
        Ok(Failure::Found)
    }

    /// What a server finds wrong with the answers, if that is all that it found.
    pub(super) fn found_by_server(problems: &[Problem]) -> Option<Vec<Diagnostic>> {
        let diagnostic = |problem: &Problem| {
            let path = problem.path.as_ref().filter(|path| path.starts_with(ANSWERS))?;
            let code = Code::ALL.iter().find(|code| code.as_str() == problem.code)?;
            Some(Diagnostic {
                expected: problem.expected.clone(),
                found: problem.found.clone(),
                suggestion: problem.suggestion.clone(),
                ..Diagnostic::error(*code, path.clone(), problem.message.clone())
            })
        };
        let found: Option<Vec<Diagnostic>> = problems.iter().map(diagnostic).collect();
        found.filter(|found| !found.is_empty())
    }
}
