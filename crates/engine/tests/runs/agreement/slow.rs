//! A second interpreter, slow and obvious: it walks documents and syntax trees as they are written, knows nothing of types
//! beforehand, keeps no positions, prepares nothing. It exists to disagree with the engine.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use jiff::Timestamp;
use serde_json::Value as Json;
use waypost_cel::{Expr, Kind, Literal, Operator, Unary};
use waypost_flow::actions::disconnect::Disconnect;
use waypost_flow::actions::find_queue::FindQueue;
use waypost_flow::actions::for_each::ForEach;
use waypost_flow::actions::forward::Forward;
use waypost_flow::actions::jumps::NOT_FOUND;
use waypost_flow::actions::log::Log;
use waypost_flow::actions::lookup_table::LookupTable;
use waypost_flow::actions::run_flow::RunFlow;
use waypost_flow::actions::set_attributes::SetAttributes;
use waypost_flow::actions::set_output::SetOutput;
use waypost_flow::actions::set_priority::SetPriority;
use waypost_flow::actions::set_variable::SetVariable;
use waypost_flow::actions::transfer_to_flow::TransferToFlow;
use waypost_flow::actions::transfer_to_queue::TransferToQueue;
use waypost_flow::actions::r#while::While;
use waypost_flow::document::{Action, ActionKind, Disposition, Document, Input, Jump, Mapping, Match};
use waypost_flow::expr::MAX_VALUE_BYTES;
use waypost_flow::functions::is_one_address;
use waypost_flow::value::Value;
use waypost_ids::codes;

use crate::mail::Mail;
use crate::world::{customer, find_queue};

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Plain {
    Text(String),
    Integer(i64),
    Number(f64),
    Boolean(bool),
    Time(Timestamp),
    List(Vec<Plain>),
}

/// How a run ended, in words that both interpreters have.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ended {
    pub(super) kind: &'static str,
    pub(super) queue: Option<String>,
    pub(super) priority: i64,
    pub(super) skills: Vec<String>,
    pub(super) language: Option<String>,
    pub(super) addresses: Vec<String>,
    pub(super) reason: Option<String>,
    pub(super) error: Option<&'static str>,
    pub(super) attributes: BTreeMap<String, String>,
}

/// Why something can't go on: an error, which can be caught, or a limit, which can't.
#[derive(Clone, Debug, PartialEq)]
enum Stop {
    Error(&'static str),
    Limit(&'static str),
    Decided(Box<Ended>),
    /// The run goes on at a node of the same flow.
    Jump(String),
    /// The same, because of an error.
    Caught(String),
    /// The run goes on in another flow, with these inputs.
    Transfer(usize, BTreeMap<String, Plain>),
}

type Result<T> = std::result::Result<T, Stop>;

/// What expressions of one flow see.
#[derive(Default)]
struct Names {
    inputs: BTreeMap<String, Plain>,
    variables: BTreeMap<String, Plain>,
    outputs: BTreeMap<String, Plain>,
    callee: BTreeMap<String, Plain>,
    /// Nodes that errors led to, and that the flow has not come back from.
    handling: Vec<String>,
}

/// One run.
pub(super) struct Slow<'r> {
    pub(super) flows: &'r [Document],
    pub(super) mail: &'r Mail,
    pub(super) id: &'r str,
    pub(super) received_at: Timestamp,
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) priority: i64,
    pub(super) actions: u32,
    pub(super) nodes: u32,
    pub(super) turns: u32,
    /// Which actions were done, for the count of what was covered.
    pub(super) done: BTreeMap<&'static str, usize>,
}

/// The limits of a run.
const MOST: u32 = 10_000;

impl Slow<'_> {
    /// Runs the first flow as a route would.
    pub(super) fn run(mut self) -> (Ended, BTreeMap<&'static str, usize>) {
        let (mut flow, mut inputs) = (0, BTreeMap::new());
        let ended = loop {
            match self.flow(flow, inputs) {
                Ok(_) => break self.end(flow),
                Err(Stop::Decided(ended)) => break *ended,
                Err(Stop::Transfer(to, given)) => (flow, inputs) = (to, given),
                Err(Stop::Jump(to) | Stop::Caught(to)) => panic!("no flow has the node {to}"),
                Err(Stop::Error(code) | Stop::Limit(code)) => {
                    break Ended { error: Some(code), ..self.bare("unrouted") };
                }
            }
        };
        (Ended { attributes: self.attributes, ..ended }, self.done)
    }

    fn bare(&self, kind: &'static str) -> Ended {
        Ended {
            kind,
            queue: None,
            priority: self.priority,
            skills: Vec::new(),
            language: None,
            addresses: Vec::new(),
            reason: None,
            error: None,
            attributes: BTreeMap::new(),
        }
    }

    fn end(&self, flow: usize) -> Ended {
        let end = &self.flows[flow].end;
        match end.disposition {
            Disposition::Unrouted => self.bare("unrouted"),
            Disposition::Disconnect => self.bare("disconnect"),
            Disposition::Queue => Ended { queue: end.queue.clone(), ..self.bare("queue") },
        }
    }

    /// Runs a flow to where it returns; answers its outputs.
    fn flow(&mut self, flow: usize, inputs: BTreeMap<String, Plain>) -> Result<BTreeMap<String, Plain>> {
        let document = &self.flows[flow];
        let mut names = Names { inputs, ..Names::default() };
        for output in &document.outputs {
            let empty = || empty(&output.data_type);
            names.outputs.insert(output.name.clone(), output.default.as_ref().map_or_else(empty, literal));
        }
        for variable in &document.variables {
            if let Some(default) = &variable.default {
                names.variables.insert(variable.name.clone(), literal(default));
            }
        }
        let index = |id: &str| document.nodes.iter().position(|node| node.id == id).unwrap();
        // Where a flow goes on that does not go on by itself: an error that none of its actions catches goes to the flow's `onError`.
        let elsewhere = |stop: Stop, names: &mut Names| {
            let to = match (stop, &document.on_error) {
                (Stop::Jump(to), _) => return Ok((index(&to), false)),
                (Stop::Caught(to), _) => to,
                (Stop::Error(_), Some(jump)) if !names.handling.contains(&jump.to) => jump.to.clone(),
                (stop, _) => return Err(stop),
            };
            names.handling.push(to.clone());
            Ok((index(&to), true))
        };
        let (mut at, mut by_error) = match self.conditions(document, &names) {
            Ok(true) => (0, false),
            Ok(false) => return Ok(names.outputs),
            Err(stop) => elsewhere(stop, &mut names)?,
        };
        let mut before = HashSet::new();
        while let Some(node) = document.nodes.get(at) {
            if !std::mem::take(&mut by_error) {
                if before.contains(&at) {
                    names.handling.clear();
                }
                if names.handling.is_empty() {
                    before.insert(at);
                }
            }
            if self.nodes >= MOST {
                return Err(Stop::Limit(codes::TOO_MANY_NODES));
            }
            self.nodes += 1;
            match self.actions(&node.actions, &mut names) {
                Ok(true) => {}
                Ok(false) => return Ok(names.outputs),
                Err(stop) => {
                    (at, by_error) = elsewhere(stop, &mut names)?;
                    continue;
                }
            }
            let Some(branches) = &node.next else {
                at += 1;
                continue;
            };
            let mut taken = None;
            for branch in branches {
                let holds = match &branch.when {
                    None => Ok(true),
                    Some(when) => self.text(when, &names).map(|value| value == Plain::Boolean(true)),
                };
                match holds {
                    Ok(true) => taken = Some((index(&branch.to), false)),
                    Ok(false) => continue,
                    Err(stop) => taken = Some(elsewhere(stop, &mut names)?),
                }
                break;
            }
            match taken {
                Some(to) => (at, by_error) = to,
                None => return Ok(names.outputs),
            }
        }
        Ok(names.outputs)
    }

    /// Counts an action.
    fn count(&mut self) -> Result<()> {
        if self.actions >= MOST {
            return Err(Stop::Limit(codes::TOO_MANY_ACTIONS));
        }
        self.actions += 1;
        Ok(())
    }

    /// Counts a turn of a loop.
    fn turn(&mut self) -> Result<()> {
        if self.turns >= MOST {
            return Err(Stop::Limit(codes::TOO_MANY_TURNS));
        }
        self.turns += 1;
        Ok(())
    }

    /// Does the actions of a node or of a loop's turn; `false` leaves the flow.
    fn actions(&mut self, actions: &[Action], names: &mut Names) -> Result<bool> {
        for action in actions {
            self.count()?;
            match self.action(&action.kind, names) {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(Stop::Error(code)) => {
                    return Err(match &action.on_error {
                        Some(jump) if !names.handling.contains(&jump.to) => Stop::Caught(jump.to.clone()),
                        _ => Stop::Error(code),
                    });
                }
                Err(stop) => return Err(stop),
            }
        }
        Ok(true)
    }

    /// Where a run goes that does not find what it looks for.
    fn nothing(not_found: Option<&Jump>) -> Stop {
        not_found.map_or(Stop::Error(codes::NOT_FOUND), |jump| Stop::Jump(jump.to.clone()))
    }

    /// Sets the variables of an outputMapping from what was given.
    fn map(&self, given: BTreeMap<String, Plain>, mapping: &[Mapping], names: &mut Names) -> Result<()> {
        names.callee = given;
        let mut set = Vec::new();
        for mapping in mapping {
            set.push((mapping.name.clone(), self.value(&mapping.value, names)?));
        }
        names.variables.extend(set);
        Ok(())
    }

    fn conditions(&self, document: &Document, names: &Names) -> Result<bool> {
        let set = &document.condition_set;
        let any = set.matching == Match::Any;
        for condition in &set.conditions {
            if (self.text(&condition.when, names)? == Plain::Boolean(true)) == any {
                return Ok(any);
            }
        }
        Ok(set.conditions.is_empty() || !any)
    }

    /// Does an action; `false` leaves the flow.
    fn action(&mut self, kind: &ActionKind, names: &mut Names) -> Result<bool> {
        let mut did = |what| *self.done.entry(what).or_default() += 1;
        match kind {
            ActionKind::RunFlow(RunFlow { flow, input_mapping, output_mapping }) => {
                did("runFlow");
                let callee = self.called(flow.flow.as_deref());
                let inputs = self.inputs(callee, input_mapping, names)?;
                let given = self.flow(callee, inputs)?;
                self.map(given, output_mapping, names)?;
            }
            ActionKind::ForEach(ForEach { items, variable, actions }) => {
                did("forEach");
                let Plain::List(items) = self.value(items, names)? else { panic!("a list was checked") };
                for item in items {
                    self.turn()?;
                    names.variables.insert(variable.clone(), item);
                    if !self.actions(actions, names)? {
                        return Ok(false);
                    }
                }
            }
            ActionKind::While(While { when, actions }) => {
                did("while");
                while self.text(when, names)? == Plain::Boolean(true) {
                    self.turn()?;
                    if !self.actions(actions, names)? {
                        return Ok(false);
                    }
                }
            }
            ActionKind::LookupTable(LookupTable { key, output_mapping, jumps, .. }) => {
                did("lookupTable");
                let Some(row) = customer(&self.string(key, names)?) else {
                    return Err(Self::nothing(jumps.get(NOT_FOUND)));
                };
                let column = |name: &str, empty: Plain| match &row[name] {
                    Json::Null => Ok((name.to_owned(), empty)),
                    Json::String(_) if name == "discount" => Err(Stop::Error(codes::CONVERSION)),
                    value => Ok((name.to_owned(), literal(value))),
                };
                let tier = column("tier", Plain::Text(String::new()))?;
                let discount = column("discount", Plain::Integer(0))?;
                let tags = column("tags", Plain::List(Vec::new()))?;
                self.map(BTreeMap::from([tier, discount, tags]), output_mapping, names)?;
            }
            ActionKind::FindQueue(FindQueue { name, output_mapping, jumps }) => {
                did("findQueue");
                let Some(queue) = find_queue(&self.string(name, names)?) else {
                    return Err(Self::nothing(jumps.get(NOT_FOUND)));
                };
                let given = BTreeMap::from([("name".to_owned(), Plain::Text(queue.to_owned()))]);
                self.map(given, output_mapping, names)?;
            }
            ActionKind::TransferToFlow(TransferToFlow { flow, input_mapping }) => {
                did("transferToFlow");
                let callee = self.called(flow.flow.as_deref());
                return Err(Stop::Transfer(callee, self.inputs(callee, input_mapping, names)?));
            }
            ActionKind::SetVariable(SetVariable { name, value }) => {
                did("setVariable");
                let value = self.value(value, names)?;
                names.variables.insert(name.clone(), value);
            }
            ActionKind::SetOutput(SetOutput { name, value }) => {
                did("setOutput");
                let value = self.value(value, names)?;
                names.outputs.insert(name.clone(), value);
            }
            ActionKind::SetAttributes(SetAttributes { attributes }) => {
                did("setAttributes");
                let mut set = Vec::new();
                for (name, value) in attributes {
                    set.push((name.clone(), self.string(value, names)?));
                }
                self.attributes.extend(set);
            }
            ActionKind::SetPriority(SetPriority { priority }) => {
                did("setPriority");
                self.priority = self.integer(priority, names)?;
            }
            ActionKind::TransferToQueue(TransferToQueue { queue, jumps, priority, skills, language }) => {
                did("transferToQueue");
                let Plain::Text(queue) = self.text(queue, names)? else { panic!("a string was checked") };
                let Some(queue) = find_queue(&queue) else { return Err(Self::nothing(jumps.get(NOT_FOUND))) };
                let priority = priority.as_ref().map(|value| self.integer(value, names)).transpose()?;
                let skills = skills.as_ref().map(|value| self.strings(value, names)).transpose()?;
                let language = language.as_ref().map(|value| self.string(value, names)).transpose()?;
                return Err(Stop::Decided(Box::new(Ended {
                    queue: Some(queue.to_owned()),
                    priority: priority.unwrap_or(self.priority),
                    skills: skills.unwrap_or_default().into_iter().filter(|skill| !skill.trim().is_empty()).collect(),
                    language: language.filter(|language| !language.trim().is_empty()),
                    ..self.bare("queue")
                })));
            }
            ActionKind::Forward(Forward { addresses, .. }) => {
                did("forward");
                let addresses = self.strings(addresses, names)?;
                if addresses.is_empty() || addresses.iter().any(|address| address.trim().is_empty()) {
                    return Err(Stop::Error(codes::NO_ADDRESS));
                }
                if !addresses.iter().all(|address| is_one_address(address)) {
                    return Err(Stop::Error(codes::INVALID_ADDRESS));
                }
                return Err(Stop::Decided(Box::new(Ended { addresses, ..self.bare("forward") })));
            }
            ActionKind::Disconnect(Disconnect { reason }) => {
                did("disconnect");
                let reason = reason.as_ref().map(|value| self.string(value, names)).transpose()?;
                return Err(Stop::Decided(Box::new(Ended { reason, ..self.bare("disconnect") })));
            }
            ActionKind::Return(_) => {
                did("return");
                return Ok(false);
            }
            ActionKind::Log(Log { message, .. }) => {
                did("log");
                self.string(message, names)?;
            }
            other => panic!("`{}` is not generated", other.type_name()),
        }
        Ok(true)
    }

    fn called(&self, name: Option<&str>) -> usize {
        self.flows.iter().position(|flow| Some(flow.name.as_str()) == name).unwrap()
    }

    /// Inputs in the order that the callee declares them: what is mapped, else the default.
    fn inputs(&self, callee: usize, mappings: &[Mapping], names: &Names) -> Result<BTreeMap<String, Plain>> {
        let mut inputs = BTreeMap::new();
        for Input { name, default, .. } in &self.flows[callee].inputs {
            let value = match mappings.iter().find(|mapping| mapping.name == *name) {
                Some(mapping) => self.value(&mapping.value, names)?,
                None => literal(default.as_ref().unwrap()),
            };
            inputs.insert(name.clone(), value);
        }
        Ok(inputs)
    }

    fn string(&self, value: &Json, names: &Names) -> Result<String> {
        match self.value(value, names)? {
            Plain::Text(text) => Ok(text),
            other => panic!("a string was checked, and {other:?} came"),
        }
    }

    fn strings(&self, value: &Json, names: &Names) -> Result<Vec<String>> {
        match self.value(value, names)? {
            Plain::List(items) => Ok(items.iter().map(printed).collect()),
            other => panic!("a list was checked, and {other:?} came"),
        }
    }

    fn integer(&self, value: &Json, names: &Names) -> Result<i64> {
        match self.value(value, names)? {
            Plain::Integer(number) => Ok(number),
            other => panic!("an integer was checked, and {other:?} came"),
        }
    }

    /// What stands in a value position.
    fn value(&self, value: &Json, names: &Names) -> Result<Plain> {
        match value {
            Json::String(text) => self.text(text, names),
            Json::Array(items) => {
                Ok(Plain::List(items.iter().map(|item| self.value(item, names)).collect::<Result<_>>()?))
            }
            other => Ok(literal(other)),
        }
    }

    /// One `${…}` alone, or a template. Generated expressions hold no braces, so that the first `}` ends one.
    fn text(&self, text: &str, names: &Names) -> Result<Plain> {
        if let Some(inside) = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'))
            && !inside.contains('}')
        {
            return self.eval(&parse(inside), names);
        }
        let (mut out, mut rest) = (String::new(), text);
        while let Some((literal, expression)) = rest.split_once("${") {
            out.push_str(literal);
            let (inside, after) = expression.split_once('}').unwrap();
            out.push_str(&printed(&self.eval(&parse(inside), names)?));
            rest = after;
        }
        out.push_str(rest);
        bounded(Plain::Text(out))
    }

    fn eval(&self, expression: &Expr, names: &Names) -> Result<Plain> {
        Ok(match &expression.kind {
            Kind::Literal(Literal::Bool(value)) => Plain::Boolean(*value),
            Kind::Literal(Literal::Int(value)) => Plain::Integer(*value),
            Kind::Literal(Literal::Double(value)) => Plain::Number(*value),
            Kind::Literal(Literal::Text(value)) => Plain::Text(value.to_string()),
            Kind::Name(name) if &**name == "now" => Plain::Time(self.received_at),
            Kind::Name(name) => names.variables.get(&**name).unwrap_or_else(|| panic!("`{name}` is not set")).clone(),
            Kind::List(elements) => {
                Plain::List(elements.iter().map(|element| self.eval(&element.value, names)).collect::<Result<_>>()?)
            }
            Kind::Member(_) => self.path(&path(expression).unwrap(), names),
            Kind::Call(call) if &*call.function == "has" => {
                let [Expr { kind: Kind::Member(asked), .. }] = call.arguments.as_slice() else { panic!("{call:?}") };
                assert_eq!(path(&asked.of), Some(vec!["interaction", "attributes"]));
                Plain::Boolean(self.attributes.contains_key(&*asked.field))
            }
            Kind::Call(call) => {
                let operands: Vec<&Expr> = call.of.iter().chain(&call.arguments).collect();
                self.call(&call.function, &operands, names)?
            }
            Kind::Unary(Unary::Not, of) => self.call("!", &[of], names)?,
            Kind::Unary(Unary::Negate, of) => self.call("-x", &[of], names)?,
            Kind::Binary(binary) => self.call(binary.operator.sign(), &[&binary.left, &binary.right], names)?,
            Kind::Index(index) => self.call("[]", &[&index.of, &index.index], names)?,
            Kind::Choice(choice) => self.call("?:", &[&choice.when, &choice.then, &choice.otherwise], names)?,
            other => panic!("{other:?} was not to be generated"),
        })
    }

    fn path(&self, path: &[&str], names: &Names) -> Plain {
        let address = |part: &str| {
            let from = self.mail.sender();
            let part = match part {
                "address" => from.address,
                "name" => from.name,
                _ => from.domain,
            };
            Plain::Text(part.to_owned())
        };
        match path {
            ["input", name] => names.inputs[*name].clone(),
            ["output", name] => names.callee[*name].clone(),
            ["interaction", "id"] => Plain::Text(self.id.to_owned()),
            ["interaction", "priority"] => Plain::Integer(self.priority),
            ["interaction", "receivedAt"] => Plain::Time(self.received_at),
            ["interaction", "attributes", name] => Plain::Text(self.attributes.get(*name).cloned().unwrap_or_default()),
            ["interaction", "email", "subject"] => Plain::Text(self.mail.subject.clone()),
            ["interaction", "email", "body"] => Plain::Text(self.mail.body.clone()),
            ["interaction", "email", "from", part] => address(part),
            ["interaction", "email", "isAutoGenerated"] => Plain::Boolean(false),
            other => panic!("{other:?} was not to be generated"),
        }
    }

    fn call(&self, name: &str, operands: &[&Expr], names: &Names) -> Result<Plain> {
        // What does not evaluate all of its operands.
        match (name, operands) {
            ("?:", [when, then, otherwise]) => {
                let holds = self.eval(when, names)? == Plain::Boolean(true);
                return self.eval(if holds { then } else { otherwise }, names);
            }
            ("&&" | "||", [a, b]) => {
                let decisive = Ok(Plain::Boolean(name == Operator::Or.sign()));
                let first = self.eval(a, names);
                if first == decisive {
                    return decisive;
                }
                let second = self.eval(b, names);
                return if second == decisive { decisive } else { first.and(second) };
            }
            ("[]", [of, key]) if path(of) == Some(vec!["interaction", "attributes"]) => {
                let key = printed(&self.eval(key, names)?);
                return Ok(Plain::Text(self.attributes.get(&key).cloned().unwrap_or_default()));
            }
            _ => {}
        }
        let values: Vec<Plain> = operands.iter().map(|operand| self.eval(operand, names)).collect::<Result<_>>()?;
        apply(name, &values)
    }
}

/// A computed value, unless it is too large.
fn bounded(value: Plain) -> Result<Plain> {
    let fits = match &value {
        Plain::Text(text) => text.len() <= MAX_VALUE_BYTES,
        Plain::List(items) => items.len() <= MAX_VALUE_BYTES / size_of::<Value<'_>>(),
        _ => true,
    };
    if fits { Ok(value) } else { Err(Stop::Limit(codes::VALUE_TOO_LARGE)) }
}

fn path(expression: &Expr) -> Option<Vec<&str>> {
    match &expression.kind {
        Kind::Name(name) => Some(vec![name]),
        Kind::Member(member) => {
            let mut path = path(&member.of)?;
            path.push(&member.field);
            Some(path)
        }
        _ => None,
    }
}

fn apply(name: &str, values: &[Plain]) -> Result<Plain> {
    use Plain::{Boolean, Integer, List, Number, Text};
    let folded = |text: &str| text.to_ascii_lowercase();
    let error = |code| Err(Stop::Error(code));
    let known = |value: Option<i64>| value.map(Integer).ok_or(Stop::Error(codes::OVERFLOW));
    Ok(match (name, values) {
        ("!", [Boolean(value)]) => Boolean(!value),
        ("-x", [Integer(value)]) => known(value.checked_neg())?,
        ("-x", [Number(value)]) => Number(-value),
        ("+", [Integer(a), Integer(b)]) => known(a.checked_add(*b))?,
        ("-", [Integer(a), Integer(b)]) => known(a.checked_sub(*b))?,
        ("*", [Integer(a), Integer(b)]) => known(a.checked_mul(*b))?,
        ("/" | "%", [Integer(_), Integer(0)]) => return error(codes::DIVISION_BY_ZERO),
        ("/", [Integer(a), Integer(b)]) => known(a.checked_div(*b))?,
        ("%", [Integer(a), Integer(b)]) => known(a.checked_rem(*b))?,
        ("+", [Number(a), Number(b)]) => Number(a + b),
        ("-", [Number(a), Number(b)]) => Number(a - b),
        ("*", [Number(a), Number(b)]) => Number(a * b),
        ("/", [Number(a), Number(b)]) => Number(a / b),
        ("+", [Text(a), Text(b)]) => bounded(Text(format!("{a}{b}")))?,
        ("+", [List(a), List(b)]) => bounded(List(a.iter().chain(b).cloned().collect()))?,
        ("==", [a, b]) => Boolean(equal(a, b)),
        ("!=", [a, b]) => Boolean(!equal(a, b)),
        ("<" | "<=" | ">" | ">=", [a, b]) => {
            let order = order(a, b);
            Boolean(order.is_some_and(|order| match name {
                "<" => order.is_lt(),
                "<=" => order.is_le(),
                ">" => order.is_gt(),
                _ => order.is_ge(),
            }))
        }
        ("in", [needle, List(items)]) => Boolean(items.iter().any(|item| equal(needle, item))),
        ("[]", [List(items), Integer(index)]) => {
            let item = usize::try_from(*index).ok().and_then(|index| items.get(index));
            item.cloned().ok_or(Stop::Error(codes::MISSING_INDEX))?
        }
        ("size", [Text(text)]) => Integer(i64::try_from(text.chars().count()).unwrap()),
        ("size", [List(items)]) => Integer(i64::try_from(items.len()).unwrap()),
        ("string", [value]) => Text(printed(value)),
        ("double", [Integer(value)]) => Number(*value as f64),
        ("int", [Text(text)]) => match text.parse() {
            Ok(number) => Integer(number),
            Err(_) => return error(codes::CONVERSION),
        },
        ("contains", [Text(text), Text(part)]) => Boolean(text.contains(part.as_str())),
        ("startsWith", [Text(text), Text(part)]) => Boolean(text.starts_with(part.as_str())),
        ("endsWith", [Text(text), Text(part)]) => Boolean(text.ends_with(part.as_str())),
        ("containsIgnoreCase", [Text(text), Text(part)]) => Boolean(folded(text).contains(&folded(part))),
        ("equalsIgnoreCase", [Text(text), Text(part)]) => Boolean(folded(text) == folded(part)),
        ("startsWithIgnoreCase", [Text(text), Text(part)]) => Boolean(folded(text).starts_with(&folded(part))),
        ("containsAny", [Text(text), List(words)]) => {
            Boolean(words.iter().any(|word| folded(text).contains(&folded(&printed(word)))))
        }
        (name, values) => panic!("{name} of {values:?} was checked"),
    })
}

/// Integers and numbers are small here: what a conversion loses is not generated between them.
fn order(a: &Plain, b: &Plain) -> Option<std::cmp::Ordering> {
    match (a, b) {
        (Plain::Text(a), Plain::Text(b)) => Some(a.cmp(b)),
        (Plain::Integer(a), Plain::Integer(b)) => Some(a.cmp(b)),
        (Plain::Number(a), Plain::Number(b)) => a.partial_cmp(b),
        (Plain::Integer(a), Plain::Number(b)) => (*a as f64).partial_cmp(b),
        (Plain::Number(a), Plain::Integer(b)) => a.partial_cmp(&(*b as f64)),
        (Plain::Boolean(a), Plain::Boolean(b)) => Some(a.cmp(b)),
        (Plain::Time(a), Plain::Time(b)) => Some(a.cmp(b)),
        (a, b) => panic!("{a:?} and {b:?} were checked to have an order"),
    }
}

fn equal(a: &Plain, b: &Plain) -> bool {
    match (a, b) {
        (Plain::List(a), Plain::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (a, b) => order(a, b) == Some(std::cmp::Ordering::Equal),
    }
}

/// What a template prints.
fn printed(value: &Plain) -> String {
    match value {
        Plain::Text(text) => text.clone(),
        Plain::Integer(number) => number.to_string(),
        Plain::Boolean(value) => value.to_string(),
        Plain::List(items) => {
            let item = |item: &Plain| match item {
                Plain::Text(text) => Json::from(text.as_str()),
                Plain::Integer(number) => Json::from(*number),
                other => panic!("{other:?} is not generated in a list"),
            };
            Json::Array(items.iter().map(item).collect()).to_string()
        }
        Plain::Number(value) => number(*value),
        Plain::Time(_) => panic!("{value:?} is not to be printed"),
    }
}

/// Parsing is not what is compared, and loops parse the same again and again.
fn parse(source: &str) -> Rc<Expr> {
    thread_local!(static KNOWN: RefCell<HashMap<String, Rc<Expr>>> = RefCell::default());
    KNOWN.with_borrow_mut(|known| {
        if let Some(parsed) = known.get(source) {
            return parsed.clone();
        }
        if known.len() > 10_000 {
            known.clear();
        }
        let parsed = waypost_cel::parse(source);
        assert!(parsed.mistakes.is_empty(), "`{source}`: {:?}", parsed.mistakes);
        known.entry(source.to_owned()).or_insert(Rc::new(parsed.tree)).clone()
    })
}

/// A number as CEL prints it: the shortest digits that read back, with an exponent below 1e-4 and from 1e6 on.
fn number(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            "NaN"
        } else if value > 0.0 {
            "+Inf"
        } else {
            "-Inf"
        }
        .to_owned();
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap();
    let exponent: i32 = exponent.parse().unwrap();
    if (-4..6).contains(&exponent) {
        return value.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

fn literal(value: &Json) -> Plain {
    match value {
        Json::String(text) => Plain::Text(text.clone()),
        Json::Bool(value) => Plain::Boolean(*value),
        Json::Array(items) => Plain::List(items.iter().map(literal).collect()),
        Json::Number(number) => number.as_i64().map_or_else(|| Plain::Number(number.as_f64().unwrap()), Plain::Integer),
        other => panic!("{other} is not generated"),
    }
}

fn empty(data_type: &str) -> Plain {
    match data_type {
        "string" => Plain::Text(String::new()),
        "integer" => Plain::Integer(0),
        "number" => Plain::Number(0.0),
        "boolean" => Plain::Boolean(false),
        _ => Plain::List(Vec::new()),
    }
}
