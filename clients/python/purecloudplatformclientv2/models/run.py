"""Runs of flows over interactions."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from .decision import Decision
from .member import Member
from .model import Model


class RunFlow(Model):
    """The flow and version that ran."""

    id = Member[str]("id")
    name = Member[Optional[str]]("name")
    """Absent when it was deleted since."""
    version = Member[int]("version")


class Run(Model):
    """A run that ended."""

    number = Member[int]("number")
    """Counted from 1."""
    flow = Member[Optional[RunFlow]]("flow", lambda: RunFlow)
    started_at = startedat = Member[str]("startedAt")
    duration_us = durationus = Member[int]("durationUs")
    """In microseconds."""
    decision = Member[Decision]("decision", lambda: Decision)
    rerun_by = rerunby = Member[Optional[str]]("rerunBy")
    trace = Member[Optional[Dict[str, Any]]]("trace")
    """What it did, step by step: ``{"version", "events"}``."""


class Trace(Model):
    """All runs of an interaction with their traces, first to last."""

    interaction_id = interactionid = Member[str]("interactionId")
    runs = Member[List[Run]]("runs", lambda: Run)
