//! Objects that can't be read and whose names can: whoever names one of them is not told that there is none.

use std::collections::BTreeSet;
use std::path::Path;

use waypost_flow::diagnostic::{Code, Diagnostic, Keys};
use waypost_flow::document::fold_name;
use waypost_flow::source::{self, Node};
use waypost_ids::Kind;
use waypost_store::records::catalogue::QueueRecord;

/// What is known of them.
#[derive(Debug, Default)]
pub(crate) struct Unreadable {
    /// Kinds and folded names.
    named: BTreeSet<(Kind, String)>,
    /// Folded: files that are neither YAML nor JSON, which may hold anything that they mention, and names in documents of no known kind.
    texts: Vec<String>,
}

impl Unreadable {
    /// Notes an object.
    pub(crate) fn object(&mut self, kind: Kind, name: &str) {
        self.named.insert((kind, fold_name(name)));
    }

    /// Notes what a document calls itself, if any of its problems is an error. `path` is its file's, if it is alone in there.
    pub(crate) fn document<'p>(
        &mut self,
        (kind, path): (Kind, Option<&str>),
        tree: &Node,
        problems: impl Iterator<Item = &'p Diagnostic> + Clone,
    ) {
        if !problems.clone().any(Diagnostic::is_error) {
            return;
        }
        // The key itself may be misspelt.
        let meant = |problem: &&Diagnostic| problem.keys.as_deref().and_then(Keys::meant) == Some("name");
        let keys = ["name"].into_iter().chain(problems.filter(meant).map(|problem| problem.path.as_str()));
        let mut written = keys.filter_map(|key| match source::member(tree, key) {
            Some(Node::String(name)) => Some(name.as_str()),
            _ => None,
        });
        if let Some(name) = written.next().or_else(|| path.and_then(stem)) {
            self.object(kind, name);
        }
    }

    /// Notes a document of which it is not known what it is.
    pub(crate) fn unknown_kind(&mut self, tree: &Node) {
        if let Some(Node::String(name)) = source::member(tree, "name") {
            self.texts.push(fold_name(name));
        }
    }

    /// Notes a file that is neither YAML nor JSON.
    pub(crate) fn file(&mut self, path: &str, text: &str) {
        self.texts.extend(stem(path).map(fold_name));
        self.texts.push(fold_name(text));
    }

    /// Whether a problem only says that one of them is not there.
    pub(crate) fn explains(&self, problem: &Diagnostic) -> bool {
        let kind = match problem.code {
            Code::UnknownFlow => Kind::Flow,
            Code::UnknownQueue => Kind::Queue,
            Code::UnknownTable => Kind::Table,
            Code::UnknownSchedule => Kind::Schedule,
            Code::UnknownWebhook => Kind::Webhook,
            Code::UnknownDataAction => Kind::DataAction,
            // Only queues name mailboxes.
            Code::InvalidValue if problem.path == format!("{}.mailbox", QueueRecord::DELIVER_TO) => Kind::Mailbox,
            _ => return false,
        };
        let named = problem.message.split_once('`').map(|(_, name)| fold_name(name.trim_end_matches('`')));
        named.is_some_and(|name| {
            self.texts.iter().any(|text| mentions(text, &name)) || self.named.contains(&(kind, name))
        })
    }
}

/// A file's name, which is that of an object that says no other.
fn stem(path: &str) -> Option<&str> {
    Path::new(path).file_stem()?.to_str()
}

/// Whether a text has the name as words of its own.
fn mentions(text: &str, name: &str) -> bool {
    let is_apart = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
    text.match_indices(name).any(|(at, found)| {
        let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at + found.len()..).unwrap_or_default());
        is_apart(before.chars().next_back()) && is_apart(after.chars().next())
    })
}
