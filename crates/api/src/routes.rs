//! `/routing/email/domains/{domain}/routes`: which mail goes to which flow or queue.

use uuid::Uuid;
use waypost_catalogue::error::ChangeError;
use waypost_catalogue::routing::{RouteSpec, WantedTarget};
use waypost_ids::{FlowId, QueueId};
use waypost_store::records::catalogue::{DomainRecord, RouteRecord, RouteTarget};
use waypost_wire::error::Problem;
use waypost_wire::reference::Reference;
use waypost_wire::routing::{Route, RouteRequest};

use crate::auth::{RoutingRead, RoutingWrite};
use crate::error::{ApiError, diagnosed};
use crate::fields::Fields;
use crate::objects::{self, Call, Listing, Offer, PathParts, Resource};
use crate::openapi::Endpoints;
use crate::openapi::operation::Operation;
use crate::query::Query;
use crate::state::ApiState;

/// Members that the server sets itself.
const SET_BY_SERVER: &[&str] = &["id", "name", "status", "dateCreated", "dateModified", "selfUri"];

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    objects::endpoints::<RouteRecord>()
}

impl Resource for RouteRecord {
    type Read = RoutingRead;
    type Write = RoutingWrite;
    type View = Route;
    type Request = RouteRequest;
    type Change = RouteRequest;

    const OFFER: Offer = Offer {
        all: "/routing/email/domains/{domainId}/routes",
        one: "/routing/email/domains/{domainId}/routes/{routeId}",
        list: ("getRoutingEmailDomainRoutes", "List a domain's routes, by pattern"),
        create: ("postRoutingEmailDomainRoutes", "Create a route"),
        get: ("getRoutingEmailDomainRoute", "Get a route"),
        change: ("putRoutingEmailDomainRoute", "Replace a route"),
        patched: false,
        delete: ("deleteRoutingEmailDomainRoute", "Delete a route"),
        where_used: None,
    };

    fn id_in(path: &PathParts) -> Result<Uuid, ApiError> {
        path.id::<Self>("routeId")
    }

    fn listable(state: &ApiState, path: &PathParts) -> Result<(), ApiError> {
        state.app.catalogue.object::<DomainRecord>(&domain(path))?;
        Ok(())
    }

    fn is_under(&self, path: &PathParts) -> bool {
        self.domain == domain(path)
    }

    fn order(&self) -> &str {
        &self.pattern
    }

    fn listing(query: &mut Query, path: &PathParts) -> Listing<Self> {
        let pattern = query.text("pattern").map(|pattern| pattern.to_lowercase());
        query.ignore(&["expand"]);
        let domain = domain(path);
        let has = move |route: &Self| {
            route.domain == domain && pattern.as_ref().is_none_or(|pattern| route.pattern == *pattern)
        };
        Listing { has: Box::new(has), descending: false, whole: true }
    }

    fn described(call: Call, operation: Operation) -> Operation {
        match call {
            Call::List => operation.text("pattern", "Exactly this pattern, ignoring case.").ignored(&["expand"]),
            Call::Get => operation.ignored(&["expand"]),
            Call::Create | Call::Change | Call::Delete => operation,
        }
    }

    fn parameters(call: Call, query: &mut Query) {
        if call == Call::Get {
            query.ignore(&["expand"]);
        }
    }

    fn spec(_: Call, mut body: Fields, path: &PathParts, _: &ApiState) -> Result<RouteSpec, ApiError> {
        let pattern = body.required_text("pattern");
        let flow = body.wanted::<FlowId>("flow");
        let queue = body.wanted::<QueueId>("queue");
        if flow.is_some() && queue.is_some() {
            body.problem(Problem {
                path: Some("queue".to_owned()),
                expected: Some("either `flow` or `queue`".to_owned()),
                found: Some("both".to_owned()),
                ..Problem::new("postino.invalid.route", "a route leads to a flow or to a queue, not to both")
            });
        }
        let unrouted_queue = body.wanted("unroutedQueue");
        let priority = body.number("priority", i64::MIN..=i64::MAX).unwrap_or(0);
        body.discard(SET_BY_SERVER);
        let target = flow.map(WantedTarget::Flow).or(queue.map(WantedTarget::Queue));
        let domain = path.part("domainId").to_owned();
        Ok(RouteSpec { domain, pattern, target, unrouted_queue, priority, extra: body.rest()? })
    }

    fn view(&self, state: &ApiState, _: bool) -> Route {
        let queue = |id: QueueId| Reference {
            id: id.to_string(),
            name: state.app.queue_name(id).map(|name| name.to_string()),
            self_uri: Some(format!("/api/v2/routing/queues/{id}")),
        };
        let flow = |id: FlowId| Reference {
            id: id.to_string(),
            name: state.app.flow_name(id),
            self_uri: Some(format!("/api/v2/flows/{id}")),
        };
        let mut extra = self.extra.clone();
        let from_name = extra.shift_remove(RouteRecord::FROM_NAME);
        let answer_lists = extra.shift_remove(RouteRecord::ANSWER_LISTS);
        let replies = extra.shift_remove(RouteRecord::REPLIES);
        let [keep_content_days, keep_decision_days] =
            RouteRecord::KEEP.map(|name| extra.shift_remove(name).and_then(|days| u32::try_from(days.as_u64()?).ok()));
        Route {
            id: self.id,
            pattern: self.pattern.clone(),
            flow: if let RouteTarget::Flow(id) = self.target { Some(flow(id)) } else { None },
            queue: if let RouteTarget::Queue(id) = self.target { Some(queue(id)) } else { None },
            unrouted_queue: self.unrouted_queue.map(queue),
            priority: self.priority,
            from_name: from_name.and_then(|name| name.as_str().map(str::to_owned)),
            answer_lists: answer_lists.and_then(|answers| answers.as_bool()),
            replies: replies.and_then(|replies| serde_json::from_value(replies).ok()),
            keep_content_days,
            keep_decision_days,
            extra,
            date_created: self.created_at.into(),
            date_modified: self.modified_at.into(),
            self_uri: format!("/api/v2/routing/email/domains/{}/routes/{}", self.domain, self.id),
        }
    }

    fn refused(error: ChangeError) -> ApiError {
        match error {
            ChangeError::Invalid(problems) => ApiError::invalid("postino.invalid.route", diagnosed(&problems)),
            other => other.into(),
        }
    }
}

fn domain(path: &PathParts) -> String {
    path.part("domainId").to_lowercase()
}
