//! Regular expressions, by the `regex` crate: in time linear in the text. A pattern is written out in the flow, so that it is
//! compiled once, when the flow is published, and a mistake in it is told then.

mod spans;

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use regex::{Captures, Regex, RegexBuilder};
use regex_automata::hybrid::dfa;
use regex_automata::hybrid::regex::Regex as Lazy;
use regex_automata::nfa::thompson;
use regex_syntax::hir::{Hir, HirKind};

use super::kind::STRINGS;
use super::{
    Answer, BadLiteral, Function, Kind, Matching, Meter, Overload, Style, Work, clip, list_of, too_large, unexpected,
};
use crate::expr::{EvalError, MAX_VALUE_BYTES};
use crate::value::{Text, Value};
use spans::Spans;

/// What a compiled pattern may take, in bytes.
const MAX_COMPILED_BYTES: usize = 1 << 20;

/// Groups of a match that are read, for one step.
const GROUPS_OF_A_STEP: usize = 8;

/// A match that can't be longer is not looked for far beyond its end.
const LONG_MATCH: usize = 1024;

/// At most so many patterns are remembered; when there are more, all are forgotten.
const MOST_KNOWN: usize = 256;

/// Patterns that were compiled before: a version is checked each time that what it calls changes its interface.
static KNOWN: LazyLock<Mutex<HashMap<Box<str>, Pattern>>> = LazyLock::new(Mutex::default);

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Pattern {
    regex: Regex,
    /// Whether a search may read far beyond the end of what it finds.
    reads_on: bool,
    /// How many characters and classes it is made of, repeated ones as often as they may come: at most so many are held against a byte.
    positions: usize,
    /// The automaton for longer texts, made when the first one comes; none if the pattern is too large for it.
    lazy: Arc<OnceLock<Option<Lazy>>>,
}

/// What `\b` is in a text that is not raw: nobody looks for it in a mail.
const BACKSPACE: char = '\u{8}';

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(pattern: &str) -> Result<Self, BadLiteral> {
        // Entries are inserted whole.
        let lock = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(pattern) {
            return Ok(known.clone());
        }
        if pattern.contains(BACKSPACE) {
            return Err(backspace(pattern));
        }
        let regex = RegexBuilder::new(pattern).size_limit(MAX_COMPILED_BYTES).build();
        let regex = regex.map_err(|error| bad(pattern, &error))?;
        let hir = regex_syntax::parse(pattern).ok();
        let longest = hir.as_ref().and_then(|hir| hir.properties().maximum_len());
        let compiled = Self {
            regex,
            reads_on: longest.is_none_or(|longest| longest > LONG_MATCH),
            positions: hir.as_ref().map_or(usize::MAX, positions).max(1),
            lazy: Arc::default(),
        };
        let mut known = lock();
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        known.insert(pattern.into(), compiled.clone());
        Ok(compiled)
    }

    /// How many characters and classes at most are held against each character of a text that it is slow on.
    pub fn positions(&self) -> usize {
        self.positions
    }

    fn lazy(&self) -> Option<&Lazy> {
        let build = || {
            // Where building costs more than it saves it gives up early: see `spans`.
            let automaton = dfa::Config::new()
                .unicode_word_boundary(true)
                .minimum_cache_clear_count(Some(1))
                .minimum_bytes_per_state(Some(self.positions.max(10)));
            let size = thompson::Config::new().nfa_size_limit(Some(MAX_COMPILED_BYTES));
            Lazy::builder().dfa(automaton).thompson(size).build(self.regex.as_str()).ok()
        };
        self.lazy.get_or_init(build).as_ref()
    }

    /// All matches, one after the other.
    fn matches<'t>(&'t self, text: &'t str, meter: &'t dyn Meter) -> Spans<'t> {
        Spans::new(self, text, meter)
    }

    /// The groups of a match that was found.
    fn groups_of<'t>(
        &self,
        text: &'t str,
        span: &Range<usize>,
        meter: &dyn Meter,
    ) -> Result<Option<Captures<'t>>, EvalError> {
        // The same match is found again, from its start on, and then gone through position by position.
        meter.step(spans::worst(self, span.len()) + self.regex.captures_len() / GROUPS_OF_A_STEP)?;
        Ok(self.regex.captures_at(text, span.start))
    }
}

/// See [`Pattern::positions`]. No deeper than what the parser lets through.
fn positions(hir: &Hir) -> usize {
    let all = |parts: &[Hir]| parts.iter().fold(0_usize, |sum, part| sum.saturating_add(positions(part)));
    match hir.kind() {
        HirKind::Empty => 0,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(_) | HirKind::Look(_) => 1,
        HirKind::Repetition(repeated) => {
            let times = repeated.max.unwrap_or_else(|| repeated.min.saturating_add(1)).max(1);
            positions(&repeated.sub).saturating_mul(usize::try_from(times).unwrap_or(usize::MAX))
        }
        HirKind::Capture(group) => positions(&group.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => all(parts),
    }
}

fn bad(pattern: &str, error: &regex::Error) -> BadLiteral {
    let reason = match regex_syntax::Parser::new().parse(pattern) {
        Err(regex_syntax::Error::Parse(error)) => error.kind().to_string(),
        Err(regex_syntax::Error::Translate(error)) => error.kind().to_string(),
        _ => match error {
            regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
            _ => "it is not supported".to_owned(),
        },
    };
    let suggestion = if reason.contains("look-around") || reason.contains("backreferences") {
        "use two patterns, joined by `&&`"
    } else if reason == "it is too large" {
        "repeat less: `{1,1000}` writes its part out a thousand times"
    } else {
        "write `\\` before a character that stands for itself, and the pattern as `r'…'`, which leaves backslashes alone"
    };
    BadLiteral {
        message: format!("the pattern `{}` can't be read: {reason}", clip(pattern)),
        expected: "a regular expression (RE2's syntax)",
        suggestion: Some(suggestion.to_owned()),
        meant: None,
    }
}

fn backspace(pattern: &str) -> BadLiteral {
    BadLiteral {
        message: "the pattern holds a backspace (U+0008): outside of `r'…'`, `\\b` is one".to_owned(),
        expected: "`\\b` for the end of a word, with its backslash left alone",
        suggestion: Some(
            "write the pattern as `r'…'`; in a file's double quotes each `\\` is written `\\\\`".to_owned(),
        ),
        meant: Some(pattern.replace(BACKSPACE, "\\b")),
    }
}

/// A pattern whose groups are read by their names must have some.
fn has_names(pattern: &str) -> Result<(), BadLiteral> {
    let named = Pattern::new(pattern)?.regex.capture_names().flatten().next().is_some();
    if named {
        return Ok(());
    }
    Err(BadLiteral {
        message: format!("the pattern `{}` has no named group", clip(pattern)),
        expected: "a group with a name, such as `(?<order>[0-9]+)`",
        suggestion: Some("name the groups, or use `find` for the whole match".to_owned()),
        meant: None,
    })
}

fn matches<'m>(arguments: &[Value<'m>], pattern: &Pattern, meter: &dyn Meter) -> Answer<'m> {
    let [Value::String(text)] = arguments else { return Err(unexpected()) };
    let found = pattern.matches(text.as_str(), meter).next().transpose()?;
    Ok(Value::Boolean(found.is_some()))
}

fn find<'m>(arguments: &[Value<'m>], pattern: &Pattern, meter: &dyn Meter) -> Answer<'m> {
    let (text, default) = match arguments {
        [Value::String(text)] => (text, None),
        [Value::String(text), default] => (text, Some(default)),
        _ => return Err(unexpected()),
    };
    Ok(match pattern.matches(text.as_str(), meter).next().transpose()? {
        Some(found) => Value::String(text.part(found)),
        None => default.cloned().unwrap_or_else(|| Value::text("")),
    })
}

fn find_all<'m>(arguments: &[Value<'m>], pattern: &Pattern, meter: &dyn Meter) -> Answer<'m> {
    let [Value::String(text)] = arguments else { return Err(unexpected()) };
    list_of(pattern.matches(text.as_str(), meter).map(|found| Ok(Value::String(text.part(found?)))))
}

/// The named groups of a match; one that took no part in it is empty.
fn groups<'m>(
    text: &Text<'m>,
    pattern: &Pattern,
    span: &Range<usize>,
    meter: &dyn Meter,
) -> Result<Value<'m>, EvalError> {
    let found = pattern.groups_of(text.as_str(), span, meter)?;
    let members: BTreeMap<Arc<str>, Value<'m>> = pattern
        .regex
        .capture_names()
        .flatten()
        .map(|name| {
            let group = found.as_ref().and_then(|found| found.name(name));
            (Arc::from(name), Value::String(text.part(group.map_or(0..0, |group| group.range()))))
        })
        .collect();
    Ok(Value::Map(Arc::new(members)))
}

fn capture<'m>(arguments: &[Value<'m>], pattern: &Pattern, meter: &dyn Meter) -> Answer<'m> {
    let [Value::String(text)] = arguments else { return Err(unexpected()) };
    match pattern.matches(text.as_str(), meter).next().transpose()? {
        Some(found) => groups(text, pattern, &found, meter),
        None => Ok(Value::Map(Arc::default())),
    }
}

fn capture_all<'m>(arguments: &[Value<'m>], pattern: &Pattern, meter: &dyn Meter) -> Answer<'m> {
    let [Value::String(text)] = arguments else { return Err(unexpected()) };
    list_of(pattern.matches(text.as_str(), meter).map(|found| groups(text, pattern, &found?, meter)))
}

fn replace_all<'m>(arguments: &[Value<'m>], pattern: &Pattern, meter: &dyn Meter) -> Answer<'m> {
    let [Value::String(text), Value::String(new)] = arguments else { return Err(unexpected()) };
    let whole = text.as_str();
    let mut replaced = String::new();
    let mut done = 0;
    for found in pattern.matches(whole, meter) {
        let range = found?;
        replaced.push_str(whole.get(done..range.start).unwrap_or_default());
        replaced.push_str(new.as_str());
        done = range.end;
        if replaced.len() > MAX_VALUE_BYTES {
            return Err(too_large());
        }
    }
    if done == 0 && replaced.is_empty() {
        return Ok(Value::String(text.clone()));
    }
    replaced.push_str(whole.get(done..).unwrap_or_default());
    super::made(replaced)
}

const fn matching(parameters: &'static [Kind], result: Kind, work: Matching) -> Overload {
    Overload { parameters, result, can_fail: false, work: Work::Matching(work), is_outer: false }
}

const S: Kind = Kind::String;
const GROUPS: Kind = Kind::Map(&Kind::String);

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "matches",
        Style::Both,
        "Whether the pattern is found anywhere in the text: `^` and `$` anchor it at the ends. A pattern is a regular expression (RE2's syntax, with Unicode), written as a literal; `(?i)` at its start ignores case.",
        &[matching(&[S, S], Kind::Boolean, matches)],
        &[("'Order 4711'.matches('[0-9]{4}')", "true"), ("matches('Invoice', r'(?i)^\\binvoice\\b$')", "true")],
    ),
    Function::new(
        "find",
        Style::Both,
        "The first match of the pattern; otherwise the default, or an empty text.",
        &[matching(&[S, S], S, find), matching(&[S, S, S], S, find)],
        &[("find('Order 4711 of 2026', '[0-9]+')", "4711"), ("find('no order', '[0-9]+', 'none')", "none")],
    ),
    Function::new(
        "findAll",
        Style::Both,
        "All matches of the pattern, in order.",
        &[matching(&[S, S], STRINGS, find_all)],
        &[("findAll('orders 4711, 4712', '[0-9]+')", r#"["4711","4712"]"#)],
    ),
    Function::new(
        "capture",
        Style::Both,
        "The named groups of the first match; a group that did not take part is empty. Without a match the map is empty: read it with get, or check with in.",
        &[matching(&[S, S], GROUPS, capture)],
        &[
            ("capture('Order 4711 of 2026', '(?<order>[0-9]+) of (?<year>[0-9]+)')", r#"{"order":"4711","year":"2026"}"#),
            ("capture('no order', 'Order (?<order>[0-9]+)').get('order', 'none')", "none"),
        ],
    )
    .checking(&[(1, has_names)]),
    Function::new(
        "captureAll",
        Style::Both,
        "The named groups of all matches, in order.",
        &[matching(&[S, S], Kind::List(&GROUPS), capture_all)],
        &[("captureAll('a=1, b=2', '(?<key>[a-z])=(?<value>[0-9])')", r#"[{"key":"a","value":"1"},{"key":"b","value":"2"}]"#)],
    )
    .checking(&[(1, has_names)]),
    Function::new(
        "replaceAll",
        Style::Both,
        "The text with each match of the pattern replaced. The replacement is literal: `$1` is the text `$1`.",
        &[matching(&[S, S, S], S, replace_all)],
        &[("replaceAll('card 1234 5678', '[0-9]', '*')", "card **** ****")],
    ),
];
