//! Bounces that are no reports by RFC 3464: they mark their delivery all the same, and what only looks like one does not.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use crate::harness::smtp::mail;
use crate::office::{Office, printed};
use crate::{forwarding, the_one};

/// A mail of `spec/outgoing/bounces`.
fn case(name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../spec/outgoing/bounces");
    fs::read_to_string(folder.join(format!("{name}.eml"))).unwrap().replace('\n', "\r\n")
}

#[test]
fn a_bounce_in_a_servers_own_form_marks_its_delivery() {
    let office = Office::open("outbox-returned");
    let bounces = ["qmail", "exim", "exchange-html", "no-message-block"];
    let targets: Vec<String> =
        bounces.iter().chain(&["late", "returned"]).map(|name| format!("{name}@team.example")).collect();
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    office.route("to", &forwarding(false, &targets), &json!({}));
    let id = office.send("ana@customer.example", "to", &mail("a@customer.example", "please", "Hello"));
    office.state_is("completed", &id);
    let arrived = office.receiver.arrived();
    let sender = |target: &str| the_one(&arrived, &format!("{target}@team.example")).from.clone();
    let count = || office.api.all_interactions().len();
    let before = count();

    // A delay is no failure, and no work.
    office.send_raw("", &sender("late"), &case("exim-delay"));
    assert_eq!((office.interaction(&id)["state"].as_str(), count()), (Some("completed"), before));
    for (name, says) in
        bounces.iter().zip(["5.1.1 Remote host", "5.1.1 550 no such", "5.1.10 Remote", "5.1.1 550 5.1.1"])
    {
        office.send_raw("", &sender(name), &case(name));
        let bounced = office.one_is("bounced", &id, &format!("{name}@team.example"));
        assert!(bounced["lastAnswer"].as_str().unwrap().contains(says), "{bounced}");
    }
    let told = office.interaction(&id);
    assert_eq!((&told["state"], &told["decision"]["queue"]["name"]), (&json!("decided"), &json!("Unrouted")), "{told}");
    assert_eq!(count(), before, "a bounce is nobody's work");

    // What answers is routed: with an address, or in the words of somebody who is away.
    office.send_raw("ann@customer.example", &sender("late"), &case("qmail"));
    office.send_raw("", &sender("late"), &case("away-unmarked"));
    assert_eq!(count(), before + 2);

    // To another address only what returns our Message-ID counts: an away notice answers it as well.
    let returned = office.one_is("delivered", &id, "returned@team.example");
    let ours = returned["messageId"].as_str().unwrap();
    let of = |name: &str| {
        let raw = case(name).replace("ann@customer.example", "returned@team.example");
        raw.replace("01980d3c@post.example", ours)
    };
    office.send_raw("", "postmaster@desk.example", &of("exchange-html"));
    office.send_raw("", "postmaster@desk.example", &case("qmail"));
    assert_eq!(count(), before + 4);
    office.one_is("delivered", &id, "returned@team.example");
    office.send_raw("", "postmaster@desk.example", &of("qmail"));
    office.one_is("bounced", &id, "returned@team.example");
    assert_eq!(count(), before + 4);
    office.one_is("delivered", &id, "late@team.example");

    // The notice answers a forward, so that no flow ran over it. Both commands say so in words.
    let interactions = office.api.all_interactions();
    let stopped = interactions.iter().find(|one| one["decision"]["error"]["code"] == "run.mail-loop").unwrap();
    let stopped = stopped["id"].as_str().unwrap();
    for command in ["show", "trace"] {
        let said = printed(&office.server.cli(&["interactions", command, stopped]), 0);
        let lines: Vec<&str> = said.lines().filter(|line| line.contains("run.mail-loop: ")).collect();
        assert!(lines.len() == 1 && !lines[0].contains('{'), "{command}: {said}");
    }
    printed(&office.server.cli(&["ledger"]), 0);
}
