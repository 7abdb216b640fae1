//! Puts what `scripts/setup-console` built in `console/dist/built` into the binary: compressed, with a tag of each content. Without it the
//! binary has a page that says how to build it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a build fails by panicking"
)]

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

/// Extensions of what is built, their media types, and whether compressing them makes them smaller.
const TYPES: &[(&str, &str, bool)] = &[
    ("html", "text/html; charset=utf-8", true),
    ("js", "text/javascript; charset=utf-8", true),
    ("css", "text/css; charset=utf-8", true),
    ("svg", "image/svg+xml", true),
    ("txt", "text/plain; charset=utf-8", true),
    ("woff2", "font/woff2", false),
    ("png", "image/png", false),
];

fn main() {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../console/dist");
    println!("cargo::rerun-if-changed=build.rs");
    // It is always there, so that a build without it is not made anew each time.
    println!("cargo::rerun-if-changed={}", dist.display());
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    let root = dist.join("built");
    let mut found = Vec::new();
    if root.join("index.html").is_file() {
        walk(&root, &root, &mut found);
    }
    found.sort();
    let mut table = String::from("&[\n");
    for (number, path) in found.iter().enumerate() {
        let content = fs::read(root.join(path)).unwrap();
        let extension = path.rsplit('.').next().unwrap_or_default();
        let (_, media_type, coded) =
            TYPES.iter().find(|(known, ..)| *known == extension).unwrap_or_else(|| panic!("{path}: no media type"));
        let tag = hex::encode(&Sha256::digest(&content)[..12]);
        let bytes = if *coded { gzip(&content) } else { content };
        let kept = out.join(format!("file-{number}"));
        fs::write(&kept, bytes).unwrap();
        writeln!(
            table,
            "    File {{ path: {path:?}, media_type: {media_type:?}, tag: \"\\\"{tag}\\\"\", coded: {coded}, kept: {}, \
             shows_mail: {}, bytes: include_bytes!({kept:?}) }},",
            // Names below `assets` have a hash of the content.
            if path.starts_with("assets/") {
                "waypost_api::console::Kept::ForEver"
            } else {
                "waypost_api::console::Kept::AskedAnew"
            },
            path == "mail.html",
        )
        .unwrap();
    }
    table.push(']');
    fs::write(out.join("files.rs"), table).unwrap();
}

fn walk(root: &Path, directory: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(root, &path, found);
        } else {
            found.push(path.strip_prefix(root).unwrap().to_str().expect("names are ASCII").replace('\\', "/"));
        }
    }
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}
