//! The tables of docs/project.md: every kind of document with its members, written from the JSON Schemas that editors use.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use serde_json::Value as Json;

use super::harness::WAYPOST;
use super::root;

/// Kinds in the order of the page, as `waypost schema` calls them, and the page that says more.
const KINDS: [(&str, &str, &str); 13] = [
    ("queue", "queue", "queues-and-claims.md"),
    ("route", "route", "routing.md"),
    ("domain", "domain", "routing.md"),
    ("routing", "a routing file, without `kind`", "routing.md"),
    ("skill", "skill", "changing-flows.md#skills-and-languages"),
    ("language", "language", "changing-flows.md#skills-and-languages"),
    ("table", "table", "tables-and-schedules.md"),
    ("schedule", "schedule", "tables-and-schedules.md"),
    ("webhook", "webhook", "webhooks.md"),
    ("data-action", "dataAction", "data-actions.md"),
    ("mailbox", "mailbox", "mailboxes.md"),
    ("client", "client", "access.md"),
    ("flow", "flow", "flow-document.md"),
];

const BEGIN: &str = "<!-- members -->\n";
const END: &str = "<!-- end of members -->\n";

fn schema(kind: &str) -> Json {
    let printed = Command::new(WAYPOST).args(["schema", kind]).output().unwrap();
    assert!(printed.status.success(), "{kind}");
    serde_json::from_slice(&printed.stdout).unwrap()
}

/// What a member takes, in words.
fn takes(schema: &Json) -> String {
    if let Some(values) = schema["enum"].as_array() {
        return values.iter().filter_map(Json::as_str).map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ");
    }
    if let Some(value) = schema["const"].as_str() {
        return format!("`{value}`");
    }
    if let Some(either) = schema["anyOf"].as_array() {
        return either.iter().map(takes).collect::<Vec<_>>().join(" or ");
    }
    let word = |word: &str| match word {
        "array" => match schema["items"].as_object() {
            Some(_) => format!("list of {}", takes(&schema["items"])),
            None => "list".to_owned(),
        },
        "object" => "map".to_owned(),
        "string" => "text".to_owned(),
        other => other.to_owned(),
    };
    match &schema["type"] {
        Json::String(one) => word(one),
        Json::Array(several) => {
            let named = several.iter().filter_map(Json::as_str).filter(|name| *name != "null");
            named.map(word).collect::<Vec<_>>().join(" or ")
        }
        _ => "any value".to_owned(),
    }
}

/// A row for each member, and for each member of what it takes.
fn rows(table: &mut String, at: &str, schema: &Json) {
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{at}{name}");
        let needed = if required.contains(&name.as_str()) { "yes" } else { "" };
        let description = member["description"].as_str().unwrap_or_default().replace('|', "\\|");
        writeln!(table, "| `{path}` | {} | {needed} | {description} |", takes(member)).unwrap();
        rows(table, &format!("{path}."), member);
        rows(table, &format!("{path}[]."), &member["items"]);
        let each = &member["additionalProperties"];
        if each.is_object() {
            rows(table, &format!("{path}.NAME."), each);
        }
    }
}

#[test]
fn the_page_of_projects_has_every_member_of_every_kind() {
    let mut tables = String::new();
    for (kind, title, page) in KINDS {
        let anchor = page.split_once('#').map_or(page, |(page, _)| page);
        writeln!(tables, "\n### {title}\n").unwrap();
        if kind == "flow" {
            writeln!(tables, "See [{anchor}]({page}).").unwrap();
            continue;
        }
        writeln!(tables, "More: [{anchor}]({page}).\n\n| member | takes | needed | |\n| --- | --- | --- | --- |")
            .unwrap();
        rows(&mut tables, "", &schema(kind));
    }
    tables.push('\n');
    let path = root().join("docs/project.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (written, after) = rest.split_once(END).unwrap();
    if std::env::var_os("WAYPOST_BLESS").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{tables}{END}{after}")).unwrap();
    } else {
        assert!(written == tables, "docs/project.md is old: run this test with WAYPOST_BLESS=1");
    }
}
