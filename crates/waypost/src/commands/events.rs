//! `waypost events`: follow what happens on a server.

use std::io::Write;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use serde_json::json;
use waypost_client::Error;
use waypost_client::live::LiveFilter;
use waypost_wire::live::{LiveEvent, READY};

use super::{flows, queues};
use crate::failure::Failure;
use crate::remote::{Remote, Server};
use crate::screen;
use crate::words;

/// After a stream ended, another is opened so much later; twice as much each time that there is no answer.
const PAUSE: Duration = Duration::from_secs(1);

/// But never more than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Arguments of `events`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    server: Server,
    /// Only events of these kinds: interaction, delivery, object, mailbox
    #[arg(long, value_delimiter = ',', value_parser = kind)]
    kind: Vec<&'static str>,
    /// Only interactions that are or were in these queues, by name or id
    #[arg(long, value_delimiter = ',')]
    queue: Vec<String>,
    /// Only decisions of runs of these flows, by name or id
    #[arg(long, value_delimiter = ',')]
    flow: Vec<String>,
    /// Stop after N events
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
}

fn kind(text: &str) -> Result<&'static str, String> {
    words::one_of(text, &["interaction", "delivery", "object", "mailbox"], |kind| kind)
}

/// Prints a line of JSON for each event until it is stopped, or has printed as many as it is to. Exit code 0: printed; 2: refused or no answer.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let remote = arguments.server.connect()?;
    let queues = arguments.queue.iter().map(|queue| Ok::<_, Failure>(queues::find(&remote, queue)?.0));
    let flows = arguments.flow.iter().map(|flow| Ok::<_, Failure>(flows::find(&remote, flow)?.0));
    let filter = LiveFilter {
        kinds: arguments.kind.iter().map(ToString::to_string).collect(),
        queues: queues.collect::<Result<_, Failure>>()?,
        flows: flows.collect::<Result<_, Failure>>()?,
    };
    let mut left = arguments.limit.unwrap_or(u64::MAX);
    let mut last: Option<String> = None;
    let mut events = remote.wait(remote.watch(&filter, None))?;
    while left > 0 {
        match remote.wait(async { events.next().await.transpose() }) {
            Ok(Some(event)) => {
                if event.event == READY {
                    // Whoever does something that is to be seen here waits for this.
                    writeln!(screen::stderr(), "connected to {}; waiting for events", remote.url())?;
                } else {
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
                events = again(&remote, &filter, last.as_deref())?;
            }
        }
    }
    Ok(())
}

/// Another stream, as soon as the server gives one. What it refuses for good is the end.
fn again(
    remote: &Remote,
    filter: &LiveFilter,
    last: Option<&str>,
) -> Result<BoxStream<'static, Result<LiveEvent, Error>>, Failure> {
    let mut pause = PAUSE;
    loop {
        remote.wait(async {
            tokio::time::sleep(pause).await;
            Ok(())
        })?;
        let passes = |error: &Error| match error {
            Error::NoAnswer { .. } => true,
            error => error.status().is_some_and(|status| status == 429 || status >= 500),
        };
        match remote.wait(remote.watch(filter, last)) {
            Err(error) if passes(&error) => pause = pause.saturating_mul(2).min(LONGEST_PAUSE),
            answered => return Ok(answered?),
        }
    }
}

fn print(event: &LiveEvent) -> Result<(), Failure> {
    let line = json!({ "id": event.id, "event": event.event, "data": event.data });
    let mut out = screen::read_stdout();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
