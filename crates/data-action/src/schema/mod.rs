//! JSON Schema draft 4, as far as contracts need it. What is not offered is refused by name, so that no rule is dropped in silence.

mod check;
mod read;

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use serde_json::{Map, Number, Value as Json};

use crate::field::{Field, FieldType};

pub(crate) use read::read;

/// A schema, ready to check values.
#[derive(Debug)]
pub(crate) struct Schema {
    root: Rules,
    /// Schemas under `definitions`, by name.
    definitions: BTreeMap<String, Rules>,
}

/// A type's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Null,
    Boolean,
    Integer,
    Number,
    String,
    Array,
    Object,
}

impl Kind {
    const ALL: [Self; 7] =
        [Self::Null, Self::Boolean, Self::Integer, Self::Number, Self::String, Self::Array, Self::Object];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::String => "string",
            Self::Array => "array",
            Self::Object => "object",
        }
    }

    fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Whether a value is of the type. 1.0 is an integer, as in later drafts.
    fn fits(self, json: &Json) -> bool {
        match (self, json) {
            (Self::Null, Json::Null)
            | (Self::Boolean, Json::Bool(_))
            | (Self::Number, Json::Number(_))
            | (Self::String, Json::String(_))
            | (Self::Array, Json::Array(_))
            | (Self::Object, Json::Object(_)) => true,
            (Self::Integer, Json::Number(number)) => is_whole(number),
            _ => false,
        }
    }
}

fn is_whole(number: &Number) -> bool {
    number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|number| number.fract() == 0.0)
}

/// What one schema asks of a value.
#[derive(Debug, Default)]
struct Rules {
    /// A schema under `definitions` that stands here instead.
    refers: Option<String>,
    /// Any of them; none if every type will do.
    types: Option<Vec<Kind>>,
    one_of_values: Option<Vec<Json>>,
    minimum: Option<(f64, bool)>,
    maximum: Option<(f64, bool)>,
    multiple_of: Option<f64>,
    min_length: Option<usize>,
    max_length: Option<usize>,
    pattern: Option<Regex>,
    min_items: Option<usize>,
    max_items: Option<usize>,
    unique: bool,
    items: Option<Box<Rules>>,
    properties: Vec<(String, Rules)>,
    required: BTreeSet<String>,
    additional: Additional,
    min_properties: Option<usize>,
    max_properties: Option<usize>,
    all_of: Vec<Rules>,
    any_of: Vec<Rules>,
    one_of: Vec<Rules>,
    not: Option<Box<Rules>>,
    description: Option<String>,
}

/// Properties that a schema does not name.
#[derive(Debug, Default)]
enum Additional {
    /// Nothing is said of them: they may be there.
    #[default]
    Unsaid,
    Allowed,
    Refused,
    Like(Box<Rules>),
}

impl Schema {
    /// The properties as fields.
    pub(crate) fn fields(&self) -> Vec<Field> {
        let field = |(name, rules): &(String, Rules)| Field {
            name: name.clone(),
            kind: self.field_type(rules),
            required: self.root.required.contains(name),
            description: rules.description.clone(),
        };
        self.root.properties.iter().map(field).collect()
    }

    /// Whether it says that there may be properties that it does not name.
    pub(crate) fn allows_more(&self) -> bool {
        self.root.properties.is_empty() && matches!(self.root.additional, Additional::Unsaid)
            || matches!(self.root.additional, Additional::Allowed | Additional::Like(_))
    }

    fn field_type(&self, rules: &Rules) -> FieldType {
        let rules = self.resolved(rules);
        match rules.types.as_deref() {
            Some([Kind::String]) => FieldType::String,
            Some([Kind::Integer]) => FieldType::Integer,
            Some([Kind::Number]) => FieldType::Number,
            Some([Kind::Boolean]) => FieldType::Boolean,
            Some([Kind::Array]) => match rules.items.as_deref().map(|items| self.field_type(items)) {
                Some(element @ (FieldType::String | FieldType::Integer | FieldType::Number | FieldType::Boolean)) => {
                    FieldType::List(Box::new(element))
                }
                _ => FieldType::Json,
            },
            _ => FieldType::Json,
        }
    }

    /// What a reference stands for. References lead to no others: `read` refuses circles and follows chains.
    fn resolved<'s>(&'s self, rules: &'s Rules) -> &'s Rules {
        let mut rules = rules;
        // A chain is no longer than the definitions; a circle was refused.
        for _ in 0..=self.definitions.len() {
            match rules.refers.as_ref().and_then(|name| self.definitions.get(name)) {
                Some(next) => rules = next,
                None => break,
            }
        }
        rules
    }

    /// Checks an object.
    ///
    /// # Errors
    /// What is wrong with it, without its contents: a few problems, each with its place.
    pub(crate) fn check(&self, object: &Map<String, Json>) -> Result<(), Vec<String>> {
        check::check(self, object)
    }
}
