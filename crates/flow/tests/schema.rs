//! The JSON Schema of flow documents, held against the reader over every document of `spec/documents` and the examples: what the
//! reader takes is valid, and what it refuses for its shape is not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use jsonschema::Validator;
use waypost_flow::diagnostic::Code;
use waypost_flow::document::{self, schema};
use waypost_flow::source;

/// What a schema can see. (That a key appears twice, JSON can't even say.)
const SHAPE: [Code; 3] = [Code::UnknownKey, Code::MissingKey, Code::WrongKind];

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn validator() -> Validator {
    jsonschema::draft202012::new(&schema::json_schema()).expect("the schema is one")
}

#[test]
fn the_schema_is_a_schema() {
    jsonschema::draft202012::meta::validate(&schema::json_schema()).unwrap();
}

#[test]
fn schema_and_reader_agree_on_the_shape_of_documents() {
    let validator = validator();
    let (mut taken, mut refused, mut apart) = (0, 0, Vec::new());
    for file in fs::read_dir(root().join("spec/documents")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        for case in text.split("\n== ").skip(1) {
            let (title, rest) = case.split_once('\n').unwrap();
            let (body, expected) = rest.split_once("\n--\n").unwrap();
            // Literal values of a wrong type are the checker's to find, but a schema sees them as well.
            let sound = expected.lines().all(|line| line.starts_with("warning ") || line == "none" || line.is_empty());
            let Ok((node, _)) = source::yaml(body) else { continue };
            let read = document::read(&node);
            let valid = validator.is_valid(&node.to_json());
            if read.document.is_some() && sound {
                taken += 1;
                let errors: Vec<String> = validator
                    .iter_errors(&node.to_json())
                    .map(|error| format!("{}: {error}", error.instance_path()))
                    .collect();
                if !valid {
                    apart.push(format!("{title}: the reader takes it, the schema does not: {errors:#?}"));
                }
            } else if read.diagnostics.iter().any(|problem| SHAPE.contains(&problem.code)) {
                refused += 1;
                if valid {
                    apart.push(format!("{title}: the reader refuses it, the schema takes it: {:?}", read.diagnostics));
                }
            }
        }
    }
    assert!(apart.is_empty(), "{}", apart.join("\n"));
    assert!(taken >= 50 && refused >= 10, "{taken} taken, {refused} refused");
}

#[test]
fn every_example_of_an_action_is_valid() {
    let validator = validator();
    for action in waypost_flow::actions::ACTIONS {
        let (node, _) = source::yaml(action.example).unwrap();
        let flow = serde_json::json!({
            "name": "F", "type": "email", "nodes": [{ "id": "a", "actions": [node.to_json()] }],
        });
        let errors: Vec<String> = validator.iter_errors(&flow).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", action.name);
    }
}

#[test]
fn both_spellings_are_valid_and_a_misspelt_key_is_not() {
    let validator = validator();
    let flow = |action: serde_json::Value| {
        serde_json::json!({
            "name": "F", "type": "Email", "conditionset": { "conditions": [] },
            "inputs": [{ "name": "a", "datatype": "LIST<String>" }],
            "nodes": [{ "id": "a", "actions": [action] }],
            // What a response carries besides.
            "id": "x", "selfUri": "/x", "publishedVersion": {}, "mayDecide": false,
        })
    };
    for (action, valid) in [
        (serde_json::json!({ "type": "runFlow", "flowid": "x", "inputmapping": [{ "name": "a", "value": 1 }] }), true),
        (serde_json::json!({ "type": "runflow", "flow": "x" }), true),
        (serde_json::json!({ "type": "runFlow" }), false),
        (serde_json::json!({ "type": "runFlow", "flow": "x", "inputMappings": [] }), false),
        (serde_json::json!({ "type": "transferToQueue", "queue": 7 }), false),
        (serde_json::json!({ "type": "transferToQeue", "queue": "x" }), false),
        (serde_json::json!({ "queue": "x" }), false),
    ] {
        assert_eq!(validator.is_valid(&flow(action.clone())), valid, "{action}");
    }
}
