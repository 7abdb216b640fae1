//! What a case expects of its run. What it leaves out is not compared.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value as Json;
use waypost_app::outbox::sends::RULES;
use waypost_catalogue::world::Running;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document::fold_name;
use waypost_flow::program::Program;
use waypost_flow::source::Node;
use waypost_flow::source::members::{Members, wrong};
use waypost_flow::types::Type;
use waypost_ids::DecisionKind;
use waypost_wire::trace::TraceEffectKind;

use crate::logs::{self, LogWanted};
use crate::recipients::Recipients;
use crate::text::{Maybe, Text};

/// The word that stands for whatever the snapshot beside the file says.
const SNAPSHOT: &str = "snapshot";

pub(crate) const KEYS: [&str; 16] = [
    "decision",
    "queue",
    "priority",
    "skills",
    "language",
    "addresses",
    "reason",
    "outcome",
    "attributes",
    "variables",
    "outputs",
    "sends",
    "sendsNot",
    "path",
    "logs",
    "error",
];

pub(crate) const SEND: [&str; 11] =
    ["kind", "to", "subject", "text", "html", "replyAll", "attachOriginal", "attach", "webhook", "payload", "heldBy"];

const DECISIONS: [DecisionKind; 4] =
    [DecisionKind::Queue, DecisionKind::Forward, DecisionKind::Disconnect, DecisionKind::Unrouted];

const SENDS: [TraceEffectKind; 5] = [
    TraceEffectKind::Reply,
    TraceEffectKind::Mail,
    TraceEffectKind::Forward,
    TraceEffectKind::Webhook,
    TraceEffectKind::QueuePush,
];

/// What is expected.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expect {
    pub(crate) decision: Option<DecisionKind>,
    pub(crate) queue: Option<Maybe<String>>,
    pub(crate) priority: Option<i64>,
    pub(crate) skills: Option<Vec<String>>,
    pub(crate) language: Option<Maybe<Text>>,
    pub(crate) addresses: Option<Vec<String>>,
    pub(crate) reason: Option<Maybe<Text>>,
    pub(crate) outcome: Option<Maybe<Text>>,
    pub(crate) attributes: BTreeMap<String, Maybe<Text>>,
    /// No attribute may be set.
    pub(crate) no_attributes: bool,
    /// Variables of the flow under test, as they were last set.
    pub(crate) variables: BTreeMap<String, Wanted>,
    /// No variable may have a value.
    pub(crate) no_variables: bool,
    pub(crate) outputs: BTreeMap<String, Wanted>,
    /// There may be no outputs: the flow did not return.
    pub(crate) no_outputs: bool,
    /// What must be sent; an empty list: nothing may be.
    pub(crate) sends: Option<Vec<SendWanted>>,
    pub(crate) sends_not: Vec<SendWanted>,
    pub(crate) path: Option<Vec<String>>,
    /// What must be logged; an empty list: nothing may be.
    pub(crate) logs: Option<Vec<LogWanted>>,
    pub(crate) error: Option<Maybe<Text>>,
    /// Everything is compared with the snapshot.
    pub(crate) snapshot: bool,
}

/// An expected value.
#[derive(Clone, Debug)]
pub(crate) enum Wanted {
    /// None: nothing was set, or null.
    Nothing,
    /// This one.
    Value(Json),
    /// A text like this.
    Text(Text),
}

/// Something that is sent. What it leaves out is not compared.
#[derive(Clone, Debug, Default)]
pub(crate) struct SendWanted {
    pub(crate) kind: Option<TraceEffectKind>,
    pub(crate) to: Option<Maybe<Recipients>>,
    pub(crate) subject: Option<Maybe<Text>>,
    pub(crate) text: Option<Maybe<Text>>,
    pub(crate) html: Option<Maybe<Text>>,
    pub(crate) reply_all: Option<bool>,
    pub(crate) attach_original: Option<bool>,
    pub(crate) attach: Option<bool>,
    pub(crate) webhook: Option<Maybe<String>>,
    pub(crate) payload: Option<Maybe<Json>>,
    /// The rule that holds it back; none: it goes out.
    pub(crate) held_by: Option<&'static str>,
}

/// What names in an expectation are looked for in.
#[derive(Clone, Copy)]
pub(crate) struct Names<'n> {
    pub(crate) running: &'n Running,
    /// The flow under test; none if the route leads to a queue.
    pub(crate) program: Option<&'n Program>,
    /// All flows, for paths.
    pub(crate) programs: &'n [&'n Program],
}

impl Expect {
    /// Reads what a case expects; every problem with it is noted.
    pub(crate) fn read(path: &str, node: &Node, names: Names<'_>, problems: &mut Vec<Diagnostic>) -> Self {
        if matches!(node, Node::String(word) if word == SNAPSHOT) {
            return Self { snapshot: true, ..Self::default() };
        }
        let mut members = match Members::of(path, node) {
            Ok(members) => members,
            Err(problem) => {
                problems.push(problem.expected("a map of what is expected, or `snapshot`"));
                return Self::default();
            }
        };
        if is_empty(node) {
            problems.push(nothing(path));
        }
        let decision = word(&mut members, "decision", "a decision in one word: each run ends with one", problems);
        let queue = name_or_null(&mut members, "queue");
        let mut expect = Self {
            priority: integer_or_null(&mut members, "priority"),
            skills: members.node("skills").map(listed),
            addresses: members.node("addresses").map(listed),
            ..Self::default()
        };
        let mut text = |name: &str| {
            let node = members.node(name)?;
            Maybe::read(&members.at(name), node, problems)
        };
        expect.language = text("language");
        expect.reason = text("reason");
        expect.outcome = text("outcome");
        expect.error = text("error");
        if let Some(word) = decision {
            let at = members.at("decision");
            expect.decision = one_of(&at, &word, &DECISIONS, |kind| kind.as_str(), "decision", problems);
        }
        if let Some(Maybe::This(name)) = &queue {
            let known = names.running.queue_names.values().map(|name| &**name);
            if !names.running.queues_by_name.contains_key(&fold_name(name)) {
                let message = format!("there is no queue `{name}`");
                problems.push(Diagnostic::error(Code::UnknownQueue, members.at("queue"), message).nearest(name, known));
            }
        }
        expect.queue = queue;
        if let Some(node) = members.node("attributes") {
            let at = members.at("attributes");
            problems.extend(is_empty(node).then(|| nothing(&at)));
            expect.no_attributes = *node == Node::Null;
            for (name, value) in map_or_null(&at, node, problems) {
                let wanted = Maybe::read(&format!("{at}.{name}"), value, problems);
                expect.attributes.extend(wanted.map(|wanted| (name.clone(), wanted)));
            }
        }
        if let Some(node) = members.node("variables") {
            let at = members.at("variables");
            problems.extend(is_empty(node).then(|| nothing(&at)));
            let known = names.program.map(|program| {
                program.variables.iter().map(|slot| (slot.name.to_string(), slot.data_type.clone())).collect()
            });
            expect.no_variables = *node == Node::Null;
            expect.variables = values(&at, "variable", node, known.unwrap_or_default(), problems);
        }
        if let Some(node) = members.node("outputs") {
            let at = members.at("outputs");
            problems.extend(is_empty(node).then(|| nothing(&at)));
            let known = names.program.map(|program| program.interface.output_types()).unwrap_or_default();
            expect.no_outputs = *node == Node::Null;
            expect.outputs = values(&at, "output", node, known, problems);
        }
        if let Some(node) = members.node("sends") {
            expect.sends = Some(sends(&members.at("sends"), node, problems));
        }
        if let Some(node) = members.node("sendsNot") {
            let at = members.at("sendsNot");
            expect.sends_not = sends(&at, node, problems);
            if expect.sends_not.is_empty() {
                problems.push(nothing(&at));
            }
        }
        if let Some(node) = members.node("path") {
            let at = members.at("path");
            if !matches!(node, Node::List(_) | Node::Null) {
                problems.push(wrong(&at, "a list of nodes").found(node.kind()));
            }
            let steps = listed(node);
            for (index, step) in steps.iter().enumerate() {
                problems.extend(unknown_step(&format!("{at}[{index}]"), step, names));
            }
            expect.path = Some(steps);
        }
        if let Some(node) = members.node("logs") {
            expect.logs = Some(logs::read(&members.at("logs"), node, problems));
        }
        problems.extend(members.finish(&KEYS));
        expect
    }
}

fn is_empty(node: &Node) -> bool {
    matches!(node, Node::Map(members) if members.is_empty())
}

/// A problem with what expects nothing: it would pass whatever the flow does.
pub(crate) fn nothing(path: &str) -> Diagnostic {
    Diagnostic::error(Code::MissingKey, path, "nothing is expected, so this passes whatever the flow does")
        .expected("at least one expectation, such as `queue: Billing`")
}

/// A word of which there always is one.
fn word(members: &mut Members<'_>, name: &str, expected: &str, problems: &mut Vec<Diagnostic>) -> Option<String> {
    match members.node(name)? {
        Node::String(word) => Some(word.clone()),
        other => {
            problems.push(wrong(&members.at(name), expected).found(other.kind()));
            None
        }
    }
}

/// Whether something is so; `null`: it is not.
fn flag_or_null(members: &mut Members<'_>, name: &str) -> Option<bool> {
    match members.node(name)? {
        Node::Boolean(flag) => Some(*flag),
        Node::Null => Some(false),
        other => {
            members.problems.push(wrong(&members.at(name), "true, false or null").found(other.kind()));
            None
        }
    }
}

/// A number; what nobody has set is 0.
fn integer_or_null(members: &mut Members<'_>, name: &str) -> Option<i64> {
    match members.node(name)? {
        Node::Integer(number) => Some(*number),
        Node::Null => Some(0),
        other => {
            members.problems.push(wrong(&members.at(name), "an integer, or null").found(other.kind()));
            None
        }
    }
}

fn name_or_null(members: &mut Members<'_>, name: &str) -> Option<Maybe<String>> {
    match members.node(name)? {
        Node::String(name) => Some(Maybe::This(name.clone())),
        Node::Null => Some(Maybe::Nothing),
        other => {
            members.problems.push(wrong(&members.at(name), "a name, or null").found(other.kind()));
            None
        }
    }
}

pub(crate) fn listed(node: &Node) -> Vec<String> {
    let one = |node: &Node| match node {
        Node::String(text) => text.clone(),
        other => other.to_json().to_string(),
    };
    match node {
        Node::List(elements) => elements.iter().map(one).collect(),
        Node::Null => Vec::new(),
        other => vec![one(other)],
    }
}

fn map_or_null<'n>(path: &str, node: &'n Node, problems: &mut Vec<Diagnostic>) -> &'n [(String, Node)] {
    match node {
        Node::Map(members) => members,
        Node::Null => &[],
        other => {
            problems.push(wrong(path, "a map").found(other.kind()));
            &[]
        }
    }
}

/// Expected values by name, each of the type that it has in the flow.
fn values(
    path: &str,
    what: &str,
    node: &Node,
    known: Vec<(String, Type)>,
    problems: &mut Vec<Diagnostic>,
) -> BTreeMap<String, Wanted> {
    let mut all = BTreeMap::new();
    for (name, value) in map_or_null(path, node, problems) {
        let at = format!("{path}.{name}");
        let Some((_, data_type)) = known.iter().find(|(known, _)| known == name) else {
            let problem = Diagnostic::error(Code::UnknownOutput, at, format!("the flow has no {what} `{name}`"));
            problems.push(problem.nearest(name, known.iter().map(|(name, _)| name.as_str())));
            continue;
        };
        let wanted = match (data_type, value) {
            (_, Node::Null) => Some(Wanted::Nothing),
            (Type::String, value) => Text::read(&at, value, problems).map(Wanted::Text),
            (_, value) => match waypost_flow::expr::constant(&at, &value.to_json(), data_type) {
                Ok(_) => Some(Wanted::Value(value.to_json())),
                Err(found) => {
                    problems.extend(found);
                    None
                }
            },
        };
        all.extend(wanted.map(|wanted| (name.clone(), wanted)));
    }
    all
}

pub(crate) fn one_of<T: Copy>(
    path: &str,
    word: &str,
    all: &[T],
    name: impl Fn(T) -> &'static str,
    what: &str,
    problems: &mut Vec<Diagnostic>,
) -> Option<T> {
    let found = all.iter().copied().find(|one| name(*one) == word);
    if found.is_none() {
        let names: Vec<&str> = all.iter().map(|one| name(*one)).collect();
        let problem = Diagnostic::error(Code::InvalidValue, path, format!("unknown {what} `{word}`"));
        problems.push(problem.expected(format!("one of: {}", names.join(", "))).nearest(word, names));
    }
    found
}

fn sends(path: &str, node: &Node, problems: &mut Vec<Diagnostic>) -> Vec<SendWanted> {
    let elements = match node {
        Node::List(elements) => elements.as_slice(),
        Node::Null => &[],
        other => {
            problems.push(wrong(path, "a list").found(other.kind()));
            &[]
        }
    };
    let each = elements.iter().enumerate();
    each.filter_map(|(index, element)| SendWanted::read(&format!("{path}[{index}]"), element, problems)).collect()
}

impl SendWanted {
    fn read(path: &str, node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        let mut members = Members::of(path, node).map_err(|problem| problems.push(*problem)).ok()?;
        let mut wanted = Self::default();
        if let Some(word) = word(&mut members, "kind", "a kind in one word", problems) {
            wanted.kind = one_of(&members.at("kind"), &word, &SENDS, TraceEffectKind::as_str, "kind", problems);
        }
        wanted.to = members.node("to").and_then(|node| Recipients::read(&members.at("to"), node, problems));
        let mut text = |name: &str| {
            let node = members.node(name)?;
            Maybe::read(&members.at(name), node, problems)
        };
        (wanted.subject, wanted.text, wanted.html) = (text("subject"), text("text"), text("html"));
        wanted.reply_all = flag_or_null(&mut members, "replyAll");
        wanted.attach_original = flag_or_null(&mut members, "attachOriginal");
        wanted.attach = flag_or_null(&mut members, "attach");
        wanted.webhook = name_or_null(&mut members, "webhook");
        wanted.payload = members.node("payload").map(|node| match node {
            Node::Null => Maybe::Nothing,
            node => Maybe::This(node.to_json()),
        });
        wanted.held_by = match name_or_null(&mut members, "heldBy") {
            Some(Maybe::This(rule)) => one_of(&members.at("heldBy"), &rule, &RULES, |rule| rule, "rule", problems),
            Some(Maybe::Nothing) | None => None,
        };
        problems.extend(members.finish(&SEND));
        Some(wanted)
    }
}

impl fmt::Display for SendWanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Some(kind) => write!(f, "a {}", kind.as_str())?,
            None => f.write_str("anything")?,
        }
        match &self.to {
            None => {}
            Some(Maybe::Nothing) => f.write_str(", to nobody")?,
            Some(Maybe::This(to)) => write!(f, ", to {to}")?,
        }
        for (member, wanted) in [("subject", &self.subject), ("text", &self.text), ("html", &self.html)] {
            if let Some(wanted) = wanted {
                write!(f, ", {member} {wanted}")?;
            }
        }
        for (member, wanted) in
            [("replyAll", self.reply_all), ("attachOriginal", self.attach_original), ("attach", self.attach)]
        {
            if let Some(wanted) = wanted {
                write!(f, ", {member} `{wanted}`")?;
            }
        }
        match &self.webhook {
            None => {}
            Some(Maybe::Nothing) => f.write_str(", webhook nothing")?,
            Some(Maybe::This(webhook)) => write!(f, ", webhook `{webhook}`")?,
        }
        match &self.payload {
            None => {}
            Some(Maybe::Nothing) => f.write_str(", payload nothing")?,
            Some(Maybe::This(payload)) => write!(f, ", payload `{payload}`")?,
        }
        self.held_by.map_or(Ok(()), |rule| write!(f, ", held back by `{rule}`"))
    }
}

/// What is wrong with a step of a path: a node of the flow under test, or `Flow/node`.
fn unknown_step(path: &str, step: &str, names: Names<'_>) -> Option<Diagnostic> {
    let own = || names.program.into_iter().flat_map(|program| program.nodes.iter().map(|node| node.id.to_string()));
    let others = || {
        let each = names.programs.iter();
        each.flat_map(|program| program.nodes.iter().map(|node| format!("{}/{}", program.interface.name, node.id)))
    };
    let known: Vec<String> = own().chain(others()).collect();
    if known.iter().any(|known| known == step) {
        return None;
    }
    let problem = Diagnostic::error(Code::UnknownNode, path, format!("there is no node `{step}`"));
    Some(problem.expected("a node of the flow, or `Flow/node`").nearest(step, known.iter().map(String::as_str)))
}
