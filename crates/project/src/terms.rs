//! Skills and languages of a folder: as documents of their own, or as names in a routing file.

use std::collections::HashSet;

use waypost_catalogue::object::Object;
use waypost_catalogue::terms::{Declared, ForKind, TermKind, TermSpec, with_kind};
use waypost_flow::diagnostic::Diagnostic;
use waypost_flow::document::fold_name;
use waypost_flow::source::Node;
use waypost_ids::{Kind, Term};
use waypost_store::records::catalogue::TermRecord;

use crate::export::OF_A_SERVER;
use crate::world::{Offline, alone};
use crate::{At, Entry, Project, is_wrong};
use waypost_flow::source::members::Members;

/// A term of the folder.
#[derive(Debug)]
pub(crate) struct TermEntry {
    pub(crate) term: Term,
    folded: String,
    pub(crate) entry: Entry<TermSpec>,
}

impl Project {
    /// A term in a routing file.
    pub(crate) fn listed_term(&mut self, at: At, path: String, term: Term, node: &Node) {
        let Some(name) = self.listed_name(at, &path, node, term.as_str()) else { return };
        let spec = TermSpec { name: Some(name.clone()), ..TermSpec::default() };
        let problems = with_kind(term, Alone(&spec));
        if !problems.is_empty() {
            return self.missing(at, problems.into_iter().map(|one| Diagnostic { path: path.clone(), ..one }));
        }
        self.listed_terms.push(TermEntry { term, folded: fold_name(&name), entry: Entry { at, path, spec } });
    }

    /// Reads a term's document.
    pub(crate) fn term(&mut self, at: At, path: Option<&str>, term: Term, node: &Node) {
        let mut members = match Members::of("", node) {
            Ok(members) => members,
            Err(problem) => return self.missing(at, [*problem]),
        };
        let name = members.name(path);
        let (extra, mut problems) = members.kept(&["name", "description"], &OF_A_SERVER);
        let spec = TermSpec { name: Some(name.clone()), extra };
        if !is_wrong(&problems) {
            problems.extend(with_kind(term, Alone(&spec)));
        }
        let folded = fold_name(&name);
        if is_wrong(&problems) {
            self.incomplete = true;
            return self.wrong_one(at, Kind::Term(term), (&name, folded), ("name", problems));
        }
        self.add(at, problems);
        if self.first_of_its_name(at, Kind::Term(term), (&name, folded.clone()), "name".to_owned()) {
            self.terms.push(TermEntry { term, folded, entry: Entry { at, path: String::new(), spec } });
        }
    }

    /// All terms, each once: what its document says, or else its name in the first list that has it; and whether it is only listed.
    pub(crate) fn all_terms(&self) -> impl Iterator<Item = (&TermEntry, bool)> {
        let mut seen = HashSet::new();
        let listed = self.listed_terms.iter().map(|one| (one, true));
        let all = self.terms.iter().map(|one| (one, false)).chain(listed);
        all.filter(move |(one, _)| seen.insert((one.term, one.folded.as_str())))
    }
}

/// What a server would find wrong with a term.
struct Alone<'s>(&'s TermSpec);

impl ForKind for Alone<'_> {
    type Answer = Vec<Diagnostic>;

    fn with<K: TermKind>(self) -> Vec<Diagnostic> {
        alone::<Declared<K>>(self.0).err().unwrap_or_default()
    }
}

impl<K: TermKind> Offline for Declared<K> {
    fn renumbered(record: TermRecord, id: <Self as Object>::Id) -> TermRecord {
        TermRecord { id, ..record }
    }
}
