//! `waypost audit`: who changed what on a server.

use futures_util::StreamExt;
use waypost_client::access::AuditFilter;
use waypost_wire::access::AuditEntry;

use crate::failure::Failure;
use crate::remote::Server;
use crate::screen;
use crate::table::{self, Output};

/// Arguments of `audit`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    server: Server,
    /// The client that did it
    #[arg(long)]
    actor: Option<String>,
    /// flow, queue, domain, route, client or interaction
    #[arg(long)]
    kind: Option<String>,
    /// The thing's id
    #[arg(long)]
    id: Option<String>,
    /// List at most N entries
    #[arg(long, value_name = "N", default_value_t = 25)]
    limit: usize,
    /// How to print; JSON tells the thing before and after
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// Exit code 0: printed; 2: refused or no answer.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let out = &mut screen::stdout();
    let remote = arguments.server.connect()?;
    let filter = AuditFilter {
        actor: arguments.actor.clone(),
        entity_kind: arguments.kind.clone(),
        entity_id: arguments.id.clone(),
        ..AuditFilter::default()
    };
    let entries = remote.all(remote.access().audit(&filter).take(arguments.limit))?;
    if arguments.output.is_data() {
        return Ok(arguments.output.write(out, &entries)?);
    }
    let row = |entry: &AuditEntry| {
        let name = if entry.entity_name.is_empty() { &entry.entity_id } else { &entry.entity_name };
        let what = format!("{} {name}", entry.entity_kind);
        let note = entry.note.clone().unwrap_or_default();
        [entry.at.to_string(), entry.actor.clone(), entry.action.clone(), what, note]
    };
    let rows: Vec<[String; 5]> = entries.iter().map(row).collect();
    Ok(table::rows(out, ["AT", "BY", "DID", "WHAT", "WHY"], &rows)?)
}
