//! The stream of events of the built server: what one node changes reaches those who watch another, and a stopped server ends its streams.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod harness;

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use harness::nodes::{deliver, nodes, to_queue, tools};
use harness::scratch::Scratch;
use harness::{CLIENT, DEADLINE, Server, Start};
use serde_json::json;
use tokio::time::timeout;
use waypost_client::live::LiveFilter;
use waypost_client::{Client, Result};
use waypost_scratch_postgres::Server as Database;
use waypost_wire::live::{LiveEvent, READY, RESET};

/// What one node tells the other is there long before this has passed.
const SOON: Duration = Duration::from_secs(2);

type Events = BoxStream<'static, Result<LiveEvent>>;

fn client(server: &Server) -> Client {
    Client::builder(format!("http://{}", server.http)).credentials(CLIENT.0, CLIENT.1).build().unwrap()
}

/// The next event; none once the stream has ended.
async fn next(events: &mut Events) -> Option<LiveEvent> {
    timeout(DEADLINE, events.next()).await.expect("an event or an end").map(Result::unwrap)
}

async fn until(events: &mut Events, wanted: &str) -> LiveEvent {
    loop {
        let event = next(events).await.expect("more events");
        if event.event == wanted {
            return event;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_node_changes_is_told_on_the_other() {
    let Some(tools) = tools() else { return };
    let database = Database::start(&tools, &[("fsync", "off")]).unwrap();
    let scratch = Scratch::new("live-nodes");
    let nodes = nodes(&scratch, &database, 2);
    let (first, second) = (client(&nodes[0]), client(&nodes[1]));
    let mut watch = second.watch(&LiveFilter::default(), None).await.unwrap();
    assert_eq!(next(&mut watch).await.unwrap().event, READY);
    let api = nodes[0].api();
    // A node that has just started may not hear the others yet.
    let begun = Instant::now();
    for number in 0.. {
        tokio::task::block_in_place(|| api.post("/routing/queues", &json!({"name": format!("Try {number}")})).ok());
        if timeout(SOON, until(&mut watch, "object.changed")).await.is_ok() {
            break;
        }
        assert!(begun.elapsed() < DEADLINE, "the node hears nothing");
    }
    let queue = tokio::task::block_in_place(|| api.post("/routing/queues", &json!({"name": "One"})).ok());
    // Of the others some may be told only now.
    let changed = loop {
        let changed = until(&mut watch, "object.changed").await.data;
        if changed.object_id.as_deref() == queue["id"].as_str() {
            break changed;
        }
    };
    assert_eq!(changed.kind.as_deref(), Some("queue"));
    tokio::task::block_in_place(|| {
        api.post("/routing/email/domains", &json!({"id": "live.example"})).ok();
        let flow = api.post("/flows", &to_queue("One")).ok();
        let route = json!({"pattern": "a", "flow": {"id": flow["id"]}});
        api.post("/routing/email/domains/live.example/routes", &route).ok();
        deliver(&nodes[0], "1@live.example", "a@live.example");
    });
    let decided = until(&mut watch, "interaction.decided").await;
    assert_eq!(decided.data.queue_id.map(|id| id.to_string()).as_deref(), queue["id"].as_str());
    // The number is that node's own: another begins anew, and says so.
    let mut other = first.watch(&LiveFilter::default(), Some(&decided.id)).await.unwrap();
    let begun = next(&mut other).await.unwrap();
    assert_eq!((begun.event.as_str(), begun.data.reason.as_deref()), (RESET, Some("unknown")));
    let mut again = second.watch(&LiveFilter::default(), Some(&decided.id)).await.unwrap();
    assert_eq!(next(&mut again).await.unwrap().event, READY);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_ends_its_streams() {
    let scratch = Scratch::new("live-stop");
    let mut server = Server::start(&scratch.path("data"), &Start::unlimited());
    let mut watch = client(&server).watch(&LiveFilter::default(), None).await.unwrap();
    assert_eq!(next(&mut watch).await.unwrap().event, READY);
    let stopping = tokio::task::spawn_blocking(move || {
        server.stop();
        server
    });
    assert_eq!(next(&mut watch).await, None);
    drop(timeout(DEADLINE, stopping).await.expect("it stops").unwrap());
}
