//! Objects of the catalogue over HTTP: list, get, create, change, delete, and what uses them. A kind says where it stands and how it is
//! read and shown; everything else is the same for all.

pub(crate) mod missing;

use std::slice;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;
use waypost_app::access::scopes::Scope;
use waypost_catalogue::error::ChangeError;
use waypost_catalogue::object::Object;
use waypost_catalogue::where_used::Direction;
use waypost_store::error::StoreError;
use waypost_store::records::audit::By;
use waypost_wire::listing::Page;

use crate::auth::{Caller, RoutingRead, Wanted};
use crate::body::ObjectBody;
use crate::error::{ApiError, not_found_code};
use crate::fields::Fields;
use crate::graph;
use crate::names;
use crate::openapi::Endpoints;
use crate::openapi::operation::{Operation, operation};
use crate::paging::{ListUri, Paging};
use crate::query::Query;
use crate::revision::{if_match, tag};
use crate::state::ApiState;

/// A kind of object, as the API offers it.
pub(crate) trait Resource: Object {
    /// The scope that lists and gets take.
    type Read: Wanted;
    /// The scope that changes take.
    type Write: Wanted;
    /// An object as it is answered.
    type View: Serialize + JsonSchema + Send + 'static;
    /// The body that makes one.
    type Request: JsonSchema + 'static;
    /// The body that changes one.
    type Change: JsonSchema + 'static;

    /// Where it stands, and what the OpenAPI document says of it.
    const OFFER: Offer;

    /// The identifier in a path.
    fn id_in(path: &PathParts) -> Result<Self::Id, ApiError>;

    /// Refuses a list of what is not there.
    fn listable(_state: &ApiState, _path: &PathParts) -> Result<(), ApiError> {
        Ok(())
    }

    /// Whether an object is found under a path.
    fn is_under(&self, _path: &PathParts) -> bool {
        true
    }

    /// What lists are in the order of.
    fn order(&self) -> &str;

    /// Parameters of a list, read: which objects are meant.
    fn listing(query: &mut Query, _path: &PathParts) -> Listing<Self> {
        let name = query.text("name");
        let descending = names::descending(query);
        let has =
            move |object: &Self| name.as_deref().is_none_or(|name| names::fits(name, &Self::name(object.record())));
        Listing { has: Box::new(has), descending, whole: true }
    }

    /// Adds a call's own parameters to its description.
    fn described(call: Call, operation: Operation) -> Operation {
        if call == Call::List { names::described(operation) } else { operation }
    }

    /// Reads a call's own parameters, other than those of lists.
    fn parameters(_call: Call, _query: &mut Query) {}

    /// What a body asks for.
    fn spec(call: Call, body: Fields, path: &PathParts, state: &ApiState) -> Result<Self::Spec, ApiError>;

    /// An object as it is answered: whole, or as a list shows it.
    fn view(&self, state: &ApiState, whole: bool) -> Self::View;

    /// Adds to views what only the store knows of their objects.
    fn measure(
        _state: &ApiState,
        _objects: &[Arc<Self>],
        _views: &mut [Self::View],
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        async { Ok(()) }
    }

    /// An object as the answer that makes it shows it: what is shown once is in that answer alone.
    fn created(&self, state: &ApiState) -> Result<Self::View, ApiError> {
        Ok(self.view(state, true))
    }

    /// Why a change was refused.
    fn refused(error: ChangeError) -> ApiError {
        error.into()
    }
}

/// Where a kind of object stands: each call with its id in the OpenAPI document and what it is for.
pub(crate) struct Offer {
    /// The path of the list.
    pub all: &'static str,
    /// The path of one.
    pub one: &'static str,
    pub list: (&'static str, &'static str),
    pub create: (&'static str, &'static str),
    pub get: (&'static str, &'static str),
    pub change: (&'static str, &'static str),
    /// Whether it is changed by PATCH: members that are left out stay.
    pub patched: bool,
    pub delete: (&'static str, &'static str),
    /// What it uses and what uses it, for those who may read routing.
    pub where_used: Option<WhereUsed>,
}

/// The calls that follow uses of an object, each with its id in the OpenAPI document and what it is for.
pub(crate) struct WhereUsed {
    pub uses: (&'static str, &'static str),
    pub used_by: (&'static str, &'static str),
}

impl Offer {
    /// What the path of one calls its identifier.
    pub(crate) fn parameter(&self) -> &'static str {
        self.one.rsplit_once('{').map_or("", |(_, name)| name.trim_end_matches('}'))
    }
}

/// A call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    List,
    Create,
    Get,
    Change,
    Delete,
}

/// Which objects a list has.
pub(crate) struct Listing<K> {
    /// Those that it has.
    pub has: Box<dyn Fn(&K) -> bool + Send>,
    /// Whether the last comes first.
    pub descending: bool,
    /// Whether they are shown whole.
    pub whole: bool,
}

/// The parts of a path that vary.
pub(crate) struct PathParts(Vec<(String, String)>);

impl PathParts {
    /// Parts that a body says.
    pub(crate) fn of(name: &str, value: String) -> Self {
        Self(vec![(name.to_owned(), value)])
    }

    /// A part.
    pub(crate) fn part(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// An identifier. What can't be one names no object.
    pub(crate) fn id<K: Object<Id: std::str::FromStr>>(&self, name: &str) -> Result<K::Id, ApiError> {
        let text = self.part(name);
        text.parse().map_err(|_| not_found::<K>(text))
    }
}

/// An object that is not there.
pub(crate) fn not_found<K: Object>(id: &str) -> ApiError {
    let kind = K::KIND.as_str();
    ApiError::not_found(not_found_code(kind), format!("{kind} `{id}` was not found"))
}

/// An object with its revision.
pub(crate) type Tagged<V> = ([(HeaderName, String); 1], Json<V>);

/// The endpoints of a kind.
pub(crate) fn endpoints<K: Resource>() -> Endpoints {
    let Offer { all, one, list: lists, create: creates, get: gets, change: changes, .. } = K::OFFER;
    let Offer { patched, delete: deletes, where_used, .. } = K::OFFER;
    const NOTE: &str = "Why, for the audit log.";
    let reads = |(id, summary), call| K::described(call, operation(id, K::Read::SCOPE, summary));
    let writes = |(id, summary), call| {
        K::described(call, operation(id, K::Write::SCOPE, summary).text("note", NOTE)).refuses(&[409])
    };
    let changed = writes(changes, Call::Change).if_match().body::<K::Change>().answers::<K::View>();
    let endpoints = Endpoints::default()
        .get(all, list::<K>, reads(lists, Call::List).pages::<K::View>())
        .post(all, create::<K>, writes(creates, Call::Create).body::<K::Request>().answers::<K::View>())
        .get(one, get::<K>, reads(gets, Call::Get).answers::<K::View>());
    let endpoints =
        if patched { endpoints.patch(one, change::<K>, changed) } else { endpoints.put(one, change::<K>, changed) };
    let endpoints =
        endpoints.delete(one, delete::<K>, writes(deletes, Call::Delete).if_match().empty(StatusCode::NO_CONTENT));
    let Some(WhereUsed { uses: used, used_by: users }) = where_used else { return endpoints };
    let described = |(id, summary)| graph::described(id, Scope::RoutingRead, summary);
    endpoints.get(&format!("{one}/uses"), uses::<K>, described(used)).get(
        &format!("{one}/usedby"),
        used_by::<K>,
        described(users),
    )
}

/// GET of a list.
pub(crate) async fn list<K: Resource>(
    State(state): State<ApiState>,
    _: Caller<K::Read>,
    Path(path): Path<Vec<(String, String)>>,
    mut query: Query,
    uri: ListUri,
) -> Result<Json<Page<K::View>>, ApiError> {
    let path = PathParts(path);
    let paging = Paging::read(&mut query);
    let Listing { has, descending, whole } = K::listing(&mut query, &path);
    query.finish()?;
    K::listable(&state, &path)?;
    let mut objects = state.app.catalogue.objects::<K>();
    objects.retain(|object| has(object));
    objects.sort_by(|a, b| a.order().cmp(b.order()));
    if descending {
        objects.reverse();
    }
    let (objects, total) = paging.cut(objects);
    let mut views: Vec<_> = objects.iter().map(|object| object.view(&state, whole)).collect();
    K::measure(&state, &objects, &mut views).await?;
    Ok(Json(paging.page(views, total, &uri)))
}

/// POST.
async fn create<K: Resource>(
    State(state): State<ApiState>,
    caller: Caller<K::Write>,
    Path(path): Path<Vec<(String, String)>>,
    mut query: Query,
    ObjectBody(body): ObjectBody,
) -> Result<Tagged<K::View>, ApiError> {
    let note = query.text("note");
    K::parameters(Call::Create, &mut query);
    query.finish()?;
    let spec = missing::spec::<K>(Call::Create, body, |body| K::spec(Call::Create, body, &PathParts(path), &state))?;
    let by = By { actor: &caller.client, note: note.as_deref() };
    let object = state.app.catalogue.create::<K>(by, spec).await.map_err(K::refused)?;
    let mut view = object.created(&state)?;
    measure_changed(&state, &object, &mut view).await;
    Ok(([tag(K::revision(object.record()))], Json(view)))
}

/// GET.
async fn get<K: Resource>(
    State(state): State<ApiState>,
    _: Caller<K::Read>,
    Path(path): Path<Vec<(String, String)>>,
    mut query: Query,
) -> Result<Tagged<K::View>, ApiError> {
    K::parameters(Call::Get, &mut query);
    query.finish()?;
    let path = PathParts(path);
    let id = K::id_in(&path)?;
    let object = state.app.catalogue.object::<K>(&id)?;
    if !object.is_under(&path) {
        return Err(not_found::<K>(&id.to_string()));
    }
    let (tag, Json(mut view)) = tagged(&state, &*object);
    K::measure(&state, slice::from_ref(&object), slice::from_mut(&mut view)).await?;
    Ok((tag, Json(view)))
}

/// PUT, or PATCH.
async fn change<K: Resource>(
    State(state): State<ApiState>,
    caller: Caller<K::Write>,
    Path(path): Path<Vec<(String, String)>>,
    mut query: Query,
    headers: HeaderMap,
    ObjectBody(body): ObjectBody,
) -> Result<Tagged<K::View>, ApiError> {
    let note = query.text("note");
    K::parameters(Call::Change, &mut query);
    query.finish()?;
    let path = PathParts(path);
    let (id, revisions) = (K::id_in(&path)?, if_match(&headers)?);
    let spec = missing::spec::<K>(Call::Change, body, |body| K::spec(Call::Change, body, &path, &state))?;
    let by = By { actor: &caller.client, note: note.as_deref() };
    let object = state.app.catalogue.update::<K>(by, &id, spec, revisions).await.map_err(K::refused)?;
    let (tag, Json(mut view)) = tagged(&state, &*object);
    measure_changed(&state, &object, &mut view).await;
    Ok((tag, Json(view)))
}

/// DELETE: what is in use stays.
async fn delete<K: Resource>(
    State(state): State<ApiState>,
    caller: Caller<K::Write>,
    Path(path): Path<Vec<(String, String)>>,
    mut query: Query,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    let note = query.text("note");
    K::parameters(Call::Delete, &mut query);
    query.finish()?;
    let path = PathParts(path);
    let (id, revisions) = (K::id_in(&path)?, if_match(&headers)?);
    if !state.app.catalogue.object::<K>(&id)?.is_under(&path) {
        return Err(not_found::<K>(&id.to_string()));
    }
    let by = By { actor: &caller.client, note: note.as_deref() };
    state.app.catalogue.delete::<K>(by, &id, revisions).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What it uses.
async fn uses<K: Resource>(
    State(state): State<ApiState>,
    caller: Caller<RoutingRead>,
    Path(path): Path<Vec<(String, String)>>,
    query: Query,
) -> Result<Response, ApiError> {
    let object = K::object_of(&K::id_in(&PathParts(path))?);
    graph::answer(&state, &caller, &object, Direction::Uses, query).await
}

/// What uses it.
async fn used_by<K: Resource>(
    State(state): State<ApiState>,
    caller: Caller<RoutingRead>,
    Path(path): Path<Vec<(String, String)>>,
    query: Query,
) -> Result<Response, ApiError> {
    let object = K::object_of(&K::id_in(&PathParts(path))?);
    graph::answer(&state, &caller, &object, Direction::UsedBy, query).await
}

/// Adds what only the store knows to the answer of a committed change. A failure leaves it out: an error would make the client repeat
/// the change.
async fn measure_changed<K: Resource>(state: &ApiState, object: &Arc<K>, view: &mut K::View) {
    if let Err(error) = K::measure(state, slice::from_ref(object), slice::from_mut(view)).await {
        tracing::warn!(kind = K::KIND.as_str(), %error, "an object was changed, but its counts could not be read: the answer leaves them out");
    }
}

/// An object as it is answered alone.
pub(crate) fn tagged<K: Resource>(state: &ApiState, object: &K) -> Tagged<K::View> {
    ([tag(K::revision(object.record()))], Json(object.view(state, true)))
}
