//! Streams of deliveries that a crash cuts off, the senders that try again, and the account of what must be there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::{Value as Json, json};

use super::http::Api;
use super::smtp::{Smtp, mail};
use super::{Server, wait_for};

/// How many connections deliver at once.
const CONNECTIONS: usize = 8;

/// Where one mail in five goes: a flow so long that it is run by a worker, after the mail was accepted.
const LONG: &str = "long@example.com";

/// What senders know. A mail is known by its Message-ID.
#[derive(Default)]
pub struct Senders {
    /// The server said 250: it must be there, once.
    pub accepted: BTreeSet<String>,
    /// The answer was never read: to be sent again, as any sender would.
    pub unanswered: BTreeSet<String>,
    /// How many were written to the wire as far as senders know, repeats included.
    pub attempts: usize,
    /// How many times 250 was read.
    pub acknowledgements: usize,
}

/// One mail in so many is large: run beside the connections' own threads, and soon enough to have the log folded.
const LARGE: (usize, usize) = (12, 1_200_000);

/// Everything about a mail that a Message-ID decides: whom it goes to, and its text as it goes over the wire.
pub fn mail_of(message_id: &str) -> (&'static str, String) {
    let (to, subject, _) = destination(number_of(message_id));
    (to, mail(message_id, subject, &body(message_id)))
}

/// A text that a Message-ID decides.
fn body(message_id: &str) -> String {
    let number = number_of(message_id);
    let line = format!("{message_id}\r\n");
    let size = if number % LARGE.0 == 5 { LARGE.1 } else { number % 40 * 300 };
    line.repeat(1 + size / line.len())
}

/// Where a mail goes, and the queue it must end in.
fn destination(number: usize) -> (&'static str, &'static str, &'static str) {
    match number % 5 {
        0 => (LONG, "a long way", "Support"),
        1 => ("care@example.com", "where is my refund", "Billing"),
        2 => ("care@example.com", "my password is lost", "Support"),
        3 => ("billing@example.com", "straight to a queue", "Billing"),
        _ => ("care@example.com", "hello", "General"),
    }
}

/// The number that a Message-ID ends with decides everything else about a mail, so that a repeat is the same mail.
pub fn number_of(message_id: &str) -> usize {
    message_id.rsplit_once('@').unwrap().0.rsplit_once('-').unwrap().1.parse().unwrap()
}

/// The triage example, and a flow too long to be run while a sender waits.
pub fn prepare(server: &Server) {
    server.apply_triage();
    let api = server.api();
    let flow = json!({"name": "A long way", "type": "email", "nodes": [
        {"id": "start", "actions": [{"type": "setVariable", "name": "n", "value": "${0}"}]},
        {"id": "again", "actions": [{"type": "setVariable", "name": "n", "value": "${n + 1}"}],
         "next": [{"when": "${n < 1500}", "to": "again"}, {"to": "done"}]},
        {"id": "done", "actions": [{"type": "transferToQueue", "queue": "Support"}]},
    ]});
    let flow = api.post("/flows", &flow).ok();
    let route = json!({"pattern": "long", "flow": {"id": flow["id"]}});
    api.post("/routing/email/domains/example.com/routes", &route).ok();
}

/// Delivers over many connections until the server has said 250 `kill_after` times, kills it, and notes what was answered.
pub fn deliver_until_killed(server: &mut Server, senders: &mut Senders, round: usize, kill_after: usize) {
    let addresses = [server.smtp.clone()];
    deliver_until(&addresses, mail_of, senders, round, kill_after, || server.kill());
}

/// Delivers over many connections to servers in turn, whom and what a Message-ID decides, until they have said 250 `enough` times. Then
/// ends one of them, and notes what was answered.
pub fn deliver_until(
    addresses: &[String],
    mail_of: fn(&str) -> (&'static str, String),
    senders: &mut Senders,
    round: usize,
    enough: usize,
    end: impl FnOnce(),
) {
    let retries = Mutex::new(std::mem::take(&mut senders.unanswered));
    let accepted = Mutex::new(Vec::new());
    let unanswered = Mutex::new(BTreeSet::new());
    let said = AtomicUsize::new(0);
    let attempts = AtomicUsize::new(0);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for (connection, address) in (0..CONNECTIONS).zip(addresses.iter().cycle()) {
            let (retries, accepted, unanswered, said, attempts, over) =
                (&retries, &accepted, &unanswered, &said, &attempts, &over);
            scope.spawn(move || {
                let Ok(mut session) = Smtp::connect(address) else { return };
                for number in 0.. {
                    if over.load(Ordering::Relaxed) {
                        return;
                    }
                    let again = retries.lock().unwrap().pop_first();
                    let id = again.unwrap_or_else(|| format!("r{round}-c{connection}-{number}@crash.example"));
                    let (to, text) = mail_of(&id);
                    attempts.fetch_add(1, Ordering::Relaxed);
                    match session.deliver("ana@customer.example", to, &text) {
                        Ok(reply) => {
                            assert_eq!(reply.code, 250, "{reply:?}");
                            accepted.lock().unwrap().push(id);
                            said.fetch_add(1, Ordering::Relaxed);
                        }
                        Err(_) => {
                            unanswered.lock().unwrap().insert(id);
                            return;
                        }
                    }
                }
            });
        }
        // Whatever fails, the senders must end: the scope waits for them.
        let _over = Over(&over);
        wait_for("deliveries", || (said.load(Ordering::Relaxed) >= enough).then_some(()));
        end();
    });
    let accepted = accepted.into_inner().unwrap();
    senders.attempts += attempts.into_inner();
    senders.acknowledgements += accepted.len();
    senders.accepted.extend(accepted);
    senders.unanswered = unanswered.into_inner().unwrap();
    senders.unanswered.extend(retries.into_inner().unwrap());
}

/// Tells senders to end when it is dropped.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Message-IDs that were accepted and are not there.
pub fn missing(api: &Api, senders: &Senders) -> Vec<String> {
    let there = by_message_id(api);
    senders.accepted.iter().filter(|id| !there.contains_key(*id)).cloned().collect()
}

fn by_message_id(api: &Api) -> BTreeMap<String, Vec<Json>> {
    let mut there: BTreeMap<String, Vec<Json>> = BTreeMap::new();
    for interaction in api.all_interactions() {
        there.entry(interaction["messageId"].as_str().unwrap().to_owned()).or_default().push(interaction);
    }
    there
}

/// Waits until everything is decided, and then holds the server's account against the senders'. Answers the account in words.
pub fn settle_accounts(server: &Server, senders: &Senders) -> String {
    let api = server.api();
    wait_for("the last decision", || {
        let summary = api.get("/interactions/summary").ok();
        let undecided = |state: &str| summary["byState"][state].as_u64().unwrap_or(0);
        (undecided("received") + undecided("running") == 0).then_some(())
    });
    let there = by_message_id(&api);
    let (mut duplicates, mut unread) = (0, 0);
    for (id, interactions) in &there {
        assert_eq!(interactions.len(), 1, "{id} is there {} times", interactions.len());
        let one = &interactions[0];
        assert_eq!(one["state"], "decided", "{one}");
        let whole = api.get(&format!("/interactions/{}", one["id"].as_str().unwrap())).ok();
        assert_eq!(whole["runs"].as_array().map(Vec::len), Some(1), "one decision: {whole}");
        assert_eq!(one["decision"]["queue"]["name"], destination(number_of(id)).2, "{one}");
        assert!(one.get("possibleDuplicateOf").is_none(), "{one}");
        duplicates += one["duplicates"].as_u64().unwrap_or(0);
        if !senders.accepted.contains(id) {
            assert!(senders.unanswered.contains(id), "{id} is there, and nobody sent it");
            unread += 1;
        }
    }
    for id in &senders.accepted {
        assert!(there.contains_key(id), "{id} was accepted and is lost");
        assert_eq!(api.interactions_of(id).len(), 1, "{id} by its Message-ID");
    }
    let summary = api.get("/interactions/summary").ok();
    let count = |name: &str| summary[name].as_u64().unwrap();
    assert_eq!(count("accepted"), count("duplicates") + count("interactions"), "{summary}");
    assert_eq!(count("duplicates"), duplicates, "{summary}");
    assert_eq!(count("interactions"), u64::try_from(there.len()).unwrap(), "{summary}");
    let said = u64::try_from(senders.acknowledgements).unwrap();
    let written = u64::try_from(senders.attempts).unwrap();
    assert!((said..=written).contains(&count("accepted")), "{said} times 250, {written} attempts, {summary}");
    format!(
        "{written} deliveries begun, {said} answered 250; accepted {} = duplicates {} + interactions {}; of these {unread} whose \
         250 was never read; 0 lost, 0 doubled, each decided once",
        count("accepted"),
        count("duplicates"),
        count("interactions"),
    )
}

/// Whether the log was folded into the database: until it is, nearly everything is in the log alone.
pub fn was_folded(data_dir: &Path) -> bool {
    fs::metadata(data_dir.join("waypost.db")).unwrap().len() > 8 << 20
}
