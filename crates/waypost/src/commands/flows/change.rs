//! Changing flows: drafts, publishing, labels, deprecating, deactivating, deleting.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use serde_json::{Value as Json, json};
use waypost_client::flows::Saving;
use waypost_flow::source;
use waypost_wire::change::{LabelRequest, LabelTarget};
use waypost_wire::flow::parse_version;

use super::One;
use crate::failure::Failure;

/// A flow, and why.
#[derive(clap::Args)]
pub(crate) struct Named {
    #[command(flatten)]
    one: One,
    /// Why, for the flow's history
    #[arg(long)]
    note: Option<String>,
}

/// Arguments of `draft`.
#[derive(clap::Args)]
pub(crate) struct Draft {
    #[command(flatten)]
    named: Named,
    /// The document
    file: PathBuf,
}

/// Arguments of `publish`.
#[derive(clap::Args)]
pub(crate) struct Publish {
    #[command(flatten)]
    named: Named,
    /// The version; left out: the newest
    #[arg(long)]
    version: Option<String>,
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
    /// What callers are told
    #[arg(required_unless_present = "undo")]
    notice: Option<String>,
    /// Take it back
    #[arg(long, conflicts_with = "notice")]
    undo: bool,
}

pub(super) fn draft(arguments: &Draft, out: &mut impl Write) -> Result<(), Failure> {
    let path = &arguments.file;
    let text =
        fs::read_to_string(path).map_err(|error| Failure::of(format!("can't read {}", path.display()))(&error))?;
    let (document, _) = source::yaml(&text).map_err(|error| {
        Failure::Failed(format!("{}:{}:{}: {}", path.display(), error.line, error.column, error.message))
    })?;
    let (remote, id) = arguments.named.one.find()?;
    let note = arguments.named.note.as_deref();
    let saved = remote.wait(remote.flows().draft(id, &document.to_json(), note))?;
    writeln!(out, "version {} saved as a draft", saved.version)?;
    for problem in &saved.validation {
        let path = problem.path.as_deref().unwrap_or_default();
        writeln!(out, "  {path}: {} [{}]", problem.message, problem.code)?;
    }
    Ok(())
}

pub(super) fn publish(arguments: &Publish, out: &mut impl Write) -> Result<(), Failure> {
    let (remote, id) = arguments.named.one.find()?;
    let version = arguments.version.as_deref().unwrap_or("newest");
    let flow = remote.wait(remote.flows().publish(id, version, arguments.named.note.as_deref()))?;
    Ok(writeln!(out, "version {} is published", flow.version.unwrap_or_default())?)
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
    Ok(writeln!(out, "{} is {}", arguments.label, arguments.targets.join(" "))?)
}

fn wrong(written: &str) -> Failure {
    Failure::Failed(format!("`{written}` is not a version, such as 3, or one with a weight, such as 3:90"))
}

pub(super) fn unlabel(arguments: &Unlabel, out: &mut impl Write) -> Result<(), Failure> {
    let (remote, id) = arguments.named.one.find()?;
    remote.wait(remote.flows().unlabel(id, &arguments.label, arguments.named.note.as_deref()))?;
    Ok(writeln!(out, "{} is gone", arguments.label)?)
}

pub(super) fn deprecate(arguments: &Deprecate, out: &mut impl Write) -> Result<(), Failure> {
    let (remote, id) = arguments.named.one.find()?;
    let deprecated = if arguments.undo { Json::from(false) } else { arguments.notice.clone().into() };
    let saving = Saving { note: arguments.named.note.clone(), ..Saving::default() };
    remote.wait(remote.flows().update(id, &json!({ "deprecated": deprecated }), &saving))?;
    Ok(writeln!(out, "{}", if arguments.undo { "not deprecated any more" } else { "deprecated" })?)
}

pub(super) fn deactivate(arguments: &Named, out: &mut impl Write) -> Result<(), Failure> {
    let (remote, id) = arguments.one.find()?;
    remote.wait(remote.flows().deactivate(id, arguments.note.as_deref()))?;
    Ok(writeln!(out, "nothing is published any more")?)
}

pub(super) fn delete(arguments: &Named, out: &mut impl Write) -> Result<(), Failure> {
    let (remote, id) = arguments.one.find()?;
    remote.wait(remote.flows().delete(id))?;
    Ok(writeln!(out, "deleted")?)
}
