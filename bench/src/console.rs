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
const FIGURES: [(&str, &str, f64); 18] = [
    ("listPainted", "interactions: first paint", 1_000.0),
    ("listShown", "interactions: the first rows are there", 1_500.0),
    ("listScrolled", "interactions: a frame while 1,000 rows scroll, 95th percentile", 50.0),
    ("flowPainted", "flow: first paint", 1_000.0),
    ("flowShown", "flow: the graph is laid out and drawn", 5_000.0),
    ("flowMoved", "flow: a frame while the graph is moved, 95th percentile", 50.0),
    ("editorFirst", "editor: the graph of a flow without a text is drawn", 5_000.0),
    ("editorShown", "editor: the graph is laid out and drawn", 5_000.0),
    ("editorReady", "editor: nothing long is left to do", 5_000.0),
    ("editorDragged", "editor: a frame while a node is dragged, 95th percentile", 50.0),
    ("editorMoved", "editor: longest task while the graph is moved and zoomed", 50.0),
    ("editorSelected", "editor: longest task when a node is selected", 50.0),
    ("editorSwitched", "editor: longest task when the YAML is opened", 50.0),
    ("editorAdded", "editor: longest task when a node is added", 50.0),
    ("editorRemoved", "editor: longest task when a node is removed", 50.0),
    ("mistakeShown", "editor: from a wrong expression to its problem", 1_000.0),
    ("graphInStep", "editor: from a key in the YAML to the graph", 300.0),
    ("editorSaved", "editor: longest task while a draft is saved", 50.0),
];

/// Where keys are pressed in the editor, as `console/e2e/speed.mjs` calls it.
const KEYS: [(&str, &str); 5] = [
    ("yamlKey", "a key in the YAML"),
    ("formKey", "a key in a form's field"),
    ("expressionKey", "a key in an expression"),
    ("brokenKey", "a key in YAML that can't be read"),
    ("undoKey", "undo and redo"),
];

/// What is told of each of them, and what a person does not notice.
const OF_A_KEY: [(&str, &str, f64); 4] = [
    ("Half", "until it is painted, median", 50.0),
    ("Most", "until it is painted, 95th percentile", 50.0),
    ("Max", "until it is painted, longest", 100.0),
    ("Work", "work of the page's thread, 95th percentile", 16.0),
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
    let keys = KEYS.into_iter().flat_map(|(key, what)| {
        OF_A_KEY.map(|(part, how, most)| (format!("{key}{part}"), format!("editor: {what}: {how}"), most))
    });
    let figures = FIGURES.map(|(name, what, most)| (name.to_owned(), what.to_owned(), most)).into_iter().chain(keys);
    let title = format!("Console in Chromium, {} interactions and a flow of {} nodes", INTERACTIONS[1], NODES[1]);
    let mut section = Section::new(title);
    // What people wait for while they type; nobody waits for a check of thousands.
    section.line(checked(ground, rounds, 200)?.goal(Goal::AtMost(50.0)));
    section.line(checked(ground, rounds, NODES[1])?);
    let [few, many] = taken;
    for (name, what, most) in figures {
        let figure = |of: &BTreeMap<String, Vec<f64>>| Figure::of(of.get(&name).cloned()?);
        let (few, many) = (figure(&few).context("no rounds")?, figure(&many).context("no rounds")?);
        let line = Line::new(what, Unit::Milliseconds, many).beside("1,000 interactions, 20 nodes", few);
        section.line(line.goal(Goal::AtMost(most)));
    }
    Ok(section)
}

/// How long the server takes to check a flow, as the editor asks it while somebody types.
fn checked(ground: &Ground, rounds: usize, nodes: usize) -> Result<Line> {
    /// Checks in a round.
    const CHECKS: usize = 20;
    let ledger = Ledger::over(ground, INTERACTIONS[0])?;
    let flow = ledger.api.send("POST", "/flows", &chain(nodes))?;
    let set = json!({ "dryRun": true, "flows": [{ "flowId": flow["id"], "document": chain(nodes) }] });
    let mut times = Vec::new();
    for _ in 0..rounds * CHECKS {
        let begun = Instant::now();
        ledger.api.send("POST", "/changesets", &set)?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    ledger.end(None)?;
    let what = format!("editor: a flow of {nodes} nodes checked by the server");
    Ok(Line::new(what, Unit::Milliseconds, Figure::of(times).context("no rounds")?))
}

/// A flow of so many nodes with what people write into them. Each leads to the next, and every fourth to one ahead as well.
fn chain(nodes: usize) -> Json {
    let node = |number: usize| {
        let mut next = Vec::new();
        if number % 4 == 0 && number + 3 < nodes {
            let when = format!("${{interaction.email.subject.contains('{number}') && !interaction.email.isBulk}}");
            next.push(json!({ "when": when, "to": format!("n{}", number + 3) }));
        }
        if number + 1 < nodes {
            next.push(json!({ "to": format!("n{}", number + 1) }));
        }
        let mut actions = vec![json!({ "type": "log", "message": format!("at {number}") })];
        actions.extend(action(number));
        json!({ "id": format!("n{number}"), "name": format!("Step {number}"), "actions": actions, "next": next })
    };
    let nodes: Vec<Json> = (0..nodes).map(node).collect();
    json!({ "name": "A long flow", "type": "email", "nodes": nodes })
}

/// What a node does beside saying where the run is.
fn action(number: usize) -> Option<Json> {
    match number % 5 {
        0 => Some(json!({
            "type": "setVariable",
            "name": format!("ticket{}", number % 20),
            "value": format!("${{interaction.email.subject.startsWith('[{number}]')}}"),
        })),
        1 => Some(json!({
            "type": "setAttributes",
            "attributes": { "step": number.to_string(), "customer": "${interaction.email.from.address}" },
        })),
        2 => Some(json!({ "type": "setPriority", "priority": "${interaction.priority + 1}" })),
        3 => Some(json!({
            "type": "forEach",
            "items": "${interaction.email.attachments}",
            "as": "file",
            "actions": [{ "type": "log", "message": "${file.name} of ${interaction.email.subject}" }],
        })),
        _ => None,
    }
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
