//! Whether a mailing list passed a mail on.

use super::{Message, first_word};

/// What lists of before RFC 2369 and RFC 2919 call themselves in.
const OLD: [&str; 4] = ["mailing-list", "x-mailing-list", "x-mailman-version", "x-beenthere"];

/// Whether a list passed the mail on, and takes posts from its members.
pub(super) fn takes_posts(message: &Message<'_>) -> bool {
    match message.header("list-post") {
        Some(post) => !first_word(post).eq_ignore_ascii_case("no"),
        None => OLD.iter().any(|name| message.header(name).is_some()),
    }
}

/// The field by which one knows that the mail went to many by a list (RFC 2369, RFC 2919), or as `Precedence` says.
pub(in crate::message) fn named_by(message: &Message<'_>) -> Option<&'static str> {
    let named = ["list-id", "list-post"].into_iter().chain(OLD);
    named.into_iter().find(|name| message.header(name).is_some()).or_else(|| {
        let precedence = first_word(message.header("precedence").unwrap_or_default());
        ["list", "bulk"].contains(&precedence.as_str()).then_some("precedence")
    })
}
