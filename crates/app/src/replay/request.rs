//! What a replay is asked to do.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use uuid::Uuid;
use waypost_catalogue::changesets::{ChangeSet, Member};
use waypost_catalogue::edits::{AnyEdit, stored_edit};
use waypost_catalogue::shape::keyed;
use waypost_catalogue::tables::held::HeldRows;
use waypost_catalogue::versions::VersionName;
use waypost_catalogue::world::World;
use waypost_flow::diagnostic::{Code, Diagnostic, Problems};
use waypost_flow::document;
use waypost_flow::source::{self, Node};
use waypost_ids::{FlowId, Kind, Version};
use waypost_store::error::StoreError;
use waypost_store::revisions::Revisions;

use super::failed;

/// How many interactions are run when nothing is said.
pub const USUAL_COUNT: u64 = 1_000;

/// At most so many interactions are run.
pub const MOST_COUNT: i64 = 1_000_000;

/// What a replay is asked to do. It is kept as JSON, so that any node can begin it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReplayRequest {
    /// The flows that are to change.
    pub flows: Vec<ReplayMember>,
    /// Names of queues that would be made with them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub queues: Vec<String>,
    /// Objects that would be put or deleted with them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<KeptEdit>,
    /// All rows that tables would have, by the table's name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub rows: BTreeMap<String, Vec<Map<String, Json>>>,
    /// Only mail accepted at or after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Only mail accepted before; none is until now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Only mail of this route: its id, or its address `pattern@domain`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// Only mail whose last run began in this flow: its id or its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
    /// At most so many interactions, the newest; none is [`USUAL_COUNT`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// The share of interactions that is taken, chosen by their ids: above 0, 1 is all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<f64>,
}

/// One flow of the set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReplayMember {
    /// The flow's id, or for a new flow what the others call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow_id: Option<String>,
    /// The flow's name, if its id is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The flow's new document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<Json>,
    /// Or the version of it that is to be published: a number, `newest`, `published`, or a label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The revisions of a flow that is there which this is meant for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub if_match: Option<Revisions>,
}

/// An edit of an object as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeptEdit {
    /// The kind of object, in one word.
    pub kind: String,
    /// The edit; left out where a request is told again.
    #[serde(skip_serializing_if = "Json::is_null")]
    pub edit: Json,
}

impl KeptEdit {
    fn of(edit: &dyn AnyEdit) -> Result<Self, StoreError> {
        let kind = edit.kind().as_str().to_owned();
        Ok(Self { kind, edit: edit.to_json().map_err(|error| failed(&error))? })
    }

    fn edit(&self) -> Result<Arc<dyn AnyEdit>, StoreError> {
        let unknown = || failed(&format!("`{}` is not a kind of object", self.kind));
        let kind = Kind::named(&self.kind).ok_or_else(unknown)?;
        stored_edit(kind, &self.edit).map_err(|error| failed(&error))
    }
}

impl From<&Member> for ReplayMember {
    fn from(member: &Member) -> Self {
        let version = member.version.as_ref().map(|version| match version {
            VersionName::Number(number) => number.to_string(),
            VersionName::Published => "published".to_owned(),
            VersionName::Newest => "newest".to_owned(),
            VersionName::Label(label) => label.clone(),
        });
        let document = member.document.as_ref().map(Node::to_json);
        Self {
            flow_id: member.flow_id.clone(),
            name: member.name.clone(),
            document,
            version,
            if_match: member.if_match.clone(),
        }
    }
}

impl ReplayRequest {
    /// Refuses what can't be done whatever the catalogue.
    ///
    /// # Errors
    /// Every problem.
    pub fn check(&self) -> Result<(), Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let mut wrong = |path: &str, message: &str, expected: &str, found: String| {
            problems.push(Diagnostic::error(Code::InvalidValue, path, message).expected(expected).found(found));
        };
        if let (Some(since), Some(until)) = (self.since, self.until)
            && since >= until
        {
            wrong("since", "`since` is not before `until`", "a time before `until`", since.to_string());
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// Puts ids in the place of names.
    ///
    /// # Errors
    /// What is not there.
    pub fn resolve(&mut self, world: &World) -> Result<(), Vec<Diagnostic>> {
        let mut problems = Vec::new();
        if let Some(written) = self.route.take() {
            let known = |id: &Uuid| world.routes.contains_key(id);
            let address = || {
                let named = world
                    .routes
                    .values()
                    .find(|route| format!("{}@{}", route.pattern, route.domain).eq_ignore_ascii_case(&written));
                named.map(|route| route.id)
            };
            match written.parse().ok().filter(known).or_else(address) {
                Some(id) => self.route = Some(id.to_string()),
                None => problems.push(
                    Diagnostic::error(Code::InvalidValue, "route", format!("there is no route `{written}`"))
                        .expected("a route's id, or its address such as `support@example.com`"),
                ),
            }
        }
        if let Some(written) = self.caller.take() {
            let folded = document::fold_name(&written);
            let named = || world.flow_named(&folded, false).or_else(|| world.flow_named(&folded, true));
            let id = written.parse::<FlowId>().ok().filter(|id| world.flows.contains_key(id));
            match id.or_else(|| named().map(|flow| flow.id)) {
                Some(id) => self.caller = Some(id.to_string()),
                None => problems.push(
                    Diagnostic::error(Code::UnknownFlow, "caller", format!("there is no flow `{written}`"))
                        .expected("the id or the name of a flow"),
                ),
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// Takes a change set as what is to be replayed.
    ///
    /// # Errors
    /// Never, but for a defect.
    pub fn take(&mut self, set: &ChangeSet) -> Result<(), StoreError> {
        self.flows = set.members.iter().map(ReplayMember::from).collect();
        self.queues.clone_from(&set.queues);
        self.objects = set.objects.iter().map(|edit| KeptEdit::of(&**edit)).collect::<Result<_, _>>()?;
        Ok(())
    }

    /// The rows that tables would have in a world.
    ///
    /// # Errors
    /// Every problem: tables that are not there, rows that don't fit, keys that are there twice.
    pub fn held_rows(&self, world: &World) -> Result<HeldRows, Vec<Diagnostic>> {
        let (mut held, mut problems) = (HeldRows::default(), Problems::default());
        for (name, rows) in &self.rows {
            let place = format!("rows.{name}");
            let Some(table) = world.tables.named(&document::fold_name(name)) else {
                let known = world.tables.values().map(|table| table.record.name.as_str());
                let problem = Diagnostic::error(Code::UnknownTable, place, format!("there is no table `{name}`"));
                problems.push(problem.nearest(name, known));
                continue;
            };
            if held.holds(table.record.id) {
                let message = format!("the table `{name}` appears twice");
                problems.push(Diagnostic::error(Code::DuplicateKey, place, message));
                continue;
            }
            let (mut kept, mut seen) = (Vec::with_capacity(rows.len()), HashSet::new());
            for (index, row) in rows.iter().enumerate() {
                let place = format!("{place}[{index}]");
                match keyed(row.clone()).and_then(|(key, values)| table.row(&key, values)) {
                    Ok(row) if !seen.insert(row.folded.clone()) => {
                        let message = format!("the key `{}` appears twice", row.key);
                        problems.push(Diagnostic::error(Code::DuplicateKey, place, message));
                    }
                    Ok(row) => kept.push(row),
                    Err(more) => {
                        let below = |one: Diagnostic| Diagnostic { path: format!("{place}.{}", one.path), ..one };
                        problems.extend(more.into_iter().map(below));
                    }
                }
            }
            held.hold(table.record.id, kept);
        }
        if problems.is_empty() { Ok(held) } else { Err(problems.into_vec()) }
    }

    /// The change set that would publish it.
    ///
    /// # Errors
    /// A document that is not JSON.
    pub fn change_set(&self) -> Result<ChangeSet, StoreError> {
        let members = self.flows.iter().map(|one| {
            let document = match &one.document {
                None => None,
                Some(document) => Some(source::json(&document.to_string()).map_err(|error| failed(&error))?),
            };
            let version = one.version.as_deref().map(version_name);
            let (flow_id, name) = (one.flow_id.clone(), one.name.clone());
            let if_match = one.if_match.clone();
            Ok(Member { flow_id, name, document, version, if_match, ..Member::default() })
        });
        let members = members.collect::<Result<Vec<Member>, StoreError>>()?;
        let objects = self.objects.iter().map(KeptEdit::edit).collect::<Result<_, _>>()?;
        let queues = self.queues.clone();
        Ok(ChangeSet { members, queues, objects, dry_run: true, ..ChangeSet::default() })
    }

    /// How many interactions are run at most.
    #[must_use]
    pub fn most(&self) -> u64 {
        self.count.unwrap_or(USUAL_COUNT)
    }

    /// What is told of the request again: all but documents, bodies and rows.
    #[must_use]
    pub fn told(&self) -> BTreeMap<String, Json> {
        let bare = Self {
            flows: self
                .flows
                .iter()
                .map(|one| ReplayMember { document: None, if_match: None, ..one.clone() })
                .collect(),
            objects: self.objects.iter().map(|one| KeptEdit { edit: Json::Null, ..one.clone() }).collect(),
            rows: self.rows.keys().map(|table| (table.clone(), Vec::new())).collect(),
            ..self.clone()
        };
        let told = serde_json::to_value(bare).unwrap_or_default();
        told.as_object().cloned().unwrap_or_default().into_iter().collect()
    }
}

fn version_name(written: &str) -> VersionName {
    match (written.parse::<Version>(), written) {
        (Ok(number), _) => VersionName::Number(number),
        (Err(_), "published") => VersionName::Published,
        (Err(_), "newest") => VersionName::Newest,
        (Err(_), label) => VersionName::Label(label.to_owned()),
    }
}
