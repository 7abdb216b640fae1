//! `waypost deliveries`: what goes out, and what became of it.

use std::io::{self, Write};
use std::path::PathBuf;

use futures_util::{StreamExt, TryStreamExt};
use waypost_ids::{DeliveryId, DeliveryKind, DeliveryState};
use waypost_store::records::outbox::Way;
use waypost_wire::delivery::{Delivery, DeliveryFilter, Retried};

use super::interactions;
use crate::failure::Failure;
use crate::files;
use crate::remote::{Remote, Server};
use crate::screen;
use crate::table::{self, Output};
use crate::{which, words};

/// Sub-commands of `deliveries`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List deliveries, newest first
    List(List),
    /// Show one delivery
    #[command(visible_alias = "show")]
    Get(One),
    /// Print the mail that a delivery sends
    Content(Which),
    /// Replace the mail of a dead delivery; its Message-ID stays
    Edit(Edit),
    /// Retry deliveries now: by id, or all that match
    Retry(Retry),
    /// Cancel a pending or dead delivery
    Cancel(One),
}

/// Which deliveries are meant.
#[derive(clap::Args)]
struct Filter {
    /// Only deliveries in this state: pending, delivered, bounced, dead or cancelled
    #[arg(long, value_parser = state, value_name = "STATE")]
    state: Option<DeliveryState>,
    /// Only deliveries of this kind: reply, mail, forward, webhook or queuePush
    #[arg(long, value_parser = kind, value_name = "KIND")]
    kind: Option<DeliveryKind>,
    /// Only deliveries for this interaction: its id, or the beginning of it
    #[arg(long, value_name = "ID")]
    interaction: Option<String>,
    /// The recipient's address
    #[arg(long, value_name = "ADDRESS")]
    target: Option<String>,
}

impl Filter {
    fn wanted(&self, remote: &Remote) -> Result<DeliveryFilter, Failure> {
        let interaction = self.interaction.as_ref().map(|id| interactions::find(remote, id)).transpose()?;
        let target = self.target.clone();
        Ok(DeliveryFilter { state: self.state, kind: self.kind, interaction_id: interaction, target })
    }
}

/// Arguments of `list`.
#[derive(clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    filter: Filter,
    /// Print at most N deliveries
    #[arg(long, default_value_t = 25, value_name = "N")]
    limit: usize,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// A delivery.
#[derive(clap::Args)]
pub(crate) struct Which {
    #[command(flatten)]
    server: Server,
    /// The delivery's id, or the beginning of it
    id: String,
}

impl Which {
    fn find(&self) -> Result<(Remote, DeliveryId), Failure> {
        let remote = self.server.connect()?;
        let id = find(&remote, &self.id)?;
        Ok((remote, id))
    }
}

/// So many deliveries, the newest, are looked at for an id's beginning.
const LOOKED_AT: usize = 20_000;

/// The id that is written, or the only one that begins so.
fn find(remote: &Remote, written: &str) -> Result<DeliveryId, Failure> {
    if let Ok(id) = written.parse() {
        return Ok(id);
    }
    if !which::begins_an_id(written) {
        let shortest = which::SHORTEST;
        let expected = format!("expected an id, or its first {shortest} characters or more");
        return Err(Failure::Failed(format!("`{written}` is not a delivery's id: {expected}")));
    }
    // Ids sort by time, and lists are newest first: what comes after the last that fits is older.
    let newer_or_fits = |id: String| id.get(..written.len()).is_some_and(|it| it >= written.to_lowercase().as_str());
    let list = remote.deliveries().list(&DeliveryFilter::default()).take(LOOKED_AT);
    let list = list.try_take_while(|one| std::future::ready(Ok(newer_or_fits(one.id.to_string()))));
    let mut found = remote.all(list)?;
    found.retain(|one| which::begins(&one.id.to_string(), written));
    match found.as_slice() {
        [] => Err(Failure::Failed(format!("there is no delivery `{written}` among the {LOOKED_AT} newest"))),
        [only] => Ok(only.id),
        several => {
            let line = |one: &Delivery| format!("{}  {}  {}", one.id, one.created_at, one.target);
            Err(which::ambiguous("delivery", written, several.iter().map(line)))
        }
    }
}

/// Arguments about one delivery that is printed.
#[derive(clap::Args)]
pub(crate) struct One {
    #[command(flatten)]
    which: Which,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// Arguments of `edit`.
#[derive(clap::Args)]
pub(crate) struct Edit {
    #[command(flatten)]
    one: One,
    /// The new mail, an .eml file; `-` is standard input
    mail: PathBuf,
}

/// Arguments of `retry`.
#[derive(clap::Args)]
pub(crate) struct Retry {
    #[command(flatten)]
    server: Server,
    /// Ids of deliveries, or the beginnings of them
    ids: Vec<String>,
    #[command(flatten)]
    filter: Filter,
    /// Retry all dead deliveries
    #[arg(long)]
    all: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

fn state(text: &str) -> Result<DeliveryState, String> {
    words::one_of(text, DeliveryState::ALL, DeliveryState::as_str)
}

fn kind(text: &str) -> Result<DeliveryKind, String> {
    words::one_of(text, DeliveryKind::ALL, DeliveryKind::as_str)
}

/// Exit code 0: done; 1: refused, such as a retry of what was delivered; 2: not found, or no answer.
pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    let out = &mut screen::stdout();
    match command {
        Command::List(arguments) => list(arguments, out),
        Command::Get(arguments) => {
            let (remote, id) = arguments.which.find()?;
            let delivery = remote.wait(remote.deliveries().get(id))?;
            show(&delivery, arguments.output, out)
        }
        Command::Content(arguments) => {
            let (remote, id) = arguments.find()?;
            let mail = remote.wait(remote.deliveries().content(id))?;
            Ok(screen::content().write_all(&mail)?)
        }
        Command::Edit(arguments) => edit(arguments, out),
        Command::Retry(arguments) => retry(arguments, out),
        Command::Cancel(arguments) => {
            let (remote, id) = arguments.which.find()?;
            let delivery = remote.wait(remote.deliveries().cancel(id))?;
            show(&delivery, arguments.output, out)
        }
    }
}

fn list(arguments: &List, out: &mut impl Write) -> Result<(), Failure> {
    let remote = arguments.server.connect()?;
    let found = remote.deliveries().list(&arguments.filter.wanted(&remote)?).take(arguments.limit);
    print(&remote.all(found)?, arguments.output, out)
}

/// Prints deliveries as a table, or as a list of JSON.
pub(crate) fn print(deliveries: &[Delivery], output: Output, out: &mut impl Write) -> Result<(), Failure> {
    if output.is_data() {
        return Ok(output.write(out, &deliveries)?);
    }
    let rows: Vec<[String; 7]> = deliveries
        .iter()
        .map(|one| {
            [
                one.id.to_string(),
                one.created_at.to_string(),
                one.kind.as_str().to_owned(),
                one.state.as_str().to_owned(),
                one.attempts.to_string(),
                one.target.clone(),
                table::clip(why(one).unwrap_or_default(), 60),
            ]
        })
        .collect();
    Ok(table::rows(out, ["ID", "CREATED", "KIND", "STATE", "ATTEMPTS", "TARGET", "LAST ANSWER"], &rows)?)
}

/// What is known of why it stands where it does.
fn why(delivery: &Delivery) -> Option<&str> {
    delivery.held_by.as_ref().map(|held| held.reason.as_str()).or(delivery.last_answer.as_deref())
}

fn show(one: &Delivery, output: Output, out: &mut impl Write) -> Result<(), Failure> {
    if output.is_data() {
        return Ok(output.write(out, one)?);
    }
    writeln!(out, "id           {}", one.id)?;
    writeln!(out, "interaction  {}", one.interaction_id)?;
    writeln!(out, "kind         {}", one.kind.as_str())?;
    writeln!(out, "target       {}", table::flat(&one.target))?;
    writeln!(out, "state        {}", one.state.as_str())?;
    writeln!(out, "attempts     {}", one.attempts)?;
    if let Some(id) = &one.message_id {
        writeln!(out, "message id   <{}>", table::flat(id))?;
    }
    writeln!(out, "created      {}", one.created_at)?;
    if let Some(next) = one.next_attempt_at {
        writeln!(out, "next attempt {next}")?;
    }
    if let Some(ended) = one.ended_at {
        writeln!(out, "ended        {ended}")?;
    }
    if let Some(notice) = &one.notice {
        writeln!(out, "notice       {}", table::flat(notice))?;
    }
    if let Some(held) = &one.held_by {
        writeln!(out, "held by      {}: {}", table::flat(&held.rule), table::flat(&held.reason))?;
    }
    if let Some(answer) = &one.last_answer {
        writeln!(out, "last answer  {}", table::flat(answer))?;
    }
    if let Some(place) = &one.place {
        let flow = place.flow_name.clone().unwrap_or_else(|| place.flow_id.to_string());
        let version = place.version.map(|version| format!(" version {version}")).unwrap_or_default();
        let node = place.node_id.as_ref().map(|node| format!(", node {node}")).unwrap_or_default();
        let action = place.action.map(|action| format!(", action {action}")).unwrap_or_default();
        writeln!(out, "asked for by {}", table::flat(&format!("{flow}{version}{node}{action}")))?;
    }
    if let Some(run) = one.run {
        writeln!(out, "run          {run}")?;
    }
    Ok(())
}

fn edit(arguments: &Edit, out: &mut impl Write) -> Result<(), Failure> {
    let One { which, output } = &arguments.one;
    let (remote, id) = which.find()?;
    let mail = files::bytes(&arguments.mail)?;
    let Delivery { kind, target, .. } = remote.wait(remote.deliveries().get(id))?;
    let delivery = match Way::of(kind, &target) {
        Way::Webhooks => {
            let body = serde_json::from_slice(&mail)
                .map_err(|error| Failure::of("a webhook is sent JSON, and this is not JSON")(&error))?;
            remote.wait(remote.deliveries().edit_request(id, &body))?
        }
        Way::Mail | Way::Folders => remote.wait(remote.deliveries().edit(id, mail.into()))?,
    };
    show(&delivery, *output, out)
}

fn retry(arguments: &Retry, out: &mut impl Write) -> Result<(), Failure> {
    let Filter { state, kind, interaction, target } = &arguments.filter;
    let filtered = state.is_some() || kind.is_some() || interaction.is_some() || target.is_some();
    if arguments.ids.is_empty() && !filtered && !arguments.all {
        return Err(Failure::Failed("which deliveries? Name ids, filter with --state, --kind, --interaction or --target, or say --all for all dead ones".to_owned()));
    }
    if !arguments.ids.is_empty() && (filtered || arguments.all) {
        return Err(Failure::Failed("ids and filters exclude each other: name one or the other".to_owned()));
    }
    let remote = arguments.server.connect()?;
    if !arguments.ids.is_empty() {
        let ids = arguments.ids.iter().map(|id| find(&remote, id)).collect::<Result<Vec<_>, _>>()?;
        let retried = ids.into_iter().map(|id| remote.wait(remote.deliveries().retry(id)));
        let retried = retried.collect::<Result<Vec<_>, _>>()?;
        print(&retried, arguments.output, out)?;
        return Ok(warn(retried.iter().find_map(|one| one.notice.as_deref()))?);
    }
    let retried = retry_matching(&remote, &arguments.filter.wanted(&remote)?)?;
    match arguments.output {
        Output::Json | Output::Yaml => arguments.output.write(out, &retried)?,
        Output::Table => writeln!(out, "{} retried", retried.retried)?,
    }
    Ok(warn(retried.notice.as_deref())?)
}

/// Says on stderr what the server has to say besides.
fn warn(notice: Option<&str>) -> io::Result<()> {
    notice.map_or(Ok(()), |notice| writeln!(screen::stderr(), "waypost: {notice}"))
}

/// Retries all that match, as many requests as it takes. What was pending is pending afterwards and would match again: of these there is one
/// request.
fn retry_matching(remote: &Remote, filter: &DeliveryFilter) -> Result<Retried, Failure> {
    let mut retried = 0;
    loop {
        let done = remote.wait(remote.deliveries().retry_matching(filter))?;
        retried += done.retried;
        if !done.more || filter.state == Some(DeliveryState::Pending) {
            return Ok(Retried { retried, ..done });
        }
    }
}
