//! Clocks that jump by an hour and by a day, to and fro.

#![allow(unreachable_pub, reason = "a module of one test")]

use serde_json::Value as Json;

use crate::harness::holds::Step;
use crate::harness::smtp::mail;
use crate::harness::wait_for;
use crate::office::printed;
use crate::site::{Site, prepare};

const HOUR: i64 = 3600;

/// The longest pause between two attempts (75 minutes), and some more.
const LONGEST_PAUSE: i64 = 90 * 60;

/// One jump after the other, with a delivery of every kind there is at that moment. Nodes that jump forward together take each other's leases for
/// ended, so that an attempt is only held up where there is one server.
pub fn all<S: Site>(site: &mut S, is_alone: bool) {
    prepare(site.server());
    for (number, jump) in [HOUR, -HOUR, 24 * HOUR, -24 * HOUR, -24 * HOUR].into_iter().enumerate() {
        let name = |what: &str| format!("{what}.jump{number}@customer.example");
        let (held, killed, later) = (name("held"), name("killed"), name("later"));
        let in_dialogue = is_alone.then(|| {
            let dialogue = site.receiver().hold(Step::Content, &held);
            send(site, &held);
            dialogue.wait();
            dialogue
        });
        send(site, &later);
        wait_for("a first attempt", || to(site, &later).get("lastAnswer").is_some().then_some(()));
        let cut_off = site.receiver().hold(Step::Data, &killed);
        send(site, &killed);
        let sender = cut_off.wait();

        site.clock().pass(jump);
        // What comes now goes out now.
        let fresh = name("fresh");
        send(site, &fresh);
        ends(site, &fresh, (1, 1));
        // An attempt that was under way ends as any.
        if let Some(dialogue) = in_dialogue {
            dialogue.go_on();
            ends(site, &held, (1, 1));
        }
        site.kill(&sender);
        drop(cut_off);
        // Whatever waits, for a pause or for the lease of somebody who is gone, waits no longer than the longest pause.
        site.clock().pass(LONGEST_PAUSE);
        ends(site, &killed, (2, 1));
        // While it is under way a jump would come before its pause begins. After a jump forward it may be the third that answered.
        let is_first = |one: &Json| one["lastAnswer"].as_str().unwrap().contains("Come back later (1)");
        wait_for("a second answer", || (!is_first(&to(site, &later))).then_some(()));
        site.clock().pass(LONGEST_PAUSE);
        ends(site, &later, (3, 1));
    }
    printed(&site.server().cli(&["ledger"]), 0);
}

fn send<S: Site>(site: &S, target: &str) {
    let raw = mail(target, target, "Hello").replace("ana@customer.example", target);
    let reply = site.server().smtp().deliver(target, "one@desk.example", &raw).unwrap();
    assert_eq!(reply.code, 250, "{reply:?}");
}

fn to<S: Site>(site: &S, target: &str) -> Json {
    let found = site.server().api().get(&format!("/deliveries?target={target}")).ok();
    let found = found["entities"].as_array().unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

/// Waits until a delivery has arrived, after so many attempts and in so many copies.
fn ends<S: Site>(site: &S, target: &str, (attempts, arrived): (usize, usize)) {
    let one = wait_for("an arrival", || Some(to(site, target)).filter(|one| one["state"] == "delivered"));
    let found = site.receiver().arrived().iter().filter(|one| one.to == target).count();
    assert_eq!((&one["attempts"], found), (&attempts.into(), arrived), "{one}");
}
