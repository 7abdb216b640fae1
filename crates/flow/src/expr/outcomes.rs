//! What parts of conditions came to: what coverage counts.
//!
//! A part is what an evaluation asks for a truth: a whole condition, an operand of `&&`, `||` and `!`, the condition of `?:`, the
//! condition of a macro. What only joins others (`&&`, `||`, `!`) and what is written out (`true`) is none. Parts are numbered in the
//! order in which the checker leaves them: what lies inside of a part comes before it.

use std::cell::RefCell;
use std::ops::Range;

use rustc_hash::FxHashMap;

use super::Compiled;
use super::ir::{Each, EachKind, Ir, Presence};

/// A part of a condition. It is known by where it lies in memory, and so for as long as its program lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartId(usize);

/// What a part came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Came {
    /// It held.
    pub held: bool,
    /// It did not hold.
    pub failed: bool,
}

/// Takes down what the parts of conditions come to while a run lasts.
#[derive(Debug, Default)]
pub struct Outcomes(RefCell<FxHashMap<PartId, Came>>);

impl Outcomes {
    pub(super) fn note(&self, part: &Ir, holds: bool) {
        if part.is_part() {
            let mut all = self.0.borrow_mut();
            let came = all.entry(part.id()).or_default();
            if holds {
                came.held = true;
            } else {
                came.failed = true;
            }
        }
    }

    /// All parts that were evaluated.
    pub fn into_all(self) -> impl Iterator<Item = (PartId, Came)> {
        self.0.into_inner().into_iter()
    }
}

/// Where a part is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartPlace {
    /// Where in the value, such as `[1].name`; empty if the value is one text.
    pub within: Box<str>,
    /// The bytes of the text there.
    pub range: Range<u32>,
}

impl PartPlace {
    pub(super) fn new(within: &str, range: &Range<usize>) -> Self {
        // Values are far shorter than 4 GiB.
        let short = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { within: Box::from(within), range: short(range.start)..short(range.end) }
    }
}

impl Compiled {
    /// Its parts, each with its place.
    pub fn parts(&self) -> impl Iterator<Item = (PartId, &PartPlace)> {
        let mut found = Vec::new();
        if self.is_condition {
            self.ir.asked(&mut found)
        } else {
            self.ir.parts(&mut found)
        }
        found.into_iter().zip(&self.parts)
    }
}

impl Ir {
    fn id(&self) -> PartId {
        PartId(std::ptr::from_ref(self).addr())
    }

    /// Whether it is a part, where it is asked for its truth.
    pub(super) fn is_part(&self) -> bool {
        !matches!(self, Self::And(..) | Self::Or(..) | Self::Not(_) | Self::Constant(_))
    }

    /// Parts of what is asked for its truth.
    fn asked(&self, found: &mut Vec<PartId>) {
        self.parts(found);
        if self.is_part() {
            found.push(self.id());
        }
    }

    /// Parts inside of it.
    fn parts(&self, found: &mut Vec<PartId>) {
        match self {
            Self::Constant(_)
            | Self::Input(_)
            | Self::Variable(..)
            | Self::Local(_)
            | Self::Output(_)
            | Self::Read(_)
            | Self::Has(Presence::Always | Presence::Field(_) | Presence::Attribute(_) | Presence::Named(..)) => {}
            Self::Not(of) => of.asked(found),
            Self::And(a, b) | Self::Or(a, b) => {
                a.asked(found);
                b.asked(found);
            }
            Self::Choose(when, then, otherwise) => {
                when.asked(found);
                then.parts(found);
                otherwise.parts(found);
            }
            Self::Attribute(of)
            | Self::Lookup(_, of)
            | Self::HeaderValues(_, of, _)
            | Self::AddressPart(of, _)
            | Self::AttachmentPart(of, _)
            | Self::Has(Presence::Text(of) | Presence::Member(of, _))
            | Self::Negate(of)
            | Self::InSet(of, _)
            | Self::Search(of, _)
            | Self::Json(of) => of.parts(found),
            Self::Arithmetic(_, a, b)
            | Self::Equal(_, a, b)
            | Self::Compare(_, a, b)
            | Self::In(a, b)
            | Self::Index(a, b, _)
            | Self::JsonPart(a, b) => {
                a.parts(found);
                b.parts(found);
            }
            Self::Each(each) => each.parts(found),
            Self::List(parts) | Self::Call(_, parts) | Self::Match(_, _, parts) | Self::Template(parts) => {
                parts.iter().for_each(|part| part.parts(found));
            }
            Self::Map(parts) => parts.iter().for_each(|(key, value)| {
                key.parts(found);
                value.parts(found);
            }),
        }
    }
}

impl Each {
    fn parts(&self, found: &mut Vec<PartId>) {
        self.of.parts(found);
        if let Some(filter) = &self.filter {
            filter.asked(found);
        }
        match self.kind {
            EachKind::All | EachKind::Exists | EachKind::ExistsOne | EachKind::Filter => self.body.asked(found),
            EachKind::Map | EachKind::TransformMap | EachKind::SortBy => self.body.parts(found),
        }
    }
}
