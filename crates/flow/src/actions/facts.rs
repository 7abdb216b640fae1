//! What the rest of the language may know of an action without asking which one it is. The facts have no defaults: a new action, and a
//! new fact, is a compile error until every action has given its answer.

use serde_json::Value as Json;
use waypost_ids::Term;

use super::jumps::ProgramJumps;
use crate::check::World;
use crate::document::{Action, FlowReference, Mapping};
use crate::expr::Compiled;
use crate::program::{Callee, DataActionTarget};
use crate::types::Type;

/// The member that maps an answer.
pub(crate) const OUTPUT_MAPPING: &str = "outputMapping";

/// The member that maps what is said of a failure.
pub(crate) const FAILURE_MAPPING: &str = "failureMapping";

/// Facts of an action as it is written, before its names are resolved.
#[derive(Debug)]
pub struct Facts<'d> {
    /// What it names outside of the flow, in written order.
    pub names: Vec<Named<'d>>,
    /// The variable that it gives a value, its outputMapping aside.
    pub assigns: Option<Assignment<'d>>,
    /// Its outputMapping, and the mapping of what it says when it comes to nothing.
    pub outputs: Vec<OutputMapping<'d>>,
    /// The actions inside of it, if it is a loop.
    pub inside: &'d [Action],
}

/// An object outside of the flow.
#[derive(Debug)]
pub enum Named<'d> {
    /// A flow, and which of its versions.
    Flow(&'d FlowReference),
    /// A queue.
    Queue(&'d str),
    /// A queue that is only known at run time.
    ComputedQueue,
    /// A data table.
    Table(&'d str),
    /// A schedule.
    Schedule(&'d str),
    /// A webhook.
    Webhook(&'d str),
    /// A data action.
    DataAction(&'d str),
    /// A term, which need not be declared.
    Term(Term, &'d str),
}

/// A value for a variable.
#[derive(Debug)]
pub struct Assignment<'d> {
    /// The variable.
    pub variable: &'d str,
    /// The member that names it.
    pub name_member: &'static str,
    /// The value.
    pub value: &'d Json,
    /// The member that has it.
    pub value_member: &'static str,
    /// Whether the value is a list, and the variable becomes each of its elements.
    pub elements: bool,
}

/// Variables that are set once the action has its answer, or on the way to where it jumps.
#[derive(Debug)]
pub struct OutputMapping<'d> {
    /// The member that has it.
    pub member: &'static str,
    /// The variables, with the expressions that they are set to.
    pub lines: &'d [Mapping],
    /// What `output` is in these expressions.
    pub given: Given<'d>,
}

impl<'d> OutputMapping<'d> {
    /// The `outputMapping`.
    pub(super) fn of_answer(lines: &'d [Mapping], given: Given<'d>) -> Self {
        Self { member: OUTPUT_MAPPING, lines, given }
    }

    /// The `failureMapping`.
    pub(super) fn of_failure(lines: &'d [Mapping], outputs: &'static [(&'static str, Type)]) -> Self {
        Self { member: FAILURE_MAPPING, lines, given: Given::Fixed(outputs) }
    }
}

/// What an outputMapping reads as `output`.
#[derive(Clone, Copy, Debug)]
pub enum Given<'d> {
    /// The outputs of a flow.
    Flow(&'d FlowReference),
    /// A row of this data table.
    Row(&'d str),
    /// The outputs of this data action.
    DataAction(&'d str),
    /// The same whatever the action says, in this order.
    Fixed(&'static [(&'static str, Type)]),
}

impl Given<'_> {
    /// Names and types; none if what is named can't be resolved.
    pub(crate) fn types(self, world: &dyn World) -> Option<Vec<(String, Type)>> {
        match self {
            Self::Flow(reference) => {
                let flow = world.flow(reference)?;
                Some(world.interface(flow, &reference.selector()?).ok()?.output_types())
            }
            Self::Row(table) => Some(world.table(table)?.schema.outputs()),
            Self::DataAction(action) => Some(world.data_action(action)?.contract.output_types()),
            Self::Fixed(outputs) => Some(fixed(outputs)),
        }
    }
}

/// Outputs that are always the same, as expressions are checked against them.
pub(crate) fn fixed(outputs: &[(&str, Type)]) -> Vec<(String, Type)> {
    outputs.iter().map(|(name, data_type)| ((*name).to_owned(), data_type.clone())).collect()
}

/// The parts of a written action that are changed from outside.
#[derive(Debug)]
pub struct PartsMut<'d> {
    /// What it names outside of the flow, terms aside.
    pub names: Option<NamedMut<'d>>,
    /// The actions inside of it, if it is a loop.
    pub inside: &'d mut [Action],
}

/// A name of an object outside of the flow, to be changed.
#[derive(Debug)]
pub enum NamedMut<'d> {
    /// A flow, and which of its versions.
    Flow(&'d mut FlowReference),
    /// A queue.
    Queue(&'d mut String),
    /// A data table.
    Table(&'d mut String),
    /// A schedule.
    Schedule(&'d mut String),
    /// A webhook.
    Webhook(&'d mut String),
    /// A data action.
    DataAction(&'d mut String),
}

impl PartsMut<'_> {
    /// For an action that has none of them.
    pub(super) fn none() -> Self {
        Self { names: None, inside: &mut [] }
    }
}

/// Facts of an action that is ready to run.
#[derive(Debug)]
pub struct ProgramFacts<'p> {
    /// The expressions that it evaluates first, with the path of their member.
    pub evaluates: Vec<(String, &'p Compiled)>,
    /// Variables to set once there is an answer, by position: its outputMapping.
    pub outputs: &'p [(usize, Compiled)],
    /// What it sets besides.
    pub sets: Sets,
    /// Where the run may go on instead. Nothing is set on the way there but `jump_outputs`.
    pub jumps: &'p ProgramJumps,
    /// Variables to set on the way to any of the jumps, by position: its failureMapping.
    pub jump_outputs: &'p [(usize, Compiled)],
    /// What it does outside of the flow, which may fail whatever its expressions give.
    pub effect: Option<Effect<'p>>,
    /// What it ends.
    pub ends: Ends,
}

/// What an action sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sets {
    /// Nothing that the checker follows.
    Nothing,
    /// The variable at a position.
    Variable(usize),
    /// The variable at a position, to each element of a list in turn.
    Element(usize),
    /// The output at a position.
    Output(usize),
}

/// What an action does outside of the flow.
#[derive(Clone, Copy, Debug)]
pub enum Effect<'p> {
    /// It calls a flow, or goes on in it.
    Calls(&'p Callee),
    /// It asks for something, and the run waits for the answer.
    Asks,
    /// It asks a service outside, which fails or is late sooner or later.
    AsksOutside(&'p DataActionTarget),
    /// It sends something.
    Sends,
    /// It sets something that the checker does not follow, and that may be refused.
    Sets,
}

/// What is over after an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// Nothing: the next action follows.
    Nothing,
    /// The flow.
    Flow,
    /// The run.
    Run,
}

/// The expressions of a mapping, with their paths.
pub(super) fn mapped<'p>(member: &str, mapping: &'p [(usize, Compiled)]) -> Vec<(String, &'p Compiled)> {
    let lines = mapping.iter().enumerate();
    lines.map(|(index, (_, compiled))| (format!("{member}[{index}].value"), compiled)).collect()
}

impl ProgramFacts<'_> {
    /// The expressions that are evaluated once there is an answer, with the path of their member.
    pub fn evaluates_answer(&self) -> Vec<(String, &Compiled)> {
        let mut mappings = mapped(OUTPUT_MAPPING, self.outputs);
        mappings.extend(mapped(FAILURE_MAPPING, self.jump_outputs));
        mappings
    }
}
