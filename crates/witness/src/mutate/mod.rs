//! Mutants: a folder's flows with one small change each. A test that fails over a mutant has caught it; a mutant that no test catches
//! shows what the tests don't look at.

mod accepted;
mod expressions;
mod judge;
mod parts;
mod report;
mod tree;

use std::collections::HashMap;
use std::ops::Range;

use waypost_catalogue::world::World;
use waypost_flow::document;
use waypost_flow::source::Node;
use waypost_flow_tests::Flows;
use waypost_project::Project;

pub use accepted::{Accepted, Entry, FILE_NAME};
pub use judge::{Base, Verdict, judge};
pub use report::{MutationReport, Nearest, NearestTest, Survivor, explain, schema};

/// A flow with one change.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// The flow's position in the project.
    pub flow: usize,
    /// The node that is changed, by its id; none outside of nodes.
    pub node: Option<String>,
    /// The place of the change, as files know it.
    pub path: String,
    /// The same with nodes by their ids, and the part of the text in bytes aside: `nodes[look].next[0].when`.
    pub at: String,
    /// The part of the text in that place.
    pub range: Option<Range<usize>>,
    /// What is changed, in words.
    pub change: String,
    /// The whole flow changed, in the ways to do it: the first that checks is meant.
    trees: Vec<Node>,
}

/// All mutants of a folder's flows that say something else than the flow itself, in the order of files and places. Whether one checks is
/// found out when it is judged.
#[must_use]
pub fn mutants(flows: &Flows<'_>) -> Vec<Mutant> {
    let queues = queues(flows);
    let mut all = Vec::new();
    for (flow, entry) in flows.project.flows.iter().enumerate() {
        let own = document::content_hash(&entry.document);
        let mut seen: HashMap<(String, String), usize> = HashMap::new();
        for mut mutant in parts::of_flow(flow, &entry.tree, &queues) {
            mutant.trees.retain(|tree| {
                document::read(tree).document.is_some_and(|document| document::content_hash(&document) != own)
            });
            if mutant.trees.is_empty() {
                continue;
            }
            // The same change of two like parts of one text.
            let times = seen.entry((mutant.at.clone(), mutant.change.clone())).or_default();
            *times += 1;
            if *times > 1 {
                mutant.change = format!("{} ({})", mutant.change, *times);
            }
            all.push(mutant);
        }
    }
    all
}

/// The folder's queues by name, in order.
fn queues(flows: &Flows<'_>) -> Vec<String> {
    let mut names: Vec<String> = flows.running.queue_names.values().map(|name| name.to_string()).collect();
    names.sort();
    names
}

impl Mutant {
    /// The world in which the flow is so changed, and the flow's document then; none if the change does not check.
    #[must_use]
    pub fn variant(&self, project: &Project, world: &World) -> Option<(World, &Node)> {
        let entry = project.flows.get(self.flow)?;
        self.trees.iter().find_map(|tree| {
            let world = project.variant(world, entry, document::read(tree).document?)?;
            Some((world, tree))
        })
    }
}
