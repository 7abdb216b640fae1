//! Errors as answers: a status, a stable code, a text, and every problem.

mod conflicts;
mod refusals;
mod texts;

use std::borrow::Cow;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use waypost_app::access::scopes::Scope;
use waypost_flow::diagnostic::{Code, Diagnostic, MAX_LISTED};
use waypost_ids::Kind;
use waypost_wire::error::{ErrorBody, Problem, TextRange};
use waypost_wire::token::TokenError;

/// The code of what storage can't give back as it was written.
pub(crate) const DAMAGED: &str = "storage.damaged";

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
    pub fn invalid(code: impl Into<Cow<'static, str>>, problems: Vec<Problem>) -> Self {
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

    /// Every problem that it tells.
    pub(crate) fn told(&self) -> &[Problem] {
        &self.0.problems
    }

    /// The stable code.
    pub(crate) fn code(&self) -> Cow<'static, str> {
        self.0.code.clone()
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
    match (Kind::named(kind), kind) {
        (Some(Kind::Flow), _) => "architect.flow.not.found",
        (
            Some(
                Kind::Queue
                | Kind::Schedule
                | Kind::Webhook
                | Kind::DataAction
                | Kind::Secret
                | Kind::Mailbox
                | Kind::Term(_),
            ),
            _,
        ) => "resource.not.found",
        (Some(Kind::Table), _) | (None, "table version") => "flows.datatables.not.found",
        (Some(Kind::Domain | Kind::Route), _) => "postino.error.not.found",
        (None, "flow version") => "architect.flow.version.missing",
        (None, "row") => "flows.datatables.row.not.found",
        (None, _) => "not.found",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_never_zero() {
        let response = ApiError::unavailable("x", 0).into_response();
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
    }
}
