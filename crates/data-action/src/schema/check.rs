//! Checking a value against a schema.

use std::collections::HashSet;

use serde_json::{Map, Value as Json};

use waypost_problem::shown;

use super::{Additional, Kind, Rules, Schema};

/// The most problems that are listed.
const MAX_LISTED: usize = 5;
/// The most steps of one check: schemas asked, elements looked at.
const MAX_STEPS: usize = 1_000_000;

pub(super) fn check(schema: &Schema, object: &Map<String, Json>) -> Result<(), Vec<String>> {
    let mut check = Check { schema, problems: Vec::new(), left: MAX_STEPS };
    // The root is an object by what was read; its type need not be said.
    let fits = check.object(object, &schema.root, &Place::Root);
    if check.left == 0 {
        return Err(vec!["it is too large to be checked".to_owned()]);
    }
    if fits { Ok(()) } else { Err(check.problems) }
}

/// Where a value stands; written out for problems alone.
enum Place<'p> {
    Root,
    Member(&'p Place<'p>, &'p str),
    Element(&'p Place<'p>, usize),
}

impl Place<'_> {
    fn text(&self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Member(Self::Root, name) => (*name).to_owned(),
            Self::Member(parent, name) => format!("{}.{name}", parent.text()),
            Self::Element(parent, index) => format!("{}[{index}]", parent.text()),
        }
    }
}

struct Check<'s> {
    schema: &'s Schema,
    problems: Vec<String>,
    left: usize,
}

impl<'s> Check<'s> {
    fn step(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left > 0
    }

    /// Notes a problem; the answer is always "does not fit".
    fn wrong(&mut self, place: &Place<'_>, what: impl FnOnce() -> String) -> bool {
        if self.problems.len() < MAX_LISTED {
            let text = place.text();
            self.problems.push(if text.is_empty() { what() } else { format!("{} {}", shown(&text), what()) });
        }
        false
    }

    fn fits(&mut self, json: &Json, rules: &'s Rules, place: &Place<'_>) -> bool {
        if !self.step() {
            return false;
        }
        let rules = self.schema.resolved(rules);
        if let Some(kinds) = &rules.types
            && !kinds.iter().any(|kind| kind.fits(json))
        {
            let expected: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
            return self.wrong(place, || format!("must be {}, found {}", expected.join(" or "), kind_of(json)));
        }
        let mut fits = self.combined(json, rules, place);
        if let Some(values) = &rules.one_of_values
            && !values.iter().any(|value| same(value, json))
        {
            fits = self.wrong(place, || "is none of the values that the contract lists".to_owned());
        }
        match json {
            Json::Number(number) => self.number(number.as_f64().unwrap_or_default(), rules, place) && fits,
            Json::String(text) => self.text(text, rules, place) && fits,
            Json::Array(list) => self.list(list, rules, place) && fits,
            Json::Object(object) => self.members(object, rules, place) && fits,
            Json::Null | Json::Bool(_) => fits,
        }
    }

    fn object(&mut self, object: &Map<String, Json>, rules: &'s Rules, place: &Place<'_>) -> bool {
        let members = self.members(object, rules, place);
        if rules.all_of.is_empty() && rules.any_of.is_empty() && rules.one_of.is_empty() && rules.not.is_none() {
            return members;
        }
        let whole = Json::Object(object.clone());
        self.combined(&whole, rules, place) && members
    }

    /// `allOf`, `anyOf`, `oneOf`, `not`.
    fn combined(&mut self, json: &Json, rules: &'s Rules, place: &Place<'_>) -> bool {
        let mut fits = true;
        for rules in &rules.all_of {
            fits &= self.fits(json, rules, place);
        }
        if !rules.any_of.is_empty() && !rules.any_of.iter().any(|rules| self.quietly(json, rules)) {
            fits = self.wrong(place, || "fits none of `anyOf`".to_owned());
        }
        if !rules.one_of.is_empty() {
            let count = rules.one_of.iter().filter(|rules| self.quietly(json, rules)).count();
            if count != 1 {
                fits = self.wrong(place, || format!("fits {count} of `oneOf`"));
            }
        }
        if let Some(not) = &rules.not
            && self.quietly(json, not)
        {
            fits = self.wrong(place, || "fits what `not` excludes".to_owned());
        }
        fits
    }

    /// Whether a value fits, without a problem if not.
    fn quietly(&mut self, json: &Json, rules: &'s Rules) -> bool {
        let before = self.problems.len();
        let fits = self.fits(json, rules, &Place::Root);
        self.problems.truncate(before);
        fits
    }

    fn number(&mut self, number: f64, rules: &Rules, place: &Place<'_>) -> bool {
        let mut fits = true;
        if let Some((bound, excluded)) = rules.minimum
            && (number < bound || excluded && number <= bound)
        {
            fits = self.wrong(place, || format!("must be {} {bound}", if excluded { "above" } else { "at least" }));
        }
        if let Some((bound, excluded)) = rules.maximum
            && (number > bound || excluded && number >= bound)
        {
            fits = self.wrong(place, || format!("must be {} {bound}", if excluded { "below" } else { "at most" }));
        }
        if let Some(of) = rules.multiple_of {
            let times = number / of;
            if (times - times.round()).abs() > 1e-9 {
                fits = self.wrong(place, || format!("must be a multiple of {of}"));
            }
        }
        fits
    }

    fn text(&mut self, text: &str, rules: &Rules, place: &Place<'_>) -> bool {
        let mut fits = true;
        if rules.min_length.is_some() || rules.max_length.is_some() {
            let length = text.chars().count();
            if let Some(least) = rules.min_length.filter(|least| length < *least) {
                fits = self.wrong(place, || format!("must have at least {least} characters, found {length}"));
            }
            if let Some(most) = rules.max_length.filter(|most| length > *most) {
                fits = self.wrong(place, || format!("must have at most {most} characters, found {length}"));
            }
        }
        if let Some(pattern) = &rules.pattern
            && !pattern.is_match(text)
        {
            fits = self.wrong(place, || format!("does not match the pattern {}", shown(pattern.as_str())));
        }
        fits
    }

    fn list(&mut self, list: &[Json], rules: &'s Rules, place: &Place<'_>) -> bool {
        let mut fits = true;
        let length = list.len();
        if let Some(least) = rules.min_items.filter(|least| length < *least) {
            fits = self.wrong(place, || format!("must have at least {least} elements, found {length}"));
        }
        if let Some(most) = rules.max_items.filter(|most| length > *most) {
            fits = self.wrong(place, || format!("must have at most {most} elements, found {length}"));
        }
        if rules.unique {
            let mut seen = HashSet::new();
            if !list.iter().all(|element| seen.insert(element.to_string())) {
                fits = self.wrong(place, || "has the same element twice".to_owned());
            }
        }
        if let Some(items) = &rules.items {
            for (index, element) in list.iter().enumerate() {
                fits &= self.fits(element, items, &Place::Element(place, index));
            }
        }
        fits
    }

    fn members(&mut self, object: &Map<String, Json>, rules: &'s Rules, place: &Place<'_>) -> bool {
        let mut fits = true;
        self.left = self.left.saturating_sub(rules.properties.len() + rules.required.len());
        for name in rules.required.iter().filter(|name| !object.contains_key(name.as_str())) {
            fits = self.wrong(&Place::Member(place, name), || "is required".to_owned());
        }
        let count = object.len();
        if let Some(least) = rules.min_properties.filter(|least| count < *least) {
            fits = self.wrong(place, || format!("must have at least {least} properties, found {count}"));
        }
        if let Some(most) = rules.max_properties.filter(|most| count > *most) {
            fits = self.wrong(place, || format!("must have at most {most} properties, found {count}"));
        }
        for (name, property) in &rules.properties {
            if let Some(value) = object.get(name) {
                fits &= self.fits(value, property, &Place::Member(place, name));
            }
        }
        if matches!(rules.additional, Additional::Unsaid | Additional::Allowed) {
            return fits;
        }
        let named: HashSet<&str> = rules.properties.iter().map(|(name, _)| name.as_str()).collect();
        for (name, value) in object.iter().filter(|(name, _)| !named.contains(name.as_str())) {
            let place = Place::Member(place, name);
            fits &= match &rules.additional {
                Additional::Like(rules) => self.fits(value, rules, &place),
                _ => self.wrong(&place, || "is not in the contract".to_owned()),
            };
        }
        fits
    }
}

fn kind_of(json: &Json) -> &'static str {
    let kinds = [Kind::Null, Kind::Boolean, Kind::Integer, Kind::Number, Kind::String, Kind::Array, Kind::Object];
    kinds.into_iter().find(|kind| kind.fits(json)).map_or("nothing", Kind::as_str)
}

/// Whether two values are one; 1 and 1.0 are.
fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (a, b) => a == b,
    }
}
