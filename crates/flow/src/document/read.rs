//! A tree to a document. Every problem is reported, not the first alone.

use std::collections::HashSet;

use super::actions;
use super::elsewhere;
use super::names::{doubled_names, flow_name_problem, is_type, name_problem};
use super::object::{Object, Reader};
use super::{
    Branch, Condition, ConditionSet, Disposition, Document, End, Input, Jump, Match, Node as FlowNode, Output, Trigger,
    Variable,
};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Node;
use crate::types::Type;

/// A flow has at most so many nodes, and so many of everything else.
pub(crate) const MAX_NODES: usize = 2_000;
pub(crate) const MAX_ENTRIES: usize = 500;

const KEYS: [&str; 12] = [
    "name",
    "type",
    "description",
    "deprecated",
    "inputs",
    "outputs",
    "variables",
    "trigger",
    "conditionSet",
    "nodes",
    "onError",
    "end",
];

/// Any of these makes a body one with content.
const CONTENT: [&str; 8] = ["inputs", "outputs", "variables", "trigger", "conditionSet", "nodes", "onError", "end"];

/// Members of Genesys's Flow model that the server manages, and our own that stand in responses alone: a flow that was
/// fetched can be sent back as it is.
pub(super) const IGNORED: [&str; 33] = [
    "id",
    "selfUri",
    "division",
    "active",
    "system",
    "deleted",
    "lockedUser",
    "lockedClient",
    "locked",
    "publishedVersion",
    "savedVersion",
    "checkedInVersion",
    "debugVersion",
    "publishedBy",
    "currentOperation",
    "inputSchema",
    "outputSchema",
    "nluInfo",
    "supportedLanguages",
    "compatibleFlowTypes",
    "worktypeId",
    "virtualAgentEnabled",
    "version",
    "revision",
    "dateCreated",
    "dateModified",
    "createdBy",
    "modifiedBy",
    "warnings",
    "validation",
    "labels",
    "mayDecide",
    "hash",
];

/// What a tree gave.
#[derive(Debug)]
pub struct Read {
    /// The document; none if the tree has metadata alone, or can't be read as a document.
    pub document: Option<Document>,
    /// What could be read of a document with errors, if it is enough to look for more of them.
    pub rest: Option<Rest>,
    /// Name, type and description, as far as they are there.
    pub metadata: Metadata,
    /// Every problem.
    pub diagnostics: Vec<Diagnostic>,
}

/// A document without what could not be read of it. It never runs.
#[derive(Debug)]
pub struct Rest {
    /// What could be read.
    pub document: Document,
    /// Texts in what could not.
    unread: HashSet<String>,
}

impl Rest {
    /// Whether a problem that checking it gave is one of the document's, whatever the parts say that could not be read: those may set
    /// variables and outputs, and lead to nodes.
    #[must_use]
    pub fn is_problem(&self, problem: &Diagnostic) -> bool {
        let name = problem.message.split('`').nth(1);
        let may_be_of_the_rest = matches!(
            problem.code,
            Code::UnsetVariable
                | Code::UnsetOutput
                | Code::UnreachableNode
                | Code::UnreachableAction
                | Code::VariableTypes
                | Code::TooMuchWork
                | Code::MoreProblems
        );
        let is_unread =
            problem.code == Code::UnknownNameInExpression && name.is_none_or(|name| self.unread.contains(name));
        problem.is_error() && !may_be_of_the_rest && !is_unread
    }
}

/// What a flow is, without what it does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The name.
    pub name: Option<String>,
    /// The type as written.
    pub flow_type: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// Whether callers are to move on: with the notice that they get, or taken back.
    pub deprecated: Option<Option<String>>,
}

/// Reads a flow document. A tree with none of the content's members is metadata alone.
pub fn read(node: &Node) -> Read {
    read_with(node, &["name", "type"])
}

/// Reads a document that is saved to a flow which is there: without a name and a type of its own, its name and its type are empty.
pub fn read_for_existing(node: &Node) -> Read {
    read_with(node, &[])
}

fn read_with(node: &Node, required: &[&str]) -> Read {
    if let Some(problem) = elsewhere::export(node) {
        return Read { document: None, rest: None, metadata: Metadata::default(), diagnostics: vec![problem] };
    }
    let mut reader = Reader::default();
    let Some(object) = reader.object("", node, &KEYS, &IGNORED) else {
        let diagnostics = reader.diagnostics.into_vec();
        return Read { document: None, rest: None, metadata: Metadata::default(), diagnostics };
    };
    let metadata = metadata(&mut reader, &object);
    let has_content = CONTENT.iter().any(|key| object.get(key).is_some());
    if !has_content {
        reader.diagnostics.settle();
        return Read { document: None, rest: None, metadata, diagnostics: reader.diagnostics.into_vec() };
    }
    if object.get("nodes").is_none() {
        reader.diagnostics.push(
            Diagnostic::error(Code::ContentWithoutNodes, "nodes", "the flow's content has no `nodes`")
                .expected("`nodes` beside the other members of the content, or none of them")
                .suggestion("add `nodes: []` for a flow that does nothing yet")
                .lacking("", &["nodes"]),
        );
    }
    for key in required.iter().filter(|key| object.get(key).is_none()) {
        reader.missing(&object, key);
    }
    let document = content(&mut reader, &object, &metadata);
    reader.diagnostics.settle();
    let failed = reader.diagnostics.has_errors();
    let (document, rest) = match (failed, reader.has_gaps) {
        (false, _) => (Some(document), None),
        (true, false) => (None, Some(Rest { document, unread: reader.unread })),
        (true, true) => (None, None),
    };
    Read { document, rest, metadata, diagnostics: reader.diagnostics.into_vec() }
}

fn metadata(reader: &mut Reader, object: &Object<'_>) -> Metadata {
    let name = object.get("name").and_then(|_| reader.required_string(object, "name"));
    reader.diagnostics.extend(name.as_deref().and_then(|name| flow_name_problem("name", name)));
    let flow_type = object.get("type").and_then(|_| reader.required_string(object, "type"));
    if let Some(written) = flow_type.as_deref().filter(|written| !is_type(written)) {
        reader.diagnostics.push(
            Diagnostic::error(Code::InvalidValue, "type", format!("`{written}` is not a flow's type"))
                .expected("email or shared (Genesys's INBOUNDEMAIL and COMMONMODULE mean the same)")
                .found(format!("`{written}`"))
                .nearest(written, ["email", "shared", "INBOUNDEMAIL", "COMMONMODULE"]),
        );
    }
    let description = reader.string(object, "description");
    Metadata { name, flow_type, description, deprecated: deprecated(reader, object) }
}

/// `deprecated: the notice`, `deprecated: true` without one, `deprecated: false` to take it back.
fn deprecated(reader: &mut Reader, object: &Object<'_>) -> Option<Option<String>> {
    match object.get("deprecated")? {
        Node::Null | Node::Boolean(false) => Some(None),
        Node::Boolean(true) => Some(Some(String::new())),
        Node::String(notice) => Some(Some(notice.clone())),
        other @ (Node::Integer(_) | Node::Number(_) | Node::List(_) | Node::Map(_)) => {
            reader.kind(&object.at("deprecated"), "a notice to callers, `true` or `false`", other);
            None
        }
    }
}

fn content(reader: &mut Reader, object: &Object<'_>, metadata: &Metadata) -> Document {
    let inputs = reader.list(object, "inputs", MAX_ENTRIES);
    let inputs = reader.each(inputs, input);
    let outputs = reader.list(object, "outputs", MAX_ENTRIES);
    let outputs = reader.each(outputs, output);
    let variables = reader.list(object, "variables", MAX_ENTRIES);
    let variables = reader.each(variables, variable);
    let trigger = object.get("trigger").and_then(|node| trigger(reader, node));
    let condition_set = object.get("conditionSet").map(|node| condition_set(reader, node)).unwrap_or_default();
    let nodes = reader.list(object, "nodes", MAX_NODES);
    let nodes = reader.each(nodes, flow_node);
    let mut ids = HashSet::with_capacity(nodes.len());
    for (index, node) in nodes.iter().enumerate() {
        if !ids.insert(node.id.as_str()) {
            let message = format!("there are two nodes `{}`", node.id);
            reader.diagnostics.push(
                Diagnostic::error(Code::DuplicateName, format!("nodes[{index}].id"), message)
                    .suggestion("give one of them another id"),
            );
        }
    }
    let document = Document {
        name: metadata.name.clone().unwrap_or_default(),
        flow_type: metadata.flow_type.clone().unwrap_or_default(),
        description: metadata.description.clone(),
        inputs,
        outputs,
        variables,
        trigger,
        condition_set,
        nodes,
        on_error: object.get("onError").and_then(|node| jump(reader, "onError", node)),
        end: object.get("end").map(|node| end(reader, node)).unwrap_or_default(),
    };
    reader.diagnostics.extend(doubled_names(&document));
    document
}

fn declared(reader: &mut Reader, object: &Object<'_>) -> Option<(String, String)> {
    let name = reader.required_string(object, "name");
    reader.diagnostics.extend(name.as_deref().and_then(|name| name_problem(&object.at("name"), name)));
    let data_type = reader.required_string(object, "dataType");
    if let Some(depth) = data_type.as_deref().map(type_depth).filter(|depth| *depth > Type::MAX_DEPTH) {
        reader.diagnostics.push(deep_type(object.at("dataType"), depth));
    } else if let Some(written) = data_type.as_deref().filter(|written| Type::parse(written).is_none()) {
        let problem =
            Diagnostic::error(Code::UnknownType, object.at("dataType"), format!("`{written}` is not a data type"))
                .expected(format!("one of: {}", Type::DECLARABLE.join(", ")))
                .found(format!("`{written}`"));
        reader.diagnostics.push(match written.to_ascii_lowercase().as_str() {
            "decimal" => problem.suggestion("exact decimals come with a later release: use number or integer"),
            "str" | "text" => problem.suggestion("did you mean `string`?"),
            "int" | "long" => problem.suggestion("did you mean `integer`?"),
            "float" | "double" => problem.suggestion("did you mean `number`?"),
            "bool" => problem.suggestion("did you mean `boolean`?"),
            "date" | "timestamp" => problem.suggestion("did you mean `datetime`?"),
            "list" | "array" => problem.suggestion("name what is in it: `list<string>`"),
            "map" | "object" => problem.suggestion("name what is in it: `map<string>`, or use `json`"),
            _ => problem.nearest(written, Type::DECLARABLE),
        });
    }
    Some((name?, data_type?))
}

/// How deep a type is nested, whatever it says.
fn type_depth(written: &str) -> usize {
    written.bytes().filter(|byte| *byte == b'<').count()
}

fn deep_type(path: String, depth: usize) -> Diagnostic {
    Diagnostic::error(Code::DeepType, path, format!("the type is nested {depth} deep"))
        .expected(format!("at most {} lists and maps in each other", Type::MAX_DEPTH))
        .suggestion("use `json` for deeper data")
}

fn input(reader: &mut Reader, path: &str, node: &Node) -> Option<Input> {
    let object = reader.object(path, node, &["name", "dataType", "description", "default"], &[])?;
    let declared = declared(reader, &object);
    let description = reader.string(&object, "description");
    let default = reader.default_value(&object);
    let (name, data_type) = declared?;
    Some(Input { name, data_type, description, default })
}

fn output(reader: &mut Reader, path: &str, node: &Node) -> Option<Output> {
    let object = reader.object(path, node, &["name", "dataType", "description", "default", "required"], &[])?;
    let declared = declared(reader, &object);
    let description = reader.string(&object, "description");
    let required = reader.boolean(&object, "required").unwrap_or_default();
    let default = reader.default_value(&object);
    let (name, data_type) = declared?;
    Some(Output { name, data_type, description, default, required })
}

fn variable(reader: &mut Reader, path: &str, node: &Node) -> Option<Variable> {
    let object = reader.object(path, node, &["name", "dataType", "description", "default"], &[])?;
    let (name, data_type) = declared(reader, &object)?;
    Some(Variable { name, data_type, default: reader.default_value(&object) })
}

fn trigger(reader: &mut Reader, node: &Node) -> Option<Trigger> {
    let object = reader.object("trigger", node, &["type"], &[])?;
    let trigger_type = reader.string(&object, "type")?;
    if !trigger_type.eq_ignore_ascii_case("email") {
        reader.diagnostics.push(
            Diagnostic::error(Code::InvalidValue, "trigger.type", format!("`{trigger_type}` is not a trigger"))
                .expected("email")
                .found(format!("`{trigger_type}`")),
        );
    }
    Some(Trigger { trigger_type })
}

fn condition_set(reader: &mut Reader, node: &Node) -> ConditionSet {
    let Some(object) = reader.object("conditionSet", node, &["match", "conditions"], &[]) else {
        return ConditionSet::default();
    };
    let matching = match reader.string(&object, "match").as_deref() {
        None | Some("all") => Match::All,
        Some("any") => Match::Any,
        Some(other) => {
            reader.diagnostics.push(
                Diagnostic::error(Code::InvalidValue, "conditionSet.match", format!("`{other}` is not a way to match"))
                    .expected("all or any")
                    .nearest(other, ["all", "any"]),
            );
            Match::All
        }
    };
    let conditions = reader.list(&object, "conditions", MAX_ENTRIES);
    let conditions = reader.each(conditions, |reader, path, node| {
        let object = reader.object(path, node, &["when"], &[])?;
        Some(Condition { when: reader.required_string(&object, "when")? })
    });
    ConditionSet { matching, conditions }
}

fn flow_node(reader: &mut Reader, path: &str, node: &Node) -> Option<FlowNode> {
    let object = reader.object(path, node, &["id", "name", "actions", "next"], &[])?;
    let id = reader.required_string(&object, "id");
    let name = reader.string(&object, "name");
    let actions = actions::list(reader, &object);
    let next = object.get("next").map(|_| {
        let branches = reader.list(&object, "next", MAX_ENTRIES);
        reader.each(branches, branch)
    });
    Some(FlowNode { id: id?, name, actions, next })
}

fn branch(reader: &mut Reader, path: &str, node: &Node) -> Option<Branch> {
    let object = reader.leading(path, node, &["when", "to", "name"])?;
    let when = reader.string(&object, "when");
    // Left out, it would mean always.
    if object.is_null("when") {
        reader.diagnostics.push(
            Diagnostic::error(Code::MissingKey, object.at("when"), "`when` has no condition")
                .suggestion("write one, or remove `when` from the branch that is taken in all other cases"),
        );
    }
    Some(Branch { when, to: reader.required_string(&object, "to")? })
}

/// `{to: NODE}`
pub(crate) fn jump(reader: &mut Reader, path: &str, node: &Node) -> Option<Jump> {
    let object = reader.leading(path, node, &["to"])?;
    Some(Jump { to: reader.required_string(&object, "to")? })
}

fn end(reader: &mut Reader, node: &Node) -> End {
    let Some(object) = reader.object("end", node, &["disposition", "queue", "type"], &[]) else {
        return End::default();
    };
    let disposition = match reader.string(&object, "disposition").as_deref() {
        None | Some("unrouted") => Disposition::Unrouted,
        Some("disconnect") => Disposition::Disconnect,
        Some("queue") => Disposition::Queue,
        Some(other) => {
            reader.diagnostics.push(
                Diagnostic::error(Code::InvalidValue, "end.disposition", format!("`{other}` is not a disposition"))
                    .expected("unrouted, disconnect or queue")
                    .nearest(other, ["unrouted", "disconnect", "queue"]),
            );
            Disposition::Unrouted
        }
    };
    let queue = object.get("queue").and_then(|_| reader.required_string(&object, "queue"));
    match (disposition, object.get("queue").is_some()) {
        (Disposition::Queue, false) => reader.missing(&object, "queue"),
        (Disposition::Unrouted | Disposition::Disconnect, true) => reader.diagnostics.push(
            Diagnostic::error(Code::InvalidValue, "end.queue", "`queue` only goes with the disposition queue")
                .suggestion("set `disposition: queue`, or remove `queue`"),
        ),
        _ => {}
    }
    End { disposition, queue }
}
