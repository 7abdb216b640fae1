//! A plan for people: one line for each object and each difference, in colour on a terminal.

use std::io::{self, Write};

use serde_json::Value as Json;
use waypost_flow::diagnostic::counted;
use waypost_project::plan::{Plan, PlannedObject, PlannedUser, PlannedWitness};
use waypost_wire::change::FlowDifference;
use waypost_witness::apart;

use crate::commands::{diff, replay};
use crate::screen;
use crate::table;

/// Characters of a value that are shown; JSON has all.
const SHOWN: usize = 70;

/// Signs and colours of what becomes of something.
struct Signs {
    colour: bool,
}

impl Signs {
    fn of(&self, change: &str) -> String {
        let (sign, code) = match change {
            "created" | "added" => ('+', 32),
            "deleted" | "removed" => ('-', 31),
            "moved" => ('>', 33),
            _ => ('~', 33),
        };
        if self.colour { format!("\x1b[{code}m{sign}\x1b[0m") } else { sign.to_string() }
    }
}

/// Prints it on standard output.
pub(super) fn print(plan: &Plan) -> io::Result<()> {
    let signs = Signs { colour: screen::is_coloured(&io::stdout()) };
    // Names and values lose their control characters one by one: the colours are ours.
    let mut out = screen::styled_stdout();
    for object in &plan.objects {
        of_object(&mut out, &signs, object)?;
    }
    let count = |change: &str| plan.objects.iter().filter(|one| one.change == change).count();
    let (created, changed, deleted) = (count("created"), count("changed"), count("deleted"));
    if plan.changes {
        writeln!(out, "{created} to create, {changed} to change, {deleted} to delete, {} unchanged", plan.unchanged)?;
    } else {
        writeln!(out, "nothing to do: {} unchanged", plan.unchanged)?;
    }
    let taken = plan.objects.iter().filter(|one| one.taken_from.is_some()).count();
    if taken > 0 {
        writeln!(out, "{} of another project: `apply` needs --take-over", counted(taken, "object"))?;
    }
    for one in &plan.of_others {
        let (kind, name, project) = (table::flat(&one.kind), table::flat(&one.name), table::flat(&one.project));
        writeln!(out, "note: {kind} {name} stays with the project `{project}`, which applied it last")?;
    }
    drop(out);
    if let Some(replayed) = &plan.replay {
        replay::print(&mut screen::stdout(), replayed)?;
    }
    plan.witnesses.iter().try_for_each(|one| witness(&mut screen::stdout(), one))
}

fn witness(out: &mut impl Write, one: &PlannedWitness) -> io::Result<()> {
    let (flow, tries) = (table::flat(&one.flow), counted(one.tries, "try"));
    let Some(mail) = &one.mail else {
        return writeln!(out, "flow {flow}: no mail found that would be decided differently, after {tries}");
    };
    writeln!(out, "flow {flow}: this mail would be decided differently, found after {tries}:")?;
    for line in &one.differs {
        writeln!(out, "  {}", table::flat(line))?;
    }
    diff::indented(out, &diff::clip_lines(mail))?;
    if let Some(test) = one.test.as_ref().filter(|_| one.needs_test) {
        writeln!(out, "  with this test:")?;
        diff::indented(out, test)?;
    }
    Ok(())
}

fn of_object(out: &mut impl Write, signs: &Signs, object: &PlannedObject) -> io::Result<()> {
    let (kind, name) = (table::flat(&object.kind), table::flat(&object.name));
    writeln!(out, "{} {kind} {name}", signs.of(&object.change))?;
    for member in &object.members {
        writeln!(out, "    {} {}{}", signs.of(&member.change), table::flat(&member.path), values(member))?;
    }
    if let Some(rows) = &object.rows {
        let (added, changed, removed, same) = (rows.added, rows.changed, rows.removed, rows.same);
        writeln!(
            out,
            "    {} rows: {added} added, {changed} changed, {removed} removed, {same} unchanged",
            signs.of("changed")
        )?;
    }
    if let Some(why) = &object.blocked {
        writeln!(out, "    can't be deleted now: {}", table::flat(why))?;
    }
    if let Some(project) = &object.taken_from {
        writeln!(out, "    the project `{}` applied it last", table::flat(project))?;
    }
    if !object.used_by.is_empty() {
        writeln!(out, "    used by {}", named(&object.used_by))?;
    }
    if !object.may_be_used_by.is_empty() {
        writeln!(out, "    may be used by {}: the queue is decided at run time", named(&object.may_be_used_by))?;
    }
    Ok(())
}

fn named(users: &[PlannedUser]) -> String {
    let users: Vec<String> = users.iter().map(|user| table::flat(&format!("{} {}", user.kind, user.name))).collect();
    users.join(", ")
}

fn values(member: &FlowDifference) -> String {
    let shown = |value: &Json| table::clip(&value.to_string(), SHOWN);
    match (&member.before, &member.after) {
        (Some(before), Some(after)) => {
            let (was, is) = apart(&before.to_string(), &after.to_string(), SHOWN);
            format!(": {was} -> {is}")
        }
        (Some(value), None) | (None, Some(value)) => format!(": {}", shown(value)),
        (None, None) => String::new(),
    }
}
