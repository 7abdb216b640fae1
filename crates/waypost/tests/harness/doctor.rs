//! What `serve` refuses is what `doctor` finds before.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value as Json;

use super::WAYPOST;

/// Checks that a server does not start, and that `doctor` with the same arguments says so first. Answers what the server says.
pub fn refused(data: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let run = |name: &str, more: &[&str]| {
        let mut command = Command::new(WAYPOST);
        command.args([name, "--http", "127.0.0.1:0", "--smtp", "127.0.0.1:0", "--data-dir"]).arg(data);
        command.args(arguments).args(more).env_remove("WAYPOST_DATABASE").envs(environment.iter().copied());
        command.stdin(Stdio::null()).output().unwrap()
    };
    let checked = run("doctor", &["--output", "json"]);
    let served = run("serve", &[]);
    let told = String::from_utf8(served.stderr).unwrap();
    assert_eq!(served.status.code(), Some(2), "{arguments:?}: {told}");
    let why = told.split("waypost: ").last().unwrap();
    let report: Json = serde_json::from_slice(&checked.stdout).unwrap();
    assert_eq!(checked.status.code(), Some(1), "{arguments:?}: {report}");
    let failed = report["checks"].as_array().unwrap().iter().filter(|check| check["status"] == "failed");
    let found: Vec<String> = failed
        .flat_map(|check| {
            let [found, advice] = ["found", "suggestion"].map(|member| check[member].as_str().unwrap());
            let found = found.strip_prefix("the server would not start: ").unwrap_or(found);
            [found.to_owned(), format!("{found}: {advice}")]
        })
        .collect();
    for line in why.lines() {
        assert!(
            found.iter().any(|found| found == line),
            "{arguments:?}: the server says `{line}`, and doctor {report}"
        );
    }
    told
}
