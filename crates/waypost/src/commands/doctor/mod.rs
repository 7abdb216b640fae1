//! `waypost doctor`: what is wrong with a deployment, and what to do about it. Changes nothing.

mod certificate;
mod dns;
mod local;
mod objects;
mod report;
mod start;

use std::time::Duration;

use waypost_outgoing::carry::records::Records;

use super::serve;
use crate::failure::Failure;
use crate::remote::Server;
use crate::screen;
use crate::table::Output;
use report::{Report, Status};

pub(crate) use report::schema;

/// What a server calls itself that is not told its name.
const LOCALHOST: &str = "localhost";

/// What to do about mail that is not sent.
const NO_SMARTHOST: &str = "set --smarthost to a mail server, or leave it out to send to the MX of each recipient; `waypost deliveries cancel` drops \
                            what must not be sent";

/// How long each question to DNS may take.
const DNS: Duration = Duration::from_secs(5);

/// Arguments of `doctor`: those of `serve`, and where the server answers.
#[derive(clap::Args)]
#[group(skip)]
pub(crate) struct Arguments {
    /// The server's address, such as http://127.0.0.1:8080; left out: the one in the data directory
    #[arg(long, env = "WAYPOST_URL", hide_env_values = true)]
    url: Option<String>,
    /// The OAuth client's id
    #[arg(long, env = "WAYPOST_CLIENT_ID", hide_env_values = true)]
    client_id: Option<String>,
    /// The OAuth client's secret; better in the environment: other users of the machine can see arguments
    #[arg(long, env = "WAYPOST_CLIENT_SECRET", hide_env_values = true)]
    client_secret: Option<String>,
    /// Address and client from this profile of ~/.config/waypost/profiles.toml
    #[arg(long, env = "WAYPOST_PROFILE", hide_env_values = true)]
    profile: Option<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    #[command(flatten)]
    serve: serve::Arguments,
}

/// Exit code 0: no check failed; 1: one did; 2: could not check.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut report = Report::default();
    let serve = &arguments.serve;
    let elsewhere = (arguments.url.is_some() || arguments.profile.is_some()) && !serve.data_dir.exists();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut held = None;
    if !elsewhere {
        let listeners = local::data_directory(&mut report, &serve.data_dir);
        held = runtime.block_on(start::data(&mut report, serve, listeners.is_some()));
        local::ports(&mut report, serve, listeners.as_ref());
        certificate::check(&mut report, serve, listeners.as_ref());
    }
    let keys = start::options(&mut report, serve);
    let server = Server::of(
        arguments.url.clone(),
        arguments.client_id.clone(),
        arguments.client_secret.clone(),
        arguments.profile.clone(),
        &serve.data_dir,
    );
    let domains = objects::check(&mut report, &server).unwrap_or_else(|| {
        let domains = held.iter().flat_map(|held| &held.catalogue.domains);
        domains.map(|domain| domain.domain.clone()).collect()
    });
    match Records::new(serve.dns, DNS) {
        Ok(records) => {
            // What a server elsewhere calls itself is in its own options.
            let hostname = Some(serve.hostname.as_str()).filter(|name| !(elsewhere && *name == LOCALHOST));
            runtime.block_on(dns::check(&mut report, serve, keys.as_ref(), hostname, &records, &domains));
        }
        Err(problem) => report.failed("dns", problem.to_string(), "name a DNS server with --dns"),
    }
    let mut out = screen::stdout();
    if arguments.output.is_data() {
        arguments.output.write(&mut out, &report.data())?;
    } else {
        report.print(&mut out)?;
    }
    if report.count(Status::Failed) > 0 { Err(Failure::Found) } else { Ok(()) }
}
