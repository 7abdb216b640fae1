//! PostgreSQL's own programs, and whom they run as.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// Where Debian keeps the programs, a folder for each major version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The programs of one PostgreSQL.
#[derive(Clone, Debug)]
pub struct Tools {
    folder: PathBuf,
    /// Whom root runs them as: user and group.
    user: Option<(u32, u32)>,
}

impl Tools {
    /// Finds them: the newest of Debian's, or those on the `PATH`.
    ///
    /// # Errors
    /// Why tests that need them can't run here.
    pub fn find() -> Result<Self, String> {
        let mut folders: Vec<(u32, PathBuf)> = fs::read_dir(DEBIAN)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
            .collect();
        folders.sort();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let candidates = folders.into_iter().rev().map(|(_, folder)| folder).chain(std::env::split_paths(&path));
        let folder = candidates
            .into_iter()
            .find(|folder| ["initdb", "postgres", "psql"].iter().all(|name| folder.join(name).is_file()))
            .ok_or("PostgreSQL is not installed: its initdb, postgres and psql were not found")?;
        let root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
        let user = if root { Some(postgres_user()?) } else { None };
        Ok(Self { folder, user })
    }

    /// Where a program is.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// One of PostgreSQL's programs, to be run as the right user.
    #[must_use]
    pub fn command(&self, name: &str) -> Command {
        self.command_of(self.program(name).as_os_str())
    }

    /// Any program, to be run as the user that the servers run as.
    pub(crate) fn command_of(&self, program: &OsStr) -> Command {
        let mut command = Command::new(program);
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        // A home of root's can't be entered.
        command.current_dir("/");
        command
    }

    /// Gives a file to that user alone.
    pub(crate) fn give(&self, path: &Path) -> io::Result<()> {
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        match self.user {
            Some((user, group)) => chown(path, Some(user), Some(group)),
            None => Ok(()),
        }
    }

    /// An empty directory in `folder` that belongs to that user.
    pub(crate) fn directory(&self, folder: &Path) -> io::Result<TempDir> {
        let directory = TempDir::with_prefix_in("waypost-postgres-", folder)?;
        if let Some((user, group)) = self.user {
            chown(directory.path(), Some(user), Some(group))?;
        }
        Ok(directory)
    }
}

fn postgres_user() -> Result<(u32, u32), String> {
    let users = fs::read_to_string(Path::new("/etc/passwd")).map_err(|error| format!("/etc/passwd: {error}"))?;
    let line = users.lines().find(|line| line.starts_with("postgres:"));
    let fields: Vec<&str> = line.unwrap_or_default().split(':').collect();
    match (fields.get(2).and_then(|user| user.parse().ok()), fields.get(3).and_then(|group| group.parse().ok())) {
        (Some(user), Some(group)) => Ok((user, group)),
        _ => Err("PostgreSQL does not run as root, and there is no user `postgres`".to_owned()),
    }
}
