//! Accepting connections.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use waypost_admission::{Budget, Full, Gate, Rate};

use super::connection::{self, Shared};
use super::intake::Intake;
use super::reply::{Class, Status};
use super::settings::Settings;

/// How long to wait after accepting failed, at first and at most: it fails when the process is out of descriptors, and
/// trying at once would only burn time.
const PATIENCE: (Duration, Duration) = (Duration::from_millis(5), Duration::from_secs(1));

/// Serves clients until `drain` turns true or its sender is gone. Then no more are accepted, those within a message
/// finish it, all others are told 421; returns when the last is gone.
pub async fn serve<I: Intake>(
    listener: TcpListener,
    settings: Arc<Settings>,
    intake: Arc<I>,
    mut drain: watch::Receiver<bool>,
) {
    let gate = Gate::new(settings.connections, settings.trusted.clone());
    let shared = Arc::new(Shared {
        budget: Budget::new(settings.max_buffered, settings.trusted.clone()),
        mails: Rate::new(settings.mails_per_minute, settings.trusted.clone()),
        commands: Rate::new(settings.commands_per_minute, settings.trusted.clone()),
        settings,
    });
    let mut connections = JoinSet::new();
    let mut patience = PATIENCE.0;
    let draining = drain.clone();
    loop {
        let accepted = tokio::select! {
            biased;
            _ = drain.wait_for(|draining| *draining) => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            accepted = listener.accept() => accepted,
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
        let pass = match gate.enter(remote.ip(), Instant::now()) {
            Ok(pass) => pass,
            Err(full) => {
                turn_away(&stream, full);
                continue;
            }
        };
        let open = Open::new(Arc::clone(&intake));
        let session =
            connection::serve(stream, (remote, pass), Arc::clone(&shared), Arc::clone(&intake), draining.clone());
        connections.spawn(async move {
            if let Err(error) = session.await {
                tracing::debug!(%error, "connection lost");
            }
            drop(open);
        });
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
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
fn turn_away(stream: &TcpStream, full: Full) {
    let mut out = Vec::new();
    let text = format_args!("too many connections {}, try again later", full.whose());
    Status::new(Class::Temporary, 21, 3, 2).write(&mut out, text);
    // A connection this new takes a line; one that does not is dropped all the same.
    let _ = stream.try_write(&out);
}
