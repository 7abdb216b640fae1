//! The JSON Schema of definitions, held against the reader over all cases: what the reader takes is valid, and what it refuses for
//! its shape is not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use waypost_schedule::{Definition, read};

#[test]
fn schema_and_reader_agree_on_the_shape() {
    let schema = serde_json::to_value(schemars::schema_for!(Definition)).unwrap();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let (mut taken, mut refused) = (0, 0);
    for file in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/schedules")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        for case in text.split("\n== ").skip(1) {
            let (title, rest) = case.split_once('\n').unwrap();
            let value = serde_json::from_str(rest.split_once("\n--").unwrap().0).unwrap();
            let shape = ["is not known here", "does not belong here", "is missing"];
            match read(&value) {
                Ok(_) => {
                    assert!(validator.is_valid(&value), "{title}: {:?}", validator.validate(&value));
                    taken += 1;
                }
                // What is wrong within a rule's text is nothing that a schema sees.
                Err(problems)
                    if problems.iter().any(|one| {
                        !one.path.ends_with("rrule") && shape.iter().any(|shape| one.message.ends_with(shape))
                    }) =>
                {
                    assert!(!validator.is_valid(&value), "{title}");
                    refused += 1;
                }
                Err(_) => {}
            }
        }
    }
    assert!(taken >= 35 && refused >= 5, "{taken} taken, {refused} refused");
}
