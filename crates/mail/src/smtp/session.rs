//! A receiving session as a pure state machine: bytes in; replies, questions and actions out. It owns no socket and
//! reads no clock.

use std::mem;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use memchr::memchr;
use waypost_admission::{Budget, Hold};

use super::content::{Content, Fault, Progress};
use super::intake::{Envelope, Receipt, Recipient};
use super::refusal::{Cause, Refusal};
use super::reply::{Class, Status};
use super::settings::Settings;
use super::verbs;

/// The longest command line in bytes. RFC 5321 section 4.5.3.1.4 asks for 512, and extensions add to it.
const MAX_LINE: usize = 4096;

/// What a session wants of its surroundings next.
#[derive(Debug)]
pub enum Step<T> {
    /// More input; the replies so far should be sent before waiting for it.
    Read,
    /// Whether the client may begin another message now, to be given to [`Session::answer_sender`].
    Sender,
    /// The intake's word on a recipient, to be given to [`Session::answer_recipient`].
    Recipient(Recipient),
    /// The intake's word on a message, to be given to [`Session::answer_message`].
    Message(Envelope<T>, Bytes),
    /// A TLS handshake once the replies are sent, and then [`Session::secured`]. All input that is already there is to
    /// be thrown away: it was not protected (RFC 3207 section 6).
    StartTls,
    /// The end, once the replies are sent.
    Close,
}

/// A mail transaction, RFC 5321 section 3.3.
#[derive(Debug)]
pub(super) struct Transaction<T> {
    pub(super) sender: String,
    pub(super) smtputf8: bool,
    /// What the client said the size is, or 0.
    pub(super) declared: usize,
    pub(super) recipients: Vec<(Recipient, T)>,
    /// What came by BDAT so far; `None` before the first chunk.
    pub(super) chunks: Option<Content>,
}

#[derive(Debug)]
enum State {
    /// Between commands.
    Command,
    /// Within a command line that is too long already.
    LongLine,
    /// Within the content that follows DATA.
    Data(Content),
    /// Within a chunk that follows BDAT. Chunks that can't be taken are read, too, and dropped.
    Chunk { left: u64, last: bool },
    /// An intake is deciding on a message, which takes up this memory meanwhile.
    Deciding(Hold),
    /// Over.
    Closed,
}

/// A receiving session.
#[derive(Debug)]
pub struct Session<T> {
    pub(super) settings: Arc<Settings>,
    pub(super) secure: bool,
    /// What the client called itself; `None` before EHLO or HELO.
    pub(super) helo: Option<String>,
    pub(super) transaction: Option<Transaction<T>>,
    remote: SocketAddr,
    budget: Budget,
    pending: Option<Recipient>,
    state: State,
    errors: u32,
    /// Commands since they were last asked for.
    commands: u32,
}

impl<T> Session<T> {
    /// A session with a client that has just connected.
    #[must_use]
    pub fn new(settings: Arc<Settings>, budget: Budget, remote: SocketAddr) -> Self {
        Self {
            settings,
            secure: false,
            helo: None,
            transaction: None,
            remote,
            budget,
            pending: None,
            state: State::Command,
            errors: 0,
            commands: 0,
        }
    }

    /// The first words, which are the server's.
    pub fn greet(&self, out: &mut Vec<u8>) {
        Status::plain(Class::Success, 20).write(out, format_args!("{} ESMTP ready", self.settings.hostname));
    }

    /// Works on input until more is needed or the intake is to be asked. Also says how much of the input was used; the
    /// rest is to be given again, with what comes after it.
    pub fn step(&mut self, input: &[u8], out: &mut Vec<u8>) -> (usize, Step<T>) {
        let mut at = 0;
        loop {
            let rest = input.get(at..).unwrap_or_default();
            let (used, next) = match mem::replace(&mut self.state, State::Command) {
                State::Command => self.command(rest, out),
                State::LongLine => self.long_line(rest, out),
                State::Data(content) => self.data(content, rest, out),
                State::Chunk { left, last } => self.chunk(left, last, rest, out),
                State::Deciding(hold) => {
                    self.state = State::Deciding(hold);
                    (0, Some(Step::Read))
                }
                State::Closed => {
                    self.state = State::Closed;
                    (rest.len(), Some(Step::Close))
                }
            };
            at += used;
            if let Some(step) = next {
                return (at, step);
            }
        }
    }

    /// Answers [`Step::Sender`]; an error is how long the client should wait.
    pub fn answer_sender(&mut self, answer: Result<(), Duration>, out: &mut Vec<u8>) {
        match answer {
            Ok(()) => Status::new(Class::Success, 50, 1, 0).write(out, "sender taken"),
            Err(wait) => {
                self.transaction = None;
                tracing::info!(remote = %self.remote, "mail refused for now: too many from this address");
                let seconds = wait.as_secs() + 1;
                Status::new(Class::Temporary, 50, 7, 1)
                    .write(out, format_args!("too much mail from your address, try again in {seconds} seconds"));
            }
        }
    }

    /// Answers [`Step::Recipient`].
    pub fn answer_recipient(&mut self, answer: Result<T, Refusal>, out: &mut Vec<u8>) {
        let (Some(recipient), Some(transaction)) = (self.pending.take(), self.transaction.as_mut()) else { return };
        match answer {
            Ok(ticket) => {
                transaction.recipients.push((recipient, ticket));
                Status::new(Class::Success, 50, 1, 5).write(out, "recipient taken");
            }
            Err(refusal) => self.refuse(&refusal, out),
        }
    }

    /// Answers [`Step::Message`].
    pub fn answer_message(&mut self, answer: Result<Receipt, Refusal>, out: &mut Vec<u8>) {
        self.state = State::Command;
        match answer {
            Ok(receipt) => {
                self.errors = 0;
                Status::new(Class::Success, 50, 0, 0).write(out, format_args!("taken as {}", receipt.id));
            }
            Err(refusal) => self.refuse(&refusal, out),
        }
    }

    /// The connection is encrypted from here on: all that was said before counts for nothing (RFC 3207 section 4.2).
    pub fn secured(&mut self) {
        self.secure = true;
        self.helo = None;
        self.transaction = None;
    }

    /// Whether closing now interrupts no message.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let within_chunks = self.transaction.as_ref().is_some_and(|transaction| transaction.chunks.is_some());
        matches!(self.state, State::Command | State::LongLine | State::Closed) && !within_chunks
    }

    /// How many command lines there were since this was last asked.
    pub fn take_commands(&mut self) -> u32 {
        mem::take(&mut self.commands)
    }

    /// Ends the session for a reason of the server's own.
    pub fn close(&mut self, reason: &str, out: &mut Vec<u8>) {
        Status::new(Class::Temporary, 21, 3, 2).write(out, format_args!("{} {reason}", self.settings.hostname));
        self.end();
    }

    /// The next step of the session is its end.
    pub(super) fn end(&mut self) {
        self.transaction = None;
        self.state = State::Closed;
    }

    /// Answers that a command failed by the client's fault, and ends a session of which too many did.
    pub(super) fn fail(&mut self, status: Status, text: &str, out: &mut Vec<u8>) {
        status.write(out, text);
        self.errors += 1;
        if self.errors >= self.settings.max_errors {
            Status::new(Class::Temporary, 21, 7, 0).write(out, "too many errors, closing");
            self.end();
        }
    }

    fn refuse(&mut self, refusal: &Refusal, out: &mut Vec<u8>) {
        tracing::info!(
            remote = %self.remote,
            code = refusal.cause().status().code(),
            reason = refusal.private(),
            "mail refused"
        );
        // Of a list of recipients many may be gone, and of them the client can know nothing: that is no error of its.
        let counts = refusal.cause() != Cause::UnknownRecipient;
        match refusal.cause().status().class() {
            Class::Permanent if counts => self.fail(refusal.cause().status(), refusal.public(), out),
            _ => refusal.cause().status().write(out, refusal.public()),
        }
    }

    /// Asks for the intake's word on a recipient.
    pub(super) fn ask(&mut self, recipient: Recipient) -> Step<T> {
        self.pending = Some(recipient.clone());
        Step::Recipient(recipient)
    }

    /// Content follows, up to its dot.
    pub(super) fn expect_data(&mut self, declared: usize) {
        self.state = State::Data(self.content(declared));
    }

    /// So many bytes of content follow.
    pub(super) fn expect_chunk(&mut self, left: u64, last: bool) {
        self.state = State::Chunk { left, last };
    }

    /// An empty content.
    pub(super) fn content(&self, declared: usize) -> Content {
        let endless = self.settings.endless();
        let hold = self.budget.hold(self.remote.ip());
        Content::new(declared, (self.settings.max_message, endless), self.settings.bare_lf, hold)
    }

    fn command(&mut self, input: &[u8], out: &mut Vec<u8>) -> (usize, Option<Step<T>>) {
        let Some(end) = memchr(b'\n', input) else {
            if input.len() > MAX_LINE {
                self.state = State::LongLine;
                return (input.len(), None);
            }
            return (0, Some(Step::Read));
        };
        let line = input.get(..end).unwrap_or_default();
        self.commands = self.commands.saturating_add(1);
        let step = match line.strip_suffix(b"\r") {
            _ if end > MAX_LINE => {
                self.fail(verbs::SYNTAX, "line too long", out);
                None
            }
            None => {
                self.fail(verbs::SYNTAX, "lines end with CRLF, not with LF alone", out);
                None
            }
            Some(line) => match std::str::from_utf8(line) {
                Ok(line) if !line.contains(|c: char| c.is_control() && c != '\t') => verbs::run(self, line, out),
                _ => {
                    self.fail(verbs::SYNTAX, "commands are printable text", out);
                    None
                }
            },
        };
        (end + 1, step)
    }

    fn long_line(&mut self, input: &[u8], out: &mut Vec<u8>) -> (usize, Option<Step<T>>) {
        match memchr(b'\n', input) {
            Some(end) => {
                self.fail(verbs::SYNTAX, "line too long", out);
                (end + 1, None)
            }
            None => {
                self.state = State::LongLine;
                (input.len(), Some(Step::Read))
            }
        }
    }

    fn data(&mut self, mut content: Content, input: &[u8], out: &mut Vec<u8>) -> (usize, Option<Step<T>>) {
        let (used, progress) = content.read_data(input);
        match progress {
            Progress::More => {
                self.state = State::Data(content);
                (used, Some(Step::Read))
            }
            Progress::End => (used, self.complete(content, out)),
            Progress::FakeEnd => {
                tracing::warn!(remote = %self.remote, "a false end of data: the connection is closed");
                Status::new(Class::Permanent, 21, 5, 2).write(out, "a dot between line ends other than CRLF, closing");
                self.end();
                (input.len(), None)
            }
            Progress::Endless => {
                self.end_endless(out);
                (input.len(), None)
            }
        }
    }

    /// Ends the session of a client that sends more than any message may have, whatever comes of it.
    pub(super) fn end_endless(&mut self, out: &mut Vec<u8>) {
        tracing::info!(remote = %self.remote, "a message without an end: the connection is closed");
        Cause::TooLarge.status().write(out, "the message is larger than this server takes by far, closing");
        self.end();
    }

    fn chunk(&mut self, left: u64, last: bool, input: &[u8], out: &mut Vec<u8>) -> (usize, Option<Step<T>>) {
        let here = usize::try_from(left).map_or(input.len(), |left| left.min(input.len()));
        let chunks = self.transaction.as_mut().and_then(|transaction| transaction.chunks.as_mut());
        if let Some(chunks) = chunks {
            chunks.read_chunk(input.get(..here).unwrap_or_default());
        }
        let left = left - here as u64;
        if left > 0 {
            self.state = State::Chunk { left, last };
            return (here, Some(Step::Read));
        }
        (here, verbs::chunk_read(self, last, out))
    }

    /// The content is there: hands it over, or says what is wrong with it. The transaction is over either way.
    pub(super) fn complete(&mut self, content: Content, out: &mut Vec<u8>) -> Option<Step<T>> {
        let transaction = self.transaction.take()?;
        match content.finish() {
            Ok((bytes, hold)) => {
                self.state = State::Deciding(hold);
                let envelope = Envelope {
                    sender: transaction.sender,
                    recipients: transaction.recipients,
                    remote: self.remote,
                    helo: self.helo.clone().unwrap_or_default(),
                    tls: self.secure,
                    smtputf8: transaction.smtputf8,
                };
                Some(Step::Message(envelope, Bytes::from(bytes)))
            }
            Err(fault) => {
                self.report(fault, out);
                None
            }
        }
    }

    fn report(&mut self, fault: Fault, out: &mut Vec<u8>) {
        let lines = Status::new(Class::Permanent, 50, 5, 2);
        match fault {
            Fault::BareLineFeed => self.fail(lines, "the message has a LF without CR; lines end with CRLF", out),
            Fault::BareCarriageReturn => self.fail(lines, "the message has a CR without LF; lines end with CRLF", out),
            Fault::TooLarge => self.refuse(&Refusal::new(Cause::TooLarge, "more bytes than allowed"), out),
            Fault::NoRoom => self.refuse(&Refusal::new(Cause::StorageFull, "too much mail in memory"), out),
        }
    }
}
