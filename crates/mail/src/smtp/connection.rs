//! A session on a socket.

use std::io;
use std::sync::Arc;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::budget::Budget;
use super::intake::Intake;
use super::session::{Session, Step};
use super::settings::Settings;

/// Room for the next read: enough for commands while there are only those.
const COMMAND_READ: usize = 4 * 1024;
/// Room for the next read while content comes.
const CONTENT_READ: usize = 64 * 1024;

/// Why talking stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    Closed,
    StartTls,
}

/// Talks to a client until either side has had enough. When `drain` turns true, the session is closed as soon as that
/// interrupts no message.
pub(super) async fn serve<I: Intake>(
    mut stream: TcpStream,
    settings: Arc<Settings>,
    budget: Budget,
    intake: Arc<I>,
    drain: watch::Receiver<bool>,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let remote = stream.peer_addr()?;
    let mut session = Session::new(Arc::clone(&settings), budget, remote);
    let mut greeting = Vec::with_capacity(256);
    session.greet(&mut greeting);
    let mut connection = Connection { settings: Arc::clone(&settings), intake, drain, out: greeting };
    if connection.talk(&mut session, &mut stream).await? == Stop::StartTls
        && let Some(config) = &settings.tls
    {
        let accepting = TlsAcceptor::from(Arc::clone(config)).accept(stream);
        let mut stream = timeout(settings.idle, accepting).await??;
        session.secured();
        // STARTTLS is refused on an encrypted connection, so this stops only by closing.
        connection.talk(&mut session, &mut stream).await?;
        let _ = timeout(settings.idle, stream.shutdown()).await?;
    }
    Ok(())
}

struct Connection<I> {
    settings: Arc<Settings>,
    intake: Arc<I>,
    drain: watch::Receiver<bool>,
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
        loop {
            let (used, step) = session.step(&input, &mut self.out);
            input.advance(used);
            match step {
                Step::Read => {
                    self.flush(stream).await?;
                    if !self.read(session, stream, &mut input).await? {
                        return Ok(Stop::Closed);
                    }
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
                    self.flush(stream).await?;
                    return Ok(Stop::StartTls);
                }
                Step::Close => {
                    self.flush(stream).await?;
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
        let silence = tokio::select! {
            biased;
            _ = self.drain.wait_for(|draining| *draining), if idle => {
                session.close("is shutting down", &mut self.out);
                return Ok(true);
            }
            read = timeout(self.settings.idle, stream.read_buf(input)) => match read {
                Ok(read) => return read.map(|count| count > 0),
                Err(silence) => silence,
            },
        };
        tracing::debug!(%silence, "closing a silent connection");
        session.close("was left waiting for too long", &mut self.out);
        Ok(true)
    }

    async fn flush(&mut self, stream: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        if self.out.is_empty() {
            return Ok(());
        }
        timeout(self.settings.idle, async {
            stream.write_all(&self.out).await?;
            stream.flush().await
        })
        .await??;
        self.out.clear();
        Ok(())
    }
}
