//! What commands print for programs fits the schemas that are published of it, whatever there is to tell.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::harness::scratch::Scratch;
use super::harness::{Server, Start};
use super::{FILES, edit, folder, printed};

const TESTS: &str = "tests:\n\
    \x20 - { name: an order, flow: Inbound, mail: { from: a@acme.example, subject: x }, expect: { decision: queue, queue: Billing } }\n";

/// What is done to the folder `b` before a command.
type Edit = Option<(&'static str, &'static str, &'static str)>;

#[test]
fn printed_reports_fit_their_published_schemas() {
    let scratch = Scratch::new("reports");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    let files: Vec<(&str, &str)> = FILES.into_iter().chain([("a.test.yaml", TESTS)]).collect();
    let (a, b) = (folder(&scratch, "a", &files), folder(&scratch, "b", &files));
    let changed = Some(("routing.yaml", "fromName: Care", "fromName: Customer care"));
    let decided: Edit = Some(("flows/topic.yaml", "value: refund", "value: other"));
    let broken: Edit = Some(("flows/inbound.yaml", "queue: General", "queue: Genral"));
    let steps: [(&str, &[&str], Edit, i32); 23] = [
        ("validate-report", &["validate", "B"], None, 0),
        ("plan", &["plan", "B"], None, 2),
        ("apply-report", &["apply", "B", "--dry-run"], None, 0),
        ("apply-report", &["apply", "B"], None, 0),
        ("apply-report", &["apply", "B"], None, 0),
        ("plan", &["plan", "B"], None, 0),
        ("doctor", &["doctor"], None, 0),
        ("test-report", &["test", "B"], None, 0),
        ("test-report", &["test", "B", "--coverage"], None, 0),
        ("mutation-report", &["test", "B", "--mutate"], None, 1),
        ("diff-report", &["diff", "A", "B"], None, 0),
        ("diff-report", &["diff", "A", "B"], changed, 2),
        ("apply-report", &["apply", "B", "--dry-run"], None, 0),
        ("plan", &["plan", "B", "--replay", "10"], None, 2),
        ("apply-report", &["apply", "B"], None, 0),
        ("test-report", &["test", "B"], decided, 1),
        ("diff-report", &["diff", "A", "B", "--witness"], None, 2),
        ("plan", &["plan", "B", "--witness", "--prune"], None, 2),
        ("apply-report", &["apply", "B", "--prune"], None, 0),
        ("validate-report", &["validate", "B"], broken, 1),
        ("plan", &["plan", "B"], None, 1),
        ("validate-report", &["validate", "B"], None, 1),
        ("test-report", &["test", "B"], None, 2),
    ];
    let mut schemas: HashMap<&str, jsonschema::Validator> = HashMap::new();
    for (of, words, edited, code) in steps {
        if let Some((file, before, after)) = edited {
            edit(&b, file, before, after);
        }
        let words: Vec<&str> = words
            .iter()
            .map(|word| match *word {
                "A" => a.as_str(),
                "B" => b.as_str(),
                other => other,
            })
            .chain(["--output", "json"])
            .collect();
        let (out, err) = printed(&server.cli(&words), code);
        let schema = schemas.entry(of).or_insert_with(|| {
            let schema: Json = serde_json::from_str(&printed(&server.cli(&["schema", of]), 0).0).unwrap();
            jsonschema::validator_for(&schema).unwrap()
        });
        let report: Json = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{words:?}: {error}: {out}{err}"));
        let problems: Vec<String> = schema.iter_errors(&report).map(|problem| problem.to_string()).collect();
        assert!(problems.is_empty(), "{words:?}: {problems:?}\n{out}");
    }
}
