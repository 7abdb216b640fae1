//! `/interactions`: mail handed in over HTTP, and what became of all mail.

pub mod agents;
pub mod attachments;
pub mod endpoints;
pub mod get;
pub mod ledger;
pub mod list;
pub mod post;
pub mod rerun;
pub mod view;

use waypost_ids::InteractionId;

use crate::error::ApiError;

/// An interaction's id in a path. What is no UUID names no interaction.
pub(crate) fn parse_id(text: &str) -> Result<InteractionId, ApiError> {
    text.parse().map_err(|_| ApiError::not_found("not.found", format!("interaction `{text}` was not found")))
}
