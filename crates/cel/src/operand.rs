//! Operands: names, values, and the signs before them.

use crate::behind::is_taken;
use crate::decode;
use crate::mistake::{Mistake, quoted};
use crate::parse::Parser;
use crate::token::{Bracket, Tok, Token};
use crate::tree::{Call, Expr, Kind, Literal, Member, Operator, Span, Unary};
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

    pub(crate) fn operand(&mut self) -> Expr {
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
                if is_taken(word) {
                    let mistake = Mistake::new(token.span, format!("`.` is not allowed before `{word}`"));
                    self.mistakes.push(mistake.help("remove it").edit(token.span, ""));
                    return Expr::wrong(span);
                }
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
                let message = format!("`{}` is repeated here", sign(found));
                self.mistakes.push(Mistake::new(found.span, message).help("remove one").edit(found.span, ""));
                return self.unary();
            }
            Some(last) if operator(last) => {
                Mistake::new(last.span, format!("there is nothing after `{}`", sign(last))).expected("a value")
            }
            _ if operator(found) => {
                Mistake::new(found.span, format!("there is nothing before `{}`", sign(found))).expected("a value")
            }
            Some(last) if matches!(last.kind, Tok::Question(_) | Tok::Colon) => {
                Mistake::new(last.span, format!("there is nothing after `{}`", sign(last))).expected("a value")
            }
            Some(last) if last.kind == Tok::Open(Bracket::Round) && found.kind == Tok::Close(Bracket::Round) => {
                Mistake::new(last.span.to(found.span), "there is nothing in these brackets").expected("a value")
            }
            Some(Token { kind: Tok::Wrong, .. }) => return here,
            // The bracket was put in, which was reported.
            Some(Token { kind: Tok::Open(_) | Tok::Dollar | Tok::Comma, .. }) if is_put_in(found) => return here,
            _ if found.kind == Tok::End => Mistake::new(found.span, "the expression is incomplete").expected("a value"),
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

    pub(crate) fn name(&mut self, token: Token) -> Expr {
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
        let conditional =
            word == "if" || (word.eq_ignore_ascii_case("if") && self.peek().kind != Tok::Open(Bracket::Round));
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
                _ => format!("`{word}` is a reserved word of CEL and can't be a name"),
            };
            self.mistakes.push(Mistake::new(token.span, message));
            if word == "in" {
                let _ = self.nested(Self::unary);
            }
            return Expr::wrong(token.span);
        }
        self.called(word.to_owned(), token.span, None)
    }

    /// A name, or a call if arguments follow.
    pub(crate) fn called(&mut self, name: String, span: Span, of: Option<Expr>) -> Expr {
        let Some(_) = self.takes(Tok::Open(Bracket::Round)) else {
            return match of {
                Some(of) => {
                    let whole = of.span.to(span);
                    self.node(
                        Kind::Member(Box::new(Member { of, field: name.into(), name: span, optional: false })),
                        whole,
                    )
                }
                None => Expr::new(Kind::Name(name.into()), span),
            };
        };
        let (arguments, close) = self.arguments();
        let whole = of.as_ref().map_or(span, |of| of.span).to(close);
        self.node(Kind::Call(Box::new(Call { of, function: name.into(), name: span, arguments })), whole)
    }
}

/// Whether a closing bracket stands in the tokens alone.
fn is_put_in(token: Token) -> bool {
    matches!(token.kind, Tok::Close(_)) && token.span.start == token.span.end
}
