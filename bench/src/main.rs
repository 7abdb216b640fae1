//! Waypost's figures, each beside its yardstick, taken in the same run. See README.md.

mod attempt;
mod calls;
mod catalogue;
mod claims;
mod console;
mod corpus;
mod deliveries;
mod engine;
mod http;
mod latency;
mod measure;
mod nodes;
mod offline;
mod outside;
mod postgres;
mod processes;
mod replay;
mod report;
mod smtp;
mod soak;
mod triage;
mod webhooks;

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};

use crate::corpus::{Mail, real, synthetic};
use crate::engine::Subject;
use crate::postgres::Postgres;
use crate::report::{Section, say};
use crate::smtp::Ground;
use crate::smtp::load::Outgoing;
use crate::smtp::postfix::Postfix;

/// Measures Waypost beside its yardsticks. A goal that is missed is printed, not failed: the exit code tells of errors alone.
#[derive(Parser)]
struct Arguments {
    /// What to measure; left out: everything
    #[arg(long, value_enum)]
    only: Vec<Stage>,
    /// Print JSON instead of tables
    #[arg(long)]
    json: bool,
    /// The server's program; left out: it is built as released
    #[arg(long, value_name = "PROGRAM")]
    waypost: Option<PathBuf>,
    /// A folder on the disk to measure; one is made below and removed
    #[arg(long, default_value = "/var/tmp")]
    scratch: PathBuf,
    /// Rounds; figures are medians over them
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Mails that the answers are compared on
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    corpus: u32,
    /// Mails for each round over SMTP (half of them for one connection)
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(2..=1_000_000))]
    mails: u32,
    /// Mails before memory is looked at
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    memory_mails: u32,
    /// Interactions worked off long ago, where claims and lists must be as fast as with 1,000
    #[arg(long, default_value_t = 5_000_000, value_parser = clap::value_parser!(u32).range(1_000..=100_000_000))]
    history: u32,
    /// Deliveries that wait, where carrying them must be as fast as with 20,000
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(20_000..=10_000_000))]
    pending: u32,
    /// Minutes of the soak, on each store
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    minutes: u32,
    /// Leave Postfix out, which needs to be root
    #[arg(long)]
    no_postfix: bool,
    /// Leave PostgreSQL out, whose programs must be installed
    #[arg(long)]
    no_postgres: bool,
    /// Write the synthetic corpus with its labels to a folder, and measure nothing
    #[arg(long)]
    write_corpus: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Stage {
    Engine,
    /// Tests of flows, and an mbox through `waypost run`
    Tests,
    Smtp,
    Start,
    Memory,
    Catalogue,
    Try,
    Nodes,
    Claims,
    Latency,
    Replay,
    Deliveries,
    Calls,
    Webhooks,
    /// The web console in Chromium
    Console,
    /// Takes long: only if asked for
    Soak,
}

/// What to do where it is missing.
const POSTGRES: &str = "PostgreSQL; --no-postgres leaves it out";

/// The seed of the synthetic corpus.
const SEED: u64 = 1;

/// How many mails are timed in process: as many as fit well into memory and an attention span.
const TIMED: usize = 3_000;

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mails = synthetic::generate(SEED, arguments.corpus as usize);
    if let Some(folder) = &arguments.write_corpus {
        return corpus::write(&mails, folder);
    }
    let machine = machine();
    let mut sections = Vec::new();
    let mut tell = |section: Section| -> Result<()> {
        if !arguments.json {
            std::io::stdout().write_all(section.to_text().as_bytes())?;
        }
        sections.push(section);
        Ok(())
    };
    if !arguments.json {
        writeln!(std::io::stdout(), "{machine}")?;
    }
    measure(&arguments, &mails, &mut tell)?;
    if arguments.json {
        std::io::stdout().write_all(report::json(&machine, &sections).as_bytes())?;
    }
    Ok(())
}

fn measure(arguments: &Arguments, mails: &[Mail], tell: &mut dyn FnMut(Section) -> Result<()>) -> Result<()> {
    let bench = Path::new(env!("CARGO_MANIFEST_DIR"));
    let flows = bench.join("flows");
    let rounds = arguments.rounds as usize;
    let wanted = |stage| arguments.only.is_empty() || arguments.only.contains(&stage);
    if wanted(Stage::Engine) {
        // Runs are short here: more rounds cost little.
        let rounds = rounds * 3;
        let subject = Subject { title: "synthetic mail", mails, faster_than_peer: 10.0 };
        tell(engine::section(&subject, &flows, TIMED, rounds)?)?;
        let mails = real_mail(bench)?;
        let subject = Subject { title: "real mail", mails: &mails, faster_than_peer: 4.0 };
        tell(engine::section(&subject, &flows, TIMED, rounds)?)?;
    }
    if !arguments.only.is_empty() && arguments.only.iter().all(|stage| *stage == Stage::Engine) {
        return Ok(());
    }
    let program = match &arguments.waypost {
        Some(program) => program.canonicalize().with_context(|| program.display().to_string())?,
        None => outside::build_server(bench.parent().unwrap_or(bench))?,
    };
    let scratch = Scratch::new(&arguments.scratch)?;
    let outgoing = mails.iter().take(arguments.mails as usize).map(Outgoing::new).collect::<Result<Vec<_>>>()?;
    let ground = Ground { program, flows: flows.join("triage"), scratch: scratch.0.clone(), mails: outgoing };
    if wanted(Stage::Tests) {
        let project = bench.parent().unwrap_or(bench).join("examples/support-desk");
        tell(offline::tests(&ground, &project, rounds)?)?;
        tell(offline::mutants(&ground, &project)?)?;
        tell(offline::mbox(&ground, mails, arguments.memory_mails as usize)?)?;
    }
    if wanted(Stage::Catalogue) {
        tell(catalogue::section(&ground, rounds)?)?;
    }
    if wanted(Stage::Try) {
        tell(attempt::section(&ground, mails, rounds)?)?;
    }
    if wanted(Stage::Start) {
        tell(smtp::start(&ground, rounds)?)?;
    }
    if wanted(Stage::Smtp) {
        let postfix = if arguments.no_postfix {
            None
        } else {
            outside::need_postfix()?;
            Some(Postfix::start(&scratch.0).context("Postfix; --no-postfix leaves it out")?)
        };
        tell(smtp::rates(&ground, postfix.as_ref(), &[1, 8, 32], arguments.mails as usize, rounds)?)?;
    }
    if wanted(Stage::Nodes) && !arguments.no_postgres {
        let postgres = Postgres::start(&scratch.0).context(POSTGRES)?;
        tell(nodes::section(&ground, &postgres, &[8, 32], arguments.mails as usize, rounds)?)?;
    }
    if wanted(Stage::Claims) {
        tell(claims::section(&ground, None, arguments.history as usize, rounds)?)?;
        if !arguments.no_postgres {
            let postgres = Postgres::start(&scratch.0).context(POSTGRES)?;
            tell(claims::section(&ground, Some(&postgres), arguments.history as usize, rounds)?)?;
        }
    }
    if wanted(Stage::Latency) {
        tell(latency::section(&ground, None, rounds)?)?;
        if !arguments.no_postgres {
            let postgres = Postgres::start(&scratch.0).context(POSTGRES)?;
            tell(latency::section(&ground, Some(&postgres), rounds)?)?;
        }
    }
    if wanted(Stage::Replay) {
        tell(replay::section(&ground, None, rounds)?)?;
        if !arguments.no_postgres {
            let postgres = Postgres::start(&scratch.0).context(POSTGRES)?;
            tell(replay::section(&ground, Some(&postgres), rounds)?)?;
        }
    }
    if wanted(Stage::Deliveries) {
        let pending = arguments.pending as usize;
        let small = soak::small(mails.iter().map(Outgoing::new).collect::<Result<_>>()?);
        tell(deliveries::section(&ground, &small, None, (arguments.mails as usize, pending), rounds)?)?;
        if !arguments.no_postgres {
            let postgres = Postgres::start(&scratch.0).context(POSTGRES)?;
            tell(deliveries::section(&ground, &small, Some(&postgres), (arguments.mails as usize, pending), rounds)?)?;
        }
    }
    if wanted(Stage::Calls) {
        tell(calls::section(&ground, None, arguments.mails as usize, rounds)?)?;
        if !arguments.no_postgres {
            let postgres = Postgres::start(&scratch.0).context(POSTGRES)?;
            tell(calls::section(&ground, Some(&postgres), arguments.mails as usize, rounds)?)?;
        }
    }
    if wanted(Stage::Webhooks) {
        tell(webhooks::section(&ground, None, arguments.mails as usize, rounds)?)?;
        if !arguments.no_postgres {
            let postgres = Postgres::start(&scratch.0).context(POSTGRES)?;
            tell(webhooks::section(&ground, Some(&postgres), arguments.mails as usize, rounds)?)?;
        }
    }
    if wanted(Stage::Console) {
        tell(console::section(&ground, bench.parent().unwrap_or(bench), rounds)?)?;
    }
    if arguments.only.contains(&Stage::Soak) {
        let small = soak::small(mails.iter().map(Outgoing::new).collect::<Result<_>>()?);
        tell(soak::section(&ground, &small, None, arguments.minutes)?)?;
        if !arguments.no_postgres {
            let postgres = Postgres::start(&scratch.0).context(POSTGRES)?;
            tell(soak::section(&ground, &small, Some(&postgres), arguments.minutes)?)?;
        }
    }
    if wanted(Stage::Memory) {
        tell(smtp::memory(&ground, arguments.memory_mails as usize)?)?;
    }
    Ok(())
}

fn real_mail(bench: &Path) -> Result<Vec<Mail>> {
    let work = bench.join("work");
    std::fs::create_dir_all(&work)?;
    let mails = real::read(&outside::need_real_mail(&work)?)?;
    let labels = engine::labels(mails.iter().map(|mail| &mail.raw[..]))?;
    let labelled = mails.into_iter().zip(labels);
    Ok(labelled.map(|(mail, expected)| Mail { name: mail.name, raw: mail.raw, expected }).collect())
}

/// A folder that is removed in the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(parent: &Path) -> Result<Self> {
        let folder = parent.join(format!("waypost-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        Ok(Self(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(problem) = std::fs::remove_dir_all(&self.0) {
            say(&format!("{} could not be removed: {problem}", self.0.display()));
        }
    }
}

/// What the figures were taken on.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let information = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = information.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: f64 = load.split(' ').next().and_then(|minute| minute.parse().ok()).unwrap_or(0.0);
    // On busy cores a sync takes as long as its waking does: a scheduler's tick instead of the disk's time.
    let busy = if load > 0.5 { ": others use this machine, don't trust these figures" } else { "" };
    let model = model.unwrap_or("unknown processor");
    format!("{cores} cores, {model}, Linux {}, load {load:.1} before the first figure{busy}", kernel.trim())
}
