//! The yardstick for accepting mail: Postfix with a durable queue. What it accepted it discards.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::outside::{free_port, run};
use crate::report::say;

/// How long it may take to empty its queue.
const EMPTYING: Duration = Duration::from_secs(180);

/// A Postfix of our own, stopped when dropped.
pub(crate) struct Postfix {
    directory: PathBuf,
    pub(crate) port: u16,
}

impl Postfix {
    /// Starts it below `scratch`. Needs the package `postfix`, and to be root.
    pub(crate) fn start(scratch: &Path) -> Result<Self> {
        let directory = scratch.join("postfix");
        for part in ["etc", "spool", "data"] {
            std::fs::create_dir_all(directory.join(part))?;
        }
        run(Command::new("chown").arg("postfix").arg(directory.join("data")))?;
        let port = free_port()?;
        let place = directory.display().to_string();
        let main = include_str!("../../postfix/main.cf").replace("@DIR@", &place);
        std::fs::write(directory.join("etc/main.cf"), main)?;
        let master = include_str!("../../postfix/master.cf").replace("@PORT@", &port.to_string());
        std::fs::write(directory.join("etc/master.cf"), master)?;
        let postfix = Self { directory, port };
        postfix.control("start")?;
        Ok(postfix)
    }

    fn control(&self, command: &str) -> Result<()> {
        run(Command::new("postfix").arg("-c").arg(self.directory.join("etc")).arg(command))
    }

    /// Waits until nothing is queued, so that a round does not pay for the one before.
    pub(crate) fn wait_until_empty(&self) -> Result<()> {
        let begun = Instant::now();
        while ["maildrop", "incoming", "active", "deferred"]
            .iter()
            .any(|queue| holds_files(&self.directory.join("spool").join(queue)))
        {
            if begun.elapsed() > EMPTYING {
                bail!("Postfix did not empty its queue in {} s", EMPTYING.as_secs());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        if let Err(problem) = self.control("stop") {
            say(&format!("Postfix could not be stopped: {problem:#}"));
        }
    }
}

fn holds_files(directory: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(directory) else { return false };
    entries.flatten().any(|entry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => holds_files(&entry.path()),
        Ok(_) => true,
        Err(_) => false,
    })
}
