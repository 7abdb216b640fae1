"""When a request is sent again, and after how long."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Optional

from .response import Response


TURNED_AWAY = (429, 503)
"""The server did nothing of what it was asked."""


@dataclass(frozen=True)
class RetryPolicy:
    """Exponential backoff with full jitter. Times are in seconds."""

    max_retries: int
    backoff: float
    max_backoff: float
    max_retry_after: float

    def __post_init__(self) -> None:
        if min(self.max_retries, self.backoff, self.max_backoff, self.max_retry_after) < 0:
            raise ValueError("retries and their waits must not be negative")

    def wait(self, attempt: int) -> float:
        """How long to wait after the attempt of that number, counted from 0, that nobody answered."""
        # Full jitter: clients that failed together must not come back together.
        return random.uniform(0.0, min(self.max_backoff, self.backoff * 2.0 ** min(attempt, 60)))

    def wait_for(self, response: Response, attempt: int) -> Optional[float]:
        """How long to wait after an answer, or ``None`` if the server asks for more than is allowed."""
        asked = retry_after(response.headers.get("Retry-After"))
        if asked is None:
            return self.wait(attempt)
        if asked > self.max_retry_after:
            return None
        # Never sooner than asked; the jitter keeps those apart that were all told the same.
        return asked + min(self.wait(attempt), self.backoff)


def is_transient(response: Response, *, has_key: bool, repeatable: bool) -> bool:
    """Whether the same request may succeed later and can't be done twice by that.

    ``has_key``: whether it carried an idempotency key. ``repeatable``: whether it does no more when it arrives twice.
    """
    if response.status == 409:
        # The first sending of the same request is still being worked on; only then does a conflict say when to come back.
        return has_key and "Retry-After" in response.headers
    return response.status in TURNED_AWAY or (repeatable and may_have_acted(response) and response.status != 501)


def may_have_acted(response: Response) -> bool:
    """Whether the server may have done what it was asked although it failed."""
    return response.status >= 500 and response.status not in TURNED_AWAY


def retry_after(value: Optional[str]) -> Optional[float]:
    """Reads ``Retry-After`` (RFC 9110 section 10.2.3): seconds or an HTTP date. What can't be read counts as absent."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        # Longer ones are no numbers that anybody waits for, and may not fit a float.
        return float(text) if len(text) < 12 else float("inf")
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None
