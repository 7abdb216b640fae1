//! Conditions on elements of lists (`spec/witness/elements.txt`): the search finds a mail for which two of them differ, in a loop and in
//! one condition.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod folder;

use std::time::Duration;

use folder::Folder;
use waypost_project::SourceFile;
use waypost_witness::search::{Bounds, witness};

/// Enough for each of them.
const TRIES: u64 = 1_500;

/// What the flow asks, and what it decides by `hit`. LIST, HIT and WHEN are filled in.
const PROJECT: &str = r#"name: F
type: email
variables: [{ name: tags, dataType: list<string>, default: [] }, { name: prices, dataType: list<integer>, default: [] }, { name: orders, dataType: json, default: {} }, { name: areas, dataType: list<string>, default: [] }]
nodes:
  - id: find
    actions:
      - { type: callDataAction, dataAction: Find, inputMapping: [{ name: email, value: "${interaction.email.from.address}" }], outputMapping: [{ name: tags, value: "${output.tags}" }, { name: prices, value: "${output.prices}" }, { name: orders, value: "${output.orders}" }], failure: { to: look }, timedOut: { to: look } }
    next: [{ to: look }]
  - id: look
    actions: [{ type: lookupTable, table: Areas, key: "${interaction.email.from.domain}", outputMapping: [{ name: areas, value: "${output.areas}" }], notFound: { to: ask } }]
    next: [{ to: ask }]
  - id: ask
    actions:
      - { type: setVariable, name: hit, value: false }
      - { type: forEach, items: "${LIST}", as: x, actions: [{ type: setVariable, name: hit, value: "${HIT}" }] }
    next: [{ when: "${WHEN}", to: b }, { to: c }]
  - { id: b, actions: [{ type: transferToQueue, queue: Billing }] }
  - { id: c, actions: [{ type: transferToQueue, queue: General }] }
---
kind: dataAction
name: Find
category: CRM
contract:
  input: { inputSchema: { type: object, properties: { email: { type: string } } } }
  output: { successSchema: { type: object, properties: { tags: { type: array, items: { type: string } }, prices: { type: array, items: { type: integer } }, orders: { type: array, items: { type: object } } } } }
config:
  request: { requestType: GET, requestUrlTemplate: "https://crm.example/find?email=$esc.url(${input.email})" }
---
kind: table
name: Areas
schema: { properties: { areas: { dataType: list<string> } } }
rows: [{ KEY: acme.example, areas: [east, north] }, { KEY: acme.test, areas: [south] }]
"#;

/// Ways to ask a condition of a list's elements: in a loop, and in one condition.
const FORMS: [(&str, &str); 6] = [
    ("hit || (COND)", "hit"),
    ("(COND) ? true : hit", "hit"),
    ("hit", "(LIST).exists(x, COND)"),
    ("hit", "size(LIST) > 0 && (LIST).all(x, COND)"),
    ("hit", "size((LIST).filter(x, COND)) > 0"),
    ("hit", "(LIST).map(x, COND).exists(y, y)"),
];

fn folder((hit, when): (&str, &str), list: &str, condition: &str) -> Folder {
    let made = PROJECT.replace("HIT", hit).replace("WHEN", when).replace("LIST", list).replace("COND", condition);
    Folder::of(&[SourceFile { path: "project.yaml".to_owned(), text: made }])
}

#[test]
fn a_mail_is_found_for_each_member_of_an_element() {
    let table = include_str!("../../../spec/witness/elements.txt");
    let lines: Vec<&str> = table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let mut missed = Vec::new();
    for line in &lines {
        let (list, rest) = line.split_once(": ").unwrap();
        let (one, other) = rest.split_once(" ==> ").unwrap();
        for form in FORMS {
            let (before, after) = (folder(form, list, one), folder(form, list, other));
            let bounds = Bounds { time: Duration::from_secs(3_600), tries: TRIES };
            let found = witness(&[before.flows(), after.flows()], None, "witness.eml", &bounds, 0);
            if found.witness.is_none() {
                missed.push(format!("{line} in {form:?}"));
            }
        }
    }
    assert!(missed.is_empty() && !lines.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
}
