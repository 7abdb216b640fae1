//! What PostgreSQL says, in the store's words.

use std::error::Error;

use deadpool_postgres::{HookError, PoolError};
use tokio_postgres::error::SqlState;

use crate::error::{StoreError, TableError};

/// How the library names what can't be encoded or decoded, or was not asked as it should be. It does not tell otherwise: its kinds are
/// private, and causes of these are the same as of others.
const OURS: [&str; 6] = [
    "error serializing parameter",
    "error deserializing column",
    "error encoding message",
    "invalid column",
    "query returned an unexpected number",
    "expected ",
];

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(said) = error.as_db_error() else {
            // No word from the server: the connection failed, unless it is our own fault.
            let text = told(&error);
            return if OURS.iter().any(|ours| text.starts_with(ours)) {
                Self::Failed(text)
            } else {
                Self::Unavailable(text)
            };
        };
        let code = said.code();
        if *code == SqlState::DISK_FULL {
            return Self::Full;
        }
        // What is quoted of a row in the details may be somebody's mail: the message alone is told.
        let text = format!("{} ({})", said.message(), code.code());
        // PostgreSQL 15, appendix A: 08 connection, 40 rollback (the other side of a deadlock went on), 53 resources, 57 an operator's
        // intervention, 58 the system. 25006 is what a standby says: the primary is elsewhere by now. 55P03 is a lock not had in time.
        let passing = ["08", "40", "53", "57", "58"].iter().any(|class| code.code().starts_with(class));
        if passing
            || *code == SqlState::READ_ONLY_SQL_TRANSACTION
            || *code == SqlState::LOCK_NOT_AVAILABLE
            || *code == SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
        {
            Self::Unavailable(text)
        } else {
            Self::Failed(text)
        }
    }
}

impl From<tokio_postgres::Error> for TableError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<PoolError> for StoreError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => match Self::from(error)
            {
                // A server that refuses to be connected to may take it back; nothing was asked of it yet.
                Self::Failed(text) => Self::Unavailable(text),
                passing => passing,
            },
            PoolError::Timeout(_) => Self::Unavailable("no database connection was free in time".to_owned()),
            error => Self::Unavailable(error.to_string()),
        }
    }
}

/// The error with what caused it: the library's own words name only the step that failed.
fn told(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// Whether the connection itself may be of no use after this error, even if it is still open.
pub(super) fn ends_connection(error: &StoreError) -> bool {
    matches!(error, StoreError::Unavailable(_))
}

#[cfg(test)]
mod tests {
    use tokio_postgres::NoTls;
    use waypost_scratch_postgres::{Server, Tools};

    use super::*;

    /// What this program gets wrong goes wrong again: nobody should be told to try it again.
    #[tokio::test]
    async fn our_own_faults_are_no_faults_of_the_connection() {
        let Some(tools) = waypost_test_needs::tool(Tools::find()) else { return };
        let start = move || Server::start(&tools, &[("fsync", "off")]).unwrap();
        let mut server = tokio::task::spawn_blocking(start).await.unwrap();
        let (db, connection) = tokio_postgres::connect(&server.url("postgres"), NoTls).await.unwrap();
        tokio::spawn(connection);
        let null = db.query_one("SELECT NULL::text", &[]).await.unwrap();
        let far = jiff::Timestamp::MAX;
        let ours = [
            null.try_get::<_, String>(0).unwrap_err(),
            null.try_get::<_, i64>(0).unwrap_err(),
            null.try_get::<_, String>("other").unwrap_err(),
            db.query_one("SELECT 1 WHERE false", &[]).await.unwrap_err(),
            db.query("SELECT $1::text", &[&1_i64]).await.unwrap_err(),
            db.query("SELECT $1::text, $2::timestamptz", &[&"a", &vec![far]]).await.unwrap_err(),
            db.query("SELECT $1::text", &[]).await.unwrap_err(),
            db.batch_execute("SELECT \0").await.unwrap_err(),
        ];
        for error in ours {
            let error = StoreError::from(error);
            assert!(matches!(error, StoreError::Failed(_)), "{error}");
        }
        tokio::task::spawn_blocking(move || server.stop()).await.unwrap();
        for _ in 0..2 {
            let error = StoreError::from(db.query("SELECT 1", &[]).await.unwrap_err());
            assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
        }
    }

    #[tokio::test]
    async fn what_passes_by_itself_is_told_apart() {
        let Some(tools) = waypost_test_needs::tool(Tools::find()) else { return };
        let start = move || Server::start(&tools, &[("fsync", "off")]).unwrap();
        let server = tokio::task::spawn_blocking(start).await.unwrap();
        let (db, connection) = tokio_postgres::connect(&server.url("postgres"), NoTls).await.unwrap();
        tokio::spawn(connection);
        let said = async |code: &str| {
            let raise =
                format!("DO $$ BEGIN RAISE EXCEPTION 'said' USING ERRCODE = '{code}', DETAIL = 'secret'; END $$");
            StoreError::from(db.batch_execute(&raise).await.unwrap_err())
        };
        for code in ["08006", "25006", "25P03", "40P01", "40001", "53300", "55P03", "57014", "57P01", "58030"] {
            let error = said(code).await;
            assert!(matches!(&error, StoreError::Unavailable(text) if *text == format!("said ({code})")), "{error:?}");
        }
        for code in ["22021", "23505", "25001", "42601", "XX000"] {
            let error = said(code).await;
            assert!(matches!(&error, StoreError::Failed(text) if *text == format!("said ({code})")), "{error:?}");
        }
        assert!(matches!(said("53100").await, StoreError::Full));
        tokio::task::spawn_blocking(move || drop(server)).await.unwrap();
    }
}
