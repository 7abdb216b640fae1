//! `waypost test --mutate`: small changes of the flows, and whether the tests catch them.

use std::io::{self, BufWriter, Write};

use waypost_flow_tests::{Flows, Suite};
use waypost_project::SourceFile;
use waypost_witness::mutate::{self, Accepted, Base, MutationReport, Survivor};

use super::Arguments;
use crate::failure::Failure;
use crate::table::{Output, flat};
use crate::{files, screen};

/// Makes mutants of the flows, holds them against the cases, and reports those that survive.
pub(super) fn run(
    arguments: &Arguments,
    (flows, sources): (&Flows<'_>, &[SourceFile]),
    (suite, test_files): (&Suite, &[SourceFile]),
    bases: Vec<Base<'_>>,
) -> Result<(), Failure> {
    let accepted_files = files::accepted_mutants(&arguments.paths)?;
    let accepted = Accepted::read(&accepted_files);
    let colour = screen::is_coloured(&io::stderr());
    let places = |at| accepted.places(at);
    if !accepted.problems.is_empty() {
        files::print_found(&mut screen::styled_stderr(), &accepted_files, &accepted.problems, &places, colour)?;
        return Err(Failure::Failed("the accepted mutants have errors".to_owned()));
    }
    let mutants = mutate::mutants(flows);
    let verdicts = mutate::judge(&mutants, &bases, flows).map_err(|error| Failure::Failed(error.to_string()))?;
    let judged: Vec<_> = mutants.into_iter().zip(verdicts).collect();
    let report = mutate::explain(&judged, &accepted, (flows, sources), |at, path| {
        let file = test_files.get(at.file).map_or_else(String::new, |file| file.path.clone());
        (file, suite.line(at, path).unwrap_or(1) as u64)
    });
    let named = judged.iter().filter_map(|(mutant, verdict)| {
        Some((flows.project.flows.get(mutant.flow)?.document.name.as_str(), mutant, verdict))
    });
    let stale = accepted.stale(named);
    let mut out = BufWriter::new(screen::stdout());
    match arguments.output {
        Output::Json | Output::Yaml => arguments.output.write(&mut out, &report)?,
        Output::Table => print(&mut out, &report)?,
    }
    out.flush()?;
    files::print_found(&mut screen::styled_stderr(), &accepted_files, &stale, &places, colour)?;
    if report.survived > 0 || !stale.is_empty() { Err(Failure::Found) } else { Ok(()) }
}

fn print(out: &mut impl Write, report: &MutationReport) -> io::Result<()> {
    let mut file = "";
    for survivor in &report.survivors {
        if survivor.file != file {
            file = &survivor.file;
            writeln!(out, "{file}")?;
        }
        one(out, survivor)?;
    }
    if !report.survivors.is_empty() {
        writeln!(out, "\nAccept a mutant that means the same in {} beside the tests:", mutate::FILE_NAME)?;
        writeln!(out, "  accepted:")?;
        for survivor in report.survivors.iter().take(1) {
            let line = |text: &str| serde_json::Value::from(text).to_string();
            writeln!(out, "    - flow: {}", line(&survivor.flow))?;
            writeln!(out, "      at: {}", line(&survivor.at))?;
            writeln!(out, "      change: {}", line(&survivor.change))?;
            writeln!(out, "      reason: …")?;
        }
        writeln!(out)?;
    }
    writeln!(
        out,
        "{} mutants: {} caught, {} survived, {} accepted",
        report.mutants, report.killed, report.survived, report.accepted
    )
}

fn one(out: &mut impl Write, survivor: &Survivor) -> io::Result<()> {
    writeln!(out, "  {}:{}: {}: {}", survivor.line, survivor.column, survivor.at, flat(&survivor.change))?;
    let Some(nearest) = &survivor.nearest else { return writeln!(out, "      no test reaches this") };
    let place = format!("{}:{}", nearest.file, nearest.line);
    let tests =
        if survivor.reached == 1 { "1 test reaches".to_owned() } else { format!("{} tests reach", survivor.reached) };
    writeln!(out, "      {tests} this, and none fails; nearest: {place}: {}", flat(&nearest.name))?;
    for line in &nearest.saw {
        writeln!(out, "        differs, but is not expected: {line}")?;
    }
    Ok(())
}
