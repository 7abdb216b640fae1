//! Mail over HTTP, what became of it, and claims, over a real socket.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};
use support::{Answer, Server, server, start_as};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use waypost_admission::{Gate, Networks, Room};
use waypost_api::serve::Edge;
use waypost_api::state::Settings;
use waypost_app::calls::Calls;
use waypost_origin::Origin;
use waypost_reach::{Client, Guard, SystemNames};

const MAIL: &str = "Content-Type: message/rfc822";

/// A server whose mail to `help@` goes through a flow to the queue Billing, and mail to `raw@` straight there.
async fn prepared() -> (Server, String) {
    let server = server().await;
    let queue = server.call("POST", "/routing/queues", json!({"name": "Billing"})).await.ok();
    let flow = json!({"name": "In", "type": "email", "nodes": [{"id": "go", "actions": [
        {"type": "setAttributes", "attributes": {"subject": "${interaction.email.subject}"}},
        {"type": "transferToQueue", "queue": "Billing", "priority": 7, "skills": ["refunds"]},
    ]}]});
    let flow = server.call("POST", "/flows", flow).await.ok();
    server.call("POST", "/routing/email/domains", json!({"id": "a.example"})).await.ok();
    let routes = "/routing/email/domains/a.example/routes";
    server.call("POST", routes, json!({"pattern": "help", "flow": {"id": flow["id"]}})).await.ok();
    server.call("POST", routes, json!({"pattern": "raw", "queue": {"id": queue["id"]}})).await.ok();
    let id = queue["id"].as_str().unwrap().to_owned();
    (server, id)
}

fn mail(subject: &str, id: &str) -> Vec<u8> {
    format!("From: a@b.example\r\nTo: help@a.example\r\nSubject: {subject}\r\nMessage-ID: <{id}>\r\n\r\nHello\r\n")
        .into_bytes()
}

async fn post(server: &Server, query: &str, headers: &[&str], mail: &[u8]) -> Answer {
    let headers: Vec<&str> = [MAIL].into_iter().chain(headers.iter().copied()).collect();
    server.call_with("POST", &format!("/interactions?from=a@b.example&{query}"), &headers, mail).await
}

#[tokio::test]
async fn a_mail_and_everything_about_it() {
    let (server, queue) = prepared().await;
    let raw = mail("Refund", "1@x");
    let made = post(&server, "to=help@a.example&wait=true", &[], &raw).await.ok();
    assert_eq!((&made["state"], &made["decision"]["kind"]), (&json!("decided"), &json!("queue")));
    assert_eq!(made["decision"]["queue"], json!({"id": queue, "name": "Billing"}));
    assert_eq!((&made["decision"]["priority"], &made["decision"]["skills"]), (&json!(7), &json!(["refunds"])));
    assert_eq!((&made["flow"]["name"], &made["flow"]["version"]), (&json!("In"), &json!(1)));
    assert_eq!(made["envelope"], json!({"from": "a@b.example", "to": "help@a.example", "remote": "127.0.0.1"}));
    assert_eq!((&made["messageId"], &made["subject"]), (&json!("1@x"), &json!("Refund")));
    assert_eq!(made["attributes"], json!({"subject": "Refund"}));
    assert_eq!((&made["runs"][0]["number"], &made["runs"][0]["decision"]), (&json!(1), &made["decision"]));

    let path = format!("/interactions/{}", made["id"].as_str().unwrap());
    let got = server.get(&path).await.ok();
    assert_eq!(got, made, "it is the same wherever it is answered");
    let message = server.get(&format!("{path}/message")).await;
    assert_eq!((message.header("content-type"), &message.body), (Some("message/rfc822"), &raw));
    let trace = server.get(&format!("{path}/trace")).await.ok();
    assert!(trace["runs"][0]["trace"].to_string().contains("transferToQueue"), "{trace}");
    assert_eq!(server.get(&format!("{path}/trace?run=1")).await.ok(), trace);
    assert_eq!(server.get(&format!("{path}/trace?run=2")).await.status, 404);

    let rerun = server.call("POST", &format!("{path}/rerun"), Json::Null).await;
    assert_eq!(rerun.status, 202);
    let again = loop {
        let now = server.get(&path).await.ok();
        if now["runs"].as_array().unwrap().len() == 2 {
            break now;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!((&again["runs"][1]["rerunBy"], &again["state"]), (&json!("admin"), &json!("decided")));
    assert_eq!(server.get("/interactions").await.ok()["entities"], json!([again]), "lists have the runs as well");

    assert_eq!(server.call("DELETE", &format!("{path}/content"), Json::Null).await.status, 204);
    let erased = server.get(&path).await.ok();
    assert_eq!((&erased["erased"], erased.get("subject")), (&json!(true), None));
    assert_eq!(server.get(&format!("{path}/message")).await.status, 410);
    assert_eq!(server.call("POST", &format!("{path}/rerun"), Json::Null).await.status, 410);
    assert_eq!(server.get(&format!("{path}/trace")).await.ok()["runs"][0].get("trace"), None);
}

#[tokio::test]
async fn all_that_match_are_run_again() {
    let (server, _) = prepared().await;
    for number in 0..5 {
        let id = format!("many-{number}@x.example");
        let answer = post(&server, "to=help@a.example&wait=true", &[], &mail("refund", &id)).await;
        assert_eq!(answer.status, 200);
    }
    let list = server.get("/interactions?subject=refund").await.ok();
    let ids: Vec<&str> = list["entities"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(server.call("DELETE", &format!("/interactions/{}/content", ids[4]), Json::Null).await.status, 204);
    let rerun = async |query: &str| {
        let answer = server.call("POST", &format!("/interactions/rerun{query}"), Json::Null).await;
        (answer.status, answer.json())
    };
    // Newest first, in two requests; the erased one has nothing to be run over.
    let (status, first) = rerun("?decision=queue&max=3").await;
    assert_eq!((status, &first["rerun"], &first["skipped"]), (202, &json!(3), &json!(0)), "{first}");
    let cursor = first["nextCursor"].as_str().unwrap();
    let (_, last) = rerun(&format!("?decision=queue&max=3&cursor={cursor}")).await;
    assert_eq!(last, json!({"rerun": 1, "skipped": 1}));
    for (place, id) in ids.iter().enumerate() {
        let runs = if place == 4 { 1 } else { 2 };
        while server.get(&format!("/interactions/{id}")).await.ok()["runs"].as_array().unwrap().len() != runs {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    let (_, none) = rerun("?subject=nothing%20like%20it").await;
    assert_eq!(none, json!({"rerun": 0, "skipped": 0}));
    let (_, refused) = rerun("").await;
    let problem = &refused["errors"][0];
    assert_eq!(problem["message"], "no filter says which interactions to run again", "{refused}");
    assert_eq!((problem.get("path"), &problem["found"]), (None, &json!("no filter")));
    assert!(problem["expected"].as_str().unwrap().starts_with("one of state, "), "{refused}");
    // Without a filter it would be all mail; a misspelt filter would be none.
    for query in ["", "?max=10", "?decsion=queue", "?decision=kew", "?decision=queue&max=0"] {
        assert_eq!(rerun(query).await.0, 400, "{query}");
    }
}

#[tokio::test]
async fn mail_that_is_refused() {
    let (server, _) = prepared().await;
    let raw = mail("x", "1@x");
    assert_eq!(post(&server, "to=nobody@a.example", &[], &raw).await.error(), (422, "email.route.missing".to_owned()));
    assert_eq!(post(&server, "to=help@elsewhere.example", &[], &raw).await.status, 422);
    assert_eq!(post(&server, "wait=true", &[], &raw).await.json()["errors"][0]["path"], "to");
    assert_eq!(post(&server, "to=help@a.example", &[], b"").await.status, 400);
    let form = ["Content-Type: application/x-www-form-urlencoded"];
    let answer = server.call_with("POST", "/interactions?to=help@a.example", &form, &raw).await;
    assert_eq!(answer.json()["errors"][0]["expected"], "message/rfc822");
    assert_eq!(server.get("/interactions/summary").await.ok()["accepted"], 0);
}

#[tokio::test]
async fn duplicates_and_repeated_requests() {
    let (server, _) = prepared().await;
    let raw = mail("Refund", "1@x");
    let first = post(&server, "to=help@a.example", &["Idempotency-Key: k1"], &raw).await;
    assert_eq!(first.status, 202);
    let first = first.json();
    let same = post(&server, "to=help@a.example", &["Idempotency-Key: k1"], &raw).await;
    assert_eq!((same.status, &same.json()["id"], same.json().get("duplicate")), (202, &first["id"], None));
    let reused = post(&server, "to=help@a.example", &["Idempotency-Key: k1"], &mail("Other", "2@x")).await;
    assert_eq!(reused.error(), (422, "idempotency.key.reused".to_owned()));
    let long = format!("Idempotency-Key: {}", "k".repeat(256));
    assert_eq!(post(&server, "to=help@a.example", &[&long], &raw).await.status, 400);

    let duplicate = post(&server, "to=help@a.example&wait=true", &[], &raw).await.ok();
    assert_eq!((&duplicate["id"], &duplicate["duplicate"]), (&first["id"], &json!(true)));
    assert_eq!(duplicate["duplicates"], 1);
    assert_eq!(duplicate["duplicatesReason"], "the same route, envelope sender, Message-ID and content");
    assert_eq!(first.get("duplicatesReason"), None);
    let similar = post(&server, "to=help@a.example", &[], &mail("Changed", "1@x")).await.json();
    assert_eq!(similar["possibleDuplicateOf"], first["id"]);
    let counts = server.get("/interactions/summary").await.ok();
    assert_eq!(
        counts,
        json!({
            "accepted": 3, "duplicates": 1, "interactions": 2,
            "byState": {"received": 0, "running": 0, "decided": 2, "claimed": 0, "completed": 0},
            "byDecision": {"queue": 2, "forward": 0, "disconnect": 0, "unrouted": 0},
            "unrouted": 0,
            "deliveries": {"pending": 0, "delivered": 0, "bounced": 0, "dead": 0, "cancelled": 0},
        })
    );
}

/// A server whose mail to `slow@` waits for a data action that nobody calls.
async fn waiting() -> Server {
    let http = Client::new(Guard::new(Arc::new(SystemNames), &[])).unwrap();
    let calls = Some(Calls::new(http, Origin::system()));
    let edge = Edge {
        gate: Gate::new(Room::shared(1000), Networks::default()),
        proxies: Networks::default(),
        origin: Origin::system(),
    };
    let set_up = waypost_app::Settings { calls, ..waypost_app::Settings::default() };
    let server = start_as(edge, Settings { rate_limit: 0, ..Settings::default() }, None, set_up).await;
    let object = json!({"type": "object", "properties": {}});
    let action = json!({
        "name": "Slow", "config": {
            "request": {"requestUrlTemplate": "https://slow.example/", "requestType": "GET"},
            "response": {"successTemplate": "${rawResult}"},
        },
        "contract": {"input": {"inputSchema": object}, "output": {"successSchema": object}},
    });
    server.call("POST", "/integrations/actions", action).await.ok();
    let flow = json!({"name": "Waits", "type": "email", "nodes": [
        {"id": "ask", "actions": [{"type": "callDataAction", "dataAction": "Slow"}, {"type": "disconnect"}]},
    ]});
    let flow = server.call("POST", "/flows", flow).await.ok();
    server.call("POST", "/routing/email/domains", json!({"id": "a.example"})).await.ok();
    let route = json!({"pattern": "slow", "flow": {"id": flow["id"]}});
    server.call("POST", "/routing/email/domains/a.example/routes", route).await.ok();
    server
}

#[tokio::test]
async fn a_request_is_in_flight_until_it_is_answered() {
    let server = waiting().await;
    let (raw, key) = (mail("Refund", "1@x"), ["Idempotency-Key: k1"]);
    let checks = async {
        let id = loop {
            let list = server.get("/interactions?state=running").await.ok();
            if let Some(one) = list["entities"].get(0) {
                break one["id"].clone();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        // The mail is stored, and the first request waits for the decision.
        for query in ["to=slow@a.example&wait=true", "to=slow@a.example"] {
            let same = post(&server, query, &key, &raw).await;
            assert_eq!(same.error(), (409, "idempotency.key.in.flight".to_owned()), "{query}");
            assert!(same.header("retry-after").is_some());
        }
        let other = post(&server, "to=slow@a.example", &key, &mail("Other", "2@x")).await;
        assert_eq!(other.error(), (422, "idempotency.key.reused".to_owned()));
        let without = post(&server, "to=slow@a.example", &[], &mail("Third", "3@x")).await;
        assert_eq!(without.status, 202);
        id
    };
    let id = tokio::select! {
        first = post(&server, "to=slow@a.example&wait=true", &key, &raw) => panic!("it does not wait: {first:?}"),
        id = checks => id,
    };
    // Its client has gone away: the key is free, and leads to what was made.
    let again = loop {
        let again = post(&server, "to=slow@a.example", &key, &raw).await;
        if again.status != 409 {
            break again;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!((again.status, &again.json()["id"]), (202, &id));
}

#[tokio::test]
async fn lists_are_filtered_and_read_by_cursor() {
    let (server, queue) = prepared().await;
    for number in 0..5 {
        let to = if number == 4 { "raw" } else { "help" };
        post(&server, &format!("to={to}@a.example"), &[], &mail(&format!("Mail {number}"), &format!("{number}@x")))
            .await;
    }
    let subjects = |page: &Json| -> Vec<String> {
        let entities = page["entities"].as_array().unwrap().iter();
        entities.map(|one| one["subject"].as_str().unwrap().to_owned()).collect()
    };
    let mut path = "/interactions?pageSize=2".to_owned();
    let mut pages = Vec::new();
    loop {
        let page = server.get(&path).await.ok();
        pages.push(subjects(&page));
        let Some(cursor) = page.get("nextCursor") else { break };
        path = format!("/interactions?pageSize=2&cursor={}", cursor.as_str().unwrap());
    }
    assert_eq!(pages, [vec!["Mail 4", "Mail 3"], vec!["Mail 2", "Mail 1"], vec!["Mail 0"]]);
    for (query, count) in [
        ("state=decided", 5),
        ("decision=unrouted", 0),
        ("queue=billing", 5),
        (format!("queue={queue}").as_str(), 5),
        ("to=RAW@a.example", 1),
        ("messageId=%3C3@x%3E", 1),
        ("subject=mAIL%202", 1),
        ("since=2100-01-01T00:00:00Z", 0),
        ("until=2100-01-01T00:00:00Z&from=a@b.example", 5),
        ("flowId=00000000-0000-0000-0000-000000000000", 0),
    ] {
        let page = server.get(&format!("/interactions?{query}")).await.ok();
        assert_eq!(page["entities"].as_array().unwrap().len(), count, "{query}");
    }
    let wrong = server.get("/interactions?state=lost&queue=Biling&cursor=x&since=now&pageSize=501").await.json();
    let told: Vec<&Json> = wrong["errors"].as_array().unwrap().iter().map(|one| &one["path"]).collect();
    assert_eq!(told, ["pageSize", "cursor", "state", "queue", "since"]);
    assert!(wrong["errors"][3]["expected"].as_str().unwrap().contains("Billing"));
}

#[tokio::test]
async fn claims() {
    let (server, queue) = prepared().await;
    post(&server, "to=raw@a.example", &[], &mail("Low", "1@x")).await;
    post(&server, "to=help@a.example", &[], &mail("High", "2@x")).await;
    let path = format!("/routing/queues/{queue}/claims");
    let unskilled = server.call("POST", &path, json!({"skills": [], "max": 5})).await.ok();
    assert_eq!(unskilled["entities"][0]["interaction"]["subject"], "Low");
    let low = unskilled["entities"][0]["token"].as_str().unwrap().to_owned();
    assert_eq!(unskilled["entities"].as_array().unwrap().len(), 1);
    let released = server.call("POST", &format!("{path}/{low}/release"), Json::Null).await.ok();
    assert_eq!(released["state"], "decided");

    let both = server.call("POST", &path, json!({"max": 2, "leaseSeconds": 30})).await.ok();
    let subjects: Vec<&Json> =
        both["entities"].as_array().unwrap().iter().map(|claim| &claim["interaction"]["subject"]).collect();
    assert_eq!(subjects, ["High", "Low"], "higher priority first");
    assert_eq!(both["entities"][0]["interaction"]["state"], "claimed");
    assert_eq!(both["entities"][0]["interaction"]["runs"][0]["number"], 1);
    let high = both["entities"][0]["token"].as_str().unwrap();
    let extended = server.call("POST", &format!("{path}/{high}/extend"), json!({"leaseSeconds": 600})).await.ok();
    assert!(extended["expiresAt"].as_str() > both["entities"][0]["expiresAt"].as_str());
    for _ in 0..2 {
        assert_eq!(server.call("POST", &format!("{path}/{high}/ack"), Json::Null).await.ok()["state"], "completed");
    }
    assert_eq!(
        server.call("POST", &format!("{path}/{low}/ack"), Json::Null).await.error().0,
        409,
        "that lease is over"
    );
    assert_eq!(server.call("POST", &format!("{path}/nonsense/ack"), Json::Null).await.error().0, 404);
    let wrong =
        server.call("POST", &path, json!({"max": 0, "leaseSeconds": "long", "waitSeconds": 16, "skils": []})).await;
    let told = wrong.json();
    let paths: Vec<&Json> = told["errors"].as_array().unwrap().iter().map(|one| &one["path"]).collect();
    assert_eq!(paths, ["max", "leaseSeconds", "waitSeconds", "skils"]);
}

#[tokio::test]
async fn a_claim_waits_for_work() {
    let (server, queue) = prepared().await;
    let path = format!("/routing/queues/{queue}/claims");
    let (claimed, _) = tokio::join!(server.call("POST", &path, json!({"waitSeconds": 15})), async {
        post(&server, "to=raw@a.example", &[], &mail("Later", "1@x")).await
    });
    assert_eq!(claimed.ok()["entities"][0]["interaction"]["subject"], "Later");
}

#[tokio::test]
async fn a_claim_that_waits_is_answered_when_the_server_stops() {
    let (server, queue) = prepared().await;
    let body = r#"{"waitSeconds": 15}"#;
    let head = format!(
        "POST /api/v2/routing/queues/{queue}/claims HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        server.admin,
        body.len()
    );
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    // The request is under way: the server waits for its body.
    let mut goes_on = [0; 25];
    stream.read_exact(&mut goes_on).await.unwrap();
    assert_eq!(&goes_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    server.stop.send_replace(true);
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer);
    tokio::time::timeout(Duration::from_secs(10), read).await.expect("it does not wait for work").unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with(r#"{"entities":[]}"#), "{answer}");
}

#[tokio::test]
async fn from_and_to_are_one_address_each() {
    let server = server().await;
    server.call("POST", "/routing/email/domains", json!({ "id": "b.example" })).await.ok();
    let send = async |query: &str| {
        let headers = ["Content-Type: message/rfc822"];
        server.call_with("POST", &format!("/interactions?{query}"), &headers, b"Subject: x\r\n\r\nx\r\n").await
    };
    let to = "postmaster%40b.example";
    for (query, path) in [
        (format!("to={to}&from=a%40c.example%0D%0ABcc:%20x%40y.example"), "from"),
        (format!("to={to}&from=a%00%40c.example"), "from"),
        (format!("to={to}&from=nobody"), "from"),
        (format!("to={to}&from=A%20%3Ca%40c.example%3E"), "from"),
        (format!("to={to}&from=a%40%5B999.1.1.1%5D"), "from"),
        (format!("to={to},other%40b.example&from=a%40c.example"), "to"),
        (format!("to={to}%20other%40b.example"), "to"),
        (format!("to={to}%0D%0A"), "to"),
        (format!("to={to}%00"), "to"),
        ("to=nobody".to_owned(), "to"),
    ] {
        let answer = send(&query).await;
        assert_eq!(answer.error(), (400, "invalid.value".to_owned()), "{query}");
        let body = answer.json();
        assert_eq!(body["errors"][0]["path"], path, "{query}");
        assert!(!body.to_string().contains("\\u0000"), "what is told back is printable: {body}");
    }
    for from in ["", "&from=", "&from=a%40c.example", "&from=%22a%20b%22%40c.example", "&from=a%40%5B192.0.2.1%5D"] {
        assert_eq!(send(&format!("to={to}{from}")).await.status, 202, "{from}");
    }
    // As RCPT takes it.
    assert_eq!(send("to=postmaster").await.status, 202);
    assert_eq!(server.get("/interactions/summary").await.ok()["accepted"], 6);
}

/// The domain is one in A-labels and U-labels, and line ends are CRLF.
#[tokio::test]
async fn a_mail_is_one_however_it_is_spelt() {
    let (server, queue) = prepared().await;
    server.call("POST", "/routing/email/domains", json!({"id": "bücher.example"})).await.ok();
    let routes = "/routing/email/domains/b%C3%BCcher.example/routes";
    server.call("POST", routes, json!({"pattern": "*", "queue": {"id": queue}})).await.ok();
    let crlf = String::from_utf8(mail("spelt", "spelt@x")).unwrap();
    let (a_label, u_label) = ("xn--bcher-kva.example", "b%C3%BCcher.example");
    for (from, to, raw) in [(a_label, u_label, &crlf), (u_label, a_label, &crlf.replace("\r\n", "\n"))] {
        let path = format!("/interactions?from=s@{from}&to=x@{to}");
        assert_eq!(server.call_with("POST", &path, &[MAIL], raw.as_bytes()).await.status, 202);
    }
    for domain in [a_label, u_label, "B%C3%9CCHER.Example"] {
        for query in [format!("from=S@{domain}"), format!("to=x@{domain}"), format!("from=s@{domain}&to=x@{domain}")] {
            let found = server.get(&format!("/interactions?{query}")).await.ok();
            assert_eq!(found["entities"].as_array().unwrap().len(), 1, "{query}: {found}");
            let one = &found["entities"][0];
            assert_eq!(one["envelope"]["from"], "s@bücher.example");
            assert_eq!(one["duplicates"], 1);
            let message = server.get(&format!("/interactions/{}/message", one["id"].as_str().unwrap())).await;
            assert_eq!(message.body, crlf.as_bytes());
        }
    }
}

#[tokio::test]
async fn lists_end_a_page_early_where_interactions_keep_much() {
    let (server, _) = prepared().await;
    let flow = json!({"name": "Keeps", "type": "email", "nodes": [{"id": "keep", "actions": [
        {"type": "setAttributes", "attributes": {"text": "${interaction.email.body}"}},
        {"type": "transferToQueue", "queue": "Billing"},
    ]}]});
    let flow = server.call("POST", "/flows", flow).await.ok();
    let route = json!({"pattern": "keep", "flow": {"id": flow["id"]}});
    server.call("POST", "/routing/email/domains/a.example/routes", route).await.ok();
    let send = async |number: usize, length: usize| {
        let raw = format!("From: a@b.example\r\nMessage-ID: <k{number}@x>\r\n\r\n{}\r\n", "x".repeat(length));
        post(&server, "to=keep@a.example&wait=true", &[], raw.as_bytes()).await.ok()
    };
    const MAILS: usize = 80;
    for number in 0..MAILS {
        assert_eq!(send(number, 60_000).await["decision"]["kind"], "queue");
    }
    let mut seen = 0;
    let mut pages = 0;
    let mut cursor = String::new();
    loop {
        let answer = server.get(&format!("/interactions?pageSize=500{cursor}")).await;
        assert!(answer.body.len() < 5_000_000, "{} bytes", answer.body.len());
        let page = answer.ok();
        seen += page["entities"].as_array().unwrap().len();
        pages += 1;
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!((seen, pages), (MAILS, 2), "each once");
    // What would keep the whole of a large mail is unrouted instead, and says where.
    let large = send(MAILS, 1_100_000).await;
    assert_eq!(
        (&large["decision"]["kind"], &large["decision"]["queue"]["name"]),
        (&json!("unrouted"), &json!("Unrouted"))
    );
    let error = &large["decision"]["error"];
    assert_eq!((&error["code"], &error["nodeId"]), (&json!("run.attributes-too-large"), &json!("keep")));
    assert!(large["attributes"].as_object().is_none_or(serde_json::Map::is_empty));
}
