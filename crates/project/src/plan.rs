//! What applying a folder would do, for programs (`waypost plan --output json`), and as a file that does exactly that later.

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use waypost_wire::change::{ChangeSet, ChangeSetDone, ChangeSetFlow, ChangeSetObject, FlowDifference};
use waypost_wire::error::Problem;
use waypost_wire::replay::Replay;
use waypost_wire::table::RowCounts;

use crate::clients::PlannedClient;

/// What applying a folder would do to a server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The server's address.
    pub server: String,
    /// The project's name, if the folder has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Whether anything would change.
    pub changes: bool,
    /// What would change, in the order of kinds and names.
    pub objects: Vec<PlannedObject>,
    /// How many objects of the folder are on the server as the folder has them.
    pub unchanged: u64,
    /// Objects that are as the folder has them and that another project applied last. They stay with it, unless `apply` has `--take-over`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub of_others: Vec<PlannedOfOther>,
    /// Why the server would refuse it; nothing would change then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// What the server found wrong: each place that would break, in every caller.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
    /// Recorded mail as it would be decided, if that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<Replay>,
    /// For each flow that would change, a mail that it would decide differently, if that was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub witnesses: Vec<PlannedWitness>,
}

/// An object that another project applied last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedOfOther {
    /// Its kind.
    pub kind: String,
    /// Its name; a route's address.
    pub name: String,
    /// The project.
    pub project: String,
}

/// What a search found for a flow that would change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedWitness {
    /// The flow's name.
    pub flow: String,
    /// How many mails were tried.
    pub tries: u64,
    /// The mail; absent if none was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<String>,
    /// Whether the mail alone does not show the difference: it needs the test's route, time, envelope, attributes, inputs or answers.
    #[serde(default, rename = "needsTest", skip_serializing_if = "std::ops::Not::not")]
    pub needs_test: bool,
    /// A test file that expects what the folder makes of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<String>,
    /// What would be decided differently, a line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differs: Vec<String>,
}

/// An object that would change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlannedObject {
    /// Its kind: `flow`, `queue`, `route` and so on.
    pub kind: String,
    /// Its name; a route's address.
    pub name: String,
    /// `created`, `changed` or `deleted`.
    pub change: String,
    /// Where it would differ: members such as `priority`, parts of a flow such as `nodes[triage].actions[0].queue`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<FlowDifference>,
    /// How a table's rows would differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<RowCounts>,
    /// What uses it on the server, directly or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used_by: Vec<PlannedUser>,
    /// What may use it, directly or not: flows that decide for a queue at run time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub may_be_used_by: Vec<PlannedUser>,
    /// Why it can't be deleted as the server stands now, such as work that is in a queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<String>,
    /// The other project that applied it last. `apply` takes it over with `--take-over`, and refuses otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_from: Option<String>,
}

/// What uses an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct PlannedUser {
    /// Its kind.
    pub kind: String,
    /// Its name; a route's address pattern.
    pub name: String,
}

/// The JSON Schema of [`Plan`].
#[must_use]
pub fn schema() -> Schema {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Plan>()
}

/// The number of the form that plan files have.
pub const FORMAT: u32 = 1;

/// A plan as it is kept in a file. It holds no secret: change sets have none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SavedPlan {
    /// The number of the form.
    pub format: u32,
    /// What it would do.
    pub plan: Plan,
    /// What it is based on.
    pub base: Base,
    /// The change set that does it. What is deleted is named.
    pub set: ChangeSet,
    /// How the set's flows are written, in their order: kept beside their versions once the set is in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<Option<String>>,
    /// Whole contents of tables whose rows differ, as CSV, by the table's name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rows: BTreeMap<String, String>,
    /// Clients, which come after the change set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clients: Vec<PlannedClient>,
}

/// What a plan is based on: every object that it is about, as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// The catalogue's epoch: if it is still the same, all objects are.
    pub epoch: u64,
    /// Objects by kind and name, with the `ETag` that each had; none for what was not there.
    pub objects: BTreeMap<String, Option<String>>,
    /// Versions of the rows of tables, by the table's name.
    pub rows: BTreeMap<String, u64>,
}

impl Base {
    /// What a change set found where it looked.
    #[must_use]
    pub fn of(done: &ChangeSetDone) -> Self {
        let flows = done.flows.iter().map(|one| (format!("flow {}", one.name), one.before.clone()));
        let objects = done.objects.iter().map(|one| (format!("{} {}", one.kind, one.name), one.before.clone()));
        let queues = done.queues.iter().map(|one| {
            let before = (one.outcome == "unchanged").then(|| "*".to_owned());
            (format!("queue {}", one.name), before)
        });
        let mut all = BTreeMap::new();
        for (name, before) in queues.chain(flows).chain(objects) {
            // Two flows, one of each type, may have the same name.
            let before = match all.remove(&name) {
                None => before,
                Some(other) => both(other, before),
            };
            all.insert(name, before);
        }
        Self { epoch: done.epoch, objects: all, rows: BTreeMap::new() }
    }

    /// The objects that are not as this plan is based on, in words.
    #[must_use]
    pub fn changed_since(&self, now: &Self) -> Vec<String> {
        let became =
            |before: &Option<String>, now: Option<&Option<String>>| match (before, now.and_then(Option::as_ref)) {
                (None, Some(_)) => "was created",
                (Some(_), None) => "was deleted",
                _ => "was changed",
            };
        let differ = self.objects.iter().filter(|(name, before)| now.objects.get(*name) != Some(*before));
        differ.map(|(name, before)| format!("{name} {}", became(before, now.objects.get(name)))).collect()
    }
}

fn both(one: Option<String>, other: Option<String>) -> Option<String> {
    match (one, other) {
        (None, None) => None,
        (one, other) => Some(format!("{} {}", one.unwrap_or_default(), other.unwrap_or_default())),
    }
}

/// The same set, with what it would delete by itself named one by one.
#[must_use]
pub fn explicit(set: ChangeSet, done: &ChangeSetDone) -> ChangeSet {
    let gone = |outcome: &str| outcome == "deleted";
    let flows = done.flows.iter().skip(set.flows.len()).filter(|one| gone(&one.outcome)).map(|one| ChangeSetFlow {
        flow_id: Some(one.flow_id.to_string()),
        delete: true,
        if_match: one.before.clone(),
        ..ChangeSetFlow::default()
    });
    let objects = done.objects.iter().skip(set.objects.len()).filter(|one| gone(&one.outcome));
    let objects = objects.map(|one| ChangeSetObject {
        kind: one.kind.clone(),
        id: Some(one.id.clone()),
        delete: true,
        if_match: one.before.clone(),
        ..ChangeSetObject::default()
    });
    let (flows, objects): (Vec<_>, Vec<_>) = (flows.collect(), objects.collect());
    let mut set = ChangeSet { prune: false, take_over: false, dry_run: false, ..set };
    set.flows.extend(flows);
    set.objects.extend(objects);
    set
}
