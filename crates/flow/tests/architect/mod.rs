//! The tables of `docs/architect.md`: what they say to write here compiles, and who writes a word of Architect is told what they say.

use std::path::Path;

use serde_json::{Value as Json, json};
use waypost_flow::actions::ACTIONS;
use waypost_flow::diagnostic::{Diagnostic, edited};
use waypost_flow::document;
use waypost_flow::expr::{Outputs, Scope, compile_value};
use waypost_flow::functions;
use waypost_flow::source;
use waypost_flow::types::Type;
use waypost_flow::work::Work;

use crate::support;

/// The rows of the table below a heading: the cells of each.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/architect.md");
    let page = std::fs::read_to_string(path).unwrap().replace("\\|", "\u{1}");
    let table = page.split(&format!("\n## {heading}\n")).nth(1).expect("the heading is there");
    let lines = table.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().replace('\u{1}', "|")).collect();
    lines.skip(2).map(cells).collect()
}

/// What stands in backticks.
fn code(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// What the names in the page's expressions may be: the page uses them for whatever the row is about.
const WORLDS: [[(&str, &str); 7]; 3] = [
    [
        ("a", "string"),
        ("b", "string"),
        ("c", "boolean"),
        ("x", "string"),
        ("t", "datetime"),
        ("text", "string"),
        ("list", "list<string>"),
    ],
    [
        ("a", "boolean"),
        ("b", "boolean"),
        ("c", "boolean"),
        ("x", "string"),
        ("t", "datetime"),
        ("text", "string"),
        ("list", "list<string>"),
    ],
    [
        ("a", "json"),
        ("b", "json"),
        ("c", "boolean"),
        ("x", "string"),
        ("t", "datetime"),
        ("text", "string"),
        ("list", "list<string>"),
    ],
];

fn compile(written: &str, world: &[(&str, &str)]) -> Result<(), Vec<Diagnostic>> {
    let of = |(name, data_type): &(&str, &str)| ((*name).to_owned(), Some(Type::parse(data_type).unwrap()));
    let variables: Vec<_> = world.iter().map(of).collect();
    let declared = [("x".to_owned(), Type::String)];
    let (outputs, work) = (Outputs::Of(&declared), Work::default());
    let scope = Scope { inputs: &declared, variables: &variables, outputs, members: support::members(), work: &work };
    compile_value("value", &Json::from(written), &scope, None).map(drop)
}

/// An expression of the page as a value; a template stands in its quotes.
fn value(written: &str) -> String {
    match written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(template) if template.contains("${") => template.to_owned(),
        _ => format!("${{{written}}}"),
    }
}

fn compiles(written: &str) -> bool {
    WORLDS.iter().any(|world| compile(&value(written), world).is_ok())
}

/// Whether a text that doesn't compile is told what to write, until it does.
fn is_helped(written: &str) -> bool {
    WORLDS.iter().any(|world| {
        let mut text = value(written);
        for _ in 0..4 {
            let Err(problems) = compile(&text, world) else { return true };
            if problems.iter().any(|problem| problem.suggestion.is_none() || problem.edits.is_empty()) {
                return false;
            }
            text = edited(&text, problems.iter().flat_map(|problem| &problem.edits));
        }
        false
    })
}

/// Calls of a function that stands in the page by its name alone.
fn calls(name: &str) -> Vec<String> {
    ["x", "x, 'a'", "x, 1", "x, 0, 1", "x, 'a', 'b'"].iter().map(|arguments| format!("{name}({arguments})")).collect()
}

fn is_name(written: &str) -> bool {
    written.chars().all(|c| c.is_ascii_alphanumeric())
}

#[test]
fn expressions_of_the_page() {
    let mut wrong = Vec::new();
    let rows = rows("Expressions");
    assert!(rows.len() >= 15, "{rows:?}");
    for row in rows {
        let [theirs, ours] = row.as_slice() else { panic!("two cells: {row:?}") };
        // `.body` goes on from what stands before it in the row.
        let whole = |cell: &str| {
            let mut base = String::new();
            let mut all = Vec::new();
            for one in code(cell) {
                match one.starts_with('.') {
                    true => all.push(format!("{base}{one}")),
                    false => {
                        let end = if one.matches('.').count() > 1 { one.match_indices('.').nth(1) } else { None };
                        base = end.and_then(|(end, _)| one.get(..end)).unwrap_or(&one).to_owned();
                        all.push(one);
                    }
                }
            }
            all
        };
        for written in whole(ours) {
            // `outputMapping` is a member of actions.
            let is_word = is_name(&written) && (functions::find(&written).is_some() || written == "outputMapping");
            if !is_word && !compiles(&written) {
                wrong.push(format!("`{written}`, to be written here, does not compile"));
            }
        }
        for written in whole(theirs) {
            let alone = is_name(&written) && !compiles(&written);
            let helped = if alone { calls(&written).iter().any(|call| is_helped(call)) } else { is_helped(&written) };
            if !helped {
                wrong.push(format!("`{written}` of Architect is not told what it is here"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What an action of that type is told.
fn told(kind: &str) -> Option<String> {
    let nodes = json!([{ "id": "a", "actions": [{ "type": kind }] }]);
    let flow = json!({ "name": "F", "type": "email", "nodes": nodes });
    let read = document::read(&source::json(&flow.to_string()).unwrap());
    read.diagnostics.into_iter().find(|problem| problem.path.ends_with(".type"))?.suggestion
}

#[test]
fn actions_of_the_page() {
    let is_ours = |name: &str| ACTIONS.iter().any(|action| action.name.eq_ignore_ascii_case(name));
    let mut wrong = Vec::new();
    let rows = rows("Actions");
    assert!(rows.len() >= 20, "{rows:?}");
    for row in rows {
        let (theirs, ours) = (&row[0], code(&row[1]));
        let titles = theirs.split(['(', ')']).step_by(2).flat_map(|part| part.split(','));
        let titles = titles.map(|title| title.replace(' ', "")).filter(|title| !title.is_empty());
        for name in titles.chain(code(theirs)).filter(|name| !is_ours(name)) {
            let Some(told) = told(&name) else {
                wrong.push(format!("`{name}` of Architect is not told what it is here"));
                continue;
            };
            // The page's own words may be longer.
            let actions: Vec<&String> = ours.iter().filter(|one| is_ours(one)).collect();
            if !actions.is_empty() && !actions.iter().any(|one| told.contains(&format!("`{one}`"))) {
                wrong.push(format!("`{name}` of Architect is told: {told}; the page says {ours:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
