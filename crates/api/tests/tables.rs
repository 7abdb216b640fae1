//! Data tables and their rows, over a real socket.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use serde_json::{Value as Json, json};
use support::{Answer, Server, server};

const TABLES: &str = "/flows/datatables";

/// A table as Genesys's clients make one, with a column of each type.
fn customers() -> Json {
    json!({
        "name": "Customers",
        "description": "who pays what",
        "ignoreCase": true,
        "schema": {
            "$schema": "http://json-schema.org/draft-04/schema#",
            "type": "object",
            "properties": {
                "key": { "title": "Domain", "type": "string", "$id": "/properties/key", "displayOrder": 0, "maxLength": 36 },
                "seats": { "type": "integer", "displayOrder": 2 },
                "tier": { "title": "Tier", "type": "string", "default": "basic", "displayOrder": 1 },
                "discount": { "type": "number", "displayOrder": 3 },
                "vip": { "type": "boolean", "default": true, "displayOrder": 4 },
                "since": { "type": "string", "format": "date-time", "displayOrder": 5 },
                "patience": { "dataType": "duration", "displayOrder": 6 },
                "words": { "type": "array", "items": { "type": "string" }, "displayOrder": 7 },
                "more": { "dataType": "JSON", "displayOrder": 8 },
            },
            "required": ["key"],
            "additionalProperties": false,
        },
    })
}

async fn made(server: &Server) -> String {
    let table = server.call("POST", TABLES, customers()).await.ok();
    table["selfUri"].as_str().unwrap().strip_prefix("/api/v2").unwrap().to_owned()
}

async fn import(server: &Server, path: &str, csv: &str) -> Answer {
    server.call_with("PUT", &format!("{path}/rows"), &["Content-Type: text/csv"], csv.as_bytes()).await
}

/// A body that came in chunks.
fn text(answer: &Answer) -> String {
    let mut rest = std::str::from_utf8(&answer.body).unwrap();
    let mut text = String::new();
    while let Some((length, after)) = rest.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap();
        text.push_str(&after[..length]);
        rest = &after[length + 2..];
    }
    text
}

#[tokio::test]
async fn tables() {
    let server = server().await;
    let table = server.call("POST", TABLES, customers()).await.ok();
    let properties = table["schema"]["properties"].as_object().unwrap();
    let names: Vec<&str> = properties.keys().map(String::as_str).collect();
    assert_eq!(names, ["key", "tier", "seats", "discount", "vip", "since", "patience", "words", "more"]);
    assert_eq!((&properties["key"]["title"], &properties["tier"]["default"]), (&json!("Domain"), &json!("basic")));
    assert_eq!(
        (&properties["since"]["format"], &properties["since"]["dataType"]),
        (&json!("date-time"), &json!("datetime"))
    );
    assert_eq!((&table["ignoreCase"], &table["description"]), (&json!(true), &json!("who pays what")));
    let path = table["selfUri"].as_str().unwrap().strip_prefix("/api/v2").unwrap();
    let answer = server.get(path).await;
    assert_eq!((answer.header("etag"), answer.ok()), (Some("\"1\""), table.clone()));

    let twin = json!({"name": "CUSTOMERS", "schema": {"properties": {}}});
    assert_eq!(server.call("POST", TABLES, twin.clone()).await.error(), (409, "duplicate.name".to_owned()));
    let listed = server.get(&format!("{TABLES}?name=cust*")).await.ok();
    assert_eq!((&listed["total"], listed["entities"][0].get("schema")), (&json!(1), None));
    let listed = server.get(&format!("{TABLES}/divisionviews?expand=schema")).await.ok();
    assert_eq!(listed["entities"][0], table);
    assert_eq!(server.get(&format!("{TABLES}?expand=rows")).await.status, 400);

    // What was fetched may be sent back, as the official SDKs do: without what they don't know.
    let mut sent = table.clone();
    sent["name"] = json!("Accounts");
    sent.as_object_mut().unwrap().shift_remove("ignoreCase");
    let stale = server
        .call_with("PUT", path, &["Content-Type: application/json", "If-Match: \"7\""], sent.to_string().as_bytes())
        .await;
    assert_eq!(stale.error(), (412, "precondition.failed".to_owned()));
    let changed = server.call("PUT", path, sent).await.ok();
    assert_eq!(
        (&changed["name"], &changed["ignoreCase"], &changed["revision"]),
        (&json!("Accounts"), &json!(true), &json!(2))
    );
    assert_eq!(changed["schema"]["properties"], table["schema"]["properties"]);
    let described = server.call("PUT", path, json!({"name": "Accounts", "description": "x"})).await.ok();
    assert_eq!(described["schema"], changed["schema"], "what is not said stays");

    let used = server.get(&format!("{path}/usedby")).await.ok();
    assert_eq!((used["nodes"].as_array().unwrap().len(), &used["nodes"][0]["kind"]), (1, &json!("table")));
    let id = table["id"].as_str().unwrap();
    let tracked = server.get(&format!("/architect/dependencytracking/object?id={id}&objectType=DATATABLE")).await.ok();
    assert_eq!(tracked["name"], "Accounts");
    assert_eq!(server.call("DELETE", &format!("{path}?force=true"), Json::Null).await.status, 204);
    assert_eq!(server.get(path).await.error(), (404, "flows.datatables.not.found".to_owned()));
    assert_eq!(server.get(&format!("{path}/rows")).await.status, 404);
    let log = server.get(&format!("/audit?entityId={id}")).await.ok();
    let told: Vec<&Json> = log["entities"].as_array().unwrap().iter().map(|entry| &entry["action"]).collect();
    assert_eq!(told, ["deleted", "changed", "changed", "created"]);
    assert_eq!(server.get(&format!("{path}/import/jobs")).await.status, 501);
}

#[tokio::test]
async fn every_problem_of_a_table_is_told() {
    let server = server().await;
    let bad = json!({
        "name": " ",
        "schema": { "properties": {
            "key": { "type": "integer" },
            "a b": { "type": "string" },
            "null": { "type": "string" },
            "x": { "type": "strng" },
            "y": { "dataType": "map<string>" },
            "Z": { "type": "integer", "default": "one" },
            "z": { "type": "string", "defualt": "" },
            "n": {},
            "w": [],
        } },
    });
    let answer = server.call("POST", TABLES, bad).await;
    let body = answer.json();
    let told: Vec<(&str, &str)> = body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| (e["path"].as_str().unwrap(), e["code"].as_str().unwrap()))
        .collect();
    let at = |rest: &str| format!("schema.properties.{rest}");
    let expected = [
        ("name".to_owned(), "name.invalid"),
        (at("key"), "document.value.kind"),
        (at("a b"), "name.invalid"),
        (at("null"), "name.invalid"),
        (at("x.type"), "type.unknown"),
        (at("y.dataType"), "type.unknown"),
        (at("Z.default"), "expression.type"),
        (at("z"), "name.duplicate"),
        (at("z.defualt"), "document.key.unknown"),
        (at("n.type"), "document.key.missing"),
        (at("w"), "document.value.kind"),
    ];
    assert_eq!(told, expected.iter().map(|(path, code)| (path.as_str(), *code)).collect::<Vec<_>>());
    assert_eq!(body["errors"][4]["suggestion"], "did you mean `string`?");
    assert_eq!(
        server.call("POST", TABLES, json!({"name": "x"})).await.status,
        400,
        "a table has columns, or says that it has none"
    );
    assert_eq!(
        server.call("POST", TABLES, json!({"name": "x", "schema": {"properties": {}}, "colums": []})).await.status,
        400
    );
}

#[tokio::test]
async fn rows() {
    let server = server().await;
    let path = made(&server).await;
    let rows = format!("{path}/rows");
    let sent = json!({
        "KEY": "Acme.example", "tier": "gold", "seats": 7, "discount": 1, "since": "2026-01-31T13:00:00+01:00", "patience": "PT90M",
        "words": ["a", "b"], "more": {"a": [1, null]}, "vip": null,
    });
    let answer = server.call("POST", &rows, sent).await;
    assert_eq!(answer.header("etag"), Some("\"1\""));
    let body: Json = serde_json::from_slice(&answer.body).unwrap();
    let whole = json!({
        "KEY": "Acme.example", "tier": "gold", "seats": 7, "discount": 1.0, "vip": true, "since": "2026-01-31T12:00:00Z", "patience": "1h 30m",
        "words": ["a", "b"], "more": {"a": [1, null]},
    });
    assert_eq!((answer.status, &body), (200, &whole));
    let taken = server.call("POST", &rows, json!({"KEY": "acme.EXAMPLE"})).await;
    assert_eq!(taken.error(), (409, "flows.datatables.duplicate.key".to_owned()));
    let empty = server.call("PUT", &format!("{rows}/b%2Fc"), json!({})).await.ok();
    assert_eq!(
        empty,
        json!({"KEY": "b/c", "tier": "basic", "seats": 0, "discount": 0.0, "vip": true, "since": "1970-01-01T00:00:00Z",
            "patience": "0s", "words": []}),
        "what a row leaves out reads as its default, else as its type's empty value"
    );
    let answer = server.get(&format!("{rows}/ACME.example")).await;
    assert_eq!((answer.header("etag"), serde_json::from_slice::<Json>(&answer.body).unwrap()), (Some("\"2\""), whole));
    let brief = server.get(&format!("{rows}/acme.example?showbrief=true")).await.ok();
    assert_eq!(brief, json!({"KEY": "Acme.example"}));
    let page = server.get(&rows).await.ok();
    assert_eq!((&page["entities"], &page["total"]), (&json!([{"KEY": "Acme.example"}, {"KEY": "b/c"}]), &json!(2)));
    let page = server.get(&format!("{rows}?showbrief=false&pageSize=1&pageNumber=2&sortOrder=ascending")).await.ok();
    assert_eq!(page["entities"], json!([empty]));
    let page = server.get(&format!("{rows}?after=acme.example")).await.ok();
    assert_eq!(page["entities"], json!([{"KEY": "b/c"}]));

    let wrong = server.call("PUT", &format!("{rows}/new"), json!({"KEY": "other", "seats": "7"})).await;
    assert_eq!(wrong.status, 400);
    let wrong = server
        .call("PUT", &format!("{rows}/new"), json!({"seats": "7", "teir": "x", "since": "today", "vip": 1}))
        .await;
    let body = wrong.json();
    let told: Vec<&Json> = body["errors"].as_array().unwrap().iter().map(|error| &error["path"]).collect();
    assert_eq!(told, ["seats", "vip", "since", "teir"]);
    assert_eq!(body["errors"][3]["suggestion"], "did you mean `tier`?");
    for key in [json!(""), json!(7), json!("a\u{7}"), json!("k".repeat(257))] {
        assert_eq!(server.call("POST", &rows, json!({"KEY": key})).await.status, 400, "{key}");
    }
    let large = server.call("PUT", &format!("{rows}/large"), json!({"tier": "x".repeat(65_536)})).await;
    assert_eq!(large.json()["errors"][0]["code"], "document.too-large");

    // Older versions still answer, and changes may be meant for one.
    let json = "Content-Type: application/json";
    let stale = server.call_with("PUT", &format!("{rows}/acme.example"), &[json, "If-Match: \"1\""], b"{}").await;
    assert_eq!(stale.error(), (412, "precondition.failed".to_owned()));
    let changed = server
        .call_with("PUT", &format!("{rows}/acme.example"), &[json, "If-Match: \"2\""], b"{\"tier\":\"silver\"}")
        .await;
    assert_eq!((changed.header("etag"), &changed.json()["KEY"]), (Some("\"3\""), &json!("acme.example")));
    let old = server.get(&format!("{rows}/acme.example?version=1")).await;
    assert_eq!((old.header("etag"), &old.json()["tier"]), (Some("\"1\""), &json!("gold")));
    assert_eq!(
        server.get(&format!("{rows}/b%2Fc?version=1")).await.error(),
        (404, "flows.datatables.row.not.found".to_owned())
    );
    assert_eq!(
        server.get(&format!("{rows}/b%2Fc?version=9")).await.error(),
        (404, "flows.datatables.not.found".to_owned())
    );
    assert_eq!(server.call("DELETE", &format!("{rows}/B%2FC"), Json::Null).await.status, 204);
    assert_eq!(server.call("DELETE", &format!("{rows}/B%2FC"), Json::Null).await.status, 404);
    assert_eq!(server.get(&format!("{rows}/b%2Fc")).await.status, 404);
    let versions = server.get(&format!("{path}/versions")).await.ok();
    assert_eq!((&versions["total"], &versions["entities"][0]["removed"]), (&json!(4), &json!(1)));
    assert_eq!(versions["entities"][0]["createdBy"]["id"], "admin");

    // Columns of a table with rows keep their types; more may come, others go.
    let mut next = customers();
    next["schema"]["properties"]["seats"]["type"] = json!("string");
    next["ignoreCase"] = json!(false);
    let refused = server.call("PUT", &path, next).await;
    let told: Vec<Json> =
        refused.json()["errors"].as_array().unwrap().iter().map(|error| error["path"].clone()).collect();
    assert_eq!(told, ["ignoreCase", "schema.properties.seats"]);
    let mut next = customers();
    let properties = next["schema"]["properties"].as_object_mut().unwrap();
    properties.shift_remove("seats");
    properties.insert("team".to_owned(), json!({"type": "string", "default": "sales"}));
    server.call("PUT", &path, next).await.ok();
    let row = server.get(&format!("{rows}/acme.example")).await.json();
    assert_eq!((&row["team"], row.get("seats"), &row["tier"]), (&json!("sales"), None, &json!("silver")));
}

#[tokio::test]
async fn whole_contents() {
    let server = server().await;
    let path = made(&server).await;
    let csv = "\u{FEFF}Domain,tier,seats,vip,words,since\r\nAcme,gold,7,TRUE,\"[\"\"a\"\"]\",2026-01-01T00:00:00Z\r\n\"b,c\",,,,,\r\n";
    let done = import(&server, &path, csv).await.ok();
    assert_eq!(done, json!({"version": 1, "added": 2, "changed": 0, "removed": 0, "same": 0}));
    let row = server.get(&format!("{path}/rows/acme")).await.json();
    assert_eq!((&row["seats"], &row["vip"], &row["words"]), (&json!(7), &json!(true), &json!(["a"])));
    // What is exported is imported as the same.
    let export = server.call_with("GET", &format!("{path}/rows"), &["Accept: text/csv"], b"").await;
    assert_eq!(
        (export.status, export.header("content-type"), export.header("etag")),
        (200, Some("text/csv; charset=utf-8"), Some("\"1\""))
    );
    let first = text(&export);
    assert!(first.starts_with("key,tier,seats,discount,vip,since,patience,words,more\nAcme,gold,7,"), "{first}");
    let same = import(&server, &path, &first).await.ok();
    assert_eq!(same, json!({"version": 1, "added": 0, "changed": 0, "removed": 0, "same": 2}));
    let done = import(&server, &path, "key,tier\nacme,gold\nnew,silver\n").await.ok();
    assert_eq!(done, json!({"version": 2, "added": 1, "changed": 1, "removed": 1, "same": 0}));
    let export = server.call_with("GET", &format!("{path}/rows?version=1"), &["Accept: text/csv"], b"").await;
    assert_eq!(text(&export), first);
    let refused = server.call_with("GET", &format!("{path}/rows?version=7"), &["Accept: text/csv"], b"").await;
    assert_eq!(refused.status, 404);
    let headers = ["Content-Type: text/csv", "If-Match: \"1\""];
    let stale = server.call_with("PUT", &format!("{path}/rows"), &headers, b"key\na\n").await;
    assert_eq!(stale.error().0, 412);
    let note = server.call_with("PUT", &format!("{path}/rows?note=why"), &["Content-Type: text/csv"], b"key\n").await;
    assert_eq!(note.ok()["removed"], 2);
    let versions = server.get(&format!("{path}/versions?pageSize=1")).await.ok();
    assert_eq!((&versions["entities"][0]["note"], &versions["total"]), (&json!("why"), &json!(3)));
    let log = server.get("/audit?entityKind=table&pageSize=1").await.ok();
    assert_eq!(
        (&log["entities"][0]["action"], &log["entities"][0]["after"]["removed"]),
        (&json!("rows replaced"), &json!(2))
    );
    let wrong = server.call("PUT", &format!("{path}/rows"), json!([])).await;
    assert_eq!(wrong.error().0, 415);
}

#[tokio::test]
async fn every_bad_line_is_told_and_none_is_kept() {
    let server = server().await;
    let path = made(&server).await;
    let problems = async |csv: &str| {
        let answer = import(&server, &path, csv).await;
        assert_eq!(answer.status, 400, "{csv}");
        let body = answer.json();
        let told = body["errors"].as_array().unwrap().iter();
        told.map(|e| {
            (e["line"].as_u64().unwrap_or(0), e["column"].as_u64().unwrap_or(0), e["code"].as_str().unwrap().to_owned())
        })
        .collect::<Vec<_>>()
    };
    let problem = |line, column, code: &str| (line, column, code.to_owned());
    assert_eq!(
        problems("key,teir,tier,tier,KEY\n").await,
        [
            problem(1, 2, "document.key.unknown"),
            problem(1, 4, "document.key.duplicate"),
            problem(1, 5, "document.key.duplicate")
        ]
    );
    assert_eq!(problems("tier\ngold\n").await, [problem(1, 0, "document.key.missing")]);
    assert_eq!(problems("").await, [problem(1, 0, "document.key.missing")]);
    let csv = "key,seats,vip\n\
        a,1,true\n\
        b,one,maybe\n\
        A,2,true\n\
        ,3,true\n\
        \"d\nd\",4,true\n\
        e,5\n\
        f,6,false\n\
        b,7,true\n";
    assert_eq!(
        problems(csv).await,
        [
            problem(3, 2, "expression.type"),
            problem(3, 3, "expression.type"),
            problem(4, 0, "document.key.duplicate"),
            problem(5, 1, "document.value.invalid"),
            problem(6, 1, "document.value.invalid"),
            problem(8, 0, "document.value.invalid"),
            // The one before it is wrong for another reason.
            problem(10, 0, "document.key.duplicate"),
        ]
    );
    let many: String = std::iter::once("key,seats\n".to_owned()).chain((0..250).map(|n| format!("k{n},x\n"))).collect();
    let told = problems(&many).await;
    assert_eq!((told.len(), told[100].clone()), (101, problem(0, 0, "problems.more")));
    assert_eq!(server.get(&format!("{path}/rows")).await.ok()["total"], 0);
    let bytes =
        server.call_with("PUT", &format!("{path}/rows"), &["Content-Type: text/csv"], b"key,tier\na,\xff\n").await;
    let body = bytes.json();
    assert_eq!((&body["errors"][0]["line"], &body["errors"][0]["code"]), (&json!(2), &json!("document.syntax")));
}

#[tokio::test]
async fn who_may_what() {
    let server = server().await;
    let path = made(&server).await;
    let token = server.token("routing:read").await;
    let token = format!("Authorization: Bearer {token}");
    let rows = format!("/api/v2{path}/rows");
    assert_eq!(server.send("GET", &rows, &[&token], b"").await.status, 200);
    let json = "Content-Type: application/json";
    assert_eq!(server.send("POST", &rows, &[&token, json], b"{\"KEY\":\"a\"}").await.status, 403);
    assert_eq!(server.send("PUT", &rows, &[&token, "Content-Type: text/csv"], b"key\na\n").await.status, 403);
    let other = server.token("flow:write").await;
    let other = format!("Authorization: Bearer {other}");
    assert_eq!(server.send("GET", &rows, &[&other], b"").await.status, 403);
}

/// A large content is written while keys are looked up and mail comes in: whoever reads sees one content or the other, and nothing waits
/// for the end.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_large_content_stands_in_nobodys_way() {
    const ROWS: usize = 200_000;
    let server = server().await;
    let schema = json!({"properties": {"generation": {"type": "integer"}, "text": {"type": "string"}}});
    let table = server.call("POST", TABLES, json!({"name": "Large", "schema": schema})).await.ok();
    let path = table["selfUri"].as_str().unwrap().strip_prefix("/api/v2").unwrap();
    let csv = |generation: usize, from: usize| {
        let lines = (from..from + ROWS).map(|n| format!("key{n:07},{generation},text of row {n}\n"));
        std::iter::once("key,generation,text\n".to_owned()).chain(lines).collect::<String>()
    };
    let domains = "/routing/email/domains";
    server.call("POST", domains, json!({"id": "large.example"})).await.ok();
    let queue = server.call("POST", "/routing/queues", json!({"name": "Work"})).await.ok();
    let route = json!({"pattern": "*", "queue": {"id": queue["id"]}});
    server.call("POST", &format!("{domains}/large.example/routes"), route).await.ok();

    let done = import(&server, path, &csv(1, 0)).await.ok();
    assert_eq!((&done["version"], &done["added"]), (&json!(1), &json!(ROWS)));
    let over = std::sync::atomic::AtomicBool::new(false);
    let going_on = || !over.load(std::sync::atomic::Ordering::Relaxed);
    // The first half goes, the second changes, as many come.
    let importing = async {
        let done = import(&server, path, &csv(2, ROWS / 2)).await.ok();
        over.store(true, std::sync::atomic::Ordering::Relaxed);
        done
    };
    let looking = async {
        let (mut seen, mut looks) = (1, 0_u32);
        while going_on() {
            // The first is set meanwhile, see below.
            let n = 1 + (looks as usize * 7919) % (ROWS + ROWS / 2 - 1);
            let answer = server.get(&format!("{path}/rows/key{n:07}")).await;
            looks += 1;
            // One version is all old, the other all new; and nobody who saw the new one sees the old one again.
            let version = answer.header("etag").map(|tag| tag.trim_matches('"').parse::<u64>().unwrap());
            let Some(there) = version.map(|version| version.min(2)) else {
                assert_eq!(answer.status, 404, "{n}");
                assert!(!(ROWS / 2..ROWS).contains(&n), "{n} is in both");
                continue;
            };
            assert!(there >= seen, "{n}");
            seen = there;
            assert_eq!(answer.json()["generation"], there, "{n}");
            assert!((n < ROWS && there == 1) || (n >= ROWS / 2 && there == 2), "{n} {there}");
        }
        looks
    };
    let mailing = async {
        let mut accepted = 0;
        while going_on() {
            let mail = format!("Message-ID: <{accepted}@large>\r\nSubject: {accepted}\r\n\r\nhello\r\n");
            let query = "/interactions?to=a@large.example&from=b@c.example&wait=true";
            let answer = server.call_with("POST", query, &["Content-Type: message/rfc822"], mail.as_bytes()).await;
            assert_eq!(answer.ok()["decision"]["kind"], "queue");
            accepted += 1;
        }
        accepted
    };
    let refused = async {
        // A row that is changed while a content is written is refused, and told so; before and after it is not.
        let mut refused = 0;
        while going_on() {
            let answer = server
                .call("PUT", &format!("{path}/rows/key0000000"), json!({"generation": 1, "text": "text of row 0"}))
                .await;
            match answer.status {
                200 => {}
                409 => {
                    assert_eq!(answer.error().1, "table.import.running");
                    refused += 1;
                }
                status => assert!(!going_on(), "{status}"),
            }
        }
        refused
    };
    let (done, looks, accepted, refused) = tokio::join!(importing, looking, mailing, refused);
    let counts = ["added", "changed", "removed"].map(|name| done[name].as_u64().unwrap());
    // The row that was set over and over may stand there at the end, made anew.
    assert_eq!(counts, [ROWS as u64 / 2; 3], "{done}");
    assert!(looks > 10 && accepted > 10 && refused > 0, "{looks} {accepted} {refused}");
    let versions = server.get(&format!("{path}/versions")).await.ok();
    let total = versions["total"].as_u64().unwrap();
    assert!((2..=3).contains(&total), "{versions}");
    let old = server.get(&format!("{path}/rows/key0000001?version=1")).await.ok();
    assert_eq!(old["generation"], 1);
}

#[tokio::test]
async fn lines_of_very_many_fields_or_bytes_are_refused() {
    let server = server().await;
    let table = json!({ "name": "Wide", "schema": { "properties": { "a": { "type": "string" } } } });
    let made = server.call("POST", "/flows/datatables", table).await.ok();
    let path = format!("/flows/datatables/{}", made["id"].as_str().unwrap());
    let header = |fields: usize| (0..fields).map(|n| format!("c{n},")).collect::<String>();
    let unclosed = format!("key,a\nx,\"{}", "b".repeat(3 << 20));
    for (file, line, message, expected) in [
        (format!("{}key\n", header(100_000)), 1, "the first line has 100001 fields", "at most 201"),
        (format!("{}key\n", header(1_000_000)), 1, "the line is too long", "at most 1048576 bytes"),
        (unclosed, 2, "the line is too long", "at most 1048576 bytes"),
    ] {
        let answer = import(&server, &path, &file).await;
        assert_eq!(answer.status, 400);
        let problem = &answer.json()["errors"][0];
        assert_eq!((&problem["message"], &problem["line"]), (&json!(message), &json!(line)));
        assert_eq!(problem["expected"], expected);
    }
}

#[tokio::test]
async fn a_file_for_a_spreadsheet_holds_no_formulas() {
    let server = server().await;
    let columns = json!({ "text": { "type": "string" }, "seats": { "type": "integer" } });
    let table = json!({ "name": "Formulas", "schema": { "properties": columns } });
    let made = server.call("POST", "/flows/datatables", table).await.ok();
    let path = format!("/flows/datatables/{}", made["id"].as_str().unwrap());
    let file = "key,text,seats\n+49 30 1,=1+1,-5\na,@SUM(A1),7\nb,a=b,\n";
    import(&server, &path, file).await.ok();
    let export = async |query: &str| {
        let answer = server.call_with("GET", &format!("{path}/rows{query}"), &["Accept: text/csv"], b"").await;
        String::from_utf8(answer.body).unwrap()
    };
    // The answer is sent in chunks.
    assert!(export("").await.contains(file), "as it is, to be imported again");
    let safe = "key,text,seats\n'+49 30 1,'=1+1,-5\na,'@SUM(A1),7\nb,a=b,\n";
    assert!(export("?spreadsheet=true").await.contains(safe));
}
