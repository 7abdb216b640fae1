//! Reading a schema.

use std::collections::{BTreeMap, BTreeSet};

use regex::RegexBuilder;
use serde_json::{Map, Value as Json};

use waypost_problem::{Problem, shown};

use super::{Additional, Kind, Rules, Schema};

/// How deep schemas may be nested.
const MAX_DEPTH: usize = 24;
/// The most schemas within one.
const MAX_SCHEMAS: usize = 2_000;
/// How many definitions may refer to one another in a row: each may have schemas as deep as the limit.
const MAX_REFERENCES: usize = 16;
/// The largest compiled pattern, in bytes.
const MAX_PATTERN: usize = 256 * 1024;

/// Keywords that hold.
const KEYWORDS: [&str; 24] = [
    "type",
    "enum",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "items",
    "properties",
    "required",
    "additionalProperties",
    "minProperties",
    "maxProperties",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "$ref",
];
/// Keywords that say something to people, or to tools alone.
const NOTES: [&str; 12] = [
    "$schema",
    "id",
    "$id",
    "title",
    "description",
    "default",
    "format",
    "definitions",
    "example",
    "examples",
    "$comment",
    "readOnly",
];
const PREFIX: &str = "#/definitions/";

/// Reads the schema of a contract: of an object whose properties are the inputs or outputs.
///
/// # Errors
/// Every problem, at its place below `path`.
pub(crate) fn read(json: &Json, path: &str) -> Result<Schema, Vec<Problem>> {
    let mut reader = Reader { problems: Vec::new(), schemas: 0, references: Vec::new() };
    let mut definitions = BTreeMap::new();
    if let Some(object) = json.as_object() {
        reader.draft(object, path);
        if let Some(own) = reader.object(object, "definitions", path) {
            for (name, schema) in own {
                let rules = reader.rules(schema, &format!("{path}.definitions.{name}"), 1);
                definitions.insert(name.clone(), rules);
            }
        }
    }
    let root = reader.rules(json, path, 0);
    if root.types.as_deref().is_some_and(|types| types != [Kind::Object]) || root.refers.is_some() {
        reader.problems.push(
            Problem::new(format!("{path}.type"), "the contract must be an object whose properties are its fields")
                .expected("`\"type\": \"object\"`")
                .suggestion("put a list or a value into a property of an object"),
        );
    }
    for (name, place) in &reader.references {
        if !definitions.contains_key(name) {
            let problem = Problem::new(place.clone(), format!("there is no definition {}", shown(name)));
            reader.problems.push(problem.nearest(name, definitions.keys().map(String::as_str)));
        }
    }
    if reader.problems.is_empty()
        && let Some((name, message)) = circle(&definitions)
    {
        reader.problems.push(Problem::new(format!("{path}.definitions.{name}"), message));
    }
    if reader.problems.is_empty() { Ok(Schema { root, definitions }) } else { Err(reader.problems) }
}

/// A definition that leads back to itself, or too far, and what is wrong with it.
fn circle(definitions: &BTreeMap<String, Rules>) -> Option<(&str, String)> {
    // Whatever leads nowhere but to what is known to end, ends: after so many references in a row.
    let mut ends: BTreeMap<&str, usize> = BTreeMap::new();
    loop {
        let before = ends.len();
        for (name, rules) in definitions {
            let below: Option<Vec<usize>> = rules.references().iter().map(|to| ends.get(to).copied()).collect();
            if let Some(below) = below {
                ends.insert(name, below.into_iter().max().map_or(0, |most| most + 1));
            }
        }
        if ends.len() == before {
            break;
        }
    }
    if let Some(name) = definitions.keys().find(|name| !ends.contains_key(name.as_str())) {
        return Some((name.as_str(), "a definition that refers to itself is not supported".to_owned()));
    }
    let (name, _) = ends.into_iter().find(|(_, references)| *references > MAX_REFERENCES)?;
    Some((name, format!("more than {MAX_REFERENCES} definitions that refer to one another in a row")))
}

impl Rules {
    /// Definitions that it refers to, itself or below.
    fn references(&self) -> Vec<&str> {
        let additional = match &self.additional {
            Additional::Like(rules) => Some(rules.as_ref()),
            Additional::Unsaid | Additional::Allowed | Additional::Refused => None,
        };
        let below = [self.items.as_deref(), self.not.as_deref(), additional].into_iter().flatten();
        let lists = self.all_of.iter().chain(&self.any_of).chain(&self.one_of);
        let below = below.chain(lists).chain(self.properties.iter().map(|(_, rules)| rules));
        self.refers.as_deref().into_iter().chain(below.flat_map(Self::references)).collect()
    }
}

struct Reader {
    problems: Vec<Problem>,
    schemas: usize,
    /// Definitions that are referred to, and where.
    references: Vec<(String, String)>,
}

impl Reader {
    fn problem(&mut self, path: &str, keyword: &str, expected: &str) {
        let problem = Problem::new(format!("{path}.{keyword}"), format!("not a valid `{keyword}`"));
        self.problems.push(problem.expected(expected));
    }

    fn draft(&mut self, object: &Map<String, Json>, path: &str) {
        let Some(draft) = object.get("$schema") else { return };
        let known = [
            "http://json-schema.org/draft-04/schema",
            "http://json-schema.org/schema",
            "https://json-schema.org/draft-04/schema",
        ];
        let text = draft.as_str().unwrap_or_default().trim_end_matches('#');
        if !known.contains(&text) {
            self.problems.push(
                Problem::new(format!("{path}.$schema"), "this version of JSON Schema is not supported")
                    .expected("`http://json-schema.org/draft-04/schema#`")
                    .found(shown(&draft.to_string())),
            );
        }
    }

    fn object<'j>(
        &mut self,
        schema: &'j Map<String, Json>,
        keyword: &str,
        path: &str,
    ) -> Option<&'j Map<String, Json>> {
        let value = schema.get(keyword)?;
        if value.as_object().is_none() {
            self.problem(path, keyword, "an object of schemas");
        }
        value.as_object()
    }

    fn rules(&mut self, json: &Json, path: &str, depth: usize) -> Rules {
        let Some(schema) = json.as_object() else {
            self.problems
                .push(Problem::new(path, "not a JSON Schema").expected("an object").found(shown(&json.to_string())));
            return Rules::default();
        };
        self.schemas += 1;
        if depth > MAX_DEPTH || self.schemas > MAX_SCHEMAS {
            if depth > MAX_DEPTH || self.schemas == MAX_SCHEMAS + 1 {
                let message = if depth > MAX_DEPTH {
                    format!("schemas are nested more than {MAX_DEPTH} levels deep")
                } else {
                    format!("more than {MAX_SCHEMAS} schemas")
                };
                self.problems.push(Problem::new(path, message));
            }
            return Rules::default();
        }
        for keyword in schema.keys() {
            if !KEYWORDS.contains(&keyword.as_str()) && !NOTES.contains(&keyword.as_str()) {
                let problem = Problem::new(path, format!("the keyword {} is not supported", shown(keyword)));
                self.problems.push(problem.nearest(keyword, KEYWORDS));
            }
        }
        let mut rules = Rules {
            description: schema.get("description").and_then(Json::as_str).map(str::to_owned),
            ..Rules::default()
        };
        if let Some(reference) = schema.get("$ref") {
            self.refer(reference, path, &mut rules);
            return rules;
        }
        self.scalars(schema, path, &mut rules);
        self.parts(schema, path, depth, &mut rules);
        rules
    }

    fn refer(&mut self, reference: &Json, path: &str, rules: &mut Rules) {
        match reference.as_str().and_then(|reference| reference.strip_prefix(PREFIX)) {
            Some(name) if !name.contains(['/', '~', '%']) => {
                self.references.push((name.to_owned(), format!("{path}.$ref")));
                rules.refers = Some(name.to_owned());
            }
            _ => {
                let problem = Problem::new(format!("{path}.$ref"), "a reference to somewhere else is not supported");
                let found = shown(reference.as_str().unwrap_or_default());
                self.problems.push(
                    problem.expected(format!("a definition of this schema, such as `{PREFIX}address`")).found(found),
                );
            }
        }
    }

    fn scalars(&mut self, schema: &Map<String, Json>, path: &str, rules: &mut Rules) {
        if let Some(types) = schema.get("type") {
            let words = match types {
                Json::String(_) => std::slice::from_ref(types),
                Json::Array(list) => list.as_slice(),
                _ => &[],
            };
            let kinds: Option<Vec<Kind>> = words.iter().map(|word| word.as_str().and_then(Kind::named)).collect();
            match kinds.filter(|kinds| !kinds.is_empty()) {
                Some(kinds) => rules.types = Some(kinds),
                None => {
                    let found = shown(&types.to_string());
                    let names = Kind::ALL.map(Kind::as_str).join(", ");
                    let problem = Problem::new(format!("{path}.type"), "not a valid `type`");
                    let problem = problem.expected(format!("one of {names}, or a list of them")).found(found);
                    self.problems
                        .push(problem.nearest(types.as_str().unwrap_or_default(), Kind::ALL.map(Kind::as_str)));
                }
            }
        }
        if let Some(values) = schema.get("enum") {
            match values.as_array().filter(|values| !values.is_empty()) {
                Some(values) => rules.one_of_values = Some(values.clone()),
                None => self.problem(path, "enum", "a list of values"),
            }
        }
        let excluded = |keyword: &str| schema.get(keyword).and_then(Json::as_bool).unwrap_or_default();
        for keyword in ["exclusiveMinimum", "exclusiveMaximum"] {
            if schema.get(keyword).is_some_and(|value| !value.is_boolean()) {
                self.problem(path, keyword, "true or false, beside `minimum` or `maximum` (draft 4)");
            }
        }
        rules.minimum = self.number(schema, "minimum", path).map(|bound| (bound, excluded("exclusiveMinimum")));
        rules.maximum = self.number(schema, "maximum", path).map(|bound| (bound, excluded("exclusiveMaximum")));
        rules.multiple_of = self.number(schema, "multipleOf", path).filter(|of| {
            let positive = *of > 0.0;
            if !positive {
                self.problem(path, "multipleOf", "a number above 0");
            }
            positive
        });
        rules.min_length = self.count(schema, "minLength", path);
        rules.max_length = self.count(schema, "maxLength", path);
        rules.min_items = self.count(schema, "minItems", path);
        rules.max_items = self.count(schema, "maxItems", path);
        rules.min_properties = self.count(schema, "minProperties", path);
        rules.max_properties = self.count(schema, "maxProperties", path);
        if let Some(unique) = schema.get("uniqueItems") {
            match unique.as_bool() {
                Some(unique) => rules.unique = unique,
                None => self.problem(path, "uniqueItems", "true or false"),
            }
        }
        if let Some(pattern) = schema.get("pattern") {
            let compiled = pattern.as_str().map(|pattern| RegexBuilder::new(pattern).size_limit(MAX_PATTERN).build());
            match compiled {
                Some(Ok(pattern)) => rules.pattern = Some(pattern),
                _ => self.problem(path, "pattern", "a regular expression without look-around and back-references"),
            }
        }
    }

    fn parts(&mut self, schema: &Map<String, Json>, path: &str, depth: usize, rules: &mut Rules) {
        let below = depth + 1;
        if let Some(properties) = self.object(schema, "properties", path) {
            for (name, property) in properties {
                let property = self.rules(property, &format!("{path}.properties.{name}"), below);
                rules.properties.push((name.clone(), property));
            }
        }
        if let Some(required) = schema.get("required") {
            let names: Option<BTreeSet<String>> =
                required.as_array().and_then(|list| list.iter().map(|name| name.as_str().map(str::to_owned)).collect());
            match names {
                Some(names) => rules.required = names,
                None => self.problem(path, "required", "a list of names of properties"),
            }
        }
        match schema.get("additionalProperties") {
            None => {}
            Some(Json::Bool(true)) => rules.additional = Additional::Allowed,
            Some(Json::Bool(false)) => rules.additional = Additional::Refused,
            Some(schema) => {
                let schema = self.rules(schema, &format!("{path}.additionalProperties"), below);
                rules.additional = Additional::Like(Box::new(schema));
            }
        }
        match schema.get("items") {
            None => {}
            Some(Json::Array(_)) => self.problem(path, "items", "one schema for all elements"),
            Some(items) => rules.items = Some(Box::new(self.rules(items, &format!("{path}.items"), below))),
        }
        rules.all_of = self.list(schema, "allOf", path, below);
        rules.any_of = self.list(schema, "anyOf", path, below);
        rules.one_of = self.list(schema, "oneOf", path, below);
        if let Some(not) = schema.get("not") {
            rules.not = Some(Box::new(self.rules(not, &format!("{path}.not"), below)));
        }
    }

    fn list(&mut self, schema: &Map<String, Json>, keyword: &str, path: &str, depth: usize) -> Vec<Rules> {
        match schema.get(keyword) {
            None => Vec::new(),
            Some(Json::Array(list)) if !list.is_empty() => {
                let one = |(place, schema)| self.rules(schema, &format!("{path}.{keyword}[{place}]"), depth);
                list.iter().enumerate().map(one).collect()
            }
            Some(_) => {
                self.problem(path, keyword, "a list of schemas");
                Vec::new()
            }
        }
    }

    fn number(&mut self, schema: &Map<String, Json>, keyword: &str, path: &str) -> Option<f64> {
        let value = schema.get(keyword)?;
        if !value.is_number() {
            self.problem(path, keyword, "a number");
        }
        value.as_f64()
    }

    fn count(&mut self, schema: &Map<String, Json>, keyword: &str, path: &str) -> Option<usize> {
        let value = schema.get(keyword)?;
        let count = value.as_u64().and_then(|count| usize::try_from(count).ok());
        if count.is_none() {
            self.problem(path, keyword, "a whole number from 0");
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn definitions_refer_to_one_another_so_often_in_a_row() {
        let chain = |count: usize| {
            let one = |number: usize| match number {
                0 => json!({ "type": "string" }),
                number => json!({ "allOf": [{ "$ref": format!("{PREFIX}d{}", number - 1) }] }),
            };
            let all: Map<String, Json> = (0..count).map(|number| (format!("d{number}"), one(number))).collect();
            json!({ "type": "object", "definitions": all })
        };
        assert!(read(&chain(MAX_REFERENCES + 1), "x").is_ok());
        let problems = read(&chain(MAX_REFERENCES + 2), "x").unwrap_err();
        assert!(problems.len() == 1 && problems[0].message.contains("in a row"), "{problems:?}");
    }
}
