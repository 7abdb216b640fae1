//! `/routing/schedules`: opening hours, and what they say of an instant.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use waypost_app::access::scopes::Scope;
use waypost_catalogue::schedules::{KnownSchedule, ScheduleEdit, ScheduleSpec};
use waypost_ids::ScheduleId;
use waypost_store::records::audit::By;
use waypost_wire::reference::Division;
use waypost_wire::schedule::{EmergencyRequest, Schedule, ScheduleEvaluation, ScheduleRequest};

use crate::auth::{Caller, RoutingRead, RoutingWrite};
use crate::body::ObjectBody;
use crate::error::ApiError;
use crate::fields::Fields;
use crate::objects::{self, Call, Offer, PathParts, Resource, Tagged, WhereUsed, not_found, tagged};
use crate::openapi::Endpoints;
use crate::openapi::operation::operation;
use crate::query::Query;
use crate::revision::if_match;
use crate::state::ApiState;

/// Members that the server sets itself.
const SET_BY_SERVER: &[&str] = &["id", "division", "revision", "dateCreated", "dateModified", "selfUri"];

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    let one = KnownSchedule::OFFER.one;
    objects::endpoints::<KnownSchedule>()
        .get(
            &format!("{one}/evaluate"),
            evaluate,
            operation("getRoutingScheduleEvaluate", Scope::RoutingRead, "Evaluate a schedule at a given time")
                .time("at", "The time; now by default.")
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
}

impl Resource for KnownSchedule {
    type Read = RoutingRead;
    type Write = RoutingWrite;
    type View = Schedule;
    type Request = ScheduleRequest;
    type Change = ScheduleRequest;

    const OFFER: Offer = Offer {
        all: "/routing/schedules",
        one: "/routing/schedules/{scheduleId}",
        list: ("getRoutingSchedules", "List schedules, by name"),
        create: ("postRoutingSchedules", "Create a schedule"),
        get: ("getRoutingSchedule", "Get a schedule"),
        change: ("putRoutingSchedule", "Replace a schedule"),
        patched: false,
        delete: ("deleteRoutingSchedule", "Delete a schedule that no flow uses"),
        where_used: Some(WhereUsed {
            uses: ("getRoutingScheduleUses", "What a schedule uses"),
            used_by: ("getRoutingScheduleUsedBy", "What uses a schedule"),
        }),
    };

    fn id_in(path: &PathParts) -> Result<ScheduleId, ApiError> {
        path.id::<Self>("scheduleId")
    }

    fn order(&self) -> &str {
        &self.record.folded_name
    }

    fn spec(_: Call, mut body: Fields, _: &PathParts, _: &ApiState) -> Result<ScheduleEdit, ApiError> {
        let (name, description) = (body.required_text("name"), body.text("description").unwrap_or_default());
        body.discard(SET_BY_SERVER);
        // What the definition lacks is told by its reader, which is only asked if the rest is well.
        if body.has_problems() && !body.has("timeZone") {
            body.missing("timeZone", "a time zone, such as Europe/Berlin");
        }
        Ok(ScheduleEdit::Replace(ScheduleSpec { name, description, definition: body.rest()? }))
    }

    fn view(&self, _: &ApiState, _: bool) -> Schedule {
        let record = &self.record;
        Schedule {
            id: record.id,
            name: record.name.clone(),
            division: Division::home(),
            description: record.description.clone(),
            revision: record.revision,
            date_created: record.created_at.into(),
            date_modified: record.modified_at.into(),
            self_uri: format!("/api/v2/routing/schedules/{}", record.id),
            definition: self.definition(),
        }
    }
}

/// `GET /routing/schedules/{scheduleId}/evaluate`
pub async fn evaluate(
    State(state): State<ApiState>,
    _: Caller<RoutingRead>,
    Path(id): Path<String>,
    mut query: Query,
) -> Result<Json<ScheduleEvaluation>, ApiError> {
    let at = query.time("at").unwrap_or_else(|| state.app.origin.now());
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
) -> Result<Tagged<Schedule>, ApiError> {
    let note = query.text("note");
    query.finish()?;
    let active = body.flag("active");
    if active.is_none() && !body.has_problems() {
        body.missing("active", "true or false");
    }
    let reason = body.text("reason");
    body.finish(&["active", "reason"])?;
    let by = By { actor: &caller.client, note: note.as_deref() };
    let (id, revisions) = (parse_id(&id)?, if_match(&headers)?);
    let active = active.unwrap_or_default();
    let edit = ScheduleEdit::Emergency { active, reason };
    let schedule = state.app.catalogue.update::<KnownSchedule>(by, &id, edit, revisions).await?;
    Ok(tagged(&state, &*schedule))
}

/// A schedule's id in a path. What is no UUID names no schedule.
fn parse_id(text: &str) -> Result<ScheduleId, ApiError> {
    text.parse().map_err(|_| not_found::<KnownSchedule>(text))
}
