//! Threads, end to end: a mail, our answer, and who answers that.

use serde_json::{Value as Json, json};

use super::office::{Office, printed};
use super::the_one;

/// Answers, and leaves the mail to the queue that its subject names, with what the conversation was about.
fn sorting() -> Json {
    json!([
        {"type": "setAttributes", "attributes": {
            "before": "${interaction.previous.queue}/${interaction.previous.attributes.topic}/${interaction.email.thread.reason}/${string(interaction.email.thread.position)}",
            "topic": "${interaction.email.subject}",
        }},
        {"type": "sendReply", "text": "We have it."},
        {"type": "transferToQueue", "queue": "${interaction.email.subject.contains('expert') ? 'Experts' : 'Support'}", "priority": 7},
    ])
}

fn raw(from: &str, subject: &str, id: &str, fields: &str) -> String {
    format!(
        "From: <{from}>\r\nTo: help@desk.example\r\nSubject: {subject}\r\nMessage-ID: <{id}>\r\n{fields}\r\nHello {id}\r\n"
    )
}

/// Where an interaction stands: queue, thread, attribute.
fn stands(one: &Json) -> (String, String, String) {
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let thread = &one["thread"];
    (
        text(&one["decision"]["queue"]["name"]),
        format!("{} {}", text(&thread["reason"]), thread["position"]),
        text(&one["attributes"]["before"]),
    )
}

#[test]
fn an_answer_to_our_reply_goes_on_in_its_thread() {
    let office = Office::open("outbox-threads");
    office.route("help", &sorting(), &json!({}));
    let ana = "ana@customer.example";
    let first = office.send(ana, "help", &raw(ana, "An expert please", "one@customer.example", ""));
    office.all_are("delivered", &first, 1);
    let ours = the_one(&office.receiver.arrived(), ana).id().to_owned();
    assert_eq!(stands(&office.interaction(&first)), ("Experts".into(), "new 1".into(), "//new/1".into()));

    // Whoever has our reply goes on in its thread, whatever the subject: Ana's colleague does.
    let bo = "bo@customer.example";
    let answer = raw(bo, "Thanks", "two@customer.example", &format!("References: <{ours}>\r\n"));
    let second = office.send(bo, "help", &answer);
    let told = office.interaction(&second);
    let before = "Experts/An expert please/marker/2";
    assert_eq!(stands(&told), ("Support".into(), "marker 2".into(), before.into()), "{told}");
    assert_eq!(told["thread"]["id"], first.as_str());

    // Ana names her own first mail, and has lost our reply.
    let third = raw(ana, "One more thing", "three@customer.example", "In-Reply-To: <one@customer.example>\r\n");
    let third = office.send(ana, "help", &third);
    assert_eq!(stands(&office.interaction(&third)).1, "in-reply-to 3");
    // So does somebody who has seen its Message-ID, and one who changed our mark.
    let forged = format!("{}x{}", &ours[..60], &ours[61..]);
    for (number, named) in ["one@customer.example", &forged].into_iter().enumerate() {
        let eve = "eve@elsewhere.example";
        let fields = format!("References: <{named}>\r\n");
        let fourth = raw(eve, "Re: An expert please", &format!("four{number}@elsewhere.example"), &fields);
        let fourth = office.send(eve, "help", &fourth);
        let told = office.interaction(&fourth);
        assert_ne!(told["thread"]["id"], first.as_str(), "{named}: {told}");
    }

    let listed = office.api.get(&format!("/interactions?thread={first}")).ok();
    let ids: Vec<&str> = listed["entities"].as_array().unwrap().iter().filter_map(|one| one["id"].as_str()).collect();
    assert_eq!(ids, [third.as_str(), &second, &first]);
    let printed_list = printed(&office.server.cli(&["interactions", "list", "--thread", &first]), 0);
    assert_eq!(printed_list.lines().count(), 4, "{printed_list}");
    // A rerun reads what the first run read, whatever became of the earlier one since.
    printed(&office.server.cli(&["interactions", "rerun", &second]), 0);
    office.runs_are(&second, 2);
    assert_eq!(stands(&office.interaction(&second)).2, before);
    office.none_is_pending();
    let arrived = office.receiver.arrived().len();
    office.close(arrived);
}

#[test]
fn a_reply_goes_back_to_the_queue_that_had_the_conversation() {
    let office = Office::open("outbox-replies");
    office.route("help", &sorting(), &json!({"replies": "previousQueue"}));
    let ana = "ana@customer.example";
    let first = office.send(ana, "help", &raw(ana, "An expert please", "one@customer.example", ""));
    office.all_are("delivered", &first, 1);
    let ours = the_one(&office.receiver.arrived(), ana).id().to_owned();
    let fields = format!("References: <one@customer.example> <{ours}>\r\n");

    let second = office.send(ana, "help", &raw(ana, "Thanks", "two@customer.example", &fields));
    let told = office.interaction(&second);
    assert_eq!(stands(&told), ("Experts".into(), "marker 2".into(), String::new()), "{told}");
    assert_eq!((&told["decision"]["priority"], &told["flow"]), (&json!(7), &Json::Null), "{told}");
    let trace = printed(&office.server.cli(&["interactions", "trace", &second]), 0);
    assert!(trace.contains(&format!("a reply (marker): back to the queue of interaction {first}")), "{trace}");

    // A machine's answer runs the flow, and so does what only has the subject.
    let fields = format!("{fields}Auto-Submitted: auto-replied\r\n");
    let third = office.send(ana, "help", &raw(ana, "Out of office", "three@customer.example", &fields));
    assert_eq!(stands(&office.interaction(&third)).0, "Support");
    let fourth = office.send(ana, "help", &raw(ana, "Re: An expert please", "four@customer.example", ""));
    let told = office.interaction(&fourth);
    assert_eq!(told["thread"]["reason"], "subject", "{told}");
    assert!(told["flow"]["name"] == "help", "{told}");

    let wrong = json!({"pattern": "x", "queue": {"id": told["decision"]["queue"]["id"]}, "replies": "previousqueue"});
    let refused = office.api.post("/routing/email/domains/desk.example/routes", &wrong).error(400);
    assert!(refused.to_string().contains("did you mean `previousQueue`?"), "{refused}");
    office.none_is_pending();
    let arrived = office.receiver.arrived().len();
    office.close(arrived);
}
