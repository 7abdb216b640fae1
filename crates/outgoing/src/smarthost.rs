//! The server that takes all our mail: `smtp[s]://[user@]host[:port]`.

use std::fmt;

use thiserror::Error;

use crate::address::Domain;

/// A server that all mail goes through.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Smarthost {
    /// Whether TLS begins with the connection (`smtps://`); otherwise by STARTTLS, if it is offered.
    pub implicit_tls: bool,
    /// Who we are there.
    pub user: Option<String>,
    /// The name, in A-labels, or an IP address without brackets.
    pub host: String,
    /// The port: as given, else 465 of `smtps://`, 587 of `smtp://` with a user, and 25.
    pub port: u16,
}

/// What is wrong with the text of a smarthost. None repeats a part of it: where `@` or the host is missing, a password is read as a port
/// or as a host.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SmarthostProblem {
    /// Another scheme, or none.
    #[error("expected `smtp://` or `smtps://` at the beginning")]
    Scheme,
    /// Something follows the port.
    #[error("expected nothing after host and port: leave out path, query and fragment")]
    Rest,
    /// The user is empty, or can't be read.
    #[error("the user before `@` is empty or has a character that must be escaped, as `%40` for `@`")]
    User,
    /// There is a password.
    #[error("a password can't be part of the URL, where others can see it: use a secret or the environment")]
    Password,
    /// The host is none.
    #[error("the host is missing or not valid: expected a name such as relay.example, or an IP address")]
    Host,
    /// The port is none.
    #[error("the port after the host is not valid: expected a number from 1 to 65535")]
    Port,
}

impl Smarthost {
    /// Reads a smarthost.
    ///
    /// # Errors
    /// Every problem of the text.
    pub fn parse(text: &str) -> Result<Self, Vec<SmarthostProblem>> {
        let mut problems = Vec::new();
        let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
        let implicit_tls = scheme.eq_ignore_ascii_case("smtps");
        if !implicit_tls && !scheme.eq_ignore_ascii_case("smtp") {
            problems.push(SmarthostProblem::Scheme);
        }
        // A user may have an `@` and all that follows it: the last one counts.
        let (user, server) = match rest.rsplit_once('@') {
            Some((user, server)) => (Some(user), server),
            None => (None, rest),
        };
        let user = user.and_then(|user| read_user(user, &mut problems));
        let server = server.strip_suffix('/').unwrap_or(server);
        let server = match server.split_once(['/', '?', '#']) {
            Some((server, _)) => {
                problems.push(SmarthostProblem::Rest);
                server
            }
            None => server,
        };
        let (host, port) = split_port(server);
        let standard = match (implicit_tls, &user) {
            (true, _) => 465,
            (false, Some(_)) => 587,
            (false, None) => 25,
        };
        let port = match port.map(str::parse) {
            None => standard,
            Some(Ok(port)) if port > 0 => port,
            Some(_) => {
                problems.push(SmarthostProblem::Port);
                0
            }
        };
        let host = read_host(host).unwrap_or_else(|| {
            problems.push(SmarthostProblem::Host);
            String::new()
        });
        if problems.is_empty() { Ok(Self { implicit_tls, user, host, port }) } else { Err(problems) }
    }
}

fn read_user(written: &str, problems: &mut Vec<SmarthostProblem>) -> Option<String> {
    let user = decoded(written);
    // An escaped colon hides nothing: the user is shown where mail is sent.
    if user.as_deref().unwrap_or(written).contains(':') {
        problems.push(SmarthostProblem::Password);
        return None;
    }
    let is_plain = |user: &String| !user.is_empty() && !user.contains(char::is_control);
    let user = user.filter(|user| is_plain(user) && !written.contains(char::is_whitespace));
    if user.is_none() {
        problems.push(SmarthostProblem::User);
    }
    user
}

/// Percent-encoded characters decoded (RFC 3986 section 2.1).
fn decoded(written: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(written.len());
    let mut rest = written.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = after.get(2..)?;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

fn split_port(server: &str) -> (&str, Option<&str>) {
    match server.rsplit_once(':') {
        // Within the brackets of an IPv6 address.
        Some((_, port)) if port.contains(']') => (server, None),
        Some((host, port)) => (host, Some(port)),
        None => (server, None),
    }
}

fn read_host(host: &str) -> Option<String> {
    if let Some(inside) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inside.parse::<std::net::IpAddr>().ok().map(|address| address.to_string());
    }
    Domain::parse(host).ok().map(|domain| domain.as_str().to_owned())
}

impl fmt::Display for Smarthost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smarthosts() {
        let of = |implicit_tls, user: Option<&str>, host: &str, port| Smarthost {
            implicit_tls,
            user: user.map(str::to_owned),
            host: host.to_owned(),
            port,
        };
        for (text, expected) in [
            ("smtp://relay.example", of(false, None, "relay.example", 25)),
            ("smtps://relay.example/", of(true, None, "relay.example", 465)),
            ("SMTP://ann@relay.example", of(false, Some("ann"), "relay.example", 587)),
            ("smtps://ann@x.example@relay.example:2465", of(true, Some("ann@x.example"), "relay.example", 2465)),
            ("smtp://ann%40x.example@relay.example", of(false, Some("ann@x.example"), "relay.example", 587)),
            ("smtp://127.0.0.1:2525", of(false, None, "127.0.0.1", 2525)),
            ("smtp://[::1]:2525", of(false, None, "::1", 2525)),
            ("smtp://[2001:db8::7]", of(false, None, "2001:db8::7", 25)),
            ("smtp://Münster.example", of(false, None, "xn--mnster-3ya.example", 25)),
        ] {
            assert_eq!(Smarthost::parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn every_problem_is_said_and_no_password() {
        use SmarthostProblem::{Host, Password, Port, Rest, Scheme, User};
        for (text, expected) in [
            ("relay.example", vec![Scheme]),
            ("http://relay.example", vec![Scheme]),
            ("", vec![Scheme, Host]),
            ("smtp://", vec![Host]),
            ("smtp://ann:s3cret@relay.example", vec![Password]),
            ("smtp://ann:s3@s3cret@relay.example", vec![Password]),
            ("smtp://ann%3As3cret@relay.example", vec![Password]),
            ("smtp://ann%3as3cret%zz@relay.example", vec![User]),
            ("smtp://ann s3cret@relay.example", vec![User]),
            ("smtp://ann:s3cret", vec![Port]),
            ("smtp://ann:s3cret@", vec![Password, Host]),
            ("smtp://ann:s3cret/", vec![Port]),
            ("smtp://ann:s3 cret", vec![Port]),
            ("smtp://ann:'s3cret'", vec![Port]),
            ("smtp://ann:s3cret%40relay.example", vec![Port]),
            ("smtp://ann%3As3cret%40relay.example", vec![Host]),
            ("smtp://ann:s3cret relay.example", vec![Port]),
            ("smtp://ann s3cret", vec![Host]),
            ("smtp:ann:s3cret@relay.example", vec![Scheme, Password]),
            ("ann:s3cret@relay.example", vec![Scheme, Password]),
            ("smtp://@relay.example", vec![User]),
            ("smtp://%zz@relay.example", vec![User]),
            ("smtp://a%0d%0a@relay.example", vec![User]),
            ("smtp://relay.example:0", vec![Port]),
            ("smtp://relay.example:x/path", vec![Rest, Port]),
            ("smtp://re lay.example:65536", vec![Port, Host]),
            ("ftp://ann:s3cret@:x?q", vec![Scheme, Password, Rest, Port, Host]),
        ] {
            let problems = Smarthost::parse(text).unwrap_err();
            assert_eq!(problems, expected, "{text}");
            let said: String = problems.iter().map(ToString::to_string).collect();
            assert!(!said.contains("s3") && !said.contains("ann"), "{said}");
        }
    }
}
