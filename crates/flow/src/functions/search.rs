//! Searching words whatever their case: Unicode simple case folding (CaseFolding.txt, status C and S), on the text as it
//! is, without copying it.
//!
//! A word's first characters, in every case, become byte prefixes for one vectorised search; where a prefix is found, the
//! words are compared character by character. Folding the text first would cost more than all the rest of a run.

use aho_corasick::packed;
use aho_corasick::{AhoCorasick, MatchKind, Span};
use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use super::kind::STRINGS;
use super::{Answer, Function, Kind, Style, sure, unexpected};
use crate::value::Value;

/// Prefixes have at most so many characters.
const PREFIX_CHARACTERS: usize = 3;

/// At most so many prefixes: what the vectorised search takes.
const MAX_PREFIXES: usize = 64;

/// Where a word must stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// Anywhere.
    Anywhere,
    /// At the start.
    Start,
    /// It must be the whole text.
    Whole,
}

/// A character with everything that equals it under simple case folding.
#[derive(Clone, Debug)]
struct Orbit(Vec<char>);

impl Orbit {
    fn of(c: char) -> Self {
        let mut all = vec![c];
        if c.is_ascii() {
            if c.is_ascii_alphabetic() {
                all = vec![c.to_ascii_lowercase(), c.to_ascii_uppercase()];
                match c.to_ascii_lowercase() {
                    'k' => all.push('\u{212a}'),
                    's' => all.push('\u{17f}'),
                    _ => {}
                }
            }
            return Self(all);
        }
        let mut class = ClassUnicode::new([ClassUnicodeRange::new(c, c)]);
        // Only fails without the tables, which are compiled in: then a character equals itself.
        if class.try_case_fold_simple().is_ok() {
            all = class.iter().flat_map(|range| range.start()..=range.end()).collect();
        }
        Self(all)
    }

    fn has(&self, c: char) -> bool {
        self.0.contains(&c)
    }
}

/// Prepared words.
#[derive(Debug)]
pub struct Search {
    words: Vec<Vec<Orbit>>,
    place: Where,
    finder: Finder,
}

#[derive(Debug)]
enum Finder {
    /// An empty word, which every text holds.
    Always,
    /// No words at all.
    Never,
    /// The vectorised search.
    Packed(packed::Searcher),
    /// Where the machine has no vectors for it.
    Automaton(AhoCorasick),
    /// Character by character: words whose first character has too many forms.
    Walk,
}

impl Search {
    /// Prepares words.
    pub fn new<'w>(words: impl IntoIterator<Item = &'w str>, place: Where) -> Self {
        let words: Vec<Vec<Orbit>> = words.into_iter().map(|word| word.chars().map(Orbit::of).collect()).collect();
        let finder = if place == Where::Anywhere { Finder::new(&words) } else { Finder::Walk };
        Self { words, place, finder }
    }

    /// Whether one of the words stands in the text.
    pub fn is_in(&self, text: &str) -> bool {
        match self.place {
            Where::Start => self.words.iter().any(|word| starts_with(text, word).is_some()),
            Where::Whole => self.words.iter().any(|word| starts_with(text, word) == Some("")),
            Where::Anywhere => self.is_anywhere(text),
        }
    }

    fn is_anywhere(&self, text: &str) -> bool {
        let here = |at: usize| {
            let rest = text.get(at..).unwrap_or_default();
            self.words.iter().any(|word| starts_with(rest, word).is_some())
        };
        let bytes = text.as_bytes();
        let mut from = 0;
        match &self.finder {
            Finder::Always => true,
            Finder::Never => false,
            Finder::Packed(searcher) => {
                while let Some(found) = searcher.find_in(bytes, Span { start: from, end: bytes.len() }) {
                    if here(found.start()) {
                        return true;
                    }
                    from = found.start() + 1;
                }
                false
            }
            Finder::Automaton(automaton) => {
                while let Some(found) = automaton.find(aho_corasick::Input::new(bytes).span(from..bytes.len())) {
                    if here(found.start()) {
                        return true;
                    }
                    from = found.start() + 1;
                }
                false
            }
            Finder::Walk => text.char_indices().any(|(at, _)| here(at)),
        }
    }
}

impl Finder {
    fn new(words: &[Vec<Orbit>]) -> Self {
        if words.is_empty() {
            return Self::Never;
        }
        if words.iter().any(Vec::is_empty) {
            return Self::Always;
        }
        let prefixes = (1..=PREFIX_CHARACTERS)
            .rev()
            .find_map(|characters| prefixes(words, characters).filter(|prefixes| prefixes.len() <= MAX_PREFIXES));
        let Some(prefixes) = prefixes else { return Self::Walk };
        let packed =
            packed::Config::new().match_kind(packed::MatchKind::LeftmostFirst).builder().extend(&prefixes).build();
        match packed {
            Some(searcher) => Self::Packed(searcher),
            // Only this match kind has a prefilter.
            None => AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostFirst)
                .build(&prefixes)
                .map_or(Self::Walk, Self::Automaton),
        }
    }
}

/// Every way to write the first characters of every word; `None` when there are far too many.
fn prefixes(words: &[Vec<Orbit>], characters: usize) -> Option<Vec<Vec<u8>>> {
    let mut all: Vec<Vec<u8>> = Vec::new();
    for word in words {
        let mut forms: Vec<String> = vec![String::new()];
        for orbit in word.iter().take(characters) {
            forms = forms.iter().flat_map(|form| orbit.0.iter().map(move |c| format!("{form}{c}"))).collect();
            if forms.len() > MAX_PREFIXES {
                return None;
            }
        }
        all.extend(forms.into_iter().map(String::into_bytes));
    }
    all.sort_unstable();
    all.dedup();
    Some(all)
}

/// What follows a word that the text starts with.
fn starts_with<'t>(text: &'t str, word: &[Orbit]) -> Option<&'t str> {
    let mut characters = text.chars();
    for orbit in word {
        if !orbit.has(characters.next()?) {
            return None;
        }
    }
    Some(characters.as_str())
}

/// Whether two texts are equal whatever their case.
pub(super) fn equal_folded(text: &str, other: &str) -> bool {
    let mut others = other.chars();
    text.chars().all(|c| others.next().is_some_and(|other| c == other || Orbit::of(c).has(other)))
        && others.next().is_none()
}

fn any_word<'m>(arguments: &[Value<'m>], place: Where) -> Answer<'m> {
    match arguments {
        [Value::String(text), Value::String(word)] => {
            Ok(Value::Boolean(Search::new([word.as_str()], place).is_in(text.as_str())))
        }
        [Value::String(text), Value::List(words)] => {
            let words: Option<Vec<&str>> = words.iter().map(Value::as_str).collect();
            Ok(Value::Boolean(Search::new(words.ok_or_else(unexpected)?, place).is_in(text.as_str())))
        }
        _ => Err(unexpected()),
    }
}

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
"containsAny",
Style::Both,
"Whether the text holds one of the words, whatever their case (Unicode simple case folding). An empty word is in every text.",
&[sure(&[Kind::String, STRINGS], Kind::Boolean, |arguments| any_word(arguments, Where::Anywhere))],
&[
            ("containsAny('Your INVOICE is due', ['refund', 'invoice'])", "true"),
            ("containsAny('hello', ['refund', 'invoice'])", "false"),
            ("containsAny('\\u212Aelvin', ['kelvin'])", "true"),
            ("containsAny('hello', [])", "false"),
        ],
).searching(Where::Anywhere),
    Function::new(
"containsIgnoreCase",
Style::Both,
"Whether the text holds the word, whatever the case (Unicode simple case folding).",
&[sure(&[Kind::String, Kind::String], Kind::Boolean, |arguments| any_word(arguments, Where::Anywhere))],
&[
            ("containsIgnoreCase('GRÜSSE aus Köln', 'grüsse')", "true"),
            ("containsIgnoreCase('hello', 'hallo')", "false"),
        ],
).searching(Where::Anywhere),
    Function::new(
"startsWithIgnoreCase",
Style::Both,
"Whether the text starts with the word, whatever the case (Unicode simple case folding).",
&[sure(&[Kind::String, Kind::String], Kind::Boolean, |arguments| any_word(arguments, Where::Start))],
&[
            ("startsWithIgnoreCase('RE: offer', 're:')", "true"),
            ("startsWithIgnoreCase('Offer re: you', 're:')", "false"),
        ],
).searching(Where::Start),
    Function::new(
"equalsIgnoreCase",
Style::Both,
"Whether two texts are equal whatever the case (Unicode simple case folding).",
&[sure(&[Kind::String, Kind::String], Kind::Boolean, |arguments| any_word(arguments, Where::Whole))],
&[
            ("equalsIgnoreCase('Straße', 'STRAẞE')", "true"),
            ("equalsIgnoreCase('Straße', 'STRASSE')", "false"),
        ],
).searching(Where::Whole),
];
