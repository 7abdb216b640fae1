//! Requests on their way: token, retries, errors.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::{Method, RequestBuilder, Response, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use waypost_origin::Origin;
use waypost_wire::error::ErrorBody;
use waypost_wire::token::Token;

use crate::retry::{Retries, passes, turned_away};
use crate::token::TokenSource;
use crate::{Error, Result, Revised};

/// How long a stream of events may last: practically for ever.
const ENDLESS: Duration = Duration::from_secs(365 * 24 * 3600);

/// What a server lets a client do only so often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Requests in a minute.
    Requests,
    /// Signing in, after secrets that were wrong.
    SignIn,
}

/// Called before each wait for a limit.
pub(crate) type OnLimit = Box<dyn Fn(Limit, Duration) + Send + Sync>;

/// What a request carries.
#[derive(Clone)]
pub(crate) enum Body {
    Nothing,
    /// Nothing, and the answer must be in this format.
    NothingFor(&'static str),
    /// A CSV file, with the version that the change is meant for, if it is meant for one.
    Csv {
        text: Bytes,
        if_match: Option<u64>,
    },
    /// A YAML text.
    Yaml(Bytes),
    /// With the revision that the change is meant for, if it is meant for one.
    Json {
        text: Bytes,
        if_match: Option<u64>,
        idempotency_key: Option<String>,
    },
    Message {
        raw: Bytes,
        idempotency_key: Option<String>,
    },
}

impl Body {
    pub(crate) fn json(value: &impl Serialize) -> Result<Self> {
        Self::json_for(value, None)
    }

    pub(crate) fn json_for(value: &impl Serialize, if_match: Option<u64>) -> Result<Self> {
        Ok(Self::Json { text: text_of(value)?, if_match, idempotency_key: None })
    }

    /// A request that is idempotent if it has a key.
    pub(crate) fn json_once(value: &impl Serialize, idempotency_key: Option<&str>) -> Result<Self> {
        let idempotency_key = idempotency_key.map(str::to_owned);
        Ok(Self::Json { text: text_of(value)?, if_match: None, idempotency_key })
    }
}

fn text_of(value: &impl Serialize) -> Result<Bytes> {
    serde_json::to_vec(value).map(Bytes::from).map_err(|error| Error::Configuration(error.to_string()))
}

/// A server.
pub(crate) struct Transport {
    http: reqwest::Client,
    url: String,
    token: TokenSource,
    retries: Retries,
    on_limit: Option<OnLimit>,
    origin: Origin,
}

impl Transport {
    pub(crate) fn new(
        http: reqwest::Client,
        url: String,
        token: TokenSource,
        (retries, on_limit): (Retries, Option<OnLimit>),
    ) -> Self {
        Self { http, url, token, retries, on_limit, origin: Origin::system() }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Whether the server is ready, and what time it has. Asked once, without a token.
    pub(crate) async fn health(&self) -> Result<crate::Health> {
        let answer = self.http.get(format!("{}/health/ready", self.url)).send().await;
        let answer = answer.map_err(|error| self.no_answer(&error).kind)?;
        let date = answer.headers().get(header::DATE).and_then(|date| date.to_str().ok()).and_then(moment);
        Ok(crate::Health { ready: answer.status().is_success(), date })
    }

    /// Sends, and reads the answer as JSON.
    pub(crate) async fn json<T: DeserializeOwned>(&self, method: Method, path: &str, body: Body) -> Result<T> {
        let bytes = self.send(method, path, body).await?;
        serde_json::from_slice(&bytes).map_err(|error| self.unreadable(&error))
    }

    /// Gets, and reads the answer as JSON, with the revision that its `ETag` says.
    pub(crate) async fn revised<T: DeserializeOwned>(&self, path: &str) -> Result<Revised<T>> {
        let answer = self.send_for(Method::GET, path, Body::Nothing).await?;
        let value = serde_json::from_slice(&answer.bytes).map_err(|error| self.unreadable(&error))?;
        // Without it, a change would take away what somebody else changed meanwhile.
        let reason = "the answer has no ETag with a revision: a proxy between may take it away";
        let no_revision = || Error::Unreadable { url: self.url.clone(), reason: reason.to_owned() };
        Ok(Revised { value, revision: answer.revision.ok_or_else(no_revision)? })
    }

    /// Sends, and reads the answer as JSON; none if it has no content.
    pub(crate) async fn maybe_json<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Body,
    ) -> Result<Option<T>> {
        let bytes = self.send(method, path, body).await?;
        if bytes.is_empty() {
            return Ok(None);
        }
        serde_json::from_slice(&bytes).map(Some).map_err(|error| self.unreadable(&error))
    }

    /// Sends until there is a success, or a failure that will not pass.
    pub(crate) async fn send(&self, method: Method, path: &str, body: Body) -> Result<Bytes> {
        self.send_for(method, path, body).await.map(|answer| answer.bytes)
    }

    async fn send_for(&self, method: Method, path: &str, body: Body) -> Result<Answer> {
        let mut tried = 0;
        let mut renewed = false;
        let mut may_have_acted = false;
        loop {
            let token = self.token.token(|| self.fetch_token()).await?;
            let error = match self.once(&method, path, &body, &token).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            // A token that was good may have been ended meanwhile: another is asked for once.
            if error.kind.status() == Some(401) && !renewed && self.token.refused(&token).await {
                renewed = true;
                continue;
            }
            // What an earlier try took away without an answer is not there now: that is what was asked for.
            if may_have_acted && method == Method::DELETE && matches!(error.kind.status(), Some(404 | 410)) {
                return Ok(Answer::default());
            }
            may_have_acted |= error.may_have_acted;
            let passing = match &error.kind {
                Error::Refused { body, .. } => passes(body.status),
                Error::NoAnswer { .. } => true,
                _ => false,
            };
            let again = passing && (!error.may_have_acted || may_arrive_twice(&method, &body));
            let asked = match &error.kind {
                Error::Refused { retry_after, .. } => *retry_after,
                _ => None,
            };
            match self.retries.pause(tried, asked, self.origin.share()).filter(|_| again) {
                Some(pause) => self.sleep(pause, Limit::Requests, &error.kind).await,
                None => return Err(error.kind),
            }
            tried += 1;
        }
    }

    /// Waits before another try; whoever wants to know is told of a limit.
    async fn sleep(&self, pause: Duration, limit: Limit, error: &Error) {
        if let Some(told) = self.on_limit.as_ref().filter(|_| error.status() == Some(429)) {
            told(limit, pause);
        }
        tokio::time::sleep(pause).await;
    }

    async fn once(&self, method: &Method, path: &str, body: &Body, token: &str) -> Result<Answer, Failed> {
        let request = self.http.request(method.clone(), format!("{}/api/v2{path}", self.url)).bearer_auth(token);
        let request = match body.clone() {
            Body::Nothing => request,
            Body::NothingFor(format) => request.header(header::ACCEPT, format),
            Body::Csv { text, if_match } => {
                meant_for(request.header(header::CONTENT_TYPE, "text/csv").body(text), if_match)
            }
            Body::Yaml(text) => request.header(header::CONTENT_TYPE, "application/yaml").body(text),
            Body::Json { text, if_match, idempotency_key } => {
                let request = request.header(header::CONTENT_TYPE, "application/json").body(text);
                keyed(meant_for(request, if_match), idempotency_key)
            }
            Body::Message { raw, idempotency_key } => {
                keyed(request.header(header::CONTENT_TYPE, "message/rfc822").body(raw), idempotency_key)
            }
        };
        self.answer(request.send().await).await
    }

    /// Opens a stream of events, after the last one that was read if there is one. Unlike other answers it may last for ever.
    pub(crate) async fn open(&self, path: &str, last: Option<&str>) -> Result<Response> {
        let mut renewed = false;
        loop {
            let token = self.token.token(|| self.fetch_token()).await?;
            let request = self.http.get(format!("{}/api/v2{path}", self.url)).bearer_auth(&token);
            let request = request.header(header::ACCEPT, "text/event-stream").timeout(ENDLESS);
            let request = match last {
                Some(last) => request.header("Last-Event-ID", last),
                None => request,
            };
            let response = request.send().await.map_err(|error| self.no_answer(&error).kind)?;
            if response.status().is_success() {
                return Ok(response);
            }
            let error = self.refusal(response).await.kind;
            if error.status() != Some(401) || renewed || !self.token.refused(&token).await {
                return Err(error);
            }
            renewed = true;
        }
    }

    /// Fetches a token, as patiently as anything else.
    async fn fetch_token(&self) -> Result<(String, Duration)> {
        let Some(basic) = self.token.basic() else {
            return Err(Error::Configuration(
                "the token has ended, and there are no credentials for another".to_owned(),
            ));
        };
        let mut tried = 0;
        loop {
            let request = self
                .http
                .post(format!("{}/oauth/token", self.url))
                .header(header::AUTHORIZATION, basic.as_str())
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(self.token.form());
            let error = match self.answer(request.send().await).await {
                Ok(answer) => {
                    let token: Token =
                        serde_json::from_slice(&answer.bytes).map_err(|error| self.unreadable(&error))?;
                    return Ok((token.access_token, Duration::from_secs(token.expires_in)));
                }
                Err(error) => error.kind,
            };
            let (again, asked) = match &error {
                Error::Refused { body, retry_after } => (passes(body.status), *retry_after),
                Error::NoAnswer { .. } => (true, None),
                _ => (false, None),
            };
            match self.retries.pause(tried, asked, self.origin.share()).filter(|_| again) {
                Some(pause) => self.sleep(pause, Limit::SignIn, &error).await,
                None => return Err(error),
            }
            tried += 1;
        }
    }

    async fn answer(&self, response: reqwest::Result<Response>) -> Result<Answer, Failed> {
        let response = response.map_err(|error| self.no_answer(&error))?;
        if response.status().is_success() {
            let tag = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok());
            // A proxy that compresses an answer makes the tag a weak one: it is the same revision.
            let revision = tag.and_then(|tag| tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"').parse().ok());
            let bytes = response.bytes().await.map_err(|error| self.no_answer(&error))?;
            return Ok(Answer { bytes, revision });
        }
        Err(self.refusal(response).await)
    }

    /// What an answer says that is no success.
    async fn refusal(&self, response: Response) -> Failed {
        let status = response.status();
        let retry_after = response
            .headers()
            .get(header::RETRY_AFTER)
            .and_then(|value| after(value.to_str().ok()?, self.origin.now()));
        let bytes = match response.bytes().await {
            Ok(bytes) => bytes,
            Err(error) => return self.no_answer(&error),
        };
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| ErrorBody {
            message: match String::from_utf8_lossy(&bytes).trim() {
                "" => "no explanation".to_owned(),
                text => text.chars().take(500).collect(),
            },
            status: status.as_u16(),
            ..ErrorBody::default()
        });
        let may_have_acted = status.is_server_error() && !turned_away(status.as_u16());
        Failed { kind: Error::Refused { body: Box::new(body), retry_after }, may_have_acted }
    }

    fn no_answer(&self, error: &reqwest::Error) -> Failed {
        // The innermost cause says most; the outer ones repeat the address.
        let mut cause: &dyn std::error::Error = error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        let kind = Error::NoAnswer { url: self.url.clone(), reason: cause.to_string() };
        Failed { kind, may_have_acted: !error.is_connect() }
    }

    fn unreadable(&self, error: &serde_json::Error) -> Error {
        Error::Unreadable { url: self.url.clone(), reason: error.to_string() }
    }
}

/// A change that applies to one revision only.
fn meant_for(request: RequestBuilder, revision: Option<u64>) -> RequestBuilder {
    match revision {
        Some(revision) => request.header(header::IF_MATCH, format!("\"{revision}\"")),
        None => request,
    }
}

fn keyed(request: RequestBuilder, idempotency_key: Option<String>) -> RequestBuilder {
    match idempotency_key {
        Some(key) => request.header("Idempotency-Key", key),
        None => request,
    }
}

/// A success.
#[derive(Default)]
struct Answer {
    bytes: Bytes,
    /// The revision that the `ETag` says.
    revision: Option<u64>,
}

/// A failure, and whether the server may have carried out the request all the same.
struct Failed {
    kind: Error,
    may_have_acted: bool,
}

/// Whether it makes no difference that the server may have done it already: idempotent methods (RFC 9110 section 9.2.2), and what
/// carries a key. A change that is meant for one revision is none: its own success would make the next try 412.
fn may_arrive_twice(method: &Method, body: &Body) -> bool {
    match body {
        Body::Json { if_match: Some(_), .. } | Body::Csv { if_match: Some(_), .. } => false,
        Body::Message { idempotency_key, .. } | Body::Json { idempotency_key, .. } => {
            idempotency_key.is_some() || method.is_idempotent()
        }
        Body::Csv { .. } | Body::Yaml(_) | Body::Nothing | Body::NothingFor(_) => method.is_idempotent(),
    }
}

/// `Retry-After`, in seconds or as a date (RFC 9110 section 10.2.3).
fn after(value: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    Some(Duration::try_from(moment(value)?.duration_since(now)).unwrap_or_default())
}

/// A date of HTTP (RFC 9110 section 5.6.7).
fn moment(value: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_in_both_forms() {
        let now = "2015-10-21T07:27:00Z".parse().unwrap();
        assert_eq!(after("7", now), Some(Duration::from_secs(7)));
        assert_eq!(after("Wed, 21 Oct 2015 07:28:00 GMT", now), Some(Duration::from_secs(60)));
        assert_eq!(after("Wed, 21 Oct 2015 07:26:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(after("soon", now), None);
    }
}
