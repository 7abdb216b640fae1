//! `waypost serve`: the server.

mod sign_in;
mod values;
mod vetting;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::TypedValueParser;
use waypost_admission::{BadNetwork, Network};
use waypost_app::ingress::{Door, Provider};
use waypost_outgoing::smarthost::{Smarthost, SmarthostProblem};
use waypost_reach::Url;
use waypost_seal::KeyId;

use crate::failure::Failure;
use crate::server;

pub(crate) use vetting::MailAuth;

/// Arguments of `serve`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// TOML file with any of these options as keys; the environment overrides the file, and arguments override both
    #[arg(long, env = "WAYPOST_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Data directory: the database (with SQLite), keys and certificates
    #[arg(long, env = "WAYPOST_DATA_DIR", default_value = "./waypost-data")]
    pub(crate) data_dir: PathBuf,
    /// The PostgreSQL database that the nodes share, postgres://USER@HOST/NAME; left out: SQLite in the data directory.
    /// Set a URL with a password in the environment: other users of the machine can see arguments
    #[arg(long, env = "WAYPOST_DATABASE", hide_env_values = true, value_name = "URL")]
    pub(crate) database: Option<String>,
    /// CA certificate file (PEM) for TLS to the database; left out: the system's CAs
    #[arg(long, env = "WAYPOST_DATABASE_CA", value_name = "FILE", requires = "database")]
    pub(crate) database_ca: Option<PathBuf>,
    /// The address to listen on for HTTP; port 0 chooses a free port
    #[arg(long, env = "WAYPOST_HTTP", default_value = "127.0.0.1:8080", value_parser = values::address)]
    pub(crate) http: SocketAddr,
    /// The address to listen on for HTTPS; left out: no HTTPS
    #[arg(long, env = "WAYPOST_HTTPS", value_parser = values::address)]
    pub(crate) https: Option<SocketAddr>,
    /// The address to listen on for SMTP
    #[arg(long, env = "WAYPOST_SMTP", default_value = "127.0.0.1:2525", value_parser = values::address)]
    pub(crate) smtp: SocketAddr,
    /// The address to listen on for SMTP over TLS from the start; STARTTLS is for --smtp
    #[arg(long, env = "WAYPOST_SMTPS", value_name = "ADDRESS", value_parser = values::address)]
    pub(crate) smtps: Option<SocketAddr>,
    /// The host name in the SMTP greeting
    #[arg(long, env = "WAYPOST_HOSTNAME", default_value = "localhost", value_parser = values::hostname)]
    pub(crate) hostname: String,
    /// The certificate chain for HTTPS, SMTP over TLS and STARTTLS, in PEM
    #[arg(long, env = "WAYPOST_TLS_CERT", requires = "tls_key", conflicts_with = "tls_self_signed")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The certificate's key, in PEM
    #[arg(long, env = "WAYPOST_TLS_KEY", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Create a certificate for this machine in the data directory (tls/cert.pem), and renew it before it expires
    #[arg(long, env = "WAYPOST_TLS_SELF_SIGNED")]
    pub(crate) tls_self_signed: bool,
    /// Most requests a minute for one API client; 0 is no limit
    #[arg(long, env = "WAYPOST_RATE_LIMIT", default_value_t = 300)]
    pub(crate) rate_limit: u32,
    /// A network exempt from limits by address, such as 10.0.0.0/8: your relay or balancer. May be given several times; `none`
    /// exempts nobody
    #[arg(long, env = "WAYPOST_TRUSTED_NETWORK", value_name = "NETWORK", value_delimiter = ',', value_parser = network_or_none, default_value = "127.0.0.1,::1")]
    pub(crate) trusted_network: Vec<Option<Network>>,
    /// A network of reverse proxies that name the client in Forwarded or X-Forwarded-For. May be given several times
    #[arg(long, env = "WAYPOST_TRUSTED_PROXY", value_name = "NETWORK", value_delimiter = ',')]
    pub(crate) trusted_proxy: Vec<Network>,
    /// A network of load balancers whose SMTP connections begin with a PROXY header, version 1 or 2, that names the client. Without a
    /// header they are refused. May be given several times
    #[arg(long, env = "WAYPOST_SMTP_TRUSTED_PROXY", value_name = "NETWORK", value_delimiter = ',')]
    pub(crate) smtp_trusted_proxy: Vec<Network>,
    /// A network of mail servers in front of this one that name the client by XCLIENT, or the origin of a message by XFORWARD. May be
    /// given several times
    #[arg(long, env = "WAYPOST_SMTP_TRUSTED_XCLIENT", value_name = "NETWORK", value_delimiter = ',')]
    pub(crate) smtp_trusted_xclient: Vec<Network>,
    /// Most SMTP connections at the same time; one address gets at most a quarter of them, one network half
    #[arg(long, env = "WAYPOST_SMTP_CONNECTIONS", value_parser = connections(), default_value = "1000", value_name = "N")]
    pub(crate) smtp_connections: usize,
    /// Most HTTP and HTTPS connections at the same time; one address gets at most a quarter of them, one network half
    #[arg(long, env = "WAYPOST_HTTP_CONNECTIONS", value_parser = connections(), default_value = "1000", value_name = "N")]
    pub(crate) http_connections: usize,
    /// Most mails a minute by SMTP from one address, and four times as many from one network; 0 is no limit
    #[arg(long, env = "WAYPOST_SMTP_MAILS_PER_MINUTE", default_value_t = 3000, value_name = "N")]
    pub(crate) smtp_mails_per_minute: u32,
    /// Most SMTP commands a minute from one address, and four times as many from one network; 0 is no limit
    #[arg(long, env = "WAYPOST_SMTP_COMMANDS_PER_MINUTE", default_value_t = 60_000, value_name = "N")]
    pub(crate) smtp_commands_per_minute: u32,
    /// How long the content of one mail may take by SMTP, in seconds
    #[arg(long, env = "WAYPOST_SMTP_DATA_SECONDS", default_value = "900", value_parser = some_seconds, value_name = "SECONDS")]
    pub(crate) smtp_data_seconds: Duration,
    /// How long one SMTP session may take, in seconds; a mail in progress can finish
    #[arg(long, env = "WAYPOST_SMTP_SESSION_SECONDS", default_value = "3600", value_parser = some_seconds, value_name = "SECONDS")]
    pub(crate) smtp_session_seconds: Duration,
    /// What to do about an LF without CR in a mail received by SMTP; it never ends the mail
    #[arg(long, env = "WAYPOST_BARE_LF", value_enum, default_value_t)]
    pub(crate) bare_lf: BareLf,
    /// The largest mail to accept, in bytes
    #[arg(long, env = "WAYPOST_MAX_MESSAGE_BYTES", default_value = "52428800", value_parser = values::mail_bytes)]
    pub(crate) max_message_bytes: usize,
    /// Accept mail that an email provider posts: PROVIDER=SECRET with postmark, mailgun or sendgrid and the name of the secret that has its
    /// credential, or ses=TOPIC_ARN. May be given several times
    #[arg(long, env = "WAYPOST_INGRESS", value_name = "PROVIDER=SECRET", value_delimiter = ',', value_parser = door)]
    pub(crate) ingress: Vec<Door>,
    /// The server to send all mail through, `smtps://USER@HOST:PORT` or `smtp://…`, user and port optional.
    /// Left out: mail goes to the MX of each recipient's domain. `none` sends nothing: deliveries wait
    #[arg(long, env = "WAYPOST_SMARTHOST", value_name = "URL", value_parser = smarthost)]
    pub(crate) smarthost: Option<Way>,
    /// The smarthost's password; only in the environment or the TOML file, because other users of the machine can see arguments
    #[arg(
        long,
        env = "WAYPOST_SMARTHOST_PASSWORD",
        hide_env_values = true,
        value_name = "PASSWORD",
        requires = "smarthost"
    )]
    pub(crate) smarthost_password: Option<String>,
    /// The token endpoint for OAuth 2 access tokens, if the smarthost accepts no password
    #[arg(
        long,
        env = "WAYPOST_SMARTHOST_OAUTH_TOKEN_URL",
        value_name = "URL",
        value_parser = waypost_oauth::token_url,
        requires_all = ["smarthost", "smarthost_oauth_client_id"],
        conflicts_with = "smarthost_password"
    )]
    pub(crate) smarthost_oauth_token_url: Option<Url>,
    /// The client id that the provider gave this server
    #[arg(long, env = "WAYPOST_SMARTHOST_OAUTH_CLIENT_ID", value_name = "ID", requires = "smarthost_oauth_token_url", value_parser = values::name)]
    pub(crate) smarthost_oauth_client_id: Option<String>,
    /// The client's secret; only in the environment or the TOML file
    #[arg(
        long,
        env = "WAYPOST_SMARTHOST_OAUTH_CLIENT_SECRET",
        hide_env_values = true,
        value_name = "SECRET",
        requires = "smarthost_oauth_token_url"
    )]
    pub(crate) smarthost_oauth_client_secret: Option<String>,
    /// A refresh token; only in the environment or the TOML file. Left out: tokens are requested by client credentials
    #[arg(
        long,
        env = "WAYPOST_SMARTHOST_OAUTH_REFRESH_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN",
        requires = "smarthost_oauth_token_url"
    )]
    pub(crate) smarthost_oauth_refresh_token: Option<String>,
    /// The scope to request, such as `https://outlook.office365.com/.default`
    #[arg(long, env = "WAYPOST_SMARTHOST_OAUTH_SCOPE", value_name = "SCOPE", requires = "smarthost_oauth_token_url")]
    pub(crate) smarthost_oauth_scope: Option<String>,
    /// CA certificate file (PEM) for TLS to the smarthost, in addition to the system's CAs
    #[arg(long, env = "WAYPOST_SMARTHOST_CA", value_name = "FILE", requires = "smarthost")]
    pub(crate) smarthost_ca: Option<PathBuf>,
    /// How long to retry outgoing mail before it is a dead letter, such as 5d, 12h or 30m
    #[arg(long, env = "WAYPOST_MAIL_RETRY_FOR", value_name = "TIME", value_parser = period, default_value = "5d")]
    pub(crate) mail_retry_for: Duration,
    /// How long to retry a request to a webhook before it is a dead letter, such as 1d, 12h or 30m
    #[arg(long, env = "WAYPOST_WEBHOOK_RETRY_FOR", value_name = "TIME", value_parser = period, default_value = "1d")]
    pub(crate) webhook_retry_for: Duration,
    /// How often to check each folder of a mailbox, in addition to what its server reports, such as 60s or 5m
    #[arg(long, env = "WAYPOST_MAILBOX_POLL", value_name = "TIME", value_parser = period, default_value = "60s")]
    pub(crate) mailbox_poll: Duration,
    /// File with the key that secrets are encrypted with, created if missing. Use the same on all nodes, and back it up separately from
    /// the data. Left out: `waypost.key` in the data directory
    #[arg(long, env = "WAYPOST_SECRET_KEY_FILE", value_name = "FILE")]
    pub(crate) secret_key_file: Option<PathBuf>,
    /// Give up what the lost key with this id encrypted, and use the key in --secret-key-file: secrets must be set again, and webhooks
    /// are disabled
    #[arg(long, value_name = "KEY_ID")]
    pub(crate) forget_sealed: Option<KeyId>,
    /// The folder of DKIM keys to sign mail with, named DOMAIN.SELECTOR.pem; `waypost dkim new` creates them
    #[arg(long, env = "WAYPOST_DKIM_KEYS", value_name = "DIR")]
    pub(crate) dkim_keys: Option<PathBuf>,
    /// Allow MX hosts, webhooks and token endpoints in a private network, such as 10.0.0.0/8. May be given several times
    #[arg(long, env = "WAYPOST_ALLOW_PRIVATE_TARGETS", value_name = "NETWORK", value_delimiter = ',')]
    pub(crate) allow_private_targets: Vec<Network>,
    /// The DNS server for MX look-ups and sender checks, ADDRESS:PORT; left out: the system's
    #[arg(long, env = "WAYPOST_DNS", value_name = "ADDRESS", value_parser = values::address)]
    pub(crate) dns: Option<SocketAddr>,
    /// For how many days mail with the same sender, Message-ID and content is a duplicate
    #[arg(long, env = "WAYPOST_DUPLICATE_DAYS", value_parser = clap::value_parser!(u32).range(..=36_500), default_value_t = 7)]
    pub(crate) duplicate_days: u32,
    /// For how many days messages, subjects and traces are kept after completion; 0 is for ever
    #[arg(long, env = "WAYPOST_KEEP_CONTENT_DAYS", value_parser = clap::value_parser!(u32).range(..=36_500), default_value_t = 30, value_name = "DAYS")]
    pub(crate) keep_content_days: u32,
    /// For how many days decisions are kept after completion, and entries of the audit log; 0 is for ever
    #[arg(long, env = "WAYPOST_KEEP_DECISION_DAYS", value_parser = clap::value_parser!(u32).range(..=36_500), default_value_t = 400, value_name = "DAYS")]
    pub(crate) keep_decision_days: u32,
    /// How long to keep serving after SIGTERM while /health/ready answers 503, in seconds; set it to twice your balancer's check interval
    #[arg(long, env = "WAYPOST_DRAIN_DELAY", default_value = "0", value_parser = seconds, value_name = "SECONDS")]
    pub(crate) drain_delay: Duration,
    /// How much of a run and its mail a trace keeps
    #[arg(long, env = "WAYPOST_TRACE_DETAIL", value_enum, default_value_t)]
    pub(crate) trace_detail: TraceDetail,
    /// Name of a variable, attribute, input, output, column or header field whose value to hide in stored traces, ignoring case. May be
    /// given several times
    #[arg(long, env = "WAYPOST_REDACT", value_delimiter = ',', value_name = "NAME", value_parser = values::name)]
    pub(crate) redact: Vec<String>,
    /// Most steps of work of a run, including called flows; a step takes about a microsecond. Beyond that, the mail is unrouted
    #[arg(long, env = "WAYPOST_RUN_STEPS", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000), default_value_t = 1_000_000, value_name = "STEPS")]
    pub(crate) run_steps: u64,
    /// Most memory for the values of a run, in MiB. Beyond that, the mail is unrouted
    #[arg(long, env = "WAYPOST_RUN_MEMORY", value_parser = clap::value_parser!(u32).range(1..=65_536), default_value_t = 64, value_name = "MIB")]
    pub(crate) run_memory: u32,
    #[command(flatten)]
    pub(crate) vetting: vetting::Vetting,
    #[command(flatten)]
    pub(crate) sign_in: sign_in::SignIn,
    /// What to log: error, warn, info, debug, or a filter such as `info,waypost_mail=debug`
    #[arg(long, env = "WAYPOST_LOG", default_value = "info")]
    pub(crate) log: String,
    /// The format of the log
    #[arg(long, env = "WAYPOST_LOG_FORMAT", value_enum, default_value_t)]
    pub(crate) log_format: LogFormat,
}

/// What is done about a LF without CR.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum BareLf {
    /// It becomes CRLF.
    #[default]
    Normalise,
    /// The mail is refused.
    Reject,
}

/// How much a trace keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum TraceDetail {
    /// Which flows ran, errors without values, whom it sends to, the decision.
    Decisions,
    /// Every step, with nothing of the mail beyond the decision, and recipients and subjects of what is sent.
    Steps,
    /// Every step with its values.
    #[default]
    Everything,
}

/// How lines of the log look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON object a line.
    Json,
}

/// Which way mail goes out.
#[derive(Clone, Debug)]
pub(crate) enum Way {
    /// None: what goes out waits.
    Nowhere,
    /// Through a server that takes it all.
    Smarthost(Smarthost),
}

fn door(text: &str) -> Result<Door, String> {
    let (word, proof) = text.split_once('=').ok_or("expected PROVIDER=SECRET with the name of the secret")?;
    let words = || Provider::ALL.map(Provider::word).join(", ");
    let provider = Provider::of(word).ok_or_else(|| format!("expected a provider before `=`: one of {}", words()))?;
    match provider {
        Provider::Ses if !is_topic(proof) => {
            Err("expected the ARN of a topic after `=`, such as arn:aws:sns:eu-west-1:123456789012:mail".to_owned())
        }
        _ if proof.trim().is_empty() => Err("expected the name of a secret after `=`".to_owned()),
        _ => Ok(Door { provider, proof: proof.to_owned() }),
    }
}

/// `arn:PARTITION:sns:REGION:ACCOUNT:NAME`.
fn is_topic(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    matches!(parts.as_slice(), ["arn", _, "sns", _, _, name] if !name.is_empty())
}

fn smarthost(text: &str) -> Result<Way, String> {
    if text == "none" {
        return Ok(Way::Nowhere);
    }
    Smarthost::parse(text).map(Way::Smarthost).map_err(|problems| {
        let told = |problem: &SmarthostProblem| match problem {
            SmarthostProblem::Password => {
                "a password can't be part of the URL, where others can see it: set it in WAYPOST_SMARTHOST_PASSWORD"
                    .to_owned()
            }
            problem => problem.to_string(),
        };
        let told: Vec<String> = problems.iter().map(told).collect();
        told.join("; ")
    })
}

/// A time with its unit, up to a year.
fn period(text: &str) -> Result<Duration, String> {
    let expected = || "expected a number with s, m, h or d, such as 5d".to_owned();
    let unit = text.chars().last().ok_or_else(expected)?;
    let number = text.strip_suffix(unit).and_then(|number| number.parse::<u32>().ok()).ok_or_else(expected)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return Err(expected()),
    };
    let whole = u64::from(number).saturating_mul(seconds);
    if whole > 366 * 24 * 60 * 60 { Err("that is more than a year".to_owned()) } else { Ok(Duration::from_secs(whole)) }
}

fn network_or_none(text: &str) -> Result<Option<Network>, BadNetwork> {
    if text == "none" { Ok(None) } else { text.parse().map(Some) }
}

/// How many connections a side may have; with fewer an address would have none.
fn connections() -> impl TypedValueParser<Value = usize> {
    clap::value_parser!(u32).range(8..=1_000_000).map(|number| usize::try_from(number).unwrap_or(usize::MAX))
}

fn seconds(text: &str) -> Result<Duration, String> {
    text.parse().map(Duration::from_secs).map_err(|_| "expected a whole number of seconds".to_owned())
}

fn some_seconds(text: &str) -> Result<Duration, String> {
    let time = seconds(text)?;
    if time.is_zero() { Err("expected a whole number of seconds, at least 1".to_owned()) } else { Ok(time) }
}

/// How long sessions may take to finish once the server was told to stop.
const DRAIN: Duration = Duration::from_secs(30);

/// Exit code 0: stopped by a signal; 2: could not start.
pub(crate) fn run(arguments: Arguments) -> Result<(), Failure> {
    server::private::ours_alone();
    server::log::to_stderr(&arguments.log, arguments.log_format)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(server::run(arguments, DRAIN));
    // What is left by now was given its time.
    runtime.shutdown_timeout(Duration::from_secs(1));
    result
}
