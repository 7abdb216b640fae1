//! `POST /changesets/witness`: a search for a mail that a change set decides differently.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use serde_json::Value;
use waypost_app::access::scopes::Scope;
use waypost_app::replay::compare::first_difference;
use waypost_app::sides::Sides;
use waypost_aside::Wanted;
use waypost_catalogue::changesets::ChangeSet;
use waypost_catalogue::error::ChangeError;
use waypost_flow::source::Node;
use waypost_flow_tests::Observed;
use waypost_wire::Object;
use waypost_wire::trace::RunTrace;
use waypost_wire::witness::{Witness, WitnessRequest, WitnessRun, WitnessSearch};
use waypost_witness::differences;
use waypost_witness::search::served::{self, Found, Side};
use waypost_witness::search::{Bounds, Entry, Searched};

use crate::auth::{Caller, FlowRead, RoutingRead};
use crate::body::FlowBody;
use crate::changesets::members_that_run;
use crate::error::{ApiError, diagnosed};
use crate::fields::Fields;
use crate::openapi::Endpoints;
use crate::openapi::operation::operation;
use crate::query::Query;
use crate::state::ApiState;

/// How long a search goes on when nothing is said, and at most, in seconds.
const USUAL_SECONDS: u64 = 10;
const MOST_SECONDS: i64 = 30;

/// When to ask again while another search is under way, in seconds.
const BUSY: u64 = 5;

const SUMMARY: &str = "Search for a mail that is decided differently once a change set is published. Mails are made up, and no data action is \
                       called. One search at a time; it ends when the client disconnects";

/// The endpoint of this group.
pub fn endpoints() -> Endpoints {
    let described = operation("postChangesetsWitness", Scope::FlowRead, SUMMARY)
        .also_needs(&[Scope::RoutingRead])
        .body::<WitnessRequest>()
        .answers::<WitnessSearch>()
        .refuses(&[404, 409, 410, 412]);
    Endpoints::default().post("/changesets/witness", search, described)
}

/// The endpoint. It reads: flows, and what they name. Keys of tables may be in the mail that is found.
pub async fn search(
    State(state): State<ApiState>,
    caller: Caller<FlowRead>,
    _: Caller<RoutingRead>,
    query: Query,
    FlowBody(body): FlowBody,
) -> Result<Json<WitnessSearch>, ApiError> {
    query.finish()?;
    let (set, seconds) = read(&body)?;
    let bounds = Bounds { time: Duration::from_secs(seconds), tries: u64::MAX };
    // Before anything is loaded for it.
    let busy = || ApiError::unavailable("another search for a mail is under way", BUSY);
    let place = state.app.place_for_search().ok_or_else(busy)?;
    let sides = state.app.sides(&caller.client, set).await.map_err(|error| match error {
        ChangeError::Invalid(problems) => ApiError::invalid("changeset.invalid", diagnosed(&problems)),
        other => other.into(),
    })?;
    let clock = Instant::now();
    let in_part = sides.in_part.clone();
    let found = state.app.search(place, move |wanted| searched(sides, &bounds, wanted)).await;
    let Found { searched: Searched { witness, tries }, traces: [before, after] } = found?;
    let milliseconds = u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX);
    let witness = witness.map(|found| {
        let differs = match (&found.before, &found.after) {
            (Some(before), Some(after)) => differences(before, after),
            _ => Vec::new(),
        };
        let (route, flow) = match found.entry {
            Entry::Route(address) => (Some(address), None),
            Entry::Flow(name) => (None, Some(name)),
        };
        Witness {
            mail: String::from_utf8_lossy(&found.mail).into_owned(),
            test: found.test,
            needs_test: found.needs_test,
            route,
            flow,
            differs,
            parts: before.as_ref().zip(after.as_ref()).and_then(|(was, is)| first_difference(&was.events, &is.events)),
            before: run(found.before, before),
            after: run(found.after, after),
        }
    });
    Ok(Json(WitnessSearch { tries, milliseconds, tables_in_part: in_part, witness }))
}

fn searched(sides: Sides, bounds: &Bounds, wanted: &Wanted) -> Found {
    let running = Arc::new(sides.after.running());
    let before = Side::of(sides.before.world, sides.before.running, &sides.concerned);
    let after = Side::of(sides.after, running, &sides.concerned);
    served::search(&[before, after], &sides.rows, bounds, &|| wanted.holds())
}

fn run(observed: Option<Observed>, trace: Option<RunTrace>) -> Option<WitnessRun> {
    let observed = match serde_json::to_value(observed?) {
        Ok(Value::Object(members)) => members,
        _ => Object::new(),
    };
    Some(WitnessRun { observed, trace: trace? })
}

/// Reads the body; every problem at once.
fn read(body: &Node) -> Result<(ChangeSet, u64), ApiError> {
    let mut top = Fields::of_tree(body, &["flows"])?;
    let members = members_that_run(body, &mut top, "a search");
    let queues = top.texts("queues").unwrap_or_default();
    let seconds = top.number("seconds", 1..=MOST_SECONDS).and_then(|seconds| u64::try_from(seconds).ok());
    top.finish(&["flows", "queues", "seconds"])?;
    let set = ChangeSet { members, queues, dry_run: true, ..ChangeSet::default() };
    Ok((set, seconds.unwrap_or(USUAL_SECONDS)))
}
