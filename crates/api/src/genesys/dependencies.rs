//! `/architect/dependencytracking`: what uses what, in Genesys's words. Queues, routes, tables, schedules and
//! terms are told to those alone who may read them.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use uuid::Uuid;
use waypost_app::access::scopes::Scope;
use waypost_catalogue::versions::VersionName;
use waypost_catalogue::where_used::{Node, node};
use waypost_ids::{Kind, Ref, Term};
use waypost_wire::flow::parse_version;
use waypost_wire::genesys::architect::{Dependency, DependencyStatus, DependencyType};
use waypost_wire::listing::Page;

use crate::auth::{Caller, FlowRead};
use crate::error::ApiError;
use crate::names::fits;
use crate::openapi::Endpoints;
use crate::openapi::operation::operation;
use crate::paging::{ListUri, Paging};
use crate::query::Query;
use crate::state::ApiState;
use crate::{flows, terms};

const BASE: &str = "/architect/dependencytracking";

/// Kinds of things that dependencies are between here, by name, and whether they have versions.
fn known_types() -> Vec<(&'static str, bool)> {
    let mut types = vec![
        ("COMMONMODULEFLOW", true),
        ("DATAACTION", false),
        ("DATATABLE", false),
        ("EMAILROUTE", false),
        ("INBOUNDEMAILFLOW", true),
        ("QUEUE", false),
        ("SCHEDULE", false),
        ("WEBHOOK", false),
    ];
    types.extend(Term::ALL.map(|term| (terms::kept(term).dependency, false)));
    types.sort_unstable();
    types
}

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    let at = |rest: &str| format!("{BASE}{rest}");
    let one = |id, summary, version| {
        operation(id, Scope::FlowRead, summary)
            .text("id", "The thing's identifier.")
            .required()
            .text("version", version)
            .text("objectType", "What kind of thing it is.")
            .refuses(&[404, 410])
    };
    let published = "A flow's version; the published one by default.";
    let stale = |id| {
        operation(id, Scope::FlowRead, "List followers of changed or deleted objects; always empty here")
            .ignored(&["name", "objectType", "consumedResources", "consumedResourceType", "flowFilter"])
            .pages::<Dependency>()
    };
    Endpoints::default()
        .get(
            BASE,
            search,
            operation("getArchitectDependencytracking", Scope::FlowRead, "Find flows, queues and the like by name")
                .text("name", "A name; `*` at either end stands for anything.")
                .required()
                .list("objectType", "Only these kinds.")
                .flag("consumedResources", "Include what they use.")
                .flag("consumingResources", "Include what uses them.")
                .list("consumedResourceType", "Include only these kinds of what they use.")
                .list("consumingResourceType", "Include only these kinds of what uses them.")
                .pages::<Dependency>(),
        )
        .get(
            &at("/consumingresources"),
            consuming,
            one(
                "getArchitectDependencytrackingConsumingresources",
                "What uses an object",
                "A flow's version: only users that follow it. By default, users of any version.",
            )
            .list("resourceType", "Only these kinds.")
            .words("flowFilter", &["checkedIn", "published"], "No effect: only published versions are followed.")
            .pages::<Dependency>(),
        )
        .get(
            &at("/consumedresources"),
            consumed,
            one("getArchitectDependencytrackingConsumedresources", "What a flow uses", published)
                .list("resourceType", "Only these kinds.")
                .pages::<Dependency>(),
        )
        .get(
            &at("/object"),
            object,
            one("getArchitectDependencytrackingObject", "An object with what it uses and what uses it", published)
                .flag("consumedResources", "Include what it uses.")
                .flag("consumingResources", "Include what uses it.")
                .list("consumedResourceType", "Include only these kinds of what it uses.")
                .list("consumingResourceType", "Include only these kinds of what uses it.")
                .ignored(&["consumedResourceRequest"])
                .answers::<Dependency>(),
        )
        .get(
            &at("/updatedresourceconsumers"),
            stale_consumers,
            stale("getArchitectDependencytrackingUpdatedresourceconsumers"),
        )
        .get(
            &at("/deletedresourceconsumers"),
            stale_consumers,
            stale("getArchitectDependencytrackingDeletedresourceconsumers"),
        )
        .get(
            &at("/types"),
            types,
            operation("getArchitectDependencytrackingTypes", Scope::FlowRead, "List kinds of objects")
                .pages::<DependencyType>(),
        )
        .get(
            &at("/types/{typeId}"),
            one_type,
            operation("getArchitectDependencytrackingType", Scope::FlowRead, "Get a kind of object")
                .answers::<DependencyType>(),
        )
        .get(
            &at("/build"),
            build,
            operation(
                "getArchitectDependencytrackingBuild",
                Scope::FlowRead,
                "Whether dependencies are current; always true",
            )
            .answers::<DependencyStatus>(),
        )
        .post(
            &at("/build"),
            rebuild,
            operation(
                "postArchitectDependencytrackingBuild",
                Scope::FlowRead,
                "Rebuild dependencies; no effect, they are always current",
            )
            .empty(StatusCode::ACCEPTED),
        )
}

/// Which kinds to tell, and in which directions.
struct Wanted {
    consumed: Option<Vec<&'static str>>,
    consuming: Option<Vec<&'static str>>,
}

impl Wanted {
    fn read(query: &mut Query) -> Self {
        let (consumed, consuming) = (query.flag("consumedResources"), query.flag("consumingResources"));
        let (consumed_types, consuming_types) =
            (kinds(query, "consumedResourceType"), kinds(query, "consumingResourceType"));
        Self { consumed: consumed.then_some(consumed_types), consuming: consuming.then_some(consuming_types) }
    }
}

async fn search(
    State(state): State<ApiState>,
    caller: Caller<FlowRead>,
    mut query: Query,
    uri: ListUri,
) -> Result<Json<Page<Dependency>>, ApiError> {
    let paging = Paging::read(&mut query);
    let name = query.text("name").unwrap_or_default();
    if name.is_empty() {
        query.problem("name", "is missing", "a name", "nothing");
    }
    let types = kinds(&mut query, "objectType");
    let wanted = Wanted::read(&mut query);
    query.finish()?;
    let world = state.app.catalogue.world();
    let kinds = [Kind::Flow, Kind::Queue, Kind::Table, Kind::Schedule, Kind::Webhook, Kind::DataAction]
        .into_iter()
        .chain(Term::ALL.map(Kind::Term));
    let objects = kinds.flat_map(|kind| world.objects(kind));
    let teller = Teller::to(&state, &caller);
    let mut found: Vec<Node> =
        objects.filter_map(|object| node(&world, &object)).filter(|node| fits(&name, &node.name)).collect();
    found.retain(|node| teller.tells(node, &types));
    found.sort_by(|a, b| (&a.name, kind_of(a)).cmp(&(&b.name, kind_of(b))));
    let (found, total) = paging.cut(found);
    let mut entities = Vec::with_capacity(found.len());
    for node in found {
        entities.push(teller.with(&node, None, &wanted).await?);
    }
    Ok(Json(paging.page(entities, total, &uri)))
}

async fn consuming(
    State(state): State<ApiState>,
    caller: Caller<FlowRead>,
    mut query: Query,
    uri: ListUri,
) -> Result<Json<Page<Dependency>>, ApiError> {
    let paging = Paging::read(&mut query);
    let asked = Asked::read(&mut query);
    let types = kinds(&mut query, "resourceType");
    query.one_of("flowFilter", &[("checkedIn", ()), ("published", ())]);
    query.finish()?;
    let teller = Teller::to(&state, &caller);
    let (entities, total) = paging.cut(teller.users(&teller.find(&asked).await?, asked.version, &types).await?);
    Ok(Json(paging.page(entities, total, &uri)))
}

async fn consumed(
    State(state): State<ApiState>,
    caller: Caller<FlowRead>,
    mut query: Query,
    uri: ListUri,
) -> Result<Json<Page<Dependency>>, ApiError> {
    let paging = Paging::read(&mut query);
    let asked = Asked::read(&mut query);
    let types = kinds(&mut query, "resourceType");
    query.finish()?;
    let teller = Teller::to(&state, &caller);
    let (entities, total) = paging.cut(teller.uses(&teller.find(&asked).await?, asked.version, &types).await?);
    Ok(Json(paging.page(entities, total, &uri)))
}

async fn object(
    State(state): State<ApiState>,
    caller: Caller<FlowRead>,
    mut query: Query,
) -> Result<Json<Dependency>, ApiError> {
    let asked = Asked::read(&mut query);
    let wanted = Wanted::read(&mut query);
    query.ignore(&["consumedResourceRequest"]);
    query.finish()?;
    let teller = Teller::to(&state, &caller);
    Ok(Json(teller.with(&teller.find(&asked).await?, asked.version, &wanted).await?))
}

/// A change that would leave a consumer behind is refused, so there is never one.
async fn stale_consumers(
    State(_): State<ApiState>,
    _: Caller<FlowRead>,
    mut query: Query,
    uri: ListUri,
) -> Result<Json<Page<Dependency>>, ApiError> {
    let paging = Paging::read(&mut query);
    query.ignore(&["name", "objectType", "consumedResources", "consumedResourceType", "flowFilter"]);
    query.finish()?;
    Ok(Json(paging.page(Vec::new(), 0, &uri)))
}

async fn types(
    State(_): State<ApiState>,
    _: Caller<FlowRead>,
    mut query: Query,
    uri: ListUri,
) -> Result<Json<Page<DependencyType>>, ApiError> {
    let paging = Paging::read(&mut query);
    query.finish()?;
    let (entities, total) =
        paging.cut(known_types().into_iter().map(|(name, versioned)| kind(name, versioned)).collect());
    Ok(Json(paging.page(entities, total, &uri)))
}

async fn one_type(
    State(_): State<ApiState>,
    _: Caller<FlowRead>,
    Path(name): Path<String>,
    query: Query,
) -> Result<Json<DependencyType>, ApiError> {
    query.finish()?;
    let found = known_types().into_iter().find(|(known, _)| known.eq_ignore_ascii_case(&name));
    let missing =
        || ApiError::not_found("architect.dependency.invalid.type", format!("there is no kind `{name}` here"));
    found.map(|(name, versioned)| Json(kind(name, versioned))).ok_or_else(missing)
}

async fn build(
    State(_): State<ApiState>,
    _: Caller<FlowRead>,
    query: Query,
) -> Result<Json<DependencyStatus>, ApiError> {
    query.finish()?;
    Ok(Json(DependencyStatus { status: "OPERATIONAL".to_owned(), self_uri: format!("/api/v2{BASE}/build") }))
}

async fn rebuild(State(_): State<ApiState>, _: Caller<FlowRead>, query: Query) -> Result<StatusCode, ApiError> {
    query.finish()?;
    Ok(StatusCode::ACCEPTED)
}

/// A thing that is asked about.
struct Asked {
    id: String,
    version: Option<u32>,
    object_type: Option<&'static str>,
}

impl Asked {
    fn read(query: &mut Query) -> Self {
        let id = query.text("id").unwrap_or_default();
        if id.is_empty() {
            query.problem("id", "is missing", "an identifier", "nothing");
        }
        let version = query.parsed("version", "a version such as 2.0", parse_version);
        let types: Vec<_> = known_types().into_iter().map(|(name, _)| (name, name)).collect();
        let object_type = query.one_of("objectType", &types);
        Self { id, version, object_type }
    }
}

fn kinds(query: &mut Query, name: &'static str) -> Vec<&'static str> {
    let types: Vec<_> = known_types().into_iter().map(|(name, _)| (name, name)).collect();
    query.some_of(name, &types)
}

/// What one who asks may be told.
struct Teller<'s> {
    state: &'s ApiState,
    /// Whether queues, routes, tables, schedules and terms are among it.
    routing: bool,
}

impl<'s> Teller<'s> {
    fn to(state: &'s ApiState, caller: &Caller<FlowRead>) -> Self {
        Self { state, routing: caller.may(Scope::RoutingRead) }
    }

    /// Whether a thing is told, and of one of some kinds; none are all.
    fn tells(&self, node: &Node, types: &[&str]) -> bool {
        (self.routing || node.flow.is_some()) && (types.is_empty() || types.contains(&kind_of(node)))
    }

    fn told(&self, nodes: &[Node], types: &[&str]) -> Vec<Dependency> {
        nodes.iter().filter(|node| self.tells(node, types)).map(|node| view(node, None)).collect()
    }

    async fn find(&self, asked: &Asked) -> Result<Node, ApiError> {
        let missing = || {
            ApiError::not_found(
                "architect.dependency.object.not.found",
                format!("there is no thing `{}` here", asked.id),
            )
        };
        let id: Uuid = asked.id.parse().map_err(|_| missing())?;
        let world = self.state.app.catalogue.world();
        // Domains and secrets are no things here, and nobody asks for whichever queue is decided for.
        let kinds = Kind::ALL.into_iter().filter(|kind| !matches!(kind, Kind::Domain | Kind::Secret));
        let mut objects = kinds.map(|kind| Ref::new(kind, id)).filter(|object| !object.is_any());
        let found = objects.find_map(|object| node(&world, &object)).ok_or_else(missing)?;
        if !self.tells(&found, asked.object_type.as_slice()) {
            return Err(missing());
        }
        if let (Some(flow), Some(version)) = (&found.flow, asked.version) {
            self.state.app.catalogue.flow_version(flow.id, version).await.map_err(flows::refused)?;
        }
        Ok(found)
    }

    async fn with(&self, thing: &Node, version: Option<u32>, wanted: &Wanted) -> Result<Dependency, ApiError> {
        let mut dependency = view(thing, version);
        if let Some(types) = &wanted.consumed {
            dependency.consumed_resources = self.uses(thing, version, types).await?;
        }
        if let Some(types) = &wanted.consuming {
            dependency.consuming_resources = self.users(thing, version, types).await?;
        }
        Ok(dependency)
    }

    async fn users(&self, thing: &Node, version: Option<u32>, types: &[&str]) -> Result<Vec<Dependency>, ApiError> {
        Ok(self.told(&self.state.app.catalogue.direct_users(&thing.object, version).await?, types))
    }

    async fn uses(&self, thing: &Node, version: Option<u32>, types: &[&str]) -> Result<Vec<Dependency>, ApiError> {
        let catalogue = &self.state.app.catalogue;
        let nodes = match (&thing.flow, thing.object.kind) {
            (Some(flow), _) => match version.or(flow.published) {
                Some(version) => {
                    catalogue.used_by_version(flow.id, &VersionName::Number(version)).await.map_err(flows::refused)?
                }
                None => Vec::new(),
            },
            (None, Kind::Route) => {
                let world = catalogue.world();
                world.routes.get(&thing.object.uuid()).map(|route| catalogue.led_to(route)).unwrap_or_default()
            }
            _ => Vec::new(),
        };
        Ok(self.told(&nodes, types))
    }
}

fn kind_of(node: &Node) -> &'static str {
    match node.object.kind {
        Kind::Flow if node.flow.as_ref().is_some_and(|flow| flow.shared) => "COMMONMODULEFLOW",
        Kind::Flow => "INBOUNDEMAILFLOW",
        Kind::Queue => "QUEUE",
        Kind::Table => "DATATABLE",
        Kind::Schedule => "SCHEDULE",
        Kind::Route => "EMAILROUTE",
        Kind::Domain => "EMAILDOMAIN",
        Kind::Webhook => "WEBHOOK",
        Kind::DataAction => "DATAACTION",
        Kind::Secret => "SECRET",
        Kind::Mailbox => "MAILBOX",
        Kind::Term(term) => terms::kept(term).dependency,
    }
}

/// Where an object is found in the API.
fn self_uri(node: &Node) -> String {
    let id = &node.object;
    match id.kind {
        Kind::Flow => format!("/api/v2/flows/{id}"),
        Kind::Queue => format!("/api/v2/routing/queues/{id}"),
        Kind::Table => format!("/api/v2/flows/datatables/{id}"),
        Kind::Schedule => format!("/api/v2/routing/schedules/{id}"),
        Kind::Route => {
            let domain = node.name.rsplit_once('@').map_or("", |(_, domain)| domain);
            format!("/api/v2/routing/email/domains/{domain}/routes/{id}")
        }
        Kind::Domain => format!("/api/v2/routing/email/domains/{id}"),
        Kind::Webhook => format!("/api/v2/webhooks/{id}"),
        Kind::DataAction => format!("/api/v2/integrations/actions/{id}"),
        Kind::Secret => format!("/api/v2/secrets/{id}"),
        Kind::Mailbox => format!("/api/v2/mailboxes/{id}"),
        Kind::Term(term) => format!("/api/v2/routing/{}/{id}", term.plural()),
    }
}

fn view(node: &Node, version: Option<u32>) -> Dependency {
    let version = node.flow.as_ref().and_then(|flow| version.or(flow.published));
    Dependency {
        id: node.object.to_string(),
        name: node.name.clone(),
        version: version.map(|version| format!("{version}.0")),
        dependency_type: kind_of(node).to_owned(),
        deleted: false,
        updated: false,
        state_unknown: false,
        consumed_resources: Vec::new(),
        consuming_resources: Vec::new(),
        self_uri: (!node.object.is_any()).then(|| self_uri(node)),
    }
}

fn kind(name: &str, versioned: bool) -> DependencyType {
    DependencyType {
        id: name.to_owned(),
        name: name.to_owned(),
        versioned,
        self_uri: format!("/api/v2{BASE}/types/{name}"),
    }
}
