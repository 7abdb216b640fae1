//! What is found out about a mail as it comes in, once for each message and before any run: who sent it, and what a scanner says. It is kept
//! with the mail, and nothing asks again.

mod fields;
mod rspamd;

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use waypost_admission::Networks;
use waypost_authentication::{Authenticator, Finding, Mail};
use waypost_ids::ScanResult;
use waypost_mail::message::{AddressField, Message};
use waypost_store::records::facts::{AuthFact, AuthFacts, Facts, ScanFacts};

pub use rspamd::Rspamd;

/// What is known of the SMTP connection that a mail came by.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Where the mail came from: who is connected, or who a front end says that it is.
    pub client: IpAddr,
    /// Who is connected.
    pub peer: IpAddr,
    /// What the client called itself.
    pub helo: String,
}

/// Who is asked about mail that comes in; by default nobody.
#[derive(Default)]
pub struct Vetting {
    /// Who sent it; none is not asked.
    pub authenticator: Option<Authenticator>,
    /// What a scanner says; none is not asked.
    pub scanner: Option<Scanner>,
    /// The longest wait for the scanner.
    pub scan_time: Duration,
    /// Servers that hand in the mail of others, and whose header fields are believed.
    pub relays: Networks,
}

/// Who says whether a mail is spam or infected.
pub enum Scanner {
    /// An rspamd, by HTTP.
    Rspamd(Box<Rspamd>),
    /// Header fields that a trusted filter in front of this server wrote, by their names.
    Fields(Vec<String>),
}

/// How a mail came.
pub(super) struct Came<'m> {
    /// The envelope's sender.
    pub(super) from: &'m str,
    /// The recipients' addresses.
    pub(super) recipients: Vec<String>,
    /// What is known of its SMTP connection; none if it came otherwise.
    pub(super) connection: Option<&'m Connection>,
    /// Whether it was taken from a mailbox.
    pub(super) fetched: bool,
}

impl Vetting {
    /// Finds out about a mail. Both are asked at the same time, and neither takes longer than it is given.
    pub(super) async fn look(&self, came: &Came<'_>, message: &Message<'_>, raw: &Bytes) -> Facts {
        let (auth, scan) = tokio::join!(self.authenticate(came, message, raw), self.scan(came, message, raw));
        Facts { auth, scan }
    }

    async fn authenticate(&self, came: &Came<'_>, message: &Message<'_>, raw: &[u8]) -> AuthFacts {
        let Some(authenticator) = &self.authenticator else { return AuthFacts::default() };
        let authors: Vec<&str> =
            message.addresses(AddressField::From).iter().map(|author| author.domain.as_str()).collect();
        let mail = Mail {
            raw,
            signed: message.count("DKIM-Signature") > 0,
            authors: &authors,
            sender: came.from,
            helo: came.connection.map_or("", |connection| &connection.helo),
            client: came.connection.map(|connection| connection.client),
            peer: came.connection.map(|connection| connection.peer),
            fetched: came.fetched,
        };
        let found = authenticator.check(mail).await;
        AuthFacts { spf: fact(found.spf), dkim: fact(found.dkim), dmarc: fact(found.dmarc) }
    }

    async fn scan(&self, came: &Came<'_>, message: &Message<'_>, raw: &Bytes) -> ScanFacts {
        match &self.scanner {
            None => ScanFacts::default(),
            Some(Scanner::Fields(names)) => {
                let relayed = came.connection.is_some_and(|connection| self.relays.contains(connection.peer));
                if relayed || came.fetched { fields::read(names, message) } else { ScanFacts::default() }
            }
            Some(Scanner::Rspamd(rspamd)) => {
                let (result, reason) = rspamd.ask(came, raw, self.scan_time).await;
                if matches!(result, ScanResult::Timeout | ScanResult::Unavailable) {
                    tracing::warn!(result = result.as_str(), reason, "a mail was not scanned");
                }
                ScanFacts { result, by: "rspamd".to_owned(), reason }
            }
        }
    }
}

fn fact(finding: Finding) -> AuthFact {
    let Finding { result, domain, aligned, reason } = finding;
    AuthFact { result, domain, aligned, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_filters_fields_count_from_relays_and_mailboxes_alone() {
        let vetting = Vetting {
            scanner: Some(Scanner::Fields(vec!["X-Spam-Flag".to_owned()])),
            relays: ["10.0.0.0/8".parse().unwrap()].into_iter().collect(),
            ..Vetting::default()
        };
        let raw = Bytes::from_static(b"X-Spam-Flag: YES\r\n\r\nhi\r\n");
        let message = Message::parse(&raw);
        let from = |peer: &str| Connection {
            client: "192.0.2.1".parse().unwrap(),
            peer: peer.parse().unwrap(),
            helo: String::new(),
        };
        let (relay, stranger) = (from("10.0.0.5"), from("192.0.2.1"));
        for (connection, fetched, expected) in [
            (Some(&relay), false, ScanResult::Spam),
            (Some(&stranger), false, ScanResult::Unknown),
            (None, false, ScanResult::Unknown),
            (None, true, ScanResult::Spam),
        ] {
            let came = Came { from: "", recipients: Vec::new(), connection, fetched };
            let facts = vetting.look(&came, &message, &raw).await;
            assert_eq!(facts.scan.result, expected, "{connection:?}");
            assert_eq!(facts.auth, AuthFacts::default(), "nobody is asked who sent it");
        }
    }
}
