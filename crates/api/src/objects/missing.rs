//! Members that a body must have and has not, told together with whatever else is wrong: what a kind says of its own members comes only
//! once the body could be read.

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::Value as Json;
use waypost_wire::error::Problem;

use super::{Call, Resource};
use crate::error::ApiError;
use crate::fields::Fields;

/// What a body asks for, as its kind reads it.
///
/// # Errors
/// As the kind says, with every member that is missing by the body's schema.
pub(crate) fn spec<K: Resource>(
    call: Call,
    body: Fields,
    read: impl FnOnce(Fields) -> Result<K::Spec, ApiError>,
) -> Result<K::Spec, ApiError> {
    let present = body.present();
    read(body).map_err(|error| match call {
        Call::Create => with_missing::<K::Request>(&present, error),
        Call::Change if !K::OFFER.patched => with_missing::<K::Change>(&present, error),
        _ => error,
    })
}

fn with_missing<T: JsonSchema>(present: &[String], error: ApiError) -> ApiError {
    let problems = error.told();
    // An error of its own, such as a secret that can't be sealed, is not about members.
    if problems.is_empty() {
        return error;
    }
    let is_told = |name: &str| {
        problems
            .iter()
            .filter_map(|problem| problem.path.as_deref()?.strip_prefix(name))
            .any(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    let missing: Vec<Problem> = required::<T>()
        .into_iter()
        .filter(|(name, _)| !present.contains(name) && !is_told(name))
        .map(|(name, expected)| Fields::is_missing(&name, expected))
        .collect();
    if missing.is_empty() { error } else { ApiError::invalid(error.code(), [problems.to_vec(), missing].concat()) }
}

/// Members that a schema requires, with what is expected there.
fn required<T: JsonSchema>() -> Vec<(String, &'static str)> {
    let schema = SchemaGenerator::default().into_root_schema_for::<T>();
    let names = schema.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str);
    let kind = |name: &str| schema.get("properties")?.get(name)?.get("type")?.as_str().map(str::to_owned);
    let expected = |name: &str| match kind(name).as_deref() {
        Some("string") => "a string",
        Some("array") => "a list",
        Some("boolean") => "true or false",
        Some("integer" | "number") => "a number",
        _ => "an object",
    };
    names.map(|name| (name.to_owned(), expected(name))).collect()
}
