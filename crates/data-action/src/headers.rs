//! Headers of a definition.

use waypost_problem::{Problem, shown};

/// Headers that the HTTP client sets from the request itself, or that are for one connection (RFC 9110, section 7.6.1).
const NOT_FOR_USERS: [&str; 11] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Looks at a header's name.
pub(crate) fn check_name(name: &str, path: &str) -> Result<(), Problem> {
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || !name.chars().all(token) || name.contains("${") {
        return Err(Problem::new(path, format!("not a valid name of a header: {}", shown(name)))
            .expected("a name such as `Authorization`"));
    }
    if NOT_FOR_USERS.contains(&name.to_ascii_lowercase().as_str()) {
        return Err(
            Problem::new(path, format!("the header {} is set by Waypost", shown(name))).suggestion("leave it out")
        );
    }
    Ok(())
}

/// Looks at a header's value.
///
/// # Errors
/// In words, what is wrong with it. The value is not repeated: it may be secret.
pub(crate) fn check_value(value: &str) -> Result<(), String> {
    if value.chars().any(|c| c.is_control() && c != '\t') {
        return Err("its value has a line break or another control character".to_owned());
    }
    if !value.is_ascii() {
        return Err("its value has a character that is not ASCII".to_owned());
    }
    Ok(())
}
