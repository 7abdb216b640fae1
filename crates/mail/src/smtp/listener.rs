//! Accepting connections.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use waypost_admission::{Budget, Gate, Rate, SETTLES_WITHIN};

use super::complaint::Complaint;
use super::connection::{self, Arrived, Shared};
use super::intake::Intake;
use super::settings::Settings;

/// How long to wait after accepting failed, at first and at most: it fails when the process is out of descriptors, and
/// trying at once would only burn time.
const PATIENCE: (Duration, Duration) = (Duration::from_millis(5), Duration::from_secs(1));

/// A socket that clients connect to.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    /// Whether connections begin with a TLS handshake.
    encrypted: bool,
}

impl Listener {
    /// Connections begin in the clear, and STARTTLS is offered if there is a certificate.
    #[must_use]
    pub fn plain(socket: TcpListener) -> Self {
        Self { socket, encrypted: false }
    }

    /// Connections begin with a TLS handshake (RFC 8314 section 3.3). Without a certificate nobody can connect.
    #[must_use]
    pub fn encrypted(socket: TcpListener) -> Self {
        Self { socket, encrypted: true }
    }
}

/// Serves clients until `drain` turns true or its sender is gone. Then no more are accepted, those within a message
/// finish it, all others are told 421; returns when the last is gone. Limits hold over all listeners together.
pub async fn serve<I: Intake>(
    listeners: Vec<Listener>,
    settings: Arc<Settings>,
    intake: Arc<I>,
    drain: watch::Receiver<bool>,
) {
    // A balancer's connections are those of many clients, until it says whose each is.
    let excepted = settings.trusted.union(&settings.proxies);
    let shared = Arc::new(Shared {
        gate: Gate::new(settings.connections, excepted),
        budget: Budget::new(settings.max_buffered, settings.trusted.clone()),
        mails: Rate::new(settings.mails_per_minute, settings.trusted.clone()),
        commands: Rate::new(settings.commands_per_minute, settings.trusted.clone()),
        settings,
    });
    let mut doors = JoinSet::new();
    for listener in listeners {
        doors.spawn(accept(listener, Arc::clone(&shared), Arc::clone(&intake), drain.clone()));
    }
    while doors.join_next().await.is_some() {}
}

async fn accept<I: Intake>(
    Listener { socket, encrypted }: Listener,
    shared: Arc<Shared>,
    intake: Arc<I>,
    mut drain: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    let mut patience = PATIENCE.0;
    let draining = drain.clone();
    loop {
        let accepted = tokio::select! {
            biased;
            _ = drain.wait_for(|draining| *draining) => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            accepted = next(&socket, &shared.gate) => accepted,
        };
        let (stream, remote) = match accepted {
            Ok(accepted) => {
                patience = PATIENCE.0;
                accepted
            }
            Err(error) => {
                tracing::warn!(%error, "accepting a connection failed");
                tokio::time::sleep(patience).await;
                patience = (patience * 2).min(PATIENCE.1);
                continue;
            }
        };
        let pass = match shared.gate.enter(remote.ip(), Instant::now()) {
            Ok(pass) => pass,
            Err(full) => {
                turn_away(&stream, remote, Complaint::of(full), encrypted);
                continue;
            }
        };
        let open = Open::new(Arc::clone(&intake));
        let arrived = Arrived { stream, remote, pass, encrypted };
        let session = connection::serve(arrived, Arc::clone(&shared), Arc::clone(&intake), draining.clone());
        connections.spawn(async move {
            if let Err(error) = session.await {
                tracing::debug!(%remote, %error, "connection lost");
            }
            drop(open);
        });
    }
    drop(socket);
    while connections.join_next().await.is_some() {}
}

/// The next connection, once nearly all that made room for others are gone.
async fn next(socket: &TcpListener, gate: &Gate) -> io::Result<(TcpStream, SocketAddr)> {
    let _ = timeout(SETTLES_WITHIN, gate.settled()).await;
    socket.accept().await
}

/// A connection that is open until this is dropped.
struct Open<I: Intake>(Arc<I>);

impl<I: Intake> Open<I> {
    fn new(intake: Arc<I>) -> Self {
        intake.opened();
        Self(intake)
    }
}

impl<I: Intake> Drop for Open<I> {
    fn drop(&mut self) {
        self.0.closed();
    }
}

/// Tells a client to come back, without waiting for it.
fn turn_away(stream: &TcpStream, remote: SocketAddr, complaint: Complaint, encrypted: bool) {
    let row = complaint.row();
    tracing::info!(%remote, code = row.status.code(), enhanced = row.status.enhanced(), reason = row.private, "refused");
    if encrypted {
        return;
    }
    let mut out = Vec::new();
    row.status.write(&mut out, row.public);
    // A connection this new takes a line; one that does not is dropped all the same.
    let _ = stream.try_write(&out);
}
