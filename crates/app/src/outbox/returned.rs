//! Mail that came back (RFC 3464): it marks the delivery that it is about, and is no work for anybody. What else comes to a delivery's envelope
//! sender is an answer to it, and goes where mail to its sender's address goes.

use std::sync::Arc;

use waypost_catalogue::routes::{RouteMatch, Routes};
use waypost_ids::DeliveryId;
use waypost_mail::message::Message;
use waypost_origin::Origin;
use waypost_outgoing::bounce::{self, About, Bounce};
use waypost_store::error::StoreError;
use waypost_store::records::outbox::BouncedOf;
use waypost_store::traits::Store;

use crate::mail::intake::Bound;

/// What a bounce says is kept as far as this, in bytes.
const LONGEST: usize = 2000;

/// What to do about one recipient of a mail.
pub(crate) enum Returned {
    /// It was a bounce, and has been noted.
    Noted,
    /// It is mail like any other, for this recipient.
    Mail(Bound),
}

/// Notes what came back.
///
/// # Errors
/// The store; then nothing was noted.
pub(crate) async fn sort(
    recipient: Bound,
    message: &Message<'_>,
    routes: &Routes,
    store: &dyn Store,
    origin: &Origin,
) -> Result<Returned, StoreError> {
    let delivery = recipient.answers;
    if let Some(bounce) = bounce::read(message, delivery.map(|delivery| delivery.0))
        && note(&bounce, store, origin).await?
    {
        return Ok(Returned::Noted);
    }
    match delivery {
        None => Ok(Returned::Mail(recipient)),
        Some(delivery) => Ok(Returned::Mail(forwarded(recipient, delivery, routes, store).await?)),
    }
}

/// Marks the delivery, and answers whether the report is about one of ours. A delay is noted by nobody: its delivery is not over.
async fn note(bounce: &Bounce, store: &dyn Store, origin: &Origin) -> Result<bool, StoreError> {
    let of = match &bounce.about {
        About::Delivery(delivery) => vec![BouncedOf::Delivery(DeliveryId(*delivery))],
        About::MessageIds(ids) => ids
            .iter()
            .map(|id| BouncedOf::Message { message_id: id.clone(), recipient: bounce.recipient.clone() })
            .collect(),
    };
    if !bounce.action.is_final_failure() {
        // Known by its address it needs no one's eyes; one that only names a Message-ID may be about anybody's mail.
        return Ok(matches!(bounce.about, About::Delivery(_)));
    }
    let says = says(bounce);
    for of in of {
        let is_known = matches!(of, BouncedOf::Delivery(_));
        let marked = store.bounce(of, &says, origin.now()).await?;
        for delivery in &marked {
            tracing::info!(%delivery, status = bounce.status.as_deref(), "a delivery bounced");
        }
        if is_known || !marked.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn says(bounce: &Bounce) -> String {
    let words: Vec<&str> = bounce.status.as_deref().into_iter().chain([bounce.text.as_str()]).collect();
    let mut says = format!("bounced: {}", words.join(" ").trim());
    says.truncate(says.floor_char_boundary(LONGEST));
    says
}

/// An answer to a delivery goes where mail to the delivery's sender goes.
async fn forwarded(
    recipient: Bound,
    delivery: DeliveryId,
    routes: &Routes,
    store: &dyn Store,
) -> Result<Bound, StoreError> {
    let Some(record) = store.delivery(delivery).await? else { return Ok(recipient) };
    let route = match routes.find(&record.sender) {
        RouteMatch::Route(route) => Some(Arc::clone(&route)),
        RouteMatch::Postmaster | RouteMatch::None => None,
    };
    Ok(Bound { address: record.sender, route, answers: None, ..recipient })
}
