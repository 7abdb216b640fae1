//! What a run sends out: listed while it lasts, and left to whoever carries it out once the run has ended without an error.

use std::sync::Arc;

use serde_json::Value as Json;
use waypost_flow::value::json_footprint;
use waypost_ids::{WebhookId, codes};

use crate::error::Raised;
use crate::machine::Machine;
use crate::place::Place;

/// Something that a run sends out, and where it said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// What is sent.
    pub kind: EffectKind,
    /// The action.
    pub place: Place,
}

/// What is sent. Of `text` and `html` there is one, or both. A subject is one line, without control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EffectKind {
    /// An answer to the mail.
    Reply {
        /// What it says, as plain text.
        text: Option<String>,
        /// What it says, as HTML.
        html: Option<String>,
        /// Its subject; none: the mail's, after `Re: `.
        subject: Option<String>,
        /// Whether it goes to all others who had the mail, too.
        reply_all: bool,
        /// Whether the mail is attached.
        attach_original: bool,
    },
    /// A new mail.
    Mail {
        /// To whom: at least one, each one address, alone or in angle brackets after a name.
        to: Vec<String>,
        /// Its subject.
        subject: String,
        /// What it says, as plain text.
        text: Option<String>,
        /// What it says, as HTML.
        html: Option<String>,
        /// Whether the mail is attached.
        attach_original: bool,
    },
    /// The mail itself, which the run decided to forward.
    Forward {
        /// To whom: at least one, each one address, alone or in angle brackets after a name.
        addresses: Vec<String>,
        /// Whether it is attached to a mail of the route's own; else it is sent on as it is.
        attach: bool,
    },
    /// A request to a webhook.
    Webhook {
        /// Which.
        webhook: WebhookId,
        /// Its name when the flow was checked.
        name: Arc<str>,
        /// What it is sent; none: the interaction with its decision.
        payload: Option<Json>,
    },
}

impl EffectKind {
    /// In one word.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Reply { .. } => "reply",
            Self::Mail { .. } => "mail",
            Self::Forward { .. } => "forward",
            Self::Webhook { .. } => "webhook",
        }
    }

    /// How many addresses the flow sends to. Whoever a reply goes to is known when it is written: it counts as one, and so does a webhook.
    fn recipients(&self) -> usize {
        match self {
            Self::Reply { .. } | Self::Webhook { .. } => 1,
            Self::Mail { to, .. } => to.len(),
            Self::Forward { addresses, .. } => addresses.len(),
        }
    }

    /// The bytes of its texts.
    fn bytes(&self) -> usize {
        let of = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let all = |texts: &[String]| texts.iter().map(String::len).fold(texts.len(), usize::saturating_add);
        match self {
            Self::Reply { text, html, subject, .. } => of(text) + of(html) + of(subject),
            Self::Mail { to, subject, text, html, .. } => all(to) + subject.len() + of(text) + of(html),
            Self::Forward { addresses, .. } => all(addresses),
            Self::Webhook { payload, .. } => payload.as_ref().map_or(0, json_footprint),
        }
    }
}

/// What a run has listed so far.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    pub(crate) list: Vec<Effect>,
    recipients: usize,
    bytes: usize,
}

impl Machine<'_> {
    /// Lists an effect of the action that the run stands at.
    pub(crate) fn send(&mut self, kind: EffectKind) -> Result<(), Raised> {
        let recipients = self.effects.recipients.saturating_add(kind.recipients());
        let most = self.input.limits.recipients;
        if recipients > most {
            let message = format!("what the run sends goes to more than {most} recipients");
            return Err(Raised::fatal(codes::TOO_MANY_RECIPIENTS, message));
        }
        let bytes = kind.bytes();
        let all = self.effects.bytes.saturating_add(bytes);
        let most = self.input.limits.effect_bytes;
        if all > most {
            let message = format!("the texts of what the run sends are larger than {most} bytes");
            return Err(Raised::fatal(codes::EFFECTS_TOO_LARGE, message));
        }
        self.keep_bytes(bytes)?;
        self.effects.recipients = recipients;
        self.effects.bytes = all;
        self.trace.effect(&kind);
        let place = self.here();
        self.effects.list.push(Effect { kind, place });
        Ok(())
    }

    /// Drops all that was listed: what led to it has failed.
    pub(crate) fn drop_effects(&mut self) {
        let dropped = std::mem::take(&mut self.effects);
        if !dropped.list.is_empty() {
            self.let_go(dropped.bytes);
            self.trace.effects_dropped(dropped.list.len());
        }
    }
}
