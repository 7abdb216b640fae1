//! Events that webhooks listen to.

use serde_json::{Value as Json, json};

use crate::endpoint::{Endpoint, Request};
use crate::harness::http::Api;
use crate::harness::scratch::Scratch;
use crate::harness::wait_for;
use crate::{ALLOWED, TAKEN, delivery, route, send, start};

/// A webhook that listens. Answers its id and its secret.
fn listening(api: &Api, name: &str, url: &str, events: &[&str]) -> (String, String) {
    let made = api.post("/webhooks", &json!({"name": name, "url": url, "events": events})).ok();
    let text = |member: &str| made[member].as_str().unwrap().to_owned();
    assert_eq!(made.get("events").is_some(), !events.is_empty());
    (text("id"), text("secret"))
}

/// Requests until each of these types came once; sorted by type.
fn told(endpoint: &Endpoint, secret: &str, types: &[&str]) -> Vec<Request> {
    let mut found: Vec<Request> = types.iter().map(|_| endpoint.next()).collect();
    found.sort_by_key(|one| one.json()["type"].as_str().unwrap().to_owned());
    let mut sorted = types.to_vec();
    sorted.sort_unstable();
    assert_eq!(found.iter().map(|one| one.json()["type"].clone()).collect::<Vec<_>>(), sorted);
    for one in &found {
        assert!(one.is_signed_with(secret), "{:?}", one.headers);
    }
    found
}

/// What the API shows, without what events leave out.
fn shown(api: &Api, path: &str) -> Json {
    let mut shown = api.get(path).ok();
    for member in ["runs", "overServiceLevel", "notice"] {
        shown.as_object_mut().unwrap().shift_remove(member);
    }
    shown
}

#[test]
fn what_happens_is_told_to_those_who_listen() {
    let scratch = Scratch::new("webhooks-events");
    let (all, some) = (Endpoint::start(&[TAKEN]), Endpoint::start(&[TAKEN]));
    let server = start(&scratch, &ALLOWED);
    let api = server.api();
    let (_, secret) = listening(&api, "All", &all.url, &["interaction.*"]);
    let (_, other) = listening(&api, "Some", &some.url, &["interaction.completed", "delivery.delivered"]);
    let (target, _) = listening(&api, "Orders", &all.url, &[]);
    route(&api, "help", &[json!({"type": "sendWebhook", "webhook": "Orders", "payload": 1})]);
    let interaction = send(&server, "help", "one@customer.example");

    let mut first: Vec<Request> = (0..3).map(|_| all.next()).collect();
    first.sort_by_key(|one| one.json()["type"].as_str().unwrap().to_owned());
    let types: Vec<Json> = first.iter().map(|one| one.json()["type"].clone()).collect();
    assert_eq!(types, ["flow.message", "interaction.decided", "interaction.received"]);
    let path = format!("/interactions/{interaction}");
    assert_eq!(first[1].json()["data"], shown(&api, &path));
    assert_eq!(first[2].json()["data"], first[1].json()["data"], "one transaction");
    assert!(first[1].is_signed_with(&secret) && first[1].header("webhook-id") != first[2].header("webhook-id"));
    let kept = delivery(&api, &interaction, "the event", |one| one["event"] == "interaction.decided");
    assert_eq!((&kept["id"], &kept["kind"]), (&json!(first[1].header("webhook-id")), &json!("webhook")));
    assert!(kept.get("place").is_none() && kept.get("run").is_none(), "{kept}");

    // The delivery of the flow's request, which tells of itself; deliveries of events tell of nothing.
    let [delivered] = <[Request; 1]>::try_from(told(&some, &other, &["delivery.delivered"])).ok().unwrap();
    let data = delivered.json()["data"].clone();
    assert_eq!((&data["target"], &data["state"]), (&json!(target), &json!("delivered")));
    assert_eq!(data, shown(&api, &format!("/deliveries/{}", data["id"].as_str().unwrap())));

    let queue = api.get("/routing/queues?name=Support").ok()["entities"][0]["id"].as_str().unwrap().to_owned();
    let claims = api.post(&format!("/routing/queues/{queue}/claims"), &json!({})).ok();
    let token = claims["entities"][0]["token"].as_str().unwrap().to_owned();
    let [claimed] = <[Request; 1]>::try_from(told(&all, &secret, &["interaction.claimed"])).ok().unwrap();
    assert_eq!(claimed.json()["data"]["state"], "claimed");
    api.post(&format!("{path}/complete"), &json!({"token": token, "outcome": "refunded"})).ok();
    for (endpoint, secret) in [(&all, &secret), (&some, &other)] {
        let [done] = <[Request; 1]>::try_from(told(endpoint, secret, &["interaction.completed"])).ok().unwrap();
        assert_eq!(
            (&done.json()["data"]["state"], &done.json()["data"]["decision"]["outcome"]),
            (&json!("completed"), &json!("refunded"))
        );
    }
    wait_for("all told", || {
        let pending = api.get("/deliveries?state=pending").ok();
        pending["entities"].as_array().unwrap().is_empty().then_some(())
    });
    assert!(all.saw_nothing() && some.saw_nothing());
    assert!(server.cli(&["ledger"]).status.success());
}

#[test]
fn events_that_fail_tell_of_no_events() {
    let scratch = Scratch::new("webhooks-storm");
    let gone = Endpoint::start(&["500 No"]);
    let server = start(&scratch, &[ALLOWED[0], ALLOWED[1], "--webhook-retry-for", "0s"]);
    let api = server.api();
    listening(&api, "Gone", &gone.url, &["*"]);
    api.post("/routing/email/domains/desk.example/routes", &json!({"pattern": "help", "queue": {"name": "Support"}}))
        .ok();
    let interaction = send(&server, "help", "one@customer.example");
    wait_for("two dead", || {
        let dead = api.get(&format!("/deliveries?interactionId={interaction}&state=dead")).ok();
        (dead["entities"].as_array().unwrap().len() == 2).then_some(())
    });
    let all = api.get(&format!("/deliveries?interactionId={interaction}")).ok();
    assert_eq!(all["entities"].as_array().unwrap().len(), 2, "{all}");
}

#[test]
fn subscriptions_are_checked_listed_and_changed() {
    let scratch = Scratch::new("webhooks-listen");
    let server = start(&scratch, &[]);
    let api = server.api();
    let body = json!({"name": "All", "url": "https://hooks.example.com/", "events": ["interaction.decidde", "delivery.*", "x"]});
    let refused = api.post("/webhooks", &body).error(400);
    let problems = refused["errors"].as_array().unwrap();
    assert_eq!((problems.len(), &problems[0]["path"]), (2, &json!("events[0]")), "{refused}");
    assert!(problems[0]["suggestion"].to_string().contains("interaction.decided"), "{refused}");
    let out = |arguments: &[&str]| {
        let output = server.cli(arguments);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    out(&[
        "webhooks",
        "create",
        "All",
        "https://hooks.example.com/",
        "--event",
        "interaction.*",
        "--event",
        "delivery.dead",
    ]);
    assert!(out(&["webhooks", "list"]).contains("interaction.* delivery.dead"));
    out(&["webhooks", "disable", "All"]);
    let kept = api.get("/webhooks").ok()["entities"][0].clone();
    assert_eq!((&kept["events"], &kept["state"]), (&json!(["interaction.*", "delivery.dead"]), &json!("disabled")));
    assert_eq!(out(&["webhooks", "listen", "All", "*", "*"]), "webhook All: listens to *\n");
    assert_eq!(out(&["webhooks", "listen", "All"]), "webhook All: listens to nothing\n");
}
