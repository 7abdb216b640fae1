//! How much memory the messages on their way in may take together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A hold grows by at least this much, so that long messages don't touch the shared counter with each read.
const STEP: usize = 64 * 1024;

/// Bytes that are still free, shared by all sessions of a server.
#[derive(Clone, Debug)]
pub struct Budget {
    free: Arc<AtomicUsize>,
}

impl Budget {
    /// A budget of so many bytes.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self { free: Arc::new(AtomicUsize::new(bytes)) }
    }

    pub(super) fn hold(&self) -> Hold {
        Hold { budget: self.clone(), bytes: 0 }
    }

    fn take(&self, bytes: usize) -> bool {
        let taken = self.free.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |free| free.checked_sub(bytes));
        taken.is_ok()
    }
}

/// A share of a budget, given back when dropped.
#[derive(Debug)]
pub(super) struct Hold {
    budget: Budget,
    bytes: usize,
}

impl Hold {
    /// Makes the share at least so large; `false` if the budget has no room for it.
    pub(super) fn cover(&mut self, bytes: usize) -> bool {
        let missing = bytes.saturating_sub(self.bytes);
        if missing == 0 {
            return true;
        }
        let step = missing.max(STEP);
        let granted = if self.budget.take(step) {
            step
        } else if self.budget.take(missing) {
            missing
        } else {
            return false;
        };
        self.bytes += granted;
        true
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.budget.free.fetch_add(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_not_free_until_dropped() {
        let budget = Budget::new(STEP + 10);
        let mut first = budget.hold();
        assert!(first.cover(1) && first.cover(STEP));
        let mut second = budget.hold();
        assert!(second.cover(10));
        assert!(!second.cover(11));
        drop(first);
        assert!(second.cover(STEP));
        drop(second);
        assert_eq!(budget.free.load(Ordering::Relaxed), STEP + 10);
    }
}
