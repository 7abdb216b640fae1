//! Beside a slow and obvious way: walk through time minute by minute and look at a clock on the wall.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use jiff::civil::{Date, DateTime, date};
use jiff::tz::TimeZoneDatabase;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use waypost_schedule::{State, read};

/// A generator of pseudo-random numbers (xorshift64*), so that every run is the same.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33).unwrap() % end
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// Minutes of a day, mostly those at which clocks change.
    fn minutes(&mut self) -> i64 {
        let minutes = if self.below(3) == 0 { self.below(1440) } else { self.below(200) };
        i64::try_from(minutes).unwrap()
    }
}

/// Where clocks change: the zone and the day on which it happens, in UTC.
const CHANGES: [(&str, Date); 20] = [
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("Europe/Dublin", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("America/St_Johns", date(2009, 11, 1)),
    ("America/Havana", date(2020, 3, 8)),
    ("America/Havana", date(2020, 11, 1)),
    ("America/Sao_Paulo", date(2018, 11, 4)),
    ("America/Sao_Paulo", date(2019, 2, 17)),
    ("Australia/Lord_Howe", date(2026, 4, 4)),
    ("Australia/Lord_Howe", date(2026, 10, 3)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Pacific/Chatham", date(2026, 9, 26)),
    ("Africa/Casablanca", date(2026, 2, 15)),
    ("Africa/Casablanca", date(2026, 3, 22)),
    ("Asia/Pyongyang", date(2015, 8, 14)),
    ("America/Caracas", date(2007, 12, 9)),
    ("Antarctica/Troll", date(2026, 3, 29)),
    ("Asia/Kathmandu", date(2026, 3, 29)),
];

/// On which dates a rule begins.
type OnDate = Box<dyn Fn(Date) -> bool>;

/// A rule as the walker sees it.
struct Rule {
    state: State,
    on: OnDate,
    /// Minutes from midnight.
    from: i64,
    end: End,
    /// When the running occurrence began, in minutes since 1970 UTC; for exact ends.
    began: Option<i64>,
}

enum End {
    /// Minutes on the wall after `from`.
    Wall(i64),
    /// Minutes that pass.
    Exact(i64),
}

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

fn clock(minutes: i64) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

fn weekday(date: Date) -> usize {
    usize::try_from(date.weekday().to_monday_zero_offset()).unwrap()
}

/// A rule of `open` or `closed`: what is written, and what it means.
fn rule(chance: &mut Chance, state: State, near: Date) -> (Value, Rule) {
    let from = chance.minutes();
    let week: Vec<usize> = (0..7).filter(|_| chance.below(3) > 0).chain([weekday(near)]).collect();
    match chance.below(4) {
        0 | 1 => {
            let to = (from + 1 + i64::try_from(chance.below(1438)).unwrap()) % 1440;
            let length = (to - from).rem_euclid(1440);
            let written = json!({ "days": week.iter().map(|day| DAYS[*day]).take(7).collect::<Vec<_>>(),
                                  "from": clock(from), "to": clock(to) });
            let on = Box::new(move |date| week.contains(&weekday(date)));
            (written, Rule { state, on, from, end: End::Wall(length), began: None })
        }
        2 => {
            let every = chance.one(&[1, 2, 3]);
            let first = near - 30.days();
            let length = 1 + i64::try_from(chance.below(3000)).unwrap();
            let start = first.at(0, 0, 0, 0) + from.minutes();
            let written = json!({ "start": start.to_string(), "end": (start + length.minutes()).to_string(),
                                  "rrule": format!("FREQ=DAILY;INTERVAL={every}") });
            let on = Box::new(move |date: Date| date >= first && (date - first).get_days() % every == 0);
            (written, Rule { state, on, from, end: End::Wall(length), began: None })
        }
        _ => {
            // Shorter than a day, so that a stop watch is free when the next begins.
            let length = 1 + i64::try_from(chance.below(1000)).unwrap();
            let first = near - 300.days();
            let start = first.at(0, 0, 0, 0) + from.minutes();
            let by: Vec<&str> = week.iter().map(|day| &DAYS[*day][..2]).collect();
            let written = json!({ "start": start.to_string(), "duration": format!("PT{length}M"),
                                  "rrule": format!("FREQ=WEEKLY;BYDAY={}", by.join(",")) });
            let on = Box::new(move |date| date >= first && week.contains(&weekday(date)));
            (written, Rule { state, on, from, end: End::Exact(length), began: None })
        }
    }
}

impl Rule {
    /// Whether it holds in the minute `now` (since 1970 UTC). `last` and `wall` are the latest times that the clock on the wall has
    /// shown up to the minute before and up to now.
    fn holds(&mut self, now: i64, last: DateTime, wall: DateTime) -> bool {
        let dates = (0..5).map(|days| wall.date() - days.days()).filter(|date| (self.on)(*date));
        let mut starts = dates.map(|date| date.at(0, 0, 0, 0) + self.from.minutes());
        match self.end {
            End::Wall(length) => starts.any(|start| start <= wall && wall < start + length.minutes()),
            End::Exact(length) => {
                if starts.any(|start| last < start && start <= wall) {
                    self.began = Some(now);
                }
                self.began.is_some_and(|began| now < began + length)
            }
        }
    }
}

#[test]
fn as_a_clock_on_the_wall() {
    let mut chance = Chance(7);
    let mut changes = 0;
    for round in 0..40 {
        let (zone, day) = CHANGES[round % CHANGES.len()];
        let mut definition = json!({ "timeZone": zone, "open": [], "closed": [], "holidays": [] });
        let mut rules = Vec::new();
        for (key, state, most) in [("open", State::Open, 3), ("closed", State::Closed, 2)] {
            for _ in 0..chance.below(most) + usize::from(state == State::Open) {
                let (written, rule) = rule(&mut chance, state, day);
                definition[key].as_array_mut().unwrap().push(written);
                rules.push(rule);
            }
        }
        if chance.below(2) == 0 {
            let holiday = day + chance.one(&[-1, 0, 1]).days();
            definition["holidays"] = json!([{ "name": "day", "date": holiday.to_string() }]);
            let on = Box::new(move |date| date == holiday);
            rules.push(Rule { state: State::Holiday, on, from: 0, end: End::Wall(1440), began: None });
        }
        let schedule = read(&definition).unwrap_or_else(|problems| panic!("{definition}: {problems:?}"));
        let zone = TimeZoneDatabase::bundled().get(zone).unwrap();
        let middle = day.at(0, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_second() / 60;
        let mut wall = DateTime::MIN;
        let mut states = Vec::new();
        for minute in middle - 6 * 1440..middle + 4 * 1440 {
            let last = wall;
            wall = wall.max(zone.to_datetime(Timestamp::from_second(minute * 60).unwrap()));
            let mut holding = Vec::new();
            for rule in &mut rules {
                if rule.holds(minute, last, wall) {
                    holding.push(rule.state);
                }
            }
            let state = [State::Holiday, State::Closed, State::Open].into_iter().find(|state| holding.contains(state));
            states.push((minute, state.unwrap_or(State::Closed)));
        }
        // The first days are those in which the walker learns what had begun before.
        let mut next: Option<i64> = None;
        let mut after = states.last().unwrap().1;
        for (minute, state) in states.into_iter().skip(4 * 1440).rev() {
            if state != after {
                next = Some((minute + 1) * 60);
                changes += 1;
            }
            after = state;
            let second = minute * 60 + i64::try_from(chance.below(60)).unwrap();
            let standing = schedule.at(Timestamp::from_second(second).unwrap());
            let change = standing.next_change.map(|change| change.as_second());
            assert_eq!(standing.state, state, "{definition} at {second}");
            match next {
                Some(next) => assert_eq!(change, Some(next), "{definition} at {second}"),
                None => {
                    assert!(change.is_none_or(|change| change >= (middle + 4 * 1440) * 60), "{definition} at {second}")
                }
            }
        }
    }
    assert!(changes > 400, "only {changes} changes");
}
