//! A receiving session as a pure state machine: bytes in; replies, questions and actions out. It owns no socket and
//! reads no clock.

mod answers;

use std::mem;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use memchr::memchr;
use waypost_admission::{Budget, Hold};

use super::complaint::Complaint;
use super::content::{Content, Fault, Progress};
use super::intake::{Envelope, Recipient};
use super::proxy::{self, Header};
use super::reply::{Class, Status};
use super::settings::Settings;
use super::verbs;

pub use answers::Ending;

/// The longest command line in bytes. RFC 5321 section 4.5.3.1.4 asks for 512, and extensions add to it.
const MAX_LINE: usize = 4096;

/// What a session wants of its surroundings next.
#[derive(Debug)]
pub enum Step<T> {
    /// More input; the replies so far should be sent before waiting for it.
    Read,
    /// A TLS handshake before anything else, and then [`Session::secured`]. Input that is already there belongs to it.
    Handshake,
    /// A front end says that the client is another one. Whether there is room for it is to be given to [`Session::answer_client`].
    Client(SocketAddr),
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
    /// Before everything else, where a front end is to say who the client is.
    Header,
    /// Before the TLS handshake that a connection begins with.
    Handshake,
    /// Before the greeting.
    Greeting,
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
    /// What a front end says that the client called itself.
    pub(super) told_helo: Option<String>,
    /// Whether a front end has spoken of the client's address: from then on the client speaks.
    pub(super) is_client: bool,
    /// Where a relay has the next message from, by XFORWARD.
    pub(super) forwarded: Option<SocketAddr>,
    /// Whether the connection begins with a TLS handshake.
    encrypted: bool,
    /// The client: who is connected, or who a front end says that it is.
    remote: SocketAddr,
    /// Who is connected.
    peer: SocketAddr,
    budget: Budget,
    pending: Option<Recipient>,
    state: State,
    errors: u32,
    /// Commands since they were last asked for.
    commands: u32,
    /// Commands since the last message that was accepted.
    fruitless: u32,
    /// How many empty lines the connection began with, as long as nothing else came.
    blank: Option<u8>,
}

impl<T> Session<T> {
    /// A session with a client that has just connected from `remote`. An `encrypted` one begins with a TLS handshake.
    #[must_use]
    pub fn new(settings: Arc<Settings>, budget: Budget, remote: SocketAddr, encrypted: bool) -> Self {
        let proxied = settings.proxies.contains(remote.ip());
        let mut session = Self {
            settings,
            secure: false,
            helo: None,
            transaction: None,
            told_helo: None,
            is_client: false,
            forwarded: None,
            encrypted,
            remote,
            peer: remote,
            budget,
            pending: None,
            state: State::Header,
            errors: 0,
            commands: 0,
            fruitless: 0,
            blank: Some(0),
        };
        if !proxied {
            session.open();
        }
        session
    }

    /// Where the client is, as far as known by now.
    #[must_use]
    pub fn remote(&self) -> SocketAddr {
        self.remote
    }

    /// Whether whoever speaks may say by XCLIENT and XFORWARD who the client is.
    pub(super) fn may_name_client(&self) -> bool {
        !self.is_client && self.settings.xclients.contains(self.remote.ip())
    }

    /// Whether a front end has yet to say who the client is.
    #[must_use]
    pub fn awaits_header(&self) -> bool {
        matches!(self.state, State::Header)
    }

    /// What comes first once it is known who the client is.
    fn open(&mut self) {
        self.state = if self.encrypted && !self.secure { State::Handshake } else { State::Greeting };
    }

    /// Works on input until more is needed or the intake is to be asked. Also says how much of the input was used; the
    /// rest is to be given again, with what comes after it.
    pub fn step(&mut self, input: &[u8], out: &mut Vec<u8>) -> (usize, Step<T>) {
        let mut at = 0;
        loop {
            let rest = input.get(at..).unwrap_or_default();
            let (used, next) = match mem::replace(&mut self.state, State::Command) {
                State::Header => self.header(rest, out),
                State::Handshake => {
                    self.state = State::Handshake;
                    (0, Some(Step::Handshake))
                }
                State::Greeting => {
                    Status::plain(Class::Success, 20)
                        .write(out, format_args!("{} ESMTP ready", self.settings.hostname));
                    (0, None)
                }
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

    /// The connection is encrypted from here on: all that was said before counts for nothing (RFC 3207 section 4.2).
    pub fn secured(&mut self) {
        self.secure = true;
        self.reset();
        if matches!(self.state, State::Handshake) {
            self.open();
        }
    }

    /// Forgets what was said so far.
    fn reset(&mut self) {
        self.helo = None;
        self.transaction = None;
        self.forwarded = None;
    }

    /// Whether closing now interrupts no message.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let within_chunks = self.transaction.as_ref().is_some_and(|transaction| transaction.chunks.is_some());
        !matches!(self.state, State::Data(_) | State::Chunk { .. } | State::Deciding(_)) && !within_chunks
    }

    /// How many command lines there were since this was last asked.
    pub fn take_commands(&mut self) -> u32 {
        mem::take(&mut self.commands)
    }

    /// The next step of the session is its end.
    pub(super) fn end(&mut self) {
        self.transaction = None;
        self.state = State::Closed;
    }

    /// The last command is none of those that lead nowhere.
    pub(super) fn uncount(&mut self) {
        self.fruitless = self.fruitless.saturating_sub(1);
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

    fn header(&mut self, input: &[u8], out: &mut Vec<u8>) -> (usize, Option<Step<T>>) {
        let complaint = match proxy::read(input) {
            Header::Partial => {
                self.state = State::Header;
                return (0, Some(Step::Read));
            }
            Header::Whole(used, None) => {
                self.open();
                return (used, None);
            }
            Header::Whole(used, Some(client)) => return (used, Some(Step::Client(client))),
            Header::Malformed => Complaint::ProxyMalformed,
            Header::TooLong => Complaint::ProxyTooLong,
        };
        self.complain(complaint, None, out);
        (input.len(), None)
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
        self.fruitless = self.fruitless.saturating_add(1);
        if self.fruitless > self.settings.max_commands {
            self.complain(Complaint::CommandsOfSession, Some(self.settings.max_commands.into()), out);
            return (end + 1, None);
        }
        // A header of the PROXY protocol, version 2, begins with two empty lines and one of NUL alone.
        let blank = self.blank.take();
        let step = match line.strip_suffix(b"\r") {
            _ if end > MAX_LINE => self.complained(Complaint::LineTooLong, Some(MAX_LINE as u64), out),
            None => self.complained(Complaint::BareLineFeed, None, out),
            Some([0]) if blank == Some(2) => self.complained(Complaint::ProxyUntrusted, None, out),
            Some(line) => match std::str::from_utf8(line) {
                Ok(line) if !line.contains(|c: char| c.is_control() && c != '\t') => {
                    self.blank = blank.filter(|_| line.is_empty()).map(|lines| lines.saturating_add(1));
                    verbs::run(self, line, out)
                }
                _ => self.complained(Complaint::NotText, None, out),
            },
        };
        (end + 1, step)
    }

    fn long_line(&mut self, input: &[u8], out: &mut Vec<u8>) -> (usize, Option<Step<T>>) {
        match memchr(b'\n', input) {
            Some(end) => {
                self.complain(Complaint::LineTooLong, Some(MAX_LINE as u64), out);
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
                self.complain(Complaint::FalseEnd, None, out);
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
        self.complain(Complaint::Endless, Some(self.settings.endless() as u64), out);
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
        let forwarded = self.forwarded.take();
        match content.finish() {
            Ok((bytes, hold)) => {
                self.state = State::Deciding(hold);
                let envelope = Envelope {
                    sender: transaction.sender,
                    recipients: transaction.recipients,
                    remote: forwarded.unwrap_or(self.remote),
                    peer: self.peer,
                    helo: self.told_helo.clone().or_else(|| self.helo.clone()).unwrap_or_default(),
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
        let (complaint, limit) = match fault {
            Fault::BareLineFeed => (Complaint::ContentLineFeed, None),
            Fault::BareCarriageReturn => (Complaint::ContentCarriageReturn, None),
            Fault::TooLarge => (Complaint::TooLarge, Some(self.settings.max_message as u64)),
            Fault::NoRoom => (Complaint::NoMemory, Some(self.settings.max_buffered as u64)),
        };
        self.complain(complaint, limit, out);
    }
}
