//! A disk that is full while mail goes out.

#![allow(unreachable_pub, reason = "a module of one test")]

use serde_json::{Value as Json, json};

use crate::harness::disk::Disk;
use crate::harness::holds::{Held, Step};
use crate::harness::http::Api;
use crate::harness::receiver::Receiver;
use crate::harness::scratch::Scratch;
use crate::harness::smtp::mail;
use crate::harness::{Server, Start, wait_for};
use crate::office::printed;
use crate::site::prepare;

/// Deliveries under way when the disk fills up: each to a domain of its own, for one domain gets a few at a time.
const UNDER_WAY: usize = 8;

fn target(number: usize) -> String {
    format!("other@d{number}.example")
}

fn send(server: &Server, number: usize) -> u16 {
    let raw = mail(&format!("{number}@disk.example"), &target(number), "Hello");
    let mut smtp = server.smtp();
    // Refused at the recipient, or after the content.
    match smtp.address("ana@disk.example", "one@desk.example") {
        Ok(()) => smtp.content(&raw).unwrap().code,
        Err(_) => 452,
    }
}

fn to(api: &Api, number: usize) -> Json {
    let found = api.get(&format!("/deliveries?target={}", target(number))).ok();
    found["entities"][0].clone()
}

fn copies(receiver: &Receiver, number: usize) -> usize {
    receiver.arrived().iter().filter(|one| one.to == target(number)).count()
}

fn arrives(api: &Api, number: usize) -> Json {
    wait_for("an arrival", || Some(to(api, number)).filter(|one| one["state"] == "delivered"))
}

pub fn full() {
    let scratch = Scratch::new("faults-disk");
    let Some(disk) = Disk::of(scratch.path("disk"), 160) else { return };
    let receiver = Receiver::start();
    let mut start = Start::unlimited();
    start.environment.push(("WAYPOST_SMARTHOST", format!("smtp://{}", receiver.address).into()));
    let mut server = Server::start(disk.path(), &start);
    prepare(&server);
    let under_way = |server: &Server, number: usize| -> Held {
        let held = receiver.hold(Step::Content, &target(number));
        assert_eq!(send(server, number), 250);
        held.wait();
        held
    };
    let mut held: Vec<Held> = (0..UNDER_WAY).map(|number| under_way(&server, number)).collect();
    disk.fill();
    wait_for("452", || (send(&server, 100) == 452).then_some(()));

    // What receivers answer is recorded in the reserve: nothing waits for room, and nothing is sent twice.
    let last = held.split_off(UNDER_WAY / 2);
    held.into_iter().for_each(Held::go_on);
    let api = server.api();
    for number in 0..UNDER_WAY / 2 {
        assert_eq!((&arrives(&api, number)["attempts"], copies(&receiver, number)), (&json!(1), 1));
    }
    // Somebody takes all that the server gives up, too. What can't be recorded is known, and is recorded once there is room.
    for number in 0.. {
        disk.fill();
        let made = api.post("/routing/queues", &json!({"name": format!("Queue {number}")}));
        if made.status == 503 {
            break;
        }
        assert!(made.status == 200 && number < 1000, "{made:?}");
    }
    last.into_iter().for_each(Held::go_on);
    wait_for("answers", || (receiver.arrived().len() == UNDER_WAY).then_some(()));
    disk.empty();
    for number in UNDER_WAY / 2..UNDER_WAY {
        assert_eq!((&arrives(&api, number)["attempts"], copies(&receiver, number)), (&json!(1), 1));
    }
    printed(&server.cli(&["ledger"]), 0);
    wait_for("mail being taken again", || (send(&server, 101) == 250).then_some(()));
    arrives(&api, 101);
    server.stop();
}
