"""References."""

from __future__ import annotations

from typing import Optional

from .member import Member
from .model import Model


class Reference(Model):
    """A reference to another thing by its id."""

    id = Member[str]("id")
    name = Member[Optional[str]]("name")
    self_uri = selfuri = Member[Optional[str]]("selfUri")
