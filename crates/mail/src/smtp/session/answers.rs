//! What a session does with answers to its questions, and how it refuses.

use std::net::SocketAddr;
use std::time::Duration;

use waypost_admission::Full;

use super::super::complaint::{Complaint, Row, Weight};
use super::super::intake::Receipt;
use super::super::refusal::Refusal;
use super::super::reply::{Class, Status};
use super::{Session, State, Step};

/// Why the server ends a session of its own accord.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The server shuts down.
    Stopping,
    /// Another connection needs the room.
    Evicted,
    /// The client was silent for too long, or did not read.
    Silent,
    /// A message took too long from its first byte to its last.
    SlowContent,
    /// The session took too long.
    LongSession,
    /// The client's address gave too many commands within a minute.
    Commands,
}

impl<T> Session<T> {
    /// Answers [`Step::Client`](super::Step::Client): an error is what is full.
    pub fn answer_client(&mut self, client: SocketAddr, room: Result<(), Full>, out: &mut Vec<u8>) {
        self.remote = client;
        self.reset();
        match room {
            Ok(()) => self.open(),
            Err(full) => self.complain(Complaint::of(full), None, out),
        }
    }

    /// Answers [`Step::Sender`](super::Step::Sender); an error is how long the client should wait.
    pub fn answer_sender(&mut self, answer: Result<(), Duration>, out: &mut Vec<u8>) {
        match answer {
            Ok(()) => Status::new(Class::Success, 50, 1, 0).write(out, "sender accepted"),
            Err(_) => {
                self.transaction = None;
                self.complain(Complaint::MailsPerMinute, Some(self.settings.mails_per_minute.into()), out);
            }
        }
    }

    /// Answers [`Step::Recipient`](super::Step::Recipient).
    pub fn answer_recipient(&mut self, answer: Result<T, Refusal>, out: &mut Vec<u8>) {
        let (Some(recipient), Some(transaction)) = (self.pending.take(), self.transaction.as_mut()) else { return };
        match answer {
            Ok(ticket) => {
                transaction.recipients.push((recipient, ticket));
                Status::new(Class::Success, 50, 1, 5).write(out, "recipient accepted");
            }
            Err(refusal) => self.refuse(&refusal, out),
        }
    }

    /// Answers [`Step::Message`](super::Step::Message).
    pub fn answer_message(&mut self, answer: Result<Receipt, Refusal>, out: &mut Vec<u8>) {
        self.state = State::Command;
        match answer {
            Ok(receipt) => {
                self.errors = 0;
                self.fruitless = 0;
                Status::new(Class::Success, 50, 0, 0).write(out, format_args!("taken as {}", receipt.id));
            }
            Err(refusal) => self.refuse(&refusal, out),
        }
    }

    /// Ends the session for a reason of the server's own.
    pub fn close(&mut self, ending: Ending, out: &mut Vec<u8>) {
        let settings = &self.settings;
        let (complaint, limit) = match ending {
            Ending::Stopping => (Complaint::Stopping, None),
            Ending::Evicted => (Complaint::Evicted, None),
            Ending::Silent if self.awaits_header() => (Complaint::ProxyLate, None),
            Ending::Silent => (Complaint::Silent, Some(settings.idle.as_secs())),
            Ending::SlowContent => (Complaint::SlowContent, Some(settings.max_data.as_secs())),
            Ending::LongSession => (Complaint::LongSession, Some(settings.max_session.as_secs())),
            Ending::Commands => (Complaint::CommandsPerMinute, Some(settings.commands_per_minute.into())),
        };
        self.complain(complaint, limit, out);
    }

    /// Refuses by the table: tells the client and the log, and ends the session where that is due. `limit` is the limit that was exceeded.
    pub(in super::super) fn complain(&mut self, complaint: Complaint, limit: Option<u64>, out: &mut Vec<u8>) {
        let row = complaint.row();
        self.tell(row, row.public, row.private, limit, out);
    }

    /// The same as the last words on a command.
    pub(in super::super) fn complained<S>(
        &mut self,
        complaint: Complaint,
        limit: Option<u64>,
        out: &mut Vec<u8>,
    ) -> Option<Step<S>> {
        self.complain(complaint, limit, out);
        None
    }

    fn refuse(&mut self, refusal: &Refusal, out: &mut Vec<u8>) {
        self.tell(refusal.cause().complaint().row(), refusal.public(), refusal.private(), None, out);
    }

    fn tell(&mut self, row: Row, public: &str, private: &str, limit: Option<u64>, out: &mut Vec<u8>) {
        let (remote, code, enhanced) = (self.remote, row.status.code(), row.status.enhanced());
        match row.weight {
            Weight::Mistake => tracing::debug!(%remote, code, enhanced, reason = private, limit, "refused"),
            Weight::Limit | Weight::Closing => {
                tracing::info!(%remote, code, enhanced, reason = private, limit, "refused");
            }
            Weight::Attack => tracing::warn!(%remote, code, enhanced, reason = private, limit, "refused"),
        }
        // Before its handshake, a client that speaks TLS can read nothing.
        if self.secure || !self.encrypted {
            row.status.write(out, public);
        }
        match row.weight {
            Weight::Limit => {}
            Weight::Closing | Weight::Attack => self.end(),
            Weight::Mistake => {
                self.errors += 1;
                if self.errors >= self.settings.max_errors {
                    self.complain(Complaint::ErrorsOfSession, Some(self.settings.max_errors.into()), out);
                }
            }
        }
    }
}
