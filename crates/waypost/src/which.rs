//! Which one of several is meant: by its id, by its name, or by the beginning of its id.

use waypost_flow::document::fold_name;
use waypost_problem::nearest;

use crate::failure::Failure;

/// A shorter beginning of an id means nothing.
pub(crate) const SHORTEST: usize = 8;

/// So many that fit are listed.
const LISTED: usize = 10;

/// Whether a text may be the beginning of an id: at least [`SHORTEST`] characters, in the form that ids are printed in.
pub(crate) fn begins_an_id(written: &str) -> bool {
    let fits = |(at, c): (usize, char)| match at {
        8 | 13 | 18 | 23 => c == '-',
        _ => c.is_ascii_hexdigit(),
    };
    (SHORTEST..=36).contains(&written.len()) && written.chars().enumerate().all(fits)
}

/// Whether an id begins like that, whatever the case.
pub(crate) fn begins(id: &str, written: &str) -> bool {
    id.get(..written.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(written))
}

/// The one of `all` that is meant. Ids come first, then names, as they are written and then whatever their case, then beginnings
/// of ids.
///
/// # Errors
/// None is meant, or more than one: all of those are listed.
pub(crate) fn one<T>(
    kind: &str,
    written: &str,
    all: Vec<T>,
    of: impl Fn(&T) -> (String, String),
) -> Result<T, Failure> {
    let names: Vec<String> = all.iter().map(|one| of(one).1).collect();
    maybe(kind, written, all, of)?.ok_or_else(|| missing(kind, written, &names))
}

/// What is said where none is meant: the name that is nearest, if one is near.
pub(crate) fn missing(kind: &str, written: &str, names: &[String]) -> Failure {
    // A route for whatever no other takes is near to everything.
    let names = names.iter().map(String::as_str).filter(|name| !name.starts_with('*'));
    let near = nearest(written, names.clone()).or_else(|| part_of(written, names));
    let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    Failure::Failed(format!("there is no {kind} `{written}`{near}"))
}

/// The only name that what is written is a part of.
fn part_of<'n>(written: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let folded = fold_name(written);
    let mut found = names.filter(|name| folded.chars().count() > 2 && fold_name(name).contains(&*folded));
    found.next().filter(|_| found.next().is_none())
}

/// The same, where none may be meant.
///
/// # Errors
/// More than one is meant.
pub(crate) fn maybe<T>(
    kind: &str,
    written: &str,
    all: Vec<T>,
    of: impl Fn(&T) -> (String, String),
) -> Result<Option<T>, Failure> {
    let folded = fold_name(written);
    let mut best: Option<u8> = None;
    let mut found: Vec<(T, String, String)> = Vec::new();
    for candidate in all {
        let (id, name) = of(&candidate);
        let rank = if id.eq_ignore_ascii_case(written) {
            0
        } else if name == written {
            1
        } else if fold_name(&name) == folded {
            2
        } else if begins_an_id(written) && begins(&id, written) {
            3
        } else {
            continue;
        };
        if best.is_some_and(|best| rank > best) {
            continue;
        }
        if best.is_none_or(|best| rank < best) {
            found.clear();
            best = Some(rank);
        }
        found.push((candidate, id, name));
    }
    if found.len() > 1 {
        found.sort_by(|(_, one, first), (_, other, second)| (first, one).cmp(&(second, other)));
        let listed = found.iter().map(|(_, id, name)| format!("{id}  {name}"));
        return Err(ambiguous(kind, written, listed));
    }
    Ok(found.pop().map(|(one, ..)| one))
}

/// What is said where several are meant.
pub(crate) fn ambiguous(kind: &str, written: &str, listed: impl ExactSizeIterator<Item = String>) -> Failure {
    let count = listed.len();
    let mut message = format!("`{written}` means more than one {kind}; give the id of one:");
    for line in listed.take(LISTED) {
        message.push_str("\n  ");
        message.push_str(line.trim_end());
    }
    if count > LISTED {
        message.push_str(&format!("\n  … and {} more", count - LISTED));
    }
    Failure::Failed(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [(&str, &str); 4] = [
        ("019aa000-0000-7000-8000-000000000001", "Billing"),
        ("019aa000-0000-7000-8000-000000000002", "019aa001"),
        ("019aa001-0000-7000-8000-000000000003", "Support"),
        ("019aa002-0000-7000-8000-000000000004", "support"),
    ];

    fn meant(written: &str) -> Result<&str, String> {
        let of = |(id, name): &(&str, &str)| ((*id).to_owned(), (*name).to_owned());
        one("queue", written, ALL.to_vec(), of).map(|(id, _)| id).map_err(|failure| failure.to_string())
    }

    #[test]
    fn ids_come_before_names_and_names_before_beginnings() {
        assert_eq!(meant("019AA000-0000-7000-8000-000000000001"), Ok(ALL[0].0));
        assert_eq!(meant("BILLING"), Ok(ALL[0].0));
        assert_eq!(meant("019aa001"), Ok(ALL[1].0), "a name, though an id begins so, too");
        assert_eq!(meant("019aa001-00"), Ok(ALL[2].0));
        assert_eq!(
            meant("019aa00"),
            Err("there is no queue `019aa00`; did you mean `019aa001`?".to_owned()),
            "too short"
        );
        assert_eq!(meant("019aa003"), Err("there is no queue `019aa003`; did you mean `019aa001`?".to_owned()));
        assert_eq!(meant("illin"), Err("there is no queue `illin`; did you mean `Billing`?".to_owned()));
        assert_eq!(meant("pport"), Err("there is no queue `pport`; did you mean `Support`?".to_owned()));
        assert_eq!(meant("Biling"), Err("there is no queue `Biling`; did you mean `Billing`?".to_owned()));
    }

    #[test]
    fn what_means_several_lists_them() {
        let said = meant("019aa000").unwrap_err();
        assert_eq!(
            said,
            format!(
                "`019aa000` means more than one queue; give the id of one:\n  {}  019aa001\n  {}  Billing",
                ALL[1].0, ALL[0].0
            )
        );
        assert_eq!(meant("Support"), Ok(ALL[2].0), "as it is written");
        assert!(meant("SUPPORT").unwrap_err().contains(ALL[3].0));
    }

    #[test]
    fn what_begins_an_id() {
        for (written, does) in [
            ("019aa000", true),
            ("019aa000-", true),
            ("019aa000-00", true),
            ("019aa000-0000-7000-8000-000000000001", true),
            ("019aa00", false),
            ("019aa0000", false),
            ("customers", false),
            ("019aa000-0000-7000-8000-0000000000011", false),
        ] {
            assert_eq!(begins_an_id(written), does, "{written}");
        }
    }
}
