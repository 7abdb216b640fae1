//! Examples of the RFCs and their like (`spec/authentication`), over a DNS server on loopback.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod zone;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use waypost_authentication::{Authenticator, Finding, Mail, Settings};
use zone::{Zone, serve};

fn spec(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/authentication").join(file)
}

fn crlf(text: &str) -> String {
    text.replace('\n', "\r\n")
}

fn told(finding: &Finding) -> String {
    let mut told = finding.result.as_str().to_owned();
    if !finding.domain.is_empty() {
        write!(told, ":{}", finding.domain).unwrap();
    }
    if finding.aligned {
        told.push('+');
    }
    told
}

/// Runs a file of cases; what a zone has by then is served to each.
async fn run(file: &str) -> usize {
    let text = fs::read_to_string(spec(file)).unwrap();
    let (mut zone, mut authenticator, mut mail, mut cases) = (Zone::default(), None, String::new(), 0);
    let mut problems = String::new();
    for (number, line) in (1..).zip(text.lines()) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "" | "#" => {}
            "zone" => (zone, authenticator) = (Zone::default(), None),
            "dns" => {
                zone.add(rest);
                authenticator = None;
            }
            "mail" => mail = crlf(&fs::read_to_string(spec(rest)).unwrap()),
            "author" if rest == "-" => mail = crlf("Subject: hi\n\nhi\n"),
            "author" => mail = crlf(&format!("From: ann@{rest}\nSubject: hi\n\nhi\n")),
            "change" => {
                let (from, to) = rest.split_once(" = ").unwrap();
                let (from, to) = (from.replace("\\r\\n", "\r\n"), to.replace("\\r\\n", "\r\n"));
                assert!(mail.contains(&from), "{file}:{number}: the mail has no such text");
                mail = mail.replace(&from, &to);
            }
            "spf" => {
                let [client, who, expected] = rest.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
                let sender = if who.contains('@') { who.to_owned() } else { format!("sender@{who}") };
                let found =
                    check(ready(&mut authenticator, &zone).await, client, &sender, "client", "Subject: x\r\n\r\n")
                        .await;
                cases += 1;
                if found.spf.result.as_str() != expected {
                    writeln!(problems, "{file}:{number}: {line}: found {:?}", found.spf).unwrap();
                }
            }
            "case" => {
                let (how, expected) = rest.split_once(" = ").unwrap();
                let [client, sender, helo] = how.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
                let sender = sender.trim_matches(['<', '>']);
                let found = check(ready(&mut authenticator, &zone).await, client, sender, helo, &mail).await;
                let is = format!("spf={} dkim={} dmarc={}", told(&found.spf), told(&found.dkim), told(&found.dmarc));
                cases += 1;
                if is != expected {
                    writeln!(problems, "{file}:{number}: expected {expected}\n    found {is}\n    {found:?}").unwrap();
                }
            }
            _ => panic!("{file}:{number}: {line}"),
        }
    }
    assert!(problems.is_empty(), "{problems}");
    cases
}

async fn ready<'a>(authenticator: &'a mut Option<Authenticator>, zone: &Zone) -> &'a Authenticator {
    if authenticator.is_none() {
        let settings = Settings {
            dns: Some(serve(zone.clone()).await),
            time: Duration::from_secs(20),
            hostname: "mx.waypost.example".to_owned(),
            relays: Vec::new(),
            front_ends: Vec::new(),
            authserv_ids: Vec::new(),
            arc_sealers: Vec::new(),
        };
        *authenticator = Some(Authenticator::new(settings).unwrap());
    }
    authenticator.as_ref().unwrap()
}

async fn check(
    authenticator: &Authenticator,
    client: &str,
    sender: &str,
    helo: &str,
    mail: &str,
) -> waypost_authentication::Found {
    let client = (client != "-").then(|| client.parse().unwrap());
    let mail = Mail {
        raw: mail.as_bytes(),
        signed: mail.contains("DKIM-Signature:"),
        authors: &[],
        sender,
        helo,
        client,
        peer: client,
        fetched: false,
    };
    authenticator.check(mail).await
}

#[tokio::test]
async fn spf_says_what_rfc_7208_says() {
    assert!(run("spf.txt").await > 30);
}

#[tokio::test]
async fn dmarc_says_what_rfc_9989_says() {
    assert!(run("dmarc.txt").await > 12);
}

#[tokio::test]
async fn published_signatures_verify_and_break_with_the_mail() {
    assert!(run("signatures.txt").await > 6);
}
