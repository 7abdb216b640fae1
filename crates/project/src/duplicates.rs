//! Names that are in a folder twice. What is the same name, each kind of object says itself.

use std::collections::HashMap;
use std::fmt::Display;

use waypost_flow::diagnostic::{Code, Diagnostic};

use crate::{At, Project};

/// Who had a name first, by kind and folded name: the document, and the name's path in it.
pub(crate) type Names = HashMap<(String, String), (At, String)>;

impl Project {
    /// Takes a name for the object whose name is at a path. The second object of a name is a problem that says where the first is.
    pub(crate) fn first_of_its_name(
        &mut self,
        at: At,
        kind: impl Display,
        (name, folded): (&str, String),
        path: String,
    ) -> bool {
        let key = (kind.to_string(), folded);
        let Some(first) = self.names.get(&key) else {
            self.names.insert(key, (at, path));
            return true;
        };
        let message = format!("the {kind} `{name}` is already defined in `{}`", self.spot(first));
        let problem = Diagnostic::error(Code::DuplicateName, path, message);
        self.add(at, [problem.expected(format!("each {kind} once in the whole folder"))]);
        false
    }

    /// Adds what is wrong with an object that can't be used, whose name is at a path. The name is taken all the same: another object of that
    /// name is a problem now, not only when this one is mended.
    pub(crate) fn wrong_one(
        &mut self,
        at: At,
        kind: impl Display,
        (name, folded): (&str, String),
        (path, problems): (&str, Vec<Diagnostic>),
    ) {
        let is_named = !name.is_empty() && problems.iter().all(|problem| problem.path != path);
        self.add(at, problems);
        if is_named {
            self.first_of_its_name(at, kind, (name, folded), path.to_owned());
        }
    }

    /// File and line of a path in a document, or of what it is part of.
    pub(crate) fn spot(&self, (at, path): &(At, String)) -> String {
        let file = self.paths.get(at.file).map_or("", String::as_str);
        let places = self.places.get(at);
        let whole = path.rfind('.').and_then(|end| path.get(..end)).unwrap_or_default();
        let place = [path.as_str(), whole, ""].into_iter().find_map(|path| places?.get(path));
        place.map_or_else(|| file.to_owned(), |place| format!("{file}:{}", place.line))
    }
}
