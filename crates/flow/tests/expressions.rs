//! The tables of expressions, and what must hold for any text.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod architect;
mod support;
mod wrong;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value as Json, json};
use support::Mail;
use waypost_flow::expr::{Budget, Compiled, Context, EvalError, Outputs, Scope, compile_value};
use waypost_flow::types::Type;
use waypost_flow::value::{Text, Value};
use waypost_flow::work::Work;

fn text(text: &str) -> Value<'static> {
    Value::String(Text::Owned(text.into()))
}

/// Inputs: name, type, value.
fn inputs() -> Vec<(String, Type, Value<'static>)> {
    let data = json!({ "name": "Ann", "list": [1, 2], "nothing": null });
    let limits = BTreeMap::from([(Arc::from("low"), Value::Integer(1))]);
    let of = |name: &str, data_type: &str, value| (name.to_owned(), Type::parse(data_type).unwrap(), value);
    vec![
        of("word", "string", text("refund")),
        of("count", "integer", Value::Integer(3)),
        of("zero", "integer", Value::Integer(0)),
        of("big", "integer", Value::Integer(i64::MAX)),
        of("ratio", "number", Value::Number(0.5)),
        of("words", "list<string>", Value::List(Arc::from([text("refund"), text("invoice")]))),
        of("limits", "map<integer>", Value::Map(Arc::new(limits))),
        of("data", "json", Value::Json(Arc::new(data))),
        of("text", "string", text("")),
    ]
}

fn compile(value: &str) -> Result<Compiled, Vec<waypost_flow::diagnostic::Diagnostic>> {
    let inputs: Vec<_> = inputs().into_iter().map(|(name, data_type, _)| (name, data_type)).collect();
    let variables = [("count".to_owned(), Some(Type::Integer)), ("unset".to_owned(), Some(Type::String))];
    compile_value(
        "value",
        &Json::from(value),
        &Scope {
            inputs: &inputs,
            variables: &variables,
            outputs: Outputs::Absent,
            members: support::members(),
            work: &Work::default(),
        },
        None,
    )
}

fn eval(compiled: &Compiled, searched: &str) -> Result<Json, EvalError> {
    let attributes = Arc::new(BTreeMap::from([(Arc::from("vip"), text("yes"))]));
    let inputs: Vec<_> =
        inputs().into_iter().map(|(name, _, value)| if name == "text" { text(searched) } else { value }).collect();
    let budget = Budget::new(1_000_000, 64 << 20);
    let context = Context {
        interaction_id: "i-1",
        received_at: "2026-03-01T10:20:30Z".parse().unwrap(),
        priority: 5,
        attributes: &attributes,
        email: &Mail,
        inputs: &inputs,
        variables: &[Some(Value::Integer(9)), None],
        outputs: &[],
        budget: &budget,
        outcomes: None,
    };
    compiled.eval(&context).map(|value| {
        assert!(is_of(&value, &compiled.data_type), "{}: {value:?} is no {}", compiled.source, compiled.data_type);
        value.to_json(&Mail)
    })
}

/// Whether a value is of the type that the checker has found.
fn is_of(value: &Value<'_>, data_type: &Type) -> bool {
    match (value, data_type) {
        (Value::String(_), Type::String)
        | (Value::Integer(_), Type::Integer)
        | (Value::Number(_), Type::Number)
        | (Value::Boolean(_), Type::Boolean)
        | (Value::Datetime(_), Type::Datetime)
        | (Value::Duration(_), Type::Duration)
        | (Value::Json(_), Type::Json)
        | (Value::Object(_), Type::Object(_)) => true,
        (Value::List(elements), Type::List(of)) => elements.iter().all(|element| is_of(element, of)),
        (Value::Map(members), Type::Map(of)) => members.values().all(|member| is_of(member, of)),
        _ => false,
    }
}

/// What came of a case, in the table's words.
fn outcome(value: &str) -> String {
    match compile(value) {
        Err(problems) => match problems.first() {
            Some(first) => {
                let place = first.range.clone().and_then(|range| value.get(range)).unwrap_or("NOWHERE");
                format!("error {} at {place}", first.code)
            }
            None => "error without a problem".to_owned(),
        },
        Ok(compiled) => match eval(&compiled, "") {
            Ok(json) => format!("{} {json}", compiled.data_type),
            Err(error) => format!("fails {}", error.code),
        },
    }
}

/// `*` in an expected error stands for any code or place.
fn agrees(expected: &str, found: &str) -> bool {
    let parts = |text: &str| {
        let (code, place) = text.strip_prefix("error ")?.split_once(" at ")?;
        Some((code.to_owned(), place.to_owned()))
    };
    match (parts(expected), parts(found)) {
        (Some((code, place)), Some((found_code, found_place))) => {
            (code == "*" || code == found_code)
                && if place == "*" { found_place != "NOWHERE" } else { place == found_place }
        }
        _ => expected == found,
    }
}

fn table(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/expr").join(name);
    let lines = std::fs::read_to_string(path).unwrap();
    let cases: Vec<(&str, &str)> = lines
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.rsplit_once(" ==> ").unwrap())
        .collect();
    assert!(cases.len() > 30, "{name} has {} cases", cases.len());
    let wrong: Vec<String> = cases
        .iter()
        .filter(|(value, expected)| !agrees(expected, &outcome(value)))
        .map(|(value, expected)| format!("{value}\n  expected {expected}\n  found    {:.300}", outcome(value)))
        .collect();
    assert!(wrong.is_empty(), "{name}, {} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn operators() {
    table("operators.txt");
}

#[test]
fn interaction() {
    table("interaction.txt");
}

#[test]
fn texts() {
    table("texts.txt");
}

#[test]
fn patterns() {
    table("patterns.txt");
}

#[test]
fn collections() {
    table("collections.txt");
}

#[test]
fn json() {
    table("json.txt");
}

#[test]
fn numbers() {
    table("numbers.txt");
}

#[test]
fn times() {
    table("times.txt");
}

#[test]
fn macros() {
    table("macros.txt");
}

#[test]
fn functions() {
    table("functions.txt");
}

#[test]
fn every_function_does_what_its_examples_say() {
    let mut run = 0;
    for function in waypost_flow::functions::all() {
        assert!(!function.examples.is_empty(), "`{}` has no example", function.name);
        for (expression, expected) in function.examples {
            // A text before it makes it a template: examples give what templates print.
            assert_eq!(
                outcome(&format!("= ${{{expression}}}")),
                format!("string {}", Json::from(format!("= {expected}")))
            );
            run += 1;
        }
    }
    assert!(run > 30, "only {run} examples");
}

#[test]
fn every_operator_does_what_its_examples_say() {
    for operator in waypost_flow::expr::OPERATORS {
        assert!(!operator.examples.is_empty(), "`{}` has no example", operator.form);
        for (expression, expected) in operator.examples {
            let found = outcome(&format!("= ${{{expression}}}"));
            assert_eq!(found, format!("string {}", Json::from(format!("= {expected}"))), "{expression}");
        }
    }
}

#[test]
fn every_macro_does_what_its_examples_say() {
    for known in waypost_flow::expr::MACROS {
        assert!(!known.examples.is_empty(), "`{}` has no example", known.form);
        for (expression, expected) in known.examples {
            let found = outcome(&format!("= ${{{expression}}}"));
            assert_eq!(found, format!("string {}", Json::from(format!("= {expected}"))), "{expression}");
        }
    }
}

#[test]
fn templates() {
    table("templates.txt");
}

/// A small generator: the same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn text(&mut self, alphabet: &[char], longest: usize) -> String {
        (0..self.below(longest + 1)).map(|_| alphabet[self.below(alphabet.len())]).collect()
    }
}

/// Characters that are equal under simple case folding, from the C and S mappings of `CaseFolding.txt`.
const EQUAL: &[&str] = &[
    "aA",
    "bB",
    "eE",
    "fF",
    "rR",
    "tT",
    "iI",
    "kK\u{212A}",
    "sS\u{17F}",
    "ß\u{1E9E}",
    "\u{130}",
    "\u{131}",
    "σςΣ",
    "åÅ\u{212B}",
    "\u{B5}μΜ",
    "ωΩ\u{2126}",
    "θΘ\u{3D1}\u{3F4}",
    "вВ\u{1C80}",
    "\u{1C4}\u{1C5}\u{1C6}",
    "\u{13A0}\u{AB70}",
    "\u{13F0}\u{13F8}",
    "\u{10400}\u{10428}",
    "éÉ",
    "中",
    "😀",
    " ",
    "1",
];

fn fold(text: &str) -> Vec<usize> {
    text.chars().map(|c| EQUAL.iter().position(|orbit| orbit.contains(c)).unwrap()).collect()
}

/// The definition, as slow and plain as it can be.
fn contains(text: &[usize], word: &[usize]) -> bool {
    word.is_empty() || text.windows(word.len()).any(|window| window == word)
}

#[test]
fn searching_equals_its_definition() {
    let all: Vec<char> = EQUAL.iter().flat_map(|orbit| orbit.chars()).collect();
    let mut random = Random(7);
    let (mut found, mut missed) = (0, 0);
    for round in 0..400 {
        // Few different characters make hits and near misses likely; many words make prefixes too many for one kind of search.
        let width = 1 + random.below(if round % 2 == 0 { 4 } else { all.len() });
        let alphabet: Vec<char> = (0..width).map(|_| all[random.below(all.len())]).collect();
        let (count, longest) = match round % 20 {
            0 => (1 + random.below(200), 8),
            1 => (1 + random.below(3), 90),
            _ => (random.below(5), 7),
        };
        let words: Vec<String> = (0..count).map(|_| random.text(&alphabet, longest)).collect();
        let list = words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(", ");
        let first = words.first().cloned().unwrap_or_default();
        let compiled: Vec<Compiled> = [
            format!("${{containsAny(input.text, [{list}])}}"),
            format!("${{containsIgnoreCase(input.text, '{first}')}}"),
            format!("${{equalsIgnoreCase(input.text, '{first}')}}"),
            format!("${{startsWithIgnoreCase(input.text, '{first}')}}"),
        ]
        .iter()
        .map(|value| compile(value).unwrap_or_else(|problems| panic!("{value}: {problems:?}")))
        .collect();
        for _ in 0..12 {
            let text = random.text(&alphabet, if round % 20 == 1 { 200 } else { 40 });
            let folded = fold(&text);
            let any = words.iter().any(|word| contains(&folded, &fold(word)));
            let one = fold(&first);
            let expected = [any, contains(&folded, &one), folded == one, folded.starts_with(&one)];
            for (compiled, expected) in compiled.iter().zip(expected) {
                let result = eval(compiled, &text).unwrap();
                assert_eq!(result, Json::from(expected), "{} in {text:?}", compiled.source);
            }
            if any { found += 1 } else { missed += 1 }
        }
    }
    assert!(found > 500 && missed > 500, "{found} found, {missed} not: the texts prove too little");
}

/// Compiles on a small stack: what overflows it here would overflow a server's.
fn compile_all(values: Vec<String>) {
    let run = move || {
        for value in values {
            match compile(&value) {
                Ok(compiled) => {
                    if let Err(error) = eval(&compiled, "") {
                        assert_ne!(error.code, "run.internal", "{value}");
                    }
                }
                Err(problems) => {
                    assert!(!problems.is_empty(), "{value}");
                    for problem in problems {
                        let range = problem.range.unwrap_or(0..0);
                        assert!(value.get(range.clone()).is_some(), "{range:?} is no part of {value}");
                    }
                }
            }
        }
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
}

#[test]
fn deep_nesting_is_refused_or_read() {
    let shapes: [(&str, &str, &str); 14] = [
        ("(", "1", ")"),
        ("[", "", "]"),
        ("{'a': ", "1", "}"),
        ("!", "true", ""),
        ("-", "1", ""),
        ("true ? 1 : ", "1", ""),
        ("", "1", " + 1"),
        ("", "true", " && true"),
        ("", "input.data", ".a"),
        ("", "input.data", "['a']"),
        ("size(", "'a'", ")"),
        ("true ? ", "1", " : 1"),
        ("[1].all(x, ", "true", ")"),
        ("", "[1]", ".map(x, x)"),
    ];
    let mut values = Vec::new();
    for (open, core, close) in shapes {
        for depth in [1, 10, 24, 40, 47, 100, 199, 1000, 5000] {
            values.push(format!("${{{}{core}{}}}", open.repeat(depth), close.repeat(depth)));
        }
    }
    compile_all(values);
}

#[test]
fn garbage_is_refused() {
    let tokens = [
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "'",
        "\"",
        "'''",
        "r'",
        "b\"",
        "\\",
        "a",
        "input",
        ".",
        ",",
        ":",
        "?",
        "&&",
        "||",
        "!",
        "-",
        "+",
        "*",
        "/",
        "%",
        "==",
        "<",
        "in",
        "has(",
        "1",
        "1.",
        ".5",
        "1e999",
        "0x",
        "99999999999999999999",
        "1u",
        "true",
        "null",
        "ü",
        "😀",
        "\u{0}",
        "\n",
        "//",
        "`",
        "$",
        "${",
        "x.all(",
        "x.map(y,",
        "[1].all(x, ",
        "{'a': 1}.exists(k, v, ",
        ".sortBy(x, x)",
        "matches('a', '",
        "(?<a>",
        "now.formatTime('%",
        "input.data.a[0]",
        "'\\u12'",
        "'\\xZZ'",
        "'\\U00110000'",
        "'\\777'",
        "'\\ud800'",
        ".a",
        "a{b:",
        "size(",
        "interaction.email",
        " ",
        "@",
        "#",
        "?.",
        "[?",
    ];
    let mut random = Random(11);
    let values = (0..3000)
        .map(|_| {
            let body: String = (0..=random.below(9)).map(|_| tokens[random.below(tokens.len())]).collect();
            format!("${{{body}}}")
        })
        .collect();
    compile_all(values);
}
