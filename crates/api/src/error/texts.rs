//! Why the text of a version was refused, as an answer.

use axum::http::StatusCode;
use waypost_catalogue::error::ChangeError;
use waypost_catalogue::texts::{TextDifference, TextError, TextProblem};
use waypost_flow::diagnostic::{Code, counted};
use waypost_wire::error::Problem;

use super::{ApiError, diagnosis};

/// The code of a text that says something else than its version.
const DIFFERS: &str = "flow.text.differs";

impl From<TextError> for ApiError {
    fn from(error: TextError) -> Self {
        let message = error.to_string();
        match error {
            TextError::Unreadable(problems) => Self::invalid("flow.invalid", problems.iter().map(placed).collect()),
            TextError::Differs { places, more, .. } => {
                let more = (more > 0).then(|| {
                    let message = format!("{} not listed", counted(more, "more difference"));
                    Problem::new(Code::MoreProblems.as_str(), message)
                });
                let listed = places.iter().map(differing).chain(more).collect();
                Self::new(StatusCode::BAD_REQUEST, DIFFERS, message).problems(listed)
            }
            TextError::Missing(_) => Self::not_found("flow.text.missing", message),
            TextError::NotYet(_) => Self::new(StatusCode::PRECONDITION_FAILED, "precondition.failed", message),
            TextError::Change(ChangeError::Invalid(problems)) => {
                Self::invalid("flow.invalid", super::diagnosed(&problems))
            }
            TextError::Change(error) => error.into(),
        }
    }
}

fn placed(problem: &TextProblem) -> Problem {
    let (line, column) = problem.at.unzip();
    Problem { line, column, ..diagnosis(&problem.diagnostic) }
}

fn differing(difference: &TextDifference) -> Problem {
    let TextDifference { path, expected, found, at } = difference.clone();
    let (line, column) = at.unzip();
    let message = match (&expected, &found) {
        (None, _) => format!("the version has no `{path}`"),
        (_, None) => format!("the text has no `{path}`"),
        _ => format!("the text says something else at `{path}` than the version"),
    };
    let suggestion = Some("save what the text says as a new version first".to_owned());
    Problem { path: Some(path), line, column, expected, found, suggestion, ..Problem::new(DIFFERS, message) }
}
