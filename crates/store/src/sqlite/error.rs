//! What SQLite says, in the store's words.

use rusqlite::{Error, ErrorCode};

use crate::error::{StoreError, TableError};

/// Where damage is met, what tells more of it.
pub(super) const ASK_CHECK: &str = "; `waypost check` tells what can be saved";

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        // What was written can be read: a value of another kind is not what was.
        let misread = matches!(
            error,
            Error::InvalidColumnType(..)
                | Error::FromSqlConversionFailure(..)
                | Error::IntegralValueOutOfRange(..)
                | Error::Utf8Error(..)
        );
        if misread {
            return Self::Damaged { what: "a stored value is damaged".to_owned(), detail: error.to_string() };
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(
                ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen,
            ) => Self::Unavailable(error.to_string()),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged {
                what: "the database `waypost.db` is damaged".to_owned(),
                detail: format!("{error}{ASK_CHECK}"),
            },
            _ => Self::Failed(error.to_string()),
        }
    }
}

impl From<Error> for TableError {
    fn from(error: Error) -> Self {
        Self::Store(error.into())
    }
}
