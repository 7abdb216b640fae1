//! What may happen to an interaction and what then becomes of it. Pure functions: the stores select and lock rows, ask here what to write, and
//! write it. Nothing here knows a database or reads a clock. No match has a wildcard: a new state is looked at everywhere.
#![deny(clippy::wildcard_enum_match_arm)]

pub(crate) mod acceptance;
pub(crate) mod activity;
pub(crate) mod annotations;
pub(crate) mod claims;
pub(crate) mod contents;
pub(crate) mod correspondents;
pub(crate) mod deliveries;
pub(crate) mod duplicates;
pub(crate) mod events;
pub(crate) mod forwards;
pub(crate) mod mailboxes;
pub(crate) mod outbox;
pub(crate) mod parking;
pub(crate) mod pushes;
pub(crate) mod recording;
pub(crate) mod replays;
pub(crate) mod requests;
pub(crate) mod standing;
pub(crate) mod tables;
pub(crate) mod threads;
