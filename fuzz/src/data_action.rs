//! A data action's definition, an input and an answer, all in one JSON object: read, asked, answered.

use serde_json::{Map, Value as Json};
use waypost_data_action::DataAction;

/// Nothing panics, problems stand at a place, no input changes where a request goes, and headers hold no line break.
pub fn check(input: &[u8]) {
    let Ok(whole) = serde_json::from_slice::<Json>(input) else { return };
    let action = match DataAction::read(&whole) {
        Ok(action) => action,
        Err(problems) => {
            assert!(!problems.is_empty() && problems.iter().all(|problem| !problem.message.is_empty()), "{problems:?}");
            return;
        }
    };
    // What a definition may say of itself besides: texts that a flow may have got from a mail.
    for text in ["x", "\"}, {\"", "../..", "a\r\nb: c", "#?&/\\", "$x ${input.a} #end", "\u{0}", "\\"] {
        let values = |field: &waypost_data_action::Field| (field.name.clone(), Json::from(text));
        let input: Map<String, Json> = action.inputs().iter().map(values).collect();
        if let Ok(request) = action.request(&input, &|_| Some("secret".to_owned())) {
            let rest = request.url.split_once("://").and_then(|(_, rest)| rest.strip_prefix(action.host()));
            assert!(rest.is_some_and(|rest| rest.starts_with([':', '/', '?'])), "{}", request.url);
            for (name, value) in &request.headers {
                assert!(!value.contains(['\r', '\n']), "{name}: {value}");
            }
        }
        let _ = action.outcome(200, text.as_bytes());
    }
    for answer in ["{}", "[]", "null", "{\"a\": [1, {\"b\": null}], \"name\": \"x\\\"y\"}", ""] {
        let _ = action.outcome(200, answer.as_bytes());
    }
}
