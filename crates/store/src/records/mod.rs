//! Plain records: what is kept, in words that know no database.

pub mod access;
pub mod activity;
pub mod annotations;
pub mod audit;
pub mod catalogue;
pub mod correspondents;
pub mod events;
pub mod facts;
pub mod mail;
pub mod mailboxes;
pub mod outbox;
pub mod outside;
pub mod queues;
pub mod replays;
pub mod retention;
pub mod tables;
pub mod threads;
