//! Operands: names, values, brackets, and the members, elements and calls behind them.

use crate::decode;
use crate::mistake::{Mistake, quoted};
use crate::parse::Parser;
use crate::token::{Bracket, Tok, Token};
use crate::tree::{
    Call, Element, Entry, Expr, Index, Kind, Literal, Member, Message, Operator, Span, Unary,
};
use crate::words::RESERVED;

impl Parser<'_> {
    /// An operand with the signs before it.
    pub(crate) fn unary(&mut self) -> Expr {
        let mut signs = Vec::new();
        let mut operand = loop {
            let next = self.peek();
            match next.kind {
                Tok::Not => signs.push((Unary::Not, self.bump().span)),
                Tok::Operator(Operator::Subtract) => {
                    // One minus right before a number belongs to it.
                    let negated = matches!(signs.last(), Some((Unary::Negate, _)));
                    if !negated && matches!(self.ahead(1).kind, Tok::Int | Tok::Double) {
                        self.bump();
                        let token = self.bump();
                        let number = self.number(token, Some(next.span));
                        break self.behind(number);
                    }
                    signs.push((Unary::Negate, self.bump().span));
                }
                Tok::Name if self.is_word(0, &["not"]) && self.negates() => break self.not(),
                _ => {
                    let operand = self.operand();
                    break self.behind(operand);
                }
            }
        };
        for (unary, sign) in signs.into_iter().rev() {
            let span = sign.to(operand.span);
            operand = self.node(Kind::Unary(unary, Box::new(operand)), span);
        }
        operand
    }

    fn operand(&mut self) -> Expr {
        let token = self.peek();
        match token.kind {
            Tok::Name => {
                self.bump();
                self.name(token)
            }
            Tok::Dot if self.ahead(1).kind == Tok::Name => {
                self.bump();
                let name = self.bump();
                let span = token.span.to(name.span);
                let word = self.text(name.span);
                if RESERVED.contains(&word) || !word.is_ascii() {
                    return self.name(name);
                }
                let name = format!(".{}", self.text(name.span));
                self.called(name, span, None)
            }
            Tok::Int | Tok::Uint | Tok::Double => {
                self.bump();
                self.number(token, None)
            }
            Tok::Text(text) => {
                self.bump();
                match decode::text(self.source, text, &mut self.mistakes) {
                    Some(literal) => Expr::new(Kind::Literal(literal), token.span),
                    None => Expr::wrong(token.span),
                }
            }
            Tok::Open(Bracket::Round) => self.grouped(),
            Tok::Open(Bracket::Square) => {
                let open = self.bump();
                self.list(open, Bracket::Square)
            }
            Tok::Open(Bracket::Curly) => self.map(),
            Tok::Dollar => self.dollar(),
            Tok::Wrong => {
                self.bump();
                Expr::wrong(token.span)
            }
            _ => self.nothing(),
        }
    }

    /// Where an operand should be and is none.
    fn nothing(&mut self) -> Expr {
        let found = self.peek();
        let here = Expr::wrong(found.span.before());
        let last = self.last();
        let operator = |token: Token| matches!(token.kind, Tok::Operator(_) | Tok::Not | Tok::Matches(_));
        let sign = |token: Token| token.span.of(self.source);
        let mistake = match last {
            Some(last) if operator(last) && last.kind == found.kind && self.ahead(1).kind.begins_operand() => {
                self.bump();
                let message = format!("`{}` stands here twice", sign(found));
                self.mistakes.push(Mistake::new(found.span, message).help("remove one").edit(found.span, ""));
                return self.unary();
            }
            Some(last) if operator(last) => {
                Mistake::new(last.span, format!("there is nothing behind `{}`", sign(last))).expected("a value")
            }
            _ if operator(found) => {
                Mistake::new(found.span, format!("there is nothing before `{}`", sign(found))).expected("a value")
            }
            Some(last) if matches!(last.kind, Tok::Question(_) | Tok::Colon) => {
                Mistake::new(last.span, format!("there is nothing behind `{}`", sign(last))).expected("a value")
            }
            Some(last) if last.kind == Tok::Open(Bracket::Round) && found.kind == Tok::Close(Bracket::Round) => {
                Mistake::new(last.span.to(found.span), "there is nothing in these brackets").expected("a value")
            }
            Some(Token { kind: Tok::Wrong, .. }) => return here,
            // The bracket was put in, which was reported.
            Some(Token { kind: Tok::Open(_) | Tok::Dollar | Tok::Comma, .. }) if is_put_in(found) => return here,
            _ if found.kind == Tok::End => Mistake::new(found.span, "the expression ends too soon").expected("a value"),
            _ => Mistake::new(found.span, format!("expected a value, found {}", quoted(sign(found)))),
        };
        self.mistakes.push(mistake);
        here
    }

    fn number(&mut self, token: Token, minus: Option<Span>) -> Expr {
        let span = minus.map_or(token.span, |minus| minus.to(token.span));
        let written = self.text(token.span);
        let literal = match token.kind {
            Tok::Int => decode::integer(written, minus.is_some()).map(Literal::Int),
            Tok::Uint => decode::unsigned(written).map(Literal::Uint),
            _ => decode::double(written).map(|number| Literal::Double(if minus.is_some() { -number } else { number })),
        };
        match literal {
            Some(literal) => Expr::new(Kind::Literal(literal), span),
            None => {
                let message = format!("{} does not fit 64 bits", quoted(self.text(span)));
                self.mistakes.push(Mistake::new(span, message));
                Expr::wrong(span)
            }
        }
    }

    fn name(&mut self, token: Token) -> Expr {
        let word = self.text(token.span);
        let literal = match word {
            "true" => Some(Literal::Bool(true)),
            "false" => Some(Literal::Bool(false)),
            "null" => Some(Literal::Null),
            _ => None,
        };
        if let Some(literal) = literal {
            return Expr::new(Kind::Literal(literal), token.span);
        }
        if !word.is_ascii() {
            let message = format!("{} is no name", quoted(word));
            let mistake = Mistake::new(token.span, message).expected("a name of the letters a to z, digits and `_`");
            self.mistakes.push(mistake);
            return Expr::wrong(token.span);
        }
        // A function may be called `If`; no other word but `if` itself is kept from being one.
        let conditional = word == "if" || (word.eq_ignore_ascii_case("if") && self.peek().kind != Tok::Open(Bracket::Round));
        if conditional && self.peek().kind.begins_operand() && self.peek().kind != Tok::Dot {
            return self.if_before(token);
        }
        if word == "return" && self.peek().kind.begins_operand() {
            let mistake = Mistake::new(token.span, "an expression has no `return`").help("remove it");
            self.mistakes.push(mistake.edit(token.span, ""));
            return self.nested(Self::relation);
        }
        if word == "in" || RESERVED.contains(&word) {
            let message = match word {
                "in" => "there is nothing before `in`".to_owned(),
                _ => format!("`{word}` is a reserved word of CEL, and no name"),
            };
            self.mistakes.push(Mistake::new(token.span, message));
            if word == "in" {
                let _ = self.unary();
            }
            return Expr::wrong(token.span);
        }
        self.called(word.to_owned(), token.span, None)
    }

    /// A name, or a call if arguments follow.
    fn called(&mut self, name: String, span: Span, of: Option<Expr>) -> Expr {
        let Some(open) = self.takes(Tok::Open(Bracket::Round)) else {
            return match of {
                Some(of) => {
                    let whole = of.span.to(span);
                    self.node(Kind::Member(Box::new(Member { of, field: name.into(), name: span, optional: false })), whole)
                }
                None => Expr::new(Kind::Name(name.into()), span),
            };
        };
        let (arguments, close) = self.arguments(open);
        let whole = of.as_ref().map_or(span, |of| of.span).to(close);
        self.node(Kind::Call(Box::new(Call { of, function: name.into(), name: span, arguments })), whole)
    }

    /// What stands between the brackets of a call.
    fn arguments(&mut self, _open: Token) -> (Vec<Expr>, Span) {
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
                let mistake = Mistake::new(comma.span, "there is a comma too many").help("remove it");
                self.mistakes.push(mistake.edit(comma.span, ""));
            }
        }
        (arguments, self.close(Bracket::Round))
    }

    /// A comma where an element should be.
    fn needless_comma(&mut self) -> bool {
        let Some(comma) = self.takes(Tok::Comma) else { return false };
        let mistake = Mistake::new(comma.span, "there is a comma too many").help("remove it");
        self.mistakes.push(mistake.edit(comma.span, ""));
        true
    }

    fn ends(&self, bracket: Bracket) -> bool {
        matches!(self.peek().kind, Tok::End) || self.peek().kind == Tok::Close(bracket)
    }

    /// Takes the comma between two elements; false at the end of them.
    fn separated(&mut self, bracket: Bracket) -> bool {
        let next = self.peek();
        match next.kind {
            Tok::Comma => {
                self.bump();
                true
            }
            Tok::Semicolon => {
                self.bump();
                self.mistakes.push(Mistake::meant(next.span, "`;` does not stand between elements", ","));
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

    fn tokens_before_arrow(&self) -> u32 {
        // The arrow was taken: what stands before it is the last but one.
        self.before_last().map_or(0, |token| token.span.end)
    }

    /// Takes the closing bracket. There is one: brackets were balanced, and reading stops at the end alone.
    fn close(&mut self, bracket: Bracket) -> Span {
        match self.takes(Tok::Close(bracket)) {
            Some(token) => token.span,
            None => self.peek().span,
        }
    }

    /// `(…)`
    fn grouped(&mut self) -> Expr {
        let open = self.bump();
        let mut inner = self.within(false);
        if self.peek().kind == Tok::Comma {
            return self.tuple(open, inner);
        }
        if !self.ends(Bracket::Round) {
            self.unexpected();
            self.skip_to(Bracket::Round);
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
        let mistake = Mistake::new(open.span.to(close), "a list does not stand in round brackets")
            .help("write it in `[…]`")
            .edit(open.span, "[")
            .edit(close, "]");
        self.mistakes.push(mistake);
        self.node(Kind::List(elements), open.span.to(close))
    }

    /// `[…]`; in curly brackets if they should be square ones.
    fn list(&mut self, open: Token, bracket: Bracket) -> Expr {
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
    fn map(&mut self) -> Expr {
        let open = self.bump();
        let mut entries = Vec::new();
        while !self.ends(Bracket::Curly) {
            if self.peek().kind == Tok::Comma && !(entries.is_empty() && self.ahead(1).kind == Tok::Close(Bracket::Curly)) {
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
            let mistake = Mistake::new(open.span.to(close), "a list does not stand in curly brackets")
                .help("write it in `[…]`")
                .edit(open.span, "[")
                .edit(close, "]");
            self.mistakes.push(mistake);
            return self.node(Kind::List(elements), open.span.to(close));
        }
        let mut inner = first;
        let close = self.close(Bracket::Curly);
        let mistake = Mistake::new(open.span, "an expression does not stand in further curly brackets")
            .help("write it as it is: `${x}`")
            .edit(open.span, "")
            .edit(close, "");
        self.mistakes.push(mistake);
        inner.span = open.span.to(close);
        inner
    }

    /// `${…}` within an expression.
    fn dollar(&mut self) -> Expr {
        let open = self.bump();
        let mut inner = self.within(false);
        if !self.ends(Bracket::Curly) {
            self.unexpected();
            self.skip_to(Bracket::Curly);
        }
        let close = self.close(Bracket::Curly);
        let whole = open.span.to(close);
        let mistake = Mistake::new(open.span, "`${` stands within `${…}`").help("remove it and its `}`");
        // What was together stays together.
        let (before, behind) = if inner.is_closed() { ("", "") } else { ("(", ")") };
        self.mistakes.push(mistake.edit(open.span, before).edit(close, behind));
        inner.span = whole;
        inner
    }

    /// Members, elements, calls and fields of messages behind an operand.
    pub(crate) fn behind(&mut self, mut of: Expr) -> Expr {
        loop {
            let next = self.peek();
            match next.kind {
                Tok::Dot => of = self.member(of),
                Tok::Question(false) if self.ahead(1).kind == Tok::Dot && self.ahead(2).kind == Tok::Name => {
                    self.bump();
                    let message = "`?.` is not an operator: what json does not have reads as null anyway";
                    self.mistakes.push(Mistake::meant(next.span.to(self.peek().span), message, "."));
                }
                Tok::Open(Bracket::Square) => {
                    self.bump();
                    let optional = matches!(self.peek().kind, Tok::Question(_));
                    if optional {
                        self.bump();
                    }
                    let index = self.within(false);
                    if !self.ends(Bracket::Square) {
                        self.unexpected();
                        self.skip_to(Bracket::Square);
                    }
                    let span = of.span.to(self.close(Bracket::Square));
                    of = self.node(Kind::Index(Box::new(Index { of, index, optional })), span);
                }
                Tok::Open(Bracket::Curly) if names_a_message(&of) => of = self.message(of),
                // `list.0`
                Tok::Double if next.span.start == of.span.end && self.text(next.span).starts_with('.') => {
                    self.bump();
                    let digits = self.text(next.span).trim_start_matches('.').to_owned();
                    let message = format!("{} is not a member", quoted(self.text(next.span)));
                    self.mistakes.push(Mistake::meant(next.span, message, &format!("[{digits}]")));
                    of = Expr::wrong(of.span.to(next.span));
                }
                _ => return of,
            }
        }
    }

    /// What stands behind a dot.
    fn member(&mut self, of: Expr) -> Expr {
        let dot = self.bump();
        let optional = matches!(self.peek().kind, Tok::Question(_)) && self.ahead(1).kind != Tok::Dot;
        if optional {
            self.bump();
        }
        let token = self.peek();
        match token.kind {
            Tok::Name => {
                self.bump();
                let word = self.text(token.span).to_owned();
                if !word.is_ascii() || matches!(word.as_str(), "in" | "true" | "false" | "null") {
                    let index = format!("['{word}']");
                    let message = format!("`{word}` can't stand behind a dot");
                    let span = dot.span.to(token.span);
                    self.mistakes.push(
                        Mistake::new(span, message).help(format!("write `{index}`")).edit(span, index.as_str()),
                    );
                    return Expr::wrong(of.span.to(token.span));
                }
                if optional {
                    let whole = of.span.to(token.span);
                    let member = Member { of, field: word.into(), name: token.span, optional };
                    return self.node(Kind::Member(Box::new(member)), whole);
                }
                self.called(word, token.span, Some(of))
            }
            Tok::Escaped => {
                self.bump();
                let field = self.text(token.span).trim_matches('`').into();
                let whole = of.span.to(token.span);
                self.node(Kind::Member(Box::new(Member { of, field, name: token.span, optional })), whole)
            }
            Tok::Text(_) => {
                self.bump();
                let span = dot.span.to(token.span);
                let index = format!("[{}]", self.text(token.span));
                let mistake = Mistake::new(span, "a text can't stand behind a dot");
                self.mistakes.push(mistake.help(format!("write `{index}`")).edit(span, index.as_str()));
                Expr::wrong(of.span.to(token.span))
            }
            Tok::Dot => {
                self.mistakes.push(Mistake::meant(dot.span.to(token.span), "there is a dot too many", "."));
                of
            }
            Tok::Double if self.text(token.span).starts_with('.') => {
                self.bump();
                self.mistakes.push(Mistake::new(dot.span, "there is a dot too many"));
                Expr::wrong(of.span.to(token.span))
            }
            Tok::Open(Bracket::Square) => {
                let message = "`[` does not stand behind a dot";
                self.mistakes.push(Mistake::new(dot.span, message).help("remove the dot").edit(dot.span, ""));
                of
            }
            Tok::Wrong => {
                self.bump();
                Expr::wrong(of.span.to(token.span))
            }
            _ if matches!(&of.kind, Kind::Literal(Literal::Int(_))) => {
                let number = self.text(of.span).to_owned();
                let span = of.span.to(dot.span);
                let message = format!("`{number}.` is not a number");
                self.mistakes.push(Mistake::meant(span, message, &format!("{number}.0")));
                Expr::wrong(span)
            }
            _ => {
                let mistake = Mistake::new(dot.span, "there is nothing behind `.`").expected("the name of a member");
                self.mistakes.push(mistake);
                Expr::wrong(of.span.to(dot.span))
            }
        }
    }

    /// `name{field: value}`
    fn message(&mut self, name: Expr) -> Expr {
        self.bump();
        let mut fields = Vec::new();
        while !self.ends(Bracket::Curly) {
            let optional = matches!(self.peek().kind, Tok::Question(_));
            if optional {
                self.bump();
            }
            let field = self.peek();
            let known = matches!(field.kind, Tok::Name | Tok::Escaped) && self.text(field.span).is_ascii();
            if known {
                self.bump();
            }
            if !known || self.takes(Tok::Colon).is_none() {
                self.mistakes.push(Mistake::new(field.span, "a message's field is written `name: value`"));
                self.skip_to(Bracket::Curly);
                break;
            }
            let value = self.within(true);
            let name = self.text(field.span).trim_matches('`').into();
            fields.push((name, value, optional));
            if !self.separated(Bracket::Curly) {
                break;
            }
        }
        let span = name.span.to(self.close(Bracket::Curly));
        self.node(Kind::Message(Box::new(Message { name, fields })), span)
    }
}

/// Whether a closing bracket stands in the tokens alone.
fn is_put_in(token: Token) -> bool {
    matches!(token.kind, Tok::Close(_)) && token.span.start == token.span.end
}

/// Whether an expression is a name with dots.
fn names_a_message(of: &Expr) -> bool {
    let mut at = of;
    loop {
        match &at.kind {
            Kind::Name(_) => return true,
            Kind::Member(member) => at = &member.of,
            _ => return false,
        }
    }
}
