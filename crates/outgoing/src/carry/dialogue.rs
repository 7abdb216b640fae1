//! The client's side of SMTP on one connection (RFC 5321): what is said, and what comes back.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use waypost_reach::Secrets;

use super::answer::Answer;
use super::login::Exchange;
use super::timeouts::Timeouts;
use crate::address::MailAddress;

/// The longest line of a reply that is read, in bytes; RFC 5321 section 4.5.3.1.5 allows 512.
const LONGEST_LINE: u64 = 8192;
/// The most lines of a reply that are read.
const MOST_LINES: usize = 500;
/// How much of the content is written at a time, in bytes: each gets [`Timeouts::block`].
const BLOCK: usize = 64 * 1024;
/// How long one looks for a reply after the connection broke: servers say why before they close.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Where a delivery stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Connect,
    Tls,
    Greeting,
    Hello,
    Login,
    /// The server is not asked: it lacks an extension that the mail needs.
    Extensions,
    Sender,
    Recipient,
    Data,
    Content,
}

/// Why a delivery stopped: what a receiver answered, or what we say of the connection.
#[derive(Clone, Debug)]
pub(super) struct Stop {
    pub(super) step: Step,
    pub(super) answer: Answer,
}

/// Anything that bytes go through.
pub(super) trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Socket for T {}

/// A mail on its way: the envelope, and the content as it goes over the wire.
pub(super) struct Parcel<'x> {
    pub(super) sender: Option<&'x MailAddress>,
    pub(super) recipient: &'x MailAddress,
    pub(super) needs_utf8: bool,
    pub(super) is_ascii: bool,
    pub(super) size: usize,
    pub(super) stuffed: &'x [u8],
}

/// A connection to a server.
pub(super) struct Dialogue {
    stream: BufReader<Box<dyn Socket>>,
    host: String,
    timeouts: Timeouts,
    /// The lines of the answer to EHLO, in upper case, the first left out.
    offers: Vec<String>,
    encrypted: bool,
    /// What the server was sent and may repeat.
    secrets: Secrets,
}

impl Dialogue {
    pub(super) fn new(socket: Box<dyn Socket>, host: &str, timeouts: Timeouts) -> Self {
        Self {
            stream: BufReader::new(socket),
            host: host.to_owned(),
            timeouts,
            offers: Vec::new(),
            encrypted: false,
            secrets: Secrets::default(),
        }
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// Whether the answer to EHLO has a keyword.
    pub(super) fn offers(&self, keyword: &str) -> bool {
        self.offers.iter().any(|line| line.split(' ').next() == Some(keyword))
    }

    /// The mechanisms that AUTH offers.
    pub(super) fn mechanisms(&self) -> Vec<String> {
        // Old servers write `AUTH=`.
        let lines = self.offers.iter().filter_map(|line| line.strip_prefix("AUTH "));
        let old = self.offers.iter().filter_map(|line| line.strip_prefix("AUTH="));
        lines.chain(old).flat_map(str::split_ascii_whitespace).map(str::to_owned).collect()
    }

    /// Whether nothing has come in that nobody asked for: an answer too many, a farewell, the end.
    pub(super) async fn is_quiet(&mut self) -> bool {
        let stream = &mut self.stream;
        poll_fn(|context| Poll::Ready(Pin::new(&mut *stream).poll_fill_buf(context).is_pending())).await
    }

    /// Goes on in TLS.
    pub(super) async fn encrypt(self, config: Arc<ClientConfig>, name: &str) -> Result<Self, Stop> {
        let stop = |text: String| Stop { step: Step::Tls, answer: Answer::of(&self.host, text) };
        if !self.stream.buffer().is_empty() {
            return Err(stop("the server wrote more after its answer to STARTTLS, before TLS began".to_owned()));
        }
        let name =
            ServerName::try_from(name.to_owned()).map_err(|_| stop(format!("`{name}` can have no certificate")))?;
        let handshake = TlsConnector::from(config).connect(name, self.stream.into_inner());
        let failed = |why: String| Stop { step: Step::Tls, answer: Answer::of(&self.host, why) };
        let stream = match timeout(self.timeouts.tls, handshake).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(failed(format!("TLS failed: {error}"))),
            Err(_) => return Err(failed(format!("no TLS within {}", seconds(self.timeouts.tls)))),
        };
        let stream = BufReader::new(Box::new(stream) as Box<dyn Socket>);
        let Self { host, timeouts, secrets, .. } = self;
        Ok(Self { stream, encrypted: true, offers: Vec::new(), host, timeouts, secrets })
    }

    pub(super) async fn greeting(&mut self) -> Result<(), Stop> {
        let answer = self.reply(Step::Greeting, self.timeouts.greeting).await?;
        expect(Step::Greeting, answer, |code| code == 220).map(drop)
    }

    /// EHLO, or HELO where that is unknown.
    pub(super) async fn hello(&mut self, name: &str) -> Result<(), Stop> {
        let time = self.timeouts.command;
        let answer = self.command(Step::Hello, &format!("EHLO {name}"), time).await?;
        if matches!(answer.code, Some(500 | 501 | 502 | 504 | 550)) {
            let answer = self.command(Step::Hello, &format!("HELO {name}"), time).await?;
            self.offers.clear();
            return expect(Step::Hello, answer, is_done).map(drop);
        }
        let answer = expect(Step::Hello, answer, is_done)?;
        self.offers = answer.text.lines().skip(1).map(str::to_ascii_uppercase).collect();
        Ok(())
    }

    pub(super) async fn start_tls(&mut self) -> Result<(), Stop> {
        let answer = self.command(Step::Tls, "STARTTLS", self.timeouts.command).await?;
        expect(Step::Tls, answer, |code| code == 220).map(drop)
    }

    /// Logs in. What proves who we are is in no answer from now on, whatever the server repeats.
    pub(super) async fn login(&mut self, exchange: &Exchange, secrets: Secrets) -> Result<(), Stop> {
        self.secrets = secrets;
        let mut answer = self.command(Step::Login, &exchange.first, self.timeouts.command).await?;
        for line in &exchange.then {
            if answer.code != Some(334) {
                break;
            }
            answer = self.command(Step::Login, line, self.timeouts.command).await?;
        }
        expect(Step::Login, answer, |code| code == 235).map(drop)
    }

    /// One mail for one recipient. The answer to its content is the receiver's word that it has it.
    pub(super) async fn send(&mut self, parcel: &Parcel<'_>) -> Result<Answer, Stop> {
        let mut sender =
            parcel.sender.map_or_else(|| "MAIL FROM:<>".to_owned(), |sender| format!("MAIL FROM:<{sender}>"));
        if self.offers("SIZE") {
            sender.push_str(&format!(" SIZE={}", parcel.size));
        }
        if !parcel.is_ascii {
            sender.push_str(" BODY=8BITMIME");
        }
        if parcel.needs_utf8 {
            sender.push_str(" SMTPUTF8");
        }
        let time = self.timeouts.command;
        let answer = self.command(Step::Sender, &sender, time).await?;
        expect(Step::Sender, answer, is_done)?;
        let answer = self.command(Step::Recipient, &format!("RCPT TO:<{}>", parcel.recipient), time).await?;
        expect(Step::Recipient, answer, is_done)?;
        let answer = self.command(Step::Data, "DATA", self.timeouts.data).await?;
        expect(Step::Data, answer, |code| code == 354)?;
        self.content(parcel.stuffed).await
    }

    async fn content(&mut self, stuffed: &[u8]) -> Result<Answer, Stop> {
        for block in stuffed.chunks(BLOCK) {
            self.write(Step::Content, block, self.timeouts.block).await?;
        }
        let answer = self.reply(Step::Content, self.timeouts.content).await?;
        expect(Step::Content, answer, is_done)
    }

    /// Forgets a mail that was begun, so that another can follow; whether that went well.
    pub(super) async fn reset(&mut self) -> bool {
        let answer = self.command(Step::Sender, "RSET", self.timeouts.command).await;
        answer.is_ok_and(|answer| answer.code.is_some_and(is_done))
    }

    async fn command(&mut self, step: Step, line: &str, time: Duration) -> Result<Answer, Stop> {
        // Whatever came before the question is no answer to it.
        if !self.stream.buffer().is_empty() {
            return Err(self.stop(step, "the server answered more than it was asked"));
        }
        self.write(step, format!("{line}\r\n").as_bytes(), time).await?;
        self.reply(step, time).await
    }

    async fn write(&mut self, step: Step, bytes: &[u8], time: Duration) -> Result<(), Stop> {
        let socket = self.stream.get_mut();
        let written = timeout(time, async {
            socket.write_all(bytes).await?;
            socket.flush().await
        });
        match written.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => match timeout(LAST_WORDS, self.read_reply(step)).await {
                Ok(Ok(answer)) if answer.code.is_some_and(|code| code >= 400) => Err(Stop { step, answer }),
                Ok(_) | Err(_) => Err(self.stop(step, &format!("the connection broke{}: {error}", during(step)))),
            },
            Err(_) => {
                let text = format!("the server took nothing for {}{}", seconds(time), during(step));
                Err(self.stop(step, &text))
            }
        }
    }

    async fn reply(&mut self, step: Step, time: Duration) -> Result<Answer, Stop> {
        match timeout(time, self.read_reply(step)).await {
            Ok(read) => read,
            Err(_) => Err(self.stop(step, &format!("no answer within {}{}", seconds(time), during(step)))),
        }
    }

    async fn read_reply(&mut self, step: Step) -> Result<Answer, Stop> {
        let mut lines = Vec::new();
        loop {
            let mut line = Vec::new();
            let read = (&mut self.stream).take(LONGEST_LINE).read_until(b'\n', &mut line).await;
            if let Err(error) = read {
                return Err(self.stop(step, &format!("the connection broke{}: {error}", during(step))));
            }
            if line.is_empty() {
                return Err(self.stop(step, &format!("the server closed the connection{}", during(step))));
            }
            let Some((code, last, text)) = parse_line(&line) else {
                let line = printable(&line);
                let text = format!("`{}` is not an SMTP reply{}", self.secrets.hidden_in(&line), during(step));
                return Err(self.stop(step, &text));
            };
            lines.push(self.secrets.hidden_in(&text).into_owned());
            if last {
                return Ok(Answer::said(code, &lines, &self.host));
            }
            if lines.len() >= MOST_LINES {
                return Err(self.stop(step, "the server's answer has no end"));
            }
        }
    }

    fn stop(&self, step: Step, text: &str) -> Stop {
        Stop { step, answer: Answer::of(&self.host, text) }
    }
}

/// Whether a code says that a command was carried out: by its first digit (RFC 5321 section 4.2.1), such as the 252 of servers that don't
/// check recipients. A greeting and a farewell are about the connection, and answer no command.
fn is_done(code: u16) -> bool {
    (200..300).contains(&code) && !matches!(code, 220 | 221)
}

/// The answer, if its code is what is wanted. Any other positive code is no answer to this step: then the receiver's words are kept, but
/// its code is not, since it must not count as a verdict.
fn expect(step: Step, answer: Answer, wanted: impl Fn(u16) -> bool) -> Result<Answer, Stop> {
    match answer.code {
        Some(code) if wanted(code) => Ok(answer),
        Some(code) if code < 400 => {
            let text = format!("unexpected answer{}: {code} {}", during(step), answer.text);
            Err(Stop { step, answer: Answer { code: None, enhanced: None, text, host: answer.host } })
        }
        _ => Err(Stop { step, answer }),
    }
}

/// Code, whether it is the last line, and text of a reply's line (RFC 5321 section 4.2).
fn parse_line(line: &[u8]) -> Option<(u16, bool, String)> {
    let line = line.strip_suffix(b"\n")?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let (code, rest) = line.split_at_checked(3)?;
    let code: u16 =
        std::str::from_utf8(code).ok().filter(|code| code.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()?;
    if !(200..600).contains(&code) {
        return None;
    }
    match rest.split_first() {
        None => Some((code, true, String::new())),
        Some((b' ', text)) => Some((code, true, printable(text))),
        Some((b'-', text)) => Some((code, false, printable(text))),
        Some(_) => None,
    }
}

/// Text that any store and any log can hold.
fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.trim_end().chars().map(|c| if c.is_control() && c != '\t' { '\u{FFFD}' } else { c }).collect()
}

fn during(step: Step) -> &'static str {
    match step {
        Step::Connect | Step::Tls | Step::Extensions => "",
        Step::Greeting => " before its greeting",
        Step::Hello => " after EHLO",
        Step::Login => " after AUTH",
        Step::Sender => " after MAIL",
        Step::Recipient => " after RCPT",
        Step::Data => " after DATA",
        Step::Content => " after the content: the mail may have arrived",
    }
}

fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f32())
}

/// A future with a time limit, and what to say when it is over.
pub(super) async fn within<T>(time: Duration, what: &str, future: impl Future<Output = T>) -> Result<T, String> {
    timeout(time, future).await.map_err(|_| format!("{what} took more than {}", seconds(time)))
}
