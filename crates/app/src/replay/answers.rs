//! Answers of a replay: what the change set makes of what it changes, else what the record says, else what is known today.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use waypost_engine::{Answered, Detail, Question};
use waypost_ids::codes;
use waypost_store::error::StoreError;
use waypost_wire::trace::{RunTrace, TraceEvent};

use super::changed::Changed;
use crate::mail::answers::{Answer, Answers};

/// What a recorded run was answered, and what is known today.
pub(super) struct Recorded<'r> {
    record: Vec<Answered>,
    /// How many of each question's recorded answers were given, by the first one's position: a service may answer the same call otherwise
    /// each time.
    given: Mutex<HashMap<usize, usize>>,
    today: &'r dyn Answers,
    changed: &'r Changed,
    unknown: AtomicBool,
}

impl<'r> Recorded<'r> {
    /// Answers from a record, and from today's world where it has none, or where what is asked is changed. What a recorded run could
    /// not be answered is asked again.
    pub(super) fn new(record: Vec<Answered>, today: &'r dyn Answers, changed: &'r Changed) -> Self {
        Self { record, given: Mutex::default(), today, changed, unknown: AtomicBool::new(false) }
    }

    /// Whether something was asked that neither could answer.
    pub(super) fn unknown(&self) -> bool {
        self.unknown.load(Ordering::Relaxed)
    }
}

/// The answers that a trace shows. Runs of releases that kept no journal have no others.
pub(super) fn shown_in(trace: &RunTrace) -> Vec<Answered> {
    let lookups = trace.events.iter().filter_map(|event| match event {
        TraceEvent::Lookup(lookup) => Some(lookup),
        _ => None,
    });
    // A journal and a trace write an answer alike. Where the trace keeps no values there is no answer to read.
    lookups.filter_map(|lookup| serde_json::from_value(serde_json::to_value(lookup).ok()?).ok()).collect()
}

/// How much a trace shows. One that has nothing to show either way shows all.
pub(super) fn detail_of(trace: &RunTrace) -> Detail {
    let shows_values = trace.events.iter().find_map(|event| match event {
        TraceEvent::Input { value, .. } | TraceEvent::Output { value, .. } | TraceEvent::Set { value, .. } => {
            Some(value.is_some())
        }
        TraceEvent::Log { message, .. } => Some(message.is_some()),
        // Earlier releases kept its message in every trace.
        TraceEvent::Error { error } => (error.message == codes::without_values(&error.code)).then_some(false),
        _ => None,
    });
    let has = |wanted: fn(&TraceEvent) -> bool| trace.events.iter().any(wanted);
    let has_steps = has(|event| matches!(event, TraceEvent::Node { .. } | TraceEvent::Conditions { .. }));
    match shows_values {
        Some(true) => Detail::Everything,
        Some(false) if has_steps => Detail::Steps,
        Some(false) => Detail::Decisions,
        None if has_steps => Detail::Everything,
        None if has(|event| matches!(event, TraceEvent::Flow { .. })) => Detail::Decisions,
        None => Detail::Everything,
    }
}

impl Recorded<'_> {
    /// The recorded answer to a question, if there is one left. Calls are answered one after the other, as they were; what is looked up
    /// is the same each time.
    fn recorded(&self, question: &Question) -> Option<Answered> {
        if self.changed.asks(question) {
            return None;
        }
        let answers = self.record.iter().enumerate();
        let mut known = answers.filter(|(_, answered)| answered.is_to(question) && !answered.is_failure()).peekable();
        if !matches!(question, Question::CallDataAction(_)) {
            return known.next().map(|(_, answered)| answered.clone());
        }
        let first = known.peek()?.0;
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let count = given.entry(first).or_default();
        let answered = known.nth(*count)?.1.clone();
        *count = count.saturating_add(1);
        Some(answered)
    }
}

#[async_trait]
impl Answers for Recorded<'_> {
    async fn answer(&self, question: &Question) -> Result<Answer, StoreError> {
        if let Some(answered) = self.recorded(question) {
            return Ok(answered.into());
        }
        let answered = match self.today.answer(question).await? {
            Answer::Now(answered) => *answered,
            // A replay asks nobody outside.
            Answer::Later(_) => question.clone().failed("the record has no answer from outside"),
        };
        if answered.is_failure() {
            self.unknown.store(true, Ordering::Relaxed);
        }
        Ok(answered.into())
    }

    fn wanted(&self) -> bool {
        self.today.wanted()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;
    use uuid::Uuid;
    use waypost_engine::{
        Ask, CallDataAction, CallFailure, CallOutcome, FindQueue, LookupTable, QueueAnswer, Reply, TableAnswer,
    };
    use waypost_ids::{DataActionId, TableId};

    use super::*;

    const KNOWN: TableId = TableId(Uuid::from_u128(1));
    const GONE: TableId = TableId(Uuid::from_u128(2));

    /// Knows one table's row, and nothing of any other.
    struct Today;

    #[async_trait]
    impl Answers for Today {
        async fn answer(&self, question: &Question) -> Result<Answer, StoreError> {
            Ok(match question.clone() {
                Question::FindQueue(_) => Answer::Later(Timestamp::MAX),
                Question::LookupTable(asked) if asked.table == KNOWN => {
                    let row = json!({ "tier": "today" }).as_object().cloned();
                    asked.answered(TableAnswer { version: Some(9), row }).into()
                }
                other => other.failed("the table is gone").into(),
            })
        }
    }

    async fn told(answers: &Recorded<'_>, question: &Question) -> Answered {
        match answers.answer(question).await.unwrap() {
            Answer::Now(answered) => *answered,
            Answer::Later(_) => panic!("a replay waits for nobody"),
        }
    }

    fn question(table: TableId, key: &str) -> Question {
        LookupTable { table, key: key.to_owned() }.into()
    }

    #[test]
    fn a_trace_tells_how_much_it_shows() {
        let node = json!({ "event": "node", "id": "a" });
        let flow = json!({ "event": "flow", "id": Uuid::nil(), "name": "A", "version": 1 });
        let set = json!({ "event": "set", "target": "variable", "name": "x" });
        let shown = json!({ "event": "set", "target": "variable", "name": "x", "value": null });
        let bare = codes::without_values(codes::CONVERSION);
        let error = |message: &str| {
            let error = json!({ "code": codes::CONVERSION, "message": message, "flowId": Uuid::nil(), "flowName": "A", "version": 1 });
            json!({ "event": "error", "error": error })
        };
        for (events, detail) in [
            (vec![flow.clone(), node.clone(), set], Detail::Steps),
            (vec![flow.clone(), node.clone(), shown], Detail::Everything),
            (vec![flow.clone(), node.clone()], Detail::Everything),
            (vec![flow.clone(), node.clone(), error("`x` is none")], Detail::Everything),
            (vec![flow.clone(), node, error(&bare)], Detail::Steps),
            (vec![flow.clone(), error(&bare)], Detail::Decisions),
            (vec![flow], Detail::Decisions),
            (vec![], Detail::Everything),
        ] {
            let trace: RunTrace = serde_json::from_value(json!({ "version": 1, "events": events })).unwrap();
            assert!(!trace.events.iter().any(|event| matches!(event, TraceEvent::Other(_))), "{trace:?}");
            assert_eq!(detail_of(&trace), detail, "{trace:?}");
        }
    }

    #[tokio::test]
    async fn the_record_answers_first_then_today_and_what_neither_knows_is_unknown() {
        let trace = json!({ "version": 1, "events": [
            { "event": "node", "id": "look" },
            { "event": "lookup", "kind": "lookupTable", "request": { "table": KNOWN, "key": "a" }, "answer": { "row": { "tier": "then" } } },
            { "event": "lookup", "kind": "lookupTable", "request": { "table": KNOWN, "key": "c" }, "failed": "the disk" },
            { "event": "lookup", "kind": "lookupTable" },
        ] });
        let trace: RunTrace = serde_json::from_value(trace).unwrap();
        let changed = Changed::default();
        let answers = Recorded::new(shown_in(&trace), &Today, &changed);
        let tier = |answered: Answered| match answered {
            Answered::LookupTable(exchange) => match exchange.reply {
                Reply::Answer(found) => found.row.and_then(|row| row["tier"].as_str().map(str::to_owned)),
                Reply::Failed(_) | Reply::Unasked(_) => None,
            },
            _ => None,
        };
        assert_eq!(tier(told(&answers, &question(KNOWN, "a")).await).as_deref(), Some("then"));
        assert_eq!(tier(told(&answers, &question(KNOWN, "b")).await).as_deref(), Some("today"));
        assert_eq!(tier(told(&answers, &question(KNOWN, "c")).await).as_deref(), Some("today"));
        assert!(!answers.unknown());
        assert_eq!(tier(told(&answers, &question(GONE, "a")).await), None);
        assert!(answers.unknown());
    }

    #[tokio::test]
    async fn what_is_answered_from_outside_is_known_from_the_record_alone() {
        let asked = |name: &str| FindQueue { name: name.to_owned() };
        let changed = Changed::default();
        let answers = Recorded::new(vec![asked("then").answered(QueueAnswer::default())], &Today, &changed);
        assert!(!told(&answers, &asked("then").into()).await.is_failure());
        assert!(!answers.unknown());
        assert!(told(&answers, &asked("now").into()).await.is_failure());
        assert!(answers.unknown());
    }

    /// A service may answer the same call otherwise each time.
    #[tokio::test]
    async fn calls_are_answered_as_they_were_one_after_the_other_and_no_more() {
        let asked = |input: &str| CallDataAction {
            data_action: DataActionId(Uuid::from_u128(3)),
            input: json!({ "id": input }).as_object().cloned().unwrap(),
            timeout_ms: None,
        };
        let outcome =
            |number: u64| CallOutcome::Success { output: json!({ "n": number }).as_object().cloned().unwrap() };
        let failure = CallFailure { code: "status".to_owned(), message: "no".to_owned(), status: Some(503) };
        let record = vec![
            asked("a").answered(outcome(1)),
            asked("b").answered(CallOutcome::Failure(failure)),
            asked("a").answered(outcome(2)),
        ];
        let changed = Changed::default();
        let answers = Recorded::new(record.clone(), &Today, &changed);
        for (input, expected) in [("a", 0), ("a", 2), ("b", 1)] {
            assert_eq!(told(&answers, &asked(input).into()).await, record[expected]);
        }
        assert!(!answers.unknown(), "a failure is an answer");
        assert!(told(&answers, &asked("a").into()).await.is_failure());
        assert!(answers.unknown());
    }
}
