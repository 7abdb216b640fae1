//! What was measured, beside its yardsticks and goals, as a table or as JSON.

use std::fmt::Write as _;
use std::io::Write as _;

use serde::Serialize;

use crate::measure::Figure;

/// Tells how far the bench is; figures alone go to stdout.
pub(crate) fn say(line: &str) {
    // Nobody is left to be told of a closed stderr.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum Unit {
    #[serde(rename = "ns")]
    Nanoseconds,
    #[serde(rename = "ms")]
    Milliseconds,
    #[serde(rename = "1/s")]
    PerSecond,
    #[serde(rename = "MB")]
    Megabytes,
}

impl Unit {
    fn write(self, value: f64) -> String {
        match self {
            Self::Nanoseconds if value.abs() < 10_000.0 => format!("{:.2} µs", value / 1e3),
            Self::Nanoseconds => format!("{:.1} µs", value / 1e3),
            Self::Milliseconds => format!("{value:.1} ms"),
            Self::PerSecond => format!("{value:.0} /s"),
            Self::Megabytes => format!("{value:.1} MB"),
        }
    }
}

/// What Waypost's figure must reach.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Goal {
    /// The figure itself.
    AtMost(f64),
    /// The figure itself.
    AtLeast(f64),
    /// The figure as a multiple of the yardstick's.
    AtMostTimes(f64),
    /// The figure as a multiple of the yardstick's.
    AtLeastTimes(f64),
    /// The yardstick's as a multiple of the figure, which is a time.
    FasterTimes(f64),
}

/// Something that figures stand beside.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Yardstick {
    pub(crate) name: &'static str,
    pub(crate) figure: Figure,
}

/// One line of the report.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Line {
    pub(crate) what: String,
    pub(crate) unit: Unit,
    pub(crate) figure: Figure,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) yardstick: Option<Yardstick>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) goal: Option<Goal>,
    /// Whether the goal is reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reached: Option<bool>,
}

impl Line {
    pub(crate) fn new(what: impl Into<String>, unit: Unit, figure: Figure) -> Self {
        Self { what: what.into(), unit, figure, yardstick: None, goal: None, reached: None }
    }

    /// Puts a figure of the same run beside it.
    pub(crate) fn beside(mut self, name: &'static str, figure: Figure) -> Self {
        self.yardstick = Some(Yardstick { name, figure });
        self
    }

    /// Judges it, by its yardstick if the goal speaks of one.
    pub(crate) fn goal(mut self, goal: Goal) -> Self {
        let own = self.figure.median;
        let other = self.yardstick.as_ref().map_or(f64::NAN, |yardstick| yardstick.figure.median);
        self.goal = Some(goal);
        self.reached = Some(match goal {
            Goal::AtMost(most) => own <= most,
            Goal::AtLeast(least) => own >= least,
            Goal::AtMostTimes(most) => own <= most * other,
            Goal::AtLeastTimes(least) => own >= least * other,
            Goal::FasterTimes(least) => own * least <= other,
        });
        self
    }

    fn cells(&self) -> [String; 6] {
        let yardstick = self.yardstick.as_ref();
        let ratio = yardstick.map(|yardstick| {
            let (own, other) = (self.figure.median, yardstick.figure.median);
            if matches!(self.goal, Some(Goal::FasterTimes(_))) {
                format!("{:.1}x faster", other / own)
            } else {
                format!("{:.2}x", own / other)
            }
        });
        let goal = self.goal.map(|goal| match goal {
            Goal::AtMost(most) => format!("at most {}", self.unit.write(most)),
            Goal::AtLeast(least) => format!("at least {}", self.unit.write(least)),
            Goal::AtMostTimes(most) => format!("at most {most}x"),
            Goal::AtLeastTimes(least) => format!("at least {least}x"),
            Goal::FasterTimes(least) => format!("{least}x faster"),
        });
        let verdict = self.reached.map_or("", |reached| if reached { "PASS" } else { "MISS" });
        let mut own = self.unit.write(self.figure.median);
        if self.figure.low < self.figure.high {
            let _ = write!(own, " [{} - {}]", self.unit.write(self.figure.low), self.unit.write(self.figure.high));
        }
        [
            self.what.clone(),
            own,
            yardstick
                .map(|yardstick| format!("{} {}", yardstick.name, self.unit.write(yardstick.figure.median)))
                .unwrap_or_default(),
            ratio.unwrap_or_default(),
            goal.unwrap_or_default(),
            verdict.to_owned(),
        ]
    }
}

/// Lines of one kind.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Section {
    pub(crate) title: String,
    /// What was checked, counted, or could not be measured.
    pub(crate) notes: Vec<String>,
    pub(crate) lines: Vec<Line>,
}

impl Section {
    pub(crate) fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), notes: Vec::new(), lines: Vec::new() }
    }

    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    pub(crate) fn line(&mut self, line: Line) {
        self.lines.push(line);
    }

    /// The section as text, columns aligned.
    pub(crate) fn to_text(&self) -> String {
        const HEAD: [&str; 6] = ["", "Waypost: median [range]", "yardstick", "ratio", "goal", ""];
        let mut rows = vec![HEAD.map(str::to_owned)];
        rows.extend(self.lines.iter().map(Line::cells));
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: [usize; 6] = std::array::from_fn(width);
        let mut text = format!("\n{}\n", self.title);
        for note in &self.notes {
            let _ = writeln!(text, "  {note}");
        }
        for row in &rows {
            let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            let _ = writeln!(text, "  {}", cells.join("  ").trim_end());
        }
        text
    }
}

/// The report as JSON.
pub(crate) fn json(machine: &str, sections: &[Section]) -> String {
    let report = serde_json::json!({ "machine": machine, "sections": sections });
    format!("{report:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goals_are_judged_on_the_right_side() {
        let line =
            |own, other| Line::new("a", Unit::Nanoseconds, Figure::single(own)).beside("b", Figure::single(other));
        for (own, other, goal, reached) in [
            (2.0, 1.0, Goal::AtMostTimes(3.0), true),
            (4.0, 1.0, Goal::AtMostTimes(3.0), false),
            (1.0, 10.0, Goal::FasterTimes(10.0), true),
            (1.1, 10.0, Goal::FasterTimes(10.0), false),
            (5.0, 1.0, Goal::AtLeastTimes(4.0), true),
            (3.0, 1.0, Goal::AtLeastTimes(4.0), false),
            (3.0, 1.0, Goal::AtLeast(3.0), true),
            (3.0, 1.0, Goal::AtMost(2.0), false),
        ] {
            assert_eq!(line(own, other).goal(goal).reached, Some(reached), "{own} {other} {goal:?}");
        }
        // Without its yardstick a goal is not reached by default.
        let alone = Line::new("a", Unit::Nanoseconds, Figure::single(1.0));
        assert_eq!(alone.goal(Goal::AtMostTimes(3.0)).reached, Some(false));
    }

    #[test]
    fn sections_are_tables() {
        let mut section = Section::new("Engine");
        let line = Line::new("run", Unit::Nanoseconds, Figure { median: 2_000.0, low: 1_900.0, high: 2_100.0 });
        section.line(line.beside("floor", Figure::single(1_000.0)).goal(Goal::AtMostTimes(3.0)));
        let expected = "
Engine
       Waypost: median [range]      yardstick      ratio  goal
  run  2.00 µs [1.90 µs - 2.10 µs]  floor 1.00 µs  2.00x  at most 3x  PASS
";
        assert_eq!(section.to_text(), expected);
    }
}
