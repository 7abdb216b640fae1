//! The bodies of the HTTP API and the trace of a run, the same types for the server and for its clients: what is here is a promise.
//!
//! Keys are camelCase, absent members are left out (never `null`: the official Python SDK can't read it), members that
//! this release does not know are ignored when read. Nothing here does I/O or knows a framework.

pub mod access;
pub mod attempt;
pub mod change;
pub mod claim;
pub mod correspondent;
pub mod data_action;
pub mod delivery;
pub mod error;
pub mod execution;
pub mod flow;
pub mod genesys;
pub mod graph;
pub mod interaction;
pub mod listing;
pub mod live;
pub mod mailbox;
pub mod map;
pub mod overview;
pub mod position;
pub mod reference;
pub mod replay;
pub mod routing;
pub mod schedule;
pub mod secret;
pub mod session;
pub mod table;
pub mod term;
pub mod text;
pub mod time;
pub mod token;
pub mod trace;
pub mod webhook;
pub mod witness;

/// A JSON object whose members keep their order.
pub type Object = serde_json::Map<String, serde_json::Value>;
