//! What happens, as it happens.

use std::collections::VecDeque;
use std::str;
use std::time::Duration;

use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use reqwest::Response;
use uuid::Uuid;
use waypost_wire::live::LiveEvent;

use crate::path::with_query;
use crate::{Client, Error, Result};

/// The longest event that is read, in bytes: the server's have some hundred.
const LONGEST: usize = 64 * 1024;

/// A stream that is silent for longer is broken: the server sends something every 15 seconds.
const SILENT: Duration = Duration::from_secs(60);

/// Which events to watch; what is not said does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveFilter {
    /// Only events of these kinds: `interaction`, `delivery`, `object`, `mailbox`.
    pub kinds: Vec<String>,
    /// Only interactions that are or were in these queues.
    pub queues: Vec<Uuid>,
    /// Only decisions of runs of these flows.
    pub flows: Vec<Uuid>,
}

impl LiveFilter {
    fn parameters(&self) -> [(&'static str, Option<String>); 3] {
        let ids = |ids: &[Uuid]| ids.iter().map(Uuid::to_string).collect::<Vec<_>>();
        let joined = |all: Vec<String>| (!all.is_empty()).then(|| all.join(","));
        [
            ("kinds", joined(self.kinds.clone())),
            ("queueId", joined(ids(&self.queues))),
            ("flowId", joined(ids(&self.flows))),
        ]
    }
}

impl Client {
    /// Watches what happens. The first event is [`waypost_wire::live::READY`], or [`waypost_wire::live::RESET`] where it is not known what
    /// came after the event `last`; a reset may come at any time, and says that whatever is shown must be read again. The stream ends when the server
    /// stops or the token does: watch again then, after the last event.
    ///
    /// # Errors
    /// As [`Error`] says; the stream, when the connection breaks.
    pub async fn watch(
        &self,
        filter: &LiveFilter,
        last: Option<&str>,
    ) -> Result<BoxStream<'static, Result<LiveEvent>>> {
        let path = with_query("/events/stream", &filter.parameters());
        let response = self.0.open(&path, last).await?;
        let reading = Reading { response, url: self.0.url().to_owned(), rest: Vec::new(), read: VecDeque::new() };
        let events = stream::try_unfold(reading, |mut reading| async move {
            Ok(reading.next().await?.map(|event| (event, reading)))
        });
        Ok(events.into_stream().boxed())
    }
}

struct Reading {
    response: Response,
    url: String,
    /// Bytes of an event whose end has not come yet.
    rest: Vec<u8>,
    read: VecDeque<LiveEvent>,
}

impl Reading {
    async fn next(&mut self) -> Result<Option<LiveEvent>> {
        let broken = |url: &str, reason: String| Error::NoAnswer { url: url.to_owned(), reason };
        loop {
            if let Some(event) = self.read.pop_front() {
                return Ok(Some(event));
            }
            let part = tokio::time::timeout(SILENT, self.response.chunk()).await;
            let part = part.map_err(|_| broken(&self.url, "nothing was heard for a minute".to_owned()))?;
            let Some(part) = part.map_err(|error| broken(&self.url, error.to_string()))? else { return Ok(None) };
            self.rest.extend_from_slice(&part);
            while let Some(end) = self.rest.windows(2).position(|two| two == b"\n\n") {
                let block: Vec<u8> = self.rest.drain(..end + 2).collect();
                self.read.extend(read(&block).map_err(|reason| Error::Unreadable { url: self.url.clone(), reason })?);
            }
            if self.rest.len() > LONGEST {
                return Err(Error::Unreadable { url: self.url.clone(), reason: "an event has no end".to_owned() });
            }
        }
    }
}

/// Reads what stands between two empty lines (HTML Living Standard, section 9.2.6); none if it is a comment, or how soon to come again.
fn read(block: &[u8]) -> Result<Option<LiveEvent>, String> {
    let text = str::from_utf8(block).map_err(|error| error.to_string())?;
    let mut event = LiveEvent::default();
    for (name, value) in text.lines().filter_map(|line| line.split_once(':')) {
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "id" => value.clone_into(&mut event.id),
            "event" => value.clone_into(&mut event.event),
            "data" => event.data = serde_json::from_str(value).map_err(|error| error.to_string())?,
            _ => {}
        }
    }
    Ok(Some(event).filter(|event| !event.event.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_and_comments_are_not() {
        let event = read(b"id: 7-1\nevent: reset\ndata: {\"reason\":\"slow\",\"news\":1}\n\n").unwrap().unwrap();
        let LiveEvent { id, event, data } = event;
        assert_eq!((id.as_str(), event.as_str(), data.reason.as_deref()), ("7-1", "reset", Some("slow")));
        for comment in ["retry: 2000\n\n", ": still here\n\n", "\n\n"] {
            assert_eq!(read(comment.as_bytes()), Ok(None), "{comment:?}");
        }
        assert!(read(b"event: ready\ndata: {\n\n").is_err());
        assert!(read(b"event: \xff\n\n").is_err());
    }
}
