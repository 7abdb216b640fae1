//! Against storms (RFC 3834 section 2, RFC 5230 section 4.6): to which mail no machine answers. The first rule that holds is named in the delivery that it
//! holds back. How many answers a correspondent gets is counted where they are kept: [`Answers`].

use waypost_catalogue::routes::{RouteMatch, Routes};
use waypost_ids::InteractionId;
use waypost_mail::message::{AddressField, Message};
use waypost_members::email::Envelope;
use waypost_outgoing::address::MailAddress;
use waypost_outgoing::{Key, trace_field};
use waypost_store::records::catalogue::RouteRecord;
use waypost_store::records::outbox::{Answers, Held};

/// So many addresses of ours are known in the header of one mail.
const MOST_OWN: usize = 100;

/// So many automatic answers a correspondent gets in a day.
const A_DAY: u32 = 3;

/// So many automatic answers there are in a thread in an hour.
const AN_HOUR: u32 = 1;

/// The mail that is answered.
#[derive(Clone, Copy)]
pub struct Answered<'a, 'm> {
    message: &'a Message<'m>,
    envelope: Envelope<'a>,
    route: Option<&'a RouteRecord>,
    routes: &'a Routes,
    /// Whether Waypost sent it.
    is_ours: bool,
}

impl<'a, 'm> Answered<'a, 'm> {
    /// A mail that came by a route. Without the node's key nobody knows whether Waypost sent it; without a route it is treated as most routes
    /// treat it.
    #[must_use]
    pub fn of(
        message: &'a Message<'m>,
        envelope: Envelope<'a>,
        (route, routes): (Option<&'a RouteRecord>, &'a Routes),
        key: Option<&Key>,
    ) -> Self {
        // One that we resent is still its author's.
        let authors = message.addresses(AddressField::From);
        let is_ours = authors.iter().any(|author| routes.find(&author.address) != RouteMatch::None)
            && key.is_some_and(|key| !trace_field::routes(key, message).is_empty());
        Self { message, envelope, route, routes, is_ours }
    }

    /// Its message.
    pub(super) fn message(&self) -> &'a Message<'m> {
        self.message
    }

    /// Those addresses of the mail's own header that are routes of ours, and the one that it came to: they get no copy of an answer.
    pub(super) fn own_addresses(&self) -> Vec<MailAddress> {
        let fields = [AddressField::To, AddressField::Cc].into_iter();
        let named = fields.flat_map(|field| self.message.addresses(field)).map(|one| one.address.as_str());
        let own = named.filter(|address| self.routes.find(address) != RouteMatch::None).take(MOST_OWN);
        own.chain([self.envelope.to]).filter_map(|address| MailAddress::parse(address).ok()).collect()
    }

    /// Whoever wrote the mail, by any of the names it gives.
    pub(super) fn correspondents(&self) -> Vec<MailAddress> {
        let fields = [AddressField::From, AddressField::ReplyTo].into_iter();
        let written = fields.flat_map(|field| self.message.addresses(field)).map(|one| one.address.as_str());
        written.chain(self.envelope.from).filter_map(|address| MailAddress::parse(address).ok()).collect()
    }

    /// Why an automatic answer to the mail does not go to this address.
    pub(super) fn held_from(&self, address: &str) -> Option<Held> {
        self.held().or_else(|| self.held_towards(address))
    }

    /// Why no machine answers the mail, whoever would get the answer.
    fn held(&self) -> Option<Held> {
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
        let trusted = route.is_some_and(RouteRecord::answers_lists);
        if let Some(field) = message.list().filter(|_| !trusted) {
            return Some(held("list", format!("a mailing list passed it on: it has `{field}`")));
        }
        let reason = message.automatic()?;
        Some(held("automatic", format!("a machine wrote it: {}", reason.as_str())))
    }

    /// Why this address gets no automatic answer.
    fn held_towards(&self, address: &str) -> Option<Held> {
        match self.routes.find(address) {
            RouteMatch::Route(_) | RouteMatch::Postmaster => {
                Some(held("ownAddress", format!("`{address}` is an address of ours")))
            }
            RouteMatch::None => None,
        }
    }

    /// What an answer to this address counts against.
    pub(super) fn counts(&self, interaction: InteractionId, address: &str) -> Answers {
        let message = self.message;
        let thread = message.references().first().map(String::as_str).or(Some(message.in_reply_to()));
        let thread = thread.filter(|id| !id.is_empty()).or(message.message_id());
        Answers {
            correspondent: address.to_lowercase(),
            // A mail that names none is a thread by itself.
            thread: thread.map_or_else(|| interaction.to_string(), str::to_owned),
            most_a_day: A_DAY,
            most_an_hour: AN_HOUR,
        }
    }
}

/// The mail has nobody to answer.
pub(super) const NOBODY: &str = "nobody";

/// The rules that hold for a mail wherever it is looked at, whatever was sent before.
pub const RULES: [&str; 6] = ["nullSender", "ownMessage", "list", "automatic", "ownAddress", NOBODY];

/// A rule that holds.
pub(super) fn held(rule: &str, reason: String) -> Held {
    Held { rule: rule.to_owned(), reason }
}
