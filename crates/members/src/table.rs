//! What flows can read of a mail, beside what a run itself has (`interaction.id` and its like): one row for each member. The checker,
//! the evaluation, traces and the language reference all take it from here.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::Timestamp;
use waypost_flow::email::{Definition, Fact, Member, Members, Shape};
use waypost_ids::DecisionKind;
use waypost_mail::message::{Address, AddressField, Attachment};

use crate::email::MessageView;

use Reader::{
    Addresses, Attachments, Attributes, Boolean, FirstAddress, Headers, Integer, Lookup, Object, Text, Texts, Time,
};

/// A member: how it is read below `interaction`, what reads it, what it means, and what that is for the sample mail of
/// `crates/members/tests/reference.rs`, as JSON. Those of an object stand below its own row and go on after its path:
/// `email.auth`, `email.auth.spf`, `email.auth.spf.result`.
struct Row {
    path: &'static str,
    read: Reader,
    summary: &'static str,
    example: &'static str,
    asked: &'static str,
}

const fn row(path: &'static str, read: Reader, summary: &'static str, example: &'static str) -> Row {
    Row { path, read, summary, example, asked: "" }
}

impl Row {
    /// The example is not the member itself, but what this after its path reads.
    const fn asking(self, asked: &'static str) -> Self {
        Self { asked, ..self }
    }
}

const RESULT: &str = "`pass`, `fail`, `softfail`, `neutral`, `none`, `temperror`, `permerror`, `policy` (RFC 8601), or `unknown`: not checked.";

const ALIGNED: &str = "Whether it passed for a domain that is aligned with the author's.";

/// All members, in the order of the reference.
static ROWS: &[Row] = &[
    row("envelope", Object, "The envelope that the mail came in.", ""),
    row(
        "envelope.from",
        Text(|mail| mail.envelope_from()),
        "The envelope's sender, to whom bounces go; empty for the null reverse-path. Where there was no envelope, the address of From.",
        r#""bounces@example.com""#,
    ),
    row(
        "envelope.to",
        Text(|mail| mail.envelope.to),
        "The envelope's recipient, as it was written.",
        r#""Help@example.org""#,
    ),
    row(
        "envelope.remote",
        Text(|mail| mail.remote()),
        "The IP address of the host that handed the mail in; empty where it is tried offline.",
        r#""192.0.2.1""#,
    ),
    row("email", Object, "The mail, as it came in.", ""),
    row("email.subject", Text(|mail| mail.message.subject()), "The subject, decoded.", r#""Größe 42""#),
    row(
        "email.body",
        Text(|mail| mail.message.body()),
        "All that is shown as text, in order, HTML as a browser shows it; of alternatives the plain one, unless it is blank or only asks for HTML. The first MiB.",
        r#""Please refund me.""#,
    ),
    row(
        "email.html",
        Text(|mail| mail.message.html()),
        "The HTML parts. The first MiB.",
        r#""<p>Please refund me.</p>""#,
    ),
    row(
        "email.hiddenText",
        Text(|mail| mail.message.hidden_text()),
        "What the HTML parts have in them without showing it, such as a preheader. The first MiB.",
        r#""""#,
    ),
    row(
        "email.messageId",
        Text(|mail| mail.message.message_id().unwrap_or_default()),
        "Message-ID without angle brackets.",
        r#""m3@example.com""#,
    ),
    row(
        "email.inReplyTo",
        Text(|mail| mail.message.in_reply_to()),
        "In-Reply-To without angle brackets.",
        r#""m2@example.org""#,
    ),
    row(
        "email.from",
        FirstAddress(|mail| mail.message.addresses(AddressField::From)),
        "The first address of From.",
        r#"{"address":"ann@example.com","domain":"example.com","name":"Ann"}"#,
    ),
    row(
        "email.to",
        Addresses(|mail| mail.message.addresses(AddressField::To)),
        "The addresses of To.",
        r#"[{"address":"help@example.org","domain":"example.org","name":""}]"#,
    ),
    row(
        "email.cc",
        Addresses(|mail| mail.message.addresses(AddressField::Cc)),
        "The addresses of Cc.",
        r#"[{"address":"bo@example.com","domain":"example.com","name":"Bo"}]"#,
    ),
    row(
        "email.replyTo",
        Addresses(|mail| mail.message.addresses(AddressField::ReplyTo)),
        "The addresses of Reply-To.",
        "[]",
    ),
    row(
        "email.headers",
        Headers(|mail| mail.message.headers()),
        "All header fields, decoded, by their names in lower case.",
        r#"["one","two"]"#,
    )
    .asking("['x-tag']"),
    row(
        "email.date",
        Time(|mail| Timestamp::from_second(mail.message.date()?).ok()),
        "The Date field; `receivedAt` if there is none.",
        r#""2026-03-01T10:20:00Z""#,
    ),
    row(
        "email.references",
        Texts(|mail| mail.message.references()),
        "The Message-IDs of References.",
        r#"["m1@example.com","m2@example.org"]"#,
    ),
    row(
        "email.attachments",
        Attachments(|mail| mail.message.attachments()),
        "The attachments.",
        r#"[{"contentType":"application/pdf","inline":false,"name":"bill.pdf","size":9}]"#,
    ),
    row("email.size", Integer(|mail| mail.message.size()), "The size of the raw message in bytes.", "617"),
    row(
        "email.bodyTruncated",
        Boolean(|mail| mail.message.body_truncated()),
        "Whether body or HTML were longer than what expressions see.",
        "false",
    ),
    row(
        "email.isAutoGenerated",
        Boolean(|mail| mail.automatic_reason().is_some()),
        "Whether a machine wrote it: RFC 3834, the null reverse-path, and the forms in use beside them. The trace says why.",
        "false",
    ),
    row(
        "email.header",
        Lookup(|mail, name| mail.message.header(name)),
        "The first value of a header field, its name in any case; empty if there is none.",
        r#""one""#,
    )
    .asking("('X-Tag')"),
    row("email.thread", Object, "The thread that the mail belongs to.", ""),
    row(
        "email.thread.id",
        Text(|mail| mail.thread_id()),
        "The thread: the id of the interaction that began it.",
        r#""01993f5e-0000-7d2b-9e4f-3a5b6c7d8e9f""#,
    ),
    row(
        "email.thread.reason",
        Text(|mail| mail.thread_reason()),
        "Why the mail belongs to it: `new`, `references`, `in-reply-to`, `marker` or `subject`.",
        r#""references""#,
    ),
    row(
        "email.thread.position",
        Integer(|mail| mail.thread_position()),
        "The mail's place in the thread, from 1.",
        "2",
    ),
    row(
        "previous",
        Object,
        "The thread's earlier interaction, as it was when this one was accepted. All of it is absent in the first.",
        "",
    ),
    row(
        "previous.id",
        Text(|mail| mail.previous_id()),
        "Its id; empty if there is none.",
        r#""01993f5e-0000-7d2b-9e4f-3a5b6c7d8e9f""#,
    ),
    row(
        "previous.receivedAt",
        Time(|mail| mail.previous().map(|previous| previous.received_at)),
        "When it was accepted; `receivedAt` if there is none.",
        r#""2026-02-28T09:00:00Z""#,
    ),
    row(
        "previous.decision",
        Text(|mail| mail.previous().and_then(|previous| previous.decision).map_or("", DecisionKind::as_str)),
        "How it was decided: `queue`, `forward`, `disconnect` or `unrouted`; empty if it was not yet.",
        r#""queue""#,
    ),
    row(
        "previous.queue",
        Text(|mail| mail.previous().map_or("", |previous| &previous.queue_name)),
        "The name of the queue that it was decided or transferred to; empty if it was not.",
        r#""Billing""#,
    ),
    row(
        "previous.attributes",
        Attributes(|mail| mail.previous_attributes()),
        "Its attributes. One that is not set reads as empty.",
        r#""4711""#,
    )
    .asking(".order"),
    row("email.auth", Object, "Who sent the mail, as it was found when it came in. The trace says why.", ""),
    row(
        "email.auth.spf",
        Object,
        "SPF (RFC 7208): whether the domain of the envelope's sender lets its host send.",
        "",
    ),
    row("email.auth.spf.result", Text(|mail| mail.auth().spf.result.as_str()), RESULT, r#""softfail""#),
    row(
        "email.auth.spf.domain",
        Text(|mail| &mail.auth().spf.domain),
        "The domain of the envelope's sender; of HELO, for the null reverse-path. Empty where SPF is `unknown`.",
        r#""bounces.example.com""#,
    ),
    row("email.auth.spf.aligned", Boolean(|mail| mail.auth().spf.aligned), ALIGNED, "false"),
    row("email.auth.dkim", Object, "DKIM (RFC 6376): whether a domain signed the mail as it is.", ""),
    row("email.auth.dkim.result", Text(|mail| mail.auth().dkim.result.as_str()), RESULT, r#""pass""#),
    row(
        "email.auth.dkim.domain",
        Text(|mail| &mail.auth().dkim.domain),
        "The domain that signed it; of several signatures, one that passed and is closest to the author's.",
        r#""example.com""#,
    ),
    row("email.auth.dkim.aligned", Boolean(|mail| mail.auth().dkim.aligned), ALIGNED, "true"),
    row("email.auth.dmarc", Object, "DMARC (RFC 9989): whether SPF or DKIM passed for the author's own domain.", ""),
    row("email.auth.dmarc.result", Text(|mail| mail.auth().dmarc.result.as_str()), RESULT, r#""pass""#),
    row("email.auth.dmarc.domain", Text(|mail| &mail.auth().dmarc.domain), "The domain of From.", r#""example.com""#),
    row("email.auth.dmarc.aligned", Boolean(|mail| mail.auth().dmarc.aligned), "Whether it passed.", "true"),
    row("email.scan", Object, "What a scanner says of the mail.", ""),
    row(
        "email.scan.result",
        Text(|mail| mail.scan().result.as_str()),
        "`clean`, `spam`, `infected`, `timeout`, `unavailable`; `unknown` where no scanner was asked.",
        r#""clean""#,
    ),
    row(
        "email.scan.by",
        Text(|mail| &mail.scan().by),
        "Who says so: `rspamd`, or the name of a header field; empty where no scanner was asked.",
        r#""rspamd""#,
    ),
    // What kind of mail it is, and what is new in it.
    row(
        "email.newText",
        Text(|mail| mail.message.new_text()),
        "What the sender wrote anew: the body without quotes of earlier mails and without signatures. What is forwarded is new. Of the first MiB of the body.",
        r#""Please refund me.""#,
    ),
    row(
        "email.language",
        Text(|mail| mail.message.language()),
        "The language of `newText` by ISO 639-1, such as `de`; empty if a text is too short to tell.",
        r#""""#,
    ),
    row(
        "email.isBulk",
        Boolean(|mail| mail.message.to_many().bulk.is_some()),
        "Whether it was sent to many at once, such as a newsletter. What a person posts on a mailing list is not. The trace says why.",
        "false",
    ),
    row(
        "email.isList",
        Boolean(|mail| mail.message.to_many().list.is_some()),
        "Whether a mailing list passed it on (RFC 2369, RFC 2919). The trace says why.",
        "false",
    ),
    row(
        "email.isAutoReply",
        Boolean(|mail| mail.message.automatic_reply().is_some()),
        "Whether a machine answers a mail with it: an away notice, an acknowledgement. Such mail is automatic, too. The trace says why.",
        "false",
    ),
    row(
        "email.isBounce",
        Boolean(|mail| mail.message.bounce().is_some_and(|bounce| !bounce.is_delay)),
        "Whether a server says that a mail could not be delivered. The trace says why.",
        "false",
    ),
    row(
        "email.isDelayed",
        Boolean(|mail| mail.message.bounce().is_some_and(|bounce| bounce.is_delay)),
        "Whether a server says that a mail is late and may still arrive. The trace says why.",
        "false",
    ),
    row("email.bounce", Object, "Which mail came back, or is late.", ""),
    row(
        "email.bounce.recipient",
        Text(|mail| mail.message.bounce().map_or("", |bounce| &bounce.recipient)),
        "The recipient who did not get it, the first of several; empty if the mail is no bounce, or does not say.",
        r#""""#,
    ),
    row(
        "email.bounce.status",
        Text(|mail| mail.message.bounce().map_or("", |bounce| &bounce.status)),
        "The status code of RFC 3463, such as `5.1.1`: written, or what the server's words come to. Empty if the mail is no bounce.",
        r#""""#,
    ),
    row(
        "email.bounce.of",
        Text(|mail| mail.message.bounce().map_or("", |bounce| &bounce.of)),
        "The Message-ID of the mail that came back, without angle brackets; empty if the mail is no bounce, or does not say.",
        r#""""#,
    ),
    row("email.calendar", Object, "The calendar object that came with it (RFC 5545).", ""),
    row(
        "email.calendar.method",
        Text(|mail| &mail.message.calendar().method),
        "What it is for, such as `REQUEST` for an invitation, `REPLY`, `CANCEL`; empty if there is none, or it does not say.",
        r#""""#,
    ),
    row(
        "email.calendar.uid",
        Text(|mail| &mail.message.calendar().uid),
        "The event that it is about: its UID; empty if there is no calendar object.",
        r#""""#,
    ),
    row(
        "email.isEncrypted",
        Boolean(|mail| mail.message.is_encrypted()),
        "Whether it, or a part of it, is encrypted by S/MIME or PGP.",
        "false",
    ),
    row(
        "email.isSigned",
        Boolean(|mail| mail.message.is_signed()),
        "Whether it, or a part of it, is signed by S/MIME or PGP. Nobody checks the signature.",
        "false",
    ),
    row(
        "email.isTnef",
        Boolean(|mail| mail.message.is_tnef()),
        "Whether it came in Exchange's own form, TNEF: `winmail.dat` among the attachments.",
        "false",
    ),
];

/// What reads a member; its type follows from it.
enum Reader {
    /// Nothing: it has members of its own.
    Object,
    /// A text; empty if there is none.
    Text(for<'v> fn(&'v MessageView<'_, '_>) -> &'v str),
    /// A number.
    Integer(fn(&MessageView<'_, '_>) -> u64),
    /// A truth value.
    Boolean(fn(&MessageView<'_, '_>) -> bool),
    /// A point in time; without one it reads as `receivedAt`.
    Time(fn(&MessageView<'_, '_>) -> Option<Timestamp>),
    /// A list of texts.
    Texts(for<'v> fn(&'v MessageView<'_, '_>) -> &'v [String]),
    /// Header fields by their names in lower case.
    Headers(for<'v> fn(&'v MessageView<'_, '_>) -> &'v BTreeMap<String, Vec<String>>),
    /// Attributes by name.
    Attributes(for<'v> fn(&'v MessageView<'_, '_>) -> &'v BTreeMap<String, String>),
    /// An address: the first of these.
    FirstAddress(for<'v> fn(&'v MessageView<'_, '_>) -> &'v [Address]),
    /// A list of addresses.
    Addresses(for<'v> fn(&'v MessageView<'_, '_>) -> &'v [Address]),
    /// A list of attachments.
    Attachments(for<'v> fn(&'v MessageView<'_, '_>) -> &'v [Attachment]),
    /// A function from a name to a text.
    Lookup(for<'v> fn(&'v MessageView<'_, '_>, &str) -> Option<&'v str>),
}

impl Reader {
    fn shape(&self) -> Shape {
        match self {
            Object => Shape::Object,
            Text(_) => Shape::Text,
            Integer(_) => Shape::Integer,
            Boolean(_) => Shape::Boolean,
            Time(_) => Shape::Time,
            Texts(_) => Shape::Texts,
            Headers(_) => Shape::Headers,
            Attributes(_) => Shape::Attributes,
            FirstAddress(_) => Shape::Address,
            Addresses(_) => Shape::Addresses,
            Attachments(_) => Shape::Attachments,
            Lookup(_) => Shape::Lookup,
        }
    }
}

/// The members that flows can read, as the language is given them.
pub fn members() -> &'static Members {
    static MEMBERS: LazyLock<Members> = LazyLock::new(|| {
        let definition = |row: &Row| Definition {
            path: row.path,
            shape: row.read.shape(),
            summary: row.summary,
            example: row.example,
            asked: row.asked,
        };
        Members::new(ROWS.iter().map(definition))
    });
    &MEMBERS
}

fn reader(member: &Member) -> Option<&'static Reader> {
    ROWS.get(member.number).map(|row| &row.read)
}

/// What a mail says for a member.
pub(crate) fn fact<'v>(mail: &'v MessageView<'_, '_>, member: &Member) -> Fact<'v> {
    match reader(member) {
        Some(Text(read)) => Fact::Text(read(mail)),
        Some(Integer(read)) => Fact::Integer(read(mail)),
        Some(Boolean(read)) => Fact::Boolean(read(mail)),
        Some(Time(read)) => Fact::Time(read(mail)),
        Some(Texts(read)) => Fact::Texts(read(mail)),
        Some(Headers(read)) => Fact::Headers(read(mail)),
        Some(Attributes(read)) => Fact::Attributes(read(mail)),
        Some(FirstAddress(read) | Addresses(read)) => Fact::Addresses(read(mail).len()),
        Some(Attachments(read)) => Fact::Attachments(read(mail).len()),
        Some(Object | Lookup(_)) | None => Fact::Nothing,
    }
}

/// A member's addresses.
pub(crate) fn addresses<'v>(mail: &'v MessageView<'_, '_>, member: &Member) -> &'v [Address] {
    match reader(member) {
        Some(FirstAddress(read) | Addresses(read)) => read(mail),
        _ => &[],
    }
}

/// A member's attachments.
pub(crate) fn attachments<'v>(mail: &'v MessageView<'_, '_>, member: &Member) -> &'v [Attachment] {
    match reader(member) {
        Some(Attachments(read)) => read(mail),
        _ => &[],
    }
}

/// What a member that is a function, or attributes, says for a name.
pub(crate) fn look_up<'v>(mail: &'v MessageView<'_, '_>, member: &Member, name: &str) -> &'v str {
    match reader(member) {
        Some(Lookup(read)) => read(mail, name).unwrap_or_default(),
        Some(Attributes(read)) => read(mail).get(name).map_or("", String::as_str),
        _ => "",
    }
}
