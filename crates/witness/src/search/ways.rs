//! The ways through the flows of one version or two: which node leads to which, on what condition, and how far each is from where
//! versions differ.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use waypost_flow::document::fold_name;
use waypost_flow::expr::Compiled;
use waypost_flow::program::{ProgramAction, ProgramNode};
use waypost_flow_tests::coverage::Target;

use super::clock::Clock;
use super::moves::Move;
use super::solve::Known;
use super::survey::Survey;
use super::wiring::Scope;

/// A name of something that is reached: the same in both versions where they have the same.
pub(crate) type Id = usize;

/// From one node to another.
#[derive(Debug)]
pub(crate) struct Way {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// What a run reaches that goes it.
    pub(crate) taken: Id,
    /// What has to come about.
    pub(crate) moves: Vec<Move>,
    /// What must not, because it would lead elsewhere: if a run reached that, this is done about it.
    pub(crate) before: Vec<(Id, Move)>,
    /// Nodes that give values to what its condition reads.
    pub(crate) needs: Vec<usize>,
}

/// A node of a flow.
#[derive(Debug)]
pub(crate) struct Station {
    /// What a run reaches that enters it.
    pub(crate) entered: Id,
    /// What it may do, each way of it.
    pub(crate) moves: Vec<Move>,
    /// How many ways lead from it to a goal, at least.
    pub(crate) distance: Option<u32>,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Ways {
    names: HashMap<String, Id>,
    /// The names of what coverage counts.
    ids: HashMap<Target, Id>,
    pub(crate) stations: Vec<Station>,
    by_name: BTreeMap<(String, String), usize>,
    pub(crate) all: Vec<Way>,
    known: HashSet<(usize, usize, Id)>,
    /// Nodes that differ.
    pub(crate) hot: Vec<usize>,
    /// Nodes that read what the differing ones may have set otherwise.
    pub(crate) sinks: Vec<usize>,
}

impl Ways {
    /// The ways of some versions, of which these nodes differ, as far as there is time to look.
    pub(crate) fn of(known: &[Known<'_>], hot: &HashSet<Target>, clock: &Clock<'_>) -> Self {
        let mut ways = Self::default();
        for (side, version) in known.iter().enumerate() {
            for (entry, program) in version.flows.programs() {
                Survey::new(&mut ways, (version, side), program, &entry.document).flow(clock);
            }
        }
        let is_hot: HashSet<Id> = hot.iter().filter_map(|target| ways.ids.get(target)).copied().collect();
        let each = ways.stations.iter().enumerate();
        ways.hot = each.filter(|(_, station)| is_hot.contains(&station.entered)).map(|(at, _)| at).collect();
        ways.sinks = if clock.is_over(0) { Vec::new() } else { ways.reading(known) };
        ways.measure();
        ways
    }

    /// How many names there are.
    pub(crate) fn width(&self) -> usize {
        self.names.len()
    }

    pub(crate) fn id(&self, target: &Target) -> Option<Id> {
        self.ids.get(target).copied()
    }

    pub(super) fn name(&mut self, name: String) -> Id {
        let next = self.names.len();
        *self.names.entry(name).or_insert(next)
    }

    /// Gives what coverage counts its name.
    pub(super) fn call(&mut self, target: Target, name: String) -> Id {
        let id = self.name(name);
        self.ids.insert(target, id);
        id
    }

    pub(super) fn entered(&self, station: usize) -> Id {
        self.stations.get(station).map(|station| station.entered).unwrap_or_default()
    }

    /// Versions have most ways in common.
    pub(super) fn add(&mut self, way: Way) {
        if self.known.insert((way.from, way.to, way.taken)) {
            self.all.push(way);
        }
    }

    pub(super) fn station(&mut self, flow: &str, node: &str) -> usize {
        let key = (flow.to_owned(), node.to_owned());
        if let Some(known) = self.by_name.get(&key) {
            return *known;
        }
        let entered = self.name(format!("{flow}/{node}"));
        self.stations.push(Station { entered, moves: Vec::new(), distance: None });
        self.by_name.insert(key, self.stations.len() - 1);
        self.stations.len() - 1
    }

    /// How far every node is from a goal. What a condition reads has to be set first, so that a node that sets it lies before it.
    fn measure(&mut self) {
        let mut into: Vec<Vec<usize>> = vec![Vec::new(); self.stations.len()];
        for way in &self.all {
            if let Some(sources) = into.get_mut(way.to) {
                sources.push(way.from);
                sources.extend(&way.needs);
            }
        }
        let mut open: VecDeque<(usize, u32)> = self.hot.iter().chain(&self.sinks).map(|goal| (*goal, 0)).collect();
        while let Some((station, distance)) = open.pop_front() {
            let Some(known) = self.stations.get_mut(station) else { continue };
            if known.distance.is_none() {
                known.distance = Some(distance);
                open.extend(into.get(station).into_iter().flatten().map(|before| (*before, distance + 1)));
            }
        }
    }

    /// Nodes that read what may be set otherwise: by a node that differs, or by one that comes after it in its flow.
    fn reading(&self, known: &[Known<'_>]) -> Vec<usize> {
        let flow_of: HashMap<usize, &str> = self.by_name.iter().map(|((flow, _), at)| (*at, flow.as_str())).collect();
        let mut after: BTreeSet<usize> = BTreeSet::new();
        let mut open = self.hot.clone();
        while let Some(station) = open.pop() {
            if after.insert(station) {
                let own = |way: &&Way| way.from == station && flow_of.get(&way.to) == flow_of.get(&station);
                open.extend(self.all.iter().filter(own).map(|way| way.to));
            }
        }
        let mut sinks = BTreeSet::new();
        for version in known {
            let mut nodes: HashSet<(String, usize)> = HashSet::new();
            for (entry, program) in version.flows.programs() {
                let flow = fold_name(&entry.document.name);
                for (position, node) in program.nodes.iter().enumerate() {
                    let key = (flow.clone(), node.id.to_string());
                    if self.by_name.get(&key).is_some_and(|station| after.contains(station)) {
                        nodes.insert((flow.clone(), position));
                    }
                }
            }
            let spread = version.wiring.spread(&nodes);
            for (entry, program) in version.flows.programs() {
                let scope = Scope::of(&entry.document.name);
                for node in &program.nodes {
                    let reads = |compiled: &&Compiled| version.wiring.reads_any(&compiled.source, &scope, &spread);
                    let station = self.by_name.get(&(scope.flow.clone(), node.id.to_string()));
                    if compiled(node).iter().any(reads) {
                        sinks.extend(station.filter(|station| !self.hot.contains(station)));
                    }
                }
            }
        }
        sinks.into_iter().collect()
    }
}

/// Everything that a node evaluates.
pub(crate) fn compiled(node: &ProgramNode) -> Vec<&Compiled> {
    let mut all = Vec::new();
    of_actions(&node.actions, &mut all);
    all.extend(node.next.iter().filter_map(|branch| branch.when.as_ref()));
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
