//! What a run would send, as people are told it: to whom, with all of its texts where a trace shortens long ones, and what is held back.

use serde_json::json;
use waypost_catalogue::world::Running;
use waypost_engine::{Effect, EffectKind};
use waypost_ids::DecisionKind;
use waypost_mail::message::Message;
use waypost_outgoing::compose::{recipients, subject_of_reply};
use waypost_store::records::catalogue::DeliverTo;
use waypost_store::records::mail::DecisionRecord;
use waypost_store::records::outbox::Held;
use waypost_wire::trace::{HeldBy, TraceEffect, TraceEffectKind};

use super::effects::mailbox;
pub use super::manners::{Answered, RULES};
use super::manners::{NOBODY, held};

/// What these effects send, in their order, by the rules that the server sends by. What a rule holds back is listed apart from what goes out,
/// with the rule. How many answers somebody has had is known to a server alone.
#[must_use]
pub fn sends(effects: &[Effect], mail: &Answered<'_, '_>) -> Vec<TraceEffect> {
    effects.iter().flat_map(|effect| addressed(&effect.kind, mail)).collect()
}

/// An effect as it goes out, one for all recipients that are treated alike.
fn addressed(effect: &EffectKind, mail: &Answered<'_, '_>) -> Vec<TraceEffect> {
    let whole = one(effect);
    match effect {
        EffectKind::Reply { reply_all, .. } => {
            let subject = whole.subject.clone().or_else(|| Some(json!(reply_subject(mail.message()))));
            let whole = TraceEffect { subject, ..whole };
            match recipients(mail.message(), &mail.own_addresses(), *reply_all, true) {
                Ok(to) => {
                    let to = to.mailboxes.iter().map(|mailbox| mailbox.address.to_string());
                    apart(&whole, to.map(|address| (mail.held_from(&address), address)))
                }
                Err(nobody) => vec![TraceEffect { held_by: Some(told(held(NOBODY, nobody.to_string()))), ..whole }],
            }
        }
        EffectKind::Mail { to, .. } => {
            let correspondents = mail.correspondents();
            // To whoever wrote the mail it is an answer like any other.
            let held = |text: &String| {
                let address = mailbox(text)?.address;
                let is_answer = correspondents.iter().any(|one| one.is_same(&address));
                is_answer.then(|| mail.held_from(&address.to_string())).flatten()
            };
            apart(&whole, to.iter().map(|text| (held(text), text.clone())))
        }
        EffectKind::Forward { .. } | EffectKind::Webhook { .. } => vec![whole],
    }
}

/// The same for those to whom it goes, and for those from whom each rule holds it back.
fn apart(whole: &TraceEffect, to: impl Iterator<Item = (Option<Held>, String)>) -> Vec<TraceEffect> {
    let mut groups: Vec<(Option<Held>, Vec<String>)> = Vec::new();
    for (held, address) in to {
        match groups.iter_mut().find(|(known, _)| *known == held) {
            Some((_, addresses)) => addresses.push(address),
            None => groups.push((held, vec![address])),
        }
    }
    let each = groups.into_iter();
    each.map(|(held, to)| TraceEffect { to: Some(json!(to)), held_by: held.map(told), ..whole.clone() }).collect()
}

fn told(held: Held) -> HeldBy {
    HeldBy { rule: held.rule, reason: held.reason }
}

/// The subject of a reply that says none.
fn reply_subject(message: &Message<'_>) -> String {
    subject_of_reply(message.subject()).as_str().to_owned()
}

/// What the queue that a decision leads to would push, if it delivers.
#[must_use]
pub fn push(decision: &DecisionRecord, running: &Running) -> Option<TraceEffect> {
    if !matches!(decision.kind, DecisionKind::Queue | DecisionKind::Unrouted) {
        return None;
    }
    let pushed = TraceEffect { kind: TraceEffectKind::QueuePush, ..bare() };
    Some(match running.deliver_to.get(&decision.queue?)? {
        DeliverTo::Webhook { webhook } => {
            let name = running.webhooks.get(webhook).map(|webhook| webhook.name.clone());
            TraceEffect { webhook: Some(json!(name.unwrap_or_else(|| webhook.to_string()))), ..pushed }
        }
        DeliverTo::Addresses { addresses, attach } => {
            TraceEffect { to: Some(json!(addresses)), attach: *attach, ..pushed }
        }
        DeliverTo::Folder { mailbox, folder } => {
            let name = running.mailbox_names.get(mailbox).map_or_else(|| mailbox.to_string(), ToString::to_string);
            TraceEffect { to: Some(json!([format!("{name}/{folder}")])), ..pushed }
        }
    })
}

const fn bare() -> TraceEffect {
    TraceEffect {
        kind: TraceEffectKind::Reply,
        to: None,
        subject: None,
        reply_all: false,
        attach_original: false,
        attach: false,
        text: None,
        html: None,
        webhook: None,
        payload: None,
        held_by: None,
    }
}

fn one(effect: &EffectKind) -> TraceEffect {
    let text = |text: &Option<String>| text.as_ref().map(|text| json!(text));
    let bare = bare();
    match effect {
        EffectKind::Reply { text: plain, html, subject, reply_all, attach_original } => TraceEffect {
            subject: text(subject),
            reply_all: *reply_all,
            attach_original: *attach_original,
            text: text(plain),
            html: text(html),
            ..bare
        },
        EffectKind::Mail { to, subject, text: plain, html, attach_original } => TraceEffect {
            kind: TraceEffectKind::Mail,
            to: Some(json!(to)),
            subject: Some(json!(subject)),
            attach_original: *attach_original,
            text: text(plain),
            html: text(html),
            ..bare
        },
        EffectKind::Forward { addresses, attach } => {
            TraceEffect { kind: TraceEffectKind::Forward, to: Some(json!(addresses)), attach: *attach, ..bare }
        }
        EffectKind::Webhook { name, payload, .. } => {
            TraceEffect { kind: TraceEffectKind::Webhook, webhook: Some(json!(name)), payload: payload.clone(), ..bare }
        }
    }
}
