//! Looking at flows: lists, documents, versions, history, differences.

use std::io::Write;

use serde_json::Value as Json;
use waypost_client::Error;
use waypost_client::flows::FlowFilter;
use waypost_flow::diagnostic::counted;
use waypost_flow::source::yaml_text;
use waypost_project::texts::says;
use waypost_wire::change::{FlowEvent, Label, LabelTarget};
use waypost_wire::flow::{Flow, FlowVersion};

use super::One;
use crate::failure::Failure;
use crate::remote::{NO_TEXTS, Server};
use crate::screen;
use crate::table::{self, Printing};

/// Arguments of `list`.
#[derive(clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    server: Server,
    /// Part of the name
    #[arg(long)]
    name: Option<String>,
    /// Only flows of this type
    #[arg(long = "type", value_name = "TYPE", value_parser = clap::builder::PossibleValuesParser::new(["email", "shared"]))]
    flow_type: Option<String>,
    #[command(flatten)]
    printing: Printing,
}

/// Arguments about one flow.
#[derive(clap::Args)]
pub(crate) struct Of {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    printing: Printing,
}

/// Arguments of `show`.
#[derive(clap::Args)]
pub(crate) struct Show {
    #[command(flatten)]
    one: One,
    /// A version's number; left out: the published version
    #[arg(long)]
    version: Option<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Text,
}

/// How a document is printed.
#[derive(Clone, Copy, Default, clap::ValueEnum)]
pub(super) enum Text {
    /// As it was written, comments included, if the server has that and nothing was renamed since; else as people would write it
    #[default]
    Yaml,
    /// As the API has it, with today's names
    Json,
}

/// Arguments of `diff`.
#[derive(clap::Args)]
pub(crate) struct Diff {
    #[command(flatten)]
    one: One,
    /// A version's number, `published`, `newest`, or a label
    #[arg(long, default_value = "published")]
    from: String,
    /// The same
    #[arg(long, default_value = "newest")]
    to: String,
    #[command(flatten)]
    printing: Printing,
}

pub(super) fn list(arguments: &List, out: &mut impl Write) -> Result<(), Failure> {
    let remote = arguments.server.connect()?;
    let filter = FlowFilter {
        name: arguments.name.as_ref().map(|name| format!("*{name}*")),
        flow_type: arguments.flow_type.clone(),
        ..FlowFilter::default()
    };
    let flows = remote.all(remote.flows().list(&filter))?;
    if arguments.printing.output.is_data() {
        return Ok(arguments.printing.output.write(out, &flows)?);
    }
    let row = |flow: &Flow| {
        let number = |version: &Option<FlowVersion>| version.as_ref().map(|version| version.version);
        let (published, saved) = (number(&flow.published_version), number(&flow.saved_version));
        let shown = |version: Option<u32>| version.map_or("-".to_owned(), |version| version.to_string());
        let labels: Vec<String> = flow.labels.iter().map(label_text).collect();
        [
            flow.id.to_string(),
            flow.name.clone(),
            flow.flow_type.clone(),
            shown(published),
            shown(saved),
            labels.join(", "),
        ]
    };
    let rows: Vec<[String; 6]> = flows.iter().map(row).collect();
    Ok(table::rows(out, ["ID", "NAME", "TYPE", "PUBLISHED", "NEWEST", "LABELS"], &rows)?)
}

/// `stable=3`, or `stable=3:90/4:10`.
fn label_text((label, what): (&String, &Label)) -> String {
    let target = |target: &LabelTarget| match target.weight {
        Some(weight) => format!("{}:{weight}", target.version),
        None => target.version.to_string(),
    };
    let targets: Vec<String> = what.targets.iter().map(target).collect();
    format!("{label}={}", targets.join("/"))
}

pub(super) fn show(arguments: &Show, out: &mut impl Write) -> Result<(), Failure> {
    let (remote, id) = arguments.one.find()?;
    let version = match &arguments.version {
        Some(version) => version.clone(),
        None => {
            let flow = remote.wait(remote.flows().get(id))?;
            flow.version.ok_or_else(|| Failure::Failed("the flow has no content yet".to_owned()))?.to_string()
        }
    };
    let document = remote.wait(remote.flows().document(id, &version))?;
    match arguments.output {
        Text::Yaml => {
            let written = match remote.wait(remote.flows().text(id, &version)) {
                Ok(written) => written,
                Err(error) if error.is_not_offered() => {
                    writeln!(screen::stderr(), "note: {NO_TEXTS}; this is the version's content")?;
                    None
                }
                // What the version says is known all the same.
                Err(Error::Refused { body, .. }) if body.code == "storage.damaged" => {
                    writeln!(
                        screen::stderr(),
                        "note: this is the version's content, without comments: {}",
                        body.message
                    )?;
                    None
                }
                Err(error) => return Err(error.into()),
            };
            let written = written.and_then(|text| String::from_utf8(text.into()).ok());
            let text = written.filter(|text| says(text, &document)).unwrap_or_else(|| yaml_text(&document));
            Ok(out.write_all(text.as_bytes())?)
        }
        Text::Json => Ok(table::json(out, &document)?),
    }
}

pub(super) fn versions(arguments: &Of, out: &mut impl Write) -> Result<(), Failure> {
    let (remote, id) = arguments.one.find()?;
    let versions = remote.all(remote.flows().versions(id))?;
    if arguments.printing.output.is_data() {
        return Ok(arguments.printing.output.write(out, &versions)?);
    }
    let flow = remote.wait(remote.flows().get(id))?;
    let live = |number: u32| {
        let published = flow.published_version.as_ref().is_some_and(|version| version.version == number);
        let published = published.then_some("published").into_iter().map(str::to_owned);
        let labelled =
            flow.labels.iter().filter(|(_, label)| label.targets.iter().any(|target| target.version == number));
        let live: Vec<String> = published.chain(labelled.map(|(name, _)| name.clone())).collect();
        if live.is_empty() { "-".to_owned() } else { live.join(", ") }
    };
    let row = |version: &FlowVersion| {
        [
            version.version.to_string(),
            live(version.version),
            version.date_published.as_ref().map_or("draft".to_owned(), ToString::to_string),
            version.created_by_client.as_ref().map(|client| client.id.clone()).unwrap_or_default(),
            version.content_hash.as_deref().map(|hash| table::clip(hash, 12)).unwrap_or_default(),
            match version.validation.len() {
                0 => String::new(),
                problems => counted(problems, "problem"),
            },
        ]
    };
    let rows: Vec<[String; 6]> = versions.iter().map(row).collect();
    Ok(table::rows(out, ["VERSION", "LIVE", "PUBLISHED AT", "BY", "HASH", "VALIDATION"], &rows)?)
}

pub(super) fn history(arguments: &Of, out: &mut impl Write) -> Result<(), Failure> {
    let (remote, id) = arguments.one.find()?;
    let events = remote.all(remote.flows().history(id))?;
    if arguments.printing.output.is_data() {
        return Ok(arguments.printing.output.write(out, &events)?);
    }
    let row = |event: &FlowEvent| {
        let version = event.version.map(|version| format!(" version {version}")).unwrap_or_default();
        let label = event.label.as_ref().map(|label| format!(" {label}")).unwrap_or_default();
        let note = event.note.clone().unwrap_or_default();
        [event.at.to_string(), event.by.clone(), format!("{}{label}{version}", event.kind), note]
    };
    let rows: Vec<[String; 4]> = events.iter().map(row).collect();
    Ok(table::rows(out, ["AT", "BY", "WHAT", "NOTE"], &rows)?)
}

pub(super) fn diff(arguments: &Diff, out: &mut impl Write) -> Result<(), Failure> {
    let (remote, id) = arguments.one.find()?;
    let diff = remote.wait(remote.flows().diff(id, Some(&arguments.from), Some(&arguments.to)))?;
    if arguments.printing.output.is_data() {
        return Ok(arguments.printing.output.write(out, &diff)?);
    }
    if diff.differences.is_empty() {
        return Ok(writeln!(out, "version {} and version {} mean the same", diff.from, diff.to)?);
    }
    for one in &diff.differences {
        let side = |value: &Option<Json>| value.as_ref().map(Json::to_string).unwrap_or_default();
        match one.change.as_str() {
            "added" => writeln!(out, "+ {}  {}", one.path, side(&one.after))?,
            "removed" => writeln!(out, "- {}  {}", one.path, side(&one.before))?,
            "moved" => writeln!(out, "^ {}  stands elsewhere", one.path)?,
            _ => writeln!(out, "~ {}  {} -> {}", one.path, side(&one.before), side(&one.after))?,
        }
    }
    Ok(())
}
