//! Checking calls of functions.

use cel::parser::Expression;

use super::Costly;
use super::check::{Checker, Typed};
use super::constant::Trial;
use super::ir::Ir;
use super::{macros, patterns};
use crate::diagnostic::Code;
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
        id: u64,
        name: &str,
        receiver: Option<&Expression>,
        arguments: &[Expression],
    ) -> Option<Typed> {
        let method = receiver.is_some();
        let all: Vec<&Expression> = receiver.into_iter().chain(arguments).collect();
        let checked: Vec<Option<Typed>> = all.iter().map(|argument| self.check(argument)).collect();
        if let (true, Some(Some((_, Type::Object(ObjectType::Part(part)))))) = (method, checked.first())
            && let Some(member) = self.scope.members.find(part.path(), name)
            && member.shape() == Shape::Lookup
        {
            return self.lookup(id, member, &all, checked);
        }
        let Some(function) = functions::find(name).filter(|function| callable(function, method)) else {
            self.unknown_function(id, name, method);
            return None;
        };
        let arities: Vec<usize> = function.overloads.iter().map(|overload| overload.parameters.len()).collect();
        if !arities.contains(&all.len()) {
            self.wrong_arity(id, name, arities, all.len(), usize::from(method));
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
            self.wrong_arguments(function, &all, &checked);
            return None;
        };
        let irs: Vec<Ir> = checked.into_iter().map(|(ir, _)| ir).collect();
        if let (Work::Matching(_), Some(pattern), Some(written)) = (overload.work, irs.get(1), all.get(1))
            && let Some(pattern) = self.trial().text(pattern)
            && !self.has_room_for(written.id, &pattern)
        {
            return None;
        }
        if !self.literals(function, &all, &irs) {
            return None;
        }
        let ir = self.prepared(function, overload, &all, irs)?;
        Some((ir, overload.result.of(t.as_ref())))
    }

    fn wrong_arity(&mut self, id: u64, name: &str, mut arities: Vec<usize>, found: usize, hidden: usize) {
        arities.sort_unstable();
        arities.dedup();
        let wanted: Vec<String> = arities.iter().map(|arity| (arity - hidden.min(*arity)).to_string()).collect();
        let wanted = wanted.join(" or ");
        let found = found - hidden.min(found);
        let problem = self.problem(id, Code::WrongArity, format!("`{name}` takes {wanted} argument(s), found {found}"));
        problem.expected = Some(format!("{wanted} argument(s)"));
        problem.found = Some(format!("{found} argument(s)"));
    }

    /// Looks at texts that are written out: a zone that there is not is found before any mail has come.
    fn literals(&mut self, function: &Function, all: &[&Expression], arguments: &[Ir]) -> bool {
        let mut good = true;
        for (position, check) in function.literals {
            let Some((ir, written)) = arguments.get(*position).zip(all.get(*position)) else { continue };
            let Some(bad) = self.trial().texts(ir).iter().find_map(|text| check(text).err()) else { continue };
            self.bad_literal(written.id, bad);
            good = false;
        }
        good
    }

    /// What finds out what parts of the expression always are.
    fn trial(&self) -> Trial<'_> {
        Trial { work: self.scope.work, length: self.parsed.length() }
    }

    /// Whether there is room for a pattern among all those of the flow. One that is too large by itself is refused when it is
    /// compiled, which takes long enough to be counted.
    fn has_room_for(&mut self, id: u64, pattern: &str) -> bool {
        let bytes = patterns::compiled_bytes(pattern).min(patterns::TOO_LARGE);
        if !self.scope.work.take(pattern.len() / 16 + bytes / 64) {
            return false;
        }
        if self.scope.work.take_pattern(pattern, bytes) {
            return true;
        }
        let message = "the patterns of the flow are too large together";
        let problem = self.problem(id, Code::LargePatterns, message);
        problem.expected = Some(format!("at most {MAX_PATTERN_BYTES} bytes of compiled patterns in a flow"));
        problem.found = Some(format!("a pattern that takes {bytes} bytes more"));
        problem.suggestion =
            Some("repeat less, write `[0-9a-z]` for `\\w`, or move some into a shared flow".to_owned());
        false
    }

    fn bad_literal(&mut self, id: u64, bad: BadLiteral) {
        let problem = self.problem(id, Code::ExpressionLiteral, bad.message);
        problem.expected = Some(bad.expected.to_owned());
        problem.suggestion = bad.suggestion;
    }

    /// A call, with constant words and patterns prepared.
    fn prepared(
        &mut self,
        function: &Function,
        overload: &'static Overload,
        all: &[&Expression],
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
                suggestion: Some("write the pattern as a text; to look for a computed text take `contains`".to_owned()),
            };
            self.bad_literal(written.id, bad);
            return None;
        };
        match Pattern::new(&pattern) {
            Ok(pattern) => {
                if pattern.positions() > MANY_POSITIONS {
                    self.costly.push(Costly {
                        path: self.path.to_owned(),
                        range: self.parsed.place(written.id),
                        positions: pattern.positions(),
                    });
                }
                arguments.remove(1);
                Some(Ir::Match(work, Box::new(pattern), arguments))
            }
            Err(bad) => {
                self.bad_literal(written.id, bad);
                None
            }
        }
    }

    fn lookup(
        &mut self,
        id: u64,
        member: &'static Member,
        all: &[&Expression],
        checked: Vec<Option<Typed>>,
    ) -> Option<Typed> {
        let mut checked = checked.into_iter().skip(1);
        let (Some(name), None) = (checked.next(), checked.next()) else {
            self.problem(id, Code::WrongArity, format!("`{}` takes 1 argument: the field's name", member.name()));
            return None;
        };
        let (ir, data_type) = name?;
        if data_type != Type::String {
            self.wrong_type(all.get(1).map_or(id, |argument| argument.id), "string", &data_type);
            return None;
        }
        Some((Ir::Lookup(member, Box::new(ir)), member.data_type()))
    }

    fn unknown_function(&mut self, id: u64, name: &str, method: bool) {
        let other_way = functions::find(name).is_some();
        let names: Vec<&str> = functions::all().map(|function| function.name).chain(macros::names()).collect();
        let near = self.near(name, &names);
        let form = macros::named(name).next().map(|known| known.form);
        let problem = self.problem(id, Code::UnknownFunction, format!("unknown function `{name}`"));
        if let Some(form) = form {
            problem.suggestion = Some(format!("write `{form}`"));
            return;
        }
        problem.suggestion = match (other_way, method) {
            (true, true) => Some(format!("write `{name}(x)`, not `x.{name}()`")),
            (true, false) => Some(format!("write `x.{name}(…)`, not `{name}(x, …)`")),
            _ => near.map(|near| format!("did you mean `{near}`?")),
        };
    }

    fn wrong_arguments(&mut self, function: &Function, all: &[&Expression], checked: &[Typed]) {
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
        if let (Some(written), Some((_, data_type))) = (all.get(furthest), checked.get(furthest)) {
            let data_type = data_type.clone();
            self.wrong_type(written.id, wanted.join(" or "), &data_type);
        }
    }
}

fn callable(function: &Function, method: bool) -> bool {
    match function.style {
        Style::Both => true,
        Style::Method => method,
        Style::Function => !method,
    }
}
