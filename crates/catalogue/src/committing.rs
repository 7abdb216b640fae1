//! Commits of this process that are under way. Whoever is told of what one changed reads it again, and must not read what was before.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is done once what was committed is live.
type Then = Box<dyn FnOnce() + Send>;

/// The commits that are under way.
#[derive(Clone, Default)]
pub(crate) struct Commits(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    under_way: usize,
    then: Vec<Then>,
}

/// A commit that is under way until this is dropped.
pub(crate) struct Committing(Commits);

impl Commits {
    /// One begins.
    pub(crate) fn begin(&self) -> Committing {
        self.state().under_way += 1;
        Committing(self.clone())
    }

    /// Does something when none is under way: immediately, if none is.
    pub(crate) fn then(&self, then: impl FnOnce() + Send + 'static) {
        let mut state = self.state();
        if state.under_way > 0 {
            state.then.push(Box::new(then));
            return;
        }
        drop(state);
        then();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Committing {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.under_way = state.under_way.saturating_sub(1);
        if state.under_way > 0 {
            return;
        }
        let waiting = mem::take(&mut state.then);
        drop(state);
        for then in waiting {
            then();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn what_is_told_waits_for_all_that_are_under_way() {
        let (commits, told) = (Commits::default(), Arc::new(AtomicU32::new(0)));
        let tell = || {
            let told = Arc::clone(&told);
            commits.then(move || {
                told.fetch_add(1, Ordering::Relaxed);
            });
        };
        let so_far = || told.load(Ordering::Relaxed);
        tell();
        assert_eq!(so_far(), 1, "none is under way");
        let (first, second) = (commits.begin(), commits.begin());
        tell();
        drop(first);
        tell();
        assert_eq!(so_far(), 1);
        drop(second);
        assert_eq!(so_far(), 3);
        tell();
        assert_eq!(so_far(), 4);
    }
}
