//! Words and line ends, written as they come; white space only between words.

use super::TEXT_LIMIT;

/// White space between what was written last and the next word, if that goes on in the same line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    None,
    Space,
    Cell,
}

/// What is done with white space (CSS Text, section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WhiteSpace {
    /// Any of it is one space.
    Collapse,
    /// Line ends stay, the rest is one space.
    KeepLines,
    /// All of it stays.
    Keep,
}

/// Line ends that are written in a row: one blank line. White space for looks is no text.
const MAX_BREAKS: usize = 2;

/// A text that is being written.
#[derive(Debug)]
pub(super) struct Writer {
    out: String,
    /// Line ends that are due before the next word.
    breaks: usize,
    gap: Gap,
    /// Whether something is in the line.
    has_words: bool,
    /// Whether the line has something that takes space without being a word.
    has_blank: bool,
    /// What stands before the next word, such as a list's bullet.
    marker: Option<String>,
    full: bool,
}

impl Writer {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self {
            out: String::new(),
            breaks: 0,
            gap: Gap::None,
            has_words: false,
            has_blank: false,
            marker: None,
            full: false,
        }
    }

    /// Whether there was more than fits.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// Whether nothing was written.
    pub(super) fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// How much was written, in bytes.
    pub(super) fn position(&self) -> usize {
        self.out.len()
    }

    /// How much white space at the beginning [`Self::finish`] leaves out, in bytes.
    pub(super) fn leading_space(&self) -> usize {
        self.out.len() - self.out.trim_start().len()
    }

    /// What was written.
    pub(super) fn finish(mut self) -> String {
        self.out.truncate(self.out.trim_end().len());
        // What is preformatted may begin with a space.
        if self.out.starts_with(char::is_whitespace) {
            return self.out.trim_start().to_owned();
        }
        self.out
    }

    /// The line is over: what follows stands on the next, or with `lines` 2 after a blank one.
    pub(super) fn block(&mut self, lines: usize) {
        if self.has_blank && !self.has_words {
            self.breaks = MAX_BREAKS;
        }
        self.breaks = self.breaks.max(lines);
        self.end_line();
    }

    /// `br`: the line is over; one with nothing in it is blank.
    pub(super) fn line_break(&mut self) {
        self.breaks = if self.has_words { self.breaks.max(1) } else { (self.breaks + 1).min(MAX_BREAKS) };
        self.end_line();
    }

    fn end_line(&mut self) {
        self.has_words = false;
        self.has_blank = false;
        self.gap = Gap::None;
    }

    /// What follows stands apart, in the same line.
    pub(super) fn space(&mut self) {
        self.gap = self.gap.max(Gap::Space);
    }

    /// What follows is in another cell of the row.
    pub(super) fn cell(&mut self) {
        self.gap = Gap::Cell;
    }

    /// What the next word is preceded by; nothing, if there is none.
    pub(super) fn mark(&mut self, marker: Option<String>) {
        self.marker = marker;
    }

    /// Text of the page.
    pub(super) fn text(&mut self, text: &str, white_space: WhiteSpace) {
        match white_space {
            WhiteSpace::Collapse => self.words(text),
            WhiteSpace::KeepLines => self.lines(text, Self::words),
            WhiteSpace::Keep => self.lines(text, Self::line),
        }
    }

    fn lines(&mut self, text: &str, write: fn(&mut Self, &str)) {
        for (at, line) in text.split('\n').enumerate() {
            if at > 0 {
                self.breaks = if self.has_words { self.breaks.max(1) } else { self.breaks + 1 };
                self.end_line();
            }
            write(self, line);
        }
    }

    fn words(&mut self, text: &str) {
        let mut rest = text;
        while !rest.is_empty() && !self.full {
            let (word, after) = rest.split_at(length_of_word(rest));
            self.word(word);
            let Some(space) = after.chars().next() else { return };
            if space == NO_BREAK_SPACE && !self.has_words {
                self.has_blank = true;
            }
            self.space();
            rest = after.trim_start_matches(is_plain_space);
            if rest.len() == after.len() {
                rest = after.get(space.len_utf8()..).unwrap_or_default();
            }
        }
    }

    /// A line as it is written, but for white space at its end.
    fn line(&mut self, line: &str) {
        let words = line.trim_end_matches(is_space);
        if !words.is_empty() {
            let words = words.replace([NO_BREAK_SPACE, '\u{2007}', '\u{202f}'], " ");
            self.word(&words);
        }
        if words.len() < line.len() {
            self.space();
        }
    }

    /// Something that is written without a change, but for characters that nobody can see.
    fn word(&mut self, word: &str) {
        if word.is_ascii() {
            return self.push(word);
        }
        if !word.contains(is_never_seen) && !word.contains(is_joiner) {
            return self.push(word);
        }
        let seen: String = word.chars().filter(|c| !is_never_seen(*c)).collect();
        // Joiners and marks of direction mean something between letters, and nothing on their own.
        if seen.chars().any(|c| !is_joiner(c)) {
            self.push(&seen);
        }
    }

    fn push(&mut self, word: &str) {
        if word.is_empty() {
            return;
        }
        if self.out.len() + word.len() + self.breaks > TEXT_LIMIT {
            self.full = true;
            let room = TEXT_LIMIT.saturating_sub(self.out.len() + self.breaks + 1);
            let fits = word.get(..word.floor_char_boundary(room)).unwrap_or_default();
            if fits.is_empty() {
                return;
            }
            return self.append(fits);
        }
        self.append(word);
    }

    fn append(&mut self, word: &str) {
        if !self.out.is_empty() {
            match self.gap {
                _ if self.breaks > 0 => self.out.extend(std::iter::repeat_n('\n', self.breaks)),
                Gap::None => {}
                Gap::Space => self.out.push(' '),
                Gap::Cell => self.out.push('\t'),
            }
        }
        if let Some(marker) = self.marker.take() {
            self.out.push_str(&marker);
        }
        self.out.push_str(word);
        self.breaks = 0;
        self.gap = Gap::None;
        self.has_words = true;
    }
}

/// How much of a text stands before white space.
fn length_of_word(text: &str) -> usize {
    // Nearly all words are ASCII.
    let end = text.bytes().position(|byte| byte <= b' ' || !byte.is_ascii());
    match end.and_then(|end| text.as_bytes().get(end)) {
        Some(byte) if is_plain_space(char::from(*byte)) => end,
        Some(_) => text.find(is_space),
        None => None,
    }
    .unwrap_or(text.len())
}

const NO_BREAK_SPACE: char = '\u{a0}';

/// The white space of HTML.
fn is_plain_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}')
}

/// White space, that which keeps words on one line included: a reader sees no difference.
fn is_space(c: char) -> bool {
    is_plain_space(c) || matches!(c, NO_BREAK_SPACE | '\u{2007}' | '\u{202f}')
}

/// Characters of no width that say nothing about letters: where a word may be broken, byte order marks, fillers.
fn is_never_seen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{200b}')
        || matches!(c, '\u{2060}'..='\u{2064}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}')
}

/// Characters of no width that change how letters beside them look or in which direction they run.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{61c}')
}
