//! How long a receiver is waited for.

use std::time::Duration;

/// How long each step may take. The defaults are those of RFC 5321 section 4.5.3.2, but for connecting and TLS, of which it says nothing.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// To look a name up, with all its retries: 30 s.
    pub dns: Duration,
    /// To connect to one address: 30 s.
    pub connect: Duration,
    /// For a handshake of TLS: 60 s.
    pub tls: Duration,
    /// For the greeting: 5 min.
    pub greeting: Duration,
    /// For the answer to a command: 5 min.
    pub command: Duration,
    /// For the answer to DATA: 2 min.
    pub data: Duration,
    /// For a block of the content to be taken: 3 min.
    pub block: Duration,
    /// For the answer to the content: 10 min.
    pub content: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let of = Duration::from_secs;
        Self {
            dns: of(30),
            connect: of(30),
            tls: of(60),
            greeting: of(300),
            command: of(300),
            data: of(120),
            block: of(180),
            content: of(600),
        }
    }
}

impl Timeouts {
    /// The same time for every step.
    #[must_use]
    pub fn all(time: Duration) -> Self {
        Self {
            dns: time,
            connect: time,
            tls: time,
            greeting: time,
            command: time,
            data: time,
            block: time,
            content: time,
        }
    }
}
