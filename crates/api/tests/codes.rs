//! Codes of answers: `waypost explain` knows each.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use waypost_api::pages;
use waypost_flow::diagnostic::Code;

/// Literals with dots that are no codes: paths of members, kinds of events.
const OTHERS: [&str; 6] =
    ["config.request.headers", "delivery.pending", "mailbox.health", "object.changed", "put.secret", "queue.id"];

/// What names of files end with.
const FILES: [&str; 7] = ["css", "eml", "exe", "html", "js", "json", "pdf"];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// Literals of words with dots between them, and single words that follow a status and begin no arm of a match.
fn literals(text: &str) -> Vec<&str> {
    let parts: Vec<&str> = text.split('"').collect();
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    let inner = parts.windows(3).filter(|around| {
        let (before, literal, after) = (around[0].trim_end(), around[1], around[2]);
        let after_status = before.rsplit("StatusCode::").next().is_some_and(|rest| {
            before.contains("StatusCode::")
                && rest.trim_end_matches(',').bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
        });
        literal.split('.').all(is_word)
            && (literal.contains('.') || after_status && before.ends_with(',') && !after.starts_with(" =>"))
    });
    inner.map(|around| around[1]).collect()
}

#[test]
fn every_code_of_an_answer_is_explained_and_every_explained_code_is_given() {
    let explained: BTreeSet<&str> = pages::ALL.iter().map(|known| known.code).collect();
    assert_eq!(explained.len(), pages::ALL.len(), "each once");
    let of_flows: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert!(explained.is_disjoint(&of_flows));
    let (mut given, mut unknown) = (BTreeSet::new(), Vec::new());
    for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        if path.ends_with("src/pages.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for literal in literals(text.split("#[cfg(test)]").next().unwrap()) {
            if OTHERS.contains(&literal) || literal.rsplit('.').next().is_some_and(|end| FILES.contains(&end)) {
                continue;
            }
            let known = explained.contains(literal) || of_flows.contains(literal);
            if !known {
                unknown.push(format!("{}: `{literal}`", path.display()));
            }
            given.insert(literal.to_owned());
        }
    }
    assert!(unknown.is_empty(), "explained nowhere, add them to src/pages.rs: {unknown:#?}");
    let never: Vec<&&str> = explained.iter().filter(|code| !given.contains(**code)).collect();
    assert!(never.is_empty(), "no answer has {never:?}");
}

#[test]
fn codes_are_seen_in_sources() {
    let text =
        r#"ApiError::new(StatusCode::GONE, "gone", message) and not_found("a.b-c", format!("no {x}")) "A.b" "x" "#;
    assert_eq!(literals(text), ["gone", "a.b-c"]);
}
