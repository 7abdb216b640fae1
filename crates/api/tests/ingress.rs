//! What email providers post: routed by its envelope, once, and refused in the words of each provider.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value as Json, json};
use support::{Answer, Server, start_as};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use waypost_admission::{Gate, Networks, Room};
use waypost_api::serve::Edge;
use waypost_api::state::Settings;
use waypost_app::ingress::{Door, Ingress, Provider, Topics};
use waypost_origin::Origin;
use waypost_outgoing::dkim::{self, Algorithm};
use waypost_reach::{Client, Guard, SystemNames, Url};

const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:mail";
const KEY: &str = "a key of the tests alone";

/// A server with a way in for each provider, and a route for `care@example.com`.
async fn open(max_message_bytes: usize) -> Server {
    let door = |provider, proof: &str| Door { provider, proof: proof.to_owned() };
    let doors = vec![
        door(Provider::Postmark, "postmark"),
        door(Provider::Postmark, "second postmark"),
        door(Provider::Mailgun, "mailgun"),
        door(Provider::SendGrid, "sendgrid"),
        door(Provider::Ses, TOPIC),
    ];
    let guard = Guard::new(Arc::new(SystemNames), &["127.0.0.0/8".parse().unwrap()]);
    let here = |url: &Url| url.host_str() == Some("127.0.0.1");
    let topics = Topics::at(Client::new(guard).unwrap(), here);
    let set_up = waypost_app::Settings { ingress: Ingress::new(doors, Some(topics)), ..Default::default() };
    let gate = Gate::new(Room::shared(1000), Networks::default());
    let edge = Edge { gate, proxies: Networks::default(), origin: Origin::system() };
    let settings = Settings { rate_limit: 0, max_message_bytes, ..Settings::default() };
    let server = start_as(edge, settings, None, set_up).await;
    for (name, value) in
        [("postmark", "user:one"), ("second postmark", "user:two"), ("mailgun", KEY), ("sendgrid", "user:three")]
    {
        let secret = json!({"name": name, "value": value, "hosts": ["provider.example"]});
        server.call("POST", "/secrets", secret).await.ok();
    }
    server.call("POST", "/routing/queues", json!({"name": "Care"})).await.ok();
    server.call("POST", "/routing/email/domains", json!({"id": "example.com"})).await.ok();
    for pattern in ["care", "sales"] {
        let route = json!({"pattern": pattern, "queue": {"name": "Care"}});
        server.call("POST", "/routing/email/domains/example.com/routes", route).await.ok();
    }
    server
}

fn raw(id: &str) -> String {
    format!("From: Ana <ana@customer.example>\r\nSubject: x\r\nMessage-ID: <{id}>\r\n\r\nx\r\n")
}

async fn post(server: &Server, path: &str, headers: &[&str], body: &[u8]) -> Answer {
    server.send("POST", &format!("/api/v2/ingress/{path}"), headers, body).await
}

fn basic(credentials: &str) -> String {
    format!("Authorization: Basic {}", STANDARD.encode(credentials))
}

async fn postmark(server: &Server, credentials: &str, to: &str, raw: &str) -> Answer {
    let body = json!({
        "From": "ana@customer.example",
        "OriginalRecipient": to,
        "Headers": [{"Name": "Return-Path", "Value": "<bounces@customer.example>"}],
        "RawEmail": raw,
    });
    post(server, "postmark", &[&basic(credentials)], body.to_string().as_bytes()).await
}

async fn mailgun(server: &Server, key: &str, token: &str, to: &str, raw: &str) -> Answer {
    let time = Origin::system().now().as_second().to_string();
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    let signature = hex::encode(hmac::sign(&key, format!("{time}{token}").as_bytes()));
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("recipient", to), ("sender", "ana@customer.example"), ("body-mime", raw)])
        .extend_pairs([("timestamp", time.as_str()), ("token", token), ("signature", &signature)])
        .finish();
    let kind = "Content-Type: application/x-www-form-urlencoded";
    post(server, "mailgun/mime", &[kind], form.as_bytes()).await
}

async fn sendgrid(server: &Server, credentials: &str, to: &[&str], raw: &str) -> Answer {
    let envelope = json!({"to": to, "from": ""});
    let part =
        |name: &str, value: &str| format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let body = format!("{}{}--b--\r\n", part("email", raw), part("envelope", &envelope.to_string()));
    let kind = "Content-Type: multipart/form-data; boundary=b";
    post(server, "sendgrid", &[kind, &basic(credentials)], body.as_bytes()).await
}

/// The interactions of a mail: sender and recipient of each.
async fn kept(server: &Server, id: &str) -> Vec<Json> {
    let found = server.call("GET", &format!("/interactions?messageId={id}"), Json::Null).await.ok();
    let mut found: Vec<Json> =
        found["entities"].as_array().unwrap().iter().map(|one| one["envelope"].clone()).collect();
    found.sort_by_key(|envelope| envelope["to"].to_string());
    found
}

fn envelope(from: &str, to: &str) -> Json {
    json!({"from": from, "to": to, "remote": "127.0.0.1"})
}

#[tokio::test]
async fn each_provider_posts_in_its_own_form_and_is_refused_in_its_own_words() {
    let server = open(100_000).await;
    // Either account of Postmark.
    assert_eq!(postmark(&server, "user:one", "care@example.com", &raw("1@pm")).await.status, 200);
    assert_eq!(postmark(&server, "user:two", "care@example.com", &raw("2@pm")).await.status, 200);
    assert_eq!(kept(&server, "1@pm").await, [envelope("bounces@customer.example", "care@example.com")]);
    assert_eq!(postmark(&server, "user:one", "gone@example.com", &raw("3@pm")).await.error().0, 403);
    let refused = postmark(&server, "user:three", "care@example.com", &raw("4@pm")).await;
    assert_eq!(refused.error(), (401, "bad.credentials".to_owned()));
    assert!(refused.header("www-authenticate").unwrap().starts_with("Basic"));
    let malformed = post(&server, "postmark", &[&basic("user:one")], b"{}").await.json();
    let fields: Vec<&Json> = malformed["errors"].as_array().unwrap().iter().map(|error| &error["path"]).collect();
    assert_eq!(
        (malformed["status"].as_u64(), fields),
        (Some(400), vec![&json!("RawEmail"), &json!("OriginalRecipient")])
    );

    assert_eq!(mailgun(&server, KEY, "t1", "care@example.com,sales@example.com", &raw("1@mg")).await.status, 200);
    assert_eq!(kept(&server, "1@mg").await.len(), 2);
    assert_eq!(mailgun(&server, KEY, "t2", "gone@example.com", &raw("2@mg")).await.error().0, 406);
    assert_eq!(mailgun(&server, "another", "t3", "care@example.com", &raw("3@mg")).await.error().0, 401);
    // A token is good for one mail, as often as that is posted.
    assert_eq!(mailgun(&server, KEY, "t1", "care@example.com", &raw("4@mg")).await.error().0, 401);
    assert_eq!(mailgun(&server, KEY, "t1", "care@example.com", &raw("1@mg")).await.status, 200);

    // A bounce, to one who is known and one who is not.
    let both = ["care@example.com", "gone@example.com"];
    assert_eq!(sendgrid(&server, "user:three", &both, &raw("1@sg")).await.status, 200);
    assert_eq!(kept(&server, "1@sg").await, [envelope("", "care@example.com")]);
    assert_eq!(sendgrid(&server, "user:three", &["gone@example.com"], &raw("2@sg")).await.error().0, 422);
    assert_eq!(sendgrid(&server, "user:one", &["care@example.com"], &raw("3@sg")).await.error().0, 401);

    // A mail that is posted again is a duplicate, as by SMTP.
    for _ in 0..2 {
        assert_eq!(postmark(&server, "user:one", "care@example.com", &raw("1@pm")).await.status, 200);
    }
    assert_eq!(kept(&server, "1@pm").await.len(), 1);
    let large = format!("{}{}", raw("large@pm"), "x".repeat(100_000));
    assert_eq!(postmark(&server, "user:one", "care@example.com", &large).await.error().0, 413);
    // A form of several messages' size is not even read to its end.
    let huge = format!("{}{}", raw("huge@pm"), "x".repeat(2_000_000));
    assert_eq!(postmark(&server, "user:one", "care@example.com", &huge).await.error().0, 413);
    let summary = server.call("GET", "/interactions/summary", Json::Null).await.ok();
    assert_eq!((&summary["interactions"], &summary["duplicates"]), (&json!(5), &json!(3)));
}

#[tokio::test]
async fn who_fails_to_prove_itself_is_slowed_down() {
    let server = open(100_000).await;
    let mut answers = Vec::new();
    for _ in 0..20 {
        answers.push(postmark(&server, "user:wrong", "care@example.com", &raw("1@pm")).await.status);
    }
    assert!(answers.starts_with(&[401; 10]) && answers.contains(&503), "{answers:?}");
    // Another provider is not slowed for it.
    assert_eq!(mailgun(&server, KEY, "t1", "care@example.com", &raw("1@mg")).await.status, 200);
}

/// What SNS has: a certificate with its key, and who asked for what.
struct Sns {
    address: String,
    key: RsaKeyPair,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Sns {
    async fn start() -> Self {
        let pem = dkim::make(Algorithm::Rsa).unwrap();
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).unwrap();
        let key = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap();
        let pair = KeyPair::from_pkcs8_pem_and_sign_algo(&pem, &PKCS_RSA_SHA256).unwrap();
        let certificate = CertificateParams::new(vec!["sns.amazonaws.com".to_owned()]).unwrap();
        let certificate = certificate.self_signed(&pair).unwrap().pem();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&asked);
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = vec![0; 4096];
                let length = stream.read(&mut request).await.unwrap();
                let line = String::from_utf8_lossy(&request[..length]).lines().next().unwrap().to_owned();
                noted.lock().unwrap().push(line);
                let head =
                    format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", certificate.len());
                stream.write_all(format!("{head}{certificate}").as_bytes()).await.unwrap();
            }
        });
        Self { address, key, asked }
    }

    /// A message of a topic, signed.
    fn message(&self, topic: &str, kind: &str, message: &str) -> Json {
        let time = Origin::system().now().to_string();
        let mut told = json!({
            "Type": kind,
            "MessageId": "1",
            "TopicArn": topic,
            "Message": message,
            "Timestamp": time,
            "SignatureVersion": "2",
            "SigningCertURL": format!("http://{}/cert.pem", self.address),
        });
        let mut names = vec!["Message", "MessageId", "Timestamp", "TopicArn", "Type"];
        if kind != "Notification" {
            told["Token"] = "t".into();
            told["SubscribeURL"] = format!("http://{}/?Action=ConfirmSubscription", self.address).into();
            names = vec!["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];
        }
        let text: String = names.iter().map(|name| format!("{name}\n{}\n", told[*name].as_str().unwrap())).collect();
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
        told["Signature"] = STANDARD.encode(signature).into();
        told
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

#[tokio::test]
async fn a_topic_is_confirmed_and_its_mail_is_taken() {
    let (server, sns) = (open(100_000).await, Sns::start().await);
    let tell = async |message: &Json| post(&server, "ses", &[], message.to_string().as_bytes()).await;
    let confirmation = sns.message(TOPIC, "SubscriptionConfirmation", "subscribe?");
    assert_eq!(tell(&confirmation).await.status, 200);
    let mail = |to: &str, id: &str| {
        json!({
            "notificationType": "Received",
            "mail": {"source": "ana@customer.example"},
            "receipt": {"recipients": [to], "action": {"type": "SNS", "encoding": "BASE64"}},
            "content": STANDARD.encode(raw(id)),
        })
        .to_string()
    };
    let received = sns.message(TOPIC, "Notification", &mail("care@example.com", "1@ses"));
    assert_eq!((tell(&received).await.status, tell(&received).await.status), (200, 200));
    assert_eq!(kept(&server, "1@ses").await, [envelope("ana@customer.example", "care@example.com")]);
    // The certificate is fetched once.
    assert_eq!(sns.asked(), ["GET /cert.pem HTTP/1.1", "GET /?Action=ConfirmSubscription HTTP/1.1"]);
    let unknown = sns.message(TOPIC, "Notification", &mail("gone@example.com", "2@ses"));
    assert_eq!(tell(&unknown).await.error().0, 422);

    // Nobody else is asked for anything: of another topic, with a wrong signature, or by a URL that leads elsewhere.
    let mut refused = vec![sns.message("arn:aws:sns:eu-west-1:1:another", "SubscriptionConfirmation", "subscribe?")];
    let mut changed = sns.message(TOPIC, "SubscriptionConfirmation", "subscribe?");
    changed["Token"] = "another".into();
    refused.push(changed);
    for url in ["http://localhost:1/cert.pem", "http://[::1]:1/cert.pem", "file:///cert.pem", "x"] {
        let mut elsewhere = sns.message(TOPIC, "SubscriptionConfirmation", "subscribe?");
        elsewhere["SigningCertURL"] = url.into();
        refused.push(elsewhere);
    }
    for message in &refused {
        assert_eq!(tell(message).await.error(), (401, "bad.credentials".to_owned()), "{message}");
    }
    assert_eq!(sns.asked().len(), 2);
    // What can't be fetched now is asked for later.
    let mut away = sns.message(TOPIC, "Notification", "x");
    away["SigningCertURL"] = "http://127.0.0.1:1/cert.pem".into();
    assert_eq!(tell(&away).await.error().0, 503);
}
