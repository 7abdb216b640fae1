//! A mail whose run ends the process each time: here by a kill in the middle of it.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::http::Api;
use super::smtp::{Smtp, mail};
use super::{Server, wait_for};

/// A flow that goes on for a minute and more where the subject says so.
fn flow() -> Json {
    let count = json!({"type": "setVariable", "name": "n", "value": "${n + 1}"});
    let heavy = "${range(200).all(x, range(200).all(y, x + y >= 0))}";
    json!({"name": "A long way", "type": "email", "nodes": [
        {"id": "start", "actions": [{"type": "setVariable", "name": "n", "value": "${0}"}]},
        // More actions than a run at intake may take.
        {"id": "leave", "actions": [
            {"type": "while", "when": "${n < 600}", "actions": [count]}]},
        {"id": "work", "actions": [
            {"type": "while", "when": "${interaction.email.subject == 'poison' && n < 3000}", "actions": [
                count, {"type": "setVariable", "name": "heavy", "value": heavy}]}]},
        {"id": "done", "actions": [{"type": "transferToQueue", "queue": "Billing"}]},
    ]})
}

/// What a server needs that is to run it.
pub const STEPS: (&str, &str) = ("WAYPOST_RUN_STEPS", "1000000000");

/// Makes the flow and its route.
fn prepare(api: &Api) {
    api.post("/routing/queues", &json!({"name": "Billing"})).ok();
    api.post("/routing/email/domains", &json!({"id": "example.com"})).ok();
    let flow = api.post("/flows", &flow()).ok();
    let route = json!({"pattern": "long", "flow": {"id": flow["id"]}});
    api.post("/routing/email/domains/example.com/routes", &route).ok();
}

fn one(api: &Api, id: &str) -> Option<Json> {
    api.interactions_of(id).into_iter().next()
}

fn wait_until_running(server: &Server, id: &str) {
    let api = server.api();
    wait_for("the run", || one(&api, id).filter(|one| one["state"] == "running"));
}

fn deliver(server: &Server, id: &str, subject: &str) {
    let reply = server.smtp().deliver("ana@customer.example", "long@example.com", &mail(id, subject, "text")).unwrap();
    assert_eq!(reply.code, 250, "{reply:?}");
}

/// Another mail that a worker runs as well.
fn others_go_on(server: &Server, id: &str) {
    deliver(server, id, "hello");
    let api = server.api();
    let decided = wait_for("other mail", || one(&api, id).filter(|one| one["decision"].is_object()));
    assert_eq!(decided["decision"]["queue"]["name"], "Billing", "{decided}");
}

/// Kills a server three times in the middle of a run, and looks at what becomes of the mail, and of others. `start` starts it; between a
/// kill and a start all leases end.
pub fn set_aside(start: impl Fn() -> Server) {
    let mut server = start();
    prepare(&server.api());
    deliver(&server, "poison@example.net", "poison");
    for attempt in 1..=3 {
        wait_until_running(&server, "poison@example.net");
        others_go_on(&server, &format!("other{attempt}@example.net"));
        server.kill();
        server = start();
    }
    let api = server.api();
    let poison = wait_for("a decision", || one(&api, "poison@example.net").filter(|one| one["decision"].is_object()));
    assert_eq!(poison["decision"]["kind"], "unrouted", "{poison}");
    assert_eq!(poison["decision"]["queue"]["name"], "Unrouted", "{poison}");
    assert_eq!(poison["decision"]["error"]["code"], "run.too-many-attempts", "{poison}");
    others_go_on(&server, "other4@example.net");

    // Whoever mended the cause has it run again. A server that stops in good order is no reason to set it aside.
    let rerun = format!("/interactions/{}/rerun", poison["id"].as_str().unwrap());
    assert!(api.post(&rerun, &json!({})).status < 300);
    for _ in 0..2 {
        wait_until_running(&server, "poison@example.net");
        let begun = Instant::now();
        server.stop();
        assert!(begun.elapsed() < Duration::from_secs(60), "the run held up the stop");
        server = start();
    }
    for _ in 0..2 {
        wait_until_running(&server, "poison@example.net");
        server.kill();
        server = start();
    }
    wait_until_running(&server, "poison@example.net");
    assert_eq!(server.api().get("/interactions/summary").ok()["byState"]["received"], 0);
    server.kill();
}

/// Kills a server while it takes a mail in: when the mail comes again, a worker runs it, and nothing is lost.
/// What is known of a mail that ends the process again, unread, has its tests in `underway`.
pub fn poison_at_intake(start: impl Fn() -> Server) {
    let mut server = start();
    prepare(&server.api());
    let notes = server.data_dir.join("underway");
    let suspects = server.data_dir.join("underway-suspects.json");
    // Each line could be a boundary, so that finding the parts takes long enough for a kill to hit it.
    let text = mail("at-once@example.net", "hello", &"--\r\n".repeat(7_000_000)).replacen(
        "\r\n\r\n",
        "\r\nContent-Type: multipart/mixed; boundary=zz\r\n\r\n",
        1,
    );
    let (smtp, sent) = (server.smtp.clone(), text.clone());
    let sender =
        thread::spawn(move || Smtp::connect(&smtp).unwrap().deliver("ana@customer.example", "long@example.com", &sent));
    wait_for("the note", || {
        assert!(!sender.is_finished(), "it was taken in before it could be hit");
        fs::read(&notes).unwrap().iter().any(|byte| *byte != 0).then_some(())
    });
    server.kill();
    assert!(sender.join().unwrap().is_err(), "it was not accepted");
    server = start();
    let known = fs::read_to_string(&suspects).unwrap();
    assert!(known.contains("\"ends\":1"), "what was under way is known: {known}");
    let reply = server.smtp().deliver("ana@customer.example", "long@example.com", &text).unwrap();
    assert_eq!(reply.code, 250, "{reply:?}");
    let api = server.api();
    let decided = wait_for("a decision", || {
        let all = api.all_interactions();
        all.into_iter().next().filter(|one| one["decision"].is_object())
    });
    assert_eq!(decided["decision"]["queue"]["name"], "Billing", "{decided}");
    server.kill();
}
