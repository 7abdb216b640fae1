//! The reference: examples of actions are sound, and the tables say what reader and checker do. Examples of functions and operators
//! run in `expressions.rs`; those of the mail's members, and the page itself, where the members are.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod objects;
#[allow(dead_code, reason = "nothing is evaluated here")]
mod support;

use std::sync::Arc;

use serde_json::Value as Json;
use uuid::Uuid;
use waypost_flow::actions::ACTIONS;
use waypost_flow::actions::definition::{ActionDefinition, COMMON, Need, Takes};
use waypost_flow::check::{self, Unresolved, World};
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document::{self, FlowReference};
use waypost_flow::email::Members;
use waypost_flow::expr::{OPERATORS, Outputs, Scope, compile_value, constant};
use waypost_flow::interface::Interface;
use waypost_flow::program::{DataActionTarget, QueueTarget, ScheduleTarget, Selector, TableTarget, WebhookTarget};
use waypost_flow::source::{self, Node};
use waypost_flow::types::{DATA_TYPES, Type};
use waypost_flow::work::Work;
use waypost_ids::{FlowId, QueueId};

/// One flow, `Classifier`, and the queue `Billing`.
struct Around;

impl World for Around {
    fn members(&self) -> &'static Members {
        support::members()
    }

    fn flow(&self, reference: &FlowReference) -> Option<FlowId> {
        (reference.flow.as_deref() == Some("Classifier")).then_some(FlowId(Uuid::nil()))
    }

    fn interface(&self, flow: FlowId, _selector: &Selector) -> Result<Arc<Interface>, Unresolved> {
        let text = "name: Classifier\ntype: shared\ninputs: [{ name: text, dataType: string }]\n\
                    outputs: [{ name: topic, dataType: string }]\nnodes: []\n";
        let (node, _) = source::yaml(text).unwrap();
        Ok(Arc::new(check::declared_interface(&document::read(&node).document.unwrap(), flow)))
    }

    fn queue(&self, written: &str) -> Option<QueueTarget> {
        (written == "Billing").then(|| QueueTarget { id: QueueId(Uuid::nil()), name: Arc::from(written) })
    }

    fn table(&self, written: &str) -> Option<TableTarget> {
        objects::table(written)
    }

    fn schedule(&self, written: &str) -> Option<ScheduleTarget> {
        objects::schedule(written)
    }

    fn webhook(&self, written: &str) -> Option<WebhookTarget> {
        objects::webhook(written)
    }

    fn data_action(&self, written: &str) -> Option<DataActionTarget> {
        objects::data_action(written, &[("email", false), ("text", false)])
    }

    fn flow_names(&self) -> Vec<String> {
        Vec::new()
    }

    fn queue_names(&self) -> Vec<String> {
        Vec::new()
    }
}

/// The errors of a flow with this one action, in a node `a` that has nothing after it.
fn errors(action: Node) -> Vec<Diagnostic> {
    errors_in("nodes: [{ id: a }]", action)
}

/// The same with these members, of which `nodes` gets the action in its first.
fn errors_in(members: &str, action: Node) -> Vec<Diagnostic> {
    let text = format!("name: F\ntype: email\noutputs: [{{ name: topic, dataType: string }}]\n{members}\n");
    let (mut flow, _) = source::yaml(&text).unwrap();
    let Node::Map(members) = &mut flow else { panic!("a flow is a map") };
    let Some((_, Node::List(nodes))) = members.iter_mut().find(|(key, _)| key == "nodes") else { panic!("nodes") };
    let Some(Node::Map(node)) = nodes.first_mut() else { panic!("a node") };
    node.push(("actions".to_owned(), Node::List(vec![action])));
    let read = document::read(&flow);
    let mut problems = read.diagnostics;
    if let Some(document) = read.document {
        problems.extend(check::check(&document, FlowId(Uuid::max()), 1, &Around).diagnostics);
    }
    problems.retain(Diagnostic::is_error);
    problems
}

fn example(action: &ActionDefinition) -> Vec<(String, Node)> {
    match source::yaml(action.example) {
        Ok((Node::Map(members), _)) => members,
        other => panic!("{}: {other:?}", action.name),
    }
}

#[test]
fn examples_of_actions_are_sound() {
    for action in ACTIONS {
        let members = example(action);
        assert!(members.iter().any(|(key, node)| key == "type" && *node == Node::String(action.name.to_owned())));
        let found = errors(Node::Map(members));
        assert!(found.is_empty(), "{}: {found:#?}", action.name);
    }
}

/// The example with another value for a member.
fn example_with(action: &ActionDefinition, member: &str, value: &str) -> Node {
    let (node, _) = source::yaml(value).unwrap();
    let mut members = example(action);
    members.retain(|(key, _)| key != member);
    members.push((member.to_owned(), node));
    // What a loop does may not fit another list.
    for inside in action.members.iter().filter(|member| member.takes == Takes::Actions) {
        members.retain(|(key, _)| key != inside.name);
        members.push((inside.name.to_owned(), Node::List(Vec::new())));
    }
    Node::Map(members)
}

/// The checker follows what an action evaluates by its facts: an expression that they leave out could read what nobody has set.
#[test]
fn the_checker_sees_every_expression_of_an_action() {
    const FLOW: &str = "variables: [{ name: unset_string, dataType: string }, { name: unset_integer, dataType: integer }, \
                        { name: unset_boolean, dataType: boolean }, { name: unset_list, dataType: list<string> }, \
                        { name: unset_duration, dataType: duration }]\n\
                        nodes: [{ id: a }]";
    let mut tried = 0;
    for action in ACTIONS {
        for member in action.members {
            let (value, place) = match member.takes {
                Takes::Value(words) if words.ends_with("duration") => ("'${unset_duration}'", ""),
                Takes::String | Takes::Html | Takes::Queue | Takes::Value(_) => ("'${unset_string}'", ""),
                Takes::Integer => ("'${unset_integer}'", ""),
                Takes::StringList | Takes::List => ("'${unset_list}'", ""),
                Takes::Condition | Takes::Boolean => ("'${unset_boolean}'", ""),
                Takes::Strings => ("{ a: '${unset_string}' }", ".a"),
                Takes::Mappings if member.name == "inputMapping" => {
                    ("[{ name: text, value: '${unset_string}' }]", "[0].value")
                }
                Takes::Mappings => ("[{ name: v, value: '${unset_string}' }]", "[0].value"),
                Takes::Actions
                | Takes::Id
                | Takes::Jump
                | Takes::Level
                | Takes::Name
                | Takes::NameOrId
                | Takes::Selector
                | Takes::Text => continue,
            };
            let found = errors_in(FLOW, example_with(action, member.name, value));
            let path = format!("nodes[0].actions[0].{}{place}", member.name);
            let seen = found.iter().any(|problem| problem.code == Code::UnsetVariable && problem.path == path);
            assert!(seen, "`{}` of `{}`: {found:#?}", member.name, action.name);
            tried += 1;
        }
    }
    assert!(tried > 15, "only {tried} members");
}

#[test]
fn a_jump_of_an_action_reaches_its_node() {
    const FLOW: &str = "nodes: [{ id: a, next: [] }, { id: b }]";
    let mut tried = 0;
    for action in ACTIONS {
        // A queue that is written out is there: nothing jumps.
        let queues = action.members.iter().filter(|member| member.takes == Takes::Queue);
        let computed: Vec<(String, Node)> =
            queues.map(|member| (member.name.to_owned(), Node::String("${'Billing'}".to_owned()))).collect();
        for jump in action.jumps() {
            let Node::Map(mut members) = example_with(action, jump, "{ to: b }") else { unreachable!() };
            members.retain(|(key, _)| computed.iter().all(|(known, _)| known != key));
            members.extend(computed.iter().cloned());
            let without: Vec<_> = members.iter().filter(|(key, _)| key != jump).cloned().collect();
            let unreachable =
                |action| errors_in(FLOW, action).iter().any(|problem| problem.code == Code::UnreachableNode);
            assert!(unreachable(Node::Map(without)), "nothing else in `{}` leads to the node", action.name);
            assert!(!unreachable(Node::Map(members)), "`{jump}` of `{}` is not followed", action.name);
            tried += 1;
        }
    }
    assert!(tried >= 3, "only {tried} jumps");
}

#[test]
fn actions_with_a_name_of_their_own_are_named() {
    let summary = COMMON.iter().find(|member| member.name == "name").unwrap().summary;
    for action in ACTIONS {
        let own = action.members.iter().any(|member| member.name == "name");
        assert_eq!(summary.contains(&format!("`{}`", action.name)), own, "{}", action.name);
    }
}

#[test]
fn members_are_needed_where_the_table_says_so() {
    for action in ACTIONS {
        for member in action.members.iter().chain(COMMON) {
            let without: Vec<_> = example(action).into_iter().filter(|(key, _)| key != member.name).collect();
            let was_there = without.len() < example(action).len();
            let missing = errors(Node::Map(without)).iter().any(|problem| problem.code == Code::MissingKey);
            // `name` is another member where an action has its own.
            let own = action.members.iter().any(|own| own.name == member.name && own.need != member.need);
            let needed = match member.need {
                Need::Required => true,
                Need::Optional => own,
                // The example has one of the two.
                Need::Or(_) => was_there,
            };
            assert_eq!(missing, needed, "`{}` of `{}`", member.name, action.name);
        }
    }
}

#[test]
fn examples_of_data_types_are_values_of_them() {
    for known in &DATA_TYPES {
        let data_type = Type::parse(known.name).unwrap();
        let (node, _) = source::yaml(known.example).unwrap();
        assert!(constant("value", &node.to_json(), &data_type).is_ok(), "{}", known.name);
    }
}

#[test]
fn operators_take_the_types_that_the_table_says() {
    const TYPES: [&str; 9] =
        ["string", "integer", "number", "boolean", "datetime", "duration", "json", "list<string>", "map<string>"];
    let inputs: Vec<(String, Type)> = ["x", "y"]
        .into_iter()
        .flat_map(|side| {
            TYPES.iter().enumerate().map(move |(at, name)| (format!("{side}{at}"), Type::parse(name).unwrap()))
        })
        .collect();
    let scope = Scope {
        inputs: &inputs,
        variables: &[],
        outputs: Outputs::Absent,
        members: support::members(),
        work: &Work::default(),
    };
    let mut tried = 0;
    for operator in
        OPERATORS.iter().filter(|operator| !operator.types.iter().any(|(left, ..)| *left == "T" || *left == "json"))
    {
        for (left, left_name) in TYPES.iter().enumerate() {
            for (right, right_name) in TYPES.iter().enumerate() {
                let expression =
                    operator.form.replace('x', &format!("input.x{left}")).replace('y', &format!("input.y{right}"));
                let compiled = compile_value("value", &Json::from(format!("${{{expression}}}")), &scope, None);
                let generic = |name: &str| name.replace("list<string>", "list<T>").replace("map<string>", "map<T>");
                let found = compiled.map(|compiled| generic(&compiled.data_type.to_string())).ok();
                let row = operator
                    .types
                    .iter()
                    .find(|(a, b, _)| *a == generic(left_name) && (b.is_empty() || *b == generic(right_name)));
                assert_eq!(
                    found.as_deref(),
                    row.map(|(.., result)| *result),
                    "{expression}: {left_name}, {right_name}"
                );
                tried += 1;
            }
        }
    }
    assert!(tried > 500, "only {tried} combinations");
}
