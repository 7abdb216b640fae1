//! What a server's refusal says on a terminal: every problem once, with its place, what would have been right, and what to do.

use waypost_wire::error::{ErrorBody, Problem};

/// A change would break who calls a flow.
const BROKEN: &str = "flow.contract.broken";

/// Another project applied some of a change set last.
pub(crate) const OF_ANOTHER_PROJECT: &str = "changeset.project.other";

/// Where a problem is in files that the reader has, such as `flows/inbound.yaml:12`.
type Located<'l> = dyn Fn(&Problem) -> Option<String> + 'l;

/// A refusal in words. What the API calls a query parameter is an option here.
pub(crate) fn text(body: &ErrorBody) -> String {
    text_in(body, &|_| None)
}

/// A refusal in words, to someone who has the files.
pub(crate) fn text_in(body: &ErrorBody, located: &Located<'_>) -> String {
    let said = problems(body, located);
    match body.code.as_str() {
        BROKEN => format!("{said}\n  nothing was changed; `waypost explain {BROKEN}` says what to do"),
        OF_ANOTHER_PROJECT => of_another_project(&said),
        _ => said,
    }
}

/// What another project applied, and how to take it over.
pub(crate) fn of_another_project(said: &str) -> String {
    format!("{said}\n  nothing was changed; --take-over takes over what another project applied")
}

fn problems(body: &ErrorBody, located: &Located<'_>) -> String {
    optioned(&worded(body, located))
}

/// "the query parameter `fromDate`" as an option: "`--from-date`". One that may be given several times has a plural name in the API alone.
fn optioned(text: &str) -> String {
    const PARAMETER: &str = "the query parameter `";
    let mut parts = text.split(PARAMETER);
    let mut said = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('`').unwrap_or((part, ""));
        let kebab = name.strip_suffix('s').unwrap_or(name).chars().flat_map(|c| match c.is_ascii_uppercase() {
            true => vec!['-', c.to_ascii_lowercase()],
            false => vec![c],
        });
        said.push_str(&format!("`--{}`{rest}", kebab.collect::<String>()));
    }
    said
}

fn worded(body: &ErrorBody, located: &Located<'_>) -> String {
    let ErrorBody { message, code, status, errors, .. } = body;
    let of = format!("({status} {code})");
    if let [only] = errors.as_slice()
        && is_said(message, only)
    {
        return format!("{} {of}", told(only, located));
    }
    // The message repeats the first of several.
    let is_counted = errors.len() > 1 && errors.first().is_some_and(|first| is_said(message, first));
    let head = if is_counted { format!("{} problems {of}", errors.len()) } else { format!("{message} {of}") };
    let line = |problem: &Problem| {
        // Who uses a thing is named in the message: of those only flows have places worth a line.
        if problem.message.ends_with("uses it") || problem.message.contains("` uses the ") {
            return place(problem, located).filter(|_| problem.flow_name.is_some() && problem.path.is_some());
        }
        let told = told(problem, located);
        (is_counted || !message.contains(&told)).then(|| format!("{told} [{}]", problem.code))
    };
    let lines: Vec<String> = errors.iter().filter_map(line).collect();
    lines.iter().fold(head, |all, line| format!("{all}\n  {line}"))
}

/// Whether a message is a problem's, with the path before it or a count of others behind it.
fn is_said(message: &str, problem: &Problem) -> bool {
    let path = problem.path.as_ref().map(|path| format!("{path}: ")).unwrap_or_default();
    let rest = message.strip_prefix(&path).unwrap_or(message).strip_prefix(&problem.message);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(" (and "))
}

/// Where a problem is.
fn place(problem: &Problem, located: &Located<'_>) -> Option<String> {
    let flow = problem.flow_name.as_deref().map(|name| format!("flow `{name}`"));
    let line = problem.line.map(|line| match problem.column {
        Some(column) => format!("line {line}, column {column}"),
        None => format!("line {line}"),
    });
    // In its path a node has only its position.
    let node = problem.node_id.as_deref().map(|id| format!("node `{id}`"));
    let named = |path: &String| problem.message.contains(&format!("`{path}`"));
    let path = problem.path.clone().filter(|path| !path.is_empty() && !named(path));
    let places: Vec<String> = [flow, located(problem), node, line, path].into_iter().flatten().collect();
    (!places.is_empty()).then(|| places.join(": "))
}

/// A problem in one line: where it is, what is wrong, what would have been right, what is there, what to do.
fn told(problem: &Problem, located: &Located<'_>) -> String {
    let mut told = place(problem, located).map(|place| format!("{place}: ")).unwrap_or_default();
    told.push_str(&problem.message);
    let expected = problem.expected.as_ref().filter(|text| !problem.message.contains(text.as_str()));
    let more = [("expected", expected), ("found", problem.found.as_ref())];
    let more: Vec<String> = more.into_iter().filter_map(|(word, text)| Some(format!("{word} {}", text?))).collect();
    if !more.is_empty() {
        told.push_str(&format!(": {}", more.join(", ")));
    }
    if let Some(suggestion) = &problem.suggestion {
        told.push_str(&format!("; {suggestion}"));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(path: &str, message: &str) -> Problem {
        let path = Some(path.to_owned()).filter(|path| !path.is_empty());
        Problem { code: "c".to_owned(), message: message.to_owned(), path, ..Problem::default() }
    }

    fn said(message: &str, errors: Vec<Problem>) -> String {
        let (message, code) = (message.to_owned(), "invalid.value".to_owned());
        text(&ErrorBody { message, code, status: 400, errors, ..ErrorBody::default() })
    }

    #[test]
    fn a_problem_is_said_once() {
        let number = Problem {
            expected: Some("a number from 1 to 9".to_owned()),
            found: Some("0".to_owned()),
            ..problem("size", "`size` must be a number from 1 to 9")
        };
        assert_eq!(
            said("size: `size` must be a number from 1 to 9", vec![number]),
            "`size` must be a number from 1 to 9: found 0 (400 invalid.value)"
        );
        assert_eq!(
            said("there is no queue", vec![problem("", "there is no queue")]),
            "there is no queue (400 invalid.value)"
        );
        assert_eq!(said("nothing more", Vec::new()), "nothing more (400 invalid.value)");
    }

    #[test]
    fn what_the_message_says_is_not_listed_again() {
        let waits = "1 interaction waits in it";
        let message = format!("queue `Q` is in use: {waits}; queue `R` is in use: work from it is claimed");
        let problems = vec![problem("", waits), problem("flows[0]", "work from it is claimed"), problem("", "more")];
        assert_eq!(
            said(&message, problems),
            format!("{message} (400 invalid.value)\n  flows[0]: work from it is claimed [c]\n  more [c]")
        );
    }

    #[test]
    fn a_query_parameter_is_an_option() {
        let said = said("the query parameter `receivedAfter` is no time", Vec::new());
        assert_eq!(said, "`--received-after` is no time (400 invalid.value)");
    }

    #[test]
    fn several_problems_are_counted_and_listed() {
        let both = vec![problem("a", "no"), Problem { suggestion: Some("try".to_owned()), ..problem("b", "neither") }];
        let listed = "\n  a: no [c]\n  b: neither; try [c]";
        assert_eq!(said("a: no (and 1 more)", both.clone()), format!("2 problems (400 invalid.value){listed}"));
        assert_eq!(said("refused", both), format!("refused (400 invalid.value){listed}"));
    }

    #[test]
    fn who_would_break_is_named_with_node_and_file() {
        let broken = Problem {
            flow_name: Some("Inbound".to_owned()),
            node_id: Some("urgency".to_owned()),
            ..problem("nodes[1].actions[0].flow", "there is no input `x`")
        };
        let body = ErrorBody {
            message: "nodes[1].actions[0].flow: there is no input `x`".to_owned(),
            code: BROKEN.to_owned(),
            status: 409,
            errors: vec![broken],
            ..ErrorBody::default()
        };
        let told = |file: &str| {
            format!(
                "flow `Inbound`: {file}node `urgency`: nodes[1].actions[0].flow: there is no input `x` (409 {BROKEN})\n  \
                nothing was changed; `waypost explain {BROKEN}` says what to do"
            )
        };
        assert_eq!(text(&body), told(""));
        assert_eq!(text_in(&body, &|_| Some("inbound.yaml:7".to_owned())), told("inbound.yaml:7: "));
    }

    #[test]
    fn of_what_uses_a_thing_only_places_are_listed() {
        let flow = Problem { flow_name: Some("F".to_owned()), ..problem("nodes[0]", "the flow `F` uses it") };
        assert_eq!(
            said(
                "queue `Q` is in use by flow `F`, route `r`",
                vec![flow, problem("deliverTo", "the route `r` uses it")]
            ),
            "queue `Q` is in use by flow `F`, route `r` (400 invalid.value)\n  flow `F`: nodes[0]"
        );
    }
}
