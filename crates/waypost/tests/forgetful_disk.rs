//! A disk that forgets everything not synced when the power goes: what got `250` is still there afterwards.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod harness;

use std::fs;
use std::path::Path;

use harness::scratch::Scratch;
use harness::shim::compile;
use harness::streams::{Senders, deliver_until_killed, missing, prepare, settle_accounts, was_folded};
use harness::{Server, Start};

const ROUNDS: usize = 6;

/// A server on a disk that forgets; with `deaf`, on one that forgets even what was synced.
fn start(library: &Path, data_dir: &Path, stable: &Path, deaf: bool) -> Server {
    fs::create_dir_all(data_dir).unwrap();
    let mut start = Start::unlimited();
    start.environment =
        vec![("LD_PRELOAD", library.into()), ("FORGET_DATA", data_dir.into()), ("FORGET_STABLE", stable.into())];
    if deaf {
        start.environment.push(("FORGET_SYNCS", "1".into()));
    }
    Server::start(data_dir, &start)
}

/// Makes a data directory of what was on stable storage: the names of the last directory sync, each with its file's content
/// of the last sync. A file that was never synced is empty.
fn restore(stable: &Path, data_dir: &Path) {
    fs::create_dir_all(data_dir).unwrap();
    let names = fs::read_to_string(stable.join("names")).expect("the directory was never synced");
    for line in names.lines() {
        let (key, name) = line.split_once(' ').unwrap();
        let content = fs::read(stable.join(key)).unwrap_or_default();
        fs::write(data_dir.join(name), content).unwrap();
    }
}

#[test]
fn what_got_250_outlives_the_power() {
    let scratch = Scratch::new("forgetful");
    let library = compile(&scratch, "forget");
    let (data_dir, stable) = (scratch.path("data-0"), scratch.path("stable-0"));
    let mut senders = Senders::default();
    let mut server = start(&library, &data_dir, &stable, false);
    prepare(&server);
    let mut stable = stable;
    for round in 0..ROUNDS {
        // The last one is long enough for the log to be folded into the database meanwhile.
        let kill_after = if round + 1 == ROUNDS { 500 } else { 30 + round * 37 % 150 };
        deliver_until_killed(&mut server, &mut senders, round, kill_after);
        let next = scratch.path(&format!("data-{}", round + 1));
        restore(&stable, &next);
        stable = scratch.path(&format!("stable-{}", round + 1));
        server = start(&library, &next, &stable, false);
        assert_eq!(missing(&server.api(), &senders), Vec::<String>::new(), "lost in round {round}");
    }
    assert!(was_folded(&server.data_dir), "no cut came after a fold");
    println!("{ROUNDS} power cuts: {}", settle_accounts(&server, &senders));
}

/// The same with a disk that ignores syncs: if nothing were missing then, the test above would prove nothing.
#[test]
fn a_disk_that_ignores_syncs_is_found_out() {
    let scratch = Scratch::new("deaf");
    let library = compile(&scratch, "forget");
    let data_dir = scratch.path("data");
    let mut server = start(&library, &data_dir, &scratch.path("first"), false);
    prepare(&server);
    server.stop();
    let stable = scratch.path("second");
    let mut server = start(&library, &data_dir, &stable, true);
    let mut senders = Senders::default();
    deliver_until_killed(&mut server, &mut senders, 0, 40);
    let next = scratch.path("restored");
    restore(&stable, &next);
    let server = Server::start(&next, &Start::unlimited());
    let missing = missing(&server.api(), &senders);
    assert_eq!(missing.len(), senders.accepted.len(), "everything since the start is forgotten");
}
