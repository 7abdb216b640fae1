//! Flows read for their ways: branches, jumps, calls and errors, with what makes a run go each.

use std::collections::{BTreeSet, HashSet};
use std::rc::Rc;

use serde_json::Value as Json;
use waypost_cel::{Expr, Kind};
use waypost_engine::PlaceId;
use waypost_flow::actions::facts::Named;
use waypost_flow::actions::jumps::{FAILURE, NOT_FOUND, TIMED_OUT};
use waypost_flow::document::{Action, Document, fold_name};
use waypost_flow::expr::{self, Compiled};
use waypost_flow::program::{Program, ProgramAction, ProgramNode};
use waypost_flow::types::Type;
use waypost_flow_tests::coverage::Target;

use super::clock::Clock;
use super::draft::Asked;
use super::moves::Move;
use super::solve::Known;
use super::ways::{Id, Way, Ways, compiled};
use super::wiring::{INPUT_MAPPING, KEY, Scope, Wiring, called, children, written};

/// Reads one flow of one version.
pub(super) struct Survey<'r> {
    ways: &'r mut Ways,
    known: &'r Known<'r>,
    side: usize,
    program: &'r Program,
    document: &'r Document,
}

impl<'r> Survey<'r> {
    pub(super) fn new(
        ways: &'r mut Ways,
        (known, side): (&'r Known<'r>, usize),
        program: &'r Program,
        document: &'r Document,
    ) -> Self {
        Self { ways, known, side, program, document }
    }

    pub(super) fn flow(&mut self, clock: &Clock<'_>) {
        let (program, document) = (self.program, self.document);
        let scope = Scope::of(&document.name);
        for condition in &program.conditions.conditions {
            self.parts(condition, &format!("{}/", scope.flow));
        }
        for (node, written) in program.nodes.iter().zip(&document.nodes).take_while(|_| !clock.is_over(0)) {
            self.node(node, &written.actions, &scope);
        }
    }

    fn node(&mut self, node: &ProgramNode, actions: &[Action], scope: &Scope) {
        let program = self.program;
        let place = format!("{}/{}", scope.flow, node.id);
        let from = self.ways.station(&scope.flow, &node.id);
        self.ways.call(Target::Place(PlaceId::node(node)), place.clone());
        for one in compiled(node) {
            self.parts(one, &place);
        }
        let mut moves = Vec::new();
        let mut before = Vec::new();
        self.actions((from, &place), (actions, &node.actions), scope, (&mut moves, &mut before));
        if let Some(to) = program.on_error {
            let asked: BTreeSet<Asked> = asked_in(self.known, actions, &mut HashSet::new());
            let fails = asked.into_iter().map(|asked| Move::Fails { asked, late: false }).collect();
            self.error(from, to, fails, scope);
        }
        for branch in &node.next {
            let source = branch.when.as_ref().map_or("", |when| &*when.source);
            let to = program.nodes.get(branch.to).map_or("", |node| &node.id);
            let taken = self.ways.call(Target::Place(PlaceId::branch(branch)), format!("{place}>{source}>{to}"));
            let truth = branch.when.as_ref().and_then(|when| self.truth(when, scope));
            let needs = branch.when.as_ref().map(|when| self.needs(when, scope)).unwrap_or_default();
            let to = self.ways.station(&scope.flow, to);
            let way = Way { from, to, taken, moves: truth.iter().cloned().collect(), before: before.clone(), needs };
            self.ways.add(way);
            if let Some(truth) = truth {
                let [holds, fails] = truth.both_ways();
                before.push((taken, fails.clone()));
                moves.extend([holds, fails]);
            }
        }
        self.ways.call(Target::Place(PlaceId::no_branch(node)), format!("{place}>"));
        if let Some(station) = self.ways.stations.get_mut(from) {
            station.moves.extend(moves);
        }
    }

    /// The jumps and calls of actions. What comes later in the node comes about only if they do not lead elsewhere.
    fn actions(
        &mut self,
        (from, place): (usize, &str),
        (written, ready): (&[Action], &[ProgramAction]),
        scope: &Scope,
        (moves, before): (&mut Vec<Move>, &mut Vec<(Id, Move)>),
    ) {
        for (number, (action, ready)) in written.iter().zip(ready).enumerate() {
            let place = format!("{place}.{number}");
            let found = self.found(action, scope);
            let asked = asked(action);
            moves.extend(found.clone().into_iter().flat_map(Move::both_ways));
            let fails: Vec<Move> =
                asked.iter().map(|asked| Move::Fails { asked: asked.clone(), late: false }).collect();
            moves.extend(fails.clone());
            moves.extend(self.given(action, scope));
            let facts = ready.kind.facts();
            for (name, to) in facts.jumps.iter() {
                let taken = self.ways.call(Target::Place(PlaceId::jump(ready, name)), format!("{place}!{name}"));
                let asked = asked.first().cloned();
                let (go, stay) = match name {
                    NOT_FOUND => match found.clone().map(Move::both_ways) {
                        Some([found, missing]) => (Some(missing), Some(found)),
                        None => (None, None),
                    },
                    FAILURE | TIMED_OUT => (
                        asked.clone().map(|asked| Move::Fails { asked, late: name == TIMED_OUT }),
                        asked.map(Move::Answers),
                    ),
                    _ => (None, None),
                };
                moves.extend(go.clone());
                let to = self.program.nodes.get(to).map_or("", |node| &node.id);
                let to = self.ways.station(&scope.flow, to);
                let way =
                    Way { from, to, taken, moves: go.into_iter().collect(), before: before.clone(), needs: Vec::new() };
                self.ways.add(way);
                before.extend(stay.map(|stay| (taken, stay)));
            }
            if let Some(to) = ready.on_error {
                self.error(from, to, fails, scope);
            }
            for callee in action.kind.facts().names.iter().filter_map(|named| match named {
                Named::Flow(reference) => called(reference),
                _ => None,
            }) {
                self.call(from, &callee, before);
            }
            let inside = (action.kind.facts().inside, ready.kind.inside());
            self.actions((from, &place), inside, scope, (moves, before));
            for tree in facts.evaluates.iter().flat_map(|(_, evaluated)| asks(evaluated)) {
                let (side, tree) = (self.side, Rc::new(tree));
                moves.extend(Move::Truth { side, scope: scope.clone(), tree, wanted: true }.both_ways());
            }
        }
    }

    /// Into a flow that is called, if its conditions hold.
    fn call(&mut self, from: usize, callee: &str, before: &[(Id, Move)]) {
        let known = self.known;
        let mut programs = known.flows.programs();
        let Some((_, program)) = programs.find(|(entry, _)| fold_name(&entry.document.name) == callee) else { return };
        let Some(first) = program.nodes.first() else { return };
        let to = self.ways.station(callee, &first.id);
        let scope = Scope::of(callee);
        let conditions = &program.conditions.conditions;
        let moves = conditions.iter().filter_map(|condition| self.truth(condition, &scope)).collect();
        let needs = conditions.iter().flat_map(|condition| self.needs(condition, &scope)).collect();
        let taken = self.ways.entered(to);
        self.ways.add(Way { from, to, taken, moves, before: before.to_vec(), needs });
    }

    fn error(&mut self, from: usize, to: usize, fails: Vec<Move>, scope: &Scope) {
        let to = self.program.nodes.get(to).map_or("", |node| &node.id);
        let to = self.ways.station(&scope.flow, to);
        let taken = self.ways.entered(to);
        if from != to && !fails.is_empty() {
            let moves = vec![Move::OneOf(fails)];
            self.ways.add(Way { from, to, taken, moves, before: Vec::new(), needs: Vec::new() });
        }
    }

    fn truth(&self, condition: &Compiled, scope: &Scope) -> Option<Move> {
        let tree = Rc::new(tree(condition)?);
        Some(Move::Truth { side: self.side, scope: scope.clone(), tree, wanted: true })
    }

    fn found(&self, action: &Action, scope: &Scope) -> Option<Move> {
        let table = action.kind.facts().names.iter().find_map(|named| match named {
            Named::Table(table) => Some((*table).to_owned()),
            _ => None,
        })?;
        let key = written(action, KEY).as_str()?.to_owned();
        Some(Move::Found { side: self.side, scope: scope.clone(), table, key, wanted: true })
    }

    /// What a data action is given.
    fn given(&self, action: &Action, scope: &Scope) -> Vec<Move> {
        let Some(Asked::DataAction(name)) = asked(action).into_iter().next() else { return Vec::new() };
        let mapping = written(action, INPUT_MAPPING);
        let lines = mapping.as_array().into_iter().flatten();
        let one = |line: &Json| {
            let text = |member: &str| line.get(member).and_then(Json::as_str).map(str::to_owned);
            let (side, scope, action) = (self.side, scope.clone(), name.clone());
            Some(Move::Only { side, scope, action, input: text("name")?, value: text("value")? })
        };
        lines.filter_map(one).collect()
    }

    fn needs(&mut self, condition: &Compiled, scope: &Scope) -> Vec<usize> {
        let Some(tree) = tree(condition) else { return Vec::new() };
        let mut found = BTreeSet::new();
        setters(&self.known.wiring, &tree, scope, &mut found);
        let nodes = found.into_iter().filter_map(|(flow, position)| {
            let mut programs = self.known.flows.programs();
            let (_, program) = programs.find(|(entry, _)| fold_name(&entry.document.name) == flow)?;
            let id = program.nodes.get(position)?.id.to_string();
            Some(self.ways.station(&flow, &id))
        });
        nodes.collect()
    }

    fn parts(&mut self, compiled: &Compiled, place: &str) {
        for (number, (part, _)) in compiled.parts().enumerate() {
            for holds in [true, false] {
                let name = format!("{place}:{}:{number}:{holds}", compiled.source);
                self.ways.call(Target::Part(part, holds), name);
            }
        }
    }
}

/// The tree of a condition.
fn tree(condition: &Compiled) -> Option<Expr> {
    let range = expr::expressions(&condition.source).into_iter().next()?;
    Some(waypost_cel::parse(condition.source.get(range)?).tree)
}

/// What an expression asks that is no condition itself: all of it, if it is a truth, and what `?:` asks.
fn asks(compiled: &Compiled) -> Vec<Expr> {
    let trees = expr::expressions(&compiled.source).into_iter();
    let mut open: Vec<Expr> =
        trees.map(|range| waypost_cel::parse(compiled.source.get(range).unwrap_or_default()).tree).collect();
    let mut found = if compiled.data_type == Type::Boolean { open.clone() } else { Vec::new() };
    while let Some(part) = open.pop() {
        if let Kind::Choice(choice) = &part.kind {
            found.push(choice.when.clone());
        }
        open.extend(children(&part).into_iter().cloned());
    }
    found
}

/// The nodes that set what an expression reads, in whichever flows.
fn setters(wiring: &Wiring, part: &Expr, scope: &Scope, found: &mut BTreeSet<(String, usize)>) {
    for origin in wiring.origins(part, scope) {
        if found.insert((origin.flow.clone(), origin.node)) {
            for tree in wiring.trees(&origin.text).iter() {
                setters(wiring, tree, &origin.scope(), found);
            }
        }
    }
    children(part).into_iter().for_each(|child| setters(wiring, child, scope, found));
}

/// What an action asks besides the mail.
pub(crate) fn asked(action: &Action) -> Vec<Asked> {
    let facts = action.kind.facts();
    let one = |named: &Named<'_>| match named {
        Named::DataAction(name) => Some(Asked::DataAction((*name).to_owned())),
        Named::Table(name) => Some(Asked::Table((*name).to_owned())),
        Named::Schedule(name) => Some(Asked::Schedule((*name).to_owned())),
        _ => None,
    };
    facts.names.iter().filter_map(one).collect()
}

/// The same of actions, and of all that they call.
fn asked_in(known: &Known<'_>, actions: &[Action], seen: &mut HashSet<String>) -> BTreeSet<Asked> {
    let mut found = BTreeSet::new();
    for action in actions {
        found.extend(asked(action));
        let facts = action.kind.facts();
        found.extend(asked_in(known, facts.inside, seen));
        for named in &facts.names {
            let Named::Flow(reference) = named else { continue };
            let Some(callee) = called(reference).filter(|callee| seen.insert(callee.clone())) else { continue };
            let flows = known.flows.project.flows.iter();
            for entry in flows.filter(|entry| fold_name(&entry.document.name) == callee) {
                for node in &entry.document.nodes {
                    found.extend(asked_in(known, &node.actions, seen));
                }
            }
        }
    }
    found
}
