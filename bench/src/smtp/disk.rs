//! What the disk can do: 8 KiB appended and synced, again and again.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};

const APPENDS: u32 = 2_000;

/// Appends with fdatasync in a second.
pub(crate) fn syncs_per_second(scratch: &Path) -> Result<f64> {
    let path = scratch.join("appended");
    let mut file = File::create(&path).with_context(|| path.display().to_string())?;
    let block = [7; 8 * 1024];
    let start = Instant::now();
    for _ in 0..APPENDS {
        file.write_all(&block)?;
        file.sync_data()?;
    }
    let rate = f64::from(APPENDS) / start.elapsed().as_secs_f64();
    std::fs::remove_file(&path)?;
    Ok(rate)
}
