//! Mails that people write who have claimed an interaction.

use bytes::Bytes;
use waypost_store::records::mail::InteractionRecord;
use waypost_store::records::outbox::Outgoing;

use crate::App;
use crate::interactions::InteractionError;

/// An answer as somebody wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The text.
    pub text: String,
    /// The same as HTML.
    pub html: Option<String>,
    /// The subject; none is that of the mail, with `Re:`.
    pub subject: Option<String>,
    /// Whether it goes to all who had the mail.
    pub reply_all: bool,
    /// Whether the mail is attached.
    pub attach_original: bool,
}

/// Composes an answer.
///
/// # Errors
/// Nobody to answer.
#[expect(clippy::unused_async, reason = "the mail is composed here soon")]
pub(crate) async fn reply(
    _app: &App,
    _interaction: &InteractionRecord,
    _raw: &Bytes,
    _written: Written,
) -> Result<Outgoing, InteractionError> {
    Err(InteractionError::Busy("this server can't compose mail yet"))
}

/// Composes a forward, once for each address.
///
/// # Errors
/// An address that can't be used.
#[expect(clippy::unused_async, reason = "the mail is composed here soon")]
pub(crate) async fn forward(
    _app: &App,
    _interaction: &InteractionRecord,
    _raw: &Bytes,
    _addresses: Vec<String>,
    _attach: bool,
    _text: Option<String>,
) -> Result<Outgoing, InteractionError> {
    Err(InteractionError::Busy("this server can't compose mail yet"))
}
