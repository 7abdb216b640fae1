//! `/routing/email/domains`: the domains that mail is accepted for.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use waypost_app::access::scopes::Scope;
use waypost_app::error::AppError;
use waypost_store::records::catalogue::DomainRecord;
use waypost_wire::Object;
use waypost_wire::error::Problem;
use waypost_wire::listing::Page;
use waypost_wire::routing::{Domain, DomainRequest};

use crate::auth::{Caller, RoutingRead, RoutingWrite};
use crate::body::ObjectBody;
use crate::error::{ApiError, diagnosed};
use crate::fields::Fields;
use crate::openapi::Endpoints;
use crate::openapi::operation::operation;
use crate::paging::{ListUri, Paging};
use crate::query::Query;
use crate::queues::fits;
use crate::state::ApiState;

/// Members that the server sets itself.
const SET_BY_SERVER: &[&str] = &["name", "mxRecordStatus", "dateCreated", "selfUri"];

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    let one = "/routing/email/domains/{domainId}";
    Endpoints::default()
        .get(
            "/routing/email/domains",
            list,
            operation("getRoutingEmailDomains", Scope::RoutingRead, "List domains, by name")
                .text("filter", "A name; `*` at either end stands for anything.")
                .ignored(&["excludeStatus", "expand"])
                .pages::<Domain>(),
        )
        .post(
            "/routing/email/domains",
            create,
            operation("postRoutingEmailDomains", Scope::RoutingWrite, "Accept mail for a domain")
                .body::<DomainRequest>()
                .answers::<Domain>()
                .refuses(&[409]),
        )
        .get(
            one,
            get,
            operation("getRoutingEmailDomain", Scope::RoutingRead, "Get a domain")
                .ignored(&["expand"])
                .answers::<Domain>(),
        )
        .patch(
            one,
            update,
            operation("patchRoutingEmailDomain", Scope::RoutingWrite, "Change what is said of a domain")
                .body::<Object>()
                .answers::<Domain>(),
        )
        .delete(
            one,
            delete,
            operation("deleteRoutingEmailDomain", Scope::RoutingWrite, "Delete a domain without routes")
                .empty(StatusCode::NO_CONTENT)
                .refuses(&[409]),
        )
}

/// `POST /routing/email/domains`
pub async fn create(
    State(state): State<ApiState>,
    caller: Caller<RoutingWrite>,
    query: Query,
    ObjectBody(mut body): ObjectBody,
) -> Result<Json<Domain>, ApiError> {
    query.finish()?;
    let domain = body.required_text("id");
    no_sub_domain(&mut body);
    body.discard(SET_BY_SERVER);
    let record = state.app.catalogue.create_domain(&caller.client, domain, body.rest()?).await.map_err(refused)?;
    Ok(Json(view(&record)))
}

/// `GET /routing/email/domains`, by name
pub async fn list(
    State(state): State<ApiState>,
    _: Caller<RoutingRead>,
    mut query: Query,
    uri: ListUri,
) -> Result<Json<Page<Domain>>, ApiError> {
    let paging = Paging::read(&mut query);
    let filter = query.text("filter");
    query.ignore(&["excludeStatus", "expand"]);
    query.finish()?;
    let mut domains = state.app.catalogue.domains();
    domains.retain(|record| filter.as_deref().is_none_or(|filter| fits(filter, &record.domain)));
    domains.sort_by(|a, b| a.domain.cmp(&b.domain));
    let (domains, total) = paging.cut(domains);
    Ok(Json(paging.page(domains.iter().map(view).collect(), total, &uri)))
}

/// `GET /routing/email/domains/{domainId}`
pub async fn get(
    State(state): State<ApiState>,
    _: Caller<RoutingRead>,
    Path(domain): Path<String>,
    mut query: Query,
) -> Result<Json<Domain>, ApiError> {
    query.ignore(&["expand"]);
    query.finish()?;
    Ok(Json(view(&state.app.catalogue.domain(&domain)?)))
}

/// `PATCH /routing/email/domains/{domainId}`: members that are sent replace those that are kept, the others stay.
pub async fn update(
    State(state): State<ApiState>,
    caller: Caller<RoutingWrite>,
    Path(domain): Path<String>,
    query: Query,
    ObjectBody(mut body): ObjectBody,
) -> Result<Json<Domain>, ApiError> {
    query.finish()?;
    no_sub_domain(&mut body);
    body.discard(SET_BY_SERVER);
    body.discard(&["id"]);
    Ok(Json(view(&state.app.catalogue.update_domain(&caller.client, &domain, body.rest()?).await?)))
}

/// `DELETE /routing/email/domains/{domainId}`
pub async fn delete(
    State(state): State<ApiState>,
    caller: Caller<RoutingWrite>,
    Path(domain): Path<String>,
    query: Query,
) -> Result<StatusCode, ApiError> {
    query.finish()?;
    state.app.catalogue.delete_domain(&caller.client, &domain).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn no_sub_domain(body: &mut Fields) {
    if body.flag("subDomain") == Some(true) {
        body.problem(Problem {
            path: Some("subDomain".to_owned()),
            expected: Some("false".to_owned()),
            found: Some("true".to_owned()),
            suggestion: Some("send the whole domain as `id`".to_owned()),
            ..Problem::new("invalid.value", "the server has no root domain that a subdomain could be of")
        });
    }
}

fn refused(error: AppError) -> ApiError {
    match error {
        AppError::Invalid(problems) => ApiError::invalid("postino.invalid.domain.name", diagnosed(&problems)),
        // Terraform looks for these words, and then adopts the domain.
        AppError::NameTaken { name, holder, .. } => {
            // Its A-label or its U-label may.
            let other = if holder == name { String::new() } else { format!(" as `{holder}`") };
            let message = format!("domain already exists: `{name}`{other}");
            ApiError::new(StatusCode::CONFLICT, "postino.domain.exists", message)
        }
        other => other.into(),
    }
}

fn view(record: &DomainRecord) -> Domain {
    Domain {
        id: record.domain.clone(),
        name: record.domain.clone(),
        sub_domain: false,
        mx_record_status: "NOT_AVAILABLE".to_owned(),
        extra: record.extra.clone(),
        date_created: record.created_at.into(),
        self_uri: format!("/api/v2/routing/email/domains/{}", record.domain),
    }
}
