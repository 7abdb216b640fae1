//! What is suggested in place of a call of a function that there is not, and whether a suggestion checks.

use waypost_cel::{Expr, Kind, Span};

use super::calls::callable;
use super::check::{Checker, Typed};
use super::{foreign, macros, parse};
use crate::diagnostic::{Code, Diagnostic, Edit, edited};
use crate::email::{Member, Shape};
use crate::functions;
use crate::types::{ObjectType, Type};

impl Checker<'_> {
    /// A part as it is to be written: with what mends the mistakes that were noted in it.
    pub(super) fn mended(&self, span: Span) -> String {
        let (place, written) = (self.place(span), self.written(span));
        if !self.scope.work.take(self.problems.len()) {
            return written.to_owned();
        }
        let within: Vec<Edit> = self
            .problems
            .iter()
            .flat_map(|problem| &problem.edits)
            .filter(|edit| place.start <= edit.range.start && edit.range.end <= place.end)
            .map(|edit| Edit {
                range: edit.range.start - place.start..edit.range.end - place.start,
                text: edit.text.clone(),
            })
            .collect();
        edited(written, &within)
    }

    /// Whether a text that is suggested in place of a part checks: it may have no problem that the part's own parts do not have.
    pub(super) fn checks(&self, part: Span, text: &str) -> bool {
        let place = self.place(part);
        let Some((typed, problems)) = self.tried(text) else { return false };
        let is_left = |problem: &&Diagnostic| problem.edits.is_empty();
        let is_within = |problem: &&Diagnostic| {
            problem.range.as_ref().is_some_and(|range| place.start <= range.start && range.end <= place.end)
        };
        let known: Vec<&Diagnostic> = self.problems.iter().filter(is_left).filter(is_within).collect();
        let is_known = |problem: &Diagnostic| known.iter().any(|known| known.message == problem.message);
        (typed.is_some() || !known.is_empty()) && problems.iter().all(is_known)
    }

    /// The type of a text that might stand here, if it checks.
    pub(super) fn type_of(&self, text: &str) -> Option<Type> {
        let (typed, problems) = self.tried(text)?;
        typed.filter(|_| problems.is_empty()).map(|(_, data_type)| data_type)
    }

    /// What a text would be that stands here, and what is wrong with it; none if there is no work left for it.
    fn tried(&self, text: &str) -> Option<(Option<Typed>, Vec<Diagnostic>)> {
        let (tree, mistakes) = parse::parse(self.path, text, 0, self.scope.work)?;
        let mut trial = Checker {
            problems: mistakes,
            locals: self.locals.clone(),
            next_local: self.next_local,
            is_trial: true,
            ..Checker::new(self.path, text, 0, self.scope)
        };
        let typed = trial.check(&tree);
        Some((typed, trial.problems))
    }

    /// A part that was mended, in brackets where it would not stand as one.
    pub(super) fn closed(&self, part: &Expr, mended: String) -> String {
        let is_closed = if self.written(part.span) == mended {
            part.is_closed()
        } else {
            waypost_cel::parse(&mended).tree.is_closed()
        };
        if is_closed { mended } else { format!("({mended})") }
    }

    /// Whether a call is one of a macro whose name is mistyped: it begins with a name that only a macro would bind.
    pub(super) fn is_mistyped_macro(&self, name: &str, all: &[&Expr]) -> bool {
        let is_macro = |near: String| macros::named(&near).next().is_some() || foreign::is_macro(&near);
        self.binds(all) && self.near_function(name).is_some_and(is_macro)
    }

    /// Whether the second part of a call, the first being what it is called on, is a name that nothing has.
    fn binds(&self, all: &[&Expr]) -> bool {
        let Some(Kind::Name(bound)) = all.get(1).map(|bound| &bound.kind) else { return false };
        !self.is_known(bound)
    }

    pub(super) fn unknown_function(
        &mut self,
        place: Span,
        name: &str,
        (all, of): (&[&Expr], Option<&Type>),
        method: bool,
    ) {
        let (suggestion, edits) =
            if self.is_trial { (None, Vec::new()) } else { self.instead(place, name, (all, of), method) };
        let problem = self.problem(place, Code::UnknownFunction, format!("unknown function `{name}`"));
        problem.suggestion = suggestion;
        problem.edits = edits;
    }

    /// What is suggested instead of a call of a function that there is not. A call that would not check either is described, and not
    /// written out.
    fn instead(
        &self,
        place: Span,
        name: &str,
        (all, of): (&[&Expr], Option<&Type>),
        method: bool,
    ) -> (Option<String>, Vec<Edit>) {
        let whole = all.first().filter(|_| method).map_or(place, |of| of.span.to(place));
        let range = self.place(whole).start..self.end_of_call(place, all);
        // The call with its arguments.
        let span = all.iter().fold(whole, |whole, part| whole.to(part.span));
        let checked = |text: Option<String>| text.filter(|text| self.checks(span, text));
        let edit = |text: String| vec![Edit { range: range.clone(), text }];
        if let Some(form) = macros::named(name).next().map(|known| known.form) {
            let other = checked(self.other_way(name, all, method));
            return (Some(format!("write `{form}`")), other.map(edit).unwrap_or_default());
        }
        if functions::find(name).is_some() {
            let other = checked(self.other_way(name, all, method));
            let help = match method {
                true => format!("write `{name}(x)`, not `x.{name}()`"),
                false => format!("write `x.{name}(…)`, not `{name}(x, …)`"),
            };
            return (Some(help), other.map(edit).unwrap_or_default());
        }
        if let Some(meant) = checked(foreign::call(self, name, (all, of), method)) {
            return (Some(format!("write `{meant}`")), edit(meant));
        }
        if foreign::is_foreign(name) {
            return (foreign::forms(name, of, method), Vec::new());
        }
        if let Some(near) = self.near_lookup(name, of.filter(|_| method)) {
            let meant = checked(self.same_way(&near, all, method));
            return (Some(format!("did you mean `{near}`?")), meant.map(edit).unwrap_or_default());
        }
        let Some(near) = self.near_function(name) else { return (None, Vec::new()) };
        if foreign::is_foreign(&near) {
            let meant = checked(foreign::call(self, &near, (all, of), method));
            let help = meant.as_ref().map(|meant| format!("write `{meant}`"));
            return (help.or_else(|| foreign::forms(&near, of, method)), meant.map(edit).unwrap_or_default());
        }
        let is_macro = self.binds(all) && macros::named(&near).next().is_some();
        let known = functions::find(&near).filter(|_| !is_macro);
        // Macros are called on what they go over.
        let other = known.map_or(!method, |known| !callable(known, method));
        let meant = match other {
            true => self.other_way(&near, all, method),
            false => self.same_way(&near, all, method),
        };
        match (checked(meant), known) {
            (Some(meant), _) if other => (Some(format!("did you mean `{meant}`?")), edit(meant)),
            (Some(meant), _) => (Some(format!("did you mean `{near}`?")), edit(meant)),
            (None, Some(known)) => (Some(format!("did you mean {}?", known.forms(method != other))), Vec::new()),
            (None, None) => (Some(format!("did you mean `{near}`?")), Vec::new()),
        }
    }

    /// The member with a parameter that was probably meant, such as `header`, of a part of the mail.
    fn near_lookup(&self, name: &str, of: Option<&Type>) -> Option<String> {
        let Some(Type::Object(ObjectType::Part(part))) = of else { return None };
        let lookups = self.scope.members.of(part.path()).filter(|member| member.shape() == Shape::Lookup);
        self.near(name, &lookups.map(Member::name).collect::<Vec<_>>())
    }

    /// The function or macro that was probably meant, of ours or of another language. Of a namespace's the last part is compared: the
    /// rest is the same anyway.
    pub(super) fn near_function(&self, name: &str) -> Option<String> {
        let names = functions::all().map(|function| function.name).chain(macros::names());
        match name.split_once('.') {
            Some((_, last)) => {
                let names = names.filter_map(|known| known.split_once('.'));
                let (namespace, names): (Vec<&str>, Vec<&str>) = names.unzip();
                Some(format!("{}.{}", namespace.first()?, self.near(last, &names)?))
            }
            None => self.near(name, &names.chain(foreign::long_names()).collect::<Vec<_>>()),
        }
    }

    /// Where the brackets of a call end, in bytes of the whole value.
    fn end_of_call(&self, name: Span, all: &[&Expr]) -> usize {
        let behind = all.iter().map(|part| part.span.range().end).chain([name.range().end]).max().unwrap_or_default();
        let rest = self.source.get(behind..).unwrap_or_default();
        self.base + behind + rest.find(')').map_or(0, |at| at + 1)
    }

    /// A call of a function as a method, or of a method as a function.
    fn other_way(&self, name: &str, all: &[&Expr], method: bool) -> Option<String> {
        self.same_way(name, all, !method)
    }

    /// A call with its arguments as they are to be written.
    pub(super) fn same_way(&self, name: &str, all: &[&Expr], method: bool) -> Option<String> {
        let mut arguments: Vec<String> = all.iter().map(|part| self.mended(part.span)).collect();
        if !method {
            return Some(format!("{name}({})", arguments.join(", ")));
        }
        let of = self.closed(all.first()?, arguments.remove(0));
        Some(format!("{of}.{name}({})", arguments.join(", ")))
    }
}
