//! Data tables and schedules: a folder's onto a server, the command line's words for them, and the client crate's calls.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod harness;

use std::fs;
use std::process::{Command, Output};

use futures_util::TryStreamExt;
use harness::scratch::Scratch;
use harness::{CLIENT, Server, Start, WAYPOST};
use serde_json::{Value as Json, json};
use waypost_client::Client;
use waypost_wire::table::{DataTableRequest, DataTableRow};

/// What was printed, if the command ended with this code.
fn printed(output: &Output, code: i32) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "stdout: {out}\nstderr: {err}");
    format!("{out}{err}")
}

/// A folder with a table whose rows stand in a file, and one with rows of its own.
fn folder(scratch: &Scratch) -> String {
    let folder = scratch.path("folder");
    fs::create_dir_all(folder.join("tables")).unwrap();
    let customers = "name: Customers\n\
        ignoreCase: true\n\
        schema:\n  properties:\n    tier: { dataType: string, default: basic }\n    seats: { dataType: integer, title: Seats }\n\
        rows: customers.csv\n";
    fs::write(folder.join("tables/customers.yaml"), customers).unwrap();
    fs::write(folder.join("tables/customers.csv"), "key,tier,seats\nAcme,gold,7\nother,,1\n").unwrap();
    let words = "schema: { properties: { topic: { dataType: string } } }\n\
        rows:\n  - { KEY: refund, topic: billing }\n  - { key: login, topic: support }\n";
    fs::write(folder.join("tables/Words.yaml"), words).unwrap();
    folder.to_str().unwrap().to_owned()
}

#[test]
fn a_folder_and_the_command_line() {
    let scratch = Scratch::new("tables-cli");
    let folder = folder(&scratch);
    let offline = |arguments: &[&str]| Command::new(WAYPOST).args(arguments).output().unwrap();
    let summary = printed(&offline(&["validate", &folder]), 0);
    assert!(summary.ends_with("0 flows in 2 files: 0 errors, 0 warnings\n"), "{summary}");
    let server = Server::start(&scratch.path("data"), &Start::default());

    let tried = printed(&server.cli(&["apply", &folder, "--dry-run"]), 0);
    assert_eq!(tried, "table Words: would be created\ntable Customers: would be created\n");
    let made = printed(&server.cli(&["apply", &folder]), 0);
    assert_eq!(
        made,
        "table Words: created\n\
         table Words: rows replaced, 2 added, 0 changed, 0 removed, 0 as they were, version 1\n\
         table Customers: created\n\
         table Customers: rows replaced, 2 added, 0 changed, 0 removed, 0 as they were, version 1\n"
    );
    let again = printed(&server.cli(&["apply", &folder]), 0);
    assert_eq!(
        again,
        "table Words: unchanged\ntable Words: rows unchanged, 2 of them, version 1\n\
         table Customers: unchanged\ntable Customers: rows unchanged, 2 of them, version 1\n"
    );
    let list = printed(&server.cli(&["tables", "list"]), 0);
    assert!(list.contains("Customers  tier, seats"), "{list}");
    let row = printed(&server.cli(&["tables", "lookup", "customers", "ACME"]), 0);
    assert_eq!(row, "COLUMN  VALUE\nKEY     Acme\ntier    gold\nseats   7\n");
    printed(&server.cli(&["tables", "lookup", "customers", "nobody"]), 2);
    let rows = printed(&server.cli(&["tables", "rows", "customers"]), 0);
    assert_eq!(rows, "KEY    VALUES\nAcme   tier=gold seats=7\nother  tier=basic seats=1\n");

    // Every cell that is wrong is told where it stands; nothing is kept.
    let wrong = scratch.path("wrong.csv");
    fs::write(&wrong, "key,tier,seats\nAcme,gold,seven\nother,,1\nthird,\"basic,2\n").unwrap();
    let refused = printed(&server.cli(&["tables", "import", "Customers", wrong.to_str().unwrap()]), 1);
    for told in [
        "line 2, column 3: seats: ",
        "expected a whole number",
        "found `seven`",
        "line 4, column 2: the quote is never closed",
    ] {
        assert!(refused.contains(told), "{told} is not in {refused}");
    }
    assert_eq!(printed(&server.cli(&["tables", "rows", "customers"]), 0), rows);

    // What is exported and edited is imported.
    let export = printed(&server.cli(&["tables", "export", "Customers"]), 0);
    assert_eq!(export, "key,tier,seats\nAcme,gold,7\nother,,1\n");
    let file = scratch.path("edited.csv");
    fs::write(&file, export.replace("gold", "silver")).unwrap();
    let file = file.to_str().unwrap();
    let done = printed(&server.cli(&["tables", "import", "Customers", file, "--note", "a new year"]), 0);
    assert_eq!(done, "table Customers: rows replaced, 0 added, 1 changed, 0 removed, 1 as they were, version 2\n");
    let versions = printed(&server.cli(&["tables", "versions", "Customers"]), 0);
    assert!(versions.lines().nth(1).unwrap().ends_with("a new year"), "{versions}");
    let before =
        printed(&server.cli(&["tables", "lookup", "Customers", "acme", "--version", "1", "--output", "json"]), 0);
    assert_eq!(serde_json::from_str::<Json>(&before).unwrap()["tier"], "gold");

    // Bad lines are told, by the server and without one.
    fs::write(file, "key,seats\na,one\nb,2\nb,3\n").unwrap();
    let told = printed(&server.cli(&["tables", "import", "Customers", file]), 1);
    assert!(told.contains("seats") && told.contains("the key `b` is already in line 3"), "{told}");
    fs::copy(file, scratch.path("folder/tables/customers.csv")).unwrap();
    let told = printed(&offline(&["validate", &folder]), 1);
    assert!(told.contains("customers.csv, line 2, seats"), "{told}");
    let words = scratch.path("folder/tables/Words.yaml");
    fs::write(&words, "schema: { properties: { topic: { dataType: strng } } }\nrow: []\n").unwrap();
    let told = printed(&offline(&["validate", words.to_str().unwrap()]), 1);
    assert!(told.contains("did you mean `string`?") && told.contains("did you mean `rows`?"), "{told}");
}

#[tokio::test]
async fn the_client_crate() {
    let scratch = Scratch::new("tables-client");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    let client = Client::builder(format!("http://{}", server.http)).credentials(CLIENT.0, CLIENT.1).build().unwrap();
    let tables = client.tables();
    let mut request = DataTableRequest {
        name: "Customers".to_owned(),
        schema: Some(json!({"properties": {"tier": {"type": "string"}}})),
        ..DataTableRequest::default()
    };
    let table = tables.create(&request).await.unwrap();
    let object = |json: Json| -> DataTableRow { json.as_object().unwrap().clone() };
    tables.create_row(table.id, &object(json!({"KEY": "a/b", "tier": "gold"}))).await.unwrap();
    tables.put_row(table.id, "c", &object(json!({"tier": "basic"})), Some(1)).await.unwrap();
    assert!(tables.put_row(table.id, "d", &object(json!({})), Some(1)).await.is_err(), "another version is the newest");
    assert_eq!(tables.row(table.id, "a/b", None).await.unwrap()["tier"], "gold");
    let rows: Vec<DataTableRow> = tables.rows(table.id, None).try_collect().await.unwrap();
    assert_eq!(rows.iter().map(|row| row["KEY"].as_str().unwrap()).collect::<Vec<_>>(), ["a/b", "c"]);
    let done = tables.replace_rows(table.id, "key,tier\nc,gold\n".into(), Some("why"), None).await.unwrap();
    assert_eq!((done.version, done.counts.changed, done.counts.removed), (3, 1, 1));
    assert_eq!(tables.export(table.id, Some(2), false).await.unwrap(), "key,tier\na/b,gold\nc,basic\n");
    let versions: Vec<_> = tables.versions(table.id).try_collect().await.unwrap();
    assert_eq!((versions.len(), versions[0].note.as_deref()), (3, Some("why")));
    request.description = "who pays what".to_owned();
    let changed = tables.update(table.id, &request, Some(table.revision)).await.unwrap();
    assert!(tables.update(table.id, &request, Some(table.revision)).await.is_err());
    assert_eq!(tables.table(table.id).await.unwrap(), changed);
    assert_eq!(tables.list().try_collect::<Vec<_>>().await.unwrap(), [changed]);
    assert_eq!(tables.used_by(table.id, false).await.unwrap().edges, []);
    tables.delete_row(table.id, "c").await.unwrap();
    tables.delete(table.id).await.unwrap();
    assert!(tables.table(table.id).await.is_err());
}

#[test]
fn schedules() {
    let scratch = Scratch::new("schedules-cli");
    let folder = scratch.path("folder");
    fs::create_dir_all(folder.join("schedules")).unwrap();
    let file = folder.join("schedules/Office hours.yaml");
    let hours = "timeZone: Europe/Berlin\nopen:\n  - { name: week, days: mon-fri, from: '09:00', to: '17:00' }\n";
    fs::write(&file, hours).unwrap();
    let folder = folder.to_str().unwrap();
    let server = Server::start(&scratch.path("data"), &Start::default());
    let apply = || printed(&server.cli(&["apply", folder]), 0);
    assert_eq!(printed(&server.cli(&["apply", folder, "--dry-run"]), 0), "schedule Office hours: would be created\n");
    assert_eq!(apply(), "schedule Office hours: created\n");
    assert_eq!(apply(), "schedule Office hours: unchanged\n");
    let said = printed(&server.cli(&["schedules", "evaluate", "office hours", "--at", "2026-11-25T09:30:00+01:00"]), 0);
    assert_eq!(said, "open (week) until 2026-11-25T16:00:00.000Z\n");
    let on = printed(&server.cli(&["schedules", "emergency", "on", "office hours", "--reason", "flood"]), 0);
    assert_eq!(on, "schedule Office hours: emergency on\n");
    let list = printed(&server.cli(&["schedules", "list"]), 0);
    assert!(list.contains("Office hours  emergency         flood"), "{list}");
    assert_eq!(apply(), "schedule Office hours: unchanged\n", "hours end no emergency");
    fs::write(&file, hours.replace("17:00", "18:00")).unwrap();
    assert_eq!(apply(), "schedule Office hours: changed\n");
    let said = printed(&server.cli(&["schedules", "evaluate", "office hours"]), 0);
    assert_eq!(said, "emergency (flood)\n");
    let off = printed(&server.cli(&["schedules", "emergency", "off", "office hours"]), 0);
    assert_eq!(off, "schedule Office hours: emergency off\n");
    let said = printed(&server.cli(&["schedules", "evaluate", "office hours", "--at", "2026-11-25T16:30:00Z"]), 0);
    assert_eq!(said, "open (week) until 2026-11-25T17:00:00.000Z\n");
    fs::write(&file, hours.replace("timeZone: Europe/Berlin", "timeZone: Berlin")).unwrap();
    let told = printed(&Command::new(WAYPOST).args(["validate", folder]).output().unwrap(), 1);
    assert!(told.contains("timeZone"), "{told}");
}
