//! `/integrations/actions`: data actions in Genesys's shape.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::Value as Body;
use waypost_app::access::scopes::Scope;
use waypost_catalogue::data_actions::{DataActionSpec, KnownDataAction};
use waypost_ids::DataActionId;
use waypost_wire::Object as Members;
use waypost_wire::data_action::{DataAction, DataActionChange, DataActionRequest};

use crate::auth::{Caller, RoutingRead, RoutingWrite};
use crate::error::ApiError;
use crate::fields::{Fields, strip};
use crate::names::{SORT_ORDERS, descending, fits};
use crate::objects::{self, Call, Listing, Offer, PathParts, Resource, WhereUsed, not_found};
use crate::openapi::Endpoints;
use crate::openapi::operation::{Operation, operation};
use crate::query::Query;
use crate::state::ApiState;

/// Members that the server sets itself.
const SET_BY_SERVER: &[&str] = &["id", "dateCreated", "dateModified", "selfUri"];

/// Members that are kept as they are.
const TEXTS: [&str; 4] = ["category", "integrationId", "integrationType", "actionType"];

/// Members that say what it does.
const OBJECTS: [&str; 2] = ["config", "contract"];

/// The files that Genesys's API has of an action's schemas, and where they are in its contract.
const SCHEMAS: [(&str, [&str; 2]); 2] =
    [("input.json", ["input", "inputSchema"]), ("success.json", ["output", "successSchema"])];

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    objects::endpoints::<KnownDataAction>().get(
        &format!("{}/schemas/{{fileName}}", KnownDataAction::OFFER.one),
        schema,
        operation(
            "getIntegrationsActionSchema",
            Scope::RoutingRead,
            "Get a schema of a data action: `input.json` or `success.json`",
        )
        .ignored(&IGNORED_IN_SCHEMAS)
        .answers::<Members>(),
    )
}

/// Query parameters that Genesys's SDKs send and that make no difference here.
const IGNORED: [&str; 3] = ["expand", "flatten", "includeConfig"];
const IGNORED_IN_SCHEMAS: [&str; 1] = ["flatten"];
const IGNORED_IN_LISTS: [&str; 4] = ["sortBy", "includeAuthActions", "nextPage", "previousPage"];

impl Resource for KnownDataAction {
    type Read = RoutingRead;
    type Write = RoutingWrite;
    type View = DataAction;
    type Request = DataActionRequest;
    type Change = DataActionChange;

    const OFFER: Offer = Offer {
        all: "/integrations/actions",
        one: "/integrations/actions/{actionId}",
        list: ("getIntegrationsActions", "List data actions, by name"),
        create: ("postIntegrationsActions", "Create a data action"),
        get: ("getIntegrationsAction", "Get a data action"),
        change: ("patchIntegrationsAction", "Change a data action; a change of its contract must break no flow"),
        patched: true,
        delete: ("deleteIntegrationsAction", "Delete a data action that no flow uses"),
        where_used: Some(WhereUsed {
            uses: ("getIntegrationsActionUses", "What a data action uses"),
            used_by: ("getIntegrationsActionUsedBy", "What uses a data action"),
        }),
    };

    fn id_in(path: &PathParts) -> Result<DataActionId, ApiError> {
        path.id::<Self>("actionId")
    }

    fn order(&self) -> &str {
        &self.record.folded_name
    }

    fn listing(query: &mut Query, _: &PathParts) -> Listing<Self> {
        let (name, category) = (query.text("name"), query.text("category"));
        let secure = query.one_of("secure", &[("true", true), ("false", false)]);
        let ids = query.list("ids");
        let (descending, whole) = (descending(query), query.flag("includeConfig"));
        query.ignore(&IGNORED_IN_LISTS);
        let has = move |known: &Self| {
            let definition = known.definition();
            let text = |member: &str| definition.get(member).and_then(Body::as_str).unwrap_or_default();
            let is_secure = definition.get("secure").and_then(Body::as_bool).unwrap_or_default();
            // Genesys finds a part of a name.
            name.as_deref().is_none_or(|name| fits(&format!("*{name}*"), &known.record.name))
                && category.as_deref().is_none_or(|category| category == text("category"))
                && secure.is_none_or(|secure| secure == is_secure)
                && (ids.is_empty() || ids.contains(&known.record.id.to_string()))
        };
        Listing { has: Box::new(has), descending, whole }
    }

    fn described(call: Call, operation: Operation) -> Operation {
        match call {
            Call::List => operation
                .text("name", "A part of a name.")
                .text("category", "Only of this category.")
                .words("secure", &["true", "false"], "Only secure actions, or only others.")
                .list("ids", "Only these.")
                .flag("includeConfig", "Include their requests and responses.")
                .words("sortOrder", SORT_ORDERS, "Ascending by default.")
                .ignored(&IGNORED_IN_LISTS),
            Call::Get => operation.ignored(&IGNORED),
            Call::Create | Call::Change | Call::Delete => operation,
        }
    }

    fn parameters(call: Call, query: &mut Query) {
        if call == Call::Get {
            query.ignore(&IGNORED);
        }
    }

    fn spec(call: Call, mut body: Fields, _: &PathParts, _: &ApiState) -> Result<DataActionSpec, ApiError> {
        let present = body.present();
        let name = body.text("name");
        let version = body.parsed("version", "a version of the data action, such as 1", Body::as_u64);
        let mut members = Members::new();
        for member in TEXTS {
            members.extend(body.text(member).map(|text| (member.to_owned(), text.into())));
        }
        members.extend(body.flag("secure").map(|secure| ("secure".to_owned(), secure.into())));
        for member in OBJECTS {
            let object = body.parsed(member, "an object", |value| value.is_object().then(|| value.clone()));
            members.extend(object.map(|object| (member.to_owned(), strip(object))));
        }
        if call == Call::Create {
            let expected = OBJECTS.map(|member| (member, "an object")).into_iter().chain([("name", "a name")]);
            for (member, expected) in expected.filter(|(member, _)| !present.iter().any(|there| there == member)) {
                body.missing(member, expected);
            }
        }
        body.discard(SET_BY_SERVER);
        body.finish(&[["name", "version", "secure"].as_slice(), &TEXTS, &OBJECTS].concat())?;
        // An export says which version it was.
        let version = version.filter(|_| call == Call::Change);
        Ok(DataActionSpec { name, members, version })
    }

    fn view(&self, _: &ApiState, whole: bool) -> DataAction {
        let mut definition = self.definition();
        let mut text = |member: &str| match definition.shift_remove(member) {
            Some(Body::String(text)) => Some(text),
            _ => None,
        };
        let (integration_id, category) = (text("integrationId"), text("category"));
        let mut object = |member: &str| match definition.shift_remove(member) {
            Some(Body::Object(object)) => object,
            _ => Members::new(),
        };
        let (contract, config) = (object("contract"), object("config"));
        DataAction {
            id: self.record.id,
            name: self.record.name.clone(),
            integration_id,
            category,
            contract,
            version: self.record.revision,
            secure: definition.get("secure").and_then(Body::as_bool).unwrap_or_default(),
            config: if whole { config } else { Members::new() },
            date_created: self.record.created_at.into(),
            date_modified: self.record.modified_at.into(),
            self_uri: format!("/api/v2/integrations/actions/{}", self.record.id),
        }
    }
}

/// `GET /integrations/actions/{actionId}/schemas/{fileName}`
async fn schema(
    State(state): State<ApiState>,
    _: Caller<RoutingRead>,
    Path((id, file)): Path<(String, String)>,
    mut query: Query,
) -> Result<Json<Body>, ApiError> {
    query.ignore(&IGNORED_IN_SCHEMAS);
    query.finish()?;
    let known = state.app.catalogue.object::<KnownDataAction>(&parse_id(&id)?)?;
    let missing = || ApiError::not_found("not.found", format!("a data action has no schema `{file}`"));
    let (_, [side, member]) = SCHEMAS.into_iter().find(|(name, _)| *name == file).ok_or_else(missing)?;
    let definition = Body::Object(known.definition());
    let schema = definition.get("contract").and_then(|contract| contract.get(side)?.get(member));
    schema.cloned().map(Json).ok_or_else(missing)
}

/// An identifier in a path.
pub(crate) fn parse_id(id: &str) -> Result<DataActionId, ApiError> {
    id.parse().map_err(|_| not_found::<KnownDataAction>(id))
}
