//! Coverage as lcov's tracefile, which editors and services read (lcov 2, geninfo(1), "Tracefile format").

use std::collections::BTreeMap;
use std::fmt::Write;

use super::count::Counts;
use super::map::{FlowMap, Kind, Map};

/// Nodes as lines; branches and outcomes as branches of their line.
#[must_use]
pub fn lcov(map: &Map, counts: &Counts) -> String {
    let mut out = String::new();
    // A file is one record, however many flows are in it.
    let mut files: BTreeMap<&str, Vec<&FlowMap>> = BTreeMap::new();
    for flow in &map.flows {
        files.entry(&flow.file).or_default().push(flow);
    }
    for (file, flows) in files {
        let mut lines: BTreeMap<usize, u64> = BTreeMap::new();
        let (mut found, mut hit) = (0_u64, 0_u64);
        // Writing to a String can't fail.
        let _ = writeln!(out, "TN:\nSF:{file}");
        for item in flows.iter().flat_map(|flow| &flow.items) {
            let count = counts.of(item);
            match item.kind {
                Kind::Node => *lines.entry(item.line).or_default() += count,
                Kind::Branch | Kind::Outcome => {
                    let block = u8::from(item.kind == Kind::Outcome);
                    let _ = writeln!(out, "BRDA:{},{block},{found},{count}", item.line);
                    found += 1;
                    hit += u64::from(count > 0);
                }
            }
        }
        let _ = writeln!(out, "BRF:{found}\nBRH:{hit}");
        for (line, count) in &lines {
            let _ = writeln!(out, "DA:{line},{count}");
        }
        let reached = lines.values().filter(|count| **count > 0).count();
        let _ = writeln!(out, "LF:{}\nLH:{reached}\nend_of_record", lines.len());
    }
    out
}
