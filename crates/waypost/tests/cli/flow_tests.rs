//! `waypost test` on the example, and on what its page says.

use std::fs;
use std::path::Path;

use serde_json::Value as Json;

use super::harness::TRIAGE;
use super::harness::scratch::Scratch;
use super::{printed, waypost};

/// A published schema.
pub(super) fn schema(of: &str) -> jsonschema::Validator {
    let schema: Json = serde_json::from_str(&printed(&waypost(&["schema", of]), 0)).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

#[track_caller]
pub(super) fn fits(schema: &jsonschema::Validator, value: &Json) {
    let problems: Vec<String> = schema.iter_errors(value).map(|problem| problem.to_string()).collect();
    assert!(problems.is_empty(), "{problems:?}");
}

/// The text of test files as a value.
pub(super) fn yaml(text: &str) -> Json {
    waypost_flow::source::yaml(text).unwrap().0.to_json()
}

#[test]
fn the_examples_tests_pass_and_cover_all_of_it() {
    let report = printed(&waypost(&["test", TRIAGE, "--threshold", "100", "--output", "json"]), 0);
    let report: Json = serde_json::from_str(&report).unwrap();
    fits(&schema("test-report"), &report);
    assert_eq!((&report["failed"], &report["coverage"]["gaps"]), (&0.into(), &Json::Array(Vec::new())));
    let schema = schema("test");
    for file in fs::read_dir(Path::new(TRIAGE).join("tests")).unwrap() {
        fits(&schema, &yaml(&fs::read_to_string(file.unwrap().path()).unwrap()));
    }
}

#[test]
fn the_consoles_templates_pass_their_tests() {
    let templates = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/templates"));
    let folders: Vec<_> = fs::read_dir(templates).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(folders.len() >= 5);
    for folder in folders {
        let report = printed(&waypost(&["test", folder.to_str().unwrap(), "--output", "json"]), 0);
        let report: Json = serde_json::from_str(&report).unwrap();
        assert_eq!(report["failed"], 0, "{folder:?}");
        assert_ne!(report["passed"], 0, "{folder:?}");
    }
}

#[test]
fn what_the_page_about_tests_shows_passes() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/testing.md")).unwrap();
    let blocks = page.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let blocks: Vec<&str> =
        blocks.filter(|block| ["tests:", "defaults:"].iter().any(|start| block.starts_with(start))).collect();
    assert!(blocks.len() >= 3);
    let (scratch, schema) = (Scratch::new("cli-testing-page"), schema("test"));
    for (number, block) in blocks.into_iter().enumerate() {
        fits(&schema, &yaml(block));
        fs::write(scratch.path(&format!("{number}.test.yaml")), block).unwrap();
    }
    let mut arguments = vec!["test".to_owned(), scratch.path("").display().to_string()];
    arguments.extend(["flows", "routing.yaml"].map(|name| format!("{TRIAGE}/{name}")));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    printed(&waypost(&arguments), 0);
}

#[test]
fn a_failing_report_has_the_published_schema() {
    let scratch = Scratch::new("cli-failing-report");
    let test = "tests: [{ name: no, route: care@example.com, mail: { subject: invoice }, expect: { queue: General, path: [drop], attributes: { topic: x } } }]";
    fs::write(scratch.path("no.test.yaml"), test).unwrap();
    let folder = scratch.path("");
    let report =
        waypost(&["test", TRIAGE, folder.to_str().unwrap(), "--filter", "no.test", "--output", "json", "--coverage"]);
    let report: Json = serde_json::from_str(&printed(&report, 1)).unwrap();
    fits(&schema("test-report"), &report);
    assert_eq!(report["cases"][0]["mismatches"].as_array().unwrap().len(), 3, "{report}");
}
