//! Mail that goes in circles is given to a person: it came by the same route before, as a signed field of ours says, or it has been under way
//! for too long (RFC 5321 section 6.3).

use serde_json::{Value as Json, json};
use uuid::Uuid;
use waypost_ids::codes;
use waypost_mail::message::Message;
use waypost_outgoing::{Key, trace_field};

/// So many hosts may have passed a mail on.
const MOST_RECEIVED: usize = 50;

/// Why a mail is not run, as the decision's error; none if it is.
pub(crate) fn error(message: &Message<'_>, route: Uuid, key: &Key) -> Option<Json> {
    let received = message.count("received");
    let reason = if message.count(trace_field::NAME) > 0 && trace_field::routes(key, message).contains(&route) {
        "Waypost sent this mail, and it came back by the same route".to_owned()
    } else if received >= MOST_RECEIVED {
        format!("{received} hosts passed this mail on: it seems to go in circles")
    } else {
        return None;
    };
    Some(told(&reason))
}

/// Why what a machine answers to a forward of ours is not run.
pub(crate) fn answer_to_a_forward() -> Json {
    told("a machine answers a mail that Waypost forwarded: another run would forward and answer it endlessly")
}

fn told(reason: &str) -> Json {
    json!({ "code": codes::MAIL_LOOP, "message": reason })
}
