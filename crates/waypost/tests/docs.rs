//! The README and the pages of `docs/`: every command block runs, in order, page by page, each page in a fresh directory.
//!
//! A block tagged `sh` runs. A comment in the line above a block says what is special about it:
//!
//! | comment | meaning |
//! | --- | --- |
//! | `not run: WHY` | the block is left out, and listed |
//! | `file: PATH` | the block is written to this file |
//! | `printed` | the commands before printed these lines, in this order; `…` is any text |
//! | `refused: CODE` | `waypost validate` refuses the example with this code (docs/flow-document.md) |
//!
//! Comments at the head of a page say what it starts from: `server`, or `server: examples/triage` with the example applied and its
//! mails sent; `given: FILES`, which the reader has and the page does not show; and `needs: python`, with our client package.
//! A command that fails ends with `# exits with N`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it leaves out"
)]

#[path = "docs/compiling.rs"]
mod compiling;
#[path = "docs/examples.rs"]
mod examples;
mod harness;
#[path = "docs/members.rs"]
mod members;
#[path = "docs/page.rs"]
mod page;
#[path = "docs/session.rs"]
mod session;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use page::Page;

/// Pages at the same time: most of the time they wait for a server.
const AT_A_TIME: usize = 4;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Puts a program where it is run, by another process: what this one writes, a child that another test starts meanwhile holds open, and then
/// it can't be run.
fn installed(from: &Path, to: &Path) {
    assert!(Command::new("install").args(["-m", "755"]).args([from, to]).status().unwrap().success());
}

/// The README and all pages, by their paths in the repository.
fn pages() -> Vec<Page> {
    let mut names = vec!["README.md".to_owned()];
    let in_docs =
        fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut in_docs: Vec<String> =
        in_docs.filter(|name| name.ends_with(".md")).map(|name| format!("docs/{name}")).collect();
    in_docs.sort();
    names.append(&mut in_docs);
    names.into_iter().map(|name| Page::read(&fs::read_to_string(root().join(&name)).unwrap(), name)).collect()
}

fn there(tool: &str) -> Result<(), String> {
    let found = Command::new(tool).arg("--version").output();
    found.map(drop).map_err(|error| format!("{tool} is not installed ({error})"))
}

#[test]
fn every_command_block_runs_in_order_in_a_fresh_directory() {
    for tool in ["bash", "make", "curl"] {
        if waypost_test_needs::tool(there(tool)).is_none() {
            return;
        }
    }
    let pages = pages();
    let left_out: Vec<String> = pages.iter().flat_map(Page::left_out).collect();
    let next = Mutex::new(pages.iter().filter(|page| page.has_commands()));
    let (failures, ran) = (Mutex::new(Vec::new()), Mutex::new(0));
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let Some(page) = next.lock().unwrap().next() else { return };
                    match session::run(page) {
                        Ok(blocks) => *ran.lock().unwrap() += blocks,
                        Err(why) => failures.lock().unwrap().push(why),
                    }
                }
            });
        }
    });
    println!("{} blocks ran; not run:\n{}", ran.lock().unwrap(), left_out.join("\n"));
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    assert!(*ran.lock().unwrap() > 40, "does this test still read them?");
}

/// Links within the repository lead to files, and to headings that are there.
#[test]
fn links_lead_somewhere() {
    let pages = pages();
    let (mut problems, mut seen) = (Vec::new(), 0);
    for page in &pages {
        for link in page.links() {
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let folder = root().join(&page.name).parent().unwrap().to_owned();
            let target = if path.is_empty() { root().join(&page.name) } else { folder.join(path) };
            seen += 1;
            if !target.exists() {
                problems.push(format!("{} links to `{link}`, which does not exist", page.name));
            } else if !anchor.is_empty() {
                let text = fs::read_to_string(&target).unwrap();
                if !page::anchors(&text).iter().any(|found| found == anchor) {
                    problems.push(format!("{} links to `{link}`, which has no such heading", page.name));
                }
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(seen > 100, "only {seen} links found");
}

/// The index has every page.
#[test]
fn the_index_lists_every_page() {
    let index = fs::read_to_string(root().join("docs/README.md")).unwrap();
    let missing: Vec<String> = pages()
        .into_iter()
        .filter_map(|page| page.name.strip_prefix("docs/").map(str::to_owned))
        .filter(|name| name != "README.md" && !index.contains(&format!("({name})")))
        .collect();
    assert!(missing.is_empty(), "docs/README.md does not list {missing:?}");
}
