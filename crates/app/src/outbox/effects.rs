//! Of what a run wants to send to the mails that are kept with its decision: one for each effect, with a delivery for each recipient.

use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;
use waypost_catalogue::routes::Routes;
use waypost_engine::{Effect, EffectKind, Place};
use waypost_ids::{DeliveryId, DeliveryKind, InteractionId};
use waypost_mail::message::{AddressField, Message};
use waypost_members::email::Envelope;
use waypost_origin::Origin;
use waypost_outgoing::address::{Domain, MailAddress, Mailbox};
use waypost_outgoing::compose::{self, Attached, Body, Composed, Mail, Reply, Resent, Stamp};
use waypost_outgoing::trace_field::{self, TraceField};
use waypost_outgoing::{HeaderText, Key, MessageId};
use waypost_store::records::catalogue::RouteRecord;
use waypost_store::records::outbox::{Addressed, Content, Held, Outgoing};

use super::manners::{Answered, NOBODY, held};
use super::requests::Requests;

/// The mail that something is sent about, and whom it came to.
#[derive(Clone, Copy)]
pub(crate) struct About<'a, 'm> {
    pub(crate) interaction: InteractionId,
    /// Its thread, which answers to what is sent belong to.
    pub(crate) thread: Uuid,
    /// When it is decided: the date of what is sent.
    pub(crate) at: Timestamp,
    pub(crate) message: &'a Message<'m>,
    pub(crate) raw: &'a [u8],
    pub(crate) envelope: Envelope<'a>,
    /// The route that the mail came by; none if it came by none.
    pub(crate) route: Option<&'a RouteRecord>,
    pub(crate) routes: &'a Routes,
    pub(crate) key: &'a Key,
    pub(crate) origin: &'a Origin,
}

/// What a person wrote, or a flow.
pub(crate) struct Letter<'a> {
    pub(crate) subject: Option<&'a str>,
    pub(crate) text: Option<&'a str>,
    pub(crate) html: Option<&'a str>,
    pub(crate) attach_original: bool,
}

impl Letter<'_> {
    fn body(&self) -> Body {
        Body { text: self.text.map(str::to_owned), html: self.html.map(str::to_owned) }
    }
}

/// Who sends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Author {
    Flow,
    Person,
}

/// Why nothing can be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CannotSend(pub(crate) Held);

impl<'m> About<'_, 'm> {
    /// The mails and requests of a run's effects. What can't be sent is kept as well, with the reason.
    pub(crate) fn outgoing(&self, effects: &[Effect], requests: &Requests<'_, '_>) -> Vec<Outgoing> {
        effects.iter().map(|effect| self.effect(effect, requests)).collect()
    }

    fn effect(&self, effect: &Effect, requests: &Requests<'_, '_>) -> Outgoing {
        let place = place(&effect.place);
        let composed = match &effect.kind {
            EffectKind::Reply { text, html, subject, reply_all, attach_original } => {
                let letter = Letter {
                    subject: subject.as_deref(),
                    text: text.as_deref(),
                    html: html.as_deref(),
                    attach_original: *attach_original,
                };
                self.reply(&letter, *reply_all, Author::Flow)
            }
            EffectKind::Mail { to, subject, text, html, attach_original } => {
                let letter = Letter {
                    subject: Some(subject),
                    text: text.as_deref(),
                    html: html.as_deref(),
                    attach_original: *attach_original,
                };
                self.notice(to, &letter)
            }
            EffectKind::Forward { addresses, attach } => {
                self.forward(addresses, *attach, None, Author::Flow, DeliveryKind::Forward)
            }
            EffectKind::Webhook { webhook, payload, .. } => {
                return requests.request(*webhook, payload.as_ref(), place);
            }
        };
        match composed {
            Ok(mail) => Outgoing { place: Some(place), ..mail },
            Err(CannotSend(why)) => self.unsent(kind(&effect.kind), why, Some(place)),
        }
    }

    /// An answer to the mail.
    pub(crate) fn reply(&self, letter: &Letter<'_>, all: bool, author: Author) -> Result<Outgoing, CannotSend> {
        let from = self.from()?;
        let own = self.answered().own_addresses();
        let subject = letter.subject.map(HeaderText::new);
        let automatic = author == Author::Flow;
        let wanted = Reply {
            from: &from,
            own: &own,
            body: &letter.body(),
            subject: subject.as_ref(),
            all,
            attach_original: letter.attach_original,
            automatic,
        };
        let stamp = self.stamp(&from);
        let composed = compose::reply(self.message, self.raw, &wanted, &stamp)
            .map_err(|error| CannotSend(held(NOBODY, error.to_string())))?;
        Ok(self.kept(DeliveryKind::Reply, &from, &stamp, composed, |_| automatic))
    }

    /// A mail of a flow's own. To whoever wrote the mail it is an answer like any other.
    fn notice(&self, to: &[String], letter: &Letter<'_>) -> Result<Outgoing, CannotSend> {
        let from = self.from()?;
        let subject = HeaderText::new(letter.subject.unwrap_or_default());
        let wanted = Mail {
            from: &from,
            to: &mailboxes(to)?,
            subject: &subject,
            body: &letter.body(),
            attach_original: letter.attach_original,
        };
        let stamp = self.stamp(&from);
        let composed = compose::mail(self.raw, &wanted, &stamp);
        let correspondents = self.answered().correspondents();
        let is_answer = |to: &MailAddress| correspondents.iter().any(|one| one.is_same(to));
        Ok(self.kept(DeliveryKind::Mail, &from, &stamp, composed, is_answer))
    }

    /// The mail itself, sent on as it is or attached to one of ours: a forward, or what a queue pushes.
    pub(crate) fn forward(
        &self,
        to: &[String],
        attach: bool,
        text: Option<&str>,
        author: Author,
        kind: DeliveryKind,
    ) -> Result<Outgoing, CannotSend> {
        let from = self.from()?;
        let to = mailboxes(to)?;
        let stamp = self.stamp(&from);
        let composed = if attach {
            let body = text.map(|text| Body { text: Some(text.to_owned()), html: None });
            let automatic = author == Author::Flow;
            let wanted = Attached { from: &from, to: &to, body: body.as_ref(), automatic };
            compose::forward_attached(self.message, self.raw, &wanted, &stamp)
        } else {
            compose::resend(&Resent { from: &from, to: &to }, &stamp)
        };
        Ok(self.kept(kind, &from, &stamp, composed, |_| false))
    }

    /// Whom what is sent is from: the route's address, or where its pattern has a `*` the one that the mail came to.
    fn from(&self) -> Result<Mailbox, CannotSend> {
        let none =
            || CannotSend(held("noSender", "the mail came by no route, whose address it could be from".to_owned()));
        let route = self.route.ok_or_else(none)?;
        let address = if route.pattern.contains('*') {
            MailAddress::parse(self.envelope.to)
        } else {
            Domain::parse(&route.domain).and_then(|domain| MailAddress::of(&route.pattern, domain))
        };
        let address = address
            .map_err(|error| CannotSend(held("noSender", format!("the route's address can't be a sender: {error}"))))?;
        Ok(Mailbox { name: HeaderText::new(route.from_name()), address })
    }

    fn stamp(&self, from: &Mailbox) -> Stamp {
        let mut passed = trace_field::routes(self.key, self.message);
        if let Some(route) = self.route
            && !passed.contains(&route.id)
        {
            passed.push(route.id);
        }
        let (id, domain) = (self.origin.id(), from.address.domain());
        Stamp {
            message_id: match self.route {
                Some(route) => MessageId::in_thread(self.key, id, (route.id, self.thread), domain),
                None => MessageId::ours(id, domain),
            },
            date: self.at,
            boundary: self.origin.id(),
            trace: passed.into_iter().map(|route| TraceField::of(self.key, route)).collect(),
        }
    }

    /// The mail as one that may be answered.
    fn answered(&self) -> Answered<'_, 'm> {
        Answered::of(self.message, self.envelope, (self.route, self.routes), Some(self.key))
    }

    /// A mail as it is kept. `is_answer` tells to whom it is an automatic answer.
    fn kept(
        &self,
        kind: DeliveryKind,
        from: &Mailbox,
        stamp: &Stamp,
        composed: Composed,
        is_answer: impl Fn(&MailAddress) -> bool,
    ) -> Outgoing {
        let answered = self.answered();
        let addressed = |to: &MailAddress| {
            let target = to.to_string();
            let counted = is_answer(to);
            Addressed {
                id: DeliveryId(self.origin.id_in_order()),
                held: counted.then(|| answered.held_from(&target)).flatten(),
                answers: counted.then(|| answered.counts(self.interaction, &target)),
                target,
            }
        };
        // What had the null reverse-path itself is handed on with it: what comes back must not come back for ever.
        let handed_on = matches!(kind, DeliveryKind::Forward | DeliveryKind::QueuePush);
        let null_sender = handed_on && self.envelope.from == Some("");
        let waypost_outgoing::Content { head, with_original, tail } = composed.content;
        Outgoing {
            kind,
            content: Content { head: head.into(), with_original, tail: tail.into() },
            sender: if null_sender { String::new() } else { from.address.to_string() },
            message_id: stamp.message_id.as_str().to_owned(),
            place: None,
            to: composed.recipients.iter().map(addressed).collect(),
        }
    }

    /// What stands for an effect that could not be written: it is told, and never sent.
    pub(crate) fn unsent(&self, kind: DeliveryKind, why: Held, place: Option<String>) -> Outgoing {
        let to = Addressed {
            id: DeliveryId(self.origin.id_in_order()),
            target: String::new(),
            held: Some(why),
            answers: None,
        };
        Outgoing {
            kind,
            content: Content { head: bytes::Bytes::new(), with_original: false, tail: bytes::Bytes::new() },
            sender: String::new(),
            message_id: String::new(),
            place,
            to: vec![to],
        }
    }
}

fn kind(effect: &EffectKind) -> DeliveryKind {
    match effect {
        EffectKind::Reply { .. } => DeliveryKind::Reply,
        EffectKind::Mail { .. } => DeliveryKind::Mail,
        EffectKind::Forward { .. } => DeliveryKind::Forward,
        EffectKind::Webhook { .. } => DeliveryKind::Webhook,
    }
}

/// An address, alone or in angle brackets after a name. Runs have refused what is none.
pub(super) fn mailbox(text: &str) -> Option<Mailbox> {
    if text.contains(char::is_control) {
        return None;
    }
    let field = format!("To: {text}\r\n\r\n");
    let parsed = Message::parse(field.as_bytes());
    let [one] = parsed.addresses(AddressField::To) else { return None };
    let address = MailAddress::parse(&one.address).ok()?;
    Some(Mailbox { name: HeaderText::new(&one.name), address })
}

fn mailboxes(texts: &[String]) -> Result<Vec<Mailbox>, CannotSend> {
    texts
        .iter()
        .map(|text| mailbox(text).ok_or_else(|| CannotSend(held("noAddress", format!("`{text}` is not an address")))))
        .collect()
}

fn place(place: &Place) -> String {
    let mut told = json!({
        "flowId": place.flow_id.to_string(),
        "flowName": place.flow_name,
        "version": place.version,
    });
    let mut add = |name: &str, value: serde_json::Value| {
        if let Some(told) = told.as_object_mut().filter(|_| !value.is_null()) {
            told.insert(name.to_owned(), value);
        }
    };
    add("nodeId", json!(place.node_id));
    add("action", json!(place.action));
    add("path", json!(place.path));
    told.to_string()
}
