//! Where two documents say something else, however little it means: every member and every element by its position.

use serde_json::{Map, Value as Json};

use super::{Change, Difference, content};
use crate::document::Document;
use crate::path::FieldPath;

/// The first `most` places at which two documents say something else, with paths such as `nodes[0].actions[1].queue`, and how many more
/// there are. What is the flow's and not the version's does not count.
#[must_use]
pub fn exactly(before: &Document, after: &Document, most: usize) -> (Vec<Difference>, usize) {
    let mut places = Places { most, found: Vec::new(), more: 0 };
    objects(&FieldPath::Root(""), &content(before), &content(after), &mut places);
    (places.found, places.more)
}

struct Places {
    most: usize,
    found: Vec<Difference>,
    more: usize,
}

impl Places {
    fn add(&mut self, path: &FieldPath<'_>, before: Option<&Json>, after: Option<&Json>) {
        if self.found.len() == self.most {
            self.more += 1;
            return;
        }
        let change = match (before, after) {
            (None, _) => Change::Added,
            (_, None) => Change::Removed,
            _ => Change::Changed,
        };
        self.found.push(Difference { path: path.text(), change, before: before.cloned(), after: after.cloned() });
    }
}

fn objects(path: &FieldPath<'_>, before: &Map<String, Json>, after: &Map<String, Json>, into: &mut Places) {
    // The canonical form keeps the order of what users give as JSON.
    if before.keys().ne(after.keys()) && before.len() == after.len() && before.keys().all(|key| after.contains_key(key))
    {
        let side = |members: &Map<String, Json>| Json::Object(members.clone());
        return into.add(path, Some(&side(before)), Some(&side(after)));
    }
    let added = after.keys().filter(|key| !before.contains_key(*key));
    for key in before.keys().chain(added) {
        values(&path.member(key), before.get(key), after.get(key), into);
    }
}

fn values(path: &FieldPath<'_>, before: Option<&Json>, after: Option<&Json>, into: &mut Places) {
    match (before, after) {
        (Some(Json::Object(old)), Some(Json::Object(new))) => objects(path, old, new, into),
        (Some(Json::Array(old)), Some(Json::Array(new))) => {
            for index in 0..old.len().max(new.len()) {
                values(&path.element(index), old.get(index), new.get(index), into);
            }
        }
        (old, new) if old == new => {}
        (old, new) => into.add(path, old, new),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{document, source};

    #[test]
    fn what_means_the_same_is_a_difference_here() {
        let read = |text: &str| {
            let text = format!("{{ name: F, type: shared, {text} }}");
            document::read(&source::yaml(&text).unwrap().0).document.unwrap_or_else(|| panic!("{text}"))
        };
        let before = read("nodes: [{id: x, actions: [{type: log, message: '${ a }'}, {type: return}]}]");
        let after = read("nodes: [{id: x, name: X, actions: [{type: log, message: '${a}'}]}, {id: y, actions: []}]");
        let (found, more) = exactly(&before, &after, 3);
        let lines: Vec<String> = found.iter().map(|one| format!("{} {}", one.change.as_str(), one.path)).collect();
        assert_eq!(
            lines,
            ["changed nodes[0].actions[0].message", "removed nodes[0].actions[1]", "added nodes[0].name"]
        );
        assert_eq!(more, 1);
        let with =
            |default: &str| read(&format!("inputs: [{{name: a, dataType: json, default: {default}}}], nodes: []"));
        let (found, _) = exactly(&with("{b: 1, c: 2}"), &with("{c: 2, b: 1}"), 3);
        assert_eq!(found.iter().map(|one| one.path.as_str()).collect::<Vec<_>>(), ["inputs[0].default"]);
        let (none, more) = exactly(&before, &Document { name: "G".to_owned(), ..before.clone() }, 3);
        assert!(none.is_empty() && more == 0);
    }
}
