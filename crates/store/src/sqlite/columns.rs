//! Values as columns: times as microseconds, identifiers as 16 bytes, lists and maps as JSON.

use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::FromSql;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::seals;
use crate::error::StoreError;
use crate::leases::Hold;

/// A time as it is kept; what is finer than a microsecond is dropped. The last second of all times is kept as its beginning: the rest of it
/// could not be read again.
pub(super) fn micros(time: Timestamp) -> i64 {
    time.as_microsecond().min(Timestamp::MAX.as_second().saturating_mul(1_000_000))
}

/// `seconds` after `time`, as it is kept.
pub(super) fn micros_after(time: Timestamp, seconds: u64) -> i64 {
    micros(time).saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000_000))
}

/// A hold as it is kept: the lease and its end.
pub(super) fn kept(hold: Hold) -> (Option<[u8; 16]>, Option<i64>) {
    (hold.lease().map(Uuid::into_bytes), hold.until().map(micros))
}

/// A row of a known table: what can't be read names table and column.
#[derive(Clone, Copy)]
pub(super) struct Columns<'r, 'c> {
    pub(super) row: &'r Row<'c>,
    pub(super) table: &'static str,
}

impl<'r, 'c> Columns<'r, 'c> {
    /// A row whose seal is not broken.
    pub(super) fn sealed(row: &'r Row<'c>, table: &'static str) -> Result<Self, StoreError> {
        seals::verify_before(row, table)?;
        Ok(Self { row, table })
    }
}

impl Columns<'_, '_> {
    pub(super) fn get<T: FromSql>(self, column: &'static str) -> Result<T, StoreError> {
        self.row.get(column).map_err(|error| self.inconsistent(column, &error))
    }

    pub(super) fn inconsistent(self, column: &str, detail: &dyn std::fmt::Display) -> StoreError {
        StoreError::Inconsistent { table: self.table, detail: format!("column `{column}`: {detail}") }
    }

    pub(super) fn uuid(self, column: &'static str) -> Result<Uuid, StoreError> {
        self.get(column).map(Uuid::from_bytes)
    }

    pub(super) fn maybe_uuid(self, column: &'static str) -> Result<Option<Uuid>, StoreError> {
        Ok(self.get::<Option<[u8; 16]>>(column)?.map(Uuid::from_bytes))
    }

    pub(super) fn time(self, column: &'static str) -> Result<Timestamp, StoreError> {
        self.maybe_time(column)?.ok_or_else(|| self.inconsistent(column, &"there is no time"))
    }

    pub(super) fn maybe_time(self, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
        let Some(micros) = self.get::<Option<i64>>(column)? else { return Ok(None) };
        Timestamp::from_microsecond(micros).map(Some).map_err(|error| self.inconsistent(column, &error))
    }

    /// Who holds the row's subject, by the columns of the lease and its end.
    pub(super) fn hold(self, lease: &'static str, until: &'static str) -> Result<Hold, StoreError> {
        Ok(Hold::of(self.maybe_uuid(lease)?, self.maybe_time(until)?))
    }

    pub(super) fn json<T: DeserializeOwned>(self, column: &'static str) -> Result<T, StoreError> {
        let text = self.row.get_ref(column).map_err(|error| self.inconsistent(column, &error))?;
        let text = text.as_str().map_err(|error| self.inconsistent(column, &error))?;
        serde_json::from_str(text).map_err(|error| self.inconsistent(column, &error))
    }

    /// NULL stands for the empty value.
    pub(super) fn json_or_empty<T: DeserializeOwned + Default>(self, column: &'static str) -> Result<T, StoreError> {
        match self.get::<Option<String>>(column)? {
            Some(text) => serde_json::from_str(&text).map_err(|error| self.inconsistent(column, &error)),
            None => Ok(T::default()),
        }
    }
}
