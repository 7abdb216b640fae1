//! Parts of texts. Positions count characters, from 0, as CEL's do. A part of the mail is borrowed, not copied.

use std::ops::Range;
use std::sync::Arc;

use super::kind::STRINGS;
use super::written::is_one_character;
use super::{
    Answer, Function, Kind, Style, failed, integer, list_of, made, out_of_range, sure, too_large, unexpected, unsure,
};
use crate::expr::MAX_VALUE_BYTES;
use crate::value::{Text, Value};

/// The byte at which a character begins, the end included.
fn byte_at(text: &str, position: i64) -> Option<usize> {
    let position = usize::try_from(position).ok()?;
    text.char_indices().map(|(at, _)| at).chain([text.len()]).nth(position)
}

fn outside<'m>(text: &str, position: i64) -> Answer<'m> {
    Err(out_of_range(position, "a text", text.chars().count()))
}

fn char_at<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    let [Value::String(text), Value::Integer(position)] = arguments else { return Err(unexpected()) };
    match byte_at(text.as_str(), *position) {
        Some(at) => {
            let rest = text.as_str().get(at..).unwrap_or_default();
            Ok(Value::String(text.part(at..at + rest.chars().next().map_or(0, char::len_utf8))))
        }
        None => outside(text.as_str(), *position),
    }
}

/// Where a text stands in another, from a position on; -1 where it does not.
fn index_of<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    let (text, other, from) = match arguments {
        [Value::String(text), Value::String(other)] => (text.as_str(), other.as_str(), 0),
        [Value::String(text), Value::String(other), Value::Integer(from)] => (text.as_str(), other.as_str(), *from),
        _ => return Err(unexpected()),
    };
    let Some(start) = byte_at(text, from) else { return outside(text, from) };
    let rest = text.get(start..).unwrap_or_default();
    Ok(place(text, memchr::memmem::find(rest.as_bytes(), other.as_bytes()).map(|at| start + at)))
}

/// The last place at which a text stands in another, and begins at a position or before it.
fn last_index_of<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    let (text, other, before) = match arguments {
        [Value::String(text), Value::String(other)] => (text.as_str(), other.as_str(), text.as_str().len()),
        [Value::String(text), Value::String(other), Value::Integer(before)] => match byte_at(text.as_str(), *before) {
            Some(at) => (text.as_str(), other.as_str(), at),
            None => return outside(text.as_str(), *before),
        },
        _ => return Err(unexpected()),
    };
    let end = before.saturating_add(other.len()).min(text.len());
    let head = text.as_bytes().get(..end).unwrap_or_default();
    Ok(place(text, memchr::memmem::rfind(head, other.as_bytes())))
}

fn place<'m>(text: &str, at: Option<usize>) -> Value<'m> {
    match at {
        Some(at) => integer(text.get(..at).unwrap_or_default().chars().count()),
        None => Value::Integer(-1),
    }
}

fn substring<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    let (text, from, to) = match arguments {
        [Value::String(text), Value::Integer(from)] => (text, *from, None),
        [Value::String(text), Value::Integer(from), Value::Integer(to)] => (text, *from, Some(*to)),
        _ => return Err(unexpected()),
    };
    let whole = text.as_str();
    let Some(start) = byte_at(whole, from) else { return outside(whole, from) };
    let end = match to {
        None => whole.len(),
        Some(to) => match byte_at(whole, to) {
            Some(end) if end >= start => end,
            _ => return outside(whole, to),
        },
    };
    Ok(Value::String(text.part(start..end)))
}

fn truncate<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    let [Value::String(text), Value::Integer(most)] = arguments else { return Err(unexpected()) };
    let end = if *most < 0 { Some(0) } else { byte_at(text.as_str(), *most) };
    Ok(Value::String(end.map_or_else(|| text.clone(), |end| text.part(0..end))))
}

fn trim<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    let [Value::String(text)] = arguments else { return Err(unexpected()) };
    Ok(Value::String(text.part(trimmed(text.as_str()))))
}

/// The part without white space at either end.
pub(super) fn trimmed(text: &str) -> Range<usize> {
    let start = text.len() - text.trim_start().len();
    start..text.trim_end().len().max(start)
}

fn pad_start<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    let [Value::String(text), Value::Integer(length), Value::String(fill)] = arguments else {
        return Err(unexpected());
    };
    let mut characters = fill.as_str().chars();
    let (Some(fill), None) = (characters.next(), characters.next()) else {
        return Err(failed("text", fill.as_str(), "one character to fill with"));
    };
    let wanted = usize::try_from(*length).unwrap_or_default();
    let missing = wanted.saturating_sub(text.as_str().chars().count());
    if missing == 0 {
        return Ok(Value::String(text.clone()));
    }
    if missing.saturating_mul(fill.len_utf8()) > MAX_VALUE_BYTES {
        return Err(too_large());
    }
    let mut padded = fill.to_string().repeat(missing);
    padded.push_str(text.as_str());
    made(padded)
}

fn replace<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    let (text, old, new, most) = match arguments {
        [Value::String(text), Value::String(old), Value::String(new)] => (text, old, new, -1),
        [Value::String(text), Value::String(old), Value::String(new), Value::Integer(most)] => (text, old, new, *most),
        _ => return Err(unexpected()),
    };
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut replaced = String::new();
    let mut done = 0;
    for (at, found) in text.as_str().match_indices(old.as_str()).take(most) {
        replaced.push_str(text.as_str().get(done..at).unwrap_or_default());
        replaced.push_str(new.as_str());
        done = at + found.len();
        if replaced.len() > MAX_VALUE_BYTES {
            return Err(too_large());
        }
    }
    replaced.push_str(text.as_str().get(done..).unwrap_or_default());
    made(replaced)
}

/// The text between separators; an empty separator stands between all characters. `most`: so many parts at most, the last with
/// all that is left.
fn split<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    let (text, separator, most) = match arguments {
        [Value::String(text), Value::String(separator)] => (text, separator.as_str(), -1),
        [Value::String(text), Value::String(separator), Value::Integer(most)] => (text, separator.as_str(), *most),
        _ => return Err(unexpected()),
    };
    let whole = text.as_str();
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    if most == 0 || (separator.is_empty() && whole.is_empty()) {
        return Ok(Value::List(Arc::from([])));
    }
    let inside =
        whole.match_indices(separator).filter(|(at, _)| !separator.is_empty() || (*at > 0 && *at < whole.len()));
    let mut start = 0;
    let cuts = inside.map(|(at, found)| (at, at + found.len())).take(most - 1).chain([(whole.len(), whole.len())]);
    list_of(cuts.map(|(end, next)| {
        let part = text.part(start..end);
        start = next;
        Ok(Value::String(part))
    }))
}

/// The lines of a text, without their ends (LF or CRLF).
fn lines<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    let [Value::String(text)] = arguments else { return Err(unexpected()) };
    let mut start = 0;
    list_of(text.as_str().split_inclusive('\n').map(|line| {
        let bare = line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line));
        let part = text.part(start..start + bare.len());
        start += line.len();
        Ok(Value::String(part))
    }))
}

fn join<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    let (elements, separator) = match arguments {
        [Value::List(elements)] => (elements, ""),
        [Value::List(elements), Value::String(separator)] => (elements, separator.as_str()),
        _ => return Err(unexpected()),
    };
    let mut joined = String::new();
    for (at, element) in elements.iter().enumerate() {
        if at > 0 {
            joined.push_str(separator);
        }
        joined.push_str(element.as_str().ok_or_else(unexpected)?);
        if joined.len() > MAX_VALUE_BYTES {
            return Err(too_large());
        }
    }
    Ok(Value::String(Text::Owned(Arc::from(joined))))
}

const S: Kind = Kind::String;
const I: Kind = Kind::Integer;

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "split",
        Style::Method,
        "The parts of a text between separators; with a number, at most that many parts, the last with the rest. An empty separator splits into characters.",
        &[sure(&[S, S], STRINGS, split), sure(&[S, S, I], STRINGS, split)],
        &[
            ("'a,b,,c'.split(',')", r#"["a","b","","c"]"#),
            ("'a,b,c'.split(',', 2)", r#"["a","b,c"]"#),
            ("'abc'.split('')", r#"["a","b","c"]"#),
        ],
    ),
    Function::new(
        "lines",
        Style::Both,
        "The lines of a text, without line ends.",
        &[sure(&[S], STRINGS, lines)],
        &[("lines('a\\r\\nb\\n\\nc')", r#"["a","b","","c"]"#), ("lines(interaction.email.body)[0]", "Grüße,")],
    ),
    Function::new(
        "join",
        Style::Method,
        "The texts of a list joined, with a separator between them if given.",
        &[sure(&[STRINGS], S, join), sure(&[STRINGS, S], S, join)],
        &[("['a', 'b'].join(', ')", "a, b"), ("['a', 'b'].join()", "ab")],
    ),
    Function::new(
        "trim",
        Style::Both,
        "The text without white space at its ends.",
        &[sure(&[S], S, trim)],
        &[("trim('  a b\\n')", "a b")],
    ),
    Function::new(
        "substring",
        Style::Method,
        "The characters from a position, to the end or up to another position. It fails if a position is outside of the text; truncate never fails.",
        &[unsure(&[S, I], S, substring), unsure(&[S, I, I], S, substring)],
        &[("'tacocat'.substring(4)", "cat"), ("'tacocat'.substring(0, 4)", "taco")],
    ),
    Function::new(
        "truncate",
        Style::Both,
        "The first N characters, or all if there are fewer.",
        &[sure(&[S, I], S, truncate)],
        &[("truncate('Grüße', 3)", "Grü"), ("truncate('a', 3)", "a")],
    ),
    Function::new(
        "charAt",
        Style::Method,
        "The character at a position; empty at the end. It fails beyond the end.",
        &[unsure(&[S, I], S, char_at)],
        &[("'Zoë'.charAt(2)", "ë")],
    ),
    Function::new(
        "indexOf",
        Style::Method,
        "The first position of a text within another, searched from a position if given; -1 if it is not found.",
        &[sure(&[S, S], I, index_of), unsure(&[S, S, I], I, index_of)],
        &[("'tacocat'.indexOf('ac')", "1"), ("'tacocat'.indexOf('a', 2)", "5"), ("'tacocat'.indexOf('x')", "-1")],
    ),
    Function::new(
        "lastIndexOf",
        Style::Method,
        "The last position of a text within another, at or before a position if given; -1 if it is not found.",
        &[sure(&[S, S], I, last_index_of), unsure(&[S, S, I], I, last_index_of)],
        &[("'tacocat'.lastIndexOf('a')", "5"), ("'tacocat'.lastIndexOf('a', 4)", "1")],
    ),
    Function::new(
        "replace",
        Style::Method,
        "The text with each occurrence of another replaced, exactly as written; with a number, at most that many.",
        &[sure(&[S, S, S], S, replace), sure(&[S, S, S, I], S, replace)],
        &[("'a-b-c'.replace('-', '+')", "a+b+c"), ("'a-b-c'.replace('-', '+', 1)", "a+b-c")],
    ),
    Function::new(
        "padStart",
        Style::Both,
        "The text filled at its start with a character up to a length. It fails if the filling is not one character.",
        &[unsure(&[S, I, S], S, pad_start)],
        &[("padStart('42', 5, '0')", "00042")],
    )
    .checking(&[(2, is_one_character)]),
];
