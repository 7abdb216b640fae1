"""Nodes of a flow, and the branches between them."""

from __future__ import annotations

from typing import List, Optional

from .flow_action import FlowAction
from .member import Member
from .model import Model


class FlowBranch(Model):
    """A way out of a node. The first whose condition holds is taken."""

    when = Member[Optional[str]]("when")
    """The condition; absent: it holds."""
    to = Member[str]("to")
    """The node that follows."""


class FlowNode(Model):
    """A list of actions, and the branches that follow it."""

    id = Member[str]("id")
    name = Member[Optional[str]]("name")
    actions = Member[Optional[List[FlowAction]]]("actions", lambda: FlowAction)
    next = Member[Optional[List[FlowBranch]]]("next", lambda: FlowBranch)
    """Absent: the node that stands next follows."""
