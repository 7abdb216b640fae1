//! Arithmetic backwards: what one operand is to become if the other is written out.

use waypost_cel::{Binary, Expr, Kind, Literal, Operator, Unary};

use super::goal::Goal;
use super::inverse::{number, text};
use super::random::Random;

/// Larger numbers are not whole for certain.
const LARGEST: f64 = 9e15;

/// What one operand is to become if the other is a number or a text that is written out.
pub(super) fn operand<'e>(binary: &'e Binary, goal: &Goal, random: &mut Random) -> Option<(&'e Expr, Goal)> {
    let (left, right) = (&binary.left, &binary.right);
    match (goal, text(Some(left)), text(Some(right))) {
        (Goal::Text(wanted), Some(text), None) if binary.operator == Operator::Add => {
            return Some((right, Goal::Text(wanted.strip_prefix(text)?.to_owned())));
        }
        (Goal::Text(wanted), None, Some(text)) if binary.operator == Operator::Add => {
            return Some((left, Goal::Text(wanted.strip_suffix(text)?.to_owned())));
        }
        _ => {}
    }
    let (open, known, known_is_right) = match (figure(left), figure(right)) {
        (None, Some(known)) => (left, known, true),
        (Some(known), None) => (right, known, false),
        _ => return None,
    };
    let whole = match goal {
        Goal::Number(wanted) | Goal::Length(wanted) => number(Some(if known_is_right { right } else { left }))
            .map(|known| before(binary.operator, *wanted, known, known_is_right, random)),
        _ => None,
    };
    let goal = match (whole, goal) {
        (Some(whole), Goal::Length(_)) => Goal::Length(whole?),
        (Some(whole), _) => Goal::Number(whole?),
        (None, Goal::Number(wanted)) => {
            broken(before_broken(binary.operator, *wanted as f64, known, known_is_right)?, random)
        }
        (None, Goal::Length(wanted)) => {
            Goal::Length(before_broken(binary.operator, *wanted as f64, known, known_is_right)?.ceil() as i64)
        }
        // A number with decimals is wanted as a text.
        (None, Goal::Text(wanted)) => {
            broken(before_broken(binary.operator, wanted.parse().ok()?, known, known_is_right)?, random)
        }
        _ => return None,
    };
    Some((open, goal))
}

/// The number that an expression is, if it is written out.
fn figure(part: &Expr) -> Option<f64> {
    match &part.kind {
        Kind::Literal(Literal::Int(number)) => Some(*number as f64),
        Kind::Literal(Literal::Double(number)) => Some(*number),
        Kind::Unary(Unary::Negate, of) => figure(of).map(|number| -number),
        _ => None,
    }
}

fn before(operator: Operator, wanted: i64, known: i64, known_is_right: bool, random: &mut Random) -> Option<i64> {
    match (operator, known_is_right) {
        (Operator::Add, _) => wanted.checked_sub(known),
        (Operator::Subtract, true) => wanted.checked_add(known),
        (Operator::Subtract, false) => known.checked_sub(wanted),
        (Operator::Multiply, _) => wanted.checked_div(known),
        (Operator::Divide, true) => wanted.checked_mul(known),
        (Operator::Divide, false) => known.checked_div(wanted),
        // Any number leaves the rest that is so much more than a multiple.
        (Operator::Remainder, true) => known.checked_mul(random.below(4) as i64)?.checked_add(wanted),
        _ => None,
    }
}

fn before_broken(operator: Operator, wanted: f64, known: f64, known_is_right: bool) -> Option<f64> {
    let number = match (operator, known_is_right) {
        (Operator::Add, _) => wanted - known,
        (Operator::Subtract, true) => wanted + known,
        (Operator::Subtract, false) => known - wanted,
        (Operator::Multiply, _) => wanted / known,
        (Operator::Divide, true) => wanted * known,
        (Operator::Divide, false) => known / wanted,
        _ => return None,
    };
    (number.abs() < LARGEST).then_some(number)
}

/// A number as a goal: with all its decimals, with two, as amounts are, or with none.
fn broken(number: f64, random: &mut Random) -> Goal {
    match random.below(4) {
        0 => Goal::Text(number.to_string()),
        1 | 2 if number.fract() != 0.0 => Goal::Text(format!("{number:.2}")),
        1 | 2 => Goal::Number(number as i64),
        _ => Goal::Number(number.round() as i64),
    }
}
