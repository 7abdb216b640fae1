//! Mail on its way in through the built server: TLS from the start, front ends that name the client, and providers that post it. The clients are
//! swaks, HAProxy and Python's own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod harness;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};

use harness::edges::connect_from;
use harness::scratch::Scratch;
use harness::smtp::{Smtp, mail};
use harness::{DEADLINE, Server, Start, WAYPOST, wait_for};
use serde_json::{Value as Json, json};
use waypost_scratch_postgres::Port;

fn start(scratch: &Scratch, arguments: &[&str]) -> Server {
    let mut start = Start::unlimited();
    start.arguments.extend(arguments.iter().map(|argument| (*argument).to_owned()));
    let server = Server::start(&scratch.path("data"), &start);
    server.apply_triage();
    server
}

/// The address in `envelope.remote` of a mail.
fn remote(server: &Server, message_id: &str) -> String {
    let found = server.api().interactions_of(message_id);
    assert_eq!(found.len(), 1, "{found:?}");
    found[0]["envelope"]["remote"].as_str().unwrap().to_owned()
}

/// Sends a mail by swaks, from another address of this machine.
fn swaks(server: &Server, from: &str, message_id: &str, arguments: &[&str]) -> Option<Output> {
    let there = Command::new("swaks").arg("--version").output().map_err(|_| "swaks is not installed");
    waypost_test_needs::tool(there)?;
    let (host, port) = server.smtp.split_once(':').unwrap();
    let header = format!("Message-Id: <{message_id}>");
    let sent = Command::new("swaks")
        .args(["--server", host, "--port", port, "--local-interface", from, "--ehlo", "client.example"])
        .args(["--from", "ana@customer.example", "--to", "billing@example.com", "--header", &header])
        .args(arguments)
        .output();
    Some(sent.unwrap())
}

#[test]
fn swaks_is_who_its_front_end_says() {
    let scratch = Scratch::new("mail-in-front-ends");
    let trust = ["--smtp-trusted-proxy", "127.0.0.2", "--smtp-trusted-xclient", "127.0.0.3"];
    let server = start(&scratch, &trust);
    let source = ["--proxy-source", "203.0.113.9", "--proxy-source-port", "4711"];
    let source = [&source[..], &["--proxy-dest", "198.51.100.1", "--proxy-dest-port", "25"]].concat();
    let first = [&source[..], &["--proxy-version", "1", "--proxy-family", "TCP4"]].concat();
    let second = [&source[..], &["--proxy-version", "2", "--proxy-family", "AF_INET"]].concat();
    let xclient = ["--xclient-addr", "203.0.113.10", "--xclient-port", "4712", "--xclient-name", "spike.example"];
    for (from, id, arguments, expected) in [
        ("127.0.0.2", "proxy-1@swaks.example", &first[..], "203.0.113.9"),
        ("127.0.0.2", "proxy-2@swaks.example", &second, "203.0.113.9"),
        ("127.0.0.3", "xclient@swaks.example", &xclient, "203.0.113.10"),
    ] {
        let Some(sent) = swaks(&server, from, id, arguments) else { return };
        assert!(sent.status.success(), "{id}: {}", String::from_utf8_lossy(&sent.stdout));
        assert_eq!(remote(&server, id), expected);
    }
    // The same from strangers.
    for (arguments, refusal) in [(&first[..], "550 5.7.0"), (&xclient, "XCLIENT")] {
        let Some(sent) = swaks(&server, "127.0.0.9", "refused@swaks.example", arguments) else { return };
        let said = String::from_utf8_lossy(&sent.stdout).into_owned() + &String::from_utf8_lossy(&sent.stderr);
        assert!(!sent.status.success() && said.contains(refusal), "{refusal}: {said}");
    }
    assert!(server.api().interactions_of("refused@swaks.example").is_empty());
    let log = server.log();
    assert!(log.contains("refused remote=127.0.0.9:"), "{log}");
    assert!(log.contains("a PROXY header from outside of --smtp-trusted-proxy"), "{log}");
}

/// A program that is ended by its id when this is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn haproxy_says_who_connects() {
    let there = Command::new("haproxy").arg("-v").output().map_err(|_| "HAProxy is not installed");
    let Some(_) = waypost_test_needs::tool(there) else { return };
    let scratch = Scratch::new("mail-in-haproxy");
    let server = start(&scratch, &["--smtp-trusted-proxy", "127.0.0.5"]);
    let listen = |version: &str| {
        let port = Port::keep().unwrap();
        let address = port.address();
        // A check that comes too late on a busy machine must not take the server for one that is gone.
        let options = format!("{version} check inter 50ms fall 100000 check-send-proxy source 127.0.0.5");
        let to = &server.smtp;
        (port, format!("listen {version}\n  bind {address}\n  server waypost {to} {options}\n"))
    };
    let proxies = [listen("send-proxy"), listen("send-proxy-v2")];
    let times = "defaults\n  mode tcp\n  timeout connect 10s\n  timeout client 60s\n  timeout server 60s\n";
    let config = scratch.path("haproxy.cfg");
    fs::write(&config, format!("{times}{}{}", proxies[0].1, proxies[1].1)).unwrap();
    let haproxy = Command::new("haproxy").args(["-db", "-q", "-f"]).arg(&config).stdin(Stdio::null()).spawn();
    let _haproxy = Running(haproxy.unwrap());
    for (number, (port, _)) in proxies.iter().enumerate() {
        let address = &port.address().to_string();
        wait_for("HAProxy", || TcpStream::connect(address).ok());
        let id = format!("{number}@haproxy.example");
        let stream = connect_from([127, 0, 0, 9].into(), address, 1).remove(0);
        let mut session = Smtp::on(stream).unwrap();
        let reply = session.deliver("ana@customer.example", "billing@example.com", &mail(&id, "x", "x")).unwrap();
        assert_eq!(reply.code, 250, "{reply:?}");
        assert_eq!(remote(&server, &id), "127.0.0.9");
    }
    // Its own checks have headers, too.
    assert!(!server.log().contains("refused"), "{}", server.log());
}

#[test]
fn python_delivers_over_tls_from_the_start() {
    let python = Command::new("python3").arg("--version").output().map_err(|_| "Python is not installed");
    let Some(_) = waypost_test_needs::tool(python) else { return };
    let scratch = Scratch::new("mail-in-tls");
    let server = start(&scratch, &["--tls-self-signed", "--smtps", "127.0.0.1:0"]);
    let listeners: Json = serde_json::from_slice(&fs::read(server.data_dir.join("listeners.json")).unwrap()).unwrap();
    let (_, port) = listeners["smtps"].as_str().unwrap().split_once(':').unwrap();
    let script = r"
import smtplib, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[2])
with smtplib.SMTP_SSL('localhost', int(sys.argv[1]), context=context) as smtp:
    assert not smtp.has_extn('starttls')
    mail = 'Subject: x\r\nMessage-ID: <tls@python.example>\r\n\r\nx\r\n'
    smtp.sendmail('ana@customer.example', ['billing@example.com'], mail)
";
    let certificate = server.data_dir.join("tls/cert.pem");
    let sent = Command::new("python3").args(["-c", script, port]).arg(certificate).output().unwrap();
    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
    assert_eq!(remote(&server, "tls@python.example"), "127.0.0.1");
    let refused = Command::new(WAYPOST)
        .args(["serve", "--smtps", "127.0.0.1:0", "--http", "127.0.0.1:0", "--smtp", "127.0.0.1:0", "--data-dir"])
        .arg(scratch.path("other"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("--smtps needs a certificate"), "{said}");
}

/// Posts to a server as a provider does; the status.
fn post(server: &Server, path: &str, headers: &str, body: &str) -> u16 {
    let mut stream = TcpStream::connect(&server.http).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let length = body.len();
    let head = format!("POST {path} HTTP/1.1\r\nHost: waypost\r\nConnection: close\r\nContent-Length: {length}\r\n");
    stream.write_all(format!("{head}{headers}\r\n{body}").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_provider_posts_by_a_secret_that_is_replaced_without_a_restart() {
    let scratch = Scratch::new("mail-in-postmark");
    let server = start(&scratch, &["--ingress", "postmark=Postmark inbound"]);
    let path = "/api/v2/ingress/postmark";
    let body = json!({
        "From": "ana@customer.example",
        "OriginalRecipient": "billing@example.com",
        "RawEmail": "Subject: x\nMessage-ID: <1@postmark.example>\n\nx\n",
    });
    let deliver = |authorization: &str| {
        post(&server, path, &format!("Authorization: Basic {authorization}\r\n"), &body.to_string())
    };
    // `postmark:one` and `postmark:two`.
    let (one, two) = ("cG9zdG1hcms6b25l", "cG9zdG1hcms6dHdv");
    assert_eq!(deliver(one), 503, "there is no secret yet");
    let set = |value: &str| {
        let mut child = Command::new(WAYPOST)
            .args(["secrets", "set", "Postmark inbound", "--host", "inbound.postmarkapp.com"])
            .env("WAYPOST_URL", format!("http://{}", server.http))
            .env("WAYPOST_CLIENT_ID", harness::CLIENT.0)
            .env("WAYPOST_CLIENT_SECRET", harness::CLIENT.1)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(value.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    };
    set("postmark:one");
    assert_eq!(deliver(two), 401);
    assert_eq!(deliver(one), 200);
    set("postmark:two");
    assert_eq!((deliver(one), deliver(two)), (401, 200));
    let found = server.api().interactions_of("1@postmark.example");
    assert_eq!((found.len(), &found[0]["duplicates"]), (1, &json!(1)), "{found:?}");
    assert_eq!(post(&server, "/api/v2/ingress/sendgrid", "", "x"), 404);
    assert!(!server.log().contains("postmark:") && !server.log().contains(one));
}
