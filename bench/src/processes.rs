//! What processes use, as Linux tells it.

use std::collections::HashMap;
use std::fs;

use anyhow::{Context, Result};

/// Ticks of a processor's time in a second: the kernel's interface has had this number for ever.
const TICKS: f64 = 100.0;

/// One line of `/proc/PID/stat`.
struct Status {
    parent: u32,
    /// Seconds of its own, and of those of its children that ended.
    seconds: f64,
}

fn status(process: u32) -> Result<Status> {
    let line = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name, in brackets, may hold anything.
    let fields: Vec<&str> = line.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let field = |place: usize| fields.get(place).copied().with_context(|| format!("process {process}: {line}"));
    let mut ticks = 0.0;
    for place in 11..=14 {
        ticks += field(place)?.parse::<f64>()?;
    }
    Ok(Status { parent: field(1)?.parse()?, seconds: ticks / TICKS })
}

/// Seconds of processors that a process and its children have used.
pub(crate) fn seconds(process: u32) -> Result<f64> {
    let mut all = status(process)?.seconds;
    // A child that ends meanwhile is in its parent's from then on.
    all +=
        children(process)?.into_iter().filter_map(|child| status(child).ok()).map(|child| child.seconds).sum::<f64>();
    Ok(all)
}

/// Memory of a process that is resident, and the most that ever was, in MB.
pub(crate) fn memory(process: u32) -> Result<(f64, f64)> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("no {name}"))?;
        let kibibytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok::<_, anyhow::Error>(kibibytes * 1024.0 / 1e6)
    };
    Ok((field("VmRSS:")?, field("VmHWM:")?))
}

fn children(process: u32) -> Result<Vec<u32>> {
    let mut found = HashMap::new();
    for entry in fs::read_dir("/proc")?.flatten() {
        let Some(other) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        if let Ok(status) = status(other) {
            found.insert(other, status.parent);
        }
    }
    Ok(found.into_iter().filter(|(_, parent)| *parent == process).map(|(other, _)| other).collect())
}
