//! A search for mail: one that two versions decide differently, or one that reaches what no test has reached.

mod addresses;
mod attempt;
mod bases;
mod calls;
mod changed;
mod clock;
mod confirm;
mod draft;
mod ends;
mod entries;
mod envelope;
mod facts;
mod goal;
mod guide;
mod hints;
mod hunt;
mod instants;
mod inverse;
mod json;
mod kinds;
mod languages;
mod members;
mod moves;
mod numbers;
mod outside;
mod parts;
mod pattern;
mod random;
pub mod served;
mod several;
mod shrink;
mod solve;
mod source;
mod spread;
mod standings;
mod survey;
mod ways;
mod wiring;
mod written;

use std::collections::HashSet;

use serde_json::Value as Json;
use waypost_flow::document::{self, fold_name};
use waypost_flow_tests::coverage::Target;
use waypost_flow_tests::{Flows, Observed};

use clock::Clock;
use confirm::{confirmed, lighter};
pub use draft::{Draft, Entry};
use guide::Guide;
pub use hunt::Bounds;
use hunt::Hunt;

/// Mails that are tried of one entry before it is the next one's turn.
const TURN: u64 = 32;

/// So many mails come in by routes before flows that others call are called by themselves: a mail that is decided differently says
/// more than an output that no caller may read.
const MAIL_FIRST: u64 = 1_500;

/// A mail that two versions decide differently.
#[derive(Clone, Debug)]
pub struct Witness {
    /// Where it comes in.
    pub entry: Entry,
    /// The raw mail.
    pub mail: Vec<u8>,
    /// A test file that runs it, from a folder in which the mail is the file that was named.
    pub test: String,
    /// Whether the mail alone does not show the difference: it needs a time, an envelope, attributes, inputs or answers.
    pub needs_test: bool,
    /// What the first version makes of it; none if it has no such route or flow.
    pub before: Option<Observed>,
    /// What the second makes of it.
    pub after: Option<Observed>,
}

/// How a search ended.
#[derive(Debug)]
pub struct Searched {
    /// What was found.
    pub witness: Option<Witness>,
    /// How many mails were tried.
    pub tries: u64,
}

/// Searches for a mail that two versions decide differently: in decision, outcome, sends, attributes, or outputs of a flow that is
/// called by itself. `flow` narrows the search to one flow; `file` is what the mail will be called. The same seed tries the same mails.
#[must_use]
pub fn witness(sides: &[Flows<'_>; 2], flow: Option<&str>, file: &str, bounds: &Bounds, seed: u64) -> Searched {
    let differing = differing(sides);
    let entries = match flow {
        Some(name) => (vec![Entry::Flow(name.to_owned())], Vec::new()),
        None => (entries::entries(sides, false), entries::called(sides, &differing)),
    };
    among(sides, entries, file, (bounds, &|| true), seed)
}

/// The same among some entries, and later on among flows that others call, as long as it is `wanted`.
fn among(
    sides: &[Flows<'_>; 2],
    (entries, called): (Vec<Entry>, Vec<Entry>),
    file: &str,
    (bounds, wanted): (&Bounds, &dyn Fn() -> bool),
    seed: u64,
) -> Searched {
    let clock = Clock::new(bounds, wanted);
    let guide = Guide::of(sides, &clock);
    let differing = differing(sides);
    let affected = |entry: &Entry| is_affected(sides, entry, &differing);
    let hunt = |entry| Hunt::new(sides, &guide, entry, seed);
    let mut hunts: Vec<(bool, Hunt<'_>)> = entries.into_iter().map(|entry| (affected(&entry), hunt(entry))).collect();
    let some_affected = hunts.iter().any(|(affected, _)| *affected);
    let mut called: Vec<(bool, Hunt<'_>)> = called.into_iter().map(|entry| (true, hunt(entry))).collect();
    let (mut tries, mut round) = (0, 0_u64);
    while !hunts.is_empty() {
        if tries >= MAIL_FIRST {
            hunts.append(&mut called);
        }
        for (affected, hunt) in &mut hunts {
            // A change of routes shows with the first mail; after that, flows that are the same decide the same more often than not.
            if some_affected && !*affected && round % 16 != 0 {
                continue;
            }
            for _ in 0..if round == 0 { 1 } else { TURN } {
                if clock.is_over(tries) {
                    return Searched { witness: None, tries };
                }
                tries += 1;
                let Some((draft, attempt)) = hunt.step() else { continue };
                if attempt.differs()
                    && let Some(witness) = confirmed(sides, draft, file, &clock)
                {
                    let (witness, tries) = lighter(sides, witness, hunt, file, (tries, &clock));
                    return Searched { witness: Some(witness), tries };
                }
            }
        }
        round += 1;
    }
    Searched { witness: None, tries }
}

/// Whether an entry leads to a flow that differs, in one version at least.
fn is_affected(sides: &[Flows<'_>; 2], entry: &Entry, differing: &HashSet<String>) -> bool {
    sides.iter().any(|side| entries::reachable(side, entry).iter().any(|flow| differing.contains(flow)))
}

/// Flows that are in one version alone, or say something else in the other, by their folded names.
fn differing(sides: &[Flows<'_>; 2]) -> HashSet<String> {
    let said = |side: &Flows<'_>| -> HashSet<(String, String)> {
        let each = side.project.flows.iter().map(|entry| &entry.document);
        each.map(|document| (fold_name(&document.name), document::content_hash(document))).collect()
    };
    let [before, after] = sides;
    let (before, after) = (said(before), said(after));
    before.symmetric_difference(&after).map(|(name, _)| name.clone()).collect()
}

/// A case for something that no test reaches.
#[derive(Clone, Debug)]
pub struct Generated {
    /// What it reaches first.
    pub reaches: Vec<Target>,
    /// The case, with what came as what is expected.
    pub case: Json,
}

/// Searches for mail that reaches what is missing, and makes a case of each that does. `name` names a case by what it reaches.
#[must_use]
pub fn generate(
    flows: &Flows<'_>,
    missing: HashSet<Target>,
    bounds: &Bounds,
    seed: u64,
    name: &dyn Fn(&[Target]) -> String,
) -> (Vec<Generated>, u64) {
    let mut seen = written::Seen::default();
    let (mut found, tries) = generated(flows, missing, bounds, seed, name, &mut seen);
    for one in &mut found {
        seen.add_absent(&mut one.case);
    }
    (found, tries)
}

/// The same, with what came of any mail that was tried.
fn generated(
    flows: &Flows<'_>,
    mut missing: HashSet<Target>,
    bounds: &Bounds,
    seed: u64,
    name: &dyn Fn(&[Target]) -> String,
    seen: &mut written::Seen,
) -> (Vec<Generated>, u64) {
    let sides = [*flows];
    let clock = Clock::new(bounds, &|| true);
    let guide = Guide::of(&sides, &clock);
    let entries = entries::entries(&sides, true);
    let hunt = |entry| Hunt::new(&sides, &guide, entry, seed);
    let mut hunts: Vec<Hunt<'_>> = entries.into_iter().map(hunt).collect();
    let (mut found, mut tries) = (Vec::new(), 0);
    while !missing.is_empty() && !hunts.is_empty() {
        for hunt in &mut hunts {
            for _ in 0..TURN {
                if missing.is_empty() || clock.is_over(tries) {
                    return (found, tries);
                }
                tries += 1;
                let Some((draft, attempt)) = hunt.step() else { continue };
                attempt.observed.iter().flatten().for_each(|observed| seen.add(observed));
                let Some(first) = attempt.targets.iter().flatten().filter(|target| missing.contains(target)).min()
                else {
                    continue;
                };
                let first = *first;
                let small = shrink::shrunk(&sides, draft, &clock, &|attempt| attempt.reached(&first));
                let Some(attempt) = attempt::attempt(&sides, &small) else { continue };
                let mut reaches: Vec<Target> =
                    attempt.targets.iter().flatten().filter(|one| missing.contains(one)).copied().collect();
                reaches.sort();
                let Some(observed) = attempt.observed.first().and_then(Option::as_ref) else { continue };
                let expect = written::expected(observed);
                let case = written::case_with_mail(&small, flows, &name(&reaches), expect);
                let Some(case) = case.filter(|case| written::passes(case, flows)) else { continue };
                missing.retain(|target| !reaches.contains(target));
                found.push(Generated { reaches, case });
            }
        }
    }
    (found, tries)
}
