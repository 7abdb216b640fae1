//! Texts that goals ask for, changed as a function changes texts, or put where a part of a text is read.

use super::goal::Goal;
use super::pattern;
use super::random::Random;

/// Longer texts are not filled up to a length here, in characters.
const LONGEST: usize = 10_000;

/// What a text is filled up with: characters that differ, so that another part of it is another text.
const FILLING: &str = "abcdefghijklmnopqrstuvwxyz0123456789";

/// A text of so many characters that begins with another one, or with as much of it as fits.
pub(super) fn filled(text: &str, length: usize) -> String {
    let known = text.chars().count();
    let more = FILLING.chars().cycle().skip(known % FILLING.len());
    text.chars().chain(more).take(length).collect()
}

impl Goal {
    /// The goal for what is given to a function that makes of it the text that this goal asks for. Of a pattern it is one text that it
    /// matches. None: the goal asks for no certain text.
    pub(super) fn changed(
        &self,
        random: &mut Random,
        change: impl FnOnce(&str, &mut Random) -> String,
    ) -> Option<Self> {
        Some(match self {
            Self::Text(text) => Self::Text(change(text, random)),
            Self::With(text) => Self::With(change(text, random)),
            Self::Begin(text) => Self::Begin(change(text, random)),
            Self::End(text) => Self::End(change(text, random)),
            Self::Matching(pattern) => pattern::asks_for(pattern, random)?.changed(random, change)?,
            _ => return None,
        })
    }

    /// What a text that is known becomes to be what is wanted; what else it says stays where it can. None: it can't be a text.
    pub(super) fn made_of(&self, known: &str, random: &mut Random) -> Option<String> {
        Some(match self {
            Self::Text(text) => text.clone(),
            Self::Other(text) if known == text => format!("{text}x"),
            Self::Other(_) => known.to_owned(),
            Self::With(text) if known.contains(text.as_str()) => known.to_owned(),
            Self::With(text) => format!("{known}{text}{}", if random.below(2) == 0 { "a" } else { "" }),
            Self::Begin(text) if known.starts_with(text.as_str()) => known.to_owned(),
            Self::Begin(text) => format!("{text}{known}"),
            Self::End(text) if known.ends_with(text.as_str()) => known.to_owned(),
            Self::End(text) => format!("{known}{text}"),
            Self::Without(unwanted) => unwanted.iter().fold(known.to_owned(), |known, one| known.replace(one, "")),
            Self::Matching(pattern) => pattern::asks_for(pattern, random)?.made_of(known, random)?,
            Self::Present if known.is_empty() => "a".to_owned(),
            Self::Present => known.to_owned(),
            Self::Number(number) => number.to_string(),
            Self::Length(length) => filled(known, usize::try_from(*length).ok().filter(|length| *length <= LONGEST)?),
            Self::At(start, text) => {
                let before: String = known.chars().chain(std::iter::repeat('a')).take(*start).collect();
                let behind: String = known.chars().skip(start + text.chars().count()).collect();
                format!("{before}{text}{behind}")
            }
            Self::Holds(_) | Self::Empty | Self::Time(_) => return None,
        })
    }
}

/// A text in another case: what folds the case gives the same for it.
pub(super) fn in_another_case(text: &str, random: &mut Random) -> String {
    let mut rest = text.chars();
    match (random.below(3), rest.next()) {
        (0, Some(first)) => first.to_uppercase().chain(rest).collect(),
        (1, _) => text.to_lowercase(),
        _ => text.to_uppercase(),
    }
}

/// A text with something put into it at one place, or at a few.
pub(super) fn strewn(text: &str, what: &str, random: &mut Random) -> String {
    let length = text.chars().count();
    let times = if random.below(2) == 0 { 1 } else { 1 + random.below(4) };
    let places: Vec<usize> = (0..times).map(|_| random.below(length + 1)).collect();
    let mut whole = String::new();
    for (at, c) in text.chars().map(Some).chain([None]).enumerate() {
        if places.contains(&at) {
            whole.push_str(what);
        }
        whole.extend(c);
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_keeps_what_else_it_says() {
        let mut random = Random::new(0);
        let mut made = |goal: Goal, known: &str| goal.made_of(known, &mut random).unwrap_or_default();
        assert_eq!(made(Goal::Begin("a".to_owned()), "b"), "ab");
        assert_eq!(made(Goal::End("b".to_owned()), "ab"), "ab");
        assert_eq!(made(Goal::Without(vec!["+".to_owned()]), "a+b"), "ab");
        assert_eq!(made(Goal::At(2, "c".to_owned()), "a"), "aac");
        assert_eq!(made(Goal::Length(3), "x"), "xbc");
        assert_eq!(made(Goal::Matching("^T-$".to_owned()), "x"), "T-");
        assert_eq!(made(Goal::Matching("[+]$".to_owned()), "x"), "x+");
    }
}
