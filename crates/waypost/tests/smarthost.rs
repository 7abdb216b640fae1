//! Sending through a smarthost: keys and logins, with the built binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod harness;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use harness::scratch::Scratch;
use harness::{DEADLINE, Server, Start, TRIAGE, WAYPOST};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value as Json;

fn waypost(arguments: &[&str]) -> Output {
    Command::new(WAYPOST).args(arguments).env_remove("WAYPOST_DKIM_KEYS").output().unwrap()
}

/// What was printed, if the command ended with this code.
fn printed(output: &Output, code: i32) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "stdout: {out}\nstderr: {err}");
    out.into_owned()
}

#[test]
fn keys_are_made_for_the_owner_alone_and_their_records_are_printed() {
    let scratch = Scratch::new("dkim");
    let folder = scratch.path("keys");
    let folder = folder.to_str().unwrap();
    let rsa = printed(&waypost(&["dkim", "new", "Post.Example", "--dir", folder]), 0);
    assert!(rsa.starts_with("waypost._domainkey.post.example. IN TXT ( \"v=DKIM1; k=rsa; p="), "{rsa}");
    assert_eq!(rsa.matches('"').count(), 4, "an RSA key needs two strings: {rsa}");
    let ed25519 = [
        "dkim",
        "new",
        "post.example",
        "--dir",
        folder,
        "--algorithm",
        "ed25519",
        "--selector",
        "e1",
        "--output",
        "json",
    ];
    let ed25519: Json = serde_json::from_str(&printed(&waypost(&ed25519), 0)).unwrap();
    assert_eq!((&ed25519[0]["name"], &ed25519[0]["type"]), (&"e1._domainkey.post.example".into(), &"TXT".into()));
    for file in ["post.example.waypost.pem", "post.example.e1.pem"] {
        let mode = fs::metadata(format!("{folder}/{file}")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }

    // All are printed as they were when they were made.
    let records = printed(&waypost(&["dkim", "records", "--dir", folder]), 0);
    assert!(records.contains(&rsa) && records.contains(ed25519[0]["value"].as_str().unwrap()), "{records}");

    // A key is never replaced, and what is no name makes none.
    let before = fs::read(format!("{folder}/post.example.waypost.pem")).unwrap();
    let again = waypost(&["dkim", "new", "post.example", "--dir", folder]);
    printed(&again, 2);
    assert!(String::from_utf8_lossy(&again.stderr).contains("--selector"), "{again:?}");
    assert_eq!(fs::read(format!("{folder}/post.example.waypost.pem")).unwrap(), before);
    printed(&waypost(&["dkim", "new", "no domain", "--dir", folder]), 2);
    printed(&waypost(&["dkim", "new", "post.example", "--dir", folder, "--selector", "../x"]), 2);
    assert_eq!(fs::read_dir(folder).unwrap().count(), 2);
}

/// A token endpoint that gives these answers, one after the other, and tells of each form that it was sent.
fn endpoint(answers: &'static [(u16, &'static str)]) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/token", listener.local_addr().unwrap());
    let (tell, forms) = channel();
    thread::spawn(move || {
        for (status, body) in answers {
            let (mut socket, _) = listener.accept().unwrap();
            let mut lines = BufReader::new(socket.try_clone().unwrap());
            let mut length = 0;
            loop {
                let mut line = String::new();
                lines.read_line(&mut line).unwrap();
                if line == "\r\n" {
                    break;
                }
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
            }
            let mut form = vec![0; length];
            lines.read_exact(&mut form).unwrap();
            let _ = tell.send(String::from_utf8(form).unwrap());
            let head = format!("HTTP/1.1 {status} A\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            socket.write_all(format!("{head}{body}").as_bytes()).unwrap();
        }
    });
    (url, forms)
}

/// A smarthost over TLS that takes mail after AUTH XOAUTH2 alone. It tells what each login said, and each mail.
struct Relay {
    port: u16,
    certificate: String,
    heard: Receiver<String>,
}

impl Relay {
    fn start() -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let names = vec!["127.0.0.1".to_owned()];
        let certificate = rcgen::CertificateParams::new(names).unwrap().self_signed(&key).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, heard) = channel();
        thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let (config, tell) = (Arc::clone(&config), tell.clone());
                thread::spawn(move || {
                    let tls = StreamOwned::new(ServerConnection::new(config).unwrap(), socket);
                    let _ = session(BufReader::new(tls), &tell);
                });
            }
        });
        Self { port, certificate: certificate.pem(), heard }
    }
}

fn session<S: Read + Write>(mut stream: BufReader<S>, tell: &Sender<String>) -> std::io::Result<()> {
    stream.get_mut().write_all(b"220 relay.example ESMTP\r\n")?;
    let mut known = false;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let answer = match line.get(..4).unwrap_or_default() {
            "EHLO" => "250-relay.example\r\n250 AUTH XOAUTH2\r\n",
            "AUTH" => {
                let said = line.trim_end().strip_prefix("AUTH XOAUTH2 ").map(|words| STANDARD.decode(words).unwrap());
                known = said.is_some();
                let _ = tell.send(String::from_utf8(said.unwrap_or_default()).unwrap());
                "235 2.7.0 Welcome\r\n"
            }
            _ if !known => "530 5.7.0 Who are you?\r\n",
            "MAIL" | "RCPT" | "RSET" | "NOOP" => "250 2.0.0 Ok\r\n",
            "DATA" => {
                stream.get_mut().write_all(b"354 Go on\r\n")?;
                let mut content = String::new();
                while !content.ends_with("\r\n.\r\n") && stream.read_line(&mut content)? > 0 {}
                let _ = tell.send(content);
                "250 2.0.0 Taken\r\n"
            }
            _ => "221 2.0.0 Bye\r\n",
        };
        stream.get_mut().write_all(answer.as_bytes())?;
    }
}

#[test]
fn a_smarthost_is_logged_in_to_with_an_access_token() {
    let scratch = Scratch::new("smarthost-oauth");
    let relay = Relay::start();
    let (token_url, forms) = endpoint(&[
        (400, r#"{"error": "invalid_grant", "error_description": "r3fresh is not known here"}"#),
        (200, r#"{"access_token": "acc3ss", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "n3xt"}"#),
    ]);
    let certificate = scratch.path("ca.pem");
    fs::write(&certificate, &relay.certificate).unwrap();
    let smarthost = format!("smtps://care%40example.com@127.0.0.1:{}", relay.port);
    let data_dir = scratch.path("data");
    let server = Server::start(
        &data_dir,
        &Start {
            arguments: ["--smarthost-oauth-token-url", &token_url, "--smarthost-oauth-client-id", "waypost"]
                .map(str::to_owned)
                .to_vec(),
            environment: vec![
                ("WAYPOST_SMARTHOST", smarthost.into()),
                ("WAYPOST_SMARTHOST_CA", certificate.into()),
                ("WAYPOST_SMARTHOST_OAUTH_REFRESH_TOKEN", "r3fresh".into()),
                ("WAYPOST_ALLOW_PRIVATE_TARGETS", "127.0.0.0/8".into()),
            ],
            ..Start::default()
        },
    );
    server.apply_triage();
    printed(&server.cli(&["mail", "send", &format!("{TRIAGE}/mails/1-refund.eml")]), 0);

    // No token: the reply waits, and says why without the secret.
    assert_eq!(
        forms.recv_timeout(DEADLINE).unwrap(),
        "grant_type=refresh_token&refresh_token=r3fresh&client_id=waypost"
    );
    let begun = Instant::now();
    let told = loop {
        let listed = printed(&server.cli(&["deliveries", "list", "--output", "json"]), 0);
        if listed.contains("invalid_grant") {
            break listed;
        }
        assert!(begun.elapsed() < DEADLINE, "{listed}");
        thread::sleep(std::time::Duration::from_millis(50));
    };
    assert!(told.contains("\"pending\"") && !told.contains("r3fresh"), "{told}");

    // With a token it goes out, from the route's address and name.
    let id = serde_json::from_str::<Json>(&told).unwrap()[0]["id"].as_str().unwrap().to_owned();
    printed(&server.cli(&["deliveries", "retry", &id]), 0);
    let login = relay.heard.recv_timeout(DEADLINE).unwrap();
    assert_eq!(login, "user=care@example.com\u{1}auth=Bearer acc3ss\u{1}\u{1}");
    let mail = relay.heard.recv_timeout(DEADLINE).unwrap();
    assert!(mail.contains("Example Care") && mail.contains("<care@example.com>"), "{mail}");
    assert!(mail.contains("Your mail is with our billing team"), "{mail}");

    // The next mail needs no other token.
    printed(&server.cli(&["mail", "send", &format!("{TRIAGE}/mails/2-login.eml")]), 0);
    while !relay.heard.recv_timeout(DEADLINE).unwrap().contains("our support team") {}
    drop(server);
    assert_eq!(forms.try_iter().count(), 1);
    let log = fs::read_to_string(data_dir.with_extension("log")).unwrap();
    assert!(log.contains("replaced the smarthost's refresh token"), "{log}");
    for secret in ["r3fresh", "n3xt", "acc3ss"] {
        assert!(!log.contains(secret), "{log}");
    }
}

#[test]
fn a_secret_is_no_argument() {
    for option in ["--smarthost-oauth-client-secret", "--smarthost-oauth-refresh-token", "--smarthost-password"] {
        for given in [vec![option.to_owned(), "s3cret".to_owned()], vec![format!("{option}=s3cret")]] {
            let output = Command::new(WAYPOST).arg("serve").args(given).output().unwrap();
            printed(&output, 2);
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(said.contains("can't be an argument") && !said.contains("s3cret"), "{said}");
        }
    }
}
