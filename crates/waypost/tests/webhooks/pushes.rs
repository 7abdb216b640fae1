//! Queues that push, to webhooks and to addresses.

use std::fs;

use serde_json::{Value as Json, json};

use crate::endpoint::Endpoint;
use crate::harness::http::Api;
use crate::harness::receiver::Receiver;
use crate::harness::scratch::Scratch;
use crate::harness::smtp::mail;
use crate::harness::{Server, wait_for};
use crate::{ALLOWED, TAKEN, delivery, send, start, start_with, webhook};

/// A route to a queue that delivers there. Answers the queue's id.
fn pushing(api: &Api, name: &str, to: &Json) -> String {
    let queue = api.post("/routing/queues", &json!({"name": name, "deliverTo": to})).ok();
    let id = queue["id"].as_str().unwrap().to_owned();
    let route = json!({"pattern": name.to_lowercase(), "queue": {"id": id}});
    api.post("/routing/email/domains/desk.example/routes", &route).ok();
    id
}

fn claim(api: &Api, queue: &str) -> Option<String> {
    let claims = api.post(&format!("/routing/queues/{queue}/claims"), &json!({})).ok();
    claims["entities"][0]["token"].as_str().map(str::to_owned)
}

fn interaction(api: &Api, id: &str) -> Json {
    api.get(&format!("/interactions/{id}")).ok()
}

fn state_is(api: &Api, id: &str, state: &str) {
    wait_for(state, || (interaction(api, id)["state"] == state).then_some(()));
}

fn out(server: &Server, arguments: &[&str]) -> String {
    let output = server.cli(arguments);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn what_comes_into_a_queue_is_pushed_to_its_webhook_and_is_done() {
    let scratch = Scratch::new("push-webhook");
    let crm = Endpoint::start(&[TAKEN]);
    let server = start(&scratch, &ALLOWED);
    let api = server.api();
    let made = webhook(&api, "CRM", &crm.url);
    let queue = pushing(&api, "Billing", &json!({"webhook": "crm"}));
    let shown = api.get(&format!("/routing/queues/{queue}")).ok();
    assert_eq!(shown["deliverTo"], json!({"webhook": {"id": made["id"], "name": "CRM"}}));
    let id = send(&server, "billing", "one@customer.example");
    let pushed = crm.next();
    assert!(pushed.is_signed_with(made["secret"].as_str().unwrap()));
    let body = pushed.json();
    assert_eq!((&body["type"], &body["data"]["id"]), (&json!("queue.pushed"), &json!(id)));
    assert_eq!(body["data"]["decision"]["queue"], json!({"id": queue, "name": "Billing"}));
    let link = body["data"]["links"]["message"].as_str().unwrap().strip_prefix("/api/v2").unwrap().to_owned();
    assert!(api.get(&link).body.windows(5).any(|five| five == b"Hello"));
    state_is(&api, &id, "completed");
    let kept = delivery(&api, &id, "the push", |one| one["kind"] == "queuePush");
    assert_eq!(
        (&kept["state"], &kept["target"], &kept["id"]),
        (&json!("delivered"), &made["id"], &json!(pushed.header("webhook-id")))
    );
    assert_eq!(claim(&api, &queue), None);
    let listed = out(&server, &["deliveries", "list", "--kind", "queuePush"]);
    assert!(listed.contains(kept["id"].as_str().unwrap()), "{listed}");

    // A queue uses it: it stays, and says so.
    let used = api.delete(&format!("/webhooks/{}", made["id"].as_str().unwrap())).error(409);
    assert!(used.to_string().contains("Billing"), "{used}");
    assert!(out(&server, &["webhooks", "used-by", "CRM"]).contains("Billing"));
    assert!(out(&server, &["ledger"]).contains("going out"), "the sums agree");
}

#[test]
fn a_push_that_fails_waits_to_be_claimed_or_pushed_again() {
    let scratch = Scratch::new("push-fails");
    let crm = Endpoint::start(&["500 No", "", TAKEN]);
    let server = start(&scratch, &[ALLOWED[0], ALLOWED[1], "--webhook-retry-for", "0s"]);
    let api = server.api();
    webhook(&api, "CRM", &crm.url);
    let queue = pushing(&api, "Billing", &json!({"webhook": {"name": "CRM"}}));
    let id = send(&server, "billing", "one@customer.example");
    crm.next();
    let dead = delivery(&api, &id, "dead", |one| one["state"] == "dead");
    let stands = interaction(&api, &id);
    assert_eq!(
        (&stands["state"], &stands["decision"]["error"]["code"]),
        (&json!("decided"), &json!("run.push-failed"))
    );
    assert!(stands["decision"]["error"]["message"].to_string().contains("500"), "{stands}");
    // Claimed, it is pushed by nobody; given back, it is pushed by whoever says so, and can't be claimed meanwhile.
    let token = claim(&api, &queue).unwrap();
    let retry = format!("/deliveries/{}/retry", dead["id"].as_str().unwrap());
    assert!(api.post(&retry, &json!({})).error(409).to_string().contains("claimed"));
    assert_eq!(
        api.post(&format!("/routing/queues/{queue}/push"), &json!({})).ok(),
        json!({"pushed": 0, "more": false})
    );
    api.post(&format!("/routing/queues/{queue}/claims/{token}/release"), &json!({})).ok();
    assert_eq!(out(&server, &["queues", "push", "Billing"]), "pushed 1\n");
    let under_way = crm.next();
    assert_eq!(claim(&api, &queue), None, "it is being pushed");
    let again = delivery(&api, &id, "under way", |one| one["state"] == "pending");
    assert_eq!(again["id"], under_way.header("webhook-id"));
    assert!(api.post(&retry, &json!({})).error(409).to_string().contains("pushed"), "another took its place");
}

#[test]
fn an_address_gets_the_mail_and_transfers_are_pushed_too() {
    let scratch = Scratch::new("push-mail");
    let receiver = Receiver::start();
    let server = start_with(&scratch, &[], &format!("smtp://{}", receiver.address));
    let api = server.api();
    pushing(&api, "Team", &json!({"addresses": ["team@team.example", "Boss <boss@team.example>"]}));
    let attached = api
        .post(
            "/routing/queues",
            &json!({"name": "Archive", "deliverTo": {"addresses": ["all@archive.example"], "attach": true}}),
        )
        .ok();
    assert_eq!(attached["deliverTo"], json!({"addresses": ["all@archive.example"], "attach": true}));
    let id = send(&server, "team", "one@customer.example");
    state_is(&api, &id, "completed");
    let arrived = receiver.arrived();
    assert_eq!(arrived.len(), 2, "{arrived:?}");
    for one in &arrived {
        // Resent: the mail itself, under its own Message-ID.
        assert_eq!(one.header("message-id"), Some("<one@customer.example>"), "{}", one.content);
        assert!(one.header("resent-from").unwrap().contains("team@desk.example"), "{}", one.content);
    }
    // What an agent transfers into such a queue goes, too.
    let support = api.get("/routing/queues?name=Support").ok()["entities"][0]["id"].as_str().unwrap().to_owned();
    api.post("/routing/email/domains/desk.example/routes", &json!({"pattern": "help", "queue": {"id": support}})).ok();
    let id = send(&server, "help", "two@customer.example");
    let token = claim(&api, &support).unwrap();
    let moved =
        api.post(&format!("/interactions/{id}/transfer"), &json!({"token": token, "queue": {"name": "Archive"}})).ok();
    assert_eq!(moved["decision"]["queue"]["name"], "Archive", "{moved}");
    state_is(&api, &id, "completed");
    let arrived = receiver.arrived();
    let last = arrived.iter().find(|one| one.to == "all@archive.example").unwrap();
    assert!(
        last.content.contains("message/rfc822") && last.content.contains("two@customer.example"),
        "{}",
        last.content
    );
    assert!(out(&server, &["ledger"]).contains("completed"));
}

/// One of two addresses has the mail. What is pushed again goes to the other alone, however often.
#[test]
fn who_got_the_mail_by_a_push_gets_it_once() {
    let scratch = Scratch::new("push-again");
    let receiver = Receiver::start();
    let server = start_with(&scratch, &[], &format!("smtp://{}", receiver.address));
    let api = server.api();
    let queue = pushing(&api, "Team", &json!({"addresses": ["team@team.example", "refuse@team.example"]}));
    let id = send(&server, "team", "one@customer.example");
    let fails = |times: usize| {
        wait_for("the push that failed", || {
            let dead = api.get(&format!("/deliveries?interactionId={id}&state=dead")).ok();
            let ended = dead["entities"].as_array().unwrap().len() == times;
            (ended && interaction(&api, &id)["state"] == "decided").then_some(())
        });
    };
    fails(1);
    for times in 2..=3 {
        assert_eq!(out(&server, &["queues", "push", "Team"]), "pushed 1\n");
        fails(times);
    }
    let sent = api.get(&format!("/deliveries?interactionId={id}&state=delivered")).ok();
    assert_eq!(sent["entities"].as_array().unwrap().len(), 1, "{sent}");
    let copies = receiver.arrived().iter().filter(|one| one.to == "team@team.example").count();
    assert_eq!(copies, 1);
    // Once the other address is gone from the queue, everybody has it: nothing is left to push.
    let edited = api.get(&format!("/routing/queues/{queue}")).ok();
    let request = json!({"name": edited["name"], "deliverTo": {"addresses": ["team@team.example"]}});
    api.put(&format!("/routing/queues/{queue}"), &request).ok();
    assert_eq!(out(&server, &["queues", "push", "Team"]), "pushed 0\n");
    assert_eq!(receiver.arrived().iter().filter(|one| one.to == "team@team.example").count(), 1);
}

#[test]
fn a_queue_says_where_it_delivers_in_the_api_the_command_line_and_a_folder() {
    let scratch = Scratch::new("push-says");
    let server = start(&scratch, &[]);
    let api = server.api();
    let refused = |to: Json| {
        let answer = api.post("/routing/queues", &json!({"name": "Q", "deliverTo": to})).error(400);
        answer["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["path"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(refused(json!("CRM")), ["deliverTo"]);
    assert_eq!(refused(json!({})), ["deliverTo"]);
    assert_eq!(refused(json!({"webhook": "CMR"})), ["deliverTo.webhook"]);
    assert_eq!(refused(json!({"mailbox": "Archive", "folder": "Done"})), ["deliverTo.mailbox"]);
    assert_eq!(refused(json!({"mailbox": "Archive", "folder": ""})), ["deliverTo.mailbox", "deliverTo.folder"]);
    assert_eq!(refused(json!({"webhook": "x", "addresses": ["a@b.example"]})), ["deliverTo"]);
    assert_eq!(refused(json!({"addresses": ["a@b.example", "A@b.example"]})), ["deliverTo.addresses[1]"]);
    assert_eq!(
        refused(json!({"addresses": ["a@b.example", "nobody"], "adresses": 1})),
        ["deliverTo.adresses", "deliverTo.addresses[1]"]
    );
    let folder = scratch.path("folder");
    fs::create_dir_all(&folder).unwrap();
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
    write("crm.yaml", "kind: webhook\nname: CRM\nurl: https://hooks.example.com/in\nevents: [interaction.completed]\n");
    write("billing.yaml", "kind: queue\nname: Billing\ndeliverTo: { webhook: CRM }\n");
    write("route.yaml", "kind: route\naddress: billing@desk.example\nqueue: Billing\n");
    let at = folder.to_str().unwrap();
    // Offline, it is told what would be pushed.
    let eml = scratch.path("mail.eml");
    fs::write(&eml, mail("one@customer.example", "Hi", "Hello")).unwrap();
    let run = out(
        &server,
        &["run", "--flows", at, "--to", "billing@desk.example", "--output", "json", eml.to_str().unwrap()],
    );
    let line: Json = serde_json::from_str(&run).unwrap();
    assert_eq!(line["sends"], json!([{"kind": "queuePush", "webhook": "CRM"}]), "{line}");
    out(&server, &["apply", at]);
    out(&server, &["apply", at]);
    let hook = api.get("/webhooks").ok()["entities"][0].clone();
    assert_eq!(hook["events"], json!(["interaction.completed"]));
    let listed = out(&server, &["queues", "list"]);
    assert!(listed.contains("webhook CRM"), "{listed}");
    write("billing.yaml", "kind: queue\nname: Billing\ndeliverTo: { webhook: CMR }\n");
    let wrong = server.cli(&["validate", at]);
    let told = format!("{}{}", String::from_utf8_lossy(&wrong.stdout), String::from_utf8_lossy(&wrong.stderr));
    assert!(!wrong.status.success() && told.contains("there is no webhook `CMR`") && told.contains("CRM"), "{told}");
    out(
        &server,
        &[
            "queues",
            "create",
            "Team",
            "--deliver-to-address",
            "a@team.example",
            "--deliver-to-address",
            "b@team.example",
            "--attach",
        ],
    );
    out(&server, &["queues", "update", "Team", "--service-level", "PT4H"]);
    let team = api.get("/routing/queues?name=Team").ok()["entities"][0].clone();
    assert_eq!(team["deliverTo"], json!({"addresses": ["a@team.example", "b@team.example"], "attach": true}));
    assert_eq!(team["serviceLevel"], "PT4H");
    out(&server, &["queues", "update", "Team", "--deliver-to-webhook", "CRM"]);
    out(&server, &["queues", "update", "Team", "--unset", "deliver-to"]);
    assert_eq!(api.get("/routing/queues?name=Team").ok()["entities"][0].get("deliverTo"), None);
    let pushed = server.cli(&["queues", "push", "Team"]);
    assert!(String::from_utf8_lossy(&pushed.stderr).contains("delivers nowhere"), "{pushed:?}");
}
