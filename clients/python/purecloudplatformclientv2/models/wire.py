"""Python values as JSON values."""

from __future__ import annotations

from datetime import datetime, timezone
from enum import Enum
from typing import Any, Mapping


def to_wire(value: Any) -> Any:
    """The value as ``json`` takes it: models, enumerations and times resolved, containers copied."""
    # By what it can do, not by class: models are made of members, which are made of this.
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return time_to_wire(value)
    if isinstance(value, Mapping):
        return {to_wire(key): to_wire(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_wire(item) for item in value]
    return value


def time_to_wire(time: datetime) -> str:
    """RFC 3339 in UTC. A time without a zone is local time, as everywhere in Python."""
    return time.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
