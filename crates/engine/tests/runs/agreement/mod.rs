//! The checker and the engine can't disagree: flows made by chance, checked, and those that were accepted run by the engine and
//! by a second interpreter that is slow and obvious. What is accepted never fails over types, and both say the same.
//!
//! WAYPOST_AGREEMENT=N tries N sets of flows instead of some hundreds; a failure names its seed.

mod generate;
mod slow;

use std::collections::BTreeMap;

use serde_json::Value as Json;
use waypost_engine::{Limits, Run, RunInput};
use waypost_flow::document::{self, Document};
use waypost_flow::source;
use waypost_ids::codes;

use super::RECEIVED_AT;
use super::mail::Mail;
use super::world::Flows;
use generate::Chance;
use slow::{Ended, Slow};

/// Sets of flows that are tried when nothing else is asked for.
const TRIED: u64 = 1_000;

/// Every action must have been done, in both interpreters.
const ACTIONS: [&str; 15] = [
    "forEach",
    "while",
    "lookupTable",
    "findQueue",
    "runFlow",
    "transferToFlow",
    "setVariable",
    "setOutput",
    "setAttributes",
    "setPriority",
    "transferToQueue",
    "forward",
    "disconnect",
    "return",
    "log",
];

const MAILS: [&str; 3] = [
    "{ from: 'Ann <ann@example.com>', subject: please refund me, body: my invoice 12 }",
    "{ from: bob@example.net, subject: '', body: '' }",
    "{ subject: Refund, body: REFUND NOW }",
];

#[test]
fn fast_and_slow_agree() {
    let tried = std::env::var("WAYPOST_AGREEMENT").ok().and_then(|text| text.parse().ok()).unwrap_or(TRIED);
    let mails: Vec<Mail> = MAILS.iter().map(|facts| Mail::read(Some(&source::yaml(facts).unwrap().0))).collect();
    let (mut accepted, mut runs, mut failed) = (0_u64, 0_u64, 0_u64);
    let mut done: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut ends: BTreeMap<&'static str, usize> = BTreeMap::new();
    for seed in 0..tried {
        let written = generate::flows(&mut Chance::new(seed + 1));
        let documents: Vec<Document> = written.iter().filter_map(read).collect();
        if documents.len() != written.len() {
            continue;
        }
        let Ok(flows) = Flows::check(&documents, &[]) else { continue };
        accepted += 1;
        for (number, mail) in mails.iter().enumerate() {
            let attributes = BTreeMap::from([("a".to_owned(), "attribute".to_owned())]);
            let attributes = if number == 0 { attributes } else { BTreeMap::new() };
            let id = format!("i-{seed}-{number}");
            let fast = fast(&flows, mail, &id, attributes.clone());
            let slow = Slow {
                flows: &documents,
                mail,
                id: &id,
                received_at: RECEIVED_AT.parse().unwrap(),
                attributes,
                priority: 5,
                actions: 0,
                nodes: 0,
                turns: 0,
                done: BTreeMap::new(),
            };
            let (slow, actions) = slow.run();
            let text = || written.iter().map(Json::to_string).collect::<Vec<_>>().join("\n");
            assert_eq!(fast, slow, "left the engine, right the slow one; seed {seed}, mail {number}\n{}", text());
            let defects = [codes::INTERNAL, codes::BROKEN_PROGRAM, codes::UNSET_VARIABLE];
            assert!(!fast.error.is_some_and(|code| defects.contains(&code)), "{fast:?}, seed {seed}\n{}", text());
            failed += u64::from(fast.error.is_some());
            *ends.entry(fast.kind).or_default() += 1;
            for (action, times) in actions {
                *done.entry(action).or_default() += times;
            }
            runs += 1;
        }
    }
    println!(
        "{tried} sets of flows, {accepted} accepted, {runs} runs alike, {failed} of them with an error; {ends:?}; {done:?}"
    );
    assert!(accepted * 5 > tried, "the checker refused nearly everything: {accepted} of {tried}");
    assert!(failed * 50 > runs, "hardly any run failed: {failed} of {runs}");
    for action in ACTIONS {
        assert!(done.get(action).copied().unwrap_or_default() > 20, "`{action}` was hardly done: {done:?}");
    }
}

fn read(written: &Json) -> Option<Document> {
    document::read(&source::json(&written.to_string()).unwrap()).document
}

fn fast(flows: &Flows, mail: &Mail, id: &str, attributes: BTreeMap<String, String>) -> Ended {
    let input = RunInput {
        snapshot: &flows.snapshot,
        start: flows.start(),
        interaction_id: id,
        received_at: RECEIVED_AT.parse().unwrap(),
        priority: 5,
        attributes,
        email: mail,
        limits: Limits::default(),
    };
    let outcome = super::finish(Run::start(input));
    let decision = outcome.decision;
    Ended {
        kind: decision.kind.as_str(),
        queue: decision.queue.map(|queue| queue.name.to_string()),
        priority: decision.priority,
        skills: decision.skills,
        language: decision.language,
        addresses: decision.addresses,
        reason: decision.reason,
        error: decision.error.map(|error| error.code),
        attributes: outcome.attributes,
    }
}
