//! Texts as other systems want them.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use sha2::{Digest, Sha256};

use super::written::is_base64;
use super::{Answer, Function, Kind, Style, failed, made, sure, unexpected, unsure};
use crate::value::Value;

fn sha256<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    let [Value::String(text)] = arguments else { return Err(unexpected()) };
    made(Sha256::digest(text.as_str()).iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

fn encode<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    let [Value::String(text)] = arguments else { return Err(unexpected()) };
    made(STANDARD.encode(text.as_str()))
}

pub(super) fn decode<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    let [Value::String(text)] = arguments else { return Err(unexpected()) };
    let bare = text.as_str().trim_end_matches('=');
    let padded = text.as_str().len() % 4 == 0 && text.as_str().len() - bare.len() <= 2;
    let bytes = if padded || bare.len() == text.as_str().len() { STANDARD_NO_PAD.decode(bare).ok() } else { None };
    match bytes.and_then(|bytes| String::from_utf8(bytes).ok()) {
        Some(decoded) => made(decoded),
        None => Err(failed("text", text.as_str(), "a text by base64")),
    }
}

const S: Kind = Kind::String;

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "sha256",
        Style::Function,
        "The SHA-256 of a text in UTF-8, in hexadecimal digits.",
        &[sure(&[S], S, sha256)],
        &[("sha256('abc').truncate(16)", "ba7816bf8f01cfea")],
    ),
    Function::new(
        "base64Encode",
        Style::Function,
        "A text in UTF-8, encoded as base64 (RFC 4648, section 4).",
        &[sure(&[S], S, encode)],
        &[("base64Encode('Zoë')", "Wm/Dqw==")],
    ),
    Function::new(
        "base64Decode",
        Style::Function,
        "The UTF-8 text decoded from base64, with or without padding. Anything else fails.",
        &[unsure(&[S], S, decode)],
        &[("base64Decode('Wm/Dqw==')", "Zoë")],
    )
    .parsing(is_base64),
];
