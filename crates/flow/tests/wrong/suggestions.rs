//! What is suggested checks: every function, by its own name, by names near it and by names that other languages have for it, is called
//! with values of all types, as many as it takes and others. Where all problems have edits, the edited text compiles.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};

use serde_json::Value as Json;
use waypost_flow::diagnostic::{Diagnostic, edited};
use waypost_flow::expr::{Outputs, Scope, compile_value};
use waypost_flow::functions;
use waypost_flow::types::Type;
use waypost_flow::work::Work;

use crate::{inputs, support};

/// Values of each type, written out or read.
const VALUES: [&str; 14] = [
    "input.word",
    "'x'",
    "3",
    "input.count",
    "0.5",
    "true",
    "now",
    "duration('1h')",
    "input.words",
    "[1]",
    "input.limits",
    "input.data",
    "interaction.email.from",
    "interaction.email.to",
];

/// The few of them that three arguments are made of.
const FEW: [&str; 4] = ["input.word", "3", "now", "input.words"];

/// The types of the inputs: making them anew for each of many thousand calls would take longer than checking those.
static INPUTS: LazyLock<Vec<(String, Type)>> =
    LazyLock::new(|| inputs().into_iter().map(|(name, data_type, _)| (name, data_type)).collect());

fn problems(text: &str) -> Vec<Diagnostic> {
    let work = Work::default();
    let scope =
        Scope { inputs: &INPUTS, variables: &[], outputs: Outputs::Absent, members: support::members(), work: &work };
    compile_value("value", &Json::from(text), &scope, None).err().unwrap_or_default()
}

/// What is wrong with what is suggested for a call. The result may be of any type.
fn wrong_suggestion(call: &str) -> Option<String> {
    let text = format!("${{[{call}].exists(x, true)}}");
    let found = problems(&text);
    if found.is_empty() || found.iter().any(|problem| problem.edits.is_empty()) {
        return None;
    }
    let edits: Vec<_> = found.iter().flat_map(|problem| problem.edits.clone()).collect();
    let mended = edited(&text, &edits);
    let left = problems(&mended);
    let first = left.first()?;
    Some(format!("{call}: {:?} makes {mended}: {}", found.first()?.suggestion, first.message))
}

/// All lists of so many values.
fn lists(values: &[&'static str], length: usize) -> Vec<Vec<&'static str>> {
    (0..length).fold(vec![Vec::new()], |lists, _| {
        let longer = |list: Vec<&'static str>| {
            values.iter().map(move |value| list.iter().copied().chain([*value]).collect::<Vec<_>>())
        };
        lists.into_iter().flat_map(longer).collect()
    })
}

#[test]
fn what_is_suggested_for_a_call_checks() {
    let own = functions::all().flat_map(|function| {
        let name = function.name;
        let (space, last) = name.rsplit_once('.').map_or(("", name), |(space, _)| name.split_at(space.len() + 1));
        let mut letters = last.chars();
        let first = letters.next().unwrap().to_uppercase().to_string();
        [name.to_owned(), format!("{space}{first}{}", letters.as_str()), format!("{name}s")]
    });
    let foreign = waypost_flow::expr::foreign_functions().map(str::to_uppercase);
    let names: Vec<String> = own.chain(foreign).chain(["Mid", "ToString"].map(str::to_owned)).collect();
    let all: Vec<Vec<&str>> = [lists(&VALUES, 1), lists(&VALUES, 2), lists(&FEW, 3)].concat();
    let of_name = |name: &String| {
        let mut wrong = Vec::from_iter(wrong_suggestion(&format!("{name}()")));
        for arguments in &all {
            wrong.extend(wrong_suggestion(&format!("{name}({})", arguments.join(", "))));
            if let Some((of, rest)) = arguments.split_first().filter(|_| !name.contains('.')) {
                wrong.extend(wrong_suggestion(&format!("{of}.{name}({})", rest.join(", "))));
            }
        }
        wrong
    };
    // Each name by itself, on all processors.
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(name) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = of_name(name);
                    wrong.lock().unwrap().extend(found);
                }
            });
        }
    });
    let (calls, wrong) = (names.len() * all.len(), wrong.into_inner().unwrap());
    let shown: Vec<&str> = wrong.iter().map(String::as_str).step_by(wrong.len().div_ceil(60).max(1)).collect();
    assert!(wrong.is_empty(), "{} of {calls} calls:\n{}", wrong.len(), shown.join("\n"));
}
