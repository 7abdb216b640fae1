//! A table's whole content from a CSV file (RFC 4180), line by line: every bad line is told, and none is kept if one is bad.

use std::cell::{Cell, RefCell};
use std::io::Read;
use std::rc::Rc;

use csv::{ErrorKind, ReaderBuilder, StringRecord};
use serde_json::Map;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::types::Type;
use waypost_store::contents::NewContent;
use waypost_store::error::StoreError;
use waypost_store::records::tables::TableRow;

use super::cells;
use super::spec::MAX_COLUMNS;
use super::strict::{Quotes, Strict, without_mark};
use crate::shape::{KEY, Table};

/// So many problems are told; of the others, how many there are.
pub(super) const TOLD: usize = 100;

/// So many rows are gathered at a time.
const BATCH: usize = 500;

/// The key and as many columns as a table may have.
const MAX_FIELDS: usize = MAX_COLUMNS + 1;

/// A longer line is refused before it is read to its end: a quote that is never closed makes one line of a whole file.
const MAX_LINE: usize = 1 << 20;

/// Reads on as long as lines are not too long.
struct Bounded<R> {
    input: R,
    /// What was read since the line's start, in bytes.
    line: Rc<Cell<usize>>,
}

/// A line is too long.
#[derive(Debug, thiserror::Error)]
#[error("a line has more than {MAX_LINE} bytes")]
struct LongLine;

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.line.get() > MAX_LINE {
            return Err(std::io::Error::other(LongLine));
        }
        let read = self.input.read(into)?;
        self.line.set(self.line.get() + read);
        Ok(read)
    }
}

/// A problem in a file that is read line by line.
#[derive(Clone, Debug)]
pub struct LineProblem {
    /// The line, counted from 1.
    pub line: u64,
    /// The field in the line, counted from 1; none if it is about the whole line.
    pub column: Option<u64>,
    /// The problem.
    pub diagnostic: Diagnostic,
}

/// What is wrong with a file.
#[derive(Clone, Debug, Default)]
pub struct LineProblems {
    /// The first of them, in order of their lines.
    pub told: Vec<LineProblem>,
    /// How many more there are.
    pub more: u64,
}

impl LineProblems {
    fn add(&mut self, line: u64, column: Option<u64>, diagnostic: Diagnostic) {
        if self.told.len() < TOLD {
            self.told.push(LineProblem { line, column, diagnostic });
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    fn all(&mut self, line: u64, column: Option<u64>, diagnostics: Vec<Diagnostic>) {
        diagnostics.into_iter().for_each(|diagnostic| self.add(line, column, diagnostic));
    }

    fn has_room(&self) -> bool {
        self.told.len() < TOLD
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.told.is_empty()
    }
}

/// Why a file was not read.
#[derive(Debug)]
pub enum ReadError {
    /// Lines are bad.
    Lines(LineProblems),
    /// It could not be read to its end.
    Input(std::io::Error),
    /// What was read could not be gathered.
    Store(StoreError),
}

impl ReadError {
    /// The same with what is wrong with the file's quotes, in order of the lines.
    fn with(self, quotes: &RefCell<Quotes>) -> Self {
        let Self::Lines(LineProblems { mut told, more }) = self else { return self };
        let (of_quotes, more_of_quotes) = quotes.take().into_problems();
        told.splice(0..0, of_quotes);
        told.sort_by_key(|problem| (problem.line, problem.column));
        let beyond = told.len().saturating_sub(TOLD);
        told.truncate(TOLD);
        Self::Lines(LineProblems { told, more: more.saturating_add(more_of_quotes).saturating_add(beyond as u64) })
    }
}

/// What stands in a field of each line.
enum Field<'t> {
    Key,
    Value(&'t str, &'t Type),
}

/// Reads a file, and hands rows on with their lines, a few at a time; `take` answers keys that came before. Blocks.
///
/// # Errors
/// Every bad line, up to a bound; what reading or `take` failed with.
pub fn read<F>(table: &Table, input: impl Read, mut take: F) -> Result<u64, ReadError>
where
    F: FnMut(Vec<(u64, TableRow)>) -> Result<Vec<waypost_store::contents::Repeated>, StoreError>,
{
    let bytes = Rc::new(Cell::new(0));
    let quotes = Rc::new(RefCell::new(Quotes::default()));
    let input = without_mark(input).map_err(ReadError::Input)?;
    let input = Bounded { input: Strict::new(input, quotes.clone()), line: bytes.clone() };
    let mut file = ReaderBuilder::new().flexible(true).from_reader(input);
    let mut problems = LineProblems::default();
    // Once: an error is told to whoever asks first.
    let first = file.headers().cloned();
    if let Some(problem) = first.as_ref().ok().and_then(|first| separated_otherwise(table, first)) {
        // What seems to be wrong with its quotes comes of that.
        problems.add(1, None, problem);
        return Err(ReadError::Lines(problems));
    }
    let fields = header(table, first, &mut problems);
    let next = file.position().line();
    let spoiled = quotes.borrow_mut().spoil(1, next);
    if fields.is_err() || !problems.is_empty() || spoiled {
        // How much of the rest was read ahead is chance.
        quotes.borrow_mut().only_before(next.max(2));
        let of_header = if spoiled { LineProblems::default() } else { problems };
        return Err(fields.err().unwrap_or(ReadError::Lines(of_header)).with(&quotes));
    }
    let fields = fields?;
    let mut record = StringRecord::new();
    let mut batch = Vec::with_capacity(BATCH);
    let mut rows = 0;
    loop {
        bytes.set(0);
        let at = file.position().line();
        match file.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {}
            Err(error) => {
                let line = error.position().map_or(at, csv::Position::line);
                let is_of_line = !matches!(error.kind(), ErrorKind::Io(_));
                if is_of_line && quotes.borrow_mut().spoil(line, file.position().line()) {
                    continue;
                }
                broken(error, line, &mut problems).map_err(|error| error.with(&quotes))?;
                continue;
            }
        }
        let line = record.position().map_or(0, csv::Position::line);
        if quotes.borrow_mut().spoil(line, file.position().line()) {
            continue;
        }
        let from = record.position().map_or(0, csv::Position::byte);
        let emptied = quotes.borrow_mut().emptied(from, file.position().byte().max(from + 1));
        if let Some(row) = row(table, &fields, (&record, &emptied), line, &mut problems) {
            rows += 1;
            // Where there is a problem, rows are only looked at for more.
            batch.push((line, row));
        }
        if batch.len() >= BATCH {
            gather(std::mem::replace(&mut batch, Vec::with_capacity(BATCH)), &mut take, &mut problems)?;
        }
    }
    gather(batch, &mut take, &mut problems)?;
    if problems.is_empty() && quotes.borrow().is_empty() {
        return Ok(rows);
    }
    Err(ReadError::Lines(problems).with(&quotes))
}

fn gather<F>(batch: Vec<(u64, TableRow)>, take: &mut F, problems: &mut LineProblems) -> Result<(), ReadError>
where
    F: FnMut(Vec<(u64, TableRow)>) -> Result<Vec<waypost_store::contents::Repeated>, StoreError>,
{
    if batch.is_empty() || !problems.has_room() {
        return Ok(());
    }
    for repeated in take(batch).map_err(ReadError::Store)? {
        let message = format!("the key `{}` is already in line {}", repeated.key, repeated.first);
        problems.add(repeated.place, None, Diagnostic::error(Code::DuplicateKey, KEY, message));
    }
    Ok(())
}

/// What is wrong with a first line whose fields other signs separate than commas. One that goes over several lines has a quote that is
/// never closed.
fn separated_otherwise(table: &Table, header: &StringRecord) -> Option<Diagnostic> {
    let mut fields = header.iter();
    let (Some(all), None) = (fields.next(), fields.next()) else { return None };
    if all.contains('\n') || table.record.schema.key_title.as_deref() == Some(all.trim()) {
        return None;
    }
    let name = [(';', "semicolons"), ('\t', "tabs")].into_iter().find(|(sign, _)| all.contains(*sign))?.1;
    let problem = Diagnostic::error(Code::InvalidValue, "", "the fields of the first line are not separated by commas");
    let problem = problem.expected("a line such as `key,tier,seats`").found(format!("`{all}`"));
    Some(problem.suggestion(format!("save the file with commas instead of {name}")))
}

/// What the fields of each line are.
fn header<'t>(
    table: &'t Table,
    first: Result<StringRecord, csv::Error>,
    problems: &mut LineProblems,
) -> Result<Vec<Field<'t>>, ReadError> {
    let header = match first {
        Ok(header) => header,
        Err(error) => {
            broken(error, 1, problems)?;
            return Ok(Vec::new());
        }
    };
    if header.len() > MAX_FIELDS {
        let message = format!("the first line has {} fields", header.len());
        let problem = Diagnostic::error(Code::TooLarge, "", message).expected(format!("at most {MAX_FIELDS}"));
        problems.add(1, None, problem);
        return Ok(Vec::new());
    }
    let mut fields = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    for (place, name) in (1..).zip(&header) {
        let name = name.trim();
        let is_key = name.eq_ignore_ascii_case(KEY) || table.record.schema.key_title.as_deref() == Some(name);
        let column = table.columns().find(|(column, _)| column.name == name);
        if seen.iter().any(|known| known == name) || (is_key && fields.iter().any(|field| matches!(field, Field::Key)))
        {
            let message = format!("the column `{name}` appears twice");
            problems.add(1, Some(place), Diagnostic::error(Code::DuplicateKey, name, message));
        } else if let Some((column, data_type)) = column {
            fields.push(Field::Value(&column.name, data_type));
        } else if is_key {
            fields.push(Field::Key);
        } else {
            let known = table.record.schema.columns.iter().map(|column| column.name.as_str());
            let message = format!("the table has no column `{name}`");
            problems.add(1, Some(place), Diagnostic::error(Code::UnknownKey, name, message).nearest(name, known));
        }
        seen.push(name.to_owned());
    }
    if problems.is_empty() && !fields.iter().any(|field| matches!(field, Field::Key)) {
        let problem = Diagnostic::error(Code::MissingKey, KEY, "the first line does not name the key")
            .expected("a line such as `key,tier,seats`");
        problems.add(1, None, problem);
    }
    Ok(fields)
}

fn row(
    table: &Table,
    fields: &[Field<'_>],
    (record, emptied): (&StringRecord, &[u64]),
    line: u64,
    problems: &mut LineProblems,
) -> Option<TableRow> {
    if record.len() != fields.len() {
        let problem =
            Diagnostic::error(Code::InvalidValue, "", "the line has a different number of fields than the first")
                .expected(fields.len().to_string())
                .found(record.len().to_string());
        problems.add(line, None, problem);
        return None;
    }
    let mut key = "";
    let mut key_place = None;
    let mut values = Map::new();
    for (place, (field, text)) in (1..).zip(fields.iter().zip(record)) {
        match field {
            Field::Key => (key, key_place) = (text, Some(place)),
            Field::Value(name, Type::String) if emptied.contains(&place) => {
                values.insert((*name).to_owned(), text.into());
            }
            Field::Value(name, data_type) => match cells::from_text(name, text, data_type) {
                Ok(value) => values.extend(value.map(|value| ((*name).to_owned(), value))),
                Err(more) => problems.all(line, Some(place), more),
            },
        }
    }
    match table.row(key, values) {
        // With a bad value, too: its key may come again.
        Ok(row) => Some(row),
        Err(more) => {
            for diagnostic in more {
                let place = key_place.filter(|_| diagnostic.path == KEY);
                problems.add(line, place, diagnostic);
            }
            None
        }
    }
}

/// Text that is no CSV is a problem of its line; anything else ends the reading.
fn broken(error: csv::Error, line: u64, problems: &mut LineProblems) -> Result<(), ReadError> {
    match error.into_kind() {
        ErrorKind::Io(error) if error.get_ref().is_some_and(|inner| inner.is::<LongLine>()) => {
            let problem = Diagnostic::error(Code::TooLarge, "", "the line is too long")
                .expected(format!("at most {MAX_LINE} bytes"))
                .suggestion("is a quote not closed?");
            problems.add(line, None, problem);
            // Where it ends is not known.
            Err(ReadError::Lines(std::mem::take(problems)))
        }
        ErrorKind::Io(error) => Err(ReadError::Input(error)),
        ErrorKind::Utf8 { err, .. } => {
            let problem = Diagnostic::error(Code::Syntax, "", "the line is not UTF-8");
            problems.add(line, u64::try_from(err.field()).ok().map(|field| field + 1), problem);
            Ok(())
        }
        other => {
            problems.add(line, None, Diagnostic::error(Code::Syntax, "", format!("the line can't be read: {other:?}")));
            Ok(())
        }
    }
}

/// Rows of a file, gathered. Blocks.
///
/// # Errors
/// As [`read`].
pub fn gathered(table: &Table, input: impl Read) -> Result<NewContent, ReadError> {
    let content = NewContent::new().map_err(ReadError::Store)?;
    read(table, input, |rows| content.add(rows))?;
    Ok(content)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use jiff::Timestamp;
    use uuid::Uuid;
    use waypost_ids::TableId;
    use waypost_store::records::tables::{ColumnRecord, TableRecord, TableShape};

    use super::super::export;
    use super::*;

    fn table() -> Table {
        let column = |name: &str, data_type: &str, default: Option<&str>| ColumnRecord {
            name: name.to_owned(),
            data_type: data_type.to_owned(),
            default: default.map(Into::into),
            title: None,
        };
        let columns = vec![
            column("s", "string", None),
            column("d", "string", Some("basic")),
            column("j", "json", None),
            column("l", "list<string>", None),
        ];
        Table::new(TableRecord {
            id: TableId(Uuid::nil()),
            name: "T".to_owned(),
            folded_name: "t".to_owned(),
            description: String::new(),
            schema: TableShape { ignore_case: false, key_title: None, columns },
            revision: 1,
            created_at: Timestamp::UNIX_EPOCH,
            created_by: String::new(),
            modified_at: Timestamp::UNIX_EPOCH,
        })
    }

    /// Hands a file on a few bytes at a time.
    struct Pieces<'f>(&'f [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let most = into.len().min(self.1);
            self.0.read(&mut into[..most])
        }
    }

    /// The rows of a file, or its problems.
    fn outcome(file: &str, piece: usize) -> String {
        let mut rows = Vec::new();
        let read = read(&table(), Pieces(file.as_bytes(), piece), |batch| {
            rows.extend(batch.into_iter().map(|(_, row)| row));
            Ok(Vec::new())
        });
        if read.is_ok() {
            let exported = [export::header(&table()), export::lines(&table(), &rows, export::Reader::Program)].concat();
            let mut again = Vec::new();
            let kept = super::read(&table(), exported.as_slice(), |batch| {
                again.extend(batch.into_iter().map(|(_, row)| row));
                Ok(Vec::new())
            });
            assert!(kept.is_ok() && again == rows, "{file}: exported as\n{}", String::from_utf8_lossy(&exported));
        }
        match read {
            Ok(_) => rows.iter().map(|row| format!("{} {}", row.key, row.values)).collect::<Vec<_>>().join(", "),
            Err(ReadError::Lines(problems)) => {
                let told = problems.told.iter().map(|problem| {
                    let column = problem.column.map_or("-".to_owned(), |column| column.to_string());
                    format!("{}:{column} {}", problem.line, problem.diagnostic.message)
                });
                let told = told.collect::<Vec<_>>().join("; ");
                told.replace('\n', "\\n").replace('\0', "\\u0000")
            }
            Err(other) => format!("{other:?}"),
        }
    }

    #[test]
    fn files_are_read_strictly() {
        let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/tables/csv.txt");
        let text = fs::read_to_string(&cases).unwrap();
        let bless = std::env::var_os("WAYPOST_BLESS").is_some();
        let (mut blessed, mut wrong) = (String::new(), Vec::new());
        for line in text.lines() {
            let Some((file, expected)) = line.split_once(" ==> ") else {
                blessed.push_str(&format!("{line}\n"));
                continue;
            };
            let bytes: String = serde_json::from_str(&format!("\"{}\"", file.replace('"', "\\\""))).unwrap();
            let found = outcome(&bytes, usize::MAX);
            assert_eq!(outcome(&bytes, 1), found, "{file} in pieces");
            blessed.push_str(&format!("{file} ==> {found}\n"));
            if found != expected {
                wrong.push(format!("{file}\n  expected {expected}\n  found    {found}"));
            }
        }
        if bless {
            fs::write(cases, blessed).unwrap();
        }
        assert!(bless || wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn a_thousand_bad_quotes_are_counted() {
        let file = format!("key,s\n{}", "a,\"y\"z\n".repeat(1000));
        let Err(ReadError::Lines(problems)) = read(&table(), file.as_bytes(), |_| Ok(Vec::new())) else {
            panic!("it was read")
        };
        assert_eq!((problems.told.len(), problems.more), (TOLD, 900));
    }
}
