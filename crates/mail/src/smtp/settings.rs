//! What a receiving server allows.

use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;

/// Limits and manners of a receiving server.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The name the server gives itself in the greeting.
    pub hostname: String,
    /// The largest message in bytes; announced by SIZE (RFC 1870).
    pub max_message: usize,
    /// The most recipients of one message; RFC 5321 section 4.5.3.1.8 asks for 100 at least.
    pub max_recipients: usize,
    /// How many commands of a session may fail before it is closed.
    pub max_errors: u32,
    /// How long a client may be silent, or not read; RFC 5321 section 4.5.3.2.7 asks for five minutes at least.
    pub idle: Duration,
    /// The most connections at once.
    pub max_connections: usize,
    /// The most bytes of messages, over all connections, that are in memory at once.
    pub max_buffered: usize,
    /// The certificate and manners of STARTTLS (RFC 3207); it is not offered without.
    pub tls: Option<Arc<ServerConfig>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            hostname: "localhost".to_owned(),
            max_message: 50 * 1024 * 1024,
            max_recipients: 100,
            max_errors: 50,
            idle: Duration::from_secs(300),
            max_connections: 1000,
            max_buffered: 512 * 1024 * 1024,
            tls: None,
        }
    }
}
