//! People at work while servers are killed: they have mails run again, and claim, hand on and complete others.

#![allow(unreachable_pub, reason = "a module of one test")]

use std::collections::BTreeSet;
use std::thread;

use serde_json::json;

use crate::harness::http::Api;

/// What they know.
#[derive(Default)]
pub struct People {
    /// To whom mails were handed on, as far as the server said so.
    pub handed_on: BTreeSet<String>,
    /// How many runs the server said it would make again.
    pub reruns: usize,
}

impl People {
    /// They work until the server is gone.
    pub fn act_while(&mut self, api: Api, round: usize, work: impl FnOnce()) {
        thread::scope(|scope| {
            scope
                .spawn(|| (0..).try_for_each(|turn| self.turn(&api, &format!("plain.r{round}-{turn}@people.example"))));
            work();
        });
    }

    /// One of each; none once the server is gone.
    fn turn(&mut self, api: &Api, to: &str) -> Option<()> {
        let newest = api.try_get("/interactions?pageSize=8")?.ok();
        for interaction in newest["entities"].as_array().unwrap().iter().rev().take(4) {
            let answer =
                api.try_post(&format!("/interactions/{}/rerun", interaction["id"].as_str().unwrap()), &json!({}))?;
            assert!(matches!(answer.status, 202 | 409), "{answer:?}");
            self.reruns += usize::from(answer.status == 202);
        }
        let queues = api.try_get("/routing/queues?name=Support")?.ok();
        let queue = queues["entities"][0]["id"].as_str().unwrap();
        let claims = api.try_post(&format!("/routing/queues/{queue}/claims"), &json!({}))?.ok();
        let claim = &claims["entities"][0];
        let Some(id) = claim["interaction"]["id"].as_str() else { return Some(()) };
        let forward = json!({"token": claim["token"], "addresses": [to]});
        api.try_post(&format!("/interactions/{id}/forward"), &forward)?.ok();
        self.handed_on.insert(to.to_owned());
        api.try_post(&format!("/interactions/{id}/complete"), &json!({"token": claim["token"]}))?.ok();
        Some(())
    }
}
