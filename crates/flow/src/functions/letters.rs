//! Formats of dates in letters (`yyyy-MM-dd`), as Java, .NET and JavaScript write them, and the same by strftime.

/// What runs of a letter mean: the letter, how many of it, and strftime's directive. Of letters that come in any number, `0` stands for
/// those that are not listed.
const LETTERS: &[(char, usize, &str)] = &[
    ('y', 4, "%Y"),
    ('y', 2, "%y"),
    ('u', 4, "%Y"),
    ('Y', 4, "%Y"),
    ('Y', 2, "%y"),
    ('M', 4, "%B"),
    ('M', 3, "%b"),
    ('M', 2, "%m"),
    ('M', 1, "%-m"),
    ('d', 4, "%A"),
    ('d', 3, "%a"),
    ('d', 2, "%d"),
    ('d', 1, "%-d"),
    ('D', 2, "%d"),
    ('D', 1, "%-d"),
    ('E', 4, "%A"),
    ('E', 0, "%a"),
    ('H', 2, "%H"),
    ('H', 1, "%-H"),
    ('h', 2, "%I"),
    ('h', 1, "%-I"),
    ('m', 2, "%M"),
    ('m', 1, "%-M"),
    ('s', 2, "%S"),
    ('s', 1, "%-S"),
    ('S', 3, "%3f"),
    ('f', 3, "%3f"),
    ('a', 0, "%p"),
    ('A', 1, "%p"),
    ('t', 2, "%p"),
    ('Z', 1, "%z"),
    ('z', 3, "%:z"),
    ('X', 3, "%:z"),
    ('K', 1, "%:z"),
];

/// The format by strftime; none if there is a letter whose meaning is not known, if it names nothing, or if it has directives already.
pub(crate) fn strftime(letters: &str) -> Option<String> {
    let (mut format, mut named) = (String::new(), 0);
    let letters = months_and_minutes(letters)?;
    let mut rest = letters.as_str();
    while let Some(letter) = rest.chars().next() {
        let run = rest.len() - rest.trim_start_matches(letter).len();
        if letter == '%' {
            return None;
        }
        if letter == '\'' {
            let (text, behind) = quoted(rest.get(1..)?)?;
            format.push_str(&text);
            rest = behind;
            continue;
        }
        // A `T` between date and time stands for itself, quoted or not.
        if letter.is_ascii_alphabetic() && !(letter == 'T' && run == 1) {
            let count = run / letter.len_utf8();
            let exact = LETTERS.iter().find(|(known, times, _)| (*known, *times) == (letter, count));
            let any = || LETTERS.iter().find(|(known, times, _)| (*known, *times) == (letter, 0));
            let (.., directive) = exact.or_else(any)?;
            format.push_str(directive);
            named += count;
        } else {
            format.push_str(rest.get(..run)?);
        }
        rest = rest.get(run..)?;
    }
    // One letter or none is a text rather than a format.
    (named > 1).then_some(format)
}

/// The text up to its closing quote, and what stands behind that. Two quotes are one of the text; nothing in quotes is one, too.
fn quoted(letters: &str) -> Option<(String, &str)> {
    let (first, mut behind) = letters.split_once('\'')?;
    if first.is_empty() {
        return Some(("'".to_owned(), behind));
    }
    let mut text = first.to_owned();
    while let Some(inner) = behind.strip_prefix('\'') {
        let (more, further) = inner.split_once('\'')?;
        text.push('\'');
        text.push_str(more);
        behind = further;
    }
    Some((text, behind))
}

/// The format with `M` for months and `m` for minutes, as people meant it who took one for the other; none if that can't be told.
fn months_and_minutes(letters: &str) -> Option<String> {
    let has = |wanted: &[char]| letters.contains(wanted);
    let runs = |letter: char| letters.split(|c| c != letter).filter(|run| !run.is_empty()).count();
    let (date, hour) = (has(&['y', 'Y', 'd', 'D']), has(&['H', 'h']));
    match (runs('M'), runs('m')) {
        (0, 1) if !hour => date.then(|| letters.replace('m', "M")),
        (1, 0) if hour && !date => Some(letters.replace('M', "m")),
        (0 | 1, 0) | (1, 1) => Some(letters.to_owned()),
        (0, 1) => (!date).then(|| letters.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_formats_are_translated_and_others_left_alone() {
        for (letters, format) in [
            ("yyyy-MM-dd", Some("%Y-%m-%d")),
            ("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", Some("%Y-%m-%dT%H:%M:%S.%3f%:z")),
            ("YYYY-MM-DDTHH:mm:ssZ", Some("%Y-%m-%dT%H:%M:%S%z")),
            ("dd.MM.yy, H 'Uhr'", Some("%d.%m.%y, %-H Uhr")),
            ("EEEE, d MMMM yyyy h:mm a", Some("%A, %-d %B %Y %-I:%M %p")),
            ("EEE dd/MMM", Some("%a %d/%b")),
            ("yyyy-mm-dd", Some("%Y-%m-%d")),
            ("mm/dd/yyyy", Some("%m/%d/%Y")),
            ("HH:MM", Some("%H:%M")),
            ("HH:mm", Some("%H:%M")),
            ("yyyy-mm-dd HH:mm", None),
            ("yyyy-MM-dd HH:MM", None),
            ("dd.yyyy HH:mm", None),
            ("h 'o''clock' d", Some("%-I o'clock %-d")),
            ("D.M.YYYY", Some("%-d.%-m.%Y")),
            ("d''yy", Some("%-d'%y")),
            ("d 'o''", None),
            ("YYYY-'W'ww", None),
            ("%Y-%m-%d", None),
            ("today", None),
            ("12:00", None),
            ("'unclosed", None),
            ("", None),
        ] {
            assert_eq!(strftime(letters).as_deref(), format, "{letters}");
        }
    }
}
