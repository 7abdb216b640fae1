//! What can be seen on this machine: the data directory, the disk, ports, certificates.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

use waypost_flow::diagnostic::counted;
use waypost_store::sqlite::stopped::{Stopped, stopped};

use super::certificate;
use super::report::Report;
use crate::commands::serve::Arguments;
use crate::remote::Listeners;

/// Fewer free bytes than this are a warning, and fewer than a sixteenth of it a failure. A share of the disk says little: a tenth of a large one is plenty.
const FREE_BYTES: u64 = 1 << 30;

/// How long a port may take to answer.
pub(super) const ANSWER: Duration = Duration::from_secs(5);

/// Checks this machine, on which a server is to run or runs.
pub(super) fn check(report: &mut Report, arguments: &Arguments) {
    let listeners = data_directory(report, &arguments.data_dir, arguments.database.is_none());
    ports(report, arguments, listeners.as_ref());
    certificate::check(report, arguments, listeners.as_ref());
}

/// Answers where the server that runs on it listens.
fn data_directory(report: &mut Report, folder: &Path, has_database: bool) -> Option<Listeners> {
    let shown = folder.display();
    let Ok(known) = fs::metadata(folder) else {
        report.warning("data", format!("{shown} is not there"), "start the server once, or name it with --data-dir");
        return None;
    };
    if known.permissions().readonly() {
        report.failed("data", format!("{shown} can't be written"), "give it to the user that the server runs as");
    }
    disk(report, folder);
    match Listeners::read(folder) {
        Ok(listeners) => {
            report.ok("data", format!("{shown} is used by process {}", listeners.pid));
            Some(listeners)
        }
        _ => {
            report.ok("data", format!("{shown}; no server runs on it"));
            if has_database {
                files(report, folder);
            }
            None
        }
    }
}

/// What the next start would find in the database's files.
fn files(report: &mut Report, folder: &Path) {
    match stopped(folder) {
        Ok(Stopped { refused, backup }) => {
            for error in &refused {
                report.failed("data", format!("the server would not start: {error}"), "see docs/operate.md, Damage");
            }
            if let Some(pending) = backup {
                let found = format!(
                    "waypost.db is a restored backup that no server has opened yet, with {}",
                    counted(pending, "pending delivery")
                );
                let advice =
                    "start with `--smarthost none`, and cancel the deliveries that were sent after the backup was made";
                report.warning("data", found, advice);
            }
        }
        Err(error) => report.failed("data", error.to_string(), "run doctor as the user that the server runs as"),
    }
}

fn disk(report: &mut Report, folder: &Path) {
    let Ok(disk) = rustix::fs::statvfs(folder) else {
        return report.warning("disk", "its free space can't be read", "check the file system of the data directory");
    };
    let (free, all) = (disk.f_bavail.saturating_mul(disk.f_frsize), disk.f_blocks.saturating_mul(disk.f_frsize));
    let percent = free.saturating_mul(100).checked_div(all).unwrap_or_default();
    let found = format!("{} MiB free, {percent} %", free >> 20);
    if free < FREE_BYTES >> 4 {
        report.failed("disk", found, "free some space: a full disk refuses mail with 452");
    } else if free < FREE_BYTES {
        report.warning(
            "disk",
            found,
            "free some space, or keep less (--keep-content-days): a full disk refuses mail with 452",
        );
    } else {
        report.ok("disk", found);
    }
}

fn ports(report: &mut Report, arguments: &Arguments, listeners: Option<&Listeners>) {
    let Some(listeners) = listeners else {
        let all = [
            ("http", Some(arguments.http)),
            ("https", arguments.https),
            ("smtp", Some(arguments.smtp)),
            ("smtps", arguments.smtps),
        ];
        for (name, address) in all.into_iter().filter_map(|(name, address)| Some((name, address?))) {
            match TcpListener::bind(address) {
                Ok(_) => report.ok(name, format!("{address} is free")),
                Err(error) if error.kind() == ErrorKind::AddrInUse => {
                    report.failed(
                        name,
                        format!("{address} is in use"),
                        "stop what listens there, or choose another port",
                    );
                }
                Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                    report.failed(
                        name,
                        format!("{address} is not allowed"),
                        "allow ports below 1024: AmbientCapabilities=CAP_NET_BIND_SERVICE",
                    );
                }
                Err(error) => report.failed(name, format!("{address}: {error}"), "choose an address of this machine"),
            }
        }
        return;
    };
    let all = [
        ("http", &listeners.http),
        ("https", &listeners.https),
        ("smtp", &listeners.smtp),
        ("smtps", &listeners.smtps),
    ];
    for (name, address) in all {
        let Some(address) = address.as_ref().and_then(|address| address.parse::<SocketAddr>().ok()) else { continue };
        match answers(address, name == "smtp") {
            Ok(said) => report.ok(name, format!("{address} answers{said}")),
            Err(error) => report.failed(name, format!("{address}: {error}"), "see the server's log"),
        }
    }
}

/// Connects; to SMTP it waits for the greeting.
fn answers(address: SocketAddr, greets: bool) -> std::io::Result<String> {
    let stream = TcpStream::connect_timeout(&address, ANSWER)?;
    if !greets {
        return Ok(String::new());
    }
    stream.set_read_timeout(Some(ANSWER))?;
    let mut greeting = String::new();
    BufReader::new(stream).read_line(&mut greeting)?;
    if greeting.starts_with("220 ") {
        Ok(format!(": {}", greeting.trim_end()))
    } else {
        Err(std::io::Error::other(format!("expected a greeting, found `{}`", greeting.trim_end())))
    }
}
