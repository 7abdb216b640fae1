//! Message-IDs (RFC 5322, section 3.6.4).

use super::unread::IDS;

/// The Message-IDs of a field without angle brackets, and whether there are more than are read. Without brackets, words with an `@`
/// are taken for Message-IDs, and if there is none, the whole text is.
pub(super) fn read(text: &str) -> (Vec<String>, bool) {
    let mut ids = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('<') {
        if ids.len() == IDS {
            return (ids, true);
        }
        // One that is not closed ends where the next one begins, or at white space.
        let end = after.find(['>', '<']).filter(|end| after.get(*end..).is_some_and(|end| end.starts_with('>')));
        let (id, after) = match end {
            Some(end) => after.split_at_checked(end).unwrap_or((after, "")),
            None => after
                .split_at_checked(after.find(|c: char| c.is_whitespace() || c == '<').unwrap_or(after.len()))
                .unwrap_or((after, "")),
        };
        push(id, &mut ids);
        rest = after;
    }
    if !ids.is_empty() || text.contains('<') {
        return (ids, false);
    }
    let words = || text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| word.contains('@'));
    words().take(IDS).for_each(|word| push(word, &mut ids));
    if ids.is_empty() {
        push(text, &mut ids);
    }
    let more = ids.len() == IDS && words().nth(IDS).is_some();
    (ids, more)
}

/// White space within an ID comes from folding.
fn push(id: &str, to: &mut Vec<String>) {
    let id: String = id.split_whitespace().collect();
    if !id.is_empty() {
        to.push(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_as_they_are_sent() {
        for (text, expected) in [
            ("<a@x>", &["a@x"][..]),
            ("<a@x> <b@x>,<c@x>", &["a@x", "b@x", "c@x"]),
            ("<a@x><b@x>", &["a@x", "b@x"]),
            ("<a@ x>", &["a@x"]),
            ("Your message of \"Mon, 23 Nov\" <a@x>", &["a@x"]),
            ("<a@x", &["a@x"]),
            ("<a@x <b@x>", &["a@x", "b@x"]),
            ("a@x b@x", &["a@x", "b@x"]),
            ("1234567", &["1234567"]),
            ("<>", &[]),
            ("", &[]),
        ] {
            assert_eq!(read(text), (expected.iter().map(|id| (*id).to_owned()).collect(), false), "{text}");
        }
    }

    #[test]
    fn too_many_are_said() {
        for piece in ["<a@x>", "a@x "] {
            let (ids, more) = read(&piece.repeat(IDS + 1));
            assert_eq!((ids.len(), more), (IDS, true));
        }
        assert!(!read(&"<".repeat(1_000_000)).1);
    }
}
