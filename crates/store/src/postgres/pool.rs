//! Connections: how they are made, lent, and given up when they are of no use any more.

use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{
    Client, GenericClient, Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime, Transaction,
};
use rustls::{ClientConfig, RootCertStore};
use tokio::time::timeout;
use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, Row};
use tokio_postgres_rustls::MakeRustlsConnect;
use waypost_origin::Origin;

use super::PostgresOptions;
use super::commits::{Commits, Ending};
use super::error::ends_connection;
use super::hints::Outbox;
use crate::error::StoreError;
use crate::records::events::Hint;
use crate::rules::events::Ears;

/// What is done with a connection.
pub(super) type Work<'c, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'c>>;

/// What a statement is given.
pub(super) type Parameters<'p> = &'p [&'p (dyn ToSql + Sync)];

/// How long a server may take to answer a connection's first bytes: with several hosts in the URL, the next is tried then.
const CONNECT: Duration = Duration::from_secs(3);

/// A node that does nothing for so long in the middle of a transaction has vanished. What is on its way to the server counts as nothing,
/// too, until all of it is there.
pub(super) const IDLE: Duration = Duration::from_secs(5);

/// The slowest way to the database that mail goes over, in bytes a second.
const SLOWEST: u64 = 256 * 1024;

/// How long so many bytes may be on their way.
pub(super) fn transfer_time(bytes: usize) -> Duration {
    Duration::from_secs(u64::try_from(bytes).unwrap_or(u64::MAX) / SLOWEST)
}

/// What each session sets, before anything is asked of it, besides [`IDLE`] and how long it waits for locks.
///
/// - A COMMIT that waits for a standby must not be cut short by a time limit: PostgreSQL would answer it with success and a warning.
/// - A role or a database may have `synchronous_commit` off; then no `250` would be true.
/// - A node that vanished in the middle of a transaction must not hold its locks for the two hours that TCP grants it.
const SESSION: &str = "SET statement_timeout = 0;
    SET tcp_user_timeout = '10s'; SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

/// Lends connections.
#[derive(Clone)]
pub(super) struct Database {
    pool: Pool,
    patience: Duration,
    commits: Commits,
    origin: Origin,
}

/// A connection that is lent for a transaction that writes.
pub(super) struct Lent {
    client: Client,
    ending: Ending,
    origin: Origin,
}

impl Lent {
    /// Begins a transaction. It is committed by what is answered beside it, and by nothing else: that finds out whether it was kept when
    /// the answer is lost.
    pub(super) async fn begin(&mut self) -> Result<(Transaction<'_>, Ending), StoreError> {
        Ok((self.client.transaction().await?, self.ending.clone()))
    }

    /// Where new ids and randomness come from.
    pub(super) fn origin(&self) -> Origin {
        self.origin.clone()
    }

    /// The connection, and how to end a transaction that is begun by hand.
    pub(super) fn parts(&mut self) -> (&mut Client, &Ending) {
        (&mut self.client, &self.ending)
    }
}

/// What came of a transaction that was begun by hand: what it did not commit is rolled back before anybody is answered. Should this
/// fail, the connection is closed, and the server rolls back.
pub(super) async fn ended<T, E: From<StoreError>>(db: &Client, ending: &Ending, outcome: Result<T, E>) -> Result<T, E> {
    if (outcome.is_err() || !ending.has_begun()) && !ending.is_broken() {
        db.batch_execute("ROLLBACK").await.map_err(StoreError::from)?;
    }
    outcome
}

impl Database {
    /// Prepares to connect; nothing is connected yet.
    pub(super) fn new(options: &PostgresOptions) -> Result<Self, StoreError> {
        let config = config(options)?;
        let tls = MakeRustlsConnect::new(tls(options)?);
        let manager = Manager::from_config(config, tls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
        // A lock that is not had in time is a store that did not answer in time.
        let session = format!(
            "{SESSION}; SET idle_in_transaction_session_timeout = {}; SET lock_timeout = {}",
            IDLE.as_millis(),
            options.patience.as_millis().max(1)
        );
        let pool = Pool::builder(manager)
            .max_size(options.connections.max(2))
            .wait_timeout(Some(options.patience))
            .create_timeout(Some(options.patience))
            .recycle_timeout(Some(options.patience))
            .runtime(Runtime::Tokio1)
            .post_create(Hook::async_fn(move |db, _| {
                let session = session.clone();
                Box::pin(async move { db.batch_execute(&session).await.map_err(HookError::Backend) })
            }))
            .build()
            .map_err(|error| StoreError::Failed(error.to_string()))?;
        let commits = Commits::new(pool.clone(), options.patience, options.origin.clone());
        Ok(Self { pool, patience: options.patience, commits, origin: options.origin.clone() })
    }

    /// Does `work` with a connection. One that failed, or did not answer in time, is closed: its server may be gone, or not be the
    /// primary any more.
    pub(super) async fn run<T, E, F>(&self, work: F) -> Result<T, E>
    where
        E: From<StoreError> + PassingError,
        F: for<'c> FnOnce(&'c mut Client) -> Work<'c, T, E>,
    {
        self.transfer(0, work).await
    }

    /// Does `work` that takes as long as it takes, and that nobody waits for with a mail in hand: bringing large tables up to date.
    pub(super) async fn unhurried<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        F: for<'c> FnOnce(&'c mut Client) -> Work<'c, T, StoreError>,
    {
        let mut connection = self.pool.get().await.map_err(StoreError::from)?;
        let outcome = work(&mut connection).await;
        if outcome.is_err() {
            drop(Client::take(connection));
        }
        outcome
    }

    /// Does `work`, which sends or reads so many bytes: it may take longer by that.
    pub(super) async fn transfer<T, E, F>(&self, bytes: usize, work: F) -> Result<T, E>
    where
        E: From<StoreError> + PassingError,
        F: for<'c> FnOnce(&'c mut Client) -> Work<'c, T, E>,
    {
        let mut connection = self.pool.get().await.map_err(StoreError::from)?;
        let time = self.patience.saturating_add(transfer_time(bytes));
        let outcome = timeout(time, work(&mut connection)).await.unwrap_or_else(|_| Err(late().into()));
        if outcome.as_ref().is_err_and(PassingError::passing) {
            drop(Client::take(connection));
        }
        outcome
    }

    /// Does `work`, which writes. When the answer to its commit is lost the database is asked whether it was kept: that may take a few
    /// times as long as a caller waits otherwise.
    pub(super) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        E: From<StoreError> + PassingError,
        F: for<'c> FnOnce(&'c mut Lent) -> Work<'c, T, E>,
    {
        self.upload(0, work).await
    }

    /// Does `work`, which sends so many bytes and writes: it may take longer by that.
    pub(super) async fn upload<T, E, F>(&self, bytes: usize, work: F) -> Result<T, E>
    where
        E: From<StoreError> + PassingError,
        F: for<'c> FnOnce(&'c mut Lent) -> Work<'c, T, E>,
    {
        let client = self.pool.get().await.map_err(StoreError::from)?;
        let ending = self.commits.begin(&client).await?;
        let mut lent = Lent { client, ending: ending.clone(), origin: self.origin.clone() };
        let time = self.patience.saturating_add(transfer_time(bytes));
        let outcome = {
            let mut work = work(&mut lent);
            match timeout(time, &mut work).await {
                Ok(outcome) => outcome,
                Err(_) if ending.has_begun() => work.await,
                Err(_) => Err(late().into()),
            }
        };
        let lost = ending.is_broken() || outcome.as_ref().is_err_and(PassingError::passing);
        if lost || !(ending.has_begun() || self.has_rolled_back(&lent.client).await) {
            drop(Client::take(lent.client));
        } else {
            ending.end();
        }
        outcome
    }

    /// Waits until a transaction that was not committed has ended. Until then it holds its locks, and whoever is answered before might
    /// find that a claim passes over what they have just asked about.
    async fn has_rolled_back(&self, db: &Client) -> bool {
        // The ROLLBACK was sent when the transaction was dropped; this is answered after it.
        matches!(timeout(self.patience, db.batch_execute("")).await, Ok(Ok(())))
    }

    /// Who listens to what happens.
    pub(super) fn ears(&self) -> &Ears {
        self.commits.ears()
    }

    /// Tells those who watch, here and on other nodes.
    pub(super) fn tell(&self, hint: Hint) {
        self.commits.tell(vec![hint]);
    }

    /// What other nodes are told.
    pub(super) fn outbox(&self) -> &Outbox {
        self.commits.outbox()
    }

    /// How long a caller waits.
    pub(super) fn patience(&self) -> Duration {
        self.patience
    }

    /// Closes all connections that nobody uses; used ones are closed when they come back.
    pub(super) fn close(&self) {
        self.pool.close();
    }
}

/// Tells whether an error may have to do with its connection.
pub(super) trait PassingError {
    fn passing(&self) -> bool;
}

impl PassingError for StoreError {
    fn passing(&self) -> bool {
        ends_connection(self)
    }
}

impl PassingError for crate::error::CommitError {
    fn passing(&self) -> bool {
        matches!(self, Self::Store(error) if error.passing())
    }
}

impl PassingError for crate::error::ClientError {
    fn passing(&self) -> bool {
        matches!(self, Self::Store(error) if error.passing())
    }
}

impl PassingError for crate::error::TableError {
    fn passing(&self) -> bool {
        matches!(self, Self::Store(error) if error.passing())
    }
}

impl PassingError for crate::error::AnnotationError {
    fn passing(&self) -> bool {
        matches!(self, Self::Store(error) if error.passing())
    }
}

impl PassingError for crate::error::LeaseError {
    fn passing(&self) -> bool {
        matches!(self, Self::Store(error) if error.passing())
    }
}

/// What is said of a database that does not answer.
pub(super) fn late() -> StoreError {
    StoreError::Unavailable("the database did not answer in time".to_owned())
}

/// All rows of a statement; it is prepared once for each connection.
pub(super) async fn rows(
    db: &impl GenericClient,
    sql: &str,
    parameters: Parameters<'_>,
) -> Result<Vec<Row>, StoreError> {
    Ok(db.query(&db.prepare_cached(sql).await?, parameters).await?)
}

/// The only row of a statement, if there is one.
pub(super) async fn row(
    db: &impl GenericClient,
    sql: &str,
    parameters: Parameters<'_>,
) -> Result<Option<Row>, StoreError> {
    Ok(db.query_opt(&db.prepare_cached(sql).await?, parameters).await?)
}

/// How many rows a statement changed.
pub(super) async fn execute(db: &impl GenericClient, sql: &str, parameters: Parameters<'_>) -> Result<u64, StoreError> {
    Ok(db.execute(&db.prepare_cached(sql).await?, parameters).await?)
}

/// The URL as settings of a connection.
pub(super) fn config(options: &PostgresOptions) -> Result<Config, StoreError> {
    // The library's words may repeat the URL, and a password with it.
    let broken =
        |_| StoreError::Failed("the database's URL is not valid: expected postgres://USER@HOST/NAME".to_owned());
    let mut config = Config::from_str(&options.url).map_err(broken)?;
    if config.get_application_name().is_none() {
        config.application_name("waypost");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(options.patience);
    }
    config.keepalives_idle(Duration::from_secs(10)).keepalives_interval(Duration::from_secs(5)).keepalives_retries(3);
    // A standby takes no mail, whoever connects to it.
    config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    Ok(config)
}

/// TLS as the URL's `sslmode` asks for it: where it is used, the server's name and certificate are always verified.
pub(super) fn tls(options: &PostgresOptions) -> Result<ClientConfig, StoreError> {
    let mut roots = RootCertStore::empty();
    let trusted = match &options.root_certificates {
        Some(pem) => pem.clone(),
        None => rustls_native_certs::load_native_certs().certs,
    };
    roots.add_parsable_certificates(trusted);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| StoreError::Failed(error.to_string()))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
