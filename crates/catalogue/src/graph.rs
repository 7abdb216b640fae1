//! Who calls whom: circles and depth.

use std::collections::HashMap;

use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_ids::FlowId;

use crate::usage::{self, Use};
use crate::world::{Loaded, VersionKey, World};

/// Calls may be nested so deep.
pub const MAX_CALL_DEPTH: usize = 32;

/// The calls of one world, followed from many flows.
pub struct Calls<'w> {
    world: &'w World,
    /// How deep calls are nested below versions from which no circle can be reached: that holds whoever asks.
    known: HashMap<VersionKey, usize>,
}

impl<'w> Calls<'w> {
    /// The calls of a world.
    #[must_use]
    pub fn new(world: &'w World) -> Self {
        Self { world, known: HashMap::new() }
    }

    /// Problems of a flow that calls itself in the end, or calls too deep.
    pub fn check(&mut self, start: VersionKey) -> Vec<Diagnostic> {
        problems(self.walk(start, None))
    }

    /// The problems that a version which is not loaded, such as a draft, would have if it were published.
    pub fn check_apart(&mut self, loaded: &Loaded) -> Vec<Diagnostic> {
        let uses = usage::uses(&loaded.document, self.world, &loaded.record.bindings);
        problems(self.walk(loaded.key(), Some(&uses)))
    }

    /// How deep calls are nested below a version: 0 if it calls nobody.
    pub fn depth(&mut self, start: VersionKey) -> usize {
        self.walk(start, None).0
    }

    /// Follows the calls of a version: what it names as it is loaded, unless that is said.
    fn walk(&mut self, start: VersionKey, uses: Option<&[Use]>) -> (usize, Vec<Diagnostic>) {
        let mut walk = Walk {
            world: self.world,
            known: &self.known,
            depths: HashMap::new(),
            open: Vec::new(),
            problems: Vec::new(),
            whole: true,
        };
        let depth = match uses {
            Some(uses) => walk.follow(start, uses),
            None => walk.depth(start),
        };
        let Walk { depths, problems, whole, .. } = walk;
        if whole && uses.is_none() {
            self.known.extend(depths);
        }
        (depth, problems)
    }
}

fn problems((depth, mut problems): (usize, Vec<Diagnostic>)) -> Vec<Diagnostic> {
    if depth > MAX_CALL_DEPTH && problems.is_empty() {
        let message = format!("calls are nested {depth} deep");
        problems.push(Diagnostic::error(Code::TooDeep, "nodes", message).expected(format!("at most {MAX_CALL_DEPTH}")));
    }
    problems
}

struct Walk<'w> {
    world: &'w World,
    known: &'w HashMap<VersionKey, usize>,
    depths: HashMap<VersionKey, usize>,
    open: Vec<VersionKey>,
    problems: Vec<Diagnostic>,
    /// Whether everything below was followed to its end, and no circle was met.
    whole: bool,
}

impl Walk<'_> {
    /// How deep calls are nested below a version.
    fn depth(&mut self, key: VersionKey) -> usize {
        if let Some(depth) = self.known.get(&key).or_else(|| self.depths.get(&key)) {
            return *depth;
        }
        // Deeper is refused all the same; going on would only risk the stack.
        if self.open.len() > 2 * MAX_CALL_DEPTH {
            self.whole = false;
            return 0;
        }
        let world = self.world;
        self.follow(key, world.usage.of(key))
    }

    /// The same for a version that names this.
    fn follow(&mut self, key: VersionKey, uses: &[Use]) -> usize {
        self.open.push(key);
        let mut deepest = 0;
        let world = self.world;
        for place in uses {
            let Some((flow, selector)) = place.call() else { continue };
            let Ok(versions) = world.versions(flow, selector) else { continue };
            if let Some(position) = self.open.iter().position(|(open, _)| *open == flow) {
                self.whole = false;
                if self.open.len() == 1 || position == 0 {
                    self.problems.push(self.circle(&self.open, flow, &place.path));
                }
                continue;
            }
            for version in versions {
                deepest = deepest.max(1 + self.depth((flow, version)));
            }
        }
        self.open.pop();
        self.depths.insert(key, deepest);
        deepest
    }

    fn circle(&self, open: &[VersionKey], back_to: FlowId, path: &str) -> Diagnostic {
        let name =
            |flow: FlowId| self.world.flows.get(&flow).map_or_else(|| flow.to_string(), |flow| flow.name.clone());
        let mut names: Vec<String> = open.iter().map(|(flow, _)| name(*flow)).collect();
        names.push(name(back_to));
        // The problem belongs to the flow that is published: when the circle closes further in, its own call is not known here.
        let path = if open.len() == 1 { path } else { "nodes" };
        Diagnostic::error(Code::Cycle, path, "the calls form a cycle")
            .found(names.join(" → "))
            .expected("calls that never lead back")
    }
}
