//! Taking figures: contenders take turns, round by round, so that a machine that slows down slows all of them.

use std::time::Instant;

/// The median of a figure over its rounds, and its range.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub(crate) struct Figure {
    pub(crate) median: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Figure {
    /// `None` without any round.
    pub(crate) fn of(mut rounds: Vec<f64>) -> Option<Self> {
        rounds.sort_by(f64::total_cmp);
        let (low, high) = (*rounds.first()?, *rounds.last()?);
        let middle = rounds.len() / 2;
        let median = if rounds.len().is_multiple_of(2) {
            f64::midpoint(rounds[middle - 1], rounds[middle])
        } else {
            rounds[middle]
        };
        Some(Self { median, low, high })
    }

    /// Taken once.
    pub(crate) fn single(value: f64) -> Self {
        Self { median: value, low: value, high: value }
    }

    /// The same figure less another's median, which is part of it.
    pub(crate) fn less(self, part: Self) -> Self {
        Self { median: self.median - part.median, low: self.low - part.median, high: self.high - part.median }
    }
}

/// Work done once over a corpus in each round; it says for how many mails.
type Work<'w> = Box<dyn FnMut() -> usize + 'w>;

/// Works that take turns on one thread.
#[derive(Default)]
pub(crate) struct Turns<'w> {
    works: Vec<Work<'w>>,
}

impl<'w> Turns<'w> {
    /// Adds a work; its place in what [`Self::take`] gives.
    pub(crate) fn add(&mut self, work: impl FnMut() -> usize + 'w) -> usize {
        self.works.push(Box::new(work));
        self.works.len() - 1
    }

    /// Runs each once to warm up, then all of them round by round; nanoseconds for one mail.
    pub(crate) fn take(mut self, rounds: usize) -> Vec<Figure> {
        let mut taken = vec![Vec::with_capacity(rounds); self.works.len()];
        for work in &mut self.works {
            work();
        }
        for _ in 0..rounds {
            for (work, taken) in self.works.iter_mut().zip(&mut taken) {
                let start = Instant::now();
                let mails = work();
                taken.push(start.elapsed().as_secs_f64() * 1e9 / mails.max(1) as f64);
            }
        }
        taken.into_iter().map(|rounds| Figure::of(rounds).unwrap_or(Figure::single(f64::NAN))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        for (rounds, expected) in [(vec![3.0], 3.0), (vec![3.0, 1.0], 2.0), (vec![9.0, 1.0, 2.0], 2.0)] {
            assert_eq!(Figure::of(rounds).map(|figure| figure.median), Some(expected));
        }
        assert!(Figure::of(Vec::new()).is_none());
    }
}
