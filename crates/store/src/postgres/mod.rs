//! The store in a PostgreSQL database, version 15 or later: any number of nodes on one, none of them special.
//!
//! Transactions run at READ COMMITTED: what they read to decide by is locked or taken with `SKIP LOCKED`. Accepted mail is written by
//! a few lanes, each of which commits what waits together. Who changes the catalogue holds an advisory lock alone; who records
//! decisions shares it: so a decision and the deletion of its queue never pass each other.

mod accept;
mod access;
mod activity;
mod annotations;
mod applied;
mod audit;
mod catalogue;
mod catalogue_columns;
mod columns;
mod commits;
mod correspondents;
mod deliveries;
mod error;
mod events;
mod hints;
mod interactions;
mod journals;
mod lanes;
mod ledger;
mod locks;
mod mail_columns;
mod mailboxes;
mod outbox;
mod outside;
mod peers;
mod pool;
mod queues;
mod replays;
mod requests;
mod retention;
mod runs;
mod schema;
mod seen;
mod signals;
mod standing;
mod tables;
mod tally;
#[cfg(test)]
mod tests;
mod threads;
mod tokens;
mod writes;

use std::time::Duration;

use rustls::pki_types::CertificateDer;
use uuid::Uuid;
use waypost_origin::Origin;

use crate::conditions::waiting_mail;
use crate::error::StoreError;
use crate::held::Held;
use crate::traits::RoomStore;

use lanes::Lanes;
use pool::Database;
use signals::Signals;

/// What can be set for a store in PostgreSQL.
#[derive(Clone)]
pub struct PostgresOptions {
    /// `postgres://USER:PASSWORD@HOST:PORT/NAME?…`, several hosts allowed: the one that takes writes is used. Never shown.
    pub url: String,
    /// Whom to trust for TLS; none is whom the system trusts.
    pub root_certificates: Option<Vec<CertificateDer<'static>>>,
    /// How long a message counts as the same that came before.
    pub duplicate_window: Duration,
    /// How long a repeated HTTP request is known by its key.
    pub idempotency_window: Duration,
    /// How long a caller waits before it gets [`StoreError::Unavailable`].
    pub patience: Duration,
    /// At most so many connections, and one more that listens.
    pub connections: usize,
    /// How many transactions that accept mail may be under way at the same time, besides one for large mail.
    pub lanes: usize,
    /// At most so many acceptances in one commit.
    pub batch: usize,
    /// Where new ids and randomness come from.
    pub origin: Origin,
}

impl PostgresOptions {
    /// The usual settings for the database at `url`.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            root_certificates: None,
            duplicate_window: Duration::from_secs(7 * 24 * 3600),
            idempotency_window: Duration::from_secs(24 * 3600),
            patience: Duration::from_secs(10),
            connections: 10,
            lanes: 2,
            batch: 128,
            origin: Origin::system(),
        }
    }
}

/// A store in PostgreSQL.
pub struct PostgresStore {
    db: Database,
    lanes: Lanes,
    signals: Signals,
    /// This process's name among those on the database.
    node: Uuid,
}

impl PostgresStore {
    /// Connects, makes what is missing, and brings it up to date.
    ///
    /// # Errors
    /// `Unavailable` when no server that takes writes can be reached, `TooNew` when a newer release wrote the database, `Failed` when
    /// the server is too old, does not keep UTF-8 or refuses what is asked of it.
    pub async fn connect(options: PostgresOptions) -> Result<Self, StoreError> {
        let db = Database::new(&options)?;
        schema::check(&db).await?;
        schema::migrate(&db, schema::MIGRATIONS).await?;
        let node = options.origin.id();
        let signals = Signals::start(&options, db.clone(), node)?;
        let lanes = Lanes::start(&options, db.clone(), signals.clone());
        Ok(Self { db, lanes, signals, node })
    }
}

/// Connects as [`PostgresStore::connect`] does, changes nothing, and answers what a start would read, with what all nodes share under a name; none if
/// the database is empty or of an earlier release, and is brought up to date first.
///
/// # Errors
/// As for [`PostgresStore::connect`].
pub async fn look(options: &PostgresOptions, shared_key: &str) -> Result<Option<Held>, StoreError> {
    let db = Database::new(options)?;
    schema::check(&db).await?;
    let name = shared_key.to_owned();
    let held = db.run(|db| {
        Box::pin(async move {
            if !schema::is_newest(&*db, schema::MIGRATIONS).await? {
                return Ok(None);
            }
            let sql = format!("SELECT count(*) FROM deliveries WHERE {}", waiting_mail());
            let waiting: i64 =
                pool::row(db, &sql, &[]).await?.map(|row| row.try_get(0)).transpose()?.unwrap_or_default();
            Ok(Some(Held {
                catalogue: catalogue::load(db).await?,
                tokens: tokens::all(db).await?,
                shared_key: outbox::known_shared_key(db, name).await?.map(outbox::whole_key).transpose()?,
                waiting: u64::try_from(waiting).unwrap_or_default(),
            }))
        })
    });
    let held = held.await;
    db.close();
    held
}

impl RoomStore for PostgresStore {
    /// What a server has is seen when it refuses to take more.
    fn takes_mail(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        self.signals.stop();
        self.db.close();
    }
}
