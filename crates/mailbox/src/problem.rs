//! What can be wrong with a mailbox, in words that say what to do.

use std::time::Duration;

use thiserror::Error;
use waypost_reach::PrivateTarget;

/// How far a connection came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The host's name becomes an address.
    Name,
    /// A connection is made.
    Connection,
    /// The connection is encrypted.
    Tls,
    /// The user proves who they are.
    Login,
    /// Commands are given.
    Command,
}

/// What is wrong. None of these holds a password or a token.
#[derive(Clone, Debug, Error)]
pub enum Problem {
    /// The address is private.
    #[error(transparent)]
    Private(#[from] PrivateTarget),
    /// The name has no address.
    #[error("the name `{host}` does not resolve: {why}")]
    Name {
        /// The host.
        host: String,
        /// The resolver's words.
        why: String,
    },
    /// Nobody answers.
    #[error("cannot connect to {host}, port {port}: {why}")]
    Unreachable {
        /// The host.
        host: String,
        /// The port.
        port: u16,
        /// The system's words.
        why: String,
    },
    /// No TLS.
    #[error("TLS with `{host}` failed: {why}")]
    Tls {
        /// The host.
        host: String,
        /// The library's words.
        why: String,
    },
    /// The server has no STARTTLS.
    #[error("`{0}` does not offer STARTTLS")]
    NoStartTls(String),
    /// Without TLS only private addresses are spoken to.
    #[error("`{0}` has a public address: without TLS the password could be read on the way")]
    Plain(String),
    /// It takes none of the ways to log in that we know.
    #[error("the server offers no way to log in with {wanted}; it offers {offered}")]
    NoMechanism {
        /// `a password` or `a token`.
        wanted: &'static str,
        /// What it offers.
        offered: String,
    },
    /// The login was refused.
    #[error("the login was refused: {words}")]
    Login {
        /// The server's words.
        words: String,
    },
    /// A command was refused.
    #[error("the server refused {command}: {words}")]
    Refused {
        /// The command, without its arguments.
        command: &'static str,
        /// The server's words.
        words: String,
    },
    /// The server says goodbye.
    #[error("the server ended the connection: {0}")]
    Bye(String),
    /// The connection is gone.
    #[error("the connection was lost: {0}")]
    Lost(String),
    /// Too slow.
    #[error("no answer to {waited_for} within {} s", .limit.as_secs())]
    Late {
        /// What was waited for.
        waited_for: &'static str,
        /// How long.
        limit: Duration,
    },
    /// Too much.
    #[error("the server sent more than {0} bytes at once")]
    TooMuch(usize),
    /// What is no IMAP.
    #[error("the server does not speak IMAP: {0}")]
    NoImap(String),
    /// A name that can't be sent.
    #[error("the user or password has a control character")]
    Unsendable,
}

impl Problem {
    /// How far the connection came.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match self {
            Self::Private(_) | Self::Name { .. } => Stage::Name,
            Self::Unreachable { .. } | Self::NoImap(_) => Stage::Connection,
            Self::Tls { .. } | Self::NoStartTls(_) | Self::Plain(_) => Stage::Tls,
            Self::NoMechanism { .. } | Self::Login { .. } | Self::Unsendable => Stage::Login,
            Self::Refused { .. } | Self::Bye(_) | Self::Lost(_) | Self::Late { .. } | Self::TooMuch(_) => {
                Stage::Command
            }
        }
    }

    /// Whether the connection can be used no more.
    #[must_use]
    pub fn ends_connection(&self) -> bool {
        !matches!(self, Self::Refused { .. })
    }

    /// Whether the server refuses for a while, and says so by a code (RFC 5530, RFC 9051; Microsoft's and Gmail's own).
    #[must_use]
    pub fn passes(&self) -> bool {
        const CODES: [&str; 5] = ["[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[OVERQUOTA]", "[THROTTLED]"];
        match self {
            Self::Refused { words, .. } | Self::Login { words } => {
                CODES.iter().any(|code| words.to_ascii_uppercase().starts_with(code))
            }
            _ => false,
        }
    }

    /// What to do about it, as far as that is known.
    #[must_use]
    pub fn suggestion(&self) -> Option<&'static str> {
        match self {
            Self::Private(_) => Some("start the server with --allow-private-targets and the network of this host"),
            Self::Name { .. } => Some("check the spelling of `host`"),
            Self::Unreachable { .. } => {
                Some("check `host`, `port` and firewalls: 993 is usual with tls `implicit`, 143 with `starttls`")
            }
            Self::Tls { .. } => Some(
                "check that `host` is the name in the server's certificate, that its CA is in the system's store or in `SSL_CERT_FILE`, and that `tls` fits the port: 993 `implicit`, 143 `starttls`",
            ),
            Self::NoStartTls(_) => Some("use tls `implicit` with port 993"),
            Self::Plain(_) => Some("use tls `implicit` with port 993, or `starttls` with port 143"),
            Self::NoMechanism { wanted: "a password", .. } => {
                Some("this server takes no passwords: use `auth` with `oauth`, or allow passwords for IMAP there")
            }
            Self::NoMechanism { .. } => Some("this server takes no OAuth tokens: use `auth` with `secret`"),
            Self::Login { .. } if self.passes() => None,
            Self::Login { .. } => Some(
                "check `user` and the secret; check that IMAP is enabled for this account; Gmail takes app passwords only, Microsoft 365 OAuth only",
            ),
            Self::NoImap(_) => Some("check `port`, and that `tls` fits it: 993 `implicit`, 143 `starttls`"),
            Self::Unsendable => Some("set the secret again, without a line break at its end"),
            Self::Refused { .. } | Self::Bye(_) | Self::Lost(_) | Self::Late { .. } | Self::TooMuch(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_refuses_for_a_while_is_known_by_its_code() {
        for (words, passes) in [
            ("[UNAVAILABLE] try again later", true),
            ("[throttled] slow down", true),
            ("[SERVERBUG] could not be fetched", false),
            ("no such message [LIMIT]", false),
        ] {
            assert_eq!(Problem::Refused { command: "FETCH", words: words.to_owned() }.passes(), passes, "{words}");
        }
        assert!(!Problem::Lost("[LIMIT]".to_owned()).passes());
        assert!(Problem::Login { words: "[UNAVAILABLE] not now".to_owned() }.passes());
        assert!(!Problem::Login { words: "[AUTHENTICATIONFAILED] no".to_owned() }.passes());
    }
}
