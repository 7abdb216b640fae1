//! `Idempotency-Key`: the client's name for a request that it may send again.

use axum::http::{HeaderMap, HeaderName};
use waypost_wire::error::Problem;

use crate::error::ApiError;
use crate::openapi::operation::Operation;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Longer keys are refused.
const MAX_KEY: usize = 255;

/// The key of a request, if it has one.
pub(crate) fn key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    match value.to_str().map(str::trim) {
        Ok(key) if !key.is_empty() && key.len() <= MAX_KEY => Ok(Some(key.to_owned())),
        _ => {
            let problem = Problem {
                path: Some("Idempotency-Key".to_owned()),
                expected: Some(format!("1 to {MAX_KEY} printable ASCII characters")),
                ..Problem::new("invalid.value", "the idempotency key is not valid")
            };
            Err(ApiError::invalid("invalid.value", vec![problem]))
        }
    }
}

/// Adds the header to an operation's description, and what it is refused by.
pub(crate) fn described(operation: Operation) -> Operation {
    operation
        .header("Idempotency-Key", "The same key within 24 hours is the same request; 409 while that is not answered.")
        .refuses(&[409, 422])
}
