//! Many flows: what publishing a shared flow, asking who uses it, and starting cost, and how that grows.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::{Value as Json, json};

use crate::measure::Figure;
use crate::report::{Goal, Line, Section, Unit, say};
use crate::smtp::Ground;
use crate::smtp::server::{Api, Server};

/// Shared flows; every caller calls the first, and nine of the others.
const SHARED: usize = 100;
const CALLS: usize = 10;

/// Flows in one change set while the ground is laid.
const SET: usize = 500;

/// Problems that a refusal lists; the rest is counted.
const LISTED: usize = 500;

/// Flows, least to most.
const SIZES: [usize; 3] = [100, 1_000, 10_000];

fn shared(number: usize, more: &[&str], score: usize) -> Json {
    let mut inputs = vec![json!({ "name": "text", "dataType": "string" })];
    inputs.extend(more.iter().map(|name| json!({ "name": name, "dataType": "integer", "default": 1 })));
    json!({
        "name": format!("Shared {number}"), "type": "shared", "inputs": inputs,
        "outputs": [{ "name": "kind", "dataType": "string" }, { "name": "score", "dataType": "integer" }],
        "nodes": [{ "id": "work", "actions": [
            { "type": "setOutput", "name": "kind", "value": "${containsAny(input.text, ['refund', 'invoice']) ? 'billing' : 'general'}" },
            { "type": "setOutput", "name": "score", "value": score },
        ] }],
    })
}

fn caller(number: usize) -> Json {
    let call = |place: usize| {
        let callee = if place == 0 { 0 } else { 1 + (number * 7 + place * 13) % (SHARED - 1) };
        let value = if place.is_multiple_of(2) { "${interaction.email.body}" } else { "${interaction.email.subject}" };
        json!({
            "type": "runFlow", "flow": format!("Shared {callee}"),
            "inputMapping": [{ "name": "text", "value": value }],
            "outputMapping": [{ "name": format!("kind{place}"), "value": "${output.kind}" }],
        })
    };
    let calls: Vec<Json> = (0..CALLS).map(call).collect();
    json!({
        "name": format!("Inbound {number}"), "type": "email",
        "nodes": [
            { "id": "ask", "actions": calls, "next": [
                { "when": format!("${{kind0 == 'billing' && kind1 != 'topic {number}'}}"), "to": "billing" }, { "to": "general" },
            ] },
            { "id": "billing", "actions": [{ "type": "transferToQueue", "queue": "Billing" }] },
            { "id": "general", "actions": [{ "type": "transferToQueue", "queue": "General" }] },
        ],
    })
}

/// Milliseconds of each figure, round by round, for one number of flows.
#[derive(Default)]
struct Taken {
    same: Vec<f64>,
    checked: Vec<f64>,
    refused: Vec<f64>,
    used: Vec<f64>,
    used_by_all: Vec<f64>,
    start: Vec<f64>,
    memory: f64,
}

/// One of the figures.
type Part = fn(&Taken) -> &[f64];

pub(crate) fn section(ground: &Ground, rounds: usize) -> Result<Section> {
    let mut section = Section::new(format!("Many flows: each calls {CALLS} shared flows, all of them the first"));
    let mut all = Vec::new();
    for size in SIZES {
        say(&format!("{size} flows"));
        all.push((size, one_size(ground, size, rounds)?));
    }
    let biggest = SIZES[SIZES.len() - 1];
    let figures: [(&str, Part, Option<f64>); 6] = [
        ("publish the first, its interface changed: all callers checked", |taken| &taken.checked, Some(1_000.0)),
        ("  the same, refused: every caller named", |taken| &taken.refused, None),
        ("publish the first, its interface as it was", |taken| &taken.same, None),
        ("where-used of a caller's callees, all the way", |taken| &taken.used, Some(10.0)),
        ("where-used of the first: all callers listed", |taken| &taken.used_by_all, Some(10.0)),
        ("start, flows loaded and checked", |taken| &taken.start, Some(2_000.0)),
    ];
    for (what, figure, most) in figures {
        for (size, taken) in &all {
            let figure = Figure::of(figure(taken).to_vec()).context("no rounds")?;
            let line = Line::new(format!("{what}, {size} flows"), Unit::Milliseconds, figure);
            section.line(match most {
                Some(most) if *size == biggest => line.goal(Goal::AtMost(most)),
                _ => line,
            });
        }
    }
    for (size, taken) in &all {
        section.line(Line::new(
            format!("memory after a start, {size} flows"),
            Unit::Megabytes,
            Figure::single(taken.memory),
        ));
    }
    Ok(section)
}

fn one_size(ground: &Ground, size: usize, rounds: usize) -> Result<Taken> {
    let data = ground.scratch.join(format!("flows-{size}"));
    let mut taken = Taken::default();
    let server = Server::start(&ground.program, &data)?;
    let api = server.api()?;
    for name in ["Billing", "General"] {
        api.send("POST", "/routing/queues", &json!({ "name": name }))?;
    }
    let set = |flows: Vec<Json>| json!({ "flows": flows.into_iter().map(|document| json!({ "document": document })).collect::<Vec<_>>() });
    api.send("POST", "/changesets", &set((0..SHARED).map(|number| shared(number, &[], 0)).collect()))?;
    for start in (0..size).step_by(SET) {
        api.send("POST", "/changesets", &set((start..size.min(start + SET)).map(caller).collect()))?;
    }
    let first = id_of(&api, "Shared 0")?;
    let one = id_of(&api, "Inbound 5")?;
    let path = format!("/flows/{first}");
    for round in 0..rounds {
        let names: Vec<String> = (0..=round).map(|number| format!("limit{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        taken.checked.push(time(|| api.send("PUT", &path, &shared(0, &names, 0)))?);
        taken.same.push(time(|| api.send("PUT", &path, &shared(0, &names, 1 + round)))?);
        let mut broken = shared(0, &names, 0);
        broken["outputs"][0]["name"] = json!("sort");
        broken["nodes"][0]["actions"][0]["name"] = json!("sort");
        taken.refused.push(time(|| match api.refused("PUT", &path, &broken)? {
            (409, body) if told_of(&body, size) => Ok(()),
            (status, body) => bail!("{status} instead of a refusal that names {size} callers: {}", body["message"]),
        })?);
        taken.used.push(time(|| api.bytes(&format!("/flows/{one}/uses?transitive=true")))?);
        taken.used_by_all.push(time(|| api.bytes(&format!("{path}/usedby")))?);
    }
    server.stop()?;
    for _ in 0..rounds {
        let begun = Instant::now();
        let server = Server::start(&ground.program, &data)?;
        taken.start.push(begun.elapsed().as_secs_f64() * 1e3);
        taken.memory = server.memory()?.0;
        server.stop()?;
    }
    remove(&data)?;
    Ok(taken)
}

/// Whether a refusal lists as many callers as are listed, and counts all of them.
fn told_of(body: &Json, callers: usize) -> bool {
    let listed = body["errors"].as_array().map_or(0, Vec::len);
    let counted = body["message"].as_str().is_some_and(|message| message.contains(&callers.to_string()));
    listed >= callers.min(LISTED) && counted
}

fn time<T>(work: impl FnOnce() -> Result<T>) -> Result<f64> {
    let begun = Instant::now();
    work()?;
    Ok(begun.elapsed().as_secs_f64() * 1e3)
}

fn id_of(api: &Api, name: &str) -> Result<String> {
    let page = api.get(&format!("/flows?pageSize=500&name={}", name.replace(' ', "+")))?;
    let flows = page["entities"].as_array().context("a page of flows")?;
    let found = flows.iter().find(|flow| flow["name"] == name).with_context(|| format!("the flow {name}"))?;
    Ok(found["id"].as_str().context("its id")?.to_owned())
}

fn remove(data: &Path) -> Result<()> {
    std::fs::remove_dir_all(data).with_context(|| format!("removing {}", data.display()))
}
