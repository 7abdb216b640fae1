//! Real bounces: the mails of flufl.bounce with the recipients that its own tests expect (`scripts/setup-samples`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use waypost_mail::message::Message;

/// What must be right, in percent.
const ENOUGH: usize = 95;

fn samples() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.samples/flufl.bounce/tests");
    if folder.is_dir() {
        Ok(folder)
    } else {
        Err("real bounces are missing: scripts/setup-samples fetches them".to_owned())
    }
}

/// Whom a mail is about, and whether it is a delay.
type Expected = BTreeMap<String, (BTreeSet<String>, bool)>;

/// The table of its tests: `('dsn', 'dsn_05.txt', [b'userx@example.cz'], True),`.
fn expected(table: &str) -> Expected {
    let table = table.split_once("DETECTORS = [").unwrap().1.split_once("\n]").unwrap().0;
    let mut expected = Expected::new();
    for row in table.split("\n    (").skip(1) {
        let row = row.split_once("),\n").map_or(row, |(row, _)| row).trim_end().trim_end_matches("),");
        let quoted: Vec<&str> = row.split('\'').skip(1).step_by(2).collect();
        let addresses = quoted.iter().skip(2).map(|address| address.to_lowercase());
        let entry = expected.entry(quoted[1].to_owned()).or_default();
        entry.0.extend(addresses);
        entry.1 |= row.ends_with("], True");
    }
    expected.retain(|_, (addresses, _)| !addresses.is_empty());
    expected
}

/// The enhanced codes of failures and delays that stand in a mail: below `Status:`, or after a reply code, `550 5.1.1`, `550-#5.1.1`.
fn codes(raw: &str) -> BTreeSet<&str> {
    let words: Vec<&str> = raw.split_whitespace().collect();
    let is_code = |word: &str| {
        let numbers: Vec<&str> = word.split('.').collect();
        matches!(numbers[..], ["4" | "5", subject, detail] if subject.len() == 1 && (1..=2).contains(&detail.len()))
    };
    let follows = |before: &str| {
        let reply = before.trim_matches(|c: char| !c.is_ascii_digit());
        before.eq_ignore_ascii_case("status:") || (reply.len() == 3 && reply.starts_with(['4', '5']))
    };
    let pairs = words.windows(2).filter(|pair| follows(pair[0]));
    pairs.map(|pair| pair[1].trim_matches(|c: char| !c.is_ascii_digit())).filter(|word| is_code(word)).collect()
}

#[test]
fn real_bounces_name_their_recipient_and_code() {
    let Some(folder) = waypost_test_needs::tool(samples()) else { return };
    let expected = expected(&fs::read_to_string(folder.join("test_detectors.py")).unwrap());
    assert!(expected.len() > 100, "only {} bounces", expected.len());
    let (mut recipients, mut kinds, mut codes_right, mut with_code, mut wrong) = (0, 0, 0, 0, String::new());
    for (file, (addresses, is_delay)) in &expected {
        let raw = fs::read(folder.join("data").join(file)).unwrap();
        let message = Message::parse(&raw);
        let Some(bounce) = message.bounce() else {
            writeln!(wrong, "{file}: no bounce, {:?}", message.automatic()).unwrap();
            continue;
        };
        let is_right = addresses.contains(&bounce.recipient.to_lowercase());
        recipients += usize::from(is_right);
        kinds += usize::from(bounce.is_delay == *is_delay);
        if !is_right || bounce.is_delay != *is_delay {
            writeln!(wrong, "{file}: {bounce:?}, expected {addresses:?}, a delay: {is_delay}").unwrap();
        }
        let text = String::from_utf8_lossy(&raw);
        let written = codes(&text);
        if written.iter().any(|code| !code.ends_with(".0.0")) {
            with_code += 1;
            codes_right += usize::from(written.contains(bounce.status.as_str()) && !bounce.status.ends_with(".0.0"));
            if !written.contains(bounce.status.as_str()) {
                writeln!(wrong, "{file}: {}, written {written:?}", bounce.status).unwrap();
            }
        }
    }
    println!(
        "{} bounces: {recipients} recipients, {kinds} kinds, {codes_right} of {with_code} codes\n{wrong}",
        expected.len()
    );
    let enough = |right: usize, of: usize| right * 100 >= of * ENOUGH;
    assert!(enough(recipients, expected.len()), "{recipients} recipients are right\n{wrong}");
    assert!(enough(kinds, expected.len()), "{kinds} kinds are right\n{wrong}");
    assert!(enough(codes_right, with_code), "{codes_right} codes of {with_code} are right\n{wrong}");
}
