//! The promised limits, at their real sizes.

use std::fmt::Write as _;

use waypost_engine::{DecisionKind, Limits, codes};
use waypost_flow::source::{self, Node};

use super::mail::Mail;
use super::run;
use super::world::Flows;

fn case(text: &str) -> (Flows, Node) {
    let (node, _) = source::yaml(text).unwrap();
    (Flows::read(&node).unwrap(), node)
}

/// Flow 0 is the route's; each calls the next, the last one decides.
fn chain(calls: usize) -> String {
    let mut text = String::from("flows:\n");
    for flow in 0..calls {
        let _ = writeln!(
            text,
            "  - {{name: F{flow}, type: email, nodes: [{{id: a, actions: [{{type: runFlow, flow: F{}}}]}}]}}",
            flow + 1
        );
    }
    let _ = writeln!(text, "  - {{name: F{calls}, type: email, nodes: [{{id: a, actions: [{{type: disconnect}}]}}]}}");
    text
}

#[test]
fn calls_go_32_deep_and_no_deeper() {
    let mail = Mail::read(None);
    let (flows, node) = case(&chain(32));
    assert_eq!(run(&flows, &mail, &node, Limits::default()).decision.kind, DecisionKind::Disconnect);
    let (flows, node) = case(&chain(33));
    assert_eq!(run(&flows, &mail, &node, Limits::default()).decision.error.unwrap().code, codes::TOO_DEEP);
}

#[test]
fn a_deep_limit_uses_no_stack_of_the_thread() {
    let (flows, node) = case(&chain(5_000));
    let limits = Limits { depth: 5_000, ..Limits::default() };
    let mail = Mail::read(None);
    let run = || run(&flows, &mail, &node, limits).decision.kind;
    let kind = std::thread::scope(|scope| {
        std::thread::Builder::new().stack_size(128 * 1024).spawn_scoped(scope, run).unwrap().join().unwrap()
    });
    assert_eq!(kind, DecisionKind::Disconnect);
}

#[test]
fn attributes_are_64_kib_together_and_no_larger() {
    for (length, decision) in [(65_527, "4711"), (65_528, "")] {
        let text = format!(
            "flows: [{{name: F, type: email, variables: [{{name: v, dataType: string, default: {}}}], nodes: [{{id: a, actions: [
                {{type: setAttributes, attributes: {{text: x}}}}, {{type: setAttributes, attributes: {{n: '4711', text: '${{v}}'}}}},
                {{type: setAttributes, attributes: {{text: '${{v}}'}}}}, {{type: disconnect}}]}}]}}]",
            "x".repeat(length)
        );
        let (flows, node) = case(&text);
        let mail = Mail::read(None);
        let outcome = run(&flows, &mail, &node, Limits::default());
        let error = outcome.decision.error.map(|error| (error.code, error.node_id.unwrap()));
        let expected = decision.is_empty().then(|| (codes::ATTRIBUTES_TOO_LARGE, "a".to_owned()));
        assert_eq!(error, expected, "{length} bytes beside names and `4711`");
        assert_eq!(outcome.attributes.get("n").map_or("", String::as_str), decision);
        let kept: usize = outcome.attributes.iter().map(|(name, value)| name.len() + value.len()).sum();
        assert_eq!(kept, if decision.is_empty() { 5 } else { 65_536 });
    }
}

#[test]
fn ten_thousand_actions_and_no_more() {
    let text = "flows: [{name: F, type: email, nodes: [{id: a, actions: [{type: log, message: a}, {type: log, message: b}], next: [{to: a}]}]}]";
    let (flows, node) = case(text);
    let mail = Mail::read(None);
    let outcome = run(&flows, &mail, &node, Limits::default());
    assert_eq!(outcome.actions, 10_000);
    assert_eq!(outcome.decision.error.unwrap().code, codes::TOO_MANY_ACTIONS);
    assert_eq!(outcome.trace.len(), 10_001, "10,000 events and the decision");
}

#[test]
fn a_value_that_is_too_large_is_not_caught() {
    let text = "
flows:
  - name: F
    type: email
    variables: [{name: v, dataType: string, default: 0123456789abcdef}]
    nodes:
      - {id: double, actions: [{type: setVariable, name: v, value: '${v + v}', onError: {to: caught}}], next: [{to: double}]}
      - {id: caught, actions: [{type: disconnect}]}
";
    let (flows, node) = case(text);
    let mail = Mail::read(None);
    let outcome = run(&flows, &mail, &node, Limits::default());
    assert_eq!(outcome.decision.error.unwrap().code, codes::VALUE_TOO_LARGE);
    assert_eq!(outcome.actions, 19, "16 bytes doubled 18 times are 4 MiB, which is allowed; once more is not");
}
