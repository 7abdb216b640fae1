//! Why no server answers, and what to do about it: libraries name states of their own.

/// What is said of a server that does not answer.
pub(crate) fn told(url: &str, reason: &str) -> String {
    let has = |parts: &[&str]| parts.iter().any(|part| reason.contains(part));
    if has(&["CaUsedAsEndEntity"]) {
        format!(
            "the certificate of {url} is a CA's own ({reason}): give the server a certificate that the CA signed, and name the CA in \
             SSL_CERT_FILE; or make a self-signed one that is no CA's (with OpenSSL: -addext basicConstraints=critical,CA:FALSE), and name \
             that"
        )
    } else if has(&["UnknownIssuer", "UnsupportedSignatureAlgorithm", "BadSignature"]) {
        format!(
            "the certificate of {url} is not trusted ({reason}): name the file of its CA, or of the certificate itself if it is self-signed, \
             in SSL_CERT_FILE"
        )
    } else if has(&["NotValidForName", "not valid for name"]) {
        format!("the certificate of {url} is for another name ({reason}): use a name that it has")
    } else if has(&["certificate expired", "Expired"]) {
        format!("the certificate of {url} has expired ({reason}): renew it on the server")
    } else if has(&["InvalidContentType", "InvalidMessage", "corrupt message"]) {
        format!("{url} does not speak TLS ({reason}): use http://, or the port of --https")
    } else if has(&["invalid HTTP", "unexpected message"]) {
        format!(
            "{url} does not speak HTTP ({reason}): use https:// if it is the port of --https; SMTP has a port of its own"
        )
    } else {
        format!("{url} does not answer: {reason}")
    }
}
