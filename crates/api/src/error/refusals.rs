//! Why use cases were refused, as answers: each error has its status and its code here, and nowhere else.

use axum::http::{StatusCode, header};
use waypost_app::access::sessions::LinkError;
use waypost_app::access::{AccessError, GrantError};
use waypost_app::correspondents::CorrespondentError;
use waypost_app::idempotency::KeyError;
use waypost_app::ingress::PostedError;
use waypost_app::interactions::{AcceptError, InteractionError};
use waypost_app::mail::attempt::AttemptError;
use waypost_app::outbox::agents::AgentError;
use waypost_app::outbox::deliveries::{ActError, ReadError};
use waypost_app::outbox::pushes::PushError;
use waypost_app::queues::ClaimError;
use waypost_app::replay::ReplayError;
use waypost_app::sealing::{SealError, SealProblem};
use waypost_app::tables::RowError;
use waypost_aside::Failed;
use waypost_catalogue::error::{Breakage, ChangeError, InUse, User};
use waypost_catalogue::projects::OfAnother;
use waypost_catalogue::tables::import::LineProblems;
use waypost_flow::diagnostic::counted;
use waypost_ids::Kind;
use waypost_store::error::StoreError;
use waypost_store::revisions::Stale;
use waypost_wire::error::Problem;

use crate::body::too_large;

use super::{ApiError, DAMAGED, diagnosed, diagnosis, not_found_code};

/// How long a client should wait before it tries a store again that did not answer, in seconds.
const STORE_RETRY_SECONDS: u64 = 2;

/// How long a provider should wait whose proof can't be verified at the moment, in seconds.
const UNVERIFIED_RETRY_SECONDS: u64 = 60;

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let private = error.to_string();
        match error {
            StoreError::Full => Self::unavailable("storage is full", 30),
            StoreError::Unavailable(_) => Self::unavailable("storage is not available", STORE_RETRY_SECONDS),
            // Nothing that a client can do helps, and trying again does not either.
            StoreError::Damaged { what, .. } => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, DAMAGED, format!("{what}: an operator must look at it"))
            }
            StoreError::Inconsistent { table, .. } => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                DAMAGED,
                format!("a row of `{table}` is damaged: it needs an operator"),
            ),
            _ => Self::internal(),
        }
        .private(private)
    }
}

impl From<SealError> for ApiError {
    fn from(error: SealError) -> Self {
        let private = error.to_string();
        let message = "this node can't encrypt values: an operator must look at its secret key";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "secrets.unavailable", message).private(private)
    }
}

impl From<SealProblem> for ApiError {
    fn from(problem: SealProblem) -> Self {
        SealError::Failed(problem.to_string()).into()
    }
}

impl From<ChangeError> for ApiError {
    fn from(error: ChangeError) -> Self {
        let message = error.to_string();
        let conflict = |code: &'static str| Self::new(StatusCode::CONFLICT, code, message.clone());
        match error {
            ChangeError::Invalid(diagnostics) => Self::invalid("invalid.value", diagnosed(&diagnostics)),
            ChangeError::NotFound { kind, .. } => Self::not_found(not_found_code(kind), message),
            ChangeError::Deleted(_) => Self::new(StatusCode::GONE, "architect.flow.deleted", message),
            ChangeError::NameTaken { kind, name, holder } => name_taken(message, kind, name, holder),
            ChangeError::Broken { breakages, .. } => {
                conflict("flow.contract.broken").problems(breakages.iter().map(broken).collect())
            }
            ChangeError::InUse(all) => {
                let problems =
                    all.iter().flat_map(|one| one.users.iter().map(|user| used_by(one, user, all.len() > 1)));
                conflict(all.first().map_or(IN_USE, in_use_code)).problems(problems.collect())
            }
            ChangeError::OfAnotherProject(taken) => {
                conflict(OF_ANOTHER_PROJECT).problems(taken.iter().map(of_another_project).collect())
            }
            ChangeError::Locked { .. } => conflict("architect.flow.locked"),
            ChangeError::Stale(stale) => stale.into(),
            ChangeError::Protected(_) => conflict("general.conflict"),
            ChangeError::Aside(failed) => failed.into(),
            ChangeError::Store(error) => error.into(),
        }
    }
}

impl From<AcceptError> for ApiError {
    fn from(error: AcceptError) -> Self {
        let message = error.to_string();
        match error {
            AcceptError::Invalid(problems) => Self::invalid("invalid.value", diagnosed(&problems)),
            AcceptError::NoRoute(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "email.route.missing", message),
            AcceptError::Key(error) => error.into(),
            AcceptError::Store(error) => error.into(),
        }
    }
}

impl From<PostedError> for ApiError {
    fn from(error: PostedError) -> Self {
        let message = error.to_string();
        match error {
            PostedError::Closed => Self::not_found("not.found", message),
            // Some providers drop a mail at any 4xx, and who fails may be somebody else.
            PostedError::Throttled { seconds } => Self::unavailable(message, seconds),
            PostedError::Unproven(why) => {
                let refused = Self::new(StatusCode::UNAUTHORIZED, "bad.credentials", message).private(why);
                refused.header(header::WWW_AUTHENTICATE, "Basic realm=\"waypost\"")
            }
            PostedError::Malformed(problems) => Self::invalid("bad.request", diagnosed(&problems)),
            PostedError::Unknown(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "email.route.missing", message),
            PostedError::TooLarge(limit) => too_large(limit as u64),
            PostedError::Unverified(why) => Self::unavailable(message, UNVERIFIED_RETRY_SECONDS).private(why),
            PostedError::Store(error) => error.into(),
        }
    }
}

impl From<KeyError> for ApiError {
    fn from(error: KeyError) -> Self {
        let message = error.to_string();
        match error {
            KeyError::Reused => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency.key.reused", message),
            KeyError::InFlight => Self::new(StatusCode::CONFLICT, "idempotency.key.in.flight", message).retry_after(1),
        }
    }
}

impl From<InteractionError> for ApiError {
    fn from(error: InteractionError) -> Self {
        let message = error.to_string();
        match error {
            InteractionError::Invalid(problems) => Self::invalid("invalid.value", diagnosed(&problems)),
            InteractionError::NotFound(_) => Self::not_found(not_found_code("interaction"), message),
            InteractionError::Erased(_) => Self::new(StatusCode::GONE, "gone", message),
            InteractionError::Busy(_) => Self::new(StatusCode::CONFLICT, "general.conflict", message),
            InteractionError::Store(error) => error.into(),
        }
    }
}

impl From<CorrespondentError> for ApiError {
    fn from(error: CorrespondentError) -> Self {
        let message = error.to_string();
        match error {
            CorrespondentError::Invalid(problems) => Self::invalid("invalid.value", diagnosed(&problems)),
            CorrespondentError::Unfinished { .. } => {
                Self::new(StatusCode::CONFLICT, "correspondent.unfinished", message)
            }
            CorrespondentError::NotFound(_) => Self::not_found("erasure.not.found", message),
            CorrespondentError::Store(error) => error.into(),
        }
    }
}

impl From<ClaimError> for ApiError {
    fn from(error: ClaimError) -> Self {
        let message = error.to_string();
        match error {
            ClaimError::NoQueue(_) => Self::not_found(not_found_code("queue"), message),
            ClaimError::Lost => Self::new(StatusCode::CONFLICT, "general.conflict", message),
            ClaimError::Store(error) => error.into(),
        }
    }
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> Self {
        let message = error.to_string();
        match error {
            ReadError::NotFound(_) => Self::not_found(not_found_code("delivery"), message),
            ReadError::Erased(_) => Self::new(StatusCode::GONE, "gone", message),
            ReadError::Store(error) => error.into(),
        }
    }
}

impl From<ActError> for ApiError {
    fn from(error: ActError) -> Self {
        let message = error.to_string();
        match error {
            ActError::Invalid(problems) => Self::invalid("invalid.value", diagnosed(&problems)),
            ActError::State { .. } => Self::new(StatusCode::CONFLICT, "general.conflict", message),
            ActError::Taken(_) => Self::new(StatusCode::CONFLICT, "general.conflict", message),
            ActError::UnderWay(_) => Self::new(StatusCode::CONFLICT, "general.conflict", message).retry_after(5),
            ActError::Read(error) => error.into(),
        }
    }
}

impl From<PushError> for ApiError {
    fn from(error: PushError) -> Self {
        match error {
            PushError::Invalid(problems) => Self::invalid("invalid.value", diagnosed(&problems)),
            PushError::Find(error) => error.into(),
            PushError::Store(error) => error.into(),
        }
    }
}

impl From<AgentError> for ApiError {
    fn from(error: AgentError) -> Self {
        let message = error.to_string();
        match error {
            AgentError::Invalid(problems) => Self::invalid("invalid.value", diagnosed(&problems)),
            AgentError::Lost => Self::new(StatusCode::CONFLICT, "general.conflict", message),
            AgentError::Key(error) => error.into(),
            AgentError::Interaction(error) => error.into(),
        }
    }
}

impl From<AttemptError> for ApiError {
    fn from(error: AttemptError) -> Self {
        match error {
            AttemptError::Invalid(problems) => Self::invalid("flow.invalid", diagnosed(&problems)),
            AttemptError::MissingScope(scope) => Self::missing_scope(scope),
            AttemptError::Find(error) => error.into(),
            AttemptError::Aside(failed) => failed.into(),
            AttemptError::Store(error) => error.into(),
        }
    }
}

impl From<ReplayError> for ApiError {
    fn from(error: ReplayError) -> Self {
        let message = error.to_string();
        match error {
            ReplayError::Invalid(problems) => Self::invalid("replay.invalid", diagnosed(&problems)),
            ReplayError::NotFound { kind, .. } => Self::not_found(not_found_code(kind), message),
            ReplayError::Change(error) => error.into(),
            ReplayError::Store(error) => error.into(),
        }
    }
}

impl From<RowError> for ApiError {
    fn from(error: RowError) -> Self {
        let message = error.to_string();
        match error {
            RowError::Invalid(problems) => Self::invalid("invalid.value", diagnosed(&problems)),
            RowError::NotFound { kind, .. } => Self::not_found(not_found_code(kind), message),
            RowError::KeyTaken { key, table } => name_taken(message, "row", key, table.to_string()),
            RowError::Stale(stale) => stale.into(),
            RowError::Importing { .. } => {
                Self::new(StatusCode::CONFLICT, "table.import.running", message).retry_after(2)
            }
            RowError::Store(error) => error.into(),
        }
    }
}

impl From<AccessError> for ApiError {
    fn from(error: AccessError) -> Self {
        let message = error.to_string();
        match error {
            AccessError::Invalid(problems) => Self::invalid("invalid.value", diagnosed(&problems)),
            AccessError::NotFound(_) => Self::not_found(not_found_code("client"), message),
            AccessError::Exists(id) => name_taken(message, "client", id.clone(), id),
            AccessError::Stale(stale) => stale.into(),
            AccessError::Unfit | AccessError::LastAdmin | AccessError::Person(_) => {
                Self::new(StatusCode::CONFLICT, "general.conflict", message)
            }
            AccessError::Store(error) => error.into(),
        }
    }
}

impl From<GrantError> for ApiError {
    fn from(error: GrantError) -> Self {
        let message = error.to_string();
        match error {
            GrantError::BadCredentials => {
                Self::new(StatusCode::UNAUTHORIZED, "bad.credentials", message).oauth("invalid_client")
            }
            GrantError::Throttled { seconds } => Self::new(StatusCode::TOO_MANY_REQUESTS, "too.many.requests", message)
                .oauth("invalid_request")
                .retry_after(seconds),
            GrantError::BadScope(_) => {
                Self::new(StatusCode::BAD_REQUEST, "bad.request", message).oauth("invalid_scope")
            }
            GrantError::Store(error) => error.into(),
        }
    }
}

impl From<LinkError> for ApiError {
    fn from(error: LinkError) -> Self {
        let message = error.to_string();
        match error {
            LinkError::Spent => Self::new(StatusCode::UNAUTHORIZED, "bad.credentials", message),
            LinkError::Store(error) => error.into(),
        }
    }
}

impl From<Stale> for ApiError {
    fn from(stale: Stale) -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED, "precondition.failed", stale.to_string())
    }
}

impl From<Failed> for ApiError {
    fn from(failed: Failed) -> Self {
        Self::internal().private(failed.to_string())
    }
}

impl From<LineProblems> for ApiError {
    fn from(lines: LineProblems) -> Self {
        let told = lines.told.iter().map(|problem| Problem {
            line: usize::try_from(problem.line).ok(),
            column: problem.column.and_then(|column| usize::try_from(column).ok()),
            ..diagnosis(&problem.diagnostic)
        });
        let more = (lines.more > 0)
            .then(|| Problem::new("problems.more", format!("{} not listed", counted(lines.more, "more problem"))));
        Self::invalid("invalid.value", told.chain(more).collect())
    }
}

/// Another project applied some of a change set last.
const OF_ANOTHER_PROJECT: &str = "changeset.project.other";

fn of_another_project(taken: &OfAnother) -> Problem {
    Problem {
        entity_kind: Some(taken.object.kind.as_str().to_owned()),
        entity_id: Some(taken.object.to_string()),
        entity_name: Some(taken.name.clone()),
        suggestion: Some("give it another name, or take it over".to_owned()),
        ..Problem::new(OF_ANOTHER_PROJECT, taken.to_string())
    }
}

fn name_taken(message: String, kind: &'static str, name: String, holder: String) -> ApiError {
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

fn broken(breakage: &Breakage) -> Problem {
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
const IN_USE: &str = "general.resource.conflict";

fn in_use_code(one: &InUse) -> &'static str {
    if one.kind == "flow" { "architect.dependency.object.in.use" } else { IN_USE }
}

/// Who uses an object, which is named where it is one of several.
fn used_by(one: &InUse, user: &User, several: bool) -> Problem {
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
    use waypost_flow::diagnostic::{Code, Diagnostic};
    use waypost_ids::FlowId;

    use super::*;

    fn rendered(error: impl Into<ApiError>) -> (u16, Value) {
        let error = error.into();
        (error.status().as_u16(), serde_json::from_slice(&error.body("c-1").unwrap()).unwrap())
    }

    #[test]
    fn every_problem_is_there_and_the_message_tells_the_first() {
        let problem = Diagnostic::error(Code::UnknownInput, "nodes[0].actions[1].inputMapping[0].name", "no input `x`")
            .expected("one of `body`")
            .found("`x`")
            .suggestion("did you mean `body`?");
        let (status, body) = rendered(ChangeError::Invalid(vec![problem.clone(), problem]));
        assert_eq!(status, 400);
        assert_eq!(body["message"], "nodes[0].actions[1].inputMapping[0].name: no input `x` (and 1 more)");
        assert_eq!(body["contextId"], "c-1");
        assert_eq!(
            body["errors"][1],
            json!({
                "code": "mapping.input.unknown",
                "message": "no input `x`",
                "path": "nodes[0].actions[1].inputMapping[0].name",
                "expected": "one of `body`",
                "found": "`x`",
                "suggestion": "did you mean `body`?",
            })
        );
    }

    #[test]
    fn a_break_names_each_place() {
        let id = FlowId(uuid::Uuid::from_u128(7));
        let (status, body) = rendered(ChangeError::Broken {
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
        assert_eq!((status, &body["code"]), (409, &json!("flow.contract.broken")));
        assert_eq!(
            body["errors"][0],
            json!({
                "code": "mapping.output.unknown", "message": "gone", "path": "nodes[0].actions[0]",
                "flowId": id.to_string(), "flowName": "Caller", "version": 3, "nodeId": "start", "action": 0,
            })
        );
    }

    #[test]
    fn status_and_code_of_each() {
        let named = |kind| ChangeError::NameTaken { kind, name: "n".to_owned(), holder: "h".to_owned() };
        let missing = |kind| ChangeError::NotFound { kind, id: "i".to_owned() };
        let cases: [(ApiError, u16, &str); 17] = [
            (missing("flow").into(), 404, "architect.flow.not.found"),
            (missing("flow version").into(), 404, "architect.flow.version.missing"),
            (missing("interaction").into(), 404, "not.found"),
            (ChangeError::Deleted(FlowId(uuid::Uuid::nil())).into(), 410, "architect.flow.deleted"),
            (named("flow").into(), 409, "architect.object.already.exists"),
            (named("queue").into(), 409, "duplicate.name"),
            (
                ChangeError::InUse(vec![InUse { kind: "flow", name: "n".to_owned(), users: vec![], waiting: None }])
                    .into(),
                409,
                "architect.dependency.object.in.use",
            ),
            (Stale { kind: "flow", name: String::new(), current: 2 }.into(), 412, "precondition.failed"),
            (AcceptError::NoRoute("a@b".to_owned()).into(), 422, "email.route.missing"),
            (KeyError::Reused.into(), 422, "idempotency.key.reused"),
            (KeyError::InFlight.into(), 409, "idempotency.key.in.flight"),
            (GrantError::BadCredentials.into(), 401, "bad.credentials"),
            (GrantError::Throttled { seconds: 9 }.into(), 429, "too.many.requests"),
            (StoreError::Full.into(), 503, "service.unavailable"),
            (StoreError::Damaged { what: "it".to_owned(), detail: "so".to_owned() }.into(), 500, "storage.damaged"),
            (StoreError::Inconsistent { table: "runs", detail: "so".to_owned() }.into(), 500, "storage.damaged"),
            (StoreError::Failed("table secrets".to_owned()).into(), 500, "internal.server.error"),
        ];
        for (error, status, code) in cases {
            let (found, body) = rendered(error);
            assert_eq!((found, body["code"].as_str()), (status, Some(code)));
            assert_eq!(body["status"], status);
            assert_ne!(body["errors"], json!([]), "never empty");
            assert!(!body.to_string().contains("secrets"), "what the store says stays in the log");
        }
    }
}
