//! The order of members: as the JSON Schema of the document lists them. What it does not list follows, in its own order.

use regex::Regex;
use serde_json::{Map, Value as Json};

use crate::tree::{Shape, Tree};

/// References that lead to each other end here.
const MAX_DEPTH: usize = 32;

/// Sorts the members of a value and of all that is in it.
pub(crate) fn sort(tree: &mut Tree, schema: &Json) {
    sort_by(tree, &[schema], schema);
}

fn sort_by(tree: &mut Tree, schemas: &[&Json], root: &Json) {
    let mut facets = Vec::new();
    for schema in schemas {
        collect(schema, root, tree, 0, &mut facets);
    }
    if facets.is_empty() {
        return;
    }
    let Shape::Collection(collection) = &mut tree.shape else { return };
    if collection.is_map {
        let order: Vec<String> =
            facets.iter().filter_map(|facet| facet.get("properties")?.as_object()).flat_map(names).collect();
        // A member that is spelled in lower case stands where the other does.
        let rank = |name: &str| order.iter().position(|known| known.eq_ignore_ascii_case(name)).unwrap_or(order.len());
        collection.members.sort_by_key(|member| member.key.as_ref().map_or(0, |key| rank(&key.value)));
    }
    for member in &mut collection.members {
        let below: Vec<&Json> = match &member.key {
            Some(key) => facets.iter().filter_map(|facet| of_member(facet, &key.value)).collect(),
            None => facets.iter().filter_map(|facet| facet.get("items")).collect(),
        };
        sort_by(&mut member.value, &below, root);
    }
}

fn names(properties: &Map<String, Json>) -> impl Iterator<Item = String> {
    properties.keys().cloned()
}

/// The schema of a member.
fn of_member<'s>(facet: &'s Map<String, Json>, name: &str) -> Option<&'s Json> {
    let listed = facet.get("properties").and_then(Json::as_object);
    let known = listed.and_then(|listed| listed.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)));
    known.map(|(_, schema)| schema).or_else(|| facet.get("additionalProperties").filter(|other| other.is_object()))
}

/// Every part of a schema that says something of this value, in the order in which it is written.
fn collect<'s>(schema: &'s Json, root: &'s Json, tree: &Tree, depth: usize, found: &mut Vec<&'s Map<String, Json>>) {
    let Some(facet) = schema.as_object().filter(|_| depth < MAX_DEPTH) else { return };
    if let Some(named) = facet.get("$ref").and_then(Json::as_str).and_then(|name| root.pointer(name.strip_prefix('#')?))
    {
        collect(named, root, tree, depth + 1, found);
    }
    found.push(facet);
    let all = ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|word| facet.get(word)?.as_array()).flatten();
    for part in all.filter(|part| fits(part, tree)) {
        collect(part, root, tree, depth + 1, found);
    }
    if let (Some(condition), Some(then)) = (facet.get("if"), facet.get("then"))
        && fits(condition, tree)
    {
        collect(then, root, tree, depth + 1, found);
    }
}

/// Whether the members of a value that a schema wants to be a certain word are that.
fn fits(schema: &Json, tree: &Tree) -> bool {
    let word = |name: &str| tree.member(name).and_then(Tree::text);
    let required = schema.get("required").and_then(Json::as_array).into_iter().flatten();
    let is_condition = schema.get("properties").is_some() || schema.get("required").is_some();
    let there = |name: &Json| name.as_str().is_some_and(|name| tree.member(name).is_some());
    if is_condition && schema.get("additionalProperties").is_none() && !required.into_iter().all(there) {
        return false;
    }
    let properties = schema.get("properties").and_then(Json::as_object).into_iter().flatten();
    properties.into_iter().all(|(name, wanted)| match (word(name), wanted.get("const"), wanted.get("pattern")) {
        (Some(word), Some(constant), _) => constant.as_str() == Some(word),
        (Some(word), None, Some(Json::String(pattern))) => {
            Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(word))
        }
        _ => true,
    })
}
