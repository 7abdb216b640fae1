"""Flows tried on a supplied mail."""

from __future__ import annotations

from typing import Any, Dict, Optional

from .decision import Decision
from .member import Member
from .model import Model


class FlowTrial(Model):
    """What came of trying a flow. Nothing was stored or sent."""

    flow_id = flowid = Member[str]("flowId")
    version = Member[Optional[int]]("version")
    decision = Member[Decision]("decision", lambda: Decision)
    attributes = Member[Optional[Dict[str, str]]]("attributes")
    outputs = Member[Optional[Dict[str, Any]]]("outputs")
    steps = Member[Optional[int]]("steps")
    """Of work; a run has a budget of them."""
    duration_us = durationus = Member[int]("durationUs")
    """In microseconds."""
    trace = Member[Dict[str, Any]]("trace")
