//! What SQLite says, in the store's words.

use rusqlite::ErrorCode;

use crate::error::{StoreError, TableError};

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
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
                detail: format!("{error}; `waypost check` tells what can be saved"),
            },
            _ => Self::Failed(error.to_string()),
        }
    }
}

impl From<rusqlite::Error> for TableError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}
