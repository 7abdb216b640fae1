//! `fmt`, the schemas that editors use, and the table of commands in docs/cli.md.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use waypost_flow::source;

use super::harness::scratch::Scratch;
use super::{printed, waypost};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn validator(of: &str) -> jsonschema::Validator {
    let schema: Json = serde_json::from_str(&printed(&waypost(&["schema", of]), 0)).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

/// Every YAML document below a folder that a schema is for, with its file's name.
fn documents(folder: &Path, of: &str, found: &mut Vec<(String, Json)>) {
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = path.display().to_string();
        let is_yaml = path.extension().is_some_and(|extension| extension == "yaml");
        if path.is_dir() {
            documents(&path, of, found);
        } else if is_yaml && !name.contains("/.") && schema_of(&name) == of {
            let read = source::yaml_documents(&fs::read_to_string(&path).unwrap()).unwrap();
            found.extend(read.into_iter().map(|(node, _)| (name.clone(), node.to_json())));
        }
    }
}

/// The schema that a file is held against, by its name.
fn schema_of(name: &str) -> &str {
    let named = |of: &&str| name.ends_with(&format!(".{of}.yaml"));
    ["test", "answers"].into_iter().find(named).unwrap_or("project")
}

#[test]
fn the_examples_are_formatted() {
    let examples = root().join("examples");
    assert_eq!(printed(&waypost(&["fmt", "--check", examples.to_str().unwrap()]), 0), "");
}

#[test]
fn the_examples_fit_the_schemas_and_mistakes_do_not() {
    for (of, least) in [("project", 3), ("test", 3), ("answers", 1)] {
        let mut found = Vec::new();
        for folder in ["examples", "crates/waypost/src/commands/init"] {
            documents(&root().join(folder), of, &mut found);
        }
        assert!(found.len() >= least, "{of}");
        let schema = validator(of);
        for (name, document) in &found {
            let problems: Vec<String> = schema.iter_errors(document).map(|problem| problem.to_string()).collect();
            assert!(problems.is_empty(), "{name}: {problems:?}");
        }
    }
    let schema = validator("project");
    for wrong in [
        "kind: queu\nname: X\n",
        "kind: route\nadress: a@b.example\nqueue: X\n",
        "kind: route\naddress: a@b.example\nqueue: X\npriority: high\n",
        "kind: mailbox\nname: X\nhost: h\nuser: u\nauth: { password: p }\nroute: a@b.example\n",
        "kind: webhook\nname: X\n",
        "kind: secret\nname: X\n",
        "name: X\ntype: email\nnods: []\n",
        "name: X\ntype: email\nnodes: [{ id: a, actions: [{ type: log, mesage: x }] }]\n",
        "queues: [A]\nruotes: []\n",
        "timeZone: Europe/Berlin\nopen: [{ day: mon }]\n",
        "schema: { properties: {} }\nrow: []\n",
    ] {
        let document = source::yaml(wrong).unwrap().0.to_json();
        assert!(!schema.is_valid(&document), "{wrong}");
    }
}

/// What an answer says of a failure, or of a schedule, an editor checks as the reader does.
#[test]
fn answers_fit_their_schema_as_they_are_read() {
    let schema = validator("answers");
    let fits = |answer: &str| {
        let document = source::yaml(&format!("answers:\n  - {answer}\n")).unwrap().0.to_json();
        schema.is_valid(&document)
    };
    for right in [
        "{ dataAction: A, error: the host is down }",
        "{ dataAction: A, error: { code: status, status: 503, message: m } }",
        "{ dataAction: A, error: { code: privateAddress } }",
        "{ dataAction: A, error: { code: '<code>', status: '<status>' } }",
        "{ dataAction: A, error: '<error>' }",
        "{ dataAction: A, output: { state: anything } }",
        "{ table: T, error: the store is away }",
        "{ table: T, output: { state: anything } }",
        "{ schedule: S, output: { state: holiday, name: New Year } }",
        "{ schedule: S, output: { state: '<state>' } }",
        "{ schedule: S, timeout: true }",
        "'<answer>'",
    ] {
        assert!(fits(right), "{right}");
    }
    for wrong in [
        "{ dataAction: A, error: { code: statis } }",
        "{ dataAction: A, error: { code: timeout } }",
        "{ dataAction: A, error: { status: '503' } }",
        "{ dataAction: A, error: { status: 70000 } }",
        "{ dataAction: A, error: { kode: status } }",
        "{ table: T, error: { code: status } }",
        "{ schedule: S, error: { code: status } }",
        "{ schedule: S, output: { state: opened } }",
        "{ schedule: S, output: { status: open } }",
    ] {
        assert!(!fits(wrong), "{wrong}");
    }
}

/// What pages show of documents fits the schema that editors have of them.
#[test]
fn documents_of_the_pages_fit_the_schemas() {
    let schema = validator("project");
    let mut seen = 0;
    for page in [
        "project.md",
        "tables-and-schedules.md",
        "mailboxes.md",
        "data-actions.md",
        "deliveries.md",
        "routing.md",
        "queues-and-claims.md",
        "threads.md",
    ] {
        let text = fs::read_to_string(root().join("docs").join(page)).unwrap();
        for block in text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()) {
            for (node, _) in source::yaml_documents(block).unwrap() {
                let document = node.to_json();
                let says_what_it_is = ["kind", "queues", "timeZone"].iter().any(|name| document.get(name).is_some());
                if says_what_it_is {
                    let problems: Vec<String> =
                        schema.iter_errors(&document).map(|problem| problem.to_string()).collect();
                    assert!(problems.is_empty(), "{page}: {document}: {problems:?}");
                    seen += 1;
                }
            }
        }
    }
    assert!(seen >= 6, "{seen}");
}

#[test]
fn standard_input_is_formatted_for_editors() {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let run = |arguments: &[&str], text: &str| {
        let mut child = Command::new(super::harness::WAYPOST)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    assert_eq!(printed(&run(&["fmt", "-"], "kind:   queue\nname: 'A'\n"), 0), "kind: queue\nname: \"A\"\n");
    let tests = "tests:\n- expect: { queue: A }\n  name: x\n  route: a@b.example\n";
    let formatted = printed(&run(&["fmt", "-", "--stdin-name", "a.test.yaml"], tests), 0);
    assert_eq!(formatted, "tests:\n  - name: x\n    route: a@b.example\n    expect: { queue: A }\n");
    printed(&run(&["fmt", "-", "--check"], "a:   1\n"), 1);
    printed(&run(&["fmt", "-"], "a: [\n"), 2);
}

/// What keeps a file's permissions and links as they are.
#[test]
fn a_file_stays_what_it_is() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let scratch = Scratch::new("cli-fmt");
    let (file, link) = (scratch.path("real.yaml"), scratch.path("link.yaml"));
    fs::write(&file, "a:   1\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&file, &link).unwrap();
    printed(&waypost(&["fmt", link.to_str().unwrap()]), 0);
    assert_eq!(fs::read_to_string(&file).unwrap(), "a: 1\n");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_dir(scratch.path("")).unwrap().count(), 2, "nothing else is left");
}

#[test]
fn manual_pages_are_written_for_every_command() {
    let scratch = Scratch::new("cli-man");
    let folder = scratch.path("man1");
    printed(&waypost(&["man", folder.to_str().unwrap()]), 0);
    for (page, says) in [("waypost.1", "doctor"), ("waypost-fmt.1", "Examples"), ("waypost-flows-show.1", "version")] {
        let text = fs::read_to_string(folder.join(page)).unwrap_or_else(|error| panic!("{page}: {error}"));
        assert!(text.contains(says), "{page}");
    }
}

/// With `WAYPOST_BLESS=1` the table is written anew.
#[test]
fn the_page_has_every_command() {
    let path = root().join("docs/cli.md");
    let page = fs::read_to_string(&path).unwrap();
    let (begin, end) = ("<!-- commands -->\n", "<!-- end of commands -->\n");
    let (before, rest) = page.split_once(begin).unwrap();
    let (table, after) = rest.split_once(end).unwrap();
    let now = printed(&waypost(&["man", "--markdown"]), 0);
    if std::env::var_os("WAYPOST_BLESS").is_some() {
        fs::write(&path, format!("{before}{begin}{now}{end}{after}")).unwrap();
    } else {
        assert_eq!(table, now);
    }
}

#[test]
fn options_of_the_server_are_in_groups() {
    let help = printed(&waypost(&["serve", "--help"]), 0);
    for group in ["Mail in:", "Mail and requests out:", "HTTP:", "TLS:", "Storage:", "Runs:", "Process:"] {
        assert!(help.contains(&format!("\n{group}\n")), "{group}: {help}");
    }
}
