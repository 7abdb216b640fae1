//! The cases of `spec/data-actions`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json, json};
use waypost_data_action::{DataAction, Failure};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/data-actions")
}

/// Compares a file with what its cases came to, or writes that down.
fn hold(file: &Path, expected: &str, found: &str) {
    if std::env::var_os("WAYPOST_BLESS").is_some() {
        fs::write(file, found).expect("the file");
        return;
    }
    for (expected, found) in expected.split("\n== ").zip(found.split("\n== ")) {
        assert_eq!(found, expected, "{}", file.display());
    }
    assert_eq!(found, expected, "{}", file.display());
}

/// Cases of a file: its text before them, then each title with its lines.
fn cases(text: &str) -> (String, Vec<(String, Vec<String>)>) {
    let mut parts = text.split("\n== ");
    let head = parts.next().unwrap_or_default().to_owned();
    let case = |part: &str| {
        let mut lines = part.lines().map(str::to_owned);
        (lines.next().unwrap_or_default(), lines.collect())
    };
    (head, parts.map(case).collect())
}

fn failure(failure: &Failure) -> String {
    format!("failure {}: {}\n", failure.code.as_str(), failure.message)
}

fn credential(name: &str) -> Option<String> {
    match name {
        "missing" => None,
        "broken" => Some("two\r\nlines".to_owned()),
        name => Some(format!("<{name}>")),
    }
}

/// What an action makes of an input.
fn requested(action: &DataAction, input: &Map<String, Json>) -> String {
    match action.request(input, &credential) {
        Err(failed) => failure(&failed),
        Ok(request) => {
            let mut text = format!("{} {}\n", request.method.as_str(), request.url);
            for (name, value) in &request.headers {
                writeln!(text, "{name}: {value}").unwrap();
            }
            if let Some(body) = &request.body {
                writeln!(text, "body {body}").unwrap();
            }
            text
        }
    }
}

#[test]
fn exports_are_taken_as_they_are() {
    let mut files: Vec<PathBuf> = fs::read_dir(folder().join("exports"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    assert!(files.len() >= 15, "{} exports", files.len());
    for file in files {
        let export: Json = serde_json::from_str(&fs::read_to_string(&file).unwrap()).expect("JSON");
        let action = DataAction::read(&export).unwrap_or_else(|problems| panic!("{}: {problems:?}", file.display()));
        let file = file.with_extension("txt");
        let expected = fs::read_to_string(&file).expect("the cases of an export");
        let (head, cases) = cases(&expected);
        assert!(!cases.is_empty(), "{}", file.display());
        let mut found = head;
        for (title, lines) in cases {
            let asked = lines.first().expect("what is asked");
            write!(found, "\n== {title}\n{asked}\n").unwrap();
            found += &match asked.split_once(' ').expect("input or answer") {
                ("input", input) => requested(&action, &serde_json::from_str(input).expect("an object")),
                ("answer", answer) => {
                    let (status, body) = answer.split_once(' ').unwrap_or((answer, ""));
                    match action.outcome(status.parse().expect("a status"), body.as_bytes()) {
                        Ok(outputs) => format!("outputs {}\n", Json::Object(outputs)),
                        Err(failed) => failure(&failed),
                    }
                }
                _ => panic!("{asked}"),
            };
        }
        hold(&file, &expected, &found);
    }
}

/// The definition that the documentation shows works as it says.
#[test]
fn the_documentation_has_an_action_that_works() {
    let page = fs::read_to_string(folder().join("../../docs/data-actions.md")).unwrap();
    let json = page.split("```json\n").nth(1).and_then(|rest| rest.split("\n```").next()).expect("an example");
    let action = DataAction::read(&serde_json::from_str(json).unwrap()).unwrap();
    let input: Map<String, Json> = serde_json::from_str("{\"email\": \"ann@example.org\"}").unwrap();
    let expected = "GET https://crm.example.com/customers?email=ann%40example.org\nAuthorization: Bearer <crmToken>\n";
    assert_eq!(requested(&action, &input), expected);
    assert_eq!(action.outcome(200, br#"{"customers": [{"tier": "gold"}]}"#).unwrap()["tier"], "gold");
    assert_eq!(action.outcome(200, br#"{"customers": []}"#).unwrap()["tier"], "none");
    assert_eq!((action.host(), action.credentials()), ("crm.example.com", &["crmToken".to_owned()][..]));
    assert_eq!((action.timeout().as_secs(), action.retries(), action.cache_age()), (10, 0, None));
}

/// An action around one template.
fn around(place: &str, template: &str) -> Json {
    let mut action = json!({
        "config": {
            "request": {"requestUrlTemplate": "https://api.example/x", "requestType": "POST", "requestTemplate": "", "headers": {}},
            "response": {"translationMap": {}, "successTemplate": "{}"},
        },
        "contract": {
            "input": {"inputSchema": {"type": "object", "additionalProperties": true, "properties": {}}},
            "output": {"successSchema": {"type": "object"}},
        },
    });
    let config = &mut action["config"];
    match place {
        "url" => config["request"]["requestUrlTemplate"] = json!(template),
        "header" => config["request"]["headers"]["X-Test"] = json!(template),
        "json" => config["request"]["requestTemplate"] = json!(template),
        "text" => {
            config["request"]["headers"]["Content-Type"] = json!("text/plain");
            config["request"]["requestTemplate"] = json!(template);
        }
        "success" => config["response"]["successTemplate"] = json!(template),
        _ => panic!("{place}"),
    }
    action
}

/// A template, then lines of inputs (answers, in a success template), each with what it comes to. `\n` in a template is a line's end.
#[test]
fn templates_print_what_velocity_prints() {
    let file = folder().join("templates.txt");
    let expected = fs::read_to_string(&file).unwrap();
    let (head, cases) = cases(&expected);
    let mut found = head;
    for (title, lines) in cases {
        let (place, template) = lines[0].split_once(' ').expect("a place and a template");
        write!(found, "\n== {title}\n{}\n", lines[0]).unwrap();
        let mut definition = around(place, &template.replace("\\n", "\n"));
        let inputs = lines[1..].iter().filter(|line| line.starts_with('{') || line.starts_with("paths "));
        let mut asked = 0;
        for line in inputs {
            asked += 1;
            writeln!(found, "{line}").unwrap();
            if let Some(paths) = line.strip_prefix("paths ") {
                definition["config"]["response"]["translationMap"] = serde_json::from_str(paths).expect("an object");
                continue;
            }
            let action = match DataAction::read(&definition) {
                Ok(action) => action,
                Err(problems) => panic!("{title}: {problems:?}"),
            };
            let comes_to = if place == "success" {
                match action.outcome(200, line.as_bytes()) {
                    Ok(outputs) => Json::Object(outputs).to_string(),
                    Err(failure) => format!("failure {failure}"),
                }
            } else {
                match action.request(&serde_json::from_str(line).expect("an object"), &credential) {
                    Err(failure) => format!("failure {failure}"),
                    Ok(request) => match place {
                        "url" => request.url,
                        "header" => request.headers[0].1.clone(),
                        _ => request.body.unwrap_or_default().replace('\n', "\\n"),
                    },
                }
            };
            writeln!(found, "    {comes_to}").unwrap();
        }
        if asked == 0 {
            let problems = DataAction::read(&definition).expect_err(&title);
            for problem in problems {
                writeln!(found, "    {problem}").unwrap();
            }
        }
    }
    hold(&file, &expected, &found);
}

/// A path, then documents, each with what is found.
#[test]
fn paths_find_what_genesys_finds() {
    let file = folder().join("paths.txt");
    let expected = fs::read_to_string(&file).unwrap();
    let (head, cases) = cases(&expected);
    let mut found = head;
    for (path, lines) in cases {
        write!(found, "\n== {path}\n").unwrap();
        let mut definition = around("success", "{\"found\": ${x}}");
        definition["config"]["response"]["translationMap"] = json!({"x": path});
        definition["config"]["response"]["translationMapDefaults"] = json!({"x": "\"(nothing)\""});
        match DataAction::read(&definition) {
            Err(problems) => problems.iter().for_each(|problem| writeln!(found, "    {problem}").unwrap()),
            Ok(action) => {
                for line in lines.iter().filter(|line| !line.starts_with("    ")) {
                    let outputs = action.outcome(200, line.as_bytes()).expect("an outcome");
                    write!(found, "{line}\n    {}\n", outputs["found"]).unwrap();
                }
            }
        }
    }
    hold(&file, &expected, &found);
}

/// A definition's members laid over one that is right (RFC 7396), then its problems.
#[test]
fn what_cannot_work_is_refused_when_it_is_saved() {
    let file = folder().join("refused.txt");
    let expected = fs::read_to_string(&file).unwrap();
    let (head, cases) = cases(&expected);
    let mut found = head;
    for (title, lines) in cases {
        let written = lines.iter().take_while(|line| !line.starts_with("    ")).cloned().collect::<Vec<_>>().join("\n");
        let mut definition = around("json", "{}");
        merge(&mut definition, &serde_json::from_str(&written).unwrap_or_else(|error| panic!("{title}: {error}")));
        write!(found, "\n== {title}\n{written}\n").unwrap();
        match DataAction::read(&definition) {
            Ok(_) => writeln!(found, "    accepted").unwrap(),
            Err(problems) => problems.iter().for_each(|problem| writeln!(found, "    {problem}").unwrap()),
        }
    }
    hold(&file, &expected, &found);
}

fn merge(onto: &mut Json, patch: &Json) {
    match (onto, patch) {
        (Json::Object(onto), Json::Object(patch)) => {
            for (name, value) in patch {
                match value {
                    Json::Null => {
                        onto.remove(name);
                    }
                    value => merge(onto.entry(name.clone()).or_insert(json!({})), value),
                }
            }
        }
        (onto, patch) => *onto = patch.clone(),
    }
}
