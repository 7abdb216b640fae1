//! Lines of `log` that a case expects.

use std::fmt;

use waypost_flow::diagnostic::Diagnostic;
use waypost_flow::source::Node;
use waypost_flow::source::members::{Members, wrong};
use waypost_wire::trace::TraceLevel;

use crate::expect::one_of;
use crate::observed::ObservedLog;
use crate::text::Text;

/// What an expected line may say.
pub(crate) const KEYS: [&str; 2] = ["level", "message"];

const LEVELS: [TraceLevel; 4] = [TraceLevel::Debug, TraceLevel::Info, TraceLevel::Warn, TraceLevel::Error];

/// A line that must be logged. What it leaves out is not compared.
#[derive(Clone, Debug, Default)]
pub(crate) struct LogWanted {
    level: Option<TraceLevel>,
    message: Option<Text>,
}

/// A level's word.
pub(crate) const fn word(level: TraceLevel) -> &'static str {
    match level {
        TraceLevel::Debug => "debug",
        TraceLevel::Info => "info",
        TraceLevel::Warn => "warn",
        TraceLevel::Error => "error",
    }
}

/// Reads a list of lines.
pub(crate) fn read(path: &str, node: &Node, problems: &mut Vec<Diagnostic>) -> Vec<LogWanted> {
    let elements = match node {
        Node::List(elements) => elements.as_slice(),
        Node::Null => &[],
        other => {
            problems.push(wrong(path, "a list").found(other.kind()));
            &[]
        }
    };
    let each = elements.iter().enumerate();
    each.filter_map(|(index, element)| LogWanted::read(&format!("{path}[{index}]"), element, problems)).collect()
}

impl LogWanted {
    fn read(path: &str, node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        let mut members = Members::of(path, node).map_err(|problem| problems.push(*problem)).ok()?;
        let mut wanted = Self::default();
        let level = members.node("level");
        if let Some(node) = level.filter(|node| !matches!(node, Node::String(_))) {
            let expected = "the word of a level, such as `info`: each line has one";
            problems.push(wrong(&members.at("level"), expected).found(node.kind()));
        }
        if let Some(Node::String(text)) = level {
            wanted.level = one_of(&members.at("level"), text, &LEVELS, word, "level", problems);
        }
        if let Some(node) = members.node("message") {
            wanted.message = Text::read(&members.at("message"), node, problems);
        }
        problems.extend(members.finish(&KEYS));
        Some(wanted)
    }

    /// Whether a line is as wanted.
    pub(crate) fn accepts(&self, log: &ObservedLog) -> bool {
        self.level.is_none_or(|level| level == log.level)
            && self.message.as_ref().is_none_or(|message| message.accepts(&log.message))
    }
}

impl fmt::Display for LogWanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.level.map_or("a line", word))?;
        match &self.message {
            Some(message) => write!(f, ": {message}"),
            None => Ok(()),
        }
    }
}
