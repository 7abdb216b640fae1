//! The outermost layer: gives each request an id, and every answer that is not a success a JSON body with it.

use std::net::IpAddr;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use waypost_origin::Origin;

use crate::error::ApiError;

/// The header that names a request, in both directions.
pub const CORRELATION_ID: HeaderName = HeaderName::from_static("inin-correlation-id");

/// Who asks, put into each request's extensions by the listener.
#[derive(Clone, Copy, Debug)]
pub struct Remote {
    /// The address of the client: the peer's, or the one that a trusted proxy names.
    pub client: IpAddr,
    /// Whether the connection is encrypted.
    pub tls: bool,
}

/// Marks an answer that is a page for people, whatever its status: it stays as it is.
#[derive(Clone, Copy, Debug)]
pub struct ForPeople;

/// The template of the path that was answered, in the answer's extensions. The log names it rather than the path, which
/// has tokens of claims, keys of rows and whatever else clients put there.
#[derive(Clone, Debug)]
pub struct Route(pub String);

/// Runs a request and finishes its answer.
pub async fn layer(State(origin): State<Origin>, request: Request, next: Next) -> Response {
    let context_id = correlation_id(request.headers(), &origin);
    let method = request.method().clone();
    let mut response = next.run(request).await;
    let route = response.extensions_mut().remove::<Route>().map_or_else(|| "none".to_owned(), |route| route.0);
    let for_people = response.extensions_mut().remove::<ForPeople>().is_some();
    if !for_people && (response.status().is_client_error() || response.status().is_server_error()) {
        let error = response.extensions_mut().remove::<ApiError>().unwrap_or_else(|| unexplained(response.status()));
        if let Some(detail) = error.private_detail() {
            // What a client did wrong is no failure of the server's.
            if error.status().is_server_error() {
                tracing::error!(context_id, %method, route, detail, "request failed");
            } else {
                tracing::debug!(context_id, %method, route, detail, "request refused");
            }
        }
        // What can't be written as JSON does not exist in these types; an empty body would be the lesser evil.
        *response.body_mut() = Body::from(error.body(&context_id).unwrap_or_default());
        response.headers_mut().remove(header::CONTENT_LENGTH);
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    tracing::debug!(context_id, %method, route, status = response.status().as_u16(), "request");
    if let Ok(value) = HeaderValue::from_str(&context_id) {
        response.headers_mut().insert(CORRELATION_ID, value);
    }
    response
}

/// The client's own id for the request if it is a harmless one, else a new one.
pub(crate) fn correlation_id(headers: &HeaderMap, origin: &Origin) -> String {
    let sent = headers.get(CORRELATION_ID).and_then(|value| value.to_str().ok());
    let harmless =
        |id: &&str| (8..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    sent.filter(harmless).map_or_else(|| origin.id().to_string(), str::to_owned)
}

/// An error that the framework answered.
fn unexplained(status: StatusCode) -> ApiError {
    let reason = status.canonical_reason().unwrap_or("error").to_lowercase();
    let code = match status {
        StatusCode::NOT_FOUND => "not.found",
        StatusCode::METHOD_NOT_ALLOWED => "method.not.allowed",
        StatusCode::REQUEST_TIMEOUT => "client.timeout",
        StatusCode::PAYLOAD_TOO_LARGE => "request.entity.too.large",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported.media.type",
        _ if status.is_server_error() => "internal.server.error",
        _ => "bad.request",
    };
    ApiError::new(status, code, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_ids_are_taken_over() {
        let sent = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(CORRELATION_ID, HeaderValue::from_static(text));
            correlation_id(&headers, &Origin::system())
        };
        assert_eq!(sent("0f0f-from-client"), "0f0f-from-client");
        for bad in ["short", "with space and \"quotes\"", "a\tb\tc\td\te"] {
            assert_ne!(sent(bad), bad);
        }
        let new = || correlation_id(&HeaderMap::new(), &Origin::system());
        assert_ne!(new(), new());
    }
}
