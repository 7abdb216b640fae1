//! A project of which nothing is left but its name, and plans by those who only read.

use std::fs;

use serde_json::{Value as Json, json};

use super::harness::scratch::Scratch;
use super::harness::smtp::mail;
use super::harness::{Server, Start};
use super::{FILES, edit, folder, names, printed};

#[test]
fn a_project_with_nothing_left_is_pruned_to_nothing() {
    let scratch = Scratch::new("prune-empty");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    let desk = folder(&scratch, "desk", &FILES);
    printed(&server.cli(&["apply", &desk]), 0);
    server.api().post("/routing/queues", &json!({ "name": "By hand" })).ok();
    for file in ["flows/inbound.yaml", "flows/topic.yaml", "routing.yaml", "tiers.yaml", "hours.yaml"] {
        fs::remove_file(format!("{desk}/{file}")).unwrap();
    }
    let (_, err) = printed(&server.cli(&["apply", &desk]), 0);
    assert!(err.contains("nothing to apply"), "{err}");
    let file = scratch.path("plan.json").to_str().unwrap().to_owned();
    let (out, err) = printed(&server.cli(&["plan", &desk, "--prune", "--replay", "10", "--out", &file]), 2);
    assert!(
        out.contains("- flow Inbound") && out.ends_with("0 to create, 0 to change, 11 to delete, 0 unchanged\n"),
        "{out}"
    );
    assert_eq!(err, "note: the replay leaves out what would be deleted\n");
    assert_eq!(names(&server, "/flows"), ["Inbound", "Topic"]);
    printed(&server.cli(&["apply", &desk, "--prune"]), 0);
    assert_eq!(names(&server, "/flows"), [""; 0]);
    assert_eq!(names(&server, "/routing/queues"), ["By hand", "Unrouted"]);
    assert_eq!(printed(&server.cli(&["plan", &desk, "--prune"]), 0).0, "nothing to do: 0 unchanged\n");
    // A set of nothing that prunes nothing is still a mistake.
    assert_eq!(server.api().post("/changesets", &json!({ "project": "desk" })).status, 400);
    assert_eq!(server.api().post("/changesets", &json!({ "project": "desk", "flows": [], "prune": true })).status, 200);
}

#[test]
fn whoever_may_read_mail_plans_with_a_replay() {
    let scratch = Scratch::new("plan-reader");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    let folder = folder(&scratch, "folder", &FILES);
    printed(&server.cli(&["apply", &folder]), 0);
    let mail = mail("1@reader.example", "hello", "hello");
    assert_eq!(server.smtp().deliver("ana@customer.example", "care@example.com", &mail).unwrap().code, 250);
    let scopes = "flow:read,routing:read,email:read";
    let made = server.cli(&["clients", "create", "CI", "--scope", scopes, "--output", "json"]);
    let made: Json = serde_json::from_str(&printed(&made, 0).0).unwrap();
    let reader = ["--client-id", made["id"].as_str().unwrap(), "--client-secret", made["secret"].as_str().unwrap()];
    edit(&folder, "flows/inbound.yaml", "queue: Billing, priority: 5", "queue: Billing, priority: 9");
    let planned = server.cli(&[&["plan", &folder, "--replay", "10"][..], &reader].concat());
    let (out, _) = printed(&planned, 2);
    assert!(out.contains("1 mail replayed: "), "{out}");
}
