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

use harness::poison::{STEPS, poison_at_intake, set_aside};
use harness::scratch::Scratch;
use harness::streams::{Senders, deliver_until_killed, missing, prepare, settle_accounts, was_folded};
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
        // The last one is long enough for the log to be folded into the database meanwhile.
        let kill_after = if round + 1 == ROUNDS { 500 } else { 30 + round * 37 % 150 };
        deliver_until_killed(&mut server, &mut senders, round, kill_after);
        server = Server::start(&data_dir, &Start::unlimited());
        assert_eq!(missing(&server.api(), &senders), Vec::<String>::new(), "lost in round {round}");
    }
    assert!(was_folded(&data_dir), "no kill came after a fold");
    println!("{ROUNDS} kills: {}", settle_accounts(&server, &senders));
    server.stop();
}

#[test]
fn a_mail_that_ends_the_process_is_set_aside_after_three_attempts() {
    let scratch = Scratch::new("crash-poison");
    set_aside(|| {
        let environment = vec![(STEPS.0, STEPS.1.into())];
        Server::start(&scratch.path("data"), &Start { environment, ..Start::unlimited() })
    });
}

#[test]
fn a_mail_that_ends_the_process_at_intake_is_accepted_when_it_comes_again() {
    let scratch = Scratch::new("crash-intake");
    poison_at_intake(|| Server::start(&scratch.path("data"), &Start::unlimited()));
}
