//! Paths of Genesys's API, and of this server's later releases, that are known but not offered: 501 rather than 404, so that
//! a client can tell a gap from a mistake.

use axum::extract::{OriginalUri, Request};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::error::ApiError;

/// Areas below `/api/v2/` in which everything that is not offered is known to be a gap.
const AREAS: &[&str] = &[
    "agentcopilot",
    "agentic",
    "agenticvirtualagents",
    "alerting",
    "analytics",
    "apps",
    "architect",
    "assistants",
    "audits",
    "authorization",
    "backgroundassistant",
    "billing",
    "businessrules",
    "carrierservices",
    "casemanagement",
    "certificate",
    "chats",
    "coaching",
    "contentmanagement",
    "conversations",
    "customerintents",
    "dataextensions",
    "dataprivacy",
    "date",
    "dependencies",
    "diagnostics",
    "documentation",
    "downloads",
    "email",
    "emails",
    "employeeengagement",
    "employeeperformance",
    "events",
    "externalcontacts",
    "fax",
    "fieldconfig",
    "gamification",
    "gdpr",
    "geolocations",
    "greetings",
    "groups",
    "guides",
    "identityproviders",
    "infrastructureascode",
    "integrations",
    "intents",
    "ipranges",
    "journey",
    "knowledge",
    "languages",
    "languageunderstanding",
    "learning",
    "license",
    "locations",
    "messaging",
    "mobiledevices",
    "notifications",
    "oauth",
    "operations",
    "organizations",
    "orgauthorization",
    "orphanrecordings",
    "outbound",
    "presence",
    "presencedefinitions",
    "processautomation",
    "profiles",
    "quality",
    "recording",
    "recordings",
    "recordingsettings",
    "replays",
    "responsemanagement",
    "scim",
    "screenmonitors",
    "screenrecording",
    "scripts",
    "search",
    "settings",
    "sipserver",
    "socialmedia",
    "speechandtextanalytics",
    "stations",
    "storage",
    "studio",
    "suggest",
    "surveys",
    "systempresences",
    "taskmanagement",
    "teams",
    "telephony",
    "textbots",
    "timezones",
    "tokens",
    "uploads",
    "usage",
    "userrecordings",
    "users",
    "utilities",
    "voicemail",
    "webchat",
    "webdeployments",
    "webmessaging",
    "widgets",
    "workforcemanagement",
];

/// Paths within the areas that are offered: an optional method, then segments; `*` is any one segment, `**` at the end is
/// any number of them.
const PATHS: &[&str] = &[
    "flows/datatables/divisionviews/*",
    "flows/datatables/*/export/**",
    "flows/datatables/*/import/**",
    "flows/executions/**",
    "flows/export/**",
    "flows/instances/**",
    "flows/jobs/**",
    "flows/milestones/**",
    "flows/outcomes/**",
    "flows/validate/**",
    "flows/*/instances/**",
    "flows/*/versions/*/health",
    "flows/*/versions/*/intents/**",
    "integrations/actions/categories",
    "integrations/actions/certificates/**",
    "integrations/actions/drafts/**",
    "integrations/actions/functions/**",
    "integrations/actions/*/draft/**",
    "integrations/actions/*/function",
    "integrations/actions/*/templates/*",
    "routing/assessments/**",
    "routing/availablemediatypes",
    "routing/conversations/**",
    "routing/directroutingbackup/**",
    "routing/email/domains/*/dkim",
    "routing/email/domains/*/mailfrom",
    "routing/email/domains/*/testconnection",
    "routing/email/domains/*/validate",
    "routing/email/domains/*/verification",
    "routing/email/outbound/**",
    "routing/email/setup",
    "routing/message/**",
    "routing/predictors/**",
    "routing/queues/me",
    "routing/queues/*/assistant",
    "routing/queues/*/comparisonperiods/**",
    "routing/queues/*/estimatedwaittime",
    "routing/queues/*/identityresolution",
    "routing/queues/*/mediatypes/**",
    "DELETE routing/queues/*/members/**",
    "PATCH routing/queues/*/members/**",
    "POST routing/queues/*/members",
    "routing/queues/*/members/*",
    "routing/queues/*/users/**",
    "POST routing/queues/*/wrapupcodes",
    "routing/queues/*/wrapupcodes/*",
    "routing/schedulegroups/**",
    "routing/settings/**",
    "routing/skillgroups/**",
    "routing/sms/**",
    "routing/tables/**",
    "routing/users/**",
    "routing/utilization/**",
    "routing/wrapupcodes/**",
    "conversations/emails/*/messages/draft/**",
    "routing/email/setting/**",
    "routing/skillexpressions/**",
    "routing/queues/divisionviews/all",
    "routing/email/domains/*/routes/*/identityresolution",
];

/// Methods of Genesys's API.
const METHODS: [Method; 6] = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// Answers 501 for what is known and not offered.
pub async fn layer(request: Request, next: Next) -> Response {
    let what = format!("{} {}", request.method(), request.uri().path());
    let path = request.uri().path().strip_prefix("/api/v2/").unwrap_or_default().to_owned();
    if PATHS.iter().any(|pattern| fits(pattern, request.method(), &path)) {
        return ApiError::not_offered(&what).into_response();
    }
    let known = METHODS.contains(request.method());
    let response = next.run(request).await;
    // A method that is not offered where another is.
    if response.status() == StatusCode::METHOD_NOT_ALLOWED && known && is_area(&path) {
        return ApiError::not_offered(&what).into_response();
    }
    response
}

/// What is answered where nothing is offered.
pub async fn fallback(method: Method, OriginalUri(uri): OriginalUri) -> ApiError {
    let path = uri.path();
    match path.strip_prefix("/api/v2/").is_some_and(is_area) {
        true => ApiError::not_offered(&format!("{method} {path}")),
        false => ApiError::not_found("not.found", format!("there is nothing at `{path}`")),
    }
}

fn is_area(path: &str) -> bool {
    AREAS.binary_search(&path.split('/').next().unwrap_or_default()).is_ok()
}

fn fits(pattern: &str, method: &Method, path: &str) -> bool {
    let pattern = match pattern.split_once(' ') {
        Some((only, _)) if only != method.as_str() => return false,
        Some((_, pattern)) => pattern,
        None => pattern,
    };
    let mut segments = path.split('/');
    for wanted in pattern.split('/') {
        match (wanted, segments.next()) {
            ("**", _) => return true,
            ("*", Some(segment)) if !segment.is_empty() => {}
            (wanted, Some(segment)) if wanted == segment => {}
            _ => return false,
        }
    }
    segments.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_can_be_searched() {
        assert!(AREAS.is_sorted());
        assert!(!AREAS.iter().any(|area| ["flows", "routing", "interactions", "health"].contains(area)));
    }

    #[test]
    fn gaps_are_told_from_mistakes() {
        for (method, path, unoffered) in [
            (Method::GET, "users/me", true),
            (Method::GET, "organizations", true),
            (Method::POST, "flows/jobs", true),
            (Method::GET, "flows/jobs/1", true),
            (Method::DELETE, "flows", false),
            (Method::GET, "flows", false),
            (Method::GET, "flows/1", false),
            (Method::GET, "flows/1/versions/2/health", true),
            (Method::GET, "flows/1/nonsense", false),
            (Method::POST, "routing/queues/1/members", true),
            (Method::GET, "routing/queues/1/members", false),
            (Method::GET, "routing/queues/1/claims", false),
            (Method::GET, "usersx", false),
            (Method::GET, "", false),
        ] {
            let known = PATHS.iter().any(|pattern| fits(pattern, &method, path)) || is_area(path);
            assert_eq!(known, unoffered, "{method} {path}");
        }
    }
}
