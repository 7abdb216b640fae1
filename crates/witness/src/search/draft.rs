//! A mail that is tried, with all that goes with it: what a case of a test file says, before it is written.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value as Json};
use waypost_flow::document::fold_name;
use waypost_flow::source::Node;
use waypost_flow_tests::Flows;

use super::facts::{self, Facts};

/// What runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// What the route of this address leads to.
    Route(String),
    /// A flow by its name, called by itself.
    Flow(String),
}

/// A flow by its name, with its type where two have it: the one for mail, whose run is a whole one.
fn flow_written(name: &str, flows: &Flows<'_>) -> Node {
    let text = |text: &str| Node::String(text.to_owned());
    let folded = fold_name(name);
    match [false, true].into_iter().all(|shared| flows.world.flow_named(&folded, shared).is_some()) {
        true => Node::Map(vec![("name".to_owned(), text(name)), ("type".to_owned(), text("email"))]),
        false => text(name),
    }
}

/// What a run asks besides its mail, by its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Asked {
    DataAction(String),
    Table(String),
    Schedule(String),
}

impl Asked {
    /// The member that a test file names it with, and its name.
    pub(crate) fn member(&self) -> (&'static str, &str) {
        match self {
            Self::DataAction(name) => ("dataAction", name),
            Self::Table(name) => ("table", name),
            Self::Schedule(name) => ("schedule", name),
        }
    }

    /// What a run calls it that never asked for it.
    pub(crate) fn label(&self) -> String {
        match self {
            Self::DataAction(name) => format!("data action `{name}`"),
            Self::Table(name) => format!("table `{name}`"),
            Self::Schedule(name) => format!("schedule `{name}`"),
        }
    }

    /// Makes it fail in a draft, or late.
    pub(crate) fn fail(&self, draft: &mut Draft, late: bool) {
        let answer = if late { Answer::Timeout } else { Answer::Failure(Failure::default()) };
        draft.answers.insert(self.clone(), answer);
    }

    /// Makes it answered in a draft, if it failed.
    pub(crate) fn answer(&self, draft: &mut Draft) {
        if !matches!(draft.answers.get(self), None | Some(Answer::Output(_))) {
            match self.plain() {
                Some(plain) => drop(draft.answers.insert(self.clone(), plain)),
                None => drop(draft.answers.remove(self)),
            }
        }
    }

    /// The answer that says nothing; none for what the folder answers.
    pub(crate) fn plain(&self) -> Option<Answer> {
        matches!(self, Self::DataAction(_)).then(|| Answer::Output(Map::new()))
    }
}

/// What is answered. Tables and schedules of the folder answer for themselves, unless they fail.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// These outputs.
    Output(Map<String, Json>),
    /// It fails.
    Failure(Failure),
    /// It is late.
    Timeout,
}

/// How a data action fails. A table or a schedule has nothing to say of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Failure {
    /// Empty: that of a service that was not reached.
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) status: Option<u16>,
}

impl Answer {
    /// As a test file has it.
    fn written(&self, asked: &Asked) -> (&'static str, Node) {
        let text = |text: &str| Node::String(text.to_owned());
        match self {
            Self::Output(outputs) => {
                let outputs = outputs.iter().map(|(name, value)| (name.clone(), node_of(value)));
                ("output", Node::Map(outputs.collect()))
            }
            Self::Failure(failure) if *failure != Failure::default() && matches!(asked, Asked::DataAction(_)) => {
                let mut members = Vec::new();
                if !failure.code.is_empty() {
                    members.push(("code".to_owned(), text(&failure.code)));
                }
                members.push(("message".to_owned(), text(&failure.message)));
                members.extend(failure.status.map(|status| ("status".to_owned(), Node::Integer(i64::from(status)))));
                ("error", Node::Map(members))
            }
            Self::Failure(_) => ("error", text("it failed")),
            Self::Timeout => ("timeout", Node::Boolean(true)),
        }
    }
}

/// An attachment of a size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attached {
    pub(crate) name: String,
    pub(crate) content_type: String,
    pub(crate) size: usize,
    /// What is in it; none: it is filled up to its size.
    pub(crate) text: Option<String>,
}

/// A mail, and what goes with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    pub(crate) entry: Entry,
    /// Texts of `mail` and `envelope` by their names there: `subject`, `text`, `from`, `envelope.from`.
    pub(crate) texts: BTreeMap<&'static str, String>,
    /// Header fields by name.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) attachments: Vec<Attached>,
    pub(crate) at: Option<Timestamp>,
    pub(crate) attributes: BTreeMap<String, String>,
    /// What was found out about it, and its thread.
    pub(crate) facts: Facts,
    pub(crate) inputs: BTreeMap<String, Json>,
    /// What is answered to the run.
    pub(crate) answers: BTreeMap<Asked, Answer>,
    /// Inputs that a data action has to be given for its answer, by its name. With others it is not reached.
    pub(crate) only: BTreeMap<String, Map<String, Json>>,
    /// The size to which the text is filled up, in bytes of the whole mail.
    pub(crate) size: Option<usize>,
}

impl Draft {
    /// The mail that says nothing.
    pub(crate) fn empty(entry: Entry) -> Self {
        Self {
            entry,
            texts: BTreeMap::new(),
            headers: BTreeMap::new(),
            attachments: Vec::new(),
            at: None,
            attributes: BTreeMap::new(),
            facts: Facts::new(),
            inputs: BTreeMap::new(),
            answers: BTreeMap::new(),
            only: BTreeMap::new(),
            size: None,
        }
    }

    /// Its `mail`. `filling` is added to the text.
    pub(crate) fn mail(&self, filling: &str) -> Node {
        let mut members: Vec<(String, Node)> = Vec::new();
        for (name, text) in self.texts.iter().filter(|(name, _)| !name.contains('.')) {
            let text = if *name == "text" { format!("{text}{filling}") } else { text.clone() };
            members.push(((*name).to_owned(), Node::String(text)));
        }
        if !filling.is_empty() && !self.texts.contains_key("text") {
            members.push(("text".to_owned(), Node::String(filling.to_owned())));
        }
        if !self.headers.is_empty() {
            // Several fields of a name stand on lines of their own.
            let fields = self.headers.iter().map(|(name, value)| {
                let mut each = value.lines().map(|value| Node::String(value.to_owned()));
                let node = match value.contains('\n') {
                    true => Node::List(each.collect()),
                    false => each.next().unwrap_or_else(|| Node::String(String::new())),
                };
                (name.clone(), node)
            });
            members.push(("headers".to_owned(), Node::Map(fields.collect())));
        }
        if !self.attachments.is_empty() {
            let one = |attached: &Attached| {
                let text = |text: &str| Node::String(text.to_owned());
                Node::Map(vec![
                    ("name".to_owned(), text(&attached.name)),
                    ("contentType".to_owned(), text(&attached.content_type)),
                    (
                        "text".to_owned(),
                        Node::String(attached.text.clone().unwrap_or_else(|| filling_of(attached.size))),
                    ),
                ])
            };
            members.push(("attachments".to_owned(), Node::List(self.attachments.iter().map(one).collect())));
        }
        Node::Map(members)
    }

    /// All of it but the mail: what a test file of a folder has beside it. `answers` are those that the folder knows.
    pub(crate) fn beside(&self, flows: &Flows<'_>, answers: Vec<Node>) -> Vec<(String, Node)> {
        let text = |text: &str| Node::String(text.to_owned());
        let mut members = vec![match &self.entry {
            Entry::Route(address) => ("route".to_owned(), text(address)),
            Entry::Flow(name) => ("flow".to_owned(), flow_written(name, flows)),
        }];
        members.extend(self.at.map(|at| ("at".to_owned(), Node::String(at.to_string()))));
        let envelope: Vec<_> = self
            .texts
            .iter()
            .filter_map(|(name, value)| Some((name.strip_prefix("envelope.")?.to_owned(), text(value))))
            .collect();
        if !envelope.is_empty() {
            members.push(("envelope".to_owned(), Node::Map(envelope)));
        }
        members.extend(facts::written(&self.facts, flows));
        if !self.attributes.is_empty() {
            let attributes = self.attributes.iter().map(|(name, value)| (name.clone(), text(value)));
            members.push(("attributes".to_owned(), Node::Map(attributes.collect())));
        }
        if !self.inputs.is_empty() && matches!(self.entry, Entry::Flow(_)) {
            let inputs = self.inputs.iter().map(|(name, value)| (name.clone(), node_of(value)));
            members.push(("inputs".to_owned(), Node::Map(inputs.collect())));
        }
        if !answers.is_empty() {
            members.push(("answers".to_owned(), Node::List(answers)));
        }
        members
    }

    /// What is answered, of what a version `knows`. `output` and `input` are what it takes of a data action's.
    pub(crate) fn answered(
        &self,
        knows: impl Fn(&Asked) -> bool,
        output: impl Fn(&str, &str, &Json) -> Option<Json>,
        input: impl Fn(&str, &str, &Json) -> Option<Json>,
    ) -> Vec<Node> {
        let one = |(asked, answer): (&Asked, &Answer)| {
            let (member, name) = asked.member();
            let said = match (asked, answer) {
                (Asked::DataAction(_), Answer::Output(outputs)) => {
                    let fit = |(field, value): (&String, &Json)| Some((field.clone(), output(name, field, value)?));
                    Answer::Output(outputs.iter().filter_map(fit).collect()).written(asked)
                }
                _ => answer.written(asked),
            };
            let mut members = vec![(member.to_owned(), Node::String(name.to_owned()))];
            let only = self.only.get(name).filter(|_| matches!(asked, Asked::DataAction(_))).into_iter().flatten();
            let fit = |(field, value): (&String, &Json)| Some((field.clone(), node_of(&input(name, field, value)?)));
            let only: Vec<(String, Node)> = only.filter_map(fit).collect();
            if !only.is_empty() {
                members.push(("input".to_owned(), Node::Map(only)));
            }
            members.push((said.0.to_owned(), said.1));
            Node::Map(members)
        };
        self.answers.iter().filter(|(asked, _)| knows(asked)).map(one).collect()
    }

    /// Whether a mail alone can't say all of it.
    pub(crate) fn needs_more_than_mail(&self) -> bool {
        self.at.is_some()
            || !self.attributes.is_empty()
            || !self.facts.is_empty()
            || !self.answers.is_empty()
            || matches!(self.entry, Entry::Flow(_))
            || self.texts.keys().any(|name| name.contains('.'))
    }
}

/// So many bytes of text, in lines.
pub(crate) fn filling_of(mut bytes: usize) -> String {
    let mut text = String::with_capacity(bytes);
    while bytes > 0 {
        // A line end is two bytes in a mail.
        let line = bytes.min(72);
        text.extend(std::iter::repeat_n('x', line));
        bytes -= line;
        if bytes > 2 {
            text.push('\n');
            bytes -= 2;
        }
    }
    text
}

/// JSON as a tree.
pub(crate) fn node_of(value: &Json) -> Node {
    match value {
        Json::Null => Node::Null,
        Json::Bool(value) => Node::Boolean(*value),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Node::Integer(number),
            None => Node::Number(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Node::String(text.clone()),
        Json::Array(items) => Node::List(items.iter().map(node_of).collect()),
        Json::Object(members) => {
            Node::Map(members.iter().map(|(name, value)| (name.clone(), node_of(value))).collect())
        }
    }
}
