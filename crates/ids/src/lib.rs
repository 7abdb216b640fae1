//! What every room names: ids, kinds of objects, labels' targets, kinds of decisions, codes of run errors, scopes and limits of clients. It
//! changes seldom, so that a change of the flow language rebuilds neither stores nor clients.

mod audit;
pub mod client;
pub mod codes;
mod decision;
mod delivery;
mod event;
mod finding;
mod id;
mod label;
mod object;
pub mod scopes;
mod thread;

pub use audit::AuditKind;
pub use decision::DecisionKind;
pub use delivery::{DeliveryKind, DeliveryState};
pub use event::Event;
pub use finding::{AuthResult, ScanResult};
pub use id::{
    DataActionId, DeliveryId, FlowId, InteractionId, MailboxId, QueueId, ScheduleId, SecretId, TableId, Version,
    WebhookId,
};
pub use label::LabelTarget;
pub use object::{Key, Kind, Ref, Term};
pub use thread::ThreadReason;
