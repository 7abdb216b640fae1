//! What stands in brackets: arguments, lists, maps, groups.

use crate::mistake::{Mistake, quoted};
use crate::parse::Parser;
use crate::token::{Bracket, Tok, Token};
use crate::tree::{Element, Entry, Expr, Kind, Operator, Span};

impl Parser<'_> {
    /// What stands between the brackets of a call.
    pub(crate) fn arguments(&mut self) -> (Vec<Expr>, Span) {
        let mut arguments = Vec::new();
        loop {
            if self.ends(Bracket::Round) {
                break;
            }
            if self.needless_comma() {
                continue;
            }
            arguments.push(self.within(true));
            if !self.separated(Bracket::Round) {
                break;
            }
            if self.ends(Bracket::Round)
                && let Some(comma) = self.last()
            {
                let mistake = Mistake::new(comma.span, "there is an extra comma").help("remove it");
                self.mistakes.push(mistake.edit(comma.span, ""));
            }
        }
        (arguments, self.close(Bracket::Round))
    }

    /// `[…]`; in curly brackets if they should be square ones.
    pub(crate) fn list(&mut self, open: Token, bracket: Bracket) -> Expr {
        let mut elements = Vec::new();
        while !self.ends(bracket) {
            if self.peek().kind == Tok::Comma && !(elements.is_empty() && self.ahead(1).kind == Tok::Close(bracket)) {
                self.needless_comma();
                continue;
            }
            if self.takes(Tok::Comma).is_some() {
                break;
            }
            let optional = matches!(self.peek().kind, Tok::Question(_));
            if optional {
                self.bump();
            }
            elements.push(Element { value: self.within(true), optional });
            if !self.separated(bracket) {
                break;
            }
        }
        let close = self.close(bracket);
        self.node(Kind::List(elements), open.span.to(close))
    }

    /// `{…}`
    pub(crate) fn map(&mut self) -> Expr {
        let open = self.bump();
        let mut entries = Vec::new();
        while !self.ends(Bracket::Curly) {
            if self.peek().kind == Tok::Comma
                && !(entries.is_empty() && self.ahead(1).kind == Tok::Close(Bracket::Curly))
            {
                self.needless_comma();
                continue;
            }
            if self.takes(Tok::Comma).is_some() {
                break;
            }
            let optional = matches!(self.peek().kind, Tok::Question(_));
            if optional {
                self.bump();
            }
            // JavaScript's and Python's calls have `=` here.
            let named = matches!(self.peek().kind, Tok::Text(_) | Tok::Name);
            let sign = self.ahead(1);
            if named && sign.kind == Tok::Operator(Operator::Equal) && self.text(sign.span) == "=" {
                self.mistakes.forget_at(sign.span);
                let key = self.operand();
                self.bump();
                self.mistakes.push(Mistake::meant(sign.span, "a key is followed by `:`", ":"));
                let value = self.within(true);
                entries.push(Entry { key, value, optional });
                if !self.separated(Bracket::Curly) {
                    break;
                }
                continue;
            }
            let key = self.within(false);
            let next = self.peek();
            match next.kind {
                Tok::Colon => {
                    self.bump();
                }
                Tok::Close(Bracket::Curly) | Tok::Comma if entries.is_empty() => return self.no_map(open, key),
                Tok::Arrow => {
                    self.bump();
                    self.mistakes.push(Mistake::meant(next.span, "a key is followed by `:`", ":"));
                }
                _ => {
                    let message = format!("there is no `:` behind the key {}", quoted(self.text(key.span)));
                    self.mistakes.push(Mistake::new(key.span, message).expected("`'key': value`"));
                    if !self.separated(Bracket::Curly) {
                        break;
                    }
                    continue;
                }
            }
            let value = self.within(true);
            entries.push(Entry { key, value, optional });
            if !self.separated(Bracket::Curly) {
                break;
            }
        }
        let close = self.close(Bracket::Curly);
        self.node(Kind::Map(entries), open.span.to(close))
    }

    /// `{x}` is what other languages' templates have, `{x, y}` a set.
    fn no_map(&mut self, open: Token, first: Expr) -> Expr {
        if self.peek().kind == Tok::Comma {
            let mut elements = vec![Element { value: first, optional: false }];
            while self.separated(Bracket::Curly) && !self.ends(Bracket::Curly) {
                elements.push(Element { value: self.within(true), optional: false });
            }
            let close = self.close(Bracket::Curly);
            let mistake = Mistake::new(open.span.to(close), "a list is not written in curly brackets")
                .help("write it in `[…]`")
                .edit(open.span, "[")
                .edit(close, "]");
            self.mistakes.push(mistake);
            return self.node(Kind::List(elements), open.span.to(close));
        }
        let mut inner = first;
        let close = self.close(Bracket::Curly);
        let mistake = Mistake::new(open.span, "an expression needs no further curly brackets")
            .help("write it as it is: `${x}`")
            .edit(open.span, "")
            .edit(close, "");
        self.mistakes.push(mistake);
        inner.span = open.span.to(close);
        inner
    }

    /// `(…)`
    pub(crate) fn grouped(&mut self) -> Expr {
        let open = self.bump();
        let mut inner = self.within(false);
        if self.peek().kind == Tok::Comma {
            return self.tuple(open, inner);
        }
        if !self.ends(Bracket::Round) {
            self.unexpected();
            self.skip_to_end();
        }
        inner.span = open.span.to(self.close(Bracket::Round));
        inner
    }

    /// `(a, b)`: a list in the brackets of another language.
    fn tuple(&mut self, open: Token, first: Expr) -> Expr {
        let mut elements = vec![Element { value: first, optional: false }];
        while self.separated(Bracket::Round) && !self.ends(Bracket::Round) {
            elements.push(Element { value: self.within(true), optional: false });
        }
        let close = self.close(Bracket::Round);
        let mistake = Mistake::new(open.span.to(close), "a list is not written in round brackets")
            .help("write it in `[…]`")
            .edit(open.span, "[")
            .edit(close, "]");
        self.mistakes.push(mistake);
        self.node(Kind::List(elements), open.span.to(close))
    }

    /// `${…}` within an expression.
    pub(crate) fn dollar(&mut self) -> Expr {
        let open = self.bump();
        let mut inner = self.within(false);
        if !self.ends(Bracket::Curly) {
            self.unexpected();
            self.skip_to_end();
        }
        let close = self.close(Bracket::Curly);
        let whole = open.span.to(close);
        let mistake = Mistake::new(open.span, "`${` inside `${…}`").help("remove it and its `}`");
        // What was together stays together.
        let (before, behind) = if inner.is_closed() { ("", "") } else { ("(", ")") };
        self.mistakes.push(mistake.edit(open.span, before).edit(close, behind));
        inner.span = whole;
        inner
    }

    /// Takes the comma between two elements; false at the end of them.
    pub(crate) fn separated(&mut self, bracket: Bracket) -> bool {
        let next = self.peek();
        match next.kind {
            Tok::Comma => {
                self.bump();
                true
            }
            Tok::Semicolon => {
                self.bump();
                self.mistakes.push(Mistake::meant(next.span, "`;` does not separate elements", ","));
                true
            }
            Tok::Arrow => {
                self.bump();
                let mistake = Mistake::new(next.span, format!("`{}` does not bind a name", self.text(next.span)));
                let last = self.tokens_before_arrow();
                self.mistakes.push(
                    mistake
                        .expected("the name as an argument of its own, as in `list.exists(x, x > 1)`")
                        .help("write `,` instead")
                        .edit(Span { start: last, end: next.span.end }, ","),
                );
                true
            }
            _ => {
                if self.ends(bracket) {
                    return false;
                }
                let found = quoted(self.text(next.span));
                if let Some(last) = self.last()
                    && last.kind.ends_operand()
                    && next.kind.begins_operand()
                {
                    let message = format!("there is no comma between {} and {found}", quoted(self.text(last.span)));
                    let mistake = Mistake::new(next.span, message).help("add `,` between them");
                    self.mistakes.push(mistake.edit(last.span.behind(), ","));
                    return !self.mistakes.is_full();
                }
                let message = format!("expected `,` or `{}`, found {found}", bracket.closing());
                self.mistakes.push(Mistake::new(next.span, message));
                loop {
                    self.skip();
                    match self.peek().kind {
                        Tok::End | Tok::Close(_) => return false,
                        Tok::Comma | Tok::Semicolon => {
                            self.bump();
                            return true;
                        }
                        _ => self.bump(),
                    };
                }
            }
        }
    }

    /// A comma where an element should be.
    fn needless_comma(&mut self) -> bool {
        let Some(comma) = self.takes(Tok::Comma) else { return false };
        let mistake = Mistake::new(comma.span, "there is an extra comma").help("remove it");
        self.mistakes.push(mistake.edit(comma.span, ""));
        true
    }

    fn tokens_before_arrow(&self) -> u32 {
        // The arrow was taken: what stands before it is the last but one.
        self.before_last().map_or(0, |token| token.span.end)
    }

    pub(crate) fn ends(&self, bracket: Bracket) -> bool {
        matches!(self.peek().kind, Tok::End) || self.peek().kind == Tok::Close(bracket)
    }

    /// Takes the closing bracket. There is one: brackets were balanced, and reading stops at the end alone.
    pub(crate) fn close(&mut self, bracket: Bracket) -> Span {
        match self.takes(Tok::Close(bracket)) {
            Some(token) => token.span,
            None => self.peek().span,
        }
    }
}
