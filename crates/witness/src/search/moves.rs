//! What is done to a draft so that a run goes a certain way.

use std::rc::Rc;

use waypost_cel::Expr;

use super::draft::{Asked, Draft};
use super::random::Random;
use super::solve::{Known, Solver};
use super::wiring::Scope;

/// Something that is to come about in a run. `side` is the version that it is read in.
#[derive(Clone, Debug)]
pub(crate) enum Move {
    /// A condition holds, or does not.
    Truth { side: usize, scope: Scope, tree: Rc<Expr>, wanted: bool },
    /// A look-up finds a row, or none.
    Found { side: usize, scope: Scope, table: String, key: String, wanted: bool },
    /// A data action answers only if it is given this.
    Only { side: usize, scope: Scope, action: String, input: String, value: String },
    /// What is asked fails, or is late.
    Fails { asked: Asked, late: bool },
    /// What is asked is answered.
    Answers(Asked),
    /// Any one of these.
    OneOf(Vec<Move>),
}

impl Move {
    /// Changes a draft so that it may come about.
    pub(crate) fn make(&self, known: &[Known<'_>], draft: &mut Draft, random: &mut Random) {
        match self {
            Self::Truth { side, scope, tree, wanted } => {
                if let Some(known) = known.get(*side) {
                    Solver::new(known, draft, random).truth(tree, *wanted, scope);
                }
            }
            Self::Found { side, scope, table, key, wanted } => {
                if let Some(known) = known.get(*side) {
                    Solver::new(known, draft, random).found(table, key, *wanted, scope);
                }
            }
            Self::Only { side, scope, action, input, value } => {
                if let Some(known) = known.get(*side) {
                    Solver::new(known, draft, random).only(action, (input, value), scope);
                }
            }
            Self::Fails { asked, late } => asked.fail(draft, *late),
            Self::Answers(asked) => asked.answer(draft),
            Self::OneOf(moves) => {
                if let Some(one) = random.pick(moves) {
                    one.make(known, draft, random);
                }
            }
        }
    }

    /// That it comes about, and that it does not.
    pub(crate) fn both_ways(self) -> [Self; 2] {
        let other = match self.clone() {
            Self::Truth { side, scope, tree, wanted } => Self::Truth { side, scope, tree, wanted: !wanted },
            Self::Found { side, scope, table, key, wanted } => Self::Found { side, scope, table, key, wanted: !wanted },
            Self::Fails { asked, .. } => Self::Answers(asked),
            Self::Answers(asked) => Self::Fails { asked, late: false },
            same @ (Self::OneOf(_) | Self::Only { .. }) => same,
        };
        [self, other]
    }
}
