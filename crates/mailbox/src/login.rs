//! Proving who we are (RFC 3501 section 6.2, RFC 4616, RFC 7628).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::problem::Problem;

/// Who logs in, and what proves it.
#[derive(Clone)]
pub enum Login {
    /// A password.
    Password {
        /// The user.
        user: String,
        /// The password.
        password: String,
    },
    /// An OAuth 2 access token.
    Token {
        /// The user.
        user: String,
        /// The token.
        token: String,
    },
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Password { user, .. } => write!(f, "Password({user}, …)"),
            Self::Token { user, .. } => write!(f, "Token({user}, …)"),
        }
    }
}

/// What is sent: a command, and what answers each challenge.
pub(crate) struct Exchange {
    pub(crate) first: String,
    pub(crate) then: Vec<String>,
    /// Whether the first answer may come with the command (RFC 4959). Without that it answers the first challenge.
    pub(crate) initial: Option<String>,
}

/// The exchange by the best mechanism that a server offers.
pub(crate) fn exchange(capabilities: &[String], login: &Login, host: &str, port: u16) -> Result<Exchange, Problem> {
    let has = |name: &str| capabilities.iter().any(|offered| offered.eq_ignore_ascii_case(name));
    let by = |mechanism: &str, words: String| {
        let words = STANDARD.encode(words);
        let first = format!("AUTHENTICATE {mechanism}");
        if has("SASL-IR") {
            Exchange { first, then: Vec::new(), initial: Some(words) }
        } else {
            Exchange { first, then: vec![words], initial: None }
        }
    };
    let offered = || {
        let ways: Vec<&str> = capabilities.iter().filter_map(|one| one.strip_prefix("AUTH=")).collect();
        if ways.is_empty() { "none".to_owned() } else { ways.join(", ") }
    };
    match login {
        Login::Password { user, password } if has("AUTH=PLAIN") => Ok(by("PLAIN", format!("\0{user}\0{password}"))),
        Login::Password { user, password } if has("AUTH=LOGIN") && has("LOGINDISABLED") => Ok(Exchange {
            first: "AUTHENTICATE LOGIN".to_owned(),
            then: vec![STANDARD.encode(user), STANDARD.encode(password)],
            initial: None,
        }),
        Login::Password { user, password } if !has("LOGINDISABLED") => {
            let first = format!("LOGIN {} {}", quoted(user)?, quoted(password)?);
            Ok(Exchange { first, then: Vec::new(), initial: None })
        }
        Login::Password { .. } => Err(Problem::NoMechanism { wanted: "a password", offered: offered() }),
        Login::Token { user, token } if has("AUTH=XOAUTH2") => {
            Ok(by("XOAUTH2", format!("user={user}\x01auth=Bearer {token}\x01\x01")))
        }
        Login::Token { user, token } if has("AUTH=OAUTHBEARER") => {
            let user = user.replace('=', "=3D").replace(',', "=2C");
            Ok(by("OAUTHBEARER", format!("n,a={user},\x01host={host}\x01port={port}\x01auth=Bearer {token}\x01\x01")))
        }
        Login::Token { .. } => Err(Problem::NoMechanism { wanted: "a token", offered: offered() }),
    }
}

fn quoted(text: &str) -> Result<String, Problem> {
    if text.chars().any(char::is_control) {
        return Err(Problem::Unsendable);
    }
    Ok(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(offered: &str, login: &Login) -> Result<(String, Option<String>, Vec<String>), String> {
        let capabilities: Vec<String> = offered.split(' ').map(str::to_owned).collect();
        let plain =
            |text: &String| String::from_utf8(STANDARD.decode(text).unwrap()).unwrap().replace(['\0', '\x01'], "|");
        match exchange(&capabilities, login, "imap.example", 993) {
            Ok(Exchange { first, then, initial }) => {
                Ok((first, initial.as_ref().map(plain), then.iter().map(plain).collect()))
            }
            Err(problem) => Err(problem.to_string()),
        }
    }

    #[test]
    fn the_best_mechanism_on_offer_is_taken() {
        let password = Login::Password { user: "desk".to_owned(), password: "pa\"ss".to_owned() };
        let token = Login::Token { user: "a=b,c".to_owned(), token: "t0k".to_owned() };
        let ok = |first: &str, initial: Option<&str>, then: &[&str]| {
            Ok((first.to_owned(), initial.map(str::to_owned), then.iter().map(|one| (*one).to_owned()).collect()))
        };
        for (offered, login, expected) in [
            ("IMAP4rev1 SASL-IR AUTH=PLAIN", &password, ok("AUTHENTICATE PLAIN", Some("|desk|pa\"ss"), &[])),
            ("IMAP4rev1 AUTH=plain", &password, ok("AUTHENTICATE PLAIN", None, &["|desk|pa\"ss"])),
            ("IMAP4rev1", &password, ok("LOGIN \"desk\" \"pa\\\"ss\"", None, &[])),
            ("LOGINDISABLED AUTH=LOGIN", &password, ok("AUTHENTICATE LOGIN", None, &["desk", "pa\"ss"])),
            (
                "LOGINDISABLED AUTH=XOAUTH2",
                &password,
                Err("the server offers no way to log in with a password; it offers XOAUTH2".to_owned()),
            ),
            (
                "AUTH=XOAUTH2 AUTH=OAUTHBEARER",
                &token,
                ok("AUTHENTICATE XOAUTH2", None, &["user=a=b,c|auth=Bearer t0k||"]),
            ),
            (
                "AUTH=OAUTHBEARER SASL-IR",
                &token,
                ok(
                    "AUTHENTICATE OAUTHBEARER",
                    Some("n,a=a=3Db=2Cc,|host=imap.example|port=993|auth=Bearer t0k||"),
                    &[],
                ),
            ),
            ("AUTH=PLAIN", &token, Err("the server offers no way to log in with a token; it offers PLAIN".to_owned())),
        ] {
            assert_eq!(sent(offered, login), expected, "{offered}");
        }
        let broken = Login::Password { user: "desk".to_owned(), password: "a\r\nb".to_owned() };
        assert_eq!(sent("IMAP4rev1", &broken).unwrap_err(), "the user or password has a control character");
        assert_eq!(format!("{password:?} {token:?}"), "Password(desk, …) Token(a=b,c, …)");
    }
}
