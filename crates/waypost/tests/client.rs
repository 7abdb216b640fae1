//! The Rust client crate against the built server: its example, as it is, and the command line's words for clients and the audit log.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod harness;

#[path = "../../client/examples/tutorial.rs"]
#[allow(dead_code, unreachable_pub, reason = "its `main` is not called here")]
mod example;

use std::process::Output;

use futures_util::TryStreamExt;
use harness::scratch::Scratch;
use harness::{CLIENT, Server, Start};
use serde_json::Value as Json;
use waypost_client::access::AuditFilter;
use waypost_client::interactions::InteractionFilter;
use waypost_client::{Client, Retries};
use waypost_ids::{AuditKind, DecisionKind};
use waypost_wire::reference::Reference;
use waypost_wire::routing::{QueueRequest, RouteRequest};

fn server(scratch: &Scratch) -> Server {
    Server::start(&scratch.path("data"), &Start::unlimited())
}

fn client(server: &Server) -> Client {
    Client::builder(format!("http://{}", server.http)).credentials(CLIENT.0, CLIENT.1).build().unwrap()
}

#[tokio::test]
async fn the_example_runs() {
    let scratch = Scratch::new("client-example");
    let server = server(&scratch);
    let client = client(&server);
    let interaction = example::run(&client).await.unwrap().unwrap();
    let decision = interaction.decision.unwrap();
    assert_eq!((decision.kind, decision.priority), (DecisionKind::Queue, 10));
    let filter = InteractionFilter { queue: Some("refunds".to_owned()), ..InteractionFilter::default() };
    let listed: Vec<_> = client.interactions().list(&filter).try_collect().await.unwrap();
    assert_eq!(listed.iter().map(|one| one.id).collect::<Vec<_>>(), [interaction.id]);
    let message = client.interactions().message(interaction.id).await.unwrap();
    assert!(message.ends_with(b"I want a refund.\r\n"));
    let filter = AuditFilter { entity_kind: Some(AuditKind::Route), ..AuditFilter::default() };
    let audit: Vec<_> = client.access().audit(&filter).try_collect().await.unwrap();
    assert_eq!(audit.iter().map(|entry| entry.entity_name.as_str()).collect::<Vec<_>>(), ["help@shop.example"]);
}

#[tokio::test]
async fn the_rate_limit_is_waited_out_or_told() {
    let scratch = Scratch::new("client-limit");
    let start = Start { arguments: vec!["--rate-limit".to_owned(), "2".to_owned()], ..Start::default() };
    let server = Server::start(&scratch.path("data"), &start);
    let patient = Retries { longest_pause: std::time::Duration::from_secs(1), ..Retries::default() };
    let client = Client::builder(format!("http://{}", server.http))
        .credentials(CLIENT.0, CLIENT.1)
        .retries(patient)
        .build()
        .unwrap();
    for _ in 0..2 {
        client.get::<Json>("/flows").await.unwrap();
    }
    let error = client.get::<Json>("/flows").await.unwrap_err();
    assert_eq!((error.status(), error.code()), (Some(429), Some("too.many.requests")));
}

#[tokio::test]
async fn a_change_that_is_meant_for_an_older_route_or_queue_is_refused() {
    let scratch = Scratch::new("client-revised");
    let server = server(&scratch);
    let client = Client::builder(format!("http://{}", server.http)).credentials(CLIENT.0, CLIENT.1).build().unwrap();
    let routing = client.routing();
    let queue = routing.create_queue("Later").await.unwrap();
    let known = routing.revised_queue(queue.id).await.unwrap();
    assert_eq!(known.value.name, "Later");
    let request = QueueRequest { name: "Later still".to_owned(), ..QueueRequest::default() };
    routing.update_queue(queue.id, &request, Some(known.revision)).await.unwrap();
    let error = routing.update_queue(queue.id, &request, Some(known.revision)).await.unwrap_err();
    assert_eq!(error.status(), Some(412));
    routing.create_domain("revised.example").await.unwrap();
    let leads = Reference { id: queue.id.to_string(), ..Reference::default() };
    let request = RouteRequest { pattern: "a".to_owned(), queue: Some(leads), ..RouteRequest::default() };
    let route = routing.create_route("revised.example", &request).await.unwrap();
    let known = routing.revised_route("revised.example", route.id).await.unwrap();
    let request = RouteRequest { priority: 7, ..request };
    routing.update_route("revised.example", route.id, &request, Some(known.revision)).await.unwrap();
    let error = routing.update_route("revised.example", route.id, &request, Some(known.revision)).await.unwrap_err();
    assert_eq!(error.status(), Some(412));
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn clients_and_the_audit_log_on_the_command_line() {
    let scratch = Scratch::new("client-cli");
    let server = server(&scratch);
    let made = server.cli(&["clients", "create", "Robot", "--scope", "flow:write,email:read"]);
    let secret = text(&made).trim().to_owned();
    assert_eq!(secret.len(), 64, "the secret alone is on stdout");
    let told = String::from_utf8(made.stderr).unwrap();
    let id = told.split("id ").nth(1).unwrap().split(',').next().unwrap().to_owned();
    let as_robot = |secret: &str, arguments: &[&str]| {
        std::process::Command::new(harness::WAYPOST)
            .args(arguments)
            .env("WAYPOST_URL", format!("http://{}", server.http))
            .env("WAYPOST_CLIENT_ID", &id)
            .env("WAYPOST_CLIENT_SECRET", secret)
            .output()
            .unwrap()
    };
    assert!(as_robot(&secret, &["flows", "list"]).status.success());
    let refused = as_robot(&secret, &["clients", "list"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("`admin`"), "{refused:?}");

    assert_eq!(text(&server.cli(&["clients", "scopes", "Robot", "email:read"])), "client Robot: scopes email:read\n");
    assert_eq!(as_robot(&secret, &["flows", "list"]).status.code(), Some(2));
    let rotated = text(&server.cli(&["clients", "rotate", "Robot"])).trim().to_owned();
    assert_eq!(as_robot(&secret, &["interactions", "list"]).status.code(), Some(2));
    assert!(as_robot(&rotated, &["interactions", "list"]).status.success());
    assert_eq!(text(&server.cli(&["clients", "disable", "Robot"])), "client Robot: disabled\n");
    assert_eq!(as_robot(&rotated, &["interactions", "list"]).status.code(), Some(2));
    assert_eq!(text(&server.cli(&["clients", "enable", "Robot"])), "client Robot: enabled\n");
    assert_eq!(text(&server.cli(&["clients", "revoke", &id])), "client Robot: deleted\n");
    assert!(!text(&server.cli(&["clients", "list"])).contains("Robot"));
    assert_eq!(server.cli(&["clients", "revoke", "Robot"]).status.code(), Some(2));

    let audit: Json =
        serde_json::from_str(&text(&server.cli(&["audit", "--kind", "client", "--output", "json"]))).unwrap();
    let did: Vec<&str> =
        audit.as_array().unwrap().iter().rev().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(did, ["created", "created", "changed", "secret rotated", "changed", "changed", "deleted"]);
    assert!(text(&server.cli(&["audit"])).contains("client Robot"));
}

#[test]
fn two_people_change_a_client_at_the_same_time() {
    let scratch = Scratch::new("client-two");
    let server = server(&scratch);
    text(&server.cli(&["clients", "create", "Robot", "--scope", "flow:write"]));
    for (state, word, scope) in [("inactive", "disable", "flow:read"), ("active", "enable", "email:read")].repeat(3) {
        std::thread::scope(|scope_of_threads| {
            let one = scope_of_threads.spawn(|| server.cli(&["clients", word, "Robot"]));
            text(&server.cli(&["clients", "scopes", "Robot", scope]));
            text(&one.join().unwrap());
        });
        let listed: Json = serde_json::from_str(&text(&server.cli(&["clients", "list", "--output", "json"]))).unwrap();
        let robot = listed.as_array().unwrap().iter().find(|client| client["name"] == "Robot").unwrap();
        assert_eq!((robot["state"].as_str(), &robot["scope"]), (Some(state), &serde_json::json!([scope])));
    }
}

#[test]
fn the_schema_and_completions_are_printed() {
    let run = |arguments: &[&str]| std::process::Command::new(harness::WAYPOST).args(arguments).output().unwrap();
    let schema: Json = serde_json::from_str(&text(&run(&["schema"]))).unwrap();
    assert_eq!(schema["title"], "Waypost flow");
    assert!(text(&run(&["completions", "bash"])).contains("interactions"));
}
