"""Decisions: how runs ended."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from .member import Member
from .model import Model
from .reference import Reference


class Decision(Model):
    """How a run ended."""

    kind = Member[str]("kind")
    """``queue``, ``forward``, ``disconnect`` or ``unrouted``."""
    queue = Member[Optional[Reference]]("queue", lambda: Reference)
    priority = Member[int]("priority")
    skills = Member[Optional[List[str]]]("skills")
    language = Member[Optional[str]]("language")
    addresses = Member[Optional[List[str]]]("addresses")
    reason = Member[Optional[str]]("reason")
    outcome = Member[Optional[str]]("outcome")
    """What came of it, in a word of the flow's or of whoever completed it."""
    error = Member[Optional[Dict[str, Any]]]("error")
    """Why the run failed."""
