//! Text to tokens. What people write instead of CEL's signs and quotes is mended here and reported, so that the parser sees what was
//! meant.

use crate::mistake::{Mistake, Mistakes};
use crate::token::{Bracket, Tok, Token};
use crate::tree::Span;
use crate::{marks, number, quotes};

/// Reads tokens.
pub(crate) struct Lexer<'s> {
    pub(crate) source: &'s str,
    pub(crate) at: usize,
    pub(crate) tokens: Vec<Token>,
    pub(crate) mistakes: Mistakes,
    /// How many brackets are open.
    pub(crate) open: usize,
    /// Blanks that CEL does not know: one mistake, however many there are.
    blanks: Option<Mistake>,
}

/// All tokens, the last being [`Tok::End`], and the mistakes in them.
pub(crate) fn lex(source: &str) -> (Vec<Token>, Mistakes) {
    let mut lexer = Lexer { source, at: 0, tokens: Vec::new(), mistakes: Mistakes::default(), open: 0, blanks: None };
    while let Some(next) = lexer.peek() {
        lexer.token(next);
        if lexer.mistakes.is_full() {
            break;
        }
    }
    let end = lexer.tokens.last().map_or(0, |last| last.span.end as usize);
    lexer.tokens.push(Token { kind: Tok::End, span: Span::new(end, end) });
    if let Some(blanks) = lexer.blanks.take() {
        lexer.mistakes.push(blanks);
    }
    (lexer.tokens, lexer.mistakes)
}

impl<'s> Lexer<'s> {
    pub(crate) fn rest(&self) -> &'s str {
        self.source.get(self.at..).unwrap_or_default()
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(crate) fn byte(&self, at: usize) -> Option<u8> {
        self.source.as_bytes().get(at).copied()
    }

    /// A token from `start` up to here.
    pub(crate) fn push(&mut self, kind: Tok, start: usize) {
        self.tokens.push(Token { kind, span: Span::new(start, self.at) });
    }

    /// Whether an operand can stand here.
    pub(crate) fn wants_operand(&self) -> bool {
        self.tokens.last().is_none_or(|last| !last.kind.ends_operand())
    }

    /// Whether a dot is before here, or a dot and the `?` of what is optional.
    fn is_behind_dot(&self) -> bool {
        let mut before = self.tokens.iter().rev().map(|token| token.kind);
        match before.next() {
            Some(Tok::Question(_)) => before.next() == Some(Tok::Dot),
            last => last == Some(Tok::Dot),
        }
    }

    fn token(&mut self, next: char) {
        let start = self.at;
        match next {
            ' ' | '\t' | '\r' | '\n' | '\u{c}' => self.at += 1,
            '\'' | '"' => quotes::text(self, start),
            '`' if self.is_behind_dot() || quotes::names_a_field(self.rest()) => {
                quotes::escaped(self);
            }
            '`' if self.wants_operand() => quotes::template(self),
            '0'..='9' => number::number(self),
            '.' if self.byte(start + 1).is_some_and(|next| next.is_ascii_digit()) => number::number(self),
            '(' | '[' | '{' | ')' | ']' | '}' => self.bracket(next),
            '/' if self.rest().starts_with("//") => self.skip_line(),
            '/' if self.rest().starts_with("/*") => self.block_comment(),
            '/' if self.wants_operand() => quotes::pattern(self),
            '#' => {
                self.skip_line();
                let message = "`#` does not begin a comment";
                // A comment of CEL would take what ends the expression with it.
                let mistake = match self.rest().is_empty() {
                    true => Mistake::new(Span::new(start, self.at), message)
                        .help("remove it")
                        .edit(Span::new(start, self.at), ""),
                    false => Mistake::meant(Span::new(start, start + 1), message, "//"),
                };
                self.mistakes.push(mistake);
            }
            '$' => self.dollar(),
            '_' => self.word(),
            c if c.is_alphabetic() => self.word(),
            c if is_blank(c) => {
                self.at += c.len_utf8();
                let mended = if c.is_whitespace() { " " } else { "" };
                let span = Span::new(start, self.at);
                let blanks = self.blanks.take().unwrap_or_else(|| {
                    Mistake::new(
                        span,
                        format!("there is an invisible character, U+{:04X}, that is not a space", c as u32),
                    )
                    .help("write a plain space, or nothing")
                });
                self.blanks = Some(blanks.edit(span, mended));
            }
            c if quotes::is_curly(c) => quotes::curly(self, c),
            _ => marks::mark(self, next),
        }
    }

    fn bracket(&mut self, sign: char) {
        let start = self.at;
        self.at += 1;
        let kind = match sign {
            '(' => Tok::Open(Bracket::Round),
            '[' => Tok::Open(Bracket::Square),
            '{' => Tok::Open(Bracket::Curly),
            ')' => Tok::Close(Bracket::Round),
            ']' => Tok::Close(Bracket::Square),
            _ => Tok::Close(Bracket::Curly),
        };
        match kind {
            Tok::Open(_) => self.open += 1,
            _ => self.open = self.open.saturating_sub(1),
        }
        self.push(kind, start);
    }

    fn skip_line(&mut self) {
        self.at += self.rest().find('\n').unwrap_or(self.rest().len());
    }

    fn block_comment(&mut self) {
        let start = self.at;
        self.at += self.rest().find("*/").map_or(self.rest().len(), |at| at + 2);
        let span = Span::new(start, self.at);
        let mistake = Mistake::new(span, "`/*` does not begin a comment")
            .expected("a comment of CEL: `//`, up to the end of the line")
            .help("remove it");
        self.mistakes.push(mistake.edit(span, ""));
    }

    /// `${` within an expression, or the sigil of another language's variables.
    fn dollar(&mut self) {
        let start = self.at;
        if self.rest().starts_with("${") {
            self.at += 2;
            self.open += 1;
            self.push(Tok::Dollar, start);
        } else {
            marks::sigil(self, '$');
        }
    }

    /// The length of the word at a place.
    pub(crate) fn word_length(&self, at: usize) -> usize {
        let rest = self.source.get(at..).unwrap_or_default();
        rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len())
    }

    fn word(&mut self) {
        let start = self.at;
        let length = self.word_length(start);
        let word = self.rest().get(..length).unwrap_or_default();
        if length <= 2 && matches!(self.byte(start + length), Some(b'\'' | b'"')) && quotes::prefixed(self, word) {
            return;
        }
        self.at += length.max(1);
        self.push(Tok::Name, start);
    }
}

/// Blanks that look like one, or like nothing, and that CEL does not take.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}' | '\0')
}
