//! Answers of a replay: what the record says, else what is known today.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use serde_json::Value as Json;
use waypost_engine::{Answer, Question};
use waypost_store::error::StoreError;

use crate::mail::answers::Answers;

/// What a recorded run was told, by kind and request.
pub(super) struct Recorded<'r> {
    lookups: Vec<(&'r str, &'r Json, Answer)>,
    today: &'r dyn Answers,
    unknown: AtomicBool,
}

impl<'r> Recorded<'r> {
    /// Answers from a trace, and from today's world where it has none.
    pub(super) fn new(trace: &'r Json, today: &'r dyn Answers) -> Self {
        let events = trace.get("events").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
        let lookups = events.iter().filter_map(|event| {
            let kind = event.get("kind")?.as_str().filter(|_| is_lookup(event))?;
            Some((kind, event.get("request")?, Answer::Value(event.get("answer")?.clone())))
        });
        Self { lookups: lookups.collect(), today, unknown: AtomicBool::new(false) }
    }

    /// Whether something was asked that neither could answer.
    pub(super) fn unknown(&self) -> bool {
        self.unknown.load(Ordering::Relaxed)
    }
}

fn is_lookup(event: &Json) -> bool {
    event.get("event").and_then(Json::as_str) == Some("lookup")
}

#[async_trait]
impl Answers for Recorded<'_> {
    async fn answer(&self, question: &Question) -> Result<Answer, StoreError> {
        let known =
            self.lookups.iter().find(|(kind, request, _)| *kind == question.kind && **request == question.request);
        if let Some((_, _, answer)) = known {
            return Ok(answer.clone());
        }
        let answer = self.today.answer(question).await?;
        if matches!(answer, Answer::Failed(_)) {
            self.unknown.store(true, Ordering::Relaxed);
        }
        Ok(answer)
    }

    fn wanted(&self) -> bool {
        self.today.wanted()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use waypost_ids::FlowId;

    use super::*;

    /// Knows one table's row, and nothing of any other.
    struct Today;

    #[async_trait]
    impl Answers for Today {
        async fn answer(&self, question: &Question) -> Result<Answer, StoreError> {
            Ok(match question.request["table"].as_str() {
                Some("known") => Answer::Value(json!({ "row": { "tier": "today" } })),
                _ => Answer::Failed("the table is gone".to_owned()),
            })
        }
    }

    fn question(table: &str, key: &str) -> Question {
        Question {
            number: 0,
            flow_id: FlowId(uuid::Uuid::nil()),
            node_id: "look".to_owned(),
            action: 0,
            kind: "lookupTable".to_owned(),
            request: json!({ "table": table, "key": key }),
        }
    }

    #[tokio::test]
    async fn the_record_answers_first_then_today_and_what_neither_knows_is_unknown() {
        let trace = json!({ "version": 1, "events": [
            { "event": "node", "id": "look" },
            { "event": "lookup", "kind": "lookupTable", "request": { "table": "known", "key": "a" }, "answer": { "row": { "tier": "then" } } },
            { "event": "lookup", "kind": "lookupTable" },
        ] });
        let answers = Recorded::new(&trace, &Today);
        let tier = |answer: Answer| match answer {
            Answer::Value(value) => value["row"]["tier"].as_str().map(str::to_owned),
            Answer::Failed(_) => None,
        };
        assert_eq!(tier(answers.answer(&question("known", "a")).await.unwrap()).as_deref(), Some("then"));
        assert_eq!(tier(answers.answer(&question("known", "b")).await.unwrap()).as_deref(), Some("today"));
        assert!(!answers.unknown());
        assert_eq!(tier(answers.answer(&question("gone", "a")).await.unwrap()), None);
        assert!(answers.unknown());
    }
}
