//! What the search goes by: hints of every expression, which part of a condition each is of, and where two versions differ.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::Value as Json;
use waypost_engine::PlaceId;
use waypost_flow::actions::facts::Named;
use waypost_flow::diff::Change;
use waypost_flow::document::{Action, Document, Node, fold_name};
use waypost_flow::expr::{self, Compiled, PartId};
use waypost_flow::program::{Program, ProgramAction};
use waypost_flow::types::Type;
use waypost_flow_tests::Flows;
use waypost_flow_tests::coverage::Target;
use waypost_flow_tests::trial::WHEN;
use waypost_ids::Kind;
use waypost_project::difference;

use super::hints::{self, Hint, Want};
use super::source::Source;
use super::wiring::{KEY, Scope, Wiring, written};

/// Most rows of a table whose keys are tried.
const MOST_ROWS: usize = 60;

/// Most changes of a schedule whose instants are tried.
const MOST_CHANGES: usize = 60;

/// Hints, and what they are of.
#[derive(Debug, Default)]
pub(crate) struct Guide {
    pub(crate) hints: Vec<Hint>,
    /// Their positions, by what they say.
    known: HashMap<String, usize>,
    /// Hints of each part of a condition, by position.
    pub(crate) of_part: HashMap<PartId, Vec<usize>>,
    /// Hints of each flow, by its folded name.
    pub(crate) of_flow: HashMap<String, BTreeSet<usize>>,
    /// The flow of each part of a condition, by its folded name.
    pub(crate) flow_of: HashMap<PartId, String>,
    /// Hints of expressions that one version has and the other has not.
    pub(crate) focus: Vec<usize>,
    /// Places that one version has and the other has not.
    pub(crate) hot: HashSet<Target>,
    /// Whether versions differ within nodes alone. Then a run that enters none of `hot` decides the same in both.
    pub(crate) within_nodes: bool,
}

impl Guide {
    /// What there is to go by in one version, or in two.
    pub(crate) fn of(sides: &[Flows<'_>]) -> Self {
        let mut guide = Self { within_nodes: differ_within_nodes(sides), ..Self::default() };
        let written: Vec<HashSet<(String, String)>> = sides.iter().map(expressions).collect();
        for (number, flows) in sides.iter().enumerate() {
            let wiring = Wiring::of(flows);
            let others: Vec<_> = written.iter().enumerate().filter(|(other, _)| *other != number).collect();
            for (entry, program) in flows.programs() {
                let scope = Scope::of(&entry.document.name);
                for compiled in compiled(program) {
                    let key = (scope.flow.clone(), compiled.source.to_string());
                    let differs = others.iter().any(|(_, other)| !other.contains(&key));
                    guide.expression(compiled, &wiring, &scope, differs);
                }
                let theirs = sides.iter().enumerate().filter(|(other, _)| *other != number);
                for (_, other) in theirs {
                    guide.differing(&entry.document, program, other);
                }
                for node in &entry.document.nodes {
                    let found = guide.actions(&node.actions, flows, &wiring, &scope);
                    guide.of_flow.entry(scope.flow.clone()).or_default().extend(found);
                }
            }
        }
        guide
    }

    fn add(&mut self, hint: Hint) -> usize {
        // A value in a hint has no hash of its own.
        let next = self.hints.len();
        let known = *self.known.entry(format!("{hint:?}")).or_insert(next);
        if known == next {
            self.hints.push(hint);
        }
        known
    }

    fn expression(&mut self, compiled: &Compiled, wiring: &Wiring, scope: &Scope, differs: bool) {
        let source = &*compiled.source;
        for range in expr::expressions(source) {
            let found = self.text(source.get(range).unwrap_or_default(), wiring, scope);
            self.of_flow.entry(scope.flow.clone()).or_default().extend(&found);
            if differs {
                self.focus.extend(found);
            }
        }
        for (part, place) in compiled.parts() {
            let text = source.get(place.range.start as usize..place.range.end as usize);
            if let Some(text) = text.filter(|_| place.within.is_empty()) {
                let found = self.text(text, wiring, scope);
                self.of_part.entry(part).or_default().extend(found);
                self.flow_of.insert(part, scope.flow.clone());
            }
        }
    }

    fn text(&mut self, text: &str, wiring: &Wiring, scope: &Scope) -> Vec<usize> {
        let parsed = waypost_cel::parse(text);
        hints::of(&parsed.tree, wiring, scope).into_iter().map(|hint| self.add(hint)).collect()
    }

    /// Nodes of a flow that the other version has not, or that say something else there.
    fn differing(&mut self, document: &Document, program: &Program, other: &Flows<'_>) {
        let folded = fold_name(&document.name);
        let theirs = other.project.flows.iter().find(|entry| fold_name(&entry.document.name) == folded);
        for (node, ready) in document.nodes.iter().zip(&program.nodes) {
            let same = |theirs: &Node| theirs.id == node.id && theirs == node;
            if !theirs.is_some_and(|entry| entry.document.nodes.iter().any(same)) {
                self.hot.insert(Target::Place(PlaceId::node(ready)));
            }
        }
    }

    /// Keys of tables, instants of schedules, answers of data actions.
    fn actions(&mut self, actions: &[Action], flows: &Flows<'_>, wiring: &Wiring, scope: &Scope) -> Vec<usize> {
        let mut found = Vec::new();
        for action in actions {
            let facts = action.kind.facts();
            for named in &facts.names {
                match named {
                    Named::Table(table) => {
                        let key = written(action, KEY);
                        let key = key.as_str().unwrap_or_default();
                        for range in expr::expressions(key) {
                            let tree = waypost_cel::parse(key.get(range).unwrap_or_default()).tree;
                            found.extend(self.keys(table, flows, &wiring.sources(&tree, scope)));
                        }
                    }
                    Named::Schedule(schedule) => found.extend(self.instants(schedule, flows)),
                    Named::DataAction(action) => found.extend(self.answers(action, flows)),
                    _ => {}
                }
            }
            found.extend(self.actions(facts.inside, flows, wiring, scope));
        }
        found
    }

    fn keys(&mut self, table: &str, flows: &Flows<'_>, sources: &BTreeSet<Source>) -> Vec<usize> {
        let Some(table) = flows.running.tables.named(&fold_name(table)) else { return Vec::new() };
        // Rows that say something else than those before them come first.
        let (mut seen, mut first, mut rest) = (HashSet::new(), Vec::new(), Vec::new());
        for row in flows.rows.of(table.record.id) {
            if seen.insert(row.values.clone()) { first.push(&row.key) } else { rest.push(&row.key) }
        }
        let keys = first.into_iter().chain(rest).take(MOST_ROWS);
        let hints = keys.flat_map(|key| {
            sources.iter().map(|source| Hint { source: source.clone(), want: Want::Text(key.clone()) })
        });
        hints.map(|hint| self.add(hint)).collect()
    }

    fn instants(&mut self, schedule: &str, flows: &Flows<'_>) -> Vec<usize> {
        let (mut at, mut seen, mut found) = (WHEN, HashSet::new(), Vec::new());
        let known = flows.running.schedules.named(&fold_name(schedule));
        let Some(schedule) = known.and_then(|known| known.schedule.as_ref()) else { return found };
        for number in 0..MOST_CHANGES {
            let Some(next) = schedule.at(at).next_change else { break };
            let standing = schedule.at(next);
            if seen.insert((standing.state, standing.name)) || number < 10 {
                found.push(self.add(Hint { source: Source::Now, want: Want::Time(next) }));
            }
            at = next;
        }
        found
    }

    fn answers(&mut self, action: &str, flows: &Flows<'_>) -> Vec<usize> {
        let Some(known) = flows.running.data_actions.named(&fold_name(action)) else { return Vec::new() };
        let source = |output: &str| Source::Answer(action.to_owned(), output.to_owned());
        let failing = [Want::Error, Want::Timeout].map(|want| self.add(Hint { source: source(""), want }));
        let mut found = failing.to_vec();
        for output in &known.contract.outputs {
            for value in samples(&output.data_type) {
                found.push(self.add(Hint { source: source(&output.name), want: Want::Value(value) }));
            }
        }
        found
    }
}

/// Whether two versions have the same nodes in the same order, and differ in actions and branches of nodes alone.
fn differ_within_nodes(sides: &[Flows<'_>]) -> bool {
    let [before, after] = sides else { return false };
    let objects = difference::between(&before.project.state(), &after.project.state());
    let within = |path: &str| path.strip_prefix("nodes[").is_some_and(|path| path.contains("]."));
    objects.iter().all(|one| {
        one.kind == Kind::Flow && one.change == Change::Changed && one.members.iter().all(|member| within(&member.path))
    }) && difference::rows_between((before.project, before.rows), (after.project, after.rows)).is_empty()
}

/// Values of a type: the empty one first.
pub(crate) fn samples(data_type: &Type) -> Vec<Json> {
    match data_type {
        Type::String => vec![Json::from(""), Json::from("a")],
        Type::Integer => vec![Json::from(0), Json::from(1)],
        Type::Number => vec![Json::from(0.0), Json::from(1.5)],
        Type::Boolean => vec![Json::from(false), Json::from(true)],
        Type::Datetime => vec![Json::from(WHEN.to_string())],
        Type::Duration => vec![Json::from("0s"), Json::from("1h")],
        Type::List(of) => vec![Json::Array(Vec::new()), samples(of).into_iter().take(1).collect()],
        Type::Map(_) | Type::Json | Type::Object(_) | Type::Never => vec![Json::Object(serde_json::Map::new())],
    }
}

/// Every expression of a folder's flows, with its flow.
fn expressions(flows: &Flows<'_>) -> HashSet<(String, String)> {
    let each = flows.programs().flat_map(|(entry, program)| {
        let flow = fold_name(&entry.document.name);
        compiled(program).into_iter().map(move |one| (flow.clone(), one.source.to_string()))
    });
    each.collect()
}

/// Everything in a program that is evaluated.
fn compiled(program: &Program) -> Vec<&Compiled> {
    let mut all: Vec<&Compiled> = program.conditions.conditions.iter().collect();
    for node in &program.nodes {
        of_actions(&node.actions, &mut all);
        all.extend(node.next.iter().filter_map(|branch| branch.when.as_ref()));
    }
    all
}

fn of_actions<'p>(actions: &'p [ProgramAction], all: &mut Vec<&'p Compiled>) {
    for action in actions {
        let facts = action.kind.facts();
        all.extend(facts.outputs.iter().chain(facts.jump_outputs).map(|(_, compiled)| compiled));
        all.extend(facts.evaluates.into_iter().map(|(_, compiled)| compiled));
        of_actions(action.kind.inside(), all);
    }
}
