//! The mails in `shared/cases/mail` beside the repository, each with what must hold of it. Skipped where they are not.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use waypost_mail::message::{Address, AddressField, Message};

#[test]
fn what_is_read_of_the_given_mails() {
    let Some(folder) = waypost_test_needs::shared("cases/mail") else { return };
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "eml"));
    paths.sort();
    let mut wrong = String::new();
    let mut checks = 0;
    for path in &paths {
        let raw = fs::read(path).unwrap();
        let said = fs::read_to_string(path.with_extension("txt")).unwrap();
        let message = Message::parse(&raw);
        for check in said.lines().filter_map(|line| line.trim().strip_prefix("check: ")) {
            checks += 1;
            if let Err(found) = holds(&message, check, &said) {
                writeln!(wrong, "{}: {check}\n  found: {found:?}", name(path)).unwrap();
            }
        }
    }
    assert!(checks >= 80, "only {checks} checks of {} mails", paths.len());
    assert!(wrong.is_empty(), "\n{wrong}");
}

fn name(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

/// Whether a check holds, else what was found.
fn holds(message: &Message<'_>, check: &str, said: &str) -> Result<(), String> {
    let (field, check) = check.split_once(' ').unwrap();
    let found = field_of(message, field);
    let quoted = |rest: &str| {
        rest.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).map(|text| text.replace("\\n", "\n"))
    };
    let holds = if let Some(expected) = check.strip_prefix("contains ").and_then(quoted) {
        found.contains(&expected)
    } else if let Some(expected) = check.strip_prefix("lacks ").and_then(quoted) {
        !found.contains(&expected)
    } else if let Some(expected) = check.strip_prefix("== ").and_then(quoted) {
        found == expected
    } else if let Some(expected) = check.strip_prefix("name is ").and_then(quoted) {
        found.starts_with(&format!("[\"{expected}|"))
    } else if let Some(pattern) = check.strip_prefix("matches /\\b").and_then(|rest| rest.strip_suffix("\\b/")) {
        stands_apart(&found, pattern)
    } else {
        match check {
            // The text is in the line of the right value, after its label, or is that of the mails with a broken type.
            "is the text" => {
                let value = said.lines().next().unwrap().strip_prefix("right value: ").unwrap();
                let text = value.split_once(": ").map_or("", |(_, text)| text);
                match text {
                    "parts are found" | "" => found.starts_with("Please refund order 4711"),
                    text => found.trim_end() == text,
                }
            }
            "starts with the text" => found.starts_with("Weekly summary. Please refund order 4711."),
            "starts with text" => found.starts_with("Please refund order 4711."),
            "no escape, no U+FFFD" => !found.is_empty() && !found.contains(['\u{1B}', '\u{FFFD}']),
            "one" => message.attachments().len() == 1,
            "2" => message.attachments().len() == 2,
            "three" => message.addresses(AddressField::To).len() == 3,
            other => panic!("a check that is not known: {other}"),
        }
    };
    if holds { Ok(()) } else { Err(found) }
}

fn stands_apart(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !is_word(text[..at].chars().next_back()) && !is_word(text[at + word.len()..].chars().next())
    })
}

/// A field of `probe.yaml`, as the flow writes it.
fn field_of(message: &Message<'_>, field: &str) -> String {
    let from = || message.addresses(AddressField::From).first().cloned().unwrap_or_default();
    match field {
        "subject" => message.subject().to_owned(),
        "body" => message.body().to_owned(),
        "html" => message.html().to_owned(),
        "inReplyTo" => message.in_reply_to().to_owned(),
        "references" => {
            format!("[{}]", message.references().iter().map(|id| format!("{id:?}")).collect::<Vec<_>>().join(","))
        }
        "fromAddress" => from().address,
        "fromName" => from().name,
        "fromDomain" => from().domain,
        "to" => message
            .addresses(AddressField::To)
            .iter()
            .map(|Address { address, name, .. }| format!("{name}|{address} "))
            .collect(),
        "date" => message.date().map(rfc3339).unwrap_or_default(),
        "auto" => message.automatic().is_some().to_string(),
        "attachments" => {
            let attachments = message.attachments().iter();
            let shown = attachments.map(|a| format!("\"{}|{}|{}|{}\"", a.name, a.content_type, a.size, a.inline));
            format!("[{}]", shown.collect::<Vec<_>>().join(","))
        }
        other => panic!("a field that is not known: {other}"),
    }
}

/// A moment of the days around which the given mails are dated.
fn rfc3339(seconds: i64) -> String {
    // 2026-11-01T00:00:00Z
    let since = seconds - 1_793_491_200;
    let (day, time) = (since / 86400 + 1, since % 86400);
    format!("2026-11-{day:02}T{:02}:{:02}:{:02}Z", time / 3600, time / 60 % 60, time % 60)
}
