//! The folder as one change set, and a server's problems with it, told where the folder has what they are about.

use std::collections::HashSet;

use serde_json::{Map, Value as Json, json};
use waypost_catalogue::object::Object;
use waypost_catalogue::queues::QueueSpec;
use waypost_catalogue::routing::{RouteSpec, Wanted, WantedTarget};
use waypost_catalogue::webhooks::WebhookSpec;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_ids::Kind;
use waypost_store::records::catalogue::{DomainRecord, QueueRecord};
use waypost_wire::change::{ChangeSet, ChangeSetFlow, ChangeSetObject};
use waypost_wire::error::Problem;

use crate::objects::in_document;
use crate::terms::TermEntry;
use crate::{At, Entry, FileProblem, FlowEntry, Project};

/// An object of the set, and where the folder has it.
struct Sent<'p> {
    at: At,
    path: &'p str,
    /// The kind of document or entry that it comes from: a domain may come from a route.
    from: Kind,
    object: ChangeSetObject,
}

impl Project {
    /// Everything in the folder as one change set.
    #[must_use]
    pub fn change_set(&self) -> ChangeSet {
        let flow = |tree: Json| ChangeSetFlow { document: Some(tree), ..ChangeSetFlow::default() };
        ChangeSet {
            flows: self.flows.iter().map(|entry| flow(whole(entry))).collect(),
            queues: self.only_listed().map(|entry| entry.spec.name.clone()).collect(),
            objects: self.sent().into_iter().map(|sent| sent.object).collect(),
            project: self.name().map(str::to_owned),
            ..ChangeSet::default()
        }
    }

    /// Adds what a server finds wrong with the change set to this folder's problems. Answers what is about nothing in the folder.
    pub fn refused(&mut self, problems: Vec<Problem>) -> Vec<Problem> {
        let (mut placed, mut elsewhere) = (Vec::new(), Vec::new());
        for problem in problems {
            let code = Code::ALL.iter().find(|code| code.as_str() == problem.code);
            let place = problem.path.as_deref().and_then(|path| self.place(path));
            let (Some(code), Some((at, kind, path, member))) = (code, place) else {
                elsewhere.push(problem);
                continue;
            };
            let diagnostic = Diagnostic {
                range: problem.range.map(|range| range.start..range.end),
                expected: problem.expected,
                found: problem.found,
                suggestion: problem.suggestion,
                ..Diagnostic::error(*code, member, problem.message)
            };
            placed.push(FileProblem { at, diagnostic: in_document(kind, &path, diagnostic) });
        }
        self.problems.extend(placed);
        elsewhere
    }

    /// Document, kind, path and member of a path in the set, such as `flows[1].document.nodes[0].id` or `objects[3].put.pattern`.
    fn place(&self, path: &str) -> Option<(At, Kind, String, String)> {
        let (list, rest) = path.split_once('[')?;
        let (index, rest) = rest.split_once(']')?;
        let index: usize = index.parse().ok()?;
        let member = |inside: &str| {
            let rest = rest.trim_start_matches('.');
            rest.strip_prefix(inside).unwrap_or(rest).trim_start_matches('.').to_owned()
        };
        match list {
            "flows" => Some((self.flows.get(index)?.at, Kind::Flow, String::new(), member("document"))),
            "queues" => {
                let entry = self.only_listed().nth(index)?;
                Some((entry.at, Kind::Queue, entry.path.clone(), String::new()))
            }
            "objects" => {
                let sent = self.sent();
                let Sent { at, path, from, .. } = sent.get(index)?;
                Some((*at, *from, (*path).to_owned(), member("put")))
            }
            _ => None,
        }
    }

    /// Queues that have no document of their own, each once.
    fn only_listed(&self) -> impl Iterator<Item = &Entry<QueueSpec>> {
        let mut sent: HashSet<String> = self.queues.iter().map(|entry| QueueRecord::folded(&entry.spec.name)).collect();
        self.listed_queues.iter().filter(move |entry| sent.insert(QueueRecord::folded(&entry.spec.name)))
    }

    /// Objects in the order of the set: what flows name, then domains, then routes, then mailboxes, which name routes.
    fn sent(&self) -> Vec<Sent<'_>> {
        let mut sent = Vec::new();
        for one in &self.tables {
            let spec = &one.entry.spec;
            let members = [
                ("name", Some(spec.name.clone().into())),
                ("description", Some(spec.description.clone().into())),
                ("ignoreCase", spec.ignore_case.map(Json::from)),
                ("schema", spec.schema.clone()),
            ];
            let body = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
            sent.push(put(&one.entry, Kind::Table, body.collect()));
        }
        for entry in &self.schedules {
            let mut body = entry.spec.definition.clone();
            body.insert("name".to_owned(), entry.spec.name.clone().into());
            body.insert("description".to_owned(), entry.spec.description.clone().into());
            sent.push(put(entry, Kind::Schedule, body));
        }
        for entry in &self.webhooks {
            let WebhookSpec { name, url, enabled, events, start: _ } = &entry.spec;
            let state = enabled.map(|enabled| if enabled { "enabled" } else { "disabled" });
            let body = [("name", Some(name.as_str())), ("url", Some(url)), ("state", state)];
            let body = body.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into())));
            // A server keeps the events that it is told nothing of.
            let events = ("events".to_owned(), Json::from(events.clone().unwrap_or_default()));
            sent.push(put(entry, Kind::Webhook, body.chain([events]).collect()));
        }
        for entry in &self.data_actions {
            let mut body = entry.spec.members.clone();
            body.extend(entry.spec.name.clone().map(|name| ("name".to_owned(), name.into())));
            sent.push(put(entry, Kind::DataAction, body));
        }
        for entry in &self.queues {
            let mut body = entry.spec.extra.clone();
            body.insert("name".to_owned(), entry.spec.name.clone().into());
            sent.push(put(entry, Kind::Queue, body));
        }
        for (TermEntry { term, entry, .. }, only_listed) in self.all_terms() {
            let mut body = entry.spec.extra.clone();
            body.extend(entry.spec.name.clone().map(|name| ("name".to_owned(), name.into())));
            let made = put(entry, Kind::Term(*term), body);
            sent.push(if only_listed { if_missing(made) } else { made });
        }
        let mut domains = HashSet::new();
        for entry in &self.domains {
            domains.insert(DomainRecord::folded(&entry.spec.domain));
            sent.push(put(entry, Kind::Domain, domain_body(&entry.spec.domain)));
        }
        for entry in &self.routes {
            let domain = &entry.spec.domain;
            if domains.insert(DomainRecord::folded(domain)) {
                let made = put(entry, Kind::Domain, domain_body(domain));
                sent.push(Sent { from: Kind::Route, ..if_missing(made) });
            }
        }
        for entry in &self.routes {
            let made = put(entry, Kind::Route, route(&entry.spec));
            let object = ChangeSetObject { domain: Some(entry.spec.domain.clone()), ..made.object };
            sent.push(Sent { object, ..made });
        }
        for entry in &self.mailboxes {
            let mut body = entry.spec.definition.clone();
            body.insert("name".to_owned(), entry.spec.name.clone().into());
            if let Some(enabled) = entry.spec.enabled {
                body.insert("state".to_owned(), if enabled { "enabled" } else { "disabled" }.into());
            }
            sent.push(put(entry, Kind::Mailbox, body));
        }
        sent
    }
}

/// A flow's document. What it does not say is gone: a server leaves what a document does not speak of as it is.
fn whole(entry: &FlowEntry) -> Json {
    let mut tree = entry.tree.to_json();
    if let Json::Object(members) = &mut tree {
        if entry.metadata.description.is_none() {
            members.insert("description".to_owned(), "".into());
        }
        if entry.metadata.deprecated.is_none() {
            members.insert("deprecated".to_owned(), false.into());
        }
    }
    tree
}

fn put<S>(entry: &Entry<S>, kind: Kind, body: Map<String, Json>) -> Sent<'_> {
    let object = ChangeSetObject { kind: kind.as_str().to_owned(), put: Some(body), ..ChangeSetObject::default() };
    Sent { at: entry.at, path: &entry.path, from: kind, object }
}

/// What need only be there: it is left alone if it is, and its owner stays whoever applied it.
fn if_missing(made: Sent<'_>) -> Sent<'_> {
    Sent { object: ChangeSetObject { if_missing: true, ..made.object }, ..made }
}

fn domain_body(domain: &str) -> Map<String, Json> {
    Map::from_iter([("id".to_owned(), domain.into())])
}

/// A route as its body in a change set, which names flow and queues by their names.
fn route(spec: &RouteSpec) -> Map<String, Json> {
    let mut body = spec.extra.clone();
    body.insert("pattern".to_owned(), spec.pattern.clone().into());
    let mut name = |member: &str, name: &str| body.insert(member.to_owned(), json!({ "name": name }));
    match &spec.target {
        Some(WantedTarget::Flow(Wanted::Name(flow))) => drop(name("flow", flow)),
        Some(WantedTarget::Queue(Wanted::Name(queue))) => drop(name("queue", queue)),
        _ => {}
    }
    if let Some(Wanted::Name(queue)) = &spec.unrouted_queue {
        name("unroutedQueue", queue);
    }
    body.insert("priority".to_owned(), spec.priority.into());
    body
}
