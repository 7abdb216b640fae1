"""How a flow is entered and left."""

from __future__ import annotations

from typing import List, Optional

from .member import Member
from .model import Model


class FlowTrigger(Model):
    """What starts the flow."""

    type = Member[str]("type")


class FlowCondition(Model):
    """A condition of a condition set."""

    when = Member[str]("when")


class FlowConditionSet(Model):
    """What must hold for the nodes to be run. No conditions: it holds."""

    match = Member[Optional[str]]("match")
    """``all`` or ``any``."""
    conditions = Member[Optional[List[FlowCondition]]]("conditions", lambda: FlowCondition)


class FlowEnd(Model):
    """What becomes of an interaction when its run walks off the flow's end."""

    disposition = Member[Optional[str]]("disposition")
    """``unrouted``, ``disconnect`` or ``queue``."""
    queue = Member[Optional[str]]("queue")
