//! `waypost data-actions`: HTTP requests that flows make.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json};
use waypost_wire::data_action::DataAction;

use super::flows::Looking;
use crate::failure::Failure;
use crate::listing::Listing;
use crate::plain;
use crate::remote::{Remote, Server};
use crate::screen;
use crate::table::{Form, Printing};
use crate::which;

/// Sub-commands of `data-actions`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List data actions
    List(Listing),
    /// Print a data action's definition
    Show(Show),
    /// Create a data action from a file, such as one that Genesys exported
    Create(Create),
    /// Replace a data action's definition with that of a file
    Update(Update),
    /// Delete a data action that no flow uses
    Delete(One),
    /// Call a data action, and show each step and the result
    Test(Test),
    /// Show what uses a data action
    UsedBy(UsedBy),
}

/// Arguments of `show`.
#[derive(clap::Args)]
pub(crate) struct Show {
    #[command(flatten)]
    one: One,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Form,
}

/// Arguments of `create`.
#[derive(clap::Args)]
pub(crate) struct Create {
    #[command(flatten)]
    server: Server,
    /// The definition, as JSON
    file: PathBuf,
    /// Its name; left out: the name in the file
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    printing: Printing,
}

/// Arguments of `update`.
#[derive(clap::Args)]
pub(crate) struct Update {
    #[command(flatten)]
    one: One,
    /// The definition, as JSON
    file: PathBuf,
    #[command(flatten)]
    printing: Printing,
}

/// Arguments of `test`.
#[derive(clap::Args)]
pub(crate) struct Test {
    #[command(flatten)]
    one: One,
    /// The input, as a JSON object
    #[arg(long, value_name = "JSON", default_value = "{}")]
    input: String,
    /// How to print the outputs
    #[arg(long, value_enum, default_value_t)]
    output: Form,
}

/// Arguments of `used-by`.
#[derive(clap::Args)]
pub(crate) struct UsedBy {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    looking: Looking,
}

/// Arguments about one data action.
#[derive(clap::Args)]
pub(crate) struct One {
    #[command(flatten)]
    server: Server,
    /// The data action's name or id
    name: String,
}

impl One {
    fn find(&self) -> Result<(Remote, DataAction), Failure> {
        let remote = self.server.connect()?;
        let all = remote.all(remote.data_actions().list())?;
        let found = which::one("data action", &self.name, all, |one| (one.id.to_string(), one.name.clone()))?;
        Ok((remote, found))
    }
}

/// Exit code 0: done; 1: the server refused, with every reason; 2: not found or no answer.
pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    let out = &mut screen::stdout();
    match command {
        Command::List(arguments) => list(arguments, out),
        Command::Show(Show { one, output }) => Ok(output.write(out, &one.find()?.1)?),
        Command::Create(arguments) => {
            let mut definition = read(&arguments.file)?;
            if let Some(name) = &arguments.name {
                definition.insert("name".to_owned(), name.clone().into());
            }
            let remote = arguments.server.connect()?;
            let made = remote.wait(remote.data_actions().create(&definition))?;
            warn(&made)?;
            let line = format!("data action {}: created, id {}", made.name, made.id);
            Ok(arguments.printing.print(out, &made, line)?)
        }
        Command::Update(Update { one, file, printing }) => {
            let mut definition = read(file)?;
            // The command names the action, and means the newest version.
            for member in ["name", "version"] {
                definition.shift_remove(member);
            }
            let (remote, action) = one.find()?;
            let action = remote.wait(remote.data_actions().update(action.id, &definition))?;
            warn(&action)?;
            Ok(printing.print(out, &action, format_args!("data action {}: version {}", action.name, action.version))?)
        }
        Command::Test(arguments) => test(arguments, out),
        Command::Delete(one) => {
            let (remote, action) = one.find()?;
            remote.wait(remote.data_actions().delete(action.id))?;
            Ok(writeln!(out, "data action {}: deleted", action.name)?)
        }
        Command::UsedBy(UsedBy { one, looking }) => {
            let (remote, action) = one.find()?;
            let graph = remote.wait(remote.data_actions().used_by(action.id, looking.transitive))?;
            looking.print_users(&graph, out)
        }
    }
}

fn list(arguments: &Listing, out: &mut impl Write) -> Result<(), Failure> {
    let row = |_: &Remote, one: &DataAction| {
        let request = one.config.get("request");
        let text = |name: &str| request.and_then(|request| request.get(name)?.as_str()).unwrap_or_default().to_owned();
        Ok([one.id.to_string(), one.name.clone(), text("requestType"), text("requestUrlTemplate")])
    };
    arguments.print(out, |remote| remote.data_actions().list(), ["ID", "NAME", "METHOD", "URL"], row)
}

fn warn(action: &DataAction) -> Result<(), Failure> {
    Ok(plain::warn(plain::data_action(&action.name, &action.config))?)
}

/// The steps go to stderr, the outputs alone to stdout.
fn test(arguments: &Test, out: &mut impl Write) -> Result<(), Failure> {
    let input = match serde_json::from_str(&arguments.input) {
        Ok(Json::Object(input)) => input,
        Ok(_) => return Err(Failure::Failed("--input: expected an object".to_owned())),
        Err(error) => return Err(Failure::Failed(format!("--input: not valid JSON: {error}"))),
    };
    let (remote, action) = arguments.one.find()?;
    let done = remote.wait(remote.data_actions().test(action.id, &input))?;
    for operation in &done.operations {
        let outcome = if operation.success { "ok" } else { "failed" };
        writeln!(screen::stderr(), "{}. {}: {outcome}", operation.step, operation.name)?;
    }
    match (done.final_result, done.error) {
        (Some(outputs), _) => Ok(arguments.output.write(out, &outputs)?),
        (None, error) => Err(Failure::Refused(error.map(|error| error.message).unwrap_or_default())),
    }
}

/// A definition, as a file has it.
fn read(file: &Path) -> Result<Map<String, Json>, Failure> {
    let failed = |why: String| Failure::Failed(format!("{}: {why}", file.display()));
    let text = fs::read_to_string(file).map_err(|error| failed(error.to_string()))?;
    match serde_json::from_str(&text) {
        Ok(Json::Object(definition)) => Ok(definition),
        Ok(_) => Err(failed("expected an object with `config` and `contract`".to_owned())),
        Err(error) => Err(failed(format!("not valid JSON: {error}"))),
    }
}
