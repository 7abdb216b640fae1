//! Conditions that read each member of the mail and call each function of the language (`spec/witness/language.txt`): the search finds
//! a mail for which two of them differ.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod folder;

use std::time::Duration;

use folder::Folder;
use waypost_flow::{expr, functions};
use waypost_project::SourceFile;
use waypost_witness::search::{Bounds, witness};

/// Enough for each of them: none takes a tenth of it.
const TRIES: u64 = 3_000;

/// Where none is to be found: more than twice what any takes that is.
const TRIES_FOR_NONE: u64 = 600;

/// What stands behind a pair of which none is found.
const NONE: &str = "none";

fn table() -> &'static str {
    include_str!("../../../spec/witness/language.txt")
}

fn lines() -> impl Iterator<Item = &'static str> {
    table().lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// A flow that decides by one condition.
fn flow(condition: &str) -> Folder {
    let when = serde_json::to_string(&format!("${{{condition}}}")).unwrap();
    let text = format!(
        "name: F\ntype: email\nnodes:\n  - {{ id: a, next: [{{ when: {when}, to: b }}, {{ to: c }}] }}\n  \
         - {{ id: b, actions: [{{ type: transferToQueue, queue: Billing }}] }}\n  \
         - {{ id: c, actions: [{{ type: transferToQueue, queue: General }}] }}\n"
    );
    Folder::of(&[SourceFile { path: "project.yaml".to_owned(), text }])
}

#[test]
fn a_mail_is_found_for_each_member_and_function() {
    let mut wrong = Vec::new();
    for line in lines() {
        let mut parts = line.split(" ==> ");
        let (one, other) = (parts.next().unwrap(), parts.next().expect(line));
        let wanted = parts.next().is_none_or(|found| found != NONE);
        let (before, after) = (flow(one), flow(other));
        let tries = if wanted { TRIES } else { TRIES_FOR_NONE };
        let bounds = Bounds { time: Duration::from_secs(3_600), tries };
        let found = witness(&[before.flows(), after.flows()], None, "witness.eml", &bounds, 0).witness.is_some();
        if found != wanted {
            wrong.push(format!("{}: {line}", if found { "found" } else { "none" }));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), lines().count(), wrong.join("\n"));
}

#[test]
fn each_function_macro_and_operator_has_a_line() {
    let names = functions::all().map(|function| format!("{}(", function.name));
    let macros = expr::MACROS.iter().map(|known| {
        let (name, arguments) = known.form.split_once('(').unwrap();
        format!(".{}({}", name.split_once('.').unwrap().1, if arguments.starts_with('i') { "i, " } else { "" })
    });
    let missing: Vec<String> = names.chain(macros).filter(|name| !lines().any(|line| line.contains(name))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// The members are those of the reference.
#[test]
fn each_member_has_a_line() {
    let reference = include_str!("../../../docs/language.md");
    let (mut seen, mut missing) = (0, Vec::new());
    for section in reference.split("\n### ").skip(1) {
        let (title, rest) = section.split_once('\n').unwrap();
        let object = match title.trim_matches('`') {
            "Members of an address" => "t",
            "Members of an attachment" => "a",
            object if object.starts_with("interaction") => object,
            _ => continue,
        };
        let rows = rest.lines().take_while(|line| !line.starts_with('#')).filter_map(|line| line.strip_prefix("| `"));
        for row in rows {
            let name = row.split(['`', '(']).next().unwrap();
            let member = format!("{object}.{name}");
            seen += 1;
            if !lines().any(|line| line.contains(&member)) {
                missing.push(member);
            }
        }
    }
    assert!(missing.is_empty() && seen > 60, "{seen} members, without a line {missing:?}");
}
