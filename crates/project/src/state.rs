//! What a folder, or a server, has: each object by its kind and name, with what it says. Others are named by their names, so that two
//! states can be held against each other wherever they come from.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};
use waypost_catalogue::data_actions::KnownDataAction;
use waypost_catalogue::object::Object;
use waypost_catalogue::routing::{RouteSpec, Wanted, WantedTarget};
use waypost_catalogue::schedules::{KnownSchedule, ScheduleEdit};
use waypost_catalogue::shape::Table;
use waypost_catalogue::webhooks::WebhookEdit;
use waypost_flow::document::{self, Document};
use waypost_ids::Kind;
use waypost_store::records::catalogue::{DomainRecord, QueueRecord, RouteRecord};
use waypost_store::records::mailboxes::MailboxRecord;
use waypost_store::records::outside::WebhookRecord;

use crate::world::{Offline, alone};
use crate::{FlowEntry, Project};

/// Everything that a folder or a server has, rows of tables left out.
#[derive(Debug, Default)]
pub struct State {
    pub(crate) objects: BTreeMap<(Kind, String), Known>,
}

/// One object.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) name: String,
    /// Its members; of a flow those that are not its content.
    pub(crate) says: Map<String, Json>,
    /// A flow's content.
    pub(crate) content: Option<Document>,
    /// A name in a routing file: it says that the object is there, and nothing of it.
    pub(crate) only_named: bool,
}

impl State {
    fn put(&mut self, (kind, folded): (Kind, String), name: &str, says: Map<String, Json>) {
        let known = Known { name: name.to_owned(), says, content: None, only_named: false };
        self.objects.insert((kind, folded), known);
    }

    fn made<T: Offline>(&mut self, spec: &T::Spec) {
        if let Ok(record) = alone::<T>(spec) {
            let name = T::name(&record);
            self.put((T::KIND, T::folded(&name)), &name, flat(T::audited(&record)));
        }
    }

    fn named(&mut self, kind: Kind, name: &str) {
        let known = Known { name: name.to_owned(), says: Map::new(), content: None, only_named: true };
        self.objects.entry((kind, document::fold_name(name))).or_insert(known);
    }
}

/// What a flow is known by: its type and its folded name.
pub(crate) fn flow_key(shared: bool, name: &str) -> (Kind, String) {
    (Kind::Flow, format!("{} {}", flow_type(shared), document::fold_name(name)))
}

fn flow_type(shared: bool) -> &'static str {
    if shared { "shared" } else { "email" }
}

impl Project {
    /// What the folder has.
    #[must_use]
    pub fn state(&self) -> State {
        let mut state = State::default();
        for FlowEntry { document, metadata, .. } in &self.flows {
            let shared = document.is_shared();
            let members = [
                ("name", Some(document.name.clone())),
                ("type", Some(flow_type(shared).to_owned())),
                ("description", metadata.description.clone().filter(|text| !text.is_empty())),
                ("deprecated", metadata.deprecated.clone().flatten()),
            ];
            let says = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into())));
            let (name, content) = (document.name.clone(), Some(document.clone()));
            let known = Known { name, says: says.collect(), content, only_named: false };
            state.objects.insert(flow_key(shared, &document.name), known);
        }
        for spec in self.queues.iter().map(|entry| &entry.spec) {
            let says = queue(&spec.name, &spec.extra);
            state.put((Kind::Queue, QueueRecord::folded(&spec.name)), &spec.name, says);
        }
        self.listed_queues.iter().for_each(|entry| state.named(Kind::Queue, &entry.spec.name));
        for domain in self.all_domains() {
            state.made::<DomainRecord>(&domain);
        }
        for spec in self.routes.iter().map(|entry| &entry.spec) {
            let name = RouteRecord::name_wanted(spec);
            state.put((Kind::Route, RouteRecord::folded(&name)), &name, route(&name, spec));
        }
        self.tables.iter().for_each(|one| state.made::<Table>(&one.entry.spec));
        self.schedules.iter().for_each(|one| state.made::<KnownSchedule>(&ScheduleEdit::Replace(one.spec.clone())));
        self.webhooks.iter().for_each(|one| state.made::<WebhookRecord>(&WebhookEdit::Replace(one.spec.clone())));
        self.data_actions.iter().for_each(|one| state.made::<KnownDataAction>(&one.spec));
        for spec in self.mailboxes.iter().map(|entry| &entry.spec) {
            let mut says = spec.definition.clone();
            says.insert("name".to_owned(), spec.name.clone().into());
            let enabled = spec.enabled.unwrap_or(true);
            says.insert("state".to_owned(), if enabled { "enabled" } else { "disabled" }.into());
            state.put((Kind::Mailbox, MailboxRecord::folded(&spec.name)), &spec.name, says);
        }
        for one in &self.terms {
            let name = one.entry.spec.name.clone().unwrap_or_default();
            let mut says = one.entry.spec.extra.clone();
            says.insert("name".to_owned(), name.clone().into());
            state.put((Kind::Term(one.term), document::fold_name(&name)), &name, says);
        }
        for one in self.all_terms() {
            state.named(Kind::Term(one.term), one.entry.spec.name.as_deref().unwrap_or_default());
        }
        state
    }
}

fn queue(name: &str, extra: &Map<String, Json>) -> Map<String, Json> {
    let mut says = extra.clone();
    says.insert("name".to_owned(), name.into());
    // A webhook may be written as its name alone.
    if let Some(webhook) = says.get_mut(QueueRecord::DELIVER_TO).and_then(|to| to.get_mut("webhook"))
        && let Some(name) = webhook.get("name").cloned()
    {
        *webhook = name;
    }
    says
}

fn route(address: &str, spec: &RouteSpec) -> Map<String, Json> {
    let (flow, queue) = match &spec.target {
        Some(WantedTarget::Flow(flow)) => (written(flow), None),
        Some(WantedTarget::Queue(queue)) => (None, written(queue)),
        None => (None, None),
    };
    let mut says = flat(json!({
        "address": address,
        "flow": flow,
        "queue": queue,
        "unroutedQueue": spec.unrouted_queue.as_ref().and_then(written),
        "priority": spec.priority,
    }));
    says.retain(|_, value| !value.is_null());
    says.extend(spec.extra.clone());
    says
}

/// The name that a route names something by.
fn written<Id>(wanted: &Wanted<Id>) -> Option<&str> {
    match wanted {
        Wanted::Name(name) => Some(name),
        Wanted::Id(_) => None,
    }
}

/// Members as a document has them: what the audit log keeps apart belongs to the object itself.
fn flat(audited: Json) -> Map<String, Json> {
    let Json::Object(members) = audited else { return Map::new() };
    let mut says = Map::new();
    for (name, value) in members {
        match (name.as_str(), value) {
            ("more" | "definition", Json::Object(inner)) => says.extend(inner),
            // A folder has no secrets, and what a server says of them is not to be compared.
            ("secretRotated", _) => {}
            (_, value) => drop(says.insert(name, value)),
        }
    }
    says
}
