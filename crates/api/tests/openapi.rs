//! The OpenAPI document is what the server does: every operation in it is asked without a token, with the wrong scope, and with a
//! parameter that nobody knows, whose refusal names the parameters that the document should have.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value as Json, json};
use support::{Answer, Server, server};

/// One operation of the document.
struct Operation {
    method: String,
    /// With something in the place of each path parameter.
    path: String,
    described: Json,
}

impl Operation {
    /// All scopes that it wants together; none where it wants no token, or any.
    fn scopes(&self) -> Vec<&str> {
        let scopes = self.described["security"][0]["oauth"].as_array();
        scopes.into_iter().flatten().map(|scope| scope.as_str().unwrap()).collect()
    }

    /// A query with which it is answered and ends: a stream of events does not end by itself, and one with this is refused.
    fn ending(&self) -> &'static str {
        let streams = self.described["responses"]["200"]["content"].get("text/event-stream").is_some();
        if streams { "?nonsense=1" } else { "" }
    }

    fn parameters(&self, place: &str) -> BTreeSet<&str> {
        let all = self.described["parameters"].as_array().unwrap().iter();
        all.filter(|one| one["in"] == place).map(|one| one["name"].as_str().unwrap()).collect()
    }

    async fn ask(&self, server: &Server, token: Option<&str>, query: &str) -> Answer {
        let authorization = token.map(|token| format!("Authorization: Bearer {token}"));
        let contents = self.described["requestBody"]["content"].as_object();
        let raw = contents.is_some_and(|contents| contents.contains_key("message/rfc822"));
        let (kind, body): (_, &[u8]) = match contents {
            Some(_) if raw => ("Content-Type: message/rfc822", b"Subject: x\r\n\r\n"),
            Some(_) => ("Content-Type: application/json", b"{}"),
            None => ("Accept: */*", b""),
        };
        let headers: Vec<&str> = authorization.iter().map(String::as_str).chain([kind]).collect();
        server.send(&self.method, &format!("{}{query}", self.path), &headers, body).await
    }
}

async fn document(server: &Server) -> Json {
    server.send("GET", "/api/v2/docs/openapi.json", &[], &[]).await.json()
}

fn operations(document: &Json) -> Vec<Operation> {
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let filled: Vec<&str> = path
            .split('/')
            .map(|segment| if segment.starts_with('{') { "00000000-0000-0000-0000-000000000000" } else { segment })
            .collect();
        for (method, described) in methods.as_object().unwrap() {
            found.push(Operation {
                method: method.to_uppercase(),
                path: filled.join("/"),
                described: described.clone(),
            });
        }
    }
    found
}

/// Members that a request's body must have.
fn required(document: &Json, described: &Json) -> Vec<String> {
    let mut schema = &described["requestBody"]["content"]["application/json"]["schema"];
    while let Some(name) = schema["$ref"].as_str() {
        schema = document.pointer(name.trim_start_matches('#')).unwrap();
    }
    let required = schema["required"].as_array().into_iter().flatten();
    required.map(|name| name.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_member_that_is_missing_is_told_at_once() {
    let server = server().await;
    let (document, admin) = (document(&server).await, server.token("admin").await);
    let mut asked = 0;
    for operation in operations(&document).into_iter().filter(|operation| operation.method == "POST") {
        // A schedule's time zone is part of its definition, which the document leaves open.
        let more = operation.path.ends_with("/routing/schedules").then(|| "timeZone".to_owned());
        let mut required = required(&document, &operation.described);
        required.extend(more);
        // A flow may be made without content: its document is published later.
        if required.len() < 2 || operation.path.ends_with("/flows") {
            continue;
        }
        // A flow that is there has its name and its type.
        if operation.path.ends_with("/versions") {
            required.retain(|name| name == "nodes");
        }
        let answer = operation.ask(&server, Some(&admin), "").await;
        // What is about something that is not there can't be asked without it.
        if answer.status == 404 {
            continue;
        }
        asked += 1;
        let body = answer.json();
        assert_eq!(answer.status, 400, "{}: {body}", operation.path);
        let problems = body["errors"].as_array().unwrap();
        let mut told: Vec<&str> = problems.iter().filter_map(|one| one["path"].as_str()).collect();
        told.sort_unstable();
        required.sort_unstable();
        assert_eq!(told, required, "{}: {body}", operation.path);
    }
    assert!(asked >= 9, "{asked} endpoints");
}

#[tokio::test]
async fn every_endpoint_wants_its_scope_and_no_other() {
    let server = server().await;
    let document = document(&server).await;
    let mut tokens = Vec::new();
    for scope in ["flow:read", "flow:write", "routing:read", "routing:write", "email:read", "email:write", "admin"] {
        tokens.push((scope, server.token(scope).await));
    }
    let mut wanting = 0;
    for operation in operations(&document) {
        let wanted = operation.scopes();
        if wanted.is_empty() {
            continue;
        }
        wanting += 1;
        let what = format!("{} {}", operation.method, operation.path);
        let refused = operation.ask(&server, None, "").await;
        assert_eq!(refused.error(), (401, "authentication.required".to_owned()), "{what}");
        assert!(refused.header("www-authenticate").unwrap().starts_with("Bearer"), "{what}");
        for (scope, token) in &tokens {
            let grants = |wanted: &str| {
                let wider = wanted.strip_suffix("read").is_some_and(|area| format!("{area}write") == *scope);
                *scope == wanted || *scope == "admin" || wider
            };
            let lacks = wanted.iter().find(|wanted| !grants(wanted));
            let answer = operation.ask(&server, Some(token), operation.ending()).await;
            let Some(lacks) = lacks else {
                assert!(![401, 403].contains(&answer.status), "{scope} for {what}: {answer:?}");
                continue;
            };
            assert_eq!(answer.error(), (403, "missing.permissions".to_owned()), "{scope} for {what}");
            assert!(answer.json()["message"].as_str().unwrap().contains(&format!("`{lacks}`")), "{what}");
        }
    }
    assert!(wanting > 40, "{wanting}");
}

#[tokio::test]
async fn query_parameters_are_those_of_the_document() {
    let server = server().await;
    let document = document(&server).await;
    for operation in operations(&document) {
        // Probes ask nothing, and forms of tokens are RFC 6749's. Identity providers add parameters of their own.
        if !operation.path.starts_with("/api/v2") || operation.path.ends_with("/oidc/callback") {
            continue;
        }
        let what = format!("{} {}", operation.method, operation.path);
        let answer = operation.ask(&server, Some(&server.admin), "?nonsense=1").await;
        let error = answer.json();
        assert_eq!(answer.status, 400, "{what}: {error}");
        let problem = error["errors"].as_array().unwrap().iter().find(|one| one["path"] == "nonsense");
        let problem = problem.unwrap_or_else(|| panic!("{what}: {error}"));
        let known = problem["expected"].as_str().and_then(|text| text.strip_prefix("one of ")).unwrap_or_default();
        let known: BTreeSet<&str> = known.split(", ").filter(|name| !name.is_empty()).collect();
        assert_eq!(known, operation.parameters("query"), "{what}");
    }
}

/// Links of pages are addresses from the origin, as Genesys writes them: whoever follows one gets a page of the same list.
#[tokio::test]
async fn links_of_pages_lead_to_pages() {
    let server = server().await;
    let document = document(&server).await;
    for name in ["A", "B", "C"] {
        server.call("POST", "/routing/queues", json!({"name": name})).await.ok();
    }
    let mut lists = 0;
    for operation in operations(&document).into_iter().filter(|operation| operation.method == "GET") {
        let schema = &operation.described["responses"]["200"]["content"]["application/json"]["schema"];
        let paged = schema["$ref"].as_str().and_then(|name| document.pointer(name.trim_start_matches('#')));
        if paged.is_none_or(|schema| schema["properties"].get("nextUri").is_none()) {
            continue;
        }
        let answer = operation.ask(&server, Some(&server.admin), "?pageSize=1&pageNumber=2").await;
        // What is below something that is not there, or wants a parameter, is made by the same code as the others.
        if answer.status != 200 {
            assert!([400, 404].contains(&answer.status), "{answer:?}");
            continue;
        }
        lists += 1;
        let page = answer.ok();
        for link in ["firstUri", "previousUri", "selfUri", "nextUri", "lastUri"] {
            let Some(address) = page.get(link).map(|address| address.as_str().unwrap()) else { continue };
            assert!(address.starts_with(&format!("{}?pageSize=1&", operation.path)), "{link} of {page}");
            let token = format!("Authorization: Bearer {}", server.admin);
            let there = server.send("GET", address, &[&token], &[]).await.ok();
            assert!(there["entities"].is_array() && there["selfUri"] == address, "{link} of {page}");
        }
        if operation.path.ends_with("/routing/queues") {
            assert_eq!(page["nextUri"], "/api/v2/routing/queues?pageSize=1&pageNumber=3");
        }
    }
    assert!(lists > 10, "{lists}");
}

#[tokio::test]
async fn the_document_is_whole() {
    let server = server().await;
    let document = document(&server).await;
    assert_eq!(document["openapi"], "3.1.0");
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let mut ids = BTreeSet::new();
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        let name = reference.strip_prefix("#/components/schemas/").unwrap_or_else(|| panic!("{reference}"));
        assert!(schemas.contains_key(name), "{reference} leads nowhere");
    }
    for operation in operations(&document) {
        let id = operation.described["operationId"].as_str().unwrap().to_owned();
        assert!(ids.insert(id.clone()), "two operations {id}");
        assert!(!operation.described["summary"].as_str().unwrap().is_empty(), "{id}");
        assert!(!operation.described["tags"][0].as_str().unwrap().is_empty(), "{id}");
        let answers = operation.described["responses"].as_object().unwrap();
        // A browser that is sent on is what some are for.
        assert!(answers.keys().any(|status| status.starts_with('2') || status == "303"), "{id} never succeeds");
    }
}

/// The document is in the repository as it is served, so that a change of the API shows in review.
#[tokio::test]
async fn the_document_in_the_repository_is_what_is_served() {
    let server = server().await;
    let served = server.send("GET", "/api/v2/docs/openapi.json", &[], &[]).await.body;
    let served = format!("{}\n", String::from_utf8(served).unwrap());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    if std::env::var_os("WAYPOST_BLESS").is_some() {
        fs::write(&path, &served).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    let differs = served.lines().zip(written.lines()).position(|(served, written)| served != written);
    let line = differs.unwrap_or_else(|| served.lines().count().min(written.lines().count())) + 1;
    assert!(
        written == served,
        "docs/openapi.json is old from line {line} on: run this test with WAYPOST_BLESS=1, and read the difference before you keep it"
    );
}

/// What keeps a body from being what the document says of it.
fn errors(document: &Json, schema: &str, body: &Json) -> Vec<String> {
    let schema = json!({ "$ref": format!("#/components/schemas/{schema}"), "components": document["components"] });
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    validator.iter_errors(body).map(|error| format!("{error} at {}", error.instance_path())).collect()
}

#[tokio::test]
async fn traces_are_what_the_document_says_they_are() {
    let server = server().await;
    let document = document(&server).await;
    let action = json!({ "type": "log", "message": "a ${interaction.email.subject}" });
    let nodes = json!([{ "id": "only", "actions": [action, { "type": "disconnect", "reason": "spam" }] }]);
    let flow = server.call("POST", "/flows", json!({ "name": "F", "type": "email", "nodes": nodes })).await.ok();
    let path = format!("/flows/{}/try", flow["id"].as_str().unwrap());
    let tried = server.call("POST", &path, json!({ "message": "Subject: x\r\n\r\n" })).await.ok();
    let none = Vec::<String>::new();
    assert_eq!(errors(&document, "Tried", &tried), none);
    assert_eq!(errors(&document, "RunTrace", &tried["trace"]), none);
    let events: Vec<&str> =
        tried["trace"]["events"].as_array().unwrap().iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["flow", "node", "action", "log", "action", "decision"]);
    // The schema says something: it has no place for what is no event.
    let mut broken = tried;
    broken["trace"]["events"][0]["event"] = "voted".into();
    assert_ne!(errors(&document, "Tried", &broken), none);
}

#[tokio::test]
async fn flows_are_what_the_document_says_they_are() {
    let server = server().await;
    let document = document(&server).await;
    let made = server
        .call(
            "POST",
            "/flows",
            json!({ "name": "F", "type": "email", "outputs": [{ "name": "o", "dataType": "string" }], "nodes": [] }),
        )
        .await
        .ok();
    // What is answered can be sent back: it is a flow document as well.
    for schema in ["Flow", "FlowDocument"] {
        assert_eq!(errors(&document, schema, &made), Vec::<String>::new(), "{made}");
    }
}

#[tokio::test]
async fn the_page_and_its_pieces_come_from_here() {
    let server = server().await;
    let page = server.send("GET", "/api/v2/docs", &[], &[]).await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let html = String::from_utf8(page.body.clone()).unwrap();
    assert!(!html.contains("//"), "nothing is fetched from elsewhere: {html}");
    let mut pieces = 0;
    for piece in html.split(['"']).filter(|text| text.starts_with("docs/")) {
        let answer = server.send("GET", &format!("/api/v2/{piece}"), &[], &[]).await;
        assert_eq!(answer.status, 200, "{piece}");
        assert!(answer.body.len() > 100, "{piece}");
        pieces += 1;
    }
    assert_eq!(pieces, 4);
    let schema = server.send("GET", "/api/v2/docs/flow.schema.json", &[], &[]).await.json();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(server.send("GET", "/api/v2/docs/assets/..%2fpage.html", &[], &[]).await.error().0, 404);
}
