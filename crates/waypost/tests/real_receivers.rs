//! Mail that goes out, read by programs that others wrote: a Postfix takes it as smarthost and delivers it, or reports that it could not;
//! dkimpy verifies signatures; Python and JavaScript read replies; swaks sends what is answered.

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
#[path = "real_receivers/postfix.rs"]
mod postfix;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use harness::peers::Peers;
use harness::receiver::Receiver;
use harness::scratch::Scratch;
use harness::smtp::mail;
use harness::{WAYPOST, wait_for};
use office::{Office, printed};
use postfix::{Postfix, Program, Received};
use serde_json::{Value as Json, json};
use waypost_scratch_postgres::Port;

/// A file beside these tests.
fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real_receivers").join(name)
}

/// A server whose smarthost is a Postfix.
struct Relayed {
    postfix: Postfix,
    office: Office,
    /// Where Postfix takes mail.
    address: String,
    _port: Port,
}

impl Relayed {
    fn open(program: Program, name: &str, arguments: &[&str]) -> Self {
        // The server is told of Postfix first, and Postfix then of the server.
        let port = Port::keep().unwrap();
        let address = port.address();
        let smarthost = format!("smtp://{address}");
        let office = Office::open_with(name, Receiver::start(), &[&["--smarthost", &smarthost], arguments].concat());
        let postfix = Postfix::start(program, address.port(), &office.server.smtp, &office.receiver.address);
        Self { postfix, office, address: address.to_string(), _port: port }
    }

    /// Waits for a mail in the maildir.
    fn received(&self, what: &str, holds: impl Fn(&Received) -> bool) -> Received {
        wait_for(what, || self.postfix.received().into_iter().find(&holds))
    }
}

/// Runs a program with this input; answers what it wrote.
fn piped(command: &mut Command, input: &[u8]) -> Vec<u8> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Keys for signatures, and the records that would stand in DNS.
struct Keys {
    folder: PathBuf,
    records: BTreeMap<String, String>,
}

impl Keys {
    /// An RSA key for each of the domains.
    fn make(scratch: &Scratch, domains: &[&str]) -> Self {
        let folder = scratch.path("keys");
        let mut records = BTreeMap::new();
        for domain in domains {
            let new = ["dkim", "new", domain, "--output", "json", "--dir"];
            let made = Command::new(WAYPOST).args(new).arg(&folder).output().unwrap();
            let made: Json = serde_json::from_str(&printed(&made, 0)).unwrap();
            let text = |member: &str| made[0][member].as_str().unwrap().to_owned();
            records.insert(text("name"), text("value"));
        }
        Self { folder, records }
    }

    fn sign(&self, peers: &Peers, domain: &str, raw: &str) -> String {
        let key = self.folder.join(format!("{domain}.waypost.pem"));
        let mut command = peers.run_python(&script("signatures.py"));
        let signed = piped(command.arg("sign").arg(key).args([domain, "waypost"]), raw.as_bytes());
        String::from_utf8(signed).unwrap()
    }

    /// The domain of each signature of a mail, and whether it verifies.
    fn verify(&self, peers: &Peers, scratch: &Scratch, mail: &[u8]) -> Vec<String> {
        let file = scratch.path("records.json");
        fs::write(&file, serde_json::to_string(&self.records).unwrap()).unwrap();
        let said = piped(peers.run_python(&script("signatures.py")).arg("verify").arg(file), mail);
        String::from_utf8(said).unwrap().lines().map(str::to_owned).collect()
    }
}

/// Mails that must come through as they are, by their Message-IDs.
fn unusual() -> Vec<(&'static str, String)> {
    let long = "no end to this ".repeat(90);
    let plain = mail("plain@customer.example", "please", "Hello\r\n.\r\n..dots\r\n.and more");
    let eight_bit = "from: Ana <ana@customer.example>\r\nTO:\tdesk\r\nSubject: Grüße an\r\n\tEuch alle\r\nX-Empty:\r\nMESSAGE-ID: \
        <eight@customer.example>\r\nReceived: from a (b [192.0.2.1]) by c; Mon, 4 May 2026 10:00:00 +0000\r\n\r\nGrüße 😀\r\n\r\n\r\n";
    let attached = "From: Ana <ana@customer.example>\r\nMessage-ID: <attached@customer.example>\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=b\r\n\r\nnobody reads this\r\n--b\r\n\r\ntext  \r\n--b\r\n\
        Content-Type: application/octet-stream; name=\"x.bin\"\r\nContent-Transfer-Encoding: base64\r\n\r\nAAECAwQF\r\n--b--\r\nepilogue";
    vec![
        ("plain", plain),
        ("eight", eight_bit.to_owned()),
        ("attached", format!("{attached}\r\n")),
        ("long", mail("long@customer.example", "long", &long)),
    ]
}

/// A forward is the mail as it came, below what says who resent it; the author's signature holds.
#[test]
fn postfix_delivers_forwards_unchanged_and_signatures_hold() {
    let Some(program) = Program::find() else { return };
    let Some(peers) = Peers::find() else { return };
    let scratch = Scratch::new("receivers-keys");
    let keys = Keys::make(&scratch, &["desk.example", "customer.example"]);
    let relayed = Relayed::open(program, "receivers-forward", &["--dkim-keys", keys.folder.to_str().unwrap()]);
    let office = &relayed.office;
    office.route("on", &json!([{"type": "forward", "addresses": ["team@team.example"]}]), &json!({}));
    office.route("wrap", &json!([{"type": "forward", "addresses": ["boss@team.example"], "attach": true}]), &json!({}));
    let signed = keys.sign(&peers, "customer.example", &mail("signed@customer.example", "signed", "I wrote this."));
    let mails = [unusual(), vec![("signed", signed)]].concat();
    for (name, raw) in &mails {
        let stuffed = raw.replace("\r\n.", "\r\n..");
        let id = office.send("ana@customer.example", "on", &stuffed);
        office.state_is("completed", &id);
        let wanted = raw.replace("\r\n", "\n");
        let received = relayed.received(name, |one| one.text.ends_with(wanted.as_bytes()));
        let above = Received { text: received.text[..received.text.len() - wanted.len()].to_vec() };
        let added = ["return-path", "x-original-to", "delivered-to", "received", "waypost-trace"];
        for (field, _) in above.fields() {
            assert!(added.contains(&field.as_str()) || field.starts_with("resent-"), "{name}: {field}");
        }
        let delivery = &office.deliveries(&id)[0];
        assert_eq!(
            above.field("resent-message-id"),
            delivery["messageId"].as_str().map(|id| format!("<{id}>")),
            "{delivery}"
        );
        let expected: &[&str] = if *name == "signed" { &["customer.example pass"] } else { &[] };
        assert_eq!(keys.verify(&peers, &scratch, &received.text), expected, "{name}");
    }

    // Attached, the mail is in one of ours, which we sign.
    let (_, raw) = &mails[0];
    let id = office.send("ana@customer.example", "wrap", &raw.replace("\r\n.", "\r\n.."));
    office.state_is("completed", &id);
    let original = raw.replace("\r\n", "\n");
    let received =
        relayed.received("an attached forward", |one| one.field("delivered-to").unwrap() == "boss@team.example");
    assert!(received.text.windows(original.len()).any(|part| part == original.as_bytes()), "{received:?}");
    assert_eq!(keys.verify(&peers, &scratch, &received.text), ["desk.example pass"]);
    let changed = String::from_utf8(received.text).unwrap().replace("Hello", "hello");
    assert_eq!(keys.verify(&peers, &scratch, changed.as_bytes()), ["desk.example fail"], "the verifier verifies");
}

/// What Postfix took and can't deliver comes back as its report.
#[test]
fn postfix_reports_what_it_could_not_deliver() {
    let Some(program) = Program::find() else { return };
    let relayed = Relayed::open(program, "receivers-report", &[]);
    let office = &relayed.office;
    let forward = json!([{"type": "forward", "addresses": ["refuse.one@gone.example", "team@team.example"]}]);
    office.route("on", &forward, &json!({}));
    let id = office.send("ana@customer.example", "on", &mail("gone@customer.example", "please", "Hello"));
    let bounced = office.one_is("bounced", &id, "refuse.one@gone.example");
    let answer = bounced["lastAnswer"].as_str().unwrap();
    assert!(answer.contains("5.1.1") && answer.contains("There is nobody of that name"), "{bounced}");
    office.one_is("delivered", &id, "team@team.example");
    let told = office.interaction(&id);
    assert_eq!((&told["state"], &told["decision"]["queue"]["name"]), (&json!("decided"), &json!("Unrouted")), "{told}");
    assert_eq!(office.api.all_interactions().len(), 1, "a report is nobody's work");
    printed(&office.server.cli(&["ledger"]), 0);
}

/// The whole way: swaks, Postfix, the server, Postfix, the author's mailbox.
#[test]
fn what_swaks_sends_is_answered_in_its_thread() {
    let Some(program) = Program::find() else { return };
    let swaks = Command::new("swaks").arg("--version").output().map_err(|_| "swaks is not installed");
    if waypost_test_needs::tool(swaks).is_none() {
        return;
    }
    let Some(peers) = Peers::find() else { return };
    let scratch = Scratch::new("receivers-swaks");
    let keys = Keys::make(&scratch, &["desk.example"]);
    let folder = keys.folder.to_str().unwrap();
    let arguments = ["--dkim-keys", folder, "--smtp-trusted-xclient", "127.0.0.1"];
    let relayed = Relayed::open(program, "receivers-answer", &arguments);
    let office = &relayed.office;
    let reply =
        json!({"type": "sendReply", "text": "We have: ${interaction.email.subject}", "html": "<p>Grüße 😀</p>"});
    office.route(
        "help",
        &json!([reply, {"type": "transferToQueue", "queue": "Support"}]),
        &json!({"fromName": "Hélp"}),
    );
    let attachment = scratch.path("a file.txt");
    fs::write(&attachment, "attached").unwrap();
    let (host, port) = relayed.address.split_once(':').unwrap();
    let sent = Command::new("swaks")
        .args(["--server", host, "--port", port, "--ehlo", "customer.example", "--local-interface", "127.0.0.9"])
        .args(["--from", "ana@customer.example", "--to", "help@desk.example"])
        .args(["--header", "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=", "--header", "References: <one@customer.example>"])
        .args(["--header", "Message-Id: <swaks@customer.example>", "--body", "Hello", "--attach"])
        .arg(&attachment)
        .output()
        .unwrap();
    assert!(sent.status.success(), "{}\n{}", String::from_utf8_lossy(&sent.stdout), relayed.postfix.log());
    let refused = Command::new("swaks")
        .args(["--server", host, "--port", port, "--ehlo", "customer.example", "--local-interface", "127.0.0.9"])
        .args(["--from", "ana@customer.example", "--to", "nobody@desk.example"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&refused.stdout).into_owned();
    assert!(!refused.status.success() && said.contains("<** 550 5.1.1 "), "{said}\n{}", relayed.postfix.log());
    let received = relayed.received("an answer", |one| one.field("delivered-to").unwrap() == "ana@customer.example");
    assert_eq!(received.field("in-reply-to").unwrap(), "<swaks@customer.example>");
    assert_eq!(received.field("references").unwrap(), "<one@customer.example> <swaks@customer.example>");
    assert_eq!(received.field("auto-submitted").unwrap(), "auto-replied");
    assert_eq!(keys.verify(&peers, &scratch, &received.text), ["desk.example pass"]);
    let interaction = office.api.interactions_of("swaks@customer.example").remove(0);
    assert_eq!(interaction["decision"]["queue"]["name"], "Support", "{interaction}");
    // Postfix says by XFORWARD whom it has it from.
    assert_eq!(interaction["envelope"]["remote"], "127.0.0.9", "{interaction}");
    let file = scratch.path("answer.eml");
    fs::write(&file, &received.text).unwrap();
    let read = read_alike(&peers, &[file]).remove(0);
    assert_eq!(
        (&read["subject"], &read["from"], &read["text"], &read["html"]),
        (
            &json!("Re: Grüße"),
            &json!([["Hélp", "help@desk.example"]]),
            &json!("We have: Grüße"),
            &json!("<p>Grüße 😀</p>")
        )
    );
}

/// What Python and JavaScript read of mails; they must agree.
fn read_alike(peers: &Peers, files: &[PathBuf]) -> Vec<Json> {
    let lines = |command: &mut Command| -> Vec<Json> {
        let said = piped(command.args(files), b"");
        String::from_utf8(said).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let python = lines(&mut peers.run_python(&script("read.py")));
    let javascript = lines(&mut peers.run_javascript(&script("read.js")));
    assert_eq!((python.len(), javascript.len()), (files.len(), files.len()));
    for ((file, python), javascript) in files.iter().zip(&python).zip(&javascript) {
        assert_eq!(python, javascript, "{}", fs::read_to_string(file).unwrap());
    }
    python
}

/// Cases: `spec/outgoing/replies.json`. Two readers agree on each reply, and read what was written.
#[test]
fn python_and_javascript_read_the_same_in_replies() {
    let Some(peers) = Peers::find() else { return };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/outgoing/replies.json");
    let cases: Vec<Json> = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert!(cases.len() >= 12, "only {} cases", cases.len());
    let office = Office::open("receivers-readers");
    office.route(
        "help",
        &json!([{"type": "transferToQueue", "queue": "Support"}]),
        &json!({"fromName": "Hélp, \"desk\""}),
    );
    let mut files = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let lines: Vec<&str> = case["original"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
        let id = office.send("ana@customer.example", "help", &format!("{}\r\n", lines.join("\r\n")));
        let token = office.claim("Support").unwrap();
        let mut reply = case["reply"].clone();
        reply["token"] = json!(token);
        office.api.post(&format!("/interactions/{id}/reply"), &reply).ok();
        office.api.post(&format!("/interactions/{id}/complete"), &json!({"token": token})).ok();
        let message_id = office.one_is("delivered", &id, "ana@customer.example")["messageId"].clone();
        let arrived = office.receiver.arrived();
        let arrived = arrived.iter().find(|one| one.to == "ana@customer.example" && message_id == one.id()).unwrap();
        let file = office.scratch.path(&format!("{number:02}.eml"));
        fs::write(&file, &arrived.content).unwrap();
        files.push(file);
    }
    for (case, read) in cases.iter().zip(read_alike(&peers, &files)) {
        let mut expected = json!({"from": [["Hélp, \"desk\"", "help@desk.example"]], "cc": [], "attachments": []});
        for member in ["text", "html"] {
            expected[member] = case["reply"].get(member).filter(|text| **text != "").cloned().unwrap_or_default();
        }
        expected.as_object_mut().unwrap().extend(case["read"].as_object().unwrap().clone());
        for (member, expected) in expected.as_object().unwrap() {
            let mut found = read[member].clone();
            if member == "attachments" {
                found = named(&found);
            }
            assert_eq!(&found, expected, "{member} of {}", case["name"]);
        }
    }
}

/// Attachments by their names; those of an attached mail below it.
fn named(attachments: &Json) -> Json {
    let one = |one: &Json| match one.get("mail") {
        Some(mail) => json!({"name": one["name"], "mail": named(&mail["attachments"])}),
        None => one["name"].clone(),
    };
    attachments.as_array().unwrap().iter().map(one).collect()
}
