//! `POST /changesets`: many flows and other objects changed at once, or none of them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use waypost_app::access::scopes::Scope;
use waypost_catalogue::changesets::{ChangeSet, Member, Outcome, QueueDone};
use waypost_catalogue::data_actions::KnownDataAction;
use waypost_catalogue::edits::{AnyEdit, ObjectDone, ObjectEdit, Which, Writing};
use waypost_catalogue::error::ChangeError;
use waypost_catalogue::projects::{OfAnother, ProjectSet};
use waypost_catalogue::schedules::KnownSchedule;
use waypost_catalogue::shape::Table;
use waypost_catalogue::terms::with_kind;
use waypost_flow::source::{self, Node};
use waypost_ids::{Kind, Ref};
use waypost_store::records::audit::By;
use waypost_store::records::catalogue::{DomainRecord, QueueRecord, RouteRecord};
use waypost_store::records::mailboxes::MailboxRecord;
use waypost_store::records::outside::WebhookRecord;
use waypost_store::revisions::Revisions;
use waypost_wire::change::{ChangeSet as WireChangeSet, ChangeSetDone, ChangedFlow, ChangedObject, ChangedQueue};
use waypost_wire::error::Problem;

use crate::auth::{Caller, FlowRead};
use crate::body::FlowBody;
use crate::error::{ApiError, diagnosed};
use crate::fields::Fields;
use crate::flows::{VERSION_EXPECTED, version_in};
use crate::objects::{Call, PathParts, Resource, missing};
use crate::openapi::Endpoints;
use crate::openapi::operation::operation;
use crate::query::Query;
use crate::revision::{listed, tag};
use crate::state::ApiState;

const SUMMARY: &str = "Change many flows and other objects, all or nothing. A dry run needs only read scopes; a change needs `flow:write`, and \
                       `routing:write` for objects";

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    let described = operation("postChangesets", Scope::FlowRead, SUMMARY)
        .body::<WireChangeSet>()
        .answers::<ChangeSetDone>()
        .refuses(&[404, 409, 410, 412]);
    Endpoints::default().post("/changesets", publish, described)
}

/// The endpoint. A dry run takes scopes that read: it tells, and changes nothing. Objects and queues take the scope for them, too.
pub async fn publish(
    State(state): State<ApiState>,
    caller: Caller<FlowRead>,
    query: Query,
    FlowBody(body): FlowBody,
) -> Result<Json<ChangeSetDone>, ApiError> {
    query.finish()?;
    let (set, note) = read(&body, &state)?;
    let prunes = set.project.as_ref().is_some_and(|project| project.prune);
    let objects = prunes || !set.objects.is_empty();
    if set.dry_run {
        // What is said of objects is told even by a dry run, and which names there are: a document that names a queue nearly right is told
        // its name. Whoever publishes flows sees that anyhow.
        let told = objects || !set.queues.is_empty() || !caller.may(Scope::FlowWrite);
        caller.must(told.then_some(Scope::RoutingRead))?;
    } else {
        caller.must(Some(Scope::FlowWrite))?;
        caller.must((objects || !set.queues.is_empty()).then_some(Scope::RoutingWrite))?;
    }
    let by = By { actor: &caller.client, note: note.as_deref() };
    let dry_run = set.dry_run;
    let done = state.app.catalogue.change_set(by, set).await.map_err(|error| match error {
        ChangeError::Invalid(problems) => ApiError::invalid("changeset.invalid", diagnosed(&problems)),
        other => other.into(),
    })?;
    let project_in = |others: &[OfAnother], object: &Ref| {
        let other = others.iter().find(|one| one.object == *object)?;
        Some(other.project.to_string())
    };
    let taken_from = |object: &Ref| project_in(&done.others.taken, object);
    let stays_with = |object: &Ref| project_in(&done.others.left, object);
    let flows = done
        .flows
        .into_iter()
        .map(|one| ChangedFlow {
            flow_id: one.record.id,
            name: one.record.name.clone(),
            version: one.record.published,
            outcome: outcome(one.outcome).to_owned(),
            before: one.before.map(|revision| tag(revision).1),
            taken_from: taken_from(&one.record.id.into()),
            stays_with: stays_with(&one.record.id.into()),
        })
        .collect();
    let queue = |queue: QueueDone| ChangedQueue {
        name: queue.name,
        outcome: outcome(if queue.new { Outcome::Created } else { Outcome::Unchanged }).to_owned(),
    };
    let epoch = done.epoch;
    let queues = done.queues.into_iter().map(queue).collect();
    let object = |done: ObjectDone| ChangedObject {
        taken_from: taken_from(&done.object),
        stays_with: stays_with(&done.object),
        kind: done.object.kind.as_str().to_owned(),
        id: done.object.to_string(),
        name: done.name,
        outcome: done.outcome.as_str().to_owned(),
        before: done.before.map(|revision| tag(revision).1),
        differs: done.differs,
    };
    let objects = done.objects.into_iter().map(object).collect();
    Ok(Json(ChangeSetDone { dry_run, epoch, flows, queues, objects }))
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Created => "created",
        Outcome::Published => "published",
        Outcome::Described => "described",
        Outcome::Unchanged => "unchanged",
        Outcome::Deleted => "deleted",
    }
}

/// Reads the body; every problem at once. Documents are taken from the tree as it was sent, keys that stand twice included.
fn read(body: &Node, state: &ApiState) -> Result<(ChangeSet, Option<String>), ApiError> {
    let mut top = Fields::of_tree(body, &["flows", "objects"])?;
    let dry_run = top.flag("dryRun").unwrap_or_default();
    let note = top.text("note");
    let if_epoch = top.parsed("ifEpoch", "the `epoch` of an earlier answer", serde_json::Value::as_u64);
    let prune = top.flag("prune").unwrap_or_default();
    let is_name = |name: &str| (1..=64).contains(&name.chars().count()) && !name.contains(char::is_control);
    let name = top.parsed("project", "a name of 1 to 64 characters", |name| {
        name.as_str().filter(|name| is_name(name)).map(str::to_owned)
    });
    if prune && name.is_none() && !top.has_problems() {
        top.missing("project", "the name of the project whose objects are deleted");
    }
    let take_over = top.flag("takeOver").unwrap_or_default();
    let project = name.map(|name| ProjectSet { name, prune, take_over });
    let queues = top.texts("queues").unwrap_or_default();
    let objects = objects(body, &mut top, state);
    // A project that has nothing any more is pruned by a set that is empty.
    let others = prune || !queues.is_empty() || source::member(body, "objects").is_some();
    let no_flows = others && source::member(body, "flows").is_none();
    let members = if no_flows { Vec::new() } else { members(body, &mut top) };
    top.finish(&["flows", "queues", "objects", "project", "prune", "takeOver", "ifEpoch", "dryRun", "note"])?;
    Ok((ChangeSet { members, queues, objects, project, if_epoch, dry_run }, note))
}

/// Reads a set's objects; their problems are added to those of the body.
pub(crate) fn objects(body: &Node, top: &mut Fields, state: &ApiState) -> Vec<Arc<dyn AnyEdit>> {
    let mut edits = Vec::new();
    match source::member(body, "objects") {
        None => {}
        Some(Node::List(items)) => {
            for (index, item) in items.iter().enumerate() {
                let place = format!("objects[{index}]");
                match object(item, &place, state) {
                    Ok(edit) => edits.push(edit),
                    Err(error) => placed(&place, error).into_iter().for_each(|problem| top.problem(problem)),
                }
            }
        }
        Some(_) => top.problem(Problem {
            path: Some("objects".to_owned()),
            expected: Some("a list of objects, each with a `kind`, and `put` or `delete`".to_owned()),
            ..Problem::new("invalid.value", "`objects` must be a list")
        }),
    }
    edits
}

fn object(item: &Node, place: &str, state: &ApiState) -> Result<Arc<dyn AnyEdit>, ApiError> {
    let mut fields = Fields::of_tree(item, &["put"])?;
    let kinds: Vec<&str> = Kind::ALL.iter().filter(|kind| kind.is_in_change_sets()).map(|kind| kind.as_str()).collect();
    let expected = format!("one of {}", kinds.join(", "));
    let kind =
        fields.parsed("kind", &expected, |kind| Kind::named(kind.as_str()?).filter(|kind| kind.is_in_change_sets()));
    if kind.is_none() && !fields.has_problems() {
        fields.missing("kind", &expected);
    }
    let (id, name, domain) = (fields.text("id"), fields.text("name"), fields.text("domain"));
    let delete = fields.flag("delete").unwrap_or_default();
    let put = source::member(item, "put");
    if delete == put.is_some() {
        fields.missing("put", "either `put` or `delete`");
    }
    let writing = match fields.flag("ifMissing").unwrap_or_default() {
        true => Writing::IfMissing,
        false => Writing::IfDifferent,
    };
    if delete && id.is_none() && name.is_none() {
        fields.missing("id", "the `id` or the `name` of the object to delete");
    }
    let unplaced = domain.is_none() && id.is_none() && name.is_none();
    if kind == Some(Kind::Route) && put.is_some() && unplaced {
        fields.missing("domain", "the domain of the route");
    }
    let if_match = fields.parsed("ifMatch", "tags, such as `\"7\"`", |tags| listed(tags.as_str()?));
    if kind == Some(Kind::Webhook)
        && put.and_then(|put| source::member(put, "secret")).is_some_and(|secret| *secret != Node::Null)
    {
        // Sets are kept, for replays, and shown.
        fields.problem(Problem {
            path: Some("put.secret".to_owned()),
            suggestion: Some("leave it out, and rotate the webhook's secret afterwards".to_owned()),
            ..Problem::new("invalid.value", "secrets can't be in a change set")
        });
    }
    fields.finish(&["kind", "id", "name", "domain", "put", "ifMissing", "delete", "ifMatch"])?;
    let asked = Asked { id, name, domain, put, writing, if_match, place, state };
    match kind {
        Some(Kind::Queue) => asked.edit::<QueueRecord>(),
        Some(Kind::Table) => asked.edit::<Table>(),
        Some(Kind::Schedule) => asked.edit::<KnownSchedule>(),
        Some(Kind::Domain) => asked.edit::<DomainRecord>(),
        Some(Kind::Route) => asked.edit::<RouteRecord>(),
        Some(Kind::Webhook) => asked.edit::<WebhookRecord>(),
        Some(Kind::DataAction) => asked.edit::<KnownDataAction>(),
        Some(Kind::Mailbox) => asked.edit::<MailboxRecord>(),
        Some(Kind::Term(term)) => with_kind(term, asked),
        // Flows have a list of their own, and secrets can't be in a change set.
        Some(Kind::Flow | Kind::Secret) | None => Err(ApiError::invalid("invalid.value", Vec::new())),
    }
}

/// What a set asks for of an object.
pub(crate) struct Asked<'s> {
    id: Option<String>,
    name: Option<String>,
    domain: Option<String>,
    put: Option<&'s Node>,
    writing: Writing,
    if_match: Option<Revisions>,
    place: &'s str,
    state: &'s ApiState,
}

impl Asked<'_> {
    pub(crate) fn edit<K: Resource>(self) -> Result<Arc<dyn AnyEdit>, ApiError> {
        let to = match self.put {
            None => None,
            Some(put) => {
                let call = if self.id.is_none() && self.name.is_none() { Call::Create } else { Call::Change };
                let of_name = || self.name.as_deref()?.rsplit_once('@').map(|(_, domain)| domain.to_owned());
                let path = PathParts::of("domainId", self.domain.clone().or_else(of_name).unwrap_or_default());
                let spec = Fields::of_tree(put, &[])
                    .and_then(|body| missing::spec::<K>(call, body, |body| K::spec(call, body, &path, self.state)));
                Some(spec.map_err(|error| ApiError::invalid("invalid.value", placed("put", error)))?)
            }
        };
        let which = match (self.id, self.name, &to) {
            (Some(id), ..) => Which::Id(K::id_in(&PathParts::of(K::OFFER.parameter(), id))?),
            (None, Some(name), _) => Which::Named(name),
            (None, None, Some(spec)) => Which::Named(K::name_wanted(spec)),
            (None, None, None) => return Err(ApiError::invalid("invalid.value", Vec::new())),
        };
        let inside = if to.is_some() { ".put." } else { "." };
        let place = format!("{}{inside}", self.place);
        let (if_match, writing) = (self.if_match, self.writing);
        Ok(Arc::new(ObjectEdit::<K> { which, to, if_match, writing, place }))
    }
}

/// Problems below a place. An error without problems is one itself.
pub(crate) fn placed(place: &str, error: ApiError) -> Vec<Problem> {
    let mut problems = error.listed();
    for problem in &mut problems {
        let inside = problem.path.as_ref().map(|path| format!(".{path}")).unwrap_or_default();
        problem.path = Some(format!("{place}{inside}"));
    }
    problems
}

/// Reads a set's flows; their problems are added to those of the body.
pub(crate) fn members(body: &Node, top: &mut Fields) -> Vec<Member> {
    let Some(Node::List(items)) = source::member(body, "flows") else {
        top.missing("flows", "a list of flows, each with a `document` or a `version`");
        return Vec::new();
    };
    let mut members = Vec::new();
    for (index, item) in items.iter().enumerate() {
        match member(item, index) {
            Ok(member) => members.push(member),
            Err(problems) => problems.into_iter().for_each(|problem| top.problem(problem)),
        }
    }
    members
}

/// The same of a set that is only run: a flow that is to go has nothing to run.
pub(crate) fn members_that_run(body: &Node, top: &mut Fields, what: &str) -> Vec<Member> {
    let members = members(body, top);
    for (index, _) in members.iter().enumerate().filter(|(_, member)| member.delete) {
        top.problem(Problem {
            path: Some(format!("flows[{index}].delete")),
            ..Problem::new("invalid.value", format!("{what} can't run a flow that is to be deleted"))
        });
    }
    members
}

fn member(item: &Node, index: usize) -> Result<Member, Vec<Problem>> {
    let place = |error| placed(&format!("flows[{index}]"), error);
    let mut fields = Fields::of_tree(item, &["document"]).map_err(place)?;
    let member = Member {
        flow_id: fields.text("flowId"),
        name: fields.text("name"),
        document: source::member(item, "document").cloned(),
        version: fields.parsed("version", VERSION_EXPECTED, version_in),
        delete: fields.flag("delete").unwrap_or_default(),
        if_match: fields.parsed("ifMatch", "tags, such as `\"7\"`", |tags| listed(tags.as_str()?)),
    };
    fields.finish(&["flowId", "name", "document", "version", "delete", "ifMatch"]).map_err(place)?;
    Ok(member)
}
