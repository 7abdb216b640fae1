//! The promised form of a trace, written straight from what the run borrows. Its readers have it as types, `crates/wire/src/trace`; the
//! cases of `spec/runs` hold the two together. A change that readers would notice raises [`TRACE_VERSION`].

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use waypost_flow::document::Match;
use waypost_flow::program::{ProgramBranch, QueueTarget};

use super::Trace;
use super::event::{Catcher, Event, InputSource, Target};
use super::shown::Shown;
use crate::decision::Decided;
use crate::question::{Answered, Exchange, Reply};

/// The version that is written.
pub const TRACE_VERSION: u32 = 1;

/// The trace of an interaction that no flow ran for.
pub const EMPTY: &str = r#"{"version":1,"events":[]}"#;

impl Serialize for Trace<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("version", &TRACE_VERSION)?;
        if self.dropped > 0 {
            map.serialize_entry("dropped", &self.dropped)?;
        }
        map.serialize_entry("events", &self.events)?;
        map.end()
    }
}

impl Serialize for Event<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::Automatic { reason } => {
                map.serialize_entry("event", "automatic")?;
                map.serialize_entry("reason", reason)?;
            }
            Self::Kind { kind, reason } => {
                map.serialize_entry("event", "kind")?;
                map.serialize_entry("kind", kind)?;
                map.serialize_entry("reason", reason)?;
            }
            Self::Unread { what } => {
                map.serialize_entry("event", "unread")?;
                map.serialize_entry("what", what)?;
            }
            Self::Found { what, result, reason } => {
                map.serialize_entry("event", "found")?;
                map.serialize_entry("what", what)?;
                map.serialize_entry("result", result)?;
                if let Some(reason) = reason {
                    map.serialize_entry("reason", reason)?;
                }
            }
            Self::Returned { previous, reason } => {
                map.serialize_entry("event", "returned")?;
                map.serialize_entry("previous", previous)?;
                map.serialize_entry("reason", reason)?;
            }
            Self::Input { name, source, value } => {
                map.serialize_entry("event", "input")?;
                map.serialize_entry("name", name)?;
                match source {
                    InputSource::Mapping(source) => map.serialize_entry("source", source)?,
                    InputSource::Given => map.serialize_entry("given", &true)?,
                    InputSource::Default => {}
                }
                optional(&mut map, "value", value.as_ref())?;
            }
            Self::Flow { program } => {
                map.serialize_entry("event", "flow")?;
                map.serialize_entry("id", &program.interface.flow)?;
                map.serialize_entry("name", &program.interface.name)?;
                map.serialize_entry("version", &program.version)?;
            }
            Self::Conditions { matching, holds, deciding } => {
                map.serialize_entry("event", "conditions")?;
                map.serialize_entry("match", if *matching == Match::All { "all" } else { "any" })?;
                map.serialize_entry("holds", holds)?;
                optional(&mut map, "when", deciding.as_ref())?;
            }
            Self::Node { id } => {
                map.serialize_entry("event", "node")?;
                map.serialize_entry("id", id)?;
            }
            Self::Action { index, action } => {
                map.serialize_entry("event", "action")?;
                map.serialize_entry("index", index)?;
                map.serialize_entry("type", action.kind.type_name())?;
                optional(&mut map, "name", action.name.as_deref().as_ref())?;
            }
            Self::Set { target, name, value } => {
                map.serialize_entry("event", "set")?;
                map.serialize_entry("target", target_name(*target))?;
                map.serialize_entry("name", name)?;
                optional(&mut map, "value", value.as_ref())?;
            }
            Self::Log { level, message } => {
                map.serialize_entry("event", "log")?;
                map.serialize_entry("level", level.as_str())?;
                optional(&mut map, "message", message.as_ref())?;
            }
            Self::Effect(sent) => sent.write(&mut map)?,
            Self::EffectsDropped { count } => {
                map.serialize_entry("event", "effectsDropped")?;
                map.serialize_entry("count", count)?;
            }
            Self::Turn { number } => {
                map.serialize_entry("event", "turn")?;
                map.serialize_entry("number", number)?;
            }
            Self::LoopEnd { turns } => {
                map.serialize_entry("event", "loopEnd")?;
                map.serialize_entry("turns", turns)?;
            }
            Self::Lookup { answered, kind } => {
                map.serialize_entry("event", "lookup")?;
                map.serialize_entry("kind", kind)?;
                match answered.as_deref() {
                    None => {}
                    Some(Answered::LookupTable(exchange)) => lookup(&mut map, exchange)?,
                    Some(Answered::EvaluateSchedule(exchange)) => lookup(&mut map, exchange)?,
                    Some(Answered::FindQueue(exchange)) => lookup(&mut map, exchange)?,
                    Some(Answered::CallDataAction(exchange)) => lookup(&mut map, exchange)?,
                }
            }
            // Named as in the document: `notFound`.
            Self::Jump { name, to } => {
                map.serialize_entry("event", name)?;
                map.serialize_entry("to", to)?;
            }
            Self::Branch { branches, taken } => {
                map.serialize_entry("event", "branch")?;
                let tried = taken.map_or(branches.len(), |(index, _)| index);
                if tried > 0 {
                    map.serialize_entry("failed", &Sources(branches.get(..tried).unwrap_or_default()))?;
                }
                if let Some((index, to)) = taken {
                    map.serialize_entry("index", index)?;
                    let when = branches.get(*index).and_then(|branch| branch.when.as_ref());
                    optional(&mut map, "when", when.map(|when| &*when.source).as_ref())?;
                    map.serialize_entry("to", to)?;
                }
            }
            Self::Leave => map.serialize_entry("event", "leave")?,
            Self::Output { variable, source, value } => {
                map.serialize_entry("event", "output")?;
                map.serialize_entry("name", variable)?;
                map.serialize_entry("source", source)?;
                optional(&mut map, "value", value.as_ref())?;
            }
            Self::Transfer => map.serialize_entry("event", "transfer")?,
            Self::Error(error) => {
                map.serialize_entry("event", "error")?;
                map.serialize_entry("error", &**error)?;
            }
            Self::Caught { by, to } => {
                map.serialize_entry("event", "caught")?;
                map.serialize_entry("by", if *by == Catcher::Action { "action" } else { "flow" })?;
                map.serialize_entry("to", to)?;
            }
            Self::Decision(decided) => decision(&mut map, decided)?,
        }
        map.end()
    }
}

fn lookup<M: SerializeMap, Q: Serialize, A: Serialize>(map: &mut M, exchange: &Exchange<Q, A>) -> Result<(), M::Error> {
    map.serialize_entry("request", &exchange.request)?;
    optional(map, "tookMs", exchange.took_ms.as_ref())?;
    match &exchange.reply {
        Reply::Answer(answer) => map.serialize_entry("answer", answer),
        Reply::Failed(why) | Reply::Unasked(why) => map.serialize_entry("failed", why),
    }
}

fn decision<M: SerializeMap>(map: &mut M, decided: &Decided<'_>) -> Result<(), M::Error> {
    map.serialize_entry("event", "decision")?;
    map.serialize_entry("kind", decided.kind.as_str())?;
    optional(map, "queue", decided.queue.as_deref().map(Queue).as_ref())?;
    map.serialize_entry("priority", &decided.priority)?;
    let values = [
        ("skills", &decided.skills),
        ("language", &decided.language),
        ("addresses", &decided.addresses),
        ("reason", &decided.reason),
    ];
    for (name, value) in values {
        optional(map, name, value.as_ref().map(Shown::of).as_ref())?;
    }
    optional(map, "outcome", decided.outcome.as_ref())?;
    optional(map, "error", decided.error.as_ref())
}

fn optional<M: SerializeMap, T: Serialize>(map: &mut M, name: &str, value: Option<&T>) -> Result<(), M::Error> {
    value.map_or(Ok(()), |value| map.serialize_entry(name, value))
}

struct Queue<'a>(&'a QueueTarget);

impl Serialize for Queue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("id", &self.0.id)?;
        map.serialize_entry("name", &self.0.name)?;
        map.end()
    }
}

/// The conditions of branches that were not taken.
struct Sources<'a>(&'a [ProgramBranch]);

impl Serialize for Sources<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(Some(self.0.len()))?;
        for branch in self.0 {
            sequence.serialize_element(branch.when.as_ref().map_or("", |when| &when.source))?;
        }
        sequence.end()
    }
}

fn target_name(target: Target) -> &'static str {
    match target {
        Target::Variable => "variable",
        Target::Output => "output",
        Target::Attribute => "attribute",
        Target::Priority => "priority",
        Target::Outcome => "outcome",
    }
}
