//! Parts of JSON solved backwards: of a text that is parsed, and of a value that a data action answers or a flow is given.

use waypost_cel::{Expr, Kind};
use waypost_flow::expr;

use super::goal::Goal;
use super::json::{self, Parsed};
use super::solve::Solver;
use super::source::Source;
use super::wiring::{Scope, path};

/// Names are followed through so many others.
const DEEPEST: usize = 8;

impl Solver<'_> {
    /// Makes a text the JSON whose part is what is wanted.
    pub(super) fn part_of_text(&mut self, parsed: &Parsed<'_>, goal: &Goal, scope: &Scope) {
        let sources: Vec<Source> = self.known.wiring.sources(parsed.of, scope).into_iter().collect();
        let said = self.random.pick(&sources).map(|source| source.said(self.draft)).unwrap_or_default();
        if let Some(text) = parsed.with(goal, &said) {
            self.value(parsed.of, &Goal::Text(text), scope);
        }
    }

    /// Makes a part of an answer or of an input what is wanted, where the value comes from one; false if it does not.
    pub(super) fn part_of_value(&mut self, part: Option<Parsed<'_>>, goal: &Goal, scope: &Scope) -> bool {
        part.filter(|part| !part.is_whole()).is_some_and(|part| self.followed(part, goal, scope, 0))
    }

    fn followed(&mut self, part: Parsed<'_>, goal: &Goal, scope: &Scope, deep: usize) -> bool {
        let Some(path) = path(part.of) else { return false };
        let local = match &part.of.kind {
            Kind::Name(name) => scope.local(name),
            _ => None,
        };
        match (path.as_slice(), local) {
            // What a macro's list is made by has more to say of its elements.
            (_, Some(local)) if local.of.is_some() => false,
            (_, Some(_)) => self.put(&part.of_first(), goal, scope),
            ([_], None) => {
                let known = self.known;
                let origins = known.wiring.origins(part.of, scope);
                let Some(origin) = self.random.pick(origins).filter(|_| deep < DEEPEST) else { return false };
                let ranges = expr::expressions(&origin.text);
                let [range] = ranges.as_slice() else { return false };
                let of = origin.text.get(range.clone()).unwrap_or_default();
                let element = if origin.is_list { "[0]" } else { "" };
                let tree: Expr = waypost_cel::parse(&part.below(&format!("({of}){element}"))).tree;
                let found = json::value(&tree);
                found.is_some_and(|part| self.followed(part, goal, &origin.scope(), deep + 1))
            }
            _ => self.put(&part, goal, scope),
        }
    }

    fn put(&mut self, part: &Parsed<'_>, goal: &Goal, scope: &Scope) -> bool {
        let sources = self.known.wiring.sources(part.of, scope).into_iter();
        let is_given = |source: &Source| match source {
            Source::Answer(..) => true,
            Source::Input(name) => self.draft.inputs.contains_key(name),
            _ => false,
        };
        let sources: Vec<Source> = sources.filter(is_given).collect();
        let Some(source) = self.random.pick(&sources) else { return false };
        let said = source.json(self.draft).map(ToString::to_string).unwrap_or_default();
        let Some(value) = part.with(goal, &said).and_then(|text| serde_json::from_str(&text).ok()) else {
            return false;
        };
        source.set_json(self.draft, value);
        true
    }
}
