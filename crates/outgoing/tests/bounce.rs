//! What is read of reports and of bounces in other forms: `spec/outgoing/bounces/NAME.eml` beside `NAME.txt`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::PathBuf;

use waypost_mail::message::Message;
use waypost_outgoing::bounce::{self, Bounce};

fn shown(bounce: Option<Bounce>) -> String {
    let Some(bounce) = bounce else { return "no bounce\n".to_owned() };
    let returned = bounce.message_ids.join(", ");
    format!(
        "returns: {}\naction: {:?}{}\nstatus: {}\nrecipient: {}\ntext: {}\n",
        if returned.is_empty() { "no mail of a known ID" } else { &returned },
        bounce.action,
        if bounce.action.is_final_failure() { ", marks the delivery" } else { "" },
        bounce.status.as_deref().unwrap_or("none"),
        bounce.recipient.as_deref().unwrap_or("none"),
        bounce.text
    )
}

#[test]
fn bounces_are_read_as_written_down() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../spec/outgoing/bounces");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "eml"));
    paths.sort();
    assert!(paths.len() >= 21, "only {} mails found", paths.len());
    let mut problems = Vec::new();
    for path in paths {
        let raw = fs::read(&path).unwrap();
        let unix = String::from_utf8(raw).unwrap().replace("\r\n", "\n");
        let mut all = String::new();
        for null_sender in [true, false] {
            let results = [unix.clone(), unix.replace('\n', "\r\n")]
                .map(|raw| shown(bounce::read(&Message::parse(raw.as_bytes()), null_sender)));
            assert_eq!(results[0], results[1], "line ends change nothing");
            let from = if null_sender { "with the null reverse-path" } else { "from an address" };
            all.push_str(&format!("= {from}\n{}", results[0]));
        }
        let facts = path.with_extension("txt");
        if std::env::var_os("WAYPOST_BLESS").is_some() {
            fs::write(&facts, &all).unwrap();
        } else if fs::read_to_string(&facts).unwrap_or_default() != all {
            problems.push(format!("{}:\n{all}", path.display()));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
