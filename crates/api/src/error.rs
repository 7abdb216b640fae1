//! Errors as answers: a status, a stable code, a text, and every problem.

use std::borrow::Cow;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use waypost_app::access::scopes::Scope;
use waypost_app::error::AppError;
use waypost_aside::Failed;
use waypost_catalogue::error::{Breakage, ChangeError, User};
use waypost_catalogue::tables::import::LineProblems;
use waypost_flow::diagnostic::{Code, Diagnostic, MAX_LISTED};
use waypost_store::error::StoreError;
use waypost_store::revisions::Stale;
use waypost_wire::error::{ErrorBody, Problem, TextRange};
use waypost_wire::token::TokenError;

/// How long a client should wait before it tries a store again that did not answer, in seconds.
const STORE_RETRY_SECONDS: u64 = 2;

/// An answer that is not a success. The outermost layer adds the context id and writes the body.
#[derive(Clone, Debug)]
pub struct ApiError(Box<Answer>);

#[derive(Clone, Debug)]
struct Answer {
    status: StatusCode,
    code: Cow<'static, str>,
    message: String,
    problems: Vec<Problem>,
    headers: Vec<(HeaderName, String)>,
    /// The error's name in RFC 6749, on the token endpoint.
    oauth: Option<&'static str>,
    /// What only the log may know.
    private: Option<String>,
}

impl ApiError {
    /// An error without details.
    pub fn new(status: StatusCode, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self(Box::new(Answer {
            status,
            code: code.into(),
            message: message.into(),
            problems: Vec::new(),
            headers: Vec::new(),
            oauth: None,
            private: None,
        }))
    }

    /// 400 with every problem found; the message tells the first.
    pub fn invalid(code: &'static str, problems: Vec<Problem>) -> Self {
        let message = match problems.as_slice() {
            [] => "the request is not valid".to_owned(),
            [only] => place(only),
            [first, rest @ ..] => format!("{} (and {} more)", place(first), rest.len()),
        };
        Self::new(StatusCode::BAD_REQUEST, code, message).problems(problems)
    }

    /// 404.
    pub fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    /// 403 for a token that lacks a scope.
    pub fn missing_scope(scope: Scope) -> Self {
        let scope = scope.as_str();
        let challenge = format!("Bearer realm=\"waypost\", error=\"insufficient_scope\", scope=\"{scope}\"");
        Self::new(StatusCode::FORBIDDEN, "missing.permissions", format!("the token lacks the scope `{scope}`"))
            .header(header::WWW_AUTHENTICATE, challenge)
    }

    /// 501.
    pub fn not_offered(what: &str) -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, "not.implemented", format!("{what} is not offered by this server"))
    }

    /// 500, of which only the log may know more.
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal.server.error",
            "the server failed; its log tells why under this context id",
        )
    }

    /// 503, to be tried again after so many seconds.
    pub fn unavailable(message: impl Into<String>, retry_after: u64) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "service.unavailable", message).retry_after(retry_after)
    }

    /// Adds problems: as many as help, and how many more there are.
    #[must_use]
    pub fn problems(mut self, mut problems: Vec<Problem>) -> Self {
        // The last of a list that was cut before says how many it stands for.
        let most =
            MAX_LISTED + usize::from(problems.last().is_some_and(|last| last.code == Code::MoreProblems.as_str()));
        if problems.len() > most {
            let more = problems.len() - MAX_LISTED;
            problems.truncate(MAX_LISTED);
            let message = format!("{more} more problems are not listed");
            problems.push(Problem::new(Code::MoreProblems.as_str(), message));
        }
        self.0.problems = problems;
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.0.headers.push((name, value.into()));
        self
    }

    /// Adds when to try again, in seconds; never less than 1, because some clients take 0 for "at once, and often".
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        self.header(header::RETRY_AFTER, seconds.max(1).to_string())
    }

    /// Adds the error's name in RFC 6749 section 5.2.
    #[must_use]
    pub fn oauth(mut self, error: &'static str) -> Self {
        self.0.oauth = Some(error);
        self
    }

    /// Adds what only the log may know.
    #[must_use]
    pub fn private(mut self, detail: impl Into<String>) -> Self {
        self.0.private = Some(detail.into());
        self
    }

    /// The problems, to be told in a larger context. An error without any is one itself.
    #[must_use]
    pub fn listed(self) -> Vec<Problem> {
        if self.0.problems.is_empty() {
            return vec![Problem::new(self.0.code, self.0.message)];
        }
        self.0.problems
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// What only the log may know.
    pub fn private_detail(&self) -> Option<&str> {
        self.0.private.as_deref()
    }

    /// The body. Its `errors` are never empty: what has no details repeats itself there, so that clients need only one loop.
    pub fn body(&self, context_id: &str) -> serde_json::Result<Vec<u8>> {
        let mut errors = self.0.problems.clone();
        if errors.is_empty() {
            errors.push(Problem::new(self.0.code.clone(), self.0.message.clone()));
        }
        let body = ErrorBody {
            message: self.0.message.clone(),
            code: self.0.code.clone().into_owned(),
            status: self.0.status.as_u16(),
            context_id: context_id.to_owned(),
            errors,
        };
        match self.0.oauth {
            None => serde_json::to_vec(&body),
            Some(error) => serde_json::to_vec(&TokenError {
                error: error.to_owned(),
                error_description: self.0.message.clone(),
                description: self.0.message.clone(),
                body,
            }),
        }
    }
}

/// A problem in one line.
fn place(problem: &Problem) -> String {
    match problem.path.as_deref() {
        Some(path) if !path.is_empty() => format!("{path}: {}", problem.message),
        _ => problem.message.clone(),
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        for (name, value) in &self.0.headers {
            if let Ok(value) = HeaderValue::from_str(value) {
                response.headers_mut().append(name, value);
            }
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let private = error.to_string();
        match error {
            StoreError::Full => Self::unavailable("storage is full", 30),
            StoreError::Unavailable(_) => Self::unavailable("storage is not available", STORE_RETRY_SECONDS),
            // Nothing that a client can do helps, and trying again does not either.
            StoreError::Damaged { what, .. } => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "storage.damaged",
                format!("{what}: an operator must look at it"),
            ),
            StoreError::Inconsistent { table, .. } => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "storage.damaged",
                format!("a row of `{table}` is damaged: an operator must look at it"),
            ),
            _ => Self::internal(),
        }
        .private(private)
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
            ChangeError::InUse { kind, users, .. } => {
                let code =
                    if kind == "flow" { "architect.dependency.object.in.use" } else { "general.resource.conflict" };
                conflict(code).problems(users.iter().map(|user| used_by(code, user)).collect())
            }
            ChangeError::Locked { .. } => conflict("architect.flow.locked"),
            ChangeError::Stale(stale) => stale.into(),
            ChangeError::Protected(_) => conflict("general.conflict"),
            ChangeError::Aside(failed) => failed.into(),
            ChangeError::Store(error) => error.into(),
        }
    }
}

impl From<AppError> for ApiError {
    fn from(error: AppError) -> Self {
        let message = error.to_string();
        let conflict = |code: &'static str| Self::new(StatusCode::CONFLICT, code, message.clone());
        match error {
            AppError::MissingScope(scope) => Self::missing_scope(scope),
            AppError::Invalid(diagnostics) => Self::invalid("invalid.value", diagnosed(&diagnostics)),
            AppError::NotFound { kind, .. } => Self::not_found(not_found_code(kind), message),
            AppError::Deleted { .. } => Self::new(StatusCode::GONE, "gone", message),
            AppError::NameTaken { kind, name, holder } => name_taken(message, kind, name, holder),
            AppError::NoRoute(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "email.route.missing", message),
            AppError::KeyReused => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency.key.reused", message),
            AppError::InFlight => conflict("idempotency.key.in.flight").retry_after(1),
            AppError::Lease(_) | AppError::Protected(_) => conflict("general.conflict"),
            AppError::BadCredentials => {
                Self::new(StatusCode::UNAUTHORIZED, "bad.credentials", message).oauth("invalid_client")
            }
            AppError::Throttled { seconds } => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too.many.requests", format!("rate limit exceeded; {message}"))
                    .oauth("invalid_request")
                    .retry_after(seconds)
            }
            AppError::BadScope(_) => Self::new(StatusCode::BAD_REQUEST, "bad.request", message).oauth("invalid_scope"),
            AppError::Importing { .. } => conflict("table.import.running").retry_after(2),
            AppError::Stale(stale) => stale.into(),
            AppError::Change(error) => error.into(),
            AppError::Aside(failed) => failed.into(),
            AppError::Store(error) => error.into(),
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
            .then(|| Problem::new("problems.more", format!("{} more problem(s) are not told", lines.more)));
        Self::invalid("invalid.value", told.chain(more).collect())
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

/// Diagnostics as problems.
pub fn diagnosed(diagnostics: &[Diagnostic]) -> Vec<Problem> {
    diagnostics.iter().map(diagnosis).collect()
}

/// What was found in a document, as a body lists it.
pub fn diagnosis(diagnostic: &Diagnostic) -> Problem {
    Problem {
        severity: (!diagnostic.is_error()).then(|| "warning".to_owned()),
        path: Some(diagnostic.path.clone()),
        range: diagnostic.range.as_ref().map(|range| TextRange { start: range.start, end: range.end }),
        expected: diagnostic.expected.clone(),
        found: diagnostic.found.clone(),
        suggestion: diagnostic.suggestion.clone(),
        ..Problem::new(diagnostic.code.as_str(), diagnostic.message.clone())
    }
}

/// Genesys's code for a thing of that kind that does not exist.
pub fn not_found_code(kind: &str) -> &'static str {
    match kind {
        "flow" => "architect.flow.not.found",
        "flow version" => "architect.flow.version.missing",
        "queue" | "schedule" => "resource.not.found",
        "table" | "table version" => "flows.datatables.not.found",
        "row" => "flows.datatables.row.not.found",
        "domain" | "route" => "postino.error.not.found",
        _ => "not.found",
    }
}

fn taken_code(kind: &str) -> &'static str {
    match kind {
        "flow" => "architect.object.already.exists",
        "queue" | "table" | "schedule" => "duplicate.name",
        "row" => "flows.datatables.duplicate.key",
        "domain" => "postino.domain.exists",
        "route" => "postino.route.pattern.exists",
        _ => "general.conflict",
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

fn used_by(code: &str, user: &User) -> Problem {
    let flow = user.kind == "flow";
    Problem {
        path: Some(user.path.clone()).filter(|path| !path.is_empty()),
        flow_id: flow.then(|| user.id.clone()),
        flow_name: flow.then(|| user.name.clone()),
        entity_kind: Some(user.kind.to_owned()),
        entity_id: Some(user.id.clone()),
        entity_name: Some(user.name.clone()),
        ..Problem::new(code, format!("the {} `{}` uses it", user.kind, user.name))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use waypost_flow::diagnostic::Code;
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
                ChangeError::InUse { kind: "flow", name: "n".to_owned(), users: vec![] }.into(),
                409,
                "architect.dependency.object.in.use",
            ),
            (Stale { kind: "flow", current: 2 }.into(), 412, "precondition.failed"),
            (AppError::NoRoute("a@b".to_owned()).into(), 422, "email.route.missing"),
            (AppError::KeyReused.into(), 422, "idempotency.key.reused"),
            (AppError::InFlight.into(), 409, "idempotency.key.in.flight"),
            (AppError::BadCredentials.into(), 401, "bad.credentials"),
            (AppError::Throttled { seconds: 9 }.into(), 429, "too.many.requests"),
            (AppError::Store(StoreError::Full).into(), 503, "service.unavailable"),
            (
                AppError::Store(StoreError::Damaged { what: "it".to_owned(), detail: "so".to_owned() }).into(),
                500,
                "storage.damaged",
            ),
            (
                AppError::Store(StoreError::Inconsistent { table: "runs", detail: "so".to_owned() }).into(),
                500,
                "storage.damaged",
            ),
            (AppError::Store(StoreError::Failed("table secrets".to_owned())).into(), 500, "internal.server.error"),
        ];
        for (error, status, code) in cases {
            let (found, body) = rendered(error);
            assert_eq!((found, body["code"].as_str()), (status, Some(code)));
            assert_eq!(body["status"], status);
            assert_ne!(body["errors"], json!([]), "never empty");
            assert!(!body.to_string().contains("secrets"), "what the store says stays in the log");
        }
    }

    #[test]
    fn retry_after_is_never_zero() {
        let response = ApiError::unavailable("x", 0).into_response();
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
    }
}
