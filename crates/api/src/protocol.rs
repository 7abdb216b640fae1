//! What HTTP itself asks of every request, and what every answer tells browsers and caches.

use axum::extract::{Extension, Request};
use axum::http::uri::Authority;
use axum::http::{HeaderValue, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::context::Remote;
use crate::error::ApiError;

/// For a year (RFC 6797 section 6.1).
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Refuses requests that don't say which host they are for, and completes the header of each answer.
pub async fn layer(Extension(remote): Extension<Remote>, request: Request, next: Next) -> Response {
    let mut response = match host_problem(&request) {
        Some(problem) => ApiError::new(StatusCode::BAD_REQUEST, "bad.request", problem).into_response(),
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if remote.tls {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    response
}

/// What is wrong with a request's host (RFC 9112 section 3.2, RFC 9113 section 8.3.1): two that read a request otherwise
/// may take it for two different ones.
fn host_problem(request: &Request) -> Option<&'static str> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(_), Some(_)) => Some("there is more than one Host"),
        (Some(host), None) if Authority::try_from(host.as_bytes()).is_err() => Some("the Host is not one"),
        (None, _) if request.version() == Version::HTTP_11 => Some("there is no Host"),
        (None, _) if request.version() > Version::HTTP_11 && request.uri().authority().is_none() => {
            Some("there is no authority")
        }
        _ => None,
    }
}
