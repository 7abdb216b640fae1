//! What a trial runs: what a route leads to, or a flow by itself.

use std::sync::Arc;

use serde_json::{Map, Value as Json};
use waypost_app::mail::inputs;
use waypost_catalogue::routes::RouteMatch;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document::{fold_name, is_shared_type, is_type};
use waypost_flow::program::Program;
use waypost_flow::source::Node;
use waypost_flow::source::members::{Members, wrong};
use waypost_flow::value::Value;
use waypost_ids::FlowId;
use waypost_store::records::catalogue::{RouteRecord, RouteTarget};

use crate::Flows;

/// What `flow` may say where its name alone is not enough.
pub(crate) const FLOW: [&str; 2] = ["name", "type"];

/// What runs.
#[derive(Debug)]
pub(crate) enum Aim {
    /// What a route leads to.
    Route(Arc<RouteRecord>),
    /// A flow, called by itself with these inputs.
    Flow(FlowId, Vec<(usize, Value<'static>)>),
}

impl Aim {
    /// The flow that is tested.
    pub(crate) fn program(&self, flows: &Flows<'_>) -> Option<Arc<Program>> {
        let flow = match self {
            Self::Flow(flow, _) => *flow,
            Self::Route(route) => match route.target {
                RouteTarget::Flow(flow) => flow,
                RouteTarget::Queue(_) => return None,
            },
        };
        flows.running.snapshot.published(flow).cloned()
    }
}

/// A flow as a trial names it.
pub(crate) struct FlowWanted {
    name: String,
    /// Whether it is a shared one; none where its name alone says which flow is meant.
    shared: Option<bool>,
}

impl FlowWanted {
    /// A name, or `{ name: NAME, type: TYPE }`; none if it is absent, or something else, which is a problem.
    pub(crate) fn take(members: &mut Members<'_>) -> Option<Self> {
        let at = members.at("flow");
        let node = match members.node("flow")? {
            Node::Null => return None,
            Node::String(name) => return Some(Self { name: name.clone(), shared: None }),
            node => node,
        };
        let Ok(mut own) = Members::of(&at, node) else {
            members.problems.push(wrong(&at, "a flow's name, or `{ name: NAME, type: TYPE }`").found(node.kind()));
            return None;
        };
        let name = own.text("name");
        if name.is_none() && own.problems.is_empty() {
            own.missing("name", "the name of the flow");
        }
        let written = own.text("type");
        let shared = written.as_deref().map(is_shared_type);
        if let Some(word) = written.filter(|word| !is_type(word)) {
            let problem =
                Diagnostic::error(Code::InvalidValue, own.at("type"), format!("`{word}` is not a flow's type"));
            own.problems.push(problem.expected("email or shared").nearest(&word, ["email", "shared"]));
        }
        let problems = own.finish(&FLOW);
        let is_well = problems.is_empty();
        members.problems.extend(problems);
        name.filter(|_| is_well).map(|name| Self { name, shared })
    }
}

/// Aims at a flow, with the inputs that are `given`.
pub(crate) fn at_flow(
    path: &str,
    wanted: &FlowWanted,
    given: Option<&Node>,
    flows: &Flows<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Aim> {
    let name = &wanted.name;
    let (at, folded) = (format!("{path}.flow"), fold_name(name));
    let of_type = [false, true].into_iter().filter(|shared| wanted.shared.is_none_or(|wanted| wanted == *shared));
    let found = of_type.filter_map(|shared| flows.world.flow_named(&folded, shared));
    // A server has flows that were never published.
    let mut found = found.filter_map(|flow| flows.running.snapshot.published(flow.id));
    let (found, other) = (found.next(), found.next());
    if other.is_some() {
        let message = format!("`{name}` is the name of two flows, a shared one and an email one");
        // In YAML, some signs of a name need quotes.
        let is_plain = name.chars().all(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(&c));
        let written = if is_plain { name.clone() } else { Json::from(name.as_str()).to_string() };
        let suggestion = format!("write `flow: {{ name: {written}, type: shared }}`, or `type: email`");
        problems.push(Diagnostic::error(Code::AmbiguousFlow, at, message).suggestion(suggestion));
        return None;
    }
    let Some(program) = found else {
        let what = match wanted.shared {
            None => "flow",
            Some(true) => "shared flow",
            Some(false) => "email flow",
        };
        let of_type = flows.project.flows.iter().map(|flow| &flow.document);
        let of_type = of_type.filter(|flow| wanted.shared.is_none_or(|shared| shared == flow.is_shared()));
        let known: Vec<&str> = of_type.map(|flow| flow.name.as_str()).collect();
        let problem = Diagnostic::error(Code::UnknownFlow, at, format!("there is no {what} `{name}`"));
        problems.push(problem.nearest(name, known));
        return None;
    };
    let given = match given.map(Node::to_json) {
        None | Some(Json::Null) => Map::new(),
        Some(Json::Object(given)) => given,
        Some(_) => {
            problems.push(wrong(&format!("{path}.inputs"), "a map of values by name"));
            return None;
        }
    };
    let flow = program.interface.flow;
    match inputs::read(&program.interface, &given) {
        Ok(inputs) => Some(Aim::Flow(flow, inputs)),
        Err(found) => {
            problems.extend(found.into_iter().map(|one| Diagnostic { path: format!("{path}.{}", one.path), ..one }));
            Some(Aim::Flow(flow, Vec::new()))
        }
    }
}

/// Aims at what the route of an address leads to.
pub(crate) fn at_route(path: &str, address: &str, flows: &Flows<'_>, problems: &mut Vec<Diagnostic>) -> Option<Aim> {
    if let RouteMatch::Route(route) = flows.running.routes.find(address.trim()) {
        return Some(Aim::Route(route));
    }
    let known: Vec<String> =
        flows.world.routes.values().map(|route| format!("{}@{}", route.pattern, route.domain)).collect();
    let problem = Diagnostic::error(Code::InvalidValue, path, format!("no route takes mail for `{address}`"));
    let problem = problem.expected("an address that one of the folder's routes takes");
    problems.push(problem.nearest(address, known.iter().map(String::as_str)));
    None
}
