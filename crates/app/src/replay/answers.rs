//! Answers of a replay: what the change set makes of what it changes, else what the record says, else what is known today.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use waypost_engine::{Answered, Detail, Question};
use waypost_store::error::StoreError;
use waypost_wire::trace::{RunTrace, TraceEvent};

use super::changed::Changed;
use crate::mail::answers::Answers;

/// What a recorded run was answered, and what is known today.
pub(super) struct Recorded<'r> {
    record: Vec<Answered>,
    today: &'r dyn Answers,
    changed: &'r Changed,
    unknown: AtomicBool,
}

impl<'r> Recorded<'r> {
    /// Answers from a record, and from today's world where it has none, or where what is asked is changed. What a recorded run could
    /// not be answered is asked again.
    pub(super) fn new(record: Vec<Answered>, today: &'r dyn Answers, changed: &'r Changed) -> Self {
        Self { record, today, changed, unknown: AtomicBool::new(false) }
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
        _ => None,
    });
    let has = |wanted: fn(&TraceEvent) -> bool| trace.events.iter().any(wanted);
    match shows_values {
        Some(true) => Detail::Everything,
        Some(false) => Detail::Steps,
        None if has(|event| matches!(event, TraceEvent::Node { .. } | TraceEvent::Conditions { .. })) => {
            Detail::Everything
        }
        None if has(|event| matches!(event, TraceEvent::Flow { .. })) => Detail::Decisions,
        None => Detail::Everything,
    }
}

#[async_trait]
impl Answers for Recorded<'_> {
    async fn answer(&self, question: &Question) -> Result<Answered, StoreError> {
        let recorded = if self.changed.asks(question) { &[][..] } else { &self.record[..] };
        let mut known = recorded.iter().filter(|answered| answered.is_to(question) && !answered.is_failure());
        if let Some(answered) = known.next() {
            return Ok(answered.clone());
        }
        let answered = match self.today.later(question) {
            // A replay asks nobody outside.
            Some(_) => question.clone().failed("the record has no answer from outside"),
            None => self.today.answer(question).await?,
        };
        if answered.is_failure() {
            self.unknown.store(true, Ordering::Relaxed);
        }
        Ok(answered)
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
    use waypost_engine::{Ask, FindQueue, LookupTable, QueueAnswer, Reply, TableAnswer};
    use waypost_ids::TableId;

    use super::*;

    const KNOWN: TableId = TableId(Uuid::from_u128(1));
    const GONE: TableId = TableId(Uuid::from_u128(2));

    /// Knows one table's row, and nothing of any other.
    struct Today;

    #[async_trait]
    impl Answers for Today {
        fn later(&self, question: &Question) -> Option<Timestamp> {
            matches!(question, Question::FindQueue(_)).then_some(Timestamp::MAX)
        }

        async fn answer(&self, question: &Question) -> Result<Answered, StoreError> {
            Ok(match question.clone() {
                Question::LookupTable(asked) if asked.table == KNOWN => {
                    let row = json!({ "tier": "today" }).as_object().cloned();
                    asked.answered(TableAnswer { version: Some(9), row })
                }
                other => other.failed("the table is gone"),
            })
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
        for (events, detail) in [
            (vec![flow.clone(), node.clone(), set], Detail::Steps),
            (vec![flow.clone(), node.clone(), shown], Detail::Everything),
            (vec![flow.clone(), node], Detail::Everything),
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
                Reply::Failed(_) => None,
            },
            _ => None,
        };
        assert_eq!(tier(answers.answer(&question(KNOWN, "a")).await.unwrap()).as_deref(), Some("then"));
        assert_eq!(tier(answers.answer(&question(KNOWN, "b")).await.unwrap()).as_deref(), Some("today"));
        assert_eq!(tier(answers.answer(&question(KNOWN, "c")).await.unwrap()).as_deref(), Some("today"));
        assert!(!answers.unknown());
        assert_eq!(tier(answers.answer(&question(GONE, "a")).await.unwrap()), None);
        assert!(answers.unknown());
    }

    #[tokio::test]
    async fn what_is_answered_from_outside_is_known_from_the_record_alone() {
        let asked = |name: &str| FindQueue { name: name.to_owned() };
        let changed = Changed::default();
        let answers = Recorded::new(vec![asked("then").answered(QueueAnswer::default())], &Today, &changed);
        assert!(!answers.answer(&asked("then").into()).await.unwrap().is_failure());
        assert!(!answers.unknown());
        assert!(answers.answer(&asked("now").into()).await.unwrap().is_failure());
        assert!(answers.unknown());
    }
}
