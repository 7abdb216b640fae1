"""Queues."""

from __future__ import annotations

from typing import Optional

from .member import Member
from .model import Model
from .reference import Reference


class Queue(Model):
    """A queue that work waits in. Members that the server does not know, it keeps."""

    id = Member[str]("id")
    name = Member[str]("name")
    description = Member[Optional[str]]("description")
    division = Member[Optional[Reference]]("division", lambda: Reference)
    built_in = builtin = Member[Optional[bool]]("builtIn")
    """Made by the server: can't be renamed or deleted."""
    service_level = servicelevel = Member[Optional[str]]("serviceLevel")
    """The time within which work should be claimed: an ISO 8601 duration such as ``PT4H``."""
    waiting = Member[Optional[int]]("waiting")
    """How many interactions wait in it, claimed by nobody."""
    oldest_waiting_at = oldestwaitingat = Member[Optional[str]]("oldestWaitingAt")
    over_service_level = overservicelevel = Member[Optional[int]]("overServiceLevel")
    """How many wait for longer than the service level, counted up to 10,000."""
    date_created = datecreated = Member[str]("dateCreated")
    date_modified = datemodified = Member[str]("dateModified")
    self_uri = selfuri = Member[str]("selfUri")
