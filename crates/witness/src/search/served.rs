//! The search on a server: what is published against what a change set would make of it, with the server's own queues, tables, schedules
//! and routes.

use std::collections::HashSet;
use std::sync::Arc;

use waypost_catalogue::tables::held::HeldRows;
use waypost_catalogue::world::{Loaded, Running, World};
use waypost_flow::source::{self, Node};
use waypost_flow_tests::Flows;
use waypost_ids::FlowId;
use waypost_project::Project;
use waypost_wire::trace::RunTrace;

use super::{Bounds, Searched, among, differing, entries, is_affected, written};

/// What a witness is called in the test that runs it.
pub const FILE: &str = "witness.eml";

/// What a server has, or would have: those of its flows that a search looks at, as they are published.
pub struct Side {
    project: Project,
    world: Arc<World>,
    running: Arc<Running>,
}

impl Side {
    /// One side. Each flow that is looked at must be among `flows`, with those that it calls and those that call it.
    #[must_use]
    pub fn of(world: Arc<World>, running: Arc<Running>, flows: &HashSet<FlowId>) -> Self {
        // In the order of their names: the same worlds try the same mails.
        let mut records: Vec<_> = flows.iter().filter_map(|id| world.flows.get(id)).collect();
        records.sort_by(|one, other| (&one.folded_name, one.shared).cmp(&(&other.folded_name, other.shared)));
        let loaded = records.iter().filter_map(|record| world.loaded.get(&(record.id, record.published?)));
        let documents: Vec<Node> = loaded.filter_map(|loaded| document(&world, loaded)).collect();
        Self { project: Project::of_flows(documents), world, running }
    }

    fn flows<'s>(&'s self, rows: &'s HeldRows) -> Flows<'s> {
        Flows { project: &self.project, world: &self.world, running: &self.running, rows }
    }
}

/// A version's document with today's names, ids of flows among them: flows are told apart by their names here.
fn document(world: &World, loaded: &Loaded) -> Option<Node> {
    let bindings = &loaded.record.bindings;
    let mut document = world.read_back(loaded.record.flow_id, &loaded.document, bindings);
    document.flow_references_mut(&mut |reference| {
        let named = world.resolve_flow(reference, bindings).and_then(|id| world.flows.get(&id));
        if let Some(record) = named.filter(|_| reference.flow_id.is_some()) {
            (reference.flow_id, reference.flow) = (None, Some(record.name.clone()));
        }
    });
    source::json(&serde_json::to_string(&document).ok()?).ok()
}

/// What a search on a server found.
pub struct Found {
    /// How it ended.
    pub searched: Searched,
    /// The way to what either side decides, if a mail was found; none where the side has no such route or flow.
    pub traces: [Option<RunTrace>; 2],
}

/// Searches for a mail that two sides decide differently, where it comes in by a route, or to a flow that no route and no flow leads to.
/// Both answer lookups from the same rows. It ends early when it is not `wanted` any longer.
#[must_use]
pub fn search(sides: &[Side; 2], rows: &HeldRows, bounds: &Bounds, wanted: &dyn Fn() -> bool) -> Found {
    let sides = sides.each_ref().map(|side| side.flows(rows));
    let differing = differing(&sides);
    // Nothing but flows differs: mail that comes to none of those is decided the same.
    let entries = entries::entries(&sides, false).into_iter().filter(|entry| is_affected(&sides, entry, &differing));
    let searched = among(&sides, (entries.collect(), Vec::new()), FILE, (bounds, wanted), 0);
    let found = searched.witness.as_ref();
    let traces = found.and_then(|found| written::traces(&found.test, &found.mail, &sides, &found.entry));
    let mut traces = traces.unwrap_or_default().into_iter();
    let traces = [traces.next().flatten(), traces.next().flatten()];
    Found { searched, traces }
}
