//! `text.format([…])`: the text is read when the flow is checked, so that a value that its place can't take is found then.

use std::str::Chars;

use waypost_cel::{Expr, Kind, Span};

use super::check::{Checker, Typed};
use super::ir::Ir;
use crate::diagnostic::{Code, Edit, counted};
use crate::functions::{self, Written};
use crate::types::Type;
use crate::value::{Text, Value};

/// More digits of a fraction than a number has, and few enough that a place is no way to make large texts.
const MAX_DIGITS: usize = 100;

/// What `%f` and `%e` write if nothing is said, as CEL and C have it.
const DIGITS: usize = 6;

/// A part of the text.
enum Piece {
    Text(String),
    Place(Place),
}

/// A place for a value.
struct Place {
    /// As it is written: `%.2f`.
    clause: String,
    written: Written,
    digits: usize,
}

impl Place {
    /// What may stand here, if not everything.
    fn expected(&self) -> Option<&'static str> {
        match self.written {
            Written::Plain if self.clause == "%d" => Some("integer"),
            Written::Plain => None,
            Written::Fixed | Written::Scientific => Some("number or integer"),
            Written::Binary => Some("integer or boolean"),
            Written::Octal => Some("integer"),
            Written::Hexadecimal | Written::Capitals => Some("integer or string"),
        }
    }

    fn takes(&self, found: &Type) -> bool {
        let fits = |data_type: &Type| found.fits(data_type);
        fits(&Type::Integer) && self.expected().is_some()
            || match self.written {
                Written::Plain => self.expected().is_none() && found.has_values(),
                Written::Fixed | Written::Scientific => fits(&Type::Number),
                Written::Binary => fits(&Type::Boolean),
                Written::Octal => false,
                Written::Hexadecimal | Written::Capitals => fits(&Type::String),
            }
    }
}

impl Checker<'_> {
    /// `of.format([…])`; `name` is where the function's name stands.
    pub(super) fn format(&mut self, name: Span, of: &Expr, arguments: &[Expr]) -> Option<Typed> {
        let [list] = arguments else {
            if let Some(function) = functions::find("format") {
                self.wrong_arity(name, function, arguments.len() + 1, 1);
            }
            return None;
        };
        let text = self.check(of);
        let Kind::List(elements) = &list.kind else {
            if list.kind != Kind::Wrong {
                let problem =
                    self.problem(list.span, Code::ExpressionLiteral, "the values of `format` can't be computed");
                problem.expected = Some("a list that is written out, one value for each place".to_owned());
            }
            return None;
        };
        if elements.iter().any(|element| element.optional) {
            return self.unsupported(list.span, "optional elements are not supported");
        }
        let values: Vec<Option<Typed>> = elements.iter().map(|element| self.check(&element.value)).collect();
        let (text, text_type) = text?;
        if !text_type.fits(&Type::String) {
            self.wrong_literal(of, "string", &text_type);
            return None;
        }
        let Some(text) = self.trial().text(&text) else {
            let problem = self.problem(of.span, Code::ExpressionLiteral, "a text to be formatted can't be computed");
            problem.expected =
                Some("a text that is written out, so that it is read when the flow is published".to_owned());
            return None;
        };
        let pieces = match pieces(&text) {
            Ok(pieces) => pieces,
            Err(bad) => {
                self.bad_clause(of, bad);
                return None;
            }
        };
        let places = pieces.iter().filter(|piece| matches!(piece, Piece::Place(_))).count();
        if places != values.len() {
            let (wanted, given) = (counted(places, "value"), counted(values.len(), "value"));
            let message = format!("the text has {}, the list {given}", counted(places, "place"));
            let problem = self.problem(list.span, Code::ExpressionLiteral, message);
            problem.expected = Some(wanted);
            problem.found = Some(given);
            return None;
        }
        let mut values = elements.iter().map(|element| &element.value).zip(values);
        let (mut parts, mut good) = (Vec::with_capacity(pieces.len()), true);
        for piece in pieces {
            match piece {
                Piece::Text(text) => parts.push(Ir::Constant(Value::String(Text::Owned(text.into())))),
                Piece::Place(place) => {
                    let (written, value) = values.next()?;
                    match value.and_then(|value| self.placed(&place, written, value)) {
                        Some(part) => parts.push(part),
                        None => good = false,
                    }
                }
            }
        }
        good.then_some((Ir::Template(parts), Type::String))
    }

    fn bad_clause(&mut self, text: &Expr, bad: BadClause) {
        let BadClause { clause, says, meant } = bad;
        let (written, start) = (self.written(text.span), self.place(text.span).start);
        let found = written.find(&clause).filter(|_| written.matches(&clause).count() == 1);
        let edit = found.zip(meant.clone()).map(|(at, meant)| {
            let at = start + at;
            Edit { range: at..at + clause.len(), text: meant }
        });
        let problem = self.problem(text.span, Code::ExpressionLiteral, format!("`{}` {says}", clause.trim_end()));
        problem.expected =
            Some("`%s`, `%d`, `%f`, `%e`, `%x`, `%X`, `%o`, `%b`, or `%%` for the sign itself".to_owned());
        problem.suggestion = meant.map(|meant| format!("write `{}`", meant.trim_end()));
        problem.edits = edit.into_iter().collect();
    }

    /// A value at its place.
    fn placed(&mut self, place: &Place, written: &Expr, (value, data_type): Typed) -> Option<Ir> {
        if !place.takes(&data_type) {
            self.wrong_type(written, place.expected().unwrap_or("a value"), &data_type);
            return None;
        }
        let digits = Ir::Constant(Value::Integer(i64::try_from(place.digits).unwrap_or(i64::MAX)));
        Some(match place.written.overload() {
            Some(overload) => Ir::Call(overload, vec![value, digits]),
            None => value,
        })
    }
}

/// What is not a placeholder.
struct BadClause {
    /// As it is written.
    clause: String,
    says: String,
    /// What was probably meant.
    meant: Option<String>,
}

/// Reads the text.
fn pieces(text: &str) -> Result<Vec<Piece>, BadClause> {
    let (mut pieces, mut plain) = (Vec::new(), String::new());
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        if char != '%' {
            plain.push(char);
            continue;
        }
        if chars.as_str().starts_with('%') {
            chars.next();
            plain.push('%');
            continue;
        }
        let place = place(&mut chars)?;
        if !plain.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut plain)));
        }
        pieces.push(Piece::Place(place));
    }
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    Ok(pieces)
}

/// What stands behind a `%`.
fn place(chars: &mut Chars<'_>) -> Result<Place, BadClause> {
    let (mut clause, mut digits) = ("%".to_owned(), None);
    let mut next = chars.next();
    if next == Some('.') {
        clause.push('.');
        let mut said = String::new();
        next = chars.next();
        while let Some(digit) = next.filter(char::is_ascii_digit) {
            said.push(digit);
            next = chars.next();
        }
        clause.push_str(&said);
        // Without digits: none, as C has it.
        digits = Some(if said.is_empty() { 0 } else { said.parse().unwrap_or(usize::MAX) });
    }
    clause.extend(next);
    let bad = |says: &str, meant: Option<&str>| {
        Err(BadClause { clause: clause.clone(), says: says.to_owned(), meant: meant.map(str::to_owned) })
    };
    if digits.is_some_and(|digits| digits > MAX_DIGITS) {
        return bad(&format!("asks for more than {MAX_DIGITS} digits"), None);
    }
    let (written, plain) = match next {
        Some('f') => (Written::Fixed, None),
        Some('e') => (Written::Scientific, None),
        Some('s') => (Written::Plain, Some("%s")),
        Some('d') => (Written::Plain, Some("%d")),
        Some('b') => (Written::Binary, Some("%b")),
        Some('o') => (Written::Octal, Some("%o")),
        Some('x') => (Written::Hexadecimal, Some("%x")),
        Some('X') => (Written::Capitals, Some("%X")),
        Some('i' | 'u') => return bad("is not a placeholder", Some("%d")),
        Some('v') => return bad("is not a placeholder", Some("%s")),
        Some('E') => return bad("is not a placeholder", Some("%e")),
        Some('F' | 'g' | 'G') => return bad("is not a placeholder", Some("%f")),
        // Nothing was to be put in: a sign that stands for itself.
        _ => return bad("is not a placeholder", Some(&format!("%{clause}"))),
    };
    if digits.is_some() && plain.is_some() {
        return bad("is not a placeholder: only `%f` and `%e` take digits of a fraction", plain);
    }
    Ok(Place { clause, written, digits: digits.unwrap_or(DIGITS) })
}
