//! What other languages have between operands, and what CEL has for it.

use crate::mistake::{Mistake, quoted, short};
use crate::parse::Parser;
use crate::token::{Bracket, Tok, Token};
use crate::tree::{Call, Expr, Kind, Literal, Operator, Span, Unary};
use crate::words::{self, Infix};

impl Parser<'_> {
    /// The sign of a chain, or the word that stands for it.
    pub(crate) fn joined_by(&mut self, operator: Operator) -> Option<Span> {
        if let Some(token) = self.takes(Tok::Operator(operator)) {
            return Some(token.span);
        }
        let word = self.word(0)?;
        if words::infix(word) != Some(Infix::Operator(operator)) {
            return None;
        }
        let message = format!("`{word}` is not an operator");
        let token = self.bump();
        self.mistakes.push(Mistake::meant(token.span, message, operator.sign()));
        Some(token.span)
    }

    /// What follows an operand and is no operator of CEL: `Ok` if it was understood and more may follow, `Err` if the operand ends here.
    pub(crate) fn foreign(&mut self, left: Expr) -> Result<Expr, Expr> {
        let next = self.peek();
        match next.kind {
            Tok::End
            | Tok::Comma
            | Tok::Colon
            | Tok::Question(_)
            | Tok::Close(_)
            | Tok::Semicolon
            | Tok::Operator(_) => Err(left),
            Tok::Arrow if matches!(left.kind, Kind::Name(_)) => Err(left),
            Tok::Arrow => {
                self.bump();
                let meant = if self.text(next.span) == "=>" { ">=" } else { "." };
                let message = format!("`{}` is not an operator", self.text(next.span));
                self.mistakes.push(Mistake::meant(next.span, message, meant));
                let right = self.arithmetic(Operator::Add.strength());
                Ok(match meant {
                    "." => Expr::wrong(left.span.to(right.span)),
                    _ => self.binary(Operator::GreaterOrEqual, next.span, left, right),
                })
            }
            Tok::Matches(wanted) => {
                self.bump();
                let message = format!("`{}` is not an operator", self.text(next.span));
                Ok(self.method(left, next.span, "matches", wanted, message))
            }
            Tok::Name => self.foreign_word(left, next),
            Tok::Not if self.is_word(1, &["in"]) => {
                self.bump();
                Ok(self.not_in(left, next.span))
            }
            // Between elements it is the comma that was forgotten.
            _ if self.lists && next.kind.begins_operand() => Err(left),
            _ if self.joins_texts(next) => {
                self.unexpected_but("write `+` between them", " +");
                let right = self.arithmetic_behind(Operator::Add);
                Ok(self.binary(Operator::Add, next.span.before(), left, right))
            }
            _ => {
                self.unexpected();
                self.skip();
                match self.peek().kind {
                    Tok::Operator(_) => Ok(Expr::wrong(left.span)),
                    _ => Err(Expr::wrong(left.span)),
                }
            }
        }
    }

    fn foreign_word(&mut self, left: Expr, next: Token) -> Result<Expr, Expr> {
        let word = self.text(next.span).to_owned();
        let message = format!("`{word}` is not an operator");
        let Some(meaning) = words::infix(&word) else {
            if self.lists || words::is_infix(&word.to_ascii_lowercase()) {
                return Err(left);
            }
            self.unexpected();
            self.skip();
            return Err(Expr::wrong(left.span));
        };
        Ok(match meaning {
            // Chains take them further out.
            Infix::Operator(Operator::And | Operator::Or) | Infix::If => return Err(left),
            Infix::Operator(operator) => {
                self.bump();
                // `equal to` and its like.
                let mut span = next.span;
                if self.is_word(0, &["to", "than"]) {
                    span = span.to(self.bump().span);
                }
                self.mistakes.push(Mistake::meant(span, message, operator.sign()));
                let right = self.arithmetic(Operator::Add.strength());
                self.binary(operator, span, left, right)
            }
            Infix::Method(method) => {
                self.bump();
                let mut span = next.span;
                if self.is_word(0, &["with"]) {
                    span = span.to(self.bump().span);
                }
                let message = format!("{} is not an operator", quoted(self.text(span)));
                self.method(left, span, method, true, message)
            }
            Infix::Like => {
                self.bump();
                self.like(left, next.span, true)
            }
            Infix::Between => {
                self.bump();
                self.between(left, next.span)
            }
            Infix::Is => {
                self.bump();
                self.is(left, next.span)
            }
            Infix::Not => {
                self.bump();
                if word.eq_ignore_ascii_case("not") {
                    return Ok(self.not_behind(left, next.span));
                }
                if self.is_word(0, &["in"]) {
                    return Ok(self.not_in(left, next.span));
                }
                let right = self.arithmetic(Operator::Add.strength());
                self.negated_in(left, next.span, right)
            }
        })
    }

    /// `x not in y`, `x not like y`, `x not contains y`.
    fn not_behind(&mut self, left: Expr, not: Span) -> Expr {
        let next = self.peek();
        let word = self.word(0).unwrap_or_default().to_owned();
        match words::infix(&word) {
            Some(Infix::Operator(Operator::In)) => self.not_in(left, not),
            Some(Infix::Like) => {
                self.bump();
                self.like(left, not.to(next.span), false)
            }
            Some(Infix::Method(method)) => {
                self.bump();
                let span = not.to(next.span);
                let message = format!("`{}` is not an operator", self.text(span));
                self.method(left, span, method, false, message)
            }
            _ => {
                let message = format!("`{}` follows a value", self.text(not));
                self.mistakes.push(Mistake::new(not, message).expected("an operator"));
                self.skip();
                Expr::wrong(left.span)
            }
        }
    }

    /// `x not in y`; the `in` comes next.
    fn not_in(&mut self, left: Expr, not: Span) -> Expr {
        let span = not.to(self.bump().span);
        let right = self.arithmetic(Operator::Add.strength());
        self.negated_in(left, span, right)
    }

    fn negated_in(&mut self, left: Expr, sign: Span, right: Expr) -> Expr {
        let written = (self.text(left.span).to_owned(), self.text(right.span).to_owned());
        let mistake = Mistake::new(sign, format!("{} is not an operator", quoted(self.text(sign))))
            .help(format!("write `!({} in {})`", short(&written.0), short(&written.1)))
            .edit(left.span.before(), "!(")
            .edit(sign, "in")
            .edit(right.span.behind(), ")");
        self.mistakes.push(mistake);
        let within = self.binary(Operator::In, sign, left, right);
        let span = within.span;
        self.node(Kind::Unary(Unary::Not, Box::new(within)), span)
    }

    /// A method between its object and its argument.
    fn method(&mut self, left: Expr, sign: Span, method: &str, wanted: bool, message: String) -> Expr {
        let right = self.arithmetic(Operator::Add.strength());
        self.method_of(left, sign, method, wanted, (message, right, None))
    }

    /// The same with the argument at hand, and what is to be written for it if not itself.
    fn method_of(
        &mut self,
        left: Expr,
        sign: Span,
        method: &str,
        wanted: bool,
        (message, right, argument): (String, Expr, Option<String>),
    ) -> Expr {
        let not = if wanted { "" } else { "!" };
        let closed = left.is_closed() && !matches!(left.kind, Kind::Unary(..));
        let (before, behind) = if closed { ("", "") } else { ("(", ")") };
        let written = argument.clone().unwrap_or_else(|| self.text(right.span).to_owned());
        let shown = short(self.text(left.span));
        let help = format!("write `{not}{before}{shown}{behind}.{method}({})`", short(&written));
        let mut mistake = Mistake::new(sign, message).help(help);
        if closed {
            if !wanted {
                mistake = mistake.edit(left.span.before(), "!");
            }
        } else {
            mistake = mistake.edit(left.span.before(), format!("{not}("));
        }
        // From the end of the one to the start of the other, blanks included.
        let between = Span { start: left.span.end, end: right.span.start };
        mistake = mistake.edit(between, format!("{behind}.{method}("));
        mistake = match argument {
            Some(argument) => mistake.edit(right.span, format!("{argument})")),
            None => mistake.edit(right.span.behind(), ")"),
        };
        self.mistakes.push(mistake);
        let whole = left.span.to(right.span);
        let call = Call { of: Some(left), function: method.into(), name: sign, arguments: vec![right] };
        let call = self.node(Kind::Call(Box::new(call)), whole);
        if wanted { call } else { self.node(Kind::Unary(Unary::Not, Box::new(call)), whole) }
    }

    /// `x LIKE 'a%'`
    fn like(&mut self, left: Expr, sign: Span, wanted: bool) -> Expr {
        let right = self.arithmetic(Operator::Add.strength());
        let message = format!("{} is not an operator", quoted(self.text(sign)));
        let Kind::Literal(Literal::Text(pattern)) = &right.kind else {
            return self.method_of(left, sign, "contains", wanted, (message, right, None));
        };
        let (open_start, open_end) = (pattern.starts_with('%'), pattern.ends_with('%') && pattern.len() > 1);
        let inner = pattern.trim_matches('%').to_owned();
        let method = match (open_start, open_end) {
            _ if inner.contains(['%', '_']) => "matches",
            (true, true) => "contains",
            (true, false) => "endsWith",
            (false, true) => "startsWith",
            (false, false) => "equalsIgnoreCase",
        };
        let argument = match method {
            "matches" => {
                let (start, end) = (if open_start { "" } else { "^" }, if open_end { "" } else { "$" });
                format!("{start}{}{end}", inner.replace('%', ".*").replace('_', "."))
            }
            _ => inner,
        };
        let quote = if argument.contains('\'') { '"' } else { '\'' };
        self.method_of(left, sign, method, wanted, (message, right, Some(format!("{quote}{argument}{quote}"))))
    }

    /// `x between a and b`
    fn between(&mut self, left: Expr, sign: Span) -> Expr {
        let low = self.arithmetic(Operator::Add.strength());
        let and = self.peek();
        if !(self.is_word(0, &["and"]) || and.kind == Tok::Operator(Operator::And)) {
            self.mistakes.push(Mistake::new(sign, "`between` is not an operator").expected("`x >= a && x <= b`"));
            return Expr::wrong(left.span.to(low.span));
        }
        self.bump();
        let high = self.arithmetic(Operator::Add.strength());
        let name = self.text(left.span).to_owned();
        let help = format!(
            "write `{0} >= {1} && {0} <= {2}`",
            short(&name),
            short(self.text(low.span)),
            short(self.text(high.span))
        );
        let mistake = Mistake::new(sign, "`between` is not an operator")
            .help(help)
            .edit(left.span.before(), "(")
            .edit(sign, ">=")
            .edit(and.span, format!("&& {name} <="))
            .edit(high.span.behind(), ")");
        self.mistakes.push(mistake);
        // What is between stands there once: of a copy in each of many such there would be no end.
        let again = Expr::wrong(left.span);
        let above = self.binary(Operator::GreaterOrEqual, sign, left, low);
        let below = self.binary(Operator::LessOrEqual, and.span, again, high);
        self.binary(Operator::And, and.span, above, below)
    }

    /// `x is y`, `x is not y`
    fn is(&mut self, left: Expr, sign: Span) -> Expr {
        let not = self.is_word(0, &["not"]);
        let mut span = if not { sign.to(self.bump().span) } else { sign };
        // `is in`, `is equal to`, `is greater than`
        let comparing = [
            ("equal", Operator::Equal),
            ("greater", Operator::Greater),
            ("more", Operator::Greater),
            ("less", Operator::Less),
            ("in", Operator::In),
        ];
        let named = comparing.iter().find(|(word, _)| self.is_word(0, &[word]) && self.is_operator_phrase());
        if let Some((_, operator)) = named {
            span = span.to(self.bump().span);
            if self.is_word(0, &["to", "than"]) {
                span = span.to(self.bump().span);
            }
            let operator = if not && *operator == Operator::Equal { Operator::NotEqual } else { *operator };
            self.mistakes.push(Mistake::meant(
                span,
                format!("{} is not an operator", quoted(self.text(span))),
                operator.sign(),
            ));
            let right = self.arithmetic(Operator::Add.strength());
            return self.binary(operator, span, left, right);
        }
        let operator = if not { Operator::NotEqual } else { Operator::Equal };
        let message = |parser: &Self, span: Span| format!("{} is not an operator", quoted(parser.text(span)));
        let value = self.peek();
        let word = self.word(0).map(str::to_ascii_lowercase).unwrap_or_default();
        let meant = match word.as_str() {
            "null" | "none" | "nil" | "undefined" => Some(("null", Literal::Null)),
            "empty" | "blank" => Some(("''", Literal::Text("".into()))),
            "true" => Some(("true", Literal::Bool(true))),
            "false" => Some(("false", Literal::Bool(false))),
            _ => None,
        };
        if let Some((written, literal)) = meant {
            self.bump();
            let whole = span.to(value.span);
            let meant = format!("{} {written}", operator.sign());
            self.mistakes.push(Mistake::meant(whole, message(self, whole), &meant));
            return self.binary(operator, span, left, Expr::new(Kind::Literal(literal), value.span));
        }
        self.mistakes.push(Mistake::meant(span, message(self, span), operator.sign()));
        let right = self.arithmetic(Operator::Add.strength());
        self.binary(operator, span, left, right)
    }

    /// Whether a word such as `equal` is followed by what is compared, and is not a name itself.
    fn is_operator_phrase(&self) -> bool {
        let behind = self.ahead(1).kind;
        behind.begins_operand() && behind != Tok::Open(Bracket::Round) && behind != Tok::Dot
    }

    /// Whether `not` stands before an operand.
    pub(crate) fn negates(&self) -> bool {
        // With brackets or a dot behind it, it is a name.
        let behind = self.ahead(1).kind;
        behind.begins_operand() && !matches!(behind, Tok::Dot | Tok::Open(_)) && self.word(1) != Some("in")
    }

    /// `not x`, which binds weaker than comparisons.
    pub(crate) fn not(&mut self) -> Expr {
        let word = self.bump();
        let of = self.nested(Self::relation);
        let mistake = Mistake::new(word.span, format!("`{}` is not an operator", self.text(word.span)));
        let between = Span { start: word.span.start, end: of.span.start };
        let mistake = match of.is_closed() {
            true => mistake.help("did you mean `!`?").edit(between, "!"),
            false => {
                let help = format!("write `!({})`", short(self.text(of.span)));
                mistake.help(help).edit(between, "!(").edit(of.span.behind(), ")")
            }
        };
        self.mistakes.push(mistake);
        let span = word.span.to(of.span);
        self.node(Kind::Unary(Unary::Not, Box::new(of)), span)
    }
}
