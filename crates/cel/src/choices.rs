//! Conditionals of other languages, and those of CEL that lack a part.

use crate::mistake::{Mistake, short};
use crate::parse::Parser;
use crate::token::{Bracket, Tok, Token};
use crate::tree::{Choice, Element, Expr, Kind, Span};

impl Parser<'_> {
    /// `x ?: y`, `x ?? y`
    pub(crate) fn elvis(&mut self, left: Expr, sign: Span) -> Expr {
        let right = self.expression();
        let mistake = Mistake::new(sign, format!("`{}` is not an operator", self.text(sign)));
        let whole = left.span.to(right.span);
        let expected = "`has(x.name) ? x.name : y`; of json, a conversion with a default such as `string(x.name, y)`";
        self.mistakes.push(mistake.expected(expected));
        Expr::wrong(whole)
    }

    /// A `?` without its `:`.
    pub(crate) fn unanswered(&mut self, when: Expr, sign: Token) -> Expr {
        if let Tok::Question(_) = self.peek().kind {
            let second = self.bump();
            return self.elvis(when, sign.span.to(second.span));
        }
        let then = self.expression();
        let mistake = Mistake::new(sign.span, "there is no `:` for this `?`").expected("`c ? x : y`");
        self.mistakes.push(mistake);
        Expr::wrong(when.span.to(then.span))
    }

    /// `a if c else b`; the `if` comes next.
    pub(crate) fn if_behind(&mut self, then: Expr) -> Expr {
        let sign = self.bump();
        let when = self.expression();
        let mistake = Mistake::new(sign.span, "`if` is not an operator");
        let Some(word) = self.is_word(0, &["else"]).then(|| self.bump()) else {
            self.mistakes.push(mistake.expected("`c ? x : y`"));
            return Expr::wrong(then.span.to(when.span));
        };
        let otherwise = self.expression();
        let whole = then.span.to(otherwise.span);
        let (value, condition) = (self.text(then.span).to_owned(), self.text(when.span).to_owned());
        let help = format!("write `{} ? {} : {}`", short(&condition), short(&value), short(self.text(otherwise.span)));
        self.mistakes.push(
            mistake
                .help(help)
                .edit(then.span, condition)
                .edit(sign.span, "?")
                .edit(when.span, value)
                .edit(word.span, ":"),
        );
        self.node(Kind::Choice(Box::new(Choice { when, then, otherwise })), whole)
    }

    /// `if c then a else b`, `if (c) a else b`; the `if` was taken. `if(c, a, b)` is a call.
    pub(crate) fn if_before(&mut self, sign: Token) -> Expr {
        let mistake = Mistake::new(sign.span, format!("`{}` does not begin an expression", self.text(sign.span)));
        let bracketed = self.peek().kind == Tok::Open(Bracket::Round);
        let when = if bracketed { self.unary() } else { self.expression() };
        if bracketed && let Kind::List(elements) = &when.kind {
            return self.if_called(mistake, sign, when.span, elements);
        }
        let then_word = self.is_word(0, &["then"]).then(|| self.bump());
        if then_word.is_none() && !self.peek().kind.begins_operand() {
            self.mistakes.push(mistake.expected("`c ? x : y`"));
            return Expr::wrong(sign.span.to(when.span));
        }
        let then = self.expression();
        let Some(word) = self.is_word(0, &["else"]).then(|| self.bump()) else {
            self.mistakes.push(mistake.expected("`c ? x : y`"));
            return Expr::wrong(sign.span.to(then.span));
        };
        let otherwise = self.expression();
        let whole = sign.span.to(otherwise.span);
        let (a, b, c) = (self.text(when.span), self.text(then.span), self.text(otherwise.span));
        let help = format!("write `{} ? {} : {}`", short(a), short(b), short(c));
        let question = then_word.map_or(when.span.behind(), |word| word.span);
        let question = (question, if then_word.is_some() { "?" } else { " ?" });
        let begin = Span { start: sign.span.start, end: when.span.start };
        self.mistakes.push(mistake.help(help).edit(begin, "").edit(question.0, question.1).edit(word.span, ":"));
        self.node(Kind::Choice(Box::new(Choice { when, then, otherwise })), whole)
    }

    /// `if(c, a, b)`, which was read as a list in round brackets.
    fn if_called(&mut self, mistake: Mistake, sign: Token, brackets: Span, elements: &[Element]) -> Expr {
        // That it is no list was reported; this is what it is.
        self.mistakes.forget_last();
        let whole = sign.span.to(brackets);
        let [when, then, otherwise] = elements else {
            self.mistakes.push(mistake.expected("`c ? x : y`"));
            return Expr::wrong(whole);
        };
        let (when, then, otherwise) = (when.value.clone(), then.value.clone(), otherwise.value.clone());
        let (a, b, c) = (self.text(when.span), self.text(then.span), self.text(otherwise.span));
        let help = format!("write `{} ? {} : {}`", short(a), short(b), short(c));
        let mistake = Mistake { message: format!("`{}` is not a function", self.text(sign.span)), ..mistake };
        let between = |one: &Expr, other: &Expr| Span { start: one.span.end, end: other.span.start };
        self.mistakes.push(
            mistake
                .help(help)
                .edit(sign.span, "")
                .edit(between(&when, &then), " ? ")
                .edit(between(&then, &otherwise), " : "),
        );
        self.node(Kind::Choice(Box::new(Choice { when, then, otherwise })), whole)
    }
}
