//! One tag, in one pass (HTML standard, 13.2.5.6 to 13.2.5.40). Most of a mail is attributes, and most of them say nothing
//! about its text: those are passed over, and not compared with each other.

use std::borrow::Cow;
use std::ops::Range;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{Tag, TagKind};
use html5ever::{Attribute, LocalName, QualName, local_name, ns};
use memchr::memchr;

use super::{declarations, quotes, references};

/// White space between attributes; CR is LF by then.
pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | 0x0c)
}

/// What is known of a page from a glance at all of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glance {
    /// Whether something looks like a `style` element.
    pub(super) has_styles: bool,
    pub(super) has_nul: bool,
}

/// Reads a tag from its name on; the tag, and where it ends. `None` if it doesn't.
pub(super) fn read(html: &StrTendril, start: usize, kind: TagKind, page: Glance) -> Option<(Tag, usize)> {
    let mut scan = Scan { html, at: start };
    let name = scan.until(|_, byte| is_blank(byte) || matches!(byte, b'/' | b'>'))?;
    let mut tag = Tag {
        kind,
        name: LocalName::from(lower(page.replaced(name))),
        self_closing: false,
        attrs: Vec::new(),
        had_duplicate_attributes: false,
    };
    loop {
        match scan.byte()? {
            b'>' => return Some((tag, scan.at + 1)),
            b'/' => {
                scan.at += 1;
                if scan.byte()? == b'>' {
                    tag.self_closing = true;
                }
            }
            byte if is_blank(byte) => scan.at += 1,
            _ => {
                let (name, value) = scan.attribute()?;
                if kind == TagKind::StartTag
                    && let Some(name) = of_use(name.as_bytes())
                    && !tag.attrs.iter().any(|attribute| attribute.name.local == name)
                {
                    let names = matches!(
                        name,
                        local_name!("id") | local_name!("class") | local_name!("name") | local_name!("cite")
                    );
                    let is_of_styles = page.has_styles && matches!(name, local_name!("id") | local_name!("class"));
                    if names && !is_of_styles && !quotes::may_be(&tag.name) {
                        continue;
                    }
                    let value = page.text(html, value)?;
                    let says_anything = match name {
                        local_name!("style") => declarations::say_anything(&value),
                        _ => !names || is_of_styles || quotes::says_anything(&tag.name, &name, &value),
                    };
                    if says_anything {
                        tag.attrs.push(Attribute { name: QualName::new(None, ns!(), name), value });
                    }
                }
            }
        }
    }
}

/// An attribute that may change what is read. Ids and classes do if styles may mean them, or if they mark a quote.
fn of_use(name: &[u8]) -> Option<LocalName> {
    let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
    match name.len() {
        2 if is("id") => Some(local_name!("id")),
        3 if is("alt") => Some(local_name!("alt")),
        4 if is("href") => Some(local_name!("href")),
        4 if is("type") => Some(local_name!("type")),
        4 if is("name") => Some(local_name!("name")),
        4 if is("cite") => Some(local_name!("cite")),
        4 if is("open") => Some(local_name!("open")),
        5 if is("style") => Some(local_name!("style")),
        5 if is("class") => Some(local_name!("class")),
        5 if is("value") => Some(local_name!("value")),
        5 if is("start") => Some(local_name!("start")),
        5 if is("media") => Some(local_name!("media")),
        6 if is("hidden") => Some(local_name!("hidden")),
        8 if is("reversed") => Some(local_name!("reversed")),
        _ => None,
    }
}

fn lower(name: Cow<'_, str>) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) { Cow::Owned(name.to_ascii_lowercase()) } else { name }
}

impl Glance {
    /// An attribute's value, of what is written: not copied if that is the same.
    fn text(self, html: &StrTendril, written: Range<usize>) -> Option<StrTendril> {
        let (start, length) = (u32::try_from(written.start).ok()?, u32::try_from(written.len()).ok()?);
        let value = html.get(written)?;
        if self.has_nul || memchr(b'&', value.as_bytes()).is_some() {
            return Some(references::decode(&self.replaced(value), true));
        }
        html.try_subtendril(start, length).ok()
    }

    /// A text in which NUL is no character.
    pub(super) fn replaced(self, text: &str) -> Cow<'_, str> {
        match self.has_nul {
            true => Cow::Owned(text.replace('\0', "\u{FFFD}")),
            false => Cow::Borrowed(text),
        }
    }
}

/// A place in the page.
struct Scan<'h> {
    html: &'h str,
    at: usize,
}

impl<'h> Scan<'h> {
    fn byte(&self) -> Option<u8> {
        self.html.as_bytes().get(self.at).copied()
    }

    /// What stands before a byte that ends it.
    fn until(&mut self, is_end: impl Fn(usize, u8) -> bool) -> Option<&'h str> {
        let start = self.at;
        while !is_end(self.at, self.byte()?) {
            self.at += 1;
        }
        self.html.get(start..self.at)
    }

    fn skip_blanks(&mut self) {
        while self.byte().is_some_and(is_blank) {
            self.at += 1;
        }
    }

    /// An attribute's name and where its value is written.
    fn attribute(&mut self) -> Option<(&'h str, Range<usize>)> {
        let start = self.at;
        let name = self.until(|at, byte| {
            // A `=` may be the first of a name.
            is_blank(byte) || matches!(byte, b'/' | b'>') || (byte == b'=' && at > start)
        })?;
        self.skip_blanks();
        if self.byte()? != b'=' {
            return Some((name, start..start));
        }
        self.at += 1;
        self.skip_blanks();
        let value = match self.byte()? {
            quote @ (b'"' | b'\'') => {
                let start = self.at + 1;
                let length = memchr(quote, self.html.as_bytes().get(start..)?)?;
                self.at = start + length + 1;
                start..start + length
            }
            _ => {
                let start = self.at;
                self.until(|_, byte| is_blank(byte) || byte == b'>')?;
                start..self.at
            }
        };
        Some((name, value))
    }
}
