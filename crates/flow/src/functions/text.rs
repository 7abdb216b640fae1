//! CEL's own functions of strings. They are exact: case matters.

use super::kind::LIST;
use super::{Answer, Function, Kind, Overload, Style, Work, made, sure, unexpected};
use crate::email::Email;
use crate::expr::equal;
use crate::value::Value;

fn pair<'m>(arguments: &[Value<'m>], test: fn(&str, &str) -> bool) -> Answer<'m> {
    match arguments {
        [Value::String(text), Value::String(other)] => Ok(Value::Boolean(test(text.as_str(), other.as_str()))),
        _ => Err(unexpected()),
    }
}

fn is_element<'m>(arguments: &[Value<'m>], email: &dyn Email) -> Answer<'m> {
    match arguments {
        [Value::List(elements), wanted] => {
            Ok(Value::Boolean(elements.iter().any(|element| equal(element, wanted, email))))
        }
        _ => Err(unexpected()),
    }
}

fn changed<'m>(arguments: &[Value<'m>], change: fn(&str) -> String) -> Answer<'m> {
    match arguments {
        [Value::String(text)] => made(change(text.as_str())),
        _ => Err(unexpected()),
    }
}

fn reversed<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    match arguments {
        [Value::String(text)] => made(text.as_str().chars().rev().collect::<String>()),
        [Value::List(elements)] => Ok(Value::List(elements.iter().rev().cloned().collect())),
        _ => Err(unexpected()),
    }
}

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "contains",
        Style::Method,
        "Whether the text contains the other, exactly as written, or the list contains the element.",
        &[
            sure(&[Kind::String, Kind::String], Kind::Boolean, |arguments| {
                pair(arguments, |text, other| memchr::memmem::find(text.as_bytes(), other.as_bytes()).is_some())
            }),
            Overload {
                parameters: &[LIST, Kind::T],
                result: Kind::Boolean,
                can_fail: false,
                work: Work::Reading(is_element),
                is_outer: false,
            },
        ],
        &[
            ("'hello'.contains('ell')", "true"),
            ("'hello'.contains('ELL')", "false"),
            ("['a', 'b'].contains('b')", "true"),
        ],
    ),
    Function::new(
        "startsWith",
        Style::Method,
        "Whether the text starts with the other, exactly as written.",
        &[sure(&[Kind::String, Kind::String], Kind::Boolean, |arguments| {
            pair(arguments, |text, other| text.starts_with(other))
        })],
        &[("'hello'.startsWith('he')", "true")],
    ),
    Function::new(
        "endsWith",
        Style::Method,
        "Whether the text ends with the other, exactly as written.",
        &[sure(&[Kind::String, Kind::String], Kind::Boolean, |arguments| {
            pair(arguments, |text, other| text.ends_with(other))
        })],
        &[("'hello'.endsWith('lo')", "true")],
    ),
    Function::new(
        "lower",
        Style::Both,
        "The text in lower case, by Unicode. To compare texts ignoring case, use equalsIgnoreCase and similar functions.",
        &[sure(&[Kind::String], Kind::String, |arguments| changed(arguments, str::to_lowercase))],
        &[("lower('GRÜSSE')", "grüsse")],
    ),
    Function::new(
        "upper",
        Style::Both,
        "The text in upper case, by Unicode.",
        &[sure(&[Kind::String], Kind::String, |arguments| changed(arguments, str::to_uppercase))],
        &[("upper('Straße')", "STRASSE")],
    ),
    Function::new(
        "lowerAscii",
        Style::Method,
        "The text with the letters A to Z in lower case; CEL's own.",
        &[sure(&[Kind::String], Kind::String, |arguments| changed(arguments, str::to_ascii_lowercase))],
        &[("'TacoCÆt'.lowerAscii()", "tacocÆt")],
    ),
    Function::new(
        "upperAscii",
        Style::Method,
        "The text with the letters a to z in upper case; CEL's own.",
        &[sure(&[Kind::String], Kind::String, |arguments| changed(arguments, str::to_ascii_uppercase))],
        &[("'tacoCαt'.upperAscii()", "TACOCαT")],
    ),
    Function::new(
        "reverse",
        Style::Method,
        "The text or list in reverse order.",
        &[sure(&[Kind::String], Kind::String, reversed), sure(&[LIST], LIST, reversed).outer()],
        &[("'abc'.reverse()", "cba"), ("[1, 2].reverse()", "[2,1]")],
    ),
];
