//! Which parts of a mail an expression reads in the end: through variables, inputs and outputs of flows, and rows of tables.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::Value as Json;
use waypost_cel::{Call, Expr, Kind, Literal};
use waypost_flow::actions::facts::{Given, Named, Sets};
use waypost_flow::document::{Action, FlowReference, fold_name};
use waypost_flow::expr;
use waypost_flow::program::Program;
use waypost_flow_tests::Flows;

use super::source::Source;

/// What a name in an outputMapping stands for.
#[derive(Clone, Debug)]
enum Output {
    /// An output of a flow.
    Flow(String),
    /// A column of a row, found by this key.
    Row(String),
    /// An output of a data action.
    DataAction(String),
    /// What a schedule says.
    Schedule,
}

/// Where a value comes from: an expression in a flow, and what `output` is in it.
#[derive(Clone, Debug)]
struct Origin {
    flow: String,
    text: String,
    output: Option<Output>,
}

/// How values go from one place to another in a folder's flows. Flows go by their folded names.
#[derive(Debug, Default)]
pub(crate) struct Wiring {
    variables: HashMap<(String, String), Vec<Origin>>,
    inputs: HashMap<(String, String), Vec<Origin>>,
    outputs: HashMap<(String, String), Vec<Origin>>,
}

/// What an expression is read in.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    /// The flow, by its folded name.
    pub(crate) flow: String,
    output: Option<Output>,
    /// Names that macros have bound.
    locals: Vec<(String, BTreeSet<Source>)>,
}

impl Scope {
    pub(crate) fn of(flow: &str) -> Self {
        Self { flow: fold_name(flow), output: None, locals: Vec::new() }
    }
}

/// The member that hands values over to a flow.
const INPUT_MAPPING: &str = "inputMapping";

/// The member that a row is found by.
pub(crate) const KEY: &str = "key";

/// Names are followed through so many others.
const DEEPEST: usize = 12;

type Seen = HashSet<(String, String)>;

impl Wiring {
    pub(crate) fn of(flows: &Flows<'_>) -> Self {
        let mut wiring = Self::default();
        for (entry, program) in flows.programs() {
            let flow = fold_name(&entry.document.name);
            for node in &entry.document.nodes {
                wiring.actions(&flow, &node.actions);
            }
            wiring.program(program, &flow);
        }
        wiring
    }

    fn actions(&mut self, flow: &str, actions: &[Action]) {
        for action in actions {
            let facts = action.kind.facts();
            if let Some(assigned) = &facts.assigns {
                self.variable(flow, assigned.variable, assigned.value, None);
            }
            for mapping in &facts.outputs {
                let output = match mapping.given {
                    Given::Flow(reference) => called(reference).map(Output::Flow),
                    Given::Row(_) => written(action, KEY).as_str().map(|key| Output::Row(key.to_owned())),
                    Given::DataAction(name) => Some(Output::DataAction(name.to_owned())),
                    Given::Fixed(_) => Some(Output::Schedule),
                };
                for line in mapping.lines {
                    self.variable(flow, &line.name, &line.value, output.clone());
                }
            }
            let callee = facts.names.iter().find_map(|named| match named {
                Named::Flow(reference) => called(reference),
                _ => None,
            });
            if let Some(callee) = callee {
                self.call(flow, &callee, &written(action, INPUT_MAPPING));
            }
            self.actions(flow, facts.inside);
        }
    }

    fn variable(&mut self, flow: &str, name: &str, value: &Json, output: Option<Output>) {
        let key = (flow.to_owned(), name.to_owned());
        self.variables.entry(key).or_default().extend(origins(flow, value, output));
    }

    /// What an action hands over to a flow.
    fn call(&mut self, flow: &str, callee: &str, mapping: &Json) {
        for line in mapping.as_array().into_iter().flatten() {
            let (Some(name), Some(value)) = (line.get("name").and_then(Json::as_str), line.get("value")) else {
                continue;
            };
            let key = (callee.to_owned(), name.to_owned());
            self.inputs.entry(key).or_default().extend(origins(flow, value, None));
        }
    }

    /// What a flow's outputs are set to.
    fn program(&mut self, program: &Program, flow: &str) {
        for action in program.actions() {
            let facts = action.kind.facts();
            let Sets::Output(position) = facts.sets else { continue };
            let Some(output) = program.interface.outputs.get(position) else { continue };
            for (_, value) in &facts.evaluates {
                let origin = Origin { flow: flow.to_owned(), text: value.source.to_string(), output: None };
                self.outputs.entry((flow.to_owned(), output.name.clone())).or_default().push(origin);
            }
        }
    }

    /// What an expression reads.
    pub(crate) fn sources(&self, part: &Expr, scope: &Scope) -> BTreeSet<Source> {
        let mut found = BTreeSet::new();
        self.read(part, scope, &mut found, &mut Seen::new());
        found
    }

    /// What all expressions of a text read.
    fn text(&self, origin: &Origin, found: &mut BTreeSet<Source>, seen: &mut Seen) {
        if seen.len() > DEEPEST {
            return;
        }
        let scope = Scope { flow: origin.flow.clone(), output: origin.output.clone(), locals: Vec::new() };
        for range in expr::expressions(&origin.text) {
            let parsed = waypost_cel::parse(origin.text.get(range).unwrap_or_default());
            self.read(&parsed.tree, &scope, found, seen);
        }
    }

    fn all(&self, origins: Option<&Vec<Origin>>, found: &mut BTreeSet<Source>, seen: &mut Seen) {
        origins.into_iter().flatten().for_each(|origin| self.text(origin, found, seen));
    }

    /// The texts that a variable, an input or an output gets its values from, each with what it is read in.
    pub(crate) fn origins(&self, part: &Expr, scope: &Scope) -> Vec<(String, Scope)> {
        let path = path(part).unwrap_or_default();
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let key = |flow: &str, name: &str| (flow.to_owned(), name.to_owned());
        let origins = match (path.as_slice(), &scope.output) {
            (["interaction" | "now", ..] | [], _) => None,
            (["input", name, ..], _) => self.inputs.get(&key(&scope.flow, name)),
            (["output", name, ..], Some(Output::Flow(flow))) => self.outputs.get(&key(flow, name)),
            (["output", ..], _) => None,
            ([name, ..], _) => self.variables.get(&key(&scope.flow, name)),
        };
        let one = |origin: &Origin| {
            let scope = Scope { flow: origin.flow.clone(), output: origin.output.clone(), locals: Vec::new() };
            (origin.text.clone(), scope)
        };
        origins.into_iter().flatten().map(one).collect()
    }

    fn read(&self, part: &Expr, scope: &Scope, found: &mut BTreeSet<Source>, seen: &mut Seen) {
        if let Some(path) = path(part) {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            match path.as_slice() {
                ["now"] => drop(found.insert(Source::Now)),
                ["interaction", rest @ ..] => found.extend(Source::of_path(rest)),
                ["input", name, ..] => {
                    let key = (scope.flow.clone(), (*name).to_owned());
                    found.insert(Source::Input((*name).to_owned()));
                    if seen.insert((format!("input {}", key.0), key.1.clone())) {
                        self.all(self.inputs.get(&key), found, seen);
                    }
                }
                ["output", name, ..] => self.output(name, scope, found, seen),
                [name, rest @ ..] => {
                    if let Some((_, bound)) = scope.locals.iter().rev().find(|(local, _)| local == name) {
                        let read = |source: &Source| rest.iter().fold(source.clone(), |of, field| of.member(field));
                        found.extend(bound.iter().map(read));
                        return;
                    }
                    let key = (scope.flow.clone(), (*name).to_owned());
                    if seen.insert(key.clone()) {
                        self.all(self.variables.get(&key), found, seen);
                    }
                }
                [] => {}
            }
            return;
        }
        match &part.kind {
            Kind::Member(member) => {
                let mut of = BTreeSet::new();
                self.read(&member.of, scope, &mut of, seen);
                found.extend(of.iter().map(|source| source.member(&member.field)));
            }
            Kind::Call(call) => self.call_reads(call, scope, found, seen),
            _ => children(part).into_iter().for_each(|child| self.read(child, scope, found, seen)),
        }
    }

    fn output(&self, name: &str, scope: &Scope, found: &mut BTreeSet<Source>, seen: &mut Seen) {
        match &scope.output {
            Some(Output::Flow(flow)) => {
                let key = (flow.clone(), name.to_owned());
                if seen.insert((format!("output {flow}"), name.to_owned())) {
                    self.all(self.outputs.get(&key), found, seen);
                }
            }
            Some(Output::Row(key)) => {
                let origin = Origin { flow: scope.flow.clone(), text: key.clone(), output: None };
                self.text(&origin, found, seen);
            }
            Some(Output::DataAction(action)) => drop(found.insert(Source::Answer(action.clone(), name.to_owned()))),
            Some(Output::Schedule) => drop(found.insert(Source::Now)),
            None => {}
        }
    }

    fn call_reads(&self, call: &Call, scope: &Scope, found: &mut BTreeSet<Source>, seen: &mut Seen) {
        if let (Some(of), "header", Some(Kind::Literal(Literal::Text(name)))) =
            (&call.of, &*call.function, call.arguments.first().map(|argument| &argument.kind))
            && path(of).is_some_and(|path| path == ["interaction", "email"])
        {
            found.insert(Source::Header(name.to_string()));
            return;
        }
        let inner = self.inside(call, scope);
        if let Some(of) = &call.of {
            self.read(of, scope, found, seen);
        }
        call.arguments.iter().for_each(|argument| self.read(argument, &inner, found, seen));
    }

    /// The scope of a call's arguments: macros bind names in them.
    pub(crate) fn inside(&self, call: &Call, scope: &Scope) -> Scope {
        let mut inner = scope.clone();
        if let (Some(of), true) = (&call.of, call.arguments.len() > 1)
            && let Some(Kind::Name(name)) = call.arguments.first().map(|argument| &argument.kind)
        {
            inner.locals.push((name.to_string(), self.sources(of, scope)));
        }
        inner
    }
}

/// What an expression is made of.
pub(crate) fn children(part: &Expr) -> Vec<&Expr> {
    match &part.kind {
        Kind::Literal(_) | Kind::Name(_) | Kind::Wrong => Vec::new(),
        Kind::Member(member) => vec![&member.of],
        Kind::Index(index) => vec![&index.of, &index.index],
        Kind::Unary(_, of) => vec![of],
        Kind::Binary(binary) => vec![&binary.left, &binary.right],
        Kind::Choice(choice) => vec![&choice.when, &choice.then, &choice.otherwise],
        Kind::Call(call) => call.of.iter().chain(&call.arguments).collect(),
        Kind::List(elements) => elements.iter().map(|element| &element.value).collect(),
        Kind::Map(entries) => entries.iter().flat_map(|entry| [&entry.key, &entry.value]).collect(),
        Kind::Message(message) => message.fields.iter().map(|(_, value, _)| value).collect(),
    }
}

/// The names of `a.b['c'][0].d`: positions in lists are left out.
fn path(part: &Expr) -> Option<Vec<String>> {
    match &part.kind {
        Kind::Name(name) => Some(vec![name.trim_start_matches('.').to_owned()]),
        Kind::Member(member) => {
            let mut path = path(&member.of)?;
            path.push(member.field.to_string());
            Some(path)
        }
        Kind::Index(index) => {
            let mut path = path(&index.of)?;
            match &index.index.kind {
                Kind::Literal(Literal::Text(name)) => path.push(name.to_string()),
                Kind::Literal(Literal::Int(_)) => {}
                _ => return None,
            }
            Some(path)
        }
        _ => None,
    }
}

fn called(reference: &FlowReference) -> Option<String> {
    reference.flow.as_deref().or(reference.flow_id.as_deref()).map(fold_name)
}

/// A member of an action as it is written; null if it has none of that name.
pub(crate) fn written(action: &Action, member: &str) -> Json {
    let action = serde_json::to_value(action).unwrap_or_default();
    action.get(member).cloned().unwrap_or_default()
}

/// A value's texts, those in lists and maps too.
fn origins(flow: &str, value: &Json, output: Option<Output>) -> Vec<Origin> {
    let mut texts = Vec::new();
    texts_of(value, &mut texts);
    texts.into_iter().map(|text| Origin { flow: flow.to_owned(), text, output: output.clone() }).collect()
}

pub(crate) fn texts_of(value: &Json, texts: &mut Vec<String>) {
    match value {
        Json::String(text) => texts.push(text.clone()),
        Json::Array(items) => items.iter().for_each(|item| texts_of(item, texts)),
        Json::Object(members) => members.values().for_each(|member| texts_of(member, texts)),
        _ => {}
    }
}
