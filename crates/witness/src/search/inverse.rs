//! Functions backwards: what a function's first argument is to become for its value to be what is wanted.

use waypost_cel::{Binary, Call, Expr, Kind, Literal, Operator};

use super::goal::Goal;
use super::hints::takes_a_pattern;
use super::pattern;
use super::random::Random;

/// What stands in for characters that nothing is known of.
const FILLING: &str = "a";

/// Most elements or characters that are made.
const MOST: usize = 1_000;

/// The text that an expression is, if it is written out.
pub(super) fn text(part: Option<&Expr>) -> Option<&str> {
    match &part?.kind {
        Kind::Literal(Literal::Text(text)) => Some(text),
        _ => None,
    }
}

/// The whole number that an expression is, if it is written out.
pub(super) fn number(part: Option<&Expr>) -> Option<i64> {
    match &part?.kind {
        Kind::Literal(Literal::Int(number)) => Some(*number),
        _ => None,
    }
}

fn count(number: Option<i64>) -> Option<usize> {
    usize::try_from(number?).ok().filter(|count| *count <= MOST)
}

fn reversed(text: &str) -> String {
    text.chars().rev().collect()
}

/// What the first argument of a call is to become. None: nothing is known of it, and what is wanted of the call is tried of the argument.
pub(super) fn argument(call: &Call, rest: &[Expr], goal: &Goal, random: &mut Random) -> Option<Goal> {
    let (first, second) = (text(rest.first()), text(rest.get(1)));
    Some(match (&*call.function, goal) {
        ("reverse", Goal::Text(text)) => Goal::Text(reversed(text)),
        ("reverse", Goal::With(text)) => Goal::With(reversed(text)),
        ("reverse", Goal::Begin(text)) => Goal::End(reversed(text)),
        ("reverse", Goal::End(text)) => Goal::Begin(reversed(text)),
        ("split", Goal::Length(length)) => Goal::Text(vec![FILLING; count(Some(*length))?].join(first?)),
        ("lines", Goal::Length(length)) => Goal::Text(vec![FILLING; count(Some(*length))?].join("\n")),
        // The only part of it, or one of several.
        ("split", Goal::Text(text)) if random.below(2) == 0 => Goal::Text(format!("{text}{}{FILLING}", first?)),
        ("lines", Goal::Text(text)) if random.below(2) == 0 => Goal::Text(format!("{text}\n{FILLING}")),
        // White space at the ends is what it takes away.
        ("trim", Goal::Text(text)) if random.below(3) == 0 => Goal::Text(format!("{text} ")),
        ("truncate", Goal::Text(text)) => Goal::Begin(text.clone()),
        ("substring", Goal::Text(text)) => {
            let start = count(number(rest.first()))?;
            match rest.len() {
                1 => Goal::Text(format!("{}{text}", FILLING.repeat(start))),
                _ => Goal::At(start, text.clone()),
            }
        }
        ("charAt", Goal::Text(text)) => Goal::At(count(number(rest.first()))?, text.clone()),
        ("indexOf" | "lastIndexOf", Goal::Number(position)) if *position < 0 => Goal::Without(vec![first?.to_owned()]),
        ("indexOf" | "lastIndexOf", Goal::Number(position)) => Goal::At(count(Some(*position))?, first?.to_owned()),
        ("replace", Goal::Text(text)) if random.below(2) == 0 => {
            let (from, to) = (first?, second?);
            if to.is_empty() {
                let at = random.below(text.chars().count() + 1);
                let (left, right): (String, String) =
                    (text.chars().take(at).collect(), text.chars().skip(at).collect());
                Goal::Text(format!("{left}{from}{right}"))
            } else {
                Goal::Text(text.replace(to, from))
            }
        }
        ("replaceAll", Goal::Text(text)) if random.below(2) == 0 && second.is_some_and(|to| !to.is_empty()) => {
            let mut pieces = text.split(second?);
            let mut whole = pieces.next()?.to_owned();
            for piece in pieces {
                whole.push_str(&pattern::example(first?, random)?);
                whole.push_str(piece);
            }
            Goal::Text(whole)
        }
        ("padStart", Goal::Text(text)) if random.below(2) == 0 => {
            Goal::Text(text.trim_start_matches(second?).to_owned())
        }
        ("findAll" | "captureAll", Goal::Length(length)) => {
            let each: Option<Vec<String>> =
                (0..count(Some(*length))?).map(|_| pattern::example(first?, random)).collect();
            Goal::Text(each?.join(" "))
        }
        (function, _) if takes_a_pattern(function) => {
            let pattern = first?;
            match goal {
                Goal::Empty => Goal::Empty,
                Goal::Text(text) if random.below(2) == 0 => Goal::With(text.clone()),
                _ => Goal::Matching(pattern.to_owned()),
            }
        }
        ("localPart", Goal::Text(text)) => Goal::Begin(format!("{text}@")),
        ("domainOf", Goal::Text(text)) => Goal::End(format!("@{text}")),
        ("escapeHtml", Goal::Text(text)) => Goal::Text(unescaped(text)),
        ("escapeHtml", Goal::With(text)) => Goal::With(unescaped(text)),
        ("string", Goal::Text(text)) => match (text.as_str(), text.parse()) {
            ("true" | "false", _) if random.below(2) == 0 => Goal::Holds(text == "true"),
            (_, Ok(number)) => Goal::Number(number),
            _ => return None,
        },
        ("abs", Goal::Number(number)) if random.below(2) == 0 => Goal::Number(number.saturating_neg()),
        // Numbers that one of them rounds otherwise than the others.
        ("ceil" | "floor" | "round" | "trunc", Goal::Number(number)) => {
            let off = random.pick(&[0.0, 0.5, -0.5, 0.4, -0.4]).copied()?;
            Goal::Text((*number as f64 + off).to_string())
        }
        _ => return None,
    })
}

/// What the text is to become for a call to hold, or not; none if what is looked for is among the arguments.
pub(super) fn asked(function: &str, wanted: bool) -> Option<Goal> {
    let text = match (function, wanted) {
        ("isAddress", true) => "a@example.net",
        ("isAddress", false) => "a",
        ("isNaN", true) => "NaN",
        ("isInf", true) | ("isFinite", false) => "inf",
        ("isNaN" | "isInf", false) | ("isFinite", true) => "1",
        ("bool", _) => return Some(Goal::Text(wanted.to_string())),
        _ => return None,
    };
    Some(Goal::Text(text.to_owned()))
}

/// What the text is to become of which an element is asked, by its position: `text.split(' ')[2]`.
pub(super) fn element(call: &Call, position: i64, goal: &Goal) -> Option<Goal> {
    let separator = match &*call.function {
        "split" => text(call.arguments.first())?,
        "lines" => "\n",
        _ => return None,
    };
    let (Goal::Text(wanted) | Goal::Begin(wanted) | Goal::End(wanted) | Goal::With(wanted)) = goal else { return None };
    let before = format!("{FILLING}{separator}").repeat(count(Some(position))?);
    Some(Goal::Text(format!("{before}{wanted}")))
}

/// What is wanted of the text of which a group of a pattern is read.
pub(super) fn group(call: &Call, rest: &[Expr], name: &str, goal: &Goal, random: &mut Random) -> Option<Goal> {
    let pattern = text(rest.first()).filter(|_| takes_a_pattern(&call.function))?;
    match goal {
        Goal::Text(text) | Goal::With(text) | Goal::Begin(text) | Goal::End(text) => {
            Some(Goal::With(pattern::example_with(pattern, (name, text), random)?))
        }
        Goal::Empty => Some(Goal::Empty),
        _ => Some(Goal::Matching(pattern.to_owned())),
    }
}

/// What one operand is to become if the other is a number or a text that is written out.
pub(super) fn operand<'e>(binary: &'e Binary, goal: &Goal) -> Option<(&'e Expr, Goal)> {
    let of = |number: i64| if let Goal::Length(_) = goal { Goal::Length(number) } else { Goal::Number(number) };
    match (goal, number(Some(&binary.left)), number(Some(&binary.right))) {
        (Goal::Number(wanted) | Goal::Length(wanted), None, Some(known)) => {
            let number = match binary.operator {
                Operator::Add => wanted.checked_sub(known)?,
                Operator::Subtract => wanted.checked_add(known)?,
                Operator::Multiply => wanted.checked_div(known)?,
                Operator::Divide => wanted.checked_mul(known)?,
                _ => return None,
            };
            Some((&binary.left, of(number)))
        }
        (Goal::Number(wanted) | Goal::Length(wanted), Some(known), None) => {
            let number = match binary.operator {
                Operator::Add => wanted.checked_sub(known)?,
                Operator::Subtract => known.checked_sub(*wanted)?,
                Operator::Multiply => wanted.checked_div(known)?,
                _ => return None,
            };
            Some((&binary.right, of(number)))
        }
        (Goal::Text(wanted), None, None) if binary.operator == Operator::Add => {
            if let Some(text) = text(Some(&binary.left)) {
                return Some((&binary.right, Goal::Text(wanted.strip_prefix(text)?.to_owned())));
            }
            let text = text(Some(&binary.right))?;
            Some((&binary.left, Goal::Text(wanted.strip_suffix(text)?.to_owned())))
        }
        _ => None,
    }
}

/// What the values of `template.format([…])` are if it prints a text.
pub(super) fn formatted(template: &str, mut text: &str) -> Option<Vec<String>> {
    let mut pieces = template.split('%');
    text = text.strip_prefix(pieces.next()?)?;
    let mut values = Vec::new();
    let mut pieces = pieces.peekable();
    while let Some(piece) = pieces.next() {
        let letter = piece.find(|c: char| c.is_ascii_alphabetic())?;
        let behind = piece.get(letter + 1..)?;
        let end = match behind {
            "" if pieces.peek().is_none() => text.len(),
            "" => return None,
            behind if pieces.peek().is_none() => text.strip_suffix(behind)?.len(),
            behind => text.find(behind)?,
        };
        values.push(text.get(..end)?.to_owned());
        text = text.get(end + behind.len()..)?;
    }
    Some(values)
}

fn unescaped(text: &str) -> String {
    let references = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    references.iter().fold(text.to_owned(), |text, (reference, c)| text.replace(reference, c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_taken_apart_by_what_formats_it() {
        let values = |template, text| formatted(template, text).map(|values| values.join("|"));
        assert_eq!(values("%s/%d", "stop/0").as_deref(), Some("stop|0"));
        assert_eq!(values("for %s: %.2f MB", "for Ann: 1.25 MB").as_deref(), Some("Ann|1.25"));
        assert_eq!(values("a %s", "b c"), None);
    }
}
