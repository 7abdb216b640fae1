//! The tokens of a page, as html5ever's tree builder takes them (HTML standard, 13.2.5). html5ever has a tokenizer, that goes
//! from character to character and keeps every attribute; of a mail that takes longer than all else. This one goes from
//! sign to sign. The tests hold it to the same tokens.

use std::borrow::Cow;
use std::cell::RefCell;

use html5ever::LocalName;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use memchr::{memchr, memchr_iter, memchr2_iter, memmem};

use super::references;
use super::tag::{self, Glance, is_blank};

/// Gives all tokens of a page to a sink, until that is full. A page of more than 4 GiB is not read.
pub(super) fn give<S: TokenSink>(html: &str, sink: &S, is_full: impl Fn(&S) -> bool) {
    let shared = with_line_feeds(html.strip_prefix('\u{FEFF}').unwrap_or(html));
    let html = &*shared;
    let mut tokens = Tokens {
        html,
        shared: &shared,
        at: 0,
        page: Glance { has_styles: has_styles(html.as_bytes()), has_nul: memchr(0, html.as_bytes()).is_some() },
        has_type: false,
        sink,
    };
    while tokens.at < html.len() && !is_full(sink) {
        tokens.step();
    }
    let _ = tokens.token(Token::EOFToken);
    sink.end();
}

/// CRLF and CR are LF (HTML standard, 13.2.3.5).
fn with_line_feeds(html: &str) -> StrTendril {
    let mut converted = StrTendril::with_capacity(u32::try_from(html.len()).unwrap_or_default());
    let mut start = 0;
    for at in memchr_iter(b'\r', html.as_bytes()) {
        converted.push_slice(html.get(start..at).unwrap_or_default());
        start = at + 1;
        if html.as_bytes().get(start) != Some(&b'\n') {
            converted.push_char('\n');
        }
    }
    converted.push_slice(html.get(start..).unwrap_or_default());
    converted
}

/// Whether there is something that looks like a `style` element.
fn has_styles(html: &[u8]) -> bool {
    memchr_iter(b'<', html).any(|at| html.get(at + 1..at + 6).is_some_and(|name| name.eq_ignore_ascii_case(b"style")))
}

struct Tokens<'h, S> {
    html: &'h str,
    /// The same, for texts that are not copied.
    shared: &'h StrTendril,
    at: usize,
    page: Glance,
    /// Whether a document type was read: no other counts.
    has_type: bool,
    sink: &'h S,
}

impl<'h, S: TokenSink> Tokens<'h, S> {
    fn token(&self, token: Token) -> TokenSinkResult<S::Handle> {
        self.sink.process_token(token, 1)
    }

    fn rest(&self) -> &'h str {
        self.html.get(self.at..).unwrap_or_default()
    }

    fn step(&mut self) {
        let length = length_of_text(self.rest().as_bytes());
        if length > 0 {
            self.text(self.at + length, true);
            return;
        }
        match self.rest().as_bytes() {
            [b'<', b'/', letter, ..] if letter.is_ascii_alphabetic() => self.tag(2, TagKind::EndTag),
            [b'<', b'/', b'>', ..] => self.at += 3,
            [b'<', b'!', b'-', b'-', ..] => self.comment(),
            [b'<', b'!', name @ ..] if starts_with(name, b"doctype") => self.document_type(),
            [b'<', b'!', b'[', ..]
                if self.rest().starts_with("<![CDATA[")
                    && self.sink.adjusted_current_node_present_but_not_in_html_namespace() =>
            {
                self.at += "<![CDATA[".len();
                let end = memmem::find(self.rest().as_bytes(), b"]]>").map(|length| self.at + length);
                self.text(end.unwrap_or(self.html.len()), false);
                self.at = end.map_or(self.html.len(), |end| end + 3);
            }
            [b'<', b'/' | b'!' | b'?', ..] => {
                self.pass_sign(self.at + 2);
                let _ = self.token(Token::CommentToken(StrTendril::new()));
            }
            _ => self.tag(1, TagKind::StartTag),
        }
    }

    /// Goes behind the next `>`, or to the end.
    fn pass_sign(&mut self, from: usize) {
        let found = self.html.as_bytes().get(from..).and_then(|rest| memchr(b'>', rest));
        self.at = found.map_or(self.html.len(), |length| from + length + 1);
    }

    /// A piece of the page that is not copied.
    fn piece(&self, end: usize) -> Option<StrTendril> {
        let start = u32::try_from(self.at).ok()?;
        let length = u32::try_from(end.checked_sub(self.at)?).ok().filter(|length| *length > 0)?;
        self.shared.try_subtendril(start, length).ok()
    }

    /// Text in which NUL means something, and `&` perhaps.
    fn text(&mut self, end: usize, has_references: bool) {
        while self.at < end {
            let text = self.html.as_bytes().get(self.at..end).unwrap_or_default();
            let nul = if self.page.has_nul { memchr(0, text) } else { None };
            let until = nul.map_or(end, |length| self.at + length);
            let text = self.html.get(self.at..until).unwrap_or_default();
            if has_references && memchr(b'&', text.as_bytes()).is_some() {
                let _ = self.token(Token::CharacterTokens(references::decode(text, false)));
                self.at = until;
            } else {
                self.characters(until);
            }
            if until < end {
                let _ = self.token(Token::NullCharacterToken);
                self.at += 1;
            }
        }
    }

    /// Text as it stands there.
    fn characters(&mut self, end: usize) {
        if let Some(piece) = self.piece(end) {
            let _ = self.token(Token::CharacterTokens(piece));
        }
        self.at = end;
    }

    fn comment(&mut self) {
        let start = self.at + "<!--".len();
        let text = self.html.as_bytes().get(start..).unwrap_or_default();
        let end = memchr_iter(b'>', text).find(|end| {
            let comment = text.get(..*end).unwrap_or_default();
            matches!(comment, b"" | b"-") || comment.ends_with(b"--") || comment.ends_with(b"--!")
        });
        self.at = end.map_or(self.html.len(), |length| start + length + 1);
        let _ = self.token(Token::CommentToken(StrTendril::new()));
    }

    /// What type it is decides whether tables end paragraphs. There is one in a page: html5ever's tokenizer reads it.
    fn document_type(&mut self) {
        let start = self.at;
        self.pass_sign(start);
        if std::mem::replace(&mut self.has_type, true) {
            return;
        }
        let tokenizer = Tokenizer::new(DocumentType::default(), TokenizerOpts::default());
        let input = BufferQueue::default();
        input.push_back(StrTendril::from_slice(self.html.get(start..self.at).unwrap_or_default()));
        let _ = tokenizer.feed(&input);
        tokenizer.end();
        if let Some(token) = tokenizer.sink.0.take() {
            let _ = self.token(token);
        }
    }

    fn tag(&mut self, skip: usize, kind: TagKind) {
        let Some((tag, end)) = tag::read(self.shared, self.at + skip, kind, self.page) else {
            self.at = self.html.len();
            return;
        };
        self.at = end;
        let name = tag.name.clone();
        match self.token(Token::TagToken(tag)) {
            TokenSinkResult::RawData(kind) => self.raw(kind, &name),
            TokenSinkResult::Plaintext => self.raw_text(self.html.len()),
            TokenSinkResult::Continue | TokenSinkResult::Script(_) | TokenSinkResult::EncodingIndicator(_) => {}
        }
    }

    /// What stands in an element in which there are no tags but its end.
    fn raw(&mut self, kind: RawKind, name: &LocalName) {
        let rest = self.rest().as_bytes();
        let end = match kind {
            RawKind::ScriptData | RawKind::ScriptDataEscaped(_) => end_of_script(rest),
            RawKind::Rcdata | RawKind::Rawtext => {
                memchr_iter(b'<', rest).find(|at| rest.get(at + 1..).is_some_and(|tag| is_end(tag, name.as_bytes())))
            }
        };
        let end = end.map_or(self.html.len(), |length| self.at + length);
        let text = self.html.get(self.at..end).unwrap_or_default();
        if kind == RawKind::Rcdata && memchr(b'&', text.as_bytes()).is_some() {
            let _ = self.token(Token::CharacterTokens(references::decode(&self.page.replaced(text), false)));
            self.at = end;
        } else {
            self.raw_text(end);
        }
    }

    fn raw_text(&mut self, end: usize) {
        let text = self.html.get(self.at..end).unwrap_or_default();
        if let Cow::Owned(text) = self.page.replaced(text) {
            let _ = self.token(Token::CharacterTokens(text.into()));
            self.at = end;
        } else {
            self.characters(end);
        }
    }
}

/// How much of it is text: all before a tag, a comment or what else begins with `<`.
fn length_of_text(rest: &[u8]) -> usize {
    let is_markup = |at: &usize| match rest.get(at + 1) {
        Some(b'/') => rest.len() > at + 2,
        Some(byte) => byte.is_ascii_alphabetic() || matches!(byte, b'!' | b'?'),
        None => false,
    };
    memchr_iter(b'<', rest).find(is_markup).unwrap_or(rest.len())
}

fn starts_with(text: &[u8], name: &[u8]) -> bool {
    text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
}

/// Whether what follows `<` is the end tag of an element.
fn is_end(tag: &[u8], name: &[u8]) -> bool {
    tag.strip_prefix(b"/").is_some_and(|tag| is_named(tag, name))
}

fn is_named(tag: &[u8], name: &[u8]) -> bool {
    starts_with(tag, name) && tag.get(name.len()).is_some_and(|byte| is_blank(*byte) || matches!(byte, b'/' | b'>'))
}

/// Where the end tag of a script begins: in a comment, one script may be within another (HTML standard, 13.2.5.15 to 13.2.5.31).
fn end_of_script(rest: &[u8]) -> Option<usize> {
    let (mut in_comment, mut is_nested) = (false, false);
    for at in memchr2_iter(b'<', b'>', rest) {
        let (before, tag) = (rest.get(..at)?, rest.get(at + 1..)?);
        if rest.get(at) == Some(&b'>') {
            if before.ends_with(b"--") {
                (in_comment, is_nested) = (false, false);
            }
        } else if is_end(tag, b"script") {
            if !is_nested {
                return Some(at);
            }
            is_nested = false;
        } else if in_comment {
            is_nested |= is_named(tag, b"script");
        } else {
            in_comment = tag.starts_with(b"!--");
        }
    }
    None
}

/// Takes the token of a document type.
#[derive(Default)]
struct DocumentType(RefCell<Option<Token>>);

impl TokenSink for DocumentType {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        if matches!(token, Token::DoctypeToken(_)) {
            self.0.replace(Some(token));
        }
        TokenSinkResult::Continue
    }
}

#[cfg(test)]
mod tests {
    use html5ever::tokenizer::Tag;

    use super::super::declarations;
    use super::*;

    /// Writes tokens down, as far as this tokenizer gives them.
    #[derive(Default)]
    struct Written {
        tokens: RefCell<Vec<String>>,
        text: RefCell<String>,
        is_foreign: bool,
    }

    impl Written {
        fn flush(&self) {
            let text = self.text.take();
            if !text.is_empty() {
                self.tokens.borrow_mut().push(format!("text {text:?}"));
            }
        }

        fn tag(&self, tag: &Tag) {
            let mut written = format!("{:?} {:?} {}", tag.kind, &*tag.name, tag.self_closing);
            for attribute in &tag.attrs {
                let (name, value) = (&*attribute.name.local, &*attribute.value);
                let is_of_use = match name {
                    "style" => declarations::say_anything(value),
                    "class" | "id" | "alt" | "href" | "type" | "open" | "value" | "start" | "media" | "hidden"
                    | "reversed" => true,
                    _ => false,
                };
                if tag.kind == TagKind::StartTag && is_of_use {
                    written += &format!(" {name}={value:?}");
                }
            }
            self.flush();
            self.tokens.borrow_mut().push(written);
        }
    }

    impl TokenSink for Written {
        type Handle = ();

        fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
            match token {
                Token::ParseError(_) => {}
                Token::CharacterTokens(text) => self.text.borrow_mut().push_str(&text),
                Token::NullCharacterToken => self.text.borrow_mut().push_str("[NUL]"),
                Token::TagToken(tag) => {
                    self.tag(&tag);
                    if tag.kind == TagKind::StartTag {
                        match &*tag.name {
                            "title" | "textarea" => return TokenSinkResult::RawData(RawKind::Rcdata),
                            "style" | "xmp" => return TokenSinkResult::RawData(RawKind::Rawtext),
                            "script" => return TokenSinkResult::RawData(RawKind::ScriptData),
                            "plaintext" => return TokenSinkResult::Plaintext,
                            _ => {}
                        }
                    }
                }
                Token::CommentToken(_) => {
                    self.flush();
                    self.tokens.borrow_mut().push("comment".to_owned());
                }
                Token::DoctypeToken(doctype) => {
                    self.flush();
                    self.tokens.borrow_mut().push(format!("{doctype:?}"));
                }
                Token::EOFToken => self.flush(),
            }
            TokenSinkResult::Continue
        }

        fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
            self.is_foreign
        }
    }

    #[track_caller]
    fn check(html: &str, is_foreign: bool) {
        let tokenizer = Tokenizer::new(Written { is_foreign, ..Written::default() }, TokenizerOpts::default());
        let input = BufferQueue::default();
        input.push_back(StrTendril::from_slice(html));
        while !matches!(tokenizer.feed(&input), html5ever::TokenizerResult::Done) {}
        tokenizer.end();
        let found = Written { is_foreign, ..Written::default() };
        give(html, &found, |_| false);
        let (found, expected) = (found.tokens.take(), tokenizer.sink.tokens.take());
        assert_eq!(found, expected, "{html:?}");
    }

    /// Pieces of pages that mean something, put together in all ways that a few thousand steps of a generator find.
    #[test]
    fn tokens_are_those_of_html5ever() {
        const PIECES: [&str; 96] = [
            "<",
            ">",
            "/",
            "</",
            "<!",
            "<!-",
            "<!--",
            "--",
            "-->",
            "--!>",
            "-",
            "!",
            "?",
            "<?",
            "=",
            "\"",
            "'",
            " ",
            "\n",
            "\r\n",
            "\r",
            "\t",
            "\u{c}",
            "\0",
            "a",
            "B",
            "ü",
            "&",
            "&amp",
            "&amp;",
            "&nbsp;",
            "&not",
            "&notin;",
            "&noti",
            "&notit;",
            "&copy=",
            "&copy",
            "&x",
            "&;",
            "&#",
            "&#x",
            "&#65",
            "&#x41;",
            "&#0;",
            "&#128;",
            "&#x81;",
            "&#xD800;",
            "&#x110000;",
            "&#99999999999;",
            "&#13;",
            "&NotEqualTilde;",
            ";",
            "<p",
            "<p>",
            "</p>",
            "<P ",
            "<b/>",
            "<br / >",
            "<a href=",
            "<a href=\"x&amp;y&copy=1&lt\"",
            " href='y'",
            " HREF",
            " class=\"a b\"",
            " id=i",
            " style=\"display:none\"",
            " style=color:red",
            " hidden",
            " hidden=",
            " title=\">\"",
            " alt='<'",
            " alt=a/b/",
            "<style>",
            "</style>",
            "</STYLE ",
            "</style/>",
            "</styles>",
            "<title>",
            "</title>",
            "<textarea>",
            "</textarea>",
            "<script>",
            "</script>",
            "<script",
            "</script",
            "<xmp>",
            "</xmp>",
            "<![CDATA[",
            "]]>",
            "]",
            "<!DOCTYPE html>",
            "<!doctype",
            " PUBLIC \"-//W3C//DTD\"",
            " SYSTEM 'x>y'",
            "<!x>",
            "<?xml ?>",
            "</1>",
        ];
        // A linear congruential generator (Knuth's MMIX): the same pages every time.
        let mut state = 1_u64;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        for _ in 0..6_000 {
            let mut html = "<style>".repeat(usize::from(random(8) == 0));
            for _ in 0..random(14) {
                html += PIECES[random(PIECES.len())];
            }
            // Classes are read where there are styles.
            html += "<style>";
            if html.to_ascii_lowercase().matches("<!doctype").count() < 2 {
                check(&html, random(2) == 0);
            }
        }
    }
}
