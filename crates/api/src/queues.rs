//! `/routing/queues`: the queues that work waits in.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use waypost_app::access::scopes::Scope;
use waypost_catalogue::object::Object as _;
use waypost_catalogue::queues::QueueSpec;
use waypost_ids::QueueId;
use waypost_store::error::StoreError;
use waypost_store::records::catalogue::{DeliverTo as Kept, QueueRecord};
use waypost_wire::listing::Page;
use waypost_wire::reference::{Division, Reference};
use waypost_wire::routing::{DeliverTo, MailboxReference, Queue, QueueRequest, WebhookReference};

use crate::auth::{Caller, RoutingRead, RoutingWrite};
use crate::error::ApiError;
use crate::fields::Fields;
use crate::names::{SORT_ORDERS, descending, fits};
use crate::objects::{self, Call, Listing, Offer, PathParts, Resource, not_found};
use crate::openapi::Endpoints;
use crate::openapi::operation::{Operation, operation};
use crate::paging::{ListUri, Paging};
use crate::query::Query;
use crate::state::ApiState;

/// Members that the server sets itself; `sourceQueueId` (copy another queue's settings) finds nothing to copy here.
const SET_BY_SERVER: &[&str] = &[
    "id",
    "division",
    "builtIn",
    "dateCreated",
    "dateModified",
    "createdBy",
    "modifiedBy",
    "selfUri",
    "sourceQueueId",
    "waiting",
    "oldestWaitingAt",
    "overServiceLevel",
];

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    let nobodies = |id, summary| operation(id, Scope::RoutingRead, summary).ignored(UNLOOKED).pages::<Reference>();
    let views = operation("getRoutingQueuesDivisionviews", Scope::RoutingRead, QueueRecord::OFFER.list.1);
    objects::endpoints::<QueueRecord>()
        .get(
            "/routing/queues/divisionviews",
            objects::list::<QueueRecord>,
            QueueRecord::described(Call::List, views).pages::<Queue>(),
        )
        .get(
            "/routing/queues/{queueId}/members",
            nobody,
            nobodies("getRoutingQueueMembers", "List a queue's agents: there are none here"),
        )
        .get(
            "/routing/queues/{queueId}/wrapupcodes",
            nobody,
            nobodies("getRoutingQueueWrapupcodes", "List a queue's codes: there are none here"),
        )
}

impl Resource for QueueRecord {
    type Read = RoutingRead;
    type Write = RoutingWrite;
    type View = Queue;
    type Request = QueueRequest;
    type Change = QueueRequest;

    const OFFER: Offer = Offer {
        all: "/routing/queues",
        one: "/routing/queues/{queueId}",
        list: ("getRoutingQueues", "List queues, by name"),
        create: ("postRoutingQueues", "Create a queue"),
        get: ("getRoutingQueue", "Get a queue"),
        change: ("putRoutingQueue", "Replace a queue"),
        patched: false,
        delete: ("deleteRoutingQueue", "Delete a queue that nothing uses"),
        // Flows are told there as well, which takes another scope.
        where_used: None,
    };

    fn id_in(path: &PathParts) -> Result<QueueId, ApiError> {
        path.id::<Self>("queueId")
    }

    fn order(&self) -> &str {
        &self.folded_name
    }

    fn listing(query: &mut Query, _: &PathParts) -> Listing<Self> {
        let name = query.text("name").map(|name| Self::folded(&name));
        let ids = query.ids("id");
        let divisions = query.list("divisionId");
        let descending = descending(query);
        query.ignore(&["expand", "sortBy"]);
        let has = move |queue: &Self| {
            name.as_deref().is_none_or(|name| fits(name, &queue.folded_name))
                && (ids.is_empty() || ids.contains(&queue.id.to_string()))
                && (divisions.is_empty() || divisions.contains(&Division::HOME.to_string()))
        };
        Listing { has: Box::new(has), descending, whole: true }
    }

    fn described(call: Call, operation: Operation) -> Operation {
        match call {
            Call::List => operation
                .text("name", "A name; `*` at either end stands for anything.")
                .list("id", "Identifiers.")
                .list("divisionId", "Divisions; there is only one.")
                .words("sortOrder", SORT_ORDERS, "Ascending by default.")
                .ignored(&["expand", "sortBy"]),
            Call::Get => operation.ignored(&["expand"]),
            Call::Delete => operation.flag("forceDelete", "No effect: a queue in use can't be deleted."),
            Call::Create | Call::Change => operation,
        }
    }

    fn parameters(call: Call, query: &mut Query) {
        match call {
            Call::Get => query.ignore(&["expand"]),
            Call::Delete => drop(query.flag("forceDelete")),
            Call::List | Call::Create | Call::Change => {}
        }
    }

    fn spec(_: Call, mut body: Fields, _: &PathParts, _: &ApiState) -> Result<QueueSpec, ApiError> {
        let name = body.required_text("name");
        body.discard(SET_BY_SERVER);
        Ok(QueueSpec { name, extra: body.rest()?, built_in: false })
    }

    fn view(&self, state: &ApiState, _: bool) -> Queue {
        let mut extra = self.extra.clone();
        let service_level = extra.shift_remove(Self::SERVICE_LEVEL);
        extra.shift_remove(Self::DELIVER_TO);
        // Earlier releases kept whatever else clients sent.
        extra.retain(|name, _| !SET_BY_SERVER.contains(&name.as_str()));
        Queue {
            id: self.id,
            name: self.name.clone(),
            division: Division::home(),
            built_in: self.built_in,
            service_level: service_level.and_then(|level| level.as_str().map(str::to_owned)),
            deliver_to: self.deliver_to().map(|to| deliver_to(state, to)),
            waiting: None,
            oldest_waiting_at: None,
            over_service_level: None,
            extra,
            date_created: self.created_at.into(),
            date_modified: self.modified_at.into(),
            self_uri: format!("/api/v2/routing/queues/{}", self.id),
        }
    }

    async fn measure(state: &ApiState, queues: &[Arc<Self>], views: &mut [Queue]) -> Result<(), StoreError> {
        for (view, depth) in views.iter_mut().zip(state.app.depths(queues).await?) {
            view.waiting = Some(depth.waiting);
            view.oldest_waiting_at = depth.oldest_at.map(Into::into);
            view.over_service_level = depth.late;
        }
        Ok(())
    }
}

/// Where a queue delivers; webhook and mailbox with the names that they have now.
fn deliver_to(state: &ApiState, to: Kept) -> DeliverTo {
    match to {
        Kept::Webhook { webhook } => {
            let world = state.app.catalogue.world();
            let name = world.webhooks.get(&webhook).map(|known| known.name.clone());
            let reference = WebhookReference { id: Some(webhook), name };
            DeliverTo { webhook: Some(reference), ..DeliverTo::default() }
        }
        Kept::Addresses { addresses, attach } => {
            DeliverTo { addresses: Some(addresses), attach, ..DeliverTo::default() }
        }
        Kept::Folder { mailbox, folder } => {
            let world = state.app.catalogue.world();
            let name = world.mailboxes.get(&mailbox).map(|known| known.name.clone());
            let reference = MailboxReference { id: Some(mailbox), name };
            DeliverTo { mailbox: Some(reference), folder: Some(folder), ..DeliverTo::default() }
        }
    }
}

/// Parameters of lists that are always empty.
const UNLOOKED: &[&str] = &[
    "expand",
    "joined",
    "memberBy",
    "name",
    "presence",
    "profileSkills",
    "routingStatus",
    "skills",
    "languages",
    "sortOrder",
];

/// A list of what queues don't have here: agents, and codes for when they are done.
pub async fn nobody(
    State(state): State<ApiState>,
    _: Caller<RoutingRead>,
    Path(id): Path<String>,
    mut query: Query,
    uri: ListUri,
) -> Result<Json<Page<Reference>>, ApiError> {
    let paging = Paging::read(&mut query);
    query.ignore(UNLOOKED);
    query.finish()?;
    state.app.catalogue.object::<QueueRecord>(&parse_id(&id)?)?;
    Ok(Json(paging.page(Vec::new(), 0, &uri)))
}

/// A queue's id in a path. What is no UUID names no queue.
pub(crate) fn parse_id(text: &str) -> Result<QueueId, ApiError> {
    text.parse().map_err(|_| not_found::<QueueRecord>(text))
}
