//! How much work checking a document may be. It is counted, never timed: the same document is accepted or refused on every
//! machine, and on every node.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::fmt;

/// Checking one document takes at most so many steps. A step is about a microsecond: a part of an expression looked at, or half a
/// token read. A flow of 2,000 nodes with 10,000 expressions takes a tenth of it.
pub const MAX_STEPS: u64 = 10_000_000;

/// The patterns of one flow take at most so many bytes together, each counted once, as estimated by `expr/patterns.rs`.
pub const MAX_PATTERN_BYTES: usize = 16 << 20;

/// How often it is asked whether anybody still wants the answer, in steps.
const ASKED_EVERY: u64 = 4_096;

/// What is left of the work that checking one document may be.
pub struct Work<'w> {
    left: Cell<u64>,
    asked: Cell<u64>,
    wanted: Option<&'w dyn Fn() -> bool>,
    patterns: RefCell<HashSet<String>>,
    pattern_bytes: Cell<usize>,
}

impl Default for Work<'_> {
    fn default() -> Self {
        Self {
            left: Cell::new(MAX_STEPS),
            asked: Cell::new(MAX_STEPS),
            wanted: None,
            patterns: RefCell::default(),
            pattern_bytes: Cell::new(0),
        }
    }
}

impl<'w> Work<'w> {
    /// Work that stops when `wanted` says no: whoever asked is gone.
    pub fn while_wanted(wanted: &'w dyn Fn() -> bool) -> Self {
        Self { wanted: Some(wanted), ..Self::default() }
    }

    /// Counts steps. False if there are none left, or nobody wants the answer any more: then whatever is going on should stop.
    #[must_use]
    pub fn take(&self, steps: usize) -> bool {
        let left = self.left.get().saturating_sub(steps as u64);
        self.left.set(left);
        if left == 0 {
            return false;
        }
        if self.asked.get() - left >= ASKED_EVERY {
            self.asked.set(left);
            if self.wanted.is_some_and(|wanted| !wanted()) {
                self.left.set(0);
                return false;
            }
        }
        true
    }

    /// Whether the work has stopped before its end.
    pub fn is_over(&self) -> bool {
        self.left.get() == 0
    }

    /// Counts a pattern, once however often it is used. False if all patterns together are too large.
    #[must_use]
    pub fn take_pattern(&self, pattern: &str, bytes: usize) -> bool {
        let mut known = self.patterns.borrow_mut();
        if known.contains(pattern) {
            return true;
        }
        let all = self.pattern_bytes.get().saturating_add(bytes);
        if all > MAX_PATTERN_BYTES {
            return false;
        }
        self.pattern_bytes.set(all);
        known.insert(pattern.to_owned());
        true
    }
}

impl fmt::Debug for Work<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Work({} of {MAX_STEPS} steps left)", self.left.get())
    }
}
