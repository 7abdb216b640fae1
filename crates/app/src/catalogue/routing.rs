//! Queues, domains and routes.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value as Json};
use uuid::Uuid;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document;
use waypost_ids::{QueueId, Ref};
use waypost_store::records::catalogue::{CatalogueChange, DomainRecord, QueueRecord, RouteRecord, RouteTarget};
use waypost_store::records::mail::InteractionRecord;

use super::routes::one_form;
use super::world::{UNROUTED, World};
use super::{LiveCatalogue, Planned, plan};
use crate::audit::SERVER;
use crate::error::{AppError, User};

/// What a route is to be.
#[derive(Clone, Debug)]
pub struct RouteSpec {
    /// A local part, or a pattern with `*`.
    pub pattern: String,
    /// Where it leads; none is a problem that is reported.
    pub target: Option<RouteTarget>,
    /// Where its unrouted mail stands.
    pub unrouted_queue: Option<QueueId>,
    /// The priority that interactions start with.
    pub priority: i64,
    /// Members that are only kept.
    pub extra: Map<String, Json>,
}

impl LiveCatalogue {
    /// Makes the built-in queue, if it is not there.
    ///
    /// # Errors
    /// The store.
    pub async fn ensure_built_in(&self) -> Result<(), AppError> {
        self.change(SERVER, |world: &World| {
            if world.queue_named(&document::fold_name(UNROUTED)).is_some() {
                return Ok(None);
            }
            let queue = new_queue(UNROUTED.to_owned(), true, Map::new());
            Ok(Some(simple(world, CatalogueChange::PutQueue(queue), ())))
        })
        .await?;
        Ok(())
    }

    /// All queues, in no order.
    pub fn queues(&self) -> Vec<Arc<QueueRecord>> {
        self.world().queues.values().cloned().collect()
    }

    /// A queue.
    ///
    /// # Errors
    /// Not found.
    pub fn queue(&self, id: QueueId) -> Result<Arc<QueueRecord>, AppError> {
        self.world().queues.get(&id).cloned().ok_or_else(|| not_found("queue", id))
    }

    /// Makes a queue.
    ///
    /// # Errors
    /// A bad or taken name, or the store.
    pub async fn create_queue(
        &self,
        actor: &str,
        name: String,
        extra: Map<String, Json>,
    ) -> Result<Arc<QueueRecord>, AppError> {
        let queue = new_queue(named("name", &name)?, false, extra);
        self.change(actor, |world: &World| {
            queue_name_is_free(world, &queue)?;
            Ok(Some(simple(world, CatalogueChange::PutQueue(queue.clone()), ())))
        })
        .await?;
        tracing::info!(actor, queue = %queue.id, "queue created");
        self.queue(queue.id)
    }

    /// Renames a queue or changes what is kept of it. Flows name it by id inside, so they go on working.
    ///
    /// # Errors
    /// Not found, built in, a bad or taken name, or the store.
    pub async fn update_queue(
        &self,
        actor: &str,
        id: QueueId,
        name: String,
        extra: Map<String, Json>,
    ) -> Result<Arc<QueueRecord>, AppError> {
        let name = named("name", &name)?;
        self.change(actor, |world: &World| {
            let before = world.queues.get(&id).ok_or_else(|| not_found("queue", id))?;
            if before.built_in && before.name != name {
                return Err(AppError::Protected(format!("the queue `{}` is built in and keeps its name", before.name)));
            }
            let queue = QueueRecord {
                folded_name: document::fold_name(&name),
                name: name.clone(),
                extra: extra.clone(),
                modified_at: Timestamp::now(),
                ..(**before).clone()
            };
            queue_name_is_free(world, &queue)?;
            Ok(Some(simple(world, CatalogueChange::PutQueue(queue), ())))
        })
        .await?;
        tracing::info!(actor, queue = %id, "queue changed");
        self.queue(id)
    }

    /// Deletes a queue that no flow and no route uses, and that no work stands in: what stood in a queue that is gone could not
    /// be claimed.
    ///
    /// # Errors
    /// Not found, built in, in use (with every user, or one piece of work), or the store.
    pub async fn delete_queue(&self, actor: &str, id: QueueId) -> Result<(), AppError> {
        self.change(actor, |world: &World| {
            let queue = world.queues.get(&id).ok_or_else(|| not_found("queue", id))?;
            if queue.built_in {
                return Err(AppError::Protected(format!("the queue `{}` is built in", queue.name)));
            }
            let users = queue_users(world, id);
            if !users.is_empty() {
                return Err(AppError::InUse { kind: "queue", name: queue.name.clone(), users });
            }
            Ok(Some(simple(world, CatalogueChange::DeleteQueue(id), ())))
        })
        .await?;
        tracing::info!(actor, queue = %id, "queue deleted");
        Ok(())
    }

    /// All domains, by name.
    pub fn domains(&self) -> Vec<DomainRecord> {
        self.world().domains.values().cloned().collect()
    }

    /// A domain.
    ///
    /// # Errors
    /// Not found.
    pub fn domain(&self, domain: &str) -> Result<DomainRecord, AppError> {
        self.world().domains.get(&domain.to_lowercase()).cloned().ok_or_else(|| not_found("domain", domain))
    }

    /// Makes a domain that mail is accepted for.
    ///
    /// # Errors
    /// Not a domain, one that exists, or the store.
    pub async fn create_domain(
        &self,
        actor: &str,
        domain: String,
        extra: Map<String, Json>,
    ) -> Result<DomainRecord, AppError> {
        let record = DomainRecord { domain: valid_domain(&domain)?, extra, created_at: Timestamp::now() };
        self.change(actor, |world: &World| {
            // A-label and U-label are one domain.
            let form = one_form(&record.domain);
            if let Some(holder) = world.domains.keys().find(|other| one_form(other) == form).cloned() {
                return Err(AppError::NameTaken { kind: "domain", holder, name: record.domain.clone() });
            }
            Ok(Some(simple(world, CatalogueChange::PutDomain(record.clone()), ())))
        })
        .await?;
        tracing::info!(actor, domain = record.domain, "domain created");
        Ok(record)
    }

    /// Changes what is kept of a domain.
    ///
    /// # Errors
    /// Not found, or the store.
    pub async fn update_domain(
        &self,
        actor: &str,
        domain: &str,
        extra: Map<String, Json>,
    ) -> Result<DomainRecord, AppError> {
        self.change(actor, |world: &World| {
            let before = world.domains.get(&domain.to_lowercase()).ok_or_else(|| not_found("domain", domain))?;
            let record = DomainRecord { extra: extra.clone(), ..before.clone() };
            Ok(Some(simple(world, CatalogueChange::PutDomain(record), ())))
        })
        .await?;
        tracing::info!(actor, domain, "domain changed");
        self.domain(domain)
    }

    /// Deletes a domain that has no routes.
    ///
    /// # Errors
    /// Not found, in use (with every route), or the store.
    pub async fn delete_domain(&self, actor: &str, domain: &str) -> Result<(), AppError> {
        self.change(actor, |world: &World| {
            let record = world.domains.get(&domain.to_lowercase()).ok_or_else(|| not_found("domain", domain))?;
            let name = record.domain.clone();
            let users: Vec<User> =
                world.routes.values().filter(|route| route.domain == name).map(|route| route_user(route)).collect();
            if !users.is_empty() {
                return Err(AppError::InUse { kind: "domain", name, users });
            }
            Ok(Some(simple(world, CatalogueChange::DeleteDomain(name), ())))
        })
        .await?;
        tracing::info!(actor, domain, "domain deleted");
        Ok(())
    }

    /// A domain's routes, in no order.
    ///
    /// # Errors
    /// The domain is not found.
    pub fn routes(&self, domain: &str) -> Result<Vec<Arc<RouteRecord>>, AppError> {
        let domain = self.domain(domain)?.domain;
        Ok(self.world().routes.values().filter(|route| route.domain == domain).cloned().collect())
    }

    /// A route.
    ///
    /// # Errors
    /// Not found.
    pub fn route(&self, domain: &str, id: Uuid) -> Result<Arc<RouteRecord>, AppError> {
        let domain = domain.to_lowercase();
        let route = self.world().routes.get(&id).filter(|route| route.domain == domain).cloned();
        route.ok_or_else(|| not_found("route", id))
    }

    /// Makes a route.
    ///
    /// # Errors
    /// Every problem found, a pattern that exists, or the store.
    pub async fn create_route(&self, actor: &str, domain: &str, spec: RouteSpec) -> Result<Arc<RouteRecord>, AppError> {
        let id = Uuid::new_v4();
        self.put_route(actor, domain, id, &spec).await?;
        tracing::info!(actor, route = %id, "route created");
        self.route(domain, id)
    }

    /// Changes a route.
    ///
    /// # Errors
    /// Not found, every problem found, a pattern that exists, or the store.
    pub async fn update_route(
        &self,
        actor: &str,
        domain: &str,
        id: Uuid,
        spec: RouteSpec,
    ) -> Result<Arc<RouteRecord>, AppError> {
        self.route(domain, id)?;
        self.put_route(actor, domain, id, &spec).await?;
        tracing::info!(actor, route = %id, "route changed");
        self.route(domain, id)
    }

    async fn put_route(&self, actor: &str, domain: &str, id: Uuid, spec: &RouteSpec) -> Result<(), AppError> {
        self.change(actor, |world: &World| {
            let domain = world.domains.get(&domain.to_lowercase()).ok_or_else(|| not_found("domain", domain))?;
            let pattern = spec.pattern.trim().to_lowercase();
            let target = route_target(world, spec, &pattern)?;
            let holder = world
                .routes
                .values()
                .find(|route| route.domain == domain.domain && route.pattern == pattern && route.id != id);
            if let Some(holder) = holder {
                return Err(AppError::NameTaken { kind: "route", name: pattern, holder: holder.id.to_string() });
            }
            let now = Timestamp::now();
            let route = RouteRecord {
                id,
                domain: domain.domain.clone(),
                pattern,
                target,
                unrouted_queue: spec.unrouted_queue,
                priority: spec.priority,
                extra: spec.extra.clone(),
                created_at: world.routes.get(&id).map_or(now, |before| before.created_at),
                modified_at: now,
            };
            Ok(Some(simple(world, CatalogueChange::PutRoute(route), ())))
        })
        .await?;
        Ok(())
    }

    /// Deletes a route. Mail that it was bound to at RCPT is still taken.
    ///
    /// # Errors
    /// Not found, or the store.
    pub async fn delete_route(&self, actor: &str, domain: &str, id: Uuid) -> Result<(), AppError> {
        self.route(domain, id)?;
        self.change(actor, |world: &World| Ok(Some(simple(world, CatalogueChange::DeleteRoute(id), ())))).await?;
        tracing::info!(actor, route = %id, "route deleted");
        Ok(())
    }
}

/// A queue of that name, if there is none yet.
///
/// # Errors
/// A bad name, told at `path`.
pub(super) fn missing_queue(world: &World, path: &str, name: &str) -> Result<Option<QueueRecord>, AppError> {
    let name = named(path, name)?;
    let missing = world.queue_named(&document::fold_name(&name)).is_none();
    Ok(missing.then(|| new_queue(name, false, Map::new())))
}

/// A change that needs no checking of flows.
pub(super) fn simple<T>(world: &World, change: CatalogueChange, answer: T) -> Planned<T> {
    let changes = vec![change];
    let next = world.after(&changes, &[]).world;
    Planned { changes, next, answer }
}

/// A queue that can't be deleted for the work that stands in it.
pub(super) fn occupied(world: &World, queue: QueueId, work: InteractionRecord) -> AppError {
    let name = world.queues.get(&queue).map_or_else(|| queue.to_string(), |queue| queue.name.clone());
    let user = User { kind: "interaction", id: work.id.to_string(), name: work.subject, path: String::new() };
    AppError::InUse { kind: "queue", name, users: vec![user] }
}

/// A route among the users of something.
pub(super) fn route_user(route: &RouteRecord) -> User {
    User {
        kind: "route",
        id: route.id.to_string(),
        name: format!("{}@{}", route.pattern, route.domain),
        path: String::new(),
    }
}

fn new_queue(name: String, built_in: bool, extra: Map<String, Json>) -> QueueRecord {
    let now = Timestamp::now();
    QueueRecord {
        id: QueueId(Uuid::new_v4()),
        folded_name: document::fold_name(&name),
        name,
        built_in,
        extra,
        created_at: now,
        modified_at: now,
    }
}

pub(super) fn not_found(kind: &'static str, id: impl ToString) -> AppError {
    AppError::NotFound { kind, id: id.to_string() }
}

pub(super) fn named(path: &str, name: &str) -> Result<String, AppError> {
    let trimmed = name.trim();
    if trimmed.is_empty() || trimmed.chars().count() > 256 || trimmed.chars().any(char::is_control) {
        let problem = Diagnostic::error(Code::InvalidName, path, "this name can't be used")
            .expected("1 to 256 characters, no control characters")
            .found(format!("{} characters", trimmed.chars().count()));
        return Err(AppError::Invalid(vec![problem]));
    }
    Ok(trimmed.to_owned())
}

fn queue_name_is_free(world: &World, queue: &QueueRecord) -> Result<(), AppError> {
    match world.queue_named(&queue.folded_name) {
        Some(holder) if holder.id != queue.id => {
            Err(AppError::NameTaken { kind: "queue", name: queue.name.clone(), holder: holder.id.to_string() })
        }
        _ => Ok(()),
    }
}

/// Every place in a flow that names something.
pub(super) fn flow_users(world: &World, used: &Ref) -> Vec<User> {
    let mut users = Vec::new();
    for key in world.usage.users(used) {
        let Some(record) = world.flows.get(&key.0) else { continue };
        users.extend(world.usage.places(key, used).map(|place| User {
            kind: "flow",
            id: key.0.to_string(),
            name: record.name.clone(),
            path: place.path.to_string(),
        }));
    }
    in_order(users)
}

/// Every flow that names the queue, and every route that leads to it.
fn queue_users(world: &World, id: QueueId) -> Vec<User> {
    let mut users = flow_users(world, &id.into());
    for route in world.routes.values() {
        if route.target == RouteTarget::Queue(id) || route.unrouted_queue == Some(id) {
            users.push(route_user(route));
        }
    }
    in_order(users)
}

pub(super) fn in_order(mut users: Vec<User>) -> Vec<User> {
    users.sort_by(|a, b| (a.kind, &a.name, &a.path).cmp(&(b.kind, &b.name, &b.path)));
    users.dedup();
    users
}

/// Everything that is wrong with a route, or where it leads.
fn route_target(world: &World, spec: &RouteSpec, pattern: &str) -> Result<RouteTarget, AppError> {
    let mut problems = Vec::new();
    if pattern.is_empty()
        || pattern.len() > 64
        || pattern.contains(|c: char| c == '@' || c.is_whitespace() || c.is_control())
    {
        problems.push(
            Diagnostic::error(Code::InvalidValue, "pattern", "this is not a pattern of local parts")
                .expected("what stands before the `@`, such as `support` or `support-*`, at most 64 bytes")
                .found(format!("`{pattern}`")),
        );
    }
    match spec.target {
        None => problems.push(
            Diagnostic::error(Code::MissingKey, "flow", "the route leads nowhere")
                .expected("`flow` or `queue`, one of them"),
        ),
        Some(RouteTarget::Queue(queue)) => problems.extend(unknown_queue(world, "queue", queue)),
        Some(RouteTarget::Flow(flow)) => match world.flows.get(&flow) {
            None => problems.push(
                Diagnostic::error(Code::UnknownFlow, "flow.id", format!("there is no flow `{flow}`"))
                    .expected("the id of a flow"),
            ),
            Some(record) => {
                let interface = world.published(flow).map(|checked| checked.interface.clone());
                let reason = if record.shared {
                    Some("a flow of type shared can't be a route's target".to_owned())
                } else {
                    interface.and_then(|interface| plan::unroutable(record, &interface))
                };
                problems.extend(reason.map(|reason| {
                    Diagnostic::error(Code::NotRoutable, "flow.id", reason)
                        .expected("a flow of type email without required inputs")
                        .found(format!("`{}`", record.name))
                }));
            }
        },
    }
    problems.extend(spec.unrouted_queue.and_then(|queue| unknown_queue(world, "unroutedQueue", queue)));
    match spec.target {
        Some(target) if problems.is_empty() => Ok(target),
        _ => Err(AppError::Invalid(problems)),
    }
}

fn unknown_queue(world: &World, member: &str, queue: QueueId) -> Option<Diagnostic> {
    (!world.queues.contains_key(&queue)).then(|| {
        Diagnostic::error(Code::UnknownQueue, format!("{member}.id"), format!("there is no queue `{queue}`"))
            .expected("the id of a queue")
    })
}

/// A domain in lower case: labels of letters, digits and hyphens (RFC 1035, section 2.3.1), or of other letters for SMTPUTF8.
fn valid_domain(written: &str) -> Result<String, AppError> {
    let domain = written.trim().trim_end_matches('.').to_lowercase();
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    if domain.len() > 253 || !domain.split('.').all(label) {
        let problem = Diagnostic::error(Code::InvalidValue, "id", "this is not a domain")
            .expected("a domain such as `example.com`")
            .found(format!("`{written}`"));
        return Err(AppError::Invalid(vec![problem]));
    }
    Ok(domain)
}
