//! Mail: SMTP in and out, and MIME to a [`message::Message`].
//!
//! Nothing here knows flows, routes or a store. The receiving side hands an envelope and bytes to one trait,
//! [`smtp::Intake`], and turns its answer into a reply. Sessions are pure state machines; sockets are in
//! `smtp::listener`, `smtp::connection` and `smtp::client` alone.

pub mod domain;
pub mod hash;
pub mod html;
pub mod lines;
pub mod mbox;
pub mod message;
pub mod smtp;
