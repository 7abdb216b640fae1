//! `waypost serve`: the server.

mod sign_in;
mod vetting;

use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::TypedValueParser;
use waypost_admission::{BadNetwork, Network};
use waypost_app::ingress::{Door, Provider};
use waypost_outgoing::smarthost::Smarthost;
use waypost_reach::Url;
use waypost_seal::KeyId;

use crate::failure::Failure;
use crate::server;

pub(crate) use vetting::MailAuth;

/// Arguments of `serve`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A TOML file with any of these options, by their names; the environment overrides it, and arguments both
    #[arg(long, env = "WAYPOST_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where everything is kept
    #[arg(long, env = "WAYPOST_DATA_DIR", default_value = "./waypost-data")]
    pub(crate) data_dir: PathBuf,
    /// The PostgreSQL database that several nodes share, postgres://USER@HOST/NAME; without it, SQLite in the data directory.
    /// A password is better set in the environment: arguments are seen by everybody on the machine
    #[arg(long, env = "WAYPOST_DATABASE", hide_env_values = true, value_name = "URL")]
    pub(crate) database: Option<String>,
    /// CA certificate file (PEM) for TLS to the database; without it, the CAs that the system trusts
    #[arg(long, env = "WAYPOST_DATABASE_CA", value_name = "FILE", requires = "database")]
    pub(crate) database_ca: Option<PathBuf>,
    /// The address of the HTTP API; port 0 takes a free one
    #[arg(long, env = "WAYPOST_HTTP", default_value = "127.0.0.1:8080")]
    pub(crate) http: SocketAddr,
    /// The address of the HTTP API over TLS
    #[arg(long, env = "WAYPOST_HTTPS")]
    pub(crate) https: Option<SocketAddr>,
    /// The address that mail is taken at
    #[arg(long, env = "WAYPOST_SMTP", default_value = "127.0.0.1:2525")]
    pub(crate) smtp: SocketAddr,
    /// The address that mail is accepted at over TLS from the start; STARTTLS is for --smtp
    #[arg(long, env = "WAYPOST_SMTPS", value_name = "ADDRESS")]
    pub(crate) smtps: Option<SocketAddr>,
    /// The name that the SMTP server gives itself
    #[arg(long, env = "WAYPOST_HOSTNAME", default_value = "localhost")]
    pub(crate) hostname: String,
    /// The certificate chain for HTTPS, SMTP over TLS and STARTTLS, in PEM
    #[arg(long, env = "WAYPOST_TLS_CERT", requires = "tls_key", conflicts_with = "tls_self_signed")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The certificate's key, in PEM
    #[arg(long, env = "WAYPOST_TLS_KEY", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Make a certificate for this machine in the data directory, tls/cert.pem, and renew it in time
    #[arg(long, env = "WAYPOST_TLS_SELF_SIGNED")]
    pub(crate) tls_self_signed: bool,
    /// Requests that one API client may make in a minute; 0 is no limit
    #[arg(long, env = "WAYPOST_RATE_LIMIT", default_value_t = 300)]
    pub(crate) rate_limit: u32,
    /// A network that limits by address don't hold for, such as 10.0.0.0/8: a relay or balancer of yours. May be given several
    /// times; `none` is none at all
    #[arg(long, env = "WAYPOST_TRUSTED_NETWORK", value_name = "NETWORK", value_delimiter = ',', value_parser = network_or_none, default_value = "127.0.0.1,::1")]
    pub(crate) trusted_network: Vec<Option<Network>>,
    /// A network whose proxies say for whom they ask, by Forwarded or X-Forwarded-For. May be given several times
    #[arg(long, env = "WAYPOST_TRUSTED_PROXY", value_name = "NETWORK", value_delimiter = ',')]
    pub(crate) trusted_proxy: Vec<Network>,
    /// A network of load balancers whose SMTP connections begin with a PROXY header, version 1 or 2, that names the client. Without a
    /// header they are refused. May be given several times
    #[arg(long, env = "WAYPOST_SMTP_TRUSTED_PROXY", value_name = "NETWORK", value_delimiter = ',')]
    pub(crate) smtp_trusted_proxy: Vec<Network>,
    /// A network of mail servers in front of this one that name the client by XCLIENT, or where they have a message from by XFORWARD. May be
    /// given several times
    #[arg(long, env = "WAYPOST_SMTP_TRUSTED_XCLIENT", value_name = "NETWORK", value_delimiter = ',')]
    pub(crate) smtp_trusted_xclient: Vec<Network>,
    /// SMTP connections at the same time; one address may have a quarter of them, one network half
    #[arg(long, env = "WAYPOST_SMTP_CONNECTIONS", value_parser = connections(), default_value = "1000", value_name = "N")]
    pub(crate) smtp_connections: usize,
    /// HTTP and HTTPS connections at the same time; one address may have a quarter of them, one network half
    #[arg(long, env = "WAYPOST_HTTP_CONNECTIONS", value_parser = connections(), default_value = "1000", value_name = "N")]
    pub(crate) http_connections: usize,
    /// Mails that one address may begin by SMTP in a minute, and one network four times as many; 0 is no limit
    #[arg(long, env = "WAYPOST_SMTP_MAILS_PER_MINUTE", default_value_t = 3000, value_name = "N")]
    pub(crate) smtp_mails_per_minute: u32,
    /// SMTP commands that one address may give in a minute, and one network four times as many; 0 is no limit
    #[arg(long, env = "WAYPOST_SMTP_COMMANDS_PER_MINUTE", default_value_t = 60_000, value_name = "N")]
    pub(crate) smtp_commands_per_minute: u32,
    /// How long the content of one mail may take by SMTP, in seconds
    #[arg(long, env = "WAYPOST_SMTP_DATA_SECONDS", default_value = "900", value_parser = seconds, value_name = "SECONDS")]
    pub(crate) smtp_data_seconds: Duration,
    /// How long one SMTP session may take, in seconds; a mail that is coming then may finish
    #[arg(long, env = "WAYPOST_SMTP_SESSION_SECONDS", default_value = "3600", value_parser = seconds, value_name = "SECONDS")]
    pub(crate) smtp_session_seconds: Duration,
    /// What to do about a LF without CR within a mail that comes by SMTP; neither way does it end the mail
    #[arg(long, env = "WAYPOST_BARE_LF", value_enum, default_value_t)]
    pub(crate) bare_lf: BareLf,
    /// The largest mail, in bytes
    #[arg(long, env = "WAYPOST_MAX_MESSAGE_BYTES", default_value_t = 50 * 1024 * 1024)]
    pub(crate) max_message_bytes: usize,
    /// Where an email provider posts mail: PROVIDER=SECRET, the provider postmark, mailgun or sendgrid and the name of the secret that it
    /// proves itself by, or ses=TOPIC_ARN. May be given several times
    #[arg(long, env = "WAYPOST_INGRESS", value_name = "PROVIDER=SECRET", value_delimiter = ',', value_parser = door)]
    pub(crate) ingress: Vec<Door>,
    /// The server that takes all mail that goes out, `smtps://USER@HOST:PORT` or `smtp://…`, user and port
    /// optional; without it, mail goes to the MX of each recipient's domain; `none` sends nothing, and what goes out waits
    #[arg(long, env = "WAYPOST_SMARTHOST", value_name = "URL", value_parser = smarthost)]
    pub(crate) smarthost: Option<Way>,
    /// The smarthost's password: in the environment or the TOML file, never as an argument, where everybody on the machine sees it
    #[arg(
        long,
        env = "WAYPOST_SMARTHOST_PASSWORD",
        hide_env_values = true,
        value_name = "PASSWORD",
        requires = "smarthost"
    )]
    pub(crate) smarthost_password: Option<String>,
    /// The token endpoint that gives OAuth 2 access tokens for the smarthost, where it takes no password
    #[arg(
        long,
        env = "WAYPOST_SMARTHOST_OAUTH_TOKEN_URL",
        value_name = "URL",
        value_parser = waypost_oauth::token_url,
        requires_all = ["smarthost", "smarthost_oauth_client_id"],
        conflicts_with = "smarthost_password"
    )]
    pub(crate) smarthost_oauth_token_url: Option<Url>,
    /// The client id that this server has there
    #[arg(long, env = "WAYPOST_SMARTHOST_OAUTH_CLIENT_ID", value_name = "ID", requires = "smarthost_oauth_token_url")]
    pub(crate) smarthost_oauth_client_id: Option<String>,
    /// The client's secret: in the environment or the TOML file, never as an argument
    #[arg(
        long,
        env = "WAYPOST_SMARTHOST_OAUTH_CLIENT_SECRET",
        hide_env_values = true,
        value_name = "SECRET",
        requires = "smarthost_oauth_token_url"
    )]
    pub(crate) smarthost_oauth_client_secret: Option<String>,
    /// A refresh token, in the environment or the TOML file, never as an argument; without it, tokens are asked for by client credentials
    #[arg(
        long,
        env = "WAYPOST_SMARTHOST_OAUTH_REFRESH_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN",
        requires = "smarthost_oauth_token_url"
    )]
    pub(crate) smarthost_oauth_refresh_token: Option<String>,
    /// The scope to ask for, such as `https://outlook.office365.com/.default`
    #[arg(long, env = "WAYPOST_SMARTHOST_OAUTH_SCOPE", value_name = "SCOPE", requires = "smarthost_oauth_token_url")]
    pub(crate) smarthost_oauth_scope: Option<String>,
    /// CA certificate file (PEM) for TLS to the smarthost, beside the CAs that the system trusts
    #[arg(long, env = "WAYPOST_SMARTHOST_CA", value_name = "FILE", requires = "smarthost")]
    pub(crate) smarthost_ca: Option<PathBuf>,
    /// How long mail that goes out is tried before it is a dead letter, such as 5d, 12h or 30m
    #[arg(long, env = "WAYPOST_MAIL_RETRY_FOR", value_name = "TIME", value_parser = period, default_value = "5d")]
    pub(crate) mail_retry_for: Duration,
    /// How long a request to a webhook is tried before it is a dead letter, such as 1d, 12h or 30m
    #[arg(long, env = "WAYPOST_WEBHOOK_RETRY_FOR", value_name = "TIME", value_parser = period, default_value = "1d")]
    pub(crate) webhook_retry_for: Duration,
    /// How often to look into each folder of a mailbox, whatever its server tells by itself, such as 60s or 5m
    #[arg(long, env = "WAYPOST_MAILBOX_POLL", value_name = "TIME", value_parser = period, default_value = "60s")]
    pub(crate) mailbox_poll: Duration,
    /// File with the key that secrets are encrypted with, made if it is missing: the same on all nodes, and backed up apart from the data;
    /// by default `waypost.key` in the data directory
    #[arg(long, env = "WAYPOST_SECRET_KEY_FILE", value_name = "FILE")]
    pub(crate) secret_key_file: Option<PathBuf>,
    /// Give up what the lost key with this id encrypted, and take the key of --secret-key-file instead: secrets must be set again, and webhooks
    /// are disabled
    #[arg(long, value_name = "KEY_ID")]
    pub(crate) forget_sealed: Option<KeyId>,
    /// A folder of keys that mail is signed with, DOMAIN.SELECTOR.pem each; `waypost dkim new` makes them
    #[arg(long, env = "WAYPOST_DKIM_KEYS", value_name = "DIR")]
    pub(crate) dkim_keys: Option<PathBuf>,
    /// Allow MX hosts, webhooks and token endpoints in a private network, such as 10.0.0.0/8. May be given several times
    #[arg(long, env = "WAYPOST_ALLOW_PRIVATE_TARGETS", value_name = "NETWORK", value_delimiter = ',')]
    pub(crate) allow_private_targets: Vec<Network>,
    /// The DNS server that is asked for MX and about senders, ADDRESS:PORT; without it, the system's
    #[arg(long, env = "WAYPOST_DNS", value_name = "ADDRESS")]
    pub(crate) dns: Option<SocketAddr>,
    /// For how many days the same mail counts as a duplicate
    #[arg(long, env = "WAYPOST_DUPLICATE_DAYS", value_parser = clap::value_parser!(u32).range(..=36_500), default_value_t = 7)]
    pub(crate) duplicate_days: u32,
    /// For how many days after their completion messages, subjects and traces are kept; 0 is for ever
    #[arg(long, env = "WAYPOST_KEEP_CONTENT_DAYS", value_parser = clap::value_parser!(u32).range(..=36_500), default_value_t = 30, value_name = "DAYS")]
    pub(crate) keep_content_days: u32,
    /// For how many days after their completion decisions are kept, and entries of the audit log; 0 is for ever
    #[arg(long, env = "WAYPOST_KEEP_DECISION_DAYS", value_parser = clap::value_parser!(u32).range(..=36_500), default_value_t = 400, value_name = "DAYS")]
    pub(crate) keep_decision_days: u32,
    /// For how many seconds after SIGTERM to go on serving while /health/ready says no: what sends requests here must see it first
    #[arg(long, env = "WAYPOST_DRAIN_DELAY", default_value = "0", value_parser = seconds, value_name = "SECONDS")]
    pub(crate) drain_delay: Duration,
    /// How much of a run and its mail a trace keeps: decisions alone, steps without values, or everything
    #[arg(long, env = "WAYPOST_TRACE_DETAIL", value_enum, default_value_t)]
    pub(crate) trace_detail: TraceDetail,
    /// Variable, attribute, input, output, column or header field whose value no kept trace shows, whatever the case; repeatable
    #[arg(long, env = "WAYPOST_REDACT", value_delimiter = ',', value_name = "NAME")]
    pub(crate) redact: Vec<String>,
    /// Steps of work that a run may take, called flows included; one is about a microsecond. Beyond that its mail is unrouted
    #[arg(long, env = "WAYPOST_RUN_STEPS", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000), default_value_t = 1_000_000, value_name = "STEPS")]
    pub(crate) run_steps: u64,
    /// Memory that the values of a run may hold, in MiB. Beyond that its mail is unrouted
    #[arg(long, env = "WAYPOST_RUN_MEMORY", value_parser = clap::value_parser!(u32).range(1..=65_536), default_value_t = 64, value_name = "MIB")]
    pub(crate) run_memory: u32,
    #[command(flatten)]
    pub(crate) vetting: vetting::Vetting,
    #[command(flatten)]
    pub(crate) sign_in: sign_in::SignIn,
    /// What is logged: error, warn, info, debug, or a filter such as `waypost_mail=debug`
    #[arg(long, env = "WAYPOST_LOG", default_value = "info")]
    pub(crate) log: String,
    /// How it is logged
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
    /// Which flows ran, errors, the decision.
    Decisions,
    /// Every step, nothing of the mail beyond what the decision says.
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
    let (word, proof) = text.split_once('=').ok_or_else(|| format!("expected PROVIDER=SECRET, found `{text}`"))?;
    let words = || Provider::ALL.map(Provider::word).join(", ");
    let provider =
        Provider::of(word).ok_or_else(|| format!("`{word}` is not a provider: expected one of {}", words()))?;
    match provider {
        Provider::Ses if !is_topic(proof) => Err(format!(
            "expected the ARN of a topic, such as arn:aws:sns:eu-west-1:123456789012:mail, found `{proof}`"
        )),
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
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        told.join("; ")
    })
}

/// A time with its unit, up to a year.
fn period(text: &str) -> Result<Duration, String> {
    let expected = || format!("expected a number with s, m, h or d, such as 5d: found `{text}`");
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

fn seconds(text: &str) -> Result<Duration, std::num::ParseIntError> {
    text.parse().map(Duration::from_secs)
}

/// How long sessions may take to finish once the server was told to stop.
const DRAIN: Duration = Duration::from_secs(30);

/// Exit code 0: stopped by a signal; 2: could not start.
pub(crate) fn run(arguments: Arguments) -> Result<(), Failure> {
    server::private::ours_alone();
    log_to_stderr(&arguments)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(server::run(arguments, DRAIN));
    // What is left by now was given its time.
    runtime.shutdown_timeout(Duration::from_secs(1));
    result
}

fn log_to_stderr(arguments: &Arguments) -> Result<(), Failure> {
    let filter = tracing_subscriber::EnvFilter::try_new(&arguments.log)
        .map_err(|error| Failure::of("can't read --log")(&error))?;
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    match arguments.log_format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
    Ok(())
}
