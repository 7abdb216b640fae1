//! What stands behind an operand: members, elements, calls, the fields of messages.

use crate::mistake::{Mistake, quoted};
use crate::parse::Parser;
use crate::token::{Bracket, Tok};
use crate::tree::{Expr, Index, Kind, Literal, Member, Message};

impl Parser<'_> {
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
                        self.skip_to_end();
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
                if !word.is_ascii() || is_taken(&word) {
                    let index = format!("['{word}']");
                    let message = format!("`{word}` is not allowed after a dot");
                    let span = dot.span.to(token.span);
                    self.mistakes
                        .push(Mistake::new(span, message).help(format!("write `{index}`")).edit(span, index.as_str()));
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
                let mistake = Mistake::new(span, "a text is not allowed after a dot");
                self.mistakes.push(mistake.help(format!("write `{index}`")).edit(span, index.as_str()));
                Expr::wrong(of.span.to(token.span))
            }
            Tok::Dot => {
                self.mistakes.push(Mistake::meant(dot.span.to(token.span), "there is an extra dot", "."));
                of
            }
            Tok::Double if self.text(token.span).starts_with('.') => {
                self.bump();
                self.mistakes.push(Mistake::new(dot.span, "there is an extra dot"));
                Expr::wrong(of.span.to(token.span))
            }
            Tok::Open(Bracket::Square) => {
                let message = "`[` is not allowed after a dot";
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
                let mistake = Mistake::new(dot.span, "there is nothing after `.`").expected("the name of a member");
                self.mistakes.push(mistake);
                Expr::wrong(of.span.to(dot.span))
            }
        }
    }

    /// `name{field: value}`
    fn message(&mut self, name: Expr) -> Expr {
        self.bump();
        let mut fields = Vec::new();
        if self.ahead(1).kind == Tok::Close(Bracket::Curly) {
            self.takes(Tok::Comma);
        }
        while !self.ends(Bracket::Curly) {
            let optional = matches!(self.peek().kind, Tok::Question(_));
            if optional {
                self.bump();
            }
            let field = self.peek();
            let word = self.text(field.span);
            let known = matches!(field.kind, Tok::Name | Tok::Escaped) && word.is_ascii() && !is_taken(word);
            if known {
                self.bump();
            }
            if !known || self.takes(Tok::Colon).is_none() {
                self.mistakes.push(Mistake::new(field.span, "a message's field is written `name: value`"));
                self.skip_to_end();
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

/// Words that are tokens of their own, and no names even behind a dot.
pub(crate) fn is_taken(word: &str) -> bool {
    matches!(word, "in" | "true" | "false" | "null")
}

/// Whether an expression is a name with dots.
fn names_a_message(of: &Expr) -> bool {
    let mut at = of;
    loop {
        match &at.kind {
            Kind::Name(_) => return true,
            Kind::Member(member) if !member.optional => at = &member.of,
            _ => return false,
        }
    }
}
