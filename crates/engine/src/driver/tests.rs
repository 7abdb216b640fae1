//! Asking, answering and resuming, by actions that ask. The machine is the product's; an action whose name starts with `ask`
//! asks as many questions as its name says and puts the answers into an attribute.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;
use waypost_flow::actions::Handover;
use waypost_flow::actions::jumps::ProgramJumps;
use waypost_flow::actions::run_flow::ProgramRunFlow;
use waypost_flow::actions::set_attributes::ProgramSetAttributes;
use waypost_flow::actions::transfer_to_queue::{ProgramTransferToQueue, QueueChoice};
use waypost_flow::document::{Disposition, Match};
use waypost_flow::email::{AddressField, AddressRef, AttachmentRef, Email, EnvelopeField, TextField};
use waypost_flow::interface::Interface;
use waypost_flow::link::Snapshot;
use waypost_flow::program::{
    Callee, Conditions, Program, ProgramAction, ProgramActionKind, ProgramBranch, ProgramEnd, ProgramNode, QueueTarget,
    Selector,
};
use waypost_flow::value::{Text, Value};
use waypost_ids::{DecisionKind, FlowId, QueueId, codes};

use super::{Driver, Pause};
use crate::actions::{Actions, Control, Perform};
use crate::decision::Outcome;
use crate::error::Raised;
use crate::journal::{Answer, Answered, JOURNAL_VERSION, Journal, JournalError, Question};
use crate::machine::Machine;
use crate::run::{Limits, RunInput, finish};

struct Asking;

impl Perform for Asking {
    fn perform<'m>(
        &mut self,
        machine: &mut Machine<'m>,
        action: &'m ProgramAction,
        answers: &[Answered],
    ) -> Result<Control<'m>, Raised> {
        let name = action.name.as_deref().unwrap_or_default();
        let Some(wanted) = name.strip_prefix("ask ") else {
            return Actions.perform(machine, action, answers);
        };
        let (count, attribute) = wanted.split_once(' ').unwrap();
        if answers.len() < count.parse().unwrap() {
            return Ok(Control::Ask { kind: "test", request: json!({ "for": attribute, "after": answers.len() }) });
        }
        let mut said = String::new();
        for answered in answers {
            match &answered.answer {
                Answer::Value(value) => said.push_str(value.as_str().unwrap()),
                Answer::Failed(why) => return Err(Raised::error(codes::NOT_ANSWERED, why.clone())),
            }
        }
        Arc::make_mut(&mut machine.attributes)
            .insert(Arc::from(attribute), Value::String(Text::Owned(Arc::from(said))));
        Ok(Control::Next)
    }
}

struct NoMail;

impl Email for NoMail {
    fn text(&self, _: TextField) -> &str {
        ""
    }
    fn address_count(&self, _: AddressField) -> usize {
        0
    }
    fn address(&self, _: AddressField, _: usize) -> Option<AddressRef<'_>> {
        None
    }
    fn header(&self, _: &str) -> Option<&str> {
        None
    }
    fn headers(&self) -> &BTreeMap<String, Vec<String>> {
        static NONE: LazyLock<BTreeMap<String, Vec<String>>> = LazyLock::new(BTreeMap::new);
        &NONE
    }
    fn references(&self) -> &[String] {
        &[]
    }
    fn attachment_count(&self) -> usize {
        0
    }
    fn attachment(&self, _: usize) -> Option<AttachmentRef<'_>> {
        None
    }
    fn date(&self) -> Option<Timestamp> {
        None
    }
    fn size(&self) -> u64 {
        0
    }
    fn body_truncated(&self) -> bool {
        false
    }
    fn automatic(&self) -> Option<&str> {
        None
    }

    fn envelope(&self, field: EnvelopeField) -> &str {
        match field {
            EnvelopeField::From => "bounces@example.com",
            EnvelopeField::To => "care@example.org",
            EnvelopeField::Remote => "192.0.2.1",
        }
    }
}

fn action(name: &str, kind: ProgramActionKind) -> ProgramAction {
    ProgramAction { name: Some(Arc::from(name)), on_error: None, kind }
}

fn ask(name: &str) -> ProgramAction {
    action(name, ProgramActionKind::SetAttributes(ProgramSetAttributes { attributes: Vec::new() }))
}

fn queue(name: &str) -> ProgramAction {
    let queue = QueueTarget { id: QueueId(Uuid::from_u128(7)), name: Arc::from(name) };
    action(
        "",
        ProgramActionKind::TransferToQueue(ProgramTransferToQueue {
            queue: QueueChoice::Fixed(queue),
            jumps: ProgramJumps::default(),
            priority: None,
            skills: None,
            language: None,
        }),
    )
}

fn node(id: &str, actions: Vec<ProgramAction>, to: Option<usize>) -> ProgramNode {
    let next = to.map(|to| ProgramBranch { when: None, to }).into_iter().collect();
    ProgramNode { id: Arc::from(id), actions, next }
}

fn program(flow: u128, nodes: Vec<ProgramNode>, on_error: Option<usize>) -> Arc<Program> {
    Arc::new(Program {
        interface: Interface {
            flow: FlowId(Uuid::from_u128(flow)),
            name: format!("Flow {flow}"),
            shared: false,
            inputs: Vec::new(),
            outputs: Vec::new(),
            may_decide: true,
            deprecated: None,
        },
        version: 1,
        input_defaults: Vec::new(),
        output_initials: Vec::new(),
        variables: Vec::new(),
        conditions: Conditions { matching: Match::All, conditions: Vec::new() },
        nodes,
        on_error,
        end: ProgramEnd { disposition: Disposition::Unrouted, queue: None },
    })
}

fn call(flow: u128) -> ProgramAction {
    let callee = Callee { flow: FlowId(Uuid::from_u128(flow)), selector: Selector::Published };
    let handover = Handover { inputs: Vec::new(), outputs: Vec::new() };
    action("", ProgramActionKind::RunFlow(ProgramRunFlow { callee, handover, second: None }))
}

/// A route's flow that asks, calls a flow that asks twice in one action, and asks again; errors go to a node of their own.
fn snapshot() -> Snapshot {
    let mut snapshot = Snapshot::default();
    let nodes = vec![
        node("first", vec![ask("ask 1 one"), call(2), ask("ask 1 three")], Some(1)),
        node("last", vec![queue("Answered")], None),
        node("caught", vec![queue("Unanswered")], None),
    ];
    snapshot.insert(program(1, nodes, Some(2)), true);
    snapshot.insert(program(2, vec![node("inner", vec![ask("ask 2 two")], None)], None), true);
    snapshot
}

fn driver<'m>(snapshot: &'m Snapshot, answers: Vec<Answered>) -> Driver<'m, Asking> {
    let input = RunInput {
        snapshot,
        start: snapshot.published(FlowId(Uuid::from_u128(1))).unwrap(),
        interaction_id: "01890000-0000-7000-8000-000000000000",
        received_at: Timestamp::UNIX_EPOCH,
        priority: 3,
        attributes: BTreeMap::from([("given".to_owned(), "before".to_owned())]),
        email: &NoMail,
        limits: Limits::default(),
    };
    Driver::new(Machine::new(input), Asking, answers)
}

fn good(question: &Question) -> Answer {
    Answer::Value(json!(format!("answer {}; ", question.number)))
}

fn in_one_process<'m>(snapshot: &'m Snapshot, host: impl Fn(&Question) -> Answer) -> Outcome<'m> {
    let mut driver = driver(snapshot, Vec::new());
    loop {
        match driver.run() {
            Pause::Decided(decided) => return finish(driver.machine, decided),
            Pause::Question(question) => {
                let answer = host(&question);
                driver.answers.push(Answered { question: *question, answer });
            }
        }
    }
}

/// Leaves the run at every question with nothing but the stored journal, and starts anew. Answers the journal as well.
fn in_many_processes<'m>(snapshot: &'m Snapshot, host: impl Fn(&Question) -> Answer) -> (Outcome<'m>, String) {
    let mut stored = Journal { version: JOURNAL_VERSION, answers: Vec::new() }.to_json();
    loop {
        let mut driver = driver(snapshot, Journal::from_json(&stored).unwrap().into_answers().unwrap());
        match driver.run() {
            Pause::Decided(decided) => return (finish(driver.machine, decided), stored),
            Pause::Question(question) => {
                let answer = host(&question);
                let mut answers = driver.answers;
                answers.push(Answered { question: *question, answer });
                stored = Journal { version: JOURNAL_VERSION, answers }.to_json();
            }
        }
    }
}

#[track_caller]
fn same(a: &Outcome<'_>, b: &Outcome<'_>) {
    assert_eq!(a.decision, b.decision);
    assert_eq!(a.attributes, b.attributes);
    assert_eq!(a.actions, b.actions);
    assert_eq!(a.trace.to_json(), b.trace.to_json());
}

#[test]
fn a_resumed_run_ends_as_one_that_was_never_left() {
    let snapshot = snapshot();
    let whole = in_one_process(&snapshot, good);
    let (resumed, stored) = in_many_processes(&snapshot, good);
    same(&whole, &resumed);
    assert_eq!(whole.decision.kind, DecisionKind::Queue);
    assert_eq!(whole.decision.queue.unwrap().name.as_ref(), "Answered");
    let expected =
        [("given", "before"), ("one", "answer 0; "), ("three", "answer 3; "), ("two", "answer 1; answer 2; ")];
    assert_eq!(whole.attributes, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    assert_eq!(whole.actions, 5, "an action that asks is one action, however often it is done again");
    assert_eq!(stored, include_str!("journal-v1.json").trim_end(), "the stored form is promised");
}

#[test]
fn an_answer_that_says_no_is_an_error_that_is_caught() {
    let snapshot = snapshot();
    let host = |question: &Question| match question.number {
        2 => Answer::Failed("nobody knows".to_owned()),
        _ => good(question),
    };
    let whole = in_one_process(&snapshot, host);
    let (resumed, _) = in_many_processes(&snapshot, host);
    same(&whole, &resumed);
    assert_eq!(whole.decision.queue.unwrap().name.as_ref(), "Unanswered");
    assert_eq!(whole.attributes.get("two"), None);
}

#[test]
fn a_journal_of_another_run_is_noticed() {
    let snapshot = snapshot();
    let (_, stored) = in_many_processes(&snapshot, good);
    let mut answers = Journal::from_json(&stored).unwrap().into_answers().unwrap();
    answers[1].question.node_id = "elsewhere".to_owned();
    let mut driver = driver(&snapshot, answers);
    let Pause::Decided(decided) = driver.run() else { panic!("it asked") };
    assert_eq!(decided.kind, DecisionKind::Unrouted, "the flow's onError must not hide it");
    assert_eq!(decided.error.unwrap().code, codes::JOURNAL_MISMATCH);
}

#[test]
fn a_newer_journal_is_refused_whatever_it_holds() {
    let newer = r#"{"version": 2, "answers": [], "and": "more"}"#;
    assert!(matches!(Journal::from_json(newer), Err(JournalError::Version { found: 2 })));
    assert!(matches!(Journal::from_json("[]"), Err(JournalError::Unreadable(_))));
}
