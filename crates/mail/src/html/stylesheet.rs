//! The rules of `style` elements, as far as their selectors are [read](Selector).

use std::cell::Cell;
use std::collections::HashMap;

use html5ever::local_name;

use super::declarations::{Declarations, Declared};
use super::selector::{Selector, Specificity, classes};
use super::tree::{Element, Id, Tree};

/// The most bytes of all style elements that are read.
const MAX_BYTES: usize = 512 * 1024;
/// The most rules that are kept.
const MAX_RULES: usize = 4096;
/// The most steps of holding rules against elements, and what these stand in, in all pages of a mail.
pub(super) const MAX_MATCHES: usize = 2_000_000;

/// A rule: `a.b#c` and what it declares.
#[derive(Debug)]
struct Rule {
    selector: Selector,
    /// How much it counts, and its place.
    weight: (Specificity, usize),
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
#[derive(Debug)]
pub(super) struct Stylesheet {
    rules: Vec<Rule>,
    by_key: HashMap<Key, Vec<usize>>,
    bytes: usize,
    matches: Cell<usize>,
    max_matches: usize,
    full: bool,
}

impl Stylesheet {
    /// No rules yet, to be held against elements so many times.
    pub(super) fn new(max_matches: usize) -> Self {
        Self { rules: Vec::new(), by_key: HashMap::new(), bytes: 0, matches: Cell::new(0), max_matches, full: false }
    }

    /// How many times rules were held against elements.
    pub(super) fn matches(&self) -> usize {
        self.matches.get()
    }

    /// Whether there is no rule.
    pub(super) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Whether not all rules could be read or applied.
    pub(super) fn is_cut(&self) -> bool {
        self.full || self.matches.get() > self.max_matches
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
            let Some(selector) = Selector::read(selector) else { continue };
            let subject = &selector.subject;
            let key = match (&subject.id, subject.classes.first(), &subject.name) {
                (Some(id), ..) => Key::Id(id.clone()),
                (None, Some(class), _) => Key::Class(class.clone()),
                (None, None, Some(name)) => Key::Name(name.clone()),
                (None, None, None) => Key::Any,
            };
            self.by_key.entry(key).or_default().push(self.rules.len());
            let weight = (selector.specificity(), self.rules.len());
            self.rules.push(Rule { selector, weight, declarations });
        }
    }

    /// What is declared for an element, its own declarations last.
    pub(super) fn declared(&self, tree: &Tree, node: Id, element: &Element, own: &Declarations) -> Declared {
        let mut rules: Vec<&Rule> = Vec::new();
        if !self.rules.is_empty() && self.matches.get() <= self.max_matches {
            let mut keys = vec![Key::Any, Key::Name(element.name.to_string())];
            keys.extend(element.attribute(&local_name!("id")).map(|id| Key::Id(id.to_ascii_lowercase())));
            keys.extend(classes(element).map(|class| Key::Class(class.to_ascii_lowercase())));
            for position in keys.iter().filter_map(|key| self.by_key.get(key)).flatten() {
                let mut steps = 0;
                if let Some(rule) = self.rules.get(*position)
                    && rule.selector.is_for(tree, node, element, &mut steps)
                {
                    rules.push(rule);
                }
                self.matches.set(self.matches.get() + steps);
                if self.matches.get() > self.max_matches {
                    break;
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
