//! What goes out: the effects of a run become mails that are kept with its decision, and are carried to their receivers afterwards.

pub mod agents;
pub mod deliveries;
mod edited;
pub mod ledger;
pub(crate) mod written;
