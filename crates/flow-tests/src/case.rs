//! A case: what runs, over which mail, and what is expected of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Map;
use waypost_app::mail::inputs;
use waypost_catalogue::routes::RouteMatch;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document::fold_name;
use waypost_flow::program::Program;
use waypost_flow::source::Node;
use waypost_flow::value::Value;
use waypost_mail::message::Message;
use waypost_project::At;
use waypost_project::members::{Members, wrong};
use waypost_store::records::catalogue::{RouteRecord, RouteTarget};

use crate::Flows;
use crate::answers::{self, GivenAnswer};
use crate::expect::{Expect, Names, nothing};
use crate::mail::Fields;
use crate::rows;

/// What a case may say.
pub(crate) const KEYS: [&str; 12] =
    ["name", "flow", "route", "mail", "file", "at", "envelope", "attributes", "inputs", "answers", "expect", rows::KEY];

pub(crate) const ENVELOPE: [&str; 3] = ["from", "to", "remote"];

/// When mail is accepted where neither the case nor its mail says so: tests must come out the same on every day.
const WHEN: Timestamp = Timestamp::constant(1_767_258_000, 0);

/// To whom mail is where nothing says so.
const NOBODY: &str = "inbox@example.com";

/// A case that can run.
#[derive(Debug)]
pub struct Case {
    /// Its file and document.
    pub at: At,
    /// Its path in that document, such as `tests[3]` or `tests[3].rows[1]`.
    pub path: String,
    /// Its name, which is its alone in the file.
    pub name: String,
    pub(crate) aim: Aim,
    pub(crate) raw: Vec<u8>,
    pub(crate) received_at: Timestamp,
    pub(crate) envelope: EnvelopeGiven,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) answers: Vec<GivenAnswer>,
    pub(crate) expect: Expect,
}

/// What runs.
#[derive(Debug)]
pub(crate) enum Aim {
    /// What a route leads to.
    Route(Arc<RouteRecord>),
    /// A flow, called by itself with these inputs.
    Flow(Arc<Program>, Vec<(usize, Value<'static>)>),
}

/// What the mail came in.
#[derive(Debug, Default)]
pub(crate) struct EnvelopeGiven {
    pub(crate) from: Option<String>,
    pub(crate) to: String,
    pub(crate) remote: String,
}

/// Reads one case; none if there are problems with it.
pub(crate) fn read(
    (at, path): (At, String),
    node: &Node,
    flows: &Flows<'_>,
    open: &dyn Fn(usize, &str) -> std::io::Result<Vec<u8>>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Case> {
    let before = problems.len();
    let mut members = Members::of(&path, node).map_err(|problem| problems.push(*problem)).ok()?;
    let name = members.text("name");
    if name.as_deref().is_none_or(|name| name.trim().is_empty()) {
        members.missing("name", "what the case shows, such as `a refund goes to billing`");
    }
    let (flow, route) = (members.text("flow"), members.text("route"));
    let (mail, file) = (members.node("mail"), members.text("file"));
    let time = members.text("at");
    let given = members.node("envelope");
    let attributes = members.node("attributes");
    let wanted_inputs = members.node("inputs");
    let answers = members.list(answers::ANSWERS);
    let expect = members.node("expect");
    members.node(rows::KEY);
    problems.extend(members.finish(&KEYS));

    let said = time.and_then(|text| match text.parse::<Timestamp>() {
        Ok(time) => Some(time),
        Err(_) => {
            let problem =
                Diagnostic::error(Code::InvalidValue, format!("{path}.at"), format!("not a valid time: `{text}`"));
            problems.push(problem.expected("a time such as `2026-03-01T09:00:00Z`"));
            None
        }
    });
    let mut envelope = given.map(|given| envelope(&format!("{path}.envelope"), given, problems)).unwrap_or_default();
    let to = [route.as_deref(), Some(envelope.to.as_str())].into_iter().flatten();
    let to = to.map(str::trim).find(|to| !to.is_empty() && !to.contains('*')).unwrap_or(NOBODY).to_owned();
    let raw = match (file, mail) {
        (Some(_), Some(_)) => {
            problems.push(wrong(&path, "`mail` or `file`, one of them"));
            Vec::new()
        }
        (Some(name), None) => open(at.file, &name).unwrap_or_else(|error| {
            let message = format!("can't read `{name}`: {error}");
            problems.push(Diagnostic::error(Code::InvalidValue, format!("{path}.file"), message));
            Vec::new()
        }),
        (None, mail) => Fields::read(&format!("{path}.mail"), mail, &to, said.unwrap_or(WHEN), problems).write(),
    };
    let message = Message::parse(&raw);
    let dated = message.date().and_then(|seconds| Timestamp::from_second(seconds).ok());
    let received_at = said.or(dated).unwrap_or(WHEN);
    let aim = match (flow, route) {
        (Some(name), None) => aim_at_flow(&path, &name, wanted_inputs, flows, problems),
        (None, Some(address)) => aim_at_route(&format!("{path}.route"), &address, flows, problems),
        (None, None) => {
            let problem = Diagnostic::error(Code::MissingKey, &path, "`flow` or `route` is missing");
            problems.push(problem.expected("the flow or the route that is tested"));
            None
        }
        (Some(_), Some(_)) => {
            problems.push(wrong(&path, "`flow` or `route`, one of them"));
            None
        }
    };
    if let (Some(Aim::Route(_)), Some(_)) = (&aim, wanted_inputs) {
        let message = "a route's flow has no inputs that are given";
        problems.push(Diagnostic::error(Code::UnknownKey, format!("{path}.inputs"), message));
    }
    if envelope.to.is_empty() {
        envelope.to = to;
    }
    let attributes = attributes.map(|node| texts(&format!("{path}.attributes"), node, problems)).unwrap_or_default();
    let answers = GivenAnswer::listed(&format!("{path}.{}", answers::ANSWERS), answers, flows.running, problems);
    let expect = match (expect, &aim) {
        (None, _) => {
            problems.push(nothing(&format!("{path}.expect")));
            None
        }
        (Some(expect), aim) => {
            let program = aim.as_ref().and_then(|aim| aim.program(flows));
            let programs: Vec<&Program> = flows.programs().map(|(_, program)| &**program).collect();
            let names = Names { running: flows.running, program: program.as_deref(), programs: &programs };
            let mut found = Vec::new();
            let expect = Expect::read(&format!("{path}.expect"), expect, names, &mut found);
            // Against no flow each of its names would be unknown.
            let of_flow = [Code::UnknownOutput, Code::UnknownNode];
            problems.extend(found.into_iter().filter(|one| aim.is_some() || !of_flow.contains(&one.code)));
            Some(expect)
        }
    };
    drop(message);
    let (Some(name), Some(aim), Some(expect)) = (name, aim, expect) else { return None };
    (problems.len() == before).then(|| Case {
        at,
        path,
        name,
        aim,
        raw,
        received_at,
        envelope,
        attributes,
        answers,
        expect,
    })
}

impl Case {
    /// Whether everything is compared with the snapshot beside the file.
    #[must_use]
    pub fn expects_snapshot(&self) -> bool {
        self.expect.snapshot
    }
}

impl Aim {
    /// The flow that is tested.
    pub(crate) fn program(&self, flows: &Flows<'_>) -> Option<Arc<Program>> {
        match self {
            Self::Flow(program, _) => Some(program.clone()),
            Self::Route(route) => match route.target {
                RouteTarget::Flow(flow) => flows.running.snapshot.published(flow).cloned(),
                RouteTarget::Queue(_) => None,
            },
        }
    }
}

fn aim_at_flow(
    path: &str,
    name: &str,
    given: Option<&Node>,
    flows: &Flows<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Aim> {
    let folded = fold_name(name);
    let found = [false, true].into_iter().find_map(|shared| flows.world.flow_named(&folded, shared));
    let Some(program) = found.and_then(|flow| flows.running.snapshot.published(flow.id)) else {
        let known = flows.project.flows.iter().map(|flow| flow.document.name.as_str());
        let problem =
            Diagnostic::error(Code::UnknownFlow, format!("{path}.flow"), format!("there is no flow `{name}`"));
        problems.push(problem.nearest(name, known));
        return None;
    };
    let given = match given.map(Node::to_json) {
        None | Some(serde_json::Value::Null) => Map::new(),
        Some(serde_json::Value::Object(given)) => given,
        Some(_) => {
            problems.push(wrong(&format!("{path}.inputs"), "a map of values by name"));
            return None;
        }
    };
    match inputs::read(&program.interface, &given) {
        Ok(inputs) => Some(Aim::Flow(program.clone(), inputs)),
        Err(found) => {
            problems.extend(found.into_iter().map(|one| Diagnostic { path: format!("{path}.{}", one.path), ..one }));
            Some(Aim::Flow(program.clone(), Vec::new()))
        }
    }
}

fn aim_at_route(path: &str, address: &str, flows: &Flows<'_>, problems: &mut Vec<Diagnostic>) -> Option<Aim> {
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

fn envelope(path: &str, node: &Node, problems: &mut Vec<Diagnostic>) -> EnvelopeGiven {
    let mut members = match Members::of(path, node) {
        Ok(members) => members,
        Err(problem) => {
            problems.push(*problem);
            return EnvelopeGiven::default();
        }
    };
    let envelope = EnvelopeGiven {
        from: members.text("from"),
        to: members.text("to").unwrap_or_default(),
        remote: members.text("remote").unwrap_or_default(),
    };
    problems.extend(members.finish(&ENVELOPE));
    envelope
}

fn texts(path: &str, node: &Node, problems: &mut Vec<Diagnostic>) -> BTreeMap<String, String> {
    let Node::Map(members) = node else {
        problems.push(wrong(path, "a map of texts by name").found(node.kind()));
        return BTreeMap::new();
    };
    let mut all = BTreeMap::new();
    for (name, value) in members {
        match value {
            Node::String(text) => drop(all.insert(name.clone(), text.clone())),
            Node::Integer(_) | Node::Number(_) | Node::Boolean(_) => {
                all.insert(name.clone(), value.to_json().to_string());
            }
            other => problems.push(wrong(&format!("{path}.{name}"), "a text").found(other.kind())),
        }
    }
    all
}
