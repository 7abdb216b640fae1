//! The header of a synthetic mail.

use super::mime::{base64_lines, header_text};
use super::random::Random;
use super::synthetic::{Draft, RECIPIENT};
use super::words::Charset;

const MAILERS: &[&str] =
    &["Apple Mail (2.3826)", "Microsoft Outlook 16.0", "Thunderbird 128", "FairEmail", "Roundcube 1.6"];

pub(super) fn other_domain(random: &mut Random) -> String {
    match random.below(3) {
        0 => "webmail.example".to_owned(),
        1 => "letters.example.org".to_owned(),
        _ => format!("host{}.example.net", random.below(400)),
    }
}

/// All fields but those of the content.
pub(super) fn header(random: &mut Random, draft: &Draft, place: usize, name: &str, domain: &str) -> String {
    let mut lines = String::new();
    let sent = Clock(1_780_000_000 + place as u64 * 41);
    for hop in 0..random.between(1, 5) {
        let (host, id) = (random.between(1, 254), random.bits());
        let at = sent.date();
        lines.push_str(&format!(
            "Received: from out{hop}.{domain} (out{hop}.{domain} [203.0.113.{host}])\r\n\tby hop{hop}.relay.example with ESMTPS id {id:x}\r\n\t\
             (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256);\r\n\t{at}\r\n"
        ));
    }
    if random.chance(0.7) {
        let bytes = random.bytes(256);
        let signature =
            String::from_utf8(base64_lines(&bytes)).unwrap_or_default().trim_end().replace("\r\n", "\r\n\t ");
        let hash = random.bits();
        lines.push_str(&format!(
            "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=mail;\r\n\th=from:to:subject:date:message-id; bh={hash:016x};\r\n\tb={signature}\r\n"
        ));
    }
    let written = header_text(name, Charset { label: "utf-8", encoding: encoding_rs::UTF_8, seven_bit: false });
    let written = if name.is_ascii() { format!("\"{written}\"") } else { written };
    lines.push_str(&format!(
        "Return-Path: <c{place}@{domain}>\r\nFrom: {written} <c{place}@{domain}>\r\nTo: Customer Care <{RECIPIENT}>\r\n"
    ));
    if random.chance(0.2) {
        let copies: Vec<String> =
            (0..random.between(1, 4)).map(|at| format!("cc{at}@{}", other_domain(random))).collect();
        lines.push_str(&format!("Cc: {}\r\n", copies.join(",\r\n ")));
    }
    let id = random.bits();
    lines.push_str(&format!(
        "Subject: {}\r\nDate: {}\r\nMessage-ID: <{id:x}.{place}@{domain}>\r\n",
        header_text(&draft.subject, draft.charset),
        sent.date()
    ));
    if draft.is_reply {
        let (parent, root) = (random.bits(), random.bits());
        lines.push_str(&format!("In-Reply-To: <{parent:x}@inbound.example>\r\nReferences: <{root:x}@inbound.example>\r\n <{parent:x}@inbound.example>\r\n"));
    }
    if random.chance(0.03) {
        lines.push_str("Auto-Submitted: auto-replied\r\nX-Auto-Response-Suppress: All\r\n");
    }
    lines.push_str(&format!("X-Mailer: {}\r\nMIME-Version: 1.0\r\n", random.pick(MAILERS)));
    lines
}

/// Seconds since 1970, written as RFC 5322 section 3.3 wants it.
struct Clock(u64);

impl Clock {
    fn date(&self) -> String {
        const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let (days, seconds) = (self.0 / 86_400, self.0 % 86_400);
        // Days to a date of the proleptic Gregorian calendar, by eras of 400 years from 1 March 0000.
        let shifted = days + 719_468;
        let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = (shifted_month + 2) % 12;
        let year = era * 400 + year_of_era + u64::from(month < 2);
        let name = MONTHS[month as usize];
        format!("{day} {name} {year} {:02}:{:02}:{:02} +0000", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_right() {
        for (seconds, expected) in [
            (0, "1 Jan 1970 00:00:00 +0000"),
            (951_782_400, "29 Feb 2000 00:00:00 +0000"),
            (1_780_000_000, "28 May 2026 20:26:40 +0000"),
            (1_798_761_599, "31 Dec 2026 23:59:59 +0000"),
        ] {
            assert_eq!(Clock(seconds).date(), expected);
        }
    }
}
