//! What to do with what nobody understands.

use crate::mistake::{Mistake, quoted};
use crate::parse::Parser;
use crate::token::{Tok, Token};
use crate::tree::Operator;

impl Parser<'_> {
    /// Whether the next token and the one before are operands, and one of them is a text.
    pub(crate) fn joins_texts(&self, next: Token) -> bool {
        let Some(last) = self.last() else { return false };
        let text = |token: Token| matches!(token.kind, Tok::Text(_));
        let operand = |token: Token| text(token) || matches!(token.kind, Tok::Name | Tok::Dollar);
        (text(last) && operand(next)) || (text(next) && last.kind.ends_operand() && last.kind != Tok::Wrong)
    }

    /// Notes that something is missing before the next token, and what it probably is.
    pub(crate) fn unexpected_but(&mut self, help: &str, missing: &str) {
        let before = self.mistakes.len();
        self.unexpected();
        if let (Some(last), true) = (self.last(), self.mistakes.len() > before) {
            self.mistakes.amend_last(help, last.span.behind(), missing);
        }
    }

    /// Notes that the next token can't stand where it stands.
    pub(crate) fn unexpected(&mut self) {
        let next = self.peek();
        let last = self.last().filter(|last| last.kind.ends_operand());
        if next.kind == Tok::Wrong || self.last().is_some_and(|last| last.kind == Tok::Wrong) {
            return;
        }
        let found = quoted(self.text(next.span));
        let mistake = match last {
            Some(last) if next.kind.begins_operand() || next.kind == Tok::Escaped => {
                let message = format!("there is no operator between {} and {found}", quoted(self.text(last.span)));
                Mistake::new(next.span, message).expected("an operator such as `==`, `&&` or `+`")
            }
            _ => Mistake::new(next.span, format!("{found} is not allowed here")),
        };
        self.mistakes.push(mistake);
    }

    /// Goes on to where something else begins at this level: an operator that joins conditions, a comma, the end of the brackets.
    pub(crate) fn skip(&mut self) {
        let mut depth = 0_usize;
        loop {
            let next = self.peek();
            match next.kind {
                Tok::End => return,
                Tok::Open(_) | Tok::Dollar => depth += 1,
                Tok::Close(_) if depth == 0 => return,
                Tok::Close(_) => depth -= 1,
                Tok::Comma | Tok::Semicolon | Tok::Colon | Tok::Question(_) if depth == 0 => return,
                Tok::Operator(Operator::And | Operator::Or) if depth == 0 => return,
                Tok::Name if depth == 0 && self.is_word(0, &["and", "or", "else", "then"]) => return,
                _ => {}
            }
            self.bump();
        }
    }

    /// Goes on to the end of the brackets.
    pub(crate) fn skip_to_end(&mut self) {
        loop {
            self.skip();
            if matches!(self.peek().kind, Tok::End | Tok::Close(_)) {
                return;
            }
            self.bump();
        }
    }
}
