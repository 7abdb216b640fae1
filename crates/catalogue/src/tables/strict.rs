//! What RFC 4180 (section 2) says of quotes, looked at before the `csv` crate reads the same bytes: that crate takes anything, and makes of a
//! quote that is never closed one cell of all that follows.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, Read};
use std::rc::Rc;

use waypost_flow::diagnostic::{Code, Diagnostic};

use super::import::{LineProblem, TOLD};

/// What spreadsheets begin a file with.
const BYTE_ORDER_MARK: &[u8] = "\u{FEFF}".as_bytes();

/// A file without the byte order mark at its beginning.
pub(super) fn without_mark(mut input: impl Read) -> io::Result<impl Read> {
    let mut first = Vec::new();
    input.by_ref().take(BYTE_ORDER_MARK.len() as u64).read_to_end(&mut first)?;
    if first == BYTE_ORDER_MARK {
        first.clear();
    }
    Ok(io::Cursor::new(first).chain(input))
}

/// Hands a file on as it is, and notes what is wrong with its quotes.
pub(super) struct Strict<R> {
    input: R,
    scan: Scan,
    found: Rc<RefCell<Quotes>>,
}

/// What is wrong with a file's quotes, as far as it was read.
#[derive(Default)]
pub(super) struct Quotes {
    /// The first of them, each with the line that its record begins in.
    told: Vec<(u64, LineProblem)>,
    /// How many more there are.
    more: u64,
    /// Where the records begin that have such a problem, as far as nobody asked for them yet: how far a file is read ahead bounds them.
    spoiled: VecDeque<u64>,
    /// Fields that are a pair of quotes and nothing else, as far as nobody asked for them yet: where each ends in the file, in bytes, and
    /// which of its record it is, counted from 1.
    emptied: VecDeque<(u64, u64)>,
}

impl Quotes {
    fn add(&mut self, record: u64, problem: LineProblem) {
        if self.spoiled.back() != Some(&record) {
            self.spoiled.push_back(record);
        }
        if self.told.len() < TOLD {
            self.told.push((record, problem));
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    /// Whether the record that begins in line `first` has such a problem: what else seems to be wrong with it comes of that. Records are
    /// asked for in their order, and the one that follows begins in line `next`.
    pub(super) fn spoil(&mut self, first: u64, next: u64) -> bool {
        while self.spoiled.front().is_some_and(|record| *record < first) {
            self.spoiled.pop_front();
        }
        self.spoiled.front().is_some_and(|record| *record < next.max(first.saturating_add(1)))
    }

    /// The fields of a record that are an empty text, and not left out. Records are asked for in their order; this one ends where the next
    /// begins, `next` bytes into the file.
    pub(super) fn emptied(&mut self, from: u64, next: u64) -> Vec<u64> {
        let mut fields = Vec::new();
        while let Some((end, field)) = self.emptied.front().copied().filter(|(end, _)| *end < next) {
            self.emptied.pop_front();
            fields.extend((end >= from).then_some(field));
        }
        fields
    }

    /// Forgets what is wrong with records that begin in line `next` or later.
    pub(super) fn only_before(&mut self, next: u64) {
        self.told.retain(|(record, _)| *record < next);
        self.more = 0;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    /// The first problems, and how many more there are.
    pub(super) fn into_problems(self) -> (Vec<LineProblem>, u64) {
        (self.told.into_iter().map(|(_, problem)| problem).collect(), self.more)
    }
}

/// Where in a file a byte stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    /// At the beginning of a field.
    Start,
    /// In a field without quotes.
    Plain,
    /// Between quotes.
    Quoted,
    /// After a quote between quotes: it ends the field, or is the first of two.
    Quote,
    /// In a field that was told to be wrong.
    Wrong,
}

struct Scan {
    at: At,
    /// How many bytes were read before.
    bytes: u64,
    /// The line, counted from 1 as the `csv` crate does.
    line: u64,
    /// The line that the record begins in.
    record: u64,
    /// The field in the record, counted from 1.
    field: u64,
    /// Where the last NUL stood: line and field; zeros before the first.
    nul: (u64, u64),
    /// Where the last quote was opened: line and field.
    opened: (u64, u64),
    /// Whether nothing stands after that quote yet.
    is_empty: bool,
}

impl<R> Strict<R> {
    /// Notes problems in `found`.
    pub(super) fn new(input: R, found: Rc<RefCell<Quotes>>) -> Self {
        let scan = Scan {
            at: At::Start,
            bytes: 0,
            line: 1,
            record: 1,
            field: 1,
            nul: (0, 0),
            opened: (1, 1),
            is_empty: false,
        };
        Self { input, scan, found }
    }
}

impl<R: Read> Read for Strict<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(into)?;
        let mut found = self.found.borrow_mut();
        if read == 0 && !into.is_empty() {
            self.scan.end(&mut found);
        }
        for byte in into.iter().take(read) {
            self.scan.byte(*byte, &mut found);
            self.scan.bytes += 1;
        }
        Ok(read)
    }
}

impl Scan {
    fn byte(&mut self, byte: u8, found: &mut Quotes) {
        if self.at == At::Quote && self.is_empty && matches!(byte, b',' | b'\r' | b'\n') {
            found.emptied.push_back((self.bytes, self.field));
        }
        let (line, field, record) = (self.line, self.field, self.record);
        let mut wrong = |message: &str, help: &str| {
            let diagnostic = Diagnostic::error(Code::Syntax, "", message).suggestion(help);
            found.add(record, LineProblem { line, column: Some(field), diagnostic });
            At::Wrong
        };
        if byte == 0 {
            // Once for each field: what is no UTF-8 at all has them everywhere.
            if self.nul != (line, field) {
                wrong("the field holds a NUL character", "is this a CSV file in UTF-8?");
                self.nul = (line, field);
            }
            return;
        }
        self.at = match (self.at, byte) {
            (At::Quoted, b'"') => At::Quote,
            (At::Quoted, _) | (At::Quote, b'"') => {
                self.is_empty = false;
                At::Quoted
            }
            (_, b',') => {
                self.field += 1;
                At::Start
            }
            (_, b'\r' | b'\n') => {
                self.field = 1;
                At::Start
            }
            (At::Start, b'"') => {
                self.opened = (self.line, self.field);
                self.is_empty = true;
                At::Quoted
            }
            (At::Plain, b'"') => wrong(
                "a quote in a field that is not quoted",
                "put the field in quotes, and write each quote in it twice: `\"5\"\" pipe\"`",
            ),
            (At::Quote, _) => wrong(
                "text follows the quote that ends the field",
                "write a quote inside of quotes twice: `\"5\"\" pipe\"`",
            ),
            (At::Wrong, _) => At::Wrong,
            (At::Start | At::Plain, _) => At::Plain,
        };
        if byte == b'\n' {
            self.line += 1;
        }
        if self.at == At::Start && self.field == 1 {
            self.record = self.line;
        }
    }

    fn end(&mut self, found: &mut Quotes) {
        if self.at == At::Quote && self.is_empty {
            // It ends with the file's last byte.
            found.emptied.push_back((self.bytes.saturating_sub(1), self.field));
            self.is_empty = false;
        }
        if self.at == At::Quoted {
            let (line, field) = self.opened;
            let diagnostic = Diagnostic::error(Code::Syntax, "", "the quote is never closed")
                .suggestion("close it, or write a quote that belongs to the text twice, in a field in quotes");
            found.add(self.record, LineProblem { line, column: Some(field), diagnostic });
            // Whoever asks again is told once.
            self.at = At::Wrong;
        }
    }
}
