//! `size`.

use super::{Function, Kind, Overload, Style, unexpected};
use crate::expr::EvalError;
use crate::value::Value;

fn size<'m>(arguments: &[Value<'m>]) -> Result<Value<'m>, EvalError> {
    let size = match arguments {
        [Value::String(text)] => text.as_str().chars().count(),
        [Value::List(elements)] => elements.len(),
        [Value::Map(members)] => members.len(),
        _ => return Err(unexpected()),
    };
    Ok(Value::Integer(i64::try_from(size).unwrap_or(i64::MAX)))
}

const fn of(parameters: &'static [Kind]) -> Overload {
    Overload { parameters, result: Kind::Integer, can_fail: false, call: size }
}

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[Function {
    name: "size",
    style: Style::Both,
    summary: "How many characters a string has, or elements a list, or members a map.",
    overloads: &[of(&[Kind::String]), of(&[Kind::List]), of(&[Kind::Map])],
    examples: &[("size('Zoë')", "3"), ("[1, 2].size()", "2"), ("size({'a': 1})", "1")],
    search: None,
}];
