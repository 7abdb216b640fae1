//! Keys of objects that nobody knows, and members that are missing. A misspelt key is both: it is told once.

use std::collections::{HashMap, HashSet};

use crate::names::nearest;

/// What a problem says of the keys of an object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Keys {
    /// A key is not known there.
    Unknown {
        /// The object's path.
        object: String,
        /// The member that was meant, if the key is near to one.
        meant: Option<String>,
    },
    /// A member is missing.
    Missing {
        /// The object's path.
        object: String,
        /// The member; of several, any one would do.
        members: Vec<String>,
    },
}

impl Keys {
    /// A key that is none of `known`.
    pub fn unknown<'k>(object: &str, key: &str, known: impl IntoIterator<Item = &'k str>) -> Self {
        Self::Unknown { object: object.to_owned(), meant: nearest(key, known).map(str::to_owned) }
    }

    /// A member that is missing; of several, any one would do.
    #[must_use]
    pub fn missing(object: &str, members: &[&str]) -> Self {
        Self::Missing {
            object: object.to_owned(),
            members: members.iter().map(|member| (*member).to_owned()).collect(),
        }
    }

    /// The member that an unknown key is meant to be.
    #[must_use]
    pub fn meant(&self) -> Option<&str> {
        match self {
            Self::Unknown { meant, .. } => meant.as_deref(),
            Self::Missing { .. } => None,
        }
    }
}

/// A problem that may be about keys.
pub trait OfKeys {
    /// What it says of keys; none if it is about something else.
    fn keys(&self) -> Option<&Keys>;

    /// Says what to do.
    fn suggest(&mut self, suggestion: String);
}

/// Tells a misspelt key once: the member that is meant by it is not missing as well. Where an object has one key that is near to none, and
/// lacks one member, the key may be that member by another word, such as `till` for `to`: one problem says both.
pub fn settle<P: OfKeys>(problems: &mut Vec<P>) {
    let mut meant: HashSet<(&str, &str)> = HashSet::new();
    for problem in problems.iter() {
        if let Some(Keys::Unknown { object, meant: Some(member) }) = problem.keys() {
            meant.insert((object, member));
        }
    }
    let is_meant = |problem: &P| match problem.keys() {
        Some(Keys::Missing { object, members }) => members.iter().any(|member| meant.contains(&(object, member))),
        _ => false,
    };
    let told: Vec<bool> = problems.iter().map(|problem| !is_meant(problem)).collect();
    let mut told = told.into_iter();
    problems.retain(|_| told.next().unwrap_or(true));
    // Of each object, the keys that are near to nothing, and what is missing.
    let mut of_objects: HashMap<&str, (Vec<usize>, Vec<usize>)> = HashMap::new();
    for (at, problem) in problems.iter().enumerate() {
        match problem.keys() {
            Some(Keys::Unknown { object, meant: None }) => of_objects.entry(object).or_default().0.push(at),
            Some(Keys::Missing { object, .. }) => of_objects.entry(object).or_default().1.push(at),
            _ => {}
        }
    }
    let pairs =
        of_objects.into_values().filter_map(|of_object| match (of_object.0.as_slice(), of_object.1.as_slice()) {
            ([key], [missing]) => Some((*key, *missing)),
            _ => None,
        });
    let mut answered = HashSet::new();
    for (key, missing) in pairs.collect::<Vec<_>>() {
        let Some(Keys::Missing { members, .. }) = problems.get(missing).and_then(OfKeys::keys) else { continue };
        let members = members.iter().map(|member| format!("`{member}`")).collect::<Vec<_>>().join(" or ");
        if let Some(problem) = problems.get_mut(key) {
            problem.suggest(format!("did you mean {members}, which is missing?"));
            answered.insert(missing);
        }
    }
    let mut at = 0..;
    problems.retain(|_| at.next().is_none_or(|at| !answered.contains(&at)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Problem;

    /// What is told of the keys of an object of which every member is needed; those in one line are alternatives.
    fn told(written: &[&str], needed: &[&[&str]]) -> Vec<String> {
        let known: Vec<&str> = needed.iter().flat_map(|any| any.iter().copied()).collect();
        let mut problems = Vec::new();
        for any in needed.iter().filter(|any| !any.iter().any(|one| written.contains(one))) {
            problems.push(Problem::new("", format!("{} is missing", any.join("/"))).lacking("", any));
        }
        for key in written.iter().filter(|key| !known.contains(key)) {
            problems.push(Problem::new(*key, format!("unknown {key}")).stranger("", key, known.iter().copied()));
        }
        settle(&mut problems);
        let one = |problem: &Problem| match &problem.suggestion {
            Some(suggestion) => format!("{}; {suggestion}", problem.message),
            None => problem.message.clone(),
        };
        problems.iter().map(one).collect()
    }

    #[test]
    fn one_mistake_is_told_once() {
        let to: &[&[&str]] = &[&["from"], &["to"]];
        let letter: &[&[&str]] = &[&["text", "html"], &["subject"]];
        for (written, needed, expected) in [
            (vec!["from", "to"], to, vec![]),
            (vec!["form", "to"], to, vec!["unknown form; did you mean `from`?"]),
            (vec!["from", "till"], to, vec!["unknown till; did you mean `to`, which is missing?"]),
            (vec!["from", "to", "till"], to, vec!["unknown till"]),
            (vec!["till"], to, vec!["from is missing", "to is missing", "unknown till"]),
            (
                vec!["form", "till"],
                to,
                vec!["unknown form; did you mean `from`?", "unknown till; did you mean `to`, which is missing?"],
            ),
            (vec!["from"], to, vec!["to is missing"]),
            (vec!["tet", "subject"], letter, vec!["unknown tet; did you mean `text`?"]),
            (vec!["body", "subject"], letter, vec!["unknown body; did you mean `text` or `html`, which is missing?"]),
            (
                vec!["tet", "sbject"],
                letter,
                vec!["unknown tet; did you mean `text`?", "unknown sbject; did you mean `subject`?"],
            ),
        ] {
            assert_eq!(told(&written, needed), expected, "{written:?}");
        }
    }

    #[test]
    fn objects_do_not_answer_for_each_other() {
        let mut problems = vec![
            Problem::new("a.to", "missing").lacking("a", &["to"]),
            Problem::new("b.too", "unknown").stranger("b", "too", ["to"]),
            Problem::new("b.x", "unknown").stranger("b", "x", ["to"]),
        ];
        settle(&mut problems);
        assert_eq!(problems.len(), 3);
    }
}
