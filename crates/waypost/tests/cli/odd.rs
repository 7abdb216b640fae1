//! Folders, files and terminals that are not as usual.

use std::fs;
use std::process::Command;

use super::harness::WAYPOST;
use super::harness::scratch::Scratch;
use super::{printed, waypost};

const FLOW: &str = "name: One\ntype: shared\nnodes: []\n";

#[test]
fn a_link_that_leads_back_is_not_entered_again() {
    let scratch = Scratch::new("cli-loops");
    for folder in ["project/a", "project/b"] {
        fs::create_dir_all(scratch.path(folder)).unwrap();
    }
    fs::create_dir(scratch.path("elsewhere")).unwrap();
    fs::write(scratch.path("project/a/one.yaml"), FLOW).unwrap();
    fs::write(scratch.path("elsewhere/two.yaml"), FLOW.replace("One", "Two")).unwrap();
    for (target, link) in [("..", "a/up"), ("../a", "b/a"), ("../b", "a/b"), ("../elsewhere", "linked")] {
        std::os::unix::fs::symlink(target, scratch.path("project").join(link)).unwrap();
    }
    fs::remove_file(scratch.path("project/b/a")).unwrap();
    let out = printed(&waypost(&["validate", scratch.path("project").to_str().unwrap()]), 0);
    assert_eq!(out, "2 flows in 2 files: 0 errors, 0 warnings\n");
}

#[test]
fn a_file_in_another_encoding_is_told_as_such() {
    let scratch = Scratch::new("cli-encoding");
    let file = scratch.path("flow.yaml");
    let utf16: Vec<u8> = std::iter::once(0xfeff).chain(FLOW.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    fs::write(&file, utf16).unwrap();
    let ran = waypost(&["validate", file.to_str().unwrap()]);
    printed(&ran, 2);
    let told = String::from_utf8(ran.stderr).unwrap();
    let expected =
        format!("waypost: can't read {}: it is not text in UTF-8: save it in that encoding\n", file.display());
    assert_eq!(told, expected);
    fs::write(&file, format!("\u{feff}{}", FLOW.replace('\n', "\r\n"))).unwrap();
    printed(&waypost(&["validate", file.to_str().unwrap()]), 0);
}

/// What a command prints on a terminal, escape sequences included.
fn on_terminal(words: &str, environment: (&str, &str)) -> String {
    let script = Command::new("script")
        .args(["--quiet", "--return", "--command", &format!("'{WAYPOST}' {words}"), "/dev/null"])
        .env("TERM", "xterm")
        .env_remove("NO_COLOR")
        .envs([environment])
        .output()
        .unwrap();
    String::from_utf8(script.stdout).unwrap()
}

#[test]
fn colours_are_on_terminals_that_know_them_and_for_people_who_want_them() {
    let scratch = Scratch::new("cli-colours");
    fs::write(scratch.path("flow.yaml"), "name: One\ntype: email\nnodes: &all []\n").unwrap();
    fs::write(scratch.path("flow.test.yaml"), "tests: []\n").unwrap();
    let folder = scratch.path(".");
    let folder = folder.to_str().unwrap();
    for command in ["validate", "fmt", "test", "run --flows", "apply"] {
        let words = format!("{command} {folder}");
        let mails = if command.starts_with("run") { " /dev/null" } else { "" };
        let words = words + mails;
        let coloured = on_terminal(&words, ("WAYPOST_URL", ""));
        assert!(coloured.contains("\x1b[1;31merror\x1b[0m["), "{words}: {coloured:?}");
        for environment in [("TERM", "dumb"), ("NO_COLOR", "1")] {
            let told = on_terminal(&words, environment);
            assert!(told.contains("error[") && !told.contains('\x1b') && !told.contains("u001b"), "{words}: {told:?}");
        }
    }
}
