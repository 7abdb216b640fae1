//! Bounces in words, as servers write them that send no report, or one that says nothing.

use super::codes;

/// The most of a notice that is read, in bytes.
const LONGEST: usize = 64 * 1024;
/// The longest line that is looked at, in bytes.
const LONGEST_LINE: usize = 2000;
/// How many lines below a recipient say why.
const REASON_LINES: usize = 10;

/// What a notice says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Notice {
    /// The first recipient that is named, empty if none is.
    pub(super) recipient: String,
    /// The enhanced status code (RFC 3463).
    pub(super) status: String,
    /// Whether the server goes on trying.
    pub(super) is_delay: bool,
    /// Whether it says in words that a mail was not delivered.
    pub(super) is_sure: bool,
    /// Whether the recipient stands on a line of its own, as programs list them.
    pub(super) is_listed: bool,
    /// The Message-ID of the mail that is returned in the text, without brackets; empty if it is not there.
    pub(super) of: String,
    /// The line that says why; empty if none does.
    pub(super) says: String,
}

/// Who a notice is from and to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Parties<'a> {
    /// The address that it is from.
    pub(super) from: &'a str,
    /// The addresses that it is to.
    pub(super) to: &'a [&'a str],
}

/// How a line says that the mail follows that comes back.
const COPIES: &[&str] = &[
    "below this line is a copy",
    "copy of the message",
    "copy of your message",
    "original message follow",
    "lines of your original message",
    "- returned mail -",
    "original message:",
    "original message header",
    "original mail",
    "---- original message",
    "--- original message",
    "-- original message",
    "message header follow",
    "message headers follow",
    "headers of the original",
    "header of the original",
    "the original message header",
    "message text follows",
    "your message follows",
    "start of returned message",
    "returned message follows",
    "returned message below",
    "unsent message",
    "undelivered message follows",
    "text of your message",
    "message contents follow",
    "begin message header",
    "the first part of your message",
    "included is a copy",
    "returned mail follows",
];
/// How a line says that recipients did not get the mail.
const FAILURES: &[&str] = &[
    "could not be delivered",
    "couldn't be delivered",
    "cannot be delivered",
    "can not be delivered",
    "was not delivered",
    "were not delivered",
    "not be delivered",
    "has not been delivered",
    "not delivered to",
    "undeliver",
    "unable to deliver",
    "wasn't able to deliver",
    "unable to be delivered",
    "delivery failed",
    "delivery fail",
    "delivery to the following",
    "failed to deliver",
    "failed addresses",
    "failed recipient",
    "did not reach",
    "did not receive",
    "fatal errors",
    "following address",
    "following recipient",
    "following destination",
    "user unknown",
    "unknown user",
    "unknown address",
    "unknown recipient",
    "recipient unknown",
    "addressee unknown",
    "unknown or illegal",
    "unknown local",
    "unrouteable",
    "no such user",
    "no such recipient",
    "no such mailbox",
    "no such address",
    "no mailbox",
    "not a valid",
    "not our customer",
    "invalid recipient",
    "invalid address",
    "invalid mailbox",
    "invalid user",
    "bad destination",
    "bad address",
    "does not exist",
    "doesn't exist",
    "does not have",
    "doesn't have",
    "not exist",
    "not found",
    "not known",
    "not listed",
    "not recognized",
    "no longer",
    "inactive",
    "disabled",
    "deactivated",
    "suspended",
    "discontinued",
    "unavailable",
    "rejected",
    "refused",
    "denied",
    "over quota",
    "over the maximum",
    "quota",
    "mailbox full",
    "mailbox is full",
    "mailbox exceeds",
    "storage",
    "is full",
    "delivery error",
    "error while",
    "rcpt to",
    "no matches",
    "intended recipient",
    "encountered an error",
    "error was detected",
    "affected recipient",
    "invalid final delivery",
    "did not exactly match",
    "address to which your message",
    "message looping",
    "bounced",
    "returned mail",
    "returned to sender",
    "returning message",
    "non-delivery",
    "nondeliver",
    "unzustellbar",
    "nicht zugestellt",
    "konnte nicht",
    "n'a pas pu",
    "non remis",
    "no se pudo",
    "no se ha podido",
    "non è stato possibile",
    "não foi possível",
    "niet worden bezorgd",
    "nie można",
    "не удалось",
    "не доставлено",
    "无法",
    "退信",
    "できませんでした",
];
/// How a line says that the server goes on trying.
const DELAYS: &[&str] = &[
    "has not yet been delivered",
    "not yet been delivered",
    "not been delivered yet",
    "could not be delivered yet",
    "delivery delayed",
    "has been delayed",
    "is delayed",
    "message delayed",
    "delayed for",
    "will be retried",
    "will be tried again",
    "will continue to try",
    "will keep trying",
    "will try to deliver",
    "still trying",
    "attempts to deliver the message will continue",
    "attempts will continue",
    "no action is required",
    "do not need to resend",
    "don't need to resend",
    "not need to resend",
    "warning message only",
    "this is a warning",
    "been postponed",
    "attempts will continue to be made",
    "about a delay",
    "no need to resend",
    "continue trying",
    "not yet received",
    "message is still in",
    "still in the queue",
    "delivery attempts will",
    "retrying",
    "wird weiter versucht",
];
/// How a line says that it does not.
const ENDS: &[&str] =
    &["giving up", "given up", "gave up", "permanent", "no longer be retried", "will not be retried", "final"];

/// How an address is named, the better the lower.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Named {
    /// In a field of a report.
    Field,
    /// At the beginning of a line of its own.
    Line,
    /// In a line that says what went wrong.
    Failure,
    /// As the recipient of the mail.
    To,
    /// Anywhere.
    Somewhere,
}

/// Reads a notice. Where no recipient is found, `Notice::recipient` is empty.
pub(super) fn read(text: &str, parties: Parties<'_>) -> Notice {
    let text = text.get(..text.floor_char_boundary(LONGEST)).unwrap_or(text);
    let lines: Vec<&str> = text.split('\n').map(str::trim_end).collect();
    let copy = lines.iter().position(|line| begins_copy(line)).unwrap_or(lines.len());
    let (notice, rest) = lines.split_at(copy);
    let lower: Vec<String> = notice.iter().map(|line| folded(line)).collect();
    let any = |words: &[&str]| lower.iter().any(|line| words.iter().any(|word| line.contains(word)));
    let is_delay = any(DELAYS) && !any(ENDS);
    let mut best: Option<(Named, usize, String)> = None;
    for (at, line) in notice.iter().enumerate() {
        let low = lower.get(at).map_or("", String::as_str);
        for (address, place) in addresses(line) {
            let Some(named) = named(line, low, address, place, parties) else { continue };
            if best.as_ref().is_none_or(|(other, ..)| named < *other) {
                best = Some((named, at, address.to_owned()));
            }
        }
    }
    let bare = || bare_name(notice, &lower, parties.from);
    let announced = best.is_none() || best.as_ref().is_some_and(|(named, ..)| *named > Named::Line);
    let best = announced.then(bare).flatten().or(best).filter(|(named, ..)| *named != Named::Somewhere).or_else(|| {
        let to = rest.iter().find_map(|line| line.strip_prefix("To:").or_else(|| line.strip_prefix("to:")))?;
        let (address, _) = addresses(to).next()?;
        (addresses(to).count() == 1).then(|| (Named::To, 0, address.to_owned()))
    });
    let about = best.as_ref().map(|(_, at, _)| *at);
    let is_listed = best.as_ref().is_some_and(|(named, ..)| *named <= Named::Line);
    let status = status(&lower, about, is_delay);
    let says = reason(&lower, about).and_then(|at| notice.get(at)).map(|line| line.trim().to_owned());
    Notice {
        recipient: best.map(|(.., address)| address).unwrap_or_default(),
        status,
        is_delay,
        is_sure: any(FAILURES) || is_delay,
        is_listed,
        of: message_id(&lines).unwrap_or_default().to_owned(),
        says: says.unwrap_or_default(),
    }
}

fn folded(line: &str) -> String {
    line.get(..line.floor_char_boundary(LONGEST_LINE)).unwrap_or(line).to_lowercase().replace('’', "'")
}

/// Whether the mail that comes back begins at a line.
fn begins_copy(line: &str) -> bool {
    let line = line.trim_start_matches(['>', ' ', '|']);
    if line.starts_with("Received: ") || line.starts_with("Return-Path: ") || line.starts_with("Return-path: ") {
        return true;
    }
    if line.len() > 200 {
        return false;
    }
    let line = line.to_lowercase();
    COPIES.iter().any(|form| line.contains(form)) && !line.contains("http") && !line.contains("receive")
}

/// How a line names an address; none if that is nobody who did not get the mail.
fn named(line: &str, low: &str, address: &str, place: usize, parties: Parties<'_>) -> Option<Named> {
    let is = |other: &str| other.eq_ignore_ascii_case(address);
    if is(parties.from) || is_office(address) {
        return None;
    }
    let trimmed = line.trim_start_matches([' ', '\t', '<', '>', '"', '\'', '*', '-', '•', '(', '[']);
    let begins = line.len() - trimmed.len() == place;
    let has = |words: &[&str]| words.iter().any(|word| low.contains(word));
    if low.contains("final-recipient") || low.contains("original-recipient") {
        return Some(Named::Field);
    }
    let is_other_field =
        ["from:", "sender:", "reply-to:", "message-id:", "in-reply-to:", "references:", "x-", "date:", "received:"];
    let bare = low.trim_start_matches(['>', ' ', '\t']);
    if is_other_field.iter().any(|field| bare.starts_with(field)) || low.contains("mail from") {
        return None;
    }
    let is_ours = parties.to.iter().any(|to| is(to));
    if begins {
        let after = trimmed.get(address.len()..).unwrap_or_default().trim_start_matches(['>', '"', '\'', ')', ']']);
        let ends = after.trim_start().is_empty()
            || after.starts_with([':', ',', ';'])
            || after.starts_with("...")
            || after.starts_with(" on ")
            || has(FAILURES);
        if ends && !is_ours {
            return Some(Named::Line);
        }
    }
    if is_ours || bare.starts_with("subject:") {
        return None;
    }
    if ["to:", "to ", "for ", "an:", "cc:"].iter().any(|field| bare.starts_with(field)) && !low.contains("rcpt") {
        return Some(Named::To);
    }
    if ["contact", "please", "write to", "mailto:", "assistance", "forward", "if you", "questions", "help"]
        .iter()
        .any(|word| low.contains(word))
        && !has(FAILURES)
    {
        return Some(Named::Somewhere);
    }
    if has(FAILURES)
        || low.contains("user")
        || low.contains("recipient")
        || low.contains("smtp=")
        || low.contains(" 5")
        || low.starts_with('5')
    {
        return Some(Named::Failure);
    }
    Some(Named::Somewhere)
}

/// Whether an address is an office's, whom one may ask about the mail.
fn is_office(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default();
    ["postmaster", "mailer-daemon", "abuse", "hostmaster", "support", "helpdesk"]
        .iter()
        .any(|office| local.eq_ignore_ascii_case(office))
}

/// A name without a domain on a line of its own, below one that announces recipients: it is at the server that writes.
fn bare_name(notice: &[&str], lower: &[String], from: &str) -> Option<(Named, usize, String)> {
    let announces = |line: &String| {
        let said = ["following recipient", "following address", "not delivered to the following", "failed for"]
            .iter()
            .any(|word| line.contains(word));
        said && line.contains(':')
    };
    let start = lower.iter().position(announces)?;
    let (_, domain) = from.split_once('@')?;
    let domain = domain
        .split_once('.')
        .filter(|(host, rest)| {
            rest.contains('.') && ["mx", "mail", "smtp", "mr", "omr"].iter().any(|name| host.starts_with(name))
        })
        .map_or(domain, |(_, rest)| rest);
    notice.iter().enumerate().skip(start + 1).filter(|(_, line)| !line.trim().is_empty()).take(2).find_map(
        |(at, line)| {
            let text = line.trim();
            let (word, rest) = text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()));
            let is_name =
                word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-+".contains(&byte));
            let is_alone = rest.is_empty() || rest.starts_with("  ");
            (is_name && is_alone && line.starts_with([' ', '\t']))
                .then(|| (Named::Line, at, format!("{word}@{domain}")))
        },
    )
}

/// The status code that a notice gives for a recipient, or what its words come to.
fn status(lower: &[String], about: Option<usize>, is_delay: bool) -> String {
    let near = || lower.iter().skip(about.unwrap_or(0)).take(REASON_LINES).map(String::as_str);
    let all = || lower.iter().map(String::as_str);
    let written = near().find_map(codes::enhanced).or_else(|| all().find_map(codes::enhanced));
    if let Some(code) = written {
        return code.to_owned();
    }
    let told = near().find_map(codes::of_words).or_else(|| all().find_map(codes::of_words));
    let reply = || near().find_map(codes::of_reply).or_else(|| all().find_map(codes::of_reply));
    let detail = told.or_else(reply).unwrap_or("0.0");
    let class = if is_delay { '4' } else { '5' };
    format!("{class}.{detail}")
}

/// The line near a recipient that says most of why: by a code, else in words, else by a reply code.
fn reason(lower: &[String], about: Option<usize>) -> Option<usize> {
    let near = || lower.iter().enumerate().skip(about.unwrap_or(0)).take(REASON_LINES);
    let tells: [fn(&str) -> bool; 3] = [
        |line| codes::enhanced(line).is_some(),
        |line| codes::of_words(line).is_some(),
        |line| codes::of_reply(line).is_some(),
    ];
    tells.iter().find_map(|tells| near().find(|(_, line)| tells(line)).map(|(at, _)| at))
}

/// Of a mail that was sent on the ID that it got then, as in a report.
fn message_id<'t>(lines: &[&'t str]) -> Option<&'t str> {
    let of = |name: &str| {
        lines.iter().find_map(|line| {
            let line = line.trim_start_matches(['>', ' ', '\t']);
            let rest = line.get(name.len()..)?.trim();
            let id = rest.strip_prefix('<')?.split('>').next()?;
            let is_named = line.get(..name.len())?.eq_ignore_ascii_case(name);
            (is_named && id.contains('@') && id.len() < 998).then_some(id)
        })
    };
    of("resent-message-id:").or_else(|| of("message-id:"))
}

/// The addresses in a line, and where each begins.
fn addresses(line: &str) -> impl Iterator<Item = (&str, usize)> {
    let line = line.get(..line.floor_char_boundary(LONGEST_LINE)).unwrap_or(line);
    let is_local = |c: char| c.is_alphanumeric() || "._%+-=#&'*/!$^~{}|?`".contains(c);
    let is_domain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    line.match_indices('@').filter_map(move |(at, _)| {
        let before = line.get(..at)?;
        let local = before
            .rfind(|c: char| !is_local(c))
            .map_or(0, |end| end + before.get(end..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8));
        // X.400 names the form: `SMTP=ann@x.example`; a relay the type: `rfc822;ann@x.example`.
        let local = before
            .get(local..)?
            .rfind('=')
            .filter(|_| before.to_ascii_lowercase().contains("smtp="))
            .map_or(local, |sign| local + sign + 1);
        let after = line.get(at + 1..)?;
        let end = after.find(|c: char| !is_domain(c)).unwrap_or(after.len());
        let domain = after.get(..end)?.trim_end_matches(['.', '-']);
        let local =
            local + line.get(local..at)?.len() - line.get(local..at)?.trim_start_matches(['\'', '`', '/']).len();
        let length = at + 1 + domain.len() - local;
        (local < at && domain.contains('.') && length <= 320)
            .then(|| line.get(local..local + length).map(|address| (address, local)))?
    })
}
