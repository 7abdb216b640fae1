//! The command line on the triage example: what it prints, and how it ends.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "cli/asking.rs"]
mod asking;
#[path = "cli/doctor.rs"]
mod doctor;
#[path = "cli/exit_codes.rs"]
mod exit_codes;
#[path = "cli/flow_tests.rs"]
mod flow_tests;
#[path = "cli/formatting.rs"]
mod formatting;
mod harness;
#[path = "cli/masks.rs"]
mod masks;
#[path = "cli/odd.rs"]
mod odd;
#[path = "cli/older.rs"]
mod older;
#[path = "cli/passwords.rs"]
mod passwords;
#[path = "cli/profiles.rs"]
mod profiles;
#[path = "cli/reaching.rs"]
mod reaching;
#[path = "cli/recorded.rs"]
mod recorded;
#[path = "cli/scripts.rs"]
mod scripts;
#[path = "cli/stage.rs"]
mod stage;
#[path = "cli/starting.rs"]
mod starting;
#[path = "cli/support_desk.rs"]
mod support_desk;
#[path = "cli/tries.rs"]
mod tries;

use std::fs;
use std::process::{Command, Output, Stdio};

use harness::scratch::Scratch;
use harness::{Server, Start, TRIAGE, WAYPOST};
use serde_json::Value as Json;

/// What becomes of the example's mails, by the beginning of the file's name.
const DECISIONS: [(&str, &str); 7] = [
    ("1-refund", "queue Billing, priority 10"),
    ("2-login", "queue Support, priority 0"),
    ("3-cancel", "queue Retention, priority 0"),
    ("4-hours", "queue General, priority 0"),
    ("5-invoice", "queue Billing, priority 0"),
    ("6-away", "disconnect"),
    ("7-interview", "forward"),
];

fn waypost(arguments: &[&str]) -> Output {
    Command::new(WAYPOST).args(arguments).output().unwrap()
}

/// What was printed, if the command ended with this code.
fn printed(output: &Output, code: i32) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "stdout: {out}\nstderr: {err}");
    out.into_owned()
}

#[test]
fn offline() {
    let summary = printed(&waypost(&["validate", TRIAGE]), 0);
    assert!(summary.ends_with("3 flows in 4 files: 0 errors, 0 warnings\n"), "{summary}");

    let mails = format!("{TRIAGE}/mails");
    let decided = printed(&waypost(&["run", "--flows", TRIAGE, &mails]), 0);
    let (sends, lines): (Vec<&str>, Vec<&str>) = decided.lines().partition(|line| line.starts_with("    "));
    assert_eq!(lines.len(), DECISIONS.len(), "{decided}");
    assert_eq!(sends.iter().filter(|line| line.contains("would send a reply")).count(), 5, "{decided}");
    assert!(sends.iter().any(|line| line.contains("would send a forward, to [\"press@agency.example\"]")), "{decided}");
    for (line, (mail, decision)) in lines.iter().zip(DECISIONS) {
        assert!(line.contains(mail) && line.contains(decision), "{line}, but {mail} is {decision}");
    }

    let first = format!("{mails}/1-refund.eml");
    let traced = printed(&waypost(&["run", "--flows", TRIAGE, "--trace", &first]), 0);
    for flow in ["Inbound Email Router", "Email Classifier", "Urgency Check"] {
        assert!(traced.contains(flow), "{flow} is not in the trace:\n{traced}");
    }
    let json = printed(&waypost(&["run", "--flows", TRIAGE, "--output", "json", &first]), 0);
    let json: Json = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["decision"]["queue"], &json["attributes"]["topic"]), (&"Billing".into(), &"billing".into()));
    let text = "Thank you for writing to us. Your mail is with our billing team, who will answer you.\n";
    let (to, subject) = (["ana@customer.example"], "Re: URGENT: where is my refund?");
    assert_eq!(json["sends"], serde_json::json!([{ "kind": "reply", "to": to, "subject": subject, "text": text }]));
}

#[test]
fn a_run_as_json_has_no_nulls() {
    let scratch = Scratch::new("cli-nulls");
    let bare = scratch.path("bare.eml");
    fs::write(&bare, "From: a@b.example\r\n\r\nHi\r\n").unwrap();
    let (mails, bare) = (format!("{TRIAGE}/mails"), bare.to_str().unwrap());
    let flow = "Inbound Email Router";
    let lines = printed(&waypost(&["run", "--flows", TRIAGE, "--flow", flow, "--output", "json", bare, &mails]), 0);
    let lines: Vec<Json> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.len() > 5 && lines.iter().any(|line| line.get("messageId").is_none()), "{lines:?}");
    for line in lines {
        assert!(!line.to_string().contains(":null"), "{line}");
        assert!(line.get("trace").is_none() && line["decision"]["skills"].is_array(), "{line}");
    }
}

/// `head` closes the pipe before the command has written all.
#[test]
fn no_command_minds_a_pipe_that_nobody_reads() {
    let mail = format!("{TRIAGE}/mails/1-refund.eml");
    for arguments in [
        &["--help"][..],
        &["completions", "bash"],
        &["completions", "zsh"],
        &["reference"],
        &["schema"],
        &["schema", "trace"],
        &["explain"],
        &["explain", "flow.cycle"],
        &["validate", TRIAGE],
        &["run", "--flows", TRIAGE, "--trace", &mail],
        &["run", "--flows", TRIAGE, "--output", "json", &mail],
        &["replay", "--before", TRIAGE, "--after", TRIAGE, &mail],
        &["replay", "--before", TRIAGE, "--after", TRIAGE, "--output", "json", &mail],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ended = Command::new(WAYPOST).args(arguments).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        let ended = ended.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success() && !said.contains("panicked"), "{arguments:?}: {}, {said}", ended.status);
    }
}

/// What a command does and how it ends does not depend on who reads what it prints.
#[test]
fn a_pipe_that_nobody_reads_stops_no_work_and_hides_no_failure() {
    let scratch = Scratch::new("cli-unread");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    server.apply_triage();
    let unread = |arguments: &[&str], expected: i32| {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let err = writer.try_clone().unwrap();
        let mut command = Command::new(WAYPOST);
        let ended = command.args(arguments).envs(server.environment()).stdout(writer).stderr(err).status().unwrap();
        assert_eq!(ended.code(), Some(expected), "{arguments:?}");
    };
    let mails = format!("{TRIAGE}/mails");
    unread(&["mail", "send", &mails], 0);
    let summary = server.api().get("/interactions/summary").ok();
    assert_eq!(summary["interactions"], DECISIONS.len(), "every mail was sent");
    unread(&["interactions", "list"], 0);
    unread(&["mail", "send", "--to", "nobody@example.com", &mails], 1);
    let project = scratch.path("project");
    let broken = project.join("broken.yaml");
    fs::create_dir_all(&project).unwrap();
    fs::write(&broken, "name: Broken\ntype: email\nnodes: [{ id: a, actions: [{ type: lgo }] }]\n").unwrap();
    for command in ["validate", "test", "apply"] {
        unread(&[command, project.to_str().unwrap()], if command == "test" { 2 } else { 1 });
    }
    let rubbish = scratch.path("rubbish");
    fs::create_dir_all(&rubbish).unwrap();
    fs::write(rubbish.join("waypost.db"), "no database").unwrap();
    unread(&["check", "--data-dir", rubbish.to_str().unwrap()], 1);
    unread(&["plan", TRIAGE], 0);
}

#[test]
fn problems_are_shown_in_their_place() {
    let scratch = Scratch::new("cli-problems");
    let file = scratch.path("broken.yaml");
    let text = "name: Broken\ntype: email\nnodes:\n  - id: only\n    actions:\n      - { type: setAttributes, attributes: { a: \"${interaction.email.subjct}\" } }\n";
    fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    let shown = printed(&waypost(&["validate", file]), 1);
    assert!(shown.contains("broken.yaml:6:"), "{shown}");
    assert!(shown.contains("^"), "the place is underlined: {shown}");
    assert!(shown.contains("`subject`") || shown.contains("subject"), "what was meant: {shown}");
    assert!(shown.contains("1 error"), "{shown}");
    // A folder with errors decides nothing, and says so on stderr: stdout is for decisions.
    let mail = format!("{TRIAGE}/mails/1-refund.eml");
    assert_eq!(printed(&waypost(&["run", "--flows", file, &mail]), 1), "");
    printed(&waypost(&["validate", "no-such-folder"]), 2);
    printed(&waypost(&["no-such-command"]), 2);
}

#[test]
fn the_reference_is_printed() {
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/language.md");
    assert_eq!(printed(&waypost(&["reference"]), 0), fs::read_to_string(docs).unwrap());
}

#[test]
fn schemas_are_printed() {
    let schema = |of: &[&str]| -> Json {
        let printed = printed(&waypost(&[&["schema"], of].concat()), 0);
        serde_json::from_str(&printed).unwrap()
    };
    assert_eq!(schema(&[]), schema(&["flow"]));
    assert!(schema(&["flow"])["properties"]["nodes"].is_object());
    let trace = schema(&["trace"]);
    assert_eq!(trace["title"], "RunTrace");
    assert!(trace["$defs"]["TraceEvent"].is_object(), "{trace}");
}

#[test]
fn warnings_stop_nothing() {
    let scratch = Scratch::new("cli-warnings");
    let file = scratch.path("careless.yaml");
    let text = "name: Careless\ntype: email\nnodes:\n  - id: only\n    actions:\n      - { type: log, message: \"to ${interaction.email.to[0].address}\" }\n";
    fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    let shown = printed(&waypost(&["validate", file]), 0);
    assert!(shown.contains("warning[expression.unguarded]: nothing makes sure that"), "{shown}");
    let marks = format!("\n  | {}{}\n", " ".repeat(36), "^".repeat("interaction.email.to[0]".len()));
    assert!(shown.contains(&marks), "the read is underlined: {shown}");
    assert!(shown.contains("`waypost explain expression.unguarded`"), "{shown}");
    assert!(shown.ends_with("1 flow in 1 file: 0 errors, 1 warning\n"), "{shown}");
}

#[test]
fn codes_are_explained() {
    let scratch = Scratch::new("cli-explain");
    let file = scratch.path("broken.yaml");
    fs::write(&file, "name: Broken\ntype: email\nnodes: [{ id: a, actions: [{ type: lgo }, { type: lgo }] }]\n")
        .unwrap();
    let shown = printed(&waypost(&["validate", file.to_str().unwrap()]), 1);
    assert_eq!(shown.matches("`waypost explain action.unknown`").count(), 1, "the hint stands once: {shown}");

    let page = printed(&waypost(&["explain", "action.unknown"]), 0);
    assert!(page.starts_with("# action.unknown\n") && page.contains("```yaml refused"), "{page}");
    assert!(printed(&waypost(&["explain", "run.missing-key"]), 0).starts_with("# run.missing-key\n"));
    assert!(printed(&waypost(&["explain", "flow.contract.broken"]), 0).starts_with("# flow.contract.broken\n"));

    let listed = printed(&waypost(&["explain"]), 0);
    assert!(listed.lines().count() > 50, "{listed}");
    for line in listed.lines() {
        let (code, meaning) = line.split_once("  ").unwrap();
        assert!(meaning.trim().ends_with('.'), "{line}");
        let page = printed(&waypost(&["explain", code]), 0);
        assert!(page.starts_with(&format!("# {code}\n\n")), "{page}");
    }

    let unknown = waypost(&["explain", "variable.unst"]);
    printed(&unknown, 2);
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("did you mean `variable.unset`?"));
}

#[test]
fn against_a_server() {
    let scratch = Scratch::new("cli");
    let server = Server::start(&scratch.path("data"), &Start::default());
    let applied = printed(&server.cli(&["apply", TRIAGE]), 0);
    for line in
        ["queue Billing: created", "flow Inbound Email Router: created, version 1", "route care@example.com: created"]
    {
        assert!(applied.lines().any(|found| found == line), "no `{line}` in\n{applied}");
    }
    let again = printed(&server.cli(&["apply", TRIAGE]), 0);
    assert!(again.lines().count() >= 9 && again.lines().all(|line| line.ends_with(": unchanged")), "{again}");

    let mails = format!("{TRIAGE}/mails");
    for _ in 0..2 {
        let sent = printed(&server.cli(&["mail", "send", &mails]), 0);
        assert_eq!(sent.lines().filter(|line| line.contains(": taken: 250 ")).count(), DECISIONS.len(), "{sent}");
    }
    let summary = server.api().get("/interactions/summary").ok();
    assert_eq!(
        (&summary["accepted"], &summary["duplicates"], &summary["interactions"]),
        (&14.into(), &7.into(), &7.into())
    );

    let listed = printed(&server.cli(&["interactions", "list"]), 0);
    assert_eq!(listed.lines().count(), 1 + DECISIONS.len(), "{listed}");
    assert!(listed.starts_with("ID "), "{listed}");
    let urgent = listed.lines().find(|line| line.contains("URGENT")).unwrap();
    assert!(urgent.contains("queue Billing (10)"), "{urgent}");
    let id = urgent.split_whitespace().next().unwrap();

    let shown = printed(&server.cli(&["interactions", "show", id]), 0);
    for part in [
        "state      decided",
        "flow       Inbound Email Router version 1",
        "attribute  topic = billing",
        "runs       1, duplicates 1: the same route, envelope sender, Message-ID and content",
    ] {
        assert!(shown.contains(part), "no `{part}` in\n{shown}");
    }
    let traced = printed(&server.cli(&["interactions", "trace", id]), 0);
    assert!(traced.contains("Email Classifier") && traced.contains("Urgency Check"), "{traced}");
    let raw = server.cli(&["interactions", "message", id]);
    assert_eq!(raw.stdout, fs::read(format!("{mails}/1-refund.eml")).unwrap(), "the raw bytes as received");
    let json: Json = serde_json::from_str(&printed(
        &server.cli(&["interactions", "list", "--decision", "disconnect", "--output", "json"]),
        0,
    ))
    .unwrap();
    assert_eq!(json.as_array().unwrap().len(), 1);
    printed(&server.cli(&["interactions", "show", "00000000-0000-4000-8000-000000000000"]), 2);

    let nobody = scratch.path("nobody.eml");
    fs::write(&nobody, "From: a@b.example\r\nTo: nobody@example.com\r\n\r\nx\r\n").unwrap();
    let refused = printed(&server.cli(&["mail", "send", nobody.to_str().unwrap()]), 1);
    assert!(refused.contains("refused: 550 5.1.1"), "{refused}");
}

#[test]
fn a_second_server_on_the_same_data_refuses_to_start() {
    let scratch = Scratch::new("cli-second");
    let data_dir = scratch.path("data");
    let _server = Server::start(&data_dir, &Start::default());
    let second =
        waypost(&["serve", "--http", "127.0.0.1:0", "--smtp", "127.0.0.1:0", "--data-dir", data_dir.to_str().unwrap()]);
    printed(&second, 2);
}

/// A copy of the example's flows with one text in the classifier replaced.
fn edited(scratch: &Scratch, name: &str, from: &str, to: &str) -> String {
    let folder = scratch.path(name);
    fs::create_dir_all(&folder).unwrap();
    for entry in fs::read_dir(format!("{TRIAGE}/flows")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        fs::write(folder.join(path.file_name().unwrap()), text.replace(from, to)).unwrap();
    }
    folder.to_str().unwrap().to_owned()
}

#[test]
fn a_shared_flow_is_changed_without_fear() {
    let scratch = Scratch::new("cli-change");
    let server = Server::start(&scratch.path("data"), &Start::default());
    printed(&server.cli(&["apply", TRIAGE, "--note", "the first"]), 0);
    let mail = format!("{TRIAGE}/mails/1-refund.eml");

    // Who would notice?
    let users = printed(&server.cli(&["flows", "used-by", "Urgency Check", "-t"]), 0);
    let lines: Vec<&str> = users.lines().collect();
    assert_eq!(lines[0], "flow Urgency Check");
    assert!(lines[1].starts_with("└─ flow Email Classifier  [v1 runFlow at nodes[0].actions[0]"), "{users}");
    assert!(lines[2].starts_with("   └─ flow Inbound Email Router"), "{users}");
    assert!(lines[3].starts_with("      └─ route care@example.com"), "{users}");
    let chart = printed(&server.cli(&["flows", "uses", "Inbound Email Router", "-t", "--output", "mermaid"]), 0);
    assert!(chart.starts_with("flowchart LR\n") && chart.contains("-->|runFlow|"), "{chart}");
    let graph = |form| printed(&server.cli(&["flows", "used-by", "Urgency Check", "-t", "--output", form]), 0);
    let as_json: Json = serde_json::from_str(&graph("json")).unwrap();
    assert_eq!(as_json["edges"].as_array().unwrap().len(), 3, "{as_json}");
    assert_eq!(waypost_flow::source::yaml(&graph("yaml")).unwrap().0.to_json(), as_json);
    assert_eq!(graph("table"), users, "the name that all commands have for it");
    let queue = printed(&server.cli(&["queues", "used-by", "billing"]), 0);
    assert!(queue.contains("flow Inbound Email Router"), "{queue}");

    // A draft is tried on a mail before anybody follows it.
    let folder = edited(&scratch, "draft", "name: topic, value: billing", "name: topic, value: support");
    let mut files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let classifier =
        files.find(|path| fs::read_to_string(path).unwrap().starts_with("name: Email Classifier")).unwrap();
    let classifier = classifier.to_str().unwrap();
    let saved = printed(&server.cli(&["flows", "draft", "Email Classifier", classifier, "--note", "try"]), 0);
    assert_eq!(saved, "flow Email Classifier: version 2 saved as a draft\n");
    let inputs = ["--input", "subject=a refund", "--input", "body=x"];
    let tried = |version: &str| {
        let arguments = [&["try", "Email Classifier", "--version", version][..], &inputs, &[&mail]].concat();
        printed(&server.cli(&arguments), 0)
    };
    assert!(tried("published").contains(r#"topic = "billing""#), "{}", tried("published"));
    assert!(tried("newest").contains(r#"topic = "support""#), "{}", tried("newest"));
    let diff = printed(&server.cli(&["flows", "diff", "Email Classifier"]), 0);
    assert!(diff.contains("~ nodes[billing].actions[0].value  \"billing\" -> \"support\""), "{diff}");

    // Published, it decides; an old version again, it does not.
    let decided = || printed(&server.cli(&["try", "Inbound Email Router", &mail]), 0);
    printed(&server.cli(&["flows", "publish", "Email Classifier", "--note", "go"]), 0);
    assert!(decided().contains("queue Support"), "{}", decided());
    printed(&server.cli(&["flows", "publish", "Email Classifier", "--version", "1"]), 0);
    assert!(decided().contains("queue Billing"), "{}", decided());
    // After the rollback, what is shown is what runs.
    let versions = printed(&server.cli(&["flows", "versions", "Email Classifier"]), 0);
    let lines: Vec<&str> = versions.lines().collect();
    let columns = |line: &str| line.split_whitespace().take(2).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(
        (columns(lines[1]), columns(lines[2])),
        (vec!["2".into(), "-".into()], vec!["1".into(), "published".into()]),
        "{versions}"
    );
    let listed = printed(&server.cli(&["flows", "list", "--name", "Classifier"]), 0);
    assert!(listed.contains("NEWEST") && !listed.contains("DRAFT"), "{listed}");
    let history = printed(&server.cli(&["flows", "history", "Email Classifier"]), 0);
    assert!(history.contains("saved version 2") && history.contains("the first"), "{history}");

    // What breaks a caller is refused, with the caller named; nothing of the set is done.
    let broken = edited(
        &scratch,
        "broken",
        "{ name: urgent, dataType: boolean, default: false }",
        "{ name: urgent, dataType: string }",
    );
    let only: Vec<String> = fs::read_dir(&broken)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !fs::read_to_string(path).unwrap().starts_with("name: Inbound"))
        .map(|path| path.to_str().unwrap().to_owned())
        .collect();
    let mut arguments = vec!["apply"];
    arguments.extend(only.iter().map(String::as_str));
    let refused = server.cli(&arguments);
    printed(&refused, 1);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!said.is_empty(), "it is said why");
    let listed = printed(&server.cli(&["flows", "list"]), 0);
    assert_eq!(listed.lines().count(), 4, "{listed}");

    // Labels.
    printed(&server.cli(&["flows", "label", "Email Classifier", "stable", "1:90", "2:10"]), 0);
    let listed = printed(&server.cli(&["flows", "list"]), 0);
    assert!(listed.contains("stable=1:90/2:10"), "{listed}");
    let versions = printed(&server.cli(&["flows", "versions", "Email Classifier"]), 0);
    assert!(versions.contains("published, stable") && versions.matches("stable").count() == 2, "{versions}");
    printed(&server.cli(&["flows", "unlabel", "Email Classifier", "stable"]), 0);
    printed(&server.cli(&["flows", "deprecate", "Email Classifier", "use the new one"]), 0);
    let users = printed(&server.cli(&["flows", "uses", "Inbound Email Router"]), 0);
    assert!(users.contains("flow Email Classifier (deprecated)"), "{users}");
    let refused = server.cli(&["flows", "delete", "Email Classifier"]);
    printed(&refused, 1);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("Inbound Email Router"));
    printed(&server.cli(&["flows", "show", "No Such Flow"]), 2);
    let document: Json =
        serde_json::from_str(&printed(&server.cli(&["flows", "show", "--output", "json", "Email Classifier"]), 0))
            .unwrap();
    assert_eq!(document["nodes"][0]["id"], "urgency");
    let shown = printed(&server.cli(&["flows", "show", "Email Classifier"]), 0);
    assert_eq!(waypost_flow::source::yaml(&shown).unwrap().0.to_json(), document, "YAML says the same");
    let listed = printed(&server.cli(&["queues", "list", "--output", "json"]), 0);
    let as_yaml = printed(&server.cli(&["queues", "list", "--output", "yaml"]), 0);
    let listed: Json = serde_json::from_str(&listed).unwrap();
    assert_eq!(waypost_flow::source::yaml(&as_yaml).unwrap().0.to_json()[0]["name"], listed[0]["name"]);
}
