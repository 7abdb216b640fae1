//! The endpoints of flows, described.

use axum::http::StatusCode;
use serde_json::Value as Json;
use waypost_app::access::scopes::Scope;
use waypost_wire::attempt::{Tried, Try};
use waypost_wire::change::{FlowDiff, FlowEvent, LabelRequest, Note};
use waypost_wire::flow::{Flow, FlowVersion};

use super::{actions, attempt, delete, diff, get, history, labels, list, save, versions};
use crate::openapi::Endpoints;
use crate::openapi::operation::{Operation, operation};
use crate::queues::SORT_ORDERS;

/// Flows themselves.
pub fn flows() -> Endpoints {
    let one = "/flows/{flowId}";
    Endpoints::default()
        .get(
            "/flows",
            list::list,
            operation("getFlows", Scope::FlowRead, "List flows, their content left out")
                .list("id", "Identifiers; with them nothing else is looked at.")
                .list("type", "Types, by either name, whatever the case.")
                .list("divisionId", "Divisions; there is one.")
                .text("name", "A name; `*` at either end stands for anything.")
                .text("description", "A description; `*` at either end stands for anything.")
                .text("nameOrDescription", "What either contains.")
                .flag("deleted", "Deleted flows as well.")
                .words("sortBy", list::SORT_KEYS, "By `id` unless told.")
                .words("sortOrder", SORT_ORDERS, "Ascending unless told.")
                .ignored(&["includeSchemas"])
                .pages::<Flow>(),
        )
        .post(
            "/flows",
            save::create,
            saves("postFlows", "Make a flow; with content, its first version").answers::<Flow>(),
        )
        .get(
            one,
            get::get,
            operation("getFlow", Scope::FlowRead, "Get a flow with its content; `ETag` is its revision")
                .flag("deleted", "A deleted flow as well, without its content.")
                .answers::<Flow>()
                .refuses(&[410]),
        )
        .put(
            one,
            save::update,
            saves("putFlow", "Change a flow; with content, a new version").if_match().answers::<Flow>().refuses(&[410]),
        )
        .delete(
            one,
            delete::delete,
            operation("deleteFlow", Scope::FlowWrite, "Delete a flow that nothing uses")
                .ignored(&["forceDelete"])
                .if_match()
                .empty(StatusCode::NO_CONTENT)
                .refuses(&[409, 410]),
        )
        .post(
            "/flows/actions/deactivate",
            actions::deactivate,
            operation("postFlowsActionsDeactivate", Scope::FlowWrite, "End a flow's being published")
                .text("flow", "The flow's identifier.")
                .required()
                .text("note", NOTE)
                .answers::<Flow>()
                .refuses(&[404, 409, 410]),
        )
        .get(
            "/flows/{flowId}/history",
            history::list,
            operation("getFlowEvents", Scope::FlowRead, "What was done to a flow, newest first").pages::<FlowEvent>(),
        )
        .post(
            "/flows/{flowId}/try",
            attempt::attempt,
            operation("postFlowTry", Scope::FlowRead, "Try a flow on a mail: nothing is stored, nothing is sent")
                .text("version", "Which version, where the body is the message itself.")
                .message_body()
                .body::<Try>()
                .answers::<Tried>()
                .refuses(&[409, 410]),
        )
}

/// Their versions and labels.
pub fn versions() -> Endpoints {
    let all = "/flows/{flowId}/versions";
    let version = |id, summary| {
        operation(id, Scope::FlowRead, summary).flag("deleted", "Of a deleted flow as well.").refuses(&[410])
    };
    Endpoints::default()
        .get(
            all,
            versions::list,
            version("getFlowVersions", "List a flow's versions, newest first").pages::<FlowVersion>(),
        )
        .post(
            all,
            save::draft,
            saves("postFlowVersions", "Save a draft: nothing that runs changes")
                .if_match()
                .answers::<Flow>()
                .refuses(&[410]),
        )
        .get(
            "/flows/{flowId}/versions/{versionId}",
            versions::get,
            version("getFlowVersion", "Get a version without its content").answers::<FlowVersion>(),
        )
        .get(
            "/flows/{flowId}/versions/{versionId}/configuration",
            versions::configuration,
            version("getFlowVersionConfiguration", "Get a version's document as it was saved").answers::<Json>(),
        )
        .post(
            "/flows/{flowId}/versions/{versionId}/publish",
            versions::publish,
            operation(
                "postFlowVersionPublish",
                Scope::FlowWrite,
                "Publish a version: 409 with every caller it would break",
            )
            .body::<Note>()
            .answers::<Flow>()
            .refuses(&[409, 410]),
        )
        .get(
            "/flows/{flowId}/diff",
            diff::diff,
            operation("getFlowDiff", Scope::FlowRead, "How two versions differ in meaning")
                .text("from", "A version; the published one unless told.")
                .text("to", "A version; the newest unless told.")
                .answers::<FlowDiff>()
                .refuses(&[410]),
        )
        .put(
            "/flows/{flowId}/labels/{label}",
            labels::put,
            operation("putFlowLabel", Scope::FlowWrite, "Give a label to one version, or to two with weights")
                .body::<LabelRequest>()
                .answers::<Flow>()
                .refuses(&[409, 410]),
        )
        .delete(
            "/flows/{flowId}/labels/{label}",
            labels::delete,
            operation("deleteFlowLabel", Scope::FlowWrite, "Take a label away")
                .text("note", NOTE)
                .answers::<Flow>()
                .refuses(&[409, 410]),
        )
}

const NOTE: &str = "Why, for the flow's history.";

fn saves(id: &'static str, summary: &'static str) -> Operation {
    operation(id, Scope::FlowWrite, summary)
        .flag("draft", "Keep the content as a draft.")
        .text("note", NOTE)
        .ignored(&["language"])
        .flow_body()
        .refuses(&[404, 409])
}
