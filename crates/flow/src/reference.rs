//! The language reference in Markdown, made from the definitions that reader and checker use.

use std::fmt::{Result, Write};

use crate::actions::ACTIONS;
use crate::actions::definition::{COMMON, MemberDefinition, Need};
use crate::diagnostic::{Code, MAX_LISTED};
use crate::document::{MAX_ENTRIES, MAX_NODES};
use crate::email::Members;
use crate::expr::{
    MACROS, MAX_BYTES, MAX_NESTING, MAX_STEPS, MAX_TREE_DEPTH, MemberReference, OPERATORS, empty_value, objects,
};
use crate::functions::{self, Function, Kind, Overload, Style};
use crate::source;
use crate::types::{DATA_TYPES, Type};
use crate::value::plain;
use crate::work::{self, MAX_PATTERN_BYTES};

/// The whole reference, with what expressions can read of `interaction`.
pub fn markdown(members: &'static Members) -> String {
    let mut out = String::new();
    // Writing to a String can't fail.
    let _ = write(&mut out, members);
    out
}

fn write(out: &mut String, members: &'static Members) -> Result {
    out.push_str(
        "# Language reference\n\n\
        For people who write flows: data types, names, operators, functions and actions. [The flow document](flow-document.md) has nodes,\n\
        branches, errors and variables. This page is generated (`waypost reference` prints it), and every example in it runs as a test.\n\
        `waypost explain` lists the codes of problems.\n\n\
        Contents: [documents](#documents), [data types](#data-types), [names](#names), [operators](#operators), [macros](#macros), [functions](#functions), [actions](#actions), [limits](#limits).\n",
    );
    documents(out);
    data_types(out)?;
    names(out, members)?;
    operators(out)?;
    macros(out)?;
    out.push_str("\n## Functions\n\nUnless marked otherwise a function can't fail, and its arguments are checked when the flow is published. `T` is any type, the\nsame throughout a line.\n");
    functions::all().try_for_each(|function| self::function(out, function))?;
    actions(out)?;
    limits(out)
}

fn limits(out: &mut String) -> Result {
    out.push_str(
        "\n## Limits\n\nA document beyond one of these is refused with a problem that says so. They are counted, never timed: a document\n\
        that is accepted once is accepted on every machine.\n\n\
        | of | at most | code |\n| --- | --- | --- |\n",
    );
    for (what, most, code) in [
        ("nodes of a flow", thousands(MAX_NODES as u64), Code::TooLarge),
        ("elements of any other list of a document", MAX_ENTRIES.to_string(), Code::TooLarge),
        ("values nested in each other", source::MAX_DEPTH.to_string(), Code::Syntax),
        ("lists and maps nested in each other in a type", Type::MAX_DEPTH.to_string(), Code::DeepType),
        ("bytes of one expression", thousands(MAX_BYTES as u64), Code::ExpressionSyntax),
        ("brackets and conditionals nested in an expression", MAX_NESTING.to_string(), Code::ExpressionSyntax),
        ("parts of an expression nested in each other", MAX_TREE_DEPTH.to_string(), Code::ExpressionSyntax),
        ("bytes of all patterns of a flow, compiled", thousands(MAX_PATTERN_BYTES as u64), Code::LargePatterns),
        ("steps to check a flow", thousands(work::MAX_STEPS), Code::TooMuchWork),
        ("problems that are listed", MAX_LISTED.to_string(), Code::MoreProblems),
    ] {
        writeln!(out, "| {what} | {most} | `{code}` |")?;
    }
    Ok(())
}

/// A number with commas between its thousands.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What holds of every document, whatever stands in it.
fn documents(out: &mut String) {
    out.push_str(
        "\n## Documents\n\n\
        - Defaults, names and keys of maps are literals: an expression in them is refused. `$${` is a literal `${` there, as everywhere.\n\
        - A member that is `null`, or has nothing after its colon in YAML, counts as left out: the official SDKs send such members. But a\n  \
        `default` and a `value` may be the null of json (in other types it is an error), and a branch's `when` without a condition is\n  \
        refused, because a branch without `when` is always taken.\n\
        - YAML's block scalars (`|`, `>`) end in a line break. One that is exactly one `${…}` has none, so that it keeps the expression's type;\n  \
        `|+` keeps it, and so does text around the expression. Anchors, aliases, tags and merge keys (`<<`) are refused.\n\
        - Names of inputs, of outputs and of variables may not differ only in case, wherever a variable is first set. Names of flows, queues,\n  \
        tables, schedules, webhooks and data actions are compared ignoring case, spaces and Unicode form (NFC or NFD).\n",
    );
}

fn data_types(out: &mut String) -> Result {
    out.push_str(
        "\n## Data types\n\nThe types of inputs, outputs and variables; case is ignored. Nothing is converted implicitly.\n\n\
        | type | what it is | example | empty value |\n| --- | --- | --- | --- |\n",
    );
    for known in DATA_TYPES {
        let empty = Type::parse(known.name).map(|data_type| empty_value(&data_type));
        let empty = empty.and_then(|value| plain(&value)).filter(|text| !text.is_empty());
        let empty = match (known.name, empty) {
            (_, Some(text)) => format!("`{text}`"),
            ("json", None) => "`null`".to_owned(),
            ("string", None) => "`\"\"`".to_owned(),
            (_, None) => "empty".to_owned(),
        };
        writeln!(out, "| `{}` | {} | `{}` | {empty} |", known.name, known.summary, known.example)?;
    }
    out.push_str("\nAn output that no path has set and that has no default reads as the empty value.\n");
    Ok(())
}

fn names(out: &mut String, members: &'static Members) -> Result {
    out.push_str(
        "\n## Names\n\n\
        `${…}` holds an expression. A text that is exactly one `${…}` has the expression's own type; any other text is a template of\n\
        type string. `$${` is a literal `${`. `when` takes a boolean.\n\n\
        | name | what it is |\n| --- | --- |\n\
        | `interaction` | The interaction and its mail. |\n\
        | `input.NAME` | The flow's inputs. |\n\
        | `output.NAME` | In an outputMapping: the called flow's outputs. |\n\
        | `NAME` | The flow's variables. |\n\
        | `now` | The time that the mail was accepted: the same throughout a run. |\n\n\
        The examples show what the members of one sample mail read as.\n",
    );
    for object in objects(members) {
        let heading = if object.name.starts_with("interaction") {
            format!("`{}`", object.name)
        } else {
            format!("Members of {}", object.name)
        };
        writeln!(out, "\n### {heading}\n\n| member | type | what it is | example |\n| --- | --- | --- | --- |")?;
        for MemberReference { name, data_type, summary, words, read, example } in object.members {
            let words: Vec<String> =
                words.iter().filter(|word| !word.is_empty()).map(|word| format!("`{word}`")).collect();
            let words = if words.is_empty() { String::new() } else { format!(" One of: {}.", words.join(", ")) };
            let example = match example {
                "" => String::new(),
                example if read == name => format!("`{example}`"),
                example => format!("`{read}` is `{example}`"),
            };
            writeln!(out, "| `{name}` | `{data_type}` | {summary}{words} | {example} |")?;
        }
    }
    Ok(())
}

fn operators(out: &mut String) -> Result {
    out.push_str(
        "\n## Operators\n\nOperators that bind strongest come first. `T` is any type, the same throughout a line.\n\n\
        | written | what it gives | types | examples |\n| --- | --- | --- | --- |\n",
    );
    for operator in OPERATORS {
        let types = operator.types.iter().map(|(left, right, result)| match *right {
            "" => format!("`{left}` → `{result}`"),
            right => format!("`{left}`, `{right}` → `{result}`"),
        });
        let types: Vec<String> = types.collect();
        let examples = operator.examples.iter().map(|(expression, result)| format!("`{expression}` is `{result}`"));
        let examples: Vec<String> = examples.collect();
        let row =
            format!("`{}` | {} | {} | {}", operator.form, operator.summary, types.join("; "), examples.join("; "));
        // A bar would end the cell, even between backticks.
        let row = row.replace("||", "\\|\\|");
        writeln!(out, "| {row} |")?;
    }
    Ok(())
}

fn macros(out: &mut String) -> Result {
    writeln!(
        out,
        "\n## Macros\n\nOver lists and maps: `x` is a name for each element, or for each key of a map, in the parts after it. It hides a variable\n\
        of that name (`.x` reads that one). With two names the first is an element's position or a member's key.\n\
        `c` is a boolean, `e` any expression, `T` the type of the elements. An expression takes at\n\
        most {MAX_STEPS} steps: each element that its macros visit is one, and each KiB of a text or list that it reads; beyond\n\
        that the run fails (`run.too-many-steps`). The steps of all expressions of a run count together against its budget\n\
        (`run.too-much-work`); see `waypost explain run.too-much-work`.\n\n\
        | written | what it gives | type | examples |\n| --- | --- | --- | --- |"
    )?;
    for known in MACROS {
        let examples = known.examples.iter().map(|(expression, result)| format!("`{expression}` is `{result}`"));
        let examples: Vec<String> = examples.collect();
        let row = format!("`{}` | {} | {} | {}", known.form, known.summary, known.result, examples.join("; "));
        writeln!(out, "| {} |", row.replace("||", "\\|\\|"))?;
    }
    Ok(())
}

fn function(out: &mut String, function: &Function) -> Result {
    writeln!(out, "\n### `{}`\n\n{}\n", function.name, function.summary)?;
    for overload in function.overloads {
        let fails = if overload.can_fail { " (can fail)" } else { "" };
        let ordered = overload.parameters.iter().any(Kind::is_ordered);
        let order = if ordered { ", `T` being a type with an order" } else { "" };
        writeln!(out, "- {} → `{}`{order}{fails}", calls(function, overload), overload.result)?;
    }
    out.push_str("\n```\n");
    for (expression, result) in function.examples {
        writeln!(out, "{expression}  →  {result}")?;
    }
    out.push_str("```\n");
    Ok(())
}

/// The ways to write a call: `f(string)`, `string.f()`.
fn calls(function: &Function, overload: &Overload) -> String {
    let form = |method: bool| format!("`{}`", function.form(overload, method));
    match function.style {
        Style::Method => form(true),
        Style::Both if !overload.parameters.is_empty() => format!("{} or {}", form(false), form(true)),
        Style::Both | Style::Function => form(false),
    }
}

fn actions(out: &mut String) -> Result {
    out.push_str(
        "\n## Actions\n\nA node performs its actions in order. Where a member takes a value, write the value itself or `${…}`. Every action has:\n\n",
    );
    members(out, COMMON)?;
    for action in ACTIONS {
        writeln!(out, "\n### `{}`\n\n{}\n", action.name, action.summary)?;
        if action.members.is_empty() {
            out.push_str("It has no members of its own.\n");
        } else {
            members(out, action.members)?;
        }
        writeln!(out, "\n```yaml\n{}```", action.example)?;
    }
    Ok(())
}

fn members(out: &mut String, members: &[MemberDefinition]) -> Result {
    out.push_str("| member | takes | needed | what it is |\n| --- | --- | --- | --- |\n");
    for member in members {
        let need = match member.need {
            Need::Required => "yes".to_owned(),
            Need::Optional => "no".to_owned(),
            Need::Or(other) => format!("it or `{other}`"),
        };
        writeln!(out, "| `{}` | {} | {need} | {} |", member.name, member.takes.words(), member.summary)?;
    }
    Ok(())
}
