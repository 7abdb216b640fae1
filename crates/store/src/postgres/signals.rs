//! What nodes tell each other: that the catalogue changed, and that there is work. Both are hints; polling is the net below.
//!
//! PostgreSQL takes one lock for all transactions that notify, so accepted mail never notifies in its own: each node tells of its
//! work afterwards, seldom enough to cost nothing.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::GenericClient;
use futures_util::{StreamExt, stream};
use tokio::sync::{Notify, watch};
use tokio::time::sleep;
use tokio_postgres::AsyncMessage;
use tokio_postgres_rustls::MakeRustlsConnect;
use uuid::Uuid;

use super::PostgresOptions;
use super::pool::{self, Database, execute};
use crate::error::StoreError;
use crate::traits::Heard;

const CATALOGUE: &str = "waypost_catalogue";
const WORK: &str = "waypost_work";

/// A node tells others of its work at most so often.
const THROTTLE: Duration = Duration::from_millis(50);

/// After the connection that listens was lost, another is tried so often.
const AGAIN: Duration = Duration::from_secs(1);

/// Tells and hears.
#[derive(Clone)]
pub(super) struct Signals {
    /// Rings when this node has work to tell of.
    work: Arc<Notify>,
    heard: watch::Receiver<Heard>,
    stop: Arc<watch::Sender<bool>>,
}

/// Tells, with the transaction, that the catalogue changed.
pub(super) async fn catalogue_changed(db: &impl GenericClient) -> Result<(), StoreError> {
    execute(db, "SELECT pg_notify($1, current_schema())", &[&CATALOGUE]).await.map(drop)
}

impl Signals {
    /// Begins to tell and to hear.
    pub(super) fn start(options: &PostgresOptions, db: Database, node: Uuid) -> Result<Self, StoreError> {
        let (sender, heard) = watch::channel(Heard::default());
        let (stop, stopped) = watch::channel(false);
        let work = Arc::new(Notify::new());
        let node = node.to_string();
        let listener = Listener {
            config: pool::config(options)?,
            tls: MakeRustlsConnect::new(pool::tls(options)?),
            node,
            heard: sender,
        };
        tokio::spawn(tell(db, Arc::clone(&work), listener.node.clone(), stopped.clone()));
        tokio::spawn(listener.listen(stopped));
        Ok(Self { work, heard, stop: Arc::new(stop) })
    }

    /// There is work that others may do: they hear of it a little later.
    pub(super) fn work(&self) {
        self.work.notify_one();
    }

    /// What others told.
    pub(super) fn heard(&self) -> watch::Receiver<Heard> {
        self.heard.clone()
    }

    /// Ends both.
    pub(super) fn stop(&self) {
        self.stop.send_replace(true);
    }
}

async fn tell(db: Database, work: Arc<Notify>, node: String, mut stopped: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = work.notified() => {}
            _ = stopped.changed() => return,
        }
        let node = node.clone();
        // A hint need not be on any disk: nobody waits for a sync.
        let sql = "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, $2)";
        let told = db.run(move |db| Box::pin(async move { execute(db, sql, &[&WORK, &node]).await }));
        if let Err(error) = told.await {
            tracing::debug!(%error, "other nodes were not told of work; they poll");
        }
        sleep(THROTTLE).await;
    }
}

struct Listener {
    config: tokio_postgres::Config,
    tls: MakeRustlsConnect,
    /// This node's name among those that listen: its own words are old news to it.
    node: String,
    heard: watch::Sender<Heard>,
}

impl Listener {
    async fn listen(self, mut stopped: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                ended = self.listen_once() => if let Err(error) = ended {
                    tracing::debug!(%error, "not listening to other nodes at the moment");
                },
                _ = stopped.changed() => return,
            }
            tokio::select! {
                () = sleep(AGAIN) => {}
                _ = stopped.changed() => return,
            }
        }
    }

    /// Listens until the connection ends.
    async fn listen_once(&self) -> Result<(), StoreError> {
        let (client, mut connection) = self.config.connect(self.tls.clone()).await?;
        let mut messages = stream::poll_fn(move |context| connection.poll_message(context));
        let begin = format!("LISTEN {CATALOGUE}; LISTEN {WORK}");
        let mut begun = Box::pin(client.batch_execute(&begin));
        let mut listening = false;
        loop {
            tokio::select! {
                done = &mut begun, if !listening => {
                    done?;
                    listening = true;
                    // Whatever was said while nobody listened.
                    self.heard.send_modify(|heard| { heard.catalogue += 1; heard.work += 1; });
                }
                message = messages.next() => match message {
                    Some(Ok(AsyncMessage::Notification(said))) => self.hear(said.channel(), said.payload()),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Err(error.into()),
                    None => return Ok(()),
                },
            }
        }
    }

    fn hear(&self, channel: &str, payload: &str) {
        match channel {
            CATALOGUE => self.heard.send_modify(|heard| heard.catalogue += 1),
            WORK if payload != self.node => self.heard.send_modify(|heard| heard.work += 1),
            _ => {}
        }
    }
}
