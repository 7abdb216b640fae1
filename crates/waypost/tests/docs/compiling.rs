//! What `make run` says while it compiles: on no terminal, how far it is, and nothing else.

use std::fs;
use std::process::{Command, Output};

use super::harness::scratch::Scratch;
use super::{installed, root};

/// A `cargo` that draws its bar as the real one does where it is asked to, and ends as a test wants.
const CARGO: &str = r#"#!/bin/sh
[ "$CARGO_TERM_PROGRESS_WHEN" = always ] || exit 9
printf '   Compiling waypost-ids v0.1.0\n    Building [=>    ] 12/480: waypost-ids, waypost-cel     \r' >&2
sleep 6
printf '    Building [====> ] 479/480: waypost(bin)     \r' >&2
sleep 6
[ "$1 $2 $3" = 'build --profile quick' ] || exit 9
[ "$ENDS" = 0 ] || printf 'error[E0308]: mismatched types\n' >&2
exit "$ENDS"
"#;

/// Compiles by this cargo.
fn compiled(scratch: &Scratch, ends: &str) -> Output {
    let place = |name: &str| scratch.path(name);
    for folder in ["bin", "scripts"] {
        fs::create_dir_all(place(folder)).unwrap();
    }
    fs::write(place("cargo.sh"), CARGO).unwrap();
    installed(&root().join("scripts/compile"), &place("scripts/compile"));
    installed(&place("cargo.sh"), &place("bin/cargo"));
    let path = format!("{}:{}", place("bin").display(), std::env::var("PATH").unwrap());
    let mut script = Command::new(place("scripts/compile"));
    script.env("PATH", path).env("ENDS", ends).env("COMPILE_TELLS_EVERY", "1").output().unwrap()
}

#[test]
fn a_log_file_says_how_far_a_build_is_and_has_no_line_for_each_step() {
    let scratch = Scratch::new("docs-compile");
    let ran = compiled(&scratch, "0");
    let (out, err) = (String::from_utf8(ran.stdout).unwrap(), String::from_utf8(ran.stderr).unwrap());
    let lines: Vec<&str> = out.lines().collect();
    let told = ["run: 12 of 480 steps done: waypost-ids, waypost-cel", "run: 479 of 480 steps done: waypost(bin)"];
    assert_eq!((lines, err.as_str(), ran.status.code()), (told.to_vec(), "", Some(0)));
}

#[test]
fn a_build_that_fails_says_why_and_ends_as_cargo_did() {
    let scratch = Scratch::new("docs-compile-fails");
    let ran = compiled(&scratch, "101");
    let err = String::from_utf8(ran.stderr).unwrap();
    assert_eq!((err.as_str(), ran.status.code()), ("error[E0308]: mismatched types\n", Some(101)));
}
