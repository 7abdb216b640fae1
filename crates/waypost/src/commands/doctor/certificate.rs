//! The certificate: of the files that the options name, or as a running server shows it.

use std::io::{BufRead, BufReader, Error, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::SystemTime;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConnection, StreamOwned};
use waypost_flow::diagnostic::counted;
use waypost_origin::Origin;
use waypost_outgoing::carry::opportunistic;
use webpki::EndEntityCert;

use super::local::ANSWER;
use super::report::Report;
use super::start;
use crate::commands::serve::Arguments;
use crate::remote::Listeners;
use crate::server::ports::without_certificate;
use crate::server::tls;

/// A certificate that ends sooner is a warning.
const EXPIRES_SOON: u64 = 21 * DAY;
const DAY: u64 = 24 * 60 * 60;

/// Checks it. A server that runs may have been given its options elsewhere: without options, what it shows is looked at.
pub(super) fn check(report: &mut Report, arguments: &Arguments, running: Option<&Listeners>) {
    match (&arguments.tls_cert, &arguments.tls_key) {
        (Some(certificate), Some(key)) => files(report, (certificate.clone(), key.clone()), &arguments.hostname),
        _ if arguments.tls_self_signed => {
            let certificate = tls::self_signed_certificate(&arguments.data_dir);
            if !certificate.exists() {
                return report.ok("tls", "the self-signed certificate is made when the server starts");
            }
            let key = certificate.with_file_name("key.pem");
            files(report, (certificate, key), &arguments.hostname);
        }
        // With these options no server starts, whatever one that runs was given.
        _ if !without_certificate(arguments).is_empty() => {
            for obstacle in without_certificate(arguments) {
                start::stopped_by(report, "tls", obstacle);
            }
        }
        _ => match running.map(shown).unwrap_or(Ok(None)) {
            Ok(Some(Shown { address, leaf, hostname })) => {
                report.ok("tls", format!("{address} shows a certificate"));
                dates(report, &leaf, hostname.as_ref().unwrap_or(&arguments.hostname));
            }
            Ok(None) => {
                let suggestion = "set --tls-cert and --tls-key, unless a proxy in front speaks TLS";
                report.warning("tls", "there is no certificate: no STARTTLS, no HTTPS", suggestion);
            }
            Err(error) => report.failed("tls", error.to_string(), "see the server's log"),
        },
    }
}

fn files(report: &mut Report, (certificate, key): (PathBuf, PathBuf), hostname: &str) {
    start::private(report, "tls", &key);
    match tls::from_files(&certificate, &key) {
        Err(failure) => {
            report.failed("tls", failure.to_string(), "give the chain and the key that belongs to it, in PEM")
        }
        Ok(pair) => {
            report.ok("tls", format!("the key fits {}", certificate.display()));
            if let Some(leaf) = pair.cert.first() {
                dates(report, leaf, hostname);
            }
        }
    }
}

/// A certificate that a server shows.
struct Shown {
    /// Where.
    address: SocketAddr,
    leaf: CertificateDer<'static>,
    /// The name that the server gives itself.
    hostname: Option<String>,
}

/// The certificate that a server shows after STARTTLS; none if it offers none. All listeners have the same.
fn shown(listeners: &Listeners) -> Result<Option<Shown>, Error> {
    let Some(address) = listeners.smtp.as_ref().and_then(|address| address.parse::<SocketAddr>().ok()) else {
        return Ok(None);
    };
    let at = |error: Error| Error::new(error.kind(), format!("{address}: {error}"));
    let stream = TcpStream::connect_timeout(&address, ANSWER).map_err(at)?;
    stream.set_read_timeout(Some(ANSWER)).map_err(at)?;
    let greeting = reply(&mut BufReader::new(&stream)).map_err(at)?;
    let hostname = greeting.first().and_then(|line| Some(line.split(' ').nth(1)?.to_owned()));
    if !is_encrypted(&stream).map_err(at)? {
        return Ok(None);
    }
    Ok(Some(Shown { address, leaf: leaf(stream).map_err(at)?, hostname }))
}

/// Asks for STARTTLS; false if the server offers none.
fn is_encrypted(stream: &TcpStream) -> Result<bool, Error> {
    let (mut reader, mut writer) = (BufReader::new(stream), stream);
    writer.write_all(b"EHLO doctor.invalid\r\n")?;
    if !reply(&mut reader)?.iter().any(|line| line.get(4..).is_some_and(|word| word.eq_ignore_ascii_case("STARTTLS"))) {
        writer.write_all(b"QUIT\r\n")?;
        return Ok(false);
    }
    writer.write_all(b"STARTTLS\r\n")?;
    match reply(&mut reader)?.first() {
        Some(line) if line.starts_with("220") => Ok(true),
        line => Err(Error::other(format!("STARTTLS was answered `{}`", line.map_or("", String::as_str)))),
    }
}

/// The lines of a reply.
fn reply(reader: &mut impl BufRead) -> Result<Vec<String>, Error> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(Error::other("the connection was closed"));
        }
        let line = line.trim_end().to_owned();
        let is_last = line.get(3..4) != Some("-");
        lines.push(line);
        if is_last {
            return Ok(lines);
        }
    }
}

/// The certificate of a server, whoever issued it.
fn leaf(stream: TcpStream) -> Result<CertificateDer<'static>, Error> {
    let name = ServerName::try_from("localhost").map_err(Error::other)?;
    let client = ClientConnection::new(opportunistic().map_err(Error::other)?, name).map_err(Error::other)?;
    let mut stream = StreamOwned::new(client, stream);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    let shown = stream.conn.peer_certificates().and_then(|chain| chain.first());
    shown.map(|leaf| leaf.clone().into_owned()).ok_or_else(|| Error::other("no certificate was shown"))
}

fn dates(report: &mut Report, leaf: &CertificateDer<'_>, hostname: &str) {
    let Ok(leaf) = EndEntityCert::try_from(leaf) else {
        return report.failed("tls", "the certificate can't be read", "give an X.509 certificate in PEM");
    };
    let now =
        SystemTime::from(Origin::system().now()).duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    match tls::not_after(&leaf).map(|end| end.saturating_sub(now)) {
        None => {}
        Some(0) => report.failed(
            "tls",
            "the certificate has expired",
            "renew it; the server loads the new files automatically",
        ),
        Some(left) if left < EXPIRES_SOON => {
            report.warning(
                "tls",
                format!("the certificate expires in {}", counted(left / DAY, "day")),
                "renew it; the server loads the new files automatically",
            );
        }
        Some(left) => report.ok("tls", format!("the certificate is valid for {}", counted(left / DAY, "day"))),
    }
    let names: Vec<&str> = leaf.valid_dns_names().collect();
    let fits = |name: &&str| match name.strip_prefix("*.") {
        Some(parent) => hostname.split_once('.').is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(parent)),
        None => name.eq_ignore_ascii_case(hostname),
    };
    if names.iter().any(fits) {
        report.ok("tls", format!("the certificate names {hostname}"));
    } else if names.is_empty() {
        report.warning("tls", "the certificate names no host, so clients refuse it", "get one with a subjectAltName");
    } else {
        let found = format!("the certificate names {}, and not {hostname}", names.join(", "));
        report.warning("tls", found, "set --hostname to a name that it has, or get one for this name");
    }
}
