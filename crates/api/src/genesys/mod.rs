//! The façade of Genesys's API: endpoints in its words that are there for the sake of its SDKs alone, and its paths that are not
//! offered. An endpoint that serves our own clients as well stands with its group.

pub mod conversations;
pub mod dependencies;
pub mod flow_actions;
pub mod flow_history;
mod operation;
pub mod unoffered;

pub(crate) use operation::done;
