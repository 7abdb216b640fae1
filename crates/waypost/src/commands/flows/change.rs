//! Changing flows: drafts, publishing, labels, deprecating, deactivating, deleting.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use serde_json::{Value as Json, json};
use waypost_client::Error;
use waypost_client::flows::Saving;
use waypost_flow::source;
use waypost_wire::change::{LabelRequest, LabelTarget};
use waypost_wire::error::Problem;
use waypost_wire::flow::parse_version;

use super::One;
use crate::asking::Deleting;
use crate::failure::Failure;
use crate::remote::NO_TEXTS;
use crate::screen;
use crate::table::Printing;

/// A flow, and why.
#[derive(clap::Args)]
pub(crate) struct Named {
    #[command(flatten)]
    one: One,
    /// Why, for the flow's history
    #[arg(long)]
    note: Option<String>,
}

/// Arguments of `delete`.
#[derive(clap::Args)]
pub(crate) struct Delete {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    deleting: Deleting,
}

/// Arguments of `draft`.
#[derive(clap::Args)]
pub(crate) struct Draft {
    #[command(flatten)]
    named: Named,
    /// The document
    file: PathBuf,
    #[command(flatten)]
    printing: Printing,
}

/// Arguments of `publish`.
#[derive(clap::Args)]
pub(crate) struct Publish {
    #[command(flatten)]
    named: Named,
    /// The version's number; left out: the newest version
    #[arg(long)]
    version: Option<String>,
    #[command(flatten)]
    printing: Printing,
}

/// Arguments of `label`.
#[derive(clap::Args)]
pub(crate) struct Label {
    #[command(flatten)]
    named: Named,
    /// The label
    label: String,
    /// One version, or two with weights: `3`, `3:90 4:10`
    #[arg(required = true, num_args = 1..=2)]
    targets: Vec<String>,
}

/// Arguments of `unlabel`.
#[derive(clap::Args)]
pub(crate) struct Unlabel {
    #[command(flatten)]
    named: Named,
    /// The label
    label: String,
}

/// Arguments of `deprecate`.
#[derive(clap::Args)]
pub(crate) struct Deprecate {
    #[command(flatten)]
    named: Named,
    /// The notice to callers
    #[arg(required_unless_present = "undo")]
    notice: Option<String>,
    /// Remove the deprecation
    #[arg(long, conflicts_with = "notice")]
    undo: bool,
}

pub(super) fn draft(arguments: &Draft, out: &mut impl Write) -> Result<(), Failure> {
    let path = &arguments.file;
    let text =
        fs::read_to_string(path).map_err(|error| Failure::of(format!("can't read {}", path.display()))(&error))?;
    let (document, _) = source::yaml(&text).map_err(|error| {
        let help = error.suggestion.map(|help| format!("; {help}")).unwrap_or_default();
        Failure::Failed(format!("{}:{}:{}: {}{help}", path.display(), error.line, error.column, error.message))
    })?;
    let (remote, id) = arguments.named.one.find()?;
    let note = arguments.named.note.as_deref();
    let saved = remote.wait(remote.flows().draft(id, &document.to_json(), note))?;
    // JSON has no comments that could be lost.
    if path.extension().is_none_or(|extension| !extension.eq_ignore_ascii_case("json")) {
        match remote.wait(remote.flows().put_text(id, &saved.version.to_string(), text.into(), note)) {
            Ok(()) => {}
            Err(error) if error.is_not_offered() => {
                writeln!(screen::stderr(), "note: {NO_TEXTS}; comments are not kept")?;
            }
            // The draft is there, whatever becomes of its comments.
            Err(Error::Refused { body, .. }) if body.status < 500 => {
                writeln!(screen::stderr(), "note: comments are not kept: {}", body.message)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    if arguments.printing.output.is_data() {
        return Ok(arguments.printing.output.write(out, &saved)?);
    }
    writeln!(out, "flow {}: version {} saved as a draft", arguments.named.one.flow, saved.version)?;
    told(out, &saved.validation)
}

/// Problems of a version, one in a line.
fn told(out: &mut impl Write, problems: &[Problem]) -> Result<(), Failure> {
    for problem in problems {
        let severity = problem.severity.as_deref().map(|severity| format!("{severity}: ")).unwrap_or_default();
        let path = problem.path.as_deref().unwrap_or_default();
        let suggestion = problem.suggestion.as_deref().map(|text| format!(": {text}")).unwrap_or_default();
        writeln!(out, "  {severity}{path}: {}{suggestion} [{}]", problem.message, problem.code)?;
    }
    Ok(())
}

pub(super) fn publish(arguments: &Publish, out: &mut impl Write) -> Result<(), Failure> {
    let (remote, id) = arguments.named.one.find()?;
    let version = arguments.version.as_deref().unwrap_or("newest");
    let flow = remote.wait(remote.flows().publish(id, version, arguments.named.note.as_deref()))?;
    if arguments.printing.output.is_data() {
        return Ok(arguments.printing.output.write(out, &flow)?);
    }
    writeln!(out, "flow {}: version {} published", flow.name, flow.version.unwrap_or_default())?;
    told(out, &flow.warnings)
}

pub(super) fn label(arguments: &Label, out: &mut impl Write) -> Result<(), Failure> {
    let target = |written: &String| {
        let (version, weight) = match written.split_once(':') {
            Some((version, weight)) => (version, Some(weight)),
            None => (written.as_str(), None),
        };
        let weight = weight.map(|weight| weight.parse().map_err(|_| wrong(written))).transpose()?;
        let version = parse_version(version).ok_or_else(|| wrong(written))?;
        Ok(LabelTarget { version, weight })
    };
    let targets = arguments.targets.iter().map(target).collect::<Result<_, Failure>>()?;
    let (remote, id) = arguments.named.one.find()?;
    let request = LabelRequest { targets, note: arguments.named.note.clone() };
    remote.wait(remote.flows().label(id, &arguments.label, &request))?;
    let (flow, label) = (&arguments.named.one.flow, &arguments.label);
    Ok(writeln!(out, "flow {flow}: label {label} set to {}", arguments.targets.join(" "))?)
}

fn wrong(written: &str) -> Failure {
    Failure::Failed(format!("`{written}` is not a version, such as 3, or one with a weight, such as 3:90"))
}

pub(super) fn unlabel(arguments: &Unlabel, out: &mut impl Write) -> Result<(), Failure> {
    let (remote, id) = arguments.named.one.find()?;
    remote.wait(remote.flows().unlabel(id, &arguments.label, arguments.named.note.as_deref()))?;
    Ok(writeln!(out, "flow {}: label {} removed", arguments.named.one.flow, arguments.label)?)
}

pub(super) fn deprecate(arguments: &Deprecate, out: &mut impl Write) -> Result<(), Failure> {
    let (remote, id) = arguments.named.one.find()?;
    let deprecated = if arguments.undo { Json::from(false) } else { arguments.notice.clone().into() };
    let saving = Saving { note: arguments.named.note.clone(), ..Saving::default() };
    remote.wait(remote.flows().update(id, &json!({ "deprecated": deprecated }), &saving))?;
    let done = if arguments.undo { "no longer deprecated" } else { "deprecated" };
    Ok(writeln!(out, "flow {}: {done}", arguments.named.one.flow)?)
}

pub(super) fn deactivate(arguments: &Named, out: &mut impl Write) -> Result<(), Failure> {
    let (remote, id) = arguments.one.find()?;
    remote.wait(remote.flows().deactivate(id, arguments.note.as_deref()))?;
    Ok(writeln!(out, "flow {}: unpublished", arguments.one.flow)?)
}

pub(super) fn delete(arguments: &Delete, out: &mut impl Write) -> Result<(), Failure> {
    let (remote, id) = arguments.named.one.find()?;
    arguments.deleting.agreed("delete the flow with its versions and its history?")?;
    remote.wait(remote.flows().delete(id))?;
    Ok(writeln!(out, "flow {}: deleted", arguments.named.one.flow)?)
}
