//! Checking calls of functions.

use cel::parser::Expression;

use super::check::{Checker, Typed};
use super::ir::Ir;
use super::macros;
use crate::diagnostic::Code;
use crate::functions::{self, Function, Search, Style};
use crate::types::{ObjectType, Type};
use crate::value::Value;

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
        if method && name == "header" && matches!(checked.first(), Some(Some((_, Type::Object(ObjectType::Email))))) {
            return self.header(id, &all, checked);
        }
        let Some(function) = functions::find(name).filter(|function| callable(function, method)) else {
            self.unknown_function(id, name, method);
            return None;
        };
        let arities: Vec<usize> = function.overloads.iter().map(|overload| overload.parameters.len()).collect();
        if !arities.contains(&all.len()) {
            let hidden = usize::from(method);
            let wanted = arities.first().copied().unwrap_or_default() - hidden;
            let message = format!("`{name}` takes {wanted} argument(s), found {}", all.len() - hidden);
            let problem = self.problem(id, Code::WrongArity, message);
            problem.expected = Some(format!("{wanted} argument(s)"));
            problem.found = Some(format!("{} argument(s)", all.len() - hidden));
            return None;
        }
        let checked: Vec<Typed> = checked.into_iter().collect::<Option<_>>()?;
        let fits = |overload: &&functions::Overload| {
            overload.parameters.iter().zip(&checked).all(|(kind, (_, data_type))| kind.takes(data_type))
                && overload.parameters.len() == checked.len()
        };
        let Some(overload) = function.overloads.iter().find(fits) else {
            self.wrong_arguments(function, &all, &checked);
            return None;
        };
        let result = overload.result.result();
        let irs: Vec<Ir> = checked.into_iter().map(|(ir, _)| ir).collect();
        Some((prepared(function, overload, irs), result))
    }

    fn header(&mut self, id: u64, all: &[&Expression], checked: Vec<Option<Typed>>) -> Option<Typed> {
        let mut checked = checked.into_iter().skip(1);
        let (Some(name), None) = (checked.next(), checked.next()) else {
            self.problem(id, Code::WrongArity, "`header` takes 1 argument: the field's name");
            return None;
        };
        let (ir, data_type) = name?;
        if data_type != Type::String {
            self.wrong_type(all.get(1).map_or(id, |argument| argument.id), "string", &data_type);
            return None;
        }
        Some((Ir::Header(Box::new(ir)), Type::String))
    }

    fn unknown_function(&mut self, id: u64, name: &str, method: bool) {
        let other_way = functions::find(name).is_some();
        let names: Vec<&str> = functions::all().map(|function| function.name).chain(macros::names()).collect();
        let near = crate::diagnostic::nearest(name, names.iter().copied()).map(str::to_owned);
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
        // The first argument that no overload takes here is the one to mend.
        for (position, (_, data_type)) in checked.iter().enumerate() {
            let kinds: Vec<&functions::Kind> =
                function.overloads.iter().filter_map(|overload| overload.parameters.get(position)).collect();
            if !kinds.iter().any(|kind| kind.takes(data_type)) {
                let mut names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
                names.dedup();
                let id = all.get(position).map_or(0, |argument| argument.id);
                self.wrong_type(id, names.join(" or "), data_type);
                return;
            }
        }
        let found: Vec<String> = checked.iter().map(|(_, data_type)| data_type.to_string()).collect();
        let id = all.first().map_or(0, |argument| argument.id);
        self.problem(id, Code::WrongType, format!("`{}` can't be called with ({})", function.name, found.join(", ")));
    }
}

fn callable(function: &Function, method: bool) -> bool {
    match function.style {
        Style::Both => true,
        Style::Method => method,
        Style::Function => !method,
    }
}

/// A call, with constant words prepared and calls over constants alone done beforehand.
fn prepared(function: &Function, overload: &'static functions::Overload, mut arguments: Vec<Ir>) -> Ir {
    if let (Some(place), Some(Ir::Constant(words))) = (function.search, arguments.get(1)) {
        let search = match words {
            Value::String(word) => Some(Search::new([word.as_str()], place)),
            Value::List(words) => Some(Search::new(words.iter().filter_map(Value::as_str), place)),
            _ => None,
        };
        if let Some(search) = search {
            return Ir::Search(Box::new(arguments.swap_remove(0)), Box::new(search));
        }
    }
    Ir::Call(overload, arguments)
}
