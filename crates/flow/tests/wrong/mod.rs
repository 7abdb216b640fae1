//! What people write that is wrong (`spec/expr/wrong.txt`): every problem with its place, message and suggestion, and the text with all
//! suggestions applied, which must compile.

mod suggestions;

use std::fmt::Write;
use std::path::Path;

use serde_json::Value as Json;
use waypost_flow::diagnostic::{Diagnostic, edited};
use waypost_flow::expr::{Compiled, Outputs, Scope, compile_condition, compile_value};
use waypost_flow::types::Type;
use waypost_flow::work::Work;

use crate::{inputs, support};

/// What a line break is in a case's title.
const LINE_BREAK: char = '⏎';

fn compile(title: &str) -> Result<Compiled, Vec<Diagnostic>> {
    let inputs: Vec<_> = inputs().into_iter().map(|(name, data_type, _)| (name, data_type)).collect();
    let variables = [
        ("count".to_owned(), Some(Type::Integer)),
        ("unset".to_owned(), Some(Type::String)),
        ("customerName".to_owned(), Some(Type::String)),
    ];
    let work = Work::default();
    let scope = Scope {
        inputs: &inputs,
        variables: &variables,
        outputs: Outputs::Absent,
        members: support::members(),
        work: &work,
    };
    match title.strip_prefix("when: ") {
        Some(condition) => compile_condition("when", condition, &scope),
        None => compile_value("value", &Json::from(title), &scope, None),
    }
}

/// Line and column of a byte, both from 1, columns in characters.
fn position(text: &str, byte: usize) -> (usize, usize) {
    let before = &text[..byte];
    let line = before.matches('\n').count() + 1;
    (line, before.chars().rev().take_while(|c| *c != '\n').count() + 1)
}

/// A case as it should stand in the table, or why it can't.
fn case(title: &str) -> Result<String, String> {
    let value = title.replace(LINE_BREAK, "\n");
    let (prefix, text) = match value.strip_prefix("when: ") {
        Some(text) => ("when: ", text),
        None => ("", value.as_str()),
    };
    let mut out = format!("== {title}\n");
    let Err(problems) = compile(&value) else { return Err(format!("{title}: compiles")) };
    if problems.is_empty() {
        return Err(format!("{title}: is wrong without a problem"));
    }
    let (mut edits, mut all) = (Vec::new(), true);
    for problem in &problems {
        let range = problem.range.clone().ok_or_else(|| format!("{title}: {problem:?} has no place"))?;
        let part = text.get(range.clone()).ok_or_else(|| format!("{title}: {problem:?} is at no character"))?;
        let (line, column) = position(text, range.start);
        let part = part.replace('\n', "⏎");
        write!(out, "{line}:{column} {part} | {}: {}", problem.code, problem.message).unwrap();
        if let Some(expected) = &problem.expected {
            write!(out, " | expected {expected}").unwrap();
        }
        if let Some(suggestion) = &problem.suggestion {
            write!(out, " | {suggestion}").unwrap();
        }
        out.push('\n');
        all &= !problem.edits.is_empty();
        edits.extend(problem.edits.iter().cloned());
    }
    // A word in a suggestion is no change of the text, but changes are to be had of all problems or of none.
    if all {
        let mended = format!("{prefix}{}", edited(text, &edits));
        writeln!(out, "-> {}", mended.replace('\n', "⏎")).unwrap();
        if let Err(problems) = compile(&mended) {
            return Err(format!("{title}: mended to {mended}, which does not compile: {problems:#?}"));
        }
    } else if !edits.is_empty() {
        return Err(format!("{title}: has changes for some of its problems alone:\n{out}"));
    }
    Ok(out)
}

#[test]
fn what_people_write_is_understood() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/expr/wrong.txt");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut wrong = Vec::new();
    let (mut current, mut cases) = (String::new(), 0);
    for line in text.lines() {
        match line.strip_prefix("== ") {
            Some(title) => {
                cases += 1;
                match case(title) {
                    Ok(case) => current.push_str(&case),
                    Err(reason) => {
                        wrong.push(reason);
                        writeln!(current, "== {title}").unwrap();
                    }
                }
            }
            None if line.starts_with('#') || line.is_empty() => writeln!(current, "{line}").unwrap(),
            None => {}
        }
    }
    if std::env::var_os("WAYPOST_BLESS").is_some() {
        std::fs::write(&path, &current).unwrap();
    } else if wrong.is_empty() && current != text {
        let differs = text.lines().zip(current.lines()).find(|(was, is)| was != is);
        wrong.push(format!(
            "the first line that differs: {differs:#?}; read it, and write the table with WAYPOST_BLESS=1"
        ));
    }
    assert!(wrong.is_empty(), "{} of {cases}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cases >= 120, "only {cases} cases");
}
