//! How flows are written, by the built binary: what a folder says comes back as it was written, comments included.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod harness;

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use harness::scratch::Scratch;
use harness::{Server, Start};
use serde_json::json;

const QUEUES: &str = "# Who reads what.\nkind: queue\nname: Desk\n";
const INBOUND: &str = "# Where mail begins.\r\nname:   Inbound # as the desk calls it\r\ntype: email\r\ndescription: first\r\n\r\nnodes:\r\n  - id: a\r\n    actions: # one\r\n      - {type: runFlow, flow: Shared, inputMapping: [], outputMapping: []}\r\n  - {id: b, actions: [{type: transferToQueue, queue: 'Desk'}]}\r\n";
const SHARED: &str = "kind: flow\nname: Shared # for all\ntype: shared\nnodes: []\n";

fn folder(scratch: &Scratch, name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = scratch.path(name);
    fs::create_dir_all(&folder).unwrap();
    for (file, text) in files {
        fs::write(folder.join(file), text).unwrap();
    }
    folder
}

#[track_caller]
fn said(output: &Output, code: i32) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "stdout: {out}\nstderr: {err}");
    format!("{out}{err}")
}

/// A server, and a folder that was applied to it.
fn applied(scratch: &Scratch) -> (Server, PathBuf) {
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    let together = format!("{QUEUES}---\n{SHARED}");
    let project = folder(scratch, "p", &[("inbound.yaml", INBOUND), ("others.yaml", &together)]);
    let told = said(&server.cli(&["apply", project.to_str().unwrap()]), 0);
    assert!(!told.contains("text of"), "new versions are told already: {told}");
    (server, project)
}

fn export(server: &Server, scratch: &Scratch, name: &str) -> PathBuf {
    let folder = scratch.path(name);
    said(&server.cli(&["export", folder.to_str().unwrap()]), 0);
    folder
}

#[test]
fn what_was_applied_is_exported_as_it_was_written() {
    let scratch = Scratch::new("texts-export");
    let (server, project) = applied(&scratch);
    let project = project.to_str().unwrap();
    assert!(said(&server.cli(&["plan", project]), 0).contains("nothing"));
    let exported = export(&server, &scratch, "exported");
    assert_eq!(fs::read_to_string(exported.join("flows/inbound.yaml")).unwrap(), INBOUND);
    assert_eq!(fs::read_to_string(exported.join("flows/shared.yaml")).unwrap(), SHARED);
    let exported = exported.to_str().unwrap();
    said(&server.cli(&["plan", exported]), 0);
    assert!(!said(&server.cli(&["apply", exported]), 0).contains("text of"));
    assert_eq!(said(&server.cli(&["flows", "show", "Inbound"]), 0), INBOUND);
    let json = said(&server.cli(&["flows", "show", "Inbound", "--output", "json"]), 0);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap()["name"], "Inbound");
}

/// Requests to the API that a server has answered, by its metrics.
fn requests(server: &Server) -> u64 {
    let mut answer = ureq::get(format!("http://{}/metrics", server.http)).call().unwrap();
    let metrics = answer.body_mut().read_to_string().unwrap();
    let counts =
        metrics.lines().filter(|line| line.starts_with("waypost_http_requests_total{") && line.contains("/api/"));
    counts.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
}

#[test]
fn exports_and_plans_ask_for_many_flows_at_a_time() {
    let scratch = Scratch::new("texts-many");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    let asked = |arguments: &[&str], code| {
        let before = requests(&server);
        said(&server.cli(arguments), code);
        requests(&server) - before
    };
    let (mut exports, mut plans) = (Vec::new(), Vec::new());
    for many in [2, 60] {
        let flows: Vec<String> = (0..many).map(|n| format!("name: Flow {n}\ntype: shared\nnodes: []\n")).collect();
        let project = folder(&scratch, &format!("of-{many}"), &[("flows.yaml", &flows.join("---\n"))]);
        said(&server.cli(&["apply", project.to_str().unwrap()]), 0);
        exports.push(asked(&["export", scratch.path(&format!("out-{many}")).to_str().unwrap()], 0));
        let changed = project.join("changed.yaml");
        fs::write(&changed, "name: Flow 0\ntype: shared\nnodes: [{ id: a, actions: [] }]\n").unwrap();
        plans.push(asked(&["plan", changed.to_str().unwrap()], 2));
    }
    assert!(exports[0] > 5 && plans[0] > 5, "they are counted: {exports:?} {plans:?}");
    assert_eq!((exports[0], plans[0]), (exports[1], plans[1]), "{exports:?} {plans:?}");
}

#[test]
fn other_comments_are_no_change_and_are_kept() {
    let scratch = Scratch::new("texts-comments");
    let (server, project) = applied(&scratch);
    let written = INBOUND.replace("# one", "# the only one");
    fs::write(project.join("inbound.yaml"), &written).unwrap();
    let path = project.to_str().unwrap();
    said(&server.cli(&["plan", path]), 0);
    assert!(!said(&server.cli(&["apply", "--dry-run", path]), 0).contains("text of"));
    assert_eq!(said(&server.cli(&["flows", "show", "Inbound"]), 0), INBOUND, "a dry run writes nothing");
    let told = said(&server.cli(&["apply", path, "--note", "words"]), 0);
    assert!(told.contains("flow Inbound: unchanged") && told.ends_with("text of 1 flow written\n"), "{told}");
    assert!(!said(&server.cli(&["apply", path]), 0).contains("text of"));
    assert_eq!(said(&server.cli(&["flows", "show", "Inbound"]), 0), written);
    let flow = server.api().get("/flows?name=Inbound").ok()["entities"][0].clone();
    assert_eq!(flow["publishedVersion"]["id"], "1.0");
    assert_eq!(server.api().get("/audit?pageSize=1").ok()["entities"][0]["note"], "words");
    // A saved plan has the texts, too.
    let planned = INBOUND.replace("# one", "# planned");
    fs::write(project.join("inbound.yaml"), &planned).unwrap();
    let file = scratch.path("plan.json");
    let file = file.to_str().unwrap();
    said(&server.cli(&["plan", path, "--out", file]), 0);
    let told = said(&server.cli(&["apply", "--plan", file, "--output", "json"]), 0);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&told).unwrap()["texts"], 1);
    assert_eq!(said(&server.cli(&["flows", "show", "Inbound"]), 0), planned);
}

#[test]
fn a_text_that_is_overtaken_by_a_rename_is_not_exported() {
    let scratch = Scratch::new("texts-rename");
    let (server, _) = applied(&scratch);
    let api = server.api();
    let id = api.get("/routing/queues?name=Desk").ok()["entities"][0]["id"].as_str().unwrap().to_owned();
    api.put(&format!("/routing/queues/{id}"), &json!({"name": "Counter"})).ok();
    let exported = export(&server, &scratch, "exported");
    let inbound = fs::read_to_string(exported.join("flows/inbound.yaml")).unwrap();
    assert!(inbound.contains("Counter") && !inbound.contains('#'), "{inbound}");
    assert_eq!(fs::read_to_string(exported.join("flows/shared.yaml")).unwrap(), SHARED);
    let exported = exported.to_str().unwrap();
    said(&server.cli(&["plan", exported]), 0);
    let shown = said(&server.cli(&["flows", "show", "Inbound"]), 0);
    assert!(shown.contains("Counter") && !shown.contains('#'), "{shown}");
    // What the folder says of it now is the text again.
    assert!(said(&server.cli(&["apply", exported]), 0).ends_with("text of 1 flow written\n"));
    // So is a description of another hand.
    let flow = api.get("/flows?name=Shared").ok()["entities"][0]["id"].as_str().unwrap().to_owned();
    api.put(&format!("/flows/{flow}"), &json!({"description": "of another hand"})).ok();
    let shown = said(&server.cli(&["flows", "show", "Shared"]), 0);
    assert!(shown.contains("of another hand") && !shown.contains('#'), "{shown}");
}

#[test]
fn a_draft_keeps_its_text_and_a_flow_of_another_is_told() {
    let scratch = Scratch::new("texts-draft");
    let (server, project) = applied(&scratch);
    let draft = SHARED.replace("nodes: []", "nodes: [{id: a, actions: []}] # more").replace("kind: flow\n", "");
    let file = folder(&scratch, "draft", &[("shared.yaml", &draft)]).join("shared.yaml");
    said(&server.cli(&["flows", "draft", "Shared", file.to_str().unwrap()]), 0);
    assert_eq!(said(&server.cli(&["flows", "show", "Shared", "--version", "newest"]), 0), draft);
    assert_eq!(said(&server.cli(&["flows", "show", "Shared"]), 0), SHARED);
    // Checked out by somebody else: what is applied is applied, and the comments are not.
    let id = server.api().get("/flows?name=Inbound").ok()["entities"][0]["id"].as_str().unwrap().to_owned();
    let ada = json!({"name": "Ada", "scope": ["flow:read", "flow:write"]});
    let ada = harness::http::Api::of(&server.http, &server.api().post("/oauth/clients", &ada).ok());
    ada.post(&format!("/flows/actions/checkout?flow={id}"), &json!(null)).ok();
    fs::write(project.join("inbound.yaml"), INBOUND.replace("# one", "# two")).unwrap();
    let told = said(&server.cli(&["apply", project.to_str().unwrap()]), 0);
    assert!(
        told.contains("note: the text of Inbound is not kept, comments included: flow `Inbound` is checked out by"),
        "{told}"
    );
    assert!(!told.contains("text of 1 flow"), "{told}");
}
