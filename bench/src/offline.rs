//! The command line without a server: how long tests of flows take, what counting coverage costs, how long mutants take, and
//! whether a large mbox needs more memory than a small one.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value as Json;

use crate::corpus::Mail;
use crate::measure::Figure;
use crate::outside::output;
use crate::processes;
use crate::report::{Goal, Line, Section, Unit, say};
use crate::smtp::Ground;

/// Cases that are run, or a few more: the example's tests as often as it takes.
const CASES: usize = 1_000;

/// How many milliseconds they may take, from the start of the process to its end.
const GOAL: f64 = 1_000.0;

/// Mails of the small mbox.
const FEW: usize = 5_000;

/// Larger mails are left out of the mboxes, which would fill a disk.
const LARGEST: usize = 8_000;

/// After how many mails memory is looked at.
const EVERY: usize = 100;

/// Runs the tests of a project many times over, in one process.
pub(crate) fn tests(ground: &Ground, project: &Path, rounds: usize) -> Result<Section> {
    let folder = ground.scratch.join("tests");
    copy(project, &folder)?;
    let once = cases(&ground.program, &folder, &[])?.0;
    for number in 1..CASES.div_ceil(once.max(1)) {
        copy_tests(&project.join("tests"), &folder.join("tests"), number)?;
    }
    let (mut plain, mut counted, mut validated) = (Vec::new(), Vec::new(), Vec::new());
    let mut ran = 0;
    for round in 0..rounds {
        say(&format!("tests of flows, round {} of {rounds}", round + 1));
        let begun = Instant::now();
        output(Command::new(&ground.program).arg("validate").arg(&folder))?;
        validated.push(milliseconds(begun.elapsed()));
        let (cases_ran, time) = cases(&ground.program, &folder, &[])?;
        ran = cases_ran;
        plain.push(milliseconds(time));
        counted.push(milliseconds(cases(&ground.program, &folder, &["--coverage"])?.1));
    }
    fs::remove_dir_all(&folder)?;
    let mut section = Section::new("Tests of flows: the support desk");
    section.note(format!("{ran} cases on {} cores; the process's start and reading the folder count", cores()));
    let figure = |rounds| Figure::of(rounds).context("no rounds");
    let plain = figure(plain)?;
    let line = |what: &str, figure| Line::new(what, Unit::Milliseconds, figure);
    section.line(line("all cases", plain).goal(Goal::AtMost(GOAL)));
    section.line(line("all cases", plain).beside("validate, which runs none", figure(validated)?));
    section.line(line("all cases, coverage counted", figure(counted)?).beside("not counted", plain));
    Ok(section)
}

/// Makes every mutant of a project and holds it against its tests.
pub(crate) fn mutants(ground: &Ground, project: &Path) -> Result<Section> {
    say("mutants of the support desk");
    let (cases, once) = cases(&ground.program, project, &[])?;
    let begun = Instant::now();
    let report = output(Command::new(&ground.program).arg("test").arg(project).args(["--mutate", "--output", "json"]))?;
    let taken = milliseconds(begun.elapsed());
    let report: Json = serde_json::from_str(&report)?;
    let count = |name: &str| report[name].as_u64().with_context(|| format!("no count of `{name}`"));
    let (made, killed, accepted) = (count("mutants")?, count("killed")?, count("accepted")?);
    let mut section = Section::new("Mutants of the support desk");
    section.note(format!("{made} mutants, {killed} caught, {accepted} accepted; {cases} cases"));
    let line = |what: &str, time| Line::new(what, Unit::Milliseconds, Figure::single(time));
    section.line(line("all mutants", taken).beside("the tests once", Figure::single(milliseconds(once))));
    section.line(line("a mutant", taken / made.max(1) as f64));
    Ok(section)
}

/// Runs a large mbox and a small one of the same mails.
pub(crate) fn mbox(ground: &Ground, mails: &[Mail], count: usize) -> Result<Section> {
    let small: Vec<&Mail> = mails.iter().filter(|mail| mail.raw.len() <= LARGEST).collect();
    if small.is_empty() {
        bail!("no mail of at most {LARGEST} bytes");
    }
    let mut section = Section::new(format!("An mbox of {count} mails through `waypost run`"));
    let file = ground.scratch.join("archive.mbox");
    say(&format!("running an mbox of {FEW} mails"));
    write_mbox(&file, &small, FEW)?;
    let (_, few) = run(ground, &file, &small, FEW)?;
    say(&format!("running an mbox of {count} mails"));
    write_mbox(&file, &small, count)?;
    let bytes = fs::metadata(&file)?.len();
    let (time, many) = run(ground, &file, &small, count)?;
    fs::remove_file(&file)?;
    section.note(format!("{:.0} MB in the file; every decision compared with its label", bytes as f64 / 1e6));
    section.line(
        Line::new("the most memory", Unit::Megabytes, Figure::single(many))
            .beside("an mbox of 5,000", Figure::single(few))
            .goal(Goal::AtMostTimes(1.1)),
    );
    section.line(Line::new("mails run", Unit::PerSecond, Figure::single(count as f64 / time.as_secs_f64())));
    Ok(section)
}

/// Runs the tests of a folder: how many cases there were, all of which must pass, and how long it took.
fn cases(program: &Path, folder: &Path, options: &[&str]) -> Result<(usize, Duration)> {
    let begun = Instant::now();
    let report = output(Command::new(program).arg("test").arg(folder).args(options).args(["--output", "json"]))?;
    let taken = begun.elapsed();
    let report: Json = serde_json::from_str(&report)?;
    let passed = report["passed"].as_u64().context("no count of cases")?;
    Ok((usize::try_from(passed)?, taken))
}

/// Runs an mbox: how long it took, and the most memory that it had, in MB.
fn run(ground: &Ground, file: &Path, mails: &[&Mail], count: usize) -> Result<(Duration, f64)> {
    let begun = Instant::now();
    let mut process = Command::new(&ground.program)
        .args(["run", "--output", "json", "--flows"])
        .arg(&ground.flows)
        .arg(file)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut lines = BufReader::new(process.stdout.take().context("no stdout")?).lines();
    let mut most = 0.0_f64;
    for (place, mail) in mails.iter().cycle().take(count).enumerate() {
        let line = lines.next().with_context(|| format!("it ended after {place} mails"))??;
        let line: Json = serde_json::from_str(&line)?;
        if line["decision"]["queue"] != mail.expected.queue.name() {
            bail!("{}: expected {:?}, found {line}", mail.name, mail.expected.queue);
        }
        // The process is gone before its last lines are read.
        if place.is_multiple_of(EVERY)
            && let Ok((_, peak)) = processes::memory(process.id())
        {
            most = most.max(peak);
        }
    }
    let status = process.wait()?;
    if !status.success() || lines.next().is_some() {
        bail!("{status}, or more mails than {count}");
    }
    Ok((begun.elapsed(), most))
}

/// Writes an mbox of so many mails, the same ones again and again.
fn write_mbox(file: &Path, mails: &[&Mail], count: usize) -> Result<()> {
    let mut out = BufWriter::new(File::create(file).with_context(|| file.display().to_string())?);
    for mail in mails.iter().cycle().take(count) {
        out.write_all(b"From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n")?;
        for line in mail.raw.split_inclusive(|byte| *byte == b'\n') {
            let unquoted = line.iter().position(|byte| *byte != b'>').map_or(line, |start| &line[start..]);
            if unquoted.starts_with(b"From ") {
                out.write_all(b">")?;
            }
            out.write_all(line)?;
        }
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}

/// Copies a folder and all that is in it.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| to.display().to_string())?;
    for (name, path) in entries(from)? {
        if path.is_dir() {
            copy(&path, &to.join(name))?;
        } else {
            fs::copy(&path, to.join(name)).with_context(|| path.display().to_string())?;
        }
    }
    Ok(())
}

/// Copies test files under names of their own.
fn copy_tests(from: &Path, to: &Path, number: usize) -> Result<()> {
    for (name, path) in entries(from)? {
        fs::copy(&path, to.join(format!("{number}-{name}"))).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    entries
        .map(|entry| {
            entry.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path())).map_err(Into::into)
        })
        .collect()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(0, usize::from)
}
