//! The texts of a mail: what is shown to its reader.

use std::borrow::Cow;
use std::collections::BTreeMap;

use memchr::{memchr, memchr_iter, memmem};

use super::BODY_LIMIT;
use super::charset::Charset;
use super::enriched;
use super::flowed;
use super::media_type::Kind;
use super::notice;
use super::parameters::Parameters;
use super::shown::Shown;
use super::structure::{Part, Structure};
use crate::html::{self, Budget, Page, Quote};

/// A line end may be two bytes in the mail and one here: this much always fills the limit, and shows whether there
/// is more.
const NEEDED: usize = BODY_LIMIT * 2 + 2;
/// The most bytes of a part that become text: a character may take four, and HTML has more markup than text.
const READ: usize = NEEDED * 4;
/// How much of a page is searched for its charset.
const PAGE_START: usize = 16 * 1024;
/// How much of a part is looked at to tell whether it says anything.
const GLANCE: usize = 64 * 1024;

/// A text of a mail, with LF line ends. Borrowed from the raw bytes if it stands there as it is to be shown.
#[derive(Debug, Default)]
pub(super) struct Text<'x> {
    text: Cow<'x, str>,
    truncated: bool,
    /// What HTML says of its parts.
    quotes: Vec<Quote>,
}

impl<'x> Text<'x> {
    /// What the HTML has in it without showing it.
    pub(super) fn hidden(structure: &Structure<'x>, shown: &Shown, body: &Body<'x>) -> Self {
        let mut budget = body.budget.clone();
        let mut pages: Vec<usize> = shown.html.iter().chain(body.hidden.keys()).copied().collect();
        pages.sort_unstable();
        pages.dedup();
        Self::joined(parts(structure, &pages).map(|(index, part)| match body.hidden.get(&index) {
            Some(piece) => piece.clone(),
            None => page(&Piece::of(part), &mut budget).1,
        }))
    }

    /// The HTML as written.
    pub(super) fn html(structure: &Structure<'x>, shown: &Shown) -> Self {
        Self::joined(parts(structure, &shown.html).map(|(_, part)| Piece::of(part)))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn is_truncated(&self) -> bool {
        self.truncated
    }

    /// What HTML marks as another mail's or as a signature, in the order in which it begins.
    pub(super) fn quotes(&self) -> &[Quote] {
        &self.quotes
    }

    /// Parts in order, each starting on a line of its own.
    fn joined(pieces: impl Iterator<Item = Piece<'x>>) -> Self {
        let mut joined = Self::default();
        for Piece { text: part, cut, quotes } in pieces {
            joined.truncated |= cut;
            if part.is_empty() {
                continue;
            }
            if joined.text.len() > BODY_LIMIT {
                break;
            }
            if joined.text.is_empty() {
                joined.quotes = quotes;
                joined.text = with_lf(part);
                continue;
            }
            let text = joined.text.to_mut();
            if !text.ends_with('\n') {
                text.push('\n');
            }
            let begin = text.len();
            joined.quotes.extend(
                quotes.into_iter().map(|Quote { kind, at }| Quote { kind, at: at.start + begin..at.end + begin }),
            );
            push_with_lf(text, prefix(&part, NEEDED));
        }
        let kept = prefix(&joined.text, BODY_LIMIT).len();
        if kept < joined.text.len() {
            joined.truncated = true;
            match &mut joined.text {
                Cow::Borrowed(text) => *text = prefix(text, kept),
                Cow::Owned(text) => text.truncate(kept),
            }
        }
        joined
    }
}

/// What is shown of a mail, and what came with reading it.
#[derive(Debug)]
pub(super) struct Body<'x> {
    pub(super) text: Text<'x>,
    /// What the pages of it hide, by their part.
    hidden: BTreeMap<usize, Piece<'x>>,
    /// What is left for other pages.
    budget: Budget,
}

impl<'x> Body<'x> {
    /// The parts that are shown, in order, HTML in words: also where it is called plain.
    pub(super) fn read(structure: &Structure<'x>, shown: &Shown) -> Self {
        let mut budget = Budget::default();
        let mut hidden = BTreeMap::new();
        let text = Text::joined(parts(structure, &shown.body).map(|(index, part)| {
            let piece = Piece::of(part);
            if part.kind != Kind::Html && !notice::is_page(&piece.text) {
                return piece;
            }
            let (text, apart) = page(&piece, &mut budget);
            hidden.insert(index, apart);
            text
        }));
        Self { text, hidden, budget }
    }
}

/// The text of a part, and whether there is more of it than was read.
#[derive(Clone, Debug)]
struct Piece<'x> {
    text: Cow<'x, str>,
    cut: bool,
    quotes: Vec<Quote>,
}

impl<'x> Piece<'x> {
    fn of(part: &Part<'x>) -> Self {
        let text = read(part, READ);
        let text = match part.kind {
            Kind::Plain => flowed::read(text, part.content_type),
            Kind::Enriched => Cow::Owned(enriched::read(&text)),
            _ => text,
        };
        Self { text, cut: part.body.len() > READ, quotes: Vec::new() }
    }
}

/// What a page shows, and what it hides.
fn page<'x>(page: &Piece<'x>, budget: &mut Budget) -> (Piece<'x>, Piece<'x>) {
    let Page { text, hidden, quotes, truncated } = html::read_within(&page.text, budget);
    let piece = |text, quotes| Piece { text: Cow::Owned(text), cut: page.cut || truncated, quotes };
    (piece(text, quotes), piece(hidden, Vec::new()))
}

/// Parts with their indices.
fn parts<'a, 'x>(structure: &'a Structure<'x>, indices: &'a [usize]) -> impl Iterator<Item = (usize, &'a Part<'x>)> {
    indices.iter().filter_map(|index| Some((*index, structure.parts.get(*index)?)))
}

/// The first bytes of a part, decoded.
fn read<'x>(part: &Part<'x>, limit: usize) -> Cow<'x, str> {
    let bytes = part.transfer.decode_text(part.body, limit);
    let label = Parameters::read(part.content_type).text("charset").map(Cow::into_owned).unwrap_or_default();
    let charset = match Charset::named(label.as_bytes()) {
        Charset::Unsaid if part.kind == Kind::Html => page_charset(&bytes),
        charset => charset,
    };
    charset.decode(bytes)
}

/// The charset that a page gives for itself in a `meta`. Browsers look near its beginning; mail has long styles before it.
fn page_charset(page: &[u8]) -> Charset {
    let start = page.get(..PAGE_START).unwrap_or(page).to_ascii_lowercase();
    let said = memmem::find_iter(&start, b"<meta").find_map(|at| {
        let meta = start.get(at..)?;
        let meta = meta.get(..memchr(b'>', meta)?)?;
        let at = memmem::find(meta, b"charset")?;
        let label = meta.get(at + 7..)?.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
        let label = label.strip_prefix(b"\"").or_else(|| label.strip_prefix(b"'")).unwrap_or(label);
        let is_label = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':');
        let end = label.iter().position(|byte| !is_label(byte)).unwrap_or(label.len());
        label.get(..end).filter(|label| !label.is_empty())
    });
    match said.map(Charset::named) {
        // A page whose bytes can be searched for ASCII is in neither; one that is UTF-8 is that, whatever it says.
        None | Some(Charset::Utf16(_) | Charset::Utf32(_)) => Charset::Unsaid,
        Some(charset) if charset.is_seven_bit() && page.is_ascii() => charset,
        Some(_) if std::str::from_utf8(page).is_ok() => Charset::Utf8,
        Some(charset) => charset,
    }
}

/// Whether a plain alternative is blank, says only that its reader needs a program that shows HTML, or is HTML itself.
pub(super) fn says_nothing(part: &Part<'_>) -> bool {
    let text = read(part, GLANCE);
    notice::says_nothing(&text) || notice::is_page(&text)
}

/// The longest prefix of at most `limit` bytes that ends between characters.
fn prefix(text: &str, limit: usize) -> &str {
    text.get(..text.floor_char_boundary(limit)).unwrap_or(text)
}

fn with_lf(text: Cow<'_, str>) -> Cow<'_, str> {
    if memchr(b'\r', text.as_bytes()).is_none() {
        return text;
    }
    let needed = prefix(&text, NEEDED);
    let mut converted = String::with_capacity(needed.len());
    push_with_lf(&mut converted, needed);
    Cow::Owned(converted)
}

/// Appends a text, each CRLF and each lone CR as LF.
fn push_with_lf(to: &mut String, text: &str) {
    let mut start = 0;
    for at in memchr_iter(b'\r', text.as_bytes()) {
        to.push_str(text.get(start..at).unwrap_or_default());
        start = at + 1;
        if text.as_bytes().get(start) != Some(&b'\n') {
            to.push('\n');
        }
    }
    to.push_str(text.get(start..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(parts: &[&'static str]) -> Text<'static> {
        Text::joined(parts.iter().map(|part| Piece { text: Cow::Borrowed(*part), cut: false, quotes: Vec::new() }))
    }

    fn owned(part: String) -> Text<'static> {
        Text::joined(std::iter::once(Piece { text: Cow::Owned(part), cut: false, quotes: Vec::new() }))
    }

    #[test]
    fn line_ends_are_lf() {
        for (given, expected) in [
            ("a\r\nb\r\n", "a\nb\n"),
            ("a\rb", "a\nb"),
            ("\r\r\n\r", "\n\n\n"),
            ("a\nb", "a\nb"),
            ("é\r\nü", "é\nü"),
            ("", ""),
        ] {
            assert_eq!(joined(&[given]).as_str(), expected, "{given:?}");
        }
    }

    #[test]
    fn parts_start_on_their_own_line() {
        assert_eq!(joined(&["a", "b\r\n", "", "c"]).as_str(), "a\nb\nc");
    }

    #[test]
    fn a_text_that_needs_no_change_is_not_copied() {
        assert!(matches!(joined(&["a\nb"]).text, Cow::Borrowed(_)));
    }

    #[test]
    fn the_limit_falls_between_characters() {
        let long = "é".repeat(BODY_LIMIT / 2 + 1);
        let text = owned(format!("a{long}"));
        assert!(text.is_truncated());
        assert_eq!(text.as_str().len(), BODY_LIMIT - 1);
        let exact = owned("\r\n".repeat(BODY_LIMIT));
        assert!(!exact.is_truncated());
        assert_eq!(exact.as_str().len(), BODY_LIMIT);
        let more = owned("\r\n".repeat(BODY_LIMIT) + "x");
        assert!(more.is_truncated());
    }
}
