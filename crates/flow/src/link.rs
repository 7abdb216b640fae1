//! Programs that run together: one consistent snapshot of what is published.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};

use crate::program::{Callee, Program, Selector};
use waypost_ids::{FlowId, LabelTarget, Version};

type Labels = Vec<(Arc<str>, Vec<LabelTarget>)>;

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

    /// The published program of a flow.
    pub fn published(&self, flow: FlowId) -> Option<&Arc<Program>> {
        self.programs.get(&(flow, *self.published.get(&flow)?))
    }
}

/// Which target an interaction gets: a function of interaction, flow and label alone, so that a rerun gets the same, and
/// so that two labels don't choose alike.
fn choose(targets: &[LabelTarget], flow: FlowId, label: &str, interaction_id: &str) -> usize {
    let sum: u64 = targets.iter().map(|target| u64::from(target.weight)).sum();
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
    let mut left = u64::from_le_bytes(first) % sum;
    for (position, target) in targets.iter().enumerate() {
        let weight = u64::from(target.weight);
        if left < weight {
            return position;
        }
        left -= weight;
    }
    0
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn share(weights: [u32; 2]) -> usize {
        let targets = [LabelTarget { version: 1, weight: weights[0] }, LabelTarget { version: 2, weight: weights[1] }];
        let flow = FlowId(Uuid::from_u128(7));
        (0..10_000).filter(|number| choose(&targets, flow, "stable", &format!("i-{number}")) == 1).count()
    }

    #[test]
    fn weights_are_shares_and_the_choice_is_the_same_each_time() {
        let tenth = share([90, 10]);
        assert!((900..1100).contains(&tenth), "{tenth}");
        assert_eq!(tenth, share([90, 10]));
        assert_eq!((share([1, 0]), share([0, 5]), share([0, 0])), (0, 10_000, 0));
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
