//! What stands in the way of a change: the name that is taken, the callers that would break, the users of what would be deleted. Each is a
//! problem of the answer, with its code.

use axum::http::StatusCode;
use waypost_catalogue::error::{Breakage, InUse, User};
use waypost_catalogue::projects::OfAnother;
use waypost_ids::Kind;
use waypost_wire::error::Problem;

use super::{ApiError, diagnosis};

/// Another project applied some of a change set last.
pub(super) const OF_ANOTHER_PROJECT: &str = "changeset.project.other";

pub(super) fn of_another_project(taken: &OfAnother) -> Problem {
    Problem {
        entity_kind: Some(taken.object.kind.as_str().to_owned()),
        entity_id: Some(taken.object.to_string()),
        entity_name: Some(taken.name.clone()),
        suggestion: Some("give it another name, or take it over".to_owned()),
        ..Problem::new(OF_ANOTHER_PROJECT, taken.to_string())
    }
}

pub(super) fn name_taken(message: String, kind: &'static str, name: String, holder: String) -> ApiError {
    let problem = Problem {
        entity_kind: Some(kind.to_owned()),
        entity_id: Some(holder),
        entity_name: Some(name),
        ..Problem::new(taken_code(kind), message.clone())
    };
    ApiError::new(StatusCode::CONFLICT, taken_code(kind), message).problems(vec![problem])
}

fn taken_code(kind: &str) -> &'static str {
    match (Kind::named(kind), kind) {
        (Some(Kind::Flow), _) => "architect.object.already.exists",
        (
            Some(
                Kind::Queue
                | Kind::Table
                | Kind::Schedule
                | Kind::Webhook
                | Kind::DataAction
                | Kind::Secret
                | Kind::Mailbox
                | Kind::Term(_),
            ),
            _,
        ) => "duplicate.name",
        (Some(Kind::Domain), _) => "postino.domain.exists",
        (Some(Kind::Route), _) => "postino.route.pattern.exists",
        (None, "row") => "flows.datatables.duplicate.key",
        (None, _) => "general.conflict",
    }
}

pub(super) fn broken(breakage: &Breakage) -> Problem {
    Problem {
        flow_id: Some(breakage.flow_id.to_string()),
        flow_name: Some(breakage.flow_name.clone()),
        version: Some(breakage.version),
        node_id: breakage.node_id.clone(),
        action: breakage.action,
        ..diagnosis(&breakage.diagnostic)
    }
}

/// The code for other objects than flows that are in use.
pub(super) const IN_USE: &str = "general.resource.conflict";

pub(super) fn in_use_code(one: &InUse) -> &'static str {
    if one.kind == "flow" { "architect.dependency.object.in.use" } else { IN_USE }
}

/// Who uses an object, which is named where it is one of several.
pub(super) fn used_by(one: &InUse, user: &User, several: bool) -> Problem {
    let flow = user.kind == "flow";
    let named = format!("the {} `{}`", one.kind, one.name);
    let message = match one.work() {
        Some(work) if several => format!("{} `{}` is in use: {work}", one.kind, one.name),
        Some(work) => work,
        None if several => format!("the {} `{}` uses {named}", user.kind, user.name),
        None => format!("the {} `{}` uses it", user.kind, user.name),
    };
    Problem {
        path: Some(user.path.clone()).filter(|path| !path.is_empty()),
        flow_id: flow.then(|| user.id.clone()),
        flow_name: flow.then(|| user.name.clone()),
        entity_kind: Some(user.kind.to_owned()),
        entity_id: Some(user.id.clone()),
        entity_name: Some(user.name.clone()),
        ..Problem::new(in_use_code(one), message)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use waypost_catalogue::error::ChangeError;
    use waypost_flow::diagnostic::{Code, Diagnostic};
    use waypost_ids::FlowId;

    use super::*;

    #[test]
    fn a_break_names_each_place() {
        let id = FlowId(uuid::Uuid::from_u128(7));
        let error = ApiError::from(ChangeError::Broken {
            flow: "Shared".to_owned(),
            breakages: vec![Breakage {
                flow_id: id,
                flow_name: "Caller".to_owned(),
                version: 3,
                node_id: Some("start".to_owned()),
                action: Some(0),
                diagnostic: Diagnostic::error(Code::UnknownOutput, "nodes[0].actions[0]", "gone"),
            }],
        });
        let body: Value = serde_json::from_slice(&error.body("c-1").unwrap()).unwrap();
        assert_eq!((error.status().as_u16(), &body["code"]), (409, &json!("flow.contract.broken")));
        assert_eq!(
            body["errors"][0],
            json!({
                "code": "mapping.output.unknown", "message": "gone", "path": "nodes[0].actions[0]",
                "flowId": id.to_string(), "flowName": "Caller", "version": 3, "nodeId": "start", "action": 0,
            })
        );
    }
}
