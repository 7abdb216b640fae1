//! What a document of a folder is.

use waypost_flow::diagnostic::{Code, Diagnostic, nearest};
use waypost_flow::source::members::unknown;
use waypost_flow::source::{Node, member};
use waypost_ids::{Kind, Term};

/// The member that says what a document is.
pub(crate) const KEY: &str = waypost_catalogue::texts::KIND;

/// The kind of the document that names the project.
pub(crate) const PROJECT: &str = "project";

/// The kind of the document of a client, which is no object of the catalogue.
pub(crate) const CLIENT: &str = "client";

/// What a document is that nothing else tells.
const FLOW: DocumentKind = DocumentKind::Object(Kind::Flow);

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DocumentKind {
    /// One object of the catalogue.
    Object(Kind),
    /// A routing file: names of queues and terms, and routes.
    Routing,
    /// What the project itself is called.
    Project,
    /// Who may ask the server.
    Client,
}

/// What a document says that it is, and what is wrong with how it says so.
pub(crate) struct Said {
    /// What it is; none if it names no kind that is known.
    pub(crate) kind: Option<DocumentKind>,
    /// The key that says so, which may be misspelt.
    pub(crate) key: String,
    /// Every problem.
    pub(crate) problems: Vec<Diagnostic>,
}

/// What a document is: as it says by `kind`, or else by the members that it has.
pub(crate) fn of(node: &Node) -> Said {
    let said = |kind, key: &str, problems| Said { kind, key: key.to_owned(), problems };
    match member(node, KEY) {
        None => match misspelt(node) {
            Some((key, word)) => {
                let kind = named(word);
                let of_word = kind.is_none().then(|| unknown_kind(key, word));
                let problems = std::iter::once(unknown("", key, &[KEY])).chain(of_word).collect();
                said(kind, key, problems)
            }
            None => match (by_members(node), kind_as_key(node)) {
                (None, Some(key)) => {
                    let problem = Diagnostic::error(Code::UnknownKey, key, format!("unknown key `{key}`"));
                    let advice = format!("begin with `{KEY}: {key}`, and call it by `name`");
                    said(None, key, vec![problem.suggestion(advice)])
                }
                (known, _) => said(Some(known.unwrap_or(FLOW)), KEY, Vec::new()),
            },
        },
        Some(Node::String(word)) => match named(word) {
            Some(kind) => said(Some(kind), KEY, Vec::new()),
            None => said(None, KEY, vec![unknown_kind(KEY, word)]),
        },
        Some(other) => {
            let problem = Diagnostic::error(Code::WrongKind, KEY, "expected the kind of object, such as `queue`");
            said(None, KEY, vec![problem.expected("a string").found(other.kind())])
        }
    }
}

/// The misspelt `kind` of a document, and its word: the name of a kind, or whatever is said where nothing else tells what the document is.
fn misspelt(node: &Node) -> Option<(&str, &str)> {
    let Node::Map(members) = node else { return None };
    let near = members.iter().filter(|(key, _)| nearest(key, [KEY]).is_some());
    let mut near = near.filter_map(|(key, value)| match value {
        Node::String(word) => Some((key.as_str(), word.as_str())),
        _ => None,
    });
    near.find(|(_, word)| named(word).is_some() || by_members(node).is_none())
}

/// The kind that a document begins with in place of `kind` and `name`: `queue: Support`.
fn kind_as_key(node: &Node) -> Option<&str> {
    let Node::Map(members) = node else { return None };
    match members.first()? {
        (key, Node::String(_)) if named(key).is_some_and(|kind| kind != FLOW) => Some(key),
        _ => None,
    }
}

fn named(word: &str) -> Option<DocumentKind> {
    match word {
        PROJECT => Some(DocumentKind::Project),
        CLIENT => Some(DocumentKind::Client),
        word => Kind::named(word).map(DocumentKind::Object),
    }
}

fn unknown_kind(key: &str, word: &str) -> Diagnostic {
    let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).chain([CLIENT, PROJECT]).collect();
    let problem = Diagnostic::error(Code::InvalidValue, key, format!("unknown kind `{word}`"));
    problem.expected(known.join(", ")).nearest(word, known)
}

/// What a routing file may say.
pub(crate) fn routing_keys() -> impl Iterator<Item = &'static str> {
    ["queues", "routes"].into_iter().chain(Term::ALL.map(Term::plural))
}

/// What a document is that says nothing of it; none if it has no member that tells.
fn by_members(node: &Node) -> Option<DocumentKind> {
    let has = |name: &str| member(node, name).is_some();
    match () {
        () if has("type") || has("nodes") => Some(FLOW),
        () if routing_keys().any(has) => Some(DocumentKind::Routing),
        () if has("schema") => Some(DocumentKind::Object(Kind::Table)),
        () if has("config") && has("contract") => Some(DocumentKind::Object(Kind::DataAction)),
        () if has("timeZone") => Some(DocumentKind::Object(Kind::Schedule)),
        () => None,
    }
}
