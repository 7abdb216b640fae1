//! What uses what, as a tree, as Mermaid, as data.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::Write;

use clap::ValueEnum;
use uuid::Uuid;
use waypost_wire::graph::{Graph, GraphEdge, GraphNode};

use super::One;
use crate::commands::queues;
use crate::failure::Failure;
use crate::remote::Server;
use crate::table::Output;

/// How a graph is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A tree for people.
    #[default]
    #[value(alias = "table")]
    Tree,
    /// A Mermaid flowchart.
    Mermaid,
    /// Nodes and edges.
    Json,
    /// The same as YAML.
    Yaml,
}

/// How far to look, and how to print.
#[derive(clap::Args)]
pub(crate) struct Looking {
    /// Include indirect ones, not only direct ones
    #[arg(long, short = 't')]
    pub(crate) transitive: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Format,
}

impl Looking {
    /// Prints what uses something.
    pub(crate) fn print_users(&self, graph: &Graph<'_>, out: &mut impl Write) -> Result<(), Failure> {
        print(graph, false, self.output, out)
    }
}

/// Arguments about a flow.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    looking: Looking,
}

/// Arguments about a queue.
#[derive(clap::Args)]
pub(crate) struct OfQueue {
    #[command(flatten)]
    server: Server,
    /// The queue's name or id
    queue: String,
    #[command(flatten)]
    looking: Looking,
}

pub(super) fn uses(arguments: &Arguments, out: &mut impl Write) -> Result<(), Failure> {
    let (remote, id) = arguments.one.find()?;
    let graph = remote.wait(remote.flows().uses(id, arguments.looking.transitive))?;
    print(&graph, true, arguments.looking.output, out)
}

pub(super) fn used_by(arguments: &Arguments, out: &mut impl Write) -> Result<(), Failure> {
    let (remote, id) = arguments.one.find()?;
    let graph = remote.wait(remote.flows().used_by(id, arguments.looking.transitive))?;
    arguments.looking.print_users(&graph, out)
}

/// `waypost queues used-by`.
pub(crate) fn queue_used_by(arguments: &OfQueue, out: &mut impl Write) -> Result<(), Failure> {
    let remote = arguments.server.connect()?;
    let id = queues::find(&remote, &arguments.queue)?;
    let graph = remote.wait(remote.routing().queue_used_by(id, arguments.looking.transitive))?;
    arguments.looking.print_users(&graph, out)
}

fn print(graph: &Graph<'_>, downwards: bool, format: Format, out: &mut impl Write) -> Result<(), Failure> {
    match format {
        Format::Json => Ok(Output::Json.write(out, graph)?),
        Format::Yaml => Ok(Output::Yaml.write(out, graph)?),
        Format::Tree => Ok(out.write_all(tree(graph, downwards).as_bytes())?),
        Format::Mermaid => Ok(out.write_all(mermaid(graph).as_bytes())?),
    }
}

fn label(node: &GraphNode<'_>) -> String {
    let deprecated = if node.deprecated.is_some() { " (deprecated)" } else { "" };
    format!("{} {}{deprecated}", node.kind, node.name)
}

/// One line a node; what appears twice is shown once with what is below it.
fn tree(graph: &Graph<'_>, downwards: bool) -> String {
    let nodes: HashMap<Uuid, &GraphNode<'_>> = graph.nodes.iter().map(|node| (node.id, node)).collect();
    let Some(root) = graph.nodes.first() else { return String::new() };
    let mut text = format!("{}\n", label(root));
    let mut shown = HashSet::from([root.id]);
    branch(graph, &nodes, root.id, downwards, "", &mut shown, &mut text);
    text
}

fn branch(
    graph: &Graph<'_>,
    nodes: &HashMap<Uuid, &GraphNode<'_>>,
    of: Uuid,
    downwards: bool,
    indent: &str,
    shown: &mut HashSet<Uuid>,
    text: &mut String,
) {
    let ends = |edge: &GraphEdge<'_>| {
        if downwards { (edge.from, edge.to) } else { (edge.to, edge.from) }
    };
    let mut below: Vec<(Uuid, Vec<&GraphEdge<'_>>)> = Vec::new();
    for edge in graph.edges.iter().filter(|edge| ends(edge).0 == of) {
        let other = ends(edge).1;
        match below.iter_mut().find(|(known, _)| *known == other) {
            Some((_, edges)) => edges.push(edge),
            None => below.push((other, vec![edge])),
        }
    }
    let count = below.len();
    for (position, (id, edges)) in below.into_iter().enumerate() {
        let last = position + 1 == count;
        let Some(node) = nodes.get(&id) else { continue };
        let again = !shown.insert(id);
        let places: Vec<String> = edges.iter().map(|edge| place(edge)).collect();
        let more = if again { ", see above" } else { "" };
        text.push_str(&format!(
            "{indent}{} {}  [{}{more}]\n",
            if last { "└─" } else { "├─" },
            label(node),
            places.join("; ")
        ));
        if !again {
            let indent = format!("{indent}{}", if last { "   " } else { "│  " });
            branch(graph, nodes, id, downwards, &indent, shown, text);
        }
    }
}

fn place(edge: &GraphEdge<'_>) -> String {
    let version = edge.version.map(|version| format!("v{version} ")).unwrap_or_default();
    let path =
        edge.path.as_ref().filter(|path| **path != edge.kind).map(|path| format!(" at {path}")).unwrap_or_default();
    let selector = edge.selector.as_deref().filter(|selector| *selector != "published");
    let selector = selector.map(|selector| format!(" version {selector}")).unwrap_or_default();
    format!("{version}{}{selector}{path}", edge.kind)
}

/// A Mermaid flowchart, from what uses to what is used.
fn mermaid(graph: &Graph<'_>) -> String {
    let mut text = "flowchart LR\n".to_owned();
    let number: HashMap<Uuid, usize> = graph.nodes.iter().enumerate().map(|(number, node)| (node.id, number)).collect();
    for (position, node) in graph.nodes.iter().enumerate() {
        let name = node.name.replace('"', "#quot;");
        let (open, close) = match &*node.kind {
            "route" => ("([\"", "\"])"),
            "queue" => ("[(\"", "\")]"),
            _ => ("[\"", "\"]"),
        };
        text.push_str(&format!("  n{position}{open}{name}{close}\n"));
    }
    let mut said = BTreeSet::new();
    for edge in &graph.edges {
        let (Some(from), Some(to)) = (number.get(&edge.from), number.get(&edge.to)) else { continue };
        let selector = edge.selector.as_deref().filter(|selector| *selector != "published");
        let selector = selector.map(|selector| format!(" {selector}")).unwrap_or_default();
        if said.insert((from, to, &edge.kind, selector.clone())) {
            text.push_str(&format!("  n{from} -->|{}{selector}| n{to}\n", edge.kind));
        }
    }
    text
}
