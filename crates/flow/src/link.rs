//! Programs that run together: one consistent snapshot of what is published.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::id::{FlowId, Version};
use crate::program::{Callee, Program, Selector};

/// Programs by flow and version, and which version of each flow is published.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    programs: FxHashMap<(FlowId, Version), Arc<Program>>,
    published: FxHashMap<FlowId, Version>,
}

impl Snapshot {
    /// Adds a program; with `publish`, callers without a version follow it.
    pub fn insert(&mut self, program: Arc<Program>, publish: bool) {
        let flow = program.interface.flow;
        if publish {
            self.published.insert(flow, program.version);
        }
        self.programs.insert((flow, program.version), program);
    }

    /// The program that a call means.
    pub fn resolve(&self, callee: &Callee) -> Option<&Arc<Program>> {
        let version = match callee.selector {
            Selector::Published => *self.published.get(&callee.flow)?,
            Selector::Version(version) => version,
        };
        self.programs.get(&(callee.flow, version))
    }

    /// The published program of a flow.
    pub fn published(&self, flow: FlowId) -> Option<&Arc<Program>> {
        self.programs.get(&(flow, *self.published.get(&flow)?))
    }
}
