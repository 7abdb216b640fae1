//! Comparisons that never hold: of a member that is one of a few words with another, and with null of what is never null.

use std::ops::Range;

use waypost_cel::{Expr, Kind};

use super::check::Checker;
use super::foreign;
use super::ir::{Ir, Read};
use crate::diagnostic::Edit;
use crate::email::Shape;
use crate::types::Type;
use crate::value::Value;

/// What something is compared with, and never is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeverIs {
    /// The path of the text that it is written in.
    pub path: String,
    /// The part of that text, in bytes.
    pub range: Range<usize>,
    /// What it is.
    pub what: Never,
    /// What was probably meant, and the change that writes it.
    pub meant: Option<(String, Edit)>,
}

/// What never is so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Never {
    /// A member that is one of a few words.
    Word {
        /// The member, as it is read below `interaction`.
        member: &'static str,
        /// What it is compared with.
        text: String,
        /// What it may be.
        words: &'static [&'static str],
    },
    /// A value of a type that has no null.
    Null(Type),
}

impl Checker<'_> {
    /// Notes what `other` never is: `written`, which was checked, is compared with it.
    pub(super) fn compared(&mut self, (other, of): (&Ir, &Type), written: &Expr, checked: &Ir) {
        if let Ir::Constant(Value::Json(json)) = checked
            && json.is_null()
            && !matches!(of, Type::Json | Type::Never | Type::Object(_))
        {
            let range = self.place(written.span);
            let meant = foreign::absent(of)
                .map(|absent| (absent.to_owned(), Edit { range: range.clone(), text: absent.to_owned() }));
            self.never.push(NeverIs { path: self.path.to_owned(), range, what: Never::Null(of.clone()), meant });
        }
        if let (Some((member, words)), Ir::Constant(Value::String(text))) = (word(other), checked) {
            self.never_is(member, words, written, text.as_str());
        }
    }

    /// The same for the elements of a list that is written out.
    pub(super) fn compared_with_each(&mut self, other: &Ir, written: &Expr, checked: &Ir) {
        let (Some((member, words)), Kind::List(elements), Some(texts)) = (word(other), &written.kind, texts(checked))
        else {
            return;
        };
        for (element, text) in elements.iter().zip(texts) {
            if let Some(text) = text {
                self.never_is(member, words, &element.value, text);
            }
        }
    }

    fn never_is(&mut self, member: &'static str, words: &'static [&'static str], written: &Expr, text: &str) {
        if words.contains(&text) {
            return;
        }
        let range = self.place(written.span);
        let quote = if self.written(written.span).starts_with('"') { '"' } else { '\'' };
        let meant = self.near(text, words).map(|word| {
            let edit = Edit { range: range.clone(), text: format!("{quote}{word}{quote}") };
            (word, edit)
        });
        let what = Never::Word { member, text: text.to_owned(), words };
        self.never.push(NeverIs { path: self.path.to_owned(), range, what, meant });
    }
}

/// A member that is one of a few words, by its path, with the words.
fn word(ir: &Ir) -> Option<(&'static str, &'static [&'static str])> {
    let Ir::Read(Read::Member(member)) = ir else { return None };
    match member.shape() {
        Shape::Word(words) => Some((member.path(), words)),
        _ => None,
    }
}

/// The elements of a list, if it is written out: the text of each that is one on every mail, nothing for those that are computed.
pub(super) fn texts(list: &Ir) -> Option<Vec<Option<&str>>> {
    match list {
        Ir::Constant(Value::List(elements)) => Some(elements.iter().map(Value::as_str).collect()),
        Ir::List(parts) => {
            Some(parts.iter().map(|part| if let Ir::Constant(value) = part { value.as_str() } else { None }).collect())
        }
        _ => None,
    }
}
