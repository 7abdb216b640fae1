//! Every code's page: its wrong example answers the code, its right one does not. Codes that only a catalogue answers are
//! tried where there is one, in `crates/project/tests/pages.rs`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod objects;
#[allow(dead_code, reason = "nothing is evaluated here")]
mod support;

use std::sync::Arc;

use uuid::Uuid;
use waypost_flow::check::{self, Unresolved, World};
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document::{self, Document, FlowReference};
use waypost_flow::email::Members;
use waypost_flow::interface::Interface;
use waypost_flow::program::{DataActionTarget, QueueTarget, ScheduleTarget, Selector, TableTarget, WebhookTarget};
use waypost_flow::source;
use waypost_ids::{FlowId, QueueId};

/// Answered by the catalogue.
const ELSEWHERE: [Code; 3] = [Code::Cycle, Code::TooDeep, Code::NotRoutable];

/// An example: the flow in question, then the flows around it. A flow without content is not published.
struct Around<'t> {
    flows: Vec<&'t str>,
}

fn document(text: &str) -> Option<Document> {
    document::read(&source::yaml(text).ok()?.0).document
}

fn name(text: &str) -> String {
    let (node, _) = source::yaml(text).expect("a flow of the world can be read");
    document::fold_name(&document::read(&node).metadata.name.expect("a flow of the world has a name"))
}

impl World for Around<'_> {
    fn members(&self) -> &'static Members {
        support::members()
    }

    fn flow(&self, reference: &FlowReference) -> Option<FlowId> {
        let wanted = document::fold_name(reference.flow.as_deref()?);
        let position = self.flows.iter().position(|flow| name(flow) == wanted)?;
        Some(FlowId(Uuid::from_u128(position as u128)))
    }

    fn has_namesake(&self, flow: FlowId) -> bool {
        let called = self.flows.get(usize::try_from(flow.0.as_u128()).unwrap()).map(|flow| name(flow));
        self.flows.iter().filter(|flow| called.as_deref() == Some(&name(flow))).count() > 1
    }

    fn interface(&self, flow: FlowId, selector: &Selector) -> Result<Arc<Interface>, Unresolved> {
        let text = self.flows.get(usize::try_from(flow.0.as_u128()).unwrap()).ok_or(Unresolved::Flow)?;
        let document = document(text).ok_or(Unresolved::Unpublished)?;
        match selector {
            Selector::Published | Selector::Version(1) => {}
            Selector::Version(_) => return Err(Unresolved::Version),
            Selector::Label(_) => return Err(Unresolved::Label),
        }
        let notice = text.lines().find_map(|line| line.strip_prefix("# deprecated: "));
        let interface = check::declared_interface(&document, flow);
        Ok(Arc::new(Interface { deprecated: notice.map(str::to_owned), ..interface }))
    }

    fn queue(&self, written: &str) -> Option<QueueTarget> {
        let name = ["Billing", "General"].into_iter().find(|name| name.eq_ignore_ascii_case(written))?;
        Some(QueueTarget { id: QueueId(Uuid::from_u128(9)), name: Arc::from(name) })
    }

    fn table(&self, written: &str) -> Option<TableTarget> {
        objects::table(written)
    }

    fn schedule(&self, written: &str) -> Option<ScheduleTarget> {
        objects::schedule(written)
    }

    fn webhook(&self, written: &str) -> Option<WebhookTarget> {
        objects::webhook(written)
    }

    fn data_action(&self, written: &str) -> Option<DataActionTarget> {
        objects::data_action(written, &[("email", false), ("text", false)])
    }

    fn flow_names(&self) -> Vec<String> {
        self.flows.iter().map(|flow| name(flow)).collect()
    }

    fn queue_names(&self) -> Vec<String> {
        vec!["Billing".to_owned(), "General".to_owned()]
    }
}

/// A line that ends in `# N times` stands for so many.
fn repeated(text: &str) -> String {
    let times = |line: &str| line.rsplit_once("# ")?.1.split_once(" times")?.0.parse().ok();
    text.lines().map(|line| format!("{line}\n").repeat(times(line).unwrap_or(1))).collect()
}

fn problems(example: &str) -> Vec<Diagnostic> {
    let mut documents = example.split("\n---\n");
    let flow = repeated(documents.next().unwrap_or_default());
    let around = Around { flows: documents.collect() };
    let node = match source::yaml(&flow) {
        Ok((node, _)) => node,
        Err(error) => return vec![error.into()],
    };
    let read = document::read(&node);
    match read.document {
        Some(document) => check::check(&document, FlowId(Uuid::max()), 1, &around).diagnostics,
        None => read.diagnostics,
    }
}

/// The fenced examples of a kind.
fn examples<'p>(page: &'p str, kind: &str) -> Vec<&'p str> {
    let fence = format!("```yaml {kind}\n");
    page.split(&fence).skip(1).map(|rest| rest.split("\n```\n").next().unwrap()).collect()
}

#[test]
fn every_page_has_words_and_examples() {
    for code in Code::ALL {
        let page = code.page();
        let words = page.strip_prefix(&format!("# {code}\n\n")).unwrap_or_else(|| panic!("{code}: no title"));
        assert!(
            words.split("\n\n").next().unwrap().split(['.', '?']).filter(|rest| rest.starts_with([' ', '\n'])).count()
                >= 1,
            "{code}: two sentences at least"
        );
        let wrong = examples(page, "refused").len() + examples(page, "warned").len();
        assert!(wrong >= 1 && !examples(page, "accepted").is_empty(), "{code}: examples are missing");
    }
}

#[test]
fn examples_are_what_they_say() {
    for code in Code::ALL.iter().filter(|code| !ELSEWHERE.contains(code)) {
        for (kind, error) in [("refused", true), ("warned", false)] {
            for example in examples(code.page(), kind) {
                let found = problems(example);
                let told = found.iter().any(|problem| problem.code == *code && problem.is_error() == error);
                assert!(told, "{code}: the example that is {kind} answers {found:#?}");
                assert!(error || found.iter().all(|problem| !problem.is_error()), "{code}: {found:#?}");
            }
        }
        for example in examples(code.page(), "accepted") {
            let found = problems(example);
            let well = found.iter().all(|problem| problem.code != *code && !problem.is_error());
            assert!(well, "{code}: the right example answers {found:#?}");
        }
    }
}
