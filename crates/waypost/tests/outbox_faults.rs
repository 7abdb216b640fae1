//! What goes wrong while mail goes out, each at a moment that the test chooses: a kill at every commit, a clock that jumps, a disk that is full.
//! What was decided arrives once; a copy comes only where nobody could know that the first had arrived.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it counted"
)]

#[path = "outbox_faults/alone.rs"]
mod alone;
#[path = "outbox_faults/disk.rs"]
mod disk;
#[path = "webhooks/endpoint.rs"]
mod endpoint;
mod harness;
#[path = "outbox_faults/jumps.rs"]
mod jumps;
#[path = "outbox/office.rs"]
mod office;
#[path = "outbox_faults/points.rs"]
mod points;
#[path = "outbox_faults/pushed.rs"]
mod pushed;
#[path = "outbox_faults/site.rs"]
mod site;
#[path = "outbox_faults/three.rs"]
mod three;

use alone::Alone;
use harness::nodes::tools;
use harness::rounds;
use office::printed;
use site::{Site, prepare};
use three::Three;

/// Kills at all points, so many times over.
fn kill_at_all<S: Site>(site: &mut S, whom: &str) {
    prepare(site.server());
    for round in 0..rounds(1) {
        for line in points::all(site, round) {
            println!("{whom}: {line}");
        }
    }
    println!("{whom}: {}", printed(&site.server().cli(&["ledger"]), 0));
}

#[test]
fn a_kill_at_any_commit_loses_nothing_on_sqlite() {
    let mut alone = Alone::open("faults-kills");
    kill_at_all(&mut alone, "SQLite");
    alone.close();
}

#[test]
fn a_kill_at_any_commit_loses_nothing_on_three_nodes() {
    let Some(tools) = tools() else { return };
    let mut three = Three::open(&tools, "faults-nodes");
    kill_at_all(&mut three, "three nodes");
    println!("three nodes: killed {:?} times", three.close());
}

#[test]
fn a_clock_that_jumps_puts_nothing_off_on_sqlite() {
    let mut alone = Alone::open("faults-clock");
    jumps::all(&mut alone, true);
    alone.close();
}

#[test]
fn a_clock_that_jumps_puts_nothing_off_on_three_nodes() {
    let Some(tools) = tools() else { return };
    let mut three = Three::open(&tools, "faults-clocks");
    jumps::all(&mut three, false);
    three.close();
}

#[test]
fn a_full_disk_holds_up_no_mail_that_is_on_its_way() {
    disk::full();
}
