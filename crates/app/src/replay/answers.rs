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
}
