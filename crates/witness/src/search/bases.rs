//! Drafts that others are made of, and what their runs reached.

use std::collections::HashSet;

use super::draft::Draft;
use super::ways::{Id, Ways};

/// A set of names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Ids(Vec<u64>);

impl Ids {
    pub(crate) fn new(width: usize) -> Self {
        Self(vec![0; width.div_ceil(64)])
    }

    pub(crate) fn insert(&mut self, id: Id) {
        if let Some(word) = self.0.get_mut(id / 64) {
            *word |= 1 << (id % 64);
        }
    }

    pub(crate) fn has(&self, id: Id) -> bool {
        self.0.get(id / 64).is_some_and(|word| word & (1 << (id % 64)) != 0)
    }

    /// Adds others, and says whether any was new.
    pub(crate) fn add(&mut self, others: &Self) -> bool {
        let mut is_new = false;
        for (word, other) in self.0.iter_mut().zip(&others.0) {
            is_new |= other & !*word != 0;
            *word |= other;
        }
        is_new
    }
}

/// A draft that others are made of.
#[derive(Debug)]
pub(crate) struct Base {
    pub(crate) draft: Draft,
    pub(crate) reached: Ids,
}

/// Most drafts that are kept because they reached goals together that none had.
const MOST_TOGETHER: usize = 200;

/// All of them.
#[derive(Debug)]
pub(crate) struct Bases {
    pub(crate) all: Vec<Base>,
    /// Everything that was reached.
    pub(crate) reached: Ids,
    /// Those that entered a node that differs.
    pub(crate) hot: Vec<usize>,
    /// Those that went through other nodes in one version than in the other, and came to the same.
    pub(crate) astray: Vec<usize>,
    /// Which goals were reached together.
    together: HashSet<Vec<bool>>,
}

impl Bases {
    pub(crate) fn new(width: usize) -> Self {
        let (all, hot, astray) = (Vec::new(), Vec::new(), Vec::new());
        Self { all, reached: Ids::new(width), hot, astray, together: HashSet::new() }
    }

    /// Keeps a draft that reached something new, or goals together that none had.
    pub(crate) fn keep(&mut self, ways: &Ways, draft: &Draft, sides: &[Ids]) {
        let Some((first, rest)) = sides.split_first() else { return };
        let mut reached = first.clone();
        for other in rest {
            reached.add(other);
        }
        let entered = |station: &usize, ids: &Ids| ways.stations.get(*station).is_some_and(|one| ids.has(one.entered));
        let is_hot = ways.hot.iter().any(|station| entered(station, &reached));
        let is_astray = is_hot
            && rest.iter().any(|other| {
                ways.stations.iter().any(|station| first.has(station.entered) != other.has(station.entered))
            });
        let mut goals: Vec<bool> = Vec::new();
        if is_hot {
            goals.extend(ways.hot.iter().chain(&ways.sinks).map(|station| entered(station, &reached)));
            goals.push(is_astray);
        }
        let is_new = self.reached.add(&reached);
        let are_new = is_hot && self.together.len() < MOST_TOGETHER && self.together.insert(goals);
        if is_new || are_new {
            let position = self.all.len();
            self.hot.extend(is_hot.then_some(position));
            self.astray.extend(is_astray.then_some(position));
            self.all.push(Base { draft: draft.clone(), reached });
        }
    }

    /// Those that reached all of these.
    pub(crate) fn with(&self, ids: &[Id]) -> Vec<usize> {
        let each = self.all.iter().enumerate();
        each.filter(|(_, base)| ids.iter().all(|id| base.reached.has(*id))).map(|(at, _)| at).collect()
    }
}
