//! Enhanced status codes (RFC 3463) in text, and what words and reply codes come to where there is none.

/// What words mean, by the part of the code after its class (RFC 3463 section 3).
const WORDS: &[(&str, &str)] = &[
    ("2.2", "over quota"),
    ("2.2", "quota exceed"),
    ("2.2", "exceeded quota"),
    ("2.2", "exceeds quota"),
    ("2.2", "overquota"),
    ("2.2", "mailbox full"),
    ("2.2", "mailbox is full"),
    ("2.2", "mailbox exceeds"),
    ("2.2", "maximum allowed size"),
    ("2.2", "is full"),
    ("2.2", "storage allocation"),
    ("2.2", "quota"),
    ("3.4", "message too large"),
    ("3.4", "message size exceeds"),
    ("3.4", "too large"),
    ("3.4", "size limit"),
    ("2.1", "disabled"),
    ("2.1", "deactivated"),
    ("2.1", "suspended"),
    ("2.1", "inactive"),
    ("2.1", "discontinued"),
    ("2.1", "not accepting m"),
    ("1.1", "user unknown"),
    ("1.1", "unknown user"),
    ("1.1", "unknown address"),
    ("1.1", "unknown recipient"),
    ("1.1", "unknown local"),
    ("1.1", "unknown or illegal"),
    ("1.1", "recipient unknown"),
    ("1.1", "addressee unknown"),
    ("1.1", "unknown to"),
    ("1.1", "no such user"),
    ("1.1", "no such recipient"),
    ("1.1", "no such mailbox"),
    ("1.1", "no such address"),
    ("1.1", "no such account"),
    ("1.1", "no mailbox"),
    ("1.1", "mailbox not found"),
    ("1.1", "mailbox unavailable"),
    ("1.1", "user not found"),
    ("1.1", "user doesn't"),
    ("1.1", "user does not"),
    ("1.1", "does not have a"),
    ("1.1", "doesn't have a"),
    ("1.1", "not a valid"),
    ("1.1", "not our customer"),
    ("1.1", "not listed in"),
    ("1.1", "not recognized"),
    ("1.1", "no longer"),
    ("1.1", "invalid recipient"),
    ("1.1", "invalid mailbox"),
    ("1.1", "invalid user"),
    ("1.1", "invalid address"),
    ("1.1", "recipient rejected"),
    ("1.1", "recipient address rejected"),
    ("1.1", "recipient does not exist"),
    ("1.1", "no matches to nameserver"),
    ("1.1", "account does not exist"),
    ("1.1", "mailbox does not exist"),
    ("1.1", "address does not exist"),
    ("1.1", "this user doesn"),
    ("1.2", "host unknown"),
    ("1.2", "unknown host"),
    ("1.2", "host not found"),
    ("1.2", "domain not found"),
    ("1.2", "domain does not exist"),
    ("1.2", "no such domain"),
    ("1.2", "name or service not known"),
    ("1.2", "unrouteable"),
    ("1.2", "bad destination"),
    ("4.7", "retry time"),
    ("4.7", "retry timeout"),
    ("4.7", "expired"),
    ("4.7", "too long"),
    ("4.7", "queue period"),
    ("4.7", "delivery time"),
    ("4.1", "connection refused"),
    ("4.1", "connection timed out"),
    ("4.1", "timed out"),
    ("4.1", "not responding"),
    ("4.1", "did not respond"),
    ("4.6", "routing loop"),
    ("4.6", "too many hops"),
    ("4.6", "mail loop"),
    ("7.1", "relaying denied"),
    ("7.1", "relay access denied"),
    ("7.1", "not permitted to relay"),
    ("7.1", "relaying not"),
    ("7.1", "spam"),
    ("7.1", "blocked"),
    ("7.1", "blacklist"),
    ("7.1", "access denied"),
    ("7.1", "content rejected"),
    ("7.1", "administrative"),
    ("7.1", "not accepting mail with"),
];

/// The first enhanced code of a failure or delay in a line of lower case.
pub(super) fn enhanced(line: &str) -> Option<&str> {
    let bytes = line.as_bytes();
    line.match_indices(['4', '5']).find_map(|(at, _)| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        let is_apart = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/' | b'[' | b'-');
        if bytes.get(at + 1) != Some(&b'.')
            || before.is_some_and(|byte| is_apart(byte) && *byte != b'-' || *byte == b'[')
        {
            return None;
        }
        let digits =
            |from: usize| bytes.get(from..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count();
        let subject = digits(at + 2);
        let dot = at + 2 + subject;
        let detail = digits(dot + 1);
        let end = dot + 1 + detail;
        let goes_on = match bytes.get(end) {
            Some(b'.') => bytes.get(end + 1).is_some_and(u8::is_ascii_digit),
            Some(byte) => byte.is_ascii_alphanumeric() || *byte == b'/',
            None => false,
        };
        let fits = (1..=3).contains(&subject) && (1..=3).contains(&detail) && bytes.get(dot) == Some(&b'.') && !goes_on;
        fits.then(|| line.get(at..end))?
    })
}

/// What the words of a line of lower case come to, without the class.
pub(super) fn of_words(line: &str) -> Option<&'static str> {
    WORDS.iter().find(|(_, words)| line.contains(words)).map(|(detail, _)| *detail)
}

/// What a reply code of SMTP in a line comes to, without the class (RFC 5321 section 4.2.3).
pub(super) fn of_reply(line: &str) -> Option<&'static str> {
    let code = line.split(|c: char| !c.is_ascii_alphanumeric()).find(|word| {
        word.len() == 3 && word.starts_with(['4', '5']) && word.bytes().all(|byte| byte.is_ascii_digit())
    })?;
    match code {
        "550" => Some("1.1"),
        "551" => Some("1.6"),
        "552" | "452" => Some("2.2"),
        "553" => Some("1.3"),
        "521" | "556" => Some("1.10"),
        "571" => Some("7.1"),
        _ => None,
    }
}
