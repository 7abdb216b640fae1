//! A whole new content for a table: gathered apart from the store, compared with what is there, and written bit by bit.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use tokio::task::spawn_blocking;
use waypost_ids::TableId;
use waypost_origin::Origin;

use crate::error::{StoreError, TableError};
use crate::leases::{Term, hold};
use crate::records::tables::{ContentChange, ContentVersion, Import, RowCounts, TableRow};
use crate::traits::TableStore;

/// So many rows are read or written at a time: others wait for the store no longer than for a large mail.
const BATCH: u32 = 500;

/// So many bytes of rows are written at a time.
const BATCH_BYTES: usize = 512 * 1024;

/// How long a right to write lasts after its node is gone.
const RIGHT: Term = Term::of(Duration::from_secs(15));

/// So many rows that an import left behind are taken back at a time.
const TAKEN_BACK: u32 = 2_000;

/// Who changes a table waits no longer than this for what an import left behind to be taken back.
const PATIENCE: Duration = Duration::from_secs(10);

/// A key that came before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeated {
    /// Where it stands, as it was given.
    pub place: u64,
    /// Where it stood first.
    pub first: u64,
    /// The key as written.
    pub key: String,
}

/// What became of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// The newest version since; no new one, if nothing differs.
    pub version: ContentVersion,
    /// How it differs from the one before.
    pub counts: RowCounts,
}

/// Rows that are to be a table's whole content. They are kept in a file of this process alone, which goes with it: a million of them need
/// little memory, and the store learns of nothing before all are there.
pub struct NewContent {
    staged: Arc<Mutex<Connection>>,
}

impl NewContent {
    /// No rows yet. Blocks.
    ///
    /// # Errors
    /// The disk's trouble.
    pub fn new() -> Result<Self, StoreError> {
        // A database without a name is a temporary file without one.
        let db = Connection::open("")?;
        db.pragma_update(None, "journal_mode", "OFF")?;
        db.pragma_update(None, "synchronous", "OFF")?;
        db.execute_batch(
            "CREATE TABLE staged (folded TEXT PRIMARY KEY, key TEXT NOT NULL, content TEXT NOT NULL, place INTEGER NOT NULL)
             WITHOUT ROWID",
        )?;
        Ok(Self { staged: Arc::new(Mutex::new(db)) })
    }

    /// Adds rows, each with its place in whatever they came from, and answers those whose key came before: they are left out. Blocks.
    ///
    /// # Errors
    /// The disk's trouble.
    pub fn add(&self, rows: Vec<(u64, TableRow)>) -> Result<Vec<Repeated>, StoreError> {
        let db = self.staged.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = db.unchecked_transaction()?;
        let mut repeated = Vec::new();
        for (place, row) in rows {
            let added = transaction
                .prepare_cached("INSERT OR IGNORE INTO staged (folded, key, content, place) VALUES (?1, ?2, ?3, ?4)")?
                .execute((&row.folded, &row.key, &row.values, place))?;
            if added == 0 {
                let first = transaction
                    .prepare_cached("SELECT place FROM staged WHERE folded = ?1")?
                    .query_row((&row.folded,), |row| row.get(0))
                    .optional()?;
                repeated.push(Repeated { place, first: first.unwrap_or(place), key: row.key });
            }
        }
        transaction.commit()?;
        Ok(repeated)
    }

    /// Makes the rows the table's content: as one new version, of which only what differs is written. Whoever reads the table meanwhile
    /// reads the version before; whoever changes it is refused.
    ///
    /// # Errors
    /// The table is gone, its version is not the expected, others replace its content, or the store. Then nothing has changed.
    pub async fn replace(
        &self,
        store: &dyn TableStore,
        origin: &Origin,
        table: TableId,
        change: ContentChange,
    ) -> Result<Replaced, TableError> {
        let import = Import { table, lease: RIGHT.begin(origin.id(), origin.now()) };
        let begin = || store.begin_import(renewed(import, origin.now()), change.expected);
        let base = after_clearing(store, origin, begin).await?;
        // Where little differs little is written, however long the comparison takes.
        let renew = || async {
            match store.write_import(renewed(import, origin.now()), Vec::new(), Vec::new()).await {
                Ok(()) => Ok(true),
                Err(TableError::Lost) => Ok(false),
                Err(error) => Err(error),
            }
        };
        let written =
            match hold(RIGHT, renew, self.write(store, origin, import, base)).await.unwrap_or(Err(TableError::Lost)) {
                Ok(counts) => {
                    store.finish_import(import, counts, change.audit).await.map(|version| Replaced { version, counts })
                }
                Err(error) => Err(error),
            };
        if written.is_err() {
            // Should that fail as well, the right runs out.
            let _ = store.abandon_import(import).await;
        }
        written
    }

    /// Goes through both contents in the order of their keys.
    async fn write(
        &self,
        store: &dyn TableStore,
        origin: &Origin,
        import: Import,
        base: ContentVersion,
    ) -> Result<RowCounts, TableError> {
        let mut counts = RowCounts::default();
        let (mut old, mut new) = (Side::default(), Side::default());
        let mut batch = Batch::default();
        loop {
            if old.is_to_be_read() {
                let rows = store.rows(import.table, old.last.as_deref(), (0, BATCH), Some(base)).await?.rows;
                old.refill(rows);
            }
            if new.is_to_be_read() {
                new.refill(self.staged(new.last.clone()).await?);
            }
            let order = match (old.peek(), new.peek()) {
                (None, None) => break,
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some(old), Some(new)) => old.folded.cmp(&new.folded),
            };
            let before = if order.is_le() { old.take() } else { None };
            let after = if order.is_ge() { new.take() } else { None };
            match (before, after) {
                (Some(before), Some(after)) if before == after => counts.same += 1,
                (before, Some(after)) => {
                    let counted = if before.is_some() { &mut counts.changed } else { &mut counts.added };
                    *counted += 1;
                    batch.put(after);
                }
                (Some(before), None) => {
                    counts.removed += 1;
                    batch.remove(before);
                }
                (None, None) => {}
            }
            if batch.is_full() {
                batch.write(store, import, origin.now()).await?;
            }
        }
        batch.write(store, import, origin.now()).await?;
        Ok(counts)
    }

    async fn staged(&self, after: Option<String>) -> Result<Vec<TableRow>, StoreError> {
        let staged = self.staged.clone();
        let read = move || {
            let db = staged.lock().unwrap_or_else(PoisonError::into_inner);
            let sql = "SELECT folded, key, content FROM staged WHERE folded > ?1 ORDER BY folded LIMIT ?2";
            let mut select = db.prepare_cached(sql)?;
            let rows = select.query_map((after.unwrap_or_default(), BATCH), |row| {
                Ok(TableRow { folded: row.get(0)?, key: row.get(1)?, values: row.get(2)? })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        };
        spawn_blocking(read).await.map_err(|error| StoreError::Failed(error.to_string()))?
    }
}

/// Does something to a table's rows. What an import left behind whose node is gone is taken back first, should it stand in the way.
///
/// # Errors
/// What it fails with.
pub async fn after_clearing<T, A>(store: &dyn TableStore, origin: &Origin, act: impl Fn() -> A) -> Result<T, TableError>
where
    A: Future<Output = Result<T, TableError>>,
{
    match act().await {
        Err(TableError::Importing) => {
            let begun = Instant::now();
            while store.take_back(TAKEN_BACK, origin.now()).await? > 0 && begun.elapsed() < PATIENCE {}
            act().await
        }
        done => done,
    }
}

fn renewed(import: Import, now: Timestamp) -> Import {
    Import { lease: RIGHT.renew(import.lease, now), ..import }
}

/// One of the two contents that are compared.
#[derive(Default)]
struct Side {
    rows: VecDeque<TableRow>,
    /// The last key that was read.
    last: Option<String>,
    /// Nothing comes after what was read.
    ended: bool,
}

impl Side {
    fn is_to_be_read(&self) -> bool {
        !self.ended && self.rows.is_empty()
    }

    fn refill(&mut self, rows: Vec<TableRow>) {
        self.ended = rows.len() < BATCH as usize;
        if let Some(last) = rows.last() {
            self.last = Some(last.folded.clone());
        }
        self.rows = rows.into();
    }

    fn peek(&self) -> Option<&TableRow> {
        self.rows.front()
    }

    fn take(&mut self) -> Option<TableRow> {
        self.rows.pop_front()
    }
}

/// What is to be written next.
#[derive(Default)]
struct Batch {
    puts: Vec<TableRow>,
    removes: Vec<String>,
    bytes: usize,
}

impl Batch {
    fn put(&mut self, row: TableRow) {
        self.bytes += row.folded.len() + row.key.len() + row.values.len();
        self.puts.push(row);
    }

    fn remove(&mut self, row: TableRow) {
        self.bytes += row.folded.len();
        self.removes.push(row.folded);
    }

    fn is_full(&self) -> bool {
        self.puts.len() + self.removes.len() >= BATCH as usize || self.bytes >= BATCH_BYTES
    }

    async fn write(&mut self, store: &dyn TableStore, import: Import, now: Timestamp) -> Result<(), TableError> {
        let batch = std::mem::take(self);
        if batch.puts.is_empty() && batch.removes.is_empty() {
            return Ok(());
        }
        store.write_import(renewed(import, now), batch.puts, batch.removes).await
    }
}
