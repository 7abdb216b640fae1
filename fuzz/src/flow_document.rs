//! A flow document: read, checked, and run if it may be.

use jiff::Timestamp;
use uuid::Uuid;
use waypost_app::mail::answers::HeldAnswers;
use waypost_app::mail::decide::{Start, decide_at_once};
use waypost_catalogue::tables::held::HeldRows;
use waypost_catalogue::world::World;
use waypost_engine::Limits;
use waypost_flow::{document, source};
use waypost_ids::{FlowId, InteractionId};
use waypost_mail::message::Message;
use waypost_members::email::Envelope;
use waypost_project::{Project, SourceFile};
use waypost_store::records::catalogue::{RouteRecord, RouteTarget};

/// What documents are run on.
const MAIL: &[u8] = b"From: Ana <ana@customer.example>\r\nTo: care@example.com\r\nSubject: URGENT: my refund\r\n\
Message-ID: <1@customer.example>\r\n\r\nWhere is my money?\r\n";

/// Nothing panics; what is read is what its own JSON says; what publishes without an error runs to a decision.
pub fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    for node in [source::yaml(text).map(|(node, _)| node), source::json(text)].into_iter().flatten() {
        let read = document::read(&node);
        if let Some(document) = &read.document {
            comes_back(document);
        }
    }
    let files = [SourceFile { path: "flow.yaml".to_owned(), text: text.to_owned() }];
    let mut project = Project::read(&files);
    let world = project.world();
    if !project.has_errors() {
        run_all(&world);
    }
}

/// The JSON that is stored and served is read as the same document.
fn comes_back(document: &document::Document) {
    let json = document::canonical_json(document);
    let Ok(node) = source::json(&json) else { panic!("not JSON: {json}") };
    match document::read(&node).document {
        Some(again) => assert!(document::canonical_json(&again) == json, "{json} comes back as {again:?}"),
        None => panic!("can't be read back: {json}"),
    }
}

fn run_all(world: &World) {
    let running = world.running();
    let message = Message::parse(MAIL);
    for flow in world.flows.values().filter(|flow| !flow.shared) {
        let route = route_to(flow.id);
        let start = Start {
            interaction: InteractionId(Uuid::nil()),
            received_at: Timestamp::UNIX_EPOCH,
            started_at: Timestamp::UNIX_EPOCH,
            priority: 0,
            route: Some(&route),
            opening: None,
            envelope: Envelope::default(),
            thread: None,
        };
        let limits = Limits { actions: 300, nodes: 300, ..Limits::default() };
        let decided = decide_at_once(
            &running,
            start,
            &message,
            limits,
            &HeldAnswers { running: &running, rows: &HeldRows::default() },
        )
        .expect("nothing waits");
        assert!(serde_json::from_str::<serde_json::Value>(&decided.record.trace).is_ok(), "a trace that is not JSON");
    }
}

fn route_to(flow: FlowId) -> RouteRecord {
    RouteRecord {
        id: Uuid::nil(),
        domain: String::new(),
        pattern: "*".to_owned(),
        target: RouteTarget::Flow(flow),
        unrouted_queue: None,
        priority: 0,
        extra: serde_json::Map::new(),
        created_at: Timestamp::UNIX_EPOCH,
        modified_at: Timestamp::UNIX_EPOCH,
    }
}
