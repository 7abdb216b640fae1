//! Goes over the rows of a table, in front of, behind and between pages that can't be read.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Row, ToSql, params_from_iter};

use crate::error::StoreError;
use crate::sqlite::{journals, tables};

/// The rows of a table in the order of its key.
pub(super) struct Ordered<'t> {
    table: &'t str,
    select: String,
    key: Vec<Column>,
}

/// A column of the key.
struct Column {
    /// In a condition.
    written: String,
    /// In a row.
    named: String,
}

/// A value of the key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Number(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// What is between two places in the order of the key; without one, what is before or behind everything.
#[derive(Clone, Default)]
struct Span {
    from: Option<Vec<Part>>,
    /// Whether the span begins behind its first place, not with it.
    is_behind: bool,
    /// Not in the span.
    to: Option<Vec<Part>>,
}

impl Span {
    fn holds(&self, place: &Vec<Part>) -> bool {
        let is_behind = |from: &Vec<Part>| from < place || !self.is_behind && from == place;
        self.from.as_ref().is_none_or(is_behind) && self.to.as_ref().is_none_or(|to| place < to)
    }
}

impl ToSql for Part {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Number(number) => ToSqlOutput::from(*number),
            Self::Text(text) => ToSqlOutput::from(text.as_str()),
            Self::Bytes(bytes) => ToSqlOutput::from(bytes.as_slice()),
        })
    }
}

impl<'t> Ordered<'t> {
    /// Rows with all that their checksum covers.
    pub(super) fn of(db: &Connection, table: &'t str) -> Result<Self, StoreError> {
        if !is_its_own_index(db, table)? {
            let select = if table == "runs" {
                journals::RUNS.to_owned()
            } else {
                format!("SELECT *, rowid AS stands_at FROM {table}")
            };
            let column = Column { written: format!("{table}.rowid"), named: "stands_at".to_owned() };
            return Ok(Self { table, select, key: vec![column] });
        }
        let mut key = db.prepare("SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk")?;
        let key = key.query_map((table,), |row| {
            let name: String = row.get(0)?;
            Ok(Column { written: name.clone(), named: name })
        })?;
        let columns =
            if table == "table_rows" { format!("{}, table_id, since", tables::SEALED) } else { "*".to_owned() };
        Ok(Self { table, select: format!("SELECT {columns} FROM {table}"), key: key.collect::<Result<_, _>>()? })
    }

    /// The place of a row.
    fn place(&self, row: &Row<'_>) -> Option<Vec<Part>> {
        self.key.iter().map(|column| part(row.get_ref(column.named.as_str()).ok()?)).collect()
    }

    /// Asks for the rows of a span, in order or the other way round.
    fn ask(&self, span: &Span, is_forwards: bool) -> (String, Vec<Part>) {
        let listed = |of: &dyn Fn(&Column) -> String| self.key.iter().map(of).collect::<Vec<_>>().join(", ");
        let columns = listed(&|column| column.written.clone());
        let given = listed(&|_| "?".to_owned());
        let from = span.from.as_ref().map(|from| (if span.is_behind { ">" } else { ">=" }, from));
        let (mut conditions, mut values) = (vec!["TRUE".to_owned()], Vec::new());
        for (sign, place) in from.into_iter().chain(span.to.as_ref().map(|to| ("<", to))) {
            conditions.push(format!("({columns}) {sign} ({given})"));
            values.extend(place.iter().cloned());
        }
        let order = if is_forwards { "ASC" } else { "DESC" };
        let order = listed(&|column| format!("{} {order}", column.written));
        (format!("{} WHERE {} ORDER BY {order}", self.select, conditions.join(" AND ")), values)
    }

    /// Where pages begin, in order, as far as the pages above them can be read. The database tells no keys of pages, so they are read from
    /// its file; a log may have newer ones, and then the rows of a page are searched with those of its neighbours.
    fn starts(&self, db: &Connection) -> Result<Vec<Vec<Part>>, StoreError> {
        let failed = |error| StoreError::Failed(format!("the file of the database can't be read: {error}"));
        let mut file = File::open(db.path().unwrap_or_default()).map_err(failed)?;
        let mut starts = Vec::new();
        let mut pages = db.prepare("SELECT pgoffset, pgsize FROM dbstat WHERE name = ?1 AND pagetype = 'internal'")?;
        let mut pages = pages.query((self.table,))?;
        // It stops at a page that it can't make sense of.
        while let Ok(Some(page)) = pages.next() {
            let mut bytes = vec![0; page.get(1)?];
            match file.seek(SeekFrom::Start(page.get(0)?)).and_then(|_| file.read_exact(&mut bytes)) {
                Ok(()) => {}
                // It is in the log alone.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => continue,
                Err(error) => return Err(failed(error)),
            }
            let cells = bytes.get(3..5).map_or(0, number);
            starts.extend((0..cells).filter_map(|cell| self.start(&bytes, usize::try_from(cell).ok()?)));
        }
        starts.sort_unstable();
        Ok(starts)
    }

    /// Where the page begins that is behind a cell of a page above it (<https://sqlite.org/fileformat2.html#b_tree_pages>).
    fn start(&self, page: &[u8], cell: usize) -> Option<Vec<Part>> {
        let pointer = 12 + 2 * cell;
        let at = usize::try_from(number(page.get(pointer..pointer + 2)?)).ok()?;
        let mut cell = page.get(at + 4..)?;
        // The number of the last row before it, or the size of the row that is between the two pages.
        let first = varint(&mut cell)?;
        if page.first() == Some(&5) {
            return Some(vec![Part::Number(first.saturating_add(1))]);
        }
        let mut header = cell;
        let mut values = cell.get(usize::try_from(varint(&mut header)?).ok()?..)?;
        let parts = self.key.iter().map(|_| {
            let kind = varint(&mut header)?;
            let size = usize::try_from(match kind {
                0..=4 => kind,
                5 => 6,
                6 => 8,
                8 | 9 => 0,
                _ => kind.checked_sub(12)? / 2,
            });
            let (value, rest) = values.split_at_checked(size.ok()?)?;
            values = rest;
            Some(match kind {
                8 | 9 => Part::Number(kind - 8),
                1..=6 => Part::Number(signed(value)),
                _ if kind % 2 == 0 => Part::Bytes(value.to_vec()),
                _ => Part::Text(std::str::from_utf8(value).ok()?.to_owned()),
            })
        });
        // Behind the row itself: a search for it goes by way of a page beside it.
        let mut parts: Vec<Part> = parts.collect::<Option<_>>()?;
        match parts.last_mut()? {
            Part::Number(number) => *number = number.saturating_add(1),
            Part::Text(text) => text.push('\0'),
            Part::Bytes(bytes) => bytes.push(0),
        }
        Some(parts)
    }
}

/// A number without a sign, of fewer than eight bytes.
fn number(bytes: &[u8]) -> i64 {
    bytes.iter().fold(0, |number, byte| (number << 8) | i64::from(*byte))
}

/// A number with a sign, of up to eight bytes.
fn signed(bytes: &[u8]) -> i64 {
    let sign = bytes.first().map_or(0, |first| i64::from(first.cast_signed()) >> 7);
    bytes.iter().fold(sign, |number, byte| (number << 8) | i64::from(*byte))
}

/// Takes a number of SQLite's variable length.
fn varint(bytes: &mut &[u8]) -> Option<i64> {
    let mut number = 0;
    for place in 0..9 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        if place == 8 {
            return Some((number << 8) | i64::from(*byte));
        }
        number = (number << 7) | i64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some(number)
}

fn part(value: ValueRef<'_>) -> Option<Part> {
    match value {
        ValueRef::Integer(number) => Some(Part::Number(number)),
        ValueRef::Text(text) => Some(Part::Text(std::str::from_utf8(text).ok()?.to_owned())),
        ValueRef::Blob(bytes) => Some(Part::Bytes(bytes.to_vec())),
        ValueRef::Null | ValueRef::Real(_) => None,
    }
}

/// Whether the rows of a table are in the order of its key.
fn is_its_own_index(db: &Connection, table: &str) -> Result<bool, StoreError> {
    let sql = "SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ?1";
    Ok(db.query_row(sql, (table,), |row| row.get(0))?)
}

/// Calls `each` with every row that can be read, once and in any order. Answers why others can't, each reason once.
pub(super) fn rows(
    db: &Connection,
    all: &Ordered<'_>,
    mut each: impl FnMut(&Row<'_>),
) -> Result<Vec<String>, StoreError> {
    let mut why = Vec::new();
    let Some(mut left) = from_both_ends(db, all, Span::default(), &mut each, &mut why)? else { return Ok(why) };
    // What is left begins and ends with a page that can't be read: those between are read one by one.
    for start in all.starts(db)? {
        let is_in =
            left.from.as_ref().is_none_or(|from| *from < start) && left.to.as_ref().is_none_or(|to| start < *to);
        if is_in {
            let before = Span { to: Some(start.clone()), ..left.clone() };
            from_both_ends(db, all, before, &mut each, &mut why)?;
            left = Span { from: Some(start), is_behind: false, to: left.to };
        }
    }
    from_both_ends(db, all, left, &mut each, &mut why)?;
    Ok(why)
}

/// Reads a span from its start up to what can't be read, then from its end down to that. Answers what is left between.
fn from_both_ends(
    db: &Connection,
    all: &Ordered<'_>,
    mut span: Span,
    each: &mut impl FnMut(&Row<'_>),
    why: &mut Vec<String>,
) -> Result<Option<Span>, StoreError> {
    for is_forwards in [true, false] {
        let (sql, values) = all.ask(&span, is_forwards);
        let mut select = db.prepare_cached(&sql)?;
        let mut rows = select.query(params_from_iter(values))?;
        let error = loop {
            match rows.next() {
                Ok(Some(row)) => {
                    each(row);
                    // A damaged key may say any place, and leads nowhere.
                    let Some(place) = all.place(row).filter(|place| span.holds(place)) else { continue };
                    if is_forwards {
                        (span.from, span.is_behind) = (Some(place), true);
                    } else {
                        span.to = Some(place);
                    }
                }
                Ok(None) => return Ok(None),
                Err(error) => break StoreError::from(error).to_string(),
            }
        };
        if !why.contains(&error) {
            why.push(error);
        }
    }
    Ok(Some(span))
}

/// How many rows a table has, if one of its indexes can be read whole.
pub(super) fn counted(db: &Connection, table: &str) -> Result<Option<u64>, StoreError> {
    let is_its_own_index = is_its_own_index(db, table)?;
    let sql = "SELECT name FROM pragma_index_list(?1) WHERE NOT partial AND NOT (?2 AND origin = 'pk')";
    let mut indexes = db.prepare(sql)?;
    let indexes: Vec<String> =
        indexes.query_map((table, is_its_own_index), |row| row.get(0))?.collect::<Result<_, _>>()?;
    let count = |index| db.query_row(&format!("SELECT count(*) FROM {table} INDEXED BY {index}"), (), |row| row.get(0));
    Ok(indexes.iter().find_map(|index| count(index).ok()))
}
