//! Answers that a trial gives in the place of data actions, tables and schedules: in tests of flows, in `run` and in `try`.

mod calls;
mod equal;

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Map, Value as Json};
use waypost_catalogue::object::Object;
use waypost_catalogue::schedules::KnownSchedule;
use waypost_catalogue::shape::Table;
use waypost_catalogue::world::Running;
use waypost_engine::{Answered, Ask as _, CallOutcome, Question, ScheduleAnswer, TableAnswer};
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::source::Node;
use waypost_flow::source::members::{Members, wrong};
use waypost_ids::{DataActionId, ScheduleId, TableId};
use waypost_problem::settle;
use waypost_schedule::State;
use waypost_store::error::StoreError;

use super::answers::{Answer, Answers};

pub use calls::{FAILURE_CODES, FAILURE_KEYS};
pub use equal::equal;

/// What an answer may say.
pub const KEYS: [&str; 7] = ["dataAction", "table", "schedule", "input", "output", "error", "timeout"];

/// Each question of a run looks through all of them.
pub const MOST_ANSWERS: usize = 1_000;

/// What an answer is to, and what it says: one of each.
const OF: [&str; 3] = ["dataAction", "table", "schedule"];
const ANSWER: [&str; 3] = ["output", "error", "timeout"];

/// What an answer is to.
const ONE_OF_THEM: &str = "`dataAction`, `table` or `schedule`, one of them";

/// What it says.
const ONE_ANSWER: &str = "`output`, `error` or `timeout: true`, one of them";

/// What a schedule's `output` may say.
pub const STANDING_KEYS: [&str; 3] = ["state", "name", "nextChange"];

const STATES: [State; 4] = [State::Open, State::Closed, State::Holiday, State::Emergency];

/// What a run is told where there is an answer, but not in time.
const TOO_LATE: &str = "there was no answer in time";

/// An answer that is given.
#[derive(Clone, Debug)]
pub struct GivenAnswer {
    /// Whose it is, for messages.
    label: String,
    /// Whether it is a default of several trials, which not every one needs.
    is_default: bool,
    to: To,
}

/// The member that holds answers.
pub const ANSWERS: &str = "answers";

/// Which questions it answers, and how.
#[derive(Clone, Debug)]
enum To {
    /// Look-ups in a table, of this key as the table folds keys, or of any.
    Table(TableId, Option<String>, Result<Option<Map<String, Json>>, String>),
    /// What a schedule says at this instant, or at any.
    Schedule(ScheduleId, Option<Timestamp>, Result<ScheduleAnswer, String>),
    /// Calls of a data action with these inputs, whatever others.
    Call(DataActionId, Map<String, Json>, CallOutcome),
}

impl GivenAnswer {
    /// Reads answers that are in a document of their own: `answers: [...]`.
    ///
    /// # Errors
    /// Every problem with them, with its path.
    pub fn all(document: &Node, running: &Running) -> Result<Vec<Self>, Vec<Diagnostic>> {
        let mut members = Members::of("", document).map_err(|problem| vec![*problem])?;
        let given = members.list(ANSWERS);
        let mut problems = members.finish(&[ANSWERS]);
        let answers = Self::listed(ANSWERS, given, running, &mut problems);
        if problems.is_empty() { Ok(answers) } else { Err(problems) }
    }

    /// The same as a default of several trials: not every one needs it.
    #[must_use]
    pub fn into_default(self) -> Self {
        Self { is_default: true, ..self }
    }

    /// Reads a list of them.
    pub fn listed(path: &str, nodes: &[Node], running: &Running, problems: &mut Vec<Diagnostic>) -> Vec<Self> {
        if nodes.len() > MOST_ANSWERS {
            let problem = Diagnostic::error(Code::TooLarge, path, format!("there are {} answers", nodes.len()));
            problems.push(problem.expected(format!("at most {MOST_ANSWERS}")));
            return Vec::new();
        }
        let each = nodes.iter().enumerate();
        each.filter_map(|(index, node)| {
            let mut own = Vec::new();
            let read = Self::read(&format!("{path}[{index}]"), node, running, &mut own);
            settle(&mut own);
            problems.extend(own);
            read
        })
        .collect()
    }

    /// Reads one. What it answers is checked as the table or schedule itself would have it.
    fn read(path: &str, node: &Node, running: &Running, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        let mut members = Members::of(path, node).map_err(|problem| problems.push(*problem)).ok()?;
        let (table, schedule, action) = (members.text("table"), members.text("schedule"), members.text("dataAction"));
        let (input, output) = (members.node("input"), members.node("output"));
        if let Some(name) = action {
            if table.is_some() || schedule.is_some() {
                problems.push(wrong(path, ONE_OF_THEM));
                return None;
            }
            // As everywhere, null counts as left out: rows that share a case need it.
            let error = members.node("error").filter(|node| !matches!(node, Node::Null));
            let timeout = members.flag("timeout").unwrap_or_default();
            problems.extend(members.finish(&KEYS));
            let (to, input, outcome) = calls::read(path, (&name, running), input, (output, error, timeout), problems)?;
            let label = format!("data action `{name}`");
            return Some(Self { label, is_default: false, to: To::Call(to, input, outcome) });
        }
        let (error, timeout) = (members.text("error"), members.flag("timeout").unwrap_or_default());
        let before = problems.len();
        problems.extend(members.finish(&KEYS));
        let failure = match (output, &error, timeout) {
            (Some(_), None, false) => None,
            (None, Some(error), false) => Some(error.clone()),
            (None, None, true) => Some(TOO_LATE.to_owned()),
            (None, None, false) => {
                problems.push(wrong(path, ONE_ANSWER).lacking(path, &ANSWER));
                return None;
            }
            _ => {
                problems.push(wrong(path, ONE_ANSWER));
                return None;
            }
        };
        let (label, to) = match (table, schedule) {
            (Some(name), None) => {
                let Some(table) = running.tables.named(&<Table as Object>::folded(&name)) else {
                    let known = running.tables.values().map(|table| table.record.name.as_str());
                    problems.push(unknown(Code::UnknownTable, format!("{path}.table"), "table", &name, known));
                    return None;
                };
                let key = input.and_then(|input| key(&format!("{path}.input"), input, problems));
                let answer = match failure {
                    Some(failure) => Err(failure),
                    None => Ok(row(&format!("{path}.output"), table, key.as_deref(), output, problems)),
                };
                (format!("table `{name}`"), To::Table(table.record.id, key.map(|key| table.folded(&key)), answer))
            }
            (None, Some(name)) => {
                let Some(schedule) = running.schedules.named(&KnownSchedule::folded(&name)) else {
                    let known = running.schedules.values().map(|known| known.record.name.as_str());
                    problems.push(unknown(Code::UnknownSchedule, format!("{path}.schedule"), "schedule", &name, known));
                    return None;
                };
                let at = input.and_then(|input| instant(&format!("{path}.input"), input, problems));
                let answer = match failure {
                    Some(failure) => Err(failure),
                    None => Ok(standing(&format!("{path}.output"), output, problems)?),
                };
                (format!("schedule `{name}`"), To::Schedule(schedule.record.id, at, answer))
            }
            (None, None) => {
                problems.push(wrong(path, ONE_OF_THEM).lacking(path, &OF));
                return None;
            }
            (Some(_), Some(_)) => {
                problems.push(wrong(path, ONE_OF_THEM));
                return None;
            }
        };
        (problems.len() == before).then_some(Self { label, is_default: false, to })
    }

    /// What it answers to a question, which looks up `folded` if it looks up a table's row.
    fn answers(&self, question: &Question, folded: Option<&str>) -> Option<Answered> {
        match (&self.to, question) {
            (To::Table(table, key, answer), Question::LookupTable(asked)) if asked.table == *table => {
                (key.is_none() || key.as_deref() == folded).then(|| match answer {
                    Ok(row) => asked.clone().answered(TableAnswer { version: None, row: row.clone() }),
                    Err(why) => asked.clone().failed(why),
                })
            }
            (To::Schedule(schedule, at, answer), Question::EvaluateSchedule(asked)) if asked.schedule == *schedule => {
                at.is_none_or(|at| at == asked.at).then(|| match answer {
                    Ok(answer) => asked.clone().answered(answer.clone()),
                    Err(why) => asked.clone().failed(why),
                })
            }
            (To::Call(action, input, outcome), Question::CallDataAction(asked)) if asked.data_action == *action => {
                let is_so =
                    |(name, wanted): (&String, &Json)| asked.input.get(name).is_some_and(|given| equal(wanted, given));
                input.iter().all(is_so).then(|| asked.clone().answered(outcome.clone()))
            }
            _ => None,
        }
    }
}

fn unknown<'k>(code: Code, path: String, what: &str, name: &str, known: impl Iterator<Item = &'k str>) -> Diagnostic {
    Diagnostic::error(code, path, format!("there is no {what} `{name}`")).nearest(name, known)
}

/// A look-up's key: a text, or `{ key: TEXT }`.
fn key(path: &str, node: &Node, problems: &mut Vec<Diagnostic>) -> Option<String> {
    match node {
        Node::String(key) => Some(key.clone()),
        Node::Map(_) => {
            let mut members = Members::of(path, node).map_err(|problem| problems.push(*problem)).ok()?;
            let key = members.text("key");
            if key.is_none() && members.problems.is_empty() {
                members.missing("key", "the key that is looked up");
            }
            problems.extend(members.finish(&["key"]));
            key
        }
        other => {
            problems.push(wrong(path, "the key that is looked up").found(other.kind()));
            None
        }
    }
}

/// When a schedule is asked about: an instant, or `{ at: INSTANT }`.
fn instant(path: &str, node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Timestamp> {
    const EXPECTED: &str = "a time such as `2026-03-01T09:00:00Z`";
    let written = match node {
        Node::String(text) => Some(text.clone()),
        Node::Map(_) => {
            let mut members = Members::of(path, node).map_err(|problem| problems.push(*problem)).ok()?;
            let at = members.text("at");
            if at.is_none() && members.problems.is_empty() {
                members.missing("at", EXPECTED);
            }
            problems.extend(members.finish(&["at"]));
            Some(at?)
        }
        _ => None,
    };
    let read = written.and_then(|text| text.parse().ok());
    if read.is_none() {
        problems.push(wrong(path, EXPECTED));
    }
    read
}

/// A row as flows see it; null is that there is none.
fn row(
    path: &str,
    table: &Table,
    key: Option<&str>,
    output: Option<&Node>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Map<String, Json>> {
    match output {
        Some(node @ Node::Map(_)) => {
            let Json::Object(values) = node.to_json() else { return None };
            match table.row(key.unwrap_or("any"), values) {
                Ok(row) => return Some(table.values(&row)),
                Err(found) => problems.extend(found.into_iter().map(|one| below(path, one))),
            }
        }
        None | Some(Node::Null) => {}
        Some(other) => problems.push(wrong(path, "a row's columns, or null for no such row").found(other.kind())),
    }
    None
}

fn below(path: &str, problem: Diagnostic) -> Diagnostic {
    let dot = if problem.path.is_empty() { "" } else { "." };
    Diagnostic { path: format!("{path}{dot}{}", problem.path), ..problem }
}

fn standing(path: &str, output: Option<&Node>, problems: &mut Vec<Diagnostic>) -> Option<ScheduleAnswer> {
    let nothing = Node::Null;
    let node = output.unwrap_or(&nothing);
    let mut members = Members::of(path, node).map_err(|problem| problems.push(*problem)).ok()?;
    let (word, name, next) = (members.text("state"), members.text("name"), members.node("nextChange"));
    let next_change = next.and_then(|node| instant(&members.at("nextChange"), node, problems));
    let names = state_words();
    if word.is_none() && members.problems.is_empty() {
        members.missing("state", &format!("one of: {}", names.join(", ")));
    }
    problems.extend(members.finish(&STANDING_KEYS));
    let word = word?;
    let Some(state) = STATES.into_iter().find(|state| state.as_str() == word) else {
        let problem = Diagnostic::error(
            Code::InvalidValue,
            format!("{path}.state"),
            format!("`{word}` is no state of schedules"),
        );
        problems.push(problem.expected(format!("one of: {}", names.join(", "))).nearest(&word, names));
        return None;
    };
    Some(ScheduleAnswer { state, name, next_change })
}

/// The states that a schedule's answer may name.
#[must_use]
pub fn state_words() -> [&'static str; 4] {
    STATES.map(State::as_str)
}

/// Answers one run: from what is given, otherwise as `E` does.
pub struct GivenAnswers<'r, E> {
    given: &'r [GivenAnswer],
    asked: Vec<AtomicBool>,
    running: &'r Running,
    otherwise: E,
}

impl<'r, E> GivenAnswers<'r, E> {
    /// Answers for one run. The first given answer that fits is taken.
    #[must_use]
    pub fn new(given: &'r [GivenAnswer], running: &'r Running, otherwise: E) -> Self {
        Self { given, asked: given.iter().map(|_| AtomicBool::new(false)).collect(), running, otherwise }
    }

    /// Answers that the run never asked for, as `table X` or `data action X`.
    #[must_use]
    pub fn unasked(&self) -> Vec<String> {
        let pairs = self.given.iter().zip(&self.asked);
        let unasked = pairs.filter(|(given, asked)| !given.is_default && !asked.load(Ordering::Relaxed));
        unasked.map(|(given, _)| given.label.clone()).collect()
    }
}

#[async_trait]
impl<E: Answers> Answers for GivenAnswers<'_, E> {
    async fn answer(&self, question: &Question) -> Result<Answer, StoreError> {
        let folded = match question {
            Question::LookupTable(asked) => self.running.tables.get(&asked.table).map(|table| table.folded(&asked.key)),
            _ => None,
        };
        for (given, asked) in self.given.iter().zip(&self.asked) {
            if let Some(answered) = given.answers(question, folded.as_deref()) {
                asked.store(true, Ordering::Relaxed);
                return Ok(answered.into());
            }
        }
        self.otherwise.answer(question).await
    }

    fn wanted(&self) -> bool {
        self.otherwise.wanted()
    }
}
