//! One canonical form of YAML files. Comments stay, and the meaning never changes: what would change it is refused.
//!
//! Layout comes from here, the order of members from the JSON Schema of what a document is. Files are read by the same parser as
//! everywhere else. Nothing here does I/O.

mod order;
mod print;
mod read;
mod same;
mod scalar;
mod tree;
mod trivia;

use serde_json::Value as Json;
use waypost_flow::source::{self, Node, SyntaxError};

/// Columns that a line should not exceed.
pub const WIDTH: usize = 120;

/// A byte order mark, which a file keeps.
const MARK: char = '\u{feff}';

/// Why a text is left as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It is not YAML, or uses what no file of a project may use, such as anchors.
    Syntax(SyntaxError),
    /// It uses YAML that is read but not laid out, such as directives.
    Unsupported(SyntaxError),
    /// The result would mean something else, lose a comment, or be formatted again to something else: a defect of the formatter.
    Changed(&'static str),
}

/// Formats a file. `schema_of` answers the JSON Schema of a document, which orders its members; without one they stay in order.
///
/// # Errors
/// Why the text can't be formatted.
pub fn format<'s>(text: &str, schema_of: &dyn Fn(&Node) -> Option<&'s Json>) -> Result<String, Problem> {
    let (mark, content) = text.strip_prefix(MARK).map_or(("", text), |rest| (text.get(..3).unwrap_or_default(), rest));
    let crlf = content.split_once('\n').is_some_and(|(line, _)| line.ends_with('\r'));
    let content = content.replace("\r\n", "\n");
    let before = source::yaml_documents(&content).map_err(Problem::Syntax)?;
    let formatted = once(&content, schema_of)?;
    let after = source::yaml_documents(&formatted).map_err(|_| Problem::Changed("it would not be YAML any more"))?;
    if !same::documents(&before, &after) {
        return Err(Problem::Changed("it would mean something else"));
    }
    if comments(&content)? != comments(&formatted)? {
        return Err(Problem::Changed("a comment would be lost"));
    }
    if once(&formatted, schema_of)? != formatted {
        return Err(Problem::Changed("formatting it again would change it again"));
    }
    let formatted = if crlf { formatted.replace('\n', "\r\n") } else { formatted };
    Ok(format!("{mark}{formatted}"))
}

fn once<'s>(text: &str, schema_of: &dyn Fn(&Node) -> Option<&'s Json>) -> Result<String, Problem> {
    let mut documents = read::read(text)?;
    let nodes = source::yaml_documents(text).map_err(Problem::Syntax)?;
    let mut nodes = nodes.iter();
    // The reader leaves documents out that say nothing.
    for document in documents.documents.iter_mut().filter(|document| !document.root.is_null()) {
        if let Some(schema) = nodes.next().and_then(|(node, _)| schema_of(node)) {
            order::sort(&mut document.root, schema);
        }
    }
    Ok(print::print(&documents))
}

/// All comments, in order of their text.
fn comments(text: &str) -> Result<Vec<String>, Problem> {
    let mut comments = read::read(text)?.comments;
    comments.sort();
    Ok(comments)
}
