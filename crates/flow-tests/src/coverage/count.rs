//! What runs reached, counted.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use waypost_engine::Reached;

use super::map::{FlowMap, Item, Kind, Map, Target};

/// How many runs reached each thing.
#[derive(Debug, Default)]
pub struct Counts(HashMap<Target, u64>);

impl Counts {
    /// Counts what one run reached.
    pub fn add(&mut self, reached: Reached) {
        targets(reached).into_iter().for_each(|target| *self.0.entry(target).or_default() += 1);
    }

    pub(super) fn of(&self, item: &Item) -> u64 {
        self.times(item.target)
    }

    pub(super) fn times(&self, target: Target) -> u64 {
        self.0.get(&target).copied().unwrap_or_default()
    }
}

/// What a run reached, each once.
#[must_use]
pub fn targets(reached: Reached) -> Vec<Target> {
    let (places, parts) = reached.into_parts();
    let mut found: Vec<Target> = places.map(Target::Place).collect();
    for (part, came) in parts {
        found.extend(came.held.then_some(Target::Part(part, true)));
        found.extend(came.failed.then_some(Target::Part(part, false)));
    }
    found
}

/// Everything that no run reached, in the order of files and lines.
#[must_use]
pub fn missed(map: &Map, counts: &Counts) -> Vec<(Target, Gap)> {
    let unreached = |flow| unreached(flow, counts).map(|item: &Item| item.target).zip(gaps(flow, counts));
    map.flows.iter().flat_map(unreached).collect()
}

/// How much of something was reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ratio {
    /// How much was.
    pub reached: u64,
    /// How much there is.
    pub of: u64,
}

impl Ratio {
    /// In percent; all of nothing is 100.
    #[must_use]
    pub fn percent(self) -> f64 {
        if self.of == 0 { 100.0 } else { self.reached as f64 * 100.0 / self.of as f64 }
    }

    fn plus(self, other: Self) -> Self {
        Self { reached: self.reached + other.reached, of: self.of + other.of }
    }
}

/// Something that no run reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    /// The flow's file.
    pub file: String,
    /// Counted from 1.
    pub line: u64,
    /// Counted from 1, in characters.
    pub column: u64,
    /// What is missed, in words.
    pub missed: String,
}

/// Coverage of one flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FlowCoverage {
    /// The flow's name.
    pub flow: String,
    /// Nodes that were entered.
    pub nodes: Ratio,
    /// Branches and named jumps that were taken.
    pub branches: Ratio,
    /// Outcomes of the parts of conditions that came about.
    pub outcomes: Ratio,
}

/// Coverage of a folder's flows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// Each flow's, in the order of their files.
    pub flows: Vec<FlowCoverage>,
    /// All together.
    pub nodes: Ratio,
    /// All together.
    pub branches: Ratio,
    /// All together.
    pub outcomes: Ratio,
    /// The lowest of the three, in percent.
    pub lowest: f64,
    /// What no run reached, in the order of files and lines.
    pub gaps: Vec<Gap>,
}

impl Coverage {
    /// What was reached of all that there is.
    #[must_use]
    pub fn of(map: &Map, counts: &Counts) -> Self {
        let flows: Vec<FlowCoverage> = map.flows.iter().map(|flow| one(flow, counts)).collect();
        let all = |of: fn(&FlowCoverage) -> Ratio| flows.iter().map(of).fold(Ratio::default(), Ratio::plus);
        let (nodes, branches, outcomes) =
            (all(|flow| flow.nodes), all(|flow| flow.branches), all(|flow| flow.outcomes));
        let lowest = [nodes, branches, outcomes].map(Ratio::percent).into_iter().fold(100.0, f64::min);
        let gaps = map.flows.iter().flat_map(|flow| gaps(flow, counts)).collect();
        Self { flows, nodes, branches, outcomes, lowest, gaps }
    }
}

fn one(flow: &FlowMap, counts: &Counts) -> FlowCoverage {
    let of = |kind| {
        let items = flow.items.iter().filter(|item| item.kind == kind);
        items.fold(Ratio::default(), |ratio, item| ratio.plus(Ratio { reached: u64::from(counts.of(item) > 0), of: 1 }))
    };
    FlowCoverage {
        flow: flow.name.clone(),
        nodes: of(Kind::Node),
        branches: of(Kind::Branch),
        outcomes: of(Kind::Outcome),
    }
}

fn gaps<'m>(flow: &'m FlowMap, counts: &'m Counts) -> impl Iterator<Item = Gap> + 'm {
    unreached(flow, counts).map(|item| Gap {
        file: flow.file.clone(),
        line: item.line as u64,
        column: item.column as u64,
        missed: item.missed.clone(),
    })
}

fn unreached<'m>(flow: &'m FlowMap, counts: &'m Counts) -> impl Iterator<Item = &'m Item> + 'm {
    flow.items.iter().filter(|item| counts.of(item) == 0)
}
