//! Text to CEL's syntax tree, by our own parser (`crates/cel`), and its mistakes as problems of a document.

use waypost_cel::{Expr, Mistake};

use crate::diagnostic::{Code, Diagnostic, Edit};
use crate::work::Work;

/// What a token of an expression counts for among the steps of checking a document. Reading one takes a tenth of a microsecond; what a step
/// is has to hold on slow machines, too.
const STEPS_OF_TOKEN: usize = 2;

/// Parses one expression, which begins at `base` in the value at `path`. Its tree is that of the text as it was probably meant, so that
/// types can be checked as well; nothing if there is no work left for it.
pub(super) fn parse(path: &str, source: &str, base: usize, work: &Work<'_>) -> Option<(Expr, Vec<Diagnostic>)> {
    let parsed = waypost_cel::parse(source);
    if !work.take(parsed.tokens * STEPS_OF_TOKEN) {
        return None;
    }
    let problems = parsed.mistakes.into_iter().map(|mistake| problem(path, mistake, base)).collect();
    Some((parsed.tree, problems))
}

fn problem(path: &str, mistake: Mistake, base: usize) -> Diagnostic {
    let shifted = |span: waypost_cel::Span| base + span.range().start..base + span.range().end;
    let mut problem = Diagnostic::error(Code::ExpressionSyntax, path, mistake.message).at(shifted(mistake.span));
    problem.expected = mistake.expected;
    problem.suggestion = mistake.help;
    problem.edits = mistake.edits.into_iter().map(|edit| Edit { range: shifted(edit.span), text: edit.text }).collect();
    problem
}
