//! Interactions by their ids, or the beginnings of them.

use futures_util::StreamExt;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use waypost_client::interactions::InteractionFilter;
use waypost_ids::InteractionId;
use waypost_wire::interaction::Interaction;
use waypost_wire::time::Time;

use crate::failure::Failure;
use crate::remote::Remote;
use crate::table;
use crate::which;

/// An id is made just before or after the time that the mail is said to have been accepted at.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);

/// So many interactions of the time that a beginning stands for are looked at.
const LOOKED_AT: usize = 20_000;

/// The id that is written, or the only one that begins so.
pub(crate) fn find(remote: &Remote, written: &str) -> Result<InteractionId, Failure> {
    if let Ok(id) = written.parse() {
        return Ok(id);
    }
    let missing = || Failure::Failed(format!("there is no interaction `{written}`"));
    if !which::begins_an_id(written) {
        let shortest = which::SHORTEST;
        let expected = format!("expected an id, or its first {shortest} characters or more");
        return Err(Failure::Failed(format!("`{written}` is not an interaction's id: {expected}")));
    }
    let (since, until) = span(written).ok_or_else(missing)?;
    let filter = InteractionFilter { since: Some(since), until: Some(until), ..InteractionFilter::default() };
    let all = remote.all(remote.interactions().list(&filter).take(LOOKED_AT))?;
    let looked_at = all.len();
    let found: Vec<Interaction> = all.into_iter().filter(|one| which::begins(&one.id.to_string(), written)).collect();
    match found.as_slice() {
        // What was not looked at may begin so, too.
        _ if looked_at == LOOKED_AT => {
            Err(Failure::Failed(format!("too many interactions are of the time of `{written}`: give more of the id")))
        }
        [] => Err(missing()),
        [only] => Ok(only.id),
        several => Err(which::ambiguous("interaction", written, several.iter().map(line))),
    }
}

fn line(one: &Interaction) -> String {
    let subject = table::clip(one.subject.as_deref().unwrap_or_default(), 40);
    format!("{}  {}  {subject}", one.id, one.received_at)
}

/// The time that ids with this beginning were made in: the first 48 bits of a UUID of version 7 are milliseconds (RFC 9562, section 5.7).
fn span(written: &str) -> Option<(Time, Time)> {
    let digits: String = written.chars().filter(|c| *c != '-').collect();
    let filled = |with: &str| {
        let uuid = Uuid::parse_str(&(digits.clone() + &with.repeat(32_usize.saturating_sub(digits.len())))).ok()?;
        Timestamp::from_millisecond(i64::try_from(uuid.as_u128() >> 80).ok()?).ok()
    };
    let since = filled("0")?.checked_sub(MARGIN).ok()?;
    let until = filled("f")?.checked_add(MARGIN).ok()?;
    Some((since.into(), until.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_is_a_span_of_time() {
        let (since, until) = span("019aa000").unwrap();
        let id: Uuid = "019aa000-8000-7000-8000-000000000001".parse().unwrap();
        let (seconds, _) = id.get_timestamp().unwrap().to_unix();
        let made = Time::from(Timestamp::from_second(seconds.try_into().unwrap()).unwrap());
        assert!(since.to_string() < made.to_string() && made.to_string() < until.to_string(), "{since} {made} {until}");
        assert!(span("ffffffff-ffff-ffff").is_none(), "the year 10,000 and more");
        assert_eq!(span("019aa000-0000-7").unwrap().0, since);
    }
}
