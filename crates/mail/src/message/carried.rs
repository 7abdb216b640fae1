//! What a mail carries beside its text: an invitation, signed or encrypted content, Exchange's own form. It is recognised and left as it is.

use memchr::memmem;

use super::Message;
use super::media_type::mended;
use super::parameters::Parameters;
use super::structure::Part;

/// The most of a calendar object that is read, in bytes.
const LONGEST: usize = 64 * 1024;
/// The longest value that is given, in bytes.
const LONGEST_VALUE: usize = 998;
/// Where the armour of PGP may begin in a text: below a greeting, not below a page.
const ARMOUR_WITHIN: usize = 64 * 1024;

/// A calendar object that came with a mail (RFC 5545).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    /// What it is for (RFC 5546 section 1.4) in upper case, such as `REQUEST` or `REPLY`; empty for one that is only attached.
    pub method: String,
    /// Which event it is about: its UID.
    pub uid: String,
}

/// What a mail carries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Carried {
    pub(super) calendar: Calendar,
    pub(super) is_encrypted: bool,
    pub(super) is_signed: bool,
    pub(super) is_tnef: bool,
}

pub(super) fn read(message: &Message<'_>) -> Carried {
    let structure = message.structure();
    let mut carried = Carried::default();
    for part in &structure.parts {
        let parameters = Parameters::read(part.content_type);
        let name = |parameters: &Parameters<'_>, name: &str| {
            parameters.text(name).map(|text| text.to_ascii_lowercase()).unwrap_or_default()
        };
        match &*mended(&parameters.value) {
            "text/calendar" | "application/ics" if carried.calendar == Calendar::default() => {
                carried.calendar = calendar(part, &name(&parameters, "method"));
            }
            "multipart/signed"
            | "application/pkcs7-signature"
            | "application/x-pkcs7-signature"
            | "application/pgp-signature" => {
                carried.is_signed = true;
            }
            "multipart/encrypted" | "application/pgp-encrypted" => carried.is_encrypted = true,
            // RFC 8551 section 3.2.2: what is within is said by `smime-type`; without it, it is encrypted as a rule.
            "application/pkcs7-mime" | "application/x-pkcs7-mime" => match name(&parameters, "smime-type").as_str() {
                "signed-data" => carried.is_signed = true,
                "certs-only" | "compressed-data" => {}
                _ => carried.is_encrypted = true,
            },
            "application/ms-tnef" | "application/vnd.ms-tnef" => carried.is_tnef = true,
            _ => carried.is_tnef |= is_winmail(part, &name(&parameters, "name")),
        }
    }
    armour(message, &mut carried);
    carried
}

fn is_winmail(part: &Part<'_>, name: &str) -> bool {
    let given = || {
        part.disposition
            .map(Parameters::read)
            .and_then(|disposition| disposition.text("filename").map(|name| name.to_ascii_lowercase()))
    };
    name == "winmail.dat" || (part.disposition.is_some() && given().is_some_and(|name| name == "winmail.dat"))
}

/// Content within the text (RFC 9580 section 6.2, the cleartext of section 7).
fn armour(message: &Message<'_>, carried: &mut Carried) {
    // The text is not made for it: the raw message says whether it is worth looking.
    if memmem::find(message.content, b"-----BEGIN PGP ").is_none() {
        return;
    }
    let body = message.body();
    let start = body.get(..body.floor_char_boundary(ARMOUR_WITHIN)).unwrap_or(body);
    for line in start.lines() {
        match line.trim_end() {
            "-----BEGIN PGP MESSAGE-----" => carried.is_encrypted = true,
            "-----BEGIN PGP SIGNED MESSAGE-----" => carried.is_signed = true,
            _ => {}
        }
    }
}

/// The method and UID of the first component. The parameter counts beside the property, as RFC 6047 section 2.4 wants them the same.
fn calendar(part: &Part<'_>, method: &str) -> Calendar {
    let bytes = part.transfer.decode_text(part.body, LONGEST);
    let text = String::from_utf8_lossy(&bytes);
    // A line that begins with white space goes on the one before it (RFC 5545 section 3.1).
    let text = text.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "");
    let value = |wanted: &str| {
        text.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            let name = name.split(';').next()?;
            (name.trim().eq_ignore_ascii_case(wanted) && value.len() <= LONGEST_VALUE).then(|| value.trim().to_owned())
        })
    };
    let method = value("METHOD").filter(|method| !method.is_empty()).unwrap_or_else(|| method.to_owned());
    Calendar { method: method.to_ascii_uppercase(), uid: value("UID").unwrap_or_default() }
}
