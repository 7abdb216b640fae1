//! The Date field (RFC 5322, section 3.3), as senders write it.

/// Zones by name, in minutes east of UTC: those of RFC 5322, section 4.3, and those that mail has besides. A name that means more than
/// one is the first of RFC 5322, Europe, Asia. Single letters, and names that are not here, say nothing: UTC.
const ZONES: &[(&str, i32)] = &[
    ("UT", 0),
    ("UTC", 0),
    ("GMT", 0),
    ("Z", 0),
    ("WET", 0),
    ("EST", -300),
    ("EDT", -240),
    ("CST", -360),
    ("CDT", -300),
    ("MST", -420),
    ("MDT", -360),
    ("PST", -480),
    ("PDT", -420),
    ("CET", 60),
    ("CEST", 120),
    ("MET", 60),
    ("MEST", 120),
    ("MEZ", 60),
    ("MESZ", 120),
    ("BST", 60),
    ("IST", 330),
    ("WEST", 60),
    ("EET", 120),
    ("EEST", 180),
    ("SAST", 120),
    ("CAT", 120),
    ("EAT", 180),
    ("WAT", 60),
    ("MSK", 180),
    ("MSD", 240),
    ("TRT", 180),
    ("AKST", -540),
    ("AKDT", -480),
    ("HST", -600),
    ("HADT", -540),
    ("AST", -240),
    ("ADT", -180),
    ("NST", -210),
    ("NDT", -150),
    ("BRT", -180),
    ("BRST", -120),
    ("ART", -180),
    ("CLT", -240),
    ("CLST", -180),
    ("COT", -300),
    ("PET", -300),
    ("VET", -240),
    ("GST", 240),
    ("PKT", 300),
    ("NPT", 345),
    ("WIB", 420),
    ("ICT", 420),
    ("HKT", 480),
    ("SGT", 480),
    ("AWST", 480),
    ("JST", 540),
    ("KST", 540),
    ("AEST", 600),
    ("AEDT", 660),
    ("NZST", 720),
    ("NZDT", 780),
    ("CHAST", 765),
    ("CHADT", 825),
    ("ACST", 570),
    ("ACDT", 630),
    ("AWDT", 540),
    ("LHST", 630),
    ("PGT", 600),
    ("CHST", 600),
    ("FJT", 720),
    ("TOT", 780),
    ("PHT", 480),
    ("PHST", 480),
    ("MYT", 480),
    ("WITA", 480),
    ("WIT", 540),
    ("ULAT", 480),
    ("BDT", 360),
    ("BTT", 360),
    ("MMT", 390),
    ("SLST", 330),
    ("UZT", 300),
    ("TMT", 300),
    ("TJT", 300),
    ("KGT", 360),
    ("AFT", 270),
    ("IRST", 210),
    ("IRDT", 270),
    ("IDT", 180),
    ("AZT", 240),
    ("GET", 240),
    ("MUT", 240),
    ("SAMT", 240),
    ("YEKT", 300),
    ("OMST", 360),
    ("NOVT", 420),
    ("KRAT", 420),
    ("IRKT", 480),
    ("YAKT", 540),
    ("VLAT", 600),
    ("MAGT", 660),
    ("PETT", 720),
    ("HDT", -540),
    ("BOT", -240),
    ("ECT", -300),
    ("GYT", -240),
    ("UYT", -180),
    ("CVT", -60),
    ("AZOT", -60),
];

/// Names of months, by their first letters, in the languages that broken clients write them in.
const MONTHS: [&[&str]; 12] = [
    &["jan", "ene", "gen"],
    &["feb", "fév", "fev"],
    &["mar", "mär", "mrz"],
    &["apr", "avr", "abr"],
    &["may", "mai", "mag"],
    &["jun", "juin", "giu"],
    &["jul", "juil", "lug"],
    &["aug", "aoû", "aou", "ago"],
    &["sep", "set"],
    &["oct", "okt", "ott", "out"],
    &["nov"],
    &["dec", "dez", "déc", "dic"],
];

/// What has been found of a date.
#[derive(Default)]
struct Found {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    time: Option<(i64, i64, i64)>,
    /// In minutes east of UTC.
    zone: Option<i32>,
    afternoon: Option<bool>,
}

/// Seconds since 1970-01-01T00:00:00Z. A missing time is midnight, a missing zone is UTC; without day, month and year it is no date.
pub(super) fn read(text: &str) -> Option<i64> {
    let (text, comment) = without_comments(text);
    // A day of the week may begin like a month: `mar., 23 nov. 2026`.
    let text = match text.split_once(',') {
        Some((day, rest)) if !day.trim().is_empty() && day.trim().chars().all(|c| c.is_alphabetic() || c == '.') => {
            rest
        }
        _ => &text,
    };
    // `09 : 00 : 00`
    let text = text.split(':').map(str::trim).collect::<Vec<_>>().join(":");
    let mut found = Found::default();
    for token in text.split(|c: char| c.is_whitespace() || c == ',').filter(|token| !token.is_empty()).take(20) {
        found.token(token);
    }
    if found.zone.is_none() {
        found.zone = comment.split_whitespace().next().and_then(zone);
    }
    found.seconds()
}

/// The text outside of comments, and within the last of them.
fn without_comments(text: &str) -> (String, String) {
    let (mut outside, mut inside, mut depth) = (String::new(), String::new(), 0_u32);
    for c in text.chars().take(500) {
        match c {
            '(' => {
                depth += 1;
                inside.clear();
                outside.push(' ');
            }
            ')' => depth = depth.saturating_sub(1),
            c if depth == 0 => outside.push(c),
            c => inside.push(c),
        }
    }
    (outside, inside)
}

impl Found {
    fn token(&mut self, token: &str) {
        let first = token.chars().next().unwrap_or_default();
        if let Some((date, time)) = token.split_once(['T', 't']).filter(|(date, _)| iso_date(date).is_some()) {
            // RFC 3339, in one piece.
            self.date(iso_date(date));
            self.clock(time);
        } else if first.is_ascii_digit()
            && (token.contains(':') || (self.day.is_some() && token.trim_end_matches('.').contains('.')))
        {
            self.clock(token);
        } else if first.is_ascii_digit() {
            let digits = without_ordinal(token);
            match digits.parse::<i64>() {
                Ok(number) => self.number(number, digits.len()),
                Err(_) => self.date(iso_date(token).or_else(|| written_date(token))),
            }
        } else if matches!(first, '+' | '-') {
            if self.time.is_some() && self.zone.is_none() {
                self.zone = offset(token);
            }
        } else {
            self.word(token);
        }
    }

    fn date(&mut self, date: Option<(i64, i64, i64)>) {
        if let Some((year, month, day)) = date {
            (self.year, self.month, self.day) = (Some(year), Some(month), Some(day));
        }
    }

    fn number(&mut self, number: i64, digits: usize) {
        if self.day.is_none() && (1..=31).contains(&number) && digits <= 2 {
            self.day = Some(number);
        } else if self.year.is_none() {
            self.year = full_year(number, digits);
        } else if self.time.is_none() && digits == 4 {
            self.time = Some((number / 100, number % 100, 0));
        }
    }

    fn word(&mut self, word: &str) {
        let lower = word.to_lowercase();
        if let Some(time) = lower.strip_prefix('t').filter(|time| time.starts_with(|c: char| c.is_ascii_digit())) {
            self.clock(time);
            return;
        }
        if self.month.is_none()
            && let Some(month) = month(&lower)
        {
            self.month = Some(month);
        } else if matches!(&*lower, "am" | "pm" | "a.m." | "p.m.") {
            self.afternoon = Some(lower.starts_with('p'));
        } else if self.time.is_some() && self.zone.is_none() {
            self.zone = zone(word);
        }
    }

    /// `10:31`, `10:31:49.5`, `10.31.49`, with a zone or half of the day right behind it.
    fn clock(&mut self, text: &str) {
        let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '.'))).unwrap_or(text.len());
        let (clock, suffix) = text.split_at_checked(end).unwrap_or((text, ""));
        let separator = if clock.contains(':') { ':' } else { '.' };
        let mut parts = clock.split(separator).map(|part| part.split('.').next().unwrap_or_default().parse::<i64>());
        let (Some(Ok(hour)), Some(Ok(minute))) = (parts.next(), parts.next()) else { return };
        let second = match parts.next() {
            None => 0,
            Some(Ok(second)) => second,
            Some(Err(_)) => return,
        };
        if self.time.is_none() {
            self.time = Some((hour, minute, second));
        }
        if suffix.is_empty() {
            return;
        }
        match suffix.to_ascii_lowercase().as_str() {
            "am" => self.afternoon = Some(false),
            "pm" => self.afternoon = Some(true),
            _ if self.zone.is_none() => self.zone = zone(suffix),
            _ => {}
        }
    }

    fn seconds(self) -> Option<i64> {
        let (year, month, day) = (self.year?, self.month?, self.day?);
        let (hour, minute, second) = self.time.unwrap_or_default();
        let hour = match self.afternoon {
            Some(true) if hour < 12 => hour + 12,
            Some(false) if hour == 12 => 0,
            _ => hour,
        };
        let valid = (1..=days_in(year, month)).contains(&day)
            && (0..=23).contains(&hour)
            && (0..=59).contains(&minute)
            && second <= 60;
        // A leap second is the last one of its minute.
        let second = second.min(59);
        let local = days_from_epoch(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
        valid.then(|| local - i64::from(self.zone.unwrap_or(0)) * 60)
    }
}

/// A number without what makes it one of an order: `23.`, `23rd`.
fn without_ordinal(token: &str) -> &str {
    let end = token.find(|c: char| !c.is_ascii_digit()).unwrap_or(token.len());
    let (digits, rest) = token.split_at_checked(end).unwrap_or((token, ""));
    if ["", ".", "st", "nd", "rd", "th"].iter().any(|suffix| rest.eq_ignore_ascii_case(suffix)) {
        digits
    } else {
        token
    }
}

/// RFC 5322, section 4.3: years of two and three digits.
fn full_year(number: i64, digits: usize) -> Option<i64> {
    match (number, digits) {
        (0..=49, ..=2) => Some(2000 + number),
        (50..=999, ..=3) => Some(1900 + number),
        (1900..=9999, 4) => Some(number),
        _ => None,
    }
}

fn month(lower: &str) -> Option<i64> {
    let position = MONTHS.iter().position(|names| names.iter().any(|name| lower.starts_with(name)));
    position.and_then(|position| i64::try_from(position + 1).ok())
}

/// `2026-11-23`, `2026/11/23`.
fn iso_date(text: &str) -> Option<(i64, i64, i64)> {
    let mut parts = text.split(['-', '/']);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    (year.len() == 4 && parts.next().is_none()).then_some(())?;
    Some((
        full_year(year.parse().ok()?, 4)?,
        month.parse().ok().filter(|month| (1..=12).contains(month))?,
        day.parse().ok()?,
    ))
}

/// `23-Nov-2026`, `23/Nov/26`, `23.11.2026`. With slashes and numbers alone nobody knows which is the month, unless one can't be.
fn written_date(text: &str) -> Option<(i64, i64, i64)> {
    let mut parts = text.split(['-', '/', '.']);
    let (day, name, year) = (parts.next()?, parts.next()?, parts.next()?);
    if text.contains('/')
        && let (Ok(first), Ok(second)) = (day.parse::<i64>(), name.parse::<i64>())
    {
        let (day, month) = match (first, second) {
            (13.., 1..=12) => (first, second),
            (1..=12, 13..) => (second, first),
            (1..=12, _) if first == second => (first, second),
            _ => return None,
        };
        return Some((full_year(year.parse().ok()?, year.len())?, month, day));
    }
    let number = name.parse().ok().filter(|month| (1..=12).contains(month) && text.contains('.'));
    let month = month(&name.to_lowercase()).or(number)?;
    Some((full_year(year.parse().ok()?, year.len())?, month, day.parse().ok()?))
}

/// A zone in minutes: `CET`, `+0200`, `GMT+2`, `UTC-05:00`; `None` if it says nothing.
fn zone(text: &str) -> Option<i32> {
    let split = text.find(['+', '-']).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(split)?;
    if !rest.is_empty() && (name.is_empty() || ["GMT", "UTC", "UT"].iter().any(|utc| name.eq_ignore_ascii_case(utc))) {
        return offset(rest);
    }
    ZONES.iter().find(|(known, _)| known.eq_ignore_ascii_case(text)).map(|(_, minutes)| *minutes)
}

/// `+0200`, `+02:00`, `+2`, `-330`; what can't be one is `None`.
fn offset(text: &str) -> Option<i32> {
    let digits: String = text.chars().filter(char::is_ascii_digit).take(4).collect();
    let number: i32 = digits.parse().ok()?;
    let minutes = if digits.len() <= 2 { number * 60 } else { number / 100 * 60 + number % 100 };
    // `+-0200` is in use, too.
    let west = text.chars().take_while(|c| matches!(c, '+' | '-')).last() == Some('-');
    (minutes < 24 * 60 && (digits.len() <= 2 || number % 100 < 60)).then_some(if west { -minutes } else { minutes })
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the Gregorian calendar.
fn days_from_epoch(year: i64, month: i64, day: i64) -> i64 {
    // Counted from March, so that the leap day is the last of a year.
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_as_they_are_sent() {
        // 2026-11-23T10:00:00Z
        const TEN: i64 = 1_795_428_000;
        for (text, expected) in [
            ("Mon, 23 Nov 2026 10:00:00 +0000", Some(TEN)),
            ("Mon, 23 Nov 2026 12:00:00 +0200", Some(TEN)),
            ("Mon, 23 Nov 2026 12:00:00 +0200 (GMT+02:00)", Some(TEN)),
            ("Mon, 23 Nov 2026 12:00:00 +0200 CEST", Some(TEN)),
            ("Mon, 23 Nov 2026 04:30:00 -0530", Some(TEN)),
            ("23 Nov 2026 10:00", Some(TEN)),
            ("Mon,23 Nov 2026 10:00:00", Some(TEN)),
            ("Mon, 23 Nov 2026 10:00:00 -0000", Some(TEN)),
            ("Mon, 23 Nov 2026 10:00:00 UT", Some(TEN)),
            ("Mon, 23 Nov 2026 10:00:00 X", Some(TEN)),
            ("Mon, 23 Nov 2026 10:00:00 Nowhere/Standard", Some(TEN)),
            ("Mon, 23 Nov 2026 11:00:00 CET", Some(TEN)),
            ("Mon, 23 Nov 2026 11:00:00 (CET)", Some(TEN)),
            ("Mon, 23 Nov 2026 05:00:00 EST", Some(TEN)),
            ("Mon, 23 Nov 2026 12:00:00 GMT+0200", Some(TEN)),
            ("Mon, 23 Nov 2026 12:00:00 GMT+02:00", Some(TEN)),
            ("Mon, 23 Nov 2026 12:00:00 UTC+2", Some(TEN)),
            ("Mon, 23 Nov 2026 12:00:00 +2", Some(TEN)),
            ("Mon, 23 Nov 2026 12:00:00 +200", Some(TEN)),
            ("Mon, 23 Nov 2026 12:00:00+02:00", Some(TEN)),
            ("Mon, 23 Nov 2026 12:00:00 +9999", Some(TEN + 7200)),
            ("Mon Nov 23 10:00:00 2026", Some(TEN)),
            ("Mon Nov 23 11:00:00 CET 2026", Some(TEN)),
            ("Monday, 23 November 2026 10:00:00", Some(TEN)),
            ("Mo, 23 Nov 2026 10:00:00", Some(TEN)),
            ("Mon, 23-Nov-2026 10:00:00 GMT", Some(TEN)),
            ("Mon, 23-Nov-26 10:00:00 GMT", Some(TEN)),
            ("2026-11-23T10:00:00Z", Some(TEN)),
            ("2026-11-23T12:00:00.123+02:00", Some(TEN)),
            ("2026-11-23 10:00:00", Some(TEN)),
            ("23.11.2026 10:00:00", Some(TEN)),
            ("Mon, 23 Nov 2026 10.00.00 +0000", Some(TEN)),
            ("Mon, 23 Nov 2026 10:00:00 AM", Some(TEN)),
            ("Mon, 23 Nov 2026 12:00:00AM", Some(TEN - 36000)),
            ("Mon, 23 Nov 2026 10:00:00 PM +0000", Some(TEN + 43200)),
            ("Mon, 23 Nov 26 10:00:00 +0000", Some(TEN)),
            ("Mon, 23 Nov 126 10:00:00 +0000", Some(TEN)),
            ("Tue, 1 Jul 97 10:00:00 -0500", Some(867_769_200)),
            ("Thu, 29 Feb 2024 00:00:60 +0000", Some(1_709_164_859)),
            ("Sun, 01 Jan 1970 00:00:00 +0000", Some(0)),
            ("Mon, 23 Nov 2026", Some(TEN - 36000)),
            ("Mon, 23 Nov 2026 23:00:00 NZDT", Some(TEN)),
            ("Mon, 23 Nov 2026 20:30:00 ACDT", Some(TEN)),
            ("Mon, 23 Nov 2026 19:30:00 ACST", Some(TEN)),
            ("Mon, 23 Nov 2026 18:00:00 PHT", Some(TEN)),
            ("Mon, 23 Nov 2026 15:00:00 UZT", Some(TEN)),
            ("Mon, 23. Nov 2026 10:00:00 +0000", Some(TEN)),
            ("Mon, 23rd Nov 2026 10:00:00 +0000", Some(TEN)),
            ("23. November 2026, 10:00", Some(TEN)),
            ("Mon, 23 Nov 2026 10 : 00 : 00 +0000", Some(TEN)),
            ("Mon, 23 Nov 2026 T10:00:00", Some(TEN)),
            ("23 Nov 26 1000 GMT", Some(TEN)),
            ("11/23/2026 10:00:00", Some(TEN)),
            ("23/11/2026 10:00:00", Some(TEN)),
            ("11/11/2026 10:00:00", Some(TEN - 12 * 86400)),
            ("mar., 24 nov. 2026 10:00:00 +0000", Some(TEN + 86400)),
            ("lun, 23 dic 2026 10:00:00 +0000", Some(TEN + 30 * 86400)),
            ("13/23/2026 10:00:00", None),
            ("Mon, 23 Nov 26 2500 GMT", None),
            ("Mon, 31 Nov 2026 10:00:00 +0000", None),
            ("Tue, 32 Jul 2025 10:00:00 +0200", None),
            ("Mon, 23 Nov 2026 25:00:00 +0000", None),
            ("11/12/2026 10:00:00", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }
}
