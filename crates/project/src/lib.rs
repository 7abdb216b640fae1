//! A project: a folder of flows and of the objects that they need. Files in; a world, a change set, or every problem out. Nothing here
//! does I/O: whoever calls has read the files.

mod changes;
pub mod clients;
mod data_actions;
pub mod difference;
mod duplicates;
pub mod export;
mod kind;
mod mailboxes;
pub mod name;
mod objects;
pub mod pins;
pub mod plan;
mod schedules;
pub mod schema;
pub mod state;
pub mod tables;
mod terms;
pub mod texts;
mod unreadable;
mod webhooks;
mod world;

use std::collections::HashMap;

use waypost_catalogue::data_actions::DataActionSpec;
use waypost_catalogue::domains::DomainSpec;
use waypost_catalogue::mailboxes::MailboxSpec;
use waypost_catalogue::queues::QueueSpec;
use waypost_catalogue::routing::RouteSpec;
use waypost_catalogue::schedules::ScheduleSpec;
use waypost_catalogue::webhooks::WebhookSpec;
use waypost_flow::diagnostic::{Code, Diagnostic, settle};
use waypost_flow::document::{self, Document, Metadata, Read, Rest};
use waypost_flow::source::{self, Node, Places, members};
use waypost_ids::Kind;
use waypost_wire::access::OAuthClientRequest;

use duplicates::Names;
use kind::{DocumentKind, Said};
use tables::TableEntry;
use terms::TermEntry;
use unreadable::Unreadable;

/// A file of the folder.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Its path, for messages.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// A document of a file; most files have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct At {
    /// The file's position in what was given.
    pub file: usize,
    /// The document's position in its file.
    pub document: usize,
}

/// A problem in a document.
#[derive(Clone, Debug)]
pub struct FileProblem {
    /// The document.
    pub at: At,
    /// The problem, with its path in that document.
    pub diagnostic: Diagnostic,
}

/// A flow of the folder.
#[derive(Debug)]
pub struct FlowEntry {
    /// Where it is written.
    pub at: At,
    /// What it says.
    pub document: Document,
    /// What it says of the flow besides.
    pub metadata: Metadata,
    /// The same as it is written, which is what a server is sent.
    pub tree: Node,
}

/// An object of the folder.
#[derive(Debug)]
pub(crate) struct Entry<S> {
    /// Where it is written.
    pub(crate) at: At,
    /// Its path in that document: empty if it is the whole document, else such as `routes[1]`.
    pub(crate) path: String,
    /// What it is to be.
    pub(crate) spec: S,
}

/// What a folder holds.
#[derive(Debug, Default)]
pub struct Project {
    /// What the project is called, and where that is written: a server remembers by it what was applied from here.
    name: Option<(At, String)>,
    /// Flows.
    pub flows: Vec<FlowEntry>,
    /// Queues that have a document.
    queues: Vec<Entry<QueueSpec>>,
    /// Queues that a routing file lists by name: they are made if they are not there.
    listed_queues: Vec<Entry<QueueSpec>>,
    domains: Vec<Entry<DomainSpec>>,
    routes: Vec<Entry<RouteSpec>>,
    tables: Vec<TableEntry>,
    schedules: Vec<Entry<ScheduleSpec>>,
    webhooks: Vec<Entry<WebhookSpec>>,
    data_actions: Vec<Entry<DataActionSpec>>,
    mailboxes: Vec<Entry<MailboxSpec>>,
    clients: Vec<Entry<OAuthClientRequest>>,
    /// Terms that have a document.
    terms: Vec<TermEntry>,
    /// Terms that a routing file lists by name.
    listed_terms: Vec<TermEntry>,
    /// What is wrong.
    pub problems: Vec<FileProblem>,
    places: HashMap<At, Places>,
    /// The files' paths.
    paths: Vec<String>,
    names: Names,
    unreadable: Unreadable,
    /// Flows with errors, as far as they could be read.
    rests: Vec<(At, Rest)>,
    /// Whether something that others may name could not be read.
    incomplete: bool,
}

impl Project {
    /// Reads files. A document says by `kind` what it is; without one it is known by what it has: a table by `schema`, a schedule by
    /// `timeZone`, a routing file by `queues`, `routes`, `skills` or `languages`. Everything else is a flow.
    ///
    /// What is found here needs no server: documents that can't be read, names and addresses that are there twice, names, patterns and
    /// domains that no server would take.
    #[must_use]
    pub fn read(files: &[SourceFile]) -> Self {
        let mut project = Self { paths: files.iter().map(|file| file.path.clone()).collect(), ..Self::default() };
        for (index, file) in files.iter().enumerate() {
            let documents = match source::yaml_documents(&file.text) {
                Ok(documents) => documents,
                Err(error) => {
                    let at = At { file: index, document: 0 };
                    project.unreadable.file(&file.path, &file.text);
                    project.places.insert(at, Places::from([(String::new(), error.place(&file.text))]));
                    project.missing(at, [error.diagnostic()]);
                    continue;
                }
            };
            if documents.is_empty() {
                project.document(At { file: index, document: 0 }, Some(&file.path), &Node::Null);
            }
            let name = (documents.len() == 1).then_some(file.path.as_str());
            for (document, (node, places)) in documents.into_iter().enumerate() {
                let at = At { file: index, document };
                project.places.insert(at, places);
                project.document(at, name, &node);
            }
        }
        project
    }

    /// Leaves out a file that can't be read as text. What is only in there is not missing.
    pub fn leave_out(&mut self, file: &SourceFile) {
        self.unreadable.file(&file.path, &file.text);
        self.incomplete = true;
    }

    /// Only flows: a server's, whose other objects are in its world.
    #[must_use]
    pub fn of_flows(documents: impl IntoIterator<Item = Node>) -> Self {
        let mut project = Self::default();
        for (file, document) in documents.into_iter().enumerate() {
            project.paths.push(String::new());
            project.flow(At { file, document: 0 }, document);
        }
        project
    }

    /// Reads a document. `path` is its file's, if it is alone in there.
    fn document(&mut self, at: At, path: Option<&str>, node: &Node) {
        let Said { kind, key, problems } = kind::of(node);
        let told = self.problems.len();
        self.add(at, problems);
        let Some(kind) = kind else {
            self.unreadable.unknown_kind(node);
            self.incomplete = true;
            return;
        };
        self.of_kind(at, path, (kind, &key), node);
        if let DocumentKind::Object(kind) = kind {
            let problems = self.problems.iter().skip(told).map(|problem| &problem.diagnostic);
            self.unreadable.document((kind, path), node, problems);
        }
    }

    /// Reads a document of which it is known what it is; `key` is the member that may say so.
    fn of_kind(&mut self, at: At, path: Option<&str>, (kind, key): (DocumentKind, &str), node: &Node) {
        let tree = source::without(node, &[key]);
        let repeated = source::repeated_keys("", node);
        if kind != DocumentKind::Object(Kind::Flow) && !repeated.is_empty() {
            return self.missing(at, repeated.into_iter().map(|(path, key)| members::repeated(path, key)));
        }
        match kind {
            DocumentKind::Routing => self.routing(at, &tree),
            DocumentKind::Project => self.named(at, &tree),
            DocumentKind::Client => self.client(at, path, &tree),
            DocumentKind::Object(Kind::Flow) => self.flow(at, tree),
            DocumentKind::Object(Kind::Queue) => self.queue(at, path, &tree),
            DocumentKind::Object(Kind::Domain) => self.domain(at, &tree),
            DocumentKind::Object(Kind::Route) => self.route(at, "", &tree),
            DocumentKind::Object(Kind::Table) => self.table(at, path, &tree),
            DocumentKind::Object(Kind::Schedule) => self.schedule(at, path, &tree),
            DocumentKind::Object(Kind::Webhook) => self.webhook(at, path, &tree),
            DocumentKind::Object(Kind::DataAction) => self.data_action(at, path, &tree),
            DocumentKind::Object(Kind::Mailbox) => self.mailbox(at, path, &tree),
            DocumentKind::Object(Kind::Secret) => self.missing(at, [secrets_stay_out()]),
            DocumentKind::Object(Kind::Term(term)) => self.term(at, path, term, &tree),
        }
    }

    fn flow(&mut self, at: At, tree: Node) {
        let Read { document, rest, metadata, mut diagnostics } = document::read(&tree);
        let folded = |flow_type: &str, name: &str| {
            let kind = if document::is_shared_type(flow_type) { "shared" } else { "email" };
            format!("{kind} {}", document::fold_name(name))
        };
        let Some(document) = document else {
            self.incomplete = true;
            self.rests.extend(rest.map(|rest| (at, rest)));
            // Over HTTP that would describe a flow that is there. A folder says what its flows do.
            if !is_wrong(&diagnostics) {
                let problem = Diagnostic::error(Code::MissingKey, "nodes", "`nodes` is missing");
                diagnostics.push(problem.suggestion("add `nodes`"));
            }
            // Flows of other types may have the same name.
            let flow_type = metadata.flow_type.filter(|flow_type| document::is_type(flow_type));
            return match (metadata.name, flow_type) {
                (Some(name), Some(flow_type)) => {
                    let named = (name.as_str(), folded(&flow_type, &name));
                    self.wrong_one(at, Kind::Flow, named, ("name", diagnostics));
                }
                _ => self.add(at, diagnostics),
            };
        };
        self.add(at, diagnostics);
        let folded = folded(&document.flow_type, &document.name);
        if self.first_of_its_name(at, Kind::Flow, (&document.name, folded), "name".to_owned()) {
            self.flows.push(FlowEntry { at, document, metadata, tree });
        }
    }

    /// Whether there is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(|problem| problem.diagnostic.is_error())
    }

    /// Whether everything that others may name could be read. Only then can a server say anything of use about the rest.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self.incomplete
    }

    /// Places in a document.
    #[must_use]
    pub fn places(&self, at: At) -> Option<&Places> {
        self.places.get(&at)
    }

    fn add(&mut self, at: At, problems: impl IntoIterator<Item = Diagnostic>) {
        let told = problems.into_iter().filter(|problem| !self.unreadable.explains(problem));
        self.problems.extend(told.map(|diagnostic| FileProblem { at, diagnostic }));
    }

    /// The same for what is left out because of its problems, and may be named by others.
    fn missing(&mut self, at: At, problems: impl IntoIterator<Item = Diagnostic>) {
        self.incomplete = true;
        self.add(at, problems);
    }
}

/// Adds what an object's own rules find to what its document was found to be. A name that is missing can't be used either: it is told once.
fn add_found(problems: &mut Vec<Diagnostic>, found: impl IntoIterator<Item = Diagnostic>) {
    let is_named = !problems.iter().any(|problem| problem.path == "name");
    problems.extend(found.into_iter().filter(|problem| is_named || problem.path != "name"));
    settle(problems);
}

fn is_wrong(problems: &[Diagnostic]) -> bool {
    problems.iter().any(Diagnostic::is_error)
}

/// A folder is copied, kept in version control and shown to people.
fn secrets_stay_out() -> Diagnostic {
    Diagnostic::error(Code::InvalidValue, kind::KEY, "secrets can't be in a folder")
        .suggestion("set the secret on the server: `waypost secrets set NAME`")
}
