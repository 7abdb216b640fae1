//! Who we are towards a smarthost (RFC 4954).

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use waypost_reach::Secrets;

use crate::smarthost::Smarthost;

/// Gives an OAuth 2 access token that is valid now. It renews tokens by itself, and keeps them as long as they are good.
#[async_trait]
pub trait TokenSource: Send + Sync {
    /// A token. The error is told as the reason for a deferral: it holds no secret.
    async fn token(&self) -> Result<String, String>;

    /// The server refused this token before its time: it was revoked, say. Answers whether another is given from now on.
    async fn refused(&self, token: &str) -> bool;
}

/// What proves who we are.
#[derive(Clone)]
pub enum Proof {
    /// A password, for PLAIN (RFC 4616) or LOGIN.
    Password(Arc<str>),
    /// Access tokens, for XOAUTH2 or OAUTHBEARER (RFC 7628).
    Token(Arc<dyn TokenSource>),
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password(_) => "Password(…)",
            Self::Token(_) => "Token(…)",
        })
    }
}

/// A smarthost, and what proves there who we are.
#[derive(Clone, Debug)]
pub struct Relay {
    /// The server.
    pub smarthost: Smarthost,
    /// The proof for its user. Without a user none is given.
    pub proof: Option<Proof>,
}

impl Relay {
    /// User and proof, if there are both.
    pub(super) fn login(&self) -> Option<(&str, &Proof)> {
        Some((self.smarthost.user.as_deref()?, self.proof.as_ref()?))
    }
}

/// The commands of one AUTH: the first line, and what answers each challenge.
pub(super) struct Exchange {
    pub(super) first: String,
    pub(super) then: Vec<String>,
}

/// The exchange by the best mechanism that a server offers; `None` if it offers none that would do.
pub(super) fn exchange(offered: &[String], user: &str, secret: &Secret, host: &str, port: u16) -> Option<Exchange> {
    let offers = |name: &str| offered.iter().any(|mechanism| mechanism.eq_ignore_ascii_case(name));
    let one = |mechanism: &str, words: String| {
        // A token that is refused is first told why, and takes an empty line to end it.
        Exchange { first: format!("AUTH {mechanism} {}", STANDARD.encode(words)), then: vec![String::new()] }
    };
    match secret {
        Secret::Password(password) if offers("PLAIN") => {
            Some(Exchange { then: Vec::new(), ..one("PLAIN", format!("\0{user}\0{password}")) })
        }
        Secret::Password(password) if offers("LOGIN") => Some(Exchange {
            first: "AUTH LOGIN".to_owned(),
            then: vec![STANDARD.encode(user), STANDARD.encode(&**password)],
        }),
        Secret::Token(token) if offers("XOAUTH2") => {
            Some(one("XOAUTH2", format!("user={user}\x01auth=Bearer {token}\x01\x01")))
        }
        Secret::Token(token) if offers("OAUTHBEARER") => {
            let user = user.replace('=', "=3D").replace(',', "=2C");
            let words = format!("n,a={user},\x01host={host}\x01port={port}\x01auth=Bearer {token}\x01\x01");
            Some(one("OAUTHBEARER", words))
        }
        Secret::Password(_) | Secret::Token(_) => None,
    }
}

/// A password, or a token that was fetched.
pub(super) enum Secret {
    Password(Arc<str>),
    Token(String),
}

impl Secret {
    /// Why none can be had.
    pub(super) async fn of(proof: &Proof) -> Result<Self, String> {
        match proof {
            Proof::Password(password) => Ok(Self::Password(Arc::clone(password))),
            Proof::Token(source) => source.token().await.map(Self::Token),
        }
    }

    /// What must not be told, whoever repeats it.
    pub(super) fn as_secrets(&self) -> Secrets {
        match self {
            Self::Password(password) => Secrets::new([&**password]),
            Self::Token(token) => Secrets::new([token.as_str()]),
        }
    }

    /// Tells where a token came from that it was refused; answers whether another can be had. A password stays what it is.
    pub(super) async fn refused(&self, proof: &Proof) -> bool {
        match (self, proof) {
            (Self::Token(token), Proof::Token(source)) => source.refused(token).await,
            (Self::Password(_), _) | (_, Proof::Password(_)) => false,
        }
    }
}
