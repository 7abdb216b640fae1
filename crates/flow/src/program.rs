//! A checked flow, ready to run: names resolved to positions, expressions compiled.

use std::fmt;
use std::sync::Arc;

pub use crate::actions::ProgramActionKind;
use crate::data_action::Contract;
use crate::document::{Disposition, Match};
use crate::expr::Compiled;
use crate::interface::Interface;
use crate::table::TableSchema;
use crate::types::Type;
use crate::value::Value;
use waypost_ids::{DataActionId, FlowId, QueueId, ScheduleId, TableId, Version, WebhookId};

/// A checked flow. Positions of inputs and outputs in calls are those of the callee's interface in the same [`crate::link::Snapshot`].
#[derive(Debug)]
pub struct Program {
    /// What callers see.
    pub interface: Interface,
    /// The version; 0 for one that is not saved.
    pub version: Version,
    /// The values inputs have when a caller maps none, in the interface's order.
    pub input_defaults: Vec<Option<Value<'static>>>,
    /// The values outputs read as when no path set them, in the interface's order.
    pub output_initials: Vec<Value<'static>>,
    /// The variables.
    pub variables: Vec<VariableSlot>,
    /// What must hold for the flow to start.
    pub conditions: Conditions,
    /// The nodes; the run starts at the first.
    pub nodes: Vec<ProgramNode>,
    /// The node that uncaught errors go to.
    pub on_error: Option<usize>,
    /// What walking off the end means, on a route.
    pub end: ProgramEnd,
}

/// A variable.
#[derive(Debug)]
pub struct VariableSlot {
    /// Its name.
    pub name: Arc<str>,
    /// Its type.
    pub data_type: Type,
    /// The value it starts with.
    pub default: Option<Value<'static>>,
}

/// Conditions for the start.
#[derive(Debug)]
pub struct Conditions {
    /// How they combine.
    pub matching: Match,
    /// The conditions.
    pub conditions: Vec<Compiled>,
}

/// A node.
#[derive(Debug)]
pub struct ProgramNode {
    /// Its identifier.
    pub id: Arc<str>,
    /// Its actions.
    pub actions: Vec<ProgramAction>,
    /// Its branches. A node without `next` has one that always leads to the following node, or none if it is the last.
    pub next: Vec<ProgramBranch>,
}

/// A branch.
#[derive(Debug)]
pub struct ProgramBranch {
    /// A boolean expression; none always holds.
    pub when: Option<Compiled>,
    /// The node's position.
    pub to: usize,
}

/// An action.
#[derive(Debug)]
pub struct ProgramAction {
    /// What people call it.
    pub name: Option<Arc<str>>,
    /// The node that its errors go to.
    pub on_error: Option<usize>,
    /// What it does.
    pub kind: ProgramActionKind,
}

/// Which version of a flow is meant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Selector {
    /// Whatever is published when the run starts.
    Published,
    /// This version.
    Version(Version),
    /// The version that the label names when the run starts; a weighted label names two, and the interaction chooses.
    Label(Arc<str>),
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Published => f.write_str("published"),
            Self::Version(version) => write!(f, "{version}"),
            Self::Label(label) => f.write_str(label),
        }
    }
}

/// A flow that is called.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Callee {
    /// The flow.
    pub flow: FlowId,
    /// Which of its versions.
    pub selector: Selector,
}

/// A queue, with its name for the trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueTarget {
    /// The queue.
    pub id: QueueId,
    /// Its name when the flow was checked.
    pub name: Arc<str>,
}

/// A data table, with its name for the trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableTarget {
    /// The table.
    pub id: TableId,
    /// Its name when the flow was checked.
    pub name: Arc<str>,
    /// Its columns when the flow was checked.
    pub schema: Arc<TableSchema>,
}

/// A schedule, with its name for the trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleTarget {
    /// The schedule.
    pub id: ScheduleId,
    /// Its name when the flow was checked.
    pub name: Arc<str>,
}

/// A webhook, with its name for the trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookTarget {
    /// The webhook.
    pub id: WebhookId,
    /// Its name when the flow was checked.
    pub name: Arc<str>,
}

/// A data action, with its name for the trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataActionTarget {
    /// The data action.
    pub id: DataActionId,
    /// Its name when the flow was checked.
    pub name: Arc<str>,
    /// What it takes and gives, as it was when the flow was checked.
    pub contract: Arc<Contract>,
}

/// What happens to mail that reaches the end without a decision.
#[derive(Debug)]
pub struct ProgramEnd {
    /// The disposition.
    pub disposition: Disposition,
    /// The queue, with `queue`.
    pub queue: Option<QueueTarget>,
}

impl Program {
    /// Every action, those inside of loops after the loop.
    pub fn actions(&self) -> Vec<&ProgramAction> {
        let mut all = Vec::new();
        self.nodes.iter().for_each(|node| gather(&node.actions, &mut all));
        all
    }
}

fn gather<'p>(actions: &'p [ProgramAction], into: &mut Vec<&'p ProgramAction>) {
    for action in actions {
        into.push(action);
        gather(action.kind.inside(), into);
    }
}
