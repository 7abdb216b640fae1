//! Words of commands that are printed to be run.

use std::borrow::Cow;
use std::path::Path;

/// A word as a POSIX shell reads it back: in quotes where it must be.
pub(crate) fn word(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:@%+=,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.into();
    }
    // Names hold spaces far more often than what means something between double quotes.
    if text.chars().any(|c| "\"$`\\!".contains(c)) {
        return format!("'{}'", text.replace('\'', r"'\''")).into();
    }
    format!("\"{text}\"").into()
}

/// The same of a path.
pub(crate) fn path(path: &Path) -> String {
    word(&path.to_string_lossy()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn a_shell_reads_the_word_back() {
        for (text, written) in [
            ("project/a.yaml", "project/a.yaml"),
            ("Grüße", "Grüße"),
            ("", "\"\""),
            ("my project", "\"my project\""),
            ("it's", "\"it's\""),
            ("100 $", "'100 $'"),
            ("it's \"$5\"", r#"'it'\''s "$5"'"#),
            ("a;b", "\"a;b\""),
            ("*", "\"*\""),
        ] {
            assert_eq!(word(text), written);
            let echoed =
                std::process::Command::new("sh").arg("-c").arg(format!("printf %s {written}")).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&echoed.stdout), text, "{written}");
        }
    }
}
