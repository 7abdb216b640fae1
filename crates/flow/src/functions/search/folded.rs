//! Searching by an automaton over folded words: each character of the text is taken once, however the words are made.
//!
//! Two characters are equal whatever their case if the least of all that equal them is the same. The text is folded on its way through the
//! automaton, not copied.

use std::io::{self, Read};
use std::str::Chars;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use rustc_hash::FxHashMap;

use super::Orbit;
use crate::expr::EvalError;
use crate::functions::Meter;

/// Bytes of words in one round of the search: an automaton takes about thirty times its words' bytes.
const ROUND_BYTES: usize = 256 * 1024;

/// Bytes of text for one step: folding takes longer than looking.
const BYTES_OF_A_STEP: usize = 128;

/// Bytes of words for one step: an automaton is built of them.
const WORDS_OF_A_STEP: usize = 16;

/// Whether one of the words stands in the text. No word is empty.
pub(super) fn is_in(words: &[Vec<Orbit>], text: &str, meter: &dyn Meter) -> Result<bool, EvalError> {
    let length = text.chars().count();
    let mut words = words.iter().filter(|word| word.len() <= length).peekable();
    while words.peek().is_some() {
        let mut round: Vec<String> = Vec::new();
        let mut bytes = 0;
        while let Some(word) = words.next_if(|word| round.is_empty() || bytes + word.len() <= ROUND_BYTES) {
            let folded: String = word.iter().map(Orbit::least).collect();
            bytes += folded.len();
            round.push(folded);
        }
        meter.step(bytes / WORDS_OF_A_STEP + text.len() / BYTES_OF_A_STEP)?;
        let found = match round.as_slice() {
            [one] => is_one_in(one, text),
            more => is_any_in(more, text).unwrap_or_else(|| more.iter().any(|word| is_one_in(word, text))),
        };
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}

/// By Knuth, Morris and Pratt: a long word takes four bytes of memory a character, where an automaton would take thirty.
fn is_one_in(word: &str, text: &str) -> bool {
    let word: Vec<char> = word.chars().collect();
    // For each prefix, the length of the longest shorter one that it ends with.
    let mut borders: Vec<u32> = Vec::with_capacity(word.len());
    let next = |mut matched: usize, c: char, borders: &[u32]| {
        loop {
            if word.get(matched) == Some(&c) {
                return matched + 1;
            }
            let Some(border) = matched.checked_sub(1).and_then(|last| borders.get(last)) else { return 0 };
            matched = *border as usize;
        }
    };
    for (at, c) in word.iter().enumerate() {
        let before = if at == 0 { None } else { borders.last() };
        let border = before.map_or(0, |border| next(*border as usize, *c, &borders));
        borders.push(u32::try_from(border).unwrap_or(u32::MAX));
    }
    let mut matched = 0;
    Folded::new(text).any(|c| {
        matched = next(matched, c, &borders);
        matched == word.len()
    })
}

/// None if there can be no such automaton.
fn is_any_in(words: &[String], text: &str) -> Option<bool> {
    let automaton = AhoCorasick::builder().kind(Some(AhoCorasickKind::ContiguousNFA)).build(words).ok()?;
    let mut found = automaton.try_stream_find_iter(Folded::new(text)).ok()?;
    found.next().map_or(Some(false), |found| found.ok().map(|_| true))
}

/// A text's characters, folded. Reading it gives them in UTF-8.
struct Folded<'t> {
    characters: Chars<'t>,
    known: FxHashMap<char, char>,
    /// What did not fit the reader's buffer.
    left: ([u8; 4], usize),
}

impl<'t> Folded<'t> {
    fn new(text: &'t str) -> Self {
        Self { characters: text.chars(), known: FxHashMap::default(), left: ([0; 4], 0) }
    }
}

impl Iterator for Folded<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let c = self.characters.next()?;
        if c.is_ascii() {
            return Some(c.to_ascii_uppercase());
        }
        Some(*self.known.entry(c).or_insert_with(|| Orbit::of(c).least()))
    }
}

impl Read for Folded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        loop {
            let (bytes, length) = self.left;
            let (Some(to), Some(from)) = (buffer.get_mut(filled..), bytes.get(..length)) else { return Ok(filled) };
            let fits = from.len().min(to.len());
            for (to, from) in to.iter_mut().zip(from) {
                *to = *from;
            }
            filled += fits;
            if fits < length {
                self.left.0.rotate_left(fits);
                self.left.1 = length - fits;
                return Ok(filled);
            }
            let Some(c) = self.next() else {
                self.left.1 = 0;
                return Ok(filled);
            };
            self.left.1 = c.encode_utf8(&mut self.left.0).len();
        }
    }
}
