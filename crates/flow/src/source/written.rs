//! How the bytes of a string value stand in a file: as they are, or in quotes with escapes (YAML 1.2 sections 7.3.1 and 7.3.2).

use super::Place;
use super::pairs;

/// How a string value stands in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// On one line, without quotes, as it is.
    Plain,
    /// On one line in `'`, where a quote is doubled.
    Single,
    /// On one line in `"`, where `\` begins an escape.
    Double,
    /// Otherwise; or it is no string.
    Other,
}

impl Form {
    /// The form of a scalar, and its length in the file with its quotes.
    pub(super) fn of(file: &str, value: &str) -> (Self, Option<usize>) {
        let form = match file.chars().next() {
            Some('\'') => Self::Single,
            Some('"') => Self::Double,
            _ if file.starts_with(value) && !value.contains('\n') => return (Self::Plain, Some(value.len())),
            _ => return (Self::Other, None),
        };
        let mut at = 1;
        loop {
            match form.next(file.get(at..).unwrap_or_default()) {
                Some((0, width)) => return (form, Some(at + width)),
                Some((_, width)) => at += width,
                None => return (Self::Other, None),
            }
        }
    }

    /// How many bytes of the value the next character of its content is, and how many of the file; none of the value at its end. None at a
    /// line break, and where the file ends.
    fn next(self, rest: &str) -> Option<(usize, usize)> {
        let next = rest.chars().next().filter(|next| !matches!(next, '\n' | '\r'))?;
        match (self, next) {
            (Self::Single, '\'') if rest.starts_with("''") => Some((1, 2)),
            (Self::Single, '\'') | (Self::Double, '"') => Some((0, 1)),
            (Self::Double, '\\') => {
                if let Some(character) = pairs::pair(rest) {
                    return Some((character.len_utf8(), 12));
                }
                let sign = rest.chars().nth(1)?;
                let digits = match sign {
                    'x' => 2,
                    'u' => 4,
                    'U' => 8,
                    '\n' | '\r' => return None,
                    // Next line and no-break space are two bytes, line and paragraph separator three.
                    'N' | '_' => return Some((2, 2)),
                    'L' | 'P' => return Some((3, 2)),
                    _ => return Some((1, 1 + sign.len_utf8())),
                };
                let number = u32::from_str_radix(rest.get(2..2 + digits)?, 16).ok()?;
                Some((char::from_u32(number)?.len_utf8(), 2 + digits))
            }
            _ => Some((next.len_utf8(), next.len_utf8())),
        }
    }

    /// A text as it is written within such a value; none if it can't be.
    #[must_use]
    pub fn escaped(self, text: &str) -> Option<String> {
        match self {
            _ if text.contains(char::is_control) => None,
            Self::Plain => Some(text.to_owned()),
            Self::Single => Some(text.replace('\'', "''")),
            Self::Double => Some(text.replace('\\', "\\\\").replace('"', "\\\"")),
            Self::Other => None,
        }
    }
}

impl Place {
    /// Where in the file a byte of the string value stands that is here; none if the value's bytes can't be told apart.
    #[must_use]
    pub fn within(&self, file: &str, byte: usize) -> Option<usize> {
        match self.form {
            Form::Other => None,
            Form::Plain => Some(self.bytes.start + byte),
            form @ (Form::Single | Form::Double) => {
                let (mut of_value, mut at) = (0, self.bytes.start + 1);
                while of_value < byte {
                    match form.next(file.get(at..)?)? {
                        (0, _) => break,
                        (value, width) => (of_value, at) = (of_value + value, at + width),
                    }
                }
                Some(at)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::source::{Node, member, yaml};

    #[test]
    fn each_character_of_a_text_is_found_in_the_file() {
        for file in [
            "a: xyz",
            "a: 'xyz' # more",
            "a: 'x''y''z'",
            r#"a: "xyz""#,
            r#"a: "x\\y\"\tz""#,
            r#"a: "x\x41\u00e4\U0001f389y\_\L\e\/z", b: 1"#,
            r#"{"a": "x\ud83c\udf89\\y", "b": "z"}"#,
        ] {
            let (node, places) = yaml(&file.replace(", b: 1", "")).unwrap();
            let Some(Node::String(value)) = member(&node, "a") else { panic!("{file}") };
            let place = &places["a"];
            for (byte, c) in value.char_indices() {
                let at = place.within(file, byte).unwrap();
                let rest = &file[at..];
                let is_escape = rest.starts_with('\\') || rest.starts_with("''");
                assert!(
                    rest.starts_with(c) || is_escape && (c != 'x' && c != 'y' && c != 'z'),
                    "{file}: {c:?} at {rest}"
                );
            }
            let end = place.within(file, value.len()).unwrap();
            assert_eq!(end + usize::from(file.contains(['"', '\''])), place.bytes.end, "{file}");
        }
        for file in ["a: 'x\n  y'", "a: \"x\n  y\"", "a: \"x\\\n  y\"", "a: |\n  x", "a: 1.50"] {
            let (_, places) = yaml(file).unwrap();
            assert_eq!(places["a"].within(file, 0).is_some(), file.contains("1.50"), "{file}");
        }
    }
}
