//! Lists: their ends, parts and elements.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::kind::LIST;
use super::{
    Answer, Function, Kind, Overload, Style, Work, empty_list, list_of, out_of_range, sure, too_large, unexpected,
    unsure,
};
use crate::email::Email;
use crate::expr::{self, MAX_VALUE_BYTES};
use crate::value::Value;

/// The element that is picked, or the default, or an error.
fn end<'m>(arguments: &[Value<'m>], pick: for<'v> fn(&'v [Value<'m>]) -> Option<&'v Value<'m>>) -> Answer<'m> {
    match arguments {
        [Value::List(elements)] => pick(elements).cloned().ok_or_else(empty_list),
        [Value::List(elements), default] => Ok(pick(elements).unwrap_or(default).clone()),
        _ => Err(unexpected()),
    }
}

fn first<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    end(arguments, |elements| elements.first())
}

fn last<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    end(arguments, |elements| elements.last())
}

fn slice<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    let [Value::List(elements), Value::Integer(from), Value::Integer(to)] = arguments else { return Err(unexpected()) };
    let position = |position: i64| usize::try_from(position).ok().filter(|position| *position <= elements.len());
    let Some(start) = position(*from) else { return Err(out_of_range(*from, "a list", elements.len())) };
    match position(*to).and_then(|end| elements.get(start..end)) {
        Some(part) => Ok(Value::List(Arc::from(part))),
        None => Err(out_of_range(*to, "a list", elements.len())),
    }
}

fn flatten<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    let [Value::List(lists)] = arguments else { return Err(unexpected()) };
    list_of(lists.iter().flat_map(|list| -> Box<dyn Iterator<Item = Answer<'m>> + '_> {
        match list {
            Value::List(elements) => Box::new(elements.iter().cloned().map(Ok)),
            _ => Box::new([Err(unexpected())].into_iter()),
        }
    }))
}

/// Each element once, where it stands first.
fn distinct<'m>(arguments: &[Value<'m>], email: &dyn Email) -> Answer<'m> {
    let [Value::List(elements)] = arguments else { return Err(unexpected()) };
    let mut seen = FxHashSet::default();
    // What does not equal itself, as NaN, stands once each time.
    let kept = elements.iter().filter(|element| expr::key(element, email).is_none_or(|key| seen.insert(key)));
    Ok(Value::List(kept.cloned().collect()))
}

fn range<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    let [Value::Integer(count)] = arguments else { return Err(unexpected()) };
    if usize::try_from(*count).is_ok_and(|count| count > MAX_VALUE_BYTES / size_of::<Value<'_>>()) {
        return Err(too_large());
    }
    list_of((0..*count).map(|number| Ok(Value::Integer(number))))
}

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "first",
        Style::Both,
        "The first element, or the default. Without a default an empty list fails.",
        &[unsure(&[LIST], Kind::T, first).outer(), sure(&[LIST, Kind::T], Kind::T, first).outer()],
        &[("first([1, 2])", "1"), ("first([], 'none')", "none")],
    ),
    Function::new(
        "last",
        Style::Both,
        "The last element, or the default. Without a default an empty list fails.",
        &[unsure(&[LIST], Kind::T, last).outer(), sure(&[LIST, Kind::T], Kind::T, last).outer()],
        &[("last([1, 2])", "2"), ("last([], 0)", "0")],
    ),
    Function::new(
        "slice",
        Style::Method,
        "The elements from a position up to, not including, another. It fails if a position is outside of the list.",
        &[unsure(&[LIST, Kind::Integer, Kind::Integer], LIST, slice).outer()],
        &[("[1, 2, 3, 4].slice(1, 3)", "[2,3]")],
    ),
    Function::new(
        "flatten",
        Style::Both,
        "The elements of all lists of a list, in order.",
        &[sure(&[Kind::List(&LIST)], LIST, flatten)],
        &[("flatten([[1, 2], [3]])", "[1,2,3]")],
    ),
    Function::new(
        "distinct",
        Style::Both,
        "The list without repeated elements; the first of each stays.",
        &[Overload {
            parameters: &[LIST],
            result: LIST,
            can_fail: false,
            work: Work::Reading(distinct),
            is_outer: false,
        }],
        &[("distinct(['b', 'a', 'b'])", r#"["b","a"]"#)],
    ),
    Function::new(
        "range",
        Style::Function,
        "The first N integers, from 0.",
        &[sure(&[Kind::Integer], Kind::List(&Kind::Integer), range)],
        &[("range(3)", "[0,1,2]")],
    ),
];
