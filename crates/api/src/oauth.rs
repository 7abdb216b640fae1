//! `/oauth/clients`: who may ask, and for what. Genesys's paths and models, as far as a client of ours has what they tell.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use waypost_app::access::NewClient;
use waypost_app::access::clients::{ClientSpec, token_seconds};
use waypost_app::access::scopes::Scope;
use waypost_ids::client::TOKEN_SECONDS_ALLOWED;
use waypost_store::records::access::ClientRecord;
use waypost_wire::Object;
use waypost_wire::access::{ClientPerson, OAuthClient, OAuthClientRequest};
use waypost_wire::error::Problem;
use waypost_wire::listing::Page;
use waypost_wire::reference::Reference;

use crate::auth::{Admin, Bearer, Caller};
use crate::body::ObjectBody;
use crate::error::ApiError;
use crate::fields::Fields;
use crate::openapi::Endpoints;
use crate::openapi::operation::{operation, with_any_token};
use crate::paging::{ListUri, Paging};
use crate::query::Query;
use crate::revision::{if_match, tag};
use crate::state::ApiState;

/// The kind of client that is made here.
const GRANT: &str = "CLIENT-CREDENTIALS";

/// Genesys's name for what people sign in by: they are made by that, and not here.
const PERSON_GRANT: &str = "CODE";

/// Members that the server sets itself, and those of Genesys's that mean nothing here: roles and divisions.
const SET_BY_SERVER: &[&str] = &[
    "id",
    "dateCreated",
    "dateModified",
    "createdBy",
    "modifiedBy",
    "selfUri",
    "revision",
    "roleIds",
    "roleDivisions",
    "registeredRedirectUri",
    "dateToDelete",
    "person",
];

/// A client with its revision as `ETag`.
type Tagged = ([(HeaderName, String); 1], Json<OAuthClient>);

/// The same with a secret, which is not to be kept by anything on the way.
type Fresh = ([(HeaderName, String); 2], Json<OAuthClient>);

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    let one = "/oauth/clients/{clientId}";
    Endpoints::default()
        .get(
            "/oauth/clients",
            list,
            operation("getOauthClients", Scope::Admin, "List clients, by name").pages::<OAuthClient>(),
        )
        .post(
            "/oauth/clients",
            create,
            operation("postOauthClients", Scope::Admin, "Create a client: the only answer with its secret")
                .body::<OAuthClientRequest>()
                .answers::<OAuthClient>(),
        )
        .get(
            one,
            get,
            operation("getOauthClient", Scope::Admin, "Get a client; `ETag` is its revision").answers::<OAuthClient>(),
        )
        .put(
            one,
            update,
            operation("putOauthClient", Scope::Admin, "Change a client; removing a right takes effect immediately")
                .if_match()
                .body::<OAuthClientRequest>()
                .answers::<OAuthClient>()
                .refuses(&[409]),
        )
        .delete(
            one,
            delete,
            operation("deleteOauthClient", Scope::Admin, "Delete a client; its tokens stop working immediately")
                .empty(StatusCode::NO_CONTENT)
                .refuses(&[409]),
        )
        .post(
            "/oauth/clients/{clientId}/secret",
            rotate,
            operation(
                "postOauthClientSecret",
                Scope::Admin,
                "Give a client a new secret; the old one and its tokens stop working immediately",
            )
            .body::<Object>()
            .answers::<OAuthClient>(),
        )
        .delete(
            "/tokens/me",
            end_token,
            with_any_token("deleteTokensMe", "Revoke the token of this request").empty(StatusCode::NO_CONTENT),
        )
}

/// `GET /oauth/clients`
async fn list(
    State(state): State<ApiState>,
    _: Caller<Admin>,
    mut query: Query,
    uri: ListUri,
) -> Result<Json<Page<OAuthClient>>, ApiError> {
    let paging = Paging::read(&mut query);
    query.finish()?;
    let (clients, total) = paging.cut(state.access.clients().await?);
    Ok(Json(paging.page(clients.iter().map(view).collect(), total, &uri)))
}

/// `POST /oauth/clients`
async fn create(
    State(state): State<ApiState>,
    caller: Caller<Admin>,
    query: Query,
    ObjectBody(body): ObjectBody,
) -> Result<Fresh, ApiError> {
    query.finish()?;
    Ok(fresh(&state.access.create_client(&caller.client, spec(body, GRANT)?).await?))
}

/// `GET /oauth/clients/{clientId}`
async fn get(
    State(state): State<ApiState>,
    _: Caller<Admin>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Tagged, ApiError> {
    query.finish()?;
    Ok(tagged(&state.access.client(&id).await?))
}

/// `PUT /oauth/clients/{clientId}`
async fn update(
    State(state): State<ApiState>,
    caller: Caller<Admin>,
    Path(id): Path<String>,
    query: Query,
    headers: HeaderMap,
    ObjectBody(body): ObjectBody,
) -> Result<Tagged, ApiError> {
    query.finish()?;
    let revision = if_match(&headers)?;
    let grant = grant(&state.access.client(&id).await?);
    Ok(tagged(&state.access.update_client(&caller.client, &id, spec(body, grant)?, revision).await?))
}

/// `DELETE /oauth/clients/{clientId}`
async fn delete(
    State(state): State<ApiState>,
    caller: Caller<Admin>,
    Path(id): Path<String>,
    query: Query,
) -> Result<StatusCode, ApiError> {
    query.finish()?;
    state.access.delete_client(&caller.client, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /oauth/clients/{clientId}/secret`
async fn rotate(
    State(state): State<ApiState>,
    caller: Caller<Admin>,
    Path(id): Path<String>,
    query: Query,
    ObjectBody(body): ObjectBody,
) -> Result<Fresh, ApiError> {
    query.finish()?;
    body.finish(&[])?;
    Ok(fresh(&state.access.rotate_secret(&caller.client, &id).await?))
}

/// `DELETE /tokens/me`
async fn end_token(State(state): State<ApiState>, token: Bearer, query: Query) -> Result<StatusCode, ApiError> {
    query.finish()?;
    state.access.end_token(&token.0).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn grant(client: &ClientRecord) -> &'static str {
    if client.person().is_some() { PERSON_GRANT } else { GRANT }
}

fn spec(mut body: Fields, offered: &'static str) -> Result<ClientSpec, ApiError> {
    let name = body.required_text("name");
    let description = body.text("description").unwrap_or_default();
    let scopes = body.texts("scope");
    if scopes.is_none() {
        body.missing("scope", "a list of scopes");
    }
    let grant = body.text("authorizedGrantType");
    if let Some(other) = grant.filter(|grant| grant.replace('_', "-") != offered) {
        body.problem(Problem {
            path: Some("authorizedGrantType".to_owned()),
            expected: Some(offered.to_owned()),
            found: Some(format!("`{other}`")),
            ..Problem::new("invalid.value", "this grant is not offered")
        });
    }
    let range = i64::from(*TOKEN_SECONDS_ALLOWED.start())..=i64::from(*TOKEN_SECONDS_ALLOWED.end());
    let seconds = body.number("accessTokenValiditySeconds", range);
    let state = |value: &serde_json::Value| match value.as_str()?.to_ascii_lowercase().as_str() {
        "active" => Some(true),
        "inactive" | "disabled" => Some(false),
        _ => None,
    };
    let active = body.parsed("state", "active or inactive", state);
    body.discard(SET_BY_SERVER);
    // What a rotated or fresh secret was sent back with is not a wish for that secret.
    body.discard(&["secret"]);
    body.finish(&["name", "description", "scope", "authorizedGrantType", "accessTokenValiditySeconds", "state"])?;
    Ok(ClientSpec {
        name,
        description,
        scopes: scopes.unwrap_or_default(),
        token_seconds: seconds.and_then(|seconds| u32::try_from(seconds).ok()),
        active,
    })
}

fn fresh(client: &NewClient) -> Fresh {
    let shown = OAuthClient { secret: Some(client.secret().expose().to_owned()), ..view(client.record()) };
    ([(header::CACHE_CONTROL, "no-store".to_owned()), tag(client.record().revision)], Json(shown))
}

fn tagged(client: &ClientRecord) -> Tagged {
    ([tag(client.revision)], Json(view(client)))
}

fn view(client: &ClientRecord) -> OAuthClient {
    let by = Some(&client.created_by).filter(|by| !by.is_empty());
    OAuthClient {
        id: client.id.clone(),
        name: client.name.clone(),
        description: Some(client.description.clone()).filter(|text| !text.is_empty()),
        secret: None,
        authorized_grant_type: grant(client).to_owned(),
        scope: client.scopes.clone(),
        access_token_validity_seconds: token_seconds(client),
        state: if client.revoked_at.is_none() { "active" } else { "inactive" }.to_owned(),
        date_created: client.created_at.into(),
        date_modified: client.modified_at.into(),
        revision: client.revision,
        created_by: by.map(|id| Reference { id: id.clone(), ..Reference::default() }),
        person: client
            .person()
            .map(|(issuer, subject)| ClientPerson { issuer: issuer.to_owned(), subject: subject.to_owned() }),
        self_uri: format!("/api/v2/oauth/clients/{}", client.id),
    }
}
