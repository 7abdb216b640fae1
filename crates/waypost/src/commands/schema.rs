//! `waypost schema`: the JSON Schemas of what Waypost reads and writes as files.

use std::io;

use waypost_flow::document::schema;
use waypost_flow_tests::{report, schema as tests};
use waypost_project::plan;
use waypost_wire::trace;
use waypost_witness::{mutate, report as diff};

use crate::failure::Failure;
use crate::table;

/// Arguments of `schema`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// What the schema describes
    #[arg(value_enum, default_value_t)]
    of: Of,
}

#[derive(Clone, Copy, Default, clap::ValueEnum)]
enum Of {
    /// Flow documents, for editors
    #[default]
    Flow,
    /// The trace of a run, as `waypost run --trace` and the API have it
    Trace,
    /// Files of tests, for editors
    Test,
    /// The report of `waypost test --output json`
    TestReport,
    /// The report of `waypost plan --output json`
    Plan,
    /// The report of `waypost diff --output json`
    DiffReport,
    /// The report of `waypost test --mutate --output json`
    MutationReport,
}

/// Exit code 0: printed.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match arguments.of {
        Of::Flow => table::json(&mut out, &schema::json_schema())?,
        Of::Trace => table::json(&mut out, &trace::schema())?,
        Of::Test => table::json(&mut out, &tests::json_schema())?,
        Of::Plan => table::json(&mut out, &plan::schema())?,
        Of::DiffReport => table::json(&mut out, &diff::schema())?,
        Of::MutationReport => table::json(&mut out, &mutate::schema())?,
        Of::TestReport => table::json(&mut out, &report::schema())?,
    }
    Ok(())
}
