//! A tree to a document. Every problem is reported, not the first alone.

use std::collections::HashSet;

use super::actions;
use super::elsewhere;
use super::names::{doubled_names, flow_name_problem, is_type};
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
    /// What could be read of a document with errors, to look for more of them.
    pub rest: Option<Rest>,
    /// Name, type and description, as far as they are there.
    pub metadata: Metadata,
    /// Every problem.
    pub diagnostics: Vec<Diagnostic>,
}

/// A document with holes where something could not be read. It never runs.
#[derive(Debug)]
pub struct Rest {
    /// What could be read.
    pub document: Document,
    /// Texts in what could not.
    unread: HashSet<String>,
    /// Whether something has a name that could not be read at all.
    is_nameless: bool,
    /// Whether all that the flow does could be read: only its name, its type and the like could not.
    is_whole: bool,
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
        let is_of_the_flow =
            matches!(problem.code, Code::UnknownNameInExpression | Code::UnknownOutput | Code::UnknownNode);
        // Of inputs and outputs. Members of a mail are declared nowhere.
        let is_declared = problem.code == Code::UnknownMember && problem.message.starts_with("there is no ");
        let is_of_the_flow = is_of_the_flow || is_declared;
        let is_unread = is_of_the_flow && name.is_none_or(|name| self.unread.contains(name) || self.is_nameless);
        problem.is_error() && (self.is_whole || !may_be_of_the_rest && !is_unread)
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
    if object.get("nodes").is_none() && !object.is_misspelt("nodes") {
        reader.is_nameless = true;
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
    let before = reader.diagnostics.len();
    let document = content(&mut reader, &object, &metadata);
    let may_be_content = CONTENT.iter().any(|key| object.is_misspelt(key)) || !reader.unread.is_empty();
    let is_whole = reader.diagnostics.len() == before && !may_be_content && !reader.is_nameless;
    reader.diagnostics.settle();
    let failed = reader.diagnostics.has_errors();
    let (document, rest) = match failed {
        false => (Some(document), None),
        true => (None, Some(Rest { document, unread: reader.unread, is_nameless: reader.is_nameless, is_whole })),
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
    let hole = || Input { name: String::new(), data_type: String::new(), description: None, default: None };
    let inputs = reader.each(object, "inputs", MAX_ENTRIES, input, hole);
    let hole = || {
        let Input { name, data_type, description, default } = hole();
        Output { name, data_type, description, default, required: false }
    };
    let outputs = reader.each(object, "outputs", MAX_ENTRIES, output, hole);
    let hole = || Variable { name: String::new(), data_type: String::new(), default: None };
    let variables = reader.each(object, "variables", MAX_ENTRIES, variable, hole);
    let trigger = object.get("trigger").and_then(|node| trigger(reader, node));
    let condition_set = object.get("conditionSet").map(|node| condition_set(reader, node)).unwrap_or_default();
    let hole = || FlowNode { id: String::new(), name: None, actions: Vec::new(), next: None };
    let nodes = reader.each(object, "nodes", MAX_NODES, flow_node, hole);
    let mut ids = HashSet::with_capacity(nodes.len());
    for (index, node) in nodes.iter().enumerate().filter(|(_, node)| !node.id.is_empty()) {
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
        on_error: object.get("onError").map(|node| jump(reader, "onError", node)),
        end: object.get("end").map(|node| end(reader, node)).unwrap_or_default(),
    };
    reader.diagnostics.extend(doubled_names(&document));
    document
}

fn declared(reader: &mut Reader, object: &Object<'_>) -> (String, String) {
    let name = reader.name(object, "name");
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
    if data_type.as_deref().and_then(Type::parse).is_none() {
        reader.unread.insert(name.clone());
    }
    (name, data_type.unwrap_or_default())
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
    let (name, data_type) = declared(reader, &object);
    let description = reader.string(&object, "description");
    let default = reader.default_value(&object);
    Some(Input { name, data_type, description, default })
}

fn output(reader: &mut Reader, path: &str, node: &Node) -> Option<Output> {
    let object = reader.object(path, node, &["name", "dataType", "description", "default", "required"], &[])?;
    let (name, data_type) = declared(reader, &object);
    let description = reader.string(&object, "description");
    let required = reader.boolean(&object, "required").unwrap_or_default();
    let default = reader.default_value(&object);
    Some(Output { name, data_type, description, default, required })
}

fn variable(reader: &mut Reader, path: &str, node: &Node) -> Option<Variable> {
    let object = reader.object(path, node, &["name", "dataType", "description", "default"], &[])?;
    let (name, data_type) = declared(reader, &object);
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
    let condition = |reader: &mut Reader, path: &str, node: &Node| {
        let object = reader.object(path, node, &["when"], &[])?;
        Some(Condition { when: reader.required_string(&object, "when")? })
    };
    let hole = || Condition { when: String::new() };
    let conditions = reader.each(&object, "conditions", MAX_ENTRIES, condition, hole);
    ConditionSet { matching, conditions }
}

fn flow_node(reader: &mut Reader, path: &str, node: &Node) -> Option<FlowNode> {
    let object = reader.object(path, node, &["id", "name", "actions", "next"], &[])?;
    let id = reader.hole_or_name(&object, "id");
    let name = reader.string(&object, "name");
    let actions = actions::list(reader, &object);
    let hole = || Branch { when: None, to: String::new() };
    let next = object.get("next").map(|_| reader.each(&object, "next", MAX_ENTRIES, branch, hole));
    Some(FlowNode { id, name, actions, next })
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
    Some(Branch { when, to: reader.required_string(&object, "to").unwrap_or_default() })
}

/// `{to: NODE}`
pub(crate) fn jump(reader: &mut Reader, path: &str, node: &Node) -> Jump {
    let object = reader.leading(path, node, &["to"]);
    let to = object.and_then(|object| reader.required_string(&object, "to"));
    Jump { to: to.unwrap_or_default() }
}

fn end(reader: &mut Reader, node: &Node) -> End {
    let Some(object) = reader.object("end", node, &["disposition", "queue", "type"], &[]) else {
        return End::default();
    };
    let disposition = match reader.string(&object, "disposition").as_deref() {
        Some("disconnect") => Disposition::Disconnect,
        Some("queue") => Disposition::Queue,
        None | Some("unrouted") => Disposition::Unrouted,
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
