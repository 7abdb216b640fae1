//! The mails that figures are taken on, each with the answer that a triage of it must give.

mod header;
mod mime;
mod random;
pub(crate) mod real;
pub(crate) mod synthetic;
mod words;

use std::path::Path;

use anyhow::{Context, Result};

use crate::triage::Answer;

/// One mail.
pub(crate) struct Mail {
    /// What to call it in a report of differences.
    pub(crate) name: String,
    /// The raw message, CRLF line ends.
    pub(crate) raw: Vec<u8>,
    /// What a triage of it must say.
    pub(crate) expected: Answer,
}

/// Writes mails to a folder, with `labels.tsv` beside them: for looking at.
pub(crate) fn write(mails: &[Mail], folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let mut labels = String::new();
    for mail in mails {
        let file = folder.join(&mail.name);
        std::fs::write(&file, &mail.raw).with_context(|| file.display().to_string())?;
        labels.push_str(&format!("{}\t{}\t{}\n", mail.name, mail.expected.queue.name(), mail.expected.vip));
    }
    let file = folder.join("labels.tsv");
    std::fs::write(&file, labels).with_context(|| file.display().to_string())
}
