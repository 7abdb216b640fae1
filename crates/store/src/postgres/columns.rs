//! Values as columns.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

use crate::error::StoreError;
use crate::leases::Hold;

/// Free text as it can be kept: PostgreSQL has no NUL character.
pub(super) fn text(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{FFFD}")) } else { Cow::Borrowed(text) }
}

/// The start of a window of `seconds` that ends at `now`.
pub(super) fn window_start(now: Timestamp, seconds: u64) -> Timestamp {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    let start = now.as_microsecond().saturating_sub(seconds.saturating_mul(1_000_000));
    Timestamp::from_microsecond(start).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A row of a known table: what can't be read names table and column.
#[derive(Clone, Copy)]
pub(super) struct Columns<'r> {
    pub(super) row: &'r Row,
    pub(super) table: &'static str,
}

impl<'r> Columns<'r> {
    pub(super) fn get<T: FromSql<'r>>(self, column: &'static str) -> Result<T, StoreError> {
        self.row.try_get(column).map_err(|error| self.inconsistent(column, &error))
    }

    /// Who holds the row's subject, by the columns of the lease and its end.
    pub(super) fn hold(self, lease: &'static str, until: &'static str) -> Result<Hold, StoreError> {
        Ok(Hold::of(self.get(lease)?, self.get(until)?))
    }

    pub(super) fn inconsistent(self, column: &str, detail: &dyn std::fmt::Display) -> StoreError {
        StoreError::Inconsistent { table: self.table, detail: format!("column `{column}`: {detail}") }
    }

    /// A count, kept as `bigint`.
    pub(super) fn count<T: TryFrom<i64>>(self, column: &'static str) -> Result<T, StoreError> {
        T::try_from(self.get(column)?).map_err(|_| self.inconsistent(column, &"out of range"))
    }

    pub(super) fn maybe_count<T: TryFrom<i64>>(self, column: &'static str) -> Result<Option<T>, StoreError> {
        let value: Option<i64> = self.get(column)?;
        value.map(T::try_from).transpose().map_err(|_| self.inconsistent(column, &"out of range"))
    }

    pub(super) fn json<T: DeserializeOwned>(self, column: &'static str) -> Result<T, StoreError> {
        serde_json::from_str(self.get(column)?).map_err(|error| self.inconsistent(column, &error))
    }

    /// NULL stands for the empty value.
    pub(super) fn json_or_empty<T: DeserializeOwned + Default>(self, column: &'static str) -> Result<T, StoreError> {
        match self.get::<Option<&str>>(column)? {
            Some(text) => serde_json::from_str(text).map_err(|error| self.inconsistent(column, &error)),
            None => Ok(T::default()),
        }
    }
}
