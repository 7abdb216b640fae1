//! Searching words whatever their case: Unicode simple case folding (CaseFolding.txt, status C and S), on the text as it
//! is, without copying it.
//!
//! A word's first characters, in every case, become byte prefixes for one vectorised search; where a prefix is found, the
//! words are compared character by character. Folding the text first would cost more than all the rest of a run.
//!
//! Where much is compared in vain (long words that begin alike, a great many words) the search goes on by an automaton over the folded words, which
//! takes each character once, whatever they are.

mod folded;

use std::cell::Cell;

use aho_corasick::packed;
use aho_corasick::{AhoCorasick, MatchKind, Span};
use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};
use rustc_hash::FxHashMap;

use super::kind::STRINGS;
use super::{Answer, Function, Kind, Meter, Overload, Style, Work, unexpected};
use crate::expr::EvalError;
use crate::value::Value;

/// Prefixes have at most so many characters.
const PREFIX_CHARACTERS: usize = 3;

/// At most so many prefixes: what the vectorised search takes.
const MAX_PREFIXES: usize = 64;

/// Characters compared for each byte of the text before the search switches to an automaton.
const COMPARED_A_BYTE: usize = 4;

/// Characters compared for one step.
const COMPARED_A_STEP: usize = 512;

/// Bytes of words prepared for a search, for one step.
const PREPARED_A_STEP: usize = 8;

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

/// A character with everything that equals it under simple case folding: four at most (CaseFolding.txt), repeated to fill.
#[derive(Clone, Copy, Debug)]
struct Orbit([char; 4]);

impl Orbit {
    fn of(c: char) -> Self {
        if c.is_ascii() {
            let (lower, upper) = (c.to_ascii_lowercase(), c.to_ascii_uppercase());
            let third = match lower {
                'k' => '\u{212a}',
                's' => '\u{17f}',
                _ => lower,
            };
            return Self([lower, upper, third, lower]);
        }
        let mut all = [c; 4];
        let mut class = ClassUnicode::new([ClassUnicodeRange::new(c, c)]);
        // Only fails without the tables, which are compiled in: then a character equals itself.
        if class.try_case_fold_simple().is_ok() {
            let equal = class.iter().flat_map(|range| range.start()..=range.end());
            for (slot, equal) in all.iter_mut().zip(equal) {
                *slot = equal;
            }
        }
        Self(all)
    }

    fn has(&self, c: char) -> bool {
        self.0.contains(&c)
    }

    /// The one that stands for all of them.
    fn least(&self) -> char {
        self.0.iter().copied().min().unwrap_or_default()
    }

    /// Each of them once.
    fn each(&self) -> impl Iterator<Item = char> {
        let all = self.0;
        all.into_iter()
            .enumerate()
            .filter(move |(at, c)| !all.iter().take(*at).any(|before| before == c))
            .map(|(_, c)| c)
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
        let mut known = FxHashMap::default();
        let mut orbit = |c: char| *known.entry(c).or_insert_with(|| Orbit::of(c));
        let words: Vec<Vec<Orbit>> = words.into_iter().map(|word| word.chars().map(&mut orbit).collect()).collect();
        let finder = if place == Where::Anywhere { Finder::new(&words) } else { Finder::Walk };
        Self { words, place, finder }
    }

    /// Whether one of the words stands in the text.
    ///
    /// # Errors
    /// The meter's. The text itself is counted by whoever calls.
    pub fn is_in(&self, text: &str, meter: &dyn Meter) -> Result<bool, EvalError> {
        let compared = Cell::new(0);
        let found = match self.place {
            Where::Start => self.words.iter().any(|word| starts_with(text, word, &compared).is_some()),
            Where::Whole => self.words.iter().any(|word| starts_with(text, word, &compared) == Some("")),
            Where::Anywhere => match self.is_anywhere(text, &compared) {
                Some(found) => found,
                None => {
                    meter.step(compared.take() / COMPARED_A_STEP)?;
                    return folded::is_in(&self.words, text, meter);
                }
            },
        };
        meter.step(compared.get() / COMPARED_A_STEP)?;
        Ok(found)
    }

    /// None where it would take too long to find out in this way.
    fn is_anywhere(&self, text: &str, compared: &Cell<usize>) -> Option<bool> {
        let most = text.len().saturating_add(COMPARED_A_STEP).saturating_mul(COMPARED_A_BYTE);
        // Some(true): found; None: too long.
        let here = |at: usize| {
            let rest = text.get(at..).unwrap_or_default();
            for word in &self.words {
                if starts_with(rest, word, compared).is_some() {
                    return Some(true);
                }
                if compared.get() > most {
                    return None;
                }
            }
            Some(false)
        };
        let bytes = text.as_bytes();
        let mut from = 0;
        match &self.finder {
            Finder::Always => return Some(true),
            Finder::Never => {}
            Finder::Packed(searcher) => {
                while let Some(found) = searcher.find_in(bytes, Span { start: from, end: bytes.len() }) {
                    if here(found.start())? {
                        return Some(true);
                    }
                    from = found.start() + 1;
                }
            }
            Finder::Automaton(automaton) => {
                while let Some(found) = automaton.find(aho_corasick::Input::new(bytes).span(from..bytes.len())) {
                    if here(found.start())? {
                        return Some(true);
                    }
                    from = found.start() + 1;
                }
            }
            Finder::Walk => {
                for (at, _) in text.char_indices() {
                    if here(at)? {
                        return Some(true);
                    }
                }
            }
        }
        Some(false)
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
            forms = forms.iter().flat_map(|form| orbit.each().map(move |c| format!("{form}{c}"))).collect();
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

/// What follows a word that the text starts with. Counts the characters that it compares.
fn starts_with<'t>(text: &'t str, word: &[Orbit], compared: &Cell<usize>) -> Option<&'t str> {
    let mut characters = text.chars();
    for (done, orbit) in word.iter().enumerate() {
        if !characters.next().is_some_and(|c| orbit.has(c)) {
            compared.set(compared.get() + done + 1);
            return None;
        }
    }
    compared.set(compared.get() + word.len());
    Some(characters.as_str())
}

/// Whether two texts are equal whatever their case.
pub(super) fn equal_folded(text: &str, other: &str) -> bool {
    let mut others = other.chars();
    text.chars().all(|c| others.next().is_some_and(|other| c == other || Orbit::of(c).has(other)))
        && others.next().is_none()
}

fn any_word<'m>(arguments: &[Value<'m>], place: Where, meter: &dyn Meter) -> Answer<'m> {
    let (text, mut words) = match arguments {
        [Value::String(text), Value::String(word)] => (text.as_str(), vec![word.as_str()]),
        [Value::String(text), Value::List(words)] => {
            let words: Option<Vec<&str>> = words.iter().map(Value::as_str).collect();
            (text.as_str(), words.ok_or_else(unexpected)?)
        }
        _ => return Err(unexpected()),
    };
    // A character of a word takes at least a byte of the text, whatever its case.
    words.retain(|word| word.len() <= text.len() || word.chars().count() <= text.len());
    meter.step(1 + words.iter().map(|word| word.len()).sum::<usize>() / PREPARED_A_STEP)?;
    Search::new(words, place).is_in(text, meter).map(Value::Boolean)
}

/// An overload that searches for words; it can't fail.
const fn searching(parameters: &'static [Kind], work: for<'m> fn(&[Value<'m>], &dyn Meter) -> Answer<'m>) -> Overload {
    Overload { parameters, result: Kind::Boolean, can_fail: false, work: Work::Searching(work), is_outer: false }
}

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
"containsAny",
Style::Both,
"Whether the text contains one of the words, ignoring case (Unicode simple case folding). Every text contains the empty word.",
&[searching(&[Kind::String, STRINGS], |arguments, meter| any_word(arguments, Where::Anywhere, meter))],
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
"Whether the text contains the word, ignoring case (Unicode simple case folding).",
&[searching(&[Kind::String, Kind::String], |arguments, meter| any_word(arguments, Where::Anywhere, meter))],
&[
            ("containsIgnoreCase('GRÜSSE aus Köln', 'grüsse')", "true"),
            ("containsIgnoreCase('hello', 'hallo')", "false"),
        ],
).searching(Where::Anywhere),
    Function::new(
"startsWithIgnoreCase",
Style::Both,
"Whether the text starts with the word, ignoring case (Unicode simple case folding).",
&[searching(&[Kind::String, Kind::String], |arguments, meter| any_word(arguments, Where::Start, meter))],
&[
            ("startsWithIgnoreCase('RE: offer', 're:')", "true"),
            ("startsWithIgnoreCase('Offer re: you', 're:')", "false"),
        ],
).searching(Where::Start),
    Function::new(
"equalsIgnoreCase",
Style::Both,
"Whether two texts are equal, ignoring case (Unicode simple case folding).",
&[searching(&[Kind::String, Kind::String], |arguments, meter| any_word(arguments, Where::Whole, meter))],
&[
            ("equalsIgnoreCase('Straße', 'STRAẞE')", "true"),
            ("equalsIgnoreCase('Straße', 'STRASSE')", "false"),
        ],
).searching(Where::Whole),
];
