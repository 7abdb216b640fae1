//! Checking calls of functions.

use waypost_cel::{Expr, Kind, Literal, Span};
use waypost_ids::codes;

use super::Costly;
use super::check::{Checker, Typed};
use super::constant::Trial;
use super::ir::Ir;
use super::{foreign, patterns};
use crate::diagnostic::{Code, Edit, counted};
use crate::email::{Member, Shape};
use crate::functions::{self, BadLiteral, Function, Overload, Pattern, Search, Style, Work};
use crate::types::{ObjectType, Type};
use crate::value::Value;
use crate::work::MAX_PATTERN_BYTES;

/// A pattern of more positions than this can spend a run's work on a body of 1 MiB: 50 of them are a step for each byte.
const MANY_POSITIONS: usize = 100;

impl Checker<'_> {
    pub(super) fn function(
        &mut self,
        place: Span,
        name: &str,
        receiver: Option<&Expr>,
        arguments: &[Expr],
    ) -> Option<Typed> {
        let qualified = receiver.and_then(|of| self.qualified(of, name));
        let (name, receiver, place) = match (&qualified, receiver) {
            (Some(qualified), Some(of)) => (qualified.as_str(), None, of.span.to(place)),
            _ => (name, receiver, place),
        };
        let method = receiver.is_some();
        if let (Some(of), true) = (receiver, is_formatting(name)) {
            return self.format(place, of, arguments);
        }
        let all: Vec<&Expr> = receiver.into_iter().chain(arguments).collect();
        // What a macro of another language, a mistyped one, or one that is not called on a list, binds can't be known.
        if functions::find(name).is_none() && (foreign::is_macro(name) || self.is_mistyped_macro(name, &all)) {
            if let Some(of) = receiver {
                self.check(of);
            }
            self.unknown_function(place, name, (&all, None), method);
            return None;
        }
        let checked: Vec<Option<Typed>> = all.iter().map(|argument| self.check(argument)).collect();
        if let (true, Some(Some((_, Type::Object(ObjectType::Part(part)))))) = (method, checked.first())
            && let Some(member) = self.scope.members.find(part.path(), name)
            && member.shape() == Shape::Lookup
        {
            return self.lookup(place, member, &all, checked);
        }
        let Some(function) = functions::find(name).filter(|function| callable(function, method)) else {
            let of = checked.first().and_then(Option::as_ref).map(|(_, data_type)| data_type);
            self.unknown_function(place, name, (&all, of), method);
            return None;
        };
        if function.overloads.iter().all(|overload| overload.parameters.len() != all.len()) {
            self.wrong_arity(place, function, all.len(), usize::from(method));
            return None;
        }
        let checked: Vec<Typed> = checked.into_iter().collect::<Option<_>>()?;
        let found = function.overloads.iter().find_map(|overload| {
            let mut t = None;
            let fits = overload.parameters.len() == checked.len()
                && overload.parameters.iter().zip(&checked).all(|(kind, (_, data_type))| kind.takes(data_type, &mut t));
            fits.then_some((overload, t))
        });
        let Some((overload, t)) = found else {
            self.wrong_arguments(function, &all, &checked, method);
            return None;
        };
        let irs: Vec<Ir> = checked.into_iter().map(|(ir, _)| ir).collect();
        if let (Work::Matching(_), Some(pattern), Some(written)) = (overload.work, irs.get(1), all.get(1))
            && let Some(pattern) = self.trial().text(pattern)
            && !self.has_room_for(written.span, &pattern)
        {
            return None;
        }
        if !self.literals(function, overload, &all, &irs) {
            return None;
        }
        let ir = self.prepared(function, overload, &all, irs)?;
        let data_type = overload.result.of(t.as_ref());
        // What gives a text converts nothing, unless it reads one; to try it out would cost as much as what it makes.
        if overload.can_fail
            && (function.parses.is_some() || data_type != Type::String)
            && let Some(error) = self.trial().failure(&ir).filter(|error| error.code == codes::CONVERSION)
            && let Some(written) = all.first()
        {
            let example = function.examples.first().map(|(example, _)| format!("write it as in `{example}`"));
            let expected = "a value that can be converted, as this call is the same on every mail";
            self.bad_literal(
                written,
                BadLiteral { message: error.message, expected, suggestion: example, meant: None },
            );
            return None;
        }
        Some((ir, data_type))
    }

    /// The name of a function of a namespace, such as `math.abs`: `of` is no value, unless a name was bound or declared so. Another
    /// language's `Math` is taken for ours, so that the function is what is said to be unknown.
    fn qualified(&self, of: &Expr, name: &str) -> Option<String> {
        let Kind::Name(namespace) = &of.kind else { return None };
        let begins = |function: &Function| {
            function.name.split_once('.').is_some_and(|(known, _)| known.eq_ignore_ascii_case(namespace))
        };
        let is_declared =
            self.local(namespace).is_some() || self.scope.variables.iter().any(|(known, _)| **known == **namespace);
        (functions::all().any(begins) && !is_declared).then(|| format!("{namespace}.{name}"))
    }

    /// Notes a call with too many arguments, or too few. `hidden` of them stand before the dot.
    pub(super) fn wrong_arity(&mut self, place: Span, function: &Function, found: usize, hidden: usize) {
        let name = function.name;
        let mut arities: Vec<usize> = function.overloads.iter().map(|overload| overload.parameters.len()).collect();
        arities.sort_unstable();
        arities.dedup();
        let wanted: Vec<String> = arities.iter().map(|arity| (arity - hidden.min(*arity)).to_string()).collect();
        let noun = if wanted.as_slice() == ["1"] { "argument" } else { "arguments" };
        let wanted = format!("{} {noun}", wanted.join(" or "));
        let found = found - hidden.min(found);
        let example = function.examples.first().map(|(example, _)| format!(", such as `{example}`"));
        let problem = self.problem(place, Code::WrongArity, format!("`{name}` takes {wanted}, found {found}"));
        problem.expected = Some(wanted);
        problem.found = Some(counted(found, "argument"));
        problem.suggestion = Some(format!("write {}{}", function.forms(hidden > 0), example.unwrap_or_default()));
    }

    /// Looks at texts that are written out: a zone that there is not is found before any mail has come.
    fn literals(&mut self, function: &Function, overload: &Overload, all: &[&Expr], arguments: &[Ir]) -> bool {
        let mut good = true;
        let alone = function.parses.filter(|_| overload.can_fail && arguments.len() == 1).map(|check| (0, check));
        for (position, check) in function.literals.iter().copied().chain(alone) {
            let Some((ir, written)) = arguments.get(position).zip(all.get(position)) else { continue };
            let Some(bad) = self.trial().texts(ir).iter().find_map(|text| check(text).err()) else { continue };
            self.bad_literal(written, bad);
            good = false;
        }
        good
    }

    /// What finds out what parts of the expression always are.
    pub(super) fn trial(&self) -> Trial<'_> {
        Trial { work: self.scope.work, length: self.source.len() }
    }

    /// Whether there is room for a pattern among all those of the flow. One that is too large by itself is refused when it is
    /// compiled, which takes long enough to be counted.
    fn has_room_for(&mut self, place: Span, pattern: &str) -> bool {
        let bytes = patterns::compiled_bytes(pattern).min(patterns::TOO_LARGE);
        if !self.scope.work.take(pattern.len() / 16 + bytes / 64) {
            return false;
        }
        if self.scope.work.take_pattern(pattern, bytes) {
            return true;
        }
        let message = "all patterns of the flow together are too large";
        let problem = self.problem(place, Code::LargePatterns, message);
        problem.expected = Some(format!("at most {MAX_PATTERN_BYTES} bytes of compiled patterns in a flow"));
        problem.found = Some(format!("a pattern that takes {bytes} bytes more"));
        problem.suggestion =
            Some("repeat less, write `[0-9a-z]` for `\\w`, or move some into a shared flow".to_owned());
        false
    }

    /// Notes what is wrong with a text. What was meant is put in its place where the text is written there as a whole.
    fn bad_literal(&mut self, written: &Expr, bad: BadLiteral) {
        let range = self.place(written.span);
        let is_text = matches!(&written.kind, Kind::Literal(Literal::Text(_)));
        let problem = self.problem(written.span, Code::ExpressionLiteral, bad.message);
        problem.expected = Some(bad.expected.to_owned());
        problem.suggestion = bad.suggestion;
        let meant = bad.meant.filter(|_| is_text).and_then(|meant| quoted(&meant));
        problem.edits = meant.map(|text| Edit { range, text }).into_iter().collect();
    }

    /// A call, with constant words and patterns prepared.
    fn prepared(
        &mut self,
        function: &Function,
        overload: &'static Overload,
        all: &[&Expr],
        mut arguments: Vec<Ir>,
    ) -> Option<Ir> {
        if let (Some(place), Some(Ir::Constant(words))) = (function.search, arguments.get(1)) {
            let search = match words {
                Value::String(word) => Some(Search::new([word.as_str()], place)),
                Value::List(words) => Some(Search::new(words.iter().filter_map(Value::as_str), place)),
                _ => None,
            };
            if let Some(search) = search {
                return Some(Ir::Search(Box::new(arguments.swap_remove(0)), Box::new(search)));
            }
        }
        let Work::Matching(work) = overload.work else { return Some(Ir::Call(overload, arguments)) };
        let written = all.get(1)?;
        let Some(pattern) = arguments.get(1).and_then(|pattern| self.trial().text(pattern)) else {
            let bad = BadLiteral {
                message: "a pattern can't be computed".to_owned(),
                expected: "a pattern that is written out, so that it is read when the flow is published",
                suggestion: Some(
                    "write the pattern as a literal; use `contains` to search for a computed text".to_owned(),
                ),
                meant: None,
            };
            self.bad_literal(written, bad);
            return None;
        };
        match Pattern::new(&pattern) {
            Ok(pattern) => {
                if pattern.positions() > MANY_POSITIONS {
                    self.costly.push(Costly {
                        path: self.path.to_owned(),
                        range: self.place(written.span),
                        positions: pattern.positions(),
                    });
                }
                arguments.remove(1);
                Some(Ir::Match(work, Box::new(pattern), arguments))
            }
            Err(bad) => {
                self.bad_literal(written, bad);
                None
            }
        }
    }

    fn lookup(
        &mut self,
        place: Span,
        member: &'static Member,
        all: &[&Expr],
        checked: Vec<Option<Typed>>,
    ) -> Option<Typed> {
        let mut checked = checked.into_iter().skip(1);
        let (Some(name), None) = (checked.next(), checked.next()) else {
            self.problem(place, Code::WrongArity, format!("`{}` takes 1 argument: the field's name", member.name()));
            return None;
        };
        let (ir, data_type) = name?;
        if data_type != Type::String {
            if let Some(argument) = all.get(1) {
                self.wrong_type(argument, "string", &data_type);
            }
            return None;
        }
        Some((Ir::Lookup(member, Box::new(ir)), member.data_type()))
    }

    fn wrong_arguments(&mut self, function: &Function, all: &[&Expr], checked: &[Typed], method: bool) {
        let before = self.problems.len();
        // The argument that the overloads get furthest to is the one to mend.
        let mut furthest = 0;
        let mut wanted: Vec<String> = Vec::new();
        for overload in function.overloads.iter().filter(|overload| overload.parameters.len() == checked.len()) {
            let mut t = None;
            let pairs = || overload.parameters.iter().zip(checked);
            let Some(stopped) = pairs().position(|(kind, (_, data_type))| !kind.takes(data_type, &mut t)) else {
                continue;
            };
            if stopped > furthest {
                furthest = stopped;
                wanted.clear();
            }
            let kind = overload.parameters.get(stopped).map(|kind| kind.wanted(t.as_ref())).unwrap_or_default();
            if stopped == furthest && !wanted.contains(&kind) {
                wanted.push(kind);
            }
        }
        let first = (furthest, wanted.join(" or "));
        for (position, wanted) in std::iter::once(first).chain(self.also_wrong(function, checked, furthest)) {
            let (Some(written), Some((_, data_type))) = (all.get(position), checked.get(position)) else { continue };
            match function.reads_literal(position) {
                true => self.wrong_literal(written, wanted, data_type),
                false => self.wrong_type(written, wanted, data_type),
            }
        }
        // One argument may be all right by itself, and not with the others.
        let span = all.iter().skip(1).fold(all.first().map(|first| first.span), |span, part| Some(span?.to(part.span)));
        let mended = self.same_way(function.name, all, method);
        let is_right = self.is_trial || span.zip(mended).is_some_and(|(span, mended)| self.checks(span, &mended));
        for problem in self.problems.iter_mut().skip(before).filter(|_| !is_right) {
            (problem.suggestion, problem.edits) = (None, Vec::new());
        }
    }

    /// The other arguments that are wrong, and what is wanted of each, in the overload that gets furthest and takes most of them.
    fn also_wrong(&self, function: &Function, checked: &[Typed], furthest: usize) -> Vec<(usize, String)> {
        let overloads = function.overloads.iter().filter(|overload| overload.parameters.len() == checked.len());
        let wrong = overloads.filter_map(|overload| {
            let (mut t, mut wrong) = (None, Vec::new());
            for (position, (kind, (_, data_type))) in overload.parameters.iter().zip(checked).enumerate() {
                if !kind.takes(data_type, &mut t) {
                    wrong.push((position, kind.wanted(t.as_ref())));
                }
            }
            wrong.iter().position(|(position, _)| *position == furthest)?;
            Some(wrong)
        });
        let least = wrong.min_by_key(Vec::len).unwrap_or_default();
        least.into_iter().filter(|(position, _)| *position != furthest).collect()
    }
}

/// Whether it is the function whose text is read when the flow is checked.
fn is_formatting(name: &str) -> bool {
    functions::find(name)
        .is_some_and(|function| function.overloads.iter().any(|overload| matches!(overload.work, Work::Formatting)))
}

/// A text as an expression has it; none if it would have to be escaped.
pub(super) fn quoted(text: &str) -> Option<String> {
    let raw = if text.contains('\\') { "r" } else { "" };
    (!text.contains(['\'', '\n'])).then(|| format!("{raw}'{text}'"))
}

pub(super) fn callable(function: &Function, method: bool) -> bool {
    match function.style {
        Style::Both => true,
        Style::Method => method,
        Style::Function => !method,
    }
}
