//! Whether somebody still waits for a run that goes on in a thread of its own.

use std::sync::{Arc, Weak};

/// Somebody waits: until this is dropped, the lease lost or the server stopped.
pub(crate) struct Interest(#[expect(dead_code, reason = "what counts is whether it is there")] Arc<()>);

/// What the run asks.
#[derive(Clone)]
pub(crate) struct Wanted(Weak<()>);

impl Interest {
    pub(crate) fn new() -> (Self, Wanted) {
        let interest = Arc::new(());
        let wanted = Wanted(Arc::downgrade(&interest));
        (Self(interest), wanted)
    }
}

impl Wanted {
    pub(crate) fn still(&self) -> bool {
        self.0.strong_count() > 0
    }
}
