//! What stands in a value position, compiled: an expression, a template, or a literal with expressions in its parts.

use std::ops::Range;

use serde_json::Value as Json;
use waypost_cel::{Expr, Kind};

use super::check::{Checker, Typed, string_constant};
use super::conversion::conversion;
use super::ir::Ir;
use super::template::{self, Part};
use super::{Costly, NeverIs, Scope, Unguarded, guards, literal, parse};
use crate::diagnostic::{Code, Diagnostic, Problems};
use crate::functions;
use crate::path::FieldPath;
use crate::types::Type;

/// Compiles one value, which may be made of many.
pub(super) struct Compiler<'c> {
    pub(super) scope: &'c Scope<'c>,
    pub(super) problems: Problems,
    pub(super) reads: Vec<(usize, Range<usize>)>,
    pub(super) inputs: Vec<usize>,
    pub(super) unguarded: Vec<Unguarded>,
    pub(super) costly: Vec<Costly>,
    pub(super) never: Vec<NeverIs>,
    /// Parts of conditions, each with the path of its text and its place there.
    pub(super) parts: Vec<(String, Range<usize>)>,
    /// Whether the value is HTML: what expressions print is escaped.
    html: bool,
}

impl<'c> Compiler<'c> {
    pub(super) fn new(scope: &'c Scope<'c>) -> Self {
        let problems = Problems::default();
        let (reads, inputs, unguarded, costly) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (never, parts) = (Vec::new(), Vec::new());
        Self { scope, problems, reads, inputs, unguarded, costly, never, parts, html: false }
    }

    /// For a value that is HTML.
    pub(super) fn html(scope: &'c Scope<'c>) -> Self {
        Self { html: true, ..Self::new(scope) }
    }

    /// A value and its type; nothing when a problem was noted, or when there is no work left.
    pub(super) fn value(&mut self, path: &FieldPath<'_>, value: &Json, expected: Option<&Type>) -> Option<Typed> {
        let mut parts = 0;
        let has_expression = has_expression(value, &mut parts);
        if !self.scope.work.take(parts) {
            return None;
        }
        if !has_expression {
            let plain = literal::plain(path, value, &mut self.problems)?;
            return self.literal(path, &plain, expected);
        }
        let typed = self.computed(path, value, expected)?;
        if typed.1.depth() > Type::MAX_DEPTH {
            self.problems.error(|| deep_type(path.text(), &typed.1));
            return None;
        }
        Some(typed)
    }

    fn computed(&mut self, path: &FieldPath<'_>, value: &Json, expected: Option<&Type>) -> Option<Typed> {
        match value {
            Json::String(text) => {
                let path = path.text();
                let path = path.as_str();
                let parts = template::split(path, text).map_err(|problems| self.problems.extend(problems)).ok()?;
                match parts.as_slice() {
                    [Part::Expression(range)] => {
                        let (ir, data_type) = self.expression(path, text, range.clone())?;
                        self.expect(path, range, ir, data_type, expected)
                    }
                    parts => {
                        let typed = self.template(path, text, parts)?;
                        match expected {
                            Some(Type::String) | None => Some(typed),
                            Some(Type::Json) => Some((Ir::Json(Box::new(typed.0)), Type::Json)),
                            Some(expected) => {
                                self.problems.push(
                                    Diagnostic::error(
                                        Code::WrongType,
                                        path,
                                        format!("expected {expected}, found a text with expressions in it"),
                                    )
                                    .expected(expected.to_string())
                                    .found("string")
                                    .at(0..text.len()),
                                );
                                None
                            }
                        }
                    }
                }
            }
            Json::Array(parts) => self.list(path, parts, expected),
            Json::Object(members) => self.map(path, members, expected),
            _ => None,
        }
    }

    fn literal(&mut self, path: &FieldPath<'_>, value: &Json, expected: Option<&Type>) -> Option<Typed> {
        let (value, data_type) = match expected {
            None => literal::own(value),
            Some(expected) => (literal::read(path, value, expected, &mut self.problems)?, expected.clone()),
        };
        Some((Ir::Constant(value), data_type))
    }

    fn expression(&mut self, path: &str, text: &str, range: Range<usize>) -> Option<Typed> {
        let source = text.get(range.clone()).unwrap_or_default();
        let (tree, mistakes) = parse::parse(path, source, range.start, self.scope.work)?;
        let readable = mistakes.is_empty();
        let mut checker = Checker { problems: mistakes, ..Checker::new(path, source, range.start, self.scope) };
        // What is of the wrong type is told along with what can't be read.
        let typed = checker.check(&tree).filter(|_| readable);
        if !readable {
            checker.problems.sort_by_key(|problem| problem.range.as_ref().map(|range| range.start));
        }
        self.problems.extend(checker.problems.drain(..));
        self.inputs.append(&mut checker.inputs);
        self.costly.append(&mut checker.costly);
        self.never.append(&mut checker.never);
        self.parts.extend(checker.parts.drain(..).map(|range| (path.to_owned(), range)));
        if let Some((ir, _)) = &typed {
            self.unguarded.extend(guards::unguarded(path, text, ir, self.scope.work));
        }
        for (variable, place) in checker.reads {
            // Over many variables this takes long: a list may hold thousands of expressions.
            if self.scope.work.take(1 + self.reads.len() / 256)
                && self.reads.iter().all(|(known, _)| *known != variable)
            {
                self.reads.push((variable, place));
            }
        }
        if self.html && !is_raw(&tree) {
            return typed.map(|(ir, data_type)| (escaped(ir, &data_type), data_type));
        }
        typed
    }

    /// Holds an expression's type against what is wanted. Anything that JSON can say fits json.
    fn expect(
        &mut self,
        path: &str,
        range: &Range<usize>,
        ir: Ir,
        data_type: Type,
        expected: Option<&Type>,
    ) -> Option<Typed> {
        match expected {
            None if !data_type.has_values() => {
                self.problems.push(
                    Diagnostic::error(Code::WrongType, path, format!("{data_type} is not a value by itself"))
                        .suggestion("name a member of it")
                        .at(range.clone()),
                );
                None
            }
            None => Some((ir, data_type)),
            Some(expected) if data_type.fits(expected) => Some((ir, expected.clone())),
            Some(Type::Json) if !matches!(data_type, Type::Object(_)) => Some((Ir::Json(Box::new(ir)), Type::Json)),
            Some(expected) => {
                let conversion = conversion(&expected.to_string(), &data_type);
                let mut problem =
                    Diagnostic::error(Code::WrongType, path, format!("expected {expected}, found {data_type}"))
                        .expected(expected.to_string())
                        .found(data_type.to_string())
                        .at(range.clone());
                problem.edits = conversion.as_ref().map(|how| how.edits(range.clone(), false)).unwrap_or_default();
                problem.suggestion = conversion.map(|how| how.help());
                self.problems.push(problem);
                None
            }
        }
    }

    fn template(&mut self, path: &str, text: &str, parts: &[Part]) -> Option<Typed> {
        let mut compiled = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Part::Text(text) => compiled.push(string_constant(text).0),
                Part::Expression(range) => {
                    let Some((ir, data_type)) = self.expression(path, text, range.clone()) else { continue };
                    if let Type::Object(_) = data_type {
                        self.problems.push(
                            Diagnostic::error(
                                Code::WrongType,
                                path,
                                format!("a value of type {data_type} has no text"),
                            )
                            .suggestion("name a member of it")
                            .at(range.clone()),
                        );
                    }
                    compiled.push(ir);
                }
            }
        }
        (compiled.len() == parts.len()).then_some((Ir::Template(compiled), Type::String))
    }

    fn list(&mut self, path: &FieldPath<'_>, parts: &[Json], expected: Option<&Type>) -> Option<Typed> {
        let element = match expected {
            Some(Type::List(element)) => Some(&**element),
            Some(Type::Json) => Some(&Type::Json),
            Some(other) => return self.literal(path, &Json::Array(Vec::new()), Some(other)),
            None => None,
        };
        let compiled: Vec<Option<Typed>> =
            parts.iter().enumerate().map(|(index, part)| self.value(&path.element(index), part, element)).collect();
        let compiled: Vec<Typed> = compiled.into_iter().collect::<Option<_>>()?;
        let of = element.cloned().or_else(|| compiled.first().map(|(_, data_type)| data_type.clone()))?;
        if let Some(other) = compiled.iter().position(|(_, data_type)| *data_type != of) {
            self.problems.push(
                Diagnostic::error(Code::WrongType, path.element(other).text(), "the elements of a list have one type")
                    .expected(of.to_string()),
            );
            return None;
        }
        let list = Ir::List(compiled.into_iter().map(|(ir, _)| ir).collect());
        Some(match expected {
            Some(Type::Json) => (Ir::Json(Box::new(list)), Type::Json),
            _ => (list, Type::List(Box::new(of))),
        })
    }

    fn map(
        &mut self,
        path: &FieldPath<'_>,
        members: &serde_json::Map<String, Json>,
        expected: Option<&Type>,
    ) -> Option<Typed> {
        let element = match expected {
            Some(Type::Map(element)) => &**element,
            Some(Type::Json) | None => &Type::Json,
            Some(other) => return self.literal(path, &Json::Object(serde_json::Map::new()), Some(other)),
        };
        let compiled: Vec<Option<(Ir, Ir)>> = members
            .iter()
            .map(|(key, part)| {
                let path = path.member(key);
                let (key, value) =
                    (literal::key(&path, key, &mut self.problems), self.value(&path, part, Some(element)));
                Some((string_constant(&key?).0, value?.0))
            })
            .collect();
        let map = Ir::Map(compiled.into_iter().collect::<Option<_>>()?);
        Some(match expected {
            Some(Type::Map(element)) => (map, Type::Map(element.clone())),
            _ => (Ir::Json(Box::new(map)), Type::Json),
        })
    }
}

/// Whether an expression says that it prints HTML.
fn is_raw(tree: &Expr) -> bool {
    matches!(&tree.kind, Kind::Call(call) if call.of.is_none() && &*call.function == functions::RAW_HTML)
}

/// What an expression prints, as text of HTML.
fn escaped(ir: Ir, data_type: &Type) -> Ir {
    let printed = if *data_type == Type::String { ir } else { Ir::Template(vec![ir]) };
    Ir::Call(functions::escape_html(), vec![printed])
}

/// A type that expressions have nested too deep.
pub(super) fn deep_type(path: String, found: &Type) -> Diagnostic {
    Diagnostic::error(Code::DeepType, path, format!("the value's type is nested {} deep", found.depth()))
        .expected(format!("at most {} lists and maps in each other", Type::MAX_DEPTH))
}

/// Whether a literal holds an expression somewhere; counts what was looked at for it.
fn has_expression(value: &Json, parts: &mut usize) -> bool {
    *parts += 1;
    match value {
        Json::String(text) => {
            *parts += text.len() / 256;
            template::holds_expression(text)
        }
        Json::Array(elements) => elements.iter().any(|element| has_expression(element, parts)),
        Json::Object(members) => members.values().any(|member| has_expression(member, parts)),
        _ => false,
    }
}
