//! Mail goes out: what flows and people send, over real sockets to a scripted receiver, and what comes back.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod harness;
#[path = "outbox/office.rs"]
mod office;
#[path = "outbox/returned.rs"]
mod returned;
#[path = "outbox/threads.rs"]
mod threads;

use std::fs;

use harness::nodes::{deliver, node, tools};
use harness::receiver::{Arrived, Receiver};
use harness::scratch::Scratch;
use harness::smtp::mail;
use harness::wait_for;
use office::{Office, printed, report, said, words};
use serde_json::{Value as Json, json};
use waypost_mail::message::{AddressField, Message};
use waypost_scratch_postgres::{Port, Server as Database};

/// Answers the mail, tells the team, and leaves it to people.
fn answering() -> Json {
    json!([
        {"type": "sendReply", "text": "We have: ${interaction.email.subject}", "html": "<p>We have: ${interaction.email.subject}</p>"},
        {"type": "sendMail", "to": ["team@team.example", "Boss <boss@team.example>"], "subject": "New: ${interaction.email.subject}", "text": "Look at it.", "attachOriginal": true},
        {"type": "transferToQueue", "queue": "Support"},
    ])
}

fn forwarding(attach: bool, to: &[&str]) -> Json {
    json!([{"type": "forward", "addresses": to, "attach": attach}])
}

fn the_one<'a>(arrived: &'a [Arrived], to: &str) -> &'a Arrived {
    let found: Vec<&Arrived> = arrived.iter().filter(|one| one.to == to).collect();
    assert_eq!(found.len(), 1, "mails to {to}: {found:?}");
    found[0]
}

#[test]
fn a_reply_and_a_notice_go_out_with_the_decision() {
    let office = Office::open("outbox-reply");
    let extra = json!({"fromName": "Hélp desk"});
    office.route("help", &answering(), &extra);
    let raw = "From: Ana <ana@customer.example>\r\nTo: help@desk.example\r\nSubject: Where <is> my order\r\n\
        Message-ID: <two@customer.example>\r\nReferences: <one@customer.example>\r\n\r\nHello\r\n";
    let id = office.send("ana@customer.example", "help", raw);
    let sent = office.all_are("delivered", &id, 3);
    let arrived = office.receiver.arrived();
    assert_eq!(arrived.len(), 3, "{arrived:?}");

    let reply = the_one(&arrived, "ana@customer.example");
    let read = Message::parse(reply.content.as_bytes());
    let from = &read.addresses(AddressField::From)[0];
    assert_eq!((from.name.as_str(), from.address.as_str()), ("Hélp desk", "help@desk.example"));
    assert_eq!(read.addresses(AddressField::To)[0].address, "ana@customer.example");
    assert_eq!((read.subject(), read.in_reply_to()), ("Re: Where <is> my order", "two@customer.example"));
    assert_eq!(read.references(), ["one@customer.example", "two@customer.example"]);
    assert_eq!(read.header("auto-submitted"), Some("auto-replied"));
    assert_eq!(read.body().trim(), "We have: Where <is> my order");
    assert!(read.html().contains("<p>We have: Where &lt;is&gt; my order</p>"), "{}", read.html());
    assert!(reply.from.starts_with("waypost-b+") && reply.from.ends_with("@desk.example"), "{}", reply.from);
    let record = sent.iter().find(|one| one["kind"] == "reply").unwrap();
    assert_eq!(record["messageId"], reply.id(), "{record}");
    assert!(record["lastAnswer"].as_str().unwrap().contains("250 2.0.0 Ok: taken"), "{record}");
    assert_eq!(
        (&record["place"]["nodeId"], &record["place"]["action"], &record["attempts"]),
        (&json!("n"), &json!(0), &json!(1))
    );

    let notice = the_one(&arrived, "team@team.example");
    let read = Message::parse(notice.content.as_bytes());
    assert_eq!((read.subject(), read.header("auto-submitted")), ("New: Where <is> my order", Some("auto-generated")));
    assert_eq!(read.addresses(AddressField::To)[1].name, "Boss");
    assert!(notice.content.contains(raw), "the original is attached as it came: {}", notice.content);
    let boss = the_one(&arrived, "boss@team.example");
    assert_eq!((boss.id(), &boss.content), (notice.id(), &notice.content), "one mail to both");
    assert_ne!(boss.from, notice.from, "each delivery has an envelope sender of its own");

    let told = office.interaction(&id);
    assert_eq!((&told["state"], &told["decision"]["queue"]["name"]), (&json!("decided"), &json!("Support")));
    printed(&office.server.cli(&["ledger"]), 0);
    let trace = printed(&office.server.cli(&["interactions", "trace", &id]), 0);
    assert!(trace.contains("delivered") && trace.contains("team@team.example"), "{trace}");
    // A handed-on copy of the same mail is a duplicate, and is not answered again.
    assert_eq!(office.server.smtp().deliver("ana@customer.example", "help@desk.example", raw).unwrap().code, 250);
    assert_eq!(office.deliveries(&id).len(), 3);
    office.close(3);
}

#[test]
fn a_forward_is_resent_or_attached_and_completes_once_everybody_has_it() {
    let office = Office::open("outbox-forward");
    office.route("on", &forwarding(false, &["later.one@team.example", "two@team.example"]), &json!({}));
    office.route("wrap", &forwarding(true, &["three@team.example"]), &json!({"fromName": "Desk"}));
    let raw = mail("fwd@customer.example", "please", "Hello");
    let id = office.send("ana@customer.example", "on", &raw);
    office.one_is("delivered", &id, "two@team.example");
    let waiting = office
        .wait_for(&id, "an answer", |one| one["target"] == "later.one@team.example" && one.get("lastAnswer").is_some());
    assert!(waiting["lastAnswer"].as_str().unwrap().contains("451 4.2.1 Come back later"), "{waiting}");
    assert_eq!((&waiting["state"], waiting["nextAttemptAt"].is_string()), (&json!("pending"), true));
    // One of two has it.
    assert_eq!(office.interaction(&id)["state"], "decided");
    let ledger: Json = serde_json::from_str(&printed(&office.server.cli(&["ledger", "--output", "json"]), 0)).unwrap();
    assert_eq!(ledger["places"]["goingOut"], 1, "{ledger}");
    let delivery = waiting["id"].as_str().unwrap();
    printed(&office.server.cli(&["deliveries", "retry", delivery]), 0);
    // One that is under way can't be retried: its answer must be there.
    office.wait_for(&id, "a second answer", |one| {
        one["id"] == delivery && one["lastAnswer"].as_str().unwrap().contains("Come back later (2)")
    });
    let again = office.server.cli(&["deliveries", "retry", "--state", "pending", "--target", "LATER.one@team.example"]);
    assert_eq!(printed(&again, 0), "1 retried\n");
    let sent = office.all_are("delivered", &id, 2);
    assert_eq!(sent.iter().filter(|one| one["attempts"] == 3).count(), 1, "{sent:?}");
    office.state_is("completed", &id);
    let arrived = office.receiver.arrived();
    for to in ["later.one@team.example", "two@team.example"] {
        let one = the_one(&arrived, to);
        assert!(one.content.ends_with(&raw), "unchanged below what was added: {}", one.content);
        let read = Message::parse(one.content.as_bytes());
        assert_eq!(read.message_id(), Some("fwd@customer.example"));
        assert_eq!(read.header("resent-from"), Some("<on@desk.example>"));
        assert!(one.from.starts_with("waypost-b+"), "SPF is that of our domain: {}", one.from);
        assert!(sent.iter().any(|record| record["messageId"] == one.id()), "{sent:?}");
    }

    let id = office.send("ana@customer.example", "wrap", &mail("fwd2@customer.example", "please", "Hello"));
    office.state_is("completed", &id);
    let arrived = office.receiver.arrived();
    let one = the_one(&arrived, "three@team.example");
    let read = Message::parse(one.content.as_bytes());
    assert_eq!((read.subject(), read.addresses(AddressField::From)[0].name.as_str()), ("Fwd: please", "Desk"));
    assert_eq!(read.header("auto-submitted"), Some("auto-generated"));
    assert!(one.content.contains(&mail("fwd2@customer.example", "please", "Hello")), "{}", one.content);
    office.close(3);
}

/// Who makes an address up that bounces come back to reaches nobody, whatever routes take.
#[test]
fn a_forged_bounce_address_is_for_nobody() {
    let office = Office::open("outbox-forged");
    office.route("w*", &forwarding(false, &["one@team.example"]), &json!({}));
    let id = office.send("ana@customer.example", "walter", &mail("a@customer.example", "please", "Hello"));
    office.state_is("completed", &id);
    let sender = the_one(&office.receiver.arrived(), "one@team.example").from.clone();
    let (local, domain) = sender.split_once('@').unwrap();
    let last = if local.ends_with('0') { "1" } else { "0" };
    let forged = format!("{}{last}", &local[..local.len() - 1]);
    let refused = |local: &str| {
        let refused = office.server.smtp().deliver("", &format!("{local}@{domain}"), &report("x@team.example", "y"));
        let reply = refused.unwrap_err().to_string();
        assert!(reply.contains("550") && reply.contains("5.1.1"), "{local}: {reply}");
    };
    for local in [forged.as_str(), &forged.to_uppercase(), "waypost-b+", "waypost-b+x.y"] {
        refused(local);
    }
    let path = format!("/interactions?to={}", format!("{forged}@{domain}").replace('+', "%2B"));
    let answer = office.api.send("POST", &path, &[("Content-Type", "message/rfc822")], b"Subject: x\r\n\r\n");
    assert_eq!(answer.status, 422, "{answer:?}");
    // A route that names exactly this takes it.
    office.route(&forged.to_lowercase(), &forwarding(false, &["two@team.example"]), &json!({}));
    office.send("eve@elsewhere.example", &forged, &mail("b@customer.example", "please", "Hello"));
    // The address itself leads to its delivery.
    office.send_raw("", &sender, &report("one@team.example", "x@elsewhere.example"));
    office.one_is("bounced", &id, "one@team.example");
}

#[test]
fn a_forward_that_is_refused_or_bounces_is_work_for_a_person() {
    let office = Office::open("outbox-refused");
    office.route("on", &forwarding(false, &["refuse.one@team.example"]), &json!({}));
    office.route("to", &forwarding(false, &["two@team.example"]), &json!({}));
    let id = office.send("ana@customer.example", "on", &mail("a@customer.example", "please", "Hello"));
    let dead = office.one_is("dead", &id, "refuse.one@team.example");
    assert!(dead["lastAnswer"].as_str().unwrap().contains("550 5.1.1 There is nobody of that name"), "{dead}");
    let told = office.interaction(&id);
    assert_eq!((&told["state"], &told["decision"]["kind"]), (&json!("decided"), &json!("forward")), "{told}");
    assert_eq!(told["decision"]["queue"]["name"], "Unrouted", "{told}");
    let reason = told["decision"]["error"]["message"].as_str().unwrap();
    assert!(reason.contains("refuse.one@team.example") && reason.contains("5.1.1"), "{reason}");
    // It is no less refused when it is tried again, and still somebody's work.
    printed(&office.server.cli(&["deliveries", "retry", "--all"]), 0);
    office.wait_for(&id, "a second refusal", |one| one["attempts"] == 2 && one["state"] == "dead");
    assert!(office.claim("Unrouted").is_some(), "it can be claimed");

    // It arrived, and came back: by the envelope sender, with the null reverse-path.
    let id = office.send("ana@customer.example", "to", &mail("b@customer.example", "please", "Hello"));
    office.state_is("completed", &id);
    let arrived = office.receiver.arrived();
    let one = the_one(&arrived, "two@team.example");
    let before = office.api.all_interactions().len();
    office.send_raw("", &one.from, &report("two@team.example", "x@elsewhere.example"));
    let bounced = office.one_is("bounced", &id, "two@team.example");
    assert!(bounced["lastAnswer"].as_str().unwrap().contains("5.2.2"), "{bounced}");
    let told = office.interaction(&id);
    assert_eq!((&told["state"], &told["decision"]["queue"]["name"]), (&json!("decided"), &json!("Unrouted")), "{told}");
    assert!(told["decision"]["error"]["message"].as_str().unwrap().contains("5.2.2"), "{told}");
    assert_eq!(office.api.all_interactions().len(), before, "a bounce is nobody's work");

    // It is sent again, arrives, and comes back to the route's address with our Message-ID alone.
    let delivery = bounced["id"].as_str().unwrap();
    printed(&office.server.cli(&["deliveries", "retry", delivery]), 0);
    office.state_is("completed", &id);
    office.send_raw("", "to@desk.example", &report("two@team.example", bounced["messageId"].as_str().unwrap()));
    office.one_is("bounced", &id, "two@team.example");
    assert_eq!(office.interaction(&id)["decision"]["queue"]["name"], "Unrouted");
    assert_eq!(office.api.all_interactions().len(), before, "a bounce is nobody's work");
    // A report about somebody else's mail is mail, and so is one that anybody could have written.
    let delivery = bounced["id"].as_str().unwrap();
    printed(&office.server.cli(&["deliveries", "retry", delivery]), 0);
    office.state_is("completed", &id);
    let forged = report("two@team.example", bounced["messageId"].as_str().unwrap());
    office.send("eve@elsewhere.example", "on", &forged);
    office.one_is("delivered", &id, "two@team.example");
    let before = office.api.all_interactions().len();
    office.send_raw("", "on@desk.example", &report("else@team.example", "unknown@elsewhere.example"));
    assert_eq!(office.api.all_interactions().len(), before + 1);
    printed(&office.server.cli(&["ledger"]), 0);
    assert_eq!(office.receiver.arrived().iter().filter(|one| one.to == "two@team.example").count(), 3);
}

#[test]
fn an_answer_to_the_envelope_sender_is_routed_and_not_answered() {
    let office = Office::open("outbox-vacation");
    office.route("help", &answering(), &json!({}));
    let id = office.send("ana@customer.example", "help", &mail("a@customer.example", "hello", "Hello"));
    office.all_are("delivered", &id, 3);
    let arrived = office.receiver.arrived();
    let reply = the_one(&arrived, "ana@customer.example");
    let vacation = format!(
        "From: Ana <ana@customer.example>\r\nTo: help@desk.example\r\nSubject: Away\r\nMessage-ID: <v@customer.example>\r\n\
         In-Reply-To: <{}>\r\nAuto-Submitted: auto-replied\r\n\r\nI am away.\r\n",
        reply.id()
    );
    // Shouted, as some servers do.
    office.send_raw("ana@customer.example", &reply.from.to_uppercase(), &vacation);
    let answer = office.api.interactions_of("v@customer.example").remove(0);
    assert_eq!(
        (&answer["state"], &answer["envelope"]["to"]),
        (&json!("decided"), &json!("help@desk.example")),
        "{answer}"
    );
    assert_eq!(answer["decision"]["queue"]["name"], "Support", "{answer}");
    let id = answer["id"].as_str().unwrap();
    let held = office.one_is("cancelled", id, "ana@customer.example");
    assert_eq!(held["heldBy"]["rule"], "automatic", "{held}");
    // The address of nobody's delivery is refused as any unknown one.
    let forged = reply.from.replace('.', "0").replacen("desk0example", "desk.example", 1);
    assert!(office.server.smtp().address("", &forged).is_err(), "{forged}");
}

#[test]
fn storms_are_held_back_with_the_rule_that_holds() {
    let office = Office::open("outbox-storms");
    let answer = json!([{"type": "sendReply", "text": "We have it."}, {"type": "disconnect"}]);
    office.route("help", &answer, &json!({}));
    office.route("lists", &answer, &json!({"answerLists": true}));
    let other = json!([{"type": "transferToQueue", "queue": "Support"}]);
    office.route("other", &other, &json!({}));
    let with = |id: &str, field: &str| {
        let field = if field.is_empty() { String::new() } else { format!("{field}\r\n") };
        format!("{field}{}", mail(&format!("{id}@customer.example"), "hello", "Hello"))
    };
    let rule = |from: &str, route: &str, raw: &str| {
        let id = office.send(from, route, raw);
        let sent = office.deliveries(&id);
        assert_eq!(sent.len(), 1, "{sent:?}");
        if sent[0]["state"] == "cancelled" {
            sent[0]["heldBy"]["rule"].as_str().unwrap().to_owned()
        } else {
            "-".to_owned()
        }
    };
    let ana = "ana@customer.example";
    for (number, (from, route, field, expected)) in [
        (ana, "help", "Auto-Submitted: auto-generated", "automatic"),
        (ana, "help", "Precedence: bulk", "list"),
        (ana, "help", "List-Id: <list.customer.example>", "list"),
        ("", "help", "X-Nothing: x", "nullSender"),
        (ana, "help", "Reply-To: OTHER@desk.example", "ownAddress"),
        // What was held back does not count.
        (ana, "lists", "List-Id: <list.customer.example>", "-"),
        (ana, "help", "References: <thread@customer.example>", "-"),
        (ana, "help", "References: <thread@customer.example> <x@y.example>", "thread"),
        (ana, "help", "X-Nothing: x", "-"),
        (ana, "help", "X-Nothing: y", "correspondent"),
        ("zoe@customer.example", "help", "Reply-To: ANA@customer.example", "correspondent"),
        ("zoe@customer.example", "help", "Reply-To: zoe@customer.example", "-"),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(
            rule(from, route, &with(&format!("s{number}"), field)),
            expected,
            "{number}: {from} {route} {field}"
        );
    }
    let held = printed(&office.server.cli(&["deliveries", "list", "--state", "cancelled", "--output", "json"]), 0);
    assert!(held.contains("a machine wrote it") && held.contains("the limit is 3"), "{held}");
    office.none_is_pending();
    office.close(4);
}

#[test]
fn a_mail_that_comes_back_by_the_same_route_is_given_to_a_person() {
    let office = Office::open("outbox-loop");
    office.route("on", &forwarding(false, &["away@team.example"]), &json!({}));
    office.route("via", &forwarding(false, &["far@team.example"]), &json!({}));
    let id = office.send("ana@customer.example", "on", &mail("loop@customer.example", "round", "Hello"));
    office.state_is("completed", &id);
    let arrived = office.receiver.arrived();
    let resent = the_one(&arrived, "away@team.example");
    // A machine answers what was forwarded: forwarded in its turn, that would have no end.
    let vacation = mail("v@team.example", "Away", "I am away.");
    office.send_raw("away@team.example", &resent.from, &format!("Auto-Submitted: auto-replied\r\n{vacation}"));
    let answer = office.api.interactions_of("v@team.example").remove(0);
    assert_eq!(answer["decision"]["kind"], "unrouted", "{answer}");
    // What nobody wants back is handed on so.
    let id = office.send("", "via", &mail("n@customer.example", "Undelivered", "Hello"));
    office.state_is("completed", &id);
    assert_eq!(the_one(&office.receiver.arrived(), "far@team.example").from, "");
    // Somebody's rule sends it back, by another route of ours first.
    let via = office.send(&resent.from, "via", &resent.content);
    office.state_is("completed", &via);
    let arrived = office.receiver.arrived();
    let twice = arrived.iter().rfind(|one| one.to == "far@team.example").unwrap();
    let read = Message::parse(twice.content.as_bytes());
    assert!(read.count("waypost-trace") >= 2, "{}", twice.content);
    let back = office.send(&twice.from, "on", &twice.content);
    let told = office.interaction(&back);
    assert_eq!((&told["state"], &told["decision"]["kind"]), (&json!("decided"), &json!("unrouted")), "{told}");
    assert!(told["decision"]["error"]["message"].as_str().unwrap().contains("came back by the same route"), "{told}");
    assert_eq!(office.deliveries(&back), Vec::<Json>::new());
    // Whoever asks for another run has seen why there was none.
    printed(&office.server.cli(&["interactions", "rerun", &back]), 0);
    office.state_is("completed", &back);
    office.close(4);
}

#[test]
fn people_answer_hand_on_and_complete_what_they_claimed() {
    let office = Office::open("outbox-people");
    office.route("help", &json!([{"type": "transferToQueue", "queue": "Support"}]), &json!({"fromName": "Help"}));
    let raw = mail("p@customer.example", "a question", "Hello")
        .replace("To: care@", "Cc: Bob <bob@customer.example>\r\nTo: care@");
    // A machine wrote it: a person may answer that.
    let id = office.send("ana@customer.example", "help", &format!("Precedence: bulk\r\n{raw}"));
    let token = office.claim("Support").unwrap();
    let reply =
        office.server.cli(&["interactions", "reply", &id, "--token", &token, "--text", "Dear Ana", "--reply-all"]);
    printed(&reply, 0);
    let note = [
        "interactions",
        "forward",
        &id,
        "--token",
        &token,
        "--to",
        "boss@team.example",
        "--attach",
        "--text",
        "Please look.",
    ];
    printed(&office.server.cli(&note), 0);
    let sent = office.deliveries(&id);
    let count = sent.len();
    office.all_are("delivered", &id, count);
    let arrived = office.receiver.arrived();
    let one = the_one(&arrived, "ana@customer.example");
    let read = Message::parse(one.content.as_bytes());
    assert_eq!((read.subject(), read.body().trim()), ("Re: a question", "Dear Ana"));
    assert_eq!(read.header("auto-submitted"), None, "a person wrote it");
    assert_eq!(the_one(&arrived, "bob@customer.example").id(), one.id());
    let boss = the_one(&arrived, "boss@team.example");
    let read = Message::parse(boss.content.as_bytes());
    assert_eq!(
        (read.subject(), read.body().trim(), read.header("auto-submitted")),
        ("Fwd: a question", "Please look.", None)
    );
    assert!(sent.iter().all(|one| one.get("run").is_none()), "{sent:?}");

    printed(&office.server.cli(&["interactions", "transfer", &id, "--token", &token, "--queue", "Experts"]), 0);
    let late = office.server.cli(&["interactions", "reply", &id, "--token", &token, "--text", "Late"]);
    printed(&late, 1);
    assert!(said(&late).contains("the lease was lost"), "{}", said(&late));
    let token = office.claim("Experts").unwrap();
    let done = office.server.cli(&["interactions", "complete", &id, "--token", &token, "--outcome", "answered"]);
    assert!(printed(&done, 0).contains("completed"));
    let trace = printed(&office.server.cli(&["interactions", "trace", &id]), 0);
    assert!(trace.contains("sent by people") && trace.contains("boss@team.example"), "{trace}");
    office.close(count);
}

#[test]
fn a_rerun_sends_what_was_never_sent_and_a_resend_everything() {
    let office = Office::open("outbox-rerun");
    let flow = office.route("help", &answering(), &json!({}));
    let id = office.send("ana@customer.example", "help", &mail("r@customer.example", "hello", "Hello"));
    office.all_are("delivered", &id, 3);
    let rerun = |more: &[&str], runs: usize| {
        printed(&office.server.cli(&[&["interactions", "rerun", &id], more].concat()), 0);
        office.runs_are(&id, runs);
    };
    rerun(&[], 2);
    office.all_are("delivered", &id, 3);
    // Another recipient, and a wish that is still waiting.
    let mut actions = answering();
    actions[1]["to"] = json!(["team@team.example", "later.new@team.example"]);
    office.publish(&flow, "help", &actions);
    rerun(&[], 3);
    office.wait_for(&id, "a first attempt", |one| {
        one["target"] == "later.new@team.example" && one.get("lastAnswer").is_some()
    });
    office.all_are("delivered", &id, 3);
    // The next decision sends nothing: what waits is taken back.
    office.publish(&flow, "help", &json!([{"type": "transferToQueue", "queue": "Experts"}]));
    rerun(&[], 4);
    let taken = office.one_is("cancelled", &id, "later.new@team.example");
    assert!(taken.get("heldBy").is_none(), "{taken}");
    assert_eq!(office.receiver.arrived().len(), 3);
    // Everything again, whatever was answered before.
    office.publish(&flow, "help", &answering());
    rerun(&["--resend"], 5);
    office.none_is_pending();
    let arrived = office.receiver.arrived();
    let count = |to: &str| arrived.iter().filter(|one| one.to == to).count();
    let counts = (count("ana@customer.example"), count("team@team.example"), count("boss@team.example"));
    assert_eq!(counts, (2, 2, 2), "{}", words(&office.deliveries(&id)));
    office.close(6);
}

#[test]
fn an_answer_to_all_goes_to_everybody_but_ourselves() {
    let office = Office::open("outbox-all");
    let answer = json!([{"type": "sendReply", "text": "We have it.", "replyAll": true}, {"type": "disconnect"}]);
    office.route("help", &answer, &json!({}));
    office.route("other", &answer, &json!({}));
    let to = "To: help@desk.example, Bob <bob@customer.example>\r\nCc: OTHER@desk.example, eve@customer.example";
    let raw = mail("all@customer.example", "hello", "Hello").replace("To: care@example.com", to);
    let id = office.send("ana@customer.example", "help", &raw);
    office.all_are("delivered", &id, 3);
    let arrived = office.receiver.arrived();
    for to in ["ana@customer.example", "bob@customer.example", "eve@customer.example"] {
        let one = the_one(&arrived, to);
        assert_eq!(
            one.header("cc").map(|cc| cc.contains("bob@") && cc.contains("eve@")),
            Some(true),
            "{}",
            one.content
        );
    }
    // It was one answer in the thread, and there is one an hour.
    let again = format!("References: <all@customer.example>\r\n{}", mail("all2@customer.example", "hello", "Hello"));
    let id = office.send("ana@customer.example", "help", &again);
    assert_eq!(office.deliveries(&id)[0]["heldBy"]["rule"], "thread");
    office.close(3);
}

#[test]
fn a_dead_letter_is_corrected_and_sent_again() {
    let office = Office::open_with("outbox-dead", Receiver::start(), &["--mail-retry-for", "5s"]);
    office.route("wrap", &forwarding(true, &["later.one@team.example"]), &json!({}));
    office.route("on", &forwarding(false, &["later.two@team.example"]), &json!({}));
    let id = office.send("ana@customer.example", "wrap", &mail("d@customer.example", "please", "Hello"));
    // Twice it is told to come back later, and then its time is over.
    let dead = office.one_is("dead", &id, "later.one@team.example");
    assert_eq!((&dead["attempts"], dead.get("nextAttemptAt")), (&json!(2), None), "{dead}");
    assert!(dead["lastAnswer"].as_str().unwrap().contains("451 4.2.1 Come back later"), "{dead}");
    assert_eq!(office.interaction(&id)["decision"]["queue"]["name"], "Unrouted");
    let delivery = dead["id"].as_str().unwrap();
    let content = printed(&office.server.cli(&["deliveries", "content", delivery]), 0);
    let file = office.scratch.path("corrected.eml");
    let other = content.replace(dead["messageId"].as_str().unwrap(), "other@desk.example");
    fs::write(&file, &other).unwrap();
    let edit = || office.server.cli(&["deliveries", "edit", delivery, file.to_str().unwrap()]);
    assert!(said(&edit()).contains("Message-ID"), "its id stays");
    let corrected = content.replace("Subject: Fwd: please", "Subject: Corrected\r\nX-Dots: .");
    fs::write(&file, format!("{corrected}.\r\n..\r\n")).unwrap();
    printed(&edit(), 0);
    printed(&office.server.cli(&["deliveries", "retry", "--all"]), 0);
    office.state_is("completed", &id);
    let arrived = office.receiver.arrived();
    let one = the_one(&arrived, "later.one@team.example");
    assert_eq!((one.header("subject"), one.id()), (Some("Corrected"), dead["messageId"].as_str().unwrap()));
    assert!(one.content.ends_with("\r\n.\r\n..\r\n"), "{:?}", one.content);
    assert!(said(&edit()).contains("only a dead one can be edited"), "{}", said(&edit()));

    // One that nobody wants to be sent any more leaves its interaction to a person.
    let id = office.send("ana@customer.example", "on", &mail("e@customer.example", "please", "Hello"));
    let dead = office.one_is("dead", &id, "later.two@team.example");
    printed(&office.server.cli(&["deliveries", "cancel", dead["id"].as_str().unwrap()]), 0);
    office.one_is("cancelled", &id, "later.two@team.example");
    assert_eq!(office.interaction(&id)["decision"]["queue"]["name"], "Unrouted");
    office.close(1);
}

#[test]
fn a_smarthost_that_was_away_gets_everything_once_it_is_back() {
    let kept = Port::keep().unwrap();
    let address = kept.address().to_string();
    let office = Office::open_with("outbox-away", Receiver::start(), &["--smarthost", &format!("smtp://{address}")]);
    office.route("on", &forwarding(false, &["one@team.example"]), &json!({}));
    let ids: Vec<String> = (0..20)
        .map(|number| {
            office.send("ana@customer.example", "on", &mail(&format!("{number}@customer.example"), "x", "Hello"))
        })
        .collect();
    let waiting = office.wait_for(&ids[0], "an attempt", |one| one.get("lastAnswer").is_some());
    assert!(waiting["lastAnswer"].as_str().unwrap().contains(&address), "{waiting}");
    let ledger: Json = serde_json::from_str(&printed(&office.server.cli(&["ledger", "--output", "json"]), 0)).unwrap();
    assert_eq!((&ledger["places"]["goingOut"], &ledger["deliveries"]["pending"]), (&json!(20), &json!(20)), "{ledger}");
    let back = Receiver::at(&address);
    // Those that were tried wait for half a minute, others for the smarthost alone.
    wait_for("all of them", || {
        printed(&office.server.cli(&["deliveries", "retry", "--state", "pending"]), 0);
        (back.arrived().len() >= 20).then_some(())
    });
    for id in &ids {
        office.state_is("completed", id);
    }
    assert_eq!(back.arrived().len(), 20);
}

#[test]
fn the_ledger_names_what_nobody_carries() {
    let Some(tools) = tools() else { return };
    let database = Database::start(&tools, &[("fsync", "off")]).unwrap();
    database.sql("postgres", "CREATE DATABASE mail").unwrap();
    let scratch = Scratch::new("outbox-ledger");
    // It sends nothing.
    let server = node(&scratch, "node", &database.url("mail"));
    let api = server.api();
    api.post("/routing/email/domains", &json!({"id": "desk.example"})).ok();
    let flow = json!({"name": "on", "type": "email", "nodes": [{"id": "n", "actions": forwarding(false, &["one@team.example"])}]});
    let flow = api.post("/flows", &flow).ok();
    let route = json!({"pattern": "on", "flow": {"id": flow["id"]}});
    api.post("/routing/email/domains/desk.example/routes", &route).ok();
    deliver(&server, "l@customer.example", "on@desk.example");
    printed(&server.cli(&["ledger"]), 0);
    let id = api.interactions_of("l@customer.example")[0]["id"].as_str().unwrap().to_owned();
    database.sql("mail", "UPDATE deliveries SET due_at = due_at - interval '2 hours'").unwrap();
    let stuck = server.cli(&["ledger"]);
    assert!(printed(&stuck, 1).lines().any(|line| line.split_whitespace().eq(["stuck", "1"])));
    assert!(said(&stuck).contains(&id) && said(&stuck).contains("1 stuck"), "{}", said(&stuck));
    // A row that is gone is missed.
    database.sql("mail", "DELETE FROM deliveries").unwrap();
    let differs = server.cli(&["ledger"]);
    printed(&differs, 1);
    assert!(
        said(&differs).contains("deliveries pending: counted 0, but the running count says 1"),
        "{}",
        said(&differs)
    );
}

#[test]
fn trying_running_and_replaying_send_nothing() {
    let office = Office::open("outbox-nothing");
    office.route("help", &json!([{"type": "transferToQueue", "queue": "Support"}]), &json!({}));
    let raw = mail("t@customer.example", "hello", "Hello");
    office.send("ana@customer.example", "help", &raw);
    let folder = office.scratch.path("flows");
    fs::create_dir_all(&folder).unwrap();
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    fs::write(
        path("help.json"),
        json!({"name": "help", "type": "email", "nodes": [{"id": "n", "actions": answering()}]}).to_string(),
    )
    .unwrap();
    let routing = "queues: [Support, Experts]\nroutes: [{ address: help@desk.example, flow: help }]\n";
    fs::write(path("routing.yaml"), routing).unwrap();
    let mail_file = office.scratch.path("t.eml");
    fs::write(&mail_file, &raw).unwrap();
    let (folder, mail_file) = (folder.to_str().unwrap(), mail_file.to_str().unwrap());
    let run =
        printed(&office.server.cli(&["run", "--flows", folder, "--to", "help@desk.example", "--trace", mail_file]), 0);
    assert!(run.contains("We have: hello"), "it is told what would be sent: {run}");
    printed(&office.server.cli(&["flows", "draft", "help", &path("help.json")]), 0);
    let tried = office.server.cli(&["try", "help", "--version", "newest", "--trace", mail_file]);
    assert!(printed(&tried, 0).contains("We have: hello"));
    let replayed = printed(&office.server.cli(&["replay", folder]), 0);
    assert!(replayed.contains('1'), "{replayed}");
    let ledger: Json = serde_json::from_str(&printed(&office.server.cli(&["ledger", "--output", "json"]), 0)).unwrap();
    assert!(ledger["deliveries"].as_object().unwrap().values().all(|count| count == 0), "{ledger}");
    office.close(0);
}
