//! `/integrations/actions/{actionId}/execute` and `/test`: data actions called by hand, as flows call them.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use waypost_app::access::scopes::Scope;
use waypost_app::calls::{CallFailure, CallOutcome, ExecuteError};
use waypost_ids::DataActionId;
use waypost_wire::Object;
use waypost_wire::error::{ErrorBody, Problem};
use waypost_wire::execution::{TestExecution, TestOperation};

use crate::auth::{Caller, RoutingWrite};
use crate::body::ObjectBody;
use crate::error::ApiError;
use crate::openapi::Endpoints;
use crate::openapi::operation::operation;
use crate::query::Query;
use crate::state::ApiState;

/// What a call does, one after the other, with the codes of what fails there.
const STEPS: [(&str, &[&str]); 5] = [
    ("check the input against the input schema", &["deleted", "input"]),
    ("make the request", &["credential", "request"]),
    ("send the request", &["privateAddress", "status", "timeout", "unavailable", "unreachable"]),
    ("translate the answer", &["answer"]),
    ("check the result against the success schema", &["output"]),
];

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    let executes = "Call a data action, and get its outputs";
    let tests = "Call a data action, and see how far it got";
    Endpoints::default()
        .post(
            "/integrations/actions/{actionId}/execute",
            execute,
            operation("postIntegrationsActionExecute", Scope::RoutingWrite, executes)
                .flag("flatten", "No effect: outputs are as in the success schema.")
                .body::<Object>()
                .answers::<Object>()
                .refuses(&[400, 404, 502, 503, 504]),
        )
        .post(
            "/integrations/actions/{actionId}/test",
            test,
            operation("postIntegrationsActionTest", Scope::RoutingWrite, tests)
                .flag("flatten", "No effect: outputs are as in the success schema.")
                .body::<Object>()
                .answers::<TestExecution>()
                .refuses(&[404, 503]),
        )
}

/// `POST /integrations/actions/{actionId}/execute`
async fn execute(
    State(state): State<ApiState>,
    _: Caller<RoutingWrite>,
    Path(id): Path<String>,
    query: Query,
    ObjectBody(body): ObjectBody,
) -> Result<Json<Object>, ApiError> {
    match called(&state, &id, query, body.rest()?).await? {
        CallOutcome::Success { output } => Ok(Json(output)),
        CallOutcome::Failure(failure) | CallOutcome::TimedOut(failure) => {
            let status = status(&failure);
            let error = ApiError::new(status, code(&failure), failure.message);
            Err(if status == StatusCode::SERVICE_UNAVAILABLE { error.retry_after(1) } else { error })
        }
    }
}

/// `POST /integrations/actions/{actionId}/test`
async fn test(
    State(state): State<ApiState>,
    _: Caller<RoutingWrite>,
    Path(id): Path<String>,
    query: Query,
    ObjectBody(body): ObjectBody,
) -> Result<Json<TestExecution>, ApiError> {
    let (final_result, failure) = match called(&state, &id, query, body.rest()?).await? {
        CallOutcome::Success { output } => (Some(output), None),
        CallOutcome::Failure(failure) | CallOutcome::TimedOut(failure) => (None, Some(failure)),
    };
    let fails_at = failure
        .as_ref()
        .map(|failure| STEPS.iter().position(|(_, codes)| codes.contains(&failure.code.as_str())).unwrap_or_default());
    let error = failure.map(|failure| ErrorBody {
        message: failure.message.clone(),
        code: code(&failure).to_owned(),
        status: status(&failure).as_u16(),
        context_id: String::new(),
        errors: vec![Problem::new(code(&failure), failure.message)],
    });
    let operations = STEPS.iter().zip(1..).take(fails_at.map_or(STEPS.len(), |step| step.saturating_add(1)));
    let operations = operations.enumerate().map(|(position, ((name, _), step))| {
        let failed = fails_at == Some(position);
        TestOperation { step, name: (*name).to_owned(), success: !failed, error: error.clone().filter(|_| failed) }
    });
    Ok(Json(TestExecution { operations: operations.collect(), success: error.is_none(), final_result, error }))
}

async fn called(state: &ApiState, id: &str, mut query: Query, input: Object) -> Result<CallOutcome, ApiError> {
    query.flag("flatten");
    query.finish()?;
    let not_found = || ApiError::not_found("resource.not.found", format!("there is no data action `{id}`"));
    let id: DataActionId = id.parse().map_err(|_| not_found())?;
    state.app.execute_data_action(id, input).await.map_err(|error| match error {
        ExecuteError::NotFound(_) => not_found(),
        ExecuteError::NotNow => ApiError::unavailable("the data action can't be called now", 1),
        ExecuteError::Store(error) => error.into(),
    })
}

fn code(failure: &CallFailure) -> &'static str {
    match failure.code.as_str() {
        "input" => "data.action.input.invalid",
        "timeout" => "data.action.timeout",
        "unavailable" => "data.action.unavailable",
        _ => "data.action.failed",
    }
}

fn status(failure: &CallFailure) -> StatusCode {
    match failure.code.as_str() {
        "input" => StatusCode::BAD_REQUEST,
        "timeout" => StatusCode::GATEWAY_TIMEOUT,
        "unavailable" => StatusCode::SERVICE_UNAVAILABLE,
        "deleted" => StatusCode::NOT_FOUND,
        _ => StatusCode::BAD_GATEWAY,
    }
}
