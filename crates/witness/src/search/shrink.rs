//! A draft made as small as it can be while it still shows what it was found for.

use serde_json::Value as Json;
use waypost_flow_tests::Flows;

use super::attempt::{Attempt, attempt};
use super::clock::Clock;
use super::draft::{Answer, Draft, Failure};

/// How much work it may be: a run of a small mail is one. Counted first and timed only at last, so that a draft mostly becomes the same.
const MOST_WORK: usize = 1_500;

/// Each of these many bytes of a mail is as much work as a run.
const BYTES: usize = 16 * 1024;

/// Takes away what is not needed, until nothing can be taken away any more. After something was taken away it goes on from there:
/// what was needed before is mostly needed still, and is tried again in the next round.
pub(crate) fn shrunk(sides: &[Flows<'_>], draft: Draft, clock: &Clock<'_>, shows: &dyn Fn(&Attempt) -> bool) -> Draft {
    let (mut best, mut left) = (draft, MOST_WORK);
    loop {
        let (mut at, mut is_smaller) = (0, false);
        while let Some(smaller) = nth(&best, at) {
            let attached: usize = smaller.attachments.iter().map(|attached| attached.size).sum();
            let Some(rest) = left.checked_sub(1 + (smaller.size.unwrap_or_default() + attached) / BYTES) else {
                return without_unasked(sides, best);
            };
            left = rest;
            if clock.is_late() {
                return without_unasked(sides, best);
            }
            if attempt(sides, &smaller).is_some_and(|one| shows(&one)) {
                (best, is_smaller) = (smaller, true);
            } else {
                at += 1;
            }
        }
        if !is_smaller {
            return without_unasked(sides, best);
        }
    }
}

/// One of the smaller drafts.
fn nth(draft: &Draft, at: usize) -> Option<Draft> {
    let parts = without_parts(draft);
    let texts = at.checked_sub(parts.len());
    match texts {
        None => parts.into_iter().nth(at),
        Some(at) => with_shorter_texts(draft).into_iter().nth(at),
    }
}

/// The draft without one of its parts each.
fn without_parts(draft: &Draft) -> Vec<Draft> {
    let mut all = Vec::new();
    let mut change = |change: &dyn Fn(&mut Draft)| {
        let mut smaller = draft.clone();
        change(&mut smaller);
        if smaller != *draft {
            all.push(smaller);
        }
    };
    change(&|draft| draft.size = None);
    change(&|draft| draft.at = None);
    change(&|draft| draft.attachments.clear());
    change(&|draft| draft.attachments.truncate(draft.attachments.len() / 2));
    change(&|draft| drop(draft.attachments.pop()));
    change(&|draft| draft.headers.clear());
    change(&|draft| draft.attributes.clear());
    for name in draft.texts.keys() {
        change(&|draft| drop(draft.texts.remove(name)));
    }
    for name in draft.headers.keys() {
        change(&|draft| drop(draft.headers.remove(name)));
    }
    for name in draft.attributes.keys() {
        change(&|draft| drop(draft.attributes.remove(name)));
    }
    for name in draft.facts.keys() {
        change(&|draft| drop(draft.facts.remove(name)));
    }
    for name in draft.only.keys() {
        change(&|draft| drop(draft.only.remove(name)));
    }
    for (name, answer) in &draft.answers {
        change(&|draft| match name.plain() {
            Some(plain) => drop(draft.answers.insert(name.clone(), plain)),
            None => drop(draft.answers.remove(name)),
        });
        if let Answer::Failure(_) = answer {
            change(&|draft| drop(draft.answers.insert(name.clone(), Answer::Failure(Failure::default()))));
        }
        if let Answer::Output(outputs) = answer {
            for output in outputs.keys() {
                let mut fewer = outputs.clone();
                fewer.shift_remove(output);
                change(&|draft| drop(draft.answers.insert(name.clone(), Answer::Output(fewer.clone()))));
            }
        }
    }
    for name in draft.inputs.keys() {
        change(&|draft| {
            if let Some(value) = draft.inputs.get_mut(name) {
                *value = emptied(value);
            }
        });
    }
    all
}

/// The draft with one text shorter: half of its words or characters, then one less.
fn with_shorter_texts(draft: &Draft) -> Vec<Draft> {
    let mut all = Vec::new();
    for (name, text) in &draft.texts {
        for shorter in shorter(text) {
            let mut smaller = draft.clone();
            smaller.texts.insert(name, shorter);
            all.push(smaller);
        }
    }
    for (name, text) in &draft.headers {
        for shorter in shorter(text) {
            let mut smaller = draft.clone();
            smaller.headers.insert(name.clone(), shorter);
            all.push(smaller);
        }
    }
    for (name, text) in &draft.attributes {
        for shorter in shorter(text) {
            let mut smaller = draft.clone();
            smaller.attributes.insert(name.clone(), shorter);
            all.push(smaller);
        }
    }
    for (name, value) in &draft.inputs {
        for shorter in value.as_str().map(shorter).unwrap_or_default() {
            let mut smaller = draft.clone();
            smaller.inputs.insert(name.clone(), Json::from(shorter));
            all.push(smaller);
        }
    }
    all
}

fn shorter(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let lower = text.to_lowercase();
    if lower != text {
        all.push(lower);
    }
    for unit in ["\n", " ", ""] {
        // An empty unit splits before the first and after the last character, too.
        let parts: Vec<&str> = text.split(unit).collect();
        if parts.len() < 2 {
            continue;
        }
        let mut width = parts.len() / 2;
        while width > 0 {
            for start in (0..parts.len()).step_by(width).take(64) {
                let kept = parts.iter().enumerate().filter(|(at, _)| *at < start || *at >= start + width);
                let kept: Vec<&str> = kept.map(|(_, part)| *part).collect();
                let kept = kept.join(unit);
                if kept.len() < text.len() {
                    all.push(kept);
                }
            }
            width /= 2;
        }
    }
    all
}

fn emptied(value: &Json) -> Json {
    match value {
        Json::String(text) if text.parse::<jiff::Timestamp>().is_ok() || text.ends_with('s') => value.clone(),
        Json::String(_) => Json::from(""),
        Json::Bool(_) => Json::Bool(false),
        Json::Array(_) => Json::Array(Vec::new()),
        other => other.clone(),
    }
}

/// Without the answers that no version asks for.
fn without_unasked(sides: &[Flows<'_>], mut draft: Draft) -> Draft {
    if let Some(attempt) = attempt(sides, &draft) {
        draft.answers.retain(|asked, _| !attempt.unasked.contains(&asked.label()));
    }
    draft
}
