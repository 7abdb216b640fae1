//! What a document of a folder is.

use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::source::{Node, member};
use waypost_ids::{Kind, Term};

/// The member that says what a document is.
pub(crate) const KEY: &str = waypost_catalogue::texts::KIND;

/// The kind of the document that names the project.
pub(crate) const PROJECT: &str = "project";

/// The kind of the document of a client, which is no object of the catalogue.
pub(crate) const CLIENT: &str = "client";

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

/// What a document is: as it says by `kind`, or else by the members that it has.
///
/// # Errors
/// It names no kind that is known.
pub(crate) fn of(node: &Node) -> Result<DocumentKind, Box<Diagnostic>> {
    match member(node, KEY) {
        None => Ok(by_members(node)),
        Some(Node::String(word)) if word == PROJECT => Ok(DocumentKind::Project),
        Some(Node::String(word)) if word == CLIENT => Ok(DocumentKind::Client),
        Some(Node::String(word)) => match Kind::named(word) {
            Some(kind) => Ok(DocumentKind::Object(kind)),
            None => {
                let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).chain([CLIENT, PROJECT]).collect();
                let problem = Diagnostic::error(Code::InvalidValue, KEY, format!("unknown kind `{word}`"));
                Err(Box::new(problem.expected(known.join(", ")).nearest(word, known)))
            }
        },
        Some(other) => {
            let problem = Diagnostic::error(Code::WrongKind, KEY, "expected the kind of object, such as `queue`");
            Err(Box::new(problem.expected("a string").found(other.kind())))
        }
    }
}

/// What a routing file may say.
pub(crate) fn routing_keys() -> impl Iterator<Item = &'static str> {
    ["queues", "routes"].into_iter().chain(Term::ALL.map(Term::plural))
}

fn by_members(node: &Node) -> DocumentKind {
    let has = |name: &str| member(node, name).is_some();
    let flow = DocumentKind::Object(Kind::Flow);
    match () {
        () if has("type") || has("nodes") => flow,
        () if routing_keys().any(has) => DocumentKind::Routing,
        () if has("schema") => DocumentKind::Object(Kind::Table),
        () if has("config") && has("contract") => DocumentKind::Object(Kind::DataAction),
        () if has("timeZone") => DocumentKind::Object(Kind::Schedule),
        () => flow,
    }
}
