//! Selectors that name elements, ids, classes, and what they stand in. One that needs more to know whom it means is not read: showing
//! what was hidden is a smaller mistake than hiding what is shown.

use html5ever::local_name;

use super::tree::{Content, Element, Id, Tree};

/// The longest selector that is read, in bytes.
const MAX_BYTES: usize = 256;
/// The most elements that a selector names, one in another.
const MAX_COMPOUNDS: usize = 8;
/// The most classes of an element that are looked at.
const MAX_CLASSES: usize = 64;
/// The most bytes of a `class` or `id` that are looked at.
const MAX_VALUE: usize = 1024;
/// How many bytes of classes are looked through in the time of a step.
const BYTES_OF_A_STEP: usize = 32;

/// How much a selector counts: ids, classes and attributes, names (CSS Selectors, section 17).
pub(super) type Specificity = (usize, usize, usize);

/// `#wrap > p.a`: what an element is, and from there outwards what it stands in.
#[derive(Debug)]
pub(super) struct Selector {
    pub(super) subject: Compound,
    outer: Vec<(Combinator, Compound)>,
}

/// How an element stands in the next outer one that is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Combinator {
    Child,
    Descendant,
}

/// What one element must be: `a.b#c[class=d]`, in lower case. Names are compared in any case, as browsers do without a document type.
#[derive(Debug, Default)]
pub(super) struct Compound {
    pub(super) name: Option<String>,
    pub(super) id: Option<String>,
    pub(super) classes: Vec<String>,
    attributes: Vec<Attribute>,
}

/// `[class*=a]`, of class or id.
#[derive(Debug)]
struct Attribute {
    is_id: bool,
    test: Test,
    value: String,
}

#[derive(Clone, Copy, Debug)]
enum Test {
    Is,
    Begins,
    Ends,
    Contains,
}

impl Selector {
    /// Reads a selector, if it is as simple as they are read here.
    pub(super) fn read(text: &str) -> Option<Self> {
        if text.len() > MAX_BYTES {
            return None;
        }
        let text = text.to_ascii_lowercase();
        let mut rest = text.trim();
        let mut compounds = Vec::new();
        let mut before = Combinator::Descendant;
        loop {
            let (one, after) = rest.split_at_checked(end_of_compound(rest))?;
            compounds.push((before, Compound::read(one)?));
            rest = after.trim_start();
            if rest.is_empty() {
                break;
            }
            before = match rest.strip_prefix('>') {
                Some(inner) => {
                    rest = inner.trim_start();
                    Combinator::Child
                }
                None => Combinator::Descendant,
            };
        }
        if compounds.len() > MAX_COMPOUNDS {
            return None;
        }
        let (mut link, subject) = compounds.pop()?;
        let outer = compounds.into_iter().rev().map(|(next, compound)| (std::mem::replace(&mut link, next), compound));
        Some(Self { subject, outer: outer.collect() })
    }

    pub(super) fn specificity(&self) -> Specificity {
        let compounds = self.outer.iter().map(|(_, compound)| compound).chain([&self.subject]);
        compounds.fold((0, 0, 0), |(ids, classes, names), compound| {
            (
                ids + usize::from(compound.id.is_some()),
                classes + compound.classes.len() + compound.attributes.len(),
                names + usize::from(compound.name.is_some()),
            )
        })
    }

    /// Whether it means an element. Adds to `steps` what it costs to tell. Each outer one is taken to be the innermost that it can be.
    pub(super) fn is_for(&self, tree: &Tree, id: Id, element: &Element, steps: &mut usize) -> bool {
        *steps += self.subject.cost(element);
        if !self.subject.is(element) {
            return false;
        }
        let mut within = tree.parent(id);
        self.outer.iter().all(|(combinator, compound)| {
            while let Some(outer) = within {
                within = tree.parent(outer);
                let is_it = tree.content(outer).is_some_and(|content| match &*content {
                    Content::Element(element) => {
                        *steps += compound.cost(element);
                        compound.is(element)
                    }
                    _ => false,
                });
                if is_it || *combinator == Combinator::Child {
                    return is_it;
                }
            }
            false
        })
    }
}

impl Compound {
    fn read(text: &str) -> Option<Self> {
        const SIGNS: [char; 3] = ['.', '#', '['];
        if text.is_empty() {
            return None;
        }
        let mut read = Self::default();
        let (name, mut rest) = text.split_at_checked(text.find(SIGNS).unwrap_or(text.len()))?;
        match name {
            "" | "*" => {}
            name => read.name = Some(word(name)?),
        }
        while let Some(sign) = rest.chars().next() {
            let part = rest.get(1..)?;
            if sign == '[' {
                let (attribute, after) = part.split_once(']')?;
                read.attribute(attribute)?;
                rest = after;
                continue;
            }
            let (part, after) = part.split_at_checked(part.find(SIGNS).unwrap_or(part.len()))?;
            match sign {
                '#' if read.id.is_none() => read.id = Some(word(part)?),
                '.' => read.classes.push(word(part)?),
                _ => return None,
            }
            rest = after;
        }
        Some(read)
    }

    fn attribute(&mut self, text: &str) -> Option<()> {
        let (name, value) = text.split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']);
        let name = name.trim_end();
        let (name, sign) = match name.strip_suffix(['~', '^', '$', '*', '|']) {
            Some(bare) => (bare, name.chars().next_back()),
            None => (name, None),
        };
        let is_id = match name.trim() {
            "class" => false,
            "id" => true,
            _ => return None,
        };
        if value.is_empty() {
            return None;
        }
        let test = match sign {
            None => Test::Is,
            Some('~') if !is_id => {
                self.classes.push(word(value)?);
                return Some(());
            }
            Some('^') => Test::Begins,
            Some('$') => Test::Ends,
            Some('*') => Test::Contains,
            _ => return None,
        };
        self.attributes.push(Attribute { is_id, test, value: value.to_owned() });
        Some(())
    }

    fn is(&self, element: &Element) -> bool {
        let id = || value(element, true);
        let has = |wanted: &String| classes(element).any(|one| one.eq_ignore_ascii_case(wanted));
        self.name.as_ref().is_none_or(|wanted| **wanted == *element.name)
            && self.id.as_ref().is_none_or(|wanted| id().is_some_and(|id| id.eq_ignore_ascii_case(wanted)))
            && self.classes.iter().all(has)
            && self.attributes.iter().all(|attribute| {
                value(element, attribute.is_id).is_some_and(|value| attribute.fits(&value.to_ascii_lowercase()))
            })
    }

    /// What it costs at most to compare it with an element.
    fn cost(&self, element: &Element) -> usize {
        let compared = self.classes.len() + self.attributes.len();
        let bytes = if compared == 0 { 0 } else { value(element, false).map_or(0, str::len) };
        1 + compared * (1 + bytes / BYTES_OF_A_STEP)
    }
}

impl Attribute {
    fn fits(&self, value: &str) -> bool {
        let wanted = self.value.as_str();
        match self.test {
            Test::Is => value == wanted,
            Test::Begins => value.starts_with(wanted),
            Test::Ends => value.ends_with(wanted),
            Test::Contains => value.contains(wanted),
        }
    }
}

/// The classes of an element.
pub(super) fn classes(element: &Element) -> impl Iterator<Item = &str> {
    value(element, false).unwrap_or_default().split_ascii_whitespace().take(MAX_CLASSES)
}

/// The id of an element, or its `class`.
fn value(element: &Element, is_id: bool) -> Option<&str> {
    let name = if is_id { local_name!("id") } else { local_name!("class") };
    element.attribute(&name).map(|value| value.get(..value.floor_char_boundary(MAX_VALUE)).unwrap_or(value))
}

/// A name, as far as it is written without escapes.
fn word(text: &str) -> Option<String> {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    (!text.is_empty() && text.chars().all(is_plain)).then(|| text.to_owned())
}

/// Where white space or `>` stands outside of brackets.
fn end_of_compound(text: &str) -> usize {
    let mut is_within = false;
    let end = text.find(|c: char| {
        match c {
            '[' => is_within = true,
            ']' => is_within = false,
            _ => {}
        }
        !is_within && (c.is_whitespace() || c == '>')
    });
    end.unwrap_or(text.len())
}
