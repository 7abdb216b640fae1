//! Patterns that some mail can make slow.

use super::Expression;
use crate::diagnostic::{Code, Diagnostic, Problems};

pub(super) fn check(expressions: &[Expression<'_>], diagnostics: &mut Problems) {
    for costly in expressions.iter().flat_map(|expression| &expression.compiled.costly) {
        let message = format!(
            "a mail can make this pattern slow: it holds up to {} positions at each character",
            costly.positions
        );
        diagnostics.push(
            Diagnostic::warning(Code::CostlyPattern, costly.path.clone(), message)
                .expected("a pattern that repeats less")
                .suggestion("repeat less often, exclude what ends the match (`[^\\n]` for `.`), or look for the rarest part first")
                .at(costly.range.clone()),
        );
    }
}
