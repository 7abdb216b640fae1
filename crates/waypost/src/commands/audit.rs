//! `waypost audit`: who changed what on a server.

use futures_util::StreamExt;
use waypost_client::access::AuditFilter;
use waypost_ids::AuditKind;
use waypost_wire::access::AuditEntry;

use crate::failure::Failure;
use crate::remote::Server;
use crate::screen;
use crate::table::{self, Output};
use crate::words;

/// Arguments of `audit`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    server: Server,
    /// Only changes that this client made, by its id
    #[arg(long)]
    actor: Option<String>,
    /// Only changes of this kind of object, such as flow, queue, client, interaction or correspondent
    #[arg(long, value_parser = kind, value_name = "KIND")]
    kind: Option<AuditKind>,
    /// Only changes of the object with this id
    #[arg(long)]
    id: Option<String>,
    /// List at most N entries
    #[arg(long, value_name = "N", default_value_t = 25)]
    limit: usize,
    /// How to print; JSON has the object before and after
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

fn kind(text: &str) -> Result<AuditKind, String> {
    words::one_of(text, AuditKind::ALL, AuditKind::as_str)
}

/// Exit code 0: printed; 2: bad usage, refused or no answer.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let out = &mut screen::read_stdout();
    let remote = arguments.server.connect()?;
    let filter = AuditFilter {
        actor: arguments.actor.clone(),
        entity_kind: arguments.kind,
        entity_id: arguments.id.clone(),
        ..AuditFilter::default()
    };
    let entries = remote.all(remote.access().audit(&filter).take(arguments.limit))?;
    if arguments.output.is_data() {
        return Ok(arguments.output.write(out, &entries)?);
    }
    let row = |entry: &AuditEntry| {
        let name = if entry.entity_name.is_empty() { &entry.entity_id } else { &entry.entity_name };
        let mut what = format!("{} {name}", entry.entity_kind);
        // Clients may have one name.
        if entry.entity_kind == AuditKind::Client.as_str() && *name != entry.entity_id {
            what.push_str(&format!(" ({})", entry.entity_id));
        }
        let note = entry.note.clone().unwrap_or_default();
        [entry.at.to_string(), entry.actor.clone(), entry.action.clone(), what, note]
    };
    let rows: Vec<[String; 5]> = entries.iter().map(row).collect();
    Ok(table::rows(out, ["AT", "BY", "DID", "WHAT", "WHY"], &rows)?)
}
