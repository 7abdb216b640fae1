//! The promised limits, at their real sizes.

use std::fmt::Write as _;

use waypost_engine::Limits;
use waypost_flow::source::{self, Node};
use waypost_ids::{DecisionKind, codes};

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
fn attributes_are_1_mib_together_and_no_larger() {
    for (length, decision) in [(1_048_567, "4711"), (1_048_568, "")] {
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
        assert_eq!(kept, if decision.is_empty() { 5 } else { 1_048_576 });
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

/// A flow whose actions are made one by one.
fn flow(nodes: &str) -> (Flows, Node) {
    case(&format!(
        "flows: [{{name: F, type: email, nodes: [{nodes}, {{id: caught, actions: [{{type: disconnect}}]}}]}}]"
    ))
}

fn fails_with(nodes: &str, code: &str, node: &str) {
    let (flows, case) = flow(nodes);
    let mail = Mail::read(None);
    let error = run(&flows, &mail, &case, Limits::default()).decision.error.unwrap();
    assert_eq!((error.code, error.node_id.as_deref()), (code, Some(node)), "{error}");
}

/// Each expression is within its own limit; a search of 900 kB for each of 250 elements is 220,000 steps.
const WORK: &str = "${[padStart('', 900000, 'a')].all(t, range(250).all(i, !t.contains('b')))}";

#[test]
fn the_work_of_all_expressions_is_counted_together_and_not_caught() {
    let mut actions = String::new();
    for _ in 0..60 {
        let _ = write!(actions, "{{type: setAttributes, attributes: {{a: \"{WORK}\"}}, onError: {{to: caught}}}}, ");
    }
    let actions = actions.replace(WORK, &format!("${{string({})}}", &WORK[2..WORK.len() - 1]));
    fails_with(&format!("{{id: work, actions: [{actions}]}}"), codes::TOO_MUCH_WORK, "work");
}

#[test]
fn work_in_a_called_flow_in_a_branch_and_in_a_loop_counts_for_the_run() {
    let looped = format!(
        "{{id: work, actions: [{{type: forEach, items: '${{range(60)}}', as: i, actions: [{{type: log, message: \"x{WORK}\"}}], onError: {{to: caught}}}}]}}"
    );
    fails_with(&looped, codes::TOO_MUCH_WORK, "work");
    let branches: Vec<String> =
        (0..60).map(|_| format!("{{when: \"${{!{}}}\", to: caught}}", &WORK[2..WORK.len() - 1])).collect();
    let branched = format!("{{id: work, actions: [], next: [{}, {{to: caught}}]}}", branches.join(", "));
    fails_with(&branched, codes::TOO_MUCH_WORK, "work");
}

#[test]
fn parts_of_expressions_are_work_too() {
    let part = "i > 1 ".to_owned() + &"|| i > 1 ".repeat(200);
    let nodes = format!(
        "{{id: work, actions: [{{type: forEach, items: '${{range(100)}}', as: n, actions: [{{type: log, message: \"${{string(range(2000).exists(i, i < 0 && ({part})))}} ${{string(range(2000).exists(i, i < 0 || ({}) ))}}\"}}]}}]}}",
        part.replace("> 1", "< 0")
    );
    fails_with(&nodes, codes::TOO_MUCH_WORK, "work");
}

#[test]
fn an_error_of_the_budget_is_not_absorbed_by_an_operator() {
    let nodes = format!(
        "{{id: work, actions: [{{type: forEach, items: '${{range(60)}}', as: i, actions: [{{type: log, message: \"${{string({} || true)}}\"}}]}}]}}",
        &WORK[2..WORK.len() - 1]
    );
    fails_with(&nodes, codes::TOO_MUCH_WORK, "work");
}

#[test]
fn values_that_are_held_count_together() {
    let many = |of: &dyn Fn(usize) -> String| (0..100).map(of).collect::<Vec<_>>().join(", ");
    let variables = many(&|n| {
        format!(
            "{{type: setVariable, name: v{n}, value: \"${{padStart('', 4000000, 'a')}}\", onError: {{to: caught}}}}"
        )
    });
    fails_with(&format!("{{id: hold, actions: [{variables}]}}"), codes::TOO_MUCH_MEMORY, "hold");
    let attributes = many(&|n| format!("a{n}: \"${{padStart('', 1000000, 'a')}}\""));
    fails_with(
        &format!("{{id: hold, actions: [{{type: setAttributes, attributes: {{{attributes}}}}}]}}"),
        codes::TOO_MUCH_MEMORY,
        "hold",
    );
    // What an expression makes on the way is held until it is done.
    let parts = many(&|_| "size(padStart('', 4000000, 'a'))".to_owned());
    fails_with(
        &format!("{{id: hold, actions: [{{type: log, message: \"${{string(sum([{parts}]))}}\"}}]}}"),
        codes::TOO_MUCH_MEMORY,
        "hold",
    );
}

#[test]
fn values_that_are_gone_hold_nothing() {
    // Each turn sets the same variable anew, makes a text for each element, and calls nothing that stays.
    let nodes = "{id: hold, actions: [{type: forEach, items: '${range(100)}', as: i, actions: [
        {type: setVariable, name: v, value: \"${padStart('', 1000000, 'a')}\"},
        {type: setVariable, name: n, value: \"${range(5).map(k, size(padStart('', 100000, 'b')))}\"},
        {type: setAttributes, attributes: {a: \"${padStart('', 1000, 'c')}\"}}]}]}";
    let (flows, case) = flow(nodes);
    let mail = Mail::read(None);
    let outcome = run(&flows, &mail, &case, Limits::default());
    assert_eq!(outcome.decision.error, None);
    assert_eq!(outcome.decision.kind, DecisionKind::Disconnect);
}

#[test]
fn an_ordinary_flow_takes_a_thousandth_of_the_work() {
    let nodes = "{id: classify, actions: [
        {type: setVariable, name: urgent, value: \"${containsAny(interaction.email.body, ['refund', 'invoice', 'urgent'])}\"},
        {type: setVariable, name: order, value: \"${find(interaction.email.body, 'Order [0-9]{4,8}')}\"},
        {type: setAttributes, attributes: {order: \"${order}\", from: \"${interaction.email.from.domain}\"}}]}";
    let (flows, case) = flow(nodes);
    let mail = Mail::read(None);
    let outcome = run(&flows, &mail, &case, Limits::default());
    assert_eq!(outcome.decision.error, None);
    assert!(outcome.steps < 1_000, "{}", outcome.steps);
}

#[test]
fn json_that_a_loop_puts_into_json_has_a_limit() {
    let (flows, case) = case(
        "flows: [{name: F, type: email, variables: [{name: v, dataType: json, default: 1}], nodes: [
            {id: nest, actions: [{type: forEach, items: '${range(4000)}', as: i, actions: [
                {type: setVariable, name: v, value: '${toJson([[[[[[[[v]]]]]]]])}', onError: {to: caught}}]}]},
            {id: caught, actions: [{type: disconnect}]}]}]",
    );
    let mail = Mail::read(None);
    let outcome = run(&flows, &mail, &case, Limits::default());
    let error = outcome.decision.error.unwrap();
    assert_eq!((error.code, error.node_id.as_deref()), (codes::VALUE_TOO_LARGE, Some("nest")));
    assert!(outcome.actions < 50, "{} actions", outcome.actions);
}

#[test]
fn addresses_count_with_their_texts() {
    // Each copy as json has the address and its name: 60,000 of them are more than a value may be.
    fails_with(
        "{id: copy, actions: [{type: log, message: \"${string(toJson(range(60000).map(i, interaction.email.from)))}\", onError: {to: caught}}]}",
        codes::VALUE_TOO_LARGE,
        "copy",
    );
}

#[test]
fn a_limit_is_not_absorbed_by_an_operator() {
    fails_with(
        "{id: work, actions: [{type: log, message: \"${string(range(200).exists(i, range(1000000).size() == 1 || i == 3))}\", onError: {to: caught}}]}",
        codes::VALUE_TOO_LARGE,
        "work",
    );
}
