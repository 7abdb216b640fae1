//! Nothing panics, whatever is read and asked; what is accepted can be asked, and is read again from what it writes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use waypost_schedule::{MAX_DATES, MAX_RRULE, MAX_RULES, Schedule, read};

struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap() % end
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

const KEYS: [&str; 20] = [
    "timeZone",
    "open",
    "closed",
    "holidays",
    "emergency",
    "active",
    "reason",
    "name",
    "days",
    "from",
    "to",
    "start",
    "end",
    "duration",
    "rrule",
    "exdates",
    "rdates",
    "date",
    "through",
    "é",
];
const TEXTS: [&str; 40] = [
    "",
    "UTC",
    "Europe/Berlin",
    "Pacific/Apia",
    "Africa/Casablanca",
    "utc",
    "Etc/Unknown",
    "../UTC",
    "mon",
    "mon-sun",
    "sun-mon",
    "-",
    "mon-",
    "00:00",
    "24:00",
    "23:59",
    "9:0",
    ":",
    "2026-01-05T09:00",
    "2026-01-06T09:00:59",
    "20260105T090000",
    "2026-02-29",
    "2026-12-31",
    "1900-01-01T00:00",
    "2199-12-31",
    "2199-12-31T23:59:59",
    "T",
    "PT1H",
    "P366D",
    "PT31622400S",
    "P1DT",
    "P9999999999D",
    "FREQ=DAILY",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
    "FREQ=MONTHLY;INTERVAL=1000;BYDAY=5FR",
    "FREQ=YEARLY;BYWEEKNO=-53;BYSETPOS=-366",
    "FREQ=WEEKLY;COUNT=1000;WKST=SU;BYDAY=MO,TU",
    "FREQ=DAILY;UNTIL=21991231T235959Z;BYMONTHDAY=-31",
    "é;=é",
    "\u{0}\u{7f}😀",
];
const PIECES: [&str; 30] = [
    "FREQ=DAILY",
    "FREQ=WEEKLY",
    "FREQ=MONTHLY",
    "FREQ=YEARLY",
    ";",
    ";",
    ",",
    "=",
    "INTERVAL=",
    "COUNT=",
    "UNTIL=",
    "BYDAY=",
    "BYMONTH=",
    "BYMONTHDAY=",
    "BYYEARDAY=",
    "BYWEEKNO=",
    "BYSETPOS=",
    "WKST=",
    "MO",
    "-1FR",
    "1",
    "-1",
    "31",
    "366",
    "99999999999",
    "+5",
    "20270101",
    "20270101T000000Z",
    "é",
    "rrule:",
];

fn text(chance: &mut Chance) -> String {
    let mut text = match chance.below(3) {
        0 => (0..chance.below(12)).map(|_| chance.one(&PIECES)).collect(),
        _ => chance.one(&TEXTS).to_owned(),
    };
    if chance.below(6) == 0 {
        let at =
            (0..=text.len()).filter(|at| text.is_char_boundary(*at)).nth(chance.below(text.len() + 1)).unwrap_or(0);
        text.insert(at, chance.one(&['0', '9', '-', '+', 'T', 'Z', ':', ';', ' ', 'é', '\u{301}', '\u{0}']));
    }
    text
}

fn value(chance: &mut Chance, depth: usize) -> Value {
    match chance.below(if depth > 3 { 4 } else { 9 }) {
        0 => chance.one(&[Value::Null, Value::Bool(true), Value::Bool(false)].each_ref()).clone(),
        1 => json!(chance.one(&[0.0, -1.5, 1e300])),
        2 | 3 => text(chance).into(),
        4 | 5 => (0..chance.below(4)).map(|_| value(chance, depth + 1)).collect(),
        _ => rule(chance, depth),
    }
}

/// Something like a rule, with members left out, of other rules, or of the wrong kind.
fn rule(chance: &mut Chance, depth: usize) -> Value {
    let templates = [
        json!({ "days": "mon-fri", "from": "09:00", "to": "17:00" }),
        json!({ "start": "2026-01-05T09:00", "end": "2026-01-05T17:00", "rrule": "FREQ=DAILY" }),
        json!({ "start": "1900-01-05T09:00", "duration": "P2D", "rrule": "FREQ=MONTHLY;BYDAY=1MO", "exdates": ["2026-01-05"] }),
        json!({ "name": "x", "date": "2026-12-25", "rrule": "FREQ=YEARLY" }),
    ];
    let mut map: Map<String, Value> = templates[chance.below(4)].as_object().unwrap().clone();
    for _ in 0..chance.below(3) {
        let key = chance.one(&KEYS).to_owned();
        if chance.below(4) == 0 {
            map.remove(&key);
        } else if map.contains_key(&key) || chance.below(4) == 0 {
            let other = if chance.below(3) > 0 { text(chance).into() } else { value(chance, depth + 1) };
            map.insert(key, other);
        }
    }
    map.into()
}

fn definition(chance: &mut Chance) -> Value {
    let mut map = Map::new();
    map.insert("timeZone".into(), chance.one(&["UTC", "Europe/Berlin", "Pacific/Apia", "Africa/Casablanca"]).into());
    for key in ["open", "closed", "holidays"] {
        if chance.below(2) == 0 {
            let rules =
                (0..1 + chance.below(2)).map(|_| if chance.below(9) > 0 { rule(chance, 0) } else { value(chance, 0) });
            map.insert(key.into(), rules.collect());
        }
    }
    if chance.below(8) == 0 {
        map.insert(chance.one(&KEYS).into(), value(chance, 0));
    }
    map.into()
}

/// Asks at the ends of time and somewhere between.
fn ask(schedule: &Schedule, chance: &mut Chance) {
    let span = i128::from(Timestamp::MAX.as_second()) - i128::from(Timestamp::MIN.as_second());
    let anywhere = i128::from(Timestamp::MIN.as_second()) + i128::from(chance.next()) % span;
    let recent = 1_700_000_000 + i64::try_from(chance.below(200_000_000)).unwrap();
    for instant in [Timestamp::MIN, Timestamp::MAX, Timestamp::UNIX_EPOCH].into_iter().chain(
        [i64::try_from(anywhere).unwrap(), recent].into_iter().map(|second| Timestamp::from_second(second).unwrap()),
    ) {
        let standing = schedule.at(instant);
        assert_eq!(standing, schedule.at(instant));
        if let Some(change) = standing.next_change {
            assert!(change > instant);
            assert_ne!(schedule.at(change).state, standing.state, "{schedule:?} at {instant}");
            let just_before = change.checked_sub(jiff::SignedDuration::from_nanos(1)).unwrap();
            assert_eq!(schedule.at(just_before).state, standing.state, "{schedule:?} at {instant}");
        }
    }
}

#[test]
fn nothing_panics() {
    let mut chance = Chance(11);
    let (mut accepted, mut refused) = (0, 0);
    for _ in 0..6_000 {
        let written = definition(&mut chance);
        match read(&written) {
            Ok(schedule) => {
                accepted += 1;
                let again = serde_json::to_value(schedule.definition()).unwrap();
                assert_eq!(read(&again).as_ref(), Ok(&schedule), "{written}");
                if accepted % 3 == 0 {
                    ask(&schedule, &mut chance);
                }
            }
            Err(problems) => {
                refused += 1;
                assert!(!problems.is_empty(), "{written}");
                for problem in problems {
                    // What has the right shape by the reader has it by the definition, too.
                    assert!(!problem.path.is_empty() || problem.message.contains("is missing"), "{written}: {problem}");
                    assert!(!problem.message.is_empty() && problem.to_string().len() < 1_000, "{written}: {problem}");
                }
            }
        }
    }
    assert!(accepted > 1_000 && refused > 1_000, "{accepted} accepted, {refused} refused");
}

#[test]
fn texts_of_every_kind() {
    let mut chance = Chance(13);
    for _ in 0..30_000 {
        let (key, text) = (chance.one(&["from", "start", "end", "duration", "rrule", "days"]), text(&mut chance));
        let mut rule = json!({ "start": "2026-01-05T09:00", "duration": "PT1H" });
        if key == "from" || key == "days" {
            rule = json!({ "days": "mon", "from": "09:00", "to": "10:00" });
        }
        rule[key] = text.into();
        let _ = read(&json!({ "timeZone": "UTC", "open": [rule] }));
    }
}

#[test]
fn what_is_too_large_is_told_once() {
    let long = "x".repeat(1_000_000);
    let rule = json!({ "start": "2026-01-05T09:00", "duration": "PT1H", "rrule": "F".repeat(MAX_RRULE + 1),
                       "rdates": vec!["2026-01-05T10:00"; MAX_DATES + 1], "name": long });
    let weekly = json!({ "days": "mon", "from": "09:00", "to": "10:00" });
    let problems =
        read(&json!({ "timeZone": long, "open": vec![weekly; 50_000], "closed": [rule], &*long: 1 })).unwrap_err();
    let paths: Vec<String> = problems.iter().map(|problem| problem.path.chars().take(20).collect()).collect();
    assert_eq!(paths, [&*"x".repeat(20), "timeZone", "open", "closed[0].name", "closed[0].rdates", "closed[0].rrule"]);
    assert!(problems.iter().all(|problem| problem.message.len() < 200));
    assert_eq!(problems[2].expected, Some(format!("at most {MAX_RULES}")));
}

#[test]
fn it_is_shared_between_threads() {
    fn shared<T: Send + Sync + Clone>(_: &T) {}
    let schedule =
        read(&json!({ "timeZone": "Europe/Berlin", "open": [{ "days": "mon-fri", "from": "09:00", "to": "17:00" }] }))
            .unwrap();
    shared(&schedule);
    let opens: Vec<usize> = std::thread::scope(|scope| {
        let counting = (0..4).map(|_| {
            scope.spawn(|| {
                // Over more blocks of days than are kept.
                let hours = (0..20_000).map(|hour| Timestamp::from_second(1_767_225_600 + hour * 3600).unwrap());
                hours.filter(|hour| schedule.at(*hour).is_open).count()
            })
        });
        counting.collect::<Vec<_>>().into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(opens, [opens[0]; 4]);
    assert!(opens[0] > 4_000);
}
