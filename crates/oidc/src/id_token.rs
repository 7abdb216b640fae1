//! ID tokens: who a provider says was signed in, for whom, and when (OpenID Connect Core 1.0 sections 2 and 3.1.3.7).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use thiserror::Error;

use crate::keys::{Algorithm, Keys};

/// How far the provider's clock may be from ours, in seconds.
const SKEW: i64 = 60;

/// Characters of a token beyond which it is not read.
const LONGEST: usize = 64 * 1024;

/// Characters of a subject (Core 1.0 section 2).
const LONGEST_SUBJECT: usize = 255;

/// What a token must say.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'e> {
    /// Who must have made it.
    pub issuer: &'e str,
    /// For whom.
    pub client_id: &'e str,
    /// What the request for it held.
    pub nonce: &'e str,
    /// The time, in seconds since 1970.
    pub now: i64,
}

/// Why a token is not taken.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum TokenProblem {
    /// It is signed with a key that the provider did not have when its keys were read.
    #[error("the ID token is signed with a key that the provider does not publish")]
    UnknownKey,
    /// Anything else.
    #[error("{0}")]
    Invalid(String),
}

/// What a provider says of a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims {
    /// Who says it.
    pub issuer: String,
    /// Who the person is there: never given to another.
    pub subject: String,
    all: Map<String, Json>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// Extensions that must be understood (RFC 7515 section 4.1.11). There are none that we do.
    crit: Option<Json>,
}

/// Reads a token, and checks its signature and everything that it must say.
///
/// # Errors
/// The first reason not to trust it. What a token holds is not repeated beyond its issuer, audience and algorithm.
pub fn read_id_token(token: &str, keys: &Keys, expected: Expected<'_>) -> Result<Claims, TokenProblem> {
    checked(signed_claims(token, keys)?, expected)
}

fn signed_claims(token: &str, keys: &Keys) -> Result<Map<String, Json>, TokenProblem> {
    let malformed = || invalid("the ID token is not a signed JSON Web Token");
    if token.len() > LONGEST {
        return Err(invalid(format!("the ID token has more than {LONGEST} characters")));
    }
    let (signed, signature) = token.rsplit_once('.').ok_or_else(malformed)?;
    let (header, payload) = signed.split_once('.').ok_or_else(malformed)?;
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| malformed());
    let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| malformed())?;
    let algorithm = Algorithm::named(&header.alg).ok_or_else(|| {
        invalid(format!("expected an ID token signed by RS256, ES256 or EdDSA, found `{}`", plain(&header.alg)))
    })?;
    if header.crit.is_some() {
        return Err(invalid("the ID token needs an extension that is not known"));
    }
    if let Some(id) = &header.kid
        && !keys.knows(id)
    {
        return Err(TokenProblem::UnknownKey);
    }
    if !keys.verify(header.kid.as_deref(), algorithm, signed.as_bytes(), &decode(signature)?) {
        return Err(invalid("the signature of the ID token is wrong"));
    }
    serde_json::from_slice(&decode(payload)?).map_err(|_| malformed())
}

fn checked(all: Map<String, Json>, expected: Expected<'_>) -> Result<Claims, TokenProblem> {
    let text = |name: &str| all.get(name).and_then(Json::as_str);
    let issuer = text("iss").unwrap_or_default();
    if issuer != expected.issuer {
        let found = plain(issuer);
        return Err(invalid(format!("expected an ID token of `{}`, found one of `{found}`", expected.issuer)));
    }
    let audiences: Vec<&str> = match all.get("aud") {
        Some(Json::String(one)) => vec![one.as_str()],
        Some(Json::Array(several)) => several.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    };
    if !audiences.contains(&expected.client_id) {
        return Err(invalid(format!("the ID token is for another client: {}", plain(&audiences.join(", ")))));
    }
    let party = text("azp");
    if (audiences.len() > 1 || all.contains_key("azp")) && party != Some(expected.client_id) {
        return Err(invalid("the ID token was made for another party (`azp`)"));
    }
    if text("nonce") != Some(expected.nonce) {
        return Err(invalid("the ID token belongs to another sign-in (`nonce`)"));
    }
    let expires = seconds(&all, "exp")?;
    if expires.saturating_add(SKEW) <= expected.now {
        return Err(invalid(format!("the ID token expired {} s ago", expected.now.saturating_sub(expires))));
    }
    for name in ["iat", "nbf"] {
        if name == "nbf" && !all.contains_key(name) {
            continue;
        }
        let ahead = seconds(&all, name)?.saturating_sub(expected.now);
        if ahead > SKEW {
            let clocks = "compare the clocks of both servers";
            return Err(invalid(format!("the ID token is from the future, by {ahead} s (`{name}`): {clocks}")));
        }
    }
    let subject = text("sub").unwrap_or_default().to_owned();
    if subject.is_empty() || subject.chars().count() > LONGEST_SUBJECT || subject.chars().any(char::is_control) {
        return Err(invalid("the ID token does not say who was signed in (`sub`)"));
    }
    Ok(Claims { issuer: issuer.to_owned(), subject, all })
}

/// A point in time (RFC 7519 section 2): seconds since 1970, maybe with a fraction.
fn seconds(all: &Map<String, Json>, name: &str) -> Result<i64, TokenProblem> {
    let number = all.get(name).and_then(|value| value.as_i64().or_else(|| whole(value.as_f64()?)));
    number.ok_or_else(|| invalid(format!("expected seconds since 1970 in `{name}` of the ID token")))
}

/// Seconds without their fraction.
fn whole(number: f64) -> Option<i64> {
    (0.0..1e15).contains(&number).then_some(number as i64)
}

fn invalid(message: impl Into<String>) -> TokenProblem {
    TokenProblem::Invalid(message.into())
}

/// A token's own words: not too many, on one line.
fn plain(words: &str) -> String {
    words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect()
}

impl Claims {
    /// A claim that is text; none if it is absent or empty.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.all.get(name).and_then(Json::as_str).map(str::trim).filter(|text| !text.is_empty())
    }

    /// A claim that is a list of texts, or one text. An address counts only if the provider verified it.
    #[must_use]
    pub fn list(&self, name: &str) -> Vec<String> {
        match self.all.get(name) {
            Some(Json::String(_)) if name == "email" && !self.has_verified_email() => Vec::new(),
            Some(Json::String(one)) => vec![one.clone()],
            Some(Json::Array(several)) => several.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    }

    fn has_verified_email(&self) -> bool {
        self.all.get("email_verified") == Some(&Json::Bool(true))
    }
}
