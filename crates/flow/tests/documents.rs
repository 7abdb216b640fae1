//! Broken flow documents and what each must answer: `spec/documents/*.txt`, read by reader and checker.
//! `WAYPOST_BLESS=1` writes what is answered now into the files: read the difference before you keep it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use uuid::Uuid;
use waypost_flow::check::{self, Unresolved, World};
use waypost_flow::diagnostic::Diagnostic;
use waypost_flow::document::{self, FlowReference};
use waypost_flow::id::{FlowId, QueueId, ScheduleId, TableId};
use waypost_flow::interface::{InputType, Interface, OutputType};
use waypost_flow::program::{QueueTarget, ScheduleTarget, Selector, TableTarget};
use waypost_flow::source;
use waypost_flow::table::{Column, TableSchema};
use waypost_flow::types::Type;

/// What stands around every document: two queues, a shared flow at version 2, one that is deprecated, and one that is not published.
struct Around;

const SHARED: FlowId = FlowId(Uuid::from_u128(1));
const UNPUBLISHED: FlowId = FlowId(Uuid::from_u128(2));
const DEPRECATED: FlowId = FlowId(Uuid::from_u128(3));

impl World for Around {
    fn flow(&self, reference: &FlowReference) -> Option<FlowId> {
        if let Some(id) = &reference.flow_id {
            return [SHARED, UNPUBLISHED, DEPRECATED].into_iter().find(|known| known.to_string() == *id);
        }
        match document::fold_name(reference.flow.as_deref()?).as_str() {
            "shared processor" => Some(SHARED),
            "not published" => Some(UNPUBLISHED),
            "old processor" => Some(DEPRECATED),
            _ => None,
        }
    }

    fn interface(&self, flow: FlowId, selector: &Selector) -> Result<Arc<Interface>, Unresolved> {
        match selector {
            Selector::Published if flow == UNPUBLISHED => return Err(Unresolved::Unpublished),
            Selector::Version(version) if *version > 2 => return Err(Unresolved::Version),
            Selector::Label(label) if &**label != "stable" => return Err(Unresolved::Label),
            _ => {}
        }
        let input = |name: &str, data_type: Type, required| InputType { name: name.to_owned(), data_type, required };
        let output = |name: &str, data_type: Type| OutputType { name: name.to_owned(), data_type };
        Ok(Arc::new(Interface {
            flow,
            name: if flow == DEPRECATED { "Old Processor" } else { "Shared Processor" }.to_owned(),
            shared: true,
            inputs: vec![input("text", Type::String, true), input("limit", Type::Integer, false)],
            outputs: vec![output("result", Type::String), output("score", Type::Number)],
            may_decide: false,
            deprecated: (flow == DEPRECATED).then(|| "call Shared Processor instead".to_owned()),
        }))
    }

    fn queue(&self, written: &str) -> Option<QueueTarget> {
        let name = ["Billing", "General"].into_iter().find(|name| name.eq_ignore_ascii_case(written))?;
        Some(QueueTarget { id: QueueId(Uuid::from_u128(9)), name: Arc::from(name) })
    }

    fn table(&self, written: &str) -> Option<TableTarget> {
        let columns = vec![Column { name: "tier".to_owned(), data_type: Type::String }];
        let schema = Arc::new(TableSchema { ignore_case: false, columns });
        (written == "Customers").then(|| TableTarget { id: TableId(Uuid::nil()), name: Arc::from(written), schema })
    }

    fn schedule(&self, written: &str) -> Option<ScheduleTarget> {
        let id = ScheduleId(Uuid::nil());
        (written == "Office hours").then(|| ScheduleTarget { id, name: Arc::from(written) })
    }

    fn flow_names(&self) -> Vec<String> {
        vec!["Shared Processor".to_owned(), "Not Published".to_owned()]
    }

    fn queue_names(&self) -> Vec<String> {
        vec!["Billing".to_owned(), "General".to_owned()]
    }
}

/// All problems of a text, one a line: `warning` for a warning, code, path, message, suggestion.
fn problems(text: &str) -> String {
    let diagnostics: Vec<Diagnostic> = match source::yaml(text) {
        Err(error) => vec![error.into()],
        Ok((node, _)) => {
            let read = document::read(&node);
            match read.document {
                None => read.diagnostics,
                Some(document) => {
                    let written = document::canonical_json(&document);
                    let again = document::read(&source::json(&written).expect("canonical JSON is JSON"));
                    assert_eq!(again.document.as_ref(), Some(&document), "what is written reads back as the same");
                    let checked = check::check(&document, FlowId(Uuid::nil()), 1, &Around);
                    assert_eq!(checked.program.is_none(), checked.diagnostics.iter().any(Diagnostic::is_error));
                    checked.diagnostics
                }
            }
        }
    };
    let mut lines = String::new();
    for diagnostic in diagnostics {
        let place = if diagnostic.path.is_empty() { "(document)" } else { &diagnostic.path };
        if !diagnostic.is_error() {
            lines.push_str("warning ");
        }
        write!(lines, "{} {place}: {}", diagnostic.code, diagnostic.message).unwrap();
        if let Some(suggestion) = diagnostic.suggestion {
            write!(lines, " ({suggestion})").unwrap();
        }
        lines.push('\n');
    }
    if lines.is_empty() { "none\n".to_owned() } else { lines }
}

#[test]
fn every_case() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/documents");
    let bless = std::env::var_os("WAYPOST_BLESS").is_some();
    let (mut broken, mut failed) = (0, Vec::new());
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "txt")) {
        let text = fs::read_to_string(file).unwrap();
        let mut blessed = String::new();
        let mut parts = text.split("\n== ");
        blessed.push_str(parts.next().unwrap());
        for case in parts {
            let (title, rest) = case.split_once('\n').expect("a title");
            let (document, expected) = rest.split_once("\n--\n").unwrap_or((rest, ""));
            let found = problems(document);
            broken += usize::from(found != "none\n");
            if found.trim() != expected.trim() {
                failed.push(format!("{title}\n  expected:\n{expected}\n  found:\n{found}"));
            }
            write!(blessed, "\n== {title}\n{document}\n--\n{found}").unwrap();
        }
        if bless {
            fs::write(file, blessed).unwrap();
        }
    }
    assert!(bless || failed.is_empty(), "{} cases:\n{}", failed.len(), failed.join("\n"));
    assert!(broken >= 100, "only {broken} broken documents");
}
