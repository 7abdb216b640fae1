//! What every room names: ids, labels' targets, kinds of decisions, codes of run errors. It changes seldom, so that a change of the flow
//! language rebuilds neither stores nor clients.

pub mod codes;
mod decision;
mod id;
mod label;

pub use decision::DecisionKind;
pub use id::{FlowId, InteractionId, QueueId, ScheduleId, TableId, Version};
pub use label::LabelTarget;
