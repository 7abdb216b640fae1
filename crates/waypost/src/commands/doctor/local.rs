//! What can be seen on this machine: the data directory, the disk, ports, certificates.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, SystemTime};

use rustls::sign::CertifiedKey;
use waypost_origin::Origin;
use webpki::EndEntityCert;

use super::report::Report;
use crate::commands::serve::Arguments;
use crate::remote::Listeners;
use crate::server::tls;

/// Below this share of free space, and below this many bytes, is a warning.
const FREE_PERCENT: u64 = 10;
const FREE_BYTES: u64 = 1 << 30;

/// How long a port may take to answer.
const ANSWER: Duration = Duration::from_secs(5);

/// A certificate that ends sooner is a warning.
const EXPIRES_SOON: u64 = 21 * DAY;
const DAY: u64 = 24 * 60 * 60;

/// Checks this machine, if a server is to run or runs on it.
pub(super) fn check(report: &mut Report, arguments: &Arguments, elsewhere: bool) {
    if elsewhere && !arguments.data_dir.exists() {
        return;
    }
    let listeners = data_directory(report, &arguments.data_dir);
    ports(report, arguments, listeners.as_ref());
    certificate(report, arguments);
}

/// Answers where the server that runs on it listens.
fn data_directory(report: &mut Report, folder: &Path) -> Option<Listeners> {
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
        Ok(listeners) if runs(listeners.pid) => {
            report.ok("data", format!("{shown} is used by process {}", listeners.pid));
            Some(listeners)
        }
        _ => {
            report.ok("data", format!("{shown}; no server runs on it"));
            None
        }
    }
}

fn runs(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    pid.is_some_and(|pid| !matches!(rustix::process::test_kill_process(pid), Err(rustix::io::Errno::SRCH)))
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
    } else if free < FREE_BYTES || percent < FREE_PERCENT {
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

fn certificate(report: &mut Report, arguments: &Arguments) {
    let (certificate, key) = match (&arguments.tls_cert, &arguments.tls_key) {
        (Some(certificate), Some(key)) => (certificate.clone(), key.clone()),
        _ if arguments.tls_self_signed => {
            let certificate = tls::self_signed_certificate(&arguments.data_dir);
            if !certificate.exists() {
                return report.ok("tls", "the self-signed certificate is made when the server starts");
            }
            let key = certificate.with_file_name("key.pem");
            (certificate, key)
        }
        _ => {
            let suggestion = "set --tls-cert and --tls-key, unless a proxy in front speaks TLS";
            return report.warning("tls", "there is no certificate: no STARTTLS, no HTTPS", suggestion);
        }
    };
    match tls::from_files(&certificate, &key) {
        Err(failure) => {
            report.failed("tls", failure.to_string(), "give the chain and the key that belongs to it, in PEM")
        }
        Ok(pair) => {
            report.ok("tls", format!("the key fits {}", certificate.display()));
            dates(report, &pair, &arguments.hostname);
        }
    }
}

fn dates(report: &mut Report, pair: &CertifiedKey, hostname: &str) {
    let Some(leaf) = pair.cert.first() else { return };
    let Ok(leaf) = EndEntityCert::try_from(leaf) else {
        return report.failed("tls", "the certificate can't be read", "give an X.509 certificate in PEM");
    };
    let now =
        SystemTime::from(Origin::system().now()).duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    match tls::not_after(&leaf).map(|end| end.saturating_sub(now)) {
        None => {}
        Some(0) => {
            report.failed("tls", "the certificate has expired", "renew it; the server takes the new files by itself")
        }
        Some(left) if left < EXPIRES_SOON => {
            report.warning(
                "tls",
                format!("the certificate expires in {} days", left / DAY),
                "renew it; the server takes the new files by itself",
            );
        }
        Some(left) => report.ok("tls", format!("the certificate is valid for {} days", left / DAY)),
    }
    let names: Vec<&str> = leaf.valid_dns_names().collect();
    let fits = |name: &&str| match name.strip_prefix("*.") {
        Some(parent) => hostname.split_once('.').is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(parent)),
        None => name.eq_ignore_ascii_case(hostname),
    };
    if names.iter().any(fits) {
        report.ok("tls", format!("the certificate names {hostname}"));
    } else {
        let found = format!("the certificate names {}, and not {hostname}", names.join(", "));
        report.warning("tls", found, "set --hostname to a name that it has, or get one for this name");
    }
}
