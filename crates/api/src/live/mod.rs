//! `/events/stream`: what happens, as server-sent events (HTML Living Standard, section 9.2). They are hints: ids and kinds of what changed.
//! A watcher reads them from where it came to; whoever is slow takes no memory and is told to read everything again.

mod told;

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use waypost_app::access::scopes::{Scope, Scopes};
use waypost_app::live::{Cursor, Loss, Read};
use waypost_wire::live::{LiveData, READY};

use crate::auth::{Caller, EmailRead, Proof};
use crate::error::ApiError;
use crate::openapi::Endpoints;
use crate::openapi::operation::operation;
use crate::query::Query;
use crate::serve::{Stopping, stopped};
use crate::state::ApiState;
use told::{Filter, reset, scope, told, write};

/// A comment is sent this often, so that nobody on the way takes the connection for dead.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Whether the session or the token still holds is looked at this often, and whether the server drains.
const CHECK: Duration = Duration::from_secs(2);

/// Events are sent at most this often, those that came meanwhile together.
const PACE: Duration = Duration::from_millis(200);

/// More at a time are not told one by one: whoever shows anything reads it again.
const MOST: usize = 500;

/// A browser waits so long before it connects again, in milliseconds.
const RETRY: u64 = 2000;

/// One client may hold so many streams on a node.
const STREAMS: usize = 32;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    Endpoints::default().get(
        "/events/stream",
        watch_events,
        operation("getEventsStream", Scope::EmailRead, "Watch what happens, as server-sent events")
            .list("kinds", "Only events of these kinds: `interaction`, `delivery`, `object`, `mailbox`.")
            .list("queueId", "Only interactions that are or were in these queues.")
            .list("flowId", "Only decisions of runs of these flows.")
            .header("Last-Event-ID", "The id of the last event that was read: the stream begins with the events since then, or with `reset`.")
            .streams::<LiveData>()
            .refuses(&[429]),
    )
}

/// The streams that clients hold on this node.
#[derive(Clone, Default)]
pub struct Streams(Arc<Mutex<HashMap<String, usize>>>);

impl Streams {
    /// A place for one more of a client, if there is one.
    fn enter(&self, client: &str) -> Option<Place> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.entry(client.to_owned()).or_default();
        if *count >= STREAMS {
            return None;
        }
        *count += 1;
        Some(Place { streams: self.clone(), client: client.to_owned() })
    }
}

/// A stream that a client holds.
struct Place {
    streams: Streams,
    client: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.streams.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&self.client) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                held.remove(&self.client);
            }
        }
    }
}

/// `GET /events/stream`
async fn watch_events(
    State(state): State<ApiState>,
    caller: Caller<EmailRead>,
    proof: Proof,
    stopping: Option<Extension<Stopping>>,
    headers: HeaderMap,
    mut query: Query,
) -> Result<Response, ApiError> {
    let filter = Filter::read(&mut query);
    query.finish()?;
    if state.draining.load(Ordering::Relaxed) {
        return Err(ApiError::unavailable("the server is about to stop", 1));
    }
    let Some(place) = state.streams.enter(&caller.client) else {
        let message = format!("the client has {STREAMS} streams open already");
        return Err(ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too.many.streams", message).retry_after(5));
    };
    let (rings, now) = (state.app.live.rings(), state.app.live.now());
    // What can be resumed after is; what can't is told in place of `ready`.
    let (cursor, loss) = match headers.get(LAST_EVENT_ID).map(|id| id.to_str().ok().and_then(Cursor::read)) {
        None => (now, None),
        Some(None) => (now, Some(Loss::Unknown)),
        Some(Some(last)) => match state.app.live.since(last, 0) {
            Read::Hints(_) => (last, None),
            Read::Lost(loss) => (now, Some(loss)),
        },
    };
    let mut begin = format!("retry: {RETRY}\n\n");
    match loss {
        None => write(&mut begin, cursor, READY, &LiveData::default()),
        Some(loss) => reset(&mut begin, cursor, loss),
    }
    let now = Instant::now();
    let watching = Watching {
        scopes: caller.scopes(),
        stop: stopping.map(|Extension(stop)| stop),
        beat: now + HEARTBEAT,
        check: now + CHECK,
        pace: now,
        begin: Some(begin),
        state,
        proof,
        filter,
        rings,
        cursor,
        _place: place,
    };
    let events = stream::unfold(watching, |mut watching| async move {
        let text = watching.next().await?;
        Some((Ok::<_, Infallible>(text), watching))
    });
    let mut response = Body::from_stream(events).into_response();
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies that gather what they pass on would hold events back.
    fields.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// Somebody who watches.
struct Watching {
    state: ApiState,
    proof: Proof,
    scopes: Scopes,
    filter: Filter,
    rings: watch::Receiver<u64>,
    stop: Option<Stopping>,
    cursor: Cursor,
    /// What is sent first.
    begin: Option<String>,
    /// When the next comment is due.
    beat: Instant,
    /// When to look next whether all of this may go on.
    check: Instant,
    /// No events are sent before.
    pace: Instant,
    _place: Place,
}

impl Watching {
    /// What is to be sent next; none ends the stream.
    async fn next(&mut self) -> Option<String> {
        if let Some(begin) = self.begin.take() {
            return Some(begin);
        }
        loop {
            let (beat, check, pace, cursor) = (self.beat, self.check, self.pace, self.cursor);
            let Self { rings, stop, .. } = self;
            let news = async {
                let rang = rings.wait_for(|newest| cursor.is_before(*newest)).await.is_ok();
                sleep_until(pace).await;
                rang
            };
            tokio::select! {
                rang = news => if !rang {
                    return None;
                },
                () = sleep_until(beat) => {
                    self.beat = Instant::now() + HEARTBEAT;
                    return Some(": still here\n\n".to_owned());
                }
                () = sleep_until(check) => {
                    self.check = Instant::now() + CHECK;
                    if !self.may_go_on().await {
                        return None;
                    }
                    continue;
                }
                () = stopped(stop) => return None,
            }
            self.pace = Instant::now() + PACE;
            let text = self.read();
            if !text.is_empty() {
                self.beat = Instant::now() + HEARTBEAT;
                return Some(text);
            }
        }
    }

    async fn may_go_on(&mut self) -> bool {
        if self.state.draining.load(Ordering::Relaxed) {
            return false;
        }
        match self.proof.holds(&self.state).await {
            Ok(Some(principal)) => {
                self.scopes = principal.scopes;
                self.scopes.allow(Scope::EmailRead)
            }
            Ok(None) => false,
            // A store that does not answer for a moment ends nothing.
            Err(error) => {
                tracing::debug!(%error, "whether a session still holds is not known at the moment");
                true
            }
        }
    }

    /// What was changed since the last time, as far as it may be read and is asked for.
    fn read(&mut self) -> String {
        let mut text = String::new();
        let live = Arc::clone(&self.state.app.live);
        match live.since(self.cursor, MOST + 1) {
            Read::Lost(loss) => {
                self.cursor = live.now();
                reset(&mut text, self.cursor, loss);
            }
            Read::Hints(hints) if hints.len() > MOST => {
                self.cursor = live.now();
                reset(&mut text, self.cursor, Loss::Slow);
            }
            Read::Hints(hints) => {
                for (cursor, hint) in hints {
                    self.cursor = cursor;
                    let (event, data) = told(&hint);
                    if self.scopes.allow(scope(&hint)) && self.filter.wants(&hint, &data) {
                        write(&mut text, cursor, event, &data);
                    }
                }
            }
        }
        text
    }
}
