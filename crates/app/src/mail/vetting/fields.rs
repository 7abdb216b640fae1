//! What a filter in front of this server wrote into header fields, such as `X-Spam-Status` and `X-Virus-Status`.

use waypost_ids::ScanResult;
use waypost_mail::message::Message;
use waypost_store::records::facts::ScanFacts;

/// Characters of a value that are told.
const TOLD: usize = 200;

/// What the fields say; of several the worst. Of each name the topmost counts.
pub(super) fn read(names: &[String], message: &Message<'_>) -> ScanFacts {
    let said = names.iter().filter_map(|name| {
        let value = message.header(name)?;
        let result = verdict(name, value)?;
        let value: String = value.chars().filter(|c| !c.is_control()).take(TOLD).collect();
        Some(ScanFacts { result, by: name.clone(), reason: value })
    });
    let rank = |facts: &ScanFacts| match facts.result {
        ScanResult::Infected => 2,
        ScanResult::Spam => 1,
        _ => 0,
    };
    said.max_by_key(rank).unwrap_or_default()
}

/// What a value says, by its first word; none if that is not known.
fn verdict(name: &str, value: &str) -> Option<ScanResult> {
    let virus = name.to_ascii_lowercase().contains("virus");
    let word = value.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next()?.to_ascii_lowercase();
    match word.as_str() {
        "yes" | "true" if virus => Some(ScanResult::Infected),
        "yes" | "true" | "spam" => Some(ScanResult::Spam),
        "infected" | "virus" => Some(ScanResult::Infected),
        "no" | "false" | "clean" | "ham" => Some(ScanResult::Clean),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_of_what_filters_wrote_counts() {
        let names = ["X-Spam-Status", "X-Spam-Flag", "X-Virus-Status"].map(str::to_owned);
        for (header, expected, by) in [
            ("X-Spam-Status: Yes, score=9.1 required=5.0 tests=A", ScanResult::Spam, "X-Spam-Status"),
            ("X-Spam-Status: No, score=-1.9", ScanResult::Clean, "X-Spam-Status"),
            ("X-Spam-Flag: YES\r\nX-Virus-Status: Clean", ScanResult::Spam, "X-Spam-Flag"),
            ("X-Spam-Flag: NO\r\nX-Virus-Status: Infected (Eicar)", ScanResult::Infected, "X-Virus-Status"),
            ("X-Virus-Status: yes", ScanResult::Infected, "X-Virus-Status"),
            ("X-Spam-Flag: YES\r\nX-Spam-Flag: NO", ScanResult::Spam, "X-Spam-Flag"),
            ("X-Spam-Flag: perhaps", ScanResult::Unknown, ""),
            ("X-Other: YES", ScanResult::Unknown, ""),
        ] {
            let raw = format!("{header}\r\n\r\nhi\r\n");
            let facts = read(&names, &Message::parse(raw.as_bytes()));
            assert_eq!((facts.result, facts.by.as_str()), (expected, by), "{header}");
        }
    }
}
