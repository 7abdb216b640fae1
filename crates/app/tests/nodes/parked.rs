//! Runs that wait for an answer from outside, over the death of the node that parked them. The outside is the test: a queue of one name is
//! asked for there.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde_json::{Map, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;
use uuid::Uuid;
use waypost_app::mail::parked::{Asked, MOST_ASKED, Outside, Received, Ticket};
use waypost_catalogue::data_actions::{DataActionSpec, KnownDataAction};
use waypost_catalogue::world::Running;
use waypost_engine::{Answered, Ask, CallFailure, CallOutcome, FindQueue, Journal, Question, Queue, QueueAnswer};
use waypost_ids::{DataActionId, DecisionKind};
use waypost_origin::Origin;
use waypost_store::records::mail::{InteractionRecord, RunRecord};
use waypost_store::records::retention::{RetentionLimits, VersionLimits};
use waypost_store::sqlite::{SqliteOptions, SqliteStore};
use waypost_store::traits::Store;

use super::*;

/// The queue that nobody here knows.
const ELSEWHERE: &str = "Elsewhere";

/// Waiting for anything longer than this is a failure.
const LONG: Duration = Duration::from_secs(120);

/// Says whom it was asked for, and until when a run waits.
struct Far {
    asked: UnboundedSender<Asked>,
    until: Mutex<Timestamp>,
}

impl Outside for Far {
    fn receives(&self, _running: &Running, question: &Question, _now: Timestamp) -> Received {
        match question {
            Question::FindQueue(asked) if asked.name == ELSEWHERE => {
                Received::Later(*self.until.lock().unwrap_or_else(PoisonError::into_inner))
            }
            Question::CallDataAction(_) => Received::Later(*self.until.lock().unwrap_or_else(PoisonError::into_inner)),
            _ => Received::No,
        }
    }

    fn ask(&self, asked: Asked) {
        // A test that has ended waits for nothing.
        let _ = self.asked.send(asked);
    }
}

/// A node with everything that it asks.
struct Node {
    app: Arc<App>,
    store: Arc<dyn Store>,
    far: Arc<Far>,
    asked: UnboundedReceiver<Asked>,
    stop: watch::Sender<bool>,
    stopped: watch::Receiver<bool>,
}

impl Node {
    /// A node on a directory, or on the database of a URL.
    async fn open(place: &str) -> Self {
        let store: Arc<dyn Store> = if place.starts_with("postgres") {
            Arc::new(PostgresStore::connect(PostgresOptions::new(place)).await.unwrap())
        } else {
            Arc::new(SqliteStore::open(Path::new(place), SqliteOptions::default()).unwrap())
        };
        let (sender, asked) = unbounded_channel();
        let far = Arc::new(Far { asked: sender, until: Mutex::new(Timestamp::MAX) });
        let settings = Settings { outside: Some(far.clone()), ..Settings::default() };
        let app = App::open(store.clone(), settings).await.unwrap();
        let (stop, stopped) = watch::channel(false);
        Self { app, store, far, asked, stop, stopped }
    }

    fn work(&self) {
        tokio::spawn(Arc::clone(&self.app).work(self.stopped.clone()));
    }

    async fn asked(&mut self) -> Ticket {
        self.asked_with_key().await.0
    }

    async fn asked_with_key(&mut self) -> (Ticket, Uuid) {
        let Asked { ticket, question, key, .. } = timeout(LONG, self.asked.recv()).await.unwrap().unwrap();
        assert_eq!(question, asks());
        (ticket, key)
    }

    async fn interaction(&self, id: InteractionId) -> InteractionRecord {
        self.store.interaction(id).await.unwrap().unwrap()
    }

    /// The run, once it has ended.
    async fn ran(&self, id: InteractionId) -> RunRecord {
        timeout(LONG, async {
            loop {
                if let Some(last) = self.store.runs(id).await.unwrap().pop() {
                    return last.run;
                }
                sleep(Duration::from_millis(20)).await;
            }
        })
        .await
        .expect("the run ends")
    }

    /// The answer: the queue `Gold`.
    async fn answer(&self) -> Answered {
        self.app.catalogue.catch_up().await.unwrap();
        let id = self.app.catalogue.running().queues_by_name["gold"];
        let queue = Some(Queue { id, name: "Gold".to_owned() });
        FindQueue { name: ELSEWHERE.to_owned() }.answered(QueueAnswer { queue })
    }

    async fn set_row(&self, key: &str, tier: &str) {
        self.app.catalogue.catch_up().await.unwrap();
        let table = self.app.catalogue.world().tables.values().next().unwrap().clone();
        let values = Map::from_iter([("tier".to_owned(), json!(tier))]);
        self.app.put_table_row(BY, &table, (key, values), false, None).await.unwrap();
    }
}

fn asks() -> Question {
    FindQueue { name: ELSEWHERE.to_owned() }.into()
}

/// Looks a row up, asks elsewhere for a queue, looks another row up, and goes to the queue.
fn flow(elsewhere: &str) -> source::Node {
    let text = format!(
        "{{ name: Ask, type: email, nodes: [{{ id: a, actions: [
        {{ type: lookupTable, table: Customers, key: first, outputMapping: [{{ name: tier, value: '${{output.tier}}' }}] }},
        {{ type: findQueue, name: {elsewhere}, outputMapping: [{{ name: name, value: '${{output.name}}' }}] }},
        {{ type: setAttributes, attributes: {{ first: '${{tier}}' }} }},
        {{ type: lookupTable, table: Customers, key: second, outputMapping: [{{ name: tier, value: '${{output.tier}}' }}] }},
        {{ type: setAttributes, attributes: {{ second: '${{tier}}' }} }},
        {{ type: transferToQueue, queue: '${{name}}' }} ] }}] }}"
    );
    source::yaml(&text).unwrap().0
}

async fn prepare(node: &Node) -> InteractionId {
    prepare_for(node, flow(ELSEWHERE)).await
}

/// Makes a flow and all that it needs, and accepts a mail, which nobody waits for.
async fn prepare_for(node: &Node, flow: source::Node) -> InteractionId {
    let app = &node.app;
    queue(app, "Gold").await;
    let schema = json!({ "properties": { "tier": { "dataType": "string" } } });
    let spec =
        TableSpec { name: "Customers".to_owned(), description: String::new(), ignore_case: None, schema: Some(schema) };
    app.catalogue.create::<Table>(BY, spec).await.unwrap();
    node.set_row("first", "then").await;
    node.set_row("second", "then").await;
    app.catalogue
        .create::<DomainRecord>(BY, DomainSpec { domain: DOMAIN.to_owned(), ..DomainSpec::default() })
        .await
        .unwrap();
    let id = app.catalogue.create_flow(BY, flow, Saving::Publish).await.unwrap().record.id;
    let route = app.catalogue.create::<RouteRecord>(BY, leads("ask", RouteTarget::Flow(id))).await.unwrap();
    let id = accepted(app, &route, "hello").await;
    assert_eq!(node.interaction(id).await.state, State::Received, "the answer is not waited for at the door");
    id
}

/// Where the node that is killed keeps everything; without it that test is nothing.
const PLACE: &str = "WAYPOST_TEST_PARKED";

#[tokio::test]
#[ignore = "runs as a process of its own, to be killed"]
async fn a_node_that_parks_a_run() {
    let mut node = Node::open(&std::env::var(PLACE).unwrap()).await;
    let id = prepare(&node).await;
    node.work();
    let ticket = node.asked().await;
    assert_eq!((ticket.interaction, node.interaction(id).await.state), (id, State::Waiting));
    std::io::stdout().write_all(format!("\nparked {id} {}\n", ticket.lease).as_bytes()).unwrap();
    std::future::pending::<()>().await;
}

/// Kills a process when it goes.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Parks a run in a process of its own, and kills that.
async fn parked_by_a_node_that_is_killed(place: String) -> Ticket {
    blocking(move || {
        let words = ["--exact", "--ignored", "--nocapture", "parked::a_node_that_parks_a_run"];
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(words).env(PLACE, place).stdout(Stdio::piped());
        let mut process = Killed(command.spawn().unwrap());
        let told = BufReader::new(process.0.stdout.take().unwrap());
        let line = told.lines().map(Result::unwrap).find(|line| line.starts_with("parked ")).expect("it parks");
        let mut words = line.split(' ').skip(1).map(|word| word.parse::<Uuid>().unwrap());
        Ticket { interaction: InteractionId(words.next().unwrap()), lease: words.next().unwrap() }
    })
    .await
}

/// What a run left that was answered `then` before it was parked, whatever the table says by now.
fn went_on(run: &RunRecord) {
    assert_eq!(run.decision.kind, DecisionKind::Queue, "{run:?}");
    assert_eq!(attributes(run), [("first", "then"), ("second", "then")]);
    let journal = Journal::from_json(run.journal.as_deref().unwrap()).unwrap();
    let kinds: Vec<_> = journal.answers.iter().map(Answered::kind).collect();
    assert_eq!(kinds, ["lookupTable", "findQueue", "lookupTable", "findQueue"]);
}

#[tokio::test]
async fn a_run_goes_on_after_its_node_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_str().unwrap().to_owned();
    let ticket = parked_by_a_node_that_is_killed(place.clone()).await;
    let parked_by = Origin::system().now();
    let node = Node::open(&place).await;
    assert_eq!(node.interaction(ticket.interaction).await.state, State::Waiting);
    node.set_row("first", "now").await;
    node.set_row("second", "now").await;
    let wrong = Ticket { lease: Uuid::from_u128(7), ..ticket };
    assert!(!node.app.hand_in(wrong, node.answer().await).await.unwrap());
    assert!(node.app.hand_in(ticket, node.answer().await).await.unwrap());
    assert!(!node.app.hand_in(ticket, node.answer().await).await.unwrap(), "once");
    let resumed = Origin::system().now();
    node.work();
    let run = node.ran(ticket.interaction).await;
    went_on(&run);
    // It began on the other node, and what it waited is part of its time.
    assert!(run.started_at < parked_by, "{run:?}");
    assert!(run.started_at + Duration::from_micros(run.duration_us) > resumed, "{run:?}");
    node.stop.send_replace(true);
}

/// On SQLite nobody else can have the answer: it is not waited for until its time.
#[tokio::test]
async fn a_run_asks_again_once_its_node_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_str().unwrap().to_owned();
    let ticket = parked_by_a_node_that_is_killed(place.clone()).await;
    let mut node = Node::open(&place).await;
    node.work();
    let again = node.asked().await;
    assert!(again.interaction == ticket.interaction && again.lease != ticket.lease);
    assert!(!node.app.hand_in(ticket, node.answer().await).await.unwrap(), "another answer is waited for");
    assert!(node.app.hand_in(again, node.answer().await).await.unwrap());
    went_on(&node.ran(ticket.interaction).await);
    node.stop.send_replace(true);
}

#[tokio::test]
async fn a_run_goes_on_on_another_node_than_the_one_that_was_answered() {
    let Some(tools) = waypost_test_needs::tool(Tools::find()) else { return };
    let server = blocking(move || Arc::new(Server::start(&tools, &[("fsync", "off")]).unwrap())).await;
    let url = blocking({
        let server = Arc::clone(&server);
        move || server.fresh_database().unwrap()
    })
    .await;
    let ticket = parked_by_a_node_that_is_killed(url.clone()).await;
    let (one, two) = (Node::open(&url).await, Node::open(&url).await);
    one.set_row("first", "now").await;
    two.set_row("second", "now").await;
    // Only the second works; the first takes the answer, and both are handed it at the same time.
    two.work();
    let answer = one.answer().await;
    let (first, second) =
        tokio::join!(one.app.hand_in(ticket, answer.clone()), two.app.hand_in(ticket, answer.clone()));
    assert!(first.unwrap() ^ second.unwrap(), "one of them");
    went_on(&two.ran(ticket.interaction).await);
    two.stop.send_replace(true);
}

/// A run may wait longer than versions of tables are kept.
#[tokio::test]
async fn a_run_sees_tables_as_they_are_where_what_it_saw_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut node = Node::open(folder.path().to_str().unwrap()).await;
    let id = prepare(&node).await;
    node.work();
    let ticket = node.asked().await;
    for _ in 0..2 {
        node.set_row("first", "now").await;
        node.set_row("second", "now").await;
    }
    let versions = Some(VersionLimits { before: Timestamp::MAX, least: 1, most: 1 });
    node.store
        .sweep(RetentionLimits { versions, ..RetentionLimits::default() }, 100, Origin::system().now())
        .await
        .unwrap();
    assert!(node.app.hand_in(ticket, node.answer().await).await.unwrap());
    let run = node.ran(id).await;
    assert_eq!((run.attributes["first"].as_str(), run.attributes["second"].as_str()), ("then", "now"));
    node.stop.send_replace(true);
}

/// Whoever had the answer may be gone. Then the run asks again, and the first answer comes too late.
#[tokio::test]
async fn a_run_that_is_not_answered_in_time_asks_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut node = Node::open(folder.path().to_str().unwrap()).await;
    *node.far.until.lock().unwrap() = Timestamp::UNIX_EPOCH;
    let id = prepare(&node).await;
    node.work();
    let (first, key) = node.asked_with_key().await;
    let (mut newest, again) = node.asked_with_key().await;
    assert!(newest.interaction == first.interaction && newest.lease != first.lease);
    assert_eq!(key, again, "it is the same question of the same run");
    assert!(!node.app.hand_in(first, node.answer().await).await.unwrap(), "another answer is waited for");
    *node.far.until.lock().unwrap() = Timestamp::MAX;
    while !node.app.hand_in(newest, node.answer().await).await.unwrap() {
        newest = node.asked().await;
    }
    went_on(&node.ran(id).await);
    node.stop.send_replace(true);
}

/// Whoever answers may end its process each time.
#[tokio::test]
async fn a_question_that_nobody_answers_is_asked_so_often_and_then_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let mut node = Node::open(folder.path().to_str().unwrap()).await;
    *node.far.until.lock().unwrap() = Timestamp::UNIX_EPOCH;
    let id = prepare(&node).await;
    node.work();
    for _ in 0..MOST_ASKED {
        node.asked().await;
    }
    let run = node.ran(id).await;
    let error = run.decision.error.as_ref().unwrap();
    assert_eq!((run.decision.kind, error["code"].as_str()), (DecisionKind::Unrouted, Some("run.not-answered")));
    assert!(node.asked.try_recv().is_err(), "it is not asked again");
    node.stop.send_replace(true);
}

#[tokio::test]
async fn an_answer_to_another_question_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut node = Node::open(folder.path().to_str().unwrap()).await;
    let id = prepare(&node).await;
    node.work();
    let ticket = node.asked().await;
    let other = FindQueue { name: "Another".to_owned() }.answered(QueueAnswer { queue: None });
    assert!(!node.app.hand_in(ticket, other).await.unwrap());
    assert_eq!(node.interaction(id).await.state, State::Waiting, "it still waits");
    assert!(node.app.hand_in(ticket, node.answer().await).await.unwrap());
    went_on(&node.ran(id).await);
    node.stop.send_replace(true);
}

/// A shared flow that notes what it is given. Its inputs stand in this order.
fn shared(says: &str, inputs: &[&str]) -> source::Node {
    let inputs: Vec<_> =
        inputs.iter().map(|name| format!("{{ name: {name}, dataType: string, default: none }}")).collect();
    let text = format!(
        "{{ name: Note, type: shared, inputs: [{}], nodes: [{{ id: a, actions: [
        {{ type: setAttributes, attributes: {{ {says}: '${{input.given}}' }} }} ] }}] }}",
        inputs.join(", ")
    );
    source::yaml(&text).unwrap().0
}

/// Asks elsewhere for a queue, has something noted, and goes to the queue, or to another that it names.
fn noting(given: &str, other: &str) -> source::Node {
    let text = format!(
        "{{ name: Ask, type: email, nodes: [{{ id: a, actions: [
        {{ type: findQueue, name: {ELSEWHERE}, outputMapping: [{{ name: name, value: '${{output.name}}' }}] }},
        {{ type: runFlow, flow: Note, inputMapping: [{{ name: given, value: {given} }}] }} ],
        next: [{{ when: \"${{name == ''}}\", to: other }}, {{ to: found }}] }},
        {{ id: other, actions: [{{ type: transferToQueue, queue: {other} }}] }},
        {{ id: found, actions: [{{ type: transferToQueue, queue: '${{name}}' }}] }}] }}"
    );
    source::yaml(&text).unwrap().0
}

/// Parks a run of `noting`, and publishes other versions of both flows.
async fn parked_before_a_change(node: &mut Node) -> (InteractionId, Ticket) {
    queue(&node.app, "Silver").await;
    let note = node.app.catalogue.create_flow(BY, shared("then", &["given"]), Saving::Publish).await.unwrap().record.id;
    let id = prepare_for(node, noting("before", "Silver")).await;
    node.work();
    let ticket = node.asked().await;
    let ask = node.app.catalogue.world().flows.keys().find(|flow| **flow != note).copied().unwrap();
    let catalogue = &node.app.catalogue;
    // What is given stands at another place than before.
    catalogue.update_flow(BY, note, shared("now", &["first", "given"]), None, Saving::Publish).await.unwrap();
    catalogue.update_flow(BY, ask, noting("after", "Gold"), None, Saving::Publish).await.unwrap();
    (id, ticket)
}

fn attributes(run: &RunRecord) -> Vec<(&str, &str)> {
    run.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[tokio::test]
async fn a_run_goes_on_with_the_flows_that_it_began_with() {
    let folder = tempfile::tempdir().unwrap();
    let mut node = Node::open(folder.path().to_str().unwrap()).await;
    let (id, ticket) = parked_before_a_change(&mut node).await;
    assert!(node.app.hand_in(ticket, node.answer().await).await.unwrap());
    let run = node.ran(id).await;
    assert_eq!((run.decision.kind, run.flow.map(|(_, version)| version)), (DecisionKind::Queue, Some(1)));
    assert_eq!(attributes(&run), [("then", "before")]);
    let journal = Journal::from_json(run.journal.as_deref().unwrap()).unwrap();
    assert_eq!(journal.flows, None, "a run that is over goes on with nothing");
    // Another run is of what is published.
    node.app.rerun("test", id, false).await.unwrap();
    let ticket = node.asked().await;
    assert!(node.app.hand_in(ticket, node.answer().await).await.unwrap());
    let again = timeout(LONG, async {
        while node.store.runs(id).await.unwrap().len() < 2 {
            sleep(Duration::from_millis(20)).await;
        }
        node.ran(id).await
    });
    let again = again.await.unwrap();
    assert_eq!((again.flow.map(|(_, version)| version), attributes(&again)), (Some(2), vec![("now", "after")]));
    node.stop.send_replace(true);
}

/// The mail does not end as unrouted for it.
#[tokio::test]
async fn a_run_whose_flows_can_run_no_more_goes_on_with_those_of_today() {
    let folder = tempfile::tempdir().unwrap();
    let mut node = Node::open(folder.path().to_str().unwrap()).await;
    let (id, ticket) = parked_before_a_change(&mut node).await;
    let silver = node.app.catalogue.running().queues_by_name["silver"];
    node.app.catalogue.delete::<QueueRecord>(BY, &silver, None).await.unwrap();
    assert!(node.app.hand_in(ticket, node.answer().await).await.unwrap());
    let run = node.ran(id).await;
    assert_eq!((run.decision.kind, run.flow.map(|(_, version)| version)), (DecisionKind::Queue, Some(2)));
    assert_eq!(attributes(&run), [("now", "after")]);
    node.stop.send_replace(true);
}

/// Where the queue is not found, a data action is called.
const CALLS: &str = "{ name: Ask, type: email, nodes: [
    { id: ask, actions: [
        { type: findQueue, name: Elsewhere, outputMapping: [{ name: name, value: '${output.name}' }], notFound: { to: call } },
        { type: transferToQueue, queue: '${name}' } ] },
    { id: call, actions: [{ type: callDataAction, dataAction: Slow }, { type: disconnect }] } ] }";

/// Makes a data action that gives a tier.
async fn data_action(node: &Node, name: &str) -> DataActionId {
    let definition = json!({
        "config": {
            "request": { "requestUrlTemplate": "https://slow.example/", "requestType": "GET" },
            "response": { "successTemplate": "${rawResult}" },
        },
        "contract": {
            "input": { "inputSchema": { "type": "object", "properties": {} } },
            "output": { "successSchema": { "type": "object", "properties": { "tier": { "type": "string" } } } },
        },
    });
    let members = definition.as_object().unwrap().clone();
    let spec = DataActionSpec { name: Some(name.to_owned()), members, version: None };
    node.app.catalogue.create::<KnownDataAction>(BY, spec).await.unwrap().record.id
}

/// Calls a data action, and says why it could not, or what it was told.
const SAYS_WHY: &str =
    "{ name: Ask, type: email, variables: [{ name: tier, dataType: string }, { name: why, dataType: string }], nodes: [
    { id: ask, actions: [
        { type: callDataAction, dataAction: Slow, outputMapping: [{ name: tier, value: '${output.tier}' }],
          failureMapping: [{ name: why, value: '${output.code}' }], failure: { to: failed }, timedOut: { to: failed } },
        { type: setAttributes, attributes: { tier: '${tier}' } }, { type: disconnect }] },
    { id: failed, actions: [{ type: setAttributes, attributes: { why: '${why}' } }, { type: disconnect }] } ] }";

/// Whether the answer came before or after, or another of that name is there by now: the run is of the flows that it began with.
#[tokio::test]
async fn a_run_whose_data_action_is_deleted_goes_on_with_the_flows_that_it_began_with() {
    let deleted = || {
        let (code, message) = ("deleted".to_owned(), "the data action was deleted".to_owned());
        CallOutcome::Failure(CallFailure { code, message, status: None })
    };
    let gold = || CallOutcome::Success { output: Map::from_iter([("tier".to_owned(), json!("gold"))]) };
    for (outcome, made_anew, expected) in [
        (deleted(), false, ("why", "deleted")),
        (gold(), false, ("tier", "gold")),
        (deleted(), true, ("why", "deleted")),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut node = Node::open(folder.path().to_str().unwrap()).await;
        let slow = data_action(&node, "Slow").await;
        let id = prepare_for(&node, source::yaml(SAYS_WHY).unwrap().0).await;
        node.work();
        let Asked { ticket, question, .. } = timeout(LONG, node.asked.recv()).await.unwrap().unwrap();
        let Question::CallDataAction(asked) = question else { panic!("{question:?}") };
        let ask = node.app.catalogue.world().flows.keys().next().copied().unwrap();
        let ends = source::yaml("{ name: Ask, type: email, nodes: [{ id: ask, actions: [{ type: disconnect }] }] }");
        node.app.catalogue.update_flow(BY, ask, ends.unwrap().0, None, Saving::Publish).await.unwrap();
        node.app.catalogue.delete::<KnownDataAction>(BY, &slow, None).await.unwrap();
        if made_anew {
            data_action(&node, "Slow").await;
        }
        assert!(node.app.hand_in(ticket, asked.answered(outcome)).await.unwrap());
        let run = node.ran(id).await;
        assert_eq!((run.flow.map(|(_, version)| version), attributes(&run)), (Some(1), vec![expected]));
        node.stop.send_replace(true);
    }
}

#[tokio::test]
async fn a_run_over_erased_content_says_why_it_calls_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let mut node = Node::open(folder.path().to_str().unwrap()).await;
    let id = prepare(&node).await;
    data_action(&node, "Slow").await;
    let asking = node.app.catalogue.world().flows.keys().next().copied().unwrap();
    let flow = source::yaml(CALLS).unwrap().0;
    node.app.catalogue.update_flow(BY, asking, flow, None, Saving::Publish).await.unwrap();
    node.work();
    let ticket = node.asked().await;
    node.app.erase("test", id).await.unwrap();
    assert!(node.app.hand_in(ticket, node.answer().await).await.unwrap());
    let run = node.ran(id).await;
    let error = run.decision.error.as_ref().unwrap();
    assert_eq!((run.decision.kind, error["code"].as_str()), (DecisionKind::Unrouted, Some("run.not-answered")));
    // Nothing that a run says in words is kept with content that is erased.
    assert_eq!(
        error["message"],
        "the outside could not answer a question, or was not asked because the content was erased"
    );
    node.stop.send_replace(true);
}

#[tokio::test]
async fn what_is_erased_while_its_run_is_parked_does_not_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut node = Node::open(folder.path().to_str().unwrap()).await;
    let id = prepare(&node).await;
    node.work();
    let ticket = node.asked().await;
    node.app.erase("test", id).await.unwrap();
    assert_eq!(node.store.parked_journal(id).await.unwrap(), None);
    assert!(node.app.hand_in(ticket, node.answer().await).await.unwrap());
    // It begins anew over nothing, and asks nobody outside.
    let run = node.ran(id).await;
    assert_eq!((run.decision.kind, run.journal, run.trace.as_str()), (DecisionKind::Unrouted, None, "{}"));
    node.stop.send_replace(true);
}
