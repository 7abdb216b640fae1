//! Texts in HTML. Templates of HTML escape what their expressions print; these say otherwise, or do it by hand.

use super::{Answer, Function, Kind, Overload, Style, made, sure, unexpected};
use crate::value::Value;

/// The function whose result a template of HTML takes as it is.
pub(crate) const RAW_HTML: &str = "rawHtml";

fn raw<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    let [text @ Value::String(_)] = arguments else { return Err(unexpected()) };
    Ok(text.clone())
}

fn escape<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    let [Value::String(text)] = arguments else { return Err(unexpected()) };
    let text = text.as_str();
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    made(escaped)
}

const S: Kind = Kind::String;

static ESCAPE: Overload = sure(&[S], S, escape);

/// What escapes in templates of HTML.
pub(crate) fn escape_html() -> &'static Overload {
    &ESCAPE
}

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "escapeHtml",
        Style::Function,
        "A text escaped for HTML: `&`, `<`, `>`, `\"` and `'` become character references. An action's `html` does this to everything that `${…}` prints.",
        &[sure(&[S], S, escape)],
        &[("escapeHtml('<b>R&D</b>')", "&lt;b&gt;R&amp;D&lt;/b&gt;")],
    ),
    Function::new(
        RAW_HTML,
        Style::Function,
        "The same text. As the whole expression of a `${…}` in an action's `html`, it is inserted as HTML and not escaped.",
        &[sure(&[S], S, raw)],
        &[("rawHtml('<b>' + escapeHtml('R&D') + '</b>')", "<b>R&amp;D</b>")],
    ),
];
