//! A tree to YAML text that [`super::yaml`] reads back as the same tree.

use serde_json::{Map, Value as Json};

/// Short maps and lists of plain values stand on one line, up to this many characters.
const MAX_INLINE: usize = 90;

/// A value as a YAML document, with a line break at its end. Keys keep their order; texts are in quotes only where YAML needs them.
#[must_use]
pub fn yaml_text(value: &Json) -> String {
    let mut out = String::new();
    match value {
        Json::Object(members) if !members.is_empty() => block_map(members, 0, &mut out),
        Json::Array(items) if !items.is_empty() => block_list(items, 0, &mut out),
        other => {
            value_after("", other, 0, &mut out);
        }
    }
    out
}

fn block_map(members: &Map<String, Json>, indent: usize, out: &mut String) {
    for (position, (key, value)) in members.iter().enumerate() {
        if position > 0 {
            out.push_str(&" ".repeat(indent));
        }
        out.push_str(&scalar_text(key));
        out.push(':');
        value_after(" ", value, indent, out);
    }
}

fn block_list(items: &[Json], indent: usize, out: &mut String) {
    for (position, item) in items.iter().enumerate() {
        if position > 0 {
            out.push_str(&" ".repeat(indent));
        }
        out.push_str("- ");
        match inline(item) {
            Some(text) => out.push_str(&(text + "\n")),
            None => match item {
                Json::Object(members) => block_map(members, indent + 2, out),
                Json::Array(items) => block_list(items, indent + 2, out),
                other => value_after("", other, indent, out),
            },
        }
    }
}

/// A value behind its key, to the end of its last line.
fn value_after(space: &str, value: &Json, indent: usize, out: &mut String) {
    if let Some(text) = inline(value) {
        out.push_str(&format!("{space}{text}\n"));
        return;
    }
    let below = indent + 2;
    match value {
        Json::Object(members) => {
            out.push_str(&format!("\n{}", " ".repeat(below)));
            block_map(members, below, out);
        }
        Json::Array(items) => {
            out.push_str(&format!("\n{}", " ".repeat(below)));
            block_list(items, below, out);
        }
        Json::String(text) => {
            out.push_str(&format!("{space}{}\n", if text.ends_with('\n') { "|" } else { "|-" }));
            for line in text.lines() {
                if !line.is_empty() {
                    out.push_str(&" ".repeat(below));
                }
                out.push_str(line);
                out.push('\n');
            }
        }
        _ => {}
    }
}

/// A value on one line, if it is short and plain enough.
fn inline(value: &Json) -> Option<String> {
    let is_leaf = |value: &Json| match value {
        Json::Object(members) => members.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::String(text) => !is_block(text),
        _ => true,
    };
    let text = match value {
        Json::Null => "null".to_owned(),
        Json::Bool(value) => value.to_string(),
        Json::Number(number) => number.to_string(),
        Json::String(text) if is_block(text) => return None,
        Json::String(text) => scalar_text(text),
        Json::Array(items) if items.is_empty() => "[]".to_owned(),
        Json::Object(members) if members.is_empty() => "{}".to_owned(),
        Json::Array(items) if items.iter().all(is_leaf) => {
            format!("[{}]", items.iter().map(inline).collect::<Option<Vec<_>>>()?.join(", "))
        }
        Json::Object(members) if members.values().all(is_leaf) => {
            let member = |(key, value): (&String, &Json)| Some(format!("{}: {}", scalar_text(key), inline(value)?));
            format!("{{ {} }}", members.iter().map(member).collect::<Option<Vec<_>>>()?.join(", "))
        }
        Json::Array(_) | Json::Object(_) => return None,
    };
    let is_whole = matches!(value, Json::Object(_) | Json::Array(_));
    (!is_whole || text.chars().count() <= MAX_INLINE).then_some(text)
}

/// Whether a text is written as a block of its lines (`|`).
fn is_block(text: &str) -> bool {
    let odd = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}');
    let starts_blank = text.starts_with(|c: char| c.is_whitespace());
    let ends = text.strip_suffix('\n').unwrap_or(text);
    // The reader takes the last line break of a block that is one expression for YAML's own.
    let expression = text.ends_with('\n') && text.starts_with("${");
    ends.contains('\n') && !starts_blank && !ends.ends_with(char::is_whitespace) && !expression && !text.contains(odd)
}

/// A text as a scalar on one line.
fn scalar_text(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let odd = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}');
    if !text.contains(odd) {
        return if text.contains(['"', '\\']) {
            format!("'{}'", text.replace('\'', "''"))
        } else {
            format!("\"{text}\"")
        };
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            odd_one if odd(odd_one) => quoted.push_str(&format!("\\u{:04x}", u32::from(odd_one))),
            other => quoted.push(other),
        }
    }
    quoted + "\""
}

/// Words that YAML 1.1 or 1.2 reads as something else than a text.
const WORDS: [&str; 9] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];

/// Whether a text means itself without quotes, in blocks and between brackets, in YAML 1.2 and for readers of YAML 1.1.
fn is_plain(text: &str) -> bool {
    let starts = text.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '/');
    let kept =
        |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | '/' | '@' | '(' | ')' | '+' | ';' | '=');
    starts
        && text.chars().all(kept)
        && !text.ends_with(' ')
        && !text.contains("  ")
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::source;

    fn read_back(value: &Json) {
        let text = yaml_text(value);
        let read = source::yaml(&text).unwrap_or_else(|error| panic!("{text}\n{}", error.message)).0;
        assert_eq!(read.to_json(), *value, "{text}");
    }

    #[test]
    fn what_is_written_is_read_back() {
        let texts = [
            "",
            " ",
            "a",
            "a b",
            "a: b",
            "a #b",
            "- a",
            "true",
            "Yes",
            "null",
            "~",
            "1",
            "1.5",
            "1e3",
            "0x1f",
            ".5",
            "+1",
            "@a",
            "a@b.example",
            "${a}",
            "${a == 'b'}",
            "${a == \"b\"}\n",
            "a\nb",
            "a\nb\n",
            "a\n\nb\n",
            "a\nb\n\n",
            "\na\nb",
            "  a\nb",
            "a \nb",
            "a\n b",
            "a\n\tb",
            "a\r\nb",
            "\t",
            "a\\b\"c'd",
            "'",
            "\"",
            "{a}",
            "[a]",
            "a, b",
            "ä\u{85}b",
            "\u{2028}",
            "\u{7f}",
            "\u{0}",
            "🦀 日本",
            "a:",
            "?",
            "? a",
            "|",
            ">",
            "%a",
            "&a",
            "*a",
            "!a",
            "`",
            "---",
            "...",
            "a\n---\nb",
            "# a\n# b",
            "${a}\nand\n",
            "\u{feff}a",
            "key ",
            "a  b",
            "<<",
        ];
        for text in texts {
            read_back(
                &json!({ "a": text, "list": [text], "map": { "x": { "y": text, "z": [[text], { "w": text }] } } }),
            );
            read_back(&json!([text, [text]]));
            if !text.contains('\n') {
                read_back(&json!({ text: 1, "m": { text: { "b": [] } } }));
            }
        }
        for value in [
            json!({}),
            json!([]),
            json!(null),
            json!(1),
            json!([{}, [], null, 1.5, -3, true]),
            json!([[[1], [2]], [{ "a": [{ "b": {} }] }]]),
        ] {
            read_back(&value);
        }
    }

    #[test]
    fn people_can_read_it() {
        let value = json!({
            "name": "Refunds", "trigger": { "type": "email" }, "skills": ["refunds", "German"],
            "nodes": [{ "id": "a", "actions": [{ "type": "setVariable", "name": "x", "value": "${1 + 1}" }, { "type": "sendReply", "text": "Hello,\nwe are on it.\n" }],
                "next": [{ "when": "${x > 1}", "to": "b" }, { "to": "c" }] }],
        });
        let text = "\
name: Refunds
trigger: { type: email }
skills: [refunds, German]
nodes:
  - id: a
    actions:
      - { type: setVariable, name: x, value: \"${1 + 1}\" }
      - type: sendReply
        text: |
          Hello,
          we are on it.
    next:
      - { when: \"${x > 1}\", to: b }
      - { to: c }
";
        assert_eq!(yaml_text(&value), text);
    }
}
