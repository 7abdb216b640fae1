//! Comparisons that never hold, because of what is compared.

use super::Expression;
use crate::diagnostic::{Code, Diagnostic, Problems};
use crate::expr::{Never, NeverIs};

pub(super) fn check(expressions: &[Expression<'_>], diagnostics: &mut Problems) {
    for NeverIs { path, range, what, meant } in expressions.iter().flat_map(|expression| &expression.compiled.never) {
        let warning = |message: String| Diagnostic::warning(Code::NeverEqual, path.clone(), message).at(range.clone());
        let (problem, suggestion) = match (what, meant) {
            (Never::Word { member, text, words }, meant) => {
                let words: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
                let problem = warning(format!("`interaction.{member}` is never `'{text}'`"));
                let suggestion = meant.as_ref().map(|(word, _)| format!("did you mean `{word}`?"));
                (problem.expected(format!("one of: {}", words.join(", "))), suggestion)
            }
            (Never::Null(of), Some((empty, _))) => {
                let problem = warning(format!("a {of} is never null: one that is not there is empty"));
                (problem, Some(format!("write `{empty}`")))
            }
            (Never::Null(of), None) => {
                let problem = warning(format!("a value of type {of} is never null"));
                (problem, Some("remove the comparison".to_owned()))
            }
        };
        let edits = meant.iter().map(|(_, edit)| edit.clone()).collect();
        diagnostics.push(Diagnostic { suggestion, edits, ..problem });
    }
}
