//! Syntax tree to checked expression: names resolved, types found, every problem told.

use std::ops::Range;
use std::sync::Arc;

use waypost_cel::{Entry, Expr, Kind, Literal, Member, Span};
use waypost_problem::{nearest, one_of};

use super::compile::deep_type;
use super::conversion::conversion;
use super::ir::{Ir, Site};
use super::{Costly, NeverIs, Outputs, Scope};
use super::{foreign, members};
use crate::diagnostic::{Code, Diagnostic, Edit};
use crate::types::{ObjectType, Type};
use crate::value::{Text, Value};

/// An expression with its type.
pub(super) type Typed = (Ir, Type);

/// Checks one expression.
pub(super) struct Checker<'c> {
    pub(super) path: &'c str,
    /// The expression as it is written.
    pub(super) source: &'c str,
    /// Where it begins in the whole value.
    pub(super) base: usize,
    pub(super) scope: &'c Scope<'c>,
    pub(super) problems: Vec<Diagnostic>,
    /// Variables read, with the first place of each.
    pub(super) reads: Vec<(usize, Range<usize>)>,
    /// Inputs read, by position.
    pub(super) inputs: Vec<usize>,
    /// Patterns that can be slow.
    pub(super) costly: Vec<Costly>,
    /// Texts that a member is compared with, and never is.
    pub(super) never: Vec<NeverIs>,
    /// Where the parts of its conditions are, in the order of `outcomes.rs`.
    pub(super) parts: Vec<Range<usize>>,
    /// Names that macros have bound here, the innermost last, each with its number.
    pub(super) locals: Vec<(String, Type, u32)>,
    /// The next such number.
    pub(super) next_local: u32,
    /// Whether it only finds out if what another suggests checks: then it suggests nothing for calls.
    pub(super) is_trial: bool,
}

/// Words of CEL that can't be read as names.
const NAMES: [&str; 4] = ["interaction", "input", "output", "now"];

impl<'c> Checker<'c> {
    /// One that has seen nothing yet, for an expression that begins at `base` in its value.
    pub(super) fn new(path: &'c str, source: &'c str, base: usize, scope: &'c Scope<'c>) -> Self {
        Self {
            path,
            source,
            base,
            scope,
            problems: Vec::new(),
            reads: Vec::new(),
            inputs: Vec::new(),
            costly: Vec::new(),
            never: Vec::new(),
            parts: Vec::new(),
            locals: Vec::new(),
            next_local: 0,
            is_trial: false,
        }
    }
}

impl Checker<'_> {
    /// The checked expression; `None` when a problem was noted, or was reported elsewhere.
    pub(super) fn check(&mut self, expression: &Expr) -> Option<Typed> {
        if !self.scope.work.take(1) {
            return None;
        }
        let typed = self.part(expression)?;
        if typed.1.depth() > Type::MAX_DEPTH {
            let found = deep_type(self.path.to_owned(), &typed.1).at(self.place(expression.span));
            self.problems.push(found);
            return None;
        }
        Some(typed)
    }

    fn part(&mut self, expression: &Expr) -> Option<Typed> {
        let span = expression.span;
        match &expression.kind {
            Kind::Literal(literal) => self.literal(span, literal),
            Kind::Name(name) => self.name(span, name),
            Kind::Member(member) => self.select(member, false),
            Kind::Index(index) if index.optional => self.unsupported(span, "optional values are not supported"),
            Kind::Index(index) => {
                let (of, at) = (self.check(&index.of), self.check(&index.index));
                members::index(self, expression, (&index.of, of?), (&index.index, at?))
            }
            Kind::Unary(unary, of) => self.unary(*unary, of),
            Kind::Binary(binary) => self.binary(binary),
            Kind::Choice(choice) => self.choice(choice),
            Kind::Call(call) => self.call(expression, call),
            Kind::List(elements) => {
                if elements.iter().any(|element| element.optional) {
                    return self.unsupported(span, "optional elements are not supported");
                }
                let parts: Vec<Option<Typed>> = elements.iter().map(|element| self.check(&element.value)).collect();
                let parts: Vec<Typed> = parts.into_iter().collect::<Option<_>>()?;
                let written: Vec<&Expr> = elements.iter().map(|element| &element.value).collect();
                self.list(&written, parts)
            }
            Kind::Map(entries) => self.map(span, entries),
            Kind::Message(_) => self.unsupported(span, "messages can't be made"),
            // The parser has reported it.
            Kind::Wrong => None,
        }
    }

    /// The place of a part, in bytes of the whole value.
    pub(super) fn place(&self, span: Span) -> Range<usize> {
        let range = span.range();
        self.base + range.start..self.base + range.end
    }

    /// A part as it is written.
    pub(super) fn written(&self, span: Span) -> &str {
        self.source.get(span.range()).unwrap_or_default()
    }

    /// Notes a problem at a part of the expression; the answer can be added to.
    pub(super) fn problem(&mut self, span: Span, code: Code, message: impl Into<String>) -> &mut Diagnostic {
        let diagnostic = Diagnostic::error(code, self.path, message).at(self.place(span));
        self.problems.push_mut(diagnostic)
    }

    /// Where something is read that may not be there: `whole`, of `of`.
    pub(super) fn site(&self, of: &Expr, whole: Span) -> Site {
        let (of, whole) = (self.place(of.span), self.place(whole));
        // Expressions are far shorter than 4 GiB.
        let short = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Site { start: short(of.start), of_end: short(of.end), end: short(whole.end), list: false }
    }

    pub(super) fn unsupported<T>(&mut self, span: Span, message: &str) -> Option<T> {
        self.problem(span, Code::ExpressionUnsupported, message);
        None
    }

    /// Notes that a part is of the wrong type.
    pub(super) fn wrong_type(&mut self, part: &Expr, expected: impl Into<String>, found: &Type) {
        let expected = expected.into();
        let message = format!("expected {expected}, found {found}");
        let conversion = conversion(&expected, found);
        let edits = conversion.as_ref().map(|conversion| conversion.edits(self.place(part.span), part.is_closed()));
        let problem = self.problem(part.span, Code::WrongType, message);
        problem.expected = Some(expected);
        problem.found = Some(found.to_string());
        problem.suggestion = conversion.map(|conversion| conversion.help());
        problem.edits = edits.unwrap_or_default();
    }

    /// Notes that a part is of the wrong type which has to be written out: nothing converts it.
    pub(super) fn wrong_literal(&mut self, part: &Expr, expected: impl Into<String>, found: &Type) {
        self.wrong_type(part, expected, found);
        if let Some(problem) = self.problems.last_mut() {
            (problem.suggestion, problem.edits) = (None, Vec::new());
        }
    }

    fn literal(&mut self, span: Span, literal: &Literal) -> Option<Typed> {
        Some(match literal {
            Literal::Bool(value) => (Ir::Constant(Value::Boolean(*value)), Type::Boolean),
            Literal::Int(number) => (Ir::Constant(Value::Integer(*number)), Type::Integer),
            Literal::Double(number) => (Ir::Constant(Value::Number(*number)), Type::Number),
            Literal::Text(text) => string_constant(text),
            Literal::Null => (Ir::Constant(Value::Json(Arc::new(serde_json::Value::Null))), Type::Json),
            Literal::Uint(_) => {
                let written = self.written(span).trim_end_matches(['u', 'U']).to_owned();
                let place = self.place(span);
                let problem = self.problem(span, Code::ExpressionUnsupported, "unsigned integers are not supported");
                problem.suggestion = Some("leave the `u` out".to_owned());
                problem.edits = vec![Edit { range: place, text: written }];
                return None;
            }
            Literal::Bytes(_) => {
                let place = self.place(span);
                let problem = self.problem(span, Code::ExpressionUnsupported, "bytes are not supported");
                problem.suggestion = Some("use a text: leave the `b` out".to_owned());
                problem.edits = vec![Edit { range: place.start..place.start + 1, text: String::new() }];
                return None;
            }
        })
    }

    fn name(&mut self, span: Span, name: &str) -> Option<Typed> {
        if let Some((_, data_type, local)) = self.local(name) {
            return Some((Ir::Local(*local), data_type.clone()));
        }
        // A leading dot is what reads past the names that macros bind.
        let plain = name.strip_prefix('.').unwrap_or(name);
        if !self.scope.work.take(self.scope.variables.len() / 256) {
            return None;
        }
        if let Some(position) = self.scope.variables.iter().position(|(known, _)| known == plain) {
            let place = self.place(span);
            if self.reads.iter().all(|(known, _)| *known != position) {
                self.reads.push((position, place));
            }
            // A variable whose type could not be found out was reported where it is set.
            let data_type = self.scope.variables.get(position).and_then(|(_, data_type)| data_type.clone())?;
            return Some((Ir::Variable(position, Arc::from(plain)), data_type));
        }
        match plain {
            "now" => Some((Ir::Read(super::ir::Read::ReceivedAt), Type::Datetime)),
            "interaction" => Some((
                Ir::Constant(Value::Object(crate::value::Handle::Interaction)),
                Type::Object(ObjectType::Interaction),
            )),
            "input" | "output" => {
                let code = Code::UnknownNameInExpression;
                let problem = self.problem(span, code, format!("`{plain}` is not a value by itself"));
                problem.suggestion = Some(format!("name a member: `{plain}.NAME`"));
                None
            }
            _ => {
                let variables = self.scope.variables.iter().map(|(name, _)| name.as_str());
                let known: Vec<&str> =
                    self.locals.iter().map(|(name, ..)| name.as_str()).chain(variables).chain(NAMES).collect();
                let as_input = self.scope.inputs.iter().any(|(input, _)| input == plain);
                let near = self.near(plain, &known);
                let expected = one_of(known);
                let foreign = foreign::name(plain).or_else(|| foreign::near_name(plain).filter(|_| near.is_none()));
                let place = self.place(span);
                let problem = self.problem(span, Code::UnknownNameInExpression, format!("unknown name `{plain}`"));
                problem.expected = Some(expected);
                let (help, meant) = if as_input {
                    (format!("write `input.{plain}`"), format!("input.{plain}"))
                } else if let Some(foreign) = foreign {
                    (format!("write `{foreign}`"), foreign.to_owned())
                } else if let Some(near) = near {
                    (format!("did you mean `{near}`?"), near)
                } else {
                    return None;
                };
                problem.suggestion = Some(help);
                problem.edits = vec![Edit { range: place, text: meant }];
                None
            }
        }
    }

    /// The known name that was probably meant. Comparing names is worth as much work as looking at many expressions.
    pub(super) fn near(&self, name: &str, known: &[&str]) -> Option<String> {
        self.scope.work.take(known.len()).then(|| nearest(name, known.iter().copied()).map(str::to_owned))?
    }

    /// Whether a name is one that can be read, or stands before members.
    pub(super) fn is_known(&self, name: &str) -> bool {
        let plain = name.strip_prefix('.').unwrap_or(name);
        let declared = || self.scope.variables.iter().any(|(known, _)| known == plain);
        NAMES.contains(&plain) || self.local(name).is_some() || declared()
    }

    pub(super) fn local(&self, name: &str) -> Option<&(String, Type, u32)> {
        self.locals.iter().rev().find(|(known, ..)| known == name)
    }

    /// `x.NAME`, or `has(x.NAME)`.
    pub(super) fn select(&mut self, member: &Member, test: bool) -> Option<Typed> {
        if member.optional {
            return self.unsupported(member.name, "optional values are not supported");
        }
        if let Kind::Name(root) = &member.of.kind
            && self.local(root).is_none()
        {
            let declared: Option<(&[(String, Type)], &str)> = match &**root {
                "input" => Some((self.scope.inputs, "input")),
                "output" => match self.scope.outputs {
                    Outputs::Of(outputs) => Some((outputs, "output")),
                    Outputs::Unknown => return None,
                    Outputs::Absent => {
                        let message =
                            "`output` can only be read in an outputMapping: it is what the called flow returned";
                        self.problem(member.of.span, Code::UnknownNameInExpression, message);
                        return None;
                    }
                },
                _ => None,
            };
            if let Some((declared, kind)) = declared {
                return self.declared(member, test, declared, kind);
            }
            if let Some(meant) = foreign::path(self, member) {
                return meant;
            }
        }
        if test {
            return members::presence(self, member);
        }
        let operand = self.check(&member.of)?;
        members::select(self, operand, member)
    }

    fn declared(&mut self, member: &Member, test: bool, declared: &[(String, Type)], kind: &str) -> Option<Typed> {
        let Some(position) = declared.iter().position(|(name, _)| **name == *member.field) else {
            let names = declared.iter().map(|(name, _)| name.as_str()).filter(|name| !name.is_empty());
            let names: Vec<&str> = names.collect();
            let near = self.near(&member.field, &names);
            let message = format!("there is no {kind} `{}`", member.field);
            let known = if names.is_empty() { "nothing: there are none".to_owned() } else { one_of(names) };
            let place = self.place(member.name);
            let problem = self.problem(member.name, Code::UnknownMember, message);
            problem.expected = Some(known);
            problem.found = Some(format!("`{}`", member.field));
            problem.suggestion = near.as_ref().map(|near| format!("did you mean `{kind}.{near}`?"));
            problem.edits = near.map(|near| Edit { range: place, text: near }).into_iter().collect();
            return None;
        };
        if kind == "input" {
            self.inputs.push(position);
        }
        if test {
            return Some((Ir::Constant(Value::Boolean(true)), Type::Boolean));
        }
        let data_type = declared.get(position).map(|(_, data_type)| data_type.clone())?;
        Some((if kind == "input" { Ir::Input(position) } else { Ir::Output(position) }, data_type))
    }

    /// A list's element type: the type of all of them.
    pub(super) fn list(&mut self, written: &[&Expr], parts: Vec<Typed>) -> Option<Typed> {
        let mut element = Type::Never;
        for (position, (_, data_type)) in parts.iter().enumerate() {
            if data_type.fits(&element) && element != Type::Never {
                continue;
            }
            if element.fits(data_type) {
                element = data_type.clone();
            } else {
                if let Some(part) = written.get(position) {
                    self.wrong_type(part, element.to_string(), data_type);
                }
                return None;
            }
        }
        let parts: Vec<Ir> = parts.into_iter().map(|(ir, _)| ir).collect();
        let constants: Option<Vec<Value<'static>>> = parts
            .iter()
            .map(|part| match part {
                Ir::Constant(value) => Some(value.clone()),
                _ => None,
            })
            .collect();
        let ir = match constants {
            Some(constants) => Ir::Constant(Value::List(Arc::from(constants))),
            None => Ir::List(parts),
        };
        Some((ir, Type::List(Box::new(element))))
    }

    fn map(&mut self, span: Span, entries: &[Entry]) -> Option<Typed> {
        if entries.iter().any(|entry| entry.optional) {
            return self.unsupported(span, "optional entries are not supported");
        }
        let mut parts = Vec::new();
        let mut element = Type::Never;
        let mut failed = false;
        for entry in entries {
            let key = self.key(&entry.key);
            let value = self.check(&entry.value);
            let (Some((key, key_type)), Some((value, value_type))) = (key, value) else {
                failed = true;
                continue;
            };
            if key_type != Type::String {
                self.wrong_type(&entry.key, "string (keys of maps are strings)", &key_type);
                failed = true;
            }
            if element.fits(&value_type) {
                element = value_type;
            } else if !value_type.fits(&element) {
                self.wrong_type(&entry.value, element.to_string(), &value_type);
                failed = true;
            }
            parts.push((key, value));
        }
        (!failed).then_some((Ir::Map(parts), Type::Map(Box::new(element))))
    }

    /// A map's key. A name that nothing has was meant as a text, as JavaScript takes it.
    fn key(&mut self, key: &Expr) -> Option<Typed> {
        let checked = self.check(key);
        if let (None, Kind::Name(name)) = (&checked, &key.kind)
            && let Some(problem) = self.problems.last_mut()
            && problem.code == Code::UnknownNameInExpression
        {
            problem.suggestion = Some(format!("write `'{name}'`"));
            problem.edits =
                problem.range.clone().map(|range| Edit { range, text: format!("'{name}'") }).into_iter().collect();
        }
        checked
    }
}

/// A string constant.
pub(super) fn string_constant(text: &str) -> Typed {
    (Ir::Constant(Value::String(Text::Owned(Arc::from(text)))), Type::String)
}
