//! What stands in a value position: compiled, and evaluated if it compiles.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value as Json;
use waypost_flow::diagnostic::Diagnostic;
use waypost_flow::expr::{Budget, Compiled, Context, Outputs, Scope, compile_condition, compile_value, empty_value};
use waypost_flow::types::Type;
use waypost_flow::work::Work;
use waypost_mail::message::Message;
use waypost_members::email::{Envelope, MessageView};
use waypost_members::members;

const MAIL: &[u8] = b"From: Ana <ana@customer.example>\r\nTo: care@example.com, Bo <bo@example.com>\r\n\
Subject: =?utf-8?q?Stra=C3=9Fe?= URGENT\r\nReferences: <1@x> <2@x>\r\nX-Tag: one\r\nX-Tag: two\r\n\r\nWhere is my money?\r\n";

/// Names of inputs and variables, and their types.
const NAMES: [(&str, &str); 9] = [
    ("text", "string"),
    ("count", "integer"),
    ("rate", "number"),
    ("yes", "boolean"),
    ("at", "datetime"),
    ("wait", "duration"),
    ("data", "json"),
    ("words", "list<string>"),
    ("table", "map<integer>"),
];

/// Nothing panics, problems point into the text, and what is said not to fail does not.
pub fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let inputs: Vec<(String, Type)> =
        NAMES.iter().filter_map(|(name, of)| Some(((*name).to_owned(), Type::parse(of)?))).collect();
    let variables: Vec<(String, Option<Type>)> =
        inputs.iter().map(|(name, of)| (name.clone(), Some(of.clone()))).collect();
    let members = members();
    let scope =
        Scope { inputs: &inputs, variables: &variables, outputs: Outputs::Absent, members, work: &Work::default() };

    let written = Json::from(text);
    let whole = serde_json::from_str::<Json>(text).unwrap_or(Json::Null);
    for value in [&written, &whole] {
        evaluate(compile_value("value", value, &scope, None), &inputs, text);
        for expected in ["string", "boolean", "list<string>", "json"] {
            evaluate(compile_value("value", value, &scope, Type::parse(expected).as_ref()), &inputs, text);
        }
    }
    evaluate(compile_condition("when", text, &scope), &inputs, text);
}

fn evaluate(compiled: Result<Compiled, Vec<Diagnostic>>, inputs: &[(String, Type)], text: &str) {
    let compiled = match compiled {
        Ok(compiled) => compiled,
        Err(problems) => {
            // Ranges of a problem deeper in a list or map are those of another text.
            for problem in problems.iter().filter(|problem| ["value", "when"].contains(&problem.path.as_str())) {
                let range = problem.range.clone().unwrap_or_default();
                assert!(text.get(range.clone()).is_some(), "{range:?} of {text:?} in {problem:?}");
            }
            return;
        }
    };
    let message = Message::parse(MAIL);
    let view = MessageView::new(&message, Envelope::default());
    let values: Vec<_> = inputs.iter().map(|(_, of)| empty_value(of)).collect();
    let variables: Vec<_> = values.iter().cloned().map(Some).collect();
    let attributes = Arc::default();
    let budget = Budget::new(1_000_000, 64 << 20);
    let context = Context {
        interaction_id: "00000000-0000-0000-0000-000000000000",
        received_at: Timestamp::UNIX_EPOCH,
        priority: 0,
        attributes: &attributes,
        email: &view,
        inputs: &values,
        variables: &variables,
        outputs: &[],
        budget: &budget,
        outcomes: None,
    };
    if let Err(error) = compiled.eval(&context) {
        // Limits hold for everything, and nothing catches them.
        let limit = ["run.value-too-large", "run.too-many-steps", "run.too-much-work", "run.too-much-memory"]
            .contains(&error.code);
        assert!(limit || compiled.can_fail(), "{text:?} fails with {error:?}, and was said not to");
    }
}
