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

    let claim = |queue: &Json| {
        let claims = api.post(&format!("/routing/queues/{}/claims", queue.as_str().unwrap()), &json!({})).ok();
        claims["entities"][0]["token"].as_str().expect("work").to_owned()
    };
    let token = claim(&queue);
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

    let token = claim(&experts);
    let held = printed(&server.cli(&["ledger"]), 0);
    assert!(held.lines().any(|line| line.split_whitespace().eq(["claimed", "1"])), "{held}");
    let done = server.cli(&["interactions", "complete", &id, "--token", &token, "--outcome", "refunded"]);
    let done = printed(&done, 0);
    assert!(done.contains("outcome    refunded") && done.contains("state      completed"), "{done}");
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
