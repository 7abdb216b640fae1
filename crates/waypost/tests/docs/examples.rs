//! The examples of the reference of flow documents: each is valid, or refused with the code that the page names.

use std::fs;
use std::process::Command;

use super::harness::WAYPOST;
use super::harness::scratch::Scratch;
use super::page::{Block, Page};
use super::root;

/// What examples name beside themselves.
const AROUND: &str = "queues: [Billing, General, Support]\nskills: [refunds]\n---\n\
    name: Topic\ntype: shared\ninputs: [{ name: text, dataType: string }]\noutputs: [{ name: topic, dataType: string }]\n\
    nodes: [{ id: look, actions: [{ type: setOutput, name: topic, value: \"${input.text}\" }] }]\n";

/// An example as a whole document: a list is a flow's nodes, and what an example leaves out is added.
fn whole(text: &str) -> String {
    let has = |member: &str| text.lines().any(|line| line.starts_with(&format!("{member}:")));
    let mut whole = String::new();
    for (member, line) in [("name", "name: Example"), ("type", "type: email")] {
        if !has(member) {
            whole.push_str(line);
            whole.push('\n');
        }
    }
    if text.starts_with("- ") {
        whole.push_str("nodes:\n");
        for line in text.lines() {
            whole.push_str(&format!("  {line}\n"));
        }
        return whole;
    }
    whole.push_str(text);
    if !has("nodes") {
        whole.push_str("nodes: [{ id: only, actions: [] }]\n");
    }
    whole
}

#[test]
fn examples_of_flow_documents_are_what_the_page_says() {
    let name = "docs/flow-document.md".to_owned();
    let page = Page::read(&fs::read_to_string(root().join(&name)).unwrap(), name);
    let scratch = Scratch::new("docs-examples");
    fs::write(scratch.path("around.yaml"), AROUND).unwrap();
    let mut problems = Vec::new();
    let examples: Vec<&Block> = page.blocks.iter().filter(|block| block.tag == "yaml").collect();
    for example in &examples {
        let file = scratch.path("example.yaml");
        fs::write(&file, whole(&example.text)).unwrap();
        let checked =
            Command::new(WAYPOST).arg("validate").arg(file).arg(scratch.path("around.yaml")).output().unwrap();
        let said = String::from_utf8_lossy(&checked.stdout);
        let as_told = match example.noted("refused").or_else(|| example.noted("warned")) {
            Some(code) => said.contains(&format!("[{code}]")),
            None => checked.status.success() && said.contains(": 0 errors, 0 warnings"),
        };
        if !as_told {
            problems.push(format!("{}:{}:\n{said}", page.name, example.line));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(examples.len() >= 20, "only {} examples found", examples.len());
}
