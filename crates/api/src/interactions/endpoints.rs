//! The endpoints of interactions, described.

use axum::http::StatusCode;
use waypost_app::access::scopes::Scope;
use waypost_ids::DecisionKind;
use waypost_wire::Object;
use waypost_wire::delivery::{CompleteRequest, Deliveries, ForwardRequest, Ledger, ReplyRequest, TransferRequest};
use waypost_wire::interaction::{Attachments, Interaction, Reruns, Summary, Trace};

use super::{agents, attachments, get, ledger, list, post, rerun};
use crate::idempotency;
use crate::openapi::Endpoints;
use crate::openapi::operation::{Operation, operation};

/// The words for how a run ended.
const DECISIONS: &[&str] = &DecisionKind::WORDS;

/// The filters of lists, and of what is done to all that match.
pub(super) const FILTERS: [&str; 12] = [
    "state",
    "decision",
    "queue",
    "flowId",
    "from",
    "to",
    "messageId",
    "subject",
    "thread",
    "since",
    "until",
    "overServiceLevel",
];

/// An operation with the filters.
fn filtered(operation: Operation) -> Operation {
    operation
        .words(
            "state",
            &["received", "running", "decided", "waiting", "claimed", "completed"],
            "Its state; `waiting` is decided and in a queue, not claimed and not going out.",
        )
        .words(
            "decision",
            DECISIONS,
            "How the last run ended, completed interactions included. A forward that failed is also `unrouted` while it is in a queue or claimed; once completed, it is `forward` only.",
        )
        .text("queue", "A queue's identifier or name.")
        .uuid("flowId", "The flow of the last run.")
        .text("from", "The envelope sender, ignoring case; its domain in A-labels or U-labels.")
        .text("to", "The envelope recipient, ignoring case; its domain in A-labels or U-labels.")
        .text("messageId", "The exact Message-ID, with or without angle brackets.")
        .text("subject", "A text that the subject contains.")
        .uuid("thread", "The thread, by the id of its first interaction.")
        .time("since", "Accepted at this time or later.")
        .time("until", "Accepted before this time.")
        .words("overServiceLevel", &["true"], "Only interactions that have waited longer than their queue's service level.")
}

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    Endpoints::default()
        .get(
            "/interactions",
            list::list,
            filtered(operation(
                "getInteractions",
                Scope::EmailRead,
                "List interactions without their runs, newest first",
            ))
            .chunks::<Interaction>(),
        )
        .post(
            "/interactions",
            post::accept,
            idempotency::described(
                operation(
                    "postInteractions",
                    Scope::EmailWrite,
                    "Submit a mail: answered once it is on stable storage",
                )
                .text("to", "The address that the mail is for.")
                .required()
                .text("from", "The envelope sender; `<>`: the null reverse-path; left out: the address of From.")
                .flag("wait", "Wait for the decision, 15 seconds at most."),
            )
            .message_body()
            .answers::<Interaction>()
            .answers_with::<Interaction>(StatusCode::ACCEPTED)
            .empty(StatusCode::NO_CONTENT),
        )
        .post(
            "/interactions/rerun",
            rerun::rerun_all,
            filtered(operation("postInteractionsRerun", Scope::EmailWrite, "Run all that match again, newest first"))
                .number("max", 1, 1000, "Consider at most this many interactions.")
                .text("cursor", "Continue from this `nextCursor`.")
                .body::<Object>()
                .answers_with::<Reruns>(StatusCode::ACCEPTED),
        )
        .get(
            "/interactions/summary",
            get::summary,
            operation("getInteractionsSummary", Scope::EmailRead, "Counts of everything that is stored")
                .answers::<Summary>(),
        )
        .get(
            "/interactions/ledger",
            ledger::ledger,
            operation("getInteractionsLedger", Scope::EmailRead, "Count the state of every interaction, one by one")
                .answers::<Ledger>(),
        )
        .get(
            "/interactions/{interactionId}",
            get::get,
            operation("getInteraction", Scope::EmailRead, "Get an interaction with its runs").answers::<Interaction>(),
        )
        .get(
            "/interactions/{interactionId}/trace",
            get::trace,
            operation("getInteractionTrace", Scope::EmailRead, "What its runs did, step by step, and what they sent")
                .number("run", 1, u32::MAX, "Only this run.")
                .answers::<Trace>(),
        )
        .get(
            "/interactions/{interactionId}/message",
            get::message,
            operation("getInteractionMessage", Scope::EmailRead, "Get the message: its bytes as received")
                .answers_as("message/rfc822"),
        )
        .get(
            "/interactions/{interactionId}/attachments",
            attachments::list,
            operation("getInteractionAttachments", Scope::EmailRead, "List attachments")
                .answers::<Attachments>()
                .refuses(&[410]),
        )
        .get(
            "/interactions/{interactionId}/attachments/{number}",
            attachments::get,
            operation(
                "getInteractionAttachment",
                Scope::EmailRead,
                "Get an attachment's bytes, with the sender's content type",
            )
            .answers_as("application/octet-stream")
            .refuses(&[410]),
        )
        .post(
            "/interactions/{interactionId}/reply",
            agents::reply,
            idempotency::described(operation(
                "postInteractionReply",
                Scope::EmailWrite,
                "Answer the sender of claimed work",
            ))
            .body::<ReplyRequest>()
            .answers::<Deliveries>()
            .refuses(&[410]),
        )
        .post(
            "/interactions/{interactionId}/forward",
            agents::forward,
            idempotency::described(operation(
                "postInteractionForward",
                Scope::EmailWrite,
                "Forward the message of claimed work",
            ))
            .body::<ForwardRequest>()
            .answers::<Deliveries>()
            .refuses(&[410]),
        )
        .post(
            "/interactions/{interactionId}/transfer",
            agents::transfer,
            operation(
                "postInteractionTransfer",
                Scope::EmailWrite,
                "Put claimed work into another queue; the claim ends",
            )
            .body::<TransferRequest>()
            .answers::<Interaction>()
            .refuses(&[409]),
        )
        .post(
            "/interactions/{interactionId}/complete",
            agents::complete,
            operation(
                "postInteractionComplete",
                Scope::EmailWrite,
                "Complete claimed work, with an outcome (idempotent)",
            )
            .body::<CompleteRequest>()
            .answers::<Interaction>()
            .refuses(&[409]),
        )
        .post(
            "/interactions/{interactionId}/rerun",
            rerun::rerun,
            operation("postInteractionRerun", Scope::EmailWrite, "Run an interaction again with what is published now")
                .flag(
                    "resend",
                    "Also send again what was sent before; otherwise the run sends only what was never sent.",
                )
                .body::<Object>()
                .answers_with::<Interaction>(StatusCode::ACCEPTED)
                .refuses(&[409]),
        )
        .delete(
            "/interactions/{interactionId}/content",
            rerun::erase,
            operation(
                "deleteInteractionContent",
                Scope::EmailWrite,
                "Erase message, subject, traces, attributes, reasons and error messages; the ledger row stays",
            )
            .empty(StatusCode::NO_CONTENT)
            .refuses(&[409]),
        )
}
