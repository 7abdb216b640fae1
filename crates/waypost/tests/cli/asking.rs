//! What can't be undone is not done unasked; what was changed and run again is shown as it is now.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value as Json;

use super::harness::scratch::Scratch;
use super::harness::smtp::mail;
use super::harness::{Server, Start, WAYPOST};
use super::printed;

const PROJECT: &str = "kind: queue\nname: First\n---\nkind: queue\nname: Second\nserviceLevel: PT4H\n---\n\
    kind: flow\nname: Ask\ntype: email\nnodes:\n  - { id: a, actions: [{ type: transferToQueue, queue: First, priority: 3 }] }\n---\n\
    kind: route\naddress: care@example.com\nflow: Ask\nfromName: Care\nunroutedQueue: Second\n";

/// A server with a mail in the queue `First`, whose flow leads to `Second` since.
fn changed(scratch: &Scratch) -> (Server, String) {
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    let file = scratch.path("p.yaml");
    let apply = |text: &str| {
        fs::write(&file, text).unwrap();
        printed(&server.cli(&["apply", file.to_str().unwrap()]), 0);
    };
    apply(PROJECT);
    let mail = mail("1@asking.example", "hello", "hello");
    assert_eq!(server.smtp().deliver("ana@customer.example", "care@example.com", &mail).unwrap().code, 250);
    apply(&PROJECT.replace("queue: First, priority: 3", "queue: Second"));
    let listed: Json =
        serde_json::from_str(&printed(&server.cli(&["interactions", "list", "--output", "json"]), 0)).unwrap();
    let id = listed[0]["id"].as_str().unwrap().to_owned();
    (server, id)
}

/// What is printed on a terminal where this is answered.
fn on_terminal(server: &Server, words: &[&str], answer: &str) -> String {
    let mut script = Command::new("script")
        .args(["--quiet", "--return", "--command", &format!("'{WAYPOST}' {}", words.join(" ")), "/dev/null"])
        .envs(server.environment())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    script.stdin.take().unwrap().write_all(format!("{answer}\n").as_bytes()).unwrap();
    String::from_utf8(script.wait_with_output().unwrap().stdout).unwrap()
}

fn told(ran: &std::process::Output, code: i32) -> String {
    printed(ran, code);
    String::from_utf8_lossy(&ran.stderr).into_owned()
}

#[test]
fn a_rerun_shows_the_decision_that_it_came_to() {
    let scratch = Scratch::new("cli-rerun");
    let (server, id) = changed(&scratch);
    let shown = printed(&server.cli(&["interactions", "rerun", &id]), 0);
    assert!(shown.contains("decision   queue Second (0)\nbefore     queue First (3)\n"), "{shown}");
    let data: Json =
        serde_json::from_str(&printed(&server.cli(&["interactions", "rerun", &id, "--output", "json"]), 0)).unwrap();
    assert_eq!(data["runs"].as_array().unwrap().len(), 3, "{data}");
}

#[test]
fn what_is_completed_is_reopened_and_what_is_kept_erased_only_if_that_is_meant() {
    let scratch = Scratch::new("cli-asking");
    let (server, id) = changed(&scratch);
    let claims: Json =
        serde_json::from_str(&printed(&server.cli(&["queues", "claim", "First", "--output", "json"]), 0)).unwrap();
    let text = claims.to_string();
    let token = text.split("\"token\":\"").nth(1).unwrap().split('"').next().unwrap();
    printed(&server.cli(&["queues", "ack", "First", token]), 0);
    let state = || server.api().get(&format!("/interactions/{id}")).ok()["state"].clone();
    for which in [&["--to", "care@example.com"][..], &["--state", "completed"], &[id.as_str()]] {
        let asked = on_terminal(&server, &[&["interactions", "rerun"], which].concat(), "n");
        assert!(asked.contains("completed, and a rerun reopens") && asked.contains("nothing was changed"), "{asked}");
        assert_eq!(state(), "completed");
    }
    // What is not completed needs no question.
    let unasked = on_terminal(&server, &["interactions", "rerun", "--state", "decided"], "");
    assert!(unasked.contains("0 reruns queued"), "{unasked}");
    // Where nobody can be asked, it is said afterwards.
    let ran = server.cli(&["interactions", "rerun", &id]);
    assert!(printed(&ran, 0).contains("decision   queue Second (0)\n"), "{ran:?}");
    assert!(told(&ran, 0).contains("note: the interaction was completed; the rerun reopened it\n"), "{ran:?}");
    assert_eq!(state(), "decided");

    let asked = on_terminal(&server, &["interactions", "erase", &id], "");
    assert!(asked.contains("erase the content of this interaction? This can't be undone. [y/N]"), "{asked}");
    let refused = told(&server.cli(&["correspondents", "erase", "ana@customer.example"]), 2);
    assert!(
        refused.contains("about ana@customer.example in 1 interaction, and can't be undone: add --yes"),
        "{refused}"
    );
    printed(&server.cli(&["interactions", "message", &id]), 0);
    assert_eq!(
        printed(&server.cli(&["interactions", "erase", &id, "--yes"]), 0),
        format!("interaction {id}: erased\n")
    );
}

#[test]
fn members_are_unset_in_one_way() {
    let scratch = Scratch::new("cli-unset");
    let (server, _) = changed(&scratch);
    let care = "care@example.com";
    let both = told(&server.cli(&["routes", "update", care, "--from-name", "X", "--unset", "from-name"]), 2);
    assert!(both.contains("`from-name` is both set and unset"), "{both}");
    printed(&server.cli(&["routes", "update", care, "--priority", "4", "--unset", "from-name,unrouted-queue"]), 0);
    let shown = printed(&server.cli(&["routes", "show", care]), 0);
    assert!(shown.contains("leads to        flow Ask\n") && shown.contains("priority        4\n"), "{shown}");
    assert!(!shown.contains("from name") && !shown.contains("unrouted queue"), "{shown}");
    printed(&server.cli(&["queues", "update", "Second", "--unset", "service-level"]), 0);
    assert!(!printed(&server.cli(&["queues", "show", "Second"]), 0).contains("service level"));
    let unknown = told(&server.cli(&["routes", "update", care, "--unset", "priority"]), 2);
    assert!(unknown.contains("possible values: unrouted-queue, from-name"), "{unknown}");
}
