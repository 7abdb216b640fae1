"""Where a run goes on after an error."""

from __future__ import annotations

from .member import Member
from .model import Model


class FlowOnError(Model):
    """Catches errors, of an action or of a whole flow."""

    to = Member[str]("to")
    """The node that the run goes on at."""
