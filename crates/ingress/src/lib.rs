//! Mail as email providers post it over HTTP: raw MIME in each provider's form, with each provider's proof of who sends.
//!
//! Nothing here does I/O or reads a clock. The envelope is the provider's word, not the header's.

mod credential;
mod form;
mod mailgun;
mod postmark;
mod sendgrid;
pub mod sns;

use bytes::Bytes;
use thiserror::Error;

pub use credential::{BadCredential, Credential};

/// Who posts mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Provider {
    /// Postmark's inbound webhook with the raw email included (`RawEmail`).
    Postmark,
    /// Mailgun's routes that forward to a URL ending in `mime` (`body-mime`).
    Mailgun,
    /// SendGrid's Inbound Parse with the raw, full MIME message (`email`).
    SendGrid,
    /// Amazon SES by way of an SNS topic, with the content in the notification.
    Ses,
}

impl Provider {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Postmark, Self::Mailgun, Self::SendGrid, Self::Ses];

    /// Its name in settings and logs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Postmark => "postmark",
            Self::Mailgun => "mailgun",
            Self::SendGrid => "sendgrid",
            Self::Ses => "ses",
        }
    }

    /// The provider of a name.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.word() == word)
    }

    /// The status that makes the provider give up a mail whose recipient is unknown, instead of posting it again. Postmark stops at 403 and
    /// Mailgun at 406; SendGrid and SNS stop at any 4xx.
    #[must_use]
    pub const fn gives_up_at(self) -> u16 {
        match self {
            Self::Postmark => 403,
            Self::Mailgun => 406,
            Self::SendGrid | Self::Ses => 422,
        }
    }
}

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub struct Posted {
    /// The Authorization field.
    pub authorization: Option<String>,
    /// The Content-Type field.
    pub content_type: String,
    /// SendGrid's signature and its time, where there are.
    pub signed: Option<(String, String)>,
    /// The body.
    pub body: Bytes,
}

/// A mail that was posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The envelope sender; empty for the null reverse-path.
    pub from: String,
    /// The envelope recipients; at least one.
    pub recipients: Vec<String>,
    /// The message, each line ended by CRLF.
    pub raw: Bytes,
    /// What the provider uses only once: the same again must be the same mail.
    pub token: Option<String>,
}

/// Why a request is refused.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Refused {
    /// It does not prove that the provider sent it. The reason is for the log.
    #[error("{0}")]
    Unproven(&'static str),
    /// It was signed too long ago, or in the future.
    #[error("the signature's time is not within the last {} hours", MAX_AGE.as_hours())]
    Stale,
    /// The provider sent it, and it is not what is expected of the provider; with every problem.
    #[error("the request is malformed")]
    Malformed(Vec<Problem>),
}

/// A problem of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The field.
    pub field: &'static str,
    /// What is wrong.
    pub message: String,
    /// What was expected.
    pub expected: &'static str,
}

/// A signature is accepted for so long. Providers post again for hours what was not accepted, some with the first signature.
pub(crate) const MAX_AGE: jiff::SignedDuration = jiff::SignedDuration::from_hours(12);

/// Clocks may differ by so much.
const MAX_AHEAD: jiff::SignedDuration = jiff::SignedDuration::from_mins(5);

/// Whether a signature's time is one to accept at `now`.
fn is_fresh(signed_at: jiff::Timestamp, now: jiff::Timestamp) -> bool {
    let age = now.duration_since(signed_at);
    age <= MAX_AGE && age >= -MAX_AHEAD
}

/// Reads what one of the providers posts whose credential is a secret, if it is proven by `credential`.
///
/// # Errors
/// Why it is refused.
pub async fn read(
    provider: Provider,
    credential: &Credential,
    posted: Posted,
    now: jiff::Timestamp,
) -> Result<Mail, Refused> {
    match provider {
        Provider::Postmark => postmark::read(credential, posted),
        Provider::Mailgun => mailgun::read(credential, posted, now).await,
        Provider::SendGrid => sendgrid::read(credential, posted, now).await,
        Provider::Ses => Err(Refused::Unproven("SNS signs with a certificate, not with a secret")),
    }
}

/// A message with CRLF at the end of each line. Providers' JSON and forms have either.
fn with_line_ends(raw: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(raw.len());
    let mut previous = 0;
    for byte in raw {
        if *byte == b'\n' && previous != b'\r' {
            out.push(b'\r');
        }
        out.push(*byte);
        previous = *byte;
    }
    out.into()
}

/// The problem of a field that is missing.
fn missing(field: &'static str, expected: &'static str) -> Problem {
    Problem { field, message: "is missing".to_owned(), expected }
}

/// An address without the angle brackets around it.
fn bare(address: &str) -> String {
    let address = address.trim();
    address.strip_prefix('<').and_then(|inner| inner.strip_suffix('>')).unwrap_or(address).to_owned()
}
