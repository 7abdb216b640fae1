//! What can be seen on this machine: the data directory, the disk, ports.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

use super::report::Report;
use crate::commands::serve::Arguments;
use crate::remote::Listeners;

/// Fewer free bytes than this are a warning, and fewer than a sixteenth of it a failure. A share of the disk says little: a tenth of a large one is plenty.
const FREE_BYTES: u64 = 1 << 30;

/// How long a port may take to answer.
pub(super) const ANSWER: Duration = Duration::from_secs(5);

/// The data directory. Answers where the server that runs on it listens.
pub(super) fn data_directory(report: &mut Report, folder: &Path) -> Option<Listeners> {
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
            report.ok("data", format!("{shown}; no server is listening with it"));
            None
        }
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

/// The ports: whether a server that runs answers, or else whether they are free.
pub(super) fn ports(report: &mut Report, arguments: &Arguments, listeners: Option<&Listeners>) {
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
