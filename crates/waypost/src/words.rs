//! Arguments that are one of a few words.

use waypost_problem::nearest;

/// The value that a word stands for.
///
/// # Errors
/// It is none of them: all are named, and the nearest.
pub(crate) fn one_of<T: Copy>(text: &str, all: &[T], word: impl Fn(T) -> &'static str) -> Result<T, String> {
    let found = all.iter().copied().find(|one| word(*one).eq_ignore_ascii_case(text));
    found.ok_or_else(|| {
        let words: Vec<&str> = all.iter().map(|one| word(*one)).collect();
        let near = nearest(text, words.iter().copied()).map(|near| format!("; did you mean `{near}`?"));
        format!("expected one of {}{}", words.join(", "), near.unwrap_or_default())
    })
}
