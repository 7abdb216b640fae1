//! Character references: `&amp;`, `&nbsp`, `&#8364;` (HTML standard, 13.2.5.72 to 13.2.5.80).

use html5ever::data::{C1_REPLACEMENTS, NAMED_ENTITIES};
use html5ever::tendril::StrTendril;

/// A text with what its references stand for.
pub(super) fn decode(text: &str, in_attribute: bool) -> StrTendril {
    let mut decoded = StrTendril::with_capacity(u32::try_from(text.len()).unwrap_or_default());
    let mut rest = text;
    while let Some((before, reference)) = rest.split_once('&') {
        decoded.push_slice(before);
        rest = match reference.strip_prefix('#') {
            Some(number) => numeric(number, &mut decoded),
            None => named(reference, in_attribute, &mut decoded),
        }
        .unwrap_or_else(|| {
            decoded.push_char('&');
            reference
        });
    }
    decoded.push_slice(rest);
    decoded
}

/// What follows the reference, if it is one.
fn numeric<'t>(number: &'t str, to: &mut StrTendril) -> Option<&'t str> {
    let (digits, base) = match number.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    let end = digits.find(|c: char| !c.is_digit(base)).unwrap_or(digits.len());
    let (digits, rest) = digits.split_at_checked(end).filter(|(digits, _)| !digits.is_empty())?;
    let code = digits
        .chars()
        .filter_map(|digit| digit.to_digit(base))
        .fold(0_u32, |code, digit| code.saturating_mul(base).saturating_add(digit));
    to.push_char(match code {
        0 => char::REPLACEMENT_CHARACTER,
        0x80..=0x9F => {
            let replacement = C1_REPLACEMENTS.get(code as usize - 0x80).copied().flatten();
            replacement.or_else(|| char::from_u32(code)).unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        _ => char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
    });
    Some(rest.strip_prefix(';').unwrap_or(rest))
}

/// What follows the reference, if it is one. The longest name counts; one without its semicolon is none in an attribute if the
/// text goes on, for addresses are full of them (`?a=b&copy=c`).
fn named<'t>(reference: &'t str, in_attribute: bool, to: &mut StrTendril) -> Option<&'t str> {
    let mut longest = None;
    for end in 1..=reference.len() {
        match reference.get(..end).and_then(|name| NAMED_ENTITIES.get(name)) {
            // The beginning of a name.
            Some((0, _)) => {}
            Some(characters) => longest = Some((end, characters)),
            None => break,
        }
    }
    let (end, (first, second)) = longest?;
    let (name, rest) = reference.split_at_checked(end)?;
    let goes_on = |rest: &str| rest.starts_with(|c: char| c == '=' || c.is_ascii_alphanumeric());
    if in_attribute && !name.ends_with(';') && goes_on(rest) {
        return None;
    }
    to.push_char(char::from_u32(*first)?);
    if *second != 0 {
        to.push_char(char::from_u32(*second)?);
    }
    Some(rest)
}
