//! What the search goes by: hints of every expression, which part of a condition each is of, and where two versions differ.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use serde_json::Value as Json;
use waypost_engine::PlaceId;
use waypost_flow::actions::facts::Named;
use waypost_flow::diff::Change;
use waypost_flow::document::{Action, Document, Node, fold_name};
use waypost_flow::expr::{self, Compiled, PartId};
use waypost_flow::program::Program;
use waypost_flow::types::Type;
use waypost_flow_tests::Flows;
use waypost_flow_tests::coverage::Target;
use waypost_flow_tests::trial::WHEN;
use waypost_ids::Kind;
use waypost_project::difference;

use super::clock::Clock;
use super::hints::{self, Hint, Want};
use super::moves::Move;
use super::solve::Known;
use super::source::Source;
use super::standings::standings;
use super::survey::asked;
use super::ways::{self, Ways};
use super::wiring::{KEY, Scope, Wiring, written};

/// Most rows of a table whose keys are tried.
const MOST_ROWS: usize = 60;

/// Hints, and what they are of.
#[derive(Default)]
pub(crate) struct Guide<'g> {
    /// What is known of each version.
    pub(crate) known: Vec<Known<'g>>,
    /// How runs go through their flows.
    pub(crate) ways: Ways,
    pub(crate) hints: Vec<Hint>,
    /// Their positions, by what they say.
    positions: HashMap<String, usize>,
    /// Hints of each part of a condition, by position.
    pub(crate) of_part: HashMap<PartId, Vec<usize>>,
    /// Hints of each flow, by its folded name.
    pub(crate) of_flow: HashMap<String, BTreeSet<usize>>,
    /// Parts of conditions, each with what makes it hold, in the order of flows.
    pub(crate) parts: Vec<(PartId, Move)>,
    /// Hints of expressions that one version has and the other has not: first those that one version has alone.
    pub(crate) focus: Vec<usize>,
    /// How many of them one version has alone.
    pub(crate) alone: usize,
    /// Places that one version has and the other has not.
    pub(crate) hot: HashSet<Target>,
    /// Whether versions differ within nodes alone. Then a run that enters none of `hot` decides the same in both.
    pub(crate) within_nodes: bool,
}

impl<'g> Guide<'g> {
    /// What there is to go by in one version, or in two, as far as there is time to look.
    pub(crate) fn of(sides: &'g [Flows<'g>], clock: &Clock<'_>) -> Self {
        let known = sides.iter().map(|flows| {
            let schedules = flows.running.schedules.values();
            let each =
                schedules.map(|known| (fold_name(&known.record.name), standings(&known.record.name, flows, sides)));
            Known { flows: *flows, wiring: Wiring::of(flows), standings: each.collect() }
        });
        let known: Vec<Known<'g>> = known.collect();
        let mut guide = Self { within_nodes: differ_within_nodes(sides), ..Self::default() };
        let written: Vec<HashSet<(String, String)>> = sides.iter().map(expressions).collect();
        let mut focus: Vec<BTreeSet<usize>> = Vec::new();
        let unlike = unlike(sides);
        for (side, version) in known.iter().enumerate() {
            let Known { flows, wiring, .. } = version;
            let others: Vec<_> = written.iter().enumerate().filter(|(other, _)| *other != side).collect();
            let mut differing = BTreeSet::new();
            for (entry, program) in flows.programs() {
                let scope = Scope::of(&entry.document.name);
                for compiled in compiled(program).into_iter().take_while(|_| !clock.is_over(0)) {
                    let key = (scope.flow.clone(), compiled.source.to_string());
                    let found = guide.expression(compiled, (wiring, side), &scope);
                    if others.iter().any(|(_, other)| !other.contains(&key)) {
                        differing.extend(found);
                    }
                }
                let theirs = sides.iter().enumerate().filter(|(other, _)| *other != side);
                for (_, other) in theirs {
                    guide.differing(&entry.document, program, other, &unlike);
                }
                for node in entry.document.nodes.iter().take_while(|_| !clock.is_over(0)) {
                    let found = guide.actions(&node.actions, version, &scope);
                    if asks_any(&node.actions, &unlike) {
                        differing.extend(&found);
                    }
                    guide.of_flow.entry(scope.flow.clone()).or_default().extend(found);
                }
            }
            focus.push(differing);
        }
        let times = |hint: &usize| focus.iter().filter(|side| side.contains(hint)).count();
        let all: BTreeSet<usize> = focus.iter().flatten().copied().collect();
        let (alone, shared): (Vec<usize>, Vec<usize>) = all.into_iter().partition(|hint| times(hint) == 1);
        guide.alone = alone.len();
        guide.focus = alone.into_iter().chain(shared).collect();
        guide.ways = Ways::of(&known, &guide.hot, clock);
        guide.known = known;
        guide
    }

    fn add(&mut self, hint: Hint) -> usize {
        // A value in a hint has no hash of its own.
        let next = self.hints.len();
        let known = *self.positions.entry(format!("{hint:?}")).or_insert(next);
        if known == next {
            self.hints.push(hint);
        }
        known
    }

    fn expression(&mut self, compiled: &Compiled, (wiring, side): (&Wiring, usize), scope: &Scope) -> Vec<usize> {
        let source = &*compiled.source;
        let mut all = Vec::new();
        for range in expr::expressions(source) {
            let found = self.text(source.get(range).unwrap_or_default(), wiring, scope);
            self.of_flow.entry(scope.flow.clone()).or_default().extend(&found);
            all.extend(found);
        }
        for (part, place) in compiled.parts() {
            let text = source.get(place.range.start as usize..place.range.end as usize);
            if let Some(text) = text.filter(|_| place.within.is_empty()) {
                let found = self.text(text, wiring, scope);
                self.of_part.entry(part).or_default().extend(found);
                let tree = Rc::new(waypost_cel::parse(text).tree);
                self.parts.push((part, Move::Truth { side, scope: scope.clone(), tree, wanted: true }));
            }
        }
        all
    }

    fn text(&mut self, text: &str, wiring: &Wiring, scope: &Scope) -> Vec<usize> {
        let parsed = waypost_cel::parse(text);
        hints::of(&parsed.tree, wiring, scope).into_iter().map(|hint| self.add(hint)).collect()
    }

    /// Nodes of a flow that the other version has not, that say something else there, or that ask what is `unlike`.
    fn differing(&mut self, document: &Document, program: &Program, other: &Flows<'_>, unlike: &Unlike) {
        let folded = fold_name(&document.name);
        let theirs = other.project.flows.iter().find(|entry| fold_name(&entry.document.name) == folded);
        for (node, ready) in document.nodes.iter().zip(&program.nodes) {
            let same = |theirs: &Node| theirs.id == node.id && theirs == node;
            let is_same = theirs.is_some_and(|entry| entry.document.nodes.iter().any(same));
            if !is_same || asks_any(&node.actions, unlike) {
                self.hot.insert(Target::Place(PlaceId::node(ready)));
            }
        }
    }

    /// Keys of tables, instants of schedules, answers of data actions.
    fn actions(&mut self, actions: &[Action], known: &Known<'_>, scope: &Scope) -> Vec<usize> {
        let Known { flows, wiring, .. } = known;
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
                    Named::Schedule(schedule) => {
                        let times = known.standings.get(&fold_name(schedule)).into_iter().flatten();
                        let hints = times.map(|one| Hint { source: Source::Now, want: Want::Time(one.from) });
                        found.extend(hints.map(|hint| self.add(hint)));
                    }
                    Named::DataAction(action) => found.extend(self.answers(action, flows)),
                    _ => {}
                }
            }
            for asked in asked(action) {
                let failing = [Want::Presence, Want::Timeout];
                let hints = failing.map(|want| Hint { source: Source::Asked(asked.clone()), want });
                found.extend(hints.map(|hint| self.add(hint)));
            }
            found.extend(self.actions(facts.inside, known, scope));
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

    fn answers(&mut self, action: &str, flows: &Flows<'_>) -> Vec<usize> {
        let Some(known) = flows.running.data_actions.named(&fold_name(action)) else { return Vec::new() };
        let source = |output: &str| Source::Answer(action.to_owned(), output.to_owned());
        let mut found = Vec::new();
        for output in &known.contract.outputs {
            for value in samples(&output.data_type) {
                found.push(self.add(Hint { source: source(&output.name), want: Want::Value(value) }));
            }
        }
        found
    }
}

/// Tables, schedules and data actions that differ, by kind and folded name.
type Unlike = HashSet<(Kind, String)>;

fn unlike(sides: &[Flows<'_>]) -> Unlike {
    let [before, after] = sides else { return Unlike::new() };
    let objects = difference::between(&before.project.state(), &after.project.state());
    let rows = difference::rows_between((before.project, before.rows), (after.project, after.rows));
    let rows = rows.into_iter().filter(|(_, rows)| rows.added + rows.changed + rows.removed > 0);
    let objects = objects.into_iter().map(|one| (one.kind, one.name));
    objects.chain(rows.map(|(table, _)| (Kind::Table, table))).map(|(kind, name)| (kind, fold_name(&name))).collect()
}

/// Whether actions ask something of these.
fn asks_any(actions: &[Action], unlike: &Unlike) -> bool {
    !unlike.is_empty()
        && actions.iter().any(|action| {
            let facts = action.kind.facts();
            let asked = facts.names.iter().any(|named| match named {
                Named::Table(name) => unlike.contains(&(Kind::Table, fold_name(name))),
                Named::Schedule(name) => unlike.contains(&(Kind::Schedule, fold_name(name))),
                Named::DataAction(name) => unlike.contains(&(Kind::DataAction, fold_name(name))),
                _ => false,
            });
            asked || asks_any(facts.inside, unlike)
        })
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
    program.conditions.conditions.iter().chain(program.nodes.iter().flat_map(ways::compiled)).collect()
}
