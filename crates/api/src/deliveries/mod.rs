//! `/deliveries`: what goes out on behalf of interactions, and what became of it.

mod act;
mod list;
mod read;
pub mod view;

use axum::http::StatusCode;
use waypost_app::access::scopes::Scope;
use waypost_ids::{DeliveryId, DeliveryKind, DeliveryState};
use waypost_wire::Object;
use waypost_wire::delivery::{Delivery, DeliveryFilter, Retried};

use crate::error::ApiError;
use crate::openapi::Endpoints;
use crate::openapi::operation::operation;

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    Endpoints::default()
        .get(
            "/deliveries",
            list::list,
            operation("getDeliveries", Scope::EmailRead, "List deliveries, newest first")
                .words("state", DeliveryState::WORDS, "Its state.")
                .words("kind", DeliveryKind::WORDS, "What it is.")
                .uuid("interactionId", "The interaction that it is for.")
                .text("target", "The recipient's address, ignoring case; its domain in A-labels or U-labels.")
                .chunks::<Delivery>(),
        )
        .post(
            "/deliveries/retry",
            act::retry_all,
            operation(
                "postDeliveriesRetry",
                Scope::EmailWrite,
                "Retry all that match, oldest first; by default dead ones",
            )
            .body::<DeliveryFilter>()
            .answers::<Retried>(),
        )
        .get(
            "/deliveries/{deliveryId}",
            read::get,
            operation("getDelivery", Scope::EmailRead, "Get a delivery").answers::<Delivery>(),
        )
        .get(
            "/deliveries/{deliveryId}/content",
            read::content,
            operation(
                "getDeliveryContent",
                Scope::EmailRead,
                "Get the mail that is sent: its bytes before DKIM signs them",
            )
            .answers_as("message/rfc822")
            .refuses(&[410]),
        )
        .put(
            "/deliveries/{deliveryId}/content",
            act::edit,
            operation(
                "putDeliveryContent",
                Scope::EmailWrite,
                "Replace the mail of a dead delivery; its Message-ID stays",
            )
            .message_body()
            .answers::<Delivery>()
            .refuses(&[409, 410]),
        )
        .post(
            "/deliveries/{deliveryId}/retry",
            act::retry,
            operation(
                "postDeliveryRetry",
                Scope::EmailWrite,
                "Make an attempt now, without waiting for the current pause to end",
            )
            .body::<Object>()
            .answers_with::<Delivery>(StatusCode::ACCEPTED)
            .refuses(&[409, 410]),
        )
        .post(
            "/deliveries/{deliveryId}/cancel",
            act::cancel,
            operation("postDeliveryCancel", Scope::EmailWrite, "Cancel a pending or dead delivery")
                .body::<Object>()
                .answers::<Delivery>()
                .refuses(&[409]),
        )
}

/// A delivery's id in a path. What is no UUID names no delivery.
fn parse_id(text: &str) -> Result<DeliveryId, ApiError> {
    text.parse().map_err(|_| ApiError::not_found("not.found", format!("delivery `{text}` was not found")))
}
