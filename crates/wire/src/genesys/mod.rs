//! Bodies in Genesys's words, there for the sake of its SDKs alone.

pub mod architect;
pub mod conversation;
