//! Where mail comes in: routes, and flows that are called by themselves.

use std::collections::{BTreeSet, HashSet};

use waypost_flow::actions::facts::Named;
use waypost_flow::document::{Action, fold_name};
use waypost_flow_tests::Flows;
use waypost_store::records::catalogue::RouteTarget;

use super::draft::Entry;

/// Every entry of some versions: routes first, then flows that no route leads to and no flow calls, each once and in order. With
/// `direct`, flows that are called by others as well.
pub(crate) fn entries(sides: &[Flows<'_>], direct: bool) -> Vec<Entry> {
    let (mut routes, mut flows, mut led_to) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for side in sides {
        for route in side.world.routes.values() {
            routes.insert(format!("{}@{}", route.pattern.replace('*', "a"), route.domain));
            if let RouteTarget::Flow(flow) = route.target
                && let Some(record) = side.world.flows.get(&flow)
            {
                led_to.insert(record.folded_name.clone());
            }
        }
        for entry in &side.project.flows {
            flows.insert(entry.document.name.clone());
            let called = called_by(side, &entry.document.name);
            led_to.extend(called.into_iter().filter(|name| *name != fold_name(&entry.document.name)));
        }
    }
    let flows = flows.into_iter().filter(|name| direct || !led_to.contains(&fold_name(name)));
    routes.into_iter().map(Entry::Route).chain(flows.map(Entry::Flow)).collect()
}

/// The flows that an entry can lead to, by their folded names.
pub(crate) fn reachable(side: &Flows<'_>, entry: &Entry) -> BTreeSet<String> {
    let first = match entry {
        Entry::Flow(name) => Some(fold_name(name)),
        Entry::Route(address) => match side.running.routes.find(address) {
            waypost_catalogue::routes::RouteMatch::Route(route) => match route.target {
                RouteTarget::Flow(flow) => side.world.flows.get(&flow).map(|record| record.folded_name.clone()),
                RouteTarget::Queue(_) => None,
            },
            _ => None,
        },
    };
    let mut found = BTreeSet::new();
    let mut open: Vec<String> = first.into_iter().collect();
    while let Some(flow) = open.pop() {
        if found.insert(flow.clone()) {
            open.extend(called_by(side, &flow));
        }
    }
    found
}

/// Shared flows that others call, of these, by their folded names: what they give to a caller shows where no mail does.
pub(crate) fn called(sides: &[Flows<'_>], of: &HashSet<String>) -> Vec<Entry> {
    let known = entries(sides, false);
    let mut names = BTreeSet::new();
    for side in sides {
        let documents = side.project.flows.iter().map(|entry| &entry.document);
        let shared = documents.filter(|document| document.is_shared() && of.contains(&fold_name(&document.name)));
        names.extend(shared.map(|document| document.name.clone()));
    }
    names.into_iter().map(Entry::Flow).filter(|entry| !known.contains(entry)).collect()
}

fn called_by(side: &Flows<'_>, flow: &str) -> Vec<String> {
    let folded = fold_name(flow);
    let mut found = Vec::new();
    for entry in side.project.flows.iter().filter(|entry| fold_name(&entry.document.name) == folded) {
        entry.document.nodes.iter().for_each(|node| calls(&node.actions, &mut found));
    }
    found
}

fn calls(actions: &[Action], found: &mut Vec<String>) {
    for action in actions {
        let facts = action.kind.facts();
        found.extend(facts.names.iter().filter_map(|named| match named {
            Named::Flow(reference) => reference.flow.as_deref().map(fold_name),
            _ => None,
        }));
        calls(facts.inside, found);
    }
}
