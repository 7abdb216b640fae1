//! Which ID tokens are taken: `spec/oidc/id-tokens.json`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::{Value as Json, json};
use waypost_oidc::{Expected, Keys, read_id_token};

/// What a good token says.
const NOW: i64 = 1_790_000_000;
const EXPECTED: Expected<'static> =
    Expected { issuer: "https://login.example", client_id: "waypost", nonce: "n", now: NOW };

fn spec() -> Json {
    serde_json::from_str(include_str!("../../../spec/oidc/id-tokens.json")).unwrap()
}

fn base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Keys of a provider, and of somebody else.
struct Signers {
    random: SystemRandom,
    ed25519: Ed25519KeyPair,
    stranger: Ed25519KeyPair,
    p256: EcdsaKeyPair,
}

impl Signers {
    fn new() -> Self {
        let random = SystemRandom::new();
        let ed25519 = || {
            let key = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
            Ed25519KeyPair::from_pkcs8(key.as_ref()).unwrap()
        };
        let p256 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let p256 = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, p256.as_ref(), &random).unwrap();
        Self { ed25519: ed25519(), stranger: ed25519(), p256, random }
    }

    /// What the provider publishes, with keys that are for something else.
    fn published(&self) -> Keys {
        let ed25519 = base64(self.ed25519.public_key().as_ref());
        let point = self.p256.public_key().as_ref();
        let keys = json!({ "keys": [
            { "kty": "OKP", "crv": "Ed25519", "kid": "ed25519", "x": ed25519 },
            { "kty": "OKP", "crv": "Ed25519", "kid": "enc", "use": "enc", "x": ed25519 },
            { "kty": "EC", "crv": "P-256", "kid": "p256", "use": "sig", "alg": "ES256", "x": base64(&point[1..33]), "y": base64(&point[33..]) },
            { "kty": "oct", "kid": "shared", "k": "AAAA" },
            { "kty": "RSA", "kid": "broken", "n": "?", "e": 3 },
            spec()["rsa"]["jwk"],
        ] });
        Keys::read(keys.to_string().as_bytes()).unwrap()
    }

    fn sign(&self, key: &str, signed: &str) -> Vec<u8> {
        match key {
            "ed25519" => self.ed25519.sign(signed.as_bytes()).as_ref().to_vec(),
            "stranger" => self.stranger.sign(signed.as_bytes()).as_ref().to_vec(),
            "p256" => self.p256.sign(&self.random, signed.as_bytes()).unwrap().as_ref().to_vec(),
            other => panic!("`{other}` is no key"),
        }
    }

    /// The token of a case: what is usual, and what is not.
    fn token(&self, case: &Json) -> String {
        let key = case["key"].as_str().unwrap_or("ed25519");
        let algorithm = if key == "p256" { "ES256" } else { "EdDSA" };
        let named = if key == "stranger" { "ed25519" } else { key };
        let mut header = json!({ "alg": algorithm, "kid": named });
        let mut claims = json!({ "iss": EXPECTED.issuer, "aud": "waypost", "sub": "ana", "nonce": "n", "iat": NOW, "exp": NOW + 300 });
        for (whole, changes) in [(&mut header, &case["header"]), (&mut claims, &case["claims"])] {
            for (name, value) in changes.as_object().into_iter().flatten() {
                whole[name] = value.clone();
            }
        }
        if let Some(name) = case["without"].as_str() {
            claims.as_object_mut().unwrap().remove(name);
        }
        let signed = format!("{}.{}", base64(header.to_string().as_bytes()), base64(claims.to_string().as_bytes()));
        format!("{signed}.{}", base64(&self.sign(key, &signed)))
    }
}

#[test]
fn each_case_is_taken_or_refused_as_the_table_says() {
    let signers = Signers::new();
    let keys = signers.published();
    for case in spec()["cases"].as_array().unwrap() {
        let found = read_id_token(&signers.token(case), &keys, EXPECTED).err().map(|problem| problem.to_string());
        assert_eq!(found.as_deref(), case["refused"].as_str(), "{}", case["name"]);
    }
}

#[test]
fn rs256_is_taken_and_no_changed_byte_is() {
    let keys = Signers::new().published();
    let token = spec()["rsa"]["token"].as_str().unwrap().to_owned();
    assert_eq!(read_id_token(&token, &keys, EXPECTED).unwrap().subject, "ana");
    for place in (0..token.len()).step_by(7) {
        let mut changed = token.clone().into_bytes();
        changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(read_id_token(&changed, &keys, EXPECTED).is_err(), "byte {place}");
        assert!(read_id_token(&token[..place], &keys, EXPECTED).is_err(), "{place} bytes");
    }
}

#[test]
fn an_address_is_a_group_only_if_it_was_verified() {
    let signers = Signers::new();
    let keys = signers.published();
    for (claims, groups) in [
        (json!({ "email": "ana@contoso.example", "email_verified": true }), vec!["ana@contoso.example"]),
        (json!({ "email": "ana@contoso.example", "email_verified": "true" }), vec![]),
        (json!({ "email": "ana@contoso.example" }), vec![]),
    ] {
        let token = signers.token(&json!({ "claims": claims }));
        assert_eq!(read_id_token(&token, &keys, EXPECTED).unwrap().list("email"), groups);
    }
}
