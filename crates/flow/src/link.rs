//! Programs that run together: one consistent snapshot of what is published.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::actions::facts::Effect;
use crate::data_action::Contract;
use crate::program::{Callee, DataActionTarget, Program, Selector};
use waypost_ids::{DataActionId, FlowId, LabelTarget, Version};

type Labels = Vec<(Arc<str>, Vec<LabelTarget>)>;

/// The flows that a run can come to, in the versions of the snapshot that it began with. A run that waits keeps it: it goes on with these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowSet {
    /// The flow that the run starts with, and its version.
    pub start: (FlowId, Version),
    /// What is published of the flows that are called as that.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub published: BTreeMap<FlowId, Version>,
    /// The labels that flows are called by.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<FlowId, BTreeMap<String, Vec<LabelTarget>>>,
    /// All versions that have a program.
    pub versions: BTreeSet<(FlowId, Version)>,
    /// The data actions that they call. One that was deleted meanwhile is still called as it was then, and that fails.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub data_actions: BTreeMap<DataActionId, CalledAction>,
}

/// What a program knows of a data action that it calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalledAction {
    /// Its name.
    pub name: String,
    /// What it takes and gives.
    pub contract: Contract,
}

/// Programs by flow and version, and which version of each flow is published or labelled.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    programs: FxHashMap<(FlowId, Version), Arc<Program>>,
    published: FxHashMap<FlowId, Version>,
    labels: FxHashMap<FlowId, Labels>,
}

impl Snapshot {
    /// Adds a program; with `publish`, callers without a version follow it.
    pub fn insert(&mut self, program: Arc<Program>, publish: bool) {
        let flow = program.interface.flow;
        if publish {
            self.published.insert(flow, program.version);
        }
        self.programs.insert((flow, program.version), program);
    }

    /// Gives versions of a flow a name.
    pub fn label(&mut self, flow: FlowId, label: &str, targets: Vec<LabelTarget>) {
        let labels = self.labels.entry(flow).or_default();
        labels.retain(|(known, _)| &**known != label);
        labels.push((Arc::from(label), targets));
    }

    /// The program that a call means in an interaction, and which of the label's targets it is (0 without a weighted label).
    pub fn resolve(&self, callee: &Callee, interaction_id: &str) -> Option<(usize, &Arc<Program>)> {
        let (position, version) = match &callee.selector {
            Selector::Published => (0, *self.published.get(&callee.flow)?),
            Selector::Version(version) => (0, *version),
            Selector::Label(label) => {
                let (_, targets) = self.labels.get(&callee.flow)?.iter().find(|(known, _)| known == label)?;
                let position = choose(targets, callee.flow, label, interaction_id);
                (position, targets.get(position)?.version)
            }
        };
        Some((position, self.programs.get(&(callee.flow, version))?))
    }

    /// The program of a version.
    pub fn program(&self, flow: FlowId, version: Version) -> Option<&Arc<Program>> {
        self.programs.get(&(flow, version))
    }

    /// What a run that starts with a program can come to, through whatever calls.
    pub fn reach(&self, start: &Program) -> FlowSet {
        let mut set = FlowSet {
            start: (start.interface.flow, start.version),
            published: BTreeMap::new(),
            labels: BTreeMap::new(),
            versions: BTreeSet::new(),
            data_actions: BTreeMap::new(),
        };
        let mut open = vec![start];
        while let Some(program) = open.pop() {
            if !set.versions.insert((program.interface.flow, program.version)) {
                continue;
            }
            for action in program.actions() {
                let callee = match action.kind.facts().effect {
                    Some(Effect::Calls(callee)) => callee,
                    Some(Effect::AsksOutside(DataActionTarget { id, name, contract })) => {
                        let called = || CalledAction { name: name.to_string(), contract: Contract::clone(contract) };
                        set.data_actions.entry(*id).or_insert_with(called);
                        continue;
                    }
                    Some(Effect::Asks | Effect::Sends | Effect::Sets) | None => continue,
                };
                let targets: Vec<Version> = match &callee.selector {
                    Selector::Version(version) => vec![*version],
                    Selector::Published => {
                        let published = self.published.get(&callee.flow).copied();
                        set.published.extend(published.map(|version| (callee.flow, version)));
                        published.into_iter().collect()
                    }
                    Selector::Label(label) => {
                        let labels = self.labels.get(&callee.flow);
                        let named = labels.and_then(|labels| labels.iter().find(|(known, _)| known == label));
                        let targets = named.map(|(_, targets)| targets.clone()).unwrap_or_default();
                        let versions = targets.iter().map(|target| target.version).collect();
                        set.labels.entry(callee.flow).or_default().insert(label.to_string(), targets);
                        versions
                    }
                };
                open.extend(
                    targets.iter().filter_map(|version| self.program(callee.flow, *version).map(|found| &**found)),
                );
            }
        }
        set
    }

    /// The published program of a flow.
    pub fn published(&self, flow: FlowId) -> Option<&Arc<Program>> {
        self.programs.get(&(flow, *self.published.get(&flow)?))
    }
}

/// Which target an interaction gets: a function of interaction, flow and label alone, so that a rerun gets the same, and so that two
/// labels choose apart. The hash is a fraction that is held against the shares, in the order of versions: how the weights are written
/// down does not matter (9:1 is 90:10), and when they change, only the difference moves.
fn choose(targets: &[LabelTarget], flow: FlowId, label: &str, interaction_id: &str) -> usize {
    let sum: u128 = targets.iter().map(|target| u128::from(target.weight)).sum();
    if targets.len() < 2 || sum == 0 {
        return 0;
    }
    let mut hasher = Sha256::new();
    for part in [interaction_id.as_bytes(), flow.0.as_bytes(), label.as_bytes()] {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let hash = hasher.finalize();
    let mut first = [0; 8];
    first.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    // fraction / 2^64 < share / sum, without a division.
    let fraction = u128::from(u64::from_le_bytes(first)) * sum;
    let mut ordered: Vec<(usize, &LabelTarget)> = targets.iter().enumerate().collect();
    ordered.sort_by_key(|(_, target)| target.version);
    let mut share = 0;
    for (position, target) in ordered {
        share += u128::from(target.weight);
        if fraction < share << 64 {
            return position;
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    /// The versions that ten thousand interactions get, each target as `version:weight`.
    fn versions(targets: &str) -> Vec<u32> {
        let targets: Vec<LabelTarget> = targets
            .split(' ')
            .map(|target| target.split_once(':').unwrap())
            .map(|(version, weight)| LabelTarget { version: version.parse().unwrap(), weight: weight.parse().unwrap() })
            .collect();
        let flow = FlowId(Uuid::from_u128(7));
        let choose = |number| targets[choose(&targets, flow, "stable", &format!("i-{number}"))].version;
        (0..10_000).map(choose).collect()
    }

    fn share(targets: &str, version: u32) -> usize {
        versions(targets).iter().filter(|chosen| **chosen == version).count()
    }

    #[test]
    fn weights_are_shares_and_the_choice_is_the_same_each_time() {
        let tenth = share("1:90 2:10", 2);
        assert!((900..1100).contains(&tenth), "{tenth}");
        assert_eq!(tenth, share("1:90 2:10", 2));
        assert_eq!((share("1:1 2:0", 2), share("1:0 2:5", 2), share("1:0 2:0", 2)), (0, 10_000, 0));
        let rare = share("1:4294967295 2:1", 2);
        assert_eq!(rare, 0);
    }

    /// growthbook/growthbook-js#22, vercel/flags#427
    #[test]
    fn how_weights_are_written_down_moves_no_interaction() {
        let before = versions("3:90 7:10");
        for same in ["7:10 3:90", "3:9 7:1", "7:1 3:9", "3:900000000 7:100000000"] {
            assert_eq!(versions(same), before, "{same}");
        }
        assert_eq!(versions("1:1 2:1"), versions("2:4294967295 1:4294967295"));
    }

    #[test]
    fn weights_that_change_move_only_the_difference() {
        let steps = ["3:100 7:0", "3:99 7:1", "3:9 7:1", "7:25 3:75", "3:1 7:1", "3:0 7:1"];
        for pair in steps.windows(2) {
            let (before, after) = (versions(pair[0]), versions(pair[1]));
            // A canary that grows never gives an interaction back.
            assert!(before.iter().zip(&after).all(|(before, after)| before <= after), "{pair:?}");
        }
        let back = versions("3:95 7:5").into_iter().zip(versions("3:9 7:1")).filter(|(less, more)| less > more).count();
        assert_eq!(back, 0);
    }

    #[test]
    fn labels_choose_apart() {
        let targets = [LabelTarget { version: 1, weight: 1 }, LabelTarget { version: 2, weight: 1 }];
        let flow = FlowId(Uuid::from_u128(7));
        let both = |number: &u32| {
            let id = format!("i-{number}");
            choose(&targets, flow, "a", &id) == choose(&targets, flow, "b", &id)
        };
        let alike = (0..10_000).filter(both).count();
        assert!((4_700..5_300).contains(&alike), "{alike}");
    }
}
