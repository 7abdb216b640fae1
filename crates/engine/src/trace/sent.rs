//! What a run sends, as a trace shows it.

use std::sync::Arc;

use serde::ser::SerializeMap;
use waypost_flow::value::{Text, Value};

use super::shown::Shown;
use crate::effects::EffectKind;

/// What a run sends, shortened.
#[derive(Debug)]
pub(crate) struct Sent {
    kind: &'static str,
    to: Option<Shown<'static>>,
    subject: Option<Shown<'static>>,
    reply_all: bool,
    attach_original: bool,
    attach: bool,
    text: Option<Shown<'static>>,
    html: Option<Shown<'static>>,
    webhook: Option<Shown<'static>>,
    payload: Option<Shown<'static>>,
}

impl Sent {
    /// With what it says only where the trace keeps that.
    pub(super) fn of(kind: &EffectKind, with_texts: bool) -> Self {
        let said = |text: &Option<String>| text.as_deref().filter(|_| with_texts).map(shown);
        let bare = Self {
            kind: kind.as_str(),
            to: None,
            subject: None,
            reply_all: false,
            attach_original: false,
            attach: false,
            text: None,
            html: None,
            webhook: None,
            payload: None,
        };
        match kind {
            EffectKind::Reply { text, html, subject, reply_all, attach_original } => Self {
                subject: subject.as_deref().map(shown),
                reply_all: *reply_all,
                attach_original: *attach_original,
                text: said(text),
                html: said(html),
                ..bare
            },
            EffectKind::Mail { to, subject, text, html, attach_original } => Self {
                to: Some(list(to)),
                subject: Some(shown(subject)),
                attach_original: *attach_original,
                text: said(text),
                html: said(html),
                ..bare
            },
            EffectKind::Forward { addresses, attach } => Self { to: Some(list(addresses)), attach: *attach, ..bare },
            EffectKind::Webhook { name, payload, .. } => Self {
                webhook: Some(shown(name)),
                payload: payload
                    .as_ref()
                    .filter(|_| with_texts)
                    .map(|payload| Shown::of(&Value::Json(Arc::new(payload.clone())))),
                ..bare
            },
        }
    }

    /// Writes the members of its event.
    pub(super) fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry("event", "effect")?;
        map.serialize_entry("kind", self.kind)?;
        value(map, "to", self.to.as_ref())?;
        value(map, "subject", self.subject.as_ref())?;
        let marks = [("replyAll", self.reply_all), ("attachOriginal", self.attach_original), ("attach", self.attach)];
        for (name, _) in marks.into_iter().filter(|(_, holds)| *holds) {
            map.serialize_entry(name, &true)?;
        }
        value(map, "text", self.text.as_ref())?;
        value(map, "html", self.html.as_ref())?;
        value(map, "webhook", self.webhook.as_ref())?;
        value(map, "payload", self.payload.as_ref())
    }
}

fn value<M: SerializeMap>(map: &mut M, name: &str, shown: Option<&Shown<'static>>) -> Result<(), M::Error> {
    shown.map_or(Ok(()), |shown| map.serialize_entry(name, shown))
}

fn owned(text: &str) -> Value<'static> {
    Value::String(Text::Owned(Arc::from(text)))
}

fn shown(text: &str) -> Shown<'static> {
    Shown::of(&owned(text))
}

fn list(texts: &[String]) -> Shown<'static> {
    Shown::of(&Value::List(texts.iter().map(|text| owned(text)).collect()))
}
