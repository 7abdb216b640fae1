//! Projects onto a server, by the built binary: one change set for everything, problems in the project's own files, and nothing left
//! behind by what was refused.

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
use std::process::{Command, Output};

use harness::scratch::Scratch;
use harness::{Server, Start, WAYPOST};
use serde_json::json;

/// Writes a project: files as `path: text`.
fn project(scratch: &Scratch, name: &str, files: &[(&str, &str)]) -> String {
    let folder: PathBuf = scratch.path(name);
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder.to_str().unwrap().to_owned()
}

#[track_caller]
fn printed(output: &Output, code: i32) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "stdout: {out}\nstderr: {err}");
    format!("{out}{err}")
}

fn offline(arguments: &[&str]) -> Output {
    Command::new(WAYPOST).args(arguments).output().unwrap()
}

/// Everything that a server has, by name.
fn everything(server: &Server) -> Vec<String> {
    let api = server.api();
    let lists = ["/flows", "/routing/queues", "/routing/email/domains", "/flows/datatables", "/routing/schedules"];
    let names = |path: &str| {
        let list = api.get(path).ok();
        let all = list["entities"].as_array().unwrap();
        all.iter().map(|one| format!("{path} {}", one["name"].as_str().unwrap())).collect::<Vec<_>>()
    };
    lists.iter().flat_map(|path| names(path)).collect()
}

#[track_caller]
fn says(told: &str, parts: &[&str]) {
    for part in parts {
        assert!(told.contains(part), "no `{part}` in\n{told}");
    }
}

/// What became of every object is told, those that are a name alone included.
#[test]
fn skills_and_languages_are_told_like_everything_else() {
    let scratch = Scratch::new("apply-terms");
    let server = Server::start(&scratch.path("data"), &Start::default());
    let folder = project(&scratch, "p", &[("routing.yaml", "skills: [refunds]\nlanguages: [de]\n")]);
    let dry = printed(&server.cli(&["apply", "--dry-run", &folder]), 0);
    says(&dry, &["skill refunds: would be created", "language de: would be created"]);
    says(&printed(&server.cli(&["apply", &folder]), 0), &["skill refunds: created", "language de: created"]);
    says(&printed(&server.cli(&["apply", &folder]), 0), &["skill refunds: unchanged", "language de: unchanged"]);
}

const FLOW: &str =
    "name: RtFlow\ntype: email\nnodes:\n  - { id: a, actions: [{ type: transferToQueue, queue: RtQ }] }\n";

/// Case 05 of the flows: what is wrong with routes is found by a dry run, and an apply that is refused does nothing.
#[test]
fn bad_routes_are_found_before_anything_is_done() {
    let scratch = Scratch::new("apply-routes");
    let server = Server::start(&scratch.path("data"), &Start::default());
    let before = everything(&server);
    let routing = "queues: [RtQ, RtNew]\n\
        routes:\n\
        \x20 - { address: ok@rt.test, flow: RtFlow }\n\
        \x20 - { address: \"bad one@rt.test\", flow: RtFlow }\n\
        \x20 - { address: care@rt.test, flow: RtFlo }\n\
        \x20 - { address: help@-rt.test, queue: RtQueue }\n";
    let folder = project(&scratch, "r", &[("f.yaml", FLOW), ("routing.yaml", routing)]);
    let all = [
        "routing.yaml:4:16",
        "this is not a pattern of local parts",
        "routing.yaml:5:36",
        "there is no flow `RtFlo`",
        "did you mean `RtFlow`?",
        "routing.yaml:6:16",
        "this is not a domain",
    ];
    says(&printed(&server.cli(&["apply", "--dry-run", &folder]), 1), &all);
    says(&printed(&server.cli(&["apply", &folder]), 1), &all);
    says(&printed(&offline(&["validate", &folder]), 1), &all);
    assert_eq!(everything(&server), before, "an apply that is refused leaves nothing behind");
    let right = routing
        .replace("bad one", "good")
        .replace("RtFlo }", "RtFlow }")
        .replace("@-rt.test, queue: RtQueue", "@rt.test, queue: RtNew");
    fs::write(scratch.path("r/routing.yaml"), right).unwrap();
    says(&printed(&server.cli(&["apply", &folder]), 0), &["route good@rt.test: created", "domain rt.test: created"]);
}

/// Only the server knows of a queue that a route leads to: it tells where the folder names it, whatever else is new.
#[test]
fn what_only_the_server_knows_is_told_in_the_folder() {
    let scratch = Scratch::new("apply-server");
    let server = Server::start(&scratch.path("data"), &Start::default());
    let table = "kind: table\nname: Customers\nschema: { properties: { tier: { dataType: string } } }\nrows: [{ KEY: a, tier: gold }]\n";
    let schedule = "kind: schedule\nname: Hours\ntimeZone: Europe/Berlin\nopen: [{ name: week, days: mon-fri, from: '09:00', to: '17:00' }]\n";
    let flow = "kind: flow\nname: Ask\ntype: email\nnodes:\n  - id: a\n    actions:\n\
        \x20     - { type: lookupTable, table: Customers, key: a, outputMapping: [{ name: tier, value: \"${output.tier}\" }] }\n\
        \x20     - { type: log, message: \"${tier}\" }\n\
        \x20     - { type: transferToQueue, queue: Nowhere }\n";
    let route = "kind: route\naddress: care@x.test\nflow: Ask\nunroutedQueue: Nowhere\n";
    let files = [("table.yaml", table), ("hours.yaml", schedule), ("ask.yaml", flow), ("route.yaml", route)];
    let folder = project(&scratch, "p", &files);
    let before = everything(&server);
    let told = printed(&server.cli(&["apply", &folder]), 1);
    says(&told, &["ask.yaml:9", "route.yaml:4:16", "there is no queue `Nowhere`"]);
    assert_eq!(everything(&server), before, "neither tables nor schedules stay");
    server.api().post("/routing/queues", &json!({"name": "Nowhere"})).ok();
    let dry = printed(&server.cli(&["apply", "--dry-run", &folder]), 0);
    says(
        &dry,
        &[
            "table Customers: would be created",
            "schedule Hours: would be created",
            "route care@x.test: would be created",
        ],
    );
    printed(&server.cli(&["apply", &folder]), 0);
    let again = printed(&server.cli(&["apply", &folder]), 0);
    let unchanged = |line: &str| line.ends_with(": unchanged") || line.contains("rows unchanged");
    assert!(again.lines().all(unchanged), "{again}");
    // A dry run tells what becomes of rows.
    fs::write(scratch.path("p/table.yaml"), table.replace("KEY: a, tier: gold", "KEY: b, tier: gold")).unwrap();
    let dry = printed(&server.cli(&["apply", "--dry-run", &folder]), 0);
    says(&dry, &["table Customers: unchanged", "rows would be replaced, 1 added, 0 changed, 1 removed, 0 unchanged"]);
}

/// Case 06 of the flows: an address twice, in whatever spelling, and names twice.
#[test]
fn an_address_or_a_name_twice_is_told_with_both_places() {
    let scratch = Scratch::new("apply-twice");
    let server = Server::start(&scratch.path("data"), &Start::default());
    let before = everything(&server);
    let routing = "queues: [RtQ]\n\
        routes:\n\
        \x20 - { address: care@rt.test, flow: RtFlow }\n\
        \x20 - { address: CARE@RT.test, queue: RtQ }\n\
        \x20 - { address: box@bücher.example, queue: RtQ }\n\
        \x20 - { address: Box@xn--bcher-kva.example, queue: RtQ }\n";
    let queues = "kind: queue\nname: Twice\n---\nkind: queue\nname: TWICE\n---\nkind: domain\ndomain: a.test\n---\nkind: domain\ndomain: A.test\n";
    let schedule = "timeZone: Europe/Berlin\nname: Hours\n";
    let table = "schema: { properties: {} }\nname: T\n";
    let folder = project(
        &scratch,
        "r",
        &[
            ("f.yaml", FLOW),
            ("g.yaml", &FLOW.replace("RtFlow", "rtFLOW")),
            ("queues.yaml", queues),
            ("routing.yaml", routing),
            ("s1.yaml", schedule),
            ("s2.yaml", &schedule.replace("Hours", "hours")),
            ("t1.yaml", table),
            ("t2.yaml", &table.replace("name: T", "name: t")),
        ],
    );
    let all = [
        "the route `CARE@RT.test` is already defined in `",
        "routing.yaml:3`",
        "routing.yaml:4:16",
        "the route `Box@xn--bcher-kva.example` is already defined in `",
        "routing.yaml:6:16",
        "the flow `rtFLOW` is already defined in `",
        "f.yaml:1`",
        "the queue `TWICE` is already defined in `",
        "queues.yaml:2`",
        "queues.yaml:5:7",
        "the domain `A.test` is already defined in `",
        "the schedule `hours` is already defined in `",
        "the table `t` is already defined in `",
    ];
    says(&printed(&offline(&["validate", &folder]), 1), &all);
    says(&printed(&server.cli(&["apply", &folder, "--dry-run"]), 1), &all);
    says(&printed(&server.cli(&["apply", &folder]), 1), &all);
    assert_eq!(everything(&server), before);
}

/// Whichever label of a domain the folder writes, the server has one domain and one route.
#[test]
fn both_labels_of_a_domain_are_one_on_the_server() {
    let scratch = Scratch::new("apply-labels");
    let server = Server::start(&scratch.path("data"), &Start::default());
    let routing = |domain: &str| format!("queues: [Q]\nroutes: [{{ address: box@{domain}, queue: Q }}]\n");
    let folder = project(&scratch, "r", &[("routing.yaml", &routing("bücher.example"))]);
    says(&printed(&server.cli(&["apply", &folder]), 0), &["domain bücher.example: created"]);
    fs::write(scratch.path("r/routing.yaml"), routing("XN--bcher-kva.example")).unwrap();
    let again = printed(&server.cli(&["apply", &folder]), 0);
    assert!(again.lines().all(|line| line.ends_with(": unchanged")), "{again}");
}

#[test]
fn a_document_says_by_kind_what_it_is() {
    let scratch = Scratch::new("apply-kinds");
    let server = Server::start(&scratch.path("data"), &Start::default());
    let all = "kind: queue\nname: Care\ndescription: people who care\n---\n\
        kind: domain\ndomain: care.test\n---\n\
        kind: route\naddress: help@care.test\nqueue: Care\nfromName: Care\npriority: 3\n";
    let folder = project(&scratch, "p", &[("all.yaml", all), ("Night.yaml", "kind: queue\n")]);
    let summary = printed(&offline(&["validate", &folder]), 0);
    says(&summary, &["0 errors"]);
    let made = printed(&server.cli(&["apply", &folder]), 0);
    says(
        &made,
        &["queue Care: created", "queue Night: created", "domain care.test: created", "route help@care.test: created"],
    );
    let routes = server.api().get("/routing/email/domains/care.test/routes").ok();
    let route = &routes["entities"][0];
    assert_eq!(
        (&route["fromName"], &route["priority"], &route["queue"]["name"]),
        (&json!("Care"), &json!(3), &json!("Care"))
    );
    let again = printed(&server.cli(&["apply", &folder]), 0);
    assert!(again.lines().all(|line| line.ends_with(": unchanged")), "{again}");
    // What is taken out of the file goes.
    fs::write(scratch.path("p/all.yaml"), all.replace("fromName: Care\npriority: 3\n", "")).unwrap();
    let dry = printed(&server.cli(&["apply", "--dry-run", &folder]), 0);
    says(&dry, &["route help@care.test: would be changed (priority, more)", "queue Care: unchanged"]);
    says(&printed(&server.cli(&["apply", &folder]), 0), &["route help@care.test: changed", "queue Care: unchanged"]);
    let wrong =
        "kind: quue\nname: Care\n---\nkind: route\nadress: a@b.test\nqueue: Care\n---\nkind: queue\ndescription: x\n";
    fs::write(scratch.path("p/all.yaml"), wrong).unwrap();
    let told = printed(&offline(&["validate", &folder]), 1);
    says(
        &told,
        &["all.yaml:1:7", "did you mean `queue`?", "all.yaml:5:1", "did you mean `address`?", "`name` is missing"],
    );
}

const CALLER: &str =
    "name: RnCaller\ntype: email\nnodes:\n  - { id: a, actions: [{ type: runFlow, flow: RnShared }] }\n";

fn shared(text: &str) -> String {
    format!("name: RnShared\ntype: shared\nnodes:\n  - {{ id: a, actions: [{{ type: log, message: {text} }}] }}\n")
}

/// Case 01 of the flows: the folder is what runs, also after what it names was renamed on the server.
#[test]
fn an_apply_after_a_rename_binds_callers_to_what_the_folder_has() {
    let scratch = Scratch::new("apply-rename");
    let server = Server::start(&scratch.path("data"), &Start::default());
    let folder = project(&scratch, "p", &[("a.yaml", CALLER), ("b.yaml", &shared("one"))]);
    printed(&server.cli(&["apply", &folder]), 0);
    let api = server.api();
    let id = api.get("/flows?name=RnShared").ok()["entities"][0]["id"].as_str().unwrap().to_owned();
    api.put(&format!("/flows/{id}"), &json!({"name": "RnShared Old"})).ok();
    let folder = project(&scratch, "p", &[("b.yaml", &shared("two"))]);
    says(
        &printed(&server.cli(&["apply", &folder]), 0),
        &["flow RnCaller: version 2 published", "flow RnShared: created"],
    );
    says(&printed(&server.cli(&["apply", &folder]), 0), &["flow RnCaller: unchanged", "flow RnShared: unchanged"]);
    let caller = api.get("/flows?name=RnCaller").ok()["entities"][0]["id"].as_str().unwrap().to_owned();
    let uses = api.get(&format!("/flows/{caller}/uses")).ok();
    assert_eq!(uses["nodes"][1]["name"], "RnShared", "{uses}");
}

/// Case 02 of the flows: what was taken away by hand comes back with the folder.
#[test]
fn an_apply_after_a_deletion_makes_everything_again() {
    let scratch = Scratch::new("apply-deleted");
    let server = Server::start(&scratch.path("data"), &Start::default());
    let folder = project(&scratch, "p", &[("a.yaml", CALLER), ("b.yaml", &shared("one"))]);
    printed(&server.cli(&["apply", &folder]), 0);
    printed(&server.cli(&["flows", "deactivate", "RnCaller"]), 0);
    printed(&server.cli(&["flows", "delete", "RnShared"]), 0);
    says(
        &printed(&server.cli(&["apply", &folder]), 0),
        &["flow RnCaller: version 2 published", "flow RnShared: created"],
    );
    says(&printed(&server.cli(&["apply", &folder]), 0), &["flow RnCaller: unchanged", "flow RnShared: unchanged"]);
}

/// Case 07 of the flows: what `flows show` prints is the flow as it is called now, and applies to that one.
#[test]
fn what_is_shown_after_a_rename_is_the_renamed_flow() {
    let scratch = Scratch::new("apply-shown");
    let server = Server::start(&scratch.path("data"), &Start::default());
    let folder = project(&scratch, "p", &[("a.yaml", CALLER), ("b.yaml", &shared("one"))]);
    printed(&server.cli(&["apply", &folder]), 0);
    let api = server.api();
    for (from, to) in [("RnCaller", "New Caller"), ("RnShared", "New Shared")] {
        let id = api.get(&format!("/flows?name={from}")).ok()["entities"][0]["id"].as_str().unwrap().to_owned();
        api.put(&format!("/flows/{id}"), &json!({"name": to, "description": "renamed"})).ok();
    }
    let shown = printed(&server.cli(&["flows", "show", "New Caller"]), 0);
    says(&shown, &["New Caller", "New Shared", "renamed"]);
    assert!(!shown.contains("RnCaller") && !shown.contains("RnShared"), "{shown}");
    let folder = project(&scratch, "shown", &[("a.yaml", &shown)]);
    says(&printed(&server.cli(&["apply", &folder]), 0), &["flow New Caller: unchanged"]);
    assert_eq!(api.get("/flows").ok()["total"], 2);
}

/// Case 19 of the flows: what a file no longer says is gone.
#[test]
fn what_a_file_no_longer_says_of_a_flow_is_gone() {
    let scratch = Scratch::new("apply-unset");
    let server = Server::start(&scratch.path("data"), &Start::default());
    let said = format!("{}description: asks\ndeprecated: call another\n", shared("one"));
    let folder = project(&scratch, "p", &[("b.yaml", &said)]);
    printed(&server.cli(&["apply", &folder]), 0);
    let api = server.api();
    let flow = || api.get("/flows?name=RnShared").ok()["entities"][0].clone();
    let before = flow();
    assert_eq!((&before["description"], &before["deprecated"]), (&json!("asks"), &json!("call another")));
    let folder = project(&scratch, "p", &[("b.yaml", &shared("one"))]);
    says(&printed(&server.cli(&["apply", &folder]), 0), &["flow RnShared: described"]);
    let after = flow();
    assert_eq!((after.get("description"), after.get("deprecated"), &after["version"]), (None, None, &json!(1)));
    says(&printed(&server.cli(&["apply", &folder]), 0), &["flow RnShared: unchanged"]);
}

/// Case 20 of the flows: a folder has no versions, and a run of it says where one was meant.
#[test]
fn an_offline_run_says_which_versions_were_meant() {
    let scratch = Scratch::new("apply-pins");
    let pinned = |version: &str| CALLER.replace("flow: RnShared", &format!("flow: RnShared, version: {version}"));
    let mail = scratch.path("mail.eml");
    fs::write(&mail, "From: a@example.net\r\nSubject: x\r\n\r\nhello\r\n").unwrap();
    for version in ["7", "stable"] {
        let folder = project(&scratch, "p", &[("a.yaml", &pinned(version)), ("b.yaml", &shared("one"))]);
        let run = offline(&["run", "--flows", &folder, mail.to_str().unwrap()]);
        printed(&run, 0);
        let told = String::from_utf8_lossy(&run.stderr).into_owned();
        let call = format!("nodes[0].actions[0].version: `RnCaller` calls version `{version}` of `RnShared`");
        says(&told, &["note: ", "a.yaml", &call, "the file of `RnShared` runs"]);
    }
    let folder = project(&scratch, "q", &[("a.yaml", CALLER), ("b.yaml", &shared("one"))]);
    let run = offline(&["run", "--flows", &folder, mail.to_str().unwrap()]);
    assert_eq!(String::from_utf8_lossy(&run.stderr), "");
}

/// A file as Genesys exports it is applied from a folder as it is, and by the command for one. The secret that it names must be there.
#[test]
fn exported_data_actions_are_applied_as_they_are() {
    let scratch = Scratch::new("apply-actions");
    let server = Server::start(&scratch.path("data"), &Start::default());
    let export = include_str!("../../../spec/data-actions/exports/get-by-path.json");
    let flow = "name: Asks\ntype: email\nnodes:\n  - id: ask\n    actions:\n\
        \x20     - { type: callDataAction, dataAction: NAME, inputMapping: [{ name: customerId, value: '7' }],\n\
        \x20         outputMapping: [{ name: tier, value: \"${output.tier}\" }], failure: { to: none }, timedOut: { to: none } }\n\
        \x20     - { type: setAttributes, attributes: { tier: \"${tier}\" } }\n\
        \x20 - { id: none, actions: [{ type: disconnect }] }\n";
    let export = export.replacen(
        "Get a customer by number: an input in the path, the whole input as the body that a GET does not send",
        "Get customer",
        1,
    );
    let folder = project(&scratch, "p", &[("get.json", &export), ("asks.yaml", &flow.replace("NAME", "get customer"))]);
    says(&printed(&offline(&["validate", &folder]), 0), &[]);
    let told = printed(&server.cli(&["apply", &folder]), 1);
    says(&told, &["get.json", "there is no secret `crmToken`", "waypost secrets set crmToken --host crm.example"]);
    fs::write(scratch.path("token"), "t0ken").unwrap();
    let token = scratch.path("token").to_str().unwrap().to_owned();
    printed(&server.cli(&["secrets", "set", "crmToken", "--host", "crm.example", "--file", &token]), 0);
    says(&printed(&server.cli(&["apply", &folder]), 0), &["dataAction Get customer: created", "Asks"]);
    says(&printed(&server.cli(&["apply", &folder]), 0), &["dataAction Get customer: unchanged"]);

    // The command takes the same file.
    let file = scratch.path("p/get.json").to_str().unwrap().to_owned();
    let actions = |words: &[&str]| server.cli(&[&["data-actions"], words].concat());
    says(&printed(&actions(&["create", &file, "--name", "Other"]), 0), &["data action Other: created"]);
    says(&printed(&actions(&["list"]), 0), &["Get customer", "Other", "https://crm.example/v1/customers/"]);
    says(&printed(&actions(&["show", "other"]), 0), &["\"requestType\": \"GET\"", "${credentials.crmToken}"]);
    says(&printed(&actions(&["used-by", "Get customer"]), 0), &["Asks"]);
    says(&printed(&actions(&["delete", "Get customer"]), 1), &["Asks"]);
    // A change that breaks a flow is refused with the place.
    let broken = export.replace("\"tier\"", "\"level\"").replace("${tier}", "${level}");
    fs::write(&file, &broken).unwrap();
    says(&printed(&actions(&["update", "Get customer", &file]), 1), &["Asks", "tier"]);
    says(&printed(&actions(&["update", "Other", &file]), 0), &["data action Other: version 2"]);
    fs::write(&file, "[]").unwrap();
    says(&printed(&actions(&["update", "Other", &file]), 2), &["expected an object"]);
    says(&printed(&actions(&["delete", "Other"]), 0), &["data action Other: deleted"]);
    // Nobody is reached: the failure says so, and where.
    says(&printed(&actions(&["test", "Get customer", "--input", "{}"]), 1), &["customerId", "is required"]);
    let log = fs::read_to_string(server.data_dir.with_extension("log")).unwrap_or_default();
    assert!(!log.contains("t0ken"), "{log}");
}

/// Secrets of data actions and of mailboxes, and what else is wrong, are told together: each once.
#[test]
fn every_secret_that_is_missing_is_told_with_everything_else() {
    let scratch = Scratch::new("apply-secrets");
    let server = Server::start(&scratch.path("data"), &Start::default());
    let export = include_str!("../../../spec/data-actions/exports/get-by-path.json");
    let flow = "name: Ask\ntype: email\nnodes:\n  - { id: a, actions: [{ type: transferToQueue, queue: Nowhere }] }\n";
    let mailbox = |name: &str, secret: &str| {
        format!(
            "kind: mailbox\nname: {name}\nhost: imap.example.com\nuser: {name}\nroute: care@x.test\nauth: {{ secret: {secret} }}\n"
        )
    };
    let boxes = format!("{}---\n{}", mailbox("one", "oneWord"), mailbox("two", "twoWord"));
    let route = "kind: route\naddress: care@x.test\nflow: Ask\n";
    let files = [("get.json", export), ("ask.yaml", flow), ("boxes.yaml", boxes.as_str()), ("route.yaml", route)];
    let folder = project(&scratch, "p", &files);
    for command in ["apply", "plan"] {
        let told = printed(&server.cli(&[command, &folder]), 1);
        for part in ["there is no secret `crmToken`", "there is no secret `oneWord`", "there is no secret `twoWord`"] {
            assert_eq!(told.matches(part).count(), 1, "{part}: {told}");
        }
        says(&told, &["there is no queue `Nowhere`", "get.json", "boxes.yaml"]);
    }
}
