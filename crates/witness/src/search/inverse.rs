//! Functions backwards: what a function's first argument is to become for its value to be what is wanted.

use waypost_cel::{Call, Expr, Kind, Literal};
use waypost_flow::functions::{self, Kind as Gives};

use super::changed::{in_another_case, strewn};
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
    if let Goal::Number(number) = goal
        && gives_a_text(&call.function)
    {
        // Whoever wants a number of a text reads one in it.
        return argument(call, rest, &Goal::Text(number.to_string()), random);
    }
    Some(match (&*call.function, goal) {
        ("lower" | "upper" | "lowerAscii" | "upperAscii", _) if random.below(2) == 0 => {
            goal.changed(random, in_another_case)?
        }
        ("reverse" | "substring" | "truncate", Goal::Matching(pattern)) => {
            argument(call, rest, &pattern::asks_for(pattern, random)?, random)?
        }
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
        ("trim", _) if random.below(3) == 0 => goal.changed(random, |text, _| format!(" {text} "))?,
        ("truncate", Goal::Text(text)) => Goal::Begin(text.clone()),
        ("truncate", Goal::End(text)) => {
            Goal::At(count(number(rest.first()))?.checked_sub(text.chars().count())?, text.clone())
        }
        ("substring", Goal::Text(text)) if rest.len() == 1 => {
            Goal::Text(format!("{}{text}", FILLING.repeat(count(number(rest.first()))?)))
        }
        ("substring", Goal::Text(text) | Goal::Begin(text) | Goal::With(text)) => {
            Goal::At(count(number(rest.first()))?, text.clone())
        }
        ("substring", Goal::End(text)) if rest.len() > 1 => {
            Goal::At(count(number(rest.get(1)))?.checked_sub(text.chars().count())?, text.clone())
        }
        ("charAt", Goal::Text(text)) => Goal::At(count(number(rest.first()))?, text.clone()),
        ("indexOf" | "lastIndexOf", Goal::Number(position)) if *position < 0 => Goal::Without(vec![first?.to_owned()]),
        ("indexOf" | "lastIndexOf", Goal::Number(position)) => Goal::At(count(Some(*position))?, first?.to_owned()),
        ("replace", _) if random.below(4) != 0 => {
            let (from, to) = (first?, second?);
            goal.changed(random, |text, random| match to {
                "" => strewn(text, from, random),
                to => text.replace(to, from),
            })?
        }
        ("replaceAll", _) => {
            let (from, to) = (pattern::example(first?, random)?, second?);
            match random.below(4) {
                0 => goal.clone(),
                _ => goal.changed(random, |text, random| match to {
                    "" => strewn(text, &from, random),
                    to => text.replace(to, &from),
                })?,
            }
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
                _ => match pattern::example_that(pattern, goal, random) {
                    Some(text) => Goal::With(text),
                    None => Goal::Matching(pattern.to_owned()),
                },
            }
        }
        ("escapeHtml", _) => goal.changed(random, |text, _| unescaped(text))?,
        ("string", Goal::Text(text)) => match (text.as_str(), text.parse()) {
            ("true" | "false", _) if random.below(2) == 0 => Goal::Holds(text == "true"),
            (_, Ok(number)) => Goal::Number(number),
            _ => return None,
        },
        ("abs", Goal::Number(number)) if random.below(2) == 0 => Goal::Number(number.saturating_neg()),
        // Written out, or with two decimals, as amounts are.
        ("double", Goal::Number(number)) if random.below(4) == 0 => Goal::Text(format!("{number}.00")),
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

/// What the text is to become of which an element is asked, by its position: `text.split(' ')[2]`. The other elements stay as the
/// text says them so far.
pub(super) fn element(call: &Call, position: i64, goal: &Goal, said: &str, random: &mut Random) -> Option<Goal> {
    let separator = match &*call.function {
        "split" => text(if call.of.is_some() { call.arguments.first() } else { call.arguments.get(1) })?,
        "lines" => "\n",
        _ => return None,
    };
    let position = count(Some(position))?;
    let mut elements: Vec<String> = match said {
        "" => Vec::new(),
        said => said.split(separator).map(str::to_owned).collect(),
    };
    if elements.len() <= position {
        elements.resize(position + 1, FILLING.to_owned());
    }
    let element = elements.get_mut(position)?;
    *element = if *goal == Goal::Empty { String::new() } else { goal.made_of(element, random)? };
    Some(Goal::Text(elements.join(separator)))
}

/// What an address is to become of which a half is asked, before its `@` or behind it. The other half stays.
pub(super) fn half(function: &str, goal: &Goal, said: &str, random: &mut Random) -> Option<Goal> {
    let (local, domain) = said.split_once('@').unwrap_or(("a", "example.net"));
    let (local, domain) = match function {
        "localPart" => (goal.made_of(local, random)?, domain.to_owned()),
        _ => (local.to_owned(), goal.made_of(domain, random)?),
    };
    Some(Goal::Text(format!("{local}@{domain}")))
}

/// What is wanted of the text of which a group of a pattern is read.
pub(super) fn group(call: &Call, rest: &[Expr], name: &str, goal: &Goal, random: &mut Random) -> Option<Goal> {
    let pattern = text(rest.first()).filter(|_| takes_a_pattern(&call.function))?;
    Some(match goal {
        Goal::Empty => Goal::Empty,
        Goal::Present => Goal::Matching(pattern.to_owned()),
        _ => match goal.made_of("", random) {
            Some(text) => Goal::With(pattern::example_with(pattern, (name, &text), random)?),
            None => Goal::Matching(pattern.to_owned()),
        },
    })
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

/// Whether a function makes a text.
fn gives_a_text(function: &str) -> bool {
    functions::find(function).is_some_and(|known| known.overloads.iter().all(|one| one.result == Gives::String))
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
