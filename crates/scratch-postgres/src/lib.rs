//! Real PostgreSQL servers for tests and benchmarks: on loopback, made in a moment, and gone with the process that made them, however
//! it ends.
//!
//! Programs are taken from the `PATH` or from where Debian puts them. PostgreSQL refuses to run as root: root runs it as the user
//! `postgres`.

mod port;
mod tools;

use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub use port::Port;
pub use tools::Tools;

/// The role that every server has; it needs no password, for only loopback can connect.
pub const USER: &str = "waypost";

/// How long a server may take to start or to stop.
const PATIENCE: Duration = Duration::from_secs(60);

/// Stops the server, at once but cleanly, when whoever holds the other end of its input is gone, and then removes its directory,
/// unless it was told to let it stay.
const KEEPER: &str =
    "directory=$1; shift; \"$@\" & server=$!; read -r word; kill -INT $server 2>/dev/null; wait $server;
    [ \"$word\" = stay ] || rm -rf \"$directory\"";

/// A server. It stops when this is dropped or its process ends.
pub struct Server {
    tools: Tools,
    /// Removed last: fields are dropped in order.
    running: Option<Running>,
    settings: Vec<(String, String)>,
    /// Kept while the server is stopped, too.
    port: Port,
    directory: TempDir,
    databases: AtomicU32,
}

struct Running {
    keeper: Child,
    /// As long as this is open, the server runs.
    open: Option<ChildStdin>,
}

impl Running {
    /// Stops, and leaves the directory as it is.
    fn leave(mut self) {
        if let Some(open) = &mut self.open {
            // A keeper that is gone leaves it as well.
            let _ = open.write_all(b"stay\n");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.open = None;
        let _ = self.keeper.wait();
    }
}

impl Server {
    /// Makes an empty server and starts it, with settings such as `("fsync", "off")`.
    ///
    /// # Errors
    /// A program that fails, with what it said.
    pub fn start(tools: &Tools, settings: &[(&str, &str)]) -> io::Result<Self> {
        Self::start_in(tools, &std::env::temp_dir(), settings)
    }

    /// The same in a folder of the caller's choice, for who measures a certain disk. The servers' user must be able to enter it.
    ///
    /// # Errors
    /// A program that fails, with what it said.
    pub fn start_in(tools: &Tools, folder: &Path, settings: &[(&str, &str)]) -> io::Result<Self> {
        let directory = tools.directory(folder)?;
        let data = directory.path().join("data");
        let mut initdb = tools.command("initdb");
        initdb.args(["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "-U", USER, "-D"]).arg(&data);
        run(&mut initdb)?;
        Self::over(tools, directory, settings)
    }

    /// Copies this server as a standby that follows it, and starts that. Its name is the standby's in `synchronous_standby_names`.
    ///
    /// # Errors
    /// A program that fails, with what it said.
    pub fn standby(&self, name: &str, settings: &[(&str, &str)]) -> io::Result<Self> {
        let directory = self.tools.directory(&std::env::temp_dir())?;
        let data = directory.path().join("data");
        let source = format!("host=127.0.0.1 port={} user={USER} application_name={name}", self.port.address().port());
        let mut copy = self.tools.command("pg_basebackup");
        copy.args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync", "-d", &source, "-D"]).arg(&data);
        run(&mut copy)?;
        Self::over(&self.tools, directory, settings)
    }

    fn over(tools: &Tools, directory: TempDir, settings: &[(&str, &str)]) -> io::Result<Self> {
        let port = Port::keep()?;
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let databases = AtomicU32::new(0);
        let mut server = Self { tools: tools.clone(), running: None, settings, port, directory, databases };
        server.start_again()?;
        Ok(server)
    }

    /// Starts a server that was stopped or killed; one that runs is left alone.
    ///
    /// # Errors
    /// It does not start, with what it said.
    pub fn start_again(&mut self) -> io::Result<()> {
        if self.running.is_some() {
            return Ok(());
        }
        let log = std::fs::File::options().create(true).append(true).open(self.log())?;
        let mut keeper = self.tools.command_of("sh".as_ref());
        keeper
            .args(["-c", KEEPER, "keeper"])
            .arg(self.directory.path())
            .arg(self.tools.program("postgres"))
            .arg("-D")
            .arg(self.data());
        let port = self.port.address().port().to_string();
        let fixed = [("port", port.as_str()), ("listen_addresses", "127.0.0.1"), ("unix_socket_directories", "")];
        let chosen = self.settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in fixed.into_iter().chain(chosen) {
            keeper.arg("-c").arg(format!("{name}={value}"));
        }
        keeper.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log);
        let mut keeper = keeper.spawn()?;
        let open = keeper.stdin.take();
        self.running = Some(Running { keeper, open });
        let until = Instant::now() + PATIENCE;
        while !self.answers() {
            if Instant::now() > until {
                let said = std::fs::read_to_string(self.log()).unwrap_or_default();
                return Err(io::Error::other(format!("the server does not start:\n{said}")));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn answers(&self) -> bool {
        let mut ready = self.tools.command("pg_isready");
        ready.args(["-q", "-h", "127.0.0.1", "-p", &self.port.address().port().to_string(), "-U", USER]);
        ready.status().is_ok_and(|status| status.success())
    }

    /// Writes a file that the server can read and nobody else, such as a key; answers its path.
    ///
    /// # Errors
    /// The system.
    pub fn file(&self, name: &str, text: &str) -> io::Result<PathBuf> {
        let path = self.directory.path().join(name);
        std::fs::write(&path, text)?;
        self.tools.give(&path)?;
        Ok(path)
    }

    /// Starts it anew with more settings.
    ///
    /// # Errors
    /// It does not start, with what it said.
    pub fn restart_with(&mut self, settings: &[(&str, &str)]) -> io::Result<()> {
        self.stop();
        self.settings.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self.start_again()
    }

    /// Where everything it says goes.
    pub fn log(&self) -> PathBuf {
        self.directory.path().join("log")
    }

    /// Its data directory.
    pub fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.address().port()
    }

    /// The URL of one of its databases.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/{database}", self.port.address().port())
    }

    /// Makes an empty database; answers its URL.
    ///
    /// # Errors
    /// The server, with what it said.
    pub fn fresh_database(&self) -> io::Result<String> {
        let name = format!("scratch{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"))?;
        Ok(self.url(&name))
    }

    /// Runs a statement; answers its rows, a line each, columns parted by `|`.
    ///
    /// # Errors
    /// The server, with what it said.
    pub fn sql(&self, database: &str, statement: &str) -> io::Result<String> {
        let mut psql = self.tools.command("psql");
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statement, &self.url(database)]);
        run(&mut psql).map(|said| said.trim_end().to_owned())
    }

    /// Makes a standby the primary.
    ///
    /// # Errors
    /// It does not become one, with what was said.
    pub fn promote(&self) -> io::Result<()> {
        run(self.tools.command("pg_ctl").args(["promote", "-w", "-D"]).arg(self.data())).map(drop)
    }

    /// Kills the server and all its processes: nothing is flushed, no connection is ended politely.
    ///
    /// # Errors
    /// It does not run.
    pub fn kill(&mut self) -> io::Result<()> {
        let pid = std::fs::read_to_string(self.data().join("postmaster.pid"))?;
        let pid = pid.lines().next().unwrap_or_default().to_owned();
        // Stopped first: a postmaster that is killed leaves children that finish what they do.
        let script = "kill -STOP $1; children=$(ps -o pid= --ppid $1); kill -KILL $1 $children";
        run(self.tools.command_of("sh".as_ref()).args(["-c", script, "kill", &pid]))?;
        self.stop();
        Ok(())
    }

    /// Stops the server as an operator would (`fast`).
    pub fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.leave();
        }
    }

    /// Whether it runs, as far as its owner knows.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.running.is_some()
    }
}

/// Runs a program to its end; answers what it wrote.
fn run(command: &mut Command) -> io::Result<String> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut errors = child.stderr.take();
    // Read beside: a program that says much on both must not wait for us.
    let said = std::thread::spawn(move || {
        let mut text = String::new();
        if let Some(errors) = &mut errors {
            let _ = errors.read_to_string(&mut text);
        }
        text
    });
    let mut answer = String::new();
    if let Some(output) = &mut child.stdout {
        output.read_to_string(&mut answer)?;
    }
    let status = child.wait()?;
    let said = said.join().unwrap_or_default();
    if status.success() { Ok(answer) } else { Err(io::Error::other(format!("{command:?}: {status}\n{said}{answer}"))) }
}
