//! Mail that came back (RFC 3464): it marks the delivery that it is about, and is no work for anybody. What else comes to a delivery's envelope
//! sender is an answer to it, and goes where mail to its sender's address goes.
//!
//! The envelope sender of a delivery is signed: what comes there is believed. A Message-ID may have been seen by anybody: a report that only
//! names one counts as far as it has the null reverse-path, and names a recipient who got the mail.

use waypost_catalogue::routes::{RouteMatch, Routes};
use waypost_ids::{DeliveryId, DeliveryKind};
use waypost_mail::message::{DeliveryReport, Message};
use waypost_origin::Origin;
use waypost_outgoing::MessageId;
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

/// A mail that may have come back.
pub(crate) struct Arrived<'a> {
    pub(crate) message: &'a Message<'a>,
    /// Read once, however many recipients there are.
    pub(crate) report: Option<DeliveryReport>,
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
        let bounce = self.report.as_ref().and_then(|report| bounce::read(report, delivery.map(|delivery| delivery.0)));
        if let Some(bounce) = bounce
            && self.note(&bounce).await?
        {
            return Ok(Returned::Noted);
        }
        match delivery {
            None => Ok(Returned::Mail(recipient)),
            Some(delivery) => Ok(Returned::Mail(self.answer(recipient, delivery).await?)),
        }
    }

    /// Marks the delivery, and answers whether the report is about one of ours. A delay is noted by nobody: its delivery is not over.
    async fn note(&self, bounce: &Bounce) -> Result<bool, StoreError> {
        let failed = bounce.action.is_final_failure();
        let says = says(bounce);
        match &bounce.about {
            About::Delivery(delivery) => {
                if failed {
                    self.mark(BouncedOf::Delivery(DeliveryId(*delivery)), &says, bounce).await?;
                }
                Ok(true)
            }
            About::MessageIds(ids) => {
                if !failed || !self.null_sender || bounce.recipient.is_none() {
                    return Ok(false);
                }
                for id in ids.iter().filter(|id| self.may_be_ours(id)) {
                    let of = BouncedOf::Message { message_id: id.clone(), recipient: bounce.recipient.clone() };
                    if self.mark(of, &says, bounce).await? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
        }
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
    let mut says = format!("bounced: {}", words.join(" ").trim());
    says.truncate(says.floor_char_boundary(LONGEST));
    says
}
