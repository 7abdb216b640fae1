//! Keys made, kept, read; signatures verified by the published record.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::borrow::Borrow;
use std::collections::HashMap;
use std::fs;
use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

use hickory_resolver::config::{ResolverConfig, ResolverOpts};
use mail_auth::common::parse::TxtRecordParser;
use mail_auth::common::verify::DomainKey as PublicKey;
use mail_auth::{
    AuthenticatedMessage, DkimResult, MX, MessageAuthenticator, Parameters, RecordSet, ResolverCache, Txt,
};
use waypost_outgoing::address::Domain;
use waypost_outgoing::dkim::{Algorithm, DomainKey, Keys, make};

const MAIL: &str = "From: Support <support@post.example>\r\nTo: ann@customer.example\r\nSubject: Re:  Refund\r\n\
    Message-ID: <1@post.example>\r\nMIME-Version: 1.0\r\n\r\nWe  refunded it. \r\n\r\n\r\n";

/// What DNS would answer.
struct Dns<K, V>(Mutex<HashMap<K, V>>);

type Names<V> = Dns<Box<str>, V>;

impl<K: Hash + Eq, V: Clone> ResolverCache<K, V> for Dns<K, V> {
    fn get<Q: Hash + Eq + ?Sized>(&self, name: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.0.lock().unwrap().get(name).cloned()
    }

    fn remove<Q: Hash + Eq + ?Sized>(&self, name: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.0.lock().unwrap().remove(name)
    }

    fn insert(&self, key: K, value: V, _: Instant) {
        self.0.lock().unwrap().insert(key, value);
    }
}

/// Whether each signature of a mail holds.
async fn verify(mail: &str, keys: &Keys) -> Vec<bool> {
    let txt: Names<Txt> = Dns(Mutex::default());
    for key in keys.iter() {
        let record = PublicKey::parse(key.record().as_bytes()).unwrap();
        txt.insert(format!("{}.", key.record_name()).into(), Txt::DomainKey(record.into()), Instant::now());
    }
    let verifier = MessageAuthenticator::new(ResolverConfig::default(), ResolverOpts::default()).unwrap();
    let message = AuthenticatedMessage::parse(mail.as_bytes()).unwrap();
    let parameters = Parameters {
        params: &message,
        cache_txt: Some(&txt),
        cache_mx: None::<&Names<RecordSet<MX>>>,
        cache_ptr: None::<&Dns<IpAddr, RecordSet<Box<str>>>>,
        cache_ipv4: None::<&Names<RecordSet<Ipv4Addr>>>,
        cache_ipv6: None::<&Names<RecordSet<Ipv6Addr>>>,
    };
    let results = verifier.verify_dkim(parameters).await;
    results.iter().map(|output| matches!(output.result(), DkimResult::Pass)).collect()
}

fn key(domain: &str, selector: &str, pem: &str) -> DomainKey {
    DomainKey::read(Domain::parse(domain).unwrap(), selector, pem.as_bytes(), Path::new("key.pem")).unwrap()
}

#[tokio::test]
async fn signatures_of_both_kinds_hold_and_break_with_the_mail() {
    let (rsa, ed25519) = (make(Algorithm::Rsa).unwrap(), make(Algorithm::Ed25519).unwrap());
    let keys = Keys::new(vec![key("post.example", "w1", &rsa), key("post.example", "w2", &ed25519)]);
    let post = Domain::parse("post.example").unwrap();
    let signature = keys.sign(&post, MAIL.as_bytes()).unwrap();
    assert_eq!(signature.matches("DKIM-Signature: ").count(), 2, "{signature}");
    assert!(signature.ends_with("\r\n") && signature.lines().all(|line| line.len() <= 100), "{signature}");
    let signed = format!("{signature}{MAIL}");
    assert_eq!(verify(&signed, &keys).await, [true, true]);
    assert_eq!(verify(&signed.replace("refunded", "kept"), &keys).await, [false, false]);
    assert_eq!(verify(&signed.replace("Subject: Re", "Subject: Fwd"), &keys).await, [false, false]);
    let added = signed.replace("To: ann", "Cc: eve@x.example\r\nTo: ann");
    assert_eq!(verify(&added, &keys).await, [false, false], "a field that was absent");
    // Folding and white space may change on the way.
    assert_eq!(verify(&signed.replace("Re:  Refund", "Re:\r\n Refund"), &keys).await, [true, true]);
    let others = Keys::new(vec![key("post.example", "w1", &make(Algorithm::Ed25519).unwrap())]);
    assert!(!verify(&signed, &others).await.contains(&true), "another key");
}

#[tokio::test]
async fn the_closest_domain_signs_and_no_other() {
    let pem = make(Algorithm::Ed25519).unwrap();
    let keys =
        Keys::new(vec![key("example", "a", &pem), key("post.example", "b", &pem), key("other.example", "c", &pem)]);
    for (author, selector) in [
        ("a@post.example", Some("b")),
        ("a@mail.post.example", Some("b")),
        ("a@new.example", Some("a")),
        ("a@x.test", None),
    ] {
        let mail = MAIL.replace("support@post.example", author);
        let domain = Domain::parse(author.split_once('@').unwrap().1).unwrap();
        let signature = keys.sign(&domain, mail.as_bytes()).unwrap();
        match selector {
            Some(selector) => assert!(signature.contains(&format!("s={selector};")), "{author}: {signature}"),
            None => assert_eq!(signature, ""),
        }
    }
    let post = Domain::parse("post.example").unwrap();
    assert_eq!(Keys::default().sign(&post, MAIL.as_bytes()).unwrap(), "");
    // Whoever has a mail sent does not say who it is from: of another domain, or of several authors, nothing is signed.
    assert_eq!(keys.sign(&Domain::parse("other.example").unwrap(), MAIL.as_bytes()).unwrap(), "");
    let two = MAIL.replace("<support@post.example>", "<support@post.example>, eve@x.test");
    assert_eq!(keys.sign(&post, two.as_bytes()).unwrap(), "", "{two}");
}

#[test]
fn a_folder_is_read_and_every_problem_named() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let pem = make(Algorithm::Ed25519).unwrap();
    write("post.example.w1.pem", &pem);
    write("xn--mnchen-3ya.example.w-2.pem", &pem);
    write("README", "not a key");
    let keys = Keys::load(folder.path()).unwrap();
    let names: Vec<String> = keys.iter().map(DomainKey::record_name).collect();
    assert_eq!(names, ["w-2._domainkey.xn--mnchen-3ya.example", "w1._domainkey.post.example"]);
    let record = keys.iter().next().unwrap().record();
    assert!(record.starts_with("v=DKIM1; k=ed25519; p=") && record.len() < 80, "{record}");
    let secret: String = pem.lines().nth(1).unwrap().to_owned();
    assert!(!format!("{keys:?}").contains(&secret[10..]), "a key must not be shown");

    write("nodots.pem", &pem);
    write("post.example.w 3.pem", &pem);
    write("post.example.w4.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    write("post.example.w5.pem", "hello");
    let mut problems: Vec<String> = Keys::load(folder.path()).unwrap_err().iter().map(ToString::to_string).collect();
    problems.sort();
    assert_eq!(problems.len(), 4, "{problems:?}");
    for (problem, word) in problems.iter().zip([
        "nodots.pem` does not name",
        "w 3.pem` does not",
        "w4.pem` holds no key",
        "w5.pem` holds no key",
    ]) {
        assert!(problem.contains(word), "{problem}");
    }
    let missing = Keys::load(&folder.path().join("nowhere")).unwrap_err();
    assert!(missing[0].to_string().starts_with("cannot read `"), "{missing:?}");
}
