//! The subjects that programs write: automatic replies and bounces, in the words of the servers in use.

use super::super::Message;
use super::super::direction::without_marks;

/// How automatic replies are called: Exchange and Outlook in the languages that they are used in most, older Exchange, and what
/// runs on other servers. The whole subject, or what stands before its colon.
const REPLIES: &[&str] = &[
    "automatic reply",
    "automatic response",
    "automated reply",
    "auto reply",
    "auto-reply",
    "autoreply",
    "auto response",
    "auto-response",
    "autoresponse",
    "out of office",
    "out of the office",
    "out of office reply",
    "out of office autoreply",
    "vacation reply",
    "automatische antwort",
    "abwesenheitsnotiz",
    "réponse automatique",
    "absence du bureau",
    "absent du bureau",
    "message d'absence",
    "respuesta automática",
    "fuera de oficina",
    "fuera de la oficina",
    "risposta automatica",
    "fuori sede",
    "fuori ufficio",
    "resposta automática",
    "ausência temporária",
    "fora do escritório",
    "automatisch antwoord",
    "afwezigheidsbericht",
    "niet aanwezig",
    "autosvar",
    "automatiskt svar",
    "automatisk svar",
    "svar automatisk",
    "automaattinen vastaus",
    "odpowiedź automatyczna",
    "automatyczna odpowiedź",
    "automatická odpověď",
    "automatická odpoveď",
    "automatikus válasz",
    "răspuns automat",
    "αυτόματη απάντηση",
    "автоматический ответ",
    "автоответ",
    "автоматична відповідь",
    "otomatik yanıt",
    "otomatik yanit",
    "תשובה אוטומטית",
    "رد تلقائي",
    "自動返信",
    "自動応答",
    "不在通知",
    "自动答复",
    "自动回复",
    "自動回覆",
    "자동 회신",
    "부재 중",
];
/// How automatic replies begin that have no colon there.
const REPLIES_BEGIN: [&str; 3] = ["[auto-reply]", "automatische abwesenheitsnotiz", "away from my mail"];
/// What Lotus Notes says of the person, in whose name it says it.
const AWAY: [&str; 8] = [
    "is out of the office",
    "ist außer haus",
    "est absent",
    "est absente",
    "no está en la oficina",
    "está fuera de la oficina",
    "è fuori ufficio",
    "is niet aanwezig",
];

/// Subjects that are a program's words from their first to their last, whoever From is.
const SURE_BOUNCES: &[&str] = &[
    "mail delivery failed: returning message to sender",
    "undelivered mail returned to sender",
    "delivery status notification (failure)",
    "delivery status notification (delay)",
    "delivery status notification (mail delivery delayed)",
    "returned mail: see transcript for details",
    "notice: mail delivery status",
];
/// How the subject of a bounce begins that comes from a postmaster.
const BOUNCES: &[&str] = &[
    "undeliver",
    "mail delivery delayed",
    "mail delivery error",
    "mail delivery fail",
    "mail delivery notification",
    "mail delivery problem",
    "mail delivery report",
    "mail delivery status",
    "mail delivery subsystem",
    "mail delivery system",
    "mail delivery warning",
    "message delivery delayed",
    "message delivery error",
    "message delivery fail",
    "message delivery notification",
    "message delivery problem",
    "message delivery status",
    "message frozen",
    "returned mail",
    "returned to sender",
    "returning message to sender",
    "automatically rejected mail",
    "relayed:",
    "failure notice",
    "delivery status notification",
    "delivery delayed",
    "delivery failure",
    "delivery failed",
    "delivery notification",
    "delivery problem",
    "[postmaster] email delivery failure",
    "email delivery failure",
    "mail failure",
    "mail not delivered",
    "mail could not be delivered",
    "message not delivered",
    "message could not be delivered",
    "message status - undeliverable",
    "non delivery",
    "non-delivery",
    "nondeliverable",
    "mail system error",
    "mail transaction failed",
    "permanent delivery failure",
    "warning: could not send message",
    "warning: message",
    "unzustellbar",
    "zustellfehler",
    "zustellung verzögert",
    "notification d'état de remise",
    "non remis",
    "remise différée",
    "no se puede entregar",
    "recapito non riuscito",
    "não entregue",
    "niet te bezorgen",
    "не доставлено",
    "недоставлено",
    "配信不能",
    "未送达",
    "未傳遞",
    "系统退信",
];

/// Whether the subject is an automatic reply's.
pub(super) fn is_reply(message: &Message<'_>, name: &str) -> bool {
    let written = without_tag(message.subject());
    let subject = folded(written);
    if REPLIES_BEGIN.iter().any(|form| folded(message.subject()).starts_with(form) || subject.starts_with(form)) {
        return true;
    }
    let says = |form: &&str| {
        subject.strip_prefix(*form).is_some_and(|rest| rest.is_empty() || rest.trim_start().starts_with(':'))
    };
    REPLIES.iter().any(says) || is_from_notes(message, written, &subject, name)
}

/// Lotus Notes writes `AUTO: ` in capitals (`Auto:` is a car in German), or the name of the person, who is the sender.
fn is_from_notes(message: &Message<'_>, written: &str, subject: &str, name: &str) -> bool {
    if let Some(rest) = written.strip_prefix("AUTO: ") {
        return rest.chars().any(char::is_lowercase);
    }
    let Some((person, rest)) =
        AWAY.iter().find_map(|away| subject.split_once(away)).filter(|(person, _)| person.ends_with(' '))
    else {
        return false;
    };
    // `Ann Vance/HQ/Acme is …`.
    let person = person.split('/').next().unwrap_or_default().trim();
    person == folded(name) || rest.starts_with(" (returning ") || message.header("x-mimetrack").is_some()
}

/// Whether the subject is a bounce's, from whoever it is.
pub(super) fn is_bounce(subject: &str) -> bool {
    let subject = folded(subject);
    SURE_BOUNCES.contains(&subject.trim_end_matches('.'))
}

/// Whether the subject is a bounce's if it is from a postmaster.
pub(super) fn is_bounce_of_postmaster(subject: &str) -> bool {
    let subject = folded(subject);
    let is_user_unknown = subject.starts_with("warning: ") && subject.ends_with("user unknown!");
    // QQ names the domain: `来自… 的退信`.
    let is_returned = subject.ends_with("退信");
    is_user_unknown || is_returned || BOUNCES.iter().any(|form| subject.starts_with(form))
}

/// Small letters, plain spaces, one kind of colon, and no signs of direction. `İ` has a small form of two characters.
fn folded(subject: &str) -> String {
    let small = without_marks(subject).trim().to_lowercase();
    let plain = small.chars().filter(|c| *c != '\u{307}').map(|c| match c {
        '\u{a0}' | '\u{202f}' => ' ',
        '：' => ':',
        '’' => '\'',
        other => other,
    });
    plain.collect()
}

/// A subject without what a gateway put before it, such as `[EXTERNAL]`.
fn without_tag(subject: &str) -> &str {
    let subject = subject.trim();
    let tagged = subject.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    match tagged {
        Some((tag, rest)) if tag.len() <= 20 && !rest.trim().is_empty() => rest.trim(),
        _ => subject,
    }
}
