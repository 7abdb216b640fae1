//! Options of `serve` for what is found out about mail as it comes in: who sent it, and what a scanner says.

use std::time::Duration;

use waypost_admission::Network;
use waypost_reach::{Url, web_url};

use super::values::{authserv_id, domain};

/// Whether senders are checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum MailAuth {
    /// SPF, DKIM and DMARC are checked as mail comes in.
    #[default]
    On,
    /// No DNS queries are made, and every result is `unknown`.
    Off,
}

/// Whom to ask about mail that comes in, and whom to believe.
#[derive(clap::Args)]
pub(crate) struct Vetting {
    /// Check who sent a mail by SPF, DKIM and DMARC
    #[arg(long, env = "WAYPOST_MAIL_AUTH", value_enum, default_value_t)]
    pub(crate) mail_auth: MailAuth,
    /// How long a mail waits for DNS answers about its sender, such as 3s; a check without an answer by then is `temperror`
    #[arg(long, env = "WAYPOST_AUTH_TIMEOUT", value_name = "TIME", value_parser = wait, default_value = "3s")]
    pub(crate) auth_timeout: Duration,
    /// A network of your relays, such as 10.0.0.0/8: their addresses are not checked as the sender's. May be given several times
    #[arg(long, env = "WAYPOST_TRUSTED_RELAY", value_name = "NETWORK", value_delimiter = ',')]
    pub(crate) trusted_relay: Vec<Network>,
    /// The name (authserv-id) that your mail server writes into Authentication-Results fields; trusted in mail from trusted relays and
    /// mailboxes. May be given several times
    #[arg(long, env = "WAYPOST_TRUSTED_AUTHSERV_ID", value_name = "NAME", value_delimiter = ',', value_parser = authserv_id)]
    pub(crate) trusted_authserv_id: Vec<String>,
    /// A domain whose ARC seals to trust, such as that of a mailing list. May be given several times
    #[arg(long, env = "WAYPOST_ARC_SEALER", value_name = "DOMAIN", value_delimiter = ',', value_parser = domain)]
    pub(crate) arc_sealer: Vec<String>,
    /// The rspamd server that scans incoming mail, such as http://127.0.0.1:11333
    #[arg(long, env = "WAYPOST_RSPAMD", value_name = "URL", value_parser = url, conflicts_with = "scan_header")]
    pub(crate) rspamd: Option<Url>,
    /// A header field in which your filter says whether a mail is spam or infected, such as X-Spam-Status; trusted in mail from trusted
    /// relays and mailboxes. May be given several times
    #[arg(long, env = "WAYPOST_SCAN_HEADER", value_name = "FIELD", value_delimiter = ',', value_parser = field)]
    pub(crate) scan_header: Vec<String>,
    /// How long a mail waits for the scanner, such as 5s
    #[arg(long, env = "WAYPOST_SCAN_TIMEOUT", value_name = "TIME", value_parser = wait, default_value = "5s")]
    pub(crate) scan_timeout: Duration,
}

/// A time that somebody waits: a sender gives up after some minutes.
fn wait(text: &str) -> Result<Duration, String> {
    let expected = || "expected a number with ms or s, up to 60s, such as 3s".to_owned();
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let number: u64 = number.parse().map_err(|_| expected())?;
    let time = match unit {
        "ms" => Duration::from_millis(number),
        "s" => Duration::from_secs(number),
        _ => return Err(expected()),
    };
    if time.is_zero() || time > Duration::from_secs(60) { Err(expected()) } else { Ok(time) }
}

fn url(text: &str) -> Result<Url, String> {
    web_url(text).map_err(|problem| problem.to_string())
}

fn field(text: &str) -> Result<String, String> {
    let is_name = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':');
    if is_name { Ok(text.to_owned()) } else { Err("expected the name of a header field".to_owned()) }
}
