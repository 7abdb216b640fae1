//! Accepting connections.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::budget::Budget;
use super::connection;
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
    let budget = Budget::new(settings.max_buffered);
    let permits = Arc::new(Semaphore::new(settings.max_connections.min(Semaphore::MAX_PERMITS)));
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
        let stream = match accepted {
            Ok((stream, _)) => {
                patience = PATIENCE.0;
                stream
            }
            Err(error) => {
                tracing::warn!(%error, "accepting a connection failed");
                tokio::time::sleep(patience).await;
                patience = (patience * 2).min(PATIENCE.1);
                continue;
            }
        };
        let Ok(permit) = Arc::clone(&permits).try_acquire_owned() else {
            turn_away(&stream);
            continue;
        };
        let open = Open::new(Arc::clone(&intake));
        let session =
            connection::serve(stream, Arc::clone(&settings), budget.clone(), Arc::clone(&intake), draining.clone());
        connections.spawn(async move {
            if let Err(error) = session.await {
                tracing::debug!(%error, "connection lost");
            }
            drop((permit, open));
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
fn turn_away(stream: &TcpStream) {
    let mut out = Vec::new();
    Status::new(Class::Temporary, 21, 3, 2).write(&mut out, "too many connections, try again later");
    // A connection this new takes a line; one that does not is dropped all the same.
    let _ = stream.try_write(&out);
}
