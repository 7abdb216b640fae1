//! Asking, answering and resuming: a run that is dropped at each of its questions and made anew from its stored journal is the run that
//! was never dropped.

use std::collections::BTreeMap;

use waypost_engine::{Answered, Ask, Detail, Journal, JournalError, Limits, Outcome, Question, Run, Step};
use waypost_flow::source::{self, Node};
use waypost_ids::{DecisionKind, codes};

use super::mail::Mail;
use super::world::{self, Flows};
use super::{input, limits};

/// A route's flow that asks, calls a flow that asks in a loop, and asks again; errors go to a node of their own.
const CASE: &str = r#"
mail: { from: ann@shop.example, subject: billing }
flows:
  - name: Main
    type: email
    nodes:
      - id: first
        actions:
          - type: lookupTable
            table: Customers
            key: "${interaction.email.from.domain}"
            outputMapping: [{ name: tier, value: "${output.tier}" }]
          - { type: setAttributes, attributes: { tier: "${tier}" } }
          - { type: runFlow, flow: Hours, outputMapping: [{ name: open, value: "${output.open}" }] }
          - { type: setAttributes, attributes: { open: "${open}" } }
          - { type: transferToQueue, queue: "${interaction.email.subject}" }
      - { id: caught, actions: [{ type: transferToQueue, queue: General }] }
    onError: { to: caught }
  - name: Hours
    type: shared
    outputs: [{ name: open, dataType: string }]
    nodes:
      - id: inner
        actions:
          - type: forEach
            items: "${['example.com', 'nobody.example']}"
            as: key
            actions:
              - type: lookupTable
                table: Customers
                key: "${key}"
                outputMapping: [{ name: tier, value: "${output.tier}" }]
                notFound: { to: asks }
      - id: asks
        actions:
          - type: evaluateSchedule
            schedule: Office hours
            outputMapping: [{ name: open, value: "${output.state}" }]
          - { type: setOutput, name: open, value: "${open}" }
"#;

fn case() -> (Node, Flows, Mail) {
    let (case, _) = source::yaml(CASE).unwrap();
    let flows = Flows::read(&case).unwrap();
    let mail = Mail::read(super::member(&case, "mail"));
    (case, flows, mail)
}

fn in_one_process(host: impl Fn(&Question) -> Answered, each: impl FnOnce(&Outcome<'_>)) {
    let (case, flows, mail) = case();
    let mut run = Run::start(input(&flows, &mail, &case, limits(&case)));
    loop {
        match run.step() {
            Step::Done(outcome) => return each(&outcome),
            Step::Needs(waiting) => {
                let answered = host(waiting.question());
                run = waiting.answer(answered);
            }
        }
    }
}

/// Leaves the run at every question with nothing but the stored journal, and starts anew.
fn in_many_processes(host: impl Fn(&Question) -> Answered, each: impl FnOnce(&Outcome<'_>)) {
    let mut stored = Journal::default().to_json().unwrap();
    loop {
        let (case, flows, mail) = case();
        let answers = Journal::from_json(&stored).unwrap().answers;
        match Run::start(input(&flows, &mail, &case, limits(&case))).answered(answers).step() {
            Step::Done(outcome) => return each(&outcome),
            Step::Needs(waiting) => {
                let answered = host(waiting.question());
                let mut journal = waiting.into_journal(1);
                assert!(journal.open.take().is_some_and(|open| answered.is_to(&open.question) && open.asked == 1));
                journal.answers.push(answered);
                stored = journal.to_json().unwrap();
            }
        }
    }
}

fn same(host: impl Fn(&Question) -> Answered + Copy, each: impl FnOnce(&Outcome<'_>)) {
    in_one_process(host, |whole| {
        in_many_processes(host, |resumed| {
            assert_eq!(whole.decision, resumed.decision);
            assert_eq!(whole.attributes, resumed.attributes);
            assert_eq!((whole.actions, whole.steps), (resumed.actions, resumed.steps));
            assert_eq!(whole.trace.to_json(), resumed.trace.to_json());
            assert_eq!(whole.journal, resumed.journal);
        });
        each(whole);
    });
}

fn answers(limits: Limits) -> Vec<Answered> {
    let (case, flows, mail) = case();
    super::finish(Run::start(input(&flows, &mail, &case, limits))).journal.answers
}

#[test]
fn a_resumed_run_ends_as_one_that_was_never_left() {
    same(world::answer, |whole| {
        assert_eq!(whole.decision.queue.as_ref().unwrap().name.as_ref(), "Billing");
        let expected = [("open", "open"), ("tier", "gold")];
        assert_eq!(whole.attributes, BTreeMap::from(expected.map(|(name, value)| (name.to_owned(), value.to_owned()))));
        assert_eq!(whole.actions, 10, "an action that asks is one action, however often it is done again");
        let stored = whole.journal.to_json().unwrap();
        assert_eq!(stored, include_str!("journal-v1.json").trim_end(), "the stored form is promised");
        assert_eq!(Journal::from_json(&stored).unwrap(), whole.journal);
    });
}

#[test]
fn an_answer_that_says_no_is_an_error_that_is_caught() {
    let host = |question: &Question| match question.clone() {
        Question::EvaluateSchedule(asked) => asked.failed("nobody knows"),
        _ => world::answer(question),
    };
    same(host, |whole| {
        assert_eq!(whole.decision.queue.as_ref().unwrap().name.as_ref(), "General");
        assert_eq!(whole.attributes.get("open"), None);
    });
}

/// Whatever the trace's detail, the journal is the same.
#[test]
fn a_short_trace_leaves_no_answer_out_of_the_journal() {
    let whole = answers(Limits::default());
    assert_eq!(whole.len(), 5);
    for detail in [Detail::Decisions, Detail::Steps] {
        assert_eq!(answers(Limits { detail, ..Limits::default() }), whole);
    }
}

/// Another kind of answer, and one to another question of the same kind.
#[test]
fn an_answer_to_another_question_ends_the_run() {
    let (case, flows, mail) = case();
    let good = answers(Limits::default());
    let mut of_another_kind = good.clone();
    of_another_kind.swap(0, 3);
    let mut to_another_key = good.clone();
    to_another_key.swap(0, 1);
    for (wrong, number) in [(of_another_kind, 0), (to_another_key, 0)] {
        let Step::Done(outcome) = Run::start(input(&flows, &mail, &case, limits(&case))).answered(wrong).step() else {
            panic!("it asked")
        };
        assert_eq!(outcome.decision.kind, DecisionKind::Unrouted, "the flow's onError must not hide it");
        let error = outcome.decision.error.unwrap();
        assert_eq!(error.code, codes::JOURNAL_MISMATCH);
        assert!(error.message.starts_with(&format!("answer {number} ")), "{error}");
    }
    // So does one that was just given.
    let Step::Needs(waiting) = Run::start(input(&flows, &mail, &case, limits(&case))).step() else { panic!("no ask") };
    let Step::Done(outcome) = waiting.answer(good[3].clone()).step() else { panic!("it asked again") };
    assert_eq!(outcome.decision.error.unwrap().code, codes::JOURNAL_MISMATCH);
}

#[test]
fn a_newer_journal_is_refused_whatever_it_holds() {
    let newer = r#"{"version": 2, "answers": [], "and": "more"}"#;
    assert!(matches!(Journal::from_json(newer), Err(JournalError::Version { found: 2 })));
    for unreadable in
        ["[]", r#"{"version": 1, "answers": [{"kind": "findQueue", "request": {"table": 1}, "answer": {}}]}"#]
    {
        assert!(matches!(Journal::from_json(unreadable), Err(JournalError::Unreadable(_))), "{unreadable}");
    }
}

/// Numbers come back as they were: a replay must not decide by another.
#[test]
fn numbers_in_a_journal_are_exact() {
    let mut journal = Journal { answers: answers(Limits::default()), ..Journal::default() };
    let Some(Answered::LookupTable(exchange)) = journal.answers.first_mut() else { panic!("no row") };
    let waypost_engine::Reply::Answer(found) = &mut exchange.reply else { panic!("no answer") };
    let mut number = 0.1_f64;
    let values = (0..10_000).map(|_| {
        number = (number * 1.37).fract() + 1e-3;
        serde_json::Value::from(number)
    });
    found.row.as_mut().unwrap().insert("numbers".to_owned(), values.collect());
    assert!(Journal::from_json(&journal.to_json().unwrap()).unwrap() == journal);
}

/// What is kept of a run that is over has a bound; what is kept is whole.
#[test]
fn the_answers_of_an_ended_run_are_kept_up_to_a_mebibyte() {
    let mut journal = Journal { answers: answers(Limits::default()), ..Journal::default() };
    let Some(Answered::LookupTable(exchange)) = journal.answers.first_mut() else { panic!("no row") };
    exchange.request.key = "x".repeat(1024 * 1024);
    let all = journal.answers.clone();
    let kept = journal.to_kept_json().unwrap().unwrap();
    assert_eq!(Journal::from_json(&kept).unwrap().answers, all[1..]);
    let small = Journal { answers: all[1..].to_vec(), detail: Detail::Steps, ..Journal::default() };
    assert_eq!(Journal::from_json(&small.clone().to_kept_json().unwrap().unwrap()).unwrap(), small);
    assert_eq!(Journal::default().to_kept_json().unwrap(), None, "most runs ask nothing");
}
