//! What a run asks besides its mail, solved backwards: rows of tables, schedules, and what data actions are given.

use jiff::SignedDuration;
use serde_json::Value as Json;
use waypost_cel::Expr;
use waypost_flow::document::fold_name;
use waypost_flow::expr;

use super::draft::{Answer, Asked};
use super::goal::Goal;
use super::hints::measures;
use super::solve::Solver;
use super::standings::Standing;
use super::wiring::{Output, Scope, path};

/// Rows of a table that are looked through.
const MOST_ROWS: usize = 200;

impl Solver<'_> {
    /// Makes a look-up find a row of which a column says what is wanted.
    pub(super) fn row(&mut self, table: &str, key: &str, column: &str, goal: &Goal, scope: &Scope) {
        let Some(known) = self.known.flows.running.tables.named(&fold_name(table)) else { return };
        let says = |value: Option<&Json>| match (value, goal) {
            (Some(Json::String(text)), _) => goal.is_met_by(text),
            (Some(Json::Bool(holds)), Goal::Holds(wanted)) => holds == wanted,
            (Some(Json::Number(number)), Goal::Number(wanted)) => number.as_i64() == Some(*wanted),
            (None | Some(Json::Null), Goal::Empty) => true,
            _ => false,
        };
        let rows = self.known.flows.rows.of(known.record.id).take(MOST_ROWS);
        let (fitting, others): (Vec<_>, Vec<_>) = rows.partition(|row| says(known.values(row).get(column)));
        let picked = self.random.pick(if fitting.is_empty() { &others } else { &fitting }).map(|row| row.key.clone());
        if let Some(row) = picked {
            self.key(key, &Goal::Text(row), scope);
        }
    }

    /// Makes a look-up find a row, or none.
    pub(crate) fn found(&mut self, table: &str, key: &str, wanted: bool, scope: &Scope) {
        let Some(known) = self.known.flows.running.tables.named(&fold_name(table)) else { return };
        let keys: Vec<String> =
            self.known.flows.rows.of(known.record.id).take(MOST_ROWS).map(|row| row.key.clone()).collect();
        let goal = match self.random.pick(&keys).cloned() {
            Some(row) if wanted => Goal::Text(row),
            _ if wanted => return,
            _ if self.coin() => Goal::Empty,
            _ => Goal::Text("none".to_owned()),
        };
        self.key(key, &goal, scope);
    }

    /// Makes a value what a column says with which it is compared, or so far from it, and the look-up find that row.
    pub(super) fn against_a_row(&mut self, (subject, other): (&Expr, &Expr), off: i64, scope: &Scope) -> bool {
        let known = self.known;
        let origins = known.wiring.origins(other, scope);
        let columns = origins.iter().filter_map(|origin| {
            let within = origin.scope();
            let Some(Output::Row { table, key }) = &within.output else { return None };
            let range = expr::expressions(&origin.text).into_iter().next()?;
            let path = path(&waypost_cel::parse(origin.text.get(range)?).tree)?;
            let [_, column] = path.as_slice() else { return None };
            Some((table.clone(), key.clone(), column.clone(), within))
        });
        let columns: Vec<_> = columns.collect();
        let Some((table, key, column, within)) = self.random.pick(&columns) else { return false };
        let Some(table) = known.flows.running.tables.named(&fold_name(table)) else { return false };
        let rows = known.flows.rows.of(table.record.id).take(MOST_ROWS).filter_map(|row| {
            let number = match table.values(row).get(column.as_str()) {
                Some(Json::Number(number)) => number.as_i64().or_else(|| Some(number.as_f64()? as i64)),
                _ => None,
            };
            Some((row.key.clone(), number?))
        });
        let rows: Vec<(String, i64)> = rows.collect();
        let Some((row, number)) = self.random.pick(&rows).cloned() else { return false };
        self.key(key, &Goal::Text(row), within);
        let number = number.saturating_add(off);
        let goal = if measures(subject) { Goal::Length(number) } else { Goal::Number(number) };
        self.value(subject, &goal, scope);
        true
    }

    fn key(&mut self, key: &str, goal: &Goal, scope: &Scope) {
        let scope = Scope { output: None, locals: Vec::new(), ..scope.clone() };
        let ranges = expr::expressions(key);
        if let Some(range) = self.random.pick(&ranges) {
            let tree = waypost_cel::parse(key.get(range.clone()).unwrap_or_default()).tree;
            self.value(&tree, goal, &scope);
        }
    }

    /// Makes it an instant at which a schedule says what is wanted: the first, one on the way, or just another.
    pub(super) fn schedule(&mut self, schedule: &str, field: &str, goal: &Goal) {
        let Some(all) = self.known.standings.get(&fold_name(schedule)) else { return };
        let says = |standing: &&Standing| match (field, goal) {
            ("isOpen", Goal::Holds(wanted)) => (standing.state == "open") == *wanted,
            ("name", _) => goal.is_met_by(&standing.name),
            _ => goal.is_met_by(&standing.state),
        };
        let fitting: Vec<&Standing> = all.iter().filter(says).collect();
        if fitting.is_empty() || self.random.below(16) == 0 {
            return self.announce(schedule, field, goal);
        }
        self.draft.answers.remove(&Asked::Schedule(schedule.to_owned()));
        let off = SignedDuration::from_secs(self.random.pick(&[0, 0, -1, 60]).copied().unwrap_or_default());
        if let Some(standing) = self.random.pick(&fitting) {
            self.draft.at = standing.from.checked_add(off).ok();
        }
    }

    /// Makes a schedule say what it says at no time: that there is an emergency, or another name.
    fn announce(&mut self, schedule: &str, field: &str, goal: &Goal) {
        let said = match goal {
            Goal::Text(text) | Goal::With(text) => text.as_str(),
            _ => "",
        };
        let states = ["open", "closed", "holiday", "emergency"];
        let other = self.random.pick(&states).copied().unwrap_or_default();
        let state = if states.contains(&said) { said } else { other };
        let name = if field == "name" && !said.is_empty() { said } else { "a reason" };
        let answer = [("state", state), ("name", name)].map(|(field, text)| (field.to_owned(), Json::from(text)));
        let asked = Asked::Schedule(schedule.to_owned());
        self.draft.answers.insert(asked, Answer::Output(answer.into_iter().collect()));
    }

    /// Makes a data action answer only what it is given here: nothing, or what the input is made of.
    pub(crate) fn only(&mut self, action: &str, (input, value): (&str, &str), scope: &Scope) {
        let mut said = vec![String::new()];
        for range in expr::expressions(value) {
            let tree = waypost_cel::parse(value.get(range).unwrap_or_default()).tree;
            said.extend(self.known.wiring.sources(&tree, scope).iter().map(|source| source.said(self.draft)));
        }
        if let Some(said) = self.random.pick(&said) {
            let only = self.draft.only.entry(action.to_owned()).or_default();
            only.insert(input.to_owned(), Json::from(said.as_str()));
        }
    }
}
