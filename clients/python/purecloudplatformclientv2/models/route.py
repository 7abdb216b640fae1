"""Routes of email."""

from __future__ import annotations

from typing import Optional

from .member import Member
from .model import Model
from .reference import Reference


class Route(Model):
    """Which mail of a domain goes to which flow or queue."""

    id = Member[str]("id")
    pattern = Member[str]("pattern")
    """A local part, or a pattern that contains ``*``."""
    flow = Member[Optional[Reference]]("flow", lambda: Reference)
    queue = Member[Optional[Reference]]("queue", lambda: Reference)
    unrouted_queue = unroutedqueue = Member[Optional[Reference]]("unroutedQueue", lambda: Reference)
    """Where unrouted mail of this route stands, when not in the built-in queue."""
    priority = Member[Optional[int]]("priority")
    """What interactions start with; higher is sooner."""
    date_created = datecreated = Member[str]("dateCreated")
    date_modified = datemodified = Member[str]("dateModified")
    self_uri = selfuri = Member[str]("selfUri")
