//! Known names, where another is written: the one that was meant, or all of them.

/// Names of more characters are not compared: nobody mistypes those.
const MAX_COMPARED: usize = 64;

/// At most so many names are compared with one that is not known.
const MAX_CANDIDATES: usize = 1_000;

/// So many names are listed where one of them was expected.
const MAX_NAMES: usize = 20;

/// Names to choose from, in words; the first of them, if they are many.
pub fn one_of<'k>(names: impl IntoIterator<Item = &'k str>) -> String {
    let mut names = names.into_iter();
    let first: Vec<&str> = names.by_ref().take(MAX_NAMES).collect();
    match (first.as_slice(), names.count()) {
        ([], _) => "nothing: there are none".to_owned(),
        ([only], _) => format!("`{only}`"),
        (first, 0) => format!("one of: {}", first.join(", ")),
        (first, more) => format!("one of: {} and {more} more", first.join(", ")),
    }
}

/// The nearest known name, if it is near enough to be what was meant.
pub fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    among(name, &mut known.into_iter())
}

/// The same of any names: compiled here, where tests have it optimised.
fn among<'k>(name: &str, known: &mut dyn Iterator<Item = &'k str>) -> Option<&'k str> {
    let length = |text: &str| text.chars().take(MAX_COMPARED + 1).count();
    let written = length(name);
    if written > MAX_COMPARED {
        return None;
    }
    let folded = name.to_lowercase();
    known
        .filter_map(|candidate| {
            let length = length(candidate);
            let near = 1 + length / 4;
            (length <= MAX_COMPARED && written.abs_diff(length) <= near).then_some((candidate, length, near))
        })
        .take(MAX_CANDIDATES)
        .map(|(candidate, length, near)| {
            (strsim::osa_distance(&folded, &candidate.to_lowercase()), candidate, length, near)
        })
        // Where half of a name or more would be another, it was hardly meant: `date` is not `name`.
        .filter(|(distance, _, length, near)| distance <= near && distance * 2 < written.max(*length))
        .min_by_key(|(distance, ..)| *distance)
        .map(|(_, candidate, ..)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_found_and_nothing_is_guessed() {
        let known = ["password", "hostname", "x", "y", "to", "from", "name", "header", "length", "exists"];
        for (written, meant) in [
            ("pasword", Some("password")),
            ("passwrod", Some("password")),
            ("HOSTNAME", Some("hostname")),
            ("host", None),
            ("headr", Some("header")),
            ("lenght", Some("length")),
            ("exsts", Some("exists")),
            ("form", Some("from")),
            ("named", Some("name")),
            // Half of it is another.
            ("date", None),
            ("no", None),
            ("z", None),
            ("", None),
        ] {
            assert_eq!(nearest(written, known), meant, "{written}");
        }
        assert_eq!(nearest(&"x".repeat(MAX_COMPARED + 1), ["x"]), None, "nobody mistypes those");
    }
}
