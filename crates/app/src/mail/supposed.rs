//! What a trial supposes was found out about its mail: `auth` and `scan`, as tests of flows and `try` write them.

use serde_json::{Map, Value as Json};
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::source::members::unknown;
use waypost_ids::{AuthResult, ScanResult};
use waypost_problem::settle;
use waypost_store::records::facts::{AuthFact, AuthFacts, Facts, ScanFacts};

/// Reads what is supposed. A method or a scan may be its result alone. What passes is aligned unless it says otherwise.
///
/// # Errors
/// Every problem.
pub fn read(auth: Option<&Json>, scan: Option<&Json>) -> Result<Facts, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut facts = Facts::default();
    if let Some(members) = auth.and_then(|auth| members("auth", auth, &["spf", "dkim", "dmarc"], None, &mut problems)) {
        let mut method = |name: &str| {
            members
                .get(name)
                .map_or_else(AuthFact::default, |said| method(&format!("auth.{name}"), said, &mut problems))
        };
        facts.auth = AuthFacts { spf: method("spf"), dkim: method("dkim"), dmarc: method("dmarc") };
    }
    if let Some(members) = scan.and_then(|scan| members("scan", scan, &["result", "by"], Some("result"), &mut problems))
    {
        facts.scan = ScanFacts {
            result: word("scan", &members, ScanResult::of, ScanResult::WORDS, &mut problems),
            by: text("scan", &members, "by", &mut problems),
            reason: String::new(),
        };
    }
    settle(&mut problems);
    if problems.is_empty() { Ok(facts) } else { Err(problems) }
}

fn method(path: &str, said: &Json, problems: &mut Vec<Diagnostic>) -> AuthFact {
    let Some(members) = members(path, said, &["result", "domain", "aligned"], Some("result"), problems) else {
        return AuthFact::default();
    };
    let result = word(path, &members, AuthResult::of, AuthResult::WORDS, problems);
    let aligned = match members.get("aligned") {
        None => result == AuthResult::Pass,
        Some(Json::Bool(aligned)) => *aligned,
        Some(_) => {
            problems.push(wrong(format!("{path}.aligned"), "true or false"));
            false
        }
    };
    AuthFact { result, domain: text(path, &members, "domain", problems), aligned, reason: String::new() }
}

/// The members of an object; of a text that stands for one member, that one.
fn members(
    path: &str,
    said: &Json,
    known: &[&str],
    short: Option<&str>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Map<String, Json>> {
    match (said, short) {
        (Json::Object(members), _) => {
            let strangers = members.keys().filter(|name| !known.contains(&name.as_str()));
            problems.extend(strangers.map(|name| unknown(path, name, known)));
            Some(members.clone())
        }
        (Json::String(_), Some(short)) => Some(Map::from_iter([(short.to_owned(), said.clone())])),
        _ => {
            problems.push(wrong(path.to_owned(), &format!("an object with {}", known.join(", "))));
            None
        }
    }
}

fn word<T: Default>(
    path: &str,
    members: &Map<String, Json>,
    of: impl Fn(&str) -> Option<T>,
    words: &[&str],
    problems: &mut Vec<Diagnostic>,
) -> T {
    let object = path;
    let path = format!("{path}.result");
    match members.get("result") {
        None => {
            let problem = Diagnostic::error(Code::MissingKey, path, "`result` is missing");
            problems.push(problem.expected(words.join(", ")).lacking(object, &["result"]));
            T::default()
        }
        Some(Json::String(word)) => of(word).unwrap_or_else(|| {
            let problem = Diagnostic::error(Code::InvalidValue, path, format!("not a valid result: `{word}`"));
            problems.push(problem.expected(words.join(", ")).nearest(word, words.iter().copied()));
            T::default()
        }),
        Some(_) => {
            problems.push(wrong(path, &words.join(", ")));
            T::default()
        }
    }
}

fn text(path: &str, members: &Map<String, Json>, name: &str, problems: &mut Vec<Diagnostic>) -> String {
    match members.get(name) {
        None => String::new(),
        Some(Json::String(text)) => text.clone(),
        Some(_) => {
            problems.push(wrong(format!("{path}.{name}"), "a text"));
            String::new()
        }
    }
}

fn wrong(path: String, expected: &str) -> Diagnostic {
    Diagnostic::error(Code::InvalidValue, path, "not a valid value").expected(expected)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_result_alone_is_a_method_and_what_passes_is_aligned() {
        let auth = json!({
            "spf": "pass",
            "dkim": { "result": "pass", "domain": "x.example", "aligned": false },
            "dmarc": { "result": "fail" },
        });
        let facts = read(Some(&auth), Some(&json!("infected"))).unwrap();
        assert_eq!((facts.auth.spf.result, facts.auth.spf.aligned), (AuthResult::Pass, true));
        assert_eq!((facts.auth.dkim.domain.as_str(), facts.auth.dkim.aligned), ("x.example", false));
        assert_eq!((facts.auth.dmarc.result, facts.auth.dmarc.aligned), (AuthResult::Fail, false));
        assert_eq!(facts.scan.result, ScanResult::Infected);
        assert_eq!(read(None, None).unwrap(), Facts::default());
    }

    #[test]
    fn every_mistake_is_told_with_its_place() {
        let auth = json!({ "spf": "passed", "dkin": "pass", "dmarc": { "result": 1, "aligned": "yes" } });
        let problems = read(Some(&auth), Some(&json!({ "by": 3 }))).unwrap_err();
        let mut paths: Vec<_> = problems.iter().map(|problem| problem.path.as_str()).collect();
        paths.sort_unstable();
        assert_eq!(
            paths,
            ["auth.dkin", "auth.dmarc.aligned", "auth.dmarc.result", "auth.spf.result", "scan.by", "scan.result"]
        );
    }
}
