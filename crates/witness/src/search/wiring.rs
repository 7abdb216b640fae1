//! Which parts of a mail an expression reads in the end: through variables, inputs and outputs of flows, and rows of tables.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use serde_json::Value as Json;
use waypost_cel::{Call, Expr, Kind, Literal};
use waypost_flow::actions::facts::{Given, Named, Sets};
use waypost_flow::document::{Action, FlowReference, fold_name};
use waypost_flow::expr;
use waypost_flow::program::{Program, ProgramAction};
use waypost_flow_tests::Flows;

use super::source::Source;

/// What a name in an outputMapping stands for.
#[derive(Clone, Debug)]
pub(crate) enum Output {
    /// An output of a flow.
    Flow(String),
    /// A column of a row of a table, found by this key.
    Row { table: String, key: String },
    /// An output of a data action.
    DataAction(String),
    /// What is said of a data action that fails.
    Failure(String),
    /// The state of a schedule.
    Schedule(String),
}

/// Where a value comes from: an expression in a flow, and what `output` is in it.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) flow: String,
    /// The node's position.
    pub(crate) node: usize,
    pub(crate) text: String,
    /// Whether it is a list, and the value becomes each of its elements.
    pub(crate) is_list: bool,
    output: Option<Output>,
}

impl Origin {
    /// What its expressions are read in.
    pub(crate) fn scope(&self) -> Scope {
        Scope { flow: self.flow.clone(), output: self.output.clone(), locals: Vec::new() }
    }
}

/// An action of a flow, by the flow's folded name and the node's position.
#[derive(Clone, Copy)]
struct At<'a> {
    flow: &'a str,
    node: usize,
}

/// What each name of a flow reads in the end.
type Reads = HashMap<(String, String), Rc<BTreeSet<Source>>>;

/// How values go from one place to another in a folder's flows. Flows go by their folded names.
#[derive(Debug, Default)]
pub(crate) struct Wiring {
    pub(super) variables: HashMap<(String, String), Vec<Origin>>,
    pub(super) inputs: HashMap<(String, String), Vec<Origin>>,
    pub(super) outputs: HashMap<(String, String), Vec<Origin>>,
    /// What names read in the end, as far as that was asked: flows with a thousand nodes ask the same again and again.
    reads: RefCell<Reads>,
    /// Expressions of texts, as far as they were asked for.
    trees: RefCell<HashMap<String, Rc<[Expr]>>>,
}

/// What an expression is read in.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    /// The flow, by its folded name.
    pub(crate) flow: String,
    pub(crate) output: Option<Output>,
    /// Names that macros have bound, the innermost last.
    pub(crate) locals: Vec<Local>,
}

/// A name that a macro has bound.
#[derive(Clone, Debug)]
pub(crate) struct Local {
    pub(crate) name: String,
    /// What its values read.
    reads: BTreeSet<Source>,
    /// What it goes over, if a function made that: of a list of the mail the elements are read themselves.
    pub(crate) of: Option<Rc<Expr>>,
}

impl Scope {
    pub(crate) fn of(flow: &str) -> Self {
        Self { flow: fold_name(flow), output: None, locals: Vec::new() }
    }

    /// What a macro has bound to a name.
    pub(crate) fn local(&self, name: &str) -> Option<&Local> {
        self.locals.iter().rev().find(|local| local.name == name)
    }
}

/// The member that hands values over to a flow.
pub(crate) const INPUT_MAPPING: &str = "inputMapping";

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
            for (node, written) in entry.document.nodes.iter().enumerate() {
                wiring.actions(At { flow: &flow, node }, &written.actions);
            }
            for (node, ready) in program.nodes.iter().enumerate() {
                wiring.outputs(program, At { flow: &flow, node }, &ready.actions);
            }
        }
        wiring
    }

    fn actions(&mut self, at: At<'_>, actions: &[Action]) {
        for action in actions {
            let facts = action.kind.facts();
            if let Some(assigned) = &facts.assigns {
                let key = (at.flow.to_owned(), assigned.variable.to_owned());
                let origins = origins(at, assigned.value, None).into_iter();
                let origins = origins.map(|origin| Origin { is_list: assigned.elements, ..origin });
                self.variables.entry(key).or_default().extend(origins);
            }
            for mapping in &facts.outputs {
                let output = match mapping.given {
                    Given::Flow(reference) => called(reference).map(Output::Flow),
                    Given::Row(table) => written(action, KEY)
                        .as_str()
                        .map(|key| Output::Row { table: table.to_owned(), key: key.to_owned() }),
                    Given::DataAction(name) => Some(Output::DataAction(name.to_owned())),
                    Given::Fixed(_) => facts.names.iter().find_map(|named| match named {
                        Named::DataAction(name) => Some(Output::Failure((*name).to_owned())),
                        Named::Schedule(name) => Some(Output::Schedule((*name).to_owned())),
                        _ => None,
                    }),
                };
                for line in mapping.lines {
                    self.variable(at, &line.name, &line.value, output.clone());
                }
            }
            let callee = facts.names.iter().find_map(|named| match named {
                Named::Flow(reference) => called(reference),
                _ => None,
            });
            if let Some(callee) = callee {
                self.call(at, &callee, &written(action, INPUT_MAPPING));
            }
            self.actions(at, facts.inside);
        }
    }

    fn variable(&mut self, at: At<'_>, name: &str, value: &Json, output: Option<Output>) {
        let key = (at.flow.to_owned(), name.to_owned());
        self.variables.entry(key).or_default().extend(origins(at, value, output));
    }

    /// What an action hands over to a flow.
    fn call(&mut self, at: At<'_>, callee: &str, mapping: &Json) {
        for line in mapping.as_array().into_iter().flatten() {
            let (Some(name), Some(value)) = (line.get("name").and_then(Json::as_str), line.get("value")) else {
                continue;
            };
            let key = (callee.to_owned(), name.to_owned());
            self.inputs.entry(key).or_default().extend(origins(at, value, None));
        }
    }

    /// What a flow's outputs are set to.
    fn outputs(&mut self, program: &Program, at: At<'_>, actions: &[ProgramAction]) {
        for action in actions {
            let facts = action.kind.facts();
            if let Sets::Output(position) = facts.sets
                && let Some(output) = program.interface.outputs.get(position)
            {
                for (_, value) in &facts.evaluates {
                    let text = value.source.to_string();
                    let origin = Origin { flow: at.flow.to_owned(), node: at.node, text, is_list: false, output: None };
                    self.outputs.entry((at.flow.to_owned(), output.name.clone())).or_default().push(origin);
                }
            }
            self.outputs(program, at, action.kind.inside());
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
        self.expressions(&origin.text, &origin.scope(), found, seen);
    }

    fn expressions(&self, text: &str, scope: &Scope, found: &mut BTreeSet<Source>, seen: &mut Seen) {
        self.trees(text).iter().for_each(|tree| self.read(tree, scope, found, seen));
    }

    /// The expressions in a text.
    pub(crate) fn trees(&self, text: &str) -> Rc<[Expr]> {
        if let Some(known) = self.trees.borrow().get(text) {
            return known.clone();
        }
        let ranges = expr::expressions(text).into_iter();
        let trees: Rc<[Expr]> =
            ranges.map(|range| waypost_cel::parse(text.get(range).unwrap_or_default()).tree).collect();
        self.trees.borrow_mut().insert(text.to_owned(), trees.clone());
        trees
    }

    /// What a name reads by what it is set to.
    fn through(
        &self,
        key: (String, String),
        origins: Option<&Vec<Origin>>,
        found: &mut BTreeSet<Source>,
        seen: &mut Seen,
    ) {
        if let Some(known) = self.reads.borrow().get(&key) {
            return found.extend(known.iter().cloned());
        }
        // Within another name some were read already, so what is found there is not all.
        if !seen.is_empty() {
            if seen.insert(key) {
                self.all(origins, found, seen);
            }
            return;
        }
        let mut own = BTreeSet::new();
        self.all(origins, &mut own, &mut Seen::from([key.clone()]));
        found.extend(own.iter().cloned());
        self.reads.borrow_mut().insert(key, Rc::new(own));
    }

    fn all(&self, origins: Option<&Vec<Origin>>, found: &mut BTreeSet<Source>, seen: &mut Seen) {
        origins.into_iter().flatten().for_each(|origin| self.text(origin, found, seen));
    }

    /// What a variable, an input or an output gets its values from.
    pub(crate) fn origins(&self, part: &Expr, scope: &Scope) -> &[Origin] {
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
        origins.map(Vec::as_slice).unwrap_or_default()
    }

    fn read(&self, part: &Expr, scope: &Scope, found: &mut BTreeSet<Source>, seen: &mut Seen) {
        if let Some(path) = path(part) {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            match path.as_slice() {
                ["now"] => drop(found.insert(Source::Now)),
                ["interaction", rest @ ..] => found.extend(Source::of_path(rest)),
                ["input", name, rest @ ..] => {
                    let key = (scope.flow.clone(), (*name).to_owned());
                    let known = (format!("input {}", key.0), key.1.clone());
                    let mut of = BTreeSet::from([Source::Input((*name).to_owned())]);
                    self.through(known, self.inputs.get(&key), &mut of, seen);
                    found.extend(of.iter().map(|source| source.within(rest)));
                }
                ["output", name, rest @ ..] => {
                    let mut of = BTreeSet::new();
                    self.output(name, scope, &mut of, seen);
                    found.extend(of.iter().map(|source| source.within(rest)));
                }
                [name, rest @ ..] => {
                    let mut of = BTreeSet::new();
                    if let Some(local) = scope.local(name) {
                        of.extend(local.reads.iter().cloned());
                    } else {
                        let key = (scope.flow.clone(), (*name).to_owned());
                        let origins = self.variables.get(&key);
                        self.through(key, origins, &mut of, seen);
                    }
                    found.extend(of.iter().map(|source| source.within(rest)));
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
                let known = (format!("output {flow}"), name.to_owned());
                self.through(known, self.outputs.get(&key), found, seen);
            }
            Some(Output::Row { key, .. }) => {
                let scope = Scope { output: None, locals: Vec::new(), ..scope.clone() };
                self.expressions(key, &scope, found, seen);
            }
            Some(Output::DataAction(action)) => drop(found.insert(Source::Answer(action.clone(), name.to_owned()))),
            Some(Output::Failure(action)) => drop(found.insert(Source::Failure(action.clone(), name.to_owned()))),
            Some(Output::Schedule(_)) => drop(found.insert(Source::Now)),
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
        let Some(of) = &call.of else { return inner };
        let bound = expr::bound_names(&call.function, call.arguments.len());
        let reads = self.sources(of, scope);
        for (position, argument) in call.arguments.iter().take(bound).enumerate() {
            let Kind::Name(name) = &argument.kind else { continue };
            // The first of two is a key of a map, or a position, which nothing says.
            let is_key = position + 1 < bound;
            let is_kept = |source: &&Source| !is_key || matches!(source, Source::AnyAttribute | Source::AnyField);
            let reads = reads.iter().filter(is_kept).cloned().collect();
            let of = matches!(of.kind, Kind::Call(_)).then(|| Rc::new(of.clone())).filter(|_| !is_key);
            inner.locals.push(Local { name: name.to_string(), reads, of });
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

/// The names of `a.b['c'][0].d` and of `a.b.get('c', '')`: positions in lists are left out.
pub(crate) fn path(part: &Expr) -> Option<Vec<String>> {
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
        Kind::Call(call) if &*call.function == "get" => {
            let Kind::Literal(Literal::Text(name)) = &call.arguments.first()?.kind else { return None };
            let mut path = path(call.of.as_ref()?)?;
            path.push(name.to_string());
            Some(path)
        }
        _ => None,
    }
}

pub(crate) fn called(reference: &FlowReference) -> Option<String> {
    reference.flow.as_deref().or(reference.flow_id.as_deref()).map(fold_name)
}

/// A member of an action as it is written; null if it has none of that name.
pub(crate) fn written(action: &Action, member: &str) -> Json {
    let action = serde_json::to_value(action).unwrap_or_default();
    action.get(member).cloned().unwrap_or_default()
}

/// A value's texts, those in lists and maps too.
fn origins(at: At<'_>, value: &Json, output: Option<Output>) -> Vec<Origin> {
    let mut texts = Vec::new();
    texts_of(value, &mut texts);
    let one = |text| Origin { flow: at.flow.to_owned(), node: at.node, text, is_list: false, output: output.clone() };
    texts.into_iter().map(one).collect()
}

pub(crate) fn texts_of(value: &Json, texts: &mut Vec<String>) {
    match value {
        Json::String(text) => texts.push(text.clone()),
        Json::Array(items) => items.iter().for_each(|item| texts_of(item, texts)),
        Json::Object(members) => members.values().for_each(|member| texts_of(member, texts)),
        Json::Number(_) | Json::Bool(_) => texts.push(value.to_string()),
        Json::Null => {}
    }
}
