//! The fuzz targets' checks on seeded mutations of their seeds: the same inputs each time, and as many as a few seconds hold.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[allow(unreachable_pub, reason = "it is a library of its own, too")]
#[path = "../../../fuzz/src/lib.rs"]
mod checks;

use std::fs;
use std::path::Path;

/// A generator of pseudo-random numbers (xorshift64*), so that every run is the same.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).unwrap() % end.max(1)
    }

    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length + 1);
        start..start + self.below((length - start).min(40) + 1)
    }
}

/// The contents of all files below a folder of the repository.
fn seeds(folder: &str) -> Vec<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
    let mut files: Vec<_> = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.is_file());
    files.sort();
    assert!(!files.is_empty(), "no seeds in {folder}");
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// A seed, changed in up to six places.
fn mutate(seeds: &[Vec<u8>], words: &[&str], chance: &mut Chance) -> Vec<u8> {
    let mut input = seeds[chance.below(seeds.len())].clone();
    for _ in 0..=chance.below(6) {
        let range = chance.range(input.len());
        match chance.below(6) {
            0 if !input.is_empty() => {
                let at = chance.below(input.len());
                input[at] ^= 1 << chance.below(8);
            }
            1 => drop(input.drain(range)),
            2 => {
                let piece = input[range.clone()].repeat(1 + chance.below(8));
                input.splice(range.start..range.start, piece);
            }
            3 => {
                let other = &seeds[chance.below(seeds.len())];
                let piece = other[chance.range(other.len())].to_vec();
                input.splice(range, piece);
            }
            _ => {
                let word = words[chance.below(words.len())].as_bytes().to_vec();
                let end = if chance.below(2) == 0 { range.start } else { range.end };
                input.splice(range.start..end, word);
            }
        }
    }
    input
}

fn run(check: fn(&[u8]), seeds: &[Vec<u8>], words: &[&str], times: usize) {
    let mut chance = Chance(0x0057_4159_504f_5354);
    let mutated = (0..times).map(|_| mutate(seeds, words, &mut chance));
    for input in seeds.iter().cloned().chain(mutated) {
        if std::panic::catch_unwind(|| check(&input)).is_err() {
            panic!("the input was b\"{}\"", input.escape_ascii());
        }
    }
}

#[test]
fn flow_documents() {
    let mut all = seeds("examples/triage/flows");
    all.extend(seeds("fuzz/seeds/flow_document"));
    let words = [
        "nodes:",
        "- ",
        "{",
        "}",
        "[",
        "]",
        ": ",
        "\n",
        "  ",
        "&a ",
        "*a",
        "!!str ",
        "|\n",
        "---\n",
        "#",
        "\"",
        "'",
        "null",
        "${",
        "type: email",
        "type: shared",
        "flow: ",
        "runFlow",
        "onError: { to: ",
        "end: { disposition: queue }",
        "when: ",
        "inputmapping",
        "<<: ",
        "? ",
        "\t",
        "\u{feff}",
        "1e999",
        "-9223372036854775808",
        "~",
        "[[[[[[[[[[[[[[[[",
    ];
    run(checks::flow_document::check, &all, &words, 5000);
}

#[test]
fn cel_expressions() {
    let words = [
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "'",
        "\"",
        "'''",
        "`",
        "\\",
        ",",
        ".",
        ":",
        "?",
        "!",
        "-",
        "=",
        "&",
        "|",
        "${",
        "%",
        "@",
        "#",
        ";",
        "//",
        "/*",
        "and ",
        "or ",
        "not ",
        "in ",
        "if ",
        "then ",
        "else ",
        " is not ",
        " LIKE '%a%'",
        " between 1 and ",
        "??",
        "?.",
        "=>",
        "=~ ",
        "return ",
        "“",
        "’",
        "é",
        "😀",
        "\u{a0}",
        "1e",
        "0x",
        "30m",
        "9223372036854775808",
        "\n",
        "r'",
        "b\"",
        "f'",
        "&quot;",
        "&lt;",
        "（",
        "((((((((((((((((((((((((((((((((",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
        "!!!!!!!!!!!!!!!!",
        "a.b.c.d.e.f.g.h",
        "a?b:c?d:",
        "+a+a+a+a+a+a+a+a",
    ];
    run(checks::cel_expression::check, &seeds("fuzz/seeds/cel_expression"), &words, 12_000);
}

#[test]
fn expressions() {
    let words = [
        "${",
        "}",
        "$${",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "'",
        "\"",
        "'''",
        "\\",
        "r'",
        "b'",
        ".",
        ",",
        "?",
        ":",
        "&&",
        "||",
        "!",
        "==",
        " in ",
        "-",
        "+",
        "*",
        "/",
        "%",
        "interaction.email.",
        "input.",
        "size(",
        ".map(x, ",
        ".all(x, ",
        ".exists(k, v, ",
        ".sortBy(x, ",
        ".split('",
        "range(",
        "find(",
        "'(?<a>[a-z])'",
        "parseJson(",
        "'Europe/Berlin'",
        "formatTime(now, '%",
        "has(",
        "now",
        "9223372036854775807",
        "-1",
        "0x7fffffffffffffff",
        "1e308",
        "null",
        "true",
        "\u{e9}",
        "\u{1f600}",
        "\\u0000",
        "//",
        "((((((((((((((((((((((((((((((((",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
        "!!!!!!!!!!!!!!!!",
        "------------",
    ];
    run(checks::expression::check, &seeds("fuzz/seeds/expression"), &words, 12_000);
}

#[test]
fn smtp_commands() {
    let words = [
        "\r\n",
        "\r",
        "\n",
        "\r\n.\r\n",
        "\n.\n",
        ".",
        "EHLO ",
        "HELO ",
        "MAIL FROM:<",
        "RCPT TO:<",
        ">",
        "DATA\r\n",
        "BDAT ",
        " LAST",
        "RSET\r\n",
        "NOOP\r\n",
        "QUIT\r\n",
        "STARTTLS\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
        "PROXY UNKNOWN",
        "\r\n\r\n\0\r\nQUIT\n",
        "!\x11\0\x0c",
        "XCLIENT ",
        "XFORWARD ",
        "ADDR=192.0.2.1",
        " PORT=1",
        "+2B",
        "VRFY ",
        "SIZE=",
        "BODY=8BITMIME",
        " SMTPUTF8",
        "\0",
        "\"",
        "\\",
        "@",
        "99999999999999999999",
        "[IPv6:::1]",
        "\u{e9}",
        "postmaster",
        "nobody@example.com",
    ];
    run(checks::smtp_commands::check, &seeds("fuzz/seeds/smtp_commands"), &words, 100_000);
}

#[test]
fn imap_responses() {
    let words = [
        "\r\n",
        "\n",
        "* ",
        "+ \r\n",
        "w7 OK done\r\n",
        "w8 NO [LIMIT] no\r\n",
        "w9 BAD\r\n",
        "* BYE\r\n",
        "* OK [UIDVALIDITY 0]\r\n",
        "* CAPABILITY AUTH=PLAIN LOGINDISABLED\r\n",
        "* SEARCH 4294967295 3\r\n",
        "* 99999999999 FETCH (",
        "UID 3 ",
        "BODY[] {5}\r\nabcde",
        "BODY[] {0}\r\n",
        "BODY[] NIL",
        "{18446744073709551615}\r\n",
        "{3+}\r\n",
        "INTERNALDATE NIL",
        "RFC822.SIZE -1",
        "BODYSTRUCTURE ((((((",
        "\"",
        "\\",
        ")",
        "\0",
        "&APw-",
    ];
    run(checks::imap_responses::check, &seeds("fuzz/seeds/imap_responses"), &words, 20_000);
}

#[test]
fn posted_mails() {
    let words = [
        "&",
        "=",
        "+",
        "%0A",
        "%zz",
        "body-mime=",
        "recipient=",
        "sender=",
        "--b\r\n",
        "--b--",
        "\r\n\r\n",
        "Content-Disposition: form-data; name=\"email\"",
        "filename=\"x\"",
        "\"RawEmail\":",
        "\"OriginalRecipient\":null",
        "\"Headers\":[]",
        "\"Message\":\"{}\"",
        "\"Type\":\"SubscriptionConfirmation\"",
        "\\\"content\\\":\\\"%\\\"",
        "{",
        "}",
        "[[[[",
        "\\u0000",
        "\n",
        "\0",
    ];
    run(checks::posted_mail::check, &seeds("fuzz/seeds/posted_mail"), &words, 50_000);
}

#[test]
fn mail_messages() {
    let mut mails = seeds("spec/mail");
    mails.retain(|mail| mail.len() < 2000);
    let words = [
        "\r\n",
        "\n",
        "\r",
        "\n\n",
        " ",
        "\t",
        "--b\n",
        "--b--\n",
        "--c\n",
        "Content-Type: multipart/mixed; boundary=b\n",
        "Content-Type: multipart/alternative; boundary=\"c\"\n",
        "Content-Type: multipart/related; start=\"<x>\"; boundary=b\n",
        "Content-Type: message/rfc822\n",
        "Content-Type: text/html; charset=utf-16\n",
        "Content-Transfer-Encoding: base64\n",
        "Content-Transfer-Encoding: quoted-printable\n",
        "Content-Transfer-Encoding: x-uuencode\n",
        "Content-Disposition: attachment; filename*0*=utf-8''%C3\n",
        "; filename*1*=%BC",
        "iso-2022-kr",
        "hz-gb-2312",
        "utf-7",
        "=?utf-8?Q?",
        "=?gb2312?B?",
        "?=",
        "=C3",
        "=\n",
        "==",
        "begin 644 a\n",
        "<",
        ">",
        "\"",
        "(",
        ")",
        ",",
        ";",
        ":",
        "@",
        "xn--",
        "Date: Mon, 23 Nov 2026 10:00:00 +9999\n",
        "References: <a@b>\n",
        "> ",
        "\n-- \n",
        "\nOn Mon, 23 Nov 2026 10:15 Ann <a@b.example> wrote:\n",
        "\nFrom: a\nSent: b\nSubject: c\n",
        "Subject: Mail delivery failed: returning message to sender\n",
        "Content-Type: message/delivery-status\n",
        "\nFinal-Recipient: rfc822; a@b\nAction: failed\nStatus: 5.1.1\n",
        "\n<a@b.example>: 550 5.1.1 user unknown\n",
        "Content-Type: text/calendar; method=REQUEST\n",
        "<blockquote type=cite>",
        "\u{FEFF}",
        "\0",
        "\u{1B}$)C\u{E}",
    ];
    run(checks::mail_message::check, &mails, &words, 20_000);
}

#[test]
fn table_files() {
    let words = [
        ",",
        "\"",
        "\n",
        "\r\n",
        "key",
        "KEY",
        "whole",
        "1e999",
        "-1h30m",
        "[]",
        "null",
        "true",
        "\u{FEFF}",
        "\0",
        "9223372036854775808",
        "İ",
    ];
    run(checks::table_file::check, &seeds("fuzz/seeds/table_file"), &words, 6000);
}

#[test]
fn html_pages() {
    let words = [
        "<",
        ">",
        "</",
        "/>",
        "<!--",
        "-->",
        "<!",
        "<?",
        "\"",
        "'",
        "=",
        "&",
        ";",
        "&amp;",
        "&#",
        "&#x110000;",
        "\0",
        "\n",
        "\r",
        "\t",
        "<b>",
        "</b>",
        "<a href=x>",
        "</a>",
        "<p>",
        "</p>",
        "<div hidden>",
        "</div>",
        "<table>",
        "</table>",
        "<tr>",
        "<td>",
        "</td>",
        "<li>",
        "<br>",
        "<pre>",
        "</pre>",
        "<svg>",
        "</svg>",
        "<math>",
        "<template>",
        "</template>",
        "<select>",
        "<option>",
        "<style>",
        "</style>",
        "<script>",
        "</script>",
        "<title>",
        "<textarea>",
        "<plaintext>",
        "<frameset>",
        "</body>",
        "</html>",
        "style='display:none'",
        "style=\"font-size:0\"",
        "{",
        "}",
        "@media all{",
        "/*",
        "*/",
        "\u{ad}",
        "\u{200b}",
        "\u{a0}",
        "\u{feff}",
        "<![CDATA[",
        "]]>",
    ];
    run(checks::html_page::check, &seeds("fuzz/seeds/html_page"), &words, 1500);
}

#[test]
fn data_actions() {
    let words = [
        "${input.",
        "$!{",
        "}",
        "#if(",
        ")",
        "#else",
        "#end",
        "#foreach($x in ",
        "#set($x = ",
        "$esc.url(",
        "\\\"",
        "\\\\",
        "[1..9]",
        "${successTemplateUtils.firstFromArray(",
        "${rawResult}",
        "$..a",
        "[?(@.a == 'b')]",
        "[*]",
        "{\"type\": \"string\"}",
        "\"pattern\": \"a\",",
        "\"$ref\": \"#/definitions/a\",",
        "https://",
        "/",
        "?",
        "null",
        "1e999",
    ];
    let mut exports = seeds("spec/data-actions/exports");
    exports.retain(|seed| seed.starts_with(b"{"));
    run(checks::data_action::check, &exports, &words, 20_000);
}
