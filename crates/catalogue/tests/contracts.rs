//! The contract check, as a table: `spec/contracts`. Each case is a world, a change, and the exact answer to it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value as Json;
use uuid::Uuid;
use waypost_catalogue::LiveCatalogue;
use waypost_catalogue::changesets::{ChangeSet, Member, Outcome};
use waypost_catalogue::data_actions::{DataActionSpec, KnownDataAction};
use waypost_catalogue::domains::DomainSpec;
use waypost_catalogue::edits::{AnyEdit, ObjectEdit, Which, Writing};
use waypost_catalogue::error::ChangeError;
use waypost_catalogue::flows::Saving;
use waypost_catalogue::labels::WantedTarget;
use waypost_catalogue::mailboxes::{MailboxEdit, MailboxSpec};
use waypost_catalogue::object::Object;
use waypost_catalogue::queues::QueueSpec;
use waypost_catalogue::routing::{RouteSpec, Wanted, WantedTarget as RouteWanted};
use waypost_catalogue::schedules::{KnownSchedule, ScheduleEdit, ScheduleSpec};
use waypost_catalogue::shape::Table;
use waypost_catalogue::tables::TableSpec;
use waypost_catalogue::terms::{Declared, ForKind, TermKind, TermSpec, with_kind};
use waypost_catalogue::versions::VersionName;
use waypost_catalogue::webhooks::{Start, WebhookEdit, WebhookSpec};
use waypost_catalogue::where_used::node;
use waypost_flow::source::{self, Node};
use waypost_ids::{FlowId, Kind, MailboxId, Ref, WebhookId};
use waypost_origin::Origin;
use waypost_store::records::audit::By;
use waypost_store::records::catalogue::{Bindings, DomainRecord, QueueRecord, RouteRecord, RouteTarget};
use waypost_store::records::mailboxes::MailboxRecord;
use waypost_store::records::outside::{Sealed, WebhookRecord};
use waypost_store::revisions::Revisions;
use waypost_store::sqlite::{SqliteOptions, SqliteStore};

const BY: By<'static> = By { actor: "test", note: None };

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../spec/contracts"))
}

/// A catalogue, with the world of all cases.
struct World {
    store: Arc<SqliteStore>,
    catalogue: LiveCatalogue,
    /// Flows by the name that the case calls them.
    flows: BTreeMap<String, (FlowId, Node)>,
    _folder: tempfile::TempDir,
}

fn yaml(text: &str) -> Node {
    source::yaml(text).unwrap_or_else(|error| panic!("{error:?} in {text}")).0
}

async fn opened(store: &Arc<SqliteStore>) -> LiveCatalogue {
    let catalogue = LiveCatalogue::open(store.clone(), Origin::system()).await.unwrap();
    catalogue.ensure_built_in().await.unwrap();
    catalogue
}

impl World {
    async fn new() -> Self {
        let folder_of_store = tempfile::tempdir().unwrap();
        let store = Arc::new(SqliteStore::open(folder_of_store.path(), SqliteOptions::default()).unwrap());
        let catalogue = opened(&store).await;
        for name in ["Billing", "General"] {
            catalogue.create::<QueueRecord>(BY, QueueSpec::named(name)).await.unwrap();
        }
        let text = std::fs::read_to_string(folder().join("world.yaml")).unwrap();
        let mut world = Self { store, catalogue, flows: BTreeMap::new(), _folder: folder_of_store };
        for document in text.split("\n---\n") {
            world.create(yaml(document)).await.unwrap();
            if document.starts_with("name: Classify") {
                world.step("label Classify stable 1", "").await.unwrap();
            }
        }
        world
            .catalogue
            .create::<DomainRecord>(BY, DomainSpec { domain: "example.com".to_owned(), ..DomainSpec::default() })
            .await
            .unwrap();
        let spec = RouteSpec {
            domain: "example.com".to_owned(),
            pattern: "care".to_owned(),
            target: Some(RouteTarget::Flow(world.flows["Inbound"].0).into()),
            unrouted_queue: None,
            priority: 0,
            extra: serde_json::Map::new(),
        };
        world.catalogue.create::<RouteRecord>(BY, spec).await.unwrap();
        world
    }

    /// What runs, and what is known of it, in words: the same in memory and after a start from what is stored.
    fn known(catalogue: &LiveCatalogue) -> Vec<String> {
        let world = catalogue.world();
        let mut lines: Vec<String> = world
            .flows
            .values()
            .map(|flow| {
                let waypost_store::records::catalogue::FlowRecord {
                    lock: _,
                    name,
                    published,
                    labels,
                    deprecated,
                    newest,
                    revision,
                    ..
                } = &**flow;
                format!("{name} {published:?} {labels:?} {deprecated:?} {newest} {revision}")
            })
            .collect();
        for (key, loaded) in &world.loaded {
            let checked = world.checked(*key).unwrap();
            let record = &loaded.record;
            let runs = checked.program.is_some();
            lines.push(format!(
                "{key:?} {} {:?} {:?} {:?} {:?} {runs}",
                record.hash, record.bindings, record.validation, checked.interface, checked.diagnostics
            ));
        }
        for object in Kind::ALL.into_iter().flat_map(|kind| world.objects(kind)) {
            lines.push(format!("{} {object} {}", object.kind, node(&world, &object).unwrap().name));
        }
        lines.sort();
        lines
    }

    async fn create(&mut self, document: Node) -> Result<String, ChangeError> {
        let view = self.catalogue.create_flow(BY, document.clone(), Saving::Publish).await?;
        self.flows.insert(view.record.name.clone(), (view.record.id, document));
        Ok(self.published(view.record.id).await)
    }

    /// The flow as the world has it, with other members in the place of its own.
    fn document(&self, name: &str, members: &str) -> Node {
        let Node::Map(mut document) = self.flows[name].1.clone() else { panic!("not a document") };
        if let Node::Map(members) = yaml(members) {
            for (key, value) in members {
                document.retain(|(known, _)| *known != key);
                document.push((key, value));
            }
        }
        Node::Map(document)
    }

    fn id(&self, name: &str) -> FlowId {
        self.flows[name].0
    }

    async fn published(&self, id: FlowId) -> String {
        let Ok(view) = self.catalogue.flow(id).await else { return "ok, gone".to_owned() };
        let version = view.record.published.map_or("nothing".to_owned(), |version| format!("version {version}"));
        let decides = view.interface.is_some_and(|interface| interface.may_decide);
        let warnings: String =
            view.warnings.iter().map(|warning| format!("\nwarns {}: {}", warning.path, warning.code)).collect();
        let mut labels = String::new();
        for (label, targets) in &view.record.labels {
            let targets: Vec<String> = targets.iter().map(|one| format!("{}:{}", one.version, one.weight)).collect();
            write!(labels, ", {label} {}", targets.join(" ")).unwrap();
        }
        format!("ok {} {version}{labels}{}{warnings}", view.record.name, if decides { ", may decide" } else { "" })
    }

    /// The newest document of a flow, as it is read back.
    async fn read_back(&self, id: FlowId) -> Json {
        let (mut versions, _) = self.catalogue.flow_versions(id, 0, 1).await.unwrap();
        serde_json::from_str(&self.catalogue.read_back(&versions.pop().unwrap())).unwrap()
    }

    /// What the names in a flow's published version stand for: each with what it is called now.
    fn bound(&self, id: FlowId) -> String {
        let world = self.catalogue.world();
        let version = world.flows[&id].published.unwrap();
        let Bindings { queues, flows, tables, schedules, webhooks, data_actions } =
            &world.loaded[&(id, version)].record.bindings;
        let refs = flows.iter().map(|(name, id)| (name, Ref::from(*id)));
        let refs = refs.chain(queues.iter().map(|(name, id)| (name, Ref::from(*id))));
        let refs = refs.chain(tables.iter().map(|(name, id)| (name, Ref::from(*id))));
        let refs = refs.chain(schedules.iter().map(|(name, id)| (name, Ref::from(*id))));
        let refs = refs.chain(webhooks.iter().map(|(name, id)| (name, Ref::from(*id))));
        let refs = refs.chain(data_actions.iter().map(|(name, id)| (name, Ref::from(*id))));
        let line = |(name, object): (&String, Ref)| match node(&world, &object) {
            Some(bound) => {
                let shared = world.flows.values().find(|flow| flow.id.to_string() == object.to_string());
                let of_type = shared.map(|flow| format!(" ({})", flow.type_as_written)).unwrap_or_default();
                format!("{} {name}: {}{of_type}", object.kind, bound.name)
            }
            None => format!("{} {name}: gone", object.kind),
        };
        refs.map(line).collect::<Vec<_>>().join("\n")
    }

    fn queue(&self, name: &str) -> Arc<QueueRecord> {
        self.catalogue.objects::<QueueRecord>().into_iter().find(|queue| queue.name == name).unwrap()
    }

    async fn step(&mut self, step: &str, body: &str) -> Result<String, ChangeError> {
        let mut words: Vec<&str> = step.split_whitespace().collect();
        let catalogue = &self.catalogue;
        // The revision that a write is meant for: the one that the flow has, or another.
        let meant = words[0];
        let conditional = ["stale", "fresh"].contains(&meant);
        if conditional {
            words.remove(0);
        }
        let name = words.get(1).copied().unwrap_or_default();
        let if_match = conditional.then(|| {
            let revision = catalogue.world().flows[&self.id(name)].revision;
            Revisions::any_of(vec![if meant == "stale" { revision + 1 } else { revision }])
        });
        match words[0] {
            "put" | "draft" => {
                let saving = if words[0] == "put" { Saving::Publish } else { Saving::Draft };
                let (id, document) = (self.id(name), self.document(name, body));
                catalogue.update_flow(BY, id, document.clone(), if_match, saving).await?;
                if saving == Saving::Publish {
                    // Later steps change what stands then.
                    self.flows.get_mut(name).unwrap().1 = document;
                }
            }
            // Only what is written here.
            "put-only" => drop(catalogue.update_flow(BY, self.id(name), yaml(body), if_match, Saving::Publish).await?),
            "draft-only" => drop(catalogue.update_flow(BY, self.id(name), yaml(body), if_match, Saving::Draft).await?),
            // What was read back is put again.
            "put-back" => {
                let document = source::json(&self.read_back(self.id(name)).await.to_string()).unwrap();
                catalogue.update_flow(BY, self.id(name), document, None, Saving::Publish).await?;
            }
            "read" => {
                let document = self.read_back(self.id(name)).await;
                let members = ["name", "type", "description", "deprecated", "nodes", "end"];
                let told = members.iter().filter_map(|member| Some(format!("{member}: {}", document.get(*member)?)));
                return Ok(told.collect::<Vec<_>>().join("\n"));
            }
            "bound" => return Ok(self.bound(self.id(name))),
            "rename" => {
                let metadata = yaml(&format!("{{ name: {} }}", words[2]));
                catalogue.update_flow(BY, self.id(name), metadata, if_match, Saving::Publish).await?;
            }
            "create" => return self.create(yaml(body)).await,
            "publish" => {
                let version = words[2].parse().ok();
                catalogue.publish_version(BY, self.id(name), version, if_match.as_ref()).await?;
            }
            "label" => {
                let target = |word: &&str| match word.split_once(':') {
                    Some((version, weight)) => {
                        WantedTarget { version: version.parse().unwrap(), weight: weight.parse().ok() }
                    }
                    None => WantedTarget { version: word.parse().unwrap(), weight: None },
                };
                let targets: Vec<WantedTarget> = words[3..].iter().map(target).collect();
                catalogue.put_label(BY, self.id(name), words[2], &targets, if_match.as_ref()).await?;
            }
            "unlabel" => drop(catalogue.delete_label(BY, self.id(name), words[2], if_match.as_ref()).await?),
            "deactivate" => drop(catalogue.deactivate_flow(BY, self.id(name), if_match.as_ref()).await?),
            "check-out" => drop(catalogue.check_out(BY, self.id(name), if_match.as_ref()).await?),
            "check-in" => drop(catalogue.check_in(BY, self.id(name), if_match.as_ref()).await?),
            "unlock" => drop(catalogue.unlock(BY, self.id(name), if_match.as_ref()).await?),
            "revert" => drop(catalogue.revert(BY, self.id(name), if_match.as_ref()).await?),
            "delete" => catalogue.delete_flow(BY, self.id(name), if_match).await?,
            "add-queue" => {
                let id_of = |name: &str| {
                    self.flows.get(name).map_or_else(|| self.queue(name).id.to_string(), |flow| flow.0.to_string())
                };
                let called = name.strip_prefix("id-of-").map_or_else(|| name.to_owned(), id_of);
                catalogue.create::<QueueRecord>(BY, QueueSpec::named(&called)).await?;
                return Ok("ok".to_owned());
            }
            "rename-queue" | "delete-queue" => {
                let queue = self.queue(name).id;
                if words[0] == "delete-queue" {
                    catalogue.delete::<QueueRecord>(BY, &queue, None).await?;
                } else {
                    let to = match words[2].strip_prefix("id-of-") {
                        Some(other) => self.queue(other).id.to_string(),
                        None => words[2].to_owned(),
                    };
                    catalogue.update::<QueueRecord>(BY, &queue, QueueSpec::named(&to), None).await?;
                }
                return Ok("ok".to_owned());
            }
            "set" => {
                let (mut members, mut objects) = (Vec::new(), Vec::new());
                for (line, body) in parts(body, "& ") {
                    match edit(&line, &body, &format!("objects[{}]", objects.len())) {
                        Some(edit) => objects.push(edit),
                        None => members.push(self.member(&line, &body)),
                    }
                }
                let set = ChangeSet { members, objects, ..ChangeSet::default() };
                let done = catalogue.change_set(BY, set).await?;
                for one in done.flows.iter().filter(|one| one.outcome == Outcome::Created) {
                    let made = (one.record.id, Node::Map(Vec::new()));
                    self.flows.entry(one.record.name.clone()).or_insert(made);
                }
                let line = |one: &waypost_catalogue::changesets::Changed| {
                    format!(
                        "ok {} version {} {:?}",
                        one.record.name,
                        one.record.published.unwrap_or_default(),
                        one.outcome
                    )
                };
                let objects =
                    done.objects.iter().map(|one| format!("ok {} {} {:?}", one.object.kind, one.name, one.outcome));
                return Ok(done.flows.iter().map(line).chain(objects).collect::<Vec<_>>().join("\n"));
            }
            other => panic!("`{other}` is not a step"),
        }
        Ok(self.published(self.id(name)).await)
    }

    fn member(&self, line: &str, body: &str) -> Member {
        let words: Vec<&str> = line.split_whitespace().collect();
        let id = || Some(self.id(words[1]).to_string());
        match words[0] {
            "put" => Member { flow_id: id(), document: Some(self.document(words[1], body)), ..Member::default() },
            "create" => Member { document: Some(yaml(body)), ..Member::default() },
            "delete" => Member { flow_id: id(), delete: true, ..Member::default() },
            // Flows by their names.
            "call" => Member { name: Some(words[1].to_owned()), document: Some(yaml(body)), ..Member::default() },
            "call-id" => Member {
                flow_id: id(),
                name: words.get(2).map(|name| (*name).to_owned()),
                document: Some(yaml(body)),
                ..Member::default()
            },
            "call-version" => Member {
                name: Some(words[1].to_owned()),
                version: words[2].parse().ok().map(VersionName::Number),
                ..Member::default()
            },
            "call-delete" => Member { name: Some(words[1].to_owned()), delete: true, ..Member::default() },
            "stale-put" | "fresh-put" => {
                let revision = self.catalogue.world().flows[&self.id(words[1])].revision;
                let revision = if words[0] == "stale-put" { revision + 1 } else { revision };
                Member {
                    flow_id: id(),
                    document: Some(self.document(words[1], body)),
                    if_match: Some(Revisions::any_of(vec![revision])),
                    ..Member::default()
                }
            }
            _ => Member { flow_id: id(), version: words[2].parse().ok().map(VersionName::Number), ..Member::default() },
        }
    }
}

/// `has KIND NAME`, with what the object is to be, or `drop KIND NAME`.
fn edit(line: &str, body: &str, place: &str) -> Option<Arc<dyn AnyEdit>> {
    let (verb, rest) = line.split_once(' ')?;
    let puts = match verb {
        "has" => true,
        "drop" => false,
        _ => return None,
    };
    let (kind, name) = rest.split_once(' ').unwrap();
    let mut members = match yaml(body).to_json() {
        Json::Object(members) => members,
        _ => serde_json::Map::new(),
    };
    let mut text = |member: &str| members.shift_remove(member).map(|value| value.as_str().unwrap().to_owned());
    // What is put may be renamed.
    let to_be = text("name").unwrap_or_else(|| name.to_owned());
    Some(match Kind::named(kind).unwrap() {
        Kind::Queue => {
            let spec = QueueSpec { extra: members, ..QueueSpec::named(&to_be) };
            of::<QueueRecord>(name, puts.then_some(spec), place)
        }
        Kind::Domain => {
            of::<DomainRecord>(name, puts.then(|| DomainSpec { domain: to_be, ..DomainSpec::default() }), place)
        }
        Kind::Route => {
            let (pattern, domain) = to_be.split_once('@').unwrap();
            let flow = text("flow").map(|name| RouteWanted::Flow(Wanted::Name(name)));
            let spec = RouteSpec {
                domain: domain.to_owned(),
                pattern: pattern.to_owned(),
                target: flow.or_else(|| text("queue").map(|name| RouteWanted::Queue(Wanted::Name(name)))),
                unrouted_queue: None,
                priority: 0,
                extra: serde_json::Map::new(),
            };
            of::<RouteRecord>(name, puts.then_some(spec), place)
        }
        Kind::Table => {
            let schema = members.shift_remove("schema");
            let spec = TableSpec { name: to_be, description: String::new(), ignore_case: None, schema };
            of::<Table>(name, puts.then_some(spec), place)
        }
        Kind::Schedule => {
            let spec = ScheduleSpec { name: to_be, description: String::new(), definition: members };
            of::<KnownSchedule>(name, puts.then_some(ScheduleEdit::Replace(spec)), place)
        }
        Kind::Term(term) => {
            let extra = members.clone();
            let spec = puts.then_some(TermSpec { name: Some(to_be), extra });
            with_kind(term, OfTerm { name, spec, place })
        }
        Kind::Webhook => {
            let start = Start { id: WebhookId(Uuid::from_u128(7)), secret: Sealed::default() };
            let url = "https://hooks.example.com/".to_owned();
            let spec = WebhookSpec { name: to_be, url, enabled: None, events: None, start: Some(start) };
            of::<WebhookRecord>(name, puts.then_some(WebhookEdit::Replace(spec)), place)
        }
        Kind::DataAction => {
            let spec = DataActionSpec { name: Some(to_be), members, ..DataActionSpec::default() };
            of::<KnownDataAction>(name, puts.then_some(spec), place)
        }
        Kind::Mailbox => {
            let spec =
                MailboxSpec { id: MailboxId(Uuid::from_u128(8)), name: to_be, enabled: None, definition: members };
            of::<MailboxRecord>(name, puts.then_some(MailboxEdit::Replace(spec)), place)
        }
        Kind::Secret => panic!("secrets can't be in a change set"),
        Kind::Flow => panic!("flows have verbs of their own"),
    })
}

/// An edit of a term.
struct OfTerm<'l> {
    name: &'l str,
    spec: Option<TermSpec>,
    place: &'l str,
}

impl ForKind for OfTerm<'_> {
    type Answer = Arc<dyn AnyEdit>;

    fn with<K: TermKind>(self) -> Arc<dyn AnyEdit> {
        of::<Declared<K>>(self.name, self.spec, self.place)
    }
}

fn of<T: Object>(name: &str, to: Option<T::Spec>, place: &str) -> Arc<dyn AnyEdit> {
    let place = format!("{place}{}", if to.is_some() { ".put." } else { "." });
    let edit = ObjectEdit::<T>::alone(Which::Named(name.to_owned()), to, None);
    Arc::new(ObjectEdit { writing: Writing::IfDifferent, place, ..edit })
}

/// Lines that start with a mark, each with the text behind it.
fn parts(text: &str, mark: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix(mark), found.last_mut()) {
            (Some(head), _) => found.push((head.to_owned(), String::new())),
            (None, Some((_, body))) => {
                body.push_str(line);
                body.push('\n');
            }
            (None, None) => {}
        }
    }
    found
}

fn refusal(error: &ChangeError) -> String {
    match error {
        ChangeError::Invalid(problems) => {
            problems.iter().map(|one| format!("invalid {}: {} {}\n", one.path, one.code, one.message)).collect()
        }
        ChangeError::Broken { flow, breakages } => std::iter::once(format!("breaks what follows {flow}\n"))
            .chain(breakages.iter().map(|one| {
                let node = one.node_id.as_deref().unwrap_or("-");
                let action = one.action.map_or("-".to_owned(), |action| action.to_string());
                let (problem, flow, version) = (&one.diagnostic, &one.flow_name, one.version);
                format!(
                    "broken {flow} {version} {node}/{action} {}: {} {}\n",
                    problem.path, problem.code, problem.message
                )
            }))
            .collect(),
        ChangeError::InUse(found) => found
            .iter()
            .flat_map(|one| &one.users)
            .map(|user| format!("in use by {} {} {}", user.kind, user.name, user.path).trim_end().to_owned() + "\n")
            .collect(),
        ChangeError::NameTaken { name, .. } => format!("taken {name}\n"),
        ChangeError::NotFound { .. } => "not found\n".to_owned(),
        ChangeError::Stale(_) => "stale\n".to_owned(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_change_has_its_answer() {
    let path = folder().join("changes.txt");
    let text = std::fs::read_to_string(&path).unwrap();
    let (mut written, mut wrong, mut count) = (String::new(), Vec::new(), 0);
    for (title, case) in parts(&text, "== ") {
        let (steps, expected) = case.split_once("--\n").unwrap_or_else(|| panic!("{title}: no answer"));
        let mut world = World::new().await;
        let all = parts(steps, "> ");
        let mut answer = String::new();
        for (index, (step, body)) in all.iter().enumerate() {
            let last = index + 1 == all.len();
            answer = match world.step(step, body).await {
                Ok(said) => said,
                Err(error) if last => refusal(&error),
                Err(error) => panic!("{title}: `{step}` was refused:\n{}", refusal(&error)),
            };
        }
        let again = opened(&world.store).await;
        assert_eq!(World::known(&world.catalogue), World::known(&again), "{title}: a start finds something else");
        id_free(&mut answer, &world);
        if answer.trim() != expected.trim() {
            wrong.push(format!("{title}\n  expected:\n{}\n  found:\n{}", expected.trim(), answer.trim()));
        }
        write!(written, "== {title}\n{steps}--\n{}\n\n", answer.trim()).unwrap();
        count += 1;
    }
    assert!(count >= 60, "{count} cases");
    if std::env::var_os("WAYPOST_BLESS").is_some() {
        std::fs::write(&path, written.trim_end().to_owned() + "\n").unwrap();
        return;
    }
    assert!(wrong.is_empty(), "{} of {count} cases:\n{}", wrong.len(), wrong.join("\n\n"));
}

/// Ids are new each time: names stand for them.
fn id_free(answer: &mut String, world: &World) {
    for (name, (id, _)) in &world.flows {
        *answer = answer.replace(&id.to_string(), name);
    }
    for queue in world.catalogue.objects::<QueueRecord>() {
        *answer = answer.replace(&queue.id.to_string(), &format!("id-of-{}", queue.name));
    }
}
