//! Numbers, and what people write as numbers.

use crate::lex::Lexer;
use crate::mistake::{Mistake, quoted};
use crate::token::Tok;
use crate::tree::Span;

/// Reads the number that begins here.
pub(crate) fn number(lexer: &mut Lexer<'_>) {
    let start = lexer.at;
    let digits = |lexer: &Lexer<'_>, at: usize| digits(lexer, at, u8::is_ascii_digit);
    let mut kind = Tok::Int;
    let mut end;
    let hexadecimal = lexer.byte(start) == Some(b'0')
        && lexer.byte(start + 1) == Some(b'x')
        && lexer.byte(start + 2).is_some_and(|next| next.is_ascii_hexdigit());
    if hexadecimal {
        end = self::digits(lexer, start + 2, u8::is_ascii_hexdigit);
    } else {
        end = digits(lexer, start);
        if lexer.byte(end) == Some(b'.') && lexer.byte(end + 1).is_some_and(|next| next.is_ascii_digit()) {
            kind = Tok::Double;
            end = digits(lexer, end + 1);
        }
        if matches!(lexer.byte(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(lexer.byte(end + 1), Some(b'+' | b'-')));
            let exponent = digits(lexer, end + 1 + sign);
            if exponent > end + 1 + sign {
                kind = Tok::Double;
                end = exponent;
            }
        }
    }
    if kind == Tok::Int && matches!(lexer.byte(end), Some(b'u' | b'U')) {
        kind = Tok::Uint;
        end += 1;
    }
    lexer.at = end;
    let tail = lexer.word_length(end);
    let word = lexer.rest().get(..tail).unwrap_or_default();
    if tail == 0 || word == "in" {
        lexer.push(kind, start);
        return;
    }
    lexer.at = end + tail;
    // `1_000.50` goes on.
    if lexer.byte(lexer.at) == Some(b'.') && lexer.byte(lexer.at + 1).is_some_and(|next| next.is_ascii_digit()) {
        lexer.at = digits(lexer, lexer.at + 1);
    }
    let span = Span::new(start, lexer.at);
    let written = span.of(lexer.source);
    let mistake = Mistake::new(span, format!("{} is not a number", quoted(written)));
    let mistake = match meant(written) {
        Some(meant) => mistake.help(format!("write `{meant}`")).edit(span, meant),
        None => mistake.expected("a number such as `5`, `0.5`, `1e6` or `0x1F`"),
    };
    lexer.mistakes.push(mistake);
    lexer.push(Tok::Wrong, start);
}

/// Where the digits end.
fn digits(lexer: &Lexer<'_>, mut at: usize, digit: impl Fn(&u8) -> bool) -> usize {
    while lexer.byte(at).is_some_and(|next| digit(&next)) {
        at += 1;
    }
    at
}

/// Units of time, in seconds, as far as CEL has no unit for them.
const LONG_UNITS: [(&[&str], u64); 2] = [(&["d", "day", "days"], 24), (&["w", "week", "weeks"], 7 * 24)];

/// Units of time that CEL has under another name.
const UNITS: [(&[&str], &str); 4] = [
    (&["ms", "millis"], "ms"),
    (&["s", "sec", "secs", "second", "seconds"], "s"),
    (&["m", "min", "mins", "minute", "minutes"], "m"),
    (&["h", "hr", "hrs", "hour", "hours"], "h"),
];

fn meant(written: &str) -> Option<String> {
    let lower = written.to_ascii_lowercase();
    for (prefix, radix) in [("0b", 2), ("0o", 8), ("0x", 16)] {
        if let Some(number) = lower.strip_prefix(prefix) {
            let number = number.replace('_', "");
            return i64::from_str_radix(&number, radix).ok().map(|number| number.to_string());
        }
    }
    let end = lower.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '_'))).unwrap_or(lower.len());
    let (number, unit) = lower.split_at_checked(end)?;
    let number = number.replace('_', "");
    let number = number.trim_end_matches('.');
    match unit {
        "" | "l" | "n" | "i" | "i32" | "i64" | "ll" => return Some(number.to_owned()),
        "f" | "f32" | "f64" | "double" if !number.contains('.') => return Some(format!("{number}.0")),
        "f" | "f32" | "f64" | "double" => return Some(number.to_owned()),
        "k" | "kb" | "kib" | "mb" | "mib" | "gb" | "gib" => {
            let bytes = match unit {
                "k" | "kb" | "kib" => 1_024_u64,
                "mb" | "mib" => 1_024 * 1_024,
                _ => 1_024 * 1_024 * 1_024,
            };
            return number.parse::<u64>().ok()?.checked_mul(bytes).map(|bytes| bytes.to_string());
        }
        _ => {}
    }
    if let Some((_, unit)) = UNITS.iter().find(|(names, _)| names.contains(&unit)) {
        return Some(format!("duration('{number}{unit}')"));
    }
    let (_, hours) = LONG_UNITS.iter().find(|(names, _)| names.contains(&unit))?;
    let hours = number.parse::<u64>().ok()?.checked_mul(*hours)?;
    Some(format!("duration('{hours}h')"))
}
