//! Whether a mail went to many: in bulk, or as a post of a mailing list. These are different facts: what a person posts on a list
//! is the list's, and not bulk.

use super::Message;
use super::automatic::{Reason, first_word};

/// To whom a mail went, and how one knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ToMany {
    /// Why one knows that it was sent in bulk; `None` if nothing says so.
    pub bulk: Option<Reason>,
    /// Why one knows that a mailing list passed it on (RFC 2369, RFC 2919, and what lists wrote before); `None` if nothing says so.
    pub list: Option<Reason>,
}

/// What a field is a sign of.
#[derive(Clone, Copy)]
enum Sign {
    Post,
    List,
    Id,
    Unsubscribe,
    Precedence,
    Feedback,
    Campaign,
}

/// The fields that say so, in lower case.
const SIGNS: [(&str, Sign); 18] = [
    ("list-post", Sign::Post),
    ("list-id", Sign::Id),
    ("list-unsubscribe", Sign::Unsubscribe),
    ("precedence", Sign::Precedence),
    ("feedback-id", Sign::Feedback),
    // What lists of before RFC 2369 and RFC 2919 call themselves in.
    ("mailing-list", Sign::List),
    ("x-mailing-list", Sign::List),
    ("x-mailman-version", Sign::List),
    ("x-beenthere", Sign::List),
    // What only those write who send to many at once.
    ("x-campaign", Sign::Campaign),
    ("x-campaignid", Sign::Campaign),
    ("x-campaign-id", Sign::Campaign),
    ("x-mailchimp-campaign-id", Sign::Campaign),
    ("x-mc-user", Sign::Campaign),
    ("x-csa-complaints", Sign::Campaign),
    ("x-rpcampaign", Sign::Campaign),
    ("x-mailer-campaign", Sign::Campaign),
    ("x-newsletter-id", Sign::Campaign),
];
/// Who puts Feedback-ID on each mail, also on what people write.
const ON_EVERY_MAIL: [&str; 1] = ["amazonses"];

/// Reads the signs in one pass over the header.
pub(super) fn read(message: &Message<'_>) -> ToMany {
    let (mut post, mut old, mut id, mut unsubscribe, mut campaign) = (None, false, false, false, false);
    let (mut precedence, mut feedback) = (String::new(), false);
    for field in message.fields.raw() {
        // Most fields begin with another letter.
        if !field.name.starts_with(['L', 'l', 'X', 'x', 'P', 'p', 'F', 'f', 'M', 'm']) {
            continue;
        }
        let Some((name, sign)) = SIGNS.iter().find(|(name, _)| field.is(name)) else { continue };
        let is_blank = field.value.trim_ascii().is_empty();
        let value = || message.header(name).unwrap_or_default();
        match sign {
            Sign::Post => post = Some(!first_word(value()).eq_ignore_ascii_case("no")),
            Sign::List => old = true,
            Sign::Id => id = true,
            Sign::Unsubscribe => unsubscribe |= !is_blank,
            Sign::Precedence => precedence = first_word(value()),
            Sign::Feedback => {
                let sender = value().rsplit(':').next().unwrap_or_default().trim().to_ascii_lowercase();
                feedback |= !sender.is_empty() && !ON_EVERY_MAIL.contains(&sender.as_str());
            }
            Sign::Campaign => campaign |= !is_blank,
        }
    }
    let is = |words: &[&str]| words.contains(&precedence.as_str());
    // A list that says nothing of posts takes them if it is of old.
    let takes_posts = post.unwrap_or(old);
    let list = [
        (post == Some(true), Reason::of("list-post")),
        (takes_posts, Reason::of("list-field")),
        (is(&["list"]), Reason::PRECEDENCE),
        (id, Reason::of("list-id")),
    ];
    let bulk = [
        (is(&["bulk", "junk"]), Reason::PRECEDENCE),
        (unsubscribe, Reason::of("list-unsubscribe")),
        (feedback, Reason::of("feedback-id")),
        (campaign, Reason::of("campaign-field")),
    ];
    let first = |signs: &[(bool, Reason)]| signs.iter().find(|(holds, _)| *holds).map(|(_, reason)| *reason);
    ToMany { bulk: if takes_posts { None } else { first(&bulk) }, list: first(&list) }
}
