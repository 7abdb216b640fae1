//! What is different each time, written the same each time: ids as `ID1`, `ID2` in the order in which they appear, ports and secrets in the
//! same way, times as `TIME`, durations and sizes as 0. A session's commands may name what has appeared.

use jiff::{SignedDuration, Timestamp};
use waypost_origin::Origin;

/// What was masked so far.
pub(super) struct Masks {
    /// What is written for what, as it appeared.
    known: Vec<(String, String)>,
    /// What stands in the session's files: ids in there are the same each time.
    own: String,
    now: Timestamp,
}

impl Masks {
    /// No mask but that of the session's folder.
    pub(super) fn new(folder: &str) -> Self {
        Self { known: vec![(folder.to_owned(), "HERE".to_owned())], own: String::new(), now: Origin::system().now() }
    }

    /// A text as it is kept: masked, and columns laid out anew where that changed their width.
    pub(super) fn masked(&mut self, text: &str) -> String {
        let lines: Vec<&str> = text.lines().collect();
        let mut out = String::new();
        let mut at = 0;
        while let Some(line) = lines.get(at) {
            let table = columns(line).map_or_else(Vec::new, |columns| {
                let rows = lines[at..].iter().map_while(|line| cells(line, &columns));
                rows.collect::<Vec<Vec<String>>>()
            });
            if table.len() > 1 {
                at += table.len();
                out.push_str(&self.table(&table));
            } else {
                at += 1;
                out.push_str(&self.line(line));
                out.push('\n');
            }
        }
        out
    }

    /// Keeps what a file of the session has as it is.
    pub(super) fn keep(&mut self, text: &str) {
        self.own.push_str(text);
    }

    /// A text with what was masked in place of the masks.
    pub(super) fn meant(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let starts = |mask: &str| rest.strip_prefix(mask).is_some_and(|after| !after.starts_with(is_word));
            let known = self.known.iter().find(|(_, mask)| !out.ends_with(is_word) && starts(mask));
            let (meant, length) =
                known.map_or((c.to_string(), c.len_utf8()), |(real, mask)| (real.clone(), mask.len()));
            out.push_str(&meant);
            rest = &rest[length..];
        }
        out
    }

    /// Rows under their heading; columns are as wide as their widest cell.
    fn table(&mut self, rows: &[Vec<String>]) -> String {
        let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| self.line(cell)).collect()).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap();
        let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
        let line = |row: &Vec<String>| {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}  "));
            format!("{}\n", cells.collect::<String>().trim_end())
        };
        rows.iter().map(line).collect()
    }

    fn line(&mut self, line: &str) -> String {
        let mut out = String::new();
        let mut rest = line;
        while let Some(c) = rest.chars().next() {
            let (mask, length) = match self.mask(&out, rest) {
                Some(found) => found,
                None => (c.to_string(), c.len_utf8()),
            };
            out.push_str(&mask);
            rest = &rest[length..];
        }
        out
    }

    /// What is written for the beginning of `rest`, and its length; none if it is the same each time.
    fn mask(&mut self, before: &str, rest: &str) -> Option<(String, usize)> {
        if before.ends_with(is_word) {
            return None;
        }
        let ends = |length: usize| !rest[length..].starts_with(is_word);
        if let Some((real, mask)) = self.known.iter().find(|(real, _)| rest.starts_with(real) && ends(real.len())) {
            return Some((mask.clone(), real.len()));
        }
        if let Some(length) = self.time(rest).or_else(|| self.date(rest)) {
            return Some(("TIME".to_owned(), length));
        }
        if let Some(length) = amount(before, rest) {
            return Some(("0".to_owned(), length));
        }
        let secret = secret(rest).or_else(|| signed(rest));
        if let Some(length) = hash(rest) {
            return Some(("HASH".to_owned(), length));
        }
        let kinds = [("ID", id(rest)), ("PORT", port(before, rest)), ("SECRET", secret)];
        let (kind, length) = kinds.into_iter().find_map(|(kind, length)| Some((kind, length?)))?;
        if self.own.contains(&rest[..length]) {
            return None;
        }
        let number = self.known.iter().filter(|(_, mask)| mask.starts_with(kind)).count() + 1;
        let mask = format!("{kind}{number}");
        self.known.push((rest[..length].to_owned(), mask.clone()));
        Some((mask, length))
    }

    /// The length of a time that is not far from now: others are the session's own.
    fn time(&self, rest: &str) -> Option<usize> {
        let length = length(rest, |c| c.is_ascii_digit() || "-:.+TZ".contains(c));
        let text = rest[..length].trim_end_matches(['.', ':', '-']);
        let time: Timestamp = text.parse().ok().filter(|_| text.len() >= 20)?;
        self.is_near(time).then_some(text.len())
    }

    /// The length of a date as in mail (RFC 5322, section 3.3), not far from now.
    fn date(&self, rest: &str) -> Option<usize> {
        let read = |length: usize| {
            let date = jiff::fmt::rfc2822::parse(rest.get(..length)?).ok()?;
            Some((date.timestamp(), length))
        };
        // With a day of two digits, or of one.
        let (time, length) = [31, 30].into_iter().find_map(read).filter(|_| rest.starts_with(char::is_uppercase))?;
        self.is_near(time).then_some(length)
    }

    fn is_near(&self, time: Timestamp) -> bool {
        self.now.duration_since(time).abs() < SignedDuration::from_hours(24 * 60)
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric()
}

fn length(text: &str, of: impl Fn(char) -> bool) -> usize {
    text.find(|c| !of(c)).unwrap_or(text.len())
}

/// The length of a number that says how long something took, or how large something is.
fn amount(before: &str, rest: &str) -> Option<usize> {
    let length = length(rest, |c| c.is_ascii_digit() || c == '.');
    let unit = [" µs", " ms", " bytes", " MiB"].iter().any(|unit| rest[length..].starts_with(unit));
    let named = ["\"durationUs\": ", " time=\"", "MiB free, ", "process "].iter().any(|name| before.ends_with(name));
    (length > 0 && (unit || named)).then_some(length)
}

/// The length of a UUID, or of a Message-ID of ours up to its `@`: that begins with one.
fn id(rest: &str) -> Option<usize> {
    let is_id = length(rest, |c| c.is_ascii_hexdigit() || c == '-');
    let lengths: Vec<usize> = rest[..is_id].split('-').map(str::len).collect();
    let more = length(&rest[is_id..], |c| c.is_ascii_alphanumeric() || c == '.');
    let more = if rest[is_id + more..].starts_with('@') { more } else { 0 };
    // One of zeros is nobody's.
    (lengths == [8, 4, 4, 4, 12] && !rest.starts_with("00000000-")).then_some(is_id + more)
}

/// The length of a port that the system chose.
fn port(before: &str, rest: &str) -> Option<usize> {
    let length = length(rest, |c| c.is_ascii_digit());
    let chosen = rest[..length].parse::<u16>().is_ok_and(|port| port >= 10_000);
    (chosen && before.ends_with("127.0.0.1:")).then_some(length)
}

/// The length of a text that nobody can guess: long, with letters and digits; in hexadecimal, or with letters of both cases.
fn secret(rest: &str) -> Option<usize> {
    let length = length(rest, |c| c.is_ascii_alphanumeric() || "_-+/=".contains(c));
    let text = &rest[..length];
    let mixed = [char::is_uppercase, char::is_lowercase, char::is_numeric].iter().all(|kind| text.contains(kind));
    let hexadecimal = text.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    (length >= 32 && (mixed || hexadecimal) && !text.starts_with("00000000-")).then_some(length)
}

/// The length of the beginning of a hash.
fn hash(rest: &str) -> Option<usize> {
    let length = length(rest, |c| c.is_ascii_hexdigit());
    (length == 12 && rest[length..].starts_with('…')).then_some(length)
}

/// The length of an id with its signature, as it is in bounce addresses.
fn signed(rest: &str) -> Option<usize> {
    let length = length(rest, |c| c.is_ascii_alphanumeric() || c == '.');
    rest[..length].split('.').map(str::len).eq([26, 16]).then_some(length)
}

/// Where the columns of a heading begin, in characters; none if the line is no heading.
fn columns(line: &str) -> Option<Vec<usize>> {
    let (mut columns, mut spaces) = (Vec::new(), 2);
    for (at, c) in line.chars().enumerate() {
        match c {
            ' ' => spaces += 1,
            'A'..='Z' => {
                if spaces > 1 {
                    columns.push(at);
                }
                spaces = 0;
            }
            _ => return None,
        }
    }
    (columns.len() > 1 && columns[0] == 0).then_some(columns)
}

/// The cells of a row; none if the line does not fit below the heading.
fn cells(line: &str, columns: &[usize]) -> Option<Vec<String>> {
    let letters: Vec<char> = line.chars().collect();
    let parted = |at: usize| letters.get(at - 2..at).is_none_or(|gap| gap == [' ', ' ']);
    if letters.is_empty() || !columns.iter().skip(1).all(|at| parted(*at)) {
        return None;
    }
    let ends = columns.iter().skip(1).copied().chain([usize::MAX]);
    let cell = |(from, to): (&usize, usize)| {
        let text: String = letters.get(*from..to.min(letters.len())).unwrap_or_default().iter().collect();
        text.trim_end().to_owned()
    };
    Some(columns.iter().zip(ends).map(cell).collect())
}

#[test]
fn what_differs_each_time_is_masked_and_columns_fit() {
    let mut masks = Masks::new("/somewhere");
    let id = "0f0e0d0c-0b0a-4009-8807-060504030201";
    let table = format!("ID                                    NAME\n{id}  Billing\n");
    assert_eq!(masks.masked(&table), "ID   NAME\nID1  Billing\n");
    assert_eq!(masks.meant("show ID1, not ID12"), format!("show {id}, not ID12"));
    let now = masks.now;
    let text = format!("at {now}, in /somewhere/data, on 127.0.0.1:40001, after 12 ms\n");
    assert_eq!(masks.masked(&text), "at TIME, in HERE/data, on 127.0.0.1:PORT1, after 0 ms\n");
    let same = "at 2001-02-03T04:05:06Z, on 127.0.0.1:8080, `00000000-0000-4000-8000-000000000000`\n";
    assert_eq!(masks.masked(same), same);
}
