//! Requests' bodies: read once into one buffer, within limits of size, of time, and of what all requests hold together.

use std::io::{self, Read};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use waypost_admission::Hold;
use waypost_flow::diagnostic::Code;
use waypost_flow::source::{self, Node, SyntaxError};
use waypost_wire::error::Problem;

use crate::coding::Coding;
use crate::context::Remote;
use crate::error::ApiError;
use crate::fields::Fields;
use crate::json;
use crate::state::ApiState;

/// So many bytes are decoded at a time.
const BLOCK: usize = 64 << 10;

/// How long a client may pause within a body.
pub(crate) const PAUSE: Duration = Duration::from_secs(30);

/// How long a whole body may take: 50 MiB at 1.4 Mbit/s.
const WHOLE: Duration = Duration::from_secs(300);

/// So much of a body that is too large is read and dropped, so that clients that don't look for an answer before they have
/// sent everything get to see it.
const DRAINED: usize = 64 << 20;

/// A body in memory.
#[derive(Debug)]
pub struct Content {
    /// Its bytes.
    pub bytes: Bytes,
    _held: Hold,
}

/// Reads a body of at most `limit` bytes, as it comes and decoded.
///
/// # Errors
/// 415 if its coding is not known, 413 if it is larger, 408 if it comes too slowly, 503 if all requests together hold too much, 400 if it breaks off.
pub async fn read(state: &ApiState, parts: &Parts, body: Body, limit: usize) -> Result<Content, ApiError> {
    let headers = &parts.headers;
    let coding = Coding::of(headers)?;
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let too_large = || too_large(limit as u64);
    if announced.is_some_and(|length| length > limit) {
        // Who asks before sending has not sent anything yet, and need not.
        if !headers.contains_key(header::EXPECT) {
            drain(body).await;
        }
        return Err(too_large());
    }
    let client = parts.extensions.get::<Remote>().map_or(IpAddr::from(Ipv4Addr::UNSPECIFIED), |remote| remote.client);
    let mut held = state.held.hold(client);
    match timeout(WHOLE, collect(body, announced.unwrap_or(0), limit, &mut held)).await {
        Ok(Ok(Collected::All(bytes))) if coding == Coding::Identity => Ok(Content { bytes, _held: held }),
        Ok(Ok(Collected::All(bytes))) => {
            let decoding = spawn_blocking(move || decoded(coding, &bytes, limit, held));
            decoding
                .await
                .map_err(|error| ApiError::unavailable("the body was not read", 1).private(error.to_string()))?
        }
        Ok(Ok(Collected::TooLarge(rest))) => {
            drop(held);
            drain(rest).await;
            Err(too_large())
        }
        Ok(Err(error)) => Err(error),
        Err(_) => Err(slow()),
    }
}

/// A body decoded. Its size is known only when it is there: what it takes up is counted as it grows.
fn decoded(coding: Coding, coded: &[u8], limit: usize, mut held: Hold) -> Result<Content, ApiError> {
    let mut decoder = coding.decode(coded, limit as u64);
    let mut bytes = Vec::new();
    loop {
        if !held.cover(coded.len() + bytes.len() + BLOCK) {
            return Err(holds_too_much());
        }
        match (&mut decoder).take(BLOCK as u64).read_to_end(&mut bytes) {
            Ok(0) => return Ok(Content { bytes: bytes.into(), _held: held }),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => return Err(too_large(limit as u64)),
            Err(error) => {
                let message = "the body is not encoded as its Content-Encoding says, or is incomplete";
                return Err(ApiError::new(StatusCode::BAD_REQUEST, "bad.request", message).private(error.to_string()));
            }
        }
    }
}

fn holds_too_much() -> ApiError {
    ApiError::unavailable("the server holds too many requests at the moment", 1)
}

enum Collected {
    All(Bytes),
    TooLarge(Body),
}

async fn collect(mut body: Body, announced: usize, limit: usize, held: &mut Hold) -> Result<Collected, ApiError> {
    // The announced length is a promise of the client's: memory is only taken as far as the promise is kept.
    let mut buffer = BytesMut::new();
    while let Some(frame) = timeout(PAUSE, body.frame()).await.map_err(|_| slow())? {
        let frame = frame.map_err(|error| {
            ApiError::new(StatusCode::BAD_REQUEST, "bad.request", "the body is incomplete").private(error.to_string())
        })?;
        let Ok(data) = frame.into_data() else { continue };
        if buffer.len() + data.len() > limit {
            return Ok(Collected::TooLarge(body));
        }
        if !held.cover(buffer.len() + data.len()) {
            return Err(holds_too_much());
        }
        if buffer.is_empty() {
            buffer.reserve(announced.max(data.len()));
        }
        buffer.extend_from_slice(&data);
    }
    Ok(Collected::All(buffer.freeze()))
}

/// 413.
pub(crate) fn too_large(limit: u64) -> ApiError {
    let message = format!("the body is larger than {limit} bytes");
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "request.entity.too.large", message)
}

/// Reads and drops a body, as far as a client should be let to end what it sends.
pub(crate) async fn drain(mut body: Body) {
    let dropping = async {
        let mut left = DRAINED;
        while let Some(Ok(frame)) = body.frame().await {
            let length = frame.data_ref().map_or(0, Bytes::len);
            match left.checked_sub(length) {
                Some(rest) => left = rest,
                None => break,
            }
        }
    };
    // Whether it all came does not matter: the answer is the same.
    let _ = timeout(PAUSE, dropping).await;
}

/// 408.
pub(crate) fn slow() -> ApiError {
    ApiError::new(StatusCode::REQUEST_TIMEOUT, "client.timeout", "the body arrived too slowly")
}

/// The media type without parameters, in lower case; none if the request names none.
pub fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()).filter(|kind| !kind.is_empty())
}

/// 415.
pub fn unsupported(found: &str, expected: &str) -> ApiError {
    let problem = Problem {
        path: Some("Content-Type".to_owned()),
        expected: Some(expected.to_owned()),
        found: Some(found.to_owned()),
        ..Problem::new("unsupported.media.type", format!("this endpoint does not take `{found}`"))
    };
    let message = format!("the body must be {expected}, not `{found}`");
    ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported.media.type", message).problems(vec![problem])
}

/// A body of JSON text. Empty when the request has none.
async fn json_text(request: Request, state: &ApiState) -> Result<(Content, HeaderMap), ApiError> {
    let (parts, body) = request.into_parts();
    let content = read(state, &parts, body, state.settings.max_json_bytes).await?;
    let kind = media_type(&parts.headers);
    let json = kind.as_deref().is_none_or(|kind| kind == "application/json" || kind.ends_with("+json"));
    if !json && !content.bytes.is_empty() {
        return Err(unsupported(kind.as_deref().unwrap_or_default(), "application/json"));
    }
    Ok((content, parts.headers))
}

/// 400 for text that is not JSON.
fn malformed(error: SyntaxError) -> ApiError {
    let problem = Problem {
        line: Some(error.line),
        column: Some(error.column),
        suggestion: error.suggestion.map(str::to_owned),
        ..Problem::new("document.syntax", error.to_string())
    };
    let message = format!("the body is not JSON: {}", problem.message);
    ApiError::new(StatusCode::BAD_REQUEST, "bad.request", message).problems(vec![problem])
}

/// 400 for JSON that is not UTF-8.
fn not_utf8(bytes: &[u8], valid: usize) -> ApiError {
    let (line, column) = after(bytes, valid);
    malformed(SyntaxError { line, column, message: "not UTF-8".to_owned(), suggestion: None })
}

/// The line and the column of the byte after the first `valid`, counted from 1.
fn after(bytes: &[u8], valid: usize) -> (usize, usize) {
    let before = bytes.get(..valid).unwrap_or_default();
    let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
    let column = 1 + before.iter().rev().take_while(|byte| **byte != b'\n').count();
    (line, column)
}

/// The text that a body is.
///
/// # Errors
/// 400 with the first place that is not UTF-8.
pub(crate) fn utf8(bytes: &[u8]) -> Result<&str, ApiError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let (line, column) = after(bytes, error.valid_up_to());
        let problem = Problem {
            line: Some(line),
            column: Some(column),
            expected: Some("a text in UTF-8".to_owned()),
            ..Problem::new(Code::Syntax.as_str(), format!("line {line}, column {column}: not UTF-8"))
        };
        ApiError::invalid("bad.request", vec![problem])
    })
}

/// A flow document as it was sent, keys that stand twice included.
#[derive(Debug)]
pub struct FlowBody(pub Node);

impl FromRequest<ApiState> for FlowBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &ApiState) -> Result<Self, ApiError> {
        let (content, _) = json_text(request, state).await?;
        if content.bytes.trim_ascii().is_empty() {
            return Err(ApiError::new(StatusCode::BAD_REQUEST, "architect.flow.data.missing", "the body is empty"));
        }
        tree(&content.bytes).await.map(Self)
    }
}

/// A larger text is read on a thread that serves nobody else.
const SMALL: usize = 256 << 10;

/// The tree of a JSON text, keys that stand twice included.
///
/// # Errors
/// 400 with line and column.
pub async fn tree(bytes: &Bytes) -> Result<Node, ApiError> {
    apart(bytes, node_of).await
}

/// Reads a text: a large one on a thread that serves nobody else.
async fn apart<T: Send + 'static>(bytes: &Bytes, read: fn(&[u8]) -> Result<T, ApiError>) -> Result<T, ApiError> {
    if bytes.len() <= SMALL {
        return read(bytes);
    }
    let bytes = bytes.clone();
    let read = tokio::task::spawn_blocking(move || read(&bytes)).await;
    read.map_err(|error| ApiError::unavailable("the server is about to end", 1).private(error.to_string()))?
}

/// 400 for members that stand twice; nothing if there are none.
pub(crate) fn refuse_twice(paths: Vec<String>) -> Result<(), ApiError> {
    if paths.is_empty() {
        return Ok(());
    }
    let problem = |path: String| Problem {
        suggestion: Some("keep one of them".to_owned()),
        message: format!("the member `{path}` appears twice"),
        ..Problem { path: Some(path), ..Problem::new("document.key.duplicate", "") }
    };
    Err(ApiError::invalid("bad.request", paths.into_iter().map(problem).collect()))
}

fn node_of(bytes: &[u8]) -> Result<Node, ApiError> {
    let text = std::str::from_utf8(bytes).map_err(|error| not_utf8(bytes, error.valid_up_to()))?;
    source::json(text).map_err(malformed)
}

/// A JSON object to be read member by member. An empty body and `null` are an object without members: the official SDKs
/// send either where they have nothing to say.
#[derive(Debug)]
pub struct ObjectBody(pub Fields);

impl FromRequest<ApiState> for ObjectBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &ApiState) -> Result<Self, ApiError> {
        let (content, _) = json_text(request, state).await?;
        if content.bytes.trim_ascii().is_empty() {
            return Ok(Self(Fields::default()));
        }
        apart(&content.bytes, fields_of).await.map(Self)
    }
}

/// A small JSON object.
pub(crate) fn fields_of(bytes: &[u8]) -> Result<Fields, ApiError> {
    let text = std::str::from_utf8(bytes).map_err(|error| not_utf8(bytes, error.valid_up_to()))?;
    let (value, twice) = json::read(text).map_err(|error| malformed((&error).into()))?;
    refuse_twice(twice)?;
    Fields::of(value)
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use hyper::body::Frame;
    use waypost_admission::{Budget, Networks};

    use super::*;

    /// A body that sends some frames, and then falls silent without ending.
    struct Stalled(VecDeque<Bytes>);

    impl hyper::body::Body for Stalled {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            match self.0.pop_front() {
                Some(data) => Poll::Ready(Some(Ok(Frame::data(data)))),
                None => Poll::Pending,
            }
        }
    }

    fn budget() -> Budget {
        Budget::new(1 << 20, Networks::default())
    }

    #[tokio::test(start_paused = true)]
    async fn who_falls_silent_is_let_go() {
        let budget = budget();
        let mut held = budget.hold([192, 0, 2, 1].into());
        let body = Body::new(Stalled(VecDeque::from([Bytes::from_static(b"ab")])));
        let error = collect(body, 4, 10, &mut held).await.err().unwrap();
        assert_eq!(error.status(), StatusCode::REQUEST_TIMEOUT);
        assert!(budget.held() > 0);
        drop(held);
        assert_eq!(budget.held(), 0, "what it held is given back");
    }

    #[tokio::test]
    async fn a_body_ends_at_its_limit_whatever_was_announced() {
        let budget = budget();
        for (length, fits) in [(10, true), (11, false)] {
            let collected =
                collect(Body::from("x".repeat(length)), 3, 10, &mut budget.hold([192, 0, 2, 1].into())).await.unwrap();
            assert_eq!(matches!(collected, Collected::All(bytes) if bytes.len() == length), fits);
        }
    }
}
