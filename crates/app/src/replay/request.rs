//! What a replay is asked to do.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use uuid::Uuid;
use waypost_catalogue::changesets::{ChangeSet, Member};
use waypost_catalogue::versions::VersionName;
use waypost_catalogue::world::World;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::source::{self, Node};
use waypost_ids::{FlowId, Version};

use super::failed;
use crate::error::AppError;

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
    /// The flow's name, where its id is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<Json>,
    /// Or the version of it that is to be published: a number, `newest`, `published`, or a label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
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
        Self { flow_id: member.flow_id.clone(), name: member.name.clone(), document, version }
    }
}

impl ReplayRequest {
    /// Refuses what can't be done whatever the catalogue.
    ///
    /// # Errors
    /// Every problem.
    pub fn check(&self) -> Result<(), AppError> {
        let mut problems = Vec::new();
        let mut wrong = |path: &str, message: &str, expected: &str, found: String| {
            problems.push(Diagnostic::error(Code::InvalidValue, path, message).expected(expected).found(found));
        };
        if let (Some(since), Some(until)) = (self.since, self.until)
            && since >= until
        {
            wrong("since", "nothing lies between `since` and `until`", "a time before `until`", since.to_string());
        }
        if problems.is_empty() { Ok(()) } else { Err(AppError::Invalid(problems)) }
    }

    /// Puts ids in the place of names.
    ///
    /// # Errors
    /// What is not there.
    pub fn resolve(&mut self, world: &World) -> Result<(), AppError> {
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
            let folded = waypost_flow::document::fold_name(&written);
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
        if problems.is_empty() { Ok(()) } else { Err(AppError::Invalid(problems)) }
    }

    /// The change set that would publish it.
    ///
    /// # Errors
    /// A document that is not JSON.
    pub fn change_set(&self) -> Result<ChangeSet, AppError> {
        let members = self.flows.iter().map(|one| {
            let document = match &one.document {
                None => None,
                Some(document) => {
                    Some(source::json(&document.to_string()).map_err(|error| AppError::Store(failed(&error)))?)
                }
            };
            let version = one.version.as_deref().map(version_name);
            let (flow_id, name) = (one.flow_id.clone(), one.name.clone());
            Ok(Member { flow_id, name, document, version, ..Member::default() })
        });
        let members = members.collect::<Result<Vec<Member>, AppError>>()?;
        Ok(ChangeSet { members, queues: self.queues.clone(), dry_run: true, ..ChangeSet::default() })
    }

    /// How many interactions are run at most.
    #[must_use]
    pub fn most(&self) -> u64 {
        self.count.unwrap_or(USUAL_COUNT)
    }

    /// What is told of the request again: all but the documents.
    #[must_use]
    pub fn told(&self) -> BTreeMap<String, Json> {
        let bare = Self {
            flows: self.flows.iter().map(|one| ReplayMember { document: None, ..one.clone() }).collect(),
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
