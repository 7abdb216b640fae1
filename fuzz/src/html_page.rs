//! A page's text: bounded, trimmed, the same each time; and a text that is written as HTML reads as that text.

use waypost_mail::html::{TEXT_LIMIT, read};

/// Runs the checks.
pub fn check(input: &[u8]) {
    let input = String::from_utf8_lossy(input);
    let page = read(&input);
    for text in [&page.text, &page.hidden] {
        assert!(text.len() <= TEXT_LIMIT, "longer than the limit");
        assert!(text.trim_matches([' ', '\n', '\t']) == text, "white space at an end of {text:?}");
    }
    assert!(read(&input) == page, "read twice, it is something else");
    let escaped = input.replace('&', "&amp;").replace('<', "&lt;");
    for around in ["<p>", "<pre>", "<table><td>"] {
        let again = read(&format!("{around}{escaped}"));
        assert!(again.hidden.is_empty(), "{:?} was hidden", again.hidden);
        assert!(letters(&again.text) == letters(&input), "the text reads as {:?}", again.text);
    }
}

/// Letters and digits, those that nobody can see left out.
fn letters(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric() && !matches!(c, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}'))
        .collect()
}
