//! The store that the arguments name.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use waypost_origin::Origin;
use waypost_store::error::StoreError;
use waypost_store::held::Held;
use waypost_store::postgres::{self, PostgresOptions, PostgresStore};
use waypost_store::sqlite::{SqliteOptions, SqliteStore};
use waypost_store::traits::Store;

use crate::commands::serve::Arguments;
use crate::failure::{Failure, Obstacle};
use crate::remote::Listeners;

fn duplicate_window(arguments: &Arguments) -> Duration {
    Duration::from_secs(u64::from(arguments.duplicate_days) * 24 * 60 * 60)
}

/// The store in the data directory.
pub(super) fn here(arguments: &Arguments, origin: &Origin) -> Result<Arc<dyn Store>, Failure> {
    let options = SqliteOptions {
        duplicate_window: duplicate_window(arguments),
        origin: origin.clone(),
        ..SqliteOptions::default()
    };
    let fail = |error: StoreError| match (&error, Listeners::read(&arguments.data_dir)) {
        (StoreError::InUse(dir), Ok(Listeners { pid, .. })) => Failure::Failed(format!(
            "can't open the store: the data directory `{dir}` is in use by process {pid}: stop it, or name another with --data-dir"
        )),
        _ => Failure::of("can't open the store")(&error),
    };
    Ok(Arc::new(SqliteStore::open(&arguments.data_dir, options).map_err(fail)?))
}

/// The database that the nodes share, if there is one.
pub(super) async fn elsewhere(arguments: &Arguments, origin: &Origin) -> Result<Option<Arc<dyn Store>>, Failure> {
    let Some(options) = options(arguments, origin)? else { return Ok(None) };
    let store = PostgresStore::connect(options).await;
    Ok(Some(Arc::new(store.map_err(cannot_open)?)))
}

/// What a start would read from the database that the nodes share, if `arguments` name one. Nothing is changed.
pub(crate) async fn look(arguments: &Arguments, shared_key: &str) -> Result<Option<Held>, Obstacle> {
    let obstacle = |failure: Failure, advice: &str| Obstacle { found: failure.to_string(), advice: advice.to_owned() };
    let options = options(arguments, &Origin::system());
    let options = options.map_err(|failure| obstacle(failure, "correct --database-ca"))?;
    let Some(options) = options else { return Ok(None) };
    postgres::look(&options, shared_key).await.map_err(|error| {
        let advice = match &error {
            StoreError::Unavailable(_) => {
                "correct --database (postgres://USER@HOST/NAME) or --database-ca, and let this machine reach the server"
            }
            StoreError::TooNew { .. } => "start that release, or name another database with --database",
            StoreError::Damaged { .. } | StoreError::Inconsistent { .. } => "see docs/operate.md, Damage",
            _ => "mend that there, or name another user or database: --database postgres://USER@HOST/NAME",
        };
        obstacle(cannot_open(error), advice)
    })
}

fn cannot_open(error: StoreError) -> Failure {
    Failure::stored("can't open the database", error)
}

fn options(arguments: &Arguments, origin: &Origin) -> Result<Option<PostgresOptions>, Failure> {
    let Some(url) = &arguments.database else { return Ok(None) };
    let mut options = PostgresOptions {
        duplicate_window: duplicate_window(arguments),
        origin: origin.clone(),
        ..PostgresOptions::new(url)
    };
    if let Some(file) = &arguments.database_ca {
        let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let trusted = read.map_err(|error| Failure::of(format!("can't read {}", file.display()))(&error))?;
        options.root_certificates = Some(trusted);
    }
    Ok(Some(options))
}
