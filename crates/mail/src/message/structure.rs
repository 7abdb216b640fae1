//! The parts of a mail: where each begins and ends (RFC 2046, section 5.1).
//!
//! Read in one pass over the lines that begin with two hyphens, without recursion: a boundary ends its own part and all that
//! are open within it. A mail within the mail is one part, whose inside nobody looks at.

use std::collections::HashMap;

use memchr::{memchr, memmem};

use super::charset::Charset;
use super::fields::{Fields, RawField, split};
use super::media_type::{Combination, Kind, mended};
use super::parameters::Parameters;
use super::transfer::Transfer;
use super::unread::{DEPTH, PARTS};

/// How often a boundary that is not the declared one is looked for.
const MOST_GUESSES: usize = 8;
/// The longest boundary that is taken without having been declared; a declared one may have 70 (RFC 2046, section 5.1.1).
const LONGEST_GUESS: usize = 200;
/// How far into a body a boundary is looked for, to decide which of two Content-Types is true.
const LOOK_AHEAD: usize = 64 * 1024;

/// A part: its header as far as structure goes, its bytes, its place.
#[derive(Debug)]
pub(super) struct Part<'x> {
    pub(super) kind: Kind,
    pub(super) transfer: Transfer,
    /// The Content-Type that counts, as it stands; empty if there is none.
    pub(super) content_type: &'x [u8],
    /// The Content-Disposition as it stands.
    pub(super) disposition: Option<&'x [u8]>,
    pub(super) content_id: Option<&'x [u8]>,
    /// The bytes between header and boundary. Of a multipart, those before its first part.
    pub(super) body: &'x [u8],
    /// The index after the last part within it.
    pub(super) end: usize,
    /// Whether it is a multipart without a single part, not even its end: what there is of it is text.
    pub(super) undivided: bool,
}

/// All parts, each before those within it; the first is the message.
#[derive(Debug, Default)]
pub(super) struct Structure<'x> {
    pub(super) parts: Vec<Part<'x>>,
    pub(super) too_many: bool,
    pub(super) too_deep: bool,
    pub(super) more_parameters: bool,
}

impl<'x> Structure<'x> {
    /// Takes a mail apart: its fields, and where its body begins.
    pub(super) fn read(content: &'x [u8], body: usize, fields: &Fields<'x>, line_end: u8) -> Self {
        let mut head = Head::default();
        fields.raw().for_each(|field| head.field(field));
        let mut reader =
            Reader { content, line_end, read: Self::default(), open: Vec::new(), levels: HashMap::new(), guesses: 0 };
        reader.add(&head, body, Kind::Plain);
        reader.run(body);
        reader.read
    }

    /// What header fields are in that are neither ASCII nor UTF-8: the first charset that a text, or what holds it, says it has.
    pub(super) fn charset(&self) -> Charset {
        let texts = self.parts.iter().filter(|part| !matches!(part.kind, Kind::Message | Kind::Other));
        texts
            .filter_map(|part| {
                Parameters::read(part.content_type).text("charset").map(|label| Charset::named(label.as_bytes()))
            })
            .find(|charset| !charset.is_unsaid())
            .unwrap_or(Charset::Unsaid)
    }

    /// The parts directly within a multipart.
    pub(super) fn within(&self, index: usize) -> impl Iterator<Item = usize> {
        let end = self.parts.get(index).map_or(index, |part| part.end);
        let mut next = index + 1;
        std::iter::from_fn(move || {
            let child = next;
            (child < end).then(|| {
                next = self.parts.get(child).map_or(end, |part| part.end.max(child + 1));
                child
            })
        })
    }
}

/// The fields of a header that make up structure.
#[derive(Default)]
struct Head<'x> {
    any: bool,
    content_types: Vec<&'x [u8]>,
    transfer: Option<Transfer>,
    disposition: Option<&'x [u8]>,
    content_id: Option<&'x [u8]>,
}

impl<'x> Head<'x> {
    fn field(&mut self, field: RawField<'x>) {
        self.any = true;
        if !field.name.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("content-")) {
            return;
        }
        if field.is("content-type") {
            // More than these nobody sends.
            if self.content_types.len() < 4 {
                self.content_types.push(field.value);
            }
        } else if field.is("content-transfer-encoding") {
            // The first that is one; but that nothing is encoded is often said by a relay which puts its own above the true one.
            if matches!(self.transfer, None | Some(Transfer::Identity)) {
                self.transfer = Transfer::named(field.value).or(self.transfer);
            }
        } else if field.is("content-disposition") {
            self.disposition = self.disposition.or(Some(field.value));
        } else if field.is("content-id") {
            self.content_id = self.content_id.or(Some(field.value));
        }
    }
}

/// A multipart whose end has not come yet.
struct Open<'x> {
    part: usize,
    boundary: Vec<u8>,
    /// Where its body begins.
    begin: usize,
    /// A line that looks like a boundary before the first part, and where it begins.
    guess: Option<(&'x [u8], usize)>,
}

enum Delimiter {
    Next,
    Close,
}

struct Reader<'x> {
    content: &'x [u8],
    line_end: u8,
    read: Structure<'x>,
    open: Vec<Open<'x>>,
    /// The innermost level at which each boundary is open.
    levels: HashMap<Vec<u8>, usize>,
    guesses: usize,
}

impl<'x> Reader<'x> {
    fn run(&mut self, body: usize) {
        let content = self.content;
        let finder = memmem::Finder::new(if self.line_end == b'\r' { b"\r--" } else { b"\n--" });
        // Where the search goes on: at the line end before a line.
        let mut from = body;
        let mut first = content.get(body..).is_some_and(|rest| rest.starts_with(b"--"));
        // The part whose body is being read, with where it begins; none after the end of a multipart.
        let mut current = (self.open.is_empty()).then_some((0, body));
        if self.open.is_empty() {
            self.close_leaf(current.take(), content.len());
            return;
        }
        loop {
            let found = if first {
                Some(from)
            } else {
                finder.find(content.get(from..).unwrap_or_default()).map(|at| from + at + 1)
            };
            first = false;
            let Some(at) = found else {
                self.close_leaf(current.take(), content.len());
                match self.close_above(0, content.len()) {
                    Some(again) => {
                        (from, first) = (again, true);
                        continue;
                    }
                    None => return,
                }
            };
            let end =
                memchr(self.line_end, content.get(at..).unwrap_or_default()).map_or(content.len(), |end| at + end + 1);
            let line = content.get(at..end).unwrap_or_default();
            let Some((level, delimiter)) = self.delimiter(line) else {
                if current.is_none() {
                    self.note_guess(line, at, end);
                }
                from = end.saturating_sub(1).max(at + 1);
                continue;
            };
            self.close_leaf(current.take(), self.before(at));
            if let Some(again) = self.close_above(level + 1, self.before(at)) {
                (from, first) = (again, true);
                continue;
            }
            match delimiter {
                Delimiter::Close => {
                    self.close();
                    if self.open.is_empty() {
                        return;
                    }
                    from = end.saturating_sub(1).max(at + 1);
                }
                Delimiter::Next => {
                    if self.read.parts.len() >= PARTS {
                        self.read.too_many = true;
                        while !self.open.is_empty() {
                            self.close();
                        }
                        return;
                    }
                    let (begin, leaf) = self.part(level, end);
                    current = leaf.map(|part| (part, begin));
                    // The line end before the part's body belongs to its header.
                    first = content.get(begin..).is_some_and(|rest| rest.starts_with(b"--"));
                    from = begin;
                }
            }
        }
    }

    /// Reads the header of the part that begins at an offset. Returns where its body begins, and its index unless it is a multipart
    /// or nothing at all.
    fn part(&mut self, level: usize, start: usize) -> (usize, Option<usize>) {
        let mut head = Head::default();
        let rest = self.content.get(start..).unwrap_or_default();
        let length = split(rest, self.line_end, |line| self.delimiter(line).is_some(), |field| head.field(field));
        let begin = start + length;
        let body = self.content.get(begin..).unwrap_or_default();
        if !head.any && (body.is_empty() || self.at_delimiter(begin)) {
            return (begin, None);
        }
        let holder = self.open.get(level).and_then(|open| self.read.parts.get(open.part)).map(|part| part.kind);
        let digest = holder == Some(Kind::Multipart(Combination::Digest));
        let index = self.read.parts.len();
        let is_open = self.add(&head, begin, if digest { Kind::Message } else { Kind::Plain });
        (begin, (!is_open).then_some(index))
    }

    fn at_delimiter(&self, at: usize) -> bool {
        let rest = self.content.get(at..).unwrap_or_default();
        let end = memchr(self.line_end, rest).map_or(rest.len(), |end| end + 1);
        rest.starts_with(b"--") && self.delimiter(rest.get(..end).unwrap_or_default()).is_some()
    }

    /// Adds a part; whether it is a multipart to look into.
    fn add(&mut self, head: &Head<'x>, begin: usize, default: Kind) -> bool {
        let (content_type, kind, boundary) = self.decide(head, begin, default);
        let index = self.read.parts.len();
        let mut opens = matches!(kind, Kind::Multipart(_));
        if opens && self.open.len() >= DEPTH {
            self.read.too_deep = true;
            opens = false;
        }
        self.read.parts.push(Part {
            kind: if opens || !matches!(kind, Kind::Multipart(_)) { kind } else { Kind::Other },
            transfer: head.transfer.unwrap_or(Transfer::Identity),
            content_type,
            disposition: head.disposition,
            content_id: head.content_id,
            body: &[],
            end: index + 1,
            undivided: false,
        });
        if opens {
            self.open(index, boundary, begin);
        }
        opens
    }

    /// Which of the Content-Types counts: the first that is a media type; but before one that is not a multipart, a multipart whose
    /// boundary is there.
    fn decide(&mut self, head: &Head<'x>, begin: usize, default: Kind) -> (&'x [u8], Kind, Vec<u8>) {
        let mut chosen = None;
        for &raw in &head.content_types {
            let parameters = Parameters::read(raw);
            self.read.more_parameters |= parameters.more;
            let media_type = mended(&parameters.value);
            let boundary = boundary(&parameters);
            let kind = Kind::of(&media_type);
            let is_multipart = matches!(kind, Kind::Multipart(_));
            let better = match &chosen {
                None => !media_type.is_empty(),
                Some((_, Kind::Multipart(_), _)) => false,
                Some(_) => is_multipart && self.has_line(begin, &boundary),
            };
            if better {
                chosen = Some((raw, kind, boundary));
            }
        }
        chosen.unwrap_or_else(|| (head.content_types.first().copied().unwrap_or_default(), default, Vec::new()))
    }

    fn has_line(&self, begin: usize, boundary: &[u8]) -> bool {
        let body = self.content.get(begin..).unwrap_or_default();
        let body = body.get(..LOOK_AHEAD).unwrap_or(body);
        !boundary.is_empty() && memmem::find(body, &[b"--", boundary].concat()).is_some()
    }

    /// Which open multipart a line belongs to; if to two, to the inner one.
    fn delimiter(&self, line: &[u8]) -> Option<(usize, Delimiter)> {
        let text = line.strip_prefix(b"--")?.trim_ascii_end();
        let next = self.levels.get(text).map(|level| (*level, Delimiter::Next));
        let close = text.strip_suffix(b"--").and_then(|text| self.levels.get(text));
        match (next, close) {
            (Some((next, _)), Some(close)) if *close > next => Some((*close, Delimiter::Close)),
            (None, Some(close)) => Some((*close, Delimiter::Close)),
            (next, _) => next,
        }
    }

    fn open(&mut self, part: usize, boundary: Vec<u8>, begin: usize) {
        if !boundary.is_empty() {
            self.levels.insert(boundary.clone(), self.open.len());
        }
        self.open.push(Open { part, boundary, begin, guess: None });
    }

    /// Ends the innermost multipart.
    fn close(&mut self) {
        let count = self.read.parts.len();
        let Some(open) = self.open.pop() else { return };
        if let Some(part) = self.read.parts.get_mut(open.part) {
            part.end = count;
        }
        // One around it may have the same boundary.
        match self.open.iter().rposition(|outer| outer.boundary == open.boundary) {
            Some(level) if !open.boundary.is_empty() => self.levels.insert(open.boundary, level),
            _ => self.levels.remove(&open.boundary),
        };
    }

    /// Remembers a line that looks like the boundary of the innermost multipart, of which no part has been found.
    fn note_guess(&mut self, line: &'x [u8], at: usize, end: usize) {
        let count = self.read.parts.len();
        let Some(open) = self.open.last_mut().filter(|open| open.guess.is_none() && open.part + 1 == count) else {
            return;
        };
        let text = line.strip_prefix(b"--").unwrap_or_default().trim_ascii_end();
        if text.is_empty() || text.len() > LONGEST_GUESS || at < open.begin {
            return;
        }
        let next = self.content.get(end..).unwrap_or_default();
        let is_header = next.get(..8).is_some_and(|start| start.eq_ignore_ascii_case(b"content-"));
        let is_blank = matches!(next, [b'\n' | b'\r', ..]);
        if is_header || (is_blank && !text.starts_with(b"-") && !text.contains(&b' ')) {
            open.guess = Some((text, at));
        }
    }

    /// Ends a part that is no multipart.
    fn close_leaf(&mut self, leaf: Option<(usize, usize)>, end: usize) {
        let Some((index, begin)) = leaf else { return };
        if let Some(part) = self.read.parts.get_mut(index) {
            part.body = self.content.get(begin..end.max(begin)).unwrap_or_default();
        }
    }

    /// Ends the multiparts from a level on, because of what comes at `end`. If the innermost has no part, but lines as if it were
    /// divided by another boundary than it declares, that one is taken instead; then returns where to read on.
    fn close_above(&mut self, level: usize, end: usize) -> Option<usize> {
        while self.open.len() > level {
            let Some(open) = self.open.last() else { break };
            let (part, begin) = (open.part, open.begin);
            if part + 1 == self.read.parts.len() {
                if let Some((boundary, at)) = open.guess.filter(|guess| self.is_boundary(*guess, end)) {
                    self.guesses += 1;
                    self.close();
                    self.open(part, boundary.to_vec(), begin);
                    return Some(at);
                }
                if let Some(part) = self.read.parts.get_mut(part) {
                    part.undivided = true;
                    part.body = self.content.get(begin..end.max(begin)).unwrap_or_default();
                }
            }
            self.close();
        }
        None
    }

    /// Whether what looks like a boundary is one: fields of a part follow it, or it comes again to end the parts.
    fn is_boundary(&self, (boundary, at): (&[u8], usize), end: usize) -> bool {
        let region = self.content.get(at..end).unwrap_or_default();
        let header = memchr(self.line_end, region).and_then(|end| region.get(end + 1..)).unwrap_or_default();
        let has_fields = header.get(..8).is_some_and(|start| start.eq_ignore_ascii_case(b"content-"));
        let may_be = !region.is_empty() && self.guesses < MOST_GUESSES;
        may_be && (has_fields || memmem::find(region, &[b"\n--", boundary, b"--"].concat()).is_some())
    }

    /// The offset of the line end before a boundary, which belongs to it (RFC 2046, section 5.1.1).
    fn before(&self, at: usize) -> usize {
        let before = self.content.get(..at).unwrap_or_default();
        let stripped = before.strip_suffix(&[self.line_end]).unwrap_or(before);
        stripped.strip_suffix(b"\r").unwrap_or(stripped).len()
    }
}

/// The boundary that is declared: empty if there is none.
fn boundary(parameters: &Parameters<'_>) -> Vec<u8> {
    let declared = match parameters.bytes("boundary") {
        Some(bytes) => bytes.to_vec(),
        // In pieces, or percent-encoded (RFC 2231).
        None => parameters.text("boundary").map(|text| text.into_owned().into_bytes()).unwrap_or_default(),
    };
    declared.trim_ascii_end().to_vec()
}
