//! The rules of `style` elements, as far as their selectors name nothing but an element, its id and its classes. A rule that
//! needs more to know whom it means is left out: showing what was hidden is a smaller mistake than hiding what is shown.

use std::collections::HashMap;

use super::declarations::{Declarations, Declared};

/// The most bytes of all style elements that are read.
const MAX_BYTES: usize = 512 * 1024;
/// The most rules that are kept.
const MAX_RULES: usize = 4096;
/// The most rules that are held against elements, in all.
const MAX_MATCHES: usize = 2_000_000;

/// The most classes of an element that are looked at.
const MAX_CLASSES: usize = 64;

/// How much a rule counts: ids, classes, names, and its place (CSS Selectors, section 17).
type Weight = (usize, usize, usize, usize);

/// A rule: `a.b#c` and what it declares.
#[derive(Debug)]
struct Rule {
    name: Option<String>,
    id: Option<String>,
    classes: Vec<String>,
    weight: Weight,
    declarations: Declarations,
}

/// What a rule is found by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Id(String),
    Class(String),
    Name(String),
    Any,
}

/// All rules.
#[derive(Debug, Default)]
pub(super) struct Stylesheet {
    rules: Vec<Rule>,
    by_key: HashMap<Key, Vec<usize>>,
    bytes: usize,
    matches: std::cell::Cell<usize>,
    full: bool,
}

impl Stylesheet {
    /// Whether there is no rule.
    pub(super) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Whether not all rules could be read or applied.
    pub(super) fn is_cut(&self) -> bool {
        self.full || self.matches.get() > MAX_MATCHES
    }

    /// Adds the rules of a style element that is for screens.
    pub(super) fn add(&mut self, text: &str, media: Option<&str>) {
        if !media.is_none_or(is_for_screens) {
            return;
        }
        self.bytes += text.len();
        if self.bytes > MAX_BYTES {
            self.full = true;
            return;
        }
        let text = without_comments(text);
        let mut rest = text.as_str();
        while let Some(at) = rest.find(['{', ';', '}']) {
            let (prelude, after) = rest.split_at(at);
            let prelude = prelude.trim();
            rest = after.get(1..).unwrap_or_default();
            if !after.starts_with('{') {
                continue;
            }
            if let Some(at_rule) = prelude.strip_prefix('@') {
                let media = at_rule.split_at_checked(5).filter(|(name, _)| name.eq_ignore_ascii_case("media"));
                // The rules within are read as if they stood outside; the brace that closes them is passed over above.
                if !media.is_some_and(|(_, media)| is_for_screens(media)) {
                    rest = after_block(rest);
                }
                continue;
            }
            let end = rest.find('}').unwrap_or(rest.len());
            self.add_rule(prelude, rest.get(..end).unwrap_or_default());
            rest = rest.get(end + 1..).unwrap_or_default();
        }
    }

    fn add_rule(&mut self, selectors: &str, block: &str) {
        let declarations = Declarations::read(block);
        if declarations.is_empty() {
            return;
        }
        for selector in selectors.split(',') {
            if self.rules.len() >= MAX_RULES {
                self.full = true;
                return;
            }
            let Some(rule) = rule(selector.trim(), declarations, self.rules.len()) else { continue };
            let key = match (&rule.id, rule.classes.first(), &rule.name) {
                (Some(id), ..) => Key::Id(id.clone()),
                (None, Some(class), _) => Key::Class(class.clone()),
                (None, None, Some(name)) => Key::Name(name.clone()),
                (None, None, None) => Key::Any,
            };
            self.by_key.entry(key).or_default().push(self.rules.len());
            self.rules.push(rule);
        }
    }

    /// What is declared for an element, its own declarations last.
    pub(super) fn declared(&self, name: &str, id: Option<&str>, classes: Option<&str>, own: &Declarations) -> Declared {
        let mut rules: Vec<&Rule> = Vec::new();
        if !self.rules.is_empty() && self.matches.get() <= MAX_MATCHES {
            let id = id.map(str::to_ascii_lowercase);
            let classes = classes.unwrap_or_default().split_ascii_whitespace().take(MAX_CLASSES);
            let classes: Vec<String> = classes.map(str::to_ascii_lowercase).collect();
            let mut keys = vec![Key::Any, Key::Name(name.to_owned())];
            keys.extend(id.clone().map(Key::Id));
            keys.extend(classes.iter().cloned().map(Key::Class));
            for position in keys.iter().filter_map(|key| self.by_key.get(key)).flatten() {
                self.matches.set(self.matches.get() + 1);
                if let Some(rule) = self.rules.get(*position)
                    && rule.name.as_ref().is_none_or(|wanted| wanted == name)
                    && rule.id.as_ref().is_none_or(|wanted| Some(wanted) == id.as_ref())
                    && rule.classes.iter().all(|wanted| classes.contains(wanted))
                {
                    rules.push(rule);
                }
            }
            rules.sort_unstable_by_key(|rule| rule.weight);
        }
        let mut declared = Declared::default();
        for rule in &rules {
            declared.apply(&rule.declarations.normal);
        }
        declared.apply(&own.normal);
        for rule in &rules {
            declared.apply(&rule.declarations.important);
        }
        declared.apply(&own.important);
        declared
    }
}

/// A rule of one selector, if it is as simple as they are read here. Names are compared in any case, as browsers do without a
/// document type.
fn rule(selector: &str, declarations: Declarations, place: usize) -> Option<Rule> {
    let is_simple = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '#' | '*');
    if selector.is_empty() || selector.len() > 256 || !selector.chars().all(is_simple) {
        return None;
    }
    let selector = selector.to_ascii_lowercase();
    let mut rule = Rule { name: None, id: None, classes: Vec::new(), weight: (0, 0, 0, place), declarations };
    let start = selector.find(['.', '#']).unwrap_or(selector.len());
    let (name, mut rest) = selector.split_at_checked(start)?;
    match name {
        "" | "*" => {}
        name if name.contains('*') => return None,
        name => rule.name = Some(name.to_owned()),
    }
    while let Some(sign) = rest.chars().next() {
        let part = rest.get(1..)?;
        let end = part.find(['.', '#']).unwrap_or(part.len());
        let (part, after) = part.split_at_checked(end)?;
        match (sign, part) {
            (_, "") => return None,
            ('#', id) if rule.id.is_none() => rule.id = Some(id.to_owned()),
            ('.', class) => rule.classes.push(class.to_owned()),
            _ => return None,
        }
        rest = after;
    }
    rule.weight = (usize::from(rule.id.is_some()), rule.classes.len(), usize::from(rule.name.is_some()), place);
    Some(rule)
}

/// Whether a list of media means any screen, whatever its size.
fn is_for_screens(media: &str) -> bool {
    media.split(',').any(|one| {
        let one = one.trim();
        one.is_empty() || ["all", "screen", "only screen"].iter().any(|name| one.eq_ignore_ascii_case(name))
    })
}

/// What follows a block that was entered, the blocks in it included.
fn after_block(text: &str) -> &str {
    let mut depth = 1_usize;
    let end = text.bytes().position(|byte| {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    end.and_then(|end| text.get(end + 1..)).unwrap_or_default()
}

/// Without comments, and without the signs of an HTML comment around all.
fn without_comments(text: &str) -> String {
    let mut without = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("/*") {
        without.push_str(before);
        without.push(' ');
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    without.push_str(rest);
    without.replace("<!--", " ").replace("-->", " ")
}
