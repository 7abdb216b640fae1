//! What goes out: the effects of a run become mails that are kept with its decision, and are carried to their receivers afterwards.

pub mod carry;
pub(crate) mod desk;
pub(crate) mod effects;
pub(crate) mod loops;
mod manners;
mod retries;
pub(crate) mod returned;
