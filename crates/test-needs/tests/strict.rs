//! The rules, each in a process of its own: this binary again, with the one test that asks for what is not there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use waypost_test_needs::{SKIPPED, STRICT, allowed, shared, tool};

/// What the test below asks for.
const ASKS: &str = "WAYPOST_TEST_NEEDS_ASKS";

/// Skips itself, unless the environment says what to ask for.
#[test]
fn asks() {
    match std::env::var(ASKS).as_deref() {
        Ok("tool") => assert_eq!(tool::<(), _>(Err("no hammer")), None),
        Ok("allowed") => assert_eq!(allowed::<(), _>(Err("no entry")), None),
        Ok("shared") => assert_eq!(shared("no/such/path"), None),
        Ok("all there") => {
            assert_eq!((tool::<_, &str>(Ok(1)), allowed::<_, &str>(Ok(2))), (Some(1), Some(2)));
        }
        _ => {}
    }
}

/// Whether the test passes, and what was written of it.
fn asked(what: &str, strict: &str) -> (bool, String, String) {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("skipped-{}-{strict}", what.replace(' ', "-")));
    let _ = fs::remove_file(&file);
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "asks"]).env(ASKS, what).env(SKIPPED, &file).env(STRICT, strict);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (output.status.success(), said.into_owned(), fs::read_to_string(&file).unwrap_or_default())
}

#[test]
fn a_tool_that_is_missing_skips_the_test_and_fails_it_where_tests_are_strict() {
    for lax in ["", "0"] {
        let (passed, said, file) = asked("tool", lax);
        assert!(passed && said.contains("skipped asks: no hammer"), "{said}");
        assert_eq!(file, "no hammer\tasks\n");
    }
    let (passed, said, file) = asked("tool", "1");
    assert!(!passed && said.contains("no hammer; tests are strict"), "{said}");
    assert_eq!(file, "", "what fails is not skipped");
}

#[test]
fn what_the_machine_does_not_allow_skips_the_test_strict_or_not() {
    for strict in ["", "1"] {
        let (passed, said, file) = asked("allowed", strict);
        assert!(passed && said.contains("skipped asks: no entry"), "{said}");
        assert_eq!(file, "no entry\tasks\n");
    }
}

/// On a machine with `shared` the path is missing in it; on any other the folder is.
#[test]
fn what_is_missing_in_shared_fails_where_tests_are_strict_and_the_folder_is_there() {
    let there = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").is_dir();
    let (passed, said, file) = asked("shared", "");
    assert!(passed && said.contains("skipped asks: "), "{said}");
    assert_eq!(file.lines().count(), 1);
    let (passed, said, _) = asked("shared", "1");
    assert_eq!(passed, !there, "{said}");
}

#[test]
fn what_is_there_is_handed_on_and_nothing_is_written() {
    let (passed, said, file) = asked("all there", "1");
    assert!(passed && !said.contains("skipped asks"), "{said}");
    assert_eq!(file, "");
}
