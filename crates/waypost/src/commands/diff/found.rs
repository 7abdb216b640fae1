//! A mail that was found, written to a file, and its test beside it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use waypost_witness::report::WitnessReport;

use crate::failure::Failure;

/// What a test that was written here begins with. A later one may take its place.
const HEAD: &str = "# Two versions decide this mail differently.";

/// Says no if the mail, or its test, would take the place of a file that was not written here.
pub(super) fn may_be_written(mail: &Path) -> Result<(), Failure> {
    let test = beside(mail);
    if is_ours(&test) {
        return Ok(());
    }
    match [mail, test.as_path()].into_iter().find(|path| path.exists()) {
        Some(taken) => Err(Failure::Refused(format!(
            "{} exists already; name another file with `--out`, or remove it",
            taken.display()
        ))),
        None => Ok(()),
    }
}

fn is_ours(test: &Path) -> bool {
    fs::read(test).is_ok_and(|text| text.starts_with(HEAD.as_bytes()))
}

/// Writes the mail, and its test beside it if it needs one.
pub(super) fn write(mail: &Path, found: &WitnessReport) -> Result<(), Failure> {
    let failed = |path: &Path, error: io::Error| Failure::of(format!("can't write {}", path.display()))(&error);
    let put = |path: &Path, text: &str| fs::write(path, text).map_err(|error| failed(path, error));
    put(mail, &found.mail)?;
    let test = beside(mail);
    if found.needs_test {
        let expected = if found.after.is_some() {
            "What is expected is what the second makes of it."
        } else {
            "What is expected is what the first makes of it: the second has nothing that takes it."
        };
        put(&test, &format!("{HEAD} {expected}\n{}", found.test))?;
    } else if is_ours(&test) {
        // It was about another mail.
        fs::remove_file(&test).map_err(|error| failed(&test, error))?;
    }
    Ok(())
}

/// Where the test of a mail is.
pub(super) fn beside(mail: &Path) -> PathBuf {
    mail.with_extension("test.yaml")
}
