//! Endpoints that fail are left alone, and delay no other.

use std::time::Instant;

use serde_json::{Value as Json, json};

use crate::endpoint::Endpoint;
use crate::harness::http::Api;
use crate::harness::scratch::Scratch;
use crate::harness::wait_for;
use crate::{ALLOWED, TAKEN, delivery, route, send, start, webhook};

/// How many attempts were made at what an interaction sends.
fn attempts(api: &Api, interaction: &str) -> u64 {
    let found = api.get(&format!("/deliveries?interactionId={interaction}&pageSize=100")).ok();
    found["entities"].as_array().unwrap().iter().map(|one| one["attempts"].as_u64().unwrap()).sum()
}

#[test]
fn a_dead_endpoint_delays_no_other_however_often_something_is_due() {
    let scratch = Scratch::new("breaker-bell");
    let (dead, works) = (Endpoint::start(&["503 Away"]), Endpoint::start(&[TAKEN]));
    let server = start(&scratch, &ALLOWED);
    let api = server.api();
    for (name, endpoint) in [("Dead", &dead), ("Works", &works)] {
        webhook(&api, name, &endpoint.url);
    }
    let many: Vec<Json> = (0..30).map(|_| json!({"type": "sendWebhook", "webhook": "Dead"})).collect();
    route(&api, "dead", &many);
    route(&api, "works", &[json!({"type": "sendWebhook", "webhook": "Works"})]);
    let begun = Instant::now();
    let stuck = send(&server, "dead", "dead@customer.example");
    wait_for("the breaker", || (attempts(&api, &stuck) >= 3).then_some(()));
    // Each of these rings the bell.
    for number in 0..20 {
        let interaction = send(&server, "works", &format!("{number}@customer.example"));
        works.next();
        delivery(&api, &interaction, "delivered", |one| one["state"] == "delivered");
    }
    // Three failures trip the breaker, while three more may be under way; then one after each pause, the shortest of which is a second.
    let (made, passed) = (attempts(&api, &stuck), begun.elapsed().as_secs());
    assert!(made <= 6 + passed + 1, "{made} attempts in {passed} s");
}

#[test]
fn a_retry_of_many_ends_the_pause_of_a_breaker() {
    let scratch = Scratch::new("breaker-retry");
    // As long a pause as an endpoint can ask for.
    let (busy, works) = (Endpoint::start(&["503 Busy\r\nRetry-After: 3000", TAKEN]), Endpoint::start(&[TAKEN]));
    let server = start(&scratch, &ALLOWED);
    let api = server.api();
    for (name, endpoint) in [("Busy", &busy), ("Works", &works)] {
        webhook(&api, name, &endpoint.url);
        route(&api, &name.to_lowercase(), &[json!({"type": "sendWebhook", "webhook": name})]);
    }
    let first = send(&server, "busy", "one@customer.example");
    delivery(&api, &first, "an answer", |one| one.get("lastAnswer").is_some());
    busy.next();
    let second = send(&server, "busy", "two@customer.example");
    // What is due after it goes out, and it does not.
    let third = send(&server, "works", "three@customer.example");
    delivery(&api, &third, "delivered", |one| one["state"] == "delivered");
    delivery(&api, &second, "the second", |one| one["attempts"] == 0 && one["state"] == "pending");
    let retried = api.post("/deliveries/retry", &json!({"state": "pending"})).ok();
    assert_eq!(retried["retried"], 2, "{retried}");
    for interaction in [first, second] {
        delivery(&api, &interaction, "delivered", |one| one["state"] == "delivered");
    }
}
