//! Mail carried to servers that do as a script says: `spec/outgoing/answers.txt`; and to the hosts that a DNS server of the test names.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "carry/dns.rs"]
mod dns;
#[path = "carry/server.rs"]
mod server;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use waypost_outgoing::address::{Domain, MailAddress};
use waypost_outgoing::carry::{Carried, Carrier, Outgoing, Proof, Relay, Settings, Timeouts, TokenSource};
use waypost_outgoing::smarthost::Smarthost;

use dns::Zone;
use server::{Certificate, Server};

const CONTENT: &[u8] = b"From: a@post.example\r\nSubject: x\r\n\r\n.hidden\nGr\xC3\xBC\xC3\x9Fe\r\n";

/// Other contents that cases name.
fn content(name: &str) -> &'static [u8] {
    match name {
        "ascii" => b"From: a@post.example\r\nSubject: x\r\n\r\nhello\r\n",
        "utf8 header" => "From: a@post.example\r\nSubject: Grüße\r\n\r\nhello\r\n".as_bytes(),
        other => panic!("`{other}` is no content"),
    }
}

/// `t0ken`, and another once that was refused.
#[derive(Default)]
struct Token {
    refused: AtomicBool,
}

#[async_trait]
impl TokenSource for Token {
    async fn token(&self) -> Result<String, String> {
        Ok(if self.refused.load(Ordering::Relaxed) { "an0ther" } else { "t0ken" }.to_owned())
    }

    async fn refused(&self, token: &str) -> bool {
        self.refused.fetch_or(token == "t0ken", Ordering::Relaxed);
        true
    }
}

struct NoToken;

#[async_trait]
impl TokenSource for NoToken {
    async fn token(&self) -> Result<String, String> {
        Err("the token server answered 503".to_owned())
    }

    async fn refused(&self, token: &str) -> bool {
        panic!("{token} was never given");
    }
}

fn settings(server: &Server, certificate: &Certificate, way: &str, timeout: Duration) -> Settings {
    let mut settings = Settings::new(Domain::parse("post.example").unwrap());
    settings.timeouts = Timeouts::all(timeout);
    settings.extra_roots = Some(certificate.root.path().to_owned());
    settings.mx_port = server.port;
    settings.allowed_networks = vec!["127.0.0.0/8".parse().unwrap()];
    let (way, trusts) = way.strip_suffix(" untrusted").map_or((way, true), |way| (way, false));
    if !trusts {
        settings.extra_roots = None;
    }
    let proof = match way {
        "mx" => return settings,
        "relay" | "relay tls" => None,
        "relay password" | "relay tls password" => Some(Proof::Password("s3cret".into())),
        "relay token" => Some(Proof::Token(Arc::new(Token::default()))),
        "relay no token" => Some(Proof::Token(Arc::new(NoToken))),
        other => panic!("`{other}` is no way"),
    };
    let scheme = if way.contains(" tls") { "smtps" } else { "smtp" };
    let user = if proof.is_some() { "ann@" } else { "" };
    let smarthost = Smarthost::parse(&format!("{scheme}://{user}127.0.0.1:{}", server.port)).unwrap();
    settings.relay = Some(Relay { smarthost, proof });
    settings
}

fn shown(carried: &Carried, server: &Server) -> String {
    let (word, answer) = match carried {
        Carried::Delivered { answer } => ("delivered", answer),
        Carried::Deferred { answer } => ("deferred", answer),
        Carried::Away { answer } => ("away", answer),
        Carried::Refused { answer } => ("refused", answer),
    };
    let enhanced = answer.enhanced.as_deref().map(|code| format!(" ({code})")).unwrap_or_default();
    let text = format!("{word}{enhanced}: {answer}").replace('\n', "\\n");
    // What the system says of a broken connection is the system's affair.
    let text = text.split("the connection broke").next().map_or(text.clone(), |before| {
        if before.len() < text.len() { format!("{before}the connection broke") } else { text.clone() }
    });
    text.replace(&format!(":{}", server.port), ":PORT")
}

/// One case: `way`, the script of the server, and what becomes of each mail.
async fn run(case: &str, certificate: &Certificate) -> Vec<String> {
    let value = |name: &str| case.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
    let script: Vec<String> = case.lines().filter_map(|line| line.strip_prefix("  ")).map(str::to_owned).collect();
    let server = Server::start(script, certificate).await;
    let timeout = value("timeout").map_or(Duration::from_secs(20), |ms| Duration::from_millis(ms.parse().unwrap()));
    let carrier = Carrier::new(settings(&server, certificate, value("way").unwrap(), timeout)).unwrap();
    let sender = MailAddress::parse("waypost-b+1.2@post.example").unwrap();
    let recipient = MailAddress::parse(value("to").unwrap_or("ann@[127.0.0.1]")).unwrap();
    let mails = case.lines().filter(|line| line.starts_with("=> ")).count().max(1);
    let mut all = Vec::new();
    for _ in 0..mails {
        let mail = Outgoing {
            sender: Some(&sender),
            recipient: &recipient,
            sign_as: None,
            content: value("content").map_or(CONTENT, content),
        };
        all.push(format!("=> {}", shown(&carrier.carry(&mail).await, &server)));
    }
    drop(carrier);
    server.done().await;
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_servers_answer_is_what_becomes_of_the_mail() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../spec/outgoing/answers.txt");
    let text = fs::read_to_string(&path).unwrap();
    let certificate = Certificate::new();
    let bless = std::env::var_os("WAYPOST_BLESS").is_some();
    let (mut problems, mut written) = (Vec::new(), Vec::new());
    let cases: Vec<&str> = text.split("\n\n").collect();
    assert!(cases.len() > 30, "only {} cases found", cases.len());
    for case in cases {
        if !case.contains("\nway: ") {
            written.push(case.to_owned());
            continue;
        }
        let results = run(case, &certificate).await;
        let expected: Vec<&str> = case.lines().filter(|line| line.starts_with("=> ")).collect();
        if results != expected {
            problems.push(format!("{}\n{}", case.lines().next().unwrap(), results.join("\n")));
        }
        let given: Vec<&str> = case.lines().filter(|line| !line.starts_with("=> ")).collect();
        written.push(format!("{}\n{}", given.join("\n"), results.join("\n")));
    }
    if bless {
        fs::write(&path, format!("{}\n", written.join("\n\n").trim_end())).unwrap();
    } else {
        assert!(problems.is_empty(), "{}", problems.join("\n\n"));
    }
}

const TAKES: [&str; 9] =
    ["> 220 hi", "< EHLO", "> 250-mx\\n250 8BITMIME", "< MAIL", "> 250 ok", "< RCPT", "> 250 ok", "< DATA", "> 354 go"];

/// A server that takes one mail, and a carrier that finds it by the test's DNS.
async fn by_dns(zone: Zone, allowed: &[&str]) -> (Carrier, Server) {
    let script = TAKES.iter().chain(&["< content", "> 250 taken"]).map(|line| (*line).to_owned()).collect();
    let certificate = Certificate::new();
    let server = Server::start(script, &certificate).await;
    let mut settings = settings(&server, &certificate, "mx", Duration::from_secs(20));
    settings.allowed_networks = allowed.iter().map(|network| network.parse().unwrap()).collect();
    settings.dns = Some(dns::start(zone).await);
    (Carrier::new(settings).unwrap(), server)
}

async fn to(carrier: &Carrier, recipient: &str) -> Carried {
    let sender = MailAddress::parse("waypost-b+1.2@post.example").unwrap();
    let recipient = MailAddress::parse(recipient).unwrap();
    carrier.carry(&Outgoing { sender: Some(&sender), recipient: &recipient, sign_as: None, content: CONTENT }).await
}

const LOOPBACK: &[&str] = &["127.0.0.0/8"];

#[tokio::test]
async fn hosts_are_tried_by_preference_and_the_next_where_one_cannot_be_reached() {
    // Nobody listens on 127.0.0.2, which is preferred.
    let zone = Zone::default()
        .mx("customer.example", 20, "mx2.customer.example")
        .mx("customer.example", 10, "mx1.customer.example")
        .a("mx1.customer.example", [127, 0, 0, 2])
        .a("mx2.customer.example", [127, 0, 0, 1]);
    let (carrier, server) = by_dns(zone, LOOPBACK).await;
    let carried = to(&carrier, "ann@customer.example").await;
    assert_eq!(shown(&carried, &server), "delivered: mx2.customer.example:PORT: 250 taken");
}

#[tokio::test]
async fn a_domain_without_mx_is_its_own_host() {
    let (carrier, server) = by_dns(Zone::default().a("customer.example", [127, 0, 0, 1]), LOOPBACK).await;
    let carried = to(&carrier, "ann@customer.example").await;
    assert_eq!(shown(&carried, &server), "delivered: customer.example:PORT: 250 taken");
}

#[tokio::test]
async fn what_dns_says_of_a_domain_decides() {
    let zone = Zone::default()
        .mx("none.example", 0, ".")
        .mx("inside.example", 10, "mx.inside.example")
        .a("mx.inside.example", [169, 254, 169, 254])
        .mx("gone.example", 10, "mx.gone.example")
        .exists("empty.example")
        .broken("broken.example");
    let (carrier, server) = by_dns(zone, &["10.0.0.0/8"]).await;
    for (domain, expected) in [
        ("none.example", "refused: `none.example` takes no mail: it has a null MX (RFC 7505)"),
        ("nowhere.example", "refused: `nowhere.example` does not exist in DNS (NXDOMAIN)"),
        (
            "inside.example",
            "refused: `mx.inside.example` has the address 169.254.169.254, which is private: allow its network \
             (`--allow-private-targets`) if mail is to go there",
        ),
        ("gone.example", "refused: `mx.gone.example`, which is to take the mail, has no address in DNS"),
        ("empty.example", "refused: `empty.example`, which is to take the mail, has no address in DNS"),
        (
            "[127.0.0.1]",
            "refused: `[127.0.0.1]` has the address 127.0.0.1, which is private: allow its network \
             (`--allow-private-targets`) if mail is to go there",
        ),
    ] {
        let carried = to(&carrier, &format!("ann@{domain}")).await;
        assert_eq!(shown(&carried, &server), expected);
    }
    let carried = shown(&to(&carrier, "ann@broken.example").await, &server);
    assert!(carried.starts_with("deferred: looking up MX of `broken.example` failed: "), "{carried}");
}

#[test]
fn secrets_are_in_no_debug_text() {
    let smarthost = Smarthost::parse("smtp://ann@relay.example").unwrap();
    for proof in [Proof::Password("s3cret".into()), Proof::Token(Arc::new(Token::default()))] {
        let relay = Relay { smarthost: smarthost.clone(), proof: Some(proof) };
        let shown = format!("{relay:?}");
        assert!(!shown.contains("s3cret") && shown.contains("(…)"), "{shown}");
    }
}
