//! `waypost doctor`: what is wrong with a deployment, and what to do about it. Changes nothing.

mod dns;
mod local;
mod objects;
mod report;

use std::time::Duration;

use waypost_outgoing::carry::records::Records;

use super::serve;
use crate::failure::Failure;
use crate::remote::Server;
use crate::screen;
use crate::table::Output;
use report::{Report, Status};

pub(crate) use report::schema;

/// How long each question to DNS may take.
const DNS: Duration = Duration::from_secs(5);

/// Arguments of `doctor`: those of `serve`, and where the server answers.
#[derive(clap::Args)]
#[group(skip)]
pub(crate) struct Arguments {
    /// The server's address, such as http://127.0.0.1:8080; left out: as the data directory says
    #[arg(long, env = "WAYPOST_URL", hide_env_values = true)]
    url: Option<String>,
    /// The OAuth client's id
    #[arg(long, env = "WAYPOST_CLIENT_ID", hide_env_values = true)]
    client_id: Option<String>,
    /// The OAuth client's secret (better in the environment than on a command line)
    #[arg(long, env = "WAYPOST_CLIENT_SECRET", hide_env_values = true)]
    client_secret: Option<String>,
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
    local::check(&mut report, serve, arguments.url.is_some());
    let server = Server::of(
        arguments.url.clone(),
        arguments.client_id.clone(),
        arguments.client_secret.clone(),
        &serve.data_dir,
    );
    let domains = objects::check(&mut report, &server);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match Records::new(serve.dns, DNS) {
        Ok(records) => runtime.block_on(dns::check(&mut report, serve, &records, &domains)),
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
