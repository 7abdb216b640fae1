//! `/overview`: numbers over the last while, and how everything stands now.

use axum::Json;
use axum::extract::State;
use waypost_app::access::scopes::Scope;
use waypost_app::overview::MOST_MINUTES;
use waypost_ids::{DecisionKind, QueueId};
use waypost_store::records::activity::Minute;
use waypost_store::records::catalogue::QueueRecord;
use waypost_store::records::mailboxes::MailboxRecord;
use waypost_wire::interaction::{DecisionQueue, State as Shown, Summary};
use waypost_wire::overview::{
    Activity, DecisionTime, MailboxStanding, Overview, OverviewMinute, QueueSeries, QueueStanding, Undecided,
};
use waypost_wire::reference::Reference;

use crate::auth::{Caller, EmailRead};
use crate::error::ApiError;
use crate::interactions::view;
use crate::mailboxes::health;
use crate::openapi::Endpoints;
use crate::openapi::operation::operation;
use crate::query::Query;
use crate::state::ApiState;

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    Endpoints::default().get(
        "/overview",
        overview,
        operation("getOverview", Scope::EmailRead, "Numbers of the last minutes, and the current state")
            .number("minutes", 1, MOST_MINUTES, "How far back; 60 by default.")
            .answers::<Overview>(),
    )
}

/// `GET /overview`
async fn overview(
    State(state): State<ApiState>,
    caller: Caller<EmailRead>,
    mut query: Query,
) -> Result<Json<Overview>, ApiError> {
    let minutes = query.number("minutes", 1..=MOST_MINUTES, 60);
    query.finish()?;
    let past = state.app.past(minutes).await?;
    let summary = view::summary(&state.app.summary().await?);
    let reads_routing = caller.may(Scope::RoutingRead);
    let (queues, mailboxes) =
        if reads_routing { (Some(queues(&state).await?), Some(mailboxes(&state).await?)) } else { (None, None) };
    let by_queue = past.by_queue.into_iter().map(|(id, decided)| QueueSeries {
        queue: named(&state, id),
        total: decided.iter().sum(),
        decided,
    });
    Ok(Json(Overview {
        since: past.since.into(),
        until: past.until.into(),
        series: past
            .minutes
            .iter()
            .map(|(at, minute)| OverviewMinute { at: (*at).into(), activity: activity(minute) })
            .collect(),
        totals: activity(&past.total),
        by_queue: by_queue.collect(),
        queues,
        undecided: undecided(&summary),
        unrouted: summary.unrouted,
        deliveries: summary.deliveries,
        mailboxes,
        withheld: if reads_routing { Vec::new() } else { vec![Scope::RoutingRead.as_str().to_owned()] },
    }))
}

/// What was done in a while, as it is told.
fn activity(minute: &Minute) -> Activity {
    let ended = |kind: DecisionKind| minute.decided.iter().filter(move |((one, _), _)| *one == kind);
    let milliseconds = |percent: u64| {
        let micros = minute.delays.percentile(percent)?;
        // Tenths are more than the buckets know.
        Some(f64::from(u32::try_from(micros / 100).unwrap_or(u32::MAX)) / 10.0)
    };
    let decision = milliseconds(50).zip(milliseconds(95));
    Activity {
        accepted: minute.made.saturating_add(minute.duplicates),
        duplicates: minute.duplicates,
        decided: DecisionKind::ALL.map(|kind| (kind, ended(kind).map(|(_, count)| count).sum())).into(),
        failed: minute.failed,
        decision: decision.map(|(p50_ms, p95_ms)| DecisionTime { p50_ms, p95_ms }),
    }
}

fn undecided(summary: &Summary) -> Undecided {
    let waiting = [Shown::Received, Shown::Running].iter().filter_map(|state| summary.by_state.get(state)).sum();
    Undecided { waiting, oldest_at: summary.oldest_undecided_at }
}

async fn queues(state: &ApiState) -> Result<Vec<QueueStanding>, ApiError> {
    let waiting = state.app.waiting_queues().await?.into_iter();
    let standing = waiting.map(|(queue, depth)| QueueStanding {
        queue: DecisionQueue { id: queue.id, name: Some(queue.name.clone()) },
        waiting: depth.waiting,
        oldest_waiting_at: depth.oldest_at.map(Into::into),
        service_level: queue.extra.get(QueueRecord::SERVICE_LEVEL).and_then(|level| level.as_str().map(str::to_owned)),
        over_service_level: depth.late,
    });
    Ok(standing.collect())
}

async fn mailboxes(state: &ApiState) -> Result<Vec<MailboxStanding>, ApiError> {
    let now = state.app.origin.now();
    let mailboxes = state.app.catalogue.objects::<MailboxRecord>();
    let found = state.app.mailbox_health(&mailboxes).await?.into_iter();
    let standing = found.map(|(mailbox, known)| MailboxStanding {
        mailbox: Reference {
            id: mailbox.id.to_string(),
            name: Some(mailbox.name.clone()),
            self_uri: Some(format!("/api/v2/mailboxes/{}", mailbox.id)),
        },
        health: health(&mailbox, known, now),
    });
    Ok(standing.collect())
}

/// A queue with the name that it has now.
fn named(state: &ApiState, id: QueueId) -> DecisionQueue {
    DecisionQueue { id, name: state.app.queue_name(id).map(|name| name.to_string()) }
}
