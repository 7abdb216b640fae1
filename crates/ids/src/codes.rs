//! The stable codes of run errors, those of expressions and of whoever starts runs included. A code never changes its meaning.

/// A code with what explains it.
#[derive(Clone, Copy, Debug)]
pub struct Explained {
    /// The code.
    pub code: &'static str,
    /// What it means, in a line.
    pub meaning: &'static str,
    /// The page that explains it, in Markdown.
    pub page: &'static str,
}

/// A code without a page of its name in `pages/` does not compile.
macro_rules! codes {
    ($($(#[doc = $meaning:literal])+ $name:ident = $text:literal,)*) => {
        $($(#[doc = $meaning])+ pub const $name: &str = $text;)*

        /// All codes.
        pub const ALL: &[Explained] = &[$(Explained {
            code: $text,
            meaning: concat!($($meaning),+).trim_ascii_start(),
            page: include_str!(concat!("pages/", $text, ".md")),
        },)*];
    };
}

codes! {
    /// A result beyond what its type can hold.
    OVERFLOW = "run.overflow",
    /// An integer divided by zero.
    DIVISION_BY_ZERO = "run.division-by-zero",
    /// A key or header that is not there.
    MISSING_KEY = "run.missing-key",
    /// An element beyond a list's end.
    MISSING_INDEX = "run.missing-index",
    /// A map made in an expression has one key twice.
    DUPLICATE_KEY = "run.duplicate-key",
    /// A value that can't become one of the type asked for.
    CONVERSION = "run.conversion",
    /// A computed value was too large. A limit: not caught.
    VALUE_TOO_LARGE = "run.value-too-large",
    /// An expression took more steps than it may. A limit: not caught.
    TOO_MANY_STEPS = "run.too-many-steps",
    /// The run took more steps than it may. A limit: not caught.
    TOO_MUCH_WORK = "run.too-much-work",
    /// The run held more memory than it may. A limit: not caught.
    TOO_MUCH_MEMORY = "run.too-much-memory",
    /// A variable read that was not set: a defect of the checker.
    UNSET_VARIABLE = "run.unset-variable",
    /// A contradiction within Waypost.
    INTERNAL = "run.internal",
    /// The run did more actions than it may. A limit: not caught.
    TOO_MANY_ACTIONS = "run.too-many-actions",
    /// The run entered more nodes than it may. A limit: not caught.
    TOO_MANY_NODES = "run.too-many-nodes",
    /// The loops of the run took more turns than they may. A limit: not caught.
    TOO_MANY_TURNS = "run.too-many-turns",
    /// The interaction's attributes together are too large. A limit: not caught.
    ATTRIBUTES_TOO_LARGE = "run.attributes-too-large",
    /// What the decision keeps (skills, language, addresses, reason) is too large. A limit: not caught.
    DECISION_TOO_LARGE = "run.decision-too-large",
    /// What the run sends goes to too many recipients. A limit: not caught.
    TOO_MANY_RECIPIENTS = "run.too-many-recipients",
    /// The texts of what the run sends are too large together. A limit: not caught.
    EFFECTS_TOO_LARGE = "run.effects-too-large",
    /// What `setOutcome` sets is no name of an outcome.
    INVALID_OUTCOME = "run.invalid-outcome",
    /// Calls went deeper than they may. A limit: not caught.
    TOO_DEEP = "run.too-deep",
    /// The called flow, or the version named, is not there.
    FLOW_MISSING = "run.flow-missing",
    /// An input without a default was not mapped.
    INPUT_MISSING = "run.input-missing",
    /// The action (`forward`, `sendMail`) has no address to send to.
    NO_ADDRESS = "run.no-address",
    /// What the action (`forward`, `sendMail`) is to send to is not one address.
    INVALID_ADDRESS = "run.invalid-address",
    /// What an action looks for is not there, and it names no way on.
    NOT_FOUND = "run.not-found",
    /// A call of a data action failed.
    CALL_FAILED = "run.call-failed",
    /// A call of a data action had no answer in time.
    CALL_TIMED_OUT = "run.call-timed-out",
    /// The outside could not answer a question, or was not asked because the content was erased.
    NOT_ANSWERED = "run.not-answered",
    /// The journal answers another question than the run asks: it belongs to another run. Not caught.
    JOURNAL_MISMATCH = "run.journal-mismatch",
    /// A program contradicts itself or the interface it calls. Not caught.
    BROKEN_PROGRAM = "run.broken-program",
    /// The mail goes in circles: it was not run, and stands in a queue.
    MAIL_LOOP = "run.mail-loop",
    /// The route's flow has no published version.
    FLOW_UNPUBLISHED = "run.flow-unpublished",
    /// The interaction's route was deleted, with what it led to.
    ROUTE_DELETED = "run.route-deleted",
    /// Attempts at the run ended their process, or failed outside of the flow, too often.
    TOO_MANY_ATTEMPTS = "run.too-many-attempts",
    /// The run waits for an answer that nobody gives.
    UNANSWERED = "run.unanswered",
    /// What was forwarded did not arrive everywhere, or came back.
    FORWARD_FAILED = "run.forward-failed",
    /// The queue was to push the mail, and not everybody has it.
    PUSH_FAILED = "run.push-failed",
}

/// What stands in the place of an error's message where nothing of the mail may: what the code means. The message itself quotes what the flow
/// worked on.
#[must_use]
pub fn without_values(code: &str) -> String {
    let Some(known) = ALL.iter().find(|known| known.code == code) else { return "the message is not kept".to_owned() };
    let sentence = known.meaning.split_once(". ").map_or(known.meaning, |(first, _)| first).trim_end_matches('.');
    let mut rest = sentence.chars();
    rest.next().map(|first| first.to_lowercase().chain(rest).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_without_values_is_what_its_code_means() {
        for (code, message) in [
            (CONVERSION, "a value that can't become one of the type asked for"),
            (TOO_DEEP, "calls went deeper than they may"),
            ("run.of-another-release", "the message is not kept"),
        ] {
            assert_eq!(without_values(code), message);
        }
    }
}
