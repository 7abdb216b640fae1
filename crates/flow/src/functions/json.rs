//! JSON in texts, and lists and maps of it.

use std::sync::Arc;

use serde_json::Value as Json;
use waypost_ids::codes;

use super::kind::STRINGS;
use super::written::is_json;
use super::{Answer, Function, Kind, Overload, Style, Work, clip, defaults, sure, unexpected, unsure};
use crate::email::Email;
use crate::expr::{EvalError, MAX_VALUE_BYTES};
use crate::value::{MAX_JSON_DEPTH, Value, is_flat_enough, weight};

pub(super) fn parse<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    let text = match arguments {
        [Value::String(text)] | [Value::String(text), _] => text.as_str(),
        _ => return Err(unexpected()),
    };
    match serde_json::from_str::<Json>(text) {
        Ok(json) => {
            let value = Value::Json(Arc::new(json));
            // Many small parts take more than their text.
            if weight(&value) > MAX_VALUE_BYTES { Err(super::too_large()) } else { Ok(value) }
        }
        Err(error) => {
            let place = format!("line {}, column {}", error.line(), error.column());
            let message = format!("the text `{}` is not valid JSON ({place})", clip(text));
            Err(EvalError { code: codes::CONVERSION, message })
        }
    }
}

fn parse_or<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    match (parse(arguments), arguments) {
        (Err(error), [_, default]) if error.code == codes::CONVERSION => Ok(default.clone()),
        (answer, _) => answer,
    }
}

fn to_json<'m>(arguments: &[Value<'m>], email: &dyn Email) -> Answer<'m> {
    let [value] = arguments else { return Err(unexpected()) };
    made_json(value.to_json(email))
}

/// Json that was made.
pub(crate) fn made_json<'m>(json: Json) -> Answer<'m> {
    if !is_flat_enough(&json) {
        let message = format!("the json would nest deeper than {MAX_JSON_DEPTH} lists and maps");
        return Err(EvalError { code: codes::VALUE_TOO_LARGE, message });
    }
    Ok(Value::Json(Arc::new(json)))
}

const J: Kind = Kind::Json;

/// Overloads that read a list or map of each type.
macro_rules! of_each {
    ($outer:ident, $($kind:ident $work:ident),*) => {
        &[$(sure(&[J, Kind::$outer(&Kind::$kind)], Kind::$outer(&Kind::$kind), defaults::$work)),*]
    };
}

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "list",
        Style::Function,
        "A list from json, its elements of the default's type; the default if it is not a list, or an element has another type.",
        of_each!(List, Json jsons, String strings, Integer integers, Number numbers, Boolean booleans),
        &[
            ("list(input.data.list, [0])", "[1,2]"),
            ("list(input.data.list, ['none'])", r#"["none"]"#),
            ("list(input.data.list, []).map(x, int(x, 0) * 10)", "[10,20]"),
        ],
    ),
    Function::new(
        "strings",
        Style::Function,
        "A list of strings from json; the default if it is not a list, or an element is not a string.",
        &[sure(&[J, STRINGS], STRINGS, defaults::strings)],
        &[("strings(parseJson('[\"a\",\"b\"]'), [])", r#"["a","b"]"#), ("strings(input.data.list, [])", "[]")],
    ),
    Function::new(
        "map",
        Style::Function,
        "A map from json, its values of the default's type; the default if it is not a map, or a value has another type.",
        of_each!(Map, Json json_map, String string_map, Integer integer_map, Number number_map, Boolean boolean_map),
        &[
            ("map(parseJson('{\"a\": 1}'), {'none': 0})", r#"{"a":1}"#),
            ("keys(map(input.data, {}))", r#"["list","name","nothing"]"#),
        ],
    ),
    Function::new(
        "parseJson",
        Style::Function,
        "A text parsed as JSON, or the default if it is not JSON. Without a default it fails.",
        &[unsure(&[Kind::String], J, parse), unsure(&[Kind::String, J], J, parse_or)],
        &[
            ("parseJson('{\"order\": 4711}').order", "4711"),
            ("string(parseJson('no json', null).order, 'none')", "none"),
        ],
    )
    .parsing(is_json),
    Function::new(
        "toJson",
        Style::Function,
        "Any value as json: datetimes and durations as the texts they print, numbers that JSON can't hold as `Infinity`, `-Infinity` and `NaN`. `string(toJson(x))` is its text.",
        &[Overload {
            parameters: &[Kind::T],
            result: J,
            can_fail: false,
            work: Work::Reading(to_json),
            is_outer: false,
        }],
        &[("toJson({'a': [1, 2]}).a[1]", "2"), ("'as ' + string(toJson(['a']))", r#"as ["a"]"#)],
    ),
];
