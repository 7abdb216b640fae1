//! What happened in a run. While it lasts, an event borrows all it tells from program and mail; it becomes JSON only when it is kept.

mod event;
mod json;
mod sent;
mod shown;

pub(crate) use event::{Catcher, Event, InputSource, Target};
pub use json::{EMPTY, TRACE_VERSION};

use serde::{Deserialize, Serialize};
use waypost_flow::actions::log::LogLevel;
use waypost_flow::email::{Email, FindingRef};
use waypost_flow::value::Value;
use waypost_ids::codes;

use crate::decision::Decided;
use crate::effects::EffectKind;
use crate::error::RunError;
use crate::journal::{MOST_KEPT, json_bytes};
use crate::question::Answered;
use sent::Sent;
use shown::Shown;

/// How much of a run and its mail a trace keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Detail {
    /// Which flows and versions ran, errors by their codes, what is sent to whom, and the decision.
    Decisions,
    /// Every step, without values, log lines and messages of errors: nothing of the mail beyond what the decision, and recipients and subjects of what is sent, say.
    Steps,
    /// Every step with its values.
    #[default]
    Everything,
}

impl Detail {
    pub(crate) fn is_everything(&self) -> bool {
        *self == Self::Everything
    }
}

/// What happened in a run, ready to be written as JSON.
#[derive(Debug)]
pub struct Trace<'m> {
    events: Vec<Event<'m>>,
    dropped: usize,
}

impl Trace<'_> {
    /// How many events it has.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether it has none. A finished run's trace has at least the decision.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The promised form, described in `docs/trace.md`.
    pub fn to_json(&self) -> String {
        // Everything in a trace can be written as JSON: its keys are strings, and writing to memory doesn't fail.
        serde_json::to_string(self).unwrap_or_else(|_| EMPTY.to_owned())
    }
}

/// Takes down events while a run lasts.
#[derive(Debug)]
pub(crate) struct Recorder<'m> {
    events: Vec<Event<'m>>,
    detail: Detail,
    most: usize,
    dropped: usize,
    /// The bytes of the answers kept so far.
    lookups: usize,
}

/// The trace of a mail for which no flow runs: what there is to say of the mail itself.
pub fn without_run(email: &dyn Email) -> String {
    let mut recorder = Recorder::new(Detail::Decisions, usize::MAX);
    recorder.mail(email);
    Trace { events: recorder.events, dropped: 0 }.to_json()
}

/// The trace of a reply that goes back to the queue of the interaction before it, and why it belongs to that interaction's thread.
pub fn returned(email: &dyn Email, previous: &str, reason: &str) -> String {
    let mut recorder = Recorder::new(Detail::Decisions, usize::MAX);
    recorder.mail(email);
    recorder.always(Event::Returned { previous, reason });
    Trace { events: recorder.events, dropped: 0 }.to_json()
}

impl<'m> Recorder<'m> {
    pub(crate) fn new(detail: Detail, most: usize) -> Self {
        Self { events: Vec::with_capacity(32), detail, most, dropped: 0, lookups: 0 }
    }

    /// What there is to say of the mail before anything runs.
    pub(crate) fn mail(&mut self, email: &'m dyn Email) {
        if let Some(reason) = email.automatic() {
            self.always(Event::Automatic { reason });
        }
        for (kind, reason) in email.kinds() {
            self.always(Event::Kind { kind, reason });
        }
        for what in email.unread() {
            self.always(Event::Unread { what });
        }
        for FindingRef { what, result, reason } in email.findings() {
            let reason = Some(reason).filter(|reason| self.detail == Detail::Everything && !reason.is_empty());
            self.always(Event::Found { what, result, reason });
        }
    }

    /// An event that every trace has.
    pub(crate) fn always(&mut self, event: Event<'m>) {
        if self.events.len() < self.most {
            self.events.push(event);
        } else {
            self.dropped += 1;
        }
    }

    /// An event that traces of decisions alone don't have.
    #[inline]
    pub(crate) fn step(&mut self, event: Event<'m>) {
        if self.detail > Detail::Decisions {
            self.always(event);
        }
    }

    fn shown(&self, value: &Value<'m>) -> Option<Shown<'m>> {
        (self.detail == Detail::Everything).then(|| Shown::of(value))
    }

    /// An input of the flow that is about to be entered.
    pub(crate) fn input(&mut self, name: &'m str, source: InputSource<'m>, value: &Value<'m>) {
        if self.detail > Detail::Decisions {
            let value = self.shown(value);
            self.always(Event::Input { name, source, value });
        }
    }

    /// A variable that an output mapping set.
    pub(crate) fn output(&mut self, variable: &'m str, source: &'m str, value: &Value<'m>) {
        if self.detail > Detail::Decisions {
            let value = self.shown(value);
            self.always(Event::Output { variable, source, value });
        }
    }

    /// Something that an action set.
    pub(crate) fn set(&mut self, target: Target, name: &'m str, value: &Value<'m>) {
        if self.detail > Detail::Decisions {
            let value = self.shown(value);
            self.always(Event::Set { target, name, value });
        }
    }

    /// What the outside was asked and said.
    pub(crate) fn lookup(&mut self, answered: &Answered) {
        let shown = self.detail == Detail::Everything && {
            let all = self.lookups.saturating_add(json_bytes(answered));
            let fits = all <= MOST_KEPT;
            if fits {
                self.lookups = all;
            }
            fits
        };
        let kind = answered.kind();
        self.step(Event::Lookup { answered: shown.then(|| Box::new(answered.clone())), kind });
    }

    /// A line of `log`.
    pub(crate) fn log(&mut self, level: LogLevel, message: &Value<'m>) {
        if self.detail > Detail::Decisions {
            let message = self.shown(message);
            self.always(Event::Log { level, message });
        }
    }

    /// Something is to be sent. Like a decision, each trace has it; what it says is among the values.
    pub(crate) fn effect(&mut self, kind: &EffectKind) {
        self.always(Event::Effect(Box::new(Sent::of(kind, self.detail.is_everything()))));
    }

    /// All that was to be sent is not.
    pub(crate) fn effects_dropped(&mut self, count: usize) {
        self.always(Event::EffectsDropped { count });
    }

    /// The top flow was left.
    pub(crate) fn leave(&mut self) {
        self.always(Event::Leave);
    }

    /// An error occurred. Its message quotes values.
    pub(crate) fn error(&mut self, error: &RunError) {
        let mut shown = error.clone();
        if self.detail < Detail::Everything {
            shown.message = codes::without_values(error.code);
        }
        self.always(Event::Error(Box::new(shown)));
    }

    /// The run is over.
    pub(crate) fn finish(mut self, decided: Box<Decided<'m>>) -> Trace<'m> {
        self.events.push(Event::Decision(decided));
        Trace { events: self.events, dropped: self.dropped }
    }
}
