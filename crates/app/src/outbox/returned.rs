//! Mail that came back, as a report (RFC 3464) or in another server's form: it marks the delivery that it is about, and is no work for anybody. What else comes to a delivery's envelope
//! sender is an answer to it, and goes where mail to its sender's address goes.
//!
//! The envelope sender of a delivery is signed: what comes there is believed. A Message-ID may have been seen by anybody: a report that only
//! names one counts as far as it has the null reverse-path, and names a recipient who got the mail.

use waypost_catalogue::routes::{RouteMatch, Routes};
use waypost_ids::{DeliveryId, DeliveryKind};
use waypost_mail::message::Message;
use waypost_origin::Origin;
use waypost_outgoing::MessageId;
use waypost_outgoing::bounce::Bounce;
use waypost_store::error::StoreError;
use waypost_store::records::outbox::BouncedOf;
use waypost_store::traits::Store;

use super::deliveries::address_as_sent;
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

/// A mail that may have come back.
pub(crate) struct Arrived<'a> {
    pub(crate) message: &'a Message<'a>,
    /// Read once, however many recipients there are.
    pub(crate) bounce: Option<Bounce>,
    /// Whether it was sent with the null reverse-path.
    pub(crate) null_sender: bool,
    pub(crate) routes: &'a Routes,
    pub(crate) store: &'a dyn Store,
    pub(crate) origin: &'a Origin,
}

impl Arrived<'_> {
    /// Notes what came back.
    ///
    /// # Errors
    /// The store; then nothing was noted.
    pub(crate) async fn sort(&self, recipient: Bound) -> Result<Returned, StoreError> {
        let delivery = recipient.answers;
        if let Some(bounce) = &self.bounce
            && self.note(bounce, delivery).await?
        {
            return Ok(Returned::Noted);
        }
        match delivery {
            None => Ok(Returned::Mail(recipient)),
            Some(delivery) => Ok(Returned::Mail(self.answer(recipient, delivery).await?)),
        }
    }

    /// Marks the delivery whose address it came to, else the one that it returns, and answers whether it is about one of ours. A delay is noted
    /// by nobody: its delivery is not over.
    async fn note(&self, bounce: &Bounce, delivery: Option<DeliveryId>) -> Result<bool, StoreError> {
        let failed = bounce.action.is_final_failure();
        let says = says(bounce);
        if let Some(delivery) = delivery {
            if failed {
                self.mark(BouncedOf::Delivery(delivery), &says, bounce).await?;
            }
            return Ok(true);
        }
        if !failed || !self.null_sender || bounce.recipient.is_none() {
            return Ok(false);
        }
        for id in bounce.message_ids.iter().filter(|id| self.may_be_ours(id)) {
            let recipient = bounce.recipient.clone().map(address_as_sent);
            let of = BouncedOf::Message { message_id: id.clone(), recipient };
            if self.mark(of, &says, bounce).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a Message-ID has the form of ours: nothing else is looked up.
    fn may_be_ours(&self, id: &str) -> bool {
        let domain = MessageId::domain_if_ours(id);
        domain.is_some_and(|domain| self.routes.find(&format!("postmaster@{domain}")) != RouteMatch::None)
    }

    async fn mark(&self, of: BouncedOf, says: &str, bounce: &Bounce) -> Result<bool, StoreError> {
        let marked = self.store.bounce(of, says, self.origin.now()).await?;
        for delivery in &marked {
            tracing::info!(%delivery, status = bounce.status.as_deref(), "a delivery bounced");
        }
        Ok(!marked.is_empty())
    }

    /// An answer to a delivery goes where mail to the delivery's sender goes. What a machine answers to a forward would be forwarded again, and
    /// answered again.
    async fn answer(&self, recipient: Bound, delivery: DeliveryId) -> Result<Bound, StoreError> {
        let Some(record) = self.store.delivery(delivery).await? else { return Ok(recipient) };
        let route = match self.routes.find(&record.sender) {
            RouteMatch::Route(route) => Some(route),
            RouteMatch::Postmaster | RouteMatch::None => None,
        };
        let automatic = self.null_sender || self.message.automatic().is_some();
        let handed_on = matches!(record.kind, DeliveryKind::Forward | DeliveryKind::QueuePush);
        let circles = handed_on && automatic;
        Ok(Bound { address: record.sender, route, answers: None, circles, ..recipient })
    }
}

fn says(bounce: &Bounce) -> String {
    let words: Vec<&str> = bounce.status.as_deref().into_iter().chain([bounce.text.as_str()]).collect();
    let words = words.join(" ");
    let mut says = if words.trim().is_empty() { "bounced".to_owned() } else { format!("bounced: {}", words.trim()) };
    says.truncate(says.floor_char_boundary(LONGEST));
    says
}
