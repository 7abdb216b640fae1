//! A member that is removed from its document is unset on the server, whatever the kind.

use std::fs;

use serde_json::{Map, Value as Json, json};

use super::harness::scratch::Scratch;
use super::harness::{Server, Start};
use super::printed;

/// A document of every kind whose members a server takes as a whole, with every optional member, none of them at its default.
fn documents() -> Vec<(&'static str, Json)> {
    let hours = json!([{ "days": "mon-fri", "from": "09:00", "to": "17:00" }]);
    vec![
        (
            "queue",
            json!({ "name": "Desk", "description": "who answers", "serviceLevel": "PT4H", "deliverTo": { "webhook": "Orders" } }),
        ),
        (
            "route",
            json!({
                "address": "care@example.com", "flow": "Inbound", "unroutedQueue": "Spare", "fromName": "Care",
                "answerLists": true, "replies": "previousQueue", "keepContentDays": 7, "keepDecisionDays": 30,
                "priority": 3,
            }),
        ),
        ("domain", json!({ "domain": "example.org" })),
        (
            "table",
            json!({ "name": "Customers", "description": "Who pays.", "ignoreCase": true,
                "schema": { "properties": { "tier": { "dataType": "string" } } } }),
        ),
        (
            "schedule",
            json!({ "name": "Hours", "description": "When we work.", "timeZone": "UTC", "open": hours, "closed": hours,
                "holidays": [{ "name": "Christmas", "date": "2026-12-25" }] }),
        ),
        (
            "webhook",
            json!({ "name": "Orders", "url": "https://orders.example/hook", "events": ["interaction.decided"] }),
        ),
        (
            "mailbox",
            json!({
                "name": "Support", "host": "imap.example", "port": 1143, "tls": "starttls", "user": "desk",
                "auth": { "secret": "password" }, "folders": ["INBOX", "Later"], "start": "all",
                "after": { "delete": true }, "route": "care@example.com",
                "submission": { "host": "imap.example" },
            }),
        ),
        ("client", json!({ "name": "CRM", "description": "Takes work.", "scopes": ["flow:read"] })),
        (
            "flow",
            json!({
                "name": "Inbound", "type": "email", "description": "What comes in.", "deprecated": true,
                "variables": [{ "name": "x", "dataType": "string", "default": "y" }],
                "nodes": [{ "id": "a", "actions": [{ "type": "transferToQueue", "queue": "Desk" }] }],
            }),
        ),
    ]
}

/// Optional members of the published schema that a server does not keep when a document leaves them out.
fn optional(server: &Server, kind: &str, document: &Json) -> Vec<String> {
    if kind == "flow" {
        return ["description", "deprecated", "variables"].map(str::to_owned).into();
    }
    let schema: Json = serde_json::from_str(&printed(&server.cli(&["schema", kind]), 0).0).unwrap();
    let needed = schema["required"].as_array().unwrap();
    let mut names = Vec::new();
    for (name, member) in schema["properties"].as_object().unwrap() {
        let described = member["description"].as_str().unwrap_or_default();
        // A table knows itself by `schema`, a route leads to a flow or a queue.
        let is_needed = needed.contains(&json!(name)) || ["kind", "name", "schema", "flow", "queue"].contains(&&**name);
        if is_needed || described.contains("unchanged") || described.contains("on the server stay") {
            continue;
        }
        assert!(document.get(name).is_some(), "{kind}: the test's document has no `{name}`");
        names.push(name.clone());
    }
    names
}

#[test]
fn a_member_that_is_removed_is_unset() {
    let scratch = Scratch::new("unset");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    let (folder, secret) = (scratch.path("folder"), scratch.path("secret"));
    fs::create_dir(&folder).unwrap();
    fs::write(&secret, "s3cret").unwrap();
    let secret = secret.to_str().unwrap();
    printed(&server.cli(&["secrets", "set", "password", "--host", "imap.example", "--file", secret]), 0);
    let write = |without: &[(&str, &str)]| {
        for (kind, document) in documents() {
            let mut members: Map<String, Json> = document.as_object().unwrap().clone();
            members.insert("kind".to_owned(), kind.into());
            for (_, member) in without.iter().filter(|(of, _)| *of == kind) {
                members.shift_remove(*member).unwrap();
            }
            fs::write(folder.join(format!("{kind}.json")), Json::from(members).to_string()).unwrap();
        }
        fs::write(folder.join("spare.yaml"), "kind: queue\nname: Spare\n").unwrap();
    };
    let path = folder.to_str().unwrap();
    let kept = scratch.path("clients.jsonl").to_str().unwrap().to_owned();
    let (plan, apply) = (["plan", path], ["apply", path, "--client-secrets", &kept]);
    let all: Vec<(&str, Vec<String>)> =
        documents().into_iter().map(|(kind, document)| (kind, optional(&server, kind, &document))).collect();
    let rounds = all.iter().map(|(_, members)| members.len()).max().unwrap();
    assert!(rounds > 5);
    write(&[]);
    printed(&server.cli(&apply), 0);
    for round in 0..rounds {
        let removed: Vec<(&str, &str)> =
            all.iter().filter_map(|(kind, members)| Some((*kind, members.get(round)?.as_str()))).collect();
        write(&removed);
        let (told, _) = printed(&server.cli(&plan), 2);
        for (kind, member) in &removed {
            let of_kind = told.split("\n~ ").find(|part| part.trim_start_matches("~ ").starts_with(kind));
            assert!(of_kind.is_some_and(|part| part.contains(member)), "without `{member}` of a {kind}:\n{told}");
        }
        printed(&server.cli(&apply), 0);
        let (told, _) = printed(&server.cli(&plan), 0);
        assert!(told.starts_with("nothing to do"), "without {removed:?}: {told}");
        write(&[]);
        let (told, _) = printed(&server.cli(&plan), 2);
        assert!(told.contains(&format!("{} to change, 0 to delete", removed.len())), "{removed:?}: {told}");
        printed(&server.cli(&apply), 0);
    }
}
