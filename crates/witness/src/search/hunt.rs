//! The search: drafts that reach something new are kept, and changed by hints towards what no draft has reached.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use waypost_flow::document::fold_name;
use waypost_flow::expr::PartId;
use waypost_flow_tests::Flows;
use waypost_flow_tests::coverage::Target;

use super::attempt::{Attempt, attempt_where};
use super::bases::{Base, Bases, Ids};
use super::draft::{Asked, Draft, Entry};
use super::entries::reachable;
use super::guide::{Guide, samples};
use super::random::Random;
use super::ways::Way;

/// How long a search may go on.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// How long, for all entries together.
    pub time: Duration,
    /// How many mails are tried.
    pub tries: u64,
}

/// A search over one entry.
pub(crate) struct Hunt<'h> {
    sides: &'h [Flows<'h>],
    guide: &'h Guide<'h>,
    /// Hints of the flows that the entry can lead to.
    own: Vec<usize>,
    random: Random,
    bases: Bases,
    /// Parts of conditions of which one outcome was reached and the other was not.
    frontier: Vec<(usize, bool)>,
    /// How often each way was tried for.
    tried: Vec<u32>,
    /// Hints of what differs that were tried by themselves.
    sweep: usize,
    pub(crate) tries: u64,
}

/// Tries for a way that count as much as a step farther from a goal.
const PATIENCE: u32 = 6;

impl<'h> Hunt<'h> {
    pub(crate) fn new(sides: &'h [Flows<'h>], guide: &'h Guide<'h>, entry: Entry, seed: u64) -> Self {
        let reachable: BTreeSet<String> = sides.iter().flat_map(|side| reachable(side, &entry)).collect();
        let own: BTreeSet<usize> =
            reachable.iter().filter_map(|flow| guide.of_flow.get(flow)).flatten().copied().collect();
        let mut hunt = Self {
            sides,
            guide,
            own: own.into_iter().collect(),
            random: Random::new(seed),
            bases: Bases::new(guide.ways.width()),
            frontier: Vec::new(),
            tried: vec![0; guide.ways.all.len()],
            sweep: 0,
            tries: 0,
        };
        let (draft, reached) = (hunt.first(entry), Ids::new(guide.ways.width()));
        hunt.bases.all.push(Base { draft, reached });
        hunt
    }

    /// The draft that says nothing: inputs are empty, and data actions answer with empty outputs.
    fn first(&self, entry: Entry) -> Draft {
        let mut draft = Draft::empty(entry.clone());
        for flows in self.sides {
            for action in flows.running.data_actions.values() {
                let asked = Asked::DataAction(action.record.name.clone());
                draft.answers.extend(asked.plain().map(|plain| (asked, plain)));
            }
            let Entry::Flow(name) = &entry else { continue };
            let called = flows.programs().find(|(entry, _)| fold_name(&entry.document.name) == fold_name(name));
            for input in called.iter().flat_map(|(_, program)| &program.interface.inputs) {
                if let Some(value) = samples(&input.data_type).into_iter().next() {
                    draft.inputs.insert(input.name.clone(), value);
                }
            }
        }
        draft
    }

    /// Tries the next draft. What it reaches first makes it one of those that others are made of.
    pub(crate) fn step(&mut self) -> Option<(Draft, Attempt)> {
        let draft = if self.tries == 0 { self.bases.all.first()?.draft.clone() } else { self.next() };
        self.tries += 1;
        let attempt = attempt_where(self.sides, &draft, self.guide.within_nodes.then_some(&self.guide.hot))?;
        let ids = |targets: &Vec<Target>| {
            let mut ids = Ids::new(self.guide.ways.width());
            targets.iter().filter_map(|target| self.guide.ways.id(target)).for_each(|id| ids.insert(id));
            ids
        };
        let sides: Vec<Ids> = attempt.targets.iter().map(ids).collect();
        let before = self.bases.all.len();
        self.bases.keep(&self.guide.ways, &draft, &sides);
        if self.bases.all.len() > before {
            self.frontier = self.open_parts();
        }
        Some((draft, attempt))
    }

    /// Each once, by its place among the guide's parts and with the outcome that is missing.
    fn open_parts(&self) -> Vec<(usize, bool)> {
        let ways = &self.guide.ways;
        let came = |part: PartId, holds| ways.id(&Target::Part(part, holds)).filter(|id| self.bases.reached.has(*id));
        let (mut open, mut seen) = (Vec::new(), HashSet::new());
        for (position, (part, _)) in self.guide.parts.iter().enumerate() {
            let (id, missing) = match (came(*part, true), came(*part, false)) {
                (Some(id), None) => (id, false),
                (None, Some(id)) => (id, true),
                _ => continue,
            };
            if seen.insert(id) {
                open.push((position, missing));
            }
        }
        open
    }

    fn next(&mut self) -> Draft {
        if self.guide.ways.hot.is_empty() {
            return match self.random.below(10) {
                0..=5 => self.towards_a_part(),
                _ => self.anything(),
            };
        }
        if self.bases.hot.is_empty() {
            return match self.random.below(8) {
                0..=5 => self.towards_a_goal(),
                6 => self.towards_a_part(),
                _ => self.anything(),
            };
        }
        match self.random.below(12) {
            0..=2 => self.sweep(),
            3..=5 => self.towards_a_goal(),
            6..=8 => self.at_a_goal(),
            9 => {
                let stray = if self.bases.astray.is_empty() { &self.bases.hot } else { &self.bases.astray };
                let base = self.random.pick(stray).copied().unwrap_or_default();
                let times = 1 + self.random.below(3);
                self.changed_by_any(base, times)
            }
            10 => self.towards_a_part(),
            _ => self.anything(),
        }
    }

    /// Each hint of what differs by itself, on a draft that came there; what one version alone looks for comes first.
    fn sweep(&mut self) -> Draft {
        let guide = self.guide;
        let base = self.random.pick(&self.bases.hot).copied().unwrap_or_default();
        let position = self.sweep;
        self.sweep += 1;
        let again = if guide.alone > 0 && self.random.below(2) == 0 { guide.alone } else { guide.focus.len() };
        let picked = if position < guide.focus.len() { position } else { self.random.below(again) };
        let Some(hint) = guide.focus.get(picked).and_then(|hint| guide.hints.get(*hint)) else {
            return self.changed_by_any(base, 2);
        };
        let mut draft = self.draft(base);
        hint.apply(&mut draft, &mut self.random);
        if self.random.below(4) == 0
            && let Some(other) = self.random.pick(&guide.focus).and_then(|hint| guide.hints.get(*hint))
        {
            other.apply(&mut draft, &mut self.random);
        }
        draft
    }

    /// Along a way that was not taken yet, from a node that was entered: the nearest to a goal, unless it was tried for long.
    fn towards_a_goal(&mut self) -> Draft {
        let guide = self.guide;
        let ways = &guide.ways;
        let distance = |station: usize| ways.stations.get(station).and_then(|station| station.distance);
        let entered =
            |station: usize| ways.stations.get(station).is_some_and(|one| self.bases.reached.has(one.entered));
        let open = ways.all.iter().zip(&self.tried).enumerate().filter_map(|(position, (way, tried))| {
            let cost = tried + PATIENCE * distance(way.to)?;
            (!self.bases.reached.has(way.taken) && entered(way.from)).then_some((cost, position))
        });
        let Some((way, position)) = open.min().and_then(|(_, position)| Some((ways.all.get(position)?, position)))
        else {
            return if self.bases.hot.is_empty() { self.towards_a_part() } else { self.at_a_goal() };
        };
        if let Some(tried) = self.tried.get_mut(position) {
            *tried += 1;
        }
        let base = self.base_for(way);
        let mut draft = self.draft(base);
        for (id, instead) in &way.before {
            let went_there = self.bases.all.get(base).is_some_and(|base| base.reached.has(*id));
            if went_there || self.random.below(16) == 0 {
                instead.make(&guide.known, &mut draft, &mut self.random);
            }
        }
        for one in &way.moves {
            one.make(&guide.known, &mut draft, &mut self.random);
        }
        if way.moves.is_empty() || self.random.below(6) == 0 {
            self.change_by_any(&mut draft);
        }
        draft
    }

    /// A draft that entered the way's first node; mostly one that entered one of those which set what the way's condition reads.
    fn base_for(&mut self, way: &Way) -> usize {
        let guide = self.guide;
        let ways = &guide.ways;
        let entered = |station: &usize| ways.stations.get(*station).map(|station| station.entered);
        let from: Vec<usize> = entered(&way.from).into_iter().collect();
        let set: Vec<Vec<usize>> = way
            .needs
            .iter()
            .filter_map(|need| Some(self.bases.with(&[*from.first()?, entered(need)?])))
            .filter(|bases| !bases.is_empty())
            .collect();
        if self.random.below(4) != 0
            && let Some(bases) = self.random.pick(&set)
        {
            return self.random.pick(bases).copied().unwrap_or_default();
        }
        let all = self.bases.with(&from);
        self.random.pick(&all).copied().unwrap_or_default()
    }

    /// What a goal may do, each way of it, on drafts that came there.
    fn at_a_goal(&mut self) -> Draft {
        let guide = self.guide;
        let ways = &guide.ways;
        let goals = if ways.sinks.is_empty() || self.random.below(2) == 0 { &ways.hot } else { &ways.sinks };
        let entered = |station: &usize| ways.stations.get(*station).map(|station| station.entered);
        let open: Vec<usize> = goals
            .iter()
            .copied()
            .filter(|goal| {
                self.bases.hot.iter().any(|hot| {
                    self.bases.all.get(*hot).is_some_and(|base| entered(goal).is_some_and(|id| base.reached.has(id)))
                })
            })
            .collect();
        let Some(goal) = self.random.pick(&open).copied() else { return self.anything() };
        let bases: Vec<usize> = self
            .bases
            .hot
            .iter()
            .copied()
            .filter(|hot| {
                self.bases.all.get(*hot).is_some_and(|base| entered(&goal).is_some_and(|id| base.reached.has(id)))
            })
            .collect();
        let base = self.random.pick(&bases).copied().unwrap_or_default();
        let mut draft = self.draft(base);
        let moves = ways.stations.get(goal).map(|station| station.moves.as_slice()).unwrap_or_default();
        for _ in 0..1 + self.random.below(3) {
            match self.random.pick(moves) {
                Some(one) if self.random.below(4) != 0 => one.make(&guide.known, &mut draft, &mut self.random),
                _ => self.change_by_any(&mut draft),
            }
        }
        draft
    }

    /// The other outcome of a part of a condition.
    fn towards_a_part(&mut self) -> Draft {
        let guide = self.guide;
        let Some((position, wanted)) = self.random.pick(&self.frontier).copied() else { return self.anything() };
        let Some((part, truth)) = guide.parts.get(position) else { return self.anything() };
        let bases = guide.ways.id(&Target::Part(*part, !wanted)).map(|id| self.bases.with(&[id]));
        let base = bases.and_then(|bases| self.random.pick(&bases).copied()).unwrap_or_default();
        let mut draft = self.draft(base);
        let hints = guide.of_part.get(part).map(Vec::as_slice).unwrap_or_default();
        if self.random.below(4) != 0 {
            let [holds, fails] = truth.clone().both_ways();
            let one = if wanted { holds } else { fails };
            one.make(&guide.known, &mut draft, &mut self.random);
        } else {
            for _ in 0..1 + self.random.below(2) {
                if let Some(hint) = self.random.pick(hints).and_then(|hint| guide.hints.get(*hint)) {
                    hint.apply(&mut draft, &mut self.random);
                }
            }
        }
        draft
    }

    fn anything(&mut self) -> Draft {
        let base = self.random.below(self.bases.all.len());
        let times = 1 + self.random.below(3);
        self.changed_by_any(base, times)
    }

    fn draft(&self, base: usize) -> Draft {
        let base = self.bases.all.get(base).or(self.bases.all.first());
        base.map_or_else(|| Draft::empty(Entry::Flow(String::new())), |base| base.draft.clone())
    }

    fn changed_by_any(&mut self, base: usize, times: usize) -> Draft {
        let mut draft = self.draft(base);
        (0..times).for_each(|_| self.change_by_any(&mut draft));
        draft
    }

    fn change_by_any(&mut self, draft: &mut Draft) {
        let hint = self.random.pick(&self.own).and_then(|hint| self.guide.hints.get(*hint));
        if let Some(hint) = hint {
            hint.apply(draft, &mut self.random);
        }
    }
}
