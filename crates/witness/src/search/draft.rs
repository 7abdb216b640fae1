//! A mail that is tried, with all that goes with it: what a case of a test file says, before it is written.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value as Json};
use waypost_flow::source::Node;

/// What runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// What the route of this address leads to.
    Route(String),
    /// A flow by its name, called by itself.
    Flow(String),
}

/// What a data action answers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// These outputs.
    Output(Map<String, Json>),
    /// It fails.
    Error,
    /// It is late.
    Timeout,
}

/// An attachment of a size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attached {
    pub(crate) name: String,
    pub(crate) content_type: String,
    pub(crate) size: usize,
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
    pub(crate) inputs: BTreeMap<String, Json>,
    /// What data actions answer, by their names.
    pub(crate) answers: BTreeMap<String, Answer>,
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
            inputs: BTreeMap::new(),
            answers: BTreeMap::new(),
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
            let fields = self.headers.iter().map(|(name, value)| (name.clone(), Node::String(value.clone())));
            members.push(("headers".to_owned(), Node::Map(fields.collect())));
        }
        if !self.attachments.is_empty() {
            let one = |attached: &Attached| {
                let text = |text: &str| Node::String(text.to_owned());
                Node::Map(vec![
                    ("name".to_owned(), text(&attached.name)),
                    ("contentType".to_owned(), text(&attached.content_type)),
                    ("text".to_owned(), Node::String(filling_of(attached.size))),
                ])
            };
            members.push(("attachments".to_owned(), Node::List(self.attachments.iter().map(one).collect())));
        }
        Node::Map(members)
    }

    /// All of it but the mail: what a test file has beside it. `answers` are those that the folder knows.
    pub(crate) fn beside(&self, answers: Vec<Node>) -> Vec<(String, Node)> {
        let text = |text: &str| Node::String(text.to_owned());
        let mut members = vec![match &self.entry {
            Entry::Route(address) => ("route".to_owned(), text(address)),
            Entry::Flow(name) => ("flow".to_owned(), text(name)),
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

    /// Whether a mail alone can't say all of it.
    pub(crate) fn needs_more_than_mail(&self) -> bool {
        self.at.is_some()
            || !self.attributes.is_empty()
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
