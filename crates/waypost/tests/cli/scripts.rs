//! Whole runs of the command line: what is printed on stdout and stderr, and the exit code, as `spec/commands` has them.
//!
//! With `WAYPOST_BLESS=1` they are written anew; read the difference before you keep it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::stage::Stage;

/// What lines of a session begin with, other than those that a command printed.
const STEPS: [&str; 5] = ["=== ", "$ ", "& ", "% ", "# "];

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
    let mut stage = Stage::default();
    let mut out = String::new();
    let mut lines = script.lines().peekable();
    let is_step = |line: &&str| STEPS.iter().any(|step| line.starts_with(step));
    while let Some(line) = lines.next() {
        writeln!(out, "{line}").unwrap();
        if let Some(name) = line.strip_prefix("=== ") {
            let mut text = String::new();
            // A comment is the file's own.
            while let Some(line) = lines.next_if(|line| line.starts_with("# ") || !is_step(line)) {
                writeln!(out, "{line}").unwrap();
                writeln!(text, "{line}").unwrap();
            }
            stage.put(name, &text);
            continue;
        }
        let printed = match line.split_once(' ') {
            Some(("$", command)) => stage.run(command),
            Some(("&", command)) => stage.begin(command),
            Some(("%", direction)) => stage.direct(direction),
            _ => continue,
        };
        while lines.next_if(|line| !is_step(line)).is_some() {}
        out.push_str(&printed);
    }
    out
}
