//! `/routing/schedules`: opening hours, and what they say of an instant.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::Response;
use jiff::Timestamp;
use waypost_app::access::scopes::Scope;
use waypost_app::catalogue::plan::By;
use waypost_app::catalogue::schedules::{KnownSchedule, ScheduleSpec};
use waypost_app::catalogue::where_used::Direction;
use waypost_ids::ScheduleId;
use waypost_wire::graph::Graph;
use waypost_wire::listing::Page;
use waypost_wire::reference::Division;
use waypost_wire::schedule::{EmergencyRequest, Schedule, ScheduleEvaluation, ScheduleRequest};

use crate::auth::{Caller, RoutingRead, RoutingWrite};
use crate::body::ObjectBody;
use crate::error::{ApiError, not_found_code};
use crate::fields::Fields;
use crate::graph;
use crate::openapi::Endpoints;
use crate::openapi::operation::operation;
use crate::paging::{ListUri, Paging};
use crate::query::Query;
use crate::queues::{SORT_ORDERS, descending, fits};
use crate::revision::{if_match, tag};
use crate::state::ApiState;

/// Members that the server sets itself.
const SET_BY_SERVER: &[&str] = &["id", "division", "revision", "dateCreated", "dateModified", "selfUri"];

/// A schedule with its revision.
type Tagged = ([(HeaderName, String); 1], Json<Schedule>);

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    let (all, one) = ("/routing/schedules", "/routing/schedules/{scheduleId}");
    Endpoints::default()
        .get(
            all,
            list,
            operation("getRoutingSchedules", Scope::RoutingRead, "List schedules, by name")
                .text("name", "A name; `*` at either end stands for anything.")
                .words("sortOrder", SORT_ORDERS, "Ascending unless told.")
                .pages::<Schedule>(),
        )
        .post(
            all,
            create,
            operation("postRoutingSchedules", Scope::RoutingWrite, "Make a schedule")
                .body::<ScheduleRequest>()
                .answers::<Schedule>()
                .refuses(&[409]),
        )
        .get(one, get, operation("getRoutingSchedule", Scope::RoutingRead, "Get a schedule").answers::<Schedule>())
        .put(
            one,
            update,
            operation("putRoutingSchedule", Scope::RoutingWrite, "Replace what is said of a schedule")
                .text("note", "Why, for the audit log.")
                .if_match()
                .body::<ScheduleRequest>()
                .answers::<Schedule>()
                .refuses(&[409]),
        )
        .delete(
            one,
            delete,
            operation("deleteRoutingSchedule", Scope::RoutingWrite, "Delete a schedule that no flow uses")
                .empty(StatusCode::NO_CONTENT)
                .refuses(&[409]),
        )
        .get(
            &format!("{one}/evaluate"),
            evaluate,
            operation("getRoutingScheduleEvaluate", Scope::RoutingRead, "What a schedule says of an instant")
                .time("at", "The instant; now unless told.")
                .answers::<ScheduleEvaluation>(),
        )
        .put(
            &format!("{one}/emergency"),
            emergency,
            operation("putRoutingScheduleEmergency", Scope::RoutingWrite, "Switch a schedule's emergency on or off")
                .text("note", "Why, for the audit log.")
                .if_match()
                .body::<EmergencyRequest>()
                .answers::<Schedule>()
                .refuses(&[409]),
        )
        .get(
            &format!("{one}/usedby"),
            used_by,
            operation("getRoutingScheduleUsedBy", Scope::RoutingRead, "What uses a schedule")
                .flag("transitive", "All the way, not only the next step.")
                .answers::<Graph<'static>>(),
        )
}

/// `GET /routing/schedules`, by name
pub async fn list(
    State(state): State<ApiState>,
    _: Caller<RoutingRead>,
    mut query: Query,
    uri: ListUri,
) -> Result<Json<Page<Schedule>>, ApiError> {
    let paging = Paging::read(&mut query);
    let name = query.text("name");
    let descending = descending(&mut query);
    query.finish()?;
    let mut schedules = state.app.catalogue.schedules();
    schedules.retain(|schedule| name.as_deref().is_none_or(|name| fits(name, &schedule.record.name)));
    schedules.sort_by(|a, b| a.record.folded_name.cmp(&b.record.folded_name));
    if descending {
        schedules.reverse();
    }
    let (schedules, total) = paging.cut(schedules);
    Ok(Json(paging.page(schedules.iter().map(|schedule| view(schedule)).collect(), total, &uri)))
}

/// `POST /routing/schedules`
pub async fn create(
    State(state): State<ApiState>,
    caller: Caller<RoutingWrite>,
    query: Query,
    ObjectBody(body): ObjectBody,
) -> Result<Tagged, ApiError> {
    query.finish()?;
    Ok(tagged(&*state.app.catalogue.create_schedule(&caller.client, &spec(body)?).await?))
}

/// `GET /routing/schedules/{scheduleId}`
pub async fn get(
    State(state): State<ApiState>,
    _: Caller<RoutingRead>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Tagged, ApiError> {
    query.finish()?;
    Ok(tagged(&*state.app.catalogue.schedule(parse_id(&id)?)?))
}

/// `PUT /routing/schedules/{scheduleId}`
pub async fn update(
    State(state): State<ApiState>,
    caller: Caller<RoutingWrite>,
    Path(id): Path<String>,
    mut query: Query,
    headers: HeaderMap,
    ObjectBody(body): ObjectBody,
) -> Result<Tagged, ApiError> {
    let note = query.text("note");
    query.finish()?;
    let by = By { actor: &caller.client, note: note.as_deref() };
    let (id, revision) = (parse_id(&id)?, if_match(&headers)?);
    Ok(tagged(&*state.app.catalogue.update_schedule(by, id, &spec(body)?, revision).await?))
}

/// `DELETE /routing/schedules/{scheduleId}`
pub async fn delete(
    State(state): State<ApiState>,
    caller: Caller<RoutingWrite>,
    Path(id): Path<String>,
    query: Query,
) -> Result<StatusCode, ApiError> {
    query.finish()?;
    state.app.catalogue.delete_schedule(&caller.client, parse_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /routing/schedules/{scheduleId}/evaluate`
pub async fn evaluate(
    State(state): State<ApiState>,
    _: Caller<RoutingRead>,
    Path(id): Path<String>,
    mut query: Query,
) -> Result<Json<ScheduleEvaluation>, ApiError> {
    let at = query.time("at").unwrap_or_else(Timestamp::now);
    query.finish()?;
    let standing = state.app.catalogue.evaluate(parse_id(&id)?, at)?;
    Ok(Json(ScheduleEvaluation {
        at: at.into(),
        state: standing.state.as_str().to_owned(),
        name: standing.name,
        next_change: standing.next_change.map(Into::into),
        is_open: standing.is_open,
    }))
}

/// `PUT /routing/schedules/{scheduleId}/emergency`
pub async fn emergency(
    State(state): State<ApiState>,
    caller: Caller<RoutingWrite>,
    Path(id): Path<String>,
    mut query: Query,
    headers: HeaderMap,
    ObjectBody(mut body): ObjectBody,
) -> Result<Tagged, ApiError> {
    let note = query.text("note");
    query.finish()?;
    let active = body.flag("active");
    if active.is_none() && !body.has_problems() {
        body.missing("active", "true or false");
    }
    let reason = body.text("reason");
    body.finish(&["active", "reason"])?;
    let by = By { actor: &caller.client, note: note.as_deref() };
    let (id, revision) = (parse_id(&id)?, if_match(&headers)?);
    let active = active.unwrap_or_default();
    Ok(tagged(&*state.app.catalogue.switch_emergency(by, id, active, reason, revision).await?))
}

/// `GET /routing/schedules/{scheduleId}/usedby`
pub async fn used_by(
    State(state): State<ApiState>,
    caller: Caller<RoutingRead>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Response, ApiError> {
    graph::answer(&state, &caller, &parse_id(&id)?.into(), Direction::UsedBy, query).await
}

/// A schedule's id in a path. What is no UUID names no schedule.
fn parse_id(text: &str) -> Result<ScheduleId, ApiError> {
    text.parse()
        .map_err(|_| ApiError::not_found(not_found_code("schedule"), format!("schedule `{text}` was not found")))
}

fn spec(mut body: Fields) -> Result<ScheduleSpec, ApiError> {
    let (name, description) = (body.required_text("name"), body.text("description").unwrap_or_default());
    body.discard(SET_BY_SERVER);
    Ok(ScheduleSpec { name, description, definition: body.rest()? })
}

fn tagged(schedule: &KnownSchedule) -> Tagged {
    ([tag(schedule.record.revision)], Json(view(schedule)))
}

fn view(schedule: &KnownSchedule) -> Schedule {
    let record = &schedule.record;
    Schedule {
        id: record.id,
        name: record.name.clone(),
        division: Division::home(),
        description: record.description.clone(),
        revision: record.revision,
        date_created: record.created_at.into(),
        date_modified: record.modified_at.into(),
        self_uri: format!("/api/v2/routing/schedules/{}", record.id),
        definition: schedule.definition(),
    }
}
