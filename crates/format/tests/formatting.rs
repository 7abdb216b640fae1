//! Files and how they are formatted (`spec/fmt`), and that formatting keeps what any file says.
//!
//! With `WAYPOST_BLESS=1` what comes out is written anew; read the difference before you keep it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use waypost_flow::document::schema;
use waypost_flow::source::{Node, member};
use waypost_format::{Problem, format};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Formats with the schema of flows for what has nodes.
fn formatted(text: &str) -> Result<String, Problem> {
    let flow = schema::json_schema();
    let schema_of = |node: &Node| member(node, "nodes").map(|_| &flow);
    format(text, &schema_of)
}

/// A case is a title, the text and what comes of it, apart by lines of `===` and `---->`. `\t`, `\r` and `·` (a space) are spelled.
fn spelled(text: &str) -> String {
    text.replace("\\t", "\t").replace("\\r", "\r").replace('·', " ")
}

fn shown(text: &str) -> String {
    let lines = text.split('\n').map(|line| {
        let trimmed = line.trim_end_matches(' ');
        format!("{trimmed}{}", "·".repeat(line.len() - trimmed.len()))
    });
    lines.collect::<Vec<_>>().join("\n").replace('\t', "\\t").replace('\r', "\\r")
}

#[test]
fn files_are_formatted() {
    let bless = std::env::var_os("WAYPOST_BLESS").is_some();
    let mut paths: Vec<PathBuf> =
        fs::read_dir(root().join("spec/fmt")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    assert!(!paths.is_empty());
    let mut wrong = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let mut now = String::new();
        for case in text.split("=== ").skip(1) {
            let (title, rest) = case.split_once('\n').unwrap();
            let (given, _) = rest.split_once("---->\n").unwrap_or((rest, ""));
            let came = match formatted(&spelled(given)) {
                Ok(text) => shown(&text),
                Err(Problem::Syntax(error) | Problem::Unsupported(error)) => format!("refused: {error}\n"),
                Err(Problem::Changed(why)) => format!("DEFECT: {why}\n"),
            };
            now.push_str(&format!("=== {title}\n{given}---->\n{came}"));
        }
        assert!(!now.contains("\nDEFECT"), "{now}");
        if bless {
            fs::write(&path, &now).unwrap();
        } else if now != text {
            wrong.push(format!("{}:\n{now}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "these come out otherwise:\n{}", wrong.join("\n"));
}

/// Every YAML file below a folder, and every YAML block of its Markdown.
fn texts(folder: &Path, found: &mut Vec<(String, String)>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        let extension = path.extension().map(|extension| extension.to_string_lossy().into_owned()).unwrap_or_default();
        match extension.as_str() {
            _ if path.is_dir() => texts(&path, found),
            "yaml" | "yml" => found.push((path.display().to_string(), fs::read_to_string(&path).unwrap())),
            "md" => {
                let text = fs::read_to_string(&path).unwrap();
                let blocks =
                    text.split("\n```yaml").skip(1).filter_map(|block| block.split_once('\n')?.1.split("\n```").next());
                found.extend(blocks.map(|block| (path.display().to_string(), format!("{block}\n"))));
            }
            _ => {}
        }
    }
}

/// How many of the texts can be read; whatever can be read can be formatted. `format` itself compares meaning and comments, and formats twice.
fn formatted_of(found: &[(String, String)]) -> usize {
    let (mut many, mut wrong) = (0, Vec::new());
    for (name, text) in found {
        match formatted(text) {
            Ok(_) => many += 1,
            Err(Problem::Syntax(_)) => {}
            Err(problem) => wrong.push(format!("{name}: {problem:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    many
}

#[test]
fn whatever_can_be_read_can_be_formatted() {
    let mut found = Vec::new();
    for folder in ["examples", "spec", "docs", "crates"] {
        texts(&root().join(folder), &mut found);
    }
    assert!(found.len() > 100, "{}", found.len());
    assert!(formatted_of(&found) * 2 > found.len());
}

#[test]
fn flows_of_contact_centres_can_be_formatted() {
    let Some(corpus) = waypost_test_needs::shared("corpus/archy") else { return };
    let mut found = Vec::new();
    texts(&corpus, &mut found);
    assert!(formatted_of(&found) > 20);
}

/// Pieces put together at random: what no person would write is refused or formatted, and never damaged.
#[test]
fn pieces_put_together_keep_their_meaning() {
    const PIECES: [&str; 40] = [
        "a: 1\n",
        "b:\n",
        "  c: x\n",
        "  - y\n",
        "- z\n",
        "# own\n",
        "  # inner\n",
        " # behind\n",
        "\n",
        "\n\n",
        "---\n",
        "...\n",
        "d: |\n",
        "    text\n",
        "      more\n",
        "e: >-\n",
        "f: |+\n",
        "g: [1, 2",
        "]\n",
        ", { h: i",
        " }\n",
        "j: \"q\\\n",
        "  r\"\n",
        "k: 'it''s'\n",
        "  l\n",
        "- - m\n",
        "-\n",
        "  n: o # t\n",
        "? p\n",
        ": q\n",
        "r: \"${a == 'b'}\"\n",
        "s: |2\n",
        "t: ~\n",
        "u:  v   # w\n",
        "\"x\": y\n",
        "[",
        "{",
        "}",
        "]\n",
        "ü: 日本 # é\n",
    ];
    let mut state: u64 = 7;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let (mut read, mut wrong) = (0, Vec::new());
    for _ in 0..20_000 {
        let text: String = (0..2 + next(9)).map(|_| PIECES[next(PIECES.len())]).collect();
        match formatted_plain(&text) {
            Ok(_) => read += 1,
            Err(Problem::Changed(why)) => wrong.push(format!("{why}: {text:?}")),
            Err(_) => {}
        }
    }
    wrong.sort_by_key(String::len);
    wrong.truncate(12);
    assert!(wrong.is_empty() && read > 1000, "{read} read:\n{}", wrong.join("\n"));
}

fn formatted_plain(text: &str) -> Result<String, Problem> {
    format(text, &|_: &Node| None::<&Json>)
}
