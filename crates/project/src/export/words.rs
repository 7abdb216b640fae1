//! A flow's content in the words of a folder: names in the place of ids, and nothing that holds without being said.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value as Json};
use waypost_flow::actions::facts::NamedMut;
use waypost_flow::document::{self, FlowReference, Read};
use waypost_flow::source;

use super::{Bodies, of_the_flow};
use crate::texts::{sound, tree_of};

/// What ids stand for on the server.
pub(super) struct Names<'b> {
    ids: HashMap<String, &'b str>,
    /// Flows that share their name with a flow of the other type.
    twins: HashSet<String>,
}

impl<'b> Names<'b> {
    pub(super) fn of(bodies: &'b Bodies) -> Self {
        let flows = bodies.flows.iter().map(|(flow, _)| (flow.id.to_string(), flow.name.as_str()));
        let queues = bodies.queues.iter().map(|one| (one.id.to_string(), one.name.as_str()));
        let tables = bodies.tables.iter().map(|(one, _)| (one.id.to_string(), one.name.as_str()));
        let schedules = bodies.schedules.iter().map(|one| (one.id.to_string(), one.name.as_str()));
        let webhooks = bodies.webhooks.iter().map(|one| (one.id.to_string(), one.name.as_str()));
        let actions = bodies.data_actions.iter().map(|one| (one.id.to_string(), one.name.as_str()));
        let mut named: HashMap<String, Vec<String>> = HashMap::new();
        for (flow, _) in &bodies.flows {
            named.entry(document::fold_name(&flow.name)).or_default().push(flow.id.to_string());
        }
        let twins = named.into_values().filter(|ids| ids.len() > 1).flatten().collect();
        Self { ids: flows.chain(queues).chain(tables).chain(schedules).chain(webhooks).chain(actions).collect(), twins }
    }

    /// A flow's content with names in the place of ids, and without what says nothing; none if it can't be read.
    pub(super) fn in_words(&self, content: &Json, notes: &mut Vec<String>) -> Option<Map<String, Json>> {
        let node = source::json(&content.to_string()).ok()?;
        let mut document = document::read_for_existing(&node).document?;
        let name = |written: &mut String| {
            if let Some(name) = self.ids.get(written.as_str()) {
                (*name).clone_into(written);
            }
        };
        document.names_mut(&mut |named| match named {
            NamedMut::Flow(flow) => self.flow_in_words(flow, notes),
            NamedMut::Queue(written)
            | NamedMut::Table(written)
            | NamedMut::Schedule(written)
            | NamedMut::Webhook(written)
            | NamedMut::DataAction(written) => name(written),
        });
        let Ok(Json::Object(mut members)) = serde_json::to_value(&document) else { return None };
        members.retain(|member, value| !says_nothing(member, value));
        members.get_mut("nodes").into_iter().for_each(without_empty_mappings);
        Some(members)
    }

    /// Whether a text, as the file of a flow, says what this document says: then the text is exported.
    pub(super) fn is_said_by(&self, text: &str, said: &Map<String, Json>, notes: &mut Vec<String>) -> bool {
        let Some(tree) = tree_of(text) else { return false };
        let Some(Read { document: Some(mut document), metadata, .. }) = sound(&tree) else { return false };
        let mut by_id = false;
        document.names_mut(&mut |named| {
            by_id |= match named {
                NamedMut::Flow(flow) => flow.flow_id.is_some(),
                NamedMut::Queue(written)
                | NamedMut::Table(written)
                | NamedMut::Schedule(written)
                | NamedMut::Webhook(written)
                | NamedMut::DataAction(written) => self.ids.contains_key(written.as_str()),
            };
        });
        let Some(content) = self.in_words(&tree.to_json(), &mut Vec::new()) else { return false };
        let mut members = of_the_flow(metadata);
        for (member, value) in content {
            if !members.contains_key(&member) && member != "description" {
                members.insert(member, value);
            }
        }
        let is_said = members == *said;
        if is_said && by_id {
            notes.push(
                "names objects by their ids, which differ on other servers, because it was written so".to_owned(),
            );
        }
        is_said
    }

    fn flow_in_words(&self, flow: &mut FlowReference, notes: &mut Vec<String>) {
        if let Some(version) = &flow.version {
            let by_id = flow.flow_id.as_ref().and_then(|id| self.ids.get(id).copied());
            let called = by_id.or(flow.flow.as_deref()).unwrap_or_default();
            let note = match version.as_str() {
                Some(label) => {
                    format!("calls the flow `{called}` by its label `{label}`, which other servers may not have")
                }
                None => {
                    format!(
                        "calls version {version} of the flow `{called}`, which may have other content on other servers"
                    )
                }
            };
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        let Some(id) = &flow.flow_id else { return };
        match self.ids.get(id) {
            Some(name) if self.twins.contains(id) => notes.push(format!(
                "calls the flow `{name}` by its id, which differs on other servers: a flow of the other type has the same name"
            )),
            Some(name) => (flow.flow_id, flow.flow) = (None, Some((*name).to_owned())),
            None => {}
        }
    }
}

/// Takes away mappings without lines: of actions in nodes, and of those in loops.
fn without_empty_mappings(list: &mut Json) {
    for one in list.as_array_mut().into_iter().flatten() {
        let Json::Object(members) = one else { continue };
        let is_mapping = |name: &str| ["inputMapping", "outputMapping"].contains(&name);
        members.retain(|name, value| !(is_mapping(name) && value.as_array().is_some_and(Vec::is_empty)));
        members.get_mut("actions").into_iter().for_each(without_empty_mappings);
    }
}

/// Whether a member of a flow says what holds without it.
fn says_nothing(member: &str, value: &Json) -> bool {
    match member {
        "inputs" | "outputs" => value.as_array().is_some_and(Vec::is_empty),
        "conditionSet" => value.get("conditions").and_then(Json::as_array).is_some_and(Vec::is_empty),
        "end" => {
            value.as_object().is_some_and(|end| end.len() == 1) && value.get("disposition") == Some(&"unrouted".into())
        }
        _ => false,
    }
}
