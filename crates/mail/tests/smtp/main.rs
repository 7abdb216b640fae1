//! The receiving side, by dialogues and over real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod client;
mod dialogue;
mod drain;
mod intake;
mod server;
mod session;
mod socket;
mod starttls;
mod tls;
