//! Broken flow documents and what each must answer: `spec/documents/*.txt`, read by reader and checker.
//! `WAYPOST_BLESS=1` writes what is answered now into the files: read the difference before you keep it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod objects;
#[allow(dead_code, reason = "nothing is evaluated here")]
mod support;

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value as Json, json};
use uuid::Uuid;
use waypost_flow::actions::facts::{Named, NamedMut};
use waypost_flow::check::{self, Checked, Unresolved, World};
use waypost_flow::diagnostic::Diagnostic;
use waypost_flow::diff;
use waypost_flow::document::{self, Document, FlowReference};
use waypost_flow::email::Members;
use waypost_flow::interface::{InputType, Interface, OutputType};
use waypost_flow::program::{DataActionTarget, QueueTarget, ScheduleTarget, Selector, TableTarget, WebhookTarget};
use waypost_flow::source::{self, Node};
use waypost_flow::types::Type;
use waypost_ids::{FlowId, QueueId};

/// What stands around every document: two queues, a shared flow at version 2, one that is deprecated, one that is not published, and one
/// whose name an email flow has, too.
struct Around;

const SHARED: FlowId = FlowId(Uuid::from_u128(1));
const UNPUBLISHED: FlowId = FlowId(Uuid::from_u128(2));
const NAMESAKE: FlowId = FlowId(Uuid::from_u128(4));
const DEPRECATED: FlowId = FlowId(Uuid::from_u128(3));

impl World for Around {
    fn members(&self) -> &'static Members {
        support::members()
    }

    fn flow(&self, reference: &FlowReference) -> Option<FlowId> {
        if let Some(id) = &reference.flow_id {
            return [SHARED, UNPUBLISHED, DEPRECATED, NAMESAKE].into_iter().find(|known| known.to_string() == *id);
        }
        match document::fold_name(reference.flow.as_deref()?).as_str() {
            "shared processor" => Some(SHARED),
            "not published" => Some(UNPUBLISHED),
            "old processor" => Some(DEPRECATED),
            "twin" => Some(NAMESAKE),
            _ => None,
        }
    }

    fn has_namesake(&self, flow: FlowId) -> bool {
        flow == NAMESAKE
    }

    fn interface(&self, flow: FlowId, selector: &Selector) -> Result<Arc<Interface>, Unresolved> {
        match selector {
            Selector::Published if flow == UNPUBLISHED => return Err(Unresolved::Unpublished),
            Selector::Version(version) if *version > 2 => return Err(Unresolved::Version),
            Selector::Label(label) if &**label != "stable" => return Err(Unresolved::Label),
            _ => {}
        }
        let input = |name: &str, data_type: Type, required| InputType { name: name.to_owned(), data_type, required };
        let output = |name: &str, data_type: Type| OutputType { name: name.to_owned(), data_type };
        Ok(Arc::new(Interface {
            flow,
            name: if flow == DEPRECATED { "Old Processor" } else { "Shared Processor" }.to_owned(),
            shared: true,
            inputs: vec![input("text", Type::String, true), input("limit", Type::Integer, false)],
            outputs: vec![output("result", Type::String), output("score", Type::Number)],
            may_decide: false,
            deprecated: (flow == DEPRECATED).then(|| "call Shared Processor instead".to_owned()),
        }))
    }

    fn queue(&self, written: &str) -> Option<QueueTarget> {
        let name = ["Billing", "General"].into_iter().find(|name| name.eq_ignore_ascii_case(written))?;
        Some(QueueTarget { id: QueueId(Uuid::from_u128(9)), name: Arc::from(name) })
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
        objects::data_action(written, &[("email", true), ("shop", false)])
    }

    fn flow_names(&self) -> Vec<String> {
        vec!["Shared Processor".to_owned(), "Not Published".to_owned()]
    }

    fn queue_names(&self) -> Vec<String> {
        vec!["Billing".to_owned(), "General".to_owned()]
    }
}

/// What the facts of a document's actions name, and its end: place and text. Names that are computed are not among them.
fn named(document: &Document) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut changeable = Vec::new();
    for (path, action) in document.actions() {
        for named in action.kind.facts().names {
            let written = match named {
                Named::Flow(flow) => flow.flow_id.as_deref().or(flow.flow.as_deref()).expect("an id or a name"),
                Named::Queue(written)
                | Named::Table(written)
                | Named::Schedule(written)
                | Named::Webhook(written)
                | Named::DataAction(written) => written,
                // Terms need not be there: the checker looks for none.
                Named::ComputedQueue | Named::Term(..) => continue,
            };
            all.push((path.clone(), written.to_owned()));
        }
    }
    all.extend(document.end.queue.iter().map(|queue| ("end".to_owned(), queue.clone())));
    document.clone().names_mut(&mut |named| {
        changeable.push(match named {
            NamedMut::Flow(flow) => flow.flow_id.clone().or_else(|| flow.flow.clone()).expect("an id or a name"),
            NamedMut::Queue(written)
            | NamedMut::Table(written)
            | NamedMut::Schedule(written)
            | NamedMut::Webhook(written)
            | NamedMut::DataAction(written) => written.clone(),
        });
    });
    let written: Vec<&String> = all.iter().map(|(_, written)| written).collect();
    assert_eq!(written, changeable.iter().collect::<Vec<_>>(), "every name can be changed");
    all.sort();
    all
}

/// What the checker resolved.
fn resolved(checked: &Checked) -> Vec<(String, String)> {
    let references = checked.references.iter().map(|reference| (reference.path.clone(), reference.written.clone()));
    let mut all: Vec<_> = references.collect();
    all.sort();
    all
}

/// All problems of a text, one a line: `warning` for a warning, code, path, message, suggestion.
fn problems(text: &str) -> String {
    let diagnostics: Vec<Diagnostic> = match source::yaml(text) {
        Err(error) => vec![error.into()],
        Ok((node, _)) => {
            let read = document::read(&node);
            match read.document {
                None => {
                    let mut all = read.diagnostics;
                    if let Some(rest) = read.rest {
                        let found = check::check(&rest.document, FlowId(Uuid::nil()), 1, &Around).diagnostics;
                        all.extend(found.into_iter().filter(|problem| rest.is_problem(problem)));
                    }
                    all
                }
                Some(document) => {
                    let written = document::canonical_json(&document);
                    let again = document::read(&source::json(&written).expect("canonical JSON is JSON"));
                    assert_eq!(again.document.as_ref(), Some(&document), "what is written reads back as the same");
                    let checked = check::check(&document, FlowId(Uuid::nil()), 1, &Around);
                    assert_eq!(checked.program.is_none(), checked.diagnostics.iter().any(Diagnostic::is_error));
                    if checked.program.is_some() {
                        assert_eq!(named(&document), resolved(&checked), "facts and checker name the same objects");
                    }
                    checked.diagnostics
                }
            }
        }
    };
    let mut lines = String::new();
    for diagnostic in diagnostics {
        let place = if diagnostic.path.is_empty() { "(document)" } else { &diagnostic.path };
        if !diagnostic.is_error() {
            lines.push_str("warning ");
        }
        write!(lines, "{} {place}: {}", diagnostic.code, diagnostic.message).unwrap();
        if let Some(suggestion) = diagnostic.suggestion {
            write!(lines, " ({suggestion})").unwrap();
        }
        lines.push('\n');
    }
    if lines.is_empty() { "none\n".to_owned() } else { lines }
}

#[test]
fn every_case() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/documents");
    let bless = std::env::var_os("WAYPOST_BLESS").is_some();
    let (mut broken, mut failed) = (0, Vec::new());
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "txt")) {
        let text = fs::read_to_string(file).unwrap();
        let mut blessed = String::new();
        let mut parts = text.split("\n== ");
        blessed.push_str(parts.next().unwrap());
        for case in parts {
            let (title, rest) = case.split_once('\n').expect("a title");
            let (document, expected) = rest.split_once("\n--\n").unwrap_or((rest, ""));
            let found = problems(document);
            broken += usize::from(found != "none\n");
            if found.trim() != expected.trim() {
                failed.push(format!("{title}\n  expected:\n{expected}\n  found:\n{found}"));
            }
            write!(blessed, "\n== {title}\n{document}\n--\n{found}").unwrap();
        }
        if bless {
            fs::write(file, blessed).unwrap();
        }
    }
    assert!(bless || failed.is_empty(), "{} cases:\n{}", failed.len(), failed.join("\n"));
    assert!(broken >= 100, "only {broken} broken documents");
}

/// What is told of a document: the code and the path of the first problem, and how many there are.
fn first(document: &Node) -> (String, String, usize) {
    let read = document::read(document);
    let told = match read.document {
        None => read.diagnostics,
        Some(document) => check::check(&document, FlowId(Uuid::nil()), 1, &Around).diagnostics,
    };
    let (code, path) = told.first().map_or(("none", String::new()), |first| (first.code.as_str(), first.path.clone()));
    (code.to_owned(), path, told.len())
}

/// A flow of one node with these actions.
fn flow(actions: Vec<Json>) -> Node {
    let nodes: Vec<Json> =
        actions.chunks(500).enumerate().map(|(at, some)| json!({ "id": at.to_string(), "actions": some })).collect();
    tree(&json!({ "name": "F", "type": "email", "nodes": nodes }))
}

fn tree(value: &Json) -> Node {
    source::json(&value.to_string()).expect("what is written is JSON")
}

fn set(name: &str, value: impl Into<Json>) -> Json {
    json!({ "type": "setVariable", "name": name, "value": value.into() })
}

fn log(message: &str) -> Json {
    json!({ "type": "log", "message": message })
}

/// Each of these took minutes, gigabytes or the whole process. That the test ends is what it tests.
#[test]
fn hostile_documents_are_answered() {
    let declared = |data_type: String| {
        tree(
            &json!({ "name": "F", "type": "shared", "variables": [{ "name": "v", "dataType": data_type }], "nodes": [] }),
        )
    };
    let deep = |depth: usize| declared(format!("{}string{}", "list<".repeat(depth), ">".repeat(depth)));
    assert_eq!(first(&deep(64)).0, "none", "as deep as may be");
    assert_eq!(first(&deep(16_000)).0, "type.too-deep");
    assert_eq!(first(&declared("list<".repeat(500_000))).0, "type.too-deep");

    let nested = (0..55).fold(json!([]), |inside, _| json!([inside]));
    assert_eq!(first(&flow(vec![set("v", nested), log("${string(size(v))}")])).0, "none");

    let chained: Vec<Json> = std::iter::once(set("v0", "x"))
        .chain((1..10_000).map(|n| set(&format!("v{n}"), format!("${{[v{}]}}", n - 1))))
        .collect();
    assert_eq!(first(&flow(chained)).0, "type.too-deep", "nested variable by variable");

    let backwards = (0..2_000).map(|n| set(&format!("v{n}"), format!("${{v{}}}", n + 1))).chain([set("v2000", "x")]);
    assert_eq!(first(&flow(backwards.collect())).0, "variable.unset");

    let attributes: serde_json::Map<String, Json> = (0..50_000).map(|n| (n.to_string(), json!("x"))).collect();
    assert_eq!(
        first(&flow(vec![json!({ "type": "setAttributes", "attributes": attributes })])).0,
        "document.too-large"
    );

    let below_a_long_key: Json = json!({ "k".repeat(1 << 18): vec![1; 50_000], "x": "${now}" });
    assert_eq!(first(&flow(vec![set("v", below_a_long_key), log("${string(v)}")])).0, "none");

    let yaml: String = (0..50_000).map(|n| format!("k{n}: 1\n")).collect();
    let (document, _) = source::yaml(&format!("name: F\ntype: email\nnodes: []\n{yaml}")).expect("it is YAML");
    assert_eq!(first(&document).2, 501);

    let mut wide = vec![("name".to_owned(), Node::String("F".to_owned()))];
    wide.extend((0..50_000).map(|n| (format!("inputz{n}"), Node::Null)));
    let (code, _, told) = first(&Node::Map(wide));
    assert_eq!((code.as_str(), told), ("document.key.unknown", 501), "the first, and how many more");

    let long = |n: usize| format!("{}{n}", "a".repeat(240));
    let outputs: Vec<Json> = (0..500).map(|n| json!({ "name": long(n), "dataType": "string" })).collect();
    let actions: Vec<Json> =
        (0..500).map(|n| json!({ "type": "setOutput", "name": long(1_000 + n), "value": "x" })).collect();
    let document = tree(
        &json!({ "name": "F", "type": "email", "outputs": outputs, "nodes": [{ "id": "a", "actions": actions }] }),
    );
    assert_eq!(first(&document), ("mapping.output.unknown".to_owned(), "nodes[0].actions[0].name".to_owned(), 500));

    let guards = vec!["'k' in interaction.attributes"; 400].join(" && ");
    let conditions: Vec<Json> =
        (0..40).map(|_| set("v", format!("${{{guards} && interaction.attributes['k'] == 'x'}}"))).collect();
    assert_eq!(first(&flow(conditions)).0, "variable.unused");

    let patterns = (0..400).map(|n| set("v", format!("${{find(interaction.id, r'\\w{{20}}{n}')}}")));
    assert_eq!(first(&flow(patterns.collect())).0, "expression.patterns.too-large");
    // Each is too large by itself; finding that out is work, too.
    let oversized = |count: usize| {
        let patterns = (0..count).map(|n| set("v", format!("${{find(interaction.id, r'\\w{{9999}}{n}')}}")));
        first(&flow(patterns.collect()))
    };
    assert_eq!(oversized(4), ("expression.literal".to_owned(), "nodes[0].actions[0].value".to_owned(), 4));
    assert_eq!(oversized(400).0, "document.too-complex");

    let expressions = vec![json!(format!("${{[{}]}}", vec!["1"; 7_000].join(","))); 400];
    assert_eq!(first(&flow(vec![set("v", expressions)])).0, "document.too-complex");
}

#[test]
fn nobody_is_worked_for_who_does_not_wait() {
    struct Gone;
    impl World for Gone {
        fn members(&self) -> &'static Members {
            support::members()
        }
        fn flow(&self, _: &FlowReference) -> Option<FlowId> {
            None
        }
        fn interface(&self, _: FlowId, _: &Selector) -> Result<Arc<Interface>, Unresolved> {
            Err(Unresolved::Flow)
        }
        fn queue(&self, _: &str) -> Option<QueueTarget> {
            None
        }
        fn flow_names(&self) -> Vec<String> {
            Vec::new()
        }
        fn queue_names(&self) -> Vec<String> {
            Vec::new()
        }
        fn is_wanted(&self) -> bool {
            false
        }
    }
    let document = document::read(&flow(vec![log("${'a' + 'b'}"); 5_000])).document.expect("it reads");
    let checked = check::check(&document, FlowId(Uuid::nil()), 1, &Gone);
    assert!(checked.program.is_none(), "it was broken off");
    assert!(check::check(&document, FlowId(Uuid::nil()), 1, &Around).program.is_some());
}

#[test]
fn long_and_deep_values_are_compared_in_a_moment() {
    let of = |value: Json| document::read(&flow(vec![set("v", value)])).document.expect("it reads");
    let pairs = |leaf: i64| (0..50).fold(json!(leaf), |inside, _| json!([inside]));
    assert_eq!(diff::diff(&of(pairs(1)), &of(pairs(2))).len(), 1, "nested deep");
    let doubled = |leaf: i64| (0..12).fold(json!(leaf), |inside, _| json!([inside.clone(), inside]));
    assert_eq!(diff::diff(&of(doubled(1)), &of(doubled(2))).len(), 4_096, "twice as many at each level");
    let long = |from: i64| json!((from..from + 100_000).collect::<Vec<_>>());
    assert_eq!(diff::diff(&of(long(0)), &of(long(200_000))).len(), diff::MAX_DIFFERENCES);
}

/// Versions are known by the hash of their canonical form: one that was saved must be written the same for ever.
#[test]
fn the_canonical_form_of_actions_stays_as_it_is() {
    const ACTIONS: [(&str, &str); 17] = [
        (
            "{version: 2, outputMapping: [{value: '${output.result}', name: r}], flow: Shared, type: RUNFLOW, name: n, onError: {to: a}}",
            r#"{"type":"runFlow","flow":"Shared","version":2,"inputMapping":[],"outputMapping":[{"name":"r","value":"${output.result}"}],"name":"n","onError":{"to":"a"}}"#,
        ),
        ("{flowId: x, type: runflow}", r#"{"type":"runFlow","flowId":"x","inputMapping":[],"outputMapping":[]}"#),
        (
            "{inputMapping: [{name: text, value: t}], flow: Shared, version: stable, type: transferToFlow}",
            r#"{"type":"transferToFlow","flow":"Shared","version":"stable","inputMapping":[{"name":"text","value":"t"}]}"#,
        ),
        (
            "{value: 1, name: v, type: setVariable, onError: {to: a}}",
            r#"{"type":"setVariable","name":"v","value":1,"onError":{"to":"a"}}"#,
        ),
        ("{value: [a], name: result, type: setOutput}", r#"{"type":"setOutput","name":"result","value":["a"]}"#),
        (
            "{attributes: {b: x, a: y}, type: setAttributes, name: n}",
            r#"{"type":"setAttributes","attributes":{"b":"x","a":"y"},"name":"n"}"#,
        ),
        ("{priority: 1, type: setPriority}", r#"{"type":"setPriority","priority":1}"#),
        (
            "{actions: [{type: return}], as: v, items: [1], type: forEach, name: n}",
            r#"{"type":"forEach","items":[1],"as":"v","actions":[{"type":"return"}],"name":"n"}"#,
        ),
        ("{actions: [], when: '${true}', type: while}", r#"{"type":"while","when":"${true}","actions":[]}"#),
        (
            "{notFound: {to: a}, outputMapping: [], key: k, table: T, type: lookupTable, name: n}",
            r#"{"type":"lookupTable","table":"T","key":"k","outputMapping":[],"notFound":{"to":"a"},"name":"n"}"#,
        ),
        (
            "{outputMapping: [{name: s, value: '${output.state}'}], schedule: S, type: evaluateSchedule}",
            r#"{"type":"evaluateSchedule","schedule":"S","outputMapping":[{"name":"s","value":"${output.state}"}]}"#,
        ),
        (
            "{notFound: {to: a}, name: q, type: findQueue, onError: {to: a}}",
            r#"{"type":"findQueue","name":"q","outputMapping":[],"notFound":{"to":"a"},"onError":{"to":"a"}}"#,
        ),
        (
            "{language: de, skills: [s], priority: 1, notFound: {to: a}, queue: '${q}', type: transferToQueue, name: n}",
            r#"{"type":"transferToQueue","queue":"${q}","notFound":{"to":"a"},"priority":1,"skills":["s"],"language":"de","name":"n"}"#,
        ),
        ("{addresses: [a], type: forward}", r#"{"type":"forward","addresses":["a"]}"#),
        ("{reason: r, type: disconnect}", r#"{"type":"disconnect","reason":"r"}"#),
        ("{onError: {to: a}, name: n, type: return}", r#"{"type":"return","name":"n","onError":{"to":"a"}}"#),
        ("{message: m, level: warn, type: log}", r#"{"type":"log","level":"warn","message":"m"}"#),
    ];
    for (written, expected) in ACTIONS {
        let text = format!("{{name: F, type: email, nodes: [{{id: a, actions: [{written}]}}]}}");
        let read = document::read(&source::yaml(&text).expect("it is YAML").0);
        let document = read.document.unwrap_or_else(|| panic!("{written}: {:?}", read.diagnostics));
        let canonical = document::canonical_json(&document);
        let (_, rest) = canonical.split_once(r#""actions":["#).expect("actions");
        let (action, _) = rest.rsplit_once(r#"]}],"end":"#).expect("the end");
        assert_eq!(action, expected, "{written}");
    }
}
