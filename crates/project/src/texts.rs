//! Flows as they are written in the folder's files: what a server keeps beside their versions, so that comments are not lost.

use serde_json::Value as Json;
use waypost_flow::diagnostic::Diagnostic;
use waypost_flow::document::{self, Document, Read};
use waypost_flow::source::{self, Node};

use crate::{FlowEntry, Project, SourceFile, kind};

/// Whether a text still says what a flow's document says now. A flow that was renamed or described anew since is not what the text says,
/// nor is one that names what was renamed.
#[must_use]
pub fn says(text: &str, document: &Json) -> bool {
    let whole = |tree: &Node| {
        let Read { document, metadata, .. } = sound(tree)?;
        // No description, and one that is empty, say the same.
        let document = document.map(|read| Document { description: None, ..read });
        Some((document, metadata.description.filter(|text| !text.is_empty()), metadata.deprecated.flatten()))
    };
    let read = tree_of(text).and_then(|tree| whole(&tree));
    let said = source::json(&document.to_string()).ok().and_then(|tree| whole(&tree));
    read.is_some() && read == said
}

/// The tree of a text that is a flow's file.
pub(crate) fn tree_of(text: &str) -> Option<Node> {
    source::yaml(text).ok().map(|(node, _)| source::without(&node, &[kind::KEY]))
}

/// What a tree says, if it is a whole flow without an error.
pub(crate) fn sound(tree: &Node) -> Option<Read> {
    let read = document::read(tree);
    (read.document.is_some() && !read.diagnostics.iter().any(Diagnostic::is_error)).then_some(read)
}

impl Project {
    /// How each flow is written, in the order of the change set; none for flows that are JSON, which has no comments. `sources` are the
    /// files that the project was read from.
    #[must_use]
    pub fn texts(&self, sources: &[SourceFile]) -> Vec<Option<String>> {
        self.flows.iter().map(|entry| self.text(sources, entry)).collect()
    }

    /// How a flow is written: its whole file, if it is alone in there.
    fn text(&self, sources: &[SourceFile], entry: &FlowEntry) -> Option<String> {
        let file = sources.get(entry.at.file)?;
        if file.path.to_lowercase().ends_with(".json") {
            return None;
        }
        let is_alone = !self.places.keys().any(|at| at.file == entry.at.file && at.document != entry.at.document);
        if is_alone && source::yaml(&file.text).is_ok() {
            return Some(file.text.clone());
        }
        let start = self.places(entry.at)?.get("")?.bytes.start;
        document_around(&file.text, start).map(str::to_owned)
    }
}

/// The document of a YAML file in which a byte is, without the markers around it. No line of a document begins with a marker (YAML 1.2.2,
/// section 9.1.2).
fn document_around(text: &str, byte: usize) -> Option<&str> {
    let (mut from, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        let marker = ["---", "..."].into_iter().find(|marker| {
            let rest = line.strip_prefix(marker);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
        });
        if let Some(marker) = marker {
            if at > byte {
                return text.get(from..at);
            }
            // What is on the marker's line belongs to the document, too.
            let is_bare = line.trim_end().len() == marker.len();
            from = at + if is_bare { line.len() } else { marker.len() };
        }
        at += line.len();
    }
    text.get(from..)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(path: &str, text: &str) -> Vec<Option<String>> {
        let sources = [SourceFile { path: path.to_owned(), text: text.to_owned() }];
        let project = Project::read(&sources);
        assert!(!project.has_errors(), "{:?}", project.problems);
        project.texts(&sources)
    }

    #[test]
    fn a_flow_is_written_as_its_file_or_its_part_of_it() {
        let (one, two) = ("# one\nname: A\ntype: email\nnodes: []\n", "name: B # two\ntype: email\nnodes: []\n");
        let queue = "kind: queue\nname: Q\n";
        for (text, expected) in [
            (one.to_owned(), vec![one]),
            (format!("# before\n---\n{one}"), vec![&*format!("# before\n---\n{one}")]),
            (format!("{one}---\r\n{two}"), vec![one, two]),
            (format!("---\n{queue}---\n{one}...\n---\n{two}"), vec![one, two]),
            (format!("--- # on the line\n{one}---\n{queue}"), vec![&*format!(" # on the line\n{one}")]),
            (
                format!("---\n---\nname: A\ndescription: |\n  ---\ntype: email\nnodes: []\n--- \n{queue}"),
                vec!["name: A\ndescription: |\n  ---\ntype: email\nnodes: []\n"],
            ),
        ] {
            let found = texts("flows.yaml", &text);
            let found: Vec<&str> = found.iter().map(|text| text.as_deref().unwrap()).collect();
            assert_eq!(found, expected, "{text}");
            for part in found {
                assert!(source::yaml(part).is_ok(), "{part}");
            }
        }
        assert_eq!(texts("flow.JSON", "{\"name\": \"A\", \"type\": \"email\", \"nodes\": []}"), [None]);
    }
}
