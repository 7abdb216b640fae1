//! What the compiler can't keep: which way rooms import, and that the documents name paths that exist.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What each room may import of ours. Anything else is refused.
const MAY_IMPORT: [(&str, &[&str]); 34] = [
    ("ids", &[]),
    ("origin", &[]),
    ("problem", &[]),
    ("cel", &[]),
    ("flow", &["cel", "ids", "problem"]),
    ("format", &["flow"]),
    ("schedule", &["problem"]),
    ("data-action", &["problem"]),
    ("admission", &[]),
    ("mail", &["admission"]),
    ("ingress", &[]),
    ("reach", &[]),
    ("seal", &[]),
    ("mailbox", &["reach"]),
    ("oauth", &["reach"]),
    ("oidc", &["oauth", "reach"]),
    ("outgoing", &["mail", "reach"]),
    ("engine", &["flow", "ids", "schedule"]),
    ("wire", &["ids"]),
    ("client", &["ids", "origin", "wire"]),
    ("store", &["ids", "origin"]),
    ("scratch-postgres", &[]),
    ("test-needs", &[]),
    ("aside", &[]),
    ("console", &["api"]),
    ("authentication", &["ids"]),
    ("members", &["flow", "ids", "mail", "store"]),
    (
        "catalogue",
        &["aside", "data-action", "flow", "ids", "members", "origin", "problem", "reach", "schedule", "store"],
    ),
    (
        "app",
        &[
            "admission",
            "aside",
            "authentication",
            "catalogue",
            "data-action",
            "engine",
            "flow",
            "ids",
            "ingress",
            "mail",
            "mailbox",
            "members",
            "oauth",
            "oidc",
            "origin",
            "outgoing",
            "problem",
            "reach",
            "schedule",
            "seal",
            "store",
            "wire",
        ],
    ),
    (
        "api",
        &[
            "admission",
            "app",
            "aside",
            "catalogue",
            "console",
            "flow",
            "flow-tests",
            "ids",
            "origin",
            "outgoing",
            "problem",
            "schedule",
            "store",
            "wire",
            "witness",
        ],
    ),
    ("project", &["catalogue", "flow", "ids", "origin", "store", "wire"]),
    ("flow-tests", &["app", "catalogue", "engine", "flow", "ids", "mail", "members", "project", "store", "wire"]),
    (
        "witness",
        &["catalogue", "cel", "engine", "flow", "flow-tests", "ids", "mail", "project", "schedule", "store", "wire"],
    ),
    (
        "waypost",
        &[
            "admission",
            "api",
            "app",
            "authentication",
            "catalogue",
            "client",
            "console",
            "engine",
            "flow",
            "flow-tests",
            "format",
            "ids",
            "mail",
            "mailbox",
            "members",
            "oauth",
            "oidc",
            "origin",
            "outgoing",
            "problem",
            "project",
            "reach",
            "schedule",
            "seal",
            "store",
            "wire",
            "witness",
        ],
    ),
];

/// Outside libraries that only these rooms may use, and why.
const KEPT_TO: [(&str, &[&str], &str); 10] = [
    ("rusqlite", &["store"], "nothing above the store knows SQL"),
    ("tokio-postgres", &["store"], "nothing above the store knows SQL"),
    ("axum", &["api"], "HTTP stays at the edge"),
    ("mail-parser", &["mail"], "one reader of MIME"),
    ("hickory-resolver", &["authentication", "outgoing"], "one reader of MX, and one of what proves senders"),
    ("mail-auth", &["authentication", "outgoing"], "one signer of mail, and one verifier"),
    ("waypost-cel", &["flow", "witness"], "one language, and what changes and solves its expressions"),
    ("rrule", &["schedule"], "one meaning of recurrences"),
    ("getrandom", &["origin"], "a test says what is random"),
    ("fastrand", &["origin"], "a test says what is random"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace")
}

/// Names under `[dependencies]` of a room's manifest.
fn dependencies(room: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join("crates").join(room).join("Cargo.toml")).expect("a manifest");
    let section = text.split("[dependencies]").nth(1).unwrap_or_default();
    section
        .lines()
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn rooms_import_one_way() {
    let allowed: BTreeMap<&str, &[&str]> = MAY_IMPORT.into_iter().collect();
    let mut rooms: Vec<String> = fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    rooms.sort();
    let mut problems = Vec::new();
    for room in &rooms {
        let Some(allowed) = allowed.get(room.as_str()) else {
            problems.push(format!("`{room}` is a new room: say in this test what it may import"));
            continue;
        };
        for dependency in dependencies(room) {
            if let Some(ours) = dependency.strip_prefix("waypost-")
                && !allowed.contains(&ours)
            {
                problems.push(format!("`{room}` must not import `{ours}`: see ARCHITECTURE.md"));
            }
            if let Some((_, kept, why)) = KEPT_TO.iter().find(|(library, ..)| *library == dependency)
                && !kept.contains(&room.as_str())
            {
                problems.push(format!("`{room}` must not use `{dependency}`: {why}"));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert_eq!(rooms.len(), MAY_IMPORT.len());
}

/// Use cases know no bodies of HTTP. What they keep and compare of a run is its trace, and that has one form.
#[test]
fn use_cases_know_of_wire_the_trace_alone() {
    let mut found = Vec::new();
    sources(&root().join("crates/app/src"), &mut found);
    let mut seen = 0;
    for (path, text) in &found {
        for used in text.split("waypost_wire::").skip(1) {
            assert!(used.starts_with("trace::"), "{} uses more of `waypost_wire`", path.display());
            seen += 1;
        }
    }
    assert!(seen > 3, "only {seen} uses found: does this test still read them?");
}

#[test]
fn documents_name_paths_that_exist() {
    let mut documents = vec!["README.md".into(), "ARCHITECTURE.md".into(), "CONTRIBUTING.md".into()];
    for entry in fs::read_dir(root().join("docs/decisions")).unwrap() {
        documents.push(format!("docs/decisions/{}", entry.unwrap().file_name().into_string().unwrap()));
    }
    let tops = ["crates/", "docs/", "spec/", "examples/", "bench/", "scripts/", "fuzz/", "clients/"];
    let (mut problems, mut seen) = (Vec::new(), 0);
    for document in &documents {
        let text = fs::read_to_string(root().join(document)).unwrap();
        for quoted in text.split(['`', '(', ')', ' ', '\n', '[', ']', ',']) {
            let path = quoted.trim_end_matches(['.', ';', ':', '`']);
            if !tops.iter().any(|top| path.starts_with(top)) || path.contains(['*', '{', '<', '#']) {
                continue;
            }
            seen += 1;
            if !root().join(path).exists() {
                problems.push(format!("{document} names `{path}`, which does not exist"));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(seen > 30, "only {seen} paths found: does this test still read them?");
}

/// Every source of a room, with its text.
fn sources(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((path.clone(), fs::read_to_string(&path).unwrap()));
        }
    }
}

/// Every code of a run error that the sources write out, those of tests left out, with the file.
fn run_codes(folder: &Path, found: &mut Vec<(String, PathBuf)>) {
    let mut texts = Vec::new();
    sources(folder, &mut texts);
    for (path, text) in texts {
        let product = text.split("#[cfg(test)]").next().unwrap_or_default();
        let literals = product.split("\"run.").skip(1).filter_map(|rest| rest.split_once('"'));
        found.extend(literals.map(|(code, _)| (format!("run.{code}"), path.clone())));
    }
}

#[test]
fn codes_of_run_errors_are_written_once() {
    let mut found = Vec::new();
    for room in ["flow", "engine", "store", "catalogue", "app", "wire", "client", "api", "project", "waypost"] {
        run_codes(&root().join("crates").join(room).join("src"), &mut found);
    }
    let written: Vec<_> = found.iter().map(|(code, file)| format!("`{code}` in {}", file.display())).collect();
    assert!(written.is_empty(), "use the constant of crates/ids/src/codes.rs:\n{}", written.join("\n"));
    run_codes(&root().join("crates/ids/src"), &mut found);
    assert_eq!(found.len(), waypost_ids::codes::ALL.len());
}

/// A change may be committed between two looks at the catalogue: who needs both its world and what runs of it takes them as one.
#[test]
fn the_world_and_what_runs_of_it_are_taken_as_one() {
    let mut found = Vec::new();
    for room in ["catalogue", "app", "api"] {
        sources(&root().join("crates").join(room).join("src"), &mut found);
    }
    assert!(found.len() > 80, "only {} sources found", found.len());
    let apart = found.iter().filter(|(_, text)| {
        let code: String = text.split_whitespace().collect();
        code.contains("catalogue.world()") && code.contains("catalogue.running()")
    });
    let apart: Vec<String> = apart.map(|(path, _)| path.display().to_string()).collect();
    assert!(apart.is_empty(), "`catalogue.live()` answers both, of one epoch: {}", apart.join(", "));
}

/// A test that skips itself by its own rule is one that nobody sees skipped: `waypost_test_needs` says it, counts it, and fails where
/// tests are strict.
#[test]
fn tests_skip_themselves_in_one_way() {
    let mut found = Vec::new();
    for room in fs::read_dir(root().join("crates")).unwrap() {
        let room = room.unwrap().path();
        for folder in ["src", "tests"].map(|name| room.join(name)).iter().filter(|folder| folder.is_dir()) {
            sources(folder, &mut found);
        }
    }
    // Written apart, so that this file is not among those found.
    let signs = [
        concat!("Ok(tools) = Tools", "::find()"),
        concat!("\"skipped", ":"),
        concat!("\"SKIP", "PED:"),
        concat!("\"../", "shared"),
    ];
    let own = |path: &Path| path.starts_with(root().join("crates/test-needs"));
    let mut problems = Vec::new();
    for (path, text) in found.iter().filter(|(path, _)| !own(path)) {
        for sign in signs.iter().filter(|sign| text.contains(**sign)) {
            problems.push(format!("{} has `{sign}`: ask `waypost_test_needs` instead", path.display()));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Source files below a folder, tests aside, that ask which action they have.
fn tells_actions_apart(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tells_actions_apart(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.extend(text.contains("ActionKind::").then_some(path));
        }
    }
}

#[test]
fn only_the_two_lists_tell_actions_apart() {
    let mut found = Vec::new();
    for (room, _) in MAY_IMPORT {
        tells_actions_apart(&root().join("crates").join(room).join("src"), &mut found);
    }
    found.sort();
    let lists = ["engine", "flow"].map(|room| root().join(format!("crates/{room}/src/actions/mod.rs")));
    assert_eq!(found, lists, "an action is known by its facts: crates/flow/src/actions/facts.rs");
}

#[test]
fn each_action_has_a_file_of_its_name_in_the_language_and_in_the_engine() {
    for action in waypost_flow::actions::ACTIONS {
        let mut name = String::new();
        for letter in action.name.chars() {
            if letter.is_uppercase() {
                name.push('_');
            }
            name.extend(letter.to_lowercase());
        }
        for room in ["flow", "engine"] {
            let path = format!("crates/{room}/src/actions/{name}.rs");
            assert!(root().join(&path).exists(), "`{}` has no {path}", action.name);
        }
    }
}
