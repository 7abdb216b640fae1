//! What PostgreSQL says, in the store's words.

use std::error::Error;

use deadpool_postgres::{HookError, PoolError};
use tokio_postgres::error::SqlState;

use crate::error::{StoreError, TableError};

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(said) = error.as_db_error() else {
            // No word from the server: the connection failed. (What can't be encoded or decoded is our own fault.)
            let ours = error.source().is_some_and(|source| source.is::<tokio_postgres::types::WrongType>());
            return if ours { Self::Failed(told(&error)) } else { Self::Unavailable(told(&error)) };
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
            PoolError::Timeout(_) => Self::Unavailable("no connection to the database was free in time".to_owned()),
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
