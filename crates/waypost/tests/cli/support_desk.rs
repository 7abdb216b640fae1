//! The support desk: its tests reach all of it. Its page is run by `docs.rs`.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value as Json;

use super::flow_tests::{fits, schema, yaml};
use super::harness::scratch::Scratch;
use super::harness::{SUPPORT_DESK, WAYPOST};
use super::{printed, waypost};

#[test]
fn the_support_desks_tests_pass_and_cover_all_of_it() {
    let summary = printed(&waypost(&["validate", SUPPORT_DESK]), 0);
    assert!(summary.ends_with(": 0 errors, 0 warnings\n") && summary.starts_with("18 flows in "), "{summary}");

    let report = printed(&waypost(&["test", SUPPORT_DESK, "--threshold", "100", "--output", "json"]), 0);
    let report: Json = serde_json::from_str(&report).unwrap();
    assert!(report["passed"].as_u64() >= Some(180), "{}", report["passed"]);
    assert_eq!((&report["failed"], &report["coverage"]["gaps"]), (&0.into(), &Json::Array(Vec::new())));

    let schema = schema("test");
    for file in fs::read_dir(Path::new(SUPPORT_DESK).join("tests")).unwrap() {
        fits(&schema, &yaml(&fs::read_to_string(file.unwrap().path()).unwrap()));
    }
}

#[test]
fn an_mbox_is_run_mail_by_mail_from_a_file_and_from_standard_input() {
    let scratch = Scratch::new("cli-mbox");
    let mut mbox = Vec::new();
    for name in ["4-supplier-invoice.eml", "5-stove.eml"] {
        writeln!(mbox, "From someone@customer.example Sun Mar 15 18:02:00 2026").unwrap();
        mbox.extend(fs::read(Path::new(SUPPORT_DESK).join("mails").join(name)).unwrap());
    }
    let file = scratch.path("archive.mbox");
    fs::write(&file, &mbox).unwrap();
    let file = file.to_str().unwrap();
    let from_a_file = printed(&waypost(&["run", "-f", SUPPORT_DESK, file]), 0);
    let decisions = ["forward", "queue Complaints, priority 100"];
    let decided: Vec<&str> = from_a_file.lines().filter(|line| !line.starts_with("    ")).collect();
    assert_eq!(decided.len(), decisions.len(), "{from_a_file}");
    for (number, (line, decision)) in decided.iter().zip(decisions).enumerate() {
        assert!(line.starts_with(&format!("{file}#{}: {decision}", number + 1)), "{line}");
    }

    let mut command = Command::new(WAYPOST)
        .args(["run", "-f", SUPPORT_DESK, "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    command.stdin.take().unwrap().write_all(&mbox).unwrap();
    let from_stdin = printed(&command.wait_with_output().unwrap(), 0);
    assert_eq!(from_stdin, from_a_file.replace(file, "-"));
}

#[test]
fn what_nobody_answers_is_unknown_and_an_answer_makes_it_known() {
    let mail = format!("{SUPPORT_DESK}/mails/1-where-is-it.eml");
    let alone = printed(&waypost(&["run", "-f", SUPPORT_DESK, "--trace", &mail]), 1);
    assert!(alone.contains(": unknown, priority 0 (the data action `Find contact` is not called here"), "{alone}");
    for line in [
        "    unanswered: Find contact {\"email\":\"ana@customer.example\"}",
        "asked the table Accounts for \"customer.example\": {}",
        "asked the data action Find contact with {\"email\":\"ana@customer.example\"}, and there was no answer",
    ] {
        assert!(alone.contains(line), "{line}\n{alone}");
    }
    let json = printed(&waypost(&["run", "-f", SUPPORT_DESK, "--output", "json", &mail]), 1);
    let line: Json = serde_json::from_str(&json).unwrap();
    assert_eq!((&line["decision"]["kind"], &line["decision"]["queue"]), (&"unknown".into(), &Json::Null), "{json}");

    let answers = format!("{SUPPORT_DESK}/outside/example.answers.yaml");
    let known = printed(&waypost(&["run", "-f", SUPPORT_DESK, "--answers", &answers, &mail]), 0);
    assert!(known.contains(": disconnect") && known.contains("https://parcel-carrier.example/t/481523"), "{known}");

    let scratch = Scratch::new("cli-answers");
    let wrong = scratch.path("wrong.answers.yaml");
    fs::write(&wrong, "answers:\n  - { dataAction: Find contacts, output: {} }\n  - { table: Accounts, output: 7 }\n")
        .unwrap();
    let refused = waypost(&["run", "-f", SUPPORT_DESK, "--answers", wrong.to_str().unwrap(), &mail]);
    printed(&refused, 1);
    let told = String::from_utf8_lossy(&refused.stderr);
    for part in ["did you mean `Find contact`?", "wrong.answers.yaml:2:", "wrong.answers.yaml:3:"] {
        assert!(told.contains(part), "{part}\n{told}");
    }
}
