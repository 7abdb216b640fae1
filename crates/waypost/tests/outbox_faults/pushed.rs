//! A queue that pushes to a webhook, and another webhook that is told when the work is done: kills at each commit of that.

#![allow(unreachable_pub, reason = "a module of one test")]

use serde_json::{Value as Json, json};

use crate::endpoint::Endpoint;
use crate::harness::wait_for;
use crate::points::Case;
use crate::site::{Point, Site};

const TAKEN: &[&str] = &["204 No Content"];

impl<S: Site> Case<'_, S> {
    /// The push, whose commits are the only ones: who listens is told of the end alone.
    pub fn push(&mut self, point: Point) {
        let (crm, audit) = (Endpoint::start(TAKEN), Endpoint::start(TAKEN));
        let (api, name) = (self.api(), self.name.clone());
        let hook = api.post("/webhooks", &json!({"name": name, "url": crm.url})).ok();
        let listens = json!({"name": format!("{name} told"), "url": audit.url, "events": ["interaction.completed"]});
        let told = api.post("/webhooks", &listens).ok();
        let queue = api.post("/routing/queues", &json!({"name": name, "deliverTo": {"webhook": name}})).ok();
        let route = json!({"pattern": name, "queue": {"id": queue["id"]}});
        api.post("/routing/email/domains/desk.example/routes", &route).ok();

        let (author, to, raw, cut) =
            (self.address("author"), format!("{name}@desk.example"), self.raw("push"), self.cut);
        self.site.kill_in(point, cut, |server| {
            let answered = server.smtp().deliver(&author, &to, &raw).is_ok();
            assert!(!answered || point != Point::Pushed, "answered before its commit");
        });
        if point == Point::Pushed {
            assert_eq!(self.api().interactions_of(&self.message_id()).len(), usize::from(self.kept), "{name}");
            // Whoever got no answer sends again.
            self.accepted(&name, "push");
        }
        if point == Point::PushDelivered {
            let state = if self.kept { "delivered" } else { "pending" };
            assert_eq!(self.pushes(&hook["id"])[0]["state"], state, "{name}");
        }
        // Only where whoever was killed had it: for what is being carried, a clock that jumps ends the lease as well.
        let left_behind = match point {
            Point::PushClaim => self.kept,
            Point::PushDelivered => !self.kept,
            _ => false,
        };
        if left_behind {
            self.wait_for_leases();
        }
        let one = wait_for("the push", || self.pushes(&hook["id"]).into_iter().find(|one| one["state"] == "delivered"));
        assert_eq!(self.pushes(&hook["id"]).len(), 1, "{name}");
        // That a webhook took it is known to nobody where the record was lost; a claim that was kept counts.
        let times = match point {
            Point::PushDelivered if !self.kept => 2,
            _ => 1,
        };
        let first = crm.next();
        for _ in 1..times {
            let copy = crm.next();
            assert_eq!((copy.header("webhook-id"), &copy.body), (first.header("webhook-id"), &first.body));
        }
        assert!(one["id"] == first.header("webhook-id") && crm.saw_nothing(), "{name}: {one}");
        assert_eq!(self.interaction()["state"], "completed");
        let done = audit.next();
        assert_eq!(done.json()["data"]["id"], self.interaction()["id"]);
        wait_for("whoever listens", || {
            let told: Vec<Json> = self.deliveries().into_iter().filter(|one| one["target"] == told["id"]).collect();
            assert_eq!(told.len(), 1, "{told:?}");
            (told[0]["state"] == "delivered").then_some(())
        });
        assert!(audit.saw_nothing(), "{name}: told once");
        let quiet = json!({"name": format!("{name} told"), "url": audit.url, "events": []});
        self.api().put(&format!("/webhooks/{}", told["id"].as_str().unwrap()), &quiet).ok();
    }

    fn pushes(&self, hook: &Json) -> Vec<Json> {
        self.deliveries().into_iter().filter(|one| one["target"] == *hook).collect()
    }
}
