//! Where a pattern is found, and what it costs to look.
//!
//! Most patterns cost their text's length and no more: a lazily built automaton looks at each byte once. Some, on some texts, need all
//! their positions at each byte, and then a thousand times as long. Which it is can't be told from the pattern alone. So a longer text is given to an
//! automaton that starts empty (what another mail left in one would change what this run is charged) and gives up when it
//! builds more than it reads; what it built and read is charged. Where it gives up, the slow search is charged before it is made.

use std::ops::Range;

use regex_automata::Input;
use regex_automata::hybrid::regex::Cache;

use super::Pattern;
use crate::expr::EvalError;
use crate::functions::Meter;

/// Positions held against a byte each, for one step: about a microsecond.
const POSITIONS_OF_A_STEP: usize = 50;

/// A slow search that costs no more than this is not worth an automaton.
const SHORT_STEPS: usize = 64;

/// Starting a search has a cost of its own: this many searches cost a step.
const SEARCHES_OF_A_STEP: usize = 8;

/// How many times less another search of a short text costs than its worst case.
const AT_HAND: usize = 8;

/// Bytes that an automaton reads, or is built of, for one step.
const BYTES_OF_A_STEP: usize = 512;

/// All matches, one after the other.
pub(super) struct Spans<'t> {
    pattern: &'t Pattern,
    text: &'t str,
    meter: &'t dyn Meter,
    at: usize,
    last_end: Option<usize>,
    searches: usize,
    way: Way,
}

enum Way {
    /// By whatever search is there, in a text so short that its worst case costs little.
    Short,
    /// By whatever search is there; its worst case is charged each time.
    Slow,
    /// By an automaton that started empty, with what it has been charged for so far, in bytes.
    Lazy(Box<Cache>, usize),
}

impl<'t> Spans<'t> {
    pub(super) fn new(pattern: &'t Pattern, text: &'t str, meter: &'t dyn Meter) -> Self {
        let is_short = worst(pattern, text.len()) <= SHORT_STEPS;
        let way = match (!is_short).then(|| pattern.lazy()) {
            None => Way::Short,
            Some(None) => Way::Slow,
            Some(Some(lazy)) => {
                let cache = Box::new(lazy.create_cache());
                let built = cache.memory_usage();
                Way::Lazy(cache, built)
            }
        };
        Self { pattern, text, meter, at: 0, last_end: None, searches: 0, way }
    }

    /// The next match, which may be the empty one at the end of the last.
    fn search(&mut self) -> Result<Option<Range<usize>>, EvalError> {
        self.searches += 1;
        self.meter.step(usize::from(self.searches.is_multiple_of(SEARCHES_OF_A_STEP)))?;
        if let Way::Lazy(cache, charged) = &mut self.way
            && let Some(lazy) = self.pattern.lazy()
        {
            let found = lazy.try_search(cache, &Input::new(self.text).range(self.at..));
            let (forward, reverse) = cache.as_parts();
            let done = cache.memory_usage() + forward.search_total_len() + reverse.search_total_len();
            self.meter.step(done.saturating_sub(*charged) / BYTES_OF_A_STEP)?;
            // What is left over is charged with the next one.
            *charged += done.saturating_sub(*charged) / BYTES_OF_A_STEP * BYTES_OF_A_STEP;
            match found {
                Ok(found) => return Ok(found.map(|found| found.range())),
                Err(_) => self.way = Way::Slow,
            }
        }
        let rest = self.text.len().saturating_sub(self.at);
        let again = self.last_end.is_some();
        if !again || self.pattern.reads_on {
            // Searches of one text that each read on to its end are quadratic; in a short one the automatons of before are at hand.
            let share = if again && matches!(self.way, Way::Short) { AT_HAND } else { 1 };
            self.meter.step(worst(self.pattern, rest) / share + 1)?;
        }
        let found = self.pattern.regex.find_at(self.text, self.at).map(|found| found.range());
        if let Some(found) = &found
            && !self.pattern.reads_on
        {
            self.meter.step(worst(self.pattern, found.end - self.at))?;
        }
        Ok(found)
    }
}

impl Iterator for Spans<'_> {
    type Item = Result<Range<usize>, EvalError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.at > self.text.len() {
                return None;
            }
            let found = match self.search() {
                Ok(found) => found?,
                Err(error) => {
                    self.at = self.text.len() + 1;
                    return Some(Err(error));
                }
            };
            if found.is_empty() && self.last_end == Some(found.end) {
                self.at = after_character(self.text, self.at);
                continue;
            }
            (self.at, self.last_end) = (found.end, Some(found.end));
            return Some(Ok(found));
        }
    }
}

/// What a search of so many bytes costs where nothing makes it cheaper, in steps.
pub(super) fn worst(pattern: &Pattern, bytes: usize) -> usize {
    bytes.saturating_mul(pattern.positions) / POSITIONS_OF_A_STEP
}

fn after_character(text: &str, at: usize) -> usize {
    at + text.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
}
