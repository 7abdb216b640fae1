//! Numbers in messages.

use std::fmt::Display;

/// A number and its noun: `1 error`, `2 errors`, `2 tries`.
pub fn counted<N: Display + PartialEq + From<u8>>(number: N, noun: &str) -> String {
    if number == N::from(1) {
        return format!("{number} {noun}");
    }
    match noun.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u'])) {
        Some(stem) => format!("{number} {stem}ies"),
        None => format!("{number} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn one_is_singular_and_all_else_plural() {
        let told = [(0, "error"), (1, "error"), (2, "try"), (1, "try"), (3, "day")];
        let told = told.map(|(number, noun): (u64, _)| counted(number, noun));
        assert_eq!(told, ["0 errors", "1 error", "2 tries", "1 try", "3 days"]);
    }
}
