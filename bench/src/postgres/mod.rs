//! PostgreSQL under the nodes: a server of the bench's own, on the disk under test, as durable as it is by default.

pub(crate) mod pgbench;

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use waypost_scratch_postgres::{Server, Tools};

/// What differs from the defaults: memory as on a machine that is there for it, and no checkpoint in the middle of a round. That a
/// COMMIT waits for the disk is left as it is.
const SETTINGS: &[(&str, &str)] = &[("shared_buffers", "1GB"), ("max_wal_size", "4GB"), ("max_connections", "200")];

/// The server, stopped and removed when dropped.
pub(crate) struct Postgres {
    pub(crate) tools: Tools,
    pub(crate) server: Server,
}

/// One of its databases.
pub(crate) struct Database {
    pub(crate) name: String,
    pub(crate) url: String,
}

impl Postgres {
    /// Starts it below `scratch`. Needs PostgreSQL's programs to be installed.
    pub(crate) fn start(scratch: &Path) -> Result<Self> {
        let tools = Tools::find().map_err(|missing| anyhow!(missing))?;
        let server = Server::start_in(&tools, scratch, SETTINGS).context("starting PostgreSQL")?;
        Ok(Self { tools, server })
    }

    /// An empty database.
    pub(crate) fn database(&self) -> Result<Database> {
        let url = self.server.fresh_database().context("making a database")?;
        let name = url.rsplit('/').next().context("a URL without a database")?.to_owned();
        Ok(Database { name, url })
    }

    /// Runs a statement, or several.
    pub(crate) fn sql(&self, database: &Database, statement: &str) -> Result<String> {
        self.server.sql(&database.name, statement).with_context(|| format!("in PostgreSQL: {statement}"))
    }

    /// Removes a database, whoever is still connected.
    pub(crate) fn drop(&self, database: &Database) -> Result<()> {
        self.server.sql("postgres", &format!("DROP DATABASE {} WITH (FORCE)", database.name))?;
        Ok(())
    }

    /// Writes out what is to be written: who is measured next must not pay for it.
    pub(crate) fn settle(&self) -> Result<()> {
        self.server.sql("postgres", "CHECKPOINT")?;
        rustix::fs::sync();
        Ok(())
    }

    /// Its version, as it says it.
    pub(crate) fn version(&self) -> Result<String> {
        let version = self.server.sql("postgres", "SHOW server_version")?;
        Ok(version.split(' ').next().unwrap_or_default().to_owned())
    }

    /// Its first process, the parent of all others.
    pub(crate) fn process(&self) -> Result<u32> {
        let file = std::fs::read_to_string(self.server.data().join("postmaster.pid"))?;
        Ok(file.lines().next().unwrap_or_default().trim().parse()?)
    }
}
