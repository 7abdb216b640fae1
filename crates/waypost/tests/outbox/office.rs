//! A server whose mail goes to a scripted receiver, and what tests ask of it.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

use std::process::Output;

use serde_json::{Map, Value as Json, json};

use crate::harness::http::Api;
use crate::harness::receiver::Receiver;
use crate::harness::scratch::Scratch;
use crate::harness::{Server, Start, wait_for};

/// A server with two queues and the domain `desk.example`.
pub struct Office {
    pub receiver: Receiver,
    pub api: Api,
    pub server: Server,
    pub scratch: Scratch,
}

/// What was printed, if the command ended with this code.
pub fn printed(output: &Output, code: i32) -> String {
    let out = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(code), "stdout: {out}\nstderr: {}", said(output));
    out.into_owned()
}

/// What was said on stderr.
pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Deliveries, one a line.
pub fn words(deliveries: &[Json]) -> String {
    let word = |one: &Json| {
        format!(
            "{} to {} is {}, run {}, {}",
            one["kind"], one["target"], one["state"], one["run"], one["heldBy"]["rule"]
        )
    };
    deliveries.iter().map(word).collect::<Vec<_>>().join("\n")
}

/// A report that a mail could not be delivered (RFC 3464).
pub fn report(recipient: &str, message_id: &str) -> String {
    format!(
        "From: MAILER-DAEMON@team.example\r\nTo: x@desk.example\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n\
         Auto-Submitted: auto-replied\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; team.example\r\n\r\n\
         Final-Recipient: rfc822; {recipient}\r\nAction: failed\r\nStatus: 5.2.2\r\n\
         Diagnostic-Code: smtp; 552 5.2.2 the mailbox is full\r\n\r\n\
         --b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{message_id}>\r\nSubject: x\r\n\r\n--b--\r\n"
    )
}

impl Office {
    pub fn open(name: &str) -> Self {
        Self::open_with(name, Receiver::start(), &[])
    }

    /// With these arguments of `serve`.
    pub fn open_with(name: &str, receiver: Receiver, arguments: &[&str]) -> Self {
        let scratch = Scratch::new(name);
        let environment = vec![("WAYPOST_SMARTHOST", format!("smtp://{}", receiver.address).into())];
        let mut start = Start { environment, ..Start::unlimited() };
        start.arguments.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        let server = Server::start(&scratch.path("data"), &start);
        let api = server.api();
        for queue in ["Support", "Experts"] {
            api.post("/routing/queues", &json!({"name": queue})).ok();
        }
        api.post("/routing/email/domains", &json!({"id": "desk.example"})).ok();
        Self { receiver, api, server, scratch }
    }

    /// A route of this name to a flow of this name. Answers the flow's id.
    pub fn route(&self, name: &str, actions: &Json, more: &Json) -> String {
        let flow = json!({"name": name, "type": "email", "nodes": [{"id": "n", "actions": actions}]});
        let flow = self.api.post("/flows", &flow).ok()["id"].as_str().unwrap().to_owned();
        let route = Map::from_iter([("pattern".to_owned(), json!(name)), ("flow".to_owned(), json!({"id": flow}))]);
        let route: Map<String, Json> = route.into_iter().chain(more.as_object().unwrap().clone()).collect();
        self.api.post("/routing/email/domains/desk.example/routes", &route.into()).ok();
        flow
    }

    /// Another version of a flow.
    pub fn publish(&self, id: &str, name: &str, actions: &Json) {
        let flow = json!({"name": name, "type": "email", "nodes": [{"id": "n", "actions": actions}]});
        self.api.put(&format!("/flows/{id}"), &flow).ok();
    }

    /// Sends a mail to a route. Answers the interaction that it became.
    pub fn send(&self, from: &str, route: &str, raw: &str) -> String {
        let said = self.send_raw(from, &format!("{route}@desk.example"), raw);
        said.rsplit([' ', '<', '>'])
            .find(|word| word.len() == 36)
            .unwrap_or_else(|| panic!("no id in {said}"))
            .to_owned()
    }

    /// Sends a mail to an address. Answers what was said.
    pub fn send_raw(&self, from: &str, to: &str, raw: &str) -> String {
        let reply = self.server.smtp().deliver(from, to, raw).unwrap();
        assert_eq!(reply.code, 250, "{reply:?}");
        reply.text
    }

    pub fn interaction(&self, id: &str) -> Json {
        self.api.get(&format!("/interactions/{id}")).ok()
    }

    pub fn deliveries(&self, interaction: &str) -> Vec<Json> {
        let found = self.api.get(&format!("/deliveries?interactionId={interaction}")).ok();
        found["entities"].as_array().unwrap().clone()
    }

    /// Waits for a delivery of an interaction of which this holds.
    pub fn wait_for(&self, interaction: &str, what: &str, holds: impl Fn(&Json) -> bool) -> Json {
        wait_for(what, || self.deliveries(interaction).into_iter().find(&holds))
    }

    /// Waits until a delivery is in a state.
    pub fn one_is(&self, state: &str, interaction: &str, target: &str) -> Json {
        self.wait_for(interaction, state, |one| one["target"] == target && one["state"] == state)
    }

    /// Waits until so many deliveries of an interaction are in a state.
    pub fn all_are(&self, state: &str, interaction: &str, count: usize) -> Vec<Json> {
        wait_for(state, || {
            let found: Vec<Json> =
                self.deliveries(interaction).into_iter().filter(|one| one["state"] == state).collect();
            (found.len() == count).then_some(found)
        })
    }

    /// Waits until an interaction is in a state.
    pub fn state_is(&self, state: &str, interaction: &str) {
        wait_for(state, || (self.interaction(interaction)["state"] == state).then_some(()));
    }

    /// Waits until so many runs of an interaction have ended.
    pub fn runs_are(&self, interaction: &str, count: usize) {
        wait_for("a run", || {
            (self.interaction(interaction)["runs"].as_array().map(Vec::len) == Some(count)).then_some(())
        });
    }

    /// Claims what is next in a queue. Answers the token.
    pub fn claim(&self, queue: &str) -> Option<String> {
        let queues = self.api.get(&format!("/routing/queues?name={queue}")).ok();
        let id = queues["entities"][0]["id"].as_str().unwrap();
        let claims = self.api.post(&format!("/routing/queues/{id}/claims"), &json!({})).ok();
        claims["entities"][0]["token"].as_str().map(str::to_owned)
    }

    /// Waits until nothing is on its way any more.
    pub fn none_is_pending(&self) {
        wait_for("the last delivery", || {
            let pending = self.api.get("/deliveries?state=pending").ok();
            pending["entities"].as_array().unwrap().is_empty().then_some(())
        });
    }

    /// The server ends well, the sums agree, and so many mails arrived in all.
    pub fn close(mut self, arrived: usize) {
        printed(&self.server.cli(&["ledger"]), 0);
        self.server.stop();
        let found = self.receiver.arrived();
        assert_eq!(found.len(), arrived, "{found:?}");
    }
}
