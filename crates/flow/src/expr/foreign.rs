//! Names, members and functions of other languages, and what is called so here. What is suggested is right only as far as it goes:
//! arguments that another language takes in another order are not turned round.

mod names;

use names::Meant::{self, Compared, Form, Function, Joined, Macro};
use names::{ABSENT, FIELDS, FUNCTIONS, MAKE_DURATION, NAMES};
use waypost_cel::{Expr, Kind, Literal, Member};
use waypost_problem::nearest;

use super::calls::quoted;
use super::check::{Checker, Typed};
use super::macros;
use crate::diagnostic::{Code, Edit};
use crate::functions::{self, Style};
use crate::types::{ObjectType, Type};

/// Names that other languages have for functions.
pub fn foreign_functions() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().flat_map(|(names, _)| names.iter().copied())
}

/// Those of them that are long enough to be told from others when they are mistyped.
pub(super) fn long_names() -> impl Iterator<Item = &'static str> {
    foreign_functions().filter(|name| name.len() >= LONG)
}

/// Names of fewer letters are near too many others.
const LONG: usize = 5;

/// What a name of a table means that was mistyped.
fn near<T: Copy>(table: &[(&[&'static str], T)], name: &str) -> Option<T> {
    let long = table.iter().flat_map(|(names, _)| names.iter().copied()).filter(|name| name.len() >= LONG);
    meant(table, nearest(name, long)?)
}

fn meant<T: Copy>(table: &[(&[&str], T)], name: &str) -> Option<T> {
    let name = name.to_ascii_lowercase();
    table.iter().find(|(names, _)| names.contains(&name.as_str())).map(|(_, meant)| *meant)
}

/// What a name that nothing has means.
pub(super) fn name(name: &str) -> Option<&'static str> {
    meant(NAMES, name).filter(|meant| *meant != name)
}

/// The same for a name that is mistyped.
pub(super) fn near_name(name: &str) -> Option<&'static str> {
    near(NAMES, name)
}

/// Whether a name is what others call a value that is not there.
pub(super) fn is_absent(name: &str) -> bool {
    ABSENT.contains(&name.to_ascii_lowercase().as_str())
}

/// What a value of a type is like that is not there; none if there always is one.
pub(super) fn absent(of: &Type) -> Option<&'static str> {
    match of {
        Type::String => Some("''"),
        Type::Json => Some("null"),
        Type::List(_) => Some("[]"),
        Type::Map(_) => Some("{}"),
        _ => None,
    }
}

/// What a member that its object does not have means.
pub(super) fn field(field: &str) -> Option<&'static str> {
    meant(FIELDS, field)
}

/// The same for a member that is mistyped.
pub(super) fn near_field(field: &str) -> Option<&'static str> {
    near(FIELDS, field)
}

/// Whether other languages have a function of that name, or ours writes its name in another way.
pub(super) fn is_foreign(function: &str) -> bool {
    let plain = function.replace('_', "").to_ascii_lowercase();
    let is_ours = |known: &functions::Function| known.name != function && known.name.eq_ignore_ascii_case(&plain);
    plain == MAKE_DURATION
        || FUNCTIONS.iter().any(|(names, _)| names.contains(&plain.as_str()))
        || functions::all().any(is_ours)
}

/// Whether a function binds names: a macro of ours, or of another language.
pub(super) fn is_macro(function: &str) -> bool {
    let plain = function.replace('_', "").to_ascii_lowercase();
    let foreign = FUNCTIONS.iter().any(|(names, meant)| matches!(meant, Macro(_)) && names.contains(&plain.as_str()));
    foreign || macros::named(function).next().is_some()
}

/// `Flow.x`, `Task.x`, `Email.Message`: Architect's scopes. Notes what they are here; `None` if it is none of those.
pub(super) fn path(checker: &mut Checker<'_>, member: &Member) -> Option<Option<Typed>> {
    let Kind::Name(root) = &member.of.kind else { return None };
    if checker.scope.variables.iter().any(|(known, _)| **known == **root) {
        return None;
    }
    let same = |known: &str| known.eq_ignore_ascii_case(&member.field);
    let scope = root.to_ascii_lowercase();
    let meant = match scope.as_str() {
        "flow" | "task" | "state" | "common" | "variables" | "vars" | "var" | "variable" => {
            let variable = checker.scope.variables.iter().find(|(name, _)| same(name)).map(|(name, _)| name.clone());
            let input = || checker.scope.inputs.iter().find(|(name, _)| same(name));
            let output = || checker.scope.outputs.known().iter().find(|(name, _)| same(name));
            let declared = variable
                .or_else(|| input().map(|(name, _)| format!("input.{name}")))
                .or_else(|| output().map(|(name, _)| format!("output.{name}")));
            match declared {
                Some(declared) => declared,
                None if checker.scope.inputs.iter().any(|(input, _)| **input == **root) => return None,
                None => return Some(undeclared(checker, member, &scope)),
            }
        }
        "email" if same("message") => "interaction.email".to_owned(),
        "email" | "interaction" if same("conversationid") => "interaction.id".to_owned(),
        _ => return None,
    };
    let span = member.of.span.to(member.name);
    let range = checker.place(span);
    let written = checker.written(span).to_owned();
    let problem = checker.problem(span, Code::UnknownNameInExpression, format!("unknown name `{written}`"));
    problem.suggestion = Some(format!("write `{meant}`"));
    problem.edits = vec![Edit { range, text: meant }];
    Some(None)
}

/// Says what a variable of another language's scope is here, if the flow has none of that name.
fn undeclared(checker: &mut Checker<'_>, member: &Member, scope: &str) -> Option<Typed> {
    let (span, name) = (member.of.span.to(member.name), &member.field);
    let suggestion = match scope {
        "common" => format!("write `input.{name}` in a shared flow, `output.{name}` in its caller's outputMapping"),
        _ => format!("write `{name}`, and set it with `setVariable` before"),
    };
    let written = checker.written(span).to_owned();
    let problem = checker.problem(span, Code::UnknownNameInExpression, format!("unknown name `{written}`"));
    problem.suggestion = Some(suggestion);
    None
}

/// A member of a text or list that is a function here, such as `x.length`.
pub(super) fn member(checker: &Checker<'_>, of: &Type, member: &Member) -> Option<(String, Edit)> {
    if !matches!(of, Type::String | Type::List(_) | Type::Datetime | Type::Duration) {
        return None;
    }
    let call = |name: &str| call(checker, name, (&[&member.of], Some(of)), true);
    let called = || call(&member.field).or_else(|| call(&checker.near_function(&member.field)?));
    let meant = super::members::of_each(checker, of, member).or_else(called)?;
    // A part of a time is meant, not the time as something else: `now.hour`.
    if matches!(of, Type::Datetime | Type::Duration) && !meant.contains(".get") {
        return None;
    }
    let span = member.of.span.to(member.name);
    if !checker.is_trial && !checker.checks(span, &meant) {
        return None;
    }
    let range = checker.place(span);
    Some((format!("write `{meant}`"), Edit { range, text: meant }))
}

/// A call of a function that there is not, as it is written here: with its arguments, and the type of the first if it is known.
pub(super) fn call(
    checker: &Checker<'_>,
    name: &str,
    (all, of): (&[&Expr], Option<&Type>),
    method: bool,
) -> Option<String> {
    let plain = name.replace('_', "").to_ascii_lowercase();
    let written: Vec<String> = all.iter().map(|part| checker.mended(part.span)).collect();
    let closed: Vec<String> = all.iter().zip(&written).map(|(part, text)| checker.closed(part, text.clone())).collect();
    let named = functions::all().map(|function| function.name).find(|known| known.eq_ignore_ascii_case(&plain));
    let mut found = FUNCTIONS.iter().filter(|(names, _)| names.contains(&plain.as_str())).map(|(_, meant)| meant);
    let of_function = |name: &str| -> Option<String> {
        let function = functions::find(name)?;
        let as_method = match function.style {
            Style::Both => method,
            Style::Method => true,
            Style::Function => false,
        };
        if !function.overloads.iter().any(|overload| overload.parameters.len() == all.len()) {
            return None;
        }
        Some(match (as_method, closed.first(), written.get(1..)) {
            (true, Some(of), Some(rest)) => format!("{of}.{name}({})", rest.join(", ")),
            _ => format!("{name}({})", written.join(", ")),
        })
    };
    let of_meant = |meant: &Meant| match meant {
        Function(name) => of_function(name),
        Macro(name) if all.len() > 1 => Some(format!("{}.{name}({})", closed.first()?, written.get(1..)?.join(", "))),
        Form(form, arity) if *arity == all.len() => {
            // Within the brackets of a call nothing needs brackets of its own.
            let parts = if form.contains("size(") { &written } else { &closed };
            Some(bracketed(checker, filled(form, parts), all))
        }
        Joined(sign) if all.len() > 1 => Some(bracketed(checker, closed.join(sign), all)),
        Compared(sign) if all.len() == 1 => {
            let of = of.cloned().or_else(|| checker.type_of(written.first()?))?;
            let (member, absent) = match &of {
                Type::Object(ObjectType::Address) => (".address", "''"),
                of => ("", absent(of)?),
            };
            Some(bracketed(checker, format!("{}{member} {sign} {absent}", closed.first()?), all))
        }
        Macro(_) | Form(..) | Joined(_) | Compared(_) => None,
    };
    // Ours take a list.
    let is_of_values = all.len() > 1 && of.is_some_and(|of| !matches!(of, Type::List(_) | Type::Json));
    let parts: Vec<&str> = written.iter().map(String::as_str).collect();
    match (plain.as_str(), parts.as_slice()) {
        // Architect's third argument says whether case counts.
        ("contains", [text, word, "true"]) => Some(format!("containsIgnoreCase({text}, {word})")),
        ("contains", [_, word, "false"]) => Some(format!("{}.contains({word})", closed.first()?)),
        ("max", _) if is_of_values => of_function("math.greatest"),
        ("min", _) if is_of_values => of_function("math.least"),
        // Where others write it with a capital, or as `substr`, a length follows the start; here, the end.
        ("substring" | "substr", [_, start, length]) => {
            let number = |text: &str| text.parse::<u32>().ok();
            let end = match (number(start), number(length)) {
                (Some(start), Some(length)) => (u64::from(start) + u64::from(length)).to_string(),
                _ => format!("{} + {}", closed.get(1)?, closed.get(2)?),
            };
            Some(format!("{}.substring({start}, {end})", closed.first()?))
        }
        ("mid", [_, start, length])
            if start.parse::<u32>().is_ok_and(|start| start > 0) && length.parse::<u32>().is_ok() =>
        {
            let start = start.parse::<u64>().ok()?.checked_sub(1)?;
            Some(format!("{}.substring({start}, {})", closed.first()?, start.checked_add(length.parse().ok()?)?))
        }
        ("formatdate" | "dateformat", [_, _]) | ("tostring", [_, _])
            if plain != "tostring" || of == Some(&Type::Datetime) =>
        {
            let format = in_directives(all.get(1)?)?;
            Some(format!("formatTime({}, {format})", written.first()?))
        }
        ("parsedate" | "todate" | "strptime" | "parsedatetime", [text, _]) => {
            Some(format!("parseTime({text}, {})", in_directives(all.get(1)?)?))
        }
        ("makeduration", [days, hours, minutes, seconds]) => duration([days, hours, minutes, seconds]),
        _ => named.and_then(of_function).or_else(|| found.find_map(of_meant)),
    }
}

/// A format of dates as strftime writes it; as it is if it has directives already; none if it can't be said.
fn in_directives(format: &Expr) -> Option<String> {
    let Kind::Literal(Literal::Text(text)) = &format.kind else { return None };
    let directives = if text.contains('%') { text.clone() } else { functions::strftime(text)?.into() };
    quoted(&directives)
}

/// A form with its parts in place of `{0}` and so on. What the parts have of the kind stays as it is.
fn filled(form: &str, parts: &[impl AsRef<str>]) -> String {
    let mut pieces = form.split('{');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let place = piece.split_once('}').and_then(|(at, rest)| Some((parts.get(at.parse::<usize>().ok()?)?, rest)));
        match place {
            Some((part, rest)) => text.extend([part.as_ref(), rest]),
            None => text.extend(["{", piece]),
        }
    }
    text
}

/// What to write instead of a function that there is not, whatever it is called with: for a call whose arguments are too many or too few.
pub(super) fn forms(name: &str, of: Option<&Type>, method: bool) -> Option<String> {
    const LETTERS: [&str; 3] = ["a", "b", "c"];
    let plain = name.replace('_', "").to_ascii_lowercase();
    let of_function = |function: &functions::Function| {
        let as_method = function.style == Style::Method || (function.style == Style::Both && method);
        let is_by_format = matches!(function.name, "formatTime" | "parseTime");
        let format = if is_by_format { ", with a format such as `'%Y-%m-%d'`" } else { "" };
        format!("write {}{format}", function.forms(as_method))
    };
    let with_letters = |form: &str, arity: usize| {
        let letters: Vec<&str> = LETTERS.into_iter().take(arity).collect();
        format!("write `{}` for `{name}({})`", filled(form, &letters), letters.join(", "))
    };
    if plain == MAKE_DURATION {
        return Some(format!("write `duration('1h30m')` for `{name}(0, 1, 30, 0)`"));
    }
    if let Some(function) = functions::all().find(|function| function.name.eq_ignore_ascii_case(&plain)) {
        return Some(of_function(function));
    }
    let (_, meant) = FUNCTIONS.iter().find(|(names, _)| names.contains(&plain.as_str()))?;
    match meant {
        Function(name) => functions::find(name).map(of_function),
        Macro(name) => macros::named(name).next().map(|known| format!("write `{}`", known.form)),
        Form(form, arity) => Some(with_letters(form, *arity)),
        Joined(sign) => Some(with_letters(&format!("{{0}}{sign}{{1}}"), 2)),
        Compared(sign) => Some(match (of, of.and_then(absent)) {
            (_, Some(absent)) => with_letters(&format!("{{0}} {sign} {absent}"), 1),
            (Some(of), None) => format!("a value of type {of} is always there: there is nothing to ask"),
            (None, None) => format!("{} if `a` is a text", with_letters(&format!("{{0}} {sign} ''"), 1)),
        }),
    }
}

/// `MakeDuration(days, hours, minutes, seconds)` with numbers that are written out. Computed ones are texts put together, as ours are.
fn duration([days, hours, minutes, seconds]: [&str; 4]) -> Option<String> {
    let number = |text: &str| text.parse::<u32>().ok();
    let (Some(days), Some(hours), Some(minutes), Some(seconds)) =
        (number(days), number(hours), number(minutes), number(seconds))
    else {
        let hours = format!("string(({days}) * 24 + ({hours})) + 'h'");
        return Some(format!("duration({hours} + string({minutes}) + 'm' + string({seconds}) + 's')"));
    };
    let parts = [(u64::from(days) * 24 + u64::from(hours), 'h'), (minutes.into(), 'm'), (seconds.into(), 's')];
    let some = parts.iter().filter(|(number, _)| *number != 0).map(|(number, unit)| format!("{number}{unit}"));
    let text: String = some.collect();
    Some(format!("duration('{}')", if text.is_empty() { "0s" } else { &text }))
}

/// In brackets, unless nothing stands around it that would take part of it.
fn bracketed(checker: &Checker<'_>, text: String, all: &[&Expr]) -> String {
    let last = all.last().map_or(checker.source.len(), |last| last.span.range().end);
    let behind = checker.source.get(last..).unwrap_or_default().trim_start_matches([' ', ')']);
    let alone = behind.is_empty()
        && checker
            .source
            .trim_start()
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .is_some_and(|at| checker.source.trim_start().get(at..).is_some_and(|rest| rest.starts_with('(')));
    let is_closed = || waypost_cel::parse(&text).tree.is_closed();
    if alone || text.starts_with('!') || all.is_empty() || is_closed() { text } else { format!("({text})") }
}
