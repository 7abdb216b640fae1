//! `waypost schema`: the JSON Schemas of what Waypost reads and writes as files.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use waypost_flow_tests::{report, schema as tests};
use waypost_project::plan;
use waypost_project::schema::Schemas;
use waypost_wire::trace;
use waypost_witness::{mutate, report as diff};

use super::{apply, doctor, validate};
use crate::failure::Failure;
use crate::{screen, table};

/// Arguments of `schema`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// What the schema describes
    #[arg(value_enum, default_value_t)]
    of: Of,
    /// Write the schemas for editors into this folder instead: project.json and test.json
    #[arg(long, value_name = "FOLDER")]
    write: Option<PathBuf>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Of {
    /// Flow documents
    #[default]
    Flow,
    /// Documents of any kind, for editors
    Project,
    /// Queues
    Queue,
    /// Domains
    Domain,
    /// Routes
    Route,
    /// Routing files: queues and routes in one document
    Routing,
    /// Data tables
    Table,
    /// Schedules
    Schedule,
    /// Webhooks
    Webhook,
    /// Data actions
    DataAction,
    /// Mailboxes
    Mailbox,
    /// Clients
    Client,
    /// Skills
    Skill,
    /// Languages
    Language,
    /// Files of tests, for editors
    Test,
    /// Files of answers, for `waypost run --answers`
    Answers,
    /// The report of `waypost test --output json`
    TestReport,
    /// The report of `waypost plan --output json`
    Plan,
    /// The report of `waypost diff --output json`
    DiffReport,
    /// The report of `waypost test --mutate --output json`
    MutationReport,
    /// The trace of a run, as `waypost run --trace` and the API have it
    Trace,
    /// The report of `waypost doctor --output json`
    Doctor,
    /// The report of `waypost validate --output json`
    ValidateReport,
    /// The report of `waypost apply --output json`
    ApplyReport,
}

impl Of {
    /// The word for the kind in files.
    fn kind(self) -> Option<&'static str> {
        Some(match self {
            Self::Flow => "flow",
            Self::Queue => "queue",
            Self::Domain => "domain",
            Self::Route => "route",
            Self::Routing => "routing",
            Self::Table => "table",
            Self::Schedule => "schedule",
            Self::Webhook => "webhook",
            Self::DataAction => "dataAction",
            Self::Mailbox => "mailbox",
            Self::Client => "client",
            Self::Skill => "skill",
            Self::Language => "language",
            Self::Project | Self::Test | Self::Answers | Self::TestReport | Self::Plan => return None,
            Self::DiffReport | Self::MutationReport | Self::Trace | Self::Doctor => return None,
            Self::ValidateReport | Self::ApplyReport => return None,
        })
    }

    fn schema(self) -> Json {
        let documents = Schemas::default();
        match self {
            Self::Project => documents.any(),
            Self::Test => tests::json_schema(),
            Self::Answers => tests::answers_schema(),
            Self::TestReport => report::schema().to_value(),
            Self::Trace => trace::schema().to_value(),
            Self::Plan => plan::schema().to_value(),
            Self::DiffReport => diff::schema().to_value(),
            Self::MutationReport => mutate::schema().to_value(),
            Self::Doctor => doctor::schema(),
            Self::ValidateReport => validate::schema().to_value(),
            Self::ApplyReport => apply::report::schema().to_value(),
            _ => {
                let named = |(name, schema): (&str, &Json)| (Some(name) == self.kind()).then(|| schema.clone());
                documents.named().find_map(named).unwrap_or_default()
            }
        }
    }
}

/// The schemas that editors complete and check files by, with the names of their files.
pub(crate) fn for_editors() -> [(&'static str, String); 2] {
    let pretty = |of: Of| serde_json::to_string_pretty(&of.schema()).unwrap_or_default() + "\n";
    [("project.json", pretty(Of::Project)), ("test.json", pretty(Of::Test))]
}

/// Exit code 0: printed or written; 2: could not write.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.write {
        Some(folder) => write(folder),
        None => Ok(table::json(&mut io::stdout().lock(), &arguments.of.schema())?),
    }
}

fn write(folder: &Path) -> Result<(), Failure> {
    let fail =
        |path: &Path, cause: &dyn std::fmt::Display| Failure::of(format!("can't write {}", path.display()))(cause);
    fs::create_dir_all(folder).map_err(|error| fail(folder, &error))?;
    for (name, text) in for_editors() {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| fail(&path, &error))?;
        writeln!(screen::stdout(), "{}", path.display())?;
    }
    Ok(())
}
