//! `waypost correspondents`: what is kept of a person, for requests by data protection law.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::StreamExt;
use serde::Serialize;
use serde_json::json;
use waypost_client::Error;
use waypost_flow::diagnostic::counted;
use waypost_wire::correspondent::{CorrespondentInteraction, Erasure, ErasureRequest};
use waypost_wire::delivery::DeliveryFilter;

use crate::asking::{self, Erasing};
use crate::failure::Failure;
use crate::remote::{Remote, Server};
use crate::screen;
use crate::table::{self, Output, Printing};

/// How often the server is asked how far an erasure is.
const ASKED: Duration = Duration::from_millis(300);

/// Sub-commands of `correspondents`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List the interactions that an address sent, or about which it received mail
    Find(Find),
    /// Export everything that is stored about an address to a folder: mails, decisions, traces, deliveries
    Export(Export),
    /// Erase everything that is stored about an address, and wait until it is done
    Erase(Erase),
}

/// Whom a command is about.
#[derive(clap::Args)]
struct Whom {
    #[command(flatten)]
    server: Server,
    /// The person's email address
    address: String,
}

/// Arguments of `find`.
#[derive(clap::Args)]
pub(crate) struct Find {
    #[command(flatten)]
    whom: Whom,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// Arguments of `export`.
#[derive(clap::Args)]
pub(crate) struct Export {
    #[command(flatten)]
    whom: Whom,
    /// The folder to write. It must be empty, or not exist
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    printing: Printing,
}

/// Arguments of `erase`.
#[derive(clap::Args)]
pub(crate) struct Erase {
    #[command(flatten)]
    whom: Whom,
    /// Also erase unfinished work, and cancel what is still to be sent
    #[arg(long)]
    force: bool,
    /// Rewrite the database at the end, so that free space in its files holds nothing either; meanwhile mail is refused temporarily
    #[arg(long)]
    compact: bool,
    #[command(flatten)]
    erasing: Erasing,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// Exit code 0: done; 1: an erasure left unfinished work; 2: refused, or no answer.
pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Find(arguments) => find(arguments),
        Command::Export(arguments) => export(arguments),
        Command::Erase(arguments) => erase(arguments),
    }
}

fn find(arguments: &Find) -> Result<(), Failure> {
    let out = &mut screen::stdout();
    let remote = arguments.whom.server.connect()?;
    let found = remote.all(remote.correspondents().search(&arguments.whom.address)).map_err(Failure::unread)?;
    if arguments.output.is_data() {
        return Ok(arguments.output.write(out, &found)?);
    }
    let row = |one: &CorrespondentInteraction| {
        let unfinished = if one.unfinished { "yes" } else { "" };
        let subject = one.interaction.subject.clone().unwrap_or_default();
        let received = one.interaction.received_at.to_string();
        [one.interaction.id.to_string(), received, one.part.clone(), unfinished.to_owned(), subject]
    };
    let rows: Vec<[String; 5]> = found.iter().map(row).collect();
    Ok(table::rows(out, ["ID", "RECEIVED", "PART", "UNFINISHED", "SUBJECT"], &rows)?)
}

fn export(arguments: &Export) -> Result<(), Failure> {
    let folder = &arguments.out;
    let failed = |error: io::Error| Failure::Failed(format!("can't write {}: {error}", folder.display()));
    let is_used = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(failed(error)),
    };
    if is_used {
        return Err(Failure::Failed(format!("{} is not empty: name a new folder, or an empty one", folder.display())));
    }
    let remote = arguments.whom.server.connect()?;
    let mut found = remote.correspondents().search(&arguments.whom.address);
    let mut next = || remote.wait(async { found.next().await.transpose() }).map_err(Failure::unread);
    // The server is asked first: where it refuses, no folder is left behind.
    let mut one = next()?;
    fs::create_dir_all(folder).map_err(failed)?;
    let mut interactions = 0;
    // One after the other: however much there is, little of it is in memory.
    while let Some(found) = one {
        export_one(&remote, folder, &found)?;
        interactions += 1;
        one = next()?;
    }
    let folder = folder.display();
    let written = json!({ "folder": folder.to_string(), "interactions": interactions });
    let line = format!("{folder}: {}", counted(interactions, "interaction"));
    Ok(arguments.printing.print(&mut screen::stdout(), &written, line)?)
}

fn export_one(remote: &Remote, folder: &Path, one: &CorrespondentInteraction) -> Result<(), Failure> {
    let id = one.interaction.id;
    let folder = folder.join(id.to_string());
    fs::create_dir(&folder).map_err(|error| Failure::Failed(format!("can't write {}: {error}", folder.display())))?;
    write_json(&folder.join("interaction.json"), &remote.wait(remote.interactions().get(id))?)?;
    // What retention removed is gone, and the rest is exported all the same.
    if let Some(message) = unless_gone(remote.wait(remote.interactions().message(id)))? {
        write(&folder.join("message.eml"), &message)?;
    }
    if let Some(trace) = unless_gone(remote.wait(remote.interactions().trace(id)))? {
        write_json(&folder.join("trace.json"), &trace)?;
    }
    let filter = DeliveryFilter { interaction_id: Some(id), ..DeliveryFilter::default() };
    let deliveries = remote.all(remote.deliveries().list(&filter))?;
    if deliveries.is_empty() {
        return Ok(());
    }
    write_json(&folder.join("deliveries.json"), &deliveries)?;
    for delivery in deliveries {
        if let Some(content) = unless_gone(remote.wait(remote.deliveries().content(delivery.id)))? {
            write(&folder.join(format!("delivery-{}.eml", delivery.id)), &content)?;
        }
    }
    Ok(())
}

fn unless_gone<T>(answer: Result<T, Error>) -> Result<Option<T>, Failure> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.status(), Some(404 | 410)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn write_json(path: &Path, value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_vec_pretty(value).map_err(|error| Failure::Failed(error.to_string()))?;
    write(path, &text)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let written = File::create(path).and_then(|mut file| file.write_all(bytes));
    written.map_err(|error| Failure::Failed(format!("can't write {}: {error}", path.display())))
}

fn erase(arguments: &Erase) -> Result<(), Failure> {
    let remote = arguments.whom.server.connect()?;
    let address = &arguments.whom.address;
    let what = match arguments.erasing.yes {
        true => String::new(),
        false => {
            let found = remote.all(remote.correspondents().search(address))?.len();
            format!(
                "this erases what is stored about {address} in {}, and can't be undone",
                counted(found, "interaction")
            )
        }
    };
    asking::confirmed(&what, arguments.erasing.yes)?;
    let request = ErasureRequest { address: address.clone(), force: arguments.force, compact: arguments.compact };
    let mut erasure = remote.wait(remote.correspondents().erase(&request)).map_err(by_option)?;
    while erasure.state != "done" {
        std::thread::sleep(ASKED);
        erasure = remote.wait(remote.correspondents().erasure(erasure.id))?;
    }
    told(arguments, &erasure)?;
    if erasure.left > 0 { Err(Failure::Found) } else { Ok(()) }
}

/// A refusal that names the option of this command instead of the API's member.
fn by_option(error: Error) -> Failure {
    match Failure::from(error) {
        Failure::Refused(why) => Failure::Refused(why.replace("`force`", "`--force`")),
        failure => failure,
    }
}

fn told(arguments: &Erase, erasure: &Erasure) -> Result<(), Failure> {
    let out = &mut screen::stdout();
    if arguments.output.is_data() {
        return Ok(arguments.output.write(out, erasure)?);
    }
    let Erasure { interactions, sent, left, digest, .. } = erasure;
    let erased = counted(*interactions, "interaction");
    writeln!(out, "erased: {erased}, and what was sent about {sent} of others ({digest})")?;
    if *left > 0 {
        let left = counted(*left, "unfinished interaction");
        writeln!(out, "left: {left}; complete them and erase again, or use --force")?;
    }
    Ok(())
}
