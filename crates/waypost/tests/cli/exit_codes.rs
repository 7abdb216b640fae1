//! Exit codes that `docs/cli.md` promises, of every command that asks a server: without an answer, with a wrong secret, without the scope.

use std::fs;
use std::process::Command;
use std::thread;

use serde_json::Value as Json;
use waypost_scratch_postgres::Port;

use super::harness::scratch::Scratch;
use super::harness::{Server, Start, WAYPOST};
use super::printed;

/// One command of each family that asks a server. FOLDER is a project, EMPTY one of which only the name is there, NEW a folder that is not there, FILE a data action, ID an id.
const COMMANDS: &[&str] = &[
    "plan FOLDER",
    "plan FOLDER --prune",
    "plan EMPTY",
    "apply FOLDER",
    "apply --dry-run FOLDER",
    "export NEW",
    "replay FOLDER",
    "replay --flow Inbound",
    "replays list",
    "flows list",
    "flows show Inbound",
    "flows delete Inbound",
    "flows used-by Inbound",
    "queues list",
    "queues show Billing",
    "queues create Other",
    "queues claim Billing",
    "domains list",
    "domains create example.org",
    "routes list",
    "routes create a@example.com --queue Billing",
    "skills list",
    "languages list",
    "tables list",
    "tables rows Customers",
    "schedules list",
    "schedules evaluate Hours",
    "mailboxes list",
    "mailboxes test Support",
    "webhooks list",
    "webhooks create Other https://example.com/",
    "data-actions list",
    "data-actions create FILE",
    "secrets list",
    "clients list",
    "clients revoke Other",
    "audit",
    "events",
    "correspondents find ana@example.com",
    "correspondents erase ana@example.com --yes",
    "interactions list",
    "interactions show ID",
    "interactions trace ID",
    "interactions rerun --state decided",
    "interactions erase ID --yes",
    "deliveries list",
    "deliveries show ID",
    "ledger",
];

/// Some of them that need more than a scope to read mail.
const NOT_BY_A_READER: &[&str] =
    &["plan FOLDER", "apply FOLDER", "queues create Other", "clients list", "secrets list", "flows delete Inbound"];

/// Runs commands at the same time, each as one who may not do it, and answers those that end in another way than is promised.
fn otherwise(
    scratch: &Scratch,
    commands: &[&str],
    url: &str,
    secret: &(impl Fn(usize) -> [String; 2] + Sync),
) -> Vec<String> {
    let folder = scratch.path("project");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("project.yaml"), "kind: project\nname: desk\n---\nkind: queue\nname: Billing\n").unwrap();
    let empty = scratch.path("empty");
    fs::create_dir_all(&empty).unwrap();
    fs::write(empty.join("project.yaml"), "kind: project\nname: desk\n").unwrap();
    let file = scratch.path("action.json");
    fs::write(&file, include_str!("../../../../spec/data-actions/exports/get-by-path.json")).unwrap();
    let run = |number: usize, command: &str| {
        let new = scratch.path(&format!("new-{number}"));
        let word = |word: &str| match word {
            "EMPTY" => empty.to_str().unwrap().to_owned(),
            "FOLDER" => folder.to_str().unwrap().to_owned(),
            "NEW" => new.to_str().unwrap().to_owned(),
            "FILE" => file.to_str().unwrap().to_owned(),
            "ID" => "019aa3f2-7100-7000-8000-000000000000".to_owned(),
            word => word.to_owned(),
        };
        let [id, secret] = secret(number);
        let ran = Command::new(WAYPOST)
            .args(command.split(' ').map(word))
            .envs([("WAYPOST_URL", url), ("WAYPOST_CLIENT_ID", &id), ("WAYPOST_CLIENT_SECRET", &secret)])
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&ran.stderr).into_owned();
        let expected = if command.starts_with("plan") { 1 } else { 2 };
        let code = ran.status.code();
        let is_told = told.starts_with("waypost: ") && ran.stdout.is_empty();
        (code != Some(expected) || !is_told).then(|| format!("{command}: {code:?} {told}"))
    };
    thread::scope(|scope| {
        let run = &run;
        let all: Vec<_> =
            commands.iter().enumerate().map(|(number, command)| scope.spawn(move || run(number, command))).collect();
        all.into_iter().filter_map(|one| one.join().unwrap()).collect()
    })
}

#[test]
fn no_answer_a_wrong_secret_and_a_missing_scope_end_as_documented() {
    let scratch = Scratch::new("cli-codes");
    let free = Port::keep().unwrap();
    let nobody = |number: usize| [format!("nobody-{number}"), "wrong".to_owned()];
    assert_eq!(otherwise(&scratch, COMMANDS, &format!("http://{}", free.address()), &nobody), [""; 0], "no answer");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    let url = format!("http://{}", server.http);
    assert_eq!(otherwise(&scratch, COMMANDS, &url, &nobody), [""; 0], "401");
    let made = server.cli(&["clients", "create", "Reader", "--scope", "email:read", "--output", "json"]);
    let made: Json = serde_json::from_str(&printed(&made, 0)).unwrap();
    let reader = |_: usize| [&made["id"], &made["secret"]].map(|text| text.as_str().unwrap().to_owned());
    assert_eq!(otherwise(&scratch, NOT_BY_A_READER, &url, &reader), [""; 0], "403");
}

#[test]
fn a_sign_in_that_is_slowed_says_why() {
    let scratch = Scratch::new("cli-slowed");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    let wrong = || {
        let ran = server.cli(&["queues", "list", "--client-id", "robot", "--client-secret", "wrong"]);
        String::from_utf8_lossy(&ran.stderr).into_owned()
    };
    let says_why = |told: &String| {
        let mut lines = told.lines();
        lines.any(|line| {
            let rest = line.strip_prefix("waypost: too many sign-ins with a wrong secret; waiting ");
            let seconds = rest.and_then(|rest| rest.strip_suffix(" s")).and_then(|seconds| seconds.parse::<u32>().ok());
            seconds.is_some_and(|seconds| seconds > 0)
        })
    };
    let mut told: Vec<String> = (0..10).map(|_| wrong()).collect();
    assert!(!told.iter().any(says_why), "ten cost nothing: {told:?}");
    // Each further one costs twice the time of the one before: sooner or later more than a command takes to come again.
    let slowed = (0..6).map(|_| wrong()).find(says_why);
    told.extend(slowed.clone());
    assert!(slowed.is_some(), "{told:?}");
    assert!(!told.concat().contains("rate limit"), "{told:?}");
}
