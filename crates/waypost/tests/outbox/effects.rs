//! Mails of which a Message-ID decides what is sent for them and how its receivers behave, and the account of what must have arrived.

#![allow(unreachable_pub, reason = "a module of one test")]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use crate::harness::http::Api;
use crate::harness::receiver::{Arrived, Receiver};
use crate::harness::streams::{Senders, number_of};
use crate::harness::{Server, wait_for};
use crate::people::People;

/// How receivers behave; `back` takes the mail and reports that it could not be delivered after all.
const MANNERS: [&str; 8] = ["plain", "later", "close", "half", "slow", "twice", "refuse", "back"];

/// So many attempts a server has under way at most.
const SLOTS: usize = 16;

const ROUTES: [&str; 5] =
    ["care@desk.example", "on@desk.example", "long@desk.example", "fails@desk.example", "wrap@desk.example"];

/// The two addresses that something is sent to: the mail's author, and the one that its subject names.
fn addresses(message_id: &str) -> (String, String) {
    let name = message_id.split('@').next().unwrap();
    let chance = name.bytes().fold(7, |sum: usize, byte| (sum * 31 + usize::from(byte)) % 10_007);
    let one = |more: usize, letter: char| {
        format!("{}.{name}.{letter}@d{}.example", MANNERS[(chance + more) % MANNERS.len()], (chance + more) % 7)
    };
    (one(0, 'a'), one(3 + chance / 8 % 3, 'b'))
}

/// Whom a mail goes to, and its text as it goes over the wire.
pub fn mail_of(message_id: &str) -> (&'static str, String) {
    let (author, other) = addresses(message_id);
    let to = ROUTES[number_of(message_id) % ROUTES.len()];
    let raw = format!(
        "From: {author}\r\nTo: {to}\r\nSubject: {other}\r\nMessage-ID: <{message_id}>\r\n\r\nHello\r\ndots\r\n"
    );
    (to, raw)
}

/// What is sent for a mail: kinds and addresses.
fn effects(message_id: &str) -> BTreeSet<(&'static str, String)> {
    let (author, other) = addresses(message_id);
    match number_of(message_id) % ROUTES.len() {
        0 => BTreeSet::from([("reply", author), ("mail", other)]),
        1 => BTreeSet::from([("forward", author), ("forward", other)]),
        2 => BTreeSet::from([("reply", author), ("forward", other)]),
        3 => BTreeSet::new(),
        _ => BTreeSet::from([("forward", author), ("mail", other)]),
    }
}

/// The state that a delivery ends in.
fn end_of(target: &str) -> &'static str {
    match target.split('.').next().unwrap() {
        "refuse" => "dead",
        "back" => "bounced",
        _ => "delivered",
    }
}

/// Flows and routes for all of this.
pub fn prepare(server: &Server) {
    let api = server.api();
    api.post("/routing/queues", &json!({"name": "Support"})).ok();
    api.post("/routing/email/domains", &json!({"id": "desk.example"})).ok();
    let (author, other) = ("${interaction.email.from.address}", "${interaction.email.subject}");
    let reply = json!({"type": "sendReply", "text": "We have it."});
    let notice = json!({"type": "sendMail", "to": [other], "subject": "New", "text": "Look.", "attachOriginal": true});
    let forward = |to: &[&str], attach: bool| json!({"type": "forward", "addresses": to, "attach": attach});
    let queue = json!({"type": "transferToQueue", "queue": "Support"});
    let count = json!({"type": "setVariable", "name": "n", "value": "${n + 1}"});
    let zero = json!({"type": "setVariable", "name": "n", "value": "${1 / n}"});
    let flows = [
        ("care", json!([reply, notice, queue])),
        ("on", json!([forward(&[author, other], false)])),
        ("long", json!([{"type": "while", "when": "${n < 1500}", "actions": [count]}, reply, forward(&[other], true)])),
        ("fails", json!([reply, notice, zero, queue])),
        ("wrap", json!([notice, forward(&[author], true)])),
    ];
    for (name, actions) in flows {
        let variables = json!([{"name": "n", "dataType": "integer", "default": 0}]);
        let flow =
            json!({"name": name, "type": "email", "variables": variables, "nodes": [{"id": "n", "actions": actions}]});
        let flow = api.post("/flows", &flow).ok();
        let route = json!({"pattern": name, "flow": {"id": flow["id"]}});
        api.post("/routing/email/domains/desk.example/routes", &route).ok();
    }
}

/// Reports about what arrived and could not be delivered after all.
#[derive(Default)]
pub struct Bounces {
    reported: BTreeSet<String>,
}

impl Bounces {
    /// Reports what arrived since.
    pub fn send(&mut self, server: &Server, receiver: &Receiver) {
        let mut smtp = server.smtp();
        for one in receiver.arrived().iter().filter(|one| end_of(&one.to) == "bounced") {
            if self.reported.insert(one.from.clone()) {
                let reply = smtp.deliver("", &one.from, &report(&one.to)).unwrap();
                assert_eq!(reply.code, 250, "{reply:?}");
            }
        }
    }
}

fn report(recipient: &str) -> String {
    format!(
        "From: MAILER-DAEMON@d.example\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; d.example\r\n\r\n\
         Final-Recipient: rfc822; {recipient}\r\nAction: failed\r\nStatus: 5.2.2\r\n\r\n--b--\r\n"
    )
}

/// Waits until everything is decided and nothing is on its way, with retries where a pause would be waited for.
fn wait_until_over(server: &Server, api: &Api, receiver: &Receiver, bounces: &mut Bounces) {
    let all_decided = || {
        wait_for("the last decision", || {
            let states = api.get("/interactions/summary").ok()["byState"].clone();
            let undecided = |state: &str| states[state].as_u64().unwrap_or(0);
            (undecided("received") + undecided("running") == 0).then_some(())
        });
    };
    all_decided();
    // Three kills may come upon one long run: then it was set aside, for somebody to have it made again.
    for one in api.all_interactions() {
        if one["decision"]["error"]["code"] == "run.too-many-attempts" {
            api.post(&format!("/interactions/{}/rerun", one["id"].as_str().unwrap()), &json!({}));
        }
    }
    all_decided();
    wait_for("the last delivery", || {
        api.post("/deliveries/retry", &json!({"state": "pending"})).ok();
        std::thread::sleep(std::time::Duration::from_millis(250));
        (api.get("/interactions/summary").ok()["deliveries"]["pending"] == 0).then_some(())
    });
    bounces.send(server, receiver);
}

/// Holds what arrived against what was decided, once all is over. Answers the account in words.
pub fn settle(
    server: &Server,
    receiver: &Receiver,
    senders: &Senders,
    bounces: &mut Bounces,
    people: &People,
) -> String {
    let api = server.api();
    wait_until_over(server, &api, receiver, bounces);
    let interactions = api.all_interactions();
    let mut deliveries: BTreeMap<String, Vec<Json>> = BTreeMap::new();
    for one in api.all("/deliveries") {
        deliveries.entry(one["interactionId"].as_str().unwrap().to_owned()).or_default().push(one);
    }
    let mut arrived: BTreeMap<(String, String), Vec<(usize, Arrived)>> = BTreeMap::new();
    for (number, one) in receiver.arrived().into_iter().enumerate() {
        arrived.entry((one.to.clone(), one.id().to_owned())).or_default().push((number, one));
    }
    let killed = receiver.killed();
    let kills = killed.len();
    let mut counts = Counts::default();
    let (mut there, mut handed_on) = (BTreeSet::new(), people.handed_on.clone());
    for interaction in &interactions {
        let message_id = interaction["messageId"].as_str().unwrap();
        assert!(there.insert(message_id.to_owned()), "{message_id} is there twice");
        assert!(
            senders.accepted.contains(message_id) || senders.unanswered.contains(message_id),
            "nobody sent {message_id}"
        );
        let sent = deliveries.remove(interaction["id"].as_str().unwrap()).unwrap_or_default();
        stands(interaction, message_id);
        sent_as_decided(message_id, &sent);
        for delivery in &sent {
            let text = |member: &str| delivery[member].as_str().unwrap().to_owned();
            counts.delivery(
                delivery,
                arrived.remove(&(text("target"), text("messageId"))).unwrap_or_default(),
                &killed,
            );
            handed_on.remove(delivery["target"].as_str().unwrap());
        }
    }
    assert!(handed_on.is_empty(), "the server said it would be sent: {handed_on:?}");
    assert!(arrived.is_empty(), "arrived without a decision: {arrived:?}");
    assert!(deliveries.is_empty(), "sent for nothing: {deliveries:?}");
    let lost: Vec<&String> = senders.accepted.iter().filter(|id| !there.contains(*id)).collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
    assert!(
        counts.after_kills <= kills * SLOTS,
        "more copies than attempts that {kills} kills could cut off: {counts:?}"
    );
    assert!(counts.after_lost_answers > 0, "no answer was lost: {counts:?}");
    let ledger = server.cli(&["ledger"]);
    assert!(ledger.status.success(), "{}", String::from_utf8_lossy(&ledger.stderr));
    let People { handed_on, reruns } = people;
    format!(
        "{kills} kills, {} mails, {reruns} reruns, {} handed on by people; {counts:?}",
        there.len(),
        handed_on.len()
    )
}

/// What is sent for a mail is what its flow decided, and what people handed on. A rerun makes again what did not arrive.
fn sent_as_decided(message_id: &str, sent: &[Json]) {
    let wanted = effects(message_id);
    let mut done = BTreeSet::new();
    for one in sent {
        let text = |member: &str| one[member].as_str().unwrap().to_owned();
        let (kind, target, state) = (text("kind"), text("target"), text("state"));
        if one.get("run").is_none() {
            assert!(target.ends_with("@people.example") && kind == "forward" && state == "delivered", "{one}");
            continue;
        }
        let effect = wanted.iter().find(|(of, to)| *of == kind && *to == target);
        let effect = effect.unwrap_or_else(|| panic!("nobody decided {one}"));
        if state == "cancelled" {
            assert_eq!(one["attempts"], 0, "{one}");
            continue;
        }
        assert_eq!(state, end_of(&target), "{one}");
        assert!(done.insert(effect) || state != "delivered", "sent twice: {sent:?}");
    }
    assert_eq!(done.len(), wanted.len(), "of {wanted:?} there is {sent:?}");
}

/// Where an interaction must stand when all is over.
fn stands(interaction: &Json, message_id: &str) {
    let queue = &interaction["decision"]["queue"]["name"];
    let forwards: Vec<String> =
        effects(message_id).into_iter().filter(|(kind, _)| *kind == "forward").map(|(_, target)| target).collect();
    let expected = match number_of(message_id) % ROUTES.len() {
        // People may have it, or be done with it.
        0 => (interaction["state"].as_str().unwrap(), json!("Support")),
        3 => ("decided", json!("Unrouted")),
        _ if forwards.iter().all(|target| end_of(target) == "delivered") => ("completed", json!(null)),
        _ => ("decided", json!("Unrouted")),
    };
    assert_eq!((interaction["state"].as_str().unwrap(), queue), (expected.0, &expected.1), "{interaction}");
}

/// What was counted.
#[derive(Debug, Default)]
struct Counts {
    deliveries: usize,
    delivered: usize,
    bounced: usize,
    dead: usize,
    /// Made, and taken back before an attempt: by a rerun, or by a rule.
    cancelled: usize,
    arrivals: usize,
    /// Copies whose forerunner's receiver did not get to answer.
    after_lost_answers: usize,
    /// Copies whose forerunner's sender was killed.
    after_kills: usize,
}

impl Counts {
    /// A delivery, and what arrived of it.
    fn delivery(&mut self, delivery: &Json, arrived: Vec<(usize, Arrived)>, killed: &BTreeMap<String, usize>) {
        self.deliveries += 1;
        self.arrivals += arrived.len();
        let state = delivery["state"].as_str().unwrap();
        match state {
            "delivered" => self.delivered += 1,
            "bounced" => self.bounced += 1,
            "dead" => self.dead += 1,
            _ => self.cancelled += 1,
        }
        assert_eq!(arrived.is_empty(), matches!(state, "dead" | "cancelled"), "{delivery}: {arrived:?}");
        for (_, one) in &arrived {
            let first = &arrived[0].1;
            assert_eq!((&one.from, &one.content), (&first.from, &first.content), "one mail under one address");
            assert!(one.content.contains("dots\r\n") || delivery["kind"] == "reply", "{}", one.content);
        }
        for pair in arrived.windows(2) {
            let [(_, first), (number, copy)] = pair else { unreachable!() };
            if !first.answered {
                self.after_lost_answers += 1;
            } else if killed.get(&first.sender).is_some_and(|by_then| number >= by_then) && copy.sender != first.sender
            {
                self.after_kills += 1;
            } else {
                panic!("a copy without a reason: {delivery}: {arrived:?}");
            }
        }
    }
}
