//! The process itself, under the names that every Prometheus client uses.

use std::fs;

use jiff::Timestamp;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// What the system says of the process; on systems without `/proc` it stays 0.
pub(super) struct Process {
    memory: Gauge,
    files: Gauge,
}

impl Process {
    pub(super) fn register(registry: &mut Registry, started_at: Timestamp) -> Self {
        let process = Self { memory: Gauge::default(), files: Gauge::default() };
        let started: Gauge = Gauge::default();
        started.set(started_at.as_second());
        registry.register("process_resident_memory_bytes", "Resident memory", process.memory.clone());
        registry.register("process_open_fds", "Open file descriptors", process.files.clone());
        registry.register("process_start_time_seconds", "When the process started, in seconds since 1970", started);
        process
    }

    /// Looks anew.
    pub(super) fn look(&self) {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next());
        let kib: i64 = resident.and_then(|kib| kib.parse().ok()).unwrap_or(0);
        self.memory.set(kib.saturating_mul(1024));
        let files = fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
        self.files.set(i64::try_from(files).unwrap_or(i64::MAX));
    }
}
