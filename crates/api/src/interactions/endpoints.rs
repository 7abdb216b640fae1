//! The endpoints of interactions, described.

use axum::http::StatusCode;
use waypost_app::access::scopes::Scope;
use waypost_ids::DecisionKind;
use waypost_wire::Object;
use waypost_wire::interaction::{Interaction, Reruns, Summary, Trace};

use super::{get, list, post, rerun};
use crate::openapi::Endpoints;
use crate::openapi::operation::{Operation, operation};

/// The words for how a run ended.
const DECISIONS: &[&str] = &DecisionKind::WORDS;

/// The filters of lists, and of what is done to all that match.
pub(super) const FILTERS: [&str; 10] =
    ["state", "decision", "queue", "flowId", "from", "to", "messageId", "subject", "since", "until"];

/// An operation with the filters.
fn filtered(operation: Operation) -> Operation {
    operation
        .words("state", &["received", "running", "decided", "claimed", "completed"], "Where it stands.")
        .words("decision", DECISIONS, "How the last run ended.")
        .text("queue", "A queue's identifier or name.")
        .uuid("flowId", "The flow of the last run.")
        .text("from", "The envelope sender.")
        .text("to", "The envelope recipient.")
        .text("messageId", "The Message-ID, exactly; angle brackets aside.")
        .text("subject", "What the subject contains.")
        .time("since", "Accepted at this time or later.")
        .time("until", "Accepted before this time.")
}

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    Endpoints::default()
        .get(
            "/interactions",
            list::list,
            filtered(operation("getInteractions", Scope::EmailRead, "List interactions, newest first, their runs left out"))
                .chunks::<Interaction>(),
        )
        .post(
            "/interactions",
            post::accept,
            operation("postInteractions", Scope::EmailWrite, "Hand in a mail: answered once it is on stable storage")
                .text("to", "The address that the mail is for.")
                .required()
                .text("from", "The envelope sender; `<>`: the null reverse-path; left out: the address of From.")
                .flag("wait", "Wait for the decision, 15 seconds at most.")
                .header("Idempotency-Key", "The same key within 24 hours is the same request.")
                .message_body()
                .answers::<Interaction>()
                .answers_with::<Interaction>(StatusCode::ACCEPTED)
                .refuses(&[409, 422]),
        )
        .post(
            "/interactions/rerun",
            rerun::rerun_all,
            filtered(operation("postInteractionsRerun", Scope::EmailWrite, "Run all that match again, newest first"))
                .number("max", 1, 1000, "Look at no more than so many.")
                .text("cursor", "Go on where this `nextCursor` was given.")
                .body::<Object>()
                .answers_with::<Reruns>(StatusCode::ACCEPTED),
        )
        .get(
            "/interactions/summary",
            get::summary,
            operation("getInteractionsSummary", Scope::EmailRead, "Counts over everything kept").answers::<Summary>(),
        )
        .get(
            "/interactions/{interactionId}",
            get::get,
            operation("getInteraction", Scope::EmailRead, "Get an interaction with its runs").answers::<Interaction>(),
        )
        .get(
            "/interactions/{interactionId}/trace",
            get::trace,
            operation("getInteractionTrace", Scope::EmailRead, "What its runs did, step by step")
                .number("run", 1, u32::MAX, "This run alone.")
                .answers::<Trace>(),
        )
        .get(
            "/interactions/{interactionId}/message",
            get::message,
            operation("getInteractionMessage", Scope::EmailRead, "The message, its bytes as received")
                .answers_as("message/rfc822"),
        )
        .post(
            "/interactions/{interactionId}/rerun",
            rerun::rerun,
            operation("postInteractionRerun", Scope::EmailWrite, "Run it again with what is published now")
                .body::<Object>()
                .answers_with::<Interaction>(StatusCode::ACCEPTED)
                .refuses(&[409]),
        )
        .delete(
            "/interactions/{interactionId}/content",
            rerun::erase,
            operation("deleteInteractionContent", Scope::EmailWrite, "Erase message, subject, traces and attributes")
                .empty(StatusCode::NO_CONTENT)
                .refuses(&[409]),
        )
}
