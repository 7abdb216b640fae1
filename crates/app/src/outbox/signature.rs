//! Signatures of requests to webhooks (Standard Webhooks 1.0.0, "Signature scheme").

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac::{HMAC_SHA256, Key, sign};
use thiserror::Error;

/// What the text of a secret begins with.
const PREFIX: &str = "whsec_";

/// The secrets that are made here have this many random bytes.
pub const MADE: usize = 32;

/// Why a text is no secret to sign with.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("expected `whsec_` and 24 to 64 bytes in base64")]
pub struct NoSecret;

/// The text of a secret.
#[must_use]
pub fn secret_text(bytes: &[u8]) -> String {
    format!("{PREFIX}{}", STANDARD.encode(bytes))
}

/// The bytes of a secret.
///
/// # Errors
/// It is none.
pub fn secret_bytes(text: &str) -> Result<Vec<u8>, NoSecret> {
    let encoded = text.strip_prefix(PREFIX).ok_or(NoSecret)?;
    STANDARD.decode(encoded).ok().filter(|bytes| (24..=64).contains(&bytes.len())).ok_or(NoSecret)
}

/// The value of `webhook-signature`: one signature for each secret, newest first.
pub(super) fn signatures(secrets: &[Vec<u8>], id: &str, second: i64, body: &[u8]) -> String {
    let signed = [format!("{id}.{second}.").as_bytes(), body].concat();
    let one = |secret: &Vec<u8>| format!("v1,{}", STANDARD.encode(sign(&Key::new(HMAC_SHA256, secret), &signed)));
    secrets.iter().map(one).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use standardwebhooks::Webhook;

    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const SECOND: i64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;

    /// The vectors of the scheme's documentation and of its reference libraries.
    #[test]
    fn published_vectors_are_signed_as_published() {
        let users: &[u8] = br#"{"email":"test@example.com","username":"test_user"}"#;
        for (secret, id, second, body, published) in [
            (SECRET, ID, SECOND, BODY, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
            (
                "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
                "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
                1_649_367_553,
                users,
                "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
            ),
        ] {
            let signed = signatures(&[secret_bytes(secret).unwrap()], id, second, body);
            assert_eq!(signed, published);
            assert_eq!(signed, Webhook::new(secret).unwrap().sign(id, second, body).unwrap());
        }
    }

    #[test]
    fn each_secret_of_an_overlap_verifies() {
        let (new, old) = (secret_text(&[1; MADE]), SECRET.to_owned());
        let secrets = [&new, &old].map(|text| secret_bytes(text).unwrap());
        let signed = signatures(&secrets, ID, SECOND, BODY);
        let ours: Vec<&str> = signed.split(' ').collect();
        for (signature, text) in ours.iter().zip([&new, &old]) {
            assert_eq!(*signature, Webhook::new(text).unwrap().sign(ID, SECOND, BODY).unwrap());
        }
        assert_eq!(ours.len(), 2);
    }

    #[test]
    fn secrets_are_whsec_and_24_to_64_bytes() {
        assert_eq!(secret_bytes(&secret_text(&[7; 24])), Ok(vec![7; 24]));
        for wrong in [
            "",
            "whsec_",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_not base64",
            &secret_text(&[7; 23]),
            &secret_text(&[7; 65]),
        ] {
            assert_eq!(secret_bytes(wrong), Err(NoSecret), "{wrong}");
        }
    }
}
