//! Where a list goes on that is read while it grows: after the thing with this identifier.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

/// What a cursor must be.
pub(crate) const EXPECTED: &str = "a `nextCursor` that this server gave";

/// The cursor after a thing.
pub(crate) fn write(id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(id.as_bytes())
}

/// The thing that a cursor is after.
pub(crate) fn read(text: &str) -> Option<Uuid> {
    Uuid::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_come_back() {
        let id = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);
        assert_eq!(read(&write(id)), Some(id));
        assert_eq!(read("not a cursor"), None);
        assert_eq!(read("AAAA"), None);
    }
}
