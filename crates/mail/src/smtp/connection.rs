//! A session on a socket.

use std::io::{self, Cursor};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use waypost_admission::{Budget, Gate, Pass, Rate};

use super::intake::Intake;
use super::session::{Ending, Session, Step};
use super::settings::Settings;

/// Room for the next read: enough for commands while there are only those.
const COMMAND_READ: usize = 4 * 1024;
/// Room for the next read while content comes.
const CONTENT_READ: usize = 64 * 1024;

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(60);

/// How long a front end may take to say who the client is: it knows from the beginning.
const HEADER: Duration = Duration::from_secs(10);

/// How long a client may take to read the last words of a session that the server ends.
const FAREWELL: Duration = Duration::from_secs(2);

/// Why talking stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    Closed,
    /// For a handshake to which what was read already belongs.
    Handshake,
    /// For a handshake, and what was read before counts for nothing.
    StartTls,
}

/// What all connections of a server have in common.
pub(super) struct Shared {
    pub(super) settings: Arc<Settings>,
    pub(super) gate: Arc<Gate>,
    pub(super) budget: Budget,
    pub(super) mails: Rate,
    pub(super) commands: Rate,
}

/// A connection that was let in.
pub(super) struct Arrived {
    pub(super) stream: TcpStream,
    pub(super) remote: SocketAddr,
    pub(super) pass: Pass,
    /// Whether it begins with a TLS handshake.
    pub(super) encrypted: bool,
}

/// Talks to a client until either side has had enough. When `drain` turns true, or when the connection is to go for
/// another, the session is closed as soon as that interrupts no message.
pub(super) async fn serve<I: Intake>(
    arrived: Arrived,
    shared: Arc<Shared>,
    intake: Arc<I>,
    drain: watch::Receiver<bool>,
) -> io::Result<()> {
    let Arrived { mut stream, remote, pass, encrypted } = arrived;
    stream.set_nodelay(true)?;
    let mut session = Session::new(Arc::clone(&shared.settings), shared.budget.clone(), remote, encrypted);
    let begun = Instant::now();
    let mut connection = Connection {
        shared,
        intake,
        drain,
        begun,
        pass: Some(pass),
        content_since: None,
        out: Vec::with_capacity(256),
    };
    let mut input = BytesMut::new();
    match connection.talk(&mut session, &mut stream, &mut input).await? {
        Stop::Closed => return Ok(()),
        Stop::Handshake => {}
        // It was not protected (RFC 3207 section 6).
        Stop::StartTls => input.clear(),
    }
    let Some(config) = connection.shared.settings.tls.clone() else { return Ok(()) };
    let (read, write) = stream.into_split();
    let accepting =
        TlsAcceptor::from(config).accept(tokio::io::join(AsyncReadExt::chain(Cursor::new(input), read), write));
    let mut stream = tokio::select! {
        () = connection.evicted() => return Ok(()),
        accepted = timeout(HANDSHAKE, accepting) => accepted??,
    };
    session.secured();
    // STARTTLS is refused on an encrypted connection, so this stops only by closing.
    connection.talk(&mut session, &mut stream, &mut BytesMut::new()).await?;
    timeout(FAREWELL, stream.shutdown()).await?
}

struct Connection<I> {
    shared: Arc<Shared>,
    intake: Arc<I>,
    drain: watch::Receiver<bool>,
    begun: Instant,
    /// None while the client is exchanged for another.
    pass: Option<Pass>,
    /// Since when the content of a message is coming.
    content_since: Option<Instant>,
    /// Replies not sent yet. They are sent together when the session needs more input, so that pipelined commands
    /// (RFC 2920) are answered in one write.
    out: Vec<u8>,
}

impl<I: Intake> Connection<I> {
    async fn talk(
        &mut self,
        session: &mut Session<I::Ticket>,
        stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
        input: &mut BytesMut,
    ) -> io::Result<Stop> {
        let idle = self.shared.settings.idle;
        loop {
            let (used, step) = session.step(input, &mut self.out);
            input.advance(used);
            match step {
                Step::Read if self.had_too_many_commands(session) => session.close(Ending::Commands, &mut self.out),
                Step::Read => {
                    self.flush(idle, stream).await?;
                    if !self.read(session, stream, input).await? {
                        return Ok(Stop::Closed);
                    }
                }
                Step::Client(client) => {
                    // The place of the one is free for the other.
                    self.pass = None;
                    let entered = self.shared.gate.enter(client.ip(), Instant::now());
                    let room = entered.map(|pass| self.pass = Some(pass));
                    session.answer_client(client, room, &mut self.out);
                }
                Step::Sender => {
                    self.content_since = None;
                    let wait = self.shared.mails.count(session.remote().ip(), 1, Instant::now());
                    session.answer_sender(wait, &mut self.out);
                }
                Step::Recipient(recipient) => {
                    let answer = self.intake.recipient(&recipient).await;
                    session.answer_recipient(answer, &mut self.out);
                }
                Step::Message(envelope, raw) => {
                    let answer = self.intake.message(envelope, raw).await;
                    session.answer_message(answer, &mut self.out);
                }
                Step::Handshake => return Ok(Stop::Handshake),
                Step::StartTls => {
                    self.flush(idle, stream).await?;
                    return Ok(Stop::StartTls);
                }
                Step::Close => {
                    self.flush(FAREWELL, stream).await?;
                    return Ok(Stop::Closed);
                }
            }
        }
    }

    /// Reads more; `false` when the client is gone.
    async fn read(
        &mut self,
        session: &mut Session<I::Ticket>,
        stream: &mut (impl AsyncRead + Unpin),
        input: &mut BytesMut,
    ) -> io::Result<bool> {
        let idle = session.is_idle();
        if idle && input.is_empty() && input.capacity() > CONTENT_READ / 2 {
            // A silent connection should not keep the room of its last message.
            *input = BytesMut::new();
        }
        input.reserve(if idle { COMMAND_READ } else { CONTENT_READ });
        let now = Instant::now();
        let settings = &self.shared.settings;
        let (left, late) = if idle {
            self.content_since = None;
            if let Some(pass) = &self.pass {
                pass.waits(now);
            }
            (settings.max_session.saturating_sub(now.duration_since(self.begun)), Ending::LongSession)
        } else {
            let since = *self.content_since.get_or_insert(now);
            (settings.max_data.saturating_sub(now.duration_since(since)), Ending::SlowContent)
        };
        let silence = if session.awaits_header() { HEADER.min(settings.idle) } else { settings.idle };
        let (evicted, drain) = (evicted(self.pass.as_ref()), &mut self.drain);
        let ending = tokio::select! {
            biased;
            _ = drain.wait_for(|draining| *draining), if idle => Ending::Stopping,
            () = evicted, if idle => Ending::Evicted,
            // What never is silent is looked at here.
            () = std::future::ready(()), if left.is_zero() => late,
            read = timeout(silence.min(left), stream.read_buf(input)) => match read {
                Ok(read) => {
                    if let Some(pass) = &self.pass {
                        pass.busy();
                    }
                    return read.map(|count| count > 0);
                }
                Err(_) if left < silence => late,
                Err(_) => Ending::Silent,
            },
        };
        session.close(ending, &mut self.out);
        Ok(true)
    }

    /// Counts the commands since the last time.
    fn had_too_many_commands(&self, session: &mut Session<I::Ticket>) -> bool {
        let commands = session.take_commands();
        self.shared.commands.count(session.remote().ip(), commands, Instant::now()).is_err()
    }

    /// Waits until the connection is to go for another.
    async fn evicted(&self) {
        evicted(self.pass.as_ref()).await;
    }

    async fn flush(&mut self, patience: Duration, stream: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        if self.out.is_empty() {
            return Ok(());
        }
        timeout(patience, async {
            stream.write_all(&self.out).await?;
            stream.flush().await
        })
        .await??;
        self.out.clear();
        Ok(())
    }
}

async fn evicted(pass: Option<&Pass>) {
    match pass {
        Some(pass) => pass.evicted().await,
        None => std::future::pending().await,
    }
}
