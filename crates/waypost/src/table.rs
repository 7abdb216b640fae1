//! Tables and JSON on stdout.

use std::io::{self, Write};

use clap::ValueEnum;
use serde::Serialize;

/// How lists are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// Columns for people.
    #[default]
    Table,
    /// JSON for programs.
    Json,
}

/// Prints rows under a heading; columns are as wide as their widest cell.
pub(crate) fn rows<const N: usize>(out: &mut impl Write, heading: [&str; N], rows: &[[String; N]]) -> io::Result<()> {
    let mut widths = heading.map(str::len);
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    line(out, &heading.map(str::to_owned), &widths)?;
    for row in rows {
        line(out, row, &widths)?;
    }
    Ok(())
}

fn line<const N: usize>(out: &mut impl Write, cells: &[String; N], widths: &[usize; N]) -> io::Result<()> {
    let mut text = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        text.push_str(&flat(cell));
        text.extend(std::iter::repeat_n(' ', (width + 2).saturating_sub(cell.chars().count())));
    }
    writeln!(out, "{}", text.trim_end())
}

/// Prints a value as indented JSON.
pub(crate) fn json(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}

/// A text on one line: what others wrote can't look like lines of ours.
pub(crate) fn flat(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The first characters of a text, on one line.
pub(crate) fn clip(text: &str, characters: usize) -> String {
    let flat = flat(text);
    match flat.char_indices().nth(characters) {
        Some((end, _)) => format!("{}…", flat.get(..end).unwrap_or_default()),
        None => flat,
    }
}
