//! Every function's examples give what its definition says.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use waypost_flow::email::{AddressField, AddressRef, AttachmentRef, Email, TextField};
use waypost_flow::expr::{Context, Scope, compile_value};
use waypost_flow::functions;

/// A mail without anything in it: examples don't read one.
struct NoMail(BTreeMap<String, Vec<String>>);

impl Email for NoMail {
    fn text(&self, _: TextField) -> &str {
        ""
    }
    fn address_count(&self, _: AddressField) -> usize {
        0
    }
    fn address(&self, _: AddressField, _: usize) -> Option<AddressRef<'_>> {
        None
    }
    fn header(&self, _: &str) -> Option<&str> {
        None
    }
    fn headers(&self) -> &BTreeMap<String, Vec<String>> {
        &self.0
    }
    fn references(&self) -> &[String] {
        &[]
    }
    fn attachment_count(&self) -> usize {
        0
    }
    fn attachment(&self, _: usize) -> Option<AttachmentRef<'_>> {
        None
    }
    fn date(&self) -> Option<Timestamp> {
        None
    }
    fn size(&self) -> u64 {
        0
    }
    fn body_truncated(&self) -> bool {
        false
    }
    fn is_auto_generated(&self) -> bool {
        false
    }
}

#[test]
fn examples() {
    let mail = NoMail(BTreeMap::new());
    let mut run = 0;
    for function in functions::all() {
        assert!(!function.examples.is_empty(), "`{}` has no example", function.name);
        for (expression, expected) in function.examples {
            let value = serde_json::Value::from(format!("${{{expression}}}"));
            let scope = Scope { inputs: &[], variables: &[], outputs: None };
            let compiled = compile_value("example", &value, &scope, None)
                .unwrap_or_else(|problems| panic!("`{expression}` does not compile: {problems:?}"));
            let context = Context {
                interaction_id: "",
                received_at: Timestamp::UNIX_EPOCH,
                priority: 0,
                attributes: &Arc::default(),
                email: &mail,
                inputs: &[],
                variables: &[],
                outputs: &[],
            };
            let printed = compiled.eval(&context).map(|value| value.display(&mail));
            assert_eq!(printed.as_deref(), Ok(*expected), "`{expression}`");
            run += 1;
        }
    }
    assert!(run > 30, "only {run} examples");
}
