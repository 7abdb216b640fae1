//! Plans, saved plans, exports and pruning by the built binary: what a server has, what a folder wants, and nothing beyond what was planned.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "plan/between.rs"]
mod between;
#[path = "plan/clients.rs"]
mod clients;
#[path = "plan/drafts.rs"]
mod drafts;
#[path = "plan/emptied.rs"]
mod emptied;
mod harness;
#[path = "plan/reports.rs"]
mod reports;
#[path = "plan/two_projects.rs"]
mod two_projects;
#[path = "plan/unset.rs"]
mod unset;

use std::fs;
use std::process::Output;

use harness::scratch::Scratch;
use harness::smtp::mail;
use harness::{Server, Start, TRIAGE, nodes};
use serde_json::{Value as Json, json};
use waypost_scratch_postgres::Server as Database;

/// A folder with every kind that a server takes without anything outside of it.
const FILES: [(&str, &str); 6] = [
    ("waypost.yaml", "kind: project\nname: desk\n"),
    (
        "flows/inbound.yaml",
        "name: Inbound\ntype: email\ndescription: What comes in.\nnodes:\n  - id: ask\n    actions:\n      - { type: runFlow, flow: Topic, outputMapping: [{ name: topic, value: \"${output.topic}\" }] }\n\
         \x20     - { type: lookupTable, table: Tiers, key: \"${interaction.email.from.domain}\", outputMapping: [{ name: tier, value: \"${output.tier}\" }], notFound: { to: rest } }\n\
         \x20   next: [{ when: \"${topic == 'refund'}\", to: billing }, { to: rest }]\n\
         \x20 - { id: billing, actions: [{ type: transferToQueue, queue: Billing, priority: 5, skills: [refunds] }] }\n\
         \x20 - { id: rest, actions: [{ type: transferToQueue, queue: General }] }\n",
    ),
    (
        "flows/topic.yaml",
        "name: Topic\ntype: shared\noutputs: [{ name: topic, dataType: string }]\nnodes:\n  - id: a\n    actions:\n      - { type: setOutput, name: topic, value: refund }\n",
    ),
    (
        "routing.yaml",
        "kind: queue\nname: Billing\nserviceLevel: PT4H\n---\nkind: queue\nname: General\ndeliverTo: { webhook: Orders }\n---\nkind: webhook\nname: Orders\nurl: https://orders.example/hook\n---\n\
         kind: route\naddress: care@example.com\nflow: Inbound\nunroutedQueue: General\nfromName: Care\n---\nkind: skill\nname: refunds\n---\nkind: domain\ndomain: example.org\n",
    ),
    (
        "tiers.yaml",
        "kind: table\nname: Tiers\nschema: { properties: { tier: { dataType: string } } }\nrows:\n  - { KEY: acme.example, tier: gold }\n  - { KEY: \"=1+1\", tier: \"a, \\\"b\\\"\" }\n",
    ),
    (
        "hours.yaml",
        "kind: schedule\nname: Hours\ntimeZone: Europe/Berlin\nopen: [{ name: week, days: mon-fri, from: '09:00', to: '17:00' }]\n",
    ),
];

fn folder(scratch: &Scratch, name: &str, files: &[(&str, &str)]) -> String {
    let folder = scratch.path(name);
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder.to_str().unwrap().to_owned()
}

/// Replaces a text in a file of a folder.
#[track_caller]
fn edit(folder: &str, file: &str, before: &str, after: &str) {
    let path = format!("{folder}/{file}");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(before), "no `{before}` in {text}");
    fs::write(path, text.replace(before, after)).unwrap();
}

/// Standard output and standard error of a command that ended with this code.
#[track_caller]
fn printed(output: &Output, code: i32) -> (String, String) {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "stdout: {out}\nstderr: {err}");
    (out.into_owned(), err.into_owned())
}

fn names(server: &Server, path: &str) -> Vec<String> {
    let list = server.api().get(path).ok();
    let all = list["entities"].as_array().unwrap();
    let mut names: Vec<String> = all.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_plan_shows_every_difference_and_a_saved_one_does_exactly_that() {
    let scratch = Scratch::new("plan");
    let server = Server::start(&scratch.path("data"), &Start::default());
    let desk = folder(&scratch, "desk", &FILES);

    let (out, _) = printed(&server.cli(&["plan", &desk]), 2);
    let created = "\
+ route care@example.com
+ flow Inbound
+ flow Topic
+ queue Billing
+ queue General
+ table Tiers
    ~ rows: 2 added, 0 changed, 0 removed, 0 unchanged
+ schedule Hours
+ domain example.com
+ domain example.org
+ webhook Orders
+ skill refunds
11 to create, 0 to change, 0 to delete, 0 unchanged
";
    assert_eq!(out, created);
    printed(&server.cli(&["apply", &desk]), 0);
    assert_eq!(printed(&server.cli(&["plan", &desk]), 0).0, "nothing to do: 11 unchanged\n");
    // 2 says that there are changes: what is misspelt must not say so.
    printed(&server.cli(&["plan", &desk, "--replya", "5"]), 1);

    edit(&desk, "routing.yaml", "fromName: Care", "fromName: Customer care\npriority: 3");
    edit(&desk, "routing.yaml", "PT4H", "PT2H");
    edit(&desk, "flows/topic.yaml", "value: refund", "value: other");
    edit(&desk, "hours.yaml", "'17:00'", "'18:00'");
    edit(&desk, "tiers.yaml", "gold", "silver");
    let file = scratch.path("plan.json").to_str().unwrap().to_owned();
    let (out, _) = printed(&server.cli(&["plan", &desk, "--out", &file]), 2);
    let changed = "\
~ route care@example.com
    ~ priority: 0 -> 3
    ~ fromName: \"Care\" -> \"Customer care\"
~ flow Topic
    ~ nodes[a].actions[0].value: \"refund\" -> \"other\"
    used by flow Inbound, route care@example.com
~ queue Billing
    ~ serviceLevel: \"PT4H\" -> \"PT2H\"
    used by flow Inbound, route care@example.com
~ table Tiers
    ~ rows: 0 added, 1 changed, 0 removed, 1 unchanged
    used by flow Inbound, route care@example.com
~ schedule Hours
    ~ open[0].to: \"17:00\" -> \"18:00\"
0 to create, 5 to change, 0 to delete, 6 unchanged
";
    assert_eq!(out, changed);

    // What JSON says has a schema.
    let (told, _) = printed(&server.cli(&["plan", &desk, "--output", "json"]), 2);
    let told: Json = serde_json::from_str(&told).unwrap();
    let schema = printed(&server.cli(&["schema", "plan"]), 0).0;
    let schema: Json = serde_json::from_str(&schema).unwrap();
    assert!(jsonschema::is_valid(&schema, &told), "{told:#}");
    assert_eq!((&told["changes"], &told["project"]), (&json!(true), &json!("desk")));

    // What the plan is based on was changed since: nothing is done, and what changed is named.
    server.api().post("/routing/queues", &json!({ "name": "Elsewhere" })).ok();
    let queue = server.api().get("/routing/queues?name=Billing").ok()["entities"][0]["id"].as_str().unwrap().to_owned();
    let put = |level: &str| {
        server.api().put(&format!("/routing/queues/{queue}"), &json!({ "name": "Billing", "serviceLevel": level })).ok()
    };
    put("PT8H");
    let (out, err) = printed(&server.cli(&["apply", "--plan", &file]), 1);
    assert_eq!(out, "");
    assert_eq!(
        err,
        "waypost: the server has changed since the plan was made; plan again\n  queue Billing was changed\n"
    );
    printed(&server.cli(&["plan", &desk, "--out", &file]), 2);
    // What the plan does not concern may change.
    server.api().post("/routing/queues", &json!({ "name": "Elsewhere too" })).ok();
    fs::remove_dir_all(&desk).unwrap();
    let (out, _) = printed(&server.cli(&["apply", "--plan", &file, "--note", "as planned"]), 0);
    for line in ["queue Billing: changed", "flow Topic: version 2 published", "route care@example.com: changed"] {
        assert!(out.contains(line), "{out}");
    }
    assert!(out.contains("table Tiers: rows replaced, 0 added, 1 changed, 0 removed, 1 as they were"), "{out}");
    let (out, err) = printed(&server.cli(&["apply", "--plan", &file]), 1);
    assert!(out.is_empty() && err.contains("rows of table Tiers were changed"), "{out}{err}");
}

#[test]
fn a_plan_that_the_server_would_refuse_names_every_caller() {
    let scratch = Scratch::new("plan-refused");
    let server = Server::start(&scratch.path("data"), &Start::default());
    let desk = folder(&scratch, "desk", &FILES);
    printed(&server.cli(&["apply", &desk]), 0);
    edit(&desk, "flows/topic.yaml", "name: topic", "name: kind");
    let closing = "nothing was changed; `waypost explain flow.contract.broken` says what to do";
    // The folder has the caller: its line is told.
    for command in ["apply", "plan"] {
        let (_, err) = printed(&server.cli(&[command, &desk]), 1);
        let line = err.lines().find(|line| line.contains("flow `Inbound`: ")).unwrap_or_else(|| panic!("{err}"));
        assert!(line.contains("flows/inbound.yaml:") && line.contains(": node `"), "{err}");
        assert_eq!(err.matches(closing).count(), 1, "{err}");
    }
    fs::remove_file(format!("{desk}/flows/inbound.yaml")).unwrap();
    let (_, err) = printed(&server.cli(&["plan", &desk]), 1);
    assert!(["flow `Inbound`: node `", "topic", closing].iter().all(|told| err.contains(told)), "{err}");
    let (out, _) = printed(&server.cli(&["plan", &desk, "--output", "json"]), 1);
    let told: Json = serde_json::from_str(&out).unwrap();
    assert_eq!(told["problems"][0]["flowName"], "Inbound", "{told:#}");
}

const FILING: &str = "kind: queue
name: Handled
deliverTo: { mailbox: Support, folder: Handled }
---
kind: route
address: support@example.com
queue: Handled
---
kind: mailbox
name: Support
host: localhost
user: support@example.com
auth: { secret: Mail }
submission: { host: localhost, user: out@example.com, auth: { secret: Mail } }
route: support@example.com
state: disabled
---
kind: dataAction
name: Look up
contract:
  input: { inputSchema: { type: object, properties: { id: { type: string } } } }
  output: { successSchema: { type: object, properties: { tier: { type: string } } } }
config: { request: { requestUrlTemplate: \"https://crm.example/c/${input.id}\", requestType: GET } }
";

#[test]
fn an_export_applied_changes_nothing_and_planned_shows_nothing() {
    let scratch = Scratch::new("export");
    let server = Server::start(&scratch.path("data"), &Start::default());
    let desk = folder(&scratch, "desk", &FILES);
    // What somebody wrote in another form is exported in that form (`texts.rs`).
    printed(&server.cli(&["fmt", &desk]), 0);
    printed(&server.cli(&["apply", &desk]), 0);
    printed(&server.cli(&["apply", TRIAGE]), 0);
    // Names that fold to one file, and flows that call by id.
    let named = |name: &str, text: &str| json!({ "name": name, "type": "shared", "nodes": [{ "id": "a", "actions": [{ "type": "log", "message": text }] }] });
    let called = server.api().post("/flows", &named("A/B", "one\ntwo\n")).ok()["id"].clone();
    server.api().post("/flows", &named("a b", "- ${1 + 1}: #x")).ok();
    let calls = json!({ "name": "Calls", "type": "shared", "nodes": [{ "id": "a", "actions": [{ "type": "runFlow", "flowId": called }] }] });
    server.api().post("/flows", &calls).ok();

    // A queue that files into a mailbox, which comes by a route to that queue.
    let secret = json!({ "name": "Mail", "value": "s3cret", "hosts": ["localhost"] });
    server.api().post("/secrets", &secret).ok();
    let filing = folder(&scratch, "filing", &[("filing.yaml", FILING)]);
    printed(&server.cli(&["validate", &filing]), 0);
    printed(&server.cli(&["apply", &filing]), 0);
    edit(&filing, "filing.yaml", "user: support@", "user: help@");
    let (told, _) = printed(&server.cli(&["plan", &filing]), 2);
    let expected = "~ mailbox Support\n    ~ user: \"support@example.com\" -> \"help@example.com\"\n0 to create";
    assert!(told.starts_with(expected), "{told}");

    let out = scratch.path("out").to_str().unwrap().to_owned();
    let (files, _) = printed(&server.cli(&["export", &out]), 0);
    for file in [
        "flows/a-b.yaml",
        "flows/a-b-2.yaml",
        "flows/calls.yaml",
        "queues.yaml",
        "routes/example.com.yaml",
        "tables/tiers.csv",
        "waypost.yaml",
    ] {
        let file = file.replace("example.com", "example-com");
        assert!(files.contains(&format!("{out}/{file}\n")), "no {file} in {files}");
    }
    let text = fs::read_to_string(format!("{out}/flows/calls.yaml")).unwrap();
    assert!(text.contains("flow: A/B") && !text.contains("flowId"), "{text}");
    assert_eq!(fs::read_to_string(format!("{out}/waypost.yaml")).unwrap(), "kind: project\nname: out\n");

    let queues = fs::read_to_string(format!("{out}/queues.yaml")).unwrap();
    assert!(queues.contains("mailbox: Support"), "{queues}");
    let mailboxes = fs::read_to_string(format!("{out}/mailboxes.yaml")).unwrap();
    assert_eq!(mailboxes.matches("secret: Mail").count(), 2, "{mailboxes}");
    assert!(!mailboxes.contains("id:"), "{mailboxes}");

    printed(&server.cli(&["validate", &out]), 0);
    printed(&server.cli(&["fmt", "--check", &out]), 0);
    let (told, _) = printed(&server.cli(&["plan", &out]), 0);
    assert!(told.starts_with("nothing to do: "), "{told}");
    // Flows that were made over the API are written for the first time.
    let unchanged = |line: &str| line.ends_with(": unchanged") || line.contains("rows unchanged");
    for more in [Some("text of 3 flows written"), None] {
        let (told, _) = printed(&server.cli(&["apply", &out]), 0);
        let others: Vec<&str> = told.lines().filter(|line| !unchanged(line)).collect();
        assert_eq!(others, more.into_iter().collect::<Vec<_>>(), "{told}");
    }

    // Another server becomes the same, but not by a plan that was made with this one.
    let other = Server::start(&scratch.path("other"), &Start::default());
    let file = scratch.path("plan.json").to_str().unwrap().to_owned();
    printed(&server.cli(&["plan", &out, "--out", &file]), 0);
    let (_, err) = printed(&other.cli(&["apply", "--plan", &file]), 1);
    assert!(err.contains("the plan is for ") && err.contains("; plan again"), "{err}");
    other.api().post("/secrets", &secret).ok();
    printed(&other.cli(&["apply", &out]), 0);
    let again = scratch.path("again").to_str().unwrap().to_owned();
    printed(&other.cli(&["export", &again, "--name", "out"]), 0);
    let same = std::process::Command::new("diff").args(["-r", &out, &again]).output().unwrap();
    assert!(same.status.success(), "{}", String::from_utf8_lossy(&same.stdout));

    // A folder of others is left alone; an exported one is brought up to date.
    let (_, err) = printed(&server.cli(&["export", TRIAGE]), 2);
    assert!(err.contains("has files that no export wrote"), "{err}");
    let flows = server.api().get("/flows?name=Calls").ok();
    let gone = flows["entities"].as_array().unwrap().iter().find(|flow| flow["name"] == "Calls").unwrap();
    server.api().delete(&format!("/flows/{}", gone["id"].as_str().unwrap()));
    printed(&server.cli(&["export", &out]), 0);
    assert!(!fs::exists(format!("{out}/flows/calls.yaml")).unwrap());

    // What somebody added is not replaced unasked.
    let mine = format!("{out}/flows/mine.yaml");
    fs::write(&mine, "# not yet applied\n").unwrap();
    server.api().post("/flows", &named("Mine", "another's")).ok();
    let (_, err) = printed(&server.cli(&["export", &out]), 2);
    assert!(err.contains("rename them, or use --force:\n  flows/mine.yaml\n"), "{err}");
    assert_eq!(fs::read_to_string(&mine).unwrap(), "# not yet applied\n");
    printed(&server.cli(&["export", &out, "--force"]), 0);
    assert!(fs::read_to_string(&mine).unwrap().starts_with("name: Mine\n"));
}

#[test]
fn pruning_deletes_what_this_project_applied_and_has_no_longer() {
    prunes("sqlite", None);
    if let Some(tools) = nodes::tools() {
        let database = Database::start(&tools, &[("fsync", "off")]).unwrap();
        prunes("postgres", Some(&database.fresh_database().unwrap()));
    }
}

fn prunes(store: &str, database: Option<&str>) {
    let scratch = Scratch::new(&format!("prune-{store}"));
    let environment = database.map(|url| ("WAYPOST_DATABASE", url.into())).into_iter().collect();
    let start = Start { environment, ..Start::unlimited() };
    let mut server = Server::start(&scratch.path("data"), &start);
    let desk = folder(&scratch, "desk", &FILES);
    let other = folder(
        &scratch,
        "other",
        &[(
            "p.yaml",
            "kind: project\nname: other\n---\nkind: queue\nname: Theirs\n---\nkind: route\naddress: sales@example.com\nqueue: Theirs\n",
        )],
    );
    printed(&server.cli(&["apply", &desk]), 0);
    printed(&server.cli(&["apply", &other]), 0);
    server.api().post("/routing/queues", &json!({ "name": "By hand" })).ok();
    // What was applied is still known after a restart.
    server.stop();
    drop(server);
    let server = Server::start(&scratch.path("data"), &start);
    fs::remove_file(format!("{desk}/flows/inbound.yaml")).unwrap();
    fs::remove_file(format!("{desk}/hours.yaml")).unwrap();
    fs::write(format!("{desk}/routing.yaml"), "kind: queue\nname: Billing\nserviceLevel: PT4H\n").unwrap();

    let (out, _) = printed(&server.cli(&["plan", &desk]), 0);
    assert_eq!(out, "nothing to do: 3 unchanged\n", "without --prune what the folder lacks is left alone");
    let file = scratch.path("plan.json").to_str().unwrap().to_owned();
    let (out, _) = printed(&server.cli(&["plan", &desk, "--prune", "--out", &file]), 2);
    let lines: Vec<&str> = out.lines().filter(|line| !line.starts_with(' ')).collect();
    let expected = [
        "- route care@example.com",
        "- flow Inbound",
        "- queue General",
        "- schedule Hours",
        "- domain example.org",
        "- webhook Orders",
        "- skill refunds",
        "0 to create, 0 to change, 7 to delete, 3 unchanged",
    ];
    assert_eq!(lines, expected, "{out}");

    // What must stay because others use it refuses all of it.
    let route = json!({ "pattern": "extra", "queue": { "name": "General" } });
    let general = server.api().get("/routing/queues?name=General").ok()["entities"][0]["id"].clone();
    let route = json!({ "pattern": route["pattern"], "queue": { "id": general } });
    let made = server.api().post("/routing/email/domains/example.com/routes", &route).ok();
    let (_, err) = printed(&server.cli(&["apply", &desk, "--prune"]), 1);
    assert!(err.contains("`General` is in use by route"), "{err}");
    assert_eq!(names(&server, "/flows"), ["Inbound", "Topic"]);
    server.api().delete(&format!("/routing/email/domains/example.com/routes/{}", made["id"].as_str().unwrap()));

    let (out, err) = printed(&server.cli(&["apply", &desk, "--prune"]), 0);
    assert!(err.starts_with("to be deleted:\n  flow Inbound\n"), "{err}");
    assert!(out.contains("flow Inbound: deleted\n") && out.contains("queue General: deleted\n"), "{out}");
    assert_eq!(names(&server, "/flows"), ["Topic"]);
    assert_eq!(names(&server, "/routing/queues"), ["Billing", "By hand", "Theirs", "Unrouted"]);
    assert_eq!(names(&server, "/routing/email/domains"), ["example.com"], "another project's route is in it");
    let (_, err) = printed(&server.cli(&["apply", "--plan", &file]), 1);
    assert!(err.contains("the server has changed since the plan was made"), "{err}");
    assert!(!err.contains("to be deleted"), "nobody is asked about a plan that can't be carried out: {err}");
    assert_eq!(printed(&server.cli(&["plan", &desk, "--prune"]), 0).0, "nothing to do: 3 unchanged\n");

    what_was_needed_alone_stays(&server, &scratch);

    // Without a name nobody knows what was applied from here.
    fs::remove_file(format!("{desk}/waypost.yaml")).unwrap();
    let (_, err) = printed(&server.cli(&["apply", &desk, "--prune"]), 1);
    assert!(err.contains("--prune needs the project's name"), "{err}");
}

/// A project that only needs something to be there does not take it from whoever made it.
fn what_was_needed_alone_stays(server: &Server, scratch: &Scratch) {
    server.api().post("/routing/email/domains", &json!({ "id": "by-hand.example" })).ok();
    server.api().post("/routing/skills", &json!({ "name": "kept" })).ok();
    let routing =
        "queues: [Billing, Guests]\nskills: [kept]\nroutes:\n  - { address: info@by-hand.example, queue: Guests }\n";
    let files = [("waypost.yaml", "kind: project\nname: guest\n"), ("routing.yaml", routing)];
    let guest = folder(scratch, "guest", &files);
    printed(&server.cli(&["apply", &guest]), 0);
    fs::write(format!("{guest}/routing.yaml"), "queues: [Billing]\n").unwrap();
    let (_, err) = printed(&server.cli(&["apply", &guest, "--prune"]), 0);
    assert_eq!(err, "to be deleted:\n  route info@by-hand.example\n  queue Guests\n");
    assert_eq!(names(server, "/routing/email/domains"), ["by-hand.example", "example.com"]);
    assert_eq!(names(server, "/routing/skills"), ["kept"]);
}

#[test]
fn whoever_may_read_plans_and_sees_a_mail_that_would_be_decided_differently() {
    let scratch = Scratch::new("plan-witness");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    let folder = folder(&scratch, "folder", &FILES);
    printed(&server.cli(&["apply", &folder]), 0);
    let made = server.cli(&["clients", "create", "CI", "--scope", "flow:read,routing:read", "--output", "json"]);
    let made: Json = serde_json::from_str(&printed(&made, 0).0).unwrap();
    let (id, secret) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
    let reader = ["--client-id", id, "--client-secret", secret];
    let as_reader = |arguments: &[&str]| server.cli(&[arguments, &reader].concat());
    printed(&as_reader(&["plan", &folder]), 0);
    edit(&folder, "flows/inbound.yaml", "queue: Billing, priority: 5", "queue: General, priority: 5");
    let planned = as_reader(&["plan", &folder, "--witness", "--output", "json"]);
    let plan: Json = serde_json::from_str(&printed(&planned, 2).0).unwrap();
    let found = &plan["witnesses"][0];
    assert_eq!(found["flow"], "Inbound");
    assert!(found["mail"].as_str().unwrap().contains("acme.example"), "{found}");
    assert!(found["differs"][0].as_str().unwrap().contains("General"), "{found}");
    let (_, err) = printed(&as_reader(&["apply", &folder]), 2);
    assert!(err.contains("flow:write"), "{err}");
}

#[test]
fn a_queue_with_work_is_planned_as_one_that_cannot_go() {
    let scratch = Scratch::new("plan-blocked");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    let left = "kind: project\nname: sales\n---\nkind: queue\nname: Left\n";
    let more = "---\nkind: queue\nname: Sales\n---\nkind: route\naddress: sales@example.com\nqueue: Sales\n";
    let folder = folder(&scratch, "folder", &[("project.yaml", &format!("{left}{more}"))]);
    printed(&server.cli(&["apply", &folder]), 0);
    let mail = mail("1@blocked.example", "hello", "hello");
    let reply = server.smtp().deliver("ana@customer.example", "sales@example.com", &mail).unwrap();
    assert_eq!(reply.code, 250);
    fs::write(format!("{folder}/project.yaml"), left).unwrap();
    let (out, _) = printed(&server.cli(&["plan", &folder, "--prune"]), 2);
    assert!(out.contains("- queue Sales\n    can't be deleted now: 1 interaction waits in it\n"), "{out}");
    let (out, err) = printed(&server.cli(&["apply", &folder, "--prune", "--dry-run"]), 1);
    let expected = "queue Sales: would be deleted (can't be deleted now: 1 interaction waits in it)\n";
    assert!(out.contains(expected), "{out}");
    assert_eq!(err, "waypost: nothing would be applied: queue Sales can't be deleted now\n");
    let (out, _) = printed(&server.cli(&["apply", &folder, "--prune", "--dry-run", "--output", "json"]), 1);
    assert!(out.contains(r#""blocked": "1 interaction waits in it""#), "{out}");
    let (_, err) = printed(&server.cli(&["apply", &folder, "--prune"]), 1);
    assert!(err.contains("  queue Sales (can't be deleted now: 1 interaction waits in it)\n"), "{err}");
    assert_eq!(err.matches("1 interaction waits in it").count(), 2, "listed, then refused: {err}");
}
