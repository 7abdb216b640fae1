//! `waypost tables`: the data tables of a server, and their rows.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use futures_util::{StreamExt, TryStreamExt};
use waypost_catalogue::shape::KEY;
use waypost_catalogue::tables::cells::to_text;
use waypost_flow::types::Type;
use waypost_wire::table::{DataTable, DataTableRow};

use crate::failure::Failure;
use crate::listing::Listing;
use crate::remote::{Remote, Server};
use crate::screen;
use crate::table::{self, Output, Printing};
use crate::which;

/// Sub-commands of `tables`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List tables
    List(Listing),
    /// List a table's rows
    Rows(Rows),
    /// Show the row under a key
    Lookup(Lookup),
    /// Replace all rows of a table with those of a CSV file
    Import(Import),
    /// Print all rows of a table as a CSV file
    Export(Export),
    /// List versions of a table's rows, newest first
    Versions(Versions),
}

/// A table.
#[derive(clap::Args)]
struct Which {
    #[command(flatten)]
    server: Server,
    /// The table's name or id
    table: String,
}

/// Arguments of `rows`.
#[derive(clap::Args)]
pub(crate) struct Rows {
    #[command(flatten)]
    which: Which,
    /// List at most N rows
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    /// A version of the rows; left out: the newest
    #[arg(long)]
    version: Option<u64>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// Arguments of `lookup`.
#[derive(clap::Args)]
pub(crate) struct Lookup {
    #[command(flatten)]
    which: Which,
    /// The key
    key: String,
    /// A version of the rows; left out: the newest
    #[arg(long)]
    version: Option<u64>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// Arguments of `import`.
#[derive(clap::Args)]
pub(crate) struct Import {
    #[command(flatten)]
    which: Which,
    /// The file: its first line names the key and the columns
    file: PathBuf,
    /// Why, for the history
    #[arg(long)]
    note: Option<String>,
    #[command(flatten)]
    printing: Printing,
}

/// Arguments of `export`.
#[derive(clap::Args)]
pub(crate) struct Export {
    #[command(flatten)]
    which: Which,
    /// A version of the rows; left out: the newest
    #[arg(long)]
    version: Option<u64>,
    /// Make the file safe to open in a spreadsheet: put an apostrophe before texts that it would run as formulas
    #[arg(long)]
    for_spreadsheet: bool,
}

/// Arguments of `versions`.
#[derive(clap::Args)]
pub(crate) struct Versions {
    #[command(flatten)]
    which: Which,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// Exit code 0: done; 1: the server refused it, such as for bad lines; 2: not found or no answer.
pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    let out = &mut screen::stdout();
    match command {
        Command::List(arguments) => list(arguments, out),
        Command::Rows(arguments) => rows(arguments, out),
        Command::Lookup(arguments) => lookup(arguments, out),
        Command::Import(arguments) => import(arguments, out),
        Command::Export(arguments) => export(arguments),
        Command::Versions(arguments) => versions(arguments, out),
    }
}

fn list(arguments: &Listing, out: &mut impl Write) -> Result<(), Failure> {
    let row = |_: &Remote, table: &DataTable| Ok([table.id.to_string(), table.name.clone(), columns(table).join(", ")]);
    arguments.print(out, |remote| remote.tables().list(), ["ID", "NAME", "COLUMNS"], row)
}

/// The columns' names, in order.
fn columns(table: &DataTable) -> Vec<String> {
    let properties = table.schema.as_ref().and_then(|schema| schema.get("properties")).and_then(|all| all.as_object());
    properties.into_iter().flat_map(|all| all.keys()).skip(1).cloned().collect()
}

/// The table of that name or id.
fn find(which: &Which) -> Result<(Remote, DataTable), Failure> {
    let remote = which.server.connect()?;
    let tables = remote.all(remote.tables().list())?;
    let found = which::one("table", &which.table, tables, |one| (one.id.to_string(), one.name.clone()))?;
    Ok((remote, found))
}

fn rows(arguments: &Rows, out: &mut impl Write) -> Result<(), Failure> {
    let (remote, found) = find(&arguments.which)?;
    let list = remote.tables().rows(found.id, arguments.version).take(arguments.limit);
    let rows: Vec<DataTableRow> = remote.wait(list.try_collect())?;
    if arguments.output.is_data() {
        return Ok(arguments.output.write(out, &rows)?);
    }
    let cells: Vec<[String; 2]> =
        rows.iter().map(|row| [cell(row, KEY), table::clip(&values(&found, row), 120)]).collect();
    Ok(table::rows(out, [KEY, "VALUES"], &cells)?)
}

fn cell(row: &DataTableRow, name: &str) -> String {
    row.get(name).map(|value| to_text(value, &Type::String)).unwrap_or_default()
}

fn values(table: &DataTable, row: &DataTableRow) -> String {
    let values: Vec<String> = columns(table).iter().map(|name| format!("{name}={}", cell(row, name))).collect();
    values.join(" ")
}

fn lookup(arguments: &Lookup, out: &mut impl Write) -> Result<(), Failure> {
    let (remote, found) = find(&arguments.which)?;
    let row = remote.wait(remote.tables().row(found.id, &arguments.key, arguments.version))?;
    if arguments.output.is_data() {
        return Ok(arguments.output.write(out, &row)?);
    }
    let key = [KEY.to_owned(), cell(&row, KEY)];
    let values = columns(&found).into_iter().map(|name| [name.clone(), cell(&row, &name)]);
    let rows: Vec<[String; 2]> = std::iter::once(key).chain(values).collect();
    Ok(table::rows(out, ["COLUMN", "VALUE"], &rows)?)
}

fn import(arguments: &Import, out: &mut impl Write) -> Result<(), Failure> {
    let csv = fs::read(&arguments.file)
        .map_err(|error| Failure::of(format!("can't read {}", arguments.file.display()))(&error))?;
    let (remote, found) = find(&arguments.which)?;
    let done = remote.replace_rows(found.id, csv, arguments.note.as_deref(), None)?;
    let line = format!("table {}: {}", found.name, super::apply::replaced(&done));
    Ok(arguments.printing.print(out, &done, line)?)
}

fn export(arguments: &Export) -> Result<(), Failure> {
    let (remote, found) = find(&arguments.which)?;
    let csv = remote.wait(remote.tables().export(found.id, arguments.version, arguments.for_spreadsheet))?;
    Ok(screen::content().write_all(&csv)?)
}

fn versions(arguments: &Versions, out: &mut impl Write) -> Result<(), Failure> {
    let (remote, found) = find(&arguments.which)?;
    let versions = remote.all(remote.tables().versions(found.id))?;
    if arguments.output.is_data() {
        return Ok(arguments.output.write(out, &versions)?);
    }
    let rows: Vec<[String; 7]> = versions
        .into_iter()
        .map(|version| {
            let counts = version.counts;
            [
                version.version.to_string(),
                version.date_created.to_string(),
                version.created_by.id,
                counts.added.to_string(),
                counts.changed.to_string(),
                counts.removed.to_string(),
                table::clip(version.note.as_deref().unwrap_or_default(), 60),
            ]
        })
        .collect();
    Ok(table::rows(out, ["VERSION", "AT", "BY", "ADDED", "CHANGED", "REMOVED", "NOTE"], &rows)?)
}
