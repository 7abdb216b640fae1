//! `waypost try`: a version, a draft, or a file in the flow's place, on mails.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use waypost_client::Error;
use waypost_flow::source::{self, Node};
use waypost_wire::attempt::{Try, Unanswered};
use waypost_wire::trace::text;

use crate::commands::answers::AnswersFile;
use crate::commands::flows::One;
use crate::commands::interactions::short;
use crate::failure::Failure;
use crate::table::Printing;
use crate::times::time;
use crate::{files, screen};

/// Arguments of `try`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    one: One,
    /// A version's number, `published`, `newest`, or a label; left out: the newest
    #[arg(long)]
    version: Option<String>,
    /// A document to try in the flow's place, without saving it
    #[arg(long, conflicts_with = "version")]
    file: Option<PathBuf>,
    /// A value for an input of the flow: name=value, the value as JSON or as plain text
    #[arg(long = "input", value_name = "NAME=VALUE")]
    inputs: Vec<String>,
    /// When the mails are accepted: the flow's `now` [default: the current time]
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<Timestamp>,
    /// A file with `answers`, as tests have them: what data actions answer, and tables and schedules in the place of the server's
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// Show every step
    #[arg(long)]
    trace: bool,
    /// Mails: .eml files, mboxes, folders of them; `-` is standard input
    #[arg(required = true)]
    mails: Vec<PathBuf>,
    #[command(flatten)]
    printing: Printing,
}

/// Exit code 0: every mail was decided; 1: the server refused the document or the answers, a run failed, or it asked for an answer that is
/// not given; 2: could not ask.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let out = &mut screen::stdout();
    let mut request = Try { version: arguments.version.as_deref().map(Json::from), ..Try::default() };
    request.received_at = arguments.at.map(Into::into);
    request.document = arguments.file.as_deref().map(|path| Ok::<_, Failure>(yaml(path)?.to_json())).transpose()?;
    let answers = arguments.answers.as_deref().map(AnswersFile::read).transpose()?;
    if let Some(file) = &answers {
        request.answers = file.listed()?.iter().map(Node::to_json).collect();
    }
    request.inputs = arguments.inputs.iter().map(|written| input(written)).collect::<Result<_, _>>()?;
    let (remote, id) = arguments.one.find()?;
    let mut failed = false;
    files::mails(&arguments.mails, &mut |mail| {
        if mail.raw.is_empty() {
            return Ok(writeln!(screen::stderr(), "{}: empty, not tried", mail.name)?);
        }
        // A JSON text holds characters, and a mail bytes.
        request.message_base64 = Some(BASE64.encode(&mail.raw));
        let tried = match remote.wait(remote.flows().attempt(id, &request)) {
            Ok(tried) => tried,
            Err(error) => return Err(refused(error, answers.as_ref())?),
        };
        failed |= tried.decision.error.is_some() || !tried.unanswered.is_empty();
        if arguments.printing.output.is_data() {
            let told = json!({ "mail": mail.name, "tried": tried });
            return Ok(arguments.printing.output.write_one(out, &told)?);
        }
        let outputs: Vec<String> = tried.outputs.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        let outputs = if outputs.is_empty() { String::new() } else { format!("  {}", outputs.join(", ")) };
        let decided = if tried.unanswered.is_empty() { short(&tried.decision) } else { "unknown".to_owned() };
        writeln!(out, "{}: {decided}{outputs}", mail.name)?;
        for send in &tried.sends {
            writeln!(out, "    {}", text::sending(send))?;
        }
        for Unanswered { data_action, input } in &tried.unanswered {
            writeln!(out, "    unanswered: {data_action} {}", Json::Object(input.clone()))?;
        }
        for label in &tried.unasked {
            writeln!(out, "    note: the run never asked for the answer of {label}")?;
        }
        if arguments.trace {
            for line in text::render(&tried.trace).lines() {
                writeln!(out, "    {line}")?;
            }
        }
        Ok(())
    })?;
    if failed { Err(Failure::Found) } else { Ok(()) }
}

/// What is wrong with the answers is shown in their file.
fn refused(error: Error, answers: Option<&AnswersFile>) -> Result<Failure, Failure> {
    if let (Error::Refused { body, .. }, Some(file)) = (&error, answers)
        && let Some(problems) = AnswersFile::found_by_server(&body.errors)
    {
        return file.refused(problems);
    }
    Ok(error.into())
}

fn yaml(path: &Path) -> Result<Node, Failure> {
    let fail = |cause: &dyn std::fmt::Display| Failure::of(format!("can't read {}", path.display()))(cause);
    let text = fs::read_to_string(path).map_err(|error| fail(&error))?;
    Ok(source::yaml(&text).map_err(|error| fail(&error.message))?.0)
}

fn input(written: &str) -> Result<(String, Json), Failure> {
    let (name, value) = written
        .split_once('=')
        .ok_or_else(|| Failure::Failed(format!("`{written}` is not an input: write name=value")))?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
    Ok((name.to_owned(), value))
}
