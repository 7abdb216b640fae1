//! Against storms (RFC 3834 section 2, RFC 5230 section 4.6): to which mail no machine answers. The first rule that holds is named in the delivery that it
//! holds back. How many answers a correspondent gets is counted where they are kept: [`Answers`].

use waypost_catalogue::routes::{RouteMatch, Routes};
use waypost_ids::InteractionId;
use waypost_mail::message::Message;
use waypost_members::email::Envelope;
use waypost_store::records::catalogue::RouteRecord;
use waypost_store::records::outbox::{Answers, Held};

/// So many automatic answers a correspondent gets in a day.
const A_DAY: u32 = 3;

/// So many automatic answers there are in a thread in an hour.
const AN_HOUR: u32 = 1;

/// The mail that is answered.
#[derive(Clone, Copy)]
pub(super) struct Answered<'a, 'm> {
    pub(super) interaction: InteractionId,
    pub(super) message: &'a Message<'m>,
    pub(super) envelope: Envelope<'a>,
    pub(super) route: &'a RouteRecord,
    pub(super) routes: &'a Routes,
    /// Whether it carries a signed field of ours.
    pub(super) is_ours: bool,
}

impl Answered<'_, '_> {
    /// Why no machine answers the mail, whoever would get the answer.
    pub(super) fn held(&self) -> Option<Held> {
        let Self { message, envelope, route, is_ours, .. } = self;
        if envelope.from == Some("") {
            return Some(held(
                "nullSender",
                "it was sent with the null reverse-path, so it must not be answered".to_owned(),
            ));
        }
        if *is_ours {
            return Some(held("ownMessage", "Waypost sent it".to_owned()));
        }
        let trusted = route.answers_lists();
        if let Some(field) = message.list().filter(|_| !trusted) {
            return Some(held("list", format!("a mailing list passed it on: it has `{field}`")));
        }
        let reason = message.automatic()?;
        Some(held("automatic", format!("a machine wrote it: {}", reason.as_str())))
    }

    /// Why this address gets no automatic answer.
    pub(super) fn held_towards(&self, address: &str) -> Option<Held> {
        match self.routes.find(address) {
            RouteMatch::Route(_) | RouteMatch::Postmaster => {
                Some(held("ownAddress", format!("`{address}` is an address of ours")))
            }
            RouteMatch::None => None,
        }
    }

    /// What an answer to this address counts against.
    pub(super) fn counts(&self, address: &str) -> Answers {
        let message = self.message;
        let thread = message.references().first().map(String::as_str).or(Some(message.in_reply_to()));
        let thread = thread.filter(|id| !id.is_empty()).or(message.message_id());
        Answers {
            correspondent: address.to_lowercase(),
            // A mail that names none is a thread by itself.
            thread: thread.map_or_else(|| self.interaction.to_string(), str::to_owned),
            most_a_day: A_DAY,
            most_an_hour: AN_HOUR,
        }
    }
}

/// A rule that holds.
pub(super) fn held(rule: &str, reason: String) -> Held {
    Held { rule: rule.to_owned(), reason }
}
