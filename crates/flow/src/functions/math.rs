//! Numbers: CEL's extension `math`, but for its bits.

use std::cmp::Ordering;

use waypost_ids::codes;

use super::{Answer, Function, Kind, Overload, Style, empty_list, sure, unexpected, unsure};
use crate::expr::{EvalError, compare_keys};
use crate::value::Value;

const INTEGERS: Kind = Kind::List(&Kind::Integer);
const NUMBERS: Kind = Kind::List(&Kind::Number);

/// The first of the values that comes `wanted` of all others. A list is all of its elements.
fn extreme<'m>(values: &[Value<'m>], wanted: Ordering) -> Answer<'m> {
    let values = match values {
        [Value::List(elements)] => elements,
        values => values,
    };
    let found = values.iter().reduce(|best, next| if compare_keys(next, best) == wanted { next } else { best });
    found.cloned().ok_or_else(empty_list)
}

fn greatest<'m>(values: &[Value<'m>]) -> Answer<'m> {
    extreme(values, Ordering::Greater)
}

fn least<'m>(values: &[Value<'m>]) -> Answer<'m> {
    extreme(values, Ordering::Less)
}

/// Of one to four numbers of a kind, or of a list of them.
macro_rules! of_several {
    ($work:expr) => {
        &[
            sure(&[Kind::Integer], Kind::Integer, $work),
            sure(&[Kind::Integer, Kind::Integer], Kind::Integer, $work),
            sure(&[Kind::Integer, Kind::Integer, Kind::Integer], Kind::Integer, $work),
            sure(&[Kind::Integer, Kind::Integer, Kind::Integer, Kind::Integer], Kind::Integer, $work),
            sure(&[Kind::Number], Kind::Number, $work),
            sure(&[Kind::Number, Kind::Number], Kind::Number, $work),
            sure(&[Kind::Number, Kind::Number, Kind::Number], Kind::Number, $work),
            sure(&[Kind::Number, Kind::Number, Kind::Number, Kind::Number], Kind::Number, $work),
            unsure(&[INTEGERS], Kind::Integer, $work),
            unsure(&[NUMBERS], Kind::Number, $work),
        ]
    };
}

fn abs<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    match arguments {
        [Value::Integer(number)] => number.checked_abs().map(Value::Integer).ok_or_else(|| EvalError {
            code: codes::OVERFLOW,
            message: format!("the absolute value of {number} is out of range"),
        }),
        _ => computed(arguments, f64::abs),
    }
}

/// -1, 0 or 1.
fn sign<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    match arguments {
        [Value::Integer(number)] => Ok(Value::Integer(number.signum())),
        // Not `f64::signum`, for which zero is positive.
        _ => computed(arguments, |number| if number == 0.0 { number } else { number.signum() }),
    }
}

fn computed<'m>(arguments: &[Value<'m>], compute: fn(f64) -> f64) -> Answer<'m> {
    match arguments {
        [Value::Number(number)] => Ok(Value::Number(compute(*number))),
        _ => Err(unexpected()),
    }
}

fn tested<'m>(arguments: &[Value<'m>], test: fn(f64) -> bool) -> Answer<'m> {
    match arguments {
        [Value::Number(number)] => Ok(Value::Boolean(test(*number))),
        _ => Err(unexpected()),
    }
}

const fn rounding(work: for<'m> fn(&[Value<'m>]) -> Answer<'m>) -> Overload {
    sure(&[Kind::Number], Kind::Number, work)
}

const fn test(work: for<'m> fn(&[Value<'m>]) -> Answer<'m>) -> Overload {
    sure(&[Kind::Number], Kind::Boolean, work)
}

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "math.greatest",
        Style::Function,
        "The greatest of up to four numbers, or of a list. An empty list is an error; `max` takes a default.",
        of_several!(greatest),
        &[("math.greatest(1, 3, 2)", "3"), ("math.greatest([0.5, 1.5])", "1.5")],
    ),
    Function::new(
        "math.least",
        Style::Function,
        "The least of up to four numbers, or of a list. An empty list is an error; `min` takes a default.",
        of_several!(least),
        &[("math.least(interaction.priority, 10)", "5"), ("math.least([0.5, 1.5])", "0.5")],
    ),
    Function::new(
        "math.abs",
        Style::Function,
        "The absolute value. It fails for the least integer.",
        &[unsure(&[Kind::Integer], Kind::Integer, abs), sure(&[Kind::Number], Kind::Number, abs)],
        &[("math.abs(-3)", "3"), ("math.abs(-1.5)", "1.5")],
    ),
    Function::new(
        "math.sign",
        Style::Function,
        "-1 below zero, 1 above zero, otherwise 0.",
        &[sure(&[Kind::Integer], Kind::Integer, sign), sure(&[Kind::Number], Kind::Number, sign)],
        &[("math.sign(-3)", "-1"), ("math.sign(0.0)", "0")],
    ),
    Function::new(
        "math.ceil",
        Style::Function,
        "Rounded up, as a number; `int(…)` makes an integer of it.",
        &[rounding(|arguments| computed(arguments, f64::ceil))],
        &[("int(math.ceil(1.2))", "2")],
    ),
    Function::new(
        "math.floor",
        Style::Function,
        "Rounded down, as a number.",
        &[rounding(|arguments| computed(arguments, f64::floor))],
        &[("int(math.floor(-1.2))", "-2")],
    ),
    Function::new(
        "math.round",
        Style::Function,
        "The nearest whole number, halves away from zero, as a number.",
        &[rounding(|arguments| computed(arguments, f64::round))],
        &[("int(math.round(2.5))", "3"), ("int(math.round(-2.5))", "-3")],
    ),
    Function::new(
        "math.trunc",
        Style::Function,
        "Rounded towards zero, as a number.",
        &[rounding(|arguments| computed(arguments, f64::trunc))],
        &[("int(math.trunc(-1.9))", "-1")],
    ),
    Function::new(
        "math.isNaN",
        Style::Function,
        "Whether it is NaN, as `0.0 / 0.0` is.",
        &[test(|arguments| tested(arguments, f64::is_nan))],
        &[("math.isNaN(0.0 / 0.0)", "true")],
    ),
    Function::new(
        "math.isInf",
        Style::Function,
        "Whether it is infinite.",
        &[test(|arguments| tested(arguments, f64::is_infinite))],
        &[("math.isInf(1.0 / 0.0)", "true")],
    ),
    Function::new(
        "math.isFinite",
        Style::Function,
        "Whether it is neither NaN nor infinite.",
        &[test(|arguments| tested(arguments, f64::is_finite))],
        &[("math.isFinite(1.5)", "true")],
    ),
];
