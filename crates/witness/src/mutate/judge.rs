//! Mutants held against the tests.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use waypost_flow_tests::{Case, Flows, Observed, Ran};
use waypost_store::error::StoreError;
use waypost_wire::trace::TraceEvent;

use super::{Mutant, Nearest};
use crate::differences::differences;

/// A case as it comes out over the flows as they are.
#[derive(Debug)]
pub struct Base<'c> {
    /// The case, which passes.
    pub case: &'c Case,
    /// The snapshot that it is compared with.
    pub snapshot: Option<&'c Observed>,
    observed: Observed,
    /// Flows that it enters, their nodes, and the actions that begin there.
    entered: HashSet<Place>,
}

/// A flow, a node of it, and an action of that: its position, and the positions in the loops around it before. Empty: the node itself.
type Place = (String, Option<String>, Vec<u64>);

/// Where a run is in a flow that it entered.
#[derive(Default)]
struct Frame {
    flow: String,
    node: Option<String>,
    /// The action that began last, as in a place.
    action: Vec<u64>,
    /// How many loops it is in.
    loops: usize,
}

impl<'c> Base<'c> {
    /// Keeps of a run what mutants are held against.
    #[must_use]
    pub fn new(case: &'c Case, snapshot: Option<&'c Observed>, ran: Ran) -> Self {
        let mut stack: Vec<Frame> = Vec::new();
        let mut entered = HashSet::new();
        for event in &ran.trace.events {
            match event {
                TraceEvent::Flow { name, .. } => {
                    entered.insert((name.clone(), None, Vec::new()));
                    stack.push(Frame { flow: name.clone(), ..Frame::default() });
                }
                TraceEvent::Leave => drop(stack.pop()),
                TraceEvent::Transfer => stack.clear(),
                _ => {}
            }
            let Some(frame) = stack.last_mut() else { continue };
            match event {
                TraceEvent::Node { id } => {
                    let flow = std::mem::take(&mut frame.flow);
                    *frame = Frame { flow, node: Some(id.clone()), ..Frame::default() };
                }
                TraceEvent::Action { index, .. } => {
                    frame.action.truncate(frame.loops);
                    frame.action.push(*index);
                }
                TraceEvent::Turn { number: 0 } => frame.loops += 1,
                TraceEvent::LoopEnd { turns: 1.. } => frame.loops = frame.loops.saturating_sub(1),
                _ => continue,
            }
            entered.insert((frame.flow.clone(), frame.node.clone(), frame.action.clone()));
        }
        Self { case, snapshot, observed: ran.observed, entered }
    }

    fn reaches(&self, flow: &str, mutant: &Mutant) -> bool {
        self.entered.contains(&(flow.to_owned(), mutant.node.clone(), action(&mutant.path)))
    }
}

/// The action at a path of files, by its positions in the node; empty outside of actions: `nodes[1].actions[2].actions[0].value`.
fn action(path: &str) -> Vec<u64> {
    let positions =
        path.split('.').skip(1).map_while(|step| step.strip_prefix("actions[")?.strip_suffix(']')?.parse().ok());
    positions.collect()
}

/// What became of a mutant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does not check: nobody could publish it.
    Invalid,
    /// A case fails over it.
    Killed,
    /// Every case passes over it.
    Survived {
        /// How many cases come to the action that is changed, or to the node or the flow outside of actions.
        reached: usize,
        /// The case that came nearest to failing.
        nearest: Option<Nearest>,
    },
}

/// Holds mutants against the cases that come to where they are changed, on all processors. Verdicts are in the order of the mutants.
///
/// # Errors
/// A run that is none, which is a defect.
pub fn judge(mutants: &[Mutant], bases: &[Base<'_>], flows: &Flows<'_>) -> Result<Vec<Verdict>, StoreError> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(mutants.len()));
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(mutant) = mutants.get(index) else { return };
            let verdict = one(mutant, bases, flows);
            done.lock().unwrap_or_else(PoisonError::into_inner).push((index, verdict));
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from).min(mutants.len());
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, verdict)| verdict).collect()
}

fn one(mutant: &Mutant, bases: &[Base<'_>], flows: &Flows<'_>) -> Result<Verdict, StoreError> {
    let Some((world, _)) = mutant.variant(flows.project, flows.world) else { return Ok(Verdict::Invalid) };
    let running = world.running();
    let changed = Flows { world: &world, running: &running, ..*flows };
    let flow = flows.project.flows.get(mutant.flow).map_or("", |entry| &entry.document.name);
    let (mut reached, mut nearest) = (0, None::<(usize, Vec<String>)>);
    for (position, base) in bases.iter().enumerate() {
        if !base.reaches(flow, mutant) {
            continue;
        }
        reached += 1;
        let ran = base.case.run(&changed, base.snapshot, false)?;
        if !ran.mismatches.is_empty() {
            return Ok(Verdict::Killed);
        }
        let saw = differences(&base.observed, &ran.observed);
        if nearest.as_ref().is_none_or(|(_, most)| saw.len() > most.len()) {
            nearest = Some((position, saw));
        }
    }
    let nearest = nearest.and_then(|(position, saw)| {
        bases.get(position).map(|base| Nearest {
            at: base.case.at,
            path: base.case.path.clone(),
            name: base.case.name.clone(),
            saw,
        })
    });
    Ok(Verdict::Survived { reached, nearest })
}
