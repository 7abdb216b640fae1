//! `POST /changesets`: many flows published at once, or none of them.

use axum::Json;
use axum::extract::State;
use waypost_app::access::scopes::Scope;
use waypost_app::catalogue::changesets::{ChangeSet, Member, Outcome, QueueDone};
use waypost_app::catalogue::plan::By;
use waypost_app::error::AppError;
use waypost_flow::source::{self, Node};
use waypost_wire::change::{ChangeSet as WireChangeSet, ChangeSetDone, ChangedFlow, ChangedQueue};
use waypost_wire::error::Problem;

use crate::auth::{Caller, FlowWrite, RoutingWrite};
use crate::body::FlowBody;
use crate::error::{ApiError, diagnosed};
use crate::fields::Fields;
use crate::flows::{VERSION_EXPECTED, version_in};
use crate::openapi::Endpoints;
use crate::openapi::operation::operation;
use crate::query::Query;
use crate::state::ApiState;

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    let described = operation("postChangesets", Scope::FlowWrite, "Publish many flows at once, or none of them")
        .body::<WireChangeSet>()
        .answers::<ChangeSetDone>()
        .refuses(&[404, 409, 410]);
    Endpoints::default().post("/changesets", publish, described)
}

/// The endpoint. Making queues takes the scope for them, too.
pub async fn publish(
    State(state): State<ApiState>,
    caller: Caller<FlowWrite>,
    routing: Result<Caller<RoutingWrite>, ApiError>,
    query: Query,
    FlowBody(body): FlowBody,
) -> Result<Json<ChangeSetDone>, ApiError> {
    query.finish()?;
    let (set, note) = read(&body)?;
    if !set.queues.is_empty() && !set.dry_run {
        routing?;
    }
    let by = By { actor: &caller.client, note: note.as_deref() };
    let dry_run = set.dry_run;
    let done = state.app.catalogue.change_set(by, set).await.map_err(|error| match error {
        AppError::Invalid(problems) => ApiError::invalid("changeset.invalid", diagnosed(&problems)),
        other => other.into(),
    })?;
    let flows = done
        .flows
        .into_iter()
        .map(|one| ChangedFlow {
            flow_id: one.record.id,
            name: one.record.name,
            version: one.record.published,
            outcome: outcome(one.outcome).to_owned(),
        })
        .collect();
    let queue = |queue: QueueDone| ChangedQueue {
        name: queue.name,
        outcome: outcome(if queue.new { Outcome::Created } else { Outcome::Unchanged }).to_owned(),
    };
    let queues = done.queues.into_iter().map(queue).collect();
    Ok(Json(ChangeSetDone { dry_run, flows, queues }))
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Created => "created",
        Outcome::Published => "published",
        Outcome::Described => "described",
        Outcome::Unchanged => "unchanged",
    }
}

/// Reads the body; every problem at once. Documents are taken from the tree as it was sent, keys that stand twice included.
fn read(body: &Node) -> Result<(ChangeSet, Option<String>), ApiError> {
    let mut top = Fields::of_tree(body, &["flows"])?;
    let dry_run = top.flag("dryRun").unwrap_or_default();
    let note = top.text("note");
    let queues = top.texts("queues").unwrap_or_default();
    let only_queues = !queues.is_empty() && source::member(body, "flows").is_none();
    let members = if only_queues { Vec::new() } else { members(body, &mut top) };
    top.finish(&["flows", "queues", "dryRun", "note"])?;
    Ok((ChangeSet { members, queues, dry_run }, note))
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

fn member(item: &Node, index: usize) -> Result<Member, Vec<Problem>> {
    let place = |mut problems: Vec<Problem>| {
        for problem in &mut problems {
            let inside = problem.path.as_ref().map(|path| format!(".{path}")).unwrap_or_default();
            problem.path = Some(format!("flows[{index}]{inside}"));
        }
        problems
    };
    let mut fields = Fields::of_tree(item, &["document"]).map_err(|error| place(error.into_problems()))?;
    let member = Member {
        flow_id: fields.text("flowId"),
        name: fields.text("name"),
        document: source::member(item, "document").cloned(),
        version: fields.parsed("version", VERSION_EXPECTED, version_in),
    };
    fields.finish(&["flowId", "name", "document", "version"]).map_err(|error| place(error.into_problems()))?;
    Ok(member)
}
