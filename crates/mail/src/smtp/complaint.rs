//! Every refusal of a session in one table: its codes, what the sender reads, and what the log says.
//!
//! The sender's text is plain and gives away nothing. The log's text says why; the log line has the client's address, the codes and, where a
//! limit was the reason, its value.

use waypost_admission::Full;

use super::reply::{Class, Status};

/// What a refusal means for the session and the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// The client's mistake. It counts towards [`max_errors`](super::Settings::max_errors), and is logged for debugging.
    Mistake,
    /// A limit, or something on our side. The client did nothing wrong in form.
    Limit,
    /// A limit or mistake that ends the session.
    Closing,
    /// What honest clients never do. The session ends.
    Attack,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) status: Status,
    pub(super) weight: Weight,
    /// What the sender reads.
    pub(super) public: &'static str,
    /// What the log says.
    pub(super) private: &'static str,
}

macro_rules! complaints {
    ($($name:ident: $class:ident $basic:literal $subject:literal $detail:literal $weight:ident, $public:literal, $private:literal;)*) => {
        /// A refusal.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Complaint { $($name,)* }

        impl Complaint {
            #[cfg(test)]
            const ALL: &[Self] = &[$(Self::$name,)*];

            /// The row of the table.
            pub(super) const fn row(self) -> Row {
                match self {
                    $(Self::$name => Row {
                        status: Status::new(Class::$class, $basic, $subject, $detail),
                        weight: Weight::$weight,
                        public: $public,
                        private: $private,
                    },)*
                }
            }
        }
    };
}

// The last two digits of the reply code, then subject and detail of the enhanced code (RFC 3463); the class is the first digit of both.
complaints! {
    // The form of commands.
    LineTooLong: Permanent 0 5 2 Mistake, "line too long", "a command line is longer than allowed";
    BareLineFeed: Permanent 0 5 2 Mistake, "lines end with CRLF, not with LF alone", "a command line ended with LF alone";
    NotText: Permanent 0 5 2 Mistake, "commands are printable text", "a command has control characters or is not UTF-8";
    UnknownCommand: Permanent 0 5 1 Mistake, "unknown command; HELP lists the commands", "unknown command";
    Argument: Permanent 1 5 4 Mistake, "this command takes no argument", "an argument where none is allowed";
    NoName: Permanent 1 5 4 Mistake, "give your host name, such as EHLO mail.example.org", "EHLO or HELO without a valid name";
    VerifyNobody: Permanent 1 5 4 Mistake, "expected VRFY and an address", "VRFY without an address";
    BadSender: Permanent 1 1 7 Mistake, "expected MAIL FROM:<local@domain> or MAIL FROM:<>", "MAIL with a malformed address";
    BadRecipient: Permanent 1 1 3 Mistake, "expected RCPT TO:<local@domain>", "RCPT with a malformed address";
    ParameterTwice: Permanent 1 5 4 Mistake, "a parameter appears twice", "MAIL with a parameter given twice";
    BadParameter: Permanent 1 5 4 Mistake, "expected SIZE=bytes, BODY=7BIT or 8BITMIME, SMTPUTF8", "MAIL with a malformed parameter";
    UnknownParameter: Permanent 55 5 4 Mistake, "unknown parameter", "MAIL or RCPT with an unknown parameter";
    NeedsSmtputf8: Permanent 53 6 7 Mistake, "this address needs the parameter SMTPUTF8 in MAIL", "an address outside ASCII without SMTPUTF8";
    BadChunk: Permanent 1 5 4 Closing, "expected BDAT bytes or BDAT bytes LAST, closing", "a malformed BDAT: it is unknown how much content follows";

    // The order of commands.
    NoHello: Permanent 3 5 1 Mistake, "send EHLO first", "MAIL before EHLO";
    SenderTwice: Permanent 3 5 1 Mistake, "there is a sender already; RSET starts again", "MAIL within a transaction";
    NoSender: Permanent 3 5 1 Mistake, "send MAIL first", "RCPT, DATA or BDAT before MAIL";
    NoRecipients: Permanent 54 5 1 Mistake, "no valid recipients", "content without a recipient";
    WithinChunks: Permanent 3 5 1 Mistake, "the content is coming by BDAT; RSET drops it", "DATA or RCPT between chunks";
    ChunkOfNothing: Permanent 3 5 1 Mistake, "send MAIL and RCPT first, and have a recipient accepted", "BDAT without a recipient; its bytes were dropped";
    SecureAlready: Permanent 3 5 1 Mistake, "the connection is encrypted already", "STARTTLS on an encrypted connection";
    NoTls: Permanent 2 5 1 Mistake, "TLS is not offered here", "STARTTLS without a certificate";
    WithinTransaction: Permanent 3 5 1 Mistake, "not allowed within a transaction; RSET ends it", "STARTTLS, XCLIENT or XFORWARD within a transaction";

    // Content.
    ContentLineFeed: Permanent 50 5 2 Mistake, "the message has a LF without CR; lines end with CRLF", "a bare LF in the content, and --bare-lf is reject";
    ContentCarriageReturn: Permanent 50 5 2 Mistake, "the message has a CR without LF; lines end with CRLF", "a bare CR in the content";
    FalseEnd: Permanent 21 5 2 Attack, "a dot between line ends other than CRLF, closing", "a false end of data, as used to smuggle messages";
    TooLarge: Permanent 52 3 4 Mistake, "the message is too large", "a message larger than --max-message-bytes";
    Endless: Permanent 52 3 4 Closing, "the message is far too large, closing", "a message that continues beyond twice the largest size";
    Content: Permanent 50 6 0 Mistake, "this content is not accepted", "the content is not accepted";

    // Recipients and storage, as the intake says. Of a list of recipients many may be gone, and of them the client can know nothing: that is no
    // mistake of its.
    UnknownRecipient: Permanent 50 1 1 Limit, "no such recipient here", "no route leads to the recipient";
    Policy: Permanent 50 7 1 Mistake, "not allowed here", "refused by policy";
    StorageUnavailable: Temporary 51 3 0 Limit, "temporarily unable to store mail, try again later", "the store does not answer in time";
    StorageFull: Temporary 52 3 1 Limit, "temporarily out of space, try again later", "the disk is full";
    NoMemory: Temporary 52 3 1 Limit, "temporarily out of space, try again later", "the memory for mail on its way in is used up";

    // Limits.
    TooManyRecipients: Temporary 52 5 3 Limit, "too many recipients; send to these first", "more recipients in one message than allowed";
    MailsPerMinute: Temporary 50 7 1 Limit, "too much mail from your address, try again later", "more mails a minute than --smtp-mails-per-minute";
    CommandsPerMinute: Temporary 21 7 0 Closing, "too many commands from your address, try again later", "more commands a minute than --smtp-commands-per-minute";
    CommandsOfSession: Temporary 21 7 0 Closing, "too many commands without a message, closing", "more commands without an accepted message than a session may have";
    ErrorsOfSession: Temporary 21 7 0 Closing, "too many errors, closing", "more mistakes than a session may have";
    ConnectionsOfAddress: Temporary 21 7 0 Closing, "too many connections from your address, try again later", "the address has its share of --smtp-connections";
    ConnectionsOfNetwork: Temporary 21 7 0 Closing, "too many connections from your network, try again later", "the network has its share of --smtp-connections";
    ConnectionsInAll: Temporary 21 3 2 Closing, "too many connections, try again later", "all of --smtp-connections are in use";
    Evicted: Temporary 21 3 2 Closing, "too many connections, and this one was idle, closing", "an idle connection made room for another";
    Silent: Temporary 21 4 2 Closing, "idle for too long, closing", "the client was silent for too long";
    SlowContent: Temporary 21 4 2 Closing, "the message took too long, closing", "a message took longer than --smtp-data-seconds";
    LongSession: Temporary 21 4 2 Closing, "the session took too long, connect again", "a session took longer than --smtp-session-seconds";
    Stopping: Temporary 21 3 2 Closing, "shutting down, try again later", "the server is shutting down";

    // Front ends.
    ProxyUntrusted: Permanent 50 7 0 Attack, "PROXY is only accepted from trusted front ends, closing", "a PROXY header from outside of --smtp-trusted-proxy";
    ProxyMalformed: Temporary 21 5 2 Closing, "malformed PROXY header, closing", "a connection from --smtp-trusted-proxy without a valid PROXY header";
    ProxyTooLong: Temporary 21 5 2 Closing, "PROXY header too long, closing", "a PROXY header is longer than allowed";
    ProxyLate: Temporary 21 4 2 Closing, "no PROXY header received, closing", "a connection from --smtp-trusted-proxy sent no PROXY header in time";
    Untrusted: Permanent 50 7 0 Mistake, "not accepted from your address", "XCLIENT or XFORWARD from outside of --smtp-trusted-xclient";
    BadAttribute: Permanent 1 5 4 Mistake, "expected NAME=value, each attribute once, values in xtext", "XCLIENT or XFORWARD with a malformed or unknown attribute";

    // Another protocol.
    Http: Temporary 21 5 1 Attack, "this is SMTP and not HTTP, closing", "an HTTP request, maybe made by a browser on somebody's behalf";
}

impl Complaint {
    /// Why a connection is not let in.
    pub(super) const fn of(full: Full) -> Self {
        match full {
            Full::Address => Self::ConnectionsOfAddress,
            Full::Network => Self::ConnectionsOfNetwork,
            Full::All => Self::ConnectionsInAll,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_has_a_text_for_the_sender_and_another_for_the_log() {
        assert!(Complaint::ALL.len() > 40);
        for complaint in Complaint::ALL {
            let Row { status, weight, public, private } = complaint.row();
            for text in [public, private] {
                assert!(text.len() > 8 && text.is_ascii(), "{complaint:?}: {text}");
                assert!(!text.ends_with('.') && !text.contains(['\r', '\n']), "{complaint:?}: {text}");
            }
            assert_ne!(public, private, "{complaint:?}");
            assert!(status.enhanced().is_some(), "{complaint:?}");
            assert!(matches!(status.class(), Class::Temporary | Class::Permanent), "{complaint:?}");
            // Settings and internals are nothing for a stranger.
            assert!(!public.contains("--"), "{complaint:?}: {public}");
            // What asks the client to wait is no mistake of its own.
            assert!(weight != Weight::Mistake || status.class() == Class::Permanent, "{complaint:?}");
        }
    }
}
