//! The web console in Chromium: a list over many interactions, the graph of a long flow, and its editor with the check behind it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};
use serde_json::{Value as Json, json};

use crate::claims::Ledger;
use crate::measure::Figure;
use crate::outside::{output, run};
use crate::report::{Goal, Line, Section, Unit, say};
use crate::smtp::Ground;
use crate::smtp::server::{CLIENT, SECRET};

/// Interactions in the list, and its yardstick's.
const INTERACTIONS: [usize; 2] = [1_000, 100_000];

/// Nodes of the flow, and its yardstick's.
const NODES: [usize; 2] = [20, 2_000];

/// What `console/e2e/speed.mjs` tells, in milliseconds, and what a person does not wait for.
const FIGURES: [(&str, &str, f64); 8] = [
    ("listPainted", "interactions: first paint", 1_000.0),
    ("listShown", "interactions: the first rows are there", 1_500.0),
    ("listScrolled", "interactions: a frame while 1,000 rows scroll, 95th percentile", 50.0),
    ("flowPainted", "flow: first paint", 1_000.0),
    ("flowShown", "flow: the graph is laid out and drawn", 5_000.0),
    ("flowMoved", "flow: a frame while the graph is moved, 95th percentile", 50.0),
    ("editorShown", "editor: the graph is laid out and drawn", 5_000.0),
    ("editorDragged", "editor: a frame while a node is dragged, 95th percentile", 50.0),
];

pub(crate) fn section(ground: &Ground, root: &Path, rounds: usize) -> Result<Section> {
    let browser = Browser::find(root)?;
    let mut taken: [BTreeMap<String, Vec<f64>>; 2] = Default::default();
    for ((interactions, nodes), taken) in INTERACTIONS.into_iter().zip(NODES).zip(&mut taken) {
        let ledger = Ledger::over(ground, interactions)?;
        let flow = ledger.api.send("POST", "/flows", &chain(nodes))?;
        let flow = flow["id"].as_str().context("a flow without an id")?;
        for round in 0..rounds {
            say(&format!("console, {interactions} interactions, {nodes} nodes, round {} of {rounds}", round + 1));
            for (name, value) in browser.told(ground, ledger.server.http, flow)? {
                taken.entry(name).or_default().push(value);
            }
        }
        ledger.end(None)?;
    }
    let title = format!("Console in Chromium, {} interactions and a flow of {} nodes", INTERACTIONS[1], NODES[1]);
    let mut section = Section::new(title);
    section.line(checked(ground, rounds)?);
    let [few, many] = taken;
    for (name, what, most) in FIGURES {
        let figure = |of: &BTreeMap<String, Vec<f64>>| Figure::of(of.get(name).cloned()?);
        let (few, many) = (figure(&few).context("no rounds")?, figure(&many).context("no rounds")?);
        let line = Line::new(what, Unit::Milliseconds, many).beside("1,000 interactions, 20 nodes", few);
        section.line(line.goal(Goal::AtMost(most)));
    }
    Ok(section)
}

/// How long the server takes to check a flow of 200 nodes, as the editor asks it while somebody types.
fn checked(ground: &Ground, rounds: usize) -> Result<Line> {
    /// Checks in a round.
    const CHECKS: usize = 20;
    let ledger = Ledger::over(ground, INTERACTIONS[0])?;
    let flow = ledger.api.send("POST", "/flows", &chain(200))?;
    let set = json!({ "dryRun": true, "flows": [{ "flowId": flow["id"], "document": chain(200) }] });
    let mut times = Vec::new();
    for _ in 0..rounds * CHECKS {
        let begun = Instant::now();
        ledger.api.send("POST", "/changesets", &set)?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    ledger.end(None)?;
    let line = Line::new(
        "editor: a flow of 200 nodes checked by the server",
        Unit::Milliseconds,
        Figure::of(times).context("no rounds")?,
    );
    Ok(line.goal(Goal::AtMost(50.0)))
}

/// A flow of so many nodes; each leads to the next, and every fourth to one ahead as well.
fn chain(nodes: usize) -> Json {
    let node = |number: usize| {
        let mut next = Vec::new();
        if number % 4 == 0 && number + 3 < nodes {
            let when = format!("${{interaction.email.subject.contains('{number}')}}");
            next.push(json!({ "when": when, "to": format!("n{}", number + 3) }));
        }
        if number + 1 < nodes {
            next.push(json!({ "to": format!("n{}", number + 1) }));
        }
        let id = format!("n{number}");
        json!({ "id": id, "actions": [{ "type": "log", "message": format!("at {number}") }], "next": next })
    };
    let nodes: Vec<Json> = (0..nodes).map(node).collect();
    json!({ "name": "A long flow", "type": "email", "nodes": nodes })
}

/// What drives the console.
struct Browser {
    console: PathBuf,
    node: String,
    chromium: String,
}

impl Browser {
    fn find(root: &Path) -> Result<Self> {
        for script in ["setup-console", "setup-browser"] {
            run(&mut Command::new(root.join("scripts").join(script)))?;
        }
        let console = root.join("console");
        let node = std::fs::read_to_string(console.join("node_modules/.node"));
        let node = node.context("scripts/setup-console could not find or fetch Node.js")?.trim().to_owned();
        let found =
            ["chromium", "chromium-browser"].into_iter().find_map(|name| output(Command::new("which").arg(name)).ok());
        let chromium = found.context("Chromium is not installed")?.trim().to_owned();
        Ok(Self { console, node, chromium })
    }

    fn told(&self, ground: &Ground, port: u16, flow: &str) -> Result<BTreeMap<String, f64>> {
        let profile = ground.scratch.join("browser");
        let told = output(
            Command::new(&self.node)
                .arg("e2e/speed.mjs")
                .current_dir(&self.console)
                .env("BASE", format!("http://127.0.0.1:{port}"))
                .env("CHROMIUM", &self.chromium)
                .env("PROFILE", &profile)
                .env("CLIENT_ID", CLIENT)
                .env("CLIENT_SECRET", SECRET)
                .env("FLOW", flow),
        )?;
        std::fs::remove_dir_all(&profile)?;
        let last = told.lines().last().unwrap_or_default();
        serde_json::from_str(last).with_context(|| format!("the browser told: {told}"))
    }
}
