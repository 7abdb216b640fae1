//! CEL's macros over lists and maps: what they are called, and their types. `each.rs` evaluates them.

use waypost_cel::{Expr, Kind, Span};

use super::check::{Checker, Typed};
use super::ir::{Each, EachKind, Ir};
use crate::diagnostic::{Code, counted};
use crate::types::Type;

/// A macro, for the reference.
#[derive(Debug)]
pub struct Macro {
    /// How it is written: `x` is bound to each element of a list or each key of a map, `i, x` to its place or key and to it.
    pub form: &'static str,
    /// What it gives.
    pub summary: &'static str,
    /// Its type, `T` being the type of the elements.
    pub result: &'static str,
    /// Expressions and what they give, as templates print it. They run as tests.
    pub examples: &'static [(&'static str, &'static str)],
    name: &'static str,
    kind: EachKind,
    /// How many names it binds.
    names: usize,
    /// Whether there is a condition before the last part.
    filtered: bool,
}

const fn of(name: &'static str, form: &'static str, kind: EachKind, names: usize, result: &'static str) -> Macro {
    Macro { form, summary: "", result, examples: &[], name, kind, names, filtered: false }
}

impl Macro {
    const fn filtered(self) -> Self {
        Self { filtered: true, ..self }
    }

    const fn saying(self, summary: &'static str, examples: &'static [(&'static str, &'static str)]) -> Self {
        Self { summary, examples, ..self }
    }

    fn arity(&self) -> usize {
        self.names + usize::from(self.filtered) + 1
    }
}

/// All macros.
pub const MACROS: &[Macro] = &[
    of("all", "list.all(x, c)", EachKind::All, 1, "`boolean`").saying(
        "Whether the condition holds for every element. An error counts only if it holds for all others.",
        &[("[1, 2, 3].all(x, x > 0)", "true"), ("interaction.email.to.all(to, to.domain != '')", "true")],
    ),
    of("all", "list.all(i, x, c)", EachKind::All, 2, "`boolean`").saying(
        "The same, with an element's position or a member's key too.",
        &[("[1, 2].all(i, x, x == i + 1)", "true")],
    ),
    of("exists", "list.exists(x, c)", EachKind::Exists, 1, "`boolean`").saying(
        "Whether the condition holds for one element or more. An error counts only if it holds for none.",
        &[
            ("['a', 'b'].exists(x, x == 'b')", "true"),
            ("interaction.email.attachments.exists(a, a.contentType == 'application/pdf')", "true"),
        ],
    ),
    of("exists", "list.exists(i, x, c)", EachKind::Exists, 2, "`boolean`").saying(
        "The same, with an element's position or a member's key too.",
        &[("{'a': 1, 'b': 2}.exists(k, v, k == 'b' && v > 1)", "true")],
    ),
    of("exists_one", "list.exists_one(x, c)", EachKind::ExistsOne, 1, "`boolean`").saying(
        "Whether the condition holds for exactly one element. Also written `existsOne`.",
        &[("[1, 2, 3].exists_one(x, x > 2)", "true"), ("[1, 2, 3].exists_one(x, x > 1)", "false")],
    ),
    of("exists_one", "list.exists_one(i, x, c)", EachKind::ExistsOne, 2, "`boolean`").saying(
        "The same, with an element's position or a member's key too.",
        &[("[5, 6].existsOne(i, x, x == 5 + i && i > 0)", "true")],
    ),
    of("filter", "list.filter(x, c)", EachKind::Filter, 1, "`list<T>`").saying(
        "The elements that the condition holds for; of a map, the keys.",
        &[("[1, 2, 3].filter(x, x > 1)", "[2,3]")],
    ),
    of("map", "list.map(x, e)", EachKind::Map, 1, "list of what `e` is").saying(
        "A list of the expression's value for each element.",
        &[
            ("[1, 2].map(x, x * 10)", "[10,20]"),
            ("interaction.email.to.map(to, to.domain)", r#"["example.org","example.net"]"#),
        ],
    ),
    of("map", "list.map(x, c, e)", EachKind::Map, 1, "list of what `e` is").filtered().saying(
        "The same, for elements that the condition holds for.",
        &[("[1, 2, 3].map(x, x > 1, x * 10)", "[20,30]")],
    ),
    of("transformList", "list.transformList(i, x, e)", EachKind::Map, 2, "list of what `e` is").saying(
        "A list of the expression's value for each element, with its position or key too.",
        &[("['a', 'b'].transformList(i, x, x + string(i))", r#"["a0","b1"]"#)],
    ),
    of("transformList", "list.transformList(i, x, c, e)", EachKind::Map, 2, "list of what `e` is").filtered().saying(
        "The same, for elements that the condition holds for.",
        &[("{'a': 1, 'b': 2}.transformList(k, v, v > 1, k)", r#"["b"]"#)],
    ),
    of("transformMap", "map.transformMap(k, v, e)", EachKind::TransformMap, 2, "map of what `e` is").saying(
        "A map with the same keys and the expression's value for each.",
        &[("{'a': 1, 'b': 2}.transformMap(k, v, v * 10)", r#"{"a":10,"b":20}"#)],
    ),
    of("transformMap", "map.transformMap(k, v, c, e)", EachKind::TransformMap, 2, "map of what `e` is")
        .filtered()
        .saying(
            "The same, for members that the condition holds for.",
            &[("{'a': 1, 'b': 2}.transformMap(k, v, v > 1, v)", r#"{"b":2}"#)],
        ),
    of("sortBy", "list.sortBy(x, e)", EachKind::SortBy, 1, "`list<T>`").saying(
        "The elements sorted by the expression's value for each; equal ones keep their order.",
        &[("['ccc', 'a', 'bb'].sortBy(x, size(x))", r#"["a","bb","ccc"]"#)],
    ),
];

/// CEL has two spellings of one name.
fn canonical(name: &str) -> &str {
    if name == "existsOne" { "exists_one" } else { name }
}

/// The macros of a name.
pub(super) fn named(name: &str) -> impl Iterator<Item = &'static Macro> {
    let name = canonical(name);
    MACROS.iter().filter(move |known| known.name == name)
}

/// How many names a call binds in the arguments that follow them, by its name and how many arguments it has: 0 if it is no macro.
pub fn bound_names(name: &str, arguments: usize) -> usize {
    named(name).find(|known| known.arity() == arguments).map_or(0, |known| known.names)
}

/// The names of all macros.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    MACROS.iter().map(|known| known.name)
}

impl Checker<'_> {
    /// `of.name(x, …)`.
    pub(super) fn each(&mut self, place: Span, name: &str, of: &Expr, arguments: &[Expr]) -> Option<Typed> {
        let Some(known) = named(name).find(|known| known.arity() == arguments.len()) else {
            let forms: Vec<String> = named(name).map(|known| format!("`{}`", known.form)).collect();
            let given = counted(arguments.len(), "argument");
            let message = format!("`{name}` does not take {given}");
            let problem = self.problem(place, Code::WrongArity, message);
            problem.expected = Some(forms.join(" or "));
            problem.found = Some(given);
            return None;
        };
        let (bound, rest) = arguments.split_at_checked(known.names)?;
        let of_checked = self.check(of);
        let names: Vec<Option<&str>> = bound.iter().map(|name| self.bound_name(name)).collect();
        let (of_ir, of_type) = of_checked?;
        let names: Vec<&str> = names.into_iter().collect::<Option<_>>()?;
        if let ([first, second], Some(written)) = (names.as_slice(), bound.get(1))
            && first == second
        {
            self.problem(written.span, Code::ExpressionSyntax, format!("`{first}` is bound twice")).suggestion =
                Some("give the second another name".to_owned());
            return None;
        }
        let types = self.element_types(of, &of_type, known)?;
        let first_id = self.next_local;
        self.next_local = self.next_local.saturating_add(2);
        let before = self.locals.len();
        for (at, (name, data_type)) in names.iter().zip(types).enumerate() {
            let id = first_id.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
            self.locals.push(((*name).to_owned(), data_type, id));
        }
        let parts = self.parts(known, rest);
        self.locals.truncate(before);
        let (filter, (body, body_type)) = parts?;
        let goes_over_keys = matches!(of_type, Type::Map(_));
        let result = match known.kind {
            EachKind::All | EachKind::Exists | EachKind::ExistsOne => Type::Boolean,
            EachKind::Filter => match of_type {
                Type::Map(_) => Type::List(Box::new(Type::String)),
                other => other,
            },
            EachKind::SortBy => of_type,
            EachKind::Map => Type::List(Box::new(body_type)),
            EachKind::TransformMap => Type::Map(Box::new(body_type)),
        };
        let names = (first_id, (known.names == 2).then(|| first_id.saturating_add(1)));
        Some((Ir::Each(Box::new(Each { kind: known.kind, of: of_ir, names, goes_over_keys, filter, body })), result))
    }

    fn bound_name<'e>(&mut self, name: &'e Expr) -> Option<&'e str> {
        if let Kind::Name(name) = &name.kind
            && !name.starts_with('.')
        {
            return Some(name);
        }
        if name.kind == Kind::Wrong {
            return None;
        }
        let problem = self.problem(name.span, Code::ExpressionSyntax, "a macro binds a name here");
        problem.expected = Some("a simple name such as `x`".to_owned());
        None
    }

    /// The types of the names that a macro binds.
    fn element_types(&mut self, of: &Expr, of_type: &Type, known: &Macro) -> Option<Vec<Type>> {
        let by_place = known.names == 2;
        let maps_alone = known.kind == EachKind::TransformMap;
        let lists_alone = known.kind == EachKind::SortBy;
        match of_type {
            Type::List(element) if !maps_alone => {
                Some(if by_place { vec![Type::Integer, (**element).clone()] } else { vec![(**element).clone()] })
            }
            Type::Map(element) if !lists_alone => {
                Some(if by_place { vec![Type::String, (**element).clone()] } else { vec![Type::String] })
            }
            other => {
                let expected = match (maps_alone, lists_alone) {
                    (true, _) => "a map",
                    (_, true) => "a list",
                    _ => "a list or a map",
                };
                self.wrong_type(of, expected, other);
                None
            }
        }
    }

    /// The condition, if there is one, and the last part.
    fn parts(&mut self, known: &Macro, rest: &[Expr]) -> Option<(Option<Ir>, Typed)> {
        let (filter, body) = match rest {
            [filter, body] => (self.boolean(filter).map(Some), body),
            [body] => (Some(None), body),
            _ => return None,
        };
        let checked = match known.kind {
            EachKind::All | EachKind::Exists | EachKind::ExistsOne | EachKind::Filter => {
                self.boolean(body).map(|ir| (ir, Type::Boolean))
            }
            EachKind::Map | EachKind::TransformMap | EachKind::SortBy => self.check(body),
        };
        let (filter, (ir, data_type)) = (filter?, checked?);
        let expected = match (known.kind, &data_type) {
            (EachKind::SortBy, sorted) if !sorted.is_ordered() => "a value that has an order",
            (_, found) if !found.has_values() => "a value",
            _ => return Some((filter, (ir, data_type))),
        };
        self.wrong_type(body, expected, &data_type);
        None
    }
}
