"""Answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping


@dataclass(frozen=True)
class Response:
    """An answer, whatever its status."""

    status: int
    reason: str
    headers: Mapping[str, str]
    """Names are found whatever their case."""
    content: bytes
