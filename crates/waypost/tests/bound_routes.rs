//! Mail whose route changes between RCPT and DATA, on the built server.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod harness;

use harness::nodes::queue_of;
use harness::scratch::Scratch;
use harness::smtp::{Smtp, mail};
use harness::{Server, Start};
use serde_json::json;

const ROUTES: &str = "/routing/email/domains/bound.example/routes";

fn rcpt(server: &Server, to: &str) -> Smtp {
    let mut smtp = server.smtp();
    smtp.address("ana@customer.example", to).unwrap();
    smtp
}

fn data(mut smtp: Smtp, id: &str) {
    let reply = smtp.content(&mail(id, "hello", "hello")).unwrap();
    assert_eq!(reply.code, 250, "{reply:?}");
}

#[test]
fn a_route_is_taken_as_it_is_at_data_and_one_that_was_removed_as_it_was() {
    let scratch = Scratch::new("bound-routes");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    let api = server.api();
    let [one, two] = ["One", "Two"].map(|name| {
        let queue = api.post("/routing/queues", &json!({"name": name})).ok();
        json!({"id": queue["id"]})
    });
    api.post("/routing/email/domains", &json!({"id": "bound.example"})).ok();
    let route = api.post(ROUTES, &json!({"pattern": "a", "queue": one})).ok();
    let path = format!("{ROUTES}/{}", route["id"].as_str().unwrap());

    let changed = rcpt(&server, "a@bound.example");
    api.put(&path, &json!({"pattern": "a", "queue": two, "priority": 7})).ok();
    data(changed, "changed@bound.example");
    assert_eq!(queue_of(&server, "changed@bound.example"), "Two");
    assert_eq!(api.interactions_of("changed@bound.example")[0]["decision"]["priority"], 7);

    // Another pattern takes other addresses from now on; who was told 250 is not among them.
    let renamed = rcpt(&server, "a@bound.example");
    api.put(&path, &json!({"pattern": "b", "queue": one})).ok();
    data(renamed, "renamed@bound.example");
    assert_eq!(queue_of(&server, "renamed@bound.example"), "One");

    let removed = rcpt(&server, "b@bound.example");
    assert!(api.delete(&path).status < 300);
    data(removed, "removed@bound.example");
    assert_eq!(queue_of(&server, "removed@bound.example"), "One");
}
