//! Expressions that were parsed before. Parsing is most of what checking a flow costs, a version is checked each time that what
//! it calls changes its interface, and thousands of flows map the same few values.
//!
//! What a text parses to depends on the text alone, so that nothing can be told from whether it was known.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use cel::common::ast::SourceInfo;
use cel::parser::Expression;

/// At most so many bytes of expressions are remembered; when there are more, all are forgotten. A tree takes some thirty times
/// its text.
const MOST_BYTES: usize = 1 << 20;

/// What a text parses to.
pub(super) struct Syntax {
    /// The tree.
    pub(super) tree: Expression,
    /// Where its parts stand.
    pub(super) places: SourceInfo,
}

#[derive(Default)]
struct Known {
    syntaxes: HashMap<Box<str>, Arc<Syntax>>,
    bytes: usize,
}

static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

fn lock() -> MutexGuard<'static, Known> {
    // Entries are inserted whole.
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a text was parsed to.
pub(super) fn find(source: &str) -> Option<Arc<Syntax>> {
    lock().syntaxes.get(source).cloned()
}

/// Remembers what a text parses to.
pub(super) fn keep(source: &str, syntax: &Arc<Syntax>) {
    let mut known = lock();
    if known.bytes + source.len() > MOST_BYTES {
        *known = Known::default();
    }
    if known.syntaxes.insert(source.into(), syntax.clone()).is_none() {
        known.bytes += source.len();
    }
}
