//! The time that a search has.

use std::time::{Duration, Instant};

use super::hunt::Bounds;

/// How much longer what was found may be made smaller.
const GRACE: Duration = Duration::from_secs(2);

/// The time that is left, looked at now and then.
pub(crate) struct Clock<'w> {
    end: Instant,
    most: u64,
    wanted: &'w dyn Fn() -> bool,
}

impl<'w> Clock<'w> {
    pub(crate) fn new(bounds: &Bounds, wanted: &'w dyn Fn() -> bool) -> Self {
        Self { end: Instant::now() + bounds.time, most: bounds.tries, wanted }
    }

    /// Whether no more mail is to be tried after so many.
    pub(crate) fn is_over(&self, tries: u64) -> bool {
        tries >= self.most || (tries.is_multiple_of(8) && self.is_later_by(Duration::ZERO))
    }

    /// Whether what was found has to stay as it is.
    pub(crate) fn is_late(&self) -> bool {
        self.is_later_by(GRACE)
    }

    fn is_later_by(&self, more: Duration) -> bool {
        Instant::now() >= self.end + more || !(self.wanted)()
    }
}
