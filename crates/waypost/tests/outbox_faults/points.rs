//! The points at which a server is killed, one after the other, and what must have come of each. A point is met and not hoped for: what stands
//! afterwards shows whether the commit was cut off there.

#![allow(unreachable_pub, reason = "a module of one test")]

use std::collections::BTreeSet;
use std::io;

use serde_json::{Value as Json, json};

use crate::harness::holds::Step;
use crate::harness::http::Api;
use crate::harness::receiver::{Arrived, Receiver};
use crate::harness::smtp::{Reply, mail};
use crate::harness::{Server, wait_for};
use crate::office::report;
use crate::site::{LEASE, POINTS, Point, Site, flow, notice, route};

/// One kill, and what it is about.
pub struct Case<'a, S: Site> {
    pub site: &'a mut S,
    /// Tells this case's addresses from the others'.
    pub name: String,
    pub cut: S::Cut,
    pub kept: bool,
}

/// Kills at each point and in each place of its commit; answers a line for each.
pub fn all<S: Site>(site: &mut S, round: usize) -> Vec<String> {
    let mut said = Vec::new();
    for (number, (cut, kept)) in S::CUTS.iter().enumerate() {
        for point in POINTS {
            let name = format!("{point:?}-{number}-{round}").to_lowercase();
            Case { site, name: name.clone(), cut: *cut, kept: *kept }.at(point);
            said.push(format!("{point:?}, {cut:?}: {}", tally(site.receiver(), &name)));
        }
    }
    for step in [Step::Recipient, Step::Data, Step::Content] {
        let name = format!("attempt-{step:?}-{round}").to_lowercase();
        let (cut, kept) = S::CUTS[0];
        Case { site, name: name.clone(), cut, kept }.attempt(step);
        said.push(format!("attempt, {step:?} unanswered: {}", tally(site.receiver(), &name)));
    }
    said
}

fn tally(receiver: &Receiver, name: &str) -> String {
    let arrived: Vec<Arrived> = receiver.arrived().into_iter().filter(|one| one.to.contains(name)).collect();
    let targets: BTreeSet<&String> = arrived.iter().map(|one| &one.to).collect();
    format!("{} arrived, {} of them copies", arrived.len(), arrived.len() - targets.len())
}

impl<S: Site> Case<'_, S> {
    fn at(&mut self, point: Point) {
        match point {
            Point::Decision => self.decision(),
            Point::Claim => self.claim(),
            Point::Delivered => self.delivered(),
            Point::Deferred => self.deferred(),
            Point::Refused => self.refused(),
            Point::Reply => self.reply(),
            Point::RerunAsked => self.rerun_asked(),
            Point::Rerun => self.rerun(),
            Point::Bounce => self.bounce(),
            Point::Pushed | Point::PushClaim | Point::PushDelivered => self.push(point),
        }
    }

    pub fn address(&self, manner: &str) -> String {
        format!("{manner}.{}@customer.example", self.name)
    }

    pub fn message_id(&self) -> String {
        format!("{}@customer.example", self.name)
    }

    pub fn raw(&self, subject: &str) -> String {
        mail(&self.message_id(), subject, "Hello").replace("ana@customer.example", &self.address("author"))
    }

    fn send(&self, server: &Server, route: &str, subject: &str) -> io::Result<Reply> {
        let (from, to) = (self.address("author"), format!("{route}@desk.example"));
        server.smtp().deliver(&from, &to, &self.raw(subject))
    }

    pub fn accepted(&self, route: &str, subject: &str) {
        assert_eq!(self.send(self.site.server(), route, subject).unwrap().code, 250, "{}", self.name);
    }

    pub fn api(&self) -> Api {
        self.site.server().api()
    }

    /// The interaction that the mail became.
    pub fn interaction(&self) -> Json {
        let found = self.api().interactions_of(&self.message_id());
        assert_eq!(found.len(), 1, "{}: {found:?}", self.name);
        let id = found[0]["id"].as_str().unwrap();
        self.api().get(&format!("/interactions/{id}")).ok()
    }

    fn path(&self) -> String {
        format!("/interactions/{}", self.interaction()["id"].as_str().unwrap())
    }

    fn runs(&self) -> usize {
        self.interaction()["runs"].as_array().unwrap().len()
    }

    pub fn deliveries(&self) -> Vec<Json> {
        let interaction = self.interaction();
        let found = self.api().get(&format!("/deliveries?interactionId={}", interaction["id"].as_str().unwrap())).ok();
        found["entities"].as_array().unwrap().clone()
    }

    fn to(&self, target: &str) -> Json {
        let found: Vec<Json> = self.deliveries().into_iter().filter(|one| one["target"] == target).collect();
        assert_eq!(found.len(), 1, "{target}: {found:?}");
        found[0].clone()
    }

    /// Waits until a delivery has ended in a state, after so many attempts; and so many copies arrived, under one id.
    fn ends(&self, target: &str, state: &str, (attempts, arrived): (usize, usize)) {
        let one = wait_for(state, || Some(self.to(target)).filter(|one| one["state"] == state));
        assert_eq!(one["attempts"], attempts, "{one}");
        let found = self.arrived(target);
        assert_eq!(found.len(), arrived, "{one}: {found:?}");
        for copy in &found {
            assert_eq!((copy.id(), &copy.content), (one["messageId"].as_str().unwrap(), &found[0].content), "{one}");
        }
    }

    fn arrived(&self, target: &str) -> Vec<Arrived> {
        self.site.receiver().arrived().into_iter().filter(|one| one.to == target).collect()
    }

    /// The leases of whoever was killed end.
    pub fn wait_for_leases(&self) {
        self.site.clock().pass(LEASE);
    }

    fn decision(&mut self) {
        let (author, other) = (self.address("author"), self.address("other"));
        let raw = self.raw(&other);
        let cut = self.cut;
        self.site.kill_in(Point::Decision, cut, |server| {
            assert!(server.smtp().deliver(&author, "both@desk.example", &raw).is_err(), "answered before its commit");
        });
        assert_eq!(self.api().interactions_of(&self.message_id()).len(), usize::from(self.kept), "{}", self.name);
        // Whoever got no answer sends again.
        self.accepted("both", &other);
        let duplicates = self.interaction()["duplicates"].as_u64().unwrap_or(0);
        assert_eq!(duplicates, u64::from(self.kept), "{}", self.name);
        for target in [author, other] {
            self.ends(&target, "delivered", (1, 1));
        }
    }

    fn claim(&mut self) {
        let other = self.address("other");
        let (author, raw, cut) = (self.address("author"), self.raw(&other), self.cut);
        // The answer may be cut off, too: the commit that it stands for was the one before.
        self.site.kill_in(Point::Claim, cut, |server| {
            drop(server.smtp().deliver(&author, "one@desk.example", &raw));
        });
        if self.kept {
            let one = self.to(&other);
            assert_eq!((&one["state"], &one["attempts"]), (&json!("pending"), &json!(1)), "{one}");
            self.wait_for_leases();
        }
        self.ends(&other, "delivered", (1 + usize::from(self.kept), 1));
    }

    /// In the middle of a dialogue: a copy comes only of what the receiver had, and had not answered.
    fn attempt(&mut self, step: Step) {
        let other = self.address("other");
        let held = self.site.receiver().hold(step, &other);
        self.accepted("one", &other);
        let sender = held.wait();
        self.site.kill(&sender);
        drop(held);
        self.wait_for_leases();
        self.ends(&other, "delivered", (2, 1 + usize::from(step == Step::Content)));
    }

    /// Has the receiver answer, and the server killed when it records that.
    fn answered(&mut self, point: Point, step: Step, manner: &str) -> String {
        let other = self.address(manner);
        let held = self.site.receiver().hold(step, &other);
        self.accepted("one", &other);
        held.wait();
        let cut = self.cut;
        self.site.kill_in(point, cut, move |_| held.go_on());
        other
    }

    fn delivered(&mut self) {
        let other = self.answered(Point::Delivered, Step::Content, "other");
        assert_eq!(self.to(&other)["state"], if self.kept { "delivered" } else { "pending" });
        self.wait_for_leases();
        // That it was taken is known to nobody.
        let times = if self.kept { 1 } else { 2 };
        self.ends(&other, "delivered", (times, times));
        assert_eq!(self.interaction()["state"], "completed");
    }

    fn deferred(&mut self) {
        let other = self.answered(Point::Deferred, Step::Recipient, "later");
        assert_eq!(self.to(&other).get("lastAnswer").is_some(), self.kept, "{}", self.to(&other));
        self.wait_for_leases();
        wait_for("the last attempt", || {
            self.api().post("/deliveries/retry", &json!({"state": "pending"})).ok();
            (self.to(&other)["state"] == "delivered").then_some(())
        });
        self.ends(&other, "delivered", (3, 1));
    }

    fn refused(&mut self) {
        let other = self.answered(Point::Refused, Step::Recipient, "refuse");
        assert_eq!(self.to(&other)["state"], if self.kept { "dead" } else { "pending" });
        self.wait_for_leases();
        self.ends(&other, "dead", (if self.kept { 1 } else { 2 }, 0));
        assert_eq!(self.interaction()["decision"]["queue"]["name"], "Unrouted");
    }

    fn reply(&mut self) {
        self.accepted("queue", "a question");
        let (api, path, author) = (self.api(), self.path(), self.address("author"));
        let queues = api.get("/routing/queues?name=Questions").ok();
        let queue = queues["entities"][0]["id"].as_str().unwrap();
        let claims = api.post(&format!("/routing/queues/{queue}/claims"), &json!({})).ok();
        let token = claims["entities"][0]["token"].clone();
        let (reply, written) = (format!("{path}/reply"), json!({"token": token, "text": "Dear Ana"}));
        let cut = self.cut;
        self.site.kill_in(Point::Reply, cut, |_| {
            assert!(api.try_post(&reply, &written).is_none(), "answered before its commit");
        });
        assert_eq!(self.deliveries().len(), usize::from(self.kept), "{:?}", self.deliveries());
        if !self.kept {
            self.api().post(&reply, &written).ok();
        }
        self.ends(&author, "delivered", (1, 1));
        // Given back later, it would be a commit that nobody expects.
        self.api().post(&format!("{path}/complete"), &json!({"token": token})).ok();
    }

    /// A mail whose two deliveries have arrived.
    fn both_delivered(&self) -> [String; 2] {
        let both = [self.address("author"), self.address("other")];
        self.accepted("both", &both[1]);
        for target in &both {
            self.ends(target, "delivered", (1, 1));
        }
        both
    }

    fn rerun_asked(&mut self) {
        let both = self.both_delivered();
        let (api, rerun, cut) = (self.api(), format!("{}/rerun", self.path()), self.cut);
        self.site.kill_in(Point::RerunAsked, cut, |_| {
            assert!(api.try_post(&rerun, &json!({})).is_none(), "answered before its commit");
        });
        if !self.kept {
            assert_eq!((&self.interaction()["state"], self.runs()), (&json!("decided"), 1), "{}", self.name);
            assert_eq!(self.api().post(&rerun, &json!({})).status, 202);
        }
        wait_for("another run", || (self.runs() == 2).then_some(()));
        for target in &both {
            self.ends(target, "delivered", (1, 1));
        }
    }

    fn rerun(&mut self) {
        let (old, new) = (self.address("old"), self.address("new"));
        let api = self.api();
        let id = route(&api, &self.name, &json!([notice(&[&old]), {"type": "disconnect"}]));
        self.accepted(&self.name, "a question");
        self.ends(&old, "delivered", (1, 1));
        let more = flow(&self.name, &json!([notice(&[&old, &new]), {"type": "disconnect"}]));
        api.put(&format!("/flows/{id}"), &more).ok();
        let (rerun, cut) = (format!("{}/rerun", self.path()), self.cut);
        self.site.kill_in(Point::Rerun, cut, |_| {
            drop(api.try_post(&rerun, &json!({})));
        });
        // One that was cut off is made again: by a server alone at its start, by other nodes when its lease ends.
        assert!(!self.kept || self.runs() == 2, "{:?}", self.deliveries());
        self.wait_for_leases();
        wait_for("another run", || (self.runs() == 2).then_some(()));
        for target in [old, new] {
            self.ends(&target, "delivered", (1, 1));
        }
    }

    fn bounce(&mut self) {
        let other = self.address("other");
        self.accepted("one", &other);
        self.ends(&other, "delivered", (1, 1));
        let (sender, report) = (self.arrived(&other)[0].from.clone(), report(&other, "x@elsewhere.example"));
        let cut = self.cut;
        self.site.kill_in(Point::Bounce, cut, |server| {
            assert!(server.smtp().deliver("", &sender, &report).is_err(), "answered before its commit");
        });
        assert_eq!(self.to(&other)["state"], if self.kept { "bounced" } else { "delivered" });
        assert_eq!(self.site.server().smtp().deliver("", &sender, &report).unwrap().code, 250);
        self.ends(&other, "bounced", (1, 1));
        assert_eq!(self.interaction()["decision"]["queue"]["name"], "Unrouted");
    }
}
