//! Reading an expression: of `#if`, `#set`, `#foreach`, and arguments.

use serde_json::Value as Json;

use super::parse::{Parser, Stop};
use super::tree::{Comparison, Expression, Operator, Reference};

/// Operators by how strongly they bind, weakest first. Longer ones stand before those that they begin with.
const COMPARISONS: [(&str, Comparison); 12] = [
    ("==", Comparison::Equal),
    ("!=", Comparison::Different),
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
    ("eq", Comparison::Equal),
    ("ne", Comparison::Different),
    ("le", Comparison::LessOrEqual),
    ("ge", Comparison::GreaterOrEqual),
    ("lt", Comparison::Less),
    ("gt", Comparison::Greater),
];
const SUMS: [(&str, Operator); 2] = [("+", Operator::Add), ("-", Operator::Subtract)];
const PRODUCTS: [(&str, Operator); 3] =
    [("*", Operator::Multiply), ("/", Operator::Divide), ("%", Operator::Remainder)];

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Result<Expression, Stop> {
        let outermost = !std::mem::replace(&mut self.in_expression, true);
        if outermost {
            self.operators = 0;
        }
        let expression = self.deeper(Self::either);
        if outermost {
            self.in_expression = false;
        }
        expression
    }

    fn either(&mut self) -> Result<Expression, Stop> {
        let mut left = self.both()?;
        while self.operator(&[("||", ()), ("or", ())]).is_some() {
            self.joined()?;
            left = Expression::Either(Box::new(left), Box::new(self.both()?));
        }
        Ok(left)
    }

    fn both(&mut self) -> Result<Expression, Stop> {
        let mut left = self.comparison()?;
        while self.operator(&[("&&", ()), ("and", ())]).is_some() {
            self.joined()?;
            left = Expression::Both(Box::new(left), Box::new(self.comparison()?));
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Result<Expression, Stop> {
        let left = self.sum()?;
        match self.operator(&COMPARISONS) {
            Some(comparison) => Ok(Expression::Compare(comparison, Box::new(left), Box::new(self.sum()?))),
            None => Ok(left),
        }
    }

    fn sum(&mut self) -> Result<Expression, Stop> {
        let mut left = self.product()?;
        while let Some(operator) = self.operator(&SUMS) {
            self.joined()?;
            left = Expression::Compute(operator, Box::new(left), Box::new(self.product()?));
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Expression, Stop> {
        let mut left = self.unary()?;
        while let Some(operator) = self.operator(&PRODUCTS) {
            self.joined()?;
            left = Expression::Compute(operator, Box::new(left), Box::new(self.unary()?));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expression, Stop> {
        self.spaces();
        let negated = !self.rest().starts_with("!=") && self.operator(&[("!", ()), ("not", ())]).is_some();
        if negated {
            return Ok(Expression::Not(Box::new(self.deeper(Self::unary)?)));
        }
        self.primary()
    }

    /// Goes past an operator, if one comes next. A word is one only as a whole.
    fn operator<T: Copy>(&mut self, operators: &[(&str, T)]) -> Option<T> {
        self.spaces();
        let rest = self.rest();
        let (sign, operator) = operators.iter().find(|(sign, _)| {
            let after = rest.strip_prefix(sign);
            let word = sign.starts_with(|c: char| c.is_ascii_alphabetic());
            after.is_some_and(|after| !word || !after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'))
        })?;
        self.at += sign.len();
        Some(*operator)
    }

    fn primary(&mut self) -> Result<Expression, Stop> {
        self.spaces();
        let start = self.at;
        match self.peek() {
            Some('$') => match self.reference(true)? {
                Some((reference, _)) => Ok(Expression::Reference(reference)),
                None => Ok(Expression::Reference(Reference::Constant(""))),
            },
            Some('(') => {
                self.at += 1;
                let inner = self.expression()?;
                self.spaces();
                self.expect(")", "to close `(`")?;
                Ok(inner)
            }
            Some('[') => {
                self.at += 1;
                self.list()
            }
            Some('{') => {
                self.problem("a map (`{…}`) is not supported");
                Err(Stop)
            }
            Some(quote @ ('"' | '\'')) => self.quoted(quote),
            Some(c) if c.is_ascii_digit() || c == '-' => self.number(),
            _ => match self.name(false) {
                Some("true") => Ok(Expression::Literal(Json::Bool(true))),
                Some("false") => Ok(Expression::Literal(Json::Bool(false))),
                Some("null") => Ok(Expression::Literal(Json::Null)),
                _ => {
                    self.note(start, "expected a reference, a text in quotes or a number", None);
                    Err(Stop)
                }
            },
        }
    }

    fn list(&mut self) -> Result<Expression, Stop> {
        let mut elements = Vec::new();
        self.spaces();
        if self.take("]") {
            return Ok(Expression::List(elements));
        }
        loop {
            let element = self.expression()?;
            self.spaces();
            if elements.is_empty() && self.take("..") {
                let to = self.expression()?;
                self.spaces();
                self.expect("]", "at the end of a range")?;
                return Ok(Expression::Range(Box::new(element), Box::new(to)));
            }
            elements.push(element);
            if self.take("]") {
                return Ok(Expression::List(elements));
            }
            self.expect(",", "or `]` after an element")?;
            self.spaces();
        }
    }

    /// A text in quotes. A quote in it is written twice; references count in double quotes alone.
    fn quoted(&mut self, quote: char) -> Result<Expression, Stop> {
        let start = self.at + 1;
        let rest = self.text.get(start..).unwrap_or_default();
        let mut ends = rest.char_indices().filter(|(_, c)| *c == quote).map(|(at, _)| at).peekable();
        let mut doubled = false;
        let end = loop {
            match ends.next() {
                Some(at) if ends.peek() == Some(&(at + 1)) => {
                    doubled = true;
                    ends.next();
                }
                Some(at) => break at,
                None => {
                    self.problem("a text has no closing quote");
                    return Err(Stop);
                }
            }
        };
        let text = rest.get(..end).unwrap_or_default();
        self.at = start + end + 1;
        if quote == '\'' {
            return Ok(Expression::Literal(Json::String(text.replace("''", "'"))));
        }
        if doubled {
            if text.contains(['$', '#']) {
                self.note(
                    start,
                    "a text in double quotes can't have both a doubled quote and a reference",
                    Some("write `$esc.quote` for the quote".into()),
                );
                return Err(Stop);
            }
            return Ok(Expression::Literal(Json::String(text.replace("\"\"", "\""))));
        }
        Ok(Expression::Text(self.within(text, start)?))
    }

    fn number(&mut self) -> Result<Expression, Stop> {
        let rest = self.rest();
        let sign = usize::from(rest.starts_with('-'));
        let digits = |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let mut length = sign + digits(rest.get(sign..).unwrap_or_default());
        // `1..5` is a range.
        if let Some(fraction) = rest.get(length..).and_then(|rest| rest.strip_prefix('.'))
            && digits(fraction) > 0
        {
            length += 1 + digits(fraction);
        }
        let text = rest.get(..length).unwrap_or_default();
        match serde_json::from_str::<serde_json::Number>(text) {
            Ok(number) => {
                self.at += length;
                Ok(Expression::Literal(Json::Number(number)))
            }
            Err(_) => {
                self.problem("not a valid number");
                Err(Stop)
            }
        }
    }
}
