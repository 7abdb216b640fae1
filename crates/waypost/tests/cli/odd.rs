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

#[test]
fn files_beside_one_in_another_encoding_are_checked() {
    let scratch = Scratch::new("cli-encodings");
    fs::create_dir_all(scratch.path("project")).unwrap();
    let calls = "name: One\ntype: email\nnodes: [{ id: all, actions: [{ type: runFlow, flow: Shared }] }]\n";
    let wrong = "---\nname: Two\ntype: email\ncolour: red\nnodes: []\n";
    let files = [
        ("flows.yaml", [calls, wrong].concat().into_bytes()),
        ("shared.yaml", b"name: Shared # caf\xe9\ntype: shared\nnodes: []\n".to_vec()),
        ("one.test.yaml", b"# \xe9\n".to_vec()),
    ];
    for (file, bytes) in files {
        fs::write(scratch.path("project").join(file), bytes).unwrap();
    }
    let project = scratch.path("project");
    let ran = waypost(&["validate", project.to_str().unwrap()]);
    let out = printed(&ran, 2);
    assert!(out.contains("`colour`") && !out.contains("`Shared`"), "{out}");
    assert!(out.ends_with("1 flow in 1 file: 1 error, 0 warnings\n"), "{out}");
    let why = |file: &str| {
        format!("waypost: can't read {}/{file}: it is not text in UTF-8: save it in that encoding\n", project.display())
    };
    assert_eq!(String::from_utf8(ran.stderr).unwrap(), [why("shared.yaml"), why("one.test.yaml")].concat());
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

/// Files that can't be read: a link that leads nowhere, and one that is not text.
#[test]
fn what_can_be_read_is_done_beside_what_can_not() {
    let scratch = Scratch::new("cli-some-unreadable");
    for folder in ["project", "mails"] {
        fs::create_dir(scratch.path(folder)).unwrap();
    }
    let flow = "name: One\ntype: email\nnodes: [{ id: a, actions: [{ type: disconnect }] }]\n";
    fs::write(scratch.path("project/one.yaml"), flow).unwrap();
    for mail in ["a.eml", "d.eml"] {
        fs::write(scratch.path("mails").join(mail), "Subject: hello\r\n\r\n").unwrap();
    }
    for link in ["mails/b.eml", "mails/c"] {
        std::os::unix::fs::symlink("nowhere", scratch.path(link)).unwrap();
    }
    let (project, mails) = (scratch.path("project"), scratch.path("mails"));
    let (project, mails) = (project.to_str().unwrap(), mails.to_str().unwrap());
    let ran = waypost(&["run", "-f", project, "--flow", "One", mails]);
    let decided = |mail: &str| format!("{mails}/{mail}: disconnect, priority 0\n");
    assert_eq!(printed(&ran, 2), format!("{}{}", decided("a.eml"), decided("d.eml")));
    let why = |mail: &str| format!("waypost: can't read {mails}/{mail}: No such file or directory (os error 2)\n");
    assert_eq!(String::from_utf8(ran.stderr).unwrap(), format!("{}{}", why("b.eml"), why("c")));
    let named = [&format!("{mails}/b.eml"), &format!("{mails}/d.eml")];
    let ran = waypost(&["run", "-f", project, "--flow", "One", named[0], named[1]]);
    assert_eq!(printed(&ran, 2), decided("d.eml"));

    let bytes = [b"name: Two # caf\xe9\n".as_slice(), flow.as_bytes()].concat();
    fs::write(scratch.path("project/a.yaml"), bytes).unwrap();
    std::os::unix::fs::symlink("nowhere", scratch.path("project/b.yaml")).unwrap();
    fs::write(scratch.path("project/two.yaml"), "{name: Two,   type: shared, nodes: []}\n").unwrap();
    let ran = waypost(&["fmt", project]);
    let formatted = printed(&ran, 2);
    assert!(formatted.contains("two.yaml") && !formatted.contains("a.yaml"), "{formatted}");
    let told = String::from_utf8(ran.stderr).unwrap();
    let expected = [
        format!("can't read {project}/a.yaml: it is not text in UTF-8: save it in that encoding\n"),
        format!("can't read {project}/b.yaml: No such file or directory (os error 2)\n"),
        "waypost: 2 files with errors left as they are\n".to_owned(),
    ];
    assert_eq!(told, expected.concat());
}
