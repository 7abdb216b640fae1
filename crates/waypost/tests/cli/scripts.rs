//! Whole runs of the command line: what is printed on stdout and stderr, and the exit code, as `spec/commands` has them.
//!
//! With `WAYPOST_BLESS=1` they are written anew; read the difference before you keep it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::harness::WAYPOST;
use super::harness::scratch::Scratch;

#[test]
fn commands_print_what_they_should() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/commands");
    let mut scripts: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    scripts.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    scripts.sort();
    assert!(!scripts.is_empty());
    let bless = std::env::var_os("WAYPOST_BLESS").is_some();
    let mut wrong = Vec::new();
    for path in scripts {
        let script = fs::read_to_string(&path).unwrap();
        let now = played(&script);
        if bless {
            fs::write(&path, &now).unwrap();
        } else if now != script {
            wrong.push(format!("{}\n{now}", path.file_name().unwrap().display()));
        }
    }
    assert!(wrong.is_empty(), "these print something else:\n{}", wrong.join("\n"));
}

/// The script as it comes out: what commands print follows them.
fn played(script: &str) -> String {
    let scratch = Scratch::new("cli-scripts");
    let mut out = String::new();
    let mut lines = script.lines().peekable();
    while let Some(line) = lines.next() {
        writeln!(out, "{line}").unwrap();
        if let Some(name) = line.strip_prefix("=== ") {
            let mut text = String::new();
            while let Some(line) = lines.next_if(|line| !line.starts_with("=== ") && !line.starts_with("$ ")) {
                writeln!(out, "{line}").unwrap();
                writeln!(text, "{line}").unwrap();
            }
            let path = scratch.path(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        } else if let Some(command) = line.strip_prefix("$ ") {
            while lines.next_if(|line| !line.starts_with("=== ") && !line.starts_with("$ ")).is_some() {}
            print(&mut out, command, &scratch);
        }
    }
    out
}

/// What a command prints, and how it ends.
fn print(out: &mut String, command: &str, scratch: &Scratch) {
    let (mut words, mut environment) = (Vec::new(), Vec::new());
    for word in command.split(' ') {
        match word.split_once('=') {
            Some(set) if words.is_empty() => environment.push(set),
            _ => words.push(word),
        }
    }
    if let ["show", file] = words.as_slice() {
        return indented(out, " ", &fs::read(scratch.path(file)).unwrap());
    }
    assert_eq!(words.first(), Some(&"waypost"), "{command}");
    let ran = Command::new(WAYPOST)
        .args(&words[1..])
        .env_remove("GITHUB_ACTIONS")
        .envs(environment)
        .current_dir(scratch.path(""))
        .output()
        .unwrap();
    writeln!(out, "exit {}", ran.status.code().unwrap()).unwrap();
    indented(out, "|", &ran.stdout);
    indented(out, "!", &ran.stderr);
}

fn indented(out: &mut String, margin: &str, text: &[u8]) {
    for line in without_times(&String::from_utf8_lossy(text)).lines() {
        writeln!(out, "{}", format!("{margin} {line}").trim_end()).unwrap();
    }
}

/// How long something took is another time each time.
fn without_times(text: &str) -> String {
    let mut text = text.to_owned();
    for mark in ["\"durationUs\": ", " time=\""] {
        let mut parts = text.split(mark);
        let first = parts.next().unwrap_or_default().to_owned();
        text = parts.fold(first, |mut all, part| {
            all.push_str(mark);
            all.push('0');
            all.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.'));
            all
        });
    }
    text
}
