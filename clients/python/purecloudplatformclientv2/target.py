"""Paths and queries."""

from __future__ import annotations

from datetime import datetime
from typing import Any, List, Mapping, Optional, Tuple
from urllib.parse import quote, urlencode

from .models.wire import time_to_wire, to_wire


def path(*segments: str) -> str:
    """A path below the API's base, of names that may hold any character."""
    for segment in segments:
        # They would lead elsewhere: to a list, or to another thing.
        if not isinstance(segment, str) or segment in ("", ".", ".."):
            raise ValueError("an id or name in a path must be a text, and not empty")
    return "/api/v2/" + "/".join(quote(segment, safe="") for segment in segments)


def query(parameters: Mapping[str, Any]) -> str:
    """A query string with its question mark. Names may be in snake_case; ``None`` is left out; lists are repeated."""
    pairs: List[Tuple[str, str]] = []
    for name, value in parameters.items():
        for one in value if isinstance(value, (list, tuple, set, frozenset)) else (value,):
            text = _text(one)
            if text is not None:
                pairs.append((_camel_case(name), text))
    return "?" + urlencode(pairs) if pairs else ""


def _text(value: Any) -> Optional[str]:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return time_to_wire(value)
    return str(to_wire(value))


def _camel_case(name: str) -> str:
    # Python has `from_` for names that are its own words.
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)
