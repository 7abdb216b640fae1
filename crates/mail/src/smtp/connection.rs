//! A session on a socket.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use waypost_admission::{Budget, Pass, Rate};

use super::intake::Intake;
use super::session::{Session, Step};
use super::settings::Settings;

/// Room for the next read: enough for commands while there are only those.
const COMMAND_READ: usize = 4 * 1024;
/// Room for the next read while content comes.
const CONTENT_READ: usize = 64 * 1024;

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(60);

/// How long a client may take to read the last words of a session that the server ends.
const FAREWELL: Duration = Duration::from_secs(2);

/// Why talking stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    Closed,
    StartTls,
}

/// What all connections of a listener have in common.
pub(super) struct Shared {
    pub(super) settings: Arc<Settings>,
    pub(super) budget: Budget,
    pub(super) mails: Rate,
    pub(super) commands: Rate,
}

/// Talks to a client until either side has had enough. When `drain` turns true, or when the connection is to go for
/// another, the session is closed as soon as that interrupts no message.
pub(super) async fn serve<I: Intake>(
    mut stream: TcpStream,
    (remote, pass): (SocketAddr, Pass),
    shared: Arc<Shared>,
    intake: Arc<I>,
    drain: watch::Receiver<bool>,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut session = Session::new(Arc::clone(&shared.settings), shared.budget.clone(), remote);
    let mut greeting = Vec::with_capacity(256);
    session.greet(&mut greeting);
    let mut connection = Connection { shared, intake, drain, remote, pass, content_since: None, out: greeting };
    if connection.talk(&mut session, &mut stream).await? == Stop::StartTls
        && let Some(config) = connection.shared.settings.tls.clone()
    {
        let accepting = timeout(HANDSHAKE, TlsAcceptor::from(config).accept(stream));
        let mut stream = tokio::select! {
            () = connection.pass.evicted() => return Ok(()),
            accepted = accepting => accepted??,
        };
        session.secured();
        // STARTTLS is refused on an encrypted connection, so this stops only by closing.
        connection.talk(&mut session, &mut stream).await?;
        let _ = timeout(FAREWELL, stream.shutdown()).await?;
    }
    Ok(())
}

struct Connection<I> {
    shared: Arc<Shared>,
    intake: Arc<I>,
    drain: watch::Receiver<bool>,
    remote: SocketAddr,
    pass: Pass,
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
    ) -> io::Result<Stop> {
        // What is left in here when TLS starts is dropped with it, as it must be.
        let mut input = BytesMut::new();
        let idle = self.shared.settings.idle;
        loop {
            let (used, step) = session.step(&input, &mut self.out);
            input.advance(used);
            match step {
                Step::Read if self.had_too_many_commands(session) => {
                    session.close("had too many commands from your address within a minute", &mut self.out);
                }
                Step::Read => {
                    self.flush(idle, stream).await?;
                    if !self.read(session, stream, &mut input).await? {
                        return Ok(Stop::Closed);
                    }
                }
                Step::Sender => {
                    let wait = self.shared.mails.count(self.remote.ip(), 1, Instant::now());
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
        let patience = if idle {
            self.content_since = None;
            self.pass.waits(now);
            settings.idle
        } else {
            let since = *self.content_since.get_or_insert(now);
            settings.idle.min(settings.max_data.saturating_sub(now.duration_since(since)))
        };
        let reason = tokio::select! {
            biased;
            _ = self.drain.wait_for(|draining| *draining), if idle => "is shutting down",
            () = self.pass.evicted(), if idle => "has too many connections, this one was idle",
            read = timeout(patience, stream.read_buf(input)) => match read {
                Ok(read) => {
                    self.pass.busy();
                    return read.map(|count| count > 0);
                }
                Err(_) if patience < settings.idle => "waited too long for the end of the message",
                Err(_) => "was left waiting for too long",
            },
        };
        tracing::debug!(remote = %self.remote, reason, "closing a connection");
        session.close(reason, &mut self.out);
        Ok(true)
    }

    /// Counts the commands since the last time.
    fn had_too_many_commands(&self, session: &mut Session<I::Ticket>) -> bool {
        let commands = session.take_commands();
        let too_many = self.shared.commands.count(self.remote.ip(), commands, Instant::now()).is_err();
        if too_many {
            tracing::info!(remote = %self.remote, "too many commands: the connection is closed");
        }
        too_many
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
