//! `waypost events`: follow what happens on a server.

use std::io::Write;
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::json;
use uuid::Uuid;
use waypost_client::live::LiveFilter;
use waypost_wire::live::{LiveEvent, READY};

use crate::failure::Failure;
use crate::remote::Server;
use crate::screen;

/// After a stream ended, another is opened so much later.
const PAUSE: Duration = Duration::from_secs(1);

/// Arguments of `events`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    server: Server,
    /// Only these: interaction, delivery, object, mailbox
    #[arg(long, value_delimiter = ',')]
    kind: Vec<String>,
    /// Only interactions that are or were in these queues, by id
    #[arg(long, value_delimiter = ',')]
    queue: Vec<Uuid>,
    /// Only decisions that runs of these flows made, by id
    #[arg(long, value_delimiter = ',')]
    flow: Vec<Uuid>,
    /// Stop after so many events
    #[arg(long)]
    limit: Option<u64>,
}

/// Prints a line of JSON for each event until it is stopped, or has printed as many as it is to. Exit code 0: printed; 2: refused or no answer.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let remote = arguments.server.connect()?;
    let filter =
        LiveFilter { kinds: arguments.kind.clone(), queues: arguments.queue.clone(), flows: arguments.flow.clone() };
    let mut left = arguments.limit.unwrap_or(u64::MAX);
    let mut last: Option<String> = None;
    let mut events = remote.wait(remote.watch(&filter, None))?;
    while left > 0 {
        match remote.wait(async { events.next().await.transpose() }) {
            Ok(Some(event)) => {
                if event.event != READY {
                    print(&event)?;
                    left -= 1;
                }
                last = Some(event.id);
            }
            // A server that stops, or a connection that broke: what came meanwhile is told once there is another.
            ended => {
                if let Err(error) = ended {
                    writeln!(screen::stderr(), "{error}; connecting again")?;
                }
                remote.wait(async {
                    tokio::time::sleep(PAUSE).await;
                    Ok(())
                })?;
                events = remote.wait(remote.watch(&filter, last.as_deref()))?;
            }
        }
    }
    Ok(())
}

fn print(event: &LiveEvent) -> Result<(), Failure> {
    let line = json!({ "id": event.id, "event": event.event, "data": event.data });
    let mut out = screen::stdout();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
