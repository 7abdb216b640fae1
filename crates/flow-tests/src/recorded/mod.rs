//! A case's mail that a server recorded. It is fetched once, by whoever calls, and kept beside the test file: tests ask no server.

mod calls;
mod kept;

use std::borrow::Cow;
use std::io::ErrorKind;

use waypost_app::mail::given::ANSWERS;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::source::members::{Members, below, wrong};
use waypost_flow::source::{self, Node, member};
use waypost_ids::InteractionId;

use crate::thread;
use crate::trial::{MAIL, Open};

pub use calls::Calls;
pub use kept::kept;

/// The member of `mail` that names the interaction.
pub(crate) const INTERACTION: &str = "interaction";

/// The folder beside the test file.
const FOLDER: &str = "interactions";

/// What the interaction came with and was answered, as members of a case.
const MEMBERS: [&str; 8] = ["at", "envelope", "auth", "scan", "attributes", thread::THREAD, thread::PREVIOUS, ANSWERS];

/// The files of a recording, named from where the test file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// The interaction.
    pub id: InteractionId,
    /// The mail, its bytes as received.
    pub mail: String,
    /// What it came with.
    pub facts: String,
}

impl Recording {
    /// Where an interaction is kept.
    #[must_use]
    pub fn of(id: InteractionId) -> Self {
        Self { id, mail: format!("{FOLDER}/{id}.eml"), facts: format!("{FOLDER}/{id}.interaction.yaml") }
    }

    /// The recording that a file belongs to.
    #[must_use]
    pub fn with_file(name: &str) -> Option<Self> {
        let name_of_file = name.strip_prefix(FOLDER)?.strip_prefix('/')?;
        let id = name_of_file.split_once('.')?.0.parse().ok()?;
        Some(Self::of(id)).filter(|recording| recording.mail == name || recording.facts == name)
    }

    /// A file of it can't be read.
    fn unread(&self, path: &str, error: &std::io::Error) -> Diagnostic {
        let id = self.id;
        if error.kind() == ErrorKind::NotFound {
            let message = format!("interaction `{id}` is not fetched yet");
            return Diagnostic::error(Code::InvalidValue, path, message)
                .expected(format!("its mail in `{}`", self.mail))
                .suggestion("fetch it once from its server: `waypost test --fetch`");
        }
        Diagnostic::error(Code::InvalidValue, path, format!("can't read interaction `{id}`: {error}"))
    }
}

/// A case with what its recorded mail came with, where the case itself says nothing.
pub(crate) struct Recorded<'n> {
    /// The case.
    pub(crate) node: Cow<'n, Node>,
    /// The mail; none if the case has another.
    pub(crate) raw: Option<Vec<u8>>,
    /// Which members the recording gave, and where the case names it.
    given: Option<Given>,
}

struct Given {
    names: Vec<String>,
    file: String,
    path: String,
}

impl<'n> Recorded<'n> {
    /// Reads the recording that the case's `mail` names, if it names one.
    pub(crate) fn read(path: &str, case: &'n Node, open: Open<'_>, problems: &mut Vec<Diagnostic>) -> Self {
        let alone = Self { node: Cow::Borrowed(case), raw: None, given: None };
        let Some(mail) = member(case, MAIL).filter(|mail| names_one(mail)) else { return alone };
        let path = below(path, MAIL);
        let Some(recording) = named(&path, mail, problems) else { return Self { raw: Some(Vec::new()), ..alone } };
        let path = below(&path, INTERACTION);
        let mut opened = |name: &str| {
            open(name).map_err(|error| {
                let problem = recording.unread(&path, &error);
                // One file that is missing is told of once.
                if !problems.contains(&problem) {
                    problems.push(problem);
                }
            })
        };
        let (facts, raw) = (opened(&recording.facts), opened(&recording.mail));
        let facts = facts.ok().and_then(|bytes| facts_in(&recording, &path, &bytes, problems)).unwrap_or_default();
        let given: Vec<(String, Node)> = facts.into_iter().filter(|(name, _)| member(case, name).is_none()).collect();
        let names = given.iter().map(|(name, _)| name.clone()).collect();
        let Node::Map(said) = case else { return alone };
        let said = said.iter().filter(|(name, _)| name != MAIL).cloned();
        Self {
            node: Cow::Owned(Node::Map(said.chain(given).collect())),
            raw: Some(raw.unwrap_or_default()),
            given: Some(Given { names, file: recording.facts, path }),
        }
    }

    /// Moves problems with what the recording gave to where the case names it: they are in no line of the test file.
    pub(crate) fn place(&self, path: &str, problems: &mut [Diagnostic]) {
        let Some(Given { names, file, path: named }) = &self.given else { return };
        let inside = |problem: &Diagnostic| {
            names.iter().any(|name| {
                let rest = problem.path.strip_prefix(&below(path, name));
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
            })
        };
        for problem in problems.iter_mut().filter(|problem| inside(problem)) {
            let within = problem.path.strip_prefix(path).unwrap_or(&problem.path).trim_start_matches('.').to_owned();
            problem.message = format!("`{file}`: {within}: {}", problem.message);
            problem.path.clone_from(named);
            problem.range = None;
        }
    }
}

/// Whether a mail is a recorded one.
pub(crate) fn names_one(mail: &Node) -> bool {
    member(mail, INTERACTION).is_some_and(|id| *id != Node::Null)
}

fn named(path: &str, mail: &Node, problems: &mut Vec<Diagnostic>) -> Option<Recording> {
    let mut members = Members::of(path, mail).map_err(|problem| problems.push(*problem)).ok()?;
    let id = members.text(INTERACTION);
    for name in members.names() {
        members.node(&name);
        let message = format!("`{name}` can't be said beside `{INTERACTION}`: the mail is the recorded one");
        problems.push(Diagnostic::error(Code::UnknownKey, below(path, &name), message));
    }
    problems.extend(members.finish(&[INTERACTION]));
    let id = id?;
    let read = id.parse().ok();
    if read.is_none() {
        let problem = Diagnostic::error(
            Code::InvalidValue,
            below(path, INTERACTION),
            format!("`{id}` is not the id of an interaction"),
        );
        problems.push(problem.expected("an id such as `01993f5e-8c1a-7d2b-9e4f-3a5b6c7d8e9f`"));
    }
    read.map(Recording::of)
}

/// What an interaction came with.
fn facts_in(
    recording: &Recording,
    path: &str,
    bytes: &[u8],
    problems: &mut Vec<Diagnostic>,
) -> Option<Vec<(String, Node)>> {
    let file = &recording.facts;
    let mut damaged = |why: String| {
        let problem = Diagnostic::error(Code::InvalidValue, path, format!("`{file}`: {why}"));
        problems.push(problem.suggestion("delete the file, and fetch the interaction again: `waypost test --fetch`"));
    };
    match source::yaml(&String::from_utf8_lossy(bytes)) {
        Ok((Node::Map(members), _)) => {
            let unknown = members.iter().find(|(name, _)| !MEMBERS.contains(&name.as_str()));
            if let Some((name, _)) = unknown {
                damaged(format!("unknown key `{name}`"));
                return None;
            }
            Some(members)
        }
        Ok((other, _)) => {
            damaged(wrong("", "a map").found(other.kind()).message);
            None
        }
        Err(error) => {
            damaged(error.message);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_those_of_an_interaction_and_no_others() {
        let id = "01993f5e-8c1a-7d2b-9e4f-3a5b6c7d8e9f";
        let recording = Recording::of(id.parse().unwrap());
        for name in [&recording.mail, &recording.facts] {
            assert_eq!(Recording::with_file(name).as_ref(), Some(&recording), "{name}");
        }
        for other in [
            format!("{id}.eml"),
            format!("interactions/{id}.yaml"),
            format!("interactions/../{id}.eml"),
            "interactions/x.eml".to_owned(),
            format!("interactions/{}.eml", id.to_uppercase()),
        ] {
            assert_eq!(Recording::with_file(&other), None, "{other}");
        }
    }
}
