//! What an expression reads that may not be there (a key, a header, an element of a list), and what in the same expression
//! makes sure that it is: `'k' in m && m['k'] == 1`, `size(to) > 0 ? to[0].address : ''`.

use std::ops::Range;

use super::ir::{Comparison, Each, EachKind, Ir, Presence, Read, Site};
use crate::functions;
use crate::value::Value;
use crate::work::Work;

/// A read that may fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unguarded {
    /// The path of the text that it stands in.
    pub path: String,
    /// The part of that text, in bytes.
    pub range: Range<usize>,
    /// The read as written.
    pub read: String,
    /// What to ask before, as an expression.
    pub guard: String,
    wanted: Wanted,
}

impl Unguarded {
    /// Whether what is known elsewhere makes sure of it.
    pub fn is_held_by(&self, facts: &[Fact]) -> bool {
        self.wanted.is_held_by(facts)
    }
}

/// Something that is known at a place in an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact(Known);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Known {
    /// There is such a key, or an element at such a place.
    Has { of: String, key: String },
    /// There are at least so many elements.
    Size { of: String, least: i64 },
}

/// What a read needs.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    of: String,
    key: String,
    /// The element's place in a list, if it is a constant.
    place: Option<i64>,
}

impl Wanted {
    fn is_held_by(&self, facts: &[Fact]) -> bool {
        facts.iter().any(|Fact(known)| match known {
            Known::Has { of, key } => *of == self.of && *key == self.key,
            Known::Size { of, least } => *of == self.of && self.place.is_some_and(|place| (0..*least).contains(&place)),
        })
    }
}

/// Every read in the expression that nothing in it guards. `text` is the whole value that it stands in.
pub(super) fn unguarded(path: &str, text: &str, ir: &Ir, work: &Work<'_>) -> Vec<Unguarded> {
    let mut walk = Walk { path, text, work, found: Vec::new() };
    walk.go(ir, &Facts::default());
    walk.found
}

/// What holds for the rest of a run when the condition holds: all of it that does not hang on variables.
pub(super) fn lasting_facts(ir: &Ir) -> Vec<Fact> {
    let mut facts = Vec::new();
    gather(ir, true, &mut facts);
    facts.retain(|Fact(known)| match known {
        Known::Has { of, key } => !(of.contains(VARIABLE) || key.contains(VARIABLE)),
        Known::Size { of, .. } => !of.contains(VARIABLE),
    });
    facts
}

/// What is known at a place: what was learnt there, and further out. A list for each place would hold the same facts again and again.
#[derive(Default)]
struct Facts<'f> {
    here: Vec<Fact>,
    outside: Option<&'f Facts<'f>>,
}

impl<'f> Facts<'f> {
    /// The places from here outwards.
    fn places(&'f self) -> impl Iterator<Item = &'f [Fact]> {
        std::iter::successors(Some(self), |facts| facts.outside).map(|facts| facts.here.as_slice())
    }

    fn with(&'f self, condition: &Ir, holds: bool) -> Self {
        let mut here = Vec::new();
        gather(condition, holds, &mut here);
        Self { here, outside: Some(self) }
    }
}

struct Walk<'w> {
    path: &'w str,
    text: &'w str,
    work: &'w Work<'w>,
    found: Vec<Unguarded>,
}

impl Walk<'_> {
    fn go(&mut self, ir: &Ir, facts: &Facts<'_>) {
        match ir {
            // An error on one side does not count when the other side decides, so each guards the other.
            Ir::And(a, b) | Ir::Or(a, b) => {
                let decides_not = matches!(ir, Ir::And(..));
                self.go(a, &facts.with(b, decides_not));
                self.go(b, &facts.with(a, decides_not));
            }
            Ir::Choose(when, a, b) => {
                self.go(when, facts);
                self.go(a, &facts.with(when, true));
                self.go(b, &facts.with(when, false));
            }
            Ir::Index(of, index, site) => {
                self.go(of, facts);
                self.go(index, facts);
                self.read(of, index, *site, facts);
            }
            Ir::HeaderValues(member, name, site) => {
                self.go(name, facts);
                self.read(&Ir::Read(Read::Member(member)), name, *site, facts);
            }
            Ir::Constant(_) | Ir::Input(_) | Ir::Variable(..) | Ir::Local(_) | Ir::Output(_) | Ir::Read(_) => {}
            Ir::Each(each) => self.each(each, facts),
            Ir::Has(Presence::Text(of) | Presence::Member(of, _)) => self.go(of, facts),
            Ir::Has(Presence::Field(_) | Presence::Attribute(_) | Presence::Named(..) | Presence::Always) => {}
            Ir::Attribute(of)
            | Ir::Lookup(_, of)
            | Ir::AddressPart(of, _)
            | Ir::AttachmentPart(of, _)
            | Ir::Not(of)
            | Ir::Negate(of)
            | Ir::InSet(of, _)
            | Ir::Search(of, _)
            | Ir::Json(of) => self.go(of, facts),
            Ir::Arithmetic(_, a, b) | Ir::Equal(_, a, b) | Ir::Compare(_, a, b) | Ir::In(a, b) | Ir::JsonPart(a, b) => {
                self.go(a, facts);
                self.go(b, facts);
            }
            Ir::List(parts) | Ir::Template(parts) | Ir::Call(_, parts) | Ir::Match(_, _, parts) => {
                parts.iter().for_each(|part| self.go(part, facts));
            }
            Ir::Map(parts) => parts.iter().for_each(|(key, value)| {
                self.go(key, facts);
                self.go(value, facts);
            }),
        }
    }

    /// In a macro's parts what it goes over has elements, and a map's keys are its keys; what is asked by a condition that picks
    /// elements holds in the last part.
    fn each(&mut self, each: &Each, facts: &Facts<'_>) {
        self.go(&each.of, facts);
        let mut known = Facts { here: Vec::new(), outside: Some(facts) };
        known.here.extend(size(&each.of, 1));
        // Of a list the first of two names is a place, of a map the first name is a key.
        if each.names.1.is_some() || each.goes_over_keys {
            known.here.extend(has(name(&each.of), Some(local_name(each.names.0))));
        }
        if let Some(filter) = &each.filter {
            self.go(filter, &known);
            gather(filter, true, &mut known.here);
        }
        self.go(&each.body, &known);
    }

    fn read(&mut self, of: &Ir, index: &Ir, site: Site, facts: &Facts<'_>) {
        if is_there(of, index) {
            return;
        }
        let place = match index {
            Ir::Constant(Value::Integer(place)) => Some(*place),
            _ => None,
        };
        // What has no name can't be asked for twice, so that nothing guards it.
        let wanted = Wanted { of: name(of).unwrap_or_default(), key: name(index).unwrap_or_default(), place };
        let known: usize = facts.places().map(<[Fact]>::len).sum();
        if !self.work.take(1 + known / 64) {
            return;
        }
        let held = || facts.places().any(|here| wanted.is_held_by(here));
        if !wanted.of.is_empty() && !wanted.key.is_empty() && held() {
            return;
        }
        let range = site.start as usize..(site.end as usize).min(self.text.len());
        let read = self.text.get(range.clone()).unwrap_or_default().to_owned();
        let of = self.text.get(site.start as usize..site.of_end as usize).unwrap_or_default();
        let rest = self.text.get(site.of_end as usize..range.end).unwrap_or_default();
        let guard = match (rest.trim_start().starts_with('.'), place) {
            (true, _) => format!("has({read})"),
            (false, Some(place)) => format!("size({of}) > {place}"),
            (false, None) => {
                let key = rest.trim_start().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(rest);
                if site.list { format!("{} < size({of})", key.trim()) } else { format!("{} in {of}", key.trim()) }
            }
        };
        self.found.push(Unguarded { path: self.path.to_owned(), range, read, guard, wanted });
    }
}

/// Whether a constant list has the element.
fn is_there(of: &Ir, index: &Ir) -> bool {
    match (of, index) {
        (Ir::Constant(Value::List(elements)), Ir::Constant(Value::Integer(place))) => {
            usize::try_from(*place).is_ok_and(|place| place < elements.len())
        }
        (Ir::List(elements), Ir::Constant(Value::Integer(place))) => {
            usize::try_from(*place).is_ok_and(|place| place < elements.len())
        }
        _ => false,
    }
}

/// What is known where the condition holds, or does not.
fn gather(condition: &Ir, holds: bool, facts: &mut Vec<Fact>) {
    match (condition, holds) {
        (Ir::Not(of), _) => gather(of, !holds, facts),
        (Ir::And(a, b), true) | (Ir::Or(a, b), false) => {
            gather(a, holds, facts);
            gather(b, holds, facts);
        }
        (Ir::In(needle, within), true) => facts.extend(has(name(within), name(needle))),
        (Ir::Has(Presence::Named(member, field)), true) => {
            facts.extend(has(name(&Ir::Read(Read::Member(member))), Some(text_name(field))));
        }
        (Ir::Has(Presence::Member(of, field)), true) => facts.extend(has(name(of), Some(text_name(field)))),
        // One element that decides is one that there is.
        (Ir::Each(each), true) if matches!(each.kind, EachKind::Exists | EachKind::ExistsOne) => {
            facts.extend(size(&each.of, 1));
        }
        (Ir::Each(each), false) if each.kind == EachKind::All => facts.extend(size(&each.of, 1)),
        (Ir::Compare(comparison, a, b), _) => compare(*comparison, a, b, holds, facts),
        (Ir::Equal(equal, a, b), _) => {
            let same = *equal == holds;
            for (a, b) in [(a, b), (b, a)] {
                match (counted(a), &**b) {
                    (Some(of), Ir::Constant(Value::Integer(count))) if same => facts.extend(size(of, *count)),
                    (Some(of), Ir::Constant(Value::Integer(0))) => facts.extend(size(of, 1)),
                    _ => {}
                }
                if let Ir::Constant(Value::List(elements)) = &**b
                    && elements.is_empty()
                    && !same
                {
                    facts.extend(size(a, 1));
                }
            }
        }
        _ => {}
    }
}

/// `size(list) > 2`, `i < size(list)` and their likes.
fn compare(comparison: Comparison, a: &Ir, b: &Ir, holds: bool, facts: &mut Vec<Fact>) {
    use Comparison::{Greater, GreaterOrEqual, Less, LessOrEqual};
    let mirrored = match comparison {
        Less => Greater,
        LessOrEqual => GreaterOrEqual,
        Greater => Less,
        GreaterOrEqual => LessOrEqual,
    };
    for (comparison, size_side, other) in [(comparison, a, b), (mirrored, b, a)] {
        let Some(of) = counted(size_side) else { continue };
        let more = match (comparison, holds) {
            (Greater, true) | (LessOrEqual, false) => 1,
            (GreaterOrEqual, true) | (Less, false) => 0,
            _ => continue,
        };
        match other {
            Ir::Constant(Value::Integer(count)) => facts.extend(size(of, count.saturating_add(more))),
            // Beyond a place that is computed there is at least that element.
            place if more == 1 => facts.extend(has(name(of), name(place))),
            _ => {}
        }
    }
}

/// What `size(…)` counts.
fn counted(ir: &Ir) -> Option<&Ir> {
    let Ir::Call(overload, arguments) = ir else { return None };
    let is_size = functions::find("size")?.overloads.iter().any(|known| std::ptr::eq(known, *overload));
    arguments.first().filter(|_| is_size)
}

fn has(of: Option<String>, key: Option<String>) -> Option<Fact> {
    Some(Fact(Known::Has { of: of?, key: key? }))
}

fn size(of: &Ir, least: i64) -> Option<Fact> {
    Some(Fact(Known::Size { of: name(of)?, least }))
}

/// What names of variables begin with.
const VARIABLE: &str = "variable ";

fn local_name(id: u32) -> String {
    format!("local {id}")
}

fn text_name(text: &str) -> String {
    format!("{text:?}")
}

/// A name for what an expression reads: the same for the same. What is computed has none.
fn name(ir: &Ir) -> Option<String> {
    Some(match ir {
        Ir::Constant(Value::String(text)) => text_name(text.as_str()),
        Ir::Constant(Value::Integer(number)) => number.to_string(),
        Ir::Input(position) => format!("input {position}"),
        Ir::Output(position) => format!("output {position}"),
        Ir::Variable(position, _) => format!("{VARIABLE}{position}"),
        Ir::Local(id) => local_name(*id),
        Ir::Read(read) => format!("{read:?}"),
        Ir::Attribute(key) => format!("attribute({})", name(key)?),
        Ir::Lookup(member, key) => format!("{member:?}({})", name(key)?),
        Ir::HeaderValues(member, key, _) => format!("at({:?}, {})", Read::Member(member), name(key)?),
        Ir::Index(of, key, _) => format!("at({}, {})", name(of)?, name(key)?),
        Ir::JsonPart(of, key) => format!("at({}, {})", name(of)?, name(key)?),
        Ir::AddressPart(of, part) => format!("{part:?}({})", name(of)?),
        Ir::AttachmentPart(of, part) => format!("{part:?}({})", name(of)?),
        Ir::Call(overload, arguments) => {
            let arguments: Option<Vec<String>> = arguments.iter().map(name).collect();
            format!("{:p}({})", *overload, arguments?.join(", "))
        }
        _ => return None,
    })
}
