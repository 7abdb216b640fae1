"""Raw messages."""

from __future__ import annotations

from typing import Any


def message_bytes(message: Any) -> bytes:
    """A message as it is sent: bytes, as RFC 5322 has them."""
    if isinstance(message, (bytes, bytearray, memoryview)):
        return bytes(message)
    # A text has lost how it was encoded.
    raise TypeError(f"a message is bytes, not {type(message).__name__}; a message object has `as_bytes()`")
