//! How far a part of an expression reaches in its text. The parser knows where operators and names stand, not what they take in.

use std::ops::Range;

use cel::common::ast::{Expr, operators};
use cel::parser::Expression;

use super::parse::Parsed;

/// The bytes of `text` that a part stands in, brackets around it left out.
pub(super) fn extent(parsed: &Parsed, text: &str, expression: &Expression) -> Range<usize> {
    let own = parsed.place(expression.id);
    match &expression.expr {
        Expr::Select(select) => {
            let of = operand(parsed, text, &select.operand);
            of.start..after(text, of.end, &select.field)
        }
        Expr::Call(call) => {
            let is_index = call.func_name == operators::INDEX;
            let parts = call.target.iter().map(|target| &**target).chain(&call.args);
            let extents: Vec<Range<usize>> = parts
                .enumerate()
                .map(
                    |(at, part)| {
                        if is_index && at == 0 { operand(parsed, text, part) } else { extent(parsed, text, part) }
                    },
                )
                .collect();
            let start = extents.iter().map(|part| part.start).chain([own.start]).min().unwrap_or(own.start);
            let end = extents.iter().map(|part| part.end).chain([own.end]).max().unwrap_or(own.end);
            let closing = match call.func_name.as_str() {
                operators::INDEX => "]",
                name if name.starts_with(|c: char| c.is_ascii_alphabetic()) => ")",
                _ => return start..end,
            };
            start..after(text, end, closing)
        }
        Expr::List(list) => {
            let end = list.elements.last().map_or(own.end, |last| extent(parsed, text, last).end);
            own.start..after(text, end, "]")
        }
        _ => own,
    }
}

/// How far what stands left of `.` or `[` reaches, with the brackets around it.
pub(super) fn operand(parsed: &Parsed, text: &str, expression: &Expression) -> Range<usize> {
    let mut range = extent(parsed, text, expression);
    loop {
        let rest = text.get(range.end..).unwrap_or_default();
        let before = text.get(..range.start).unwrap_or_default().trim_end();
        if !(rest.trim_start().starts_with(')') && before.ends_with('(')) {
            return range;
        }
        range = before.len() - 1..after(text, range.end, ")");
    }
}

/// Where the next `token` ends.
pub(super) fn after(text: &str, from: usize, token: &str) -> usize {
    text.get(from..).and_then(|rest| rest.find(token)).map_or(from, |at| from + at + token.len())
}
