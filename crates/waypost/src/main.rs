//! The `waypost` binary: server and tools.

mod asking;
mod commands;
mod config;
mod failure;
mod files;
mod listing;
mod no_answer;
mod plain;
mod profile;
mod refusal;
mod remote;
mod screen;
mod server;
mod shell;
mod table;
mod times;
mod toml_file;
mod unset;
mod usage;
mod which;
mod words;

use std::ffi::OsStr;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use waypost_ids::Term;

/// Inbound email routing: mail comes in, flows decide, every step is on record.
#[derive(Parser)]
#[command(name = "waypost", version, max_term_width = 110)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server: SMTP in, HTTP API, workers
    Serve(Box<commands::serve::Arguments>),
    /// Apply a project folder to a server: flows, tables, schedules, queues, skills, routes and so on
    Apply(commands::apply::Arguments),
    /// Show what applying a folder would change on a server
    Plan(commands::plan::Arguments),
    /// Export a server's flows, queues, routes, tables and so on to a project folder
    Export(commands::export::Arguments),
    /// Create a project folder with a flow, a route and tests
    Init(commands::init::Arguments),
    /// Format YAML files in one canonical form; comments are kept
    Fmt(commands::fmt::Arguments),
    /// Check a folder of flows (or single files) without a server
    Validate(commands::validate::Arguments),
    /// Explain the code of a problem, or list all codes
    Explain(commands::explain::Arguments),
    /// Print the reference of the flow language: data types, names, operators, functions, actions
    Reference,
    /// Print the JSON Schemas of documents, tests, reports and traces
    Schema(commands::schema::Arguments),
    /// Run mails through a folder of flows without a server, and print the decisions
    Run(commands::run::Arguments),
    /// Try a flow of a server on mails, with its tables and schedules: nothing is stored, nothing is sent
    Try(commands::attempt::Arguments),
    /// Run the tests of a folder of flows without a server, and count what they cover
    Test(commands::test::Arguments),
    /// Compare two project folders, and search for a mail that they decide differently
    Diff(commands::diff::Arguments),
    /// Replay recorded mail through changed flows, and show which decisions would change
    Replay(commands::replay::Arguments),
    /// List replays, and show the changed decisions of one with both traces
    #[command(subcommand)]
    Replays(commands::replays::Command),
    /// List and change flows, and see what a change would break
    #[command(subcommand)]
    Flows(commands::flows::Command),
    /// Create and change queues, and claim work from them
    #[command(subcommand)]
    Queues(commands::queues::Command),
    /// List, create and delete the domains that mail is accepted for
    #[command(subcommand)]
    Domains(commands::domains::Command),
    /// List, create and change routes: which mail goes to which flow or queue
    #[command(subcommand)]
    Routes(commands::routes::Command),
    /// List skills and where they are used
    #[command(subcommand)]
    Skills(commands::terms::Command),
    /// List languages and where they are used
    #[command(subcommand)]
    Languages(commands::terms::Command),
    /// List data tables, look up keys, import and export rows
    #[command(subcommand)]
    Tables(commands::tables::Command),
    /// List and evaluate schedules, and switch emergencies
    #[command(subcommand)]
    Schedules(commands::schedules::Command),
    /// Create, change and test mailboxes to take mail from by IMAP
    #[command(subcommand)]
    Mailboxes(commands::mailboxes::Command),
    /// Create and change webhooks: HTTP endpoints that flows send to
    #[command(subcommand)]
    Webhooks(commands::webhooks::Command),
    /// Create and change data actions: HTTP requests that flows make
    #[command(subcommand)]
    DataActions(commands::data_actions::Command),
    /// Set secrets for other servers, such as passwords and tokens
    #[command(subcommand)]
    Secrets(commands::secrets::Command),
    /// Create, change and revoke the OAuth clients of a server
    #[command(subcommand)]
    Clients(commands::clients::Command),
    /// Open the web console
    #[command(subcommand)]
    Console(commands::console::Command),
    /// Find, export and erase what is stored about a person, by email address
    #[command(subcommand)]
    Correspondents(commands::correspondents::Command),
    /// Show who changed what on a server
    Audit(commands::audit::Arguments),
    /// Check a deployment: ports, certificates, DNS, routes, mailboxes, dead letters; changes nothing
    Doctor(Box<commands::doctor::Arguments>),
    /// Back up the SQLite database of a data directory, even while a server uses it
    Backup(commands::backup::Arguments),
    /// Check a data directory for damage; changes nothing
    Check(commands::check::Arguments),
    /// Print completions for a shell
    Completions(commands::completions::Arguments),
    /// Write manual pages
    Man(commands::man::Arguments),
    /// Send mail, or receive mail to see what is sent
    #[command(subcommand)]
    Mail(commands::mail::Command),
    /// List accepted mail and how it was decided, and act on claimed work
    #[command(subcommand)]
    Interactions(commands::interactions::Command),
    /// List what is sent; edit, retry and cancel dead letters
    #[command(subcommand)]
    Deliveries(commands::deliveries::Command),
    /// Create keys to sign mail with, and print their DNS records
    #[command(subcommand)]
    Dkim(commands::dkim::Command),
    /// Print events of a server as they happen, one line of JSON each
    Events(commands::events::Arguments),
    /// Count where every interaction is, and check the sums
    Ledger(commands::ledger::Arguments),
}

/// All commands, with their examples and groups of options.
fn command() -> clap::Command {
    without_empty(commands::help::of(Arguments::command()))
}

/// An environment variable that is set to nothing counts as not set: that is how a script or a unit takes one back.
fn without_empty(command: clap::Command) -> clap::Command {
    let is_empty = |name: &OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
    let command = command.mut_args(|argument| {
        if argument.get_env().is_some_and(is_empty) { argument.env(None::<&'static str>) } else { argument }
    });
    command.mut_subcommands(without_empty)
}

fn main() -> ExitCode {
    let given = match config::expand(&command(), std::env::args_os().collect()) {
        Ok(given) => given,
        Err(failure) => return failure.report(),
    };
    let matches = command().try_get_matches_from(&given);
    let parsed = match matches.and_then(|matches| Arguments::from_arg_matches(&matches)) {
        Ok(parsed) => parsed,
        Err(error) => return usage::unparsed(error, &given),
    };
    let result = match parsed.command {
        Command::Serve(arguments) => commands::serve::run(*arguments),
        Command::Apply(arguments) => commands::apply::run(&arguments),
        Command::Plan(arguments) => commands::plan::run(&arguments),
        Command::Export(arguments) => commands::export::run(&arguments),
        Command::Init(arguments) => commands::init::run(&arguments),
        Command::Fmt(arguments) => commands::fmt::run(&arguments),
        Command::Validate(arguments) => commands::validate::run(&arguments),
        Command::Explain(arguments) => commands::explain::run(&arguments),
        Command::Reference => commands::reference::run(),
        Command::Schema(arguments) => commands::schema::run(&arguments),
        Command::Mailboxes(command) => commands::mailboxes::run(&command),
        Command::Webhooks(command) => commands::webhooks::run(&command),
        Command::DataActions(command) => commands::data_actions::run(&command),
        Command::Secrets(command) => commands::secrets::run(&command),
        Command::Clients(command) => commands::clients::run(&command),
        Command::Console(command) => commands::console::run(&command),
        Command::Audit(arguments) => commands::audit::run(&arguments),
        Command::Doctor(arguments) => commands::doctor::run(&arguments),
        Command::Correspondents(command) => commands::correspondents::run(&command),
        Command::Backup(arguments) => commands::backup::run(&arguments),
        Command::Check(arguments) => commands::check::run(&arguments),
        Command::Completions(arguments) => commands::completions::run(&arguments, command()),
        Command::Man(arguments) => commands::man::run(&arguments, command()),
        Command::Run(arguments) => commands::run::run(&arguments),
        Command::Test(arguments) => commands::test::run(&arguments),
        Command::Diff(arguments) => commands::diff::run(&arguments),
        Command::Try(arguments) => commands::attempt::run(&arguments),
        Command::Replay(arguments) => commands::replay::run(&arguments),
        Command::Replays(command) => commands::replays::run(&command),
        Command::Flows(command) => commands::flows::run(&command),
        Command::Queues(command) => commands::queues::run(&command),
        Command::Domains(command) => commands::domains::run(&command),
        Command::Routes(command) => commands::routes::run(&command),
        Command::Skills(command) => commands::terms::run(Term::Skill, &command),
        Command::Languages(command) => commands::terms::run(Term::Language, &command),
        Command::Schedules(command) => commands::schedules::run(&command),
        Command::Tables(command) => commands::tables::run(&command),
        Command::Mail(command) => commands::mail::run(command),
        Command::Interactions(command) => commands::interactions::run(command),
        Command::Deliveries(command) => commands::deliveries::run(&command),
        Command::Dkim(command) => commands::dkim::run(&command),
        Command::Events(arguments) => commands::events::run(&arguments),
        Command::Ledger(arguments) => commands::ledger::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
