//! Who calls whom: circles and depth.

use std::collections::HashMap;

use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::id::FlowId;

use super::usage::Target;
use super::world::{VersionKey, World};

/// Calls may be nested so deep.
pub const MAX_CALL_DEPTH: usize = 32;

/// Problems of a flow that calls itself in the end, or calls too deep.
pub fn check(world: &World, start: VersionKey) -> Vec<Diagnostic> {
    let mut walk = Walk { world, depths: HashMap::new(), open: Vec::new(), problems: Vec::new() };
    let depth = walk.depth(start);
    if depth > MAX_CALL_DEPTH && walk.problems.is_empty() {
        let message = format!("calls are nested {depth} deep");
        walk.problems
            .push(Diagnostic::error(Code::TooDeep, "nodes", message).expected(format!("at most {MAX_CALL_DEPTH}")));
    }
    walk.problems
}

/// How deep calls are nested below a version, itself included.
pub fn depth(world: &World, start: VersionKey) -> usize {
    Walk { world, depths: HashMap::new(), open: Vec::new(), problems: Vec::new() }.depth(start)
}

struct Walk<'w> {
    world: &'w World,
    depths: HashMap<VersionKey, usize>,
    open: Vec<VersionKey>,
    problems: Vec<Diagnostic>,
}

impl Walk<'_> {
    /// How deep calls are nested below a version, itself included.
    fn depth(&mut self, key: VersionKey) -> usize {
        if let Some(depth) = self.depths.get(&key) {
            return *depth;
        }
        // Deeper is refused all the same; going on would only risk the stack.
        if self.open.len() > 2 * MAX_CALL_DEPTH {
            return 1;
        }
        self.open.push(key);
        let mut deepest = 0;
        let world = self.world;
        for place in world.usage.of(key) {
            let Target::Flow(flow, selector) = &place.target else { continue };
            let Ok(versions) = world.versions(*flow, selector) else { continue };
            if let Some(position) = self.open.iter().position(|(open, _)| open == flow) {
                if self.open.len() == 1 || position == 0 {
                    self.problems.push(self.circle(&self.open, *flow, &place.path));
                }
                continue;
            }
            for version in versions {
                deepest = deepest.max(self.depth((*flow, version)));
            }
        }
        self.open.pop();
        self.depths.insert(key, deepest + 1);
        deepest + 1
    }

    fn circle(&self, open: &[VersionKey], back_to: FlowId, path: &str) -> Diagnostic {
        let name =
            |flow: FlowId| self.world.flows.get(&flow).map_or_else(|| flow.to_string(), |flow| flow.name.clone());
        let mut names: Vec<String> = open.iter().map(|(flow, _)| name(*flow)).collect();
        names.push(name(back_to));
        // The problem belongs to the flow that is published: when the circle closes further in, its own call is not known here.
        let path = if open.len() == 1 { path } else { "nodes" };
        Diagnostic::error(Code::Cycle, path, "the flow would call itself in the end")
            .found(names.join(" → "))
            .expected("calls that never lead back")
    }
}
