//! The endpoints of flows, described.

use axum::http::StatusCode;
use serde_json::Value as Json;
use waypost_app::access::scopes::Scope;
use waypost_wire::attempt::{Tried, Try};
use waypost_wire::change::{FlowDiff, FlowEvent, LabelRequest, Note};
use waypost_wire::flow::{Flow, FlowHealth, FlowVersion};
use waypost_wire::genesys::architect::{FlowDivisionView, HistoryListing, Operation as Acted};
use waypost_wire::position::{NodePositions, NodePositionsChange};
use waypost_wire::text::{PublishedText, TextsDone, TextsRequest};

use super::{NOTE, attempt, delete, diff, get, health, history, labels, list, positions, save, texts, versions};
use crate::genesys::flow_history;
use crate::names::SORT_ORDERS;
use crate::openapi::Endpoints;
use crate::openapi::operation::{Operation, operation};

/// Flows themselves.
pub fn flows() -> Endpoints {
    let one = "/flows/{flowId}";
    Endpoints::default()
        .get(
            "/flows",
            list::list,
            operation("getFlows", Scope::FlowRead, "List flows without their content")
                .list("id", "Identifiers; other filters are ignored.")
                .list("type", "Types, by either name, ignoring case.")
                .list("divisionId", "Divisions; there is only one.")
                .text("name", "A name; `*` at either end stands for anything.")
                .text("description", "A description; `*` at either end stands for anything.")
                .text("nameOrDescription", "A text that the name or the description contains.")
                .flag("deleted", "Include deleted flows.")
                .text("lockedByClientId", "The client that has checked the flow out.")
                .text("editableBy", "A client that may change the flow: no other client has checked it out.")
                .text("lockedBy", "A user that has checked the flow out: there are none.")
                .words("secure", &["any", "checkedin", "published"], "Flows with secure data: there are none.")
                .flag("virtualAgentEnabled", "Flows of virtual agents: there are none.")
                .published()
                .sorted()
                .flag("includeSchemas", "Include the JSON Schemas of inputs and outputs.")
                .pages::<Flow>(),
        )
        .delete(
            "/flows",
            delete::delete_many,
            operation("deleteFlows", Scope::FlowWrite, "Delete flows that nothing else uses, all of them or none")
                .list("id", "Identifiers.")
                .required()
                .answers::<Acted>()
                .refuses(&[404, 409, 410]),
        )
        .get(
            "/flows/lookup",
            list::lookup,
            operation("getFlowsLookup", Scope::FlowRead, "Flows by their ids")
                .list("id", "Identifiers.")
                .required()
                .sorted()
                .pages::<Flow>(),
        )
        .get(
            "/flows/health",
            health::list,
            operation("getFlowsHealth", Scope::FlowRead, "List traffic, errors, drafts and last changes of flows")
                .list("id", "Identifiers.")
                .pages::<FlowHealth>(),
        )
        .get(
            "/flows/divisionviews",
            list::division_views,
            operation("getFlowsDivisionviews", Scope::FlowRead, "List flows with few members")
                .list("id", "Identifiers; other filters are ignored.")
                .list("type", "Types, by either name, ignoring case.")
                .list("divisionId", "Divisions; there is only one.")
                .text("name", "A name; `*` at either end stands for anything.")
                .published()
                .sorted()
                .flag("includeSchemas", "Include the JSON Schemas of inputs and outputs.")
                .pages::<FlowDivisionView>(),
        )
        .post(
            "/flows",
            save::create,
            saves("postFlows", "Create a flow; with content, its first version").answers::<Flow>(),
        )
        .get(
            one,
            get::get,
            operation("getFlow", Scope::FlowRead, "Get a flow with its content; `ETag` is its revision")
                .flag("deleted", "Include a deleted flow, without its content.")
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
                .text("note", NOTE)
                .ignored(&["forceDelete"])
                .if_match()
                .empty(StatusCode::NO_CONTENT)
                .refuses(&[409, 410]),
        )
        .get(
            "/flows/{flowId}/history",
            history::list,
            operation("getFlowEvents", Scope::FlowRead, "What was done to a flow, newest first").pages::<FlowEvent>(),
        )
        .post(
            "/flows/{flowId}/history",
            flow_history::make,
            operation("postFlowHistory", Scope::FlowRead, "Create a history, to be read by its id").answers::<Acted>(),
        )
        .get(
            "/flows/{flowId}/history/{historyId}",
            flow_history::made,
            operation("getFlowHistoryHistoryId", Scope::FlowRead, "Read a history, newest first")
                .number("pageSize", 1, 500, "Size of a page; 25 by default.")
                .number("pageNumber", 1, u32::MAX, "Which page, counted from 1.")
                .list("action", "Only these actions.")
                .words("sortBy", &["timestamp", "action", "user"], "By time by default.")
                .words("sortOrder", SORT_ORDERS, "Descending by default.")
                .answers::<HistoryListing>()
                .refuses(&[410]),
        )
        .post(
            "/flows/{flowId}/try",
            attempt::attempt,
            operation("postFlowTry", Scope::FlowRead, "Try a flow on a mail: nothing is stored, nothing is sent")
                .text("version", "The version to try, if the body is the message itself.")
                .message_body()
                .body::<Try>()
                .answers::<Tried>()
                .refuses(&[409, 410]),
        )
        .get(
            "/flows/{flowId}/positions",
            positions::get,
            operation("getFlowPositions", Scope::FlowRead, "Where people draw the flow's nodes")
                .answers::<NodePositions>()
                .refuses(&[410]),
        )
        .patch(
            "/flows/{flowId}/positions",
            positions::change,
            operation("patchFlowPositions", Scope::FlowWrite, "Move nodes: those that are left out stay")
                .body::<NodePositionsChange>()
                .answers::<NodePositions>()
                .refuses(&[409, 410]),
        )
}

/// Their versions and labels.
pub fn versions() -> Endpoints {
    let all = "/flows/{flowId}/versions";
    let version = |id, summary| {
        operation(id, Scope::FlowRead, summary).flag("deleted", "Include a deleted flow.").refuses(&[410])
    };
    Endpoints::default()
        .get(
            all,
            versions::list,
            version("getFlowVersions", "List a flow's versions, newest first").pages::<FlowVersion>(),
        )
        .post(
            all,
            versions::draft,
            operation("postFlowVersions", Scope::FlowWrite, "Save a draft: nothing that runs changes")
                .text("note", NOTE)
                .flow_body()
                .if_match()
                .answers::<FlowVersion>()
                .refuses(&[409, 410]),
        )
        .get(
            "/flows/{flowId}/latestconfiguration",
            versions::latest,
            version("getFlowLatestconfiguration", "Get the newest document, published or not").answers::<Json>(),
        )
        .get(
            "/flows/{flowId}/versions/{versionId}",
            versions::get,
            version("getFlowVersion", "Get a version without its content").answers::<FlowVersion>(),
        )
        .get(
            "/flows/{flowId}/versions/{versionId}/configuration",
            versions::configuration,
            version("getFlowVersionConfiguration", "Get a version's document, with today's names").answers::<Json>(),
        )
        .get(
            "/flows/{flowId}/versions/{versionId}/text",
            texts::get,
            version("getFlowVersionText", "Get a version as it was written; `ETag` is the text's revision")
                .flag("earlier", "If the version has no text, get the newest text of a version before it; `Content-Location` names the version.")
                .answers_as("application/yaml"),
        )
        .put(
            "/flows/{flowId}/versions/{versionId}/text",
            texts::put,
            operation(
                "putFlowVersionText",
                Scope::FlowWrite,
                "Keep how a version is written: 400 with the places where the text says something else",
            )
            .text("note", "Why, for the audit log.")
            .yaml_body()
            .if_match()
            .header("If-None-Match", "`*`: only if the version has no text yet.")
            .empty(StatusCode::NO_CONTENT)
            .refuses(&[409, 410]),
        )
        .get(
            "/flows/texts",
            texts::list,
            operation("getFlowsTexts", Scope::FlowRead, "How published versions are written, as far as that was kept")
                .list("id", "Only of these flows.")
                .flag("documents", "Add what each version says, also of versions whose text was not kept.")
                .chunks::<PublishedText>(),
        )
        .put(
            "/flows/texts",
            texts::put_many,
            operation("putFlowsTexts", Scope::FlowWrite, "Keep how many versions are written, each for itself")
                .body::<TextsRequest>()
                .answers::<TextsDone>(),
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
            .if_match()
            .answers::<Flow>()
            .refuses(&[409, 410]),
        )
        .get(
            "/flows/{flowId}/diff",
            diff::diff,
            operation("getFlowDiff", Scope::FlowRead, "How two versions differ in meaning")
                .text("from", "A version; the published one by default.")
                .text("to", "A version; the newest by default.")
                .answers::<FlowDiff>()
                .refuses(&[410]),
        )
        .put(
            "/flows/{flowId}/labels/{label}",
            labels::put,
            operation("putFlowLabel", Scope::FlowWrite, "Give a label to one version, or to two with weights")
                .body::<LabelRequest>()
                .if_match()
                .answers::<Flow>()
                .refuses(&[409, 410]),
        )
        .delete(
            "/flows/{flowId}/labels/{label}",
            labels::delete,
            operation("deleteFlowLabel", Scope::FlowWrite, "Remove a label")
                .text("note", NOTE)
                .if_match()
                .answers::<Flow>()
                .refuses(&[409, 410]),
        )
}

impl Operation {
    /// How lists of flows are sorted.
    fn sorted(self) -> Self {
        self.words("sortBy", list::SORT_KEYS, "`id` by default.").words(
            "sortOrder",
            SORT_ORDERS,
            "Ascending by default.",
        )
    }

    /// What lists of flows can ask of the published version.
    fn published(self) -> Self {
        self.text("publishVersionId", "The published version, such as 2.0.")
            .time("publishedAfter", "Published after this time.")
            .time("publishedBefore", "Published before this time.")
    }
}

fn saves(id: &'static str, summary: &'static str) -> Operation {
    operation(id, Scope::FlowWrite, summary)
        .flag("draft", "Keep the content as a draft.")
        .text("note", NOTE)
        .ignored(&["language"])
        .flow_body()
        .refuses(&[404, 409])
}
