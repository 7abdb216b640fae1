//! Trees of `spec/cel/trees.txt`, limits, and texts made to hurt.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::fmt::Write;
use std::path::Path;

use waypost_cel::{MAX_BYTES, MAX_DEPTH, MAX_MISTAKES, MAX_NESTING, parse, print};

/// Each line is an expression and, after ` ==> `, how its tree is printed; or ` ==> mistake: ` and the first mistake.
#[test]
fn every_case() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/cel/trees.txt");
    let text = std::fs::read_to_string(&path).unwrap();
    let (mut found, mut cases) = (String::new(), 0);
    for line in text.lines() {
        if line.is_empty() || line.starts_with('#') {
            writeln!(found, "{line}").unwrap();
            continue;
        }
        cases += 1;
        let written = line.split(" ==> ").next().unwrap();
        let source = written.replace('⏎', "\n");
        let parsed = parse(&source);
        let outcome = match parsed.mistakes.first() {
            Some(mistake) => format!("mistake: {}", mistake.message),
            None => print(&parsed.tree),
        };
        if parsed.mistakes.is_empty() {
            let again = parse(&outcome);
            assert_eq!((print(&again.tree), again.mistakes), (outcome.clone(), Vec::new()), "{source}");
        }
        writeln!(found, "{written} ==> {outcome}").unwrap();
    }
    if std::env::var_os("WAYPOST_BLESS").is_some() {
        std::fs::write(&path, &found).unwrap();
    }
    let differs: Vec<_> = text.lines().zip(found.lines()).filter(|(was, is)| was != is).collect();
    assert!(differs.is_empty(), "expected and found: {differs:#?}");
    assert!(cases > 80, "only {cases} cases");
}

fn first(source: &str) -> String {
    parse(source).mistakes.first().map_or_else(String::new, |mistake| mistake.message.clone())
}

#[test]
fn limits_are_counted() {
    let nested = |depth: usize| format!("{}x{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(first(&nested(MAX_NESTING)), "");
    assert_eq!(first(&nested(MAX_NESTING + 1)), format!("the expression is nested deeper than {MAX_NESTING}"));
    let sum = |terms: usize| vec!["x"; terms].join(" + ");
    assert_eq!((first(&sum(MAX_DEPTH)), parse(&sum(MAX_DEPTH)).tree.depth()), (String::new(), MAX_DEPTH));
    assert!(first(&sum(MAX_DEPTH + 1)).starts_with("the expression's tree is deeper than"));
    let members = format!("x{}", ".y".repeat(MAX_DEPTH));
    assert!(first(&members).starts_with("the expression's tree is deeper than"));
    let choices = |count: usize| format!("{}z", "x ? y : ".repeat(count));
    assert_eq!(first(&choices(MAX_NESTING)), "");
    assert!(first(&choices(MAX_NESTING + 1)).contains("nested deeper"));
    // Chains that are balanced are as long as the text may be.
    let chain = vec!["x"; MAX_BYTES / 5].join(" && ");
    assert_eq!((first(&chain), parse(&chain).tree.depth()), (String::new(), 13));
    assert_eq!(first(&format!("'{}'", "x".repeat(MAX_BYTES - 2))), "");
    assert!(first(&format!("'{}'", "x".repeat(MAX_BYTES - 1))).contains("at most 16384"));
}

#[test]
fn texts_made_to_hurt_are_answered() {
    let pieces = [
        "(",
        "[",
        "{",
        "${",
        ")",
        "a(",
        "a[",
        "{a:",
        "'",
        "\"",
        "'a'b",
        "'\\'",
        "`",
        "`${",
        "“",
        "&quot;",
        "/",
        "/*",
        "//",
        "!",
        "-",
        "- 1 ",
        "not ",
        "if ",
        "if (",
        "if a then ",
        "a ? ",
        "a ?",
        "a ? b : ",
        "?.",
        "a.",
        "a..",
        ".",
        "a between 1 and ",
        "a in ",
        "a not in ",
        "a like ",
        "a contains ",
        "a =~ ",
        "a => ",
        "a if b else ",
        "a ?? ",
        "1e",
        "0x",
        "30m ",
        ",",
        ";",
        ":",
        "=",
        "= ",
        "&",
        "|",
        "$",
        "@",
        "#",
        "%",
        "\\",
        "é",
        "\u{a0}",
        "（",
        "a b ",
        "'a' ",
        "{'a', ",
        "(a, ",
        "[a, ",
        "f(a, ",
        "A{b: ",
        "return ",
        "in ",
        "and ",
        "a and ",
    ];
    for piece in pieces {
        for tail in ["", "x", ")", "'"] {
            let source = format!("{}{tail}", piece.repeat((MAX_BYTES - 1) / piece.len()));
            let parsed = parse(&source);
            assert!(parsed.mistakes.len() <= MAX_MISTAKES + 1, "{piece:?}: {}", parsed.mistakes.len());
            assert!(parsed.tree.depth() <= MAX_DEPTH, "{piece:?}");
            assert!(parsed.tokens <= source.len(), "{piece:?}");
        }
    }
}
