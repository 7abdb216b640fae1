//! What the cases of a document have in common: `defaults` beside `tests`.

use jiff::Timestamp;
use waypost_app::mail::given::{ANSWERS, GivenAnswer};
use waypost_flow::diagnostic::Diagnostic;
use waypost_flow::source::members::Members;
use waypost_flow::source::{Node, member};

use crate::Flows;
use crate::mail::Fields;
use crate::recorded;
use crate::time;
use crate::trial::MAIL;

/// The member that holds them.
pub(crate) const DEFAULTS: &str = "defaults";

/// What they may say.
pub(crate) const KEYS: [&str; 3] = ["at", MAIL, ANSWERS];

/// What a case has that says nothing else.
#[derive(Debug, Default)]
pub(crate) struct Defaults {
    at: Option<Node>,
    mail: Vec<(String, Node)>,
    /// Answers that come after the case's own.
    pub(crate) answers: Vec<GivenAnswer>,
}

impl Defaults {
    /// Reads them. Problems are told here, once, and not for each case.
    pub(crate) fn read(node: &Node, flows: &Flows<'_>, problems: &mut Vec<Diagnostic>) -> Self {
        let mut members = match Members::of(DEFAULTS, node) {
            Ok(members) => members,
            Err(problem) => {
                problems.push(*problem);
                return Self::default();
            }
        };
        let before = problems.len();
        let (at, mail, given) = (members.text("at"), members.node(MAIL), members.list(ANSWERS));
        problems.extend(members.finish(&KEYS));
        if let Some(text) = &at {
            problems.extend(time::read(format!("{DEFAULTS}.at"), text).err().map(|problem| *problem));
        }
        Fields::read(&format!("{DEFAULTS}.{MAIL}"), mail, "", Timestamp::UNIX_EPOCH, problems);
        let path = format!("{DEFAULTS}.{ANSWERS}");
        let answers = GivenAnswer::listed(&path, given, flows.running, problems);
        if problems.len() > before {
            return Self::default();
        }
        let mail = match mail {
            Some(Node::Map(members)) => members.clone(),
            _ => Vec::new(),
        };
        let answers = answers.into_iter().map(GivenAnswer::into_default).collect();
        Self { at: at.map(Node::String), mail, answers }
    }

    /// A case with what it leaves out. Of a mail each member counts by itself; a mail that is a file, or recorded, has none.
    pub(crate) fn fill(&self, case: &Node) -> Node {
        let Node::Map(said) = case else { return case.clone() };
        let mut filled = said.clone();
        let is_file = member(case, "file").is_some() || member(case, MAIL).is_some_and(recorded::names_one);
        if let Some(at) = self.at.as_ref().filter(|_| !is_file && member(case, "at").is_none()) {
            filled.push(("at".to_owned(), at.clone()));
        }
        if self.mail.is_empty() || is_file {
            return Node::Map(filled);
        }
        match filled.iter_mut().find(|(name, _)| name == MAIL) {
            None => filled.push((MAIL.to_owned(), Node::Map(self.mail.clone()))),
            Some((_, Node::Map(mail))) => {
                let missing = self.mail.iter().filter(|(name, _)| !mail.iter().any(|(known, _)| known == name));
                let missing: Vec<(String, Node)> = missing.cloned().collect();
                mail.extend(missing);
            }
            // Something that is no mail is told where the case is read.
            Some(_) => {}
        }
        Node::Map(filled)
    }
}
