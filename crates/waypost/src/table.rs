//! Tables, JSON and YAML on stdout.

use std::fmt::Display;
use std::io::{self, Write};

use clap::ValueEnum;
use serde::Serialize;
use waypost_flow::source::yaml_text;

/// How lists are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// Columns for people.
    #[default]
    Table,
    /// JSON for programs.
    Json,
    /// The same as YAML.
    Yaml,
}

impl Output {
    /// Whether values are printed whole, by [`Self::write`].
    pub(crate) fn is_data(self) -> bool {
        self != Self::Table
    }

    /// Prints a value whole: as YAML where that is wanted, else as indented JSON.
    pub(crate) fn write(self, out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
        match self {
            Self::Yaml => out.write_all(yaml_text(&serde_json::to_value(value)?).as_bytes()),
            Self::Json | Self::Table => json(out, value),
        }
    }

    /// Prints one of many values: a line of JSON, or a document of YAML.
    pub(crate) fn write_one(self, out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
        match self {
            Self::Yaml => {
                writeln!(out, "---")?;
                self.write(out, value)
            }
            Self::Json | Self::Table => {
                serde_json::to_writer(&mut *out, value)?;
                writeln!(out)
            }
        }
    }
}

/// How a command prints what was done.
#[derive(clap::Args)]
pub(crate) struct Printing {
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    pub(crate) output: Output,
}

impl Printing {
    /// Prints what a server answered: whole as data, or as a line for people.
    pub(crate) fn print(&self, out: &mut impl Write, answer: &impl Serialize, line: impl Display) -> io::Result<()> {
        match self.output {
            Output::Json | Output::Yaml => self.output.write(out, answer),
            Output::Table => writeln!(out, "{line}"),
        }
    }
}

/// How a document is printed that is data for people, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// As JSON.
    #[default]
    Json,
    /// The same as YAML.
    Yaml,
}

impl Form {
    /// Prints a document.
    pub(crate) fn write(self, out: &mut impl Write, document: &impl Serialize) -> io::Result<()> {
        let output = match self {
            Self::Json => Output::Json,
            Self::Yaml => Output::Yaml,
        };
        output.write(out, document)
    }
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
