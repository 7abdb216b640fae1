//! Nobody and nothing that they say is in the log, at its most talkative: what is private here has a mark, and the log is searched for it.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::StreamOwned;
use serde_json::{Value as Json, json};
use tokio::runtime::Runtime;

use crate::harness::imap::{How, Scripted};
use crate::harness::receiver::Receiver;
use crate::harness::scratch::Scratch;
use crate::harness::service::{Reply, Service};
use crate::harness::{CLIENT, wait_for};
use crate::office::{self, Office};
use crate::zone::{self, Zone};
use crate::{certificate, handshake};

/// Stands in every address, subject, text, password and token of this test, and nowhere else.
const MARK: &str = "qzk7";
const ANA: &str = "qzk7-ana@customer.example";
const HELP: &str = "qzk7-help@desk.example";
const DESK: &str = "qzk7-desk@desk.example";
const WORDS: &str = "no such user: qzk7-desk@desk.example (qzk7-desk%40desk.example, \"qzk7 desk\"@desk.example)";

/// What is logged on the way: all of it was reached.
const SAID: &[&str] = &[
    "mail accepted",
    "mail accepted again",
    "a mail was not scanned",
    "\"refused\"",
    "connection lost",
    "request refused",
    "/flows/datatables/{datatableId}/rows/{rowId}",
    "posted mail has recipients without a route",
    "token refused",
    "attempt: dead",
    "a delivery bounced",
    "this node watches the mailbox",
    "no such user: [redacted] ([redacted], [redacted])",
];

fn letter(id: &str) -> String {
    format!(
        "DKIM-Signature: v=1; a=rsa-sha256; d=customer.example; s=broken; i={ANA}; h=from; bh=aGk=; b=aGk=\r\n\
         From: qzk7 Ana <{ANA}>\r\nTo: {HELP}\r\nSubject: qzk7-subject {id}\r\nMessage-ID: <{MARK}-{id}@customer.example>\r\n\r\nqzk7-body {id}\r\n"
    )
}

/// A sender's policy that asks for a name with the local part in it.
fn names() -> Zone {
    let mut zone = Zone::default();
    zone.add("customer.example TXT v=spf1 exists:%{l}._spf.%{d} -all");
    zone.add("broken._domainkey.customer.example SERVFAIL");
    zone
}

fn heard(office: &Office, words: &str, times: usize) {
    wait_for(words, || (office.server.log().matches(words).count() >= times).then_some(()));
}

/// What is sent out: an answer, a request to a webhook, and forwards that are refused and that come back.
fn out(office: &Office, hook: &Service) {
    let url = format!("http://{}/hook?for=qzk7-ana%40customer.example", hook.address);
    office.api.post("/webhooks", &json!({"name": "Hook", "url": url})).ok();
    let help = json!([
        {"type": "log", "message": "${interaction.email.subject}"},
        {"type": "setAttributes", "attributes": {"who": "${interaction.email.from.address}"}},
        {"type": "sendReply", "text": "We have: ${interaction.email.subject}"},
        {"type": "sendWebhook", "webhook": "Hook", "payload": {"of": "${interaction.email.from.address}"}},
        {"type": "transferToQueue", "queue": "Support"},
    ]);
    office.route("qzk7-help", &help, &json!({}));
    let forward = |to: &str| json!([{"type": "forward", "addresses": [to]}]);
    office.route("qzk7-on", &forward("quote-qzk7@team.example"), &json!({}));
    office.route("qzk7-to", &forward("two-qzk7@team.example"), &json!({}));

    let refused = office.send(ANA, "qzk7-on", &letter("on"));
    office.one_is("dead", &refused, "quote-qzk7@team.example");
    let forwarded = office.send(ANA, "qzk7-to", &letter("to"));
    office.state_is("completed", &forwarded);
    let arrived = office.receiver.arrived();
    let sender = &arrived.iter().find(|mail| mail.to == "two-qzk7@team.example").unwrap().from;
    office.send_raw("", sender, &office::report("two-qzk7@team.example", "x@elsewhere.example"));
    office.one_is("bounced", &forwarded, "two-qzk7@team.example");
}

/// Mail by SMTP that is taken, refused and cut short.
fn smtp(office: &Office) {
    let mut session = office.server.smtp();
    session.command("XFORWARD ADDR=192.0.2.9 HELO=customer.example").unwrap();
    assert_eq!(session.reply().unwrap().code, 250);
    assert_eq!(session.deliver(ANA, HELP, &letter("in")).unwrap().code, 250);
    assert_eq!(session.deliver(ANA, HELP, &letter("in")).unwrap().code, 250, "a duplicate");
    let login = STANDARD.encode("\0qzk7-ana\0qzk7-password");
    for wrong in [
        format!("RCPT TO:<{HELP}>"),
        "EXPN qzk7-ana@customer.example".to_owned(),
        "qzk7 qzk7-ana@customer.example".to_owned(),
        format!("AUTH PLAIN {login}"),
        format!("MAIL FROM:<{ANA}> SIZE=999999999"),
        format!("MAIL FROM:<{ANA}> QZK7=qzk7"),
        "MAIL FROM:<qzk7-ana@@>".to_owned(),
    ] {
        session.command(&wrong).unwrap();
        let reply = session.reply().unwrap();
        assert!(reply.code >= 500, "{wrong}: {reply:?}");
    }
    assert!(session.address(ANA, "qzk7-nobody@desk.example").is_err());
    let mut large = office.server.smtp();
    large.address(ANA, HELP).unwrap();
    assert_eq!(large.content(&format!("{}{}", letter("large"), "qzk7\r\n".repeat(20_000))).unwrap().code, 552);
    let mut cut = office.server.smtp();
    cut.address(ANA, HELP).unwrap();
    cut.command(&format!("DATA\r\n{}", letter("cut"))).unwrap();
}

/// Where the server listens for this.
fn listener(office: &Office, what: &str) -> String {
    let told = fs::read_to_string(office.server.data_dir.join("listeners.json")).unwrap();
    serde_json::from_str::<Json>(&told).unwrap()[what].as_str().unwrap().to_owned()
}

/// The same with TLS from the start, and from somebody who does not know of it.
fn smtps(office: &Office) {
    let address = listener(office, "smtps");
    let mut plain = TcpStream::connect(&address).unwrap();
    plain.write_all(format!("MAIL FROM:<{ANA}>\r\n").as_bytes()).unwrap();
    let _ = plain.read_to_end(&mut Vec::new());

    let (connection, stream) = handshake(&address);
    let mut lines = BufReader::new(StreamOwned::new(connection, stream));
    let commands = ["EHLO client.example", &format!("MAIL FROM:<{ANA}>"), &format!("RCPT TO:<{HELP}>"), "DATA"];
    let content = format!("{}.", letter("tls"));
    for command in commands.into_iter().chain([content.as_str(), "QUIT"]) {
        let mut line = String::new();
        while line.as_bytes().get(3) != Some(&b' ') {
            line.clear();
            assert!(lines.read_line(&mut line).unwrap() > 0, "{command}");
        }
        assert!(line.starts_with(['2', '3']), "{command}: {line}");
        lines.get_mut().write_all(format!("{command}\r\n").as_bytes()).unwrap();
    }
}

/// Requests with an address in path, query or body, and with what is wrong with them.
fn http(office: &Office) {
    let api = &office.api;
    let table = json!({"name": "Customers", "schema": {"properties": {
        "key": {"title": "Address", "type": "string"}, "Team": {"title": "Team", "type": "string"}}}});
    let table = api.post("/flows/datatables", &table).ok();
    let rows = format!("/flows/datatables/{}/rows", table["id"].as_str().unwrap());
    api.post(&rows, &json!({"key": ANA, "Team": "qzk7"})).ok();
    let row = format!("{rows}/qzk7-ana%40customer.example");
    api.get(&row).ok();
    assert_eq!(api.delete(&row).status, 204);
    api.get(&row).error(404);
    api.get("/interactions?from=qzk7-ana%40customer.example&messageId=qzk7-in%40customer.example").ok();
    api.get("/interactions?cursor=qzk7-ana@customer.example").error(400);
    api.get("/interactions/qzk7-ana@customer.example").error(404);
    api.get("/nowhere/qzk7-ana@customer.example?qzk7=qzk7").error(404);
    let raw = [("Content-Type", "message/rfc822")];
    let path = "/interactions?from=qzk7-ana%40customer.example&to=qzk7";
    assert_eq!(api.send("POST", &format!("{path}-help%40desk.example"), &raw, letter("http").as_bytes()).status, 202);
    api.send("POST", &format!("{path}-nobody%40desk.example"), &raw, letter("http").as_bytes()).error(422);
    api.post("/correspondents/search", &json!({"address": ANA})).ok();
    let typed = [("Content-Type", "application/json")];
    api.send("POST", "/routing/queues", &typed, b"{\"name\": qzk7-ana@customer.example}").error(400);
    api.post("/routing/queues", &json!({"name": {"qzk7": ANA}})).error(400);
    api.send("POST", "/routing/queues", &[typed[0], ("Content-Encoding", "gzip")], ANA.as_bytes()).error(400);
    let mut stranger = office.server.api();
    stranger.token = "qzk7-token".to_owned();
    stranger.get("/flows").error(401);
    let form = [("grant_type", "client_credentials"), ("client_id", ANA), ("client_secret", "qzk7-secret")];
    assert!(ureq::post(format!("http://{}/oauth/token", office.server.http)).send_form(form).is_err());

    let secret = json!({"name": "Postmark", "value": "postmark:qzk7-secret", "hosts": ["inbound.postmarkapp.com"]});
    api.post("/secrets", &secret).ok();
    for (login, to, expected) in [("qzk7-wrong", HELP, 401), ("qzk7-secret", HELP, 200), ("qzk7-secret", DESK, 403)] {
        let body = json!({"From": ANA, "OriginalRecipient": to, "RawEmail": letter(to)}).to_string();
        let login = format!("Basic {}", STANDARD.encode(format!("postmark:{login}")));
        let headers = [("Content-Type", "application/json"), ("Authorization", login.as_str())];
        let path = format!("http://{}/api/v2/ingress/postmark", office.server.http);
        let config = ureq::Agent::config_builder().http_status_as_error(false).build();
        let mut request = config.new_agent().post(path);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        assert_eq!(request.send(body).unwrap().status().as_u16(), expected, "{to}");
    }
}

/// By HTTP/2, whose library logs much.
fn http2(office: &Office) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::blocking::Client::builder().danger_accept_invalid_certs(true).build().unwrap();
    let url = format!("https://{}/api/v2/interactions?from=qzk7-ana%40customer.example", listener(office, "https"));
    let asked = client.get(url).bearer_auth(&office.api.token).header("X-Qzk7", ANA).send().unwrap();
    assert_eq!((asked.status().as_u16(), asked.version()), (200, reqwest::Version::HTTP_2));
}

/// A mailbox that is emptied, and servers that refuse in words of their own.
fn mailboxes(office: &Office) {
    let api = &office.api;
    api.post("/secrets", &json!({"name": "Desk", "value": "qzk7-password", "hosts": ["127.0.0.1"]})).ok();
    let tokens = Service::start(|_| {
        let body = json!({"error": "invalid_grant", "error_description": WORDS});
        Reply::Answer("400 Bad Request\r\nContent-Type: application/json", body.to_string())
    });
    let oauth = json!({"tokenUrl": format!("http://{}/token", tokens.address), "grant": "clientCredentials",
        "clientId": "qzk7-client", "scopes": ["imap"], "secret": "Desk"});
    let (good, bad) = (Scripted::start(), Scripted::start());
    bad.state().instead.push(("AUTHENTICATE", format!("TAG NO [AUTHENTICATIONFAILED] {WORDS}\r\n")));
    for (name, port, auth) in [
        (DESK, good.port, json!({"secret": "Desk"})),
        ("refuses qzk7-desk@desk.example", bad.port, json!({"secret": "Desk"})),
        ("gives no token to qzk7-desk@desk.example", good.port, json!({"oauth": oauth})),
    ] {
        let mailbox = json!({"name": name, "host": "127.0.0.1", "port": port, "tls": "none", "user": DESK,
            "auth": auth, "route": HELP});
        api.post("/mailboxes", &mailbox).ok();
    }
    heard(office, "can't take mail from the mailbox", 2);
    // What is there before the first look is not taken.
    let looked = |one: &Json| one["name"] == DESK && one["health"]["status"] == "ok";
    wait_for("a look", || api.all("/mailboxes").iter().any(looked).then_some(()));
    good.put(5, letter("imap").as_bytes(), How::Well);
    wait_for("the mail", || api.interactions_of("qzk7-imap@customer.example").first().cloned());
}

#[test]
fn nobody_and_nothing_that_they_say_is_in_the_log() {
    let scratch = Scratch::new("operate-log-files");
    let folder = scratch.path("certificates");
    fs::create_dir_all(&folder).unwrap();
    certificate(&folder);
    let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let resolver = Runtime::new().unwrap();
    let dns = resolver.block_on(zone::serve(names())).to_string();
    let hook = Service::start(|_| Reply::Answer("500 Failed", WORDS.to_owned()));
    let (certificate, key) = (file("cert.pem"), file("key.pem"));
    let arguments = [
        ["--log", "trace"],
        ["--log-format", "json"],
        ["--mail-auth", "on"],
        ["--dns", &dns],
        ["--rspamd", "http://127.0.0.1:1"],
        ["--smtp-trusted-xclient", "127.0.0.1"],
        ["--max-message-bytes", "100000"],
        ["--allow-private-targets", "127.0.0.0/8"],
        ["--ingress", "postmark=Postmark"],
        ["--mailbox-poll", "1s"],
        ["--https", "127.0.0.1:0"],
        ["--smtps", "127.0.0.1:0"],
        ["--tls-cert", &certificate],
        ["--tls-key", &key],
    ];
    let mut office = Office::open_with("operate-log", Receiver::start(), arguments.as_flattened());
    out(&office, &hook);
    smtp(&office);
    smtps(&office);
    http(&office);
    http2(&office);
    mailboxes(&office);
    let lease = office.claim("Support").unwrap();
    let queue = office.api.get("/routing/queues?name=Support").ok()["entities"][0]["id"].as_str().unwrap().to_owned();
    office.api.post(&format!("/routing/queues/{queue}/claims/{lease}/extend"), &json!({"leaseSeconds": 60}));
    office.api.post(&format!("/routing/queues/{queue}/claims/{lease}/ack"), &json!({}));
    let erase = office.api.post("/correspondents/erase", &json!({"address": ANA, "force": true}));
    assert_eq!(erase.status, 202);
    heard(&office, "correspondent erased", 1);
    office.server.stop();

    let log = office.server.log();
    let login = STANDARD.encode("postmark:qzk7-secret");
    let plain = STANDARD.encode("\0qzk7-ana\0qzk7-password");
    let private = [MARK, CLIENT.1, &office.api.token, &lease, &login, &plain].map(str::to_lowercase);
    let tells = |line: &&str| private.iter().any(|text| line.to_lowercase().contains(text));
    let telling: Vec<&str> = log.lines().filter(tells).collect();
    assert!(telling.is_empty(), "{}", telling.join("\n"));
    for line in log.lines() {
        assert!(serde_json::from_str::<Json>(line).is_ok(), "not JSON: {line}");
    }
    for said in SAID {
        assert!(log.contains(said), "`{said}` is not in the log: nothing is proved");
    }
}
