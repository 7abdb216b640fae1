//! CEL's own functions of strings. They are exact: case matters.

use super::{Function, Kind, Overload, Style, unexpected};
use crate::expr::EvalError;
use crate::value::Value;

fn pair<'m>(arguments: &[Value<'m>], test: fn(&str, &str) -> bool) -> Result<Value<'m>, EvalError> {
    match arguments {
        [Value::String(text), Value::String(other)] => Ok(Value::Boolean(test(text.as_str(), other.as_str()))),
        _ => Err(unexpected()),
    }
}

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    Function {
        name: "contains",
        style: Style::Method,
        summary: "Whether the text holds the other, exactly as written.",
        overloads: &[Overload {
            parameters: &[Kind::String, Kind::String],
            result: Kind::Boolean,
            can_fail: false,
            call: |arguments| {
                pair(arguments, |text, other| memchr::memmem::find(text.as_bytes(), other.as_bytes()).is_some())
            },
        }],
        examples: &[("'hello'.contains('ell')", "true"), ("'hello'.contains('ELL')", "false")],
        search: None,
    },
    Function {
        name: "startsWith",
        style: Style::Method,
        summary: "Whether the text starts with the other, exactly as written.",
        overloads: &[Overload {
            parameters: &[Kind::String, Kind::String],
            result: Kind::Boolean,
            can_fail: false,
            call: |arguments| pair(arguments, |text, other| text.starts_with(other)),
        }],
        examples: &[("'hello'.startsWith('he')", "true")],
        search: None,
    },
    Function {
        name: "endsWith",
        style: Style::Method,
        summary: "Whether the text ends with the other, exactly as written.",
        overloads: &[Overload {
            parameters: &[Kind::String, Kind::String],
            result: Kind::Boolean,
            can_fail: false,
            call: |arguments| pair(arguments, |text, other| text.ends_with(other)),
        }],
        examples: &[("'hello'.endsWith('lo')", "true")],
        search: None,
    },
];
