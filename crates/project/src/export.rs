//! A server's objects as the files of a project folder: what `Project::read` takes back as the same state.

mod words;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::{Map, Value as Json};
use waypost_flow::document::{self, Metadata};
use waypost_flow::source;
use waypost_ids::{FlowId, Kind, Term};
use waypost_store::records::catalogue::{QueueRecord, RouteRecord};
use waypost_wire::access::OAuthClientRequest;
use waypost_wire::data_action::DataAction;
use waypost_wire::flow::Flow;
use waypost_wire::mailbox::Mailbox;
use waypost_wire::routing::{Domain, Queue, Route};
use waypost_wire::schedule::Schedule;
use waypost_wire::table::DataTable;
use waypost_wire::term::Term as TermBody;
use waypost_wire::webhook::Webhook;

use crate::kind;
use words::Names;

/// What a server answered, everything in it.
#[derive(Debug, Default)]
pub struct Bodies {
    /// Flows, with the content of the published version as JSON; none for what has no published version.
    pub flows: Vec<(Flow, Option<Json>)>,
    /// Those published versions as they were written, as far as the server knows.
    pub texts: HashMap<FlowId, String>,
    /// Queues.
    pub queues: Vec<Queue>,
    /// Domains, with their routes.
    pub domains: Vec<(Domain, Vec<Route>)>,
    /// Tables, with their rows as CSV.
    pub tables: Vec<(DataTable, Vec<u8>)>,
    /// Schedules.
    pub schedules: Vec<Schedule>,
    /// Terms.
    pub terms: Vec<(Term, TermBody)>,
    /// Webhooks.
    pub webhooks: Vec<Webhook>,
    /// Data actions, with their `config`.
    pub data_actions: Vec<DataAction>,
    /// Mailboxes.
    pub mailboxes: Vec<Mailbox>,
    /// Clients, those that the server made for itself left out.
    pub clients: Vec<OAuthClientRequest>,
}

/// A project folder.
#[derive(Debug, Default)]
pub struct Exported {
    /// Files by their paths in the folder, with `/` between parts.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Those of them that stay exactly as somebody wrote them.
    pub as_written: BTreeSet<String>,
    /// What a folder can't have, a sentence each.
    pub notes: Vec<String>,
}

/// An object's name, what it is, and how somebody wrote that, if it is known.
type Written<'b> = (&'b str, Map<String, Json>, Option<&'b str>);

/// The file of all clients.
pub const CLIENTS: &str = "clients.yaml";

/// Members of a server's answers that say where an object is and how it came about, not what it is.
pub(crate) const OF_A_SERVER: [&str; 9] =
    ["id", "division", "selfUri", "dateCreated", "dateModified", "version", "revision", "builtIn", "health"];

impl Bodies {
    /// The folder. The same bodies give the same files, whatever order they are in.
    #[must_use]
    pub fn folder(&self) -> Exported {
        let mut folder = Exported::default();
        self.flows(&mut folder);
        self.routing(&mut folder);
        self.tables(&mut folder);
        let schedules = self.schedules.iter().map(|one| {
            let mut body = members(serde_json::to_value(one));
            // The switch is thrown on the server, and not by a folder that was written before.
            body.shift_remove("emergency");
            (one.name.as_str(), body, None)
        });
        folder.one_each("schedules", Kind::Schedule, schedules);
        let actions = self.data_actions.iter().map(|one| {
            let mut body = members(serde_json::to_value(one));
            // The answer has it always, the definition perhaps not: it would be added to what the server has.
            if !one.secure {
                body.shift_remove("secure");
            }
            (one.name.as_str(), body, None)
        });
        folder.one_each("data-actions", Kind::DataAction, actions);
        let webhooks = self.webhooks.iter().map(|one| {
            let mut body = members(serde_json::to_value(one));
            body.retain(|name, _| ["name", "url", "state"].contains(&name.as_str()));
            body.insert("events".to_owned(), one.events.clone().into());
            (one.name.as_str(), body)
        });
        folder.together("webhooks.yaml", Kind::Webhook, webhooks);
        let mailboxes = self.mailboxes.iter().map(|one| {
            let mut body = members(serde_json::to_value(one));
            body.get_mut("auth").into_iter().for_each(secrets_by_name);
            let submission = body.get_mut("submission").and_then(|submission| submission.get_mut("auth"));
            submission.into_iter().for_each(secrets_by_name);
            (one.name.as_str(), body)
        });
        folder.together("mailboxes.yaml", Kind::Mailbox, mailboxes);
        for term in Term::ALL {
            let of_kind = self.terms.iter().filter(|(known, _)| *known == term).map(|(_, one)| {
                let mut body = members(serde_json::to_value(one));
                body.shift_remove("state");
                (one.name.as_str(), body)
            });
            folder.together(&format!("{}.yaml", term.plural()), Kind::Term(term), of_kind);
        }
        self.clients(&mut folder);
        folder.notes.sort();
        folder
    }

    fn flows(&self, folder: &mut Exported) {
        let names = Names::of(self);
        let mut flows: Vec<Written<'_>> = Vec::new();
        for (flow, content) in &self.flows {
            let kind = if document::is_shared_type(&flow.flow_type) { "shared flow" } else { "flow" };
            let Some(content) = content else {
                folder.notes.push(format!(
                    "{kind} `{}` has no published version; a folder contains only published flows",
                    flow.name
                ));
                continue;
            };
            let mut notes = Vec::new();
            let Some(mut body) = names.in_words(content, &mut notes) else {
                folder.notes.push(format!("{kind} `{}` can't be read by this release", flow.name));
                continue;
            };
            notes.extend((!flow.labels.is_empty()).then(|| {
                let labels: Vec<&str> = flow.labels.keys().map(String::as_str).collect();
                format!("has labels ({}); a folder has one version of each flow and no labels", labels.join(", "))
            }));
            let mut document = Map::new();
            document.extend(of_the_flow(Metadata {
                name: Some(flow.name.clone()),
                flow_type: Some(flow.flow_type.clone()),
                description: flow.description.clone(),
                deprecated: Some(flow.deprecated.clone()),
            }));
            body.retain(|member, _| !document.contains_key(member) && member != "description");
            document.extend(body);
            let text = self.texts.get(&flow.id).filter(|text| names.is_said_by(text, &document, &mut notes));
            folder.notes.extend(notes.into_iter().map(|note| format!("{kind} `{}` {note}", flow.name)));
            flows.push((&flow.name, document, text.map(String::as_str)));
        }
        folder.one_each("flows", Kind::Flow, flows.into_iter());
    }

    fn routing(&self, folder: &mut Exported) {
        let queues = self.queues.iter().filter_map(|queue| {
            let mut body = members(serde_json::to_value(queue));
            ["waiting", "oldestWaitingAt", "overServiceLevel"].iter().for_each(|name| drop(body.shift_remove(*name)));
            body.get_mut(QueueRecord::DELIVER_TO).into_iter().for_each(delivered_by_name);
            // The built-in queue is there wherever a folder goes.
            (!queue.built_in || body.len() > 1).then_some((queue.name.as_str(), body))
        });
        folder.together("queues.yaml", Kind::Queue, queues);
        let mut files = FileNames::default();
        let mut domains: Vec<_> = self.domains.iter().collect();
        domains.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
        for (domain, routes) in domains {
            let mut documents = vec![of_kind(Kind::Domain, [("domain".to_owned(), domain.id.clone().into())])];
            let left: Vec<&str> = domain.extra.keys().map(String::as_str).collect();
            if !left.is_empty() {
                let (domain, left) = (&domain.id, left.join(", "));
                folder.notes.push(format!("domain `{domain}` has members that a folder can't have: {left}"));
            }
            let mut routes: Vec<&Route> = routes.iter().collect();
            routes.sort_by(|a, b| a.pattern.cmp(&b.pattern));
            for route in routes {
                documents.push(of_kind(Kind::Route, of_route(&domain.id, route)));
                let left: Vec<&str> = route.extra.keys().map(String::as_str).collect();
                if !left.is_empty() {
                    let (pattern, domain) = (&route.pattern, &domain.id);
                    folder.notes.push(format!(
                        "route `{pattern}@{domain}` has members that a folder can't have: {}",
                        left.join(", ")
                    ));
                }
            }
            folder.file(format!("routes/{}.yaml", files.of(&domain.id)), &documents);
        }
    }

    fn tables(&self, folder: &mut Exported) {
        let mut files = FileNames::default();
        for (table, rows) in sorted(self.tables.iter().map(|one| (one.0.name.as_str(), one))) {
            let file = files.of(&table.name);
            let mut body = members(serde_json::to_value(table));
            body.insert("rows".to_owned(), format!("{file}.csv").into());
            folder.file(format!("tables/{file}.yaml"), &[of_kind(Kind::Table, body)]);
            folder.files.insert(format!("tables/{file}.csv"), rows.clone());
        }
    }
}

impl Exported {
    pub(crate) fn file(&mut self, path: String, documents: &[Json]) {
        let texts: Vec<String> = documents.iter().map(source::yaml_text).collect();
        self.files.insert(path, texts.join("---\n").into_bytes());
    }

    /// A file for each object: as it was written, or else its body.
    fn one_each<'b>(&mut self, folder: &str, kind: Kind, bodies: impl Iterator<Item = Written<'b>>) {
        let mut files = FileNames::default();
        let mut bodies: Vec<_> = bodies.collect();
        bodies.sort_by_cached_key(|(name, body, _)| (document::fold_name(name), body.get("type").map(Json::to_string)));
        for (name, body, text) in bodies {
            let path = format!("{folder}/{}.yaml", files.of(name));
            match text {
                Some(text) => {
                    self.as_written.insert(path.clone());
                    self.files.insert(path, text.as_bytes().to_vec());
                }
                None => self.file(path, &[of_kind(kind, body)]),
            }
        }
    }

    /// One file for all objects of a kind, if there are any.
    fn together<'b>(&mut self, file: &str, kind: Kind, bodies: impl Iterator<Item = (&'b str, Map<String, Json>)>) {
        let documents: Vec<Json> = sorted(bodies).into_iter().map(|body| of_kind(kind, body)).collect();
        if !documents.is_empty() {
            self.file(file.to_owned(), &documents);
        }
    }
}

pub(crate) fn sorted<'b, T>(bodies: impl Iterator<Item = (&'b str, T)>) -> Vec<T> {
    let mut bodies: Vec<(String, T)> = bodies.map(|(name, body)| (document::fold_name(name), body)).collect();
    bodies.sort_by(|(a, _), (b, _)| a.cmp(b));
    bodies.into_iter().map(|(_, body)| body).collect()
}

/// What an answer says of the object itself.
fn members(body: serde_json::Result<Json>) -> Map<String, Json> {
    let Ok(Json::Object(mut members)) = body else { return Map::new() };
    members.retain(|name, _| !OF_A_SERVER.contains(&name.as_str()));
    members
}

/// A document of a kind. A flow says what it is by its type.
fn of_kind(kind: Kind, body: impl IntoIterator<Item = (String, Json)>) -> Json {
    let said = (kind != Kind::Flow).then(|| (kind::KEY.to_owned(), kind.as_str().into()));
    Json::Object(said.into_iter().chain(body).collect())
}

/// What a file says of a flow besides its content.
fn of_the_flow(metadata: Metadata) -> Map<String, Json> {
    let Metadata { name, flow_type, description, deprecated } = metadata;
    let members = [
        ("name", name),
        ("type", flow_type),
        ("description", description.filter(|text| !text.is_empty())),
        ("deprecated", deprecated.flatten()),
    ];
    members.into_iter().filter_map(|(member, text)| Some((member.to_owned(), text?.into()))).collect()
}

fn of_route(domain: &str, route: &Route) -> Vec<(String, Json)> {
    let name = |reference: &Option<waypost_wire::reference::Reference>| {
        reference.as_ref().and_then(|reference| reference.name.clone()).map(Json::from)
    };
    let members = [
        ("address", Some(format!("{}@{domain}", route.pattern).into())),
        ("flow", name(&route.flow)),
        ("queue", name(&route.queue)),
        ("unroutedQueue", name(&route.unrouted_queue)),
        ("priority", (route.priority != 0).then(|| route.priority.into())),
        (RouteRecord::FROM_NAME, route.from_name.clone().map(Json::from)),
        (RouteRecord::ANSWER_LISTS, route.answer_lists.map(Json::from)),
        (RouteRecord::REPLIES, route.replies.and_then(|replies| serde_json::to_value(replies).ok())),
        (RouteRecord::KEEP[0], route.keep_content_days.map(Json::from)),
        (RouteRecord::KEEP[1], route.keep_decision_days.map(Json::from)),
    ];
    members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// The webhook or the mailbox that a queue delivers to by its name alone.
pub(crate) fn delivered_by_name(to: &mut Json) {
    for member in ["webhook", "mailbox"] {
        if let Some(written) = to.get_mut(member)
            && let Some(name) = written.get("name").cloned()
        {
            *written = name;
        }
    }
}

/// Secrets of a mailbox by their names alone.
pub(crate) fn secrets_by_name(auth: &mut Json) {
    let Json::Object(members) = auth else { return };
    for (member, value) in members {
        match (member.as_str(), value.get("name").cloned()) {
            ("secret" | "refreshToken", Some(name)) => *value = name,
            ("oauth", _) => secrets_by_name(value),
            _ => {}
        }
    }
}

/// Longer file names, in characters, are cut: file systems take 255 bytes, and a character has up to four.
const MAX_FILE_NAME: usize = 60;

/// Names of files in one folder: no two are the same, whatever the case.
#[derive(Default)]
struct FileNames(HashSet<String>);

impl FileNames {
    /// The name of an object's file without its extension: letters and digits in lower case, with hyphens between. A name that is taken
    /// gets a number.
    fn of(&mut self, name: &str) -> String {
        let folded = document::fold_name(name);
        let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let mut file: String = words.collect::<Vec<_>>().join("-").chars().take(MAX_FILE_NAME).collect();
        // Windows keeps such names for devices.
        let device = ["con", "prn", "aux", "nul"].contains(&file.as_str())
            || (file.len() == 4 && (file.starts_with("com") || file.starts_with("lpt")));
        if file.is_empty() || device {
            file.push('_');
        }
        let numbered = (2_u64..).map(|number| format!("{file}-{number}"));
        let free = std::iter::once(file.clone()).chain(numbered).find(|name| !self.0.contains(name));
        let name = free.unwrap_or(file);
        self.0.insert(name.clone());
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_objects_have_one_file() {
        let mut files = FileNames::default();
        let names = [
            "Refunds & Returns",
            "refunds returns",
            "Refunds/Returns",
            "日本語",
            "…",
            "CON",
            "../x",
            "a.test",
            "refunds-returns-2",
        ];
        let named: Vec<String> = names.iter().map(|name| files.of(name)).collect();
        let expected = [
            "refunds-returns",
            "refunds-returns-2",
            "refunds-returns-3",
            "日本語",
            "_",
            "con_",
            "x",
            "a-test",
            "refunds-returns-2-2",
        ];
        assert_eq!(named, expected);
    }
}
