//! The cases of `spec/ingress`; its README says how they are written.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::Timestamp;
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject;
use serde_json::Value as Json;
use waypost_ingress::sns::{self, Content, Message};
use waypost_ingress::{Credential, Mail, Posted, Problem, Provider, Refused};
use waypost_outgoing::dkim::{self, Algorithm};

struct Case {
    name: String,
    head: HashMap<String, String>,
    body: Vec<u8>,
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/ingress");
    let mut cases = Vec::new();
    for provider in Provider::ALL {
        let text = fs::read_to_string(folder.join(format!("{}.txt", provider.word()))).unwrap();
        for case in format!("\n{text}").split("\n== ").skip(1) {
            let (head, body) = case.split_once("\nbody:\n").unwrap();
            let mut lines = head.lines();
            let name = format!("{}: {}", provider.word(), lines.next().unwrap());
            let lines = lines.filter(|line| !line.starts_with('#'));
            let head = lines.map(|line| line.split_once(": ").unwrap_or((line.trim_end_matches(':'), "")));
            let head = head.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
            cases.push(Case { name, head, body: body.trim_end().replace('\n', "\r\n").into_bytes() });
        }
    }
    assert!(cases.len() > 50);
    cases
}

/// Keys of this run.
struct Keys {
    elliptic: EcdsaKeyPair,
    rsa: RsaKeyPair,
    /// The RSA key's certificate, in PEM.
    certificate: String,
}

impl Keys {
    fn make() -> Self {
        let random = SystemRandom::new();
        let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let elliptic = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der.as_ref(), &random).unwrap();
        let pem = dkim::make(Algorithm::Rsa).unwrap();
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).unwrap();
        let rsa = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap();
        let pair = KeyPair::from_pkcs8_pem_and_sign_algo(&pem, &PKCS_RSA_SHA256).unwrap();
        let signed = CertificateParams::new(vec!["sns.amazonaws.com".to_owned()]).unwrap().self_signed(&pair).unwrap();
        Self { elliptic, rsa, certificate: signed.pem() }
    }

    /// The public key as SendGrid shows it.
    fn public(&self) -> String {
        let prefix = "3059301306072a8648ce3d020106082a8648ce3d030107034200";
        let der = [hex::decode(prefix).unwrap(), self.elliptic.public_key().as_ref().to_vec()].concat();
        STANDARD.encode(der)
    }
}

fn now() -> Timestamp {
    "2026-11-29T12:00:00Z".parse().unwrap()
}

#[tokio::test]
async fn requests_are_read_as_providers_send_them() {
    let (keys, others) = (Keys::make(), Keys::make());
    let mut failed = Vec::new();
    for mut case in cases() {
        let sign = case.head.get("sign").cloned().unwrap_or_default();
        let signer = if sign.contains("another") { &others } else { &keys };
        let found = if case.head["provider"] == "ses" {
            told_by_topic(&mut case, &sign, signer, &keys)
        } else {
            posted(&case, &sign, signer, &keys).await.map(Content::Mail)
        };
        let (found, expected) = (shown(found), expected(&case.head));
        if found != expected {
            failed.push(format!("{}\n  expected {expected}\n  found    {found}", case.name));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

async fn posted(case: &Case, sign: &str, signer: &Keys, keys: &Keys) -> Result<Mail, Refused> {
    let head = |name: &str| case.head.get(name).cloned();
    let provider = Provider::of(&case.head["provider"]).unwrap();
    let secret = case.head["secret"].replace("@PUBLIC-KEY@", &keys.public());
    let signed = sign.starts_with("ecdsa").then(|| {
        let time = sign.rsplit_once("at ").map_or_else(|| now().as_second().to_string(), |(_, time)| time.to_owned());
        let text = [time.as_bytes(), &case.body].concat();
        let signature = signer.elliptic.sign(&SystemRandom::new(), &text).unwrap();
        (STANDARD.encode(signature), time)
    });
    let posted = Posted {
        authorization: head("authorization"),
        content_type: head("content-type").unwrap_or_default(),
        signed,
        body: Bytes::from(case.body.clone()),
    };
    let credential = Credential::parse(provider, &secret).unwrap_or_else(|error| panic!("{}: {error}", case.name));
    waypost_ingress::read(provider, &credential, posted, now()).await
}

/// Signs as the guide says, written down here once more.
fn told_by_topic(case: &mut Case, sign: &str, signer: &Keys, keys: &Keys) -> Result<Content, Refused> {
    if sign.starts_with("rsa") {
        let mut json: Json = serde_json::from_slice(&case.body).unwrap();
        let mut text = String::new();
        let notification = json["Type"] == "Notification";
        for name in ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"] {
            let left_out = if notification { ["SubscribeURL", "Token"] } else { ["Subject", ""] };
            if let Some(value) = json[name].as_str().filter(|_| !left_out.contains(&name)) {
                text += &format!("{name}\n{value}\n");
            }
        }
        let mut signature = vec![0; signer.rsa.public().modulus_len()];
        signer.rsa.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
        json["Signature"] = STANDARD.encode(signature).into();
        if sign.ends_with("changed") {
            json["MessageId"] = "another".into();
        }
        case.body = json.to_string().into_bytes();
    }
    let message = Message::read(&case.body)?;
    message.verify(keys.certificate.as_bytes(), now())?;
    message.content()
}

fn shown(found: Result<Content, Refused>) -> String {
    match found {
        Ok(Content::Mail(Mail { from, recipients, raw, .. })) => {
            format!("{from} -> {} | {}", recipients.join(", "), raw.escape_ascii())
        }
        Ok(Content::Nothing) => "nothing".to_owned(),
        Ok(Content::Confirm(url)) => format!("confirm {url}"),
        Err(Refused::Unproven(why)) => format!("unproven {why}"),
        Err(Refused::Stale) => "stale".to_owned(),
        Err(Refused::Malformed(problems)) => {
            let mut fields: Vec<&str> = problems.iter().map(|Problem { field, .. }| *field).collect();
            fields.sort_unstable();
            format!("malformed {}", fields.join(", "))
        }
    }
}

fn expected(head: &HashMap<String, String>) -> String {
    match head.get("expect") {
        Some(expected) => expected.trim().to_owned(),
        None => format!("{} -> {} | {}", head["from"], head["to"], head["raw"]),
    }
}

#[test]
fn a_secret_must_be_a_credential_of_its_provider() {
    for (provider, value, good) in [
        (Provider::Postmark, "user:password", true),
        (Provider::Postmark, "user:pass:word", true),
        (Provider::Postmark, "password", false),
        (Provider::Postmark, ":password", false),
        (Provider::Postmark, "user:", false),
        (Provider::Mailgun, "key", true),
        (Provider::Mailgun, " ", false),
        (Provider::SendGrid, "user:password", true),
        (Provider::SendGrid, "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE", false),
        (Provider::Ses, "user:password", false),
    ] {
        assert_eq!(Credential::parse(provider, value).is_ok(), good, "{provider:?} {value}");
    }
}

#[test]
fn only_hosts_of_sns_are_asked() {
    for host in ["sns.eu-west-1.amazonaws.com", "sns.us-gov-west-1.amazonaws.com", "sns.cn-north-1.amazonaws.com.cn"] {
        assert!(sns::is_host(host), "{host}");
    }
    for host in [
        "",
        "sns.amazonaws.com",
        "sns..amazonaws.com",
        "sns.eu-west-1.amazonaws.com.evil.example",
        "sns.evil.example.amazonaws.com",
        "evil-sns.eu-west-1.amazonaws.com",
        "sns.eu-west-1.amazonaws.com.",
        "SNS.eu-west-1.amazonaws.com",
        "s3.eu-west-1.amazonaws.com",
        "127.0.0.1",
    ] {
        assert!(!sns::is_host(host), "{host}");
    }
}
