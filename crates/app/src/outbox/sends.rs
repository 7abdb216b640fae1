//! What a run sends, as people are told it: with all of its texts, where a trace shortens long ones.

use serde_json::json;
use waypost_catalogue::world::Running;
use waypost_engine::{Effect, EffectKind};
use waypost_ids::DecisionKind;
use waypost_mail::message::Message;
use waypost_outgoing::compose::subject_of_reply;
use waypost_store::records::catalogue::DeliverTo;
use waypost_store::records::mail::DecisionRecord;
use waypost_wire::trace::{TraceEffect, TraceEffectKind};

/// What these effects send, in their order.
#[must_use]
pub fn sends(effects: &[Effect]) -> Vec<TraceEffect> {
    effects.iter().map(|effect| one(&effect.kind)).collect()
}

/// The subject of a reply that says none.
#[must_use]
pub fn reply_subject(message: &Message<'_>) -> String {
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
