//! Problems as they are gathered: as many as help are kept, the rest is counted.

use std::collections::HashSet;

use waypost_problem::settle;

use super::{Code, Diagnostic};
use crate::path::{MAX_PATH, clip};

/// So many problems of one document are listed. Of the others it is said how many they are.
pub const MAX_LISTED: usize = 500;

/// Texts of a problem are cut, in bytes: they quote what the user wrote.
const MAX_TEXT: usize = 1_000;

/// Gathers problems. Takes any number of them in bounded memory.
#[derive(Clone, Debug, Default)]
pub struct Problems {
    listed: Vec<Diagnostic>,
    listed_errors: usize,
    more: usize,
    errors: usize,
    has_gaps: bool,
}

impl Problems {
    /// Adds an error that is only put into words if it is listed: looking for similar names takes longer than counting.
    pub fn error(&mut self, words: impl FnOnce() -> Diagnostic) {
        if self.listed.len() < MAX_LISTED {
            self.push(words());
        } else {
            self.errors += 1;
            self.more += 1;
        }
    }

    /// Adds a problem.
    pub fn push(&mut self, mut problem: Diagnostic) {
        if problem.is_error() {
            self.errors += problem.more.max(1);
        }
        if problem.code == Code::MoreProblems {
            self.more += problem.more;
        } else if self.listed.len() < MAX_LISTED {
            problem.cut();
            self.listed_errors += usize::from(problem.is_error());
            self.listed.push(problem);
        } else {
            self.more += 1;
        }
    }

    /// Adds problems.
    pub fn extend(&mut self, problems: impl IntoIterator<Item = Diagnostic>) {
        problems.into_iter().for_each(|problem| self.push(problem));
    }

    /// How many there are, listed or not.
    #[must_use]
    pub fn len(&self) -> usize {
        self.listed.len() + self.more
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there is an error among them.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// Takes down that something is missing: a problem of it is here, or was told elsewhere.
    pub(crate) fn leave_gap(&mut self) {
        self.has_gaps = true;
    }

    /// Whether something is missing.
    pub(crate) fn has_gaps(&self) -> bool {
        self.has_gaps
    }

    /// Keeps the first of those that say the same.
    pub fn dedup(&mut self) {
        let mut said = HashSet::new();
        self.listed.retain(|problem| said.insert(problem.clone()));
        self.count();
    }

    /// Tells a misspelt key once ([`settle`]).
    pub fn settle(&mut self) {
        settle(&mut self.listed);
        self.count();
    }

    /// Counts the listed errors again, of which some are gone.
    fn count(&mut self) {
        let errors = self.listed.iter().filter(|problem| problem.is_error()).count();
        self.errors -= self.listed_errors - errors;
        self.listed_errors = errors;
    }

    /// The problems that are listed and, if there are more, one that says how many.
    #[must_use]
    pub fn into_vec(self) -> Vec<Diagnostic> {
        let mut all = self.listed;
        if self.more > 0 {
            let message = format!("{} more problems are not listed", self.more);
            let listed = self.listed_errors;
            // Warnings never stop publishing, however many there are.
            let rest = if self.errors > listed { Diagnostic::error } else { Diagnostic::warning };
            let mut rest = rest(Code::MoreProblems, "", message).suggestion("fix the ones above first");
            rest.more = self.more;
            all.push(rest);
        }
        all
    }
}

impl Diagnostic {
    /// Cuts what quotes very long texts.
    fn cut(&mut self) {
        let cut = |text: &mut String, most| {
            if text.len() > most {
                *text = clip(text, most);
            }
        };
        cut(&mut self.path, MAX_PATH);
        cut(&mut self.message, MAX_TEXT);
        for text in [&mut self.expected, &mut self.found, &mut self.suggestion].into_iter().flatten() {
            cut(text, MAX_TEXT);
        }
    }
}
