"""Requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, Optional


@dataclass(frozen=True)
class Request:
    """A request, ready to be sent."""

    method: str
    target: str
    """Path and query."""
    headers: Dict[str, str] = field(default_factory=dict, repr=False)
    content: Optional[bytes] = field(default=None, repr=False)
    repeatable: bool = False
    """Whether it does no more when it reaches the server twice."""
    patience: float = 0.0
    """For how many seconds the server may hold its answer back on purpose."""
