//! What goes out, on the command line: acting on claimed mail, the ledger, and the sink that shows what came.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod harness;

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStderr, ChildStdout, Command, Output, Stdio};

use harness::scratch::Scratch;
use harness::{Server, Start, WAYPOST};
use serde_json::{Value as Json, json};

/// What was printed, if the command ended with this code.
fn printed(output: &Output, code: i32) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "stdout: {out}\nstderr: {err}");
    out.into_owned()
}

/// What was said on stderr.
fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A sink. It is killed when this is dropped.
struct Sink {
    child: Child,
    address: String,
    out: BufReader<ChildStdout>,
    _err: BufReader<ChildStderr>,
}

impl Sink {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(WAYPOST)
            .args(["mail", "sink", "--output", "json"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let mut err = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        err.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line}")).to_owned();
        Self { child, address, out, _err: err }
    }

    /// The next mail, as it is printed.
    fn mail(&mut self) -> Json {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_sink_prints_what_comes_and_refuses_as_it_is_told() {
    let scratch = Scratch::new("sink");
    let (mail, folder) = (scratch.path("a.eml"), scratch.path("mails"));
    let raw = "From: a@b.example\r\nTo: c@d.example\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\nHi\r\n.dot\r\n";
    fs::write(&mail, raw).unwrap();
    let mut sink = Sink::start(&["--dir", folder.to_str().unwrap(), "--reply", "451,250"]);
    let send = || {
        let arguments = ["mail", "send", "--smtp", &sink.address, "--to", "x@y.example", "--to", "z@y.example"];
        Command::new(WAYPOST).args(arguments).arg(&mail).output().unwrap()
    };
    let answers = [printed(&send(), 1), printed(&send(), 0), printed(&send(), 0)];
    assert!(answers[0].contains("451 4.3.0"), "{}", answers[0]);
    let expected = |answer: &str| json!({"from": "a@b.example", "to": ["x@y.example", "z@y.example"], "subject": "Grüße", "size": raw.len(), "answer": answer});
    assert_eq!(sink.mail(), expected("refused"));
    for number in [2, 3] {
        let mut mail = sink.mail();
        let file = mail.as_object_mut().unwrap().remove("file").unwrap();
        assert_eq!(mail, expected("taken"));
        assert!(file.as_str().unwrap().ends_with(&format!("{number:06}.eml")), "{file}");
        assert_eq!(fs::read_to_string(file.as_str().unwrap()).unwrap(), raw);
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2, "what was refused is not kept");
    let bad = Command::new(WAYPOST).args(["mail", "sink", "--reply", "4xx"]).output().unwrap();
    assert_eq!(bad.status.code(), Some(2));
    assert!(said(&bad).contains("expected 250, 451, 452, 550 or 552"), "{}", said(&bad));
}

#[test]
fn claimed_mail_is_transferred_and_completed_and_the_ledger_agrees() {
    let scratch = Scratch::new("claimed");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    let api = server.api();
    let queue = api.post("/routing/queues", &json!({"name": "Billing"})).ok()["id"].clone();
    let experts = api.post("/routing/queues", &json!({"name": "Experts"})).ok()["id"].clone();
    api.post("/routing/email/domains", &json!({"id": "a.example"})).ok();
    let route = json!({"pattern": "help", "queue": {"id": queue}});
    api.post("/routing/email/domains/a.example/routes", &route).ok();
    let raw = "From: a@b.example\r\nTo: help@a.example\r\nContent-Type: text/csv; name=\"r.csv\"\r\nContent-Disposition: attachment; filename=r.csv\r\n\r\n1,2\r\n";
    let mail = scratch.path("a.eml");
    fs::write(&mail, raw).unwrap();
    printed(&server.cli(&["mail", "send", mail.to_str().unwrap()]), 0);
    let id = api.all_interactions()[0]["id"].as_str().unwrap().to_owned();

    let listed = printed(&server.cli(&["interactions", "attachments", &id]), 0);
    assert!(listed.contains("text/csv") && listed.contains("r.csv"), "{listed}");
    assert_eq!(printed(&server.cli(&["interactions", "attachment", &id, "0"]), 0), "1,2\r\n");
    assert!(said(&server.cli(&["interactions", "attachment", &id, "1"])).contains("was not found"));

    let claim = |queue: &str| {
        let claims = printed(&server.cli(&["queues", "claim", queue, "--output", "json"]), 0);
        let claims: Json = serde_json::from_str(&claims).unwrap();
        assert_eq!(claims[0]["interaction"]["id"], json!(id), "{claims}");
        claims[0]["token"].as_str().unwrap().to_owned()
    };
    let token = claim("billing");
    let transfer = |queue: &str, token: &str| {
        server.cli(&[
            "interactions",
            "transfer",
            &id,
            "--token",
            token,
            "--queue",
            queue,
            "--priority",
            "-3",
            "--output",
            "json",
        ])
    };
    let unknown = transfer("Expert", &token);
    printed(&unknown, 1);
    assert!(said(&unknown).contains("there is no queue `Expert`"), "{}", said(&unknown));
    let moved: Json = serde_json::from_str(&printed(&transfer("experts", &token), 0)).unwrap();
    assert_eq!((&moved["decision"]["queue"]["name"], &moved["decision"]["priority"]), (&json!("Experts"), &json!(-3)));
    let lost = transfer("Billing", &token);
    printed(&lost, 1);
    assert!(said(&lost).contains("the lease was lost"), "{}", said(&lost));

    let token = claim(experts.as_str().unwrap());
    let held = printed(&server.cli(&["ledger"]), 0);
    assert!(held.lines().any(|line| line.split_whitespace().eq(["claimed", "1"])), "{held}");
    let done = server.cli(&["interactions", "complete", &id, "--token", &token, "--outcome", "refunded"]);
    let done = printed(&done, 0);
    assert_eq!(done, format!("completed {id}, outcome refunded\n"));
    let ledger: Json = serde_json::from_str(&printed(&server.cli(&["ledger", "--output", "json"]), 0)).unwrap();
    assert_eq!((&ledger["agrees"], &ledger["places"]["completed"]), (&json!(true), &json!(1)));
    assert_eq!(ledger["tallied"]["interactions"], 1);

    assert_eq!(printed(&server.cli(&["deliveries", "list", "--output", "json"]), 0).trim(), "[]");
    let retried = server.cli(&["deliveries", "retry", "--all"]);
    assert_eq!(printed(&retried, 0), "0 retried\n");
    assert!(
        said(&retried).contains("no mail goes out: this server runs with `--smarthost none`"),
        "{}",
        said(&retried)
    );
    let which = server.cli(&["deliveries", "retry"]);
    printed(&which, 2);
    assert!(said(&which).contains("which deliveries?"), "{}", said(&which));
    let none = "00000000-0000-4000-8000-000000000000";
    assert!(said(&server.cli(&["deliveries", "get", none])).contains("was not found"));
}

#[test]
fn work_is_claimed_and_given_back_by_commands() {
    let scratch = Scratch::new("claims");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    let api = server.api();
    let queue = api.post("/routing/queues", &json!({"name": "Billing", "serviceLevel": "PT4H"})).ok()["id"].clone();
    api.post("/routing/queues", &json!({"name": "Experts"})).ok();
    api.post("/routing/email/domains", &json!({"id": "a.example"})).ok();
    let route = json!({"pattern": "help", "queue": {"id": queue}});
    api.post("/routing/email/domains/a.example/routes", &route).ok();
    for number in 1..=2 {
        let mail = scratch.path("a.eml");
        let raw = format!("From: ann@b.example\r\nTo: help@a.example\r\nSubject: Refund {number}\r\n\r\nHello\r\n");
        fs::write(&mail, raw).unwrap();
        printed(&server.cli(&["mail", "send", mail.to_str().unwrap()]), 0);
    }
    let depth = || {
        let listed = printed(&server.cli(&["queues", "list"]), 0);
        let billing = listed.lines().find(|line| line.contains("Billing")).unwrap().to_owned();
        let words = billing.split_whitespace().skip(2).map(str::to_owned).collect::<Vec<_>>();
        (words[0].clone(), words.len())
    };
    let (waiting, oldest_level_and_over) = ("2".to_owned(), 4);
    assert_eq!(depth(), (waiting, oldest_level_and_over));

    let claimed = printed(&server.cli(&["queues", "claim", "billing", "--max", "5", "--lease", "600"]), 0);
    assert!(
        claimed.starts_with("TOKEN") && claimed.contains("ann@b.example") && claimed.contains("Refund 2"),
        "{claimed}"
    );
    let tokens: Vec<&str> = claimed.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!((tokens.len(), depth()), (2, ("0".to_owned(), 3)), "nothing waits, so nothing is oldest");
    let none = printed(&server.cli(&["queues", "claim", "Billing", "--skills", "tax,german"]), 0);
    assert_eq!(none.lines().count(), 1, "{none}");
    let extended = printed(&server.cli(&["queues", "extend", "Billing", tokens[0], "--lease", "3600"]), 0);
    assert!(extended.starts_with(&format!("extended {} until ", tokens[0])), "{extended}");
    assert_eq!(
        printed(&server.cli(&["queues", "release", "Billing", tokens[0]]), 0),
        format!("released {}\n", tokens[0])
    );
    assert_eq!(depth().0, "1");
    for _ in 0..2 {
        let done = printed(&server.cli(&["queues", "ack", "Billing", tokens[1]]), 0);
        assert_eq!(done, format!("completed {}\n", tokens[1]));
    }
    let lost = server.cli(&["queues", "release", "Billing", tokens[1]]);
    printed(&lost, 1);
    assert!(said(&lost).contains("the lease was lost"), "{}", said(&lost));
    let unknown = server.cli(&["queues", "claim", "Bills"]);
    printed(&unknown, 2);
    assert!(said(&unknown).contains("there is no queue `Bills`"), "{}", said(&unknown));

    // A reply with the same key is one mail, and a transfer says what it changed.
    let claims = printed(&server.cli(&["queues", "claim", "Billing", "--output", "json"]), 0);
    let claims: Json = serde_json::from_str(&claims).unwrap();
    let (id, token) = (claims[0]["interaction"]["id"].as_str().unwrap(), claims[0]["token"].as_str().unwrap());
    let reply = || {
        let key = ["--idempotency-key", "k", "--output", "json"];
        let reply = ["interactions", "reply", id, "--token", token, "--text", "Soon."];
        let made: Json = serde_json::from_str(&printed(&server.cli(&[&reply[..], &key].concat()), 0)).unwrap();
        // It may be tried meanwhile.
        made[0]["id"].clone()
    };
    let first = reply();
    assert!(first.is_string() && reply() == first, "{first}");
    let to =
        ["interactions", "transfer", id, "--token", token, "--queue", "experts", "--priority", "7", "--skill", "tax"];
    let moved = printed(&server.cli(&to), 0);
    assert_eq!(moved, format!("transferred {id} to Experts, priority 7, skills tax\n"));
    let shown = printed(&server.cli(&["interactions", "show", id]), 0);
    assert!(shown.contains("\nqueued     2") && shown.contains("\nruns       1, duplicates 0"), "{shown}");
}
