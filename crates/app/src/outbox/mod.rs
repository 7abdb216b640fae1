//! What goes out: the effects of a run become mails that are kept with its decision, and are carried to their receivers afterwards.

pub mod agents;
pub mod carry;
pub mod deliveries;
pub(crate) mod desk;
mod edited;
pub(crate) mod effects;
pub(crate) mod events;
pub mod ledger;
pub(crate) mod loops;
mod manners;
pub mod pushes;
mod put_off;
mod requests;
mod retries;
pub(crate) mod returned;
pub mod sends;
pub mod signature;
mod told;
pub(crate) mod written;
