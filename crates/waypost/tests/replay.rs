//! Replays by the built binary: cut short by a kill, from the command line, before an apply, and without a server.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod harness;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use harness::scratch::Scratch;
use harness::smtp::mail;
use harness::{Server, Start, wait_for};
use serde_json::{Value as Json, json};
use waypost_scratch_postgres::Server as Database;

/// A folder with one flow that leads subjects with these words to Billing, others to General, after a loop of so many turns.
fn folder(scratch: &Scratch, name: &str, words: &str, turns: u32) -> PathBuf {
    let folder = scratch.path(name);
    fs::create_dir_all(&folder).unwrap();
    let routing = "queues: [Billing, General]\nroutes: [{ address: help@replay.example, flow: Help }]\n";
    fs::write(folder.join("routing.yaml"), routing).unwrap();
    let flow = format!(
        r#"name: Help
type: email
variables: [{{ name: turn, dataType: integer, default: 0 }}]
nodes:
  - id: wait
    actions:
      - {{ type: while, when: "${{turn < {turns}}}", actions: [{{ type: setVariable, name: turn, value: "${{turn + 1}}" }}] }}
  - id: look
    next: [{{ when: "${{containsAny(interaction.email.subject, {words})}}", to: billing }}, {{ to: general }}]
  - {{ id: billing, actions: [{{ type: transferToQueue, queue: Billing }}] }}
  - {{ id: general, actions: [{{ type: transferToQueue, queue: General }}] }}
"#
    );
    fs::write(folder.join("help.yaml"), flow).unwrap();
    folder
}

fn apply(server: &Server, folder: &Path) {
    let output = server.cli(&["apply", folder.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn deliver(server: &Server, count: usize) {
    let mut smtp = server.smtp();
    for number in 0..count {
        // Every fourth speaks of a chargeback.
        let subject = if number % 4 == 0 { "chargeback" } else { "hello" };
        let raw = mail(&format!("{number}@replay.example"), subject, "text");
        assert_eq!(smtp.deliver("ana@customer.example", "help@replay.example", &raw).unwrap().code, 250);
    }
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_replay_that_was_cut_short_is_run_again_and_says_so() {
    let scratch = Scratch::new("replay-killed");
    let data = scratch.path("data");
    let mut server = Server::start(&data, &Start::unlimited());
    apply(&server, &folder(&scratch, "now", "['refund']", 0));
    deliver(&server, 400);
    let slow = folder(&scratch, "slow", "['refund', 'chargeback']", 500);
    let document = fs::read_to_string(slow.join("help.yaml")).unwrap();
    let (document, _) = waypost_flow::source::yaml(&document).unwrap();
    let request = json!({ "flows": [{ "document": document.to_json() }] });
    let started = server.api().post("/replays", &request);
    assert_eq!(started.status, 202);
    let path = format!("/replays/{}", started.json()["id"].as_str().unwrap());
    // Not until it says how far it came: it does so each second, and a fast machine needs no longer for all of it.
    let api = server.api();
    let begun = wait_for("its begin", || Some(api.get(&path).ok()).filter(|now| now["state"] != "waiting"));
    assert_eq!((&begun["state"], &begun["starts"]), (&json!("running"), &json!(1)), "{begun}");
    server.kill();

    let server = Server::start(&data, &Start::unlimited());
    let api = server.api();
    let done = wait_for("the report", || Some(api.get(&path).ok()).filter(|now| now["state"] == "done"));
    assert_eq!((&done["starts"], &done["report"]["startedAgain"]), (&json!(2), &json!(true)));
    let counts = ["replayed", "same", "changed", "unknown"].map(|name| done["report"][name].as_u64().unwrap());
    assert_eq!(counts, [400, 300, 100, 0]);
    assert_eq!(done["progress"]["replayed"], 400, "{}", done["progress"]);
    assert_eq!(done["changes"].as_array().unwrap().len(), 100);
}

/// Asks a table for the sender's queue and note, and logs the note.
fn asking(priority: u32) -> Json {
    json!({"name": "Ask", "type": "email", "nodes": [{"id": "look", "actions": [
        {"type": "lookupTable", "table": "Customers", "key": "${interaction.email.from.domain}", "outputMapping": [
            {"name": "queue", "value": "${output.queue}"}, {"name": "note", "value": "${output.note}"},
        ]},
        {"type": "log", "message": "${note}"},
        {"type": "transferToQueue", "queue": "${queue}", "priority": priority},
    ]}]})
}

/// What runs were answered is kept whatever their traces show: after the table has changed, only the change of the flow shows. And what
/// the recorded trace leaves out does not come back by the replay's.
fn exact(start: &Start, scratch: &Scratch, name: &str, shows: bool) {
    let server = Server::start(&scratch.path(name), start);
    let api = server.api();
    for name in ["Gold", "General"] {
        api.post("/routing/queues", &json!({"name": name})).ok();
    }
    let column = json!({"type": "string"});
    let properties = json!({"key": column, "queue": column, "note": column});
    let schema = json!({"type": "object", "required": ["key"], "properties": properties});
    let table = api.post("/flows/datatables", &json!({"name": "Customers", "schema": schema})).ok();
    let rows = format!("/flows/datatables/{}/rows", table["id"].as_str().unwrap());
    let row = |queue: &str| json!({"key": "customer.example", "queue": queue, "note": "pink-elephants"});
    api.post(&rows, &row("Gold")).ok();
    let flow = api.post("/flows", &asking(0)).ok();
    api.post("/routing/email/domains", &json!({"id": "a.example"})).ok();
    let route = json!({"pattern": "help", "flow": {"id": flow["id"]}});
    api.post("/routing/email/domains/a.example/routes", &route).ok();
    let mut ids = Vec::new();
    for message in ["kept@a.example", "erased@a.example"] {
        let raw = mail(message, "hello", "text");
        assert_eq!(server.smtp().deliver("ana@customer.example", "help@a.example", &raw).unwrap().code, 250);
        let one = wait_for("a decision", || {
            api.interactions_of(message).first().filter(|one| one["decision"].is_object()).cloned()
        });
        assert_eq!(one["decision"]["queue"]["name"], "Gold");
        ids.push(one["id"].as_str().unwrap().to_owned());
    }
    api.put(&format!("{rows}/customer.example"), &row("General")).ok();
    assert!(api.delete(&format!("/interactions/{}/content", ids[1])).status < 300);

    let flow = flow["id"].as_str().unwrap();
    api.put(&format!("/flows/{flow}?draft=true"), &asking(7)).ok();
    let replay = api.post("/replays", &json!({"flows": [{"flowId": flow, "version": "newest"}]})).json();
    let path = format!("/replays/{}", replay["id"].as_str().unwrap());
    let done = wait_for("the report", || Some(api.get(&path).ok()).filter(|now| now["state"] == "done"));
    assert_eq!(done["report"]["skipped"], json!({"erased": 1}), "{name}: {done:#}");
    assert_eq!(done["changes"].as_array().unwrap().len(), 1, "{name}: {done:#}");
    assert_eq!(done["changes"][0]["before"], json!({"kind": "queue", "queue": "Gold", "priority": 0}), "{name}");
    assert_eq!(done["changes"][0]["after"], json!({"kind": "queue", "queue": "Gold", "priority": 7}), "{name}");
    assert!(!done["changes"].to_string().contains("pink-elephants"), "{name}: {done:#}");
    let traces = api.get(&format!("{path}/changes/{}", ids[0])).ok();
    for side in ["before", "after"] {
        assert_eq!(traces[side].to_string().contains("pink-elephants"), shows, "{name} {side}: {traces}");
    }
}

#[test]
fn a_replay_is_exact_with_short_traces_and_shows_no_more_than_they_do() {
    let scratch = Scratch::new("replay-exact");
    for (detail, shows) in [("decisions", false), ("steps", false), ("everything", true)] {
        let mut start = Start::unlimited();
        start.arguments.extend(["--trace-detail", detail].map(str::to_owned));
        exact(&start, &scratch, detail, shows);
    }
    let Some(tools) = harness::nodes::tools() else { return };
    let database = Database::start(&tools, &[("fsync", "off")]).unwrap();
    let mut start = Start::unlimited();
    start.arguments.extend(["--trace-detail", "decisions"].map(str::to_owned));
    start.environment.push(("WAYPOST_DATABASE", database.fresh_database().unwrap().into()));
    exact(&start, &scratch, "postgres", false);
}

#[test]
fn an_apply_is_held_back_by_a_replay() {
    let scratch = Scratch::new("replay-apply");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    apply(&server, &folder(&scratch, "now", "['refund']", 0));
    deliver(&server, 12);
    let next = folder(&scratch, "next", "['refund', 'chargeback']", 0);
    let next = next.to_str().unwrap();

    let told = server.cli(&["replay", next]);
    assert!(told.status.success(), "{}", text(&told));
    for line in ["12 mails replayed: 9 unchanged, 3 changed, 0 unknown", "3  queue General -> queue Billing"] {
        assert!(text(&told).contains(line), "{}", text(&told));
    }
    let json = server.cli(&["replay", next, "--output", "json", "--count", "4"]);
    let json: Json = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&json["report"]["replayed"], &json["report"]["changed"]), (&json!(4), &json!(1)));

    let held = server.cli(&["apply", next, "--replay", "100", "--max-changed", "2"]);
    assert_eq!(held.status.code(), Some(1), "{}", text(&held));
    assert!(text(&held).contains("3 decisions would change; the limit is 2"), "{}", text(&held));
    let published =
        |server: &Server| server.api().get("/flows?name=Help").ok()["entities"][0]["publishedVersion"]["id"].clone();
    assert_eq!(published(&server), "1.0");
    let held = server.cli(&["apply", next, "--replay", "100", "--max-changed", "2", "--output", "json"]);
    assert_eq!(held.status.code(), Some(1));
    let report: Json = serde_json::from_slice(&held.stdout).unwrap();
    assert_eq!((&report["objects"], &report["replay"]["report"]["changed"]), (&json!([]), &json!(3)), "{report:#}");
    assert!(report["heldBack"].as_str().unwrap().contains("the limit is 2"), "{report:#}");
    let done = server.cli(&["apply", next, "--replay", "100", "--max-changed", "3"]);
    assert!(done.status.success(), "{}", text(&done));
    assert_eq!(published(&server), "2.0");
    let nothing = server.cli(&["replay", "--flow", "Nobody"]);
    assert_eq!(nothing.status.code(), Some(1), "{}", text(&nothing));
}

#[test]
fn two_folders_are_compared_without_a_server() {
    let scratch = Scratch::new("replay-offline");
    let (before, after) =
        (folder(&scratch, "before", "['refund']", 0), folder(&scratch, "after", "['refund', 'chargeback']", 0));
    let mails = scratch.path("mails");
    fs::create_dir_all(&mails).unwrap();
    for (name, to, subject) in [("1", "help", "chargeback"), ("2", "help", "refund"), ("3", "nobody", "chargeback")] {
        let raw = mail(&format!("{name}@x.example"), subject, "text");
        fs::write(mails.join(format!("{name}.eml")), format!("To: {to}@replay.example\r\n{raw}")).unwrap();
    }
    let run = |more: &[&str]| {
        std::process::Command::new(env!("CARGO_BIN_EXE_waypost"))
            .args(["replay", "--before", before.to_str().unwrap(), "--after", after.to_str().unwrap()])
            .args(more)
            .arg(&mails)
            .output()
            .unwrap()
    };
    let told = run(&["--output", "json"]);
    assert!(told.status.success(), "{}", text(&told));
    let told: Json = serde_json::from_slice(&told.stdout).unwrap();
    let counts = ["replayed", "same", "changed"].map(|name| told["report"][name].as_u64().unwrap());
    assert_eq!((counts, &told["report"]["skipped"]), ([2, 1, 1], &json!({ "noRoute": 1 })));
    assert!(told["changes"][0]["mail"].as_str().unwrap().ends_with("1.eml"));
    assert_eq!(told["changes"][0]["change"]["parts"]["node"], "look");
    let held = run(&["--max-changed", "0"]);
    assert_eq!(held.status.code(), Some(1), "{}", text(&held));
}

/// A replay of a folder is answered from the folder's tables and schedules, whatever the record says, and leaves those on the server as
/// they are; so does an apply that is held back.
#[test]
fn a_replay_sees_tables_and_schedules_as_they_would_be() {
    let scratch = Scratch::new("replay-objects");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    let folder = scratch.path("folder");
    fs::create_dir_all(&folder).unwrap();
    let flow = r#"name: Ask
type: email
nodes:
  - id: look
    actions:
      - { type: evaluateSchedule, schedule: Hours, outputMapping: [{ name: state, value: "${output.state}" }] }
      - { type: lookupTable, table: Customers, key: "${interaction.email.from.domain}", outputMapping: [{ name: tier, value: "${output.tier}" }] }
      - { type: setAttributes, attributes: { tier: "${tier}" } }
    next: [{ when: "${state == 'emergency'}", to: night }, { when: "${tier == 'gold'}", to: gold }, { to: general }]
  - { id: night, actions: [{ type: transferToQueue, queue: Night }] }
  - { id: gold, actions: [{ type: transferToQueue, queue: Gold }] }
  - { id: general, actions: [{ type: transferToQueue, queue: General }] }
"#;
    let (hours, customers) = (
        "name: Hours\ntimeZone: Europe/Berlin\n",
        "name: Customers\nschema: { properties: { tier: { dataType: string } } }\n",
    );
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
    write("routing.yaml", "queues: [Night, Gold, General]\nroutes: [{ address: help@replay.example, flow: Ask }]\n");
    write("ask.yaml", flow);
    write("hours.yaml", hours);
    write("customers.yaml", &format!("{customers}rows: [{{ KEY: customer.example, tier: basic }}]\n"));
    apply(&server, &folder);
    deliver(&server, 3);
    let path = folder.to_str().unwrap();
    let moves = |to: &str| {
        let told = server.cli(&["replay", path, "--output", "json"]);
        let told: Json = serde_json::from_slice(&told.stdout).unwrap_or_else(|_| panic!("{}", text(&told)));
        assert_eq!(told["report"]["replayed"], 3, "{told:#}");
        match to {
            "" => assert_eq!((&told["report"]["same"], &told["report"]["changed"]), (&json!(3), &json!(0)), "{told:#}"),
            to => assert_eq!(
                told["report"]["moves"],
                json!([{"from": "queue General", "to": to, "count": 3}]),
                "{told:#}"
            ),
        }
    };
    // Only the flow is the same; nothing of what it asks differs.
    moves("");
    write("customers.yaml", &format!("{customers}rows: [{{ KEY: customer.example, tier: gold }}]\n"));
    moves("queue Gold");
    write("hours.yaml", &format!("{hours}emergency: {{ active: true }}\n"));
    moves("queue Night");
    // A table that is new has the folder's rows.
    write("ask.yaml", &flow.replace("table: Customers", "table: Clients"));
    write(
        "clients.yaml",
        &format!("{}rows: [{{ KEY: customer.example, tier: gold }}]\n", customers.replace("Customers", "Clients")),
    );
    write("hours.yaml", hours);
    moves("queue Gold");

    let held = server.cli(&["apply", path, "--replay", "100", "--max-changed", "2"]);
    assert_eq!(held.status.code(), Some(1), "{}", text(&held));
    let tables = server.cli(&["tables", "list"]);
    assert!(!text(&tables).contains("Clients"), "{}", text(&tables));
    let row = server.cli(&["tables", "lookup", "Customers", "customer.example"]);
    assert!(text(&row).contains("basic"), "the rows are those from before: {}", text(&row));
    apply(&server, &folder);
    assert!(server.cli(&["tables", "lookup", "Clients", "customer.example"]).status.success());
}
