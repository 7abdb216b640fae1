//! A folder of flows, tables, schedules and routing, as `apply`, `validate` and `run` read it: text in, a world or every problem out.

pub mod schedules;
pub mod tables;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Map;
use uuid::Uuid;
use waypost_catalogue::graph::Calls;
use waypost_catalogue::routing::unroutable;
use waypost_catalogue::world::{Loaded, UNROUTED, World};
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document::{self, Document};
use waypost_flow::source::{self, Node, Places};
use waypost_ids::{FlowId, QueueId};
use waypost_store::records::catalogue::{
    Bindings, CatalogueChange, DomainRecord, FlowRecord, QueueRecord, RouteRecord, RouteTarget, VersionRecord,
};

use schedules::ScheduleFile;
use tables::TableFile;

/// A file of the folder.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Its path, for messages.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// A problem in a file.
#[derive(Clone, Debug)]
pub struct FileProblem {
    /// The file's position in what was given.
    pub file: usize,
    /// The problem.
    pub diagnostic: Diagnostic,
}

/// A route as a routing file writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteLine {
    /// `pattern@domain`.
    pub address: String,
    /// The flow's name, or
    pub flow: Option<String>,
    /// the queue's name.
    pub queue: Option<String>,
    /// The queue's name for unrouted mail.
    pub unrouted_queue: Option<String>,
    /// The priority that interactions start with.
    pub priority: i64,
    file: usize,
    path: String,
}

impl RouteLine {
    /// Pattern and domain, in lower case.
    pub fn parts(&self) -> Option<(String, String)> {
        let (pattern, domain) = self.address.rsplit_once('@')?;
        Some((pattern.to_lowercase(), domain.to_lowercase()))
    }
}

/// What a folder holds.
#[derive(Debug, Default)]
pub struct Folder {
    /// Flows: the file's position, the document, and its tree as written.
    pub flows: Vec<(usize, Document, Node)>,
    /// Names of queues.
    pub queues: Vec<String>,
    /// Routes.
    pub routes: Vec<RouteLine>,
    /// Data tables.
    pub tables: Vec<TableFile>,
    /// Schedules.
    pub schedules: Vec<ScheduleFile>,
    /// Places in each file, by position.
    pub places: HashMap<usize, Places>,
    /// What is wrong.
    pub problems: Vec<FileProblem>,
}

impl Folder {
    /// Reads files: flow documents, tables (with a `schema`), schedules (with a `timeZone`), and routing files (with any of `queues` and
    /// `routes`), all but the first without a `type`.
    pub fn read(files: &[SourceFile]) -> Self {
        let mut folder = Self::default();
        for (index, file) in files.iter().enumerate() {
            let (node, places) = match source::yaml(&file.text) {
                Ok(read) => read,
                Err(diagnostic) => {
                    folder.problems.push(FileProblem { file: index, diagnostic: diagnostic.into() });
                    continue;
                }
            };
            folder.places.insert(index, places);
            if is_routing(&node) {
                folder.routing(index, &node);
                continue;
            }
            if tables::is_table(&node) {
                folder.table(index, &file.path, &node);
                continue;
            }
            if schedules::is_schedule(&node) {
                folder.schedule(index, &file.path, &node);
                continue;
            }
            let read = document::read(&node);
            folder
                .problems
                .extend(read.diagnostics.into_iter().map(|diagnostic| FileProblem { file: index, diagnostic }));
            if let Some(document) = read.document {
                folder.flows.push((index, document, node));
            }
        }
        folder
    }

    /// Whether there is an error.
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(|problem| problem.diagnostic.is_error())
    }

    /// Checks everything together, without a server: the world that the folder makes by itself, and all problems added to this folder's.
    /// Where no routing file names queues, every queue that a flow names counts as existing.
    pub fn check(&mut self) -> World {
        let now = Timestamp::UNIX_EPOCH;
        let mut changes = Vec::new();
        let mut loaded = Vec::new();
        let mut owners: BTreeMap<FlowId, usize> = BTreeMap::new();
        let mut queues = self.queues.clone();
        if queues.is_empty() {
            queues = self
                .flows
                .iter()
                .flat_map(|(_, document, _)| document.queue_names().into_iter().map(str::to_owned))
                .collect();
            queues
                .extend(self.routes.iter().flat_map(|route| [&route.queue, &route.unrouted_queue]).flatten().cloned());
            queues.sort_unstable();
        }
        queues.push(UNROUTED.to_owned());
        let mut seen = HashSet::new();
        queues.retain(|name| seen.insert(document::fold_name(name)));
        for name in &queues {
            changes.push(CatalogueChange::put(QueueRecord {
                id: QueueId(id_of("queue", name)),
                name: name.clone(),
                folded_name: document::fold_name(name),
                built_in: false,
                extra: Map::new(),
                created_at: now,
                modified_at: now,
            }));
        }
        changes.extend(self.tables.iter().map(|file| CatalogueChange::put(file.table.record.clone())));
        changes.extend(self.schedules.iter().map(|file| CatalogueChange::put(file.record.clone())));
        let mut names: HashMap<(String, bool), usize> = HashMap::new();
        for (file, document, _) in &self.flows {
            let folded = document::fold_name(&document.name);
            if let Some(first) = names.insert((folded.clone(), document.is_shared()), *file) {
                let message = format!("a flow named `{}` stands in another file as well", document.name);
                self.problems.push(FileProblem {
                    file: *file,
                    diagnostic: Diagnostic::error(Code::DuplicateName, "name", message)
                        .found(format!("file {} of the folder has it", first + 1)),
                });
                continue;
            }
            let id = FlowId(id_of(if document.is_shared() { "shared" } else { "email" }, &folded));
            owners.insert(id, *file);
            changes.push(CatalogueChange::PutFlow(FlowRecord {
                id,
                name: document.name.clone(),
                folded_name: folded,
                shared: document.is_shared(),
                type_as_written: document.flow_type.clone(),
                description: String::new(),
                published: Some(1),
                labels: BTreeMap::new(),
                deprecated: None,
                newest: 1,
                revision: 1,
                created_at: now,
                created_by: String::new(),
                modified_at: now,
                deleted_at: None,
                lock: None,
            }));
            let record = VersionRecord {
                flow_id: id,
                version: 1,
                content: Arc::from(""),
                hash: String::new(),
                bindings: Bindings::default(),
                created_at: now,
                created_by: String::new(),
                published_at: None,
                validation: Vec::new(),
            };
            loaded.push(Arc::new(Loaded { record: Arc::new(record), document: Arc::new(unversioned(document)) }));
        }
        let flows_only = World::default().after(&changes, &loaded).world;
        let routes = self.route_changes(&flows_only);
        changes.extend(routes);
        let world = World::default().after(&changes, &loaded).world;
        let mut calls = Calls::new(&world);
        for (id, file) in owners {
            let mut diagnostics: Vec<Diagnostic> =
                world.checked((id, 1)).map(|checked| checked.diagnostics.clone()).unwrap_or_default();
            diagnostics.extend(calls.check((id, 1)));
            self.problems.extend(diagnostics.into_iter().map(|diagnostic| FileProblem { file, diagnostic }));
        }
        world
    }

    /// Routes and their domains, held against flows and queues.
    fn route_changes(&mut self, world: &World) -> Vec<CatalogueChange> {
        let now = Timestamp::UNIX_EPOCH;
        let mut changes = Vec::new();
        for line in &self.routes {
            let mut problem = |member: &str, code: Code, message: String| {
                let diagnostic = Diagnostic::error(code, format!("{}.{member}", line.path), message);
                self.problems.push(FileProblem { file: line.file, diagnostic });
            };
            let Some((pattern, domain)) = line.parts() else {
                problem("address", Code::InvalidValue, format!("`{}` is not pattern@domain", line.address));
                continue;
            };
            let queue = |name: &str| world.queues.named(&document::fold_name(name)).map(|queue| queue.id);
            let target = match (&line.flow, &line.queue) {
                (Some(name), _) => match world.flow_named(&document::fold_name(name), false) {
                    None => {
                        problem("flow", Code::UnknownFlow, format!("there is no flow `{name}` of type email"));
                        continue;
                    }
                    Some(record) => {
                        let interface = world.published(record.id).map(|checked| checked.interface.clone());
                        if let Some(reason) = interface.and_then(|interface| unroutable(record, &interface)) {
                            problem("flow", Code::NotRoutable, reason);
                        }
                        RouteTarget::Flow(record.id)
                    }
                },
                (None, Some(name)) => match queue(name) {
                    None => {
                        problem("queue", Code::UnknownQueue, format!("there is no queue `{name}`"));
                        continue;
                    }
                    Some(id) => RouteTarget::Queue(id),
                },
                (None, None) => {
                    problem("flow", Code::MissingKey, "the route leads nowhere: name a `flow` or a `queue`".to_owned());
                    continue;
                }
            };
            let unrouted_queue = line.unrouted_queue.as_deref().and_then(queue);
            if let (Some(name), None) = (&line.unrouted_queue, unrouted_queue) {
                problem("unroutedQueue", Code::UnknownQueue, format!("there is no queue `{name}`"));
            }
            changes.push(CatalogueChange::put(DomainRecord {
                domain: domain.clone(),
                extra: Map::new(),
                created_at: now,
            }));
            changes.push(CatalogueChange::put(RouteRecord {
                id: id_of("route", &line.address),
                domain,
                pattern,
                target,
                unrouted_queue,
                priority: line.priority,
                extra: Map::new(),
                created_at: now,
                modified_at: now,
            }));
        }
        changes
    }

    /// Reads a routing file.
    fn routing(&mut self, file: usize, node: &Node) {
        let Node::Map(members) = node else { return };
        for (key, value) in members {
            match (key.as_str(), value) {
                ("queues", Node::List(items)) => {
                    for (index, item) in items.iter().enumerate() {
                        match queue_name(item) {
                            Some(name) => self.queues.push(name.to_owned()),
                            None => self.wrong(file, format!("queues[{index}]"), "a queue's name, or `name: …`"),
                        }
                    }
                }
                ("routes", Node::List(items)) => {
                    for (index, item) in items.iter().enumerate() {
                        self.route(file, format!("routes[{index}]"), item);
                    }
                }
                ("queues" | "routes", _) => self.wrong(file, key.clone(), "a list"),
                _ => {
                    let diagnostic = Diagnostic::error(Code::UnknownKey, key.clone(), format!("unknown key `{key}`"))
                        .expected("`queues` or `routes`")
                        .nearest(key, ["queues", "routes"]);
                    self.problems.push(FileProblem { file, diagnostic });
                }
            }
        }
    }

    fn route(&mut self, file: usize, path: String, node: &Node) {
        const KEYS: [&str; 5] = ["address", "flow", "queue", "unroutedQueue", "priority"];
        let Node::Map(members) = node else { return self.wrong(file, path, "a map with `address`") };
        let mut line = RouteLine {
            address: String::new(),
            flow: None,
            queue: None,
            unrouted_queue: None,
            priority: 0,
            file,
            path: path.clone(),
        };
        for (key, value) in members {
            match (key.as_str(), value) {
                ("address", Node::String(text)) => line.address.clone_from(text),
                ("flow", Node::String(text)) => line.flow = Some(text.clone()),
                ("queue", Node::String(text)) => line.queue = Some(text.clone()),
                ("unroutedQueue", Node::String(text)) => line.unrouted_queue = Some(text.clone()),
                ("priority", Node::Integer(priority)) => line.priority = *priority,
                ("priority", _) => self.wrong(file, format!("{path}.priority"), "an integer"),
                (key, _) if KEYS.contains(&key) => self.wrong(file, format!("{path}.{key}"), "a string"),
                _ => {
                    let at = format!("{path}.{key}");
                    let diagnostic =
                        Diagnostic::error(Code::UnknownKey, at, format!("unknown key `{key}`")).nearest(key, KEYS);
                    self.problems.push(FileProblem { file, diagnostic });
                }
            }
        }
        if line.flow.is_some() && line.queue.is_some() {
            self.wrong(file, path, "`flow` or `queue`, one of them");
        }
        self.routes.push(line);
    }

    fn wrong(&mut self, file: usize, path: String, expected: &str) {
        let diagnostic = Diagnostic::error(Code::WrongKind, path, format!("expected {expected}")).expected(expected);
        self.problems.push(FileProblem { file, diagnostic });
    }
}

fn is_routing(node: &Node) -> bool {
    let Node::Map(members) = node else { return false };
    let has = |name: &str| members.iter().any(|(key, _)| key == name);
    !has("type") && !has("nodes") && (has("queues") || has("routes"))
}

fn queue_name(node: &Node) -> Option<&str> {
    match node {
        Node::String(name) => Some(name),
        Node::Map(members) => members.iter().find_map(|(key, value)| match (key.as_str(), value) {
            ("name", Node::String(name)) => Some(name.as_str()),
            _ => None,
        }),
        _ => None,
    }
}

/// A folder has one version of each flow: that is the one meant, whichever a caller names.
fn unversioned(document: &Document) -> Document {
    let mut document = document.clone();
    document.flow_references_mut(&mut |flow| flow.version = None);
    document
}

/// What a file without a name of its own is called.
fn name_of(path: &str) -> String {
    std::path::Path::new(path).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

/// An id that only depends on kind and name, so that offline output is the same every time.
fn id_of(kind: &str, name: &str) -> Uuid {
    use sha2::{Digest, Sha256};
    let hash = Sha256::digest(format!("{kind}\n{name}"));
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(hash) {
        *to = from;
    }
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
