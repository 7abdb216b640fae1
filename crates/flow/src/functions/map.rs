//! Maps.

use super::kind::{LIST, MAP, STRINGS};
use super::{Answer, Function, Kind, Style, list_of, sure, unexpected};
use crate::value::{Text, Value};

fn keys<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    let [Value::Map(members)] = arguments else { return Err(unexpected()) };
    list_of(members.keys().map(|key| Ok(Value::String(Text::Owned(key.clone())))))
}

fn values<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    let [Value::Map(members)] = arguments else { return Err(unexpected()) };
    list_of(members.values().cloned().map(Ok))
}

fn get<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    let [Value::Map(members), Value::String(key), default] = arguments else { return Err(unexpected()) };
    Ok(members.get(key.as_str()).unwrap_or(default).clone())
}

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "keys",
        Style::Both,
        "The keys of a map, in order.",
        &[sure(&[MAP], STRINGS, keys)],
        &[("keys({'b': 1, 'a': 2})", r#"["a","b"]"#)],
    ),
    Function::new(
        "values",
        Style::Both,
        "The values of a map, in the order of their keys.",
        &[sure(&[MAP], LIST, values)],
        &[("values({'b': 1, 'a': 2})", "[2,1]")],
    ),
    Function::new(
        "get",
        Style::Both,
        "A member of a map, or the default if there is none.",
        &[sure(&[MAP, Kind::String, Kind::T], Kind::T, get).outer()],
        &[("get({'a': 1}, 'b', 0)", "0"), ("interaction.attributes.get('vip', 'no')", "yes")],
    ),
];
