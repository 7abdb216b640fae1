//! What nodes tell each other: that the catalogue changed, that there is work, and what was changed for those who watch. All are hints;
//! polling is the net below the first two, and who watches is told when something was missed.
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
use super::hints::Notice;
use super::pool::{self, Database, execute, rows};
use crate::error::StoreError;
use crate::rules::events::Ears;
use crate::traits::Heard;

const CATALOGUE: &str = "waypost_catalogue";
const WORK: &str = "waypost_work";
const HINTS: &str = "waypost_hints";

/// A node tells others of its work at most so often.
const THROTTLE: Duration = Duration::from_millis(50);

/// And of what it changed at most so often.
const HINTS_THROTTLE: Duration = Duration::from_millis(100);

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
            ears: db.ears().clone(),
        };
        tokio::spawn(tell_hints(db.clone(), listener.node.clone(), stopped.clone()));
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
            tracing::debug!(%error, "other nodes were not notified of work; they poll");
        }
        sleep(THROTTLE).await;
    }
}

async fn tell_hints(db: Database, node: String, mut stopped: watch::Receiver<bool>) {
    let outbox = db.outbox().clone();
    loop {
        tokio::select! {
            () = outbox.filled() => {}
            _ = stopped.changed() => return,
        }
        // What happens meanwhile goes along.
        sleep(HINTS_THROTTLE).await;
        let notices = outbox.take(&node);
        if notices.is_empty() {
            continue;
        }
        // Several installations may share a database, each in a schema of its own.
        let sql = "SELECT set_config('synchronous_commit', 'off', true),
            pg_notify($1, current_schema() || ' ' || notice) FROM unnest($2::text[]) AS told (notice)";
        let told = db.run(move |db| Box::pin(async move { rows(db, sql, &[&HINTS, &notices]).await }));
        if let Err(error) = told.await {
            tracing::debug!(%error, "other nodes were not notified of a change");
            outbox.lose();
            sleep(AGAIN).await;
        }
    }
}

struct Listener {
    config: tokio_postgres::Config,
    tls: MakeRustlsConnect,
    /// This node's name among those that listen: its own words are old news to it.
    node: String,
    heard: watch::Sender<Heard>,
    /// Who watches what is changed.
    ears: Ears,
}

impl Listener {
    async fn listen(self, mut stopped: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                ended = self.listen_once() => if let Err(error) = ended {
                    tracing::debug!(%error, "not listening to other nodes now");
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
        let mut begun = Box::pin(async {
            client.batch_execute(&format!("LISTEN {CATALOGUE}; LISTEN {WORK}; LISTEN {HINTS}")).await?;
            client.query_one("SELECT coalesce(current_schema(), '')::text", &[]).await?.try_get::<_, String>(0)
        });
        let mut schema = String::new();
        let mut listening = false;
        loop {
            tokio::select! {
                done = &mut begun, if !listening => {
                    schema = done?;
                    listening = true;
                    // Whatever was said while nobody listened.
                    self.heard.send_modify(|heard| { heard.catalogue += 1; heard.work += 1; });
                    self.ears.missed();
                }
                message = messages.next() => match message {
                    Some(Ok(AsyncMessage::Notification(said))) => self.hear(said.channel(), said.payload(), &schema),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Err(error.into()),
                    None => return Ok(()),
                },
            }
        }
    }

    fn hear(&self, channel: &str, payload: &str, schema: &str) {
        match channel {
            CATALOGUE => self.heard.send_modify(|heard| heard.catalogue += 1),
            WORK if payload != self.node => self.heard.send_modify(|heard| heard.work += 1),
            HINTS => {
                if let Some(notice) = payload.strip_prefix(schema).and_then(|rest| rest.strip_prefix(' ')) {
                    self.hear_of(notice);
                }
            }
            _ => {}
        }
    }

    fn hear_of(&self, notice: &str) {
        match serde_json::from_str::<Notice>(notice) {
            Ok(notice) if notice.node == self.node => {}
            Ok(notice) if notice.lost => self.ears.missed(),
            Ok(notice) => self.ears.changed(&notice.hints),
            // A newer release may know more to tell.
            Err(error) => {
                tracing::debug!(%error, "what another node told is not understood");
                self.ears.missed();
            }
        }
    }
}
