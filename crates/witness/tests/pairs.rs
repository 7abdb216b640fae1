//! Pairs of projects that differ in one place (`spec/witness/pairs.txt`): the search finds a mail that shows it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod folder;

use std::time::Duration;

use folder::Folder;
use waypost_project::SourceFile;
use waypost_witness::differences;
use waypost_witness::search::{Bounds, witness};

/// Enough for each of them, and few enough for those that are equal.
const TRIES: u64 = 3_000;

struct Pair {
    name: String,
    before: String,
    after: String,
    expected: String,
}

fn pairs() -> Vec<Pair> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../spec/witness/pairs.txt");
    let text = std::fs::read_to_string(path).unwrap();
    let each = text.split("\n=== ").skip(1).map(|part| {
        let (name, rest) = part.split_once('\n').unwrap();
        let line = |mark: &str| {
            let found = rest.lines().find_map(|line| line.strip_prefix(mark));
            found.unwrap_or_else(|| panic!("{name} has no line `{mark}`")).to_owned()
        };
        let (old, new, expected) = (line("- "), line("+ "), line("? "));
        let project = rest.lines().take_while(|line| !line.starts_with("- ")).collect::<Vec<_>>().join("\n");
        assert_eq!(project.matches(&old).count(), 1, "{name}: `{old}` is there once");
        Pair { name: name.to_owned(), after: project.replace(&old, &new), before: project, expected }
    });
    each.collect()
}

fn folder(text: &str) -> Folder {
    Folder::of(&[SourceFile { path: "project.yaml".to_owned(), text: text.to_owned() }])
}

#[test]
fn a_mail_shows_each_difference() {
    let mut wrong = Vec::new();
    for pair in pairs() {
        let (before, after) = (folder(&pair.before), folder(&pair.after));
        let bounds = Bounds { time: Duration::from_secs(3_600), tries: TRIES };
        let sides = [before.flows(), after.flows()];
        let found = witness(&sides, None, "witness.eml", &bounds, 0);
        let again = witness(&sides, None, "witness.eml", &bounds, 0);
        assert_eq!(found.tries, again.tries, "{}: the same seed tries the same mails", pair.name);
        let shown = match found.witness {
            None => "none".to_owned(),
            Some(witness) => {
                assert_eq!(again.witness.map(|again| again.test), Some(witness.test.clone()), "{}", pair.name);
                match (&witness.before, &witness.after) {
                    (Some(before), Some(after)) => differences(before, after).join("\n"),
                    _ => "only one has the entry".to_owned(),
                }
            }
        };
        if !shown.contains(&pair.expected) {
            wrong.push(format!("{}: {shown} (after {} tries)", pair.name, found.tries));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
