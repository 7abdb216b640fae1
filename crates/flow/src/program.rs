//! A checked flow, ready to run: names resolved to positions, expressions compiled.

use std::fmt;
use std::sync::Arc;

use crate::document::{Disposition, Match};
use crate::expr::Compiled;
use crate::interface::Interface;
use crate::table::TableSchema;
use crate::types::Type;
use crate::value::Value;
use waypost_ids::{FlowId, QueueId, ScheduleId, TableId, Version};

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

/// The queue of an action.
#[derive(Debug)]
pub enum QueueChoice {
    /// It was written out.
    Fixed(QueueTarget),
    /// A string expression: a name or an id.
    Computed(Compiled),
}

/// What `evaluateSchedule` gives its outputMapping, in this order.
pub fn schedule_outputs() -> Vec<(String, Type)> {
    let outputs = [
        ("state", Type::String),
        ("isOpen", Type::Boolean),
        ("name", Type::String),
        ("changes", Type::Boolean),
        ("nextChange", Type::Datetime),
    ];
    outputs.map(|(name, data_type)| (name.to_owned(), data_type)).to_vec()
}

/// What `findQueue` gives its outputMapping, in this order.
pub fn queue_outputs() -> Vec<(String, Type)> {
    ["id", "name"].map(|name| (name.to_owned(), Type::String)).to_vec()
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

/// What a call hands over and takes back, for one version of the callee.
#[derive(Debug)]
pub struct Handover {
    /// Values for the callee's inputs, by position.
    pub inputs: Vec<(usize, Compiled)>,
    /// Variables to set, by position, from expressions over the callee's outputs.
    pub outputs: Vec<(usize, Compiled)>,
}

/// What an action does.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "programs are built once and walked often: no indirection")]
pub enum ProgramActionKind {
    /// Calls a flow.
    RunFlow {
        /// Which.
        callee: Callee,
        /// Values for the callee's inputs, by position.
        inputs: Vec<(usize, Compiled)>,
        /// Variables to set, by position, from expressions over the callee's outputs.
        outputs: Vec<(usize, Compiled)>,
        /// The same for the second version behind a weighted label, whose positions may be others.
        second: Option<Box<Handover>>,
    },
    /// Goes on in another flow.
    TransferToFlow {
        /// Which.
        callee: Callee,
        /// Values for its inputs, by position.
        inputs: Vec<(usize, Compiled)>,
        /// The same for the second version behind a weighted label.
        second: Option<Box<Handover>>,
    },
    /// Sets the variable at a position.
    SetVariable {
        /// The variable's position.
        variable: usize,
        /// The value.
        value: Compiled,
    },
    /// Sets the output at a position.
    SetOutput {
        /// The output's position.
        output: usize,
        /// The value.
        value: Compiled,
    },
    /// Sets attributes.
    SetAttributes {
        /// Names and values; each value is a string expression.
        attributes: Vec<(Arc<str>, Compiled)>,
    },
    /// Sets the priority.
    SetPriority {
        /// An integer expression.
        priority: Compiled,
    },
    /// Does actions for each element of a list.
    ForEach {
        /// A list.
        items: Compiled,
        /// The position of the variable that holds the element.
        variable: usize,
        /// The actions.
        actions: Vec<ProgramAction>,
    },
    /// Does actions while a condition holds.
    While {
        /// A boolean expression.
        when: Compiled,
        /// The actions.
        actions: Vec<ProgramAction>,
    },
    /// Looks a row up.
    LookupTable {
        /// In which table.
        table: TableTarget,
        /// A string expression.
        key: Compiled,
        /// Variables to set, by position, from expressions over the table's columns, in the schema's order.
        outputs: Vec<(usize, Compiled)>,
        /// The node to go on at when there is no such row.
        not_found: Option<usize>,
    },
    /// Asks a schedule how it stands.
    EvaluateSchedule {
        /// Which.
        schedule: ScheduleTarget,
        /// Variables to set, by position, from expressions over [`schedule_outputs`].
        outputs: Vec<(usize, Compiled)>,
    },
    /// Finds a queue.
    FindQueue {
        /// A string expression: a name or an id.
        name: Compiled,
        /// Variables to set, by position, from expressions over [`queue_outputs`].
        outputs: Vec<(usize, Compiled)>,
        /// The node to go on at when there is no such queue.
        not_found: Option<usize>,
    },
    /// Ends the run in a queue.
    TransferToQueue {
        /// Which.
        queue: QueueChoice,
        /// The node to go on at when a computed queue does not exist.
        not_found: Option<usize>,
        /// An integer expression.
        priority: Option<Compiled>,
        /// An expression of type `list<string>`.
        skills: Option<Compiled>,
        /// A string expression.
        language: Option<Compiled>,
    },
    /// Ends the run with a forward.
    Forward {
        /// An expression of type `list<string>`.
        addresses: Compiled,
    },
    /// Ends the run; the interaction is dropped.
    Disconnect {
        /// A string expression.
        reason: Option<Compiled>,
    },
    /// Goes back to the caller; on a route: to the end.
    Return,
    /// Leaves a line in the trace.
    Log {
        /// `debug`, `info`, `warn` or `error`.
        level: LogLevel,
        /// A string expression.
        message: Compiled,
    },
}

/// Levels of `log`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// For the flow's author.
    Debug,
    /// The usual.
    Info,
    /// Something odd.
    Warn,
    /// Something wrong.
    Error,
}

/// What walking off the end means.
#[derive(Debug)]
pub struct ProgramEnd {
    /// The disposition.
    pub disposition: Disposition,
    /// The queue, with `queue`.
    pub queue: Option<QueueTarget>,
}

impl ProgramActionKind {
    /// The actions inside of it, if it is a loop.
    pub fn actions(&self) -> &[ProgramAction] {
        match self {
            Self::ForEach { actions, .. } | Self::While { actions, .. } => actions,
            _ => &[],
        }
    }
}

impl Program {
    /// Every action, those inside of loops after the loop.
    pub fn actions(&self) -> Vec<&ProgramAction> {
        let mut all = Vec::new();
        self.nodes.iter().for_each(|node| gather(&node.actions, &mut all));
        all
    }

    /// Every flow that the program calls or goes on in, each once.
    pub fn callees(&self) -> Vec<&Callee> {
        let mut callees: Vec<&Callee> = self
            .actions()
            .into_iter()
            .filter_map(|action| match &action.kind {
                ProgramActionKind::RunFlow { callee, .. } | ProgramActionKind::TransferToFlow { callee, .. } => {
                    Some(callee)
                }
                _ => None,
            })
            .collect();
        callees.sort_unstable();
        callees.dedup();
        callees
    }
}

fn gather<'p>(actions: &'p [ProgramAction], into: &mut Vec<&'p ProgramAction>) {
    for action in actions {
        into.push(action);
        gather(action.kind.actions(), into);
    }
}
