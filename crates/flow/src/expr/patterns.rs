//! How large a pattern becomes when it is compiled, estimated beforehand: compiling it to find out is what takes time.

use regex_syntax::hir::{Class, Hir, HirKind};

/// What a step in a pattern takes, in bytes: about what the `regex` crate's automata take, in one direction.
const STATE: usize = 48;

/// What a range of characters takes.
const RANGE: usize = 32;

/// What a class with characters beyond ASCII takes before its ranges: they are several bytes each.
const WIDE: usize = 320;

/// A pattern that takes this much is refused by itself, whatever more it would take.
pub(super) const TOO_LARGE: usize = 2 << 20;

/// About how many bytes the pattern takes when it is compiled; 0 if it can't be read, which is reported elsewhere.
pub(super) fn compiled_bytes(pattern: &str) -> usize {
    // The parser refuses what is nested deeper than 250, so that the walk below is bounded.
    regex_syntax::parse(pattern).map_or(0, |hir| bytes(&hir))
}

fn bytes(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => STATE,
        HirKind::Literal(literal) => literal.0.len().saturating_mul(STATE),
        HirKind::Class(Class::Bytes(class)) => STATE + class.ranges().len() * RANGE,
        HirKind::Class(Class::Unicode(class)) => {
            let wide = class.ranges().last().is_some_and(|range| !range.end().is_ascii());
            (if wide { WIDE } else { STATE }) + class.ranges().len() * RANGE
        }
        // `{2,50}` writes its part out fifty times.
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min).max(1) as usize;
            bytes(&repetition.sub).saturating_add(STATE).saturating_mul(times)
        }
        HirKind::Capture(capture) => bytes(&capture.sub).saturating_add(2 * STATE),
        HirKind::Concat(parts) => parts.iter().map(bytes).fold(0, usize::saturating_add),
        HirKind::Alternation(parts) => parts.iter().map(bytes).fold(STATE, usize::saturating_add),
    }
}
