//! `kill -9` in the middle of deliveries, again and again on one data directory: nothing that got `250` is lost or doubled.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod harness;

use harness::scratch::Scratch;
use harness::streams::{Senders, deliver_until_killed, missing, prepare, settle_accounts};
use harness::{Server, Start};

const ROUNDS: usize = 15;

#[test]
fn what_got_250_outlives_the_server() {
    let scratch = Scratch::new("crash");
    let data_dir = scratch.path("data");
    let mut senders = Senders::default();
    let mut server = Server::start(&data_dir, &Start::unlimited());
    prepare(&server);
    for round in 0..ROUNDS {
        deliver_until_killed(&mut server, &mut senders, round, 40 + round * 37 % 150);
        server = Server::start(&data_dir, &Start::unlimited());
        assert_eq!(missing(&server.api(), &senders), Vec::<String>::new(), "lost in round {round}");
    }
    println!("{ROUNDS} kills: {}", settle_accounts(&server, &senders));
    server.stop();
}
