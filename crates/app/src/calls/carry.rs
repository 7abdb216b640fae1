//! One call of a data action: its request, attempts within its time, and its outcome.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use tokio::time::{Instant, sleep, sleep_until};
use uuid::Uuid;
use waypost_catalogue::data_actions::KnownDataAction;
use waypost_catalogue::world::Running;
use waypost_data_action::{DataAction, Failure, Request};
use waypost_engine::{CallDataAction, CallFailure, CallOutcome};
use waypost_flow::document::fold_name;
use waypost_reach::{
    Answer, HeaderMap, HeaderName, HeaderValue, Limits, Method, Secrets, Unreached, Url, header, web_url,
};
use waypost_store::error::StoreError;

use super::book::Book;
use super::cache::CacheKey;
use super::{Calls, time};
use crate::App;
use crate::breaker::Ended;
use crate::retry_after::retry_after;

/// An answer is read up to this. A longer one is a failure.
const LONGEST_ANSWER: usize = 1024 * 1024;

/// The pause before the first retry; each that follows is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// A call waits no longer than this for a service that it has not asked itself: it would keep others from being made.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The header that has the key (draft-ietf-httpapi-idempotency-key-header).
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// How a call ended.
pub(super) enum Carried {
    /// It has an outcome. `ended` is what it says of the service, if it does.
    Ended { outcome: CallOutcome, ended: Option<Ended> },
    /// What is to be called is unknown now.
    NotNow(StoreError),
    /// Its run waits for it no more: it asked again, perhaps on another node.
    Taken,
}

/// What a call of a data action comes to that is gone.
pub(super) fn deleted() -> CallOutcome {
    failure("deleted", "the data action was deleted", None)
}

/// What a call of a data action comes to whose definition another release wrote and this one can't read.
pub(super) fn unreadable() -> CallOutcome {
    failure("request", "the data action's definition can't be read", None)
}

/// Until when a call waits before its first attempt, as one of its retries: its service asked to be left alone, and that ends soon, while the
/// call has time.
pub(super) fn waits_until(book: &Book, action: &DataAction, asked: &CallDataAction, now: Instant) -> Option<Instant> {
    let until = book.busy_until(asked.data_action, now)?;
    let latest = now + time(action.timeout(), asked).min(LONGEST_WAIT);
    (action.retries() > 0 && until + FIRST_PAUSE < latest).then_some(until)
}

/// Makes a call.
pub(super) async fn carry(app: &App, calls: &Calls, asked: &CallDataAction, key: Uuid) -> Carried {
    // Another node may have changed the data action or its secrets a moment ago.
    if let Err(error) = app.catalogue.catch_up().await {
        return Carried::NotNow(error);
    }
    let running = app.catalogue.running();
    let Some(known) = running.data_actions.get(&asked.data_action) else {
        return Carried::Ended { outcome: deleted(), ended: None };
    };
    let (outcome, ended) = call(app, calls, (&running, known), asked, key).await;
    if let (CallOutcome::Success { output }, Some(age)) =
        (&outcome, known.action.as_ref().and_then(DataAction::cache_age))
    {
        let key = CacheKey::new(asked.data_action, known.record.revision, &asked.input);
        calls.book().cache.put(key, output.clone(), age, Instant::now());
    }
    Carried::Ended { outcome, ended }
}

async fn call(
    app: &App,
    calls: &Calls,
    (running, known): (&Running, &Arc<KnownDataAction>),
    asked: &CallDataAction,
    key: Uuid,
) -> (CallOutcome, Option<Ended>) {
    let Some(action) = &known.action else { return (unreadable(), None) };
    let time = time(action.timeout(), asked);
    let end = Instant::now() + time;
    let credentials = match credentials(app, running, action) {
        Ok(credentials) => credentials,
        Err(outcome) => return (outcome, None),
    };
    let request = action
        .request(&asked.input, &|name| credentials.get(name).cloned())
        .map_err(|why| failed(&why, None))
        .and_then(|request| Prepared::new(request, key));
    let request = match request {
        Ok(request) => request,
        Err(outcome) => return (outcome, None),
    };
    let mut left = action.retries();
    let mut pause = FIRST_PAUSE;
    let busy = waits_until(&calls.book(), action, asked, Instant::now());
    if let Some(until) = busy {
        left = left.saturating_sub(1);
        sleep_until(until + pause.mul_f64(app.origin.share())).await;
    }
    loop {
        let limits = Limits { time: end.saturating_duration_since(Instant::now()), answer: LONGEST_ANSWER };
        let tried = calls.http.send(request.method.clone(), &request.url, request.parts(), limits).await;
        let now = app.origin.now();
        let again = match &tried {
            Ok(answer) => may_be_repeated(answer.status.as_u16()).then(|| waits(answer, now)),
            Err(Unreached::Failed(_)) => Some(None),
            Err(Unreached::Private(_) | Unreached::Plain(_) | Unreached::Late(_)) => None,
        };
        if let Some(wanted) = again.filter(|_| left > 0) {
            // Half of it by chance: many calls that failed together are not to come back together.
            let wait = wanted.unwrap_or_default().max(pause.mul_f64(0.5 + app.origin.share() / 2.0));
            if Instant::now() + wait < end {
                if let Some(wanted) = wanted {
                    // It counts for all calls, and from now on: this one may go on for long.
                    calls.book().note(asked.data_action, &Ended::Busy(wanted), Instant::now());
                }
                left = left.saturating_sub(1);
                pause = pause.saturating_mul(2);
                sleep(wait).await;
                continue;
            }
        }
        return match tried {
            Ok(answer) => {
                let ended = reached(&answer, now);
                (read(Arc::clone(known), answer, credentials).await, Some(ended))
            }
            // The address is for the operator alone: whoever may make data actions could map the network by it.
            Err(Unreached::Private(target)) => {
                tracing::warn!(data_action = %known.record.id, address = %target.address, "a data action leads to a private address");
                let message = "its host has a private address; `--allow-private-targets` permits it";
                (failure("privateAddress", message, None), None)
            }
            Err(Unreached::Plain(target)) => (failure("plainText", target.to_string(), None), None),
            Err(Unreached::Late(_)) => {
                let message = format!("no complete answer within {} s", time.as_secs_f64());
                // A flow that waits for less than the data action does must not keep others from the service.
                let ended = (time >= action.timeout()).then_some(Ended::Unreached);
                (CallOutcome::TimedOut(told("timeout", message, None)), ended)
            }
            Err(Unreached::Failed(why)) => (failure("unreachable", why, None), Some(Ended::Unreached)),
        };
    }
}

/// The credentials that a data action names, opened. A secret is shown to its own hosts alone.
fn credentials(app: &App, running: &Running, action: &DataAction) -> Result<HashMap<String, String>, CallOutcome> {
    let refused = |name: &str, why: &str| failure("credential", format!("the credential `{name}` {why}"), None);
    let mut opened = HashMap::new();
    for name in action.credentials() {
        let secret = running.secrets.named(&fold_name(name)).ok_or_else(|| refused(name, "does not exist"))?;
        if !secret.hosts.iter().any(|host| host == action.host()) {
            return Err(refused(name, "is not for this host"));
        }
        if secret.value.is_forgotten() {
            return Err(refused(name, "has no value any more"));
        }
        let value = app.unseal(secret.id, &secret.value).map_err(|problem| {
            tracing::warn!(secret = %secret.id, %problem, "a credential of a data action can't be decrypted");
            refused(name, "can't be decrypted on this node")
        })?;
        let value = String::from_utf8(value).map_err(|_| refused(name, "is not text"))?;
        opened.insert(name.clone(), value);
    }
    Ok(opened)
}

/// A request as it is sent, as often as it is.
struct Prepared {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Option<Bytes>,
}

impl Prepared {
    fn new(request: Request, key: Uuid) -> Result<Self, CallOutcome> {
        let refused = |why: String| failure("request", why, None);
        let method = Method::from_bytes(request.method.as_str().as_bytes()).map_err(|why| refused(why.to_string()))?;
        let url = web_url(&request.url).map_err(|why| refused(why.to_string()))?;
        let mut headers = HeaderMap::new();
        for (name, value) in &request.headers {
            let bad = || refused(format!("the header `{name}` can't be sent"));
            let header = HeaderName::try_from(name).map_err(|_| bad())?;
            let mut value = HeaderValue::try_from(value).map_err(|_| bad())?;
            value.set_sensitive(true);
            headers.append(header, value);
        }
        if !headers.contains_key(IDEMPOTENCY_KEY) {
            let key = HeaderValue::try_from(key.to_string()).map_err(|why| refused(why.to_string()))?;
            headers.insert(IDEMPOTENCY_KEY, key);
        }
        if !headers.contains_key(header::ACCEPT) {
            headers.insert(header::ACCEPT, HeaderValue::from_static("application/json, */*;q=0.5"));
        }
        Ok(Self { method, url, headers, body: request.body.map(Bytes::from) })
    }

    fn parts(&self) -> (HeaderMap, Option<Bytes>) {
        (self.headers.clone(), self.body.clone())
    }
}

/// Whether a request that was answered so may succeed if it is sent again. Each attempt has the same key, so that a service that had acted
/// on the first does not act twice.
fn may_be_repeated(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502..=504)
}

/// How long the server wants to be left alone.
fn waits(answer: &Answer, now: Timestamp) -> Option<Duration> {
    retry_after(answer, now).and_then(|wanted| Duration::try_from(wanted.duration_since(now)).ok())
}

/// What an answer says of the service.
fn reached(answer: &Answer, now: Timestamp) -> Ended {
    match waits(answer, now) {
        Some(wait) => Ended::Busy(wait),
        None if answer.status.is_server_error() || answer.status.as_u16() == 429 => Ended::Unreached,
        None => Ended::Reached,
    }
}

/// What an answer comes to. Reading it may take long, as the server likes: nobody else waits for the thread.
async fn read(known: Arc<KnownDataAction>, answer: Answer, credentials: HashMap<String, String>) -> CallOutcome {
    let work = move || known.action.as_ref().map_or_else(unreadable, |action| outcome(action, &answer, &credentials));
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        tracing::error!(%error, "an answer to a data action could not be read because of a bug");
        failure("answer", "the answer can't be read", None)
    })
}

/// What an answer comes to.
fn outcome(action: &DataAction, answer: &Answer, credentials: &HashMap<String, String>) -> CallOutcome {
    let status = answer.status.as_u16();
    if answer.cut {
        return failure("answer", format!("the answer is larger than {LONGEST_ANSWER} bytes"), Some(status));
    }
    if answer.status.is_redirection() {
        return failure("status", format!("the server answered {status}; redirects are not followed"), Some(status));
    }
    match action.outcome(status, &without(credentials, &answer.body)) {
        Ok(output) => CallOutcome::Success { output },
        Err(why) => failed(&why, Some(status)),
    }
}

/// A body without the credentials that it was asked with: a server that echoes what it is sent must not put them into outputs, and so into
/// traces.
fn without(credentials: &HashMap<String, String>, body: &Bytes) -> Bytes {
    let Ok(text) = std::str::from_utf8(body) else { return body.clone() };
    match Secrets::new(credentials.values().map(String::as_str)).hidden_in(text) {
        Cow::Borrowed(_) => body.clone(),
        Cow::Owned(shown) => shown.into(),
    }
}

fn failed(why: &Failure, status: Option<u16>) -> CallOutcome {
    failure(why.code.as_str(), why.message.clone(), status)
}

fn failure(code: &str, message: impl Into<String>, status: Option<u16>) -> CallOutcome {
    CallOutcome::Failure(told(code, message, status))
}

fn told(code: &str, message: impl Into<String>, status: Option<u16>) -> CallFailure {
    CallFailure { code: code.to_owned(), message: message.into(), status }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_echoes_credentials_is_read_without_them() {
        let credentials =
            HashMap::from([("key".to_owned(), "s3cret-value".to_owned()), ("short".to_owned(), "abc".to_owned())]);
        let read = |body: &'static str| without(&credentials, &Bytes::from_static(body.as_bytes()));
        assert_eq!(read(r#"{"a":"Bearer s3cret-value","b":"abc"}"#), r#"{"a":"Bearer [secret]","b":"abc"}"#);
        assert_eq!(read("{}"), "{}");
        assert_eq!(without(&credentials, &Bytes::from_static(b"\xff")), b"\xff"[..]);
    }
}
