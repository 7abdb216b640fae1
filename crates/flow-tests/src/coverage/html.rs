//! Coverage as a page: each flow drawn as a graph, green where runs came and red where none did, and its gaps.

use std::fmt::Write;

use super::count::{Counts, Coverage, Ratio};
use super::map::{FlowMap, Map};
use crate::markup::escaped;

/// Sizes in the drawing, in pixels.
const WIDTH: usize = 160;
const HEIGHT: usize = 36;
const ACROSS: usize = 190;
const DOWN: usize = 84;

/// How the page looks, in light and in dark.
const STYLE: &str = "
:root { color-scheme: light dark; --hit: #1a7f37; --missed: #cf222e; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
table { border-collapse: collapse; } td, th { padding: .2rem 1rem .2rem 0; text-align: left; }
svg { max-width: 100%; height: auto; } text { font: 13px system-ui, sans-serif; fill: currentColor; text-anchor: middle; }
rect, path { fill: none; stroke-width: 2; } .hit { stroke: var(--hit); } .missed { stroke: var(--missed); stroke-dasharray: 5 4; }
li { color: var(--missed); } code { font-size: .9em; }
";

/// The whole page.
#[must_use]
pub fn html(map: &Map, counts: &Counts, coverage: &Coverage) -> String {
    let mut out = String::new();
    // Writing to a String can't fail.
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>Coverage of flows</title><style>{STYLE}</style>\n<h1>Coverage of flows</h1>\n\
         <table><tr><th>Flow<th>Nodes<th>Branches<th>Outcomes</tr>\n"
    );
    for flow in &coverage.flows {
        row(&mut out, &flow.flow, [flow.nodes, flow.branches, flow.outcomes]);
    }
    row(&mut out, "all", [coverage.nodes, coverage.branches, coverage.outcomes]);
    out.push_str("</table>\n");
    for flow in &map.flows {
        let _ = writeln!(out, "<h2>{}</h2>\n<p><code>{}</code></p>", escaped(&flow.name), escaped(&flow.file));
        draw(&mut out, flow, counts);
        out.push_str("<ul>\n");
        for item in flow.items.iter().filter(|item| counts.of(item) == 0) {
            let _ = writeln!(out, "<li>line {}: {}", item.line, escaped(&item.missed));
        }
        out.push_str("</ul>\n");
    }
    out
}

fn row(out: &mut String, name: &str, ratios: [Ratio; 3]) {
    let _ = write!(out, "<tr><td>{}", escaped(name));
    for ratio in ratios {
        let percent = (ratio.percent() * 10.0).floor() / 10.0;
        let _ = write!(out, "<td>{percent:.1} % ({} of {})", ratio.reached, ratio.of);
    }
    out.push_str("</tr>\n");
}

/// Where a node is drawn: column and row.
struct Spot {
    across: usize,
    down: usize,
}

/// Nodes in rows by how many steps they are from the first, those that nothing leads to but errors in the last.
fn spots(flow: &FlowMap) -> Vec<Spot> {
    let mut depth: Vec<Option<usize>> = vec![None; flow.nodes.len()];
    let mut next = vec![0];
    let mut row = 0;
    while !next.is_empty() {
        let mut after = Vec::new();
        for node in next {
            let (Some(place), Some(drawn)) = (depth.get_mut(node), flow.nodes.get(node)) else { continue };
            if place.is_none() {
                *place = Some(row);
                after.extend(drawn.ways.iter().filter_map(|way| way.to));
            }
        }
        next = after;
        row += 1;
    }
    let last = depth.iter().flatten().max().map_or(0, |deepest| deepest + 1);
    let mut filled = vec![0; last + 1];
    let mut place = |down: usize| {
        let taken = filled.get_mut(down).map_or(0, |taken| std::mem::replace(taken, *taken + 1));
        Spot { across: taken, down }
    };
    depth.into_iter().map(|down| place(down.unwrap_or(last))).collect()
}

fn draw(out: &mut String, flow: &FlowMap, counts: &Counts) {
    let spots = spots(flow);
    let columns = spots.iter().map(|spot| spot.across + 1).max().unwrap_or(1);
    let rows = spots.iter().map(|spot| spot.down + 1).max().unwrap_or(1);
    let (width, height) = (columns * ACROSS, rows * DOWN);
    let name = escaped(&flow.name);
    let _ =
        writeln!(out, "<svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" role=\"img\" aria-label=\"{name}\">");
    let class = |times: u64| if times > 0 { "hit" } else { "missed" };
    for (node, from) in flow.nodes.iter().zip(&spots) {
        for way in &node.ways {
            let Some(to) = way.to.and_then(|to| spots.get(to)) else { continue };
            let (x, y) = (from.across * ACROSS + WIDTH / 2 + 10, from.down * DOWN + HEIGHT + 10);
            let (to_x, to_y) = (to.across * ACROSS + WIDTH / 2 + 10, to.down * DOWN + 10);
            let times = counts.times(way.target);
            if way.implicit && times == 0 {
                continue;
            }
            let _ = writeln!(
                out,
                "<path class=\"{}\" d=\"M{x} {y}C{x} {} {to_x} {} {to_x} {to_y}\"><title>{} ({times})</title></path>",
                class(times),
                y + DOWN / 3,
                to_y.saturating_sub(DOWN / 3),
                escaped(&way.by),
            );
        }
    }
    for (node, spot) in flow.nodes.iter().zip(&spots) {
        let (x, y, times) = (spot.across * ACROSS + 10, spot.down * DOWN + 10, counts.times(node.target));
        let _ = writeln!(
            out,
            "<rect class=\"{}\" x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"6\"><title>entered {times} times</title></rect>\n\
             <text x=\"{}\" y=\"{}\">{}</text>",
            class(times),
            x + WIDTH / 2,
            y + 23,
            escaped(&node.id),
        );
    }
    out.push_str("</svg>\n");
}
