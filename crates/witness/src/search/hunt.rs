//! The search: drafts that reach something new are kept, and changed by hints towards what no draft has reached.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::{Duration, Instant};

use serde_json::Map;
use waypost_catalogue::routes::RouteMatch;
use waypost_flow::document::fold_name;
use waypost_flow::expr::PartId;
use waypost_flow::source::Node;
use waypost_flow_tests::coverage::{Target, targets};
use waypost_flow_tests::trial::Trial;
use waypost_flow_tests::{Flows, Observed};

use super::draft::{Answer, Draft, Entry, filling_of, node_of};
use super::entries::reachable;
use super::guide::{Guide, samples};
use super::random::Random;

/// How long a search may go on.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// How long, for all entries together.
    pub time: Duration,
    /// How many mails are tried.
    pub tries: u64,
}

/// What came of a draft, on each side.
pub(crate) struct Attempt {
    /// None where the entry leads nowhere.
    pub(crate) observed: Vec<Option<Observed>>,
    pub(crate) targets: Vec<Target>,
    /// Answers that no side asked for.
    pub(crate) unasked: HashSet<String>,
}

impl Attempt {
    /// Whether two sides decide differently.
    pub(crate) fn differs(&self) -> bool {
        matches!(self.observed.as_slice(), [before, after] if before != after)
    }
}

/// A search over one entry.
pub(crate) struct Hunt<'h> {
    sides: &'h [Flows<'h>],
    guide: &'h Guide,
    /// Hints of the flows that the entry can lead to.
    own: Vec<usize>,
    /// Flows that differ, and those that lead to them, by their folded names.
    leading: &'h HashSet<String>,
    random: Random,
    /// Drafts that reached something first.
    corpus: Vec<Draft>,
    /// Those of them that came to where the versions differ.
    hot: Vec<usize>,
    /// Which of them reached what.
    reached: HashMap<Target, Vec<usize>>,
    /// Parts of conditions of which one outcome was reached and the other was not.
    frontier: Vec<(Target, Vec<usize>)>,
    /// Hints that were not tried alone yet.
    sweep: usize,
    pub(crate) tries: u64,
}

/// Drafts remembered for each target.
const REMEMBERED: usize = 4;

impl<'h> Hunt<'h> {
    pub(crate) fn new(
        sides: &'h [Flows<'h>],
        (guide, leading): (&'h Guide, &'h HashSet<String>),
        entry: Entry,
        seed: u64,
    ) -> Self {
        let reachable: BTreeSet<String> = sides.iter().flat_map(|side| reachable(side, &entry)).collect();
        let own: BTreeSet<usize> =
            reachable.iter().filter_map(|flow| guide.of_flow.get(flow)).flatten().copied().collect();
        let mut hunt = Self {
            sides,
            guide,
            own: own.into_iter().collect(),
            leading,
            random: Random::new(seed),
            corpus: Vec::new(),
            hot: Vec::new(),
            reached: HashMap::new(),
            frontier: Vec::new(),
            sweep: 0,
            tries: 0,
        };
        hunt.corpus.push(hunt.first(entry));
        hunt
    }

    /// The draft that says nothing: inputs are empty, and data actions answer with empty outputs.
    fn first(&self, entry: Entry) -> Draft {
        let mut draft = Draft::empty(entry.clone());
        for flows in self.sides {
            for action in flows.running.data_actions.values() {
                draft.answers.insert(action.record.name.clone(), Answer::Output(Map::new()));
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
        let draft = if self.tries == 0 { self.corpus.first()?.clone() } else { self.next() };
        self.tries += 1;
        let attempt = attempt_where(self.sides, &draft, self.guide.within_nodes.then_some(&self.guide.hot))?;
        let is_new = attempt.targets.iter().any(|target| !self.reached.contains_key(target));
        if is_new {
            self.keep(draft.clone(), &attempt.targets);
        }
        Some((draft, attempt))
    }

    fn keep(&mut self, draft: Draft, targets: &[Target]) {
        let position = self.corpus.len();
        self.corpus.push(draft);
        for target in targets {
            let drafts = self.reached.entry(*target).or_default();
            if drafts.len() < REMEMBERED {
                drafts.push(position);
            }
        }
        if targets.iter().any(|target| self.guide.hot.contains(target)) {
            self.hot.push(position);
        }
        self.frontier = self.open_parts();
    }

    /// In a fixed order, so that the same seed tries the same mails: parts are known by addresses, which differ from run to run.
    fn open_parts(&self) -> Vec<(Target, Vec<usize>)> {
        let missing = |part: PartId, holds| !self.reached.contains_key(&Target::Part(part, holds));
        let mut open: Vec<(Target, Vec<usize>)> = Vec::new();
        for (target, drafts) in &self.reached {
            if let Target::Part(part, holds) = target
                && missing(*part, !holds)
                && self.guide.of_part.get(part).is_some_and(|hints| !hints.is_empty())
            {
                open.push((*target, drafts.clone()));
            }
        }
        open.sort_by(|(one, drafts), (other, theirs)| {
            (drafts, self.hints_of(one)).cmp(&(theirs, self.hints_of(other)))
        });
        open
    }

    fn hints_of(&self, target: &Target) -> &[usize] {
        match target {
            Target::Part(part, _) => self.guide.of_part.get(part).map(Vec::as_slice).unwrap_or_default(),
            Target::Place(_) => &[],
        }
    }

    fn next(&mut self) -> Draft {
        let guide = self.guide;
        // First each hint by itself, those of what differs before all others.
        let position = self.sweep;
        self.sweep += 1;
        if let Some(hint) = guide.focus.get(position) {
            let base = self.corpus.len().saturating_sub(1);
            return self.changed(base, &[*hint], 1);
        }
        match self.random.below(10) {
            0..=3 if !self.frontier.is_empty() => {
                let Some((target, drafts)) = self.open_part() else { return self.anything() };
                let hints = self.hints_of(&target).to_vec();
                let base = self.random.pick(&drafts).copied().unwrap_or_default();
                let times = 1 + self.random.below(2);
                self.changed(base, &hints, times)
            }
            4..=7 if !self.hot.is_empty() => {
                let hot = self.hot.clone();
                let base = self.random.pick(&hot).copied().unwrap_or_default();
                let times = 1 + self.random.below(3);
                if guide.focus.is_empty() || self.random.below(4) == 0 {
                    self.changed_by_any(base, times)
                } else {
                    self.changed(base, &guide.focus, times)
                }
            }
            _ => self.anything(),
        }
    }

    /// A part that is to be looked for, mostly one on the way to what differs.
    fn open_part(&mut self) -> Option<(Target, Vec<usize>)> {
        let on_the_way = |(target, _): &&(Target, Vec<usize>)| match target {
            Target::Part(part, _) => self.guide.flow_of.get(part).is_some_and(|flow| self.leading.contains(flow)),
            Target::Place(_) => false,
        };
        let near: Vec<&(Target, Vec<usize>)> = self.frontier.iter().filter(on_the_way).collect();
        if !near.is_empty() && self.random.below(4) != 0 {
            return self.random.pick(&near).map(|one| (*one).clone());
        }
        self.random.pick(&self.frontier).cloned()
    }

    fn anything(&mut self) -> Draft {
        let base = self.random.below(self.corpus.len());
        let times = 1 + self.random.below(3);
        self.changed_by_any(base, times)
    }

    fn changed_by_any(&mut self, base: usize, times: usize) -> Draft {
        let mut draft = self.corpus.get(base).cloned().unwrap_or_else(|| Draft::empty(Entry::Flow(String::new())));
        for _ in 0..times {
            let hint = self.random.pick(&self.own).and_then(|hint| self.guide.hints.get(*hint));
            if let Some(hint) = hint {
                hint.apply(&mut draft, &mut self.random);
            }
        }
        draft
    }

    fn changed(&mut self, base: usize, hints: &[usize], times: usize) -> Draft {
        let mut draft = self.corpus.get(base).cloned().unwrap_or_else(|| Draft::empty(Entry::Flow(String::new())));
        for _ in 0..times {
            let hint = self.random.pick(hints).and_then(|hint| self.guide.hints.get(*hint));
            if let Some(hint) = hint {
                hint.apply(&mut draft, &mut self.random);
            }
        }
        draft
    }
}

/// The time that is left, looked at now and then.
pub(crate) struct Clock {
    end: Instant,
    most: u64,
}

impl Clock {
    pub(crate) fn new(bounds: &Bounds) -> Self {
        Self { end: Instant::now() + bounds.time, most: bounds.tries }
    }

    pub(crate) fn is_over(&self, tries: u64) -> bool {
        tries >= self.most || (tries.is_multiple_of(8) && Instant::now() >= self.end)
    }
}

/// Runs a draft on each side; none if it can't be read on one.
pub(crate) fn attempt(sides: &[Flows<'_>], draft: &Draft) -> Option<Attempt> {
    attempt_where(sides, draft, None)
}

/// The same, but a run that entered none of the places where versions `differ` is not made again on the other side.
fn attempt_where(sides: &[Flows<'_>], draft: &Draft, differ: Option<&HashSet<Target>>) -> Option<Attempt> {
    let mut attempt = Attempt { observed: Vec::new(), targets: Vec::new(), unasked: HashSet::new() };
    for (number, flows) in sides.iter().enumerate() {
        if !leads_somewhere(flows, &draft.entry) {
            attempt.observed.push(None);
            continue;
        }
        let node = written(draft, flows)?;
        let trial = Trial::read(&node, flows, &|_| Err(std::io::ErrorKind::NotFound.into())).ok()?;
        let came = trial.run(flows, true).ok()?;
        let unasked: HashSet<String> = came.unasked.into_iter().collect();
        attempt.unasked = if number == 0 { unasked } else { attempt.unasked.intersection(&unasked).cloned().collect() };
        attempt.targets.extend(came.reached.map(|reached| targets(*reached)).unwrap_or_default());
        attempt.observed.push(Some(came.observed));
        if differ.is_some_and(|places| !attempt.targets.iter().any(|target| places.contains(target))) {
            attempt.observed.resize(sides.len(), attempt.observed.first().cloned().flatten());
            break;
        }
    }
    Some(attempt)
}

/// Whether a version has the route or the flow.
pub(crate) fn leads_somewhere(flows: &Flows<'_>, entry: &Entry) -> bool {
    match entry {
        Entry::Route(address) => matches!(flows.running.routes.find(address), RouteMatch::Route(_)),
        Entry::Flow(name) => {
            let folded = fold_name(name);
            [false, true].into_iter().any(|shared| flows.world.flow_named(&folded, shared).is_some())
        }
    }
}

/// The draft as a trial of a version: a case without name and expectations.
pub(crate) fn written(draft: &Draft, flows: &Flows<'_>) -> Option<Node> {
    let whole = |filling: &str| {
        let mut members = draft.beside(answers(draft, flows));
        members.push(("mail".to_owned(), draft.mail(filling)));
        Node::Map(members)
    };
    let plain = whole("");
    let Some(size) = draft.size else { return Some(plain) };
    let trial = Trial::read(&plain, flows, &|_| Err(std::io::ErrorKind::NotFound.into())).ok()?;
    Some(whole(&filling_of(size.saturating_sub(trial.raw().len()))))
}

/// What data actions answer, those that the version has, with the outputs that it knows.
pub(crate) fn answers(draft: &Draft, flows: &Flows<'_>) -> Vec<Node> {
    let one = |(name, answer): (&String, &Answer)| {
        let known = flows.running.data_actions.named(&fold_name(name))?;
        let said = match answer {
            Answer::Output(outputs) => {
                let has = |name: &str| known.contract.outputs.iter().any(|output| output.name == name);
                let outputs = outputs.iter().filter(|(name, _)| has(name));
                ("output", Node::Map(outputs.map(|(name, value)| (name.clone(), node_of(value))).collect()))
            }
            Answer::Error => ("error", Node::String("it failed".to_owned())),
            Answer::Timeout => ("timeout", Node::Boolean(true)),
        };
        let action = ("dataAction".to_owned(), Node::String(name.clone()));
        Some(Node::Map(vec![action, (said.0.to_owned(), said.1)]))
    };
    draft.answers.iter().filter_map(one).collect()
}
