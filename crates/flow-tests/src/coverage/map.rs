//! What there is to reach in a folder's flows, and where it is written.

use std::ops::Range;

use waypost_engine::PlaceId;
use waypost_flow::diagnostic::render;
use waypost_flow::expr::{Compiled, PartId};
use waypost_flow::program::{Program, ProgramAction, ProgramNode};
use waypost_project::{At, FlowEntry, SourceFile};

use crate::Flows;

/// What is counted apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Node,
    Branch,
    Outcome,
}

/// What is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// A node, a branch, a jump.
    Place(PlaceId),
    /// What a part of a condition comes to.
    Part(PartId, bool),
}

/// Something that a run may reach.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) kind: Kind,
    pub(super) target: Target,
    /// Line and column in the flow's file, counted from 1.
    pub(super) line: usize,
    pub(super) column: usize,
    /// What is missed if no run reaches it.
    pub(super) missed: String,
}

/// A flow's items, in the order of its document.
#[derive(Debug)]
pub(super) struct FlowMap {
    pub(super) name: String,
    pub(super) file: String,
    pub(super) items: Vec<Item>,
    /// Its nodes with the ways between them, for a picture.
    pub(super) nodes: Vec<MapNode>,
}

/// A node in a picture.
#[derive(Debug)]
pub(super) struct MapNode {
    pub(super) id: String,
    pub(super) target: Target,
    pub(super) ways: Vec<MapWay>,
}

/// A way from a node, other than by an error.
#[derive(Debug)]
pub(super) struct MapWay {
    /// The node's position; none for the flow's end.
    pub(super) to: Option<usize>,
    pub(super) target: Target,
    /// It leads to the following node, because the node has no `next`; that it is never taken says nothing.
    pub(super) implicit: bool,
    /// What leads there: a condition, or a jump's name.
    pub(super) by: String,
}

/// All that there is to reach.
#[derive(Debug, Default)]
pub struct Map {
    pub(super) flows: Vec<FlowMap>,
}

impl Map {
    /// What there is to reach in a folder's flows; `files` are the folder's.
    #[must_use]
    pub fn of(flows: &Flows<'_>, files: &[SourceFile]) -> Self {
        let each = flows.programs();
        Self { flows: each.map(|(entry, program)| Reader::new(flows, files, entry).flow(entry, program)).collect() }
    }
}

struct Reader<'r> {
    flows: &'r Flows<'r>,
    at: At,
    file: &'r str,
    text: &'r str,
    items: Vec<Item>,
}

impl<'r> Reader<'r> {
    fn new(flows: &'r Flows<'r>, files: &'r [SourceFile], entry: &FlowEntry) -> Self {
        let file = files.get(entry.at.file);
        let (path, text) = file.map_or(("", ""), |file| (file.path.as_str(), file.text.as_str()));
        Self { flows, at: entry.at, file: path, text, items: Vec::new() }
    }

    fn flow(mut self, entry: &FlowEntry, program: &Program) -> FlowMap {
        for (index, condition) in program.conditions.conditions.iter().enumerate() {
            self.parts(&format!("conditionSet.conditions[{index}].when"), condition);
        }
        for (index, node) in program.nodes.iter().enumerate() {
            let path = format!("nodes[{index}]");
            let missed = format!("node `{}` was never entered", node.id);
            self.add(Kind::Node, &path, None, Target::Place(PlaceId::node(node)), missed);
            self.actions(program, &path, &node.actions);
            // Without `next` there is nothing to choose.
            if entry.document.nodes.get(index).is_none_or(|written| written.next.is_none()) {
                continue;
            }
            for (position, branch) in node.next.iter().enumerate() {
                let at = format!("{path}.next[{position}]");
                let missed = format!("the branch to `{}` was never taken", id(program, branch.to));
                self.add(Kind::Branch, &at, None, Target::Place(PlaceId::branch(branch)), missed);
                if let Some(when) = &branch.when {
                    self.parts(&format!("{at}.when"), when);
                }
            }
            if node.next.iter().all(|branch| branch.when.is_some()) {
                let missed = "some branch was always taken, so the flow's end was never reached from here".to_owned();
                let target = Target::Place(PlaceId::no_branch(node));
                self.add(Kind::Branch, &format!("{path}.next"), None, target, missed);
            }
        }
        let written = entry.document.nodes.iter().map(|node| node.next.is_some());
        let nodes = program.nodes.iter().zip(written).map(|(node, chooses)| drawn(node, chooses)).collect();
        FlowMap { name: entry.document.name.clone(), file: self.file.to_owned(), items: self.items, nodes }
    }

    fn actions(&mut self, program: &Program, path: &str, actions: &[ProgramAction]) {
        for (index, action) in actions.iter().enumerate() {
            let path = format!("{path}.actions[{index}]");
            let facts = action.kind.facts();
            for (member, expression) in &facts.evaluates {
                self.parts(&format!("{path}.{member}"), expression);
            }
            for (member, expression) in facts.evaluates_answer() {
                self.parts(&format!("{path}.{member}"), expression);
            }
            for (name, to) in facts.jumps.iter() {
                let missed = format!("`{name}` to `{}` was never taken", id(program, to));
                let target = Target::Place(PlaceId::jump(action, name));
                self.add(Kind::Branch, &format!("{path}.{name}"), None, target, missed);
            }
            self.actions(program, &path, action.kind.inside());
        }
    }

    /// What the parts of an expression's conditions can come to.
    fn parts(&mut self, path: &str, expression: &Compiled) {
        for (part, place) in expression.parts() {
            let (from, to) = (place.range.start as usize, place.range.end as usize);
            let path = format!("{path}{}", place.within);
            let written = if place.within.is_empty() { expression.source.get(from..to) } else { None };
            let written = written.unwrap_or("a condition in here").trim().to_owned();
            for holds in [true, false] {
                let missed = format!("`{written}` was never {holds}");
                self.add(Kind::Outcome, &path, Some(from..to), Target::Part(part, holds), missed);
            }
        }
    }

    fn add(&mut self, kind: Kind, path: &str, range: Option<Range<usize>>, target: Target, missed: String) {
        let places = self.flows.project.places(self.at);
        let spot = places.and_then(|places| render::spot(path, range, self.text, places));
        let (line, column) = spot.unwrap_or((1, 1));
        self.items.push(Item { kind, target, line, column, missed });
    }
}

fn drawn(node: &ProgramNode, chooses: bool) -> MapNode {
    let way = |to, place, by: &str| MapWay { to, target: Target::Place(place), implicit: false, by: by.to_owned() };
    let mut ways: Vec<MapWay> = Vec::new();
    jumps(&node.actions, &mut |action, name, to| ways.push(way(Some(to), PlaceId::jump(action, name), name)));
    ways.extend(node.next.iter().map(|branch| {
        let by = branch.when.as_ref().map_or("", |when| &*when.source);
        MapWay { implicit: !chooses, ..way(Some(branch.to), PlaceId::branch(branch), by) }
    }));
    if !node.next.is_empty() && node.next.iter().all(|branch| branch.when.is_some()) {
        ways.push(way(None, PlaceId::no_branch(node), "no branch holds"));
    }
    MapNode { id: node.id.to_string(), target: Target::Place(PlaceId::node(node)), ways }
}

fn jumps(actions: &[ProgramAction], each: &mut dyn FnMut(&ProgramAction, &'static str, usize)) {
    for action in actions {
        action.kind.facts().jumps.iter().for_each(|(name, to)| each(action, name, to));
        jumps(action.kind.inside(), each);
    }
}

fn id(program: &Program, node: usize) -> &str {
    program.nodes.get(node).map_or("", |node| &node.id)
}
