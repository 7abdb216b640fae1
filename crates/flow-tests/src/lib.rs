//! Tests of flows: test documents read with every problem at once, cases run over a folder's flows, what came held against what is
//! expected, coverage counted. Files are handed in and reports handed out: nothing here does I/O.

mod aim;
mod case;
mod compare;
pub mod coverage;
mod defaults;
mod expect;
pub mod junit;
mod logs;
mod mail;
mod markup;
mod observed;
pub mod recipient;
mod recipients;
pub mod recorded;
pub mod report;
mod rows;
mod run;
pub mod schema;
mod suite;
mod text;
mod thread;
mod time;
pub mod trial;

use std::sync::Arc;

use waypost_catalogue::tables::held::HeldRows;
use waypost_catalogue::world::{Running, World};
use waypost_flow::document::fold_name;
use waypost_flow::program::Program;
use waypost_project::{FlowEntry, Project};

pub use case::Case;
pub use compare::Mismatch;
pub use observed::{Observed, ObservedError, ObservedLog};
pub use run::Ran;
pub use suite::Suite;
pub use thread::EARLIER;

/// The flows that are tested, and what they need: a folder without errors.
#[derive(Clone, Copy)]
pub struct Flows<'p> {
    /// The folder.
    pub project: &'p Project,
    /// The world that it makes by itself.
    pub world: &'p World,
    /// The same, ready to run.
    pub running: &'p Running,
    /// Rows of its tables.
    pub rows: &'p HeldRows,
}

impl<'p> Flows<'p> {
    /// The folder's flows, each ready to run, in the order of their files.
    pub fn programs(self) -> impl Iterator<Item = (&'p FlowEntry, &'p Arc<Program>)> {
        self.project.flows.iter().filter_map(move |entry| {
            let record = self.world.flow_named(&fold_name(&entry.document.name), entry.document.is_shared())?;
            Some((entry, self.running.snapshot.published(record.id)?))
        })
    }
}
