//! What a receiving server allows.

use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use waypost_admission::{Networks, Room};

/// What is done about a LF without CR within the content of a message. It ends the message neither way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BareLf {
    /// It becomes CRLF.
    #[default]
    Normalise,
    /// The message is refused, as RFC 5321 section 2.3.8 allows.
    Reject,
}

/// Limits and manners of a receiving server.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The name the server gives itself in the greeting.
    pub hostname: String,
    /// The largest message in bytes; announced by SIZE (RFC 1870).
    pub max_message: usize,
    /// The most recipients of one message; RFC 5321 section 4.5.3.1.8 asks for 100 at least.
    pub max_recipients: usize,
    /// How many commands of a session may be wrong in form or place before it is closed. A recipient that is not known
    /// is not one of them.
    pub max_errors: u32,
    /// How many commands a session may have without a message that is accepted.
    pub max_commands: u32,
    /// What is done about a LF without CR within the content.
    pub bare_lf: BareLf,
    /// How long a client may be silent, or not read; RFC 5321 section 4.5.3.2.7 asks for five minutes at least.
    pub idle: Duration,
    /// How long the content of a message may take from its first byte to its last.
    pub max_data: Duration,
    /// How long a session may take; a message that is coming then may finish.
    pub max_session: Duration,
    /// How many connections there may be at once.
    pub connections: Room,
    /// The most bytes of messages, over all connections, that are in memory at once.
    pub max_buffered: usize,
    /// How many messages an address may begin in a minute; a network four times as many; 0 is no limit.
    pub mails_per_minute: u32,
    /// How many commands an address may give in a minute; a network four times as many; 0 is no limit.
    pub commands_per_minute: u32,
    /// Networks that limits by address and network don't hold for.
    pub trusted: Networks,
    /// Front ends whose connections begin with a header of the PROXY protocol that names the client.
    pub proxies: Networks,
    /// Front ends and relays that may name the client by XCLIENT and XFORWARD.
    pub xclients: Networks,
    /// The certificate and manners of STARTTLS (RFC 3207) and of listeners that begin with TLS; STARTTLS is not offered without.
    pub tls: Option<Arc<ServerConfig>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            hostname: "localhost".to_owned(),
            max_message: 50 * 1024 * 1024,
            max_recipients: 100,
            max_errors: 50,
            max_commands: 1000,
            bare_lf: BareLf::default(),
            idle: Duration::from_secs(300),
            max_data: Duration::from_secs(900),
            max_session: Duration::from_secs(3600),
            connections: Room::shared(1000),
            max_buffered: 512 * 1024 * 1024,
            mails_per_minute: 3000,
            commands_per_minute: 60_000,
            trusted: Networks::default(),
            proxies: Networks::default(),
            xclients: Networks::default(),
            tls: None,
        }
    }
}

impl Settings {
    /// Bytes of content after which a client is let go that does not end a message which is too large already: as much
    /// again as a message may have, and some more.
    pub(super) fn endless(&self) -> usize {
        self.max_message.saturating_mul(2).saturating_add(1024 * 1024)
    }
}
