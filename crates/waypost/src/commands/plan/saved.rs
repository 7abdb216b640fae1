//! Plans in files: written by `plan --out`, carried out by `apply --plan` as long as what they are based on stands.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use waypost_catalogue::tables::export::{self, Reader};
use waypost_catalogue::tables::held::HeldRows;
use waypost_client::Error;
use waypost_project::Project;
use waypost_project::difference::RowsDifference;
use waypost_project::plan::{Base, FORMAT, SavedPlan};
use waypost_wire::change::{ChangeSet, ChangeSetDone};

use super::is_empty;
use crate::commands::apply::{changed_since, row_versions};
use crate::failure::Failure;
use crate::files;
use crate::refusal;
use crate::remote::Remote;

/// How often it is tried while others keep changing what the plan does not concern.
const ATTEMPTS: usize = 10;

/// What a plan is based on, rows included.
pub(super) fn base(
    remote: &Remote,
    base: Base,
    differences: &BTreeMap<String, RowsDifference>,
) -> Result<Base, Failure> {
    let names = differences.iter().filter(|(_, rows)| rows.differs()).map(|(name, _)| name);
    Ok(Base { rows: row_versions(remote, names)?, ..base })
}

/// Whole contents of the tables whose rows differ.
pub(super) fn rows(
    project: &Project,
    rows: &HeldRows,
    differences: &BTreeMap<String, RowsDifference>,
) -> BTreeMap<String, String> {
    let differs = |name: &str| differences.get(name).is_some_and(RowsDifference::differs);
    let tables = project.tables().iter().map(|one| &one.table).filter(|table| differs(&table.record.name));
    let csv = tables.map(|table| {
        let mut csv = export::header(table);
        csv.extend(export::lines(table, rows.of(table.record.id), Reader::Program));
        (table.record.name.clone(), String::from_utf8_lossy(&csv).into_owned())
    });
    csv.collect()
}

/// Writes a plan so that its owner alone can read it: it has what a folder has, which may be nobody else's business.
pub(super) fn write(path: &Path, plan: &SavedPlan) -> Result<(), Failure> {
    let fail = |cause: &dyn std::fmt::Display| Failure::of(format!("can't write {}", path.display()))(cause);
    let mut text = serde_json::to_vec_pretty(plan).map_err(|error| fail(&error))?;
    text.push(b'\n');
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|error| fail(&error))?;
    // A file that was there keeps the mode that it had.
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600)).map_err(|error| fail(&error))?;
    file.write_all(&text).map_err(|error| fail(&error))
}

fn read(path: &Path) -> Result<SavedPlan, Failure> {
    let unreadable = |why: &dyn std::fmt::Display| Failure::of(format!("{} is not a plan", path.display()))(why);
    let plan: SavedPlan = serde_json::from_slice(&files::bytes(path)?).map_err(|error| unreadable(&error))?;
    match plan.format {
        FORMAT => Ok(plan),
        other => Err(unreadable(&format!("it has format {other}, and this release reads format {FORMAT}; plan again"))),
    }
}

/// Does what a saved plan says, and answers it with what was done. Nothing is changed if anything that it is based on is not as it was.
pub(crate) fn carry_out(
    remote: &Remote,
    path: &Path,
    (note, take_over): (Option<&str>, bool),
    agreed: &mut dyn FnMut(&SavedPlan) -> Result<(), Failure>,
) -> Result<(SavedPlan, ChangeSetDone), Failure> {
    let mut saved = read(path)?;
    saved.set.take_over = take_over;
    // Epochs and ETags of two servers may be the same by chance.
    if saved.plan.server != remote.url() {
        let (planned, asked) = (&saved.plan.server, remote.url());
        return Err(Failure::Refused(format!("the plan is for {planned}, not for {asked}; plan again")));
    }
    let now = row_versions(remote, saved.rows.keys())?;
    let rows = saved.rows.keys().filter(|name| saved.base.rows.get(*name) != now.get(*name));
    let mut changed: Vec<String> = rows.map(|name| format!("rows of table {name} were changed")).collect();
    changed.extend(changed_since(remote, &saved.clients)?);
    if !changed.is_empty() {
        return Err(stale(changed));
    }
    let mut epoch = saved.base.epoch;
    // Nobody is asked to agree to deletions of another day.
    if saved.plan.objects.iter().any(|one| one.change == "deleted") {
        epoch = looked(remote, &saved)?;
    }
    agreed(&saved)?;
    if is_empty(&saved.set) {
        return Ok((saved, ChangeSetDone::default()));
    }
    for _ in 0..ATTEMPTS {
        let set = ChangeSet { if_epoch: Some(epoch), note: note.map(str::to_owned), ..saved.set.clone() };
        match remote.wait(remote.flows().change(&set)) {
            Ok(done) => return Ok((saved, done)),
            // The catalogue was changed since. That may be none of the plan's business.
            Err(error) if error.status() == Some(412) => {}
            Err(error) => return Err(error.into()),
        }
        epoch = looked(remote, &saved)?;
    }
    Err(Failure::Failed("the server's catalogue keeps changing; try again".to_owned()))
}

/// The server's epoch, if everything that a plan is based on is there as it was.
fn looked(remote: &Remote, saved: &SavedPlan) -> Result<u64, Failure> {
    let look = ChangeSet { dry_run: true, ..saved.set.clone() };
    let found = match remote.wait(remote.flows().change(&look)) {
        Ok(found) => found,
        Err(error) => return Err(since(&error).map_or_else(|| error.clone().into(), stale)),
    };
    let changed = saved.base.changed_since(&Base::of(&found));
    if changed.is_empty() { Ok(found.epoch) } else { Err(stale(changed)) }
}

fn stale(changed: Vec<String>) -> Failure {
    let list: String = changed.iter().map(|one| format!("\n  {one}")).collect();
    Failure::Refused(format!("the server has changed since the plan was made; plan again{list}"))
}

/// What was deleted or changed, where the server says so instead of looking on.
fn since(error: &Error) -> Option<Vec<String>> {
    match error {
        Error::Refused { body, .. } if body.code == refusal::OF_ANOTHER_PROJECT => None,
        Error::Refused { body, .. } if [400, 404, 409, 410, 412].contains(&body.status) => {
            let told = body.errors.iter().map(|problem| problem.message.clone());
            Some(if body.errors.is_empty() { vec![body.message.clone()] } else { told.collect() })
        }
        _ => None,
    }
}
