//! Trees to text: what is printed is read as the same tree.

use std::fmt::Write;

use crate::tree::{Expr, Kind, Literal};

/// An expression as text, with brackets around everything that is joined.
#[must_use]
pub fn print(tree: &Expr) -> String {
    let mut out = String::new();
    expression(&mut out, tree);
    out
}

fn expression(out: &mut String, tree: &Expr) {
    match &tree.kind {
        Kind::Literal(value) => literal(out, value),
        Kind::Name(name) => out.push_str(name),
        Kind::Member(member) => {
            operand(out, &member.of);
            out.push_str(if member.optional { ".?" } else { "." });
            field(out, &member.field);
        }
        Kind::Index(index) => {
            operand(out, &index.of);
            out.push_str(if index.optional { "[?" } else { "[" });
            expression(out, &index.index);
            out.push(']');
        }
        Kind::Unary(unary, of) => {
            out.push_str(unary.sign());
            bracketed(out, of);
        }
        Kind::Binary(binary) => {
            bracketed(out, &binary.left);
            let _ = write!(out, " {} ", binary.operator.sign());
            bracketed(out, &binary.right);
        }
        Kind::Choice(choice) => {
            bracketed(out, &choice.when);
            out.push_str(" ? ");
            bracketed(out, &choice.then);
            out.push_str(" : ");
            bracketed(out, &choice.otherwise);
        }
        Kind::Call(call) => {
            if let Some(of) = &call.of {
                operand(out, of);
                out.push('.');
            }
            out.push_str(&call.function);
            separated(out, "(", &call.arguments, ")", expression);
        }
        Kind::List(elements) => separated(out, "[", elements, "]", |out, element| {
            out.push_str(if element.optional { "?" } else { "" });
            expression(out, &element.value);
        }),
        Kind::Map(entries) => separated(out, "{", entries, "}", |out, entry| {
            out.push_str(if entry.optional { "?" } else { "" });
            expression(out, &entry.key);
            out.push_str(": ");
            expression(out, &entry.value);
        }),
        Kind::Message(message) => {
            expression(out, &message.name);
            separated(out, "{", &message.fields, "}", |out, (name, value, optional)| {
                out.push_str(if *optional { "?" } else { "" });
                field(out, name);
                out.push_str(": ");
                expression(out, value);
            });
        }
        Kind::Wrong => out.push('…'),
    }
}

fn separated<T>(out: &mut String, open: &str, parts: &[T], close: &str, print: impl Fn(&mut String, &T)) {
    out.push_str(open);
    for (at, part) in parts.iter().enumerate() {
        out.push_str(if at > 0 { ", " } else { "" });
        print(out, part);
    }
    out.push_str(close);
}

/// In brackets, unless nothing could come between.
fn bracketed(out: &mut String, tree: &Expr) {
    match tree.kind {
        Kind::Binary(_) | Kind::Choice(_) | Kind::Unary(..) => {
            out.push('(');
            expression(out, tree);
            out.push(')');
        }
        // `-` before it would belong to it.
        Kind::Literal(Literal::Int(_) | Literal::Double(_)) => {
            out.push('(');
            expression(out, tree);
            out.push(')');
        }
        _ => expression(out, tree),
    }
}

/// What stands before a dot or a bracket.
fn operand(out: &mut String, tree: &Expr) {
    bracketed(out, tree);
}

fn field(out: &mut String, name: &str) {
    let simple = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && !matches!(name, "in" | "true" | "false" | "null");
    let _ = if simple { write!(out, "{name}") } else { write!(out, "`{name}`") };
}

fn literal(out: &mut String, value: &Literal) {
    // Writing to a String can't fail.
    let _ = match value {
        Literal::Null => write!(out, "null"),
        Literal::Bool(value) => write!(out, "{value}"),
        Literal::Int(number) => write!(out, "{number}"),
        Literal::Uint(number) => write!(out, "{number}u"),
        // With a fraction or an exponent, always.
        Literal::Double(number) => write!(out, "{number:?}"),
        Literal::Text(text) => {
            out.push('\'');
            for c in text.chars() {
                let _ = match c {
                    '\'' | '\\' => write!(out, "\\{c}"),
                    c if c.is_control() => write!(out, "\\u{:04x}", c as u32),
                    c => write!(out, "{c}"),
                };
            }
            write!(out, "'")
        }
        Literal::Bytes(bytes) => {
            out.push_str("b'");
            for byte in bytes {
                let _ = write!(out, "\\x{byte:02x}");
            }
            write!(out, "'")
        }
    };
}
