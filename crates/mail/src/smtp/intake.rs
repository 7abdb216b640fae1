//! What a receiving session asks of the rest of the program.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;

use bytes::Bytes;

use super::path::Path;
use super::refusal::Refusal;

/// Takes mail in. One intake serves all sessions.
///
/// For each recipient that a client names, [`recipient`](Self::recipient) is asked. After the content,
/// [`message`](Self::message) is asked once, with all tickets given out. The client is told of success only after
/// that returned `Ok`, so it must return `Ok` only when the message is safe from any crash.
pub trait Intake: Send + Sync + 'static {
    /// What the answer to a recipient bound, such as the route it found: the message goes there even if that route
    /// is gone by the time its content has arrived.
    type Ticket: Send;

    /// A connection was opened. Whoever counts them is told of each end, too.
    fn opened(&self) {}

    /// A connection ended.
    fn closed(&self) {}

    /// Whether mail for a recipient is taken.
    fn recipient(&self, recipient: &Recipient) -> impl Future<Output = Result<Self::Ticket, Refusal>> + Send;

    /// Takes a message. An error means that nothing of it was kept. `raw` is the content as it came, the transport's
    /// dot-stuffing undone, each line ended by CRLF, and nothing added.
    fn message(
        &self,
        envelope: Envelope<Self::Ticket>,
        raw: Bytes,
    ) -> impl Future<Output = Result<Receipt, Refusal>> + Send;
}

/// A forward-path, RFC 5321 section 4.1.2.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Recipient {
    /// The local part as written, quotes undone. Its case is kept.
    pub local: String,
    /// The domain in lower case and U-labels, or an address literal such as `[127.0.0.1]`. Empty for the bare `postmaster` that
    /// RFC 5321 section 4.5.1 asks every server to take.
    pub domain: String,
}

impl Recipient {
    /// Reads one address, `local@domain` with nothing around it, as RCPT would have it between angle brackets.
    #[must_use]
    pub fn parse(address: &str) -> Option<Self> {
        Path::alone(address).filter(|path| !path.domain.is_empty()).map(Path::named)
    }

    /// Reads whatever RCPT takes between angle brackets: an address, or the bare `postmaster`.
    #[must_use]
    pub fn in_rcpt(recipient: &str) -> Option<Self> {
        Path::alone(recipient).filter(Path::is_someone).map(Path::named)
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.local)?;
        if self.domain.is_empty() { Ok(()) } else { write!(f, "@{}", self.domain) }
    }
}

/// Who sent a message, to whom, and how it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope<T> {
    /// The reverse-path as `local@domain`, the domain in lower case and U-labels; empty for the null path `<>` of reports.
    pub sender: String,
    /// The recipients that were taken, in order, with their tickets. Never empty.
    pub recipients: Vec<(Recipient, T)>,
    /// Where the message came from: who is connected, or who a front end says that it is.
    pub remote: SocketAddr,
    /// Who is connected, whatever a front end says.
    pub peer: SocketAddr,
    /// What the client called itself in EHLO or HELO. Anyone can say anything.
    pub helo: String,
    /// Whether the connection was encrypted.
    pub tls: bool,
    /// Whether addresses or header may hold UTF-8 (RFC 6531).
    pub smtputf8: bool,
}

/// What the client is told of a message that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// A name under which the message can be found again; in the reply, and so in the sender's log. Printable ASCII.
    pub id: String,
}
