//! `size`.

use super::kind::{LIST, MAP};
use super::{Answer, Function, Kind, Style, integer, sure, unexpected};
use crate::value::Value;

fn size<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    let size = match arguments {
        [Value::String(text)] => text.as_str().chars().count(),
        [Value::List(elements)] => elements.len(),
        [Value::Map(members)] => members.len(),
        _ => return Err(unexpected()),
    };
    Ok(integer(size))
}

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[Function::new(
    "size",
    Style::Both,
    "The number of characters of a string, elements of a list, or members of a map.",
    &[
        sure(&[Kind::String], Kind::Integer, size),
        sure(&[LIST], Kind::Integer, size).outer(),
        sure(&[MAP], Kind::Integer, size).outer(),
    ],
    &[("size('Zoë')", "3"), ("[1, 2].size()", "2"), ("size({'a': 1})", "1")],
)];
