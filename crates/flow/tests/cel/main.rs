//! CEL's own conformance cases, run as data. They are not part of the repository: where the folder `shared` does not stand beside
//! it, this says that it is skipped. What of CEL is not supported, and why, stands case by case in `spec/cel/unsupported.tsv`: a
//! case that is not listed must pass, and one that is listed must not.
//!
//! WAYPOST_BLESS=1 writes the list and the table of `docs/cel.md`: read both before you keep them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod textproto;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;
use textproto::{Field, Message};
use waypost_flow::email::{AddressRef, AttachmentRef, Email, Fact, Member, Members};
use waypost_flow::expr::{Budget, Context, Outputs, Scope, compile_value};
use waypost_flow::types::Type;
use waypost_flow::value::{Text, Value};
use waypost_flow::work::Work;

/// The cases read no mail.
struct NoMail;

static NO_MEMBERS: LazyLock<Members> = LazyLock::new(Members::default);

impl Email for NoMail {
    fn read(&self, _: &Member) -> Fact<'_> {
        Fact::Nothing
    }
    fn address(&self, _: &Member, _: usize) -> Option<AddressRef<'_>> {
        None
    }
    fn attachment(&self, _: &Member, _: usize) -> Option<AttachmentRef<'_>> {
        None
    }
    fn look_up(&self, _: &Member, _: &str) -> &str {
        ""
    }
    fn automatic(&self) -> Option<&str> {
        None
    }
}

/// What a case wants.
enum Wanted<'c> {
    Value(&'c Message),
    Error,
}

/// Times that are in the language and in no run.
const LAST_HOURS: &str = "9999-12-31T23:59:59";
const BEYOND: &str = "the last hours of the year 9999: the time library ends before them";

/// Why a case does not pass: the part of CEL that is not supported, or what went wrong.
type Reason = String;

fn run(case: &Message) -> Result<(), Reason> {
    let Some(variables) = variables(case).filter(|_| !case.has("container")) else {
        return Err(
            "declarations that a flow can't make: containers, functions, types that do not exist here".to_owned()
        );
    };
    let types: Vec<(String, Option<Type>)> =
        variables.iter().map(|(name, data_type, _)| (name.clone(), Some(data_type.clone()))).collect();
    let values: Vec<Option<Value<'static>>> = variables.into_iter().map(|(.., value)| value).collect();
    if case.has("typed_result") || case.has("check_only") {
        return Err("deduced types: the types are Waypost's own".to_owned());
    }
    let truth = textproto::read("bool_value: true");
    let wanted = match case.messages("value").next() {
        _ if case.has("eval_error") || case.has("any_eval_errors") => Wanted::Error,
        Some(value) => Wanted::Value(value),
        None => Wanted::Value(&truth),
    };
    let source = case.text("expr");
    let scope = Scope {
        inputs: &[],
        variables: &types,
        outputs: Outputs::Absent,
        members: &NO_MEMBERS,
        work: &Work::default(),
    };
    let compiled = match compile_value("value", &Json::from(format!("${{{source}}}")), &scope, None) {
        Ok(compiled) => compiled,
        Err(problems) => {
            let problem =
                problems.first().map_or_else(String::new, |problem| format!("{}: {}", problem.code, problem.message));
            // A mistake that is found before the run is an error as well; a part of CEL that is missing is not.
            if matches!(wanted, Wanted::Value(_)) && source.contains(LAST_HOURS) {
                return Err(BEYOND.to_owned());
            }
            let missing = ["expression.unsupported", "expression.function.unknown", "expression.name.unknown"];
            return match wanted {
                Wanted::Error if !missing.iter().any(|code| problem.starts_with(code)) => Ok(()),
                _ => Err(category(&problem, &source)),
            };
        }
    };
    let attributes = Arc::new(BTreeMap::new());
    let budget = Budget::new(1_000_000, 64 << 20);
    let context = Context {
        interaction_id: "i",
        received_at: Timestamp::UNIX_EPOCH,
        priority: 0,
        attributes: &attributes,
        email: &NoMail,
        inputs: &[],
        variables: &values,
        outputs: &[],
        budget: &budget,
        outcomes: None,
    };
    let found = compiled.eval(&context);
    match (wanted, found) {
        (Wanted::Error, Err(_)) => Ok(()),
        (Wanted::Value(wanted), Ok(found)) if is(wanted, &found) => Ok(()),
        (Wanted::Value(wanted), _) if kind(wanted).is_some() => Err(kind(wanted).unwrap().to_owned()),
        _ if source.contains(LAST_HOURS) => Err(BEYOND.to_owned()),
        (_, Ok(_)) if source.contains(".format([[") => Err("lists in texts: printed as JSON everywhere".to_owned()),
        (_, Ok(found)) => Err(format!("WRONG: {source} is {found:?}")),
        (_, Err(error)) => Err(format!("WRONG: {source} fails with {}", error.code)),
    }
}

/// What a case declares and binds, as a flow's variables.
fn variables(case: &Message) -> Option<Vec<(String, Type, Option<Value<'static>>)>> {
    let mut variables = Vec::new();
    for declared in case.messages("type_env") {
        let data_type = declared.messages("ident").next()?.messages("type").next().and_then(type_of)?;
        variables.push((declared.text("name"), data_type, None));
    }
    for bound in case.messages("bindings") {
        let value = bound.messages("value").next()?.messages("value").next().and_then(value_of)?;
        let name = bound.text("key");
        variables.iter_mut().find(|(known, ..)| *known == name)?.2 = Some(value);
    }
    Some(variables)
}

fn type_of(declared: &Message) -> Option<Type> {
    let (name, field) = declared.first()?;
    let inner = |member: &str| match field {
        Field::Message(message) => message.messages(member).next().and_then(type_of),
        _ => None,
    };
    match (name, field) {
        ("primitive", Field::Word(word)) => match word.as_str() {
            "STRING" => Some(Type::String),
            "INT64" => Some(Type::Integer),
            "DOUBLE" => Some(Type::Number),
            "BOOL" => Some(Type::Boolean),
            _ => None,
        },
        ("well_known", Field::Word(word)) if word == "TIMESTAMP" => Some(Type::Datetime),
        ("well_known", Field::Word(word)) if word == "DURATION" => Some(Type::Duration),
        ("list_type", _) => Some(Type::List(Box::new(inner("elem_type")?))),
        ("map_type", _) if inner("key_type") == Some(Type::String) => Some(Type::Map(Box::new(inner("value_type")?))),
        _ => None,
    }
}

fn value_of(bound: &Message) -> Option<Value<'static>> {
    let (name, field) = bound.first()?;
    Some(match (name, field) {
        ("int64_value", Field::Word(word)) => Value::Integer(word.parse().ok()?),
        ("double_value", Field::Word(word)) => Value::Number(word.parse().ok()?),
        ("bool_value", Field::Word(word)) => Value::Boolean(word.parse().ok()?),
        ("string_value", Field::Bytes(bytes)) => Value::String(Text::Owned(std::str::from_utf8(bytes).ok()?.into())),
        ("list_value", Field::Message(list)) => {
            Value::List(list.messages("values").map(value_of).collect::<Option<Vec<_>>>()?.into())
        }
        ("map_value", Field::Message(map)) => {
            let member = |entry: &Message| {
                let key = entry.messages("key").next()?.text("string_value");
                Some((Arc::from(key), value_of(entry.messages("value").next()?)?))
            };
            Value::Map(Arc::new(map.messages("entries").map(member).collect::<Option<_>>()?))
        }
        _ => return None,
    })
}

/// Values that Waypost does not have.
fn kind(wanted: &Message) -> Option<&'static str> {
    match wanted.first()?.0 {
        "uint64_value" => Some("unsigned integers: one kind of integer is enough to route mail"),
        "bytes_value" => Some("bytes: a flow sees only text"),
        "type_value" => Some("types as values: types are known before a flow runs"),
        "enum_value" => Some("protocol buffers: not supported"),
        _ => None,
    }
}

/// The part of CEL that a problem is about.
fn category(problem: &str, source: &str) -> Reason {
    let says = |words: &[&str]| words.iter().any(|word| problem.contains(word));
    let uses = |words: &[&str]| words.iter().any(|word| source.contains(word));
    let reason = if says(&["unsigned"]) || says(&["`uint`"]) {
        "unsigned integers: one kind of integer is enough to route mail"
    } else if says(&["bytes", "`bytes`"]) {
        "bytes: a flow sees only text"
    } else if says(&["optional", "`optional`", "unsupported syntax `.?`", "unsupported syntax `[?`"])
        || uses(&["optional."])
    {
        "optional values: a missing attribute or field reads as empty"
    } else if says(&["messages can't be made"]) || uses(&["google.protobuf", "TestAllTypes", "NestedTestAllTypes"]) {
        "protocol buffers: not supported"
    } else if says(&["`type`", "`dyn`"]) || uses(&["dyn("]) {
        "types as values, and values without a type: types are known before a flow runs"
    } else if says(&["keys of maps are strings"]) || (says(&["expected string"]) && uses(&["{"])) {
        "maps with keys other than strings: attributes and headers have string keys"
    } else if says(&["unsupported syntax: ```"]) {
        "members in backquotes: write `m['a-b']`"
    } else if problem.starts_with("expression.type") {
        "values of mixed types: refused before the flow runs"
    } else if problem.starts_with("expression.function.unknown")
        || uses(&["math.", "strings.", "base64.", "cel.bind", "cel.block", "cel.index", "cel.iterVar"])
    {
        "extension functions that mail routing has not needed: bits, quoting, base64; a variable of the flow replaces `cel.bind`"
    } else if says(&["a text to be formatted can't be computed"]) {
        "a computed text for `format`: it is checked when the flow is published"
    } else if problem.starts_with("expression.name.unknown") {
        "names of CEL's own test environment, and of types"
    } else if says(&["`null`"]) {
        "null: only inside json"
    } else {
        return format!("WRONG: {source}: {problem}");
    };
    reason.to_owned()
}

fn is(wanted: &Message, found: &Value<'_>) -> bool {
    let Some((name, field)) = wanted.first() else { return false };
    match (name, field, found) {
        ("int64_value", Field::Word(word), Value::Integer(number)) => word.parse() == Ok(*number),
        ("double_value", Field::Word(word), Value::Number(number)) => same_number(&word.to_lowercase(), *number),
        ("bool_value", Field::Word(word), Value::Boolean(value)) => word.parse() == Ok(*value),
        ("string_value", Field::Bytes(bytes), Value::String(text)) => text.as_str().as_bytes() == bytes,
        ("null_value", _, Value::Json(json)) => json.is_null(),
        ("list_value", Field::Message(list), Value::List(elements)) => {
            let wanted: Vec<&Message> = list.messages("values").collect();
            wanted.len() == elements.len()
                && wanted.iter().zip(elements.iter()).all(|(wanted, found)| is(wanted, found))
        }
        ("map_value", Field::Message(map), Value::Map(members)) => {
            let wanted: Vec<&Message> = map.messages("entries").collect();
            wanted.len() == members.len()
                && wanted.iter().all(|entry| {
                    let (key, value) = (entry.messages("key").next().unwrap(), entry.messages("value").next().unwrap());
                    members.get(key.text("string_value").as_str()).is_some_and(|found| is(value, found))
                })
        }
        ("object_value", Field::Message(object), found) => is_object(object, found),
        _ => false,
    }
}

fn same_number(word: &str, found: f64) -> bool {
    let wanted: f64 = match word {
        "inf" | "infinity" => f64::INFINITY,
        "-inf" | "-infinity" => f64::NEG_INFINITY,
        word => word.parse().unwrap(),
    };
    wanted == found || wanted.is_nan() && found.is_nan()
}

/// Times and durations.
fn is_object(object: &Message, found: &Value<'_>) -> bool {
    let Some((name, Field::Message(message))) = object.first() else { return false };
    let number = |name: &str| message.text(name).parse::<i64>().unwrap_or_default();
    let nanos = i32::try_from(number("nanos")).unwrap();
    match found {
        Value::Datetime(time) if name.ends_with("Timestamp") => {
            Timestamp::new(number("seconds"), nanos).is_ok_and(|wanted| wanted == *time)
        }
        Value::Duration(span) if name.ends_with("Duration") => SignedDuration::new(number("seconds"), nanos) == *span,
        _ => false,
    }
}

#[test]
fn conformance() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    // Without it, `spec/expr` covers the same ground.
    let Some(folder) = waypost_test_needs::shared("corpus/cel-spec") else { return };
    let list = repository.join("spec/cel/unsupported.tsv");
    let known: BTreeMap<String, String> = std::fs::read_to_string(&list)
        .unwrap_or_default()
        .lines()
        .filter_map(|line| line.rsplit_once('\t'))
        .map(|(case, reason)| (case.to_owned(), reason.to_owned()))
        .collect();
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "textproto"));
    files.sort();
    let (mut passed, mut problems, mut unsupported) = (0_usize, Vec::new(), BTreeMap::new());
    for file in files {
        let suite = textproto::read(&std::fs::read_to_string(&file).unwrap());
        for section in suite.messages("section") {
            let mut seen: BTreeMap<String, usize> = BTreeMap::new();
            for case in section.messages("test") {
                let mut name = format!("{}\t{}\t{}", suite.text("name"), section.text("name"), case.text("name"));
                // Some names stand twice in a section.
                let times = seen.entry(name.clone()).and_modify(|times| *times += 1).or_insert(1);
                if *times > 1 {
                    name = format!("{name} ({times})");
                }
                match (run(case), known.contains_key(&name)) {
                    (Ok(()), false) => passed += 1,
                    (Ok(()), true) => {
                        passed += 1;
                        problems.push(format!("{name}: passes, and is listed as unsupported"));
                    }
                    (Err(reason), listed) => {
                        if !listed || reason.starts_with("WRONG") {
                            problems.push(format!("{name}: {reason}"));
                        }
                        unsupported.insert(name, reason);
                    }
                }
            }
        }
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in unsupported.values() {
        *counts.entry(reason.as_str()).or_default() += 1;
    }
    let mut table =
        format!("{} cases: {passed} pass, {} are not supported.\n\n", passed + unsupported.len(), unsupported.len());
    table.push_str("| cases | what is not supported, and why |\n| ---: | --- |\n");
    let mut rows: Vec<(&str, usize)> = counts.into_iter().collect();
    rows.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    for (reason, count) in rows {
        writeln!(table, "| {count} | {reason} |").unwrap();
    }
    println!("{table}");
    let page = repository.join("docs/cel.md");
    let text = std::fs::read_to_string(&page).unwrap_or_default();
    const MARK: &str = "<!-- counted by the test -->\n";
    if std::env::var_os("WAYPOST_BLESS").is_some() {
        let lines: String = unsupported.iter().map(|(case, reason)| format!("{case}\t{reason}\n")).collect();
        std::fs::write(&list, lines).unwrap();
        let head = text.split(MARK).next().unwrap_or_default();
        std::fs::write(&page, format!("{head}{MARK}{table}")).unwrap();
        let wrong: Vec<&String> = problems.iter().filter(|problem| problem.contains("WRONG")).collect();
        println!("{} to be looked at:\n{wrong:#?}", wrong.len());
        return;
    }
    assert!(problems.is_empty(), "{} of the cases:\n{}", problems.len(), problems.join("\n"));
    assert!(text.ends_with(&table), "docs/cel.md is not current: run this test with WAYPOST_BLESS=1");
}
