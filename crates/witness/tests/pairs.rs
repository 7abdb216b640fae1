//! Pairs of projects that differ in one place (`spec/witness/pairs.txt`): the search finds a mail that shows it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod folder;

use std::time::Duration;

use folder::Folder;
use waypost_flow::source::{self, Node};
use waypost_flow_tests::{Flows, Suite};
use waypost_mail::smtp::Recipient;
use waypost_project::SourceFile;
use waypost_witness::differences;
use waypost_witness::search::{Bounds, Witness, witness};

/// Enough for each of them, and few enough for those that are equal.
const TRIES: u64 = 3_000;

/// No pair needs a mail that is filled up to more, in bytes.
const SMALL: usize = 4_096;

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

/// Whether the test that is written beside a mail passes.
fn passes(witness: &Witness, flows: &Flows<'_>) -> bool {
    let file = SourceFile { path: "witness.test.yaml".to_owned(), text: witness.test.clone() };
    let suite = Suite::read(&[file], flows, &|_, _| Ok(witness.mail.clone()));
    assert!(suite.problems.is_empty(), "{}", witness.test);
    suite.cases.iter().all(|case| case.run(flows, None, false).unwrap().mismatches.is_empty())
}

/// An address of a test's envelope that no server takes.
fn misaddressed(test: &str) -> Option<String> {
    let documents = source::yaml_documents(test).unwrap();
    let Some(Node::List(cases)) = source::member(&documents[0].0, "tests") else { panic!("{test}") };
    let envelope = source::member(&cases[0], "envelope")?;
    ["from", "to"].into_iter().filter_map(|name| source::member(envelope, name)).find_map(|address| match address {
        Node::String(address) if address.is_empty() || Recipient::parse(address).is_some() => None,
        other => Some(format!("{other:?}")),
    })
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
                assert!(witness.mail.len() < SMALL, "{}: {} bytes", pair.name, witness.mail.len());
                match (&witness.before, &witness.after) {
                    (Some(before), Some(after)) => {
                        let [was, is] = sides.map(|side| passes(&witness, &side));
                        if (was, is) != (false, true) {
                            wrong.push(format!(
                                "{}: the test passes before {was}, after {is}\n{}",
                                pair.name, witness.test
                            ));
                        }
                        wrong.extend(misaddressed(&witness.test).map(|address| format!("{}: `{address}`", pair.name)));
                        differences(before, after).join("\n")
                    }
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

#[test]
fn a_flow_shows_its_difference_by_itself() {
    let mut missed = Vec::new();
    for pair in pairs().into_iter().filter(|pair| pair.expected != "none" && !pair.before.contains("\nkind: route")) {
        let (before, after) = (folder(&pair.before), folder(&pair.after));
        let bounds = Bounds { time: Duration::from_secs(3_600), tries: TRIES };
        let flow = if pair.name == "an output that no caller reads" { "Hours" } else { "F" };
        let found = witness(&[before.flows(), after.flows()], Some(flow), "witness.eml", &bounds, 0);
        if found.witness.is_none() {
            missed.push(format!("{}: none after {} tries", pair.name, found.tries));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

/// A mail can be made in each language that mail is recognised in.
#[test]
fn each_language_is_varied() {
    let codes = "en de fr es it pt nl sv da no fi pl cs sk hu ro hr sl sr el bg ru uk tr ja zh ko ar he fa hi bn th vi id lt lv et ca";
    let flow = |code: &str| {
        format!(
            "name: F\ntype: email\nnodes:\n  - {{ id: a, next: [{{ when: \"${{interaction.email.language == '{code}'}}\", to: b }}] }}\n  \
             - {{ id: b, actions: [{{ type: transferToQueue, queue: Billing }}] }}\n"
        )
    };
    let other = folder(&flow("xx"));
    let missed = codes.split(' ').filter(|code| {
        let one = folder(&flow(code));
        let bounds = Bounds { time: Duration::from_secs(3_600), tries: 100 };
        witness(&[one.flows(), other.flows()], None, "witness.eml", &bounds, 0).witness.is_none()
    });
    let missed: Vec<&str> = missed.collect();
    assert!(missed.is_empty(), "{missed:?}");
}
