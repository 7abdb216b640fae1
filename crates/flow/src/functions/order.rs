//! Lists of values that have an order, or that can be added up.

use std::cmp::Ordering;

use jiff::SignedDuration;
use waypost_ids::codes;

use super::{Answer, Function, Kind, Style, empty_list, sure, unexpected, unsure};
use crate::expr::{EvalError, compare_keys};
use crate::value::{Value, span_in_range};

const ORDERED: Kind = Kind::List(&Kind::Ordered);

fn sort<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    let [Value::List(elements)] = arguments else { return Err(unexpected()) };
    let mut sorted = elements.to_vec();
    sorted.sort_by(compare_keys);
    Ok(Value::List(sorted.into()))
}

/// The first of the elements that come `wanted` of all others.
fn extreme<'m>(arguments: &[Value<'m>], wanted: Ordering) -> Answer<'m> {
    let (elements, default) = match arguments {
        [Value::List(elements)] => (elements, None),
        [Value::List(elements), default] => (elements, Some(default)),
        _ => return Err(unexpected()),
    };
    let found = elements.iter().reduce(|best, next| if compare_keys(next, best) == wanted { next } else { best });
    found.or(default).cloned().ok_or_else(empty_list)
}

fn min<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    extreme(arguments, Ordering::Less)
}

fn max<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    extreme(arguments, Ordering::Greater)
}

fn overflow() -> EvalError {
    EvalError { code: codes::OVERFLOW, message: "the sum is out of range".to_owned() }
}

fn sum_of_integers<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    let [Value::List(elements)] = arguments else { return Err(unexpected()) };
    let sum = elements.iter().try_fold(0_i64, |sum, element| match element {
        Value::Integer(number) => sum.checked_add(*number).ok_or_else(overflow),
        _ => Err(unexpected()),
    });
    sum.map(Value::Integer)
}

fn sum_of_numbers<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    let [Value::List(elements)] = arguments else { return Err(unexpected()) };
    let sum = elements.iter().try_fold(0.0_f64, |sum, element| match element {
        Value::Number(number) => Ok(sum + number),
        _ => Err(unexpected()),
    });
    sum.map(Value::Number)
}

fn sum_of_durations<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    let [Value::List(elements)] = arguments else { return Err(unexpected()) };
    let sum = elements.iter().try_fold(SignedDuration::ZERO, |sum, element| match element {
        Value::Duration(span) => sum.checked_add(*span).and_then(span_in_range).ok_or_else(overflow),
        _ => Err(unexpected()),
    });
    sum.map(Value::Duration)
}

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "sort",
        Style::Both,
        "The elements in ascending order; texts by their characters' code points. For another order: sortBy.",
        &[sure(&[ORDERED], ORDERED, sort)],
        &[("sort([3, 1, 2])", "[1,2,3]"), ("sort(['b', 'B', 'a'])", r#"["B","a","b"]"#)],
    ),
    Function::new(
        "min",
        Style::Both,
        "The least element, or the default if the list is empty. Without a default an empty list fails.",
        &[unsure(&[ORDERED], Kind::Ordered, min), sure(&[ORDERED, Kind::Ordered], Kind::Ordered, min)],
        &[("min([3, 1, 2])", "1"), ("min([], 5)", "5")],
    ),
    Function::new(
        "max",
        Style::Both,
        "The greatest element, or the default if the list is empty. Without a default an empty list fails.",
        &[unsure(&[ORDERED], Kind::Ordered, max), sure(&[ORDERED, Kind::Ordered], Kind::Ordered, max)],
        &[("max(interaction.email.attachments.map(a, a.size), 0)", "99"), ("max(['a', 'b'])", "b")],
    ),
    Function::new(
        "sum",
        Style::Both,
        "The sum of all elements; zero for an empty list. It fails for integers beyond 64 bits and durations beyond CEL's.",
        &[
            unsure(&[Kind::List(&Kind::Integer)], Kind::Integer, sum_of_integers),
            sure(&[Kind::List(&Kind::Number)], Kind::Number, sum_of_numbers),
            unsure(&[Kind::List(&Kind::Duration)], Kind::Duration, sum_of_durations),
        ],
        &[("sum([1, 2, 3])", "6"), ("sum([0.5, 0.25])", "0.75")],
    ),
];
